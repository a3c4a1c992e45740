"""Feeds, from files, standard input and a real server on loopback, and the articles they lead to."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import serving

from summarizer.errors import ConfigurationError, FetchError, InputError
from summarizer.models import Article
from summarizer.reading import Item, items, read_bytes, read_source
from summarizer.reading.feed import entries, looks_like_feed, text_of

TEXT = "Die Ministerin sagte in Hellstadt, über die Zusagen für das Nachbarland werde noch beraten."
OTHER = "Der Präsident erklärte, seine Soldaten stünden bereit, sobald es ein Abkommen gebe."
BOMB = "<!DOCTYPE rss [<!ENTITY a '" + "x" * 100 + "'>" + "".join(
    f"<!ENTITY {new} '{('&' + old + ';') * 10}'>" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
) + "]>"  # fmt: skip

RSS = f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Hellstädter Bote</title>
<link>{{base}}/</link><description>Politik</description>
<item><title>Noch &lt;b&gt;keine&lt;/b&gt; Zusage</title><link>{{base}}/text</link><guid isPermaLink="false">1</guid>
<pubDate>Wed, 07 May 2031 00:30:00 +0200</pubDate><description>Kurz.</description></item>
<item><title>Seite</title><link>/page#oben</link><pubDate>Tue, 06 May 2031 12:00:00 GMT</pubDate></item>
<item><title>Nochmal</title><link>{{base}}/text#unten</link></item>
<item><title>Ohne Verweis</title><guid isPermaLink="false">bote-3</guid><pubDate>Mon, 05 May 2031 12:00:00 GMT</pubDate>
<description>Kurz.</description>
<content:encoded>
<![CDATA[<h2>Präsident bereit</h2><script>x()</script><p>{OTHER}</p>
<p>Mehr&nbsp;nicht.<br>Sagt er.</p>]]></content:encoded></item>
<item><title>Kein Netz</title><link>javascript:alert(1)</link><guid isPermaLink="false">bote-4</guid>
<description>&lt;p&gt;{TEXT}&lt;/p&gt;</description></item>
</channel></rss>"""
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>Bote</title><id>f</id>
<updated>2031-05-07T10:00:00Z</updated>
<entry><title type="text">Zusage &lt; Absage</title><id>urn:1</id>
<link href="a/1"/><updated>2031-05-07T23:30:00-05:00</updated></entry>
<entry><title>Zwei</title><id>urn:2</id><link rel="alternate" href="https://example.org/2"/>
<published>2031-05-06T10:00:00Z</published>
<updated>2031-05-09T10:00:00Z</updated></entry>
<entry><title>Drei</title><id>urn:3</id><content type="text">A &lt; B.</content></entry></feed>"""
RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://example.org/"><title>Bote</title><link>https://example.org/</link></channel>
<item rdf:about="https://example.org/1"><title>Eins</title><link>https://example.org/1</link><dc:date>2031-05-07</dc:date></item>
<item rdf:about="https://example.org/2"><title>Zwei</title><link>https://example.org/2</link></item></rdf:RDF>"""
PAGE = f"""<!doctype html><html><head><title>Die Seite selbst</title></head><body><article><h1>Die Seite selbst</h1>
<p>{TEXT}</p><p>{OTHER}</p></article></body></html>"""


class Handler(BaseHTTPRequestHandler):
    """Serves feeds under several types, and what they lead to."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.seen.append(self.path)  # type: ignore[attr-defined]
        base = f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]
        pages = {
            "/rss": ("application/rss+xml; charset=utf-8", RSS.format(base=base)),
            "/atom": ("application/atom+xml", ATOM),
            "/rdf": ("application/rdf+xml", RDF),
            "/xml": ("text/xml", RSS.format(base=base)),
            "/as-page": ("text/html", RSS.format(base=base)),
            "/note": ("application/xml", "<?xml version='1.0'?><note>Der Minister</note>"),
            "/xhtml": ("application/xml", PAGE.replace("<!doctype html>", "<?xml version='1.0'?><!DOCTYPE html>")),
            "/nested": (
                "application/xml",
                f"<rss version='2.0'><channel><item><link>{base}/rss</link></item></channel></rss>",
            ),
            "/text": ("text/plain; charset=utf-8", TEXT),
            "/page": ("text/html; charset=utf-8", PAGE),
        }
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/rss")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        kind, body = pages.get(self.path, ("text/plain", ""))
        data = body.encode()
        self.send_response(200 if self.path in pages else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Keep the tests' output quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    with serving(Handler) as running:
        yield running


@pytest.fixture
def base(server: ThreadingHTTPServer) -> str:
    server.seen.clear()  # type: ignore[attr-defined]
    return f"http://127.0.0.1:{server.server_port}"


def feed_of(item: Item) -> list[Item]:
    found = item.read()
    assert isinstance(found, list)
    return found


def article(item: Item) -> Article:
    found = item.read()
    assert isinstance(found, Article)
    return found


@pytest.mark.parametrize("path", ["rss", "xml", "as-page", "moved"])
def test_a_feed_is_the_articles_it_leads_to(base: str, server: ThreadingHTTPServer, path: str) -> None:
    (item,) = items([f"{base}/{path}"], allow_private=True)
    assert (item.source, item.digest) == (f"{base}/{path}", None)
    assert server.seen == []  # type: ignore[attr-defined]
    found = feed_of(item)
    sources = [f"{base}/text", f"{base}/page", f"{base}/{path}#bote-3", f"{base}/{path}#bote-4"]
    assert [entry.source for entry in found] == sources
    assert [entry.digest is None for entry in found] == [True, True, False, False]
    # Only the feed itself was fetched.
    assert server.seen[-1] == ("/rss" if path == "moved" else f"/{path}")  # type: ignore[attr-defined]
    text, page, inline, no_link = map(article, found)
    assert (text.text, text.title, text.published) == (TEXT, "Noch keine Zusage", date(2031, 5, 7))
    assert text.url == f"{base}/text"
    assert (page.title, page.published) == ("Die Seite selbst", date(2031, 5, 6))
    assert inline.text == f"Präsident bereit\n\n{OTHER}\n\nMehr nicht. Sagt er."
    assert (inline.title, inline.published, inline.url) == ("Ohne Verweis", date(2031, 5, 5), None)
    assert (no_link.text, no_link.published) == (TEXT, None)


def test_atom(base: str) -> None:
    one, two, three = entries(ATOM.encode(), name="x", url=f"{base}/feeds/atom")
    assert (one.link, one.title, one.published) == (f"{base}/feeds/a/1", "Zusage < Absage", date(2031, 5, 7))
    assert (two.link, two.title, two.published) == ("https://example.org/2", "Zwei", date(2031, 5, 6))
    assert (three.link, three.guid, text_of(three.content)) == (None, "urn:3", "A < B.")
    (item,) = items([f"{base}/atom"], allow_private=True)
    assert [entry.source for entry in feed_of(item)] == [f"{base}/a/1", "https://example.org/2", f"{base}/atom#urn:3"]


def test_rdf(base: str) -> None:
    (item,) = items([f"{base}/rdf"], allow_private=True)
    assert [entry.source for entry in feed_of(item)] == ["https://example.org/1", "https://example.org/2"]
    one, _ = entries(RDF.encode(), name="x", url=None)
    assert (one.title, one.published) == ("Eins", date(2031, 5, 7))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_a_feed_from_a_file_or_standard_input(tmp_path: Path, encoding: str) -> None:
    text = RSS.format(base="https://example.org").replace('encoding="utf-8"', f'encoding="{encoding[:7].rstrip("-")}"')
    path = tmp_path / "feed.xml"
    path.write_bytes(text.encode(encoding))
    for item in (*items([str(tmp_path)]), *items(["-"], stdin=io.BytesIO(text.encode(encoding)))):
        assert item.digest is not None
        found = feed_of(item)
        # Without the feed's own address a relative link leads nowhere, and that entry has no text either.
        assert [entry.source for entry in found] == [
            "https://example.org/text",
            f"{item.source}#bote-3",
            f"{item.source}#bote-4",
        ]
        assert article(found[1]).text.startswith("Präsident bereit")
        assert [entry.source for entry in feed_of(item)] == [entry.source for entry in found]


def test_each_link_is_given_once(base: str, tmp_path: Path) -> None:
    path = tmp_path / "feed.rss"
    path.write_text(RSS.format(base=base), encoding="utf-8")
    stream = items([f"{base}/text", str(path), f"{base}/rss", f"{base}/page"], allow_private=True)
    first = next(stream)
    assert article(first).title is None
    file_feed = next(stream)
    assert [entry.source for entry in feed_of(file_feed)] == [f"{path}#bote-3", f"{path}#bote-4"]
    address_feed = next(stream)
    found = [f"{base}/page", f"{base}/rss#bote-3", f"{base}/rss#bote-4"]
    assert [entry.source for entry in feed_of(address_feed)] == found
    # Read again, for instance after a failure elsewhere, it gives the same.
    assert [entry.source for entry in feed_of(address_feed)] == found
    assert list(stream) == []


def test_links_obey_the_rules_of_addresses(base: str, tmp_path: Path, server: ThreadingHTTPServer) -> None:
    path = tmp_path / "feed.rss"
    path.write_text(RSS.format(base=base), encoding="utf-8")
    (item,) = items([str(path)])
    with pytest.raises(FetchError, match="private network"):
        feed_of(item)[0].read()
    (item,) = items([str(path)], offline=True)
    with pytest.raises(ConfigurationError, match="--offline"):
        feed_of(item)[0].read()
    assert server.seen == []  # type: ignore[attr-defined]


def test_a_feed_of_feeds_ends(base: str) -> None:
    (item,) = items([f"{base}/nested"], allow_private=True)
    (entry,) = feed_of(item)
    with pytest.raises(InputError, match="is a feed, not one article"):
        entry.read()


def test_entries_have_digests_of_their_own() -> None:
    def digests(text: str) -> list[str | None]:
        (item,) = items(["-"], stdin=io.BytesIO(text.format(base="https://example.org").encode()))
        return [entry.digest for entry in feed_of(item)]

    before = digests(RSS)
    assert digests(RSS) == before and before[1] != before[2]
    after = digests(RSS.replace("Mehr&nbsp;nicht.", "Nicht mehr."))
    assert after[1] != before[1] and after[2] == before[2]


def test_one_article_is_no_feed(base: str) -> None:
    data = RSS.format(base=base).encode()
    with pytest.raises(InputError, match="is a feed, not one article"):
        read_bytes(data, name="x")
    with pytest.raises(InputError, match="is a feed, not one article"):
        read_source(f"{base}/rss", allow_private=True)
    # Texts and Markdown are kept as they are.
    assert read_bytes(data, name="x", suffix=".txt").text.startswith("<?xml")


def test_xml_that_is_no_feed(base: str, tmp_path: Path) -> None:
    for body in ("<?xml version='1.0'?><note>Der Minister</note>", "<note>Der Minister</note>"):
        (tmp_path / "a.xml").write_text(body)
        (item,) = items([str(tmp_path / "a.xml")])
        with pytest.raises(InputError, match="neither a page nor a feed"):
            item.read()
    (item,) = items([f"{base}/note"], allow_private=True)
    with pytest.raises(InputError, match="neither a page nor a feed"):
        item.read()
    (item,) = items([f"{base}/xhtml"], allow_private=True)
    assert article(item).title == "Die Seite selbst"


@pytest.mark.parametrize(
    ("data", "is_feed"),
    [
        (b"<rss version='2.0'>", True),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?>\n<!-- <html> -->\n<!DOCTYPE rss SYSTEM 'x'>\n<rss>", True),
        (b"<a:feed xmlns:a='http://www.w3.org/2005/Atom'>", True),
        (ATOM.encode("utf-16-le"), True),
        (RDF.encode(), True),
        (b"<rdf:RDF xmlns:owl='http://www.w3.org/2002/07/owl#'>", False),
        (b"<feed><product/></feed>", False),
        (b"<rssfeed>", False),
        (b"Text <rss>", False),
        (b"<html><rss>", False),
        (b"<!--" * 2000, False),
        (b"", False),
    ],
)
def test_looks(data: bytes, is_feed: bool) -> None:
    assert looks_like_feed(data) is is_feed


def test_malformed_feeds_are_read_as_far_as_they_go() -> None:
    whole = RSS.format(base="https://example.org")
    for broken in (
        whole.replace("</channel></rss>", ""),
        whole[: whole.index("<item><title>Kein Netz")],
        whole.replace("Kurz.", "Kurz & gut &nbsp; &unbekannt; <br>"),
        whole.replace("<description>Politik", "<description>Po\x01litik"),
    ):
        found = entries(broken.encode(), name="x", url="https://example.org/rss")
        assert [entry.link for entry in found[:2]] == ["https://example.org/text", "https://example.org/page"]
    bad_byte = whole.replace("Seite", "S\u00e4ite").encode().replace("S\u00e4ite".encode(), b"S\xe4ite")
    assert entries(bad_byte, name="x", url="https://example.org/rss")[0].title == "Noch keine Zusage"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(encoding: str) -> None:
    plain = (
        "<rss version='2.0'><channel><item><link>https://a.example/1</link><title>&i;</title></item></channel></rss>"
    )
    for prolog in (
        BOMB,
        f"<?xml version='1.0'?><!-- a -->{BOMB}",
        "<!DOCTYPE rss [<!ENTITY i SYSTEM 'file:///etc/hostname'>]>",
        "<!DOCTYPE rss [<!ENTITY i ']>'>]>",
        "<!doctype rss [ <!entity i 'x'>]>",
        "<!DOCTYPE rss [ <!-- ]> --> <!ENTITY i 'x'>]>",
    ):
        data = (prolog + plain).encode(encoding)
        with pytest.raises(InputError):
            read_bytes(data, name="x")
        with pytest.raises(InputError):
            entries(data, name="x")
    harmless = "<!DOCTYPE rss PUBLIC '-//Netscape//DTD RSS 0.91//EN' 'http://localhost:1/rss.dtd'>"
    assert entries((harmless + plain).encode(encoding), name="x")[0].link == "https://a.example/1"
    # Inside of the feed it is only text.
    text = plain.replace("&i;", "<![CDATA[<!DOCTYPE x [<!ENTITY i 'x'>]>]]>")
    assert entries(text.encode(encoding), name="x")[0].link == "https://a.example/1"


def test_a_feed_without_articles() -> None:
    for empty in (
        "<rss version='2.0'/>",
        "<rss><channel><title>Bote</title><item><title>Leer</title></item></channel></rss>",
    ):
        with pytest.raises(InputError, match="without articles") as caught:
            entries(empty.encode(), name="x")
        assert caught.value.hint


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "file:///etc/passwd", "ftp://a/b", "//", "http://", "http://[", "mailto:a@b", "x y"]
)
def test_links_that_cannot_be_fetched(link: str) -> None:
    data = (
        f"<rss version='2.0'><channel><item><link>{link}</link><description>{TEXT}</description></item></channel></rss>"
    )
    (entry,) = entries(data.encode(), name="x")
    assert entry.link is None and entry.content == TEXT


def test_text_of_fragments() -> None:
    assert text_of("A<br>B<br><br>C<br>\nD<p>E\nF</p><ul><li>G<li>H</ul>I<b>J</b>K &amp; L<style>x</style>") == (
        "A B\n\nC D\n\nE F\n\nG\n\nH\n\nIJK & L"
    )
    assert text_of("Eins\n\nZwei") == "Eins\n\nZwei"


def test_a_large_fragment_is_read_in_one_go() -> None:
    assert len(text_of("<b>x</b> " * 200_000).split()) == 200_000


@given(st.text(max_size=200) | st.text("<>!-[]&;/?rsfeditmlnk='\" \n", max_size=200))
def test_any_feed_is_entries_or_an_input_error(text: str) -> None:
    data = f"<rss version='2.0'>{text}".encode("utf-8", "surrogatepass")
    try:
        found = entries(data, name="x", url="https://example.org/")
    except InputError as error:
        assert error.hint
    else:
        assert found
