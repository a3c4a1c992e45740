"""Whom an article names, and where: those that "he", "the minister" or an unattributed sentence can mean."""

from __future__ import annotations

import heapq
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from operator import itemgetter

from summarizer import resources
from summarizer.actors import actor_of, countries_in, country_name, demonym_country, find_actors
from summarizer.document import Document
from summarizer.models import Sentence, SpeakerKind
from summarizer.people import Person, bare_name, is_role, looks_like_person

_PARTICLES = ("van", "von", "de", "der", "den", "di", "da", "du", "le", "al", "el", "zu", "ter", "dos", "del")
_PARTICLE = f"(?:{'|'.join(_PARTICLES)})"
_CAPITAL = r"[^\W\d_a-zäöüß]"
_NAME_BEGIN = re.compile(r"(?<!\w)")
_NAME_END = re.compile(r"s?(?!\w)")
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

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of its name, in small letters."""
        return frozenset(self.name.lower().split())

    @cached_property
    def office(self) -> frozenset[str]:
        """The words of its role, in small letters; of its name where it has none."""
        return frozenset(self.role.lower().split()) if self.role else self.words


class Discourse:
    """The entities of an article. Those that only their words describe are added as they come up."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.entities: dict[str, Entity] = {}
        self._looked_up: dict[str, Entity | None] = {}
        self._starts = [s.start for s in document.sentences]
        self._persons_in: dict[int, list[tuple[int, Entity]]] = defaultdict(list)
        self._persons()
        self._actors()
        found = [(place, entity) for entity in self.entities.values() for place in entity.mentions]
        found.sort(key=itemgetter(0))
        # Mentions in order: where they are, and of whom.
        self._places = [place for place, _ in found]
        self._mentioned = [entity for _, entity in found]

    def person(self, name: str) -> Entity | None:
        """The person of this name, or surname."""
        if name not in self._looked_up:
            found = self.document.person(name)
            full = _name_in(found.name, self.document.article.language) if found is not None else None
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
        at = bisect_left(entity.mentions, offset)
        if entity.mentions[at : at + 1] != [offset]:
            entity.mentions.insert(at, offset)
            at = bisect_right(self._places, offset)
            self._places.insert(at, offset)
            self._mentioned.insert(at, entity)
        return entity

    def persons_in(self, sentence: Sentence) -> Sequence[tuple[int, Entity]]:
        """The persons named in a sentence, each with the place of its surname, the first found in the article first."""
        return self._persons_in.get(sentence.number, ())

    @cached_property
    def name_words(self) -> frozenset[str]:
        """The words of all persons' names."""
        names = (e.name for e in self.entities.values() if e.kind is SpeakerKind.PERSON)
        return frozenset(word for name in names for word in name.split() if word[0].isupper())

    def before(self, offset: int) -> dict[Entity, int]:
        """Those mentioned in the text before an offset, the first mentioned first, and where each was last."""
        low, high = (bisect_left(self._places, place) for place in (offset - _REACH_CHARS, offset))
        near = dict(zip(self._mentioned[low:high], self._places[low:high], strict=True))
        return {entity: place for entity, place in near.items() if entity.confirmed}

    def sentence_at(self, offset: int) -> Sentence | None:
        """The sentence that an offset lies in, or the one before it."""
        i = bisect_right(self._starts, offset)
        return self.document.sentences[i - 1] if i else None

    def opens(self, sentence: Sentence, offset: int) -> bool:
        """Whether a mention is the first of its sentence."""
        i = bisect_left(self._places, sentence.start)
        return self._places[i : i + 1] == [offset]

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
        code = actor_of(person.affiliation) if person.affiliation else None
        entity = Entity(person.name, SpeakerKind.PERSON, person.role, person.affiliation, code, person.role is not None)
        entity.mentions = self._surnames(person.name.split()[-1])
        for place in entity.mentions:
            sentence = self.sentence_at(place)
            if sentence is not None and place < sentence.end:
                self._persons_in[sentence.number].append((place, entity))
        self.entities[person.name] = entity
        return entity

    def _surnames(self, surname: str) -> list[int]:
        """Where a surname stands as words of its own, or with a genitive's `s`."""
        searched = self.document.whole.searched
        text, end = searched.text, 0
        found: list[int] = []
        for place in heapq.merge(searched.places(surname), searched.places(f"{surname}s")):
            alone = _NAME_BEGIN.match(text, place) and _NAME_END.match(text, place + len(surname))
            if place >= end and alone:
                found.append(place)
                end = place + len(surname)
        return found

    def _actors(self) -> None:
        article = self.document.article
        for mention in find_actors(article.text, article.language):
            if mention.kind != "adjective":
                self.actor(mention.code).mentions.append(mention.start)
