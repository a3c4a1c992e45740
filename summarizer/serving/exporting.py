"""Reports in other forms, to be saved, and the digest over all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from summarizer.models import Report
from summarizer.report_files import FiledReport
from summarizer.serving.shelf import Shelf


@dataclass(frozen=True)
class Form:
    """A form in which a report is given, as readers have corrected it."""

    ending: str
    media_type: str
    write: Callable[[FiledReport], bytes]


def _json(report: Report) -> bytes:
    from summarizer.rendering import to_json

    return to_json(report).encode()


def _csv(report: Report) -> bytes:
    from summarizer.rendering import CSV_FILE_ENCODING, to_csv

    return to_csv([report]).encode(CSV_FILE_ENCODING)


def _markdown(report: Report) -> bytes:
    from summarizer.rendering import to_markdown

    return to_markdown([report]).encode()


def _json_ld(report: Report) -> bytes:
    from summarizer.rendering import to_json_ld

    return to_json_ld([report]).encode()


def _bibtex(report: Report) -> bytes:
    from summarizer.rendering import to_bibtex

    return to_bibtex([report]).encode()


def _form(ending: str, media_type: str, write: Callable[[Report], bytes]) -> Form:
    return Form(ending, media_type, lambda filed: write(filed.corrected))


FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "json": _form("json", "application/json", _json),
        "csv": _form("csv", "text/csv; charset=utf-8", _csv),
        "markdown": _form("md", "text/markdown; charset=utf-8", _markdown),
        "jsonld": _form("jsonld", "application/ld+json", _json_ld),
        "bibtex": _form("bib", "application/x-bibtex; charset=utf-8", _bibtex),
    }
)
"""The forms, by the name that their links have."""


def digest_page_of(shelf: Shelf, since: date | None) -> str | None:
    """The digest over all reports, as a page; None if there is no report."""
    from summarizer.digest import digest
    from summarizer.rendering.html.digest_page import digest_page

    reports = list(shelf.all())
    return digest_page(digest(reports, since=since)) if reports else None
