"""The benchmarks of many articles run; their figures are for whoever runs them in earnest."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parent.parent / "benchmarks" / "many.py"


@pytest.mark.parametrize(
    ("name", "articles", "shown"),
    [
        ("resume", 48, "accounted for 48 of 48"),
        ("throughput", 30, "30 articles"),
        ("memory", 30, "30 articles: peak"),
        ("restart", 30, "0 requests"),
    ],
)
def test_it_runs(name, articles, shown):
    done = subprocess.run(
        [sys.executable, BENCHMARK, name, "--articles", str(articles)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert shown in done.stdout
