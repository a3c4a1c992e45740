"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class ProfileName(StrEnum):
    """How a model is asked."""

    ARTICLE = "article"
    SENTENCE = "sentence"


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
