"""Interviews: whose words the answers are, which no reporting verb says."""

from __future__ import annotations

import re
from dataclasses import dataclass

from summarizer.document import Document
from summarizer.models import Sentence
from summarizer.people import Person, bare_name, looks_like_person

_MIN_QUESTIONS = 3
_LONGEST_QUESTION_WORDS = 35
_LABEL = re.compile(r"^\W*(?P<label>Q|A|F|Frage|Antwort|Question|Answer)\s*:\s+")
_ASKING = frozenset({"q", "f", "frage", "question"})
_CAPITALISED = re.compile(r"[A-ZÄÖÜ][\w'’-]+(?: [A-ZÄÖÜ][\w'’-]+){1,4}")


@dataclass(frozen=True)
class Interview:
    """Who answers, and the numbers of the sentences that are answers."""

    person: Person
    answers: frozenset[int]


def find_interview(document: Document) -> Interview | None:
    """The interview that an article is, or None: labelled turns, or paragraphs that ask and answer in turn."""
    paragraphs = _paragraphs(document)
    answers = _labelled(document, paragraphs)
    if answers is None:
        answers = _alternating(document, paragraphs)
    if not answers:
        return None
    first = min(s.start for paragraph in answers for s in paragraph)
    person = _first_person(document.article.text[:first], document)
    return Interview(person, frozenset(s.number for p in answers for s in p)) if person else None


def words_of(text: str) -> str:
    """A sentence without the label of its turn."""
    return _LABEL.sub("", text, count=1)


def _paragraphs(document: Document) -> list[tuple[Sentence, ...]]:
    found: list[tuple[Sentence, ...]] = []
    for sentence in document.sentences:
        if not sentence.is_heading and (not found or found[-1][0].paragraph != sentence.paragraph):
            found.append(document.paragraph(sentence))
    return found


def _labelled(document: Document, paragraphs: list[tuple[Sentence, ...]]) -> list[tuple[Sentence, ...]] | None:
    labels = [_LABEL.match(document.text(paragraph[0])) for paragraph in paragraphs]
    asking = [label is not None and label["label"].lower() in _ASKING for label in labels]
    if sum(asking) < _MIN_QUESTIONS:
        return None
    first = asking.index(True)
    return [p for i, p in enumerate(paragraphs) if i > first and not asking[i]]


def _alternating(document: Document, paragraphs: list[tuple[Sentence, ...]]) -> list[tuple[Sentence, ...]]:
    texts = [" ".join(document.text(s) for s in paragraph) for paragraph in paragraphs]
    questions = [text.rstrip('"”“»« ').endswith("?") for text in texts]
    if sum(questions) < _MIN_QUESTIONS:
        return []
    answers: list[tuple[Sentence, ...]] = []
    asked = False
    for i in range(_first_question(texts, questions), len(paragraphs)):
        short = len(texts[i].split()) <= _LONGEST_QUESTION_WORDS
        if not asked and (questions[i] or short):
            asked = True
        else:
            answers.append(paragraphs[i])
            # An answer may end with a question; if no question follows, it was one of two paragraphs.
            asked = questions[i] and i + 1 < len(texts) and not questions[i + 1]
    return answers


def _first_question(texts: list[str], questions: list[bool]) -> int:
    """The paragraph of the first question, which may end with another sentence."""
    asking = [questions[i] or "?" in text for i, text in enumerate(texts)]
    return asking.index(True)


def _first_person(text: str, document: Document) -> Person | None:
    """The person named first before the answers."""
    for match in _CAPITALISED.finditer(text):
        name = bare_name(match[0])
        if looks_like_person(name) and (found := document.person(name)):
            return found
    return None
