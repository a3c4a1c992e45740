"""What the classifier sees of a sentence: words, word sequences, pieces of words, and hits of the word lists."""

from __future__ import annotations

import re
from functools import lru_cache

from summarizer.actors import find_actors
from summarizer.extraction import labels
from summarizer.people import is_role

_TOKEN = re.compile(r"\w+(?:[-’']\w+)*|[\"„“”»«?!]")
_PIECES = range(3, 6)
_SEQUENCES = range(1, 4)
_PATTERNS = range(2, 4)
_KINDS = {"name": "@c", "seat": "@c", "demonym": "@d", "adjective": "@a"}


def features(sentence: str, before: str | None = None, language: str = "en") -> frozenset[str]:
    """The features of a sentence; `before` is the one before it, of which only the words count."""
    tokens = _TOKEN.findall(sentence.lower())
    found = {f"l{hit}" for hit in labels.list_hits(sentence)}
    for size in _SEQUENCES:
        found.update(["w" + " ".join(tokens[i : i + size]) for i in range(len(tokens) - size + 1)])
    found.update(*map(_pieces, tokens))
    pattern = _pattern(sentence, language)
    for size in _PATTERNS:
        found.update(["p" + " ".join(pattern[i : i + size]) for i in range(len(pattern) - size + 1)])
    if before:
        found.update(["b" + token for token in _TOKEN.findall(before.lower())])
    return frozenset(found)


# An article has the same words again and again.
@lru_cache(maxsize=4096)
def _pieces(word: str) -> frozenset[str]:
    padded = f" {word} "
    return frozenset("c" + padded[i : i + size] for size in _PIECES for i in range(len(padded) - size + 1))


def _pattern(sentence: str, language: str) -> list[str]:
    """The words, with countries, offices and numbers each as one: what is said is the same whoever says it."""
    actors = {mention.start: mention for mention in find_actors(sentence, language)}
    found: list[str] = ["^"]
    skip = 0
    for match in _TOKEN.finditer(sentence):
        if match.start() < skip:
            continue
        word = match[0]
        if actor := actors.get(match.start()):
            found.append(_KINDS[actor.kind])
            skip = actor.end
        elif word[0].isdigit():
            found.append("@n")
        elif is_role(word):
            found.append("@r")
        else:
            found.append(word.lower())
    return [*found, "$"]
