"""Files, standard input and addresses, read as articles."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from summarizer.errors import InputError
from summarizer.models import Article
from summarizer.reading.encoding import charset_of_html, decode, refuse_binary
from summarizer.reading.feed import looks_like_feed, looks_like_xml
from summarizer.reading.page import looks_like_html, read_page
from summarizer.reading.pdf import OPENING as PDF_OPENING
from summarizer.reading.pdf import read_pdf
from summarizer.reading.text import read_text
from summarizer.wire import find_dateline

if TYPE_CHECKING:
    from summarizer.reading.web import Fetched

MAX_BYTES = 10_000_000
"""The largest source that is read, in bytes."""

_HTML_TYPES = {"text/html", "application/xhtml+xml"}
_HTML_SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
_TEXT_SUFFIXES = frozenset({".txt", ".md", ".markdown", ".text"})

FEED_SUFFIXES = frozenset({".xml", ".rss", ".atom"})
"""The endings of what may be a feed."""
LINES_SUFFIXES = frozenset({".jsonl", ".ndjson"})
"""The endings of JSON Lines: an article a line."""
READABLE_SUFFIXES = _HTML_SUFFIXES | _TEXT_SUFFIXES | FEED_SUFFIXES | LINES_SUFFIXES | {".pdf"}
"""The endings of the files that are taken from a folder, in lower case."""


def read_source(
    source: str | Path,
    *,
    stdin: BinaryIO | None = None,
    timeout_s: float = 20.0,
    max_bytes: int = MAX_BYTES,
    allow_private: bool = False,
    language: str | None = None,
) -> Article:
    """Read an article from a file (text, Markdown, HTML, PDF), standard input (`-`) or an http(s) address.

    `timeout_s` bounds the whole fetch of an address, `max_bytes` any source. Addresses on private networks
    are refused unless `allow_private`. Raises `InputError`, and for addresses `FetchError`.
    """
    if source == "-":
        data = _limited(stdin or sys.stdin.buffer, max_bytes, "standard input")
        return read_bytes(data, name="standard input", language=language)
    if isinstance(source, str) and is_address(source):
        page = load_address(source, timeout_s=timeout_s, max_bytes=max_bytes, allow_private=allow_private)
        return read_bytes(page.data, name=page.url, media_type=page.content_type, url=page.url, language=language)
    path = Path(source)
    if path.suffix.lower() in LINES_SUFFIXES:
        raise InputError(
            f"{str(path)!r} holds an article a line, not one article.", "Read it with summarizer.reading.items."
        )
    return read_bytes(load_file(path, max_bytes), name=repr(str(path)), suffix=path.suffix, language=language)


def is_address(source: str) -> bool:
    """Whether a source is an address, of whatever scheme, and not a path."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", source) is not None


def load_address(address: str, *, timeout_s: float, max_bytes: int, allow_private: bool) -> Fetched:
    """What an http(s) address gives. Raises `InputError` for other schemes, and `FetchError`."""
    scheme = address.partition("://")[0]
    if scheme.lower() not in ("http", "https"):
        raise InputError(f"{scheme}:// addresses can't be read.", "Pass a file, or an http or https address.")
    from summarizer.reading.web import fetch

    return fetch(
        address, timeout_s=timeout_s, max_bytes=max_bytes, is_allowed=(lambda _: True) if allow_private else None
    )


def load_file(path: Path, max_bytes: int) -> bytes:
    """The bytes of a file. Raises `InputError` when it can't be read or has more than `max_bytes`."""
    try:
        with path.open("rb") as file:
            return _limited(file, max_bytes, repr(str(path)))
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: OSError | ValueError) -> InputError:
    """What to say of a file, or a folder, that the system doesn't let be read."""
    name = repr(str(path))
    match error:
        case FileNotFoundError():
            return InputError(
                f"There is no file {name}.", "Check the path; pass text itself through standard input, with -."
            )
        case IsADirectoryError() | PermissionError() if path.is_dir() and os.access(path, os.R_OK):
            return InputError(f"{name} is a folder, not an article.", "Pass the files in it.")
        case PermissionError():
            return InputError(f"{name} may not be read.", "Check its permissions.")
    reason = getattr(error, "strerror", None) or str(error)
    return InputError(f"{name[:200]} can't be read: {reason}.", "Pass the path of a file.")


def may_be_feed(data: bytes, suffix: str | None) -> bool:
    """Whether bytes are to be read as a feed. Texts and Markdown are kept as they are, whatever they look like."""
    return (suffix or "").lower() not in _TEXT_SUFFIXES and looks_like_feed(data)


def read_bytes(
    data: bytes,
    *,
    name: str,
    media_type: str | None = None,
    suffix: str | None = None,
    url: str | None = None,
    language: str | None = None,
) -> Article:
    """Read an article from bytes: a text, Markdown, HTML or a PDF.

    `name` is for messages. `media_type` may carry a charset (`text/html; charset=utf-8`); without it `suffix`
    (of a file's name), then the first characters, tell whether it is HTML. Raises `InputError`.
    """
    refuse_binary(data, name)
    if data.startswith(PDF_OPENING):
        return _read_pdf(data, name, url, language)
    kind, charset = _media_type(media_type)
    html = kind in _HTML_TYPES or (kind is None and (suffix or "").lower() in _HTML_SUFFIXES)
    xml = _is_xml(kind) or (kind is None and (suffix or "").lower() in FEED_SUFFIXES)
    plain = not html and not xml and (kind is not None or (suffix or "").lower() in _TEXT_SUFFIXES)
    if may_be_feed(data, suffix):
        raise InputError(f"{name} is a feed, not one article.", "Read its articles with summarizer.reading.items.")
    text = decode(data, name=name, declared=charset or (None if plain else charset_of_html(data)))
    if not (html or (not plain and looks_like_html(text))):
        if xml or (not plain and looks_like_xml(data)):
            raise InputError(f"{name} is XML, but neither a page nor a feed.", "Pass a text, HTML, a PDF or a feed.")
        return read_text(text, url=url, language=language)
    page = read_page(text, name=name, url=url)
    dateline = find_dateline(page.text)
    article = read_text(
        page.text,
        title=page.title,
        source=(dateline.agency if dateline else None) or page.site,
        published=page.published,
        url=_address(url, page.url),
        language=language,
    )
    return article.warned(page.warnings)


def _read_pdf(data: bytes, name: str, url: str | None, language: str | None) -> Article:
    pdf = read_pdf(data, name=name)
    article = read_text(pdf.text, title=pdf.title, url=url, language=language)
    # The file may have been made long after the article: what the article says goes first.
    return article if article.published else article.model_copy(update={"published": pdf.published})


def _is_xml(kind: str | None) -> bool:
    return kind is not None and kind not in _HTML_TYPES and re.search(r"[/+]xml$", kind) is not None


def _address(fetched: str | None, canonical: str | None) -> str | None:
    """The canonical address, unless the page names one on another host than the one it came from."""
    if fetched is None or canonical is None:
        return fetched or canonical
    return canonical if _host(canonical) == _host(fetched) else fetched


def _host(url: str) -> str:
    return re.sub(r"^https?://([^/?#]*).*$", r"\1", url, flags=re.IGNORECASE | re.DOTALL).lower()


def _media_type(declared: str | None) -> tuple[str | None, str | None]:
    if not declared:
        return None, None
    charset = re.search(r"""charset\s*=\s*["']?([\w:.-]+)""", declared, re.IGNORECASE)
    return declared.partition(";")[0].strip().lower() or None, charset[1] if charset else None


def _limited(stream: BinaryIO, max_bytes: int, name: str) -> bytes:
    data = stream.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise InputError(f"{name} is larger than {max_bytes:,} bytes.", "Pass one article, not a collection.")
    return data
