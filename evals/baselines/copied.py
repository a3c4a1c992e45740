"""Words that a model copied, as places in the article: what baselines and peers give has no offsets."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz.fuzz import partial_ratio

from summarizer import verbatim
from summarizer.document import Document
from summarizer.models import Evidence, Sentence, Span

_SAME_SENTENCE_MIN_SIMILARITY = 80


def evidence(
    document: Document, sentences: Sequence[Sentence], words: str, aligned: tuple[int, int] | None = None
) -> list[Evidence]:
    """The neighbouring sentences that copied words stand in: verbatim, else the one that is meant, else none.

    Meant is where a tool aligned the words, in code points, or without that the most similar sentence. The evidence
    then has the words as they were copied, so that only the share of verbatim evidence suffers.
    """
    text = document.article.text
    first, last = sentences[0].start, sentences[-1].end
    if words.strip() and (found := verbatim.find(words, text, first, last)):
        inside = [s for s in sentences if _touches(s, found)]
        return [Evidence(sentence=s.number, start=s.start, end=s.end, text=document.text(s)) for s in inside]
    if aligned is None:
        meant = _most_similar(document, sentences, words)
    else:
        meant = next((s for s in sentences if _touches(s, aligned)), None)
    if meant is None:
        return [Evidence(sentence=0, start=0, end=0, text=words)]
    return [Evidence(sentence=meant.number, start=meant.start, end=meant.end, text=words)]


def quote(document: Document, words: str | None) -> Span | None:
    """Where copied direct speech stands; without offsets where it isn't verbatim."""
    if not words:
        return None
    text = document.article.text
    start, end = verbatim.find(words, text) or (0, 0)
    return Span(start=start, end=end, text=text[start:end] or words)


def _touches(sentence: Sentence, place: tuple[int, int]) -> bool:
    return sentence.start < place[1] and place[0] < sentence.end


def _most_similar(document: Document, sentences: Sequence[Sentence], words: str) -> Sentence | None:
    if not words.strip():
        return None
    nearest = max(sentences, key=lambda s: partial_ratio(words, document.text(s)))
    return nearest if partial_ratio(words, document.text(nearest)) >= _SAME_SENTENCE_MIN_SIMILARITY else None
