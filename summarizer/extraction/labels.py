"""Stance, measure, attribution and conditions of a sentence from word lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from summarizer import resources
from summarizer.cues import Cue
from summarizer.models import Attribution, Measure, SpeakerKind, Stance

_QUOTE_MIN_WORDS = 4


@cache
def _patterns(group: str) -> dict[str, re.Pattern[str]]:
    """For each label what its words are found by, in a sentence in small letters: four times as fast as in any case."""
    lists = resources.data("labels.yaml")[group]
    return {label: re.compile("|".join(words)) for label, words in lists.items()}


@cache
def _list(group: str) -> re.Pattern[str]:
    return re.compile("|".join(resources.data("labels.yaml")[group]), re.IGNORECASE)


def list_hits(sentence: str) -> Iterator[str]:
    """`stance=refuses`, `measure=troops` …: every label whose words the sentence has."""
    lowered = sentence.lower()
    for group in ("stance", "measure"):
        for label, pattern in _patterns(group).items():
            if pattern.search(lowered):
                yield f"{group}={label}"


def stance_of(sentence: str) -> Stance:
    """The first stance whose words the sentence has, in the lists' order; else asserts."""
    lowered = sentence.lower()
    for label, pattern in _patterns("stance").items():
        if pattern.search(lowered):
            return Stance(label)
    return Stance.ASSERTS


def measure_of(sentence: str) -> Measure | None:
    """The measure named first, or none."""
    lowered = sentence.lower()
    found = [(m.start(), label) for label, p in _patterns("measure").items() if (m := p.search(lowered))]
    return Measure(min(found)[1]) if found else None


def conditions_of(sentence: str) -> list[str]:
    """What must happen first, as worded."""
    return list(dict.fromkeys(m[0].strip() for m in _list("conditions").finditer(sentence)))[:3]


def kind_of_description(name: str) -> SpeakerKind:
    """The kind of a speaker that is neither a country nor a person's name."""
    if _list("unnamed").search(name):
        return SpeakerKind.UNNAMED
    return SpeakerKind.GROUP if _list("groups").search(name) else SpeakerKind.ORGANISATION


def quote_of(sentence: str, cues: list[Cue]) -> str | None:
    """The longest quotation of at least four words."""
    quotes = [c.text for c in cues if c.kind == "quotation" and len(c.text.split()) >= _QUOTE_MIN_WORDS]
    return max((q for q in quotes if q in sentence), key=len, default=None)


def attribution_of(sentence: str, cues: list[Cue], quote: str | None) -> Attribution:
    """Direct with a quote; indirect with subjunctive, a source or a clause of saying; else narrated."""
    if quote:
        return Attribution.DIRECT
    reported = any(c.kind in {"subjunctive", "source"} and not c.weak for c in cues)
    clause = re.search(r", (?:dass|ob|wie|was|sie|er|es)\b|\b(?:said|says|added|that)\b", sentence)
    return Attribution.INDIRECT if reported or clause else Attribution.NARRATED
