"""What a run says at its end: where each article is, what it took, and what failed."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from summarizer.cli.progress import spent

if TYPE_CHECKING:
    from rich.console import Console

    from summarizer.bulk.journal import Journal, Status
    from summarizer.bulk.running import Run, Tally
    from summarizer.pipeline import Summarizer

_SHOWN_FAILURES = 20


def show_end(
    console: Console, run: Run, journal: Journal, engine: Summarizer, *, many: bool, interrupted: bool, quiet: bool
) -> None:
    """Say what became of the articles; `quiet` leaves out all but failures and why the run was stopped."""
    from summarizer.bulk.journal import Status

    tally = run.tally
    if tally.failed_before and not tally.failed:
        _show_failures(console, journal, Status.FAILED)
    if tally.again:
        _show_failures(console, journal, Status.AGAIN)
    if run.stopped is not None:
        console.print(f"Stopped: {run.stopped}", style="red", markup=False, soft_wrap=True)
    if quiet:
        return
    if not (many or interrupted):
        if engine.cached:
            console.print(f"{engine.cached:,} replies from the cache; --no-cache asks again.", style="dim")
        return
    start = "Interrupted. " if interrupted else ""
    console.print(f"{start}{_accounted(tally)} {_taken(run, engine)}".rstrip(), markup=False, soft_wrap=True)
    if tally.changed:
        console.print(f"{tally.changed:,} changed since they were finished, and were done again.", markup=False)
    if tally.done_before and (before := spent(journal.usage())):
        console.print(f"All of them took {before}.", markup=False)
    unfinished = tally.left or tally.again or interrupted or run.stopped
    if unfinished and journal.path is not None:
        console.print("The same command does the rest.", markup=False)


def _accounted(tally: Tally) -> str:
    """Where each article is, in words."""
    if tally.done_before and tally.done_before == tally.finished and not tally.again and not tally.left:
        return (
            "The only article was done before." if tally.finished == 1 else f"All {tally.finished:,} were done before."
        )
    counts = {
        "done": tally.done,
        "done before": tally.done_before,
        "failed": tally.failed,
        "failed before": tally.failed_before,
        "failed for now": tally.again,
        "not done": tally.left or 0,
    }
    return f"Articles: {', '.join(f'{count:,} {how}' for how, count in counts.items() if count) or 'none'}."


def _show_failures(console: Console, journal: Journal, status: Status) -> None:
    for entry in islice(journal.entries(status), _SHOWN_FAILURES):
        show_failure(console, entry.source, entry.error.message if entry.error else "")
    if (more := journal.counts()[status] - _SHOWN_FAILURES) > 0:
        console.print(f"… and {more:,} more.", style="red", markup=False)


def _taken(run: Run, engine: Summarizer) -> str:
    """What the run took, in words; an unknown price is said."""
    usage = run.tally.usage
    words = spent(usage)
    if engine.cached:
        words += f"{', ' if words else ''}{engine.cached:,} replies from the cache"
    if words and usage.requests and usage.cost_usd is None:
        words += "; the price isn't known"
    elif usage.cost_usd and engine.price:
        words += f" at the prices of {engine.price.as_of}"
    return f"{words}." if words else ""


def show_failure(console: Console, source: str | None, message: str) -> None:
    """Say that an article failed, and why."""
    from rich.text import Text

    from summarizer.rendering.visible import visible_line

    console.print(Text(visible_line(f"{source}: {message}"), style="red"), soft_wrap=True)
