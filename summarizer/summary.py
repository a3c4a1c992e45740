"""Positions and the summary, both derived from verified claims."""

from __future__ import annotations

from collections.abc import Sequence

from summarizer import resources
from summarizer.actors import actor_of, countries_in, country_name
from summarizer.models import Claim, Measure, Position, Speaker, Stance, Summary, SummarySentence

_MAX_NAMES = 12


def actor_name(speaker: Speaker, language: str) -> str:
    """The actor that a speaker stands for: the affiliation's country or body, else the speaker."""
    for words in (speaker.affiliation, speaker.name):
        if not words:
            continue
        code = actor_of(words) or next(iter(countries_in(words) if words is speaker.affiliation else []), None)
        if code:
            return country_name(code, language)
    return speaker.name


def positions(claims: Sequence[Claim], language: str) -> list[Position]:
    """A row for each actor, measure and stance, in the order of the article; its claims the newest first."""
    rows: dict[tuple[str, Measure, Stance], list[Claim]] = {}
    for claim in claims:
        for actor in dict.fromkeys(actor_name(s, language) for s in claim.speakers):
            rows.setdefault((actor, claim.measure, claim.stance), []).append(claim)
    return [
        Position(actor=actor, measure=measure, stance=stance, claims=[c.id for c in _newest_first(members)])
        for (actor, measure, stance), members in rows.items()
    ]


def _newest_first(claims: list[Claim]) -> list[Claim]:
    return (
        sorted(claims, key=lambda c: (c.said_on is not None, c.said_on), reverse=True)
        if all(c.said_on for c in claims)
        else list(reversed(claims))
    )


def summarize_claims(claims: Sequence[Claim], language: str) -> Summary:
    """A summary without a model: a sentence for each stance and measure, naming who holds it."""
    rows: dict[tuple[Stance, Measure], list[Claim]] = {}
    for claim in claims:
        if claim.stance is not Stance.ASSERTS:
            rows.setdefault((claim.stance, claim.measure), []).append(claim)
    order = list(Stance)
    return Summary(
        sentences=[
            SummarySentence(text=_sentence(key, rows[key], language), claims=[c.id for c in rows[key]])
            for key in sorted(rows, key=lambda key: (order.index(key[0]), key[1]))
        ]
    )


def _sentence(key: tuple[Stance, Measure], claims: list[Claim], language: str) -> str:
    words = resources.data("summary.yaml")[language if language in {"de", "en"} else "en"]
    names = list(dict.fromkeys(s.name for c in claims for s in c.speakers))
    shown = (
        names if len(names) <= _MAX_NAMES else [*names[:_MAX_NAMES], words["more"].format(n=len(names) - _MAX_NAMES)]
    )
    listed = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {words['and']} {shown[-1]}"
    return f"{words['stance'][key[0]]} ({words['measure'][key[1]]}): {listed}."
