"""The embedded model behind an OpenAI-compatible server on loopback that counts tokens.

The engine is loaded as summarizer loads it. Besides chat completions, `/tokenize` and `/embedding` are served as
llama.cpp's server does, for the hidden states that summarizer reads.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from summarizer.errors import SummarizerError, TruncatedError
from summarizer.llm.engine import Engine
from summarizer.serving.running import listen

_START_TIMEOUT_S = 120.0
_REQUEST_TIMEOUT_S = 3600.0


@dataclass(frozen=True)
class Count:
    """What was asked, in tokens. `cached` of the input tokens were not evaluated, since a prefix cache had them."""

    requests: int = 0
    refused: int = 0
    input: int = 0
    cached: int = 0
    output: int = 0

    def __add__(self, other: Count) -> Count:
        mine, others = asdict(self), asdict(other)
        return Count(**{name: mine[name] + others[name] for name in mine})

    @property
    def total(self) -> int:
        """Tokens in and out."""
        return self.input + self.output

    @property
    def evaluated(self) -> int:
        """Tokens that went through the model."""
        return self.total - self.cached


class _Serving:
    """The routes, and what they count."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._count, self._lock = engine, Count(), Lock()

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self._chat, methods=["POST"]),
                Route("/tokenize", self._tokenize, methods=["POST"]),
                Route("/embedding", self._states, methods=["POST"]),
                Route("/count", self._taken, methods=["POST"]),
            ]
        )

    def _add(self, count: Count) -> None:
        with self._lock:
            self._count += count

    async def _chat(self, request: Request) -> Response:
        body = await request.json()
        try:
            reply = await run_in_threadpool(self._engine.chat, body)
        except SummarizerError as error:
            self._add(Count(requests=1, refused=1))
            status = 400 if isinstance(error, TruncatedError) else 500
            return JSONResponse({"error": {"message": error.message, "type": error.type}}, status)
        usage, timings = reply["usage"], reply["timings"]
        self._add(
            Count(
                requests=1,
                input=usage["prompt_tokens"],
                cached=usage["prompt_tokens"] - timings["prompt_n"],
                output=usage["completion_tokens"],
            )
        )
        return JSONResponse(reply)

    async def _tokenize(self, request: Request) -> Response:
        body = await request.json()
        return JSONResponse({"tokens": await run_in_threadpool(self._engine.tokenize, body["content"])})

    async def _states(self, request: Request) -> Response:
        tokens = (await request.json())["content"]
        states = await run_in_threadpool(self._engine.states, tokens)
        self._add(Count(requests=1, input=len(tokens)))
        return JSONResponse([{"embedding": states}])

    async def _taken(self, request: Request) -> Response:
        with self._lock:
            taken, self._count = self._count, Count()
        return JSONResponse(asdict(taken))


@dataclass(frozen=True)
class Served:
    """A running server."""

    url: str

    def take(self) -> Count:
        """What was counted since the last time."""
        return Count(**httpx.post(f"{self.url}/count", timeout=_REQUEST_TIMEOUT_S).raise_for_status().json())


@contextmanager
def served(model: Path, *, context_tokens: int, states: bool = False) -> Iterator[Served]:
    """The server in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        port_file = Path(folder) / "port"
        command = [sys.executable, __file__, str(model), str(port_file), str(context_tokens)]
        process = subprocess.Popen([*command, "--states"] if states else command)
        try:
            deadline = time.monotonic() + _START_TIMEOUT_S
            while not port_file.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    sys.exit("The server did not start.")
                time.sleep(0.1)
            yield Served(f"http://127.0.0.1:{port_file.read_text()}")
        finally:
            # What is still being generated has no one to go to.
            process.kill()
            process.wait()


class ServedEngine(Engine):
    """An engine in another process: the same questions, over HTTP."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=_REQUEST_TIMEOUT_S, trust_env=False)

    def chat(self, body: Any) -> dict[str, Any]:
        """One chat completion."""
        reply: dict[str, Any] = self._asked("/v1/chat/completions", body)
        return reply

    def tokenize(self, text: str) -> list[int]:
        """The tokens of a text."""
        tokens: list[int] = self._asked("/tokenize", {"content": text})["tokens"]
        return tokens

    def states(self, tokens: Any) -> list[list[float]]:
        """The last hidden state at each token."""
        states: list[list[float]] = self._asked("/embedding", {"content": list(tokens)})[0]["embedding"]
        return states

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _asked(self, path: str, body: Any) -> Any:
        return self._client.post(path, json=dict(body)).raise_for_status().json()


def main() -> None:
    """Serve until terminated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("port_file", type=Path)
    parser.add_argument("context_tokens", type=int)
    parser.add_argument("--states", action="store_true")
    options = parser.parse_args()
    engine = Engine(options.model, context_tokens=options.context_tokens, gives_states=options.states)
    # It listens before its port is told, so that no one comes too early.
    listening = listen("127.0.0.1", 0)
    half = options.port_file.with_suffix(f".{os.getpid()}")
    half.write_text(str(listening.getsockname()[1]))
    half.replace(options.port_file)
    uvicorn.Server(uvicorn.Config(_Serving(engine).app(), log_level="warning")).run(sockets=[listening])


if __name__ == "__main__":
    main()
