"""What the peers are told, and the form that a plain Instructor call asks for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, Field, create_model

from summarizer.models import Claim

PROMPT = Path(__file__).with_name("prompt.yaml")
# What only a program can give: numbers and offsets are made from the copied words.
_MADE = {"id", "confidence", "evidence", "quote"}

_KEPT: dict[str, Any] = {
    name: (field.annotation, field) for name, field in Claim.model_fields.items() if name not in _MADE
}
PublicClaim = create_model(
    "Claim",
    __doc__=Claim.__doc__,
    evidence=(list[str], Field(min_length=1, description="Sentences that carry the claim, copied word for word.")),
    **_KEPT,
    quote=(str | None, Field(default=None, description="Only for direct: the quoted words, copied.")),
)
"""The public schema's claim, with words where it has offsets."""


class PublicClaims(BaseModel):
    """The claims of an article."""

    claims: list[PublicClaim]


@dataclass(frozen=True)
class Example:
    """A text and its claims, as `PublicClaim` has them."""

    text: str
    claims: list[dict[str, Any]]


@dataclass(frozen=True)
class Prompt:
    """The task in one language."""

    task: str
    examples: tuple[Example, ...]


@cache
def prompt(language: str) -> Prompt:
    """The prompt for articles in a language."""
    content = yaml.safe_load(PROMPT.read_text(encoding="utf-8"))[language]
    return Prompt(content["task"], tuple(Example(e["text"], e["claims"]) for e in content["examples"]))
