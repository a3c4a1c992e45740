"""Whom "he", "the minister" or an unattributed sentence means: what speaks for each who was named before.

For an office or a description also what speaks for its being somebody new: "a minister".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from summarizer.actors import countries_in, demonym_country
from summarizer.extraction import labels
from summarizer.extraction.entities import Discourse, Entity
from summarizer.models import Sentence
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


def antecedent_features(
    discourse: Discourse, sentence: Sentence, mention: str | None, offset: int, spoken: list[Spoken]
) -> list[tuple[Entity | None, list[str]]]:
    """Each entity that `mention` at `offset` may mean, with its features; None stands for somebody new."""
    kind = mention_type(mention)
    candidates = discourse.before(offset)
    last = {id(e): e.last_before(offset) or 0 for e in candidates}
    newest = {e.kind: max(last[id(o)] for o in candidates if o.kind is e.kind) for e in candidates}
    opens_quoted = discourse.document.text(sentence)[:1] in '"„“»«'
    found: list[tuple[Entity | None, list[str]]] = []
    for entity in candidates:
        place = last[id(entity)]
        spoke = _spoke(sentence, entity, spoken)
        features = [
            *_place_features(discourse, sentence, place, spoke),
            f"recent={place == newest[entity.kind]}",
            f"kind={entity.kind}",
            f"role={entity.role is not None}",
            f"latest={_is_latest(sentence, entity, spoken)}",
            f"quote-opens={opens_quoted}|{spoke}",
            *_agreement(kind, mention, entity),
        ]
        found.append((entity, [*features, *(f"{kind}|{f}" for f in features)]))
    if mention is not None and not is_pronoun(mention):
        features = _new_features(discourse, sentence, mention, offset, [own for _, own in found])
        found.append((None, [*features, *(f"{kind}|{f}" for f in features)]))
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


def _spoke(sentence: Sentence, entity: Entity, spoken: list[Spoken]) -> str:
    """Among how many of the last speakers somebody is, in this paragraph or another, and how far back."""
    for back, said in enumerate(reversed(spoken[-_SPOKEN_REACH:]), start=1):
        if entity in said.entities:
            near = "same" if said.sentence.paragraph == sentence.paragraph else "other"
            return f"{min(back, 3)}{near}{min(sentence.number - said.sentence.number, _FAR)}"
    return "no"


def _is_latest(sentence: Sentence, entity: Entity, spoken: list[Spoken]) -> str:
    """Whether somebody spoke last, and whether that was in this paragraph."""
    if not spoken:
        return "False|False"
    return f"{entity in spoken[-1].entities}|{spoken[-1].sentence.paragraph == sentence.paragraph}"


def _agreement(kind: str, mention: str | None, entity: Entity) -> list[str]:
    found = [f"agree-kind={kind}|{entity.kind}"]
    sex = gender(entity.role)
    if kind in {"he", "she", "sie"}:
        wanted = "m" if kind == "he" else "f"
        found.append(f"sex={'unknown' if sex is None else sex == wanted}")
    if mention is not None:
        said = {w.lower().strip(".,") for w in mention.split() if is_role(w)}
        own = {w.lower() for w in (entity.role or entity.name).split()}
        if said:
            exact = bool(said & own)
            part = any(_alike(a, b) for a in said for b in own)
            found.append(f"role-match={'exact' if exact else 'part' if part else 'no'}")
            wanted_sex = gender(mention)
            found.append(f"role-sex={None if sex is None or wanted_sex is None else sex == wanted_sex}")
        codes = set(countries_in(mention)) | ({d} if (d := demonym_country(mention)) else set())
        if codes:
            found.append(f"country-match={entity.code in codes if entity.code else 'unknown'}")
        words = {w.lower() for w in mention.split() if len(w) > 3}
        found.append(f"words-match={bool(words & {w.lower() for w in entity.name.split()})}")
    return found


def _alike(first: str, second: str) -> bool:
    """Whether two offices end alike: "Verteidigungsminister" and "Minister"."""
    if min(len(first), len(second)) < _SAME_ENDING_CHARS:
        return False
    return first.endswith(second[-_SAME_ENDING_CHARS:]) or second.endswith(first[-_SAME_ENDING_CHARS:])
