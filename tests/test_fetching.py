"""Fetching addresses, from a real server on loopback."""

import asyncio
import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from loopback import serving

from summarizer.errors import FetchError, InputError
from summarizer.models import Article
from summarizer.reading import read_source
from summarizer.reading.web import fetch, is_public

TEXT = "Der Minister sagte, die Zusagen für die Ukraine seien noch nicht beschlossen. Größere Übungen gebe es später."
HTML = f"""<!doctype html><html><head><meta charset="iso-8859-1"><title>Minister beraten</title></head>
<body><article><h1>Minister beraten</h1><p>{TEXT}</p>
<p>Die Präsidentin sagte, sie sei bereit, Soldaten zu entsenden.</p></article></body></html>"""
PATIENCE_S = 30.0


class Handler(BaseHTTPRequestHandler):
    """Answers each path in its own way."""

    protocol_version = "HTTP/1.1"
    stopping = threading.Event()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.seen.append((self.path, dict(self.headers)))  # type: ignore[attr-defined]
        try:
            getattr(self, "get_" + path.strip("/").replace("-", "_"), self.get_missing)()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def reply(
        self, body: bytes, content_type: str = "text/plain; charset=utf-8", status: int = 200, **headers: str
    ) -> None:
        self.send_response(status)
        if content_type:
            self.send_header("Content-Type", content_type)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Transfer_Encoding" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def get_text(self) -> None:
        self.reply(TEXT.encode())

    def get_markdown(self) -> None:
        self.reply(f"# Minister beraten\n\n{TEXT}".encode(), "text/markdown")

    def get_latin(self) -> None:
        self.reply(TEXT.encode("latin-1"), "text/plain; charset=iso-8859-1")

    def get_html(self) -> None:
        self.reply(HTML.encode("latin-1"), "text/html")

    def get_gzip(self) -> None:
        self.reply(gzip.compress(TEXT.encode()), Content_Encoding="gzip")

    def get_bomb(self) -> None:
        self.reply(gzip.compress(b"a" * 50_000_000), Content_Encoding="gzip")

    def get_cut_gzip(self) -> None:
        self.reply(gzip.compress(TEXT.encode() * 50)[:-20], Content_Encoding="gzip")

    def get_bad_gzip(self) -> None:
        self.reply(TEXT.encode(), Content_Encoding="gzip")

    def get_brotli(self) -> None:
        self.reply(b"xx", Content_Encoding="br")

    def get_pdf(self) -> None:
        self.reply(b"%PDF-1.7", "application/pdf")

    def get_zip(self) -> None:
        self.reply(b"PK\x03\x04", "application/zip")

    def get_untyped(self) -> None:
        self.reply(TEXT.encode(), "")

    def get_disguised(self) -> None:
        self.reply(b"PK\x03\x04rest", "text/plain")

    def get_large(self) -> None:
        self.reply(b"a" * 5000)

    def get_missing(self) -> None:
        self.reply(b"", status=404)

    def get_forbidden(self) -> None:
        self.reply(b"", status=403)

    def get_broken(self) -> None:
        self.reply(b"", status=503)

    def get_redirect(self) -> None:
        self.reply(b"", status=302, Location="/text")

    def get_loop(self) -> None:
        self.reply(b"", status=302, Location="/loop")

    def get_to_private(self) -> None:
        self.reply(b"", status=302, Location="http://192.168.0.1/secret")

    def get_to_file(self) -> None:
        self.reply(b"", status=302, Location="file:///etc/hostname")

    def get_hangup(self) -> None:
        self.close_connection = True

    def get_endless(self) -> None:
        self.reply(b"", Transfer_Encoding="chunked")
        while not self.stopping.is_set():
            self.wfile.write(b"1000\r\n" + b"a" * 0x1000 + b"\r\n")

    def get_dripping(self) -> None:
        self.reply(b"", Transfer_Encoding="chunked")
        while not self.stopping.wait(0.05):
            self.wfile.write(b"1\r\na\r\n")

    def get_dripping_head(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while not self.stopping.wait(0.05):
            self.wfile.write(b"a")

    def log_message(self, *args: object) -> None:
        """Keep the tests' output quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    Handler.stopping.clear()
    with serving(Handler) as running:
        yield running
        Handler.stopping.set()


def address(server: ThreadingHTTPServer, path: str, host: str = "127.0.0.1") -> str:
    return f"http://{host}:{server.server_port}/{path}"


def read(server: ThreadingHTTPServer, path: str, **settings: float) -> Article:
    return read_source(
        address(server, path),
        allow_private=True,
        timeout_s=settings.get("timeout_s", PATIENCE_S),
        max_bytes=int(settings.get("max_bytes", 1_000_000)),
    )


@pytest.mark.parametrize("path", ["text", "latin", "gzip"])
def test_texts(server: ThreadingHTTPServer, path: str) -> None:
    article = read(server, path)
    assert article.text == TEXT
    assert article.url == address(server, path)


def test_markdown_is_kept(server: ThreadingHTTPServer) -> None:
    article = read(server, "markdown")
    assert article.text == f"# Minister beraten\n\n{TEXT}"
    assert article.title == "Minister beraten"


def test_page(server: ThreadingHTTPServer) -> None:
    article = read(server, "html")
    assert article.text.startswith(f"Minister beraten\n\n{TEXT}\n\n")
    assert article.title == "Minister beraten"


def test_redirect(server: ThreadingHTTPServer) -> None:
    article = read(server, "redirect")
    assert article.text == TEXT
    assert article.url == address(server, "text")


def test_a_named_host_is_asked_by_its_address_and_told_its_name(server: ThreadingHTTPServer) -> None:
    article = read_source(address(server, "text?named", host="localhost"), allow_private=True, timeout_s=PATIENCE_S)
    assert article.text == TEXT
    _, headers = next(seen for seen in server.seen if seen[0] == "/text?named")  # type: ignore[attr-defined]
    assert headers["Host"] == f"localhost:{server.server_port}"
    assert headers["User-Agent"].startswith("summarizer")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("missing", "HTTP 404"),
        ("forbidden", "HTTP 403"),
        ("broken", "HTTP 503"),
        ("zip", "application/zip"),
        ("untyped", "no stated type"),
        ("loop", "more than 5 redirects"),
        ("to-file", "no http or https"),
        ("hangup", "could not be fetched"),
        ("cut-gzip", "cut off"),
        ("bad-gzip", "damaged"),
        ("brotli", "compressed"),
    ],
)
def test_failures(server: ThreadingHTTPServer, path: str, words: str) -> None:
    with pytest.raises(FetchError, match=words) as caught:
        read(server, path)
    assert caught.value.hint


def test_a_disguised_archive_is_refused(server: ThreadingHTTPServer) -> None:
    with pytest.raises(InputError, match="ZIP archive"):
        read(server, "disguised")


def test_a_pdf_is_fetched(server: ThreadingHTTPServer) -> None:
    with pytest.raises(InputError, match="damaged PDF"):
        read(server, "pdf")


@pytest.mark.parametrize("path", ["large", "endless", "bomb"])
def test_bodies_are_read_up_to_the_limit(server: ThreadingHTTPServer, path: str) -> None:
    with pytest.raises(FetchError, match="larger than 4,000 bytes"):
        read(server, path, max_bytes=4000)


@pytest.mark.parametrize("path", ["dripping", "dripping-head"])
def test_slow_answers_end_at_the_deadline(server: ThreadingHTTPServer, path: str) -> None:
    with pytest.raises(FetchError, match=r"within 0\.3 seconds"):
        read(server, path, timeout_s=0.3)


def test_nobody_there() -> None:
    with pytest.raises(FetchError, match="could not be fetched"):
        read_source("http://127.0.0.1:1/", allow_private=True, timeout_s=PATIENCE_S)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1"])
def test_loopback_is_refused(server: ThreadingHTTPServer, host: str) -> None:
    with pytest.raises(FetchError, match="private network"):
        read_source(address(server, f"text?{host}", host=host), timeout_s=PATIENCE_S)
    assert all(f"/text?{host}" != path for path, _ in server.seen)  # type: ignore[attr-defined]


@pytest.mark.parametrize("host", ["[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254", "0.0.0.0", "[fd00::1]"])
def test_other_private_addresses_are_refused(host: str) -> None:
    with pytest.raises(FetchError, match="private network"):
        read_source(f"http://{host}/", timeout_s=PATIENCE_S)


def test_redirect_into_a_private_network_is_refused(
    server: ThreadingHTTPServer,
) -> None:
    def own_or_public(ip: str) -> bool:
        return ip == "127.0.0.1" or is_public(ip)

    with pytest.raises(FetchError, match=r"192\.168\.0\.1 is on a private network"):
        fetch(address(server, "to-private"), timeout_s=PATIENCE_S, max_bytes=1000, is_allowed=own_or_public)


@pytest.mark.parametrize(
    ("ip", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("::ffff:93.184.215.14", True),
        ("64:ff9b::5db8:d70e", True),
        ("64:ff9b::7f00:1", False),
        ("127.1.2.3", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("0.0.0.0", False),
        ("192.0.2.1", False),
        ("::", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("2001:db8::1", False),
        ("2002:7f00:1::", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:0:0", False),
        ("nonsense", False),
    ],
)
def test_public_addresses(ip: str, public: bool) -> None:
    assert is_public(ip) is public


def test_credentials_are_sent_and_never_shown(server: ThreadingHTTPServer) -> None:
    secret = f"http://eva:geheim@127.0.0.1:{server.server_port}"
    article = read_source(f"{secret}/text?login", allow_private=True, timeout_s=PATIENCE_S)
    assert article.url == address(server, "text?login")
    _, headers = next(seen for seen in server.seen if seen[0] == "/text?login")  # type: ignore[attr-defined]
    assert headers["Authorization"].startswith("Basic ")
    for path in ("missing", "zip", "large", "hangup"):
        with pytest.raises(FetchError) as caught:
            read_source(f"{secret}/{path}", allow_private=True, timeout_s=PATIENCE_S, max_bytes=100)
        assert "geheim" not in str(caught.value)
    with pytest.raises(FetchError) as caught:
        read_source("http://eva:geheim@[broken/", timeout_s=PATIENCE_S)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("broken", ["http://", "http://[", "http://a:99999/", "https:///x", "http://exa mple/\x00"])
def test_broken_addresses(broken: str) -> None:
    with pytest.raises(FetchError):
        read_source(broken, timeout_s=PATIENCE_S)


def test_within_a_running_event_loop(server: ThreadingHTTPServer) -> None:
    async def inside() -> Article:
        return read(server, "text")

    assert asyncio.run(inside()).text == TEXT
