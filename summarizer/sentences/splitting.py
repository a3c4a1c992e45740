"""A rule-based sentence splitter for German and English news. Its word lists are data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from summarizer import resources, wire
from summarizer.models import Sentence
from summarizer.sentences.paragraphs import Paragraph, is_closed, paragraphs

_HEADING_MAX_CHARS = 120
# How far is looked back for a word, and ahead for the next one.
_BACK_CHARS, _AHEAD_CHARS = 48, 80

# No condition at the end: every match succeeds, so that a long run of stops is read once.
_STOP = re.compile(r"(?P<stop>[.!?…]+)(?P<close>[\"'“”»«’‘›‹)\]*_]*(?:\[\d{1,3}\])*)")
_SPACE = re.compile(r"\s*")
_NEXT = re.compile(r"(?P<open>[-–—*_\"'„“”»«‚‘’›‹(\[¿¡\s]*)(?P<word>\w[\w’'-]*)?")
_WORD_CHARACTER = re.compile(r"[^\W_]")
_NAME_AND_VERB = re.compile(r"(?:[^\W\d_a-z][\w.’'-]* ){1,4}(?P<verb>[a-z]+)\b")
_DOTTED = re.compile(r"(?:[^\W\d_]{1,3}\.)+[^\W\d_]{1,4}|\d{1,2}\.\d{1,2}|[IVX]{2,6}")
_ABBREVIATION_PART = re.compile(r"[^\W\d_]{1,3}\.")
_ORDINAL = re.compile(r"\d{1,3}")
_RUN_ON = re.compile(r"[^\W\d_]+(?![\w@/:]|\.\w)")
_OPENERS, _CLOSERS = "\"'„“”»«‚‘’›‹([¿¡*_", "\"'“”»«’‘›‹)]*_"


@dataclass(frozen=True)
class _Words:
    never_final: frozenset[str]
    before_numbers: frozenset[str]
    maybe_final: frozenset[str]
    final_unless_time: frozenset[str]
    time_words: frozenset[str]
    starters: frozenset[str]
    ordinal_heads: frozenset[str]
    ordinal_leads: frozenset[str]
    speech_verbs: frozenset[str]
    domains: frozenset[str]


@cache
def _words() -> _Words:
    lists = resources.data("sentences.yaml")
    return _Words(**{name: frozenset(words) for name, words in lists.items()})


def split(text: str) -> list[Sentence]:
    """The sentences of an article, in order, numbered from 1, stripped of white space, not overlapping.

    Dateline, sign-off and metadata lines are left out, and the marks of a Markdown heading. Headings are the
    title, Markdown's, and short paragraphs without closing punctuation, a text's only paragraph excepted.
    """
    edges = [span for span in (_dateline(text), wire.find_sign_off(text)) if span is not None]
    title = wire.find_title(text)
    excluded = _merged([*edges, *wire.find_metadata_lines(text)])
    found = [
        (paragraph, spans)
        for paragraph in paragraphs(text, excluded)
        if (spans := [s for piece in _pieces(text, paragraph, edges) for s in _sentence_spans(text, *piece)])
    ]
    sentences: list[Sentence] = []
    for number, (paragraph, spans) in enumerate(found, start=1):
        whole = spans == [(paragraph.start, paragraph.end)]
        heading = (
            paragraph.marked
            or (title is not None and title[0] <= spans[0][0] < title[1])
            or (whole and len(found) > 1 and _reads_like_heading(text, paragraph))
        )
        sentences += [
            Sentence(number=len(sentences) + i, start=start, end=end, paragraph=number, is_heading=heading)
            for i, (start, end) in enumerate(spans, start=1)
        ]
    return sentences


def _dateline(text: str) -> tuple[int, int] | None:
    dateline = wire.find_dateline(text)
    return None if dateline is None else (dateline.start, dateline.end)


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _pieces(text: str, paragraph: Paragraph, edges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What is left of a paragraph without dateline and sign-off, and without marks that only held these."""
    pieces = [(paragraph.start, paragraph.end)]
    for start, end in edges:
        if start < paragraph.end and paragraph.start < end:
            cut = [piece for a, b in pieces for piece in ((a, min(b, start)), (max(a, end), b))]
            pieces = [(a, b) for a, b in cut if a < b and _WORD_CHARACTER.search(text, a, b)]
    return pieces


def _reads_like_heading(text: str, paragraph: Paragraph) -> bool:
    start, end = paragraph.start, paragraph.end
    return (
        end - start <= _HEADING_MAX_CHARS
        and not paragraph.item
        and not text[start].islower()
        and not is_closed(text, end)
        and _WORD_CHARACTER.search(text, start, end) is not None
    )


def _sentence_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The sentences of a paragraph. A stretch without a letter or digit joins the one before it."""
    spans: list[tuple[int, int]] = []
    begun = start
    # The next letter or digit is looked for once, however many stops are before it.
    word = _WORD_CHARACTER.search(text, start, end)
    for cut in [*_cuts(text, start, end), end]:
        if word and word.start() < cut:
            spans.append((begun, cut))
            begun = cut
            word = _WORD_CHARACTER.search(text, cut, end)
        elif spans:
            spans[-1] = spans[-1][0], cut
            begun = cut
    if begun < end:
        spans.append((begun, end))
    return [_stripped(text, a, b) for a, b in spans if not text[a:b].isspace()]


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    words = text[start:end]
    start += len(words) - len(words.lstrip())
    return start, start + len(words.strip())


def _cuts(text: str, start: int, end: int) -> Iterator[int]:
    """Where sentences begin, the first of the paragraph aside."""
    for match in _STOP.finditer(text, start, end):
        after = match.end()
        if after >= end:
            return
        upcoming = _SPACE.match(text, after, end).end()  # type: ignore[union-attr]
        if upcoming >= end:
            return
        if upcoming == after:
            if not match["close"] and len(match["stop"]) == 1 and _lacks_space(text, start, match.start()):
                yield after
        elif _is_boundary(text, start, match, upcoming):
            yield upcoming


def _is_boundary(text: str, start: int, match: re.Match[str], upcoming: int) -> bool:
    stop, close = match["stop"], match["close"]
    ahead = _NEXT.match(text, upcoming, upcoming + _AHEAD_CHARS)
    opening, word = (ahead["open"], ahead["word"] or "") if ahead else ("", "")
    if word[:1].islower():
        return False
    if "!" in stop or "?" in stop:
        bracketed = close.startswith(")") and text.rfind("(", max(start, match.start() - 8), match.start()) >= 0
        return not bracketed and not (close and _is_attribution(text, upcoming))
    if len(stop) > 1 or stop == "…":
        # An ellipsis in brackets of its own stands for left-out words.
        return not (close and match.start() > start and text[match.start() - 1] in "([")
    return not _is_abbreviation(_tokens_before(text, start, match.start()), opening, word)


def _is_attribution(text: str, upcoming: int) -> bool:
    """Whether a name and a verb of saying follow: `"Will they come?" Macron asked.`"""
    match = _NAME_AND_VERB.match(text, upcoming, upcoming + _AHEAD_CHARS)
    return match is not None and match["verb"] in _words().speech_verbs


def _tokens_before(text: str, start: int, stop: int) -> list[str]:
    """The last few tokens before a full stop; empty when it stands alone."""
    back = max(start, stop - _BACK_CHARS)
    if stop == back or text[stop - 1].isspace():
        return []
    tokens = text[back:stop].split()
    return ["", *tokens] if back == start else tokens


def _is_abbreviation(tokens: list[str], opening: str, word: str) -> bool:
    """Whether the full stop between `tokens` and `word` only ends an abbreviation, initial or ordinal."""
    if not tokens:
        return False
    lists = _words()
    last = tokens[-1].lstrip(_OPENERS).rstrip(_CLOSERS)
    before = tokens[-2] if len(tokens) > 1 else None
    names = _names(tokens, last)
    numbered = word[:1].isdigit() and not names.isdisjoint(lists.before_numbers | lists.maybe_final)
    if numbered or names & lists.never_final:
        return True
    if names & lists.final_unless_time:
        return "(" in opening or word.lower() in lists.time_words
    if _ORDINAL.fullmatch(last):
        return _is_ordinal(before, word)
    single = len(last) == 1 and last.isalpha()
    if single or names & lists.maybe_final or _DOTTED.fullmatch(last):
        starts = word.lower() in lists.starters and not opening.startswith("(")
        return not starts or before == ""
    return False


def _names(tokens: list[str], last: str) -> set[str]:
    """The forms under which an abbreviation may be listed: `Präs` of `US-Präs`, `z.B` of `z. B`."""
    names = {last, last.rsplit("-", 1)[-1]}
    joined = last
    for token in tokens[-2:-5:-1]:
        part = token.lstrip(_OPENERS)
        if len(last) > 4 or not _ABBREVIATION_PART.fullmatch(part):
            break
        joined = part + joined
        names.add(joined)
    return names | {name.lower() for name in names}


def _is_ordinal(before: str | None, word: str) -> bool:
    """Whether a number with a full stop between `before` and `word` is an ordinal or a list's number."""
    lists = _words()
    head = word.lower().rstrip("-")
    if before == "" or not lists.ordinal_heads.isdisjoint((head, head[:-1], head[:-2])):
        return True
    if head in lists.starters or before is None:
        return False
    return before.lower() in lists.ordinal_leads or (before[:-1].isdigit() and before.endswith("."))


def _lacks_space(text: str, start: int, stop: int) -> bool:
    """Whether a space was forgotten after a stop (`fertig.Danach`); addresses and abbreviations need none."""
    run = _RUN_ON.match(text, stop + 1, stop + _BACK_CHARS)
    tokens = _tokens_before(text, start, stop)
    if run is None or not tokens or not (run[0][0].isupper() and run[0][1:2].islower()):
        return False
    last = tokens[-1]
    if not last[-2:].islower() or not last[-2:].isalpha() or any(c in last for c in ".@/:_"):
        return False
    is_address = run[0].lower() in _words().domains
    return not is_address and not _is_abbreviation(tokens, "", run[0])
