"""`summarizer digest`: report files in, a digest out."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from command import Call, Ended, caller
from digest_examples import LATER, later_claims
from reports import english_report, german_report, make_run

from summarizer.archive import Archive
from summarizer.digest import Digest
from summarizer.models import ArticleReference, ErrorInfo, FailedArticle, Report
from summarizer.rendering import to_json, to_jsonl_line

LATER_REPORT = Report(article=LATER, claims=later_claims(), run=make_run())


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Call:
    """Runs `summarizer digest` in this process, in a folder with reports in `reports/`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "kuestenrat.json").write_text(to_json(german_report()), encoding="utf-8")
    (folder / "later.json").write_text(to_json(LATER_REPORT), encoding="utf-8")

    return caller(monkeypatch, capsysbinary, "digest")


def digest_of(ended: Ended) -> Digest:
    return Digest.model_validate_json(ended.out)


def test_a_folder_and_files_and_standard_input_give_the_same(run: Call) -> None:
    of_folder = run("reports")
    assert of_folder.code == 0
    assert "2 articles, 8 claims" in of_folder.err
    lines = "".join(to_jsonl_line(report) for report in (german_report(), LATER_REPORT))
    Path("reports.jsonl").write_text(lines, encoding="utf-8")
    for ended in (
        run("reports/kuestenrat.json", "reports/later.json"),
        run("reports.jsonl"),
        run("-", stdin=lines.encode()),
    ):
        assert digest_of(ended).model_dump(exclude={"made_at"}) == digest_of(of_folder).model_dump(exclude={"made_at"})


def test_an_archive_is_a_source_too(run: Call) -> None:
    with Archive.open("claims.sqlite", create=True) as archive:
        archive.add([german_report(), LATER_REPORT])
    ended = run("claims.sqlite")
    assert {article.id for article in digest_of(ended).articles} == {LATER.id, german_report().article.id}
    assert run("none.sqlite").code == 1


def test_the_ending_of_the_file_says_the_format(run: Call) -> None:
    for name, start in {
        "out/digest.html": "<!DOCTYPE html>",
        "digest.md": "# Who stands where",
        "digest.json": "{\n",
        "digest.txt": "2 articles",
    }.items():
        ended = run("reports", "-o", name)
        assert (ended.code, ended.out) == (0, "")
        assert Path(name).read_text(encoding="utf-8").startswith(start)
        assert name in ended.err
    assert sorted(path.name for path in Path().iterdir()) == [
        "digest.json",
        "digest.md",
        "digest.txt",
        "out",
        "reports",
    ]


@pytest.mark.parametrize(
    ("name", "start"), [("html", "<!DOCTYPE"), ("markdown", "# Who"), ("table", "2 articles"), ("json", "{")]
)
def test_each_format_goes_to_standard_output(run: Call, name: str, start: str) -> None:
    ended = run("reports", "-f", name, "-q")
    assert ended.out.startswith(start)
    assert ended.err == ""


def test_since_takes_a_day_or_how_long_ago(run: Call) -> None:
    assert digest_of(run("reports", "--since", "2031-06-01")).since == date(2031, 6, 1)
    assert [claim.is_new for claim in digest_of(run("reports", "--since", "2031-06-03")).claims].count(True) == 1
    assert digest_of(run("reports", "--since", "7d")).since == date.today() - timedelta(days=7)
    assert digest_of(run("reports", "--since", "2W")).since == date.today() - timedelta(days=14)
    assert digest_of(run("reports")).since is None


@pytest.mark.parametrize("given", ["yesterday", "2031-13-01", "7", "d", "999999d", "-3d", ""])
def test_another_since_is_an_error_in_use(run: Call, given: str) -> None:
    ended = run("reports", f"--since={given}")
    assert (ended.code, ended.out) == (2, "")
    assert "Write it as 2025-09-01, 7d or 2w." in ended.err


def test_actors_are_named_in_the_language_asked_for(run: Call) -> None:
    assert digest_of(run("reports", "--language", "en")).language == "en"
    assert digest_of(run("reports")).language == "de"
    assert run("reports", "--language", "fr").code == 2


def test_failed_articles_are_counted(run: Call) -> None:
    failed = FailedArticle(article=ArticleReference(source="x"), error=ErrorInfo(type="timeout", message="No answer."))
    Path("mixed.jsonl").write_text(to_jsonl_line(english_report()) + to_jsonl_line(failed), encoding="utf-8")
    ended = run("mixed.jsonl")
    assert ended.code == 0
    assert len(digest_of(ended).articles) == 1
    assert "Left out: 1 article that failed." in ended.err
    Path("failed.jsonl").write_text(to_jsonl_line(failed), encoding="utf-8")
    nothing = run("failed.jsonl")
    assert (nothing.code, nothing.out) == (1, "")
    assert "There is no report to digest" in nothing.err


@pytest.mark.parametrize("content", ["", "no json", '{"claims": []}', "[1, 2]", '{"schema_version": 1', "\x00" * 99])
def test_what_is_no_report_is_told_by_its_name(run: Call, content: str) -> None:
    Path("bad.json").write_text(content, encoding="utf-8")
    ended = run("reports", "bad.json", "-o", "digest.html")
    assert (ended.code, ended.out) == (1, "")
    assert "bad.json" in ended.err or "standard input" in ended.err
    assert not Path("digest.html").exists()


def test_a_missing_source_and_an_empty_folder_are_errors(run: Call) -> None:
    Path("empty").mkdir()
    assert run("nowhere.json").code == 1
    ended = run("empty")
    assert ended.code == 1
    assert "empty" in ended.err


def test_nothing_is_written_where_it_would_be_read(run: Call) -> None:
    before = Path("reports/later.json").read_bytes()
    for output in ("reports/later.json", "reports/digest.json"):
        ended = run("reports", "-o", output)
        assert ended.code == 2
        assert "would be read as a report" in ended.err
    assert run("reports/later.json", "-f", "html", "-o", "reports/later.json").code == 2
    assert Path("reports/later.json").read_bytes() == before
    assert run("reports", "-o", "reports/digest.html").code == 0


def test_a_file_that_cant_be_written_stays_as_it_was(run: Call) -> None:
    assert run("reports", "-o", "reports").code == 2
    assert run("reports", "-o", "digest.xyz").code == 2
    Path("file").write_text("x")
    ended = run("reports", "-o", "file/digest.html")
    assert ended.code == 1
    assert "can't be written" in ended.err
    assert Path("file").read_text() == "x"


def test_the_help_has_examples(run: Call) -> None:
    ended = run("--help")
    assert ended.code == 0
    assert "summarizer digest reports/ -o digest.html --since 2025-09-01" in ended.out


def test_the_json_is_the_digest(run: Call) -> None:
    content = json.loads(run("reports").out)
    assert content["schema_version"] == 1
    assert set(content) == set(Digest.model_fields)
