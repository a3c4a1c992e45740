"""Claims as plain citations: who said what, and in which article, on one line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from summarizer.models import Article, Claim, Report
from summarizer.rendering.figures import counted, sentences, speaker_name, speaker_words
from summarizer.rendering.visible import visible_line

_MOST_NAMES = 4
_SHOWN_OF_MORE = 3
_QUOTATION_MARKS = {"de": ("„", "“")}
_USUAL_MARKS = ("“", "”")


def to_citations(reports: Iterable[Report]) -> str:
    """A line a claim, in the order of the reports."""
    return "".join(f"{plain_citation(report, claim)}\n" for report in reports for claim in report.claims)


def plain_citation(report: Report, claim: Claim) -> str:
    """A claim with its source on one line, to be pasted into a text.

    The verbatim quote stands in quotation marks; a claim without one is marked as a paraphrase. What isn't
    known is left out, but for the day of publication: then it says "no date".
    """
    who = speaker_names(claim)
    if claim.said_on:
        who += f", {english_date(claim.said_on)}"
    cited = [*_article(report.article), sentences(claim.evidence), visible_line(report.article.url)]
    via = f" ({visible_line(claim.via)})" if visible_line(claim.via) else ""
    manner = "cited in" if _is_quoted(claim) else "paraphrased from"
    return f"{who}: {claim_words(report.article, claim)}{via}, {manner}: {', '.join(filter(None, cited))}"


def speaker_names(claim: Claim) -> str:
    """The speakers on one line, with role and affiliation where there is one; of many the first, and how many more."""
    speakers = claim.speakers
    if len(speakers) == 1:
        return speaker_words(speakers[0])
    shown = speakers if len(speakers) <= _MOST_NAMES else speakers[:_SHOWN_OF_MORE]
    names = ", ".join(speaker_name(s) for s in shown)
    more = len(speakers) - len(shown)
    return f"{names} and {counted(more, 'other')}" if more else names or "Unnamed"


def english_date(day: date) -> str:
    """`5 September 2025`."""
    from babel.dates import format_date

    return format_date(day, "d MMMM y", locale="en")


def claim_words(article: Article, claim: Claim) -> str:
    """The quote in the quotation marks of the article's language, else the statement as it is."""
    if not _is_quoted(claim):
        statement = visible_line(claim.statement).removesuffix(".")
        # Where a statement opens with who says it, that is said already.
        return statement.removeprefix(f"{speaker_name(claim.speakers[0])}: ") if len(claim.speakers) == 1 else statement
    assert claim.quote is not None
    opening, closing = _QUOTATION_MARKS.get(article.language, _USUAL_MARKS)
    return f"{opening}{visible_line(claim.quote.text).rstrip(',')}{closing}"


def _is_quoted(claim: Claim) -> bool:
    return claim.quote is not None and bool(visible_line(claim.quote.text).rstrip(","))


def _article(article: Article) -> list[str]:
    title, source = visible_line(article.title), visible_line(article.source)
    named = [source, f'"{title}"' if title else ""]
    published = english_date(article.published) if article.published else "no date"
    return [*(named if any(named) else [f"article {visible_line(article.id)}".strip()]), published]
