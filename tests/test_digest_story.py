"""What an analyst expects of three months of reporting (`digest_story.py`), written down before it was computed."""

from datetime import UTC, date, datetime

import pytest
from digest_story import march, story

from summarizer.digest import Digest, digest
from summarizer.digest.models import ChangeKind, ContradictionKind
from summarizer.models import Measure, Stance
from summarizer.rendering import digest_to_markdown

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SINCE = date(2026, 5, 1)
STANDINGS = {
    ("FR", Measure.TROOPS): (Stance.COMMITS, "2026-03-02"),
    ("PL", Measure.TROOPS): (Stance.COMMITS, "2026-04-10"),
    ("PL", Measure.AIR): (Stance.COMMITS, None),
    ("UA", Measure.TREATY): (Stance.DEMANDS, "2026-03-02"),
    ("UA", Measure.ARMS): (Stance.DEMANDS, "2026-05-06"),
    ("IT", Measure.TROOPS): (Stance.REFUSES, "2026-05-28"),
    ("CA", Measure.TRAINING): (Stance.OPEN, "2026-05-06"),
    ("DE", Measure.TROOPS): (Stance.COMMITS, "2026-03-20"),
    ("EE", Measure.AIR): (Stance.COMMITS, "2026-03-20"),
    ("LV", Measure.AIR): (Stance.COMMITS, "2026-03-20"),
    ("LT", Measure.AIR): (Stance.COMMITS, "2026-03-20"),
    ("SE", Measure.AIR): (Stance.COMMITS, "2026-04-10"),
    ("ES", Measure.TRAINING): (Stance.REFUSES, "2026-05-06"),
    ("HU", Measure.FUNDING): (Stance.REFUSES, "2026-05-28"),
    ("person:iana kortmann", Measure.TROOPS): (Stance.SUPPORTS, "2026-03-20"),
}


@pytest.fixture(scope="module")
def found() -> Digest:
    return digest(story(), since=SINCE, language="de", now=NOW)


def test_who_stands_where_now(found: Digest) -> None:
    assert {
        (s.actor, s.measure): (s.stance, s.since.isoformat() if s.since else None) for s in found.standings
    } == STANDINGS
    assert len(found.standings) == len(STANDINGS)


def test_actors_are_one_across_languages_and_articles(found: Digest) -> None:
    names = {actor.id: set(actor.names) for actor in found.actors}
    assert names["FR"] == {"Emmanuel Macron", "French president", "Paris", "Frankreich"}
    assert names["PL"] == {"Donald Tusk", "Warsaw", "Poland"}
    assert names["UA"] == {"Wolodymyr Selenskyj", "Volodymyr Zelenskyy", "Zelensky"}
    assert names["HU"] == {"Viktor Orbán", "Viktor Orban"}
    assert [a.id for a in found.actors if not a.is_government] == [
        "unnamed:french officials@reuters-april",
        "person:iana kortmann",
    ]


def test_who_changed_position_and_when_with_the_words_of_both_days(found: Digest) -> None:
    claims = {claim.id: claim for claim in found.claims}
    assert [(c.actor, c.kind, c.day.isoformat(), c.is_new) for c in found.changes] == [
        ("IT", ChangeKind.FIRMER, "2026-05-28", True),
        ("CA", ChangeKind.SOFTER, "2026-05-06", True),
        ("PL", ChangeKind.REVERSED, "2026-04-10", False),
        ("SE", ChangeKind.FIRMER, "2026-04-10", False),
    ]
    poland = found.changes[2]
    quotes = [quote.text for quote in (claims[poland.before].quote, claims[poland.after].quote) if quote]
    assert quotes == [
        "Polnische Soldaten wird es in der Ukraine nicht geben",
        "We will send 500 engineers to Ukraine after all,",
    ]
    assert claims[poland.before].day == date(2026, 3, 2), "a reprint's day is the original's"


def test_who_contradicts_whom(found: Digest) -> None:
    assert [(c.actor, c.measure, c.kind, c.first, c.second) for c in found.contradictions] == [
        ("HU", Measure.FUNDING, ContradictionKind.SOURCES, ["afp-orban.c1"], ["abendpost-may.c3"]),
        ("DE", Measure.TROOPS, ContradictionKind.SPEAKERS, ["hafenblatt.c1"], ["hafenblatt.c2"]),
    ]


def test_what_several_report_and_what_one(found: Digest) -> None:
    several = {(*r.actors, r.stance): set(r.outlets) for r in found.reported if len(r.outlets) > 1}
    assert several == {
        ("FR", Stance.COMMITS): {"dpa", "Reuters", "The Ledger"},
        ("PL", Stance.REFUSES): {"dpa", "Reuters"},
        ("UA", Stance.DEMANDS): {"dpa", "The Ledger"},
    }
    alone = {(*r.actors, r.stance, *r.outlets) for r in found.reported if len(r.outlets) == 1}
    assert ("IT", Stance.UNDECIDED, "dpa") in alone, "an agency's report in two papers is one source"
    assert ("EE", "LV", "LT", Stance.COMMITS, "Hafenblatt") in alone
    assert len(found.reported) == 23


def test_what_is_new(found: Digest) -> None:
    assert {c.id for c in found.claims if c.is_new} == {
        *(f"afp-carney.c{n}" for n in (1, 2, 3)),
        *(f"abendpost-may.c{n}" for n in (1, 2, 3)),
        "afp-orban.c1",
    }
    assert {s.actor for s in found.standings if s.is_new} == {"UA", "IT", "CA", "ES", "HU"}
    assert [c.actor for c in found.contradictions if c.is_new] == ["HU"]


def test_an_undated_article_decides_nothing_that_others_tell(found: Digest) -> None:
    assert {claim.id for claim in found.claims if claim.day is None} == {"ledger-undated.c1", "ledger-undated.c2"}


def test_before_anyone_moved() -> None:
    earlier = digest(march(), language="en", now=NOW)
    stances = {(s.actor, s.measure): s.stance for s in earlier.standings}
    assert stances["PL", Measure.TROOPS] is Stance.REFUSES
    assert stances["ES", Measure.TRAINING] is Stance.COMMITS, "second-hand, where there is nothing else"
    assert earlier.changes == []


def test_a_reader_is_told_all_of_it(found: Digest) -> None:
    told = digest_to_markdown(found)
    assert "**Polen** · troops: refuses → commits (reversed, 2026-04-10)" in told
    assert "**Deutschland** · troops: commits (since 2026-03-20, disputed)" in told
    assert "### New contradictions\n\n- **Ungarn** · funding: open ≠ refuses" in told
    assert "(dpa, The Ledger, Reuters)" in told
