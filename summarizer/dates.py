"""Days in articles: when it was published, and which day a phrase such as "am Mittwoch" means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any

from summarizer import resources

if TYPE_CHECKING:
    from summarizer.wire import Dateline

_STAMP_MAX_CHARS = 120
_LONG_LINE_CHARS = 160
_MARGIN_LINES = 20
_CLOSING_LINES = 3


@dataclass(frozen=True)
class CalendarDay:
    """A day named by its date. `year` is none where the text leaves it out. Offsets are code points."""

    start: int
    end: int
    year: int | None
    month: int
    day: int

    @property
    def date(self) -> date | None:
        """The date, where the year is known."""
        return None if self.year is None else _date(self.year, self.month, self.day)


def calendar_days(text: str) -> list[CalendarDay]:
    """Every day given by its date (`5. September 2025`, `Sept. 5`, `05.09.2025`, `2025-09-05`), in order."""
    found = []
    for match in _calendar_pattern().finditer(text):
        groups = {name: value for name, value in match.groupdict().items() if value}
        parts = {name.rstrip("0123456789"): value for name, value in groups.items()}
        year = int(parts["year"]) if "year" in parts else None
        month = _months()[parts["name"].lower()] if "name" in parts else int(parts["month"])
        day = int(parts["day"])
        # A leap year stands in for an unknown one, so that 29 February is a day.
        if _date(year or 2024, month, day):
            found.append(CalendarDay(match.start(), match.end(), year, month, day))
    return found


def is_date_stamp(line: str) -> bool:
    """Whether a line only says when the article was published or changed: `Stand: 5.9.2025, 14:30 Uhr`."""
    line = line.strip()
    days = [d for d in calendar_days(line) if d.date] if len(line) <= _STAMP_MAX_CHARS else []
    if not days:
        return False
    before = line[: days[0].start].strip(" :\t,-–—").lower()
    words = resources.data("calendar.yaml")
    if before in words["stamp_openings"]:
        return True
    rest = line
    for day in reversed(days):
        rest = rest[: day.start] + " " + rest[day.end :]
    allowed = set(words["stamp_words"]).union(*(w["weekdays"] for w in words["languages"].values()))
    left = re.findall(r"[^\W\d_]+(?:\.[^\W\d_]+)*", re.sub(r"\d{1,2}[:.]\d{2}(?::\d{2}\S*)?", " ", rest))
    return all(word.lower() in allowed or len(word) == 1 for word in left)


def published_in(text: str, dateline: Dateline | None) -> date | None:
    """The day the article says it was published on, or none.

    Looked for in lines above and below the body that only give a date, then in the dateline; one without
    a year takes that of the copyright line. A date in the body is what the article is about, and not taken.
    """
    for line in _margins(text):
        if is_date_stamp(line):
            return next(d.date for d in calendar_days(line) if d.date)
    if dateline is None:
        return None
    if dateline.day:
        return dateline.day
    yearless = calendar_days(text[dateline.start : dateline.end])
    copyrighted = re.search(r"(?:©|\(c\)|copyright)[^\n]{0,20}?\b((?:19|20)\d{2})\b", text, re.IGNORECASE)
    if yearless and copyrighted:
        return _date(int(copyrighted[1]), yearless[0].month, yearless[0].day)
    return None


def _margins(text: str) -> list[str]:
    """The lines before the first long one, and the last few: a date between is a heading of a chronology."""
    lines = [line for line in text.splitlines() if line.strip()]
    head = list(takewhile(lambda line: len(line) <= _LONG_LINE_CHARS, lines[:_MARGIN_LINES]))
    return head + lines[max(len(head), len(lines) - _CLOSING_LINES) :]


def resolve_day(phrase: str, published: date | None, language: str) -> date | None:
    """The one day that a phrase means, seen from the day of publication, or none.

    A weekday is the latest such day on or before `published`. None for coming days, ranges, weeks and months,
    and for what needs `published` where it isn't known.
    """
    days = {day for _, _, day in find_days(phrase, published, language)}
    return days.pop() if len(days) == 1 else None


def find_days(text: str, published: date | None, language: str) -> list[tuple[int, int, date]]:
    """Every single day named in `text` as (start, end, day), in order, with the rules of `resolve_day`."""
    dated = [_Mention(d.start, d.end, _nearest(d, published)) for d in calendar_days(text)]
    spoken = _spoken(text, published, language) if published else []
    mentions = sorted([*dated, *_without_date(text, spoken, dated)], key=lambda m: m.start)
    return [(m.start, m.end, m.day) for m in _single(text, mentions) if m.day]


@dataclass(frozen=True)
class _Mention:
    start: int
    end: int
    day: date | None


def _spoken(text: str, published: date, language: str) -> Iterator[_Mention]:
    words = resources.data("calendar.yaml")["languages"].get(language)
    if words is None:
        return
    for match in _spoken_pattern(language).finditer(text):
        before, after = text[: match.start()], text[match.end() :]
        if _ends_with(before, words["not_after"]) or _starts_with(after, words["not_before"]):
            day = None
        elif match["relative"]:
            day = published + timedelta(days=words["relative"][_spaced(match["relative"])])
        else:
            back = (published.weekday() - words["weekdays"][match["weekday"].lower()]) % 7
            if back == 0 and _ends_with(before, words["strictly_before"]):
                back = 7
            day = published - timedelta(days=back)
        yield _Mention(match.start(), match.end(), day)


def _without_date(text: str, spoken: Iterable[_Mention], dated: list[_Mention]) -> Iterator[_Mention]:
    """Leave out a weekday that only goes with the date after it: `Mittwoch, dem 3. September`."""
    starts = {d.start for d in dated}
    for mention in spoken:
        gap = re.compile(r"\s*[,(]?\s*(?:de[mn]\s+|the\s+)?").match(text, mention.end)
        if not (gap and gap.end() in starts):
            yield mention


def _single(text: str, mentions: list[_Mention]) -> Iterator[_Mention]:
    """Leave out the ends of ranges, and days that only limit a stretch of time (`since Sept. 3`)."""
    words = resources.data("calendar.yaml")
    joined = set()
    for left, right in pairwise(mentions):
        if _spaced(text[left.end : right.start]) in words["range_joiners"]:
            joined |= {left, right}
    joiner = "|".join(re.escape(w) for w in sorted(words["range_joiners"], key=len, reverse=True))
    opening = re.compile(rf"\d\.?\s*(?:{joiner})\s*$", re.IGNORECASE)
    closing = re.compile(rf"\s*(?:{joiner})\s*\d", re.IGNORECASE)
    for mention in mentions:
        before = text[: mention.start]
        in_range = opening.search(before[-20:]) or closing.match(text, mention.end)
        if not (mention in joined or in_range or _ends_with(before, words["limits"])):
            yield mention


def _nearest(day: CalendarDay, published: date | None) -> date | None:
    if day.year is not None or published is None:
        return day.date
    years = range(published.year - 1, published.year + 2)
    candidates = [d for year in years if (d := _date(year, day.month, day.day))]
    return min(candidates, key=lambda d: abs((d - published).days), default=None)


def _ends_with(text: str, phrases: list[str]) -> bool:
    tail = " " + _spaced(text[-40:])
    return text[-1:].isspace() and any(tail.endswith(" " + phrase) for phrase in phrases)


def _starts_with(text: str, phrases: list[str]) -> bool:
    head = re.sub(r"[^\w ]+", " ", _spaced(text[:40]) + " ")
    return text[:1].isspace() and any(head.startswith(phrase + " ") for phrase in phrases)


def _spaced(text: str) -> str:
    return " ".join(text.lower().split())


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@cache
def _months() -> dict[str, int]:
    months: dict[int, list[str]] = resources.data("calendar.yaml")["months"]
    return {name: number for number, names in months.items() for name in names}


@cache
def _calendar_pattern() -> re.Pattern[str]:
    names = "|".join(sorted((n.capitalize() for n in _months()), key=len, reverse=True))
    name = rf"(?:{names}|{names.upper()})"
    year = r"(?:1[89]|20)\d{2}"
    return re.compile(
        rf"(?<![\w-])(?P<year1>{year})-(?P<month1>\d{{2}})-(?P<day1>\d{{2}})(?![\d-])"
        rf"|(?<![\w.,])(?P<day2>\d{{1,2}})\.\s?(?P<month2>\d{{1,2}})\.\s?(?P<year2>{year})(?!\d)"
        rf"|(?<![\w.,])(?P<day3>\d{{1,2}})(?:\.|st|nd|rd|th)?\s{{1,2}}(?:of\s)?(?P<name3>{name})(?:\.(?=\s*[\d,]))?(?!\w)"
        rf"(?:,?\s(?P<year3>{year})(?!\d))?"
        rf"|(?<!\w)(?P<name4>{name})\.?\s(?P<day4>\d{{1,2}})(?:st|nd|rd|th)?(?![\w%]|[.,:]\d)"
        rf"(?:,?\s(?P<year4>{year})(?!\d))?"
    )


@cache
def _spoken_pattern(language: str) -> re.Pattern[str]:
    words: dict[str, Any] = resources.data("calendar.yaml")["languages"][language]
    weekdays = "|".join(words["weekdays"])
    parts = "|".join(words["parts_of_day"])
    part = rf"(?:\s?(?:{parts}))?" if parts else ""
    relative = "|".join(r.replace(" ", r"\s") for r in sorted(words["relative"], key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:(?P<weekday>{weekdays}){part}|(?P<relative>{relative}))(?!\w)", re.IGNORECASE)
