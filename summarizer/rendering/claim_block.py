"""A claim on a terminal: labels, statement, context, and its evidence with where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from summarizer.models import Article, Claim, Evidence, Measure, Speaker, Stance
from summarizer.rendering.figures import line_number, quoted_pieces, speaker_details
from summarizer.rendering.grouping import GroupBy, by_measure, by_speaker
from summarizer.rendering.terminal import TWO_COLUMNS_FROM, joined, named, packed, plain, stance_word, wrapped
from summarizer.rendering.visible import visible, visible_line

if TYPE_CHECKING:
    from rich.text import Text

    from summarizer.models import Report

_STANCE_WIDTH = max(len(stance) for stance in Stance) + 2
_MEASURE_WIDTH = max(len(measure) for measure in Measure) + 2
_PLACE_WIDTH = len("s999 · line 9999") + 2
_INDENT = 6
_MANY_SPEAKERS = 4


@dataclass(frozen=True)
class _Layout:
    """How wide lines are, and how many cells of them are left of the words."""

    width: int
    margin: int

    @property
    def two_columns(self) -> bool:
        return self.margin > _INDENT

    @classmethod
    def fitting(cls, width: int, group_by: GroupBy) -> _Layout:
        """Labels left of the words where there is room for both, else above them."""
        if width < TWO_COLUMNS_FROM:
            return cls(width, _INDENT)
        labels = _STANCE_WIDTH + (_MEASURE_WIDTH if group_by is GroupBy.SPEAKER else 0)
        return cls(width, _INDENT + max(labels, _PLACE_WIDTH))


def claim_lines(
    report: Report, *, group_by: GroupBy, width: int, changes: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Text]:
    """All claims under their headings, each line at most `width` cells.

    `changes` says what readers have corrected, by the claim's id.
    """
    from rich.text import Text

    layout = _Layout.fitting(width, group_by)
    if group_by is GroupBy.MEASURE:
        for measure_group in by_measure(report.claims):
            yield Text(measure_group.measure.value, style="bold")
            for claim in measure_group.claims:
                yield from _block(report.article, claim, _names(claim), layout, changes.get(claim.id, ""))
                yield Text()
        return
    for group in by_speaker(report.claims):
        yield from wrapped(_heading(group.speakers), width=width, first=Text(), rest=Text("  "))
        for claim in group.claims:
            yield from _block(report.article, claim, None, layout, changes.get(claim.id, ""))
            yield Text()


def _heading(speakers: tuple[Speaker, ...]) -> Text:
    from rich.text import Text

    if len(speakers) > _MANY_SPEAKERS:
        names = joined([plain(s.name, "bold") for s in speakers], ", ", "bold")
        return Text.assemble(names, Text(f"  {len(speakers)} speakers", style="dim"))
    if len(speakers) == 1:
        details = visible_line(speaker_details(speakers[0]))
        return Text.assemble(plain(speakers[0].name, "bold"), Text(f"  {details}".rstrip(), style="dim"))
    return joined([named(s) for s in speakers], ", ", "bold")


def _names(claim: Claim) -> Text:
    return joined([plain(s.name, "bold") for s in claim.speakers], ", ", "bold")


def _block(article: Article, claim: Claim, names: Text | None, layout: _Layout, change: str) -> Iterator[Text]:
    """`names`: who says it, where the heading is not the speaker but the measure."""
    from rich.text import Text

    width, rest = layout.width, Text(" " * layout.margin)
    labels = [stance_word(claim.stance)] + ([] if names else [Text(claim.measure.value)])
    number = plain(claim.id)
    number.pad_left(max(0, _INDENT - 2 - number.cell_len))
    number.append("  ")
    if layout.two_columns:
        labels[0].pad_right(_STANCE_WIDTH - labels[0].cell_len)
        first = Text.assemble(number, *labels)
        first.pad_right(max(1, layout.margin - first.cell_len))
    else:
        yield from wrapped(joined(labels), width=width, first=number, rest=rest)
        first = rest
    if names:
        yield from wrapped(names, width=width, first=first, rest=rest)
        first = rest
    yield from wrapped(plain(claim.statement), width=width, first=first, rest=rest)
    yield from packed(_context(claim), width=width, margin=layout.margin)
    if change:
        yield from wrapped(plain(change, "yellow"), width=width, first=rest, rest=rest)
    for evidence in claim.evidence:
        yield from _evidence(article, claim, evidence, layout)


def _context(claim: Claim) -> list[Text]:
    from rich.text import Text

    said_on = claim.said_on.isoformat() if claim.said_on else ""
    labelled = [
        ("condition: ", ", ".join(visible_line(c) for c in claim.conditions)),
        ("said on ", said_on),
        ("via: ", visible_line(claim.via)),
    ]
    return [Text.assemble((label, "dim"), words) for label, words in labelled if words]


def _evidence(article: Article, claim: Claim, evidence: Evidence, layout: _Layout) -> Iterator[Text]:
    """The evidence's words beside a bar, and where they stand: left of the bar, or after the words."""
    from rich.text import Text

    width = layout.width
    place = Text(f"s{evidence.sentence} · line {line_number(article, evidence.start)}", style="dim")
    before, quote, after = (visible(piece) for piece in quoted_pieces(evidence, claim.quote))
    words = Text.assemble((before.lstrip(), "dim"), (quote, "italic"), (after.rstrip(), "dim"))
    bar = Text("│ ", style="dim")
    margin = Text.assemble(" " * layout.margin, bar)
    if layout.two_columns:
        where = Text.assemble(" " * _INDENT, place)
        where.pad_right(max(1, layout.margin - where.cell_len))
        yield from wrapped(words, width=width, first=Text.assemble(where, bar), rest=margin)
        return
    *lines, last = wrapped(words, width=width, first=margin, rest=margin)
    yield from lines
    if last.cell_len + 2 + place.cell_len <= width:
        yield Text.assemble(last, "  ", place)
    else:
        yield last
        yield Text.assemble(margin, place)
