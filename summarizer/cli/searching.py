"""`summarizer search`: claims from the archive."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli import options
from summarizer.cli.console import stderr
from summarizer.cli.days import day
from summarizer.cli.sources import opened_archive
from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    from summarizer.archive import Archive, Hit, Query

_SHOWN = 20
_CLOSE_FROM = 65
_CLOSE = 3


class SearchFormat(StrEnum):
    """Output formats of a search."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "markdown"


class SortBy(StrEnum):
    """What comes first."""

    RELEVANCE = "relevance"
    NEWEST = "newest"


def search(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[WORDS]",
            help="Words of statement, evidence or speaker; also `trupp*`, `'\"boots on the ground\"'`, and "
            "`'Truppen -Polen'` for what must not be there.",
        ),
    ] = None,
    archive: options.ArchiveFile = None,
    actor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="A country or body and who speaks for it, or a name. Repeat for any of several."
        ),
    ] = None,
    speaker: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only who is called so.")] = None,
    stance: Annotated[list[str] | None, typer.Option(metavar="STANCE", help=f"{options.STANCES}.")] = None,
    measure: Annotated[list[str] | None, typer.Option(metavar="MEASURE", help=f"{options.MEASURES}.")] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="Said on that day or later, else published: 2025-09-01, or 7d or 2w ago."),
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="DAY", help="That day or before.")] = None,
    source: Annotated[str | None, typer.Option(metavar="NAME", help="Part of a publication's name.")] = None,
    language: Annotated[options.KnownLanguage | None, typer.Option(help="The article's language.")] = None,
    wrong: Annotated[bool, typer.Option("--wrong", help="Claims that readers marked as wrong, too.")] = False,
    sort: Annotated[SortBy | None, typer.Option(help="Default: relevance with WORDS, else newest.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many. Default: 20 in table and markdown, else all.")
    ] = None,
    output_format: Annotated[
        SearchFormat | None, typer.Option("-f", "--format", help="Default: table on a terminal, else jsonl.")
    ] = None,
    quiet: options.Quiet = False,
) -> None:
    """Find claims in the archive, as readers have corrected them.

    A word finds its other endings and German compounds too: Soldaten finds Soldat, Truppen finds Bodentruppen. All
    words have to be in the claim, but for one or another that stands in the article's title. With --since and
    --until, claims without a day are left out.

    Examples:

      summarizer search Truppen --actor Polen --stance refuses --since 2025-09-01

      summarizer search '"boots on the ground"' --archive ukraine.sqlite

      summarizer search --actor Ungarn --actor Slowakei --measure arms -f csv > claims.csv
    """
    from summarizer.archive import Order, Query
    from summarizer.models import Measure, Stance

    _check_names(actor=actor, speaker=speaker)
    first, last = day("--since", since), day("--until", until)
    if first and last and first > last:
        raise ConfigurationError(f"--since {first} is after --until {last}.", "Give the earlier day with --since.")
    chosen = output_format or (SearchFormat.TABLE if sys.stdout.isatty() else SearchFormat.JSONL)
    is_for_readers = chosen in (SearchFormat.TABLE, SearchFormat.MARKDOWN)
    query = Query(
        words=" ".join(words or ()),
        actors=tuple(actor or ()),
        speakers=tuple(speaker or ()),
        stances=options.values("--stance", Stance, stance),
        measures=options.values("--measure", Measure, measure),
        since=first,
        until=last,
        source=source,
        language=language.value if language else None,
        with_wrong=wrong,
        order=Order(sort.value) if sort else None,
        limit=limit or (_SHOWN if is_for_readers else None),
    )
    with opened_archive(archive, quiet) as opened:
        hits, total = opened.search(query), opened.count(query)
        notes = list(_unknown(opened, query)) if not hits else []
        stale = opened.stale
    _write(chosen, hits, total)
    _say(len(hits), total, notes, stale, quiet)


def _say(shown: int, total: int, notes: Sequence[str], stale: int, quiet: bool) -> None:
    """On stderr: what may be missing, why nothing was found, and whether there is more."""
    if stale:
        stderr().print(
            f"Of {stale:,} reports claims may be missing: they were indexed by another version of summarizer, "
            "and the archive can't be written.",
            soft_wrap=True,
        )
    if not shown:
        for note in notes or ["No claim in the archive meets this."]:
            stderr().print(note, markup=False, soft_wrap=True)
    elif shown < total and not quiet:
        stderr().print(f"{shown:,} of {total:,} claims; --limit shows more.")


def _write(chosen: SearchFormat, hits: Sequence[Hit], total: int) -> None:
    from summarizer.archive import hits as texts

    if chosen is SearchFormat.TABLE:
        from rich.console import Console

        texts.write_hits(hits, Console())
        return
    if chosen is SearchFormat.JSON:
        text = texts.hits_json(hits, total)
    elif chosen is SearchFormat.JSONL:
        text = texts.hits_jsonl(hits)
    elif chosen is SearchFormat.CSV:
        text = texts.hits_csv(hits)
    else:
        text = texts.hits_markdown(hits) if hits else ""
    typer.echo(text.encode(), nl=False)


def _unknown(archive: Archive, query: Query) -> Iterable[str]:
    """Names that nobody in the archive has, with those that are close."""
    from summarizer.archive import Query

    for name in query.actors:
        if not archive.count(Query(actors=(name,), with_wrong=True)):
            yield _unknown_name(archive, name)
    for name in query.speakers:
        if not archive.count(Query(speakers=(name,), with_wrong=True)):
            yield _unknown_name(archive, name)


def _unknown_name(archive: Archive, name: str) -> str:
    from rapidfuzz import fuzz, process

    from summarizer.archive.words import folded

    close = process.extract(
        name, archive.names(), scorer=fuzz.WRatio, processor=folded, score_cutoff=_CLOSE_FROM, limit=_CLOSE
    )
    names = ", ".join(found for found, *_ in close)
    return f"No claim in the archive is by {name}." + (f" There are: {names}." if names else "")


def _check_names(**given: Sequence[str] | None) -> None:
    for option, names in given.items():
        if any(not name.strip() for name in names or ()):
            raise ConfigurationError(f"--{option} has no name.", "Leave it out, or name somebody.")
