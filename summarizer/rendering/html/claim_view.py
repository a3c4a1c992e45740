"""A claim as its card on a page shows it. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from summarizer.corrections import Correction, claim_key
from summarizer.models import Article, Claim, Measure, Speaker, Stance
from summarizer.rendering.figures import line_number, quoted_pieces, speaker_details, speaker_name

_USUAL_ID = re.compile(r"c[0-9]{1,6}")


@dataclass(frozen=True)
class SpeakerView:
    """A speaker's name, and office and affiliation as far as they say more."""

    name: str
    details: str


@dataclass(frozen=True)
class EvidenceView:
    """A sentence that a claim rests on: where it stands, and its words before, within and after the quote."""

    number: int
    line: int
    anchor: str
    before: str
    quote: str
    after: str


@dataclass(frozen=True)
class ClaimView:
    """A claim with all that its card shows. `stance` and `measure` are as corrected, `given_…` as the report has them.

    `who` names its actors and speakers as the filter does. Ids and the correction are JSON, for the page's script.
    """

    id: str
    anchor: str
    language: str
    article_language: str
    speakers: tuple[SpeakerView, ...]
    statement: str
    given_stance: Stance
    given_measure: Measure
    attribution: str
    conditions: tuple[str, ...]
    via: str
    said_on: str
    confidence: str
    evidence: tuple[EvidenceView, ...]
    who: str
    id_json: str
    key: str
    citation: str
    correction: Correction | None

    @property
    def stance(self) -> Stance:
        """The stance, as corrected."""
        return (self.correction and self.correction.stance) or self.given_stance

    @property
    def measure(self) -> Measure:
        """The measure, as corrected."""
        return (self.correction and self.correction.measure) or self.given_measure

    @property
    def is_wrong(self) -> bool:
        """Whether a reader has said that nobody claims this."""
        return self.correction is not None and self.correction.wrong

    @property
    def note(self) -> str:
        """Why it was corrected, in the reader's words."""
        return (self.correction and self.correction.note) or ""

    @property
    def correction_json(self) -> str:
        """The correction, for the page's script; empty without one."""
        return "" if self.correction is None else in_json(self.correction.model_dump(mode="json"))


def claim_view(
    claim: Claim,
    article: Article,
    *,
    language: str,
    anchors: Mapping[int, str] | None = None,
    who: str = "",
    citation: str = "",
    correction: Correction | None = None,
) -> ClaimView:
    """The card of a claim. `language` is that of its statement; what else isn't given stands on no page of a report."""
    evidence = [
        EvidenceView(
            e.sentence,
            line_number(article, e.start),
            anchors[e.start] if anchors else "",
            *quoted_pieces(e, claim.quote),
        )
        for e in claim.evidence
    ]
    return ClaimView(
        id=claim.id,
        anchor=claim_anchor(claim.id),
        language=language,
        article_language=article.language,
        speakers=tuple(map(_speaker, claim.speakers)),
        statement=claim.statement,
        given_stance=claim.stance,
        given_measure=claim.measure,
        attribution=claim.attribution.value,
        conditions=tuple(claim.conditions),
        via=claim.via or "",
        said_on=claim.said_on.isoformat() if claim.said_on else "",
        confidence="" if claim.confidence is None else f"{claim.confidence:.2f}",
        evidence=tuple(evidence),
        who=who,
        id_json=in_json(claim.id),
        key=claim_key(claim),
        citation=citation,
        correction=correction,
    )


def _speaker(speaker: Speaker) -> SpeakerView:
    return SpeakerView(speaker_name(speaker), speaker_details(speaker))


def claim_anchor(claim_id: str) -> str:
    """A claim's id as an anchor: itself where it is as usual, else one that no id can imitate."""
    if _USUAL_ID.fullmatch(claim_id):
        return claim_id
    return f"claim-{hashlib.sha256(claim_id.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def in_json(value: object) -> str:
    """A value for the page's script, in plain ASCII, so that what makes text harmless to show leaves it as it is."""
    return json.dumps(value, ensure_ascii=True)
