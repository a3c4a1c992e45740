"""Requests through a service's Batch API: cheaper, and answered within a day.

Requests are collected until nothing new comes, sent as one file, and waited for. What was sent is written down
first in a `BatchLog`, so that whoever is closed meanwhile finds the replies again by asking for the same.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from summarizer.errors import ServiceError
from summarizer.llm.transport import Failure, Finished, RetryPolicy, Service, acall, failure_of, malformed

if TYPE_CHECKING:
    import openai
    from openai.types import Batch
    from openai.types.chat import ChatCompletion

MAX_REQUESTS = 50_000
MAX_BYTES = 190_000_000
_ENDPOINT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
_FIRST_POLL_SHARE = 0.1
_QUIET_S = 2.0


@dataclass(frozen=True)
class BatchReply:
    """One line of a batch's result. `status` 0 means that the request expired or was cancelled."""

    key: str
    status: int
    body: Any


class BatchLog(Protocol):
    """Remembers what was sent and what came back, over the end of the process."""

    def submitted(self, batch_id: str, keys: Iterable[str]) -> None:
        """These requests went into this batch."""

    def collected(self, batch_id: str, replies: Iterable[BatchReply]) -> None:
        """The batch has ended with these replies."""

    def pending(self) -> list[str]:
        """The batches that have not been collected."""

    def batch_of(self, key: str) -> str | None:
        """The pending batch that a request is in."""

    def reply(self, key: str) -> BatchReply | None:
        """The reply to a request, if there is one."""

    def forget_reply(self, key: str) -> None:
        """The reply is of no use: the request has to be sent again."""


@dataclass
class BatchQueue:
    """Sends what it is asked in batches. Times are in seconds: after two without a new request a batch is
    sent (after `poll_s`, if that is less), and its state is asked for every `poll_s`, at first more often.
    """

    client: openai.AsyncOpenAI
    service: Service
    policy: RetryPolicy
    log: BatchLog
    poll_s: float
    on_message: Callable[[str], None] = lambda line: None
    _waiting: dict[str, asyncio.Future[BatchReply | Failure]] = field(default_factory=dict)
    _queued: dict[str, bytes] = field(default_factory=dict)
    _queued_bytes: int = 0
    _timer: asyncio.TimerHandle | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[BatchQueue]:
        """Look after batches that an earlier process sent; at the end stop looking, not the batches."""
        for batch_id in self.log.pending():
            self.on_message(f"Going on with batch {batch_id}.")
            self._start(self._collect(batch_id))
        try:
            yield self
        finally:
            if self._timer is not None:
                self._timer.cancel()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def answer(self, body: dict[str, Any]) -> Finished:
        """The reply to a chat completion's body, after as many batches as it takes. Never raises for a failure."""
        raw = json.dumps(body, sort_keys=True, ensure_ascii=True).encode()
        key = hashlib.sha256(raw).hexdigest()[:48]
        attempts = 0
        while True:
            attempts += 1
            reply = self.log.reply(key) or await self._wait(key, raw)
            outcome = reply if isinstance(reply, Failure) else self._outcome(reply)
            if not isinstance(outcome, Failure):
                return Finished(outcome, attempts)
            self.log.forget_reply(key)
            if not outcome.retryable or attempts >= self.policy.max_attempts:
                return Finished(outcome, attempts)

    async def _wait(self, key: str, raw: bytes) -> BatchReply | Failure:
        waiting = self._waiting.get(key)
        if waiting is None:
            waiting = self._waiting[key] = asyncio.get_running_loop().create_future()
            if self.log.batch_of(key) is None:
                self._queue(key, raw)
        return await asyncio.shield(waiting)

    def _queue(self, key: str, raw: bytes) -> None:
        line = b'{"custom_id":"%s","method":"POST","url":"%s","body":%s}\n' % (key.encode(), _ENDPOINT.encode(), raw)
        if len(self._queued) >= MAX_REQUESTS or self._queued_bytes + len(line) > MAX_BYTES:
            self._submit()
        self._queued[key] = line
        self._queued_bytes += len(line)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(min(_QUIET_S, self.poll_s), self._submit)

    def _submit(self) -> None:
        queued, self._queued, self._queued_bytes = self._queued, {}, 0
        if queued:
            self._start(self._send(queued))

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, queued: dict[str, bytes]) -> None:
        async def upload() -> Any:
            file = ("requests.jsonl", b"".join(queued.values()), "application/jsonl")
            return await self.client.files.create(file=file, purpose="batch")

        async def create() -> Any:
            return await self.client.batches.create(
                input_file_id=uploaded.id, endpoint=_ENDPOINT, completion_window="24h"
            )

        uploaded = await self._asked(upload)
        batch = await self._asked(create) if not isinstance(uploaded, Failure) else uploaded
        if isinstance(batch, Failure):
            self._resolve(dict.fromkeys(queued, batch))
            return
        self.log.submitted(batch.id, queued)
        self.on_message(f"Batch {batch.id}: {len(queued):,} requests sent.")
        await self._collect(batch.id)

    async def _collect(self, batch_id: str) -> None:
        """Wait for a batch's end, and hand its replies out."""
        batch = await self._ended(batch_id)
        if isinstance(batch, Failure):
            self._postpone(batch_id, batch)
            return
        keys = [key for key in self._waiting if self.log.batch_of(key) == batch_id]
        replies: dict[str, BatchReply | Failure] = {}
        for file_id in (batch.output_file_id, batch.error_file_id):
            found = await self._lines(file_id) if file_id else []
            if isinstance(found, Failure):
                self._postpone(batch_id, found)
                return
            replies |= {reply.key: reply for reply in found}
        if batch.status == "failed":
            replies |= dict.fromkeys(keys, self._refused(batch))
        self.log.collected(batch_id, [reply for reply in replies.values() if isinstance(reply, BatchReply)])
        # What the files leave out expired or was cancelled with its batch.
        self._resolve({key: replies.get(key) or BatchReply(key, 0, None) for key in keys})

    def _postpone(self, batch_id: str, failure: Failure) -> None:
        """Fail who waits for a batch that can't be had now. It stays pending, for another run to collect."""
        keys = [key for key in self._waiting if self.log.batch_of(key) == batch_id]
        self._resolve(dict.fromkeys(keys, replace(failure, retryable=False)))

    async def _ended(self, batch_id: str) -> Batch | Failure:
        pause_s = self.poll_s * _FIRST_POLL_SHARE
        told = ""
        while True:
            batch = await self._asked(lambda: self.client.batches.retrieve(batch_id))
            if isinstance(batch, Failure):
                return batch
            counts = batch.request_counts
            state = f"{batch.status}, {counts.completed:,} of {counts.total:,}" if counts else str(batch.status)
            if state != told:
                self.on_message(f"Batch {batch_id}: {state}.")
                told = state
            if batch.status in _ENDED:
                ended: Batch = batch
                return ended
            await asyncio.sleep(pause_s)
            pause_s = min(self.poll_s, pause_s * 1.5)

    async def _lines(self, file_id: str) -> list[BatchReply] | Failure:
        content = await self._asked(lambda: self.client.files.content(file_id))
        if isinstance(content, Failure):
            return content
        return [reply for line in content.text.splitlines() if (reply := _reply(line)) is not None]

    async def _asked(self, request: Callable[[], Any]) -> Any:
        """What the service answers, after retries, or the last failure."""
        import openai

        async def attempt() -> Any:
            try:
                return await request()
            except (openai.OpenAIError, ValueError) as error:
                return failure_of(error, self.service)

        return (await acall(attempt, self.policy)).outcome

    def _outcome(self, reply: BatchReply) -> ChatCompletion | Failure:
        from openai.types.chat import ChatCompletion

        if reply.status == 0:
            return Failure(
                ServiceError,
                f"The batch at {self.service.host} ended before it came to this request.",
                "Give the same command again.",
                retryable=True,
            )
        if reply.status != 200:
            return failure_of(_status_error(reply), self.service)
        with suppress(TypeError, ValueError):
            return ChatCompletion.construct(**reply.body)
        return malformed("a line of the batch is no chat completion", self.service)

    def _refused(self, batch: Batch) -> Failure:
        errors = (batch.errors.data if batch.errors else None) or []
        said = "; ".join(dict.fromkeys(str(error.message) for error in errors[:3]))
        return Failure(
            ServiceError,
            f"{self.service.host} refused the batch: {self.service.redact(said) or 'it gave no reason'}",
            "Give the same command again, without --batch if it is refused again.",
        )

    def _resolve(self, replies: dict[str, Any]) -> None:
        for key, reply in replies.items():
            waiting = self._waiting.pop(key, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(reply)


def _reply(line: str) -> BatchReply | None:
    try:
        content = json.loads(line)
        key, response = content["custom_id"], content.get("response")
        if response:
            return BatchReply(key, int(response["status_code"]), response["body"])
        return BatchReply(key, 0, content.get("error"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _status_error(reply: BatchReply) -> Exception:
    """The exception that the client would have raised for such an answer."""
    import httpx2
    import openai

    said = reply.body.get("error", reply.body) if isinstance(reply.body, dict) else reply.body
    response = httpx2.Response(reply.status, request=httpx2.Request("POST", f"https://batch{_ENDPOINT}"))
    return openai.APIStatusError("", response=response, body=said)
