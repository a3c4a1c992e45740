"""Which claims of several articles are the same claim."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import islice

from summarizer.digest.entries import Entry
from summarizer.digest.models import DigestClaim, Reported
from summarizer.digest.positions import by_subject
from summarizer.models import Stance
from summarizer.numerals import numbers
from summarizer.resources import data

_WORD = re.compile(r"\w+")


@dataclass(slots=True)
class _Group:
    """Claims of one actor that are the same, the oldest first."""

    first: Entry
    entries: list[Entry] = field(default_factory=list)
    articles: set[str] = field(default_factory=set)

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.articles.add(entry.claim.article)


def reported(entries: Iterable[Entry], languages: Mapping[str, str]) -> list[Reported]:
    """The same claims in groups, those by most outlets first, then the newest.

    Claims are the same where an actor's stance on a measure is the same within a few days and the statements
    are alike, or, in two languages, have no numbers that differ. A joint claim is grouped for each of its actors;
    actors with the same claims share a group. Two claims of an article are two. `languages` are those of the
    statements by article.
    """
    actors: dict[tuple[str, ...], list[str]] = defaultdict(list)
    groups: dict[tuple[str, ...], _Group] = {}
    by_stance: dict[Stance, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_stance[entry.claim.stance].append(entry)
    for members in by_stance.values():
        for (actor, _, _), claims in by_subject(members).items():
            for group in _same(claims, languages):
                ids = tuple(entry.claim.id for entry in group.entries)
                actors[ids].append(actor)
                groups[ids] = group
    found = [_reported(group, actors[ids]) for ids, group in groups.items()]
    return sorted(found, key=lambda r: (-len(r.outlets), -_newest(groups[tuple(r.claims)]), r.claims))


def _reported(group: _Group, actors: list[str]) -> Reported:
    claim = group.first.claim
    # In the order in which the claim names them.
    return Reported(
        actors=[actor for actor in claim.actors if actor in actors],
        measure=claim.measure,
        stance=claim.stance,
        protects=claim.protects,
        claims=[entry.claim.id for entry in group.entries],
        outlets=list(dict.fromkeys(entry.outlet for entry in group.entries)),
        is_new=all(entry.claim.is_new for entry in group.entries),
    )


def _newest(group: _Group) -> int:
    return max((entry.claim.day.toordinal() for entry in group.entries if entry.claim.day), default=0)


def _same(entries: Iterable[Entry], languages: Mapping[str, str]) -> list[_Group]:
    groups: list[_Group] = []
    for entry in sorted(entries, key=lambda e: (e.claim.day is None, e.claim.day or date.max, e.claim.id)):
        scored = [(_likeness(group, entry, languages), group) for group in _near(groups, entry)]
        likeness, group = max(scored, key=lambda pair: pair[0], default=(0.0, None))
        if group is None or likeness <= 0:
            groups.append(group := _Group(entry))
        group.add(entry)
    return groups


def _near(groups: Sequence[_Group], entry: Entry) -> Iterator[_Group]:
    """The groups of the same days, the newest first, and only so many: a busy day isn't compared all with all."""
    limits = data("digest.yaml")["same_claim"]
    day = entry.claim.day
    for group in islice(reversed(groups), limits["max_compared"]):
        first = group.first.claim.day
        if day and first and (day - first).days > limits["days"]:
            return
        yield group


def _likeness(group: _Group, entry: Entry, languages: Mapping[str, str]) -> float:
    """How alike a claim and a group are, 0 where they aren't the same."""
    from rapidfuzz import fuzz

    limits = data("digest.yaml")["same_claim"]
    first, claim = group.first.claim, entry.claim
    first_language, language = languages[first.article], languages[claim.article]
    apart = abs((claim.day - first.day).days) if claim.day and first.day else None
    if claim.article in group.articles:
        return 0
    if _differ(_numbers(first.statement, first_language), _numbers(claim.statement, language)):
        return 0
    if first_language != language:
        return 1 if apart is not None and apart <= limits["days_across_languages"] else 0
    likeness = fuzz.token_set_ratio(_unnamed(first), _unnamed(claim))
    return likeness if likeness >= limits["min_likeness"] else 0


def _unnamed(claim: DigestClaim) -> str:
    """The statement's words without the speakers' names, which every claim of theirs shares."""
    names = {word for speaker in claim.speakers for word in _WORD.findall(speaker.name.casefold())}
    return " ".join(word for word in _WORD.findall(claim.statement.casefold()) if word not in names)


def _differ(one: frozenset[Decimal], other: frozenset[Decimal]) -> bool:
    return bool(one and other) and not one & other


@lru_cache(maxsize=65536)
def _numbers(statement: str, language: str) -> frozenset[Decimal]:
    return frozenset(value for number in numbers(statement, language).stated for value in number.values)
