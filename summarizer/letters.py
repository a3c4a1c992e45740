"""Words in other letters, so that spellings of one word agree."""

from __future__ import annotations

import unicodedata
from functools import cache

from summarizer.resources import data


def without_marks(text: str) -> str:
    """The text in small letters without marks: `ü` as `u`, `ø` as `o`, `œ` as `oe`, `ß` as `ss`."""
    small = text.casefold()
    if small.isascii():
        return small
    spelled = unicodedata.normalize("NFC", small).translate(_table("letters"))
    plain = "".join(c for c in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(c))
    # Without its marks a letter may be one of the table's, and what stands for several letters capitals: `ǣ`, `™`.
    return plain.casefold().translate(_table("letters"))


def spelled_out(text: str) -> str:
    """The same with umlauts in two letters, `ü` as `ue`: for the names of files and keys."""
    return without_marks(unicodedata.normalize("NFC", text.casefold()).translate(_table("umlauts")))


@cache
def _table(kind: str) -> dict[int, str]:
    return str.maketrans(data("transliteration.yaml")[kind])
