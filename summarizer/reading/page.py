"""The article in an HTML page: its text, and what the page says about it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from summarizer.errors import InputError
from summarizer.reading.hidden import Shown, without_hidden
from summarizer.reading.overgrown import refuse_overgrown
from summarizer.screening import find_suspicions, kept_from_model

_SNIFFED_CHARS = 2000
_MAX_DEPTH = 400
_PROSE_SPACES = 5
_LOOKED_THROUGH_CHARS = 5000
_BLOCKS = {"p", "head", "item", "quote", "code", "ab"}


@dataclass(frozen=True)
class Page:
    """What a page's article consists of. Paragraphs and headings of `text` are separated by blank lines."""

    text: str
    title: str | None
    published: date | None
    site: str | None
    url: str | None
    warnings: tuple[str, ...] = ()


def looks_like_html(text: str) -> bool:
    """Whether a text of unknown type is an HTML page."""
    opening = re.sub(r"<!--.*?-->|<\?xml[^>]*>", "", text[:_SNIFFED_CHARS], flags=re.DOTALL).lstrip("\ufeff \t\r\n")
    return bool(re.match(r"<(?:!doctype\s+html|html|head|body)\b", opening, re.IGNORECASE))


def read_page(html: str, *, name: str, url: str | None = None) -> Page:
    """Take the article out of a page. `name` is for messages, `url` where the page came from.

    Raises `InputError` when there is no article text on it, and for one that would take too long to read.
    """
    for logger in ("trafilatura", "htmldate"):
        logging.getLogger(logger).addHandler(logging.NullHandler())
    refuse_overgrown(html, name)
    # lxml refuses a decoded text that declares an encoding.
    html = re.sub(r"^\s*<\?xml[^>]*>", "", html.removeprefix("\ufeff")).replace("\0", "")
    shown = without_hidden(html)
    document, text = _extracted(shown.html, url)
    warnings = _warnings(shown)
    if shown.hidden and not text.strip():
        document, text = _extracted(html, url)
        warnings = ("All text of the page is hidden by its styles; it was read all the same.",)
    if document is None or not text.strip():
        raise InputError(
            f"There is no article text in {name}.",
            "The page may be empty, need JavaScript or a login: save the article's text and pass that file.",
        )
    return Page(
        text=text,
        title=_clean(document.title),
        published=_date(document.date),
        site=_clean(document.sitename),
        url=_web_address(document.url),
        warnings=warnings,
    )


def _extracted(html: str, url: str | None) -> tuple[Any, str]:
    import trafilatura

    document: Any = trafilatura.bare_extraction(
        html,
        url=url,
        with_metadata=True,
        include_comments=False,
        include_tables=False,
        include_formatting=False,
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    return document, "" if document is None else "\n\n".join(_blocks(document.body))


def _warnings(shown: Shown) -> tuple[str, ...]:
    """What to say of what is hidden: what speaks to a machine, and what reads as if it were of the article.

    Most pages hide something: menus, questions about cookies.
    """
    words = [one[:_LOOKED_THROUGH_CHARS] for one in (*shown.hidden, *shown.comments)]
    spoken = [one for one in words if find_suspicions(one)]
    told = [("words to a machine", "a hidden part of the page", one) for one in spoken]
    told += [
        ("hidden text", "the article", one)
        for one in shown.inside
        if one[:_LOOKED_THROUGH_CHARS] not in spoken and _is_prose(one)
    ]
    return tuple(kept_from_model(told))


def _is_prose(words: str) -> bool:
    return words.count(" ") >= _PROSE_SPACES and re.search(r"[.!?][\"'“”»)]*$", words) is not None


def _blocks(element: Any, depth: int = 0) -> Iterator[str]:
    """The paragraphs in order. A block that holds others gives its own words first."""
    inner = [child for child in element.iter() if child is not element and child.tag in _BLOCKS]
    if element.tag in _BLOCKS and not inner:
        if words := _clean("".join(_words(element))):
            yield words
        return
    if depth < _MAX_DEPTH:
        if words := _clean(element.text):
            yield words
        for child in element:
            yield from _blocks(child, depth + 1)
            if words := _clean(child.tail):
                yield words


def _words(element: Any) -> Iterator[str]:
    """The pieces of a block. Only a line break parts words, other inline elements may stand inside one."""
    yield element.text or ""
    for child in element:
        yield from (" ",) if child.tag == "lb" else _words(child)
        yield child.tail or ""


def _clean(text: str | None) -> str | None:
    return " ".join(text.split()) or None if text else None


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None


def _web_address(url: str | None) -> str | None:
    return url if url and re.match(r"https?://[^\s/]", url, re.IGNORECASE) else None
