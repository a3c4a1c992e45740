"""Requests through a service's Batch API: cheaper, and answered within a day.

Requests are collected until nothing new comes, sent as one file, and waited for. What was sent is written down
first in a `BatchLog`, so that whoever is closed meanwhile finds the replies again by asking for the same.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from summarizer.errors import ModelNotFoundError, ServiceError, SummarizerError
from summarizer.llm.completions import completion_of, parsed, token_count
from summarizer.llm.secrecy import repeats
from summarizer.llm.transport import Failure, Finished, RetryPolicy, Service, acall, failure_of, malformed

if TYPE_CHECKING:
    import openai
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
_LONGEST_ID_CHARS = 200
_LONGEST_SAYING_CHARS = 2000
# A line of a batch's result is read up to the size of a reply; a file is bounded by the connection.
_LONGEST_LINE_BYTES = 8 * 2**20


@dataclass(frozen=True)
class BatchReply:
    """One line of a batch's result. `status` 0 means that the request expired or was cancelled."""

    key: str
    status: int
    body: Any


@dataclass(frozen=True)
class _Batch:
    """A batch as the service describes it; `errors` are why it refused it."""

    id: str
    status: str
    input_file: str | None = None
    output_file: str | None = None
    error_file: str | None = None
    done: int | None = None
    total: int | None = None
    errors: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """How far it is."""
        return self.status if self.done is None or self.total is None else f"{self.status}, {self.done} of {self.total}"

    @classmethod
    def of(cls, body: Any) -> _Batch | str:
        """Read a description, or say what it lacks."""
        if (batch_id := _name(body, "id")) is None or (status := _name(body, "status")) is None:
            return "it has no id, or no status"
        counts, errors = body.get("request_counts"), body.get("errors")
        counts = counts if isinstance(counts, dict) else {}
        listed = errors.get("data") if isinstance(errors, dict) else None
        return cls(
            batch_id,
            status,
            input_file=_name(body, "input_file_id"),
            output_file=_name(body, "output_file_id"),
            error_file=_name(body, "error_file_id"),
            done=token_count(counts.get("completed")),
            total=token_count(counts.get("total")),
            errors=tuple(
                str(error.get("message", ""))
                for error in (listed if isinstance(listed, list) else [])[:3]
                if isinstance(error, dict)
            ),
        )


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
        async def upload() -> bytes:
            file = ("requests.jsonl", b"".join(queued.values()), "application/jsonl")
            return (await self.client.files.with_raw_response.create(file=file, purpose="batch")).content

        batch: _Batch | Failure
        uploaded: str | Failure = await self._tried(
            upload, lambda content: _name(parsed(content), "id") or malformed("it has no id", self.service)
        )
        if isinstance(uploaded, Failure):
            batch = uploaded
        else:
            creation = asyncio.create_task(self._create(uploaded, queued))
            self._creations.add(creation)
            creation.add_done_callback(self._creations.discard)
            batch = await asyncio.shield(creation)
        if isinstance(batch, Failure):
            self._resolve(dict.fromkeys(queued, self._no_batches() if batch.model_unknown else batch))
            return
        self.on_message(f"Batch {batch.id}: {len(queued):,} requests sent.")
        self._follow(batch.id)

    async def _create(self, file_id: str, keys: Iterable[str]) -> _Batch | Failure:
        """Make a batch from a file and write it down."""
        tried = False

        async def create() -> bytes:
            nonlocal tried
            # It may have been made although the answer was lost.
            if tried and (made := await self._made_from(file_id)) is not None:
                return made
            tried = True
            created = await self.client.batches.with_raw_response.create(
                input_file_id=file_id, endpoint=_ENDPOINT, completion_window="24h"
            )
            return created.content

        batch = await self._asked_batch(create)
        if not isinstance(batch, Failure):
            self.log.submitted(batch.id, keys)
        return batch

    async def _made_from(self, file_id: str) -> bytes | None:
        import openai

        with suppress(openai.NotFoundError):
            listed = parsed((await self.client.batches.with_raw_response.list(limit=_LISTED_BATCHES)).content)
            batches = listed.get("data") if isinstance(listed, dict) else None
            for body in batches[:_LISTED_BATCHES] if isinstance(batches, list) else []:
                if isinstance(batch := _Batch.of(body), _Batch) and batch.input_file == file_id:
                    return json.dumps(body).encode()
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

    async def _replies(self, batch: _Batch) -> dict[str, BatchReply] | Failure:
        replies: dict[str, BatchReply] = {}
        for file_id in (batch.output_file, batch.error_file):
            lines = await self._lines(file_id) if file_id else []
            if isinstance(lines, Failure):
                return lines
            replies |= {reply.key: reply for reply in lines}
        return replies

    async def _ended(self, batch_id: str) -> _Batch | Failure:
        async def retrieve() -> bytes:
            return (await self.client.batches.with_raw_response.retrieve(batch_id)).content

        pause_s = self.poll_s * _FIRST_POLL_SHARE
        told = ""
        missed = 0
        while True:
            batch = await self._asked_batch(retrieve)
            if isinstance(batch, Failure):
                # In the hours that a batch takes the network may be away for a while.
                missed += 1
                if not batch.retryable or missed > _MOST_MISSED_POLLS:
                    return batch
                state = batch.message
            else:
                missed = 0
                state = self.service.redact(batch.state)
            if state != told:
                self.on_message(f"Batch {batch_id}: {state.removesuffix('.')}.")
                told = state
            if not isinstance(batch, Failure) and batch.status in _ENDED:
                return batch
            await asyncio.sleep(pause_s)
            pause_s = min(self.poll_s, pause_s * 1.5)

    async def _lines(self, file_id: str) -> list[BatchReply] | Failure:
        async def content() -> bytes:
            return (await self.client.files.content(file_id)).content

        lines: list[BatchReply] | Failure = await self._tried(content, _replies_in)
        return lines

    async def _asked_batch(self, request: Callable[[], Awaitable[bytes]]) -> _Batch | Failure:
        def read(content: bytes) -> _Batch | Failure:
            batch = _Batch.of(parsed(content))
            return malformed(batch, self.service) if isinstance(batch, str) else batch

        batch: _Batch | Failure = await self._tried(request, read)
        return batch

    async def _tried(self, request: Callable[[], Awaitable[bytes]], read: Callable[[bytes], Any]) -> Any:
        """What is read from the service's answer, after retries, or the last failure."""
        import openai

        async def attempt() -> Any:
            try:
                return read(await request())
            except (openai.OpenAIError, ValueError) as error:
                return failure_of(error, self.service)

        return (await acall(attempt, self.policy)).outcome

    def _outcome(self, reply: BatchReply) -> ChatCompletion | Failure:
        if reply.status == 0:
            return Failure(
                ServiceError,
                f"The batch at {self.service.host} ended before it came to this request.",
                "Give the same command again.",
                retryable=True,
            )
        if reply.status != 200:
            return failure_of(_status_error(reply), self.service)
        if self.service.api_key is not None and repeats(json.dumps(reply.body).encode(), self.service.api_key):
            return malformed("it repeats the key", self.service)
        completion = completion_of(reply.body)
        return malformed(completion, self.service) if isinstance(completion, str) else completion

    def _refused(self, batch: _Batch) -> Failure:
        said = "; ".join(dict.fromkeys(batch.errors))
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


def _name(body: Any, of: str) -> str | None:
    """An id or the like; what can't be one counts as absent."""
    given = body.get(of) if isinstance(body, dict) else None
    is_name = isinstance(given, str) and given.isprintable() and 0 < len(given) <= _LONGEST_ID_CHARS
    return given if is_name else None


def _replies_in(content: bytes) -> list[BatchReply]:
    return [
        reply
        for line in content.split(b"\n")
        if len(line) <= _LONGEST_LINE_BYTES and (reply := _reply(line)) is not None
    ]


def _reply(line: bytes) -> BatchReply | None:
    try:
        content = parsed(line)
        key, response = content["custom_id"], content.get("response")
        if not isinstance(key, str):
            return None
        if not response:
            return BatchReply(key, 0, _error(content.get("error")))
        status, body = int(response["status_code"]), response["body"]
        return BatchReply(key, status, _needed(body) if status == 200 else {"error": _error(body)})
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None


def _needed(body: Any) -> dict[str, Any]:
    """What is needed of a chat completion; it's kept in memory with thousands of others, and written down."""
    completion = completion_of(body)
    if isinstance(completion, str):
        return {"error": {"message": completion.removeprefix("it is an error: ")[:_LONGEST_SAYING_CHARS]}}
    return completion.model_dump(mode="json", exclude_none=True)


def _error(said: Any) -> Any:
    said = said.get("error", said) if isinstance(said, dict) else said
    if not isinstance(said, dict):
        return None if said is None else str(said)[:_LONGEST_SAYING_CHARS]
    return {n: str(said[n])[:_LONGEST_SAYING_CHARS] for n in ("message", "code", "type", "param") if said.get(n)}


def _status_error(reply: BatchReply) -> Exception:
    """The exception that the client would have raised for such an answer."""
    import httpx2
    import openai

    said = reply.body.get("error", reply.body) if isinstance(reply.body, dict) else reply.body
    response = httpx2.Response(reply.status, request=httpx2.Request("POST", f"https://batch{_ENDPOINT}"))
    return openai.APIStatusError("", response=response, body=said)
