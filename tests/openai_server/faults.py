"""Which requests fail, and how: decided by the request alone, so that it's the same in whatever order they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from openai_server.items import Cut, Hang, Item, Reply, Status

ALL = (
    "rate_limit",
    "server_error",
    "unavailable",
    "hang",
    "dropped",
    "cut",
    "truncated_json",
    "length",
    "empty",
    "refusal",
)
_CUT_OFF = '{"claims": [{"evidence": [1], "speakers": [{"name": "Nob'
_ITEMS: Mapping[str, Item] = {
    "server_error": Status(500),
    "unavailable": Status(503),
    "dropped": Hang(0.0),
    "cut": Cut(_CUT_OFF),
    "truncated_json": Reply(_CUT_OFF),
    "length": Reply(_CUT_OFF, finish_reason="length"),
    "empty": Reply(),
    "refusal": Reply(refusal="I can't help with that."),
}


@dataclass(frozen=True)
class FaultSchedule:
    """Lets a share of the requests fail.

    A request is known by the hash of its body and by how often that very body has come before. So a request
    that is tried again has a new chance, and a reask, whose body is longer, is another request.

    rate_limit      429 with Retry-After: `retry_after_s`
    server_error    500
    unavailable     503
    hang            silence for `hang_s`, then the connection breaks
    dropped         the connection is closed before any byte
    cut             the connection is closed in the midst of the body
    truncated_json  a completion whose answer is JSON that breaks off
    length          the same, with finish_reason length
    empty           a completion with neither content nor tool call
    refusal         a completion with a refusal

    After `most_in_a_row` faults in a row the same body is served.
    """

    share: float
    seed: int = 0
    kinds: Sequence[str] = ALL
    retry_after_s: float = 0.0
    hang_s: float = 60.0
    most_in_a_row: int | None = None

    def __post_init__(self) -> None:
        """Raises `ValueError` for a share that is none and for unknown kinds."""
        unknown = [kind for kind in self.kinds if kind not in ALL]
        if not 0 <= self.share <= 1 or unknown or not self.kinds:
            raise ValueError(f"no share of faults of these kinds: {self.share}, {unknown or list(self.kinds)}")

    def kind(self, digest: str, before: int) -> str | None:
        """How a body fails that came `before` times, or None."""
        kind = self._drawn(digest, before)
        if kind is None or self.most_in_a_row is None:
            return kind
        run = 0
        while run < before and self._drawn(digest, before - run - 1) is not None:
            run += 1
        # In a run of drawn faults every one after `most_in_a_row` of them is let off.
        return None if run % (self.most_in_a_row + 1) == self.most_in_a_row else kind

    def item(self, kind: str) -> Item:
        """What is to be played for a kind."""
        if kind == "rate_limit":
            headers = {"Retry-After": f"{self.retry_after_s:g}"}
            return Status(429, code="rate_limit_exceeded", headers=headers)
        return Hang(self.hang_s) if kind == "hang" else _ITEMS[kind]

    def _drawn(self, digest: str, before: int) -> str | None:
        drawn = blake2b(f"{self.seed}:{digest}:{before}".encode(), digest_size=16).digest()
        if int.from_bytes(drawn[:8], "big") >= self.share * 2**64:
            return None
        return self.kinds[int.from_bytes(drawn[8:], "big") % len(self.kinds)]
