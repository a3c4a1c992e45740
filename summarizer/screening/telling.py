"""What the user is told of suspicions."""

from __future__ import annotations

from collections.abc import Sequence

_SHOWN_CHARS = 100
_SHOWN_OF_A_KIND = 3


def kept_from_model(found: Sequence[tuple[str, str, str]]) -> list[str]:
    """A line each for kinds, places (may be empty) and words; some of each kind, and how many more."""
    lines: list[str] = []
    for kind in dict.fromkeys(kind for kind, _, _ in found):
        same = [(f" in {place}" if place else "", words) for each, place, words in found if each == kind]
        lines += [f"Kept from the model: {kind}{place}: “{_shown(words)}”." for place, words in same[:_SHOWN_OF_A_KIND]]
        if (more := len(same) - _SHOWN_OF_A_KIND) > 0:
            lines.append(f"Kept from the model: {kind} at {more} more place{'s' if more > 1 else ''}.")
    return lines


def _shown(words: str) -> str:
    """Words for a line of a message: no character of them does anything there."""
    plain = "".join(map(printable, words[:_SHOWN_CHARS]))
    return plain if len(words) < _SHOWN_CHARS else f"{plain}…"


def printable(char: str) -> str:
    """A character, or its number where it can't be printed."""
    return char if char.isprintable() else f"U+{ord(char):04X}"
