"""An article's text in pieces: paragraphs, sentences, and within them the words that claims quote. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from summarizer.models import Claim, Report
from summarizer.sentences import split

_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")


@dataclass(frozen=True)
class Words:
    """Words of a sentence with the ids of the claims that quote them."""

    text: str
    quoted_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Piece:
    """A sentence with the ids of the claims that rest on it, or, without a number, what lies between sentences."""

    words: tuple[Words, ...]
    number: int | None = None
    anchor: str = ""
    is_heading: bool = False
    is_uncovered: bool = False
    claims: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Its words."""
        return "".join(words.text for words in self.words)


@dataclass(frozen=True)
class Paragraph:
    """Pieces up to a blank line, which is part of the last one."""

    pieces: tuple[Piece, ...]

    @property
    def is_blank(self) -> bool:
        """Whether nothing of it shows. A sentence always does: links lead to it."""
        return not any(piece.anchor or piece.text.strip() for piece in self.pieces)


@dataclass
class _Sentence:
    """A sentence, or several where evidence doesn't keep to what the splitter finds."""

    start: int
    end: int
    number: int
    is_heading: bool
    anchor: str = ""
    is_uncovered: bool = False
    claims: list[str] = field(default_factory=list)
    quotes: list[tuple[int, int, str]] = field(default_factory=list)


@dataclass(frozen=True)
class ArticleText:
    """The whole text: all pieces one after the other are the article. `anchors`: by where evidence starts."""

    paragraphs: tuple[Paragraph, ...]
    anchors: dict[int, str]


def article_text(report: Report) -> ArticleText:
    """The text of a report's article, with anchors for all evidence and uncovered sentences."""
    sentences = _sentences(report)
    _attach(sentences, report.claims)
    starts = [sentence.start for sentence in sentences]
    cited = [*(e.start for claim in report.claims for e in claim.evidence), *(u.start for u in report.uncovered)]
    anchors = {start: sentences[bisect_right(starts, start) - 1].anchor if sentences else "" for start in cited}
    return ArticleText(tuple(_paragraphs(sentences, report.article.text)), anchors)


def _paragraphs(sentences: Sequence[_Sentence], text: str) -> Iterator[Paragraph]:
    pieces: list[Piece] = []
    position = 0
    for sentence in [*sentences, None]:
        for between in _between(text[position : sentence.start if sentence else len(text)]):
            pieces.append(Piece((Words(between),)))
            if _BLANK_LINES.search(between):
                yield Paragraph(tuple(pieces))
                pieces = []
        if sentence:
            pieces.append(_piece(sentence, text))
            position = sentence.end
    if pieces:
        yield Paragraph(tuple(pieces))


def _sentences(report: Report) -> list[_Sentence]:
    """The sentences in order, not overlapping. Numbers are the report's where it has them, else the splitter's."""
    length = len(report.article.text)
    cited = [(e.start, e.end, e.sentence, False) for claim in report.claims for e in claim.evidence]
    uncovered = [(u.start, u.end, u.sentence, False) for u in report.uncovered]
    found = [(s.start, s.end, s.number, s.is_heading) for s in split(report.article.text)]
    sentences: list[_Sentence] = []
    # Sorting is stable: of those that begin together the report's own come first.
    for start, stop, number, is_heading in sorted([*cited, *uncovered, *found], key=lambda span: span[0]):
        end = min(stop, length)
        if start >= end:
            continue
        if sentences and start < sentences[-1].end:
            last = sentences[-1]
            last.is_heading = is_heading and (start, end) == (last.start, last.end)
            last.end = max(end, last.end)
        else:
            sentences.append(_Sentence(start, end, number, is_heading))
    taken: set[str] = set()
    missed = {u.start for u in report.uncovered}
    for sentence in sentences:
        usual = f"s{sentence.number}"
        sentence.anchor = f"at{sentence.start}" if usual in taken else usual
        sentence.is_uncovered = sentence.start in missed
        taken.add(usual)
    return sentences


def _attach(sentences: Sequence[_Sentence], claims: Sequence[Claim]) -> None:
    """Give each sentence its claims, and of their quotes what stands in it."""
    starts = [sentence.start for sentence in sentences]
    ends = [sentence.end for sentence in sentences]
    for claim in claims:
        for place in dict.fromkeys(bisect_right(starts, e.start) - 1 for e in claim.evidence):
            if place >= 0:
                sentences[place].claims.append(claim.id)
        if claim.quote:
            first, last = bisect_right(ends, claim.quote.start), bisect_left(starts, claim.quote.end)
            for sentence in sentences[first:last]:
                span = max(sentence.start, claim.quote.start), min(sentence.end, claim.quote.end)
                sentence.quotes.append((*span, claim.id))


def _piece(sentence: _Sentence, text: str) -> Piece:
    inside = (place for start, end, _ in sentence.quotes for place in (start, end))
    edges = sorted({sentence.start, sentence.end, *inside})
    words = [
        Words(text[start:end], tuple(id_ for first, last, id_ in sentence.quotes if first <= start and end <= last))
        for start, end in pairwise(edges)
    ]
    return Piece(
        tuple(words),
        sentence.number,
        sentence.anchor,
        sentence.is_heading,
        sentence.is_uncovered,
        tuple(sentence.claims),
    )


def _between(text: str) -> Iterator[str]:
    """Text between sentences, cut after every blank line."""
    position = 0
    for blank in _BLANK_LINES.finditer(text):
        yield text[position : blank.end()]
        position = blank.end()
    if position < len(text):
        yield text[position:]
