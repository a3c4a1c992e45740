"""Replies kept on disk, so that a request that was answered before isn't paid for again."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
import time
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from summarizer.errors import ConfigurationError
from summarizer.llm.base import (
    Completion,
    CompletionRequest,
    Encoding,
    EncodingRequest,
    Reply,
    Request,
    Schema,
    StructuredReply,
    StructuredRequest,
    json_schema,
)
from summarizer.llm.recording import request_key
from summarizer.models import Usage
from summarizer.resources import cache_folder, make_private_folder

SIZE_VARIABLE = "SUMMARIZER_CACHE_MB"
DEFAULT_MAX_BYTES = 500_000_000
_FILE = "replies.sqlite"
_FORMAT = 1
_BUSY_S = 5.0
_BUSY_STEP_S = 0.02
_KEPT_SHARE = 0.9
_WRITE_EVERY_S = 0.2
_MOST_UNWRITTEN = 32
_TOUCH_AFTER_S = 24 * 3600
_ROW_BYTES = 120  # Keys and indexes; the replies of a small model are hardly longer themselves.
_TABLES = (
    "CREATE TABLE replies (key BLOB PRIMARY KEY, value BLOB NOT NULL, used INTEGER NOT NULL)",
    "CREATE INDEX replies_used ON replies (used)",
    "CREATE TABLE size (bytes INTEGER NOT NULL, replies INTEGER NOT NULL)",
    "INSERT INTO size VALUES (0, 0)",
    f"""CREATE TRIGGER added AFTER INSERT ON replies BEGIN
          UPDATE size SET bytes = bytes + length(new.value) + {_ROW_BYTES}, replies = replies + 1;
        END""",
    f"""CREATE TRIGGER removed AFTER DELETE ON replies BEGIN
          UPDATE size SET bytes = bytes - length(old.value) - {_ROW_BYTES}, replies = replies - 1;
        END""",
)


@dataclass(frozen=True)
class CacheInfo:
    """What `summarizer cache info` shows. `bytes` are those of the replies, the file is a little larger."""

    path: Path
    replies: int
    bytes: int
    max_bytes: int


class ReplyCache:
    """A file of replies by request. May be used from several threads and processes.

    A request is known by a hash of all that decides its reply and of the model that is asked, so that nothing
    of it, and no key, is in the file; the replies are. The replies that were used longest ago are removed when
    there is no room. Replies are written some at a time: a process that is killed loses those of the last moment.
    A cache that can't be read or written says so once and is then left alone.
    """

    def __init__(
        self,
        model: str,
        *,
        path: Path | None = None,
        max_bytes: int | None = None,
        on_message: Callable[[str], None] | None = None,
    ) -> None:
        """`model` identifies what is asked: two models, or two services, never share a reply.

        Raises:
            ConfigurationError: SUMMARIZER_CACHE_MB is no number.
        """
        self.path = path or default_path()
        self.hits = 0
        self._model = model
        self._max_bytes = configured_max_bytes() if max_bytes is None else max_bytes
        self._say = on_message or (lambda line: None)
        self._lock = threading.Lock()
        self._unwritten: dict[bytes, tuple[bytes, int]] = {}
        self._written_at = 0.0
        self._database: sqlite3.Connection | None = None
        try:
            self._database = _opened(self.path)
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)

    def key(self, request: Request) -> bytes:
        """What the request is known by."""
        if not isinstance(request, StructuredRequest):
            return hashlib.sha256(f"{self._model}\0{request_key(request)}".encode()).digest()
        # The same content as in `request_key`; most of that is the schema, which many requests share.
        digest = hashlib.sha256(self._model.encode())
        model: type[BaseModel] = request.response_model
        digest.update(_schema_digest(model, request.schema))
        for message in request.messages:
            content = message.content.encode("utf-8", "surrogatepass")
            digest.update(f"{message.role} {len(content)} ".encode() + content)
        digest.update(f"{request.max_output_tokens} {request.max_reasks} {request.temperature}".encode())
        return digest.digest()

    def get(self, key: bytes, request: Request) -> Reply | None:
        """The reply to this request, taken for nothing, or None."""
        found = self._run(lambda db: self._found(db, key))
        if found is None:
            return None
        try:
            reply = _unpacked(found[0], request)
        except (ValueError, KeyError, TypeError, zlib.error):
            return None  # Of a version whose checks were others, or damaged: it is asked again.
        now = int(time.time())
        if now - found[1] > _TOUCH_AFTER_S:
            self._run(lambda db: db.execute("UPDATE replies SET used = ? WHERE key = ?", [now, key]))
        self.hits += 1
        return reply

    def put(self, key: bytes, reply: Reply) -> None:
        """Keep a reply."""
        value = _packed(reply)
        if len(value) + _ROW_BYTES > self._max_bytes:
            return
        with self._lock:
            self._unwritten[key] = value, int(time.time())
            late = time.monotonic() - self._written_at > _WRITE_EVERY_S
        if late or len(self._unwritten) >= _MOST_UNWRITTEN:
            self._run(self._write)

    def _found(self, database: sqlite3.Connection, key: bytes) -> tuple[bytes, int] | None:
        unwritten = self._unwritten.get(key)
        if unwritten is not None:
            return unwritten
        row: tuple[bytes, int] | None = database.execute(
            "SELECT value, used FROM replies WHERE key = ?", [key]
        ).fetchone()
        return row

    def _write(self, database: sqlite3.Connection) -> None:
        """Write replies together: a transaction for each would take longer than all else here."""
        unwritten, self._unwritten = self._unwritten, {}
        self._written_at = time.monotonic()
        if not unwritten:
            return
        database.execute("BEGIN IMMEDIATE")
        database.executemany("DELETE FROM replies WHERE key = ?", [[key] for key in unwritten])
        database.executemany("INSERT INTO replies VALUES (?, ?, ?)", [(key, *row) for key, row in unwritten.items()])
        _make_room(database, self._max_bytes)
        database.execute("COMMIT")

    def flush(self) -> None:
        """Write what isn't written yet."""
        self._run(self._write)

    def close(self) -> None:
        """Write what isn't written yet, and close the file."""
        self.flush()
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    def _run(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        with self._lock:
            if self._database is None:
                return None
            try:
                return work(self._database)
            except sqlite3.Error as error:
                self._give_up(error)
                return None
            finally:
                # Whatever broke it off, Ctrl-C too: others would wait for the lock.
                if self._database is not None and self._database.in_transaction:
                    self._database.execute("ROLLBACK")

    def _give_up(self, error: Exception) -> None:
        if self._database is not None:
            with suppress(sqlite3.Error):
                self._database.close()
            self._database = None
        hint = "" if _is_busy(error) else " `summarizer cache clear` makes a new file."
        self._say(f"Replies aren't cached: {self.path}: {error}.{hint}")


@lru_cache(maxsize=256)
def _schema_digest(model: type[BaseModel], narrowed: Schema | None) -> bytes:
    return hashlib.sha256(json.dumps(json_schema(model, narrowed), sort_keys=True).encode()).digest()


def default_path() -> Path:
    """Where replies are kept."""
    return cache_folder() / _FILE


def configured_max_bytes() -> int:
    """How large the cache may grow: SUMMARIZER_CACHE_MB, or 500 MB.

    Raises:
        ConfigurationError: it is no number.
    """
    given = os.environ.get(SIZE_VARIABLE, "").strip()
    if not given:
        return DEFAULT_MAX_BYTES
    if not given.isdecimal():
        raise ConfigurationError(f"{SIZE_VARIABLE} is {given!r}.", "Set it to a number of megabytes.")
    return int(given) * 1_000_000


def cache_info(path: Path | None = None) -> CacheInfo:
    """How much the cache holds.

    Raises:
        ConfigurationError: the file can't be read.
    """
    path = path or default_path()
    if not path.exists():
        return CacheInfo(path, 0, 0, configured_max_bytes())
    try:
        with closing(_opened(path)) as database:
            size, count = database.execute("SELECT bytes, replies FROM size").fetchone()
    except (sqlite3.Error, OSError) as error:
        hint = "Try again later." if _is_busy(error) else "Remove it with `summarizer cache clear`."
        raise ConfigurationError(f"{path} can't be read: {error}.", hint) from error
    return CacheInfo(path, count, size, configured_max_bytes())


def clear_cache(path: Path | None = None) -> int:
    """Remove all replies, and say how many bytes that freed. A file that is no cache is removed itself.

    Raises:
        ConfigurationError: it can't be done.
    """
    path = path or default_path()
    before = _bytes_on_disk(path)
    if not before:
        return 0
    try:
        # Whoever has the file open would go on writing to a removed one, and at the end remove its successor's log.
        with closing(_opened(path)) as database:
            database.execute("DELETE FROM replies")
            database.execute("VACUUM")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except (sqlite3.Error, OSError) as error:
        if _is_busy(error):
            raise ConfigurationError(f"{path} is in use: {error}.", "Try again later.") from error
        for file in _files(path):
            _remove(file)
    return max(0, before - _bytes_on_disk(path))


def _files(path: Path) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in ("", "-wal", "-shm")]


def _bytes_on_disk(path: Path) -> int:
    return sum(file.stat().st_size for file in _files(path) if file.exists())


def _remove(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{file} can't be removed: {error.strerror}.", "Remove it by hand.") from error


def _is_busy(error: Exception) -> bool:
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def _opened(path: Path) -> sqlite3.Connection:
    until = time.monotonic() + _BUSY_S
    while True:
        try:
            return _opened_now(path)
        except sqlite3.OperationalError as error:
            # Turning the log on waits for nobody, so that several processes on a new file meet here.
            if not _is_busy(error) or time.monotonic() > until:
                raise
        time.sleep(_BUSY_STEP_S)


def _opened_now(path: Path) -> sqlite3.Connection:
    make_private_folder(path.parent)
    if not path.exists():
        # Replies are about what the user reads: nobody else's business.
        path.touch(mode=0o600)
    database = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("BEGIN IMMEDIATE")
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            for statement in _TABLES:
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {_FORMAT}")
        elif version != _FORMAT:
            raise sqlite3.DatabaseError(f"it has the format {version}, and this version reads {_FORMAT}")
        database.execute("COMMIT")
    except sqlite3.Error:
        database.close()
        raise
    return database


def _make_room(database: sqlite3.Connection, max_bytes: int) -> None:
    (size,) = database.execute("SELECT bytes FROM size").fetchone()
    if size <= max_bytes:
        return
    surplus = size - max_bytes * _KEPT_SHARE
    oldest = []
    for key, length in database.execute("SELECT key, length(value) FROM replies ORDER BY used, rowid"):
        oldest.append((key,))
        surplus -= length
        if surplus <= 0:
            break
    database.executemany("DELETE FROM replies WHERE key = ?", oldest)


def _packed(reply: Reply) -> bytes:
    content: dict[str, Any]
    if isinstance(reply, Encoding):
        content = {"vectors": [b64encode(vector).decode() for vector in reply.vectors]}
    elif isinstance(reply, Completion):
        content = {"text": reply.text, "first_token": dict(reply.first_token)}
    else:
        content = {"value": reply.value.model_dump(mode="json"), "raw": reply.raw}
    return zlib.compress(json.dumps(content).encode())


def _unpacked(packed: bytes, request: Request) -> Reply:
    content = json.loads(zlib.decompress(packed))
    if isinstance(request, EncodingRequest):
        return Encoding(tuple(b64decode(vector) for vector in content["vectors"]), Usage(cost_usd=0.0))
    if isinstance(request, CompletionRequest):
        return Completion(content["text"], content["first_token"], Usage(cost_usd=0.0))
    value = request.checked(request.response_model.model_validate(content["value"]))
    return StructuredReply(value, content["raw"], Usage(cost_usd=0.0))
