"""Every target of tests/fuzz with some hundred inputs; `python tests/fuzz all` tries very many more."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent / "fuzz"))

from targets import TARGETS

SLOW = {"html": 25, "table": 10, "terminal": 25, "page": 30, "markdown": 60}


@pytest.mark.parametrize("name", TARGETS)
def test_what_must_always_hold(name: str) -> None:
    @settings(max_examples=SLOW.get(name, 150), suppress_health_check=list(HealthCheck), database=None)
    @given(st.binary(max_size=600))
    @example(b"")
    @example(bytes(range(256)))
    def holds(data: bytes) -> None:
        TARGETS[name](data)

    holds()
