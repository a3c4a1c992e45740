"""Stance, measure and kind of a sentence by logistic regression over its n-grams.

The weights are made by `evals/training/train.py` from the sentences beside it. They are kept as whole numbers
from -127 to 127 with a scale for each label, the features' idfs as thousandths.
"""

from __future__ import annotations

import json
import math
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from summarizer import resources
from summarizer.extraction.ngrams import features
from summarizer.extraction.softmax import softmax

# What a number takes in a row: 100,000 features of one sentence would not be too many for it.
_LANE_BYTES = 5
_SIGN = 128


@dataclass(frozen=True)
class _Head:
    """One question: its labels, and for each its intercept and the scale of its weights."""

    name: str
    labels: tuple[str, ...]
    intercepts: tuple[float, ...]
    scales: tuple[float, ...]
    first: int

    def probabilities(self, sums: Sequence[float]) -> dict[str, float]:
        """Of each label, from the sums of all columns."""
        own = sums[self.first : self.first + len(self.labels)]
        scores = [i + scale * s for i, scale, s in zip(self.intercepts, self.scales, own, strict=True)]
        return dict(zip(self.labels, softmax(scores), strict=True))


@dataclass(frozen=True)
class Rows:
    """Rows of signed bytes that are weighted and added up in all columns at once.

    A row is read as one large number, in which every column has its place: one multiplication and one addition do.
    """

    columns: int
    content: bytearray

    @classmethod
    def of(cls, numbers: bytes, columns: int) -> Rows:
        """Rows that stand one after the other."""
        content = bytearray(_LANE_BYTES * len(numbers))
        content[::_LANE_BYTES] = numbers.translate(bytes(byte ^ _SIGN for byte in range(256)))
        return cls(columns, content)

    def sums(self, weighted: Sequence[tuple[int, int]]) -> list[int]:
        """For each column the sum of its numbers in some rows, times a weight each: `weighted` has row and weight.

        Weights are not negative.
        """
        content, size = self.content, _LANE_BYTES * self.columns
        large = sum([w * int.from_bytes(content[size * row : size * (row + 1)], "little") for row, w in weighted])
        lanes = large.to_bytes(size, "little")
        added = _SIGN * sum([w for _, w in weighted])
        return [int.from_bytes(lanes[i : i + _LANE_BYTES], "little") - added for i in range(0, size, _LANE_BYTES)]


@dataclass(frozen=True)
class Classifier:
    """The weights of one language. `features` gives each feature's row in `weights`, and its idf in thousandths."""

    language: str
    heads: tuple[_Head, ...]
    features: Mapping[str, tuple[int, int]]
    weights: Rows

    def probabilities(self, sentence: str, before: str | None = None) -> dict[str, dict[str, float]]:
        """For each question (`stance`, `measure`, `kind`) the probability of each label."""
        known = [row for f in features(sentence, before, self.language) if (row := self.features.get(f)) is not None]
        norm = math.sqrt(sum([idf * idf for _, idf in known])) or 1.0
        sums = [total / norm for total in self.weights.sums(known)]
        return {head.name: head.probabilities(sums) for head in self.heads}


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
    known = {feature: (row, round(1000 * idf)) for row, (feature, idf) in enumerate(content["features"])}
    return Classifier(language, tuple(heads), known, Rows.of(b64decode(content["weights"]), first))
