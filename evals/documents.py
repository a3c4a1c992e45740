"""Puts the output of commands into Markdown: between `<!-- $ command -->` and `<!-- end -->`.

python evals/documents.py           # bring the documents up to date
python evals/documents.py --check   # exit 1 where a document differs from what its commands print
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCUMENTS = tuple(ROOT / name for name in ("README.md", "evals/README.md", "docs/benchmarks.md", "docs/security.md"))
# All is well, or a figure falls short of its goal, which the figures say.
_TELLING = (0, 3)
_BLOCK = re.compile(r"(<!-- \$ ((?:summarizer|python) .+?) -->\n).*?(<!-- end -->)", re.DOTALL)
_COLUMNS = "400"


def updated(text: str) -> str:
    """The document with each command's output of now."""
    return _BLOCK.sub(lambda block: f"{block[1]}\n{_output(block[2])}\n\n{block[3]}", text)


def _output(command: str) -> str:
    program, *arguments = shlex.split(command)
    words = [sys.executable, *(arguments if program == "python" else ["-m", program, *arguments])]
    environment = {**os.environ, "COLUMNS": _COLUMNS, "NO_COLOR": "1"}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in _TELLING:
        sys.exit(f"{command}: exit {done.returncode}\n{done.stderr}")
    # A table's separator between sections isn't Markdown.
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    kept = [line for i, line in enumerate(lines) if not (line.startswith("|-") and i and not _is_header(lines, i))]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _is_header(lines: list[str], separator: int) -> bool:
    """Whether the line before a separator is a table's first."""
    return not lines[separator - 2].startswith("|") if separator > 1 else True


def main() -> None:
    """Update, or check."""
    stale = []
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        now = updated(text)
        if now != text:
            stale.append(str(document.relative_to(ROOT)))
            if "--check" not in sys.argv[1:]:
                document.write_text(now, encoding="utf-8")
    if stale and "--check" in sys.argv[1:]:
        sys.exit(f"Out of date: {', '.join(stale)}. Run: python evals/documents.py")


if __name__ == "__main__":
    main()
