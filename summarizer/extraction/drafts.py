"""What a model is asked for: claims in the smallest form that can be checked against the article.

The descriptions are part of the prompt and follow the annotation guide.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator

from summarizer.models import Attribution, Claim, Measure, SpeakerKind, Stance

SHORT_CHARS = 200
LONG_CHARS = 1000
MAX_SPEAKERS = 60
MAX_CLAIMS_PER_CHUNK = 80
_MOST_SENTENCES = 10**9


def _without_controls(value: Any) -> Any:
    """A text without control characters and halves of surrogate pairs, which no article has."""
    if not isinstance(value, str) or value.isprintable():
        return value
    return "".join(c for c in value if c.isspace() or unicodedata.category(c) not in ("Cc", "Cs"))


def _sentence_number(value: Any) -> Any:
    if isinstance(value, bool) or (isinstance(value, int) and abs(value) > _MOST_SENTENCES):
        raise ValueError("give the number of a sentence")
    return value


Number = Annotated[int, BeforeValidator(_sentence_number)]
Short = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=SHORT_CHARS),
    BeforeValidator(_without_controls),
]
Long = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONG_CHARS),
    BeforeValidator(_without_controls),
]


class _Draft(BaseModel):
    model_config = ConfigDict(extra="ignore")

    @field_validator("role", "affiliation", "quote", "via", "said_on", mode="before", check_fields=False)
    @classmethod
    def _blank_is_absent(cls, value: Any) -> Any:
        return None if isinstance(value, str) and value.strip().lower() in {"", "null", "none", "-"} else value


class SpeakerDraft(_Draft):
    """Whose position it is."""

    name: Short = Field(
        description="The fullest name in the article ('Mark Rutte', never 'he' or 'the Dutchman'). A country's "
        "name for a government; a vague group or a hidden source as worded."
    )
    kind: SpeakerKind = Field(
        description="person; government (a country, ministry, embassy, the Kremlin); organisation; group (vague: "
        "'most members of the coalition'); unnamed (a source or spokesman without a name)"
    )
    role: Short | None = Field(default=None, description="Office or function, as worded in the article.")
    affiliation: Short | None = Field(
        default=None, description="The country or institution spoken for, as worded in the article."
    )


class ClaimDraft(_Draft):
    """One position of one speaker, or one joint position of several, on one thing."""

    evidence: list[Number] = Field(
        min_length=1,
        max_length=8,
        description="Numbers of the sentences that carry the claim: the fewest that suffice, with the one that "
        "names who says it. Never a heading.",
    )
    speakers: list[SpeakerDraft] = Field(
        min_length=1, max_length=MAX_SPEAKERS, description="A joint statement has several speakers."
    )
    statement: Long = Field(
        description="One neutral sentence in the article's language that can be understood alone: names instead "
        "of pronouns, conditions included, nothing that the article doesn't say, no quotation marks."
    )
    attribution: Attribution = Field(
        description="direct: the key words are in quotation marks; indirect: reported speech in a finite clause, "
        "Konjunktiv, 'according to'; narrated: the reporter states the position or act"
    )
    stance: Stance = Field(
        description="commits: promises its own contribution; open: holds it out as possible, or on a condition of "
        "its own; supports: favours it without promising; undecided: waits, defers, declines to say; refuses: rules "
        "out its own part; opposes: is against it altogether; demands: asks others; asserts: states or assesses. "
        "When two fit, the earlier in: refuses, opposes, commits, open, undecided, demands, supports, asserts."
    )
    measure: Measure = Field(
        description="The most specific that fits, the first named if several: troops, training, air, naval, arms, "
        "funding, intelligence, monitoring, backstop (a third power's help if the guarantors are attacked), "
        "membership, treaty; else general"
    )
    conditions: list[Short] = Field(
        default_factory=list,
        max_length=6,
        description="What must happen first: short phrases copied from the text.",
    )
    quote: Long | None = Field(
        default=None,
        description="Only for direct: the quoted words, copied exactly, without the marks, in one piece.",
    )
    via: Short | None = Field(
        default=None, description="Who passes it on, when that is not the speaker, as worded in the article."
    )
    said_on: Short | None = Field(
        default=None, description="Words of the article that date the utterance ('on Wednesday'), copied."
    )


@dataclass(frozen=True)
class Verified:
    """A draft and the claim that it is, once every check has passed."""

    draft: ClaimDraft
    claim: Claim


class ScoredDraft(ClaimDraft):
    """A claim with the probability that it is there and its speaker right. No model is asked for this form."""

    confidence: float = Field(ge=0, le=1)
