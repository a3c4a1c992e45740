"""An article with its sentences: what extraction and verification look things up in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from summarizer import sentences as splitting
from summarizer.actors import find_actors
from summarizer.cues import Cue, find_cues
from summarizer.models import Article, Evidence, Sentence
from summarizer.wire import Dateline, find_dateline


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
    def folded(self) -> str:
        """Its text without differences of case."""
        return self.article.text.casefold()

    @cached_property
    def actor_codes(self) -> frozenset[str]:
        """The countries and organisations that are named anywhere in it."""
        return frozenset(m.code for m in find_actors(self.article.text, self.article.language))

    @cached_property
    def _by_number(self) -> dict[int, Sentence]:
        return {s.number: s for s in self.sentences}

    @cached_property
    def _cues(self) -> dict[int, list[Cue]]:
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

    def evidence(self, numbers: Iterable[int]) -> list[Evidence]:
        """Sentences as evidence, in the order of the article."""
        found = [self._by_number[n] for n in sorted(set(numbers))]
        return [Evidence(sentence=s.number, start=s.start, end=s.end, text=self.text(s)) for s in found]
