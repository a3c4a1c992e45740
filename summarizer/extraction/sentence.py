"""Profile `sentence`, for small models: one small question a sentence, answered with the sentence's own words.

Small models of our own find the claims, their speakers, stance and measure. The language model is asked who speaks
where they are unsure; asked for more at once, a model of this size does worse.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, Field

from summarizer import prompting
from summarizer.dates import find_days
from summarizer.document import Document
from summarizer.extraction import labels
from summarizer.extraction.drafts import LONG_CHARS, MAX_SPEAKERS, SHORT_CHARS, ClaimDraft, ScoredDraft, SpeakerDraft
from summarizer.extraction.entities import Entity
from summarizer.extraction.interview import Interview, find_interview, words_of
from summarizer.extraction.judging import stance_and_measure
from summarizer.extraction.probing import readings
from summarizer.extraction.selecting import Selection, before
from summarizer.extraction.speaking import Attributed, Speaking, is_anaphoric
from summarizer.llm.base import (
    Completion,
    CompletionRequest,
    Encoding,
    EncodingRequest,
    StructuredReply,
    StructuredRequest,
)
from summarizer.models import Attribution, Measure, Sentence, SpeakerKind, Stance
from summarizer.people import Person

# In an answer, another than the one who answers is the speaker when tagged with this probability.
_TOLD_MIN = 0.6
_FIRST_PERSON = re.compile(r"I|ich|wir|we", re.IGNORECASE)
_NAME_CHARS = r"/[^;|.,:\n\[\"\-][^;|.,:\n\[\"]{1,45}/"
_DETERMINER = re.compile(r"\b(?:der|die|das|dem|den|the|this|dieser|diese)\s+$", re.IGNORECASE)
_MARKS = re.compile(r"[„“”«»\"]")
_CONTINUING = re.compile(r"^(?:demnach|und|and|zugleich|zudem|auch)\b", re.IGNORECASE)


class SpeakerNames(BaseModel):
    """Who speaks in a sentence."""

    names: list[str] = Field(max_length=60, description="Names exactly as in the sentence; empty for nobody.")


@dataclass
class _State:
    """What the sentences before said. `measure`: the paragraph's last."""

    selection: Selection
    interview: Interview | None
    speaking: Speaking
    paragraph: int = -1
    measure: Measure | None = None


@dataclass(frozen=True)
class Abilities:
    """What the model can be asked. `grammar`: `CompletionRequest`s; `encoding`: `EncodingRequest`s."""

    grammar: bool
    encoding: bool


_Answer = TypeVar("_Answer")
_Question = CompletionRequest | EncodingRequest | StructuredRequest[SpeakerNames]
_Asking = Generator[_Question, object, _Answer]
Steps = Generator[_Question | ClaimDraft, object, None]


def steps(document: Document, *, topic: str, abilities: Abilities) -> Steps:
    """Yields questions, to be sent the replies, and drafts as they are finished, in the article's order.

    A model without a grammar is asked for `SpeakerNames`.
    """
    speaking, interview = Speaking.of(document), find_interview(document)
    selection = Selection.of(document, topic, speaking.tagged, interview, encoded=abilities.encoding)
    if not selection.on_topic:
        return
    state = _State(selection, interview, speaking)
    if not selection.encoded:
        yield from _drafts(document, document.sentences, state, abilities.grammar)
        return
    for request, sentences in readings(document):
        reply = yield request
        assert isinstance(reply, Encoding)
        selection.read({s.number: vector for s, vector in zip(sentences, reply.vectors, strict=True)})
        yield from _drafts(document, sentences, state, abilities.grammar)


def _drafts(document: Document, sentences: Sequence[Sentence], state: _State, grammar: bool) -> Steps:
    """The drafts of consecutive paragraphs; those of neighbouring sentences may be one."""
    pending: ScoredDraft | None = None
    for sentence in sentences:
        if sentence.is_heading:
            continue
        if pending is not None and document.sentence(pending.evidence[-1]).paragraph != sentence.paragraph:
            yield pending
            pending = None
        for draft in (yield from _drafts_of(document, sentence, state, grammar)):
            if not state.selection.gives(draft.confidence):
                continue
            if pending is not None and _continues(document, pending, draft):
                pending = _joined(pending, draft)
                continue
            if pending is not None:
                yield pending
            pending = draft
    if pending is not None:
        yield pending


def _drafts_of(document: Document, sentence: Sentence, state: _State, grammar: bool) -> _Asking[list[ScoredDraft]]:
    article, speaking = document.article, state.speaking
    text = document.text(sentence)
    own_measure = labels.measure_of(text)
    if sentence.paragraph != state.paragraph:
        state.paragraph, state.measure = sentence.paragraph, None
    state.measure = own_measure or state.measure
    measure = state.measure or Measure.GENERAL
    cues = document.cues(sentence)
    taken = state.selection.takes(sentence)
    if state.interview is not None and sentence.number in state.interview.answers:
        return _answers(document, sentence, state, state.interview.person, measure) if taken else []
    asked = taken and state.selection.asks(sentence)
    named = (yield from _ask(article.language, text, grammar)) if asked else None
    groups = speaking.speakers(sentence, named)
    speakers = [a for group in groups for a in group]
    if taken or (any(a.mention for a in speakers) and any(not c.weak for c in cues)):
        speaking.heard(sentence, speakers)
    if not taken or not groups:
        return []
    quote = labels.quote_of(text, cues)
    attribution = labels.attribution_of(text, cues, quote)
    said = _Said(text, attribution, quote, measure)
    clauses = _by_clause(document, sentence, groups)
    return [_draft(document, sentence, state, group, said, clause) for group, clause in clauses]


def _answers(
    document: Document, sentence: Sentence, state: _State, person: Person, measure: Measure
) -> list[ScoredDraft]:
    """A claim in an answer: of the one who answers, or of somebody whose position is told."""
    text = words_of(document.text(sentence))
    told = [
        a
        for group in state.speaking.speakers(sentence)
        for a in group
        if a.mention is not None
        and a.mention.probability >= _TOLD_MIN
        and a.entity.name != person.name
        and not _FIRST_PERSON.fullmatch(a.mention.text)
    ]
    if told:
        state.speaking.heard(sentence, told)
        said = _Said(text, Attribution.INDIRECT, None, measure)
        return [_draft(document, sentence, state, told, said, text)]
    answering = Entity(person.name, SpeakerKind.PERSON, person.role, person.affiliation)
    said = _Said(text, Attribution.DIRECT, text, measure)
    return [_draft(document, sentence, state, [Attributed(answering, None, 1.0)], said, text)]


def _speaker(attributed: Attributed) -> SpeakerDraft:
    entity = attributed.entity
    name, role = _cut(entity.name, SHORT_CHARS), _cut(entity.role, SHORT_CHARS) if entity.role else None
    return SpeakerDraft(name=name, kind=entity.kind, role=role, affiliation=entity.affiliation)


def _by_clause(
    document: Document, sentence: Sentence, groups: list[list[Attributed]]
) -> list[tuple[list[Attributed], str]]:
    """Each group with the part of the sentence that is about it: up to the next group's first name."""
    text = document.article.text
    starts = [min((a.mention.start for a in g if a.mention), default=sentence.start) for g in groups]
    bounds = [sentence.start, *starts[1:], sentence.end]
    return [(group, text[bounds[i] : bounds[i + 1]]) for i, group in enumerate(groups)]


@dataclass(frozen=True)
class _Said:
    """What a sentence's claims share. `measure` is that of the paragraph so far, for clauses that give none."""

    text: str
    attribution: Attribution
    quote: str | None
    measure: Measure


def _draft(
    document: Document, sentence: Sentence, state: _State, group: list[Attributed], said: _Said, clause: str
) -> ScoredDraft:
    """A claim of a clause of a sentence."""
    article = document.article
    days = find_days(said.text, article.published, article.language)
    selection = state.selection
    read = selection.probed.get(sentence.number)
    judged = selection.judged.get(sentence.number) if clause == document.text(sentence) else None
    stance, measure = stance_and_measure(article.language, clause, before(document, sentence), read, judged)
    return ScoredDraft(
        evidence=[sentence.number],
        speakers=[_speaker(a) for a in group[:MAX_SPEAKERS]],
        statement=_statement(document, sentence, said.text, group),
        attribution=said.attribution,
        stance=stance,
        measure=measure or said.measure,
        conditions=[_cut(c, SHORT_CHARS) for c in labels.conditions_of(said.text)],
        quote=_cut(said.quote, LONG_CHARS) if said.quote else None,
        said_on=said.text[days[0][0] : days[0][1]] if days else None,
        confidence=selection.confidence(sentence, min(a.probability for a in group)),
    )


def _ask(language: str, text: str, grammar: bool) -> _Asking[list[str]]:
    """Whom the model names as speaking."""
    request = speaker_request(language, text)
    if not grammar:
        reply = yield StructuredRequest(request.messages[:-1], SpeakerNames, max_output_tokens=400)
        assert isinstance(reply, StructuredReply)
        given: list[str] = reply.value.names
        return cleaned(given)
    completion = yield request
    assert isinstance(completion, Completion)
    return cleaned(completion.text.split(";"))


def speaker_request(language: str, text: str) -> CompletionRequest:
    """Who speaks in a sentence, to be answered in its own words."""
    return CompletionRequest(prompting.speaker_question(language, text, None), _grammar(prompting.harmless(text)))


def _grammar(words: str) -> str:
    escaped = words.replace("\\", " ").replace('"', " ")
    return (
        '%llguidance {}\nstart: " " NAME ("; " NAME){0,11} "\\n"\n'
        f'NAME: %regex {{ "substring_words": "{escaped}" }} & {_NAME_CHARS}\n'
    )


def cleaned(names: list[str]) -> list[str]:
    """Names as the model gave them, without marks and repetitions."""
    stripped = (n.strip(" \n.,;\"'„“”") for n in names)
    return list(dict.fromkeys(n for n in stripped if len(n) > 1 and any(c.isalpha() for c in n)))


def _continues(document: Document, before: ScoredDraft, draft: ScoredDraft) -> bool:
    """Whether a draft only goes on with the one before: a quote that follows it, or one Konjunktiv after another."""
    last, first = document.sentence(before.evidence[-1]), document.sentence(draft.evidence[0])
    same = [s.name for s in before.speakers] == [s.name for s in draft.speakers]
    if not same or first.number != last.number + 1 or first.paragraph != last.paragraph:
        return False
    follows = draft.quote is not None and before.quote is None
    continuing = bool(_CONTINUING.match(document.text(first)))
    return (follows and (draft.stance in {before.stance, Stance.ASSERTS} or draft.measure is before.measure)) or (
        continuing and draft.stance is before.stance
    )


def _joined(before: ScoredDraft, draft: ScoredDraft) -> ScoredDraft:
    return before.model_copy(
        update={
            "evidence": [*before.evidence, *draft.evidence],
            "quote": before.quote or draft.quote,
            "attribution": Attribution.DIRECT if draft.quote else before.attribution,
        }
    )


def _statement(document: Document, sentence: Sentence, said: str, group: list[Attributed]) -> str:
    """The sentence as a statement of its own: the speaker's name for a pronoun or office, or put before it."""
    text = document.article.text
    only = group[0] if len(group) == 1 else None
    whole = text[sentence.start : sentence.end]
    if only and only.mention and is_anaphoric(only.mention.text) and said in whole:
        start = only.mention.start - sentence.start
        if match := _DETERMINER.search(whole[:start]):
            start = match.start()
        whole = f"{whole[:start]}{only.entity.name}{whole[only.mention.end - sentence.start :]}"
    else:
        whole = said
    plain = _MARKS.sub("", " ".join(whole.split()))
    names = [a.entity.name for a in group]
    known = plain.casefold()
    if any(a.mention for a in group) or any(name.split()[-1].casefold() in known for name in names):
        return _cut(plain, LONG_CHARS)
    return _cut(f"{', '.join(names)}: {plain}", LONG_CHARS)


def _cut(text: str, chars: int) -> str:
    """As many whole words as there is room for; part of the first one where it is longer."""
    if len(text) <= chars:
        return text
    return text[: chars + 1].rsplit(maxsplit=1)[0][:chars].rstrip()
