"""JSON Lines: an article a line, of any number."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from summarizer.errors import InputError
from summarizer.models import Article
from summarizer.reading.language import check_language
from summarizer.reading.seen import Seen
from summarizer.reading.text import read_text

_MAX_ID_CHARS = 200
_SKIPPED_BYTES = 1 << 16
_EXPECTED = 'Each line has to be a JSON object with a text: {"text": "…"}.'


class Lines(Protocol):
    """What lines are read from: a stream, or the rest of one."""

    def readline(self, limit: int, /) -> bytes:
        """The next line, or as much of it as `limit` allows, in bytes; empty at the end."""


@dataclass(frozen=True)
class Row:
    """A line that isn't blank, numbered from 1. `data` is None for one that is longer than is read."""

    number: int
    data: bytes | None


@dataclass(frozen=True)
class Record:
    """An article as a line gives it."""

    text: str
    id: str | None = None
    title: str | None = None
    url: str | None = None
    source: str | None = None
    published: date | None = None
    language: str | None = None

    def article(self, language: str | None) -> Article:
        """Read it as an article; `language` is for a line that names none. Raises `InputError`."""
        return read_text(
            self.text,
            id=self.id,
            title=self.title,
            url=self.url,
            source=self.source,
            published=self.published,
            language=self.language or language,
        )


def rows(stream: Lines, *, max_bytes: int) -> Iterator[Row]:
    """The lines of a stream that aren't blank, without BOM. A line longer than `max_bytes` is skipped in pieces."""
    number = 0
    while line := stream.readline(max_bytes + 1):
        number += 1
        if len(line) > max_bytes and not line.endswith(b"\n"):
            while (piece := stream.readline(_SKIPPED_BYTES)) and not piece.endswith(b"\n"):
                pass
            yield Row(number, None)
        elif data := (line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).strip():
            yield Row(number, data)


def parsed(data: bytes) -> Record:
    """Read a line. Raises `InputError` that doesn't say which line it is."""
    return record(json_object(data))


def json_object(data: bytes) -> dict[str, Any]:
    """The object in a line. Raises as `parsed` does."""
    try:
        found = json.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(
            f"The line is not UTF-8 (byte {error.start} of the line).", "Save it again as UTF-8."
        ) from None
    except (ValueError, RecursionError):
        raise InputError("The line is not JSON.", _EXPECTED) from None
    if not isinstance(found, dict):
        raise InputError("The line is not a JSON object.", _EXPECTED)
    return found


def record(found: dict[str, Any]) -> Record:
    """The article that an object gives. Raises as `parsed` does."""
    if is_report(found):
        raise InputError(
            "The line is a report that summarizer wrote, not an article.",
            "Pass the articles themselves; reports are results.",
        )
    if "text" not in found:
        raise InputError("The line has no text.", _EXPECTED)
    text = found["text"]
    if not isinstance(text, str):
        raise InputError(f"The line has a text that is {_kind(text)}, not a string.", _EXPECTED)
    return Record(
        text=text,
        id=_id(found),
        title=_string(found, "title"),
        url=_url(found),
        source=_string(found, "source"),
        published=_day(found),
        language=check_language(language) if (language := _string(found, "language")) else None,
    )


def begins_lines(data: bytes) -> bool:
    """Whether the first line of an input of unknown type says that it is JSON Lines: an article, or a report."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and (isinstance(found.get("text"), str) or is_report(found))


def is_report(found: dict[str, Any]) -> bool:
    """Whether an object is what summarizer itself writes, for an article or for one that failed."""
    return isinstance(found.get("article"), dict) and ("schema_version" in found or "error" in found)


def namer() -> Callable[[int, str | None], str]:
    """Gives each line of a file a name of its own: its id, or its number; an id that was there before gets both."""
    seen = Seen()

    def name(number: int, id_: str | None) -> str:
        chosen = id_ or str(number)
        while not seen.is_new(chosen):
            chosen = f"{chosen} (line {number})"
        return chosen

    return name


def _string(found: dict[str, Any], key: str) -> str | None:
    value = found.get(key)
    if value is not None and not isinstance(value, str):
        raise InputError(
            f"The line has a {key} that is {_kind(value)}, not a string.", "Write it in quotes, or leave it out."
        )
    if value and re.search("[\ud800-\udfff]", value):
        raise InputError(f"The line has a {key} with half a surrogate pair, which is no character.", "Leave it out.")
    return value or None


def _id(found: dict[str, Any]) -> str | None:
    value = found.get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    text = _string({"id": value}, "id")
    if text and (len(text) > _MAX_ID_CHARS or not text.isprintable()):
        raise InputError(
            f"The line has an id that is longer than {_MAX_ID_CHARS} characters or has control characters in it.",
            "Give it a short one, or none.",
        )
    return text


def _url(found: dict[str, Any]) -> str | None:
    url = _string(found, "url")
    if url and not re.match(r"https?://[^\s/]", url, re.IGNORECASE):
        raise InputError("The line has a url that is no http or https address.", "Write it in full, or leave it out.")
    return url


def _day(found: dict[str, Any]) -> date | None:
    text = _string(found, "published")
    try:
        return datetime.fromisoformat(text).date() if text else None
    except ValueError:
        raise InputError(
            "The line has a published that is no ISO date.", "Write it as 2025-09-05 or 2025-09-05T10:00:00+02:00."
        ) from None


def _kind(value: object) -> str:
    names: dict[type, str] = {type(None): "null", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), "a list" if isinstance(value, list) else "an object")
