"""The lines and paragraphs of a text that may hold what is looked for: few do, and patterns take their time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

_PARAGRAPH_END = re.compile(r"\n[ \t]*\n|\Z")


def with_needs(
    needs: Sequence[str], text: str, units: Callable[[str], Iterable[tuple[int, int]]]
) -> list[tuple[int, int]]:
    """The units of a text that have one of some words, all in small letters."""
    lowered, once, whole = _lowered(text)
    present = [need for need in needs if need in (whole if " " in need else once)]

    def has_one(start: int, end: int) -> bool:
        unit = f" {' '.join(lowered[start:end].split())} "
        return any(need in unit for need in present)

    return [(start, end) for start, end in units(text) if has_one(start, end)] if present else []


@lru_cache(maxsize=4)
def _lowered(text: str) -> tuple[str, str, str]:
    """A text in small letters; every word of it once, which is much shorter; and with one space between words."""
    lowered = text.lower()
    if len(lowered) != len(text):
        # A letter whose small form is two would move the offsets.
        lowered = "".join(small if len(small := char.lower()) == 1 else char for char in text)
    words = lowered.split()
    return lowered, " ".join(dict.fromkeys(words)), f" {' '.join(words)} "


def wrapped(text: str) -> Iterator[tuple[int, int]]:
    """The paragraphs of several lines."""
    start = 0
    for match in _PARAGRAPH_END.finditer(text):
        if text.count("\n", start, match.start()):
            yield start, match.start()
        start = match.end()


def lines(text: str) -> Iterator[tuple[int, int]]:
    """Where each line begins and ends."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield start, end
        start = end + 1
    yield start, len(text)


def end_of_paragraph(text: str, start: int, end: int) -> int:
    """Where the paragraph ends that goes on at `start`; `end` if it isn't before that."""
    found = _PARAGRAPH_END.search(text, start, end)
    return found.start() if found else end
