"""Which of the supported languages a text is in, by counting function words."""

from __future__ import annotations

import re
from functools import cache

from summarizer import resources
from summarizer.errors import InputError

_MIN_FOREIGN_WORDS = 4
_FOREIGN_LEAD = 1.2
_MIN_LATIN_SHARE = 0.5
_GERMAN_CAPITALS = 0.3
_SAMPLE_CHARS = 20_000
_BEYOND_LATIN = re.compile(r"[^\x00-\u024f]")


def supported_languages() -> tuple[str, ...]:
    """The ISO 639-1 codes of the languages that articles may be in."""
    return tuple(_function_words()[0])


def detect_language(text: str) -> str:
    """The language of `text`, the nearer one where there is little evidence.

    Raises `InputError` when it is clearly in another language.
    """
    sample = text[:_SAMPLE_CHARS]
    supported, others = _function_words()
    words = re.findall(r"[^\W\d_]+", sample)
    lowered = [word.lower() for word in words]
    counts = {code: sum(map(known.__contains__, lowered)) for code, known in (supported | others).items()}
    ours = max(counts[code] for code in supported)
    theirs, foreign = max((counts[code], code) for code in others)
    if theirs >= _MIN_FOREIGN_WORDS and theirs > ours * _FOREIGN_LEAD:
        raise _unsupported(f"The article seems to be in another language ({foreign}).")
    foreign_letters = sum(map(str.isalpha, _BEYOND_LATIN.findall(sample)))
    if foreign_letters and foreign_letters > (1 - _MIN_LATIN_SHARE) * sum(map(str.isalpha, sample)):
        raise _unsupported("The article is mostly in another script.")
    best = [code for code in supported if counts[code] == ours]
    return best[0] if len(best) == 1 else _by_looks(words)


def check_language(language: str) -> str:
    """The code of a language that the user named (`de`, `de-DE`, `EN`). Raises `InputError` for others."""
    code = re.split(r"[-_]", language.strip().lower())[0]
    if code not in supported_languages():
        raise _unsupported(f"The language {language[:40]!r} isn't supported.")
    return code


def _by_looks(words: list[str]) -> str:
    """German by its letters, or by how many of its words are capitalised; else English."""
    capitals = sum(word[0].isupper() for word in words[1:])
    german = any(c in "äöüÄÖÜß" for word in words for c in word)
    return "de" if german or (len(words) > 3 and capitals > _GERMAN_CAPITALS * len(words)) else "en"


def language_name(language: str) -> str:
    """The English name of a supported language."""
    return str(resources.data("languages.yaml")["names"][language])


def _unsupported(message: str) -> InputError:
    names = " and ".join(supported_languages())
    return InputError(message, f"Supported are {names}; if it is one of these, name it with --article-language.")


@cache
def _function_words() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    lists = resources.data("languages.yaml")
    supported, others = (
        {code: frozenset(words) for code, words in lists[group].items()} for group in ("supported", "others")
    )
    return supported, others
