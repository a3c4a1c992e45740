"""Who speaks in each sentence of an article: the words that stand for the speaker, and whom they mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from summarizer.actors import actor_of, demonym_country, find_actors
from summarizer.document import Document
from summarizer.extraction import labels
from summarizer.extraction.antecedents import Spoken, antecedent_features, antecedent_weights, mention_type
from summarizer.extraction.entities import Discourse, Entity
from summarizer.extraction.softmax import softmax
from summarizer.extraction.tagger import Mention, Tagged, mentions
from summarizer.models import Sentence, SpeakerKind
from summarizer.people import is_bare_government, is_pronoun, is_role, is_role_phrase, looks_like_person

_CANDIDATE_MIN = 0.15
_FURTHER_MIN = 0.5
_NAMING = frozenset({"name", "seat"})
_CONJUNCTION = re.compile(r"\b(?:und|sowie|and|oder|or|nor)\b")
_PLACE = re.compile(r"\s(?:aus|in|from|of|von)\s")
_APPOSITION = re.compile(r"(?:\s(?:in|aus|von|bei|des|der|of|at|for|from)\s[^,.;:\"„“]{1,40})?,\s")
_RELATIVE = re.compile(r",|\s(?:who|whose|whom|which|that|deren|dessen)\b")
_SEATED = re.compile(r"\s+(?:in|aus|of|des|der)\s+[^\W\d_a-z][\w-]+")
_JOINING = re.compile(r"\s*(?:,|und|sowie|and|oder|or|nor|as well as|,\s*(?:und|sowie|and))?\s*(?:die|der|das|the)?\s*")


@dataclass(frozen=True)
class Attributed:
    """A speaker of a sentence. `mention` is None where no word of the sentence stands for it."""

    entity: Entity
    mention: Mention | None
    probability: float


def confirmed(discourse: Discourse) -> dict[int, Tagged]:
    """The tagged words of each sentence, after taking for persons those to whom words are ascribed."""
    found = {s.number: mentions(discourse, s, _CANDIDATE_MIN) for s in discourse.document.sentences if not s.is_heading}
    for tagged in found.values():
        for mention in tagged.mentions:
            if mention.probability >= _FURTHER_MIN and looks_like_person(mention.text):
                person = discourse.person(mention.text)
                if person is not None:
                    person.confirmed = True
    return found


@dataclass
class Speaking:
    """Follows an article sentence by sentence."""

    document: Document
    discourse: Discourse
    tagged: dict[int, Tagged]
    spoken: list[Spoken] = field(default_factory=list)

    @classmethod
    def of(cls, document: Document) -> Speaking:
        """At the beginning of an article."""
        discourse = Discourse(document)
        return cls(document, discourse, confirmed(discourse))

    def speakers(self, sentence: Sentence, named: Sequence[str] | None = None) -> list[list[Attributed]]:
        """Those whose words or position a sentence gives, grouped by joint position.

        `named`: whom the language model names; None if it wasn't asked.
        """
        if named is not None:
            self.tagged[sentence.number] = mentions(self.discourse, sentence, _CANDIDATE_MIN, named)
        tagged = self.tagged[sentence.number]
        found: list[Attributed] = []
        for mention in tagged.mentions:
            attributed = self._meant(sentence, self._whole(sentence, mention))
            if attributed is None:
                continue
            same = next((a for a in found if a.entity is attributed.entity), None)
            if same is None:
                found.append(attributed)
            elif same.probability < attributed.probability:
                found[found.index(same)] = attributed
        best = max(found, key=lambda a: a.mention.probability if a.mention else 0.0, default=None)
        if best is None or best.mention is None or tagged.none > 0.5:
            unnamed = self.unnamed(sentence)
            return [[unnamed]] if unnamed else []
        return self._chosen(sentence, best, found)

    def _chosen(self, sentence: Sentence, best: Attributed, found: list[Attributed]) -> list[list[Attributed]]:
        """The likeliest with those named in one list with it, and others that hold a position of their own."""
        groups = [self._list_around(sentence, best)]
        for other in sorted(found, key=lambda a: -a.probability):
            assert other.mention is not None
            taken = [a for group in groups for a in group]
            if any(a.entity is other.entity or _excludes(a, other) for a in taken):
                continue
            if other.mention.probability >= _FURTHER_MIN:
                known = {id(a.entity) for a in taken}
                groups.append([a for a in self._list_around(sentence, other) if id(a.entity) not in known])
        return sorted(groups, key=lambda g: g[0].mention.start if g[0].mention else 0)

    def _list_around(self, sentence: Sentence, best: Attributed) -> list[Attributed]:
        """All members of the list of names that `best` stands in: "Spain, Portugal and Malta"."""
        text = self.document.article.text
        assert best.mention is not None
        units = self._names(sentence)
        if all(u.mention is None or u.mention.start != best.mention.start for u in units):
            units = sorted([*units, best], key=lambda a: a.mention.start if a.mention else 0)
        at = next(i for i, u in enumerate(units) if u.mention and u.mention.start == best.mention.start)
        units[at] = best
        first = last = at
        same = best.entity.kind
        while first > 0 and units[first - 1].entity.kind is same and _between(text, units[first - 1], units[first]):
            first -= 1
        while (
            last + 1 < len(units)
            and units[last + 1].entity.kind is same
            and _between(text, units[last], units[last + 1])
        ):
            last += 1
        listed = units[first : last + 1]
        gaps = " ".join(text[a.mention.end : b.mention.start] for a, b in pairwise(listed) if a.mention and b.mention)
        if not _CONJUNCTION.search(gaps):
            listed = [best]
        unique: list[Attributed] = []
        for unit in listed:
            if all(u.entity is not unit.entity for u in unique):
                unique.append(unit)
        return unique

    def _names(self, sentence: Sentence) -> list[Attributed]:
        """Every country and person named in a sentence."""
        found = []
        text = self.document.article.text
        for mention in find_actors(self.document.text(sentence), self.document.article.language):
            if mention.kind in _NAMING:
                start, end = sentence.start + mention.start, sentence.start + mention.end
                words = Mention(start, end, text[start:end], 1.0)
                found.append(Attributed(self.discourse.actor(mention.code), words, 1.0))
        for place, entity in self.discourse.persons_in(sentence):
            end = place + len(entity.name.split()[-1])
            start = end - len(entity.name)
            start = start if text.startswith(entity.name, max(start, 0)) else place
            found.append(Attributed(entity, Mention(start, end, text[start:end], 1.0), 1.0))
        return sorted(found, key=lambda a: a.mention.start if a.mention else 0)

    def _whole(self, sentence: Sentence, mention: Mention) -> Mention:
        """A mention that is part of a country's or a person's name as the whole name."""
        text = self.document.article.text
        for actor in find_actors(self.document.text(sentence), self.document.article.language):
            start, end = sentence.start + actor.start, sentence.start + actor.end
            if actor.kind in _NAMING and start <= mention.start and mention.end <= end:
                return Mention(start, end, text[start:end], mention.probability)
        for place, entity in self.discourse.persons_in(sentence):
            low, high = mention.start - len(entity.name), mention.end + len(entity.name)
            if not low < place < high:
                continue
            at = text.find(entity.name, max(0, low), high)
            if at >= 0 and at < mention.end and mention.start < at + len(entity.name):
                return Mention(at, at + len(entity.name), entity.name, mention.probability)
        return mention

    def unnamed(self, sentence: Sentence) -> Attributed | None:
        """The likeliest speaker of a sentence that names none."""
        ranked = self._antecedents(sentence, None, sentence.start)
        if not ranked or ranked[0][1] is None:
            return None
        return Attributed(ranked[0][1], None, ranked[0][0])

    def heard(self, sentence: Sentence, speakers: Sequence[Attributed]) -> None:
        """Take note of who spoke in a sentence."""
        if speakers:
            self.spoken.append(Spoken(sentence, tuple(a.entity for a in speakers)))

    def _meant(self, sentence: Sentence, mention: Mention) -> Attributed | None:
        words = _RELATIVE.split(mention.text, maxsplit=1)[0]
        head = _PLACE.split(words, maxsplit=1)[0]
        if code := actor_of(words) or actor_of(head):
            return Attributed(self.discourse.actor(code), mention, mention.probability)
        person = self._apposed(sentence, mention)
        if person is None and not is_anaphoric(head) and not words[0].islower():
            person = self.discourse.person(words)
        if person is not None:
            return Attributed(person, mention, mention.probability)
        ranked = self._antecedents(sentence, words, mention.start)
        if ranked and (meant := ranked[0][1]) is not None:
            return Attributed(meant, mention, mention.probability * ranked[0][0])
        if is_pronoun(words):
            return None
        seat = _SEATED.match(self.document.article.text, mention.start + len(words))
        if seat and (code := actor_of(words + seat[0])):
            return Attributed(self.discourse.actor(code), mention, mention.probability)
        entity = self.discourse.described(words, mention.start, labels.kind_of_description(words))
        return Attributed(entity, mention, mention.probability)

    def _apposed(self, sentence: Sentence, mention: Mention) -> Entity | None:
        """The person named right after an office: "the ministry's spokeswoman in Baku, Günel Rsajewa"."""
        if not any(is_role(word) for word in mention.text.split()):
            return None
        text = self.document.article.text
        gap = _APPOSITION.match(text, mention.end)
        if gap is None:
            return None
        return next((e for _, e in self.discourse.persons_in(sentence) if text.startswith(e.name, gap.end())), None)

    def _antecedents(self, sentence: Sentence, words: str | None, offset: int) -> list[tuple[float, Entity | None]]:
        found = antecedent_features(self.discourse, sentence, words, offset, self.spoken)
        weights = antecedent_weights(mention_type(words))
        return _ranked([(sum(weights.get(f, 0.0) for f in features), entity) for entity, features in found])


def is_anaphoric(words: str) -> bool:
    """Whether words stand for somebody named elsewhere: a pronoun, an office, a nationality, "the government"."""
    return any(test(words) for test in (is_pronoun, is_role_phrase, demonym_country, is_bare_government))


def _between(text: str, left: Attributed, right: Attributed) -> bool:
    """Whether only a comma or a conjunction stands between two names."""
    assert left.mention is not None and right.mention is not None
    gap = text[left.mention.end : right.mention.start]
    return bool(gap.strip()) and _JOINING.fullmatch(gap) is not None


def _excludes(taken: Attributed, other: Attributed) -> bool:
    """Whether `other` is rather what is talked about, or the same speaker in other words, if `taken` speaks."""
    assert other.mention is not None and taken.mention is not None
    persons = {SpeakerKind.PERSON, SpeakerKind.UNNAMED, SpeakerKind.ORGANISATION, SpeakerKind.GROUP}
    if is_pronoun(other.mention.text) or is_role_phrase(other.mention.text):
        return True
    return taken.entity.kind in persons or other.entity.kind in {SpeakerKind.UNNAMED, SpeakerKind.ORGANISATION}


def _ranked(scored: list[tuple[float, Entity | None]]) -> list[tuple[float, Entity | None]]:
    if not scored:
        return []
    likely = softmax([score for score, _ in scored])
    ranked = sorted(zip(scored, likely, strict=True), key=lambda pair: -pair[0][0])
    return [(probability, entity) for (_, entity), probability in ranked]
