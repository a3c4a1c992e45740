"""Which predicted claim is which golden one.

Claims count once for each of their speakers. A golden and a predicted pair of (speaker, claim) may match when
they share the speaker and a sentence of evidence; the matching is one to one and of maximal total weight.
Optional claims are neither rewarded nor punished: what matches one is left out of every figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from summarizer.errors import InputError
from summarizer.evaluation.extras import eval_extra
from summarizer.evaluation.golden import GoldenArticle, GoldenClaim
from summarizer.evaluation.speakers import Identities
from summarizer.models import Article, Claim, Evidence, Report, Sentence, Speaker

PAIR_WEIGHT = 1.0
STANCE_WEIGHT = 0.1
MEASURE_WEIGHT = 0.1
EVIDENCE_WEIGHT = 0.01
OPTIONAL_FACTOR = 0.01
# Smaller than any difference of weights that matters: decides between matchings of equal weight.
_TIE_ATTRIBUTION, _TIE_STATEMENT, _TIE_KIND = 1e-6, 1e-7, 5e-8


@dataclass(frozen=True)
class Attributed:
    """One speaker's share in a claim. `identity` is the same for the same speaker under another name."""

    speaker: Speaker
    identity: str
    claim: Claim
    sentences: frozenset[int]
    optional: bool = False


@dataclass(frozen=True)
class MatchedPair:
    """A golden pair and the predicted one that was taken for it."""

    gold: Attributed
    predicted: Attributed
    weight: float

    @property
    def same_stance(self) -> bool:
        """Whether the stance is right."""
        return self.gold.claim.stance == self.predicted.claim.stance

    @property
    def same_measure(self) -> bool:
        """Whether the measure is right."""
        return self.gold.claim.measure == self.predicted.claim.measure

    @property
    def same_attribution(self) -> bool:
        """Whether the attribution is right."""
        return self.gold.claim.attribution == self.predicted.claim.attribution

    @property
    def same_kind(self) -> bool:
        """Whether the speaker's kind is right."""
        return self.gold.speaker.kind == self.predicted.speaker.kind

    @property
    def optional(self) -> bool:
        """Whether it doesn't count, since one side is optional."""
        return self.gold.optional or self.predicted.optional

    @property
    def strict(self) -> bool:
        """Whether stance and measure are right too."""
        return self.same_stance and self.same_measure


@dataclass(frozen=True)
class Matching:
    """One article's outcome. `optional` are matches of optional claims, which don't count."""

    slug: str
    matched: tuple[MatchedPair, ...]
    missed: tuple[Attributed, ...]
    spurious: tuple[Attributed, ...]
    optional: tuple[MatchedPair, ...]


@dataclass(frozen=True)
class Counts:
    """Correct, predicted and golden pairs, and the figures from them; None where a figure has no basis."""

    correct: int
    predicted: int
    gold: int

    @property
    def precision(self) -> float | None:
        """Correct among predicted; None without predictions."""
        return self.correct / self.predicted if self.predicted else None

    @property
    def recall(self) -> float | None:
        """Correct among golden; None without golden claims."""
        return self.correct / self.gold if self.gold else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None where nothing is golden and nothing predicted."""
        total = self.predicted + self.gold
        return 2 * self.correct / total if total else None


def match(golden: GoldenArticle, report: Report) -> Matching:
    """Match a report's claims with the golden ones of the same article. The order of claims doesn't matter.

    Raises:
        InputError: the report is about another text.
        ConfigurationError: scipy is not installed.
    """
    _check_same_text(golden, report.article, "Make the report again from the golden set's article.txt.")
    return _match(golden, [GoldenClaim(claim, optional=False) for claim in report.claims], golden.aliases)


def match_annotations(first: GoldenArticle, second: GoldenArticle) -> Matching:
    """Match two annotations of an article, the second in the place of the predicted one.

    Raises:
        InputError: they are about different texts.
        ConfigurationError: scipy is not installed.
    """
    _check_same_text(first, second.article, "Annotate the same article.txt in both passes.")
    names = {**first.aliases, **second.aliases}
    aliases = {name: (*first.aliases.get(name, ()), *second.aliases.get(name, ())) for name in names}
    return _match(first, second.claims, aliases)


def _check_same_text(golden: GoldenArticle, article: Article, hint: str) -> None:
    if article.text != golden.article.text:
        raise InputError(f"What was given for {golden.slug} is not about the golden set's text.", hint)


def _match(golden: GoldenArticle, claims: Sequence[GoldenClaim], aliases: Mapping[str, tuple[str, ...]]) -> Matching:
    places = _Places(golden.sentences)
    identities = Identities(aliases, [s for g in (*golden.claims, *claims) for s in g.claim.speakers])
    gold = _ordered(pair for g in golden.claims for pair in _attributed(g, identities, places))
    predicted = _ordered(pair for c in claims for pair in _attributed(c, identities, places))
    chosen = _assign(gold, predicted)
    pairs = [MatchedPair(gold[i], predicted[j], _weight(gold[i], predicted[j])) for i, j in chosen]
    taken_gold, taken_predicted = {i for i, _ in chosen}, {j for _, j in chosen}
    return Matching(
        slug=golden.slug,
        matched=tuple(pair for pair in pairs if not pair.optional),
        missed=tuple(g for i, g in enumerate(gold) if i not in taken_gold and not g.optional),
        spurious=tuple(p for j, p in enumerate(predicted) if j not in taken_predicted and not p.optional),
        optional=tuple(pair for pair in pairs if pair.optional),
    )


@dataclass(frozen=True)
class _Places:
    """Finds evidence by its offsets, so that a report split otherwise is still understood."""

    sentences: tuple[Sentence, ...]

    @cached_property
    def _exact(self) -> dict[tuple[int, int], int]:
        return {(s.start, s.end): s.number for s in self.sentences}

    def numbers(self, evidence: Iterable[Evidence]) -> frozenset[int]:
        found: set[int] = set()
        for span in evidence:
            exact = self._exact.get((span.start, span.end))
            if exact is not None:
                found.add(exact)
            else:
                found.update(s.number for s in self.sentences if s.start < span.end and span.start < s.end)
        return frozenset(found)


def _attributed(claim: GoldenClaim, identities: Identities, places: _Places) -> list[Attributed]:
    """A claim once for each speaker; a speaker named twice counts once."""
    sentences = places.numbers(claim.claim.evidence)
    by_identity: dict[str, Speaker] = {}
    for speaker in sorted(claim.claim.speakers, key=lambda s: (s.name, s.kind.value)):
        by_identity.setdefault(identities.of(speaker), speaker)
    return [Attributed(s, identity, claim.claim, sentences, claim.optional) for identity, s in by_identity.items()]


def _ordered(pairs: Iterable[Attributed]) -> list[Attributed]:
    """In an order that only the content decides, so that shuffled claims give the same matching."""

    def content(pair: Attributed) -> tuple[object, ...]:
        claim = pair.claim
        labels = (claim.stance.value, claim.measure.value, claim.attribution.value, pair.speaker.kind.value)
        return (pair.identity, sorted(pair.sentences), *labels, claim.statement, pair.optional)

    return sorted(pairs, key=content)


def _weight(gold: Attributed, predicted: Attributed) -> float:
    """0 for two that can't match."""
    shared = gold.sentences & predicted.sentences
    if gold.identity != predicted.identity or not shared:
        return 0.0
    weight = PAIR_WEIGHT
    weight += STANCE_WEIGHT * (gold.claim.stance == predicted.claim.stance)
    weight += MEASURE_WEIGHT * (gold.claim.measure == predicted.claim.measure)
    weight += EVIDENCE_WEIGHT * len(shared) / len(gold.sentences | predicted.sentences)
    return weight * _factor(gold, predicted)


def _factor(gold: Attributed, predicted: Attributed) -> float:
    """Less where a side is optional; least where both are, so that a firm one is spared before."""
    return float(OPTIONAL_FACTOR ** (gold.optional + predicted.optional))


def _tie_breaker(gold: Attributed, predicted: Attributed) -> float:
    tie = _TIE_ATTRIBUTION * (gold.claim.attribution == predicted.claim.attribution)
    tie += _TIE_STATEMENT * (gold.claim.statement == predicted.claim.statement)
    tie += _TIE_KIND * (gold.speaker.kind == predicted.speaker.kind)
    return tie * _factor(gold, predicted)


def _assign(gold: Sequence[Attributed], predicted: Sequence[Attributed]) -> list[tuple[int, int]]:
    """The one-to-one assignment of maximal total weight, as indices."""
    if not gold or not predicted:
        return []
    with eval_extra():
        from scipy.optimize import linear_sum_assignment
    weights = [[_weight(g, p) for p in predicted] for g in gold]
    preferences = [
        [weight and weight + _tie_breaker(gold[i], predicted[j]) for j, weight in enumerate(row)]
        for i, row in enumerate(weights)
    ]
    rows, columns = linear_sum_assignment(preferences, maximize=True)
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if weights[i][j]]
