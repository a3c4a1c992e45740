"""What a digest holds: every line of it leads back to claims, and these to the words of an article."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from summarizer.models import Attribution, Evidence, Measure, Span, Speaker, Stance


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ChangeKind(StrEnum):
    """How a position changed."""

    REVERSED = "reversed"
    FIRMER = "firmer"
    SOFTER = "softer"


class ContradictionKind(StrEnum):
    """Who contradicts: two sources about the same speaker, two speakers of an actor, or a speaker himself."""

    SOURCES = "sources"
    SPEAKERS = "speakers"
    ITSELF = "itself"


class DigestArticle(_Model):
    """An article that the digest rests on."""

    id: str
    title: str | None
    source: str | None
    published: date | None
    url: str | None
    language: str
    outlet: str = Field(description="Whose reporting it is: articles of one outlet, and reprints, count once.")
    claims: int = Field(description="How many claims it has.")


class DigestClaim(_Model):
    """A claim with where it stands.

    `day` is the day it was said, else the day the article was published; null where neither is known, or where
    the article says that it was some time before ("Noch im Juni"). A claim without one is in no change and in no
    standing's `since`.
    """

    id: str = Field(description="Unique in the digest.")
    article: str = Field(description="The article's id.")
    claim: str = Field(description="The claim's id in the article's report.")
    actors: list[str] = Field(description="Ids of the actors that it speaks for.")
    speakers: list[Speaker]
    statement: str
    attribution: Attribution
    stance: Stance
    measure: Measure
    protects: str | None = Field(
        default=None, description="ISO code of the country whose security the article is about, where known."
    )
    conditions: list[str]
    evidence: list[Evidence]
    quote: Span | None
    via: str | None
    day: date | None
    is_day_said: bool = Field(description="Whether `day` is the day it was said.")
    is_corrected: bool = Field(description="Whether a reader has corrected it.")
    is_new: bool = Field(description="Whether its day is not before `since`; without `since`, nothing is new.")


class Actor(_Model):
    """Someone who takes positions: a country, an organisation, or a person who speaks for none."""

    id: str = Field(
        description="A country's ISO code, `EU`, `NATO`, `UN`, else from the name, of unnamed sources and the article."
    )
    name: str = Field(description="In the digest's language, where there is one.")
    is_government: bool = Field(description="Whether it is a country, the EU, Nato or the UN.")
    names: list[str] = Field(description="Every wording of a speaker that stands for it, the most frequent first.")
    claims: list[str] = Field(description="Ids of its claims, the newest first.")


class Standing(_Model):
    """Where an actor stands on a measure now: the stance of its newest claims.

    There may be several for an actor and measure: one for what it does itself, one for what it thinks of the
    measure, one for what it demands of others, and these for each country that guarantees are for.
    """

    actor: str
    measure: Measure
    stance: Stance
    protects: str | None = Field(default=None, description="As in its claims.")
    since: date | None = Field(description="The day of the oldest claim since which it hasn't changed.")
    claims: list[str] = Field(description="Ids of the claims with this stance, the newest first.")
    is_new: bool = Field(description="Whether it was taken since `since`.")


class Change(_Model):
    """An actor that took another position on a measure than before."""

    actor: str
    measure: Measure
    protects: str | None = Field(default=None, description="As in its claims.")
    kind: ChangeKind
    before: str = Field(
        description="Id of the last claim with the old stance, or one of the week before it in the speaker's own words."
    )
    after: str = Field(description="Id of a claim of the first day with the new one.")
    day: date = Field(description="The day of the new one.")
    is_new: bool


class Reported(_Model):
    """The same claim, in one article or in several."""

    actors: list[str]
    measure: Measure
    stance: Stance
    protects: str | None = Field(default=None, description="As in its claims.")
    claims: list[str] = Field(description="Ids, the oldest first.")
    outlets: list[str] = Field(description="Whose reporting it is, each once.")
    is_new: bool = Field(description="Whether all of its claims are new.")


class Contradiction(_Model):
    """Claims for one actor and measure that can't both hold at the time: those in favour first."""

    actor: str
    measure: Measure
    protects: str | None = Field(default=None, description="As in its claims.")
    kind: ContradictionKind
    first: list[str] = Field(description="Ids of the claims on one side.")
    second: list[str] = Field(description="Ids of the claims on the other.")
    is_new: bool


class Digest(_Model):
    """What several articles say together."""

    schema_version: Literal[1] = 1
    made_at: datetime
    language: str = Field(description="The language of actors' names.")
    since: date | None
    articles: list[DigestArticle] = Field(description="The newest first.")
    actors: list[Actor] = Field(description="Those with most claims first.")
    claims: list[DigestClaim] = Field(description="The newest first.")
    standings: list[Standing] = Field(description="In the order of actors, measures and stances.")
    changes: list[Change] = Field(description="The newest first.")
    reported: list[Reported] = Field(description="Those by most outlets first.")
    contradictions: list[Contradiction] = Field(description="The newest first.")
