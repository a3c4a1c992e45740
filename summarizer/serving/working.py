"""Working through jobs: a bounded queue, and one summarizer in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import Any, TypeVar

from summarizer.errors import InputError, ModelError, OutputError, SummarizerError, WeightsError
from summarizer.models import Article
from summarizer.pipeline import Summarizer
from summarizer.reading import read_source
from summarizer.rendering.figures import counted
from summarizer.serving.jobs import Job, Status
from summarizer.serving.report_folder import ReportFolder

MOST_WAITING = 20
"""How many jobs may wait; more are turned away."""
_KEPT_JOBS = 100
_AT_A_TIME = 4
_REQUESTS_AT_A_TIME = 16

T = TypeVar("T")
Make = Callable[[Callable[[int, int], None]], Summarizer]


class QueueFullError(SummarizerError):
    """Too many jobs are waiting."""

    type = "queue_full"


class Workshop:
    """Takes jobs and works on them. All methods belong to the event loop that entered it.

    The summarizer has an event loop in a thread of its own: the page stays quick, whatever an article takes.
    """

    def __init__(
        self,
        make: Make,
        reports: ReportFolder,
        *,
        on_fault: Callable[[BaseException], None],
        threads: ThreadPoolExecutor | None = None,
        fetch_timeout_s: float = 20.0,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """`make` makes the summarizer, from what is to be called with bytes fetched and in total.

        `on_fault` gets errors whose words aren't for those who look at the page.

        Raises:
            ConfigurationError: the summarizer's settings aren't possible.
        """
        self.summarizer = make(self._fetched)
        self.reports = reports
        self.jobs: dict[str, Job] = {}
        self.on_fault = on_fault
        self._fetch_timeout_s, self._most_waiting = fetch_timeout_s, most_waiting
        self._waiting: list[Job] = []
        self._running: dict[str, asyncio.Task[None]] = {}
        self._more = asyncio.Event()
        self._workers: list[asyncio.Task[None]] = []
        self._page_loop: asyncio.AbstractEventLoop | None = None
        self._engine_loop = asyncio.new_event_loop()
        if threads is not None:
            self._engine_loop.set_default_executor(threads)
        self._thread = threading.Thread(target=self._engine_loop.run_forever, name="summarizer-engine", daemon=True)
        self._opening = asyncio.Lock()
        self._opened: AsyncExitStack | None = None

    async def __aenter__(self) -> Workshop:
        self._page_loop = asyncio.get_running_loop()
        self._thread.start()
        is_local = self.summarizer.choice is not None and self.summarizer.choice.kind == "local"
        self._workers = [asyncio.create_task(self._work()) for _ in range(1 if is_local else _AT_A_TIME)]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.stop()
        await asyncio.gather(*self._workers, *self._running.values(), return_exceptions=True)
        await self._in_engine(self._settled())
        self._engine_loop.call_soon_threadsafe(self._engine_loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._engine_loop.close()
        self.summarizer.close()

    def stop(self) -> None:
        """End all jobs; who follows one is told so."""
        for worker in self._workers:
            worker.cancel()
        for job in self.jobs.values():
            job.tell(Status.CANCELLED, "The server was stopped before this was done.")
        for task in self._running.values():
            task.cancel()
        self._waiting.clear()

    @property
    def unfinished(self) -> list[Job]:
        """The jobs that are worked on or wait, in their order."""
        return [job for job in self.jobs.values() if not job.ended]

    def take(self, job: Job) -> Job:
        """Queue a job; gives the one that is there already for the same article.

        Raises:
            QueueFullError: too many are waiting.
        """
        for other in self.unfinished:
            same = other.source == job.source or (other.article and other.article == job.article)
            if same:
                return other
        if len(self._waiting) >= self._most_waiting:
            raise QueueFullError(f"{len(self._waiting)} articles are waiting already.", "Try again in a while.")
        for old in [job.id for job in self.jobs.values() if job.ended][: max(0, len(self.jobs) - _KEPT_JOBS + 1)]:
            del self.jobs[old]
        self.jobs[job.id] = job
        self._waiting.append(job)
        self._tell_places()
        self._more.set()
        return job

    def cancel(self, job: Job) -> None:
        """End a job, whether it waits or is worked on."""
        if job in self._waiting:
            self._waiting.remove(job)
            self._tell_places()
        job.tell(Status.CANCELLED, "Cancelled.")
        if job.id in self._running:
            self._running[job.id].cancel()

    def _tell_places(self) -> None:
        for place, job in enumerate(self._waiting, start=1):
            job.tell(Status.QUEUED, f"Queued at place {place}.")

    async def _work(self) -> None:
        while True:
            while not self._waiting:
                self._more.clear()
                await self._more.wait()
            job = self._waiting.pop(0)
            self._tell_places()
            task = self._running[job.id] = asyncio.create_task(self._do(job))
            try:
                await asyncio.wait([task])
            finally:
                del self._running[job.id]

    async def _do(self, job: Job) -> None:
        try:
            key, words = await self._in_engine(self._summarized(job))
            job.done(key, words)
        except asyncio.CancelledError:
            job.tell(Status.CANCELLED, "Cancelled.")
        except Exception as error:
            job.tell(Status.FAILED, self._said(error))

    def _said(self, error: Exception) -> str:
        """An error in words that may be shown to anybody: without a path, and without what only a developer wants."""
        if isinstance(error, InputError | ModelError) and not isinstance(error, WeightsError):
            return str(error)
        self.on_fault(error)
        if isinstance(error, WeightsError):
            return "The embedded model can't be had. The terminal in which the server runs says why."
        if isinstance(error, OutputError):
            return "The report can't be written. The terminal in which the server runs says why."
        if isinstance(error, SummarizerError):
            return "The server isn't set up for this. The terminal in which it runs says why."
        return "Something is wrong with the program. The terminal in which the server runs says more."

    async def _settled(self) -> None:
        """In the engine: everything that was cancelled has ended, and the connections are closed."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._opened is not None:
            with suppress(SummarizerError):
                await self._opened.aclose()

    async def _in_engine(self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._engine_loop))

    def _tell(self, function: Callable[..., None], *arguments: Any) -> None:
        """From the engine's thread: call what belongs to the page's loop."""
        assert self._page_loop is not None
        with suppress(RuntimeError):  # the page's loop has ended
            self._page_loop.call_soon_threadsafe(partial(function, *arguments))

    async def _summarized(self, job: Job) -> tuple[str, str]:
        """In the engine: the key of the job's report, and what is to be said of it."""
        article = job.source if isinstance(job.source, Article) else await self._read(job, job.source)
        if not job.again and await asyncio.to_thread(self.reports.has, article.id):
            return article.id, "This article was summarized before: here is its report."
        self._tell(job.tell, Status.OPENING, "Getting the model ready.")
        async with self._opening:
            await self._open()
        self._tell(job.tell, Status.SUMMARIZING, "Looking for claims.")
        report = await self.summarizer.asummarize(article, on_claim=partial(self._tell, job.claimed))
        key = await asyncio.to_thread(self.reports.put, report, job.key)
        return key, f"Done: {counted(len(report.claims), 'claim')}."

    async def _read(self, job: Job, address: str) -> Article:
        self._tell(job.tell, Status.READING, "Fetching the article.")
        article = await asyncio.to_thread(read_source, address, timeout_s=self._fetch_timeout_s)
        self._tell(setattr, job, "article", article)
        return article

    async def _open(self) -> None:
        """The model stays open until the end."""
        if self._opened is None:
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(self.summarizer.many(_REQUESTS_AT_A_TIME))
                self._opened = stack.pop_all()

    def _fetched(self, done: int, total: int) -> None:
        self._tell(self._tell_fetched, done, total)

    def _tell_fetched(self, done: int, total: int) -> None:
        percent = int(100 * done / max(1, total))
        for job in self.jobs.values():
            if job.status is Status.OPENING:
                words = f"Fetching the embedded model, once: {percent} % of {total / 1e6:,.0f} MB."
                job.tell(Status.OPENING, words, percent / 100)
