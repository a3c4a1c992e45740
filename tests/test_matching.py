"""Matching golden and predicted claims: the rules of scoring, and what must never change the figures."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from golden_claims import COUNTRIES, TEXT, claim, golden, report, some_claim, some_claims, speaker
from hypothesis import given
from hypothesis import strategies as st

from summarizer.errors import InputError
from summarizer.evaluation.matching import MatchedPair, Matching, match, match_annotations
from summarizer.evaluation.speakers import Identities
from summarizer.models import Article, Claim, Evidence, Measure, Speaker, SpeakerKind, Stance


def sizes(matching: Matching) -> tuple[int, int, int, int]:
    """Matched, missed, spurious, and matches of optional claims."""
    lists = (matching.matched, matching.missed, matching.spurious, matching.optional)
    return len(lists[0]), len(lists[1]), len(lists[2]), len(lists[3])


def right(pair: MatchedPair) -> tuple[float, bool, bool]:
    """What the figures take from a pair beyond its stance and measure, which are in its weight."""
    return pair.weight, pair.same_attribution, pair.same_kind


def same_speaker(gold: Speaker, predicted: Speaker, **aliases: tuple[str, ...]) -> bool:
    identities = Identities(aliases, [gold, predicted])
    return identities.of(gold) == identities.of(predicted)


@pytest.mark.parametrize(
    ("predicted", "outcome"),
    [
        (claim(["Polen"], [1, 2]), (1, 0, 0, 0)),
        (claim(["Polen"], [2, 3], Stance.OPEN, Measure.AIR), (1, 0, 0, 0)),
        (claim(["Polen"], [3]), (0, 1, 1, 0)),
        (claim(["Frankreich"], [1, 2]), (0, 1, 1, 0)),
        (claim(["Polen", "Frankreich"], [1, 2]), (1, 0, 1, 0)),
        (claim(["Polen", "Warschau"], [1, 2]), (1, 0, 0, 0)),
        (claim(["Polen"], []), (0, 1, 1, 0)),
    ],
)
def test_a_match_needs_speaker_and_evidence(predicted: Claim, outcome: tuple[int, int, int, int]) -> None:
    predicted = predicted.model_copy(
        update={"speakers": [speaker(s.name, SpeakerKind.GOVERNMENT) for s in predicted.speakers]}
    )
    assert sizes(match(golden(claim(["Polen"], [1, 2])), report(predicted))) == outcome


@pytest.mark.parametrize(
    ("predicted", "weight"),
    [
        (claim(["Polen"], [1, 2]), 1.21),
        (claim(["Polen"], [1]), 1.205),
        (claim(["Polen"], [1, 2], Stance.OPEN), 1.11),
        (claim(["Polen"], [2, 3], Stance.OPEN, Measure.AIR), 1 + 0.01 / 3),
    ],
)
def test_weights(predicted: Claim, weight: float) -> None:
    gold = claim(["Polen"], [1, 2])
    assert match(golden(gold), report(predicted)).matched[0].weight == pytest.approx(weight)
    optional = match(golden(optional=[gold]), report(predicted)).optional
    assert optional[0].weight == pytest.approx(weight / 100)


def test_the_total_weight_decides_not_the_best_pair() -> None:
    narrow, wide = claim(["Polen"], [1]), claim(["Polen"], [1, 2])
    best_for_wide, only_for_wide = claim(["Polen"], [1, 2]), claim(["Polen"], [2])
    matching = match(golden(narrow, wide), report(best_for_wide, only_for_wide))
    chosen = {tuple(pair.gold.sentences): set(pair.predicted.sentences) for pair in matching.matched}
    assert chosen == {(1,): {1, 2}, (1, 2): {2}}


def test_the_right_stance_is_preferred_to_more_evidence() -> None:
    gold = [claim(["Polen"], [1], Stance.COMMITS), claim(["Polen"], [1], Stance.REFUSES)]
    predicted = [claim(["Polen"], [1, 2], Stance.REFUSES), claim(["Polen"], [1, 2], Stance.COMMITS)]
    assert all(pair.same_stance for pair in match(golden(*gold), report(*predicted)).matched)


def test_a_joint_statement_counts_once_for_each_speaker() -> None:
    joint = claim(["Polen", "Frankreich", "Großbritannien"], [1])
    apart = [claim([name], [1]) for name in COUNTRIES]
    assert sizes(match(golden(joint), report(*apart))) == (3, 0, 0, 0)
    assert sizes(match(golden(joint), report(claim(["Polen"], [1])))) == (1, 2, 0, 0)


def test_an_optional_claim_neither_rewards_nor_punishes() -> None:
    firm, optional = claim(["Polen"], [1]), claim(["Polen"], [2])
    without = match(golden(firm, optional=[optional]), report(firm))
    with_it = match(golden(firm, optional=[optional]), report(firm, optional))
    assert (sizes(without), sizes(with_it)) == ((1, 0, 0, 0), (1, 0, 0, 1))


def test_an_optional_claim_takes_a_prediction_only_when_no_firm_one_can() -> None:
    firm, optional = claim(["Polen"], [1], Stance.OPEN, Measure.AIR), claim(["Polen"], [1, 2])
    assert sizes(match(golden(firm, optional=[optional]), report(optional))) == (1, 0, 0, 0)


def test_a_report_on_another_text_is_refused() -> None:
    other = report().model_copy(update={"article": Article.from_text("Etwas anderes.", language="de")})
    with pytest.raises(InputError, match="not about the golden set's text"):
        match(golden(), other)


def test_evidence_is_compared_by_its_place_not_by_its_number() -> None:
    shifted = claim(["Polen"], [1, 2])
    spans = [e.model_copy(update={"sentence": e.sentence + 4}) for e in shifted.evidence]
    whole = Evidence(sentence=1, start=spans[0].start, end=spans[1].end, text=TEXT[spans[0].start : spans[1].end])
    for evidence in (spans, [whole]):
        predicted = shifted.model_copy(update={"evidence": evidence})
        pair = match(golden(claim(["Polen"], [1, 2])), report(predicted)).matched[0]
        assert pair.weight == pytest.approx(1.21)


GOVERNMENT, GROUP, PERSON = SpeakerKind.GOVERNMENT, SpeakerKind.GROUP, SpeakerKind.PERSON


@pytest.mark.parametrize(
    ("gold", "predicted", "same"),
    [
        (speaker("Großbritannien", GOVERNMENT), speaker("die britische Regierung", GOVERNMENT), True),
        (speaker("Großbritannien", GOVERNMENT), speaker("London", GOVERNMENT), True),
        (speaker("Niederlande", GOVERNMENT), speaker("die Niederländer", GOVERNMENT), True),
        (speaker("Niederlande", GOVERNMENT), speaker("der Niederländer", PERSON), False),
        (speaker("Nato", SpeakerKind.ORGANISATION), speaker("NATO", GROUP), True),
        (speaker("Polen", GOVERNMENT), speaker("Portugal", GOVERNMENT), False),
        (speaker("Emmanuel Macron"), speaker("emmanuel macron"), True),
        (speaker("Recep Tayyip Erdoğan"), speaker("Recep Tayyip Erdogan"), True),
        (speaker("Emmanuel Macron"), speaker("Macron"), True),
        (speaker("Macron"), speaker("Emmanuel Macron"), True),
        (speaker("Emmanuel Macron"), speaker("Frankreichs Präsident Emmanuel Macron"), True),
        (speaker("Ursula von der Leyen"), speaker("von der Leyen"), True),
        (speaker("Emmanuel Macron"), speaker("Emmanuel"), False),
        (speaker("Emmanuel Macron"), speaker("Brigitte Macron"), False),
        (speaker("Jim Jordan"), speaker("Jordan"), True),
        (speaker("die Europäer", GROUP), speaker("Europäer", GROUP), True),
        (speaker("Mitglieder der Koalition", GROUP), speaker("Koalition", GROUP), False),
    ],
)
def test_the_same_speaker(gold: Speaker, predicted: Speaker, same: bool) -> None:
    assert same_speaker(gold, predicted) is same
    assert same_speaker(predicted, gold) is same


def test_aliases() -> None:
    selenskyj, circles = speaker("Wolodymyr Selenskyj"), speaker("Militärkreise", SpeakerKind.UNNAMED)
    known = {"Wolodymyr Selenskyj": ("Volodymyr Zelensky",), "Militärkreise": ("Military sources",)}
    for name in ("Volodymyr Zelensky", "Zelensky", "Selenskyj"):
        assert same_speaker(selenskyj, speaker(name), **known)
    assert same_speaker(circles, speaker("military sources", GROUP), **known)
    assert same_speaker(speaker("Polen"), speaker("Neighbours", GROUP), Polen=("neighbours",))
    assert not same_speaker(circles, selenskyj, **known)


def test_a_surname_that_two_people_bear_means_neither() -> None:
    first, second, bare = speaker("Anna Muster"), speaker("Bert Muster"), speaker("Muster")
    identities = Identities({}, [first, second, bare])
    assert len({identities.of(s) for s in (first, second, bare)}) == 3


@given(some_claims, some_claims, some_claims, st.randoms(use_true_random=False))
def test_shuffling_changes_nothing(
    firm: list[Claim], optional: list[Claim], predicted: list[Claim], random: Random
) -> None:
    gold = golden(*firm, optional=optional)
    before = match(gold, report(*predicted))
    mixed, shuffled = list(gold.claims), list(predicted)
    random.shuffle(mixed)
    random.shuffle(shuffled)
    after = match(replace(gold, claims=tuple(mixed)), report(*shuffled))
    assert sizes(before) == sizes(after)
    assert [right(pair) for pair in before.matched] == [right(pair) for pair in after.matched]


@given(some_claims, some_claims, some_claims)
def test_every_pair_is_accounted_for_once(firm: list[Claim], optional: list[Claim], predicted: list[Claim]) -> None:
    matched, missed, spurious, taken = sizes(match(golden(*firm, optional=optional), report(*predicted)))
    assert matched + missed == sum(len(c.speakers) for c in firm)
    assert matched + taken + spurious == sum(len(c.speakers) for c in predicted)


@given(some_claims, some_claims, some_claim)
def test_an_optional_claim_never_costs_a_match(firm: list[Claim], predicted: list[Claim], optional: Claim) -> None:
    without = match(golden(*firm), report(*predicted))
    with_it = match(golden(*firm, optional=[optional]), report(*predicted))
    assert len(with_it.matched) == len(without.matched)
    assert len(with_it.spurious) <= len(without.spurious)


def test_an_optional_claim_of_either_annotation_counts_for_nothing() -> None:
    firm, other = claim(["Polen"], [1]), claim(["Polen"], [2])
    assert sizes(match_annotations(golden(firm), golden(firm, optional=[other]))) == (1, 0, 0, 0)
    assert sizes(match_annotations(golden(firm, other), golden(firm, optional=[other]))) == (1, 0, 0, 1)
    assert sizes(match_annotations(golden(optional=[other]), golden(optional=[other]))) == (0, 0, 0, 1)
    assert sizes(match_annotations(golden(other, optional=[other]), golden(optional=[other]))) == (0, 0, 0, 1)


def test_two_annotations_share_their_aliases() -> None:
    first = golden(claim([speaker("Koalition", GROUP)], [1]), aliases={"Koalition": ("die Willigen",)})
    second = golden(claim([speaker("die Willigen", GROUP)], [1]))
    assert sizes(match_annotations(first, second)) == sizes(match_annotations(second, first)) == (1, 0, 0, 0)


@given(some_claims, some_claims, some_claims, some_claims)
def test_annotations_match_the_same_either_way(
    firm: list[Claim], optional: list[Claim], others: list[Claim], doubtful: list[Claim]
) -> None:
    first, second = golden(*firm, optional=optional), golden(*others, optional=doubtful)
    matched, missed, spurious, taken = sizes(match_annotations(first, second))
    assert sizes(match_annotations(second, first)) == (matched, spurious, missed, taken)
