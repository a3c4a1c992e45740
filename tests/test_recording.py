"""Recording a model and answering from the recording: the same values, errors and costs, without a request."""

from __future__ import annotations

import json
from typing import Any

import pytest
from invented import model_at
from openai_server import OpenAIServer, Reply, Status
from pydantic import BaseModel, Field, field_validator

from summarizer.errors import InvalidOutputError, ModelError, RefusalError, ServiceError, TruncatedError
from summarizer.llm.base import (
    Completion,
    CompletionModel,
    CompletionRequest,
    Encoding,
    EncodingModel,
    EncodingRequest,
    Message,
    StructuredReply,
    StructuredRequest,
)
from summarizer.llm.recording import NotRecordedError, Recorded, record, replay_of, request_key
from summarizer.models import Usage

TOO_HIGH: list[int] = []


class Number(BaseModel):
    number: int = Field(description="Any number.")

    @field_validator("number")
    @classmethod
    def _allowed(cls, value: int) -> int:
        if value in TOO_HIGH:
            raise ValueError("too high")
        return value


class Other(BaseModel):
    number: int = Field(description="Another number.")


class Counting:
    """A completion model that counts."""

    name = "counting"

    def __init__(self) -> None:
        self.count = 0

    def complete(self, request: CompletionRequest) -> Completion:
        self.count += 1
        if self.count == 3:
            raise TruncatedError("Too long.", "Shorten it.", usage=Usage(requests=1))
        return Completion(f" {self.count}\ud800\n", {" 1": 0.1 + 0.2}, Usage(requests=1, input_tokens=self.count))

    async def acomplete(self, request: CompletionRequest) -> Completion:
        return self.complete(request)

    def ask(self, request: StructuredRequest[Any]) -> Any:
        raise AssertionError

    async def aask(self, request: StructuredRequest[Any]) -> Any:
        raise AssertionError

    def close(self) -> None:
        self.count = -1


def asking(text: str = "Which number?", model: type[BaseModel] = Number, **limits: Any) -> StructuredRequest[Any]:
    return StructuredRequest((Message("user", text),), model, **limits)


def plain(reply: StructuredReply[Any]) -> tuple[dict[str, Any], str, Usage]:
    """A reply without Instructor's private additions to its value."""
    return reply.value.model_dump(), reply.raw, reply.usage


def stored(replies: list[Recorded]) -> list[Recorded]:
    """As they come back from a file."""
    return [Recorded.model_validate_json(reply.model_dump_json()) for reply in replies]


@pytest.fixture
def server():
    with OpenAIServer() as running:
        yield running


@pytest.mark.parametrize("mode", ["tools", "json_schema", "json", "md_json"])
def test_a_replayed_reply_is_the_recorded_one(server, mode):
    words = 'Here it is:\n```json\n{"number": 7}\n```\n' if mode == "md_json" else '{"number": "7"}'
    server.reply_with('{"number": "no"}', words)
    model = record(model_at(server.base_url, mode=mode))
    live = model.ask(asking())
    replayed = replay_of("any", stored(model.take()), completes=False).ask(asking())
    assert plain(replayed) == plain(live)
    assert live.value.number == 7 and live.usage.reasks == 1 and len(server.chats) == 2
    assert model.take() == []


@pytest.mark.parametrize(
    ("items", "kind"),
    [
        ([Status(500)], ServiceError),
        ([Reply(refusal="I won't.")], RefusalError),
        ([Reply('{"num', finish_reason="length")], TruncatedError),
        (['{"number": "none"}'] * 3, InvalidOutputError),
    ],
    ids=["500", "refusal", "length", "invalid"],
)
def test_a_replayed_error_is_the_recorded_one(server, items, kind):
    server.reply_with(*items)
    model = record(model_at(server.base_url))
    errors = []
    with pytest.raises(kind) as live:
        model.ask(asking())
    errors.append(live.value)
    with pytest.raises(kind) as replayed:
        replay_of("any", stored(model.take()), completes=False).ask(asking())
    errors.append(replayed.value)
    was, now = [(type(e), str(e), e.message, e.hint, e.usage, e.last_output) for e in errors]
    assert now == was
    assert errors[0].usage.requests == len(items)


async def test_async_is_recorded_and_replayed_too(server):
    server.reply_with('{"number": 7}', Status(500))
    model = record(model_at(server.base_url))
    live = await model.aask(asking())
    with pytest.raises(ServiceError):
        await model.aask(asking())
    replay = replay_of("any", stored(model.take()), completes=False)
    assert plain(await replay.aask(asking())) == plain(live)
    with pytest.raises(ServiceError):
        await replay.aask(asking())


def test_validators_may_refuse_what_they_accepted(server, monkeypatch):
    server.reply_with('{"number": 7}')
    model = record(model_at(server.base_url))
    live = model.ask(asking())
    replies = stored(model.take())
    monkeypatch.setattr(f"{__name__}.TOO_HIGH", [7])
    with pytest.raises(InvalidOutputError, match="too high") as caught:
        replay_of("any", replies, completes=False).ask(asking())
    assert caught.value.usage == live.usage
    assert json.loads(caught.value.last_output or "") == {"number": 7}


def test_one_request_made_several_times_gets_its_replies_in_order():
    model = record(Counting())
    assert isinstance(model, CompletionModel)
    request = CompletionRequest((Message("user", "Count."),))
    live = [model.complete(request), model.complete(request)]
    replay = replay_of("counting", stored(model.take()), completes=True)
    assert isinstance(replay, CompletionModel)
    replayed = [replay.complete(request) for _ in range(4)]
    assert [r.text for r in replayed] == [" 1?\n", " 2?\n", " 2?\n", " 2?\n"]
    assert [(r.first_token, r.usage) for r in replayed[:2]] == [(r.first_token, r.usage) for r in live]
    with pytest.raises(TruncatedError):
        model.complete(request)
    with pytest.raises(TruncatedError) as caught:
        replay_of("counting", stored(model.take()), completes=True).complete(request)
    assert (caught.value.hint, caught.value.usage) == ("Shorten it.", Usage(requests=1))


async def test_completions_are_recorded_in_async_too():
    model = record(Counting())
    request = CompletionRequest((Message("user", "Count."),))
    await model.acomplete(request)
    reply = await replay_of("counting", model.take(), completes=True).acomplete(request)
    assert reply.text == " 1?\n"


READ = EncodingRequest("abc", "Title", ("One.", " Two."))


class Reading(Counting):
    """A vector for each piece: its length, and a negative number."""

    def encode(self, request):
        if not request.pieces:
            raise TruncatedError("Nothing to read.")
        return Encoding(tuple(bytes([len(piece), 0xFF]) for piece in request.pieces), Usage(requests=1))

    async def aencode(self, request):
        return self.encode(request)


async def test_vectors_are_recorded_as_they_were():
    model = record(Reading())
    assert isinstance(model, EncodingModel)
    live = model.encode(READ)
    replay = replay_of("reading", stored(model.take()), completes=True, encodes=True)
    assert isinstance(replay, EncodingModel)
    assert replay.encode(READ) == live == await model.aencode(READ) == await replay.aencode(READ)
    with pytest.raises(NotRecordedError):
        replay.encode(EncodingRequest("abd", READ.context, READ.pieces))
    nothing = EncodingRequest("abc", "Title", ())
    for attempt in (model.encode, model.aencode):
        with pytest.raises(TruncatedError):
            found = attempt(nothing)
            await found
    with pytest.raises(TruncatedError):
        replay_of("reading", stored(model.take()), completes=True, encodes=True).encode(nothing)


def test_a_recorder_is_what_it_records(server):
    model, counting = model_at(server.base_url), Counting()
    assert not isinstance(model, CompletionModel)
    assert not isinstance(record(model), CompletionModel)
    assert not isinstance(replay_of("any", [], completes=False), CompletionModel)
    assert not isinstance(record(counting), EncodingModel)
    assert not isinstance(replay_of("any", [], completes=True), EncodingModel)
    recorder = record(counting, "another name")
    assert (record(counting).name, recorder.name) == ("counting", "another name")
    recorder.close()
    assert counting.count == -1


def test_an_unknown_request_says_to_run_again():
    for replay in (replay_of("any", [], completes=False), replay_of("any", [], completes=True)):
        with pytest.raises(ModelError) as caught:
            replay.ask(asking())
        assert isinstance(caught.value, NotRecordedError) and caught.value.type == "not_recorded"
        assert "run the eval again" in (caught.value.hint or "")


def test_all_that_decides_a_reply_is_in_the_key():
    message = (Message("user", "Which number?"),)
    requests = [
        asking(),
        asking("Which letter?"),
        asking(model=Other),
        asking(max_output_tokens=5),
        asking(max_reasks=1),
        asking(temperature=0.5),
        StructuredRequest((Message("system", "Which number?"),), Number),
        CompletionRequest(message),
        CompletionRequest(message, grammar="start: /a/"),
        CompletionRequest(message, max_output_tokens=5),
        CompletionRequest(message, top_logprobs=2),
        CompletionRequest((*message, *message)),
        READ,
        EncodingRequest("abd", READ.context, READ.pieces),
        EncodingRequest(READ.encoder, "Other", READ.pieces),
        EncodingRequest(READ.encoder, READ.context, ("One. Two.",)),
    ]
    assert len({request_key(request) for request in requests}) == len(requests)
    assert request_key(asking()) == request_key(asking())
