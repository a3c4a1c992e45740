"""The embedded engine: llama.cpp's server in this process, driven without HTTP."""

from __future__ import annotations

import json
import math
import os
import secrets
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from summarizer.errors import ConfigurationError, ServiceError, TruncatedError, WeightsError
from summarizer.llm.base import Completion, CompletionRequest
from summarizer.models import Usage

_INSTALL_HINT = "Install it with: pip install 'summarizer[local]'"


class Engine:
    """A loaded GGUF model. One request at a time: more slots were slower in total on two cores."""

    def __init__(self, path: Path, *, context_tokens: int, threads: int | None = None) -> None:
        """Load the model.

        Raises:
            ConfigurationError: the engine's package is not installed.
            WeightsError: the file can't be loaded.
        """
        try:
            import xllamacpp
        except ImportError as error:
            raise ConfigurationError("The embedded engine is not installed.", _INSTALL_HINT) from error
        self._lock = threading.Lock()
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(path)
        parameters.n_ctx = context_tokens
        parameters.n_parallel = 1
        parameters.cpuparams.n_threads = threads or max(1, os.cpu_count() or 1)
        parameters.verbosity = -1
        parameters.no_extra_bufts = True  # a third less memory at the same speed
        parameters.warmup = False
        # The engine listens on a loopback port whether or not it is used: nobody else gets in.
        parameters.ui = False
        parameters.api_keys = [secrets.token_hex(32)]
        try:
            self._server = xllamacpp.Server(parameters)
        except (RuntimeError, ValueError, OSError) as error:
            raise WeightsError(
                f"The engine can't load {path.name}.", "Check that it is a complete GGUF file."
            ) from error

    def complete(self, request: CompletionRequest) -> Completion:
        """Answer under a grammar.

        Raises:
            ServiceError: the engine refused the request.
            TruncatedError: the prompt doesn't fit into the context.
        """
        body: dict[str, Any] = {
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            "max_tokens": request.max_output_tokens,
            "temperature": 0.0,
            "cache_prompt": True,
        }
        if request.grammar:
            body["grammar"] = request.grammar
        if request.top_logprobs:
            body |= {"logprobs": True, "top_logprobs": request.top_logprobs}
        reply = self.chat(body)
        choice = reply["choices"][0]
        text = choice["message"]["content"] or ""
        if request.messages[-1].role == "assistant":
            text = text.removeprefix(request.messages[-1].content)
        usage = reply.get("usage") or {}
        return Completion(
            text,
            _first_token(choice.get("logprobs")),
            Usage(
                requests=1,
                input_tokens=usage.get("prompt_tokens", 0),
                output_tokens=usage.get("completion_tokens", 0),
                cost_usd=0.0,
            ),
        )

    def chat(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """One chat completion in OpenAI's form. Raises as `complete` does."""
        with self._lock:
            if self._server is None:
                raise ServiceError("The embedded model was closed.", "Make a new Summarizer.")
            raw = self._server.handle_chat_completions(dict(body))
        reply: dict[str, Any] = json.loads(raw) if isinstance(raw, str | bytes) else raw
        if error := reply.get("error"):
            message = str(error.get("message", "no reason given"))
            if error.get("type") == "exceed_context_size_error" or "context" in message:
                raise TruncatedError("The request is longer than the embedded model's context.")
            raise ServiceError(f"The embedded engine refused the request: {message}")
        return reply

    def close(self) -> None:
        """Free the memory."""
        with self._lock:
            self._server = None


def _first_token(logprobs: Mapping[str, Any] | None) -> dict[str, float]:
    content = (logprobs or {}).get("content") or []
    if not content:
        return {}
    return {t["token"]: math.exp(t["logprob"]) for t in content[0].get("top_logprobs", [])}
