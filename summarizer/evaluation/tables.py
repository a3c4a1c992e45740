"""Figures as tables for a terminal, or for a README as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from summarizer.evaluation.agreement import Agreement
from summarizer.evaluation.comparing import Comparison
from summarizer.evaluation.external import ExternalScores
from summarizer.evaluation.faults import Fault
from summarizer.evaluation.figures import (
    FIGURES,
    ArticleResult,
    Figures,
    by_attribution,
    by_genre,
    by_language,
    confusion,
    figures,
)
from summarizer.evaluation.intervals import Interval, interval

if TYPE_CHECKING:
    from rich.table import Table

# Twelve measures have to fit into 80 columns.
_COLUMN_LETTERS = 3
_PARTS = {
    "P": "loose_precision",
    "R": "loose_recall",
    "F1": "loose_f1",
    "strict": "strict_f1",
    "stance": "stance_accuracy",
    "meas.": "measure_accuracy",
    "neg.": "claims_per_negative",
}


def figures_table(runs: Mapping[str, Sequence[ArticleResult]]) -> Table:
    """Every figure of each run with its 95 % interval, the runs side by side by name."""
    totals = {name: figures(results) for name, results in runs.items()}
    table = plain_table("figure", *runs)
    table.add_row("articles", *(_counted(total) for total in totals.values()))
    for figure in FIGURES:
        cells = []
        for name, results in runs.items():
            found = interval(results, figure)
            cells.append(f"{number(totals[name].value(figure))}{f'  {_range(found)}' if found else ''}")
        table.add_row(figure, *cells)
    return table


def parts_table(results: Sequence[ArticleResult]) -> Table:
    """By language, genre and attribution: loose precision, recall and F1, strict F1, accuracy of stance and measure,
    and claims in each negative article."""
    table = plain_table("part", "n", "gold", *_PARTS)
    for group in (by_language(results), by_genre(results), by_attribution(results)):
        for name, part in group.items():
            values = (number(part.value(figure), digits=2) for figure in _PARTS.values())
            table.add_row(name, str(part.articles), str(part.loose.gold), *values)
        table.add_section()
    return table


def confusion_table(results: Sequence[ArticleResult], field: Literal["stance", "measure"]) -> Table:
    """Golden labels in rows, predicted ones (by their first letters) in columns, over matched pairs."""
    found = confusion(results, field)
    table = plain_table(f"{field} ↓→", *(label[:_COLUMN_LETTERS] for label in found.labels))
    table.padding = (0, 0, 0, 1)
    for label, row in zip(found.labels, found.rows, strict=True):
        table.add_row(label, *(str(count) if count else "·" for count in row))
    return table


def comparison_tables(comparison: Comparison) -> Iterable[Table]:
    """The figures of both runs, then the articles that differ."""
    table = plain_table("figure", "old", "new", "new - old, 95 %", "")
    for d in comparison.differences:
        between = f"[{d.low:+.3f}, {d.high:+.3f}]" if d.low is not None and d.high is not None else ""
        verdict = "worse" if d.is_worse else "better" if d.is_better else ""
        table.add_row(d.figure, number(d.old), number(d.new), between.replace("[", "\\["), verdict)
    yield table
    articles = plain_table("article", "loose F1", "", "strict F1", "", "gained", "lost")
    for a in comparison.articles:
        if not a.is_same:
            values = (a.old_loose_f1, a.new_loose_f1, a.old_strict_f1, a.new_strict_f1)
            articles.add_row(a.slug, *map(number, values), str(len(a.gained)), str(len(a.lost)))
    if articles.row_count:
        yield articles


def agreement_table(parts: Mapping[str, Agreement]) -> Table:
    """How far two annotation passes agree, a column for each part of the set."""
    table = plain_table("agreement of two passes", *parts)
    rows: dict[str, Callable[[Agreement], str]] = {
        "articles": lambda a: str(a.articles),
        "pairs, first and second pass": lambda a: f"{a.first_pairs} and {a.second_pairs}",
        "loose F1": lambda a: f"{number(a.loose.f1)}  {_range(a.loose_f1_interval)}",
        "strict F1": lambda a: f"{number(a.strict.f1)}  {_range(a.strict_f1_interval)}",
        "stance, Cohen's kappa": lambda a: number(a.stance_kappa),
        "measure, Cohen's kappa": lambda a: number(a.measure_kappa),
        "attribution, Cohen's kappa": lambda a: number(a.attribution_kappa),
    }
    for name, cell in rows.items():
        table.add_row(name, *(cell(part) for part in parts.values()))
    return table


def external_table(scores: ExternalScores, articles: int) -> Table:
    """Precision, recall and F1 of sentences and of speakers on data annotated by others."""
    table = plain_table(f"{articles} articles", "golden", "precision", "recall", "F1")
    for name, found in (("sentence", scores.sentences), ("sentence and speaker", scores.speakers)):
        table.add_row(name, str(found.gold), number(found.precision), number(found.recall), number(found.f1))
    return table


def faults_table(ranking: Sequence[tuple[str, int, Fault]], total: int) -> Table:
    """Kinds of error with their counts and an example each."""
    from rich.markup import escape

    table = plain_table(f"kind of error ({total} in all)", "count", "example")
    table.columns[2].justify = "left"
    for kind, count, fault in ranking:
        table.add_row(kind, str(count), f"{escape(fault.example)} ({fault.slug})")
    return table


def number(value: float | None, *, digits: int = 3) -> str:
    """A figure with so many digits; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def _range(found: Interval | None) -> str:
    return f"{found.low:.2f}–{found.high:.2f}" if found else ""


def _counted(total: Figures) -> str:
    return f"{total.articles}" + (f", {total.failed} failed" if total.failed else "")


def plain_table(*columns: str) -> Table:
    """A table that is also Markdown; all columns but the first are numbers."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.MARKDOWN, header_style="")
    for i, column in enumerate(columns):
        table.add_column(column, justify="right" if i else "left", no_wrap=i == 0, overflow="fold")
    return table
