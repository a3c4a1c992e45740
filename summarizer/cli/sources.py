"""Where commands get reports from that were made before: files, folders, standard input, and archives."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from summarizer.cli.console import stderr

if TYPE_CHECKING:
    from summarizer.archive import Archive
    from summarizer.models import FailedArticle
    from summarizer.report_files import FiledReport

_DATABASE = b"SQLite format 3\0"


class Reports:
    """The reports of all sources, in the order given; `failed` counts the articles that have none."""

    def __init__(self, sources: Sequence[str], quiet: bool) -> None:
        self._sources, self._quiet = sources, quiet
        self.failed = 0

    def __iter__(self) -> Iterator[FiledReport]:
        """Read them. Raises as `load_reports` and `Archive.open`."""
        from summarizer.report_files import load_reports

        for source in self._sources:
            if is_archive(source):
                with opened_archive(Path(source), self._quiet) as archive:
                    yield from archive.reports()
            else:
                yield from load_reports([source], stdin=sys.stdin.buffer, on_failed=self._count)

    def say_failed(self) -> None:
        """Say on stderr how many articles were left out, if any."""
        from summarizer.rendering.figures import counted

        if self.failed and not self._quiet:
            stderr().print(f"Left out: {counted(self.failed, 'article')} that failed.")

    def _count(self, failed: FailedArticle, path: Path | None) -> None:
        self.failed += 1


def is_archive(source: str) -> bool:
    """Whether a source is an archive, by its first bytes; what isn't there, by its name."""
    path = Path(source)
    if source == "-" or not path.is_file():
        return path.suffix == ".sqlite"
    try:
        with path.open("rb") as file:
            return file.read(len(_DATABASE)) == _DATABASE
    except OSError:
        return False


def opened_archive(given: Path | None, quiet: bool, *, create: bool = False) -> Archive:
    """The archive in a file, or the user's own one; it is said where it has to be indexed anew.

    Raises as `Archive.open`.
    """
    from summarizer.archive import Archive, default_path
    from summarizer.rendering.figures import counted

    def tell(count: int) -> None:
        if not quiet:
            stderr().print(f"Names or words count otherwise than before: {counted(count, 'report')} indexed anew.")

    return Archive.open(given or default_path(), create=create, on_indexing=tell)
