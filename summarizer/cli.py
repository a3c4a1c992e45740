"""The command line. stdout carries only the result; everything else goes to stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarizer import __version__
from summarizer.errors import ConfigurationError, SummarizerError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from summarizer.models import Claim, FailedArticle, Report
    from summarizer.pipeline import Summarizer

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130
_READABLE = frozenset({".txt", ".md", ".markdown", ".html", ".htm"})
_COMMANDS = frozenset({"summarize", "models", "schema"})

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Who said what about security guarantees: claims from news articles, each tied to the article's words.\n\n"
    "`summarizer SOURCE…` is short for `summarizer summarize SOURCE…`.",
)
models_app = typer.Typer(help="The embedded model's file: list, pull, path, rm.")
app.add_typer(models_app, name="models")


class Format(StrEnum):
    """Output formats."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "markdown"


class Group(StrEnum):
    """What claims are grouped by."""

    SPEAKER = "speaker"
    MEASURE = "measure"


class ProfileName(StrEnum):
    """How a model is asked."""

    ARTICLE = "article"
    SENTENCE = "sentence"


def _stderr() -> Console:
    from rich.console import Console

    return Console(stderr=True, highlight=False)


@app.command()
def summarize(
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE…", help="A file, a folder, `-`, or an http(s) address.")
    ],
    model: Annotated[
        str | None,
        typer.Option("-m", "--model", envvar="SUMMARIZER_MODEL", help="provider/name, `local`, or local/PATH.gguf."),
    ] = None,
    base_url: Annotated[str | None, typer.Option(help="An OpenAI-compatible service, ending in /v1.")] = None,
    output_format: Annotated[
        Format | None,
        typer.Option("-f", "--format", help="Default: table on a terminal, else json or jsonl."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A file, or a folder for several sources.")
    ] = None,
    group_by: Annotated[Group, typer.Option(help="Group claims in table and markdown.")] = Group.SPEAKER,
    profile: Annotated[
        ProfileName | None, typer.Option(help="article for capable models, sentence for small ones.")
    ] = None,
    topic: Annotated[str, typer.Option(help="A file in prompts/topics/.")] = "security-guarantees",
    language: Annotated[str | None, typer.Option(help="de or en, if detection is wrong.")] = None,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Ask again about sentences that no claim cites.")
    ] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Embedded model only; connect to nothing.")] = False,
    allow_private: Annotated[bool, typer.Option("--allow-private", help="Fetch from private addresses too.")] = False,
    timeout_s: Annotated[float, typer.Option("--timeout", min=1, help="Seconds for one request.")] = 120.0,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Only errors on stderr.")] = False,
) -> None:
    """Summarize articles.

    Examples:

      summarizer article.txt

      summarizer -f json article.html > report.json

      cat article.txt | summarizer - -m openai/gpt-5-mini

      summarizer articles/ -f jsonl -o reports.jsonl
    """
    from summarizer.pipeline import Summarizer

    console = _stderr()
    paths = list(_expanded(sources))
    chosen = _chosen_format(output_format, len(paths), output)
    show = None if quiet else lambda claim: _show_claim(console, claim)
    with _Download(console, quiet) as download:
        engine = Summarizer(
            model,
            base_url=base_url,
            profile=profile.value if profile else None,
            topic=topic,
            thorough=thorough,
            offline=offline,
            timeout_s=timeout_s,
            on_claim=show,
            on_progress=download.update,
            on_message=lambda line: console.print(line, style="dim", markup=False),
        )
        if engine.choice and not quiet:
            console.print(f"Model: {engine.choice.reason}", style="dim", markup=False)
        engine.open()
    outcomes: list[Report | FailedArticle] = []
    interrupted = False
    try:
        for outcome in _outcomes(engine, paths, language, allow_private, timeout_s, offline):
            _report_failure(console, outcome)
            if chosen is Format.JSONL and output is None:
                _print_line(outcome)
            outcomes.append(outcome)
    except KeyboardInterrupt:
        interrupted = True
        console.print(f"Interrupted: {len(outcomes)} of {len(paths)} articles finished.", markup=False)
    finally:
        engine.close()
    if not (chosen is Format.JSONL and output is None):
        _write(outcomes, chosen, group_by, output)
    failures = any(not hasattr(o, "claims") for o in outcomes)
    raise typer.Exit(EXIT_INTERRUPTED if interrupted else EXIT_FAILED if failures else 0)


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


def _chosen_format(given: Format | None, count: int, output: Path | None) -> Format:
    if given is Format.JSON and count > 1 and (output is None or output.suffix):
        raise ConfigurationError("One JSON document holds one report.", "Use -f jsonl, or -o FOLDER/.")
    if given is not None:
        return given
    if output is not None and (known := {f".{f.value}": f for f in Format} | {".md": Format.MARKDOWN}).get(
        output.suffix
    ):
        return known[output.suffix]
    if output is None and sys.stdout.isatty():
        return Format.TABLE
    return Format.JSON if count == 1 or (output is not None and not output.suffix) else Format.JSONL


def _outcomes(
    engine: Summarizer,
    sources: list[str],
    language: str | None,
    allow_private: bool,
    timeout_s: float,
    offline: bool,
) -> Iterator[Report | FailedArticle]:
    from summarizer.pipeline import failed
    from summarizer.reading import read_source

    for source in sources:
        article = None
        try:
            if offline and "://" in source:
                raise ConfigurationError(f"{source} can't be fetched with --offline.", "Save it as a file first.")
            article = read_source(
                source,
                stdin=sys.stdin.buffer,
                timeout_s=min(timeout_s, 60),
                allow_private=allow_private,
                language=language,
            )
            yield engine.summarize(article)
        except SummarizerError as error:
            yield failed(error, article, source)


def _report_failure(console: Console, outcome: Report | FailedArticle) -> None:
    if not hasattr(outcome, "claims"):
        console.print(f"{outcome.article.source}: {outcome.error.message}", style="red", markup=False)


def _print_line(outcome: Report | FailedArticle) -> None:
    from summarizer.rendering import to_jsonl_line

    sys.stdout.write(to_jsonl_line(outcome))
    sys.stdout.flush()


def _show_claim(console: Console, claim: Claim) -> None:
    from summarizer.rendering import claim_line

    console.print(claim_line(claim, width=console.width))


def _write(outcomes: list[Report | FailedArticle], chosen: Format, group_by: Group, output: Path | None) -> None:
    from summarizer import rendering

    reports: list[Report] = _reports(outcomes)
    if chosen is Format.TABLE and output is None:
        from rich.console import Console

        rendering.write_table(reports, Console(), group_by=rendering.GroupBy(group_by.value))
        return
    if output is not None and (output.is_dir() or (not output.suffix and chosen is not Format.TABLE)):
        output.mkdir(parents=True, exist_ok=True)
        for report in reports:
            _to_file(output / f"{report.article.id}.{_ending(chosen)}", _text([report], chosen, group_by), chosen)
        return
    text = _text(outcomes if chosen is Format.JSONL else reports, chosen, group_by)
    if output is None:
        sys.stdout.write(text)
    elif text:
        output.parent.mkdir(parents=True, exist_ok=True)
        _to_file(output, text, chosen)


def _reports(outcomes: Iterable[Report | FailedArticle]) -> list[Report]:
    from summarizer.models import Report

    return [o for o in outcomes if isinstance(o, Report)]


def _ending(chosen: Format) -> str:
    return {Format.MARKDOWN: "md", Format.TABLE: "txt"}.get(chosen, chosen.value)


def _to_file(path: Path, text: str, chosen: Format) -> None:
    from summarizer.rendering import CSV_FILE_ENCODING

    path.write_text(text, encoding=CSV_FILE_ENCODING if chosen is Format.CSV else "utf-8", newline="")


def _text(outcomes: Sequence[Report | FailedArticle], chosen: Format, group_by: Group) -> str:
    from summarizer import rendering

    grouping = rendering.GroupBy(group_by.value)
    if chosen is Format.JSONL:
        return "".join(rendering.to_jsonl_line(o) for o in outcomes)
    reports: list[Report] = _reports(outcomes)
    if chosen is Format.JSON:
        return "".join(rendering.to_json(r) for r in reports)
    if chosen is Format.CSV:
        return rendering.to_csv(reports)
    if chosen is Format.MARKDOWN:
        return rendering.to_markdown(reports, group_by=grouping)
    import io

    from rich.console import Console

    buffer = io.StringIO()
    rendering.write_table(reports, Console(file=buffer, width=100), group_by=grouping)
    return buffer.getvalue()


class _Download:
    """A progress bar that appears only when something is fetched."""

    def __init__(self, console: Console, quiet: bool) -> None:
        self._console, self._quiet = console, quiet
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> _Download:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, done: int, total: int) -> None:
        """Show bytes done of the total."""
        if self._quiet:
            return
        if self._bar is None:
            from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

            self._bar = Progress(
                TextColumn("Fetching the embedded model"),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
                console=self._console,
            )
            self._bar.start()
            self._task = self._bar.add_task("", total=total)
        assert self._task is not None
        self._bar.update(self._task, completed=done, total=total)


@models_app.command("list")
def models_list() -> None:
    """Known embedded models and whether they are here."""
    from summarizer.llm import weights

    for row in weights.list_models():
        default = " (default)" if row.is_default else ""
        typer.echo(f"{row.name}{default}\t{row.state}\t{row.size_bytes / 1e6:.0f} MB\t{row.licence}\t{row.path}")


@models_app.command("pull")
def models_pull(name: Annotated[str | None, typer.Argument()] = None) -> None:
    """Fetch a model and check it."""
    from summarizer.llm import weights

    console = _stderr()
    with _Download(console, quiet=False) as download:
        path = weights.pull(
            name, on_progress=download.update, on_message=lambda line: console.print(line, markup=False)
        )
    typer.echo(path)


@models_app.command("path")
def models_path(name: Annotated[str | None, typer.Argument()] = None) -> None:
    """Where a model's file is, or would be."""
    from summarizer.llm import weights

    typer.echo(weights.find_model(name).path)


@models_app.command("rm")
def models_rm(name: Annotated[str | None, typer.Argument()] = None) -> None:
    """Remove a model's file."""
    from summarizer.llm import weights

    typer.echo(f"{weights.remove(name) / 1e6:.0f} MB freed", err=True)


@app.command()
def schema(name: Annotated[str | None, typer.Argument(help="report or golden")] = None) -> None:
    """The JSON Schema of a public model."""
    from summarizer import resources

    known = sorted(p.stem for p in resources.folder("schemas").glob("*.json"))
    if name not in known:
        raise ConfigurationError(f"Schemas: {', '.join(known)}.", "Name one of them.")
    typer.echo((resources.folder("schemas") / f"{name}.json").read_text(encoding="utf-8"), nl=False)


def _version(show: bool) -> None:
    if show:
        typer.echo(f"summarizer {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def _with_command(arguments: list[str]) -> list[str]:
    """`summarizer article.txt` is short for `summarizer summarize article.txt`."""
    alone = {"-h", "--help", "--version", "--install-completion", "--show-completion"}
    if not arguments or arguments[0] in _COMMANDS | alone:
        return arguments
    return ["summarize", *arguments]


def main() -> None:
    """Run the command line; exits with the codes that the README names."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.stderr.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        app(args=_with_command(sys.argv[1:]), prog_name="summarizer")
    except SummarizerError as error:
        _stderr().print(f"Error: {error}", style="red", markup=False)
        sys.exit(EXIT_USAGE if isinstance(error, ConfigurationError) else EXIT_FAILED)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
