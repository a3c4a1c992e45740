"""Reports as readers corrected them, with what was changed, for the views that show both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from summarizer.corrections import Correction, applicable
from summarizer.models import Claim, Report
from summarizer.rendering.visible import visible_line
from summarizer.report_files import FiledReport


@dataclass(frozen=True)
class WrongClaim:
    """A claim that a reader marked as wrong, and why, if it was said."""

    claim: Claim
    note: str


@dataclass(frozen=True)
class Revision:
    """A report as corrected. `changes` says in words what was changed, by the claim's id."""

    report: Report
    changes: Mapping[str, str] = field(default_factory=dict)
    wrong: tuple[WrongClaim, ...] = ()


def revision(given: Report | FiledReport) -> Revision:
    """A report with its corrections made; one without any stays as it is."""
    if isinstance(given, Report):
        return Revision(given)
    by_claim = applicable(given.report, given.corrections)
    claims = [(claim, by_claim[claim.id]) for claim in given.report.claims if claim.id in by_claim]
    changes = {claim.id: _change(claim, correction) for claim, correction in claims if not correction.wrong}
    return Revision(
        given.corrected,
        {id_: words for id_, words in changes.items() if words},
        tuple(WrongClaim(claim, visible_line(correction.note)) for claim, correction in claims if correction.wrong),
    )


def _change(claim: Claim, correction: Correction) -> str:
    """`corrected by a reader: stance open → refuses (why)`; nothing where all stayed as it was."""
    pairs = [("stance", claim.stance, correction.stance), ("measure", claim.measure, correction.measure)]
    changed = ", ".join(f"{what} {before} → {after}" for what, before, after in pairs if after and after != before)
    note = visible_line(correction.note)
    if not changed:
        return f"a reader's note: {note}" if note else ""
    return f"corrected by a reader: {changed}" + (f" ({note})" if note else "")
