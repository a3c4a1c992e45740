"""`summarizer distribute`: a dataset of articles on a Ray cluster."""

from __future__ import annotations

from typing import Annotated

import typer

from summarizer.cli import options
from summarizer.cli.console import EXIT_FAILED, stderr


def distribute(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE…", help="Folders or files: articles, JSON Lines or Parquet; s3://… too."),
    ],
    output: Annotated[str, typer.Option("-o", "--output", metavar="FOLDER", help="A new folder, of Parquet files.")],
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    profile: options.Profile = None,
    topic: options.Topic = "security-guarantees",
    language: options.Language = None,
    thorough: options.Thorough = False,
    timeout_s: options.TimeoutSeconds = 120.0,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes. Default: one for two CPUs of the cluster.")
    ] = None,
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, help="Articles at a time in each worker.")] = 16,
    batch_size: Annotated[
        int, typer.Option("--batch-size", min=1, help="Articles that are done again when a worker dies.")
    ] = 32,
    no_cache: options.NoCache = False,
    quiet: options.Quiet = False,
) -> None:
    """Summarize a dataset with Ray: on this machine, or on the cluster that RAY_ADDRESS names.

    Examples:

      summarizer distribute articles/ -o reports -m openai/gpt-5-mini

      RAY_ADDRESS=auto summarizer distribute s3://news/2025/ -o s3://news/reports --workers 64
    """
    from summarizer.distributed import summarize_dataset

    console = stderr()
    counts = summarize_dataset(
        sources,
        output,
        model=model,
        base_url=base_url,
        profile=profile.value if profile else None,
        topic=topic,
        language=language,
        thorough=thorough,
        timeout_s=timeout_s,
        cache=not no_cache,
        workers=workers,
        concurrency_per_worker=concurrency,
        batch_size=batch_size,
        show_progress=console.is_terminal and not quiet,
    )
    if not quiet:
        console.print(f"{counts.done} done, {counts.failed} failed: {output}", markup=False, soft_wrap=True)
    raise typer.Exit(EXIT_FAILED if counts.failed else 0)
