"""`summarizer archive`: reports go into one SQLite file, and out of it again; and `--archive` of a run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli import options
from summarizer.cli.console import stderr
from summarizer.cli.output import Format, check_no_run
from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.console import Console

    from summarizer.archive import Added, Archive
    from summarizer.bulk.journal import Journal, Written
    from summarizer.bulk.stores import Store
    from summarizer.cli.output import Output
    from summarizer.models import FailedArticle, Report

_SHOWN = 10
_LINES = frozenset({".jsonl", ".ndjson"})

ArchiveFile = Annotated[
    Path | None,
    typer.Option(
        "--archive",
        metavar="FILE",
        envvar="SUMMARIZER_ARCHIVE",
        help="The archive. Default: archive.sqlite in the user's data folder (summarizer archive info shows where).",
    ),
]

app = typer.Typer(
    help="All reports in one SQLite file, which summarizer search looks through: add, info, export.",
    no_args_is_help=True,
)


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


def archive_of_run(path: Path, output: Output, quiet: bool) -> Archive:
    """The archive that a run's reports go into too, which is made if need be.

    Raises as `Archive.open`, and `ConfigurationError` where it would be the run's own output.
    """
    if output.owns(str(path)):
        raise ConfigurationError(f"{path} would be output and archive.", "Give the archive a file of its own.")
    return opened_archive(path, quiet, create=True)


@app.command()
def add(
    reports: Annotated[
        list[str], typer.Argument(metavar="REPORTS…", help="JSON or JSON Lines, a folder of them, or `-`.")
    ],
    archive: ArchiveFile = None,
    quiet: options.Quiet = False,
) -> None:
    """Put reports that were made before into the archive, with what readers have corrected.

    Of each article there is one report, the one that was made last. What is in already is left alone, so that the
    same command adds what is new.

    Examples:

      summarizer archive add reports.jsonl

      summarizer archive add reports/ --archive ukraine.sqlite
    """
    from summarizer.report_files import load_reports

    failed: list[FailedArticle] = []
    found = load_reports(reports, stdin=sys.stdin.buffer, on_failed=lambda failure, _: failed.append(failure))
    with opened_archive(archive, quiet, create=True) as opened:
        added = opened.add(found)
    if not quiet:
        console = stderr()
        console.print(f"{_in_words(added)} {opened.path}", markup=False, soft_wrap=True)
        if failed:
            console.print(f"Left out: {len(failed):,} that failed.")


@app.command()
def info(archive: ArchiveFile = None) -> None:
    """Where the archive is, and what it holds."""
    from summarizer.actors import country_name
    from summarizer.rendering.visible import visible_line

    with opened_archive(archive, quiet=True) as opened:
        path, found = opened.path, opened.contents()
    days = f", {found.first_day} to {found.last_day}" if found.first_day and found.last_day else ""
    lines = [
        str(path.absolute()),
        f"format {found.version}, {found.bytes / 1e6:.1f} MB",
        f"{found.articles:,} articles, {found.claims:,} claims{days}",
        f"corrected by readers: {found.corrected:,} claims changed, {found.wrong:,} wrong",
    ]
    actors = {country_name(code, "en"): count for code, count in found.actors.items() if ":" not in code}
    for what, counts in (("languages", found.languages), ("sources", found.sources), ("countries and bodies", actors)):
        if counts:
            lines.append(f"{what}: {_counts(counts)}")
    typer.echo("\n".join(visible_line(line) for line in lines))


@app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Ends in .parquet, or in .jsonl.")],
    archive: ArchiveFile = None,
    claims: Annotated[bool, typer.Option("--claims", help="A claim a line in JSON Lines, as Parquet has it.")] = False,
    wrong: Annotated[bool, typer.Option("--wrong", help="Claims that readers marked as wrong, too.")] = False,
    quiet: options.Quiet = False,
) -> None:
    """Write the archive for other programs.

    Parquet has a row a claim, as readers have corrected it. JSON Lines have a report a line as it was made, as
    `-f jsonl` writes it, with corrections in a file beside it; every command that reads reports takes both.

    Examples:

      summarizer archive export claims.parquet

      summarizer archive export reports.jsonl --archive ukraine.sqlite
    """
    from summarizer.archive.exporting import export_claims, export_parquet, export_reports

    is_lines = file.suffix.lower() in _LINES
    if not is_lines and file.suffix.lower() != ".parquet":
        raise ConfigurationError(f"{file} ends in neither .parquet nor .jsonl.", "Name the file so.")
    if wrong and is_lines and not claims:
        raise ConfigurationError("Reports have all their claims anyway.", "Leave out --wrong, or add --claims.")
    check_no_run(file)
    with opened_archive(archive, quiet) as opened:
        reports = opened.reports()
        if not is_lines:
            written = f"{export_parquet(reports, file, with_wrong=wrong):,} claims"
        elif claims:
            written = f"{export_claims(reports, file, with_wrong=wrong):,} claims"
        else:
            written = f"{export_reports(reports, file):,} reports"
    if not quiet:
        stderr().print(f"{written} in {file}", markup=False, soft_wrap=True)


@dataclass
class ArchivingStore:
    """A store that puts each report into an archive before the journal knows of it.

    What an earlier run finished is put in when a run starts, where the output can be read again; `unread` is how
    many reports there are that can't.
    """

    inner: Store
    archive: Archive
    output: Output
    unread: int = 0
    added: Added = field(init=False)

    def __post_init__(self) -> None:
        from summarizer.archive import Added

        self.added = Added()

    def settle(self, journal: Journal) -> int:
        """As the store does; then the archive gets what was finished before."""
        lost = self.inner.settle(journal)
        self.added += self.archive.add(self._finished(journal), path=self._path())
        return lost

    def write(self, source: str, outcome: Report | FailedArticle, journal: Journal) -> Written:
        """Write the result, and keep the report."""
        from summarizer.models import Report

        written = self.inner.write(source, outcome, journal)
        if isinstance(outcome, Report):
            self.added += self.archive.add([outcome], path=self._path(written.name))
        return written

    def finish(self, journal: Journal) -> None:
        """As the store does."""
        self.inner.finish(journal)

    def close(self) -> None:
        """As the store does; the archive is the caller's."""
        self.inner.close()

    def show(self, console: Console) -> None:
        """Say what became of the reports."""
        console.print(f"Archive: {_in_words(self.added)} {self.archive.path}", markup=False, soft_wrap=True)
        if self.unread:
            console.print(
                f"{self.unread:,} reports of before can't be read again from {self.output.format.value}: "
                "the archive has those of them that were put in then.",
                soft_wrap=True,
            )

    def _finished(self, journal: Journal) -> Iterator[Report]:
        from summarizer.bulk.journal import Status
        from summarizer.bulk.stores import LineStore
        from summarizer.models import Report

        for entry in journal.entries(Status.DONE, Status.AGAIN):
            text: bytes | None = None
            if isinstance(self.inner, LineStore):
                text = self.inner.lines.line(entry.place) if entry.place else None
            elif entry.name and (path := self._path(entry.name)):
                text = path.read_bytes()
            elif entry.name:
                self.unread += 1
            if text is not None and not self.archive.holds(text.decode().rstrip("\n")):
                yield Report.model_validate_json(text)

    def _path(self, name: str | None = None) -> Path | None:
        """The file that a report stands in, if it stands in one that can be read again."""
        path = self.output.path
        if path is None or self.output.format not in (Format.JSON, Format.JSONL):
            return None
        return path / name if name else path


def _in_words(added: Added) -> str:
    counts = {
        "added": added.added,
        "in the place of older ones": added.replaced,
        "there already": added.unchanged,
        "older than what is there": added.older,
    }
    return (", ".join(f"{count:,} {what}" for what, count in counts.items() if count) or "nothing new") + " ·"


def _counts(counts: dict[str, int]) -> str:
    shown = ", ".join(f"{name} {count:,}" for name, count in islice(counts.items(), _SHOWN))
    more = len(counts) - _SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown
