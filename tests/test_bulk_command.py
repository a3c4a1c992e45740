"""Many articles on the command line: what is done stays done, whatever ends the run."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import command
import pytest
from loopback import serving
from openai_server import FaultSchedule, OpenAIServer, Request, Status
from openai_server.claims import Gate, claims, invented_article
from openai_server.journal import markers

KEY = "sk-planted-0123456789"


@pytest.fixture(scope="module")
def service() -> Iterator[OpenAIServer]:
    with OpenAIServer(("stand-in", "other", "gpt-5-mini")) as running:
        yield running


@pytest.fixture
def server(service: OpenAIServer) -> OpenAIServer:
    service.reply_with(claims)
    service.faults = None
    service.requests.clear()
    return service


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with no settings but a key."""
    for name in [name for name in os.environ if name.startswith(("OPENAI", "SUMMARIZER", "FORCE_COLOR"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("SUMMARIZER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "80")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


class Ended(command.Ended):
    @property
    def reports(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def run(
    server: OpenAIServer, folder: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Callable[..., Ended]:
    """Runs the command line in this process."""

    called = command.caller(monkeypatch, capsysbinary)

    def call(*arguments: object, stdin: bytes = b"", model: str = "stand-in") -> Ended:
        ended = called(*arguments, stdin=stdin, after=("-m", model, "--base-url", server.base_url))
        assert KEY not in ended.out + ended.err
        return Ended(ended.code, ended.data, ended.err)

    return call


def process(server: OpenAIServer, *arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    command = [*map(os.fsencode, map(str, (sys.executable, "-m", "summarizer", *arguments)))]
    command += [b"-m", b"stand-in", b"--base-url", server.base_url.encode()]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.Popen(command, **pipes)


def article(number: int, **more: Any) -> dict[str, Any]:
    return {"id": f"a{number}", "text": invented_article(number, sentences=4), **more}


def archive(count: int, path: str = "in.jsonl") -> Path:
    Path(path).write_text("".join(json.dumps(article(n)) + "\n" for n in range(count)))
    return Path(path)


def lines(path: str | Path) -> list[dict[str, Any]]:
    content = Path(path).read_bytes()
    assert not content or content.endswith(b"\n")
    return [json.loads(line) for line in content.splitlines()]


def reports(path: str | Path) -> dict[str, Any]:
    """The reports by article, without what differs from run to run."""
    found = {}
    for line in lines(path):
        for name in ("started_at", "duration_s", "usage"):
            del line["run"][name]
        assert line["article"]["id"] not in found
        found[line["article"]["id"]] = line
    return found


def journaled(path: str) -> set[str]:
    with contextlib.closing(sqlite3.connect(f"{path}.journal")) as journal:
        return {source for (source,) in journal.execute("SELECT source FROM articles WHERE status != 'again'")}


def asked_about(requests: list[Request]) -> set[str]:
    return {f"in.jsonl#a{int(marker[1:])}" for request in requests for marker in markers(request)}


@pytest.fixture(scope="module")
def undisturbed(service: OpenAIServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What forty articles give when nothing happens."""
    folder = tmp_path_factory.mktemp("undisturbed")
    text = "".join(json.dumps(article(n)) + "\n" for n in range(40))
    (folder / "in.jsonl").write_text(text)
    service.reply_with(claims)
    service.faults = None
    environment = os.environ | {"OPENAI_API_KEY": KEY}
    options = {"cwd": folder, "env": environment}
    ended = process(service, "in.jsonl", "-o", "out.jsonl", "--no-cache", **options)
    assert ended.communicate(timeout=60)[1].endswith(b"the price isn't known.\n") and ended.returncode == 0
    return reports(folder / "out.jsonl")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_whatever_ends_it_the_same_command_goes_on(
    server: OpenAIServer, folder: Path, run: Callable[..., Ended], undisturbed: dict[str, Any], how: signal.Signals
) -> None:
    gate = Gate(25)
    server.reply_with(gate)
    arguments = (archive(40), "-o", "out.jsonl", "--no-cache")
    first = process(server, *arguments)
    assert gate.reached.wait(60)
    first.send_signal(how)
    # The service hangs: nobody waits for it.
    _, errors = first.communicate(timeout=30)
    assert first.returncode == (-9 if how is signal.SIGKILL else 130)
    done = journaled("out.jsonl")
    assert 0 < len(done) < 40
    if how is not signal.SIGKILL:
        assert f"Interrupted. Articles: {len(done)} done, {40 - len(done)} not done.".encode() in errors
        assert b"The same command does the rest." in errors and b"Traceback" not in errors
        assert len(lines("out.jsonl")) == len(done)
    with Path("out.jsonl").open("ab") as output:
        output.write(b'{"schema_version":1,"article":{"id":"to')
    server.reply_with(claims)
    server.requests.clear()
    ended = run(*arguments)
    assert ended.code == 0 and f"Articles: {40 - len(done)} done, {len(done)} done before." in ended.err
    assert reports("out.jsonl") == undisturbed
    assert asked_about(server.chats) == {f"in.jsonl#a{n}" for n in range(40)} - done
    server.requests.clear()
    ended = run(*arguments)
    assert ended.code == 0 and "All 40 were done before." in ended.err and not server.chats


def test_a_full_disk(
    server: OpenAIServer, folder: Path, run: Callable[..., Ended], undisturbed: dict[str, Any]
) -> None:
    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    arguments = (archive(40), "-o", "out.jsonl", "--no-cache")
    full = process(server, *arguments, preexec_fn=small)
    _, errors = full.communicate(timeout=60)
    assert full.returncode == 1 and b"give the same command again" in errors and b"Traceback" not in errors
    done = journaled("out.jsonl")
    assert 0 < len(done) < 40 and Path("out.jsonl").stat().st_size <= 60_000
    server.requests.clear()
    assert run(*arguments).code == 0
    assert reports("out.jsonl") == undisturbed
    assert asked_about(server.chats) == {f"in.jsonl#a{n}" for n in range(40)} - done


def test_a_hanging_address_keeps_nobody_waiting(server: OpenAIServer, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        hanging = process(server, address, "-o", "out.jsonl", "--allow-private", "--timeout", "600")
        connection, _ = silent.accept()
        with connection:
            hanging.send_signal(signal.SIGINT)
            # A fetch may take a minute, in a thread that can't be stopped.
            assert b"Interrupted." in hanging.communicate(timeout=30)[1] and hanging.returncode == 130


def test_an_open_standard_input_keeps_nobody_waiting(server: OpenAIServer, folder: Path) -> None:
    gate = Gate(0)
    server.reply_with(gate)
    waiting = process(server, "-", stdin=subprocess.PIPE)
    assert waiting.stdin is not None
    for number in range(20):
        waiting.stdin.write(json.dumps(article(number)).encode() + b"\n")
    waiting.stdin.flush()
    assert gate.reached.wait(60)
    waiting.send_signal(signal.SIGINT)
    assert waiting.wait(timeout=30) == 130
    assert waiting.stderr is not None and b"Traceback" not in waiting.stderr.read()
    for stream in (waiting.stdin, waiting.stdout, waiting.stderr):
        with contextlib.suppress(OSError):
            stream.close()  # type: ignore[union-attr]


def test_nobody_reads_standard_output(server: OpenAIServer, folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    broken = process(server, archive(40), "--concurrency", "1", stdout=writing)
    os.close(writing)
    _, errors = broken.communicate(timeout=60)
    assert broken.returncode == 1 and b"standard output" in errors
    assert b"Traceback" not in errors and b"Exception ignored" not in errors
    assert len(server.chats) <= 4


def test_names_do_nothing_on_a_terminal(server: OpenAIServer, folder: Path) -> None:
    pty = pytest.importorskip("pty")
    Path("in").mkdir()
    for name in (b"\x1b[2J\n\xff.txt", b"ok.txt"):
        Path(os.fsdecode(b"in/" + name)).write_text(invented_article(len(name), sentences=4))
    Path(os.fsdecode(b"in/\x1b[2J\n\xff.txt")).write_bytes(b"\0\1\2")
    ours, theirs = pty.openpty()
    shown = process(server, "in", stdout=theirs, stderr=theirs, env=os.environ | {"NO_COLOR": "1", "TERM": "xterm"})
    os.close(theirs)
    written = b""
    with contextlib.suppress(OSError):
        while piece := os.read(ours, 65536):
            written += piece
    os.close(ours)
    assert shown.wait(timeout=60) == 1
    assert b"\x1b[2J" not in written and "␛[2J".encode() in written
    assert b"\x1b[3" not in written and b"said that" in written and b"1 done, 1 failed" in written


def test_a_name_of_any_bytes_is_found_again(run: Callable[..., Ended], server: OpenAIServer) -> None:
    name = os.fsdecode(b"\xff\n.txt")
    Path(name).write_text(invented_article(1, sentences=4))
    Path("b.txt").write_text(invented_article(2, sentences=4))
    assert run(name, "b.txt", "-o", "out.jsonl").code == 0
    asked = len(server.chats)
    assert "All 2 were done before." in run(name, "b.txt", "-o", "out.jsonl").err and len(server.chats) == asked
    assert run(name, "gone.txt", "-f", "jsonl").code == 1


def test_two_runs_at_once(run: Callable[..., Ended], server: OpenAIServer, folder: Path) -> None:
    gate = Gate(6)
    server.reply_with(gate)
    arguments = (archive(10), "-o", "out.jsonl")
    first = process(server, *arguments, "--concurrency", "1")
    assert gate.reached.wait(60)
    before = Path("out.jsonl").read_bytes()
    for option in ((), ("--fresh",)):
        second = run(*arguments, *option)
        assert second.code == 1 and "Another run writes to out.jsonl.journal" in second.err
    assert Path("out.jsonl").read_bytes() == before and before
    first.kill()
    first.communicate()


def test_changed_settings_are_said_and_done_again(run: Callable[..., Ended], server: OpenAIServer) -> None:
    arguments = (archive(3), "-o", "out.jsonl")
    run(*arguments)
    ended = run(*arguments, "--profile", "article", model="other")
    assert ended.code == 0 and "Since the last run model was" in ended.err and "Articles: 3 done." in ended.err
    assert {line["run"]["model"] for line in lines("out.jsonl")} == {"openai/other"} and len(lines("out.jsonl")) == 3
    ended = run(*arguments, "--thorough", model="other")
    assert "Since the last run thorough was False and is True: done again." in ended.err
    assert "Since" not in run(*arguments, "--thorough", model="other").err
    assert "Since the last run" not in run(*arguments, "--quiet").err


def test_a_changed_article_is_done_again(run: Callable[..., Ended], server: OpenAIServer) -> None:
    path = archive(4)
    run(path, "-o", "out.jsonl")
    path.write_text(path.read_text().replace("Envoys", "Delegates", 1))
    server.requests.clear()
    ended = run(path, "-o", "out.jsonl")
    assert "Articles: 1 done, 3 done before." in ended.err and asked_about(server.chats) == {"in.jsonl#a0"}
    assert sorted(reports("out.jsonl")) == ["a0", "a1", "a2", "a3"]
    assert "Delegates" in reports("out.jsonl")["a0"]["article"]["text"]


def test_an_output_that_was_removed_or_cut(run: Callable[..., Ended]) -> None:
    arguments = (archive(4), "-o", "out.jsonl")
    run(*arguments)
    whole = reports("out.jsonl")
    Path("out.jsonl").unlink()
    ended = run(*arguments)
    assert ended.code == 0 and "Of the finished articles 4 are not in the output as written: done again." in ended.err
    assert reports("out.jsonl") == whole
    content = Path("out.jsonl").read_bytes()
    Path("out.jsonl").write_bytes(content[: len(content) - 9])
    assert "Articles: 1 done, 3 done before." in run(*arguments).err and reports("out.jsonl") == whole
    Path("out.jsonl.journal").unlink()
    ended = run(*arguments)
    assert ended.code == 2 and "--fresh" in ended.err and reports("out.jsonl") == whole
    assert run(*arguments, "--fresh").code == 0 and reports("out.jsonl") == whole


def test_fresh_keeps_what_is_there_until_it_can_begin(run: Callable[..., Ended]) -> None:
    arguments = (archive(2), "-o", "out.jsonl")
    run(*arguments)
    before = Path("out.jsonl").read_bytes()
    assert run(*arguments, "--fresh", "--max-cost", "1").code == 2
    assert Path("out.jsonl").read_bytes() == before
    assert "Articles: 2 done." in run(*arguments, "--fresh").err


def test_limits_exit_with_4_and_go_on(run: Callable[..., Ended], server: OpenAIServer) -> None:
    arguments = (archive(8), "-o", "out.jsonl", "--concurrency", "1")
    ended = run(*arguments, "--max-tokens", "600")
    assert ended.code == 4 and "Stopped: The limit of 600 tokens is reached" in ended.err
    assert "not done." in ended.err and "The same command does the rest." in ended.err
    assert 0 < len(lines("out.jsonl")) < 8
    assert run(*arguments, "--deadline", "0s").code == 4
    assert run(*arguments, "--deadline", "1 week").code == 2
    assert run(*arguments, "--max-cost", "nan").code == 2
    assert "price" in run(*arguments, "--max-cost", "1").err
    ended = run(*arguments, "--max-tokens", "100000", "--deadline", "1h")
    assert ended.code == 0 and len(lines("out.jsonl")) == 8


def test_a_wrong_key_stops_it_at_once(run: Callable[..., Ended], server: OpenAIServer) -> None:
    server.reply_with(lambda request: Status(401, echo_key=True))
    ended = run(archive(50), "-o", "out.jsonl", "--concurrency", "4")
    assert ended.code == 1 and "Stopped: " in ended.err and "50 not done." in ended.err
    assert len(server.chats) <= 4 and lines("out.jsonl") == [] and not journaled("out.jsonl")
    server.reply_with(claims)
    assert run(archive(50), "-o", "out.jsonl").code == 0


def test_a_service_that_fails_now_and_then(run: Callable[..., Ended], server: OpenAIServer) -> None:
    server.faults = FaultSchedule(0.4, seed=3, kinds=("unavailable", "rate_limit", "dropped"), most_in_a_row=1)
    ended = run(archive(6), "-o", "out.jsonl")
    assert ended.code == 0 and len(reports("out.jsonl")) == 6


def test_every_article_has_its_end(run: Callable[..., Ended], server: OpenAIServer) -> None:
    def play(request: Request) -> Any:
        return {"A00001": Status(413), "A00002": Status(501)}.get(next(iter(markers(request)), ""), claims(request))

    server.reply_with(play)
    arguments = (archive(4), "gone.txt", "-o", "out.jsonl")
    ended = run(*arguments)
    assert ended.code == 1 and "Articles: 2 done, 1 failed, 2 failed for now." in ended.err
    assert "gone.txt: " in ended.err and "The same command does the rest." in ended.err
    found = lines("out.jsonl")
    assert len(found) == 5
    assert {line["article"]["source"] for line in found[-2:]} == {"in.jsonl#a2", "gone.txt"}
    server.reply_with(claims)
    Path("gone.txt").write_text(invented_article(9, sentences=4))
    ended = run(*arguments)
    assert ended.code == 1 and "Articles: 2 done, 2 done before, 1 failed before." in ended.err
    assert "in.jsonl#a1: " in ended.err
    assert sum("error" in line for line in lines("out.jsonl")) == 1 and len(lines("out.jsonl")) == 5


def test_quiet_says_only_what_failed(run: Callable[..., Ended]) -> None:
    assert run(archive(2), "-o", "out.jsonl", "--quiet").err == ""
    assert run(archive(2), "gone.txt", "-o", "out.jsonl", "--quiet").err.startswith("gone.txt: ")


def test_csv_and_markdown_keep_the_reports(run: Callable[..., Ended], server: OpenAIServer) -> None:
    path = archive(3)
    for name, start in (("out.csv", b"\xef\xbb\xbfarticle_id,"), ("out.md", b"# ")):
        assert run(path, "-o", name).code == 0
        assert Path(name).read_bytes().startswith(start)
        assert sorted(reports(f"{name}.reports.jsonl")) == ["a0", "a1", "a2"]
        asked = len(server.chats)
        Path(name).unlink()
        assert "All 3 were done before." in run(path, "-o", name).err and len(server.chats) == asked
        assert Path(name).read_bytes().startswith(start)
        assert not Path(f"{name}.new").exists()
    archive(4)
    assert "1 done, 3 done before" in run(path, "-o", "out.csv").err
    assert {row.split(",")[0] for row in Path("out.csv").read_text("utf-8-sig").splitlines()[1:]} == {
        "a0", "a1", "a2", "a3"
    }  # fmt: skip
    assert run(path, "-f", "table", "-o", "out.txt", "--quiet").code == 0
    assert Path("out.txt").read_text().count("──────") >= 3 and "\x1b" not in Path("out.txt").read_text()


def test_a_folder_gets_a_file_a_report(run: Callable[..., Ended], server: OpenAIServer) -> None:
    archive(2)
    Path("more.jsonl").write_text(json.dumps(article(0, title="Another")) + "\n")
    arguments = ("in.jsonl", "more.jsonl", "-o", "out")
    assert run(*arguments).code == 0
    names = sorted(path.name for path in Path("out").iterdir())
    assert len(names) == 3 and names[-1] == "a1.json" and Path("out.journal").exists()
    assert {json.loads(Path("out", name).read_text())["article"]["title"] for name in names} >= {"Another"}
    Path("out/a1.json").unlink()
    ended = run(*arguments)
    assert "Of the finished articles 1 is not in the output" in ended.err and "1 done, 2 done before" in ended.err
    assert sorted(path.name for path in Path("out").iterdir()) == names


def test_a_folder_that_holds_the_output(run: Callable[..., Ended], server: OpenAIServer) -> None:
    for number in range(3):
        Path(f"{number}.txt").write_text(invented_article(number, sentences=4))
    assert run(".", "-o", "out.jsonl").code == 0
    asked = len(server.chats)
    ended = run(".", "-o", "out.jsonl")
    assert ended.code == 0 and "All 3 were done before." in ended.err and len(server.chats) == asked
    assert len(reports("out.jsonl")) == 3


def test_standard_input(run: Callable[..., Ended]) -> None:
    many = archive(3).read_bytes()
    ended = run("-", "-f", "jsonl", stdin=many.replace(b"\n", b"\r\n"))
    assert ended.code == 0 and sorted(line["article"]["id"] for line in ended.reports) == ["a0", "a1", "a2"]
    run("-", "-o", "out.jsonl", stdin=many)
    ended = run("-", "-o", "out.jsonl", stdin=many + json.dumps(article(3)).encode())
    assert "Articles: 1 done, 3 done before." in ended.err
    one = run("-", stdin=invented_article(1, sentences=4).encode())
    assert one.code == 0 and len(json.loads(one.out)["claims"]) == 1
    several = run("-", "-f", "json", stdin=many)
    assert several.code == 2 and "One document holds one report" in several.err and not several.out


def test_standard_output_is_utf_8(run: Callable[..., Ended]) -> None:
    text = invented_article(1, sentences=4).replace("Envoys", "Посланники")
    ended = run("-", "-f", "jsonl", stdin=json.dumps({"text": text}).encode())
    assert "Посланники" in ended.reports[0]["article"]["text"]


def test_an_article_that_fails_leaves_the_file_alone(run: Callable[..., Ended], server: OpenAIServer) -> None:
    Path("in.txt").write_text(invented_article(1, sentences=4))
    assert run("in.txt", "-o", "report.json").code == 0
    before = Path("report.json").read_bytes()
    server.reply_with(lambda request: Status(413))
    assert run("in.txt", "-o", "report.json", "--no-cache").code == 1
    assert Path("report.json").read_bytes() == before and not Path("report.json.journal").exists()


@pytest.mark.parametrize("output", ["file/out.jsonl", "file/out.csv", "file"])
def test_an_output_that_cannot_be(run: Callable[..., Ended], output: str) -> None:
    Path("file").write_text("x")
    ended = run(archive(2), "-o", output)
    assert ended.code == 1 and "Error: file" in ended.err.replace("\n", " ")


def test_an_output_in_a_folder_to_come(run: Callable[..., Ended]) -> None:
    assert run(archive(2), "-o", "new/er/out.csv").code == 0 and Path("new/er/out.csv").exists()


class Feed(BaseHTTPRequestHandler):
    """A feed that leads to as many articles as its server says, and the articles."""

    def do_GET(self) -> None:
        server: Any = self.server
        server.seen.append(self.path)
        body, kind, status = "", "text/plain", 200
        if self.path == "/feed":
            links = "".join(f"<item><link>http://127.0.0.1:{server.server_port}/{n}</link></item>" for n in server.held)
            body, kind = f"<rss version='2.0'><channel>{links}</channel></rss>", "application/rss+xml"
        elif self.path in server.broken:
            status = 404
        else:
            body = invented_article(int(self.path[1:]), sentences=4)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args: object) -> None:
        """Keep the tests' output quiet."""


@pytest.fixture
def feed() -> Iterator[Any]:
    with serving(Feed) as running:
        held: Any = running
        held.held, held.broken = [0, 1], {"/1"}
        yield running


def test_of_a_feed_only_what_is_new(run: Callable[..., Ended], server: OpenAIServer, feed: Any) -> None:
    arguments = (f"http://127.0.0.1:{feed.server_port}/feed", "-o", "feed.jsonl", "--allow-private")
    ended = run(*arguments)
    assert ended.code == 1 and "Articles: 1 done, 1 failed for now." in ended.err
    assert lines("feed.jsonl")[-1]["error"]["type"] == "fetch"
    feed.held.append(2)
    feed.broken.clear()
    feed.seen.clear()
    server.requests.clear()
    ended = run(*arguments)
    assert ended.code == 0 and "Articles: 2 done, 1 done before." in ended.err
    assert sorted(feed.seen) == ["/1", "/2", "/feed"] and len(reports("feed.jsonl")) == 3
    assert {marker for request in server.chats for marker in markers(request)} == {"A00001", "A00002"}


def test_another_language_and_a_changed_article_are_said(run: Callable[..., Ended]) -> None:
    archive(2)
    run("in.jsonl", "-o", "out.jsonl")
    assert "language was detected and is en: done again" in run("in.jsonl", "-o", "out.jsonl", "--language", "en").err
    Path("in.jsonl").write_text(json.dumps(article(0)) + "\n" + json.dumps(article(1, title="New")) + "\n")
    ended = run("in.jsonl", "-o", "out.jsonl", "--language", "en")
    assert "1 changed since they were finished" in ended.err and len(lines("out.jsonl")) == 2


def test_a_single_article_that_fails_leaves_its_lines_alone(run: Callable[..., Ended], server: OpenAIServer) -> None:
    Path("in.txt").write_text(invented_article(1, sentences=4))
    server.reply_with(lambda request: Status(413))
    assert run("in.txt", "-o", "out.jsonl", "--no-cache").code == 1 and "error" in lines("out.jsonl")[0]
    server.reply_with(claims)
    assert run("in.txt", "-o", "out.jsonl").code == 0
    before = lines("out.jsonl")
    server.reply_with(lambda request: Status(413))
    assert run("in.txt", "-o", "out.jsonl", "--no-cache").code == 1 and lines("out.jsonl") == before


@pytest.mark.parametrize("limit", [("--max-cost", "1"), ("--max-tokens", "100")])
def test_a_batch_has_no_limit_on_what_it_takes(
    run: Callable[..., Ended], server: OpenAIServer, limit: tuple[str, str]
) -> None:
    archive(2)
    ended = run("in.jsonl", "-o", "out.jsonl", "--batch", *limit, model="openai/gpt-5-mini")
    assert ended.code == 2 and not server.requests
