"""Models behind OpenAI-compatible services."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import ssl
import threading
import time
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urlsplit

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
from summarizer.llm.completions import completion_of, parsed
from summarizer.llm.pacing import Pacer, Slot
from summarizer.llm.prices import Price
from summarizer.llm.secrecy import keep_secret, repeats
from summarizer.llm.structured import MODES, StructuredCaller, Tally
from summarizer.llm.transport import (
    Failure,
    Finished,
    RetryPolicy,
    Service,
    acall,
    call,
    certificate_hint,
    failure_of,
    host_of,
    malformed,
)

if TYPE_CHECKING:
    import httpx2
    import openai
    from openai.types.chat import ChatCompletion

T = TypeVar("T", bound=BaseModel)

OPENAI_URL = "https://api.openai.com/v1"
_NO_KEY = "no-key"
# Names that only a network of one's own knows.
_OWN_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
_SHOWN_MODELS = 20
_MOST_MODELS = 10_000
_LONGEST_ID_CHARS = 200
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
        url, self._login = _parted(url)
        key = _checked_key(api_key, key_variable)
        if key is not None:
            keep_secret(key)
        self._name = name
        self._service = Service(url, model_id, key_variable, key, self._login[1] if self._login else None)
        if (key or self._login) and _is_in_clear(url):
            warnings.warn(f"The key for {self._service.host} goes there unencrypted: use https.", stacklevel=2)
        self._policy = RetryPolicy(max_attempts, deadline_s, wait_initial_s, wait_max_s)
        self._timeout_s = timeout_s
        default = "max_completion_tokens" if url == OPENAI_URL else "max_tokens"
        self._dialect = _Dialect(token_parameter or default)
        self._mode, self._price, self._schema_in_prompt = mode, price, schema_in_prompt
        self._lock = threading.Lock()
        self._certificates: ssl.SSLContext | None = None
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
                    response = client.post(**self._posted(spoken, started))
                except _failures() as error:
                    return failure_of(error, self._service)
                return self._read(response)

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
                        response = await client.post(**self._posted(spoken, since))
                    except _failures() as error:
                        failure = failure_of(error, self._service)
                        slot.failed, slot.limited, slot.retry_after_s = True, failure.limited, failure.retry_after_s
                        return failure
                return self._read(response)

            batch = pool.batch if pool else None
            finished = await (batch.answer(spoken) if batch else acall(attempt, policy))
            if self._adapted(finished, spoken):
                continue
            if isinstance(finished.outcome, Failure) and finished.outcome.model_unknown:
                raise self._unknown_model(await asyncio.to_thread(self._offered))
            return _completion(finished, tally)

    def _posted(self, spoken: dict[str, Any], started: float) -> dict[str, Any]:
        """The arguments of `post`. `chat.completions.create` would walk through the whole request first."""
        import httpx2

        return {
            "path": "/chat/completions",
            # As it came: openai makes objects of all that is in it.
            "cast_to": httpx2.Response,
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

    def _read(self, response: httpx2.Response) -> ChatCompletion | Failure:
        if self._service.api_key is not None and repeats(response.content, self._service.api_key):
            # It would get into reports, the cache and recordings.
            return malformed("it repeats the key", self._service)
        try:
            completion = completion_of(parsed(response.content))
        except ValueError:
            completion = "it isn't valid JSON"
        return malformed(completion, self._service) if isinstance(completion, str) else completion

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

        from summarizer.llm.connections import Waiting

        with self._lock:
            self._check_open()
            if self._sync is None:
                self._sync = openai.OpenAI(
                    **self._client_arguments(),
                    http_client=Waiting(**self._connection_arguments()),
                    default_headers=self._own_headers(),
                )
                self._keep_organisation_home(self._sync)
            return self._sync

    def _async_client(self) -> openai.AsyncOpenAI:
        import openai

        from summarizer.llm.connections import Single

        with self._lock:
            self._check_open()
            if self._async is None:
                # An idle connection would outlive its event loop, and `close` can't await.
                self._async = openai.AsyncOpenAI(
                    **self._client_arguments(),
                    http_client=Single(**self._connection_arguments()),
                    default_headers={**self._own_headers(), "Connection": "close"},
                )
                self._keep_organisation_home(self._async)
            return self._async

    def _pooled_client(self, most: int) -> openai.AsyncOpenAI:
        import openai

        from summarizer.llm.connections import Patient

        with self._lock:
            self._check_open()
            arguments = self._connection_arguments()
        limits = type(openai.DEFAULT_CONNECTION_LIMITS)(
            max_connections=most, max_keepalive_connections=most, keepalive_expiry=60.0
        )
        client = openai.AsyncOpenAI(
            **self._client_arguments(),
            http_client=Patient(**arguments, limits=limits),
            default_headers=self._own_headers(),
        )
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

    def _connection_arguments(self) -> dict[str, Any]:
        from summarizer.llm.connections import certificates

        if self._certificates is None:
            self._certificates = certificates()
        return _connection_arguments(self._service.base_url, self._login, self._certificates)

    def _own_headers(self) -> dict[str, Any]:
        """What keeps the headers of OPENAI_CUSTOM_HEADERS, which openai adds by itself, from all other services."""
        import openai

        if self._service.base_url == OPENAI_URL:
            return {}
        lines = os.environ.get("OPENAI_CUSTOM_HEADERS", "").split("\n")
        names = [line.partition(":")[0].strip() for line in lines if ":" in line]
        key = self._service.api_key.get_secret_value() if self._service.api_key else _NO_KEY
        return {name: f"Bearer {key}" if name == "Authorization" else openai.Omit() for name in names}

    def _keep_organisation_home(self, client: openai.OpenAI | openai.AsyncOpenAI) -> None:
        """Send OPENAI_ORG_ID and OPENAI_PROJECT_ID, which the client reads by itself, to nobody else."""
        if self._service.base_url != OPENAI_URL:
            client.organization = client.project = None

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
    import httpx2

    from summarizer.llm.connections import ReplyTooLargeError, Waiting, certificates

    host = host_of(base_url)
    address, login = _parted(base_url)
    answer: Any = None
    failure: ModelError | None = None
    status = 0
    try:
        arguments = _connection_arguments(address, login, certificates())
        with Waiting(timeout=timeout_s, **arguments) as client:
            reply = client.get(f"{address.rstrip('/')}/models", headers=_bearer(api_key))
        status = reply.status_code
        answer = parsed(reply.content)
    except ReplyTooLargeError as error:
        failure = ServiceError(f"{host} sends {error} as its list of models.", "Check the base URL.")
    except ValueError:
        pass
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        hint = certificate_hint(error) or "Check the address, and that the server runs."
        failure = ConnectionFailedError(f"{host or address} does not answer.", hint)
    if failure is not None:
        # Raised here, where nothing that holds the request and its key is its context.
        raise failure
    if status in (401, 403):
        raise AuthenticationError(f"{host} refused the key, or wants one.", "Set the key's variable.")
    listed = answer.get("data") if isinstance(answer, dict) else None
    if status != 200 or not isinstance(listed, list):
        raise ServiceError(f"{host} gives no list of models.", "Check the base URL: it mostly ends in /v1.")
    ids = (entry.get("id") for entry in listed[:_MOST_MODELS] if isinstance(entry, dict))
    return sorted(i for i in ids if isinstance(i, str) and i.isprintable() and len(i) <= _LONGEST_ID_CHARS)


def _bearer(key: SecretStr | None) -> dict[str, str]:
    # Made where it is sent: programs write down the local variables of what raised an error.
    return {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}


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


def _connection_arguments(
    address: str, login: tuple[str, SecretStr] | None, checked_by: ssl.SSLContext
) -> dict[str, Any]:
    return {
        "follow_redirects": False,
        # For proxies only: certificates are read from the environment in any case.
        "trust_env": not _is_loopback(urlsplit(address).hostname or ""),
        "verify": checked_by,
        "auth": (login[0], login[1].get_secret_value()) if login else None,
    }


def _parted(url: str) -> tuple[str, tuple[str, SecretStr] | None]:
    """An address without user and password, and those: clients would write them into their logs."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url, None
    login = unquote(parts.username or ""), SecretStr(unquote(parts.password or ""))
    return parts._replace(netloc=host_of(url)).geturl(), login


def _is_loopback(host: str) -> bool:
    if (address := _ip(host)) is None:
        return host.rstrip(".") == "localhost" or host.rstrip(".").endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def _is_in_clear(url: str) -> bool:
    """Whether everybody on the way can read what is sent: not where both ends are in a network of one's own."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme == "https":
        return False
    if (address := _ip(host)) is not None:
        return address.is_global
    return "." in host and not host.endswith(_OWN_NAMES)


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
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
