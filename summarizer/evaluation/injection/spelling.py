"""The same words spelled with other characters: what a reader sees of them, and what they were before an attack."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

_REVERSED = re.compile("\u202e([^\u202c]*)\u202c?")
# Format characters are a category of their own; these show nothing either.
_SHOW_NOTHING = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0") | {chr(c) for c in range(0xFE00, 0xFE10)}


def as_shown(text: str) -> str:
    """The text as a reader sees it: without invisible characters, reversed runs turned, wide letters as plain ones."""
    turned = _REVERSED.sub(lambda run: run[1][::-1], text)
    kept = "".join(c for c in turned if unicodedata.category(c) != "Cf" and c not in _SHOW_NOTHING)
    return unicodedata.normalize("NFKC", kept)


def respelled(words: str, text: str) -> Mapping[str, str] | None:
    """Which letters of `text` stand for which of `words`, or None where it isn't the same words to a reader.

    Only a letter that isn't ASCII can stand for another one.
    """
    shown, meant = as_shown(text), as_shown(words)
    if len(shown) != len(meant):
        return None
    letters: dict[str, str] = {}
    for letter, other in zip(shown, meant, strict=True):
        if letter != other and (letter.isascii() or letters.setdefault(letter, other) != other):
            return None
    return letters


def restorer(respellings: Iterable[tuple[str, str]]) -> Mapping[int, str]:
    """A table for `str.translate` that gives respelled letters back. Each pair is the words and their new spelling."""
    table: dict[str, str] = {}
    for words, text in respellings:
        table |= respelled(words, text) or {}
    return str.maketrans(table)
