"""The file of results: JSON Lines, only ever appended to, of which each line's place is known."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from summarizer.errors import OutputError

T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """Where a line lies in the file, in bytes, and its CRC-32."""

    start: int
    end: int
    crc: int


class LinesFile:
    """A file that lines are appended to, each in one piece. Raises `OutputError` for all that goes wrong."""

    def __init__(self, path: Path) -> None:
        """Open it, or start it."""
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Without a buffer, which would keep what the disk didn't take and try again at every turn.
            self._file = path.open("r+b" if path.exists() else "x+b", buffering=0)
            self.size = self._file.seek(0, os.SEEK_END)
        except OSError as error:
            raise unwritable(path, error) from error

    def append(self, line: bytes) -> Place:
        """Write a line at the end. Where it can't be written whole, nothing of it stays."""
        place = Place(self.size, self.size + len(line), zlib.crc32(line))
        try:
            self._file.seek(self.size)
            rest = memoryview(line)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            self.cut(self.size)
            raise unwritable(self.path, error) from error
        self.size = place.end
        return place

    def cut(self, size: int) -> None:
        """Remove everything after this many bytes."""
        try:
            self._file.truncate(size)
        except OSError as error:
            raise unwritable(self.path, error) from error
        self.size = min(self.size, size)

    def line(self, place: Place) -> bytes | None:
        """The line at a place, or None if it isn't the one that was written there."""
        try:
            self._file.seek(place.start)
            line = self._file.read(place.end - place.start)
        except OSError as error:
            raise OutputError(f"{self.path} can't be read: {error.strerror or error}.", "Check the disk.") from error
        return line if len(line) == place.end - place.start and zlib.crc32(line) == place.crc else None

    def copy_to(self, path: Path, places: Iterable[tuple[T, Place]]) -> Iterator[tuple[T, Place | None]]:
        """Write the lines at these places to another file, to the disk.

        Gives each line's new place, or None for one that isn't the one that was written.
        """
        at = 0
        try:
            with path.open("wb") as copy:
                for what, place in places:
                    line = self.line(place)
                    if line is None:
                        yield what, None
                        continue
                    copy.write(line)
                    yield what, Place(at, at + len(line), place.crc)
                    at += len(line)
                copy.flush()
                os.fsync(copy.fileno())
        except OSError as error:
            path.unlink(missing_ok=True)
            raise unwritable(path, error) from error

    def replace_by(self, path: Path) -> None:
        """Put another file into this one's place."""
        try:
            self._file.close()
            path.replace(self.path)
            self._file = self.path.open("r+b", buffering=0)
            self.size = self._file.seek(0, os.SEEK_END)
        except OSError as error:
            raise unwritable(self.path, error) from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def unwritable(path: Path, error: OSError) -> OutputError:
    """What to raise where a result can't be written; the run can be gone on with."""
    return OutputError(
        f"{path} can't be written: {error.strerror or error}.",
        "Make room or check the path, and give the same command again: what is finished is kept.",
    )
