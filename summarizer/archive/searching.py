"""Claims that are searched for, each with the way back to the words of its article."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from summarizer.actors.identity import name_key, named_ids
from summarizer.archive.words import folded, marks, match, storable, terms
from summarizer.models import Article, Claim, Measure, Run, Span, Stance

WEIGHTS = {"statement": 4.0, "evidence": 2.0, "speakers": 1.0, "title": 0.5, "endings": 1.0, "labels": 0.2}
"""What a word counts in each column of the index, in its order: a title is about all claims below it."""


class Order(StrEnum):
    """What comes first."""

    RELEVANCE = "relevance"
    NEWEST = "newest"


@dataclass(frozen=True)
class Query:
    """What is searched for: claims that meet all that is given, and of several values of one kind any.

    `words` are as `summarizer.archive.words.terms` reads them. An actor is a country or body under any name, or a
    name; a speaker is a name only. Days are those on which a claim was made, else on which the article appeared;
    claims without one meet neither `since` nor `until`. `source` is a part of the publication's name. Without
    `order` the most relevant come first where there are words, else the newest.
    """

    words: str = ""
    actors: Sequence[str] = ()
    speakers: Sequence[str] = ()
    stances: Sequence[Stance] = ()
    measures: Sequence[Measure] = ()
    since: date | None = None
    until: date | None = None
    source: str | None = None
    language: str | None = None
    with_wrong: bool = False
    order: Order | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Hit:
    """A claim that was found, as readers have corrected it. Offsets are code points, end exclusive.

    `statement_marks` are where the words that were searched for stand in the statement, `evidence_marks` where
    they stand in the article, within the claim's evidence. `path` is the file that the report was added from,
    `actors` are ids as `summarizer.actors.identity.actor_id` gives them, `note` is what a reader wrote about it.
    """

    claim: Claim
    article: Article
    run: Run
    day: date | None
    actors: tuple[str, ...]
    path: Path | None
    is_corrected: bool
    is_wrong: bool
    note: str | None
    statement_marks: tuple[tuple[int, int], ...]
    evidence_marks: tuple[Span, ...]


@dataclass(frozen=True)
class Sql:
    """Words of SQL, with the values of their question marks."""

    text: str
    values: tuple[Any, ...]


def rows_sql(query: Query) -> Sql:
    """Gives `id, article, position` of the claims in order."""
    found = _found(query)
    order = query.order or (Order.RELEVANCE if found.is_ranked else Order.NEWEST)
    newest = "claims.day IS NULL, claims.day DESC, claims.article, claims.position"
    by = f"{_rank()}, {newest}" if order is Order.RELEVANCE and found.is_ranked else newest
    sql = f"SELECT claims.id, claims.article, claims.position {found.sql} ORDER BY {by}"
    if query.limit is None:
        return Sql(sql, found.values)
    return Sql(f"{sql} LIMIT ?", (*found.values, query.limit))


def count_sql(query: Query) -> Sql:
    """Gives how many claims there are, whatever the limit."""
    found = _found(query)
    return Sql(f"SELECT count(*) {found.sql}", found.values)


def claim_marks(article: Article, claim: Claim, words: str) -> tuple[tuple[tuple[int, int], ...], tuple[Span, ...]]:
    """Where the words stand in the claim's statement, and in the article within its evidence."""
    searched = terms(words)
    text = article.text
    in_evidence = dict.fromkeys(
        Span(start=e.start + start, end=e.start + end, text=text[e.start + start : e.start + end])
        for e in claim.evidence
        for start, end in marks(text[e.start : e.end], searched)
    )
    return marks(claim.statement, searched), tuple(in_evidence)


@dataclass(frozen=True)
class _Found:
    sql: str
    values: tuple[Any, ...]
    is_ranked: bool


def _found(query: Query) -> _Found:
    wanted = [term for term in terms(query.words) if not term.is_excluded]
    conditions = list(_conditions(query))
    if wanted:
        conditions.insert(0, Sql("claims_fts MATCH ?", (match(wanted),)))
    tables = "claims JOIN articles ON articles.id = claims.article"
    if wanted:
        tables = f"claims_fts JOIN {tables.replace('claims JOIN', 'claims ON claims.id = claims_fts.rowid JOIN')}"
    sql = f"FROM {tables} WHERE {' AND '.join(c.text for c in conditions) or 'true'}"
    return _Found(sql, tuple(value for c in conditions for value in c.values), bool(wanted))


def _conditions(query: Query) -> Iterator[Sql]:
    found = terms(query.words)
    if query.words.strip() and not found:
        # Something was asked for that no text can hold.
        yield Sql("false", ())
    for term in found:
        if term.is_excluded:
            without = "claims.id NOT IN (SELECT rowid FROM claims_fts WHERE claims_fts MATCH ?)"
            yield Sql(without, (match([term]),))
    if query.actors:
        yield _any_of([_actor(name) for name in query.actors])
    if query.speakers:
        yield _any_of([_speaker(name) for name in query.speakers])
    yield from _in("claims.stance", [stance.value for stance in query.stances])
    yield from _in("claims.measure", [measure.value for measure in query.measures])
    if query.since:
        yield Sql("claims.day >= ?", (query.since.isoformat(),))
    if query.until:
        yield Sql("claims.day <= ?", (query.until.isoformat(),))
    if query.source:
        yield Sql("instr(folded(articles.source), ?)", (folded(storable(query.source)),))
    if query.language:
        yield Sql("articles.language = ?", (storable(query.language),))
    if not query.with_wrong:
        yield Sql("claims.is_wrong = 0", ())


def _rank() -> str:
    return f"bm25(claims_fts, {', '.join(map(str, WEIGHTS.values()))})"


def _actor(name: str) -> Sql:
    ids = sorted(named_ids(name))
    if not ids:
        return _speaker(name)
    marks_ = ", ".join("?" * len(ids))
    return Sql(f"claims.id IN (SELECT claim FROM claim_actors WHERE actor IN ({marks_}))", tuple(ids))


def _speaker(name: str) -> Sql:
    """Whole words of the name, in any spelling: "Selenskyj" finds "Volodymyr Zelensky"."""
    key = f" {storable(name_key(name))} "
    return Sql("claims.id IN (SELECT claim FROM speakers WHERE instr(' ' || key || ' ', ?))", (key,))


def _any_of(conditions: Sequence[Sql]) -> Sql:
    return Sql(f"({' OR '.join(c.text for c in conditions)})", tuple(value for c in conditions for value in c.values))


def _in(column: str, values: Sequence[str]) -> Iterator[Sql]:
    if values:
        yield Sql(f"{column} IN ({', '.join('?' * len(values))})", tuple(values))
