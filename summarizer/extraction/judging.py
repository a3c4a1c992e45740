"""Stance and measure of a sentence: the classifier's probabilities, with the stance words as further evidence."""

from __future__ import annotations

import math

from summarizer import resources
from summarizer.extraction import labels
from summarizer.extraction.classifier import classifier
from summarizer.models import Measure, Stance


def stance_and_measure(language: str, sentence: str, before: str | None = None) -> tuple[Stance, Measure | None]:
    """The likeliest labels; `before` is the sentence before.

    In a language without a classifier the word lists decide alone, and there may be no measure.
    """
    by_words = labels.stance_of(sentence)
    judge = classifier(language)
    if judge is None:
        return by_words, labels.measure_of(sentence)
    likely = judge.probabilities(sentence, before)
    scores = {Stance(label): math.log(probability) for label, probability in likely["stance"].items()}
    # "asserts" is what the lists say when they know no word of the sentence.
    if by_words is not Stance.ASSERTS:
        scores[by_words] += resources.data("selection.yaml")["stance_words_weight"]
    measures = likely["measure"]
    return max(scores, key=lambda s: scores[s]), Measure(max(sorted(measures), key=lambda m: measures[m]))
