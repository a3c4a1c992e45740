"""How claims are annotated: what a `claims.yaml` holds."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from summarizer.models import Attribution, Measure, SpeakerKind, Stance

SCHEMA_LINE = "# yaml-language-server: $schema=../../../schemas/golden.json"


class Split(StrEnum):
    """What an article is for: tuning (`dev`), or only the final figures (`test`)."""

    DEV = "dev"
    TEST = "test"


class Genre(StrEnum):
    """The kind of text."""

    AGENCY = "agency"
    INTERVIEW = "interview"
    ANALYSIS = "analysis"
    BRIEF = "brief"
    LIVEBLOG = "liveblog"
    WEBPAGE = "webpage"


Words = Annotated[str, Field(min_length=1, pattern=r"\S")]


class _Annotation(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AnnotatedSpeaker(_Annotation):
    """A speaker, written out."""

    name: Words = Field(description="The fullest form in the article.")
    kind: SpeakerKind | None = Field(
        default=None,
        description="If missing: government for a country, organisation for EU, Nato, UN, else person.",
    )
    role: Words | None = Field(default=None, description="Office or function, as worded.")
    affiliation: Words | None = Field(default=None, description="The country or organisation spoken for.")


def _speaker_form(value: object) -> str:
    return "name" if isinstance(value, str) else "speaker"


class AnnotatedClaim(_Annotation):
    """A claim as it is written in `claims.yaml`."""

    speakers: list[
        Annotated[
            Annotated[Words, Tag("name")] | Annotated[AnnotatedSpeaker, Tag("speaker")],
            Discriminator(_speaker_form),
        ]
    ] = Field(min_length=1, description="Names, or speakers written out; several for a joint statement.")
    statement: Words = Field(description="One sentence that can be understood without the article.")
    attribution: Attribution
    stance: Stance
    measure: Measure
    conditions: list[Words] = Field(default_factory=list, description="What must happen first, as worded.")
    evidence: list[Words] = Field(min_length=1, description="The opening words of each sentence that carries it.")
    quote: Words | None = Field(default=None, description="Direct speech, verbatim, without the marks.")
    via: Words | None = Field(default=None, description="Who passes it on, when second-hand.")
    said_on: date | None = Field(default=None, description="The day it was said, where the text gives one.")
    optional: bool = Field(default=False, description="Reasonable annotators could differ; not scored.")


class Annotation(_Annotation):
    """The content of `claims.yaml`."""

    language: Literal["de", "en"]
    published: date | None = None
    split: Split
    genre: Genre
    aliases: dict[Words, list[Words]] = Field(
        default_factory=dict,
        description="Other names under which a speaker counts as the same, in any language.",
    )
    claims: list[AnnotatedClaim] = Field(description="Empty for an article without claims.")


def golden_schema() -> dict[str, Any]:
    """The JSON Schema of `claims.yaml`, for editors."""
    schema = Annotation.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Golden claims"}
