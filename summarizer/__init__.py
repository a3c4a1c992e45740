"""Who said what about security guarantees: claims from news articles, each tied to the article's words.

    import summarizer
    report = summarizer.summarize(text)

Names load on first use, so that importing stays cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from summarizer.errors import SummarizerError
    from summarizer.models import Article, Claim, FailedArticle, Report
    from summarizer.pipeline import Summarizer, summarize
    from summarizer.reading import read_source, read_text

__all__ = [
    "Article",
    "Claim",
    "FailedArticle",
    "Report",
    "Summarizer",
    "SummarizerError",
    "__version__",
    "read_source",
    "read_text",
    "summarize",
]

_HOMES = {
    "Article": "models",
    "Claim": "models",
    "FailedArticle": "models",
    "Report": "models",
    "Summarizer": "pipeline",
    "SummarizerError": "errors",
    "read_source": "reading",
    "read_text": "reading",
    "summarize": "pipeline",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'summarizer' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"summarizer.{_HOMES[name]}"), name)
