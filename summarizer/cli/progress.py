"""How far a run over many articles is, on stderr."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from summarizer.bulk.running import Tally
    from summarizer.models import Usage

_LINE_EVERY_S = 30.0
_REDRAWN_EVERY_S = 0.1


class ArticlesProgress:
    """A bar on a terminal; elsewhere a line now and then. Shows nothing for a single article."""

    def __init__(self, console: Console, *, shown: bool, line_every_s: float = _LINE_EVERY_S) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._console, self._shown = console, shown
        self._every_s = _REDRAWN_EVERY_S if console.is_terminal else line_every_s
        self._started = self._last = time.monotonic()
        self._tally: Tally | None = None
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
        """Leave the bar as it is in the end."""
        if self._tally is not None and self._console.is_terminal:
            self._show(self._tally, time.monotonic())
        self._tally = None
        self._bar.stop()

    def show(self, tally: Tally) -> None:
        """Take the state in."""
        now = time.monotonic()
        self._tally = tally
        if self._shown and now - self._last >= self._every_s:
            self._last = now
            self._show(tally, now)

    def _show(self, tally: Tally, now: float) -> None:
        rate = (tally.done + tally.failed) / max(now - self._started, 1e-3)
        parts = [
            f"{tally.failed:,} failed" if tally.failed else "",
            f"{tally.again:,} to try again" if tally.again else "",
            (f"{rate:.1f}/s" if rate >= 1 else f"{60 * rate:.1f}/min") if rate else "",
            spent(tally.usage),
            f"slowed to {tally.slowed_to} at a time" if tally.slowed_to else "",
        ]
        if self._console.is_terminal:
            state = ", ".join(part for part in parts if part)
            self._bar.update(self._task, completed=tally.finished, total=tally.total, state=state)
            return
        if tally.left and rate:
            parts.append(f"{max(1, round(tally.left / rate / 60)):,} min left")
        of = f" of {tally.total:,}" if tally.total else ""
        line = ", ".join([f"{tally.finished:,}{of} articles", *(part for part in parts if part)])
        self._console.print(line, markup=False, soft_wrap=True)


def spent(usage: Usage) -> str:
    """Tokens, and the cost where it is known and not nothing."""
    tokens = usage.input_tokens + usage.output_tokens
    if not tokens:
        return ""
    return f"{tokens:,} tokens" + (f", ${usage.cost_usd:.4f}" if usage.cost_usd else "")
