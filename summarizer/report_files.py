"""Reports read from files again, with the corrections that are kept beside them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import ValidationError

from summarizer.correction_files import CORRECTIONS_ENDING, MAX_BYTES, change_corrections, load_corrections
from summarizer.corrections import Correction, Corrections, applicable, corrected, stale, without
from summarizer.errors import InputError, first_problem
from summarizer.models import FailedArticle, Report, Span, Uncovered
from summarizer.reading.files import LINES_SUFFIXES
from summarizer.reading.json_lines import Row, rows

REPORT_SUFFIXES = LINES_SUFFIXES | {".json"}
"""The endings of the files that reports are read from, in lower case."""
# Corrections, and what a run keeps beside an output that isn't JSON Lines.
_OTHERS = (CORRECTIONS_ENDING, ".reports.jsonl")
_MAKE_ANEW = "Make reports with -f json or -f jsonl."


@dataclass(frozen=True)
class FiledReport:
    """A report and the file that it stands in.

    `corrections` are those that fit its claims. `stale` are about its article, but fit none of its claims: they
    were made before a new run, or for another report on the article.
    """

    report: Report
    path: Path | None
    corrections: tuple[Correction, ...] = ()
    stale: tuple[Correction, ...] = ()

    @property
    def corrected(self) -> Report:
        """The report as it stands after the corrections."""
        return corrected(self.report, self.corrections)


def load_reports(
    sources: Iterable[str | Path],
    *,
    stdin: BinaryIO | None = None,
    on_failed: Callable[[FailedArticle, Path | None], None] = lambda failed, path: None,
) -> Iterator[FiledReport]:
    """The reports of JSON files, JSON Lines files, folders of them, or standard input (`-`), one after the other.

    One report at a time is held. Lines that say why an article failed go to `on_failed`. Of a folder every file
    that ends in .json, .jsonl or .ndjson is read, but for corrections and hidden files, and not its folders.

    Raises:
        InputError: a source isn't there, or holds no report, with its file and line; or a report is not what its
            article says.
    """
    for source in sources:
        if str(source) == "-":
            yield from _reports(stdin or sys.stdin.buffer, None, (), on_failed)
            continue
        path = Path(source)
        files = report_files(path) if path.is_dir() else [path]
        if not files:
            raise InputError(f"There is no report in {path}.", "Reports end in .json or .jsonl.")
        for file in files:
            if file.name.endswith(CORRECTIONS_ENDING):
                raise InputError(f"{file} holds corrections, no report.", "Name the report that it lies beside.")
            known = load_corrections(file).corrections
            try:
                with file.open("rb") as stream:
                    yield from _reports(stream, file, known, on_failed)
            except OSError as error:
                raise _unreadable(file, error) from error


def remove_correction(report: Path, article: str, claim: str) -> Corrections:
    """Take back what was said of a claim of a file's report on an article. Raises as `change_corrections`.

    The claim is named by its id today, which needn't be the one that it had when it was corrected. Where no claim
    of this id has a correction, those go that were made of one with this id and fit no claim any more.
    """

    def taken_back(known: Corrections) -> Corrections:
        filed = [one for one in load_reports([report]) if one.report.article.id == article]
        fitting = {c.claim_key for one in filed for c in one.corrections if c.claim == claim}
        gone = fitting or {c.claim_key for one in filed for c in one.stale if c.claim == claim}
        for key in gone:
            known = without(known, article, claim, key)
        return known

    return change_corrections(report, taken_back)


def report_files(folder: Path) -> list[Path]:
    """The files of a folder that hold reports: not corrections, what a run keeps for itself, or hidden files.

    Raises:
        InputError: the folder can't be read.
    """
    try:
        return sorted(
            file
            for file in folder.iterdir()
            if file.suffix.lower() in REPORT_SUFFIXES
            and not file.name.startswith(".")
            and not file.name.endswith(_OTHERS)
            and file.is_file()
        )
    except OSError as error:
        raise _unreadable(folder, error) from error


def _reports(
    stream: BinaryIO,
    path: Path | None,
    known: Iterable[Correction],
    on_failed: Callable[[FailedArticle, Path | None], None],
) -> Iterator[FiledReport]:
    known = tuple(known)
    for place, data in _documents(stream, path):
        outcome = _outcome(data, place)
        if isinstance(outcome, FailedArticle):
            on_failed(outcome, path)
        else:
            fitting = tuple(applicable(outcome, known).values())
            yield FiledReport(outcome, path, fitting, tuple(stale(outcome, known)))


def _documents(stream: BinaryIO, path: Path | None) -> Iterator[tuple[str, bytes]]:
    """The JSON documents with what errors call them: a line each, or the whole where the first line is none."""
    name = str(path) if path else "standard input"
    is_lines = path is not None and path.suffix.lower() in LINES_SUFFIXES
    found = rows(stream, max_bytes=MAX_BYTES)
    first = next(found, None)
    if first is None:
        raise InputError(f"{name} is empty.", _MAKE_ANEW)
    if not is_lines and not _is_whole(first):
        yield name, _rest(first, stream, name)
        return
    second = next(found, None)
    if second is None and not is_lines:
        yield name, _data(first, name)
        return
    for row in chain([first], [] if second is None else [second], found):
        place = f"{name}, line {row.number}"
        yield place, _data(row, place)


def _is_whole(row: Row) -> bool:
    """Whether a line is a JSON document, and not the beginning of one. One that is too long is an error of its own."""
    try:
        return row.data is None or isinstance(json.loads(row.data), dict)
    except (ValueError, RecursionError):
        return False


def _data(row: Row, place: str) -> bytes:
    if row.data is None:
        raise _too_long(place)
    return row.data


def _rest(first: Row, stream: BinaryIO, name: str) -> bytes:
    assert first.data is not None
    data = first.data + b"\n" + stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise _too_long(name)
    return data


def _outcome(data: bytes, place: str) -> Report | FailedArticle:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{place} is no JSON: {_words(error)}.", f"{_MAKE_ANEW} Move it away if it can't be mended."
        ) from error
    if not isinstance(content, dict) or "article" not in content:
        what = "holds corrections" if _is_corrections(content) else "has no article in it"
        raise InputError(f"{place} is no report: it {what}.", f"{_MAKE_ANEW} Move other files out of their folder.")
    try:
        if set(content) == {"article", "error"}:
            return FailedArticle.model_validate(content)
        report = Report.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{place} is no report: {first_problem(error)}.", _MAKE_ANEW) from error
    if problem := _problem(report):
        raise InputError(f"{place} is a report that was changed: {problem}.", "Make it anew; correct it with mark.")
    return report


def _is_corrections(content: Any) -> bool:
    return isinstance(content, dict) and isinstance(content.get("corrections"), list)


def _problem(report: Report) -> str | None:
    """What keeps a report from being shown beside its article: words that aren't there, claims that don't exist."""
    text = report.article.text
    for claim in report.claims:
        if not claim.evidence:
            return f"claim {claim.id} has no evidence"
        for span in (*claim.evidence, *([claim.quote] if claim.quote else [])):
            if not _stands(span, text):
                return f"claim {claim.id} cites words that don't stand at {span.start}–{span.end} of its article"
    for left in report.uncovered:
        if not _stands(left, text):
            return f"a sentence left uncovered doesn't stand at {left.start}–{left.end} of its article"
    ids = [claim.id for claim in report.claims]
    if len(set(ids)) < len(ids):
        return "two claims have one id"
    cited = chain(*(p.claims for p in report.positions), *(s.claims for s in report.summary.sentences))
    missing = next((id_ for id_ in cited if id_ not in ids), None)
    return None if missing is None else f"there is no claim {missing}, which is cited"


def _stands(span: Span | Uncovered, text: str) -> bool:
    return 0 <= span.start < span.end <= len(text) and text[span.start : span.end] == span.text


def _words(error: ValueError | RecursionError) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def _too_long(place: str) -> InputError:
    return InputError(f"{place} has more than {MAX_BYTES:,} bytes, which no report has.", _MAKE_ANEW)


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(f"{path} can't be read: {error.strerror}.", "Check the path.")
