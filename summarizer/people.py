"""The people an article names: their fullest names, roles and the country or body they speak for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from summarizer import resources
from summarizer.actors import actor_of, countries_in, country_name, country_of, demonym_country
from summarizer.verbatim import Searched

_WORD = re.compile(r"[^\W\d_][\w'’.-]*")
_APPOSITION_MAX_WORDS = 9
_BEFORE_MAX_WORDS = 7
_NAME_MAX_WORDS = 4
_PHRASE_CHARS = 160


@dataclass(frozen=True)
class Person:
    """Someone named in the article. `affiliation` is a country's or organisation's usual name."""

    name: str
    role: str | None
    affiliation: str | None


@cache
def _words(key: str) -> frozenset[str]:
    return frozenset(resources.data("roles.yaml")[key])


@cache
def _suffixes() -> tuple[str, ...]:
    return tuple(resources.data("roles.yaml")["suffixes"])


def is_role(word: str) -> bool:
    """Whether a word is an office or function ("Verteidigungsminister", "President")."""
    low = word.lower().rstrip(".'’")
    return low in _words("words") or low.endswith(_suffixes())


def is_pronoun(phrase: str) -> bool:
    """Whether a phrase is only a pronoun and so names nobody."""
    return phrase.strip().lower() in _words("pronouns")


def is_bare_government(phrase: str) -> bool:
    """Whether a phrase is "the government", of a country that has to be looked up."""
    return phrase.strip().lower() in _words("governments")


def determiner(word: str) -> str | None:
    """What kind of word before a noun it is: indefinite, definite, possessive, a number; else None."""
    return _determiners().get(word.lower())


@cache
def _determiners() -> dict[str, str]:
    return {word: kind for kind, words in resources.data("roles.yaml")["determiners"].items() for word in words}


def is_role_phrase(phrase: str) -> bool:
    """Whether a phrase describes a person without a name: "der Minister", "der Niederländer"."""
    words = _WORD.findall(phrase)
    if not words:
        return False
    return demonym_country(phrase) is not None or (
        is_role(words[-1]) and all(w[0].islower() or is_role(w) or _is_opening(w) for w in words)
    )


def _is_opening(word: str) -> bool:
    return word.lower() in _words("not_names")


def _is_name_word(word: str) -> bool:
    return (
        word[:1].isupper()
        and not is_role(word)
        and not _is_opening(word)
        and country_of(word) is None
        and not countries_in(word)
    )


def bare_name(phrase: str) -> str:
    """A person's name without the words before it: "Kanzler Friedrich Merz" gives "Friedrich Merz"."""
    words = phrase.split()
    while len(words) > 1 and not _is_name_word(words[0].strip(",.")):
        words.pop(0)
    return " ".join(words)


def looks_like_person(phrase: str) -> bool:
    """Whether a phrase, without roles before it, is two to four words of a name."""
    words = bare_name(phrase).split()
    inner = _words("particles")
    return 2 <= len(words) <= _NAME_MAX_WORDS and all(
        w.lower() in inner or (w[0].isupper() and not is_role(w)) for w in words
    )


_SENTENCE_END = re.compile(r"(?<=\w{3})[.!?]\s|[\n,;:()\"„“”»«]")
_CONJUNCTION = re.compile(r"\b(?:und|sowie|oder|and|or)\b")


def _fullest(surname: str, searched: Searched) -> str:
    """The form with a first name that the text uses most often, or the surname alone."""
    forms: Counter[str] = Counter()
    for start, _ in mentions(surname, searched):
        before = _SENTENCE_END.split(searched.text[max(0, start - 60) : start])[-1]
        taken: list[str] = []
        for word in reversed(before.split()):
            inner = word.lower() in _words("particles") and word[0].islower()
            if len(taken) >= _NAME_MAX_WORDS - 1 or not (inner or _is_name_word(word)):
                break
            taken.insert(0, word)
        while taken and taken[0][0].islower():
            taken.pop(0)
        if taken:
            forms[" ".join([*taken, surname])] += 1
    return max(forms, key=lambda form: (forms[form], len(form))) if forms else surname


def mentions(name: str, searched: Searched) -> Iterator[tuple[int, int]]:
    """Where the name stands as a word or words of its own."""
    text, reached = searched.text, 0
    for start in searched.places(name):
        end = start + len(name)
        inside = (start and _in_word(text[start - 1])) or (end < len(text) and _in_word(text[end], "_-"))
        if start >= reached and not inside:
            yield start, end
            reached = end


def _in_word(character: str, marks: str = "_") -> bool:
    return character.isalnum() or character in marks


def _stem(bare: str, searched: Searched) -> str | None:
    """The surname as the text has it, a genitive's ending taken off where the text has it without."""
    for form in (bare, bare.rsplit(maxsplit=1)[-1] if bare else ""):
        for stem in (re.sub(r"(?:['’]s?|s)$", "", form), form):
            if len(stem) > 1 and stem[0].isupper() and next(mentions(stem, searched), None):
                return stem
    return None


def find_person(name: str, searched: Searched, language: str) -> Person | None:
    """The person of this name in a text, or none where the text hasn't got the name.

    `name` may be a surname, a full name, or one with roles before it.
    """
    surname = _stem(bare_name(name).strip(" ,."), searched)
    if surname is None:
        return None
    full = surname if " " in surname else _fullest(surname, searched)
    role, affiliation = _description(full, searched, language)
    if role is None and full != surname:
        role, affiliation = _description(surname, searched, language)
    return Person(full, role, affiliation)


def _description(name: str, searched: Searched, language: str) -> tuple[str | None, str | None]:
    """Role and affiliation from the words around a name, the first mention that has a role."""
    text = searched.text
    for start, end in mentions(name, searched):
        before, after = text[max(0, start - _PHRASE_CHARS) : start], text[end : end + _PHRASE_CHARS]
        for phrase in (_phrase_before(before), _phrase_after(after)):
            words = _WORD.findall(phrase)
            roles = [i for i, w in enumerate(words) if is_role(w)]
            if not roles:
                continue
            role = _role_text(words, roles)
            codes = [c for part in re.split(r"[\s-]+", phrase) if (c := actor_of(part))] or countries_in(phrase)
            return role, country_name(codes[-1], language) if codes else None
    return None, None


def _role_text(words: list[str], roles: list[int]) -> str:
    last = roles[-1]
    first = last
    while first - 1 in roles:
        first -= 1
    return " ".join(words[first : last + 1])


def _phrase_before(before: str) -> str:
    clause = re.split(r"[.!?:;\n(„“\"»«]", before)[-1]
    parts = clause.split(",")
    if not parts[-1].strip() and len(parts) > 1:  # an apposition: "the ministry's spokeswoman, Jane Roe"
        parts = [parts[-2]]
    nearest = _CONJUNCTION.split(parts[-1])[-1]
    return " ".join(nearest.split()[-_BEFORE_MAX_WORDS:])


def _phrase_after(after: str) -> str:
    match = re.match(r"\s*,\s*([^,.;:\n]{3,120})[,.]", after)
    if not match:
        return ""
    words = match[1].split()
    return match[1] if len(words) <= _APPOSITION_MAX_WORDS else ""
