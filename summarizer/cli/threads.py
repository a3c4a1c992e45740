"""Threads that fetch and wait while a command works."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any


class Threads(ThreadPoolExecutor):
    """Threads that nobody waits for at the end: one that hangs would keep the command from ending."""

    def __init__(self, at_a_time: int) -> None:
        # Addresses that hang are not to keep others from being fetched.
        super().__init__(max(8, min(at_a_time, 64)), thread_name_prefix="summarizer")
        self._unfinished: set[Future[Any]] = set()

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Let a thread do it."""
        future = super().submit(function, *arguments, **named)
        self._unfinished.add(future)
        future.add_done_callback(self._unfinished.discard)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take nothing more."""
        super().shutdown(wait=False, cancel_futures=True)

    def leave_if_busy(self, code: int) -> None:
        """End the process with this exit code if a thread still does something; Python would wait for it."""
        if self._unfinished:
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError, ValueError):
                    stream.flush()
            os._exit(code)
