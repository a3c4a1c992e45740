"""What the archive keeps of a report so that its claims are found: rows, as pure functions of the report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

from summarizer.actors.identity import actor_id, name_key
from summarizer.archive.words import endings, storable
from summarizer.corrections import Correction, applicable, as_corrected, stale
from summarizer.models import Article, Claim, Measure, Report
from summarizer.rendering import to_jsonl_line
from summarizer.resources import data

Row = dict[str, Any]

_PACKAGE = Path(__file__).parent.parent
# All that the rows of a claim follow from, but for the report: words, data and code.
_RULES = (
    "actors/*.py",
    "archive/indexing.py",
    "archive/words.py",
    "data/actors.yaml",
    "data/identity.yaml",
    "data/summary.yaml",
    "data/transliteration.yaml",
    "letters.py",
)


@dataclass(frozen=True)
class ClaimRows:
    """The rows of a report's claims, numbered from the first id on."""

    claims: list[Row]
    speakers: list[Row]
    actors: list[Row]


def document(report: Report) -> str:
    """The report as it is kept: its line of JSON Lines, without the line end."""
    return to_jsonl_line(report).rstrip("\n")


@cache
def rules() -> str:
    """What tells two ways of making rows apart. Babel has the names of countries."""
    known = blake2b(version("babel").encode(), digest_size=16)
    for pattern in _RULES:
        for file in sorted(_PACKAGE.glob(pattern)):
            known.update(file.read_bytes())
    return known.hexdigest()


def fingerprint(text: str) -> str:
    """What tells two documents apart."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def moment(report: Report) -> str:
    """When the report's run started, in UTC, so that the later of two sorts last."""
    return report.run.started_at.astimezone(UTC).isoformat(timespec="microseconds")


def corrections_text(report: Report, corrections: Sequence[Correction]) -> str:
    """What readers say of the report's article, as JSON: what fits its claims and what fits none any more."""
    known = [*applicable(report, corrections).values(), *stale(report, corrections)]
    return json.dumps([correction.model_dump(mode="json") for correction in known], ensure_ascii=True)


def corrections_of(text: str) -> tuple[Correction, ...]:
    """The corrections that `corrections_text` wrote. Raises `ValueError`."""
    return tuple(Correction.model_validate(item) for item in json.loads(text))


def article_row(article: Article) -> Row:
    """The article without its text, which is in the report."""
    return {
        "id": storable(article.id),
        "title": _maybe(article.title),
        "source": _maybe(article.source),
        "published": article.published.isoformat() if article.published else None,
        "url": _maybe(article.url),
        "language": storable(article.language),
    }


def report_row(report: Report, text: str, corrections: str, path: str | None) -> Row:
    """The report itself."""
    return {
        "article": storable(report.article.id),
        "fingerprint": fingerprint(text),
        "started_at": moment(report),
        "model": storable(report.run.model),
        "path": _maybe(path),
        "added_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "corrections": corrections,
        "json": text,
        "rules": rules(),
    }


def claim_rows(report: Report, corrections: Sequence[Correction], first_id: int) -> ClaimRows:
    """The claims as readers have corrected them; those that are wrong too, as such."""
    known = applicable(report, corrections)
    rows = ClaimRows([], [], [])
    for position, claim in enumerate(report.claims):
        number = first_id + position
        rows.claims.append({"id": number, "position": position, **_claim(report.article, claim, known)})
        rows.speakers.extend(_speakers(claim, number))
        actors = dict.fromkeys(storable(actor_id(speaker)) for speaker in claim.speakers)
        rows.actors.extend({"actor": actor, "claim": number} for actor in actors)
    return rows


def day_of(claim: Claim, article: Article) -> date | None:
    """The day on which a claim was made, else on which its article appeared."""
    return claim.said_on or article.published


def _claim(article: Article, claim: Claim, corrections: Mapping[str, Correction]) -> Row:
    correction = corrections.get(claim.id)
    claim = as_corrected(claim, correction)
    day = day_of(claim, article)
    evidence = "\n".join(span.text for span in claim.evidence)
    speakers = "\n".join(
        part for speaker in claim.speakers for part in (speaker.name, speaker.role, speaker.affiliation) if part
    )
    return {
        "article": storable(article.id),
        "claim": storable(claim.id),
        "stance": claim.stance.value,
        "measure": claim.measure.value,
        "attribution": claim.attribution.value,
        "day": day.isoformat() if day else None,
        "said_on": claim.said_on.isoformat() if claim.said_on else None,
        "via": _maybe(claim.via),
        "confidence": claim.confidence,
        "is_wrong": int(correction is not None and correction.wrong),
        "is_corrected": int(correction is not None and correction.changes_claim),
        "statement": storable(claim.statement),
        "evidence": storable(evidence),
        "quote": _maybe(claim.quote.text if claim.quote else None),
        "speakers": storable(speakers),
        "title": _maybe(article.title),
        "endings": endings(claim.statement, evidence),
        "labels": _labels(claim.measure),
    }


@cache
def _labels(measure: Measure) -> str:
    """What the measure is called, in every language that there are words for."""
    if measure is Measure.GENERAL:
        return ""
    languages: list[dict[str, Any]] = list(data("summary.yaml").values())
    return " ".join(words["measure"][measure.value].replace(f" {words['and']} ", " ") for words in languages)


def _speakers(claim: Claim, number: int) -> Iterator[Row]:
    for position, speaker in enumerate(claim.speakers):
        yield {
            "claim": number,
            "position": position,
            "name": storable(speaker.name),
            "kind": speaker.kind.value,
            "role": _maybe(speaker.role),
            "affiliation": _maybe(speaker.affiliation),
            "key": storable(name_key(speaker.name)),
        }


def _maybe(text: str | None) -> str | None:
    return None if text is None else storable(text)
