"""Works through articles from any number of sources until each is done or has failed with its reason."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from summarizer.bulk.collecting import rare_collections
from summarizer.bulk.journal import Entry, Journal, Status
from summarizer.bulk.stores import Store
from summarizer.errors import (
    PASSING_FAILURES,
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    FetchError,
    InputError,
    LimitReachedError,
    ModelError,
    OutputError,
    SummarizerError,
    TimeoutExceededError,
)
from summarizer.llm.metering import Limits
from summarizer.models import ErrorInfo, FailedArticle, Report, Usage
from summarizer.pipeline import CERTAIN, Summarizer, failed
from summarizer.pooling import pooled
from summarizer.reading import Item

T = TypeVar("T")

_READ_AHEAD = 8
_MOST_KEPT = 1000
_UNREACHABLE_AFTER = 8
_REFUSED_AFTER = 3
_UNREAD = frozenset({InputError.type, FetchError.type, ConfigurationError.type})


@dataclass
class Tally:
    """How far a run is. `total` is None where it isn't known; what an earlier run finished is told apart.

    `changed` are articles whose content is another than when they were finished, `slowed_to` the requests that the
    service takes at a time where that is fewer than were wanted.
    """

    total: int | None = None
    done_before: int = 0
    failed_before: int = 0
    done: int = 0
    failed: int = 0
    again: int = 0
    changed: int = 0
    slowed_to: int | None = None
    usage: Usage = field(default_factory=Usage)

    @property
    def finished(self) -> int:
        """Articles that need nothing more."""
        return self.done_before + self.failed_before + self.done + self.failed

    @property
    def left(self) -> int | None:
        """Articles that are still to be done, if it is known. Those that failed for now have been tried."""
        # Files may come and go between being counted and being read.
        return None if self.total is None else max(0, self.total - self.finished - self.again)


@dataclass
class Run:
    """One run over many articles. `stopped` is why it ended before all were finished, if it did.

    With `only_one` more than one article is a `ConfigurationError`: known beforehand it isn't, of a feed. Items
    that `leave_out` is true for are no articles.
    """

    summarizer: Summarizer
    journal: Journal
    store: Store
    max_concurrency: int = 16
    limits: Limits = field(default_factory=Limits)
    batch: bool = False
    only_one: bool = False
    leave_out: Callable[[Item], bool] = lambda item: False
    on_failure: Callable[[FailedArticle], None] = lambda failure: None
    on_change: Callable[[Tally], None] = lambda tally: None
    tally: Tally = field(default_factory=Tally)
    stopped: SummarizerError | None = None

    async def over(self, items: Iterable[Item]) -> None:
        """Work through the items; those that failed for the service's sake are tried once more at the end.

        Whatever ends it, each finished article is in output and journal, and the others can be done by another run.

        Raises:
            OutputError: output or journal can't be written.
            ConfigurationError: a source or a setting isn't possible.
        """
        self._found: deque[Item] = deque()
        self._again: dict[str, Item] = {}
        self._unreachable = self._refusals = 0
        try:
            log = self.journal if self.batch else None
            async with self.summarizer.many(self.max_concurrency, self.limits, batch_log=log) as at_a_time:
                with rare_collections():
                    await self._until_deadline(items, at_a_time)
        except ConfigurationError:
            raise
        except CERTAIN as error:
            self.stopped = error
        except _UnreachableError as error:
            self.stopped = error.error
        finally:
            self.tally.usage = self.summarizer.meter.usage
        if self.stopped is None and not self.tally.again:
            self.journal.forget_replies()
        self.store.finish(self.journal)

    async def _until_deadline(self, items: Iterable[Item], at_a_time: int) -> None:
        try:
            async with asyncio.timeout(self.summarizer.meter.left_s) as deadline:
                await self._rounds(items, at_a_time)
        except TimeoutError:
            if not deadline.expired():
                raise
            raise LimitReachedError(f"The deadline of {self.limits.deadline_s:g} s is over.") from None

    async def _rounds(self, items: Iterable[Item], at_a_time: int) -> None:
        await self._round(items, at_a_time)
        await self._round_of_found(at_a_time)
        again, self._again = self._again, {}
        self.tally.again -= len(again)
        await self._round(again.values(), at_a_time)
        await self._round_of_found(at_a_time)

    async def _round_of_found(self, at_a_time: int) -> None:
        """What feeds held. Those that entries lead to aren't followed, so that one round is enough."""
        found, self._found = self._found, deque()
        if self.tally.total is not None:
            self.tally.total += len(found)
        await self._round(found, at_a_time)

    async def _round(self, items: Iterable[Item], at_a_time: int) -> None:
        async with aclosing(pooled(self._unfinished(items), self._work, at_a_time)) as worked:
            async for _ in worked:
                self.tally.usage = self.summarizer.meter.usage
                pacer = self.summarizer.pacer
                self.tally.slowed_to = pacer.allowed if pacer and pacer.allowed < pacer.most else None
                self.on_change(self.tally)

    async def _unfinished(self, items: Iterable[Item]) -> AsyncGenerator[Item, None]:
        number = 0
        async for item in _ahead(items):
            if self.leave_out(item):
                # How many of the output's own lines were counted, and how many are read, is not known.
                self.tally.total = None
                continue
            number += 1
            if self.only_one and number > 1:
                raise _more_than_one(item.source)
            standing = self.journal.standing(item.source, item.digest)
            if standing is None:
                self.tally.changed += self.journal.has_changed(item.source, item.digest)
                yield item
                continue
            self.tally.done_before += standing is Status.DONE
            self.tally.failed_before += standing is Status.FAILED
            self.on_change(self.tally)

    async def _work(self, item: Item) -> None:
        try:
            article = await asyncio.to_thread(item.read)
        except Exception as error:
            self._take(item, failed(error, None, item.source))
            return
        if isinstance(article, list):
            self._take_feed(item, article)
            return
        try:
            report = await self.summarizer.asummarize(article)
        except OutputError:
            raise
        except SummarizerError as error:
            if isinstance(error, CERTAIN) and not self._is_about_this_one(error):
                raise
            usage = error.usage if isinstance(error, ModelError) else None
            self._take(item, failed(error, article, item.source), usage)
            self._notice_unreachable(error)
        except Exception as error:
            self._take(item, failed(error, article, item.source))
        else:
            self._unreachable = self._refusals = 0
            self._take(item, report, report.run.usage)

    def _take_feed(self, item: Item, entries: list[Item]) -> None:
        """What a feed holds comes after all else; it is no article itself."""
        if self.only_one and len(entries) > 1:
            raise _more_than_one(item.source)
        self._found.extend(entries)
        if self.tally.total is not None:
            self.tally.total -= 1
        # Where it could not be read before.
        self.journal.forget([item.source])

    def _take(self, item: Item, outcome: Report | FailedArticle, usage: Usage | None = None) -> None:
        """Write an outcome to the output, then to the journal."""
        error = outcome.error if isinstance(outcome, FailedArticle) else None
        status = _status(error, item)
        # What was made before stays until there is something better.
        written = self.journal.written(item.source)
        if status is not Status.AGAIN:
            written = self.store.write(item.source, outcome, self.journal)
        self.journal.record(
            Entry(item.source, item.digest, status, error, written.place, written.name, usage or Usage())
        )
        if status is Status.DONE:
            self.tally.done += 1
        elif status is Status.FAILED:
            self.tally.failed += 1
        else:
            self.tally.again += 1
            if len(self._again) < _MOST_KEPT:
                self._again[item.source] = item
        if status is Status.FAILED and isinstance(outcome, FailedArticle):
            self.on_failure(outcome)

    def _is_about_this_one(self, error: SummarizerError) -> bool:
        """Whether a key that was taken before may be refused for what one article says, as some services do."""
        self._refusals += 1
        return isinstance(error, AuthenticationError) and self.tally.done > 0 and self._refusals < _REFUSED_AFTER

    def _notice_unreachable(self, error: SummarizerError) -> None:
        """A service that nobody can reach, or that refuses every request, would fail every article, slowly."""
        failing = isinstance(error, ConnectionFailedError | TimeoutExceededError) or type(error) is ModelError
        self._unreachable = self._unreachable + 1 if failing else 0
        if self._unreachable >= _UNREACHABLE_AFTER:
            raise _UnreachableError(error)


class _UnreachableError(Exception):
    def __init__(self, error: SummarizerError) -> None:
        super().__init__(str(error))
        self.error = error


def _status(error: ErrorInfo | None, item: Item) -> Status:
    if error is None:
        return Status.DONE
    # What can't be fetched or opened now is not known, and costs nothing to try again.
    passing = error.type in PASSING_FAILURES or (item.digest is None and error.type in _UNREAD)
    return Status.AGAIN if passing else Status.FAILED


def _more_than_one(source: str) -> ConfigurationError:
    return ConfigurationError(
        f"One document holds one report, and with {source} there are more.", "Use -f jsonl, or -o FOLDER/."
    )


async def _ahead(items: Iterable[T]) -> AsyncGenerator[T, None]:
    """The items, read in a thread some at a time."""
    source = iter(items)
    while some := await asyncio.to_thread(lambda: list(islice(source, _READ_AHEAD))):
        for item in some:
            yield item
