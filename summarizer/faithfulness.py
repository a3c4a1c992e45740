"""Whether a text in one language says what one in the other does: its numbers, countries, names and refusals.

Every check is deterministic, and each says what is wrong in the words that a model is told. They show that nothing
of these was added or lost, not that the rest is well translated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import pairwise

from rapidfuzz import fuzz

from summarizer import resources
from summarizer.actors import country_name, find_actors
from summarizer.actors.identity import name_key
from summarizer.actors.names import entries
from summarizer.errors import InputError
from summarizer.numerals import Numbers, numbers
from summarizer.people import is_role
from summarizer.reading.language import detect_language

_WORD = re.compile(r"[^\W\d_][\w'’]*")
_CAPITALISED = re.compile(r"(?<![.!?:„“\"] )(?<!^)\b[^\W\d_a-zäöüß][\w’'-]{2,}")
_POSSESSIVE = re.compile(r"(?:['’]s?|s)$")
_STEM_CHARS = 4
_SHORTEST_PART = 4
_SIGNS = "€$£%"
_SHORTEST_NAME = 3
_ALIKE = 80


@dataclass(frozen=True)
class Passage:
    """A text in German (`de`) or English (`en`)."""

    text: str
    language: str

    @cached_property
    def numbers(self) -> Numbers:
        """Its numbers."""
        return numbers(self.text, self.language)

    @cached_property
    def actors(self) -> dict[str, str]:
        """The countries and organisations that it names, by code, in its words."""
        return {m.code: self.text[m.start : m.end] for m in reversed(find_actors(self.text, self.language))}

    @cached_property
    def terms(self) -> dict[str, str]:
        """The terms of the data file that are in it, in its words."""
        found = ((name, pattern.search(self.text)) for name, pattern in _terms(self.language).items())
        return {name: match[0] for name, match in found if match}

    @cached_property
    def weekdays(self) -> dict[int, str]:
        """The days of the week that it names, from 0 for Monday."""
        days = resources.data("calendar.yaml")["languages"][self.language]["weekdays"]
        found = ((word, days.get(word.casefold().removesuffix("s"))) for word in _WORD.findall(self.text))
        return {day: word for word, day in found if day is not None}

    @cached_property
    def keys(self) -> frozenset[str]:
        """Its words, folded so that the spellings of a name agree."""
        return frozenset(key for word in _WORD.findall(self.text) for key in _keys(word))

    @cached_property
    def denials(self) -> list[str]:
        """Its negations."""
        firm, _, no_denial = _negations(self.language)
        return firm.findall(no_denial.sub(" ", self.text))

    @cached_property
    def refusals(self) -> int:
        """How many other words it has that may answer to a negation: "refuses", "without"."""
        _, loose, _ = _negations(self.language)
        return len(loose.findall(self.text))

    def names(self, code: str) -> bool:
        """Whether it names a country or organisation, if only as a part of a word ("Ukrainekrieg")."""
        patterns = _names(code, self.language), _beginning("naming", code)
        return code in self.actors or any(pattern.search(self.text) for pattern in patterns)

    def implies(self, code: str) -> bool:
        """Whether it names a country or organisation, or something that only it has ("Bundestag")."""
        return self.names(code) or _beginning("implied", code).search(self.text) is not None


def losses(original: Passage, translation: Passage, people: Iterable[str] = ()) -> list[str]:
    """What the original has and the translation lacks. `people` are names that count where the original has them."""
    found = [f"The number {number} is missing." for number in translation.numbers.lacking(original.numbers.stated)]
    for code, words in original.actors.items():
        if not translation.names(code):
            found.append(f"'{words}' ({country_name(code, translation.language)}) is missing.")
    for name in dict.fromkeys(person.split()[-1] for person in people if person.strip()):
        if _keys(name) & original.keys and not _keys(name) & translation.keys:
            found.append(f"The name {name} is missing.")
    found += [f"'{words}' is missing." for term, words in original.terms.items() if term not in translation.terms]
    found += [f"'{words}' is missing." for day, words in original.weekdays.items() if day not in translation.weekdays]
    for one, other, where in ((original, translation, "translation"), (translation, original, "original")):
        if len(one.denials) > len(other.denials) + other.refusals:
            found.append(f"'{one.denials[-1]}' has nothing that answers to it in the {where}.")
    return found


def additions(text: Passage, known: Sequence[Passage]) -> list[str]:
    """Numbers and names of a text that none of the passages has, in whatever language they are."""
    meant = Numbers((), frozenset().union(*(passage.numbers.meant for passage in known)))
    found = [
        f"The number {number} is neither in the original nor in its evidence."
        for number in meant.lacking(text.numbers.stated)
    ]
    added = [words for code, words in text.actors.items() if not any(p.implies(code) for p in known)]
    added += [words for term, words in text.terms.items() if not any(term in p.terms for p in known)]
    added += [words for day, words in text.weekdays.items() if not any(day in p.weekdays for p in known)]
    added += _added_names(text, known)
    return found + [f"'{words}' is neither in the original nor in its evidence." for words in dict.fromkeys(added)]


def is_in_language(text: Passage) -> bool:
    """Whether the text is in the language that it is said to be in."""
    try:
        return detect_language(text.text) == text.language
    except InputError:
        return False


def _added_names(text: Passage, known: Sequence[Passage]) -> list[str]:
    """Capitalised words that are no common ones and like no word of the passages.

    German writes every noun with a capital: there it takes two of them side by side, or an office before one.
    """
    accounted = [(m.start, m.end) for m in find_actors(text.text, text.language)]
    accounted += [match.span() for pattern in _terms(text.language).values() for match in pattern.finditer(text.text)]
    keys = frozenset().union(*(passage.keys for passage in known))
    candidates = (
        m for m in _CAPITALISED.finditer(text.text) if not any(a < m.end() and m.start() < b for a, b in accounted)
    )
    unknown = [m for m in candidates if not all(_is_known(part, keys, text.language) for part in m[0].split("-"))]
    if text.language != "de":
        return [m[0] for m in unknown]
    return [m[0] for i, m in enumerate(unknown) if _has_office_before(text.text, m) or _has_neighbour(unknown, i)]


def _is_known(word: str, keys: frozenset[str], language: str) -> bool:
    """Whether a word is a common one, one of the calendar, or like one of the keys: the languages' forms differ."""
    if len(word) < _SHORTEST_NAME or _is_common(word, language) or word.casefold() in _calendar():
        return True
    key = name_key(word)
    return any(
        key[:_STEM_CHARS] == other[:_STEM_CHARS] or (len(key) > _STEM_CHARS and fuzz.ratio(key, other) >= _ALIKE)
        for other in keys
    )


def _has_neighbour(words: Sequence[re.Match[str]], i: int) -> bool:
    """Whether one of the words stands beside another."""
    return any(b.start() - a.end() == 1 for a, b in pairwise(words[max(0, i - 1) : i + 2]) if words[i] in (a, b))


def _has_office_before(text: str, word: re.Match[str]) -> bool:
    """Whether an office stands before a word, or before the capitalised one that does."""
    before = text[: word.start()].split()[-2:]
    offices = [is_role(one) and one[0].isupper() for one in before]
    return bool(before) and (offices[-1] or (offices[0] and before[-1][0].isupper()))


def _is_common(word: str, language: str) -> bool:
    words = _common(language)
    bare = _POSSESSIVE.sub("", word)
    return is_role(word) or any(form in words for form in (word, word.lower(), bare, bare.lower()))


@cache
def _calendar() -> frozenset[str]:
    """The names of months and days, which are checked as such."""
    content = resources.data("calendar.yaml")
    days = (day for language in content["languages"].values() for day in language["weekdays"])
    return frozenset([*days, *(name for names in content["months"].values() for name in names)])


@cache
def _common(language: str) -> frozenset[str]:
    return frozenset((resources.packed(f"common.{language}.txt") or "").splitlines())


@lru_cache(maxsize=4096)
def _keys(word: str) -> frozenset[str]:
    """A word's keys, with and without what may be a genitive's ending."""
    forms = {part for part in (*word.split("-"), _POSSESSIVE.sub("", word)) if len(part) > 1}
    return frozenset(name_key(form) for form in forms)


@cache
def _negations(language: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    words = resources.data("translation.yaml")["negations"][language]
    firm, loose, no_denial = (_pattern(words[kind]) for kind in ("firm", "loose", "no_denial"))
    return firm, loose, no_denial


@cache
def _terms(language: str) -> dict[str, re.Pattern[str]]:
    return {name: _pattern(words[language]) for name, words in resources.data("translation.yaml")["terms"].items()}


@cache
def _beginning(kind: str, code: str) -> re.Pattern[str]:
    """Words of a list of the data file, by their beginnings."""
    stems = resources.data("translation.yaml")[kind].get(code, ())
    return re.compile(rf"(?i:\b(?:{'|'.join(stems) or '(?!)'}))")


@cache
def _names(code: str, language: str) -> re.Pattern[str]:
    """What an actor is called, also as a part of a word if it is long enough."""
    entry = entries().get(code, {})
    own = entry.get(language, {})
    words = [country_name(code, language), *entry.get("capital", ())]
    words += [word for kind in ("names", "seats", "adj", "people", "people_as_is") for word in own.get(kind, ())]
    words = [word.replace("~", "") for word in words]
    parts = [re.escape(word) for word in words if len(word) >= _SHORTEST_PART]
    short = [re.escape(word) for word in words if len(word) < _SHORTEST_PART]
    alone = rf"|(?<!\w)(?:{'|'.join(short)})(?!\w)" if short else ""
    return re.compile(rf"(?i:{'|'.join(parts) or '(?!)'}){alone}")


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Whole words: abbreviations as written, all others in any case. `*` is the rest of a word, ` … ` a gap."""
    return re.compile("|".join(_whole(word) if word.isupper() else f"(?i:{_whole(word)})" for word in words))


def _whole(word: str) -> str:
    form = re.escape(word).replace(r"\*", r"\w*").replace(r"\ …\ ", r"\b.*\b").replace(r"\ ", r"\s+")
    # "%" and "€" stand close to a number.
    before, after = (r"" if edge in _SIGNS else mark for edge, mark in ((word[0], r"(?<!\w)"), (word[-1], r"(?!\w)")))
    return f"{before}{form}{after}"
