"""The digest as one page that needs nothing but itself."""

from __future__ import annotations

from summarizer.digest.models import Digest
from summarizer.rendering.html.digest_view import DigestView
from summarizer.rendering.html.environment import environment, part, policy


def digest_page(digest: Digest) -> str:
    """The digest as HTML: no request to anywhere, everything of others escaped; reads the same without its script."""
    style = part("base.css") + part("digest.css")
    script = part("digest.js")
    return (
        environment()
        .get_template("digest.html.j2")
        .render(
            view=DigestView(digest),
            digest=digest,
            style=style,
            script=script,
            policy=policy(style, script),
        )
    )
