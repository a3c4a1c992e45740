"""`summarizer digest`: what many reports say together."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli import options
from summarizer.cli.console import stderr
from summarizer.cli.output import to_stdout
from summarizer.errors import ConfigurationError, InputError, OutputError

if TYPE_CHECKING:
    from rich.console import Console

    from summarizer.digest import Digest
    from summarizer.models import FailedArticle
    from summarizer.report_files import FiledReport

_BACK = re.compile(r"(\d{1,5})\s*([dw])", re.IGNORECASE)
_DAYS = {"d": 1, "w": 7}
_READ = frozenset({".json", ".jsonl", ".ndjson"})
_DATABASE = b"SQLite format 3\0"


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


class NamesLanguage(StrEnum):
    """Languages that actors can be named in."""

    DE = "de"
    EN = "en"


def digest(
    reports: Annotated[
        list[str],
        typer.Argument(metavar="REPORTS…", help="JSON or JSON Lines, a folder of them, an archive (.sqlite), or `-`."),
    ],
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
        NamesLanguage | None, typer.Option(help="Of actors' names. Default: that of most articles.")
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

    first_new = _day(since, date.today()) if since is not None else None
    chosen = output_format or _format_for(output)
    _check_output(output, reports)
    console = stderr()
    failed: list[FailedArticle] = []
    with _status(console, quiet):
        found = digest_of(_loaded(reports, failed), since=first_new, language=language.value if language else None)
        if not found.articles:
            raise InputError("There is no report to digest.", "Make some: summarizer SOURCE… -o reports.jsonl.")
        if output is not None:
            _to_file(output, _text(found, chosen))
    if output is None:
        _to_stdout(found, chosen)
    if not quiet:
        _say(console, found, len(failed), output)


def _status(console: Console, quiet: bool) -> AbstractContextManager[object]:
    """A line on a terminal while it works."""
    return nullcontext() if quiet or not console.is_terminal else console.status("Digesting reports")


def _day(given: str, today: date) -> date:
    """The day that `--since` means: an ISO date, or so many days or weeks before today."""
    back = _BACK.fullmatch(given.strip())
    try:
        if back:
            return today - timedelta(days=int(back[1]) * _DAYS[back[2].lower()])
        return date.fromisoformat(given.strip())
    except (ValueError, OverflowError) as error:
        raise ConfigurationError(f"--since is {given!r}.", "Write it as 2025-09-01, 7d or 2w.") from error


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
    if path is None:
        return
    if path.is_dir():
        raise ConfigurationError(f"{path} is a folder.", "Name a file: digest.html.")
    for source in (Path(one) for one in sources if one != "-"):
        is_among = source.is_dir() and path.suffix in _READ and path.resolve().parent == source.resolve()
        if is_among or path.resolve() == source.resolve():
            raise ConfigurationError(f"{path} would be read as a report.", "Give another path with -o.")


def _loaded(sources: Sequence[str], failed: list[FailedArticle]) -> Iterator[FiledReport]:
    """The reports of all sources, in the order given."""
    from summarizer.report_files import load_reports

    for source in sources:
        if _is_archive(source):
            yield from _archived(source)
        else:
            yield from load_reports(
                [source], stdin=sys.stdin.buffer, on_failed=lambda failure, path: failed.append(failure)
            )


def _is_archive(source: str) -> bool:
    if source == "-" or not Path(source).is_file():
        return Path(source).suffix == ".sqlite"
    try:
        with Path(source).open("rb") as file:
            return file.read(len(_DATABASE)) == _DATABASE
    except OSError:
        return False


def _archived(source: str) -> Iterator[FiledReport]:
    from summarizer.archive import Archive

    with Archive.open(source) as archive:
        yield from archive.reports()


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
    from rich.console import Console

    buffer = io.StringIO()
    rendering.write_digest_table(found, Console(file=buffer, width=100, force_terminal=False))
    return buffer.getvalue().encode()


def _to_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    draft = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise OutputError(f"{path} can't be written: {error.strerror}.", "Make room, or give another path.") from error
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _say(console: Console, found: Digest, failed: int, path: Path | None) -> None:
    """What the digest holds, in one line on stderr; where it is all on the terminal already, only what failed."""
    from summarizer.rendering.figures import counted

    if failed:
        console.print(f"Left out: {counted(failed, 'article')} that failed.")
    held = {
        "article": len(found.articles),
        "claim": len(found.claims),
        "actor": len(found.actors),
        "change": len(found.changes),
        "contradiction": len(found.contradictions),
    }
    line = ", ".join(counted(number, name) for name, number in held.items())
    console.print(f"{line}{f': {path}' if path else '.'}", markup=False, soft_wrap=True)
