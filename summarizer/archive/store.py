"""The archive: reports go in, claims are found, reports come out again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from summarizer.archive import files, indexing
from summarizer.archive.searching import Hit, Query, Sql, claim_marks, count_sql, rows_sql
from summarizer.archive.words import folded, storable
from summarizer.corrections import Correction, applicable, as_corrected, stale
from summarizer.errors import InputError, OutputError
from summarizer.models import Report
from summarizer.report_files import FiledReport

if TYPE_CHECKING:
    from sqlite_utils import Database

_BATCH = 100


@dataclass(frozen=True)
class Added:
    """What became of reports: `replaced` took the place of an older one on the same article.

    `unchanged` were there already; `older` stayed outside, for there is a newer one on the article.
    """

    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    older: int = 0

    def __add__(self, other: Added) -> Added:
        return Added(
            self.added + other.added,
            self.replaced + other.replaced,
            self.unchanged + other.unchanged,
            self.older + other.older,
        )


@dataclass(frozen=True)
class Contents:
    """What an archive holds. Days are those of claims; `actors` and `sources` come with how many claims each has."""

    version: int
    bytes: int
    articles: int
    claims: int
    corrected: int
    wrong: int
    first_day: date | None
    last_day: date | None
    languages: dict[str, int]
    sources: dict[str, int]
    actors: dict[str, int]


class Archive:
    """One file of reports; several processes may use it at once.

    Of each article there is one report, the one whose run started last. Claims are searched for by rows that were
    made when they went in; where these are made otherwise today, as with names of actors that have been added, they
    are made anew when the archive is opened. Raises `InputError` where the file turns out to be damaged,
    `OutputError` where it can't be written.
    """

    def __init__(self, path: Path, database: Database) -> None:
        """Use `Archive.open`."""
        self.path = path
        self._database = database
        database.register_function(_folded, name="folded", deterministic=True)

    @classmethod
    def open(
        cls, path: str | Path, *, create: bool = False, on_indexing: Callable[[int], None] = lambda count: None
    ) -> Archive:
        """The archive in a file. One of an older version is brought to this one; `create` makes one if need be.

        `on_indexing` is called with how many reports there are whose claims have to be indexed anew, if any.

        Raises:
            InputError: there is none, or the file is no archive, damaged, or of a newer version.
            OutputError: it can't be made or changed.
        """
        archive = cls(Path(path), files.opened(Path(path), create=create))
        try:
            # Who may only read has to do with the rows that are there: `stale`.
            with suppress(OutputError):
                archive._index_anew(on_indexing)
        except BaseException:
            archive.close()
            raise
        return archive

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def add(self, reports: Iterable[FiledReport | Report], *, path: Path | None = None) -> Added:
        """Put reports in, some at a time: those that are in stay in if the process is killed.

        A `FiledReport` brings its corrections. With a bare `Report`, which stands in the file `path`, those that
        the archive has stay.
        """
        waiting, added = iter(reports), Added()
        while some := list(islice(waiting, _BATCH)):
            with self._transaction():
                for report in some:
                    if isinstance(report, FiledReport):
                        known = (*report.corrections, *report.stale)
                        added += self._put(report.report, report.path, known)
                    else:
                        added += self._put(report, path, None)
        return added

    @property
    def stale(self) -> int:
        """Of how many reports the claims are indexed otherwise than today, because the file couldn't be written."""
        return len(self._stale())

    def holds(self, document: str) -> bool:
        """Whether a report is in, as the line of JSON that it is."""
        with files.told(self.path):
            found = self._database.execute(
                "SELECT 1 FROM reports WHERE fingerprint = ?", [indexing.fingerprint(document)]
            )
            return found.fetchone() is not None

    def reports(self) -> Iterator[FiledReport]:
        """All reports by day of publication, those without one last, with their corrections."""
        by_day = "SELECT id FROM articles ORDER BY published IS NULL, published, id"
        for (article,) in self._rows(Sql(by_day, ())):
            yield self._report(article)

    def search(self, query: Query) -> list[Hit]:
        """The claims that a query means, in its order."""
        reports: dict[str, FiledReport] = {}
        hits = []
        with self._snapshot():
            for number, article, position in self._rows(rows_sql(query)):
                if article not in reports:
                    reports[article] = self._report(article)
                actors = self._rows(Sql("SELECT actor FROM claim_actors WHERE claim = ? ORDER BY 1", (number,)))
                if position >= len(reports[article].report.claims):
                    raise _damaged(self.path, article)
                hits.append(_hit(reports[article], position, tuple(actor for (actor,) in actors), query.words))
        return hits

    def count(self, query: Query) -> int:
        """How many claims a query means, whatever its limit."""
        ((number,),) = self._rows(count_sql(query))
        return int(number)

    def names(self) -> list[str]:
        """The names of speakers and of what they speak for, each once, the most frequent first."""
        rows = self._rows(
            Sql(
                "SELECT name FROM (SELECT name FROM speakers UNION ALL"
                " SELECT affiliation FROM speakers WHERE affiliation IS NOT NULL)"
                " GROUP BY name ORDER BY count(*) DESC, name",
                (),
            )
        )
        return [name for (name,) in rows]

    def contents(self) -> Contents:
        """What is in it, in numbers."""
        from summarizer.archive import migrations

        with files.told(self.path):
            version = migrations.version(self._database)
        ((articles,),) = self._rows(Sql("SELECT count(*) FROM reports", ()))
        ((claims, corrected, wrong, first, last),) = self._rows(
            Sql("SELECT count(*), total(is_corrected), total(is_wrong), min(day), max(day) FROM claims", ())
        )
        return Contents(
            version=version,
            bytes=files.size(self.path),
            articles=articles,
            claims=claims,
            corrected=int(corrected),
            wrong=int(wrong),
            first_day=date.fromisoformat(first) if first else None,
            last_day=date.fromisoformat(last) if last else None,
            languages=self._counts("SELECT language, count(*) FROM articles GROUP BY 1"),
            sources=self._counts("SELECT source, count(*) FROM articles WHERE source IS NOT NULL GROUP BY 1"),
            actors=self._counts("SELECT actor, count(*) FROM claim_actors GROUP BY 1"),
        )

    def _counts(self, sql: str) -> dict[str, int]:
        return dict(self._rows(Sql(f"{sql} ORDER BY 2 DESC, 1", ())))

    def _rows(self, sql: Sql) -> list[tuple[Any, ...]]:
        with files.told(self.path):
            return self._database.execute(sql.text, sql.values).fetchall()

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """What others write meanwhile isn't seen."""
        with files.told(self.path):
            self._database.conn.execute("BEGIN")
            try:
                yield
            finally:
                self._database.rollback()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with files.told(self.path):
            # At once for writing: a reader that turns writer is refused where another has written meanwhile.
            self._database.conn.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.conn.execute("COMMIT")
            except BaseException:
                self._database.rollback()
                raise

    def _put(self, report: Report, path: Path | None, corrections: Sequence[Correction] | None) -> Added:
        article = storable(report.article.id)
        known = self._database.execute(
            "SELECT fingerprint, started_at, corrections FROM reports WHERE article = ?", [article]
        ).fetchone()
        if corrections is None:
            corrections = indexing.corrections_of(known[2]) if known else ()
        text, corrections_text = indexing.document(report), indexing.corrections_text(report, corrections)
        if known and (known[0], known[2]) == (indexing.fingerprint(text), corrections_text):
            return Added(unchanged=1)
        if known and known[1] > indexing.moment(report):
            return Added(older=1)
        if known:
            self._remove(article)
        place = str(path.absolute()) if path else None
        self._insert(report, indexing.report_row(report, text, corrections_text, place), corrections)
        return Added(replaced=1) if known else Added(added=1)

    def _stale(self) -> list[str]:
        known = indexing.rules()
        # Not `<>`, which reads the whole index.
        found = self._rows(Sql("SELECT article FROM reports WHERE rules < ? OR rules > ?", (known, known)))
        return [article for (article,) in found]

    def _index_anew(self, on_indexing: Callable[[int], None]) -> None:
        found = self._stale()
        if found:
            on_indexing(len(found))
        stale = iter(found)
        while some := list(islice(stale, _BATCH)):
            with self._transaction():
                for article in some:
                    # One that is damaged is told of when it is asked for.
                    with suppress(InputError):
                        self._index_one_anew(article)

    def _index_one_anew(self, article: str) -> None:
        known = [indexing.rules(), article]
        todo = "SELECT 1 FROM reports WHERE rules <> ? AND article = ?"
        if not self._database.execute(todo, known).fetchone():
            # Another process has done it, or replaced the report.
            return
        filed = self._report(article)
        self._remove_claims(article)
        self._insert_claims(filed.report, filed.corrections)
        self._database.execute("UPDATE reports SET rules = ? WHERE article = ?", known)

    def _insert(self, report: Report, row: indexing.Row, corrections: Sequence[Correction]) -> None:
        self._insert_all("articles", [indexing.article_row(report.article)])
        self._insert_all("reports", [row])
        self._insert_claims(report, corrections)

    def _insert_claims(self, report: Report, corrections: Sequence[Correction]) -> None:
        (last,) = self._database.execute("SELECT coalesce(max(id), 0) FROM claims").fetchone()
        rows = indexing.claim_rows(report, corrections, last + 1)
        for table, content in (("claims", rows.claims), ("speakers", rows.speakers), ("claim_actors", rows.actors)):
            self._insert_all(table, content)

    def _insert_all(self, table: str, rows: Sequence[indexing.Row]) -> None:
        """As `Table.insert_all`, in a fifth of the time: there are few rows at a time, and many times."""
        if rows:
            marks = ", ".join(f":{column}" for column in rows[0])
            self._database.conn.executemany(f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({marks})", rows)

    def _remove(self, article: str) -> None:
        self._remove_claims(article)
        for sql in ("DELETE FROM reports WHERE article = ?", "DELETE FROM articles WHERE id = ?"):
            self._database.execute(sql, [article])

    def _remove_claims(self, article: str) -> None:
        claims = "(SELECT id FROM claims WHERE article = ?)"
        for sql in (
            f"DELETE FROM claim_actors WHERE claim IN {claims}",
            f"DELETE FROM speakers WHERE claim IN {claims}",
            "DELETE FROM claims WHERE article = ?",
        ):
            self._database.execute(sql, [article])

    def _report(self, article: str) -> FiledReport:
        rows = self._rows(Sql("SELECT json, corrections, path FROM reports WHERE article = ?", (article,)))
        try:
            ((text, corrections, path),) = rows
            report = Report.model_validate(json.loads(text))
            known = indexing.corrections_of(corrections)
        except ValueError as error:
            raise _damaged(self.path, article) from error
        fitting = tuple(applicable(report, known).values())
        return FiledReport(report, Path(path) if path else None, fitting, tuple(stale(report, known)))


def _hit(filed: FiledReport, position: int, actors: tuple[str, ...], words: str) -> Hit:
    report = filed.report
    found = report.claims[position]
    correction = applicable(report, filed.corrections).get(found.id)
    claim = as_corrected(found, correction)
    in_statement, in_evidence = claim_marks(report.article, claim, words)
    return Hit(
        claim=claim,
        article=report.article,
        run=report.run,
        day=indexing.day_of(claim, report.article),
        actors=actors,
        path=filed.path,
        is_corrected=correction is not None and correction.changes_claim,
        is_wrong=correction is not None and correction.wrong,
        note=correction.note if correction else None,
        statement_marks=in_statement,
        evidence_marks=in_evidence,
    )


def _damaged(path: Path, article: str) -> InputError:
    return InputError(
        f"{path} is damaged: its report on the article {article} isn't as it was put in.",
        "Make an archive of the reports anew: summarizer archive add REPORTS…",
    )


def _folded(text: str | None) -> str | None:
    return None if text is None else folded(text)
