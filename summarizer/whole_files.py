"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def written_whole(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """A file to write to, which takes its place at `path` when the block ends, and is gone where the block fails.

    Its folder is made if need be. It has the rights of the file that was there, or those that the user's files
    have; if it is `private`, nobody else may read it at any moment. A link stays, and what it points to is replaced.
    What is there and no regular file, as a pipe, is written to.

    Raises:
        OSError: it can't be written.
    """
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    if target.exists() and not target.is_file():
        with path.open("wb") as file:
            yield file
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own, so that two processes that write one file don't write one draft.
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.new")
    try:
        with open(draft, "xb", opener=_opened_privately if private else None) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists() and not private:
            shutil.copymode(target, draft)
        draft.replace(target)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def _opened_privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
