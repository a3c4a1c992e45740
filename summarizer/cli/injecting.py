"""`summarizer eval --injection`, which makes attacks, and `summarizer eval injection`, which tells recorded ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli.console import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_SHORT, stderr
from summarizer.cli.runs import GOLDEN, Golden, SplitName, new_run_file
from summarizer.errors import ConfigurationError, InputError, ModelError

if TYPE_CHECKING:
    from rich.console import Console

    from summarizer.evaluation.injection.attacks import Attack
    from summarizer.evaluation.injection.counting import AttackResult
    from summarizer.pipeline import Summarizer

ATTACKS = Path("evals/injection/attacks")
Attacks = Annotated[Path, typer.Option(help="The folder of the attacks.")]


def chosen(folder: Path, split: SplitName, only: Sequence[str] | None, limit: int | None) -> list[Attack]:
    """The attacks to make. `only` are names of attacks or slugs of golden articles, whatever the split.

    Raises:
        ConfigurationError: there is no such attack or article.
        InputError: a file is no attack, or none is left.
    """
    from summarizer.evaluation.annotation import Split
    from summarizer.evaluation.injection.attacks import load_attacks

    everything = load_attacks(folder)
    attacks = [a for a in everything if split is SplitName.ALL or a.split is Split(split.value)]
    if only:
        if unknown := sorted(set(only) - {word for a in everything for word in (a.name, a.article)}):
            raise ConfigurationError(f"Not among the attacks: {', '.join(unknown)}.", f"See the files of {folder}.")
        named = [a for a in everything if a.name in only]
        attacks = named + [a for a in attacks if a.article in only and a not in named]
    if not attacks:
        raise InputError("No attack is left to make.", "Use other values for --split or --only.")
    return attacks[:limit]


def attack(
    console: Console,
    summarizer: Summarizer,
    attacks: Sequence[Attack],
    golden: Path,
    split: SplitName,
    output: Path | None,
    resume: bool,
    quiet: bool,
) -> int:
    """Make attacks, record them, and show what came of them; the exit code.

    Raises:
        SummarizerError: the model, the file or an attack can't be used.
    """
    from summarizer.evaluation.injection.running import golden_of, run
    from summarizer.evaluation.runner import Pipeline

    articles = golden_of(attacks, golden)
    description = Pipeline(summarizer).describe()
    path = output or new_run_file(description.model, f"injection-{split.value}")

    def show(result: AttackResult, done: int, total: int) -> None:
        if not quiet:
            what = "got through" if result.got_through else "held"
            console.print(f"{done} of {total}  {result.attack}  {what}", markup=False, soft_wrap=True)

    try:
        results = run(attacks, articles, summarizer.open(), description, path, resume=resume, on_result=show)
    except (KeyboardInterrupt, ModelError) as stopped:
        console.print(f"Interrupted. Finish it with --resume -o {path}", markup=False, soft_wrap=True)
        if isinstance(stopped, ModelError):
            raise
        return EXIT_INTERRUPTED
    code = _show(console, results)
    if not quiet:
        console.print(f"Recording: {path}", style="dim", markup=False, soft_wrap=True)
    return code


def injection(
    recordings: Annotated[list[Path], typer.Argument(metavar="FILE…", help="What --injection -o wrote.")],
    golden: Golden = GOLDEN,
    attacks: Attacks = ATTACKS,
) -> None:
    """Make recorded attacks again without the model: reading, pipeline, rendering and counting are those of now.

    Exits 3 where a goal is missed, and 1 where a reply is needed that wasn't recorded.

    Examples:

      summarizer eval injection evals/recorded/injection-dev.jsonl
    """
    from summarizer.evaluation.injection.attacks import load_attacks
    from summarizer.evaluation.injection.files import read_injection
    from summarizer.evaluation.injection.running import golden_of, replay

    console = stderr()
    everything = load_attacks(attacks)
    codes = []
    for path in recordings:
        recording = read_injection(path)
        named = set(recording.header.attacks)
        articles = golden_of([one for one in everything if one.name in named], golden)
        codes.append(_show(console, list(replay(recording, everything, articles))))
    raise typer.Exit(EXIT_FAILED if EXIT_FAILED in codes else max(codes))


def _show(console: Console, results: Sequence[AttackResult]) -> int:
    from rich.console import Console

    from summarizer.evaluation.injection.tables import counts_table, goals, through_table

    out = Console()
    out.print(counts_table(results))
    if any(result.got_through for result in results):
        out.print(through_table(results))
    reached = goals(results)
    for goal in reached:
        # Standard output has them too: they belong to the figures.
        out.print(f"{'Reached' if goal.reached else 'Missed'}: {goal.words}", markup=False, highlight=False)
    lacking = [result for result in results if result.lacking]
    for result in lacking:
        console.print(
            f"{result.attack} needs replies that weren't recorded: not counted.",
            style="red",
            markup=False,
            soft_wrap=True,
        )
    if lacking:
        return EXIT_FAILED
    return 0 if all(goal.reached for goal in reached) else EXIT_SHORT
