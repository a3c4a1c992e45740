"""Matching golden and predicted claims: the rules of scoring, and what must never change the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.errors import InputError
from summarizer.evaluation.golden import Genre, GoldenArticle, GoldenClaim, Split
from summarizer.evaluation.matching import Matching, match, scores
from summarizer.evaluation.speakers import Identities
from summarizer.models import (
    Article,
    Attribution,
    Claim,
    Evidence,
    Measure,
    Report,
    Run,
    Sentence,
    Speaker,
    SpeakerKind,
    Stance,
)

COUNT = 8
TEXT = " ".join(f"Satz {number}." for number in range(1, COUNT + 1))
ARTICLE = Article.from_text(TEXT, language="de")
SENTENCES = tuple(
    Sentence(number=n + 1, start=8 * n, end=8 * n + 7, paragraph=1, is_heading=False) for n in range(COUNT)
)
RUN = Run(
    model="none",
    prompt="none",
    profile="none",
    summarizer_version="0",
    started_at=datetime(2025, 9, 5),
    duration_s=0,
)
COUNTRIES = ("Polen", "Frankreich", "Großbritannien")


def speaker(name: str, kind: SpeakerKind | None = None) -> Speaker:
    return Speaker(name=name, kind=kind or (SpeakerKind.GOVERNMENT if name in COUNTRIES else SpeakerKind.PERSON))


def claim(
    speakers: Sequence[str | Speaker],
    evidence: Sequence[int],
    stance: Stance = Stance.COMMITS,
    measure: Measure = Measure.TROOPS,
    *,
    attribution: Attribution = Attribution.INDIRECT,
    statement: str = "Ein Satz.",
) -> Claim:
    places = [SENTENCES[number - 1] for number in evidence]
    return Claim(
        id="c",
        speakers=[s if isinstance(s, Speaker) else speaker(s) for s in speakers],
        statement=statement,
        attribution=attribution,
        stance=stance,
        measure=measure,
        evidence=[Evidence(sentence=s.number, start=s.start, end=s.end, text=s.text(TEXT)) for s in places],
    )


def golden(
    *claims: Claim, optional: Sequence[Claim] = (), aliases: dict[str, tuple[str, ...]] | None = None
) -> GoldenArticle:
    everything = [GoldenClaim(c, False) for c in claims] + [GoldenClaim(c, True) for c in optional]
    return GoldenArticle("a", ARTICLE, SENTENCES, Split.DEV, Genre.AGENCY, aliases or {}, tuple(everything))


def report(*claims: Claim) -> Report:
    return Report(article=ARTICLE, claims=list(claims), run=RUN)


def sizes(matching: Matching) -> tuple[int, int, int, int]:
    """Matched, missed, spurious, and matches of optional claims."""
    lists = (matching.matched, matching.missed, matching.spurious, matching.optional)
    return len(lists[0]), len(lists[1]), len(lists[2]), len(lists[3])


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
    assert scores([match(golden(*gold), report(*predicted))]).stance_accuracy == 1


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
    assert scores([without]) == scores([with_it]) == scores([match(golden(firm), report(firm))])


def test_an_optional_claim_takes_a_prediction_only_when_no_firm_one_can() -> None:
    firm, optional = claim(["Polen"], [1], Stance.OPEN, Measure.AIR), claim(["Polen"], [1, 2])
    assert sizes(match(golden(firm, optional=[optional]), report(optional))) == (1, 0, 0, 0)


def test_figures() -> None:
    gold = [claim(["Polen"], [n]) for n in (1, 2, 3, 4)]
    predicted = [
        claim(["Polen"], [1]),
        claim(["Polen"], [2], Stance.OPEN, attribution=Attribution.DIRECT),
        claim(["Polen"], [3], measure=Measure.AIR),
        claim(["Polen"], [5]),
        claim(["Polen"], [6]),
    ]
    found = scores([match(golden(*gold), report(*predicted))])
    assert (found.loose.precision, found.loose.recall) == (3 / 5, 3 / 4)
    assert found.loose.f1 == pytest.approx(2 / 3)
    assert (found.strict.precision, found.strict.recall) == (1 / 5, 1 / 4)
    assert found.strict.f1 == pytest.approx(2 / 9)
    assert found.stance_accuracy == found.measure_accuracy == found.attribution_accuracy == pytest.approx(2 / 3)


def test_figures_without_a_basis_are_none() -> None:
    nothing = scores([match(golden(), report())])
    assert (nothing.loose.precision, nothing.loose.recall, nothing.loose.f1) == (None, None, None)
    assert nothing.stance_accuracy is None
    invented = scores([match(golden(), report(claim(["Polen"], [1])))])
    assert (invented.loose.precision, invented.loose.recall, invented.loose.f1) == (0, None, 0)
    silent = scores([match(golden(claim(["Polen"], [1])), report())])
    assert (silent.loose.precision, silent.loose.recall, silent.loose.f1) == (None, 0, 0)


def test_scores_are_pooled_over_articles() -> None:
    right = match(golden(claim(["Polen"], [1])), report(claim(["Polen"], [1])))
    wrong = match(golden(claim(["Polen"], [1])), report(*[claim(["Polen"], [2])] * 2))
    assert scores([right, wrong]).loose.precision == 1 / 3
    assert scores([right, wrong]).loose.recall == 1 / 2


def test_a_report_on_another_text_is_refused() -> None:
    other = report().model_copy(update={"article": Article.from_text("Etwas anderes.", language="de")})
    with pytest.raises(InputError, match="not about the text"):
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


_claims = st.builds(
    claim,
    st.lists(st.sampled_from([*COUNTRIES, "Anna Muster", "Bert Muster", "Carla Beispiel"]), min_size=1, unique=True),
    st.lists(st.integers(1, COUNT), min_size=1, max_size=3, unique=True).map(sorted),
    st.sampled_from(list(Stance)[:3]),
    st.sampled_from(list(Measure)[:3]),
    attribution=st.sampled_from(Attribution),
    statement=st.sampled_from(["Ein Satz.", "Noch einer."]),
)
_lists = st.lists(_claims, max_size=6)


@given(st.lists(_claims, min_size=1, max_size=6))
def test_gold_against_itself_is_perfect(claims: list[Claim]) -> None:
    found = scores([match(golden(*claims), report(*claims))])
    figures = [f for c in (found.loose, found.strict) for f in (c.precision, c.recall, c.f1)]
    figures += [found.stance_accuracy, found.measure_accuracy, found.attribution_accuracy]
    assert figures == [1.0] * 9


@given(_lists, _lists, _lists, st.randoms(use_true_random=False))
def test_shuffling_changes_nothing(
    firm: list[Claim], optional: list[Claim], predicted: list[Claim], random: Random
) -> None:
    gold = golden(*firm, optional=optional)
    before = match(gold, report(*predicted))
    mixed, shuffled = list(gold.claims), list(predicted)
    random.shuffle(mixed)
    random.shuffle(shuffled)
    after = match(replace(gold, claims=tuple(mixed)), report(*shuffled))
    assert scores([before]) == scores([after])
    assert sizes(before) == sizes(after)
    assert [pair.weight for pair in before.matched] == [pair.weight for pair in after.matched]


@given(st.lists(_claims, min_size=2, max_size=6), st.data())
def test_dropping_a_claim_lowers_recall_and_nothing_else(claims: list[Claim], drawn: st.DataObject) -> None:
    dropped = drawn.draw(st.integers(0, len(claims) - 1))
    whole = scores([match(golden(*claims), report(*claims))])
    part = scores([match(golden(*claims), report(*claims[:dropped], *claims[dropped + 1 :]))])
    lost = len(claims[dropped].speakers)
    for before, after in ((whole.loose, part.loose), (whole.strict, part.strict)):
        assert after.precision == before.precision == 1
        assert after.recall == (before.correct - lost) / before.gold
    labels = (part.stance_accuracy, part.measure_accuracy, part.attribution_accuracy)
    assert labels == (1, 1, 1)


@given(_lists, _lists, _lists)
def test_every_pair_is_accounted_for_once(firm: list[Claim], optional: list[Claim], predicted: list[Claim]) -> None:
    matched, missed, spurious, taken = sizes(match(golden(*firm, optional=optional), report(*predicted)))
    assert matched + missed == sum(len(c.speakers) for c in firm)
    assert matched + taken + spurious == sum(len(c.speakers) for c in predicted)


@given(_lists, _lists, _claims)
def test_an_optional_claim_never_costs_a_match(firm: list[Claim], predicted: list[Claim], optional: Claim) -> None:
    without = match(golden(*firm), report(*predicted))
    with_it = match(golden(*firm, optional=[optional]), report(*predicted))
    assert len(with_it.matched) == len(without.matched)
    assert len(with_it.spurious) <= len(without.spurious)
