"""Bootstrap intervals: by article, seeded, and as wide whether articles are repeated or not."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from golden_claims import claim, golden, report
from hypothesis import given, settings
from hypothesis import strategies as st

from summarizer.errors import ConfigurationError
from summarizer.evaluation.figures import FIGURES, ArticleResult, Ratio, figures, score_article
from summarizer.evaluation.intervals import Difference, Interval, interval, paired_difference, ratio_interval
from summarizer.models import ErrorInfo

FAILED = ErrorInfo(type="service", message="The service failed.")
RIGHT = [claim(["Polen"], [n]) for n in range(1, 5)]
WRONG = [claim(["Frankreich"], [n]) for n in range(1, 5)]


def article(slug: str, right: int, wrong: int = 0, *, seconds: float = 0, repeat: int = 1) -> ArticleResult:
    """An article with four golden claims, of which so many were found, beside so many wrong ones."""
    predicted = report(*RIGHT[:right], *WRONG[:wrong])
    return score_article(golden(*RIGHT, slug=slug), predicted, repeat=repeat, duration_s=seconds)


def articles(*found: int, seconds: Sequence[float] = ()) -> list[ArticleResult]:
    times = seconds or [0] * len(found)
    return [article(f"a{n:02}", right, seconds=s) for n, (right, s) in enumerate(zip(found, times, strict=True))]


VARIED = articles(4, 3, 0, 2, 4, 1, 3, 2, 4, 0, 1, 2)


def test_the_same_seed_gives_the_same_interval() -> None:
    found = [interval(VARIED, "loose_f1", resamples=100, seed=seed) for seed in (3, 3, 4, 5)]
    assert found[0] == found[1]
    assert len(set(found)) > 1


def test_the_order_of_articles_changes_nothing() -> None:
    shuffled = Random(1).sample(VARIED, len(VARIED))
    assert interval(shuffled, "loose_recall") == interval(VARIED, "loose_recall")
    assert paired_difference(shuffled, VARIED, "loose_f1") == paired_difference(VARIED, shuffled, "loose_f1")


def test_the_interval_of_a_known_case() -> None:
    found = interval(articles(*[0, 4] * 50), "loose_recall", resamples=5000)
    assert found is not None
    # The mean of 100 draws of 0 or 1: 1/2, give or take 1.96 times 1/20.
    assert (found.low, found.high) == pytest.approx((0.402, 0.598), abs=0.025)


@given(st.lists(st.integers(0, 4), min_size=6, max_size=12))
@settings(max_examples=25)
def test_the_interval_holds_the_figure(found: list[int]) -> None:
    results = articles(*found)
    bounds, value = interval(results, "loose_recall", resamples=500), figures(results).loose.recall
    assert bounds is not None and value is not None
    assert bounds.low <= value + 1e-9
    assert bounds.high >= value - 1e-9


@pytest.mark.parametrize("figure", ["loose_f1", "strict_precision", "seconds_per_article"])
def test_repeats_of_the_articles_dont_shrink_the_interval(figure: str) -> None:
    once = articles(4, 3, 0, 2, 4, 1, seconds=(1, 2, 3, 4, 5, 6))
    repeated = [replace(result, repeat=repeat) for result in once for repeat in (1, 2, 3, 4)]
    first, second = interval(once, figure), interval(repeated, figure)
    assert first is not None and second is not None
    assert (second.low, second.high) == pytest.approx((first.low, first.high))


def test_repeats_of_one_article_are_one_article() -> None:
    assert interval([article("a", n, repeat=n) for n in (1, 2, 3)], "loose_f1") is None
    assert paired_difference([article("a", 1)] * 3, [article("a", 4)] * 3, "loose_f1").low is None


def test_one_article_again_and_again_makes_an_interval_no_narrower() -> None:
    once = articles(4, 0, 4, 0, 2, 2)
    again = [*once, *(replace(once[0], repeat=repeat) for repeat in range(2, 12))]
    first, second = interval(once, "loose_recall"), interval(again, "loose_recall")
    assert first is not None and second is not None
    assert second.high - second.low >= first.high - first.low


def test_failed_articles_are_left_out() -> None:
    failed = [score_article(golden(*RIGHT, slug=slug), FAILED, duration_s=5) for slug in ("x", "y", "a00")]
    assert interval([*VARIED, *failed], "loose_f1") == interval(VARIED, "loose_f1")
    expected = paired_difference(VARIED[1:], VARIED[1:], "loose_f1")
    assert paired_difference([*VARIED[1:], *failed], VARIED, "loose_f1") == expected


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_has_an_interval_or_none_and_no_warning(figure: str) -> None:
    results = [*articles(4, 1, 0, seconds=(1, 2, 3)), score_article(golden(slug="z"), report(*WRONG))]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = interval(results, figure)
        difference = paired_difference(results, results, figure)
    value = figures(results).value(figure)
    assert difference.old == difference.new == value
    if figure in {"quote_verbatim_rate", "claims_per_negative"}:
        assert found is None and difference.low is None
    else:
        assert found is not None and found.low <= value <= found.high
        assert (difference.low, difference.high) == (0, 0)


def test_draws_without_a_basis_are_left_out() -> None:
    ratios = [Ratio(1, 1), Ratio(0, 1), *[Ratio()] * 6]
    assert ratio_interval(ratios) == Interval(0, 1)


def test_an_unknown_figure_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no figure 'f1'"):
        interval(VARIED, "f1")
    with pytest.raises(ConfigurationError, match="no figure 'f1'"):
        paired_difference([], [], "f1")


def test_a_clear_change_is_worse_one_way_and_better_the_other() -> None:
    low, high = articles(*[1, 2] * 6), articles(*[3, 4] * 6)
    worse, better = paired_difference(high, low, "loose_f1"), paired_difference(low, high, "loose_f1")
    assert (worse.is_worse, worse.is_better) == (True, False)
    assert (better.is_worse, better.is_better) == (False, True)
    assert worse.low is not None and better.high is not None
    assert worse.low == pytest.approx(-better.high, abs=0.02)


def test_less_time_is_better() -> None:
    quick, slow = articles(1, 1, 1, 1, seconds=(1, 2, 1, 2)), articles(1, 1, 1, 1, seconds=(5, 7, 6, 9))
    assert paired_difference(quick, slow, "seconds_per_article").is_worse
    assert paired_difference(slow, quick, "seconds_per_article").is_better


def test_pairing_sees_what_unpaired_intervals_dont() -> None:
    before = articles(0, 3, 1, 2, 0, 3, 1, 2, 0, 3)
    after = articles(1, 4, 2, 3, 1, 4, 2, 3, 1, 4)
    first, second = interval(before, "loose_recall"), interval(after, "loose_recall")
    assert first is not None and second is not None
    assert second.low < first.high
    assert paired_difference(before, after, "loose_recall").is_better


def test_only_articles_of_both_runs_are_compared() -> None:
    old = [*articles(4, 2, 3), article("only-old", 0, 4)]
    new = [*articles(4, 2, 3), article("only-new", 4)]
    found = paired_difference(old, new, "loose_precision")
    assert (found.old, found.new, found.low, found.high) == (1, 1, 0, 0)
    assert not found.is_worse and not found.is_better
    nothing = paired_difference(articles(4), [article("b", 4)], "loose_f1")
    assert nothing == Difference("loose_f1", None, None, None, None)
    assert not nothing.is_worse and not nothing.is_better
