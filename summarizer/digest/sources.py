"""Whose reporting an article is, and which articles report the same claim."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from itertools import islice
from urllib.parse import urlsplit

from summarizer.digest.entries import Entry
from summarizer.digest.models import DigestClaim, Reported
from summarizer.digest.positions import by_subject
from summarizer.models import Article, Claim, Stance
from summarizer.resources import data

_NAMES_APART = re.compile(r"[/,;&+]|\s(?:und|and|mit|with)\s")
_NO_WORD = re.compile(r"[\W_]+")
_SENTENCE = re.compile(r"[^.!?\n]+")
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class Sources:
    """Whose reporting articles are, and when a claim of theirs was first printed.

    Articles that share most of their sentences are one report.
    """

    def __init__(self, articles: Sequence[Article]) -> None:
        self.outlets = _named({article.id: _own_outlet(article) for article in articles}, articles)
        """The outlet of each article by its id: agency, publication, site, or the article itself.

        An agency's report is the agency's wherever it stands ("dpa-AFX", "APA/dpa"). A report that several
        print is an agency's where one of them is, else that of the first of them.
        """
        self._first_days: dict[str, dict[int, date]] = {}
        by_id = {article.id: article for article in articles}
        for reprints in _reprints(articles):
            names = [self.outlets[article] for article in reprints]
            outlet = next((name for name in names if name in _agency_outlets()), names[0])
            self.outlets.update(dict.fromkeys(reprints, outlet))
            days = _first_days([by_id[article] for article in reprints])
            self._first_days.update(dict.fromkeys(reprints, days))

    def published(self, article: Article, claim: Claim) -> date | None:
        """The day on which the words of a claim were first printed: a reprint of next week tells nothing new."""
        first_days = self._first_days.get(article.id)
        if first_days is None or article.published is None:
            return article.published
        sentences = {sentence for evidence in claim.evidence for sentence in _sentences(evidence.text)}
        return max((first_days.get(sentence, article.published) for sentence in sentences), default=article.published)


def _first_days(reprints: Iterable[Article]) -> dict[int, date]:
    """The day on which each sentence of a report was first printed; `reprints` are the oldest first."""
    days: dict[int, date] = {}
    for article in reprints:
        if article.published:
            days = dict.fromkeys(_sentences(article.text), article.published) | days
    return days


def _named(outlets: Mapping[str, str], articles: Iterable[Article]) -> dict[str, str]:
    """The outlets with publications called as most of their articles call them, not by the folded name."""
    wordings: dict[str, Counter[str]] = defaultdict(Counter)
    for article in articles:
        if article.source and outlets[article.id] == _fold(article.source):
            wordings[outlets[article.id]][" ".join(article.source.split())] += 1
    names = {outlet: min(counted, key=lambda name: (-counted[name], name)) for outlet, counted in wordings.items()}
    return {article: names.get(outlet, outlet) for article, outlet in outlets.items()}


def _own_outlet(article: Article) -> str:
    if article.source:
        agencies = list(dict.fromkeys(a for part in _NAMES_APART.split(article.source) if (a := _agency(part))))
        if agencies:
            relaying = data("digest.yaml")["relaying"]
            return next((a for a in agencies if a not in relaying), agencies[0])
        if name := _fold(article.source):
            return name
    return _host(article.url) or article.id


def _fold(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold())
    return _NO_WORD.sub(" ", "".join(c for c in letters if not unicodedata.combining(c))).strip()


@lru_cache(maxsize=4096)
def _agency(name: str) -> str | None:
    return _agencies().get(_fold(name))


@cache
def _agencies() -> dict[str, str]:
    """The usual name of an agency by its folded names."""
    known = {_fold(name): name for name in reversed(data("agencies.yaml")["agencies"])}
    families = data("digest.yaml")["agency_families"]
    return known | {_fold(name): usual for usual, names in families.items() for name in (usual, *names)}


@cache
def _agency_outlets() -> frozenset[str]:
    return frozenset(_agencies().values())


def _host(url: str | None) -> str | None:
    try:
        host = urlsplit(url or "").hostname
    except ValueError:
        return None
    parts = (host or "").rstrip(".").split(".")
    while len(parts) > 2 and parts[0] in data("digest.yaml")["host_prefixes"]:
        parts.pop(0)
    return ".".join(parts) or None


def _reprints(articles: Sequence[Article]) -> Iterator[list[str]]:
    """Groups of articles with nearly the same text, each the oldest first. Linear in the sentences.

    A sentence is held against the first article alone that has it, so that an often reprinted report isn't
    compared with itself over and over.
    """
    ordered = sorted(articles, key=lambda a: (a.published or date.max, a.id))
    sentences = {article.id: _sentences(article.text) for article in ordered}
    first_with: dict[int, str] = {}
    parents = {article.id: article.id for article in ordered}
    limits = data("digest.yaml")["reprint"]
    for article in ordered:
        own = sentences[article.id]
        shared = Counter(
            first for sentence in own if (first := first_with.setdefault(sentence, article.id)) != article.id
        )
        for other, count in shared.items():
            least = max(limits["min_sentences"], limits["min_share"] * min(len(own), len(sentences[other])))
            if count >= least:
                parents[_root(parents, article.id)] = _root(parents, other)
    groups: dict[str, list[str]] = defaultdict(list)
    for article in ordered:
        groups[_root(parents, article.id)].append(article.id)
    yield from (group for group in groups.values() if len(group) > 1)


def _root(parents: dict[str, str], member: str) -> str:
    while parents[member] != member:
        parents[member] = parents[parents[member]]
        member = parents[member]
    return member


def _sentences(text: str) -> frozenset[int]:
    shortest = data("digest.yaml")["reprint"]["min_sentence_chars"]
    return frozenset(
        zlib.crc32(" ".join(sentence.casefold().split()).encode("utf-8", "surrogatepass"))
        for sentence in _SENTENCE.findall(text)
        if len(sentence) >= shortest
    )


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
    actors with the same claims share a group. Two claims of an article are two. `languages` are the articles'.
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
    is_same_language = languages[first.article] == languages[claim.article]
    apart = abs((claim.day - first.day).days) if claim.day and first.day else None
    if claim.article in group.articles or _differ(_numbers(first.statement), _numbers(claim.statement)):
        return 0
    if not is_same_language:
        return 1 if apart is not None and apart <= limits["days_across_languages"] else 0
    likeness = fuzz.token_set_ratio(_unnamed(first), _unnamed(claim))
    return likeness if likeness >= limits["min_likeness"] else 0


def _unnamed(claim: DigestClaim) -> str:
    """The statement's words without the speakers' names, which every claim of theirs shares."""
    names = {word for speaker in claim.speakers for word in _WORD.findall(speaker.name.casefold())}
    return " ".join(word for word in _WORD.findall(claim.statement.casefold()) if word not in names)


def _differ(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one and other) and not one & other


@lru_cache(maxsize=65536)
def _numbers(statement: str) -> frozenset[str]:
    return frozenset(re.sub(r"[.,]", "", number) for number in _NUMBER.findall(statement))
