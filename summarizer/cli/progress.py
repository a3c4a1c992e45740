"""How far a run over many articles is, on stderr."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from summarizer.bulk.running import Tally
    from summarizer.models import Usage

_LINE_EVERY_S = 30.0


class ArticlesProgress:
    """A bar on a terminal; elsewhere a line now and then. Shows nothing for a single article."""

    def __init__(self, console: Console, *, shown: bool) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._console, self._shown = console, shown
        self._started = self._last = time.monotonic()
        self._bar = Progress(
            TextColumn("Articles"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[state]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not shown or not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None, state="")

    def __enter__(self) -> ArticlesProgress:
        self._bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.stop()

    def show(self, tally: Tally) -> None:
        """Take the state in."""
        now = time.monotonic()
        on_terminal = self._console.is_terminal
        if not self._shown or (now - self._last < (0.1 if on_terminal else _LINE_EVERY_S)):
            return
        self._last = now
        rate = (tally.done + tally.failed) / (now - self._started)
        state = ", ".join(
            part
            for part in (
                f"{tally.failed} failed" if tally.failed else "",
                f"{tally.again} to try again" if tally.again else "",
                f"{rate:.1f}/s" if rate >= 1 else f"{60 * rate:.1f}/min",
                spent(tally.usage),
            )
            if part
        )
        if on_terminal:
            self._bar.update(self._task, completed=tally.finished, total=tally.total, state=state)
            return
        left = ""
        if tally.total and rate:
            left = f", {(tally.total - tally.finished) / rate / 60:.0f} min left"
        of = f" of {tally.total:,}" if tally.total else ""
        self._console.print(f"{tally.finished:,}{of} articles, {state}{left}", markup=False, soft_wrap=True)


def spent(usage: Usage) -> str:
    """Tokens, and the cost where it is known and not nothing."""
    tokens = usage.input_tokens + usage.output_tokens
    if not tokens:
        return ""
    return f"{tokens:,} tokens" + (f", ${usage.cost_usd:.4f}" if usage.cost_usd else "")
