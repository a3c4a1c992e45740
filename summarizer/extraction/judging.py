"""Stance and measure of a sentence: the classifier's and the probe's probabilities, and the stance words."""

from __future__ import annotations

import math

from summarizer import resources
from summarizer.extraction import labels
from summarizer.extraction.classifier import classifier
from summarizer.extraction.probing import Probabilities
from summarizer.models import Measure, Stance

# A vector unlike all others can make a label's probability 0 in floating point.
_LEAST = 1e-12


def stance_and_measure(
    language: str,
    sentence: str,
    before: str | None = None,
    read: Probabilities | None = None,
    judged: Probabilities | None = None,
) -> tuple[Stance, Measure | None]:
    """The likeliest labels.

    `before` is the sentence before, `read` what the probe says of the whole sentence, `judged` what the classifier
    says of `sentence` where that is known already. In a language without a classifier the word lists decide alone, and
    there may be no measure.
    """
    by_words = labels.stance_of(sentence)
    judge = classifier(language)
    if judge is None:
        return by_words, labels.measure_of(sentence)
    likely = judged or judge.probabilities(sentence, before)
    scores = {Stance(label): score for label, score in _joined(likely, read, "stance").items()}
    # "asserts" is what the lists say when they know no word of the sentence.
    if by_words is not Stance.ASSERTS:
        scores[by_words] += resources.data("selection.yaml")["stance_words_weight"]
    measures = _joined(likely, read, "measure")
    return max(scores, key=lambda s: scores[s]), Measure(max(sorted(measures), key=lambda m: measures[m]))


def _joined(likely: Probabilities, read: Probabilities | None, question: str) -> dict[str, float]:
    """For each label the sum of the logarithms of both probabilities."""
    weight = resources.data("selection.yaml")["probe_weight"]
    return {
        label: math.log(probability) + (weight * math.log(max(read[question][label], _LEAST)) if read else 0.0)
        for label, probability in likely[question].items()
    }
