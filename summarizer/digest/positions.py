"""Where actors stand, and where they changed.

An actor's position on a measure has up to three aspects, kept apart (`data/digest.yaml`): what it does itself,
what it thinks of the measure, and what it demands of others. In each the newest day with a claim decides.
On a day with several stances the most authoritative claims do: first-hand before second-hand, a head of government
before a minister, who holds an office before who doesn't. What only asserts is no position, and what the model is
unsure of counts for none.

A change is only told where it can be relied on: two claims of an actor on one measure, for the same country's
security, with a day each, the later one later whatever outlets' delays; first-hand and sure; not about
guarantees in general, not a refusal with a condition, and neither on a day when the actor's claims differ.
Where an article has one speaker both for and against a measure, he speaks of different things, and neither counts.
Another speaker of the actor than before has to hold an office, and makes a position softer only where both are
the government itself or its head: weaker words of one minister don't take back what another has promised.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from summarizer.digest.entries import Entry
from summarizer.digest.models import Change, ChangeKind, Standing
from summarizer.models import Measure, Stance
from summarizer.resources import data

Subject = tuple[str, Measure, str | None]
"""An actor, a measure, and the country whose security it is for."""
# So many claims of a day, the most authoritative, are held against those of an earlier day.
_MOST_HELD = 20


@dataclass(frozen=True, slots=True)
class Day:
    """What an actor's claims of a day come to; `entries` are those with the stance, the most authoritative first."""

    day: date | None
    stance: Stance
    entries: tuple[Entry, ...]
    is_contested: bool


def by_subject(entries: Iterable[Entry]) -> dict[Subject, list[Entry]]:
    """The claims for each actor and measure; a joint claim for each of its actors."""
    found: dict[Subject, list[Entry]] = defaultdict(list)
    for entry in entries:
        for actor in entry.claim.actors:
            found[actor, entry.claim.measure, entry.claim.protects].append(entry)
    return found


def standings(subjects: Mapping[Subject, Sequence[Entry]], since: date | None) -> list[Standing]:
    """Where each actor stands on each measure, aspect by aspect.

    A standing's claims are those of the unbroken run of days with its stance. Undated claims count where an
    aspect has no others. A standing that a later one of another aspect excludes is gone.
    """
    found = []
    for (actor, measure, protects), entries in subjects.items():
        runs = {aspect: _run([e for e in entries if e.is_sure("standing")], aspect) for aspect in _aspects()}
        held = [run for run in runs.values() if run]
        for run in held:
            if any(are_incompatible(run[0].stance, o[0].stance) and _is_later(o[0], run[0]) for o in held):
                continue
            first = run[-1].day
            found.append(
                Standing(
                    actor=actor,
                    measure=measure,
                    stance=run[0].stance,
                    protects=protects,
                    since=first,
                    claims=[entry.claim.id for day in run for entry in day.entries],
                    is_new=since is not None and first is not None and first >= since,
                )
            )
    return found


def _run(entries: Sequence[Entry], aspect: str) -> list[Day]:
    """The newest days without another stance between them, the newest first."""
    days = _days(entries, aspect)
    dated = [day for day in days if day.day]
    run: list[Day] = []
    for day in dated or days:
        if run and day.stance is not run[0].stance:
            break
        run.append(day)
    return run


def _is_later(one: Day, other: Day) -> bool:
    return one.day is not None and (other.day is None or one.day > other.day)


def _days(entries: Iterable[Entry], aspect: str) -> list[Day]:
    """The days on which a stance of the aspect was taken, the newest first, undated last."""
    stances = _aspects()[aspect]
    by_day: dict[date | None, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.claim.stance in stances:
            by_day[entry.claim.day].append(entry)
    return [_decided(by_day[day], day) for day in sorted(by_day, key=lambda day: day or date.min, reverse=True)]


def _decided(entries: Sequence[Entry], day: date | None) -> Day:
    order = data("digest.yaml")["same_day"]
    highest = max(entry.authority for entry in entries)
    best = {entry.claim.stance for entry in entries if entry.authority == highest}
    stance = min(best, key=order.index)
    holding = sorted((e for e in entries if e.claim.stance is stance), key=_by_authority)
    return Day(day, stance, tuple(holding), len(best) > 1)


def _by_authority(entry: Entry) -> tuple[object, ...]:
    return (*(not has for has in entry.authority), entry.claim.quote is None, -(entry.confidence or 0), entry.claim.id)


def changes(subjects: Mapping[Subject, Sequence[Entry]], since: date | None) -> list[Change]:
    """Every change of every actor, the newest first."""
    found = [
        _change(subject, kind, before, after, since)
        for subject, entries in subjects.items()
        for kind, before, after in _turns(subject[0], comparable(subject[0], entries))
    ]
    return sorted(found, key=lambda c: (-c.day.toordinal(), c.actor, c.measure, c.protects or "", c.before, c.after))


def _change(subject: Subject, kind: ChangeKind, before: Entry, after: Entry, since: date | None) -> Change:
    actor, measure, protects = subject
    assert after.claim.day is not None
    return Change(
        actor=actor,
        measure=measure,
        protects=protects,
        kind=kind,
        before=before.claim.id,
        after=after.claim.id,
        day=after.claim.day,
        is_new=since is not None and after.claim.day >= since,
    )


def comparable(actor: str, entries: Sequence[Entry]) -> list[Entry]:
    """The claims that changes and contradictions may rest on, without those of a speaker of two minds in an article."""
    stances: dict[tuple[str, str], set[Stance]] = defaultdict(set)
    for entry in entries:
        for speaker in entry.speakers[actor]:
            stances[entry.claim.article, speaker].add(entry.claim.stance)
    return [
        entry
        for entry in entries
        if entry.makes_changes
        and not any(
            are_incompatible(entry.claim.stance, other)
            for speaker in entry.speakers[actor]
            for other in stances[entry.claim.article, speaker]
        )
    ]


def _turns(actor: str, entries: Sequence[Entry]) -> list[tuple[ChangeKind, Entry, Entry]]:
    """The steps from a day to a later one with another stance, by a claim of each, oldest first. Demands make none."""
    days = [(aspect, day) for aspect in ("own", "view") for day in _days(entries, aspect) if not day.is_contested]
    held: dict[str, list[Day]] = {}
    turns = []
    for aspect, day in sorted(days, key=lambda pair: (pair[1].day or date.min, pair[0])):
        excluded = [a for a, other in held.items() if a != aspect and are_incompatible(other[-1].stance, day.stance)]
        before = held.get(aspect) or (held[excluded[0]] if excluded else None)
        kind = _kind(before[-1].stance, day.stance) if before else None
        if before and kind:
            turn = _turn(actor, kind, before, day)
            if turn is None:
                # A later day may show that the new stance holds.
                continue
            turns.append((kind, *turn))
        for gone in excluded:
            del held[gone]
        held[aspect] = [*held.get(aspect, []), day] if kind is None else [day]
    return turns


def _turn(actor: str, kind: ChangeKind, before: Sequence[Day], after: Day) -> tuple[Entry, Entry] | None:
    """The two claims that show a change best: of one speaker, in his own words, the old one as late as may be."""
    window = timedelta(days=data("digest.yaml")["quote_days"])
    last = before[-1].day or date.min
    recent = [day for day in reversed(before) if day.day and last - day.day <= window]
    older = [entry for day in recent for entry in day.entries][:_MOST_HELD]
    pairs = [(one, other) for one in older for other in after.entries[:_MOST_HELD] if _is_turn(actor, kind, one, other)]
    return max(pairs, key=lambda pair: _clearness(actor, *pair), default=None)


def _clearness(actor: str, before: Entry, after: Entry) -> tuple[bool, int, date]:
    is_same_speaker = bool(before.speakers[actor] & after.speakers[actor])
    quotes = sum(entry.claim.quote is not None for entry in (before, after))
    return is_same_speaker, quotes, before.claim.day or date.min


def _kind(before: Stance, after: Stance) -> ChangeKind | None:
    if are_incompatible(before, after):
        return ChangeKind.REVERSED
    firmness = data("digest.yaml")["firmness"]
    if firmness[before] == firmness[after]:
        return None
    return ChangeKind.FIRMER if firmness[after] > firmness[before] else ChangeKind.SOFTER


def _is_turn(actor: str, kind: ChangeKind, before: Entry, after: Entry) -> bool:
    """Whether the later claim can be relied on as a change."""
    is_same_speaker = bool(before.speakers[actor] & after.speakers[actor])
    is_of_head = before.is_led and after.is_led
    may_speak = is_same_speaker or (is_of_head if kind is ChangeKind.SOFTER else after.is_official)
    return may_speak and _follows(after, before)


def _follows(after: Entry, before: Entry) -> bool:
    """Whether the order of two claims is sure."""
    if after.claim.day is None or before.claim.day is None or after.claim.day <= before.claim.day:
        return False
    if after.claim.is_day_said and before.claim.is_day_said:
        return True
    if after.claim.article == before.claim.article:
        return False
    lag: int = data("digest.yaml")["report_lag_days"]
    return after.outlet == before.outlet or (after.claim.day - before.claim.day).days > lag


def are_incompatible(one: Stance, other: Stance) -> bool:
    """Whether an actor can't take both stances on one measure at a time."""
    return frozenset((one, other)) in _incompatible()


@cache
def _incompatible() -> frozenset[frozenset[Stance]]:
    return frozenset(frozenset(map(Stance, pair)) for pair in data("digest.yaml")["incompatible"])


@cache
def _aspects() -> dict[str, frozenset[Stance]]:
    return {name: frozenset(map(Stance, stances)) for name, stances in data("digest.yaml")["aspects"].items()}
