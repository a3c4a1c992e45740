"""The table of attacks is of the tests that there are."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "evals"))
from attacks import FILES, attacks, kept  # noqa: E402


def test_the_kept_result_is_of_todays_tests():
    now = [(file, *attack) for file in FILES for attack in attacks(ROOT / "tests" / file)]
    assert [(one["file"], one["test"], one["attack"]) for one in kept()["attacks"]] == now


@pytest.mark.parametrize("one", kept()["attacks"], ids=lambda one: one["test"])
def test_every_attack_was_tried_and_none_got_through(one):
    assert one["tries"] > 0 and one["got_through"] == 0


def test_it_is_shown_as_a_table():
    command = [sys.executable, str(ROOT / "evals" / "attacks.py"), "--show"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert shown.count("tests/run tests/") == len(kept()["attacks"])
