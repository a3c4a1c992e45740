"""An archive of reports in one SQLite file, searched by words, actor, stance, measure and day."""

from summarizer.archive.places import default_path
from summarizer.archive.searching import Hit, Order, Query
from summarizer.archive.store import Added, Archive, Contents

__all__ = ["Added", "Archive", "Contents", "Hit", "Order", "Query", "default_path"]
