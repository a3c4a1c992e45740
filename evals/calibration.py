"""Whether claims are right as often as their `confidence` says, as Markdown tables.

python evals/calibration.py RUN…                # recorded or fresh run files
python evals/calibration.py RUN… --golden FOLDER

The expected calibration error: the mean distance between confidence and the share that is right, over bins of equal
width, weighted by how many are in each (Guo et al. 2017, "On calibration of modern neural networks"). What is
counted are predicted pairs of speaker and claim: right is one that matches a golden pair loosely; those that match
optional claims, and claims without a confidence, are left out. The 95 % interval is a bootstrap over articles;
resampling adds noise to every bin, so it lies rather too high than too low.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from pathlib import Path
from typing import TYPE_CHECKING

from summarizer.errors import SummarizerError
from summarizer.evaluation.extras import eval_extra
from summarizer.evaluation.figures import ArticleResult
from summarizer.evaluation.golden import load_golden_set
from summarizer.evaluation.intervals import LEVEL, RESAMPLES, Interval
from summarizer.evaluation.runner import recorded
from summarizer.evaluation.runs import read_run
from summarizer.evaluation.tables import number, plain_table

if TYPE_CHECKING:
    from rich.table import Table

GOLDEN = Path(__file__).parent / "golden"
BINS = 10


@dataclass(frozen=True)
class Prediction:
    """A predicted pair of speaker and claim: how sure it was, and whether it is right."""

    confidence: float
    right: bool

    @property
    def bin(self) -> int:
        """Its bin, from 0. One that lies between two is in the upper."""
        return min(int(self.confidence * BINS), BINS - 1)


def predictions(results: Iterable[ArticleResult]) -> dict[str, list[Prediction]]:
    """The predictions of each article by its slug, those of its repeats together; failed articles have none."""
    found: dict[str, list[Prediction]] = {}
    for result in results:
        if result.matching is None:
            continue
        some = found.setdefault(result.golden.slug, [])
        pairs = [(pair.predicted, True) for pair in result.matching.matched]
        pairs += [(predicted, False) for predicted in result.matching.spurious]
        for predicted, right in pairs:
            if predicted.claim.confidence is not None:
                some.append(Prediction(predicted.claim.confidence, right))
    return found


def calibration_error(some: Sequence[Prediction]) -> float | None:
    """The expected calibration error, from 0 to 1; None without predictions."""
    if not some:
        return None
    return fsum(abs(gap) for gap in _gaps(some)) / len(some)


def error_interval(
    by_article: Mapping[str, Sequence[Prediction]], *, resamples: int = RESAMPLES, seed: int = 0
) -> Interval | None:
    """The interval of the error over resampled articles; None with fewer than two that have predictions.

    Raises:
        ConfigurationError: numpy, which comes with scipy, is not installed.
    """
    articles = [some for _, some in sorted(by_article.items())]
    if sum(bool(some) for some in articles) < 2:
        return None
    with eval_extra():
        import numpy as np
    gaps = np.array([_gaps(some) for some in articles])
    sizes = np.array([len(some) for some in articles])
    drawn = np.random.default_rng(seed).integers(0, len(articles), (resamples, len(articles)))
    totals = sizes[drawn].sum(axis=1)
    errors = np.abs(gaps[drawn].sum(axis=1)).sum(axis=1)[totals > 0] / totals[totals > 0]
    low, high = np.quantile(errors, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))


def _gaps(some: Iterable[Prediction]) -> list[float]:
    """For each bin the sum of confidence less rightness."""
    bins: list[list[float]] = [[] for _ in range(BINS)]
    for one in some:
        bins[one.bin].append(one.confidence - one.right)
    return [fsum(values) for values in bins]


def errors_table(runs: Mapping[str, Mapping[str, Sequence[Prediction]]]) -> Table:
    """The error of each run with its interval."""
    table = plain_table("run", "predicted", "right", "calibration error", "95 %")
    for name, by_article in runs.items():
        some = [one for found in by_article.values() for one in found]
        between = error_interval(by_article)
        interval = f"{between.low:.3f}–{between.high:.3f}" if between else ""
        table.add_row(name, str(len(some)), _right(some), number(calibration_error(some)), interval)
    return table


def bins_table(name: str, some: Sequence[Prediction]) -> Table:
    """How many of a run's predictions are in each bin, their mean confidence, and the share that is right."""
    table = plain_table(name, "n", "mean confidence", "right")
    for i in range(BINS):
        inside = [one for one in some if one.bin == i]
        mean = fsum(one.confidence for one in inside) / len(inside) if inside else None
        table.add_row(f"{i / BINS:.1f} to {(i + 1) / BINS:.1f}", str(len(inside)), number(mean), _right(inside))
    return table


def _right(some: Sequence[Prediction]) -> str:
    return number(sum(one.right for one in some) / len(some) if some else None)


def main() -> None:
    """Print the tables."""
    from rich.console import Console

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("runs", metavar="RUN", type=Path, nargs="+")
    parser.add_argument("--golden", type=Path, default=GOLDEN)
    options = parser.parse_args()
    try:
        golden = load_golden_set(options.golden)
        runs = {path.stem: predictions(recorded(read_run(path), golden)) for path in options.runs}
        console = Console(highlight=False)
        console.print(errors_table(runs))
        for name, by_article in runs.items():
            console.print(bins_table(name, [one for some in by_article.values() for one in some]))
    except SummarizerError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
