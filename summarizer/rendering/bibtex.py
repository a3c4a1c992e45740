"""Claims as BibTeX: an entry a claim, which cites the article and says in its note who said what."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from summarizer.letters import spelled_out
from summarizer.models import Article, Claim, Report
from summarizer.rendering.addresses import web_address
from summarizer.rendering.citations import claim_words, english_date, speaker_names
from summarizer.rendering.figures import sentences
from summarizer.rendering.visible import visible_line

# Braces as commands: BibTeX counts even escaped ones.
_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{character: f"\\{character}" for character in "%&_#$"},
    }
)
# Words of every style, which says them in its own language; a number would be printed as it is.
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LANGUAGES = {"de": "ngerman", "en": "english"}
# Of an address everything stays that means something in it; other letters are encoded.
_SAFE_IN_ADDRESS = "%/:?#[]@!$&'()*+,;=-._~"


def to_bibtex(reports: Iterable[Report]) -> str:
    """An entry for each claim, UTF-8, for BibTeX and BibLaTeX. Keys are unique in it, and the same every time."""
    return "".join(bibtex_pieces(reports))


def bibtex_pieces(reports: Iterable[Report]) -> Iterator[str]:
    """The same text in pieces, a claim at a time."""
    keys: set[str] = set()
    for report in reports:
        for claim in report.claims:
            key = _unused(_key(report.article, claim), keys)
            separator = "\n" if keys else ""
            keys.add(key)
            fields = "".join(f"  {name} = {_held(name, value)},\n" for name, value in _fields(report, claim) if value)
            yield f"{separator}@article{{{key},\n{fields}}}\n"


def _held(name: str, value: str) -> str:
    return value if name == "month" else f"{{{value}}}"


def _fields(report: Report, claim: Claim) -> Iterator[tuple[str, str]]:
    article = report.article
    # Braces within keep a style from lowering the case. The report doesn't know who wrote the article.
    yield "title", f"{{{_escaped(article.title) or 'Untitled article'}}}"
    yield "journal", _escaped(article.source)
    yield "entrysubtype", "newspaper"
    if article.published:
        yield "date", article.published.isoformat()
        yield "year", f"{article.published.year:04}"
        yield "month", _MONTHS[article.published.month - 1]
    yield "url", _address(article.url)
    yield "langid", _LANGUAGES.get(article.language, "")
    yield "note", _note(article, claim)
    yield "keywords", f"{claim.stance}, {claim.measure}"


def _note(article: Article, claim: Claim) -> str:
    said = f", {english_date(claim.said_on)}" if claim.said_on else ""
    details = "; ".join(filter(None, [visible_line(claim.via), sentences(claim.evidence)]))
    words = f"{speaker_names(claim)}{said}: {claim_words(article, claim)}"
    return _escaped(f"{words} ({details})" if details else words)


def _escaped(text: str | None) -> str:
    return visible_line(text).translate(_ESCAPES)


def _address(url: str | None) -> str:
    return quote(web_address(url) or "", safe=_SAFE_IN_ADDRESS)


def _key(article: Article, claim: Claim) -> str:
    """Who, when, which article, which claim: `macron2025-1f3a9c-c7`."""
    names = visible_line(claim.speakers[0].name).split() if claim.speakers else []
    year = f"{article.published.year}" if article.published else ""
    content = json.dumps([article.id, article.source, article.text])
    digest = hashlib.sha256(content.encode()).hexdigest()[:6]
    return f"{_plain(names[-1] if names else '')[:24] or 'claim'}{year}-{digest}-{_plain(claim.id)[:24] or 'c'}"


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", spelled_out(text))


def _unused(key: str, known: set[str]) -> str:
    """A report may be there twice."""
    number = 2
    unused = key
    while unused in known:
        unused, number = f"{key}-{number}", number + 1
    return unused
