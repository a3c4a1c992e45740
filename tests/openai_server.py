"""A stand-in for an OpenAI-compatible service: a real HTTP server on loopback.

    with OpenAIServer() as server:
        server.reply_with({"answer": 42})              # played in order: answers, Replies and faults
        ... ask at server.base_url ...
        assert server.chats[0].body["model"] == "stand-in"

An answer (a dict, a pydantic model, or a text) is put where the request wants it: into the arguments of the
tool call when the request has tools, else into the content. `reply_with` also takes one function of the
request, for tests in which requests come in any order. `fail_first` puts faults before whatever would be
replied. When nothing is left to play, the server replies with status 400, which no client tries again.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from pydantic import BaseModel

Answer = dict[str, Any] | BaseModel | str


@dataclass(frozen=True)
class Request:
    """A request as it came in. Header names are in lower case; `body` is the parsed JSON, or None."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any

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
Play = Callable[[Request], Item]


def redirect(url: str) -> Raw:
    """A redirect that keeps method and body."""
    return Raw(b"", status=307, headers={"Location": url})


class OpenAIServer:
    """`models` is what /v1/models lists; with `key` every other key gets a 401 that repeats it."""

    def __init__(self, models: tuple[str, ...] = ("stand-in",), key: str | None = None) -> None:
        self.models = models
        self.key = key
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self._queue: deque[Item] = deque()
        self._faults: deque[Item] = deque()
        self._play: Play | None = None
        self._lock = threading.Lock()
        self._in_flight = 0
        self.most_in_flight = 0
        self.arrived = threading.Event()
        self._http = _HTTPServer(("127.0.0.1", 0), _Handler)
        self._http.stand_in = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.hang_up()
        self._http.server_close()

    @property
    def base_url(self) -> str:
        """What to give as `--base-url`."""
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    @property
    def chats(self) -> list[Request]:
        """The requests for chat completions, in the order in which they came."""
        return [request for request in self.requests if request.path == "/v1/chat/completions"]

    def reply_with(self, *items: Item | Play) -> None:
        """Add items to play in order, or set one function that makes the reply to each request."""
        if len(items) == 1 and callable(items[0]):
            self._play = items[0]
        else:
            self._queue.extend(item for item in items if not callable(item))

    def fail_first(self, *faults: Item) -> None:
        """Play these before whatever would be replied otherwise."""
        self._faults.extend(faults)

    def item_for(self, request: Request) -> Item:
        """Record a request for a chat completion and take what is to be replied."""
        with self._lock:
            if self._faults:
                return self._faults.popleft()
            if self._play is None:
                return self._queue.popleft() if self._queue else Status(400, "nothing left to play")
            play = self._play
        return play(request)

    def record(self, request: Request) -> None:
        """Remember a request."""
        with self._lock:
            self.requests.append(request)
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
        self.arrived.set()

    def finished(self) -> None:
        """Count a request as replied to."""
        with self._lock:
            self._in_flight -= 1


class _HTTPServer(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128
    stand_in: OpenAIServer

    def __init__(self, *arguments: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Close what clients keep open, so that no thread waits for a next request."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is part of the game."""


class _Handler(BaseHTTPRequestHandler):
    server: _HTTPServer
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_GET(self) -> None:
        self._serve({"/v1/models": self._models})

    def do_POST(self) -> None:
        self._serve({"/v1/chat/completions": self._chat})

    def log_message(self, *_: object) -> None:
        """Nothing to stderr."""

    def _serve(self, routes: dict[str, Callable[[Request], None]]) -> None:
        request = self._read()
        stand_in = self.server.stand_in
        stand_in.record(request)
        try:
            if stand_in.key is not None and request.key != stand_in.key:
                self._status(Status(401, "Incorrect API key provided", "invalid_api_key", echo_key=True), request)
            elif request.path in routes:
                routes[request.path](request)
            else:
                self._status(Status(404, "no such path"), request)
        finally:
            stand_in.finished()

    def _read(self) -> Request:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, self.path.partition("?")[0], headers, json.loads(raw) if raw else None)

    def _models(self, _: Request) -> None:
        listed = [{"id": name, "object": "model"} for name in self.server.stand_in.models]
        self._send(200, json.dumps({"object": "list", "data": listed}).encode())

    def _chat(self, request: Request) -> None:
        if request.body["model"] not in self.server.stand_in.models:
            self._status(Status(404, "The model does not exist", "model_not_found"), request)
            return
        match self.server.stand_in.item_for(request):
            case Status() as status:
                self._status(status, request)
            case Raw() as raw:
                self._send(raw.status, raw.body, raw.content_type, raw.headers)
            case Cut() as cut:
                self._cut(json.dumps(completion(request, Reply(cut.answer))).encode())
            case Hang() as hang:
                self.server.stand_in.closing.wait(hang.seconds)
                self.close_connection = True
            case Reply() as reply:
                self._send(200, json.dumps(completion(request, reply)).encode())
            case answer:
                self._send(200, json.dumps(completion(request, Reply(answer))).encode())

    def _status(self, status: Status, request: Request) -> None:
        message = f"{status.message}: {request.key}" if status.echo_key else status.message
        error = {"message": message, "type": "error", "code": status.code, "param": status.param}
        self._send(status.status, json.dumps({"error": error}).encode(), headers=status.headers)

    def _cut(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        self.close_connection = True

    def _send(
        self,
        status: int,
        body: bytes,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


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
