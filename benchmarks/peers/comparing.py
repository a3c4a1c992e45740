"""What the compared systems came to, from their runs and what their servers counted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import fsum
from pathlib import Path
from typing import Any

from serving import Count

from summarizer.actors import country_of
from summarizer.document import Document
from summarizer.evaluation.figures import ArticleResult, Ratio, figures
from summarizer.evaluation.intervals import Interval, interval
from summarizer.models import Report


@dataclass(frozen=True)
class Counted:
    """What an article took of a system."""

    slug: str
    count: Count
    seconds: float


def append_count(path: Path, counted: Counted) -> None:
    """Keep what an article took."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"slug": counted.slug, "seconds": counted.seconds, **asdict(counted.count)}) + "\n")


def read_counts(path: Path) -> list[Counted]:
    """What was kept, the last of each article."""
    found: dict[str, Counted] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        content = json.loads(line)
        slug, seconds = content.pop("slug"), content.pop("seconds")
        found[slug] = Counted(slug, Count(**content), seconds)
    return list(found.values())


def summed_up(results: Sequence[ArticleResult], counts: Sequence[Counted]) -> dict[str, Any]:
    """The figures of a system. `as_empty`: crashed articles counted as articles in which nothing was found."""
    found = figures(results)
    total = sum((c.count for c in counts), Count())
    articles = len(results)
    reports = [result.outcome for result in results if isinstance(result.outcome, Report)]
    loose, strict = found.loose.correct, found.strict.correct
    return {
        "articles": articles,
        "crashed": found.failed,
        "claims": sum(len(report.claims) for report in reports),
        "loose_f1": found.loose.f1,
        "loose_f1_interval": _bounds(interval(results, "loose_f1")),
        "strict_f1": found.strict.f1,
        "strict_f1_interval": _bounds(interval(results, "strict_f1")),
        "strict_f1_crashed_as_empty": _crashed_as_empty(results),
        "loose_correct": loose,
        "strict_correct": strict,
        "claims_per_negative": found.claims_per_negative,
        "evidence_verbatim": _share(map(_verbatim, reports)),
        "speakers_not_in_article": _share(map(_strangers, reports)),
        "input_tokens": total.input / articles,
        "output_tokens": total.output / articles,
        "evaluated_tokens": total.evaluated / articles,
        "tokens_per_loose": total.evaluated / loose if loose else None,
        "tokens_per_strict": total.evaluated / strict if strict else None,
        "requests": total.requests / articles,
        "refused": total.refused,
        "seconds": fsum(c.seconds for c in counts) / articles,
    }


def _bounds(found: Interval | None) -> list[float] | None:
    return [found.low, found.high] if found else None


def _crashed_as_empty(results: Iterable[ArticleResult]) -> float | None:
    ratios = [
        result.ratios["strict_f1"]
        if result.matching is not None
        else Ratio(0, sum(len(g.claim.speakers) for g in result.golden.claims if not g.optional))
        for result in results
    ]
    return Ratio.total(ratios).value


def _share(ratios: Iterable[Ratio]) -> float | None:
    return Ratio.total(ratios).value


def _verbatim(report: Report) -> Ratio:
    """Claims all of whose evidence is in the article, but for quotation marks, dashes and white space."""
    text = Document.of(report.article).whole.searched
    whole = [bool(c.evidence) and all(text.contains(e.text) for e in c.evidence) for c in report.claims]
    return Ratio(sum(whole), len(whole))


def _strangers(report: Report) -> Ratio:
    """Speakers whose name isn't in the article; a country is when the article names it in whatever form."""
    whole = Document.of(report.article).whole
    names = [speaker.name for claim in report.claims for speaker in claim.speakers]
    strange = [not whole.searched.contains(n) and country_of(n) not in whole.actor_codes for n in names]
    return Ratio(sum(strange), len(names))
