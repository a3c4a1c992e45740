"""Fuzzing with coverage as the guide: `python tests/fuzz TARGET|all [--seconds 60]`; `--show` prints the last figures.

Each target runs in a process of its own for the time given. What is printed for it: how often it was tried, and what it
failed with. The figures are kept in results.json beside this file, with the day, the machine and the versions.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
VERSIONS = ("summarizer", "atheris", "trafilatura", "lxml", "feedparser", "pypdf", "pydantic")
_MAX_BYTES = 4096
_MEMORY_MB = 4096
_TRY_S = 25
_INSIDE = "--inside"


def main() -> int:
    """Fuzz what the command line names; exit 1 when a target failed."""
    if sys.argv[2:3] == [_INSIDE]:
        fuzz(sys.argv[1], sys.argv[3:])
    from targets import TARGETS

    options = argparse.ArgumentParser(prog="python tests/fuzz", description="Fuzz summarizer with atheris.")
    options.add_argument("target", nargs="?", choices=[*TARGETS, "all"], help="what to fuzz")
    options.add_argument("--seconds", type=int, default=60, help="how long each target is tried")
    options.add_argument("--seed-corpus", type=Path, help="a folder of files to start from")
    options.add_argument("--show", action="store_true", help="print the kept figures as a Markdown table")
    chosen = options.parse_args()
    if chosen.show or chosen.target is None:
        print(shown(json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}))
        return 0
    names = list(TARGETS) if chosen.target == "all" else [chosen.target]
    found = {name: run(name, chosen.seconds, chosen.seed_corpus) for name in names}
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps(kept | found, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(shown(found))
    return int(any(figures["crashes"] for figures in found.values()))


def run(name: str, seconds: int, corpus: Path | None) -> dict[str, Any]:
    """The figures of a target that was fuzzed in a process of its own. A crash is told on stderr, with its input."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = [f"-max_total_time={seconds}", f"-max_len={_MAX_BYTES}", f"-rss_limit_mb={_MEMORY_MB}",
                     f"-timeout={_TRY_S}", f"-artifact_prefix={folder}/", "-print_final_stats=1"]  # fmt: skip
        # New inputs go to the first folder: the one that is given stays as it is.
        folders = [str(Path(folder, "corpus")), *([str(corpus)] if corpus else [])]
        Path(folders[0]).mkdir()
        ended = subprocess.run(
            [sys.executable, str(HERE), name, _INSIDE, *arguments, *folders],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds + 300,
            check=False,
        )
        crashes = [path for path in Path(folder).iterdir() if path.is_file()]
        for path in crashes:
            print(f"{name}: {path.name}: {path.read_bytes()!r}", file=sys.stderr)
    if ended.returncode and not crashes:
        raise SystemExit(f"{name} could not be fuzzed:\n{ended.stderr[-2000:]}")
    if crashes:
        print(ended.stderr[-2000:], file=sys.stderr)
    tries = re.search(r"number_of_executed_units:\s*(\d+)", ended.stderr)
    covered = re.findall(r"cov: (\d+)", ended.stderr)
    return {
        "tries": int(tries[1]) if tries else 0,
        "crashes": len(crashes),
        "covered": int(covered[-1]) if covered else 0,
        "seconds": seconds,
        "day": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
        "versions": {package: _version(package) for package in VERSIONS},
    }


def fuzz(name: str, options: list[str]) -> None:
    """Fuzz a target in this process, which ends with it. Nothing of summarizer may be imported yet."""
    import atheris

    # What is imported from here on tells how far a try gets into it.
    with atheris.instrument_imports(
        include=["summarizer", "feedparser", "pypdf", "trafilatura", "justext", "htmldate"]
    ):
        import feedparser  # noqa: F401
        import pypdf  # noqa: F401
        import trafilatura  # noqa: F401
        from targets import TARGETS
    atheris.Setup([sys.argv[0], *options], TARGETS[name])
    atheris.Fuzz()


def shown(results: dict[str, Any]) -> str:
    """The figures as a Markdown table."""
    rows = ["| target | tries | crashes | seconds | day |", "| --- | ---: | ---: | ---: | --- |"]
    rows += [
        f"| {name} | {one['tries']:,} | {one['crashes']} | {one['seconds']} | {one['day']} |"
        for name, one in results.items()
    ]
    return "\n".join(rows)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    raise SystemExit(main())
