"""Comparing two runs: worse only beyond chance, and never over other articles than the other run's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from invented import golden_set

from summarizer.errors import InputError
from summarizer.evaluation.comparing import compare
from summarizer.evaluation.figures import FIGURES
from summarizer.evaluation.golden import GoldenArticle
from summarizer.evaluation.runs import RecordedRun, RunArticle, RunHeader, golden_hash
from summarizer.models import Claim, ErrorInfo, Measure, Report, Run

MOMENT = datetime(2025, 9, 5, tzinfo=UTC)
COUNT = 12


@pytest.fixture
def golden(tmp_path):
    oslo, regen, _ = golden_set(tmp_path)
    return [*(replace(oslo, slug=f"oslo-{n:02}") for n in range(COUNT)), regen]


def report(golden: GoldenArticle, claims: Iterable[Claim]) -> Report:
    run = Run(model="m", prompt="p", profile="article", summarizer_version="1", started_at=MOMENT, duration_s=1)
    return Report(article=golden.article, claims=list(claims), run=run)


def recorded_run(
    golden: list[GoldenArticle],
    claims_of: Callable[[int, int, list[Claim]], list[Claim] | None],
    *,
    repeats: int = 1,
) -> RecordedRun:
    """`claims_of` gives an article's claims by its index, the repeat and the golden claims; None for a failure."""
    articles = []
    for repeat in range(1, repeats + 1):
        for index, one in enumerate(golden):
            claims = claims_of(index, repeat, [g.claim for g in one.claims])
            articles.append(
                RunArticle(
                    slug=one.slug,
                    repeat=repeat,
                    report=None if claims is None else report(one, claims),
                    error=ErrorInfo(type="service", message="Down.") if claims is None else None,
                    duration_s=2.0,
                )
            )
    header = RunHeader(
        system="pipeline",
        model="m",
        schema_sha256="s",
        golden_sha256=golden_hash(golden),
        slugs=[one.slug for one in golden],
        repeats=repeats,
        started_at=MOMENT,
    )
    return RecordedRun(header, tuple(articles), None)


def right(index: int, repeat: int, claims: list[Claim]) -> list[Claim]:
    return claims


def half(index: int, repeat: int, claims: list[Claim]) -> list[Claim]:
    return claims[:1]


def once_wrong(index: int, repeat: int, claims: list[Claim]) -> list[Claim]:
    return claims[:1] if index == 0 else claims


def mislabelled(index: int, repeat: int, claims: list[Claim]) -> list[Claim]:
    return [claim.model_copy(update={"measure": Measure.NAVAL}) for claim in claims]


def test_a_run_is_not_worse_than_itself(golden):
    run = recorded_run(golden, half)
    comparison = compare(run, run, golden)
    assert not comparison.is_worse and not comparison.is_better
    assert [d.figure for d in comparison.differences] == list(FIGURES)
    assert all(d.old == d.new for d in comparison.differences)
    assert all(article.is_same for article in comparison.articles)
    assert len(comparison.articles) == COUNT + 1


@pytest.mark.parametrize("worse", [half, mislabelled])
def test_a_run_that_lost_everywhere_is_worse_and_the_other_way_round_better(golden, worse):
    good, bad = recorded_run(golden, right), recorded_run(golden, worse)
    fell, rose = compare(good, bad, golden), compare(bad, good, golden)
    assert fell.is_worse and not fell.is_better
    assert rose.is_better and not rose.is_worse
    strict = {d.figure: d for d in fell.differences}["strict_f1"]
    assert strict.old == 1 and strict.new is not None and strict.new < 1


def test_one_claim_less_in_one_article_may_be_chance(golden):
    comparison = compare(recorded_run(golden, right), recorded_run(golden, once_wrong), golden)
    assert not comparison.is_worse
    changed = [article for article in comparison.articles if not article.is_same]
    assert [article.slug for article in changed] == ["oslo-00"]
    assert changed[0].lost == ("Dänemark: Dänemark hat eine Haltung dazu.",) and changed[0].gained == ()
    assert (changed[0].old_loose_f1, changed[0].new_loose_f1) == (1, pytest.approx(2 / 3))


def test_labels_change_strict_f1_alone(golden):
    changed = compare(recorded_run(golden, mislabelled), recorded_run(golden, right), golden).articles[0]
    assert (changed.old_strict_f1, changed.new_strict_f1) == (0, 1)
    assert (changed.old_loose_f1, changed.new_loose_f1) == (1, 1)
    assert changed.gained == changed.lost == () and not changed.is_same


def test_repeats_count_by_their_share(golden):
    def sometimes(index, repeat, claims):
        return claims if repeat == 1 else claims[:1]

    once, mixed = recorded_run(golden, right), recorded_run(golden, sometimes, repeats=2)
    assert compare(once, mixed, golden).articles[0].lost == ("Dänemark: Dänemark hat eine Haltung dazu.",)
    assert compare(mixed, once, golden).articles[0].gained == ("Dänemark: Dänemark hat eine Haltung dazu.",)
    twice = recorded_run(golden, right, repeats=2)
    assert all(article.is_same for article in compare(once, twice, golden).articles)


def test_failures_are_told_and_are_no_lost_claims(golden):
    def down(index, repeat, claims):
        return None if index < 2 else claims

    comparison = compare(recorded_run(golden, right), recorded_run(golden, down), golden)
    assert comparison.newly_failed == ("oslo-00", "oslo-01")
    assert comparison.articles[0].new_loose_f1 is None and comparison.articles[0].lost == ()
    assert not comparison.is_worse
    assert compare(recorded_run(golden, down), recorded_run(golden, right), golden).newly_failed == ()


def test_other_golden_sets_are_refused_unless_allowed(golden):
    whole, part = recorded_run(golden, right), recorded_run(golden[2:], half)
    with pytest.raises(InputError, match="different golden sets"):
        compare(whole, part, golden)
    comparison = compare(whole, part, golden, any_golden=True)
    assert comparison.only_old == ("oslo-00", "oslo-01") and comparison.only_new == ()
    assert len(comparison.articles) == COUNT - 1 and comparison.is_worse
    assert compare(part, whole, golden, any_golden=True).only_new == ("oslo-00", "oslo-01")


def test_only_shared_articles_are_counted(golden):
    """The articles that only the old run has would make it look worse."""

    def bad_at_first(index, repeat, claims):
        return [] if index < 2 else claims

    whole, part = recorded_run(golden, bad_at_first), recorded_run(golden[2:], right)
    strict = {d.figure: d for d in compare(whole, part, golden, any_golden=True).differences}["strict_f1"]
    assert (strict.old, strict.new) == (1, 1)


def test_runs_without_a_common_article_cannot_be_compared(golden):
    with pytest.raises(InputError, match="no article in common"):
        compare(recorded_run(golden[:2], right), recorded_run(golden[2:], right), golden, any_golden=True)


def test_the_golden_set_must_have_the_articles(golden):
    run = recorded_run(golden, right)
    with pytest.raises(InputError, match="oslo-00"):
        compare(run, run, golden[1:])
