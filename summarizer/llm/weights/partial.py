"""The file while it is being fetched: whole, checked parts in order, so that fetching can go on later."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from summarizer.llm.weights.catalogue import ModelFile, ModelPart, SourceError


class PartialFile:
    """Appends parts to a file, each checked first. Opening it keeps the whole parts that are good.

    A context manager for one writer at a time. Any interruption leaves something to go on from: a torn or
    wrong tail is cut off the next time the file is opened.
    """

    def __init__(self, path: Path, model: ModelFile) -> None:
        self._path = path
        self._model = model
        self._count = 0
        self._length = 0
        self._sha256 = hashlib.sha256()
        self._pending = bytearray()

    def __enter__(self) -> Self:
        self._file = open(self._path, "a+b", opener=_opened_without_links)
        self._file.seek(0)
        for part in self._model.parts:
            content = self._file.read(part.size_bytes)
            if hashlib.sha256(content).hexdigest() != part.sha256:
                break
            self._count_in(content)
        self._file.truncate(self._length)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def length(self) -> int:
        """Bytes that are there, those fed of a part that isn't whole yet included."""
        return self._length + len(self._pending)

    @property
    def size_bytes(self) -> int:
        """Bytes of the whole file."""
        return self._model.size_bytes

    @property
    def next_part(self) -> ModelPart | None:
        """The part to append next, or none when all are there."""
        return self._model.parts[self._count] if self._count < len(self._model.parts) else None

    def append(self, content: bytes) -> None:
        """Append the next part. Raises `SourceError`, and appends nothing, when it isn't that part."""
        part = self.next_part
        if part is None or hashlib.sha256(content).hexdigest() != part.sha256:
            number = self._count + 1
            raise SourceError(f"part {number} of the file isn't what it should be (its SHA-256 differs)")
        self._file.write(content)
        self._file.flush()
        self._count_in(content)

    def feed(self, chunk: bytes) -> None:
        """Append a piece of any length; it reaches the file when its part is whole, else as `append`."""
        self._pending += chunk
        while (part := self.next_part) and len(self._pending) >= part.size_bytes:
            content = bytes(self._pending[: part.size_bytes])
            del self._pending[: part.size_bytes]
            self.append(content)

    def _count_in(self, content: bytes) -> None:
        self._count += 1
        self._length += len(content)
        self._sha256.update(content)

    def finish(self, target: Path) -> bool:
        """Move the file to `target` if it is the whole model; else delete it and say no."""
        os.fsync(self._file.fileno())
        self._file.close()
        if self._sha256.hexdigest() != self._model.sha256:
            self._path.unlink()
            return False
        self._path.replace(target)
        return True


def _opened_without_links(path: str, flags: int) -> int:
    # What a link leads to is no part of a model, and would be cut off.
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)
