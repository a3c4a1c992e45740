"""The names of actors, each in every inflected form, as a trie of tokens."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, NamedTuple

from summarizer.resources import data

FormKind = Literal["name", "institution", "capital", "capital_adjective", "demonym", "adjective"]

_TOKEN = re.compile(r"[A-Z](?:\.[A-Z])+(?:\.|\b)|[^\W\d_]+(?:[\u0300-\u036f\u00ad]+[^\W\d_]*)*|\d+|&")
_ENDINGS = ("", "e", "en", "er", "es", "em")


class Tokens(NamedTuple):
    """The words of a text in their normal forms, and where each stands: its start and end."""

    words: list[str]
    spans: list[tuple[int, int]]


@dataclass(slots=True)
class Form:
    """What a name stands for. An empty code marks a longer name that is no actor's."""

    code: str
    kinds: set[FormKind]
    english: bool


@dataclass(slots=True)
class Node:
    """A step in the trie of tokens."""

    form: Form | None = None
    next: dict[str, Node] = field(default_factory=dict)


def tokenize(text: str) -> Tokens:
    """Words, dotted abbreviations and numbers, with exact offsets."""
    found = list(_TOKEN.finditer(text))
    words = [match.group() for match in found]
    if not text.isascii():
        words = [word if word.isascii() else _normal(word) for word in words]
    return Tokens(words, [match.span() for match in found])


def _normal(word: str) -> str:
    """NFC, without soft hyphens, `ß` as `ss`."""
    if word.isascii():
        return word
    return unicodedata.normalize("NFC", word).replace("\u00ad", "").replace("ß", "ss")


@cache
def word_list(name: str) -> frozenset[str]:
    """A list of the data file, case-folded."""
    return frozenset(_normal(word).casefold() for word in data("actors.yaml")[name])


@cache
def organisations() -> frozenset[str]:
    """The codes that are no country's."""
    return frozenset(data("actors.yaml")["organisations"])


@cache
def entries() -> dict[str, dict[str, Any]]:
    """What the data file says about each code."""
    content = data("actors.yaml")
    return {**content["organisations"], **content["countries"]}


@cache
def never_in_text() -> frozenset[tuple[str, ...]]:
    """Names too ambiguous to be looked for in running text."""
    return frozenset(_key(name) for name in data("actors.yaml")["never_in_text"])


@cache
def also_persons() -> frozenset[tuple[str, ...]]:
    """English names that are given names or surnames too."""
    return frozenset(_key(name) for name in data("actors.yaml")["also_persons"])


def _key(name: str) -> tuple[str, ...]:
    return tuple(tokenize(name).words)


@cache
def territories(language: str) -> dict[str, str]:
    """CLDR's names of countries and dependencies; the English ones for a language that CLDR lacks."""
    from babel import Locale, UnknownLocaleError

    try:
        names = Locale.parse(language).territories
    except (UnknownLocaleError, ValueError):
        names = Locale.parse("en").territories
    excluded = frozenset(data("actors.yaml")["not_countries"])
    return {code: name for code, name in names.items() if len(code) == 2 and code not in excluded}


@cache
def foreign_names() -> dict[str, str]:
    """Country names in the other languages; a name that means two countries is left out."""
    names: dict[str, set[str]] = {}
    for locale in data("actors.yaml")["locales"]:
        for code, name in territories(locale).items():
            names.setdefault(unicodedata.normalize("NFC", name), set()).add(code)
    return {name: next(iter(codes)) for name, codes in names.items() if len(codes) == 1}


@cache
def name_index(language: str) -> Node:
    """The trie of all names in one language, or in both. What is added first keeps its meaning."""
    root = Node()
    for name in data("actors.yaml")["not_actors"]:
        _add(root, name, Form("", {"name"}, english=False))
    parts = language.split("+")
    for kind in ("name", "institution", "capital", "demonym", "adjective", "capital_adjective"):
        for part in parts:
            for code, name in _forms(kind, part):
                _add(root, name, Form(code, {kind}, english=part == "en"))
    return root


def _add(root: Node, name: str, form: Form) -> None:
    node = root
    for word in _key(name):
        node = node.next.setdefault(word, Node())
    if node.form is None:
        node.form = form
    elif node.form.code == form.code and node.form.kinds <= {"demonym"} and form.kinds <= {"adjective"}:
        node.form.kinds |= form.kinds


def _forms(kind: FormKind, language: str) -> Iterator[tuple[str, str]]:
    """Every inflected form of one kind, with its code."""
    german = language == "de"
    if kind == "name":
        for code, name in territories(language).items():
            for variant in _cldr_variants(name):
                yield from ((code, form) for form in (_german_name(variant) if german else (variant,)))
    for code, entry in entries().items():
        words = entry.get(language, {})
        forms: Iterable[str]
        match kind:
            case "name":
                forms = words.get("names", ())
            case "institution":
                forms = words.get("seats", ())
            case "capital" | "capital_adjective":
                forms = entry.get("capital", ())
            case "demonym":
                forms = _demonyms(words, german)
            case "adjective":
                forms = words.get("adj", ())
        yield from ((code, form) for word in forms for form in _inflected(word, kind, german))


def _inflected(word: str, kind: FormKind, german: bool) -> Iterable[str]:
    if kind == "demonym" or not german:
        return () if kind == "capital_adjective" else (word,)
    if kind == "capital_adjective":
        return (f"{word}er",)
    if kind == "adjective":
        if not word.endswith("sch"):
            return (word,)
        inflected = [word + ending for ending in _ENDINGS]
        return inflected + [form[0].upper() + form[1:] for form in inflected]
    return _german_name(word)


def _german_name(name: str) -> list[str]:
    """A German name with its adjectives (`~`) in every case, and its genitive."""
    forms = [name]
    if "~" in name:
        forms = [name.replace("~", ending) for ending in _ENDINGS[1:]]
    if not name.endswith(("s", "ß", "x", "z", "~")) and not name.isupper():
        forms += [f"{form}s" for form in forms]
    return forms


def _cldr_variants(name: str) -> Iterator[str]:
    """CLDR's name, and the names that a bracket or an ampersand in it packs together."""
    yield name
    if "&" in name:
        yield name.replace("&", "and")
    if "(" in name:
        yield re.sub(r"\s*\(.*?\)", "", name)
    first, _, rest = name.partition(" ")
    if rest and first.endswith(("ische", "nigte", "nigtes")):
        yield f"{first.rstrip('es')}~ {rest}"


def _demonyms(words: dict[str, Any], german: bool) -> Iterator[str]:
    yield from words.get("people_as_is", ())
    if german:
        for person in words.get("people", ()):
            yield from _german_demonyms(person)
        return
    adjectives = words.get("adj", ())
    yield from adjectives
    for person in words.get("people", [a for a in adjectives if a.endswith(("an", "i", "ek"))]):
        yield person
        if person.endswith(("chman", "shman", "woman")):
            yield f"{person[:-3]}men"
        elif not person.endswith("s"):
            yield f"{person}s"


def _german_demonyms(person: str) -> list[str]:
    if "~" in person:
        return _german_name(person)
    if person.endswith("er"):
        return [person + ending for ending in ("", "s", "n", "in", "innen")]
    if person.endswith("e"):
        return [person, f"{person}n", *(person[:-1] + ending for ending in ("in", "innen"))]
    if person.endswith("i"):
        return [person, f"{person}s"]
    return [person + ending for ending in ("", "s", "in", "innen")]
