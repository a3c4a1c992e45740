"""The benchmark of the start runs; its figures are for whoever runs it in earnest."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import plots
import results
import start


@pytest.fixture(scope="module")
def figures():
    return start.measure(1)


def test_all_packages_are_timed_and_only_commands_have_a_help(figures):
    assert set(figures["ways"]["import"]) == {start.FLOOR, *start.FIRST_NAMES}
    assert {start.OURS, "llm"} <= set(figures["ways"]["--help"])
    assert "langextract" not in figures["ways"]["--help"]


def test_importing_loads_less_than_the_first_name(figures):
    ways = figures["ways"]
    floor, imported, used = (
        ways["import"][start.FLOOR],
        ways["import"][start.OURS],
        ways["first name"][start.OURS],
    )
    assert floor["modules"] < imported["modules"] < used["modules"]
    assert imported["peak_mib"] < used["peak_mib"]


def test_a_kept_result_is_shown_and_drawn(figures, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    monkeypatch.setattr(plots, "DOCS", tmp_path)
    results.save(start.NAME, figures, start.FIRST_NAMES)
    monkeypatch.setattr(sys, "argv", ["start.py", "--show"])
    start.main()
    shown = capsys.readouterr().out
    assert all(f"`{package}`" in shown for package in start.FIRST_NAMES) and "–" in shown
    monkeypatch.setattr(sys, "argv", ["start.py", "--plot"])
    start.main()
    assert not capsys.readouterr().out
    assert "<svg" in (tmp_path / "benchmark-start.svg").read_text()


def test_a_command_that_fails_ends_the_benchmark_with_its_words(tmp_path):
    with pytest.raises(SystemExit, match="no such thing"):
        start._runner(tmp_path)([sys.executable, "-c", "raise SystemExit('no such thing')"])
