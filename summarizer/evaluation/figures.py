"""The figures of a run: what was right, what was verbatim, and how long it took.

Every figure is a ratio of two sums over articles, so that each pair of (speaker, claim) weighs the same and
parts of a run add up. Failed articles are left out: a failure is an error, never zero claims.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import fsum
from typing import Literal

from summarizer import verbatim
from summarizer.errors import ConfigurationError
from summarizer.evaluation.extras import eval_extra
from summarizer.evaluation.golden import GoldenArticle
from summarizer.evaluation.matching import Attributed, Counts, MatchedPair, Matching, match
from summarizer.models import Attribution, Claim, ErrorInfo, Measure, Report, Stance

FIGURES = (
    "loose_precision",
    "loose_recall",
    "loose_f1",
    "strict_precision",
    "strict_recall",
    "strict_f1",
    "stance_accuracy",
    "measure_accuracy",
    "attribution_accuracy",
    "kind_accuracy",
    "quote_verbatim_rate",
    "evidence_verbatim_rate",
    "rejected_share",
    "statement_chrf",
    "claims_per_negative",
    "seconds_per_article",
)
LOWER_IS_BETTER = frozenset({"rejected_share", "claims_per_negative", "seconds_per_article"})


@dataclass(frozen=True)
class Ratio:
    """A figure's share in an article: what is summed above and below the line."""

    amount: float = 0
    base: float = 0

    @classmethod
    def total(cls, parts: Iterable[Ratio]) -> Ratio:
        """All together, the same in whatever order they come."""
        parts = list(parts)
        return cls(fsum(part.amount for part in parts), fsum(part.base for part in parts))

    @classmethod
    def f1(cls, counts: Counts) -> Ratio:
        """An article's share in F1."""
        return cls(2 * counts.correct, counts.predicted + counts.gold)

    @property
    def value(self) -> float | None:
        """The figure; None without a basis."""
        return self.amount / self.base if self.base else None


@dataclass(frozen=True)
class ArticleResult:
    """One article of a run, scored.

    `outcome` is an error and `matching` None where the article failed. `duration_s` is in seconds, 0 where it
    wasn't measured.
    """

    golden: GoldenArticle
    outcome: Report | ErrorInfo
    matching: Matching | None
    repeat: int = 1
    duration_s: float = 0.0

    @cached_property
    def ratios(self) -> Mapping[str, Ratio]:
        """The article's share in each of `FIGURES`; empty for a failed article.

        Raises:
            ConfigurationError: sacrebleu is not installed.
        """
        if self.matching is None or not isinstance(self.outcome, Report):
            return {}
        return {
            **pair_ratios(self.matching),
            **_report_ratios(self.outcome, is_negative=self.is_negative),
            "seconds_per_article": Ratio(self.duration_s, int(self.duration_s > 0)),
        }

    @property
    def is_negative(self) -> bool:
        """Whether the article has no claims, not even optional ones."""
        return not self.golden.claims


@dataclass(frozen=True)
class Figures:
    """Figures over articles; None where one has no basis.

    `articles` and `failed` count results, so that an article counts once for each repeat. `loose` asks for
    speaker and evidence, `strict` for stance and measure as well. The accuracies and `statement_chrf`, the mean
    chrF of the statements from 0 to 1, are over matched pairs. `quote_verbatim_rate` and
    `evidence_verbatim_rate` are shares of the predicted quotes found in their evidence and of the predicted
    spans that repeat the article; `rejected_share` is of all claims that the model gave.
    `claims_per_negative` is a mean over the `negatives`, articles without claims.
    """

    articles: int
    failed: int
    negatives: int
    loose: Counts
    strict: Counts
    stance_accuracy: float | None
    measure_accuracy: float | None
    attribution_accuracy: float | None
    kind_accuracy: float | None
    quote_verbatim_rate: float | None
    evidence_verbatim_rate: float | None
    rejected_share: float | None
    statement_chrf: float | None
    claims_per_negative: float | None
    seconds_per_article: float | None

    def value(self, name: str) -> float | None:
        """One of `FIGURES` by its name.

        Raises:
            ConfigurationError: there is no such figure.
        """
        check_figure(name)
        counts, _, field = name.partition("_")
        owner, attribute = (getattr(self, counts), field) if counts in {"loose", "strict"} else (self, name)
        found: float | None = getattr(owner, attribute)
        return found


@dataclass(frozen=True)
class Confusion:
    """How often a golden label (row) was given as a predicted one (column), over matched pairs."""

    labels: tuple[str, ...]
    rows: tuple[tuple[int, ...], ...]


def check_figure(name: str) -> None:
    """Refuse what isn't one of `FIGURES`.

    Raises:
        ConfigurationError: there is no such figure.
    """
    if name not in FIGURES:
        raise ConfigurationError(f"There is no figure {name!r}.", f"The figures are: {', '.join(FIGURES)}.")


def score_article(
    golden: GoldenArticle, outcome: Report | ErrorInfo, *, repeat: int = 1, duration_s: float = 0.0
) -> ArticleResult:
    """Match a report with the golden claims of its article; a failure stays one.

    Raises:
        InputError: the report is about another text.
        ConfigurationError: scipy is not installed.
    """
    matching = match(golden, outcome) if isinstance(outcome, Report) else None
    return ArticleResult(golden, outcome, matching, repeat, duration_s)


def figures(results: Iterable[ArticleResult]) -> Figures:
    """The figures over all results together.

    Raises:
        ConfigurationError: sacrebleu is not installed.
    """
    results = list(results)
    done = [result for result in results if result.matching is not None]
    return _figures(
        [result.ratios for result in done],
        articles=len(results),
        failed=len(results) - len(done),
        negatives=sum(result.is_negative for result in done),
    )


def by_language(results: Iterable[ArticleResult]) -> dict[str, Figures]:
    """The figures of each language of the articles."""
    results = list(results)
    languages = sorted({result.golden.article.language for result in results})
    return {one: figures(r for r in results if r.golden.article.language == one) for one in languages}


def by_genre(results: Iterable[ArticleResult]) -> dict[str, Figures]:
    """The figures of each genre."""
    results = list(results)
    genres = sorted({result.golden.genre.value for result in results})
    return {one: figures(r for r in results if r.golden.genre == one) for one in genres}


def by_attribution(results: Iterable[ArticleResult]) -> dict[str, Figures]:
    """The figures of each attribution: the golden one of matched and missed pairs, else the predicted one.

    They have only what is about pairs, over the articles that have such pairs; the others are None.
    """
    matchings = [result.matching for result in results if result.matching is not None]
    found: dict[str, Figures] = {}
    for attribution in Attribution:
        narrowed = [_with_attribution(matching, attribution) for matching in matchings]
        ratios = [pair_ratios(m) for m in narrowed if m.matched or m.missed or m.spurious]
        if ratios:
            found[attribution.value] = _figures(ratios, articles=len(ratios), failed=0, negatives=0)
    return found


def confusion(results: Iterable[ArticleResult], field: Literal["stance", "measure"]) -> Confusion:
    """Golden and predicted labels of matched pairs; only labels that occur, in the order of the data model."""
    pairs = [pair for result in results if result.matching is not None for pair in result.matching.matched]
    given = [(str(getattr(p.gold.claim, field)), str(getattr(p.predicted.claim, field))) for p in pairs]
    occurring = {label for both in given for label in both}
    kinds: type[Stance] | type[Measure] = Stance if field == "stance" else Measure
    labels = tuple(kind.value for kind in kinds if kind.value in occurring)
    rows = tuple(tuple(given.count((gold, predicted)) for predicted in labels) for gold in labels)
    return Confusion(labels, rows)


def counts(matching: Matching) -> tuple[Counts, Counts]:
    """Loose and strict counts of an article."""
    correct = len(matching.matched)
    predicted, gold = correct + len(matching.spurious), correct + len(matching.missed)
    return Counts(correct, predicted, gold), Counts(sum(p.strict for p in matching.matched), predicted, gold)


def pair_ratios(matching: Matching) -> dict[str, Ratio]:
    """An article's share in the figures that are about pairs.

    Raises:
        ConfigurationError: sacrebleu is not installed.
    """
    pairs = matching.matched
    ratios = {
        "stance_accuracy": Ratio(sum(pair.same_stance for pair in pairs), len(pairs)),
        "measure_accuracy": Ratio(sum(pair.same_measure for pair in pairs), len(pairs)),
        "attribution_accuracy": Ratio(sum(pair.same_attribution for pair in pairs), len(pairs)),
        "kind_accuracy": Ratio(sum(pair.same_kind for pair in pairs), len(pairs)),
        "statement_chrf": Ratio(_chrf_sum(pairs), len(pairs)),
    }
    for name, found in zip(("loose", "strict"), counts(matching), strict=True):
        ratios[f"{name}_precision"] = Ratio(found.correct, found.predicted)
        ratios[f"{name}_recall"] = Ratio(found.correct, found.gold)
        ratios[f"{name}_f1"] = Ratio.f1(found)
    return ratios


def _report_ratios(report: Report, *, is_negative: bool) -> dict[str, Ratio]:
    text, claims = report.article.text, report.claims
    evidence = [span for claim in claims for span in claim.evidence]
    quoting = [claim for claim in claims if claim.quote is not None]
    given = len(claims) + len(report.rejections)
    return {
        "quote_verbatim_rate": Ratio(sum(_quotes_its_evidence(claim, text) for claim in quoting), len(quoting)),
        "evidence_verbatim_rate": Ratio(
            sum(0 <= e.start < e.end and e.text == text[e.start : e.end] for e in evidence), len(evidence)
        ),
        "rejected_share": Ratio(len(report.rejections), given),
        "claims_per_negative": Ratio(len(claims), 1) if is_negative else Ratio(),
    }


def _quotes_its_evidence(claim: Claim, text: str) -> bool:
    """Whether the quote stands in the evidence, where it may go on from a sentence to the next."""
    runs: list[tuple[int, int]] = []
    for start, end in sorted((max(e.start, 0), e.end) for e in claim.evidence):
        if runs and not text[runs[-1][1] : start].strip():
            runs[-1] = (runs[-1][0], max(end, runs[-1][1]))
        else:
            runs.append((start, end))
    return claim.quote is not None and any(verbatim.find(claim.quote.text, text, *run) for run in runs)


def _chrf_sum(pairs: Sequence[MatchedPair]) -> float:
    if not pairs:
        return 0.0
    with eval_extra():
        from sacrebleu.metrics.chrf import CHRF
    metric = CHRF()
    statements = [(pair.predicted.claim.statement, pair.gold.claim.statement) for pair in pairs]
    return fsum(float(metric.sentence_score(predicted, [gold]).score) / 100 for predicted, gold in statements)


def _figures(parts: Sequence[Mapping[str, Ratio]], *, articles: int, failed: int, negatives: int) -> Figures:
    total = {name: Ratio.total(part[name] for part in parts if name in part) for name in FIGURES}

    def counted(name: str) -> Counts:
        precision, recall = total[f"{name}_precision"], total[f"{name}_recall"]
        return Counts(int(precision.amount), int(precision.base), int(recall.base))

    return Figures(
        articles=articles,
        failed=failed,
        negatives=negatives,
        loose=counted("loose"),
        strict=counted("strict"),
        **{name: total[name].value for name in FIGURES if not name.startswith(("loose_", "strict_"))},
    )


def _with_attribution(matching: Matching, attribution: Attribution) -> Matching:
    def keeps(pair: Attributed) -> bool:
        return pair.claim.attribution == attribution

    return Matching(
        slug=matching.slug,
        matched=tuple(pair for pair in matching.matched if keeps(pair.gold)),
        missed=tuple(filter(keeps, matching.missed)),
        spurious=tuple(filter(keeps, matching.spurious)),
        optional=(),
    )
