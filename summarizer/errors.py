"""One exception tree. Every error says what went wrong and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError

    from summarizer.models import Usage


class SummarizerError(Exception):
    """Base of all errors raised on purpose. `type` is the stable name used in JSON output."""

    type = "error"

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


class ConfigurationError(SummarizerError):
    """A setting is wrong or missing; nothing was asked of a model."""

    type = "configuration"


class InputError(SummarizerError):
    """The source can't be read as an article."""

    type = "input"


class OutputError(SummarizerError):
    """The result, or the journal beside it, can't be written."""

    type = "output"


class FetchError(InputError):
    """An address could not be fetched."""

    type = "fetch"


class LimitReachedError(SummarizerError):
    """A limit on cost, tokens or time: nothing more was asked."""

    type = "limit"


class ModelError(SummarizerError):
    """The model or its service gave no usable answer.

    `usage` is what was spent on the attempts, `last_output` the text of the last answer, if there was one.
    """

    type = "model"

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        usage: Usage | None = None,
        last_output: str | None = None,
    ) -> None:
        super().__init__(message, hint)
        self.usage = usage
        self.last_output = last_output


class AuthenticationError(ModelError):
    """The service refused the key."""

    type = "authentication"


class ModelNotFoundError(ModelError):
    """The service doesn't know the model."""

    type = "model_not_found"


class RateLimitError(ModelError):
    """Too many requests, or the quota is used up."""

    type = "rate_limit"


class QuotaError(RateLimitError):
    """The account's quota is used up: no request will be answered."""


class ServiceError(ModelError):
    """The service failed (5xx), or its reply wasn't one."""

    type = "service"


class ConnectionFailedError(ModelError):
    """The service could not be reached, or the connection broke."""

    type = "connection"


class TimeoutExceededError(ModelError):
    """No answer in time."""

    type = "timeout"


class TruncatedError(ModelError):
    """The answer was cut at the token limit."""

    type = "truncated"


class RefusalError(ModelError):
    """The model refused to answer."""

    type = "refusal"


class InvalidOutputError(ModelError):
    """The answer stayed invalid after every reask."""

    type = "invalid_output"


class WeightsError(ModelError):
    """The embedded model's file is missing, broken or can't be fetched."""

    type = "weights"


PASSING_FAILURES = frozenset(
    {"authentication", "connection", "model", "model_not_found", "rate_limit", "service", "timeout", "weights"}
)
"""Types of errors that are the service's, not the article's: the same article may do well another time."""


def first_problem(error: ValidationError) -> str:
    """The first thing that is wrong with a document: where, and what."""
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(map(str, problem['loc'])) or 'content'}: {problem['msg']}"
