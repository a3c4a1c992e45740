"""Whom "he", "the minister" or an unattributed sentence means: what speaks for each who was named before.

For an office or a description also what speaks for its being somebody new: "a minister".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from summarizer import resources
from summarizer.actors import countries_in, demonym_country
from summarizer.extraction import labels
from summarizer.extraction.entities import Discourse, Entity
from summarizer.models import Sentence, SpeakerKind
from summarizer.people import determiner, is_pronoun, is_role, is_role_phrase

_FAR = 4
_SPOKEN_REACH = 40
_SAME_ENDING_CHARS = 6
_ENDING_CHARS = 4
_DETERMINER_REACH = 6
_MATCHES = ("role-match=exact", "country-match=True", "words-match=True")
_CLAUSE_MARK = re.compile(r"[,;:()\"„“”»«–—]")
# "sie" is she or they.
_PRONOUNS = {"er": "he", "he": "he", "she": "she", "sie": "sie", "they": "they", "beide": "they", "both": "they"}


def mention_type(words: str | None) -> str:
    """How a sentence refers to its speaker: none, a pronoun, a nationality, an office, or other words."""
    if words is None:
        return "none"
    if pronoun := _PRONOUNS.get(words.lower()):
        return pronoun
    if demonym_country(words):
        return "demonym"
    if any(is_role(w) for w in words.split()):
        return "role"
    return "words"


def gender(role: str | None) -> str | None:
    """`f` or `m` as far as an office tells."""
    if role is None:
        return None
    last = role.lower().split()[-1]
    if last.endswith(("in", "woman")) or "frau" in last:
        return "f"
    if last.endswith(("man", "minister", "präsident", "kanzler", "sprecher", "kommissar", "botschafter", "könig")):
        return "m" if last not in {"minister", "president"} else None
    return None


@dataclass(frozen=True)
class Spoken:
    """Who spoke in a sentence before."""

    sentence: Sentence
    entities: tuple[Entity, ...]


def crossed(kind: str, feature: str) -> str:
    """A feature as what it counts in references of one type besides is filed under."""
    return f"{kind}|{feature}"


@cache
def antecedent_weights(kind: str) -> Mapping[str, float]:
    """For each feature what it counts in references of one type: what it does in all, and in these besides."""
    found: dict[str, float] = defaultdict(float)
    for name, weight in resources.data("antecedents.json").items():
        found[name.removeprefix(crossed(kind, ""))] += weight
    return found


def antecedent_features(
    discourse: Discourse, sentence: Sentence, mention: str | None, offset: int, spoken: list[Spoken]
) -> list[tuple[Entity | None, list[str]]]:
    """Each entity that `mention` at `offset` may mean, with its features; None stands for somebody new."""
    candidates = discourse.before(offset)
    newest: dict[SpeakerKind, int] = {}
    for entity, place in candidates.items():
        newest[entity.kind] = max(place, newest.get(entity.kind, 0))
    opens_quoted = discourse.document.text(sentence)[:1] in '"„“»«'
    turns = _turns(sentence, spoken)
    reference = _Reference.of(mention)
    found: list[tuple[Entity | None, list[str]]] = []
    for entity, place in candidates.items():
        spoke = turns.get(entity, "no")
        features = [
            *_place_features(discourse, sentence, place, spoke),
            f"recent={place == newest[entity.kind]}",
            f"kind={entity.kind}",
            f"role={entity.role is not None}",
            f"latest={_is_latest(sentence, entity, spoken)}",
            f"quote-opens={opens_quoted}|{spoke}",
            *_agreement(reference, entity),
        ]
        found.append((entity, features))
    if mention is not None and not is_pronoun(mention):
        found.append((None, _new_features(discourse, sentence, mention, offset, [own for _, own in found])))
    return found


def _new_features(
    discourse: Discourse, sentence: Sentence, mention: str, offset: int, candidates: list[list[str]]
) -> list[str]:
    """What speaks for a description of somebody not named before. `candidates`: the features of those named."""
    article = discourse.document.article
    clause = _CLAUSE_MARK.split(article.text[sentence.start : offset])[-1]
    before = next((d for w in reversed(clause.split()[-_DETERMINER_REACH:]) if (d := determiner(w))), "none")
    words = mention.split()
    first = determiner(words[0]) or before
    described = labels.kind_of_description(mention)
    matching = [f for f in _MATCHES if any(f in own for own in candidates)]
    features = [
        "new",
        f"new-determiner={first}",
        f"new-kind={described}",
        f"new-role={is_role_phrase(mention)}|{first}",
        f"new-words={min(len(words), _FAR)}",
        f"new-capitals={words[-1].isupper()}",
        f"new-ending={words[-1].lower()[-_ENDING_CHARS:]}",
        f"new-matching={'+'.join(matching)}",
        f"new-matching-determiner={'+'.join(matching)}|{first}",
        f"new-candidates={min(len(candidates), _FAR)}",
    ]
    return [*features, f"new-language={article.language}"]


def _place_features(discourse: Discourse, sentence: Sentence, place: int, spoke: str) -> list[str]:
    """How far back the last mention is, and whether it opens its sentence."""
    where = discourse.sentence_at(place)
    distance, first = "never", False
    if where is not None:
        near = "" if where.paragraph == sentence.paragraph else "p"
        distance = f"{min(sentence.number - where.number, _FAR)}{near}"
        first = discourse.opens(where, place)
    return [
        f"distance={distance}",
        f"spoke={spoke}",
        f"first={first}",
        f"first-near={first}|{distance}",
        f"spoke-distance={spoke}|{distance}",
    ]


def _turns(sentence: Sentence, spoken: list[Spoken]) -> dict[Entity, str]:
    """For each who spoke: among how many of the last speakers, in this paragraph or another, and how far back."""
    found: dict[Entity, str] = {}
    for back, said in enumerate(reversed(spoken[-_SPOKEN_REACH:]), start=1):
        near = "same" if said.sentence.paragraph == sentence.paragraph else "other"
        turn = f"{min(back, 3)}{near}{min(sentence.number - said.sentence.number, _FAR)}"
        for entity in said.entities:
            found.setdefault(entity, turn)
    return found


def _is_latest(sentence: Sentence, entity: Entity, spoken: list[Spoken]) -> str:
    """Whether somebody spoke last, and whether that was in this paragraph."""
    if not spoken:
        return "False|False"
    return f"{entity in spoken[-1].entities}|{spoken[-1].sentence.paragraph == sentence.paragraph}"


@dataclass(frozen=True)
class _Reference:
    """What the words of a reference tell of whom they mean. `words` is None where there are none."""

    kind: str
    sex: str | None
    office: frozenset[str]
    codes: frozenset[str]
    words: frozenset[str] | None

    @classmethod
    def of(cls, mention: str | None) -> _Reference:
        kind = mention_type(mention)
        if mention is None:
            return cls(kind, None, frozenset(), frozenset(), None)
        office = frozenset(w.lower().strip(".,") for w in mention.split() if is_role(w))
        nationality = demonym_country(mention)
        codes = frozenset(countries_in(mention)) | ({nationality} if nationality else frozenset())
        words = frozenset(w.lower() for w in mention.split() if len(w) > 3)
        return cls(kind, gender(mention) if office else None, office, codes, words)


def _agreement(reference: _Reference, entity: Entity) -> list[str]:
    found = [f"agree-kind={reference.kind}|{entity.kind}"]
    sex = gender(entity.role)
    if reference.kind in {"he", "she", "sie"}:
        wanted = "m" if reference.kind == "he" else "f"
        found.append(f"sex={'unknown' if sex is None else sex == wanted}")
    if reference.office:
        exact = not reference.office.isdisjoint(entity.office)
        part = any(_alike(a, b) for a in reference.office for b in entity.office)
        found.append(f"role-match={'exact' if exact else 'part' if part else 'no'}")
        found.append(f"role-sex={None if sex is None or reference.sex is None else sex == reference.sex}")
    if reference.codes:
        found.append(f"country-match={entity.code in reference.codes if entity.code else 'unknown'}")
    if reference.words is not None:
        found.append(f"words-match={not reference.words.isdisjoint(entity.words)}")
    return found


def _alike(first: str, second: str) -> bool:
    """Whether two offices end alike: "Verteidigungsminister" and "Minister"."""
    if min(len(first), len(second)) < _SAME_ENDING_CHARS:
        return False
    return first.endswith(second[-_SAME_ENDING_CHARS:]) or second.endswith(first[-_SAME_ENDING_CHARS:])
