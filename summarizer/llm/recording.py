"""Models that record what was replied, and models that answer from such a recording."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from summarizer.errors import ModelError
from summarizer.llm.base import (
    Completion,
    CompletionModel,
    CompletionRequest,
    Encoding,
    EncodingModel,
    EncodingRequest,
    LanguageModel,
    Request,
    StructuredReply,
    StructuredRequest,
    T,
)
from summarizer.models import Usage

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion


class NotRecordedError(ModelError):
    """The recording has no reply to this request."""

    type = "not_recorded"


class RecordedError(BaseModel):
    """A `ModelError` that was raised instead of a reply."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    message: str
    hint: str | None = None


class Recorded(BaseModel):
    """One reply. `key` is that of the request; `text` the raw text, with an error the last one there was.

    `first_token` are the probabilities of a completion's first token; `vectors` those of an encoding, in base64;
    `usage` is what this reply took.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    kind: Literal["structured", "completion", "encoding"]
    text: str | None = None
    first_token: dict[str, float] | None = None
    vectors: list[str] | None = None
    usage: Usage
    error: RecordedError | None = None


def request_key(request: Request) -> str:
    """A hash of all that decides the reply: messages, schema or grammar, limits; or what is to be read."""
    content: list[Any]
    if isinstance(request, EncodingRequest):
        content = [request.encoder, request.context, *request.pieces]
    elif isinstance(request, CompletionRequest):
        messages = [asdict(message) for message in request.messages]
        content = [messages, request.grammar, request.max_output_tokens, request.top_logprobs]
    else:
        messages = [asdict(message) for message in request.messages]
        limits = [request.max_output_tokens, request.max_reasks, request.temperature]
        content = [messages, request.json_schema, *limits]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


class RecordingModel:
    """A model that remembers what another one replied or raised. Made by `record`."""

    def __init__(self, model: LanguageModel, name: str) -> None:
        self._model, self._name = model, name
        self._recorded: list[Recorded] = []

    @property
    def name(self) -> str:
        """The model as reports name it."""
        return self._name

    def take(self) -> list[Recorded]:
        """What was recorded since the last call, in the order of the replies."""
        taken, self._recorded = self._recorded, []
        return taken

    def ask(self, request: StructuredRequest[T]) -> StructuredReply[T]:
        """Ask and wait."""
        with self._errors_kept(request):
            reply = self._model.ask(request)
        self._keep(request, reply.raw, reply.usage)
        return reply

    async def aask(self, request: StructuredRequest[T]) -> StructuredReply[T]:
        """Ask without blocking the event loop."""
        with self._errors_kept(request):
            reply = await self._model.aask(request)
        self._keep(request, reply.raw, reply.usage)
        return reply

    def close(self) -> None:
        """Close the model that is recorded."""
        self._model.close()

    def _keep(
        self,
        request: Request,
        text: str | None,
        usage: Usage,
        *,
        first_token: dict[str, float] | None = None,
        vectors: list[str] | None = None,
        error: RecordedError | None = None,
    ) -> None:
        self._recorded.append(
            Recorded(
                key=request_key(request),
                kind=_kind(request),
                text=None if text is None else storable(text),
                first_token=first_token,
                vectors=vectors,
                usage=usage,
                error=error,
            )
        )

    @contextmanager
    def _errors_kept(self, request: Request) -> Iterator[None]:
        try:
            yield
        except ModelError as error:
            kept = RecordedError(
                type=error.type,
                message=storable(error.message),
                hint=None if error.hint is None else storable(error.hint),
            )
            self._keep(request, error.last_output, error.usage or Usage(), error=kept)
            raise


class RecordingCompletionModel(RecordingModel):
    """As `RecordingModel`, for a `CompletionModel`."""

    _model: CompletionModel

    def complete(self, request: CompletionRequest) -> Completion:
        """Complete and wait."""
        with self._errors_kept(request):
            reply = self._model.complete(request)
        return self._kept(request, reply)

    async def acomplete(self, request: CompletionRequest) -> Completion:
        """Complete without blocking the event loop."""
        with self._errors_kept(request):
            reply = await self._model.acomplete(request)
        return self._kept(request, reply)

    def _kept(self, request: CompletionRequest, reply: Completion) -> Completion:
        first_token = {storable(token): probability for token, probability in reply.first_token.items()}
        self._keep(request, reply.text, reply.usage, first_token=first_token)
        return reply


class RecordingEncodingModel(RecordingCompletionModel):
    """As `RecordingCompletionModel`, for an `EncodingModel`."""

    _model: EncodingModel

    def encode(self, request: EncodingRequest) -> Encoding:
        """Read the pieces and wait."""
        with self._errors_kept(request):
            reply = self._model.encode(request)
        return self._kept_encoding(request, reply)

    async def aencode(self, request: EncodingRequest) -> Encoding:
        """Read the pieces without blocking the event loop."""
        with self._errors_kept(request):
            reply = await self._model.aencode(request)
        return self._kept_encoding(request, reply)

    def _kept_encoding(self, request: EncodingRequest, reply: Encoding) -> Encoding:
        vectors = [b64encode(vector).decode() for vector in reply.vectors]
        self._keep(request, None, reply.usage, vectors=vectors)
        return reply


def record(model: LanguageModel, name: str | None = None) -> RecordingModel:
    """A model that records `model`, and can what that can. `name` replaces its name."""
    if isinstance(model, EncodingModel):
        return RecordingEncodingModel(model, name or model.name)
    kind = RecordingCompletionModel if isinstance(model, CompletionModel) else RecordingModel
    return kind(model, name or model.name)


def _kind(request: Request) -> Literal["structured", "completion", "encoding"]:
    if isinstance(request, EncodingRequest):
        return "encoding"
    return "completion" if isinstance(request, CompletionRequest) else "structured"


class ReplayModel:
    """A model that answers from a recording, and asks nobody. Made by `replay_of`.

    A request made several times gets its replies in order, then the last one again. A raw text is parsed
    again, so that validators may refuse what they accepted before.
    """

    def __init__(self, name: str, recorded: Iterable[Recorded]) -> None:
        self._name = name
        by_key: dict[str, list[Recorded]] = {}
        for reply in recorded:
            by_key.setdefault(reply.key, []).append(reply)
        self._turns = {key: _in_turn(replies) for key, replies in by_key.items()}

    @property
    def name(self) -> str:
        """The model that was recorded."""
        return self._name

    def ask(self, request: StructuredRequest[T]) -> StructuredReply[T]:
        """The recorded reply.

        Raises:
            NotRecordedError: there is none.
            InvalidOutputError: it is refused, as it would be after all reasks.
            ModelError: the recorded error.
        """
        return _parsed(request, self._reply(request))

    async def aask(self, request: StructuredRequest[T]) -> StructuredReply[T]:
        """As `ask`."""
        return self.ask(request)

    def close(self) -> None:
        """Nothing is open."""

    def _reply(self, request: Request) -> Recorded:
        turns = self._turns.get(request_key(request))
        if turns is None:
            raise NotRecordedError(
                f"The recording of {self._name} has no reply to a request that is made now.",
                "Prompts, schemas or the choice of sentences changed since: run the eval again.",
            )
        reply = next(turns)
        if reply.error is not None:
            raise _error(reply, reply.error)
        return reply


class ReplayCompletionModel(ReplayModel):
    """As `ReplayModel`, for a recorded `CompletionModel`."""

    def complete(self, request: CompletionRequest) -> Completion:
        """The recorded completion. Raises as `ask` does, except `InvalidOutputError`."""
        reply = self._reply(request)
        return Completion(reply.text or "", reply.first_token or {}, reply.usage)

    async def acomplete(self, request: CompletionRequest) -> Completion:
        """As `complete`."""
        return self.complete(request)


class ReplayEncodingModel(ReplayCompletionModel):
    """As `ReplayCompletionModel`, for a recorded `EncodingModel`."""

    def encode(self, request: EncodingRequest) -> Encoding:
        """The recorded encoding. Raises as `complete` does."""
        reply = self._reply(request)
        return Encoding(tuple(b64decode(vector) for vector in reply.vectors or ()), reply.usage)

    async def aencode(self, request: EncodingRequest) -> Encoding:
        """As `encode`."""
        return self.encode(request)


def replay_of(name: str, recorded: Iterable[Recorded], *, completes: bool, encodes: bool = False) -> ReplayModel:
    """A model that answers from a recording.

    `completes`, `encodes`: whether a `CompletionModel` or an `EncodingModel` was recorded.
    """
    if encodes:
        return ReplayEncodingModel(name, recorded)
    return (ReplayCompletionModel if completes else ReplayModel)(name, recorded)


def _in_turn(replies: list[Recorded]) -> Iterator[Recorded]:
    yield from replies
    while True:
        yield replies[-1]


def _parsed(request: StructuredRequest[T], reply: Recorded) -> StructuredReply[T]:
    """Parse as a live answer is parsed, by Instructor."""
    from openai.types.chat import ChatCompletion

    from summarizer.llm.structured import StructuredCaller

    text = reply.text or ""

    def create(**_: Any) -> ChatCompletion:
        return ChatCompletion.model_validate(
            {
                "id": "recorded",
                "object": "chat.completion",
                "created": 0,
                "model": "",
                "choices": [
                    {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}},
                ],
            }
        )

    # What was accepted without being JSON was JSON between other words, in the mode that allows for them.
    mode = "json_schema" if _is_json(text) else "md_json"
    once = replace(request, max_reasks=0)
    try:
        parsed = StructuredCaller(create=create, mode=mode).ask(once)
    except ModelError as error:
        error.usage, error.last_output = reply.usage, text
        raise
    return StructuredReply(parsed.value, text, reply.usage)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _error(reply: Recorded, recorded: RecordedError) -> ModelError:
    kinds = {kind.type: kind for kind in _kinds(ModelError)}
    kind = kinds.get(recorded.type, ModelError)
    return kind(recorded.message, recorded.hint, usage=reply.usage, last_output=reply.text)


def _kinds(root: type[ModelError]) -> Iterator[type[ModelError]]:
    yield root
    for kind in root.__subclasses__():
        yield from _kinds(kind)


def storable(text: str) -> str:
    """The text without lone surrogates, which services do send and no file can hold."""
    return text.encode("utf-8", "replace").decode()
