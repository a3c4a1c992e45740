"""The archive's tables, version by version. A migration that has been released is never changed.

All that are pending are applied in one transaction with the version's number, so that a file is of one version or
of another, whatever happens. The number is the `user_version` of the file, and its `application_id` says that it is
an archive.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations
from sqlite_utils.db import Table

APPLICATION_ID = 0x73756D61

VERSION = 2
"""How many migrations there are: the version that this program reads and writes."""

migrations = Migrations("summarizer.archive")


@migrations()
def m001_reports_and_claims(db: Database) -> None:
    """Articles, the reports on them as they are, and their claims as readers have corrected them, indexed."""
    _table(db, "articles").create(
        {"id": str, "title": str, "source": str, "published": str, "url": str, "language": str},
        pk="id",
        not_null={"id", "language"},
    )
    _table(db, "reports").create(
        {
            "article": str,
            "fingerprint": str,
            "started_at": str,
            "model": str,
            "path": str,
            "added_at": str,
            "corrections": str,
            "json": str,
        },
        pk="article",
        not_null={"fingerprint", "started_at", "model", "added_at", "corrections", "json"},
        foreign_keys=[("article", "articles", "id")],
    )
    _table(db, "claims").create(
        {
            "id": int,
            "article": str,
            "claim": str,
            "position": int,
            "stance": str,
            "measure": str,
            "attribution": str,
            "day": str,
            "said_on": str,
            "via": str,
            "confidence": float,
            "is_wrong": int,
            "is_corrected": int,
            "statement": str,
            "evidence": str,
            "quote": str,
            "speakers": str,
            "title": str,
            "endings": str,
            "labels": str,
        },
        pk="id",
        not_null={"article", "claim", "position", "stance", "measure", "attribution", "statement", "is_wrong"},
        foreign_keys=[("article", "articles", "id")],
    )
    _table(db, "claims").create_index(["article", "position"], unique=True)
    _table(db, "claims").create_index(["day"])
    _table(db, "speakers").create(
        {"claim": int, "position": int, "name": str, "kind": str, "role": str, "affiliation": str, "key": str},
        pk=("claim", "position"),
        not_null={"name", "kind", "key"},
        foreign_keys=[("claim", "claims", "id")],
    )
    _table(db, "claim_actors").create(
        {"actor": str, "claim": int}, pk=("actor", "claim"), foreign_keys=[("claim", "claims", "id")]
    )
    _table(db, "claim_actors").create_index(["claim"])
    _table(db, "claims").enable_fts(
        ["statement", "evidence", "speakers", "title", "endings", "labels"],
        tokenize="unicode61 remove_diacritics 2",
        create_triggers=True,
    )


@migrations()
def m002_the_rules_that_a_report_was_indexed_by(db: Database) -> None:
    """So that its claims are indexed anew where others count: who is which actor, and what is kept for searching."""
    _table(db, "reports").add_column("rules", str, not_null_default="")
    _table(db, "reports").create_index(["rules"])


def _table(db: Database, name: str) -> Table:
    return db.table(name)


def version(db: Database) -> int:
    """The version of a file: 0 for one without tables."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(db: Database) -> None:
    """Bring a file to the current version, or leave it as it is.

    Raises:
        sqlite3.Error: it can't be changed.
    """
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have done it meanwhile.
        if version(db) < VERSION:
            migrations.apply(db)
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {VERSION}")
        db.conn.execute("COMMIT")
    except BaseException:
        db.rollback()
        raise
