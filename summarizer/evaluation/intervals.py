"""How sure a figure is: bootstrap intervals over articles.

What is drawn again is articles, not pairs or repeats: claims of one article aren't independent of each other,
and an article's repeats are drawn together, so that repeating doesn't make an interval narrower.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from summarizer.evaluation.extras import eval_extra
from summarizer.evaluation.figures import LOWER_IS_BETTER, ArticleResult, Ratio, check_figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVEL = 0.95
RESAMPLES = 2000


@dataclass(frozen=True)
class Interval:
    """A 95 % interval: percentiles of the resampled figure."""

    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """A figure of two runs over the articles that both have; `low` and `high` bound `new` minus `old`.

    They are None where there is no interval: fewer than two articles, or a run without the figure.
    """

    figure: str
    old: float | None
    new: float | None
    low: float | None
    high: float | None

    @property
    def is_worse(self) -> bool:
        """Whether the new run is worse, for all that the interval holds."""
        return self._is_beyond_zero(above=self.figure in LOWER_IS_BETTER)

    @property
    def is_better(self) -> bool:
        """Whether the new run is better, for all that the interval holds."""
        return self._is_beyond_zero(above=self.figure not in LOWER_IS_BETTER)

    def _is_beyond_zero(self, *, above: bool) -> bool:
        if self.low is None or self.high is None:
            return False
        return self.low > 0 if above else self.high < 0


def interval(
    results: Iterable[ArticleResult], figure: str, *, resamples: int = RESAMPLES, seed: int = 0
) -> Interval | None:
    """The interval of one of `FIGURES`, or None with fewer than two articles to draw it from.

    Raises:
        ConfigurationError: there is no such figure; scipy or sacrebleu is not installed.
    """
    return ratio_interval(list(_by_article(results, figure).values()), resamples=resamples, seed=seed)


def ratio_interval(ratios: Sequence[Ratio], *, resamples: int = RESAMPLES, seed: int = 0) -> Interval | None:
    """The interval of a ratio of sums, one ratio an article; None with fewer than two that have a basis.

    Raises:
        ConfigurationError: scipy is not installed.
    """
    return _bootstrap([ratios], resamples, seed)


def paired_difference(
    old: Iterable[ArticleResult],
    new: Iterable[ArticleResult],
    figure: str,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Difference:
    """How a figure differs between two runs, over the articles that were finished in both.

    Raises:
        ConfigurationError: there is no such figure; scipy or sacrebleu is not installed.
    """
    olds, news = _by_article(old, figure), _by_article(new, figure)
    shared = [slug for slug in olds if slug in news]
    before, after = [olds[slug] for slug in shared], [news[slug] for slug in shared]
    found = _bootstrap([before, after], resamples, seed)
    return Difference(
        figure=figure,
        old=Ratio.total(before).value,
        new=Ratio.total(after).value,
        low=found.low if found else None,
        high=found.high if found else None,
    )


def _by_article(results: Iterable[ArticleResult], figure: str) -> Mapping[str, Ratio]:
    """Each finished article's share, its repeats added up, in an order that only the slugs decide."""
    check_figure(figure)
    found: dict[str, list[Ratio]] = {}
    for result in results:
        if result.matching is not None:
            found.setdefault(result.golden.slug, []).append(result.ratios[figure])
    return {slug: Ratio.total(found[slug]) for slug in sorted(found)}


def _bootstrap(runs: Sequence[Sequence[Ratio]], resamples: int, seed: int) -> Interval | None:
    """Percentiles of a run's ratio, or of the second run's ratio minus the first's."""
    if any(sum(ratio.base > 0 for ratio in run) < 2 for run in runs):
        return None
    with eval_extra():
        import numpy as np
        from scipy.stats import DegenerateDataWarning, bootstrap

    def ratio(amounts: NDArray[Any], bases: NDArray[Any]) -> NDArray[Any]:
        amount, base = amounts.sum(axis=-1), bases.sum(axis=-1)
        found: NDArray[Any] = np.divide(amount, base, out=np.full_like(amount, np.nan), where=base > 0)
        return found

    def statistic(*samples: NDArray[Any], axis: int = -1) -> NDArray[Any]:
        values = [ratio(*samples[i : i + 2]) for i in range(0, len(samples), 2)]
        return values[-1] - values[0] if len(values) > 1 else values[0]

    samples = [[float(getattr(ratio, part)) for ratio in run] for run in runs for part in ("amount", "base")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateDataWarning)
        drawn = bootstrap(
            [np.array(sample) for sample in samples],
            statistic,
            n_resamples=resamples,
            paired=True,
            vectorized=True,
            axis=-1,
            method="percentile",
            rng=np.random.default_rng(seed),
        ).bootstrap_distribution
    # A draw of articles without a basis has no figure; scipy's own percentiles would have none either then.
    drawn = drawn[~np.isnan(drawn)]
    if not drawn.size:
        return None
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))
