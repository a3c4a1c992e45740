"""Chat completions made of whatever a service sends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion

_MOST_TOKENS = 10**9
# What else a tool call carries (its id, a signature of thoughts) goes back to the service with a reask.
_LONGEST_EXTRAS_CHARS = 20_000


def parsed(body: bytes) -> Any:
    """A body as JSON. Raises `ValueError` where it is none, or is nested too deeply to be read."""
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def completion_of(body: Any) -> ChatCompletion | str:
    """The chat completion, with its first choice and what is needed of it, or why there is none."""
    try:
        return _completion_of(body)
    except RecursionError:
        return "it is nested too deeply"


def answer_text(completion: ChatCompletion) -> str:
    """The answer as text: the arguments of the tool call, or else the content."""
    message = completion.choices[0].message
    if message.tool_calls:
        arguments: Any = getattr(getattr(message.tool_calls[0], "function", None), "arguments", "")
        return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return content_text(message.content) or ""


def content_text(content: Any) -> str | None:
    """The text of a content, which some services send in parts."""
    if content is None or isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "".join(part for part in parts if isinstance(part, str))
    return json.dumps(content, ensure_ascii=False)


def token_count(given: Any) -> int | None:
    """A number of tokens, where it can be one."""
    return given if type(given) is int and 0 <= given <= _MOST_TOKENS else None


def whole_characters(text: str) -> str:
    """The text with U+FFFD for half a surrogate pair, which JSON can hold and nothing can write."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _completion_of(body: Any) -> ChatCompletion | str:
    if not isinstance(body, dict):
        return "it isn't a chat completion"
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices:
        said = body.get("error")
        said = said.get("message", said) if isinstance(said, dict) else said
        return f"it is an error: {said}" if said else "it has no choices"
    choice = choices[0]
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        return "its choice has no message"
    # Only the first call is ever looked at.
    calls = message.get("tool_calls") or []
    read = [_call(call) for call in calls[:1]] if isinstance(calls, list) else [None]
    if None in read:
        return "its tool calls can't be read"
    refusal = message.get("refusal")
    return _made(
        body,
        {
            "role": "assistant",
            "content": _text(content_text(message.get("content"))),
            "refusal": _text(refusal if isinstance(refusal, str) else json.dumps(refusal)) if refusal else None,
            "tool_calls": read or None,
        },
        choice.get("finish_reason"),
    )


def _made(body: dict[str, Any], message: dict[str, Any], finish_reason: Any) -> ChatCompletion:
    from openai.types.chat import ChatCompletion

    usage = body.get("usage")
    names = ("prompt_tokens", "completion_tokens")
    counts = [token_count(usage.get(name)) if isinstance(usage, dict) else None for name in names]
    return ChatCompletion.construct(
        id="completion",
        object="chat.completion",
        created=0,
        model=_text(model) if isinstance(model := body.get("model"), str) else "",
        choices=[
            {
                "index": 0,
                "message": message,
                "finish_reason": finish_reason if isinstance(finish_reason, str) else "stop",
            }
        ],
        usage=dict(zip(names, counts, strict=True)) | {"total_tokens": sum(n or 0 for n in counts)}
        if None not in counts
        else None,
    )


def _call(call: Any) -> dict[str, Any] | None:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or "arguments" not in function:
        return None
    name, arguments = function.get("name"), function["arguments"]
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    read = {"name": _text(name) if isinstance(name, str) else "", "arguments": whole_characters(text)}
    return {"id": "call_1"} | _extras(call) | {"type": "function", "function": read}


def _extras(call: dict[str, Any]) -> dict[str, Any]:
    try:
        text = json.dumps({k: v for k, v in call.items() if k != "function"}, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return {}
    extras: dict[str, Any] = json.loads(whole_characters(text)) if len(text) <= _LONGEST_EXTRAS_CHARS else {}
    return extras if isinstance(extras.get("id"), str) else extras | {"id": "call_1"}


def _text(text: str | None) -> Any:
    return None if text is None else whole_characters(text)
