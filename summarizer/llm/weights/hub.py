"""The file from a Hugging Face hub over HTTP, going on where the connection broke."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from summarizer.llm.weights.catalogue import ModelFile, SourceError, hub_endpoint
from summarizer.llm.weights.partial import PartialFile

if TYPE_CHECKING:
    import httpx

_CONNECT_SECONDS = 10.0
_SILENCE_SECONDS = 60.0
_MAX_STALLS = 4


def fetch_from_hub(model: ModelFile, partial: PartialFile, on_bytes: Callable[[int], None]) -> None:
    """Append what is missing. `on_bytes` gets the number of bytes that are there.

    A connection that breaks is taken up again as long as that brings bytes, and a few times more; a hub that
    doesn't answer at first isn't asked twice. Raises `SourceError` with the reason.
    """
    import httpx

    url = f"{hub_endpoint()}/{model.hub_repo}/resolve/main/{model.hub_file}"
    answered, stalls = False, 0
    with httpx.Client(
        timeout=httpx.Timeout(_SILENCE_SECONDS, connect=_CONNECT_SECONDS),
        follow_redirects=True,
        headers={"Accept-Encoding": "identity"},
    ) as client:
        while partial.next_part:
            before = partial.length
            reason = _stream(client, url, partial, on_bytes)
            if partial.length > before:
                answered, stalls = True, 0
                continue
            stalls += 1
            if not answered or stalls > _MAX_STALLS:
                raise SourceError(f"{url}: {reason}")
            time.sleep(2**stalls)


def _stream(client: httpx.Client, url: str, partial: PartialFile, on_bytes: Callable[[int], None]) -> str:
    """One request for all that is missing. Returns why it ended. Raises `SourceError` if asking again is
    useless."""
    import httpx

    start = partial.length
    try:
        with client.stream("GET", url, headers={"Range": f"bytes={start}-"} if start else {}) as response:
            if response.status_code == httpx.codes.TOO_MANY_REQUESTS or response.is_server_error:
                return f"HTTP status {response.status_code}"
            skip = _bytes_to_skip(response, start, partial.size_bytes)
            for chunk in response.iter_raw():
                partial.feed(chunk[skip:])
                skip = max(0, skip - len(chunk))
                on_bytes(min(partial.length, partial.size_bytes))
                if partial.next_part is None:
                    return "complete"
            return "the answer ended too early"
    except httpx.TransportError as error:
        return f"{type(error).__name__}: {error}"
    except (httpx.HTTPError, httpx.InvalidURL, SourceError) as error:
        raise SourceError(f"{url}: {error}") from error


def _bytes_to_skip(response: httpx.Response, start: int, size: int) -> int:
    """How many bytes of the answer come before `start`: all of them where the hub ignores ranges."""
    if response.status_code == 200:
        length = response.headers.get("Content-Length", str(size))
        if length != str(size):
            raise SourceError(f"the file there has {length} bytes instead of {size}")
        return start
    if response.status_code != 206:
        raise SourceError(f"HTTP status {response.status_code}")
    content_range = response.headers.get("Content-Range", "")
    match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", content_range)
    if match is None or int(match[1]) != start or match[2] not in ("*", str(size)):
        raise SourceError(f"it answered with the wrong range ({content_range or 'none'})")
    return 0
