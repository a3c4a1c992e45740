"""Who is let in: this page's own requests, under names that are this server's. Everything else is refused.

A page of another origin can make a browser send requests here, but can't set their `Origin` and `Sec-Fetch-Site`.
A name that somebody else points at this machine comes in the `Host` header.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CLOSED_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The Content-Security-Policy of what needs nothing: data, streams, messages of the guard."""
_HEADERS = {
    "Content-Security-Policy": CLOSED_POLICY,
    "X-Content-Type-Options": "nosniff",
    # With `no-referrer` browsers leave the origin out of forms, and that is what tells whose they are.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HOST = re.compile(r"(?:\[(?P<ip6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9_.-]+))(?::[0-9]{1,5})?")
_DRAINED_BYTES = 64_000_000

Refused = Callable[["Scope", int, str], "ASGIApp"]


@dataclass(frozen=True)
class Names:
    """The names that this server answers to. `open_to_network`: any IP address as well, whose it may be."""

    names: frozenset[str] = frozenset({"localhost"})
    open_to_network: bool = False

    def have(self, host: str) -> bool:
        """Whether a `Host` header names this server. A name can be pointed anywhere by its owner, a number can't."""
        match = _HOST.fullmatch(host.lower())
        if match is None:
            return False
        name = match["ip6"] or match["name"]
        if name in self.names:
            return True
        try:
            number = ipaddress.ip_address(name)
        except ValueError:
            return False
        return self.open_to_network or number.is_loopback


def refusal(method: str, headers: Mapping[str, str], names: Names) -> tuple[int, str] | None:
    """Why a request isn't let in, as HTTP status and words; None when it is. Header names are in lower case."""
    host = headers.get("host", "")
    if not names.have(host):
        return 421, "This server doesn't have that name. Use the address that it said when it started."
    reads = method in ("GET", "HEAD")
    origin = headers.get("origin")
    is_own = origin is not None and origin.lower() == f"http://{host.lower()}"
    if not is_own and (origin is not None or not reads):
        return 403, "Only this server's own pages may ask for that."
    site = headers.get("sec-fetch-site", "same-origin")
    # A link may lead here: it changes nothing, and who set it sees nothing of the page.
    followed = reads and headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    if site not in ("same-origin", "none") and not followed:
        return 403, "Only this server's own pages may ask for that."
    return None


class Guard:
    """Around an application: refuses what doesn't belong here and bodies that are too large, and adds headers."""

    def __init__(
        self,
        app: ASGIApp,
        names: Names,
        *,
        max_bytes: int,
        refused: Refused,
        on_fault: Callable[[BaseException], None],
    ) -> None:
        """`refused` makes the response to a refused request, from its scope, status and words.

        `on_fault` gets what went wrong in the program. The application has answered by then.
        """
        self._app, self._names, self._max_bytes, self._refused = app, names, max_bytes, refused
        self._on_fault = on_fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] not in ("lifespan", "http"):
            return
        try:
            await (self._app(scope, receive, send) if scope["type"] == "lifespan" else self._let(scope, receive, send))
        except Exception as error:
            if not _is_departure(error):
                self._on_fault(error)
            if scope["type"] == "lifespan":
                raise

    async def _let(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem, length = _looked_at(scope, self._names)
        guarded = _with_headers(send)
        if problem is None and length > self._max_bytes:
            problem = 413, f"That is larger than {self._max_bytes:,} bytes. Give one article, not a collection."
            await _drain(receive, length)
        if problem is not None:
            await self._refused(scope, *problem)(scope, receive, guarded)
            return
        await self._app(scope, _limited(receive, self._max_bytes), guarded)


def _looked_at(scope: Scope, names: Names) -> tuple[tuple[int, str] | None, int]:
    """Why the request is refused, and how long its body says it is."""
    pairs = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
    headers = dict(pairs)
    singles = [name for name, _ in pairs if name in ("host", "origin", "sec-fetch-site", "content-length")]
    if len(singles) != len(set(singles)):
        return (400, "A header is there twice."), 0
    length = headers.get("content-length", "0")
    return refusal(scope["method"], headers, names), int(length) if length.isdecimal() else 0


def _is_departure(error: Exception) -> bool:
    """Whether who asked has gone while still sending."""
    from starlette.requests import ClientDisconnect

    return isinstance(error, ClientDisconnect)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = list(message.get("headers", ()))
            there = {name.lower() for name, _ in given}
            more = [(n.lower().encode(), v.encode()) for n, v in _HEADERS.items() if n.lower().encode() not in there]
            message = {**message, "headers": given + more}
        await send(message)

    return sending


def _limited(receive: Receive, max_bytes: int) -> Receive:
    """A body that didn't say how long it is ends where it is too long."""
    from starlette.exceptions import HTTPException

    came = 0

    async def receiving() -> Message:
        nonlocal came
        message = await receive()
        came += len(message.get("body", b""))
        if came > max_bytes:
            raise HTTPException(413, f"That is larger than {max_bytes:,} bytes.")
        return message

    return receiving


async def _drain(receive: Receive, length: int) -> None:
    """Read what is sent, within reason: a browser that is cut off in its sending shows no answer."""
    if length > _DRAINED_BYTES:
        return
    while (message := await receive())["type"] == "http.request" and message.get("more_body"):
        pass
