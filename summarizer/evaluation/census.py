"""What a golden set holds, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from summarizer.evaluation.annotation import Split
from summarizer.evaluation.golden import GoldenArticle
from summarizer.evaluation.tables import plain_table
from summarizer.models import Attribution, Claim, Measure, Stance

if TYPE_CHECKING:
    from rich.table import Table


def pairs_of(articles: Sequence[GoldenArticle]) -> list[Claim]:
    """The claims that are scored, once for each speaker."""
    return [g.claim for a in articles for g in a.claims if not g.optional for _ in g.claim.speakers]


def census_tables(articles: Sequence[GoldenArticle]) -> list[Table]:
    """Articles by split, language and genre; pairs by stance, measure and attribution."""
    parts = {split.value: [a for a in articles if a.split is split] for split in Split}
    parts["all"] = list(articles)
    table = plain_table("golden set", *parts)
    rows: dict[str, Callable[[GoldenArticle], bool]] = {
        "articles": lambda a: True,
        "… German": lambda a: a.article.language == "de",
        "… English": lambda a: a.article.language == "en",
        "… without claims": lambda a: not a.claims,
    }
    for genre in sorted({a.genre for a in articles}):
        rows[f"… {genre.value}"] = lambda a, genre=genre: a.genre is genre  # type: ignore[misc]
    for name, belongs in rows.items():
        table.add_row(name, *(str(sum(map(belongs, part))) for part in parts.values()))
    table.add_row("words", *(str(sum(len(a.article.text.split()) for a in part)) for part in parts.values()))
    table.add_row("speaker-claim pairs", *(str(len(pairs_of(part))) for part in parts.values()))
    table.add_row("optional claims", *(str(sum(g.optional for a in part for g in a.claims)) for part in parts.values()))
    return [table, *(_labels_table(field, parts) for field in ("stance", "measure", "attribution"))]


def _labels_table(field: str, parts: dict[str, list[GoldenArticle]]) -> Table:
    table = plain_table(f"pairs by {field}", *parts)
    counted = [Counter(str(getattr(claim, field)) for claim in pairs_of(part)) for part in parts.values()]
    kinds: dict[str, list[StrEnum]] = {
        "stance": [*Stance],
        "measure": [*Measure],
        "attribution": [*Attribution],
    }
    for kind in kinds[field]:
        table.add_row(kind.value, *(str(count[kind.value]) for count in counted))
    return table
