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

# Spreadsheets run a cell that starts so, some after trimming it or folding full-width forms. Apostrophes already
# there are passed over, so that taking away the one that was put there always gives the original.
_BLANK = r"[\s\x00-\x1f\x7f';\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
_SIGN = r"[=+\-@\uff1d\uff0b\uff0d\uff20]"
_FORMULA = re.compile(rf"'*[\t\r\n]|{_BLANK}*{_SIGN}")
# Where the list separator is a semicolon, as in German, a spreadsheet that opens the file without asking splits
# its lines there, and at every line end, whatever the quotation marks say: a cell of its own begins after each.
_INNER_BLANK = f'["{_BLANK[1:]}'
_INNER_FORMULA = re.compile(rf"(?<!{_INNER_BLANK}){_INNER_BLANK}++(?={_SIGN})")
_INNER_SEPARATOR = re.compile(r"[;\t\r\n]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def to_csv(reports: Iterable[Report]) -> str:
    """A header and a row a claim, as RFC 4180 has it (line ends are CRLF), without byte order mark.

    Write it to a file with `newline=""` and `CSV_FILE_ENCODING`. Several values in a cell are joined with
    `; `; kinds, roles and affiliations keep the order of the speakers, with nothing between two semicolons
    where one has none. Offsets are `start..end`, end exclusive. What a spreadsheet would run as a formula gets an
    apostrophe in front: at the start of a cell, and after a semicolon, tab or line end within one.

    Spreadsheets whose list separator is the semicolon show all columns in one. For them there is `to_workbook`:
    a `sep=` line would be a row to every other reader, and keeps Excel from heeding the byte order mark.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for report in reports:
        for claim in report.claims:
            writer.writerow([_safe(cell) for cell in claim_row(report, claim)])
    return out.getvalue()


def claim_row(report: Report, claim: Claim) -> list[str]:
    """The cells of a claim, in the order of `CSV_COLUMNS`, with nothing done about formulas."""
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
    is_formula = _FORMULA.match(text)
    text = _INNER_FORMULA.sub(lambda run: _INNER_SEPARATOR.sub(r"\g<0>'", run[0]), text)
    return f"'{text}" if is_formula else text
