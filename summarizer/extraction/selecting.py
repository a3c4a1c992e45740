"""Which articles and sentences give positions on the topic: by classifiers where they know it, else by words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from summarizer import prompting, resources
from summarizer.document import Document
from summarizer.extraction import labels
from summarizer.extraction.classifier import Classifier, classifier
from summarizer.extraction.interview import Interview
from summarizer.extraction.tagger import Tagged
from summarizer.models import Sentence

_FURTHEST_LOGIT = 6.0
_CUE_KINDS = ("verb", "source", "subjunctive", "quotation")


@dataclass(frozen=True)
class Selection:
    """What is asked about in one article. `claim` has the probability of being a claim for each sentence's number."""

    document: Document
    topic: str
    on_topic: bool
    claim: Mapping[int, float] | None

    @classmethod
    def of(cls, document: Document, topic: str, tagged: Mapping[int, Tagged], interview: Interview | None) -> Selection:
        """Judge every sentence of an article."""
        judge = classifier(document.article.language) if topic == resources.data("selection.yaml")["topic"] else None
        if judge is None:
            named = prompting.topic_core(topic).search(document.article.text) is not None
            return cls(document, topic, named, None)
        first = judged(document, judge)
        mean = fmean(first.values()) if first else 0.0
        if mean < _threshold("article_min"):
            return cls(document, topic, False, {})
        weights = resources.data("selection.json")
        claim = {
            number: _logistic(sum(weights.get(name, 0.0) * value for name, value in found.items()))
            for number, found in evidence(document, first, tagged, interview, topic).items()
        }
        return cls(document, topic, True, claim)

    def takes(self, sentence: Sentence) -> bool:
        """Whether a sentence gives a position; one without a letter gives none."""
        if not any(map(str.isalpha, self.document.text(sentence))):
            return False
        if self.claim is None:
            words = " ".join(self.document.text(s) for s in self.document.paragraph(sentence))
            return bool(self.document.cues(sentence)) and prompting.topic(self.topic).search(words) is not None
        return self.claim[sentence.number] >= _threshold("sentence_min")

    def probability(self, sentence: Sentence) -> float:
        """That a sentence gives a position; one half where no classifier knows the topic."""
        return 0.5 if self.claim is None else self.claim[sentence.number]


def confidence(claim: float, speaker: float) -> float:
    """The probability that a claim is there and its speaker right, from those of the parts; fitted on `dev`."""
    weights = resources.data("selection.yaml")["confidence"]
    score: float = weights["bias"] + weights["claim"] * _logit(claim) + weights["speaker"] * _logit(speaker)
    return _logistic(score)


def judged(document: Document, judge: Classifier) -> dict[int, float]:
    """For each sentence's number the probability of being a claim by its own words."""
    return {
        s.number: judge.probabilities(document.text(s), before(document, s))["kind"]["claim"]
        for s in document.sentences
        if not s.is_heading
    }


def evidence(
    document: Document,
    first: Mapping[int, float],
    tagged: Mapping[int, Tagged],
    interview: Interview | None,
    topic: str,
) -> dict[int, dict[str, float]]:
    """What speaks for each sentence being a claim: its own words, its neighbours, and whether somebody is named."""
    pattern = prompting.topic(topic)
    mean = fmean(first.values())
    sentences = [s for s in document.sentences if s.number in first]
    found = {}
    for i, sentence in enumerate(sentences):
        text = document.text(sentence)
        own = _logit(first[sentence.number])
        near = [s for s in sentences[max(0, i - 1) : i + 2] if s.number != sentence.number]
        same = {s.number: _logit(first[s.number]) for s in near if s.paragraph == sentence.paragraph}
        cues = document.cues(sentence)
        strong = {c.kind for c in cues if not c.weak}
        question = text.rstrip("\"'”“»«’ ").endswith("?")
        answering = interview is not None and sentence.number in interview.answers
        names = tagged[sentence.number].mentions if sentence.number in tagged else []
        best = max((m.probability for m in names), default=0.0)
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
            "topic": float(pattern.search(text) is not None),
            "measure-word": float(labels.measure_of(text) is not None),
            "stance-word": float(any(hit.startswith("stance") for hit in labels.list_hits(text))),
            "words": math.log(1 + len(text.split())),
            "question": float(question),
            "answer": float(answering),
            "answer-own": own * answering,
            "answer-words": math.log(1 + len(text.split())) * answering,
            "question-answer": float(question and answering),
            "interviewer": float(interview is not None and not answering),
        }
        values |= {f"cue-{kind}": float(kind in strong) for kind in _CUE_KINDS}
        found[sentence.number] = values
    return found


def before(document: Document, sentence: Sentence) -> str | None:
    """The sentence before, in the same paragraph."""
    earlier = [s for s in document.paragraph(sentence) if s.number < sentence.number]
    return document.text(earlier[-1]) if earlier else None


def _logit(probability: float) -> float:
    clipped = min(max(probability, 1e-6), 1 - 1e-6)
    return max(-_FURTHEST_LOGIT, min(_FURTHEST_LOGIT, math.log(clipped / (1 - clipped))))


def _logistic(score: float) -> float:
    return 1 / (1 + math.exp(-score))


def _threshold(name: str) -> float:
    value: float = resources.data("selection.yaml")[name]
    return value
