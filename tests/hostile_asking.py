"""Asks hostile services, in a process of its own: says for each how it ended, and how much memory it took.

Reads a list of ways and addresses (JSON) from stdin and writes one line of JSON for each. With "together" all are
asked at the same time.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from summarizer.errors import ModelError
from summarizer.llm.base import Message, StructuredRequest
from summarizer.llm.batching import BatchReply
from summarizer.llm.client import OpenAIModel, offered_models

KEY = "sk-planted-4f9aQ7zW1xY8"
WAYS = ("sync", "async", "pooled", "models", "batch_state", "batch_file")


class Number(BaseModel):
    """A number."""

    number: int


REQUEST = StructuredRequest((Message("user", "How many?"),), Number, max_reasks=0)


class NoLog:
    """A log of batches that forgets what nobody asks for."""

    def __init__(self) -> None:
        self._batch: dict[str, str] = {}
        self._replies: dict[str, BatchReply] = {}

    def submitted(self, batch_id: str, keys: Iterable[str]) -> None:
        self._batch |= dict.fromkeys(keys, batch_id)

    def collected(self, batch_id: str, replies: Iterable[BatchReply]) -> None:
        self._batch.clear()
        self._replies |= {reply.key: reply for reply in replies}

    def pending(self) -> list[str]:
        return []

    def batch_of(self, key: str) -> str | None:
        return self._batch.get(key)

    def reply(self, key: str) -> BatchReply | None:
        return self._replies.get(key)

    def forget_reply(self, key: str) -> None:
        self._replies.pop(key, None)


def ask(way: str, base_url: str, request: StructuredRequest[Any] = REQUEST, **options: Any) -> Any:
    """Ask in one of the ways; gives the reply, or the models."""
    if way == "models":
        return offered_models(base_url, SecretStr(KEY), timeout_s=options.get("timeout_s", 10.0))
    settings: dict[str, Any] = {"max_attempts": 1, "timeout_s": 20.0, "mode": "json_schema"} | options
    model = OpenAIModel("openai/m", model_id="m", api_key=SecretStr(KEY), base_url=base_url, **settings)
    try:
        if way == "sync":
            return model.ask(request)
        return asyncio.run(_asked(model, way, request))
    finally:
        model.close()


async def _asked(model: OpenAIModel, way: str, request: StructuredRequest[Any]) -> Any:
    if way == "async":
        return await model.aask(request)
    if way == "pooled":
        async with model.many(2):
            return await model.aask(request)
    async with model.batched(NoLog(), lambda _: None, poll_s=0.01):
        return await model.aask(request)


def tried(way: str, base_url: str, timeout_s: float) -> dict[str, Any]:
    """What came of it."""
    before = _memory_mb("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    started = time.monotonic()
    try:
        ask(way, base_url, timeout_s=timeout_s)
        kind, said = "nothing", ""
    except ModelError as error:
        kind, said = "ModelError", str(error)
    except BaseException as error:
        kind, said = type(error).__name__, repr(error)
    return {
        "kind": kind,
        "said": said[:2000],
        "length": len(said),
        "seconds": time.monotonic() - started,
        "mb": _memory_mb("VmHWM") - before,
    }


def _memory_mb(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


def main() -> None:
    """Everything."""
    given = json.load(sys.stdin)
    tried("sync", f"{given['warm']}", 10.0)
    if given["together"]:
        with ThreadPoolExecutor(64) as threads:
            results = threads.map(lambda pair: tried(*pair, given["timeout_s"]), given["pairs"])
            for result in results:
                print(json.dumps(result), flush=True)
        return
    for pair in given["pairs"]:
        print(json.dumps(tried(*pair, given["timeout_s"])), flush=True)


if __name__ == "__main__":
    main()
