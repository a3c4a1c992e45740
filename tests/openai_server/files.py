"""The files endpoint: what is uploaded for batches, and what these give."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from openai_server.items import Status


@dataclass(frozen=True)
class StoredFile:
    """A file that was uploaded, or that a batch gave."""

    id: str
    filename: str
    purpose: str
    content: bytes
    created_at: int

    def described(self) -> dict[str, Any]:
        """As the API describes it."""
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.content),
            "created_at": self.created_at,
            "filename": self.filename,
            "purpose": self.purpose,
            "status": "processed",
        }


@dataclass
class Files:
    """All files, by id."""

    stored: dict[str, StoredFile] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def add(self, filename: str, purpose: str, content: bytes) -> StoredFile:
        """Store a file."""
        stored = StoredFile(f"file-{next(self._numbers):06d}", filename, purpose, content, int(time.time()))
        self.stored[stored.id] = stored
        return stored

    def create(self, form: Any) -> dict[str, Any] | Status:
        """Store what a form uploads."""
        file, purpose = (form.get("file"), form.get("purpose")) if form is not None else (None, None)
        if not isinstance(file, web.FileField):
            return Status(400, "'file' is a required property", param="file")
        if purpose != "batch":
            return Status(400, f"{purpose!r} is not one of ['batch']", param="purpose")
        return self.add(file.filename, purpose, file.file.read()).described()

    def retrieve(self, file_id: str) -> dict[str, Any] | Status:
        """The description of a file."""
        stored = self.stored.get(file_id)
        return _unknown(file_id) if stored is None else stored.described()

    def content(self, file_id: str) -> bytes | Status:
        """The content of a file."""
        stored = self.stored.get(file_id)
        return _unknown(file_id) if stored is None else stored.content

    def delete(self, file_id: str) -> dict[str, Any] | Status:
        """Forget a file."""
        if self.stored.pop(file_id, None) is None:
            return _unknown(file_id)
        return {"id": file_id, "object": "file", "deleted": True}


def _unknown(file_id: str) -> Status:
    return Status(404, f"No such File object: {file_id}", param="id")
