"""Web servers that mean harm: nothing private is fetched, and no answer is read or waited for without end."""

from __future__ import annotations

import gzip
import io
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from summarizer.errors import FetchError, InputError
from summarizer.reading import Item, items, read_source
from summarizer.reading.web import Fetched, fetch, is_public

TEXT = "Der Minister sagte am Montag, die Zusagen für die Ukraine seien noch nicht beschlossen."
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIP = OK + b"Content-Encoding: gzip\r\n\r\n"
Answer = Callable[[socket.socket, bytes], None]


@contextmanager
def answering(answer: Answer) -> Iterator[tuple[int, list[bytes]]]:
    """A server that answers each connection in its own way: its port, and the requests that it has seen."""
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                connection.settimeout(20)
                seen.append(request := connection.recv(65536))
                answer(connection, request)

        def listen() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=listen, daemon=True).start()
        yield listening.getsockname()[1], seen
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


def saying(data: bytes) -> Answer:
    return lambda connection, _: connection.sendall(data)


def endless(opening: bytes, piece: bytes) -> Answer:
    def answer(connection: socket.socket, _: bytes) -> None:
        connection.sendall(opening)
        while True:
            connection.sendall(piece)

    return answer


def silent(connection: socket.socket, _: bytes) -> None:
    connection.recv(1)


def own_or_public(ip: str) -> bool:
    return ip == "127.0.0.1" or is_public(ip)


def fetched(port: int, *, scheme: str = "http", timeout_s: float = 20.0) -> Fetched:
    return fetch(f"{scheme}://127.0.0.1:{port}/", timeout_s=timeout_s, max_bytes=100_000, is_allowed=own_or_public)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 100), "could not be fetched"),
        (endless(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 1000), "could not be fetched"),
        (endless(b"HTTP/1.1 200 ", b"y" * 1000), "could not be fetched"),
        (endless(CHUNKED + b"1;", b"a" * 1000), "could not be fetched"),
        (endless(CHUNKED + b"0\r\n", b"X: y\r\n" * 100), "could not be fetched"),
        (endless(CHUNKED, b"1000\r\n" + b"a" * 0x1000 + b"\r\n"), "larger than 100,000 bytes"),
        (endless(OK + b"\r\n", b"a" * 1000), "larger than 100,000 bytes"),
        (endless(GZIP, gzip.compress(b"a" * 10_000_000)), "larger than 100,000 bytes"),
        (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), r"within 0\.5 seconds"),
        (endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 50), r"within 0\.5 seconds"),
        (silent, r"within 0\.5 seconds"),
    ],
    ids=[
        "headers",
        "header",
        "status",
        "extension",
        "trailers",
        "chunks",
        "body",
        "packed",
        "continue",
        "hints",
        "silence",
    ],
)
def test_answers_without_end(answer: Answer, words: str) -> None:
    """An answer that never ends, or never begins."""
    with answering(answer) as (port, _), pytest.raises(FetchError, match=words):
        fetched(port, timeout_s=0.5 if "within" in words else 20.0)


def test_a_silent_handshake() -> None:
    """A server that never ends the TLS handshake."""
    with answering(silent) as (port, _), pytest.raises(FetchError, match=r"within 0\.5 seconds"):
        fetched(port, scheme="https", timeout_s=0.5)


@pytest.mark.parametrize(
    "data",
    [
        OK + b"Content-Length: 100\r\n\r\nhello",
        OK + b"Content-Length: -5\r\n\r\nhello",
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nhello",
        OK + "Content-Length: ²\r\n\r\nhello".encode("latin-1"),
        CHUNKED + b"zz\r\nhello",
        CHUNKED + b"f" * 30 + b"\r\nhello",
        b"\x00\xff" * 1000,
        b"hello",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        GZIP + b"hello",
        GZIP[:-2] + b"Content-Encoding: br\r\n\r\nx",
    ],
    ids=range(12),
)
def test_lying_answers(data: bytes) -> None:
    """A wrong length, chunk, encoding or protocol."""
    with answering(saying(data)) as (port, _), pytest.raises(FetchError) as caught:
        fetched(port)
    assert caught.value.hint


def test_a_body_packed_twice() -> None:
    """A body that is compressed twice."""
    data = GZIP + gzip.compress(gzip.compress(TEXT.encode() * 1000))
    with answering(saying(data)) as (port, _), pytest.raises(InputError, match="gzip"):
        read_source(f"http://127.0.0.1:{port}/", allow_private=True)


@pytest.mark.parametrize(
    "header",
    [
        "Content-Type: \x1b[31m",
        "Content-Type: text/\x9b31m",
        "Content-Encoding: \x1b]0;x\x07",
        "Content-Encoding: \xff\x9b",
    ],
)
def test_headers_in_messages(header: str) -> None:
    """A header with an escape sequence, told in a message."""
    data = (
        b"HTTP/1.1 200 OK\r\n"
        + header.encode("latin-1")
        + b"\r\n"
        + (OK[17:] if "Encoding" in header else b"")
        + b"\r\nx"
    )
    with answering(saying(data)) as (port, _), pytest.raises(FetchError) as caught:
        fetched(port)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.1",
        "192.168.1.1",
        "172.16.9.9",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "0",
        "127.1",
        "2130706434",
        "0x7f000002",
        "0177.0.0.2",
        "127.0.0.2.",
        "[::1]",
        "[::]",
        "[::ffff:10.0.0.1]",
        "[::ffff:a00:1]",
        "[64:ff9b::a00:1]",
        "[64:ff9b:1::a00:1]",
        "[2002:a00:1::]",
        "[fd00::1]",
        "[fe80::1]",
        "[fec0::1]",
        "[::127.0.0.2]",
        "[3fff::1]",
        "[5f00::1]",
        "192.0.0.8",
        "198.18.0.1",
        "good.example@10.0.0.1",
        "good.example:80@10.0.0.1",
        "127.0.0.2#@good.example",
        "127.0.0.2?@good.example",
        "１２７.0.0.2",
        "①②⑦.0.0.2",
    ],
)
def test_redirects_into_private_networks(host: str) -> None:
    """A redirect to a private address, however it is spelled."""
    data = f"HTTP/1.1 302 Found\r\nLocation: http://{host}/secret\r\n\r\n".encode()
    with (
        answering(saying(data)) as (port, seen),
        pytest.raises(FetchError, match=r"private network|can't be found|valid|fetched"),
    ):
        fetched(port)
    assert len(seen) == 1


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/hostname",
        "gopher://127.0.0.1/x",
        "ftp://127.0.0.1/x",
        "data:text/plain,x",
        "javascript:alert(1)",
        "http:///x",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:0/",
        "http://a\tb/",
        "//",
        "http://[::1",
        "http://" + "a" * 50_000 + "/",
        "http://\udce4\udcff/",
        "http://%00/",
        "",
        "/again",
        "?" * 9000,
    ],
    ids=range(17),
)
def test_redirects_to_nowhere(location: str) -> None:
    """A redirect to a file, another protocol, itself, or what is no address."""
    data = b"HTTP/1.1 302 Found\r\nLocation: " + location.encode("utf-8", "surrogateescape") + b"\r\n\r\n"
    with answering(saying(data)) as (port, _), pytest.raises(FetchError) as caught:
        fetched(port)
    assert caught.value.hint and len(str(caught.value)) < 20_000


def test_a_header_in_an_address() -> None:
    """Line ends in an address or a redirect, to add a header or a request."""
    data = b"HTTP/1.1 302 Found\r\nLocation: /x%0d%0aX-Added: 1\r\n\r\n"
    with answering(saying(data)) as (port, seen), pytest.raises(FetchError):
        fetched(port)
    assert seen and all(b"\nX-Added" not in request for request in seen)
    with pytest.raises(FetchError):
        fetch("http://127.0.0.1:1/\r\nX-Added: 1", timeout_s=5, max_bytes=10, is_allowed=own_or_public)


def test_a_login_is_kept_from_other_hosts() -> None:
    """A redirect to another host that would take the login along."""
    with answering(saying(OK + b"\r\nhello")) as (other, seen):
        data = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{other}/\r\n\r\n".encode()
        with answering(saying(data)) as (port, _):
            address = f"http://eva:geheim@127.0.0.1:{port}/"
            fetch(address, timeout_s=20, max_bytes=100, is_allowed=own_or_public)
    assert seen and b"uthorization" not in seen[0]


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Names lead to these addresses, one answer after the other, the last for ever; gives the names asked for."""
    asked: list[str] = []

    def getaddrinfo(host: Any, port: Any, *_: Any, **__: Any) -> list[Any]:
        if host == "127.0.0.1":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [
            (socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("private", ["127.0.0.1", "10.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"])
@pytest.mark.parametrize("first", [True, False])
def test_names_with_a_private_address_among_others(monkeypatch: pytest.MonkeyPatch, private: str, first: bool) -> None:
    """A name that leads to a public and a private address."""
    both = [private, "93.184.215.14"] if first else ["93.184.215.14", private]
    resolving(monkeypatch, both)
    with pytest.raises(FetchError, match="private network"):
        fetch("http://two.example/", timeout_s=5, max_bytes=100)


def test_a_name_that_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere once it was checked."""
    asked = resolving(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])
    with answering(saying(OK + b"Connection: close\r\n\r\nhello")) as (port, _):
        found = fetch(f"http://turns.example:{port}/", timeout_s=20, max_bytes=100, is_allowed=own_or_public)
    assert found.data == b"hello" and asked == ["turns.example"]


def test_a_name_that_turns_at_a_redirect(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads into a private network when a redirect comes back to it."""
    resolving(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])
    with answering(saying(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nConnection: close\r\n\r\n")) as (port, seen):
        with pytest.raises(FetchError, match="private network"):
            fetch(f"http://turns.example:{port}/", timeout_s=20, max_bytes=100, is_allowed=own_or_public)
        assert len(seen) == 1


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1:9/",
        "http://[::1]/",
        "http://localhost/",
        "http://2130706433/",
        "http://169.254.169.254/latest/",
    ],
)
def test_feeds_that_name_private_addresses(link: str) -> None:
    """A feed whose articles are on a private network."""
    data = f"<rss><channel><item><link>{link}</link></item></channel></rss>".encode()
    (item,) = items(["-"], stdin=io.BytesIO(data))
    found = item.read()
    assert isinstance(found, list)
    entry: Item = found[0]
    with pytest.raises(FetchError, match="private network"):
        entry.read()


@pytest.mark.parametrize("ip", ["3fff::1", "3fff:fff::1", "5f00::1", "64:ff9b:1::7f00:1", "192.0.0.8", "192.0.0.171"])
def test_addresses_that_are_set_apart(ip: str) -> None:
    """An address that is nobody's, which older Pythons don't know."""
    assert not is_public(ip)
