"""Where results go: a file of lines, a folder of files, or a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

from summarizer.bulk.journal import Journal, Status, Written
from summarizer.bulk.lines import LinesFile, unwritable
from summarizer.errors import OutputError
from summarizer.models import ArticleReference, FailedArticle, Report
from summarizer.rendering import to_jsonl_line


class Store(Protocol):
    """Takes results as they finish. Raises `OutputError` where it can't."""

    def settle(self, journal: Journal) -> int:
        """Make journal and output agree; gives how many results the output lost."""

    def write(self, source: str, outcome: Report | FailedArticle, journal: Journal) -> Written:
        """Take the final result of an article from a source."""

    def finish(self, journal: Journal) -> None:
        """Put in order what is there, and add what could not be done for now."""

    def close(self) -> None:
        """Close what is open."""


class LineStore:
    """JSON Lines in a file: a report or a failure a line. Failures that may pass come last, and go on resuming."""

    def __init__(self, path: Path) -> None:
        """Open the file; raises `OutputError`."""
        self.lines = LinesFile(path)

    def settle(self, journal: Journal) -> int:
        """As `Journal.settle` says."""
        return journal.settle(self.lines)

    def write(self, source: str, outcome: Report | FailedArticle, journal: Journal) -> Written:
        """Append the line."""
        return Written(place=self.lines.append(to_jsonl_line(outcome).encode()))

    def finish(self, journal: Journal) -> None:
        """Remove replaced lines, and add those of articles to be tried again. May be done twice."""
        journal.compact(self.lines)
        for failure in _to_be_tried_again(journal):
            self.lines.append(to_jsonl_line(failure).encode())

    def close(self) -> None:
        """Close the file."""
        self.lines.close()


class FolderStore:
    """A file a report, named by the article's id and, where another has that too, its source.

    Failures stand in the journal only.
    """

    def __init__(self, folder: Path, ending: str, text: Callable[[Report], bytes]) -> None:
        """`text` renders a report; raises `OutputError` where the folder can't be made."""
        self._folder, self._ending, self._text = folder, ending, text
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder} can't be made: {error.strerror}.", "Give another folder with -o.") from error

    def settle(self, journal: Journal) -> int:
        """Forget reports whose files are gone, empty, or of another format."""
        return journal.forget([e.source for e in journal.entries(Status.DONE) if not self._is_there(e.name)])

    def write(self, source: str, outcome: Report | FailedArticle, journal: Journal) -> Written:
        """Write the report's file: whole, or not at all. The file of an earlier report on the source goes."""
        before = journal.written(source).name
        name = self._name(source, before, outcome, journal) if isinstance(outcome, Report) else None
        path = self._folder / (name or before or "")
        draft = self._folder / f".{name or before}.new"
        try:
            if name is not None and isinstance(outcome, Report):
                draft.write_bytes(self._text(outcome))
                draft.replace(path)
            # Before the journal is told: if that fails, the old report is found to be gone and made again.
            if before is not None and before != name:
                (self._folder / before).unlink(missing_ok=True)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise unwritable(path, error) from error
        return Written(name=name)

    def finish(self, journal: Journal) -> None:
        """Nothing is left to do."""

    def close(self) -> None:
        """Nothing is open."""

    def _name(self, source: str, before: str | None, report: Report, journal: Journal) -> str:
        """A name that no other article of the journal has, and no file of the user's own."""
        stem = _safe(report.article.id)
        name = f"{stem}.{self._ending}"
        if journal.has_name(name, besides=source) or (name != before and (self._folder / name).exists()):
            digest = blake2b(source.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
            name = f"{stem}-{digest}.{self._ending}"
        return name

    def _is_there(self, name: str | None) -> bool:
        if name is None or not name.endswith(f".{self._ending}"):
            return False
        try:
            return (self._folder / name).stat().st_size > 0
        except OSError:
            return False


class StreamStore:
    """JSON Lines to a function, at once."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def settle(self, journal: Journal) -> int:
        """A stream has no past."""
        return 0

    def write(self, source: str, outcome: Report | FailedArticle, journal: Journal) -> Written:
        """Pass the line on."""
        self._write(to_jsonl_line(outcome))
        return Written()

    def finish(self, journal: Journal) -> None:
        """Add the articles that could not be done for now."""
        for failure in _to_be_tried_again(journal):
            self._write(to_jsonl_line(failure))

    def close(self) -> None:
        """The stream is the caller's."""


def _to_be_tried_again(journal: Journal) -> Iterator[FailedArticle]:
    for entry in journal.entries(Status.AGAIN):
        # Where an older report stays, there is no second line.
        if entry.error and entry.place is None:
            yield FailedArticle(article=ArticleReference(source=entry.source), error=entry.error)


def _safe(name: str) -> str:
    """An id of the user's own, as a file name of at most 150 bytes."""
    safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in name).lstrip(".")
    return safe.encode()[:150].decode(errors="ignore") or "article"
