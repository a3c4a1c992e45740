"""What readers correct in a report: kept beside it, shown in it, never written into it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from summarizer import summary
from summarizer.models import Claim, Measure, Report, Stance, Summary

MAX_NOTE_CHARS = 2000


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Correction(_Model):
    """What a reader says of one claim. Fields that are null are as the report has them."""

    article: str = Field(description="The article's id.")
    claim: str = Field(description="The claim's id in the report that was corrected.")
    claim_key: str = Field(
        pattern="^[0-9a-f]{16}$",
        description="`claim_key` of the claim: after a new run it is found by this, and no other one is meant.",
    )
    wrong: bool = Field(default=False, description="Nobody claims this: the claim doesn't count.")
    stance: Stance | None = None
    measure: Measure | None = None
    note: str | None = Field(default=None, max_length=MAX_NOTE_CHARS, description="Why, in the reader's words.")
    made_at: AwareDatetime

    @property
    def changes_claim(self) -> bool:
        """Whether the claim reads otherwise than in the report."""
        return bool(self.stance or self.measure)

    @property
    def says_nothing(self) -> bool:
        """Whether all is as the report has it."""
        return not (self.wrong or self.changes_claim or self.note)


class Corrections(_Model):
    """The corrections of one report, or of several in one file; at most one for each claim."""

    schema_version: Literal[1] = 1
    corrections: list[Correction] = Field(default_factory=list)


def corrections_schema() -> dict[str, Any]:
    """The JSON Schema of a file of corrections."""
    schema = Corrections.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


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
    """The corrections of this report's claims by claim id; of several the last. What is about other claims is left.

    A claim is known again by its key. Where a new run has numbered it anew, `claim` is its id in this report.
    """
    by_key = {c.claim_key: c for c in corrections if c.article == report.article.id}
    if not by_key:
        return {}
    return {
        claim.id: found if found.claim == claim.id else found.model_copy(update={"claim": claim.id})
        for claim in report.claims
        if (found := by_key.get(claim_key(claim)))
    }


def stale(report: Report, corrections: Iterable[Correction]) -> list[Correction]:
    """The corrections of this article that fit no claim of the report: a new run has changed what they correct."""
    mine = [c for c in corrections if c.article == report.article.id]
    keys = {claim_key(claim) for claim in report.claims} if mine else set()
    return [c for c in mine if c.claim_key not in keys]


def amended(
    article: str,
    claim: Claim,
    before: Correction | None,
    *,
    wrong: bool | None = None,
    stance: Stance | None = None,
    measure: Measure | None = None,
    note: str | None = None,
    made_at: datetime | None = None,
) -> Correction:
    """The correction of a claim with more said; what is none stays as it was corrected before.

    A wrong claim has no stance and no measure: saying one takes the other back. What the report has already is
    no correction, and an empty note is none.
    """
    if wrong is None:
        wrong = before is not None and before.wrong and stance is None and measure is None
    if before is not None and not wrong:
        stance, measure = stance or before.stance, measure or before.measure
    if note is None and before is not None:
        note = before.note
    return Correction(
        article=article,
        claim=claim.id,
        claim_key=claim_key(claim),
        wrong=wrong,
        stance=None if wrong or stance == claim.stance else stance,
        measure=None if wrong or measure == claim.measure else measure,
        note=(note or "").strip() or None,
        made_at=made_at or datetime.now(UTC),
    )


def with_correction(corrections: Corrections, correction: Correction) -> Corrections:
    """With this one in the place of what was said of its claim before. One that says nothing takes that back."""
    others = without(corrections, correction.article, correction.claim, correction.claim_key)
    if correction.says_nothing:
        return others
    return others.model_copy(update={"corrections": [*others.corrections, correction]})


def without(corrections: Corrections, article: str, claim: str, claim_key: str | None = None) -> Corrections:
    """Without what was said of one claim: the one of this key, or without a key every one that had this id."""
    kept = [
        c
        for c in corrections.corrections
        if c.article != article or (c.claim != claim if claim_key is None else c.claim_key != claim_key)
    ]
    return corrections.model_copy(update={"corrections": kept})


def merged(corrections: Corrections, others: Iterable[Correction]) -> Corrections:
    """With others taken in: of two that correct one claim the later made stays, of two as late the other."""
    for correction in others:
        known = {(c.article, c.claim_key): c.made_at for c in corrections.corrections}
        before = known.get((correction.article, correction.claim_key))
        if before is None or before <= correction.made_at:
            corrections = with_correction(corrections, correction)
    return corrections


def as_corrected(claim: Claim, correction: Correction | None) -> Claim:
    """The claim with the stance and the measure that a reader gave it."""
    if correction is None or not correction.changes_claim:
        return claim
    return claim.model_copy(
        update={"stance": correction.stance or claim.stance, "measure": correction.measure or claim.measure}
    )


def corrected(report: Report, corrections: Iterable[Correction]) -> Report:
    """The report as readers have corrected it: wrong claims gone, stances and measures changed, the rest following.

    The summary keeps the sentences all of whose claims are as they were; where a sentence falls, it is made anew
    from the claims.
    """
    by_claim = applicable(report, corrections)
    changed = {id_ for id_, c in by_claim.items() if c.wrong or c.changes_claim}
    if not changed:
        return report
    claims = [as_corrected(c, by_claim.get(c.id)) for c in report.claims if not _is_wrong(by_claim.get(c.id))]
    language = report.run.language or report.article.language
    return report.model_copy(
        update={
            "claims": claims,
            "positions": summary.positions(claims, language),
            "summary": _summary(report, claims, changed, language),
        }
    )


def _is_wrong(correction: Correction | None) -> bool:
    return correction is not None and correction.wrong


def _summary(report: Report, claims: Sequence[Claim], changed: set[str], language: str) -> Summary:
    if not any(changed & set(sentence.claims) for sentence in report.summary.sentences):
        return report.summary
    return summary.summarize_claims(claims, language)
