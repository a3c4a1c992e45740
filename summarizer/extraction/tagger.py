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
        scores = [self._scores(features) for features in observed]
        forward: list[list[float]] = []
        for i, row in enumerate(scores):
            forward.append([row[t] + (self._into(forward[-1], t) if i else 0.0) for t in range(len(TAGS))])
        backward = [[0.0] * len(TAGS) for _ in scores]
        for i in range(len(scores) - 2, -1, -1):
            after = [scores[i + 1][t] + backward[i + 1][t] for t in range(len(TAGS))]
            backward[i] = [
                _log_sum([self.transitions[t][u] + after[u] for u in range(len(TAGS))]) for t in range(len(TAGS))
            ]
        whole = _log_sum(forward[-1]) if forward else 0.0
        marginals = [
            tuple(math.exp(f + b - whole) for f, b in zip(forward[i], backward[i], strict=True))
            for i in range(len(scores))
        ]
        outside = sum(row[0] for row in scores) + self.transitions[0][0] * max(0, len(scores) - 1)
        return marginals, math.exp(min(0.0, outside - whole))

    def _scores(self, features: Sequence[str]) -> list[float]:
        rows = [row for feature in features if (row := self.features.get(feature)) is not None]
        return [sum(row[t] for row in rows) for t in range(len(TAGS))]

    def _into(self, before: Sequence[float], tag: int) -> float:
        return _log_sum([before[t] + self.transitions[t][tag] for t in range(len(TAGS))])


def _log_sum(values: Sequence[float]) -> float:
    largest = max(values)
    return largest + math.log(sum(math.exp(v - largest) for v in values))


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
