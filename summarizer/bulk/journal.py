"""Which articles are done, failed, or to be tried again: a SQLite file beside the output.

Each result is written to the output first and then committed here with its place, so that after a crash what the
journal knows is in the output, and what lies behind it in the output is removed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from pathlib import Path

from summarizer.bulk.lines import LinesFile, Place
from summarizer.errors import ConfigurationError, OutputError
from summarizer.llm.batching import BatchReply
from summarizer.llm.secrecy import without_keys_in
from summarizer.models import ErrorInfo, Usage

_FORMAT = 1
_AT_ONCE = 1000
_ANEW = "Give the same command with --fresh to begin anew."
_TABLES = (
    "CREATE TABLE made_with (id INTEGER PRIMARY KEY, content TEXT NOT NULL UNIQUE, run INTEGER NOT NULL)",
    "CREATE TABLE swap (file TEXT NOT NULL)",
    """CREATE TABLE articles (
         source TEXT PRIMARY KEY, digest TEXT, made_with INTEGER NOT NULL, status TEXT NOT NULL,
         error_type TEXT, error_message TEXT, first INTEGER, last INTEGER, crc INTEGER,
         name TEXT COLLATE NOCASE,
         requests INTEGER NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cost_usd REAL
       ) WITHOUT ROWID""",
    "CREATE INDEX by_place ON articles (last)",
    "CREATE INDEX by_name ON articles (name) WHERE name IS NOT NULL",
    "CREATE TABLE batches (id TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE batch_requests (key TEXT PRIMARY KEY, batch TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE batch_replies (key TEXT PRIMARY KEY, status INTEGER NOT NULL, body TEXT)",
)


class Status(StrEnum):
    """How an article ended. `AGAIN` failed for the service's sake, and is tried again by the same command."""

    DONE = "done"
    FAILED = "failed"
    AGAIN = "again"


@dataclass(frozen=True)
class Written:
    """Where a result lies: its line's place, or its file's name."""

    place: Place | None = None
    name: str | None = None


@dataclass(frozen=True)
class Entry:
    """One article's end. `place` is that of its line, `name` that of its file, where the output has either."""

    source: str
    digest: str | None
    status: Status
    error: ErrorInfo | None = None
    place: Place | None = None
    name: str | None = None
    usage: Usage = field(default_factory=Usage)


class Journal:
    """The journal of one output; only one process at a time may have it open.

    Raises `OutputError` where the file can't be used or written.
    """

    def __init__(self, path: Path | None, made_with: Mapping[str, str]) -> None:
        """Open or start it; without a path it is gone at the end. `made_with` decides results besides the article.

        Raises:
            ConfigurationError: it is of another version.
        """
        self.path = path
        self._made_with = dict(made_with)
        self._database = _connected(path)
        try:
            with self._errors_told():
                # Held until the file is closed, by the process's end too: two runs would write over each other.
                self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
                self._database.execute("PRAGMA journal_mode = WAL")
                self._database.execute("PRAGMA synchronous = NORMAL")
                self._database.execute("BEGIN EXCLUSIVE")
                self._start()
                self._database.execute("COMMIT")
        except BaseException:
            self._database.close()
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def standing(self, source: str, digest: str | None) -> Status | None:
        """How an article ended, if nothing has to be done for it: it's finished, with this content and settings."""
        row = self._database.execute(
            "SELECT status FROM articles WHERE source = ? AND digest IS ? AND made_with = ? AND status != ?",
            [_stored(source), digest, self._id, Status.AGAIN.value],
        ).fetchone()
        return Status(row[0]) if row else None

    def has_changed(self, source: str, digest: str | None) -> bool:
        """Whether an article was finished with another content."""
        row = self._database.execute(
            "SELECT 1 FROM articles WHERE source = ? AND digest IS NOT ? AND status != ?",
            [_stored(source), digest, Status.AGAIN.value],
        ).fetchone()
        return row is not None

    def written(self, source: str) -> Written:
        """Where the last report on an article lies, if there is one."""
        row = self._database.execute(
            "SELECT first, last, crc, name FROM articles WHERE source = ? AND status != ?",
            [_stored(source), Status.FAILED.value],
        ).fetchone()
        if row is None:
            return Written()
        *place, name = row
        return Written(None if place[0] is None else Place(*place), name)

    def usage(self) -> Usage:
        """What the articles here took, over all runs."""
        row = self._database.execute(
            "SELECT coalesce(sum(requests), 0), coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0),"
            " CASE WHEN sum(requests > 0 AND cost_usd IS NULL) THEN NULL ELSE sum(cost_usd) END FROM articles"
        ).fetchone()
        return Usage(requests=row[0], input_tokens=row[1], output_tokens=row[2], cost_usd=row[3])

    def has_name(self, name: str, *, besides: str) -> bool:
        """Whether another article's file has this name."""
        return bool(
            self._database.execute(
                "SELECT 1 FROM articles WHERE name = ? AND source != ?", [name, _stored(besides)]
            ).fetchone()
        )

    def record(self, entry: Entry) -> None:
        """Write an article's end down; it replaces an earlier one."""
        place, error, usage = entry.place, entry.error, entry.usage
        row = (
            _stored(entry.source), entry.digest, self._id, entry.status.value,
            error.type if error else None, _stored(error.message) if error else None,
            place.start if place else None, place.end if place else None, place.crc if place else None, entry.name,
            usage.requests, usage.input_tokens, usage.output_tokens, usage.cost_usd,
        )  # fmt: skip
        with self._errors_told():
            self._database.execute(f"INSERT OR REPLACE INTO articles VALUES ({', '.join('?' * len(row))})", row)

    def forget(self, sources: Iterable[str]) -> int:
        """Articles that have to be done again; gives how many."""
        with self._errors_told():
            return self._database.executemany(
                "DELETE FROM articles WHERE source = ?", ([_stored(source)] for source in sources)
            ).rowcount

    def counts(self) -> dict[Status, int]:
        """How many articles ended how."""
        rows = self._database.execute("SELECT status, count(*) FROM articles GROUP BY status")
        return {Status(status): count for status, count in rows}

    def entries(self, *statuses: Status) -> Iterator[Entry]:
        """The articles that ended so, in the order in which they lie in the output."""
        marks = ", ".join("?" * len(statuses))
        rows = self._database.execute(
            "SELECT source, digest, status, error_type, error_message, first, last, crc, name, requests, input_tokens,"
            f" output_tokens, cost_usd FROM articles WHERE status IN ({marks}) ORDER BY last, source",
            statuses,
        )
        for source, digest, status, kind, message, first, last, crc, name, *usage in rows:
            yield Entry(
                _text(source),
                digest,
                Status(status),
                ErrorInfo(type=kind, message=_text(message or "")) if kind else None,
                None if first is None else Place(first, last, crc),
                name,
                Usage(requests=usage[0], input_tokens=usage[1], output_tokens=usage[2], cost_usd=usage[3]),
            )

    def changes(self) -> list[str]:
        """What differs from the settings of the last run that finished any article, in words."""
        before = self._before
        names = [name for name in {**before, **self._made_with} if before.get(name) != self._made_with.get(name)]
        return [f"{name} was {before.get(name)} and is {self._made_with.get(name)}" for name in names]

    def submitted(self, batch_id: str, keys: Iterable[str]) -> None:
        """These requests went into this batch: with the next methods, a `BatchLog`."""
        with self._errors_told(), self._transaction():
            self._database.execute("INSERT INTO batches VALUES (?)", [batch_id])
            self._database.executemany(
                "INSERT OR REPLACE INTO batch_requests VALUES (?, ?)", [(key, batch_id) for key in keys]
            )

    def collected(self, batch_id: str, replies: Iterable[BatchReply]) -> None:
        """The batch has ended with these replies."""
        # Services repeat the key in what they refuse.
        rows = [(reply.key, reply.status, json.dumps(without_keys_in(reply.body))) for reply in replies]
        with self._errors_told(), self._transaction():
            self._database.executemany("INSERT OR REPLACE INTO batch_replies VALUES (?, ?, ?)", rows)
            self._database.execute("DELETE FROM batch_requests WHERE batch = ?", [batch_id])
            self._database.execute("DELETE FROM batches WHERE id = ?", [batch_id])

    def pending(self) -> list[str]:
        """The batches that have not been collected."""
        return [batch_id for (batch_id,) in self._database.execute("SELECT id FROM batches")]

    def batch_of(self, key: str) -> str | None:
        """The pending batch that a request is in."""
        row = self._database.execute("SELECT batch FROM batch_requests WHERE key = ?", [key]).fetchone()
        return row[0] if row else None

    def reply(self, key: str) -> BatchReply | None:
        """The reply to a request, if there is one."""
        row = self._database.execute("SELECT status, body FROM batch_replies WHERE key = ?", [key]).fetchone()
        return BatchReply(key, row[0], json.loads(row[1])) if row else None

    def forget_reply(self, key: str) -> None:
        """The reply is of no use: the request has to be sent again."""
        with self._errors_told():
            self._database.execute("DELETE FROM batch_replies WHERE key = ?", [key])

    def forget_replies(self) -> None:
        """Every article is finished: nothing will ask for the replies again."""
        with self._errors_told():
            self._database.execute("DELETE FROM batch_replies")

    def settle(self, lines: LinesFile) -> int:
        """Make output and journal agree after whatever happened; gives how many results were missing.

        What lies behind the last known line is removed: a torn line, failures to be tried again, or a line that
        was written but not committed. Results that the output lost are forgotten, and so done again: every line
        is looked at, for one that was changed by hand may have moved all that come after it.
        """
        self._finish_swap(lines)
        lost = sum(
            self.forget(source for source, place in some if lines.line(place) is None) for some in self._places()
        )
        lines.cut(self._end())
        return lost

    def compact(self, lines: LinesFile) -> None:
        """Remove lines from the output that later ones replaced. Survives being killed at any point."""
        (kept,) = self._database.execute("SELECT coalesce(sum(last - first), 0) FROM articles").fetchone()
        end = self._end()
        if kept == end:
            lines.cut(end)
            return
        copy = _copy_of(lines)
        with self._errors_told():
            with self._transaction():
                for source, place in lines.copy_to(copy, chain.from_iterable(self._places())):
                    if place is None:
                        self.forget([source])
                    else:
                        self._database.execute(
                            "UPDATE articles SET first = ?, last = ? WHERE source = ?",
                            [place.start, place.end, _stored(source)],
                        )
                self._database.execute("INSERT INTO swap VALUES (?)", [copy.name])
            self._finish_swap(lines)

    def _places(self) -> Iterator[list[tuple[str, Place]]]:
        """Articles and their lines' places, in the order of the file and some at a time: they may be changed."""
        end = -1
        while rows := self._database.execute(
            "SELECT source, first, last, crc FROM articles WHERE last > ? ORDER BY last LIMIT ?", [end, _AT_ONCE]
        ).fetchall():
            end = rows[-1][2]
            yield [(_text(source), Place(*place)) for source, *place in rows]

    def _end(self) -> int:
        (end,) = self._database.execute("SELECT coalesce(max(last), 0) FROM articles").fetchone()
        return int(end)

    def _start(self) -> None:
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            for table in _TABLES:
                self._database.execute(table)
            self._database.execute(f"PRAGMA user_version = {_FORMAT}")
        elif version != _FORMAT:
            raise ConfigurationError(
                f"{self.path} has the format {version}, and this version reads format {_FORMAT}.",
                f"Use the version of summarizer that made it, or another output. {_ANEW}",
            )
        row = self._database.execute(
            "SELECT content FROM made_with WHERE EXISTS (SELECT 1 FROM articles WHERE made_with = id)"
            " ORDER BY run DESC LIMIT 1"
        ).fetchone()
        self._before: dict[str, str] = json.loads(row[0]) if row else self._made_with
        content = json.dumps(self._made_with, sort_keys=True)
        self._database.execute(
            "INSERT INTO made_with (content, run) SELECT ?, coalesce(max(run), 0) + 1 FROM made_with WHERE true"
            " ON CONFLICT (content) DO UPDATE SET run = excluded.run",
            [content],
        )
        (self._id,) = self._database.execute("SELECT id FROM made_with WHERE content = ?", [content]).fetchone()

    def _finish_swap(self, lines: LinesFile) -> None:
        """Where the process was killed between the commit of new places and the exchange of the files."""
        copy = _copy_of(lines)
        with self._errors_told():
            if self._database.execute("SELECT file FROM swap").fetchone() is None:
                # Of a copy that wasn't finished.
                copy.unlink(missing_ok=True)
                return
            if copy.exists():
                lines.replace_by(copy)
            self._database.execute("DELETE FROM swap")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    @contextmanager
    def _errors_told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise _unusable(self.path, error) from error


def remove(path: Path) -> None:
    """Remove a journal, of whatever version or broken.

    Raises:
        OutputError: another run has it open, or it can't be removed.
    """
    if not path.exists():
        return
    database = _connected(path)
    try:
        database.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        if _is_locked(error):
            raise _unusable(path, error) from error
    finally:
        database.close()
    try:
        for ending in ("", "-wal", "-shm"):
            path.with_name(f"{path.name}{ending}").unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path} can't be removed: {error.strerror}.", "Give another output.") from error


def _connected(path: Path | None) -> sqlite3.Connection:
    try:
        # A name that is empty stands for a file that SQLite removes itself, and needs only when there is much.
        return sqlite3.connect(path or "", timeout=0, isolation_level=None)
    except sqlite3.Error as error:
        raise _unusable(path, error) from error


def _copy_of(lines: LinesFile) -> Path:
    return lines.path.with_name(f"{lines.path.name}.new")


def _stored(text: str) -> str | bytes:
    """A text as SQLite takes it: names of files may hold bytes that are no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def _text(stored: str | bytes) -> str:
    return stored.decode("utf-8", "surrogatepass") if isinstance(stored, bytes) else stored


def _is_locked(error: sqlite3.Error) -> bool:
    return _name(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def _name(error: sqlite3.Error) -> str:
    # Errors of Python's own module have none.
    return str(getattr(error, "sqlite_errorname", ""))


def _unusable(path: Path | None, error: sqlite3.Error) -> OutputError:
    if _is_locked(error):
        return OutputError(f"Another run writes to {path}.", "Wait for it, or write to another output.")
    if _name(error).startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return OutputError(f"{path} is no journal, or a broken one.", _ANEW)
    return OutputError(
        f"{path or 'The journal'} can't be used: {error}.",
        "If the disk is full, make room and give the same command again: what is finished is kept.",
    )
