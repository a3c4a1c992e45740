"""The digest as one page that needs nothing but itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from summarizer.digest.models import Digest
from summarizer.rendering.html.digest_view import DigestView
from summarizer.rendering.html.environment import environment, part, policy

if TYPE_CHECKING:
    from markupsafe import Markup


def digest_page(digest: Digest, *, bar: Markup | None = None) -> str:
    """The digest as HTML: no request to anywhere, everything of others escaped; reads the same without its script.

    `bar` stands above the title: where else one can go from here.
    """
    return (
        environment()
        .get_template("digest.html.j2")
        .render(
            view=DigestView(digest),
            digest=digest,
            bar=bar,
            style=_style(),
            script=part("digest.js"),
            policy=digest_policy(),
        )
    )


def digest_policy() -> str:
    """The Content-Security-Policy of the page, which it has in itself too."""
    return policy(_style(), part("digest.js"))


def _style() -> str:
    return "".join(map(part, ("base.css", "claims.css", "digest.css")))
