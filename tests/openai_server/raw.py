"""A server that sends bytes, for replies that no library would send."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Self

Sending = Callable[[str], Iterator[bytes]]
"""What is sent to whoever asks for a path."""


class RawServer:
    """Answers each request on a connection of its own, which it closes at the end; `requests` are their heads.

    With `tls` it speaks https. What `sending` fails with is raised at the end.
    """

    def __init__(self, sending: Sending, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[str] = []
        self._sending, self._tls = sending, tls
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._closing = threading.Event()
        self._failures: list[Exception] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._closing.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()
        if self._failures and kind is None:
            raise self._failures[0]

    @property
    def port(self) -> int:
        """The port on loopback."""
        return int(self._listening.getsockname()[1])

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than the server runs."""
        self._closing.wait(seconds)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        # A client that has had enough goes away in the midst of it.
        with contextlib.suppress(OSError), connection:
            connection.settimeout(30)
            wrapped = self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
            with wrapped, wrapped.makefile("rb") as reading:
                lines = []
                while (line := reading.readline()).strip():
                    lines.append(line.decode("latin-1").rstrip())
                if not lines:
                    return
                length = next((line[15:] for line in lines if line.lower().startswith("content-length:")), "0")
                reading.read(int(length))
                self.requests.append("\n".join(lines))
                try:
                    for piece in self._sending(lines[0].split()[1]):
                        if self._closing.is_set():
                            return
                        wrapped.sendall(piece)
                except OSError:
                    raise
                except Exception as error:
                    self._failures.append(error)


def head(status: str = "200 OK", **headers: str) -> bytes:
    """A status line and headers (`content_type="…"`), with the end of the head."""
    lines = [f"HTTP/1.1 {status}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def whole(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """A reply with its length."""
    given = {"content_type": "application/json", "content_length": str(len(body))} | headers
    return head(status, **given) + body
