"""Days that options name."""

from __future__ import annotations

import re
from datetime import date, timedelta

from summarizer.errors import ConfigurationError

_BACK = re.compile(r"(\d{1,5})\s*([dw])", re.IGNORECASE)
_DAYS = {"d": 1, "w": 7}


def day(option: str, given: str | None) -> date | None:
    """The day that an option means: an ISO date, or so many days (`7d`) or weeks (`2w`) before today.

    Raises:
        ConfigurationError: it is neither.
    """
    if given is None:
        return None
    back = _BACK.fullmatch(given.strip())
    try:
        if back:
            return date.today() - timedelta(days=int(back[1]) * _DAYS[back[2].lower()])
        return date.fromisoformat(given.strip())
    except (ValueError, OverflowError) as error:
        raise ConfigurationError(f"{option} is {given!r}.", "Write it as 2025-09-01, 7d or 2w.") from error
