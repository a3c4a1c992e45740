"""Keeps keys out of all that is written: logs, tracebacks, files of replies.

Services repeat keys in errors, and libraries log what services say. So whatever is written for diagnosis, or as a
service said it, goes through `without_keys` first.
"""

from __future__ import annotations

import json
import logging
import traceback
from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from pydantic import SecretStr

_PIECE_CHARS = 6
"""As many characters of a key in a row are replaced; fewer occur by accident."""
_SHORTEST_SECRET = 16
_REPLACEMENT = "[key]"
# They log what services say, in headers too. A filter is for one logger, not for those below it.
_TALKATIVE = (
    *("openai._base_client", "httpx2", "instructor.v2", "instructor.v2.retry", "asyncio"),
    *(f"httpcore2.{name}" for name in ("connection", "http11", "http2", "proxy", "socks")),
)
_pieces: set[str] = set()


def keep_secret(key: SecretStr) -> None:
    """Have this key replaced from now on, in this process: in what libraries log, and in what is written here."""
    for form in _forms(key.get_secret_value()):
        _pieces.update(form[at : at + _PIECE_CHARS] for at in range(len(form) - _PIECE_CHARS + 1))
    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(_without_keys)


def _forms(key: str) -> set[str]:
    """The key as it may be written: as it is, in JSON, in an address, in hexadecimal, and in Base64."""
    raw = key.encode()
    in_json = json.dumps(key)[1:-1]
    # In Base64 what comes before decides how it is written.
    encoded = [b64encode(b"\0" * before + raw).decode().rstrip("=")[4 if before else 0 : -1] for before in range(3)]
    return {key, in_json, in_json.replace("/", "\\/"), quote(key, safe=""), raw.hex(), *encoded}


def without_keys(text: str) -> str:
    """The text with all that is of a key replaced."""
    if not _pieces:
        return text
    kept: list[str] = []
    at = start = 0
    while at <= len(text) - _PIECE_CHARS:
        if text[at : at + _PIECE_CHARS] not in _pieces:
            at += 1
            continue
        kept += text[start:at], _REPLACEMENT
        while text[at : at + _PIECE_CHARS] in _pieces:
            at += 1
        # Up to the last character of the last piece.
        at = start = at + _PIECE_CHARS - 1
    return "".join([*kept, text[start:]])


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
