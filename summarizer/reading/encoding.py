"""From bytes to text: BOM, UTF-8, UTF-16, the charset that was declared, else the Western one."""

from __future__ import annotations

import codecs
import re

from summarizer import resources
from summarizer.errors import InputError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# As browsers read them: pages that declare Latin-1 mean its Windows superset.
_MEANS_CP1252 = {"iso8859-1", "ascii"}
_FALLBACK = "cp1252"
# Python's own names for what is no charset of a text: these run escapes, or take time with the square of the length.
_NO_CHARSETS = {"utf-7", "unicode-escape", "raw-unicode-escape", "punycode", "idna", "undefined"}
_GUESSED = ["cp1250", "mac_roman", "cp850", "iso8859_2"]
_NUL_SHARE = 0.7
_STRAY_NUL_SHARE = 0.05
_CONTROL_SHARE = 0.02
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\v\f\r\x1b")) + b"\x7f"


def decode(data: bytes, *, name: str, declared: str | None = None) -> str:
    """Decode a text of unknown encoding, BOM removed. `name` is for messages, `declared` a charset or none.

    Raises `InputError` for what isn't text, and for UTF-8 with broken bytes in it.
    """
    refuse_binary(data, name)
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strictly(data[len(bom) :], encoding, name)
    if b"\0" in data:
        return _strictly(data, _utf16_by_nuls(data, name), name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if declared and (text := _as_declared(data, declared)) is not None:
            return text
        _refuse_broken_utf8(data, error, name)
    return _without_declaration(data, name)


def refuse_binary(data: bytes, name: str) -> None:
    """Raise `InputError` when the first bytes are those of an archive, an image and the like."""
    for kind in resources.data("file_types.yaml"):
        if data.startswith(bytes.fromhex(kind["opening"])):
            raise InputError(f"{name} is {kind['name']}, not a text.", kind["hint"])


def charset_of_html(data: bytes) -> str | None:
    """The charset that a page declares for itself, or none."""
    match = re.search(rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?([\w:.-]+)""", data[:4096], re.I)
    return match[1].decode("ascii", "replace") if match else None


def _strictly(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} begins like {encoding.upper()} but isn't (byte {error.start}).",
            "Save it again as UTF-8.",
        ) from None


def _utf16_by_nuls(data: bytes, name: str) -> str:
    """In Western text as UTF-16 nearly every other byte is NUL; which one tells the byte order."""
    half = max(1, len(data) // 2)
    even, odd = data[::2].count(0) / half, data[1::2].count(0) / half
    if len(data) % 2 == 0 and odd >= _NUL_SHARE and even <= _STRAY_NUL_SHARE:
        return "utf-16-le"
    if len(data) % 2 == 0 and even >= _NUL_SHARE and odd <= _STRAY_NUL_SHARE:
        return "utf-16-be"
    raise InputError(f"{name} is binary, not a text.", "Pass a text, Markdown or HTML file.")


def _as_declared(data: bytes, declared: str) -> str | None:
    try:
        codec = codecs.lookup(declared).name
        if codec.replace("_", "-") in _NO_CHARSETS:
            return None
        text = data.decode(_FALLBACK if codec in _MEANS_CP1252 else codec)
    except (LookupError, UnicodeError, ValueError):
        return None
    return text if isinstance(text, str) else None


def _refuse_broken_utf8(data: bytes, error: UnicodeDecodeError, name: str) -> None:
    """A few bad bytes among many good sequences: damaged; as cp1252 all its umlauts would be wrong."""
    lenient = data.decode("utf-8", "replace")
    broken = lenient.count("\ufffd")
    good = sum(c > "\x7f" for c in lenient) - broken
    if good > 2 * broken:
        raise InputError(
            f"{name} is UTF-8 with broken bytes in it (the first at byte {error.start}).",
            "Save it again as UTF-8, or repair it with: iconv -f utf-8 -t utf-8 -c",
        )


def _without_declaration(data: bytes, name: str) -> str:
    if len(data.translate(None, _CONTROLS)) < len(data) * (1 - _CONTROL_SHARE):
        raise InputError(f"{name} is binary, not a text.", "Pass a text, Markdown or HTML file.")
    try:
        return data.decode(_FALLBACK)
    except UnicodeDecodeError:
        import charset_normalizer

        if guess := charset_normalizer.from_bytes(data, cp_isolation=_GUESSED).best():
            return str(guess)
    raise InputError(f"The encoding of {name} can't be told.", "Save it again as UTF-8.")
