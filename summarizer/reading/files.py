"""Files, standard input and addresses, read as articles."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import BinaryIO

from summarizer.errors import InputError
from summarizer.models import Article
from summarizer.reading.encoding import charset_of_html, decode, refuse_binary
from summarizer.reading.page import looks_like_html, read_page
from summarizer.reading.text import read_text
from summarizer.wire import find_dateline

MAX_BYTES = 10_000_000
"""The largest source that is read, in bytes."""

_HTML_TYPES = {"text/html", "application/xhtml+xml"}
_HTML_SUFFIXES = {".html", ".htm", ".xhtml"}
_TEXT_SUFFIXES = {".txt", ".md", ".markdown", ".text"}


def read_source(
    source: str | Path,
    *,
    stdin: BinaryIO | None = None,
    timeout_s: float = 20.0,
    max_bytes: int = MAX_BYTES,
    allow_private: bool = False,
    language: str | None = None,
) -> Article:
    """Read an article from a file (text, Markdown, HTML), standard input (`-`) or an http(s) address.

    `timeout_s` bounds the whole fetch of an address, `max_bytes` any source. Addresses on private networks
    are refused unless `allow_private`. Raises `InputError`, and for addresses `FetchError`.
    """
    if isinstance(source, str):
        if source == "-":
            data = _limited(stdin or sys.stdin.buffer, max_bytes, "standard input")
            return read_bytes(data, name="standard input", language=language)
        if scheme := re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", source):
            if scheme[1].lower() not in ("http", "https"):
                raise InputError(
                    f"{scheme[1]}:// addresses can't be read.", "Pass a file, or an http or https address."
                )
            from summarizer.reading.web import fetch

            allowed = (lambda _: True) if allow_private else None
            page = fetch(source, timeout_s=timeout_s, max_bytes=max_bytes, is_allowed=allowed)
            return read_bytes(page.data, name=page.url, media_type=page.content_type, url=page.url, language=language)
    path = Path(source)
    return read_bytes(_read_file(path, max_bytes), name=repr(str(path)), suffix=path.suffix, language=language)


def read_bytes(
    data: bytes,
    *,
    name: str,
    media_type: str | None = None,
    suffix: str | None = None,
    url: str | None = None,
    language: str | None = None,
) -> Article:
    """Read an article from bytes.

    `name` is for messages. `media_type` may carry a charset (`text/html; charset=utf-8`); without it `suffix`
    (of a file's name), then the first characters, tell whether it is HTML. Raises `InputError`.
    """
    refuse_binary(data, name)
    kind, charset = _media_type(media_type)
    html = kind in _HTML_TYPES or (kind is None and (suffix or "").lower() in _HTML_SUFFIXES)
    plain = not html and (kind is not None or (suffix or "").lower() in _TEXT_SUFFIXES)
    text = decode(data, name=name, declared=charset or (None if plain else charset_of_html(data)))
    if not (html or (not plain and looks_like_html(text))):
        return read_text(text, url=url, language=language)
    page = read_page(text, name=name, url=url)
    dateline = find_dateline(page.text)
    return read_text(
        page.text,
        title=page.title,
        source=(dateline.agency if dateline else None) or page.site,
        published=page.published,
        url=_address(url, page.url),
        language=language,
    )


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


def _read_file(path: Path, max_bytes: int) -> bytes:
    name = repr(str(path))
    try:
        with path.open("rb") as file:
            return _limited(file, max_bytes, name)
    except FileNotFoundError:
        raise InputError(
            f"There is no file {name}.", "Check the path; pass text itself through standard input, with -."
        ) from None
    except IsADirectoryError:
        raise InputError(f"{name} is a folder, not an article.", "Pass the files in it.") from None
    except PermissionError:
        if path.is_dir():
            raise InputError(f"{name} is a folder, not an article.", "Pass the files in it.") from None
        raise InputError(f"{name} may not be read.", "Check the file's permissions.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{name[:200]} can't be read: {reason}.", "Pass the path of a file.") from None


def _limited(stream: BinaryIO, max_bytes: int, name: str) -> bytes:
    data = stream.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise InputError(f"{name} is larger than {max_bytes:,} bytes.", "Pass one article, not a collection.")
    return data
