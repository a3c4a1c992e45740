"""The batches endpoint: a batch goes one step on whenever it's asked after."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from openai_server.batch_input import Line, read_lines
from openai_server.files import Files
from openai_server.items import Cut, Hang, Item, Raw, Reply, Request, Status, completion, digest, error

if TYPE_CHECKING:
    from openai_server.server import OpenAIServer

ENDPOINTS = ("/v1/chat/completions",)
FINAL = ("completed", "failed", "expired", "cancelled")
_LARGEST_PAGE = 100
_EXPIRED = "This request could not be executed before the completion window expired."
_DAY_S = 24 * 60 * 60
_TIMES = ("in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled")


@dataclass
class Batch:
    """A batch and how far it has come."""

    id: str
    creator: Request
    created_at: int
    status: str = "validating"
    times: dict[str, int] = field(default_factory=dict)
    errors: list[dict[str, Any]] | None = None
    lines: list[Line] = field(default_factory=list)
    output: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    has_expired: bool = False
    files: dict[str, str] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def go(self, status: str) -> None:
        """Take a status and note the time."""
        self.status = status
        self.times[f"{status}_at"] = int(time.time())

    def described(self) -> dict[str, Any]:
        """As the API describes it."""
        given = self.creator.body
        return {
            "id": self.id,
            "object": "batch",
            "endpoint": given["endpoint"],
            "model": self.lines[0].body["model"] if self.lines else None,
            "errors": None if self.errors is None else {"object": "list", "data": self.errors},
            "input_file_id": given["input_file_id"],
            "completion_window": given["completion_window"],
            "status": self.status,
            "output_file_id": self.files.get("output"),
            "error_file_id": self.files.get("error"),
            "created_at": self.created_at,
            "expires_at": self.created_at + _DAY_S,
            **{f"{name}_at": self.times.get(f"{name}_at") for name in _TIMES},
            "request_counts": {
                "total": len(self.lines),
                "completed": len(self.output),
                "failed": len(self.failed),
            },
            "usage": self._usage(),
            "metadata": given.get("metadata"),
        }

    def _usage(self) -> dict[str, Any]:
        usages = [line["response"]["body"].get("usage") or {} for line in self.output]
        read, written = (sum(u.get(f"{name}_tokens", 0) for u in usages) for name in ("prompt", "completion"))
        return {
            "input_tokens": read,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": written,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": read + written,
        }


class Batches:
    """All batches. Each time one is retrieved it goes a step on, from validating to its end.

    Its lines are answered as it leaves in_progress, one after the other, by what answers chats too. A connection
    can't break in a batch: such a fault is an error 500 there.
    """

    def __init__(self, server: OpenAIServer) -> None:
        self.hold = False
        """While it's set, no batch goes on by being retrieved."""
        self.files = Files()
        self.all: dict[str, Batch] = {}
        self._server = server
        self._numbers = itertools.count(1)
        self._expiries: deque[tuple[float, Collection[str] | None]] = deque()

    def finish(self, batch_id: str | None = None) -> None:
        """Bring a batch, or all of them, to its end, held or not. Not to be called by a function that is played."""
        loop = self._server.loop
        assert loop is not None, "the server must run"
        ids = list(self.all) if batch_id is None else [batch_id]
        asyncio.run_coroutine_threadsafe(self._finish(ids), loop).result()

    def expire(self, share: float = 1.0, ids: Collection[str] | None = None) -> None:
        """Let lines of the next batch expire that comes to be answered: those with these custom ids, or a share.

        Called several times, it's for as many batches. So what is sent again in another batch is answered.
        """
        self._expiries.append((share, ids))

    def create(self, request: Request) -> dict[str, Any] | Status:
        """Start a batch."""
        given = request.body if isinstance(request.body, dict) else {}
        stored = self.files.stored.get(str(given.get("input_file_id")))
        if stored is None or stored.purpose != "batch":
            return Status(400, "No such File object for a batch", "invalid_request", "input_file_id")
        if given.get("endpoint") not in ENDPOINTS:
            return Status(400, f"Use one of: {', '.join(ENDPOINTS)}", "invalid_value", "endpoint")
        if given.get("completion_window") != "24h":
            return Status(400, "Use 24h", "invalid_value", "completion_window")
        batch = Batch(f"batch_{next(self._numbers):06d}", request, int(time.time()))
        self.all[batch.id] = batch
        return batch.described()

    def listed(self, after: str | None, limit: str) -> dict[str, Any] | Status:
        """A page of batches, the newest first."""
        if not limit.isdecimal() or not 1 <= int(limit) <= _LARGEST_PAGE:
            return Status(400, f"limit must be 1 to {_LARGEST_PAGE}", param="limit")
        ids = list(reversed(self.all))
        if after is not None and after not in self.all:
            return _unknown(after)
        left = ids[ids.index(after) + 1 :] if after is not None else ids
        page = left[: int(limit)]
        return {
            "object": "list",
            "data": [self.all[batch_id].described() for batch_id in page],
            "first_id": page[0] if page else None,
            "last_id": page[-1] if page else None,
            "has_more": len(left) > len(page),
        }

    async def retrieve(self, batch_id: str) -> dict[str, Any] | Status:
        """A batch, one step further on."""
        batch = self.all.get(batch_id)
        if batch is None:
            return _unknown(batch_id)
        if not self.hold:
            # A client that doesn't wait for the end of a step must not break it off.
            await asyncio.shield(asyncio.ensure_future(self._locked_step(batch)))
        return batch.described()

    async def cancel(self, batch_id: str) -> dict[str, Any] | Status:
        """Begin to cancel a batch; it's cancelled at the next step, with what was answered until now."""
        batch = self.all.get(batch_id)
        if batch is None:
            return _unknown(batch_id)
        async with batch.lock:
            if batch.status in FINAL:
                return Status(409, f"Cannot cancel a batch with status '{batch.status}'.")
            if batch.status != "cancelling":
                batch.go("cancelling")
            return batch.described()

    async def _finish(self, ids: list[str]) -> None:
        for batch_id in ids:
            batch = self.all[batch_id]
            async with batch.lock:
                while batch.status not in FINAL:
                    await self._step(batch)

    async def _locked_step(self, batch: Batch) -> None:
        async with batch.lock:
            await self._step(batch)

    async def _step(self, batch: Batch) -> None:
        match batch.status:
            case "validating":
                stored = self.files.stored.get(batch.creator.body["input_file_id"])
                content = b"" if stored is None else stored.content
                lines, errors = read_lines(content, batch.creator.body["endpoint"], self._server.models)
                batch.lines, batch.errors = ([], errors) if errors else (lines, None)
                batch.go("failed" if errors else "in_progress")
            case "in_progress":
                await self._answer(batch)
                batch.go("finalizing")
            case "finalizing":
                self._store(batch)
                batch.go("expired" if batch.has_expired else "completed")
            case "cancelling":
                self._store(batch)
                batch.go("cancelled")

    async def _answer(self, batch: Batch) -> None:
        expiring = self._expiring(batch)
        batch.has_expired = bool(expiring)
        batch.output, batch.failed = [], []
        for number, line in enumerate(batch.lines, start=1):
            answered: dict[str, Any] = {"id": f"batch_req_{batch.id[6:]}_{number}", "custom_id": line.custom_id}
            if line.custom_id in expiring:
                answered |= {"response": None, "error": {"code": "batch_expired", "message": _EXPIRED}}
                batch.failed.append(answered)
                continue
            raw = json.dumps(line.body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
            request = Request("POST", line.url, batch.creator.headers, line.body, digest(raw))
            status, body = _played(request, await self._server.item_for(request, batch.id))
            response = {"status_code": status, "request_id": f"req_{batch.id[6:]}_{number}", "body": body}
            answered |= {"response": response, "error": None}
            (batch.failed if status >= 400 else batch.output).append(answered)
            # A long batch must not keep others waiting.
            await asyncio.sleep(0)

    def _expiring(self, batch: Batch) -> frozenset[str]:
        if not self._expiries:
            return frozenset()
        share, ids = self._expiries.popleft()
        if ids is not None:
            return frozenset(ids) & {line.custom_id for line in batch.lines}
        drawn = sorted((line.custom_id for line in batch.lines), key=lambda c: blake2b(c.encode()).digest())
        return frozenset(drawn[: round(share * len(drawn))])

    def _store(self, batch: Batch) -> None:
        for kind, lines in (("output", batch.output), ("error", batch.failed)):
            if lines:
                content = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
                batch.files[kind] = self.files.add(f"{batch.id}_{kind}.jsonl", "batch_output", content).id


def _played(request: Request, item: Item) -> tuple[int, Any]:
    """Status code and body of a line's response."""
    match item:
        case Raw():
            try:
                return item.status, json.loads(item.body)
            except ValueError:
                item = Status(500)
        case Cut() | Hang():
            item = Status(500)
    match item:
        case Status():
            return item.status, error(item, request)
        case Reply():
            return 200, completion(request, item)
    return 200, completion(request, Reply(item))


def _unknown(batch_id: str) -> Status:
    return Status(404, f"No batch found with id '{batch_id}'.")
