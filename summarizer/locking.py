"""A lock between processes that the system lets go of by itself when its holder dies."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_POLL_SECONDS = 0.2

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def exclusive(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the lock file at `path`, waiting for it if need be.

    `on_wait` is called once before waiting; what it raises ends the wait. The file is left there: deleting it
    would let two waiters hold two different files of one name.
    """
    with path.open("ab") as handle:
        if not _try_lock(handle.fileno()):
            on_wait()
            while not _try_lock(handle.fileno()):
                time.sleep(_POLL_SECONDS)
        yield
