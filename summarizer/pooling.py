"""Many pieces of work at a time, taken one by one from an iterable of any length."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TypeVar

I = TypeVar("I")  # noqa: E741
O = TypeVar("O")  # noqa: E741


async def pooled(
    items: Iterable[I] | AsyncGenerator[I, None], work: Callable[[I], Awaitable[O]], at_a_time: int
) -> AsyncGenerator[O, None]:
    """What `work` gives for each item, as it finishes. Items are taken only when there is room for them.

    After an error of `work` or `items` nothing new is begun; it is raised when what was under way has ended.
    """
    source = items if isinstance(items, AsyncGenerator) else _stepwise(items)
    results: asyncio.Queue[O | _End] = asyncio.Queue()
    room = asyncio.Semaphore(at_a_time)
    turn = asyncio.Lock()
    first_error: Exception | asyncio.CancelledError | None = None

    async def worker() -> None:
        nonlocal first_error
        try:
            while True:
                async with turn:
                    item = await anext(source, _END) if first_error is None else _END
                # The wait for an item may have been long.
                if isinstance(item, _End) or first_error is not None:
                    break
                result = await work(item)
                await room.acquire()
                results.put_nowait(result)
        except (Exception, asyncio.CancelledError) as error:
            # `work` may have waited for something that somebody else cancelled.
            first_error = first_error or error
        finally:
            results.put_nowait(_END)

    workers = [asyncio.create_task(worker()) for _ in range(at_a_time)]
    try:
        ended = 0
        while ended < at_a_time:
            result = await results.get()
            if isinstance(result, _End):
                ended += 1
            else:
                room.release()
                yield result
        if first_error is not None:
            raise first_error
    finally:
        for task in workers:
            task.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        await source.aclose()


class _End:
    """A worker has ended."""


_END = _End()


async def _stepwise(items: Iterable[I]) -> AsyncGenerator[I, None]:
    for item in items:
        yield item
