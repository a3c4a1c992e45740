"""Finding what speaks to a machine: words to it, marks of prompts and templates, imitated replies, encoded words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from summarizer.resources import data
from summarizer.screening.letters import Suspicion, Visible, visible
from summarizer.screening.lines import end_of_paragraph, lines, with_needs
from summarizer.screening.orders import find_orders

ADDRESSES = "words to a machine"
TEMPLATE = "marks of a prompt"
REPLY = "an imitated reply"
HIDDEN = "hidden text"
ENCODED = "an encoded text"
LINK = ""
"""No suspicion, and not to be told."""

_HIDDEN_TAG = re.compile(
    r"<(?P<tag>[a-z]{1,10})\b[^<>]{0,200}?(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0"
    r"(?!\.\d)|\bhidden\b)[^<>]{0,200}>.{0,4000}?(?:</(?P=tag)\s*>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_LINK = re.compile(
    r"(?P<image>!)?\[(?P<words>[^\[\]\n]{0,300})\]\((?:[a-z][a-z+.-]{1,20}:|/|#)[^()\s]{0,2000}(?:\s+\"[^\"\n]{0,200}\")?\)",
    re.I,
)
_FENCE = re.compile(r"^(?:```|~~~)", re.MULTILINE)
_NUMBERED = re.compile(r"(?:(?<=\s)|^)\[\d{1,4}\]\s+(?=\S)", re.MULTILINE)
_NO_LINE_END = re.compile(r"[^\n]")
_ENCODED_CHARS = 40
_FEWEST_ESCAPES = 8
_ESCAPES = ("&#", "\\u", "\\x")
_APART = re.compile(r" (?:\w ){8}")
_LONGEST_REPLY = 20_000
_Spans = list[tuple[str, int, int]]


@dataclass(frozen=True)
class _Patterns:
    opening: re.Pattern[str]
    marks: re.Pattern[str]
    marks_need: tuple[str, ...]
    own_turn: re.Pattern[str]
    turns: re.Pattern[str]
    reply_key: re.Pattern[str]
    listed_keys: tuple[str, ...]
    listed: re.Pattern[str]
    listed_key: re.Pattern[str]
    encoded: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    lists = data("screening.yaml")

    listed_key = rf"\b({'|'.join(lists['listed_keys'])})\b[\"'* ]*(?:[:=|]|->)"

    def any_of(patterns: Sequence[str]) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{p})" for p in patterns), re.IGNORECASE | re.MULTILINE)

    return _Patterns(
        opening=any_of(lists["opening"]),
        marks=any_of(lists["marks"]),
        marks_need=tuple(lists["marks_need"]),
        own_turn=re.compile(lists["own_turn"], re.IGNORECASE),
        turns=re.compile(rf"[ \t]*(?:{'|'.join(lists['turns'])})", re.IGNORECASE | re.MULTILINE),
        listed_keys=tuple(lists["listed_keys"]),
        listed=re.compile(rf"[ \t>*•–\-\"'|{{]*{listed_key}", re.IGNORECASE),
        listed_key=re.compile(listed_key, re.IGNORECASE),
        encoded=re.compile("|".join(f"(?:{p})" for p in lists["encoded"])),
        reply_key=re.compile(rf"[\"']?\b(?:{'|'.join(lists['reply_keys'])})\b[\"']?\s*:", re.IGNORECASE),
    )


def find_suspicions(text: str) -> list[Suspicion]:
    """Everything suspicious in a text, in order: what hides in it, and what of it speaks to a machine."""
    seen = visible(text)
    return sorted([*seen.suspicions, *spoken(seen, find_addresses(seen.text))], key=lambda s: (s.start, s.end))


def spoken(seen: Visible, addresses: _Spans) -> Iterator[Suspicion]:
    """What stretches of a visible text are suspected of, with their places in the text itself."""
    for kind, start, end in addresses:
        if kind != LINK:
            yield Suspicion(kind, *seen.span(start, end), " ".join(seen.text[start:end].split()))


def find_addresses(text: str) -> _Spans:
    """The stretches of a visible text that speak to a machine, with their kinds; in order, not overlapping."""
    found = _merged([*_hidden(text), *_linked(text), *_marked(text), *_replies(text), *_listed(text), *_encoded(text)])
    # What is known is blank then: it may have stood in the midst of words to a machine.
    return _merged([*found, *((ADDRESSES, start, end) for start, end in find_orders(blanked(text, found)))])


def blanked(text: str, spans: _Spans) -> str:
    """The text with stretches blank, so that offsets and line ends stay."""
    pieces, done = [], 0
    for _, start, end in spans:
        pieces += [text[done:start], _NO_LINE_END.sub(" ", text[start:end])]
        done = end
    return "".join([*pieces, text[done:]]) if spans else text


def _hidden(text: str) -> Iterator[tuple[str, int, int]]:
    """Comments and hidden elements of pages, in what is read as a text."""
    at = text.find("<!--")
    while at >= 0:
        closed = text.find("-->", at)
        end = closed + 3 if closed >= 0 else len(text)
        yield HIDDEN, at, end
        at = text.find("<!--", end)
    for match in _HIDDEN_TAG.finditer(text) if "<" in text else ():
        yield HIDDEN, *match.span()


def _linked(text: str) -> Iterator[tuple[str, int, int]]:
    """Images of Markdown, and its links' marks and addresses: nothing that is said."""
    for match in _LINK.finditer(text) if "](" in text else ():
        if match["image"]:
            yield LINK, *match.span()
        else:
            yield LINK, match.start(), match.start("words")
            yield LINK, match.end("words"), match.end()


def _marked(text: str) -> Iterator[tuple[str, int, int]]:
    """Marks of templates, with what they begin, and lines as in a dialogue or an example."""
    patterns = _patterns()
    done = 0
    for start, end in lines(text):
        if _NUMBERED.match(text, start):
            yield from _numbered(text, start, end)
        elif start >= done and (match := patterns.turns.match(text, start)):
            done = end_of_paragraph(text, match.end(), len(text))
            yield TEMPLATE, start, done
    spans = {
        (match.start(), match.end(), pattern is patterns.opening)
        for start, end in with_needs(patterns.marks_need, text, lines)
        for pattern in (patterns.opening, patterns.marks)
        for match in pattern.finditer(text, start, end)
    }
    opened = {start for start, _, opens in spans if opens}
    marks = sorted((start, end) for start, end, _ in spans)
    for (start, end), (upcoming, _) in pairwise([*marks, (len(text), len(text))]):
        yield TEMPLATE, start, _end_of_opened(text, end, upcoming) if start in opened else end


def _numbered(text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """A line of sentences with numbers as in our prompts.

    What stands after the last of several may be the article again.
    """
    numbers = list(_NUMBERED.finditer(text, start, end))
    yield TEMPLATE, start, end if len(numbers) == 1 else numbers[-1].end()


def _end_of_opened(text: str, after: int, upcoming: int) -> int:
    """Where ends what an opening mark begins: with the next mark; without one in the paragraph, with that.

    What follows the model's own turn is nothing that it is told, and may be the article.
    """
    end = end_of_paragraph(text, after, upcoming)
    if end < upcoming or end == len(text):
        own = _patterns().own_turn.match(text, after)
        return own.end() if own else end
    return end


def _replies(text: str) -> Iterator[tuple[str, int, int]]:
    """JSON with keys of a reply, and code blocks."""
    fences = [match.start() for match in _FENCE.finditer(text)]
    for start, closing in zip(fences[::2], [*fences[1::2], len(text)], strict=False):
        yield REPLY, start, min(closing + 3, len(text))
    at = text.find("{")
    while at >= 0:
        end = _closing(text, at)
        keys = {m[0].lower() for m in _patterns().reply_key.finditer(text, at, end)}
        if len(keys) > 1 or any("claim" in key for key in keys):
            yield REPLY, at, end
        at = text.find("{", max(end, at + 1))


def _listed(text: str) -> Iterator[tuple[str, int, int]]:
    """Lines as of a list of claims, and tables of them: two keys of a claim in a line, or in neighbouring lines."""
    patterns = _patterns()
    before: tuple[str, int, int] | None = None
    for start, end in with_needs(patterns.listed_keys, text, lines):
        first = patterns.listed.match(text, start, end)
        if len({key.lower() for key in patterns.listed_key.findall(text, start, end)}) > 1:
            yield REPLY, start, _end_of_table(text, end) if text.startswith("|", start) else end
        elif first and before and before[0] != first[1].lower() and text[before[2] : start].isspace():
            yield REPLY, before[1], end
        before = (first[1].lower(), start, end) if first else None


def _end_of_table(text: str, end: int) -> int:
    while text.startswith("|", end + 1):
        end = (text.find("\n", end + 1) + 1 or len(text) + 1) - 1
    return end


def _closing(text: str, at: int) -> int:
    """Where a brace is closed; the end of the paragraph where it isn't."""
    depth = 0
    for match in re.finditer(r"[{}]", text[at : at + _LONGEST_REPLY]):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return at + match.end()
    return end_of_paragraph(text, at, len(text))


def _encoded(text: str) -> Iterator[tuple[str, int, int]]:
    # Much quicker than to look for what is rarely there.
    if (
        max(map(len, text.split()), default=0) >= _ENCODED_CHARS
        or text.count("%") >= _FEWEST_ESCAPES
        or any(mark in text for mark in _ESCAPES)
        or _APART.search(text)
    ):
        for match in _patterns().encoded.finditer(text):
            yield ENCODED, *match.span()


def _merged(spans: _Spans) -> _Spans:
    merged: _Spans = []
    for kind, start, end in sorted(spans, key=lambda s: (s[1], -s[2])):
        if merged and start < merged[-1][2]:
            merged[-1] = merged[-1][0], merged[-1][1], max(end, merged[-1][2])
        else:
            merged.append((kind, start, end))
    return merged
