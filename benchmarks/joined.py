"""Long articles, made by joining golden articles of the `dev` split, with what models say of them.

From the second time on that an article is taken, its surnames, its numbers and the places of its long lower-case words
are others, so that few sentences are there twice, and the persons grow in number with the length.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import count, groupby
from pathlib import Path

from summarizer import prompting
from summarizer.dates import find_days
from summarizer.document import Document
from summarizer.evaluation.annotation import Genre, Split
from summarizer.evaluation.golden import GoldenArticle, load_golden_set
from summarizer.evaluation.runs import RunArticle, read_run
from summarizer.extraction.drafts import ClaimDraft, SpeakerDraft
from summarizer.llm.base import Completion, CompletionRequest, Encoding, EncodingRequest
from summarizer.llm.recording import Recorded, ReplayEncodingModel
from summarizer.models import Article, Claim, SpeakerKind
from summarizer.pipeline import Summarizer
from summarizer.reading import read_text

EVALS = Path(__file__).parents[1] / "evals"
_TOPIC = "security-guarantees"
_NUMBER = re.compile(r"(?<![\d.,:/-])[1-9]\d+(?![\d:/-]|[.,]\d)")
_LONG_WORD = re.compile(r"(?<![\w-])[a-zäöüß]{6,}(?![\w-])")
_LAST_DAY = 31
_YEARS = range(1900, 2101)
_PUBLISHED = date(2026, 9, 17)
_SYLLABLES = ("bal", "dor", "fen", "gar", "hol", "jen", "kam", "lund", "mar", "nor", "pel", "ris", "sol", "tarn", "vik")


@dataclass(frozen=True)
class JoinedArticle:
    """A long article and what models say of it.

    `claims` have the form of profile `article`, in the order of their first evidence. `vectors` and `speakers` are
    what was recorded of the embedded model, by the sentence as the model is shown it.
    """

    article: Article
    claims: tuple[ClaimDraft, ...]
    vectors: Mapping[str, bytes]
    speakers: Mapping[str, str]

    @property
    def words(self) -> int:
        """How many words it has."""
        return len(self.article.text.split())


@dataclass(frozen=True)
class _Told:
    """A claim by the texts of its evidence, its draft still without numbers."""

    evidence: tuple[str, ...]
    draft: ClaimDraft


@dataclass(frozen=True)
class _Source:
    """A golden article of the `dev` split and what was recorded about it, by its sentences."""

    paragraphs: tuple[tuple[str, ...], ...]
    claims: tuple[_Told, ...]
    vectors: Mapping[str, bytes]
    speakers: Mapping[str, str]
    surnames: tuple[str, ...]
    long_words: tuple[str, ...]


@dataclass
class _Parts:
    """What has been joined so far."""

    paragraphs: list[str] = field(default_factory=list)
    claims: list[_Told] = field(default_factory=list)
    vectors: dict[str, bytes] = field(default_factory=dict)
    speakers: dict[str, str] = field(default_factory=dict)
    words: int = 0


def joined(language: str, words: int) -> JoinedArticle:
    """An article of at least this many words, in whole paragraphs."""
    parts = _Parts()
    for number in count():
        for source in _sources(language):
            _join(parts, source, number, words)
            if parts.words >= words:
                return _finished(parts, language)
    raise AssertionError


def _join(parts: _Parts, source: _Source, number: int, words: int) -> None:
    vary = _Variation.of(source, number)
    for sentences in source.paragraphs:
        if parts.words >= words:
            break
        paragraph = " ".join(map(vary, sentences))
        parts.paragraphs.append(paragraph)
        parts.words += len(paragraph.split())
    for told in source.claims:
        parts.claims.append(_Told(tuple(map(vary, told.evidence)), _varied(told.draft, vary)))
    parts.vectors.update((prompting.harmless(vary(s)), vector) for s, vector in source.vectors.items())
    parts.speakers.update((prompting.harmless(vary(s)), vary(names)) for s, names in source.speakers.items())


def _finished(parts: _Parts, language: str) -> JoinedArticle:
    article = read_text("\n\n".join(parts.paragraphs), language=language, published=_PUBLISHED)
    document = Document.of(article)
    # A sentence that is there twice is followed by what followed it the first time.
    numbers = {document.text(s): s.number for s in reversed(document.sentences)}
    claims = [
        told.draft.model_copy(update={"evidence": [numbers[text] for text in told.evidence]})
        for told in parts.claims
        if all(text in numbers for text in told.evidence)
    ]
    claims.sort(key=lambda claim: claim.evidence[0])
    return JoinedArticle(article, tuple(claims), parts.vectors, parts.speakers)


@dataclass(frozen=True)
class _Variation:
    """Other surnames, numbers and long words, for the text and for what is said of it alike."""

    words: Mapping[str, str]
    pattern: re.Pattern[str]
    added: int

    @classmethod
    def of(cls, source: _Source, number: int) -> _Variation:
        """How an article is when it is taken once more: the first time, 0, as it is."""
        chance = random.Random(f"{number} {source.surnames}")
        shuffled = list(source.long_words)
        words: dict[str, str] = {}
        if number:
            chance.shuffle(shuffled)
            words = dict(zip(source.long_words, shuffled, strict=True))
            words |= {surname: "".join(chance.choices(_SYLLABLES, k=3)).title() for surname in source.surnames}
        # A surname may be in the genitive.
        names = "|".join(map(re.escape, source.surnames)) or "(?!)"
        return cls(words, re.compile(rf"\b(?:{names})(?=s?\b)|{_LONG_WORD.pattern}"), number)

    def __call__(self, text: str) -> str:
        """The text, varied."""
        if not self.added:
            return text
        varied = self.pattern.sub(lambda match: self.words.get(match[0], match[0]), text)
        return _NUMBER.sub(lambda match: self._number(match[0]), varied)

    def _number(self, digits: str) -> str:
        value = int(digits)
        return digits if value <= _LAST_DAY or value in _YEARS else str(value + self.added)


def _varied(draft: ClaimDraft, vary: _Variation) -> ClaimDraft:
    def optional(text: str | None) -> str | None:
        return None if text is None else vary(text)

    return draft.model_copy(
        update={
            "speakers": [s.model_copy(update={"name": vary(s.name), "role": optional(s.role)}) for s in draft.speakers],
            "statement": vary(draft.statement),
            "conditions": [vary(condition) for condition in draft.conditions],
            "quote": optional(draft.quote),
            "via": optional(draft.via),
            "said_on": optional(draft.said_on),
        }
    )


@cache
def _sources(language: str) -> tuple[_Source, ...]:
    """All `dev` articles that have claims. An interview would make an interview of the whole."""
    run = read_run(EVALS / "recorded" / "pipeline-dev.jsonl")
    recorded = {article.slug: article for article in run.articles}
    return tuple(
        _source(golden, recorded[golden.slug])
        for golden in load_golden_set(EVALS / "golden", Split.DEV)
        if golden.article.language == language and golden.claims and golden.genre is not Genre.INTERVIEW
    )


def _source(golden: GoldenArticle, recorded: RunArticle) -> _Source:
    document = Document.of(golden.article)
    listener = _Listener(recorded.replies)
    with Summarizer(language_model=listener, profile="sentence", topic=_TOPIC) as summarizer:
        summarizer.summarize(golden.article)
    sentences = [document.text(s) for s in document.sentences]
    claims = [one.claim for one in golden.claims]
    people = {s.name for c in claims for s in c.speakers if s.kind is SpeakerKind.PERSON}
    return _Source(
        paragraphs=tuple(
            tuple(map(document.text, members)) for _, members in groupby(document.sentences, lambda s: s.paragraph)
        ),
        claims=tuple(_Told(tuple(e.text for e in claim.evidence), _draft(claim, golden.article)) for claim in claims),
        vectors={text: vector for text in sentences if (vector := listener.vectors.get(prompting.harmless(text)))},
        speakers={text: names for text in sentences if (names := listener.speakers.get(_question(document, text)))},
        surnames=tuple(sorted({name.split()[-1] for name in people if " " in name})),
        long_words=tuple(sorted(set(_long_words(document)))),
    )


def _long_words(document: Document) -> Iterator[str]:
    """Those that may change places: neither on the topic nor a cue, on which it depends what is looked at."""
    cues = {word for s in document.sentences for cue in document.cues(s) for word in cue.text.split()}
    topic = prompting.topic(_TOPIC)
    for word in _LONG_WORD.findall(document.article.text):
        if word not in cues and not topic.is_in(word):
            yield word


def _draft(claim: Claim, article: Article) -> ClaimDraft:
    """The claim as a model gives it; the day of an utterance in the article's words."""
    days = [
        evidence.text[start:end]
        for evidence in claim.evidence
        for start, end, _ in find_days(evidence.text, article.published, article.language)
    ]
    return ClaimDraft(
        evidence=[e.sentence for e in claim.evidence],
        speakers=[SpeakerDraft.model_validate(s.model_dump()) for s in claim.speakers],
        statement=claim.statement,
        attribution=claim.attribution,
        stance=claim.stance,
        measure=claim.measure,
        conditions=claim.conditions,
        quote=claim.quote.text if claim.quote else None,
        via=claim.via,
        said_on=days[0] if days else None,
    )


def _question(document: Document, text: str) -> str:
    return prompting.speaker_question(document.article.language, text, None)[-2].content


class _Listener(ReplayEncodingModel):
    """Remembers what a recording replied, by what was read or asked."""

    def __init__(self, recorded: list[Recorded]) -> None:
        super().__init__("recorded", recorded)
        self.vectors: dict[str, bytes] = {}
        self.speakers: dict[str, str] = {}

    def encode(self, request: EncodingRequest) -> Encoding:
        """As recorded."""
        reply = super().encode(request)
        self.vectors.update(
            (piece.strip(), vector) for piece, vector in zip(request.pieces, reply.vectors, strict=True)
        )
        return reply

    def complete(self, request: CompletionRequest) -> Completion:
        """As recorded."""
        reply = super().complete(request)
        self.speakers[request.messages[-2].content] = reply.text
        return reply
