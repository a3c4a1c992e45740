"""JSON and JSON Lines: the report as the contract has it."""

from __future__ import annotations

import json
import re

from pydantic_core import PydanticSerializationError

from summarizer.digest.models import Digest
from summarizer.models import FailedArticle, Report

# Some readers end a line at these, and JSON may hold them unescaped.
_LINE_ENDS = re.compile("[\u0085\u2028\u2029]")
# No UTF-8 for these; a model's broken reply can carry one into a rejection.
_SURROGATES = re.compile("[\ud800-\udfff]")


def to_json(report: Report | Digest) -> str:
    """A report or a digest as indented JSON: absent values `null`, non-ASCII kept, one line end at the end."""
    try:
        return report.model_dump_json(indent=2) + "\n"
    except PydanticSerializationError:
        # Half a surrogate pair, which the quick way can't write.
        text = json.dumps(report.model_dump(mode="json"), ensure_ascii=False, allow_nan=False, indent=2)
        return _SURROGATES.sub(_escaped, text) + "\n"


def to_jsonl_line(outcome: Report | FailedArticle) -> str:
    """A report, or why there is none, as one line of JSON Lines, its line end included.

    U+0085, U+2028 and U+2029 are escaped: no reader splits the line.
    """
    try:
        text = outcome.model_dump_json()
    except PydanticSerializationError:
        text = json.dumps(outcome.model_dump(mode="json"), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return unsplit(text) + "\n"
    return _LINE_ENDS.sub(_escaped, text) + "\n"


def unsplit(text: str) -> str:
    """JSON as it can be written: no reader ends a line within it, and all of it is UTF-8."""
    return _SURROGATES.sub(_escaped, _LINE_ENDS.sub(_escaped, text))


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
