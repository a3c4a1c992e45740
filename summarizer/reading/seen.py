"""Which of many names were there before."""

from __future__ import annotations

from hashlib import blake2b
from threading import Lock


class Seen:
    """Remembers a hash of each name, some eighty bytes. May be used from several threads."""

    def __init__(self) -> None:
        self._digests: set[bytes] = set()
        self._lock = Lock()

    def is_new(self, name: str) -> bool:
        """Whether it is the first time that this is asked of the name."""
        digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        with self._lock:
            new = digest not in self._digests
            self._digests.add(digest)
        return new
