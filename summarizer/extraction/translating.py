"""Verified statements in another language, by a capable model, each held against its original again."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from pydantic import BaseModel, Field

from summarizer import prompting
from summarizer.actors import actor_of, country_name
from summarizer.errors import ConfigurationError, InputError, InvalidOutputError, ModelError, TruncatedError
from summarizer.extraction.drafts import Long, Short
from summarizer.faithfulness import Passage, additions, is_in_language, losses
from summarizer.llm.base import Message, Schema, StructuredReply, StructuredRequest
from summarizer.models import Claim, SpeakerKind
from summarizer.reading.language import check_language, language_name, supported_languages

_CLAIMS_AT_ONCE = 20
_MAX_OUTPUT_TOKENS = 8192

Replies = tuple["StructuredReply[Any] | ModelError", ...]


class TranslatedStatement(BaseModel):
    """A statement in the other language."""

    id: Short
    statement: Long = Field(description="The statement in the language asked for.")


class TranslationDraft(BaseModel):
    """Every statement, translated."""

    statements: list[TranslatedStatement] = Field(max_length=2 * _CLAIMS_AT_ONCE)


@dataclass
class Translated:
    """Statements by the id of their claim; for the other claims why there is none; what the model failed with."""

    statements: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    errors: list[ModelError] = field(default_factory=list)


def target_language(name: str) -> str:
    """The code of a language that statements can be asked for in (`de`, `EN`, `en-GB`).

    Raises:
        ConfigurationError: it is none of those in which names and numbers can be checked again.
    """
    try:
        return check_language(name)
    except InputError as error:
        codes = supported_languages()
        names = " and ".join(language_name(code) for code in codes)
        raise ConfigurationError(
            f"Statements can be given in {names}, not in {name!r}: their names and numbers have to be checked.",
            f"Use {' or '.join(codes)}.",
        ) from error


def steps(
    claims: Sequence[Claim], source: str, target: str, *, max_reasks: int
) -> Generator[tuple[StructuredRequest[TranslationDraft], ...], Replies, Translated]:
    """Yields requests together, to be sent the replies and errors; gives what came of each claim."""
    people = tuple(dict.fromkeys(s.name for c in claims for s in c.speakers if s.kind is SpeakerKind.PERSON))
    waiting = [
        _Check(tuple(claims[at : at + _CLAIMS_AT_ONCE]), source, target, people)
        for at in range(0, len(claims), _CLAIMS_AT_ONCE)
    ]
    result = Translated()
    while waiting:
        replies = yield tuple(check.request(max_reasks) for check in waiting)
        waiting = [
            half for check, reply in zip(waiting, replies, strict=True) for half in _settled(check, reply, result)
        ]
    return result


def _settled(check: _Check, reply: StructuredReply[Any] | ModelError, result: Translated) -> list[_Check]:
    """Take over what came of a request; gives what to ask again in smaller parts."""
    if isinstance(reply, TruncatedError) and len(check.claims) > 1:
        return check.halves()
    result.statements |= check.accepted
    missing = [claim.id for claim in check.claims if claim.id not in check.accepted]
    if isinstance(reply, ModelError) and not isinstance(reply, InvalidOutputError):
        result.errors.append(reply)
        result.reasons |= dict.fromkeys(missing, reply.message)
    else:
        result.reasons |= {
            one: " ".join(check.problems.get(one, ["The model gave no translation."])) for one in missing
        }
    return []


@dataclass
class _Check:
    """Holds translations against their originals, and keeps what passes, of whichever answer."""

    claims: tuple[Claim, ...]
    source: str
    target: str
    people: tuple[str, ...]
    accepted: dict[str, str] = field(default_factory=dict)
    problems: dict[str, list[str]] = field(default_factory=dict)

    def __call__(self, answer: TranslationDraft) -> list[str]:
        """What is wrong, claim by claim."""
        given = {one.id: " ".join(one.statement.split()) for one in answer.statements}
        for claim in self.claims:
            if claim.id in given and not (found := self._problems(claim, given[claim.id])):
                self.accepted.setdefault(claim.id, given[claim.id])
            elif claim.id not in self.accepted:
                self.problems[claim.id] = found if claim.id in given else ["It is not translated."]
        return [
            f"{claim.id}: {problem}"
            for claim in self.claims
            if claim.id not in self.accepted
            for problem in self.problems[claim.id]
        ]

    def halves(self) -> list[_Check]:
        """Checks of less each."""
        middle = len(self.claims) // 2
        parts = self.claims[:middle], self.claims[middle:]
        return [_Check(part, self.source, self.target, self.people) for part in parts]

    def request(self, max_reasks: int) -> StructuredRequest[TranslationDraft]:
        """The question."""
        prompt = prompting.load("article/translate")
        claims = "\n\n".join(self._listed(claim, prompt["claim"]) for claim in self.claims)
        user = prompt["user"].format(source=_named(self.source), target=_named(self.target), claims=claims)
        return StructuredRequest(
            (Message("system", prompt["system"].strip()), Message("user", user)),
            TranslationDraft,
            max_output_tokens=_MAX_OUTPUT_TOKENS,
            max_reasks=max_reasks,
            check=self,
            schema=_schema(tuple(claim.id for claim in self.claims)),
        )

    @staticmethod
    def _listed(claim: Claim, form: str) -> str:
        return form.format(
            id=claim.id,
            speakers=prompting.harmless(", ".join(s.name for s in claim.speakers)),
            evidence=prompting.harmless(" ".join(e.text for e in claim.evidence)),
            statement=prompting.harmless(claim.statement),
        )

    def _problems(self, claim: Claim, statement: str) -> list[str]:
        translation = Passage(statement, self.target)
        if not is_in_language(translation):
            return [f"It is not in {language_name(self.target)}."]
        original = Passage(claim.statement, self.source)
        return losses(original, translation, self.people) + additions(
            translation, [original, *context(claim, self.source)]
        )


def context(claim: Claim, language: str) -> list[Passage]:
    """What a text on a claim may speak of, besides the statement: the evidence, and who the speakers are."""
    speakers = " ".join(f"{s.name} {s.role or ''} {s.affiliation or ''}." for s in claim.speakers)
    return [Passage(" ".join(e.text for e in claim.evidence), language), Passage(speakers, language)]


def named_in(claims: Iterable[Claim], language: str) -> list[Claim]:
    """The claims with countries and organisations among the speakers called as in this language."""
    return [
        claim.model_copy(
            update={
                "speakers": [
                    s.model_copy(update={"name": country_name(code, language)}) if (code := actor_of(s.name)) else s
                    for s in claim.speakers
                ]
            }
        )
        for claim in claims
    ]


def _named(language: str) -> str:
    return f"{language_name(language)} ({language})"


@cache
def _whole_schema() -> dict[str, Any]:
    return TranslationDraft.model_json_schema()


@lru_cache(maxsize=256)
def _schema(ids: tuple[str, ...]) -> Schema:
    """What the model is shown: only these claims can be translated."""
    schema = _whole_schema()
    one = schema["$defs"]["TranslatedStatement"]
    narrowed = one | {"properties": one["properties"] | {"id": {"type": "string", "enum": list(ids)}}}
    return Schema(schema | {"$defs": {"TranslatedStatement": narrowed}})
