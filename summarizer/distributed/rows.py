"""Rows: what workers are given, and what comes of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from summarizer.errors import InputError, ModelError
from summarizer.models import Article, Report, Usage
from summarizer.pipeline import failed
from summarizer.reading import MAX_BYTES, json_lines, read_bytes
from summarizer.rendering import to_jsonl_line

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("text", "id", "title", "url", "source", "published", "language")
"""What of JSON Lines and Parquet is read; only `text` has to be there."""


def row_schema() -> pa.Schema:
    """What workers are given: a file's bytes, or a JSON object with some of `COLUMNS`."""
    import pyarrow as pa

    return pa.schema([("path", pa.string()), ("line", pa.int64()), ("is_file", pa.bool_()), ("data", pa.binary())])


def outcome_schema() -> pa.Schema:
    """What comes of a row. All but `source` and `status` may be null."""
    import pyarrow as pa

    return pa.schema(
        [
            ("source", pa.string()),
            ("article_id", pa.string()),
            ("status", pa.string()),
            ("error_type", pa.string()),
            ("error_message", pa.string()),
            ("claims", pa.int64()),
            ("report", pa.string()),
            ("input_tokens", pa.int64()),
            ("output_tokens", pa.int64()),
            ("requests", pa.int64()),
            ("cost_usd", pa.float64()),
        ]
    )


def read_row(row: Mapping[str, Any]) -> tuple[str, Article | InputError]:
    """What a row is called, and its article or why it is none. `row` is of `row_schema`."""
    source: str = row["path"]
    data: bytes = row["data"]
    try:
        if row["is_file"]:
            if len(data) > MAX_BYTES:
                raise InputError(f"{source} is larger than {MAX_BYTES:,} bytes.", "Give each article a file.")
            return source, read_bytes(data, name=repr(source), suffix=PurePosixPath(source).suffix)
        columns = {}
        try:
            columns = _columns(data)
        finally:
            identity = _encodable(columns.get("id", ""))
            source += f"#{identity}" if identity else f":{row['line']}" if row["line"] else ""
        return source, json_lines.record(columns).article(None)
    except InputError as error:
        return source, error


def _columns(data: bytes) -> dict[str, Any]:
    """What a row has of the columns that are read. An id may be of any type."""
    found = json_lines.json_object(data)
    columns = {name: value for name, value in found.items() if not _is_missing(value)}
    if "id" in columns:
        columns["id"] = str(columns["id"])
    return columns


def _is_missing(value: object) -> bool:
    """Data frames have NaN where a value is missing."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _encodable(text: str) -> str:
    """The text with ? for halves of surrogate pairs, which Arrow can't hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def done_row(source: str, report: Report) -> dict[str, Any]:
    return {
        "source": source,
        "article_id": report.article.id,
        "status": "done",
        "claims": len(report.claims),
        "report": to_jsonl_line(report).rstrip("\n"),
    } | _spent(report.run.usage)


def failed_row(source: str, error: Exception, article: Article | None) -> dict[str, Any]:
    failure = failed(error, article, source)
    usage = error.usage if isinstance(error, ModelError) else Usage()
    return {
        "source": source,
        "article_id": failure.article.id,
        "status": "failed",
        "error_type": failure.error.type,
        "error_message": _encodable(failure.error.message),
        "report": to_jsonl_line(failure).rstrip("\n"),
    } | (_spent(usage) if usage else {})


def _spent(usage: Usage) -> dict[str, Any]:
    return usage.model_dump(include={"input_tokens", "output_tokens", "requests", "cost_usd"})
