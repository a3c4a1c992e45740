"""What a model is shown of an answer's type, and whose check an answer meets, in each mode."""

from __future__ import annotations

import asyncio
import copy
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from openai_server import OpenAIServer, Request, instant
from pydantic import BaseModel, Field, SecretStr, ValidationError

from summarizer.document import Document
from summarizer.errors import InvalidOutputError
from summarizer.extraction import article as article_profile
from summarizer.llm.base import Message, Schema, StructuredRequest
from summarizer.llm.client import OpenAIModel
from summarizer.llm.structured import MODES
from summarizer.reading import read_text


class Line(BaseModel):
    number: int = Field(description="Where it stands.")
    text: str = ""


class Lines(BaseModel):
    """The lines that matter."""

    lines: list[Line]


def narrowed(*numbers: int) -> Schema:
    whole = Lines.model_json_schema()
    properties = whole["$defs"]["Line"]["properties"]
    number = properties["number"] | {"enum": list(numbers)}
    line = whole["$defs"]["Line"] | {"properties": properties | {"number": number}}
    return Schema(whole | {"$defs": {"Line": line}})


def asking(number: int, **options: Any) -> StructuredRequest[Lines]:
    """A request that may cite this line and the next one only, and wants this one."""

    def check(answer: Lines) -> list[str]:
        return [f"line {line.number} isn't line {number}" for line in answer.lines if line.number != number]

    given = {"check": check, "schema": narrowed(number, number + 1)}
    return StructuredRequest((Message("user", f"Line {number}?"),), Lines, **(given | options))


def answered(number: int) -> dict[str, Any]:
    return {"lines": [{"number": number, "text": "{problems}"}]}


@instant
def right_the_second_time(request: Request) -> Any:
    number = wanted(request) + ("isn't line" not in json.dumps(request.body))
    text = json.dumps(answered(number))
    return text if request.body.keys() & {"tools", "response_format"} else f"```json\n{text}\n```"


def wanted(request: Request) -> int:
    return int(re.findall(r"Line (\d+)\?", "\n".join(request.texts))[0])


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as started:
        started.reply_with(right_the_second_time)
        yield started


@pytest.fixture(params=MODES)
def model(server: OpenAIServer, request: pytest.FixtureRequest) -> Iterator[OpenAIModel]:
    made = OpenAIModel(
        "openai/stand-in",
        model_id="stand-in",
        api_key=SecretStr("sk-planted-0123456789"),
        base_url=server.base_url,
        mode=request.param,
    )
    yield made
    made.close()


def test_the_value_is_the_same_in_each_mode(server: OpenAIServer, model: OpenAIModel) -> None:
    for reply in (model.ask(asking(4)), asyncio.run(model.aask(asking(4)))):
        assert type(reply.value) is Lines
        assert reply.value == Lines(lines=[Line(number=4, text="{problems}")])
        assert reply.usage.reasks == 1


def test_the_model_sees_the_narrowed_schema_and_the_checks_words(server: OpenAIServer, model: OpenAIModel) -> None:
    model.ask(asking(4))
    first, second = server.chats
    assert numbers_in(first) == numbers_in(second) == [4, 5]
    assert "The lines that matter." in json.dumps(first.body)
    assert "line 5 isn't line 4" in second.texts[-1] and "isn't line" not in json.dumps(first.body)


def test_without_a_schema_of_its_own_the_types_is_shown(server: OpenAIServer, model: OpenAIModel) -> None:
    model.ask(asking(4, schema=None))
    assert numbers_in(server.chats[0]) == [] and "Where it stands." in json.dumps(server.chats[0].body)


def test_interleaved_requests_keep_to_their_own(server: OpenAIServer, model: OpenAIModel) -> None:
    whole = copy.deepcopy(Lines.model_json_schema())

    async def run() -> list[Any]:
        async with model.many(8):
            return await asyncio.gather(*(model.aask(asking(10 * n)) for n in range(24)))

    replies = asyncio.run(run())
    assert [reply.value.lines[0].number for reply in replies] == [10 * n for n in range(24)]
    assert all(reply.usage.reasks == 1 for reply in replies)
    for request in server.chats:
        assert numbers_in(request) == [wanted(request), wanted(request) + 1]
    assert Lines.model_json_schema() == whole


def test_interleaved_threads_keep_to_their_own(server: OpenAIServer, model: OpenAIModel) -> None:
    with ThreadPoolExecutor(6) as threads:
        replies = list(threads.map(lambda n: model.ask(asking(10 * n)), range(18)))
    assert [reply.value.lines[0].number for reply in replies] == [10 * n for n in range(18)]


def test_what_the_check_never_accepts(server: OpenAIServer, model: OpenAIModel) -> None:
    request = asking(4, check=lambda answer: ["never", "at all"])
    with pytest.raises(InvalidOutputError) as caught:
        model.ask(request)
    assert len(server.chats) == 3 and "never" in caught.value.message and "at all" in caught.value.message
    assert json.loads((caught.value.last_output or "").strip("`json\n")) == answered(5)


def test_a_bug_in_a_check_is_not_hidden(model: OpenAIModel) -> None:
    def check(answer: Lines) -> list[str]:
        raise KeyError("a bug")

    with pytest.raises(KeyError, match="a bug"):
        model.ask(asking(4, check=check))


def test_checked_by_itself() -> None:
    right, wrong = Lines.model_validate(answered(4)), Lines.model_validate(answered(5))
    assert asking(4).checked(right) is right
    with pytest.raises(ValidationError, match="line 5 isn't line 4") as caught:
        asking(4).checked(wrong)
    assert "{problems}" not in str(caught.value)
    assert asking(4, check=None).checked(wrong) is wrong


def test_chunks_of_an_article_show_only_their_sentences(server: OpenAIServer, model: OpenAIModel) -> None:
    """Schemas share what doesn't change: nothing may write into one."""
    server.reply_with(lambda _: '{"claims": []}')
    text = "\n\n".join(f"Nora Holm said that Norway would send {n} soldiers to Ukraine in spring." for n in range(40))
    before = copy.deepcopy(article_profile._whole_schema())
    steps = article_profile.steps(Document.of(read_text(text)), max_reasks=0, chunk_chars=900)
    requests = next(steps)
    assert isinstance(requests, tuple) and len(requests) > 2
    for request in requests:
        model.ask(request)
    for request, chat in zip(requests, server.chats, strict=True):
        citable = request.json_schema["$defs"]["ClaimDraft"]["properties"]["evidence"]["items"]["enum"]
        assert numbers_in(chat) == citable
    assert article_profile._whole_schema() == before


def numbers_in(request: Request) -> list[int]:
    """The enum of numbers in the schema that a request shows, wherever it's shown."""
    body = request.body
    if tools := body.get("tools"):
        return found_in(tools[0]["function"]["parameters"])
    if schema := (body.get("response_format") or {}).get("json_schema"):
        return found_in(schema)
    return next(found_in(schema) for text in request.texts for schema in schemas_in(text))


def schemas_in(text: str) -> Iterator[dict[str, Any]]:
    for brace in re.finditer("{", text):
        with suppress(ValueError):
            found, _ = json.JSONDecoder().raw_decode(text[brace.start() :])
            if "$defs" in found:
                yield found


def found_in(schema: Any) -> list[int]:
    if isinstance(schema, dict):
        if isinstance(schema.get("enum"), list) and all(isinstance(n, int) for n in schema["enum"]):
            return list(schema["enum"])
        schema = list(schema.values())
    if isinstance(schema, list):
        return next((numbers for part in schema if (numbers := found_in(part))), [])
    return []
