"""The formats in which a report is given to be saved."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from summarizer.formats import Format, Group, pieces
from summarizer.report_files import FiledReport

_MEDIA_TYPES = {
    Format.JSON: "application/json",
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.MARKDOWN: "text/markdown; charset=utf-8",
    Format.HTML: "text/html; charset=utf-8",
    Format.JSONLD: "application/ld+json",
    Format.BIBTEX: "application/x-bibtex; charset=utf-8",
}

FORMATS: Mapping[str, tuple[Format, str]] = MappingProxyType(
    {chosen.value: (chosen, media_type) for chosen, media_type in _MEDIA_TYPES.items()}
)
"""The formats with their media types, by the name that their links have."""


def exported(filed: FiledReport, chosen: Format) -> bytes:
    """The report's file in a format, as readers have corrected it."""
    return b"".join(pieces(chosen, [filed], Group.SPEAKER))
