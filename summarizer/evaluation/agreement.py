"""How far two annotation passes over the same articles agree, and where they don't."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from summarizer.errors import InputError
from summarizer.evaluation.extras import eval_extra
from summarizer.evaluation.figures import Ratio, counts
from summarizer.evaluation.golden import GoldenArticle
from summarizer.evaluation.intervals import Interval, ratio_interval
from summarizer.evaluation.matching import Attributed, Counts, MatchedPair, match_annotations
from summarizer.models import Claim


@dataclass(frozen=True)
class Agreement:
    """Two passes compared, the second in the place of a prediction; optional claims of either don't count.

    `first_pairs` and `second_pairs` are pairs of (speaker, claim) that count. The kappas (Cohen's) are over
    matched pairs, None where both passes know but one label. As pairs that are alike are matched first, they
    are a little kinder than labels given to the same sentences would be.
    """

    articles: int
    first_pairs: int
    second_pairs: int
    loose: Counts
    strict: Counts
    loose_f1_interval: Interval | None
    strict_f1_interval: Interval | None
    stance_kappa: float | None
    measure_kappa: float | None
    attribution_kappa: float | None


def agreement(firsts: Sequence[GoldenArticle], seconds: Sequence[GoldenArticle]) -> Agreement:
    """Compare two passes over the same articles, by their slugs.

    Raises:
        InputError: the passes have different articles, or an article's texts differ.
        ConfigurationError: scipy or scikit-learn is not installed.
    """
    others = {second.slug: second for second in seconds}
    if different := sorted(others.keys() ^ {first.slug for first in firsts}):
        raise InputError(
            f"Only one of the two passes has: {', '.join(different)}.", "Annotate the same articles in both passes."
        )
    matchings = [match_annotations(first, others[first.slug]) for first in sorted(firsts, key=lambda f: f.slug)]
    pairs = [pair for matching in matchings for pair in matching.matched]
    loose = [counts(matching)[0] for matching in matchings]
    strict = [counts(matching)[1] for matching in matchings]
    total = _total(loose)
    return Agreement(
        articles=len(matchings),
        first_pairs=total.gold,
        second_pairs=total.predicted,
        loose=total,
        strict=_total(strict),
        loose_f1_interval=_f1_interval(loose),
        strict_f1_interval=_f1_interval(strict),
        stance_kappa=_kappa(pairs, lambda claim: claim.stance.value),
        measure_kappa=_kappa(pairs, lambda claim: claim.measure.value),
        attribution_kappa=_kappa(pairs, lambda claim: claim.attribution.value),
    )


def disagreements(first: GoldenArticle, second: GoldenArticle) -> list[str]:
    """What one pass has and the other hasn't or says otherwise, a line each, in the order of the text.

    Raises:
        InputError: the passes are about different texts.
        ConfigurationError: scipy is not installed.
    """
    matching = match_annotations(first, second)
    lines = [
        *((_place(pair.gold), _difference(pair)) for pair in matching.matched),
        *((_place(pair), f"missed: {_described(pair)}") for pair in matching.missed),
        *((_place(pair), f"added: {_described(pair)}") for pair in matching.spurious),
    ]
    return [line for _, line in sorted(lines) if line]


def _total(parts: Sequence[Counts]) -> Counts:
    return Counts(sum(p.correct for p in parts), sum(p.predicted for p in parts), sum(p.gold for p in parts))


def _f1_interval(parts: Sequence[Counts]) -> Interval | None:
    return ratio_interval([Ratio.f1(part) for part in parts])


def _kappa(pairs: Sequence[MatchedPair], label: Callable[[Claim], str]) -> float | None:
    firsts, seconds = [label(pair.gold.claim) for pair in pairs], [label(pair.predicted.claim) for pair in pairs]
    if len({*firsts, *seconds}) < 2:
        return None
    with eval_extra():
        from sklearn.metrics import cohen_kappa_score
    return float(cohen_kappa_score(firsts, seconds))


def _place(pair: Attributed) -> tuple[list[int], str]:
    return sorted(pair.sentences), pair.identity


def _difference(pair: MatchedPair) -> str:
    """What differs within a matched pair; empty where nothing does."""
    first, second = pair.gold, pair.predicted
    fields = {
        "stance": (first.claim.stance, second.claim.stance),
        "measure": (first.claim.measure, second.claim.measure),
        "attribution": (first.claim.attribution, second.claim.attribution),
        "kind": (first.speaker.kind, second.speaker.kind),
        "evidence": (_numbers(first), _numbers(second)),
    }
    differing = [f"{name} {one} / {other}" for name, (one, other) in fields.items() if one != other]
    return f"other {'; '.join(differing)}: {_described(first)}" if differing else ""


def _described(pair: Attributed) -> str:
    claim, statement = pair.claim, " ".join(pair.claim.statement.split())
    return f"{pair.speaker.name} ({claim.stance}, {claim.measure}, sentences {_numbers(pair)}): {statement}"


def _numbers(pair: Attributed) -> str:
    return ", ".join(map(str, sorted(pair.sentences)))
