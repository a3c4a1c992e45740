"""`summarizer eval` as a user types it, with a small golden set and a real HTTP server as the model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command import caller
from openai_server import OpenAIServer, Status

ROOT = Path(__file__).parent.parent
TEXT = """Drei Staaten nennen Bedingungen

BERLIN (dpa) - Polen lehnt die Entsendung von Truppen in die Ukraine ab. Frankreich ist nach einem \
Waffenstillstand zur Entsendung von Soldaten bereit.

Schweden wartet ab und will noch keine Truppen zusagen.
"""
HEAD = "language: de\npublished: 2025-09-05\nsplit: dev\ngenre: agency\naliases: {}\n"
CLAIMS = """claims:
  - {speakers: [Polen], statement: Polen lehnt die Entsendung von Truppen in die Ukraine ab., attribution: narrated,
     stance: refuses, measure: troops, evidence: [Polen lehnt]}
  - {speakers: [Frankreich], statement: Frankreich ist zur Entsendung von Soldaten bereit., attribution: narrated,
     stance: commits, measure: troops, evidence: [Frankreich ist]}
"""
NO_CLAIMS = "claims: []\n"


def answer(*speakers: str, stance: str = "refuses") -> str:
    numbers = {"Polen": 2, "Frankreich": 3, "Schweden": 4}
    statements = {"Polen": "Polen lehnt ab.", "Frankreich": "Frankreich ist bereit.", "Schweden": "Schweden wartet ab."}
    claims = [
        {
            "evidence": [numbers[name]],
            "speakers": [{"name": name, "kind": "government"}],
            "statement": statements[name],
            "attribution": "narrated",
            "stance": "commits" if name == "Frankreich" else stance,
            "measure": "troops",
        }
        for name in speakers
    ]
    return json.dumps({"claims": claims})


SUMMARY = json.dumps({"sentences": [{"text": "Polen lehnt ab.", "claims": ["c1"]}]})


@pytest.fixture
def golden(tmp_path, monkeypatch):
    """Two articles, in a working folder of their own."""
    for slug, claims in (("2025-09-05-a", CLAIMS), ("2025-09-05-b", NO_CLAIMS)):
        folder = tmp_path / "evals" / "golden" / slug
        folder.mkdir(parents=True)
        (folder / "article.txt").write_text(TEXT if claims == CLAIMS else TEXT.replace("Drei", "Zwei"))
        (folder / "claims.yaml").write_text(HEAD + claims)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "evals" / "golden"


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-0123456789")
    monkeypatch.setenv("SUMMARIZER_MODE", "json_schema")
    monkeypatch.delenv("SUMMARIZER_MODEL", raising=False)
    with OpenAIServer() as running:
        yield running


@pytest.fixture
def run(monkeypatch, capsysbinary):
    """Runs the command line in this process: exit code, stdout, stderr."""
    monkeypatch.setenv("COLUMNS", "200")

    called = caller(monkeypatch, capsysbinary)

    def call(*arguments: object) -> tuple[int, str, str]:
        ended = called(*arguments)
        return ended.code, ended.out, ended.err

    return call


def evaluated(run, server, *replies, output="run.jsonl", options=()):
    server.reply_with(*replies)
    return run("eval", "-m", "stand-in", "--base-url", server.base_url, "-o", output, *options)


GOOD = (answer("Polen", "Frankreich"), SUMMARY, answer())


def test_a_run_prints_its_figures_and_writes_its_files(golden, run, server):
    code, out, err = evaluated(run, server, *GOOD)
    assert code == 0, err
    assert "| loose_f1" in out and "1.000" in out
    assert "2 of 2" in err and "strict F1 1.000" in err
    lines = [json.loads(line) for line in Path("run.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["header", "article", "article", "seal"]
    assert lines[-1]["figures"]["strict_f1"] == 1.0
    page = Path("run.html").read_text()
    assert "2025-09-05-a" in page and "<script" not in page
    assert "sk-planted" not in Path("run.jsonl").read_text() + page + out + err


def test_a_claim_in_a_negative_is_counted(golden, run, server):
    code, out, _ = evaluated(run, server, answer("Polen", "Frankreich"), SUMMARY, answer("Schweden"), SUMMARY)
    assert code == 0
    row = next(line for line in out.splitlines() if "claims_per_negative" in line)
    assert "1.000" in row


def test_a_figure_that_falls_short_exits_3(golden, run, server):
    code, _, err = evaluated(run, server, *GOOD, options=("--min", "strict_f1=0.9", "--max", "claims_per_negative=0"))
    assert code == 0, err
    assert run("eval", "score", "run.jsonl", "--min", "loose_f1=1.1")[0] == 3
    code, _, err = run("eval", "score", "run.jsonl", "--max", "loose_f1=0.5")
    assert code == 3 and "above 0.5" in err


@pytest.mark.parametrize("limit", ["nonsense=1", "strict_f1", "strict_f1=high"])
def test_a_limit_that_is_none_is_a_usage_error_before_the_model_is_asked(golden, run, server, limit):
    code, _, err = evaluated(run, server, options=("--min", limit))
    assert code == 2 and "Error:" in err
    assert not server.requests


def test_a_failed_article_is_an_error_and_not_zero_claims(golden, run, server):
    code, out, err = evaluated(run, server, Status(400), answer())
    assert code == 1
    assert "2025-09-05-a failed:" in err
    assert "2, 1 failed" in out
    kinds = {json.loads(line)["kind"] for line in Path("run.jsonl").read_text().splitlines()}
    assert "seal" in kinds


def test_score_asks_nobody(golden, run, server):
    evaluated(run, server, *GOOD)
    asked = len(server.requests)
    code, out, _ = run("eval", "score", "run.jsonl", "--page", "again.html")
    assert code == 0 and "1.000" in out
    assert len(server.requests) == asked
    assert "2025-09-05-b" in Path("again.html").read_text()


def test_a_run_is_written_anew_for_corrected_annotations(golden, run, server):
    evaluated(run, server, *GOOD, output="one.jsonl")
    claims = CLAIMS.replace("stance: refuses", "stance: opposes")
    (golden / "2025-09-05-a" / "claims.yaml").write_text(HEAD + claims)
    evaluated(run, server, *GOOD, output="two.jsonl")
    assert run("eval", "compare", "one.jsonl", "two.jsonl")[0] == 1
    code, _, err = run("eval", "score", "one.jsonl", "--write", "three.jsonl")
    assert code == 0, err
    old, new = (json.loads(Path(name).read_text().splitlines()[0])["run"] for name in ("one.jsonl", "three.jsonl"))
    assert new["rescored_at"] and new["golden_sha256"] != old["golden_sha256"]
    assert new["started_at"] == old["started_at"]
    seal = json.loads(Path("three.jsonl").read_text().splitlines()[-1])
    assert seal["figures"]["strict_f1"] == 0.5
    assert run("eval", "compare", "three.jsonl", "two.jsonl")[0] == 0


def test_runs_side_by_side(golden, run, server):
    evaluated(run, server, *GOOD, output="one.jsonl")
    evaluated(run, server, answer("Polen"), SUMMARY, answer(), output="two.jsonl")
    code, out, _ = run("eval", "score", "one.jsonl", "two.jsonl")
    assert code == 0
    header = next(line for line in out.splitlines() if line.strip())
    assert "one" in header and "two" in header


def test_compare_says_which_claims_were_lost(golden, run, server):
    evaluated(run, server, *GOOD, output="one.jsonl")
    evaluated(run, server, answer("Polen"), SUMMARY, answer(), output="two.jsonl")
    code, out, _ = run("eval", "compare", "one.jsonl", "two.jsonl")
    # One article with claims is too few for an interval, so nothing is called worse.
    assert code == 0 and "not worse" in out
    assert "2025-09-05-a" in out


def test_an_article_that_fails_only_now_makes_a_run_worse(golden, run, server):
    evaluated(run, server, *GOOD, output="one.jsonl")
    evaluated(run, server, Status(400), answer(), output="two.jsonl")
    code, out, _ = run("eval", "compare", "one.jsonl", "two.jsonl")
    assert code == 3 and "Failed in the new run only: 2025-09-05-a" in out


def test_compare_refuses_another_golden_set(golden, run, server):
    evaluated(run, server, *GOOD, output="one.jsonl")
    (golden / "2025-09-05-b" / "claims.yaml").write_text(HEAD.replace("agency", "brief") + NO_CLAIMS)
    evaluated(run, server, *GOOD, output="two.jsonl")
    code, _, err = run("eval", "compare", "one.jsonl", "two.jsonl")
    assert code == 1 and "different golden sets" in err
    assert run("eval", "compare", "one.jsonl", "two.jsonl", "--any-golden")[0] == 0


def test_faults_are_counted_by_kind(golden, run, server):
    evaluated(run, server, answer("Polen", stance="opposes"), SUMMARY, answer("Schweden"), SUMMARY)
    code, out, err = run("eval", "faults", "run.jsonl")
    assert code == 0, err
    for kind in (
        "stance refuses taken for opposes",
        "missed, narrated, nothing found in the sentence",
        "spurious, in an article without claims",
    ):
        assert any(kind in line and " 1 " in line for line in out.splitlines()), kind


def test_only_limit_and_failing_choose_articles(golden, run, server):
    evaluated(run, server, answer("Polen"), SUMMARY, answer(), output="one.jsonl")
    evaluated(run, server, *GOOD[:2], output="two.jsonl", options=("--failing", "one.jsonl"))
    header = json.loads(Path("two.jsonl").read_text().splitlines()[0])
    assert header["run"]["slugs"] == ["2025-09-05-a"]
    evaluated(run, server, answer(), output="three.jsonl", options=("--only", "2025-09-05-b"))
    assert json.loads(Path("three.jsonl").read_text().splitlines()[0])["run"]["slugs"] == ["2025-09-05-b"]
    evaluated(run, server, *GOOD[:2], output="four.jsonl", options=("--limit", "1"))
    assert json.loads(Path("four.jsonl").read_text().splitlines()[0])["run"]["slugs"] == ["2025-09-05-a"]


def test_a_slug_that_is_not_there_is_named(golden, run, server):
    code, _, err = evaluated(run, server, options=("--only", "nowhere"))
    assert code == 2 and "nowhere" in err


def test_repeats_are_counted_as_articles(golden, run, server):
    code, out, err = evaluated(run, server, *GOOD, *GOOD, options=("--repeats", "2"))
    assert code == 0, err
    assert any(line.startswith("| articles") and " 4 " in line for line in out.splitlines())


def test_an_existing_run_file_is_not_overwritten(golden, run, server):
    evaluated(run, server, *GOOD)
    before = Path("run.jsonl").read_text()
    code, _, err = evaluated(run, server, *GOOD)
    assert code == 2 and "run.jsonl" in err
    assert Path("run.jsonl").read_text() == before


def test_resume_finishes_what_is_left(golden, run, server):
    evaluated(run, server, *GOOD)
    lines = Path("run.jsonl").read_text().splitlines(keepends=True)
    Path("run.jsonl").write_text("".join(lines[:2]) + lines[2][:30])
    asked = len(server.requests)
    code, out, err = evaluated(run, server, answer(), options=("--resume",))
    assert code == 0, err
    assert len(server.requests) == asked + 1
    assert "1.000" in out


def test_resume_needs_the_run_file(golden, run, server):
    code, _, err = run("eval", "-m", "stand-in", "--base-url", server.base_url, "--resume")
    assert code == 2 and "-o" in err


def test_check_counts_a_good_set(golden, run):
    code, out, _ = run("eval", "check")
    assert code == 0
    assert "2 articles, no error" in out
    assert any("refuses" in line for line in out.splitlines())


def test_check_finds_every_error(golden, run):
    bad = CLAIMS.replace("Polen lehnt]", "Nobody says]").replace("commits", "promises")
    (golden / "2025-09-05-a" / "claims.yaml").write_text(HEAD + bad)
    (golden / "2025-09-05-b" / "claims.yaml").write_text(
        HEAD + CLAIMS.replace("speakers: [Polen]", "speakers: [Portugal]").replace("[Frankreich ist]", "[Nowhere]")
    )
    code, _, err = run("eval", "check")
    assert code == 1
    for word in ("promises", "Portugal", "Nowhere"):
        assert word in err


def test_without_a_golden_set_the_error_says_what_to_do(tmp_path, monkeypatch, run, server):
    monkeypatch.chdir(tmp_path)
    code, _, err = run("eval", "-m", "stand-in", "--base-url", server.base_url)
    assert code == 2 and "--golden" in err


def test_agreement_of_two_passes(golden, run, tmp_path):
    for name, claims in (("first", CLAIMS), ("second", CLAIMS.replace("stance: refuses", "stance: opposes"))):
        folder = tmp_path / "evals" / "passes" / name
        folder.mkdir(parents=True)
        (folder / "2025-09-05-a.yaml").write_text(HEAD + claims)
        (folder / "2025-09-05-b.yaml").write_text(HEAD + NO_CLAIMS)
    code, out, _ = run("eval", "agreement", "--lines")
    assert code == 0
    assert any("loose F1" in line and "1.000" in line for line in out.splitlines())
    assert any("strict F1" in line and "0.500" in line for line in out.splitlines())
    assert "2025-09-05-a: other stance refuses / opposes" in out


def test_external_data_needs_the_profile_without_a_topic(golden, run, server):
    code, _, err = run("eval", "-m", "stand-in", "--base-url", server.base_url, "--external", "quotes.jsonl")
    assert code == 2 and "--profile sentence" in err


def test_external_data_is_scored_over_http(golden, run, server):
    text = "Der Minister Jan Beispiel sagte, die Renten seien sicher. Es regnete."
    Path("quotes.jsonl").write_text(
        json.dumps(
            {"id": "1", "text": text, "quotes": [{"quote_spans": [[33, 56]], "speaker_text": "Minister Jan Beispiel"}]}
        )
        + "\n"
    )
    server.reply_with(json.dumps({"names": ["Jan Beispiel"]}))
    code, out, err = run(
        *("eval", "-m", "stand-in", "--base-url", server.base_url),
        *("--external", "quotes.jsonl", "--profile", "sentence"),
    )
    assert code == 0, err
    assert any("sentence and speaker" in line and line.count("1.000") == 3 for line in out.splitlines())


def test_the_baseline_without_a_model_runs(tmp_path):
    command = [sys.executable, str(ROOT / "evals" / "baselines" / "cue_verbs.py"), "--split", "dev", "--limit", "1"]
    done = subprocess.run([*command, "-o", str(tmp_path / "run.jsonl")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "loose_f1" in done.stdout
