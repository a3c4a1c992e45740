"""The training material as the program would see it: documents, their sentences, and what is known of each."""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

from annotated import FOLDER, Line, Said, TrainingArticle, read

from summarizer.document import Document
from summarizer.models import Article, Sentence

LANGUAGES = ("de", "en")
DATA = Path(__file__).parents[2] / "summarizer" / "data"
_TITLE = "–\n\n"
_LARGEST = 127


@dataclass(frozen=True)
class LabelledArticle:
    """A training article, split, with the annotation of each sentence. `group`: the file, by one writer."""

    group: str
    article: TrainingArticle
    document: Document
    lines: dict[int, Line]

    @property
    def carrying(self) -> set[int]:
        """Numbers of the sentences that carry a claim."""
        return {n - back for n, line in self.lines.items() for c in line.claims for back in range(c.earlier + 1)}

    def said(self, number: int) -> list[Said]:
        """What is said in a sentence."""
        line = self.lines.get(number)
        return line.said if line else []


def articles(language: str) -> list[LabelledArticle]:
    """Every training article of a language."""
    found = []
    for path in sorted(FOLDER.glob(f"{language}-*.txt")):
        for article in read(path):
            found.append(LabelledArticle(path.stem, article, *_aligned(article)))
    return found


def _aligned(article: TrainingArticle) -> tuple[Document, dict[int, Line]]:
    """The document, and the line of each of its sentences. What a line says that was split belongs to its last part."""
    text = article.text
    document = Document.of(
        Article.from_text(text, language=article.language, published=date.fromisoformat(article.published))
    )
    lines: dict[int, Line] = {}
    place = len(article.title)
    for line in article.lines:
        start = text.index(line.text, place)
        place = start + len(line.text)
        parts = [s for s in document.sentences if s.start < place and s.end > start]
        for part in parts[:-1]:
            lines.setdefault(part.number, Line(line.text, line.paragraph, line.heading))
        if parts:
            lines[parts[-1].number] = line
    return document, lines


@dataclass(frozen=True)
class LabelledSentence:
    """A sentence of its own, with perhaps the one before it."""

    group: str
    labels: dict[str, Any]

    @property
    def placed(self) -> tuple[Document, Sentence] | None:
        """In a document; None where it isn't split as it was meant."""
        before = f"{self.labels['before']} " if self.labels["before"] else ""
        text = f"{_TITLE}{before}{self.labels['text']}\n"
        start = len(_TITLE) + len(before)
        document = Document.of(Article.from_text(text, language=self.labels["language"]))
        found = [s for s in document.sentences if s.start == start and s.end >= len(text) - 1]
        return (document, found[0]) if found else None


def sentences(language: str) -> Iterator[LabelledSentence]:
    """The training sentences of a language."""
    for path in sorted(Path(__file__).parent.glob(f"{language}-*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield LabelledSentence(path.stem, json.loads(line))


def write_packed(name: str, text: str) -> Path:
    """Write a file of `summarizer/data/`, packed; the same text gives the same file."""
    target = DATA / f"{name}.gz"
    target.write_bytes(gzip.compress(text.encode(), mtime=0))
    return target


def occurrences(words: str, text: str) -> list[int]:
    """Where words stand in a text, whole."""
    return [m.start() for m in re.finditer(rf"(?<!\w){re.escape(words)}(?!\w)", text)]


def whole_numbers(rows: NDArray[np.float64]) -> tuple[NDArray[np.int8], list[float]]:
    """Each row as whole numbers from -127 to 127, and by what they are to be multiplied."""
    scales = np.abs(rows).max(axis=1) / _LARGEST
    return np.rint(rows / scales[:, None]).astype(np.int8), [float(f"{x:.5g}") for x in scales]
