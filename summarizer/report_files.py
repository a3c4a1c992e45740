"""Reports read from files again, with the corrections that are kept beside them."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from summarizer.corrections import Correction, Corrections, applicable, corrected
from summarizer.errors import InputError, OutputError
from summarizer.models import FailedArticle, Report

CORRECTIONS_ENDING = ".corrections.json"
_LINES = frozenset({".jsonl", ".ndjson"})


@dataclass(frozen=True)
class FiledReport:
    """A report and the file that it stands in. `corrections` are those that fit its claims."""

    report: Report
    path: Path | None
    corrections: tuple[Correction, ...] = ()

    @property
    def corrected(self) -> Report:
        """The report as it stands after the corrections."""
        return corrected(self.report, self.corrections)


def corrections_path(report: Path) -> Path:
    """Where the corrections of a file's reports are: `report.json` has `report.corrections.json` beside it."""
    return report.with_name(f"{report.stem}{CORRECTIONS_ENDING}")


def load_reports(
    sources: Iterable[str | Path],
    *,
    stdin: BinaryIO | None = None,
    on_failed: Callable[[FailedArticle, Path | None], None] = lambda failed, path: None,
) -> Iterator[FiledReport]:
    """The reports of JSON files, JSON Lines files, folders of them, or standard input (`-`), one after the other.

    Lines that say why an article failed go to `on_failed`.

    Raises:
        InputError: a source isn't there, or holds no report, with its file and line.
    """
    for source in sources:
        if str(source) == "-":
            assert stdin is not None
            yield from _parsed(stdin.read(), None, "standard input", (), on_failed)
            continue
        path = Path(source)
        files = _report_files(path) if path.is_dir() else [path]
        if not files:
            raise InputError(f"There is no report in {path}.", "Reports end in .json or .jsonl.")
        for file in files:
            yield from _parsed(_bytes(file), file, str(file), load_corrections(file).corrections, on_failed)


def load_corrections(report: Path) -> Corrections:
    """The corrections beside a file of reports; none if there is no such file. Raises `InputError`."""
    path = corrections_path(report)
    if not path.is_file():
        return Corrections()
    try:
        return Corrections.model_validate_json(_bytes(path))
    except ValidationError as error:
        raise InputError(
            f"{path} holds no corrections: {_first_problem(error)}.", "Mend it, or move it away."
        ) from error


def save_corrections(report: Path, corrections: Corrections) -> Path:
    """Write the corrections beside a file of reports, whole or not at all. Raises `OutputError`."""
    path = corrections_path(report)
    content = json.dumps(corrections.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n"
    try:
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(content)
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(f"{path} can't be written: {error.strerror}.", "Make room, or move the report.") from error
    return path


def _report_files(folder: Path) -> list[Path]:
    return sorted(
        file
        for file in folder.iterdir()
        if file.suffix in _LINES | {".json"} and not file.name.endswith((CORRECTIONS_ENDING, ".reports.jsonl"))
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}.", "Check the path.") from error


def _parsed(
    data: bytes,
    path: Path | None,
    name: str,
    corrections: Iterable[Correction],
    on_failed: Callable[[FailedArticle, Path | None], None],
) -> Iterator[FiledReport]:
    known = tuple(corrections)
    for place, text in _documents(data, path, name):
        outcome = _outcome(text, place)
        if isinstance(outcome, FailedArticle):
            on_failed(outcome, path)
        else:
            yield FiledReport(outcome, path, tuple(applicable(outcome, known).values()))


def _documents(data: bytes, path: Path | None, name: str) -> Iterator[tuple[str, bytes]]:
    """The JSON documents with what errors call them: the whole, or a line each."""
    lines = [(number, line.strip()) for number, line in enumerate(data.split(b"\n"), start=1) if line.strip()]
    is_lines = path is not None and path.suffix in _LINES
    if not is_lines and not (len(lines) > 1 and lines[0][1].endswith(b"}")):
        yield name, data
        return
    for number, line in lines:
        yield f"{name}, line {number}", line


def _outcome(data: bytes, place: str) -> Report | FailedArticle:
    try:
        content = json.loads(data)
        if isinstance(content, dict) and set(content) == {"article", "error"}:
            return FailedArticle.model_validate(content)
        return Report.model_validate(content)
    except ValidationError as error:
        raise InputError(
            f"{place} is no report: {_first_problem(error)}.", "Make it with -f json or -f jsonl."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place} is no JSON: {error}.", "Make reports with -f json or -f jsonl.") from error


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(map(str, problem['loc'])) or 'content'}: {problem['msg']}"
