"""The stand-in for a service, as the openai client sees it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai_server import ALL, FaultSchedule, OpenAIServer, Raw, Reply, Request, Status
from openai_server.batch_input import MAX_LINES, read_lines
from openai_server.claims import claims, expected, invented_article

from summarizer import Summarizer
from summarizer.models import Report

ENDPOINT = "/v1/chat/completions"


@pytest.fixture
def server():
    with OpenAIServer() as running:
        yield running


@pytest.fixture
def client(server):
    with openai.OpenAI(api_key="sk-any", base_url=server.base_url, max_retries=0, timeout=20) as made:
        yield made


def ask(client, text="Which number?", **more):
    return client.chat.completions.create(model="stand-in", messages=[{"role": "user", "content": text}], **more)


# The schedule


@given(
    digest=st.text("0123456789abcdef", min_size=16, max_size=16),
    share=st.floats(0, 1),
    seed=st.integers(0, 2**32),
    kinds=st.lists(st.sampled_from(ALL), min_size=1, unique=True),
    most=st.none() | st.integers(0, 4),
)
def test_a_schedule_decides_by_the_body_and_its_count_alone(digest, share, seed, kinds, most):
    schedule = FaultSchedule(share, seed, kinds, most_in_a_row=most)
    there = [schedule.kind(digest, n) for n in range(12)]
    back = [FaultSchedule(share, seed, tuple(kinds), most_in_a_row=most).kind(digest, n) for n in reversed(range(12))]
    assert there == back[::-1]
    assert {kind for kind in there if kind} <= set(kinds)
    if most is not None:
        longest = max(map(len, "".join("x" if kind else " " for kind in there).split()), default=0)
        assert longest <= most


def test_the_share_of_faults_is_kept_and_every_kind_comes():
    drawn = Counter(FaultSchedule(0.2, seed=7).kind(f"{n:016x}", 0) for n in range(20_000))
    assert drawn.total() - drawn[None] == pytest.approx(4000, rel=0.05)
    assert set(drawn) == {None, *ALL}
    other = [FaultSchedule(0.2, seed=8).kind(f"{n:016x}", 0) for n in range(100)]
    assert other != [FaultSchedule(0.2, seed=7).kind(f"{n:016x}", 0) for n in range(100)]


def test_most_in_a_row_bounds_even_a_share_of_one():
    schedule = FaultSchedule(1.0, most_in_a_row=2)
    assert [schedule.kind("ab", n) is not None for n in range(7)] == [True, True, False, True, True, False, True]
    assert FaultSchedule(0.0).kind("ab", 0) is None


@pytest.mark.parametrize("settings", [{"share": 1.5}, {"share": 0.5, "kinds": ["flood"]}, {"share": 0.5, "kinds": []}])
def test_a_schedule_that_is_none(settings):
    with pytest.raises(ValueError, match="no share of faults"):
        FaultSchedule(**settings)


async def fates(names: list[str]) -> dict[str, str]:
    """What becomes of each request, all asked at once of a new server."""
    fate = {}
    with OpenAIServer() as server:
        server.faults = FaultSchedule(0.5, seed=3, kinds=("server_error", "rate_limit"))
        server.reply_with(lambda _: "7")
        async with openai.AsyncOpenAI(api_key="sk-any", base_url=server.base_url, max_retries=0) as client:

            async def one(name: str) -> None:
                try:
                    await ask(client, name)
                    fate[name] = "served"
                except openai.APIStatusError as error:
                    fate[name] = str(error.status_code)

            await asyncio.gather(*map(one, names))
    return fate


async def test_the_same_requests_fail_in_whatever_order():
    names = [f"number {n}" for n in range(40)]
    first = await fates(names)
    assert await fates(names[::-1]) == first
    assert set(first.values()) == {"served", "429", "500"}


# Each fault


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("rate_limit", openai.RateLimitError),
        ("server_error", openai.InternalServerError),
        ("unavailable", openai.InternalServerError),
        ("dropped", openai.APIConnectionError),
        ("cut", openai.APIConnectionError),
        ("hang", openai.APIConnectionError),
    ],
)
def test_faults_that_the_client_raises(server, client, kind, error):
    server.faults = FaultSchedule(1.0, kinds=[kind], retry_after_s=1.5, hang_s=0.05, most_in_a_row=1)
    server.reply_with(lambda _: "7")
    with pytest.raises(error) as caught:
        ask(client)
    if kind == "rate_limit":
        assert caught.value.response.headers["retry-after"] == "1.5"
    assert ask(client).choices[0].message.content == "7"

    async def asynchronously():
        async with openai.AsyncOpenAI(
            api_key="sk-any",
            base_url=server.base_url,
            max_retries=0,
            http_client=openai.DefaultAioHttpClient(),
        ) as other:
            await ask(other, "Another.")

    with pytest.raises(error):
        asyncio.run(asynchronously())
    assert server.counts == {"asked": 3, "lines": 0, kind: 2, "served": 1}


def test_a_hang_is_silence(server, client):
    server.faults = FaultSchedule(1.0, kinds=["hang"])
    with pytest.raises(openai.APITimeoutError):
        ask(client, timeout=0.1)


@pytest.mark.parametrize("kind", ["truncated_json", "length", "empty", "refusal"])
def test_faults_within_a_good_reply(server, client, kind):
    server.faults = FaultSchedule(1.0, kinds=[kind])
    choice = ask(client).choices[0]
    message = choice.message
    assert (choice.finish_reason == "length") == (kind == "length")
    assert (message.refusal is not None) == (kind == "refusal")
    if kind in ("truncated_json", "length"):
        with pytest.raises(ValueError, match="Unterminated"):
            json.loads(message.content)
    else:
        assert message.content is None and message.tool_calls is None


# Connections, delays, limits, what is logged


async def test_connections_are_kept_alive(server):
    server.reply_with(lambda _: "7")
    body = {"model": "stand-in", "messages": [{"role": "user", "content": "?"}]}
    made: list[object] = []

    async def count(*_):
        made.append(1)

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(count)
    async with aiohttp.ClientSession(trace_configs=[trace]) as session:
        for _ in range(5):
            async with session.post(f"{server.base_url}/chat/completions", json=body) as reply:
                assert (await reply.json())["choices"][0]["message"]["content"] == "7"
    assert len(made) == 1


async def test_a_delay_holds_no_thread(server):
    server.delay_s = 0.2
    server.reply_with(lambda _: "7")
    threads = threading.active_count()
    async with openai.AsyncOpenAI(
        api_key="sk-any", base_url=server.base_url, http_client=openai.DefaultAioHttpClient()
    ) as client:
        started = time.monotonic()
        asked = asyncio.gather(*(ask(client, str(n)) for n in range(64)))
        while server.most_in_flight < 64 and time.monotonic() < started + 10:
            await asyncio.sleep(0.01)
        assert threading.active_count() < threads + 64
        assert len(await asked) == 64
    assert time.monotonic() - started < 64 * 0.2 / 4


async def test_more_in_flight_than_the_limit_are_refused(server):
    server.limit_in_flight, server.limit_retry_after_s = 4, 0.25
    waiting = asyncio.Event()
    loop = asyncio.get_running_loop()
    go_on = threading.Event()

    def play(_: Request) -> str:
        if server.chats_in_flight == 4:
            loop.call_soon_threadsafe(waiting.set)
        go_on.wait(10)
        return "7"

    server.reply_with(play)
    async with openai.AsyncOpenAI(api_key="sk-any", base_url=server.base_url, max_retries=0) as client:
        first = asyncio.gather(*(ask(client, str(n)) for n in range(4)))
        await asyncio.wait_for(waiting.wait(), 10)
        with pytest.raises(openai.RateLimitError) as caught:
            await ask(client, "one too many")
        assert caught.value.response.headers["retry-after"] == "0.25"
        go_on.set()
        await first
        await ask(client, "one too many")
    assert (server.counts["over_limit"], server.counts["served"]) == (1, 5)


async def test_a_client_that_went_away_is_no_longer_in_flight(server):
    server.delay_s = 60.0
    server.reply_with(lambda _: "7")
    async with openai.AsyncOpenAI(api_key="sk-any", base_url=server.base_url, max_retries=0) as client:
        with pytest.raises(openai.APITimeoutError):
            await ask(client, timeout=0.2)
    until = time.monotonic() + 10
    while server.chats_in_flight and time.monotonic() < until:
        await asyncio.sleep(0.01)
    assert server.chats_in_flight == 0


async def test_who_goes_away_while_a_function_plays_is_logged(server, tmp_path):
    server.log_to(tmp_path / "log.jsonl")
    server.reply_with(lambda _: server.closing.wait(10) and "7")
    async with openai.AsyncOpenAI(api_key="sk-any", base_url=server.base_url, max_retries=0) as client:
        with pytest.raises(openai.APITimeoutError):
            await ask(client, timeout=0.2)
    assert [line["outcome"] for line in await asyncio.to_thread(logged, tmp_path / "log.jsonl", 1)] == ["gone"]


async def test_coroutine_functions_are_awaited(server):
    async def play(request: Request) -> str:
        await asyncio.sleep(0.01)
        return request.texts[0]

    server.reply_with(play)
    async with openai.AsyncOpenAI(api_key="sk-any", base_url=server.base_url) as client:
        assert (await ask(client, "seven")).choices[0].message.content == "seven"


def test_what_is_no_request_is_refused(server, client):
    with pytest.raises(openai.BadRequestError):
        client.post("/chat/completions", body=[1], cast_to=object)
    with pytest.raises(openai.NotFoundError):
        client.get("/nowhere", cast_to=object)
    assert not server.counts


def logged(path: Path, count: int) -> list[dict[str, Any]]:
    """The lines of a log, once all are there."""
    until = time.monotonic() + 10
    while path.read_bytes().count(b"\n") < count and time.monotonic() < until:
        time.sleep(0.01)
    return [json.loads(text) for text in path.read_text().splitlines()]


def test_the_log_tells_which_article_was_asked_about(server, client, tmp_path):
    log = tmp_path / "log.jsonl"
    server.log_to(log)
    server.faults = FaultSchedule(1.0, kinds=["unavailable"], most_in_a_row=1)
    server.reply_with(lambda _: "7")
    for _ in range(2):
        messages = [
            {"role": "system", "content": "A11111"},
            {"role": "user", "content": "About A00017 and A00018, A00017 first, not A000199."},
            {"role": "assistant", "content": "A22222"},
            {"role": "user", "content": "Do it again."},
        ]
        try:
            client.chat.completions.create(model="stand-in", messages=messages)
        except openai.InternalServerError:
            time.sleep(0.01)
    lines = logged(log, 2)
    assert [(line["outcome"], line["before"]) for line in lines] == [("unavailable", 0), ("served", 1)]
    assert all(line["ids"] == ["A00017", "A00018"] and line["in_flight"] == 1 for line in lines)
    assert lines[0]["body"] == lines[1]["body"] and lines[0]["time"] < lines[1]["time"] <= time.time()


# Batches


def line(custom_id, text="Which number?", **changes):
    body = {"model": "stand-in", "messages": [{"role": "user", "content": text}]}
    return {"custom_id": custom_id, "method": "POST", "url": ENDPOINT, "body": body} | changes


def started(client, *lines, **more):
    content = "".join(f"{json.dumps(each)}\n" for each in lines).encode()
    file = client.files.create(file=("in.jsonl", content), purpose="batch")
    return client.batches.create(input_file_id=file.id, endpoint=ENDPOINT, completion_window="24h", **more)


def results(client, file_id):
    return [json.loads(text) for text in client.files.content(file_id).text.splitlines()] if file_id else []


def test_a_batch_lives_its_life(server, client):
    server.reply_with(lambda request: f"it is {request.texts[0]}")
    batch = started(client, line("a", "1"), line("b", "2"), metadata={"run": "x"})
    seen = [batch.status]
    while seen[-1] != "completed":
        batch = client.batches.retrieve(batch.id)
        seen.append(batch.status)
    assert seen == ["validating", "in_progress", "finalizing", "completed"]
    assert (batch.request_counts.total, batch.request_counts.completed, batch.request_counts.failed) == (2, 2, 0)
    assert batch.metadata == {"run": "x"} and batch.error_file_id is None and batch.errors is None
    assert batch.created_at <= batch.in_progress_at <= batch.finalizing_at <= batch.completed_at
    assert (batch.model, batch.usage.total_tokens) == ("stand-in", 240)
    a, b = results(client, batch.output_file_id)
    assert (a["custom_id"], b["custom_id"]) == ("a", "b")
    assert a["error"] is None and a["response"]["status_code"] == 200 and a["id"] != b["id"]
    assert [each["response"]["body"]["choices"][0]["message"]["content"] for each in (a, b)] == ["it is 1", "it is 2"]
    assert (server.counts["lines"], server.counts["served"], len(server.chats)) == (2, 2, 0)


def test_lines_that_fail_are_in_the_error_file(server, client):
    server.reply_with("good", Status(400, "no"), Raw(b'{"choices": []}'), Raw(b"<html>"), Reply(refusal="No."))
    server.batches.hold = True
    batch = started(client, *(line(f"n{n}", str(n)) for n in range(5)))
    assert client.batches.retrieve(batch.id).status == "validating"
    server.batches.finish()
    batch = client.batches.retrieve(batch.id)
    assert (batch.status, batch.request_counts.completed, batch.request_counts.failed) == ("completed", 3, 2)
    failed = results(client, batch.error_file_id)
    assert [(each["custom_id"], each["response"]["status_code"]) for each in failed] == [("n1", 400), ("n3", 500)]
    assert failed[0]["response"]["body"]["error"]["message"] == "no" and failed[0]["error"] is None
    assert [each["custom_id"] for each in results(client, batch.output_file_id)] == ["n0", "n2", "n4"]


def test_a_client_that_does_not_wait_breaks_no_step_off(server, client):
    go_on = threading.Event()
    server.reply_with(lambda _: go_on.wait(10) and "7")
    batch = started(client, line("a"), line("b"))
    client.batches.retrieve(batch.id)
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.2).batches.retrieve(batch.id)
    go_on.set()
    server.batches.finish()
    batch = client.batches.retrieve(batch.id)
    assert (batch.status, batch.request_counts.completed, server.counts["asked"]) == ("completed", 2, 2)


def test_a_schedule_is_for_batches_too(server, client, tmp_path):
    server.log_to(tmp_path / "log.jsonl")
    server.faults = FaultSchedule(1.0, kinds=["rate_limit", "dropped"], most_in_a_row=1)
    server.reply_with(lambda _: "7")
    first = started(client, *(line(f"n{n}", f"A0000{n}") for n in range(8)))
    again = started(client, *(line(f"n{n}", f"A0000{n}") for n in range(8)))
    server.batches.finish()
    first, again = client.batches.retrieve(first.id), client.batches.retrieve(again.id)
    assert (first.request_counts.failed, again.request_counts.completed) == (8, 8)
    assert first.output_file_id is None and again.error_file_id is None
    assert {each["response"]["status_code"] for each in results(client, first.error_file_id)} == {429, 500}
    lines = logged(tmp_path / "log.jsonl", 16)
    assert [each["batch"] for each in lines] == [first.id] * 8 + [again.id] * 8
    assert lines[3]["ids"] == ["A00003"]


def test_a_line_is_known_as_the_same_request_as_a_chat(server, client):
    seen = []
    server.reply_with(lambda request: seen.append(request.digest) or "7")
    ask(client, "Grüße")
    messages = server.chats[0].body
    started(client, line("a", body=messages))
    server.batches.finish()
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("expiry", "expected"), [({}, ["a", "b", "c", "d"]), ({"ids": ["b", "x"]}, ["b"]), ({"share": 0.5}, None)]
)
def test_lines_expire(server, client, expiry, expected):
    server.reply_with(lambda _: "7")
    server.batches.expire(**expiry)
    batch = started(client, *map(line, "abcd"))
    server.batches.finish(batch.id)
    batch = client.batches.retrieve(batch.id)
    assert batch.status == "expired" and batch.expired_at and batch.completed_at is None
    lines = results(client, batch.error_file_id)
    assert all(each["response"] is None and each["error"]["code"] == "batch_expired" for each in lines)
    expired = [each["custom_id"] for each in lines]
    assert len(expired) == 2 if expected is None else expired == expected
    assert sorted(expired + [each["custom_id"] for each in results(client, batch.output_file_id)]) == list("abcd")
    again = started(client, *map(line, "abcd"))
    server.batches.finish()
    assert client.batches.retrieve(again.id).status == "completed"


@pytest.mark.parametrize(
    ("lines", "code", "number"),
    [
        ([line("a"), line("a")], "duplicate_custom_id", 2),
        ([line("a", url="/v1/embeddings")], "url_mismatch", 1),
        ([line("a"), line("b", body={"model": "other"})], "model_mismatch", 2),
        ([line("a", body={"model": "gone"})], "model_not_found", 1),
        ([line("a", method="GET")], "invalid_method", 1),
        ([line("a"), line("b"), {"custom_id": "c"}], "missing_required_parameter", 3),
        (["no object"], "invalid_json_line", 1),
        ([], "empty_file", None),
    ],
)
def test_an_input_file_that_is_wrong(client, server, lines, code, number):
    server.models = ("stand-in", "other")
    batch = started(client, *lines)
    assert batch.status == "validating" and batch.errors is None
    batch = client.batches.retrieve(batch.id)
    assert batch.status == "failed" and batch.failed_at and batch.request_counts.total == 0
    (error,) = batch.errors.data
    assert (error.code, error.line) == (code, number) and error.message
    assert not server.counts["asked"]


def test_a_file_with_broken_json_or_too_many_lines():
    lines, errors = read_lines(b'{"custom_id": "a", \n\n\xff\xfe\n', ENDPOINT, ("stand-in",))
    assert not lines and [(e["code"], e["line"]) for e in errors] == [
        ("invalid_json_line", 1),
        ("invalid_json_line", 3),
    ]
    assert read_lines(b"{}\n" * (MAX_LINES + 1), ENDPOINT, ("stand-in",))[1][0]["code"] == "too_many_tasks"


@pytest.mark.parametrize(("steps", "answered"), [(0, 0), (1, 0), (2, 2)])
def test_cancelling(server, client, steps, answered):
    server.reply_with(lambda _: "7")
    batch = started(client, line("a"), line("b"))
    for _ in range(steps):
        client.batches.retrieve(batch.id)
    assert client.batches.cancel(batch.id).status == "cancelling"
    batch = client.batches.retrieve(batch.id)
    assert batch.status == "cancelled" and batch.cancelled_at
    assert len(results(client, batch.output_file_id)) == answered == batch.request_counts.completed
    with pytest.raises(openai.ConflictError):
        client.batches.cancel(batch.id)


def test_batches_are_listed_from_the_newest(server, client):
    made = [started(client, line("a")).id for _ in range(5)]
    page = client.batches.list(limit=2)
    assert [batch.id for batch in page.data] == made[:2:-1] and page.has_more
    assert [batch.id for batch in client.batches.list(limit=2)] == made[::-1]
    assert [batch.id for batch in client.batches.list(after=made[1]).data] == made[:1]
    assert client.batches.list().data[0].status == "validating"


def test_files_come_and_go(server, client):
    file = client.files.create(file=("in.jsonl", b"{}\n"), purpose="batch")
    assert (file.bytes, file.purpose, file.filename) == (3, "batch", "in.jsonl")
    assert client.files.retrieve(file.id) == file and client.files.content(file.id).read() == b"{}\n"
    assert client.files.delete(file.id).deleted
    for refused in (client.files.retrieve, client.files.content, client.files.delete, client.batches.retrieve):
        with pytest.raises(openai.NotFoundError):
            refused(file.id)
    with pytest.raises(openai.BadRequestError):
        client.files.create(file=("in.jsonl", b"{}\n"), purpose="assistants")
    with pytest.raises(openai.BadRequestError):
        client.batches.create(input_file_id=file.id, endpoint=ENDPOINT, completion_window="24h")


def test_a_large_file_is_taken(client, server):
    content = b"x" * 5_000_000
    file = client.files.create(file=("in.jsonl", content), purpose="batch")
    assert client.files.content(file.id).read() == content


def test_a_wrong_key_gets_no_batch():
    with (
        OpenAIServer(key="sk-right") as server,
        openai.OpenAI(api_key="sk-wrong", base_url=server.base_url, max_retries=0) as client,
    ):
        for refused in (
            lambda: client.files.create(file=("in.jsonl", b"{}\n"), purpose="batch"),
            lambda: client.files.content("file-000001"),
            client.batches.list,
            lambda: client.batches.retrieve("batch_000001"),
        ):
            with pytest.raises(openai.AuthenticationError, match="sk-wrong"):
                refused()


# Articles and claims


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-0123456789")


@pytest.mark.parametrize("mode", ["tools", "json_schema", "json", "md_json"])
def test_claims_survive_verification(server, key, monkeypatch, mode):
    monkeypatch.setenv("SUMMARIZER_MODE", mode)
    server.reply_with(claims)
    with Summarizer("openai/stand-in", base_url=server.base_url, thorough=True) as summarizer:
        for number, sentences in ((17, 18), (99_999, 3), (4, 150)):
            article = invented_article(number, sentences=sentences)
            report = summarizer.summarize(article)
            assert report.rejections == [] and report.run.warnings == []
            assert [(c.speakers[0].name, c.statement) for c in report.claims] == expected(article)
            assert len(report.claims) == (sentences + 1) // 3
            assert [s.claims for s in report.summary.sentences] == [[c.id for c in report.claims]]
            assert (report.article.language, report.run.usage.reasks) == ("en", 0)


def test_a_reask_gets_the_right_answer(server, key):
    server.fail_first('{"claims": [{"evidence": [1]}]}')
    server.reply_with(claims)
    with Summarizer("openai/stand-in", base_url=server.base_url) as summarizer:
        report = summarizer.summarize(invented_article(17))
    assert report.run.usage.reasks == 1 and report.claims and not report.rejections


@given(number=st.integers(0, 99_999))
def test_articles_differ_and_name_themselves(number):
    article = invented_article(number)
    marker = f"A{number:05d}"
    assert article == invented_article(number) and marker in article.split("\n\n")[1]
    assert article != invented_article((number + 1) % 100_000)
    assert 280 < len(article.split()) < 420
    found = expected(article)
    assert len({name for name, _ in found}) == len(found) == 6 and marker in found[0][1]


def test_what_is_no_request_of_the_profile(client, server):
    server.reply_with(claims)
    with pytest.raises(openai.BadRequestError):
        ask(client)
    with pytest.raises(ValueError, match="no number"):
        invented_article(100_000)


# In a process of its own


async def test_as_a_process(key, tmp_path):
    port, counts, log = tmp_path / "port", tmp_path / "counts.json", tmp_path / "log.jsonl"
    options: list[Any] = ["--port-file", port, "--counts", counts, "--log", log, "--play", "claims", "--delay", "0.01"]
    faults = ["--faults", "0.3", "--seed", "7", "--kinds", "rate_limit,unavailable,cut", "--most-in-a-row", "2"]
    command = [sys.executable, "-m", "openai_server", *map(str, options), *faults, "--limit-in-flight", "8"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen(command, env=environment) as process:
        try:
            base_url = f"http://127.0.0.1:{await written(port)}/v1"
            articles = [invented_article(n) for n in range(10)]
            with Summarizer("openai/stand-in", base_url=base_url) as summarizer:
                reports = [r async for r in summarizer.asummarize_many(articles, max_concurrency=8)]
            process.send_signal(signal.SIGUSR1)
            so_far = json.loads(await written(counts))
        finally:
            process.terminate()
    assert process.returncode == 0
    assert all(isinstance(report, Report) and report.claims and not report.rejections for report in reports)
    assert so_far["served"] == 20 and json.loads(counts.read_text()) == so_far
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert len(lines) == so_far["asked"] > 20
    served = Counter(name for line in lines if line["outcome"] == "served" for name in line["ids"])
    assert served == {f"A{n:05d}": 2 for n in range(10)}


async def written(path: Path) -> str:
    until = time.monotonic() + 30
    while not path.exists() and time.monotonic() < until:
        await asyncio.sleep(0.02)
    return path.read_text().strip()
