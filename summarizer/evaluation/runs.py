"""The run file: JSON Lines with a header, a line for each article, and a seal over all lines before it.

Lines are only ever appended, each in one piece and synced, so that a run that was killed can be finished.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from summarizer.errors import PASSING_FAILURES, ConfigurationError, InputError
from summarizer.evaluation.golden import GoldenArticle, GoldenClaim
from summarizer.llm.recording import Recorded
from summarizer.models import ErrorInfo, Report, Usage

FORMAT = 1
_HEADER_START = b'{"kind":"header",'
_DECIDING = {
    "system": "the system",
    "model": "the model",
    "profile": "the profile",
    "topic": "the topic",
    "thorough": "the setting thorough",
    "prompt": "the prompt",
    "schema_sha256": "the schema",
    "golden_sha256": "the golden set",
    "repeats": "the number of repeats",
}


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RunHeader(_Line):
    """What a run was made with and over."""

    system: str = Field(description="What was evaluated, e.g. `pipeline`.")
    model: str
    profile: str | None = None
    topic: str | None = None
    thorough: bool = False
    prompt: str | None = Field(default=None, description="Names, versions and hashes of the prompt files.")
    schema_sha256: str = Field(description="Of the schemas that the model answers in, and of the report's.")
    golden_sha256: str = Field(description="`golden_hash` of the articles that were run.")
    split: str | None = Field(default=None, description="The articles' split; null where they are of both.")
    slugs: list[str]
    repeats: int = Field(default=1, ge=1)
    git_commit: str | None = None
    git_dirty: bool | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    machine: dict[str, str | int | None] = Field(default_factory=dict)
    started_at: datetime
    rescored_at: datetime | None = Field(default=None, description="When outcomes and golden hash were made anew.")
    rescored_commit: str | None = None


class RunArticle(_Line):
    """One article's outcome, a report or an error, and the raw replies that it came from."""

    kind: Literal["article"] = "article"
    slug: str
    repeat: int = Field(default=1, ge=1)
    report: Report | None = None
    error: ErrorInfo | None = None
    replies: list[Recorded] = Field(default_factory=list)
    duration_s: float = 0.0

    @model_validator(mode="after")
    def _one_outcome(self) -> Self:
        if (self.report is None) == (self.error is None):
            raise ValueError("an article has either a report or an error")
        return self

    @property
    def key(self) -> tuple[str, int]:
        """Slug and repeat."""
        return self.slug, self.repeat

    @property
    def outcome(self) -> Report | ErrorInfo:
        """The report, or why there is none."""
        outcome = self.report or self.error
        assert outcome is not None
        return outcome

    @property
    def usage(self) -> Usage:
        """What the article took, also where it failed."""
        if self.report is not None:
            return self.report.run.usage
        return sum((reply.usage for reply in self.replies), Usage())


class RunSeal(_Line):
    """The totals. `sha256` is that of all lines before."""

    kind: Literal["seal"] = "seal"
    articles: int
    failed: int
    figures: dict[str, float | None]
    usage: Usage
    duration_s: float
    finished_at: datetime
    sha256: str


@dataclass(frozen=True)
class RecordedRun:
    """A run as read. `seal` is None for one that was not finished."""

    header: RunHeader
    articles: tuple[RunArticle, ...]
    seal: RunSeal | None


class _HeaderLine(_Line):
    kind: Literal["header"] = "header"
    format: Literal[1] = 1
    run: RunHeader


_Body = TypeAdapter(Annotated[RunArticle | RunSeal, Field(discriminator="kind")])


def read_run(path: Path) -> RecordedRun:
    """Read a run, finished or not.

    A last line that was cut off is left out; of two lines on one article the later counts.

    Raises:
        InputError: it can't be read, is no run file, or was changed after it was sealed.
    """
    run, _ = _read(path)
    if run is None:
        raise _unusable(path, "not even its header was finished")
    return run


class RunWriter:
    """Writes a run file, a line at a time. Use it as a context manager, or call `close`.

    `header` is what the file has, which is the older one where a file is resumed.
    """

    def __init__(self, path: Path | None, header: RunHeader, *, resume: bool = False) -> None:
        """Start a file, or go on with one: a cut-off last line and the seal are removed from it.

        Without a path nothing is written anywhere. A file to resume that isn't there is started.

        Raises:
            ConfigurationError: the file is there already, or was made with something else that decides results.
            InputError: the file to resume is no run file, or the file can't be written.
        """
        self.header = header
        self._articles: dict[tuple[str, int], RunArticle] = {}
        self._file: BinaryIO | None = None
        kept = b""
        if path is not None and resume and path.exists():
            run, kept = _read(path)
            if run is not None:
                _check_resumable(path, run.header, header)
                self.header, self._articles = run.header, {article.key: article for article in run.articles}
            self._file = _open(path, "r+b")
            self._file.truncate(len(kept))
            self._file.seek(len(kept))
        elif path is not None:
            self._file = _open(path, "xb")
        self._size, self._digest = len(kept), hashlib.sha256(kept)
        if not kept:
            self._write(_HeaderLine(run=header))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def so_far(self) -> RecordedRun:
        """The run as it is written."""
        return RecordedRun(self.header, tuple(self._articles.values()), None)

    @property
    def done(self) -> tuple[RunArticle, ...]:
        """The articles that need not be run again: those with a report, and those that the model failed on."""
        return tuple(a for a in self._articles.values() if a.error is None or a.error.type not in PASSING_FAILURES)

    def append(self, article: RunArticle) -> None:
        """Write an article's line and wait until it is on the disk.

        Raises:
            InputError: it can't be written, or another process writes to the file.
        """
        self._write(article)
        self._articles[article.key] = article

    def seal(self, figures: Mapping[str, float | None]) -> RecordedRun:
        """Write the totals, with these figures. Raises as `append` does."""
        articles = tuple(self._articles.values())
        seal = RunSeal(
            articles=len(articles),
            failed=sum(a.error is not None for a in articles),
            figures=dict(figures),
            usage=sum((a.usage for a in articles), Usage()),
            duration_s=round(sum(a.duration_s for a in articles), 3),
            finished_at=datetime.now(UTC),
            sha256=self._digest.hexdigest(),
        )
        self._write(seal)
        return RecordedRun(self.header, articles, seal)

    def close(self) -> None:
        """Close the file. Without a seal it can be resumed."""
        if self._file is not None:
            self._file.close()

    def _write(self, line: BaseModel) -> None:
        raw = line.model_dump_json().encode() + b"\n"
        if self._file is not None:
            if os.fstat(self._file.fileno()).st_size != self._size:
                raise InputError(
                    f"Another process writes to {self._file.name}.", "Write each run to a file of its own."
                )
            try:
                self._file.write(raw)
                self._file.flush()
                os.fsync(self._file.fileno())
            except OSError as error:
                raise InputError(
                    f"{self._file.name} can't be written: {error.strerror}.", "Make room, then resume the run."
                ) from error
        self._size += len(raw)
        self._digest.update(raw)


def golden_hash(articles: Iterable[GoldenArticle]) -> str:
    """A hash over slugs, texts and annotations, whatever the order."""
    content = [
        {
            "slug": golden.slug,
            "text": golden.article.text,
            "language": golden.article.language,
            "published": str(golden.article.published),
            "genre": golden.genre,
            "aliases": golden.aliases,
            "claims": [_annotated(claim) for claim in golden.claims],
        }
        for golden in sorted(articles, key=lambda golden: golden.slug)
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _annotated(golden: GoldenClaim) -> dict[str, Any]:
    """A claim without what the splitting into sentences adds: that is no part of the annotation."""
    content = golden.claim.model_dump(mode="json", exclude={"id", "evidence"})
    return content | {"evidence": [span.start for span in golden.claim.evidence], "optional": golden.optional}


def _read(path: Path) -> tuple[RecordedRun | None, bytes]:
    """The run, None where not even the header is whole, and the file's whole lines before the seal."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}.", "Check the path.") from error
    whole = raw[: raw.rfind(b"\n") + 1]
    if not whole:
        if not _HEADER_START.startswith(raw[: len(_HEADER_START)]):
            raise _unusable(path, "it has no header")
        return None, b""
    header_line, *lines = whole.split(b"\n")[:-1]
    header = _header(path, header_line)
    articles: dict[tuple[str, int], RunArticle] = {}
    seal: RunSeal | None = None
    end = len(header_line) + 1
    for number, line in enumerate(lines, start=2):
        if seal is not None:
            raise _unusable(path, f"line {number} comes after its seal")
        try:
            content = _Body.validate_json(line)
        except ValidationError as error:
            raise _unusable(path, f"line {number} can't be read") from error
        if isinstance(content, RunSeal):
            seal = content
            if seal.sha256 != hashlib.sha256(whole[:end]).hexdigest():
                raise _unusable(path, "it was changed after it was sealed")
        else:
            articles[content.key] = content
            end += len(line) + 1
    return RecordedRun(header, tuple(articles.values()), seal), whole[:end]


def _header(path: Path, line: bytes) -> RunHeader:
    try:
        content = json.loads(line)
    except ValueError as error:
        raise _unusable(path, "it has no header") from error
    if not isinstance(content, dict) or content.get("kind") != "header":
        raise _unusable(path, "it has no header")
    if content.get("format") != FORMAT:
        raise InputError(
            f"{path} has the format {content.get('format')!r}, and this version reads format {FORMAT}.",
            "Use the version of summarizer that wrote it.",
        )
    try:
        return _HeaderLine.model_validate_json(line).run
    except ValidationError as error:
        raise _unusable(path, "its header can't be read") from error


def _unusable(path: Path, why: str) -> InputError:
    return InputError(f"{path} can't be used as a run: {why}.", "Give a file that `summarizer eval -o` wrote.")


def _open(path: Path, mode: Literal["xb", "r+b"]) -> BinaryIO:
    try:
        return path.open(mode)
    except FileExistsError as error:
        raise ConfigurationError(
            f"{path} is there already.", "Give another path, or --resume to go on with that run."
        ) from error
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror}.", "Give a path that can be written.") from error


def _check_resumable(path: Path, old: RunHeader, new: RunHeader) -> None:
    differing = []
    for field, label in _DECIDING.items():
        was, now = getattr(old, field), getattr(new, field)
        if was != now:
            is_hash = field.endswith("sha256")
            differing.append(f"{label} changed" if is_hash else f"{label} was {was} and is {now}")
    if differing:
        raise ConfigurationError(
            f"{path} can't be resumed: {'; '.join(differing)}.", "Start a new run, at another path."
        )
