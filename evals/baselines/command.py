"""The command line that the baselines share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from summarizer.cli.console import stderr
from summarizer.cli.runs import SplitName, run_system, selected
from summarizer.errors import SummarizerError
from summarizer.evaluation.runner import System

GOLDEN = Path(__file__).parents[1] / "golden"
RUNS = Path(__file__).parents[1] / "runs"


def main(open_system: Callable[[], System], description: str) -> None:
    """Run a baseline as a program; exits as `summarizer eval` does."""

    def command(
        split: Annotated[SplitName, typer.Option()] = SplitName.TEST,
        output: Annotated[Path | None, typer.Option("-o", "--output", help="The run file.")] = None,
        only: Annotated[list[str] | None, typer.Option(metavar="SLUG")] = None,
        limit: Annotated[int | None, typer.Option(min=1)] = None,
        resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run file.")] = False,
    ) -> None:
        articles = selected(GOLDEN, split, only=only, limit=limit)
        system = open_system()
        path = output or RUNS / f"{system.name}-{split.value}.jsonl"
        raise typer.Exit(run_system(stderr(), system, articles, path, resume=resume))

    command.__doc__ = description
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(command)
    try:
        app()
    except SummarizerError as error:
        sys.exit(f"Error: {error}")
