"""The formats that reports are written in: their names, the endings of their files, and their text."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from summarizer.models import Report
    from summarizer.report_files import FiledReport


class Format(StrEnum):
    """Output formats."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    XLSX = "xlsx"
    MARKDOWN = "markdown"
    HTML = "html"
    JSONLD = "jsonld"
    BIBTEX = "bibtex"
    CITATIONS = "citations"


class Group(StrEnum):
    """What claims are grouped by."""

    SPEAKER = "speaker"
    MEASURE = "measure"


_ENDINGS = {Format.TABLE: "txt", Format.MARKDOWN: "md", Format.BIBTEX: "bib"}
_OTHER_ENDINGS = {".htm": Format.HTML, ".ndjson": Format.JSONL}
_SINGLE = {
    Format.JSON: ("One JSON document holds one report", "Use -f jsonl, or -o FOLDER/."),
    Format.HTML: ("One HTML page holds one report", "Use -o FOLDER/."),
}


def ending(chosen: Format) -> str:
    """The ending of a format's files, without the dot; no two formats have the same."""
    return _ENDINGS.get(chosen, chosen.value)


def format_of(path: Path) -> Format | None:
    """The format that a file's ending stands for, in any case. `.txt` may be anything."""
    names = {f".{name}": f for f in Format for name in (f.value, ending(f)) if name != "txt"} | _OTHER_ENDINGS
    return names.get(path.suffix.lower())


def single(chosen: Format) -> tuple[str, str] | None:
    """Of a format whose documents hold one report each: that in words, and what to do about more."""
    return _SINGLE.get(chosen)


def pieces(chosen: Format, reports: Iterable[FiledReport], group_by: Group, *, to_file: bool = True) -> Iterator[bytes]:
    """The text of reports, a piece a report where that is possible, so that any number of them takes little memory.

    Formats for readers mark what was corrected; those for other programs have the reports as corrected.
    """
    from summarizer import rendering

    if chosen is Format.XLSX:
        yield rendering.to_workbook(filed.corrected for filed in reports)
        return
    if chosen is Format.CSV and to_file:
        yield "".encode(rendering.CSV_FILE_ENCODING)
    for text in _texts(chosen, reports, group_by):
        yield text.encode()


def _texts(chosen: Format, reports: Iterable[FiledReport], group_by: Group) -> Iterator[str]:
    from summarizer import rendering

    grouping = rendering.GroupBy(group_by.value)
    if chosen is Format.TABLE:
        yield table_text(lambda console: rendering.write_table(reports, console, group_by=grouping))
    elif chosen is Format.MARKDOWN:
        for number, filed in enumerate(reports):
            yield ("\n---\n\n" if number else "") + rendering.to_markdown([filed], group_by=grouping)
    elif chosen is Format.HTML:
        from summarizer.rendering.html.report_page import report_page

        for filed in reports:
            yield report_page(filed.report, corrections=filed.corrections)
    elif chosen is Format.JSONLD:
        yield from rendering.json_ld_pieces(filed.corrected for filed in reports)
    elif chosen is Format.BIBTEX:
        yield from rendering.bibtex_pieces(filed.corrected for filed in reports)
    elif chosen is Format.CSV:
        yield (header := rendering.to_csv([]))
        for filed in reports:
            yield rendering.to_csv([filed.corrected])[len(header) :]
    else:
        write = {Format.JSON: rendering.to_json, Format.JSONL: rendering.to_jsonl_line}.get(chosen, _citations)
        for filed in reports:
            yield write(filed.corrected)


def _citations(report: Report) -> str:
    from summarizer import rendering

    return rendering.to_citations([report])


def table_text(write: Callable[[Console], None]) -> str:
    """What is printed on a console, as plain text of a hundred columns."""
    from rich.console import Console

    buffer = io.StringIO()
    write(Console(file=buffer, width=100, force_terminal=False))
    return buffer.getvalue()
