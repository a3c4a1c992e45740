"""Keyrings for tests: one that keeps what it is given in a file, and others that shouldn't be used."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

FILE_VARIABLE = "KEPT_KEYRING"


class Kept(KeyringBackend):
    """In the file that the environment names, so that processes share it."""

    priority = 5

    @property
    def _path(self) -> Path:
        return Path(os.environ[FILE_VARIABLE])

    def content(self) -> dict[str, str]:
        return json.loads(self._path.read_text()) if self._path.exists() else {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.content().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._path.write_text(json.dumps(self.content() | {f"{service} {username}": password}))

    def delete_password(self, service: str, username: str) -> None:
        content = self.content()
        del content[f"{service} {username}"]
        self._path.write_text(json.dumps(content))


class Plain(Kept):
    """As the backends that write plain files rate themselves."""

    priority = 0.5


class Locked(KeyringBackend):
    """It repeats what it was given."""

    priority = 5

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked(f"locked: {service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked(f"locked: {password}")

    def delete_password(self, service: str, username: str) -> None:
        raise KeyringLocked(f"locked: {service} {username}")
