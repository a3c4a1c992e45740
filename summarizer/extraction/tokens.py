"""What the speaker tagger sees of a sentence: for each word itself, its neighbours, and what the word lists say."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from summarizer.actors import find_actors
from summarizer.cues import Cue
from summarizer.extraction.entities import Discourse
from summarizer.models import Sentence
from summarizer.people import is_pronoun, is_role

_TOKEN = re.compile(r"\w+(?:[-’'&.]\w+)*|[^\w\s]")
_QUOTES = frozenset('"„“”»«‹›')
_SEPARATORS = _QUOTES - frozenset("‹›") | frozenset(",;:")
_FAR = 9
_WINDOW = 2


@dataclass(frozen=True)
class Token:
    """A word or mark; `start` and `end` are code points into the article's text."""

    start: int
    end: int
    text: str


def tokens_of(text: str, sentence: Sentence) -> list[Token]:
    """The words and marks of a sentence."""
    return [Token(m.start(), m.end(), m[0]) for m in _TOKEN.finditer(text, sentence.start, sentence.end)]


def token_features(
    discourse: Discourse, sentence: Sentence, tokens: Sequence[Token], named: Sequence[str] | None = None
) -> list[list[str]]:
    """For each token its features. `named`: whom a language model names as speaking; None if it wasn't asked."""
    article = discourse.document.article
    cues = discourse.document.cues(sentence)
    return _Features(article.text, article.language, sentence, tokens, cues, discourse.name_words, named).all()


_NAMES = frozenset({"person", "name", "seat", "demonym"})


def _named(text: str, tokens: Sequence[Token], named: Sequence[str] | None) -> list[str]:
    """For each token whether the model named it."""
    if named is None:
        return ["?"] * len(tokens)
    found = ["out"] * len(tokens)
    low, high = (tokens[0].start, tokens[-1].end) if tokens else (0, 0)
    for name in named:
        match = re.compile(rf"(?<!\w){re.escape(name)}").search(text, low, high)
        for i, token in enumerate(tokens):
            if match and match.start() <= token.start < match.end():
                found[i] = "in"
    return found


def _since(quoted: Sequence[bool]) -> list[str]:
    """How many words ago a quotation ended, up to six."""
    found, ago = [], _FAR
    for is_quoted in quoted:
        ago = 0 if is_quoted else ago + 1
        found.append("in" if is_quoted else str(ago) if ago <= 6 else "far")
    return found


class _Features:
    def __init__(
        self,
        text: str,
        language: str,
        sentence: Sentence,
        tokens: Sequence[Token],
        cues: Sequence[Cue],
        names: frozenset[str],
        named: Sequence[str] | None,
    ) -> None:
        self.tokens = tokens
        self.names = names
        self.words = [t.text.lower() for t in tokens]
        starts = [t.start for t in tokens]
        self.actor = [""] * len(tokens)
        for mention in find_actors(text[sentence.start : sentence.end], language):
            first, last = (bisect_left(starts, sentence.start + place) for place in (mention.start, mention.end))
            self.actor[first:last] = [mention.kind] * (last - first)
        self.cue = [""] * len(tokens)
        self.quoted = [False] * len(tokens)
        for cue in cues:
            first = max(0, bisect_right(starts, cue.start) - 1)
            for i in range(first, len(tokens)):
                if tokens[i].start >= cue.end:
                    break
                if cue.kind == "quotation":
                    self.quoted[i] = True
                elif not self.cue[i] or not cue.weak:
                    self.cue[i] = ("weak-" if cue.weak else "") + cue.kind
        # With what stands for the words beyond the edges, so that neighbours need no test.
        self.around = ["<"] * _WINDOW + self.words + [">"] * _WINDOW
        self.says = [i for i, c in enumerate(self.cue) if c in {"verb", "source"} and not self.quoted[i]]
        self.classes = [self._classify(i) for i in range(len(tokens))]
        self.classes_around = ["edge"] * _WINDOW + self.classes + ["edge"] * _WINDOW
        self.named = _named(text, tokens, named)
        self.after_quote = _since(self.quoted)
        self.order = self._order()
        self.separators = list(accumulate((w in _SEPARATORS for w in self.words), initial=0))
        self.clause = []
        number = 0
        for word in self.words:
            self.clause.append(number)
            number += word in {",", ";", ":", "–", "—", "("}

    def _order(self) -> list[str]:
        """For words of a person or country: which of the sentence's names it is, and of how many."""
        kinds = self.classes
        heads = [i for i, k in enumerate(kinds) if k in _NAMES and (i == 0 or kinds[i - 1] != k)]
        order = [""] * len(self.tokens)
        for number, i in enumerate(heads):
            end = i
            while end < len(kinds) and kinds[end] == kinds[i]:
                order[end] = f"{kinds[i]}|{min(number, 3)}|{'last' if number == len(heads) - 1 else 'more'}"
                end += 1
        return order

    def all(self) -> list[list[str]]:
        shared = self._shared()
        return [self._of(i) + shared for i in range(len(self.tokens))]

    def _shared(self) -> list[str]:
        return [
            f"s:quote={any(self.quoted)}",
            f"s:says={min(len(self.says), 2)}",
            f"s:first={self.words[0] if self.words else '>'}",
            f"s:llm={'?' if '?' in self.named else 'in' in self.named}",
        ]

    def _classify(self, i: int) -> str:
        word = self.tokens[i].text
        if not word[0].isalnum():
            return 'mark"' if word in _QUOTES else "mark" + word
        if self.actor[i] or self.cue[i]:
            return self.actor[i] or "cue-" + self.cue[i]
        if word in self.names or (word[-1] == "s" and word[:-1] in self.names):
            return "person"
        listed = "role" if is_role(word) else "pronoun" if is_pronoun(word) else "number" if word[0].isdigit() else ""
        return listed or ("lower" if not word[0].isupper() else "Upper" if i else "First")

    def _of(self, i: int) -> list[str]:
        text, named = self.tokens[i].text, self.named[i]
        before2, before, word, after, after2 = self.around[i : i + 2 * _WINDOW + 1]
        kind_before2, kind_before, kind, kind_after, kind_after2 = self.classes_around[i : i + 2 * _WINDOW + 1]
        found = [
            f"w={word}",
            f"e3={word[-3:]}",
            f"e2={word[-2:]}",
            f"b3={word[:3]}",
            f"k={kind}",
            f"w-1={before}",
            f"w+1={after}",
            f"k-1={kind_before}",
            f"k+1={kind_after}",
            f"w-2={before2}",
            f"w+2={after2}",
            f"k-2={kind_before2}",
            f"k+2={kind_after2}",
            f"k3={kind_before}|{kind}|{kind_after}",
            f"k5={kind_before2}|{kind_before}|{kind}|{kind_after}|{kind_after2}",
            f"shape={'X' if text[0].isupper() else 'x'}{'-' if '-' in text else ''}{min(len(text), 5)}",
            f"quoted={self.quoted[i]}",
            f"e3-1={before[-3:]}|{kind}",
            f"e3+1={after[-3:]}|{kind}",
            f"w-1k={before}|{kind}",
            f"w+1k={after}|{kind}",
            f"llm={named}|{kind}",
            f"llm2={self.named[i - 1] if i else 'edge'}|{named}",
            f"llm3={named}|{i == 0}",
            f"after-quote={self.after_quote[i]}|{kind}",
            f"clause={min(self.clause[i], 3)}",
            f"clause-end={min(self.clause[-1] - self.clause[i], 3)}",
            *self._towards_cue(i, kind),
        ]
        if self.order[i]:
            found.append(f"order={self.order[i]}")
        if i == 0:
            found.append("opens")
        return found

    def _towards_cue(self, i: int, kind: str) -> list[str]:
        if not self.says:
            return ["cue=none"]
        after = bisect_left(self.says, i)
        nearest = min(self.says[max(0, after - 1) : after + 1], key=lambda c: (abs(c - i), c))
        gap = nearest - i
        low, high = min(i, nearest) + 1, max(i, nearest)
        marks = self.separators[high] - self.separators[low] if low < high else 0
        distance = max(-_FAR, min(_FAR, gap))
        side = "before" if gap > 0 else "after" if gap < 0 else "is"
        return [
            f"cue={distance}",
            f"cue-side={side}",
            f"cue-side-kind={side}|{kind}",
            f"cue-marks={side}|{min(marks, 2)}|{kind}",
            f"cue-word={side}|{self.words[nearest]}",
            f"cue-distance-kind={distance}|{kind}",
            f"cue-same-clause={self.clause[i] == self.clause[nearest]}|{kind}|{side}",
            f"cue-kind={self.cue[nearest]}|{side}|{kind}",
        ]
