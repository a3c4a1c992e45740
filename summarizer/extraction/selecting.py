"""Which articles and sentences give positions on the topic: by classifiers where they know it, else by words."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from statistics import fmean

from summarizer import prompting, resources
from summarizer.document import Document
from summarizer.extraction import labels
from summarizer.extraction.classifier import Classifier, classifier
from summarizer.extraction.interview import Interview
from summarizer.extraction.probing import Probabilities, probe
from summarizer.extraction.tagger import Tagged
from summarizer.models import Sentence

_FURTHEST_LOGIT = 6.0
_CUE_KINDS = ("verb", "source", "subjunctive", "quotation")


@dataclass
class Selection:
    """What is asked about in one article.

    `judged` is what the classifier says of each sentence, `first` its probability of being a claim by that, None where
    no classifier knows the topic; `claim` is the probability by all there is. If the model's vectors are had, `read`
    adds to it, and to `probed` what the probe says of each sentence; otherwise it is there at once.
    """

    document: Document
    topic: str
    tagged: Mapping[int, Tagged]
    interview: Interview | None
    first: Mapping[int, float] | None
    encoded: bool
    claim: dict[int, float] = field(default_factory=dict)
    probed: dict[int, Probabilities] = field(default_factory=dict)
    judged: Mapping[int, Probabilities] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        document: Document,
        topic: str,
        tagged: Mapping[int, Tagged],
        interview: Interview | None,
        *,
        encoded: bool = False,
    ) -> Selection:
        """Judge every sentence of an article. `encoded`: whether the model's vectors will be had."""
        language = document.article.language
        judge = classifier(language) if topic == resources.data("selection.yaml")["topic"] else None
        by_words = judged(document, judge) if judge is not None else {}
        first = {n: likely["kind"]["claim"] for n, likely in by_words.items()} if judge is not None else None
        known = first is not None and probe(language) is not None
        selection = cls(document, topic, tagged, interview, first, encoded and known, judged=by_words)
        if first and not selection.encoded:
            selection.claim = selection._claims(evidence(document, first, selection._mean, tagged, interview, topic))
        return selection

    @property
    def on_topic(self) -> bool:
        """Whether the article may give positions on the topic at all."""
        if self.first is None:
            return prompting.topic_core(self.topic).is_in(self.document.article.text)
        return bool(self.first) and self._mean >= self._threshold("article_min")

    def read(self, vectors: Mapping[int, bytes]) -> None:
        """Judge sentences, with the model's vectors of them by their number."""
        judge = probe(self.document.article.language)
        if self.first is None or judge is None:
            return
        probed = {n: judge.probabilities(v) for n, v in vectors.items() if n in self.first}
        self.probed |= probed
        likely = {n: probabilities["claim"]["claim"] for n, probabilities in probed.items()}
        found = evidence(self.document, self.first, self._mean, self.tagged, self.interview, self.topic, likely)
        self.claim |= self._claims(found)

    def takes(self, sentence: Sentence) -> bool:
        """Whether a sentence is likely enough to give a position; one without a letter gives none."""
        if not any(map(str.isalpha, self.document.text(sentence))):
            return False
        if self.first is None:
            return sentence.paragraph in self._topical and bool(self.document.cues(sentence))
        return self.claim[sentence.number] >= self._threshold("sentence_min")

    def confidence(self, sentence: Sentence, speaker: float) -> float:
        """The probability that a claim is there and its speaker right, where that is right with `speaker`."""
        weights = resources.data("selection.yaml")["confidence"][self._way]
        claim = 0.5 if self.first is None else self.claim[sentence.number]
        return _logistic(weights["bias"] + weights["claim"] * _logit(claim) + weights["speaker"] * _logit(speaker))

    def asks(self, sentence: Sentence) -> bool:
        """Whether the model is asked who speaks in a sentence that is taken."""
        helps = not self.encoded or self.document.article.language in resources.data("selection.yaml")["asks"]
        return helps and not self.tagged[sentence.number].is_sure

    def gives(self, confidence: float) -> bool:
        """Whether a claim is likely enough to be given."""
        return confidence >= self._threshold("claim_min")

    @cached_property
    def _mean(self) -> float:
        """The mean of `first`."""
        return fmean((self.first or {}).values())

    @cached_property
    def _topical(self) -> frozenset[int]:
        """The numbers of the paragraphs that have words of the topic."""
        topic = prompting.topic(self.topic)
        lines: dict[int, list[str]] = defaultdict(list)
        for sentence in self.document.sentences:
            lines[sentence.paragraph].append(self.document.text(sentence))
        return frozenset(number for number, texts in lines.items() if topic.is_in(" ".join(texts)))

    @property
    def _way(self) -> str:
        return "encoded" if self.encoded else "words"

    def _claims(self, found: Mapping[int, Mapping[str, float]]) -> dict[int, float]:
        weights = resources.data("selection.json")[self._way]
        return {
            number: _logistic(sum(weights.get(name, 0.0) * value for name, value in values.items()))
            for number, values in found.items()
        }

    def _threshold(self, name: str) -> float:
        value: float = resources.data("selection.yaml")[name][self._way]
        return value


def judged(document: Document, judge: Classifier) -> dict[int, Probabilities]:
    """What the classifier says of each sentence, by its number."""
    return {
        s.number: judge.probabilities(document.text(s), before(document, s))
        for s in document.sentences
        if not s.is_heading
    }


def evidence(
    document: Document,
    first: Mapping[int, float],
    mean: float,
    tagged: Mapping[int, Tagged],
    interview: Interview | None,
    topic: str,
    probed: Mapping[int, float] | None = None,
) -> dict[int, dict[str, float]]:
    """What speaks for each sentence being a claim: its own words, its neighbours, and whether somebody is named.

    `mean` is that of `first`; `probed` the probability by the model's vector, of the sentences that are to be judged:
    without it all are.
    """
    words = prompting.topic(topic)
    found = {}
    for number in first if probed is None else probed:
        sentence = document.sentence(number)
        text = document.text(sentence)
        own = _logit(first[sentence.number])
        near = [document.sentence(n) for n in (number - 1, number + 1) if n in first]
        same = {s.number: _logit(first[s.number]) for s in near if s.paragraph == sentence.paragraph}
        cues = document.cues(sentence)
        strong = {c.kind for c in cues if not c.weak}
        question = text.rstrip("\"'”“»«’ ").endswith("?")
        answering = interview is not None and sentence.number in interview.answers
        names = tagged[sentence.number].mentions if sentence.number in tagged else []
        best = max((m.probability for m in names), default=0.0)
        hits = {hit.partition("=")[0] for hit in labels.list_hits(text)}
        length = math.log(1 + len(text.split()))
        values = {
            "bias": 1.0,
            "own": own,
            "own-positive": max(own, 0.0),
            "before": same.get(sentence.number - 1, 0.0),
            "after": same.get(sentence.number + 1, 0.0),
            "opens-paragraph": float(sentence.number - 1 not in same),
            "closes-paragraph": float(sentence.number + 1 not in same),
            "article": _logit(mean),
            "named": best,
            "named-own": best * own,
            "cues": float(bool(strong)),
            "no-cue": float(not cues),
            "topic": float(words.is_in(text)),
            "measure-word": float("measure" in hits),
            "stance-word": float("stance" in hits),
            "words": length,
            "question": float(question),
            "answer": float(answering),
            "answer-own": own * answering,
            "answer-words": length * answering,
            "question-answer": float(question and answering),
            "interviewer": float(interview is not None and not answering),
        }
        values |= {f"cue-{kind}": float(kind in strong) for kind in _CUE_KINDS}
        if probed is not None:
            values |= _probed(sentence, probed, same, answering, best)
        found[sentence.number] = values
    return found


def _probed(
    sentence: Sentence, probed: Mapping[int, float], same: Mapping[int, float], answering: bool, named: float
) -> dict[str, float]:
    own = _logit(probed[sentence.number])
    earlier, later = (
        _logit(probed[n]) if n in same and n in probed else 0.0 for n in (sentence.number - 1, sentence.number + 1)
    )
    return {
        "read": own,
        "read-positive": max(own, 0.0),
        "read-before": earlier,
        "read-after": later,
        "read-named": own * named,
        "read-answer": own * answering,
    }


def before(document: Document, sentence: Sentence) -> str | None:
    """The sentence before, in the same paragraph."""
    if sentence.number - 1 not in document:
        return None
    earlier = document.sentence(sentence.number - 1)
    return document.text(earlier) if earlier.paragraph == sentence.paragraph else None


def _logit(probability: float) -> float:
    clipped = min(max(probability, 1e-6), 1 - 1e-6)
    return max(-_FURTHEST_LOGIT, min(_FURTHEST_LOGIT, math.log(clipped / (1 - clipped))))


def _logistic(score: float) -> float:
    return 1 / (1 + math.exp(-score))
