"""`summarizer digest`: what many reports say together."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli import options
from summarizer.cli.console import stderr
from summarizer.cli.days import day
from summarizer.cli.output import to_stdout
from summarizer.cli.sources import Reports
from summarizer.errors import ConfigurationError, InputError, OutputError
from summarizer.formats import table_text

if TYPE_CHECKING:
    from rich.console import Console

    from summarizer.digest import Digest


class DigestFormat(StrEnum):
    """Output formats of a digest."""

    TABLE = "table"
    HTML = "html"
    MARKDOWN = "markdown"
    JSON = "json"


_ENDINGS = {
    ".html": DigestFormat.HTML,
    ".md": DigestFormat.MARKDOWN,
    ".markdown": DigestFormat.MARKDOWN,
    ".json": DigestFormat.JSON,
    ".txt": DigestFormat.TABLE,
}


def digest(
    reports: options.Reports,
    output_format: Annotated[
        DigestFormat | None,
        typer.Option("-f", "--format", help="Default: by the ending of -o, else table on a terminal, else json."),
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A file.")] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Tell what is new since this day: 2025-09-01, or 7d or 2w ago."),
    ] = None,
    language: Annotated[
        options.KnownLanguage | None, typer.Option(help="Of actors' names. Default: that of most articles.")
    ] = None,
    quiet: options.Quiet = False,
) -> None:
    """Who stands where, who changed position, who contradicts, and who reports it, across many reports.

    Examples:

      summarizer digest reports.jsonl

      summarizer digest reports/ -o digest.html --since 2025-09-01

      summarizer digest week1.jsonl week2.jsonl -f markdown --since 7d --language en

      summarizer digest archive.sqlite -f json | jq '.changes'
    """
    from summarizer.digest import digest as digest_of

    first_new = day("--since", since)
    chosen = output_format or _format_for(output)
    _check_output(output, reports)
    console = stderr()
    loaded = Reports(reports, quiet)
    with _status(console, quiet):
        found = digest_of(loaded, since=first_new, language=language.value if language else None)
        if not found.articles:
            raise InputError("There is no report to digest.", "Make some: summarizer SOURCE… -o reports.jsonl.")
        if output is not None:
            _to_file(output, _text(found, chosen))
    if output is None:
        _to_stdout(found, chosen)
    loaded.say_failed()
    if not quiet:
        _say(console, found, output)


def _status(console: Console, quiet: bool) -> AbstractContextManager[object]:
    """A line on a terminal while it works."""
    return nullcontext() if quiet or not console.is_terminal else console.status("Digesting reports")


def _format_for(path: Path | None) -> DigestFormat:
    if path is None:
        return DigestFormat.TABLE if sys.stdout.isatty() else DigestFormat.JSON
    chosen = _ENDINGS.get(path.suffix.lower())
    if chosen is None:
        raise ConfigurationError(
            f"The ending of {path} says no format.", f"Name it {', '.join(_ENDINGS)}, or give one with -f."
        )
    return chosen


def _check_output(path: Path | None, sources: Sequence[str]) -> None:
    """Refuse to write where it would be read: over a source, or as one more report of a folder."""
    from summarizer.report_files import REPORT_SUFFIXES

    if path is None:
        return
    if path.is_dir():
        raise ConfigurationError(f"{path} is a folder.", "Name a file: digest.html.")
    for source in (Path(one) for one in sources if one != "-"):
        is_among = source.is_dir() and path.suffix in REPORT_SUFFIXES and path.resolve().parent == source.resolve()
        if is_among or path.resolve() == source.resolve():
            raise ConfigurationError(f"{path} would be read as a report.", "Give another path with -o.")


def _to_stdout(found: Digest, chosen: DigestFormat) -> None:
    if chosen is DigestFormat.TABLE:
        from rich.console import Console

        from summarizer import rendering

        rendering.write_digest_table(found, Console())
    else:
        to_stdout(_text(found, chosen))


def _text(found: Digest, chosen: DigestFormat) -> bytes:
    from summarizer import rendering

    if chosen is DigestFormat.HTML:
        return rendering.digest_page(found).encode()
    if chosen is DigestFormat.MARKDOWN:
        return rendering.digest_to_markdown(found).encode()
    if chosen is DigestFormat.JSON:
        return rendering.to_json(found).encode()
    return table_text(lambda console: rendering.write_digest_table(found, console)).encode()


def _to_file(path: Path, content: bytes) -> None:
    from summarizer.whole_files import written_whole

    try:
        with written_whole(path) as file:
            file.write(content)
    except OSError as error:
        raise OutputError(f"{path} can't be written: {error.strerror}.", "Make room, or give another path.") from error


def _say(console: Console, found: Digest, path: Path | None) -> None:
    """What the digest holds, in one line on stderr."""
    from summarizer.rendering.figures import counted

    held = {
        "article": len(found.articles),
        "claim": len(found.claims),
        "actor": len(found.actors),
        "change": len(found.changes),
        "contradiction": len(found.contradictions),
    }
    line = ", ".join(counted(number, name) for name, number in held.items())
    console.print(f"{line}{f': {path}' if path else '.'}", markup=False, soft_wrap=True)
