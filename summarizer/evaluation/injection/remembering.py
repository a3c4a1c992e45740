"""A model that is asked the same thing once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from summarizer.errors import PASSING_FAILURES
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
from summarizer.llm.recording import (
    NotRecordedError,
    Recorded,
    ReplayEncodingModel,
    record,
    replay_of,
    request_key,
)

R = TypeVar("R")


class RememberingModel:
    """A model that answers from the replies so far, and asks another one for the rest. Made by `remembering`.

    `fresh` are replies that weren't among those given at the start; `lacking` counts requests that nobody could
    answer. The model that is asked stays the caller's to close.
    """

    def __init__(self, name: str, model: LanguageModel | None, replies: Iterable[Recorded]) -> None:
        self._name = name
        self._model = record(model, name) if model is not None else None
        self._replies = {reply.key: reply for reply in replies}
        self.fresh: list[Recorded] = []
        self.lacking = 0

    @property
    def name(self) -> str:
        """The model as reports name it."""
        return self._name

    def ask(self, request: StructuredRequest[T]) -> StructuredReply[T]:
        """The reply, from memory if it is there.

        Raises:
            NotRecordedError: it isn't, and there is no model to ask.
            ModelError: the model's.
        """
        return self._reply(request, lambda model: model.ask(request))

    async def aask(self, request: StructuredRequest[T]) -> StructuredReply[T]:
        """As `ask`."""
        return self.ask(request)

    def close(self) -> None:
        """Nothing of its own is open."""

    def _reply(self, request: Request, ask: Callable[[Any], R]) -> R:
        known = self._replies.get(request_key(request))
        if known is not None:
            memory = replay_of(self._name, [known], completes=True, encodes=True)
            assert isinstance(memory, ReplayEncodingModel)
            return ask(memory)
        if self._model is None:
            self.lacking += 1
            raise NotRecordedError(f"The recording of {self._name} lacks a reply.", "Run the eval again.")
        try:
            return ask(self._model)
        finally:
            for reply in self._model.take():
                if reply.error is None or reply.error.type not in PASSING_FAILURES:
                    self._replies[reply.key] = reply
                    self.fresh.append(reply)


class RememberingCompletionModel(RememberingModel):
    """As `RememberingModel`, for a `CompletionModel`."""

    def complete(self, request: CompletionRequest) -> Completion:
        """The completion, from memory if it is there. Raises as `ask` does."""
        reply: Completion = self._reply(request, lambda model: model.complete(request))
        return reply

    async def acomplete(self, request: CompletionRequest) -> Completion:
        """As `complete`."""
        return self.complete(request)


class RememberingEncodingModel(RememberingCompletionModel):
    """As `RememberingCompletionModel`, for an `EncodingModel`."""

    def encode(self, request: EncodingRequest) -> Encoding:
        """The encoding, from memory if it is there. Raises as `ask` does."""
        reply: Encoding = self._reply(request, lambda model: model.encode(request))
        return reply

    async def aencode(self, request: EncodingRequest) -> Encoding:
        """As `encode`."""
        return self.encode(request)


def remembering(name: str, model: LanguageModel, replies: Iterable[Recorded] = ()) -> RememberingModel:
    """A model that can what `model` can, and asks it once for each reply."""
    if isinstance(model, EncodingModel):
        return RememberingEncodingModel(name, model, replies)
    kind = RememberingCompletionModel if isinstance(model, CompletionModel) else RememberingModel
    return kind(name, model, replies)


def remembered(name: str, replies: Iterable[Recorded]) -> RememberingModel:
    """A model that has these replies and nobody to ask. What it can is told by their kinds."""
    replies = list(replies)
    kinds = {reply.kind for reply in replies}
    if "encoding" in kinds:
        return RememberingEncodingModel(name, None, replies)
    return (RememberingCompletionModel if "completion" in kinds else RememberingModel)(name, None, replies)
