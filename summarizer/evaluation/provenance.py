"""What a run was made with: commit, versions, machine. Nothing that names the machine or its user."""

from __future__ import annotations

import contextlib
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_PACKAGES = ("summarizer", "instructor", "openai", "pydantic", "xllamacpp")
_DECISIVE = ("summarizer", "prompts", "schemas", "evals/golden", "evals/injection", "pyproject.toml")
_GIT_TIMEOUT_S = 20


@dataclass(frozen=True)
class Commit:
    """The checkout's commit; `dirty` when files that decide results differ from it."""

    sha: str
    dirty: bool


def commit() -> Commit | None:
    """The commit that the program runs from, or None when it doesn't run from a checkout of its own."""
    top = _git("rev-parse", "--show-toplevel")
    if not top or Path(top).resolve() != _ROOT.resolve():
        return None
    sha = _git("rev-parse", "HEAD")
    changes = _git("status", "--porcelain", "--", *_DECISIVE)
    return Commit(sha, bool(changes)) if sha and changes is not None else None


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide results, as far as they are installed."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return found


def machine() -> dict[str, str | int | None]:
    """Processor, number of cores, and system."""
    return {
        "cpu": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}".strip(),
    }


def _processor() -> str | None:
    if sys.platform == "darwin":
        return _output("sysctl", "-n", "machdep.cpu.brand_string")
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip().lower() in {"model name", "hardware"}:
                return value.strip()
    return platform.processor() or None


def _git(*arguments: str) -> str | None:
    # Without optional locks, so that looking disturbs nobody who commits at this moment.
    return _output("git", "--no-optional-locks", "-C", str(_ROOT), *arguments)


def _output(*command: str) -> str | None:
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=_GIT_TIMEOUT_S)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
