"""Claims that were found, as text: for terminals, Markdown, JSON and CSV."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from summarizer.archive.searching import Hit
from summarizer.models import Evidence, Report
from summarizer.rendering import to_csv
from summarizer.rendering.figures import speaker_words
from summarizer.rendering.json_lines import unsplit
from summarizer.rendering.markdown import address, escaped
from summarizer.rendering.terminal import WIDEST, joined, named, packed, plain, stance_word, wrapped
from summarizer.rendering.visible import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_INDENT = "  "
_MARK_STYLE = "bold underline"
_NO_DAY = "no day"

Pieces = list[tuple[str, bool]]
"""A text in pieces, each with whether it was searched for."""


def write_hits(hits: Iterable[Hit], console: Console) -> None:
    """Print each claim with the evidence's words, those that were searched for marked, and where they stand."""
    from rich.text import Text

    width = min(console.width, WIDEST)
    for number, hit in enumerate(hits):
        if number:
            console.print(Text(), soft_wrap=True)
        for line in _lines(hit, width):
            console.print(line, soft_wrap=True, highlight=False)


def hits_markdown(hits: Iterable[Hit]) -> str:
    """Each claim as a paragraph, its evidence quoted below."""
    return "\n\n".join("\n".join(_markdown(hit)) for hit in hits) + "\n"


def hits_json(hits: Sequence[Hit], total: int) -> str:
    """One document: how many claims meet the query, and those that were asked for."""
    document = {"total": total, "hits": [_document(hit) for hit in hits]}
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)
    return unsplit(text) + "\n"


def hits_jsonl(hits: Iterable[Hit]) -> str:
    """A claim a line."""
    lines = (json.dumps(_document(hit), ensure_ascii=False, allow_nan=False, separators=(",", ":")) for hit in hits)
    return "".join(unsplit(line) + "\n" for line in lines)


def hits_csv(hits: Iterable[Hit]) -> str:
    """The columns that reports have as CSV."""
    return to_csv(Report(article=hit.article, claims=[hit.claim], run=hit.run) for hit in hits)


def _lines(hit: Hit, width: int) -> Iterator[Text]:
    from rich.text import Text

    claim, margin = hit.claim, Text(_INDENT)
    day = Text(hit.day.isoformat() if hit.day else _NO_DAY, style="bold")
    labels = [day, stance_word(claim.stance), Text(claim.measure.value), joined(list(map(named, claim.speakers)), ", ")]
    yield from packed([*labels, *(Text(word, style="yellow") for word in _standing(hit))], width=width)
    yield from wrapped(_marked(_pieces(claim.statement, hit.statement_marks)), width=width, first=margin, rest=margin)
    bar = Text.assemble(_INDENT, ("│ ", "dim"))
    for evidence in claim.evidence:
        yield from wrapped(_marked(_evidence_pieces(hit, evidence)), width=width, first=bar, rest=bar)
    yield from packed([plain(fact, "dim") for fact in _facts(hit)], width=width, margin=len(_INDENT))


def _standing(hit: Hit) -> Iterator[str]:
    if hit.is_wrong:
        yield "marked as wrong"
    if hit.is_corrected:
        yield "corrected by a reader"


def _facts(hit: Hit) -> list[str]:
    article = hit.article
    place = f"{hit.path} {hit.claim.id}" if hit.path else f"{article.id} {hit.claim.id}"
    return [fact for fact in (article.source, article.title, article.url, place) if fact]


def _pieces(text: str, marks: Iterable[tuple[int, int]]) -> Pieces:
    pieces, at = [], 0
    for start, end in marks:
        pieces += [(text[at:start], False), (text[start:end], True)]
        at = end
    return [piece for piece in (*pieces, (text[at:], False)) if piece[0]]


def _evidence_pieces(hit: Hit, evidence: Evidence) -> Pieces:
    inside = [m for m in hit.evidence_marks if evidence.start <= m.start and m.end <= evidence.end]
    text = hit.article.text[evidence.start : evidence.end]
    return _pieces(text, ((mark.start - evidence.start, mark.end - evidence.start) for mark in inside))


def _marked(pieces: Pieces) -> Text:
    from rich.text import Text

    return Text.assemble(*((visible(text), _MARK_STYLE if is_mark else "") for text, is_mark in pieces))


def _markdown(hit: Hit) -> Iterator[str]:
    claim = hit.claim
    names = ", ".join(escaped(speaker_words(s)) for s in claim.speakers)
    day = hit.day.isoformat() if hit.day else _NO_DAY
    standing = "".join(f" · {words}" for words in _standing(hit))
    yield f"**{day} · {claim.stance.value} · {claim.measure.value}** · {names}{standing}"
    yield ""
    yield escaped(claim.statement)
    for evidence in claim.evidence:
        yield ""
        yield f"> {_markdown_pieces(_evidence_pieces(hit, evidence))}"
    yield ""
    yield " · ".join(address(fact) for fact in _facts(hit))


def _markdown_pieces(pieces: Pieces) -> str:
    return "".join(_markdown_piece(visible(text), is_mark) for text, is_mark in pieces).strip()


def _markdown_piece(line: str, is_mark: bool) -> str:
    """A marked piece is whole words, so that the emphasis opens and closes at a letter or digit."""
    if is_mark:
        return f"**{escaped(line)}**"
    words = line.strip(" ")
    return line.replace(words, escaped(words)) if words else line


def _document(hit: Hit) -> dict[str, Any]:
    return {
        "article": hit.article.model_dump(mode="json", exclude={"text"}),
        "claim": hit.claim.model_dump(mode="json"),
        "day": hit.day.isoformat() if hit.day else None,
        "actors": list(hit.actors),
        "is_corrected": hit.is_corrected,
        "is_wrong": hit.is_wrong,
        "note": hit.note,
        "marks": {
            "statement": [list(mark) for mark in hit.statement_marks],
            "evidence": [mark.model_dump() for mark in hit.evidence_marks],
        },
        "report": {
            "path": str(hit.path) if hit.path else None,
            "model": hit.run.model,
            "started_at": hit.run.started_at.isoformat(),
        },
    }
