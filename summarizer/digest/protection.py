"""Whose security an article is about."""

from __future__ import annotations

from collections import Counter
from functools import cache

from summarizer.resources import data


def protected(text: str) -> str | None:
    """The country that an article is about; none where it names none of them, or two as often."""
    lower = text.lower()
    counted = Counter({code: sum(map(lower.count, words)) for code, words in _beginnings().items()})
    (first, most), (_, second) = counted.most_common(2)
    return first if most > second else None


@cache
def _beginnings() -> dict[str, tuple[str, ...]]:
    return {code: tuple(words) for code, words in data("digest.yaml")["protected"].items()}
