"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

_E = TypeVar("_E", bound=StrEnum)

# In words, because the models would take longer to load than all of the help.
STANCES: Final = "commits, open, supports, undecided, refuses, opposes, demands or asserts"
MEASURES: Final = (
    "troops, training, air, naval, arms, funding, intelligence, monitoring, backstop, membership, treaty or general"
)
MAX_FETCH_TIMEOUT_S = 60.0
"""The longest that an address is waited for."""


class ProfileName(StrEnum):
    """How a model is asked."""

    ARTICLE = "article"
    SENTENCE = "sentence"


class KnownLanguage(StrEnum):
    """Languages of articles, and of actors' names."""

    DE = "de"
    EN = "en"


def archive(words: str) -> typer.models.OptionInfo:
    """`--archive` with its variable; `words` say what it does there."""
    found: typer.models.OptionInfo = typer.Option("--archive", metavar="FILE", envvar="SUMMARIZER_ARCHIVE", help=words)
    return found


Reports = Annotated[
    list[str],
    typer.Argument(metavar="REPORTS…", help="JSON or JSON Lines, a folder of them, an archive (.sqlite), or `-`."),
]
ArchiveFile = Annotated[
    Path | None,
    archive("The archive. Default: archive.sqlite in the user's data folder (summarizer archive info shows where)."),
]
ArchiveToo = Annotated[
    Path | None,
    archive("Keep the reports, and what is corrected, in this archive too; summarizer search looks through it."),
]
Model = Annotated[
    str | None,
    typer.Option("-m", "--model", envvar="SUMMARIZER_MODEL", help="provider/name, `local`, or local/PATH.gguf."),
]
BaseUrl = Annotated[str | None, typer.Option(help="An OpenAI-compatible service, ending in /v1.")]
Profile = Annotated[ProfileName | None, typer.Option(help="article for capable models, sentence for small ones.")]
Topic = Annotated[str, typer.Option(help="A file in prompts/topics/.")]
Language = Annotated[
    str | None,
    typer.Option(help="Statements and summary in de or en, quotes as they are. Needs a capable model."),
]
Thorough = Annotated[bool, typer.Option("--thorough", help="Ask again about sentences that no claim cites.")]
Offline = Annotated[bool, typer.Option("--offline", help="Embedded model only; connect to nothing.")]
TimeoutSeconds = Annotated[float, typer.Option("--timeout", min=1, help="Seconds for one request.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Neither use nor keep replies.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Only errors on stderr.")]


def values(option: str, kind: type[_E], given: Sequence[str] | None) -> tuple[_E, ...]:
    """The members of an enum that an option names, in any case. Raises `ConfigurationError`."""
    return tuple(value(option, kind, word) for word in given or ())


def value(option: str, kind: type[_E], given: str) -> _E:
    """The member of an enum that an option names, in any case. Raises `ConfigurationError`."""
    try:
        return kind(given.lower())
    except ValueError:
        raise ConfigurationError(f"{option} is {given!r}.", f"Choose from {', '.join(kind)}.") from None
