"""HTTP: from requests to items, and from items to bytes or to connections that break."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aiohttp import web

from openai_server.items import Cut, Hang, Item, Raw, Reply, Request, Status, completion, digest, error

if TYPE_CHECKING:
    from openai_server.server import OpenAIServer

_CHATS = "/v1/chat/completions"
_JSON = {"Content-Type": "application/json"}


class Handler:
    """Handles one request after the other, on any number of connections."""

    def __init__(self, server: OpenAIServer) -> None:
        self._server = server

    async def __call__(self, http: web.BaseRequest) -> web.StreamResponse:
        """The response. A connection that is to break is closed, and nothing more can be sent on it."""
        request, upload = await _read(http)
        self._server.record(request)
        try:
            return await self._respond(http, request, upload)
        finally:
            self._server.finished()

    async def _respond(self, http: web.BaseRequest, request: Request, upload: Any) -> web.StreamResponse:
        key = self._server.key
        if key is not None and request.key != key:
            status = Status(401, "Incorrect API key provided", "invalid_api_key", echo_key=True)
            return _sent(status.status, error(status, request))
        if request.path == _CHATS and request.method == "POST":
            return await self._chat(http, request)
        found = await self._other(http, request, upload)
        if isinstance(found, bytes):
            return web.Response(body=found, headers={"Content-Type": "application/octet-stream"})
        if isinstance(found, Status):
            return _sent(found.status, error(found, request), found.headers)
        return _sent(200, found)

    async def _other(self, http: web.BaseRequest, request: Request, upload: Any) -> dict[str, Any] | bytes | Status:
        """What isn't a chat: the list of models, files and batches."""
        batches, files = self._server.batches, self._server.batches.files
        found: dict[str, Any] | bytes | Status = Status(404, "no such path")
        match request.method, *request.path.removeprefix("/").split("/"):
            case "GET", "v1", "models":
                listed = [{"id": name, "object": "model"} for name in self._server.models]
                found = {"object": "list", "data": listed}
            case "POST", "v1", "files":
                found = files.create(upload)
            case "GET", "v1", "files", file_id:
                found = files.retrieve(file_id)
            case "GET", "v1", "files", file_id, "content":
                found = files.content(file_id)
            case "DELETE", "v1", "files", file_id:
                found = files.delete(file_id)
            case "POST", "v1", "batches":
                found = batches.create(request)
            case "GET", "v1", "batches":
                found = batches.listed(http.query.get("after"), http.query.get("limit", "20"))
            case "GET", "v1", "batches", batch_id:
                found = await batches.retrieve(batch_id)
            case "POST", "v1", "batches", batch_id, "cancel":
                found = await batches.cancel(batch_id)
        return found

    async def _chat(self, http: web.BaseRequest, request: Request) -> web.StreamResponse:
        problem = unusable(request, self._server.models)
        if problem is not None:
            return _sent(problem.status, error(problem, request))
        self._server.chats_in_flight += 1
        try:
            return await self._play(http, request, await self._server.item_for(request))
        finally:
            self._server.chats_in_flight -= 1

    async def _play(self, http: web.BaseRequest, request: Request, item: Item) -> web.StreamResponse:
        match item:
            case Status():
                return _sent(item.status, error(item, request), item.headers)
            case Raw():
                return web.Response(
                    body=item.body, status=item.status, headers={**item.headers, "Content-Type": item.content_type}
                )
            case Cut():
                return _cut(http, json.dumps(completion(request, Reply(item.answer))).encode())
            case Hang():
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._server.stopping.wait(), item.seconds)
                return _broken(http)
            case Reply():
                return _sent(200, completion(request, item))
        return _sent(200, completion(request, Reply(item)))


def unusable(request: Request, models: tuple[str, ...]) -> Status | None:
    """Why nothing can be played for a request for a chat completion, or None."""
    if not isinstance(request.body, dict) or not isinstance(request.body.get("model"), str):
        return Status(400, "the body is no request for a chat completion")
    if request.body["model"] not in models:
        return Status(404, "The model does not exist", "model_not_found")
    return None


async def _read(http: web.BaseRequest) -> tuple[Request, Any]:
    """The request, and the form that it uploads."""
    headers = {name.lower(): value for name, value in http.headers.items()}
    if headers.get("content-type", "").startswith("multipart/"):
        return Request(http.method, http.path, headers, None), await http.post()
    raw = await http.read()
    body = None
    with contextlib.suppress(ValueError):
        body = json.loads(raw) if raw else None
    return Request(http.method, http.path, headers, body, digest(raw)), None


def _sent(status: int, body: Any, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        body=json.dumps(body).encode(), status=status, headers={**headers, **_JSON} if headers else _JSON
    )


def _cut(http: web.BaseRequest, body: bytes) -> web.Response:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    if http.transport is not None:
        http.transport.write(head.encode() + body[: len(body) // 2])
    return _broken(http)


def _broken(http: web.BaseRequest) -> web.Response:
    """Close the connection. What is returned finds it closed."""
    http.protocol.force_close()
    return web.Response()
