"""Whom an article names, and where: those that "he", "the minister" or an unattributed sentence can mean."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

from summarizer import resources
from summarizer.actors import actor_of, countries_in, country_name, demonym_country, find_actors
from summarizer.document import Document
from summarizer.models import Sentence, SpeakerKind
from summarizer.people import Person, bare_name, find_person, is_role, looks_like_person

_PARTICLES = ("van", "von", "de", "der", "den", "di", "da", "du", "le", "al", "el", "zu", "ter", "dos", "del")
_PARTICLE = f"(?:{'|'.join(_PARTICLES)})"
_CAPITAL = r"[^\W\d_a-zäöüß]"
_CAPITALISED = re.compile(rf"{_CAPITAL}[\w'’-]+(?: (?:{_PARTICLE} )*{_CAPITAL}[\w'’-]*\.?){{1,5}}")
# How far back a text takes up somebody, in characters. Bounds the time that a long article takes.
_REACH_CHARS = 8000


def _name_in(words: str, language: str) -> str | None:
    """The person's name that capitalised words end with, None if they rather are common words."""
    parts = words.split()
    offices = [i for i, part in enumerate(parts) if is_role(part)]
    parts = bare_name(" ".join(parts[offices[-1] + 1 if offices else 0 :])).split()
    common = _common_words(language)
    while len(parts) > 2 and (parts[0] in common or parts[0].lower() in common) and parts[0] not in _PARTICLES:
        parts.pop(0)
    if not parts or parts[0].lower() in common or parts[-1] in common or parts[-1].lower() in common:
        return None
    name = " ".join(parts)
    return name if looks_like_person(name) else None


@cache
def _common_words(language: str) -> frozenset[str]:
    """Words that are no part of a name: with a small letter those that are written so, else common nouns."""
    return frozenset((resources.packed(f"common.{language}.txt") or "").splitlines())


def _place(mention: tuple[int, Entity]) -> int:
    return mention[0]


@dataclass(eq=False)
class Entity:
    """Somebody named. `mentions` are offsets into the article's text, in order.

    `confirmed`: capitalised words alone may be no name; an office beside them, or words ascribed to them, show it.
    """

    name: str
    kind: SpeakerKind
    role: str | None = None
    affiliation: str | None = None
    code: str | None = None
    confirmed: bool = True
    mentions: list[int] = field(default_factory=list)

    def last_before(self, offset: int) -> int | None:
        """Where it was last mentioned before an offset."""
        i = bisect_left(self.mentions, offset)
        return self.mentions[i - 1] if i else None


class Discourse:
    """The entities of an article. Those that only their words describe are added as they come up."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.entities: dict[str, Entity] = {}
        self._mentions: list[tuple[int, Entity]] = []
        self._looked_up: dict[str, Entity | None] = {}
        self._persons()
        self._actors()
        for entity in self.entities.values():
            entity.mentions.sort()
            self._mentions += [(place, entity) for place in entity.mentions]
        self._mentions.sort(key=_place)
        self._starts = [s.start for s in document.sentences]

    def person(self, name: str) -> Entity | None:
        """The person of this name, or surname."""
        if name not in self._looked_up:
            article = self.document.article
            found = find_person(name, article.text, article.language)
            full = _name_in(found.name, article.language) if found is not None else None
            person = replace(found, name=full) if found is not None and full is not None else None
            self._looked_up[name] = self._add_person(person) if person is not None else None
        return self._looked_up[name]

    def actor(self, code: str) -> Entity:
        """The country or organisation of this code."""
        key = f"actor:{code}"
        if key not in self.entities:
            name = country_name(code, self.document.article.language)
            self.entities[key] = Entity(name, SpeakerKind.GOVERNMENT, affiliation=name, code=code)
        return self.entities[key]

    def described(self, words: str, offset: int, kind: SpeakerKind) -> Entity:
        """Somebody whom the text describes without a name."""
        entity = self.entities.setdefault(words, Entity(words, kind, code=next(iter(countries_in(words)), None)))
        if offset not in entity.mentions:
            insort(entity.mentions, offset)
            insort(self._mentions, (offset, entity), key=_place)
        return entity

    @cached_property
    def name_words(self) -> frozenset[str]:
        """The words of all persons' names."""
        names = (e.name for e in self.entities.values() if e.kind is SpeakerKind.PERSON)
        return frozenset(word for name in names for word in name.split() if word[0].isupper())

    def before(self, offset: int) -> list[Entity]:
        """Those mentioned in the text before an offset, the first mentioned first."""
        low = bisect_left(self._mentions, offset - _REACH_CHARS, key=_place)
        high = bisect_left(self._mentions, offset, key=_place)
        near = dict.fromkeys(entity for _, entity in self._mentions[low:high])
        return [entity for entity in near if entity.confirmed]

    def sentence_at(self, offset: int) -> Sentence | None:
        """The sentence that an offset lies in, or the one before it."""
        i = bisect_right(self._starts, offset)
        return self.document.sentences[i - 1] if i else None

    def opens(self, sentence: Sentence, offset: int) -> bool:
        """Whether a mention is the first of its sentence."""
        i = bisect_left(self._mentions, sentence.start, key=_place)
        return i < len(self._mentions) and self._mentions[i][0] == offset

    def _persons(self) -> None:
        article = self.document.article
        for sentence in self.document.sentences:
            for match in _CAPITALISED.finditer(self.document.text(sentence)):
                name = _name_in(match[0], article.language)
                if name is None or actor_of(name) or demonym_country(name.split(maxsplit=1)[0]):
                    continue
                self.person(name)

    def _add_person(self, person: Person) -> Entity:
        if person.name in self.entities:
            return self.entities[person.name]
        text = self.document.article.text
        surname = person.name.split()[-1]
        code = actor_of(person.affiliation) if person.affiliation else None
        entity = Entity(person.name, SpeakerKind.PERSON, person.role, person.affiliation, code, person.role is not None)
        entity.mentions = [m.start() for m in re.finditer(rf"(?<!\w){re.escape(surname)}(?=s?(?!\w))", text)]
        self.entities[person.name] = entity
        return entity

    def _actors(self) -> None:
        article = self.document.article
        for mention in find_actors(article.text, article.language):
            if mention.kind != "adjective":
                self.actor(mention.code).mentions.append(mention.start)
