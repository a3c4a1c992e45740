"""The whole way, against a real HTTP server and through the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command import caller
from openai_server import Cut, OpenAIServer, Reply, Status

from summarizer import Summarizer, SummarizerError, read_source

SEED = Path(__file__).parent.parent / "seeds" / "2025-09-05-dpa-afx-paris.txt"


def claim(**changes):
    base = {
        "evidence": [22],
        "speakers": [
            {"name": "Frankreich", "kind": "government"},
            {"name": "Großbritannien", "kind": "government"},
        ],
        "statement": "Frankreich und Großbritannien erklärten sich zum Entsenden einiger Tausend Soldaten bereit.",
        "attribution": "narrated",
        "stance": "commits",
        "measure": "troops",
    }
    return base | changes


def answer(*claims):
    return json.dumps({"claims": list(claims)})


SUMMARY = json.dumps(
    {
        "sentences": [
            {"text": "Frankreich und Großbritannien wollen Soldaten entsenden.", "claims": ["c1"]},
            {"text": "Auch Brasilien will Soldaten entsenden.", "claims": ["c1"]},
            {"text": "Es sollen 9000 Soldaten sein.", "claims": ["c1"]},
            {"text": "Das steht nirgends.", "claims": ["c77"]},
        ]
    }
)


@pytest.fixture
def server():
    with OpenAIServer() as running:
        yield running


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-0123456789")
    return "sk-planted-0123456789"


def run(server, monkeypatch, mode="tools"):
    monkeypatch.setenv("SUMMARIZER_MODE", mode)
    with Summarizer("stand-in", base_url=server.base_url) as summarizer:
        return summarizer.summarize(read_source(SEED))


@pytest.mark.parametrize("mode", ["tools", "json_schema"])
def test_claims_are_tied_to_the_text(server, key, monkeypatch, mode):
    server.reply_with(answer(claim()), SUMMARY)
    report = run(server, monkeypatch, mode)
    assert [s.name for s in report.claims[0].speakers] == ["Frankreich", "Großbritannien"]
    for evidence in report.claims[0].evidence:
        assert report.article.text[evidence.start : evidence.end] == evidence.text
    assert {p.actor for p in report.positions} == {"Frankreich", "Großbritannien"}
    assert [x.text for x in report.summary.sentences] == ["Frankreich und Großbritannien wollen Soldaten entsenden."]
    assert key not in report.model_dump_json()


@pytest.mark.parametrize("mode", ["tools", "json_schema"])
def test_a_reask_says_what_was_wrong_and_repairs_it(server, key, monkeypatch, mode):
    server.reply_with(answer(claim(quote="words that nobody said")), answer(claim()), SUMMARY)
    report = run(server, monkeypatch, mode)
    assert len(report.claims) == 1 and not report.rejections
    assert "words that nobody said" in json.dumps(server.chats[1].body)
    assert report.run.usage.reasks == 1


def test_what_stays_invalid_is_rejected_with_its_reason(server, key, monkeypatch):
    bad = claim(speakers=[{"name": "Nadia Erfunden", "kind": "person"}])
    server.reply_with(*[answer(claim(), bad)] * 3, SUMMARY)
    report = run(server, monkeypatch)
    assert len(report.claims) == 1
    assert [r.check for r in report.rejections[0].reasons] == ["speaker_not_in_article"]


def test_an_invented_sentence_number_is_rejected(server, key, monkeypatch):
    server.reply_with(*[answer(claim(evidence=[9999]))] * 3)
    report = run(server, monkeypatch)
    assert not report.claims and report.rejections


def test_a_wrong_key_is_named_and_not_shown(server, key, monkeypatch):
    server.reply_with(Status(401))
    with pytest.raises(SummarizerError) as caught:
        run(server, monkeypatch)
    assert caught.value.type == "authentication" and key not in str(caught.value)


def cli(*arguments, server=None, tmp_path=None, **env):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI", "SUMMARIZER"))}
    environment |= {"HOME": str(tmp_path), "OPENAI_API_KEY": "sk-planted-0123456789", **env}
    return subprocess.run(
        [sys.executable, "-m", "summarizer", *map(str, arguments)],
        check=False,
        capture_output=True,
        env=environment,
        timeout=60,
    )


def test_command_line_gives_json_on_stdout_only(server, tmp_path):
    server.reply_with(answer(claim()), SUMMARY)
    done = cli(SEED, "-m", "stand-in", "--base-url", server.base_url, "-f", "json", tmp_path=tmp_path)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["claims"][0]["evidence"][0]["sentence"] == 22
    assert b"Frankreich" in done.stderr
    assert b"sk-planted" not in done.stdout + done.stderr


def test_command_line_accounts_for_every_article(server, tmp_path):
    server.reply_with(answer(claim()), SUMMARY)
    missing = tmp_path / "absent.txt"
    done = cli(SEED, missing, "-m", "stand-in", "--base-url", server.base_url, "-f", "jsonl", tmp_path=tmp_path)
    lines = sorted((json.loads(line) for line in done.stdout.decode().splitlines()), key=lambda line: "error" in line)
    assert done.returncode == 1 and len(lines) == 2
    assert lines[1]["error"]["type"] == "input" and lines[1]["article"]["source"] == str(missing)


def test_two_reports_are_no_json_document(tmp_path):
    done = cli(SEED, Path(__file__), "-f", "json", tmp_path=tmp_path)
    assert done.returncode == 2 and b"jsonl" in done.stderr


GOOD = answer(claim())


@pytest.fixture
def faulty(server, key, tmp_path, monkeypatch, capsysbinary):
    """The command line in this process, for a service that answers with these items."""
    for name in [n for n in os.environ if n.startswith(("OPENAI", "SUMMARIZER")) and n != "OPENAI_API_KEY"]:
        monkeypatch.delenv(name)

    def run(mode, *items):
        monkeypatch.setenv("SUMMARIZER_MODE", mode)
        monkeypatch.setenv("SUMMARIZER_CACHE", str(tmp_path / "cache"))
        server.reply_with(*items)
        done = caller(monkeypatch, capsysbinary)(SEED, "-m", "stand-in", "--base-url", server.base_url, "-f", "json")
        assert "planted" not in done.out + done.err
        return done

    return run


@pytest.mark.parametrize("mode", ["tools", "json_schema"])
@pytest.mark.parametrize(
    "fault", [Status(429, headers={"Retry-After": "0"}), Status(500), Cut(GOOD)], ids=["429", "500", "cut"]
)
def test_a_passing_fault_is_retried(faulty, mode, fault):
    done = faulty(mode, fault, GOOD, SUMMARY)
    assert done.code == 0, done.err
    report = json.loads(done.out)
    assert len(report["claims"]) == 1 and report["run"]["usage"]["transport_retries"] == 1


@pytest.mark.parametrize("mode", ["tools", "json_schema"])
def test_a_truncated_answer_is_asked_for_in_halves(server, faulty, mode):
    cut, nothing = Reply(GOOD, finish_reason="length"), answer()
    first_half = faulty(mode, cut, nothing, GOOD, SUMMARY)
    assert first_half.code == 0, first_half.err
    assert len(json.loads(first_half.out)["claims"]) == 1
    assert "[22]" not in server.chats[1].body["messages"][-1]["content"].split("article (de):")[1]
    assert "[22]" in server.chats[2].body["messages"][-1]["content"].split("article (de):")[1]


@pytest.mark.parametrize("mode", ["tools", "json_schema"])
@pytest.mark.parametrize(
    ("items", "cause"),
    [
        ([Status(401, echo_key=True)], "key"),
        ([Reply(refusal="I can't help with that.")], "refused"),
        (["no JSON at all"] * 3, "invalid"),
    ],
    ids=["401", "refusal", "invalid"],
)
def test_a_lasting_fault_names_its_cause(faulty, mode, items, cause):
    done = faulty(mode, *items)
    assert done.code == 1
    assert cause in done.err.lower(), done.err
