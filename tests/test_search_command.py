"""`summarizer search`, `summarizer archive` and `--archive`, as they are typed."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from command import Ended, caller
from openai_server import OpenAIServer
from openai_server.claims import Gate, claims, invented_article
from reports import german_report, injected_report, make_claim, make_run, state
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from summarizer.archive import Archive, Query, indexing
from summarizer.archive.hits import write_hits
from summarizer.correction_files import save_corrections
from summarizer.corrections import Correction, Corrections, claim_key
from summarizer.models import Article, Measure, Report, Stance
from summarizer.rendering import to_jsonl_line


@pytest.fixture(scope="module")
def service() -> Iterator[OpenAIServer]:
    with OpenAIServer(("stand-in",)) as running:
        yield running


@pytest.fixture
def server(service: OpenAIServer) -> OpenAIServer:
    service.reply_with(claims)
    service.faults = None
    service.requests.clear()
    return service


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, where the user's data folder is of the test's own."""
    for name in [name for name in os.environ if name.startswith(("OPENAI", "SUMMARIZER", "FORCE_COLOR", "NO_COLOR"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")
    monkeypatch.setenv("SUMMARIZER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "100")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


class Found(Ended):
    @property
    def hits(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def statements(self) -> list[str]:
        return [hit["claim"]["statement"] for hit in self.hits]


@pytest.fixture
def run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Callable[..., Found]:
    """Runs the command line in this process."""

    called = caller(monkeypatch, capsysbinary)

    def call(*arguments: object, stdin: bytes = b"") -> Found:
        ended = called(*arguments, stdin=stdin)
        return Found(ended.code, ended.data, ended.err)

    return call


def report(sentence: str, country: str, stance: Stance, day: date | None, language: str = "de") -> Report:
    made = Article.from_text(
        f"Kopf.\n\n{sentence}", language=language, published=day, source="nordpress", title="Der Rat tagt"
    )
    claim = make_claim(made, 1, [state(country)], sentence, [(2, sentence)], stance=stance, measure=Measure.TROOPS)
    return Report(article=made, claims=[claim], run=make_run(started_at=datetime(2031, 5, 7, tzinfo=UTC)))


REPORTS = [
    report("Polen schickt keine Bodentruppen.", "Polen", Stance.REFUSES, date(2025, 9, 4)),
    report("Poland will not send soldiers.", "Poland", Stance.REFUSES, date(2025, 9, 2), "en"),
    report("Polen schloss Truppen schon im Mai aus.", "Polen", Stance.REFUSES, date(2025, 5, 4)),
    report("Polen erwägt Truppen zur Ausbildung.", "Polen", Stance.OPEN, date(2025, 9, 5)),
    report("Ungarn schickt keine Truppen.", "Ungarn", Stance.REFUSES, None),
]


@pytest.fixture
def archived(run: Callable[..., Found]) -> Path:
    """The user's own archive with some reports."""
    Path("reports.jsonl").write_text("".join(map(to_jsonl_line, REPORTS)), encoding="utf-8")
    ended = run("archive", "add", "reports.jsonl")
    assert ended.code == 0 and ended.out == "" and "5 added" in ended.err
    (path,) = Path(os.environ["XDG_DATA_HOME"]).rglob("archive.sqlite")
    return path


def test_the_question_of_the_issue(run: Callable[..., Found], archived: Path) -> None:
    ended = run("search", "Truppen", "--actor", "Polen", "--stance", "refuses", "--since", "2025-09-01")
    assert ended.code == 0 and ended.statements == [
        "Polen schickt keine Bodentruppen.", "Poland will not send soldiers.",
    ]  # fmt: skip
    first = ended.hits[0]
    assert first["actors"] == ["PL"] and first["day"] == "2025-09-04" and "text" not in first["article"]
    (mark,) = first["marks"]["evidence"]
    assert mark["text"] == "Bodentruppen" == REPORTS[0].article.text[mark["start"] : mark["end"]]
    assert first["report"]["path"] == str(Path("reports.jsonl").absolute())


def test_where_the_archive_is(run: Callable[..., Found], archived: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = run("archive", "info")
    assert info.out.splitlines()[0] == str(archived) and "5 articles, 5 claims, 2025-05-04 to 2025-09-05" in info.out
    other = Path("other.sqlite").absolute()
    assert run("archive", "add", "reports.jsonl", "--archive", other, "-q").err == ""
    archived.unlink()
    assert len(run("search", "--archive", other).hits) == 5
    monkeypatch.setenv("SUMMARIZER_ARCHIVE", str(other))
    assert len(run("search").hits) == 5 and run("archive", "info").out.splitlines()[0] == str(other)


def test_adding_again_adds_what_is_new(run: Callable[..., Found], archived: Path) -> None:
    assert "5 there already" in run("archive", "add", "reports.jsonl").err
    more = to_jsonl_line(german_report()).encode()
    assert "1 added" in run("archive", "add", "-", stdin=more).err
    failed = b'{"article":{"id":null,"source":"x.txt","url":null},"error":{"type":"input","message":"no"}}\n'
    assert "Left out: 1 article that failed." in run("archive", "add", "-", stdin=more + failed).err
    assert run("archive", "add", "gone.json").code == 1


def test_corrections_beside_the_reports(run: Callable[..., Found], archived: Path) -> None:
    def correction(given: Report, **what: Any) -> Correction:
        claim = given.claims[0]
        key = claim_key(claim)
        return Correction(article=given.article.id, claim="c1", claim_key=key, made_at=datetime.now(UTC), **what)

    changes = [correction(REPORTS[0], wrong=True), correction(REPORTS[3], stance=Stance.REFUSES)]
    save_corrections(Path("reports.jsonl"), Corrections(corrections=changes))
    assert "2 in the place of older ones, 3 there already" in run("archive", "add", "reports.jsonl").err
    asked = ("search", "Truppen", "--actor", "Polen", "--stance", "refuses", "--since", "2025-09-01")
    assert run(*asked).statements == ["Polen erwägt Truppen zur Ausbildung.", "Poland will not send soldiers."]
    assert len(run(*asked, "--wrong").hits) == 3
    table = run(*asked, "--wrong", "-f", "table").out
    assert "corrected by a reader" in table and "marked as wrong" in table
    assert "1 claims changed, 1 wrong" in run("archive", "info").out


def test_no_hit_is_said(run: Callable[..., Found], archived: Path) -> None:
    for words in (["Fregatten"], ["!!!"], ["Truppen", "--until", "2020-01-01"]):
        ended = run("search", *words)
        assert (ended.code, ended.out) == (0, "") and "No claim in the archive meets this." in ended.err
    for option in ("--actor", "--speaker"):
        ended = run("search", option, "Poln", "-f", "table")
        assert (ended.code, ended.out) == (0, "")
        assert "No claim in the archive is by Poln. There are: Polen" in ended.err
    assert json.loads(run("search", "Fregatten", "-f", "json").out) == {"total": 0, "hits": []}


def test_limits(run: Callable[..., Found], archived: Path) -> None:
    ended = run("search", "--limit", "2")
    assert len(ended.hits) == 2 and "2 of 5 claims; --limit shows more." in ended.err
    assert run("search", "--limit", "2", "-q").err == ""
    newest = run("search", "keine", "Truppen", "--sort", "newest").statements
    assert newest == ["Polen schickt keine Bodentruppen.", "Ungarn schickt keine Truppen."]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["search", "--since", "gestern"], "--since is 'gestern'. Write it as 2025-09-01, 7d or 2w."),
        (
            ["search", "--since", "2026-01-02", "--until", "2026-01-01"],
            "--since 2026-01-02 is after --until 2026-01-01",
        ),
        (["search", "--actor", ""], "--actor has no name."),
        (["search", "--speaker", "Ada", "--speaker", " "], "--speaker has no name."),
        (["search", "--stance", "no"], "Choose from commits, open"),
        (["search", "--measure", "tanks"], "Choose from troops, training"),
        (["archive", "export", "claims.xlsx"], "ends in neither .parquet nor .jsonl"),
        (["archive", "export", "reports.jsonl", "--wrong"], "add --claims"),
    ],
)
def test_what_can_not_be(run: Callable[..., Found], arguments: list[str], says: str) -> None:
    ended = run(*arguments)
    assert ended.code == 2 and says in " ".join(ended.err.split()) and ended.out == ""


def test_an_archive_of_another_version_is_indexed_anew_and_says_so(
    run: Callable[..., Found], archived: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "rules", lambda: "another version's")
    ended = run("search", "Bodentruppen")
    assert len(ended.hits) == 1 and "5 reports indexed anew" in ended.err
    assert run("search", "Bodentruppen").err == ""
    with monkeypatch.context() as unwritable:
        unwritable.setattr(Archive, "_index_anew", lambda self, tell: None)
        unwritable.setattr(indexing, "rules", lambda: "a third one's")
        ended = run("search", "Bodentruppen")
    assert len(ended.hits) == 1 and "Of 5 reports claims may be missing" in ended.err


def test_no_archive(run: Callable[..., Found]) -> None:
    for arguments in (["search", "x"], ["archive", "info"], ["archive", "export", "x.jsonl"]):
        ended = run(*arguments)
        assert ended.code == 1 and "summarizer archive add REPORTS" in " ".join(ended.err.split())
    Path("text.sqlite").write_text("Kein Archiv, sondern ein Text, der länger als hundert Zeichen ist. " * 3)
    ended = run("search", "--archive", "text.sqlite")
    assert ended.code == 1 and "text.sqlite is no archive" in ended.err


def test_help_names_every_stance_and_measure(run: Callable[..., Found]) -> None:
    shown = run("search", "--help").out
    assert all(value in shown for value in (*Stance, *Measure)) and "SUMMARIZER_ARCHIVE" in shown


def test_csv_is_the_table_that_reports_have(run: Callable[..., Found], archived: Path) -> None:
    shown = run("search", "Ungarn", "-f", "csv").out.splitlines()
    assert shown[0].startswith("article_id,title,source,published,url,claim,speakers") and len(shown) == 2
    assert "Ungarn schickt keine Truppen." in shown[1]


def test_the_table_marks_the_words_and_shows_where_they_stand(run: Callable[..., Found], archived: Path) -> None:
    shown = run("search", "Bodentruppen", "-f", "table").out
    assert "2025-09-04 · refuses · troops · Polen" in shown and "│ Polen schickt keine Bodentruppen." in shown
    assert "nordpress · Der Rat tagt" in shown and "reports.jsonl c1" in shown
    markdown = run("search", "Bodentruppen", "-f", "markdown").out
    assert "> Polen schickt keine **Bodentruppen**." in markdown


@pytest.mark.parametrize("no_color", [False, True])
def test_on_a_terminal_the_words_are_marked_and_texts_do_nothing(
    run: Callable[..., Found], archived: Path, monkeypatch: pytest.MonkeyPatch, no_color: bool
) -> None:
    Path("odd.jsonl").write_text(to_jsonl_line(injected_report("\x1b[2J [red]Truppen[/red] \u202e`")), encoding="utf-8")
    run("archive", "add", "odd.jsonl")
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    with Archive.open(archived) as archive:
        hits = archive.search(Query("Truppen"))
    terminal = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=80)
    write_hits(hits, terminal)
    written = terminal.file.getvalue()  # type: ignore[attr-defined]
    assert "\x1b[2J" not in written and "␛[2J [red]" in written and "\u202e" not in written
    assert "\x1b[1;4mBodentruppen\x1b[0m" in written
    assert ("\x1b[1;31mrefuses" in written) is not no_color and ("\x1b[36m" in written) is not no_color
    assert max(map(cell_len, Text.from_ansi(written).plain.splitlines())) <= 80


def test_markdown_of_hostile_text_is_text(run: Callable[..., Found], folder: Path) -> None:
    Path("odd.jsonl").write_text(to_jsonl_line(injected_report("<b>*Truppen*</b> [x](javascript:1)")), encoding="utf-8")
    run("archive", "add", "odd.jsonl")
    shown = run("search", "Truppen", "-f", "markdown").out
    assert "<b>" not in shown and "[x](javascript" not in shown and "**Truppen**" in shown


def test_exports(run: Callable[..., Found], archived: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    ended = run("archive", "export", "out/claims.parquet")
    assert ended.code == 0 and "5 claims in out/claims.parquet" in ended.err
    assert parquet.read_table("out/claims.parquet").num_rows == 5
    assert "5 reports in again.jsonl" in run("archive", "export", "again.jsonl").err
    assert sorted(Path("again.jsonl").read_text().splitlines()) == sorted(
        Path("reports.jsonl").read_text().splitlines()
    )
    assert "5 claims" in run("archive", "export", "claims.jsonl", "--claims").err
    assert len(Path("claims.jsonl").read_text().splitlines()) == 5
    assert run("archive", "export", "again.jsonl", "-q").err == ""


def articles(count: int) -> Path:
    lines = ({"id": f"a{number}", "text": invented_article(number, sentences=4)} for number in range(count))
    Path("in.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return Path("in.jsonl")


def options(server: OpenAIServer) -> tuple[str, ...]:
    return ("-m", "stand-in", "--base-url", server.base_url, "--no-cache", "--archive", "a.sqlite")


def in_archive() -> dict[str, Any]:
    with Archive.open("a.sqlite") as archive:
        return {filed.report.article.id: filed for filed in archive.reports()}


def test_a_run_archives_its_reports(run: Callable[..., Found], server: OpenAIServer) -> None:
    ended = run(articles(3), "-o", "out.jsonl", *options(server))
    assert ended.code == 0 and "Archive: 3 added" in ended.err
    filed = in_archive()
    assert {id_: json.loads(to_jsonl_line(f.report)) for id_, f in filed.items()} == {
        line["article"]["id"]: line for line in map(json.loads, Path("out.jsonl").read_text().splitlines())
    }
    assert {f.path for f in filed.values()} == {Path("out.jsonl").absolute()}
    assert len(run("search", "said", "--archive", "a.sqlite").hits) > 0


def test_one_article_to_standard_output_is_archived(run: Callable[..., Found], server: OpenAIServer) -> None:
    Path("one.txt").write_text(invented_article(1, sentences=4))
    ended = run("one.txt", *options(server), "-f", "json")
    (filed,) = in_archive().values()
    assert json.loads(ended.out) == json.loads(to_jsonl_line(filed.report)) and filed.path is None


@pytest.mark.parametrize("name", ["out.jsonl", "./out.jsonl", "in/../out.jsonl"])
def test_output_and_archive_are_two_files(run: Callable[..., Found], server: OpenAIServer, name: str) -> None:
    Path("in").mkdir()
    Path("in/one.txt").write_text(invented_article(1, sentences=4))
    ended = run("in", "-o", "out.jsonl", *options(server), "--archive", name)
    assert ended.code == 2 and "would be output and archive" in ended.err
    assert not Path("out.jsonl").exists() and not server.requests


def test_an_export_leaves_a_runs_output_alone(run: Callable[..., Found], server: OpenAIServer) -> None:
    Path("in").mkdir()
    Path("in/one.txt").write_text(invented_article(1, sentences=4))
    assert run("in", "-o", "out.jsonl", *options(server)).code == 0
    before = Path("out.jsonl").read_bytes()
    ended = run("archive", "export", "out.jsonl", "--archive", "a.sqlite")
    assert ended.code == 2 and "out.jsonl belongs to a run that goes on with it" in ended.err
    assert Path("out.jsonl").read_bytes() == before


def test_a_failed_article_is_not_archived(run: Callable[..., Found], server: OpenAIServer) -> None:
    Path("in").mkdir()
    Path("in/good.txt").write_text(invented_article(1, sentences=4))
    Path("in/bad.txt").write_bytes(b"\0\1\2")
    ended = run("in", "-o", "out.jsonl", *options(server))
    assert ended.code == 1 and len(in_archive()) == 1


@pytest.mark.parametrize("output", ["out.jsonl", "out"])
def test_what_is_finished_is_archived_when_the_run_is_killed(
    run: Callable[..., Found], server: OpenAIServer, output: str
) -> None:
    gate = Gate(13)
    server.reply_with(gate)
    # Of a folder the reports are CSV, which can't be read again.
    form = "csv" if output == "out" else "jsonl"
    arguments = (articles(20), "-o", output, "-f", form, "--concurrency", "2", *options(server))
    command = [sys.executable, "-m", "summarizer", *map(str, arguments)]
    first = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert gate.reached.wait(60)
    with Archive.open("a.sqlite") as archive:
        # While the run goes on.
        assert archive.count(Query()) > 0 and archive.add([german_report()]).added == 1
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=30)
    with contextlib.closing(sqlite3.connect(f"{output}.journal")) as journal:
        done = {source.partition("#")[2] for (source,) in journal.execute("SELECT source FROM articles")}
    assert 0 < len(done) < 20 and done <= set(in_archive())
    server.reply_with(claims)
    ended = run(*arguments)
    assert ended.code == 0 and set(in_archive()) == {f"a{n}" for n in range(20)} | {german_report().article.id}
    assert ("can't be read again" in " ".join(ended.err.split())) is (output == "out")


@pytest.mark.parametrize("output", ["out.jsonl", "out.csv", "out"])
def test_what_was_finished_without_the_archive_is_put_in(
    run: Callable[..., Found], server: OpenAIServer, output: str
) -> None:
    arguments = (articles(4), "-o", output, "-f", "json" if output == "out" else output.partition(".")[2])
    run(*arguments, *options(server)[:-2])
    asked = len(server.chats)
    ended = run(*arguments, *options(server))
    assert ended.code == 0 and "Archive: 4 added" in ended.err and len(server.chats) == asked
    assert set(in_archive()) == {"a0", "a1", "a2", "a3"}
    assert "added" not in run(*arguments, *options(server)).err.partition("Archive: ")[2]
    assert "Archive" not in run(*arguments, *options(server), "-q").err


def test_a_file_that_is_no_archive_is_refused_before_anything_is_asked(
    run: Callable[..., Found], server: OpenAIServer
) -> None:
    Path("a.sqlite").write_text("Kein Archiv, sondern ein Text, der länger als hundert Zeichen ist. " * 3)
    ended = run(articles(2), "-o", "out.jsonl", *options(server))
    assert ended.code == 1 and "a.sqlite is no archive" in ended.err and not server.chats


def test_an_archive_goes_into_another(run: Callable[..., Found], archived: Path) -> None:
    before = run("search", "--archive", archived).statements
    assert before and run("archive", "add", archived, "--archive", "other.sqlite").code == 0
    assert run("search", "--archive", "other.sqlite").statements == before
    assert "there already" in run("archive", "add", "other.sqlite", "--archive", "other.sqlite").err


def test_days_may_be_so_long_ago(run: Callable[..., Found], archived: Path) -> None:
    with Archive.open("other.sqlite", create=True) as archive:
        archive.add(
            [report(f"Vor {days} Tagen.", "Polen", Stance.OPEN, date.today() - timedelta(days)) for days in (1, 9)]
        )
    last_week = run("search", "--archive", "other.sqlite", "--since", "7d")
    assert last_week.statements == ["Vor 1 Tagen."]
    assert run("search", "--archive", "other.sqlite", "--until", "1w").statements == ["Vor 9 Tagen."]
