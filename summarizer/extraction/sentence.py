"""Profile `sentence`, for small models: one small question a sentence, answered with the sentence's own words.

The model only names who speaks. Stance and measure come from a classifier, the rest from word lists: what a
model of this size can do was measured, and asked for more at once it does worse.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass

from pydantic import BaseModel, Field

from summarizer import prompting
from summarizer.actors import country_name, country_of, demonym_country, find_actors
from summarizer.cues import Cue, find_cues
from summarizer.dates import find_days
from summarizer.document import Document
from summarizer.extraction import labels
from summarizer.extraction.drafts import ClaimDraft, SpeakerDraft
from summarizer.extraction.interview import Interview, find_interview, words_of
from summarizer.extraction.judging import stance_and_measure
from summarizer.extraction.selecting import Selection, before
from summarizer.llm.base import Completion, CompletionRequest, StructuredReply, StructuredRequest
from summarizer.models import Attribution, Measure, Sentence, SpeakerKind, Stance
from summarizer.people import find_person, is_bare_government, is_pronoun, is_role_phrase, looks_like_person

# Above this probability of "-" a sentence gives nobody's position. A strong cue is evidence against that.
NOBODY_MIN_PROBABILITY = 0.7
NOBODY_MIN_PROBABILITY_WITH_CUE = 0.96
# How far into a sentence its subject may begin, in characters: "Aus Bern höre ich", "The Dutch have told me".
_LAST_SUBJECT_START = 4
_NAME_CHARS = r"/[^;|.,:\n\[\"\-][^;|.,:\n\[\"]{1,45}/"
_PERSONAL = re.compile(
    r"^\W*(?:er|sie|he|she|they)\b"
    r"|\b(?:sagte|erklärte|fragte|betonte|said|added|asked) (?:er|sie|he|she|they)\b"
    r"|\b(?:he|she|they) (?:said|added|asked|stressed|insisted)\b",
    re.IGNORECASE,
)
_CONTINUING = re.compile(r"^(?:demnach|und|and|zugleich|zudem|auch)\b", re.IGNORECASE)


class SpeakerNames(BaseModel):
    """Who speaks in a sentence."""

    names: list[str] = Field(max_length=60, description="Names exactly as in the sentence; empty for nobody.")


@dataclass
class _State:
    """Who spoke last in the paragraph, and what about."""

    interview: Interview | None
    previous: str | None = None
    paragraph: int = -1
    measure: Measure | None = None


Steps = Generator["CompletionRequest | StructuredRequest[SpeakerNames] | ClaimDraft", object, None]


def steps(document: Document, *, topic: str, grammar: bool) -> Steps:
    """Yields questions, to be sent the replies, and drafts as they are finished, in the article's order.

    `grammar`: whether the model answers `CompletionRequest`s; else it is asked for `SpeakerNames`.
    """
    selection = Selection.of(document, topic)
    if not selection.on_topic:
        return
    state = _State(find_interview(document))
    pending: ClaimDraft | None = None
    for sentence in document.sentences:
        if sentence.is_heading:
            continue
        if pending is not None and document.sentence(pending.evidence[-1]).paragraph != sentence.paragraph:
            yield pending
            pending = None
        for draft in (yield from _drafts_of(document, sentence, state, selection, grammar)):
            if pending is not None and _continues(document, pending, draft):
                pending = _joined(pending, draft)
                continue
            if pending is not None:
                yield pending
            pending = draft
    if pending is not None:
        yield pending


def _drafts_of(
    document: Document, sentence: Sentence, state: _State, selection: Selection, grammar: bool
) -> Generator[CompletionRequest | StructuredRequest[SpeakerNames], object, list[ClaimDraft]]:
    article = document.article
    text = document.text(sentence)
    own_measure = labels.measure_of(text)
    if sentence.paragraph != state.paragraph:
        state.paragraph, state.measure = sentence.paragraph, None
    state.measure = own_measure or state.measure
    measure = state.measure or Measure.GENERAL
    if state.interview is not None and sentence.number in state.interview.answers:
        return [_answer(document, sentence, state.interview, measure)] if selection.takes_answer(sentence) else []
    cues = find_cues(article.text, sentence, article.language)
    if not selection.asks(sentence, cues):
        return []
    if state.previous and _speaks_on(text, sentence.start, cues, article.language):
        names = [state.previous]
    else:
        names = yield from _ask(article.language, text, cues, grammar)
    speakers = [s for name in names if (s := _speaker(document, sentence, name, state)) is not None]
    if not speakers:
        return []
    state.previous = speakers[-1].name
    quote = labels.quote_of(text, cues)
    attribution = labels.attribution_of(text, cues, quote)
    return [
        _draft(document, sentence, part, clause, attribution, quote, measure)
        for part, clause in _by_clause(text, speakers)
    ]


def _draft(
    document: Document,
    sentence: Sentence,
    speakers: list[SpeakerDraft],
    clause: str,
    attribution: Attribution,
    quote: str | None,
    measure: Measure,
) -> ClaimDraft:
    """A claim of a clause of a sentence. `measure` is that of the paragraph so far, where the clause gives none."""
    article = document.article
    text = document.text(sentence)
    days = find_days(text, article.published, article.language)
    stance, judged = stance_and_measure(article.language, clause, before(document, sentence))
    return ClaimDraft(
        evidence=[sentence.number],
        speakers=speakers,
        statement=_statement(text, speakers),
        attribution=attribution,
        stance=stance,
        measure=judged or measure,
        conditions=labels.conditions_of(text),
        quote=quote,
        said_on=text[days[0][0] : days[0][1]] if days else None,
    )


def _answer(document: Document, sentence: Sentence, interview: Interview, measure: Measure) -> ClaimDraft:
    """A claim in an answer: of the one who answers, or of a state that the sentence begins with."""
    article, text = document.article, words_of(document.text(sentence))
    person = interview.person
    for mention in find_actors(text, article.language):
        if mention.start <= _LAST_SUBJECT_START and mention.kind in {"name", "seat", "demonym"}:
            name = country_name(mention.code, article.language)
            if name and name != person.affiliation:
                speaker = SpeakerDraft(name=name, kind=SpeakerKind.GOVERNMENT, affiliation=name)
                draft = _draft(document, sentence, [speaker], text, Attribution.INDIRECT, None, measure)
                return draft.model_copy(update={"via": person.name})
    speaker = SpeakerDraft(name=person.name, kind=SpeakerKind.PERSON, role=person.role, affiliation=person.affiliation)
    return _draft(document, sentence, [speaker], text, Attribution.DIRECT, text, measure)


def _ask(
    language: str, text: str, cues: list[Cue], grammar: bool
) -> Generator[CompletionRequest | StructuredRequest[SpeakerNames], object, list[str]]:
    question = prompting.speaker_question(language, text, None)
    if not grammar:
        reply = yield StructuredRequest(question[:-1], SpeakerNames, max_output_tokens=400)
        assert isinstance(reply, StructuredReply)
        given: list[str] = reply.value.names
        return _cleaned(given)
    completion = yield CompletionRequest(question, _grammar(prompting.harmless(text)), top_logprobs=8)
    assert isinstance(completion, Completion)
    nobody = sum(p for token, p in completion.first_token.items() if token.strip().startswith("-"))
    strong = any(c.kind in {"verb", "source"} and not c.weak for c in cues)
    limit = NOBODY_MIN_PROBABILITY_WITH_CUE if strong else NOBODY_MIN_PROBABILITY
    return [] if nobody >= limit else _cleaned(completion.text.split(";"))


def _grammar(words: str) -> str:
    escaped = words.replace("\\", " ").replace('"', " ")
    return (
        '%llguidance {}\nstart: " " NAME ("; " NAME){0,11} "\\n"\n'
        f'NAME: %regex {{ "substring_words": "{escaped}" }} & {_NAME_CHARS}\n'
    )


def _cleaned(names: list[str]) -> list[str]:
    stripped = (n.strip(" \n.,;\"'„“”") for n in names)
    return list(dict.fromkeys(n for n in stripped if len(n) > 1 and any(c.isalpha() for c in n)))


def _speaks_on(text: str, start: int, cues: list[Cue], language: str) -> bool:
    """Whether the one who spoke before goes on: a pronoun or role noun as subject, or Konjunktiv I alone."""
    opens_with_country = any(m.kind == "name" and m.start <= _LAST_SUBJECT_START for m in find_actors(text, language))
    verbs = {(c.start, c.end) for c in cues if c.kind in {"verb", "source"} and not c.weak}
    subjunctive = {(c.start, c.end) for c in cues if c.kind == "subjunctive" and not c.weak}
    if _PERSONAL.search(text) or _CONTINUING.match(text):
        return True
    if demonym_country(" ".join(text.split()[:2]).strip(",.")):
        return True
    main_clause = any(not c.weak and c.kind == "subjunctive" and "," not in text[: c.start - start] for c in cues)
    only_quoted = {c.kind for c in cues if not c.weak} == {"quotation"}
    return not opens_with_country and (only_quoted or main_clause or bool(subjunctive and not verbs - subjunctive))


def _speaker(document: Document, sentence: Sentence, name: str, state: _State) -> SpeakerDraft | None:
    article = document.article
    if (is_pronoun(name) or is_role_phrase(name)) and state.previous:
        name = state.previous
    if is_pronoun(name):
        return None
    if is_bare_government(name):
        name = _nearest_country(document, sentence) or name
    if code := country_of(name):
        return SpeakerDraft(name=name, kind=SpeakerKind.GOVERNMENT, affiliation=country_name(code, article.language))
    person = None if name.split()[0].islower() else find_person(name, article.text, article.language)
    if person is not None and looks_like_person(person.name):
        return SpeakerDraft(name=person.name, kind=SpeakerKind.PERSON, role=person.role, affiliation=person.affiliation)
    return SpeakerDraft(name=name, kind=labels.kind_of_description(name))


def _nearest_country(document: Document, sentence: Sentence) -> str | None:
    """The country named last before a sentence, in its paragraph."""
    article = document.article
    first = document.paragraph(sentence)[0].start
    named = find_actors(article.text[first : sentence.start], article.language)
    countries = [m for m in named if m.kind == "name"]
    return article.text[first + countries[-1].start : first + countries[-1].end] if countries else None


def _by_clause(text: str, speakers: list[SpeakerDraft]) -> list[tuple[list[SpeakerDraft], str]]:
    """Speakers that are subjects of different clauses hold different positions: 'A rejects it, B hesitates'."""
    parts = re.split(r", (?=[A-ZÄÖÜ][\w-]+ [a-zäöü]+(?:te|ten|t|s|ed)\b)", text)
    if len(parts) == 1 or len(speakers) == 1:
        return [(speakers, text)]
    grouped = [([s for s in speakers if s.name in part], part) for part in parts]
    if sum(len(found) for found, _ in grouped) != len(speakers):
        return [(speakers, text)]
    return [(found, part) for found, part in grouped if found]


def _continues(document: Document, before: ClaimDraft, draft: ClaimDraft) -> bool:
    """Whether a draft only goes on with the one before: a quote that follows it, or one Konjunktiv after another."""
    last, first = document.sentence(before.evidence[-1]), document.sentence(draft.evidence[0])
    same = [s.name for s in before.speakers] == [s.name for s in draft.speakers]
    if not same or first.number != last.number + 1 or first.paragraph != last.paragraph:
        return False
    follows = draft.quote is not None and before.quote is None
    continuing = bool(_CONTINUING.match(document.text(first)))
    return (follows and draft.stance in {before.stance, Stance.ASSERTS}) or (
        continuing and draft.stance is before.stance
    )


def _joined(before: ClaimDraft, draft: ClaimDraft) -> ClaimDraft:
    return before.model_copy(
        update={
            "evidence": [*before.evidence, *draft.evidence],
            "quote": before.quote or draft.quote,
            "attribution": Attribution.DIRECT if draft.quote else before.attribution,
        }
    )


def _statement(text: str, speakers: list[SpeakerDraft]) -> str:
    """The sentence as a statement of its own: a speaker's name for an opening pronoun, or put before it."""
    plain = " ".join(text.split()).replace("„", "").replace("“", "").replace("”", "").replace('"', "")
    named = " ".join(s.name for s in speakers)
    if any(s.name.split()[-1].casefold() in plain.casefold() for s in speakers):
        return plain[:1000]
    replaced = re.sub(r"^(?:Er|Sie|He|She|They)\b", named, plain)
    return (replaced if replaced != plain else f"{named}: {plain}")[:1000]
