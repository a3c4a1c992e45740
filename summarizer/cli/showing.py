"""`summarizer show`: reports that were made before, in any format, as readers have corrected them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli import options
from summarizer.cli.console import stderr
from summarizer.cli.output import Format, Group, Output
from summarizer.cli.sources import Reports
from summarizer.errors import InputError

if TYPE_CHECKING:
    from summarizer.report_files import FiledReport


def show(
    reports: options.Reports,
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

      summarizer show archive.sqlite -f csv -o claims.csv
    """
    loaded = Reports(reports, quiet)
    stale = _Stale()
    found = iter(loaded)
    first = list(islice(found, 2))
    if not first:
        raise InputError("There is no report to show.", "Make some with -f json or -f jsonl.")
    chosen = Output.of_reports(output_format, group_by, output, one=len(first) == 1)
    chosen.write(stale.counted(chain(first, found)), _read_files(reports))
    loaded.say_failed()
    if not quiet:
        stale.say()


class _Stale:
    """Counts the corrections that fit no claim any more."""

    def __init__(self) -> None:
        self._count = 0

    def counted(self, reports: Iterable[FiledReport]) -> Iterator[FiledReport]:
        """The reports as they are."""
        for filed in reports:
            self._count += len(filed.stale)
            yield filed

    def say(self) -> None:
        """Say on stderr how many there are, if any."""
        from summarizer.rendering.figures import counted

        if self._count:
            fit = "fits" if self._count == 1 else "fit"
            stderr().print(f"{counted(self._count, 'correction')} {fit} no claim, and changed nothing.")


def _read_files(sources: Sequence[str]) -> frozenset[Path]:
    """The files that are read, and those of corrections beside them, so that none is overwritten."""
    from summarizer.correction_files import corrections_path

    files: set[Path] = set()
    for path in (Path(source) for source in sources if source != "-"):
        files |= set(path.iterdir()) if path.is_dir() else {path, corrections_path(path)}
    return frozenset(file.resolve() for file in files)
