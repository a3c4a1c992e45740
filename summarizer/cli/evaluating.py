"""`summarizer eval`: runs over the golden set, their scores, and comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer.cli import options
from summarizer.cli.console import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_SHORT, stderr
from summarizer.cli.summarizing import open_summarizer
from summarizer.errors import ConfigurationError, InputError

if TYPE_CHECKING:
    from rich.console import Console

    from summarizer.evaluation.figures import ArticleResult
    from summarizer.evaluation.golden import GoldenArticle
    from summarizer.evaluation.runner import System
    from summarizer.evaluation.runs import RecordedRun
    from summarizer.pipeline import Summarizer

app = typer.Typer(help="Whether claims are right: the golden set, runs over it, scores and comparisons.")

_GOLDEN = Path("evals/golden")
_RUNS = Path("evals/runs")


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
Page = Annotated[Path | None, typer.Option(help="Where the HTML page goes.")]


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
    golden: Golden = _GOLDEN,
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
        Path | None, typer.Option("-o", "--output", help=f"The run file; default: a new one in {_RUNS}/.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run file that was interrupted.")] = False,
    minimum: Minimum = None,
    maximum: Maximum = None,
    external: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Score quotations of a JSONL file in the wikinews-de format instead."),
    ] = None,
    quiet: options.Quiet = False,
) -> None:
    """Run the model over the golden set and score it. Writes a run file and an HTML page beside it.

    Examples:

      summarizer eval

      summarizer eval --split test -m openai/gpt-5-mini -o evals/runs/mini.jsonl --min strict_f1=0.6

      summarizer eval -o evals/runs/mini.jsonl --resume

      summarizer eval score evals/recorded/*.jsonl

      summarizer eval compare old.jsonl new.jsonl
    """
    if context.invoked_subcommand is not None:
        return
    from summarizer.evaluation import runner

    limits = _limits(minimum, maximum)
    console = stderr()
    articles = [] if external else selected(golden, split, only=only, failing=failing, limit=limit)
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
        path = output or new_run_file(summarizer.open().name, split.value)
        system = runner.Pipeline(summarizer)
        code = run_system(console, system, articles, path, repeats=repeats, resume=resume, limits=limits, quiet=quiet)
    raise typer.Exit(code)


@app.command()
def check(golden: Annotated[Path, typer.Argument(metavar="DIR")] = _GOLDEN) -> None:
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


@app.command()
def score(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN…", help="Run files; several are shown side by side.")],
    golden: Golden = _GOLDEN,
    as_recorded: Annotated[
        bool, typer.Option("--as-recorded", help="Score the stored reports; don't verify the stored replies again.")
    ] = False,
    minimum: Minimum = None,
    maximum: Maximum = None,
    page: Page = None,
) -> None:
    """Score recorded runs again without the model: its replies go through today's verification and scorer.

    Examples:

      summarizer eval score evals/recorded/*.jsonl

      summarizer eval score run.jsonl --min loose_f1=0.6 --max claims_per_negative=1
    """
    from summarizer.evaluation import runner
    from summarizer.evaluation.runs import read_run

    limits = _limits(minimum, maximum)
    if len(runs) > 1 and (limits or page):
        raise ConfigurationError("--min, --max and --page are for one run.", "Name one run file.")
    console = stderr()
    scored: dict[str, Sequence[ArticleResult]] = {}
    for path in runs:
        run = read_run(path)
        articles = _of_run(run, golden)
        results = runner.recorded(run, articles) if as_recorded else runner.replay(run, articles)
        scored[run.header.system if len(runs) == 1 else path.stem] = results
        if page:
            _write_page(run, results, page)
    _show(console, scored, quiet=False)
    raise typer.Exit(_exit_code(console, next(iter(scored.values())), limits))


@app.command()
def compare(
    old: Annotated[Path, typer.Argument(metavar="OLD")],
    new: Annotated[Path, typer.Argument(metavar="NEW")],
    golden: Golden = _GOLDEN,
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


@app.command()
def faults(
    path: Annotated[Path, typer.Argument(metavar="RUN")],
    golden: Golden = _GOLDEN,
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
    from summarizer.evaluation.runs import read_run
    from summarizer.evaluation.tables import faults_table

    run = read_run(path)
    everything = found(runner.replay(run, _of_run(run, golden)))
    Console().print(faults_table(ranked(everything, top), len(everything)))


@app.command()
def agreement(
    first: Annotated[Path, typer.Argument(metavar="FIRST")] = Path("evals/passes/first"),
    second: Annotated[Path, typer.Argument(metavar="SECOND")] = Path("evals/passes/second"),
    golden: Golden = _GOLDEN,
    lines: Annotated[bool, typer.Option("--lines", help="List every disagreement.")] = False,
    split: Annotated[SplitName, typer.Option(help="Which articles.")] = SplitName.ALL,
) -> None:
    """How far two annotation passes agree: F1, and Cohen's kappa for the labels.

    A pass is a folder of SLUG.yaml files for articles of the golden set.
    """
    from rich.console import Console

    from summarizer.evaluation.agreement import agreement as agreed
    from summarizer.evaluation.agreement import disagreements
    from summarizer.evaluation.golden import load_passes
    from summarizer.evaluation.tables import agreement_table

    firsts, seconds = load_passes(first, golden), load_passes(second, golden)
    firsts = [a for a in firsts if split is SplitName.ALL or a.split.value == split.value]
    seconds = [a for a in seconds if split is SplitName.ALL or a.split.value == split.value]
    others = {a.slug: a for a in seconds}
    parts = {"all": agreed(firsts, seconds)}
    for language in sorted({a.article.language for a in firsts}):
        chosen = [a for a in firsts if a.article.language == language]
        parts[language] = agreed(chosen, [others[a.slug] for a in chosen if a.slug in others])
    Console().print(agreement_table(parts))
    if lines:
        for one in firsts:
            for line in disagreements(one, others[one.slug]):
                typer.echo(f"{one.slug}: {line}")


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
        run = read_run(failing)
        slugs = set(runner.failing(runner.recorded(run, _of_run(run, folder))))
        articles = [a for a in everything if a.slug in slugs and (not only or a.slug in only)]
    if not articles:
        raise InputError("No article is left to run.", "Use other values for --split, --only or --failing.")
    return articles[:limit]


def _of_run(run: RecordedRun, folder: Path) -> list[GoldenArticle]:
    from summarizer.evaluation.golden import load_golden_set

    return [a for a in load_golden_set(folder) if a.slug in run.header.slugs]


def new_run_file(model: str, split: str) -> Path:
    """A new file's path, named by time, model and split."""
    import re
    from datetime import UTC, datetime

    name = re.sub(r"[^\w.-]+", "-", model)
    return _RUNS / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}-{name}-{split}.jsonl"


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
    _show(console, {run.header.system: results}, quiet)
    page = path.with_suffix(".html")
    _write_page(run, results, page)
    if not quiet:
        console.print(f"Run: {path}\nPage: {page}", style="dim", markup=False, soft_wrap=True)
    if interrupted:
        console.print(f"Interrupted. Finish it with --resume -o {path}", markup=False, soft_wrap=True)
        return EXIT_INTERRUPTED
    failed = any(result.matching is None for result in results)
    return _exit_code(console, results, limits) or (EXIT_FAILED if failed else 0)


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


def _show(console: Console, runs: dict[str, Sequence[ArticleResult]], quiet: bool) -> None:
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


def _write_page(run: RecordedRun, results: Sequence[ArticleResult], path: Path) -> None:
    from summarizer.evaluation.page import page

    replies = {(a.slug, a.repeat): a.replies for a in run.articles}
    path.write_text(page(run.header, results, replies), encoding="utf-8")


def _limits(minimum: list[str] | None, maximum: list[str] | None) -> list[Limit]:
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


def _exit_code(console: Console, results: Sequence[ArticleResult], limits: Sequence[Limit]) -> int:
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
