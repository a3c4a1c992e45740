"""The output: a folder of Parquet files that is there only when it is whole."""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from summarizer.distributed.places import located
from summarizer.distributed.rows import outcome_schema
from summarizer.errors import ConfigurationError, SummarizerError

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_PER_FILE = 2000
# A reader of object storage, which can't rename a folder, knows by this that the folder is whole.
_WHOLE = "_SUCCESS"


@dataclass(frozen=True)
class Counts:
    """How many rows were written, by status."""

    done: int = 0
    failed: int = 0


@dataclass
class Folder:
    """The output: a context that removes what is unfinished. `place` is where files go until `finish`."""

    filesystem: Any
    path: str
    place: str
    counts: Counts = Counts()
    waiting: list[pa.Table] = field(default_factory=list)
    files: int = 0
    is_finished: bool = False

    @classmethod
    def new(cls, output: str | Path) -> Folder:
        """Nothing is made yet.

        Raises:
            ConfigurationError: there is something already, or nothing can be there.
        """
        from pyarrow.fs import FileType

        filesystem, path, prefix = located(output)
        path = path.rstrip("/")
        shown = prefix + path
        try:
            taken = filesystem.get_file_info(path).type != FileType.NotFound
        except OSError as error:
            raise ConfigurationError(f"{shown} can't be written: {error}", "Give another folder.") from error
        if taken:
            raise ConfigurationError(f"{shown} is there already.", "Give a folder that isn't there yet.")
        head, slash, name = path.rpartition("/")
        renames = filesystem.type_name in ("local", "hdfs")
        return cls(filesystem, path, f"{head}{slash}.{name}.partial-{uuid.uuid4().hex[:8]}" if renames else path)

    def __enter__(self) -> Folder:
        try:
            self.filesystem.create_dir(self.place, recursive=True)
        except OSError as error:
            raise ConfigurationError(f"{self.path} can't be written: {error}", "Give another folder.") from error
        return self

    def __exit__(self, *exc: object) -> None:
        if not self.is_finished:
            with suppress(OSError):
                self.filesystem.delete_dir(self.place)

    def add(self, table: pa.Table) -> None:
        """Take rows, and write a file where there are enough for one."""
        from pyarrow import compute, scalar

        done: int = compute.sum(compute.equal(table["status"], scalar("done"))).as_py() or 0
        self.counts = Counts(self.counts.done + done, self.counts.failed + table.num_rows - done)
        self.waiting.append(table.cast(outcome_schema()))
        if sum(t.num_rows for t in self.waiting) >= _ROWS_PER_FILE:
            self._write()

    def _write(self) -> None:
        from pyarrow import concat_tables, parquet

        path = f"{self.place}/part-{self.files:05}.parquet"
        table = concat_tables([outcome_schema().empty_table(), *self.waiting])
        try:
            parquet.write_table(table, path, filesystem=self.filesystem, compression="zstd")
        except OSError as error:
            raise SummarizerError(f"{self.path} can't be written: {error}", "Make room, then start again.") from error
        self.files += 1
        self.waiting.clear()

    def finish(self) -> None:
        """Give the folder its name. No rows are a file with the columns and none."""
        if self.waiting or not self.files:
            self._write()
        try:
            if self.place != self.path:
                self.filesystem.move(self.place, self.path)
            else:
                self.filesystem.open_output_stream(f"{self.path}/{_WHOLE}").close()
        except OSError as error:
            self.is_finished = True
            raise SummarizerError(
                f"{self.path} can't be made: {error}", f"The result is whole, in {self.place}: rename it."
            ) from error
        self.is_finished = True
