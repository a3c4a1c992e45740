"""Two annotation passes of the same articles: how far they agree, and each thing about which they don't."""

from __future__ import annotations

from dataclasses import replace

import pytest
from golden_claims import claim, golden, some_claim, some_claims, speaker
from hypothesis import given, settings
from hypothesis import strategies as st

from summarizer.errors import InputError
from summarizer.evaluation.agreement import agreement, disagreements
from summarizer.evaluation.matching import Counts
from summarizer.models import Article, Attribution, Claim, Measure, SpeakerKind, Stance


def test_a_pass_against_itself_agrees() -> None:
    claims = [claim(["Polen"], [1], Stance.OPEN), claim(["Polen", "Frankreich"], [2], measure=Measure.AIR)]
    articles = [golden(*claims, slug="a"), golden(claims[0], slug="b")]
    found = agreement(articles, articles[::-1])
    assert (found.articles, found.first_pairs, found.second_pairs) == (2, 4, 4)
    assert found.loose == found.strict == Counts(4, 4, 4)
    assert (found.stance_kappa, found.measure_kappa) == (1, 1)
    assert found.attribution_kappa is None
    assert found.loose_f1_interval is not None
    assert (found.loose_f1_interval.low, found.loose_f1_interval.high) == (1, 1)
    assert disagreements(articles[0], articles[0]) == []


def test_kappa_is_over_matched_pairs() -> None:
    stances = [Stance.OPEN, Stance.OPEN, Stance.COMMITS, Stance.COMMITS]
    first = [claim(["Polen"], [n], stance) for n, stance in enumerate(stances, start=1)]
    others = [Stance.OPEN, Stance.OPEN, Stance.COMMITS, Stance.OPEN]
    second = [claim(["Polen"], [n], stance) for n, stance in enumerate(others, start=1)]
    extra = claim(["Polen"], [8], Stance.REFUSES)
    found = agreement([golden(*first)], [golden(*second, extra)])
    # Observed 3/4; by chance 1/2 * 3/4 + 1/2 * 1/4.
    assert found.stance_kappa == pytest.approx((0.75 - 0.5) / (1 - 0.5))
    assert (found.loose, found.strict) == (Counts(4, 5, 4), Counts(3, 5, 4))
    assert found.loose_f1_interval is None


def test_the_passes_must_have_the_same_articles() -> None:
    one, other = golden(slug="a"), golden(slug="b")
    with pytest.raises(InputError, match=r"Only one of the two passes has: b\."):
        agreement([one, other], [one])
    elsewhere = replace(one, article=Article.from_text("Etwas anderes.", language="de"))
    with pytest.raises(InputError, match="not about the golden set's text"):
        agreement([one], [elsewhere])
    with pytest.raises(InputError, match="both passes"):
        disagreements(one, elsewhere)


def test_no_articles_and_no_claims() -> None:
    for found in (agreement([], []), agreement([golden()], [golden()])):
        assert (found.loose.f1, found.stance_kappa, found.loose_f1_interval) == (None, None, None)


def test_disagreements_are_readable_and_in_the_order_of_the_text() -> None:
    first = golden(
        claim(["Polen"], [1], statement="Polen hilft."),
        claim(["Frankreich"], [3, 4], statement="Frankreich\n hilft."),
        claim(["Anna Muster"], [5]),
        claim(["Bert Muster"], [7]),
    )
    second = golden(
        claim([speaker("Polen", SpeakerKind.GROUP)], [1], Stance.OPEN, Measure.AIR, attribution=Attribution.NARRATED),
        claim(["Großbritannien"], [2], Stance.REFUSES, statement="London hilft nicht."),
        claim(["Frankreich"], [3]),
        claim(["Bert Muster"], [7]),
    )
    assert disagreements(first, second) == [
        "other stance commits / open; measure troops / air; attribution indirect / narrated; kind government / group: "
        "Polen (commits, troops, sentences 1): Polen hilft.",
        "added: Großbritannien (refuses, troops, sentences 2): London hilft nicht.",
        "other evidence 3, 4 / 3: Frankreich (commits, troops, sentences 3, 4): Frankreich hilft.",
        "missed: Anna Muster (commits, troops, sentences 5): Ein Satz.",
    ]


def test_optional_claims_are_no_disagreement() -> None:
    firm, doubtful = claim(["Polen"], [1]), claim(["Polen"], [2], Stance.OPEN)
    plain = agreement([golden(firm)], [golden(firm)])
    pairs = [
        (golden(firm, optional=[doubtful]), golden(firm)),
        (golden(firm), golden(firm, optional=[doubtful])),
        (golden(firm, doubtful), golden(firm, optional=[claim(["Polen"], [2], Stance.REFUSES)])),
    ]
    for first, second in pairs:
        assert agreement([first], [second]) == plain
        assert disagreements(first, second) == []


@given(st.lists(some_claim, min_size=1, max_size=5), some_claims)
@settings(max_examples=40)
def test_any_pass_against_itself_is_perfect(claims: list[Claim], optional: list[Claim]) -> None:
    first = golden(*claims, optional=optional)
    found = agreement([first], [first])
    assert found.loose.f1 == found.strict.f1 == 1
    assert {found.stance_kappa, found.measure_kappa, found.attribution_kappa} <= {1, None}


@given(some_claims, some_claims, some_claims)
@settings(max_examples=40)
def test_the_passes_may_change_places(firm: list[Claim], optional: list[Claim], others: list[Claim]) -> None:
    first, second = golden(*firm, optional=optional), golden(*others)
    one, other = agreement([first], [second]), agreement([second], [first])
    assert (one.loose.correct, one.first_pairs, one.second_pairs) == (
        other.loose.correct,
        other.second_pairs,
        other.first_pairs,
    )
    changes = sum(line.startswith(("missed: ", "added: ")) for line in disagreements(first, second))
    assert changes == one.first_pairs + one.second_pairs - 2 * one.loose.correct
