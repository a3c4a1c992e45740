"""A golden article as an HTML page, so that attacks on pages have one to be in."""

from __future__ import annotations

import re
from html import escape

from summarizer.evaluation.golden import GoldenArticle


def page_of(golden: GoldenArticle) -> str:
    """The page: a headline, then a paragraph or a heading for each of the text."""
    text = golden.article.text
    headings = {s.text(text) for s in golden.sentences if s.is_heading}
    blocks = list[str]()
    # Not by sentences: a dateline is part of none.
    for paragraph in filter(None, map(str.strip, re.split(r"\n\s*\n", text))):
        tag = "p" if paragraph not in headings else "h2" if blocks else "h1"
        blocks.append(f"<{tag}>{escape(' '.join(paragraph.split()), quote=False)}</{tag}>")
    day = golden.article.published
    published = f'<meta property="article:published_time" content="{day.isoformat()}">\n' if day else ""
    title = escape(golden.article.title or golden.slug, quote=False)
    return (
        f'<!DOCTYPE html>\n<html lang="{golden.article.language}">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{title}</title>\n{published}</head>\n<body>\n<article>\n" + "\n".join(blocks) + "\n</article>\n"
        "</body>\n</html>\n"
    )
