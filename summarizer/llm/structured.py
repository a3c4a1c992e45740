"""Structured answers through Instructor: over HTTP or from an engine in this process, waiting or not."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from summarizer.errors import (
    ConfigurationError,
    InvalidOutputError,
    ModelError,
    RefusalError,
    ServiceError,
    TruncatedError,
)
from summarizer.llm.base import Message, Schema, StructuredReply, StructuredRequest, json_schema
from summarizer.llm.completions import answer_text, content_text, token_count
from summarizer.llm.prices import Price
from summarizer.models import Usage

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion

T = TypeVar("T", bound=BaseModel)
# The request that an answer is validated for: Instructor passes only its type on.
_asked: ContextVar[StructuredRequest[Any]] = ContextVar("asked")
Create = Callable[..., "ChatCompletion"]
AsyncCreate = Callable[..., Awaitable["ChatCompletion"]]

MODES = ("tools", "json_schema", "json", "md_json")
_SHOWN_PROBLEMS = 3
_SHOWN_CHARS = 1000
# Several times what 8,192 tokens can say; the limits below are for what goes back to the model with a reask.
_LONGEST_ANSWER_CHARS = 500_000
_LONGEST_ECHO_CHARS = 60_000
_LONGEST_PROBLEMS_CHARS = 12_000

# Instructor writes failed attempts to stderr where nobody has set up logging.
logging.getLogger("instructor").addHandler(logging.NullHandler())


@dataclass
class Tally:
    """Counts what one structured request takes while it is under way."""

    requests: int = 0
    transport_retries: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    unmetered: int = 0
    last_output: str | None = None

    def count(self, completion: ChatCompletion) -> None:
        """Add an answer. One without token counts makes the cost unknown."""
        self.last_output = answer_text(completion) or self.last_output
        usage = getattr(completion, "usage", None)
        counts = [token_count(getattr(usage, name, None)) for name in ("prompt_tokens", "completion_tokens")]
        if None in counts:
            self.unmetered += 1
            return
        # Read now: Instructor makes these numbers cumulative afterwards.
        self.input_tokens += counts[0] or 0
        self.output_tokens += counts[1] or 0

    def usage(self, price: Price | None) -> Usage:
        """The sum so far, with its cost where that is known."""
        known = price is not None and not (self.unmetered and (price.input_usd or price.output_usd))
        return Usage(
            requests=self.requests,
            reasks=max(0, self.requests - 1),
            transport_retries=self.transport_retries,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            cost_usd=price.cost_usd(self.input_tokens, self.output_tokens) if known and price else None,
        )


class StructuredCaller:
    """Turns a function that gives chat completions into one that gives valid answers of a pydantic type.

    `create` (and `acreate`) takes the arguments of OpenAI's chat completions and returns a `ChatCompletion`;
    it raises `ModelError` when it fails. Without `acreate`, `aask` runs `create` in a thread.
    `schema_in_prompt` shows the schema to the model in mode `json_schema`, for servers that only constrain
    the answer with it.
    """

    def __init__(
        self,
        *,
        create: Create,
        acreate: AsyncCreate | None = None,
        mode: str = "tools",
        model_id: str = "",
        price: Price | None = None,
        schema_in_prompt: bool = False,
    ) -> None:
        """Raises `ConfigurationError` for an unknown mode."""
        if mode not in MODES:
            raise ConfigurationError(f"There is no mode {mode!r}.", f"Use one of: {', '.join(MODES)}.")
        self._create, self._acreate = create, acreate
        self._mode = mode
        self._model_id = model_id
        self._price = price
        self._schema_in_prompt = schema_in_prompt and mode == "json_schema"

    def ask(self, request: StructuredRequest[T], tally: Tally | None = None) -> StructuredReply[T]:
        """Ask, and ask again with the validators' words until the answer is valid or the reasks are used up.

        Raises:
            InvalidOutputError: the answer stayed invalid.
            TruncatedError: it was cut at the token limit.
            RefusalError: the model or a content filter refused.
            ModelError: what `create` raised.
        """
        import instructor

        source, counts = self._create, tally or Tally()

        def create(**arguments: Any) -> ChatCompletion:
            counts.requests += 1
            _shorten(arguments["messages"][len(request.messages) :])
            return received(source(**arguments), counts)

        mode = instructor.Mode[self._mode.upper()]
        answer: Any = instructor.patch(create=create, mode=mode)
        _asked.set(request)
        try:
            value = answer(**self._arguments(request))
        except Exception as error:
            # Raised below, where Instructor's exception with its completions is no longer its context.
            failure = self._error(error, counts)
        else:
            return self._reply(value, counts)
        raise failure

    async def aask(self, request: StructuredRequest[T], tally: Tally | None = None) -> StructuredReply[T]:
        """As `ask`, without blocking the event loop."""
        import instructor

        if self._acreate is None:
            return await asyncio.to_thread(self.ask, request, tally)
        source, counts = self._acreate, tally or Tally()

        async def create(**arguments: Any) -> ChatCompletion:
            counts.requests += 1
            _shorten(arguments["messages"][len(request.messages) :])
            return received(await source(**arguments), counts)

        mode = instructor.Mode[self._mode.upper()]
        answer: Any = instructor.patch(create=create, mode=mode)
        _asked.set(request)
        try:
            value = await answer(**self._arguments(request))
        except Exception as error:
            failure = self._error(error, counts)
        else:
            return self._reply(value, counts)
        raise failure

    def _arguments(self, request: StructuredRequest[Any]) -> dict[str, Any]:
        messages = request.messages
        if self._schema_in_prompt:
            messages = _with_schema(messages, request.json_schema)
        response_model: type[BaseModel] = request.response_model
        envelope = _envelope(response_model, request.schema)
        # No `context=`: Instructor would render every message as a Jinja template. No `timeout=`: it would
        # bound the reasks. Not strict: "12" for 12 isn't worth another request.
        return {
            "model": self._model_id,
            "messages": [{"role": m.role, "content": m.content} for m in messages],
            "response_model": envelope,
            "max_retries": request.max_reasks,
            "strict": False,
            "max_tokens": request.max_output_tokens,
            "temperature": request.temperature,
        }

    def _reply(self, value: T, counts: Tally) -> StructuredReply[T]:
        return StructuredReply(value, counts.last_output or "", counts.usage(self._price))

    def _error(self, error: Exception, counts: Tally) -> Exception:
        """The error to raise instead of Instructor's, whose text dumps whole completions."""
        from instructor.core.exceptions import IncompleteOutputException, InstructorRetryException

        usage = counts.usage(self._price)
        if isinstance(error, IncompleteOutputException):
            return TruncatedError(
                "The answer was cut at the limit of output tokens.",
                "Use smaller chunks, or allow longer answers.",
                usage=usage,
                last_output=counts.last_output,
            )
        cause = error.__cause__ if isinstance(error, InstructorRetryException) else error
        if isinstance(cause, ModelError):
            cause.usage = usage
            cause.last_output = cause.last_output or counts.last_output
            return cause
        is_invalid = isinstance(cause, ValidationError | json.JSONDecodeError)
        if is_invalid or _is_parsing_error(cause) or _is_unsearchable(cause):
            return InvalidOutputError(
                f"The answer was still invalid after {_times(counts.requests)}: {_problems(cause)}",
                _invalid_hint(self._mode, cause),
                usage=usage,
                last_output=counts.last_output,
            )
        return cause if isinstance(cause, Exception) else error


def received(completion: Any, counts: Tally) -> ChatCompletion:
    """Count a completion and check that it has an answer.

    Raises:
        ServiceError: it isn't a chat completion with a choice.
        RefusalError: the model or a content filter refused.
    """
    if (problem := defect(completion)) is not None:
        raise ServiceError(f"The reply can't be used: {problem}.", "Try again, or use another model.")
    counts.count(completion)
    if len(answer_text(completion)) > _LONGEST_ANSWER_CHARS:
        counts.last_output = None
        raise ServiceError(
            f"The answer has more than {_LONGEST_ANSWER_CHARS:,} characters.", "Try again, or use another model."
        )
    choice = completion.choices[0]
    if choice.message.refusal:
        raise RefusalError(
            "The model refused to answer.", "Use another model.", last_output=str(choice.message.refusal)
        )
    if choice.finish_reason == "content_filter":
        raise RefusalError("A content filter withheld the answer.", "Use another model.")
    choice.message.refusal = None
    choice.message.role = choice.message.role or "assistant"
    choice.message.content = content_text(choice.message.content)
    checked: ChatCompletion = completion
    return checked


def defect(completion: Any) -> str | None:
    """Why this isn't a chat completion with a choice, or None. Services send all sorts of things."""
    from openai.types.chat import ChatCompletion

    if not isinstance(completion, ChatCompletion):
        return "it isn't a chat completion"
    choices = completion.choices
    if not isinstance(choices, list) or not choices:
        said = (completion.model_extra or {}).get("error")
        said = said.get("message", said) if isinstance(said, dict) else said
        return f"it is an error: {said}" if said else "it has no choices"
    message = getattr(choices[0], "message", None)
    if not isinstance(message, BaseModel):
        return "its choice has no message"
    calls: Any = getattr(message, "tool_calls", None) or []
    sound = isinstance(calls, list) and all(hasattr(getattr(c, "function", None), "arguments") for c in calls)
    return None if sound else "its tool calls can't be read"


def _shorten(said: list[dict[str, Any]]) -> None:
    """Shorten what Instructor adds for a reask: an answer that is far too long, and the list of what is wrong."""
    for message in said:
        most = _LONGEST_ECHO_CHARS if message["role"] == "assistant" else _LONGEST_PROBLEMS_CHARS
        if isinstance(content := message.get("content"), str) and len(content) > most:
            message["content"] = f"{content[:most]} …"
        for called in message.get("tool_calls") or []:
            # Half a JSON object would be refused by services that read it.
            if len(called["function"]["arguments"]) > most:
                called["function"]["arguments"] = "{}"


def _with_schema(messages: tuple[Message, ...], schema: dict[str, Any]) -> tuple[Message, ...]:
    text = f"Answer with JSON that follows this JSON Schema:\n{json.dumps(schema, ensure_ascii=False)}"
    if messages and messages[0].role == "system":
        return (Message("system", f"{messages[0].content}\n\n{text}"), *messages[1:])
    return (Message("system", text), *messages)


@lru_cache(maxsize=256)
def _envelope(model: type[BaseModel], narrowed: Schema | None) -> type[BaseModel]:
    """The type as Instructor gets it: without fields, answering for its schema and for the request's validation.

    On every call Instructor makes a new class of the type that it is given, makes that one's schema and walks
    through all types in it, which took 9 ms for `ExtractedClaims`.
    """
    import instructor

    content = json_schema(model, narrowed)

    def validate_json(cls: type[BaseModel], /, text: str, *, strict: bool | None = None, **_: Any) -> BaseModel:
        answer: BaseModel = _asked.get().checked(model.model_validate_json(text, strict=strict))
        return answer

    def validate(cls: type[BaseModel], /, answer: Any, *, strict: bool | None = None, **_: Any) -> BaseModel:
        checked: BaseModel = _asked.get().checked(model.model_validate(answer, strict=strict))
        return checked

    def schema(cls: type[BaseModel], /, *_: Any, **__: Any) -> dict[str, Any]:
        return dict(content)

    members = {
        "__module__": model.__module__,
        "__doc__": model.__doc__,
        "model_json_schema": classmethod(schema),
        "model_validate_json": classmethod(validate_json),
        "model_validate": classmethod(validate),
    }
    return type(model.__name__, (instructor.OpenAISchema,), members)


def _is_parsing_error(error: BaseException | None) -> bool:
    from instructor.core.exceptions import ResponseParsingError

    return isinstance(error, ResponseParsingError)


def _is_unsearchable(error: BaseException | None) -> bool:
    """Whether Instructor gave up looking for JSON in a text, which it says with a bare `ValueError`."""
    return isinstance(error, ValueError) and str(error).startswith("JSON extraction")


def _problems(error: BaseException | None) -> str:
    """What was wrong, without the answer itself."""
    if not isinstance(error, ValidationError):
        return "it had no tool call." if _is_parsing_error(error) else "it was not JSON."
    problems = [
        f"{'.'.join(str(part) for part in problem['loc']) or 'answer'}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    more = len(problems) - _SHOWN_PROBLEMS
    shown = "; ".join(problems[:_SHOWN_PROBLEMS])
    shown = shown if len(shown) <= _SHOWN_CHARS else f"{shown[:_SHOWN_CHARS]} …"
    return shown + (f"; and {more} more." if more > 0 else ".")


def _invalid_hint(mode: str, error: BaseException | None) -> str:
    if mode == "tools" and _is_parsing_error(error):
        return "The service may not support tools: set SUMMARIZER_MODE=json_schema."
    return "Use a more capable model, or allow more reasks."


def _times(requests: int) -> str:
    return f"{requests} request{'s' if requests != 1 else ''}"
