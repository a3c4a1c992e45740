"""The archive: nothing is lost, nothing stale is found, and whatever is typed is searched for."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reports import german_report, injected_report, make_claim, make_run, person, state
from sqlite_utils import Database, Migrations

from summarizer.archive import Added, Archive, Order, Query, indexing, migrations, searching
from summarizer.archive.exporting import claim_rows, export_claims, export_parquet, export_reports
from summarizer.archive.words import marks, terms
from summarizer.corrections import Correction, claim_key
from summarizer.errors import ConfigurationError, InputError, OutputError
from summarizer.models import Article, Measure, Report, Speaker, SpeakerKind, Stance
from summarizer.report_files import FiledReport, load_reports

NOON = datetime(2031, 5, 7, 12, tzinfo=UTC)


def report(
    sentence: str,
    *,
    speaker: Speaker | None = None,
    stance: Stance = Stance.ASSERTS,
    measure: Measure = Measure.GENERAL,
    id_: str | None = None,
    at: datetime = NOON,
    **article: Any,
) -> Report:
    """A report with one claim, whose statement and evidence are the sentence."""
    made = Article.from_text(f"Kopf.\n\n{sentence}", language=article.pop("language", "de"), id=id_, **article)
    claim = make_claim(
        made, 1, [speaker or person("Ada Feld")], sentence, [(2, sentence)], stance=stance, measure=measure
    )
    return Report(article=made, claims=[claim], run=make_run(started_at=at))


def correction(given: Report, number: int = 0, **what: Any) -> Correction:
    claim = given.claims[number]
    return Correction(article=given.article.id, claim=claim.id, claim_key=claim_key(claim), made_at=NOON, **what)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "archive.sqlite"


@pytest.fixture
def archive(path: Path) -> Iterator[Archive]:
    with Archive.open(path, create=True) as opened:
        yield opened


def found(archive: Archive, words: str = "", **query: Any) -> list[str]:
    """The statements that are found, in order."""
    return [hit.claim.statement for hit in archive.search(Query(words, **query))]


def rows(path: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(sql).fetchall()


def check_index(path: Path) -> None:
    """Raises where the index holds other words than the claims."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("INSERT INTO claims_fts (claims_fts, rank) VALUES ('integrity-check', 1)")
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def test_reports_come_out_as_they_went_in(archive: Archive) -> None:
    whole, odd = german_report(), injected_report("\x00\x1b[2J \ud800 <script> \u2028 {{ x }}")
    assert archive.add([whole, odd]) == Added(added=2)
    assert [filed.report for filed in archive.reports()] == [whole, odd]
    assert archive.add([whole, odd]) == Added(unchanged=2)
    check_index(archive.path)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Truppen", {"Bodentruppen", "Truppenabzug", "Truppen"}),
        ("truppen", {"Bodentruppen", "Truppenabzug", "Truppen"}),
        ("TRUPPE", {"Bodentruppen", "Truppenabzug", "Truppen"}),
        ('"Truppen"', {"Truppen"}),
        ("trup*", {"Truppenabzug", "Truppen"}),
        ("Nato", {"Nato"}),
        ("Türkei", {"Türkei"}),
        ("Turkei", {"Türkei"}),
        ("Tuerkei", {"Türkei"}),
        ("Großmacht", {"Großmacht"}),
        ("Grossmacht", {"Großmacht"}),
        ("Lager*", set()),
        ("Wort -Nato -Truppen -Bodentruppen -Truppenabzug", {"Türkei", "Großmacht", "Bücherregal", "Senatorin"}),
        ('Wort "Wort Nato"', {"Nato"}),
        ("Nato-Wort", set()),
        ("Wort-Nato", {"Nato"}),
        (
            "Wort Ada",
            {"Bodentruppen", "Truppenabzug", "Truppen", "Nato", "Türkei", "Großmacht", "Bücherregal", "Senatorin"},
        ),
        ("Nato Türkei", set()),
        ("!!!", set()),
    ],
)
def test_words(archive: Archive, words: str, expected: set[str]) -> None:
    kinds = ["Bodentruppen", "Truppenabzug", "Truppen", "Nato", "Senatorin", "Türkei", "Großmacht", "Bücherregal"]
    archive.add([report(f"Das Wort {kind} steht hier.") for kind in kinds])
    assert {statement.split()[2] for statement in found(archive, words)} == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Soldat", {"Soldat", "Soldaten", "Bundeswehrsoldaten"}),
        ("Soldaten", {"Soldat", "Soldaten", "Bundeswehrsoldaten"}),
        ("Garantie", {"Sicherheitsgarantie", "Garantie", "Garantiemacht"}),
        ("Garantien", {"Sicherheitsgarantie", "Garantie"}),
        ("Verträge", {"Vertrags"}),
        ("Land", {"Länder"}),
        ("guarantees", {"guarantee"}),
        ("guarantee", {"guarantee"}),
        ("country", {"countries"}),
        ("countries", {"countries"}),
        ("Seiten", set()),
        ('"Garantien"', set()),
        ("Wort -Soldaten -Garantien -Länder", {"Garantiemacht", "Vertrags", "guarantee", "countries", "seit"}),
    ],
)
def test_words_in_any_number_and_case(archive: Archive, words: str, expected: set[str]) -> None:
    kinds = ["Soldat", "Soldaten", "Bundeswehrsoldaten", "Sicherheitsgarantie", "Garantie", "Garantiemacht"]
    kinds += ["Vertrags", "Länder", "guarantee", "countries", "seit"]
    archive.add([report(f"Das Wort {kind} steht hier.") for kind in kinds])
    assert {statement.split()[2] for statement in found(archive, words)} == expected
    if not words.startswith("Wort"):
        hits = archive.search(Query(words))
        assert all(hit.statement_marks and hit.evidence_marks for hit in hits)


def test_text_without_umlauts_is_found_with_them(archive: Archive) -> None:
    archive.add([report("Die Tuerkei stimmt zu."), report("Ada fährt.", title="Die Tu\u0308rkei")])
    assert found(archive, "Türkei") == ["Die Tuerkei stimmt zu."]
    assert found(archive, "Türkei fährt") == ["Ada fährt."]


def test_a_title_alone_finds_nothing_but_helps(archive: Archive) -> None:
    archive.add([report("Norvik schickt zwei Schiffe.", title="Garantien für Marvonien")])
    assert found(archive, "Marvonien") == []
    assert found(archive, "Marvonien Schiffe") == ["Norvik schickt zwei Schiffe."]


def test_what_a_measure_is_called_finds_it_in_any_words_and_last(archive: Archive) -> None:
    archive.add(
        [
            report("Keine Soldaten, sagte Ada Feld.", measure=Measure.TROOPS, published=date(2031, 5, 7)),
            report("No boots on the ground, she said.", measure=Measure.TROOPS, language="en"),
            report("Truppen kosten Geld.", measure=Measure.FUNDING),
        ]
    )
    assert found(archive, "Truppen")[0] == "Truppen kosten Geld." and len(found(archive, "Truppen")) == 3
    assert len(found(archive, "troops")) == 2
    assert found(archive, '"Truppen"') == ["Truppen kosten Geld."]
    assert found(archive, "boots -Truppen") == ["No boots on the ground, she said."]


def test_every_column_of_the_index_has_its_weight(path: Path) -> None:
    Archive.open(path, create=True).close()
    columns = [name for (name,) in rows(path, "SELECT name FROM pragma_table_info('claims_fts')")]
    assert columns == list(searching.WEIGHTS)


def test_the_most_relevant_first_or_the_newest(archive: Archive) -> None:
    far = "Es kommen Schiffe, und das ist nach allem, was die Leute in den Häfen sagen, auch gut so."
    archive.add(
        [
            report("Schiffe kommen.", published=date(2031, 1, 1)),
            report(far, published=date(2031, 2, 1)),
            report("Es kommen Schiffe aus dem Norden.", published=None),
        ]
    )
    assert found(archive, "Schiffe")[-1] == far
    newest = [far, "Schiffe kommen.", "Es kommen Schiffe aus dem Norden."]
    assert found(archive, "Schiffe", order=Order.NEWEST) == found(archive) == newest
    assert found(archive, limit=1) == [far] and archive.count(Query(limit=1)) == 3


@pytest.fixture
def across(archive: Archive) -> Archive:
    """Poland and others, German and English."""
    archive.add(
        [
            report("Polen lehnt ab.", speaker=state("Polen"), stance=Stance.REFUSES, source="nordpress",
                   published=date(2031, 5, 1)),
            report("Poland will not take part.", speaker=state("Poland"), stance=Stance.REFUSES, language="en",
                   source="Coastwire", published=date(2031, 5, 2)),
            report("Der Minister winkt ab.", speaker=person("Jan Kowal", "Minister", "Polen"), stance=Stance.OPEN,
                   published=date(2031, 5, 3)),
            report("Warschau zahlt.", speaker=state("Warschau"), stance=Stance.COMMITS, measure=Measure.FUNDING),
            report("Wir warten.", speaker=person("Wolodymyr Selenskyj", "Präsident", "Ukraine"),
                   stance=Stance.UNDECIDED, published=date(2031, 5, 4)),
            report("We wait.", speaker=person("Volodymyr Zelensky"), language="en", published=date(2031, 5, 5)),
        ]
    )  # fmt: skip
    return archive


@pytest.mark.parametrize("name", ["Polen", "Poland", "PL", "Warsaw", "Warschau", "the Polish government"])
def test_an_actor_under_any_name(across: Archive, name: str) -> None:
    assert set(found(across, actors=[name])) == {
        "Polen lehnt ab.", "Poland will not take part.", "Der Minister winkt ab.", "Warschau zahlt.",
    }  # fmt: skip


def test_a_speaker_in_any_spelling(across: Archive) -> None:
    for name in ("Selenskyj", "Zelensky", "Volodymyr Zelenskyy"):
        assert found(across, speakers=[name]) == found(across, actors=[name]) == ["We wait.", "Wir warten."]
    assert found(across, speakers=["Polen"]) == ["Polen lehnt ab."]
    assert found(across, speakers=["elensky"]) == []


def test_filters_together(across: Archive) -> None:
    assert found(across, actors=["Polen"], stances=[Stance.REFUSES], since=date(2031, 5, 2)) == [
        "Poland will not take part."
    ]
    assert found(across, "lehnt", actors=["Polen"], language="de") == ["Polen lehnt ab."]
    assert found(across, "lehnt", actors=["Ukraine"]) == []
    assert found(across, actors=["Polen", "Ukraine"], stances=[Stance.OPEN, Stance.UNDECIDED]) == [
        "Wir warten.", "Der Minister winkt ab.",
    ]  # fmt: skip
    assert found(across, since=date(2031, 5, 2), until=date(2031, 5, 2)) == ["Poland will not take part."]
    assert found(across, source="COAST") == ["Poland will not take part."]
    assert found(across, measures=[Measure.FUNDING]) == ["Warschau zahlt."]
    assert found(across, language="en") == ["We wait.", "Poland will not take part."]


def test_a_hit_leads_back_to_the_words(archive: Archive) -> None:
    whole = german_report()
    archive.add([FiledReport(whole, Path("/reports/one.json"))])
    hit = archive.search(Query("truppen"))[0]
    assert hit.article == whole.article and hit.run == whole.run and hit.path == Path("/reports/one.json")
    assert hit.claim == next(claim for claim in whole.claims if claim.id == hit.claim.id)
    assert hit.day == (hit.claim.said_on or whole.article.published)
    (mark,) = hit.evidence_marks
    assert whole.article.text[mark.start : mark.end] == mark.text == "Bodentruppen"
    assert [hit.claim.statement[start:end] for start, end in hit.statement_marks] == ["Bodentruppen"]


WORDS = st.text(st.characters(codec=None), max_size=60) | st.lists(
    st.sampled_from(
        ['"', "*", "-", "(", ")", "AND", "OR", "NOT", "NEAR(", "{", "}", ":", "^", "+", "'", "\x00", "ü", "ß", "trupp",
         "statement", ",", "\ud800", "\U0001f600", "\u0308", "/", "--", ";", "%"]
    ),
    max_size=12,
).map(" ".join)  # fmt: skip


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with Archive.open(tmp_path_factory.mktemp("lasting") / "a.sqlite", create=True) as opened:
        opened.add([german_report()])
        yield opened


@given(words=WORDS, name=WORDS)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_can_be_searched_for(lasting: Archive, words: str, name: str) -> None:
    query = Query(words, actors=[name], speakers=[name], source=name)
    assert len(lasting.search(query)) == lasting.count(query)
    only = Query(words)
    assert len(lasting.search(only)) == lasting.count(only)


def test_hundreds_of_words_can_be_searched_for(lasting: Archive) -> None:
    assert lasting.count(Query(" ".join(f"wort{number}" for number in range(500)))) == 0
    assert lasting.count(Query("Norvik " * 500)) > 0
    assert lasting.count(Query(" ".join(f"-wort{number}" for number in range(500)))) == lasting.count(Query())


@given(
    st.lists(st.sampled_from(["Truppen", "Bodentruppen", " ", "ü", "u\u0308", "ẞ", "ß", "İ", "-", "Tür", "\U0001f600"]))
)
@settings(deadline=None)
def test_marks_lie_in_the_text_and_say_what_was_asked_for(pieces: Sequence[str]) -> None:
    text = "".join(pieces)
    places = marks(text, terms("Truppen Tür"))
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(first[1] <= second[0] for first, second in pairwise(places))
    assert len(places) <= text.lower().count("truppen") + text.lower().count("tür") + text.count("Tu\u0308r")


def test_marks() -> None:
    text = "Die Bodentruppen der Tu\u0308rkei: Truppen, truppenlos, Senatorin, Nato."
    words = [text[start:end] for start, end in marks(text, terms("truppen tuerkei nato -Die"))]
    assert words == ["Bodentruppen", "Tu\u0308rkei", "Truppen", "truppenlos", "Nato"]
    phrase = [text[start:end] for start, end in marks(text, terms('"der tuerkei"'))]
    assert phrase == ["der Tu\u0308rkei"]


def test_corrections_count(archive: Archive) -> None:
    one, two = report("Norvik zögert.", stance=Stance.OPEN), report("Dalmark zögert.", stance=Stance.OPEN)
    changed = correction(one, stance=Stance.REFUSES, measure=Measure.TROOPS, note="Siehe Satz 4.")
    archive.add([FiledReport(one, None, (changed,)), FiledReport(two, None, (correction(two, wrong=True),))])
    (hit,) = archive.search(Query("zögert"))
    assert (hit.claim.stance, hit.claim.measure) == (Stance.REFUSES, Measure.TROOPS)
    assert hit.is_corrected and not hit.is_wrong and hit.note == "Siehe Satz 4."
    assert found(archive, stances=[Stance.OPEN]) == [] and found(archive, "Truppen") == ["Norvik zögert."]
    assert {hit.is_wrong for hit in archive.search(Query(with_wrong=True))} == {True, False}
    assert [filed.corrections for filed in archive.reports() if filed.report == one] == [(changed,)]
    contents = archive.contents()
    assert (contents.claims, contents.corrected, contents.wrong) == (2, 1, 1)


def test_corrections_stay_with_a_bare_report_and_go_with_a_filed_one(archive: Archive) -> None:
    given_ = report("Norvik zögert.", stance=Stance.OPEN)
    archive.add([FiledReport(given_, None, (correction(given_, wrong=True),))])
    assert archive.add([given_]) == Added(unchanged=1) and found(archive) == []
    later = given_.model_copy(update={"run": make_run(started_at=NOON + timedelta(hours=1))})
    assert archive.add([later]) == Added(replaced=1) and found(archive) == []
    assert archive.add([FiledReport(later, None)]) == Added(replaced=1) and found(archive) == ["Norvik zögert."]


def test_corrections_that_fit_no_claim_any_more_are_kept(archive: Archive) -> None:
    before, after = report("Norvik zögert.", id_="n"), report("Norvik wartet.", id_="n", at=NOON + timedelta(hours=1))
    old = correction(before, wrong=True)
    archive.add([FiledReport(before, None, (old,))])
    archive.add([after])
    (filed,) = archive.reports()
    assert filed.corrections == () and filed.stale == (old,) and found(archive) == ["Norvik wartet."]


def test_the_newest_report_on_an_article_stays_and_nothing_of_the_old_is_found(archive: Archive) -> None:
    before, after = report("Norvik zögert.", id_="n"), report("Dalmark zahlt.", id_="n", at=NOON + timedelta(hours=1))
    assert archive.add([before]) == Added(added=1)
    assert archive.add([after]) == Added(replaced=1)
    assert archive.add([before]) == Added(older=1)
    assert found(archive, "zögert") == [] and found(archive, "zahlt") == ["Dalmark zahlt."]
    assert rows(archive.path, "SELECT rowid FROM claims_fts WHERE claims_fts MATCH 'norvik'") == []
    for table in ("articles", "reports", "claims", "speakers", "claim_actors"):
        assert rows(archive.path, f"SELECT count(*) FROM {table}") == [(1,)]
    check_index(archive.path)


def test_files_that_are_no_archive(tmp_path: Path) -> None:
    text, other, empty, folder = (tmp_path / name for name in ("text", "other", "empty", "folder"))
    text.write_text("Kein Archiv, aber länger als der Kopf einer Datenbank. " * 4)
    with closing(sqlite3.connect(other)) as database:
        database.execute("CREATE TABLE mine (words TEXT)")
    empty.touch()
    folder.mkdir()
    for path, why in ((text, "is no archive"), (other, "no archive of reports"), (folder, "is a folder")):
        for create in (False, True):
            with pytest.raises(InputError, match=why):
                Archive.open(path, create=create)
    assert rows(other, "SELECT name FROM sqlite_master") == [("mine",)]
    for path in (empty, tmp_path / "none"):
        with pytest.raises(InputError, match=r"archive add REPORTS"):
            Archive.open(path)
    assert not (tmp_path / "none").exists()
    with Archive.open(empty, create=True) as archive:
        assert archive.count(Query()) == 0


def test_a_damaged_archive_is_said_to_be_damaged(path: Path) -> None:
    with Archive.open(path, create=True) as archive:
        archive.add([german_report(), *(report(f"Satz {number} steht da.") for number in range(200))])
    content = bytearray(path.read_bytes())
    for start in range(4096, len(content), 4096):
        content[start : start + 512] = b"\xa5" * 512
    path.write_bytes(content)
    with pytest.raises(InputError, match="damaged"), Archive.open(path) as archive:
        archive.search(Query("Satz"))


def test_a_report_that_is_damaged_within_is_said_to_be(archive: Archive) -> None:
    archive.add([report("Norvik zögert.")])
    with closing(sqlite3.connect(archive.path)) as database, database:
        database.execute("UPDATE reports SET json = '{\"article\": 1}'")
    with pytest.raises(InputError, match="damaged"):
        list(archive.reports())
    with pytest.raises(InputError, match="damaged"):
        archive.search(Query())


def test_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    Archive.open(path, create=True).close()
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {migrations.VERSION + 1}")
    with pytest.raises(InputError, match="newer version of summarizer"):
        Archive.open(path, create=True)
    assert rows(path, "PRAGMA user_version") == [(migrations.VERSION + 1,)]


@contextmanager
def next_version(step: Callable[[Database], None]) -> Iterator[None]:
    """As if the program knew one version more."""
    known = Migrations(migrations.migrations.name)
    for one in migrations.migrations.pending(Database(memory=True)):
        known(name=one.name)(one.fn)
    known(name="next")(step)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(migrations, "migrations", known)
        patched.setattr(migrations, "VERSION", migrations.VERSION + 1)
        yield


def test_the_version_is_how_many_migrations_there_are() -> None:
    assert len(migrations.migrations.pending(Database(memory=True))) == migrations.VERSION


def test_an_older_version_is_brought_to_this_one(path: Path) -> None:
    with Archive.open(path, create=True) as archive:
        archive.add([report("Norvik zögert.")])

    def more(db: Database) -> None:
        db.table("claims").add_column("more", str)

    with next_version(more), Archive.open(path) as archive:
        assert found(archive, "Norvik") == ["Norvik zögert."] and archive.contents().version == migrations.VERSION
        assert archive.add([report("Dalmark zahlt.")]) == Added(added=1)
        assert rows(path, "SELECT more FROM claims") == [(None,), (None,)]
    check_index(path)
    with pytest.raises(InputError, match="newer version"):
        Archive.open(path)


def test_a_migration_that_breaks_off_leaves_the_file_as_it_was(path: Path) -> None:
    with Archive.open(path, create=True) as archive:
        archive.add([report("Norvik zögert.")])
    before = rows(path, "SELECT name, sql FROM sqlite_master")

    def broken(db: Database) -> None:
        db.table("more").create({"id": int})
        db.execute("DELETE FROM claims")
        raise KeyboardInterrupt

    with next_version(broken), pytest.raises(KeyboardInterrupt):
        Archive.open(path)
    assert rows(path, "SELECT name, sql FROM sqlite_master") == before
    assert rows(path, "PRAGMA user_version") == [(migrations.VERSION,)]
    with Archive.open(path) as archive:
        assert found(archive, "Norvik") == ["Norvik zögert."]


@pytest.fixture
def outdated(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive from when Norvik was known by no other name."""
    gone = report("Dalmark zögert.", speaker=state("Dalmark"))
    norvik = report("Norvik zögert.", speaker=state("Norvik"), stance=Stance.OPEN)
    with monkeypatch.context() as before:
        before.setattr(indexing, "rules", lambda: "before")
        with Archive.open(path, create=True) as archive:
            archive.add([FiledReport(norvik, None, (correction(norvik, stance=Stance.REFUSES),)), gone])
    renamed = {"Norvik": "XN"}
    monkeypatch.setattr(indexing, "actor_id", lambda speaker: renamed.get(speaker.name, "?"))
    monkeypatch.setattr(searching, "named_ids", lambda name: frozenset({"XN"}) if name == "Oslund" else frozenset())
    return path


def test_what_was_indexed_by_other_rules_is_indexed_anew(outdated: Path) -> None:
    told: list[int] = []
    with Archive.open(outdated, on_indexing=told.append) as archive:
        assert found(archive, actors=["Oslund"]) == ["Norvik zögert."] and archive.stale == 0
        assert found(archive, "Norvik", stances=[Stance.REFUSES]) == ["Norvik zögert."]
        assert archive.contents().claims == 2
    with Archive.open(outdated, on_indexing=told.append):
        assert told == [2]
    check_index(outdated)


def test_processes_that_index_anew_at_once_do_each_report_once(outdated: Path) -> None:
    with Archive.open(outdated) as other, pytest.MonkeyPatch.context() as patched:
        first = rows(outdated, "SELECT id FROM claims")
        # As read before the other process was done.
        patched.setattr(Archive, "_stale", lambda self: [filed.report.article.id for filed in other.reports()])
        Archive.open(outdated).close()
    assert rows(outdated, "SELECT id FROM claims") == first


def test_one_damaged_report_keeps_no_other_from_being_indexed_anew(outdated: Path) -> None:
    with closing(sqlite3.connect(outdated)) as database, database:
        database.execute("UPDATE reports SET json = '{}' WHERE article IN (SELECT article FROM claims WHERE id = 2)")
    with Archive.open(outdated) as archive:
        assert found(archive, actors=["Oslund"]) == ["Norvik zögert."] and archive.stale == 1


def test_rules_follow_from_words_code_and_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = indexing.rules.__wrapped__()
    for folder in ("actors", "archive", "data"):
        shutil.copytree(indexing._PACKAGE / folder, tmp_path / "package" / folder)
    shutil.copy(indexing._PACKAGE / "letters.py", tmp_path / "package")
    monkeypatch.setattr(indexing, "_PACKAGE", tmp_path / "package")
    assert indexing.rules.__wrapped__() == before
    for name in ("data/identity.yaml", "actors/identity.py", "data/summary.yaml"):
        with (tmp_path / "package" / name).open("a") as file:
            file.write("\n")
        assert indexing.rules.__wrapped__() != before
        before = indexing.rules.__wrapped__()


def forked(act: Callable[[int], None]) -> tuple[int, int]:
    """A process that does this with a pipe to write to; gives its number and the pipe's other end."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            act(writing)
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writing)
    return process, reading


def adding(path: Path, name: str, count: int) -> Callable[[int], None]:
    def act(pipe: int) -> None:
        with Archive.open(path, create=True) as archive:
            for number in range(count):
                archive.add([report(f"Satz {number} von {name}.", title=f"Nummer {number}")])
                os.write(pipe, b".")

    return act


def test_a_making_that_was_killed_is_done_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(_: int) -> None:
        monkeypatch.setattr(Migrations, "_record_applied", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        Archive.open(path, create=True)

    process, pipe = forked(killed)
    assert os.waitpid(process, 0)[1] == signal.SIGKILL and path.exists()
    os.close(pipe)
    with pytest.raises(InputError, match="is empty"):
        Archive.open(path)
    with Archive.open(path, create=True) as archive:
        archive.add([report("Norvik zögert.")])
        assert found(archive) == ["Norvik zögert."]


def test_several_processes_add_at_once(path: Path) -> None:
    running = [forked(adding(path, name, 40)) for name in ("Ada", "Ben", "Cem")]
    for process, pipe in running:
        assert os.waitpid(process, 0)[1] == 0
        os.close(pipe)
    with Archive.open(path) as archive:
        assert archive.contents().articles == archive.count(Query("Satz")) == 120
    check_index(path)


def test_what_was_added_stays_whenever_the_process_is_killed(path: Path) -> None:
    process, pipe = forked(adding(path, "Ada", 10_000))
    said = sum(len(os.read(pipe, 1)) for _ in range(20))
    os.kill(process, signal.SIGKILL)
    assert os.waitpid(process, 0)[1] == signal.SIGKILL
    while more := os.read(pipe, 1 << 16):
        said += len(more)
    os.close(pipe)
    with Archive.open(path) as archive:
        assert 20 <= said <= archive.contents().articles <= said + 1
        assert archive.count(Query("Satz")) == len(list(archive.reports())) == archive.contents().articles
    check_index(path)


def test_a_batch_goes_in_whole_or_not_at_all(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    good = report("Norvik zögert.")

    def breaking(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Archive, "_insert", breaking)
        with pytest.raises(KeyboardInterrupt):
            archive.add([good])
    archive.add([report("Dalmark zahlt.", id_="d")])
    with monkeypatch.context() as patched:
        patched.setattr(Archive, "_insert", breaking)
        with pytest.raises(KeyboardInterrupt):
            archive.add([report("Dalmark wartet.", id_="d", at=NOON + timedelta(hours=1))])
    assert found(archive) == ["Dalmark zahlt."]
    check_index(archive.path)


@pytest.fixture
def read_only() -> Iterator[Path]:
    """An archive in a folder, neither of which may be written; the test is not the superuser meanwhile."""
    folder = Path(tempfile.mkdtemp())
    path = folder / "archive.sqlite"
    with Archive.open(path, create=True) as archive:
        archive.add([report("Norvik zögert.")])
        # All that is imported or loaded on first use is read as who one is.
        found(archive, "Norvik", actors=["Polen"])
        list(archive.reports())
    path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    folder.chmod(0o555)
    superuser = os.geteuid() == 0
    if superuser:
        os.seteuid(65534)
    try:
        yield path
    finally:
        if superuser:
            os.seteuid(0)
        folder.chmod(0o755)
        shutil.rmtree(folder)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="needs users")
def test_a_file_that_may_only_be_read_is_searched(read_only: Path) -> None:
    with Archive.open(read_only) as archive:
        assert found(archive, "Norvik") == ["Norvik zögert."] and len(list(archive.reports())) == 1
        with pytest.raises(OutputError, match="can't be written"):
            archive.add([report("Dalmark zahlt.")])
        assert found(archive, "Norvik") == ["Norvik zögert."] and archive.stale == 0
    with pytest.raises(OutputError, match="can't be"):
        Archive.open(read_only.with_name("new.sqlite"), create=True)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="needs users")
def test_a_file_that_may_only_be_read_says_that_it_is_stale(read_only: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "rules", lambda: "after")
    with Archive.open(read_only) as archive:
        assert found(archive, "Norvik") == ["Norvik zögert."] and archive.stale == 1


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="needs users")
def test_an_older_version_that_may_only_be_read_says_why_it_can_not_be(read_only: Path) -> None:
    with next_version(lambda db: None), pytest.raises(OutputError, match="to bring it to format"):
        Archive.open(read_only)


def test_parquet_holds_what_the_claims_say(archive: Archive, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    one = report("Norvik zögert.", stance=Stance.OPEN, published=date(2031, 5, 1))
    wrong = report("Dalmark zögert.")
    changed = FiledReport(one, None, (correction(one, stance=Stance.REFUSES),))
    gone = FiledReport(wrong, None, (correction(wrong, wrong=True),))
    archive.add([german_report(), changed, gone, injected_report("\x00 \ud800 =x")])
    expected = list(claim_rows(archive.reports()))
    assert export_parquet(archive.reports(), tmp_path / "claims.parquet") == len(expected)
    table = parquet.read_table(tmp_path / "claims.parquet")
    plain = json.loads(json.dumps(expected, default=str).replace("\\ud800", "?"))
    assert json.loads(json.dumps(table.to_pylist(), default=str)) == plain
    assert {row["published"] for row in table.to_pylist()} >= {date(2031, 5, 1)}
    assert next(row for row in expected if row["statement"] == "Norvik zögert.")["stance"] == "refuses"
    assert export_parquet(archive.reports(), tmp_path / "all.parquet", with_wrong=True) == len(expected) + 1
    empty = parquet.read_table(tmp_path / "none.parquet") if export_parquet([], tmp_path / "none.parquet") else None
    assert empty is None and parquet.read_table(tmp_path / "none.parquet").schema == table.schema


def test_without_pyarrow_it_says_what_to_install(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'summarizer\[parquet\]'"):
        export_parquet(archive.reports(), tmp_path / "claims.parquet")
    assert list(tmp_path.glob("*claims*")) == []


def test_exported_reports_are_read_again_with_their_corrections(archive: Archive, tmp_path: Path) -> None:
    one = report("Norvik zögert.", stance=Stance.OPEN)
    made = correction(one, stance=Stance.REFUSES)
    archive.add([german_report(), FiledReport(one, None, (made,))])
    path = tmp_path / "out.jsonl"
    assert export_reports(archive.reports(), path) == 2 == export_reports(archive.reports(), path)
    again = list(load_reports([path]))
    assert [(f.report, f.corrections) for f in again] == [(f.report, f.corrections) for f in archive.reports()]


def test_exported_claims_are_a_line_each(archive: Archive, tmp_path: Path) -> None:
    archive.add([german_report(), injected_report("\x00 \ud800 \u2028")])
    count = export_claims(archive.reports(), tmp_path / "claims.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "claims.jsonl").read_text(encoding="utf-8").split("\n") if line]
    assert len(lines) == count == archive.count(Query())
    assert lines == json.loads(json.dumps(list(claim_rows(archive.reports())), default=lambda day: day.isoformat()))


def test_an_export_that_fails_leaves_what_was_there(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / "claims.jsonl"
    path.write_text("before")

    def failing() -> Iterator[FiledReport]:
        yield FiledReport(german_report(), None)
        raise InputError("It can't be read.")

    with pytest.raises(InputError):
        export_claims(failing(), path)
    assert path.read_text() == "before" and not list(tmp_path.glob("*.new"))
    with pytest.raises(OutputError, match="can't be written"):
        export_claims(archive.reports(), path / "below.jsonl")


def test_speakers_of_no_kind_that_is_known(archive: Archive) -> None:
    archive.add([report("Es heißt, Norvik zögere.", speaker=Speaker(name="Kreise", kind=SpeakerKind.UNNAMED))])
    assert archive.names() == ["Kreise"] and found(archive, speakers=["kreise"]) == ["Es heißt, Norvik zögere."]
