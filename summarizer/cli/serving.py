"""`summarizer serve`: a local page to paste articles into."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summarizer.cli import options
from summarizer.cli.console import Download, stderr
from summarizer.errors import ConfigurationError, SummarizerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from summarizer.llm.selection import ModelChoice
    from summarizer.pipeline import Summarizer
    from summarizer.report_files import FiledReport

_THREADS = 16


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on. Others than this machine's let others in.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8765,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    profile: options.Profile = None,
    topic: options.Topic = "security-guarantees",
    language: options.Language = None,
    offline: options.Offline = False,
    timeout_s: options.TimeoutSeconds = 120.0,
    reports: Annotated[
        Path | None,
        typer.Option(
            envvar="SUMMARIZER_REPORTS",
            metavar="FOLDER",
            help="Where reports are kept, a JSON file each. Default: in your data folder.",
        ),
    ] = None,
    archive: options.ArchiveToo = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """A page on this machine: paste an article, see its report build up claim by claim.

    Ctrl-C ends it. Reports and corrections stay in their folder.

    Examples:

      summarizer serve --open

      summarizer serve -m openai/gpt-5-mini --reports reports/

      summarizer serve -m openai/gpt-5-mini --language en
    """
    from summarizer.cli.threads import Threads
    from summarizer.serving.app import application
    from summarizer.serving.report_folder import ReportFolder, default_folder
    from summarizer.serving.running import Server, address, is_loopback, listen, names
    from summarizer.serving.running import serve as run
    from summarizer.serving.working import Workshop

    console = stderr()
    threads = Threads(_THREADS)
    if archive is not None:
        _check_archive(archive)
    kept = ReportFolder(reports or default_folder(), lambda filed: _archive(console, archive, filed))
    with Download(console, quiet=False) as download, listen(host, port) as listening:
        settings: dict[str, Any] = {
            "model": model,
            "base_url": base_url,
            "profile": profile.value if profile else None,
            "topic": topic,
            "language": language,
            "offline": offline,
            "timeout_s": timeout_s,
        }
        workshop = Workshop(
            lambda on_progress: _summarizer(console, download, on_progress, settings),
            kept,
            on_fault=lambda error: _show_fault(console, error),
            threads=threads,
            fetch_timeout_s=min(timeout_s, options.MAX_FETCH_TIMEOUT_S),
        )
        choice = workshop.summarizer.choice
        assert choice is not None
        _check_language(workshop.summarizer)
        _say(console, f"Model: {choice.reason}")
        _check_weights(console, choice, offline=offline)
        _say(console, f"Reports: {kept.folder}")
        if not is_loopback(listening):
            console.print(
                "Everybody on the network can use this server, read its reports and change them. Nothing is encrypted.",
                style="yellow",
                soft_wrap=True,
            )

        def started() -> None:
            console.print(f"Open {address(listening)} in a browser. Ctrl-C ends.", markup=False, soft_wrap=True)
            if open_browser:
                typer.launch(address(listening))

        app = application(workshop, model=choice.name, reads_addresses=not offline, names=names(host, listening))
        run(Server(app, workshop, on_started=started), listening)
    console.print("Ended.")
    threads.leave_if_busy(0)


def _summarizer(
    console: Console, download: Download, on_progress: Callable[[int, int], None], settings: dict[str, Any]
) -> Summarizer:
    """The server's summarizer; what is fetched shows here, and by `on_progress` on the page."""
    from summarizer.pipeline import Summarizer

    def progress(done: int, total: int) -> None:
        download.update(done, total)
        on_progress(done, total)

    return Summarizer(**settings, on_progress=progress, on_message=lambda line: _say(console, line))


def _say(console: Console, line: str) -> None:
    console.print(line, style="dim", markup=False, soft_wrap=True)


def _show_fault(console: Console, error: BaseException) -> None:
    words = (
        str(error) if isinstance(error, SummarizerError) else f"{type(error).__name__}: {error}. Please report this."
    )
    console.print(words, style="red", markup=False, soft_wrap=True)


def _check_archive(path: Path) -> None:
    from summarizer.archive import Archive

    Archive.open(path, create=True).close()


def _archive(console: Console, path: Path | None, filed: FiledReport) -> None:
    """The report stays in its folder, whatever becomes of the archive."""
    if path is None:
        return
    from summarizer.archive import Archive

    try:
        with Archive.open(path, create=True) as archive:
            archive.add([filed])
    except SummarizerError as error:
        _show_fault(console, error)


def _check_language(engine: Summarizer) -> None:
    """Articles may come in any language. Raises `ConfigurationError` where the model can't translate them."""
    if engine.settings.language is None or engine.can_translate:
        return
    raise ConfigurationError(
        "The embedded model and profile sentence can't translate, and articles may come in another language.",
        "Name a capable model with --model, in profile article, or leave --language out.",
    )


def _check_weights(console: Console, choice: ModelChoice, *, offline: bool) -> None:
    """Say beforehand that the embedded model's file has to be fetched. Raises `WeightsError` where it can't be."""
    if choice.kind != "local":
        return
    from summarizer.llm import weights

    if weights.locate(choice.model_id or None) is None:
        if offline:
            weights.ensure(choice.model_id or None, offline=True)
        _say(console, "The embedded model's file isn't here yet: it is fetched with the first article.")
