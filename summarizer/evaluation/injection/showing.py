"""Whether a report keeps its form in every format, whatever its article holds."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterator

from summarizer.formats import Format, Group, pieces
from summarizer.models import Report, Span, Uncovered
from summarizer.report_files import FiledReport

_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_WIDTH = 100
# The articles come from no address, so that nothing in their reports is of the program's own making.
_OF_THE_ARTICLE = {
    Format.MARKDOWN: re.compile(r"(?<!\\)\]\([^)\s]|<(?:img|a|script)\b"),
    Format.HTML: re.compile(
        r"<(?:img|iframe|script|link)\b[^>]*\b(?:src|href)\s*=\s*[\"']?(?:https?:)?//", re.IGNORECASE
    ),
}


def faults(report: Report) -> list[str]:
    """What is wrong with a report's JSON, its offsets, or with what a format makes of it."""
    return [*_of_json(report), *_of_offsets(report), *_of_formats(report), *_of_terminal(report)]


def _of_json(report: Report) -> Iterator[str]:
    try:
        written = report.model_dump_json()
        again = Report.model_validate_json(written)
    except ValueError as error:
        yield f"its JSON is no report: {type(error).__name__}"
        return
    if again.model_dump_json() != written:
        yield "its JSON is another report"


def _of_offsets(report: Report) -> Iterator[str]:
    text = report.article.text
    for claim in report.claims:
        spans: list[Span] = [*claim.evidence, *([claim.quote] if claim.quote else [])]
        if any(not _selects(span, text) for span in spans):
            yield f"offsets of claim {claim.id} select other words"
    for sentence in report.uncovered:
        if not _selects(sentence, text):
            yield f"offsets of sentence {sentence.sentence} select other words"


def _selects(span: Span | Uncovered, text: str) -> bool:
    return 0 <= span.start < span.end <= len(text) and text[span.start : span.end] == span.text


def _of_formats(report: Report) -> Iterator[str]:
    for chosen in Format:
        try:
            written = b"".join(pieces(chosen, [FiledReport(report, None)], Group.SPEAKER))
        except Exception as error:
            yield f"format {chosen.value} raised {type(error).__name__}"
            continue
        active = _OF_THE_ARTICLE.get(chosen)
        if active is not None and active.search(written.decode()):
            yield f"a link or picture of the article's works in format {chosen.value}"


def _of_terminal(report: Report) -> Iterator[str]:
    from rich.console import Console

    from summarizer.rendering import write_table

    # Without colours Rich itself writes no escapes, so that any there is was the article's.
    console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=_WIDTH)
    try:
        write_table([report], console)
    except Exception as error:
        yield f"the terminal's table raised {type(error).__name__}"
        return
    assert isinstance(console.file, io.StringIO)
    written = set(console.file.getvalue()) - {"\n"}
    controls = sorted(c for c in written if unicodedata.category(c) == "Cc" or c in _BIDI)
    if controls:
        yield f"control characters on the terminal: {', '.join(f'U+{ord(c):04X}' for c in controls)}"
