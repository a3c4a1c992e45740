"""The command line. stdout carries only the result; everything else goes to stderr."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from summarizer import __version__
from summarizer.cli import (
    archiving,
    caching,
    crashing,
    digesting,
    distributing,
    evaluating,
    keys,
    marking,
    models,
    searching,
    serving,
    showing,
    summarizing,
)
from summarizer.cli.console import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE, stderr
from summarizer.errors import ConfigurationError, SummarizerError

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Who said what about security guarantees: claims from news articles, each tied to the article's words.\n\n"
    "`summarizer SOURCE…` is short for `summarizer summarize SOURCE…`.",
)
app.command()(summarizing.summarize)
app.command()(digesting.digest)
app.command()(showing.show)
app.command()(serving.serve)
app.command()(marking.mark)
app.command()(searching.search)
app.add_typer(evaluating.app, name="eval")
app.command("distribute")(distributing.distribute)
app.add_typer(archiving.app, name="archive")
app.add_typer(models.app, name="models")
app.add_typer(caching.app, name="cache")
app.add_typer(keys.app, name="keys")


@app.command()
def schema(name: Annotated[str | None, typer.Argument(help="report, digest, corrections or golden")] = None) -> None:
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


def _commands() -> set[str]:
    named = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    return named | {group.name for group in app.registered_groups if isinstance(group.name, str)}


def _with_command(arguments: list[str]) -> list[str]:
    """`summarizer article.txt` is short for `summarizer summarize article.txt`."""
    alone = {"-h", "--help", "--version", "--install-completion", "--show-completion"}
    if not arguments or arguments[0] in _commands() | alone:
        return arguments
    return ["summarize", *arguments]


def main() -> None:
    """Run the command line; exits with the codes that the README names."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.stderr.reconfigure(errors="replace")  # type: ignore[union-attr]
    crashing.guard()
    try:
        app(args=_with_command(sys.argv[1:]), prog_name="summarizer")
    except SummarizerError as error:
        stderr().print(f"Error: {error}", style="red", markup=False)
        sys.exit(EXIT_USAGE if isinstance(error, ConfigurationError) else EXIT_FAILED)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except Exception as error:
        # Typer has a hook of its own for what gets past here.
        crashing.say_crash(error)
        sys.exit(EXIT_FAILED)
