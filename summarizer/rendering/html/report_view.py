"""A report as its page lays it out: claims with where they stand, the text in pieces, positions. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count

from summarizer.corrections import Correction, applicable, corrected
from summarizer.models import Article, Claim, Measure, Position, Rejection, Report, Run, Stance, Summary
from summarizer.rendering.addresses import web_address
from summarizer.rendering.citations import plain_citation
from summarizer.rendering.figures import (
    check_words,
    counted,
    duration,
    effort,
)
from summarizer.rendering.grouping import in_text_order, position_grid
from summarizer.rendering.html.claim_view import ClaimView, claim_anchor, claim_view, in_json
from summarizer.rendering.html.report_text import Paragraph, Piece, article_text
from summarizer.rendering.visible import visible_line

_NOT_IN_FILE_NAMES = re.compile(r"[^\w.-]+")
_LONGEST_FILE_NAME = 80


@dataclass(frozen=True)
class Reference:
    """A claim that is cited; without an anchor where the report doesn't have it."""

    id: str
    anchor: str


@dataclass(frozen=True)
class CitedSentence:
    """A sentence of the summary with the claims that it rests on."""

    text: str
    claims: tuple[Reference, ...]


@dataclass(frozen=True)
class Held:
    """A stance of one actor on one measure, with its claims in the order of the text."""

    stance: Stance
    claims: tuple[Reference, ...]


@dataclass(frozen=True)
class HeatRow:
    """An actor with what it holds on each of the measures. `who` is its name in the filter.

    An actor all of whose claims are wrong holds nothing.
    """

    actor: str
    who: str
    cells: tuple[tuple[Held, ...], ...]

    @property
    def is_empty(self) -> bool:
        """Whether the actor holds nothing."""
        return not any(self.cells)


@dataclass(frozen=True)
class Heatmap:
    """Actors by measures; only the measures that occur."""

    measures: tuple[Measure, ...]
    rows: tuple[HeatRow, ...]


@dataclass(frozen=True)
class Choice:
    """Something to filter by, and how many claims it leaves."""

    value: str
    name: str
    claims: int


@dataclass(frozen=True)
class Filters:
    """What the claims of the report can be filtered by."""

    actors: tuple[Choice, ...]
    speakers: tuple[Choice, ...]
    stances: tuple[Stance, ...]
    measures: tuple[Measure, ...]


@dataclass(frozen=True)
class Refusal:
    """A refused claim as the model gave it, and each check with what it said."""

    statement: str
    claim: str
    reasons: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Missed:
    """A sentence with a reporting cue that no claim cites."""

    number: int
    anchor: str
    cue: str
    text: str


@dataclass(frozen=True)
class ReportView:
    """All that stands on the page. `id_json` is the article's id, for the page's script."""

    title: str
    article_facts: tuple[str, ...]
    address: str
    language: str
    article_language: str
    id_json: str
    file_name: str
    outcome: tuple[str, ...]
    claims: tuple[ClaimView, ...]
    paragraphs: tuple[Paragraph, ...]
    summary: tuple[CitedSentence, ...]
    heatmap: Heatmap
    filters: Filters
    rejections: tuple[Refusal, ...]
    uncovered: tuple[Missed, ...]
    run: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]

    @cached_property
    def by_id(self) -> dict[str, ClaimView]:
        """The claims by their ids."""
        return {claim.id: claim for claim in self.claims}

    def claims_of(self, piece: Piece) -> tuple[ClaimView, ...]:
        """The claims that rest on a sentence."""
        return tuple(self.by_id[id_] for id_ in piece.claims)

    def tones(self, piece: Piece) -> str:
        """The classes that colour a sentence by the first two stances in it. Claims that are wrong don't count."""
        stances = dict.fromkeys(claim.stance.value for claim in self.claims_of(piece) if not claim.is_wrong)
        return " ".join(f"{name}-{stance}" for name, stance in zip(("stance", "also"), stances, strict=False))


def report_view(report: Report, corrections: Sequence[Correction] = ()) -> ReportView:
    """The page of a report, with what readers have corrected; corrections of other claims are left out."""
    report = _with_distinct_ids(report)
    article, after = report.article, corrected(report, corrections)
    by_claim = applicable(report, corrections)
    ordered = in_text_order(report.claims)
    # With what readers took out as well: a claim that is wrong has its actors still.
    actors = dict.fromkeys(p.actor for p in (*report.positions, *after.positions))
    names = dict.fromkeys(s.name for claim in ordered for s in claim.speakers)
    who = _Who(
        {actor: f"a{place}" for place, actor in enumerate(actors)},
        {name: f"s{place}" for place, name in enumerate(names)},
        _claims_of((*report.positions, *after.positions)),
    )
    text = article_text(report)
    claims = tuple(
        claim_view(
            claim,
            article,
            language=report.run.language or article.language,
            anchors=text.anchors,
            who=who.of(claim),
            citation=plain_citation(report, claim),
            correction=by_claim.get(claim.id),
        )
        for claim in ordered
    )
    return ReportView(
        title=visible_line(article.title) or visible_line(article.source) or "Untitled article",
        article_facts=_article_facts(article),
        address=web_address(article.url) or "",
        language=report.run.language or article.language,
        article_language=article.language,
        id_json=in_json(article.id),
        file_name=f"{_file_name(article.id)}.corrections.json",
        outcome=_outcome(report, claims),
        claims=claims,
        paragraphs=text.paragraphs,
        summary=_summary(after.summary, claims),
        heatmap=_heatmap(after.positions, ordered, who),
        filters=_filters(claims, who),
        rejections=tuple(map(refusal, report.rejections)),
        uncovered=tuple(Missed(u.sentence, text.anchors[u.start], u.cue, u.text) for u in report.uncovered),
        run=tuple(_run_facts(report.run)),
        warnings=tuple(report.run.warnings),
    )


def _with_distinct_ids(report: Report) -> Report:
    """Of claims that have one id the first keeps it, and is the one that is cited."""
    taken: set[str] = set()
    claims = []
    for claim in report.claims:
        names = chain([claim.id], (f"{claim.id} ({number})" for number in count(2)))
        name = next(name for name in names if name not in taken)
        taken.add(name)
        claims.append(claim if name == claim.id else claim.model_copy(update={"id": name}))
    return report if claims == report.claims else report.model_copy(update={"claims": claims})


@dataclass(frozen=True)
class _Who:
    """Actors and speakers as the filter names them."""

    actors: Mapping[str, str]
    speakers: Mapping[str, str]
    claims_of_actors: Mapping[str, frozenset[str]]

    def of(self, claim: Claim) -> str:
        of_actors = [who for actor, who in self.actors.items() if claim.id in self.claims_of_actors[actor]]
        return " ".join(dict.fromkeys([*of_actors, *(self.speakers[s.name] for s in claim.speakers)]))


def _claims_of(positions: Sequence[Position]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for position in positions:
        found.setdefault(position.actor, set()).update(position.claims)
    return {actor: frozenset(claims) for actor, claims in found.items()}


def _article_facts(article: Article) -> tuple[str, ...]:
    source = article.source if visible_line(article.title) else None
    published = article.published.isoformat() if article.published else "no date"
    return tuple(fact for fact in (source, published, article.language) if fact)


def _outcome(report: Report, claims: Sequence[ClaimView]) -> tuple[str, ...]:
    wrong = sum(claim.is_wrong for claim in claims)
    return (
        counted(len(claims) - wrong, "claim") + (f", {wrong} marked wrong" if wrong else ""),
        f"{len(report.rejections):,} rejected",
        counted(len(report.uncovered), "uncovered sentence"),
    )


def _summary(summary: Summary, claims: Sequence[ClaimView]) -> tuple[CitedSentence, ...]:
    known = {claim.id: claim.anchor for claim in claims}
    return tuple(
        CitedSentence(sentence.text, tuple(Reference(id_, known.get(id_, "")) for id_ in sentence.claims))
        for sentence in summary.sentences
    )


def _heatmap(positions: Sequence[Position], ordered: Sequence[Claim], who: _Who) -> Heatmap:
    grid = position_grid(positions)
    places = {claim.id: place for place, claim in enumerate(ordered)}

    def held(position: Position) -> Held:
        claims = sorted((id_ for id_ in position.claims if id_ in places), key=places.__getitem__)
        return Held(position.stance, tuple(Reference(id_, claim_anchor(id_)) for id_ in claims))

    rows = [
        HeatRow(
            actor,
            who.actors[actor],
            tuple(tuple(map(held, grid.cells.get((actor, measure), ()))) for measure in grid.measures),
        )
        for actor in who.actors
    ]
    return Heatmap(grid.measures, tuple(rows))


def _filters(claims: Sequence[ClaimView], who: _Who) -> Filters:
    having: dict[str, list[str]] = {}
    for claim in claims:
        for value in claim.who.split():
            having.setdefault(value, []).append(claim.anchor)
    actors = [Choice(value, actor, len(having.get(value, ()))) for actor, value in who.actors.items()]
    # A speaker that is an actor of the same name would only stand there twice.
    speakers = [
        Choice(value, name, len(having[value]))
        for name, value in who.speakers.items()
        if having[value] != having.get(who.actors.get(name, ""))
    ]
    return Filters(
        tuple(sorted((c for c in actors if c.claims), key=lambda choice: choice.name.casefold())),
        tuple(sorted(speakers, key=lambda choice: choice.name.casefold())),
        tuple(stance for stance in Stance if any(stance in (c.stance, c.given_stance) for c in claims)),
        tuple(measure for measure in Measure if any(measure in (c.measure, c.given_measure) for c in claims)),
    )


def refusal(rejection: Rejection) -> Refusal:
    """A refused claim: as the model gave it, and each check with what it said."""
    statement = rejection.claim.get("statement")
    return Refusal(
        statement if isinstance(statement, str) else "",
        json.dumps(rejection.claim, ensure_ascii=False, indent=2, default=str),
        tuple((check_words(reason.check), reason.message) for reason in rejection.reasons),
    )


def _run_facts(run: Run) -> list[tuple[str, str]]:
    return [
        ("Model", run.model),
        ("Prompt", run.prompt),
        ("Profile", run.profile),
        *([("Language", run.language)] if run.language else []),
        ("Version", f"summarizer {run.summarizer_version}"),
        ("Started", run.started_at.strftime("%Y-%m-%d %H:%M %Z").strip()),
        ("Took", duration(run.duration_s)),
        ("Used", ", ".join(effort(run)[1:])),
    ]


def _file_name(article_id: str) -> str:
    return _NOT_IN_FILE_NAMES.sub("-", visible_line(article_id)).strip(".-")[:_LONGEST_FILE_NAME] or "report"
