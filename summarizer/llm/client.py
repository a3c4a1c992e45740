"""Models behind OpenAI-compatible services."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from summarizer.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    ModelError,
    ModelNotFoundError,
    ServiceError,
)
from summarizer.llm.base import StructuredReply, StructuredRequest
from summarizer.llm.batching import BatchLog, BatchQueue
from summarizer.llm.pacing import Pacer, Slot
from summarizer.llm.prices import Price
from summarizer.llm.structured import MODES, StructuredCaller, Tally, defect
from summarizer.llm.transport import (
    Failure,
    Finished,
    RetryPolicy,
    Service,
    acall,
    call,
    failure_of,
    host_of,
    malformed,
)

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletion

T = TypeVar("T", bound=BaseModel)

OPENAI_URL = "https://api.openai.com/v1"
_NO_KEY = "no-key"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SHOWN_MODELS = 20
_REASONING_ALLOWANCE = 8192
_BATCH_CONNECTIONS = 4


@dataclass
class _Dialect:
    """Which parameters a service takes. Learnt from its refusals; refusals at the same time do no harm."""

    token_parameter: str
    refused: set[str] = field(default_factory=set)

    def spoken(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments in this dialect."""
        spoken = {k: v for k, v in arguments.items() if k not in self.refused}
        limit = arguments.get("max_tokens")
        spoken.pop("max_tokens", None)
        names = (self.token_parameter, "max_completion_tokens", "max_tokens")
        name = next((n for n in names if n not in self.refused), None)
        if limit is not None and name is not None:
            # A model that takes no temperature reasons first, within the same limit.
            reasoning = name == "max_completion_tokens" and "temperature" in self.refused
            spoken[name] = limit + _REASONING_ALLOWANCE * reasoning
        return spoken


@dataclass
class _Pool:
    """What the many requests of one event loop share."""

    client: openai.AsyncOpenAI
    pacer: Pacer
    users: int = 0
    batch: BatchQueue | None = None


class OpenAIModel:
    """A `LanguageModel` behind an OpenAI-compatible service.

    Times are in seconds: `timeout_s` for one attempt, `deadline_s` for one HTTP request with its retries; a
    reask is a request of its own. May be used from several threads and event loops.
    """

    def __init__(
        self,
        name: str,
        *,
        model_id: str,
        api_key: SecretStr | None = None,
        base_url: str | None = None,
        mode: str = "tools",
        timeout_s: float = 120.0,
        max_attempts: int = 5,
        deadline_s: float | None = 600.0,
        wait_initial_s: float = 0.5,
        wait_max_s: float = 30.0,
        key_variable: str = "OPENAI_API_KEY",
        token_parameter: str | None = None,
        schema_in_prompt: bool = False,
        price: Price | None = None,
    ) -> None:
        """Connects to nothing yet.

        Raises:
            ConfigurationError: unknown mode, an address that isn't http(s), or a key that can't be sent.
        """
        url = base_url or OPENAI_URL
        if mode not in MODES:
            raise ConfigurationError(f"There is no mode {mode!r}.", f"Use one of: {', '.join(MODES)}.")
        _check_url(url)
        key = _checked_key(api_key, key_variable)
        self._name = name
        self._service = Service(url, model_id, key_variable, key)
        self._policy = RetryPolicy(max_attempts, deadline_s, wait_initial_s, wait_max_s)
        self._timeout_s = timeout_s
        default = "max_completion_tokens" if url == OPENAI_URL else "max_tokens"
        self._dialect = _Dialect(token_parameter or default)
        self._mode, self._price, self._schema_in_prompt = mode, price, schema_in_prompt
        self._lock = threading.Lock()
        self._sync: openai.OpenAI | None = None
        self._async: openai.AsyncOpenAI | None = None
        self._pools: dict[asyncio.AbstractEventLoop, _Pool] = {}
        self._closed = False

    def __repr__(self) -> str:
        return f"OpenAIModel({self._name!r}, host={self._service.host!r}, mode={self._mode!r})"

    @property
    def name(self) -> str:
        """The model as the user would name it with `--model`."""
        return self._name

    @property
    def price(self) -> Price | None:
        """What its tokens cost, if that is known."""
        return self._price

    @property
    def identity(self) -> str:
        """The model, the service's address without credentials and query, and how structured answers are asked."""
        address = urlsplit(self._service.base_url)
        own = self._service.model_id
        name = self._name if self._name.endswith(own) else f"{self._name} ({own})"
        return f"{name} at {address.scheme}://{self._service.host}{address.path} ({self._mode})"

    def ask(self, request: StructuredRequest[T]) -> StructuredReply[T]:
        """Ask and wait. Raises a `ModelError` that carries what was spent."""
        tally = Tally()
        return self._caller(tally).ask(request, tally)

    async def aask(self, request: StructuredRequest[T]) -> StructuredReply[T]:
        """Ask without blocking the event loop. Raises a `ModelError` that carries what was spent."""
        tally = Tally()
        return await self._caller(tally).aask(request, tally)

    def close(self) -> None:
        """Close the connections. The model can't be asked after this."""
        with self._lock:
            client, self._sync, self._async, self._closed = self._sync, None, None, True
        if client is not None:
            client.close()

    def _caller(self, tally: Tally) -> StructuredCaller:
        def create(**arguments: Any) -> ChatCompletion:
            return self._send(arguments, tally)

        async def acreate(**arguments: Any) -> ChatCompletion:
            return await self._asend(arguments, tally)

        return StructuredCaller(
            create=create,
            acreate=acreate,
            mode=self._mode,
            model_id=self._service.model_id,
            price=self._price.batched() if self._price and self._is_batched() else self._price,
            schema_in_prompt=self._schema_in_prompt,
        )

    def _is_batched(self) -> bool:
        try:
            pool = self._pools.get(asyncio.get_running_loop())
        except RuntimeError:
            return False
        return pool is not None and pool.batch is not None

    def _send(self, arguments: dict[str, Any], tally: Tally) -> ChatCompletion:
        """One request, with its retries and without the parameters that the service refuses."""
        client = self._sync_client()
        while True:
            spoken = self._dialect.spoken(arguments)
            started = time.monotonic()

            def attempt(spoken: dict[str, Any] = spoken, started: float = started) -> Any:
                try:
                    completion = client.post(**self._posted(spoken, started))
                except _failures() as error:
                    return failure_of(error, self._service)
                return self._judged(completion)

            finished = call(attempt, self._policy)
            if self._adapted(finished, spoken):
                continue
            if isinstance(finished.outcome, Failure) and finished.outcome.model_unknown:
                raise self._unknown_model(self._offered())
            return _completion(finished, tally)

    async def _asend(self, arguments: dict[str, Any], tally: Tally) -> ChatCompletion:
        """As `_send`; among many requests, paced with the others."""
        pool = self._pools.get(asyncio.get_running_loop())
        self._check_open()
        client = pool.client if pool else self._async_client()
        policy = replace(self._policy, patient=True) if pool else self._policy
        while True:
            spoken = self._dialect.spoken(arguments)
            started = time.monotonic()

            async def attempt(spoken: dict[str, Any] = spoken, started: float = started) -> Any:
                async with pool.pacer.slot() if pool else nullcontext(Slot(0)) as slot:
                    try:
                        # The time that it took to get a slot isn't the request's own.
                        since = time.monotonic() if pool else started
                        completion = await client.post(**self._posted(spoken, since))
                    except _failures() as error:
                        failure = failure_of(error, self._service)
                        slot.failed, slot.limited, slot.retry_after_s = True, failure.limited, failure.retry_after_s
                        return failure
                return self._judged(completion)

            batch = pool.batch if pool else None
            finished = await (batch.answer(spoken) if batch else acall(attempt, policy))
            if self._adapted(finished, spoken):
                continue
            if isinstance(finished.outcome, Failure) and finished.outcome.model_unknown:
                raise self._unknown_model(await asyncio.to_thread(self._offered))
            return _completion(finished, tally)

    def _posted(self, spoken: dict[str, Any], started: float) -> dict[str, Any]:
        """The arguments of `post`. `chat.completions.create` would walk through the whole request first."""
        from openai.types.chat import ChatCompletion

        return {
            "path": "/chat/completions",
            "cast_to": ChatCompletion,
            "body": spoken,
            # What is said here needs no copy of a default.
            "options": {
                "timeout": self._policy.timeout(started, self._timeout_s),
                "headers": {},
                "params": {},
                "max_retries": 0,
            },
        }

    @asynccontextmanager
    async def many(self, most: int) -> AsyncIterator[Pacer]:
        """For many requests from this event loop: keeps connections open, and has at most `most` in flight.

        Fewer when the service answers with 429; such an answer then doesn't count as a failed attempt.
        """
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        if pool is None:
            pacer = Pacer(most, longest_pause_s=self._policy.deadline_s)
            pool = self._pools[loop] = _Pool(self._pooled_client(most), pacer)
        pool.users += 1
        try:
            yield pool.pacer
        finally:
            pool.users -= 1
            if not pool.users:
                del self._pools[loop]
                await pool.client.close()

    @asynccontextmanager
    async def batched(
        self, log: BatchLog, on_message: Callable[[str], None], *, poll_s: float = 60.0
    ) -> AsyncIterator[None]:
        """For requests from this event loop that go through the service's Batch API."""
        async with self.many(_BATCH_CONNECTIONS):
            pool = self._pools[asyncio.get_running_loop()]
            queue = BatchQueue(pool.client, self._service, self._policy, log, poll_s, on_message)
            async with queue.open():
                before, pool.batch = pool.batch, queue
                try:
                    yield
                finally:
                    pool.batch = before

    def _judged(self, completion: Any) -> Any:
        problem = defect(completion)
        return completion if problem is None else malformed(problem, self._service)

    def _adapted(self, finished: Finished, spoken: dict[str, Any]) -> bool:
        """Whether it's worth sending again without a parameter that was refused."""
        refused = finished.outcome.refused_parameter if isinstance(finished.outcome, Failure) else None
        if refused is None or refused not in spoken:
            return False
        self._dialect.refused.add(refused)
        return True

    def _offered(self) -> list[str] | None:
        try:
            return offered_models(self._service.base_url, self._service.api_key)
        except ModelError:
            return None

    def _unknown_model(self, offered: list[str] | None) -> ModelError:
        host, model_id = self._service.host, self._service.model_id
        if offered is None:
            return ModelNotFoundError(
                f"{host} knows neither {model_id} nor the list of its models.",
                "Check the model's name, and the base URL: it mostly ends in /v1.",
            )
        if model_id in offered:
            return ServiceError(f"{host} lists {model_id}, but takes no chat completions for it.", "Use another model.")
        return ModelNotFoundError(f"{host} has no model {model_id}.", offer(offered))

    def _sync_client(self) -> openai.OpenAI:
        import openai

        with self._lock:
            self._check_open()
            if self._sync is None:
                http = openai.DefaultHttpxClient(follow_redirects=False, trust_env=self._uses_proxies())
                self._sync = openai.OpenAI(**self._client_arguments(), http_client=http)
                self._keep_organisation_home(self._sync)
            return self._sync

    def _async_client(self) -> openai.AsyncOpenAI:
        import openai

        with self._lock:
            self._check_open()
            if self._async is None:
                http = openai.DefaultAsyncHttpxClient(follow_redirects=False, trust_env=self._uses_proxies())
                # An idle connection would outlive its event loop, and `close` can't await.
                self._async = openai.AsyncOpenAI(
                    **self._client_arguments(), http_client=http, default_headers={"Connection": "close"}
                )
                self._keep_organisation_home(self._async)
            return self._async

    def _pooled_client(self, most: int) -> openai.AsyncOpenAI:
        import openai

        with self._lock:
            self._check_open()
        # aiohttp takes half the time of httpx for a request.
        limits = openai.DEFAULT_CONNECTION_LIMITS
        http = openai.DefaultAioHttpClient(
            follow_redirects=False,
            trust_env=self._uses_proxies(),
            limits=type(limits)(max_connections=most, max_keepalive_connections=most, keepalive_expiry=60.0),
        )
        client = openai.AsyncOpenAI(**self._client_arguments(), http_client=http)
        self._keep_organisation_home(client)
        return client

    def _client_arguments(self) -> dict[str, Any]:
        # openai looks for httpx in `sys.modules`, and fails where another thread is just importing it.
        import_module("httpx")
        key = self._service.api_key
        return {
            "api_key": key.get_secret_value() if key else _NO_KEY,
            "base_url": self._service.base_url,
            "max_retries": 0,
        }

    def _keep_organisation_home(self, client: openai.OpenAI | openai.AsyncOpenAI) -> None:
        """Send OPENAI_ORG_ID and OPENAI_PROJECT_ID, which the client reads by itself, to nobody else."""
        if self._service.base_url != OPENAI_URL:
            client.organization = client.project = None

    def _uses_proxies(self) -> bool:
        return urlsplit(self._service.base_url).hostname not in _LOOPBACK

    def _check_open(self) -> None:
        if self._closed:
            raise ServiceError(f"{self._name} was closed.", "Make a new model.")


def offered_models(base_url: str, api_key: SecretStr | None = None, *, timeout_s: float = 5.0) -> list[str]:
    """The ids that `/models` of a service lists, sorted.

    Raises:
        ConnectionFailedError: nobody answers there.
        AuthenticationError: it wants another key.
        ServiceError: the answer isn't a list of models.
    """
    import httpx

    headers = {"Authorization": f"Bearer {api_key.get_secret_value()}"} if api_key else {}
    host = host_of(base_url)
    answer: Any = None
    status = 0
    try:
        with httpx.Client(
            timeout=timeout_s, follow_redirects=False, trust_env=urlsplit(base_url).hostname not in _LOOPBACK
        ) as client:
            reply = client.get(f"{base_url.rstrip('/')}/models", headers=headers)
        status = reply.status_code
        answer = reply.json()
    except ValueError:
        pass
    except (httpx.HTTPError, httpx.InvalidURL):
        status = -1
    if status < 0:
        raise ConnectionFailedError(
            f"{host or base_url} does not answer.", "Check the address, and that the server runs."
        )
    if status in (401, 403):
        raise AuthenticationError(f"{host} refused the key, or wants one.", "Set the key's variable.")
    listed = answer.get("data") if isinstance(answer, dict) else None
    if status != 200 or not isinstance(listed, list):
        raise ServiceError(f"{host} gives no list of models.", "Check the base URL: it mostly ends in /v1.")
    ids = (entry.get("id") for entry in listed if isinstance(entry, dict))
    return sorted(i for i in ids if isinstance(i, str))


def offer(models: list[str]) -> str:
    """A sentence that names what a service offers."""
    if not models:
        return "It offers no models."
    more = len(models) - _SHOWN_MODELS
    return f"It offers: {', '.join(models[:_SHOWN_MODELS])}" + (f" and {more} more." if more > 0 else ".")


def _completion(finished: Finished, tally: Tally) -> ChatCompletion:
    tally.transport_retries += finished.attempts - 1
    if isinstance(finished.outcome, Failure):
        raise finished.outcome.error(finished.attempts)
    completion: ChatCompletion = finished.outcome
    return completion


def _failures() -> tuple[type[Exception], ...]:
    """What the openai client raises; a ValueError is a body that isn't JSON."""
    import openai

    return (openai.OpenAIError, ValueError)


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            f"{host_of(url) or url!r} is no http or https address.",
            "Give the base URL in full, as in http://localhost:8000/v1.",
        )


def _checked_key(key: SecretStr | None, variable: str) -> SecretStr | None:
    text = key.get_secret_value().strip() if key else ""
    if not text:
        return None
    if not text.isascii() or not text.isprintable():
        raise ConfigurationError(f"The key in {variable} has characters that no key has.", f"Set {variable} again.")
    return SecretStr(text)
