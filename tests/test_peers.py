"""The benchmark against peers: their real clients on a served model, their claims in our form, and the counts."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from invented import TEXTS, golden_set
from openai_server import OpenAIServer, Raw, Reply
from small_model import small_model

from summarizer import read_text
from summarizer.evaluation.runner import SystemDescription, recorded, run_side_by_side
from summarizer.models import Report, Run

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
sys.path[:0] = [str(BENCHMARKS / "peers"), str(BENCHMARKS), str(BENCHMARKS.parent / "evals" / "baselines")]

from comparing import Counted, append_count, read_counts, summed_up  # noqa: E402
from prompt import PublicClaims, prompt  # noqa: E402
from serving import Count, ServedEngine, served  # noqa: E402
from showing import show  # noqa: E402
from systems import LangExtract, PeerFailedError, PlainInstructor  # noqa: E402

SENTENCE = "Norwegen sagte der Ukraine am Montag 200 Soldaten zu."
SECOND = "Dänemark lehnte die Entsendung von Truppen ab."
GIVEN = {
    "evidence": [SENTENCE],
    "speakers": [{"name": "Norwegen", "kind": "government"}],
    "statement": "Norwegen sagte Soldaten zu.",
    "attribution": "narrated",
    "stance": "commits",
    "measure": "troops",
}


@pytest.fixture
def server():
    with OpenAIServer(models=("local",)) as running:
        yield running


def address(server):
    return server.base_url.removesuffix("/v1")


def extraction(words, **attributes):
    given = {"speakers": ["Norwegen"], "statement": "Zusage", "attribution": "narrated"}
    return {"claim": words, "claim_attributes": given | {"stance": "commits", "measure": "troops"} | attributes}


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_examples_keep_to_their_own_rules(language):
    examples = prompt(language).examples
    for example in examples:
        for claim in PublicClaims.model_validate({"claims": example.claims}).claims:
            assert all(words in example.text for words in claim.evidence)
            assert all(speaker.name in example.text for speaker in claim.speakers)
            assert claim.quote is None or claim.quote in claim.evidence[0]
    # The last one is what a small model repeats: it must not be the one without claims.
    assert examples[-1].claims and not examples[0].claims


def test_both_languages_tell_the_same():
    german, english = (
        [[(c["stance"], c["measure"], c["attribution"]) for c in e.claims] for e in prompt(language).examples]
        for language in ("de", "en")
    )
    assert german == english


def test_what_langextract_finds(server):
    found = [
        extraction(SENTENCE),
        extraction("Dänemark  lehnte die Entsendung von Truppen  ab", speakers=["Dänemark"], stance="REFUSES"),
        extraction("Schweden will nicht", speakers=["Schweden"], stance="loves", measure=None),
    ]
    server.reply_with(Reply({"extractions": found}))
    report, _ = LangExtract(address(server)).report(read_text(TEXTS["oslo"]))
    first, second, third = report.claims
    assert [e.text for e in first.evidence] == [SENTENCE]
    assert (first.speakers[0].name, first.stance, first.measure) == ("Norwegen", "commits", "troops")
    assert [e.text for e in second.evidence] == [SECOND] and second.stance == "refuses"
    assert third.evidence[0].text == "Schweden will nicht" and (third.stance, third.measure) == ("asserts", "general")
    told = server.chats[0].texts[-1]
    assert "extraction_text:" in told and SENTENCE in told and "Ines Okafor" in told


def test_a_chunk_that_langextract_cannot_parse_is_not_a_crash(server):
    server.reply_with(Reply('{"extractions": [{"claim": "Nor'))
    report, _ = LangExtract(address(server)).report(read_text(TEXTS["oslo"]))
    assert report.claims == []


def test_what_the_plain_call_finds(server):
    second = GIVEN | {"evidence": ["Dänemark lehnt die Entsendung von Truppen ab!"], "quote": "Entsendung von Truppen"}
    server.reply_with(Reply({"claims": [GIVEN, second, GIVEN | {"evidence": ["Davon steht nichts da."]}]}))
    report, _ = PlainInstructor(address(server)).report(read_text(TEXTS["oslo"]))
    assert len(server.chats) == 1
    assert [[e.text for e in c.evidence] for c in report.claims] == [
        [SENTENCE],
        second["evidence"],
        ["Davon steht nichts da."],
    ]
    numbers = [c.evidence[0].sentence for c in report.claims]
    assert numbers[2] == 0 and numbers[1] == numbers[0] + 1
    assert report.claims[1].quote.text == "Entsendung von Truppen"


@pytest.mark.parametrize("peer", [PlainInstructor, LangExtract])
def test_what_a_peer_raises_is_its_crash(server, peer):
    server.reply_with(*[Raw(b"{}", status=400)] * 4)
    with pytest.raises(PeerFailedError):
        peer(address(server)).report(read_text(TEXTS["oslo"]))


def test_an_answer_cut_off_is_a_crash_of_the_plain_call(server):
    server.reply_with(Reply('{"claims": [{"evid', finish_reason="length"))
    with pytest.raises(PeerFailedError, match="IncompleteOutput"):
        PlainInstructor(address(server)).report(read_text(TEXTS["oslo"]))


class Fixed:
    """Finds a claim in one article, and crashes on another."""

    def __init__(self, name, log):
        self.name, self._log = name, log

    def describe(self):
        return SystemDescription(model="none")

    def report(self, article):
        self._log.append((self.name, article.title))
        if "Regen" in article.title and self.name == "second":
            raise PeerFailedError("as planned")
        plain = read_text(article.text)
        run = Run(
            model="none",
            prompt="",
            profile="",
            summarizer_version="0",
            started_at="2026-01-01T00:00:00Z",
            duration_s=0,
        )
        return Report(article=plain.model_copy(update=article.model_dump()), claims=[], run=run), []


def test_systems_take_turns_and_are_gone_on_with(tmp_path):
    golden = golden_set(tmp_path / "golden")
    log = []
    systems = {tmp_path / f"{name}.jsonl": Fixed(name, log) for name in ("first", "second")}
    runs = run_side_by_side(golden, systems)
    assert [name for name, _ in log] == ["first", "second", "second", "first", "first", "second"]
    assert [[a.error is not None for a in run.articles] for run in runs] == [[False] * 3, [False, True, False]]
    broken_off = tmp_path / "second.jsonl"
    broken_off.write_text("".join(broken_off.read_text().splitlines(keepends=True)[:2]))
    again = run_side_by_side(golden, systems)
    assert [name for name, _ in log[6:]] == ["second", "second"]
    assert [len(run.articles) for run in again] == [3, 3]


def test_a_crashed_article_is_counted_both_ways(tmp_path):

    golden, log = golden_set(tmp_path / "golden"), []
    runs = run_side_by_side(golden, {tmp_path / "run.jsonl": Fixed("second", log)})
    counts = tmp_path / "counts.jsonl"
    for one in golden:
        append_count(counts, Counted(one.slug, Count(requests=2, input=10, cached=4, output=3), 1.5))
    append_count(counts, Counted(golden[0].slug, Count(requests=5, input=10, cached=4, output=3), 1.5))
    found = summed_up(recorded(runs[0], golden), read_counts(counts))
    assert found["crashed"] == 1 and found["requests"] == 3
    assert (found["input_tokens"], found["output_tokens"], found["evaluated_tokens"]) == (10, 3, 9)
    assert found["tokens_per_strict"] is None and found["strict_f1"] == 0.0


@pytest.fixture(scope="module")
def model():
    return small_model()


def test_the_server_counts_what_the_engine_evaluated(model):
    with served(model, context_tokens=256, states=True) as server:
        body = {"messages": [{"role": "user", "content": "Count the soldiers of Norway, please."}], "max_tokens": 4}
        url = f"{server.url}/v1/chat/completions"
        first = httpx.post(url, json=body, timeout=120).json()
        assert first["choices"][0]["message"]["content"]
        counted = server.take()
        assert (counted.requests, counted.output, counted.cached) == (1, 4, 0)
        assert counted.input == first["usage"]["prompt_tokens"]
        httpx.post(url, json=body, timeout=120)
        again = server.take()
        assert again.cached > counted.input / 2 and again.evaluated == again.total - again.cached
        engine = ServedEngine(server.url)
        tokens = engine.tokenize("Norway sends soldiers.")
        assert len(engine.states(tokens)) == len(tokens)
        assert server.take() == Count(requests=1, input=len(tokens))
        long = body | {"messages": [{"role": "user", "content": "soldiers " * 2000}]}
        assert httpx.post(url, json=long, timeout=120).status_code == 400
        assert server.take() == Count(requests=1, refused=1)
        engine.close()


def test_the_command_runs(tmp_path):
    slug = "2025-11-12-de-renten-garantie"
    command = [sys.executable, str(BENCHMARKS / "peers"), "--split", "dev", "--only", slug, "--system", "cue-verbs"]
    done = subprocess.run([*command, "--to", str(tmp_path)], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "claims in an article without any" in done.stdout and (tmp_path / "cue-verbs.jsonl").exists()


def test_the_kept_result_is_shown(capsys):
    kept = json.loads((BENCHMARKS / "results" / "peers.json").read_text())
    show(kept)
    shown = capsys.readouterr().out
    assert "langextract 1.7.1" in shown and "≥ 2" in shown
