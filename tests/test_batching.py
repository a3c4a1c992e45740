"""Requests through the Batch API, against a server that speaks it, with the journal as the log."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from openai_server import OpenAIServer, Raw, Reply, Request, Status, instant
from openai_server.claims import claims, invented_article
from pydantic import BaseModel, SecretStr, field_validator

from summarizer import Summarizer
from summarizer.bulk.journal import Journal
from summarizer.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    ModelError,
    ModelNotFoundError,
    OutputError,
    RateLimitError,
    ServiceError,
)
from summarizer.llm.base import Message, StructuredRequest
from summarizer.llm.batching import BatchReply
from summarizer.llm.client import OpenAIModel
from summarizer.llm.prices import Price, price_of
from summarizer.models import Report

KEY = "sk-planted-4f9aQ7zW1xY8"


class Number(BaseModel):
    number: int

    @field_validator("number")
    @classmethod
    def even(cls, value: int) -> int:
        if value % 2:
            raise ValueError(f"{value} is odd")
        return value


def asking(number: int) -> StructuredRequest[Number]:
    return StructuredRequest((Message("user", f"Double {number}."),), Number)


def number_of(request: Request) -> int:
    return int(request.texts[0].removeprefix("Double ").removesuffix("."))


@instant
def doubled(request: Request) -> Any:
    return {"number": 2 * number_of(request)}


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as started:
        started.reply_with(doubled)
        yield started


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal", {}) as opened:
        yield opened


def make(server: OpenAIServer, **options: Any) -> OpenAIModel:
    given: dict[str, Any] = {"model_id": "stand-in", "api_key": SecretStr(KEY), "base_url": server.base_url}
    quick = {"max_attempts": 3, "wait_initial_s": 0.001, "wait_max_s": 0.01, "timeout_s": 10.0}
    return OpenAIModel("openai/stand-in", **(given | quick | options))


class Session:
    """What one process does: asks through batches, and hears what is said."""

    def __init__(self, model: OpenAIModel) -> None:
        self.model = model
        self.said: list[str] = []

    @asynccontextmanager
    async def open(self, journal: Any, poll_s: float = 0.02) -> Any:
        async with asyncio.timeout(60), self.model.batched(journal, self.said.append, poll_s=poll_s):
            yield self

    async def ask(self, *numbers: int) -> list[Any]:
        """The doubles, or errors."""
        asked = (self.model.aask(asking(number)) for number in numbers)
        replies = await asyncio.gather(*asked, return_exceptions=True)
        return [getattr(getattr(reply, "value", reply), "number", reply) for reply in replies]


async def in_one_go(server: OpenAIServer, journal: Journal, *numbers: int, **options: Any) -> list[Any]:
    async with Session(make(server, **options)).open(journal) as session:
        return list(await session.ask(*numbers))


def lines(server: OpenAIServer) -> list[int]:
    """How many requests each batch has."""
    return [len(batch.lines) for batch in server.batches.all.values()]


def uploads(server: OpenAIServer) -> int:
    return sum(file.purpose == "batch" for file in server.batches.files.stored.values())


def failing(function: Callable[..., Any], *faults: Any, after: bool = False) -> Callable[..., Any]:
    """The server's function, with faults the first times: before it does anything, or after."""
    left = list(faults)

    def called(*arguments: Any) -> Any:
        if not left:
            return function(*arguments)
        if after:
            function(*arguments)
        return left.pop(0)

    return called


async def held(server: OpenAIServer, journal: Journal, *numbers: int) -> None:
    """A process that is ended while it waits for its batch."""
    server.batches.hold = True
    session = Session(make(server))

    async def run() -> None:
        async with session.open(journal):
            await session.ask(*numbers)

    running = asyncio.create_task(run())
    async with asyncio.timeout(30):
        while not any("sent" in line for line in session.said):
            await asyncio.sleep(0.005)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    server.batches.hold = False


async def test_one_batch_for_all_that_is_asked_together(server: OpenAIServer, journal: Journal) -> None:
    session = Session(make(server, price=Price(10.0, 100.0, batch_share=0.5)))
    async with session.open(journal):
        replies = await asyncio.gather(*(session.model.aask(asking(n)) for n in range(20)))
    assert [reply.value.number for reply in replies] == [2 * n for n in range(20)]
    assert {reply.usage.cost_usd for reply in replies} == {(100 * 5 + 20 * 50) / 1e6}
    assert lines(server) == [20] and server.chats == [] and journal.pending() == []
    assert "completed" in session.said[-1] and KEY not in "".join(session.said)
    listed = price_of("openai", "gpt-5-mini")
    assert listed is not None and listed.batched().input_usd == listed.input_usd / 2
    # Outside of it the full price is paid again.
    reply = await session.model.aask(asking(1))
    assert reply.usage.cost_usd == (100 * 10 + 20 * 100) / 1e6


async def test_the_same_request_is_sent_once(server: OpenAIServer, journal: Journal) -> None:
    assert await in_one_go(server, journal, 4, 4, 4, 5) == [8, 8, 8, 10]
    assert lines(server) == [2]
    assert await in_one_go(server, journal, 5, 4) == [10, 8]
    assert lines(server) == [2]


async def test_a_reask_goes_into_a_later_batch(server: OpenAIServer, journal: Journal) -> None:
    def play(request: Request) -> Any:
        is_odd = number_of(request) == 3 and len(request.texts) == 1
        return {"number": 7} if is_odd else doubled(request)

    server.reply_with(play)
    async with Session(make(server)).open(journal) as session:
        replies = await asyncio.gather(*(session.model.aask(asking(n)) for n in (1, 2, 3)))
    assert [reply.value.number for reply in replies] == [2, 4, 6]
    assert lines(server) == [3, 1] and replies[2].usage.reasks == 1
    second = list(server.batches.all.values())[1].lines[0].body
    assert "7 is odd" in json.dumps(second)


async def test_each_line_may_fail_by_itself(server: OpenAIServer, journal: Journal) -> None:
    asked: dict[int, int] = {}

    def play(request: Request) -> Any:
        number = number_of(request)
        asked[number] = asked.get(number, 0) + 1
        broken: dict[int, Any] = {
            1: Status(400, "this cannot be done"),
            2: Status(429) if asked[number] < 3 else None,
            3: Status(500) if asked[number] < 2 else None,
            4: Status(500),
            5: Reply(completion={"choices": []}) if asked[number] < 2 else None,
            6: Raw(b'{"choices": 5}') if asked[number] < 2 else None,
            7: Status(429, code="insufficient_quota"),
        }
        return broken.get(number) or doubled(request)

    server.reply_with(play)
    found = await in_one_go(server, journal, *range(8))
    assert [type(found[n]) for n in (1, 4, 7)] == [ModelError, ServiceError, RateLimitError.__subclasses__()[0]]
    assert [found[n] for n in (0, 2, 3, 5, 6)] == [0, 4, 6, 10, 12]
    assert asked == {0: 1, 1: 1, 2: 3, 3: 2, 4: 3, 5: 2, 6: 2, 7: 1}
    assert lines(server) == [8, 5, 2] and journal.pending() == []
    # What failed is asked again by the next run, and what didn't is not.
    server.reply_with(doubled)
    assert await in_one_go(server, journal, *range(8)) == [2 * n for n in range(8)]
    assert lines(server) == [8, 5, 2, 3]


async def test_a_refused_parameter_is_left_out_in_the_next_batch(server: OpenAIServer, journal: Journal) -> None:
    words = "Unsupported value: 'temperature' does not support 0 with this model."
    server.reply_with(lambda r: Status(400, words, param="temperature") if "temperature" in r.body else doubled(r))
    assert await in_one_go(server, journal, 1, 2) == [2, 4]
    assert lines(server) == [2, 2]


async def test_expired_lines_are_sent_again(server: OpenAIServer, journal: Journal) -> None:
    server.batches.expire(0.5)
    assert await in_one_go(server, journal, *range(10)) == [2 * n for n in range(10)]
    assert lines(server) == [10, 5] and server.counts["served"] == 10


async def test_what_expires_for_ever_is_given_up(server: OpenAIServer, journal: Journal) -> None:
    for _ in range(3):
        server.batches.expire()
    (error,) = await in_one_go(server, journal, 1)
    assert isinstance(error, ServiceError) and "3 times" in error.message
    assert len(lines(server)) == 3 and journal.pending() == []


async def test_a_cancelled_batch_keeps_what_it_answered(server: OpenAIServer, journal: Journal) -> None:
    await held(server, journal, 1, 2)
    (batch,) = server.batches.all.values()
    batch.go("cancelling")
    assert await in_one_go(server, journal, 1, 2) == [2, 4]
    assert len(lines(server)) == 2 and server.counts["asked"] == 2


async def test_a_failed_batch_says_why(server: OpenAIServer, journal: Journal) -> None:
    server.models = ("another",)
    errors = await in_one_go(server, journal, 1, 2)
    assert all(isinstance(e, ServiceError) and "does not exist" in e.message and KEY not in str(e) for e in errors)
    assert journal.pending() == []
    server.models = ("stand-in",)
    assert await in_one_go(server, journal, 1, 2) == [2, 4]


async def test_a_second_process_collects_what_the_first_sent(server: OpenAIServer, tmp_path: Path) -> None:
    with Journal(tmp_path / "journal", {}) as journal:
        await held(server, journal, *range(5))
        assert len(journal.pending()) == 1
    server.batches.finish()
    with Journal(tmp_path / "journal", {}) as journal:
        async with Session(make(server)).open(journal) as session:
            assert "Going on" in session.said[0]
            # Some ask before the batch is there, some while its file comes in, some afterwards.
            first = asyncio.create_task(session.ask(0))
            found = []
            for number in range(1, 5):
                await asyncio.sleep(0.002)
                found += await session.ask(number)
            assert await first == [0] and found == [2, 4, 6, 8]
            assert await session.ask(5) == [10]
        assert journal.pending() == []
    assert lines(server) == [5, 1] and uploads(server) == 2 and server.counts["served"] == 6


async def test_asked_while_the_result_is_fetched(server: OpenAIServer, journal: Journal) -> None:
    await held(server, journal, 1, 2)
    server.batches.finish()
    content, fetching, asked = server.batches.files.content, threading.Event(), threading.Event()

    def slow(file_id: str) -> Any:
        fetching.set()
        asked.wait(30)
        return content(file_id)

    server.batches.files.content = slow  # type: ignore[method-assign]
    async with Session(make(server)).open(journal) as session:
        first = asyncio.create_task(session.ask(1))
        await asyncio.to_thread(fetching.wait, 30)
        second = asyncio.create_task(session.ask(2))
        await asyncio.sleep(0.01)
        asked.set()
        assert await first == [2] and await second == [4]
    assert lines(server) == [2]


async def test_ended_while_the_batch_is_made(server: OpenAIServer, journal: Journal) -> None:
    create, making, ended = server.batches.create, threading.Event(), threading.Event()

    def slow(request: Request) -> Any:
        making.set()
        ended.wait(30)
        return create(request)

    server.batches.create = slow  # type: ignore[method-assign]
    session = Session(make(server))

    async def run() -> None:
        async with session.open(journal):
            await session.ask(1, 2)

    running = asyncio.create_task(run())
    await asyncio.to_thread(making.wait, 30)
    running.cancel()
    await asyncio.sleep(0.01)
    ended.set()
    with suppress(asyncio.CancelledError):
        await running
    assert len(journal.pending()) == 1
    assert await in_one_go(server, journal, 1, 2) == [2, 4]
    assert lines(server) == [2]


async def test_an_upload_that_fails_is_tried_again(server: OpenAIServer, journal: Journal) -> None:
    files = server.batches.files
    files.create = failing(files.create, Status(500), Status(429))  # type: ignore[method-assign]
    assert await in_one_go(server, journal, 1, 2) == [2, 4]
    assert lines(server) == [2] and uploads(server) == 1


async def test_a_batch_whose_making_was_not_heard_of_is_found(server: OpenAIServer, journal: Journal) -> None:
    batches = server.batches
    batches.create = failing(batches.create, Status(500), after=True)  # type: ignore[method-assign]
    assert await in_one_go(server, journal, 1, 2) == [2, 4]
    assert lines(server) == [2] and server.counts["served"] == 2


async def test_a_state_that_cannot_be_had_for_a_while(server: OpenAIServer, journal: Journal) -> None:
    retrieve, left = server.batches.retrieve, [Status(503)] * 7

    async def flaky(batch_id: str) -> Any:
        return left.pop() if left else await retrieve(batch_id)

    server.batches.retrieve = flaky  # type: ignore[method-assign]
    assert await in_one_go(server, journal, 1) == [2]
    assert left == [] and lines(server) == [1]


@pytest.mark.parametrize("item", [Status(500), Status(404)], ids=["500", "404"])
async def test_a_result_that_cannot_be_had(server: OpenAIServer, journal: Journal, item: Status) -> None:
    files = server.batches.files
    files.content = failing(files.content, *[item] * 3)  # type: ignore[method-assign]
    (found,) = await in_one_go(server, journal, 1)
    if item.status == 500:
        assert isinstance(found, ServiceError) and len(journal.pending()) == 1
        assert await in_one_go(server, journal, 1) == [2]
        assert lines(server) == [1]
    else:
        # What is gone doesn't come back: it's asked again.
        assert isinstance(found, ServiceError) and lines(server) == [1, 1, 1]


async def test_a_batch_that_is_gone_is_sent_again(server: OpenAIServer, journal: Journal) -> None:
    await held(server, journal, 1, 2)
    server.batches.all.clear()
    session = Session(make(server))
    async with session.open(journal):
        assert await session.ask(1, 2) == [2, 4]
    assert any("any more" in line for line in session.said)
    assert journal.pending() == [] and uploads(server) == 2


async def test_with_a_wrong_key_nobody_waits_for_a_batch(server: OpenAIServer, journal: Journal) -> None:
    await held(server, journal, 1)
    server.key = "sk-right"
    async with Session(make(server)).open(journal) as session:
        await asyncio.sleep(0.05)
        # The pending batch has been asked for by now, in vain.
        for number in (1, 2):
            (error,) = await session.ask(number)
            assert isinstance(error, AuthenticationError) and KEY not in str(error)
    server.key = None
    assert await in_one_go(server, journal, 1) == [2]
    assert lines(server) == [1]


async def test_a_service_without_a_batch_api(server: OpenAIServer, journal: Journal) -> None:
    server.batches.files.create = lambda form: Status(404)  # type: ignore[method-assign]
    errors = await in_one_go(server, journal, 1, 2)
    assert all(isinstance(error, ModelNotFoundError) and "no Batch API" in str(error) for error in errors)


async def test_nobody_there(journal: Journal) -> None:
    with OpenAIServer() as server:
        pass
    (error,) = await in_one_go(server, journal, 1, max_attempts=2)
    assert isinstance(error, ConnectionFailedError)


async def test_separators_of_unicode_are_no_ends_of_lines(server: OpenAIServer, journal: Journal) -> None:
    content = server.batches.files.content

    def unescaped(file_id: str) -> Any:
        text = content(file_id).decode()
        return "".join(f"{json.dumps(json.loads(line), ensure_ascii=False)}\n" for line in text.splitlines()).encode()

    server.batches.files.content = unescaped  # type: ignore[method-assign]
    server.reply_with(lambda _: '{"number": 2, "note": "a\u2028b\x85c"}')
    assert await in_one_go(server, journal, 1) == [2]
    assert lines(server) == [1]


async def test_nonsense_from_the_endpoints(server: OpenAIServer, journal: Journal) -> None:
    retrieve, left = server.batches.retrieve, [None, [], "hello", {}]

    async def odd(batch_id: str) -> Any:
        return left.pop() if left else await retrieve(batch_id)

    server.batches.retrieve = odd  # type: ignore[method-assign]
    server.batches.files.create = failing(server.batches.files.create, None, {})  # type: ignore[method-assign]
    assert await in_one_go(server, journal, 1) == [2]


class Broken:
    """A log on a disk that is full."""

    def __init__(self, journal: Journal, method: str) -> None:
        self._journal, self._method = journal, method

    def __getattr__(self, name: str) -> Any:
        return self._fail if name == self._method else getattr(self._journal, name)

    def _fail(self, *_: Any) -> None:
        raise OutputError("the disk is full")


@pytest.mark.parametrize("method", ["submitted", "collected", "batch_of", "reply"])
async def test_a_log_that_cannot_be_written_lets_nobody_wait(
    server: OpenAIServer, journal: Journal, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with Session(make(server)).open(Broken(journal, method)) as session:
        errors = [*await session.ask(1, 2), *await session.ask(3)]
        assert all(isinstance(error, OutputError) for error in errors)
    gc.collect()
    assert "never retrieved" not in caplog.text


async def test_requests_beside_a_batch_are_asked_at_once_afterwards(server: OpenAIServer, journal: Journal) -> None:
    model = make(server)
    async with model.many(2):
        async with Session(model).open(journal) as session:
            assert await session.ask(1) == [2]
        async with asyncio.timeout(30):
            assert (await model.aask(asking(2))).value.number == 4
    assert lines(server) == [1] and len(server.chats) == 1


async def test_a_reply_of_an_earlier_run_is_used(server: OpenAIServer, journal: Journal) -> None:
    await in_one_go(server, journal, 1)
    (key,) = [line.custom_id for batch in server.batches.all.values() for line in batch.lines]
    assert isinstance(journal.reply(key), BatchReply)
    server.reply_with(lambda _: Status(400))
    assert await in_one_go(server, journal, 1) == [2]
    journal.forget_replies()
    assert isinstance((await in_one_go(server, journal, 1))[0], ModelError)


async def test_articles_through_batches(
    server: OpenAIServer, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server.reply_with(claims)
    said: list[str] = []
    with Summarizer("stand-in", base_url=server.base_url, poll_s=0.02, on_message=said.append) as summarizer:
        async with asyncio.timeout(60), summarizer.many(4, batch_log=journal) as at_a_time:
            assert at_a_time > 4
            articles = [invented_article(number) for number in range(12)]
            reports = await asyncio.gather(*(summarizer.asummarize(article) for article in articles))
        assert all(isinstance(report, Report) and len(report.claims) == 6 for report in reports)
        assert summarizer.meter.usage.requests == 24
    # The claims of all articles together, and then all summaries.
    assert lines(server) == [12, 12] and server.chats == []


async def test_a_model_without_a_batch_api(server: OpenAIServer, journal: Journal) -> None:
    class Plain:
        name = "plain"

        def close(self) -> None:
            pass

    summarizer = Summarizer(language_model=Plain(), profile="article")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="no Batch API"):
        async with summarizer.many(4, batch_log=journal):
            pass
