"""The libraries of the extra `eval`: what to do where they are missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from summarizer.errors import ConfigurationError


@contextmanager
def eval_extra() -> Iterator[None]:
    """Import libraries of the extra `eval` within this.

    Raises:
        ConfigurationError: one is not installed; the message names it.
    """
    try:
        yield
    except ImportError as error:
        library = (error.name or "a library").partition(".")[0]
        raise ConfigurationError(
            f"Scoring needs {library}, which is not installed.", "Install it with: pip install 'summarizer[eval]'"
        ) from error
