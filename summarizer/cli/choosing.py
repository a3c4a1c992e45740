"""Which of the reports in a file or folder are meant."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from summarizer.errors import InputError

if TYPE_CHECKING:
    from summarizer.report_files import FiledReport

_SHOWN = 8


def chosen_reports(path: Path, article: str | None) -> Iterator[FiledReport]:
    """The reports of a file or folder; of several those that are meant by an id, or else by other words."""
    from summarizer.report_files import load_reports

    by_id = article is not None and any(one.report.article.id == article for one in load_reports([path]))
    found = False
    for one in load_reports([path]):
        if article is None or (one.report.article.id == article if by_id else _is_meant(one, article)):
            found = True
            yield one
    if not found and article is not None:
        raise InputError(f"{path} has no report on {article}.", _names(load_reports([path])))
    if not found:
        raise InputError(f"{path} has no report.", "Its articles failed.")


def _is_meant(one: FiledReport, words: str) -> bool:
    article = one.report.article
    return (
        article.id.startswith(words)
        or words.casefold() in (article.title or "").casefold()
        or article.url == words
        or (one.path is not None and words in (str(one.path), one.path.name))
    )


def chosen_report(path: Path, article: str | None) -> FiledReport:
    """The only report, or the one that is meant."""
    found = list(islice(chosen_reports(path, article), _SHOWN + 1))
    if len(found) > 1:
        raise InputError(f"{path} has several reports" + (f" on {article}." if article else "."), _names(iter(found)))
    return found[0]


def _names(reports: Iterator[FiledReport]) -> str:
    names = [f"  {name_of(one)}" for one in islice(reports, _SHOWN + 1)]
    return "\n".join(["Say which with --article:", *names[:_SHOWN], *(["  …"] if len(names) > _SHOWN else [])])


def reports_to_draft(path: Path, article: str | None) -> Iterator[FiledReport]:
    """The reports to be drafted: the one that is meant or the only one, else those with corrections."""
    reports = chosen_reports(path, article)
    first = list(islice(reports, 2))
    if article is not None or len(first) == 1:
        yield from chain(first, reports)
        return
    found = False
    for one in chain(first, reports):
        if one.corrections:
            found = True
            yield one
    if not found:
        raise InputError(f"No report in {path} has corrections.", "Name one with --article to draft it as it is.")


def name_of(one: FiledReport) -> str:
    """What a report is called in a line: its article's id and title."""
    article = one.report.article
    return on_one_line(f"{article.id}  {article.title or one.report.article.text[:60]}")


def on_one_line(text: str) -> str:
    """Words of articles, models and readers, able to do nothing."""
    from summarizer.rendering.visible import visible_line

    return visible_line(text)
