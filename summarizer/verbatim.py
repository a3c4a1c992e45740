"""Finding copied words in the article: differences of quotation marks, dashes and white space don't count."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_SAME = {
    **dict.fromkeys('„“”‟«»‹›"', '"'),
    **dict.fromkeys("‘’‚‛`´'", "'"),
    **dict.fromkeys("‐‑‒–—―−-", "-"),
}
_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")


# The article is looked up again for every speaker.
@lru_cache(maxsize=16)
def normalised(text: str) -> tuple[str, list[int]]:
    """The text with marks, dashes, white space and Unicode (NFC) made alike.

    Also each character's offset in the original, and the original's length at the end.
    """
    out: list[str] = []
    offsets: list[int] = []
    i = 0
    while i < len(text):
        j = i + 1
        while j < len(text) and unicodedata.combining(text[j]):
            j += 1
        for char in unicodedata.normalize("NFC", text[i:j]):
            if char in _INVISIBLE:
                continue
            if char.isspace():
                if out and out[-1] == " ":
                    continue
                char = " "  # noqa: PLW2901
            elif char == "…":
                out += "..."
                offsets += [i] * 3
                continue
            out.append(_SAME.get(char, char))
            offsets.append(i)
        i = j
    offsets.append(len(text))
    return "".join(out), offsets


def contains(words: str, text: str) -> bool:
    """Whether `words` stand in the text, whatever the case. Names mostly do just so, which is quick to see."""
    at = text.find(words)
    while at >= 0:
        after = at + len(words)
        before_is_free = at == 0 or not text[at - 1].isalnum()
        if before_is_free and (after == len(text) or not (text[after].isalnum() or unicodedata.combining(text[after]))):
            return True
        at = text.find(words, at + 1)
    return find(words, text) is not None or find(words.casefold(), text.casefold()) is not None


def find(words: str, text: str, start: int = 0, end: int | None = None) -> tuple[int, int] | None:
    """Where `words` stand in `text[start:end]`: offsets into `text`, or none.

    Surrounding quotation marks and white space of `words` are ignored; the words are matched whole.
    """
    stop = len(text) if end is None else end
    wanted = normalised(words)[0].strip().strip('"').strip()
    if not wanted:
        return None
    area, offsets = normalised(text[start:stop])
    at = area.find(wanted)
    while at >= 0:
        after = at + len(wanted)
        inside = (at > 0 and area[at - 1].isalnum() and wanted[0].isalnum()) or (
            after < len(area) and area[after].isalnum() and wanted[-1].isalnum()
        )
        if not inside:
            last = offsets[after - 1] + 1
            while last < stop - start and unicodedata.combining(text[start + last]):
                last += 1
            return start + offsets[at], start + last
        at = area.find(wanted, at + 1)
    return None
