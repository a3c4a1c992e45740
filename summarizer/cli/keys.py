"""`summarizer keys`: keys of services, stored where nobody else can read them."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from typing import Annotated

import typer

from summarizer.cli.console import stderr
from summarizer.errors import ConfigurationError

app = typer.Typer(
    help="Keys of services, in the system's keyring or in a file that only you can read: set, list, rm. "
    "A key in the environment comes first.",
    no_args_is_help=True,
)


class PlaceName(StrEnum):
    """Where a key is stored."""

    KEYRING = "keyring"
    FILE = "file"


def _services(incomplete: str) -> list[str]:
    from summarizer.resources import data

    entries = data("providers.yaml")["providers"]
    names = [*entries, *(entry["key"] for entry in entries.values() if entry["key"])]
    return [name for name in names if name.startswith(incomplete)]


def _stored_services(incomplete: str) -> list[str]:
    from summarizer.llm.keys import KeyStore, name_of

    try:
        names = [name_of(origin) for origin in KeyStore().places()]
    except ConfigurationError:
        return []
    return [name for name in names if name.startswith(incomplete)]


@app.command("set")
def set_key(
    name: Annotated[
        str,
        typer.Argument(
            metavar="SERVICE",
            help="A provider (openai), the variable of its key (OPENAI_API_KEY), or an address (https://my.host/v1).",
            autocompletion=_services,
        ),
    ],
    source: Annotated[
        str | None, typer.Argument(metavar="[-]", help="- reads the key from stdin; else it is asked for.")
    ] = None,
    place: Annotated[
        PlaceName | None, typer.Option("--in", help="Default: the keyring; where there is none, the file.")
    ] = None,
) -> None:
    """Store a key. It goes to this service's host only.

    Examples:

      summarizer keys set openai

      summarizer keys set https://my.host/v1 --in file

      pass show my.host | summarizer keys set https://my.host/v1 -
    """
    from summarizer.llm.keys import KeyStore, Place, checked_key, name_of, service_origin

    origin = service_origin(name)
    if source not in (None, "-"):
        # It is not repeated: it may be the key.
        raise ConfigurationError(
            "A key is no argument: it would stay in the shell's history.",
            "Leave it out to be asked, or pipe it in and give `-`. If it was one, it is in the history now: "
            "remove it there, or get a new one.",
        )
    key = checked_key(sys.stdin.readline(10_000) if source == "-" else _asked(name_of(origin)))
    store = KeyStore()
    kept = store.store(origin, key, Place(place) if place else None)
    where = "the keyring" if kept is Place.KEYRING else f"{store.path}, which only you can read"
    console = stderr()
    console.print(f"The key for {name_of(origin)} is in {where}.", markup=False, soft_wrap=True)
    if origin.startswith("http://"):
        console.print("It is sent without encryption, as the address is http.", style="yellow", markup=False)


def _asked(name: str) -> str:
    import getpass

    if not sys.stdin.isatty():
        raise ConfigurationError("There is no terminal to ask on.", "Pipe the key in, and give `-` after the service.")
    return getpass.getpass(f"Key for {name} (it is not shown): ")


@app.command("list")
def list_keys() -> None:
    """Which keys there are, and where; never the keys."""
    from summarizer.llm.keys import KeyStore, Place, name_of
    from summarizer.resources import data

    for provider, entry in data("providers.yaml")["providers"].items():
        if entry["key"] and os.environ.get(entry["key"], "").strip():
            typer.echo(f"{provider}\t{entry['key']} in the environment")
    store = KeyStore()
    for origin, place in store.places().items():
        typer.echo(f"{name_of(origin)}\t{'the keyring' if place is Place.KEYRING else store.path}")


@app.command("rm")
def rm(
    name: Annotated[
        str,
        typer.Argument(metavar="SERVICE", help="As for `keys set`.", autocompletion=_stored_services),
    ],
) -> None:
    """Remove a stored key."""
    from summarizer.llm.keys import KeyStore, name_of, service_origin

    origin = service_origin(name)
    KeyStore().remove(origin)
    typer.echo(f"The key for {name_of(origin)} is removed.", err=True)
