"""Text of others made harmless to show: nothing in it moves the cursor, reorders or hides words."""

from __future__ import annotations

import unicodedata

_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNKNOWN = "\ufffd"


def visible(text: str) -> str:
    """One line in which every character shows.

    White space of any kind and length, line ends included, becomes one space. Control characters become
    their pictures (ESC is `␛`) or `\\ufffd`, as do bidi overrides and lone surrogates; zero-width and other
    invisible format characters go. Leading and trailing space stays as one space, so that pieces of a
    sentence can be made visible one by one and joined.
    """
    characters = text if text.isprintable() else "".join(map(_visible_character, text))
    words = " ".join(characters.split())
    if not words:
        return " " if characters else ""
    lead = " " if characters[0].isspace() else ""
    trail = " " if characters[-1].isspace() else ""
    return f"{lead}{words}{trail}"


def visible_line(text: str | None) -> str:
    """`visible`, without space at either end; nothing for `None`."""
    return visible(text or "").strip()


def _visible_character(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    if character in "\t\n\v\f\r\x85" or (character.isspace() and ord(character) >= 0x80):
        return " "
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    category = unicodedata.category(character)
    if category in ("Cc", "Cs") or character in _BIDI_CONTROLS:
        return _UNKNOWN
    return "" if category == "Cf" else character
