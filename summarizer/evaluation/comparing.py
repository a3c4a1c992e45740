"""Two runs side by side: which figures differ beyond chance, and which claims were gained or lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from summarizer.errors import InputError
from summarizer.evaluation.figures import FIGURES, ArticleResult, figures
from summarizer.evaluation.golden import GoldenArticle
from summarizer.evaluation.intervals import RESAMPLES, Difference, paired_difference
from summarizer.evaluation.runner import recorded
from summarizer.evaluation.runs import RecordedRun, RunHeader

_DECIDING_FIGURES = frozenset({"loose_f1", "strict_f1"})


@dataclass(frozen=True)
class ArticleDifference:
    """An article in both runs. An F1 is None where the article failed, or has no claims and none were found.

    `gained` and `lost` are golden claims, as `speaker: statement`, that were found in a larger or smaller share of
    the repeats than before; both are empty where the article failed in one of the runs.
    """

    slug: str
    old_loose_f1: float | None
    new_loose_f1: float | None
    old_strict_f1: float | None
    new_strict_f1: float | None
    gained: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether nothing changed."""
        same_f1 = (self.old_loose_f1, self.old_strict_f1) == (self.new_loose_f1, self.new_strict_f1)
        return same_f1 and not self.gained and not self.lost


@dataclass(frozen=True)
class Comparison:
    """Two runs, over the articles that both have.

    `differences` are over those that neither run failed on. `only_old` and `only_new` are slugs that one run lacks,
    `newly_failed` those that failed in the new run and not in the old one.
    """

    old: RunHeader
    new: RunHeader
    differences: tuple[Difference, ...]
    articles: tuple[ArticleDifference, ...]
    only_old: tuple[str, ...] = ()
    only_new: tuple[str, ...] = ()
    newly_failed: tuple[str, ...] = ()

    @property
    def is_worse(self) -> bool:
        """Whether loose or strict F1 fell, for all that the interval holds."""
        return any(d.is_worse for d in self.differences if d.figure in _DECIDING_FIGURES)

    @property
    def is_better(self) -> bool:
        """Whether loose or strict F1 rose, and neither fell, for all that the interval holds."""
        return not self.is_worse and any(d.is_better for d in self.differences if d.figure in _DECIDING_FIGURES)


def compare(
    old: RecordedRun,
    new: RecordedRun,
    golden: Sequence[GoldenArticle],
    *,
    any_golden: bool = False,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """Compare the stored reports of two runs, both scored by `golden`.

    Raises:
        InputError: the runs are over different golden sets, unless `any_golden`; they share no article; or `golden`
            lacks one or has another text.
        ConfigurationError: scipy or sacrebleu is not installed.
    """
    if old.header.golden_sha256 != new.header.golden_sha256 and not any_golden:
        raise InputError(
            "The runs are over different golden sets.",
            "Run both over the same articles and annotations, or say that any golden set will do.",
        )
    befores, afters = _by_slug(recorded(old, golden)), _by_slug(recorded(new, golden))
    shared = [slug for slug in befores if slug in afters]
    if not shared:
        raise InputError("The runs have no article in common.", "Compare runs over the same articles.")
    olds = [result for slug in shared for result in befores[slug]]
    news = [result for slug in shared for result in afters[slug]]
    return Comparison(
        old=old.header,
        new=new.header,
        differences=tuple(paired_difference(olds, news, name, resamples=resamples, seed=seed) for name in FIGURES),
        articles=tuple(_difference(slug, befores[slug], afters[slug]) for slug in shared),
        only_old=tuple(slug for slug in befores if slug not in afters),
        only_new=tuple(slug for slug in afters if slug not in befores),
        newly_failed=tuple(slug for slug in shared if _failed(afters[slug]) and not _failed(befores[slug])),
    )


def _by_slug(results: Iterable[ArticleResult]) -> dict[str, list[ArticleResult]]:
    found: dict[str, list[ArticleResult]] = {}
    for result in sorted(results, key=lambda result: (result.golden.slug, result.repeat)):
        found.setdefault(result.golden.slug, []).append(result)
    return found


def _failed(results: Iterable[ArticleResult]) -> bool:
    return any(result.matching is None for result in results)


def _difference(slug: str, old: Sequence[ArticleResult], new: Sequence[ArticleResult]) -> ArticleDifference:
    before, after = figures(old), figures(new)
    olds, news = _found(old), _found(new)
    both = sorted(olds.keys() | news.keys()) if olds is not None and news is not None else []
    changes = {words: (news or {}).get(words, 0.0) - (olds or {}).get(words, 0.0) for words in both}
    return ArticleDifference(
        slug=slug,
        old_loose_f1=before.loose.f1,
        new_loose_f1=after.loose.f1,
        old_strict_f1=before.strict.f1,
        new_strict_f1=after.strict.f1,
        gained=tuple(words for words, change in changes.items() if change > 0),
        lost=tuple(words for words, change in changes.items() if change < 0),
    )


def _found(results: Iterable[ArticleResult]) -> dict[str, float] | None:
    """In what share of the finished repeats each golden claim was found; None without a finished one."""
    finished = [result.matching for result in results if result.matching is not None]
    found = Counter(
        f"{pair.gold.speaker.name}: {pair.gold.claim.statement}" for matching in finished for pair in matching.matched
    )
    return {words: times / len(finished) for words, times in found.items()} if finished else None
