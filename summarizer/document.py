"""An article with its sentences: what extraction and verification look things up in."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

from summarizer import sentences as splitting
from summarizer.actors import Mention, find_actors
from summarizer.cues import Cue, find_cues
from summarizer.models import Article, Evidence, Sentence
from summarizer.people import Person, find_person
from summarizer.verbatim import Searched
from summarizer.wire import Dateline, find_dateline

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True)
class Part:
    """A part of an article, or what belongs to it: what words of others are held against."""

    text: str
    language: str
    named: Sequence[Mention] | None = None
    """The actors found in it, where that is known; their offsets may be others."""

    @cached_property
    def searched(self) -> Searched:
        """What finds words in it."""
        return Searched(self.text)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Its numbers in digits, as written."""
        return frozenset(_NUMBER.findall(self.text))

    @cached_property
    def actor_codes(self) -> frozenset[str]:
        """The countries and organisations that are named in it."""
        named = find_actors(self.text, self.language) if self.named is None else self.named
        return frozenset(mention.code for mention in named)

    def has_stem(self, stem: str) -> bool:
        """Whether letters, all in small ones, are somewhere in one of its words."""
        return stem in self._vocabulary

    @cached_property
    def _vocabulary(self) -> str:
        """Every word once, in small letters: much shorter than a long text."""
        return " ".join(dict.fromkeys(self.text.casefold().split()))


@dataclass(frozen=True)
class Document:
    """An article, split."""

    article: Article
    sentences: tuple[Sentence, ...]

    @classmethod
    def of(cls, article: Article) -> Document:
        """Split an article."""
        return cls(article, tuple(splitting.split(article.text)))

    @cached_property
    def dateline(self) -> Dateline | None:
        """The article's dateline, looked for once."""
        return find_dateline(self.article.text)

    @cached_property
    def whole(self) -> Part:
        """Its text as a part."""
        return self.part(0, len(self.article.text))

    @cached_property
    def mentions(self) -> Sequence[Mention]:
        """The countries and organisations that it names, in order."""
        return find_actors(self.article.text, self.article.language)

    @cached_property
    def actors(self) -> Mapping[str, str]:
        """The countries and organisations that it names with a name, by code, in its first words for each."""
        named = reversed([m for m in self.mentions if m.kind == "name"])
        return {m.code: self.article.text[m.start : m.end] for m in named}

    @cached_property
    def _by_number(self) -> dict[int, Sentence]:
        return {s.number: s for s in self.sentences}

    @cached_property
    def _cues(self) -> dict[int, list[Cue]]:
        return {}

    @cached_property
    def _persons(self) -> dict[str, Person | None]:
        return {}

    @cached_property
    def _parts(self) -> dict[tuple[int, int], Part]:
        return {}

    @cached_property
    def _surroundings(self) -> dict[tuple[int, ...], Part]:
        return {}

    @cached_property
    def _paragraphs(self) -> dict[int, tuple[Sentence, ...]]:
        grouped: dict[int, list[Sentence]] = {}
        for sentence in self.sentences:
            grouped.setdefault(sentence.paragraph, []).append(sentence)
        return {paragraph: tuple(members) for paragraph, members in grouped.items()}

    def __contains__(self, number: object) -> bool:
        return number in self._by_number

    def sentence(self, number: int) -> Sentence:
        """The sentence with this number; KeyError if there is none."""
        return self._by_number[number]

    def text(self, sentence: Sentence) -> str:
        """A sentence's words, exactly as in the article."""
        return sentence.text(self.article.text)

    def paragraph(self, sentence: Sentence) -> tuple[Sentence, ...]:
        """All sentences of its paragraph."""
        return self._paragraphs[sentence.paragraph]

    def cues(self, sentence: Sentence) -> list[Cue]:
        """Its reporting cues, looked for once."""
        if sentence.number not in self._cues:
            self._cues[sentence.number] = find_cues(self.article.text, sentence, self.article.language)
        return self._cues[sentence.number]

    def person(self, name: str) -> Person | None:
        """The person of this name in it, looked for once; see `find_person`."""
        if name not in self._persons:
            self._persons[name] = find_person(name, self.whole.searched, self.article.language)
        return self._persons[name]

    def part(self, start: int, end: int) -> Part:
        """A stretch of its text, always the same object."""
        if (start, end) not in self._parts:
            self._parts[start, end] = Part(self.article.text[start:end], self.article.language, self._named(start, end))
        return self._parts[start, end]

    def around(self, sentences: Iterable[Sentence]) -> Part:
        """The paragraphs that sentences are in, a line for each sentence of theirs; always the same object."""
        first = {s.paragraph: s for s in sentences}
        key = tuple(first)
        if key not in self._surroundings:
            paragraphs = [self.paragraph(sentence) for sentence in first.values()]
            text = "\n".join(self.text(member) for members in paragraphs for member in members)
            named = [mention for members in paragraphs for mention in self._named(members[0].start, members[-1].end)]
            self._surroundings[key] = Part(text, self.article.language, named)
        return self._surroundings[key]

    def _named(self, start: int, end: int) -> Sequence[Mention]:
        low, high = (bisect_left(self.mentions, offset, key=attrgetter("start")) for offset in (start, end))
        return self.mentions[low:high]

    def evidence(self, numbers: Iterable[int]) -> list[Evidence]:
        """Sentences as evidence, in the order of the article."""
        found = [self._by_number[n] for n in sorted(set(numbers))]
        return [Evidence(sentence=s.number, start=s.start, end=s.end, text=self.text(s)) for s in found]
