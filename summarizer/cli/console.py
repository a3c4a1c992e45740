"""What commands show on stderr while they work."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

EXIT_FAILED, EXIT_USAGE, EXIT_SHORT, EXIT_LIMIT, EXIT_INTERRUPTED = 1, 2, 3, 4, 130


def stderr() -> Console:
    """The console for everything but the result."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


class Download:
    """A progress bar that appears only when something is fetched."""

    def __init__(self, console: Console, quiet: bool) -> None:
        self._console, self._quiet = console, quiet
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Download:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, done: int, total: int) -> None:
        """Show bytes done of the total."""
        if self._quiet:
            return
        if self._bar is None:
            from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

            self._bar = Progress(
                TextColumn("Fetching the embedded model"),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
                console=self._console,
            )
            self._bar.start()
            self._task = self._bar.add_task("", total=total)
        assert self._task is not None
        self._bar.update(self._task, completed=done, total=total)
