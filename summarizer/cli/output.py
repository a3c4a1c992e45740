"""Writes reports to stdout, a file or a folder, in the format that was asked for."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from summarizer.errors import ConfigurationError, OutputError
from summarizer.formats import Format, Group, ending, format_of, pieces, single

if TYPE_CHECKING:
    from summarizer.bulk.journal import Journal
    from summarizer.bulk.stores import LineStore, Store
    from summarizer.models import Report
    from summarizer.report_files import FiledReport

__all__ = ["Format", "Group", "Output"]


@dataclass(frozen=True)
class Output:
    """Where reports go, and how. `path` none is stdout; `many` says that there may be more than one article.

    Reports in a format that isn't written line by line are kept as JSON Lines first: in a file of their own
    beside the output of many articles, else in a temporary one.
    """

    format: Format
    group_by: Group
    path: Path | None
    many: bool

    @classmethod
    def chosen(
        cls, given: Format | None, group_by: Group, sources: Sequence[str], count: int | None, path: Path | None
    ) -> Output:
        """The output for so many articles from sources; the format follows from path or terminal if not given.

        Raises:
            ConfigurationError: the format can't hold so many articles, or they would be taken for sources; or the
                path's ending says no format, and none is given.
        """
        from summarizer.reading.files import is_address

        # An address may be a feed, and tomorrow there is more in a folder than today.
        many = count != 1 or not _is_single(sources[0])
        path = _unless_stdout(path)
        # An address and standard input are mostly one article; where they aren't, an error says what to do.
        one = not many or (path is None and len(sources) == 1 and (sources[0] == "-" or is_address(sources[0])))
        output = cls(given or _format_for(one, path), group_by, path, many)
        output._check_terminal()
        if count not in (None, 1):
            output._check_room()
        if output._is_read_from(sources):
            raise ConfigurationError(
                f"The reports in {path} would be read as articles by the next run.", "Give another folder with -o."
            )
        return output

    @classmethod
    def of_reports(cls, given: Format | None, group_by: Group, path: Path | None, *, one: bool) -> Output:
        """The output for reports that were made before, one or more; the format follows as for articles.

        Raises:
            ConfigurationError: the format can't hold so many; or the path's ending says none, and none is given.
        """
        path = _unless_stdout(path)
        output = cls(given or _format_for(one, path), group_by, path, many=not one)
        output._check_terminal()
        if not one:
            output._check_room()
        return output

    @property
    def only_one(self) -> bool:
        """Whether there is room for one report only."""
        return single(self.format) is not None and (self.path is None or not self._is_folder(self.path))

    @property
    def journal_path(self) -> Path | None:
        """Where it is written down what is done: beside the output of many articles, else nowhere.

        A single article's output is written anew, unless there are others in it.
        """
        if self.path is None or self.only_one:
            return None
        path = _beside(self.path, ".journal")
        return path if self.many or path.is_file() else None

    def owns(self, source: str) -> bool:
        """Whether a source is a file of this output's own, which may lie in a folder that is read."""
        if self.path is None:
            return False
        if self._is_folder(self.path):
            path = Path(source)
            return path.suffix == f".{ending(self.format)}" and _absolute(path.parent) == _absolute(self.path)
        for own in (self.path, self._spool_path):
            if own is None or own.name not in source:
                continue
            # A line of JSON Lines is named by its file and what tells it apart: reports.jsonl#17.
            folder, _, _ = (
                source.rpartition(own.name) if source.endswith(own.name) else source.partition(f"{own.name}#")
            )
            if _absolute(Path(f"{folder}{own.name}")) == _absolute(own):
                return True
        return False

    def check(self) -> None:
        """Raise `ConfigurationError` where many articles would overwrite a file that isn't known."""
        if self.path is None or self.journal_path is None or self.journal_path.exists() or self._is_folder(self.path):
            return
        if self.path.exists() and self.path.stat().st_size:
            raise ConfigurationError(
                f"{self.path} is there already, without a journal that says what is in it.",
                "Give another path, or --fresh to overwrite it.",
            )

    def remove(self) -> None:
        """Remove journal and results of an earlier run, but no file of a folder. Raises `OutputError`."""
        from summarizer.bulk import journal

        if self.journal_path is not None:
            journal.remove(self.journal_path)
        for path in (self._spool_path, None if self.format is not Format.JSONL else self.path):
            if path is not None and path.is_file():
                try:
                    path.unlink()
                except OSError as error:
                    raise _unwritable(path, error) from error

    def store(self) -> Store:
        """What takes the results. Raises `OutputError`."""
        from summarizer.bulk.stores import FolderStore, LineStore, StreamStore

        if self.path is None and self.format is Format.JSONL:
            return StreamStore(lambda line: to_stdout(line.encode()))
        if self.path is not None and self._is_folder(self.path):
            return FolderStore(self.path, ending(self.format), self._file)
        if self.journal_path is not None and self.path is not None and self.format is Format.JSONL:
            return LineStore(self.path)
        if self._spool_path is not None:
            return LineStore(self._spool_path)
        return LineStore(Path(tempfile.mkdtemp(prefix="summarizer-")) / "reports.jsonl")

    def render(self, store: Store, journal: Journal) -> None:
        """Write what was only kept as lines. Raises `OutputError`."""
        from summarizer.bulk.journal import Status
        from summarizer.bulk.stores import LineStore

        if not isinstance(store, LineStore) or store.lines.path == self.path:
            return
        reports = _reports(store, journal)
        if self.path is None:
            self._to_stdout(reports)
            return
        if not self.many and not journal.counts().get(Status.DONE):
            # Nothing came of the only article: what was there before stays.
            if self.format is Format.JSONL and not self.path.exists():
                shutil.copyfile(store.lines.path, self.path)
            return
        self._to_file(self.path, reports)

    def write(self, reports: Iterable[FiledReport], sources: frozenset[Path]) -> None:
        """Write reports that were made before: to standard output, a file, or a file each in a folder.

        Files appear whole or not at all. None of `sources`, which are absolute paths, is overwritten.

        Raises:
            ConfigurationError: a file to be written is one that is read, or a run's with a journal.
            OutputError: it can't be written.
        """
        if self.path is None:
            self._to_stdout(reports)
        elif not self._is_folder(self.path):
            _check_not_read(self.path, sources)
            check_no_run(self.path)
            self._to_file(self.path, reports)
        else:
            names: set[str] = set()
            for filed in reports:
                name = _unused(_stem(filed), ending(self.format), names)
                names.add(name.lower())
                # What an archive holds may stand in a file that isn't read now.
                own = {filed.path.resolve()} if filed.path else set()
                _check_not_read(self.path / name, sources | own)
                self._to_file(self.path / name, [filed])

    def clean(self, store: Store) -> None:
        """Remove the temporary file, if there is one."""
        from summarizer.bulk.stores import LineStore

        store.close()
        if isinstance(store, LineStore) and store.lines.path not in (self.path, self._spool_path):
            shutil.rmtree(store.lines.path.parent, ignore_errors=True)

    @property
    def _spool_path(self) -> Path | None:
        if self.path is None or self.journal_path is None:
            return None
        if self.format is Format.JSONL or self._is_folder(self.path):
            return None
        return _beside(self.path, ".reports.jsonl")

    def _is_folder(self, path: Path) -> bool:
        return path.is_dir() or (not path.suffix and self.format is not Format.TABLE)

    def _check_terminal(self) -> None:
        if self.format is Format.XLSX and self.path is None and sys.stdout.isatty():
            raise ConfigurationError("A workbook can't be shown on a terminal.", "Write it to a file with -o.")

    def _check_room(self) -> None:
        if self.only_one and (words := single(self.format)):
            raise ConfigurationError(f"{words[0]}.", words[1])

    def _is_read_from(self, sources: Sequence[str]) -> bool:
        """Whether reports would lie in a folder that is read, and couldn't be told from the articles there."""
        from summarizer.reading.files import READABLE_SUFFIXES

        suffix = f".{ending(self.format)}"
        if self.path is None or suffix not in READABLE_SUFFIXES or not self._is_folder(self.path):
            return False
        own = _absolute(self.path)
        return any(
            _absolute(path) == own or (path.suffix == suffix and _absolute(path.parent) == own)
            for path in map(Path, sources)
        )

    def _to_stdout(self, reports: Iterable[FiledReport]) -> None:
        if self.format is Format.TABLE:
            from rich.console import Console

            from summarizer import rendering

            rendering.write_table(reports, Console(), group_by=rendering.GroupBy(self.group_by.value))
            return
        for piece in pieces(self.format, reports, self.group_by, to_file=False):
            to_stdout(piece)

    def _to_file(self, path: Path, reports: Iterable[FiledReport]) -> None:
        from summarizer.whole_files import written_whole

        try:
            with written_whole(path) as file:
                for piece in pieces(self.format, reports, self.group_by):
                    file.write(piece)
        except OSError as error:
            raise _unwritable(path, error) from error

    def _file(self, report: Report) -> bytes:
        from summarizer.report_files import FiledReport

        return b"".join(pieces(self.format, [FiledReport(report, None)], self.group_by))


def _reports(store: LineStore, journal: Journal) -> Iterator[FiledReport]:
    from summarizer.bulk.journal import Status
    from summarizer.models import Report
    from summarizer.report_files import FiledReport

    for entry in journal.entries(Status.DONE, Status.AGAIN):
        line = store.lines.line(entry.place) if entry.place else None
        if line is not None:
            yield FiledReport(Report.model_validate_json(line), None)


def _format_for(one: bool, path: Path | None) -> Format:
    if path is not None and (known := format_of(path)):
        return known
    if path is not None and path.suffix.lower() not in ("", ".txt") and not path.is_dir():
        raise ConfigurationError(f"The ending of {path} says no format.", "Give one with -f, or another ending.")
    if path is None and sys.stdout.isatty():
        return Format.TABLE
    return Format.JSON if one or (path is not None and not path.suffix) else Format.JSONL


def _unless_stdout(path: Path | None) -> Path | None:
    """As with sources, `-` is standard output."""
    return None if path == Path("-") else path


def check_no_run(path: Path) -> None:
    """Raise `ConfigurationError` for a file that a run has a journal of, which says where in it each report is."""
    if _beside(path, ".journal").is_file():
        raise ConfigurationError(f"{path} belongs to a run that goes on with it.", "Give another path.")


def to_stdout(data: bytes) -> None:
    """Write UTF-8 with the line ends that it has, whatever the terminal's or the system's own are.

    Raises:
        OutputError: it can't be written, or nobody reads it any more.
    """
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        # Python would try again to write the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise OutputError("Whoever read standard output has closed it.") from error
        raise OutputError(f"Standard output can't be written: {error.strerror}.", "Write to a file with -o.") from error


def _is_single(source: str) -> bool:
    """Whether a source is one article for sure, and not a folder, a pattern, JSON Lines, or perhaps a feed."""
    from summarizer.reading.files import FEED_SUFFIXES, LINES_SUFFIXES, is_address
    from summarizer.reading.walking import is_pattern

    path = Path(source)
    if source == "-" or is_address(source) or path.suffix.lower() in FEED_SUFFIXES | LINES_SUFFIXES:
        return False
    return path.is_file() or not (path.is_dir() or is_pattern(source))


def _beside(path: Path, ending: str) -> Path:
    """The path with more at its end; of `.` and `..` the folder's own name is taken."""
    whole = path if path.name not in ("", "..") else _absolute(path)
    return whole.parent / f"{whole.name}{ending}"


def _absolute(path: Path) -> Path:
    # Not `resolve`: a link keeps its own name.
    return Path(os.path.abspath(path))  # noqa: PTH100


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(f"{path} can't be written: {error.strerror}.", "Make room, or give another path.")


def _stem(filed: FiledReport) -> str:
    """A report's own file name without its ending; of one of many in a file the article's id."""
    if filed.path is not None and filed.path.suffix.lower() == ".json":
        return filed.path.stem
    return re.sub(r"[^\w.-]", "_", filed.report.article.id).lstrip(".")[:60] or "article"


def _unused(stem: str, suffix: str, names: set[str]) -> str:
    name, number = f"{stem}.{suffix}", 2
    while name.lower() in names:
        name, number = f"{stem}-{number}.{suffix}", number + 1
    return name


def _check_not_read(path: Path, sources: frozenset[Path]) -> None:
    if path.resolve() in sources:
        raise ConfigurationError(f"{path} would be overwritten, and is read.", "Give another path with -o.")
