"""What a reader corrects: known again after a new run, added up, taken back, and what follows from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from reports import english_report, german_report

from summarizer.corrections import (
    MAX_NOTE_CHARS,
    Correction,
    Corrections,
    amended,
    applicable,
    claim_key,
    corrected,
    merged,
    stale,
    with_correction,
    without,
)
from summarizer.models import Measure, Report, Stance

NOON = datetime(2031, 5, 8, 12, tzinfo=UTC)


def correction(report: Report, id_: str, *, made_at: datetime = NOON, **said: object) -> Correction:
    claim = next(c for c in report.claims if c.id == id_)
    return Correction(article=report.article.id, claim=id_, claim_key=claim_key(claim), made_at=made_at, **said)


def renumbered(report: Report) -> Report:
    """As after a new run that found one claim more, before all others."""
    claims = [c.model_copy(update={"id": f"c{int(c.id[1:]) + 1}"}) for c in report.claims]
    more = report.claims[0].model_copy(update={"statement": "Norvik hat Fregatten.", "stance": Stance.ASSERTS})
    return report.model_copy(update={"claims": [more, *claims]})


def test_a_wrong_claim_is_gone_with_its_positions():
    report = german_report()
    after = corrected(report, [correction(report, "c4", wrong=True)])
    assert [c.id for c in after.claims] == ["c1", "c2", "c3", "c5", "c6"]
    assert "c4" not in {id_ for position in after.positions for id_ in position.claims}
    assert "Ostland" not in {position.actor for position in after.positions}


def test_a_stance_and_a_measure_change_the_claim_its_position_and_the_summary():
    report = german_report()
    after = corrected(report, [correction(report, "c5", stance=Stance.SUPPORTS, measure=Measure.NAVAL)])
    claim = after.claims[4]
    assert (claim.stance, claim.measure) == (Stance.SUPPORTS, Measure.NAVAL)
    assert [(p.measure, p.stance) for p in after.positions if "c5" in p.claims] == [(Measure.NAVAL, Stance.SUPPORTS)]
    assert after.summary != report.summary
    assert {id_ for sentence in after.summary.sentences for id_ in sentence.claims} <= {c.id for c in after.claims}


def test_positions_and_summary_follow_in_the_language_of_the_report():
    report = german_report()
    speaker = report.claims[0].speakers[0].model_copy(update={"name": "Frankreich", "affiliation": "Frankreich"})
    claims = [report.claims[0].model_copy(update={"speakers": [speaker]}), *report.claims[1:]]
    report = report.model_copy(update={"claims": claims, "run": report.run.model_copy(update={"language": "en"})})
    after = corrected(report, [correction(report, "c1", stance=Stance.OPEN)])
    assert after.positions[0].actor == "France"
    assert "Zehn Staaten" not in " ".join(sentence.text for sentence in after.summary.sentences)


def test_the_summary_stays_where_none_of_its_claims_was_touched():
    report = german_report()
    after = corrected(report, [correction(report, "c6", wrong=True)])
    assert after.summary == report.summary
    assert len(after.claims) == 5


def test_a_note_alone_changes_nothing_but_is_kept():
    report = german_report()
    noted = correction(report, "c1", note="Two each?")
    assert corrected(report, [noted]) == report
    assert applicable(report, [noted]) == {"c1": noted}


def test_the_report_itself_stays_as_it_was():
    report = german_report()
    before = report.model_dump_json()
    corrected(report, [correction(report, "c1", wrong=True), correction(report, "c2", stance=Stance.OPPOSES)])
    assert report.model_dump_json() == before


def test_a_claim_that_a_new_run_numbers_anew_is_known_again():
    report = german_report()
    given = correction(report, "c3", stance=Stance.OPPOSES)
    again = renumbered(report)
    found = applicable(again, [given])
    assert list(found) == ["c4"]
    assert found["c4"].claim == "c4"
    assert [c.stance for c in corrected(again, [given]).claims if c.id == "c4"] == [Stance.OPPOSES]
    assert stale(again, [given]) == []


def test_a_claim_that_a_new_run_words_anew_is_not_corrected_and_the_correction_is_stale():
    report = german_report()
    given = correction(report, "c3", wrong=True)
    claims = [c.model_copy(update={"statement": f"{c.statement} Sagt sie."}) for c in report.claims]
    again = report.model_copy(update={"claims": claims})
    assert applicable(again, [given]) == {}
    assert corrected(again, [given]) == again
    assert stale(again, [given]) == [given]


def test_a_correction_of_another_article_is_neither_applied_nor_stale():
    report = german_report()
    others = correction(report, "c3", wrong=True).model_copy(update={"article": "another"})
    assert applicable(report, [others]) == {}
    assert stale(report, [others]) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"statement": "Norvik schickt Truppen."},
        {"stance": Stance.OPEN},
        {"measure": Measure.AIR},
        {"speakers": []},
        {"evidence": []},
    ],
)
def test_the_key_covers_what_the_reader_saw(changes):
    claim = german_report().claims[2]
    assert claim_key(claim.model_copy(update=changes)) != claim_key(claim)


def test_the_key_covers_neither_the_number_nor_the_confidence():
    claim = german_report().claims[2]
    assert claim_key(claim.model_copy(update={"id": "c99", "confidence": 0.1})) == claim_key(claim)


def test_the_key_of_a_claim_with_half_a_surrogate_pair_is_a_key():
    claim = german_report().claims[2].model_copy(update={"statement": "\ud800"})
    assert len(claim_key(claim)) == 16


def test_a_second_mark_adds_to_the_first():
    report = german_report()
    claim = report.claims[2]
    first = amended(report.article.id, claim, None, stance=Stance.OPPOSES, made_at=NOON)
    second = amended(report.article.id, claim, first, measure=Measure.GENERAL, note=" why ", made_at=NOON)
    assert (second.stance, second.measure, second.note) == (Stance.OPPOSES, Measure.GENERAL, "why")


def test_a_claim_that_is_wrong_has_no_stance_and_one_with_a_stance_is_not_wrong():
    report = german_report()
    claim = report.claims[2]
    stance = amended(report.article.id, claim, None, stance=Stance.OPPOSES, note="hm", made_at=NOON)
    wrong = amended(report.article.id, claim, stance, wrong=True, made_at=NOON)
    assert (wrong.wrong, wrong.stance, wrong.note) == (True, None, "hm")
    back = amended(report.article.id, claim, wrong, stance=Stance.OPPOSES, made_at=NOON)
    assert (back.wrong, back.stance) == (False, Stance.OPPOSES)


def test_what_the_report_has_already_is_no_correction():
    report = german_report()
    claim = report.claims[2]
    assert amended(report.article.id, claim, None, stance=claim.stance, measure=claim.measure).says_nothing
    first = amended(report.article.id, claim, None, stance=Stance.OPPOSES)
    assert amended(report.article.id, claim, first, stance=claim.stance).says_nothing


def test_an_empty_note_takes_the_note_back():
    report = german_report()
    first = amended(report.article.id, report.claims[2], None, wrong=True, note="No")
    second = amended(report.article.id, report.claims[2], first, note="")
    assert (second.wrong, second.note) == (True, None)


def test_one_correction_takes_the_place_of_the_one_before_on_the_same_claim_only():
    report = german_report()
    known = with_correction(Corrections(), correction(report, "c1", wrong=True))
    known = with_correction(known, correction(report, "c2", wrong=True))
    known = with_correction(known, correction(report, "c1", stance=Stance.OPEN))
    assert [(c.claim, c.wrong, c.stance) for c in known.corrections] == [("c2", True, None), ("c1", False, Stance.OPEN)]


def test_a_correction_that_says_nothing_takes_back_what_was_said():
    report = german_report()
    known = with_correction(Corrections(), correction(report, "c1", wrong=True))
    assert with_correction(known, correction(report, "c1")) == Corrections()


def test_of_a_claim_numbered_anew_the_correction_is_replaced_too():
    report = german_report()
    known = with_correction(Corrections(), correction(report, "c1", wrong=True))
    again = renumbered(report)
    known = with_correction(known, correction(again, "c2", stance=Stance.OPEN))
    assert [(c.claim, c.stance) for c in known.corrections] == [("c2", Stance.OPEN)]


def test_without_is_by_id_or_by_key():
    report = german_report()
    first, second = correction(report, "c1", wrong=True), correction(renumbered(report), "c1", wrong=True)
    known = Corrections(corrections=[first, second])
    assert without(known, report.article.id, "c1").corrections == []
    assert without(known, report.article.id, "c1", second.claim_key).corrections == [first]
    assert without(known, "another", "c1") == known


def test_merging_keeps_the_later_of_two():
    report = german_report()
    old, new = (
        correction(report, "c1", wrong=True),
        correction(report, "c1", note="x", made_at=NOON + timedelta(hours=1)),
    )
    assert merged(Corrections(corrections=[old]), [new]).corrections == [new]
    assert merged(Corrections(corrections=[new]), [old]).corrections == [new]
    assert merged(Corrections(corrections=[new]), [new]).corrections == [new]


@given(st.data())
def test_after_any_corrections_every_reference_leads_to_a_claim(data):
    report = data.draw(st.sampled_from([german_report(), english_report()]))
    said = st.fixed_dictionaries(
        {
            "wrong": st.booleans(),
            "stance": st.none() | st.sampled_from(Stance),
            "measure": st.none() | st.sampled_from(Measure),
            "note": st.none() | st.text(max_size=5),
        }
    )
    ids = [claim.id for claim in report.claims]
    given_ = [correction(report, id_, **data.draw(said)) for id_ in data.draw(st.lists(st.sampled_from(ids)))]
    known = Corrections()
    for one in given_:
        known = with_correction(known, one)
    assert len({c.claim_key for c in known.corrections}) == len(known.corrections)
    after = corrected(report, known.corrections)
    left = {claim.id for claim in after.claims}
    assert left == set(ids) - {c.claim for c in known.corrections if c.wrong}
    assert {id_ for p in after.positions for id_ in p.claims} <= left
    assert {id_ for s in after.summary.sentences for id_ in s.claims} <= left
    assert corrected(report, given_) == after or any(c.says_nothing for c in given_)


@pytest.mark.parametrize(
    "changes",
    [
        {"claim_key": "../etc"},
        {"stance": "shrugs"},
        {"note": "x" * (MAX_NOTE_CHARS + 1)},
        {"made_at": "2031-05-08T12:00:00"},
        {"made_at": None},
        {"speakers": ["Norvik"]},
    ],
)
def test_what_is_no_correction_is_refused(changes):
    good = correction(german_report(), "c1", wrong=True).model_dump(mode="json")
    assert Correction.model_validate(good)
    with pytest.raises(ValidationError):
        Correction.model_validate({**good, **changes})
