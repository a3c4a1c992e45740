"""Feeds: RSS 2.0, RSS 1.0 (RDF) and Atom, read as the list of their entries.

Nothing is fetched here: feedparser gets bytes, already decoded by us, without entities of their own.
"""

from __future__ import annotations

import codecs
import html
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from summarizer.errors import InputError
from summarizer.reading.encoding import charset_of_html, decode
from summarizer.reading.hidden import is_hidden
from summarizer.reading.overgrown import refuse_crowded, refuse_overgrown_feed

OPENING_BYTES = 8192
"""How much of a file tells whether it is a feed."""

_BLANK = r"(?:\s|<!--.*?-->|<\?.*?\?>)*+"
_PROLOG = re.compile(rf"{_BLANK}(?P<doctype><!DOCTYPE\b[^\[>]*+(?:\[.*?\]\s*)?>)?{_BLANK}", re.DOTALL | re.IGNORECASE)
_ROOT = re.compile(r"<(?:[\w.-]+:)?(?P<name>rss|rdf|feed)\b(?P<rest>[^>]*)", re.IGNORECASE)
_NAMESPACES = {"rdf": ("purl.org/rss/", "netscape.com/rdf"), "feed": ("atom",)}
_BLOCKS = re.compile(
    "address|article|aside|blockquote|d[dlt]|div|fig(?:caption|ure)|footer|h[1-6r]|header|li|main|nav|[ou]l|p|pre|"
    "section|table|t[dhr]"
)
# Separators that count as white space, and that no fragment has.
_BLOCK, _BREAK = "\x1d", "\x1e"
_UNREAD = frozenset({"script", "style"})
_NO_CHARACTERS = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class Entry:
    """An entry of a feed. `link` is where its article is, `content` the HTML that the feed itself has of it."""

    guid: str
    link: str | None
    title: str | None
    published: date | None
    content: str


def looks_like_xml(data: bytes) -> bool:
    """Whether bytes that aren't HTML declare themselves as XML."""
    return re.match(r"\s*<(?:\?xml\b|!DOCTYPE\b)", _opening(data), re.IGNORECASE) is not None


def looks_like_feed(data: bytes) -> bool:
    """Whether the first element is that of a feed. `OPENING_BYTES` of the data are enough."""
    text = _opening(data)
    prolog = _PROLOG.match(text)
    root = _ROOT.match(text, prolog.end() if prolog else 0)
    if root is None:
        return False
    kind, rest = root["name"].lower(), root["rest"].lower()
    return kind == "rss" or any(namespace in rest for namespace in _NAMESPACES[kind])


def entries(data: bytes, *, name: str, url: str | None = None) -> list[Entry]:
    """The entries of a feed in its order, each once. `name` is for messages, `url` where the feed came from.

    Malformed XML is read as far as it goes. Raises `InputError` for a feed without entries, for one with more tags
    than are read, and for one that defines entities of its own, which can be made to grow without bound.
    """
    import feedparser  # type: ignore[import-untyped, unused-ignore]

    text = _decoded(data, name)
    refuse_overgrown_feed(text, name)
    prolog = _PROLOG.match(text)
    # A prolog that isn't understood is as suspect as one that declares entities.
    start = prolog.end() if prolog else 0
    if "<!entity" in text[:start].lower() or text.startswith("<!", start):
        raise InputError(
            f"{name} opens with declarations that are not safe to read, as of entities.",
            "Pass the addresses of its articles.",
        )
    if not _ROOT.match(text, start):
        raise InputError(f"{name} is not a feed.", "Pass an RSS or Atom feed.")
    headers = {"content-type": "application/xml; charset=utf-8"} | ({"content-location": url} if url else {})
    # In memory as a file: feedparser would take a text for an address.
    result: dict[str, Entry] = {}
    try:
        found = feedparser.parse(
            io.BytesIO(text[start:].encode("utf-8", "replace")),
            response_headers=headers,
            resolve_relative_uris=False,
            sanitize_html=False,
        )
        for raw in found["entries"]:
            if entry := _entry(raw, url):
                result.setdefault(entry.link or entry.guid, entry)
    except Exception:
        # Parsers of what is malformed fail in ways of their own.
        raise InputError(f"{name} is a damaged feed.", "Pass the addresses of its articles.") from None
    if not result:
        raise InputError(f"{name} is a feed without articles.", "Try again when it has some, or pass an article.")
    return list(result.values())


def text_of(content: str) -> str:
    """The words of an HTML fragment, its paragraphs separated by blank lines. Raises `InputError` for absurd tags."""
    refuse_crowded(content, "The entry")
    # Two line breaks in a row are how many feeds write a paragraph.
    blocks = re.split(rf"{_BLOCK}|{_BREAK}\s*{_BREAK}|\n\s*\n", "".join(_pieces(content)))
    return "\n\n".join(words for block in blocks if (words := " ".join(block.split())))


def _pieces(content: str) -> Iterator[str]:
    """The words of a fragment as they come, with what separates blocks and lines."""
    import lxml.etree
    import lxml.html

    harmless = _NO_CHARACTERS.sub("\ufffd", content)
    fragment = lxml.html.document_fromstring(
        f"<html><body><div>{harmless}", parser=lxml.html.HTMLParser(huge_tree=True)
    )
    walker = lxml.etree.iterwalk(fragment, events=("start", "end", "comment", "pi"))
    for event, element in walker:
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start" and tag and (tag in _UNREAD or is_hidden(element)):
            walker.skip_subtree()
        elif event == "start":
            yield _separator(tag) + (element.text or "")
        if event != "start":
            yield ("" if tag == "br" else _separator(tag)) + (element.tail or "")


def _separator(tag: str) -> str:
    if tag == "br":
        return _BREAK
    return _BLOCK if _BLOCKS.fullmatch(tag) else ""


def _opening(data: bytes) -> str:
    opening = data[:OPENING_BYTES]
    for bom, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if opening.startswith((bom, "<".encode(encoding))):
            return opening.removeprefix(bom).decode(encoding, "ignore")
    return opening.removeprefix(codecs.BOM_UTF8).decode("latin-1")


def _decoded(data: bytes, name: str) -> str:
    try:
        return decode(data, name=name, declared=charset_of_html(data))
    except InputError:
        if b"\0" in data:
            raise
        # A broken byte in one entry is no reason to lose the others.
        return data.decode("utf-8", "replace")


def _entry(raw: Any, url: str | None) -> Entry | None:
    title = _as_html(raw.get("title", ""), raw.get("title_detail", {}).get("type"))
    content = max(
        (_as_html(c.get("value", ""), c.get("type")) for c in [*raw.get("content", []), raw.get("summary_detail", {})]),
        key=len,
    )
    link = _link(raw.get("link"), url)
    if link is None and not content.strip():
        return None
    guid = "".join(c for c in raw.get("id", "") if c.isprintable()).strip()
    return Entry(
        guid=guid or sha256(content.encode("utf-8", "replace")).hexdigest()[:16],
        link=link,
        title=" ".join(text_of(title).split()) or None,
        published=_day(raw.get("published")) or _day(raw.get("updated")),
        content=content,
    )


def _as_html(text: str | None, kind: str | None) -> str:
    return html.escape(text or "", quote=False) if kind == "text/plain" else text or ""


def _link(link: str | None, url: str | None) -> str | None:
    """A link that can be fetched, in full and without its fragment, or none."""
    link = (link or "").strip()
    try:
        full = urldefrag(urljoin(url or "", link)).url
        parts = urlsplit(full)
    except ValueError:
        return None
    usable = link and parts.scheme in ("http", "https") and parts.hostname and full.isprintable() and " " not in full
    return full if usable else None


def _day(text: str | None) -> date | None:
    """The day as written: where it was published, not in Greenwich."""
    if not text:
        return None
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            return read(text.strip()).date()
        except (ValueError, TypeError, IndexError):
            continue
    return None
