"""A report as one self-contained HTML file: the article beside its claims, nothing loaded, everything escaped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from summarizer.corrections import MAX_NOTE_CHARS, Correction
from summarizer.models import Article, Claim, Measure, Report, Stance
from summarizer.rendering.html.claim_view import claim_view
from summarizer.rendering.html.environment import environment, part, policy
from summarizer.rendering.html.report_view import report_view

if TYPE_CHECKING:
    from markupsafe import Markup


def report_page(
    report: Report,
    *,
    corrections: Sequence[Correction] = (),
    corrections_url: str | None = None,
    bar: Markup | None = None,
) -> str:
    """The page of a report, with what readers have corrected.

    It works without JavaScript; with it, claims are filtered and corrected in the page. Corrections made there are
    posted to `corrections_url`, a path where the page comes from, and taken back by `DELETE` of the claim's id
    below it. Without one they stay in the browser and are downloaded as a file of `Corrections`. `bar` stands above
    the title: where else one can go from here.
    """
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            view=report_view(report, corrections),
            corrections_url=corrections_url,
            stances=list(Stance),
            measures=list(Measure),
            max_note=MAX_NOTE_CHARS,
            bar=bar,
            style=_style(),
            script=part("report.js"),
            policy=report_policy(connects=corrections_url is not None),
        )
    )


def report_policy(*, connects: bool = False) -> str:
    """The Content-Security-Policy of the page, which it has in itself too; `connects` where corrections are posted."""
    return policy(_style(), part("report.js"), connects=connects)


def claim_fragment(claim: Claim, article: Article) -> str:
    """The card of one claim as it stands in the article's language, an `<li>` for `base.css` and `claim.css`."""
    macros: Any = environment().get_template("claim.html.j2").module
    return str(macros.claim_card(claim_view(claim, article, language=article.language), on_its_own=True))


def _style() -> str:
    return "".join(map(part, ("base.css", "claim.css", "report.css")))
