"""Writes reports to stdout, a file or a folder, in the format that was asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from summarizer.errors import ConfigurationError

if TYPE_CHECKING:
    from summarizer.models import FailedArticle, Report


class Format(StrEnum):
    """Output formats."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "markdown"


class Group(StrEnum):
    """What claims are grouped by."""

    SPEAKER = "speaker"
    MEASURE = "measure"


@dataclass(frozen=True)
class Output:
    """Where reports go, and how. `path` none is stdout."""

    format: Format
    group_by: Group
    path: Path | None

    @classmethod
    def chosen(cls, given: Format | None, group_by: Group, count: int, path: Path | None) -> Output:
        """The output for so many articles; the format follows from the path or the terminal if not given.

        Raises:
            ConfigurationError: the format can't hold so many articles.
        """
        if given is Format.JSON and count > 1 and (path is None or path.suffix):
            raise ConfigurationError("One JSON document holds one report.", "Use -f jsonl, or -o FOLDER/.")
        return cls(given or _format_for(count, path), group_by, path)

    @property
    def streams(self) -> bool:
        """Whether each report is written as soon as it is there."""
        return self.format is Format.JSONL and self.path is None

    def line(self, outcome: Report | FailedArticle) -> None:
        """Write one outcome to stdout at once."""
        from summarizer.rendering import to_jsonl_line

        sys.stdout.write(to_jsonl_line(outcome))
        sys.stdout.flush()

    def write(self, outcomes: list[Report | FailedArticle]) -> None:
        """Write all outcomes; a format for reports leaves failed articles out."""
        reports = _reports(outcomes)
        if self.format is Format.TABLE and self.path is None:
            self._table(reports)
        elif self.path is not None and self._is_folder(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            for report in reports:
                self._save(self.path / f"{report.article.id}.{_ending(self.format)}", self._text([report]))
        else:
            text = self._text(outcomes if self.format is Format.JSONL else reports)
            if self.path is None:
                sys.stdout.write(text)
            elif text:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._save(self.path, text)

    def _is_folder(self, path: Path) -> bool:
        return path.is_dir() or (not path.suffix and self.format is not Format.TABLE)

    def _table(self, reports: list[Report]) -> None:
        from rich.console import Console

        from summarizer import rendering

        rendering.write_table(reports, Console(), group_by=rendering.GroupBy(self.group_by.value))

    def _save(self, path: Path, text: str) -> None:
        from summarizer.rendering import CSV_FILE_ENCODING

        encoding = CSV_FILE_ENCODING if self.format is Format.CSV else "utf-8"
        path.write_text(text, encoding=encoding, newline="")

    def _text(self, outcomes: Sequence[Report | FailedArticle]) -> str:
        from summarizer import rendering

        grouping = rendering.GroupBy(self.group_by.value)
        if self.format is Format.JSONL:
            return "".join(rendering.to_jsonl_line(o) for o in outcomes)
        reports = _reports(outcomes)
        if self.format is Format.JSON:
            return "".join(rendering.to_json(r) for r in reports)
        if self.format is Format.CSV:
            return rendering.to_csv(reports)
        if self.format is Format.MARKDOWN:
            return rendering.to_markdown(reports, group_by=grouping)
        import io

        from rich.console import Console

        buffer = io.StringIO()
        rendering.write_table(reports, Console(file=buffer, width=100), group_by=grouping)
        return buffer.getvalue()


def _format_for(count: int, path: Path | None) -> Format:
    by_ending = {f".{f.value}": f for f in Format} | {".md": Format.MARKDOWN}
    if path is not None and path.suffix in by_ending:
        return by_ending[path.suffix]
    if path is None and sys.stdout.isatty():
        return Format.TABLE
    return Format.JSON if count == 1 or (path is not None and not path.suffix) else Format.JSONL


def _reports(outcomes: Iterable[Report | FailedArticle]) -> list[Report]:
    from summarizer.models import Report

    return [o for o in outcomes if isinstance(o, Report)]


def _ending(chosen: Format) -> str:
    return {Format.MARKDOWN: "md", Format.TABLE: "txt"}.get(chosen, chosen.value)
