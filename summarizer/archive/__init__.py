"""An archive of reports in one SQLite file, searched by words, actor, stance, measure and day.

Who asks the file by SQL finds the reports on articles as they were made in `reports.json`, a row an article, with
what readers corrected in `reports.corrections`. `claims` has a row a claim as it stands after that, where `is_wrong`
says that it doesn't count; `speakers` has who makes it, in order, and `claim_actors` which actors those are or speak
for. `claims_fts` is the index of words; its columns `endings` and `labels` are for searching only. Days are ISO
dates. All but `reports` and `articles` may be made anew when a version of the program indexes otherwise.
"""

from summarizer.archive.files import default_path
from summarizer.archive.searching import Hit, Order, Query
from summarizer.archive.store import Added, Archive, Contents

__all__ = ["Added", "Archive", "Contents", "Hit", "Order", "Query", "default_path"]
