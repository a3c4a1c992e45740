"""Where marks stand on a timeline: days become percents of the width, claims on the same spot get lanes.

Horizontal places are percents, so that a timeline fits any width; vertical ones are CSS pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from summarizer.digest.models import Change, DigestClaim
from summarizer.models import Measure

LANE = 24
_MARGIN = 4.0
# Two marks side by side need this much of the narrowest plot that the style sheet allows.
_NEAREST = 4.6
_MOST_TICKS = 5
_DAY_STEPS = (1, 2, 7, 14)
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)


@dataclass(frozen=True)
class Tick:
    """A day on the axis; `anchor` keeps its label within the plot."""

    x: float
    label: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Scale:
    """From the first day to the last; a single day stands in the middle."""

    first: date
    last: date

    def at(self, day: date) -> float:
        """Where a day stands, in percent of the width."""
        span = (self.last - self.first).days
        if not span:
            return 50.0
        return round(_MARGIN + (100 - 2 * _MARGIN) * (day - self.first).days / span, 2)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """Round days, months or years, as close as their labels allow."""
        if self.first == self.last:
            return (Tick(50.0, self.first.isoformat()),)
        days = next((days for days in _round_days(self.first, self.last) if len(days) <= _MOST_TICKS), [])
        if len(days) < 2:
            days = [(self.first, self.first.isoformat()), (self.last, self.last.isoformat())]
        return tuple(_tick(self.at(day), label) for day, label in days)


@dataclass(frozen=True)
class Mark:
    """A claim on the timeline, at its middle."""

    claim: DigestClaim
    x: float
    y: int


@dataclass(frozen=True)
class Join:
    """From the last claim with the old stance to the first with the new one."""

    change: Change
    x1: float
    y1: int
    x2: float
    y2: int


@dataclass(frozen=True)
class Row:
    """What an actor says on one thing, which `first` is about; `undated` has no place on the axis."""

    first: DigestClaim
    height: int
    marks: tuple[Mark, ...]
    joins: tuple[Join, ...]
    undated: tuple[DigestClaim, ...]


def scale(claims: Iterable[DigestClaim]) -> Scale | None:
    """The days of the claims; none where no claim has a day."""
    days = [claim.day for claim in claims if claim.day]
    return Scale(min(days), max(days)) if days else None


def rows(claims: Sequence[DigestClaim], changes: Iterable[Change], axis: Scale | None) -> tuple[Row, ...]:
    """A row a measure and a country whose security it is about, of one actor's claims and changes."""
    moved = list(changes)
    order = {measure: place for place, measure in enumerate(Measure)}
    kinds = sorted(dict.fromkeys(map(_subject, claims)), key=lambda one: (order[one[0]], one[1] or ""))
    return tuple(
        _row(
            [claim for claim in claims if _subject(claim) == (measure, protects)],
            [change for change in moved if _subject(change) == (measure, protects)],
            axis,
        )
        for measure, protects in kinds
    )


def _subject(item: Change | DigestClaim) -> tuple[Measure, str | None]:
    return item.measure, item.protects


def _row(claims: list[DigestClaim], changes: list[Change], axis: Scale | None) -> Row:
    marks = tuple(_marks(claims, axis)) if axis else ()
    places = {mark.claim.id: mark for mark in marks}
    joins = tuple(
        Join(change, places[change.before].x, places[change.before].y, places[change.after].x, places[change.after].y)
        for change in changes
        if change.before in places and change.after in places
    )
    lanes = max((mark.y for mark in marks), default=0) // LANE + 1
    return Row(claims[0], lanes * LANE, marks, joins, tuple(c for c in claims if c.day is None))


def _marks(claims: list[DigestClaim], axis: Scale) -> Iterator[Mark]:
    ends: list[float] = []
    for day, claim in sorted(((c.day, c) for c in claims if c.day), key=lambda pair: pair[0]):
        x = axis.at(day)
        lane = next((n for n, end in enumerate(ends) if end + _NEAREST <= x), len(ends))
        ends[lane : lane + 1] = [x]
        yield Mark(claim, x, lane * LANE + LANE // 2)


def _round_days(first: date, last: date) -> Iterator[list[tuple[date, str]]]:
    """Ever fewer days with their labels: every day, every Monday …, the first of a month, of a year."""
    span = (last - first).days
    for step in (step for step in _DAY_STEPS if span // step <= _MOST_TICKS):
        start = first.toordinal() + (-first.weekday() % 7 if step >= 7 else 0)
        days = [date.fromordinal(ordinal) for ordinal in range(start, last.toordinal() + 1, step)]
        yield [(day, day.isoformat()) for day in days]
    for step in (step for step in _MONTH_STEPS if span // 31 // step <= _MOST_TICKS):
        months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
        # The first month's first day may be before the first claim: then it isn't on the axis.
        days = [date(month // 12, month % 12 + 1, 1) for month in months if month % step == 0]
        yield [(day, day.isoformat()[: 4 if step >= 12 else 7]) for day in days if first <= day <= last]


def _tick(x: float, label: str) -> Tick:
    return Tick(x, label, "start" if x < 8 else "end" if x > 92 else "middle")
