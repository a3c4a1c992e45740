"""What stands on the digest's page: computed here, so that the template only lays it out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

from summarizer.digest.models import (
    Actor,
    Change,
    Contradiction,
    Digest,
    DigestArticle,
    DigestClaim,
    Reported,
    Standing,
)
from summarizer.models import Measure, Stance
from summarizer.rendering.addresses import web_address
from summarizer.rendering.digest_lookup import (
    CONTRADICTION_WORDS,
    Grid,
    Lookup,
    article_name,
    day_words,
    outlet_name,
    period,
)
from summarizer.rendering.figures import quoted_pieces, sentences
from summarizer.rendering.html.digest_timeline import Row, Scale, rows, scale

_FRAGMENT_WORDS = 8
_DIRECTIVE = ":~:"


@dataclass(frozen=True)
class Tags:
    """What the filters go by: tokens without white space, several with spaces between."""

    actors: str
    measures: str
    stances: str
    protects: str
    is_new: bool


@dataclass(frozen=True)
class ClaimView:
    """A claim with everything that the page says of it.

    `words` are its sentences, each before, within and after the quote.
    """

    claim: DigestClaim
    number: int
    who: str
    actors: str
    when: str
    outlet: str
    title: str
    about: str
    language: str
    address: str | None
    words: tuple[tuple[str, str, str], ...]
    tags: Tags

    @property
    def anchor(self) -> str:
        """The id of its place among the claims by article."""
        return f"claim-{self.number}"

    @property
    def is_verbatim(self) -> bool:
        """Whether the statement only repeats the evidence."""
        return ["".join(pieces) for pieces in self.words] == [self.claim.statement]

    @property
    def place(self) -> str:
        """Where its words stand in the article."""
        return sentences(self.claim.evidence)

    @property
    def label(self) -> str:
        """What its mark means, for whoever doesn't see it; its place in the timeline says who and about what."""
        return f"Claim {self.number}: {self.claim.stance.value}, {self.when}"


@dataclass(frozen=True)
class StandingView:
    """An actor's position on a measure, with its claims, the newest first.

    `timeline` is the id of the actor's timeline, `dispute` that of a contradiction about it, empty without one.
    """

    standing: Standing
    actor: str
    about: str
    claims: tuple[ClaimView, ...]
    tags: Tags
    timeline: str
    dispute: str

    @property
    def is_demand(self) -> bool:
        """Whether it is what the actor wants of others, not what it does."""
        return self.standing.stance is Stance.DEMANDS


@dataclass(frozen=True)
class GridRow:
    """An actor with a cell a measure."""

    actor: Actor
    cells: tuple[tuple[StandingView, ...], ...]


@dataclass(frozen=True)
class GridPart:
    """Who stands where on the security of a country; `name` is empty where nothing need be told apart."""

    name: str
    measures: tuple[Measure, ...]
    governments: tuple[GridRow, ...]
    others: tuple[GridRow, ...]


@dataclass(frozen=True)
class ChangeView:
    """An actor's change with the claims before and after it."""

    change: Change
    number: int
    actor: str
    about: str
    kind: str
    before: ClaimView
    after: ClaimView
    tags: Tags


@dataclass(frozen=True)
class ContradictionView:
    """Two sides, each with its claims."""

    contradiction: Contradiction
    number: int
    actor: str
    about: str
    kind: str
    sides: tuple[tuple[ClaimView, ...], tuple[ClaimView, ...]]
    tags: Tags


@dataclass(frozen=True)
class ReportedView:
    """The same claim by one outlet or several."""

    reported: Reported
    actors: str
    outlets: list[str]
    about: str
    claims: tuple[ClaimView, ...]
    tags: Tags


@dataclass(frozen=True)
class TimelineView:
    """An actor's claims over time; `token` is what the filters know the actor by."""

    actor: Actor
    number: int
    token: str
    rows: tuple[Row, ...]
    claims: tuple[ClaimView, ...]

    @property
    def is_single(self) -> bool:
        """Whether there is nothing to compare."""
        return len(self.claims) == 1

    @property
    def has_undated(self) -> bool:
        """Whether a claim has no place on the axis."""
        return any(row.undated for row in self.rows)

    @property
    def other_names(self) -> list[str]:
        """What else the articles call the actor."""
        return [name for name in self.actor.names if name != self.actor.name]


@dataclass(frozen=True)
class ArticleView:
    """An article with its claims."""

    article: DigestArticle
    name: str
    outlet: str
    address: str | None
    claims: tuple[ClaimView, ...]


class DigestView:
    """A digest's page in sections."""

    most_cited = 5
    """So many claims of a position are cited beside it; its timeline has all."""

    def __init__(self, digest: Digest) -> None:
        self.digest = digest
        self.lookup = Lookup(digest)
        self.measures = [m for m in Measure if any(c.measure is m for c in digest.claims)]
        self.stances = [s for s in Stance if any(c.stance is s for c in digest.claims)]
        self.axis: Scale | None = scale(digest.claims)
        self._tokens = {actor.id: f"a{number}" for number, actor in enumerate(digest.actors, start=1)}
        self._timelines = {actor.id: f"actor-{number}" for number, actor in enumerate(digest.actors, start=1)}
        self._disputes = {id(one): f"contradiction-{number}" for number, one in enumerate(digest.contradictions, 1)}
        self._claims = {claim.id: self._claim(claim) for claim in digest.claims}

    @property
    def title(self) -> str:
        """What the page is called: `Digest, 2025-08-19 to 2026-09-24`."""
        return ", ".join(filter(None, ("Digest", period(self.lookup.dates))))

    @property
    def actors(self) -> list[tuple[str, Actor]]:
        """The actors by name, with the filters' token for each."""
        return sorted(((self._tokens[a.id], a) for a in self.digest.actors), key=lambda pair: pair[1].name.casefold())

    def claim(self, claim_id: str) -> ClaimView:
        """The claim with this id."""
        return self._claims[claim_id]

    @cached_property
    def new_claims(self) -> list[ClaimView]:
        """Claims since the digest's `since`."""
        return [self._claims[claim.id] for claim in self.lookup.new_claims]

    @cached_property
    def new_changes(self) -> list[ChangeView]:
        """Changes since then."""
        return [one for one in self.changes if one.change in self.lookup.new_changes]

    @cached_property
    def new_contradictions(self) -> list[ContradictionView]:
        """Contradictions with a claim since then."""
        return [one for one in self.contradictions if one.contradiction in self.lookup.new_contradictions]

    @cached_property
    def new_standings(self) -> list[tuple[str, list[StandingView]]]:
        """Positions taken since then, by actor."""
        return [
            (self.lookup.names([actor]), [self._standing(one) for one in standings])
            for actor, standings in self.lookup.newly_held.items()
        ]

    @cached_property
    def grids(self) -> list[GridPart]:
        """Who stands where."""
        return [self._grid(one) for one in self.lookup.grids]

    @cached_property
    def changes(self) -> list[ChangeView]:
        """Who changed position."""
        return [
            ChangeView(
                change,
                number,
                self.lookup.names([change.actor]),
                self.lookup.about(change),
                change.kind.value,
                self._claims[change.before],
                self._claims[change.after],
                self._tags([change.actor], self.lookup.claims([change.before, change.after]), change),
            )
            for number, change in enumerate(self.digest.changes, start=1)
        ]

    @cached_property
    def contradictions(self) -> list[ContradictionView]:
        """Who contradicts whom."""
        return [
            ContradictionView(
                one,
                number,
                self.lookup.names([one.actor]),
                self.lookup.about(one),
                CONTRADICTION_WORDS[one.kind],
                (self._views(one.first), self._views(one.second)),
                self._tags([one.actor], self.lookup.claims([*one.first, *one.second]), one),
            )
            for number, one in enumerate(self.digest.contradictions, start=1)
        ]

    @cached_property
    def by_several(self) -> list[ReportedView]:
        """What several outlets report."""
        return [self._reported(one) for one in self.lookup.by_several]

    @cached_property
    def by_one(self) -> list[ReportedView]:
        """What one outlet reports."""
        return [self._reported(one) for one in self.lookup.by_one]

    @cached_property
    def timelines(self) -> list[TimelineView]:
        """A timeline an actor, those with most claims first."""
        return [
            TimelineView(
                actor,
                number,
                self._tokens[actor.id],
                rows(self.lookup.claims(actor.claims), self._changes_of(actor), self.axis),
                self._views(actor.claims),
            )
            for number, actor in enumerate(self.digest.actors, start=1)
            if actor.claims
        ]

    @cached_property
    def articles(self) -> list[ArticleView]:
        """The articles with their claims, the newest first."""
        return [
            ArticleView(
                article,
                article_name(article),
                outlet_name(article),
                web_address(article.url),
                self._views(claim.id for claim in self.lookup.claims_of(article)),
            )
            for article in self.lookup.articles
        ]

    def _grid(self, grid: Grid) -> GridPart:
        rows_ = tuple(
            GridRow(actor, tuple(tuple(map(self._standing, grid.cells.get((actor.id, m), ()))) for m in grid.measures))
            for actor in grid.actors
        )
        return GridPart(
            grid.name,
            grid.measures,
            tuple(row for row in rows_ if row.actor.is_government),
            tuple(row for row in rows_ if not row.actor.is_government),
        )

    def _views(self, claim_ids: Iterable[str]) -> tuple[ClaimView, ...]:
        return tuple(self._claims[one] for one in claim_ids)

    def _changes_of(self, actor: Actor) -> list[Change]:
        return [change for change in self.digest.changes if change.actor == actor.id]

    def _claim(self, claim: DigestClaim) -> ClaimView:
        article = self.lookup.article(claim)
        return ClaimView(
            claim=claim,
            number=self.lookup.number(claim),
            who=self.lookup.who(claim),
            actors=self.lookup.names(claim.actors),
            when=day_words(claim),
            outlet=outlet_name(article),
            title=article_name(article),
            about=self.lookup.about(claim),
            language=article.language,
            address=address_of_words(article.url, claim.evidence[0].text if claim.evidence else ""),
            words=tuple(quoted_pieces(one, claim.quote) for one in claim.evidence),
            tags=self._tags(claim.actors, [claim], claim),
        )

    def _standing(self, standing: Standing) -> StandingView:
        lookup, claims = self.lookup, self._views(standing.claims)
        tags = self._tags([standing.actor], lookup.claims(standing.claims), standing)
        dispute = lookup.dispute(standing)
        return StandingView(
            standing,
            lookup.names([standing.actor]),
            lookup.about(standing),
            claims,
            tags,
            self._timelines[standing.actor],
            self._disputes[id(dispute)] if dispute else "",
        )

    def _reported(self, one: Reported) -> ReportedView:
        tags = self._tags(one.actors, self.lookup.claims(one.claims), one)
        return ReportedView(
            one,
            self.lookup.names(one.actors),
            self.lookup.outlets(one),
            self.lookup.about(one),
            self._views(one.claims),
            tags,
        )

    def _tags(
        self,
        actors: Sequence[str],
        claims: Iterable[DigestClaim],
        item: Change | Contradiction | DigestClaim | Reported | Standing,
    ) -> Tags:
        stances = dict.fromkeys(claim.stance.value for claim in claims)
        return Tags(
            actors=" ".join(self._tokens[one] for one in actors),
            measures=item.measure.value,
            stances=" ".join(stances),
            protects=item.protects or "",
            is_new=item.is_new,
        )


def address_of_words(url: str | None, sentence: str) -> str | None:
    """The article's address with a text fragment, so that a browser scrolls to the sentence; none without address."""
    address = web_address(url)
    first = " ".join(sentence.split()[:_FRAGMENT_WORDS])
    if address is None or not first:
        return address
    # A hyphen is part of the fragment's own syntax, and quote leaves it as it is.
    encoded = quote(first, safe="", errors="replace").replace("-", "%2D")
    whole, _, fragment = address.partition("#")
    return f"{whole}#{fragment.partition(_DIRECTIVE)[0]}{_DIRECTIVE}text={encoded}"
