"""The public data model: what goes in (an article) and what comes out (a report).

The JSON form of `Report` is a contract. Offsets are Unicode code points into `Article.text`,
end exclusive; every `text` repeats what its offsets select.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr


class Stance(StrEnum):
    """What the speaker does with the guarantee or measure that a claim is about."""

    COMMITS = "commits"
    OPEN = "open"
    SUPPORTS = "supports"
    UNDECIDED = "undecided"
    REFUSES = "refuses"
    OPPOSES = "opposes"
    DEMANDS = "demands"
    ASSERTS = "asserts"


class Measure(StrEnum):
    """The kind of security guarantee."""

    TROOPS = "troops"
    TRAINING = "training"
    AIR = "air"
    NAVAL = "naval"
    ARMS = "arms"
    FUNDING = "funding"
    INTELLIGENCE = "intelligence"
    MONITORING = "monitoring"
    BACKSTOP = "backstop"
    MEMBERSHIP = "membership"
    TREATY = "treaty"
    GENERAL = "general"


class SpeakerKind(StrEnum):
    """What a speaker is."""

    PERSON = "person"
    GOVERNMENT = "government"
    ORGANISATION = "organisation"
    GROUP = "group"
    UNNAMED = "unnamed"


class Attribution(StrEnum):
    """How the article passes the speaker's words on."""

    DIRECT = "direct"
    INDIRECT = "indirect"
    NARRATED = "narrated"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Article(_Model):
    """An article as read. `text` is the file decoded, without BOM, newlines as `\\n`, otherwise untouched."""

    id: str = Field(description="Its own id where it came with one, else a hash of text and source.")
    title: str | None = Field(default=None, description="The headline, where the text has one.")
    text: str = Field(description="What every offset refers to, in Unicode code points.")
    language: str = Field(description="ISO 639-1 code, `de` or `en`.")
    source: str | None = Field(default=None, description="The agency or publication.")
    published: date | None = Field(default=None, description="The day it was published.")
    url: str | None = Field(default=None, description="Where it was fetched from.")
    # What a report on it is to warn of; no part of the article, and so not of its JSON.
    _warnings: tuple[str, ...] = PrivateAttr(default=())

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was suspicious when it was read, for the report's warnings."""
        return self._warnings

    def warned(self, warnings: Iterable[str]) -> Article:
        """The article with these warnings."""
        article = self.model_copy()
        article._warnings = tuple(warnings)
        return article

    @classmethod
    def from_text(
        cls,
        text: str,
        *,
        language: str,
        title: str | None = None,
        source: str | None = None,
        published: date | None = None,
        url: str | None = None,
        id: str | None = None,  # noqa: A002
    ) -> Article:
        """Make an article with its id: the one given, else a hash of text and source.

        For detected language, date and title use `summarizer.read_text`.
        """
        digest = hashlib.sha256(f"{source or ''}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return cls(
            id=id or digest,
            title=title,
            text=text,
            language=language,
            source=source,
            published=published,
            url=url,
        )


class Sentence(_Model):
    """A sentence of an article, numbered from 1."""

    number: int
    start: int
    end: int
    paragraph: int
    is_heading: bool = False

    def text(self, article_text: str) -> str:
        """The sentence's words."""
        return article_text[self.start : self.end]


class Span(_Model):
    """A piece of the article's text."""

    start: int
    end: int
    text: str


class Evidence(Span):
    """A sentence that carries a claim."""

    sentence: int


class Speaker(_Model):
    """Whose position a claim is."""

    name: str = Field(description="The fullest form in the article.")
    kind: SpeakerKind
    role: str | None = Field(default=None, description="Office or function, as worded.")
    affiliation: str | None = Field(default=None, description="The country or organisation spoken for.")


class Claim(_Model):
    """One position of one speaker (or one joint position of several) on one thing."""

    id: str
    speakers: list[Speaker]
    statement: str = Field(description="One sentence that can be understood without the article.")
    attribution: Attribution
    stance: Stance
    measure: Measure
    conditions: list[str] = Field(default_factory=list, description="What must happen first, as worded.")
    evidence: list[Evidence]
    quote: Span | None = None
    via: str | None = Field(default=None, description="Who passes the claim on, when second-hand.")
    said_on: date | None = None
    confidence: float | None = Field(default=None, ge=0, le=1)


class RejectionReason(_Model):
    """One failed check."""

    check: str = Field(description="The check's name, e.g. `quote_not_verbatim`.")
    message: str = Field(description="What was wrong, in the words that the model was told.")


class Rejection(_Model):
    """A claim that was refused: as the model gave it, with every reason."""

    claim: dict[str, Any]
    reasons: list[RejectionReason]


class Uncovered(_Model):
    """A sentence with a reporting cue that no claim cites."""

    sentence: int
    start: int
    end: int
    text: str
    cue: str


class Position(_Model):
    """Where an actor stands on a measure. Derived from the claims, never generated."""

    actor: str
    measure: Measure
    stance: Stance
    claims: list[str]


class SummarySentence(_Model):
    """A sentence of the summary, with the claims that it rests on."""

    text: str
    claims: list[str]


class Summary(_Model):
    """The summary: every sentence cites claims."""

    sentences: list[SummarySentence] = Field(default_factory=list)


class Usage(_Model):
    """What a run took. `cost_usd` is null where the model's price is unknown."""

    requests: int = 0
    reasks: int = 0
    transport_retries: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None

    def __add__(self, other: Usage) -> Usage:
        """Sum; a missing cost on either side with tokens makes the sum unknown."""
        costs = [u.cost_usd for u in (self, other) if u.requests]
        known = [c for c in costs if c is not None]
        # Where nothing was asked, because all was known, nothing was spent.
        idle = next((u.cost_usd for u in (self, other) if u.cost_usd is not None), None)
        return Usage(
            requests=self.requests + other.requests,
            reasks=self.reasks + other.reasks,
            transport_retries=self.transport_retries + other.transport_retries,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=(sum(known) if len(known) == len(costs) else None) if costs else idle,
        )


class Run(_Model):
    """How a report came about."""

    model: str
    prompt: str = Field(description="Name and hash of the prompt files.")
    profile: str
    language: str | None = Field(
        default=None, description="The language of statements and summary; null where it is the article's."
    )
    summarizer_version: str
    started_at: datetime
    duration_s: float
    warnings: list[str] = Field(default_factory=list)
    usage: Usage = Usage()


class Report(_Model):
    """Everything about one article."""

    schema_version: Literal[1] = 1
    article: Article
    claims: list[Claim]
    rejections: list[Rejection] = Field(default_factory=list)
    uncovered: list[Uncovered] = Field(default_factory=list)
    positions: list[Position] = Field(default_factory=list)
    summary: Summary = Summary()
    run: Run


class ArticleReference(_Model):
    """Which article failed. `id` is null when it could not even be read."""

    id: str | None = None
    source: str | None = Field(default=None, description="Path or address as the user gave it.")
    url: str | None = None


class ErrorInfo(_Model):
    """Why an article failed."""

    type: str
    message: str


class FailedArticle(_Model):
    """An article that could not be summarized."""

    article: ArticleReference
    error: ErrorInfo
