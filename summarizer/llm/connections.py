"""HTTP clients that keep to limits of size and time, whatever the service sends.

A reply is read in full before anybody looks at it: unpacked it has at most `MAX_REPLY_BYTES`, a file of the Batch
API at most `MAX_FILE_BYTES`; the read timeout of a request bounds everything from connecting to the last byte.
Imported only where a service is asked: openai takes its time.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import threading
from collections.abc import Callable, Coroutine
from functools import cache, lru_cache
from typing import Any, TypeVar

import httpx2
import openai

from summarizer.errors import ConfigurationError

MAX_REPLY_BYTES = 8 * 2**20
MAX_FILE_BYTES = 512 * 2**20
# Files take longer than the timeout, at this rate at least, in either direction.
_SLOWEST_FILE_BYTES_S = 50_000
_UNPACKED = frozenset({"content-encoding", "content-length", "transfer-encoding", "content-type"})
T = TypeVar("T")


class ReplyTooLargeError(Exception):
    """A service sends more than is read."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__(f"more than {most_bytes // 2**20} MB")


class Patient(openai.DefaultAioHttpClient):
    """For many requests: aiohttp takes half the time of httpx for one."""

    async def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        """Send and read everything, streamed or not."""
        return await _bounded(super().send, request, **options)


class Single(openai.DefaultAsyncHttpxClient):
    """For one request at a time."""

    async def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        """Send and read everything, streamed or not."""
        return await _bounded(super().send, request, **options)


class Waiting(openai.DefaultHttpxClient):
    """For whoever waits: `Single` in an event loop of its own, for only there a whole request can be timed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._single = Single(**options)

    def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        """Send and read everything, streamed or not."""
        return _waited(self._single.send(request, **options))

    def close(self) -> None:
        """Close the connections."""
        super().close()
        _waited(self._single.aclose())


def certificates() -> ssl.SSLContext:
    """What certificates are checked by: SSL_CERT_FILE, SSL_CERT_DIR, or else what the system trusts.

    Raises:
        ConfigurationError: there is nothing that could be read.
    """
    try:
        # It takes 30 ms to read them all.
        return _certificates(*map(os.environ.get, ("SSL_CERT_FILE", "SSL_CERT_DIR")))
    except OSError as error:
        raise ConfigurationError(
            "The certificates of SSL_CERT_FILE or SSL_CERT_DIR can't be read.",
            "Name a file in PEM format, or unset the variable.",
        ) from error


@lru_cache(maxsize=4)
def _certificates(file: str | None, folder: str | None) -> ssl.SSLContext:
    return httpx2.create_ssl_context()


async def _bounded(
    send: Callable[..., Coroutine[Any, Any, httpx2.Response]], request: httpx2.Request, **options: Any
) -> httpx2.Response:
    allowed_s = request.extensions.get("timeout", {}).get("read")
    is_file = request.url.path.endswith(("/files", "/content"))
    most = MAX_FILE_BYTES if is_file else MAX_REPLY_BYTES
    if is_file and allowed_s is not None:
        allowed_s += int(request.headers.get("content-length", 0)) / _SLOWEST_FILE_BYTES_S
    try:
        async with asyncio.timeout(allowed_s) as limit:
            response = await send(request, stream=True, **options)
            try:
                body = bytearray()
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > most:
                        raise ReplyTooLargeError(most)
                    if is_file and (end := limit.when()) is not None:
                        limit.reschedule(end + len(piece) / _SLOWEST_FILE_BYTES_S)
            finally:
                await response.aclose()
    except TimeoutError as error:
        raise httpx2.ReadTimeout("no answer in time", request=request) from error
    return httpx2.Response(
        response.status_code,
        headers=_headers(response.headers),
        content=bytes(body),
        request=request,
        extensions={k: v for k, v in response.extensions.items() if k in ("http_version", "reason_phrase")},
    )


def _headers(given: httpx2.Headers) -> list[tuple[str, str]]:
    kept = [(name, value) for name, value in given.multi_items() if name.lower() not in _UNPACKED]
    # A charset could be one that takes for ever (punycode), or is none (zlib).
    media_type = given.get("content-type", "").partition(";")[0].strip()
    return [*kept, ("content-type", media_type)] if media_type else kept


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="summarizer-http", daemon=True).start()
    return loop


# A forked process has the loop, but not its thread.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_loop.cache_clear)


def _waited(work: Coroutine[Any, Any, T]) -> T:
    future = asyncio.run_coroutine_threadsafe(work, _loop())
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise
