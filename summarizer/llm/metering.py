"""What requests have taken so far, and the limits that stop more of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field

from summarizer.errors import LimitReachedError, ModelError
from summarizer.llm.base import Reply
from summarizer.models import Usage


@dataclass(frozen=True)
class Limits:
    """What a run may take. `deadline_s` are seconds from its start."""

    max_cost_usd: float | None = None
    max_tokens: int | None = None
    deadline_s: float | None = None


@dataclass
class Meter:
    """Adds up what replies took, and refuses further requests once a limit is reached.

    Requests in flight count as much as one took on average, so that many at a time overshoot a limit little.
    At the start nothing is known of that: `turns` says how many may be admitted at a time.
    """

    limits: Limits = field(default_factory=Limits)
    started: float = field(default_factory=time.monotonic)
    usage: Usage = field(default_factory=Usage)
    answered: int = 0
    in_flight: int = 0
    turns: asyncio.Semaphore | None = None

    @property
    def left_s(self) -> float | None:
        """Seconds to the deadline, if there is one."""
        deadline_s = self.limits.deadline_s
        return None if deadline_s is None else max(0.0, self.started + deadline_s - time.monotonic())

    @contextmanager
    def request(self) -> Iterator[list[Reply]]:
        """Around a request: put its reply into the list.

        Raises:
            LimitReachedError: it may not be sent.
        """
        self._admit()
        self.in_flight += 1
        replies: list[Reply] = []
        try:
            yield replies
        except ModelError as error:
            self._add(error.usage or Usage())
            raise
        finally:
            self.in_flight -= 1
            for reply in replies:
                self._add(reply.usage)

    @asynccontextmanager
    async def arequest(self) -> AsyncIterator[list[Reply]]:
        """As `request`, once it's its turn."""
        async with self.turns or nullcontext():
            with self.request() as replies:
                yield replies

    def _add(self, usage: Usage) -> None:
        self.usage += usage
        self.answered += 1

    def _admit(self) -> None:
        limits = self.limits
        if self.left_s == 0.0:
            raise LimitReachedError(f"The deadline of {limits.deadline_s:g} s is over.")
        share = 1 + self.in_flight / max(1, self.answered)
        tokens = self.usage.input_tokens + self.usage.output_tokens
        if limits.max_tokens is not None and tokens * share >= limits.max_tokens:
            raise LimitReachedError(f"The limit of {limits.max_tokens:,} tokens is reached: {tokens:,} were used.")
        if limits.max_cost_usd is None or not self.usage.requests:
            return
        if self.usage.cost_usd is None:
            raise LimitReachedError("The service doesn't say how many tokens it used, so the cost isn't known.")
        if self.usage.cost_usd * share >= limits.max_cost_usd:
            raise LimitReachedError(
                f"The limit of ${limits.max_cost_usd:g} is reached: ${self.usage.cost_usd:.4f} were spent."
            )
