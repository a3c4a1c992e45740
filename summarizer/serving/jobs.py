"""Articles that the page was asked to summarize, and what becomes of each, told as it happens."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from summarizer.models import Article, Claim

_SHOWN_CHARS = 80


class Status(StrEnum):
    """How far a job is."""

    QUEUED = "queued"
    READING = "reading"
    OPENING = "opening"
    SUMMARIZING = "summarizing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({Status.DONE, Status.FAILED, Status.CANCELLED})


@dataclass(frozen=True)
class Event:
    """Something that happened to a job. `number` counts them from 1; `claim` is there for new claims only."""

    number: int
    kind: Literal["status", "claim", "end"]
    words: str
    claim: Claim | None = None
    share: float | None = None


@dataclass(eq=False)
class Job:
    """One article to summarize: read already, or at an address.

    `again` makes a new report where there is one, in the place `key` has. Not to be used from several threads.
    """

    source: Article | str
    again: bool = False
    key: str | None = None
    id: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    status: Status = Status.QUEUED
    article: Article | None = None
    claims: list[Claim] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        if isinstance(self.source, Article):
            self.article = self.source

    @property
    def title(self) -> str:
        """What the job is called: the headline, the first words, or the address."""
        if self.article is None:
            assert isinstance(self.source, str)
            return self.source
        if self.article.title:
            return self.article.title
        words = " ".join(self.article.text[: 2 * _SHOWN_CHARS].split())
        return words if len(words) <= _SHOWN_CHARS else f"{words[:_SHOWN_CHARS].rsplit(maxsplit=1)[0]} …"

    @property
    def words(self) -> str:
        """What was said last of how far it is."""
        return next((event.words for event in reversed(self.events) if event.claim is None), "")

    @property
    def share(self) -> float | None:
        """How much of what it waits for is there, 0 to 1, where that is known."""
        return next((event.share for event in reversed(self.events) if event.claim is None), None)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ENDED

    def tell(self, status: Status, words: str, share: float | None = None) -> None:
        """Say how far it is. Nothing is said of a job that has ended, nor the same twice."""
        if self.ended or (status is self.status and words == self.words and share == self.share):
            return
        self.status = status
        self._add("end" if status in ENDED else "status", words, share=share)

    def claimed(self, claim: Claim) -> None:
        """Add a claim that was verified."""
        if not self.ended:
            self.claims.append(claim)
            self._add("claim", "", claim)

    def done(self, key: str, words: str) -> None:
        """End it with its report."""
        if not self.ended:
            self.key = key
            self.tell(Status.DONE, words)

    async def follow(self, after: int = 0) -> AsyncIterator[Event]:
        """What has happened since event `after`, then what happens, to the end."""
        while True:
            changed = self._changed
            # A number that is none of this job's is of no use.
            for event in self.events[after if 0 <= after <= len(self.events) else 0 :]:
                yield event
                after = event.number
            if self.ended and after >= len(self.events):
                return
            if changed is self._changed:
                await changed.wait()

    def _add(
        self,
        kind: Literal["status", "claim", "end"],
        words: str,
        claim: Claim | None = None,
        share: float | None = None,
    ) -> None:
        self.events.append(Event(len(self.events) + 1, kind, words, claim, share))
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
