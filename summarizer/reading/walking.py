"""The files that folders and patterns stand for, in order and one at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from summarizer.reading.feed import OPENING_BYTES, looks_like_feed
from summarizer.reading.files import FEED_SUFFIXES, READABLE_SUFFIXES


@dataclass(frozen=True)
class Found:
    """A file, or a folder that can't be looked into: then `problem` says why."""

    path: str
    problem: OSError | None = None


def is_pattern(source: str) -> bool:
    """Whether a source that is no path is to be expanded as a glob."""
    return any(sign in source for sign in "*?[")


def files_in(folder: str) -> Iterator[Found]:
    """The files of known endings in a folder and those below it, sorted by name; hidden ones are left out.

    Only the names of one folder on each level are held. Links to folders are not followed, so that none is
    walked for ever.
    """
    pending = [iter([folder])]
    while pending:
        path = next(pending[-1], None)
        if path is None:
            pending.pop()
        elif path is folder or path.endswith(os.sep):
            try:
                pending.append(iter(_names(path)))
            except OSError as error:
                yield Found(path.rstrip(os.sep) or path, error)
        elif _is_wanted(path):
            yield Found(path)


def matching(pattern: str) -> Iterator[Found]:
    """The files that a glob matches, of any ending, and those of known endings in the folders it matches.

    Sorted by name, folder by folder. `**` stands for any folders; hidden names are matched only by a pattern
    that begins with a dot. Pipes and devices are left out, since they may never end: they have to be named.
    """
    parts = Path(pattern).parts
    anchored = bool(Path(pattern).anchor)
    for path in _expanded(parts[0] if anchored else "", parts[1:] if anchored else parts):
        if os.path.isdir(path):  # noqa: PTH112
            yield from files_in(path)
        elif os.path.isfile(path) or not os.path.exists(path):  # noqa: PTH113, PTH110
            yield Found(path)


def _expanded(base: str, parts: tuple[str, ...]) -> Iterator[str]:
    if not parts:
        if os.path.lexists(base):
            yield base
        return
    part, rest = parts[0], parts[1:]
    if part == "**":
        yield from _expanded(base or os.curdir, rest)
        for name in _entries(base, only_folders=True):
            if not name.startswith("."):
                yield from _expanded(_join(base, name), parts)
    elif is_pattern(part):
        for name in _entries(base, only_folders=bool(rest)):
            if fnmatch(name, part) and (part.startswith(".") or not name.startswith(".")):
                yield from _expanded(_join(base, name), rest)
    else:
        yield from _expanded(_join(base, part), rest)


def _entries(base: str, *, only_folders: bool) -> list[str]:
    try:
        with os.scandir(base or os.curdir) as entries:
            # A link to a folder is looked into where the pattern names its level, as a shell does.
            return sorted(entry.name for entry in entries if not only_folders or _is_folder(entry, follow=True))
    except OSError:
        return []


def _join(base: str, name: str) -> str:
    return str(Path(base) / name)


def _names(folder: str) -> list[str]:
    """The paths in a folder, sorted; those of folders end with a separator."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if _is_folder(entry, follow=False):
                found.append(entry.name + os.sep)
            elif Path(entry.name).suffix.lower() in READABLE_SUFFIXES and _is_file(entry):
                found.append(entry.name)
    found.sort(key=lambda name: name.rstrip(os.sep))
    return [_join(folder, name) + (os.sep if name.endswith(os.sep) else "") for name in found]


def _is_folder(entry: os.DirEntry[str], *, follow: bool) -> bool:
    try:
        return entry.is_dir(follow_symlinks=follow)
    except OSError:
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return True


def _is_wanted(path: str) -> bool:
    """XML may be anything: in a folder only feeds are taken. What can't be read is taken, and fails when read."""
    if Path(path).suffix.lower() not in FEED_SUFFIXES:
        return True
    try:
        with Path(path).open("rb") as file:
            return looks_like_feed(file.read(OPENING_BYTES))
    except OSError:
        return True
