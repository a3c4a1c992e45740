"""An article on the page of an eval run: its text in pieces, its claims in groups, and what was replied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from summarizer.evaluation.figures import ArticleResult, counts
from summarizer.evaluation.golden import GoldenArticle
from summarizer.evaluation.matching import Attributed, Matching
from summarizer.evaluation.tables import number
from summarizer.llm.recording import Recorded
from summarizer.models import Claim, ErrorInfo, Report, Speaker
from summarizer.rendering.figures import counted, speaker_words
from summarizer.rendering.html.report_view import Refusal, refusal

_SCORED = frozenset({"stance", "measure", "attribution", "kind"})
_Pair = tuple[Attributed | None, Attributed | None]


class Outcome(StrEnum):
    """What became of a claim. The first that applies to a sentence gives it its colour."""

    MISSED = "missed"
    SPURIOUS = "spurious"
    MATCHED = "matched"
    OPTIONAL = "optional"

    @property
    def sign(self) -> str:
        """The mark that says the same as the colour."""
        return {"missed": "○", "spurious": "✗", "matched": "✓", "optional": "~"}[self.value]

    @property
    def meaning(self) -> str:
        """What the group of such claims is."""
        return {
            "missed": "golden, not found",
            "spurious": "found, not golden",
            "matched": "golden and found",
            "optional": "found, golden but optional, not scored",
        }[self.value]


@dataclass(frozen=True)
class Field:
    """One field of a claim. A claim that has only one side has the same on both."""

    name: str
    golden: str
    predicted: str

    @property
    def differs(self) -> bool:
        """Whether the prediction is another one."""
        return self.golden != self.predicted

    @property
    def is_wrong(self) -> bool:
        """Whether that counts: fields in the article's or the model's own words may differ."""
        return self.differs and self.name in _SCORED


@dataclass(frozen=True)
class EvidenceLink:
    """A sentence that a claim rests on. `side` says which side has it, where not both have."""

    sentence: int
    anchor: str
    side: str


@dataclass(frozen=True)
class ClaimView:
    """A claim, or a golden one with what was taken for it, with the speakers that share this outcome."""

    anchor: str
    label: str
    outcome: Outcome
    statement: Field
    fields: tuple[Field, ...]
    evidence: tuple[EvidenceLink, ...]

    @property
    def sentences(self) -> frozenset[int]:
        """The numbers of its sentences."""
        return frozenset(link.sentence for link in self.evidence)


@dataclass(frozen=True)
class ClaimGroup:
    """All claims of one outcome. `pairs` counts (speaker, claim), as the figures do."""

    outcome: Outcome
    pairs: int
    claims: tuple[ClaimView, ...]

    @property
    def amount(self) -> str:
        """`3`, or `12 in 3 claims` where joint statements make up several pairs."""
        claims = len(self.claims)
        return str(self.pairs) if self.pairs == claims else f"{self.pairs} in {counted(claims, 'claim')}"


@dataclass(frozen=True)
class TextPiece:
    """A piece of the article: a sentence with the claims that rest on it, or what lies between sentences."""

    text: str
    number: int | None = None
    anchor: str = ""
    is_heading: bool = False
    claims: tuple[ClaimView, ...] = ()

    @property
    def outcome(self) -> str:
        """The outcome that gives the sentence its colour, if any."""
        outcomes = {claim.outcome for claim in self.claims}
        return next((outcome.value for outcome in Outcome if outcome in outcomes), "")


@dataclass(frozen=True)
class ReplyView:
    """A recorded reply: a line on what it is, its text, and the error that it ended in."""

    name: str
    text: str
    first_token: str
    error: str


@dataclass(frozen=True)
class ArticleView:
    """An article's line in the index and its section."""

    anchor: str
    name: str
    language: str
    genre: str
    loose_f1: str
    strict_f1: str
    pieces: tuple[TextPiece, ...]
    groups: tuple[ClaimGroup, ...]
    warnings: tuple[str, ...]
    rejections: tuple[Refusal, ...]
    replies: tuple[ReplyView, ...]
    error: ErrorInfo | None

    def pairs(self, outcome: str) -> int:
        """How many (speaker, claim) pairs had this outcome."""
        return next((group.pairs for group in self.groups if group.outcome == outcome), 0)


def article_view(
    result: ArticleResult, place: int, replies: Sequence[Recorded] = (), *, repeats: int = 1
) -> ArticleView:
    """One result. `place` is its place on the page, from which the anchors come; `repeats` is the run's."""
    golden, outcome, matching = result.golden, result.outcome, result.matching
    anchor = f"article-{place}"
    groups = tuple(_groups(matching, anchor)) if matching else ()
    loose, strict = counts(matching) if matching else (None, None)
    return ArticleView(
        anchor=anchor,
        name=f"{golden.slug}, repeat {result.repeat}" if repeats > 1 else golden.slug,
        language=golden.article.language,
        genre=golden.genre.value,
        loose_f1=number(loose.f1 if loose else None),
        strict_f1=number(strict.f1 if strict else None),
        pieces=tuple(_pieces(golden, [claim for group in groups for claim in group.claims], anchor)),
        groups=groups,
        warnings=tuple(outcome.run.warnings) if isinstance(outcome, Report) else (),
        rejections=tuple(map(refusal, outcome.rejections)) if isinstance(outcome, Report) else (),
        replies=tuple(_reply(reply, place) for place, reply in enumerate(replies, start=1)),
        error=outcome if isinstance(outcome, ErrorInfo) else None,
    )


def _groups(matching: Matching, anchor: str) -> Iterator[ClaimGroup]:
    pairs: dict[Outcome, list[_Pair]] = {
        Outcome.MATCHED: [(pair.gold, pair.predicted) for pair in matching.matched],
        Outcome.MISSED: [(gold, None) for gold in matching.missed],
        Outcome.SPURIOUS: [(None, predicted) for predicted in matching.spurious],
        Outcome.OPTIONAL: [(pair.gold, pair.predicted) for pair in matching.optional],
    }
    for outcome, found in pairs.items():
        # A joint statement is one claim with several speakers, each of them a pair.
        joint: dict[tuple[int, int], list[_Pair]] = {}
        for gold, predicted in found:
            key = (id(gold.claim) if gold else 0, id(predicted.claim) if predicted else 0)
            joint.setdefault(key, []).append((gold, predicted))
        ordered = sorted(joint.values(), key=_first_sentence)
        claims = [_claim(same, outcome, place, anchor) for place, same in enumerate(ordered, start=1)]
        if claims or outcome is not Outcome.OPTIONAL:
            yield ClaimGroup(outcome, len(found), tuple(claims))


def _sentences(sides: Iterable[Attributed | None]) -> frozenset[int]:
    return frozenset(number for side in sides if side for number in side.sentences)


def _first_sentence(pairs: Sequence[_Pair]) -> int:
    return min(_sentences(side for pair in pairs for side in pair), default=0)


def _claim(pairs: Sequence[_Pair], outcome: Outcome, place: int, anchor: str) -> ClaimView:
    gold, predicted = pairs[0]

    def field(name: str, read: Callable[[Claim], str]) -> Field:
        sides = [read(side.claim) if side else None for side in (gold, predicted)]
        first, second = (side if side is not None else other for side, other in zip(sides, sides[::-1], strict=True))
        return Field(name, first or "", second or "")

    fields = (
        *_speakers(pairs),
        field("stance", lambda claim: claim.stance.value),
        field("measure", lambda claim: claim.measure.value),
        field("attribution", lambda claim: claim.attribution.value),
        field("conditions", lambda claim: "; ".join(claim.conditions)),
        field("quote", lambda claim: claim.quote.text if claim.quote else ""),
        field("via", lambda claim: claim.via or ""),
        field("said on", lambda claim: claim.said_on.isoformat() if claim.said_on else ""),
    )
    return ClaimView(
        anchor=f"{anchor}-{outcome.value}-{place}",
        label=f"{outcome.sign}{place}",
        outcome=outcome,
        statement=field("statement", lambda claim: claim.statement),
        fields=tuple(field for field in fields if field.golden or field.predicted),
        evidence=tuple(_evidence(pairs, anchor)),
    )


def _speakers(pairs: Sequence[_Pair]) -> tuple[Field, Field]:
    """Names with what is said about them, and kinds; those of a joint statement one after the other."""

    def field(name: str, read: Callable[[Speaker], str]) -> Field:
        golden, predicted = (
            "; ".join(dict.fromkeys(read(side.speaker) for side in sides if side)) for sides in zip(*pairs, strict=True)
        )
        return Field(name, golden or predicted, predicted or golden)

    return field("speaker" if len(pairs) == 1 else "speakers", speaker_words), field("kind", lambda s: s.kind.value)


def _evidence(pairs: Sequence[_Pair], anchor: str) -> Iterator[EvidenceLink]:
    golden, predicted = (_sentences(sides) for sides in zip(*pairs, strict=True))
    for sentence in sorted(golden | predicted):
        side = ""
        if golden and predicted and sentence not in golden & predicted:
            side = "golden only" if sentence in golden else "predicted only"
        yield EvidenceLink(sentence, f"{anchor}-sentence-{sentence}", side)


def _pieces(golden: GoldenArticle, claims: Sequence[ClaimView], anchor: str) -> Iterator[TextPiece]:
    text, position = golden.article.text, 0
    for sentence in golden.sentences:
        if position < sentence.start:
            yield TextPiece(text[position : sentence.start])
        yield TextPiece(
            sentence.text(text),
            sentence.number,
            f"{anchor}-sentence-{sentence.number}",
            sentence.is_heading,
            tuple(claim for claim in claims if sentence.number in claim.sentences),
        )
        position = sentence.end
    if position < len(text):
        yield TextPiece(text[position:])


def _reply(reply: Recorded, place: int) -> ReplyView:
    usage, error = reply.usage, reply.error
    parts = [f"Reply {place}: {reply.kind}", f"{usage.output_tokens:,} output tokens" if usage.output_tokens else ""]
    parts += [counted(usage.reasks, "reask") if usage.reasks else "", f"error {error.type}" if error else ""]
    likely = sorted((reply.first_token or {}).items(), key=lambda item: -item[1])
    return ReplyView(
        ", ".join(filter(None, parts)),
        reply.text or "",
        ", ".join(f"{token!r} {probability:.3f}" for token, probability in likely),
        " ".join(filter(None, (error.message, error.hint))) if error else "",
    )
