"""`summarizer show`: reports that were made before, in every format, as readers have corrected them."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from command import caller
from reports import english_report, german_report, injected_report

from summarizer.archive import Archive
from summarizer.cli.output import Format, Group, Output
from summarizer.correction_files import load_corrections, save_corrections
from summarizer.corrections import Correction, Corrections, claim_key
from summarizer.errors import ConfigurationError
from summarizer.formats import ending, format_of
from summarizer.models import ArticleReference, ErrorInfo, FailedArticle, Measure, Report, Stance
from summarizer.rendering import to_csv, to_json, to_jsonl_line, to_markdown
from summarizer.report_files import load_reports

HOSTILE = '=1+1</script><script>alert(1)</script>\x1b[2J\x9b{{ 7*7 }}\\input{x}%" onload=x \u202e; -1'
FORMATS = ("table", "json", "jsonl", "csv", "xlsx", "markdown", "html", "jsonld", "bibtex", "citations")


@dataclass(frozen=True)
class Ended:
    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Callable[..., Ended]:
    """Runs the command in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    called = caller(monkeypatch, capsysbinary, "show")

    def call(*arguments: object, stdin: bytes = b"") -> Ended:
        ended = called(*arguments, stdin=stdin)
        return Ended(ended.code, ended.data, " ".join(ended.err.split()))

    return call


def write(path: str, *reports: Report) -> Path:
    """A file of reports: JSON for one, else JSON Lines."""
    written = Path(path)
    written.parent.mkdir(parents=True, exist_ok=True)
    lines = written.suffix == ".jsonl"
    written.write_text("".join((to_jsonl_line if lines else to_json)(report) for report in reports), "utf-8")
    return written


def correct(path: Path, report: Report, claim: int, **changes: Any) -> None:
    known = report.claims[claim]
    correction = Correction(
        article=report.article.id,
        claim=known.id,
        claim_key=claim_key(known),
        made_at=datetime(2031, 5, 8, tzinfo=UTC),
        **changes,
    )
    before = load_corrections(path).corrections
    save_corrections(path, Corrections(corrections=[*before, correction]))


@pytest.fixture
def corrected(show: Callable[..., Ended]) -> Path:
    """A report whose third claim is another's stance, and whose fifth nobody makes."""
    report = german_report()
    path = write("report.json", report)
    correct(path, report, 2, stance=Stance.UNDECIDED, measure=Measure.TRAINING, note="Nur <vorerst>.")
    correct(path, report, 4, wrong=True, note="Das sagt das Blatt.")
    return path


def test_the_same_as_when_it_was_made(show: Callable[..., Ended]) -> None:
    path = write("report.json", german_report())
    assert show(path).text == to_json(german_report())
    assert show(path, "-f", "markdown", "--group-by", "measure").text.startswith("# Küstenrat")
    assert show(path, "-f", "csv").text == to_csv([german_report()])
    both = write("both.jsonl", german_report(), english_report())
    assert show(both).text == to_jsonl_line(german_report()) + to_jsonl_line(english_report())
    assert show(both, "-f", "markdown").text == to_markdown([german_report(), english_report()])
    ended = show(both, "-f", "table")
    assert "Küstenrat" in ended.text and "Ruth Amsel" in ended.text and ended.text.count("─" * 100) == 1


def test_folders_files_and_standard_input(show: Callable[..., Ended]) -> None:
    write("in/a.json", german_report())
    write("in/b.jsonl", english_report())
    piped = show("in", "-f", "jsonl").out
    assert len(show("in", "in/a.json").lines) == 3
    assert show("-", stdin=piped).out == piped
    assert show("-", stdin=to_json(english_report()).encode()).text == to_json(english_report())
    assert len(show("-", "in/a.json", stdin=piped).lines) == 3


@pytest.mark.parametrize(
    "name", ["out.csv", "out.md", "out.html", "out.jsonld", "out.bib", "out.citations", "out.xlsx"]
)
def test_the_ending_says_the_format(show: Callable[..., Ended], name: str) -> None:
    path = write("report.json", german_report())
    starts = {
        "csv": b"\xef\xbb\xbfarticle_id,",
        "md": "# Küstenrat".encode(),
        "html": b"<!doctype html>",
        "jsonld": b'{\n  "@context"',
        "bib": b"@article{",
        "citations": b"Norvik, Dalmark, 6 May 2031: ",
        "xlsx": b"PK\x03\x04",
    }
    ended = show(path, "-o", f"new/{name}")
    assert (ended.code, ended.out, ended.err) == (0, b"", "")
    written = Path("new", name).read_bytes()
    assert written.lower().startswith(starts[name.rpartition(".")[2]].lower())
    assert [file.name for file in Path("new").iterdir()] == [name]
    # Again: the same bytes in the same place.
    assert show(path, "-o", f"new/{name}").code == 0 and Path("new", name).read_bytes() == written


@pytest.mark.parametrize(("name", "start"), [("A.CSV", b"\xef\xbb\xbf"), ("b.Htm", b"<!DOCTYPE"), ("c.ndjson", b'{"')])
def test_endings_in_any_case_and_by_their_other_names(show: Callable[..., Ended], name: str, start: bytes) -> None:
    assert show(write("report.json", german_report()), "-o", name).code == 0
    assert Path(name).read_bytes().startswith(start)


def test_an_ending_that_says_no_format_is_refused(show: Callable[..., Ended]) -> None:
    path = write("report.json", german_report())
    ended = show(path, "-o", "report.pdf")
    assert ended.code == 2 and "The ending of report.pdf says no format. Give one with -f" in ended.err
    assert not Path("report.pdf").exists()
    assert show(path, "-o", "report.pdf", "-f", "json").code == 0 and Path("report.pdf").exists()
    Path("pages.d").mkdir()
    assert show(path, "-o", "pages.d").code == 0 and Path("pages.d", "report.json").exists()


def test_a_hyphen_is_standard_output(show: Callable[..., Ended]) -> None:
    path = write("report.json", german_report())
    ended = show(path, "-f", "json", "-o", "-")
    assert ended.out == path.read_bytes() and not Path("-").exists()


def test_many_reports_are_one_document_where_the_format_has_such(show: Callable[..., Ended]) -> None:
    both = write("both.jsonl", german_report(), english_report())
    assert len(json.loads(show(both, "-f", "jsonld").text)["@graph"]) > 10
    assert show(both, "-f", "bibtex").text.count("\n@article{") == 7
    assert len(show(both, "-f", "citations").text.splitlines()) == 8
    for name, said in (("json", "One JSON document holds one report."), ("html", "One HTML page holds one report.")):
        for place in ((), ("-o", f"out.{name}")):
            ended = show(both, "-f", name, *place)
            assert (ended.code, ended.out) == (2, b"") and said in ended.err and "-o FOLDER/" in ended.err


@pytest.mark.parametrize("name", FORMATS)
def test_a_folder_gets_a_file_a_report(show: Callable[..., Ended], name: str) -> None:
    write("in/one.json", german_report())
    write("in/two.jsonl", english_report(), english_report())
    Path("out").mkdir()
    assert show("in", "-f", name, "-o", "out").code == 0
    files = sorted(path.name for path in Path("out").iterdir())
    ending = files[0].rpartition(".")[2]
    id_ = english_report().article.id
    assert files == sorted([f"one.{ending}", f"{id_}.{ending}", f"{id_}-2.{ending}"])
    assert all(path.stat().st_size for path in Path("out").iterdir())


def test_an_article_id_is_no_path(show: Callable[..., Ended]) -> None:
    article = english_report().article.model_copy(update={"id": "../x/..\\y\x00:"})
    write("in.jsonl", english_report().model_copy(update={"article": article}))
    assert show("in.jsonl", "-o", "out/", "-f", "json").code == 0
    assert [path.name for path in Path("out").iterdir()] == ["_x_.._y__.json"]
    assert sorted(path.name for path in Path().iterdir()) == ["in.jsonl", "out"]


class TestCorrections:
    def test_programs_get_the_report_as_corrected(self, show: Callable[..., Ended], corrected: Path) -> None:
        report = Report.model_validate_json(show(corrected).out)
        assert [claim.id for claim in report.claims] == ["c1", "c2", "c3", "c4", "c6"]
        third = report.claims[2]
        assert (third.stance, third.measure) == (Stance.UNDECIDED, Measure.TRAINING)
        assert "c5" not in {id_ for position in report.positions for id_ in position.claims}
        rows = list(csv.DictReader(io.StringIO(show(corrected, "-f", "csv").text)))
        assert [row["claim"] for row in rows] == ["c1", "c2", "c3", "c4", "c6"] and rows[2]["stance"] == "undecided"
        for name in ("jsonld", "bibtex", "citations"):
            written = show(corrected, "-f", name).text
            assert "Ilja Toren" not in written and "Bodentruppen" in written
        assert "undecided, training" in show(corrected, "-f", "bibtex").text

    def test_readers_see_what_was_corrected(self, show: Callable[..., Ended], corrected: Path) -> None:
        changed = "corrected by a reader: stance refuses → undecided, measure troops → training (Nur <vorerst>.)"
        table = show(corrected, "-f", "table").text
        assert changed in " ".join(table.split())
        wrong = table[table.index("Marked as wrong") : table.index("Positions")]
        assert "c5 · Ilja Toren · demands · treaty" in wrong
        assert "Ilja Toren fordert eine schriftliche Beistandspflicht." in wrong
        assert "a reader's note: Das sagt das Blatt." in wrong
        assert table.count("Beistandspflicht") == 1
        markdown = show(corrected, "-f", "markdown").text
        assert changed.replace("<", "&lt;").replace(">", "&gt;") in markdown
        assert "## Marked as wrong (1)" in markdown
        assert "- c5 · demands · treaty · Ilja Toren: Ilja Toren fordert" in markdown
        assert "Das sagt das Blatt." in show(corrected, "-f", "html").text

    def test_the_report_itself_stays_as_it_was(self, show: Callable[..., Ended], corrected: Path) -> None:
        before = {path.name: path.read_bytes() for path in Path().iterdir()}
        assert show(corrected, "-f", "html", "-o", "page.html").code == 0
        assert {path.name: path.read_bytes() for path in Path().iterdir() if path.name != "page.html"} == before

    def test_a_note_alone(self, show: Callable[..., Ended]) -> None:
        path = write("report.json", german_report())
        correct(path, german_report(), 1, note="Geprüft.")
        assert "a reader's note: Geprüft." in show(path, "-f", "table").text
        assert show(path).text == to_json(german_report())

    def test_narrow_terminals(
        self, show: Callable[..., Ended], corrected: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "40")
        lines = show(corrected, "-f", "table").text.splitlines()
        assert max(map(len, lines)) <= 40 and "Marked as wrong" in lines

    def test_corrections_that_fit_no_claim_are_told(self, show: Callable[..., Ended]) -> None:
        path = write("report.json", german_report())
        correct(path, german_report(), 1, wrong=True)
        claim = german_report().claims[1].model_copy(update={"statement": "Anders."})
        claims = [german_report().claims[0], claim, *german_report().claims[2:]]
        write("report.json", german_report().model_copy(update={"claims": claims}))
        ended = show(path)
        assert ended.err == "1 correction fits no claim, and changed nothing." and b"Anders." in ended.out
        assert show(path, "-q").err == ""

    def test_hostile_notes_are_words(self, show: Callable[..., Ended]) -> None:
        path = write("report.json", german_report())
        correct(path, german_report(), 2, stance=Stance.OPEN, note=HOSTILE)
        correct(path, german_report(), 4, wrong=True, note=HOSTILE)
        for name in ("table", "markdown", "html"):
            assert_harmless(show(path, "-f", name).text, name)


def assert_harmless(written: str, name: str) -> None:
    assert not {"\x1b", "\x9b", "\u202e"} & set(written), name
    if name in ("html", "markdown", "jsonld"):
        assert "<script>alert" not in written
    if name == "html":
        assert "{{ 7*7 }}" in written and 'onload=x"' not in written


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("xlsx", "json", "jsonl", "csv")])
def test_hostile_articles_are_words(show: Callable[..., Ended], name: str) -> None:
    path = write("report.json", injected_report(HOSTILE))
    ended = show(path, "-f", name)
    assert ended.code == 0
    assert_harmless(ended.text, name)


class TestRefused:
    def test_sources_that_are_no_reports(self, show: Callable[..., Ended]) -> None:
        Path("list.json").write_text("[1]")
        Path("broken.json").write_text('{"article":')
        Path("empty").mkdir()
        for source in ("gone.json", "list.json", "broken.json", "empty"):
            ended = show(source)
            assert (ended.code, ended.out) == (1, b"") and ended.err.startswith("Error: ") and source in ended.err
        assert show().code == 2

    def test_a_broken_line_leaves_the_file_alone(self, show: Callable[..., Ended]) -> None:
        path = write("in.jsonl", german_report(), english_report(), english_report())
        Path("out.csv").write_text("mine")
        path.write_text(path.read_text() + "{}\n")
        ended = show(path, "-o", "out.csv")
        assert ended.code == 1 and "in.jsonl, line 4" in ended.err
        assert Path("out.csv").read_text() == "mine"
        assert sorted(file.name for file in Path().iterdir()) == ["in.jsonl", "out.csv"]

    def test_articles_that_failed(self, show: Callable[..., Ended]) -> None:
        failed = FailedArticle(article=ArticleReference(source="a"), error=ErrorInfo(type="input", message="No."))
        path = write("in.jsonl", german_report())
        path.write_text(path.read_text() + to_jsonl_line(failed))
        ended = show(path, "-f", "json")
        assert (ended.code, ended.err) == (0, "Left out: 1 article that failed.")
        assert show(path, "-f", "json", "-q").err == ""
        path.write_text(to_jsonl_line(failed))
        assert "There is no report to show." in show(path).err

    @pytest.mark.parametrize("output", ["in/a.json", "in", "in/../in/a.corrections.json", "in/a.json.link"])
    def test_what_is_read_is_not_overwritten(self, show: Callable[..., Ended], output: str) -> None:
        path = write("in/a.json", german_report())
        correct(path, german_report(), 4, wrong=True)
        Path("in/a.json.link").symlink_to("a.json")
        before = path.read_bytes()
        ended = show("in/a.json", "-f", "json", "-o", output)
        assert ended.code == 2 and "would be overwritten" in ended.err
        assert path.read_bytes() == before and len(list(Path("in").iterdir())) == 3

    def test_a_runs_own_output_is_not_overwritten(self, show: Callable[..., Ended]) -> None:
        path = write("report.json", german_report())
        Path("out.csv").write_text("a run's")
        Path("out.csv.journal").touch()
        ended = show(path, "-o", "out.csv")
        assert ended.code == 2 and "belongs to a run" in ended.err and Path("out.csv").read_text() == "a run's"

    def test_what_cannot_be_written(self, show: Callable[..., Ended]) -> None:
        path = write("report.json", german_report())
        for output in ("report.json/out.csv", "report.json/out"):
            ended = show(path, "-f", "csv", "-o", output)
            assert ended.code in (1, 2) and "Error: report.json" in ended.err

    def test_a_workbook_is_nothing_for_a_terminal(
        self, show: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = write("report.json", german_report())
        assert show(path, "-f", "xlsx").out.startswith(b"PK")
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        ended = show(path, "-f", "xlsx")
        assert (ended.code, ended.out) == (2, b"") and "-o" in ended.err


class TestFormats:
    def test_no_two_formats_have_one_ending(self) -> None:
        assert len({ending(chosen) for chosen in Format}) == len(Format)
        for chosen in Format:
            if chosen is not Format.TABLE:
                assert format_of(Path(f"x.{ending(chosen)}")) == format_of(Path(f"x.{chosen}")) == chosen
        assert format_of(Path("x.txt")) is format_of(Path("x")) is None

    @pytest.mark.parametrize("chosen", [Format.JSON, Format.HTML])
    def test_articles_too_get_a_document_each(self, show: Callable[..., Ended], chosen: Format) -> None:
        def output(path: str | None, count: int) -> Output:
            return Output.chosen(chosen, Group.SPEAKER, ["a.txt", "b.txt"][:count], count, Path(path) if path else None)

        Path("a.txt").touch()
        with pytest.raises(ConfigurationError, match="holds one report"):
            output(f"out.{chosen}", 2)
        assert output(f"out.{chosen}", 1).only_one and not output("out", 2).only_one


def test_an_archive_is_a_source_too(show: Callable[..., Ended], corrected: Path) -> None:
    with Archive.open("claims.sqlite", create=True) as archive:
        archive.add(load_reports([corrected]))
    for chosen in ("json", "markdown", "csv"):
        assert show("claims.sqlite", "-f", chosen).text == show(corrected, "-f", chosen).text
    assert "There is no archive at none.sqlite" in show("none.sqlite").err
    before = corrected.read_bytes()
    assert "would be overwritten" in show("claims.sqlite", "-f", "json", "-o", ".").err
    assert corrected.read_bytes() == before
