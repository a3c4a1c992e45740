"""Reports read from files again, and the corrections beside them, with whatever is wrong with either."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from reports import english_report, german_report
from test_corrections import NOON, correction, renumbered

from summarizer import correction_files, report_files
from summarizer.correction_files import (
    add_correction,
    change_corrections,
    corrections_path,
    load_corrections,
    read_corrections,
    save_corrections,
)
from summarizer.corrections import Corrections, with_correction
from summarizer.errors import InputError, OutputError
from summarizer.models import ArticleReference, ErrorInfo, FailedArticle, Report, Stance
from summarizer.rendering import to_json, to_jsonl_line
from summarizer.report_files import load_reports, remove_correction

FAILED = FailedArticle(article=ArticleReference(source="a.txt"), error=ErrorInfo(type="input", message="Empty."))


@pytest.fixture
def file(tmp_path):
    """A report's file."""
    path = tmp_path / "report.json"
    path.write_text(to_json(german_report()), encoding="utf-8")
    return path


def reports(*sources, **options) -> list[Report]:
    return [filed.report for filed in load_reports(sources, **options)]


def refused(*sources, **options) -> str:
    with pytest.raises(InputError) as caught:
        list(load_reports(sources, **options))
    return str(caught.value)


def changed(report: Report, **changes: object) -> str:
    return json.dumps({**report.model_dump(mode="json"), **changes})


def test_a_pretty_printed_report_is_read(file):
    assert reports(file) == [german_report()]


def test_lines_are_read_one_by_one_and_failures_are_told(tmp_path):
    file = tmp_path / "reports.jsonl"
    file.write_text(to_jsonl_line(german_report()) + "\n" + to_jsonl_line(FAILED) + to_jsonl_line(english_report()))
    failed = []
    assert reports(file, on_failed=lambda one, path: failed.append((one, path))) == [german_report(), english_report()]
    assert failed == [(FAILED, file)]


def test_the_first_reports_of_a_file_come_before_the_rest_is_read(tmp_path):
    file = tmp_path / "reports.jsonl"
    file.write_text(to_jsonl_line(german_report()) + "{broken\n")
    loaded = load_reports([file])
    assert next(loaded).report == german_report()
    with pytest.raises(InputError, match=r"reports\.jsonl, line 2 is no JSON"):
        next(loaded)


@pytest.mark.parametrize(
    "content",
    [
        to_json(german_report()) + "\n\n",
        to_jsonl_line(german_report()),
        "\n\n" + to_jsonl_line(german_report()) + "\n" + to_jsonl_line(german_report()),
        "\ufeff" + to_json(german_report()),
        to_json(german_report()).replace("\n", "\r\n"),
        to_jsonl_line(german_report()).replace("\n", "\r\n") * 2,
        json.dumps({"schema_version": 1})[:-1] + ",\n" + to_json(german_report())[1:],
    ],
    ids=["pretty", "line", "lines", "bom", "crlf", "crlf lines", "first line no document"],
)
def test_standard_input_is_a_document_or_lines(content):
    read = reports("-", stdin=io.BytesIO(content.encode()))
    assert read
    assert all(report == german_report() for report in read)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_report_that_a_shell_wrote_as_utf_16_is_read(tmp_path, encoding):
    text = to_json(german_report()).replace("\n", "\r\n")
    (tmp_path / "a.json").write_bytes((text if encoding == "utf-16" else f"\ufeff{text}").encode(encoding))
    assert reports(tmp_path) == [german_report()]


def test_standard_input_has_no_corrections_and_no_path():
    [filed] = load_reports(["-"], stdin=io.BytesIO(to_json(german_report()).encode()))
    assert (filed.path, filed.corrections, filed.stale) == (None, (), ())


def test_lines_in_a_json_file_are_read(tmp_path):
    file = tmp_path / "reports.json"
    file.write_text(to_jsonl_line(german_report()) * 3)
    assert len(reports(file)) == 3


def test_a_folder_is_read_in_the_order_of_names_without_corrections_hidden_files_and_folders(tmp_path, file):
    (tmp_path / "A.JSON").write_text(to_json(english_report()))
    (tmp_path / "z.ndjson").write_text(to_jsonl_line(english_report()))
    (tmp_path / "table.csv.reports.jsonl").write_text("half of it")
    (tmp_path / ".report.json.new").write_text("half of it")
    (tmp_path / ".hidden.json").write_text("half of it")
    (tmp_path / "notes.txt").write_text("Not JSON.")
    (tmp_path / "folder.json").mkdir()
    add_correction(file, correction(german_report(), "c1", wrong=True))
    assert [filed.path.name for filed in load_reports([tmp_path])] == ["A.JSON", "report.json", "z.ndjson"]


def test_a_folder_without_reports_is_an_error(tmp_path):
    assert "There is no report" in refused(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("package.json", b'{"name": "x", "version": "1"}', "package.json is no report: it has no article in it"),
        ("list.json", b"[1, 2]", "is no report: it has no article"),
        ("page.json", b'{"schema_version": 1, "corrections": []}', "is no report: it holds corrections"),
        ("empty.json", b"", "is empty"),
        ("empty.jsonl", b" \n\n", "is empty"),
        ("word.json", b"report", "is no JSON"),
        ("cut.json", to_json(german_report()).encode()[:500], "is no JSON"),
        ("deep.json", b"[" * 200_000, "nested too deeply"),
        ("deep.jsonl", b'{"article":' * 200_000, "line 1 is no JSON"),
        ("latin.json", to_json(german_report()).encode("latin-1", "replace"), "is no JSON: 'utf-8' codec"),
        ("number.json", b'{"article": ' + b"1" * 5000 + b"}", "is no JSON"),
        ("old.json", changed(german_report(), schema_version=2).encode(), "is no report: schema_version"),
        ("new.json", changed(german_report(), mood="good").encode(), "is no report: mood"),
        ("none.json", b'{"article": null}', "is no report: article"),
    ],
)
def test_what_is_no_report_is_told_with_its_file(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    text = refused(tmp_path)
    assert message in text
    assert name in text


def test_a_file_that_is_not_there_is_told(tmp_path):
    assert "nothing.json can't be read: No such file" in refused(tmp_path / "nothing.json")


def test_a_file_of_corrections_given_by_mistake_is_told(file):
    add_correction(file, correction(german_report(), "c1", wrong=True))
    assert "holds corrections, no report" in refused(corrections_path(file))


def test_a_line_that_is_too_long_is_not_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(report_files, "MAX_BYTES", 100_000)
    file = tmp_path / "reports.jsonl"
    file.write_bytes(to_jsonl_line(german_report()).encode() + b" " * 10 + b"x" * 300_000 + b"\n")
    loaded = load_reports([file])
    assert next(loaded).report == german_report()
    with pytest.raises(InputError, match="line 2 has more than 100,000 bytes"):
        next(loaded)


def test_a_document_that_is_too_long_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(report_files, "MAX_BYTES", 100_000)
    (tmp_path / "a.json").write_bytes(b"{\n" + b" " * 200_000 + b"}")
    assert "has more than 100,000 bytes" in refused(tmp_path / "a.json")


def moved(report: Report) -> dict[str, object]:
    data = report.model_dump(mode="json")
    data["article"]["text"] = "X" + data["article"]["text"]
    return data


def edited(place: str) -> str:
    data = german_report().model_dump(mode="json")
    match place:
        case "evidence":
            data["claims"][0]["evidence"][0]["text"] = "Norvik lehnte ab."
        case "no evidence":
            data["claims"][0]["evidence"] = []
        case "behind the end":
            data["claims"][0]["evidence"][0] |= {"start": 90_000, "end": 90_001, "text": ""}
        case "negative":
            data["claims"][0]["evidence"][0] |= {"start": -5, "end": -1, "text": data["article"]["text"][-5:-1]}
        case "quote":
            data["claims"][1]["quote"]["text"] = "Nie."
        case "uncovered":
            data["uncovered"][0]["text"] = "Nie."
        case "ids":
            data["claims"][1]["id"] = "c1"
        case "summary":
            data["summary"]["sentences"][0]["claims"] = ["c77"]
        case "positions":
            data["positions"][0]["claims"] = ["c77"]
        case "article":
            data = moved(german_report())
    return json.dumps(data)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("evidence", "claim c1 cites words that don't stand at"),
        ("no evidence", "claim c1 has no evidence"),
        ("behind the end", "claim c1 cites words"),
        ("negative", "claim c1 cites words"),
        ("quote", "claim c2 cites words"),
        ("uncovered", "a sentence left uncovered doesn't stand"),
        ("ids", "two claims have one id"),
        ("summary", "no claim c77"),
        ("positions", "no claim c77"),
        ("article", "claim c1 cites words"),
    ],
)
def test_a_report_that_does_not_say_what_its_article_says_is_refused(tmp_path, place, message):
    (tmp_path / "report.json").write_text(edited(place))
    assert message in refused(tmp_path)


def test_half_a_surrogate_pair_in_a_rejection_is_read(tmp_path):
    report = german_report()
    rejection = report.rejections[0].model_copy(update={"claim": {"statement": "\ud800"}})
    report = report.model_copy(update={"rejections": [rejection]})
    (tmp_path / "a.json").write_text(to_json(report))
    (tmp_path / "b.jsonl").write_text(to_jsonl_line(report))
    assert reports(tmp_path) == [report, report]


def test_corrections_lie_beside_the_report_and_come_with_it(file):
    path = file.with_name("report.corrections.json")
    given = correction(german_report(), "c2", stance=Stance.OPEN, note="„Wir“ – wer?")
    assert add_correction(file, given).corrections == [given]
    assert corrections_path(file) == path
    assert read_corrections(path) == load_corrections(file) == Corrections(corrections=[given])
    [filed] = load_reports([file])
    assert filed.corrections == (given,)
    assert filed.report == german_report()
    assert filed.corrected.claims[1].stance is Stance.OPEN


def test_lines_of_one_file_have_their_corrections_each(tmp_path):
    file = tmp_path / "reports.jsonl"
    file.write_text(to_jsonl_line(german_report()) + to_jsonl_line(english_report()))
    german, english = correction(german_report(), "c1", wrong=True), correction(english_report(), "c1", note="?")
    add_correction(file, german)
    add_correction(file, english)
    assert [filed.corrections for filed in load_reports([file])] == [(german,), (english,)]


def test_two_reports_on_articles_of_one_id_have_their_corrections_each(tmp_path):
    ours = english_report().model_copy(
        update={"article": english_report().article.model_copy(update={"id": german_report().article.id})}
    )
    file = tmp_path / "reports.jsonl"
    file.write_text(to_jsonl_line(german_report()) + to_jsonl_line(ours))
    given = correction(ours, "c1", wrong=True)
    add_correction(file, given)
    assert [filed.corrections for filed in load_reports([file])] == [(), (given,)]


def test_corrections_that_fit_no_claim_after_a_new_run_are_stale(file):
    kept, lost = correction(german_report(), "c1", wrong=True), correction(renumbered(german_report()), "c1", note="?")
    save_corrections(file, Corrections(corrections=[kept, lost]))
    [filed] = load_reports([file])
    assert (filed.corrections, filed.stale) == ((kept,), (lost,))


def test_a_correction_is_taken_back(file):
    given = correction(german_report(), "c2", wrong=True)
    add_correction(file, given)
    assert remove_correction(file, given.article, "c2").corrections == []
    assert remove_correction(file, given.article, "c2").corrections == []
    assert load_corrections(file) == Corrections()


def test_a_correction_is_taken_back_by_the_number_that_the_claim_has_today(file):
    given = correction(german_report(), "c2", wrong=True)
    add_correction(file, given)
    file.write_text(to_json(renumbered(german_report())), encoding="utf-8")
    assert remove_correction(file, given.article, "c2").corrections == [given]
    assert remove_correction(file, given.article, "c3").corrections == []


def test_a_stale_correction_is_taken_back_by_the_number_that_its_claim_had(file):
    fits = correction(german_report(), "c2", wrong=True)
    lost = fits.model_copy(update={"claim_key": "0" * 16})
    save_corrections(file, Corrections(corrections=[fits, lost]))
    assert remove_correction(file, fits.article, "c2").corrections == [lost]
    assert remove_correction(file, fits.article, "c2").corrections == []


def test_nothing_is_written_where_nothing_changes(file):
    change_corrections(file, lambda known: known)
    assert not corrections_path(file).exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"corrections": [{"claim": "c1"}]}', b'{"schema_version": 2}'],
)
def test_broken_corrections_are_told_and_stay_as_they_are(file, content):
    corrections_path(file).write_bytes(content)
    with pytest.raises(InputError, match=r"report\.corrections\.json holds no corrections"):
        list(load_reports([file]))
    with pytest.raises(InputError, match="holds no corrections"):
        add_correction(file, correction(german_report(), "c2", wrong=True))
    assert corrections_path(file).read_bytes() == content


def test_corrections_with_a_mark_and_line_ends_of_another_system_are_read(file):
    given = Corrections(corrections=[correction(german_report(), "c2", wrong=True)])
    text = json.dumps(given.model_dump(mode="json"), indent=2).replace("\n", "\r\n")
    corrections_path(file).write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load_corrections(file) == given


def test_too_many_corrections_are_not_read(file, monkeypatch):
    monkeypatch.setattr(correction_files, "MAX_BYTES", 100)
    corrections_path(file).write_bytes(b" " * 200)
    with pytest.raises(InputError, match="more than 100 bytes"):
        load_corrections(file)


def test_half_a_surrogate_pair_in_an_id_is_kept(file):
    given = correction(german_report(), "c2", note="ä").model_copy(update={"article": "\ud800"})
    add_correction(file, given)
    assert load_corrections(file).corrections == [given]


def test_a_folder_in_the_place_of_the_corrections_is_told(file):
    corrections_path(file).mkdir()
    with pytest.raises(InputError, match="can't be read: Is a directory"):
        list(load_reports([file]))
    with pytest.raises(OutputError, match="can't be written: Is a directory"):
        save_corrections(file, Corrections())
    assert sorted(path.name for path in file.parent.iterdir()) == ["report.corrections.json", "report.json"]


def test_a_folder_in_the_place_of_the_lock_is_told(file):
    file.with_name(".report.corrections.json.lock").mkdir()
    with pytest.raises(OutputError, match="can't be written: Is a directory"):
        add_correction(file, correction(german_report(), "c2", wrong=True))


@pytest.mark.skipif(sys.platform == "win32", reason="there are no modes")
def test_the_file_has_the_rights_of_the_users_files_and_keeps_its_own(file):
    before = os.umask(0o027)
    try:
        add_correction(file, correction(german_report(), "c2", wrong=True))
        assert corrections_path(file).stat().st_mode & 0o777 == 0o640
        corrections_path(file).chmod(0o600)
        add_correction(file, correction(german_report(), "c3", wrong=True))
        assert corrections_path(file).stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_to_the_corrections_stays_a_link(file, tmp_path):
    target = tmp_path / "elsewhere" / "mine.json"
    target.parent.mkdir()
    corrections_path(file).symlink_to(target)
    add_correction(file, correction(german_report(), "c2", wrong=True))
    assert corrections_path(file).is_symlink()
    assert len(read_corrections(target).corrections) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_in_a_circle_is_told(file):
    corrections_path(file).symlink_to(corrections_path(file))
    with pytest.raises(OutputError, match="can't be written"):
        save_corrections(file, Corrections())


def test_no_draft_is_left_where_writing_fails(file, monkeypatch):
    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutputError, match="No space left on device"):
        save_corrections(file, Corrections())
    assert [path.name for path in file.parent.iterdir()] == ["report.json"]


def test_processes_that_mark_at_once_lose_nothing(file):
    script = """
import sys
from pathlib import Path
from summarizer.corrections import Correction
from summarizer.correction_files import add_correction
for number in range(8):
    key = f"{int(sys.argv[2]) * 100 + number:016x}"
    add_correction(Path(sys.argv[1]), Correction(
        article="a", claim="c1", claim_key=key, wrong=True, made_at="2031-05-08T12:00:00Z"))
"""
    running = [subprocess.Popen([sys.executable, "-c", script, str(file), str(n)]) for n in range(3)]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    assert len({c.claim_key for c in load_corrections(file).corrections}) == 24


def test_waiting_is_told_once_and_the_other_change_is_seen(file):
    from threading import Event, Thread

    holding, told = Event(), Event()
    first, second = correction(german_report(), "c1", wrong=True), correction(german_report(), "c2", wrong=True)

    def slowly(known: Corrections) -> Corrections:
        holding.set()
        assert told.wait(30)
        return with_correction(known, first)

    thread = Thread(target=change_corrections, args=(file, slowly))
    thread.start()
    assert holding.wait(30)
    after = change_corrections(file, lambda known: with_correction(known, second), on_wait=told.set)
    thread.join()
    assert after.corrections == [first, second]
    assert load_corrections(file).corrections[0].made_at == NOON
