"""Many sources as a stream of items, each to be read as an article when its turn comes.

Only what has to be known is known beforehand: names come one at a time, of a file of articles only a line is
held, and nothing is fetched before it is read.
"""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Literal

from summarizer.errors import ConfigurationError, InputError
from summarizer.models import Article
from summarizer.reading import feed, json_lines
from summarizer.reading.files import (
    LINES_SUFFIXES,
    MAX_BYTES,
    READABLE_SUFFIXES,
    is_address,
    load_address,
    load_file,
    may_be_feed,
    read_bytes,
    unreadable,
)
from summarizer.reading.seen import Seen
from summarizer.reading.text import read_text
from summarizer.reading.walking import Found, files_in, is_pattern, matching

# Changes whenever the same bytes would be read as another article.
_READING = b"1"


@dataclass(frozen=True)
class Item:
    """One thing to be read as an article.

    `source` names it in messages and in the journal: a path or an address, without user name and password, or a
    line of a file of articles (`articles.jsonl#17`, or by its id). `digest` is the SHA-256, in hexadecimal, of its
    content together with all that decides how it is read; None for an address, of which nothing but the name is
    known before it is fetched, and for what can't be read.

    `read` raises `InputError`, or `ConfigurationError` for an address offline. It gives a list for what turned
    out to be a feed: its entries, without those that another item has given already.
    """

    source: str
    digest: str | None
    read: Callable[[], Article | list[Item]]


def items(
    sources: Iterable[str],
    *,
    stdin: BinaryIO | None = None,
    timeout_s: float = 20.0,
    allow_private: bool = False,
    language: str | None = None,
    offline: bool = False,
) -> Iterator[Item]:
    """What files, folders, patterns, addresses, JSON Lines, feeds and standard input (`-`) hold, in their order.

    A path or address that is named twice is given once. `timeout_s` bounds each fetch; addresses on private
    networks are refused unless `allow_private`; with `offline` none is fetched.

    Raises `ConfigurationError`, before the first item, for a folder without articles and a pattern that matches
    nothing. Whatever else is wrong with a source is raised by its item, when that is read.
    """
    named = list(sources)
    _refuse_empty(named)
    how = _How(stdin, timeout_s, allow_private, language, offline)
    return chain.from_iterable(how.items_of(name) for name in _names(named, how.seen))


def count(sources: Iterable[str]) -> int | None:
    """How many items there are: lines of JSON Lines are counted, addresses and feeds are one each.

    None where it can't be known: standard input may be JSON Lines. Raises `ConfigurationError` as `items` does.
    """
    named = list(sources)
    _refuse_empty(named)
    if "-" in named:
        return None
    return sum(_lines_in(name) for name in _names(named, Seen()))


@dataclass(frozen=True)
class _Name:
    kind: Literal["stdin", "address", "file"]
    text: str
    problem: OSError | None = None


def _refuse_empty(sources: Iterable[str]) -> None:
    for source in sources:
        found = _expansion(source)
        if found is None or next(found, None) is not None:
            continue
        if Path(source).is_dir():
            endings = ", ".join(sorted(READABLE_SUFFIXES))
            raise ConfigurationError(f"No article in {source}.", f"Known endings: {endings}.")
        raise ConfigurationError(f"Nothing matches {source}.", "Check the pattern, and the folder it starts from.")


def _expansion(source: str) -> Iterator[Found] | None:
    """The files that a folder or a pattern stands for; None for everything else."""
    if source == "-" or is_address(source):
        return None
    try:
        if Path(source).is_dir():
            return files_in(source)
        if is_pattern(source) and not os.path.lexists(source):
            return matching(source)
    except (OSError, ValueError):
        # No name that the system takes: what is wrong with it is said when it is read.
        pass
    return None


def _names(sources: Iterable[str], seen: Seen) -> Iterator[_Name]:
    for source in sources:
        if source == "-":
            found = iter([_Name("stdin", source)])
        elif is_address(source):
            found = iter([_Name("address", source)])
        elif (expansion := _expansion(source)) is not None:
            found = (_Name("file", file.path, file.problem) for file in expansion)
        else:
            found = iter([_Name("file", source)])
        yield from (name for name in found if seen.is_new(_key(name)))


def _key(name: _Name) -> str:
    """What tells two names apart."""
    if name.kind == "file" and "\0" not in name.text:
        return os.path.abspath(name.text)  # noqa: PTH100
    return name.text.partition("#")[0] if name.kind == "address" else name.text


def _lines_in(name: _Name) -> int:
    path = Path(name.text)
    if name.kind != "file" or name.problem or path.suffix.lower() not in LINES_SUFFIXES or not path.is_file():
        return 1
    try:
        with path.open("rb") as file:
            return max(1, sum(1 for _ in json_lines.rows(file, max_bytes=MAX_BYTES)))
    except OSError:
        return 1


@dataclass(frozen=True)
class _How:
    """How items are made and read: the settings of `items`, and the names that were given."""

    stdin: BinaryIO | None
    timeout_s: float
    allow_private: bool
    language: str | None
    offline: bool
    seen: Seen = field(default_factory=Seen)

    def items_of(self, name: _Name) -> Iterator[Item]:
        """The items that a name stands for: many for JSON Lines, else one."""
        if name.kind == "stdin":
            yield from self._of_stdin()
        elif name.kind == "address":
            yield self._of_address(name.text)
        elif name.problem:
            yield _failing(name.text, unreadable(Path(name.text), name.problem))
        elif Path(name.text).suffix.lower() in LINES_SUFFIXES:
            yield from self._of_lines_file(Path(name.text), name.text)
        else:
            yield self._of_file(Path(name.text), name.text)

    def _of_stdin(self) -> Iterator[Item]:
        stream = self.stdin or sys.stdin.buffer
        start = bytearray()
        # Blank lines before it belong to a text, and don't count in JSON Lines.
        while len(start) <= MAX_BYTES and (line := stream.readline(MAX_BYTES + 1 - len(start))):
            start += line
            if line.removeprefix(codecs.BOM_UTF8).strip():
                break
        first = bytes(start.removeprefix(codecs.BOM_UTF8).strip())
        if len(start) <= MAX_BYTES and json_lines.begins_lines(first):
            yield from self._of_lines(_Rest(bytes(start), stream), "-", "standard input")
            return
        data = bytes(start) + stream.read(MAX_BYTES + 1 - len(start))
        if len(data) > MAX_BYTES:
            yield _failing(
                "-",
                InputError(
                    f"standard input is larger than {MAX_BYTES:,} bytes.", "Pass one article, not a collection."
                ),
            )
        else:
            yield self._of_bytes(data, "-", "standard input", None)

    def _of_file(self, path: Path, source: str) -> Item:
        try:
            data = load_file(path, MAX_BYTES)
        except InputError as error:
            return _failing(source, error)
        return self._of_bytes(data, source, repr(str(path)), path.suffix.lower())

    def _of_bytes(self, data: bytes, source: str, name: str, suffix: str | None) -> Item:
        def read() -> Article | list[Item]:
            if may_be_feed(data, suffix):
                return self._entries(data, source, name, None, mine)
            return read_bytes(data, name=name, suffix=suffix, language=self.language)

        mine: set[str] = set()
        return Item(source, self._digest(data, suffix), read)

    def _of_lines_file(self, path: Path, source: str) -> Iterator[Item]:
        try:
            with path.open("rb") as file:
                yield from self._of_lines(file, source, repr(str(path)))
        except (OSError, ValueError) as error:
            yield _failing(source, unreadable(path, error))

    def _of_lines(self, stream: json_lines.Lines, source: str, name: str) -> Iterator[Item]:
        named = json_lines.namer()
        empty = True
        for row in json_lines.rows(stream, max_bytes=MAX_BYTES):
            empty = False
            place = f"{name}, line {row.number}"
            try:
                if row.data is None:
                    raise InputError(f"The line is longer than {MAX_BYTES:,} bytes.", "Write one article a line.")
                record = json_lines.parsed(row.data)
            except InputError as error:
                digest = None if row.data is None else self._digest(row.data, ".jsonl")
                yield _failing(f"{source}#{named(row.number, None)}", _at(place, error), digest)
                continue
            yield Item(
                f"{source}#{named(row.number, record.id)}",
                self._digest(row.data, ".jsonl"),
                self._reader_of(record, place),
            )
        if empty:
            yield _failing(source, InputError(f"There is no article in {name}.", "Write one article a line."))

    def _reader_of(self, record: json_lines.Record, place: str) -> Callable[[], Article]:
        def read() -> Article:
            try:
                return record.article(self.language)
            except InputError as error:
                raise _at(place, error) from None

        return read

    def _of_address(self, address: str, entry: feed.Entry | None = None) -> Item:
        source = _shown(address)
        mine: set[str] = set()

        def read() -> Article | list[Item]:
            if self.offline:
                raise ConfigurationError(f"{source} can't be fetched with --offline.", "Save it as a file first.")
            page = load_address(
                address, timeout_s=self.timeout_s, max_bytes=MAX_BYTES, allow_private=self.allow_private
            )
            # Feeds that lead to feeds could go on for ever: an entry has to be an article.
            if entry is None and may_be_feed(page.data, None):
                return self._entries(page.data, source, page.url, page.url, mine)
            article = read_bytes(
                page.data, name=page.url, media_type=page.content_type, url=page.url, language=self.language
            )
            if entry is None:
                return article
            return article.model_copy(
                update={
                    "title": article.title or entry.title,
                    "published": article.published or entry.published,
                }
            )

        return Item(source, None, read)

    def _entries(self, data: bytes, source: str, name: str, url: str | None, mine: set[str]) -> list[Item]:
        """The entries of a feed that no other item has given; `mine` are those that this one gave when read before."""
        found = []
        for entry in feed.entries(data, name=name, url=url):
            if entry.link is None:
                found.append(self._of_entry(entry, f"{source}#{entry.guid}"))
            elif entry.link in mine or self.seen.is_new(entry.link):
                mine.add(entry.link)
                found.append(self._of_address(entry.link, entry))
        return found

    def _of_entry(self, entry: feed.Entry, source: str) -> Item:
        def read() -> Article:
            try:
                return read_text(
                    feed.text_of(entry.content), title=entry.title, published=entry.published, language=self.language
                )
            except InputError as error:
                raise _at(source, error) from None

        known = (entry.guid, entry.title or "", str(entry.published), entry.content)
        return Item(source, self._digest("\0".join(known).encode("utf-8", "surrogatepass"), "entry"), read)

    def _digest(self, data: bytes, suffix: str | None) -> str:
        settings = "\0".join((suffix or "", self.language or "")).encode("utf-8", "surrogatepass")
        return sha256(_READING + b"\0" + settings + b"\0\0" + data).hexdigest()


class _Rest:
    """A stream whose first bytes were read already."""

    def __init__(self, start: bytes, stream: BinaryIO) -> None:
        self._start = start
        self._stream = stream

    def readline(self, limit: int) -> bytes:
        """The next line, or as much of it as `limit` allows, in bytes."""
        if not self._start:
            return self._stream.readline(limit)
        end = min(self._start.find(b"\n") + 1 or len(self._start), limit)
        line, self._start = self._start[:end], self._start[end:]
        return line


def _failing(source: str, error: InputError, digest: str | None = None) -> Item:
    kind, message, hint = type(error), error.message, error.hint

    def read() -> Article:
        # A new one each time: one that is raised again would keep everything it passed through.
        raise kind(message, hint)

    return Item(source, digest, read)


def _at(place: str, error: InputError) -> InputError:
    return InputError(f"{place}: {error.message}", error.hint)


def _shown(address: str) -> str:
    """The address without user name and password: it goes into messages, reports and the journal."""
    return re.sub(r"(?<=://)[^/?#]*@", "", address)
