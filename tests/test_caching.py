"""The cache of replies: what counts as the same request, and what becomes of a file that can't be used."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command import caller
from hypothesis import given
from hypothesis import strategies as st
from invented import answer, golden_set, model_at
from openai_server import OpenAIServer
from openai_server.claims import claims, invented_article
from pydantic import BaseModel, SecretStr

from summarizer import Summarizer
from summarizer.errors import ConfigurationError
from summarizer.evaluation.runner import Pipeline, run
from summarizer.llm import caching
from summarizer.llm.base import (
    Completion,
    CompletionRequest,
    Encoding,
    EncodingRequest,
    Message,
    Request,
    Schema,
    StructuredReply,
    StructuredRequest,
)
from summarizer.llm.caching import ReplyCache, cache_info, clear_cache
from summarizer.llm.client import OpenAIModel
from summarizer.models import Usage

KEY = "sk-planted-4f9aQ7zW1xY8"
TESTS = Path(__file__).parent


class Number(BaseModel):
    number: int


class Digit(BaseModel):
    number: int
    name: str = ""


REQUEST = StructuredRequest((Message("system", "Count."), Message("user", "How many?")), Number)
REPLY = StructuredReply(Number(number=8), '{"number": 8}', Usage(requests=1, input_tokens=100, cost_usd=0.5))
COMPLETION = CompletionRequest((Message("user", "Yes or no?"),), "root ::= 'yes' | 'no'")
ENCODING = EncodingRequest("probe", "Before.", (" One.", " Two."))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "replies.sqlite"


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as started:
        started.reply_with(claims)
        yield started


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SUMMARIZER_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return tmp_path / "own"


def opened(path: Path, model: str = "m", **options: Any) -> tuple[ReplyCache, list[str]]:
    said: list[str] = []
    return ReplyCache(model, path=path, on_message=said.append, **options), said


def got(cache: ReplyCache, request: Request) -> Any:
    return cache.get(cache.key(request), request)


def put(cache: ReplyCache, request: Request, reply: Any) -> None:
    cache.put(cache.key(request), reply)
    cache.flush()


def test_replies_are_written_some_at_a_time_and_all_in_the_end(path: Path) -> None:
    cache, _ = opened(path)
    for number in range(100):
        cache.put(cache.key(numbered(number)), StructuredReply(Number(number=number), "", Usage(requests=1)))
        assert got(cache, numbered(number)).value.number == number
    cache.close()
    again, _ = opened(path)
    assert all(got(again, numbered(number)).value.number == number for number in range(100))
    again.close()


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        (REQUEST, REPLY),
        (COMPLETION, Completion("yes", {"yes": 0.75, "\ud800": 0.25}, Usage(requests=1))),
        (ENCODING, Encoding((b"\x00\xff", b"\x80\x7f"), Usage(requests=1))),
    ],
    ids=["structured", "completion", "encoding"],
)
def test_a_reply_is_the_same_again_and_takes_nothing(path: Path, request_: Request, reply: Any) -> None:
    cache, said = opened(path)
    assert got(cache, request_) is None and cache.hits == 0
    put(cache, request_, reply)
    kept = got(cache, request_)
    assert kept == replace(reply, usage=Usage(cost_usd=0.0))
    cache.close()
    again, _ = opened(path)
    assert got(again, request_) == kept and again.hits == 1
    again.close()
    assert said == [] and cache_info(path).replies == 1


OTHERS: list[Request] = [
    replace(REQUEST, messages=(Message("user", "Count."), Message("user", "How many?"))),
    replace(REQUEST, messages=(Message("system", "Count. "), Message("user", "How many?"))),
    replace(REQUEST, messages=REQUEST.messages[1:]),
    replace(REQUEST, response_model=Digit),
    replace(REQUEST, schema=Schema({"type": "object", "properties": {"number": {"enum": [1, 2]}}})),
    replace(REQUEST, schema=Schema({"type": "object", "properties": {"number": {"enum": [1, 3]}}})),
    replace(REQUEST, max_output_tokens=4095),
    replace(REQUEST, max_reasks=1),
    replace(REQUEST, temperature=0.1),
    CompletionRequest(REQUEST.messages),
    COMPLETION,
    replace(COMPLETION, grammar=None),
    replace(COMPLETION, max_output_tokens=1),
    replace(COMPLETION, top_logprobs=1),
    ENCODING,
    replace(ENCODING, encoder="other"),
    replace(ENCODING, context=""),
    replace(ENCODING, pieces=(" One. Two.",)),
    replace(ENCODING, context="", pieces=("Before.", " One.", " Two.")),
]


def test_each_part_of_a_request_counts(path: Path) -> None:
    cache, _ = opened(path)
    keys = {cache.key(request) for request in [REQUEST, *OTHERS]}
    assert len(keys) == 1 + len(OTHERS)
    put(cache, REQUEST, REPLY)
    assert all(got(cache, other) is None for other in OTHERS)
    cache.close()


def test_models_and_services_share_nothing(path: Path, server: OpenAIServer) -> None:
    def identity(name: str = "openai/a", model_id: str = "a", **options: Any) -> str:
        return OpenAIModel(name, model_id=model_id, **({"base_url": "http://one.example/v1"} | options)).identity

    identities = [
        identity(),
        identity("openai/b"),
        identity(model_id="b"),
        identity(base_url="https://one.example/v1"),
        identity(base_url="http://two.example/v1"),
        identity(base_url="http://one.example:81/v1"),
        identity(base_url="http://one.example/v2"),
        identity(mode="json_schema"),
    ]
    assert len(set(identities)) == len(identities)
    cache, _ = opened(path, identities[0])
    put(cache, REQUEST, REPLY)
    cache.close()
    for other in identities[1:]:
        cache, _ = opened(path, other)
        assert got(cache, REQUEST) is None
        cache.close()
    assert identity(base_url=f"http://user:{KEY}@one.example/v1?api-key={KEY}") == identities[0]


def test_what_todays_check_refuses_is_asked_again(path: Path) -> None:
    cache, said = opened(path)
    put(cache, REQUEST, REPLY)
    strict = replace(REQUEST, check=lambda answer: ["too many"] if answer.number > 7 else [])
    assert cache.key(strict) == cache.key(REQUEST) and got(cache, strict) is None
    put(cache, strict, StructuredReply(Number(number=7), "7", Usage()))
    assert got(cache, strict).value.number == 7
    cache.close()
    assert said == [] and cache_info(path).replies == 1


@pytest.mark.parametrize("damage", [b"", b"no zlib", *(bytes([120, 156, i]) for i in range(3))])
def test_a_damaged_reply_is_asked_again(path: Path, damage: bytes) -> None:
    cache, said = opened(path)
    put(cache, REQUEST, REPLY)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE replies SET value = ?", [damage])
    assert got(cache, REQUEST) is None
    put(cache, REQUEST, REPLY)
    assert got(cache, REQUEST).value == REPLY.value
    cache.close()
    assert said == []


def numbered(number: int) -> StructuredRequest[Number]:
    return replace(REQUEST, messages=(Message("user", str(number)),))


def sized(number: int, size: int) -> StructuredReply[Number]:
    """Of about so many bytes: random ones hardly get shorter by being compressed."""
    return StructuredReply(Number(number=number), os.urandom(size).hex(), Usage())


def test_what_was_used_longest_ago_makes_room(path: Path) -> None:
    cache, _ = opened(path, max_bytes=30_000)
    for number in range(10):
        put(cache, numbered(number), sized(number, 2000))
    with closing(sqlite3.connect(path)) as database, database:
        # As if a week had passed: within a day of its last use nothing is written down about a hit.
        database.execute("UPDATE replies SET used = used - 7 * 24 * 3600")
    assert got(cache, numbered(0)).value.number == 0
    for number in range(10, 14):
        put(cache, numbered(number), sized(number, 2000))
    kept = {number for number in range(14) if got(cache, numbered(number)) is not None}
    oldest = min(kept - {0})
    assert 1 < oldest < 10 and kept == {0, *range(oldest, 14)}
    info = cache_info(path)
    assert info.replies == len(kept) and info.bytes <= 30_000
    cache.close()


@given(sizes=st.lists(st.integers(0, 4000), max_size=40), limit=st.integers(0, 8000))
def test_the_size_is_kept_and_right(tmp_path_factory: pytest.TempPathFactory, sizes: list[int], limit: int) -> None:
    path = tmp_path_factory.mktemp("cache") / "replies.sqlite"
    cache, said = opened(path, max_bytes=limit)
    for number, size in enumerate(sizes):
        put(cache, numbered(number % 7), sized(number, size))
    info = cache_info(path)
    with closing(sqlite3.connect(path)) as database:
        count, length = database.execute("SELECT count(*), coalesce(sum(length(value)), 0) FROM replies").fetchone()
    assert info.replies == count and length <= info.bytes <= limit
    cache.close()
    assert said == []


def test_a_reply_larger_than_the_cache_displaces_nothing(path: Path) -> None:
    cache, said = opened(path, max_bytes=3000)
    put(cache, numbered(1), sized(1, 1000))
    put(cache, numbered(2), sized(2, 9000))
    assert got(cache, numbered(1)) is not None and got(cache, numbered(2)) is None
    cache.close()
    assert said == []


def test_many_small_replies_need_no_much_larger_file(path: Path) -> None:
    cache, _ = opened(path, max_bytes=300_000)
    for number in range(3000):
        put(cache, replace(COMPLETION, messages=(Message("user", str(number)),)), Completion("yes", {}, Usage()))
    cache.close()
    assert path.stat().st_size < 400_000


def unusable(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)


def goes_on(path: Path, *, asked: int = 3) -> str:
    """What was said, once, while nothing was cached."""
    cache, said = opened(path)
    for number in range(asked):
        put(cache, numbered(number), REPLY)
        assert got(cache, numbered(number)) is None
    cache.close()
    assert len(said) == 1 and str(path) in said[0]
    return said[0]


@pytest.mark.parametrize("content", [b"no database at all " * 99, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_cache_is_said_once(path: Path, content: bytes) -> None:
    unusable(path, content)
    assert "cache clear" in goes_on(path)
    with pytest.raises(ConfigurationError, match="cache clear"):
        cache_info(path)
    assert clear_cache(path) == len(content)
    cache, said = opened(path)
    put(cache, REQUEST, REPLY)
    assert got(cache, REQUEST) is not None and said == []
    cache.close()


def test_a_cache_of_another_format_is_said_once(path: Path) -> None:
    opened(path)[0].close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    assert "format 99" in goes_on(path)
    assert clear_cache(path) > 0 and not path.exists()


def test_a_file_that_breaks_while_it_is_used(path: Path) -> None:
    cache, said = opened(path)
    put(cache, REQUEST, REPLY)
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TABLE size")
    put(cache, numbered(1), REPLY)
    put(cache, numbered(2), REPLY)
    assert got(cache, REQUEST) is None and len(said) == 1
    cache.close()


def test_a_locked_file_is_said_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "_BUSY_S", 0.05)
    opened(path)[0].close()
    cache, said = opened(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "locked" in goes_on(path)
        put(cache, REQUEST, REPLY)
        put(cache, numbered(1), REPLY)
        assert len(said) == 1 and "clear" not in said[0]
        for use in (cache_info, clear_cache):
            with pytest.raises(ConfigurationError, match="later"):
                use(path)
    cache.close()


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    goes_on(tmp_path / "file" / "replies.sqlite")


OPENED = """
import os, sys, time
from pathlib import Path
from summarizer.llm.base import Completion, CompletionRequest, Message
from summarizer.llm.caching import ReplyCache
from summarizer.models import Usage

def opened(path):
    return ReplyCache("m", path=Path(path), on_message=said.append)

def keep(number, size):
    asked = CompletionRequest((Message("user", str(number)),))
    cache.put(cache.key(asked), Completion(os.urandom(size).hex(), {}, Usage()))
    return cache.get(cache.key(asked), asked)

said = []
"""


def script(code: str, *arguments: object) -> subprocess.CompletedProcess[bytes]:
    line = [sys.executable, "-c", OPENED + code, *map(str, arguments)]
    return subprocess.run(line, check=False, capture_output=True, cwd=TESTS.parent, timeout=60)


READ_ONLY = """
os.chdir(sys.argv[1])
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
cache = opened("replies.sqlite")
assert keep(1, 9) is None and keep(2, 9) is None and len(said) == 1, said
"""


def test_a_folder_that_is_read_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    done = script(READ_ONLY, tmp_path)
    assert done.returncode == 0, done.stderr


FULL = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
cache = opened(sys.argv[1])
kept = [keep(number, 10_000) is not None for number in range(100)]
assert len(said) == 1 and kept[0] and not kept[-1], said
"""


def test_a_disk_that_is_full_is_said_once(path: Path) -> None:
    done = script(FULL, path)
    assert done.returncode == 0, done.stderr
    # What was kept before is there, and nobody holds a lock.
    cache, said = opened(path)
    assert got(cache, CompletionRequest((Message("user", "0"),))) is not None
    put(cache, REQUEST, REPLY)
    assert got(cache, REQUEST) is not None and said == []
    cache.close()


def test_whatever_breaks_in_leaves_no_lock(path: Path) -> None:
    """As Ctrl-C does, between two statements of a transaction."""
    cache, said = opened(path)

    def interrupted(database: sqlite3.Connection) -> None:
        database.execute("BEGIN IMMEDIATE")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache._run(interrupted)
    put(cache, REQUEST, REPLY)
    assert got(cache, REQUEST) is not None and said == []
    cache.close()


SHARED = """
time.sleep(max(0, float(sys.argv[3]) - time.time()))
cache = opened(sys.argv[1])
first = int(sys.argv[2])
assert all(keep(number, 500) for number in range(first, first + 50)) and not said, said
cache.close()
"""


def test_several_processes_begin_and_write_at_a_time(path: Path) -> None:
    start = time.time() + 1
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda i: script(SHARED, path, 50 * i, start), range(4)))
    assert [d.returncode for d in done] == [0] * 4, [d.stderr for d in done]
    assert cache_info(path).replies == 200


def test_several_threads_share_one(path: Path) -> None:
    cache, said = opened(path)
    barrier = threading.Barrier(8)

    def work(first: int) -> None:
        barrier.wait()
        for number in range(first, first + 20):
            put(cache, numbered(number % 40), sized(number % 40, 300))
            assert got(cache, numbered(number % 40)).value.number == number % 40

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(0, 80, 10)))
    cache.close()
    assert said == [] and cache_info(path).replies == 40


def test_cleared_while_another_goes_on(path: Path) -> None:
    cache, said = opened(path)
    put(cache, numbered(1), sized(1, 100_000))
    assert clear_cache(path) > 100_000
    assert got(cache, numbered(1)) is None
    put(cache, numbered(2), REPLY)
    other, also_said = opened(path)
    assert got(other, numbered(2)) is not None
    cache.close()
    put(other, numbered(3), REPLY)
    other.close()
    assert said == also_said == [] and cache_info(path).replies == 2


def test_nobody_else_may_read_it(path: Path) -> None:
    before = os.umask(0)
    try:
        cache, _ = opened(path)
        put(cache, REQUEST, REPLY)
        files = list(path.parent.iterdir())
        assert path in files and {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        cache.close()
    finally:
        os.umask(before)


@pytest.mark.parametrize(("given_", "expected"), [("", 500_000_000), ("7", 7_000_000), ("0", 0)])
def test_the_size_is_set_by_a_variable(monkeypatch: pytest.MonkeyPatch, path: Path, given_: str, expected: int) -> None:
    monkeypatch.setenv("SUMMARIZER_CACHE_MB", given_)
    assert cache_info(path).max_bytes == expected
    cache, said = opened(path)
    put(cache, REQUEST, REPLY)
    assert (got(cache, REQUEST) is None) is (expected == 0)
    cache.close()
    assert said == []


@pytest.mark.parametrize("given_", ["many", "-1", "1.5", "²"])
def test_a_size_that_is_none(monkeypatch: pytest.MonkeyPatch, path: Path, given_: str) -> None:
    monkeypatch.setenv("SUMMARIZER_CACHE_MB", given_)
    with pytest.raises(ConfigurationError, match="megabytes"):
        ReplyCache("m", path=path)


def everything(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_the_second_time_nobody_is_asked(server: OpenAIServer, folder: Path) -> None:
    address = server.base_url.replace("http://", f"http://user:{KEY}-in-url@")
    reports = []
    for turn in range(2):
        with Summarizer("openai/stand-in", base_url=address, cache=True) as summarizer:
            reports.append(summarizer.summarize(invented_article(7)))
            assert (summarizer.cached > 0) is (turn == 1)
    assert len(server.chats) == 2
    assert reports[0].claims and reports[0].claims == reports[1].claims and reports[0].summary == reports[1].summary
    assert reports[0].run.usage.requests == 2
    assert reports[1].run.usage == Usage(cost_usd=0.0)
    kept = everything(folder)
    assert b"planted" not in kept and b"user" not in kept and b"A00007" not in kept


def test_a_broken_cache_costs_no_article(server: OpenAIServer, folder: Path) -> None:
    unusable(folder / "replies.sqlite", b"no database" * 100)
    said: list[str] = []
    with Summarizer("openai/stand-in", base_url=server.base_url, cache=True, on_message=said.append) as summarizer:
        for number in (1, 2):
            assert summarizer.summarize(invented_article(number)).claims
    assert len(said) == 1 and "aren't cached" in said[0]


def test_a_failed_request_is_not_kept(server: OpenAIServer, folder: Path) -> None:
    server.fail_first(*["no JSON"] * 3)
    with Summarizer("openai/stand-in", base_url=server.base_url, cache=True) as summarizer:
        with pytest.raises(Exception, match="invalid"):
            summarizer.summarize(invented_article(1))
        assert summarizer.summarize(invented_article(1)).claims and summarizer.cached == 0


def test_evals_ask_the_model_each_time(server: OpenAIServer, folder: Path, tmp_path: Path) -> None:
    server.reply_with(answer)
    golden = golden_set(tmp_path / "golden")
    for turn in range(2):
        system = Pipeline(Summarizer(language_model=model_at(server.base_url, KEY), profile="article"))
        run(golden, system, tmp_path / f"{turn}.jsonl")
        assert len(server.chats) == 5 * (turn + 1)
    assert not folder.exists()


def test_info_and_clear(
    server: OpenAIServer,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.delenv("SUMMARIZER_MODEL", raising=False)
    command = caller(monkeypatch, capsysbinary)
    article = tmp_path / "article.txt"
    article.write_text(invented_article(3))
    asked = [article, "-m", "openai/stand-in", "--base-url", server.base_url, "-f", "json"]
    assert command("cache", "info").out.splitlines() == [
        str(folder / "replies.sqlite"),
        "0 replies, 0.0 MB of at most 500 MB",
    ]
    first, again = command(*asked), command(*asked)
    assert {first.code, again.code} == {0}, first.err + again.err
    assert len(server.chats) == 2
    assert json.loads(first.out)["claims"] == json.loads(again.out)["claims"]
    with monkeypatch.context() as patched:
        patched.setenv("SUMMARIZER_CACHE_MB", "7")
        shown = command("cache", "info")
    assert "2 replies" in shown.out and "at most 7 MB" in shown.out
    cleared = command("cache", "clear")
    assert cleared.code == 0 and "freed" in cleared.err
    assert "0 replies" in command("cache", "info").out
    assert KEY.encode() not in everything(folder)


def test_a_url_with_credentials_is_not_named_by_the_model() -> None:
    model = OpenAIModel(
        "openai/m", model_id="m", api_key=SecretStr(KEY), base_url=f"https://{KEY}@host.example/v1?key={KEY}"
    )
    assert model.identity == "openai/m at https://host.example/v1 (tools)"
    with Summarizer(language_model=model) as summarizer:
        assert KEY not in str(summarizer.fingerprint())
