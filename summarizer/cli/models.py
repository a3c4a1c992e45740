"""`summarizer models`: the embedded model's file."""

from __future__ import annotations

from typing import Annotated

import typer

from summarizer.cli.console import Download, stderr

app = typer.Typer(help="The embedded model's file: list, pull, path, rm.", no_args_is_help=True)


@app.command("list")
def list_models() -> None:
    """Known embedded models and whether they are here."""
    from summarizer.llm import weights

    for row in weights.list_models():
        default = " (default)" if row.is_default else ""
        typer.echo(f"{row.name}{default}\t{row.state}\t{row.size_bytes / 1e6:.0f} MB\t{row.licence}\t{row.path}")


@app.command("pull")
def pull(name: Annotated[str | None, typer.Argument()] = None) -> None:
    """Fetch a model and check it."""
    from summarizer.llm import weights

    console = stderr()
    with Download(console, quiet=False) as download:
        path = weights.pull(
            name, on_progress=download.update, on_message=lambda line: console.print(line, markup=False)
        )
    typer.echo(path)


@app.command("path")
def path(name: Annotated[str | None, typer.Argument()] = None) -> None:
    """Where a model's file is, or would be."""
    from summarizer.llm import weights

    typer.echo(weights.find_model(name).path)


@app.command("rm")
def rm(name: Annotated[str | None, typer.Argument()] = None) -> None:
    """Remove a model's file."""
    from summarizer.llm import weights

    typer.echo(f"{weights.remove(name) / 1e6:.0f} MB freed", err=True)
