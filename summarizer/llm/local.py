"""The embedded model: the engine behind the same interface as a service."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from summarizer.llm.base import (
    Completion,
    CompletionRequest,
    Encoding,
    EncodingRequest,
    StructuredReply,
    StructuredRequest,
    T,
)
from summarizer.llm.engine import STATES_MAX_TOKENS, Engine
from summarizer.models import Usage

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion

    from summarizer.llm.structured import StructuredCaller

_CONTEXT_MAX_TOKENS = 60
_STATES_SPARE_TOKENS = 12
# Of what Instructor passes, the engine is told only what it knows.
_ENGINE_PARAMETERS = frozenset({"messages", "max_tokens", "temperature", "response_format"})


class LocalModel:
    """A GGUF file run in this process. Raises only `ModelError`s once it is loaded."""

    _gives_states = False

    def __init__(
        self, name: str, path: Path, *, identity: str = "", context_tokens: int = 2048, threads: int | None = None
    ) -> None:
        """Load the file; raises as `Engine` does. `identity` tells the file from others."""
        self._name, self._identity = name, identity or str(path)
        self._engine = Engine(path, context_tokens=context_tokens, threads=threads, gives_states=self._gives_states)

    @property
    def name(self) -> str:
        """The model as the user would name it with `--model`."""
        return self._name

    @property
    def identity(self) -> str:
        """The file that is run."""
        return self._identity

    def complete(self, request: CompletionRequest) -> Completion:
        """Complete and wait."""
        return self._engine.complete(request)

    async def acomplete(self, request: CompletionRequest) -> Completion:
        """Complete in a thread."""
        return await asyncio.to_thread(self._engine.complete, request)

    def ask(self, request: StructuredRequest[T]) -> StructuredReply[T]:
        """Ask through Instructor, constrained by the schema, and wait."""
        return self._caller.ask(request)

    async def aask(self, request: StructuredRequest[T]) -> StructuredReply[T]:
        """As `ask`, in a thread."""
        return await self._caller.aask(request)

    def close(self) -> None:
        """Free the memory."""
        self._engine.close()

    @cached_property
    def _caller(self) -> StructuredCaller:
        from summarizer.llm.prices import FREE
        from summarizer.llm.structured import StructuredCaller

        return StructuredCaller(create=self._create, mode="json_schema", price=FREE, schema_in_prompt=True)

    def _create(self, **arguments: Any) -> ChatCompletion:
        from openai.types.chat import ChatCompletion

        body = {k: v for k, v in arguments.items() if k in _ENGINE_PARAMETERS and v is not None}
        return ChatCompletion.model_validate(self._engine.chat(body))


class LocalEncoder(LocalModel):
    """The model that `summarizer/data/encoder.json.gz` was made for."""

    _gives_states = True

    def encode(self, request: EncodingRequest) -> Encoding:
        """Read the pieces, as many at once as there is room for, and wait."""
        from summarizer.llm.encoder import projection

        usage = Usage(cost_usd=0.0)
        vectors: list[bytes] = []
        for tokens, states in self._read(request):
            vectors += map(projection().vector, states)
            usage += Usage(requests=1, input_tokens=tokens, cost_usd=0.0)
        return Encoding(tuple(vectors), usage)

    def states(self, request: EncodingRequest) -> list[list[list[float]]]:
        """The hidden state at each token of each piece."""
        return [piece for _, states in self._read(request) for piece in states]

    def _read(self, request: EncodingRequest) -> Iterator[tuple[int, list[list[list[float]]]]]:
        """For each time that the model reads: how many tokens, and the states of the pieces."""
        context = self._engine.tokenize(f"{request.context}\n\n")[:_CONTEXT_MAX_TOKENS]
        room = STATES_MAX_TOKENS - _STATES_SPARE_TOKENS - len(context)
        # Something is read for a piece that is empty, too.
        pieces = [self._engine.tokenize(piece or "\n")[:room] for piece in request.pieces]
        for window in _windows(pieces, room):
            tokens = [*context, *(token for piece in window for token in piece)]
            states = self._engine.states(tokens)
            ends = list(accumulate(map(len, window), initial=len(context)))
            yield len(tokens), [states[start:end] for start, end in pairwise(ends)]

    async def aencode(self, request: EncodingRequest) -> Encoding:
        """As `encode`, in a thread."""
        return await asyncio.to_thread(self.encode, request)


def _windows(pieces: Sequence[list[int]], room: int) -> Iterator[list[list[int]]]:
    """The pieces in groups of at most `room` tokens."""
    window: list[list[int]] = []
    for piece in pieces:
        if window and sum(map(len, window)) + len(piece) > room:
            yield window
            window = []
        window.append(piece)
    if window:
        yield window
