"""Baseline: one Instructor call a paragraph, evidence copied by the model, nothing verified. Embedded model."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import copied
from command import main
from pydantic import BaseModel, Field

from summarizer import __version__
from summarizer.document import Document
from summarizer.errors import ModelError
from summarizer.evaluation.runner import SystemDescription
from summarizer.llm import weights
from summarizer.llm.base import Message, StructuredRequest
from summarizer.llm.local import LocalModel
from summarizer.llm.recording import Recorded, record
from summarizer.models import (
    Article,
    Attribution,
    Claim,
    Measure,
    Report,
    Run,
    Sentence,
    Speaker,
    SpeakerKind,
    Stance,
    Usage,
)

CONTEXT_TOKENS = 4096
MAX_OUTPUT_TOKENS = 768
_TASK = (
    "List every claim about security guarantees (troops, training, air, naval, arms, funding, intelligence, "
    "monitoring, backstop, membership, treaty) in this paragraph of a news article: who says, promises, demands, "
    "refuses or rejects what. An empty list if there is none."
)


class PlainClaim(BaseModel):
    """A claim as one asks for it without thinking of how to check it."""

    speaker: str = Field(description="Who says it.")
    statement: str = Field(description="The claim as one sentence.")
    attribution: Attribution
    stance: Stance
    measure: Measure
    evidence: str = Field(description="The words of the paragraph that show it, copied.")
    quote: str | None = Field(default=None, description="Direct speech, copied.")


class PlainClaims(BaseModel):
    """The claims of a paragraph."""

    claims: list[PlainClaim] = Field(max_length=20)


class PlainInstructor:
    """What a user would write in twenty lines, on the same model."""

    name = "plain-instructor"

    def __init__(self) -> None:
        self._model = record(LocalModel("local", weights.ensure(None), context_tokens=CONTEXT_TOKENS))

    def describe(self) -> SystemDescription:
        """The embedded model, asked a paragraph at a time."""
        return SystemDescription(model=self._model.name, profile="paragraph", prompt=_TASK, schemas=(PlainClaims,))

    def report(self, article: Article) -> tuple[Report, list[Recorded]]:
        """All claims of all paragraphs; a paragraph whose call fails is a warning."""
        started_at, started = datetime.now(UTC), time.monotonic()
        self._model.take()
        document = Document.of(article)
        claims: list[Claim] = []
        warnings: list[str] = []
        usage = Usage()
        for number, sentences in enumerate(_paragraphs(document), start=1):
            text = article.text[sentences[0].start : sentences[-1].end]
            messages = (Message("system", _TASK), Message("user", text))
            try:
                reply = self._model.ask(
                    StructuredRequest(messages, PlainClaims, max_output_tokens=MAX_OUTPUT_TOKENS, max_reasks=1)
                )
            except ModelError as error:
                usage += error.usage or Usage()
                warnings.append(f"paragraph {number}: {error.type}")
                continue
            usage += reply.usage
            claims += [
                _claim(document, sentences, given, f"c{len(claims) + i}")
                for i, given in enumerate(reply.value.claims, start=1)
            ]
        run = Run(
            model=self._model.name,
            prompt="plain-instructor",
            profile="paragraph",
            summarizer_version=__version__,
            started_at=started_at,
            duration_s=round(time.monotonic() - started, 3),
            warnings=warnings,
            usage=usage,
        )
        return Report(article=article, claims=claims, run=run), self._model.take()


def _paragraphs(document: Document) -> Iterator[list[Sentence]]:
    paragraph: list[Sentence] = []
    for sentence in document.sentences:
        if sentence.is_heading:
            continue
        if paragraph and paragraph[-1].paragraph != sentence.paragraph:
            yield paragraph
            paragraph = []
        paragraph.append(sentence)
    if paragraph:
        yield paragraph


def _claim(document: Document, sentences: list[Sentence], given: PlainClaim, identifier: str) -> Claim:
    return Claim(
        id=identifier,
        speakers=[Speaker(name=given.speaker or "?", kind=SpeakerKind.PERSON)],
        statement=given.statement,
        attribution=given.attribution,
        stance=given.stance,
        measure=given.measure,
        evidence=copied.evidence(document, sentences, given.evidence),
        quote=copied.quote(document, given.quote),
    )


if __name__ == "__main__":
    main(PlainInstructor, "One Instructor call a paragraph with copied evidence and no verification, embedded model.")
