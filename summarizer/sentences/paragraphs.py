"""Where paragraphs are: between blank lines, or a line each, or hard-wrapped over several lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Widths between which hard-wrapped copy is set. Longer lines are paragraphs of their own.
_MIN_WIDTH, _MAX_WIDTH = 50, 120
# The share of the width that a full line has at least; more would tear copy that was wrapped by hand.
_FULL = 0.9

_LINE = re.compile(r"[^\n]+")
_MARK = re.compile(r"[ \t]{0,3}#{1,6}[ \t]+(?=\S)")
_ITEM = re.compile(r"\s*(?:[-*•·‣▪◦–—+]|\(?\d{1,2}[.)]|[a-z]\))\s+\S")
_CLOSED = re.compile(r"[.!?…:;,][\"'“”„»«‹›’‘)\]*_\s]*\Z")
_ENDED = re.compile(r"[.!?…:;][\"'“”„»«‹›’‘)\]*_\s]*\Z")
_TAIL_CHARS = 40


@dataclass(frozen=True)
class Paragraph:
    """A stretch of text between white space. `marked` is a Markdown heading, whose marks lie outside."""

    start: int
    end: int
    marked: bool = False
    item: bool = False


@dataclass(frozen=True)
class _Line:
    start: int
    end: int
    text: str

    @property
    def width(self) -> int:
        return self.end - self.start

    @property
    def marked(self) -> bool:
        return _MARK.match(self.text) is not None

    @property
    def item(self) -> bool:
        return _ITEM.match(self.text) is not None

    @property
    def ended(self) -> bool:
        return _ENDED.search(self.text, max(0, len(self.text) - _TAIL_CHARS)) is not None


def is_closed(text: str, end: int) -> bool:
    """Whether what ends at `end` closes with punctuation, quotation marks and brackets aside."""
    return _CLOSED.search(text, max(0, end - _TAIL_CHARS), end) is not None


def paragraphs(text: str, excluded: Sequence[tuple[int, int]]) -> Iterator[Paragraph]:
    """The paragraphs in order. Lines in one of `excluded` (ordered, not overlapping) count as blank."""
    for block in _blocks(text, excluded):
        for group in _groups(block):
            yield _paragraph(group)


def _blocks(text: str, excluded: Sequence[tuple[int, int]]) -> Iterator[list[_Line]]:
    block: list[_Line] = []
    upcoming = 0
    for match in _LINE.finditer(text):
        words = match[0].rstrip()
        line = _Line(match.start(), match.start() + len(words), words)
        while upcoming < len(excluded) and excluded[upcoming][1] <= line.start:
            upcoming += 1
        inside = upcoming < len(excluded) and _lies_in(line, excluded[upcoming])
        if block and (not words or inside or text.startswith("\n\n", match.start() - 2)):
            yield block
            block = []
        if words and not inside:
            block.append(line)
    if block:
        yield block


def _lies_in(line: _Line, span: tuple[int, int]) -> bool:
    indent = line.width - len(line.text.lstrip())
    return span[0] <= line.start + indent and line.end <= span[1]


def _groups(block: list[_Line]) -> Iterator[list[_Line]]:
    width = max(line.width for line in block)
    prose = _MIN_WIDTH <= width <= _MAX_WIDTH and _is_prose(block)
    group = block[:1]
    for line in block[1:]:
        if _continues(group, line, width if prose else 0):
            group.append(line)
        else:
            yield group
            group = [line]
    yield group


def _is_prose(block: list[_Line]) -> bool:
    """Whether most lines break off in the middle of a sentence, and some sentence ends."""
    ended = sum(line.ended for line in block[:-1])
    return 2 * ended < len(block) - 1 and (ended > 0 or block[-1].ended)


def _continues(group: list[_Line], line: _Line, width: int) -> bool:
    """Whether `line` goes on with the paragraph of `group`. `width` is that of hard-wrapped copy, or 0."""
    previous = group[-1]
    if previous.marked or line.marked:
        return False
    words = line.text.lstrip()
    # A line was wrapped when the next line's first word would not have fitted, or barely.
    wrapped = previous.width + 1 + len(words.split(None, 1)[0]) > _FULL * width > 0
    if line.item:
        return wrapped and not group[0].item and not previous.ended
    if group[0].item and line.width - len(words) >= 2:
        return True
    return wrapped or (words[0].islower() and not previous.ended)


def _paragraph(group: list[_Line]) -> Paragraph:
    first, last = group[0], group[-1]
    if mark := _MARK.match(first.text):
        words = first.text[mark.end() :]
        bare = words.rstrip("#")
        closed = bare != words and (not bare or bare[-1].isspace())
        end = mark.end() + len((bare if closed else words).rstrip())
        if end > mark.end():
            return Paragraph(first.start + mark.end(), first.start + end, marked=True)
    indent = first.width - len(first.text.lstrip())
    return Paragraph(first.start + indent, last.end, item=first.item)
