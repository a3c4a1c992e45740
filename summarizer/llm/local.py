"""The embedded model: the engine behind the same interface as a service."""

from __future__ import annotations

import asyncio
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from summarizer.llm.base import Completion, CompletionRequest, StructuredReply, StructuredRequest, T
from summarizer.llm.engine import Engine

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion

    from summarizer.llm.structured import StructuredCaller

# Of what Instructor passes, the engine is told only what it knows.
_ENGINE_PARAMETERS = frozenset({"messages", "max_tokens", "temperature", "response_format"})


class LocalModel:
    """A GGUF file run in this process. Raises only `ModelError`s once it is loaded."""

    def __init__(self, name: str, path: Path, *, context_tokens: int = 2048, threads: int | None = None) -> None:
        """Load the file; raises as `Engine` does."""
        self._name = name
        self._engine = Engine(path, context_tokens=context_tokens, threads=threads)

    @property
    def name(self) -> str:
        """The model as the user would name it with `--model`."""
        return self._name

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
