"""The folder of reports: one JSON file each, as `-f json` writes it, with its corrections beside it."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path, PurePath

from summarizer.correction_files import add_correction, corrections_path
from summarizer.corrections import Correction
from summarizer.errors import InputError, OutputError
from summarizer.models import Report
from summarizer.report_files import FiledReport, load_reports, remove_correction, report_files
from summarizer.resources import data_folder

_ENDING = ".json"


def default_folder() -> Path:
    """`reports` in the user's data folder for the program."""
    return data_folder() / "reports"


@dataclass(frozen=True)
class Entry:
    """A report as it stands in a list. `key` is its file's name without the ending."""

    key: str
    title: str | None
    source: str | None
    published: date | None
    language: str
    made_at: datetime
    model: str
    claims: int
    corrections: int


@dataclass(frozen=True)
class Listing:
    """The newest reports; how many there are in all, and how many of those looked at are none."""

    entries: Sequence[Entry]
    total: int
    unreadable: int


class ReportFolder:
    """A folder of reports. May be used from several threads."""

    def __init__(self, folder: Path, on_change: Callable[[FiledReport], None] = lambda filed: None) -> None:
        """Make the folder if it isn't there. `on_change` gets each report that is written or corrected here.

        Raises:
            OutputError: the folder can't be made.
        """
        self.folder = folder
        self._on_change = on_change
        self._lock = threading.Lock()
        self._known: dict[str, tuple[tuple[int, int, int], Entry | None]] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise OutputError(
                f"{folder} can't be made: {error.strerror}.", "Give another folder with --reports."
            ) from error

    def newest(self, most: int) -> Listing:
        """The newest reports, those that were written last first."""
        files = sorted(self._files().values(), key=_written_ns, reverse=True)
        entries = [self._entry(path) for path in files[:most]]
        found = [entry for entry in entries if entry is not None]
        return Listing(found, len(files), len(entries) - len(found))

    def all(self) -> Iterator[FiledReport]:
        """Every report that can be read, one after the other."""
        for path in self._files().values():
            with suppress(InputError):
                yield from load_reports([path])

    def has(self, key: str) -> bool:
        """Whether there is a report under this key."""
        return key in self._files()

    def get(self, key: str) -> FiledReport | None:
        """The report with its corrections, None if there is none under this key. Raises `InputError`."""
        path = self._files().get(key)
        if path is None:
            return None
        filed = list(load_reports([path]))
        return filed[0] if len(filed) == 1 else None

    def put(self, report: Report, key: str | None = None) -> str:
        """Write a report, whole or not at all, in the place of the one that it replaces; gives its key.

        Raises:
            OutputError: it can't be written.
        """
        from summarizer.rendering import to_json

        name = key or report.article.id
        # An id can be anything, `../` too.
        path = self._files().get(name) or self.folder / f"{PurePath(name).name}{_ENDING}"
        try:
            # For its owner only, and into a folder that is still there.
            handle, draft = tempfile.mkstemp(dir=self.folder, prefix=f".{path.name}.")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(to_json(report).encode())
                Path(draft).replace(path)
            except BaseException:
                Path(draft).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise OutputError(f"{path} can't be written: {error.strerror}.", "Make room.") from error
        self._changed(path.stem)
        return path.stem

    def correct(self, key: str, correction: Correction) -> None:
        """Keep a correction beside the report of a key. Raises `InputError` and `OutputError`."""
        add_correction(self._files()[key], correction)
        self._changed(key)

    def take_back(self, key: str, article: str, claim: str) -> None:
        """Forget the correction of a claim. Raises `InputError` and `OutputError`."""
        remove_correction(self._files()[key], article, claim)
        self._changed(key)

    def _changed(self, key: str) -> None:
        if filed := self.get(key):
            self._on_change(filed)

    def _files(self) -> dict[str, Path]:
        """What is there, by key. Nothing that comes from outside becomes part of a path."""
        try:
            found = report_files(self.folder)
        except InputError:
            return {}
        return {path.stem: path for path in found if path.suffix == _ENDING}

    def _entry(self, path: Path) -> Entry | None:
        """What the list says of a file; None if it's no report. Files are read again only when they change."""
        with self._lock:
            try:
                state = (_written_ns(path), path.stat().st_size, _written_ns(corrections_path(path)))
            except OSError:
                return None
            if path.stem in self._known and self._known[path.stem][0] == state:
                return self._known[path.stem][1]
            entry = _read_entry(path)
            self._known[path.stem] = (state, entry)
            return entry


def _read_entry(path: Path) -> Entry | None:
    try:
        filed = list(load_reports([path]))
    except InputError:
        return None
    if len(filed) != 1:
        return None
    report = filed[0].report
    return Entry(
        path.stem,
        report.article.title,
        report.article.source,
        report.article.published,
        report.article.language,
        report.run.started_at,
        report.run.model,
        len(report.claims),
        len(filed[0].corrections),
    )


def _written_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
