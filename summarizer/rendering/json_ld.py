"""Claims as JSON-LD with schema.org's terms, for fact-checking tools and search engines.

An article is a `NewsArticle`, a claim a `Claim` that appears in it, the speaker's own words a `Quotation`. Where
words stand is said with the selectors of the W3C's Web Annotation vocabulary: its positions are Unicode code
points, as a report's are, into the article's text as the report has it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID, uuid5

from summarizer.models import Article, Claim, Measure, Report, Span, Speaker, SpeakerKind, Stance
from summarizer.rendering.addresses import web_address
from summarizer.rendering.figures import speaker_details

_Node = dict[str, Any]

_CONTEXT = ["https://schema.org/", {"oa": "http://www.w3.org/ns/oa#"}]
# The same article, claim and term have the same identifier in every export.
_NAMESPACE = UUID("8b0f8f0e-6d0c-4c5e-9d53-1f6f3f6c2a47")
# What could end a script element that the document is pasted into, or act on a terminal.
_ACTIVE = re.compile("[<>&\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_CONTEXT_LENGTH = 32
_DESCRIPTIONS = {
    SpeakerKind.GROUP: "A group",
    SpeakerKind.UNNAMED: "A source that the article doesn't name",
}
_TYPES = {SpeakerKind.PERSON: "Person", SpeakerKind.GOVERNMENT: "GovernmentOrganization"}


def to_json_ld(reports: Iterable[Report]) -> str:
    """One document with the articles and claims of all reports in its `@graph`."""
    return "".join(json_ld_pieces(reports))


def json_ld_pieces(reports: Iterable[Report]) -> Iterator[str]:
    """The same document in pieces, a report at a time."""
    yield f'{{\n  "@context": {json.dumps(_CONTEXT)},\n  "@graph": ['
    separator = "\n    "
    for report in reports:
        for node in _nodes(report):
            text = json.dumps(node, ensure_ascii=False, allow_nan=False, indent=2)
            harmless = _ACTIVE.sub(lambda match: f"\\u{ord(match[0]):04x}", _SURROGATES.sub("\ufffd", text))
            yield separator + harmless.replace("\n", "\n    ")
            separator = ",\n    "
    yield "\n  ]\n}\n"


def _nodes(report: Report) -> Iterator[_Node]:
    article = report.article
    work = _article(article)
    yield work
    known: set[str] = set()
    for claim in report.claims:
        parts = [_excerpt(article, work["@id"], evidence, evidence.sentence) for evidence in claim.evidence]
        id_ = _claim_id(work["@id"], claim, known)
        if claim.quote:
            parts.insert(0, _quotation(article, work["@id"], id_, claim, claim.quote))
        yield _claim(report, work, id_, claim, parts)
        # Claims may share a sentence; a node stands once.
        yield from (part for part in parts if part["@id"] not in known)
        known |= {id_, *(part["@id"] for part in parts)}


def _article(article: Article) -> _Node:
    publisher = {"@type": "Organization", "name": article.source} if article.source else None
    return _filled(
        {
            "@type": "NewsArticle",
            "@id": _id(article.id, article.source, article.text),
            "identifier": article.id,
            "headline": article.title,
            "url": web_address(article.url),
            "datePublished": article.published.isoformat() if article.published else None,
            "inLanguage": article.language,
            "publisher": publisher,
        }
    )


def _claim(report: Report, work: _Node, id_: str, claim: Claim, parts: list[_Node]) -> _Node:
    day = claim.said_on or report.article.published
    return _filled(
        {
            "@type": "Claim",
            "@id": id_,
            "identifier": claim.id,
            "text": claim.statement,
            "inLanguage": report.run.language or report.article.language,
            "author": [_speaker(speaker) for speaker in claim.speakers],
            "datePublished": day.isoformat() if day else None,
            "appearance": {key: work[key] for key in ("@type", "@id", "headline", "url") if key in work},
            "about": _term(claim.measure),
            "keywords": _term(claim.stance),
            "description": _description(claim),
            "creditText": claim.via,
            "isBasedOn": [{"@id": part["@id"]} for part in parts],
            "sdDatePublished": report.run.started_at.date().isoformat(),
        }
    )


def _description(claim: Claim) -> str:
    conditions = [f"condition: {condition}" for condition in claim.conditions]
    return "; ".join([f"{claim.stance} ({claim.measure})", f"{claim.attribution} speech", *conditions])


def _quotation(article: Article, work: str, claim_id: str, claim: Claim, quote: Span) -> _Node:
    return {
        "@type": "Quotation",
        "@id": _id(claim_id, "quote"),
        "text": quote.text,
        "inLanguage": article.language,
        "spokenByCharacter": [_speaker(speaker) for speaker in claim.speakers],
        **_place(article, work, quote),
    }


def _excerpt(article: Article, work: str, span: Span, sentence: int) -> _Node:
    return {
        "@type": "CreativeWork",
        "@id": _id(work, span.start, span.end),
        "text": span.text,
        "inLanguage": article.language,
        "position": sentence,
        **_place(article, work, span),
    }


def _place(article: Article, work: str, span: Span) -> _Node:
    before = article.text[max(0, span.start - _CONTEXT_LENGTH) : span.start]
    after = article.text[span.end : span.end + _CONTEXT_LENGTH]
    return {
        "isPartOf": {"@id": work},
        "oa:hasSource": {"@id": work},
        "oa:hasSelector": [
            {"@type": "oa:TextQuoteSelector", "oa:exact": span.text, "oa:prefix": before, "oa:suffix": after},
            {"@type": "oa:TextPositionSelector", "oa:start": span.start, "oa:end": span.end},
        ],
    }


def _speaker(speaker: Speaker) -> _Node:
    own = speaker.affiliation if speaker.affiliation != speaker.name else None
    if speaker.kind is SpeakerKind.PERSON:
        affiliation = {"@type": "Organization", "name": own} if own else None
        return _filled({"@type": "Person", "name": speaker.name, "jobTitle": speaker.role, "affiliation": affiliation})
    described = [_DESCRIPTIONS.get(speaker.kind), speaker_details(speaker)]
    return _filled(
        {
            "@type": _TYPES.get(speaker.kind, "Organization"),
            "name": speaker.name,
            "description": "; ".join(filter(None, described)),
        }
    )


def _term(term: Measure | Stance) -> _Node:
    kind = type(term).__name__
    name = "Kinds of security guarantees" if isinstance(term, Measure) else "What speakers do with a guarantee"
    return {
        "@type": "DefinedTerm",
        "@id": _id(kind, term.value),
        "name": term.value,
        "inDefinedTermSet": {"@type": "DefinedTermSet", "@id": _id(kind), "name": name},
    }


def _claim_id(work: str, claim: Claim, known: set[str]) -> str:
    """From what is claimed and where, so that numbering and a reader's corrections don't change it."""
    said = [sorted(s.name for s in claim.speakers), claim.statement, [[e.start, e.end] for e in claim.evidence]]
    id_ = _id(work, said)
    return id_ if id_ not in known else _id(work, said, claim.id, claim.measure.value, claim.stance.value)


def _id(*parts: object) -> str:
    return f"urn:uuid:{uuid5(_NAMESPACE, json.dumps(parts))}"


def _filled(node: _Node) -> _Node:
    return {key: value for key, value in node.items() if value not in (None, "", [])}
