"""What the commands of `summarizer eval` share: choosing articles, running, showing, limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli.console import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_SHORT
from summarizer.errors import ConfigurationError, InputError

if TYPE_CHECKING:
    from rich.console import Console

    from summarizer.evaluation.figures import ArticleResult
    from summarizer.evaluation.golden import GoldenArticle
    from summarizer.evaluation.runner import System
    from summarizer.evaluation.runs import RecordedRun

GOLDEN = Path("evals/golden")
RUNS = Path("evals/runs")


class SplitName(StrEnum):
    """Which articles of the golden set."""

    DEV = "dev"
    TEST = "test"
    ALL = "all"


@dataclass(frozen=True)
class Limit:
    """What a figure must reach, or must not exceed."""

    figure: str
    value: float
    is_minimum: bool


Golden = Annotated[Path, typer.Option(help="The golden set's folder.")]
Minimum = Annotated[
    list[str] | None, typer.Option("--min", metavar="FIGURE=X", help="Exit 3 if a figure is lower; repeatable.")
]
Maximum = Annotated[
    list[str] | None, typer.Option("--max", metavar="FIGURE=X", help="Exit 3 if a figure is higher; repeatable.")
]


def selected(
    folder: Path,
    split: SplitName,
    *,
    only: Sequence[str] | None = None,
    failing: Path | None = None,
    limit: int | None = None,
) -> list[GoldenArticle]:
    """The golden articles that a run is over.

    Raises:
        ConfigurationError: there is no such folder or article.
        GoldenError: the annotations have errors.
        InputError: none is left.
    """
    from summarizer.evaluation import runner
    from summarizer.evaluation.annotation import Split
    from summarizer.evaluation.golden import load_golden_set
    from summarizer.evaluation.runs import read_run

    if not folder.is_dir():
        raise ConfigurationError(f"There is no golden set in {folder}.", "Run it in the repository, or use --golden.")
    everything = load_golden_set(folder)
    articles = [a for a in everything if split is SplitName.ALL or a.split is Split(split.value)]
    if only:
        known = {a.slug for a in everything}
        if unknown := sorted(set(only) - known):
            raise ConfigurationError(f"Not in the golden set: {', '.join(unknown)}.", f"See the folders of {folder}.")
        articles = [a for a in everything if a.slug in only]
    if failing:
        slugs = set(runner.failing(runner.recorded(read_run(failing), everything)))
        articles = [a for a in everything if a.slug in slugs and (not only or a.slug in only)]
    if not articles:
        raise InputError("No article is left to run.", "Use other values for --split, --only or --failing.")
    return articles[:limit]


def new_run_file(model: str, split: str) -> Path:
    """A new file's path, named by time, model and split."""
    import re
    from datetime import UTC, datetime

    name = re.sub(r"[^\w.-]+", "-", model)
    return RUNS / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}-{name}-{split}.jsonl"


def run_system(
    console: Console,
    system: System,
    articles: list[GoldenArticle],
    path: Path,
    *,
    repeats: int = 1,
    resume: bool = False,
    limits: Sequence[Limit] = (),
    quiet: bool = False,
) -> int:
    """Run a system, show its figures, write its run file and page; the exit code.

    Raises:
        SummarizerError: the system or the file can't be used.
    """
    from summarizer.evaluation import runner
    from summarizer.evaluation.runs import read_run

    path.parent.mkdir(parents=True, exist_ok=True)
    interrupted = False
    try:
        with _Progress(console, len(articles) * repeats, quiet) as progress:
            run = runner.run(articles, system, path, repeats=repeats, resume=resume, on_result=progress.show)
    except KeyboardInterrupt:
        run, interrupted = read_run(path), True
    results = runner.recorded(run, articles)
    show_scores(console, {run.header.system: results}, quiet)
    page = path.with_suffix(".html")
    write_page(run, results, page)
    if not quiet:
        console.print(f"Run: {path}\nPage: {page}", style="dim", markup=False, soft_wrap=True)
    if interrupted:
        console.print(f"Interrupted. Finish it with --resume -o {path}", markup=False, soft_wrap=True)
        return EXIT_INTERRUPTED
    failed = any(result.matching is None for result in results)
    return exit_code(console, results, limits) or (EXIT_FAILED if failed else 0)


class _Progress:
    """A bar with the score so far; on what is no terminal, a line an article."""

    def __init__(self, console: Console, total: int, quiet: bool) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._console, self._quiet = console, quiet
        self._results: list[ArticleResult] = []
        self._bar = Progress(
            TextColumn("Articles"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[score]}"),
            console=console,
            disable=quiet or not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=total, score="")

    def __enter__(self) -> _Progress:
        self._bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._bar.stop()

    def show(self, result: ArticleResult, done: int, total: int) -> None:
        """Take one more result in."""
        from summarizer.evaluation.figures import figures
        from summarizer.evaluation.tables import number

        self._results.append(result)
        so_far = figures(self._results)
        score = f"loose F1 {number(so_far.loose.f1)}, strict F1 {number(so_far.strict.f1)}"
        self._bar.update(self._task, completed=done, total=total, score=score)
        if not self._console.is_terminal and not self._quiet:
            self._console.print(f"{done} of {total}  {result.golden.slug}  {score}", markup=False, soft_wrap=True)


def show_scores(console: Console, runs: dict[str, Sequence[ArticleResult]], quiet: bool) -> None:
    """Print the figures of runs by their names: side by side if several, with all tables if one."""
    from rich.console import Console

    from summarizer.evaluation.figures import figures
    from summarizer.evaluation.tables import confusion_table, figures_table, parts_table
    from summarizer.models import ErrorInfo

    out = Console()
    out.print(figures_table(runs))
    if quiet:
        return
    if len(runs) == 1:
        results = next(iter(runs.values()))
        out.print(parts_table(results))
        if figures(results).loose.correct:
            out.print(confusion_table(results, "stance"))
            out.print(confusion_table(results, "measure"))
    for results in runs.values():
        for result in results:
            if isinstance(result.outcome, ErrorInfo):
                console.print(f"{result.golden.slug} failed: {result.outcome.message}", style="red", markup=False)


def write_page(run: RecordedRun, results: Sequence[ArticleResult], path: Path) -> None:
    """Write the HTML page of a run."""
    from summarizer.evaluation.page import page

    replies = {(a.slug, a.repeat): a.replies for a in run.articles}
    path.write_text(page(run.header, results, replies), encoding="utf-8")


def read_limits(minimum: list[str] | None, maximum: list[str] | None) -> list[Limit]:
    """The limits, read before anything costs time."""
    from summarizer.evaluation.figures import check_figure

    limits = []
    for is_minimum, given in ((True, minimum or []), (False, maximum or [])):
        for text in given:
            figure, _, value = text.partition("=")
            check_figure(figure.strip())
            try:
                limits.append(Limit(figure.strip(), float(value), is_minimum))
            except ValueError as error:
                raise ConfigurationError(f"{text!r} has no number.", "Write it as strict_f1=0.6.") from error
    return limits


def exit_code(console: Console, results: Sequence[ArticleResult], limits: Sequence[Limit]) -> int:
    """3 where a figure misses a limit, which is told, else 0."""
    from summarizer.evaluation.figures import figures
    from summarizer.evaluation.tables import number

    total, code = figures(results), 0
    for limit in limits:
        value = total.value(limit.figure)
        if value is None or (value < limit.value if limit.is_minimum else value > limit.value):
            word = "below" if limit.is_minimum else "above"
            console.print(f"{limit.figure} is {number(value)}, {word} {limit.value:g}", style="red", markup=False)
            code = EXIT_SHORT
    return code
