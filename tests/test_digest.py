"""The view across articles, on invented ones: who stands where, who moved, who says the same, who contradicts."""

from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reports import make_run, person, state

from summarizer.corrections import Correction, claim_key
from summarizer.digest import digest
from summarizer.digest.models import ChangeKind, ContradictionKind
from summarizer.models import (
    Article,
    Attribution,
    Claim,
    Evidence,
    Measure,
    Rejection,
    Report,
    Span,
    Speaker,
    SpeakerKind,
    Stance,
)
from summarizer.report_files import FiledReport
from summarizer.resources import data

NOW = datetime(2026, 12, 1, tzinfo=UTC)
_numbers = count(1)


POLAND = state("Polen")
TUSK = person("Donald Tusk", "Ministerpräsident", "Polen")
SIKORSKI = person("Radosław Sikorski", "Außenminister", "Polen")


def said(stance, speakers=(POLAND,), measure=Measure.TROOPS, statement=None, evidence=None, **changes):
    """A claim; the report gives it its id and its evidence's place."""
    names = ", ".join(s.name for s in speakers)
    statement = statement or f"{names}: {stance} {measure}."
    return Claim(
        id="c0",
        speakers=list(speakers),
        statement=statement,
        attribution=Attribution.NARRATED,
        stance=stance,
        measure=measure,
        evidence=[Evidence(sentence=1, start=0, end=0, text=evidence or statement)],
    ).model_copy(update=changes)


def report(*claims, day=None, source=None, language="de", url=None, text=None, id=None, run=None):
    text = text if text is not None else "\n".join(claim.evidence[0].text for claim in claims) or "Nichts."
    article = Article.from_text(
        text,
        language=language,
        source=source,
        published=date.fromisoformat(day) if day else None,
        url=url,
        id=id or f"article{next(_numbers)}",
    )
    placed = [
        claim.model_copy(
            update={"id": f"c{n}", "evidence": [_placed(claim.evidence[0], article.text)]},
        )
        for n, claim in enumerate(claims, start=1)
    ]
    return Report(article=article, claims=placed, run=run or make_run())


def _placed(evidence, text):
    start = max(text.find(evidence.text), 0)
    return Evidence(sentence=1, start=start, end=start + len(evidence.text), text=evidence.text)


def digested(*reports, **options):
    return digest(reports, now=NOW, **options)


def stances(result, actor="PL", measure=Measure.TROOPS):
    return [s.stance for s in result.standings if s.actor == actor and s.measure == measure]


def changed(result):
    return [(c.actor, c.kind, c.day.isoformat()) for c in result.changes]


# Actors


def test_an_actor_is_one_across_languages_and_articles():
    result = digested(
        report(said(Stance.COMMITS, [person("Emmanuel Macron", "Präsident", "Frankreich")]), day="2026-01-01"),
        report(said(Stance.COMMITS, [person("French president")]), day="2026-01-05", language="en"),
        report(said(Stance.COMMITS, [state("Paris")]), day="2026-01-09"),
    )
    assert [(a.id, a.name, len(a.claims)) for a in result.actors] == [("FR", "Frankreich", 3)]
    assert set(result.actors[0].names) == {"Emmanuel Macron", "French president", "Paris"}


def test_a_person_takes_the_country_that_other_articles_give():
    result = digested(
        report(said(Stance.OPEN, [person("Volodymyr Zelensky", "president", "Ukraine")]), day="2026-01-01"),
        report(said(Stance.OPEN, [person("Wolodymyr Selenskyj")]), day="2026-01-02"),
        report(said(Stance.OPEN, [person("Selenskyj")]), day="2026-01-03"),
    )
    assert [a.id for a in result.actors] == ["UA"]


def test_most_articles_decide_on_a_country_and_a_tie_merges_nobody():
    poland, belgium = person("Jan Berg", None, "Polen"), person("Jan Berg", None, "Belgien")
    most = digested(*(report(said(Stance.OPEN, [who])) for who in (poland, poland, belgium)))
    assert [a.id for a in most.actors] == ["PL"]
    tie = digested(*(report(said(Stance.OPEN, [who])) for who in (poland, belgium, person("Jan Berg"))))
    assert sorted(a.id for a in tie.actors) == ["BE", "PL", "person:ian berh"]


def test_a_surname_that_two_people_share_is_neither():
    result = digested(
        report(said(Stance.OPEN, [person("Anna Wolff")])),
        report(said(Stance.OPEN, [person("Peter Wolff")])),
        report(said(Stance.OPEN, [person("Wolff")])),
    )
    assert len(result.actors) == 3


def test_unnamed_sources_of_two_articles_are_two():
    source = Speaker(name="Diplomaten", kind=SpeakerKind.UNNAMED, affiliation="Nato")
    result = digested(report(said(Stance.OPEN, [source])), report(said(Stance.OPEN, [source])))
    assert len(result.actors) == 2
    assert not any(a.is_government for a in result.actors)


# Standings


def test_the_newest_day_decides_and_since_is_the_start_of_its_run():
    result = digested(
        report(said(Stance.REFUSES), day="2026-01-01"),
        report(said(Stance.COMMITS), day="2026-02-01"),
        report(said(Stance.COMMITS), day="2026-03-01"),
        since=date(2026, 2, 1),
    )
    (standing,) = result.standings
    assert (standing.stance, standing.since, standing.is_new) == (Stance.COMMITS, date(2026, 2, 1), True)
    assert len(standing.claims) == 2


def test_what_an_actor_demands_and_thinks_stands_apart_from_what_it_does():
    result = digested(
        report(said(Stance.COMMITS), day="2026-01-01"),
        report(said(Stance.DEMANDS), said(Stance.SUPPORTS), said(Stance.ASSERTS), day="2026-02-01"),
    )
    assert stances(result) == [Stance.COMMITS, Stance.SUPPORTS, Stance.DEMANDS]
    assert result.changes == []


def test_who_turns_against_a_measure_no_longer_stands_at_his_promise():
    result = digested(report(said(Stance.COMMITS), day="2026-01-01"), report(said(Stance.OPPOSES), day="2026-02-01"))
    assert stances(result) == [Stance.OPPOSES]
    assert changed(result) == [("PL", ChangeKind.REVERSED, "2026-02-01")]


def test_positions_for_two_countries_security_are_two():
    result = digested(
        report(said(Stance.COMMITS), day="2026-01-01", text="Truppen für die Ukraine."),
        report(said(Stance.REFUSES), day="2026-02-01", text="Truppen für Armenien."),
    )
    assert [(s.stance, s.protects) for s in result.standings] == [(Stance.REFUSES, "AM"), (Stance.COMMITS, "UA")]
    assert result.changes == []


def test_a_joint_claim_counts_for_each_of_its_actors():
    result = digested(report(said(Stance.REFUSES, [POLAND, state("Italien")]), day="2026-01-01"))
    assert {s.actor for s in result.standings} == {"PL", "IT"}
    assert [r.actors for r in result.reported] == [["PL", "IT"]]


def test_unsure_claims_are_in_no_standing():
    result = digested(report(said(Stance.COMMITS, confidence=0.2), day="2026-01-01"))
    assert result.standings == []
    assert len(result.claims) == 1


def test_claims_without_a_day_stand_only_where_no_others_do():
    result = digested(report(said(Stance.COMMITS)), report(said(Stance.REFUSES), day="2026-01-01"))
    assert stances(result) == [Stance.REFUSES]
    assert [claim.day for claim in result.claims].count(None) == 1
    only = digested(report(said(Stance.COMMITS)))
    assert [(s.stance, s.since) for s in only.standings] == [(Stance.COMMITS, None)]


# Changes


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (Stance.REFUSES, Stance.COMMITS, ChangeKind.REVERSED),
        (Stance.OPEN, Stance.REFUSES, ChangeKind.REVERSED),
        (Stance.SUPPORTS, Stance.OPPOSES, ChangeKind.REVERSED),
        (Stance.OPEN, Stance.COMMITS, ChangeKind.FIRMER),
        (Stance.UNDECIDED, Stance.REFUSES, ChangeKind.FIRMER),
        (Stance.COMMITS, Stance.OPEN, ChangeKind.SOFTER),
        (Stance.REFUSES, Stance.UNDECIDED, ChangeKind.SOFTER),
    ],
)
def test_a_later_other_stance_is_a_change(before, after, kind):
    first = report(said(before), said(Stance.ASSERTS), day="2026-01-01", id="first")
    result = digested(report(said(after), day="2026-02-01", id="second"), first, since=date(2026, 1, 15))
    assert changed(result) == [("PL", kind, "2026-02-01")]
    assert (result.changes[0].before, result.changes[0].after) == ("first.c1", "second.c1")
    assert result.changes[0].is_new


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(said(Stance.SUPPORTS), said(Stance.DEMANDS), id="a demand"),
        pytest.param(said(Stance.SUPPORTS), said(Stance.REFUSES), id="supporting what others do"),
        pytest.param(said(Stance.COMMITS), said(Stance.ASSERTS), id="an assessment"),
        pytest.param(said(Stance.COMMITS), said(Stance.REFUSES, measure=Measure.AIR), id="another measure"),
        pytest.param(
            said(Stance.COMMITS, measure=Measure.GENERAL),
            said(Stance.REFUSES, measure=Measure.GENERAL),
            id="guarantees in general",
        ),
        pytest.param(said(Stance.COMMITS), said(Stance.REFUSES, via="laut Diplomaten"), id="second-hand"),
        pytest.param(said(Stance.COMMITS), said(Stance.REFUSES, confidence=0.6), id="unsure"),
        pytest.param(said(Stance.OPEN), said(Stance.REFUSES, conditions=["ohne Mandat"]), id="a condition"),
        pytest.param(
            said(Stance.OPEN),
            said(Stance.REFUSES, evidence="Polen schickt niemanden, solange die USA fehlen."),
            id="a condition in the words",
        ),
        pytest.param(
            said(Stance.OPEN), said(Stance.UNDECIDED, evidence="Polen wollte sich nicht äußern."), id="silence"
        ),
        pytest.param(
            said(Stance.REFUSES),
            said(Stance.COMMITS, evidence="Polen will erst die Generäle hören.", confidence=0.9),
            id="waiting",
        ),
        pytest.param(
            said(Stance.REFUSES), said(Stance.OPEN, evidence="Noch im Juni hatte Polen Truppen erwogen."), id="earlier"
        ),
        pytest.param(said(Stance.COMMITS, [TUSK]), said(Stance.OPEN, [SIKORSKI]), id="weaker words of another"),
        pytest.param(
            said(Stance.REFUSES, [TUSK]),
            said(Stance.COMMITS, [person("Jan Berg", "General", "Polen")]),
            id="another without an office",
        ),
        pytest.param(
            said(Stance.REFUSES, [TUSK]),
            said(Stance.COMMITS, [person("Jan Berg", "Abgeordneter", "Polen")]),
            id="a member of parliament",
        ),
    ],
)
def test_what_is_no_change(before, after):
    result = digested(report(before, day="2026-01-01"), report(after, day="2026-02-01"))
    assert result.changes == []
    assert result.contradictions == []


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (Stance.REFUSES, Stance.COMMITS, "Poland, which had ruled out soldiers in March, will send 500, Tusk said."),
        (Stance.REFUSES, Stance.COMMITS, "Noch im März hatte Tusk Soldaten ausgeschlossen, nun sagte er 500 zu."),
        (Stance.REFUSES, Stance.COMMITS, "Tusk, der Soldaten im März abgelehnt hatte, sagte 500 zu."),
        (Stance.REFUSES, Stance.COMMITS, "Tusk dropped his refusal of last month and promised 500 soldiers."),
        (Stance.REFUSES, Stance.COMMITS, "Polen werde nicht länger zögern und 500 Soldaten schicken, sagte Tusk."),
        (Stance.REFUSES, Stance.COMMITS, '"We won\'t stand aside," Tusk said, promising 500 soldiers.'),
        (Stance.COMMITS, Stance.REFUSES, "Tusk zog die Zusage vom vergangenen Monat zurück."),
        (Stance.OPEN, Stance.REFUSES, "Poland, undecided until now, ruled out soldiers, Tusk said."),
        (Stance.SUPPORTS, Stance.OPPOSES, "Tusk, who had called the force useful in March, now opposes it."),
    ],
)
def test_who_turns_round_is_told_of_with_where_he_stood(before, after, words):
    result = digested(
        report(said(before, [TUSK]), day="2026-03-02", source="dpa"),
        report(said(after, [TUSK], evidence=words), day="2026-04-10", source="Reuters"),
    )
    assert changed(result) == [("PL", ChangeKind.REVERSED, "2026-04-10")]


@pytest.mark.parametrize(
    ("stance", "words"),
    [
        (Stance.COMMITS, "Vor drei Jahren hatte Tusk Soldaten versprochen."),
        (Stance.COMMITS, "Tusk hatte im März Soldaten zugesagt, nun lehnt er sie ab."),
        (Stance.REFUSES, "Tusk, who had ruled out soldiers in March, will send 500."),
        (Stance.OPEN, "Tusk hatte Soldaten nicht ausgeschlossen."),
        (Stance.DEMANDS, "Tusk had called for soldiers last year."),
    ],
)
def test_what_was_before_has_no_day(stance, words):
    result = digested(report(said(stance, [TUSK], evidence=words), day="2026-04-10"))
    assert [claim.day for claim in result.claims] == [None]


def test_the_government_itself_or_its_head_may_soften_what_the_other_said():
    carney = person("Mark Carney", "Prime Minister", "Canada")
    soldier = person("Ann Bell", "Defence Minister", "Canada")
    for who, kinds in ((carney, [ChangeKind.SOFTER]), (soldier, [])):
        result = digested(
            report(said(Stance.COMMITS, [state("Canada")]), day="2026-01-01"),
            report(said(Stance.OPEN, [who]), day="2026-02-01"),
        )
        assert [c.kind for c in result.changes] == kinds


def test_a_head_of_government_is_above_a_minister_on_a_day():
    for head, minister in ((Stance.REFUSES, Stance.COMMITS), (Stance.OPEN, Stance.COMMITS)):
        result = digested(report(said(head, [TUSK]), said(minister, [SIKORSKI]), day="2026-01-01"))
        assert stances(result) == [head]


def test_a_change_is_shown_in_the_speakers_own_words_where_there_are_such():
    quote = {"start": 0, "end": 5, "text": "Keine"}
    quoted = said(Stance.REFUSES, [TUSK]).model_copy(update={"quote": Span(**quote)})
    result = digested(
        report(quoted, day="2026-01-01", id="quoted"),
        report(said(Stance.REFUSES, [TUSK]), day="2026-01-03", id="told"),
        report(said(Stance.COMMITS, [TUSK]), day="2026-02-01"),
    )
    assert [c.before for c in result.changes] == ["quoted.c1"]
    long_ago = digested(
        report(quoted, day="2025-01-01", id="quoted"),
        report(said(Stance.REFUSES, [TUSK]), day="2026-01-03", id="told"),
        report(said(Stance.COMMITS, [TUSK]), day="2026-02-01"),
    )
    assert [c.before for c in long_ago.changes] == ["told.c1"]


def test_both_for_and_against_in_one_article_is_about_two_things():
    result = digested(
        report(said(Stance.COMMITS), said(Stance.REFUSES), day="2026-01-01"),
        report(said(Stance.REFUSES), day="2026-02-01"),
    )
    assert result.changes == []
    assert result.contradictions == []


def test_a_day_after_the_article_is_not_the_day_when_it_was_said():
    result = digested(report(said(Stance.UNDECIDED, said_on=date(2026, 6, 14)), day="2026-04-22"))
    assert [(c.day, c.is_day_said) for c in result.claims] == [(date(2026, 4, 22), False)]


def test_a_change_needs_days_whose_order_is_sure():
    reports = [
        report(said(Stance.REFUSES), day="2026-01-01", source="Reuters"),
        report(said(Stance.COMMITS), day="2026-01-02", source="AFP"),
    ]
    assert digested(*reports).changes == []
    dated = [
        report(said(Stance.REFUSES, said_on=date(2026, 1, 1)), day="2026-01-01", source="Reuters"),
        report(said(Stance.COMMITS, said_on=date(2026, 1, 2)), day="2026-01-02", source="AFP"),
    ]
    assert changed(digested(*dated)) == [("PL", ChangeKind.REVERSED, "2026-01-02")]


# Contradictions


def contradicted(*reports):
    return [(c.kind, len(c.first), len(c.second)) for c in digested(*reports).contradictions]


def test_two_outlets_about_one_speaker():
    reports = [
        report(said(Stance.REFUSES, [TUSK]), day="2026-01-01", source="Reuters"),
        report(said(Stance.COMMITS, [TUSK]), day="2026-01-02", source="AFP"),
    ]
    assert contradicted(*reports) == [(ContradictionKind.SOURCES, 1, 1)]


def test_two_speakers_of_an_actor_in_one_article():
    reports = [report(said(Stance.REFUSES, [TUSK]), said(Stance.COMMITS, [SIKORSKI]), day="2026-01-01")]
    assert contradicted(*reports) == [(ContradictionKind.SPEAKERS, 1, 1)]


def test_a_speaker_and_himself_in_two_articles_of_an_outlet():
    reports = [
        report(said(stance, [TUSK]), day="2026-01-01", source="AFP") for stance in (Stance.REFUSES, Stance.COMMITS)
    ]
    assert contradicted(*reports) == [(ContradictionKind.ITSELF, 1, 1)]


def test_a_later_claim_settles_a_contradiction():
    reports = [
        report(said(Stance.REFUSES, [TUSK]), day="2026-01-01", source="Reuters"),
        report(said(Stance.COMMITS, [TUSK]), day="2026-01-01", source="AFP"),
        report(said(Stance.COMMITS, [TUSK]), day="2026-01-09", source="AFP"),
    ]
    assert contradicted(*reports) == []


def test_what_another_thinks_of_it_later_settles_nothing():
    reports = [
        report(said(Stance.REFUSES, [TUSK]), said(Stance.COMMITS, [SIKORSKI]), day="2026-01-01"),
        report(said(Stance.SUPPORTS, [SIKORSKI]), day="2026-01-09"),
    ]
    assert contradicted(*reports) == [(ContradictionKind.SPEAKERS, 1, 1)]


# Outlets and what they report


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ({"source": "dpa-AFX"}, {"source": "APA/dpa"}, True),
        ({"source": "dpa"}, {"source": "APA"}, False),
        ({"source": "The Associated Press"}, {"source": "AP"}, True),
        ({"source": "Hafenblatt"}, {"source": "HAFENBLATT"}, True),
        ({"url": "https://www.hafenblatt.example/a"}, {"url": "https://hafenblatt.example/b"}, True),
        ({"url": "https://hafenblatt.example/a"}, {"url": "https://kurier.example/a"}, False),
        ({}, {}, False),
        ({"url": "https://[broken"}, {}, False),
    ],
)
def test_outlets(one, other, shared):
    result = digested(*(report(said(Stance.COMMITS), day="2026-01-01", **where) for where in (one, other)))
    assert (len({a.outlet for a in result.articles}) == 1) is shared
    assert [len(r.outlets) for r in result.reported] == [1 if shared else 2]


def test_reprints_are_one_report():
    sentences = [f"Satz Nummer {n} dieser Meldung ist lang genug, um etwas zu sagen." for n in range(10)]
    reports = [
        report(said(Stance.COMMITS), day="2026-01-01", source="dpa", text=" ".join(sentences)),
        report(said(Stance.COMMITS), day="2026-01-01", source="Hafenblatt", text=" ".join(sentences[:6])),
        report(said(Stance.COMMITS), day="2026-01-01", source="Kurier", text=" ".join(sentences[:1])),
    ]
    assert sorted(a.outlet for a in digested(*reports).articles) == ["Kurier", "dpa", "dpa"]


def test_a_late_reprint_turns_nobody_back():
    sentences = [f"Satz Nummer {n} dieser Meldung ist lang genug, um etwas zu sagen." for n in range(8)]
    refusal = said(Stance.REFUSES, [TUSK], evidence=sentences[2])
    result = digested(
        report(refusal, day="2026-01-01", source="dpa", text=" ".join(sentences)),
        report(said(Stance.COMMITS, [TUSK]), day="2026-01-05", source="Reuters"),
        report(refusal, day="2026-01-08", source="Kurier", text=" ".join(sentences)),
    )
    assert stances(result) == [Stance.COMMITS]
    assert changed(result) == [("PL", ChangeKind.REVERSED, "2026-01-05")]


def test_what_a_reprint_adds_is_of_its_own_day():
    sentences = [f"Satz Nummer {n} dieser Meldung ist lang genug, um etwas zu sagen." for n in range(8)]
    added = "Polen sagte am Abend doch noch ein ganzes Bataillon Soldaten zu."
    result = digested(
        report(day="2026-01-01", source="dpa", text=" ".join(sentences)),
        report(
            said(Stance.COMMITS, evidence=added), day="2026-01-02", source="dpa", text=" ".join([*sentences, added])
        ),
    )
    assert [claim.day for claim in result.claims] == [date(2026, 1, 2)]


def test_an_outlet_is_called_what_its_articles_call_it():
    sources = ["The Ledger", "THE LEDGER", "The Ledger", "Agence France-Presse"]
    reports = [report(said(Stance.COMMITS), source=source) for source in sources]
    assert {a.outlet for a in digested(*reports).articles} == {"The Ledger", "AFP"}


def grouped(*reports):
    return sorted(len(r.claims) for r in digested(*reports).reported)


def test_the_same_claim_in_other_words_and_another_language():
    reports = [
        report(said(Stance.COMMITS, statement="Polen will 500 Soldaten in die Ukraine schicken."), day="2026-01-01"),
        report(said(Stance.COMMITS, statement="Polen schickt 500 Soldaten in die Ukraine."), day="2026-01-02"),
        report(
            said(Stance.COMMITS, [state("Poland")], statement="Poland will deploy 500 troops to Ukraine."),
            day="2026-01-02",
            language="en",
        ),
    ]
    assert grouped(*reports) == [3]


@pytest.mark.parametrize(
    "other",
    [
        {"statement": "Polen will 900 Soldaten in die Ukraine schicken."},
        {"statement": "Die Pioniere sollen Brücken bauen."},
        {"stance": Stance.OPEN},
        {"measure": Measure.AIR},
        {"speakers": (state("Italien"),)},
        {"day": "2026-01-20"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_is_another_claim(other):
    day = other.pop("day", "2026-01-01") if "day" in other else "2026-01-01"
    base = {"stance": Stance.COMMITS, "statement": "Polen will 500 Soldaten in die Ukraine schicken."}
    assert grouped(report(said(**base), day="2026-01-01"), report(said(**(base | other)), day=day)) == [1, 1]


@pytest.mark.parametrize(
    ("one", "other", "groups"),
    [
        (("de", "Polen gibt 1,5 Milliarden Euro."), ("de", "Polen gibt 15 Milliarden Euro."), [1, 1]),
        (("en", "Poland gives 1.5 billion euros."), ("en", "Poland gives 15 billion euros."), [1, 1]),
        (("de", "Polen gibt 15 Millionen Euro."), ("de", "Polen gibt 15 Milliarden Euro."), [1, 1]),
        (("de", "Polen gibt 1,5 Milliarden Euro."), ("en", "Poland gives 15 billion euros."), [1, 1]),
        (("de", "Polen gibt 1,5 Milliarden Euro."), ("en", "Poland gives 1.5 billion euros."), [2]),
        (("de", "Polen schickt 26.000 Soldaten."), ("en", "Poland sends 26,000 troops."), [2]),
        (("de", "Polen gibt zwei Milliarden Euro."), ("de", "Polen gibt 2 Milliarden Euro."), [2]),
    ],
)
def test_numbers_are_the_same_by_value(one, other, groups):
    reports = [
        report(said(Stance.COMMITS, statement=statement), day="2026-01-01", language=language)
        for language, statement in (one, other)
    ]
    assert grouped(*reports) == groups


def test_numbers_are_read_in_the_language_of_the_statement():
    run = make_run().model_copy(update={"language": "en"})
    reports = [
        report(said(Stance.COMMITS, statement="Poland gives 1.500 euros."), day="2026-01-01", language="de", run=run),
        report(said(Stance.COMMITS, statement="Poland gives 1500 euros."), day="2026-01-01", language="en"),
    ]
    assert grouped(*reports) == [1, 1]


def test_a_group_names_only_the_actors_that_all_its_claims_have():
    result = digested(
        report(said(Stance.REFUSES, [POLAND, state("Italien")], statement="Keine Soldaten."), day="2026-01-01"),
        report(said(Stance.REFUSES, statement="Keine Soldaten."), day="2026-01-01"),
    )
    assert [(r.actors, len(r.claims)) for r in result.reported] == [(["PL"], 2), (["IT"], 1)]


# Reports


def test_the_newest_run_of_an_article_counts():
    old = report(said(Stance.REFUSES), day="2026-01-01", id="one")
    new = report(
        said(Stance.COMMITS), day="2026-01-01", id="one", run=make_run(started_at=datetime(2032, 1, 1, tzinfo=UTC))
    )
    for order in ((old, new), (new, old)):
        assert stances(digested(*order)) == [Stance.COMMITS]


def test_a_rejection_that_cannot_be_written_is_no_hindrance():
    rejection = Rejection(claim={"statement": "half \ud800"}, reasons=[])
    one = report(said(Stance.COMMITS), day="2026-01-01", id="one").model_copy(update={"rejections": [rejection]})
    assert stances(digested(one, one)) == [Stance.COMMITS]


def correction(filed, **changes):
    claim = filed.claims[0]
    return Correction(article=filed.article.id, claim=claim.id, claim_key=claim_key(claim), made_at=NOW, **changes)


def test_readers_corrections_count():
    filed = report(said(Stance.COMMITS, confidence=0.1), day="2026-01-01")
    wrong = digested(FiledReport(filed, Path("r.json"), (correction(filed, wrong=True),)))
    assert (wrong.claims, wrong.standings, wrong.reported) == ([], [], [])
    other = digested(FiledReport(filed, Path("r.json"), (correction(filed, stance=Stance.REFUSES),)))
    assert [(c.stance, c.is_corrected) for c in other.claims] == [(Stance.REFUSES, True)]
    assert stances(other) == [Stance.REFUSES]


def test_nothing_is_new_without_a_day_since():
    result = digested(report(said(Stance.COMMITS), day="2026-01-01"))
    assert not any(x.is_new for x in (*result.claims, *result.standings, *result.reported))


def test_nothing_in_nothing_out():
    result = digested()
    assert (result.language, result.claims, result.actors, result.standings) == ("en", [], [], [])


# Whatever the reports

SPEAKERS = [
    POLAND,
    TUSK,
    SIKORSKI,
    state("Italien"),
    person("Jan Berg", "Abgeordneter", "Polen"),
    Speaker(name="Diplomaten", kind=SpeakerKind.UNNAMED),
]
claims_made = st.builds(
    said,
    st.sampled_from(Stance),
    st.lists(st.sampled_from(SPEAKERS), min_size=1, max_size=3, unique=True),
    st.sampled_from([Measure.TROOPS, Measure.AIR, Measure.GENERAL]),
    st.sampled_from(["Keine Soldaten.", "Vielleicht 500 Soldaten.", "Sie sagten im vergangenen Jahr zu."]),
    said_on=st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 6)),
    confidence=st.none() | st.floats(0, 1),
    via=st.none() | st.just("laut Diplomaten"),
)
reports_made = st.lists(
    st.builds(
        lambda claims, day, source, language: report(*claims, day=day, source=source, language=language),
        st.lists(claims_made, max_size=4),
        st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 6)).map(date.isoformat),
        st.sampled_from([None, "dpa", "AFP", "APA/dpa"]),
        st.sampled_from(["de", "en"]),
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(reports_made, st.randoms())
def test_the_order_of_reports_changes_nothing(reports, random):
    shuffled = list(reports)
    random.shuffle(shuffled)
    assert digested(*shuffled) == digested(*reports)


@settings(max_examples=60, deadline=None)
@given(reports_made)
def test_every_line_leads_back_to_a_claim_and_every_claim_is_in_it(reports):
    result = digested(*reports, since=date(2026, 1, 3))
    claims, actors = {c.id: c for c in result.claims}, {a.id for a in result.actors}
    assert len(claims) == len(result.claims) == sum(len(r.claims) for r in reports)
    assert {a for c in result.claims for a in c.actors} == actors
    assert {i for a in result.actors for i in a.claims} == {i for r in result.reported for i in r.claims} == set(claims)
    for standing in result.standings:
        assert {claims[i].stance for i in standing.claims} == {standing.stance} != {Stance.ASSERTS}
        assert all(standing.actor in claims[i].actors for i in standing.claims)
    for change in result.changes:
        before, after = claims[change.before], claims[change.after]
        assert before.day < after.day == change.day
        assert before.stance is not after.stance
        assert change.actor in set(before.actors) & set(after.actors)
    for one in result.contradictions:
        assert one.first and one.second and not set(one.first) & set(one.second)
        assert all(one.actor in claims[i].actors for i in (*one.first, *one.second))


@settings(max_examples=60, deadline=None)
@given(reports_made, st.lists(claims_made, max_size=3))
def test_an_older_article_changes_no_standing(reports, older):
    newer = [r for r in reports if r.article.published]
    before = digested(*newer)
    old = report(*(c.model_copy(update={"said_on": None}) for c in older), day="2020-01-01")
    after = {(s.actor, s.measure, s.stance) for s in digested(*newer, old).standings}
    dated = [s for s in before.standings if s.since]
    assert {(s.actor, s.measure, s.stance) for s in dated} <= after


def test_a_busy_day_is_not_compared_all_with_all(monkeypatch):
    from rapidfuzz import fuzz

    compared = []
    ratio = fuzz.token_set_ratio
    monkeypatch.setattr(fuzz, "token_set_ratio", lambda *words: compared.append(words) or ratio(*words))
    monkeypatch.setitem(data("digest.yaml")["same_claim"], "max_compared", 10)
    words = [chr(97 + n % 26) * 4 + chr(97 + n // 26) * 4 for n in range(100)]
    result = digested(*(report(said(Stance.COMMITS, statement=word), day="2026-01-01") for word in words))
    assert len(result.reported) > 50
    assert 500 < len(compared) <= 10 * 100
