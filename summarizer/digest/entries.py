"""A claim as the digest reckons with it: what it weighs, and who of its actor said it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from summarizer.digest.models import DigestClaim
from summarizer.models import Article, Claim, Stance
from summarizer.resources import data

_FOR, _AGAINST = _HAD = ("earlier_for", "earlier_against")
_SIDES = {
    Stance.COMMITS: _FOR,
    Stance.OPEN: _FOR,
    Stance.SUPPORTS: _FOR,
    Stance.REFUSES: _AGAINST,
    Stance.OPPOSES: _AGAINST,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A claim of the digest.

    `speakers` are, for each actor, keys of who said it for him; a person's is his name's, the actor's own is his
    id. `is_official` where all of them hold an office or are the government or body itself, `is_led` where all are
    it or its head. `says_little` is told at the function of that name.
    """

    claim: DigestClaim
    outlet: str
    confidence: float | None
    speakers: dict[str, frozenset[str]]
    is_official: bool
    is_led: bool
    says_little: bool

    @property
    def authority(self) -> tuple[bool, bool, bool]:
        """Orders claims of a day: first-hand before second-hand, heads before other offices, offices before others."""
        return self.claim.via is None, self.is_led, self.is_official

    def is_sure(self, purpose: str) -> bool:
        """Whether the model's confidence is enough for a `standing` or a `change`."""
        return self.confidence is None or self.confidence >= data("digest.yaml")["min_confidence"][purpose]

    @property
    def makes_changes(self) -> bool:
        """Whether a change or a contradiction may rest on it.

        It needs a day, the speaker's own words or acts first-hand, enough confidence, a measure that isn't too
        broad; and a position that its words bear out (`says_little`).
        """
        claim = self.claim
        return (
            claim.day is not None
            and claim.via is None
            and claim.measure not in data("digest.yaml")["too_broad"]
            and not self.says_little
            and self.is_sure("change")
        )


def day_of(article: Article, claim: Claim, published: date | None) -> tuple[date | None, bool]:
    """The day of a claim and whether it was said then, as `DigestClaim` has them.

    `published` is the day on which its words were first printed. A day after the article's can't be the one on
    which it was said. Where the words say that it was earlier ("Noch im Juni", "months ago", "had promised") the
    article's day isn't the claim's.
    """
    said = claim.said_on
    if said is not None and (article.published is None or said <= article.published):
        return said, True
    if _is_earlier(claim):
        return None, False
    return published, False


def _is_earlier(claim: Claim) -> bool:
    """Whether the words say what was before: of a promise or refusal, that it was made before."""
    side = _SIDES.get(claim.stance)
    had = {one for one in _HAD if _has(one, claim)}
    if had and side:
        return side in had
    return (bool(had) or _has("earlier", claim)) and not _has("now", claim)


def says_little(claim: Claim, confidence: float | None) -> bool:
    """Whether a claim may not be the position that its stance says.

    A refusal that names what would lift it ("unless", "solange"); silence ("declined to comment"); where a model
    gives a confidence, as small ones do, a promise in whose sentences someone waits or denies.
    """
    if claim.stance is Stance.UNDECIDED:
        return _has("silent", claim)
    if claim.stance in {Stance.REFUSES, Stance.OPPOSES}:
        return bool(claim.conditions) or _has("conditional", claim)
    return confidence is not None and claim.stance in {Stance.COMMITS, Stance.OPEN} and _has("contrary", claim)


def _has(words: str, claim: Claim) -> bool:
    return any(_pattern(words).search(evidence.text) for evidence in claim.evidence)


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile("|".join(data("digest.yaml")[name]), re.IGNORECASE)
