"""Reporting cues: words that show that a sentence passes on somebody's position. German and English."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any, Literal, NamedTuple

from summarizer import resources
from summarizer.models import Sentence

Kind = Literal["verb", "subjunctive", "quotation", "source"]

# A longer paragraph is paired in steps of so many characters, with a step before and one after: sentences that
# are near each other share what was found, and a mark that is never closed reaches no further.
_QUOTATION_STEP = 4000
# How many words "ich" may be away from a verb that it is the subject of.
_SUBJECT_REACH = 3
_NAME_MAX_WORDS = 4

_TOKEN = re.compile(r"\w+(?:[-’']\w+)*")
_CLAUSE_END = re.compile(r"[\"'“”»«’‘)\s]*(?:[.,;:!?…–—(/-]|\Z)")
_NO_GE = re.compile(r"(?:be|ge|er|ver|zer|ent|emp|miss|wider|über|unter|hinter)|.*ier$")
_PARAGRAPH_BREAK = re.compile(r"\n\s*\n")
_GERMAN_CONJUNCTIONS = frozenset({"und", "oder", "aber", "sowie", "dass", "ob", "doch"})
_BEFORE_A_SENTENCE = "\"'„“”»«‚‘‹›:(–"

# Opening marks, and what may close each.
_CLOSING = {
    "„": "“”\"",
    "“": "”\"",
    "»": "«",
    "«": "»",
    "\"": "\"",
    "‹": "›",
    "›": "‹",
    "‚": "‘’",
    "‘": "’",
}  # fmt: skip
_MARK = re.compile(r"[„“”»«\"‹›‚‘’]")


@dataclass(frozen=True)
class Cue:
    """A reporting cue. `start` and `end` are code points into the article's text, `text` is what they select.

    A `quotation` is what stands between the marks, as far as it lies in the sentence. Of a separable verb
    (`lehnt … ab`) the finite part is the cue. `weak`: alone it doesn't show that somebody is being reported
    (`würde`, `soll`, a name in quotation marks).
    """

    start: int
    end: int
    text: str
    kind: Kind
    weak: bool = False


class _Token(NamedTuple):
    start: int
    end: int
    forms: tuple[str, ...]


@dataclass
class _Lexicon:
    """The word lists of a language, inflected. Phrases are kept by their first word."""

    folded: bool
    verbs: set[str] = field(default_factory=set)
    subjunctive: set[str] = field(default_factory=set)
    weak: dict[str, Kind] = field(default_factory=dict)
    first_person: set[str] = field(default_factory=set)
    particles: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    all_particles: set[str] = field(default_factory=set)
    known: frozenset[str] = frozenset()
    pairs: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    phrases: dict[str, list[tuple[tuple[str, ...], Kind]]] = field(default_factory=lambda: defaultdict(list))
    patterns: list[re.Pattern[str]] = field(default_factory=list)


def find_cues(text: str, sentence: Sentence, language: str) -> list[Cue]:
    """The cues in `sentence` of `text`, in order. A language other than `de` and `en` is tried as both."""
    found: dict[tuple[int, int, Kind], Cue] = {}
    names = [language] if language in ("de", "en") else ["de", "en"]
    for name in names:
        lexicon = _lexicon(name)
        tokens = list(_tokens(text, sentence, folded=lexicon.folded))
        # Of most words the lists know nothing.
        known = [(i, form) for i, token in enumerate(tokens) for form in token.forms if form in lexicon.known]
        for start, end, kind, weak in (
            *_phrase_cues(tokens, known, lexicon),
            *_word_cues(text, sentence, tokens, known, lexicon),
            *_pattern_cues(text, sentence, lexicon),
        ):
            found.setdefault((start, end, kind), Cue(start, end, text[start:end], kind, weak))
    for start, end in _quotations(text, sentence):
        weak = _is_name(text[start:end])
        found[start, end, "quotation"] = Cue(start, end, text[start:end], "quotation", weak)
    return _outermost(found.values())


def _outermost(cues: Iterable[Cue]) -> list[Cue]:
    """The cues in order, without those that lie in an earlier one of their kind."""
    kept: list[Cue] = []
    reached: dict[Kind, int] = {}
    for cue in sorted(cues, key=lambda cue: (cue.start, -cue.end, cue.weak)):
        if cue.end > reached.get(cue.kind, -1):
            kept.append(cue)
            reached[cue.kind] = cue.end
    return kept


def _tokens(text: str, sentence: Sentence, *, folded: bool) -> Iterator[_Token]:
    """The words. Where a sentence or a quotation begins, a capital may be there for that reason only."""
    end = sentence.start
    for match in _TOKEN.finditer(text, sentence.start, sentence.end):
        word = match[0].replace("’", "'")
        if folded:
            forms: tuple[str, ...] = (word.lower(),)
        else:
            gap = text[end : match.start()]
            begins = end == sentence.start or any(c in _BEFORE_A_SENTENCE for c in gap)
            forms = (word, word[0].lower() + word[1:]) if begins and word[0].isupper() else (word,)
        end = match.end()
        yield _Token(match.start(), match.end(), forms)


_Found = tuple[int, int, Kind, bool]


def _phrase_cues(tokens: list[_Token], known: list[tuple[int, str]], lexicon: _Lexicon) -> Iterator[_Found]:
    for index, form in known:
        for rest, kind in lexicon.phrases.get(form, ()):
            after = tokens[index + 1 : index + 1 + len(rest)]
            if len(after) == len(rest) and all(w in t.forms for w, t in zip(rest, after, strict=True)):
                yield tokens[index].start, (after or [tokens[index]])[-1].end, kind, False


def _word_cues(
    text: str, sentence: Sentence, tokens: list[_Token], known: list[tuple[int, str]], lexicon: _Lexicon
) -> Iterator[_Found]:
    present = {form for token in tokens for form in token.forms}
    particles = _final_particles(text, sentence, tokens, lexicon)
    for index, form in known:
        token = tokens[index]
        own = not present.isdisjoint(lexicon.pairs.get(form, ()))
        parted = any(particles.get(p, -1) > token.start for p in lexicon.particles.get(form, ()))
        if form in lexicon.verbs or own or parted:
            yield token.start, token.end, "verb", False
        if form in lexicon.subjunctive:
            if not _has_subject(tokens, index, lexicon.first_person):
                yield token.start, token.end, "subjunctive", False
        elif form in lexicon.weak:
            yield token.start, token.end, lexicon.weak[form], True


def _final_particles(text: str, sentence: Sentence, tokens: list[_Token], lexicon: _Lexicon) -> dict[str, int]:
    """Where each particle of a separable verb last stands at the end of a clause."""
    found: dict[str, int] = {}
    for index, token in enumerate(tokens):
        if token.forms[0] in lexicon.all_particles:
            following = tokens[index + 1].forms[0] if index + 1 < len(tokens) else ""
            ends = _CLAUSE_END.match(text, token.end, sentence.end) is not None
            if ends or following in _GERMAN_CONJUNCTIONS:
                found[token.forms[0]] = token.start
    return found


def _has_subject(tokens: list[_Token], index: int, pronouns: set[str]) -> bool:
    near = tokens[max(0, index - _SUBJECT_REACH) : index + 2]
    return any(form.lower() in pronouns for token in near for form in token.forms)


def _pattern_cues(text: str, sentence: Sentence, lexicon: _Lexicon) -> Iterator[_Found]:
    for pattern in lexicon.patterns:
        for match in pattern.finditer(text, sentence.start, sentence.end):
            yield match.start(), match.start() + len(match[0].rstrip()), "source", False


def _quotations(text: str, sentence: Sentence) -> Iterator[tuple[int, int]]:
    """What stands in quotation marks and in the sentence, of quotations of two words or more."""
    begin, stop = _paragraph(text, sentence)
    low = begin + max(0, (sentence.start - begin) // _QUOTATION_STEP - 1) * _QUOTATION_STEP
    high = min(stop, begin + ((sentence.end - begin) // _QUOTATION_STEP + 2) * _QUOTATION_STEP)
    quoted = _quoted(text, low, high)
    for start, end in islice(quoted, bisect_right(quoted, sentence.start, key=itemgetter(1)), None):
        if start >= sentence.end:
            break
        inner = text[max(start, sentence.start) : min(end, sentence.end)]
        if inner.strip() and _is_speech(text, start, end):
            begun = max(start, sentence.start) + len(inner) - len(inner.lstrip())
            if _TOKEN.search(inner):
                yield begun, begun + len(inner.strip())


def _paragraph(text: str, sentence: Sentence) -> tuple[int, int]:
    """Where the paragraph of a sentence is."""
    starts, ends = _gaps(text)
    before, after = bisect_right(ends, sentence.start), bisect_left(starts, sentence.end)
    return ends[before - 1] if before else 0, starts[after] if after < len(starts) else len(text)


@lru_cache(maxsize=16)
def _gaps(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Where the blank lines of a text begin, and where they end."""
    gaps = list(_PARAGRAPH_BREAK.finditer(text))
    return tuple(gap.start() for gap in gaps), tuple(gap.end() for gap in gaps)


def _is_name(words: str) -> bool:
    """Whether a quotation is rather a name or a title: `Coalition of the Willing`."""
    tokens = _TOKEN.findall(words)
    short = len(tokens) <= _NAME_MAX_WORDS and words[-1] not in ".!?…" and "," not in words
    return short and tokens[0][0].isupper() and tokens[-1][0].isupper()


def _is_speech(text: str, start: int, end: int) -> bool:
    words = _TOKEN.finditer(text, start, end)
    return next(words, None) is not None and next(words, None) is not None


@lru_cache(maxsize=64)
def _quoted(text: str, low: int, high: int) -> tuple[tuple[int, int], ...]:
    """The quotations of a stretch of text, without their marks. One that isn't closed goes to the end."""
    found: list[tuple[int, int]] = []
    opened: int | None = None
    closing = ""
    for match in _MARK.finditer(text, low, high):
        mark, at = match[0], match.start()
        before = text[at - 1] if at > low else " "
        after = text[at + 1] if at + 1 < high else " "
        if opened is not None:
            # Within a word it is an apostrophe.
            if mark in closing and not (mark in "’‘" and before.isalnum() and after.isalnum()):
                found.append((opened, at))
                opened = None
        elif mark in _CLOSING and not before.isalnum() and not after.isspace():
            opened, closing = at + 1, _CLOSING[mark]
    if opened is not None and text[opened - 1] not in "‘‚›‹":
        found.append((opened, high))
    return tuple(found)


@cache
def _lexicon(language: str) -> _Lexicon:
    lists = resources.data("cues.yaml")[language]
    lexicon = _Lexicon(
        folded=language == "en",
        subjunctive=set(lists["subjunctive"]),
        weak=dict.fromkeys(lists["weak_subjunctive"], "subjunctive") | dict.fromkeys(lists["weak_verbs"], "verb"),
        first_person=set(lists["first_person"]),
        patterns=[re.compile(pattern) for pattern in lists["source_patterns"]],
    )
    kinds: tuple[tuple[str, Kind], ...] = (("phrases", "verb"), ("sources", "source"))
    for name, kind in kinds:
        for phrase in lists[name]:
            first, *rest = phrase.split()
            lexicon.phrases[first].append((tuple(rest), kind))
    for pair in lists["pairs"]:
        for head in pair["head"]:
            lexicon.pairs[head].update(pair["with"])
    if language == "de":
        _add_german_verbs(lexicon, lists)
    else:
        _add_english_verbs(lexicon, lists)
    groups = (lexicon.verbs, lexicon.subjunctive, lexicon.weak, lexicon.particles, lexicon.pairs, lexicon.phrases)
    lexicon.known = frozenset().union(*groups)
    return lexicon


@dataclass(frozen=True)
class _German:
    """A German verb's forms."""

    infinitive: str
    present: str
    past: str
    participle: str

    @classmethod
    def regular(cls, infinitive: str) -> _German:
        stem = _stem(infinitive)
        link = "e" if re.search(r"[td]$|[^aeiouäöülrhnm][mn]$", stem) else ""
        prefix = "" if _NO_GE.match(stem) else "ge"
        return cls(infinitive, f"{stem}{link}t", f"{stem}{link}te", f"{prefix}{stem}{link}t")

    @property
    def past_forms(self) -> set[str]:
        return {self.past, f"{self.past}{'n' if self.past.endswith('e') else 'en'}"}

    @property
    def finite(self) -> set[str]:
        return {self.infinitive, self.present, *self.past_forms}

    @property
    def subjunctive(self) -> str:
        return f"{_stem(self.infinitive)}e"


def _stem(infinitive: str) -> str:
    return infinitive[:-2] if infinitive.endswith("en") else infinitive[:-1]


def _add_german_verbs(lexicon: _Lexicon, lists: dict[str, Any]) -> None:
    barred = set(lists["not_subjunctive"])
    past_only = set(lists["past_only"])
    for verb in _german(lists):
        lexicon.verbs |= verb.past_forms | {verb.participle}
        if verb.infinitive not in past_only:
            lexicon.verbs |= verb.finite
            lexicon.subjunctive |= {verb.subjunctive} - barred
    for particle, group in lists["separable"].items():
        for verb in _german(group):
            joined = {particle + form for form in verb.finite}
            lexicon.verbs |= joined | {f"{particle}zu{verb.infinitive}", particle + verb.participle}
            lexicon.subjunctive.add(particle + verb.subjunctive)
            for form in (*verb.finite, verb.subjunctive):
                lexicon.particles[form].add(particle)
        lexicon.all_particles.add(particle)


def _german(group: dict[str, Any]) -> Iterator[_German]:
    irregular: dict[str, list[str]] = group.get("irregular", {})
    for infinitive, (present, past, participle) in irregular.items():
        yield _German(infinitive, present, past, participle)
    for infinitive in group.get("regular", ()):
        if infinitive not in irregular:
            yield _German.regular(infinitive)


def _add_english_verbs(lexicon: _Lexicon, lists: dict[str, Any]) -> None:
    past_only, no_plain, doubled = (set(lists[name]) for name in ("past_only", "no_plain", "doubled"))
    for verb, forms in lists["irregular"].items():
        lexicon.verbs |= {verb, *forms}
    for verb in lists["regular"]:
        if verb in lists["irregular"]:
            continue
        stem = verb + verb[-1] if verb in doubled else verb.removesuffix("e")
        to_i = re.search(r"[^aeiou]y$", verb) is not None
        lexicon.verbs.add(f"{verb[:-1]}ied" if to_i else f"{stem}ed")
        if verb not in past_only:
            third = f"{verb[:-1]}ies" if to_i else f"{verb}es" if re.search(r"(?:s|sh|ch|x|o)$", verb) else f"{verb}s"
            lexicon.verbs |= {third, f"{stem if verb in doubled or not verb.endswith('ee') else verb}ing"}
            if verb not in no_plain:
                lexicon.verbs.add(verb)
