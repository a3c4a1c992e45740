"""Which words of a sentence stand for the one whose words or position it gives: a linear-chain CRF.

The weights are made by `evals/training/speakers.py`. Lafferty, McCallum and Pereira (2001), "Conditional random
fields: probabilistic models for segmenting and labeling sequence data".
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from summarizer import resources
from summarizer.extraction.entities import Discourse
from summarizer.extraction.tokens import Token, token_features, tokens_of
from summarizer.models import Sentence

# A span goes on while its next word is inside with this probability.
_INSIDE_MIN = 0.35
_SURE_MIN = 0.8
TAGS = ("O", "B", "I")
_Row = tuple[float, ...]


@dataclass(frozen=True)
class Mention:
    """Words that stand for a speaker, with their probability; `start` and `end` are offsets into the article."""

    start: int
    end: int
    text: str
    probability: float


@dataclass(frozen=True)
class Tagger:
    """The weights of one language: for each feature, and each tag before, one for each of `TAGS`."""

    features: Mapping[str, _Row]
    transitions: tuple[_Row, ...]

    def read(self, observed: Sequence[Sequence[str]]) -> tuple[list[_Row], float]:
        """The probability of each tag for each token, by the forward-backward algorithm, and that of only `O`."""
        if not observed:
            return [], 1.0
        emissions: list[_Row] = []
        outside = self.transitions[0][0] * (len(observed) - 1)
        for features in observed:
            scores = self._scores(features)
            # Only distances from the largest score matter, and the powers of those can't be too large.
            largest = max(scores)
            o, b, i = (math.exp(score - largest) for score in scores)
            emissions.append((o, b, i))
            outside += scores[0] - largest
        steps = [[math.exp(weight) for weight in row] for row in self.transitions]
        forward, whole = _forward(emissions, steps)
        marginals = [forward[-1]]
        o = b = i = 1.0
        for (e_o, e_b, e_i), (f_o, f_b, f_i) in zip(emissions[:0:-1], forward[-2::-1], strict=True):
            o, b, i = e_o * o, e_b * b, e_i * i
            o, b, i = (row[0] * o + row[1] * b + row[2] * i for row in steps)
            total = o + b + i
            o, b, i = o / total, b / total, i / total
            total = f_o * o + f_b * b + f_i * i
            marginals.append((f_o * o / total, f_b * b / total, f_i * i / total))
        return marginals[::-1], math.exp(min(0.0, outside - whole))

    def _scores(self, features: Sequence[str]) -> list[float]:
        rows = filter(None, map(self.features.get, features))
        return [sum(column) for column in zip(*rows, strict=True)] or [0.0] * len(TAGS)


def _forward(emissions: Sequence[_Row], steps: Sequence[Sequence[float]]) -> tuple[list[_Row], float]:
    """For each token the share of each tag in the taggings up to it, and the logarithm of what all weigh in the end."""
    (o_o, o_b, o_i), (b_o, b_b, b_i), (i_o, i_b, i_i) = steps
    o, b, i = emissions[0]
    total = o + b + i
    found: list[_Row] = [(o / total, b / total, i / total)]
    whole = math.log(total)
    for e_o, e_b, e_i in emissions[1:]:
        o, b, i = found[-1]
        o, b, i = (
            e_o * (o * o_o + b * b_o + i * i_o),
            e_b * (o * o_b + b * b_b + i * i_b),
            e_i * (o * o_i + b * b_i + i * i_i),
        )
        total = o + b + i
        found.append((o / total, b / total, i / total))
        whole += math.log(total)
    return found, whole


def spans(marginals: Sequence[_Row], threshold: float) -> list[tuple[int, int, float]]:
    """First token, the one after the last, and probability of each span that begins with more than `threshold`."""
    found = []
    i = 0
    while i < len(marginals):
        _, begins, _ = marginals[i]
        if begins < threshold:
            i += 1
            continue
        end = i + 1
        while end < len(marginals) and marginals[end][2] > _INSIDE_MIN:
            end += 1
        found.append((i, end, begins))
        i = end
    return found


@dataclass(frozen=True)
class Tagged:
    """What the tagger finds in a sentence. `none` is the probability that no word stands for a speaker."""

    mentions: list[Mention]
    none: float

    @property
    def is_sure(self) -> bool:
        """Whether a language model's answer would hardly change it."""
        if self.none >= _SURE_MIN:
            return True
        certain = [m for m in self.mentions if m.probability >= _SURE_MIN]
        return bool(certain) and len(certain) == len(self.mentions) and self.none <= 1 - _SURE_MIN


def mentions(discourse: Discourse, sentence: Sentence, threshold: float, named: Sequence[str] | None = None) -> Tagged:
    """The words of a sentence that stand for speakers, in order.

    `named`: whom a language model names as speaking; None if it wasn't asked.
    """
    article = discourse.document.article
    tagger = load(article.language)
    if tagger is None:
        return as_named(article.text, sentence, named or [])
    tokens = tokens_of(article.text, sentence)
    marginals, none = tagger.read(token_features(discourse, sentence, tokens, named))
    return Tagged([_mention(article.text, tokens[a:b], p) for a, b, p in spans(marginals, threshold)], none)


def as_named(text: str, sentence: Sentence, named: Sequence[str]) -> Tagged:
    """What the model names, where there is no tagger to weigh it."""
    places = [(text.find(name, sentence.start, sentence.end), name) for name in named]
    found = [Mention(start, start + len(name), name, 1.0) for start, name in sorted(places) if start >= 0]
    return Tagged(found, 0.0 if found else 1.0)


def _mention(text: str, tokens: Sequence[Token], probability: float) -> Mention:
    start, end = tokens[0].start, tokens[-1].end
    return Mention(start, end, text[start:end], probability)


@cache
def load(language: str) -> Tagger | None:
    """The tagger of a language, None where there is none."""
    text = resources.packed(f"tagger.{language}.json")
    if text is None:
        return None
    content = json.loads(text)
    features = {name: tuple(row) for name, row in content["features"].items()}
    return Tagger(features, tuple(tuple(row) for row in content["transitions"]))
