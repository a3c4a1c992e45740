"""What runs on the cluster's machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from summarizer.distributed.rows import done_row, failed_row, outcome_schema, read_row
from summarizer.errors import InputError
from summarizer.pipeline import CERTAIN, Summarizer

if TYPE_CHECKING:
    import pyarrow as pa

_STOPPED = "stopped"
_STOPPING_COLUMNS = ("status", "error_type", "error_message")


class Worker:
    """What runs in a Ray actor: rows of `row_schema` in, rows of `outcome_schema` out, in the same order."""

    def __init__(self, settings: Mapping[str, Any], concurrency: int) -> None:
        self._settings, self._concurrency = settings, concurrency
        self._summarizer: Summarizer | None = None

    def __call__(self, batch: pa.Table) -> pa.Table:
        import asyncio

        import pyarrow as pa

        try:
            outcomes = asyncio.run(self._outcomes(batch.to_pylist()))
        except CERTAIN as error:
            # As a row, since Ray passes exceptions on without their causes.
            outcomes = [failed_row("", error, None) | {"status": _STOPPED}]
        return pa.Table.from_pylist(outcomes, schema=outcome_schema())

    async def _outcomes(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Raises what stops the run."""
        import asyncio

        if self._summarizer is None:
            self._summarizer = Summarizer(**self._settings)
        async with self._summarizer.many(self._concurrency) as at_a_time:
            slots = asyncio.Semaphore(at_a_time)

            async def outcome(row: Mapping[str, Any]) -> dict[str, Any]:
                async with slots:
                    return await self._outcome(row)

            return await asyncio.gather(*map(outcome, rows))

    async def _outcome(self, row: Mapping[str, Any]) -> dict[str, Any]:
        assert self._summarizer is not None
        source, article = read_row(row)
        try:
            if isinstance(article, InputError):
                raise article
            return done_row(source, await self._summarizer.asummarize(article))
        except CERTAIN:
            raise
        except Exception as error:
            return failed_row(source, error, None if isinstance(article, InputError) else article)


def check_going_on(outcomes: pa.Table) -> None:
    """Raise the error that stops the run, if a worker met one."""
    for status, kind, message in zip(*(outcomes[c].to_pylist() for c in _STOPPING_COLUMNS), strict=True):
        if status == _STOPPED:
            raise next(error for error in CERTAIN if error.type == kind)(message)
