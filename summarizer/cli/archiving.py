"""`summarizer archive`: reports go into one SQLite file, and out of it again; and `--archive` of a run."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli import options
from summarizer.cli.console import stderr
from summarizer.cli.output import Format, check_no_run
from summarizer.cli.sources import Reports, opened_archive
from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.console import Console

    from summarizer.archive import Added, Archive
    from summarizer.bulk.archiving import ArchivingStore
    from summarizer.bulk.stores import Store
    from summarizer.cli.output import Output

_SHOWN = 10

app = typer.Typer(
    help="All reports in one SQLite file, which summarizer search looks through: add, info, export.",
    no_args_is_help=True,
)


def archiving_store(inner: Store, archive: Archive, chosen: Output) -> ArchivingStore:
    """A run's store that puts the reports into an archive too."""
    from summarizer.bulk.archiving import ArchivingStore

    return ArchivingStore(inner, archive, chosen.path if chosen.format in (Format.JSON, Format.JSONL) else None)


def archive_of_run(path: Path, output: Output, quiet: bool) -> Archive:
    """The archive that a run's reports go into too, which is made if need be.

    Raises as `Archive.open`, and `ConfigurationError` where it would be the run's own output.
    """
    if output.owns(str(path)):
        raise ConfigurationError(f"{path} would be output and archive.", "Give the archive a file of its own.")
    return opened_archive(path, quiet, create=True)


@app.command()
def add(
    reports: options.Reports,
    archive: options.ArchiveFile = None,
    quiet: options.Quiet = False,
) -> None:
    """Put reports that were made before into the archive, with what readers have corrected.

    Of each article there is one report, the one that was made last. What is in already is left alone, so that the
    same command adds what is new.

    Examples:

      summarizer archive add reports.jsonl

      summarizer archive add reports/ --archive ukraine.sqlite
    """
    loaded = Reports(reports, quiet)
    with opened_archive(archive, quiet, create=True) as opened:
        added = opened.add(loaded)
    if not quiet:
        stderr().print(f"{_in_words(added)} {opened.path}", markup=False, soft_wrap=True)
    loaded.say_failed()


@app.command()
def info(archive: options.ArchiveFile = None) -> None:
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
    archive: options.ArchiveFile = None,
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
    from summarizer.reading.files import LINES_SUFFIXES

    is_lines = file.suffix.lower() in LINES_SUFFIXES
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


def show_archived(console: Console, store: ArchivingStore, chosen: Output) -> None:
    """Say what became of a run's reports."""
    console.print(f"Archive: {_in_words(store.added)} {store.archive.path}", markup=False, soft_wrap=True)
    if store.unread:
        console.print(
            f"{store.unread:,} reports of before can't be read again from {chosen.format.value}: "
            "the archive has those of them that were put in then.",
            soft_wrap=True,
        )


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
