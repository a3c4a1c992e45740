"""A text that is already decoded, read as an article."""

from __future__ import annotations

from datetime import date

from summarizer.dates import published_in
from summarizer.errors import InputError
from summarizer.models import Article
from summarizer.reading.language import check_language, detect_language
from summarizer.wire import find_dateline, find_title

MAX_CHARS = 400_000
"""The longest text that is read as one article, in code points."""


def read_text(
    text: str,
    *,
    source: str | None = None,
    title: str | None = None,
    published: date | None = None,
    language: str | None = None,
    url: str | None = None,
    id: str | None = None,  # noqa: A002
) -> Article:
    """Read a text as an article. What isn't given is looked for in it: title, agency, date and language.

    The article's text is the one given, without a BOM and with newlines as `\\n`. Its id, if none is given,
    is a hash of text and source.
    Raises `InputError` for a text that is empty, too long, broken, or clearly in another language.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    _check(text)
    dateline = find_dateline(text)
    if title is None and (found := find_title(text)):
        title = text[found[0] : found[1]]
    return Article.from_text(
        text,
        language=check_language(language) if language else detect_language(text),
        title=title,
        source=source or (dateline.agency if dateline else None),
        published=published or published_in(text, dateline),
        url=url,
        id=id,
    )


def _check(text: str) -> None:
    if not text.strip():
        raise InputError("The article is empty.", "Pass a text, a file or an address that has one.")
    if len(text) > MAX_CHARS:
        raise InputError(
            f"The article has {len(text):,} characters; the limit is {MAX_CHARS:,}.",
            "Split it into its articles and pass them one by one.",
        )
    if "\0" in text:
        at = text.index("\0")
        raise InputError(f"The text has a NUL character (at {at}).", "Save it again as UTF-8 text.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"The text has half a surrogate pair (at {error.start}), which is no character.",
            "Decode it again from its bytes, as UTF-8 or UTF-16.",
        ) from None
