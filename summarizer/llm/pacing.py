"""How many requests may be in flight: one more for each round trip that went well, half after a 429.

Additive increase, multiplicative decrease: Chiu and Jain, Analysis of the increase and decrease algorithms for
congestion avoidance in computer networks, 1989.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass
class Slot:
    """The right to have one request in flight. `limited` says that the service answered with 429, `failed` that
    the request came to nothing for whatever reason."""

    era: int
    failed: bool = False
    limited: bool = False
    retry_after_s: float | None = None


class Pacer:
    """Gives slots in one event loop, first come first served: at most `most`, and as many as the service takes.

    A service that asks for more than `longest_pause_s` is not waited for: each request learns that by itself.
    """

    def __init__(self, most: int, *, longest_pause_s: float | None = None) -> None:
        self.most = most
        self._longest_pause_s = longest_pause_s
        self._allowed = float(most)
        self._taken = 0
        self._era = 0
        self._resume_at = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def allowed(self) -> int:
        """How many may be in flight now."""
        return int(self._allowed)

    @property
    def in_flight(self) -> int:
        """How many are."""
        return self._taken

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[Slot]:
        """A slot, once there is a free one and no pause that the service asked for."""
        await self._acquire()
        slot = Slot(self._era)
        try:
            yield slot
        except BaseException:
            self._release()
            raise
        if slot.limited:
            self._slow_down(slot)
        elif not slot.failed:
            self._allowed = min(float(self.most), self._allowed + 1 / self._allowed)
        self._release()

    async def _acquire(self) -> None:
        if not self._waiting and self._is_free():
            self._taken += 1
            return
        await self._turn(self._waiting.append)
        # A 429 may have come in between the turn's being given and taken: then it's the next one's again.
        while self._taken > self.allowed or time.monotonic() < self._resume_at:
            self._taken -= 1
            await self._turn(self._waiting.appendleft)

    async def _turn(self, queue: Callable[[asyncio.Future[None]], None]) -> None:
        waiting = asyncio.get_running_loop().create_future()
        queue(waiting)
        self._wake()
        try:
            await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled():
                self._release()
            raise

    def _release(self) -> None:
        self._taken -= 1
        self._wake()

    def _is_free(self) -> bool:
        return self._taken < self.allowed and time.monotonic() >= self._resume_at

    def _wake(self) -> None:
        while self._waiting and self._is_free():
            waiting = self._waiting.popleft()
            if not waiting.done():
                self._taken += 1
                waiting.set_result(None)
        pause_s = self._resume_at - time.monotonic()
        if self._waiting and pause_s > 0 and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(pause_s, self._after_pause)

    def _after_pause(self) -> None:
        self._timer = None
        self._wake()

    def _slow_down(self, slot: Slot) -> None:
        """Halve once for all requests that were on their way together."""
        if slot.era == self._era:
            self._era += 1
            self._allowed = max(1.0, self._allowed / 2)
        if slot.retry_after_s and (self._longest_pause_s is None or slot.retry_after_s <= self._longest_pause_s):
            self._resume_at = max(self._resume_at, time.monotonic() + slot.retry_after_s)
