"""Listening, and ending in order."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from summarizer.errors import ConfigurationError
from summarizer.serving.guarding import Names
from summarizer.serving.working import Workshop

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_GRACE_S = 3


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one.

    Raises:
        ConfigurationError: host or port can't be had.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=128)
    except socket.gaierror as error:
        raise ConfigurationError(f"There is no host {host!r}: {error.strerror}.", "Check --host.") from error
    except OSError as error:
        raise ConfigurationError(
            f"Port {port} on {host} can't be had: {(error.strerror or str(error)).lower()}.",
            "Name another with --port; --port 0 takes a free one.",
        ) from error


def is_loopback(listening: socket.socket) -> bool:
    """Whether only this machine can connect."""
    return ipaddress.ip_address(listening.getsockname()[0].partition("%")[0]).is_loopback


def names(host: str, listening: socket.socket) -> Names:
    """What the server may be called."""
    if is_loopback(listening):
        return Names(frozenset({"localhost", host.lower()}))
    return Names(frozenset({"localhost", host.lower(), socket.gethostname().lower()}), open_to_network=True)


def address(listening: socket.socket) -> str:
    """Where a browser finds it."""
    host, port = listening.getsockname()[:2]
    if ipaddress.ip_address(host.partition("%")[0]).is_unspecified:
        host = socket.gethostname()
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


class Server(uvicorn.Server):
    """Serves an application until it is told to end: then jobs end first, so that nobody waits for them."""

    def __init__(self, app: ASGIApp, workshop: Workshop, *, on_started: Callable[[], None] = lambda: None) -> None:
        # What goes wrong in the application it tells itself; the rest is what strangers send.
        for logger in ("uvicorn", "python_multipart"):
            logging.getLogger(logger).addHandler(logging.NullHandler())
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            lifespan="on",
            timeout_graceful_shutdown=_GRACE_S,
        )
        super().__init__(config)
        self._workshop, self._on_started = workshop, on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the jobs, then the connections."""
        self._workshop.stop()
        await super().shutdown(sockets)


def serve(server: Server, listening: socket.socket) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    with _as_ctrl_c(signal.SIGTERM), contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listening])


@contextlib.contextmanager
def _as_ctrl_c(number: signal.Signals) -> Iterator[None]:
    def interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(number, interrupt)
    try:
        yield
    finally:
        signal.signal(number, before)
