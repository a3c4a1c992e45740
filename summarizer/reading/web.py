"""Fetching an address, without letting it reach into private networks.

A host's name is resolved once; its addresses are checked, and the connection goes to a checked address, so
that a name can't point elsewhere between check and connection. Each redirect starts over. Proxies set in the
environment are not used: behind one, nobody here could tell where a name leads.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from summarizer.errors import FetchError

if TYPE_CHECKING:
    import httpx

MAX_REDIRECTS = 5
_REDIRECTS = {301, 302, 303, 307, 308}
_XML_TYPES = {"application/xml", "text/xml", "application/rss+xml", "application/atom+xml", "application/rdf+xml"}
_TYPES = {"text/html", "application/xhtml+xml", "text/plain", "text/markdown", "application/pdf"} | _XML_TYPES
_ACCEPT = (
    "text/html,text/plain,text/markdown;q=0.9,application/rss+xml;q=0.9,application/atom+xml;q=0.9,"
    "application/rdf+xml;q=0.9,application/xml;q=0.8,text/xml;q=0.8,application/pdf;q=0.8"
)
_SAVE_IT = "Save the article's text and pass that file."
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Set apart, which older Pythons don't know of all: protocol assignments, local NAT64, documentation, segment routing.
_SET_APART = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "64:ff9b:1::/48", "3fff::/20", "5f00::/16")))
_MOST_SHOWN = 100


@dataclass(frozen=True)
class Fetched:
    """What an address gave. `url` is the address after redirects, without credentials."""

    data: bytes
    content_type: str
    url: str


@dataclass(frozen=True)
class _Limits:
    timeout_s: float
    max_bytes: int
    is_allowed: Callable[[str], bool]


def fetch(
    address: str, *, timeout_s: float, max_bytes: int, is_allowed: Callable[[str], bool] | None = None
) -> Fetched:
    """Get a page, a text, a PDF or a feed by http or https.

    `is_allowed` says of each IP address whether to connect to it: by default, those that are `is_public`.

    `timeout_s` bounds everything from resolving the name to the last byte, `max_bytes` the body before and
    after decompression. Raises `FetchError`.
    """
    work = _within(address, _Limits(timeout_s, max_bytes, is_allowed or is_public))
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet; IPv4 wrapped in IPv6 counts as itself."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return is_public(str(ip.ipv4_mapped))
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        if ip.sixtofour or ip.teredo or ip.is_site_local:
            return False
    special = (
        ip.is_private, ip.is_loopback, ip.is_link_local, ip.is_multicast, ip.is_reserved, ip.is_unspecified
    )  # fmt: skip
    return ip.is_global and not any(special) and not any(ip in network for network in _SET_APART)


async def _within(address: str, limits: _Limits) -> Fetched:
    import httpx

    try:
        url = httpx.URL(address)
        shown = _shown(url)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise FetchError("The address isn't a valid one.", "Pass an http or https address.") from None
    try:
        async with asyncio.timeout(limits.timeout_s):
            return await _follow(url, limits)
    except (TimeoutError, httpx.TimeoutException):
        raise FetchError(
            f"{shown} didn't answer in full within {limits.timeout_s:g} seconds.",
            f"Try again later. {_SAVE_IT}",
        ) from None
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise FetchError(
            f"{shown} could not be fetched ({type(error).__name__}).",
            f"Check the address and the connection; proxies are not used. {_SAVE_IT}",
        ) from None


async def _follow(url: httpx.URL, limits: _Limits) -> Fetched:
    import httpx

    timeout = httpx.Timeout(limits.timeout_s)
    async with httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=timeout) as client:
        for _ in range(MAX_REDIRECTS + 1):
            response = await _request(client, url, limits)
            try:
                if response.status_code not in _REDIRECTS or "location" not in response.headers:
                    data = await _body(response, url, limits)
                    return Fetched(data, response.headers.get("content-type", ""), _shown(url))
                url = url.join(response.headers["location"])
            finally:
                await response.aclose()
    raise FetchError(f"The address leads through more than {MAX_REDIRECTS} redirects.", _SAVE_IT)


async def _request(client: httpx.AsyncClient, url: httpx.URL, limits: _Limits) -> httpx.Response:
    """Ask the first address of the host that takes the connection; all of them were checked."""
    import httpx

    if url.scheme not in ("http", "https") or not url.host:
        raise FetchError(f"{_shown(url)} is no http or https address.", "Pass the address of the article itself.")
    host = url.raw_host.decode("ascii")
    headers = {"Host": url.netloc.decode("ascii"), "User-Agent": _user_agent(), "Accept-Encoding": "gzip",
               "Accept": _ACCEPT}  # fmt: skip
    addresses = await _checked_addresses(host, url, limits)
    for number, address in enumerate(addresses, start=1):
        request = client.build_request(
            "GET", url.copy_with(host=address), headers=headers, extensions={"sni_hostname": host}
        )
        try:
            return await client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if number == len(addresses):
                raise
    raise FetchError(f"{host} has no address.", "Check the spelling.")


async def _checked_addresses(host: str, url: httpx.URL, limits: _Limits) -> list[str]:
    loop = asyncio.get_running_loop()
    port = url.port or (443 if url.scheme == "https" else 80)
    host_shown = host if len(host) <= _MOST_SHOWN else f"{host[:_MOST_SHOWN]}…"
    if port > 65_535:
        raise FetchError(f"{host_shown} has no port {port}.", "Check the spelling.")
    try:
        found = await loop.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise FetchError(
            f"The host {host_shown} can't be found.", f"Check the spelling and the connection. {_SAVE_IT}"
        ) from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not all(limits.is_allowed(address) for address in addresses):
        raise FetchError(
            f"{host} is on a private network, which articles are not fetched from.",
            f"Allow private addresses if you trust it. {_SAVE_IT}",
        )
    return addresses


async def _body(response: httpx.Response, url: httpx.URL, limits: _Limits) -> bytes:
    _check_head(response, url, limits)
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", ""):
        raise FetchError(f"{_shown(url)} is compressed in an unexpected way ({_word(encoding)}).", _SAVE_IT)
    unpack = zlib.decompressobj(wbits=31) if "gzip" in encoding else None
    body = bytearray()
    received = 0
    async for chunk in response.aiter_raw():
        received += len(chunk)
        room = limits.max_bytes + 1 - len(body)
        try:
            body += unpack.decompress(chunk, room) if unpack else chunk
        except zlib.error:
            raise FetchError(f"{_shown(url)} is damaged: its compression is broken.", "Try again later.") from None
        if max(len(body), received) > limits.max_bytes:
            raise _too_large(url, limits)
    if unpack and not unpack.eof:
        raise FetchError(f"{_shown(url)} was cut off.", "Try again.")
    return bytes(body)


def _check_head(response: httpx.Response, url: httpx.URL, limits: _Limits) -> None:
    status = response.status_code
    if status != 200:
        raise FetchError(f"{_shown(url)} answered with HTTP {status}.", _what_to_do(status))
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _TYPES:
        raise FetchError(
            f"{_shown(url)} is {_word(kind) or 'of no stated type'}, not a page, a text, a PDF or a feed.",
            "Pass the address of an HTML page, a text, a PDF or a feed, or download it and convert it to text.",
        )
    length = response.headers.get("content-length", "")
    if length.isdigit() and int(length) > limits.max_bytes:
        raise _too_large(url, limits)


def _what_to_do(status: int) -> str:
    if status in (401, 402, 403, 407, 451):
        return f"The site doesn't give it to programs or without a login. {_SAVE_IT}"
    if status in (404, 410):
        return "Check the address; the article may have been taken down."
    if status == 429 or status >= 500:
        return f"Try again later. {_SAVE_IT}"
    return _SAVE_IT


def _too_large(url: httpx.URL, limits: _Limits) -> FetchError:
    return FetchError(f"{_shown(url)} is larger than {limits.max_bytes:,} bytes.", _SAVE_IT)


def _shown(url: httpx.URL) -> str:
    """The address without user name, password and fragment: it goes into messages and reports."""
    return str(url.copy_with(userinfo=b"", fragment=None))


def _word(header: str) -> str:
    """What a server says, for messages: nothing in it acts on a terminal."""
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in header[:_MOST_SHOWN])


def _user_agent() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"summarizer/{version('summarizer')}"
    except PackageNotFoundError:
        return "summarizer"
