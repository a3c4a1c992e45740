"""`summarizer eval check|score|compare|faults|agreement`: what needs no model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli.console import EXIT_SHORT, stderr
from summarizer.cli.runs import (
    GOLDEN,
    Golden,
    Maximum,
    Minimum,
    SplitName,
    exit_code,
    read_limits,
    show_scores,
    write_page,
)
from summarizer.errors import ConfigurationError, InputError

if TYPE_CHECKING:
    from summarizer.evaluation.figures import ArticleResult

Page = Annotated[Path | None, typer.Option(help="Where the HTML page goes.")]


def check(golden: Annotated[Path, typer.Argument(metavar="DIR")] = GOLDEN) -> None:
    """Find every error in the annotations, and count what the set holds.

    Examples:

      summarizer eval check

      summarizer eval check evals/golden
    """
    from rich.console import Console

    from summarizer.evaluation.census import census_tables
    from summarizer.evaluation.golden import load_golden_set

    articles = load_golden_set(golden)
    console = Console()
    for table in census_tables(articles):
        console.print(table)
    console.print(f"{len(articles)} articles, no error.")


def score(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN…", help="Run files; several are shown side by side.")],
    golden: Golden = GOLDEN,
    as_recorded: Annotated[
        bool, typer.Option("--as-recorded", help="Score the stored reports; don't verify the stored replies again.")
    ] = False,
    minimum: Minimum = None,
    maximum: Maximum = None,
    page: Page = None,
    write: Annotated[
        Path | None, typer.Option(metavar="NEW", help="Write the run anew, with what scoring gave, to a new file.")
    ] = None,
) -> None:
    """Score recorded runs again without the model: its replies go through today's verification and scorer.

    Examples:

      summarizer eval score evals/recorded/*.jsonl

      summarizer eval score run.jsonl --min loose_f1=0.6 --max claims_per_negative=1
    """
    from summarizer.evaluation import runner
    from summarizer.evaluation.golden import load_golden_set
    from summarizer.evaluation.runs import read_run

    limits = read_limits(minimum, maximum)
    if len(runs) > 1 and (limits or page or write):
        raise ConfigurationError("--min, --max, --page and --write are for one run.", "Name one run file.")
    console = stderr()
    articles = load_golden_set(golden)
    scored: dict[str, Sequence[ArticleResult]] = {}
    for path in runs:
        run = read_run(path)
        results = runner.recorded(run, articles) if as_recorded else runner.replay(run, articles)
        scored[run.header.system if len(runs) == 1 else path.stem] = results
        if page:
            write_page(run, results, page)
        if write:
            runner.rescore(run, articles, write)
    show_scores(console, scored, quiet=False)
    raise typer.Exit(exit_code(console, next(iter(scored.values())), limits))


def compare(
    old: Annotated[Path, typer.Argument(metavar="OLD")],
    new: Annotated[Path, typer.Argument(metavar="NEW")],
    golden: Golden = GOLDEN,
    any_golden: Annotated[
        bool, typer.Option("--any-golden", help="Compare runs over different golden sets, on the articles they share.")
    ] = False,
) -> None:
    """Whether a new run is worse than an old one: paired bootstrap by article. Exit 3 when it is, or when articles
    failed that didn't before.

    Examples:

      summarizer eval compare evals/recorded/pipeline-dev.jsonl evals/runs/new.jsonl
    """
    from rich.console import Console

    from summarizer.evaluation.comparing import compare as compared
    from summarizer.evaluation.golden import load_golden_set
    from summarizer.evaluation.runs import read_run
    from summarizer.evaluation.tables import comparison_tables

    comparison = compared(read_run(old), read_run(new), load_golden_set(golden), any_golden=any_golden)
    console = Console()
    for table in comparison_tables(comparison):
        console.print(table)
    if comparison.newly_failed:
        console.print(f"Failed in the new run only: {', '.join(comparison.newly_failed)}", markup=False)
    is_worse = comparison.is_worse or bool(comparison.newly_failed)
    console.print("The new run is worse." if is_worse else "The new run is not worse.")
    raise typer.Exit(EXIT_SHORT if is_worse else 0)


def faults(
    path: Annotated[Path, typer.Argument(metavar="RUN")],
    golden: Golden = GOLDEN,
    top: Annotated[int, typer.Option(min=1, help="How many kinds.")] = 10,
) -> None:
    """The most frequent kinds of error in a run, counted, with an example each.

    Examples:

      summarizer eval faults evals/recorded/pipeline-dev.jsonl
    """
    from rich.console import Console

    from summarizer.evaluation import runner
    from summarizer.evaluation.faults import faults as found
    from summarizer.evaluation.faults import ranked
    from summarizer.evaluation.golden import load_golden_set
    from summarizer.evaluation.runs import read_run
    from summarizer.evaluation.tables import faults_table

    run = read_run(path)
    everything = found(runner.replay(run, load_golden_set(golden)))
    Console().print(faults_table(ranked(everything, top), len(everything)))


def agreement(
    first: Annotated[Path, typer.Argument(metavar="FIRST")] = Path("evals/passes/first"),
    second: Annotated[Path, typer.Argument(metavar="SECOND")] = Path("evals/passes/second"),
    golden: Golden = GOLDEN,
    lines: Annotated[bool, typer.Option("--lines", help="List every disagreement.")] = False,
    split: Annotated[SplitName, typer.Option(help="Which articles.")] = SplitName.ALL,
) -> None:
    """How far two annotation passes agree: F1, and Cohen's kappa for the labels.

    A pass is a folder of SLUG.yaml files for articles of the golden set. Those that both passes have are compared.
    """
    from rich.console import Console

    from summarizer.evaluation.agreement import agreement as agreed
    from summarizer.evaluation.agreement import disagreements
    from summarizer.evaluation.golden import load_passes
    from summarizer.evaluation.tables import agreement_table

    firsts, others = load_passes(first, golden), {a.slug: a for a in load_passes(second, golden)}
    firsts = [a for a in firsts if a.slug in others and (split is SplitName.ALL or a.split.value == split.value)]
    if not firsts:
        raise InputError("The passes have no article in common.", "Annotate the same articles in both passes.")
    parts = {"all": agreed(firsts, [others[a.slug] for a in firsts])}
    for language in sorted({a.article.language for a in firsts}):
        chosen = [a for a in firsts if a.article.language == language]
        parts[language] = agreed(chosen, [others[a.slug] for a in chosen])
    Console().print(agreement_table(parts))
    if lines:
        for one in firsts:
            for line in disagreements(one, others[one.slug]):
                typer.echo(f"{one.slug}: {line}")
