"""A run's reports, put into an archive as they finish."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from summarizer.archive import Added, Archive
from summarizer.bulk.journal import Journal, Status, Written
from summarizer.bulk.stores import LineStore, Store
from summarizer.models import FailedArticle, Report


@dataclass
class ArchivingStore:
    """A store that puts each report into an archive before the journal knows of it.

    What an earlier run finished is put in when a run starts, where the output can be read again; `unread` is how
    many reports there are that can't. `path` is the file or folder of the output, if reports can be read from it.
    """

    inner: Store
    archive: Archive
    path: Path | None
    unread: int = 0
    added: Added = field(default_factory=Added)

    def settle(self, journal: Journal) -> int:
        """As the store does; then the archive gets what was finished before."""
        lost = self.inner.settle(journal)
        self.added += self.archive.add(self._finished(journal), path=self.path)
        return lost

    def write(self, source: str, outcome: Report | FailedArticle, journal: Journal) -> Written:
        """Write the result, and keep the report."""
        written = self.inner.write(source, outcome, journal)
        if isinstance(outcome, Report):
            self.added += self.archive.add([outcome], path=self._file(written.name))
        return written

    def finish(self, journal: Journal) -> None:
        """As the store does."""
        self.inner.finish(journal)

    def close(self) -> None:
        """As the store does; the archive is the caller's."""
        self.inner.close()

    def _finished(self, journal: Journal) -> Iterator[Report]:
        for entry in journal.entries(Status.DONE, Status.AGAIN):
            text: bytes | None = None
            if isinstance(self.inner, LineStore):
                text = self.inner.lines.line(entry.place) if entry.place else None
            elif entry.name and (path := self._file(entry.name)):
                text = path.read_bytes()
            elif entry.name:
                self.unread += 1
            if text is not None and not self.archive.holds(text.decode().rstrip("\n")):
                yield Report.model_validate_json(text)

    def _file(self, name: str | None) -> Path | None:
        """The file that a report stands in, if it stands in one that can be read again."""
        return self.path / name if self.path is not None and name else self.path
