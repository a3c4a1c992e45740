"""Writes reports to stdout, a file or a folder, in the format that was asked for."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from summarizer.errors import ConfigurationError, OutputError

if TYPE_CHECKING:
    from summarizer.bulk.journal import Journal
    from summarizer.bulk.stores import LineStore, Store
    from summarizer.models import Report


class Format(StrEnum):
    """Output formats."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "markdown"


class Group(StrEnum):
    """What claims are grouped by."""

    SPEAKER = "speaker"
    MEASURE = "measure"


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
    def chosen(cls, given: Format | None, group_by: Group, count: int | None, path: Path | None) -> Output:
        """The output for so many articles; the format follows from the path or the terminal if not given.

        Raises:
            ConfigurationError: the format can't hold so many articles.
        """
        many = count != 1
        if given is Format.JSON and many and (path is None or path.suffix):
            raise ConfigurationError("One JSON document holds one report.", "Use -f jsonl, or -o FOLDER/.")
        return cls(given or _format_for(many, path), group_by, path, many)

    @property
    def journal_path(self) -> Path | None:
        """Where it is written down what is done: beside the output of many articles, else nowhere."""
        return None if self.path is None or not self.many else self.path.with_name(f"{self.path.name}.journal")

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
        """Remove journal and results of an earlier run, but no file of a folder."""
        for path in (self.journal_path, self._spool_path, None if self.format is not Format.JSONL else self.path):
            if path is not None and path.is_file():
                path.unlink()

    def store(self) -> Store:
        """What takes the results. Raises `OutputError`."""
        from summarizer.bulk.stores import FolderStore, LineStore, StreamStore

        if self.path is None and self.format is Format.JSONL:
            return StreamStore(_to_stdout)
        if self.path is not None and self._is_folder(self.path):
            return FolderStore(self.path, _ending(self.format), self._file)
        if self.path is not None and self.format is Format.JSONL:
            return LineStore(self.path)
        if self._spool_path is not None:
            return LineStore(self._spool_path)
        return LineStore(Path(tempfile.mkdtemp(prefix="summarizer-")) / "reports.jsonl")

    def render(self, store: Store, journal: Journal) -> None:
        """Write what was only kept as lines. Raises `OutputError`."""
        from summarizer.bulk.stores import LineStore

        if not isinstance(store, LineStore) or store.lines.path == self.path:
            return
        reports = _reports(store, journal)
        if self.path is None:
            self._to_stdout(reports)
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft = self.path.with_name(f"{self.path.name}.new")
            with draft.open("wb") as file:
                for piece in self._pieces(reports):
                    file.write(piece)
            draft.replace(self.path)
        except OSError as error:
            raise OutputError(f"{self.path} can't be written: {error.strerror}.", "Give another path.") from error

    def clean(self, store: Store) -> None:
        """Remove the temporary file, if there is one."""
        from summarizer.bulk.stores import LineStore

        store.close()
        if isinstance(store, LineStore) and store.lines.path not in (self.path, self._spool_path):
            store.lines.path.unlink(missing_ok=True)
            store.lines.path.parent.rmdir()

    @property
    def _spool_path(self) -> Path | None:
        if self.path is None or not self.many or self.format is Format.JSONL or self._is_folder(self.path):
            return None
        return self.path.with_name(f"{self.path.name}.reports.jsonl")

    def _is_folder(self, path: Path) -> bool:
        return path.is_dir() or (not path.suffix and self.format is not Format.TABLE)

    def _to_stdout(self, reports: Iterator[Report]) -> None:
        from summarizer import rendering

        if self.format is Format.TABLE:
            from rich.console import Console

            rendering.write_table(reports, Console(), group_by=rendering.GroupBy(self.group_by.value))
            return
        for piece in self._pieces(reports, to_file=False):
            _to_stdout(piece.decode(errors="surrogatepass"))

    def _file(self, report: Report) -> bytes:
        return b"".join(self._pieces(iter([report])))

    def _pieces(self, reports: Iterator[Report], *, to_file: bool = True) -> Iterator[bytes]:
        """The text of reports, a piece a report, so that any number of them takes little memory."""
        from summarizer import rendering

        grouping = rendering.GroupBy(self.group_by.value)
        if self.format is Format.CSV:
            encoding = rendering.CSV_FILE_ENCODING if to_file else "utf-8"
            yield rendering.to_csv([]).encode(encoding)
            header = len(rendering.to_csv([]))
            for report in reports:
                yield rendering.to_csv([report])[header:].encode()
        elif self.format is Format.MARKDOWN:
            for number, report in enumerate(reports):
                rule = "\n---\n\n" if number else ""
                yield (rule + rendering.to_markdown([report], group_by=grouping)).encode()
        elif self.format is Format.TABLE:
            import io

            from rich.console import Console

            buffer = io.StringIO()
            rendering.write_table(reports, Console(file=buffer, width=100), group_by=grouping)
            yield buffer.getvalue().encode()
        else:
            write = rendering.to_json if self.format is Format.JSON else rendering.to_jsonl_line
            for report in reports:
                yield write(report).encode()


def _reports(store: LineStore, journal: Journal) -> Iterator[Report]:
    from summarizer.bulk.journal import Status
    from summarizer.models import Report

    for entry in journal.entries(Status.DONE):
        line = store.lines.line(entry.place) if entry.place else None
        if line is not None:
            yield Report.model_validate_json(line)


def _format_for(many: bool, path: Path | None) -> Format:
    by_ending = {f".{f.value}": f for f in Format} | {".md": Format.MARKDOWN}
    if path is not None and path.suffix in by_ending:
        return by_ending[path.suffix]
    if path is None and sys.stdout.isatty():
        return Format.TABLE
    return Format.JSON if not many or (path is not None and not path.suffix) else Format.JSONL


def _to_stdout(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _ending(chosen: Format) -> str:
    return {Format.MARKDOWN: "md", Format.TABLE: "txt"}.get(chosen, chosen.value)
