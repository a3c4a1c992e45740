"""How soon the program is there: its import and its --help, beside `openai`, `instructor`, `langextract` and `llm`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import results

NAME = "start"
FLOOR, OURS = "python -c pass", "summarizer"
FIRST_NAMES = {
    OURS: "Summarizer",
    "openai": "OpenAI",
    "instructor": "from_openai",
    "langextract": "extract",
    "llm": "get_model",
}
"""The packages, each with the name that its users begin with."""
_WAYS = ("import", "first name", "--help")
_ROUNDS = 15
# A process's own peak: `ru_maxrss` of a child counts what its parent had when it was forked.
_LOOK = (
    "import sys, json; modules = len(sys.modules)"
    "; peak = next(l for l in open('/proc/self/status') if l.startswith('VmHWM')).split()[1]"
    "; print(json.dumps([modules, int(peak) / 1024]))"
)
_EXAMPLES = """\
python benchmarks/start.py               measure, show, keep the result, draw the plot
python benchmarks/start.py --rounds 3    a quick look, nothing kept
python benchmarks/start.py --show        the kept result
python benchmarks/start.py --plot        the kept result, drawn again

Each try is a process of its own, from its start to its end; the tries take turns. Bytecode is there already. Peak
memory is that after the import, or after the first name; it is read from /proc, so this needs Linux.
"""


def measure(rounds: int) -> dict[str, Any]:
    """Milliseconds of the tries by way and package, and memory and modules of the imports."""
    if missing := [package for package in FIRST_NAMES if find_spec(package) is None]:
        sys.exit(f"Not installed: {', '.join(missing)}. Install them with: pip install '.[bench]'")
    with tempfile.TemporaryDirectory() as folder:
        run = _runner(Path(folder))
        commands = _commands()
        for command in commands.values():
            run(command)
        seconds: dict[tuple[str, str], list[float]] = {case: [] for case in commands}
        for _ in range(rounds):
            for case, command in commands.items():
                started = time.perf_counter()
                run(command)
                seconds[case].append(time.perf_counter() - started)
        looked = {case: json.loads(run([*command[:-1], f"{command[-1]}; {_LOOK}"])) for case, command in _imports()}
    ways: dict[str, dict[str, Any]] = {way: {} for way in _WAYS}
    for (way, package), tries in seconds.items():
        ms = sorted(1000 * one for one in tries)
        ways[way][package] = {"ms": round(median(ms), 1), "range_ms": [round(ms[0], 1), round(ms[-1], 1)]}
    for (way, package), (modules, peak_mib) in looked.items():
        ways[way][package] |= {"modules": modules, "peak_mib": round(peak_mib, 1)}
    return {"rounds": rounds, "ways": ways}


def _runner(folder: Path) -> Callable[[Sequence[str]], bytes]:
    """Runs a command in an empty folder and gives its output."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    # Without a key instructor's command fails before it shows its help. llm keeps files, and loads the plugins that
    # there are; without them it is as it comes.
    environment |= {"OPENAI_API_KEY": "none-is-needed", "LLM_USER_PATH": str(folder), "LLM_LOAD_PLUGINS": ""}

    def run(command: Sequence[str]) -> bytes:
        done = subprocess.run(command, capture_output=True, cwd=folder, env=environment, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{done.stderr.decode(errors='replace')}")
        return done.stdout

    return run


def _imports() -> Iterable[tuple[tuple[str, str], list[str]]]:
    """What is imported, by way and package."""
    for way in ("import", "first name"):
        yield (way, FLOOR), [sys.executable, "-c", "pass"]
        for package, first in FIRST_NAMES.items():
            code = f"import {package}" + (f"; {package}.{first}" if way == "first name" else "")
            yield (way, package), [sys.executable, "-c", code]


def _commands() -> dict[tuple[str, str], list[str]]:
    """All that is timed, by way and package; only packages that install a command have a --help."""
    commands = dict(_imports())
    commands["--help", FLOOR] = [sys.executable, "-c", "pass"]
    for package in FIRST_NAMES:
        if found := shutil.which(package, path=Path(sys.executable).parent):
            commands["--help", package] = [found, "--help"]
    return commands


def show(figures: Mapping[str, Any]) -> None:
    """The figures as Markdown."""
    ways, rounds = figures["ways"], figures["rounds"]
    print(f"\nMedian of {rounds} processes, their range, and how many times as long as ours:\n")
    rows = []
    for package in (FLOOR, *FIRST_NAMES):
        cells = [_time(ways[way], package) for way in _WAYS]
        rows.append([package if package == FLOOR else f"`{package}`", *cells])
    results.print_table(["", "import, ms", "import and first name, ms", "--help, ms"], rows)
    print("\nPeak memory, and modules loaded:\n")
    rows = []
    for package in (FLOOR, *FIRST_NAMES):
        cells = [f"{ways[w][package]['peak_mib']:.0f} MiB, {ways[w][package]['modules']:,}" for w in _WAYS[:2]]
        rows.append([package if package == FLOOR else f"`{package}`", *cells])
    results.print_table(["", "import", "import and first name"], rows)
    names = ", ".join(f"`{package}.{first}`" for package, first in FIRST_NAMES.items())
    print(
        f"\n–: the package installs no command. First names: {names}. `summarizer` and `instructor` load what they "
        "consist of at their first name. `instructor --help` needs a key to be set; `llm` is without plugins."
    )


def _time(measured: Mapping[str, Any], package: str) -> str:
    if package not in measured:
        return "–"
    one = measured[package]
    low, high = one["range_ms"]
    shown = f"{one['ms']:.0f}  {low:.0f}–{high:.0f}"
    return shown if package in {FLOOR, OURS} else f"{shown}  {one['ms'] / measured[OURS]['ms']:.1f} ×"


def draw(figures: Mapping[str, Any]) -> None:
    """Bars by package, one panel for each way."""
    import plots

    with plots.plot(f"benchmark-{NAME}", columns=len(_WAYS), width_in=9.0, height_in=2.6) as axes:
        for ax, (way, measured) in zip(axes, figures["ways"].items(), strict=True):
            names = [name for name in (FLOOR, *FIRST_NAMES) if name in measured][::-1]
            times = [measured[name]["ms"] for name in names]
            bars = ax.barh(names, times, color=[plots.OURS if name == OURS else plots.OTHERS for name in names])
            ax.bar_label(bars, fmt="{:.0f}", padding=3, fontsize=8)
            ax.set(title=way if way != "first name" else "import and first name", xlabel="ms")
            ax.set_xlim(right=1.2 * max(times))
            ax.grid(axis="y", visible=False)


def main() -> None:
    """Measure, or show what was measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, help=f"other than {_ROUNDS} processes of each; nothing is kept")
    results.add_options(parser)
    options = parser.parse_args()
    if options.rounds:
        show(measure(options.rounds))
        return
    results.present(NAME, options, lambda: measure(_ROUNDS), FIRST_NAMES, show, draw)


if __name__ == "__main__":
    main()
