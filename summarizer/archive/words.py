"""The words that are searched for: read from what a user types, asked of the index, found again in a text.

A word is found in any case and number, with and without umlauts, and in German compounds: "Garantie" finds
"Sicherheitsgarantien" and "Garantiemacht", but not words that merely hold it, as "Senatorin" holds "Nato". What a
measure is called, in German or English, finds claims about it in whatever words. The endings of words that count as
the same are in `data/search.yaml`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache

from summarizer.resources import data

OWN_COLUMNS = ("statement", "evidence", "speakers")
"""What is searched of a claim itself, as columns of the index. A quote stands in the evidence."""

COLUMNS = (*OWN_COLUMNS, "title")
"""What is searched; further columns hold the claim's long words backwards, and what its measure is called."""

_SHORTEST_BEGINNING = 4
_SHORTEST_ENDING = 5
# Of a text the index has the words from this length on backwards: those that may be a compound.
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
    forms = _forms(term)
    words = [_quoted(form) for form in forms]
    words += [f"{_quoted(form)} *" for form in _beginnings(term)]
    ways = [f"{{{' '.join(columns)}}} : ({' OR '.join(words)})"]
    if backwards := [f"{_quoted(ending[::-1])} *" for ending in _endings(term)]:
        ways.append(f"{{endings}} : ({' OR '.join(backwards)})")
    if term.kind is Kind.WORD and not term.is_excluded:
        ways.append(f"{{labels}} : ({' OR '.join(_quoted(form) for form in forms)})")
    return f"({' OR '.join(ways)})"


def _words(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _WORD.finditer(text):
        yield match.start(), match.end(), folded(match[0])


def _is_word(term: Term) -> bool:
    return term.kind is Kind.WORD and len(_WORD.findall(term.text)) == 1


def _length(text: str) -> int:
    return sum(end - start for start, end, _ in _words(text))


def _forms(term: Term) -> list[str]:
    """How the same may be spelt, and of a word what has other endings."""
    small = unicodedata.normalize("NFC", term.text.lower())
    words = _inflected(small) if _is_word(term) else {small}
    return sorted({form for word in words for form in _spellings(word)})


def _beginnings(term: Term) -> list[str]:
    """What a word may begin with."""
    if term.kind is Kind.BEGINNING or (_is_word(term) and _length(term.text) >= _SHORTEST_BEGINNING):
        return sorted(_spellings(unicodedata.normalize("NFC", term.text.lower())))
    return []


def _endings(term: Term) -> list[str]:
    """What a compound may end in, folded."""
    if not _is_word(term) or _length(term.text) < _SHORTEST_ENDING:
        return []
    return sorted({folded(form) for form in _forms(term) if _length(form) >= _SHORTEST_ENDING})


def _spellings(small: str) -> set[str]:
    """A text in small letters with ü as ue and the other way round, ß as ss."""
    forms = {small, small.replace("ß", "ss"), small.replace("ss", "ß")}
    for umlaut, spelt in _UMLAUTS.items():
        forms |= {form.replace(umlaut, spelt) for form in forms} | {form.replace(spelt, umlaut) for form in forms}
    return forms


def _inflected(small: str) -> set[str]:
    """A word, what is left of it without an ending, and that with others."""
    stems = {small}
    for ending, keeps, instead in _known_endings():
        if small.endswith(ending) and len(small) - len(ending) >= keeps:
            stems.add(small.removesuffix(ending) + instead)
    longer = {
        stem.removesuffix(instead) + ending
        for stem in stems
        for ending, keeps, instead in _known_endings()
        if stem.endswith(instead) and len(stem) - len(instead) >= keeps
    }
    return stems | longer


@cache
def _known_endings() -> tuple[tuple[str, int, str], ...]:
    found = data("search.yaml")["endings"]
    return tuple((entry["ending"], entry["keeps"], entry.get("instead", "")) for entry in found)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', " ") + '"'


def _places(words: Sequence[tuple[int, int, str]], term: Term) -> Iterator[tuple[int, int]]:
    beginnings = tuple(folded(form) for form in _beginnings(term))
    endings_ = tuple(_endings(term))
    if _is_word(term):
        forms = {folded(form) for form in _forms(term)}
        for start, end, word in words:
            is_compound = len(word) >= _SHORTEST_COMPOUND and word.endswith(endings_)
            if word in forms or word.startswith(beginnings) or is_compound:
                yield start, end
        return
    for form in _forms(term):
        *before, last = [word for _, _, word in _words(form)]
        for first in range(len(words) - len(before)):
            here = [word for _, _, word in words[first : first + len(before) + 1]]
            is_met = here[-1] == last or (bool(beginnings) and here[-1].startswith(last))
            if here[:-1] == before and is_met:
                yield words[first][0], words[first + len(before)][1]


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
