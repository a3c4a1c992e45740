"""Cutting an article into chunks: every sentence is asked about once, and seen with what came before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, islice

from summarizer.errors import ConfigurationError
from summarizer.models import Sentence

CONTEXT_SENTENCES = 3


@dataclass(frozen=True)
class Chunk:
    """Sentences to find claims in, and those before them that only help to understand. They never overlap."""

    context: tuple[Sentence, ...]
    sentences: tuple[Sentence, ...]


def context_of(sentences: Sequence[Sentence], index: int, *, count: int = CONTEXT_SENTENCES) -> tuple[Sentence, ...]:
    """What helps to understand `sentences[index:]`: up to `count` sentences before, and the nearest heading.

    The heading is left out when `sentences[index]` is one itself, or `count` is 0.
    """
    heading = next((sentences[i] for i in range(index - 1, -1, -1) if sentences[i].is_heading), None)
    return _context(sentences, index, count, heading)


def _context(sentences: Sequence[Sentence], index: int, count: int, heading: Sentence | None) -> tuple[Sentence, ...]:
    before = (sentences[i] for i in range(index - 1, -1, -1) if not sentences[i].is_heading)
    found = list(islice(before, count))
    if heading is not None and count and not (index < len(sentences) and sentences[index].is_heading):
        found.append(heading)
    return tuple(sorted(found, key=lambda sentence: sentence.start))


def chunk(
    sentences: Sequence[Sentence],
    text: str,
    *,
    max_chars: int,
    context_sentences: int = CONTEXT_SENTENCES,
) -> list[Chunk]:
    """Pack whole paragraphs into chunks of at most `max_chars` code points of `text`.

    A longer paragraph is cut between sentences, and a longer sentence stands alone. Each sentence is in
    exactly one chunk's `sentences`; a heading stays with what it heads where that fits.

    Raises:
        ConfigurationError: `max_chars` is below 1 or `context_sentences` below 0.
    """
    if max_chars < 1 or context_sentences < 0:
        raise ConfigurationError(
            f"Chunks of {max_chars} characters with {context_sentences} sentences of context can't be made.",
            "Give at least 1 character and no negative number of sentences.",
        )
    if sentences and sentences[-1].end > len(text):
        raise ConfigurationError("The sentences are not from this text.", "Split the text that you chunk.")
    starts = [0]
    for first, end in _units(sentences, max_chars):
        begun = starts[-1]
        if first > begun and sentences[end - 1].end - sentences[begun].start > max_chars:
            starts.append(first)
    chunks: list[Chunk] = []
    heading: Sentence | None = None
    for first, end in zip(starts, [*starts[1:], len(sentences)], strict=True):
        members = tuple(sentences[first:end])
        if members:
            chunks.append(Chunk(_context(sentences, first, context_sentences, heading), members))
        heading = next((sentence for sentence in reversed(members) if sentence.is_heading), heading)
    return chunks


def _units(sentences: Sequence[Sentence], max_chars: int) -> list[tuple[int, int]]:
    """Index ranges that are not cut: paragraphs with the headings before them, or sentences of a long one."""
    units: list[tuple[int, int]] = []
    first = end = 0
    for _, group in groupby(sentences, key=lambda sentence: sentence.paragraph):
        members = list(group)
        end += len(members)
        if all(sentence.is_heading for sentence in members) and end < len(sentences):
            continue
        begun = end - len(members)
        if members[-1].end - sentences[first].start <= max_chars:
            units.append((first, end))
        elif sentences[begun].end - sentences[first].start <= max_chars:
            units.append((first, begun + 1))
            units.extend((index, index + 1) for index in range(begun + 1, end))
        else:
            units.extend((index, index + 1) for index in range(first, end))
        first = end
    return units


def halve(chunk: Chunk) -> tuple[Chunk, Chunk] | None:
    """Two chunks in place of one whose answer was too long; none for a single sentence.

    The cut is between paragraphs where one ends near the middle. The second half sees the end of the first.
    """
    sentences = chunk.sentences
    if len(sentences) < 2:
        return None
    begin, end = sentences[0].start, sentences[-1].end
    middle, third = (begin + end) / 2, (end - begin) / 3

    def cost(index: int) -> tuple[bool, bool, float]:
        before, after = sentences[index - 1], sentences[index]
        distance = abs(after.start - middle)
        inside = before.paragraph == after.paragraph or distance > third / 2
        return before.is_heading, inside, distance

    cut = min(range(1, len(sentences)), key=cost)
    known = (*chunk.context, *sentences)
    return (
        Chunk(chunk.context, sentences[:cut]),
        Chunk(context_of(known, len(chunk.context) + cut), sentences[cut:]),
    )
