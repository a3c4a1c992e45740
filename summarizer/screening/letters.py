"""A text as its readers see it: no invisible characters, no terminal sequences, look-alike letters as Latin ones."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from summarizer.resources import data
from summarizer.screening.telling import printable

# Terminal sequences whole, then single characters: what remains of a torn sequence is text.
_SEQUENCE = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]{0,500}(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)
_CONTROL = r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufff9-\ufffb]"
_BIDI = r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f]"
_OVERRIDE = "\u202e"
_OVERRIDDEN = re.compile(r"\u202e[^\u202c-\u202e\u2066-\u2069\n]*")
_TAG = r"[\U000e0000-\U000e007f]"
_FILLER = (
    r"[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u3164\ufe00-\ufe0f\ufeff\uffa0"
    r"\U0001d173-\U0001d17a\U000e0080-\U000e0fff]"
)
_UNSEEN = re.compile(
    f"(?P<terminal>(?:{_SEQUENCE}|{_CONTROL})+)|(?P<direction>{_BIDI}+)|(?P<tags>{_TAG}+)|(?P<filler>{_FILLER}+)"
)
# As a single set it is found in a tenth of the time.
_ANY_UNSEEN = re.compile(f"[{''.join(part[1:-1] for part in (_CONTROL, _BIDI, _TAG, _FILLER))}]")
# Letters outside of what German and English use: Greek, Cyrillic and Armenian, phonetic, full-width, mathematical.
_FOREIGN = re.compile(r"[\u0261-\u0269\u0370-\u058f\u1d00-\u1d7f\uff01-\uff5e\U0001d400-\U0001d7ff]")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
_FLAG = "\U0001f3f4"
_SHOWN_CHARS = 60
_NEAR_CHARS = 100


@dataclass(frozen=True)
class Suspicion:
    """Something in a text that hides from its readers or speaks to a machine. Offsets are those of the text."""

    kind: str
    start: int
    end: int
    words: str


@dataclass(frozen=True)
class Visible:
    """A text as it is seen.

    `origins` are its characters' places in the text itself; None where they are the same. `turned`: some are not
    in order.
    """

    text: str
    origins: Sequence[int] | None = None
    turned: bool = False
    suspicions: list[Suspicion] = field(default_factory=list)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A stretch's offsets in the text itself."""
        if self.origins is None:
            return start, end
        if start == end:
            place = self.origins[start] if start < len(self.origins) else max(self.origins, default=-1) + 1
            return place, place
        # Words in an overridden direction stand the other way round.
        places = self.origins[start:end] if self.turned else (self.origins[start], self.origins[end - 1])
        return min(places), max(places) + 1


def visible(text: str) -> Visible:
    """What is seen of a text. Soft hyphens and the like are normal; between letters other invisible ones are not."""
    seen = _without_unseen(text) if _ANY_UNSEEN.search(text) else Visible(text)
    return _in_latin(seen) if _FOREIGN.search(seen.text) else seen


def _without_unseen(text: str) -> Visible:
    pieces: list[str] = []
    origins: list[int] = []
    found: list[Suspicion] = []
    done = 0
    for match in _UNSEEN.finditer(text):
        start, end = match.span()
        pieces.append(text[done:start])
        origins.extend(range(done, start))
        done = end
        if (kind := _suspected(text, match)) is not None:
            found.append(Suspicion(kind, start, end, _spelled(match)))
    pieces.append(text[done:])
    origins.extend(range(done, len(text)))
    seen = Visible("".join(pieces), origins, suspicions=found)
    return _turned(text, seen) if _OVERRIDE in text else seen


def _turned(text: str, seen: Visible) -> Visible:
    """With words that are made to run from right to left as they are seen."""
    assert seen.origins is not None
    order = list(range(len(seen.text)))
    for match in _OVERRIDDEN.finditer(text):
        start, end = (bisect_left(seen.origins, offset) for offset in match.span())
        order[start:end] = reversed(order[start:end])
    return Visible(
        "".join(seen.text[i] for i in order), [seen.origins[i] for i in order], True, suspicions=seen.suspicions
    )


def _suspected(text: str, match: re.Match[str]) -> str | None:
    """What kind of suspicion there is, if any."""
    start, end = match.span()
    before, after = text[start - 1 : start], text[end : end + 1]
    match match.lastgroup:
        case "terminal":
            return "control characters"
        case "tags":
            # Flags of regions are spelled with them.
            return None if before == _FLAG else "invisible characters"
        case "direction":
            return "direction characters" if match[0].strip("\u200e\u200f\u061c") else None
        case _:
            odd = match[0].strip("\u00ad\ufe0e\ufe0f\ufeff")
            return "invisible characters" if odd and before.isalpha() and after.isalpha() else None


def _spelled(match: re.Match[str]) -> str:
    """The characters by their numbers; what tags spell, in ASCII."""
    if match.lastgroup == "tags":
        return "".join(chr(ord(c) - 0xE0000) for c in match[0] if 0xE0020 <= ord(c) < 0xE007F)
    return " ".join(map(printable, match[0][:_SHOWN_CHARS]))


def _in_latin(seen: Visible) -> Visible:
    """With look-alikes as the letters that they look like, in words that have a Latin letter."""
    letters = list(seen.text)
    changed: list[Suspicion] = []
    for start, end, word in _disguised(seen.text):
        letters[start:end] = word
        changed.append(Suspicion("look-alike letters", *seen.span(start, end), seen.text[start:end]))
    return Visible("".join(letters), seen.origins, seen.turned, seen.suspicions + changed)


def _disguised(text: str) -> Iterator[tuple[int, int, str]]:
    table = _look_alikes()
    before = ""
    for match in _WORD.finditer(text):
        word = match[0]
        if not word.isascii() and _FOREIGN.search(word):
            latin = "".join(map(_styled, word))
            foreign = _LATIN.search(latin) is None
            spelled = latin.translate(table)
            # A whole word of look-alikes is one in its own letters, unless it stands between Latin ones.
            if not foreign or (_FOREIGN.search(spelled) is None and _is_among_latin(text, before, match.end())):
                latin = spelled
            if latin != word:
                yield *match.span(), latin
                word = latin
        before = word


def _is_among_latin(text: str, before: str, end: int) -> bool:
    after = _WORD.search(text, end, end + _NEAR_CHARS)
    return _LATIN.search(before) is not None and (after is None or _LATIN.search(after[0]) is not None)


def _styled(char: str) -> str:
    """A full-width or mathematical letter as the plain one."""
    if _FOREIGN.match(char) and len(plain := unicodedata.normalize("NFKC", char)) == 1 and plain.isascii():
        return plain
    return char


@cache
def _look_alikes() -> dict[int, str]:
    return str.maketrans(data("screening.yaml")["look_alikes"])
