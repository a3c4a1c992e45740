"""What can go wrong between here and a service: which failures are tried again, and what each is called."""

from __future__ import annotations

import math
import random
import re
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import SecretStr

from summarizer.errors import (
    AuthenticationError,
    ConnectionFailedError,
    ModelError,
    ModelNotFoundError,
    QuotaError,
    RateLimitError,
    RefusalError,
    ServiceError,
    TimeoutExceededError,
    TruncatedError,
)
from summarizer.llm.secrecy import REPLACEMENT, pieces_of, without_pieces
from summarizer.resources import data

if TYPE_CHECKING:
    import openai
    from tenacity import RetryCallState

R = TypeVar("R")

_CONNECT_S = 10.0
_MOST_DOUBLINGS = 30
_LONGEST_WORDS = 300
# What redacting looks at: words that are cut before may hold no more than a piece of the key that is too short.
_READ_CHARS = 2000
_MASKED = re.compile(r"\S*\*{3,}\S*")
_CONTEXT = re.compile(
    r"context[ _](length|window|size)|maximum context|prompt is too long|too many (input )?tokens", re.I
)
_REFUSED_PARAMETER = re.compile(
    r"unsupported|not support|unrecogni[sz]ed|unknown|not (permitted|allowed)|deprecated", re.I
)
_UNKNOWN_MODEL = re.compile(r"model\b.*(not found|does not exist|not exist)|not a valid model|unknown model", re.I)
_NO_TOOLS = re.compile(r"\btools?(_choice)?\b|response_format|json_schema", re.I)
ADJUSTABLE = ("temperature", "max_completion_tokens", "max_tokens")


@dataclass(frozen=True)
class RetryPolicy:
    """How long and how often one request is tried again. Times are in seconds.

    `deadline_s` bounds a request with all its retries; None means that only the attempts are counted. With
    `patient` and a deadline, attempts that met a 429 don't count: others share the service's limit, and slow down
    too. `timeout_s` bounds an attempt from connecting to the last byte.
    """

    max_attempts: int = 5
    deadline_s: float | None = 600.0
    wait_initial_s: float = 0.5
    wait_max_s: float = 30.0
    patient: bool = False

    def timeout(self, started: float, timeout_s: float) -> openai.Timeout:
        """What an attempt may take: `timeout_s`, or what is left. `started` is of `time.monotonic()`."""
        import openai

        if self.deadline_s is not None:
            timeout_s = max(0.05, min(timeout_s, started + self.deadline_s - time.monotonic()))
        return openai.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_S))


@dataclass(frozen=True)
class Service:
    """The service that is asked, as far as wording and redacting need it."""

    base_url: str
    model_id: str
    key_variable: str
    api_key: SecretStr | None = None
    password: SecretStr | None = None

    @property
    def host(self) -> str:
        """Host and port, without path or credentials."""
        return host_of(self.base_url)

    def redact(self, text: str) -> str:
        """The text without the key or what is made of it, pieces of it, or what looks like a masked key.

        Cut to a line's length, and without characters that can't be seen.
        """
        text = "".join(c if c.isprintable() else " " for c in text[:_READ_CHARS])
        text = _MASKED.sub(REPLACEMENT, text)
        for secret in filter(None, (self.api_key, self.password)):
            # As a whole however short it is.
            text = without_pieces(text.replace(secret.get_secret_value(), REPLACEMENT), pieces_of(secret))
        return text[:_LONGEST_WORDS]


@dataclass(frozen=True)
class Failure:
    """A failed attempt. A value and not an exception, so that no traceback holds the request and its key."""

    kind: type[ModelError]
    message: str
    hint: str | None = None
    retryable: bool = False
    retry_after_s: float | None = None
    refused_parameter: str | None = None
    model_unknown: bool = False
    limited: bool = False

    def error(self, attempts: int = 1) -> ModelError:
        """The error to raise after this many attempts."""
        message = self.message + (f" It was tried {attempts} times." if attempts > 1 else "")
        hint = self.hint
        if self.retry_after_s:
            wait_s = math.ceil(self.retry_after_s)
            message += f" The service asks to wait {wait_s} s."
            hint = f"Try again after {_clock(wait_s)}."
        return self.kind(message, hint)


@dataclass(frozen=True)
class Finished:
    """How a request ended: with the reply or the last failure, after so many attempts."""

    outcome: Any
    attempts: int


def call(attempt: Callable[[], R | Failure], policy: RetryPolicy) -> Finished:
    """Attempt until it succeeds, fails for good, or `policy` has had enough. Never raises for a failure."""
    started = time.monotonic()
    first = attempt()
    if not _is_retryable(first):
        return Finished(first, 1)
    from tenacity import Retrying

    made = [first]
    retrying = Retrying(**_tenacity_arguments(policy, started), retry_error_callback=_give_up)
    result: object = retrying(lambda: made.pop() if made else attempt())
    return result if isinstance(result, Finished) else Finished(result, _attempts(retrying))


async def acall(attempt: Callable[[], Awaitable[R | Failure]], policy: RetryPolicy) -> Finished:
    """As `call`, without blocking the event loop."""
    started = time.monotonic()
    first = await attempt()
    if not _is_retryable(first):
        return Finished(first, 1)
    from tenacity import AsyncRetrying

    made = [first]

    async def again() -> R | Failure:
        return made.pop() if made else await attempt()

    retrying = AsyncRetrying(**_tenacity_arguments(policy, started), retry_error_callback=_give_up)
    result: object = await retrying(again)
    return result if isinstance(result, Finished) else Finished(result, _attempts(retrying))


def _is_retryable(outcome: object) -> bool:
    return isinstance(outcome, Failure) and outcome.retryable


def _attempts(retrying: Any) -> int:
    return int(retrying.statistics.get("attempt_number", 1))


def _give_up(state: RetryCallState) -> Finished:
    assert state.outcome is not None
    return Finished(state.outcome.result(), state.attempt_number)


def _tenacity_arguments(policy: RetryPolicy, started: float) -> dict[str, Any]:
    from tenacity import retry_if_result

    patient_with = 0

    def stop(state: RetryCallState) -> bool:
        nonlocal patient_with
        assert state.outcome is not None
        patient_with += policy.patient and policy.deadline_s is not None and state.outcome.result().limited
        # The wait counts: a Retry-After beyond the deadline ends it at once.
        passed_s = time.monotonic() - started + state.upcoming_sleep
        return state.attempt_number - patient_with >= policy.max_attempts or (
            policy.deadline_s is not None and passed_s >= policy.deadline_s
        )

    def wait(state: RetryCallState) -> float:
        assert state.outcome is not None
        failure: Failure = state.outcome.result()
        if failure.retry_after_s is not None:
            return failure.retry_after_s + random.uniform(0, policy.wait_initial_s)
        # Whoever is patient makes many attempts, and a power of a thousand is too large for a number.
        longest = min(policy.wait_max_s, policy.wait_initial_s * 2.0 ** min(state.attempt_number - 1, _MOST_DOUBLINGS))
        return longest * random.uniform(0.5, 1.0)

    return {
        "wait": wait,
        "stop": stop,
        "retry": retry_if_result(_is_retryable),
    }


def failure_of(error: Exception, service: Service) -> Failure:
    """What an exception of the openai client means."""
    import openai

    from summarizer.llm.connections import ReplyTooLargeError

    if isinstance(error.__cause__, ReplyTooLargeError):
        return Failure(
            ServiceError, f"{service.host} sends {error.__cause__} in one reply.", "Use another model, or service."
        )
    if (hint := certificate_hint(error)) is not None:
        return Failure(ConnectionFailedError, f"{service.host} doesn't prove that it is {service.host}.", hint)
    if isinstance(error, openai.APITimeoutError) and not _is_lost_connection(error):
        return Failure(
            TimeoutExceededError,
            f"{service.host} gave no answer in time.",
            "Try again later, or allow more time.",
            retryable=True,
        )
    if isinstance(error, openai.APIConnectionError):
        why = service.redact(str(error.__cause__ or error))
        return Failure(
            ConnectionFailedError,
            f"The connection to {service.host} failed: {why}",
            "Check the address, the network, and that the server runs.",
            retryable=True,
        )
    if isinstance(error, openai.APIStatusError):
        return _status_failure(error, service)
    return malformed("it isn't valid JSON", service)


def certificate_hint(error: BaseException) -> str | None:
    """What to do, if the cause is that a certificate was refused."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    if cause is None:
        return None
    # aiohttp's error is one of these too, and has the real one.
    why = getattr(getattr(cause, "certificate_error", cause), "verify_message", "")
    return (
        f"Its certificate was refused: {why.rstrip('.')}. For a certificate of your company's own, "
        "set SSL_CERT_FILE to a file with the company's root certificate."
    )


def _is_lost_connection(error: BaseException) -> bool:
    """Whether what is called a timeout is none: httpx-aiohttp calls every failure to connect so."""
    import aiohttp

    cause = error.__cause__
    while cause is not None and not isinstance(cause, aiohttp.ClientConnectionError):
        cause = cause.__cause__
    return cause is not None and not isinstance(cause, TimeoutError)


def malformed(defect: str, service: Service) -> Failure:
    """A reply with status 200 that isn't a chat completion."""
    return Failure(
        ServiceError,
        f"The reply of {service.host} can't be used: {service.redact(defect)}.",
        "Check that the base URL is that of an OpenAI-compatible service; it mostly ends in /v1.",
        retryable=True,
    )


def _status_failure(error: openai.APIStatusError, service: Service) -> Failure:
    status, words = error.status_code, service.redact(_words(error.body))
    codes = {_said(error.code), _said(error.type)}
    wait_s = retry_after_s(error.response.headers, datetime.now(UTC))
    said = f": {words}" if words else "."
    if 300 <= status < 400:
        return _redirect(error.response.headers.get("location", ""), service)
    if status == 402 or "insufficient_quota" in codes:
        return _by_words("quota", service)
    if status in (400, 403, 422) and (meant := _meant(words, codes)):
        return _by_words(meant, service)
    if status in (400, 404, 413, 422) or "model_not_found" in codes:
        return _bad_request(error, words, codes, service)
    if status in (401, 403):
        return _authentication(status, service)
    return _unavailable(status, said, wait_s, service)


def _meant(words: str, codes: set[str]) -> str | None:
    """What a refusal is about where only its words or codes tell: the key, the quota, or the content."""
    said = " ".join([words, *sorted(codes)]).lower()
    listed: dict[str, list[str]] = data("service_errors.yaml")
    return next((kind for kind, phrases in listed.items() if any(phrase in said for phrase in phrases)), None)


def _by_words(meant: str, service: Service) -> Failure:
    if meant == "key":
        return _authentication(401, service)
    if meant == "quota":
        message, hint = f"The quota at {service.host} is used up.", "Check the account's plan and billing."
        return Failure(QuotaError, message, hint)
    return Failure(RefusalError, f"The content filter of {service.host} refused the request.", "Use another model.")


def _unavailable(status: int, said: str, wait_s: float | None, service: Service) -> Failure:
    if status == 408:
        return Failure(TimeoutExceededError, f"{service.host} gave no answer in time.", retryable=True)
    if status == 429:
        return Failure(
            RateLimitError,
            f"{service.host} refused the request for the rate of requests{said}",
            "Try again later, or with fewer requests at a time.",
            retryable=True,
            retry_after_s=wait_s,
            limited=True,
        )
    return Failure(
        ServiceError,
        f"{service.host} failed with status {status}{said}",
        "Try again later.",
        retryable=status == 409 or (status >= 500 and status != 501),
        retry_after_s=wait_s,
    )


def _redirect(location: str, service: Service) -> Failure:
    target = host_of(location) or "another address"
    return Failure(
        ServiceError,
        f"{service.host} redirects to {service.redact(target)}; redirects are not followed, for they could "
        "carry the key elsewhere.",
        "If that address is right, give it with --base-url.",
    )


def _authentication(status: int, service: Service) -> Failure:
    # The service's own words stay out: they tend to repeat parts of the key.
    if status == 403:
        message = f"The key is not allowed to use {service.model_id} at {service.host}."
        hint = f"Check the key's rights (in {service.key_variable}, or stored by `summarizer keys set`)."
    elif service.api_key is None:
        message, hint = f"{service.host} wants a key.", f"Set {service.key_variable}."
    else:
        message = f"{service.host} refused the key."
        hint = f"Set {service.key_variable} to a valid key for this service."
    return Failure(AuthenticationError, message, hint)


def _bad_request(error: openai.APIStatusError, words: str, codes: set[str], service: Service) -> Failure:
    if error.status_code == 404 or "model_not_found" in codes or _UNKNOWN_MODEL.search(words):
        return Failure(ModelNotFoundError, f"{service.host} has no model {service.model_id}.", model_unknown=True)
    if "context_length_exceeded" in codes or error.status_code == 413 or _CONTEXT.search(words):
        return Failure(
            TruncatedError,
            f"The request is longer than {service.model_id} can take.",
            "Use smaller chunks, or a model with a larger context.",
        )
    refused = _refused_parameter(error, words, codes)
    hint = "Check that the model can do what was asked."
    if refused is None and _NO_TOOLS.search(words):
        hint = "Set SUMMARIZER_MODE to another of tools, json_schema, json and md_json."
    return Failure(
        ModelError,
        f"{service.host} refused the request (status {error.status_code}): {words or 'it gave no reason'}",
        hint,
        refused_parameter=refused,
    )


def _refused_parameter(error: openai.APIStatusError, words: str, codes: set[str]) -> str | None:
    if not (codes & {"unsupported_parameter", "unsupported_value"} or _REFUSED_PARAMETER.search(words)):
        return None
    if error.param in ADJUSTABLE:
        return error.param
    # The first one named is the refused one; "use max_completion_tokens instead" comes after it.
    places = {name: m.start() for name in ADJUSTABLE if (m := re.search(rf"\b{name}\b", words))}
    return min(places, key=places.__getitem__) if places else None


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait by `Retry-After-Ms` or `Retry-After` (seconds or an HTTP date), if either says."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * scale
        except ValueError:
            continue
        if math.isfinite(seconds):
            return max(0.0, seconds)
    try:
        moment = parsedate_to_datetime(headers.get("retry-after", ""))
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def host_of(url: str) -> str:
    """Host and port of an address, without credentials, path or query; empty if there is none."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def _clock(wait_s: int) -> str:
    try:
        moment = datetime.now(UTC) + timedelta(seconds=wait_s)
    except OverflowError:
        return "a very long time"
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _said(value: object) -> str:
    """A value of any form as a text that is short enough to look at."""
    try:
        return str(value)[:_READ_CHARS]
    except RecursionError:
        return ""


def _words(body: object) -> str:
    """The service's explanation, from the shapes that such bodies have."""
    if isinstance(body, dict):
        for name in ("message", "detail", "error"):
            if body.get(name):
                return _words(body[name]) if isinstance(body[name], dict) else _said(body[name])
        return ""
    text = _said(body or "")
    return "" if text.lstrip().startswith("<") else " ".join(text.split())
