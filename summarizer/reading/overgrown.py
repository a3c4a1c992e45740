"""Pages and feeds that would take hours: what parses and searches them takes time with the square of their tags."""

from __future__ import annotations

import re

from summarizer.errors import InputError

MAX_ELEMENTS = 15_000
"""The most elements and comments of a page that is read. News pages have some thousands."""

MAX_ATTRIBUTES = 2_000
"""The most attributes of one element."""

MAX_FEED_TAGS = 100_000
"""The most tags of a feed that is read, those in its articles' HTML among them."""

# Closed without having been opened, these two are elements as well.
_ELEMENT = re.compile(r"<(?:[a-z!?]|/(?:p|br)\b)", re.IGNORECASE)
# As HTML's standard has it, so that nothing in a tag looks like its end to one and not to the other.
_ATTRIBUTE = r"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?+)?+"""
_CROWDED = re.compile(rf"<[a-z][^\s/>]*+(?:{_ATTRIBUTE}){{{MAX_ATTRIBUTES}}}", re.IGNORECASE)


def refuse_overgrown(html: str, name: str) -> None:
    """Raise `InputError` for a page with more elements, or attributes of one, than are read in bounded time."""
    elements = sum(1 for _ in _ELEMENT.finditer(html))
    if elements > MAX_ELEMENTS:
        raise InputError(
            f"{name} is a page of {elements:,} elements; the limit is {MAX_ELEMENTS:,}.",
            "Save the article's text and pass that file.",
        )
    refuse_crowded(html, name)


def refuse_overgrown_feed(xml: str, name: str) -> None:
    """The same for a feed."""
    tags = xml.count("<")
    if tags > MAX_FEED_TAGS:
        raise InputError(
            f"{name} is a feed of {tags:,} tags; the limit is {MAX_FEED_TAGS:,}.",
            "Pass the addresses of its articles.",
        )
    refuse_crowded(xml, name)


def refuse_crowded(text: str, name: str) -> None:
    """Raise `InputError` for more attributes in one tag than are read."""
    if _CROWDED.search(text):
        raise InputError(
            f"{name} has more than {MAX_ATTRIBUTES:,} attributes in one tag.",
            "Save the article's text and pass that file.",
        )
