"""An Excel workbook with the columns of the CSV: it opens alike whatever the list separator of a country is."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from summarizer.errors import OutputError
from summarizer.rendering.csv_table import CSV_COLUMNS, claim_row

if TYPE_CHECKING:
    from summarizer.models import Report

_LONGEST_CELL = 32_767
_MOST_ROWS = 1_048_576
# No XML has these, and the writer leaves them as they are.
_ILLEGAL = re.compile("[\ud800-\udfff\ufffe\uffff]")
# All cells are words, whatever they look like.
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
# So that the same reports give the same bytes.
_CREATED = datetime(2020, 1, 1, tzinfo=UTC)


def to_workbook(reports: Iterable[Report]) -> bytes:
    """A workbook of one sheet: a heading and a row a claim, every cell text but for the confidence.

    Characters that XML can't hold become `\\ufffd`, and a cell longer than Excel allows is cut.

    Raises:
        OutputError: there are more claims than a sheet has rows.
    """
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    rows = (claim_row(report, claim) for report in reports for claim in report.claims)
    with Workbook(buffer, _OPTIONS) as book:
        book.set_properties({"created": _CREATED})
        # Format `@` is text: what looks like a formula stays words, also when its cell is edited.
        words = book.add_format({"num_format": "@", "quote_prefix": True})
        sheet = book.add_worksheet("Claims")
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, CSV_COLUMNS, book.add_format({"bold": True}))
        for number, cells in enumerate(rows, start=1):
            if number >= _MOST_ROWS:
                raise OutputError(f"A workbook holds {_MOST_ROWS - 1:,} claims, and there are more.", "Use -f csv.")
            for place, (column, cell) in enumerate(zip(CSV_COLUMNS, cells, strict=True)):
                if column == "confidence" and cell:
                    sheet.write_number(number, place, float(cell))
                elif cell:
                    sheet.write_string(number, place, _fitting(_ILLEGAL.sub("\ufffd", cell)), words)
    return buffer.getvalue()


def _fitting(text: str) -> str:
    """Excel counts UTF-16 units."""
    if len(text) * 2 <= _LONGEST_CELL:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * _LONGEST_CELL:
        return text
    return units[: 2 * (_LONGEST_CELL - 1)].decode("utf-16-le", "ignore") + "…"
