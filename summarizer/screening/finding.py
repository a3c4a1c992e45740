"""Finding what speaks to a machine: instructions, prompts' and templates' marks, imitated replies, encoded words."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain, islice, pairwise

from summarizer import sentences as splitting
from summarizer.models import Sentence
from summarizer.resources import data
from summarizer.screening.letters import Suspicion, visible

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
_WORD = re.compile(r"\S+")
_NO_LINE_END = re.compile(r"[^\n]")
_SENTENCE_END = re.compile(r"[.!]\s")
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n|\Z")
_CLAUSE = re.compile(r"[,;:]\s|\s[–—-]\s")
_PAIRS = (
    re.compile(r"\([^()]*\)"),
    re.compile(r"\[[^\[\]]*\]"),
    re.compile(r"„[^„“”\"]*[“”\"]|“[^„“”\"]*[”\"]|«[^«»]*»|»[^«»]*«|\"[^\"]*\""),
    re.compile(r"\*[^*]+\*"),
    re.compile(r"\s[–—]\s[^–—]*\s[–—](?=\s)"),
)
_ENCODED_CHARS = 40
_FEWEST_ESCAPES = 8
_ESCAPES = ("&#", "\\u", "\\x")
_APART = re.compile(r" (?:\w ){8}")
_LEAST_WORDS_KEPT = 4
# How far around a word is looked for what belongs to it, in code points.
_NEAR_CHARS = 400
_PAIRED_CHARS = 2000
_LONGEST_REPLY = 20_000
# Stand for a machine's name where it is looked for what is said to it.
_MACHINE, _MACHINE_GOES_ON = "\ue000", "\ue001"
_Spans = list[tuple[str, int, int]]


@dataclass(frozen=True)
class _Hit:
    """Where words to a machine begin; `end` where it is known how far they go."""

    start: int
    end: int | None = None


@dataclass(frozen=True)
class _Patterns:
    opening: re.Pattern[str]
    marks: re.Pattern[str]
    marks_need: tuple[str, ...]
    own_turn: re.Pattern[str]
    turns: re.Pattern[str]
    machines: re.Pattern[str]
    told: re.Pattern[str]
    tasks: re.Pattern[str]
    orders: tuple[re.Pattern[str], ...]
    goes_on: re.Pattern[str]
    needs: tuple[str, ...]
    reply_key: re.Pattern[str]
    listed_keys: tuple[str, ...]
    listed: re.Pattern[str]
    listed_key: re.Pattern[str]
    encoded: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    lists = data("screening.yaml")

    def compiled(pattern: str) -> re.Pattern[str]:
        return re.compile(pattern.replace("@machine@", f"{_MACHINE}{_MACHINE_GOES_ON}*"), re.IGNORECASE)

    def any_of(patterns: Sequence[str]) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{p})" for p in patterns), re.IGNORECASE | re.MULTILINE)

    return _Patterns(
        opening=any_of(lists["opening"]),
        marks=any_of(lists["marks"]),
        marks_need=tuple(lists["marks_need"]),
        own_turn=compiled(lists["own_turn"]),
        turns=re.compile(rf"[ \t]*(?:{'|'.join(lists['turns'])})", re.IGNORECASE | re.MULTILINE),
        machines=compiled(lists["machines"]),
        told=compiled(lists["told"]),
        tasks=compiled(lists["tasks"]),
        orders=tuple(compiled(p) for p in [*lists["addressed"], *lists["orders"]]),
        goes_on=compiled(lists["goes_on"]),
        needs=tuple(lists["needs"]),
        listed_keys=tuple(lists["listed_keys"]),
        listed=re.compile(
            rf"[ \t>*•–\-\"'|{{]*\b({'|'.join(lists['listed_keys'])})\b[\"'* ]*(?:[:=|]|->)", re.IGNORECASE
        ),
        listed_key=re.compile(rf"\b({'|'.join(lists['listed_keys'])})\b[\"'* ]*(?:[:=|]|->)", re.IGNORECASE),
        encoded=re.compile("|".join(f"(?:{p})" for p in lists["encoded"])),
        reply_key=re.compile(rf"[\"']?\b(?:{'|'.join(lists['reply_keys'])})\b[\"']?\s*:", re.IGNORECASE),
    )


def find_suspicions(text: str) -> list[Suspicion]:
    """Everything suspicious in a text, in order: what hides in it, and what of it speaks to a machine."""
    seen = visible(text)
    spoken = [
        Suspicion(kind, *seen.span(start, end), " ".join(seen.text[start:end].split()))
        for kind, start, end in find_addresses(seen.text)
        if kind != LINK
    ]
    return sorted(seen.suspicions + spoken, key=lambda s: (s.start, s.end))


def find_addresses(text: str) -> _Spans:
    """The stretches of a visible text that speak to a machine, with their kinds; in order, not overlapping."""
    found = _merged([*_hidden(text), *_linked(text), *_marked(text), *_replies(text), *_listed(text), *_encoded(text)])
    # What is known is blank then: it may have stood in the midst of words to a machine.
    return _merged([*found, *_orders(blanked(text, found))])


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
    for start, end in _lines(text):
        if _NUMBERED.match(text, start):
            yield from _numbered(text, start, end)
        elif start >= done and (match := patterns.turns.match(text, start)):
            done = _end_of_turn(text, match)
            yield TEMPLATE, start, done
    spans = {
        (match.start(), match.end(), pattern is patterns.opening)
        for start, end in _with_needs(patterns.marks_need, text, _lines)
        for pattern in (patterns.opening, patterns.marks)
        for match in pattern.finditer(text, start, end)
    }
    opened = {start for start, _, opens in spans if opens}
    marks = sorted((start, end) for start, end, _ in spans)
    for (start, end), (upcoming, _) in pairwise([*marks, (len(text), len(text))]):
        if start in opened:
            yield TEMPLATE, start, _end_of_opened(text, end, upcoming)
        else:
            yield TEMPLATE, start, end


def _numbered(text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """A line of sentences with numbers as in our prompts.

    What stands after the last of several may be the article again.
    """
    numbers = list(_NUMBERED.finditer(text, start, end))
    if len(numbers) == 1:
        yield TEMPLATE, start, end
        return
    yield TEMPLATE, start, numbers[-1].end()


def _end_of_opened(text: str, after: int, upcoming: int) -> int:
    """Where ends what an opening mark begins: with the next mark; without one in the paragraph, with that.

    What follows the model's own turn is nothing that it is told, and may be the article.
    """
    end = _end_of_paragraph(text, after, upcoming)
    if end < upcoming or end == len(text):
        own = _patterns().own_turn.match(text, after)
        return own.end() if own else end
    return end


def _end_of_turn(text: str, turn: re.Match[str]) -> int:
    """Where ends what a line as in a dialogue begins: with the paragraph."""
    return _end_of_paragraph(text, turn.end(), len(text))


def _end_of_paragraph(text: str, start: int, end: int) -> int:
    found = _PARAGRAPH_END.search(text, start, end)
    return found.start() if found else end


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
    for start, end in _with_needs(patterns.listed_keys, text, _lines):
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
    return _end_of_paragraph(text, at, len(text))


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


def _orders(text: str) -> _Spans:
    """Words to a machine. Only lines and paragraphs that have one of the words that these need are looked at."""
    units = _with_needs(_patterns().needs, text, lambda text: chain(_lines(text), _wrapped(text)))
    hits = [hit for start, end in units for hit in _hits(text, start, end)]
    return _masked_sentences(text, hits) if hits else []


def _with_needs(
    needs: Sequence[str], text: str, units: Callable[[str], Iterable[tuple[int, int]]]
) -> list[tuple[int, int]]:
    """The units of a text that have one of some words, all in small letters."""
    lowered, once, whole = _lowered(text)
    present = [need for need in needs if need in (whole if " " in need else once)]
    if not present:
        return []
    return [
        (start, end)
        for start, end in units(text)
        if (unit := f" {' '.join(lowered[start:end].split())} ").strip() and any(need in unit for need in present)
    ]


@lru_cache(maxsize=4)
def _lowered(text: str) -> tuple[str, str, str]:
    """A text in small letters; every word of it once, which is much shorter; and with one space between words."""
    lowered = text.lower()
    if len(lowered) != len(text):
        # A letter whose small form is two would move the offsets.
        lowered = "".join(small if len(small := char.lower()) == 1 else char for char in text)
    words = lowered.split()
    return lowered, " ".join(dict.fromkeys(words)), f" {' '.join(words)} "


def _wrapped(text: str) -> Iterator[tuple[int, int]]:
    """The paragraphs of several lines."""
    start = 0
    for match in _PARAGRAPH_END.finditer(text):
        if text.count("\n", start, match.start()):
            yield start, match.start()
        start = match.end()


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield start, end
        start = end + 1
    yield start, len(text)


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


def _masked_sentences(text: str, hits: list[_Hit]) -> _Spans:
    sentences = splitting.split(text)
    starts = [s.start for s in sentences]
    masked: _Spans = []
    for hit in sorted(set(hits), key=lambda hit: (hit.start, hit.end or len(text))):
        if masked and hit.start < masked[-1][2]:
            continue
        place = bisect_right(starts, hit.start) - 1
        if place < 0 or hit.start >= sentences[place].end:
            # A line that is no sentence, such as a dateline or a sign-off.
            line_end = text.find("\n", hit.start)
            masked.append((ADDRESSES, text.rfind("\n", 0, hit.start) + 1, len(text) if line_end < 0 else line_end))
            continue
        sentence = sentences[place]
        start, end = _stretch(text, sentence, hit)
        masked.append((ADDRESSES, start, end))
        if end == sentence.end:
            masked += _further(text, sentences, place)
    return masked


def _further(text: str, sentences: Sequence[Sentence], place: int) -> Iterator[tuple[str, int, int]]:
    """The sentences after one in its paragraph that go on with orders."""
    for sentence in islice(sentences, place + 1, None):
        goes_on = _patterns().goes_on.match(text, sentence.start, sentence.end)
        if sentence.paragraph != sentences[place].paragraph or not goes_on:
            return
        yield ADDRESSES, sentence.start, sentence.end


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


def _merged(spans: _Spans) -> _Spans:
    merged: _Spans = []
    for kind, start, end in sorted(spans, key=lambda s: (s[1], -s[2])):
        if merged and start < merged[-1][2]:
            merged[-1] = merged[-1][0], merged[-1][1], max(end, merged[-1][2])
        else:
            merged.append((kind, start, end))
    return merged
