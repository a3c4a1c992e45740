"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from summarizer.whole_files import written_whole


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_a_file_takes_its_place_when_all_is_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.json"
    with written_whole(path) as file:
        file.write(b"all")
        assert not path.exists()
    assert path.read_bytes() == b"all" and names(path.parent) == ["a.json"]


def test_what_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"before")
    with pytest.raises(KeyboardInterrupt), written_whole(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"before" and names(tmp_path) == ["a.json"]


def test_two_that_write_one_file_write_no_mixture(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with written_whole(path) as one, written_whole(path) as other:
        one.write(b"1")
        other.write(b"22")
        one.write(b"1")
    assert path.read_bytes() == b"11" and names(tmp_path) == ["a"]


def test_rights_are_those_of_the_old_file_or_of_any_new_one(tmp_path: Path) -> None:
    path, other = tmp_path / "a", tmp_path / "b"
    other.write_bytes(b"")
    for expected in (other.stat().st_mode, 0o100604):
        with written_whole(path):
            pass
        assert path.stat().st_mode == expected
        path.chmod(0o604)


def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path: Path) -> None:
    link, target = tmp_path / "link", tmp_path / "target"
    link.symlink_to("target")
    with written_whole(link) as file:
        file.write(b"all")
    assert link.is_symlink() and target.read_bytes() == b"all"
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(OSError, match="symbolic links"), written_whole(loop):
        pass
    assert loop.is_symlink()


def test_a_pipe_is_written_to_and_a_folder_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as others:
        read = others.submit(pipe.read_bytes)
        with written_whole(pipe) as file:
            file.write(b"all")
        assert read.result(10) == b"all"
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    with pytest.raises(IsADirectoryError), written_whole(tmp_path):
        pass
