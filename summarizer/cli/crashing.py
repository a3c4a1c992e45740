"""What is said of a crash: its traceback, without the keys that a service may have repeated in it."""

from __future__ import annotations

import sys
import threading


def guard() -> None:
    """Have crashes in threads, and those that Python ignores, said so too."""
    threading.excepthook = _in_thread
    sys.unraisablehook = _ignored


def say_crash(error: BaseException) -> None:
    """Write the traceback of an error that nobody expected to stderr."""
    import traceback

    from summarizer.llm.secrecy import without_keys

    sys.stderr.write(without_keys("".join(traceback.format_exception(error))))


def _in_thread(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None and arguments.exc_type is not SystemExit:
        say_crash(arguments.exc_value)


def _ignored(arguments: sys.UnraisableHookArgs) -> None:
    if arguments.exc_value is not None:
        sys.stderr.write(f"{arguments.err_msg or 'Exception ignored in'}: {type(arguments.object).__name__}\n")
        say_crash(arguments.exc_value)
