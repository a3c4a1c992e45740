"""The summary by a capable model: from verified claims only, each sentence citing them."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from typing import Any

from pydantic import BaseModel, Field

from summarizer import prompting
from summarizer.llm.base import Message, StructuredReply, StructuredRequest
from summarizer.models import Claim, Summary, SummarySentence
from summarizer.verification import added_names

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class SentenceDraft(BaseModel):
    """A sentence of the summary."""

    text: str = Field(max_length=600)
    claims: list[str] = Field(description="Ids of the claims that the sentence rests on.")


class SummaryDraft(BaseModel):
    """A short summary."""

    sentences: list[SentenceDraft] = Field(max_length=12)


def steps(claims: Sequence[Claim], language: str) -> Generator[StructuredRequest[Any], object, Summary | None]:
    """Yields the request, to be sent the reply; gives the summary, or none when no sentence held."""
    prompt = prompting.load("article/summary")
    listed = "\n".join(
        f"{c.id}: {', '.join(s.name for s in c.speakers)} {c.stance} ({c.measure}): {prompting.harmless(c.statement)}"
        for c in claims
    )
    messages = Message("system", prompt["system"].strip()), Message("user", f"language: {language}\n\n{listed}")
    reply = yield StructuredRequest(messages, SummaryDraft, max_output_tokens=2048, max_reasks=1)
    assert isinstance(reply, StructuredReply)
    kept = [s for draft in reply.value.sentences if (s := _grounded(draft, claims, language)) is not None]
    return Summary(sentences=kept) if kept else None


def _grounded(draft: SentenceDraft, claims: Sequence[Claim], language: str) -> SummarySentence | None:
    """The sentence with the claims that exist; none when it cites none or adds a name or a number."""
    cited = [c for c in claims if c.id in draft.claims]
    known = "\n".join(
        f"{c.statement}\n{' '.join(e.text for e in c.evidence)}\n"
        + " ".join(f"{s.name} {s.role or ''} {s.affiliation or ''}" for s in c.speakers)
        for c in cited
    )
    added = set(_NUMBER.findall(draft.text)) - set(_NUMBER.findall(known))
    if not cited or added or added_names(draft.text, known, "", language):
        return None
    return SummarySentence(text=" ".join(draft.text.split()), claims=[c.id for c in cited])
