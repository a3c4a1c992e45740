"""Replies that are to use up time or memory: each a function of the server that gives the bytes to send."""

from __future__ import annotations

import gzip
import itertools
import zlib
from collections.abc import Callable, Iterator
from functools import cache

from openai_server.raw import RawServer, head, whole

Attack = Callable[[RawServer], Iterator[bytes]]

_MB = 2**20
_JSON = "application/json"
_MUCH = 100 * _MB


def _times(piece: bytes, total: int) -> Iterator[bytes]:
    block = piece * max(1, _MB // len(piece))
    yield from itertools.repeat(block, total // len(block))


def _chunked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield b"%x\r\n%s\r\n" % (len(piece), piece)


def length(_: RawServer) -> Iterator[bytes]:
    yield head(content_type=_JSON, content_length=str(_MUCH))
    yield from _times(b" ", _MUCH)


def chunks_for_ever(_: RawServer) -> Iterator[bytes]:
    yield head(content_type=_JSON, transfer_encoding="chunked")
    yield from _chunked(itertools.repeat(b" " * _MB))


def tiny_chunks_for_ever(_: RawServer) -> Iterator[bytes]:
    yield head(content_type=_JSON, transfer_encoding="chunked")
    yield from itertools.repeat(b"1\r\n \r\n" * 10_000)


def no_length_for_ever(_: RawServer) -> Iterator[bytes]:
    yield head(content_type=_JSON)
    yield from itertools.repeat(b" " * _MB)


def one_string(_: RawServer) -> Iterator[bytes]:
    yield head(content_type=_JSON) + b'{"choices": [{"message": {"content": "'
    yield from _times(b"a", _MUCH)
    yield b'"}}]}'


@cache
def _packed(kind: str) -> bytes:
    if kind == "deflate":
        return zlib.compress(b" " * _MUCH)
    once = gzip.compress(b" " * (_MUCH if kind == "gzip" else 3 * _MUCH))
    return once if kind == "gzip" else gzip.compress(once)


def gzip_bomb(_: RawServer) -> Iterator[bytes]:
    yield whole(_packed("gzip"), content_encoding="gzip")


def deflate_bomb(_: RawServer) -> Iterator[bytes]:
    yield whole(_packed("deflate"), content_encoding="deflate")


def gzip_bomb_in_a_bomb(_: RawServer) -> Iterator[bytes]:
    yield whole(_packed("twice"), content_encoding="gzip, gzip")


def hundred_encodings(_: RawServer) -> Iterator[bytes]:
    yield whole(_packed("gzip"), content_encoding=", ".join(["gzip"] * 100))


def unknown_encoding(_: RawServer) -> Iterator[bytes]:
    yield head(content_type=_JSON, content_encoding="br, zstd")
    yield from _times(b"\x8f", _MUCH)


def no_gzip_at_all(_: RawServer) -> Iterator[bytes]:
    yield whole(b'{"choices": []}', content_encoding="gzip")


def million_choices(_: RawServer) -> Iterator[bytes]:
    yield whole(b'{"choices": [%s{}]}' % (b"{}," * 1_000_000))


def million_messages(_: RawServer) -> Iterator[bytes]:
    yield whole(b'{"choices": [%s{}]}' % (b'{"message":{}},' * 500_000))


def million_tool_calls(_: RawServer) -> Iterator[bytes]:
    yield whole(b'{"choices": [{"message": {"tool_calls": [%s0]}}]}' % (b'{"function":{}},' * 500_000))


def million_models(_: RawServer) -> Iterator[bytes]:
    yield whole(b'{"data": [%s{}]}' % (b'{"id":"\\u001b[2J"},' * 400_000))


def million_errors(_: RawServer) -> Iterator[bytes]:
    yield whole(b'{"id": "b", "status": "failed", "errors": {"data": [%s{}]}}' % (b'{"message":1},' * 500_000))


def deep_lists(_: RawServer) -> Iterator[bytes]:
    yield whole(b"[" * 100_000)


def deep_objects(_: RawServer) -> Iterator[bytes]:
    yield whole(b'{"choices":' * 100_000 + b"1" + b"}" * 100_000)


def as_deep_as_can_be_read(_: RawServer) -> Iterator[bytes]:
    deep = b"[" * 900 + b"]" * 900
    yield whole(b'{"error": {"message": %s}, "data": %s, "id": %s}' % (deep, deep, deep))


def deep_error(_: RawServer) -> Iterator[bytes]:
    yield whole(b'{"error":' * 100_000, "400 Bad Request")


def long_error(_: RawServer) -> Iterator[bytes]:
    yield head("500 Internal Server Error", content_type=_JSON)
    yield from _times(b'{"error": {"message": "no"}} ', _MUCH)


def error_of_one_word(_: RawServer) -> Iterator[bytes]:
    yield whole(b'{"error": {"message": "%s", "code": "%s"}}' % (b"a" * 3 * _MB, b"b" * 3 * _MB), "400 Bad Request")


def error_in_punycode(_: RawServer) -> Iterator[bytes]:
    yield whole(b"a" * 200_000 + b"-" + b"b" * 200_000, "400 Bad Request", content_type="text/plain; charset=punycode")


def error_in_zlib(_: RawServer) -> Iterator[bytes]:
    yield whole(_packed("deflate"), "400 Bad Request", content_type="application/json; charset=zlib")


def one_long_header(_: RawServer) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nX: "
    yield from _times(b"a", _MUCH)


def headers_for_ever(_: RawServer) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    yield from itertools.repeat(b"X: a\r\n" * 1000)


def trailers_for_ever(_: RawServer) -> Iterator[bytes]:
    yield head(content_type=_JSON, transfer_encoding="chunked") + b"2\r\n{}\r\n0\r\n"
    yield from itertools.repeat(b"X: a\r\n" * 1000)


def interim_replies_for_ever(_: RawServer) -> Iterator[bytes]:
    yield from itertools.repeat(b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n" * 100)


def _slowly(server: RawServer, pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        server.pause(0.2)
        yield piece


def slow_body(server: RawServer) -> Iterator[bytes]:
    yield head(content_type=_JSON)
    yield from _slowly(server, itertools.repeat(b" "))


def slow_error(server: RawServer) -> Iterator[bytes]:
    yield head("503 Service Unavailable", content_type=_JSON)
    yield from _slowly(server, itertools.repeat(b" "))


def slow_head(server: RawServer) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nX: "
    yield from _slowly(server, itertools.repeat(b"a"))


def slow_interim_replies(server: RawServer) -> Iterator[bytes]:
    yield from _slowly(server, itertools.repeat(b"HTTP/1.1 102 Processing\r\n\r\n"))


def _by_name(*attacks: Attack) -> dict[str, Attack]:
    return {attack.__name__: attack for attack in attacks}


LARGE = _by_name(
    length,
    chunks_for_ever,
    no_length_for_ever,
    one_string,
    gzip_bomb,
    deflate_bomb,
    gzip_bomb_in_a_bomb,
    hundred_encodings,
    unknown_encoding,
    no_gzip_at_all,
    long_error,
    error_of_one_word,
    error_in_punycode,
    error_in_zlib,
    one_long_header,
    headers_for_ever,
    trailers_for_ever,
)
DEEP_AND_WIDE = _by_name(
    million_choices,
    million_messages,
    million_tool_calls,
    million_models,
    deep_lists,
    deep_objects,
    as_deep_as_can_be_read,
    deep_error,
    million_errors,
)
SLOW = _by_name(
    slow_body,
    slow_error,
    slow_head,
    slow_interim_replies,
    interim_replies_for_ever,
    tiny_chunks_for_ever,
)
ALL: dict[str, Attack] = {**LARGE, **DEEP_AND_WIDE, **SLOW}
