"""Reports and digests for readers and programs.

Reports on a terminal, as HTML, Markdown, JSON, JSON Lines, CSV, Excel, JSON-LD, BibTeX and citations; digests on a
terminal, as HTML and Markdown.
"""

from summarizer.rendering.bibtex import bibtex_pieces, to_bibtex
from summarizer.rendering.citations import plain_citation, to_citations
from summarizer.rendering.csv_table import CSV_FILE_ENCODING, to_csv
from summarizer.rendering.digest_markdown import digest_to_markdown
from summarizer.rendering.digest_table import write_digest_table
from summarizer.rendering.grouping import GroupBy
from summarizer.rendering.html.digest_page import digest_page
from summarizer.rendering.html.report_page import report_page
from summarizer.rendering.json_ld import json_ld_pieces, to_json_ld
from summarizer.rendering.json_lines import to_json, to_jsonl_line
from summarizer.rendering.markdown import to_markdown
from summarizer.rendering.table import write_table
from summarizer.rendering.terminal import claim_line
from summarizer.rendering.workbook import to_workbook

__all__ = [
    "CSV_FILE_ENCODING",
    "GroupBy",
    "bibtex_pieces",
    "claim_line",
    "digest_page",
    "digest_to_markdown",
    "json_ld_pieces",
    "plain_citation",
    "report_page",
    "to_bibtex",
    "to_citations",
    "to_csv",
    "to_json",
    "to_json_ld",
    "to_jsonl_line",
    "to_markdown",
    "to_workbook",
    "write_digest_table",
    "write_table",
]
