"""JSON and JSON Lines: the report as the contract has it."""

from __future__ import annotations

import json
import re

from pydantic_core import PydanticSerializationError

from summarizer.digest.models import Digest
from summarizer.models import FailedArticle, Report

# JSON may hold these unescaped, and some readers end a line at them, or a terminal begins an escape sequence.
_ACTIVE = re.compile("[\x7f-\x9f\u2028\u2029]")
# No UTF-8 for these; a model's broken reply can carry one into a rejection.
_SURROGATES = re.compile("[\ud800-\udfff]")


def to_json(report: Report | Digest) -> str:
    """A report or a digest as indented JSON: absent values `null`, non-ASCII kept, one line end at the end."""
    try:
        return _ACTIVE.sub(_escaped, report.model_dump_json(indent=2)) + "\n"
    except PydanticSerializationError:
        # Half a surrogate pair, which the quick way can't write.
        text = json.dumps(report.model_dump(mode="json"), ensure_ascii=False, allow_nan=False, indent=2)
        return unsplit(text) + "\n"


def to_jsonl_line(outcome: Report | FailedArticle) -> str:
    """A report, or why there is none, as one line of JSON Lines, its line end included.

    U+0085, U+2028 and U+2029 are escaped, so that no reader splits the line, and other control characters.
    """
    try:
        text = outcome.model_dump_json()
    except PydanticSerializationError:
        text = json.dumps(outcome.model_dump(mode="json"), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return unsplit(text) + "\n"
    return _ACTIVE.sub(_escaped, text) + "\n"


def unsplit(text: str) -> str:
    """JSON as it can be written: no reader ends a line within it, no terminal obeys it, and all of it is UTF-8."""
    return _SURROGATES.sub(_escaped, _ACTIVE.sub(_escaped, text))


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
