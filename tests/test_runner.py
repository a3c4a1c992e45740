"""Running the pipeline over a golden set, being killed in the midst of it, and scoring again what was recorded."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from invented import ANSWERS, TEXTS, answer, given, golden_set, model_at, slug_of
from openai_server import Hang, OpenAIServer, Reply, Status
from small_model import small_model

from summarizer import Summarizer, verification
from summarizer.errors import ConfigurationError, InputError
from summarizer.evaluation.runner import Pipeline, SystemDescription, failing, recorded, replay, run
from summarizer.evaluation.runs import read_run
from summarizer.llm.local import LocalModel
from summarizer.llm.recording import NotRecordedError
from summarizer.models import ErrorInfo, Report

KEY = "sk-planted-0123456789"

KILLED = """
import sys
from pathlib import Path
from invented import model_at
from summarizer import Summarizer
from summarizer.evaluation.golden import load_golden_set
from summarizer.evaluation.runner import Pipeline, run

golden, url, path = sys.argv[1:]
system = Pipeline(Summarizer(language_model=model_at(url), profile="article"))
run(load_golden_set(Path(golden)), system, Path(path))
"""


@pytest.fixture
def golden(tmp_path):
    return golden_set(tmp_path / "golden")


@pytest.fixture
def server():
    with OpenAIServer() as running:
        running.reply_with(answer)
        yield running


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.jsonl"


def pipeline(server, **settings):
    model = model_at(server.base_url, KEY)
    return Pipeline(Summarizer(language_model=model, profile="article", **settings))


def faulty(**faults):
    """Answers, but for these slugs faults."""

    def reply(request):
        return faults.get(slug_of(request) or "") or answer(request)

    return reply


def outcomes(results):
    return [(r.golden.slug, r.repeat, r.duration_s, r.outcome, r.matching) for r in results]


def asked(server):
    return [slug_of(request) for request in server.chats if slug_of(request)]


def test_a_run_is_recorded_and_sealed(server, golden, path):
    started, seen = [], []
    made = run(
        golden,
        pipeline(server),
        path,
        on_start=lambda article, repeat: started.append((article.slug, repeat)),
        on_result=lambda result, done, total: seen.append((result.golden.slug, done, total)),
    )
    assert read_run(path) == made
    assert started == [("oslo", 1), ("regen", 1), ("riga", 1)]
    assert seen == [("oslo", 1, 3), ("regen", 2, 3), ("riga", 3, 3)]
    header = made.header
    assert (header.system, header.model, header.profile) == ("pipeline", "openai/stand-in", "article")
    assert (header.split, header.slugs, header.repeats) == ("dev", ["oslo", "regen", "riga"], 1)
    assert "article/extract@" in (header.prompt or "") and "topics/security-guarantees+" in (header.prompt or "")
    assert made.seal is not None
    assert made.seal.figures["loose_f1"] == 1 and made.seal.figures["strict_f1"] == pytest.approx(0.75)
    assert (made.seal.articles, made.seal.failed) == (3, 0)
    assert made.seal.usage.requests == len(server.chats) == 5
    assert [len(article.replies) for article in made.articles] == [2, 1, 2]
    assert failing(recorded(made, golden)) == []


def test_a_failure_is_an_error_and_never_zero_claims(server, golden, path):
    server.reply_with(faulty(oslo=Status(500), regen=Reply(refusal="I can't help with that.")))
    made = run(golden, pipeline(server), path)
    assert [(a.slug, a.error.type if a.error else None) for a in made.articles] == [
        ("oslo", "service"),
        ("regen", "refusal"),
        ("riga", None),
    ]
    assert made.seal is not None and (made.seal.articles, made.seal.failed) == (3, 2)
    assert made.seal.figures["strict_recall"] == 0.5, "over riga alone"
    assert made.articles[1].usage.input_tokens == 100, "a refusal is paid for, too"
    assert failing(recorded(made, golden)) == ["oslo", "regen"]
    before = len(server.chats)
    assert outcomes(replay(read_run(path), golden)) == outcomes(recorded(made, golden))
    assert len(server.chats) == before


def test_resuming_tries_again_what_the_service_failed_on(server, golden, path):
    server.reply_with(faulty(oslo=Status(500), regen=Reply(refusal="I can't help with that.")))
    run(golden, pipeline(server), path)
    server.reply_with(answer)
    server.requests.clear()
    made = run(golden, pipeline(server), path, resume=True)
    assert asked(server) == ["oslo"]
    assert [(a.slug, a.error.type if a.error else None) for a in made.articles] == [
        ("oslo", None),
        ("regen", "refusal"),
        ("riga", None),
    ]
    assert read_run(path) == made
    assert made.seal is not None and (made.seal.articles, made.seal.failed) == (3, 1)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_a_killed_run_is_resumed_where_it_was(server, golden, tmp_path, path):
    reached = threading.Event()

    def reply(request):
        if slug_of(request) == "regen":
            reached.set()
            return Hang()
        return answer(request)

    server.reply_with(reply)
    arguments = [str(tmp_path / "golden"), server.base_url, str(path)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen([sys.executable, "-c", KILLED, *arguments], env=environment) as process:
        try:
            assert reached.wait(60), "it never came to the second article"
        finally:
            process.kill()
    assert process.returncode == -signal.SIGKILL
    left = read_run(path)
    assert left.seal is None and [a.slug for a in left.articles] == ["oslo"]
    with path.open("ab") as file:
        file.write(b'{"kind":"article","slug":"reg')
    server.reply_with(answer)
    server.requests.clear()
    made = run(golden, pipeline(server), path, resume=True)
    assert asked(server) == ["regen", "riga"]
    assert made.articles[0] == left.articles[0] and made.header == left.header
    assert read_run(path) == made and made.seal is not None and made.seal.articles == 3


def test_an_interrupted_run_is_resumed(server, golden, path):
    def interrupt(result, done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(golden, pipeline(server), path, on_result=interrupt)
    assert [a.slug for a in read_run(path).articles] == ["oslo", "regen"]
    server.requests.clear()
    counts = []
    run(golden, pipeline(server), path, resume=True, on_result=lambda *seen: counts.append(seen[1:]))
    assert asked(server) == ["riga"] and counts == [(3, 3)]


def test_another_model_cannot_go_on_with_a_run(server, golden, path):
    run(golden[:1], pipeline(server), path)
    other = Pipeline(Summarizer("other", base_url=server.base_url, profile="article"))
    for system, articles, told in [(other, golden[:1], "model"), (pipeline(server), golden, "golden set")]:
        with pytest.raises(ConfigurationError, match=f"the {told}"):
            run(articles, system, path, resume=True)
    with pytest.raises(ConfigurationError, match="the setting thorough"):
        run(golden[:1], pipeline(server, thorough=True), path, resume=True)


@pytest.mark.parametrize("thorough", [False, True])
def test_a_replay_gives_what_was_recorded_without_a_request(server, golden, path, thorough):
    bad = given("Nadia Erfunden", 2, "commits", "troops")

    def reply(request):
        if slug_of(request) == "oslo":
            return json.dumps({"claims": [ANSWERS["oslo"][0], bad]})
        return answer(request)

    server.reply_with(reply)
    made = run(golden, pipeline(server, thorough=thorough), path, repeats=2)
    before = len(server.chats)
    stored = outcomes(recorded(made, golden))
    assert outcomes(replay(read_run(path), golden)) == stored
    assert len(server.chats) == before
    assert len(made.articles[0].replies) == 2 + thorough, "claims, perhaps a second look, summary"
    reports = {slug: report for slug, _, _, report, _ in stored}
    assert reports["oslo"].rejections and reports["oslo"].claims and reports["riga"].summary.sentences
    assert [a.key for a in made.articles] == [(g.slug, n) for n in (1, 2) for g in golden]


def test_a_replay_goes_through_the_verification_of_now(server, golden, path, monkeypatch):
    made = run(golden, pipeline(server), path)
    before = len(server.chats)
    monkeypatch.setattr(verification, "is_pronoun", lambda name: name == "Dänemark")
    oslo, regen, riga = replay(made, golden)
    assert len(server.chats) == before
    assert isinstance(oslo.outcome, Report)
    assert [c.speakers[0].name for c in oslo.outcome.claims] == ["Norwegen"]
    assert [r.reasons[0].check for r in oslo.outcome.rejections] == ["speaker_not_named"]
    assert oslo.matching is not None and len(oslo.matching.missed) == 1
    assert outcomes([regen, riga]) == outcomes(recorded(made, golden)[1:])
    assert failing([oslo, regen, riga]) == ["oslo"]


def test_a_replay_for_another_prompt_says_to_run_again(server, golden, path):
    made = run(golden, pipeline(server), path)
    first = made.articles[0]
    replies = [reply.model_copy(update={"key": "another"}) for reply in first.replies]
    other = type(made)(made.header, (first.model_copy(update={"replies": replies}), *made.articles[1:]), None)
    with pytest.raises(NotRecordedError, match=r"oslo: .*run the eval again"):
        replay(other, golden)


def test_the_key_is_never_in_a_run_file(server, golden, path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server.reply_with(faulty(oslo=Status(401, echo_key=True), regen=Status(400, "no", echo_key=True)))
    with Summarizer("stand-in", base_url=server.base_url) as summarizer:
        made = run(golden, Pipeline(summarizer), path)
    assert [a.error.type if a.error else None for a in made.articles] == ["authentication", "model", None]
    assert server.chats[0].key == KEY
    assert "planted" not in path.read_text()


def test_nothing_names_the_machine_or_its_user(server, golden, path):
    run(golden, pipeline(server), path)
    header = path.read_text().splitlines()[0]
    for private in (str(Path.home()), os.uname().nodename, str(Path(__file__).parents[1])):
        assert len(private) < 4 or private not in header
    assert set(json.loads(header)["run"]["machine"]) == {"cpu", "cores", "system"}


def test_a_run_needs_articles_and_its_golden_set(server, golden):
    with pytest.raises(InputError):
        run([], pipeline(server), None)
    made = run(golden, pipeline(server), None)
    for again in (recorded, replay):
        with pytest.raises(InputError, match="riga"):
            again(made, golden[:2])


class Stored:
    """A system without a model: no claims, for one article a failure, and for one a wrong setting."""

    name = "nothing"

    def __init__(self, report):
        self._report = report

    def describe(self):
        return SystemDescription(model="none")

    def report(self, article):
        if "Kiel" in article.text:
            raise InputError("No.", "Never.")
        if "Riga" in article.text:
            raise ConfigurationError("Not at all.")
        return self._report.model_copy(update={"article": article}), []


def test_another_system_is_run_and_its_reports_are_taken_as_stored(server, golden, path):
    report = run(golden[:1], pipeline(server), None).articles[0].report
    assert report is not None
    system = Stored(report.model_copy(update={"claims": []}))
    made = run(golden[:2], system, None)
    assert made.header.system == "nothing" and made.header.profile is None
    results = replay(made, golden)
    assert results == recorded(made, golden)
    assert results[1].outcome == ErrorInfo(type="input", message="No. Never.")
    with pytest.raises(ConfigurationError, match="Not at all"):
        run(golden, system, path)
    left = read_run(path)
    assert left.seal is None and [a.slug for a in left.articles] == ["oslo", "regen"]


@pytest.fixture(scope="module")
def engine():
    path = small_model()
    model = LocalModel(f"local/{path}", path)
    yield model
    model.close()


def test_profile_sentence_is_replayed_without_the_engine(engine, tmp_path, monkeypatch, path):
    unsure = "Über Truppen für die Ukraine werde Norwegen erst nach einem Waffenstillstand entscheiden."
    monkeypatch.setitem(TEXTS, "oslo", f"{TEXTS['oslo']}\n{unsure}\n")
    golden = golden_set(tmp_path / "unsure")
    made = run(golden[:2], Pipeline(Summarizer(language_model=engine, profile="sentence")), path)
    assert made.header.model.startswith("local/") and made.header.model.count("/") == 1
    assert made.header.profile == "sentence" and "sentence/speakers.de@" in (made.header.prompt or "")
    kinds = {reply.kind for article in made.articles for reply in article.replies}
    assert kinds == {"completion"} and made.seal is not None
    again = outcomes(replay(read_run(path), golden))
    assert again == outcomes(recorded(made, golden))
    assert any(isinstance(outcome, Report) and outcome.claims for _, _, _, outcome, _ in again)
    assert str(Path.home()) not in path.read_text()
