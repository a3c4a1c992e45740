"""Scores extraction on quotations annotated by others, in the format of the wikinews-de data.

Petersen-Frey and Biemann, Dataset of Quotation Attribution in German News Articles, LREC-COLING 2024. Its
licence is not an open-source one, so that the data is measured with and nothing of it is kept here. Every
quotation counts, whatever it is about: the topic filter has to be off.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from summarizer.errors import InputError
from summarizer.evaluation.matching import Counts
from summarizer.models import Article, Report
from summarizer.people import bare_name, is_pronoun
from summarizer.sentences import split

_SAME_NAME_MIN_SIMILARITY = 85


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Quotation(_Line):
    """A quotation; spans are code points, end exclusive. The speaker is as worded at that place, or empty."""

    nested: bool = False
    quote_spans: list[tuple[int, int]]
    speaker_text: str = ""


class ExternalArticle(_Line):
    """An article with its quotations."""

    id: str
    title: str | None = None
    date: datetime.date | None = None
    text: str
    quotes: list[Quotation]

    def article(self) -> Article:
        """What is summarized."""
        return Article.from_text(self.text, language="de", title=self.title, published=self.date)


@dataclass(frozen=True)
class ExternalScores:
    """`sentences`: those with a quotation. `speakers`: (sentence, speaker), without golden quotations whose
    speaker is missing or a pronoun, and without predictions in sentences that have only such."""

    sentences: Counts
    speakers: Counts


def read_external(file: Path) -> Iterator[ExternalArticle]:
    """The articles of a JSONL file.

    Raises:
        InputError: it can't be read, or a line isn't in the format.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} can't be read as text.", "Name a JSONL file in UTF-8.") from error
    for number, line in enumerate(lines, start=1):
        try:
            yield ExternalArticle.model_validate(json.loads(line))
        except (ValueError, ValidationError) as error:
            raise InputError(
                f"{file}, line {number}: not an article with quotations.",
                "Each line needs id, text and quotes with quote_spans and speaker_text.",
            ) from error


def score_external(given: ExternalArticle, report: Report) -> ExternalScores:
    """Compare the sentences and speakers of a report with the quotations."""
    gold: dict[int, list[str]] = {}
    spans = [(s.number, s.start, s.end) for s in split(given.text)]
    for quotation in given.quotes:
        if quotation.nested:
            continue
        for number, start, end in spans:
            if any(start < q_end and q_start < end for q_start, q_end in quotation.quote_spans):
                gold.setdefault(number, []).append(quotation.speaker_text)
    predicted: dict[int, set[str]] = {}
    for claim in report.claims:
        for evidence in claim.evidence:
            predicted.setdefault(evidence.sentence, set()).update(s.name for s in claim.speakers)
    sentences = Counts(len(gold.keys() & predicted.keys()), len(predicted), len(gold))
    return ExternalScores(sentences, _speaker_counts(gold, predicted))


def _speaker_counts(gold: dict[int, list[str]], predicted: dict[int, set[str]]) -> Counts:
    correct = given = expected = 0
    for number in gold.keys() | predicted.keys():
        names = {name for name in gold.get(number, ()) if name.strip() and not is_pronoun(name)}
        guesses = predicted.get(number, set())
        if number in gold and not names:
            continue
        left = set(guesses)
        for name in sorted(names):
            hit = next((guess for guess in sorted(left) if _same(name, guess)), None)
            if hit is not None:
                left.remove(hit)
                correct += 1
        given += len(guesses)
        expected += len(names)
    return Counts(correct, given, expected)


def _same(one: str, other: str) -> bool:
    """Whether the words of one name are among those of the other, offices aside."""
    from rapidfuzz.fuzz import token_set_ratio

    pairs = ((one, other), (bare_name(one), bare_name(other)))
    return any(token_set_ratio(a.casefold(), b.casefold()) >= _SAME_NAME_MIN_SIMILARITY for a, b in pairs)


def _sum(counts: Iterable[Counts]) -> Counts:
    parts = list(counts)
    return Counts(sum(p.correct for p in parts), sum(p.predicted for p in parts), sum(p.gold for p in parts))


def total(scores: Iterable[ExternalScores]) -> ExternalScores:
    """All articles together."""
    scores = list(scores)
    return ExternalScores(_sum(s.sentences for s in scores), _sum(s.speakers for s in scores))
