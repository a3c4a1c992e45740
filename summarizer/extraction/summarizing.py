"""The summary by a capable model: from verified claims only, each sentence citing them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial
from typing import Any

from pydantic import BaseModel, Field

from summarizer import prompting
from summarizer.document import Part
from summarizer.extraction.translating import context
from summarizer.faithfulness import Passage, additions, is_in_language
from summarizer.llm.base import Message, StructuredReply, StructuredRequest
from summarizer.models import Claim, Summary, SummarySentence
from summarizer.verification import added_names


class SentenceDraft(BaseModel):
    """A sentence of the summary."""

    text: str = Field(max_length=600)
    claims: list[str] = Field(description="Ids of the claims that the sentence rests on.")


class SummaryDraft(BaseModel):
    """A short summary."""

    sentences: list[SentenceDraft] = Field(max_length=12)


def steps(
    claims: Sequence[Claim], language: str, source: str | None = None
) -> Generator[StructuredRequest[Any], object, Summary | None]:
    """Yields the request, to be sent the reply; gives the summary, or none when no sentence held.

    `source` is the article's language, where statements and summary are in another.
    """
    prompt = prompting.load("article/summary")
    listed = "\n".join(
        f"{c.id}: {prompting.harmless(', '.join(s.name for s in c.speakers))} {c.stance} ({c.measure}): "
        f"{prompting.harmless(c.statement)}"
        for c in claims
    )
    messages = Message("system", prompt["system"].strip()), Message("user", f"language: {language}\n\n{listed}")
    reply = yield StructuredRequest(messages, SummaryDraft, max_output_tokens=2048, max_reasks=1)
    assert isinstance(reply, StructuredReply)
    kept = [s for draft in reply.value.sentences if (s := _grounded(draft, claims, language, source)) is not None]
    return Summary(sentences=kept) if kept else None


def _grounded(
    draft: SentenceDraft, claims: Sequence[Claim], language: str, source: str | None
) -> SummarySentence | None:
    """The sentence with the claims that exist; none when it cites none or adds a name or a number."""
    cited = [c for c in claims if c.id in draft.claims]
    adds = _adds if source in {None, language} else partial(_adds_in_translation, source=source)
    if not cited or adds(draft.text, cited, language):
        return None
    return SummarySentence(text=" ".join(draft.text.split()), claims=[c.id for c in cited])


def _adds(text: str, cited: Sequence[Claim], language: str) -> bool:
    words = "\n".join(
        f"{c.statement}\n{' '.join(e.text for e in c.evidence)}\n"
        + " ".join(f"{s.name} {s.role or ''} {s.affiliation or ''}" for s in c.speakers)
        for c in cited
    )
    known = Part(words, language)
    return bool(Part(text, language).numbers - known.numbers or added_names(text, [known], Part("", language)))


def _adds_in_translation(text: str, cited: Sequence[Claim], language: str, *, source: str) -> bool:
    """As `_adds`, or that the sentence isn't in the language at all."""
    sentence = Passage(" ".join(text.split()), language)
    known = [passage for c in cited for passage in (Passage(c.statement, language), *context(c, source))]
    return not is_in_language(sentence) or bool(additions(sentence, known))
