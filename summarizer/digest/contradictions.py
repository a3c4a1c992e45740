"""Claims for one actor that can't both hold at their time.

Held against each other are claims of one day, and those of days so near that the order of two outlets'
reports says nothing. What rests on a claim here is as strict as for a change: first-hand, sure, no condition.
Two claims of one speaker in one article are left alone: they mostly differ in what they are about ("up to 2,500
soldiers, but none east of the river"). A contradiction that a later claim settles is none any more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from summarizer.digest.entries import Entry
from summarizer.digest.models import Contradiction, ContradictionKind
from summarizer.digest.positions import Subject, are_incompatible, comparable
from summarizer.models import Stance
from summarizer.resources import data

_Sides = tuple[list[Entry], list[Entry]]


def contradictions(subjects: Mapping[Subject, Sequence[Entry]], since: date | None) -> list[Contradiction]:
    """Every contradiction that stands, the newest first; the side in favour is the first.

    It is new where one of its claims is. Linear in the claims but for their order by day.
    """
    found = []
    for subject, entries in subjects.items():
        for kind, sides in _of(subject[0], comparable(subject[0], entries)):
            newest = max(_day(entry) for side in sides for entry in side)
            found.append((newest, _contradiction(subject, kind, sides, since)))
    found.sort(key=lambda pair: (-pair[0].toordinal(), pair[1].actor, pair[1].measure, pair[1].first, pair[1].second))
    return [contradiction for _, contradiction in found]


def _contradiction(subject: Subject, kind: ContradictionKind, sides: _Sides, since: date | None) -> Contradiction:
    actor, measure, protects = subject
    first, second = ([entry.claim.id for entry in side] for side in sides)
    return Contradiction(
        actor=actor,
        measure=measure,
        protects=protects,
        kind=kind,
        first=first,
        second=second,
        is_new=since is not None and any(entry.claim.is_new for side in sides for entry in side),
    )


def _of(actor: str, entries: Sequence[Entry]) -> Iterator[tuple[ContradictionKind, _Sides]]:
    by_day: dict[date, list[Entry]] = defaultdict(list)
    for entry in entries:
        if any(are_incompatible(entry.claim.stance, stance) for stance in Stance):
            by_day[_day(entry)].append(entry)
    newest = _newest_days(by_day)
    seen: set[str] = set()
    for day in sorted(by_day):
        near = _near(by_day, day)
        # What was held against the day before needs no second look.
        if {entry.claim.id for entry in near} <= seen:
            continue
        last = max(map(_day, near))
        for kind, sides in (*_of_one_speaker(actor, near), *_of_speakers(actor, near)):
            if not _is_settled(sides, last, newest):
                seen |= {entry.claim.id for side in sides for entry in side}
                yield kind, sides


def _newest_days(by_day: Mapping[date, Sequence[Entry]]) -> dict[Stance, date]:
    """The last day of each stance."""
    return {entry.claim.stance: day for day in sorted(by_day) for entry in by_day[day]}


def _is_settled(sides: _Sides, last: date, newest: Mapping[Stance, date]) -> bool:
    """Whether a claim after the `last` day of both sides excludes one of them."""
    stances = {entry.claim.stance for side in sides for entry in side}
    return any(day > last and any(are_incompatible(one, other) for other in stances) for one, day in newest.items())


def _near(by_day: Mapping[date, list[Entry]], day: date) -> list[Entry]:
    """The claims of a day, and those of the next days that may be of this one."""
    lag: int = data("digest.yaml")["report_lag_days"]
    later = (day + timedelta(days=days) for days in range(1, lag + 1))
    return [*by_day[day], *(e for other in later for e in by_day.get(other, ()) if not e.claim.is_day_said)]


def _of_one_speaker(actor: str, entries: Sequence[Entry]) -> Iterator[tuple[ContradictionKind, _Sides]]:
    for members in _by_speaker(actor, entries).values():
        sides = _sides(members)
        outlets = {entry.outlet for side in sides for entry in side}
        if not all(sides) or _is_one_article(sides):
            continue
        if len(outlets) > 1:
            yield ContradictionKind.SOURCES, sides
        elif _is_one_day(sides):
            yield ContradictionKind.ITSELF, sides


def _of_speakers(actor: str, entries: Sequence[Entry]) -> Iterator[tuple[ContradictionKind, _Sides]]:
    """Speakers against each other, who are each of one mind. In one article only persons are held so."""
    of_one_mind = [m for m in _by_speaker(actor, entries).items() if not all(_sides(m[1]))]
    sides = _sides(list({e.claim.id: e for _, members in of_one_mind for e in members}.values()))
    if all(sides) and _is_one_article(sides):
        sides = _sides([entry for side in sides for entry in side if actor not in entry.speakers[actor]])
    outlets = {entry.outlet for side in sides for entry in side}
    if all(sides) and (len(outlets) > 1 or _is_one_day(sides)):
        yield ContradictionKind.SPEAKERS, sides


def _by_speaker(actor: str, entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        for speaker in entry.speakers[actor]:
            found[speaker].append(entry)
    return dict(sorted(found.items()))


def _sides(entries: Sequence[Entry]) -> _Sides:
    """The claims that another excludes: those in favour, and those against."""
    stances = {entry.claim.stance for entry in entries}
    excluded = [e for e in entries if any(are_incompatible(e.claim.stance, stance) for stance in stances)]
    against = {Stance.REFUSES, Stance.OPPOSES}
    ordered = sorted(excluded, key=lambda e: (_day(e), e.claim.id))
    return [e for e in ordered if e.claim.stance not in against], [e for e in ordered if e.claim.stance in against]


def _is_one_article(sides: _Sides) -> bool:
    return len({entry.claim.article for side in sides for entry in side}) <= 1


def _is_one_day(sides: _Sides) -> bool:
    return len({_day(entry) for side in sides for entry in side}) == 1


def _day(entry: Entry) -> date:
    assert entry.claim.day is not None
    return entry.claim.day
