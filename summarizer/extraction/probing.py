"""What the embedded model's own vector of a sentence says of it, by logistic regression.

The weights are made by `evals/training/probe.py`. Alain and Bengio (2016), "Understanding intermediate layers using
linear classifier probes".
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from operator import mul

from summarizer import prompting, resources
from summarizer.document import Document
from summarizer.extraction.softmax import softmax
from summarizer.llm import encoder
from summarizer.llm.base import EncodingRequest
from summarizer.models import Sentence

# The first sentences are read alone, so that the first claims are there soon.
_FIRST_CHARS = 600
_READ_CHARS = 1200
_CONTEXT_CHARS = 200
# By question and label.
Probabilities = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class _Head:
    """One question: its labels, and for each its intercept and weights."""

    labels: tuple[str, ...]
    intercepts: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Probe:
    """The weights of one language."""

    heads: Mapping[str, _Head]

    def probabilities(self, vector: bytes) -> dict[str, dict[str, float]]:
        """For each question (`claim`, `stance`, `measure`) the probability of each label."""
        values = [step / encoder.STEPS for step in array("b", vector)]
        found = {}
        for name, head in self.heads.items():
            scores = [i + sum(map(mul, w, values)) for i, w in zip(head.intercepts, head.weights, strict=True)]
            found[name] = dict(zip(head.labels, softmax(scores), strict=True))
        return found


@cache
def probe(language: str) -> Probe | None:
    """The probe of a language, None where there is none."""
    text = resources.packed("probe.json")
    content = json.loads(text) if text else {}
    if content.get("encoder") != encoder.identity() or language not in content["languages"]:
        return None
    heads = content["languages"][language]
    return Probe(
        {
            name: _Head(tuple(h["labels"]), tuple(h["intercepts"]), tuple(map(tuple, h["weights"])))
            for name, h in heads.items()
        }
    )


def readings(document: Document) -> Iterator[tuple[EncodingRequest, tuple[Sentence, ...]]]:
    """What the model is to read at once, in order, and the sentences that it is: whole paragraphs."""
    text = document.article.text
    title = document.article.title or text.strip().partition("\n")[0]
    context = prompting.harmless(title.strip()[:_CONTEXT_CHARS])
    for sentences in _together(document):
        pieces = []
        for i, sentence in enumerate(sentences):
            space = "" if i == 0 else " " if sentences[i - 1].paragraph == sentence.paragraph else "\n\n"
            pieces.append(space + prompting.harmless(document.text(sentence)))
        yield EncodingRequest(encoder.identity(), context, tuple(pieces)), sentences


def _together(document: Document) -> Iterator[tuple[Sentence, ...]]:
    taken: list[Sentence] = []
    most = _FIRST_CHARS
    for sentence in document.sentences:
        opens = not taken or taken[-1].paragraph != sentence.paragraph
        if taken and opens and document.paragraph(sentence)[-1].end - taken[0].start > most:
            yield tuple(taken)
            taken, most = [], _READ_CHARS
        taken.append(sentence)
    if taken:
        yield tuple(taken)
