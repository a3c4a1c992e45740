"""The words that are searched for: read from what a user types, asked of the index, found again in a text.

A word is found in any case, with and without umlauts, and in German compounds: "Truppen" finds "Bodentruppen" and
"Truppenabzug", but not words that merely hold it, as "Senatorin" holds "Nato". What a measure is called, in German
or English, finds claims about it in whatever words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

OWN_COLUMNS = ("statement", "evidence", "speakers")
"""What is searched of a claim itself, as columns of the index. A quote stands in the evidence."""

COLUMNS = (*OWN_COLUMNS, "title")
"""What is searched; further columns hold the claim's long words backwards, and what its measure is called."""

_SHORTEST_BEGINNING = 4
_SHORTEST_ENDING = 5
_SHORTEST_COMPOUND = _SHORTEST_ENDING + 3
_WORD = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f])*")
_LONG_WORD = re.compile(rf"[^\W_]{{{_SHORTEST_COMPOUND},}}")
_MARKS = re.compile("[\u0300-\u036f]+")
_TERM = re.compile(r'(-?)"([^"]*)(?:"|$)|(-?)([^\s"]+)')
# SQLite ends a text at U+0000, and half a surrogate pair is no UTF-8.
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue"}


class Kind(Enum):
    """How a term is looked for: as a word and in compounds, as typed, or as a beginning."""

    WORD = "word"
    PHRASE = "phrase"
    BEGINNING = "beginning"


@dataclass(frozen=True)
class Term:
    """One thing that is searched for."""

    text: str
    kind: Kind
    is_excluded: bool = False


def storable(text: str) -> str:
    """The text as SQLite keeps it: as long as before, with U+FFFD for what it can't keep."""
    return _NO_TEXT.sub("\ufffd", text)


def terms(query: str) -> list[Term]:
    """What a user means: every word, a `"phrase"` as it is, words that begin so (`trupp*`), and none of `-this`."""
    found = []
    for match in _TERM.finditer(storable(query)):
        phrase = match[2]
        text = match[4] if phrase is None else phrase
        excluded = bool(match[1] or match[3])
        if not _WORD.search(text):
            continue
        kind = Kind.WORD if phrase is None else Kind.PHRASE
        if phrase is None and text.endswith("*"):
            kind = Kind.BEGINNING
        found.append(Term(text.rstrip("*") if kind is Kind.BEGINNING else text, kind, excluded))
    return found


def match(wanted: Sequence[Term]) -> str:
    """All of these terms in one claim, in the language of SQLite's full-text search.

    One may stand in the article's title alone, but not all: a title stands above many claims.
    """
    everywhere = " AND ".join(_expression(term, COLUMNS) for term in wanted)
    own = " OR ".join(_expression(term, OWN_COLUMNS) for term in wanted)
    return own if len(wanted) == 1 else f"{everywhere} AND ({own})"


def endings(*texts: str) -> str:
    """The long words of the texts, each once and backwards, so that what they end in is found as a beginning."""
    long = {word for text in texts for word in _LONG_WORD.findall(folded(text))}
    return " ".join(word[::-1] for word in long)


def marks(text: str, searched: Sequence[Term]) -> tuple[tuple[int, int], ...]:
    """Where the terms stand in a text: offsets in code points, end exclusive, in order, not overlapping."""
    words = list(_words(text))
    found: set[tuple[int, int]] = set()
    for term in searched:
        if not term.is_excluded:
            found.update(_places(words, term))
    return tuple(_joined(sorted(found)))


def folded(text: str) -> str:
    """A text in small letters without marks, `ß` as `ss`."""
    small = text.casefold()
    return small if small.isascii() else _MARKS.sub("", unicodedata.normalize("NFD", small))


def _expression(term: Term, columns: Sequence[str]) -> str:
    forms = sorted(_forms(term.text))
    words = [_quoted(form) for form in forms]
    if term.kind is Kind.BEGINNING or _has_beginnings(term):
        words += [f"{_quoted(form)} *" for form in forms]
    found = f"{{{' '.join(columns)}}} : ({' OR '.join(words)})"
    ways = [found]
    if _has_endings(term):
        backwards = sorted({f"{_quoted(folded(form)[::-1])} *" for form in forms})
        ways.append(f"{{endings}} : ({' OR '.join(backwards)})")
    if term.kind is Kind.WORD and not term.is_excluded:
        ways.append(f"{{labels}} : ({' OR '.join(_quoted(form) for form in forms)})")
    return f"({' OR '.join(ways)})"


def _words(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _WORD.finditer(text):
        yield match.start(), match.end(), folded(match[0])


def _is_one_word(text: str) -> bool:
    return len(_WORD.findall(text)) == 1


def _has_beginnings(term: Term) -> bool:
    return term.kind is Kind.WORD and _is_one_word(term.text) and _length(term.text) >= _SHORTEST_BEGINNING


def _has_endings(term: Term) -> bool:
    return term.kind is Kind.WORD and _is_one_word(term.text) and _length(term.text) >= _SHORTEST_ENDING


def _length(text: str) -> int:
    return sum(end - start for start, end, _ in _words(text))


def _forms(text: str) -> set[str]:
    """How the same may be spelt: ü as ue and the other way round, ß as ss."""
    small = unicodedata.normalize("NFC", text.lower())
    forms = {small, small.replace("ß", "ss"), small.replace("ss", "ß")}
    for umlaut, spelt in _UMLAUTS.items():
        forms |= {form.replace(umlaut, spelt) for form in forms} | {form.replace(spelt, umlaut) for form in forms}
    return forms


def _quoted(text: str) -> str:
    return '"' + text.replace('"', " ") + '"'


def _places(words: Sequence[tuple[int, int, str]], term: Term) -> Iterator[tuple[int, int]]:
    for form in _forms(term.text):
        wanted = [word for _, _, word in _words(form)]
        count = len(wanted)
        for first in range(len(words) - count + 1):
            here = [word for _, _, word in words[first : first + count]]
            if here[:-1] == wanted[:-1] and _is_met(here[-1], wanted[-1], term):
                yield words[first][0], words[first + count - 1][1]


def _is_met(word: str, wanted: str, term: Term) -> bool:
    if word == wanted:
        return True
    if (term.kind is Kind.BEGINNING or _has_beginnings(term)) and word.startswith(wanted):
        return True
    return _has_endings(term) and len(word) >= _SHORTEST_COMPOUND and word.endswith(wanted)


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    last: tuple[int, int] | None = None
    for start, end in spans:
        if last is None:
            last = start, end
        elif start < last[1]:
            last = last[0], max(end, last[1])
        else:
            yield last
            last = start, end
    if last is not None:
        yield last
