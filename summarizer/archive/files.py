"""The archive's file: opened and made current, or refused with what is wrong with it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from summarizer.errors import InputError, OutputError, SummarizerError
from summarizer.resources import data_folder, make_private_folder

if TYPE_CHECKING:
    from sqlite_utils import Database

_BUSY_S = 30.0
_ANEW = "Move it away, and make an archive of the reports again: summarizer archive add REPORTS…"
_MAKE = "Make one: summarizer archive add REPORTS…, or summarizer SOURCE… --archive FILE."


def default_path() -> Path:
    """Where the archive is when nobody says."""
    return data_folder() / "archive.sqlite"


def opened(path: Path, *, create: bool) -> Database:
    """The archive in a file, of the current version. One that can't be written can still be read.

    Raises:
        InputError: there is none, or the file is none, damaged, or of a newer version.
        OutputError: it can't be made or brought to this version.
    """
    _check_path(path, create)
    with told(path):
        database = _connected(path)
        try:
            return _current(database, path, create)
        except BaseException:
            database.close()
            raise


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Errors of SQLite as errors of this program."""
    try:
        yield
    except sqlite3.Error as error:
        raise _told(path, error) from error


def size(path: Path) -> int:
    """Bytes of the file and of what has been written but isn't in it yet."""
    log = path.with_name(f"{path.name}-wal")
    return path.stat().st_size + (log.stat().st_size if log.exists() else 0)


def _check_path(path: Path, create: bool) -> None:
    if path.is_dir():
        raise InputError(f"{path} is a folder, no archive.", "Name a file: archive.sqlite.")
    if path.exists():
        return
    if not create:
        raise InputError(f"There is no archive at {path}.", _MAKE)
    try:
        if path.parent == data_folder():
            make_private_folder(path.parent)
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path.parent} can't be made: {error.strerror}.", "Give another path.") from error


def _connected(path: Path) -> Database:
    address = Path(os.path.abspath(path)).as_uri()  # noqa: PTH100
    try:
        return _database(address)
    except sqlite3.OperationalError as error:
        # Who may write neither file nor folder can't share memory with writers. If there are none, all is in the file.
        log = path.with_name(f"{path.name}-wal")
        if not _name(error).startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")) or log.exists() or not path.exists():
            raise
        return _database(f"{address}?immutable=1")


def _database(address: str) -> Database:
    from sqlite_utils import Database

    connection = sqlite3.connect(address, timeout=_BUSY_S, isolation_level=None, uri=True)
    database = Database(connection, execute_plugins=False)
    try:
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        database.close()
        raise
    return database


def _current(database: Database, path: Path, create: bool) -> Database:
    from summarizer.archive import migrations

    known = migrations.VERSION
    version = migrations.version(database)
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not (version or application or tables):
        # Nothing is in it: new, or its making was interrupted.
        if not create:
            raise InputError(f"{path} is empty, no archive.", _MAKE)
    elif application != migrations.APPLICATION_ID:
        raise InputError(f"{path} is a database, but no archive of reports.", "Give another path.")
    if version > known:
        raise InputError(
            f"{path} was written by a newer version of summarizer (format {version}; this one knows {known}).",
            "Update summarizer, or give another archive.",
        )
    if version < known:
        try:
            database.enable_wal()
            migrations.migrate(database)
        except sqlite3.OperationalError as error:
            if not version or not _name(error).startswith("SQLITE_READONLY"):
                raise
            raise OutputError(
                f"{path} is of format {version}, and can't be written to bring it to format {known}.",
                "Copy it to where it can be written.",
            ) from error
    # Only now: a migration may have to make a table anew that others refer to.
    database.execute("PRAGMA foreign_keys = ON")
    return database


def _name(error: sqlite3.Error) -> str:
    # Errors of Python's own module have none.
    return str(getattr(error, "sqlite_errorname", ""))


def _told(path: Path, error: sqlite3.Error) -> SummarizerError:
    name = _name(error)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return OutputError(f"Another process has been writing to {path} for {_BUSY_S:g} s.", "Try again later.")
    if name.startswith("SQLITE_NOTADB"):
        return InputError(f"{path} is no archive.", "Give another path.")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_ERROR")):
        return InputError(f"{path} is damaged: {error}.", _ANEW)
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")):
        return OutputError(f"{path} can't be written.", "Check whose it is, or give another archive.")
    return OutputError(f"{path} can't be used: {error}.", "Check the path, and that the disk has room.")
