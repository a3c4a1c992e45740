"""The numbers of a text, by value: "26.000" in German is "26,000" in English, "zwei Milliarden" is "2 billion".

What a text states has to be in another text that says the same; what may be meant by it is more, for one language
has a word ("beide", "fortnight") where another has a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import zip_longest

from summarizer import resources

Values = frozenset[Decimal]

_SPACES = " \u00a0\u2009\u202f'’"
_GROUPED = rf"(?<!\d)\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?!\d)"
_TOKEN = re.compile(rf"(?P<digits>{_GROUPED}|\d+(?:[.,]\d+)*)|(?P<word>[^\W\d_]+)")
_CLOCK = re.compile(r"\s*(?::\d\d\s*)?(?:Uhr\b|[ap]\.?\s?m\b)", re.IGNORECASE)
_DASH = re.compile(r"\s*[-–—]\s*")
_GERMAN_HUNDRED, _GERMAN_THOUSAND = "hundert", "tausend"
_HUNDRED, _THOUSAND = 100, 1000
_CLOCK_DIGITS = 2


@dataclass(frozen=True)
class Number:
    """A number as written, `text`, and what its value may be. A month's name is its number."""

    text: str
    values: Values


@dataclass(frozen=True)
class Numbers:
    """The numbers of a text. `meant` holds every value that its words may stand for."""

    stated: tuple[Number, ...]
    meant: Values

    def lacking(self, numbers: Sequence[Number]) -> list[str]:
        """Which of these numbers the text hasn't got, as written."""
        return list(dict.fromkeys(n.text for n in numbers if not n.values & self.meant))


def numbers(text: str, language: str) -> Numbers:
    """The numbers of a text in German (`de`) or English (anything else)."""
    grammar = _grammar("de" if language == "de" else "en")
    text = grammar.sayings.sub(lambda match: " " * len(match[0]), text)
    tokens = [_Token(m["digits"], m["word"], m.start(), m.end()) for m in _TOKEN.finditer(text)]
    stated = list(_stated(text, tokens, grammar))
    meant = {value for number in stated for value in number.values}
    for token in tokens:
        meant.update(grammar.meanings(token.word) if token.word else ())
    return Numbers(tuple(stated), frozenset(meant))


@dataclass(frozen=True)
class _Token:
    digits: str | None
    word: str | None
    start: int
    end: int

    @property
    def low(self) -> str:
        return (self.word or "").casefold().replace("ß", "ss")


@dataclass(frozen=True)
class _Grammar:
    german: bool
    group: str
    decimal: str
    small: Mapping[str, int]
    tens: Mapping[str, int]
    scales: Mapping[str, int]
    fractions: Mapping[str, Decimal]
    joins: frozenset[str]
    ranges: frozenset[str]
    fillers: frozenset[str]
    one: frozenset[str]
    also: Mapping[str, Values]
    months: Mapping[str, int]
    full_months: Mapping[str, int]
    prefixed: re.Pattern[str] | None
    roman: Mapping[str, int]
    sayings: re.Pattern[str]

    def meanings(self, word: str) -> Iterator[Decimal]:
        """The values that a word may stand for, besides what it states."""
        low = word.casefold().replace("ß", "ss")
        if low in self.one:
            yield Decimal(1)
        yield from self.also.get(low, ())
        if low in self.months:
            yield Decimal(self.months[low])
        if word in self.roman:
            yield Decimal(self.roman[word])
        if self.prefixed and (match := self.prefixed.match(low)):
            yield Decimal(self.value_of(match[1]) or 0)

    def value_of(self, low: str) -> int | None:
        """The value of a number written as one word, from 0, other than one; None for any other word."""
        simple = self.small.get(low) or self.tens.get(low)
        if simple is not None or low in self.small:
            return simple or 0
        return self._compound(low) if self.german else None

    def _compound(self, low: str) -> int | None:
        for word, scale in ((_GERMAN_THOUSAND, _THOUSAND), (_GERMAN_HUNDRED, _HUNDRED)):
            before, found, after = low.partition(word)
            if not found or (not before and not after):
                continue
            times = 1 if before in {"", "ein"} else _HUNDRED if before == _GERMAN_HUNDRED else self.value_of(before)
            rest = 0 if after in {"", "e", "en"} else 1 if after in {"eins", "undeins"} else self._rest(after)
            return None if times is None or rest is None else times * scale + rest
        unit, found, tens = low.partition("und")
        if found and tens in self.tens and (unit == "ein" or 1 < self.small.get(unit, 0) < 10):
            return self.tens[tens] + (1 if unit == "ein" else self.small[unit])
        return None

    def _rest(self, low: str) -> int | None:
        return _HUNDRED if low == _GERMAN_HUNDRED else self.value_of(low.removeprefix("und"))


@cache
def _grammar(language: str) -> _Grammar:
    content = resources.data("numerals.yaml")
    words = content[language]
    small, tens = _folded(words["small"]), _folded(words["tens"])
    stems = sorted({*small, *tens}, key=len, reverse=True)
    prefixed = re.compile(rf"({'|'.join(stems)})-?(?:{'|'.join(words['endings'])})") if words["endings"] else None
    months = resources.data("calendar.yaml")["months"]
    return _Grammar(
        german=language == "de",
        group=words["group"],
        decimal=words["decimal"],
        small=small,
        tens=tens,
        scales=_folded(words["scales"]),
        fractions={word: Decimal(str(value)) for word, value in words["fractions"].items()},
        joins=frozenset(words["joins"]),
        ranges=frozenset(words["ranges"]),
        fillers=frozenset(words["fillers"]),
        one=frozenset(words["one"]),
        also={word: frozenset(Decimal(str(v)) for v in values) for word, values in words["also"].items()},
        months={name: number for number, names in months.items() for name in names},
        full_months={
            name: number
            for number, names in months.items()
            for name in names
            if not any(other != name and other.startswith(name) for other in names)
        },
        prefixed=prefixed,
        roman=content["roman"],
        sayings=re.compile(rf"\b(?:{'|'.join(words['sayings'])})\b", re.IGNORECASE),
    )


def _folded(words: Mapping[str, int]) -> dict[str, int]:
    return {str(word).replace("ß", "ss"): value for word, value in words.items()}


def _stated(text: str, tokens: Sequence[_Token], grammar: _Grammar) -> Iterator[Number]:
    found: list[_Found] = []
    at = 0
    while at < len(tokens):
        read = _digits(text, tokens, at, grammar) if tokens[at].digits else _words(text, tokens, at, grammar)
        found += read.found
        at = max(read.next, at + 1)
    for one, after in zip_longest(found, found[1:]):
        values = one.values
        if after and after.scale > 1 and one.scale == 1 and _is_range(text, one, after, grammar):
            values |= {value * after.scale for value in values}
        yield Number(text[one.start : one.end], values)


@dataclass(frozen=True)
class _Found:
    values: Values
    scale: int
    start: int
    end: int


@dataclass(frozen=True)
class _Read:
    found: tuple[_Found, ...]
    next: int


def _is_range(text: str, one: _Found, after: _Found, grammar: _Grammar) -> bool:
    between = text[one.end : after.start]
    return bool(_DASH.fullmatch(between)) or between.strip().casefold() in grammar.ranges


def _digits(text: str, tokens: Sequence[_Token], at: int, grammar: _Grammar) -> _Read:
    token = tokens[at]
    scale, after = _scale(text, tokens, at + 1, grammar)
    end = tokens[after - 1].end
    found = []
    clock = bool(_CLOCK.match(text, token.end)) and text[token.start - 1 : token.start] != ":"
    for values in _readings(token.digits or "", grammar, clock=clock):
        found.append(_Found(frozenset(v * scale for v in values), scale, token.start, end))
    return _Read(tuple(found), after)


def _readings(digits: str, grammar: _Grammar, *, clock: bool) -> Iterator[Values]:
    """What digits with marks between them mean: one number mostly, or the parts of a date or a time."""
    plain = re.sub(rf"[{_SPACES}]", "", digits)
    parts = re.split("[.,]", plain)
    clock = clock and all(len(part) <= _CLOCK_DIGITS for part in parts)
    group, decimal = re.escape(grammar.group), re.escape(grammar.decimal)
    if plain.isdigit():
        yield _hours(int(plain)) if clock else frozenset({Decimal(plain)})
    elif re.fullmatch(rf"\d{{1,3}}(?:{group}\d{{3}})+(?:{decimal}\d+)?|\d+{decimal}\d+", plain):
        yield frozenset({Decimal(plain.replace(grammar.group, "").replace(grammar.decimal, "."))})
    elif clock:
        yield _hours(int(parts[0]))
        yield from (frozenset({Decimal(part)}) for part in parts[1:] if int(part))
    elif grammar.german and len(parts) == 2 and "." in plain:
        # Either the English way for a decimal, or day and month.
        yield frozenset({Decimal(plain), *map(Decimal, parts)})
    else:
        yield from (frozenset({Decimal(part)}) for part in parts)


def _hours(hour: int) -> Values:
    return frozenset(Decimal(h) for h in (hour, hour + 12, hour - 12) if 0 <= h <= 24)


def _scale(text: str, tokens: Sequence[_Token], at: int, grammar: _Grammar) -> tuple[int, int]:
    """What the words from here multiply a number by, and where they end."""
    scale = 1
    while at < len(tokens) and tokens[at].low in grammar.scales and _is_next(text, tokens[at - 1], tokens[at]):
        scale *= grammar.scales[tokens[at].low]
        at += 1
    return scale, at


def _is_next(text: str, left: _Token, right: _Token) -> bool:
    return not text[left.end : right.start].strip(f"-‐‑{_SPACES}")


def _words(text: str, tokens: Sequence[_Token], at: int, grammar: _Grammar) -> _Read:
    """A number in words that begins here, or nothing."""
    word = tokens[at].word or ""
    if at and word[0].isupper() and (month := grammar.full_months.get(tokens[at].low)):
        return _Read((_Found(frozenset({Decimal(month)}), 1, tokens[at].start, tokens[at].end),), at + 1)
    if (fraction := grammar.fractions.get(tokens[at].low)) is not None:
        return _fraction(text, tokens, at, fraction, grammar)
    total, current, seen, end, scale = 0, 0, False, at, 1
    position = at
    while position < len(tokens) and (position == at or _is_next(text, tokens[position - 1], tokens[position])):
        low = tokens[position].low
        value = grammar.value_of(low)
        if value is not None and _fits(current, value, total):
            current += value
        elif low in grammar.scales and (seen or tokens[position].word not in {"m", "k"}):
            scale = grammar.scales[low]
            total, current = _scaled(total, current, scale)
        elif not (seen and low in grammar.joins and scale == _HUNDRED and _goes_on(tokens, position, grammar)):
            break
        seen, position = True, position + 1
        end = position
    if not seen:
        return _plural_of(text, tokens, at, grammar)
    value_here = Decimal(total + current)
    values = {value_here}
    if grammar.fractions.get(_low(tokens, end + 2)) and [_low(tokens, end), _low(tokens, end + 1)] == ["and", "a"]:
        half = value_here + Decimal("0.5")
        times, end = _scale(text, tokens, end + 3, grammar)
        return _Read((_Found(frozenset({half * times}), times, tokens[at].start, tokens[end - 1].end),), end)
    times, end = _of_thousands(text, tokens, end, grammar)
    values = {value * times for value in values}
    scale_here = max(scale, times)
    return _Read((_Found(frozenset(values), scale_here, tokens[at].start, tokens[end - 1].end),), end)


def _low(tokens: Sequence[_Token], at: int) -> str:
    return tokens[at].low if at < len(tokens) else ""


def _fits(current: int, value: int, total: int) -> bool:
    """Whether a number's word goes on with what was read: "twenty" and "two" do, "two" and "three" don't."""
    if current == 0:
        return total == 0 or value < _THOUSAND
    tens = current % _HUNDRED
    return value < _HUNDRED and (tens == 0 or (value < 10 and tens >= 20 and tens % 10 == 0))


def _scaled(total: int, current: int, scale: int) -> tuple[int, int]:
    if scale <= _HUNDRED:
        return total, max(1, current) * scale
    if total and not current:
        return total * scale, 0
    return total + max(1, current) * scale, 0


def _goes_on(tokens: Sequence[_Token], at: int, grammar: _Grammar) -> bool:
    value = grammar.value_of(_low(tokens, at + 1))
    return value is not None and value < _HUNDRED


def _fraction(text: str, tokens: Sequence[_Token], at: int, fraction: Decimal, grammar: _Grammar) -> _Read:
    if [token.low for token in tokens[max(0, at - 3) : at]] == ["one", "and", "a"]:
        fraction += 1
    after = at + 1
    while _low(tokens, after) in grammar.fillers and _low(tokens, after) != "of":
        after += 1
    scale, end = _scale(text, tokens, after, grammar)
    if scale == 1:
        end = at + 1
    values = frozenset({fraction * scale} | ({Decimal(50)} if scale == 1 and fraction < 1 else set()))
    return _Read((_Found(values, scale, tokens[at].start, tokens[end - 1].end),), end)


def _plural_of(text: str, tokens: Sequence[_Token], at: int, grammar: _Grammar) -> _Read:
    """`tens of thousands`, which begins with a word that alone states no number."""
    times, end = _of_thousands(text, tokens, at + 1, grammar)
    meant = grammar.also.get(tokens[at].low, frozenset())
    if times == 1 or not tokens[at].low.endswith("s") or not meant:
        return _Read((), at + 1)
    return _Read((_Found(frozenset(v * times for v in meant), times, tokens[at].start, tokens[end - 1].end),), end)


def _of_thousands(text: str, tokens: Sequence[_Token], at: int, grammar: _Grammar) -> tuple[int, int]:
    """The multiple after `of`, as in `hundreds of thousands`, and where it ends."""
    if "of" in grammar.fillers and _low(tokens, at) == "of" and _low(tokens, at + 1).endswith("s"):
        scale, end = _scale(text, tokens, at + 1, grammar)
        if end > at + 1:
            return scale, end
    return 1, at
