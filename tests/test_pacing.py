"""How many requests are in flight at a time: the rule by itself, and against a service with a limit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai_server import Cut, Hang, OpenAIServer, Raw, Request, Status, instant, redirect
from pydantic import BaseModel, SecretStr

from summarizer.errors import (
    ConnectionFailedError,
    ModelError,
    QuotaError,
    RateLimitError,
    ServiceError,
    TimeoutExceededError,
)
from summarizer.llm.base import Message, StructuredRequest
from summarizer.llm.client import OpenAIModel
from summarizer.llm.pacing import Pacer

KEY = "sk-planted-4f9aQ7zW1xY8"


class Number(BaseModel):
    number: int


def asking(number: int) -> StructuredRequest[Number]:
    return StructuredRequest((Message("user", str(number)),), Number)


@instant
def echo(request: Request) -> Any:
    return {"number": int(request.texts[0])}


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as started:
        started.reply_with(echo)
        yield started


def make(server: OpenAIServer, **options: Any) -> OpenAIModel:
    given: dict[str, Any] = {"model_id": "stand-in", "api_key": SecretStr(KEY), "base_url": server.base_url}
    quick = {"max_attempts": 3, "wait_initial_s": 0.001, "timeout_s": 10.0}
    return OpenAIModel("openai/stand-in", **(given | quick | options))


async def ask_all(model: OpenAIModel, count: int, most: int) -> tuple[list[Any], Pacer]:
    async with model.many(most) as pacer:
        asked = (model.aask(asking(i)) for i in range(count))
        return await asyncio.gather(*asked, return_exceptions=True), pacer


ENDINGS = st.sampled_from(["well", "failed", "limited", "paused", "raised"])
VISITS = st.lists(
    st.tuples(ENDINGS, st.integers(0, 4), st.one_of(st.none(), st.integers(0, 12))), min_size=1, max_size=30
)


@settings(max_examples=60)
@given(most=st.integers(1, 6), visits=VISITS)
def test_nobody_is_lost_and_nobody_is_too_many(most: int, visits: list[tuple[str, int, int | None]]) -> None:
    """Each visit has an end, takes some turns of the loop, and may be cancelled in one of them."""

    async def run() -> None:
        pacer = Pacer(most)
        ended = []

        async def visit(ending: str, turns: int) -> None:
            async with pacer.slot() as slot:
                assert 1 <= pacer.in_flight <= pacer.allowed <= most
                for _ in range(turns):
                    await asyncio.sleep(0)
                slot.failed = ending != "well"
                slot.limited = ending in ("limited", "paused")
                slot.retry_after_s = 0.001 if ending == "paused" else None
                ended.append(ending)
                if ending == "raised":
                    raise KeyError

        async def cancel(task: asyncio.Task[None], turns: int) -> None:
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()

        tasks = [asyncio.create_task(visit(ending, turns)) for ending, turns, _ in visits]
        cancels = [cancel(task, at) for task, (_, _, at) in zip(tasks, visits, strict=True) if at is not None]
        async with asyncio.timeout(30):
            await asyncio.gather(*cancels)
            results = await asyncio.gather(*tasks, return_exceptions=True)
        assert not [r for r in results if r is not None and not isinstance(r, KeyError | asyncio.CancelledError)]
        assert len(ended) >= sum(at is None for _, _, at in visits)
        assert pacer.in_flight == 0
        async with asyncio.timeout(30), pacer.slot():
            assert pacer.in_flight == 1

    asyncio.run(run())


async def test_halved_once_for_what_was_under_way_together() -> None:
    pacer = Pacer(16)
    for allowed in (8, 4, 2, 1, 1):
        async with AsyncExitStack() as together:
            for _ in range(pacer.allowed):
                slot = await together.enter_async_context(pacer.slot())
                slot.failed = slot.limited = True
        assert pacer.allowed == allowed


async def test_one_more_for_a_round_trip_that_went_well() -> None:
    pacer = Pacer(8)
    async with pacer.slot() as slot:
        slot.failed = slot.limited = True
    for trips in range(6):
        # Each slot adds its share of a number that grows meanwhile: a little less than one in all.
        assert 4 + trips - 1 <= pacer.allowed <= min(8, 4 + trips)
        async with AsyncExitStack() as together:
            for _ in range(pacer.allowed):
                await together.enter_async_context(pacer.slot())
    for _ in range(8):
        async with pacer.slot():
            pass
    assert pacer.allowed == 8


async def test_what_failed_otherwise_is_no_reason_for_more() -> None:
    pacer = Pacer(4)
    async with pacer.slot() as slot:
        slot.failed = slot.limited = True
    for _ in range(20):
        async with pacer.slot() as slot:
            slot.failed = True
    assert pacer.allowed == 2


async def test_retry_after_pauses_everyone() -> None:
    pacer = Pacer(8)
    entered: list[float] = []

    async def visit() -> None:
        async with pacer.slot():
            entered.append(time.monotonic())

    async with pacer.slot() as slot:
        slot.failed, slot.limited, slot.retry_after_s = True, True, 0.1
        until = time.monotonic() + 0.1
    async with asyncio.timeout(30):
        await asyncio.gather(*(visit() for _ in range(10)))
    assert len(entered) == 10 and min(entered) >= until


async def test_a_turn_that_was_given_before_the_pause_waits_too() -> None:
    pacer = Pacer(2)
    entered: list[float] = []

    async def visit() -> None:
        async with pacer.slot():
            entered.append(time.monotonic())

    async with AsyncExitStack() as limited:
        slot = await limited.enter_async_context(pacer.slot())
        async with pacer.slot():
            waiting = asyncio.create_task(visit())
            await asyncio.sleep(0)
        # The turn is given, and before it's taken the other request comes back.
        slot.failed, slot.limited, slot.retry_after_s = True, True, 0.1
        until = time.monotonic() + 0.1
    async with asyncio.timeout(30):
        await waiting
    assert entered[0] >= until and pacer.in_flight == 0


async def test_a_pause_that_nobody_would_live_to_see_is_none() -> None:
    pacer = Pacer(2, longest_pause_s=60.0)
    async with pacer.slot() as slot:
        slot.failed, slot.limited, slot.retry_after_s = True, True, 86_400.0
    async with asyncio.timeout(30), pacer.slot():
        assert pacer.allowed == 1


async def test_the_limit_of_a_service_is_found(server: OpenAIServer) -> None:
    server.limit_in_flight, server.limit_retry_after_s, server.delay_s = 4, 0.01, 0.01
    replies, pacer = await ask_all(make(server), 160, 32)
    assert [reply.value.number for reply in replies] == list(range(160))
    assert server.counts["served"] == 160
    assert 28 <= server.counts["over_limit"] < 160
    assert pacer.allowed < 32 and pacer.in_flight == 0
    assert sum(reply.usage.transport_retries for reply in replies) == server.counts["over_limit"]


async def test_no_more_at_a_time_than_was_said(server: OpenAIServer) -> None:
    server.delay_s = 0.01
    replies, _ = await ask_all(make(server), 40, 5)
    assert [reply.value.number for reply in replies] == list(range(40))
    assert server.most_in_flight == 5


async def test_a_429_is_no_failed_attempt_among_many(server: OpenAIServer) -> None:
    busy = Status(429, headers={"Retry-After": "0"})
    server.fail_first(*[busy] * 9)
    replies, _ = await ask_all(make(server, max_attempts=2), 1, 4)
    assert replies[0].usage.transport_retries == 9
    server.fail_first(busy, Status(500), busy, Status(500))
    replies, _ = await ask_all(make(server, max_attempts=2), 1, 4)
    assert isinstance(replies[0], ServiceError)
    assert "4 times" in replies[0].message


async def test_a_wait_beyond_the_deadline_holds_nobody_up(server: OpenAIServer) -> None:
    server.fail_first(*[Status(429, headers={"Retry-After": "3600"})] * 4)
    async with asyncio.timeout(30):
        replies, _ = await ask_all(make(server, deadline_s=60.0), 6, 4)
    failed = [reply for reply in replies if isinstance(reply, ModelError)]
    assert len(failed) == 4 and all(type(error) is RateLimitError for error in failed)
    assert "3600 s" in failed[0].message


async def test_the_time_in_the_queue_is_not_the_requests_own(server: OpenAIServer) -> None:
    """With what was left of the deadline the last ones had no time for an answer."""
    server.delay_s = 0.25
    replies, _ = await ask_all(make(server, deadline_s=0.6, max_attempts=1), 5, 1)
    assert [reply.value.number for reply in replies] == list(range(5))


@pytest.mark.parametrize(
    "fault",
    [Status(500), Cut({"number": 1}), Hang(0.0), Raw(b"<html>", "text/html"), Raw(b"{"), Raw(b"null")],
    ids=repr,
)
async def test_passing_faults_are_tried_again_on_open_connections(server: OpenAIServer, fault: Any) -> None:
    server.fail_first(*[fault] * 2)
    replies, _ = await ask_all(make(server), 6, 2)
    assert [reply.value.number for reply in replies] == list(range(6))
    assert sum(reply.usage.transport_retries for reply in replies) == 2


async def test_lasting_faults_on_open_connections(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with OpenAIServer() as other:
        cases: list[tuple[Any, type[ModelError]]] = [
            (Hang(), TimeoutExceededError),
            (redirect(f"{other.base_url}/chat/completions"), ServiceError),
            (Status(429, code="insufficient_quota"), QuotaError),
        ]
        for fault, kind in cases:
            server.fail_first(fault)
            replies, _ = await ask_all(make(server, timeout_s=0.2, max_attempts=1), 1, 2)
            assert type(replies[0]) is kind and KEY not in str(replies[0])
        assert other.requests == []
    for fault in (Hang(0.0), Cut({"number": 1})):
        server.fail_first(fault)
        replies, _ = await ask_all(make(server, max_attempts=1), 1, 2)
        assert type(replies[0]) is ConnectionFailedError
    with OpenAIServer() as gone:
        pass
    replies, _ = await ask_all(make(gone, max_attempts=1), 1, 2)
    assert type(replies[0]) is ConnectionFailedError


async def test_two_at_once_in_one_loop_share_the_slots(server: OpenAIServer) -> None:
    server.delay_s = 0.01
    model = make(server)
    (first, one), (second, other) = await asyncio.gather(ask_all(model, 12, 3), ask_all(model, 12, 3))
    assert one is other and server.most_in_flight <= 3
    assert all(reply.value.number == i % 12 for i, reply in enumerate(first + second))


async def test_cancelled_requests_give_their_slots_back(server: OpenAIServer) -> None:
    server.delay_s = 0.02
    model = make(server)
    async with model.many(2) as pacer:
        tasks = [asyncio.create_task(model.aask(asking(i))) for i in range(12)]
        for turn, task in enumerate(tasks[::2]):
            await asyncio.sleep(0.005 * (turn % 3))
            task.cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert [reply.value.number for reply in done[1::2] if not isinstance(reply, BaseException)] == [
            *range(1, 12, 2)
        ]
        assert pacer.in_flight == 0
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)


async def test_a_closed_model_is_closed_for_many_too(server: OpenAIServer) -> None:
    model = make(server)
    async with model.many(2):
        await model.aask(asking(1))
        model.close()
        with pytest.raises(ServiceError, match="closed"):
            await model.aask(asking(2))
    with pytest.raises(ServiceError, match="closed"):
        async with model.many(2):
            pass
