"""The page of an eval run: one static HTML file with the figures and every article beside its claims.

What stands on it is computed here and in `page_article`; the template only lays it out. Text of others
(articles, models) is escaped by the template engine and made harmless to show on its way out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

from summarizer.evaluation.figures import (
    FIGURES,
    LOWER_IS_BETTER,
    ArticleResult,
    Figures,
    by_attribution,
    by_genre,
    by_language,
    confusion,
    counts,
    figures,
)
from summarizer.evaluation.intervals import interval
from summarizer.evaluation.page_article import article_view
from summarizer.evaluation.runs import RunHeader
from summarizer.evaluation.tables import number
from summarizer.llm.recording import Recorded
from summarizer.rendering.html.environment import environment, part, policy

HEAT_LEVELS = 5
_NAMES = {"f1": "F1", "chrf": "chrF"}
_NO_REPLIES: Mapping[tuple[str, int], Sequence[Recorded]] = {}


@dataclass(frozen=True)
class Fact:
    """A line of the page's head."""

    name: str
    value: str
    is_warning: bool = False


@dataclass(frozen=True)
class Group:
    """Neighbouring columns of the table of figures that belong together."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class FigureRow:
    """A figure over all articles, with its interval, and over each group's."""

    name: str
    direction: Literal["higher", "lower", ""]
    total: str
    interval: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class FigureTable:
    """All figures; `values` of a row stand in the order of the groups' columns."""

    groups: tuple[Group, ...]
    rows: tuple[FigureRow, ...]


@dataclass(frozen=True)
class Cell:
    """How often a golden label was given as a predicted one; `heat` is its share of the row, 0 to HEAT_LEVELS."""

    count: int
    heat: int
    is_right: bool


@dataclass(frozen=True)
class Heatmap:
    """A confusion matrix: golden labels with their cells, one for each predicted label."""

    name: str
    labels: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


def page(
    header: RunHeader,
    results: Sequence[ArticleResult],
    replies: Mapping[tuple[str, int], Sequence[Recorded]] = _NO_REPLIES,
) -> str:
    """The page as HTML that needs nothing but itself: no script, no request.

    `replies` are the model's recorded ones by slug and repeat, as `RunArticle.key` has them.

    Raises:
        ConfigurationError: scipy or sacrebleu is not installed.
    """
    style = "".join(map(part, ("base.css", "claims.css", "evaluation/page.css")))
    articles = [
        article_view(result, place, replies.get((result.golden.slug, result.repeat), ()), repeats=header.repeats)
        for place, result in enumerate(sorted(results, key=_worst_first), start=1)
    ]
    heatmaps = (heatmap(results, "stance"), heatmap(results, "measure"))
    return (
        environment()
        .get_template("evaluation/page.html.j2")
        .render(
            title=f"Eval of {header.system}" + (f" with {header.model}" if header.model else ""),
            style=style,
            policy=policy(style),
            facts=run_facts(header, results),
            table=figure_table(results),
            heatmaps=[one for one in heatmaps if one.labels],
            articles=articles,
        )
    )


def run_facts(header: RunHeader, results: Sequence[ArticleResult]) -> list[Fact]:
    """How the run came about, without what wasn't recorded."""
    failed = sum(result.matching is None for result in results)
    articles = str(len({result.golden.slug for result in results}))
    commit = f"{header.git_commit}{', with uncommitted changes' if header.git_dirty else ''}"
    facts = [
        Fact("System", header.system),
        Fact("Model", header.model),
        Fact("Profile", f"{header.profile or ''}{', thorough' if header.thorough else ''}"),
        Fact("Topic", header.topic or ""),
        Fact("Prompt", header.prompt or ""),
        Fact("Golden set", f"{header.golden_sha256} (split: {header.split or 'both'})"),
        Fact("Articles", f"{articles}, {header.repeats} times each" if header.repeats > 1 else articles),
        Fact("Failed", str(failed) if failed else "", is_warning=True),
        Fact("Commit", commit if header.git_commit else "", is_warning=bool(header.git_dirty)),
        Fact("Started", header.started_at.strftime("%Y-%m-%d %H:%M %Z").strip()),
        Fact("Versions", _listed(header.versions)),
        Fact("Machine", _listed(header.machine)),
    ]
    return [fact for fact in facts if fact.value]


def figure_table(results: Sequence[ArticleResult]) -> FigureTable:
    """The figures over all articles, then by language, genre and attribution."""
    total = figures(results)
    parts: dict[str, Mapping[str, Figures]] = {
        "language": by_language(results),
        "genre": by_genre(results),
        "attribution": by_attribution(results),
    }
    columns = [column for part in parts.values() for column in part.values()]
    rows = [
        FigureRow(_words(field), "", str(getattr(total, field)), "", tuple(str(getattr(c, field)) for c in columns))
        for field in ("articles", "failed")
    ]
    for name in FIGURES:
        found = interval(results, name)
        between = f"{number(found.low)} to {number(found.high)}" if found else ""
        values = tuple(number(column.value(name)) for column in columns)
        direction: Literal["higher", "lower"] = "lower" if name in LOWER_IS_BETTER else "higher"
        rows.append(FigureRow(_words(name), direction, number(total.value(name)), between, values))
    return FigureTable(tuple(Group(name, tuple(part)) for name, part in parts.items() if part), tuple(rows))


def heatmap(results: Sequence[ArticleResult], field: Literal["stance", "measure"]) -> Heatmap:
    """The confusion matrix of a field; every cell that isn't 0 has some heat."""
    found = confusion(results, field)
    rows = []
    for label, row in zip(found.labels, found.rows, strict=True):
        total = sum(row)
        cells = tuple(
            Cell(count, ceil(HEAT_LEVELS * count / total) if count else 0, label == predicted)
            for predicted, count in zip(found.labels, row, strict=True)
        )
        rows.append((label, cells))
    return Heatmap(field, found.labels, tuple(rows))


def _worst_first(result: ArticleResult) -> tuple[bool, float, float, int, str, int]:
    matching, slug, repeat = result.matching, result.golden.slug, result.repeat
    if matching is None:
        return False, 0.0, 0.0, 0, slug, repeat
    loose, strict = counts(matching)
    # An article without claims in which none was found has no F1, and nothing is wrong with it.
    f1s = [1.0 if one.f1 is None else one.f1 for one in (strict, loose)]
    return True, f1s[0], f1s[1], -len(matching.missed) - len(matching.spurious), slug, repeat


def _words(name: str) -> str:
    return " ".join(_NAMES.get(word, word) for word in name.split("_"))


def _listed(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items() if value is not None)
