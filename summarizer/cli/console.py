"""What commands show on stderr while they work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

# Control characters, but for tab and line end: C0 as their pictures, C1 and what reverses the reading as unknown.
_PICTURES = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n"},
    0x7F: 0x2421,
    **dict.fromkeys([*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], 0xFFFD),
}
EXIT_FAILED, EXIT_USAGE, EXIT_SHORT, EXIT_LIMIT, EXIT_INTERRUPTED = 1, 2, 3, 4, 130


def stderr() -> Console:
    """The console for everything but the result. Names of files and words of services can do nothing on it."""
    from rich.console import Console
    from rich.text import Text

    class Harmless(Console):
        def render_str(self, text: str, **options: Any) -> Text:
            return super().render_str(text.translate(_PICTURES), **options)

    return Harmless(stderr=True, highlight=False, emoji=False)


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
