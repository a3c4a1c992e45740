"""The archive for other programs: reports as JSON Lines, claims as JSON Lines or Parquet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from summarizer.actors.identity import actor_id
from summarizer.archive.indexing import day_of
from summarizer.correction_files import change_corrections, corrections_path
from summarizer.corrections import Correction, Corrections, applicable, as_corrected, with_correction
from summarizer.errors import ConfigurationError, OutputError
from summarizer.models import Claim, Report
from summarizer.rendering import to_jsonl_line
from summarizer.rendering.json_lines import unsplit
from summarizer.report_files import FiledReport
from summarizer.whole_files import written_whole

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_AT_ONCE = 5000
_SURROGATES = re.compile("[\ud800-\udfff]")

ClaimRow = dict[str, Any]


def export_reports(reports: Iterable[FiledReport], path: Path) -> int:
    """Write a report a line, as they were made, and corrections to a file beside it, which is how they are read.

    Gives how many reports there are. The file appears whole or not at all; corrections that lie there already
    stay, unless the archive has others on the same claim.

    Raises:
        InputError: the corrections beside it can't be read.
        OutputError: it can't be written.
    """
    known: list[Correction] = []
    count = 0
    with _whole(path) as file:
        for filed in reports:
            file.write(to_jsonl_line(filed.report).encode())
            known += [*filed.corrections, *filed.stale]
            count += 1
    if known or corrections_path(path).exists():
        change_corrections(path, lambda there: _replaced(there, known))
    return count


def export_claims(reports: Iterable[FiledReport], path: Path, *, with_wrong: bool = False) -> int:
    """Write a claim a line as readers have corrected it, flat; gives how many. Raises `OutputError`."""
    count = 0
    with _whole(path) as file:
        for row in claim_rows(reports, with_wrong=with_wrong):
            file.write((_line(row) + "\n").encode())
            count += 1
    return count


def export_parquet(reports: Iterable[FiledReport], path: Path, *, with_wrong: bool = False) -> int:
    """Write a Parquet file with a row a claim as readers have corrected it; gives how many.

    Raises:
        ConfigurationError: pyarrow isn't installed.
        OutputError: it can't be written.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ConfigurationError("Parquet needs pyarrow.", "Install it: pip install 'summarizer[parquet]'") from error
    schema, count = _schema(), 0
    rows = claim_rows(reports, with_wrong=with_wrong)
    with _whole(path) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        while some := [_encodable(row) for row in islice(rows, _ROWS_AT_ONCE)]:
            writer.write_table(pa.Table.from_pylist(some, schema=schema))
            count += len(some)
    return count


def claim_rows(reports: Iterable[FiledReport], *, with_wrong: bool = False) -> Iterator[ClaimRow]:
    """A flat row a claim; lists are lists, days are days. What belongs to speakers has their order."""
    for filed in reports:
        known = applicable(filed.report, filed.corrections)
        for claim in filed.report.claims:
            correction = known.get(claim.id)
            if with_wrong or not (correction and correction.wrong):
                yield _row(filed, claim, correction)


def _row(filed: FiledReport, claim: Claim, correction: Correction | None) -> ClaimRow:
    report: Report = filed.report
    claim = as_corrected(claim, correction)
    article, run, quote = report.article, report.run, claim.quote
    return {
        "article_id": article.id,
        "title": article.title,
        "source": article.source,
        "published": article.published,
        "url": article.url,
        "language": article.language,
        "claim": claim.id,
        "speakers": [speaker.name for speaker in claim.speakers],
        "kinds": [speaker.kind.value for speaker in claim.speakers],
        "roles": [speaker.role for speaker in claim.speakers],
        "affiliations": [speaker.affiliation for speaker in claim.speakers],
        "actors": [actor_id(speaker) for speaker in claim.speakers],
        "statement": claim.statement,
        "attribution": claim.attribution.value,
        "stance": claim.stance.value,
        "measure": claim.measure.value,
        "conditions": list(claim.conditions),
        "quote": quote.text if quote else None,
        "quote_start": quote.start if quote else None,
        "quote_end": quote.end if quote else None,
        "evidence": [span.text for span in claim.evidence],
        "evidence_sentences": [span.sentence for span in claim.evidence],
        "evidence_starts": [span.start for span in claim.evidence],
        "evidence_ends": [span.end for span in claim.evidence],
        "via": claim.via,
        "said_on": claim.said_on,
        "day": day_of(claim, article),
        "confidence": claim.confidence,
        "is_corrected": correction is not None and correction.changes_claim,
        "is_wrong": correction is not None and correction.wrong,
        "note": correction.note if correction else None,
        "model": run.model,
        "prompt": run.prompt,
        "started_at": run.started_at,
        "report": str(filed.path) if filed.path else None,
    }


def _schema() -> pa.Schema:
    import pyarrow as pa

    text, day, number = pa.string(), pa.date32(), pa.int32()
    texts, numbers = pa.list_(text), pa.list_(number)
    return pa.schema(
        [
            ("article_id", text),
            ("title", text),
            ("source", text),
            ("published", day),
            ("url", text),
            ("language", text),
            ("claim", text),
            ("speakers", texts),
            ("kinds", texts),
            ("roles", texts),
            ("affiliations", texts),
            ("actors", texts),
            ("statement", text),
            ("attribution", text),
            ("stance", text),
            ("measure", text),
            ("conditions", texts),
            ("quote", text),
            ("quote_start", number),
            ("quote_end", number),
            ("evidence", texts),
            ("evidence_sentences", numbers),
            ("evidence_starts", numbers),
            ("evidence_ends", numbers),
            ("via", text),
            ("said_on", day),
            ("day", day),
            ("confidence", pa.float64()),
            ("is_corrected", pa.bool_()),
            ("is_wrong", pa.bool_()),
            ("note", text),
            ("model", text),
            ("prompt", text),
            ("started_at", pa.timestamp("us", tz="UTC")),
            ("report", text),
        ]
    )


def _encodable(value: Any) -> Any:
    """Without halves of surrogate pairs, which are no UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode() if _SURROGATES.search(value) else value
    if isinstance(value, dict):
        return {key: _encodable(item) for key, item in value.items()}
    return [_encodable(item) for item in value] if isinstance(value, list) else value


def _line(row: ClaimRow) -> str:
    text = json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=lambda d: d.isoformat())
    return unsplit(text)


def _replaced(there: Corrections, known: Iterable[Correction]) -> Corrections:
    for correction in known:
        there = with_correction(there, correction)
    return there


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    try:
        with written_whole(path) as file:
            yield file
    except OSError as error:
        raise OutputError(
            f"{path} can't be written: {error.strerror or error}.", "Make room, or give another path."
        ) from error
