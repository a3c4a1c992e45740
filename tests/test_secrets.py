"""A planted key is nowhere but in the requests to its service, whatever happens and whatever is looked at.

Real processes, each with a home of its own and with every library's log at its lowest level, meet every failure
there is. Then all that they wrote is searched for pieces of the key: what they said, logs, cache, journals, reports,
run files, archives, pages, temporary files and tracebacks.
"""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from openai_server import Cut, Hang, OpenAIServer, Raw, Reply, Request, Status, redirect
from openai_server.claims import claims
from pydantic import SecretStr
from served import Pages

from summarizer.archive import Archive
from summarizer.archive.files import default_path
from summarizer.llm.caching import ReplyCache
from summarizer.llm.keys import KeyStore, Place
from summarizer.llm.secrecy import keep_secret, repeats, without_keys

HERE = Path(__file__).parent
PROBES = HERE / "diagnosed"
KEYS = {"letters": "sk-Zq8xW1vB7nM4-pT6yU2iO9aS3dF5", "signs": "Kp7+mQ2/wX9=zR4%vN6~hJ1'\"gT8+bY3/fD5=="}
PIECE_CHARS = 8
CASES = {
    1: "status 400",
    2: "status 401",
    3: "status 401 with the key's halves",
    4: "status 403",
    5: "status 404",
    6: "status 402",
    7: "status 429",
    8: "status 500",
    9: "no JSON",
    10: "a good reply without JSON",
    11: "a body that breaks off",
    12: "a truncated answer",
    13: "a refusal",
    14: "claims that repeat the key",
    15: "answers that stay invalid",
    16: "headers that repeat the key",
    17: "a redirect",
    18: "a good answer",
    19: "the key in an address, in Base64, in JSON and in hexadecimal",
    20: "a refusal that repeats the key",
    21: "a truncated answer that repeats the key",
}
_MANY = (1, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21)
_BATCHED = (1, 8, 14, 19, 20)
_HANGING = 90
KINDS = (
    *("Authentication", "Quota", "RateLimit", "Service", "ConnectionFailed", "TimeoutExceeded", "Truncated", "Refusal"),
    *("InvalidOutput", "Model"),
)
TEXT = "Fall {}\n\nAnna Almgren said that Norway would send 500 soldiers to Ukraine after a ceasefire.\n"


def reply(request: Request, before: int) -> Any:
    """What the service does in the case that an article names; it repeats the key wherever it can.

    `before` is how often the same was asked before.
    """
    key = request.key or ""
    found = re.search(r"Fall (\d+)", " ".join(request.texts))
    case = int(found[1]) if found else 18
    echo = {"X-Your-Key": quote(key), "x-request-id": key.replace('"', ""), "Retry-After-Ms": "1"}
    said = f"Incorrect API key provided: {key}. Also {quote(key, safe='')} or {b64encode(key.encode()).decode()}."
    claim = {
        "evidence": [2],
        "speakers": [{"name": key, "kind": "person"}],
        "statement": f"{key} would send 500 soldiers.",
        "attribution": "indirect",
        "quote": key,
        "stance": "commits",
        "measure": "troops",
    }
    return {
        1: Status(400, f"no good: {said[27:]}", "invalid_request", headers=echo),
        2: Status(401, said, "invalid_api_key", headers=echo),
        3: Status(401, f"key {key[:9]} or {key[-9:]} or {key[4:14]}*****", headers=echo),
        4: Status(403, said, headers=echo),
        5: Status(404, said, headers=echo),
        6: Status(402, said, headers=echo),
        # Whoever is one of many would wait for as long as it comes.
        7: None if before else Status(429, said, "rate_limit_exceeded", headers=echo),
        8: Status(500, said, headers=echo),
        9: Raw(said.encode(), "text/plain", headers=echo),
        10: Reply(f"I'd rather say {key}"),
        11: Cut(key * 20),
        12: Reply('{"claims": [{"statement": "A', finish_reason="length"),
        21: Reply(f'{{"claims": [{{"statement": "{key}', finish_reason="length"),
        13: Reply(refusal="I can't."),
        20: Reply(refusal=f"I can't, {key}"),
        14: {"claims": [claim]},
        15: Reply("I would rather not."),
        16: Raw(b"{}", headers=echo),
        17: redirect(f"http://127.0.0.1:9/{quote(key)}?key={quote(key)}"),
        19: Status(
            400, f"{quote(key, safe='')} {b64encode(key.encode()).decode()} {json.dumps(key)} {key.encode().hex()}"
        ),
        _HANGING: Hang(30),
    }.get(case) or claims(request)


@dataclass
class Scene:
    """Where one process runs, and what it said. All that it writes is in `folder`."""

    name: str
    key: str
    server: OpenAIServer
    folder: Path
    code: int | None = None
    said: bytes = b""
    pages: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("home", "work", "tmp"):
            (self.folder / name).mkdir(parents=True, mode=0o755)

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def url(self) -> str:
        return self.server.base_url

    def environment(self, **more: str) -> dict[str, str]:
        """As a user's, with every diagnosis on."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "COLUMNS": "200",
            "PYTHONPATH": os.pathsep.join([str(PROBES), str(HERE)]),
            "PYTHONASYNCIODEBUG": "1",
            "PYTHONFAULTHANDLER": "1",
            "PYTHONWARNINGS": "always",
            "OPENAI_LOG": "debug",
            "OPENAI_API_KEY": self.key,
            "EVERYTHING_LOGGED": str(self.folder / "everything.log"),
            **more,
        }

    def start(self, *command: object, **more: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, *map(str, command)],
            cwd=self.work,
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(self, *command: object, **more: str) -> bytes:
        """To the end; gives what it said."""
        with self.start(*command, **more) as process:
            try:
                said = process.communicate(timeout=100)[0]
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        self.code, self.said = process.returncode, self.said + said
        return said

    def summarize(self, *arguments: object, **more: str) -> bytes:
        return self.run("-m", "summarizer", *arguments, "-m", "stand-in", "--base-url", self.url, **more)

    def article(self, case: int) -> Path:
        path = self.work / f"{case}.txt"
        path.write_text(TEXT.format(case))
        return path

    def wait_for_request(self) -> None:
        until = time.monotonic() + 60
        while not self.server.chats:
            assert time.monotonic() < until
            time.sleep(0.02)


def library(scene: Scene) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        unused = closed.getsockname()[1]
    plan: dict[str, Any] = {
        "url": scene.url,
        "cases": list(CASES),
        "at_once": [2, 8, 9, 14, 16, 17, 19],
        "broken": [scene.url.replace("http", "https"), f"http://127.0.0.1:{unused}/v1", "http://nowhere.invalid/v1"],
        "hanging": [_HANGING],
        "batched": list(_BATCHED),
    }
    if scene.key != KEYS["letters"]:
        plan |= {"cases": [1, 3, 14, 16, 17, 19], "at_once": [19], "broken": [], "hanging": [], "batched": [19]}
    said = scene.run(PROBES / "library.py", json.dumps(plan))
    assert b"[key]" in said and b"ServiceError" in said, said[-3000:]
    missing = [kind for kind in KINDS if f"{kind}Error:".encode() not in said]
    assert scene.key != KEYS["letters"] or not missing, missing


def many(scene: Scene) -> None:
    lines = (json.dumps({"id": f"a{case}", "text": TEXT.format(case)}) + "\n" for case in _MANY)
    (scene.work / "in.jsonl").write_text("".join(lines))
    scene.summarize("in.jsonl", "-o", "reports.jsonl", "--archive", "archive.sqlite", "--concurrency", "8")
    assert scene.code == 1 and b"failed" in scene.said
    for name in ("html", "xlsx"):
        scene.run("-m", "summarizer", "show", "reports.jsonl", "-o", f"report.{name}")
    # Left over, as after a crash.
    assert (scene.work / "reports.jsonl.journal").exists() and (scene.folder / "home/.cache").is_dir()


def refused(scene: Scene) -> None:
    scene.summarize(scene.article(2))
    assert scene.code == 1 and b"refused the key" in scene.said


def no_model_named(scene: Scene) -> None:
    scene.run("-m", "summarizer", scene.article(18), "--base-url", scene.url)
    assert scene.code == 2 and b"stand-in" in scene.said


def crash_while_working(scene: Scene) -> None:
    said = scene.summarize(scene.article(18), "-f", "json", CRASH_IN="summarizer.cli.summarizing:_exit_code")
    assert scene.code == 1 and b"RuntimeError: planted" in said and b"Traceback" in said, said


def crash_while_evaluating(scene: Scene) -> None:
    golden(scene, 1)
    said = scene.summarize("eval", "-o", "run.jsonl", CRASH_IN="summarizer.llm.transport:_status_failure")
    assert b"RuntimeError: planted" in said, said


def interrupted(scene: Scene) -> None:
    scene.article(_HANGING)
    with scene.start(
        "-m", "summarizer", f"{_HANGING}.txt", "-o", "out.jsonl", "-m", "stand-in", "--base-url", scene.url
    ) as process:
        scene.wait_for_request()
        for name in ("cmdline", "status", "comm", "wchan"):
            with suppress(OSError):
                scene.pages.append(Path(f"/proc/{process.pid}/{name}").read_bytes())
        process.send_signal(signal.SIGINT)
        scene.said = process.communicate(timeout=60)[0]
    scene.code = process.returncode
    assert scene.code == 130, scene.said


def golden(scene: Scene, *cases: int) -> None:
    for case in cases:
        folder = scene.work / "evals" / "golden" / f"2025-09-05-{case}"
        folder.mkdir(parents=True)
        (folder / "article.txt").write_text(TEXT.format(case))
        (folder / "claims.yaml").write_text(
            "language: en\npublished: 2025-09-05\nsplit: dev\ngenre: agency\naliases: {}\nclaims: []\n"
        )


def evaluated(scene: Scene) -> None:
    golden(scene, 1, 14, 18)
    scene.summarize("eval", "-o", "run.jsonl")
    assert (scene.work / "run.jsonl").exists() and (scene.work / "run.html").exists(), scene.said


def served(scene: Scene) -> None:
    with scene.start("-m", "summarizer", "serve", "--port", "0", "-m", "stand-in", "--base-url", scene.url) as process:
        assert process.stdout is not None
        said = b""
        while (found := re.search(rb"Open (http://\S+/)", said)) is None:
            line = process.stdout.readline()
            assert line, said
            said += line
        reader = threading.Thread(target=lambda: scene.pages.append(process.stdout.read()))  # type: ignore[union-attr]
        reader.start()
        url = found[1].decode()
        with httpx.Client(base_url=url, headers={"Origin": url.rstrip("/")}, timeout=60) as client:
            pages = Pages(url, client)
            for case in (1, 2, 8, 14, 18):
                job = pages.submit(TEXT.format(case)).headers["location"]
                events = pages.events(job)
                scene.pages += [json.dumps(events).encode(), client.get(job).content]
            scene.pages += [client.get("/").content]
        process.send_signal(signal.SIGINT)
        process.wait(60)
        reader.join()
    scene.code, scene.said = process.returncode, said
    assert scene.code == 0


SCENES: dict[str, tuple[Callable[[Scene], None], str]] = {
    "library": (library, "letters"),
    "library, a key with signs": (library, "signs"),
    "many articles": (many, "letters"),
    "serve": (served, "signs"),
    "eval": (evaluated, "letters"),
    "a refused key": (refused, "signs"),
    "no model named": (no_model_named, "letters"),
    "a crash in the command": (crash_while_working, "letters"),
    "a crash in an eval": (crash_while_evaluating, "letters"),
    "Ctrl-C": (interrupted, "letters"),
}


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Callable[[], Scene]]]:
    """All of them at once, since most of them wait most of the time."""

    def play(name: str) -> Scene:
        act, key = SCENES[name]
        with OpenAIServer() as server:
            asked: Counter[str] = Counter()

            def answer(request: Request) -> Any:
                asked[request.digest] += 1
                return reply(request, asked[request.digest] - 1)

            server.reply_with(answer)
            scene = Scene(name, KEYS[key], server, tmp_path_factory.mktemp("scene") / "s")
            act(scene)
            if server.chats:
                assert {request.key for request in server.chats} == {scene.key}
        return scene

    with ThreadPoolExecutor(3) as pool:
        yield {name: pool.submit(play, name).result for name in SCENES}


def contents(scene: Scene) -> Iterator[tuple[str, bytes]]:
    """All that a process wrote, unpacked, and by name."""
    yield "said", scene.said
    for number, page in enumerate(scene.pages):
        yield f"page {number}", page
    for path in scene.folder.rglob("*"):
        yield f"name of {path}", os.fsencode(path)
        if path.is_file():
            data = path.read_bytes()
            yield str(path), data
            yield from unpacked(path, data)


def unpacked(path: Path, data: bytes) -> Iterator[tuple[str, bytes]]:
    if data.startswith(b"SQLite format 3"):
        with closing(sqlite3.connect(path)) as database:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                for row in database.execute(f'SELECT * FROM "{table}"'):
                    for value in row:
                        packed = value if isinstance(value, bytes) else b""
                        with suppress(zlib.error):
                            yield f"{path}, {table}", zlib.decompress(packed)
                        yield f"{path}, {table}", packed or str(value).encode()
    elif data.startswith(b"PK"):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield f"{path}, {name}", archive.read(name)
    elif data.startswith(b"PAR1"):
        import pyarrow.parquet as pq

        yield str(path), str(pq.read_table(path).to_pylist()).encode()


def needles(key: str) -> set[bytes]:
    """Pieces of the key in all forms in which it could be written."""
    encoded = {b64encode(bytes(before) + key.encode()).decode()[4:-4] for before in range(3)}
    inner = json.dumps(key)[1:-1]
    forms = {key, inner, inner.replace("/", "\\/"), repr(key)[1:-1], quote(key), quote(key, safe=""), key[::-1]}
    forms |= {key.encode().hex(), *encoded, re.escape(key)}
    return {form[at : at + PIECE_CHARS].encode() for form in forms for at in range(len(form) - PIECE_CHARS + 1)}


@pytest.mark.parametrize("name", SCENES)
def test_no_piece_of_the_key_is_written_anywhere(name: str, scenes: dict[str, Callable[[], Scene]]) -> None:
    """A service that repeats the key in every failure and answer, with all logs at debug level."""
    scene = scenes[name]()
    pieces = re.compile(b"|".join(map(re.escape, sorted(needles(scene.key)))))
    searched, found = 0, []
    for where, data in contents(scene):
        searched += 1
        if match := pieces.search(data):
            found.append(f"{where}: …{data[max(0, match.start() - 300) : match.end() + 100]!r}")
    assert searched > 5 and (scene.folder / "everything.log").stat().st_size > 1000
    assert not found, "\n\n".join(found[:6]) + f"\n{len(found)} in all"


@pytest.mark.parametrize("place", ["cache", "archive", "keys"])
def test_others_cant_look_into_the_users_folders(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user of the machine who looks into cache, archive or settings."""
    for name in ("CACHE", "DATA", "CONFIG"):
        monkeypatch.delenv(f"SUMMARIZER_{name}", raising=False)
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "home" / name.lower()))
    before = os.umask(0)
    try:
        if place == "cache":
            ReplyCache("model").close()
        elif place == "archive":
            Archive.open(default_path(), create=True).close()
        else:
            KeyStore().store("https://my.host", SecretStr(KEYS["letters"]), Place.FILE)
    finally:
        os.umask(before)
    made = [path for path in (tmp_path / "home").rglob("summarizer*") if path.is_dir()]
    assert made and all(stat.S_IMODE(path.stat().st_mode) == 0o700 for path in made)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "\\", "+/"])
def test_what_is_written_of_a_key_is_replaced(key: str, before: str) -> None:
    """The key, whole and in pieces, as it is, in JSON, an address, Base64 and hexadecimal, next to other characters."""
    keep_secret(SecretStr(key))
    text = before + key
    written = [text, json.dumps(text), quote(text), quote(text, safe=""), b64encode(text.encode()).decode()]
    written += [text.encode().hex(), *(key[at : at + 9] for at in range(len(key) - 9))]
    pieces = re.compile(b"|".join(map(re.escape, sorted(needles(key)))))
    for one in written:
        for around in (one, f"{one}{one}", f"x {one} y"):
            assert not pieces.search(without_keys(around).encode()), around
    assert without_keys(f"before {key} after") == "before [key] after"
    assert without_keys("what has nothing of a key") == "what has nothing of a key"


@pytest.mark.parametrize("arguments", [("%s", "key"), ("%d %s", "key"), ("%(name)s", {"name": "key"}), ("key", "key")])
def test_records_whose_arguments_dont_fit(arguments: tuple[Any, ...], caplog: pytest.LogCaptureFixture) -> None:
    """A library's log record whose arguments hold the key, and don't fit its message."""
    key = KEYS["letters"]
    keep_secret(SecretStr(key))
    message, values = arguments[0].replace("key", key), arguments[1]
    values = dict.fromkeys(values, key) if isinstance(values, dict) else key
    logger = logging.getLogger("openai._base_client")
    with caplog.at_level(logging.DEBUG, logger.name):
        try:
            raise ValueError(key)
        except ValueError:
            logger.debug(message, values, exc_info=True)
    assert caplog.records and key not in caplog.text


@pytest.mark.parametrize("key", ["no-key", "EMPTY", "ollama", "short-key-0123"])
def test_a_key_that_is_none_may_be_in_answers(key: str) -> None:
    """A placeholder for a key, as servers on one's own machine take it, that a good answer happens to contain."""
    assert not repeats(f"the model says {key}".encode(), SecretStr(key))
    assert repeats(f"the model says {KEYS['letters']}".encode(), SecretStr(KEYS["letters"]))
