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

from summarizer.errors import ModelNotFoundError, ServiceError, SummarizerError
from summarizer.llm.structured import defect
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
_MOST_MISSED_POLLS = 10
_QUIET_S = 2.0
_LEAVE_S = 10.0
_LISTED_BATCHES = 100


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
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    _creations: set[asyncio.Task[Any]] = field(default_factory=set)
    _followed: set[str] = field(default_factory=set)
    _broken: BaseException | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[BatchQueue]:
        """Look after batches that an earlier process sent; at the end stop looking, not the batches."""
        for batch_id in self.log.pending():
            self.on_message(f"Going on with batch {batch_id}.")
            self._follow(batch_id)
        try:
            yield self
        finally:
            if self._timer is not None:
                self._timer.cancel()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            if self._creations:
                # A batch that is made and not written down would be sent again.
                await asyncio.wait(self._creations, timeout=_LEAVE_S)

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
        if self._broken is not None:
            raise self._broken
        waiting = self._waiting.get(key)
        if waiting is None:
            batch_id = self.log.batch_of(key)
            waiting = self._waiting[key] = asyncio.get_running_loop().create_future()
            if batch_id is None:
                self._queue(key, raw)
            else:
                self._follow(batch_id)
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

    def _follow(self, batch_id: str) -> None:
        if batch_id not in self._followed:
            self._followed.add(batch_id)
            self._start(self._collect(batch_id))

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        # The log can't be written, or a bug: all who wait have to hear of it.
        if not isinstance(error, SummarizerError):
            error = ServiceError(f"The batches can't be gone on with: {type(error).__name__}: {error}.")
        self._broken = error
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(error)

    async def _send(self, queued: dict[str, bytes]) -> None:
        async def upload() -> Any:
            file = ("requests.jsonl", b"".join(queued.values()), "application/jsonl")
            return await self.client.files.create(file=file, purpose="batch")

        batch: Batch | Failure
        uploaded = await self._asked(upload, "id")
        if isinstance(uploaded, Failure):
            batch = uploaded
        else:
            creation = asyncio.create_task(self._create(uploaded.id, queued))
            self._creations.add(creation)
            creation.add_done_callback(self._creations.discard)
            batch = await asyncio.shield(creation)
        if isinstance(batch, Failure):
            self._resolve(dict.fromkeys(queued, self._no_batches() if batch.model_unknown else batch))
            return
        self.on_message(f"Batch {batch.id}: {len(queued):,} requests sent.")
        self._follow(batch.id)

    async def _create(self, file_id: str, keys: Iterable[str]) -> Batch | Failure:
        """Make a batch from a file and write it down."""
        tried = False

        async def create() -> Any:
            nonlocal tried
            # It may have been made although the answer was lost.
            if tried and (made := await self._made_from(file_id)) is not None:
                return made
            tried = True
            return await self.client.batches.create(input_file_id=file_id, endpoint=_ENDPOINT, completion_window="24h")

        batch: Batch | Failure = await self._asked(create, "id")
        if not isinstance(batch, Failure):
            self.log.submitted(batch.id, keys)
        return batch

    async def _made_from(self, file_id: str) -> Batch | None:
        import openai

        with suppress(openai.NotFoundError):
            listed = await self.client.batches.list(limit=_LISTED_BATCHES)
            return next((batch for batch in listed.data if batch.input_file_id == file_id), None)
        return None

    async def _collect(self, batch_id: str) -> None:
        """Wait for a batch's end, and hand its replies out."""
        try:
            batch = await self._ended(batch_id)
            found = batch if isinstance(batch, Failure) else await self._replies(batch)
        finally:
            self._followed.discard(batch_id)
        # From here on nothing is awaited, so that nobody can come to wait for what has just been handed out.
        keys = [key for key in self._waiting if self.log.batch_of(key) == batch_id]
        if isinstance(found, Failure):
            if not found.model_unknown or not keys:
                # It stays pending, for another run to collect.
                self._resolve(dict.fromkeys(keys, replace(found, retryable=False)))
                return
            self.on_message(f"Batch {batch_id} isn't at {self.service.host} any more: sent again.")
            found = {}
        self.log.collected(batch_id, found.values())
        refusal = self._refused(batch) if not isinstance(batch, Failure) and batch.status == "failed" else None
        # What the files leave out expired or was cancelled with its batch.
        self._resolve({key: found.get(key) or refusal or BatchReply(key, 0, None) for key in keys})

    async def _replies(self, batch: Batch) -> dict[str, BatchReply] | Failure:
        replies: dict[str, BatchReply] = {}
        for file_id in (batch.output_file_id, batch.error_file_id):
            lines = await self._lines(file_id) if file_id else []
            if isinstance(lines, Failure):
                return lines
            replies |= {reply.key: reply for reply in lines}
        return replies

    async def _ended(self, batch_id: str) -> Batch | Failure:
        pause_s = self.poll_s * _FIRST_POLL_SHARE
        told = ""
        missed = 0
        while True:
            batch: Batch | Failure = await self._asked(lambda: self.client.batches.retrieve(batch_id), "status")
            if isinstance(batch, Failure):
                # In the hours that a batch takes the network may be away for a while.
                missed += 1
                if not batch.retryable or missed > _MOST_MISSED_POLLS:
                    return batch
                state = batch.message
            else:
                missed = 0
                state = _state(batch)
            if state != told:
                self.on_message(f"Batch {batch_id}: {state.removesuffix('.')}.")
                told = state
            if not isinstance(batch, Failure) and batch.status in _ENDED:
                return batch
            await asyncio.sleep(pause_s)
            pause_s = min(self.poll_s, pause_s * 1.5)

    async def _lines(self, file_id: str) -> list[BatchReply] | Failure:
        content = await self._asked(lambda: self.client.files.content(file_id), "content")
        if isinstance(content, Failure):
            return content
        return [reply for line in content.content.split(b"\n") if (reply := _reply(line)) is not None]

    async def _asked(self, request: Callable[[], Any], needed: str) -> Any:
        """What the service answers, after retries, or the last failure. `needed` is what an answer must have."""
        import openai

        async def attempt() -> Any:
            try:
                answer = await request()
            except (openai.OpenAIError, ValueError) as error:
                return failure_of(error, self.service)
            if getattr(answer, needed, None) is None:
                return malformed(f"it has no {needed}", self.service)
            return answer

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
        problem: str | None = "a line of the batch is no chat completion"
        with suppress(TypeError, ValueError):
            completion = ChatCompletion.construct(**reply.body)
            problem = defect(completion)
            if problem is None:
                return completion
        return malformed(problem or "", self.service)

    def _refused(self, batch: Batch) -> Failure:
        errors = (batch.errors.data if batch.errors else None) or []
        said = "; ".join(dict.fromkeys(str(getattr(error, "message", "")) for error in errors[:3]))
        return Failure(
            ServiceError,
            f"{self.service.host} refused the batch: {self.service.redact(said) or 'it gave no reason'}",
            "Give the same command again, without --batch if it is refused again.",
        )

    def _no_batches(self) -> Failure:
        return Failure(
            ModelNotFoundError, f"{self.service.host} has no Batch API.", "Leave --batch out, or use another service."
        )

    def _resolve(self, replies: dict[str, Any]) -> None:
        for key, reply in replies.items():
            waiting = self._waiting.pop(key, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(reply)


def _state(batch: Batch) -> str:
    counts = batch.request_counts
    done, total = getattr(counts, "completed", None), getattr(counts, "total", None)
    return str(batch.status) if done is None or total is None else f"{batch.status}, {done} of {total}"


def _reply(line: bytes) -> BatchReply | None:
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
