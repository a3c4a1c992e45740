"""The file that a batch is made from, and what may be wrong with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

MAX_LINES = 50_000


@dataclass(frozen=True)
class Line:
    """One request of a batch."""

    custom_id: str
    url: str
    body: dict[str, Any]


def read_lines(content: bytes, endpoint: str, models: tuple[str, ...]) -> tuple[list[Line], list[dict[str, Any]]]:
    """The lines, and the errors in the form that a batch gives them. With any error the batch fails."""
    texts = [(number, text) for number, text in enumerate(content.split(b"\n"), start=1) if text.strip()]
    if not texts:
        return [], [_error("empty_file", "The input file is empty.")]
    if len(texts) > MAX_LINES:
        return [], [_error("too_many_tasks", f"The batch has {len(texts)} requests; the limit is {MAX_LINES}.")]
    lines: list[Line] = []
    errors: list[dict[str, Any]] = []
    known: set[str] = set()
    for number, text in texts:
        line, problem = _line(text)
        if line is not None:
            model = lines[0].body["model"] if lines else line.body["model"]
            problem = _problem(line, endpoint, known, model, models)
            known.add(line.custom_id)
            lines.append(line)
        if problem is not None:
            errors.append(_error(*problem, line=number))
    return lines, errors


def _line(text: bytes) -> tuple[Line | None, tuple[str, str] | None]:
    try:
        given = json.loads(text)
    except ValueError:
        return None, ("invalid_json_line", "This line is not parseable as valid JSON.")
    if not isinstance(given, dict):
        return None, ("invalid_json_line", "This line is no JSON object.")
    for name, kind in (("custom_id", str), ("method", str), ("url", str), ("body", dict)):
        if not isinstance(given.get(name), kind):
            return None, ("missing_required_parameter", f"Missing required parameter: '{name}'.")
    if given["method"] != "POST":
        return None, ("invalid_method", "The method must be POST.")
    if not isinstance(given["body"].get("model"), str):
        return None, ("missing_required_parameter", "Missing required parameter: 'body.model'.")
    return Line(given["custom_id"], given["url"], given["body"]), None


def _problem(line: Line, endpoint: str, known: set[str], model: str, models: tuple[str, ...]) -> tuple[str, str] | None:
    if line.custom_id in known:
        return "duplicate_custom_id", f"The custom_id '{line.custom_id}' is there more than once."
    if line.url != endpoint:
        return "url_mismatch", f"The URL '{line.url}' is not the batch's endpoint."
    if line.body["model"] != model:
        return "model_mismatch", f"The model '{line.body['model']}' is not that of the first request."
    if line.body["model"] not in models:
        return "model_not_found", f"The model '{line.body['model']}' does not exist."
    return None


def _error(code: str, message: str, line: int | None = None) -> dict[str, Any]:
    return {"code": code, "message": message, "line": line, "param": None}
