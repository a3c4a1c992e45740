"""Runs the tests that attack the program, and keeps how many tries of each attack got through.

python evals/attacks.py          # run them, and keep the result in evals/recorded/attacks.json
python evals/attacks.py --show   # the kept result as a table
"""

from __future__ import annotations

import ast
import json
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console

from summarizer.evaluation import provenance
from summarizer.evaluation.tables import plain_table

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "evals" / "recorded" / "attacks.json"
FILES = (
    "test_hidden.py",
    "test_hostile_files.py",
    "test_hostile_web.py",
    "test_hostile_servers.py",
    "test_secrets.py",
    "test_hostile_weights.py",
)


def attacks(file: Path) -> Iterator[tuple[str, str]]:
    """The tests of a file that are attacks, with what they try: those with a docstring."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            said = ast.get_docstring(node)
            if said:
                yield node.name, said.split("\n\n")[0].replace("\n", " ").removesuffix(".")


def kept() -> dict[str, Any]:
    """The last result."""
    content: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8"))
    return content


class _Outcomes:
    """A plugin of pytest that counts outcomes by file and test."""

    def __init__(self) -> None:
        self.tried: Counter[tuple[str, str]] = Counter()
        self.failed: Counter[tuple[str, str]] = Counter()

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Count each test once, and it fails too where its preparation does."""
        name = report.nodeid.partition("[")[0]
        test = Path(name.split("::")[0]).name, name.split("::")[-1]
        if report.when == "call":
            self.tried[test] += 1
        if report.failed:
            self.failed[test] += 1


def _run() -> None:
    import pytest

    outcomes = _Outcomes()
    files = [str(ROOT / "tests" / file) for file in FILES]
    pytest.main(["-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"), *files], plugins=[outcomes])
    found = [
        {
            "file": file,
            "test": test,
            "attack": said,
            "tries": outcomes.tried[file, test],
            "got_through": outcomes.failed[file, test],
        }
        for file in FILES
        for test, said in attacks(ROOT / "tests" / file)
    ]
    made = {"date": date.today().isoformat(), "machine": provenance.machine(), "python": sys.version.split()[0]}
    RESULT.write_text(json.dumps({**made, "attacks": found}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _show() -> None:
    result = kept()
    table = plain_table("attack", "tries", "got through", "repeat it with")
    for one in result["attacks"]:
        command = f"`tests/run tests/{one['file']} -k {one['test']}`"
        table.add_row(one["attack"], str(one["tries"]), str(one["got_through"]), command)
    console = Console(width=400, highlight=False, no_color=True)
    console.print(f"{result['date']}, Python {result['python']}, {result['machine']['system']}:\n", markup=False)
    console.print(table)


if __name__ == "__main__":
    if "--show" not in sys.argv[1:]:
        _run()
    _show()
