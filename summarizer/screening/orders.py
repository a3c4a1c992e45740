"""Words to a machine: whom they address, what they tell it to do, and how far in a sentence they go."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice

from summarizer import sentences as splitting
from summarizer.models import Sentence
from summarizer.resources import data
from summarizer.screening.lines import lines, with_needs, wrapped

_WORD = re.compile(r"\S+")
_SENTENCE_END = re.compile(r"[.!]\s")
_CLAUSE = re.compile(r"[,;:]\s|\s[–—-]\s")
_PAIRS = (
    re.compile(r"\([^()]*\)"),
    re.compile(r"\[[^\[\]]*\]"),
    re.compile(r"„[^„“”\"]*[“”\"]|“[^„“”\"]*[”\"]|«[^«»]*»|»[^«»]*«|\"[^\"]*\""),
    re.compile(r"\*[^*]+\*"),
    re.compile(r"\s[–—]\s[^–—]*\s[–—](?=\s)"),
)
_LEAST_WORDS_KEPT = 4
# How far around a word is looked for what belongs to it, in code points.
_NEAR_CHARS = 400
_PAIRED_CHARS = 2000
# Stand for a machine's name where it is looked for what is said to it.
_MACHINE, _MACHINE_GOES_ON = "\ue000", "\ue001"


@dataclass(frozen=True)
class _Hit:
    """Where words to a machine begin; `end` where it is known how far they go."""

    start: int
    end: int | None = None


@dataclass(frozen=True)
class _Patterns:
    machines: re.Pattern[str]
    told: re.Pattern[str]
    tasks: re.Pattern[str]
    orders: tuple[re.Pattern[str], ...]
    goes_on: re.Pattern[str]
    needs: tuple[str, ...]


@cache
def _patterns() -> _Patterns:
    lists = data("screening.yaml")

    def compiled(pattern: str) -> re.Pattern[str]:
        return re.compile(pattern.replace("@machine@", f"{_MACHINE}{_MACHINE_GOES_ON}*"), re.IGNORECASE)

    return _Patterns(
        machines=compiled(lists["machines"]),
        told=compiled(lists["told"]),
        tasks=compiled(lists["tasks"]),
        orders=tuple(compiled(p) for p in [*lists["addressed"], *lists["orders"]]),
        goes_on=compiled(lists["goes_on"]),
        needs=tuple(lists["needs"]),
    )


def find_orders(text: str) -> list[tuple[int, int]]:
    """Where words to a machine stand. Only lines and paragraphs with one of the words that these need are read."""
    units = with_needs(_patterns().needs, text, lambda text: chain(lines(text), wrapped(text)))
    hits = [hit for start, end in units for hit in _hits(text, start, end)]
    return _masked_sentences(text, hits) if hits else []


def _hits(text: str, start: int, end: int) -> Iterator[_Hit]:
    """Where orders are in a line or paragraph."""
    patterns = _patterns()
    line, places = _collapsed(text, start, end)
    # Looked for once: the names of machines are many.
    line = patterns.machines.sub(_placeholder, line)
    for pattern in patterns.orders:
        for match in pattern.finditer(line):
            yield _Hit(places[match.start()])
    looked = at = -1
    while (at := line.find(_MACHINE, at + 1)) >= 0:
        if at < looked:
            continue
        # A machine is spoken to within a sentence.
        before = _SENTENCE_END.split(line[max(0, at - _NEAR_CHARS) : at])[-1]
        after = _SENTENCE_END.split(line[at : at + _NEAR_CHARS], maxsplit=1)[0]
        looked = at + len(after)
        near = [_nearest(pattern, before, after) for pattern in (patterns.told, patterns.tasks)]
        if all(near):
            spans = [(0, 1), *filter(None, near)]
            yield _Hit(places[at + min(low for low, _ in spans)], places[at + max(high for _, high in spans) - 1] + 1)


def _collapsed(text: str, start: int, end: int) -> tuple[str, Sequence[int]]:
    """A stretch with one space for all white space in a row, and where its characters are in the text."""
    pieces: list[str] = []
    places: list[int] = []
    for match in _WORD.finditer(text, start, end):
        if pieces:
            pieces.append(" ")
            places.append(match.start() - 1)
        pieces.append(match[0])
        places.extend(range(*match.span()))
    return "".join(pieces), places


def _nearest(pattern: re.Pattern[str], before: str, after: str) -> tuple[int, int] | None:
    """The first match after a place, else the last one before it; offsets from that place."""
    if match := pattern.search(after):
        return match.span()
    last = None
    for last in pattern.finditer(before):  # noqa: B007
        pass
    return (last.start() - len(before), last.end() - len(before)) if last else None


def _placeholder(machine: re.Match[str]) -> str:
    return _MACHINE + _MACHINE_GOES_ON * (len(machine[0]) - 1)


def _masked_sentences(text: str, hits: list[_Hit]) -> list[tuple[int, int]]:
    sentences = splitting.split(text)
    starts = [s.start for s in sentences]
    masked: list[tuple[int, int]] = []
    for hit in sorted(set(hits), key=lambda hit: (hit.start, hit.end or len(text))):
        if masked and hit.start < masked[-1][1]:
            continue
        place = bisect_right(starts, hit.start) - 1
        if place < 0 or hit.start >= sentences[place].end:
            # A line that is no sentence, such as a dateline or a sign-off.
            line_end = text.find("\n", hit.start)
            masked.append((text.rfind("\n", 0, hit.start) + 1, len(text) if line_end < 0 else line_end))
            continue
        sentence = sentences[place]
        start, end = _stretch(text, sentence, hit)
        masked.append((start, end))
        if end == sentence.end:
            masked += _further(text, sentences, place)
    return masked


def _further(text: str, sentences: Sequence[Sentence], place: int) -> Iterator[tuple[int, int]]:
    """The sentences after one in its paragraph that go on with orders."""
    for sentence in islice(sentences, place + 1, None):
        goes_on = _patterns().goes_on.match(text, sentence.start, sentence.end)
        if sentence.paragraph != sentences[place].paragraph or not goes_on:
            return
        yield sentence.start, sentence.end


def _stretch(text: str, sentence: Sentence, hit: _Hit) -> tuple[int, int]:
    """What of a sentence speaks to the machine: what brackets or marks hold, else from the clause of the hit on.

    What stands before that clause reads as reporting, and stays; so does what stands after it, where the hit has an
    end: then an insertion speaks to the machine, and no order.
    """
    low, high = max(sentence.start, hit.start - _PAIRED_CHARS), min(sentence.end, hit.start + _PAIRED_CHARS)
    for pair in _PAIRS:
        for match in pair.finditer(text, low, high):
            if match.start() <= hit.start < match.end() and match.span() != (sentence.start, sentence.end):
                # Who is said to have said it goes with it.
                return match.span() if match.start() > sentence.start else (sentence.start, sentence.end)
    clauses = list(_CLAUSE.finditer(text, low, hit.start + 1))
    words = len(text[low : clauses[-1].start()].split()) if clauses else 0
    start = clauses[-1].start() if words >= _LEAST_WORDS_KEPT else sentence.start
    if hit.end is None or not words:
        return start, sentence.end
    after = _CLAUSE.search(text, hit.end, sentence.end)
    if after is None or _has_orders(text[after.end() : sentence.end]):
        return start, sentence.end
    return clauses[-1].start(), after.start()


def _has_orders(words: str) -> bool:
    patterns = _patterns()
    return patterns.told.search(words) is not None or any(map(patterns.goes_on.match, _CLAUSE.split(words)))
