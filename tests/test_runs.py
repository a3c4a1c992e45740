"""The run file: what was written comes back, what was cut off is left out, and what was changed is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from invented import golden_set

from summarizer.errors import ConfigurationError, InputError
from summarizer.evaluation.annotation import Genre
from summarizer.evaluation.runs import RunArticle, RunHeader, RunWriter, golden_hash, read_run
from summarizer.llm.recording import Recorded, RecordedError
from summarizer.models import Article, ErrorInfo, Report, Run, Stance, Usage

MOMENT = datetime(2025, 9, 5, 12, 30, tzinfo=UTC)
HEADER = RunHeader(
    system="pipeline",
    model="openai/one",
    profile="article",
    topic="security-guarantees",
    prompt="article/extract@1+abc",
    schema_sha256="5c",
    golden_sha256="9d",
    split="dev",
    slugs=["a", "b", "c"],
    git_commit="c0ffee",
    git_dirty=True,
    versions={"python": "3.11.2"},
    machine={"cpu": "Any", "cores": 2, "system": "Any"},
    started_at=MOMENT,
)
REPLY = Recorded(
    key="k",
    kind="completion",
    text=" Ä\u2028ß\n",
    first_token={" -": 0.1 + 0.2},
    usage=Usage(requests=1, input_tokens=7),
)


def done(slug: str, repeat: int = 1) -> RunArticle:
    run = Run(
        model="openai/one",
        prompt="p",
        profile="article",
        summarizer_version="1",
        started_at=MOMENT,
        duration_s=1.5,
        usage=Usage(requests=2, input_tokens=10, cost_usd=0.25),
    )
    article = Article.from_text("Ein Text.\u2028Ein „Text“.\n", language="de")
    report = Report(article=article, claims=[], run=run)
    return RunArticle(slug=slug, repeat=repeat, report=report, replies=[REPLY], duration_s=1.75)


def failed(slug: str, kind: str = "service") -> RunArticle:
    error = RecordedError(type=kind, message="It failed.", hint="Wait.")
    replies = [REPLY, Recorded(key="l", kind="structured", usage=Usage(requests=1, cost_usd=0.5), error=error)]
    return RunArticle(slug=slug, error=ErrorInfo(type=kind, message="It failed. Wait."), replies=replies)


def write(path: Path, *articles: RunArticle, seal: bool = True) -> bytes:
    with RunWriter(path, HEADER) as writer:
        for article in articles:
            writer.append(article)
        if seal:
            writer.seal({"strict_f1": 0.5, "statement_chrf": None})
    return path.read_bytes()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.jsonl"


def test_what_was_written_comes_back(path):
    raw = write(path, done("a"), failed("b"))
    kinds = [json.loads(line)["kind"] for line in raw.decode().split("\n")[:-1]]
    assert kinds == ["header", "article", "article", "seal"]
    run = read_run(path)
    assert run.header == HEADER and run.articles == (done("a"), failed("b"))
    assert run.seal is not None
    assert (run.seal.articles, run.seal.failed, run.seal.duration_s) == (2, 1, 1.75)
    assert run.seal.figures == {"strict_f1": 0.5, "statement_chrf": None}
    assert (run.seal.usage.requests, run.seal.usage.input_tokens) == (4, 17)


def test_a_run_without_a_file_is_sealed_too(tmp_path):
    with RunWriter(None, HEADER) as writer:
        writer.append(done("a"))
        run = writer.seal({})
    assert run.articles == (done("a"),) and run.seal is not None and run.seal.articles == 1
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_never_overwritten(path):
    path.write_text("Notes.")
    with pytest.raises(ConfigurationError, match="--resume"):
        RunWriter(path, HEADER)
    with pytest.raises(InputError, match="no header"):
        RunWriter(path, HEADER, resume=True)
    assert path.read_text() == "Notes."


def test_a_file_cut_off_anywhere_loses_only_its_last_line(path, tmp_path):
    whole = write(path, done("a"), done("b"), seal=False)
    lines = whole.splitlines(keepends=True)
    assert len(lines) == 3
    cut = tmp_path / "cut.jsonl"
    for length in range(len(whole) + 1):
        cut.write_bytes(whole[:length])
        complete = whole[:length].count(b"\n")
        if complete == 0:
            with pytest.raises(InputError):
                read_run(cut)
        else:
            assert len(read_run(cut).articles) == complete - 1
        if length % 97 == 0 or length == len(whole):
            with RunWriter(cut, HEADER, resume=True) as writer:
                assert len(writer.done) == max(0, complete - 1)
                writer.append(done("c"))
                writer.seal({})
            run = read_run(cut)
            assert [a.slug for a in run.articles] == [*"ab"[: max(0, complete - 1)], "c"]
            assert run.seal is not None and run.seal.articles == len(run.articles)


def test_a_cut_off_seal_is_no_seal(path):
    raw = write(path, done("a"))
    path.write_bytes(raw[:-1])
    run = read_run(path)
    assert run.seal is None and run.articles == (done("a"),)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"model":"openai/one","profile":"article","topic"', b'"model":"openai/two","profile":"article","topic"'),
        (b'"slug":"b"', b'"slug":"c"'),
        (b'"duration_s":1.75', b'"duration_s":1.25'),
        (b'"first_token":{" -":0.3', b'"first_token":{" -":0.4'),
    ],
)
def test_a_sealed_file_that_was_changed_is_refused(path, old, new):
    raw = write(path, done("a"), failed("b"))
    assert old in raw
    path.write_bytes(raw.replace(old, new))
    with pytest.raises(InputError, match="changed after it was sealed"):
        read_run(path)
    with pytest.raises(InputError, match="changed after it was sealed"):
        RunWriter(path, HEADER, resume=True)


def test_a_line_taken_out_of_a_sealed_file_is_noticed(path):
    lines = write(path, done("a"), done("b")).splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], *lines[2:]]))
    with pytest.raises(InputError, match="changed"):
        read_run(path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"Notes.\n", "no header"),
        (b"[1]\n", "no header"),
        (b'{"kind":"article"}\n', "no header"),
        (b'{"kind":"header","format":2,"run":{}}\n', "format 2"),
        (b'{"kind":"header","format":1,"run":{}}\n', "header can't be read"),
        (b"\xff\xfe\n", "no header"),
        (b"", "not even its header"),
    ],
)
def test_what_is_no_run_file(path, content, why):
    path.write_bytes(content)
    with pytest.raises(InputError, match=why):
        read_run(path)


def test_what_cannot_be_read(tmp_path):
    for missing in (tmp_path / "absent.jsonl", tmp_path):
        with pytest.raises(InputError, match="can't be read"):
            read_run(missing)
    with pytest.raises(InputError, match="can't be written"):
        RunWriter(tmp_path / "absent" / "run.jsonl", HEADER)


def test_a_damaged_line_is_named(path):
    lines = write(path, done("a"), done("b"), seal=False).splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], lines[1][:40] + b"\n", lines[2]]))
    with pytest.raises(InputError, match="line 2 can't be read"):
        read_run(path)
    both = done("a").model_dump(mode="json") | {"error": {"type": "x", "message": "y"}}
    path.write_bytes(lines[0] + json.dumps(both).encode() + b"\n")
    with pytest.raises(InputError, match="line 2"):
        read_run(path)


def test_nothing_may_follow_the_seal(path):
    raw = write(path, done("a"))
    path.write_bytes(raw + raw.splitlines(keepends=True)[1])
    with pytest.raises(InputError, match="after its seal"):
        read_run(path)


def test_resuming_goes_on_under_the_old_header_and_drops_the_seal(path):
    raw = write(path, done("a"), failed("b", "rate_limit"), failed("c", "refusal"))
    later = HEADER.model_copy(update={"started_at": datetime.now(UTC), "git_commit": "other", "versions": {}})
    with RunWriter(path, later, resume=True) as writer:
        assert writer.header == HEADER
        assert [a.slug for a in writer.done] == ["a", "c"], "what the service failed on is tried again"
        assert path.read_bytes() == raw[: raw.rindex(b'{"kind":"seal"')]
        writer.append(done("b"))
        sealed = writer.seal({})
    run = read_run(path)
    assert run == sealed and run.seal is not None
    assert [(a.slug, a.error is None) for a in run.articles] == [("a", True), ("b", True), ("c", False)]
    assert (run.seal.articles, run.seal.failed) == (3, 1)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("system", "cue-verbs", "the system was pipeline and is cue-verbs"),
        ("model", "openai/two", "the model was openai/one and is openai/two"),
        ("profile", "sentence", "the profile"),
        ("topic", "other", "the topic"),
        ("thorough", True, "thorough"),
        ("prompt", "article/extract@2+def", "the prompt"),
        ("schema_sha256", "00", "the schema changed"),
        ("golden_sha256", "00", "the golden set changed"),
        ("repeats", 3, "the number of repeats"),
    ],
)
def test_a_run_made_otherwise_is_not_resumed(path, field, value, told):
    raw = write(path, done("a"))
    with pytest.raises(ConfigurationError, match=told) as caught:
        RunWriter(path, HEADER.model_copy(update={field: value}), resume=True)
    assert caught.value.message.count(";") == 0
    assert path.read_bytes() == raw


def test_a_run_to_resume_that_is_not_there_is_started(path):
    with RunWriter(path, HEADER, resume=True) as writer:
        assert writer.done == ()
    assert read_run(path).header == HEADER


def test_two_processes_cannot_write_one_file(path):
    with RunWriter(path, HEADER) as first, RunWriter(path, HEADER, resume=True) as second:
        first.append(done("a"))
        with pytest.raises(InputError, match="Another process"):
            second.append(done("b"))
    assert [a.slug for a in read_run(path).articles] == ["a"]


def test_repeats_of_an_article_are_articles_of_their_own(path):
    write(path, done("a", 1), done("a", 2))
    assert [a.key for a in read_run(path).articles] == [("a", 1), ("a", 2)]


def test_the_golden_hash_tells_what_was_annotated(tmp_path):
    golden = golden_set(tmp_path)
    first, *others = golden
    whole = golden_hash(golden)
    assert golden_hash(reversed(golden)) == whole
    claim = first.claims[0].claim
    changed = [
        replace(first, slug="other"),
        replace(first, article=first.article.model_copy(update={"text": first.article.text + " "})),
        replace(first, aliases={"Norwegen": ("Oslo",)}),
        replace(first, genre=Genre.ANALYSIS),
        replace(first, claims=first.claims[1:]),
        replace(first, claims=(replace(first.claims[0], optional=True), *first.claims[1:])),
        replace(
            first,
            claims=(
                replace(first.claims[0], claim=claim.model_copy(update={"stance": Stance.REFUSES})),
                *first.claims[1:],
            ),
        ),
    ]
    hashes = {golden_hash([one, *others]) for one in changed}
    assert len(hashes | {whole, golden_hash(others)}) == len(changed) + 2


def test_sentence_numbers_are_no_part_of_the_annotation(tmp_path):
    golden = golden_set(tmp_path)
    claim = golden[0].claims[0].claim
    renumbered = claim.model_copy(
        update={"evidence": [e.model_copy(update={"sentence": e.sentence + 1}) for e in claim.evidence]}
    )
    others = golden[0].claims[1:]
    other = replace(golden[0], claims=(replace(golden[0].claims[0], claim=renumbered), *others))
    assert golden_hash([other]) == golden_hash([golden[0]])
