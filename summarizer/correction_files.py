"""Corrections in a file beside the reports that they are about, which one process at a time changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from pydantic import ValidationError

from summarizer.corrections import Correction, Corrections, with_correction
from summarizer.errors import InputError, OutputError, first_problem
from summarizer.locking import exclusive
from summarizer.whole_files import written_whole

CORRECTIONS_ENDING = ".corrections.json"
MAX_BYTES = 64 * 1024 * 1024
"""The longest file of corrections that is read, in bytes; and the longest report."""


def corrections_path(report: Path) -> Path:
    """Where the corrections of a file's reports are: `report.json` has `report.corrections.json` beside it.

    `report.jsonl` has the same: each correction names its article and the claim's key.
    """
    return report.with_name(f"{report.stem}{CORRECTIONS_ENDING}")


def load_corrections(report: Path) -> Corrections:
    """The corrections beside a file of reports; none if there is no such file. Raises `InputError`."""
    path = corrections_path(report)
    return read_corrections(path) if path.exists() else Corrections()


def read_corrections(path: Path) -> Corrections:
    """The corrections of a file, as they are kept or as the page lets readers save them. Raises `InputError`."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}.", "Check the path.") from error
    try:
        if len(data) > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES:,} bytes")
        return Corrections.model_validate(json.loads(data))
    except ValidationError as error:
        raise _no_corrections(path, first_problem(error)) from error
    except RecursionError as error:
        raise _no_corrections(path, "it is nested too deeply") from error
    except ValueError as error:
        raise _no_corrections(path, str(error)) from error


def save_corrections(report: Path, corrections: Corrections) -> Path:
    """Write the corrections beside a file of reports, whole or not at all. Raises `OutputError`.

    To change what is there use `change_corrections`: this takes no account of another process that writes.
    """
    path = corrections_path(report)
    content = corrections.model_dump(mode="json")
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    try:
        data = text.encode()
    except UnicodeEncodeError:
        # Half a surrogate pair: no UTF-8, but JSON can say it.
        data = (json.dumps(content, indent=2) + "\n").encode()
    try:
        with written_whole(path) as file:
            file.write(data)
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


def change_corrections(
    report: Path,
    change: Callable[[Corrections], Corrections],
    *,
    on_wait: Callable[[], None] = lambda: None,
) -> Corrections:
    """Read the corrections beside a file of reports, change and write them; other processes wait until it's done.

    Gives what was written; where nothing changes, nothing is written. `on_wait` is called once before waiting.

    Raises:
        InputError: what is there can't be read, or holds no corrections.
        OutputError: it can't be written.
    """
    path = corrections_path(report)
    with ExitStack() as stack:
        try:
            stack.enter_context(exclusive(path.with_name(f".{path.name}.lock"), on_wait))
        except OSError as error:
            raise _unwritable(path, error) from error
        before = load_corrections(report)
        after = change(before)
        if after != before:
            save_corrections(report, after)
        return after


def add_correction(report: Path, correction: Correction) -> Corrections:
    """Keep a correction beside a file of reports, as `with_correction` does. Raises as `change_corrections`."""
    return change_corrections(report, lambda known: with_correction(known, correction))


def _no_corrections(path: Path, problem: str) -> InputError:
    return InputError(f"{path} holds no corrections: {problem}.", "Mend it, or move it away.")


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(f"{path} can't be written: {error.strerror}.", "Make room, or move the report.")
