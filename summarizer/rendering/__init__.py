"""Reports for readers and programs: terminal, JSON, JSON Lines, CSV and Markdown."""

from summarizer.rendering.csv_table import CSV_FILE_ENCODING, to_csv
from summarizer.rendering.grouping import GroupBy
from summarizer.rendering.json_lines import to_json, to_jsonl_line
from summarizer.rendering.markdown import to_markdown
from summarizer.rendering.table import write_table
from summarizer.rendering.terminal import claim_line

__all__ = [
    "CSV_FILE_ENCODING",
    "GroupBy",
    "claim_line",
    "to_csv",
    "to_json",
    "to_jsonl_line",
    "to_markdown",
    "write_table",
]
