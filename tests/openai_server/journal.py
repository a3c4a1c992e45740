"""What was asked and when, for another process to read: one line of JSON for each chat request."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any

from openai_server.items import Request

_FLUSH_S = 0.05
_MARKER = re.compile(r"\bA\d{5}\b")


class Journal:
    """Appends to a file. A line is there moments after it's known what becomes of the request.

    A line has the time at which the request came, the hash of its body, how often that body had come before,
    how many requests were in flight with it, the outcome ("served", a kind of fault, "over_limit", "status_400", …;
    "gone" when the client went away, or the function that was played failed), the markers of articles in it, and
    the batch that it's a line of.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._flushing = False

    def note(
        self, request: Request, came: float, outcome: str, *, before: int, in_flight: int, batch: str | None
    ) -> None:
        """Write a line."""
        line = {
            "time": round(came, 6),
            "decided": round(time.time(), 6),
            "body": request.digest,
            "before": before,
            "in_flight": in_flight,
            "outcome": outcome,
            "ids": markers(request),
            "batch": batch,
        }
        self._file.write(json.dumps(line) + "\n")
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_later(_FLUSH_S, self._flush)

    def _flush(self) -> None:
        self._flushing = False
        if not self._file.closed:
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def markers(request: Request) -> list[str]:
    """The distinct `A00017` in the last message of the user that has any: a reask's own words have none."""
    messages: list[Any] = request.body.get("messages") or []
    for message in reversed(messages):
        if message.get("role") == "user" and (found := _MARKER.findall(str(message.get("content")))):
            return list(dict.fromkeys(found))
    return []
