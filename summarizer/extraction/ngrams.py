"""What the classifier sees of a sentence: words, word sequences, pieces of words, and hits of the word lists."""

from __future__ import annotations

import re

from summarizer.extraction import labels

_TOKEN = re.compile(r"\w+(?:[-’']\w+)*|[\"„“”»«?!]")
_PIECES = range(3, 6)
_SEQUENCES = range(1, 4)


def features(sentence: str, before: str | None = None) -> frozenset[str]:
    """The features of a sentence; `before` is the one before it, of which only the words count."""
    tokens = _TOKEN.findall(sentence.lower())
    found = {f"l{hit}" for hit in labels.list_hits(sentence)}
    for size in _SEQUENCES:
        found.update("w" + " ".join(tokens[i : i + size]) for i in range(len(tokens) - size + 1))
    for token in set(tokens):
        padded = f" {token} "
        for size in _PIECES:
            found.update("c" + padded[i : i + size] for i in range(len(padded) - size + 1))
    if before:
        found.update("b" + token for token in _TOKEN.findall(before.lower()))
    return frozenset(found)
