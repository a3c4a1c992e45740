"""`summarizer mark` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import caller
from reports import empty_report, english_report, german_report, injected_report
from test_corrections import correction

from summarizer.archive import Archive
from summarizer.correction_files import corrections_path, load_corrections, save_corrections
from summarizer.corrections import Corrections
from summarizer.evaluation.golden import load_golden
from summarizer.models import Measure, Report, Stance
from summarizer.rendering import to_json, to_jsonl_line
from summarizer.report_files import load_reports

GERMAN, ENGLISH = german_report().article.id, english_report().article.id


@pytest.fixture
def run(monkeypatch, capsysbinary, tmp_path):
    """Runs the command line in this process and a folder of its own: exit code, stdout, stderr."""
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.delenv("SUMMARIZER_ARCHIVE", raising=False)
    monkeypatch.chdir(tmp_path)

    called = caller(monkeypatch, capsysbinary, "mark")

    def call(*arguments: object) -> tuple[int, str, str]:
        ended = called(*arguments)
        return ended.code, ended.out, ended.err

    return call


def write(report: Report, name: str = "report.json") -> Path:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(to_json(report), encoding="utf-8")
    return Path(name)


@pytest.fixture
def file(run):
    return write(german_report())


@pytest.fixture
def lines(run):
    path = Path("reports.jsonl")
    path.write_text(to_jsonl_line(german_report()) + to_jsonl_line(english_report()), encoding="utf-8")
    return path


def kept(file: Path) -> list[tuple[str, bool, Stance | None, Measure | None, str | None]]:
    return [(c.claim, c.wrong, c.stance, c.measure, c.note) for c in load_corrections(file).corrections]


def test_a_claim_is_marked_as_wrong(run, file):
    before = file.read_bytes()
    code, out, err = run(file, "c2", "--wrong", "--note", "She only quoted someone")
    assert (code, out) == (0, "")
    assert "c2: wrong, note: She only quoted someone. (Alva Stenqvist: Norvik lässt Marvonien" in err
    assert "Kept in report.corrections.json." in err
    assert kept(file) == [("c2", True, None, None, "She only quoted someone")]
    assert file.read_bytes() == before


def test_several_claims_are_marked_at_once_and_a_second_mark_adds_to_the_first(run, file):
    run(file, "c3", "c4", "c3", "--stance", "opposes")
    code, _, err = run(file, "c3", "--measure", "arms")
    assert code == 0
    assert "c3: stance opposes (was refuses), measure arms (was troops). (Alva Stenqvist" in err
    assert kept(file) == [
        ("c4", False, Stance.OPPOSES, None, None),
        ("c3", False, Stance.OPPOSES, Measure.ARMS, None),
    ]


def test_right_and_undo_take_back(run, file):
    run(file, "c1", "c2", "--wrong", "--note", "hm")
    assert "c1: note: hm" in run(file, "c1", "--right")[2]
    assert kept(file) == [("c2", True, None, None, "hm"), ("c1", False, None, None, "hm")]
    code, _, err = run(file, "c1", "c2", "c3", "--undo")
    assert code == 0
    assert "c2: taken back: wrong, note: hm." in err
    assert "c3 has no correction." in err
    assert kept(file) == []


def test_what_is_so_already_is_told_and_nothing_is_written(run, file):
    code, _, err = run(file, "c3", "--stance", "refuses")
    assert (code, corrections_path(file).exists()) == (0, False)
    assert "c3 is so already: stance refuses, measure troops, not wrong." in err
    run(file, "c3", "--wrong")
    before = corrections_path(file).read_bytes()
    assert "c3 is marked so already: wrong." in run(file, "c3", "--wrong")[2]
    assert corrections_path(file).read_bytes() == before


def test_the_stance_of_the_report_takes_a_correction_back(run, file):
    run(file, "c3", "--stance", "opposes")
    assert "c3: as the report has it again." in run(file, "c3", "--stance", "refuses")[2]
    assert kept(file) == []


def test_stances_and_measures_in_any_case(run, file):
    assert run(file, "c3", "--stance", "Opposes", "--measure", "AIR")[0] == 0
    ((_, _, stance, measure, _),) = kept(file)
    assert (stance, measure) == (Stance.OPPOSES, Measure.AIR)


def test_quiet_says_nothing(run, file):
    assert run(file, "c3", "--wrong", "-q") == (0, "", "")


def test_an_unknown_claim_is_an_error_with_those_that_are_near_and_nothing_is_marked(run, file):
    code, _, err = run(file, "c1", "c33", "--wrong")
    assert code == 1
    assert "report.json has no claim c33. It has 6 claims:" in err
    assert "  c3  Alva Stenqvist: Norvik schickt keine" in err
    assert kept(file) == []
    code, _, err = run(file, "x", "y", "--wrong")
    assert "has no claims x, y. It has 6 claims:\n  c1  Norvik, Dalmark:" in err


def test_a_report_without_claims_has_none_to_mark(run):
    code, _, err = run(write(empty_report()), "c1", "--wrong")
    assert (code, "report.json has no claims." in err) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("c1",),
        ("--wrong",),
        ("c1", "--list"),
        ("c1", "--golden", "drafts"),
        ("--list", "--golden", "drafts"),
        ("--list", "--wrong"),
        ("--from", "x.json", "--list"),
        ("c1", "--undo", "--wrong"),
        ("c1", "--wrong", "--stance", "opposes"),
        ("c1", "--stance", "shrugs"),
        ("c1", "--measure", "words"),
        ("c1", "--note", "x" * 2001),
        ("c1", "--note", "\udce4"),
        ("--golden", "drafts", "--genre", "novel"),
        ("--golden", "drafts", "--split", "train"),
        ("--list", "-f", "csv"),
        ("c1", "--unknown"),
    ],
)
def test_what_can_not_be_meant_is_an_error_of_usage(run, file, arguments):
    code, out, err = run(file, *arguments)
    assert (code, out) == (2, "")
    assert err
    assert sorted(path.name for path in Path().iterdir()) == ["report.json"]


def test_the_help_names_every_stance_and_measure(run):
    code, out, _ = run("--help")
    assert code == 0
    words = " ".join(out.replace("│", " ").split())
    assert all(value in words for value in (*Stance, *Measure))


def test_standard_input_has_no_place_beside_it(run):
    code, _, err = run("-", "c1", "--wrong")
    assert (code, "kept beside a file" in err) == (2, True)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("package.json", '{"name": "x"}', "package.json is no report"),
        ("report.corrections.json", '{"corrections": []}', "holds corrections, no report"),
        ("nothing.json", None, "nothing.json can't be read: No such file"),
        ("empty", "folder", "There is no report in empty"),
    ],
)
def test_what_is_no_report_is_an_error(run, name, content, message):
    if content == "folder":
        Path(name).mkdir()
    elif content is not None:
        Path(name).write_text(content)
    code, _, err = run(name, "c1", "--wrong")
    assert (code, message in err) == (1, True)


def test_corrections_that_can_not_be_written_are_an_error(run, file):
    Path(".report.corrections.json.lock").mkdir()
    code, _, err = run(file, "c1", "--wrong")
    assert (code, "report.corrections.json can't be written: Is a directory." in err) == (1, True)


def test_broken_corrections_are_an_error_and_stay(run, file):
    corrections_path(file).write_text("{")
    code, _, err = run(file, "c1", "--wrong")
    assert (code, "report.corrections.json holds no corrections" in err) == (1, True)
    assert corrections_path(file).read_text() == "{"


def test_of_several_reports_one_has_to_be_named(run, lines):
    code, _, err = run(lines, "c1", "--wrong")
    assert code == 1
    assert "reports.jsonl has several reports." in err
    assert f"  {GERMAN} Küstenrat: Drei Staaten" in err
    assert f"  {ENGLISH} Harbour talks end" in err


@pytest.mark.parametrize("words", [ENGLISH, ENGLISH[:4]])
def test_a_report_is_named_by_its_id_or_its_beginning(run, lines, words):
    assert run(lines, "c1", "--article", words, "--wrong")[0] == 0
    assert [(c.article, c.claim) for c in load_corrections(lines).corrections] == [(ENGLISH, "c1")]


def test_a_report_is_named_by_its_title_its_address_or_its_file(run):
    write(german_report(), "reports/a.json")
    write(english_report(), "reports/b.json")
    assert run("reports", "c1", "--article", "drei STAATEN", "--wrong")[0] == 0
    assert run("reports", "c2", "--article", "https://nordpress.example/kuestenrat", "--wrong")[0] == 0
    assert run("reports", "c1", "--article", "b.json", "--wrong")[0] == 0
    assert [len(filed.corrections) for filed in load_reports(["reports"])] == [2, 1]


def test_an_id_is_meant_before_the_beginning_of_another(run, lines):
    longer = english_report()
    longer = longer.model_copy(update={"article": longer.article.model_copy(update={"id": f"{ENGLISH}0"})})
    with lines.open("a", encoding="utf-8") as file:
        file.write(to_jsonl_line(longer))
    assert run(lines, "c1", "--article", ENGLISH, "--wrong")[0] == 0
    code, _, err = run(lines, "c1", "--article", ENGLISH[:5], "--wrong")
    assert (code, f"has several reports on {ENGLISH[:5]}." in err) == (1, True)


def test_two_reports_of_one_id_can_not_be_told_apart(run, lines):
    with lines.open("a", encoding="utf-8") as file:
        file.write(to_jsonl_line(english_report()))
    code, _, err = run(lines, "c1", "--article", ENGLISH, "--wrong")
    assert (code, "has several reports on" in err) == (1, True)


def test_an_article_that_is_not_there_is_an_error(run, lines):
    code, _, err = run(lines, "c1", "--article", "Südwind", "--wrong")
    assert code == 1
    assert "reports.jsonl has no report on Südwind." in err
    assert GERMAN in err


def test_what_was_corrected_is_listed_with_what_fits_no_claim_any_more(run, lines):
    code, out, _ = run(lines, "--list")
    assert (code, out) == (0, "Nothing was corrected.\n")
    run(lines, "c1", "--article", ENGLISH, "--stance", "supports", "--note", "why")
    lost = correction(german_report(), "c3", wrong=True).model_copy(update={"claim_key": "0" * 16})
    gone = lost.model_copy(update={"article": "gone"})
    known = load_corrections(lines).corrections
    save_corrections(lines, Corrections(corrections=[*known, lost, gone]))
    code, out, _ = run(lines, "--list")
    assert code == 0
    assert out.splitlines()[0] == "reports.jsonl"
    assert "    c1  stance supports (was open), note: why  (Ruth Amsel: The Republic" in out
    assert f"  fits no claim any more: c3 of {GERMAN}: wrong" in out
    assert "  fits no claim any more: c3 of gone: wrong" in out
    code, out, _ = run(lines, "--list", "-f", "json")
    [listed] = json.loads(out)
    assert listed["file"] == "reports.jsonl"
    assert [(c["claim"], c["stance"]) for c in listed["corrections"]] == [("c1", "supports")]
    assert [c["article"] for c in listed["stale"]] == [GERMAN, "gone"]
    code, out, _ = run(lines, "--list", "--article", ENGLISH)
    assert (code, "any more" in out) == (0, False)


def test_a_correction_that_fits_no_claim_any_more_is_told_and_can_be_taken_back(run, file):
    lost = correction(german_report(), "c3", wrong=True)
    lost = lost.model_copy(update={"claim": "c99", "claim_key": "0" * 16})
    save_corrections(file, Corrections(corrections=[lost]))
    assert "Of this article's corrections 1 fit no claim any more: --list shows which." in run(file, "c1", "--wrong")[2]
    code, _, err = run(file, "c99", "--undo")
    assert (code, "c99: taken back: wrong." in err) == (0, True)
    assert [one[0] for one in kept(file)] == ["c1"]


def test_corrections_that_the_page_saved_are_taken_in(run, file):
    run(file, "c1", "--wrong")
    fits = correction(german_report(), "c2", wrong=True)
    older = correction(german_report(), "c1", note="old")
    newer = correction(german_report(), "c1", note="new").model_copy(
        update={"made_at": load_corrections(file).corrections[0].made_at.replace(year=9000)}
    )
    strange = fits.model_copy(update={"claim_key": "0" * 16})
    older = older.model_copy(update={"made_at": older.made_at.replace(year=2001)})
    page = Path("page.corrections.json")
    page.write_text(Corrections(corrections=[older, fits, strange]).model_dump_json())
    code, _, err = run(file, "--from", page)
    assert code == 0
    assert "1 correction taken in, of 2 that fit: report.corrections.json" in err
    assert "1 correction left out, made of claims that aren't here." in err
    assert [one[:2] for one in kept(file)] == [("c1", True), ("c2", True)]
    page.write_text(Corrections(corrections=[newer]).model_dump_json())
    assert run(file, "--from", page)[0] == 0
    assert kept(file) == [("c2", True, None, None, None), ("c1", False, None, None, "new")]


def test_corrections_of_several_reports_go_beside_each(run):
    write(german_report(), "reports/a.json")
    write(english_report(), "reports/b.json")
    both = [correction(german_report(), "c1", wrong=True), correction(english_report(), "c2", wrong=True)]
    Path("all.json").write_text(Corrections(corrections=both).model_dump_json())
    assert run("reports", "--from", "all.json")[0] == 0
    assert [filed.corrections for filed in load_reports(["reports"])] == [(both[0],), (both[1],)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "x.json can't be read: No such file"),
        ("[]", "x.json holds no corrections"),
        ('{"corrections": []}', "x.json holds no correction that fits a claim here"),
    ],
)
def test_corrections_that_can_not_be_taken_in_are_an_error(run, file, content, message):
    if content:
        Path("x.json").write_text(content)
    code, _, err = run(file, "--from", "x.json")
    assert (code, message in err) == (1, True)


def test_corrections_of_another_report_are_an_error(run, file):
    other = Corrections(corrections=[correction(english_report(), "c1", wrong=True)])
    Path("x.json").write_text(other.model_dump_json())
    code, _, err = run(file, "--from", "x.json")
    assert (code, "x.json holds no correction that fits a claim here" in err) == (1, True)
    assert not corrections_path(file).exists()


def test_a_draft_for_the_golden_set_is_written_and_passes_its_check(run, file, monkeypatch, capsysbinary):
    run(file, "c4", "--wrong")
    code, out, err = run(file, "--golden", "drafts", "--genre", "brief", "--split", "test")
    assert (code, out) == (0, "")
    folder = Path("drafts/2031-05-07-de-kuestenrat-drei-staaten")
    assert f"{folder}: a draft with 5 claims. What is still to do" in err
    golden = load_golden(folder)
    assert (len(golden.claims), golden.genre.value, golden.split.value) == (5, "brief", "test")
    checked = caller(monkeypatch, capsysbinary, "eval", "check")("drafts")
    assert (checked.code, "1 articles, no error." in checked.out) == (0, True)


def test_claims_that_are_only_comments_in_a_draft_are_told(run):
    text = "Ein Titel steht hier\n\nNorvik lehnt ab. Norvik lehnt ab.\n"
    report = german_report()
    start = text.index("Norvik")
    evidence = (
        report.claims[0]
        .evidence[0]
        .model_copy(update={"sentence": 2, "start": start, "end": start + 16, "text": "Norvik lehnt ab."})
    )
    claim = report.claims[0].model_copy(update={"evidence": [evidence], "conditions": []})
    article = report.article.model_copy(update={"text": text})
    bare = {"claims": [claim], "uncovered": [], "positions": [], "summary": type(report.summary)()}
    code, _, err = run(write(report.model_copy(update={"article": article, **bare})), "--golden", "drafts")
    assert (code, "a draft with 0 claims, 1 more in comments only." in err) == (0, True)


def test_a_draft_that_is_there_is_an_error_unless_forced(run, file):
    run(file, "--golden", "drafts")
    run(file, "c1", "--wrong")
    code, _, err = run(file, "--golden", "drafts")
    assert (code, "is there already" in err, "--force" in err) == (1, True, True)
    assert run(file, "--golden", "drafts", "--force")[0] == 0


def test_of_several_reports_those_with_corrections_are_drafted(run, lines):
    code, _, err = run(lines, "--golden", "drafts")
    assert (code, "No report in reports.jsonl has corrections." in err) == (1, True)
    run(lines, "c1", "--article", ENGLISH, "--wrong")
    assert run(lines, "--golden", "drafts")[0] == 0
    assert [path.name for path in Path("drafts").iterdir()] == ["undated-en-harbour-talks-with"]
    assert run(lines, "--golden", "drafts", "--article", GERMAN)[0] == 0
    assert len(list(Path("drafts").iterdir())) == 2


def test_a_draft_that_can_not_be_made_is_told_and_the_others_are(run, lines):
    french = german_report()
    french = french.model_copy(update={"article": french.article.model_copy(update={"id": "fr", "language": "fr"})})
    with lines.open("a", encoding="utf-8") as file:
        file.write(to_jsonl_line(french))
    save_corrections(
        lines,
        Corrections(corrections=[correction(french, "c1", wrong=True), correction(english_report(), "c1", wrong=True)]),
    )
    code, _, err = run(lines, "--golden", "drafts")
    assert (code, "The article's language is fr." in err) == (1, True)
    assert len(list(Path("drafts").iterdir())) == 1


def test_a_folder_for_drafts_that_can_not_be_made_is_an_error(run, file):
    Path("drafts").write_text("a file")
    code, _, err = run(file, "--golden", "drafts")
    assert (code, "can't be written: Not a directory" in err) == (1, True)


def test_articles_models_and_readers_do_nothing_on_the_terminal(run):
    file = write(injected_report("x\x1b[2J\u202ey [red]"))
    code, _, err = run(file, "c1", "--wrong", "--note", "\x1b]0;z\x07 [bold]")
    assert code == 0
    code, out, more = run(file, "--list")
    for text in (err, out, more, run(file, "c77", "--wrong")[2], run(file, "c1", "--undo")[2]):
        assert not set("\x1b\x07\u202e") & set(text)
    assert "[bold]" in out
    assert "[red]" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--split", "test"], "--split, --genre and --force are about drafts. Give them with --golden."),
        (["--genre", "brief"], "--split, --genre and --force are about drafts. Give them with --golden."),
        (["--force"], "--split, --genre and --force are about drafts. Give them with --golden."),
        (["--genre", "nonsense"], "--genre is 'nonsense'. Choose from agency"),
        (["-f", "json"], "-f says how corrections are listed. Give it with --list."),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(run, file, options, message):
    code, _, err = run(file, "c1", "--wrong", *options)
    assert code == 2 and message in err
    assert not corrections_path(file).exists()


def test_an_archive_that_has_the_report_is_corrected_too(run, file, lines, monkeypatch):
    with Archive.open("archive.sqlite", create=True) as archive:
        archive.add(load_reports([file]))
    monkeypatch.setenv("SUMMARIZER_ARCHIVE", "archive.sqlite")
    _, _, err = run(lines, "c2", "--article", ENGLISH, "--wrong")
    assert "archive.sqlite" not in err
    code, _, err = run(file, "c3", "--stance", "opposes")
    assert code == 0 and "Corrected in archive.sqlite too." in err
    with Archive.open("archive.sqlite") as archive:
        (kept_there,) = archive.reports()
    assert [(c.claim, c.stance) for c in kept_there.corrections] == [("c3", Stance.OPPOSES)]
    run(file, "c3", "--undo")
    with Archive.open("archive.sqlite") as archive:
        (kept_there,) = archive.reports()
    assert not kept_there.corrections


def test_an_archive_that_is_not_there_is_told_and_the_correction_kept(run, file):
    code, _, err = run(file, "c3", "--stance", "opposes", "--archive", "none.sqlite")
    assert code == 0 and "There is no archive at none.sqlite" in err
    assert kept(file) == [("c3", False, Stance.OPPOSES, None, None)] and not Path("none.sqlite").exists()
