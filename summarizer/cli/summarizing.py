"""`summarizer summarize`: articles in, reports out."""

from __future__ import annotations

import re
import signal
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli import options
from summarizer.cli.archiving import archive_of_run, archiving_store, show_archived
from summarizer.cli.console import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_LIMIT, Download, stderr
from summarizer.cli.ending import show_end, show_failure
from summarizer.cli.output import Format, Group, Output
from summarizer.cli.progress import ArticlesProgress
from summarizer.errors import ConfigurationError, LimitReachedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rich.console import Console

    from summarizer.archive import Archive
    from summarizer.bulk.running import Run
    from summarizer.cli.threads import Threads
    from summarizer.llm.metering import Limits
    from summarizer.models import Claim
    from summarizer.pipeline import Summarizer
    from summarizer.reading import Item

_TIME = r"(\d+(?:\.\d+)?)\s*([smhd]?)"
_UNITS_S = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def summarize(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE…",
            help="A file (text, Markdown, HTML, PDF, JSON Lines, a feed), a folder, a pattern, `-`, or an address.",
        ),
    ],
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    output_format: Annotated[
        Format | None,
        typer.Option("-f", "--format", help="Default: table on a terminal, else json or jsonl."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="A file or a folder. Of several articles, the same command goes on."),
    ] = None,
    group_by: Annotated[Group, typer.Option(help="Group claims in table and markdown.")] = Group.SPEAKER,
    archive: options.ArchiveToo = None,
    profile: options.Profile = None,
    topic: options.Topic = "security-guarantees",
    language: options.Language = None,
    article_language: Annotated[
        str | None, typer.Option(help="The articles' language, de or en, if detection is wrong.")
    ] = None,
    thorough: options.Thorough = False,
    offline: options.Offline = False,
    allow_private: Annotated[bool, typer.Option("--allow-private", help="Fetch from private addresses too.")] = False,
    timeout_s: options.TimeoutSeconds = 120.0,
    concurrency: Annotated[
        int, typer.Option(min=1, max=1000, help="Most requests at a time; fewer while the service says so.")
    ] = 16,
    max_cost: Annotated[float | None, typer.Option(min=0, metavar="USD", help="Stop before more is spent.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Stop before more tokens are used.")] = None,
    deadline: Annotated[str | None, typer.Option(metavar="TIME", help="Stop after 90s, 30m or 2h30m.")] = None,
    batch: Annotated[
        bool,
        typer.Option("--batch", help="Through the service's Batch API: cheaper, and a day or more late. Needs -o."),
    ] = False,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Neither use nor keep replies.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin anew where an earlier run's output is.")] = False,
    quiet: options.Quiet = False,
) -> None:
    """Summarize articles.

    Examples:

      summarizer article.txt

      summarizer -f json article.html > report.json

      cat article.txt | summarizer - -m openai/gpt-5-mini

      summarizer articles/ archive.jsonl 'dpa/**/*.pdf' -o reports.jsonl

      summarizer https://example.org/feed.xml -o feed.jsonl   # again: only what is new

      summarizer archive.jsonl -o reports.jsonl -m openai/gpt-5-mini --concurrency 64 --max-cost 5

      summarizer articles/ -o reports.jsonl --archive archive.sqlite

      summarizer artikel.txt --language en -m openai/gpt-5-mini
    """
    from summarizer.cli.threads import Threads
    from summarizer.reading import count_items, items

    console = stderr()
    limits = _limits(max_cost, max_tokens, deadline)
    count = count_items(sources)
    chosen = Output.chosen(output_format, group_by, sources, count, output)
    found = items(
        sources,
        stdin=sys.stdin.buffer,
        timeout_s=min(timeout_s, options.MAX_FETCH_TIMEOUT_S),
        allow_private=allow_private,
        language=article_language,
        offline=offline,
    )
    if batch and chosen.journal_path is None:
        raise ConfigurationError(
            "A batch outlives this process only with a journal.", "Write many articles to a file with -o."
        )
    if not fresh:
        chosen.check()
    with ExitStack() as stack:
        opened = stack.enter_context(archive_of_run(archive, chosen, quiet)) if archive else None
        engine = open_summarizer(
            console,
            model,
            base_url=base_url,
            profile=profile,
            topic=topic,
            language=language,
            thorough=thorough,
            offline=offline,
            timeout_s=timeout_s,
            cache=not no_cache,
            quiet=quiet,
            before_opening=lambda engine: _check_language(engine, chosen, sources, article_language),
            show_claims=not quiet and count == 1 and chosen.journal_path is None,
        )
        stack.enter_context(engine)
        threads = Threads(concurrency)
        _check_price(engine, limits)
        if fresh:
            chosen.remove()
        try:
            code = _run(
                console,
                engine,
                chosen,
                opened,
                found,
                count,
                limits,
                concurrency,
                batch,
                article_language,
                quiet,
                threads,
            )
        except KeyboardInterrupt:
            code = EXIT_INTERRUPTED
        engine.flush()
        threads.leave_if_busy(code)
    raise typer.Exit(code)


def _run(
    console: Console,
    engine: Summarizer,
    chosen: Output,
    archive: Archive | None,
    found: Iterable[Item],
    count: int | None,
    limits: Limits,
    concurrency: int,
    batch: bool,
    article_language: str | None,
    quiet: bool,
    threads: Threads,
) -> int:
    """Do all that there is to do; gives the exit code."""
    import asyncio

    from summarizer.bulk.journal import Journal
    from summarizer.bulk.running import Run, Tally

    interrupted = False
    written = chosen.store()
    archiving = archiving_store(written, archive, chosen) if archive else None
    store = archiving or written
    try:
        with (
            Journal(chosen.journal_path, _made_with(engine, article_language)) as journal,
            ArticlesProgress(console, shown=not quiet and chosen.many) as progress,
        ):
            run = Run(
                engine,
                journal,
                store,
                max_concurrency=concurrency,
                limits=limits,
                batch=batch,
                only_one=chosen.only_one,
                leave_out=lambda item: chosen.owns(item.source),
                on_failure=lambda failure: show_failure(console, failure.article.source, failure.error.message),
                on_change=progress.show,
                tally=Tally(count),
            )
            if (lost := store.settle(journal)) and not quiet:
                verb = "is" if lost == 1 else "are"
                console.print(f"Of the finished articles {lost:,} {verb} not in the output as written: done again.")
            if not quiet:
                for change in journal.changes():
                    console.print(f"Since the last run {change}: done again.", markup=False, soft_wrap=True)
            try:
                asyncio.run(_interruptible(run, found, threads))
            except (KeyboardInterrupt, asyncio.CancelledError):
                interrupted = True
                store.finish(journal)
            progress.close()
            chosen.render(written, journal)
            show_end(console, run, journal, engine, many=chosen.many, interrupted=interrupted, quiet=quiet)
            if archiving and not quiet:
                show_archived(console, archiving, chosen)
    finally:
        chosen.clean(written)
    return _exit_code(run, interrupted)


def _made_with(engine: Summarizer, article_language: str | None) -> dict[str, str]:
    """What decides the reports besides the articles.

    With the words of old where no language is named, so that what is finished stays so.
    """
    read_as = {"article_language": article_language} if article_language else {}
    return {"language": "detected"} | engine.fingerprint() | read_as


def _check_language(engine: Summarizer, chosen: Output, sources: list[str], article_language: str | None) -> None:
    """Where the model can't translate, look at what lies on this machine, before it is fetched or asked anything.

    What can't be read is told when its turn comes.
    """
    from summarizer.models import Article
    from summarizer.reading import items

    if engine.settings.language is None or engine.can_translate:
        return
    for item in items([source for source in sources if source != "-"], language=article_language, offline=True):
        if chosen.owns(item.source):
            continue
        try:
            article = item.read()
        except Exception:
            continue
        if isinstance(article, Article):
            try:
                engine.check_language(article)
            except ConfigurationError as error:
                raise ConfigurationError(f"{item.source}: {error.message}", error.hint) from None


async def _interruptible(run: Run, found: Iterable[Item], threads: Threads) -> None:
    """As Ctrl-C, SIGTERM ends the run in order."""
    import asyncio

    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    loop.set_default_executor(threads)
    with suppress(NotImplementedError):
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
    await run.over(found)


def _exit_code(run: Run, interrupted: bool) -> int:
    tally = run.tally
    if interrupted:
        return EXIT_INTERRUPTED
    if isinstance(run.stopped, LimitReachedError):
        return EXIT_LIMIT
    return EXIT_FAILED if run.stopped or tally.failed or tally.failed_before or tally.again else 0


def _limits(max_cost: float | None, max_tokens: int | None, deadline: str | None) -> Limits:
    from summarizer.llm.metering import Limits

    deadline_s = None
    if max_cost is not None and not max_cost > 0:
        raise ConfigurationError("--max-cost has to be more than 0.", "Write it as 0.50.")
    if deadline is not None:
        if not re.fullmatch(rf"(?:{_TIME}\s*)+", deadline.strip()):
            raise ConfigurationError(f"--deadline is {deadline!r}.", "Write it as 90s, 30m or 2h30m.")
        deadline_s = sum(float(number) * _UNITS_S[unit] for number, unit in re.findall(_TIME, deadline))
    return Limits(max_cost, max_tokens, deadline_s)


def _check_price(engine: Summarizer, limits: Limits) -> None:
    if limits.max_cost_usd is not None and engine.price is None:
        raise ConfigurationError(
            f"The price of {engine.open().name} isn't known, so --max-cost can't be kept.", "Use --max-tokens."
        )


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
    cache: bool = False,
    quiet: bool,
    show_claims: bool,
    language: str | None = None,
    before_opening: Callable[[Summarizer], None] = lambda engine: None,
) -> Summarizer:
    """The summarizer with its model opened; says on the console which model, and shows what is fetched.

    `before_opening` may raise what speaks against it.

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
            language=language,
            thorough=thorough,
            offline=offline,
            timeout_s=timeout_s,
            cache=cache,
            on_claim=(lambda claim: _show_claim(console, claim)) if show_claims else None,
            on_progress=download.update,
            on_message=lambda line: console.print(line, style="dim", markup=False, soft_wrap=True),
        )
        before_opening(engine)
        if engine.choice and not quiet:
            console.print(f"Model: {engine.choice.reason}", style="dim", markup=False, soft_wrap=True)
        engine.open()
    return engine


def _show_claim(console: Console, claim: Claim) -> None:
    from summarizer.rendering import claim_line

    console.print(claim_line(claim, width=console.width))
