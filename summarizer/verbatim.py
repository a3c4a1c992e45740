"""Finding copied words in the article: differences of quotation marks, dashes and white space don't count."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

_SAME = {
    **dict.fromkeys('„“”‟«»‹›"', '"'),
    **dict.fromkeys("‘’‚‛`´'", "'"),
    **dict.fromkeys("‐‑‒–—―−-", "-"),
}
_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")
# Characters that stay as they are, unless what follows combines with them; and the stretches that may not.
_PLAIN = " !-_a-~À-ÖØ-öø-ÿ"
_CHANGING = re.compile(rf"(?:[{_PLAIN}]?[^{_PLAIN}]|  )(?:[^{_PLAIN}]| )*")
_WORD = re.compile(r"[^\W_]+")

_Index = Mapping[str, Sequence[int]]


class Searched:
    """A text in which many words are looked for: it is gone through once, not for each of them."""

    def __init__(self, text: str) -> None:
        self.text = text

    def places(self, words: str) -> Iterator[int]:
        """Where `words` stand just so, from left to right; no letter or digit of theirs goes on outside of them."""
        return _occurrences(words, self.text, self._index)

    def find(self, words: str) -> tuple[int, int] | None:
        """As the function `find`."""
        return self._alike.find(words)

    def contains(self, words: str) -> bool:
        """Whether `words` stand in the text, whatever the case."""
        # Most stand there just so.
        if any(self._is_free(at, at + len(words)) for at in self.places(words)):
            return True
        alike, index = self._folded
        return alike.find(words.casefold(), index) is not None

    def _is_free(self, start: int, end: int) -> bool:
        before, after = self.text[max(0, start - 1) : start], self.text[end : end + 1]
        return not (before.isalnum() or after.isalnum() or (after and unicodedata.combining(after)))

    @cached_property
    def _index(self) -> _Index:
        return _indexed(self.text)

    @cached_property
    def _alike(self) -> _Alike:
        return _Alike.of(self.text)

    @cached_property
    def _folded(self) -> tuple[_Alike, _Index]:
        alike = _Alike.of(self.text.casefold())
        return alike, _indexed(alike.text)


def find(words: str, text: str, start: int = 0, end: int | None = None) -> tuple[int, int] | None:
    """Where `words` stand in `text[start:end]`: offsets into `text`, or none.

    Surrounding quotation marks and white space of `words` are ignored; the words are matched whole.
    """
    found = _alike(text[start:end]).find(words)
    return found and (start + found[0], start + found[1])


def normalised(text: str) -> str:
    """The text with marks, dashes, white space and Unicode (NFC) made alike."""
    return _Alike.of(text).text if _CHANGING.search(text) else text


@dataclass(frozen=True)
class _Alike:
    """`original`, normalised, and where each character was.

    The latter by stretches that were moved as a whole: where each begins in `text`, and where it did in `original`.
    """

    original: str
    text: str
    begins: Sequence[int]
    origins: Sequence[int]

    @classmethod
    def of(cls, original: str) -> _Alike:
        """Normalise a text."""
        pieces: list[str] = []
        begins: list[int] = []
        origins: list[int] = []
        length = 0
        for piece, origin in _pieces(original):
            if piece == " " and pieces and pieces[-1][-1] == " ":
                continue
            if not begins or origin - length != origins[-1] - begins[-1]:
                begins.append(length)
                origins.append(origin)
            pieces.append(piece)
            length += len(piece)
        return cls(original, "".join(pieces), begins, origins)

    def find(self, words: str, index: _Index | None = None) -> tuple[int, int] | None:
        """Where words stand in the original. `index` is that of `text`."""
        wanted = normalised(words).strip().strip('"').strip()
        if not wanted:
            return None
        for at in _occurrences(wanted, self.text, index):
            before, after = self.text[max(0, at - 1) : at], self.text[at + len(wanted) : at + len(wanted) + 1]
            if (before.isalnum() and wanted[0].isalnum()) or (after.isalnum() and wanted[-1].isalnum()):
                continue
            end = self._origin(at + len(wanted) - 1) + 1
            while end < len(self.original) and unicodedata.combining(self.original[end]):
                end += 1
            return self._origin(at), end
        return None

    def _origin(self, at: int) -> int:
        stretch = bisect_right(self.begins, at) - 1
        return self.origins[stretch] + at - self.begins[stretch]


# The evals look up one article for every claim.
_alike = lru_cache(maxsize=16)(_Alike.of)


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    """The pieces of a text, made alike, with their offsets: stretches without a change, else single characters."""
    done = 0
    for match in _CHANGING.finditer(text):
        if done < match.start():
            yield text[done : match.start()], done
        yield from _characters(text, match.start(), match.end())
        done = match.end()
    if done < len(text):
        yield text[done:], done


def _characters(text: str, start: int, end: int) -> Iterator[tuple[str, int]]:
    while start < end:
        after = start + 1
        while after < end and unicodedata.combining(text[after]):
            after += 1
        for char in unicodedata.normalize("NFC", text[start:after]):
            if char == "…":
                yield from ((".", start),) * 3
            elif char not in _INVISIBLE:
                yield " " if char.isspace() else _SAME.get(char, char), start
        start = after


def _indexed(text: str) -> _Index:
    """Where each word of a text begins."""
    index: dict[str, list[int]] = defaultdict(list)
    for match in _WORD.finditer(text):
        index[match[0]].append(match.start())
    return index


def _occurrences(words: str, text: str, index: _Index | None) -> Iterator[int]:
    """Where words stand in a text. With an index only where each of them is a whole word: by the rarest."""
    parts = [] if index is None else list(_WORD.finditer(words))
    if not parts or index is None:
        at = text.find(words)
        while at >= 0:
            yield at
            at = text.find(words, at + 1)
        return
    rarest = min(parts, key=lambda part: len(index.get(part[0], ())))
    for place in index.get(rarest[0], ()):
        at = place - rarest.start()
        if at >= 0 and text.startswith(words, at):
            yield at
