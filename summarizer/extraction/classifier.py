"""Stance, measure and kind of a sentence by logistic regression over its n-grams.

The weights are made by `evals/training/train.py` from the sentences beside it. They are kept as whole numbers
from -127 to 127 with a scale for each label.
"""

from __future__ import annotations

import json
import math
from array import array
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from summarizer import resources
from summarizer.extraction.ngrams import features
from summarizer.extraction.softmax import softmax


@dataclass(frozen=True)
class _Head:
    """One question: its labels, and for each its intercept and the scale of its weights."""

    name: str
    labels: tuple[str, ...]
    intercepts: tuple[float, ...]
    scales: tuple[float, ...]
    first: int


@dataclass(frozen=True)
class Classifier:
    """The weights of one language. `rows` gives each feature's idf and its place in `weights`."""

    language: str
    heads: tuple[_Head, ...]
    rows: Mapping[str, tuple[float, int]]
    weights: array[int]

    def probabilities(self, sentence: str, before: str | None = None) -> dict[str, dict[str, float]]:
        """For each question (`stance`, `measure`, `kind`) the probability of each label."""
        known = [
            row for feature in sorted(features(sentence, before, self.language)) if (row := self.rows.get(feature))
        ]
        norm = math.sqrt(sum(idf * idf for idf, _ in known)) or 1.0
        return {head.name: self._answer(head, known, norm) for head in self.heads}

    def _answer(self, head: _Head, known: list[tuple[float, int]], norm: float) -> dict[str, float]:
        scores = []
        for i, (intercept, scale) in enumerate(zip(head.intercepts, head.scales, strict=True)):
            column = head.first + i
            scores.append(intercept + scale / norm * sum(idf * self.weights[start + column] for idf, start in known))
        return dict(zip(head.labels, softmax(scores), strict=True))


@cache
def classifier(language: str) -> Classifier | None:
    """The classifier of a language, None where there is none."""
    text = resources.packed(f"classifier.{language}.json")
    if text is None:
        return None
    content = json.loads(text)
    heads, first = [], 0
    for head in content["heads"]:
        labels = tuple(head["labels"])
        heads.append(_Head(head["name"], labels, tuple(head["intercepts"]), tuple(head["scales"]), first))
        first += len(labels)
    rows = {feature: (idf, i * first) for i, (feature, idf) in enumerate(content["features"])}
    return Classifier(language, tuple(heads), rows, array("b", b64decode(content["weights"])))
