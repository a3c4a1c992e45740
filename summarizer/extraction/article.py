"""Profile `article`, for capable models: the claims of a chunk in one request, through Instructor."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from summarizer import prompting
from summarizer.document import Document
from summarizer.errors import InvalidOutputError, ModelError, TruncatedError
from summarizer.extraction.drafts import MAX_CLAIMS_PER_CHUNK, ClaimDraft, Verified
from summarizer.llm.base import Message, Schema, StructuredReply, StructuredRequest
from summarizer.llm.completions import whole_characters
from summarizer.models import Claim, Rejection, RejectionReason
from summarizer.sentences import Chunk, chunk, halve
from summarizer.verification import Verifier

MAX_OUTPUT_TOKENS = 8192
# What a report, and a reask, say of one claim that can't be used.
_LONGEST_CLAIM_CHARS = 2000
_LONGEST_REASON_CHARS = 300
_MOST_REASONS = 8
_MOST_BRACKETS = 100

Steps = Generator[tuple[StructuredRequest[Any], ...] | ClaimDraft | Verified | Rejection, object, None]


def steps(document: Document, *, max_reasks: int, chunk_chars: int = 6000, only: frozenset[int] | None = None) -> Steps:
    """Yields requests together, to be sent the replies and errors, then drafts, and what could not even be parsed.

    `chunk_chars` is how much of the article one request shows.
    `only` restricts what may be cited (a second look at uncovered sentences).
    """
    parts = chunk(document.sentences, document.article.text, max_chars=chunk_chars)
    yield from _ask([_Question.about(document, part, max_reasks, only) for part in parts])


@dataclass(frozen=True)
class _Question:
    """What is asked about one chunk, and what holds the answer against the article."""

    document: Document
    part: Chunk
    request: StructuredRequest[ExtractedClaims]
    check: _Check
    only: frozenset[int] | None

    @classmethod
    def about(cls, document: Document, part: Chunk, max_reasks: int, only: frozenset[int] | None) -> _Question:
        numbers = {s.number for s in part.sentences if not s.is_heading}
        citable = frozenset(numbers if only is None else numbers & only)
        check = _Check(document, citable)
        request = StructuredRequest(
            _messages(document, part, only),
            ExtractedClaims,
            max_output_tokens=MAX_OUTPUT_TOKENS,
            max_reasks=max_reasks,
            check=check,
            schema=_schema(citable),
        )
        return cls(document, part, request, check, only)

    def halves(self) -> list[_Question] | None:
        """Questions about less each, or None where there is nothing to part."""
        parts = halve(self.part)
        return parts and [self.about(self.document, part, self.request.max_reasks, self.only) for part in parts]


def _ask(questions: Sequence[_Question]) -> Steps:
    """All at once: none needs another's answer."""
    questions = [question for question in questions if question.check.citable]
    replies = yield tuple(question.request for question in questions)
    assert isinstance(replies, tuple)
    for question, reply in zip(questions, replies, strict=True):
        yield from _answered(question, reply)


def _answered(question: _Question, reply: StructuredReply[ExtractedClaims] | ModelError) -> Steps:
    if isinstance(reply, TruncatedError) and (halves := question.halves()):
        yield from _ask(halves)
    elif isinstance(reply, InvalidOutputError) and (found := _salvage(reply.last_output)) is not None:
        yield from found
    elif isinstance(reply, ModelError):
        raise reply
    else:
        yield from question.check.verified


def _messages(document: Document, part: Chunk, only: frozenset[int] | None) -> tuple[Message, ...]:
    prompt = prompting.load("article/extract")
    article = document.article
    dateline = document.dateline
    head = f"dateline: {prompting.harmless(article.text[dateline.start : dateline.end])}\n" if dateline else ""
    if article.published:
        head += f"published: {article.published.isoformat()}\n"
    user = prompt["user"].format(
        dateline=head,
        language=article.language,
        context=prompting.numbered(document, part.context) or "-",
        sentences=prompting.numbered(document, part.sentences),
    )
    if only is not None:
        numbers = ", ".join(str(s.number) for s in part.sentences if s.number in only)
        user += f"\nCite at least one of these sentences in every claim, they were overlooked: {numbers}."
    examples = "\n\n".join(_example(e) for e in prompt["examples"])
    return Message("system", f"{prompt['system'].strip()}\n\n{examples}"), Message("user", user)


def _example(example: dict[str, Any]) -> str:
    sentences = "\n".join(f"[{n}] {text}" for n, text in example["sentences"].items())
    return f"Example:\n{sentences}\nAnswer: {json.dumps({'claims': example['claims']}, ensure_ascii=False)}"


class ExtractedClaims(BaseModel):
    """The claims of one part of an article."""

    claims: list[ClaimDraft] = Field(
        max_length=MAX_CLAIMS_PER_CHUNK, description="Every claim, in the article's order."
    )


@cache
def _whole_schema() -> dict[str, Any]:
    return ExtractedClaims.model_json_schema()


@lru_cache(maxsize=256)
def _schema(citable: frozenset[int]) -> Schema:
    """What the model is shown: only these sentences can be cited. Shares all but that with other chunks' schemas."""
    numbers = {"items": {"type": "integer", "enum": sorted(citable)}}
    schema = _whole_schema()
    claim = schema["$defs"]["ClaimDraft"]
    properties = claim["properties"]
    narrowed = claim | {"properties": properties | {"evidence": properties["evidence"] | numbers}}
    return Schema(schema | {"$defs": schema["$defs"] | {"ClaimDraft": narrowed}})


@dataclass
class _Check:
    """Holds answers against the article, each claim once: asked again, a model repeats most of them.

    `verified` are the claims of the last answer.
    """

    document: Document
    citable: frozenset[int]
    verified: list[Verified] = field(default_factory=list)
    _checked: dict[str, tuple[Claim | None, list[RejectionReason]]] = field(default_factory=dict)

    def __call__(self, answer: ExtractedClaims) -> list[str]:
        """What was not found, in the checks' own words."""
        checked = [(draft, *self._result(draft)) for draft in answer.claims]
        self.verified = [Verified(draft, claim) for draft, claim, _ in checked if claim is not None]
        return [f"claims[{i}]: {reason.message}" for i, (_, _, reasons) in enumerate(checked) for reason in reasons]

    def _result(self, draft: ClaimDraft) -> tuple[Claim | None, list[RejectionReason]]:
        key = draft.model_dump_json()
        if key not in self._checked:
            self._checked[key] = Verifier(self.document).check(draft, self.citable)
        return self._checked[key]


def _salvage(output: str | None) -> list[ClaimDraft | Rejection] | None:
    """What the last, invalid answer holds; none where it isn't even a list of claims."""
    try:
        claims = json.loads(output or "")["claims"]
        if not isinstance(claims, list):
            return None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return [_salvaged(raw) for raw in claims[:MAX_CLAIMS_PER_CHUNK]] + _left_out(claims[MAX_CLAIMS_PER_CHUNK:])


def _salvaged(raw: Any) -> ClaimDraft | Rejection:
    try:
        return ClaimDraft.model_validate(raw)
    except ValidationError as error:
        reasons = [
            RejectionReason(check="schema", message=_cut(f"{'.'.join(map(str, e['loc']))}: {e['msg']}"))
            for e in error.errors(include_url=False, include_input=False)[:_MOST_REASONS]
        ]
        return Rejection(claim=_shown(raw), reasons=reasons)


def _left_out(claims: list[Any]) -> list[ClaimDraft | Rejection]:
    """One rejection for all claims beyond the most that an answer may have."""
    if not claims:
        return []
    message = f"{len(claims):,} more claims than the {MAX_CLAIMS_PER_CHUNK} that one answer may have were not read."
    return [
        Rejection(
            claim={"given": f"{len(claims):,} claims"}, reasons=[RejectionReason(check="schema", message=message)]
        )
    ]


def _shown(raw: Any) -> dict[str, Any]:
    """A claim as the model gave it, or what fits of it into a report."""
    try:
        text = whole_characters(json.dumps(raw, ensure_ascii=False, allow_nan=False))
    except (ValueError, RecursionError):
        return {"given": "what JSON can't hold"}
    # Whoever reads a report takes only so many levels.
    if len(text) > _LONGEST_CLAIM_CHARS or text.count("[") + text.count("{") > _MOST_BRACKETS:
        return {"given": f"{text[:_LONGEST_CLAIM_CHARS]} …"}
    shown = json.loads(text)
    return shown if isinstance(shown, dict) else {"given": shown}


def _cut(message: str) -> str:
    return message if len(message) <= _LONGEST_REASON_CHARS else f"{message[:_LONGEST_REASON_CHARS]} …"
