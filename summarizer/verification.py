"""Every check that a claim must pass, all deterministic. What fails is told to the model in these words."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from summarizer import dates
from summarizer.actors import country_of, find_actors
from summarizer.document import Document, Part
from summarizer.models import (
    Attribution,
    Claim,
    Measure,
    RejectionReason,
    Sentence,
    Span,
    Speaker,
    SpeakerKind,
    Stance,
)
from summarizer.people import is_bare_government, is_pronoun, is_role_phrase

_CAPITALISED = re.compile(r"(?<![.!?:„“\"] )(?<!^)\b[A-ZÄÖÜ][\w-]{2,}")
_STEM_CHARS = 5


class SpeakerLike(Protocol):
    """A speaker as a model gave it."""

    name: str
    kind: SpeakerKind
    role: str | None
    affiliation: str | None


class Draft(Protocol):
    """A claim as a model gave it."""

    evidence: list[int]
    statement: str
    attribution: Attribution
    stance: Stance
    measure: Measure
    conditions: list[str]
    quote: str | None
    via: str | None
    said_on: str | None

    @property
    def speakers(self) -> Iterable[SpeakerLike]: ...


@dataclass
class Verifier:
    """Checks the drafts of one article. `accept` remembers claims, so that a second one alike is a duplicate."""

    document: Document
    _accepted: set[tuple[object, ...]] = field(default_factory=set)

    def check(self, draft: Draft, allowed: frozenset[int] | None = None) -> tuple[Claim | None, list[RejectionReason]]:
        """The verified claim with offsets (its id still empty), or every reason why it isn't one.

        `allowed` are the sentence numbers that the model was shown as citable; none means all.
        """
        reasons = _Reasons()
        cited = self._cited(draft.evidence, allowed, reasons)
        area = self.document.around(cited)
        quote = self._quote(draft.quote, cited, reasons)
        self._copied("condition", draft.conditions, area, reasons)
        self._copied("via", [draft.via] if draft.via else [], area, reasons)
        speakers = [s for s in (self._speaker(raw, cited, reasons) for raw in draft.speakers) if s is not None]
        self._added(draft, area, speakers, reasons)
        if reasons.found or not speakers:
            return None, reasons.found
        return (
            Claim(
                id="",
                speakers=_unique(speakers),
                statement=" ".join(draft.statement.split()),
                attribution=_attribution(draft.attribution, quote),
                stance=draft.stance,
                measure=draft.measure,
                conditions=[" ".join(c.split()) for c in draft.conditions],
                evidence=self.document.evidence(draft.evidence),
                quote=quote,
                via=draft.via,
                said_on=self._said_on(draft.said_on, cited),
            ),
            [],
        )

    def accept(self, claim: Claim) -> RejectionReason | None:
        """Remember a claim, or say that it repeats one."""
        key = (
            frozenset(s.name.casefold() for s in claim.speakers),
            claim.stance,
            claim.measure,
            frozenset(e.sentence for e in claim.evidence),
        )
        if key in self._accepted:
            return RejectionReason(
                check="duplicate",
                message="The same speakers, stance, measure and sentences were given before.",
            )
        self._accepted.add(key)
        return None

    def _cited(self, numbers: list[int], allowed: frozenset[int] | None, reasons: _Reasons) -> list[Sentence]:
        cited = []
        for number in dict.fromkeys(numbers):
            if number not in self.document or (allowed is not None and number not in allowed):
                reasons.add("sentence_unknown", f"Sentence {number} is not among those that may be cited.")
            elif self.document.sentence(number).is_heading:
                reasons.add("evidence_is_heading", f"Sentence {number} is a heading, which is never evidence.")
            else:
                cited.append(self.document.sentence(number))
        return cited

    def _quote(self, words: str | None, cited: list[Sentence], reasons: _Reasons) -> Span | None:
        if not words or not cited:
            return None
        for start, end in _runs(cited):
            part = self.document.part(start, end)
            if found := part.searched.find(words):
                return Span(start=start + found[0], end=start + found[1], text=part.text[found[0] : found[1]])
        reasons.add("quote_not_verbatim", f"The quote '{_short(words)}' is not in the cited sentences word for word.")
        return None

    @staticmethod
    def _copied(what: str, phrases: list[str], area: Part, reasons: _Reasons) -> None:
        for phrase in phrases:
            if area.text and area.searched.find(phrase) is None:
                reasons.add(
                    f"{what}_not_verbatim",
                    f"The {what} '{_short(phrase)}' is not in the cited sentences or their paragraph word for word.",
                )

    def _speaker(self, raw: SpeakerLike, cited: list[Sentence], reasons: _Reasons) -> Speaker | None:
        name = " ".join(raw.name.split()).strip(" \"'„“”»«")
        if not name or is_pronoun(name):
            reasons.add("speaker_not_named", f"'{name}' is a pronoun; give the name that it stands for.")
            return None
        kind = raw.kind
        if kind is SpeakerKind.PERSON and country_of(name):
            kind = SpeakerKind.GOVERNMENT
        if is_bare_government(name) and raw.affiliation and (code := country_of(raw.affiliation)):
            name = self.document.actors.get(code, name)
        if kind is SpeakerKind.PERSON:
            person = None if is_role_phrase(name) else self.document.person(name)
            if person is None or not _same_person(name, person.name):
                reasons.add("speaker_not_in_article", f"No person named '{_short(name)}' is in the article.")
                return None
            affiliation = raw.affiliation if self._is_grounded(raw.affiliation) else None
            role = raw.role if self._is_grounded(raw.role) else None
            return Speaker(
                name=person.name,
                kind=kind,
                role=role or person.role,
                affiliation=affiliation or person.affiliation,
            )
        if not self._is_grounded(name):
            reasons.add("speaker_not_in_article", f"'{_short(name)}' is not in the article in these words.")
            return None
        affiliation = raw.affiliation if self._is_grounded(raw.affiliation) else None
        if kind is SpeakerKind.GOVERNMENT and country_of(name):
            affiliation = affiliation or name
        return Speaker(
            name=name,
            kind=kind,
            role=raw.role if self._is_grounded(raw.role) else None,
            affiliation=affiliation,
        )

    def _is_grounded(self, words: str | None) -> bool:
        if not words:
            return False
        if words.strip() and self.document.whole.searched.contains(words):
            return True
        code = country_of(words)
        return code is not None and code in self.document.whole.actor_codes

    def _added(self, draft: Draft, area: Part, speakers: list[Speaker], reasons: _Reasons) -> None:
        """Numbers and names of the statement that its evidence hasn't got."""
        document = self.document
        language, dateline = document.article.language, document.dateline
        known = [area, *([document.part(dateline.start, dateline.end)] if dateline else [])]
        missing = Part(draft.statement, language).numbers.difference(*(part.numbers for part in known))
        for number in sorted(missing):
            reasons.add("statement_adds_number", f"The number {number} of the statement is not in the evidence.")
        speaking = Part(" ".join(f"{s.name} {s.role or ''} {s.affiliation or ''}" for s in speakers), language)
        for name in added_names(draft.statement, [*known, speaking], document.whole):
            reasons.add("statement_adds_name", f"'{_short(name)}' of the statement is not in the evidence.")

    def _said_on(self, words: str | None, cited: list[Sentence]) -> date | None:
        """The date of words that stand in the cited sentences or their paragraph; anything else is dropped."""
        if not words or self.document.around(cited).searched.find(words) is None:
            return None
        article = self.document.article
        return dates.resolve_day(words, article.published, article.language)


@dataclass
class _Reasons:
    found: list[RejectionReason] = field(default_factory=list)

    def add(self, check: str, message: str) -> None:
        self.found.append(RejectionReason(check=check, message=message))


def added_names(statement: str, known: Sequence[Part], article: Part) -> list[str]:
    """Proper names of a statement that `known` has not: countries always, other names where they can be told.

    German writes every noun with a capital, so there a word counts only when the article hasn't got it at all, in
    whatever case, and it stands beside another such word.
    """
    language = article.language
    mentions = find_actors(statement, language)
    added = [statement[m.start : m.end] for m in mentions if not any(m.code in part.actor_codes for part in known)]
    reference = [*known, article] if language == "de" else known
    unknown = [
        m
        for m in _CAPITALISED.finditer(statement)
        if not any(part.has_stem(m[0].casefold()[:_STEM_CHARS]) for part in reference)
    ]
    if language == "de":
        pairs = itertools.pairwise(unknown)
        return added + [statement[a.start() : b.end()] for a, b in pairs if b.start() - a.end() == 1]
    return added + [m[0] for m in unknown if m[0] not in added]


def _attribution(given: Attribution, quote: Span | None) -> Attribution:
    """Direct needs a quote."""
    return Attribution.INDIRECT if given is Attribution.DIRECT and quote is None else given


def _same_person(given: str, found: str) -> bool:
    return given.rsplit(maxsplit=1)[-1].casefold().rstrip("s'’")[:3] == found.rsplit(maxsplit=1)[-1].casefold()[:3]


def _unique(speakers: list[Speaker]) -> list[Speaker]:
    return list({s.name.casefold(): s for s in reversed(speakers)}.values())[::-1]


def _runs(cited: list[Sentence]) -> list[tuple[int, int]]:
    """Stretches of the text that neighbouring cited sentences make: a quote may go on over a full stop."""
    runs: list[tuple[int, int, int]] = []
    for s in sorted(cited, key=lambda s: s.number):
        if runs and runs[-1][2] == s.number - 1:
            runs[-1] = (runs[-1][0], s.end, s.number)
        else:
            runs.append((s.start, s.end, s.number))
    return [(start, end) for start, end, _ in runs]


def _short(words: str, limit: int = 80) -> str:
    return words if len(words) <= limit else words[: limit - 1] + "…"
