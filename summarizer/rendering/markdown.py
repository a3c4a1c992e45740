"""Markdown for documents and tickets. Nothing that an article or a model says can act as Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from summarizer.models import Article, Claim, Evidence, Rejection, Report
from summarizer.rendering.addresses import web_address
from summarizer.rendering.figures import (
    check_words,
    counted,
    effort,
    line_number,
    outcome,
    quoted_pieces,
    speaker_details,
)
from summarizer.rendering.grouping import GroupBy, by_measure, by_speaker, position_grid
from summarizer.rendering.revisions import Revision, WrongClaim, revision
from summarizer.rendering.visible import visible, visible_line
from summarizer.report_files import FiledReport

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"}
_SPECIAL = re.compile(r"[\\`*_\[\]~$&<>|#]")
# Markdown of some hosts turns these into links by themselves; mail addresses and mentions even if escaped,
# so a word joiner (no width) stands between.
_BARE_LINK = re.compile(r"(?i)(?<=[a-z]):(?=//)|(?<=\bwww)\.|(?<=\bmailto):|(?<=\bxmpp):")
_BLOCK_START = re.compile(r"(\d{1,9}(?=[.)])|(?=[-+=:]))")
_ALPHANUMERIC = re.compile(r"[^\W_](?:.*[^\W_])?", re.DOTALL)
_REJECTED_STATEMENT_LENGTH = 200


def to_markdown(reports: Iterable[Report | FiledReport], *, group_by: GroupBy = GroupBy.SPEAKER) -> str:
    """Reports as GitHub-flavoured Markdown, one after the other with a rule between them.

    Each has the summary first, then the claims by speaker or by measure with the evidence quoted and located,
    the positions as a table, and what was left uncovered or rejected. Reports from files are shown as readers have
    corrected them, with every correction marked.
    """
    grouping = GroupBy(group_by)
    return "\n\n---\n\n".join("\n\n".join(_blocks(revision(report), grouping)) for report in reports) + "\n"


def escaped(text: str | None) -> str:
    """`text` on one line as inline Markdown that shows exactly it, minus what is invisible."""
    return _escaped_piece(visible_line(text))


def with_quote(before: str, quote: str, after: str) -> str:
    """A sentence of an article in three pieces on one line, the quote within it emphasised."""
    before, quote, after = visible(before), visible(quote), visible(after)
    core = _ALPHANUMERIC.search(quote)
    if core is None:
        return escaped(before + quote + after)
    # Emphasis opens and closes at a letter or digit only: beside punctuation it might not be taken for one.
    left, right = before + quote[: core.start()], quote[core.end() :] + after
    pieces = (_escaped_piece(left.lstrip()), f"**{_escaped_piece(core[0])}**", _escaped_piece(right.rstrip()))
    return "".join(pieces)


def address(url: str | None) -> str:
    """A web address as a link, anything else as words."""
    return f"<{url}>" if web_address(url) else escaped(url)


def _escaped_piece(line: str) -> str:
    return _guard(_SPECIAL.sub(lambda match: _ENTITIES.get(match[0], "\\" + match[0]), line))


def _guard(text: str) -> str:
    linkless = _BARE_LINK.sub(lambda match: "\\" + match[0], text).replace("@", "@\u2060")
    start = _BLOCK_START.match(linkless)
    return f"{start[0]}\\{linkless[start.end() :]}" if start else linkless


def _blocks(revised: Revision, group_by: GroupBy) -> Iterator[str]:
    report = revised.report
    article = report.article
    yield f"# {escaped(article.title) or escaped(article.source) or 'Untitled article'}"
    if facts := _facts(report):
        yield facts
    yield from (f"{escaped(s.text)} {_citation(s.claims)}".strip() for s in report.summary.sentences if s.text.strip())
    if report.claims:
        yield f"## Claims by {group_by.value}"
        yield from _claims(report, group_by, revised.changes)
    else:
        yield f"No claims found. {counted(len(report.uncovered), 'uncovered sentence')}."
    if revised.wrong:
        yield f"## Marked as wrong ({len(revised.wrong):,})"
        yield "\n".join(_wrong(wrong) for wrong in revised.wrong)
    if report.positions:
        yield "## Positions"
        yield _positions(report)
    if report.uncovered:
        yield f"## Uncovered ({len(report.uncovered):,})"
        yield "\n".join(
            f"- {_place(article, u.sentence, u.start, u.end)}, cue “{escaped(u.cue)}”: {escaped(u.text)}"
            for u in report.uncovered
        )
    if report.rejections:
        yield f"## Rejected ({len(report.rejections):,})"
        yield "\n".join(_rejection(rejection) for rejection in report.rejections)
    yield "## Run"
    yield "\n".join(_run(report))


def _facts(report: Report) -> str:
    article = report.article
    parts = [
        escaped(article.source) if article.title else "",
        article.published.isoformat() if article.published else "",
        escaped(article.language),
        escaped(report.run.model),
        address(article.url),
    ]
    return " · ".join(part for part in parts if part)


def _citation(claims: list[str]) -> str:
    return f"\\[{', '.join(escaped(c) for c in claims)}\\]" if claims else ""


def _claims(report: Report, group_by: GroupBy, changes: Mapping[str, str]) -> Iterator[str]:
    if group_by is GroupBy.MEASURE:
        for measure_group in by_measure(report.claims):
            yield f"### {measure_group.measure.value}"
            for claim in measure_group.claims:
                yield _claim(report.article, claim, [claim.stance.value, _names(claim)], changes.get(claim.id))
        return
    for group in by_speaker(report.claims):
        yield f"### {', '.join(escaped(s.name) for s in group.speakers)}"
        details = [(escaped(s.name), escaped(speaker_details(s))) for s in group.speakers]
        described = [f"{name} ({what})" if len(details) > 1 else what for name, what in details if what]
        if described:
            yield "; ".join(described)
        for claim in group.claims:
            yield _claim(report.article, claim, [claim.stance.value, claim.measure.value], changes.get(claim.id))


def _names(claim: Claim) -> str:
    return ", ".join(escaped(speaker.name) for speaker in claim.speakers)


def _claim(article: Article, claim: Claim, labels: list[str], change: str | None) -> str:
    head = " · ".join([escaped(claim.id), *labels])
    paragraph = [f"**{head}**", escaped(claim.statement), _context(claim), escaped(change)]
    lines = ["- " + "\\\n  ".join(line for line in paragraph if line)]
    for evidence in claim.evidence:
        place = _place(article, evidence.sentence, evidence.start, evidence.end)
        lines += ["", f"  > {_evidence(article, claim, evidence)}", "  >", f"  > {place}"]
    return "\n".join(lines)


def _context(claim: Claim) -> str:
    conditions = ", ".join(escaped(c) for c in claim.conditions)
    parts = [
        f"condition: {conditions}" if conditions else "",
        f"said on {claim.said_on.isoformat()}" if claim.said_on else "",
        f"via: {escaped(claim.via)}" if claim.via else "",
        f"confidence {claim.confidence:.2f}" if claim.confidence is not None else "",
    ]
    return " · ".join(part for part in parts if part)


def _evidence(article: Article, claim: Claim, evidence: Evidence) -> str:
    return with_quote(*quoted_pieces(evidence, claim.quote))


def _place(article: Article, sentence: int, start: int, end: int) -> str:
    return f"sentence {sentence}, line {line_number(article, start)}, characters {start} to {end}"


def _positions(report: Report) -> str:
    grid = position_grid(report.positions)
    rows = [["", *(m.value for m in grid.measures)], ["---"] * (len(grid.measures) + 1)]
    for actor in grid.actors:
        cells = (grid.cells.get((actor, measure), ()) for measure in grid.measures)
        row = ["; ".join(f"{p.stance.value} {_citation(p.claims)}".strip() for p in cell) for cell in cells]
        rows.append([escaped(actor), *row])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _wrong(wrong: WrongClaim) -> str:
    claim = wrong.claim
    head = " · ".join([escaped(claim.id), claim.stance.value, claim.measure.value, _names(claim)])
    return f"- {head}: {escaped(claim.statement)}" + (
        f" (a reader's note: {escaped(wrong.note)})" if wrong.note else ""
    )


def _rejection(rejection: Rejection) -> str:
    given = rejection.claim.get("statement")
    whole = json.dumps(rejection.claim, ensure_ascii=False, default=str)
    statement = given if isinstance(given, str) else whole
    if len(statement) > _REJECTED_STATEMENT_LENGTH:
        statement = statement[:_REJECTED_STATEMENT_LENGTH].rstrip() + "…"
    reasons = "; ".join(f"{escaped(check_words(r.check))}: {escaped(r.message)}" for r in rejection.reasons)
    return f"- {escaped(statement)} ({reasons})" if reasons else f"- {escaped(statement)}"


def _run(report: Report) -> Iterator[str]:
    run = report.run
    yield f"- {' · '.join(map(escaped, outcome(report)))}"
    yield f"- {' · '.join(effort(run))}"
    versions = f"model {run.model}, prompt {run.prompt}, summarizer {run.summarizer_version}"
    yield f"- {escaped(versions)}, profile {escaped(run.profile)}, {run.started_at.isoformat()}"
    yield from (f"- Warning: {escaped(warning)}" for warning in run.warnings)
