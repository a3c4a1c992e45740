"""`summarizer show`: reports that were made before, in any format, as readers have corrected them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli import options
from summarizer.cli.console import stderr
from summarizer.cli.output import Format, Group, Output
from summarizer.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from summarizer.models import FailedArticle
    from summarizer.report_files import FiledReport


def show(
    reports: Annotated[
        list[str], typer.Argument(metavar="REPORTS…", help="JSON or JSON Lines, a folder of them, or `-`.")
    ],
    output_format: Annotated[
        Format | None,
        typer.Option("-f", "--format", help="Default: table on a terminal, else json or jsonl."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A file, or a folder that gets a file a report.")
    ] = None,
    group_by: Annotated[Group, typer.Option(help="Group claims in table and markdown.")] = Group.SPEAKER,
    quiet: options.Quiet = False,
) -> None:
    """Render reports again, without a model.

    What readers have corrected is marked in table, markdown and html. All other formats have the reports as
    corrected: without the claims marked as wrong.

    Examples:

      summarizer show report.json

      summarizer show reports.jsonl -f bibtex -o claims.bib

      summarizer show reports/ -f html -o pages/
    """
    from summarizer.report_files import load_reports

    notes = _Notes(stderr(), quiet)
    found = load_reports(reports, stdin=sys.stdin.buffer, on_failed=notes.failed)
    first = list(islice(found, 2))
    if not first:
        raise InputError("There is no report to show.", "Make some with -f json or -f jsonl.")
    chosen = Output.of_reports(output_format, group_by, output, one=len(first) == 1)
    chosen.write(notes.counted(chain(first, found)), _read_files(reports))
    notes.show()


class _Notes:
    """What is said on stderr: the articles that failed, and the corrections that fit no claim any more."""

    def __init__(self, console: Console, quiet: bool) -> None:
        self._console, self._quiet = console, quiet
        self._failed = self._stale = 0

    def failed(self, failed: FailedArticle, path: Path | None) -> None:
        """An article without a report."""
        self._failed += 1

    def counted(self, reports: Iterable[FiledReport]) -> Iterator[FiledReport]:
        """The reports as they are."""
        for filed in reports:
            self._stale += len(filed.stale)
            yield filed

    def show(self) -> None:
        """Say what there is to say."""
        from summarizer.rendering.figures import counted

        if self._failed and not self._quiet:
            self._console.print(f"Left out: {counted(self._failed, 'article')} that failed.")
        if self._stale and not self._quiet:
            fit = "fits" if self._stale == 1 else "fit"
            self._console.print(f"{counted(self._stale, 'correction')} {fit} no claim, and changed nothing.")


def _read_files(sources: Sequence[str]) -> frozenset[Path]:
    """The files that are read, and those of corrections beside them, so that none is overwritten."""
    from summarizer.report_files import corrections_path

    files: set[Path] = set()
    for path in (Path(source) for source in sources if source != "-"):
        files |= set(path.iterdir()) if path.is_dir() else {path, corrections_path(path)}
    return frozenset(file.resolve() for file in files)
