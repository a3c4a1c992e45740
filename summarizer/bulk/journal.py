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
from pathlib import Path

from summarizer.bulk.lines import LinesFile, Place
from summarizer.errors import ConfigurationError, OutputError
from summarizer.llm.batching import BatchReply
from summarizer.models import ErrorInfo, Usage

_FORMAT = 1
_CHECKED_LINES = 200
_TABLES = (
    "CREATE TABLE made_with (id INTEGER PRIMARY KEY, content TEXT NOT NULL UNIQUE)",
    "CREATE TABLE swap (file TEXT NOT NULL)",
    """CREATE TABLE articles (
         source TEXT PRIMARY KEY, digest TEXT, made_with INTEGER NOT NULL, status TEXT NOT NULL,
         error_type TEXT, error_message TEXT, first INTEGER, last INTEGER, crc INTEGER, name TEXT,
         requests INTEGER NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cost_usd REAL
       ) WITHOUT ROWID""",
    "CREATE INDEX by_place ON articles (last)",
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
        """Open or start it; without a path it lies in memory only. `made_with` decides results besides the article.

        Raises:
            ConfigurationError: it is of another version.
        """
        self.path = path
        self._made_with = dict(made_with)
        self._database = sqlite3.connect(path or ":memory:", timeout=0, isolation_level=None)
        with self._errors_told():
            # Held until the file is closed, by the process's end too: two runs would write over each other.
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute("BEGIN EXCLUSIVE")
            self._start()
            self._database.execute("COMMIT")

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def is_done(self, source: str, digest: str | None) -> bool:
        """Whether nothing has to be done for an article: it's finished, with the same content and settings."""
        row = self._database.execute(
            "SELECT digest, made_with, status FROM articles WHERE source = ?", [source]
        ).fetchone()
        return row is not None and row[0] == digest and row[1] == self._id and row[2] != Status.AGAIN

    def has(self, source: str) -> bool:
        """Whether an article stands here at all, however it was made."""
        return self._database.execute("SELECT 1 FROM articles WHERE source = ?", [source]).fetchone() is not None

    def record(self, entry: Entry) -> None:
        """Write an article's end down; it replaces an earlier one."""
        place, error, usage = entry.place, entry.error, entry.usage
        row = (
            entry.source, entry.digest, self._id, entry.status.value,
            error.type if error else None, error.message if error else None,
            place.start if place else None, place.end if place else None, place.crc if place else None, entry.name,
            usage.requests, usage.input_tokens, usage.output_tokens, usage.cost_usd,
        )  # fmt: skip
        with self._errors_told():
            self._database.execute(f"INSERT OR REPLACE INTO articles VALUES ({', '.join('?' * len(row))})", row)

    def forget(self, sources: Iterable[str]) -> int:
        """Articles that have to be done again; gives how many."""
        gone = [[source] for source in sources]
        with self._errors_told():
            self._database.executemany("DELETE FROM articles WHERE source = ?", gone)
        return len(gone)

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
                source,
                digest,
                Status(status),
                ErrorInfo(type=kind, message=message or "") if kind else None,
                None if first is None else Place(first, last, crc),
                name,
                Usage(requests=usage[0], input_tokens=usage[1], output_tokens=usage[2], cost_usd=usage[3]),
            )

    def changes(self) -> list[str]:
        """What differs from what most of the articles here were made with, in words."""
        row = self._database.execute(
            "SELECT content FROM made_with JOIN articles ON id = made_with WHERE id != ?"
            " GROUP BY id ORDER BY count(*) DESC LIMIT 1",
            [self._id],
        ).fetchone()
        before = json.loads(row[0]) if row else self._made_with
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
        rows = [(reply.key, reply.status, json.dumps(reply.body)) for reply in replies]
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
        was written but not committed. Results that the output lost are forgotten, and so done again.
        """
        with self._errors_told():
            self._finish_swap(lines)
            lost = self._database.execute("DELETE FROM articles WHERE last > ?", [lines.size]).rowcount
            rows = self._database.execute(
                "SELECT source, first, last, crc FROM articles WHERE last IS NOT NULL ORDER BY last DESC LIMIT ?",
                [_CHECKED_LINES],
            ).fetchall()
            damaged = [[source] for source, *place in rows if lines.line(Place(*place)) is None]
            self._database.executemany("DELETE FROM articles WHERE source = ?", damaged)
            (end,) = self._database.execute("SELECT coalesce(max(last), 0) FROM articles").fetchone()
        lines.cut(end)
        return int(lost) + len(damaged)

    def compact(self, lines: LinesFile) -> None:
        """Remove lines from the output that later ones replaced. Survives being killed at any point."""
        (kept,) = self._database.execute("SELECT coalesce(sum(last - first), 0) FROM articles").fetchone()
        if kept == lines.size:
            return
        copy = lines.path.with_name(f"{lines.path.name}.new")
        with self._errors_told():
            rows = self._database.execute(
                "SELECT source, first, last, crc FROM articles WHERE last IS NOT NULL ORDER BY first"
            ).fetchall()
            sources = {Place(*place): source for source, *place in rows}
            self._database.execute("BEGIN")
            for old, new in lines.copy_to(copy, sources):
                self._database.execute(
                    "UPDATE articles SET first = ?, last = ? WHERE source = ?", [new.start, new.end, sources[old]]
                )
            self._database.execute("INSERT INTO swap VALUES (?)", [copy.name])
            self._database.execute("COMMIT")
            self._finish_swap(lines)

    def _start(self) -> None:
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            for table in _TABLES:
                self._database.execute(table)
            self._database.execute(f"PRAGMA user_version = {_FORMAT}")
        elif version != _FORMAT:
            raise ConfigurationError(
                f"{self.path} has the format {version}, and this version reads format {_FORMAT}.",
                "Write to another output, or use the version of summarizer that made it.",
            )
        content = json.dumps(self._made_with, sort_keys=True)
        self._database.execute("INSERT OR IGNORE INTO made_with (content) VALUES (?)", [content])
        (self._id,) = self._database.execute("SELECT id FROM made_with WHERE content = ?", [content]).fetchone()

    def _finish_swap(self, lines: LinesFile) -> None:
        """Where the process was killed between the commit of new places and the exchange of the files."""
        row = self._database.execute("SELECT file FROM swap").fetchone()
        if row is not None:
            copy = lines.path.with_name(row[0])
            if copy.exists():
                lines.replace_by(copy)
            self._database.execute("DELETE FROM swap")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN")
        yield
        self._database.execute("COMMIT")

    @contextmanager
    def _errors_told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            if "locked" in str(error):
                raise OutputError(
                    f"Another run writes to {self.path}.", "Wait for it, or write to another output."
                ) from error
            raise OutputError(
                f"{self.path} can't be used: {error}.",
                "If the disk is full, make room and give the same command again: what is finished is kept.",
            ) from error
