"""The server as tests hold it: what it is to reply, and what it was asked."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import socket
import threading
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from openai_server.batches import Batches
from openai_server.faults import FaultSchedule
from openai_server.items import Item, Play, Request, Status, outcome
from openai_server.journal import Journal
from openai_server.serving import Handler

_MOST_THREADS = 512
_BACKLOG = 1024
_LEAVE_S = 0.05
_LARGEST_BODY = 1 << 30


class OpenAIServer:
    """`models` is what /v1/models lists; with `key` every other key gets a 401 that repeats it.

    To be set at any time:
        faults           a schedule by which chats, and lines of batches, fail
        delay_s          how long each reply to a chat takes
        limit_in_flight  how many chats may be in flight; more get a 429 at once, with `limit_retry_after_s`
        batches          `hold`, `finish()` and `expire()` of the batches

    `counts` says how many chats and lines were `asked`, `served`, `over_limit`, and failed by each kind;
    `lines` says how many of those asked were lines of batches. Requests with a wrong key, or for an unknown model,
    are in no count. Without `remember` no request is kept.
    """

    def __init__(
        self,
        models: tuple[str, ...] = ("stand-in",),
        key: str | None = None,
        *,
        port: int = 0,
        remember: bool = True,
    ) -> None:
        self.models = models
        self.key = key
        self.faults: FaultSchedule | None = None
        self.delay_s = 0.0
        self.limit_in_flight: int | None = None
        self.limit_retry_after_s = 0.05
        self.counts: Counter[str] = Counter()
        self.requests: list[Request] = []
        self.most_in_flight = 0
        self.arrived = threading.Event()
        self.closing = threading.Event()
        self.batches = Batches(self)
        self.chats_in_flight = 0
        self.stopping = asyncio.Event()
        self._remember = remember
        self._in_flight = 0
        self._queue: deque[Item] = deque()
        self._faults: deque[Item] = deque()
        self._play: Play | None = None
        self._seen: Counter[str] = Counter()
        self._journal: Journal | None = None
        self._threads = ThreadPoolExecutor(_MOST_THREADS, "play")
        self._socket = socket.create_server(("127.0.0.1", port), backlog=_BACKLOG)
        self._port = int(self._socket.getsockname()[1])
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self.loop: asyncio.AbstractEventLoop | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        if self.loop is not None:
            with contextlib.suppress(RuntimeError):
                self.loop.call_soon_threadsafe(self.stopping.set)
        self._thread.join()
        self._threads.shutdown()
        if self._journal is not None:
            self._journal.close()

    @property
    def base_url(self) -> str:
        """What to give as `--base-url`."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def port(self) -> int:
        """The port on loopback."""
        return self._port

    @property
    def chats(self) -> list[Request]:
        """The requests for chat completions, in the order in which they came."""
        return [request for request in self.requests if request.path == "/v1/chat/completions"]

    def reply_with(self, *items: Item | Play) -> None:
        """Add items to play in order, or set one function that makes the reply to each request.

        The function may wait: it runs in a thread, unless it's a coroutine function or marked as `instant`.
        """
        if len(items) == 1 and callable(items[0]):
            self._play = items[0]
        else:
            self._queue.extend(item for item in items if not callable(item))

    def fail_first(self, *faults: Item) -> None:
        """Play these before whatever would be replied otherwise."""
        self._faults.extend(faults)

    def log_to(self, path: Path | str) -> None:
        """Append a line of JSON for each chat, and each line of a batch, to a file."""
        self._journal = Journal(Path(path))

    async def item_for(self, request: Request, batch: str | None = None) -> Item:
        """Count a request for a chat completion and take what is to be replied."""
        came, in_flight, before = time.time(), self.chats_in_flight, self._seen[request.digest]
        self.counts["asked"] += 1
        self.counts["lines"] += batch is not None
        over = batch is None and self.limit_in_flight is not None and in_flight > self.limit_in_flight
        # The client may go away while a function that is played waits.
        kind = "gone"
        try:
            if over:
                item, kind = self._refusal(), "over_limit"
            else:
                # Whether a request is over the limit is a matter of time, so that it must not count here.
                self._seen[request.digest] += 1
                item, kind = await self._chosen(request, before)
        finally:
            self.counts[kind] += 1
            if self._journal is not None:
                self._journal.note(request, came, kind, before=before, in_flight=in_flight, batch=batch)
        if self.delay_s and batch is None and not over:
            await asyncio.sleep(self.delay_s)
        return item

    def _refusal(self) -> Item:
        headers = {"Retry-After": f"{self.limit_retry_after_s:g}"}
        return Status(429, "too many requests in flight", "rate_limit_exceeded", headers=headers)

    async def _chosen(self, request: Request, before: int) -> tuple[Item, str]:
        if self._faults:
            item = self._faults.popleft()
        elif self.faults is not None and (kind := self.faults.kind(request.digest, before)):
            return self.faults.item(kind), kind
        elif self._play is None:
            item = self._queue.popleft() if self._queue else Status(400, "nothing left to play")
        else:
            item = await self._played(self._play, request)
        return item, outcome(item)

    async def _played(self, play: Play, request: Request) -> Item:
        if getattr(play, "instant", False) or inspect.iscoroutinefunction(play):
            played = play(request)
        else:
            played = await asyncio.get_running_loop().run_in_executor(self._threads, play, request)
        return await played if inspect.isawaitable(played) else played

    def record(self, request: Request) -> None:
        """Remember a request."""
        if self._remember:
            self.requests.append(request)
        self._in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self._in_flight)
        if not self.arrived.is_set():
            self.arrived.set()

    def finished(self) -> None:
        """Count a request as replied to."""
        self._in_flight -= 1

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        # A client that goes away is no longer in flight, whatever its reply was waiting for.
        serving = web.Server(Handler(self), request_factory=_request, handler_cancellation=True, access_log=None)
        listening = await self.loop.create_server(serving, sock=self._socket, backlog=_BACKLOG)
        self._started.set()
        await self.stopping.wait()
        listening.close()
        await serving.shutdown(_LEAVE_S)


def _request(*arguments: Any) -> web.BaseRequest:
    """A request that may be as large as a batch's file."""
    return web.BaseRequest(*arguments, asyncio.get_running_loop(), client_max_size=_LARGEST_BODY)
