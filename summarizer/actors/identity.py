"""Who a speaker is, whatever he is called: the country or body spoken for, else a name that spellings agree on.

Two speakers with the same `actor_id` are one actor. A person, government or organisation whose affiliation or
name is a country, the EU, Nato or the UN speaks for it ("Paris", "der französische Präsident", "Brüssel"), but
not a member of parliament, a scholar or someone who held an office once: these speak for themselves. Nor does
an unnamed official or diplomat: what he lets out doesn't bind his government. A spokesperson or an office
without a name does ("a spokeswoman for the government in Stockholm").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache

from summarizer.actors.finding import actor_of, countries_in, demonym_country, find_actors, kind_of
from summarizer.actors.names import entries, organisations
from summarizer.letters import without_marks
from summarizer.models import Speaker, SpeakerKind
from summarizer.resources import data

_DESCRIPTIONS = frozenset({SpeakerKind.UNNAMED, SpeakerKind.GROUP})
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_BRACKETS = re.compile(r"\([^()]*\)")
_JOINING_MARKS = re.compile(r"['’ʼ`´]")
_NO_LETTER = re.compile(r"[\W_]+")
_BETWEEN_INITIALS = re.compile(r"(?<=\b\w) (?=\w\b)")


def actor_id(speaker: Speaker) -> str:
    """The actor that a speaker is, from this speaker alone: an ISO code, `EU`, `NATO`, `UN`, or a name's.

    The latter is the kind and the folded name: `person:serhei lavrov`.
    """
    return spoken_for(speaker) or f"{speaker.kind.value}:{name_key(speaker.name)}"


def spoken_for(speaker: Speaker) -> str | None:
    """The code of the country or body that a speaker stands for on the record, or none."""
    return _spoken_for(speaker.name, speaker.kind, speaker.role, speaker.affiliation)


def speaks_for_himself(speaker: Speaker) -> bool:
    """Whether a role keeps a speaker from speaking for a country: in parliament, at a university, once in office."""
    return _any_is("own_voice", _described(speaker.name, speaker.kind, speaker.role))


def holds_office(speaker: Speaker) -> bool:
    """Whether a speaker is a government or body itself, or holds an office that speaks for it."""
    if actor_of(speaker.name):
        return True
    words = _described(speaker.name, speaker.kind, speaker.role)
    return _holds_office(words) and not _any_is("own_voice", words)


def leads(speaker: Speaker) -> bool:
    """Whether a speaker is a government or body itself, or its head."""
    if actor_of(speaker.name):
        return True
    words = _described(speaker.name, speaker.kind, speaker.role)
    return holds_office(speaker) and _any_is("heads", words) and not _any_is("not_heads", words)


def is_description(speaker: Speaker) -> bool:
    """Whether a name describes a speaker who is no country or body ("Diplomaten", "the ministry").

    In another article the same words may mean someone else.
    """
    if spoken_for(speaker):
        return False
    if speaker.kind is SpeakerKind.PERSON:
        return False
    name = speaker.name.strip()
    words = _words(name)
    is_common_noun = name[:1].islower() or demonym_country(name) is not None
    return speaker.kind in _DESCRIPTIONS or is_common_noun or _any_is("offices", words) or _any_is("not_offices", words)


def named_ids(phrase: str) -> frozenset[str]:
    """The ids that a user may mean with a phrase: "Polen", "Warschau", "PL", "the French president", "Baltikum".

    In any case. Empty where it is no country or body; what is a person's name then has to be looked for by `name_key`.
    """
    words = " ".join(phrase.split())
    if group := data("identity.yaml")["groups"].get(words.casefold()):
        return frozenset(group)
    for form in dict.fromkeys((words, words.title(), words.upper())):
        code = form if form in entries() else actor_of(form) or demonym_country(form) or _office_of(form)
        if code:
            return frozenset({code})
    return frozenset()


@lru_cache(maxsize=65536)
def name_key(name: str) -> str:
    """A name folded so that its spellings agree: "Wolodymyr Selenskyj" and "Volodymyr Zelensky" give the same.

    Words apart by spaces; titles and offices before the name, initials within it and what is in brackets are
    left out. Where no letter is left, the name itself.
    """
    words = [_folded(word) for word in _BETWEEN_INITIALS.sub("", _plain(_without_office(name))).split()]
    titles = _titles()
    while len(words) > 1 and words[0] in titles:
        words.pop(0)
    words = [word for place, word in enumerate(words) if len(word) > 1 or place in (0, len(words) - 1)]
    if len(words) > 1:
        words[0] = _given_names().get(words[0], words[0])
    return " ".join(words) or name.casefold().strip()


@lru_cache(maxsize=16384)
def _spoken_for(name: str, kind: SpeakerKind, role: str | None, affiliation: str | None) -> str | None:
    whole = actor_of(name)
    if whole or kind is SpeakerKind.GROUP:
        return whole
    described = _described(name, kind, role)
    if _any_is("own_voice", described):
        return None
    if kind is SpeakerKind.UNNAMED and not _holds_office(described):
        return None
    code = _affiliated(affiliation, described) if affiliation else None
    if code is None and kind is SpeakerKind.GOVERNMENT:
        code = demonym_country(name) or next(iter(countries_in(name)), None)
    if code is None and kind is SpeakerKind.ORGANISATION:
        code = _nation(name)
    return code or _office_of(name) or (_office_of(role) if role else None)


def _nation(name: str) -> str | None:
    """The country of a nation that stands for its government: "Americans", "the Dutch"."""
    if not _any_is("nations", _words(name)[-1:]):
        return None
    is_adjective = kind_of(name) == "adjective"
    return demonym_country(name) or (next(iter(countries_in(name)), None) if is_adjective else None)


def _described(name: str, kind: SpeakerKind, role: str | None) -> list[str]:
    """The words that say what a speaker is; a person's name doesn't."""
    return _words(f"{role or ''} {name if kind is not SpeakerKind.PERSON else ''}")


def _affiliated(affiliation: str, described: Sequence[str]) -> str | None:
    code = actor_of(affiliation) or next(iter(countries_in(affiliation)), None)
    return None if code in organisations() and _any_is("envoys", described) else code


@lru_cache(maxsize=16384)
def _office_of(phrase: str) -> str | None:
    """The one country or body whose office a phrase names: "französischer Präsident", "Ministerpräsidentin aus Rom"."""
    words = _words(phrase)
    if not _holds_office(words) or _any_is("own_voice", words):
        return None
    codes = {mention.code for language in ("de", "en") for mention in find_actors(phrase, language)}
    return codes.pop() if len(codes) == 1 else None


def _holds_office(words: Sequence[str]) -> bool:
    return _any_is("offices", words) and not _any_is("not_offices", words)


def _words(phrase: str) -> list[str]:
    """The words, case-folded, and the parts of those with hyphens."""
    found = [word.casefold() for word in _WORD.findall(unicodedata.normalize("NFC", phrase))]
    return [*found, *(part for word in found if "-" in word for part in word.split("-"))]


def _any_is(kind: str, words: Sequence[str]) -> bool:
    pattern = _patterns(kind)
    return any(pattern.fullmatch(word) for word in words)


@cache
def _patterns(kind: str) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word.casefold()).replace(r"\*", ".*") for word in data("identity.yaml")[kind]))


def _without_office(name: str) -> str:
    """The name without the office before it and what belongs to that: "Nato-Generalsekretär Mark Rutte"."""
    words = unicodedata.normalize("NFC", name).split()
    pattern = _patterns("office_titles")
    for place in reversed(range(len(words) - 1)):
        if pattern.fullmatch(words[place].casefold()):
            return name if words[place + 1][:1].islower() else " ".join(words[place + 1 :])
    return name


def _plain(name: str) -> str:
    """Lower-case letters without marks, words apart by spaces."""
    letters = without_marks(_JOINING_MARKS.sub("", _BRACKETS.sub(" ", name)))
    return _NO_LETTER.sub(" ", letters).strip()


def _folded(word: str) -> str:
    for pattern, replacement in _rules():
        word = pattern.sub(replacement, word)
    return word.casefold()


@cache
def _rules() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(rule["from"]), rule["to"]) for rule in data("transliteration.yaml")["rules"]]


@cache
def _titles() -> frozenset[str]:
    return frozenset(_folded(title) for title in data("identity.yaml")["titles"])


@cache
def _given_names() -> dict[str, str]:
    return {
        _folded(_plain(name)): _folded(_plain(group[0]))
        for group in data("transliteration.yaml")["given_names"]
        for name in group
    }
