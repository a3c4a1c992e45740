"""Finding actors: in a text, and as what a whole phrase means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from summarizer.actors.names import (
    Form,
    FormKind,
    Node,
    Tokens,
    also_persons,
    entries,
    foreign_names,
    name_index,
    never_in_text,
    organisations,
    territories,
    tokenize,
    word_list,
)

Kind = Literal["name", "seat", "demonym", "adjective"]
_PUBLIC_KIND: dict[FormKind, Kind] = {
    "name": "name",
    "institution": "seat",
    "capital": "seat",
    "capital_adjective": "seat",
    "demonym": "demonym",
    "adjective": "adjective",
}
_STANDS_ALONE = ("name", "institution", "capital")
_BOTH = "de+en"

_GAP = re.compile(r"[^\S\n]{0,40}(?:[-‐‑–.,'’]|\n)?[^\S\n]{0,40}")
_SHORTEST_SHOUTED = 4


@dataclass(frozen=True, slots=True)
class Mention:
    """An actor named in a text: `text[start:end]`, code points, end exclusive."""

    start: int
    end: int
    code: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class _Match:
    """The tokens `first` to `last` (exclusive) name an actor."""

    first: int
    last: int
    code: str
    kind: FormKind


def country_of(phrase: str) -> str | None:
    """The ISO 3166 alpha-2 code of the country whose name, seat or government the whole phrase is, or None.

    Articles, case endings and possessives are no obstacle ("der Slowakei", "Poland's"), nor is a word for
    government or ministry ("die Regierung in London"). Names are understood in many languages. A person
    ("Russlands Präsident Wladimir Putin"), an adjective or a demonym alone is no country.
    """
    code = actor_of(phrase)
    return None if code in organisations() else code


@lru_cache(maxsize=4096)
def actor_of(phrase: str) -> str | None:
    """As `country_of`, but `EU`, `NATO` and `UN` count too."""
    reading = _read_phrase(phrase)
    return reading[0] if reading else foreign_names().get(_whole(phrase))


def kind_of(phrase: str) -> Kind | None:
    """How the whole phrase names its actor; a worded government ("die britische Regierung") is a name."""
    if reading := _read_phrase(phrase):
        return reading[1]
    if (only := _only_match(phrase)) and only.kind != "capital_adjective":
        return _PUBLIC_KIND[only.kind]
    return "name" if _whole(phrase) in foreign_names() else None


def demonym_country(phrase: str) -> str | None:
    """The country of someone named by nationality only ("der Niederländer", "the Dutch", "Kremlchef")."""
    only = _only_match(phrase)
    return only.code if only and only.kind == "demonym" else None


def countries_in(phrase: str) -> list[str]:
    """The countries named in a phrase, in order, each once.

    Names, adjectives, demonyms and institutions ("Kremlsprecher") count; capitals don't, since a city in a
    phrase about a person is mostly a place. Organisations are left out.
    """
    tokens = tokenize(phrase)
    codes = (
        match.code
        for match in _matches(phrase, tokens, _BOTH)
        if match.kind not in {"capital", "capital_adjective"} and match.code not in organisations()
    )
    return list(dict.fromkeys(codes))


def find_actors(text: str, language: str) -> list[Mention]:
    """All actors named in a text in German (`de`) or English (anything else), in order, not overlapping.

    The longest name wins. English possessives and the rest of a German compound lie outside a mention
    ("[Poland]'s", "[US]-Präsident"), German case endings inside. Names in capitals are found from four
    letters on, so "PARIS" in a dateline is a mention. Takes time linear in the text's length.
    """
    return list(_find_actors(text, "de" if language.lower().startswith("de") else "en"))


# A paragraph is looked through for each of its claims.
@lru_cache(maxsize=1024)
def _find_actors(text: str, language: str) -> tuple[Mention, ...]:
    tokens = tokenize(text)
    mentions: list[Mention] = []
    for match in _matches(text, tokens, language):
        words = tuple(tokens.words[match.first : match.last])
        if words in never_in_text():
            continue
        if match.kind == "capital_adjective" and not _is_government(tokens, match.last):
            continue
        if language == "en" and words in also_persons() and _is_part_of_a_name(text, tokens, match):
            continue
        start, end = tokens.spans[match.first][0], tokens.spans[match.last - 1][1]
        mentions.append(Mention(start, end, match.code, _PUBLIC_KIND[match.kind]))
    return tuple(mentions)


def country_name(code: str, language: str) -> str:
    """The name that newspapers use, in German, English or any of CLDR's languages ("GB" in German:
    "Großbritannien"). The code itself where no name is known.
    """
    language = language.lower().replace("-", "_")
    entry = entries().get(code, {}).get(language, {})
    if "usual" in entry:
        return str(entry["usual"])
    return territories(language).get(code, code)


def _read_phrase(phrase: str) -> tuple[str, Kind] | None:
    """The one actor that a phrase means and how, when nothing else is in the phrase."""
    tokens = tokenize(phrase)
    matches = list(_matches(phrase, tokens, _BOTH))
    if len({match.code for match in matches}) != 1:
        return None
    matched = {index for match in matches for index in range(match.first, match.last)}
    rest = [word.casefold() for index, word in enumerate(tokens.words) if index not in matched]
    rest = [word for word in rest if word not in word_list("articles") and word != "s"]
    named_government = any(word in word_list("government") for word in rest)
    links = word_list("linking") if named_government or len(matches) > 1 else frozenset[str]()
    known = word_list("government") | word_list("government_modifiers") | links
    alone = any(match.kind in _STANDS_ALONE for match in matches)
    if not (alone or named_government) or any(word not in known for word in rest):
        return None
    return matches[0].code, "name" if named_government else _PUBLIC_KIND[matches[0].kind]


def _only_match(phrase: str) -> _Match | None:
    """The match that takes up the phrase but for articles and possessives."""
    tokens = tokenize(phrase)
    matches = list(_matches(phrase, tokens, _BOTH))
    if len(matches) != 1:
        return None
    only = matches[0]
    rest = tokens.words[: only.first] + tokens.words[only.last :]
    articles = word_list("articles")
    return only if all(word.casefold() in articles or word == "s" for word in rest) else None


def _whole(phrase: str) -> str:
    return unicodedata.normalize("NFC", " ".join(phrase.split())).strip(".,;:!?\"'»«„“”()")


def _matches(text: str, tokens: Tokens, language: str) -> Iterator[_Match]:
    """Longest matches from left to right."""
    root = name_index(language)
    starts, shortest = root.next, _SHORTEST_SHOUTED
    # Most words begin no name.
    may_begin = [
        index for index, word in enumerate(tokens.words) if word in starts or (len(word) >= shortest and word.isupper())
    ]
    reached = 0
    for first in may_begin:
        if first < reached:
            continue
        last, form = _longest(text, tokens, first, root)
        if form is not None and form.code:
            yield _Match(first, last, form.code, _kind_here(form, text, tokens, first, last))
        reached = max(last, first + 1)


def _longest(text: str, tokens: Tokens, first: int, root: Node) -> tuple[int, Form | None]:
    node, best, best_form = root, first, None
    words, spans = tokens
    for index in range(first, len(words)):
        if index > first and not _GAP.fullmatch(text, spans[index - 1][1], spans[index][0]):
            break
        word = words[index]
        step = node.next.get(word)
        if step is None and len(word) >= _SHORTEST_SHOUTED and word.isupper():
            step = node.next.get(word.capitalize())
        if step is None:
            break
        node = step
        if node.form is not None:
            best, best_form = index + 1, node.form
    return best, best_form


def _kind_here(form: Form, text: str, tokens: Tokens, first: int, last: int) -> FormKind:
    """Tell a demonym from an adjective of the same shape by what stands around it."""
    if "demonym" not in form.kinds:
        return next(iter(form.kinds))
    if "adjective" not in form.kinds:
        return "demonym"
    follower = _neighbour(text, tokens, last - 1, 1)
    if not form.english:
        return "adjective" if follower and follower[0].isupper() else "demonym"
    preceding = _neighbour(text, tokens, first, -1)
    determined = preceding is not None and preceding.casefold() in word_list("articles")
    ends_here = follower is None or follower in word_list("after_demonym")
    return "demonym" if determined and ends_here else "adjective"


def _neighbour(text: str, tokens: Tokens, index: int, step: Literal[1, -1]) -> str | None:
    """The word beside a token when only a space or a hyphen stands between."""
    other = index + step
    words, spans = tokens
    if not 0 <= other < len(words):
        return None
    left, right = sorted((index, other))
    between = text[spans[left][1] : spans[right][0]]
    return words[other] if between in {" ", "\u00a0", "-", "\n"} else None


def _is_government(tokens: Tokens, index: int) -> bool:
    return index < len(tokens.words) and tokens.words[index].casefold() in word_list("government")


def _is_part_of_a_name(text: str, tokens: Tokens, match: _Match) -> bool:
    """Whether a capitalised word beside an English name makes it a person's ("Ann Jordan")."""
    after = _neighbour(text, tokens, match.last - 1, 1)
    before = _neighbour(text, tokens, match.first, -1)
    if before is not None and before.casefold() in word_list("sentence_openers"):
        before = None
    return any(word is not None and word[0].isupper() for word in (before, after))
