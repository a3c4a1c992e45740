"""Drafts for the golden set, made of reports and what readers corrected in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from summarizer.cli import options
from summarizer.cli.choosing import name_of
from summarizer.cli.console import EXIT_FAILED, stderr
from summarizer.errors import InputError

if TYPE_CHECKING:
    from summarizer.evaluation.annotation import Genre, Split
    from summarizer.report_files import FiledReport


def purpose_of(split: str | None, genre: str | None) -> tuple[Split, Genre]:
    """What drafts are for: `dev` and `agency` where nothing is said. Raises `ConfigurationError`."""
    from summarizer.evaluation.annotation import Genre, Split

    return options.value("--split", Split, split or "dev"), options.value("--genre", Genre, genre or "agency")


def write_drafts(
    chosen: Iterable[FiledReport],
    folder: Path,
    purpose: tuple[Split, Genre],
    force: bool,
    tell: Callable[[str], None],
) -> None:
    """Write a draft of each report into a folder of its own. Where some can't be, that is said, and the exit is 1."""
    from summarizer.evaluation.drafting import DraftExistsError, write_draft
    from summarizer.evaluation.golden import load_golden
    from summarizer.rendering.figures import counted

    split, genre = purpose
    failed = 0
    for one in chosen:
        try:
            path = write_draft(folder, one.report, one.corrections, split=split, genre=genre, force=force)
        except (DraftExistsError, InputError) as error:
            failed += 1
            stderr().print(f"Error: {name_of(one)}: {error}", style="red", markup=False, soft_wrap=True)
            continue
        whole, kept = len(one.corrected.claims), len(load_golden(path).claims)
        rest = f", {whole - kept} more in comments only" if whole > kept else ""
        tell(f"{path}: a draft with {counted(kept, 'claim')}{rest}. What is still to do stands in its comments.")
    if failed:
        raise typer.Exit(EXIT_FAILED)
