"""A digest as every view for readers needs it: claims numbered and looked up, their words, the grid of standings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from summarizer.actors import country_name
from summarizer.digest.models import (
    Actor,
    Change,
    Contradiction,
    ContradictionKind,
    Digest,
    DigestArticle,
    DigestClaim,
    Reported,
    Standing,
)
from summarizer.models import Measure, Stance
from summarizer.rendering.figures import counted, speaker_words
from summarizer.rendering.visible import visible_line

CONTRADICTION_WORDS = {
    ContradictionKind.SOURCES: "sources differ on what the same speaker holds",
    ContradictionKind.SPEAKERS: "its speakers differ",
    ContradictionKind.ITSELF: "one speaker, two positions on one day",
}


@dataclass(frozen=True)
class Grid:
    """Actors by measures. A cell holds an actor's own standings on a measure first, then what it demands.

    `name` says whose security it is about, where there are several countries: `for Armenia`.
    """

    name: str
    actors: tuple[Actor, ...]
    measures: tuple[Measure, ...]
    cells: dict[tuple[str, Measure], tuple[Standing, ...]]

    def of(self, actor: Actor) -> list[Standing]:
        """The actor's standings in the order of the measures."""
        return [one for measure in self.measures for one in self.cells.get((actor.id, measure), ())]


class Lookup:
    """A digest's claims, actors and articles by their ids.

    Articles stand with the newest first, claims of an article as they stand in it, and claims are numbered
    so from 1.
    """

    def __init__(self, digest: Digest) -> None:
        self.digest = digest
        self.articles = sorted(
            digest.articles, key=lambda a: (-(a.published or date.min).toordinal(), a.outlet, a.title or "", a.id)
        )
        self._actors = {actor.id: actor for actor in digest.actors}
        self._claims = {claim.id: claim for claim in digest.claims}
        self._articles = {article.id: article for article in digest.articles}
        self._by_article: dict[str, list[DigestClaim]] = {}
        for claim in sorted(digest.claims, key=_place):
            self._by_article.setdefault(claim.article, []).append(claim)
        numbered = (claim.id for article in self.articles for claim in self.claims_of(article))
        self._numbers = {claim: number for number, claim in enumerate(numbered, start=1)}

    def claim(self, claim_id: str) -> DigestClaim:
        """The claim with this id."""
        return self._claims[claim_id]

    def claims(self, claim_ids: Iterable[str]) -> list[DigestClaim]:
        """The claims with these ids."""
        return [self._claims[one] for one in claim_ids]

    def number(self, claim: DigestClaim) -> int:
        """Its number in the digest, from 1."""
        return self._numbers[claim.id]

    def article(self, claim: DigestClaim) -> DigestArticle:
        """The article that it stands in."""
        return self._articles[claim.article]

    def claims_of(self, article: DigestArticle) -> list[DigestClaim]:
        """Its claims in the order of its text."""
        return self._by_article.get(article.id, [])

    def names(self, actor_ids: Iterable[str]) -> str:
        """The actors' names, one after the other."""
        return ", ".join(self._actors[one].name for one in actor_ids)

    @cached_property
    def protected(self) -> dict[str, str]:
        """The countries whose security it is about, by code, where there are several; else nothing need be said."""
        codes = dict.fromkeys(claim.protects for claim in self.digest.claims if claim.protects)
        if len({claim.protects for claim in self.digest.claims}) < 2:
            return {}
        return {code: country_name(code, self.digest.language) for code in codes}

    def about(self, item: Change | Contradiction | DigestClaim | Reported | Standing) -> str:
        """The measure, and where the digest is about several countries' security, for which: `troops for Armenia`."""
        return f"{item.measure.value}{self.whose(item)}"

    def whose(self, item: Change | Contradiction | DigestClaim | Reported | Standing) -> str:
        """` for Armenia` where the digest is about several countries' security, and where it is known."""
        name = self.protected.get(item.protects or "")
        return f" for {name}" if name else ""

    def who(self, claim: DigestClaim) -> str:
        """The speakers as the article has them, with office, and with the affiliation where it isn't the actor."""
        known = {*(self._actors[one].name for one in claim.actors), *claim.actors}
        return ", ".join(speaker_words(speaker, known) for speaker in claim.speakers)

    @cached_property
    def grids(self) -> list[Grid]:
        """Who stands where: a grid for each country whose security it is about, the one with most standings first.

        Governments are first, measures in the order of `Measure`.
        """
        parts: dict[str, list[Standing]] = {}
        for standing in self.digest.standings:
            parts.setdefault(self.whose(standing).strip(), []).append(standing)
        return [self._grid(name, part) for name, part in sorted(parts.items(), key=lambda item: -len(item[1]))]

    def _grid(self, name: str, standings: Sequence[Standing]) -> Grid:
        cells: dict[tuple[str, Measure], list[Standing]] = {}
        for standing in sorted(standings, key=lambda one: one.stance is Stance.DEMANDS):
            cells.setdefault((standing.actor, standing.measure), []).append(standing)
        held = {actor for actor, _ in cells}
        actors = [actor for actor in self.digest.actors if actor.id in held]
        return Grid(
            name,
            tuple(sorted(actors, key=lambda actor: not actor.is_government)),
            tuple(m for m in Measure if any(m is measure for _, measure in cells)),
            {key: tuple(cell) for key, cell in cells.items()},
        )

    @cached_property
    def dates(self) -> tuple[date, date] | None:
        """From which day to which the claims are; none where no claim has a day."""
        days = [claim.day for claim in self.digest.claims if claim.day]
        return (min(days), max(days)) if days else None

    @cached_property
    def new_changes(self) -> list[Change]:
        """Changes since the digest's `since`."""
        return [one for one in self.digest.changes if self.digest.since and one.is_new]

    @cached_property
    def new_contradictions(self) -> list[Contradiction]:
        """Contradictions with a claim since then."""
        return [one for one in self.digest.contradictions if self.digest.since and one.is_new]

    def dispute(self, standing: Standing) -> Contradiction | None:
        """A contradiction in which the standing's stance is one side."""
        for one in self._contradictions.get((standing.actor, standing.measure, standing.protects), []):
            if any(claim.stance is standing.stance for claim in self.claims([*one.first, *one.second])):
                return one
        return None

    @cached_property
    def _contradictions(self) -> dict[tuple[str, Measure, str | None], list[Contradiction]]:
        found: dict[tuple[str, Measure, str | None], list[Contradiction]] = {}
        for one in self.digest.contradictions:
            found.setdefault((one.actor, one.measure, one.protects), []).append(one)
        return found

    @cached_property
    def new_standings(self) -> list[Standing]:
        """Positions taken since then, but for those that a change tells of."""
        moved = {(one.actor, one.measure, one.protects) for one in self.new_changes}
        return [
            one
            for one in self.digest.standings
            if self.digest.since and one.is_new and (one.actor, one.measure, one.protects) not in moved
        ]

    @cached_property
    def newly_held(self) -> dict[str, list[Standing]]:
        """The same by actor."""
        found: dict[str, list[Standing]] = {}
        for standing in self.new_standings:
            found.setdefault(standing.actor, []).append(standing)
        return found

    @cached_property
    def new_claims(self) -> list[DigestClaim]:
        """Claims since then."""
        return [claim for claim in self.digest.claims if self.digest.since and claim.is_new]

    @cached_property
    def by_several(self) -> list[Reported]:
        """What several outlets report."""
        return [one for one in self.digest.reported if len(one.outlets) > 1]

    @cached_property
    def by_one(self) -> list[Reported]:
        """What one outlet reports."""
        return [one for one in self.digest.reported if len(one.outlets) <= 1]

    def outlets(self, reported: Reported) -> list[str]:
        """Whose reporting it is, in words: an article of no known outlet is called by its title."""
        return [self._nameless.get(outlet, outlet) for outlet in reported.outlets]

    @cached_property
    def _nameless(self) -> dict[str, str]:
        alone = (article for article in self.articles if article.outlet == article.id and not article.source)
        return {article.outlet: article_name(article) for article in alone}

    def amounts(self) -> list[str]:
        """How much the digest rests on: `3 articles`, `1 outlet` and so on."""
        digest = self.digest
        return [
            counted(len(digest.articles), "article"),
            counted(len({article.outlet for article in digest.articles}), "outlet"),
            counted(len(digest.claims), "claim"),
            counted(len(digest.actors), "actor"),
        ]

    def facts(self) -> list[str]:
        """How much it rests on, and from which day to which, one phrase each."""
        return [fact for fact in (*self.amounts(), period(self.dates)) if fact]


def said(claim: DigestClaim) -> str:
    """The claim in the article's words: the quote, else the sentences that carry it."""
    return claim.quote.text if claim.quote else " ".join(evidence.text for evidence in claim.evidence)


def day_words(claim: DigestClaim) -> str:
    """`said 2025-09-04`, `reported 2025-09-05`, `undated`."""
    if claim.day is None:
        return "undated"
    return f"{'said' if claim.is_day_said else 'reported'} {claim.day.isoformat()}"


def article_name(article: DigestArticle) -> str:
    """What an article is called: its title, else its outlet."""
    return visible_line(article.title) or outlet_name(article)


def outlet_name(article: DigestArticle) -> str:
    """Whose reporting it is: the source as the article has it, else the outlet where it has a name."""
    outlet = "" if article.outlet == article.id else visible_line(article.outlet)
    return visible_line(article.source) or outlet or "no source"


def period(dates: tuple[date, date] | None) -> str:
    """`2025-08-19 to 2026-09-24`, one day alone, or nothing."""
    if dates is None:
        return ""
    first, last = (day.isoformat() for day in dates)
    return first if first == last else f"{first} to {last}"


def _place(claim: DigestClaim) -> tuple[int, str]:
    return (claim.evidence[0].start if claim.evidence else 0, claim.id)
