"""Many articles from a program: `asummarize_many`, against a real server."""

from __future__ import annotations

import asyncio
import gc
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import aclosing
from typing import Any

import pytest
from openai_server import FaultSchedule, OpenAIServer, Reply, Request, Status, instant
from openai_server.claims import claims, expected, invented_article
from openai_server.journal import markers

from summarizer import Summarizer
from summarizer.errors import (
    AuthenticationError,
    ConfigurationError,
    LimitReachedError,
    ModelNotFoundError,
    QuotaError,
)
from summarizer.llm.metering import Limits
from summarizer.models import FailedArticle, Report
from summarizer.reading import read_text

KEY = "sk-planted-4f9aQ7zW1xY8"


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as started:
        started.reply_with(claims)
        yield started


@pytest.fixture
def summarizer(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Summarizer]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with Summarizer("stand-in", base_url=server.base_url) as made:
        yield made


def articles(*numbers: int) -> list[str]:
    return [invented_article(number) for number in numbers]


async def outcomes(
    summarizer: Summarizer, given: Iterable[Any], **options: Any
) -> tuple[list[Report | FailedArticle], Exception | None]:
    found: list[Report | FailedArticle] = []
    try:
        async with asyncio.timeout(60), aclosing(summarizer.asummarize_many(given, **options)) as many:
            async for outcome in many:
                found.append(outcome)
    except Exception as error:
        return found, error
    return found, None


def statements(found: list[Report | FailedArticle]) -> dict[str, list[str]]:
    return {o.article.text: [c.statement for c in o.claims] for o in found if isinstance(o, Report)}


async def test_each_article_has_its_own_claims(server: OpenAIServer, summarizer: Summarizer) -> None:
    server.delay_s = 0.01
    given = articles(*range(20))
    found, error = await outcomes(summarizer, given, max_concurrency=6)
    assert error is None and len(found) == 20
    assert statements(found) == {text: [sentence for _, sentence in expected(text)] for text in given}
    assert 1 < server.most_in_flight <= 6 and summarizer.meter.usage.requests == 40
    again, _ = await outcomes(summarizer, reversed(given), max_concurrency=2)
    assert statements(again) == statements(found) and summarizer.meter.usage.requests == 40


async def test_articles_are_taken_as_there_is_room(server: OpenAIServer, summarizer: Summarizer) -> None:
    taken: list[int] = []

    def source() -> Iterator[str]:
        for number in range(10_000):
            taken.append(number)
            yield invented_article(number)

    async with asyncio.timeout(60), aclosing(summarizer.asummarize_many(source(), max_concurrency=3)) as many:
        assert isinstance(await anext(many), Report)
    assert len(taken) <= 1 + 2 * 3


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Status(401, echo_key=True), AuthenticationError),
        (Status(402), QuotaError),
        (Status(429, code="insufficient_quota"), QuotaError),
        (Status(404, "The model does not exist", "model_not_found"), ModelNotFoundError),
    ],
    ids=["key", "payment", "quota", "model"],
)
async def test_what_every_article_would_meet_ends_it(
    server: OpenAIServer, summarizer: Summarizer, fault: Status, kind: type[Exception]
) -> None:
    server.models = ("stand-in",) if kind is not ModelNotFoundError else ("another",)
    server.reply_with(lambda _: fault)
    found, error = await outcomes(summarizer, articles(*range(200)), max_concurrency=4)
    assert found == [] and type(error) is kind and KEY not in str(error)
    assert len(server.chats) <= 4


async def test_a_quota_that_ends_on_the_way(server: OpenAIServer, summarizer: Summarizer) -> None:
    @instant
    def play(request: Request) -> Any:
        return claims(request) if server.counts["served"] < 20 else Status(429, code="insufficient_quota")

    server.reply_with(play)
    found, error = await outcomes(summarizer, articles(*range(200)), max_concurrency=4)
    assert type(error) is QuotaError
    assert 6 <= len(found) <= 14 and all(isinstance(report, Report) for report in found)
    assert len(server.chats) <= 20 + 2 * 4


async def test_a_failing_article_is_one_among_reports(server: OpenAIServer, summarizer: Summarizer) -> None:
    @instant
    def play(request: Request) -> Any:
        return Reply(refusal="I'd rather not.") if "A00003" in markers(request) else claims(request)

    server.reply_with(play)
    given = [*articles(1, 2), read_text(invented_article(3), source="three.txt"), "", *articles(4)]
    found, error = await outcomes(summarizer, given, max_concurrency=2)
    failed = [outcome for outcome in found if isinstance(outcome, FailedArticle)]
    assert error is None and len(found) == 5
    assert sorted((f.error.type, f.article.source) for f in failed) == [("input", None), ("refusal", "three.txt")]
    # A text that can be read has an id, by which its failure is told from others.
    (refused,) = (await outcomes(summarizer, articles(3)))[0]
    assert refused.article.id == read_text(invented_article(3)).id


async def test_many_429s_and_faults_are_lived_through(server: OpenAIServer, summarizer: Summarizer) -> None:
    server.limit_in_flight, server.limit_retry_after_s, server.delay_s = 3, 0.01, 0.005
    server.faults = FaultSchedule(0.1, kinds=("rate_limit", "dropped", "cut"), most_in_a_row=2)
    given = articles(*range(30))
    found, error = await outcomes(summarizer, given, max_concurrency=12)
    assert error is None and statements(found) == {text: [s for _, s in expected(text)] for text in given}
    assert server.counts["over_limit"] > 0 and server.counts["served"] == 60
    assert summarizer.pacer is not None and summarizer.pacer.allowed < 12 and summarizer.pacer.in_flight == 0


async def test_a_limit_ends_it_after_what_was_finished(server: OpenAIServer, summarizer: Summarizer) -> None:
    found, error = await outcomes(
        summarizer, articles(*range(100)), max_concurrency=3, limits=Limits(max_tokens=120 * 20)
    )
    assert isinstance(error, LimitReachedError) and "tokens" in str(error)
    assert 5 <= len(found) <= 10 and all(isinstance(report, Report) for report in found)
    assert summarizer.meter.usage.input_tokens + summarizer.meter.usage.output_tokens < 120 * 20 + 3 * 120
    # A cost that isn't known can't be limited.
    found, error = await outcomes(summarizer, articles(*range(100)), max_concurrency=1, limits=Limits(max_cost_usd=1.0))
    assert isinstance(error, LimitReachedError) and found == [] and "isn't known" in str(error)
    before = len(server.chats)
    _, error = await outcomes(summarizer, articles(1), limits=Limits(deadline_s=0.0))
    assert isinstance(error, LimitReachedError) and len(server.chats) == before
    found, error = await outcomes(summarizer, articles(1))
    assert error is None and len(found) == 1


async def test_a_limit_is_for_the_requests_of_one_article_too(server: OpenAIServer, summarizer: Summarizer) -> None:
    long = invented_article(1, sentences=1500)
    found, error = await outcomes(summarizer, [long], max_concurrency=2, limits=Limits(max_tokens=300))
    assert isinstance(error, LimitReachedError) and found == []
    assert len(server.chats) <= 4
    # Afterwards, and in another event loop, nobody waits for a turn of then.
    report = await asyncio.to_thread(lambda: asyncio.run(summarizer.asummarize(long)))
    assert len(report.claims) > 100


async def test_a_number_that_is_none(summarizer: Summarizer) -> None:
    for number in (0, -1):
        assert isinstance((await outcomes(summarizer, articles(1), max_concurrency=number))[1], ConfigurationError)


def test_one_after_another_and_in_two_event_loops(
    server: OpenAIServer, summarizer: Summarizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken off, too: nothing stays open."""

    async def broken_off() -> None:
        async for _ in summarizer.asummarize_many(articles(*range(50)), max_concurrency=4):
            break

    async def cancelled() -> None:
        server.delay_s = 30.0
        task = asyncio.create_task(outcomes(summarizer, articles(*range(5))))
        await asyncio.to_thread(server.arrived.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        server.delay_s = 0.0

    async def twice() -> list[int]:
        return [len((await outcomes(summarizer, articles(*range(4))))[0]) for _ in range(2)]

    gc.collect()
    unraisable: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert asyncio.run(twice()) == [4, 4]
        asyncio.run(broken_off())
        server.arrived.clear()
        asyncio.run(cancelled())
        assert asyncio.run(twice()) == [4, 4]
        gc.collect()
    assert unraisable == []
    assert len(summarizer.summarize(articles(1)[0]).claims) == 6


async def test_two_at_a_time_with_one_summarizer(server: OpenAIServer, summarizer: Summarizer) -> None:
    (one, _), (two, _) = await asyncio.gather(
        outcomes(summarizer, articles(*range(8)), max_concurrency=3),
        outcomes(summarizer, articles(*range(8, 16)), max_concurrency=3),
    )
    assert len(statements(one)) == len(statements(two)) == 8 and not statements(one).keys() & statements(two).keys()
