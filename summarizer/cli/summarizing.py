"""`summarizer summarize`: articles in, reports out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli import options
from summarizer.cli.console import EXIT_FAILED, EXIT_INTERRUPTED, Download, stderr
from summarizer.cli.output import Format, Group, Output
from summarizer.errors import ConfigurationError, SummarizerError

if TYPE_CHECKING:
    from rich.console import Console

    from summarizer.models import Article, Claim, FailedArticle, Report
    from summarizer.pipeline import Summarizer

_READABLE = frozenset({".txt", ".md", ".markdown", ".html", ".htm"})
_MAX_FETCH_TIMEOUT_S = 60.0


def summarize(
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE…", help="A file, a folder, `-`, or an http(s) address.")
    ],
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    output_format: Annotated[
        Format | None,
        typer.Option("-f", "--format", help="Default: table on a terminal, else json or jsonl."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A file, or a folder for several sources.")
    ] = None,
    group_by: Annotated[Group, typer.Option(help="Group claims in table and markdown.")] = Group.SPEAKER,
    profile: options.Profile = None,
    topic: options.Topic = "security-guarantees",
    language: Annotated[str | None, typer.Option(help="de or en, if detection is wrong.")] = None,
    thorough: options.Thorough = False,
    offline: options.Offline = False,
    allow_private: Annotated[bool, typer.Option("--allow-private", help="Fetch from private addresses too.")] = False,
    timeout_s: options.TimeoutSeconds = 120.0,
    quiet: options.Quiet = False,
) -> None:
    """Summarize articles.

    Examples:

      summarizer article.txt

      summarizer -f json article.html > report.json

      cat article.txt | summarizer - -m openai/gpt-5-mini

      summarizer articles/ -f jsonl -o reports.jsonl
    """
    console = stderr()
    paths = list(_expanded(sources))
    chosen = Output.chosen(output_format, group_by, len(paths), output)
    engine = open_summarizer(
        console,
        model,
        base_url=base_url,
        profile=profile,
        topic=topic,
        thorough=thorough,
        offline=offline,
        timeout_s=timeout_s,
        quiet=quiet,
        show_claims=not quiet,
    )

    def read(source: str) -> Article:
        from summarizer.reading import read_source

        if offline and "://" in source:
            raise ConfigurationError(f"{source} can't be fetched with --offline.", "Save it as a file first.")
        return read_source(
            source,
            stdin=sys.stdin.buffer,
            timeout_s=min(timeout_s, _MAX_FETCH_TIMEOUT_S),
            allow_private=allow_private,
            language=language,
        )

    outcomes: list[Report | FailedArticle] = []
    interrupted = False
    try:
        for source in paths:
            outcome = _outcome(engine, source, read)
            if not hasattr(outcome, "claims"):
                console.print(f"{outcome.article.source}: {outcome.error.message}", style="red", markup=False)
            if chosen.streams:
                chosen.line(outcome)
            outcomes.append(outcome)
    except KeyboardInterrupt:
        interrupted = True
        console.print(f"Interrupted: {len(outcomes)} of {len(paths)} articles finished.", markup=False)
    finally:
        engine.close()
    if not chosen.streams:
        chosen.write(outcomes)
    failures = any(not hasattr(o, "claims") for o in outcomes)
    raise typer.Exit(EXIT_INTERRUPTED if interrupted else EXIT_FAILED if failures else 0)


def open_summarizer(
    console: Console,
    model: str | None,
    *,
    base_url: str | None,
    profile: options.ProfileName | None,
    topic: str,
    thorough: bool,
    offline: bool,
    timeout_s: float,
    quiet: bool,
    show_claims: bool,
) -> Summarizer:
    """The summarizer with its model opened; says on the console which model, and shows what is fetched.

    Raises:
        ConfigurationError: the settings aren't possible.
        ModelError: the model can't be had.
    """
    from summarizer.pipeline import Summarizer

    with Download(console, quiet) as download:
        engine = Summarizer(
            model,
            base_url=base_url,
            profile=profile.value if profile else None,
            topic=topic,
            thorough=thorough,
            offline=offline,
            timeout_s=timeout_s,
            on_claim=(lambda claim: _show_claim(console, claim)) if show_claims else None,
            on_progress=download.update,
            on_message=lambda line: console.print(line, style="dim", markup=False),
        )
        if engine.choice and not quiet:
            console.print(f"Model: {engine.choice.reason}", style="dim", markup=False)
        engine.open()
    return engine


def _expanded(sources: list[str]) -> Iterator[str]:
    for source in sources:
        path = Path(source)
        if source != "-" and "://" not in source and path.is_dir():
            found = sorted(p for p in path.rglob("*") if p.suffix.lower() in _READABLE and p.is_file())
            if not found:
                raise ConfigurationError(f"No article in {source}.", f"Known endings: {', '.join(sorted(_READABLE))}.")
            yield from map(str, found)
        else:
            yield source


def _outcome(engine: Summarizer, source: str, read: Callable[[str], Article]) -> Report | FailedArticle:
    from summarizer.pipeline import failed

    article = None
    try:
        article = read(source)
        return engine.summarize(article)
    except SummarizerError as error:
        return failed(error, article, source)


def _show_claim(console: Console, claim: Claim) -> None:
    from summarizer.rendering import claim_line

    console.print(claim_line(claim, width=console.width))
