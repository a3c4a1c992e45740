"""The view for terminals: the summary first, then the claims with the article's own words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from summarizer.models import Measure, Report, Stance
from summarizer.rendering.claim_block import claim_lines
from summarizer.rendering.figures import counted, effort, outcome
from summarizer.rendering.grouping import GroupBy, PositionGrid, position_grid
from summarizer.rendering.revisions import Revision, WrongClaim, revision
from summarizer.rendering.terminal import WIDEST, joined, packed, plain, print_lines, short_names, stance_word, wrapped
from summarizer.rendering.visible import visible_line
from summarizer.report_files import FiledReport

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_INDENT = 2
_COLUMN_GAP = 2


def write_table(
    reports: Iterable[Report | FiledReport], console: Console, *, group_by: GroupBy = GroupBy.SPEAKER
) -> None:
    """Print reports one after the other, a rule between them, each as soon as it is there.

    Reports from files are shown as readers have corrected them, with every correction marked.
    Lines are at most as wide as the console, and never wider than 120 cells. Colours, `NO_COLOR` and
    terminals without them are the console's business; nothing is said by colour alone.
    """
    from rich.text import Text

    grouping = GroupBy(group_by)
    width = min(console.width, WIDEST)
    for number, report in enumerate(reports):
        if number:
            print_lines([Text(), Text("─" * width, style="dim"), Text()], console)
        print_lines(_lines(revision(report), grouping, width), console)


def _lines(revised: Revision, group_by: GroupBy, width: int) -> Iterator[Text]:
    from rich.text import Text

    report = revised.report
    yield from _header(report, width)
    yield Text()
    if report.summary.sentences:
        for sentence in report.summary.sentences:
            cited = visible_line(f"[{', '.join(sentence.claims)}]") if sentence.claims else ""
            text = joined([plain(sentence.text), Text(cited, style="cyan")], " ", "")
            yield from wrapped(text, width=width, first=Text(), rest=Text("  "))
        yield Text()
    if report.claims:
        yield from claim_lines(report, group_by=group_by, width=width, changes=revised.changes)
    else:
        uncovered = counted(len(report.uncovered), "uncovered sentence")
        text = Text.assemble(("No claims found.", "bold"), f" {uncovered}.")
        yield from wrapped(text, width=width, first=Text(), rest=Text("  "))
        yield Text()
    if revised.wrong:
        yield Text("Marked as wrong", style="bold")
        for wrong in revised.wrong:
            yield from _wrong(wrong, width)
        yield Text()
    if report.positions:
        yield Text("Positions", style="bold")
        yield from _positions(position_grid(report.positions), width)
        yield Text()
    yield from _closing(report, width)


def _wrong(wrong: WrongClaim, width: int) -> Iterator[Text]:
    from rich.text import Text

    claim = wrong.claim
    names = short_names(claim.speakers, max(12, width // 2))
    head = joined([plain(claim.id), names, stance_word(claim.stance), Text(claim.measure.value)])
    yield from wrapped(head, width=width, first=Text("  "), rest=Text("    "))
    yield from wrapped(plain(claim.statement, "strike dim"), width=width, first=Text("    "), rest=Text("    "))
    if wrong.note:
        yield from wrapped(plain(f"a reader's note: {wrong.note}"), width=width, first=Text("    "), rest=Text("    "))


def _header(report: Report, width: int) -> Iterator[Text]:
    from rich.text import Text

    article = report.article
    title = visible_line(article.title)
    source = visible_line(article.source)
    facts = [
        source if title else "",
        article.published.isoformat() if article.published else "",
        article.language,
        report.run.model,
    ]
    heading = Text(title or source or "Untitled article", style="bold")
    yield from wrapped(heading, width=width, first=Text(), rest=Text())
    yield from packed((plain(fact, "dim") for fact in facts), width=width)


def _positions(grid: PositionGrid, width: int) -> Iterator[Text]:
    """A grid, or a list where a grid is too wide."""
    from rich.text import Text

    names = {actor: plain(actor) for actor in grid.actors}
    names_width = max(name.cell_len for name in names.values()) + _COLUMN_GAP
    columns = {measure: _column_width(grid, measure) for measure in grid.measures}
    if _INDENT + names_width + sum(columns.values()) - _COLUMN_GAP > width:
        yield from _position_list(grid, width)
        return
    yield _row(Text(), names_width, [(Text(m.value, style="dim"), columns[m]) for m in grid.measures])
    for actor, name in names.items():
        stances = {measure: _stances(grid, actor, measure) for measure in grid.measures}
        for line in range(max(map(len, stances.values()))):
            cells = [
                (stance_word(words[line]) if line < len(words) else Text(), columns[measure])
                for measure, words in stances.items()
            ]
            yield _row(name if line == 0 else Text(), names_width, cells)


def _column_width(grid: PositionGrid, measure: Measure) -> int:
    words = [stance for actor in grid.actors for stance in _stances(grid, actor, measure)]
    return max(len(word) for word in (measure, *words)) + _COLUMN_GAP


def _row(name: Text, name_width: int, cells: list[tuple[Text, int]]) -> Text:
    from rich.text import Text

    line = Text(" " * _INDENT)
    for text, cell_width in [(name, name_width), *cells]:
        line.append_text(text)
        line.append(" " * (cell_width - text.cell_len))
    line.rstrip()
    return line


def _position_list(grid: PositionGrid, width: int) -> Iterator[Text]:
    """An actor a line; one with more to it has it below."""
    from rich.text import Text

    for actor in grid.actors:
        held = [
            Text.assemble((measure.value, "dim"), " ", joined(words, ", "))
            for measure in grid.measures
            if (words := [stance_word(s) for s in _stances(grid, actor, measure)])
        ]
        line = Text.assemble(" " * _INDENT, plain(actor), "  ", joined(held))
        if line.cell_len <= width:
            yield line
            continue
        yield from packed([plain(actor)], width=width, margin=_INDENT)
        yield from packed(held, width=width, margin=2 * _INDENT)


def _stances(grid: PositionGrid, actor: str, measure: Measure) -> list[Stance]:
    return [position.stance for position in grid.cells.get((actor, measure), ())]


def _closing(report: Report, width: int) -> Iterator[Text]:
    from rich.text import Text

    for facts in (outcome(report), effort(report.run)):
        yield from packed((plain(fact, "dim") for fact in facts), width=width)
    for warning in report.run.warnings:
        first = Text("warning: ", style="yellow")
        yield from wrapped(plain(warning), width=width, first=first, rest=Text("  "))
