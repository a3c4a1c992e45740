"""What benchmarks found: kept as JSON in `benchmarks/results/`, shown as Markdown."""

from __future__ import annotations

import json
import os
import platform
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

from summarizer.evaluation import provenance
from summarizer.evaluation.tables import plain_table

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
_GIB = 1024**3


def save(name: str, figures: Mapping[str, Any], packages: Iterable[str]) -> Path:
    """Keep figures with the day, the machine, and the versions of what was measured."""
    commit = provenance.commit()
    content = {
        "benchmark": name,
        "date": date.today().isoformat(),
        "machine": provenance.machine()
        | {"memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB)},
        "python": platform.python_version(),
        "packages": {package: version(package) for package in packages},
        "commit": commit.sha if commit else None,
        "dirty": commit.dirty if commit else None,
        "figures": figures,
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def load(name: str) -> dict[str, Any]:
    """The last result of a benchmark."""
    path = RESULTS / f"{name}.json"
    if not path.exists():
        sys.exit(f"There is no {path.relative_to(ROOT)}: run the benchmark first.")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def add_options(parser: ArgumentParser) -> None:
    """What to do with the kept result instead of measuring."""
    parser.add_argument("--show", action="store_true", help="print the kept result only")
    parser.add_argument("--plot", action="store_true", help="draw the kept result again")


def present(
    name: str,
    options: Namespace,
    measure: Callable[[], Mapping[str, Any]],
    packages: Iterable[str],
    show: Callable[[Mapping[str, Any]], None],
    draw: Callable[[Mapping[str, Any]], None],
) -> None:
    """Measure and keep the figures, print and draw them; or, by `add_options`, do one of these with those kept."""
    if not (options.show or options.plot):
        save(name, measure(), packages)
    result = load(name)
    if not options.plot:
        print(made_with(result))
        show(result["figures"])
    if not options.show:
        draw(result["figures"])


def made_with(result: Mapping[str, Any]) -> str:
    """The day, the machine and the versions in a line."""
    machine, packages = result["machine"], result["packages"]
    day = date.fromisoformat(result["date"])
    named = ", ".join(f"{name} {number}" for name, number in packages.items())
    return (
        f"{day.day} {day:%B %Y}, {machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, "
        f"{machine['system']}, Python {result['python']}; {named}"
    )


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A Markdown table on stdout."""
    table = plain_table(*columns)
    for row in rows:
        table.add_row(*row)
    Console(width=400, highlight=False, no_color=True).print(table)
