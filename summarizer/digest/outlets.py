"""Whose reporting an article is: its outlet, and the report that it reprints."""

from __future__ import annotations

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from urllib.parse import urlsplit

from summarizer.letters import without_marks
from summarizer.models import Article, Claim
from summarizer.resources import data

_NAMES_APART = re.compile(r"[/,;&+]|\s(?:und|and|mit|with)\s")
_NO_WORD = re.compile(r"[\W_]+")
_SENTENCE = re.compile(r"[^.!?\n]+")


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
    return _NO_WORD.sub(" ", without_marks(name.casefold())).strip()


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
