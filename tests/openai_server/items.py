"""What comes in, what can be played, and the JSON that it becomes."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, TypeVar

from pydantic import BaseModel

Answer = dict[str, Any] | BaseModel | str
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Request:
    """A request as it came in. Header names are in lower case; `body` is the parsed JSON, or None.

    `digest` is a hash of the body's bytes. For a line of a batch, `headers` are those that created the batch.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    digest: str = ""

    @property
    def key(self) -> str | None:
        """The bearer token."""
        return self.headers.get("authorization", "").removeprefix("Bearer ") or None

    @property
    def texts(self) -> list[str]:
        """The contents of all messages."""
        return [str(message.get("content")) for message in self.body["messages"]]


@dataclass(frozen=True)
class Reply:
    """A chat completion. `message` and `completion` replace fields, e.g. `completion={"choices": []}`."""

    answer: Answer | None = None
    finish_reason: str | None = None
    refusal: str | None = None
    input_tokens: int = 100
    output_tokens: int = 20
    message: Mapping[str, Any] = field(default_factory=dict)
    completion: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Status:
    """An error in OpenAI's form. `echo_key` repeats the caller's key in the message."""

    status: int
    message: str = "as scheduled"
    code: str | None = None
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    echo_key: bool = False


@dataclass(frozen=True)
class Raw:
    """Any body whatever, byte for byte."""

    body: bytes
    content_type: str = "application/json"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cut:
    """A good reply whose connection breaks after half of its body."""

    answer: Answer = ""


@dataclass(frozen=True)
class Hang:
    """No reply until `seconds` have passed, or the server is stopped; then the connection breaks."""

    seconds: float = 60.0


Item = Answer | Reply | Status | Raw | Cut | Hang
Play = Callable[[Request], Item | Awaitable[Item]]


def redirect(url: str) -> Raw:
    """A redirect that keeps method and body."""
    return Raw(b"", status=307, headers={"Location": url})


def instant(play: F) -> F:
    """Mark a function to play as one that never waits, so that it needs no thread."""
    play.instant = True  # type: ignore[attr-defined]
    return play


def digest(body: bytes) -> str:
    """The hash by which a body is known again."""
    return blake2b(body, digest_size=8).hexdigest()


def outcome(item: Item) -> str:
    """What an item counts as."""
    match item:
        case Status():
            return f"status_{item.status}"
        case Raw() | Cut() | Hang():
            return type(item).__name__.lower()
    return "served"


def error(status: Status, request: Request) -> dict[str, Any]:
    """The body of an error."""
    message = f"{status.message}: {request.key}" if status.echo_key else status.message
    return {"error": {"message": message, "type": "error", "code": status.code, "param": status.param}}


def completion(request: Request, reply: Reply) -> dict[str, Any]:
    """A chat completion that carries the reply where the request wants it."""
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": reply.refusal}
    finish_reason = "stop"
    if reply.answer is not None:
        text = _text(reply.answer)
        if tools := request.body.get("tools"):
            function = {"name": tools[0]["function"]["name"], "arguments": text}
            message["tool_calls"] = [{"id": "call_1", "type": "function", "function": function}]
            finish_reason = "tool_calls"
        else:
            message["content"] = text
    choice = {
        "index": 0,
        "message": message | dict(reply.message),
        "finish_reason": reply.finish_reason or finish_reason,
    }
    usage = {
        "prompt_tokens": reply.input_tokens,
        "completion_tokens": reply.output_tokens,
        "total_tokens": reply.input_tokens + reply.output_tokens,
    }
    whole = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": request.body["model"],
        "choices": [choice],
        "usage": usage,
    }
    return whole | dict(reply.completion)


def _text(answer: Answer) -> str:
    if isinstance(answer, str):
        return answer
    return answer.model_dump_json() if isinstance(answer, BaseModel) else json.dumps(answer)
