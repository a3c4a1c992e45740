"""What every terminal view shares: colours, wrapping, and text that can't act on the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from summarizer.models import Claim, Measure, Speaker, Stance
from summarizer.rendering.figures import speaker_details
from summarizer.rendering.visible import visible_line

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.segment import Segment
    from rich.text import Text

STANCE_STYLES = {
    Stance.COMMITS: "bold green",
    Stance.OPEN: "cyan",
    Stance.SUPPORTS: "green",
    Stance.UNDECIDED: "yellow",
    Stance.REFUSES: "bold red",
    Stance.OPPOSES: "red",
    Stance.DEMANDS: "magenta",
    Stance.ASSERTS: "blue",
}
WIDEST = 120
"""However wide the terminal is, no line is longer than so many cells."""

TWO_COLUMNS_FROM = 100
_ONE_CELL_EACH = re.compile(r"[ -~¡-¬®-ʯ–—‘-„•…‹›€]*")
_LABELS_WIDTH = max(len(stance) for stance in Stance) + 3 + max(len(measure) for measure in Measure)


def plain(text: str | None, style: str = "") -> Text:
    """Text of others on one line, as words only: neither markup nor escapes in it do anything."""
    from rich.text import Text

    return Text(visible_line(text), style=style)


def stance_word(stance: Stance) -> Text:
    """The stance, coloured; the word alone says it."""
    from rich.text import Text

    return Text(stance.value, style=STANCE_STYLES[stance])


def named(speaker: Speaker) -> Text:
    """A speaker's name, and in brackets what else is known."""
    from rich.text import Text

    details = visible_line(speaker_details(speaker))
    return Text.assemble(plain(speaker.name, "bold"), Text(f" ({details})" if details else "", style="dim"))


def joined(parts: list[Text], separator: str = " · ", style: str = "dim") -> Text:
    """The non-empty parts with a separator between them."""
    from rich.text import Text

    # A styled separator would lend its style to the whole: Text.join starts from a copy of it.
    return Text.assemble((separator, style)).join(part for part in parts if part.plain)


def wrapped(text: Text, *, width: int, first: Text, rest: Text) -> Iterator[Text]:
    """Lines of at most `width` cells: `first` before the first, `rest` before the others."""
    from rich.text import Text

    if first.cell_len + text.cell_len <= width:
        yield Text.assemble(first, text)
        return
    room = max(1, width - max(first.cell_len, rest.cell_len))
    breaks = _breaks(text.plain, room)
    lines = text.wrap(_wrapping_console(), room, overflow="fold") if breaks is None else text.divide(breaks)
    for number, line in enumerate(lines):
        line.rstrip()
        yield Text.assemble(first if number == 0 else rest, line)


def _breaks(line: str, room: int) -> list[int] | None:
    """Where the further lines begin, where every character surely takes one cell and every word has room; else None."""
    if not _ONE_CELL_EACH.fullmatch(line):
        return None
    breaks: list[int] = []
    start, end = 0, len(line.rstrip())
    while end - start > room:
        space = line.rfind(" ", start, start + room + 1)
        if space < 0:
            return None
        start = space + 1
        while line[start] == " ":
            start += 1
        breaks.append(start)
    return breaks


def packed(parts: Iterable[Text], *, width: int, margin: int = 0) -> Iterator[Text]:
    """The non-empty parts in lines of at most `width` cells, `margin` of them left free.

    Lines break between parts; a part too long for a line is wrapped.
    """
    from rich.text import Text

    first, rest = Text(" " * margin), Text(" " * (margin + 2))
    line = Text()
    for part in parts:
        longer = joined([line, part])
        if line.plain and margin + longer.cell_len > width:
            yield from wrapped(line, width=width, first=first, rest=rest)
            longer = part
        line = longer
    if line.plain:
        yield from wrapped(line, width=width, first=first, rest=rest)


def print_lines(lines: Iterable[Text], console: Console) -> None:
    """Print lines that fit the console, at once: for each print rich takes much longer than for the line."""
    from rich.text import Text

    whole = Text("\n").join(lines)
    console.print(_Lines(whole), soft_wrap=True, highlight=False)


@dataclass(frozen=True)
class _Lines:
    """Text whose lines are ready."""

    text: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        """What rich calls."""
        yield from self.text.render(console, end="\n")


@cache
def _wrapping_console() -> Console:
    """Rich wraps with a console at hand, though nothing is printed on it."""
    from rich.console import Console

    return Console(color_system=None)


def claim_line(claim: Claim, *, width: int) -> Text:
    """One line of at most `width` cells for a claim just verified.

    Its number, who, stance, measure, and the quote or else the statement, cut to what fits.
    """
    from rich.text import Text

    words = f'"{visible_line(claim.quote.text)}"' if claim.quote else visible_line(claim.statement)
    number = plain(claim.id, "dim")
    number.pad_right(max(0, 3 - number.cell_len))
    names_width = max(12, min(28, width // 4))
    names = short_names(claim.speakers, names_width)
    names.pad_right(max(0, names_width - names.cell_len))
    labels = joined([stance_word(claim.stance), Text(claim.measure.value)])
    if width >= TWO_COLUMNS_FROM:
        labels.pad_right(max(0, _LABELS_WIDTH - labels.cell_len))
    line = Text("  ").join([Text(), number, names, labels, Text(words, style="dim")])
    line.truncate(max(1, width), overflow="ellipsis")
    return line


def short_names(speakers: list[Speaker], width: int) -> Text:
    """The speakers in at most `width` cells: as many as fit, at least one, and how many more there are."""
    from rich.text import Text

    names, suffix = Text(), ""
    for shown in range(len(speakers), 0, -1):
        more = len(speakers) - shown
        suffix = f" and {more} more" if more else ""
        names = Text(", ".join(visible_line(s.name) for s in speakers[:shown]), style="bold")
        if names.cell_len + len(suffix) <= width:
            break
        names.truncate(max(1, width - len(suffix)), overflow="ellipsis")
    return Text.assemble(names, Text(suffix, style="dim"))
