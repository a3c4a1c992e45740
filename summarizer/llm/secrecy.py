"""Keeps keys out of all that is written: logs, tracebacks, files of replies.

Services repeat keys in errors, and libraries log what services say. So whatever is written for diagnosis, or as a
service said it, goes through `without_keys` first.
"""

from __future__ import annotations

import json
import logging
import traceback
from base64 import b64encode
from collections.abc import Container
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from pydantic import SecretStr

_PIECE_CHARS = 6
"""As many characters of a key in a row are replaced; fewer occur by accident."""
_SHORTEST_SECRET = 16
REPLACEMENT = "[key]"
# They log what services say, in headers too. A filter is for one logger, not for those below it.
_TALKATIVE = (
    *("openai._base_client", "httpx2", "instructor.v2", "instructor.v2.retry", "asyncio"),
    *(f"httpcore2.{name}" for name in ("connection", "http11", "http2", "proxy", "socks")),
)
_pieces: set[str] = set()


def keep_secret(key: SecretStr) -> None:
    """Have this key replaced from now on, in this process: in what libraries log, and in what is written here."""
    _pieces.update(pieces_of(key))
    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(_without_keys)


def pieces_of(key: SecretStr) -> set[str]:
    """Every few characters of a key in a row, in each form that it may be written in, in small letters.

    The forms: as it is, backwards, in JSON, in an address, in hexadecimal, and in Base64. A key that
    is shorter than a piece has none.
    """
    text = key.get_secret_value()
    raw, in_json = text.encode(), json.dumps(text)[1:-1]
    # In Base64 what comes before decides how it is written.
    encoded = [b64encode(b"\0" * before + raw).decode().rstrip("=")[4 if before else 0 : -1] for before in range(3)]
    forms = {text, text[::-1], in_json, in_json.replace("/", "\\/"), quote(text, safe=""), raw.hex(), *encoded}
    pieces = {form[at : at + _PIECE_CHARS] for form in forms for at in range(len(form) - _PIECE_CHARS + 1)}
    return {_lowered(piece) for piece in pieces}


def without_pieces(text: str, pieces: Container[str]) -> str:
    """The text with every run of pieces replaced, in small or capital letters."""
    lowered = _lowered(text)
    kept: list[str] = []
    at = start = 0
    while at <= len(text) - _PIECE_CHARS:
        if lowered[at : at + _PIECE_CHARS] not in pieces:
            at += 1
            continue
        kept += text[start:at], REPLACEMENT
        while lowered[at : at + _PIECE_CHARS] in pieces:
            at += 1
        # Up to the last character of the last piece.
        at = start = at + _PIECE_CHARS - 1
    return "".join([*kept, text[start:]])


def _lowered(text: str) -> str:
    """In small letters, one for each: some have two."""
    return "".join(c.lower()[:1] for c in text)


def without_keys(text: str) -> str:
    """The text with all that is of a key replaced."""
    return without_pieces(text, _pieces) if _pieces else text


def without_keys_in(value: Any) -> Any:
    """What was read from JSON, with all that is of a key replaced."""
    if isinstance(value, str):
        return without_keys(value)
    if isinstance(value, dict):
        return {without_keys(name): without_keys_in(part) for name, part in value.items()}
    return [without_keys_in(part) for part in value] if isinstance(value, list) else value


def repeats(content: bytes, key: SecretStr) -> bool:
    """Whether a reply has the whole key in it. One that is too short to be secret may be there by accident."""
    text = key.get_secret_value()
    once = json.dumps(text)[1:-1]
    # A tool's arguments are JSON within JSON.
    forms = (text, once, json.dumps(once)[1:-1])
    return len(text) >= _SHORTEST_SECRET and any(form.encode() in content for form in forms)


class _WithoutKeys(logging.Filter):
    """Lets every record through, without keys."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except Exception:
            # Of arguments that don't fit: the handler would print them as they are.
            message = f"{record.msg}"
        record.msg, record.args = without_keys(message), None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = without_keys("".join(traceback.format_exception(*record.exc_info)).rstrip("\n"))
            record.exc_info = None
        return True


_without_keys = _WithoutKeys()
