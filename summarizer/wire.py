"""Conventions of agency copy: dateline, sign-off, metadata lines and title. Pure functions on text.

Offsets are code points into the text given, end exclusive.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from itertools import takewhile

from summarizer import resources
from summarizer.dates import calendar_days, is_date_stamp

_TITLE_MAX_CHARS = 160
_METADATA_MAX_CHARS = 200
_FRONT_MATTER_MAX_LINES = 40
_OPENING_LINES = 8
_BODY_MIN_CHARS = 60
_PLACE_MAX_WORDS = 8
_TAIL_CHARS = 2000
_MAX_SIGN_OFFS = 6


@dataclass(frozen=True)
class Dateline:
    """Where, by whom and when: `KYIV, Sept. 5 (Reuters) - `. The sentence proper begins at `end`.

    `day` is none without a full date; a date without a year is for `summarizer.dates.published_in`.
    """

    start: int
    end: int
    place: str | None
    agency: str | None
    day: date | None


@dataclass(frozen=True)
class _Line:
    start: int
    end: int
    text: str

    @property
    def blank(self) -> bool:
        return not self.text.strip()


# Reading and splitting look for the same, of some hundred articles at a time.
@lru_cache(maxsize=256)
def find_dateline(text: str) -> Dateline | None:
    """The dateline at the opening of the first body paragraph, or none."""
    lines = _lines(text)
    skipped = set(find_metadata_lines(text))
    opening = [line for line in lines if not line.blank and (line.start, line.end) not in skipped]
    for line in opening[:_OPENING_LINES]:
        if found := _agency_dateline(line):
            return found
    title = _title_line(lines, skipped)
    body = opening[1:2] if title else opening[:1]
    return _bare_dateline(body[0]) if body else None


def find_sign_off(text: str) -> tuple[int, int] | None:
    """What closes agency copy after the last sentence: `/cmy/DP/stk`, `© dpa`, `(Reporting by …)`."""
    end = len(text.rstrip())
    start = end
    for _ in range(_MAX_SIGN_OFFS):
        floor = max(0, start - _TAIL_CHARS)
        tail = text[floor:start].rstrip()
        matches = [m for pattern in _sign_off_patterns() if (m := pattern.search(tail))]
        if not matches:
            break
        first = min(m.start() for m in matches)
        start = floor + first + len(tail[first:]) - len(tail[first:].lstrip())
    # A text that is nothing else has no sentence to sign off.
    return (start, end) if start < end and text[:start].strip() else None


def find_metadata_lines(text: str) -> list[tuple[int, int]]:
    """Lines that are neither title nor body: ` date 2025-09-05 (Mehr Details)`, bylines, credits."""
    lines = _lines(text)
    found = _front_matter(lines)
    previous_free = True
    for number, line in enumerate(lines[len(found) :]):
        if line.blank:
            previous_free = True
            continue
        # In a paragraph with hard line breaks a line may look like a credit by chance.
        if (previous_free or number == 1) and _is_metadata(line.text):
            found.append(line)
            continue
        previous_free = False
    return [(line.start, line.end) for line in found if not line.blank]


@lru_cache(maxsize=256)
def find_title(text: str) -> tuple[int, int] | None:
    """The headline: a short first line without a full stop, then a blank line. Without Markdown's marks."""
    return _title_line(_lines(text), set(find_metadata_lines(text)))


def _title_line(lines: list[_Line], metadata: set[tuple[int, int]]) -> tuple[int, int] | None:
    kept = [line for line in lines if (line.start, line.end) not in metadata]
    kept = kept[len(list(takewhile(lambda line: line.blank, kept))) :]
    if len(kept) < 2 or all(line.blank for line in kept[1:]):
        return None
    line, after = kept[0], kept[1]
    if heading := re.fullmatch(r"\s{0,3}#{1,6}\s+(?P<words>.*?\S)(?:\s+#+)?\s*", line.text):
        return line.start + heading.start("words"), line.start + heading.end("words")
    follower = lines[lines.index(line) + 1]
    if not (follower.blank or (follower.start, follower.end) in metadata or re.fullmatch(r"=+\s*", after.text)):
        return None
    return _stripped(line) if _reads_like_headline(line) else None


def _reads_like_headline(line: _Line) -> bool:
    words = line.text.strip()
    if not 2 < len(words) <= _TITLE_MAX_CHARS or _agency_dateline(line) or not re.search(r"[^\W\d_]", words):
        return False
    closed = re.search(r"[.;:,…]['\"“”’»«)]*$", words)
    return not closed or bool(re.search(r"\b(?:[A-Z]\.){2,}$|…$|\.\.\.$", words))


def _agency_dateline(line: _Line) -> Dateline | None:
    match = _AGENCY_OPENING.match(line.text)
    if match is None:
        return None
    place, day, dated = _place_and_day(match["head"] or "")
    agency = _agency(match["agency"])
    is_place = place is None or _is_place(place)
    if not is_place or (agency is None and not (place and _is_capitals(place))):
        return None
    if agency is None and not dated and not re.fullmatch(r"[\w./ -]{2,20}", match["agency"]):
        return None
    return Dateline(
        line.start + match.start("opening"), line.start + match.end(), place, agency or match["agency"], day
    )


def _bare_dateline(line: _Line) -> Dateline | None:
    """A dateline without an agency in brackets: place in capitals, or place and date, before a dash."""
    match = _BARE_OPENING.match(line.text)
    if match is None or len(line.text) < _BODY_MIN_CHARS:
        return None
    head, agency = match["head"], None
    words = head.split()
    if len(words) > 1 and (agency := _agency(words[-1])):
        head = head[: head.rindex(words[-1])]
    place, day, dated = _place_and_day(head)
    if place is None or not _is_place(place) or not (_is_capitals(place) or dated or agency):
        return None
    return Dateline(line.start + match.start("opening"), line.start + match.end(), place, agency, day)


def _place_and_day(head: str) -> tuple[str | None, date | None, bool]:
    days = calendar_days(head)
    place = head[: days[0].start] if days else head
    if days and head[days[-1].end :].strip(" ,.:"):
        place = head
    place = place.strip(" ,/")
    place = place if re.search(r"\w\.\w\.$", place) else place.rstrip(".")
    return place or None, days[-1].date if days else None, bool(days)


def _agency(words: str) -> str | None:
    """The agencies in brackets, in their usual spelling: `dpa/AFP`; none if none is known."""
    known = _agencies()
    parts = [part.strip().lower() for part in re.split(r"[/,;]|\s(?:und|and|&)\s", words)]
    joined = "/".join(dict.fromkeys(known[part] for part in parts if part in known))
    opening = words.strip().partition(" ")[0].lower()
    return known.get(words.strip().lower()) or joined or known.get(opening)


def _is_place(place: str) -> bool:
    words = re.split(r"[\s/,]+", place)
    small = set(resources.data("agencies.yaml")["place_words"])
    if words[0].lower() in resources.data("agencies.yaml")["not_first_in_places"]:
        return False
    named = all(word in small or word[0].isupper() or not word[0].isalnum() for word in words if word)
    return named and len(words) <= _PLACE_MAX_WORDS and place[0].isupper()


def _is_capitals(place: str) -> bool:
    """Whether the place is set in capitals and isn't an abbreviation; after a comma it may be `Texas`."""
    first = re.split(r"[,/]", place)[0].strip()
    letters = [c for c in first if c.isalpha()]
    shouted = set(resources.data("agencies.yaml")["not_places"])
    return len(letters) > 3 and first.upper() == first and not shouted & set(re.split(r"\W+", first))


def _is_metadata(line: str) -> bool:
    words = line.strip().strip("*_").strip() or line.strip()
    return len(words) <= _METADATA_MAX_CHARS and (is_date_stamp(words) or bool(_metadata_pattern().fullmatch(words)))


def _front_matter(lines: list[_Line]) -> list[_Line]:
    """The lines of a YAML block at the very top of a Markdown file."""
    if not lines or lines[0].text.strip() != "---":
        return []
    for number, line in enumerate(lines[1:_FRONT_MATTER_MAX_LINES], start=1):
        if line.text.strip() == "---":
            return lines[: number + 1]
        if not re.match(r"[\w-]+:|\s+\S|-\s", line.text):
            return []
    return []


def _lines(text: str) -> list[_Line]:
    return [_Line(m.start(), m.end(), m[0]) for m in re.finditer(r"[^\n]+|(?<=\n)(?=\n)|\A(?=\n)", text)]


def _stripped(line: _Line) -> tuple[int, int]:
    start = line.start + len(line.text) - len(line.text.lstrip())
    return start, start + len(line.text.strip())


_DASH = r"(?:--|[-–—‒―|])"
_HEAD = r"(?P<head>[^\n()—–|:;!?\"„“”«»]{2,80}?)"
_AGENCY_OPENING = re.compile(
    rf"\s*(?P<opening>(?:[*_]{{1,2}})?(?:{_HEAD}\s?)?\((?P<agency>[^()\n]{{2,60}})\))(?:[*_]{{1,2}})?"
    rf"(?:\s*{_DASH}\s*|\.\s+(?=[^\W\d_a-z]|[\"„“«»]))(?=\S)"
)
_BARE_OPENING = re.compile(
    rf"\s*(?P<opening>(?:[*_]{{1,2}})?{_HEAD})(?:[*_]{{1,2}})?\s*(?<=[\s*_]){_DASH}\s+(?=[^\W\d_a-zß-ÿ]|[\d\"„“”«»'‚‘])"
)


@cache
def _agencies() -> dict[str, str]:
    names: list[str] = resources.data("agencies.yaml")["agencies"]
    return {name.lower(): name for name in reversed(names)}


@cache
def _metadata_pattern() -> re.Pattern[str]:
    return re.compile("|".join(resources.data("agencies.yaml")["metadata_lines"]), re.IGNORECASE)


@cache
def _sign_off_patterns() -> list[re.Pattern[str]]:
    names = "|".join(re.escape(n) for n in sorted(_agencies(), key=len, reverse=True))
    patterns: list[str] = resources.data("agencies.yaml")["sign_offs"]
    flags = re.IGNORECASE | re.MULTILINE
    return [re.compile(rf"(?:{p.replace('AGENCIES', names)})\s*\Z", flags) for p in patterns]
