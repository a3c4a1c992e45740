"""Claims in groups, positions in a grid: pure, shared by every view for readers."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from summarizer.models import Claim, Measure, Position, Speaker

_K = TypeVar("_K", bound=Hashable)


class GroupBy(StrEnum):
    """What the claims of a report are grouped by."""

    SPEAKER = "speaker"
    MEASURE = "measure"


@dataclass(frozen=True)
class SpeakerGroup:
    """The claims of one speaker, or of one set of speakers that speak jointly."""

    speakers: tuple[Speaker, ...]
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class MeasureGroup:
    """The claims about one measure."""

    measure: Measure
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class PositionGrid:
    """Actors by measures. A cell holds the positions of one actor on one measure, in the report's order."""

    actors: tuple[str, ...]
    measures: tuple[Measure, ...]
    cells: dict[tuple[str, Measure], tuple[Position, ...]]


def in_text_order(claims: Iterable[Claim]) -> list[Claim]:
    """Claims by where their first evidence starts; those without evidence last."""
    return sorted(claims, key=lambda claim: min((e.start for e in claim.evidence), default=float("inf")))


def by_speaker(claims: Sequence[Claim]) -> list[SpeakerGroup]:
    """Group by the set of speakers, so that a joint claim appears once, under all its speakers.

    Groups and the claims in them follow the article. The order in which a joint claim names its
    speakers doesn't matter for the grouping; the group keeps the first one's order and, of a speaker's
    role and affiliation, the first that is given.
    """
    groups = _grouped((frozenset(s.name for s in claim.speakers), claim) for claim in in_text_order(claims))
    return [SpeakerGroup(_described(group), tuple(group)) for group in groups.values()]


def by_measure(claims: Sequence[Claim]) -> list[MeasureGroup]:
    """Group by measure; groups and the claims in them follow the article."""
    groups = _grouped((claim.measure, claim) for claim in in_text_order(claims))
    return [MeasureGroup(measure, tuple(group)) for measure, group in groups.items()]


def position_grid(positions: Sequence[Position]) -> PositionGrid:
    """Lay positions out: actors in the report's order, the measures that occur in the order of `Measure`."""
    cells = _grouped(((p.actor, p.measure), p) for p in positions)
    used = {p.measure for p in positions}
    return PositionGrid(
        actors=tuple(dict.fromkeys(p.actor for p in positions)),
        measures=tuple(m for m in Measure if m in used),
        cells={key: tuple(group) for key, group in cells.items()},
    )


_V = TypeVar("_V")


def _grouped(pairs: Iterable[tuple[_K, _V]]) -> dict[_K, list[_V]]:
    groups: dict[_K, list[_V]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def _described(claims: Sequence[Claim]) -> tuple[Speaker, ...]:
    found: dict[str, Speaker] = {}
    for claim in claims:
        for speaker in claim.speakers:
            known = found.setdefault(speaker.name, speaker)
            found[speaker.name] = known.model_copy(
                update={
                    "role": known.role or speaker.role,
                    "affiliation": known.affiliation or speaker.affiliation,
                }
            )
    return tuple(found.values())
