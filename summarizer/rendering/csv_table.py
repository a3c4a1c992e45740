"""CSV for spreadsheets: a row a claim."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from summarizer.models import Claim, Report

CSV_FILE_ENCODING = "utf-8-sig"
"""Encoding for CSV files: spreadsheets take UTF-8 for what it is only with a byte order mark."""

CSV_COLUMNS = (
    "article_id",
    "title",
    "source",
    "published",
    "url",
    "claim",
    "speakers",
    "kinds",
    "roles",
    "affiliations",
    "statement",
    "attribution",
    "stance",
    "measure",
    "conditions",
    "quote",
    "evidence",
    "evidence_sentences",
    "evidence_offsets",
    "via",
    "said_on",
    "confidence",
)

# Spreadsheets run a cell that starts so, some after trimming it or folding full-width forms; an apostrophe
# already there is guarded too, so that taking one away always gives the original.
_FORMULA = re.compile(r"'*(?:[\t\r\n]|[\s\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20])")
_SURROGATES = re.compile("[\ud800-\udfff]")


def to_csv(reports: Iterable[Report]) -> str:
    """A header and a row a claim, as RFC 4180 has it (line ends are CRLF), without byte order mark.

    Write it to a file with `newline=""` and `CSV_FILE_ENCODING`. Several values in a cell are joined with
    `; `; kinds, roles and affiliations keep the order of the speakers, with nothing between two semicolons
    where one has none. Offsets are `start..end`, end exclusive. A cell that a spreadsheet would run as a
    formula gets an apostrophe in front.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for report in reports:
        for claim in report.claims:
            writer.writerow([_safe(cell) for cell in _row(report, claim)])
    return out.getvalue()


def _row(report: Report, claim: Claim) -> list[str]:
    article, speakers = report.article, claim.speakers
    return [
        article.id,
        article.title or "",
        article.source or "",
        article.published.isoformat() if article.published else "",
        article.url or "",
        claim.id,
        "; ".join(s.name for s in speakers),
        "; ".join(s.kind.value for s in speakers),
        _aligned([s.role for s in speakers]),
        _aligned([s.affiliation for s in speakers]),
        claim.statement,
        claim.attribution.value,
        claim.stance.value,
        claim.measure.value,
        "; ".join(claim.conditions),
        claim.quote.text if claim.quote else "",
        " ".join(e.text for e in claim.evidence),
        "; ".join(str(e.sentence) for e in claim.evidence),
        "; ".join(f"{e.start}..{e.end}" for e in claim.evidence),
        claim.via or "",
        claim.said_on.isoformat() if claim.said_on else "",
        "" if claim.confidence is None else str(claim.confidence),
    ]


def _aligned(values: list[str | None]) -> str:
    return "; ".join(value or "" for value in values) if any(values) else ""


def _safe(cell: str) -> str:
    text = _SURROGATES.sub("\ufffd", cell)
    return f"'{text}" if _FORMULA.match(text) else text
