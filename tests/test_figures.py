"""The figures of a run: what counts, what is left out, and what must never change them."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from random import Random

import pytest
from golden_claims import SENTENCES, TEXT, claim, golden, report, some_claim, some_claims, speaker
from hypothesis import given
from hypothesis import strategies as st

from summarizer.errors import ConfigurationError
from summarizer.evaluation.annotation import Genre
from summarizer.evaluation.figures import (
    FIGURES,
    LOWER_IS_BETTER,
    ArticleResult,
    Figures,
    Ratio,
    by_attribution,
    by_genre,
    by_language,
    confusion,
    figures,
    score_article,
)
from summarizer.evaluation.golden import GoldenArticle
from summarizer.models import Attribution, Claim, ErrorInfo, Evidence, Measure, Report, Span, SpeakerKind, Stance

FAILED = ErrorInfo(type="service", message="The service failed.")
PAIR_FIGURES = (*(name for name in FIGURES if name.endswith(("precision", "recall", "f1", "accuracy"))),)
VERBATIM = ("quote_verbatim_rate", "evidence_verbatim_rate")


def scored(gold: GoldenArticle, predicted: Report) -> Figures:
    return figures([score_article(gold, predicted)])


def values(found: Figures) -> dict[str, float | None]:
    return {name: found.value(name) for name in FIGURES}


def test_the_pairs_figures() -> None:
    gold = [claim(["Polen"], [n]) for n in (1, 2, 3, 4)]
    predicted = [
        claim(["Polen"], [1]),
        claim(["Polen"], [2], Stance.OPEN, attribution=Attribution.DIRECT),
        claim([speaker("Polen", SpeakerKind.GROUP)], [3], measure=Measure.AIR),
        claim(["Polen"], [5]),
        claim(["Polen"], [6]),
    ]
    found = scored(golden(*gold), report(*predicted))
    assert (found.loose.precision, found.loose.recall) == (3 / 5, 3 / 4)
    assert found.loose.f1 == pytest.approx(2 / 3)
    assert (found.strict.precision, found.strict.recall) == (1 / 5, 1 / 4)
    assert found.strict.f1 == pytest.approx(2 / 9)
    accuracies = (found.stance_accuracy, found.measure_accuracy, found.attribution_accuracy, found.kind_accuracy)
    assert accuracies == pytest.approx((2 / 3,) * 4)


def test_figures_without_a_basis_are_none() -> None:
    nothing = values(scored(golden(), report()))
    assert {name for name, value in nothing.items() if value is not None} == {"claims_per_negative"}
    invented = scored(golden(), report(claim(["Polen"], [1])))
    assert (invented.loose.precision, invented.loose.recall, invented.loose.f1) == (0, None, 0)
    silent = scored(golden(claim(["Polen"], [1])), report())
    assert (silent.loose.precision, silent.loose.recall, silent.loose.f1) == (None, 0, 0)
    assert set(values(figures([])).values()) == {None}


def test_pairs_are_pooled_over_articles() -> None:
    right = score_article(golden(claim(["Polen"], [1])), report(claim(["Polen"], [1])))
    wrong = score_article(golden(claim(["Polen"], [1])), report(*[claim(["Polen"], [2])] * 2))
    assert figures([right, wrong]).loose.precision == 1 / 3
    assert figures([right, wrong]).loose.recall == 1 / 2


def test_an_optional_claim_changes_no_figure_of_pairs() -> None:
    firm, optional = claim(["Polen"], [1]), claim(["Polen"], [2], statement="Etwas anderes.")
    plain = scored(golden(firm), report(firm))
    for predicted in (report(firm), report(firm, optional)):
        assert scored(golden(firm, optional=[optional]), predicted) == plain


@pytest.mark.parametrize(
    ("evidence", "quote", "rate"),
    [
        ([1], "Satz 1.", 1),
        ([1], "„Satz  1“", 1),
        ([1, 2], "1. Satz 2.", 1),
        ([1, 3], "1. Satz 3.", 0),
        ([1, 3], "Satz 3", 1),
        ([1], "Satz 2.", 0),
        ([1], "atz 1.", 0),
        ([], "Satz 1.", 0),
        ([1], "", 0),
    ],
)
def test_a_quote_must_stand_in_its_evidence(evidence: list[int], quote: str, rate: float) -> None:
    quoting = claim(["Polen"], evidence).model_copy(update={"quote": Span(start=0, end=7, text=quote)})
    assert scored(golden(), report(quoting, claim(["Polen"], [4]))).quote_verbatim_rate == rate


def test_an_invented_evidence_text_makes_no_quote_verbatim() -> None:
    span = Evidence(sentence=1, start=0, end=7, text="Erfunden.")
    invented = claim(["Polen"], [1]).model_copy(
        update={"evidence": [span], "quote": Span(start=0, end=7, text="Erfunden.")}
    )
    found = scored(golden(), report(invented))
    assert (found.quote_verbatim_rate, found.evidence_verbatim_rate) == (0, 0)


@pytest.mark.parametrize(
    ("start", "end", "text", "rate"),
    [(0, 7, "Satz 1.", 1), (0, 7, "Satz 2.", 0), (1, 8, "Satz 1.", 0), (3, 3, "", 0), (-7, len(TEXT), TEXT[-7:], 0)],
)
def test_evidence_must_repeat_the_article(start: int, end: int, text: str, rate: float) -> None:
    spans = [Evidence(sentence=1, start=start, end=end, text=text)]
    found = scored(golden(), report(claim(["Polen"], [1]).model_copy(update={"evidence": spans})))
    assert found.evidence_verbatim_rate == rate


def test_what_was_rejected_is_a_share_of_what_the_model_gave() -> None:
    assert scored(golden(), report(claim(["Polen"], [1]), rejected=3)).rejected_share == 3 / 4


def test_the_statements_likeness_is_a_mean_over_matched_pairs() -> None:
    gold = [claim(["Polen"], [n], statement="Polen schickt Soldaten.") for n in (1, 2)]
    same, other = gold[0], claim(["Polen"], [2], statement="Xyz")
    spurious = claim(["Polen"], [7], statement="Polen schickt Soldaten.")
    assert scored(golden(*gold), report(same, other, spurious)).statement_chrf == pytest.approx(1 / 2)
    near = claim(["Polen"], [1], statement="Polen schickt keine Soldaten.")
    likeness = scored(golden(gold[0]), report(near)).statement_chrf
    assert likeness is not None and 0.5 < likeness < 1


def test_claims_in_articles_that_have_none() -> None:
    results = [
        score_article(golden(slug="a"), report(claim(["Polen", "Frankreich"], [1]), claim(["Polen"], [2]))),
        score_article(golden(slug="b"), report()),
        score_article(golden(optional=[claim(["Polen"], [1])], slug="c"), report(claim(["Polen"], [1]))),
        score_article(golden(slug="d"), FAILED),
    ]
    found = figures(results)
    assert (found.negatives, found.claims_per_negative) == (2, 1)


def test_seconds_are_a_mean_over_what_was_measured() -> None:
    gold, predicted = golden(), report()
    results = [score_article(gold, predicted, duration_s=seconds) for seconds in (2, 4, 0)]
    failed = score_article(gold, FAILED, duration_s=60)
    assert figures([*results, failed]).seconds_per_article == 3


def test_names_and_directions() -> None:
    assert set(FIGURES) > LOWER_IS_BETTER
    with pytest.raises(ConfigurationError, match="loose_f1") as caught:
        scored(golden(), report()).value("articles")
    assert "'articles'" in caught.value.message


def test_by_language_and_genre() -> None:
    right, wrong = claim(["Polen"], [1]), claim(["Polen"], [2])
    results = [
        score_article(golden(right, slug="a", genre=Genre.BRIEF), report(right)),
        score_article(golden(right, slug="b", language="en"), report(wrong)),
        score_article(golden(right, slug="c", language="en"), FAILED),
    ]
    languages, genres = by_language(results), by_genre(results)
    assert {name: (f.articles, f.failed, f.loose.f1) for name, f in languages.items()} == {
        "de": (1, 0, 1),
        "en": (2, 1, 0),
    }
    assert {name: (f.articles, f.failed, f.loose.f1) for name, f in genres.items()} == {
        "agency": (2, 1, 0),
        "brief": (1, 0, 1),
    }


def test_by_attribution_a_pair_counts_where_the_golden_one_is() -> None:
    direct, narrated = Attribution.DIRECT, Attribution.NARRATED
    gold = [claim(["Polen"], [n], attribution=direct) for n in (1, 2)]
    predicted = [
        claim(["Polen"], [1], attribution=narrated),
        claim(["Polen"], [5], attribution=direct),
        claim(["Polen"], [6], attribution=narrated),
    ]
    found = by_attribution([score_article(golden(*gold), report(*predicted)), score_article(golden(), FAILED)])
    assert list(found) == ["direct", "narrated"]
    pairs = {name: (f.loose.correct, f.loose.predicted, f.loose.gold) for name, f in found.items()}
    assert pairs == {"direct": (1, 2, 2), "narrated": (0, 1, 0)}
    assert (found["direct"].attribution_accuracy, found["direct"].evidence_verbatim_rate) == (0, None)


def test_confusion() -> None:
    gold = [claim(["Polen"], [n], Stance.OPEN) for n in (1, 2, 3)]
    predicted = [
        *(claim(["Polen"], [n], Stance.COMMITS) for n in (1, 2)),
        claim(["Polen"], [3], Stance.OPEN),
        claim(["Polen"], [7], Stance.REFUSES),
    ]
    results = [score_article(golden(*gold), report(*predicted)), score_article(golden(), FAILED)]
    found = confusion(results, "stance")
    assert (found.labels, found.rows) == (("commits", "open"), ((0, 0), (2, 1)))
    assert confusion(results, "measure").rows == ((3,),)
    assert confusion([], "measure").labels == ()


def test_importing_leaves_the_heavy_libraries_alone() -> None:
    code = (
        "import sys, json, summarizer.evaluation.agreement;"
        "print(json.dumps([m for m in ('numpy', 'scipy', 'sklearn', 'sacrebleu') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_a_missing_library_says_what_to_install() -> None:
    code = """
import sys
sys.path.insert(0, sys.argv[1])
sys.modules["sacrebleu"] = None
from golden_claims import claim, golden, report
from summarizer.errors import ConfigurationError
from summarizer.evaluation.figures import score_article, figures
one = claim(["Polen"], [1])
try:
    figures([score_article(golden(one), report(one))])
except ConfigurationError as error:
    print(error)
"""
    folder = __file__.rpartition("test_figures")[0]
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
    assert "sacrebleu" in done.stdout
    assert "pip install 'summarizer[eval]'" in done.stdout


def _result(slug: str, firm: list[Claim], optional: list[Claim], predicted: list[Claim]) -> ArticleResult:
    gold = golden(*firm, optional=optional, slug=slug)
    return score_article(gold, report(*predicted, rejected=len(firm) % 3), duration_s=len(predicted) / 7)


some_results = st.lists(
    st.builds(_result, st.sampled_from("abcd"), some_claims, some_claims, some_claims), min_size=1, max_size=4
)


@given(st.lists(some_claim, min_size=1, max_size=6), some_claims)
def test_gold_against_itself_is_perfect(claims: list[Claim], optional: list[Claim]) -> None:
    found = scored(golden(*claims, optional=optional), report(*claims, *optional))
    assert {found.value(name) for name in PAIR_FIGURES} == {1}
    assert found.statement_chrf == pytest.approx(1)
    assert {found.value(name) for name in VERBATIM} <= {1, None}
    assert (found.rejected_share, found.claims_per_negative) == (0, None)


@given(some_results, st.randoms(use_true_random=False))
def test_shuffling_changes_nothing(results: list[ArticleResult], random: Random) -> None:
    def shuffled(items: list) -> list:
        return random.sample(items, len(items))

    def mixed(one: Claim) -> Claim:
        return one.model_copy(update={"speakers": shuffled(one.speakers), "evidence": shuffled(one.evidence)})

    again = []
    for result in results:
        assert isinstance(result.outcome, Report)
        gold = tuple(replace(g, claim=mixed(g.claim)) for g in shuffled(list(result.golden.claims)))
        predicted = result.outcome.model_copy(update={"claims": [mixed(c) for c in shuffled(result.outcome.claims)]})
        again.append(score_article(replace(result.golden, claims=gold), predicted, duration_s=result.duration_s))
    again = shuffled(again)
    assert figures(again) == figures(results)
    assert by_attribution(again) == by_attribution(results)
    assert confusion(again, "stance") == confusion(results, "stance")


@given(st.lists(some_claim, min_size=2, max_size=6), st.data())
def test_dropping_a_claim_lowers_recall_and_nothing_else(claims: list[Claim], drawn: st.DataObject) -> None:
    dropped = drawn.draw(st.integers(0, len(claims) - 1))
    whole = scored(golden(*claims), report(*claims))
    part = scored(golden(*claims), report(*claims[:dropped], *claims[dropped + 1 :]))
    lost = len(claims[dropped].speakers)
    for before, after in ((whole.loose, part.loose), (whole.strict, part.strict)):
        assert after.precision == before.precision == 1
        assert after.recall == (before.correct - lost) / before.gold
    assert {part.value(name) for name in PAIR_FIGURES if name.endswith("accuracy")} == {1}
    assert part.statement_chrf == pytest.approx(1)
    assert part.evidence_verbatim_rate == 1
    assert part.quote_verbatim_rate in {1, None}
    assert part.rejected_share == 0


@given(some_results)
def test_a_failed_article_changes_two_numbers_only(results: list[ArticleResult]) -> None:
    failed = score_article(golden(claim(["Polen"], [1]), slug="z"), FAILED, duration_s=9)
    before, after = figures(results), figures([*results, failed])
    assert after == replace(before, articles=len(results) + 1, failed=1)
    assert by_attribution([*results, failed]) == by_attribution(results)


@given(some_results)
def test_every_figure_is_a_ratio_of_sums(results: list[ArticleResult]) -> None:
    found = figures(results)
    for name in FIGURES:
        assert found.value(name) == Ratio.total(result.ratios[name] for result in results).value
    assert sum(f.loose.gold for f in by_attribution(results).values()) == found.loose.gold
    assert sum(f.loose.correct for f in by_attribution(results).values()) == found.loose.correct
    assert sum(f.articles for f in by_genre(results).values()) == len(results)


def test_builders_fit_the_text() -> None:
    assert all(s.text(TEXT) == f"Satz {s.number}." for s in SENTENCES)
