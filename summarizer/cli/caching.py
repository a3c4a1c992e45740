"""`summarizer cache`: the replies that are kept on disk."""

from __future__ import annotations

import typer

app = typer.Typer(
    help="Replies of models, kept so that the same isn't asked twice: info, clear. "
    "SUMMARIZER_CACHE_MB sets how large the cache may grow (500).",
    no_args_is_help=True,
)


@app.command()
def info() -> None:
    """Where the cache is, and how much it holds."""
    from summarizer.llm.caching import cache_info

    found = cache_info()
    typer.echo(
        f"{found.path}\n{found.replies:,} replies, {found.bytes / 1e6:.1f} MB of at most {found.max_bytes / 1e6:.0f} MB"
    )


@app.command()
def clear() -> None:
    """Remove all replies."""
    from summarizer.llm.caching import clear_cache

    typer.echo(f"{clear_cache() / 1e6:.1f} MB freed", err=True)
