"""The recording of attacks: JSON Lines with a header, each reply of the model once, and each attack's result."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from summarizer.errors import ConfigurationError, InputError
from summarizer.evaluation.injection.counting import AttackResult
from summarizer.llm.recording import Recorded
from summarizer.pipeline import Profile
from summarizer.whole_files import written_whole

_DECIDING = ("model", "profile", "topic", "thorough", "prompt", "attacks_sha256", "golden_sha256")


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InjectionHeader(_Line):
    """What the attacks were made on and with. `attacks` are the names of those that were to be made."""

    kind: Literal["header"] = "header"
    format: Literal[1] = 1
    model: str
    profile: Profile
    topic: str
    thorough: bool = False
    prompt: str
    attacks: list[str]
    attacks_sha256: str
    golden_sha256: str
    versions: dict[str, str] = {}
    git_commit: str | None = None
    git_dirty: bool | None = None
    started_at: datetime


class _ReplyLine(_Line):
    kind: Literal["reply"] = "reply"
    reply: Recorded


_Body = TypeAdapter(Annotated[_ReplyLine | AttackResult, Field(discriminator="kind")])


@dataclass(frozen=True)
class InjectionRun:
    """A recording as read, finished or not."""

    header: InjectionHeader
    replies: tuple[Recorded, ...]
    results: tuple[AttackResult, ...]


def read_injection(path: Path) -> InjectionRun:
    """Read a recording. A last line that was cut off is left out.

    Raises:
        InputError: it can't be read, or is no recording of attacks.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}.", "Check the path.") from error
    head, *lines = raw[: raw.rfind(b"\n") + 1].split(b"\n")
    try:
        header = InjectionHeader.model_validate_json(head)
        body = [_Body.validate_json(line) for line in lines if line]
    except ValidationError as error:
        raise InputError(
            f"{path} is no recording of attacks.", "Give a file that `summarizer eval --injection -o` wrote."
        ) from error
    replies = tuple(line.reply for line in body if isinstance(line, _ReplyLine))
    return InjectionRun(header, replies, tuple(line for line in body if isinstance(line, AttackResult)))


class InjectionWriter:
    """Writes a recording, a line at a time. Use it as a context manager.

    `replies` are those of the file that is gone on with, whose attacks are made again: what was replied costs nothing.
    """

    def __init__(self, path: Path, header: InjectionHeader, *, resume: bool = False) -> None:
        """Start a file, or go on with one; a file to resume that isn't there is started.

        Raises:
            ConfigurationError: the file is there already, or was made with something else.
            InputError: the file to resume is no recording, or the file can't be written.
        """
        self.path, self.replies = path, tuple[Recorded, ...]()
        if resume and path.exists():
            kept = read_injection(path)
            _check_resumable(path, kept.header, header)
            self.replies = kept.replies
            # Results are told again, so that they go; whatever happens meanwhile, the replies are on the disk.
            lines = [kept.header, *(_ReplyLine(reply=reply) for reply in kept.replies)]
            with self._errors_told(), written_whole(path) as file:
                file.writelines(map(_raw, lines))
            self._file = self._open("ab")
        else:
            self._file = self._open("xb")
            self._write(header)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()

    def append(self, replies: Iterable[Recorded], result: AttackResult | None = None) -> None:
        """Write replies and a result. Raises `InputError` where that isn't possible."""
        self._write(*(_ReplyLine(reply=reply) for reply in replies), *([result] if result else []))

    def _write(self, *lines: BaseModel) -> None:
        with self._errors_told():
            self._file.writelines(map(_raw, lines))
            self._file.flush()
            os.fsync(self._file.fileno())

    def _open(self, mode: Literal["xb", "ab"]) -> BinaryIO:
        with self._errors_told():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return self.path.open(mode)

    @contextmanager
    def _errors_told(self) -> Iterator[None]:
        try:
            yield
        except FileExistsError as error:
            raise ConfigurationError(
                f"{self.path} is there already.", "Give another path, or --resume to go on with it."
            ) from error
        except OSError as error:
            raise InputError(
                f"{self.path} can't be written: {error.strerror}.", "Make room, then resume, or give another path."
            ) from error


def _raw(line: BaseModel) -> bytes:
    # Kind and format have defaults, and say how to read the rest.
    marks = line.model_dump(mode="json", include={"kind", "format"})
    content = marks | line.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"


def _check_resumable(path: Path, old: InjectionHeader, new: InjectionHeader) -> None:
    differing = [field for field in _DECIDING if getattr(old, field) != getattr(new, field)]
    if differing:
        raise ConfigurationError(
            f"{path} can't be resumed: {', '.join(differing)} differ.", "Start a new recording, at another path."
        )
