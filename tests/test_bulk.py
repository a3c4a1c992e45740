"""Runs over many articles, as a library: what is tried again, what stops a run, and where results go."""

from __future__ import annotations

import asyncio
import io
import json
import socket
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from openai_server import OpenAIServer, Request, Status
from openai_server.claims import claims, invented_article
from rich.console import Console

from summarizer import Summarizer
from summarizer.bulk import journal as journals
from summarizer.bulk.journal import Entry, Journal
from summarizer.bulk.running import Run, Tally
from summarizer.bulk.stores import FolderStore, LineStore, StreamStore
from summarizer.cli.console import stderr
from summarizer.cli.output import Format, Group, Output
from summarizer.cli.progress import ArticlesProgress
from summarizer.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    FetchError,
    LimitReachedError,
    OutputError,
)
from summarizer.llm.metering import Limits
from summarizer.models import Article, Report, Usage
from summarizer.reading import Item, items, read_text

DONE, FAILED, AGAIN = journals.Status.DONE, journals.Status.FAILED, journals.Status.AGAIN


@pytest.fixture(scope="module")
def service() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


@pytest.fixture
def server(service: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> OpenAIServer:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-0123456789")
    service.reply_with(claims)
    service.requests.clear()
    return service


@pytest.fixture
def summarizer(server: OpenAIServer) -> Iterator[Summarizer]:
    with Summarizer("stand-in", base_url=server.base_url) as opened:
        yield opened


def text(number: int) -> str:
    return invented_article(number, sentences=4)


def article(number: int, id: str | None = None) -> Article:
    return read_text(text(number), id=id)


def item(number: int, name: str | None = None) -> Item:
    return Item(name or f"{number}.txt", str(number), lambda: article(number))


def run(summarizer: Summarizer, path: Path, found: list[Item], **settings) -> Run:
    """One run as a process has it: the files are opened and closed."""
    store = LineStore(path)
    with Journal(path.with_name(f"{path.name}.journal"), summarizer.fingerprint()) as journal:
        one = Run(summarizer, journal, store, tally=Tally(len(found)), **settings)
        store.settle(journal)
        try:
            asyncio.run(one.over(found))
        finally:
            store.close()
        one.counted = journal.counts()  # type: ignore[attr-defined]
    return one


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def failing(number: int, times: int, fault: Status) -> Callable[[Request], object]:
    """The service fails so often for one article, for good where it says so."""
    left = count(times, -1)

    def play(request: Request) -> object:
        marked = f"A{number:05d}" in json.dumps(request.body)
        return fault if marked and next(left) > 0 else claims(request)

    return play


def test_the_same_run_does_nothing_again(summarizer: Summarizer, server: OpenAIServer, tmp_path: Path) -> None:
    found = [item(n) for n in range(3)]
    first = run(summarizer, tmp_path / "out.jsonl", found)
    assert (first.tally.done, first.tally.left) == (3, 0)
    before, asked = (tmp_path / "out.jsonl").read_bytes(), len(server.chats)
    again = run(summarizer, tmp_path / "out.jsonl", [*found, item(3)])
    assert (again.tally.done, again.tally.done_before, again.tally.left) == (1, 3, 0)
    assert (tmp_path / "out.jsonl").read_bytes().startswith(before) and len(server.chats) == asked + 2


def test_a_failure_of_the_service_is_tried_once_more(
    summarizer: Summarizer, server: OpenAIServer, tmp_path: Path
) -> None:
    server.reply_with(failing(1, 1, Status(501)))
    done = run(summarizer, tmp_path / "out.jsonl", [item(n) for n in range(3)])
    assert (done.tally.done, done.tally.again) == (3, 0) and len(lines(tmp_path / "out.jsonl")) == 3


def test_it_stands_last_until_it_succeeds(summarizer: Summarizer, server: OpenAIServer, tmp_path: Path) -> None:
    server.reply_with(failing(0, 2, Status(501)))
    found = [item(n) for n in range(3)]
    done = run(summarizer, tmp_path / "out.jsonl", found, max_concurrency=1)
    assert (done.tally.done, done.tally.again, done.tally.left) == (2, 1, 0)
    last = lines(tmp_path / "out.jsonl")[-1]
    assert last["error"]["type"] == "service" and last["article"]["source"] == "0.txt"
    done = run(summarizer, tmp_path / "out.jsonl", found)
    assert (done.tally.done, done.tally.done_before) == (1, 2)
    assert not any("error" in line for line in lines(tmp_path / "out.jsonl"))


def test_the_articles_own_failure_stays(summarizer: Summarizer, server: OpenAIServer, tmp_path: Path) -> None:
    server.reply_with(failing(1, 99, Status(413)))
    found = [item(n) for n in range(2)]
    failures: list = []
    done = run(summarizer, tmp_path / "out.jsonl", found, on_failure=failures.append)
    assert (done.tally.done, done.tally.failed) == (1, 1) and failures[0].error.type == "truncated"
    asked = len(server.chats)
    done = run(summarizer, tmp_path / "out.jsonl", found)
    assert (done.tally.done_before, done.tally.failed_before, done.tally.left) == (1, 1, 0)
    assert len(server.chats) == asked and len(lines(tmp_path / "out.jsonl")) == 2


def test_changed_content_replaces_the_line(summarizer: Summarizer, tmp_path: Path) -> None:
    run(summarizer, tmp_path / "out.jsonl", [item(0), item(1)])
    run(summarizer, tmp_path / "out.jsonl", [item(2, "0.txt"), item(1)])
    texts = {line["article"]["text"] for line in lines(tmp_path / "out.jsonl")}
    assert texts == {article(1).text, article(2).text} and len(lines(tmp_path / "out.jsonl")) == 2


def test_a_feed_that_could_not_be_fetched_at_first(summarizer: Summarizer, tmp_path: Path) -> None:
    left = count(2, -1)

    def read() -> list[Item]:
        if next(left) > 0:
            raise FetchError("no answer")
        return [item(5), item(6)]

    feed = Item("https://example.org/feed", None, read)
    path = tmp_path / "out.jsonl"
    done = run(summarizer, path, [feed, item(0)])
    assert (done.tally.done, done.tally.again) == (1, 1) and lines(path)[-1]["error"]["type"] == "fetch"
    done = run(summarizer, path, [feed, item(0)])
    assert (done.tally.done, done.tally.done_before, done.tally.again, done.tally.total) == (2, 1, 0, 3)
    assert done.counted == {DONE: 3} and not any("error" in line for line in lines(path))
    # What comes to be known only in the last round is done in the same run, too.
    left = count(1, -1)
    done = run(summarizer, tmp_path / "other.jsonl", [feed])
    assert (done.tally.done, done.tally.again, done.tally.total) == (2, 0, 2)


def test_an_oddity_of_one_article_is_its_own_failure(summarizer: Summarizer, tmp_path: Path) -> None:
    def read() -> Article:
        raise RecursionError("too deep")

    done = run(summarizer, tmp_path / "out.jsonl", [Item("odd.pdf", "d", read), item(0)])
    assert (done.tally.done, done.tally.failed) == (1, 1)
    failure = next(line for line in lines(tmp_path / "out.jsonl") if "error" in line)
    assert failure["article"]["source"] == "odd.pdf" and "RecursionError: too deep" in failure["error"]["message"]


def test_what_cannot_be_read_now_is_read_by_the_next_run(summarizer: Summarizer, tmp_path: Path) -> None:
    late = tmp_path / "late.txt"
    done = run(summarizer, tmp_path / "out.jsonl", list(items([str(late)])))
    assert (done.tally.again, lines(tmp_path / "out.jsonl")[0]["error"]["type"]) == (1, "input")
    late.write_text(text(0))
    done = run(summarizer, tmp_path / "out.jsonl", list(items([str(late)])))
    assert done.tally.done == 1 and "error" not in lines(tmp_path / "out.jsonl")[0]


def test_a_wrong_key_stops_the_run(summarizer: Summarizer, server: OpenAIServer, tmp_path: Path) -> None:
    server.reply_with(lambda request: Status(401))
    done = run(summarizer, tmp_path / "out.jsonl", [item(n) for n in range(50)], max_concurrency=4)
    assert isinstance(done.stopped, AuthenticationError)
    assert (done.tally.failed, done.tally.again, done.tally.left) == (0, 0, 50)
    assert len(server.chats) <= 4 and done.counted == {} and lines(tmp_path / "out.jsonl") == []


def test_a_service_that_nobody_can_reach_stops_the_run(server: OpenAIServer, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with Summarizer("stand-in", base_url=f"http://127.0.0.1:{port}/v1") as summarizer:
        done = run(summarizer, tmp_path / "out.jsonl", [item(n) for n in range(200)])
    assert isinstance(done.stopped, ConnectionFailedError) and done.tally.failed == 0
    assert 8 <= done.tally.again <= 24 and done.tally.left == 200 - done.tally.again
    assert {line["error"]["type"] for line in lines(tmp_path / "out.jsonl")} == {"connection"}


def test_limits_stop_it_and_it_goes_on(summarizer: Summarizer, server: OpenAIServer, tmp_path: Path) -> None:
    found = [item(n) for n in range(8)]
    done = run(summarizer, tmp_path / "out.jsonl", found, max_concurrency=1, limits=Limits(max_tokens=700))
    assert isinstance(done.stopped, LimitReachedError) and 0 < done.tally.done < 8
    assert done.tally.left == 8 - done.tally.done and not done.tally.failed
    stopped = run(summarizer, tmp_path / "out.jsonl", found, limits=Limits(deadline_s=0))
    assert isinstance(stopped.stopped, LimitReachedError) and stopped.tally.done == 0
    rest = run(summarizer, tmp_path / "out.jsonl", found)
    assert (rest.tally.done, rest.tally.done_before) == (8 - done.tally.done, done.tally.done)


def test_one_document_holds_no_feed(summarizer: Summarizer, server: OpenAIServer, tmp_path: Path) -> None:
    feed = Item("feed.xml", "d", lambda: [item(0), item(1)])
    for found in ([feed], [item(0), item(1)]):
        with pytest.raises(ConfigurationError, match="One document holds one report"):
            run(summarizer, tmp_path / "out.jsonl", found, only_one=True, max_concurrency=1)
    one = Item("feed.xml", "d", lambda: [item(0)])
    assert run(summarizer, tmp_path / "one.jsonl", [one], only_one=True).tally.done == 1


def test_what_a_run_writes_is_not_read_by_it(summarizer: Summarizer, tmp_path: Path) -> None:
    done = run(summarizer, tmp_path / "out.jsonl", [item(0), item(1)], leave_out=lambda i: i.source == "1.txt")
    assert done.tally.done == 1 and done.tally.total is None and done.tally.left is None


def test_a_stream_gets_failures_for_now_last(summarizer: Summarizer, server: OpenAIServer) -> None:
    server.reply_with(failing(0, 9, Status(501)))
    got: list[str] = []
    with Journal(None, summarizer.fingerprint()) as journal:
        asyncio.run(Run(summarizer, journal, StreamStore(got.append)).over([item(n) for n in range(3)]))
    assert ["error" in json.loads(line) for line in got] == [False, False, True]


def test_a_full_output_ends_the_run_with_what_is_done(summarizer: Summarizer, tmp_path: Path) -> None:
    class Full(LineStore):
        def write(self, *arguments):
            if self.lines.size:
                raise OutputError("the disk is full")
            return super().write(*arguments)

    path = tmp_path / "out.jsonl"
    with Journal(tmp_path / "journal", summarizer.fingerprint()) as journal:
        store = Full(path)
        with pytest.raises(OutputError):
            asyncio.run(Run(summarizer, journal, store, max_concurrency=2).over([item(n) for n in range(6)]))
        assert journal.counts() == {DONE: 1} and len(lines(path)) == 1
        store.close()


def report(id: str, summarizer: Summarizer, number: int = 0) -> Report:
    return summarizer.summarize(article(number, id))


def test_a_folder_gives_each_article_a_file(summarizer: Summarizer, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    store = FolderStore(folder, "json", lambda r: r.model_dump_json().encode())
    ids = {"a.jsonl#7": "7", "b.jsonl#7": "7", "c.jsonl#1": "x/y", "d.jsonl#1": "x_y", "e.jsonl#1": "ü" * 200,
           "f.jsonl#1": "..", "g.jsonl#1": "A", "h.jsonl#1": "a"}  # fmt: skip
    base = report("7", summarizer)
    with Journal(tmp_path / "journal", {}) as journal:

        def write(source: str, outcome: Report, digest: str = "1") -> str | None:
            written = store.write(source, outcome, journal)
            journal.record(Entry(source, digest, DONE, name=written.name))
            return written.name

        def named(id: str) -> Report:
            return base.model_copy(update={"article": base.article.model_copy(update={"id": id})})

        names = {source: write(source, named(id)) for source, id in ids.items()}
        assert names["a.jsonl#7"] == "7.json" and names["f.jsonl#1"] == "article.json"
        assert len({str(name).lower() for name in names.values()}) == len(ids)
        assert {path.name for path in folder.iterdir()} == set(names.values())
        for source, id in ids.items():
            assert json.loads((folder / str(names[source])).read_text())["article"]["id"] == id
        # Again under the same name, then under another: the earlier report goes.
        assert write("b.jsonl#7", named("7"), "2") == names["b.jsonl#7"]
        assert write("b.jsonl#7", named("8"), "3") == "8.json"
        assert not (folder / str(names["b.jsonl#7"])).exists()
        assert store.settle(journal) == 0
        (folder / "8.json").unlink()
        (folder / "7.json").write_bytes(b"")
        assert store.settle(journal) == 2
        assert FolderStore(folder, "md", lambda r: b"").settle(journal) == len(ids) - 2


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError, match="can't be made"):
        FolderStore(tmp_path / "out", "json", lambda r: b"")


def chosen(sources: list[str], path: str | None, given: Format | None = None, count: int | None = None) -> Output:
    return Output.chosen(given, Group.SPEAKER, sources, count, Path(path) if path else None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder."""
    (tmp_path / "in").mkdir()
    for name in ("in/a.txt", "in/b.md", "one.txt"):
        (tmp_path / name).write_text(text(0))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("source", ["https://example.org/feed", "feed.xml", "in", "in/*.txt", "a.jsonl", "-"])
def test_what_may_become_more_has_a_journal(folder: Path, source: str) -> None:
    output = chosen([source], "out.jsonl", count=None if source == "-" else 1)
    assert output.journal_path == Path("out.jsonl.journal")
    assert chosen([source], "out.csv", count=1).journal_path == Path("out.csv.journal")
    mostly_one = source == "-" or "://" in source
    assert chosen([source], None, count=1).format is (Format.JSON if mostly_one else Format.JSONL)
    assert chosen([source], None, Format.JSON, count=1).only_one
    assert chosen([source], "out.json", count=1).journal_path is None


def test_a_single_articles_output_is_its_own_unless_there_are_others(folder: Path) -> None:
    assert chosen(["one.txt"], "out.jsonl", count=1).journal_path is None
    (folder / "out.jsonl.journal").touch()
    assert chosen(["one.txt"], "out.jsonl", count=1).journal_path == Path("out.jsonl.journal")
    assert chosen(["one.txt"], None, count=1).format is Format.JSON


def test_several_reports_are_no_json_document_even_by_ending(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="One JSON document"):
        chosen(["one.txt", "in/a.txt"], "out.json", count=2)
    assert not chosen(["one.txt", "in/a.txt"], "out", Format.JSON, count=2).only_one


def test_beside_the_folder_one_is_in(folder: Path) -> None:
    assert chosen(["in"], ".", Format.JSON, 2).journal_path == folder.parent / f"{folder.name}.journal"
    assert chosen(["in"], "..", Format.JSON, 2).journal_path == folder.parent.parent / f"{folder.parent.name}.journal"


def test_the_outputs_own_files_are_known(folder: Path) -> None:
    output = chosen(["."], "in/out.jsonl", count=9)
    assert output.owns("in/out.jsonl") and output.owns("./in/out.jsonl#12") and output.owns(f"{folder}/in/out.jsonl")
    for other in (
        "out.jsonl",
        "in/out.jsonl2",
        "in/a.txt",
        "-",
        "https://example.org/in/out.jsonl",
        "x/in/out.jsonl#1",
    ):
        assert not output.owns(other)
    assert chosen(["."], "out.csv", count=9).owns("out.csv.reports.jsonl#3")
    output = chosen(["."], "out", Format.MARKDOWN, 9)
    assert output.owns("out/7.md") and not output.owns("out/7.txt") and not output.owns("in/b.md")


def test_reports_do_not_go_among_articles_of_their_kind(folder: Path) -> None:
    for sources in (["in"], ["in/b.md"], ["in/*.md"]):
        with pytest.raises(ConfigurationError, match="would be read as articles"):
            chosen(sources, "in", Format.MARKDOWN, 2)
    chosen(["in"], "in", Format.JSON, 2)
    chosen(["in/a.txt"], "in", Format.MARKDOWN, 2)


def test_an_unknown_file_is_not_overwritten(folder: Path) -> None:
    (folder / "out.jsonl").write_text("mine\n")
    with pytest.raises(ConfigurationError, match="without a journal"):
        chosen(["in"], "out.jsonl", count=2).check()
    chosen(["in"], "out.jsonl", count=2).remove()
    assert not (folder / "out.jsonl").exists()


def console(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=100)


def shown(on: Console, tallies: list[Tally], *, wanted: bool = True, every_s: float = 0.0) -> str:
    with ArticlesProgress(on, shown=wanted, line_every_s=every_s) as progress:
        for tally in tallies:
            progress.show(tally)
    assert isinstance(on.file, io.StringIO)
    return on.file.getvalue()


def test_progress_is_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    tally = Tally(2000, done=1, failed=2, done_before=1200, again=3, usage=Usage(input_tokens=5, output_tokens=5))
    line = shown(console(terminal=False), [tally])
    assert line.startswith("1,203 of 2,000 articles, 2 failed, 3 to try again, ") and "10 tokens" in line
    assert "min left" in line and line.count("\n") == 1
    assert "slowed to 8 at a time" in shown(console(terminal=False), [Tally(slowed_to=8)])
    unknown = shown(console(terminal=False), [Tally(done_before=7)])
    assert unknown == "7 articles\n"
    assert shown(console(terminal=False), [tally] * 9, every_s=60) == ""
    assert shown(console(terminal=False), [tally] * 9, wanted=False) == ""


def test_the_bar_ends_where_the_run_ends() -> None:
    tally = Tally(300)
    on = console(terminal=True)
    with ArticlesProgress(on, shown=True) as progress:
        for tally.done in range(1, 301):
            progress.show(tally)
    assert isinstance(on.file, io.StringIO)
    assert "300/300" in on.file.getvalue()
    assert shown(console(terminal=True), [tally], wanted=False) == ""


def test_nothing_acts_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    stderr().print("a\x1b[2Jb\x9bc\u202ed :bomb: [red]x[/red] ü\nnext", markup=False, soft_wrap=True)
    assert capsys.readouterr().err == "a␛[2Jb\ufffdc\ufffdd :bomb: [red]x[/red] ü\nnext\n"


def test_a_key_refused_for_one_article_stops_only_what_it_has_to(
    summarizer: Summarizer, server: OpenAIServer, tmp_path: Path
) -> None:
    server.reply_with(failing(2, 99, Status(403)))
    found = [item(n) for n in range(5)]
    one = run(summarizer, tmp_path / "out.jsonl", found, max_concurrency=1)
    assert one.counted == {DONE: 4, AGAIN: 1} and one.stopped is None
    server.reply_with(lambda request: Status(403))
    late = run(summarizer, tmp_path / "late.jsonl", found, max_concurrency=1)
    assert isinstance(late.stopped, AuthenticationError) and late.counted == {}


def test_a_service_that_refuses_everything_stops_the_run(
    summarizer: Summarizer, server: OpenAIServer, tmp_path: Path
) -> None:
    server.reply_with(lambda request: Status(400, "a message that nobody has seen before"))
    one = run(summarizer, tmp_path / "out.jsonl", [item(n) for n in range(40)], max_concurrency=1)
    assert "nobody has seen" in str(one.stopped) and len(server.chats) < 20
    assert one.counted.keys() == {AGAIN}
    server.reply_with(claims)
    assert run(summarizer, tmp_path / "out.jsonl", [item(n) for n in range(40)]).counted == {DONE: 40}


def test_what_was_made_before_stays_until_there_is_something_better(
    summarizer: Summarizer, server: OpenAIServer, tmp_path: Path
) -> None:
    run(summarizer, tmp_path / "out.jsonl", [item(1)])
    before = lines(tmp_path / "out.jsonl")
    server.reply_with(lambda request: Status(501))
    changed = Item("1.txt", "other", lambda: article(1))
    one = run(summarizer, tmp_path / "out.jsonl", [changed])
    assert one.counted == {AGAIN: 1} and one.tally.changed == 1 and lines(tmp_path / "out.jsonl") == before
    server.reply_with(claims)
    assert run(summarizer, tmp_path / "out.jsonl", [changed]).counted == {DONE: 1}
    assert len(lines(tmp_path / "out.jsonl")) == 1


def test_a_file_of_the_users_own_is_not_written_over(
    summarizer: Summarizer, server: OpenAIServer, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "notes.md").write_text("my own")
    for _ in range(2):
        store = FolderStore(folder, "md", lambda report: report.article.id.encode())
        with Journal(tmp_path / "out.journal", summarizer.fingerprint()) as journal:
            store.settle(journal)
            named = Item("a.txt", "1", lambda: article(1, id="notes"))
            asyncio.run(Run(summarizer, journal, store).over([named]))
    assert (folder / "notes.md").read_text() == "my own" and len(list(folder.iterdir())) == 2


def test_what_all_runs_took_is_known(summarizer: Summarizer, server: OpenAIServer, tmp_path: Path) -> None:
    for number in range(2):
        run(summarizer, tmp_path / "out.jsonl", [item(n) for n in range(number + 1)])
    with Journal(tmp_path / "out.jsonl.journal", summarizer.fingerprint()) as journal:
        assert journal.usage() == Usage(requests=4, input_tokens=400, output_tokens=80)


def test_a_service_that_takes_less_is_told(server: OpenAIServer, summarizer: Summarizer, tmp_path: Path) -> None:
    server.limit_in_flight, server.delay_s, slowed = 2, 0.05, set()
    try:
        run(
            summarizer,
            tmp_path / "out.jsonl",
            [item(n) for n in range(12)],
            max_concurrency=8,
            on_change=lambda tally: slowed.add(tally.slowed_to),
        )
    finally:
        server.limit_in_flight, server.delay_s = None, 0.0
    assert slowed & {1, 2, 3, 4}
