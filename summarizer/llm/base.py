"""What the rest of the program asks of a language model, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from summarizer.models import Usage

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True)
class Message:
    """A turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, eq=False)
class Schema:
    """A JSON Schema, told from others by its identity."""

    content: Mapping[str, Any]


def json_schema(response_model: type[BaseModel], narrowed: Schema | None) -> dict[str, Any]:
    """What the model is shown of a type."""
    return dict(narrowed.content) if narrowed else response_model.model_json_schema()


@dataclass(frozen=True)
class StructuredRequest(Generic[T]):
    """A request for an answer of one pydantic type.

    Validators of the type, and `check`, say what to ask again for: it gives what is wrong with an answer that
    the type allows. `schema` is what the model is shown of the type, where that is narrower than the type.
    """

    messages: tuple[Message, ...]
    response_model: type[T]
    max_output_tokens: int = 4096
    max_reasks: int = 2
    temperature: float = 0.0
    check: Callable[[T], Sequence[str]] | None = None
    schema: Schema | None = None

    @property
    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema of an answer."""
        return json_schema(self.response_model, self.schema)

    def checked(self, value: T) -> T:
        """The answer, if `check` finds nothing. Raises pydantic's `ValidationError`."""
        if self.check is not None and (problems := self.check(value)):
            wrong = PydanticCustomError("check", "{problems}", {"problems": "\n".join(problems)})
            raise ValidationError.from_exception_data(
                self.response_model.__name__, [{"type": wrong, "loc": (), "input": None}], hide_input=True
            )
        return value


@dataclass(frozen=True)
class StructuredReply(Generic[T]):
    """A valid answer, the text that it was parsed from, and what it took."""

    value: T
    raw: str
    usage: Usage


class LanguageModel(Protocol):
    """A model that gives structured answers. Both methods raise `ModelError` and nothing else.

    A raised error carries what was spent in `usage`, and the last answer's text in `last_output`
    where there was one.
    """

    @property
    def name(self) -> str:
        """The model as the user would name it with `--model`."""

    def ask(self, request: StructuredRequest[T]) -> StructuredReply[T]:
        """Ask and wait."""

    async def aask(self, request: StructuredRequest[T]) -> StructuredReply[T]:
        """Ask without blocking the event loop."""

    def close(self) -> None:
        """Free connections or memory. The model can't be asked after this."""


@runtime_checkable
class IdentifiedModel(LanguageModel, Protocol):
    """A model that tells what its replies depend on."""

    @property
    def identity(self) -> str:
        """The same for two models that reply alike. Without the key, or what else is secret in an address."""


@dataclass(frozen=True)
class CompletionRequest:
    """A short answer under a grammar. The last message may be the assistant's: it is continued.

    Only an embedded engine can be asked this. `grammar` is what its server takes (GBNF or LLGuidance Lark).
    """

    messages: tuple[Message, ...]
    grammar: str | None = None
    max_output_tokens: int = 64
    top_logprobs: int = 0


@dataclass(frozen=True)
class Completion:
    """The text, and the probabilities of its first token before the grammar (token text to probability)."""

    text: str
    first_token: Mapping[str, float]
    usage: Usage


@runtime_checkable
class CompletionModel(LanguageModel, Protocol):
    """A language model that also answers under a grammar and tells its probabilities."""

    def complete(self, request: CompletionRequest) -> Completion:
        """Complete and wait."""

    async def acomplete(self, request: CompletionRequest) -> Completion:
        """Complete without blocking the event loop."""


@dataclass(frozen=True)
class EncodingRequest:
    """Sentences of an article, to be read by the model; `context` is read before them.

    `pieces` are consecutive sentences, each with the space before it. `encoder` names the projection that makes
    the vectors (`summarizer.llm.encoder.identity`).
    """

    encoder: str
    context: str
    pieces: tuple[str, ...]


@dataclass(frozen=True)
class Encoding:
    """What the model made of each piece: a vector of signed bytes."""

    vectors: tuple[bytes, ...]
    usage: Usage


@runtime_checkable
class EncodingModel(CompletionModel, Protocol):
    """A completion model whose hidden states can be had."""

    def encode(self, request: EncodingRequest) -> Encoding:
        """Read the pieces and wait."""

    async def aencode(self, request: EncodingRequest) -> Encoding:
        """Read the pieces without blocking the event loop."""


Request = StructuredRequest[Any] | CompletionRequest | EncodingRequest
Reply = StructuredReply[Any] | Completion | Encoding


def send(model: LanguageModel, request: Request) -> Reply:
    """Ask the model in the way that the request needs, and wait. It must be a model that can."""
    if isinstance(request, EncodingRequest):
        assert isinstance(model, EncodingModel)
        return model.encode(request)
    if isinstance(request, CompletionRequest):
        assert isinstance(model, CompletionModel)
        return model.complete(request)
    return model.ask(request)


async def asend(model: LanguageModel, request: Request) -> Reply:
    """As `send`, without blocking the event loop."""
    if isinstance(request, EncodingRequest):
        assert isinstance(model, EncodingModel)
        return await model.aencode(request)
    if isinstance(request, CompletionRequest):
        assert isinstance(model, CompletionModel)
        return await model.acomplete(request)
    return await model.aask(request)
