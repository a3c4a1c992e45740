"""`summarizer eval`: runs over the golden set, their scores, and comparisons."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli import injecting, options, scoring
from summarizer.cli.console import stderr
from summarizer.cli.runs import (
    GOLDEN,
    RUNS,
    Golden,
    Maximum,
    Minimum,
    SplitName,
    new_run_file,
    read_limits,
    run_system,
    selected,
)
from summarizer.cli.summarizing import open_summarizer
from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.console import Console

    from summarizer.pipeline import Summarizer

app = typer.Typer(help="Whether claims are right: the golden set, runs over it, scores and comparisons.")


@app.callback(invoke_without_command=True)
def evaluate(
    context: typer.Context,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    profile: options.Profile = None,
    topic: options.Topic = "security-guarantees",
    thorough: options.Thorough = False,
    offline: options.Offline = False,
    timeout_s: options.TimeoutSeconds = 120.0,
    golden: Golden = GOLDEN,
    split: Annotated[SplitName, typer.Option(help="dev for tuning; test for figures that are reported.")] = (
        SplitName.DEV
    ),
    only: Annotated[list[str] | None, typer.Option(metavar="SLUG", help="Only this article; repeatable.")] = None,
    failing: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Only articles that failed or weren't perfect in a run.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many articles.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Every article so many times.")] = 1,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help=f"The run file; default: a new one in {RUNS}/.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run file that was interrupted.")] = False,
    minimum: Minimum = None,
    maximum: Maximum = None,
    external: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Score quotations of a JSONL file in the wikinews-de format instead."),
    ] = None,
    injection: Annotated[
        bool,
        typer.Option(
            "--injection", help="Attack golden articles instead; --split, --only and --limit are for the attacks."
        ),
    ] = False,
    attacks: injecting.Attacks = injecting.ATTACKS,
    quiet: options.Quiet = False,
) -> None:
    """Run the model over the golden set and score it. Writes a run file and an HTML page beside it.

    Examples:

      summarizer eval

      summarizer eval --split test -m openai/gpt-5-mini -o evals/runs/mini.jsonl --min strict_f1=0.6

      summarizer eval -o evals/runs/mini.jsonl --resume

      summarizer eval score evals/recorded/*.jsonl

      summarizer eval compare old.jsonl new.jsonl

      summarizer eval --injection --split test -o evals/runs/attacks.jsonl
    """
    if context.invoked_subcommand is not None:
        return
    from summarizer.evaluation import runner

    limits = read_limits(minimum, maximum)
    console = stderr()
    if injection and (external or failing or repeats > 1 or limits):
        raise ConfigurationError(
            "--external, --failing, --repeats, --min and --max are not for attacks.", "Leave them out."
        )
    chosen = injecting.chosen(attacks, split, only, limit) if injection else []
    articles = [] if external or injection else selected(golden, split, only=only, failing=failing, limit=limit)
    if resume and output is None:
        raise ConfigurationError("--resume needs the run file.", "Name it with -o.")
    summarizer = open_summarizer(
        console,
        model,
        base_url=base_url,
        profile=profile,
        topic="any" if external else topic,
        thorough=thorough,
        offline=offline,
        timeout_s=timeout_s,
        quiet=quiet,
        show_claims=False,
    )
    with summarizer:
        if external:
            _external(console, summarizer, external, limit, quiet)
            raise typer.Exit(0)
        if injection:
            raise typer.Exit(injecting.attack(console, summarizer, chosen, golden, split, output, resume, quiet))
        path = output or new_run_file(summarizer.open().name, split.value)
        system = runner.Pipeline(summarizer)
        code = run_system(console, system, articles, path, repeats=repeats, resume=resume, limits=limits, quiet=quiet)
    raise typer.Exit(code)


def _external(console: Console, summarizer: Summarizer, file: Path, limit: int | None, quiet: bool) -> None:
    from itertools import islice

    from rich.console import Console
    from rich.progress import track

    from summarizer.evaluation.external import read_external, score_external, total
    from summarizer.evaluation.tables import external_table

    if summarizer.settings.profile != "sentence":
        raise ConfigurationError(
            "--external asks for every quotation, but the prompt of profile article asks for claims on the topic.",
            "Use --profile sentence.",
        )
    articles = list(islice(read_external(file), limit))
    scores = []
    for one in track(articles, "Articles", console=console, disable=quiet or not console.is_terminal):
        scores.append(score_external(one, summarizer.summarize(one.article())))
    Console().print(external_table(total(scores), len(scores)))


for command in (scoring.check, scoring.score, scoring.compare, scoring.faults, scoring.agreement, injecting.injection):
    app.command()(command)
