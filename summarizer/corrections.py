"""What readers correct in a report: kept beside it, shown in it, never written into it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from summarizer import summary
from summarizer.models import Claim, Measure, Report, Stance, Summary


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Correction(_Model):
    """What a reader says of one claim. Fields that are null are as the report has them."""

    article: str = Field(description="The article's id.")
    claim: str = Field(description="The claim's id.")
    claim_key: str = Field(description="`claim_key` of the claim, so that no other one is meant after a new run.")
    wrong: bool = Field(default=False, description="Nobody claims this: the claim doesn't count.")
    stance: Stance | None = None
    measure: Measure | None = None
    note: str | None = Field(default=None, description="Why, in the reader's words.")
    made_at: datetime


class Corrections(_Model):
    """The corrections of one report, or of several in one file; at most one for each claim."""

    schema_version: Literal[1] = 1
    corrections: list[Correction] = Field(default_factory=list)


def claim_key(claim: Claim) -> str:
    """A hash of what the reader saw: speakers, statement, stance, measure and evidence."""
    seen = [
        sorted(s.name for s in claim.speakers),
        claim.statement,
        claim.stance.value,
        claim.measure.value,
        [[e.start, e.end] for e in claim.evidence],
    ]
    return hashlib.sha256(json.dumps(seen, ensure_ascii=True).encode()).hexdigest()[:16]


def applicable(report: Report, corrections: Iterable[Correction]) -> dict[str, Correction]:
    """The corrections of this report's claims by claim id; of several the last. What is about other claims is left."""
    keys = {claim.id: claim_key(claim) for claim in report.claims}
    return {
        c.claim: c for c in corrections if c.article == report.article.id and keys.get(c.claim) == c.claim_key
    }


def corrected(report: Report, corrections: Iterable[Correction]) -> Report:
    """The report as readers have corrected it: wrong claims gone, stances and measures changed, the rest following.

    The summary keeps the sentences all of whose claims are as they were; where a sentence falls, it is made anew
    from the claims.
    """
    by_claim = applicable(report, corrections)
    if not by_claim:
        return report
    claims = [_corrected(c, by_claim.get(c.id)) for c in report.claims if not _is_wrong(by_claim.get(c.id))]
    language = report.article.language
    return report.model_copy(
        update={
            "claims": claims,
            "positions": summary.positions(claims, language),
            "summary": _summary(report, claims, by_claim),
        }
    )


def _is_wrong(correction: Correction | None) -> bool:
    return correction is not None and correction.wrong


def _corrected(claim: Claim, correction: Correction | None) -> Claim:
    if correction is None:
        return claim
    return claim.model_copy(
        update={"stance": correction.stance or claim.stance, "measure": correction.measure or claim.measure}
    )


def _summary(report: Report, claims: Sequence[Claim], by_claim: dict[str, Correction]) -> Summary:
    touched = {c.claim for c in by_claim.values() if c.wrong or c.stance or c.measure}
    if not any(touched & set(sentence.claims) for sentence in report.summary.sentences):
        return report.summary
    return summary.summarize_claims(claims, report.article.language)
