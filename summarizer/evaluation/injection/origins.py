"""Where in a clean article the characters of an attacked one come from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from summarizer.errors import InputError
from summarizer.evaluation.injection.attacks import Edit

Origin = tuple[int, int] | None


@dataclass(frozen=True)
class Origins:
    """For each character of a text the stretch of the clean text that it stands for, or None: it was inserted."""

    text: str
    of: tuple[Origin, ...]

    def spans(self, start: int, end: int) -> list[tuple[int, int]]:
        """The stretches of the clean text that a stretch stands for, in order, joined where they touch."""
        found: list[tuple[int, int]] = []
        for origin in sorted({origin for origin in self.of[start:end] if origin is not None}):
            if found and origin[0] <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], origin[1]))
            else:
                found.append(origin)
        return found

    def has_inserted(self, start: int, end: int) -> bool:
        """Whether a letter or digit in a stretch was inserted."""
        places = range(max(start, 0), min(end, len(self.of)))
        return any(self.of[i] is None and self.text[i].isalnum() for i in places)


def edited(source: str, edits: Sequence[Edit], *, name: str) -> Origins:
    """The source with edits in it. `name` is for messages.

    Raises:
        InputError: an anchor isn't there exactly once, or edits overlap.
    """
    places = sorted(((*_place(source, edit, name), edit.text) for edit in edits), key=lambda place: place[:2])
    text, of = "", list[Origin]()
    at = 0
    for start, end, new in places:
        if start < at:
            raise InputError(f"{name}: its edits overlap.", "Give each an anchor of its own.")
        of += [*_kept(at, start), *[(start, end) if end > start else None] * len(new)]
        text += source[at:start] + new
        at = end
    return Origins(text + source[at:], (*of, *_kept(at, len(source))))


def with_read_line_ends(origins: Origins) -> Origins:
    """As a text is once it is read: without a byte order mark, and with one character for every line end."""
    text, of = origins.text, origins.of
    first = int(text.startswith("\ufeff"))
    kept = [i for i in range(first, len(text)) if not (text[i] == "\r" and text[i + 1 : i + 2] == "\n")]
    return Origins("".join(text[i] for i in kept).replace("\r", "\n"), tuple(of[i] for i in kept))


def aligned(text: str, clean: str) -> Origins:
    """Origins of a text of which only the clean one is known, by the words that both have, in their order.

    Between words in common it is by characters, so that a respelled word stands for the word that it was.
    """
    words, clean_words = list(re.finditer(r"\S+", text)), list(re.finditer(r"\S+", clean))
    of: list[Origin] = [None] * len(text)
    matcher = SequenceMatcher(None, [w[0] for w in words], [w[0] for w in clean_words], autojunk=False)
    for tag, start, end, clean_start, clean_end in matcher.get_opcodes():
        if tag not in ("equal", "replace"):
            continue
        stretch = (words[start].start(), words[end - 1].end())
        clean_stretch = (clean_words[clean_start].start(), clean_words[clean_end - 1].end())
        of[slice(*stretch)] = _by_characters(text[slice(*stretch)], clean[slice(*clean_stretch)], clean_stretch[0])
    return Origins(text, tuple(of))


def _by_characters(text: str, clean: str, offset: int) -> Iterator[Origin]:
    if text == clean:
        yield from _kept(offset, offset + len(text))
        return
    for tag, start, end, clean_start, clean_end in SequenceMatcher(None, text, clean, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from _kept(offset + clean_start, offset + clean_end)
        elif tag != "delete":
            # In difflib's view the text is the old one: "insert" has no character in it.
            yield from [(offset + clean_start, offset + clean_end)] * (end - start)
        else:
            yield from [None] * (end - start)


def _kept(start: int, end: int) -> Iterator[Origin]:
    return ((i, i + 1) for i in range(start, end))


def _place(source: str, edit: Edit, name: str) -> tuple[int, int]:
    anchor = edit.anchor
    if (count := source.count(anchor)) != 1:
        raise InputError(f"{name}: {anchor!r} stands {count} times in its article.", "Anchors stand there once.")
    start = source.index(anchor)
    end = start + len(anchor)
    if edit.replace is not None:
        return start, end
    return (start, start) if edit.before is not None else (end, end)
