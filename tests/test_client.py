"""The client for OpenAI-compatible services, against a real server on loopback."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion
from openai_server import Cut, Hang, OpenAIServer, Raw, Reply, Request, Status, completion, redirect
from pydantic import BaseModel, SecretStr, field_validator

from summarizer.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    InvalidOutputError,
    ModelError,
    ModelNotFoundError,
    QuotaError,
    RateLimitError,
    RefusalError,
    ServiceError,
    TimeoutExceededError,
    TruncatedError,
)
from summarizer.llm.base import Message, StructuredReply, StructuredRequest
from summarizer.llm.client import OpenAIModel, offered_models
from summarizer.llm.prices import FREE, Price, price_of
from summarizer.llm.structured import MODES, StructuredCaller
from summarizer.llm.transport import Service, retry_after_s

KEY = "sk-planted-4f9aQ7zW1xY8"
WORDS = "the number must be even, and 7 is not"


class Number(BaseModel):
    """An even number."""

    number: int

    @field_validator("number")
    @classmethod
    def even(cls, value: int) -> int:
        if value % 2:
            raise ValueError(WORDS)
        return value


REQUEST = StructuredRequest((Message("system", "Count."), Message("user", "How many?")), Number)


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as started:
        yield started


OPEN: list[OpenAIModel] = []


@pytest.fixture(autouse=True)
def closed_afterwards() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def make(server: OpenAIServer, **options: Any) -> OpenAIModel:
    settings: dict[str, Any] = {
        "model_id": "stand-in",
        "api_key": SecretStr(KEY),
        "base_url": server.base_url,
        "max_attempts": 3,
        "wait_initial_s": 0.001,
        "timeout_s": 10.0,
    }
    model = OpenAIModel("openai/stand-in", **(settings | options))
    OPEN.append(model)
    return model


class Asker:
    """Asks the waiting or the async way, so that each test runs over both."""

    def __init__(self, asynchronous: bool) -> None:
        self.asynchronous = asynchronous

    def __call__(
        self, model: OpenAIModel | StructuredCaller, request: StructuredRequest[Any] = REQUEST
    ) -> StructuredReply[Any]:
        return asyncio.run(model.aask(request)) if self.asynchronous else model.ask(request)

    def fails(self, model: OpenAIModel | StructuredCaller, kind: type[ModelError]) -> ModelError:
        with pytest.raises(ModelError) as caught:
            self(model)
        assert type(caught.value) is kind
        assert caught.value.usage is not None
        return caught.value


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Asker:
    return Asker(request.param == "async")


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_good_answer(server: OpenAIServer, ask: Asker, mode: str) -> None:
    server.reply_with({"number": 42})
    reply = ask(make(server, mode=mode, price=Price(1.0, 10.0)))
    assert isinstance(reply.value, Number)
    assert reply.value.number == 42
    assert reply.raw == '{"number": 42}'
    assert reply.usage.model_dump() == {
        "requests": 1,
        "reasks": 0,
        "transport_retries": 0,
        "input_tokens": 100,
        "output_tokens": 20,
        "cost_usd": pytest.approx(0.0003),
    }
    (request,) = server.chats
    assert request.key == KEY
    form = {"tools": "tools", "json_schema": "response_format", "json": "response_format"}.get(mode)
    assert form is None or form in request.body
    assert request.body["temperature"] == 0.0
    assert request.body["max_tokens"] == 4096


def test_reask_carries_the_validators_words(server: OpenAIServer, ask: Asker, mode: str) -> None:
    server.reply_with({"number": 7}, {"number": 8})
    reply = ask(make(server, mode=mode))
    assert reply.value.number == 8
    assert reply.raw == '{"number": 8}'
    assert (reply.usage.requests, reply.usage.reasks) == (2, 1)
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (200, 40)
    assert WORDS in server.chats[1].texts[-1]


def test_invalid_for_ever(server: OpenAIServer, ask: Asker, mode: str) -> None:
    server.reply_with({"number": 1}, {"number": 3}, {"number": 5}, {"number": 8})
    error = ask.fails(make(server, mode=mode), InvalidOutputError)
    assert error.last_output == '{"number": 5}'
    assert error.usage is not None
    assert (error.usage.requests, error.usage.reasks) == (3, 2)
    assert WORDS in error.message
    assert "ChatCompletion" not in str(error)


@pytest.mark.parametrize("answer", ["no JSON at all", "", '{"number": "many"}', '{"number": 4', "[]"])
def test_answers_that_are_no_number(server: OpenAIServer, ask: Asker, mode: str, answer: str) -> None:
    server.reply_with(answer, {"number": 8})
    assert ask(make(server, mode=mode)).value.number == 8


def test_a_number_in_quotes_costs_no_reask(server: OpenAIServer, ask: Asker, mode: str) -> None:
    server.reply_with('{"number": "12"}')
    assert ask(make(server, mode=mode)).value.number == 12


def test_text_instead_of_a_tool_call(server: OpenAIServer, ask: Asker) -> None:
    server.reply_with(*[Reply(message={"content": "Forty-two."})] * 3)
    error = ask.fails(make(server), InvalidOutputError)
    assert error.last_output == "Forty-two."
    assert "json_schema" in str(error)


def test_content_in_parts(server: OpenAIServer, ask: Asker) -> None:
    parts = [{"type": "thinking"}, {"type": "text", "text": '{"number": 8}'}]
    server.reply_with(Reply(message={"content": parts}))
    assert ask(make(server, mode="json_schema")).value.number == 8


def test_truncated(server: OpenAIServer, ask: Asker, mode: str) -> None:
    server.reply_with(Reply('{"number"', finish_reason="length"))
    error = ask.fails(make(server, mode=mode), TruncatedError)
    assert error.usage is not None
    assert (error.usage.requests, error.usage.output_tokens) == (1, 20)
    assert error.last_output == '{"number"'


@pytest.mark.parametrize(
    "reply",
    [
        Reply(refusal="I'd rather not."),
        Reply(finish_reason="content_filter"),
        Status(400, code="content_filter"),
    ],
)
def test_refusal(server: OpenAIServer, ask: Asker, mode: str, reply: Any) -> None:
    server.reply_with(reply)
    ask.fails(make(server, mode=mode), RefusalError)
    assert len(server.chats) == 1


def test_templates_in_messages_arrive_untouched(server: OpenAIServer, ask: Asker, mode: str) -> None:
    text = "{{ 6*7 }} {% foo  \n   {# bar https://example.org/a.png"
    server.reply_with({"number": 7}, {"number": 8})
    ask(make(server, mode=mode), StructuredRequest((Message("user", text),), Number))
    assert all(any(text in content for content in chat.texts) for chat in server.chats)


def test_schema_is_shown_only_where_it_is_wanted(server: OpenAIServer, ask: Asker) -> None:
    server.reply_with({"number": 8}, {"number": 8})
    ask(make(server, mode="json_schema"))
    ask(make(server, mode="json_schema", schema_in_prompt=True))
    plain, shown = (chat.texts for chat in server.chats)
    assert plain == ["Count.", "How many?"]
    assert shown[0].startswith("Count.")
    assert "An even number." in shown[0]


@pytest.mark.parametrize(
    "fault",
    [
        Status(429, headers={"Retry-After": "0"}),
        Status(408),
        Status(409),
        Status(500),
        Status(503),
        Cut({"number": 8}),
        Hang(0.0),
        Raw(b'{"choices": [{"mess'),
        Raw(b"\xff\xfe"),
        Raw(b"<html>hello</html>", "text/html"),
        Raw(b"null"),
        Raw(b"[1, 2]"),
        Raw(b'{"choices": 5}'),
        Raw(b'{"choices": [null]}'),
        Raw(b'{"choices": [{"message": "hello"}]}'),
        Raw(b'{"choices": [{"message": {"tool_calls": 3}}]}'),
        Raw(b'{"choices": [{"message": {"tool_calls": [{"function": null}]}}]}'),
        Raw(b'{"error": {"message": "upstream is down", "code": 502}}'),
        Reply(completion={"choices": []}),
    ],
    ids=repr,
)
def test_passing_faults_are_tried_again(server: OpenAIServer, ask: Asker, fault: Any) -> None:
    server.fail_first(fault)
    server.reply_with({"number": 8})
    reply = ask(make(server))
    assert reply.value.number == 8
    assert (reply.usage.requests, reply.usage.reasks, reply.usage.transport_retries) == (1, 0, 1)
    assert len(server.chats) == 2


def test_a_reasks_request_is_tried_again_by_itself(server: OpenAIServer, ask: Asker) -> None:
    server.reply_with({"number": 7}, Status(500), Status(500), {"number": 8})
    usage = ask(make(server)).usage
    assert (usage.requests, usage.reasks, usage.transport_retries) == (2, 1, 2)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Status(503), ServiceError),
        (Status(429), RateLimitError),
        (Cut(), ConnectionFailedError),
        (Raw(b"{"), ServiceError),
        (Reply(completion={"choices": []}), ServiceError),
    ],
    ids=repr,
)
def test_lasting_faults(server: OpenAIServer, ask: Asker, fault: Any, kind: type[ModelError]) -> None:
    server.reply_with(lambda _: fault)
    error = ask.fails(make(server), kind)
    assert len(server.chats) == 3
    assert "3 times" in error.message
    assert error.usage is not None
    assert error.usage.transport_retries == 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Status(400, "temperature of the room is wrong"), ModelError),
        (Status(401), AuthenticationError),
        (Status(402), QuotaError),
        (Status(403), AuthenticationError),
        (Status(422), ModelError),
        (Status(429, code="insufficient_quota"), QuotaError),
        (Status(501), ServiceError),
        (Status(400, "maximum context length is 8192 tokens"), TruncatedError),
        (Status(400, code="context_length_exceeded"), TruncatedError),
        (Status(400, "API key not valid. Please pass a valid API key."), AuthenticationError),
        (Status(400, "Your credit balance is too low to access the API."), QuotaError),
        (Status(400, "limit reached", code="billing_hard_limit_reached"), QuotaError),
        (Status(403, "Input was flagged by moderation"), RefusalError),
        (Status(400, code="content_filter"), RefusalError),
    ],
    ids=repr,
)
def test_what_is_never_tried_again(server: OpenAIServer, ask: Asker, fault: Status, kind: type[ModelError]) -> None:
    server.reply_with(fault, {"number": 8})
    ask.fails(make(server), kind)
    assert len(server.chats) == 1


def test_retry_after_is_honoured(server: OpenAIServer, ask: Asker) -> None:
    busy = Status(429, headers={"Retry-After": "1"})
    server.reply_with(busy, busy, {"number": 8})
    ask.fails(make(server, deadline_s=0.9), RateLimitError)
    assert len(server.chats) == 1
    assert ask(make(server, deadline_s=30.0)).usage.transport_retries == 1


def test_retry_after_beyond_the_deadline_gives_up_at_once(server: OpenAIServer, ask: Asker) -> None:
    server.reply_with(Status(429, headers={"Retry-After": "3600"}), {"number": 8})
    error = ask.fails(make(server, deadline_s=30.0), RateLimitError)
    assert len(server.chats) == 1
    assert "3600 s" in error.message
    assert "UTC" in (error.hint or "")


def test_a_service_without_tools_says_what_to_set(server: OpenAIServer, ask: Asker) -> None:
    server.reply_with(Status(400, "tiny-model does not support tools"))
    assert "SUMMARIZER_MODE" in str(ask.fails(make(server), ModelError))


def test_silence_is_a_timeout(server: OpenAIServer, ask: Asker) -> None:
    server.reply_with(lambda _: Hang())
    error = ask.fails(make(server, timeout_s=0.05, max_attempts=2), TimeoutExceededError)
    assert "2 times" in error.message


def test_nobody_there(ask: Asker) -> None:
    with OpenAIServer() as server:
        url = server.base_url
    error = ask.fails(make(server, base_url=url), ConnectionFailedError)
    assert "127.0.0.1" in error.message


def test_unknown_model_names_what_there_is(ask: Asker) -> None:
    with OpenAIServer(models=("alpha", "beta")) as server:
        error = ask.fails(make(server), ModelNotFoundError)
    assert "alpha, beta" in str(error)


def test_base_url_without_v1(server: OpenAIServer, ask: Asker) -> None:
    error = ask.fails(make(server, base_url=server.base_url.removesuffix("/v1")), ModelNotFoundError)
    assert "/v1" in (error.hint or "")


@pytest.mark.parametrize("address", [f"http://{KEY}@127.0.0.1:9/{KEY}", f"http://{KEY}.example.org/", "/here", ""])
def test_a_redirect_does_not_tell_the_key(server: OpenAIServer, ask: Asker, address: str) -> None:
    server.reply_with(redirect(address))
    error = ask.fails(make(server), ServiceError)
    assert KEY not in str(error)
    assert len(server.chats) == 1


def test_redirects_are_not_followed(server: OpenAIServer, ask: Asker) -> None:
    with OpenAIServer() as other:
        server.reply_with(redirect(f"{other.base_url}/chat/completions?token={KEY}"))
        error = ask.fails(make(server), ServiceError)
        assert other.requests == []
    assert other.base_url.removesuffix("/v1").removeprefix("http://") in error.message
    assert KEY not in str(error)


@pytest.mark.parametrize(
    ("refusals", "sent"),
    [
        (
            {"temperature": "Unsupported value: 'temperature' does not support 0 with this model."},
            {"max_tokens": 4096},
        ),
        (
            {"max_tokens": "Unsupported: 'max_tokens'. Use 'max_completion_tokens' instead."},
            {"temperature": 0.0, "max_completion_tokens": 4096},
        ),
        (
            {"temperature": "Unknown: temperature", "max_tokens": "Extra: max_tokens not permitted"},
            {"max_completion_tokens": 4096 + 8192},
        ),
        ({n: f"Unknown parameter {n}" for n in ("temperature", "max_tokens", "max_completion_tokens")}, {}),
    ],
)
def test_refused_parameters_are_left_out_from_then_on(
    server: OpenAIServer, ask: Asker, refusals: dict[str, str], sent: dict[str, Any]
) -> None:
    def play(request: Request) -> Any:
        refused = next((name for name in refusals if name in request.body), None)
        return Status(400, refusals[refused], param=refused) if refused else {"number": 8}

    server.reply_with(play)
    model = make(server)
    assert ask(model).value.number == 8
    before = len(server.chats)
    assert ask(model).value.number == 8
    assert len(server.chats) == before + 1
    body = server.chats[-1].body
    names = ("temperature", "max_tokens", "max_completion_tokens")
    assert {name: body[name] for name in names if name in body} == sent


def test_the_parameter_is_found_in_the_words(server: OpenAIServer, ask: Asker) -> None:
    words = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead; temperature is fine."
    server.reply_with(Status(422, words), {"number": 8})
    ask(make(server))
    assert server.chats[1].body["max_completion_tokens"] == 4096
    assert server.chats[1].body["temperature"] == 0.0


@pytest.mark.parametrize(
    "fault",
    [
        Status(401, "Incorrect API key provided", echo_key=True),
        Status(401, f"Incorrect API key provided: {KEY[:8]}******{KEY[-4:]}"),
        Status(403, echo_key=True),
        Status(400, echo_key=True),
        Status(400, f"bad key {KEY[:9]} or {KEY[-9:]} or {KEY[:4]}*****{KEY[-4:]}"),
        Status(404, echo_key=True),
        Status(429, echo_key=True),
        Status(500, echo_key=True),
        Raw(f'{{"error": "key {KEY} is out"}}'.encode()),
        Raw(KEY.encode(), "text/plain", 500),
        Reply({"number": 7}),
        Cut(),
    ],
    ids=lambda fault: repr(fault).replace(KEY, "KEY"),
)
def test_the_key_stays_secret(server: OpenAIServer, ask: Asker, fault: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("openai", "httpx", "httpx2", "httpcore", "httpcore2", "instructor", "summarizer"):
        caplog.set_level(logging.DEBUG, logger=name)
    server.reply_with(lambda _: fault)
    model = make(server)
    with pytest.raises(ModelError) as caught:
        ask(model)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=False).format())
    everything = "\n".join([str(caught.value), repr(caught.value), repr(vars(caught.value)), repr(model), shown])
    assert server.chats[0].key == KEY
    for text in (everything, caplog.text):
        assert KEY[:9] not in text
        assert KEY[-9:] not in text
    assert KEY[-4:] not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_missing_or_wrong_key_names_the_variable(ask: Asker) -> None:
    with OpenAIServer(key="sk-right") as server:
        wrong = ask.fails(make(server, key_variable="GROQ_API_KEY"), AuthenticationError)
        missing = ask.fails(make(server, api_key=None), AuthenticationError)
    assert "GROQ_API_KEY" in str(wrong)
    assert "OPENAI_API_KEY" in str(missing)


def test_without_a_key_a_placeholder_is_sent(server: OpenAIServer, ask: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server.reply_with({"number": 8})
    ask(make(server, api_key=None))
    assert server.chats[0].key == "no-key"
    assert "org-secret" not in server.chats[0].headers.values()


@pytest.mark.parametrize(
    "options",
    [{"mode": "xml"}, {"base_url": "localhost:8000"}, {"api_key": SecretStr("sk-plänted")}],
    ids=repr,
)
def test_wrong_settings(server: OpenAIServer, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make(server, **options)
    assert "sk-" not in str(caught.value)


def test_a_newline_after_the_key_is_forgiven(server: OpenAIServer, ask: Asker) -> None:
    server.reply_with({"number": 8})
    ask(make(server, api_key=SecretStr(f"{KEY}\n")))
    assert server.chats[0].key == KEY


def test_one_model_in_several_event_loops_and_closed(server: OpenAIServer) -> None:
    server.reply_with(lambda _: {"number": 8})
    model = make(server)
    for _ in range(3):
        assert asyncio.run(model.aask(REQUEST)).value.number == 8
    assert model.ask(REQUEST).value.number == 8
    model.close()
    with pytest.raises(ServiceError):
        model.ask(REQUEST)
    with pytest.raises(ServiceError):
        asyncio.run(model.aask(REQUEST))


async def test_many_at_once(server: OpenAIServer) -> None:
    barrier = threading.Barrier(8, timeout=10)

    def play(request: Request) -> Any:
        barrier.wait()
        return {"number": 2 * int(request.texts[0])}

    server.reply_with(play)
    model = make(server)
    requests = [StructuredRequest((Message("user", str(i)),), Number) for i in range(8)]
    replies = await asyncio.gather(*(model.aask(request) for request in requests))
    assert [reply.value.number for reply in replies] == [2 * i for i in range(8)]
    assert server.most_in_flight == 8


def test_nothing_is_left_behind(
    server: OpenAIServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        model = make(server)
        task = asyncio.create_task(model.aask(REQUEST))
        await asyncio.to_thread(server.arrived.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await model.aask(REQUEST)
        model.close()

    gc.collect()
    unraisable: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    server.reply_with(Hang(), {"number": 8})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(run())
        gc.collect()
    assert unraisable == []
    assert "never retrieved" not in caplog.text


def test_a_broken_validator_is_not_hidden(server: OpenAIServer, ask: Asker) -> None:
    class Broken(BaseModel):
        number: int

        @field_validator("number")
        @classmethod
        def fail(cls, value: int) -> int:
            raise KeyError("a bug")

    server.reply_with({"number": 8})
    with pytest.raises(KeyError, match="a bug"):
        ask(make(server), StructuredRequest((Message("user", "?"),), Broken))


ALLOWED: ContextVar[int] = ContextVar("ALLOWED")


class Bound(BaseModel):
    """A number that must be the one of the context."""

    number: int

    @field_validator("number")
    @classmethod
    def allowed(cls, value: int) -> int:
        if value != ALLOWED.get():
            raise ValueError(f"only {ALLOWED.get()} is allowed")
        return value


@pytest.mark.parametrize("mode", MODES)
def test_an_engine_in_this_process(ask: Asker, mode: str) -> None:
    seen: list[dict[str, Any]] = []
    answers = iter(['{"number": 1}', '{"number": 5}'])

    def create(**arguments: Any) -> ChatCompletion:
        seen.append(arguments)
        request = Request("POST", "/", {}, arguments)
        return ChatCompletion.model_validate(completion(request, Reply(next(answers))))

    caller = StructuredCaller(create=create, mode=mode, model_id="engine", price=FREE)
    token = ALLOWED.set(5)
    try:
        reply = ask(caller, StructuredRequest((Message("user", "{{ 1 }}"),), Bound))
    finally:
        ALLOWED.reset(token)
    assert reply.value.number == 5
    assert reply.usage.cost_usd == 0.0
    assert reply.usage.reasks == 1
    assert "only 5 is allowed" in str(seen[1]["messages"][-1]["content"])
    assert all("context" not in arguments for arguments in seen)


def test_an_engines_error_comes_through(ask: Asker) -> None:
    def create(**_: Any) -> ChatCompletion:
        raise TruncatedError("too long for the engine")

    error = ask.fails(StructuredCaller(create=create, mode="json_schema"), TruncatedError)
    assert error.message == "too long for the engine"
    assert error.usage is not None
    assert error.usage.requests == 1


def test_unknown_prices_stay_unknown(server: OpenAIServer, ask: Asker) -> None:
    server.reply_with({"number": 8}, Reply({"number": 8}, message={}, completion={"usage": None}))
    assert ask(make(server)).usage.cost_usd is None
    assert ask(make(server, price=Price(1.0, 1.0))).usage.cost_usd is None
    assert price_of("openai", "gpt-9") is None
    assert price_of("nobody", "gpt-5") is None
    listed = price_of("openai", "gpt-5-mini-2025-08-07")
    assert listed is not None
    assert listed.as_of
    assert listed.cost_usd(1_000_000, 1_000_000) == pytest.approx(listed.input_usd + listed.output_usd)


def test_offered_models(server: OpenAIServer) -> None:
    assert offered_models(server.base_url, SecretStr(KEY)) == ["stand-in"]
    assert server.requests[0].key == KEY
    with pytest.raises(ServiceError):
        offered_models(server.base_url + "/nowhere")
    with OpenAIServer(key="sk-right") as locked, pytest.raises(AuthenticationError):
        offered_models(locked.base_url)
    with pytest.raises(ConnectionFailedError):
        offered_models(locked.base_url)


NOW = datetime(2025, 9, 5, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 90.0),
        ({"retry-after": format_datetime(NOW - timedelta(days=1), usegmt=True)}, 0.0),
    ],
)
def test_retry_after(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after_s(headers, NOW) == expected


@given(
    key=st.text(alphabet="abcdefghijkXYZ0123456789-_", min_size=16, max_size=40),
    before=st.text(max_size=40),
    after=st.text(max_size=40),
    start=st.integers(0, 10),
)
def test_no_piece_of_the_key_survives_redaction(key: str, before: str, after: str, start: int) -> None:
    service = Service("http://localhost/v1", "m", "KEY", SecretStr(key))
    redacted = service.redact(f"{before}{key[start:]} {key}{after}")
    pieces = {key[i : i + 6] for i in range(len(key) - 5)}
    assert not any(piece in redacted for piece in pieces)


def test_redaction_leaves_other_words_alone() -> None:
    service = Service("http://localhost/v1", "m", "KEY", SecretStr(KEY))
    assert service.redact("The plan of the plant is over.") == "The plan of the plant is over."
