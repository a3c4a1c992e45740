"""Limits on what a run takes, and many pieces of work at a time."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, suppress
from itertools import cycle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.errors import LimitReachedError, ModelError, RefusalError
from summarizer.llm.base import Completion
from summarizer.llm.metering import Limits, Meter
from summarizer.models import Usage
from summarizer.pooling import pooled


def reply(tokens: int, cost_usd: float | None = None) -> Completion:
    return Completion("", {}, Usage(requests=1, input_tokens=tokens, cost_usd=cost_usd))


def asked(meter: Meter, tokens: int, cost_usd: float | None = None) -> None:
    with meter.request() as replies:
        replies.append(reply(tokens, cost_usd))


def test_without_limits_all_is_counted() -> None:
    meter = Meter()
    for _ in range(3):
        asked(meter, 100, 0.5)
    with pytest.raises(RefusalError), meter.request():
        raise RefusalError("no", usage=Usage(requests=2, output_tokens=7, cost_usd=0.25))
    with pytest.raises(ModelError), meter.request():
        raise ModelError("nothing is known of it")
    with pytest.raises(asyncio.CancelledError), meter.request():
        raise asyncio.CancelledError
    assert meter.usage == Usage(requests=5, input_tokens=300, output_tokens=7, cost_usd=1.75)
    assert (meter.in_flight, meter.answered, meter.left_s) == (0, 5, None)


@pytest.mark.parametrize(
    ("limits", "words"),
    [(Limits(max_tokens=250), "250 tokens"), (Limits(max_cost_usd=0.25), "0.25"), (Limits(deadline_s=0.0), "0 s")],
)
def test_each_limit_stops(limits: Limits, words: str) -> None:
    meter = Meter(limits)
    with pytest.raises(LimitReachedError, match=words):
        for _ in range(10):
            asked(meter, 100, 0.1)
    if limits.deadline_s is None:
        assert meter.usage.requests == 3
    assert meter.in_flight == 0


def test_a_cost_that_nobody_knows_cannot_be_limited() -> None:
    meter = Meter(Limits(max_cost_usd=100.0))
    asked(meter, 100, 0.1)
    asked(meter, 100, None)
    with pytest.raises(LimitReachedError, match="isn't known"):
        asked(meter, 100, 0.1)
    free = Meter(Limits(max_tokens=1000))
    asked(free, 100, None)
    asked(free, 100, None)
    assert free.usage.cost_usd is None


def test_what_costs_nothing_reaches_no_limit_on_cost() -> None:
    meter = Meter(Limits(max_cost_usd=0.01))
    for _ in range(100):
        asked(meter, 1000, 0.0)
    assert meter.usage.cost_usd == 0.0


@given(
    limit=st.integers(1, 3000),
    at_a_time=st.integers(1, 20),
    sizes=st.lists(st.integers(20, 100), min_size=1, max_size=60),
)
def test_a_limit_is_overshot_by_no_more_than_what_is_in_flight(limit: int, at_a_time: int, sizes: list[int]) -> None:
    """At the start nothing is known of how large a reply is; afterwards what is in flight counts beforehand."""
    meter = Meter(Limits(max_tokens=limit))
    left = cycle(sizes)
    in_flight: list[tuple[Any, list[Any]]] = []
    with suppress(LimitReachedError):
        while True:
            if len(in_flight) == at_a_time:
                request, replies = in_flight.pop(0)
                replies.append(reply(next(left)))
                request.__exit__(None, None, None)
            request = meter.request()
            in_flight.append((request, request.__enter__()))
    begun = len(in_flight)
    for request, replies in in_flight:
        replies.append(reply(100))
        request.__exit__(None, None, None)
    assert begun <= at_a_time and meter.in_flight == 0
    assert meter.usage.input_tokens < limit + at_a_time * 100


async def squared(number: int) -> int:
    await asyncio.sleep(0)
    return number * number


async def results(items: Any, work: Any, at_a_time: int) -> tuple[list[Any], BaseException | None]:
    found = []
    try:
        async with asyncio.timeout(30), aclosing(pooled(items, work, at_a_time)) as worked:
            async for result in worked:
                found.append(result)
    except (Exception, asyncio.CancelledError) as error:
        return found, error
    return found, None


@given(st.lists(st.integers(), max_size=40), st.integers(1, 12))
def test_every_item_is_worked_on_once(items: list[int], at_a_time: int) -> None:
    found, error = asyncio.run(results(items, squared, at_a_time))
    assert sorted(found) == sorted(n * n for n in items) and error is None


@given(count=st.integers(1, 30), at_a_time=st.integers(1, 8), failing=st.integers(0, 29), turns=st.integers(0, 3))
def test_after_an_error_what_is_under_way_ends_and_nothing_begins(
    count: int, at_a_time: int, failing: int, turns: int
) -> None:
    begun: list[int] = []
    at_error: list[int] = []

    async def items() -> AsyncGenerator[int, None]:
        for number in range(count):
            for _ in range(turns):
                await asyncio.sleep(0)
            yield number

    async def work(number: int) -> int:
        begun.append(number)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        if number == failing:
            at_error.extend(begun)
            raise KeyError(number)
        return number

    found, error = asyncio.run(results(items(), work, at_a_time))
    if failing >= count:
        assert sorted(found) == list(range(count)) and error is None
    else:
        assert isinstance(error, KeyError) and begun == at_error
        assert sorted([*found, failing]) == sorted(begun)


async def test_an_error_of_the_items_is_raised_at_the_end() -> None:
    def items() -> Iterator[int]:
        yield from range(5)
        raise OSError("the archive is broken")

    found, error = await results(items(), squared, 3)
    assert sorted(found) == [0, 1, 4, 9, 16] and isinstance(error, OSError)


async def test_a_cancellation_from_within_is_no_standstill() -> None:
    async def work(number: int) -> int:
        if number == 3:
            cancelled = asyncio.get_running_loop().create_future()
            cancelled.cancel()
            await cancelled
        return number

    found, error = await results(range(9), work, 2)
    assert isinstance(error, asyncio.CancelledError) and {0, 1, 2} <= set(found)


async def test_items_are_taken_only_when_there_is_room() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    async with aclosing(pooled(items(), squared, 3)) as worked:
        for given_ in range(1, 20):
            await anext(worked)
            for _ in range(20):
                await asyncio.sleep(0)
            # Three results wait, three workers hold one each for which there's no room.
            assert len(taken) <= given_ + 2 * 3


async def test_whoever_stops_early_leaves_nothing_behind(recwarn: pytest.WarningsRecorder) -> None:
    ended: list[str] = []

    async def items() -> AsyncGenerator[int, None]:
        try:
            for number in range(1000):
                yield number
        finally:
            ended.append("items")

    async def work(number: int) -> int:
        if number < 2:
            return number
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("work")
        return number

    before = asyncio.all_tasks()
    async with aclosing(pooled(items(), work, 4)) as worked:
        assert {await anext(worked), await anext(worked)} == {0, 1}
    assert asyncio.all_tasks() == before
    assert sorted(ended) == ["items", *["work"] * 4]
    gc.collect()
    assert not list(recwarn)


async def test_cancelled_from_outside() -> None:
    async def never(number: int) -> int:
        await asyncio.Event().wait()
        return number

    before = asyncio.all_tasks()
    running = asyncio.create_task(results(range(100), never, 5))
    for _ in range(5):
        await asyncio.sleep(0)
    running.cancel()
    found, error = await running
    assert found == [] and isinstance(error, asyncio.CancelledError)
    assert asyncio.all_tasks() == before
