"""The seed with the embedded model: seconds, and pairs found against the annotation.

python benchmarks/seed.py [MODEL]
"""

import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path

from summarizer import Summarizer, read_source
from summarizer.evaluation.figures import figures, score_article
from summarizer.evaluation.golden import load_golden

ROOT = Path(__file__).parent.parent


def main() -> None:
    """Run and print."""
    found_at: list[float] = []
    with Summarizer(
        sys.argv[1] if len(sys.argv) > 1 else "local", on_claim=lambda _: found_at.append(time.monotonic())
    ) as s:
        s.open()
        started = time.monotonic()
        report = s.summarize(read_source(ROOT / "seeds" / "2025-09-05-dpa-afx-paris.txt"))
        total_s = time.monotonic() - started
    golden = load_golden(ROOT / "evals" / "golden" / "2025-09-05-dpa-afx-paris")
    result = figures([score_article(golden, report)])
    engine = f"xllamacpp {version('xllamacpp')}"
    print(f"Python {platform.python_version()}, {platform.machine()}, {engine}, {report.run.model}")
    print(f"pairs found {result.loose.correct} of {result.loose.gold} (given {result.loose.predicted})")
    print(f"loose F1 {result.loose.f1:.2f}, strict F1 {result.strict.f1:.2f}")
    print(f"first claim {found_at[0] - started:.1f} s, all {total_s:.1f} s after loading")


if __name__ == "__main__":
    main()
