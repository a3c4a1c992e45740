"""What goes wrong, by kind: each missed, spurious or mislabelled pair is one fault of one kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from summarizer.evaluation.figures import ArticleResult
from summarizer.evaluation.matching import Attributed, Matching
from summarizer.models import Report


@dataclass(frozen=True)
class Fault:
    """One fault. `example` has the words that it is about."""

    kind: str
    slug: str
    example: str


def faults(results: Iterable[ArticleResult]) -> list[Fault]:
    """All faults of all finished articles."""
    return [fault for result in results for fault in _of_article(result)]


def ranked(found: Sequence[Fault], top: int) -> list[tuple[str, int, Fault]]:
    """The most frequent kinds: kind, count, and the first example of the article that has most of them."""
    kinds = Counter(fault.kind for fault in found)
    ranking = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))[:top]
    return [(kind, count, _typical([f for f in found if f.kind == kind])) for kind, count in ranking]


def _typical(of_kind: Sequence[Fault]) -> Fault:
    articles = Counter(fault.slug for fault in of_kind)
    slug = min(articles, key=lambda s: (-articles[s], s))
    return next(fault for fault in of_kind if fault.slug == slug)


def _of_article(result: ArticleResult) -> Iterator[Fault]:
    matching, report = result.matching, result.outcome
    if matching is None or not isinstance(report, Report):
        return
    slug, text = result.golden.slug, result.golden.article.text
    spurious = list(matching.spurious)
    for missed in matching.missed:
        other = next((s for s in spurious if s.sentences & missed.sentences), None)
        if other is not None:
            spurious.remove(other)
            yield Fault(
                "another speaker named for the sentence", slug, f"{_short(missed)}; given: {other.speaker.name}"
            )
        else:
            yield Fault(_missing_kind(missed, matching, report), slug, _short(missed))
    for extra in spurious:
        yield Fault(_extra_kind(extra, matching, result), slug, _short(extra))
    for pair in matching.matched:
        gold, given = pair.gold.claim, pair.predicted.claim
        words = " ".join(text[e.start : e.end] for e in gold.evidence[-1:])
        if gold.stance != given.stance:
            yield Fault(f"stance {gold.stance} taken for {given.stance}", slug, _cut(words))
        if gold.measure != given.measure:
            yield Fault(f"measure {gold.measure} taken for {given.measure}", slug, _cut(words))


def _missing_kind(missed: Attributed, matching: Matching, report: Report) -> str:
    rejected = [
        reason.check
        for rejection in report.rejections
        if set(_numbers(rejection.claim.get("evidence"))) & missed.sentences
        for reason in rejection.reasons
    ]
    if rejected:
        return f"missed, rejected by the check {rejected[0]}"
    taken = {pair.predicted.identity for pair in matching.matched if pair.predicted.sentences & missed.sentences}
    if taken:
        return "missed, one of several claims or speakers of a sentence"
    return f"missed, {missed.claim.attribution}, nothing found in the sentence"


def _extra_kind(extra: Attributed, matching: Matching, result: ArticleResult) -> str:
    if result.is_negative:
        return "spurious, in an article without claims"
    for pair in matching.matched + matching.optional:
        if pair.gold.sentences & extra.sentences:
            same = pair.gold.identity == extra.identity
            return "spurious, a claim found twice" if same else "spurious, a further speaker for the sentence"
    return "spurious, a sentence without a claim"


def _numbers(evidence: object) -> Iterator[int]:
    for item in evidence if isinstance(evidence, list) else ():
        number = item.get("sentence") if isinstance(item, dict) else item
        if isinstance(number, int):
            yield number


def _short(pair: Attributed) -> str:
    return f"{pair.speaker.name}: {_cut(pair.claim.statement)}"


def _cut(words: str, limit: int = 110) -> str:
    line = " ".join(words.split())
    return line if len(line) <= limit else line[: limit - 1].rsplit(" ", 1)[0] + " …"
