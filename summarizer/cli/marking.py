"""`summarizer mark`: a reader corrects claims of a report; the corrections are kept beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summarizer.cli import options
from summarizer.cli.choosing import chosen_report, chosen_reports, name_of, on_one_line, reports_to_draft
from summarizer.cli.console import stderr
from summarizer.cli.drafting import purpose_of, write_drafts
from summarizer.cli.sources import opened_archive
from summarizer.errors import ConfigurationError, InputError

if TYPE_CHECKING:
    from summarizer.corrections import Correction, Corrections
    from summarizer.models import Claim, Measure, Report, Stance
    from summarizer.report_files import FiledReport

_SHOWN = 8


class ListFormat(StrEnum):
    """How corrections are listed."""

    TABLE = "table"
    JSON = "json"


@dataclass(frozen=True)
class _Change:
    """What a reader says of the claims that were named."""

    wrong: bool | None
    stance: Stance | None
    measure: Measure | None
    note: str | None
    undo: bool


def mark(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="A report's file, one of several, or a folder.")],
    claims: Annotated[list[str] | None, typer.Argument(metavar="CLAIM…", help="Ids of claims: c7.")] = None,
    wrong: Annotated[bool | None, typer.Option("--wrong/--right", help="Nobody claims this; or somebody does.")] = None,
    stance: Annotated[str | None, typer.Option(metavar="STANCE", help=f"The right one: {options.STANCES}.")] = None,
    measure: Annotated[str | None, typer.Option(metavar="MEASURE", help=f"The right one: {options.MEASURES}.")] = None,
    note: Annotated[str | None, typer.Option(help="Why. An empty note takes one back.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take back all that was said of the claims.")] = False,
    article: Annotated[
        str | None,
        typer.Option(
            metavar="ARTICLE",
            help="Which of several reports: the article's id or its beginning, words of its title, or the file.",
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--list", help="Show what was corrected.")] = False,
    list_format: Annotated[
        ListFormat | None, typer.Option("-f", "--format", help="How --list shows it. Default: table.")
    ] = None,
    taken_from: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Take in corrections that were saved in the HTML page."),
    ] = None,
    golden: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write a draft for the golden set into a folder of its own.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="What the draft is for: dev (the default) or test.")] = None,
    genre: Annotated[
        str | None,
        typer.Option(help="The draft's: agency (the default), interview, analysis, brief, liveblog or webpage."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write drafts anew that are there already.")] = False,
    archive: Annotated[Path | None, options.archive("Correct this archive too, where the report is in it.")] = None,
    quiet: options.Quiet = False,
) -> None:
    """Correct claims of a report. What is corrected is kept beside it, in REPORT.corrections.json, and shown in it.

    Examples:

      summarizer mark report.json c7 --wrong --note "He only quoted someone"

      summarizer mark report.json c7 c9 --stance refuses --measure troops

      summarizer mark reports.jsonl c7 --article 3f1a --undo

      summarizer mark report.json --list

      summarizer mark report.json --from page.corrections.json

      summarizer mark reports/ --golden drafts
    """
    change = _change(wrong, stance, measure, note, undo)
    wanted = [bool(claims), show, taken_from is not None, golden is not None]
    if sum(wanted) != 1:
        raise ConfigurationError(
            "Mark claims, or --list, or --from, or --golden.",
            "Name one of these: summarizer mark report.json c7 --wrong",
        )
    if claims and change is None:
        raise ConfigurationError(
            "What is to be said of the claims?", "Give --wrong, --stance, --measure, --note or --undo."
        )
    if change is not None and not claims:
        raise ConfigurationError("Which claims are meant?", "Name their ids: summarizer mark report.json c7 --wrong")
    purpose = purpose_of(split, genre) if golden or split or genre else None
    _check_used(drafts=bool(golden) or not (purpose or force), lists=show or list_format is None)
    if str(report) == "-":
        raise ConfigurationError("Corrections are kept beside a file.", "Write the report to one with -o.")
    console = stderr()

    def tell(line: str) -> None:
        if not quiet:
            console.print(line, markup=False, soft_wrap=True)

    if claims and change:
        one = chosen_report(report, article)
        _mark(one, list(dict.fromkeys(claims)), change, tell)
        _to_archive([one], archive, quiet, tell)
    elif show:
        _list(chosen_reports(report, article), article, list_format or ListFormat.TABLE)
    elif taken_from is not None:
        _take_in(chosen_reports(report, article), taken_from, tell)
        _to_archive(chosen_reports(report, article), archive, quiet, tell)
    elif golden is not None and purpose is not None:
        write_drafts(reports_to_draft(report, article), golden, purpose, force, tell)


def _check_used(*, drafts: bool, lists: bool) -> None:
    """Refuse options that would do nothing."""
    if not drafts:
        raise ConfigurationError("--split, --genre and --force are about drafts.", "Give them with --golden.")
    if not lists:
        raise ConfigurationError("-f says how corrections are listed.", "Give it with --list.")


def _change(
    wrong: bool | None, stance: str | None, measure: str | None, note: str | None, undo: bool
) -> _Change | None:
    """What was asked for; none if nothing was."""
    from summarizer.corrections import MAX_NOTE_CHARS
    from summarizer.models import Measure, Stance

    if all(given is None for given in (wrong, stance, measure, note)) and not undo:
        return None
    if undo and any(given is not None for given in (wrong, stance, measure, note)):
        raise ConfigurationError("--undo takes everything back.", "Give it alone, or --right or another value.")
    if wrong and (stance or measure):
        raise ConfigurationError("A claim that is --wrong has no stance and no measure.", "Give one or the other.")
    if note is not None and len(note) > MAX_NOTE_CHARS:
        raise ConfigurationError(
            f"The note has {len(note):,} characters; the limit is {MAX_NOTE_CHARS:,}.", "Make it shorter."
        )
    if note is not None and any("\ud800" <= character <= "\udfff" for character in note):
        raise ConfigurationError("The note has bytes in it that are no text.", "Write it in UTF-8.")
    return _Change(
        wrong,
        None if stance is None else options.value("--stance", Stance, stance),
        None if measure is None else options.value("--measure", Measure, measure),
        note,
        undo,
    )


def _mark(filed: FiledReport, ids: Sequence[str], change: _Change, tell: Callable[[str], None]) -> None:
    from summarizer.correction_files import change_corrections, corrections_path

    path = filed.path
    assert path is not None
    if unknown := [id_ for id_ in ids if not _is_known(filed, id_, change.undo)]:
        raise _no_claim(filed, unknown)
    told: list[str] = []

    def changed(known: Corrections) -> Corrections:
        after = known
        for id_ in ids:
            after, words = (_taken_back if change.undo else _marked)(after, filed.report, id_, change)
            told.append(words)
        if after != known:
            told.append(f"Kept in {corrections_path(path)}.")
        return after

    change_corrections(path, changed, on_wait=lambda: tell("Waiting for another process that marks claims."))
    for line in told:
        tell(line)
    if filed.stale and not change.undo:
        tell(f"Of this article's corrections {len(filed.stale)} fit no claim any more: --list shows which.")


def _to_archive(marked: Iterable[FiledReport], archive: Path | None, quiet: bool, tell: Callable[[str], None]) -> None:
    """Give an archive that has these very reports their corrections, as they are kept now."""
    from summarizer.archive.indexing import document
    from summarizer.report_files import load_reports

    if archive is None:
        return
    if not archive.exists():
        tell(f"There is no archive at {archive}: nothing is corrected there.")
        return
    articles = {(one.path, one.report.article.id) for one in marked}
    files = dict.fromkeys(path for path, _ in articles if path)
    with opened_archive(archive, quiet) as opened:
        now = (one for one in load_reports(files) if (one.path, one.report.article.id) in articles)
        if opened.add(one for one in now if opened.holds(document(one.report))).replaced:
            tell(f"Corrected in {archive} too.")


def _is_known(filed: FiledReport, id_: str, undo: bool) -> bool:
    ids = {claim.id for claim in filed.report.claims}
    return id_ in ids or (undo and any(c.claim == id_ for c in filed.stale))


def _no_claim(filed: FiledReport, unknown: Sequence[str]) -> InputError:
    """What claims there are: those with ids alike, else the first."""
    from difflib import get_close_matches

    from summarizer.rendering.figures import counted

    claims = {claim.id: claim for claim in filed.report.claims}
    if not claims:
        return InputError(f"{filed.path} has no claims.", "There is nothing to correct.")
    near = [id_ for wanted in unknown for id_ in get_close_matches(wanted, claims, n=3, cutoff=0.4)]
    shown = list(dict.fromkeys(near)) or list(claims)[:_SHOWN]
    lines = "\n".join(f"  {id_}  {_words(claims[id_])}" for id_ in shown)
    what = f"no claim {unknown[0]}" if len(unknown) == 1 else f"no claims {', '.join(unknown)}"
    return InputError(f"{filed.path} has {what}.", f"It has {counted(len(claims), 'claim')}:\n{lines}")


def _marked(known: Corrections, report: Report, id_: str, change: _Change) -> tuple[Corrections, str]:
    """The corrections with what is said of a claim, and what is told about it."""
    from summarizer.corrections import amended, applicable, with_correction

    claim = next(c for c in report.claims if c.id == id_)
    before = applicable(report, known.corrections).get(id_)
    correction = amended(
        report.article.id,
        claim,
        before,
        wrong=change.wrong,
        stance=change.stance,
        measure=change.measure,
        note=change.note,
    )
    if before is None and correction.says_nothing:
        return known, f"{id_} is so already: stance {claim.stance}, measure {claim.measure}, not wrong."
    if before is not None and correction == before.model_copy(update={"made_at": correction.made_at}):
        return known, f"{id_} is marked so already: {_said(correction, claim)}."
    said = "as the report has it again" if correction.says_nothing else _said(correction, claim)
    return with_correction(known, correction), f"{id_}: {said}. ({_words(claim)})"


def _taken_back(known: Corrections, report: Report, id_: str, change: _Change) -> tuple[Corrections, str]:
    """The corrections without what was said of a claim; where it is of no claim that is left, without that."""
    from summarizer.corrections import applicable, stale, without

    claim = next((c for c in report.claims if c.id == id_), None)
    found = applicable(report, known.corrections).get(id_)
    gone = [found] if found else [c for c in stale(report, known.corrections) if c.claim == id_]
    if not gone:
        return known, f"{id_} has no correction."
    for correction in gone:
        known = without(known, correction.article, correction.claim, correction.claim_key)
    said = "; ".join(_said(correction, claim if found else None) for correction in gone)
    return known, f"{id_}: taken back: {said}."


def _said(correction: Correction, claim: Claim | None) -> str:
    """What a correction says; with the claim, what the report has instead."""
    said = ["wrong"] if correction.wrong else []
    if correction.stance:
        said.append(f"stance {correction.stance}" + (f" (was {claim.stance})" if claim else ""))
    if correction.measure:
        said.append(f"measure {correction.measure}" + (f" (was {claim.measure})" if claim else ""))
    if correction.note:
        said.append(f"note: {on_one_line(correction.note)}")
    return ", ".join(said) or "nothing"


def _list(filed: Iterable[FiledReport], article: str | None, list_format: ListFormat) -> None:
    import json

    from summarizer.correction_files import load_corrections

    files: list[dict[str, Any]] = []
    lines: list[str] = []
    for path, reports in groupby(filed, key=lambda one: one.path):
        assert path is not None
        seen: set[str] = set()
        fitting: list[Correction] = []
        told: list[str] = []
        for one in reports:
            seen.add(one.report.article.id)
            fitting += one.corrections
            told += _listed(one)
        placed = {(c.article, c.claim_key) for c in fitting}
        others = [
            c
            for c in load_corrections(path).corrections
            if (c.article, c.claim_key) not in placed and (article is None or c.article in seen)
        ]
        told += [f"  fits no claim any more: {c.claim} of {c.article}: {_said(c, None)}" for c in others]
        if told:
            lines += [str(path), *told]
        files.append(
            {
                "file": str(path),
                "corrections": [c.model_dump(mode="json") for c in fitting],
                "stale": [c.model_dump(mode="json") for c in others],
            }
        )
    if list_format is ListFormat.JSON:
        typer.echo(json.dumps(files, indent=2))
    else:
        typer.echo("\n".join(lines) if lines else "Nothing was corrected.")


def _listed(one: FiledReport) -> list[str]:
    claims = {claim.id: claim for claim in one.report.claims}
    lines = [f"    {c.claim}  {_said(c, claims[c.claim])}  ({_words(claims[c.claim])})" for c in one.corrections]
    return [f"  {name_of(one)}", *lines] if lines else []


def _take_in(filed: Iterable[FiledReport], source: Path, tell: Callable[[str], None]) -> None:
    from summarizer.correction_files import change_corrections, corrections_path, read_corrections
    from summarizer.corrections import applicable, merged
    from summarizer.rendering.figures import counted

    given = read_corrections(source).corrections
    fitting: set[tuple[str, str]] = set()
    for path, reports in groupby(filed, key=lambda one: one.path):
        assert path is not None
        mine = [c for one in reports for c in applicable(one.report, given).values()]
        fitting |= {(c.article, c.claim_key) for c in mine}
        counts: list[int] = []

        def changed(known: Corrections, mine: list[Correction] = mine, counts: list[int] = counts) -> Corrections:
            after = merged(known, mine)
            counts.append(sum(c not in known.corrections for c in after.corrections))
            return after

        if mine:
            change_corrections(path, changed)
            tell(f"{counted(counts[-1], 'correction')} taken in, of {len(mine)} that fit: {corrections_path(path)}")
    unfit = [c for c in given if (c.article, c.claim_key) not in fitting]
    if not fitting:
        raise InputError(
            f"{source} holds no correction that fits a claim here.", "Name the report that it was made from."
        )
    if unfit:
        tell(f"{counted(len(unfit), 'correction')} left out, made of claims that aren't here.")


def _words(claim: Claim) -> str:
    return on_one_line(f"{', '.join(s.name for s in claim.speakers)}: {claim.statement}")
