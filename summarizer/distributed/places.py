"""Addresses of files: paths of this machine, or on a filesystem that Arrow or fsspec knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from summarizer.errors import ConfigurationError


def located(place: str | Path) -> tuple[Any, str, str]:
    """The filesystem, the path there, and what to put before a path to make an address of it."""
    from pyarrow import ArrowInvalid, fs

    address = str(place)
    if "://" not in address:
        return fs.LocalFileSystem(), str(Path(address).absolute()), ""
    scheme = urlsplit(address).scheme
    try:
        try:
            filesystem, path = fs.FileSystem.from_uri(address)
        except ArrowInvalid:
            import fsspec

            handler, path = fsspec.core.url_to_fs(address)
            filesystem = fs.PyFileSystem(fs.FSSpecHandler(handler))
    except (ImportError, ValueError, OSError) as error:
        raise ConfigurationError(f"{scheme}:// can't be used: {error}", "Check the address.") from error
    return filesystem, path, "" if scheme == "file" else f"{scheme}://"
