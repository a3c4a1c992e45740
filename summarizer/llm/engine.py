"""The embedded engine: llama.cpp's server in this process, driven without HTTP."""

from __future__ import annotations

import json
import math
import os
import secrets
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from summarizer.errors import ConfigurationError, ServiceError, TruncatedError, WeightsError
from summarizer.llm.base import Completion, CompletionRequest
from summarizer.models import Usage

# All tokens whose states are wanted go through the model at once.
STATES_MAX_TOKENS = 384
_SAME_BEGINNING_SHARE = 0.005
_STATES_TIMEOUT_S = 600.0
_INSTALL_HINT = "Install it with: pip install 'summarizer[local]'"


class Engine:
    """A loaded GGUF model. One request at a time: more slots were slower in total on two cores."""

    def __init__(
        self, path: Path, *, context_tokens: int, threads: int | None = None, gives_states: bool = False
    ) -> None:
        """Load the model. `gives_states`: whether `states` will be called; it takes memory.

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
        # A second place for what is read, so that it doesn't push out the questions' common beginning.
        places = 2 if gives_states else 1
        parameters.n_ctx = places * context_tokens
        parameters.n_parallel = places
        parameters.cpuparams.n_threads = threads or max(1, os.cpu_count() or 1)
        parameters.verbosity = -1
        parameters.no_extra_bufts = True  # a third less memory at the same speed
        parameters.warmup = False
        parameters.cache_ram_mib = 0  # no copies of what was pushed out
        # The engine listens on a loopback port whether or not it is used: nobody else gets in.
        parameters.ui = False
        key = secrets.token_hex(32)
        parameters.api_keys = [key]
        if gives_states:
            parameters.embedding = True
            parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_NONE
            parameters.n_batch = parameters.n_ubatch = STATES_MAX_TOKENS
            parameters.slot_prompt_similarity = _SAME_BEGINNING_SHARE
        try:
            self._server = xllamacpp.Server(parameters)
        except (RuntimeError, ValueError, OSError) as error:
            raise WeightsError(
                f"The engine can't load {path.name}.", "Check that it is a complete GGUF file."
            ) from error
        # The hidden states of all tokens can be had by the engine's own HTTP only.
        self._http = httpx.Client(
            base_url=self._server.listening_address,
            headers={"Authorization": f"Bearer {key}"},
            timeout=_STATES_TIMEOUT_S,
            trust_env=False,
        )

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

    def tokenize(self, text: str) -> list[int]:
        """The tokens of a text; what looks like a control token is text like any other.

        Raises:
            ServiceError: the engine refused the request.
        """
        tokens: list[int] = self._post("/tokenize", {"content": text, "parse_special": False})["tokens"]
        return tokens

    def states(self, tokens: Sequence[int]) -> list[list[float]]:
        """The last hidden state at each of at most `STATES_MAX_TOKENS` tokens.

        Raises:
            ServiceError: the engine refused the request.
        """
        with self._lock:
            # -1: as they are; by default each is scaled to length 1.
            reply = self._post("/embedding", {"content": list(tokens), "embd_normalize": -1})
        states: list[list[float]] = reply[0]["embedding"]
        return states

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        if self._server is None:
            raise ServiceError("The embedded model was closed.", "Make a new Summarizer.")
        try:
            reply = self._http.post(path, json=dict(body))
            reply.raise_for_status()
            return reply.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ServiceError(f"The embedded engine gave no states: {type(error).__name__}.") from error

    def close(self) -> None:
        """Free the memory."""
        with self._lock:
            self._server = None
            self._http.close()


def _first_token(logprobs: Mapping[str, Any] | None) -> dict[str, float]:
    content = (logprobs or {}).get("content") or []
    if not content:
        return {}
    return {t["token"]: math.exp(t["logprob"]) for t in content[0].get("top_logprobs", [])}
