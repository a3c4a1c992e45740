"""Journal and output agree after whatever happened: crashes at any point, and hands on the output."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summarizer.bulk import journal as journals
from summarizer.bulk.journal import Entry, Journal, Status
from summarizer.bulk.lines import LinesFile, Place
from summarizer.bulk.stores import LineStore
from summarizer.errors import ConfigurationError, OutputError
from summarizer.llm.batching import BatchReply
from summarizer.models import ErrorInfo, Usage

SETTINGS = {"model": "a", "topic": "t"}
FAILURE = ErrorInfo(type="service", message="it failed")


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Output:
    """A store and its journal as a run has them, and what has been committed."""

    path: Path
    committed: dict[str, bytes] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)
    written: int = 0

    def open(self) -> int:
        self.store = LineStore(self.path)
        self.journal = Journal(self.path.with_name("journal"), SETTINGS)
        return self.store.settle(self.journal)

    def close(self) -> None:
        self.journal.close()
        self.store.close()

    def line(self, source: str, filler: int) -> bytes:
        self.written += 1
        return json.dumps({"source": source, "number": self.written, "filler": "x" * filler}).encode() + b"\n"

    def record(self, source: str, filler: int) -> None:
        line = self.line(source, filler)
        self.journal.record(Entry(source, "d", Status.DONE, place=self.store.lines.append(line)))
        self.committed[source] = line
        self.again.discard(source)

    def record_again(self, source: str) -> None:
        self.journal.record(Entry(source, "d", Status.AGAIN, FAILURE))
        self.committed.pop(source, None)
        self.again.add(source)

    def check(self) -> None:
        """Every committed line can be read, and nothing in the file is torn."""
        entries = {e.source: e for e in self.journal.entries(Status.DONE)}
        assert {s: self.store.lines.line(e.place) for s, e in entries.items() if e.place} == self.committed
        assert {e.source for e in self.journal.entries(Status.AGAIN)} == self.again
        counts = self.journal.counts()
        assert (counts.get(Status.DONE, 0), counts.get(Status.AGAIN, 0)) == (len(self.committed), len(self.again))
        assert not self.path.with_name("out.jsonl.new").exists()
        content = self.path.read_bytes()
        assert len(content) == self.store.lines.size
        assert not content or content.endswith(b"\n")
        for line in content.splitlines():
            json.loads(line)

    def check_finished(self) -> None:
        """The file holds what was committed, then the failures to be tried again, and nothing else."""
        lines = self.path.read_bytes().splitlines(keepends=True)
        assert sorted(lines[: len(self.committed)]) == sorted(self.committed.values())
        assert {json.loads(line)["article"]["source"] for line in lines[len(self.committed) :]} == self.again


@contextmanager
def killed_at(lines: LinesFile, point: str, number: int) -> Iterator[None]:
    """The process ends at a point of the compaction: while lines are copied, before or after the exchange."""
    line, replace_by = lines.line, lines.replace_by
    read = 0

    def counted(place: Place) -> bytes | None:
        nonlocal read
        read += 1
        if point == "copying" and read > number:
            raise Killed
        return line(place)

    def exchange(path: Path) -> None:
        if point == "after":
            replace_by(path)
        raise Killed

    lines.line = counted  # type: ignore[method-assign]
    lines.replace_by = exchange  # type: ignore[method-assign]
    with suppress(Killed):
        yield


SOURCES = st.sampled_from(["a.txt", "b.txt", "c.txt", "new\nline.txt", "\udcff.txt", "ä.jsonl#7"])
FILLERS = st.integers(0, 40)
STEPS = st.one_of(
    st.tuples(st.just("record"), SOURCES, FILLERS),
    st.tuples(st.just("again"), SOURCES),
    st.tuples(st.just("killed before commit"), SOURCES, FILLERS),
    st.tuples(st.just("killed in a line"), SOURCES, FILLERS),
    st.tuples(st.just("killed"), st.none()),
    st.tuples(st.just("killed in compaction"), st.sampled_from(["copying", "before", "after"]), st.integers(0, 3)),
    st.tuples(st.just("finished"), st.none()),
    st.tuples(st.just("finished twice"), st.none()),
    st.tuples(st.just("truncated"), st.integers(1, 200)),
    st.tuples(st.just("edited"), st.integers(0, 300)),
)


@settings(max_examples=80)
@given(st.lists(STEPS, max_size=14))
def test_what_is_committed_is_in_the_output(steps: list[tuple[str, object, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        output = Output(Path(folder) / "out.jsonl")
        assert output.open() == 0
        for step in steps:
            take(output, *step)
            output.check()
        output.store.finish(output.journal)
        output.check_finished()
        output.close()
        # Nothing but output and journal is left.
        assert {path.name for path in Path(folder).iterdir()} == {"out.jsonl", "journal"}


def take(output: Output, step: str, first, second: int = 0) -> None:
    changed = False
    match step:
        case "record":
            output.record(first, second)
            return
        case "again":
            output.record_again(first)
            return
        case "killed before commit":
            output.store.lines.append(output.line(first, second))
        case "killed in a line":
            line = output.line(first, second)
            output.store.lines.append(line[: len(line) // 2])
        case "killed in compaction":
            with killed_at(output.store.lines, first, second):
                output.store.finish(output.journal)
        case "finished" | "finished twice":
            output.store.finish(output.journal)
            if step == "finished twice":
                output.store.finish(output.journal)
            output.check_finished()
    output.close()
    if step == "truncated":
        changed = True
        content = output.path.read_bytes()
        output.path.write_bytes(content[: max(0, len(content) - first)])
    elif step == "edited" and (content := output.path.read_bytes()):
        changed = True
        at = first % len(content)
        output.path.write_bytes(content[:at] + b"?" + content[at:])
    lost = output.open()
    there = {entry.source for entry in output.journal.entries(Status.DONE)}
    gone = set(output.committed) - there
    assert len(gone) == lost and (changed or not lost)
    for source in gone:
        del output.committed[source]


@pytest.mark.parametrize("point", ["copying", "before", "after"])
def test_a_compaction_that_is_killed(tmp_path: Path, point: str) -> None:
    output = Output(tmp_path / "out.jsonl")
    output.open()
    for source in ("a.txt", "b.txt", "c.txt", "a.txt"):
        output.record(source, 5)
    with killed_at(output.store.lines, point, 1):
        output.store.finish(output.journal)
    output.close()
    assert (tmp_path / "out.jsonl.new").exists() is (point != "after")
    assert output.open() == 0
    output.check()
    output.store.finish(output.journal)
    output.check_finished()
    output.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out.journal"


def test_an_article_stands_by_its_content_and_its_settings(path: Path) -> None:
    with Journal(path, SETTINGS) as journal:
        journal.record(Entry("a", "1", Status.DONE))
        journal.record(Entry("b", None, Status.FAILED, FAILURE))
        journal.record(Entry("c", "1", Status.AGAIN, FAILURE))
        assert journal.standing("a", "1") is Status.DONE
        assert journal.standing("b", None) is Status.FAILED
        assert [journal.standing(*key) for key in [("a", "2"), ("a", None), ("b", "1"), ("c", "1"), ("d", "1")]] == [
            None
        ] * 5
    with Journal(path, SETTINGS | {"topic": "other"}) as journal:
        assert journal.standing("a", "1") is None
    with Journal(path, SETTINGS) as journal:
        assert journal.standing("a", "1") is Status.DONE


def test_changed_settings_are_said_once(path: Path) -> None:
    other = SETTINGS | {"model": "b"}
    with Journal(path, SETTINGS) as journal:
        assert journal.changes() == []
        journal.record(Entry("a", "1", Status.DONE))
        journal.record(Entry("b", "1", Status.DONE))
    with Journal(path, other) as journal:
        assert journal.changes() == ["model was a and is b"]
    # That run did nothing: no article was made with its settings.
    with Journal(path, SETTINGS) as journal:
        assert journal.changes() == []
    with Journal(path, other) as journal:
        journal.record(Entry("a", "1", Status.DONE))
    # The article that is no more among the sources isn't made again, and so isn't spoken of.
    with Journal(path, other) as journal:
        assert journal.changes() == []
    with Journal(path, SETTINGS) as journal:
        assert journal.changes() == ["model was b and is a"]


def test_entries_come_back_as_they_were(path: Path) -> None:
    usage = Usage(requests=2, input_tokens=3, output_tokens=4, cost_usd=0.5)
    entries = [
        Entry("\udcff", "1", Status.FAILED, ErrorInfo(type="input", message="\udcff can't be read"), usage=usage),
        Entry("a\n\x1b[31m\0b", None, Status.DONE, place=Place(0, 7, 99)),
        Entry("c", "1", Status.DONE, name="x.json"),
    ]
    with Journal(path, SETTINGS) as journal:
        for entry in entries:
            journal.record(entry)
    with Journal(path, SETTINGS) as journal:
        found = list(journal.entries(Status.DONE, Status.FAILED))
        assert sorted(found, key=lambda e: e.source) == sorted(entries, key=lambda e: e.source)
        assert journal.has_name("X.json", besides="d") and not journal.has_name("x.json", besides="c")
        assert journal.forget(["\udcff", "c", "unknown"]) == 2
        assert journal.forget([]) == 0
        assert journal.counts() == {Status.DONE: 1}


def test_only_one_run_has_it(path: Path) -> None:
    with Journal(path, SETTINGS) as journal:
        journal.record(Entry("a", "1", Status.DONE))
        with pytest.raises(OutputError, match="Another run"):
            Journal(path, SETTINGS)
        with pytest.raises(OutputError, match="Another run"):
            journals.remove(path)
    journals.remove(path)
    assert list(path.parent.iterdir()) == []
    journals.remove(path)


def test_of_another_version_or_none(path: Path) -> None:
    Journal(path, SETTINGS).close()
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(ConfigurationError, match="format 99"):
        Journal(path, SETTINGS)
    path.write_text("shopping list\n" * 100)
    with pytest.raises(OutputError, match=r"no journal.*--fresh"):
        Journal(path, SETTINGS)
    journals.remove(path)
    Journal(path, SETTINGS).close()
    with pytest.raises(OutputError, match="can't be used"):
        Journal(path / "below", SETTINGS)


def test_a_line_changed_in_the_midst_costs_only_what_it_moved(tmp_path: Path) -> None:
    output = Output(tmp_path / "out.jsonl")
    output.open()
    for number in range(1500):
        output.record(f"{number}.txt", 0)
    output.close()
    lines = output.path.read_bytes().splitlines(keepends=True)
    lines[600] = lines[600].replace(b"600.txt", b"Y00.txt")
    output.path.write_bytes(b"".join(lines))
    assert output.open() == 1
    del output.committed["600.txt"]
    output.store.finish(output.journal)
    output.check_finished()
    output.close()
    lines = output.path.read_bytes().splitlines(keepends=True)
    output.path.write_bytes(b"".join([*lines[:600], b"\r\n", *lines[600:]]))
    assert output.open() == 899
    for number in range(601, 1500):
        del output.committed[f"{number}.txt"]
    output.check()
    output.close()


def test_without_a_path_it_is_gone_at_the_end(tmp_path: Path) -> None:
    with Journal(None, SETTINGS) as journal:
        journal.record(Entry("a", "1", Status.DONE))
        assert journal.standing("a", "1") is Status.DONE
    with Journal(None, SETTINGS) as journal:
        assert journal.counts() == {}
    assert list(tmp_path.iterdir()) == []


def test_it_remembers_batches(path: Path) -> None:
    with Journal(path, SETTINGS) as journal:
        journal.submitted("batch_1", ["k1", "k2"])
        journal.submitted("batch_2", ["k3"])
    with Journal(path, SETTINGS) as journal:
        assert sorted(journal.pending()) == ["batch_1", "batch_2"]
        assert journal.batch_of("k2") == "batch_1"
        journal.collected("batch_1", [BatchReply("k1", 200, {"a": 1}), BatchReply("k2", 0, None)])
    with Journal(path, SETTINGS) as journal:
        assert journal.pending() == ["batch_2"] and journal.batch_of("k1") is None
        assert journal.reply("k1") == BatchReply("k1", 200, {"a": 1})
        journal.forget_reply("k1")
        assert journal.reply("k1") is None and journal.reply("k2") == BatchReply("k2", 0, None)
        journal.forget_replies()
        assert journal.reply("k2") is None


def test_a_line_that_cannot_be_written_whole_leaves_nothing(tmp_path: Path) -> None:
    lines = LinesFile(Path("/dev/full") if Path("/dev/full").exists() else pytest.skip("no full device here"))
    with pytest.raises(OutputError, match=r"can't be written.*finished is kept"):
        lines.append(b"one\n")
    lines.close()
    for bad in (tmp_path, Path("/proc/none/out.jsonl"), tmp_path / "file" / "out.jsonl"):
        (tmp_path / "file").touch()
        with pytest.raises(OutputError, match="can't be written"):
            LinesFile(bad)
