"""Which articles and sentences are about the topic: by the classifier where it knows the topic, else by words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from summarizer import prompting, resources
from summarizer.cues import Cue
from summarizer.document import Document
from summarizer.extraction.classifier import Classifier, classifier
from summarizer.models import Sentence


@dataclass(frozen=True)
class Selection:
    """What is asked about in one article. `claim` has the probability of being a claim for each sentence's number."""

    document: Document
    topic: str
    claim: Mapping[int, float] | None

    @classmethod
    def of(cls, document: Document, topic: str) -> Selection:
        """Judge every sentence of an article."""
        judge = classifier(document.article.language) if topic == resources.data("selection.yaml")["topic"] else None
        return cls(document, topic, _judged(document, judge) if judge is not None else None)

    @property
    def on_topic(self) -> bool:
        """Whether the article is about the topic at all."""
        if self.claim is None:
            return prompting.topic_core(self.topic).search(self.document.article.text) is not None
        return bool(self.claim) and fmean(self.claim.values()) >= _threshold("article_min")

    def asks(self, sentence: Sentence, cues: list[Cue]) -> bool:
        """Whether the model is asked who speaks in a sentence."""
        if not cues:
            return False
        if self.claim is None:
            words = " ".join(self.document.text(s) for s in self.document.paragraph(sentence))
            return prompting.topic(self.topic).search(words) is not None
        strong = any(not cue.weak for cue in cues)
        return self.claim[sentence.number] >= _threshold("sentence_min" if strong else "weak_cue_min")

    def takes_answer(self, sentence: Sentence) -> bool:
        """Whether a sentence of an interview's answer is a claim."""
        return self.claim is not None and self.claim[sentence.number] >= _threshold("answer_min")


def before(document: Document, sentence: Sentence) -> str | None:
    """The sentence before, in the same paragraph."""
    earlier = [s for s in document.paragraph(sentence) if s.number < sentence.number]
    return document.text(earlier[-1]) if earlier else None


def _judged(document: Document, judge: Classifier) -> dict[int, float]:
    return {
        s.number: judge.probabilities(document.text(s), before(document, s))["kind"]["claim"]
        for s in document.sentences
        if not s.is_heading
    }


def _threshold(name: str) -> float:
    value: float = resources.data("selection.yaml")[name]
    return value
