"""The command line, run in this process."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from summarizer.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended. `out` and `err` are text, `data` is what stdout has byte by byte."""

    code: int
    data: bytes
    err: str

    @property
    def out(self) -> str:
        return self.data.decode()


Call = Callable[..., Ended]


def caller(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], *before: str) -> Call:
    """Runs `summarizer` with the words `before` and what it is called with."""

    def call(*arguments: object, stdin: bytes = b"", after: tuple[object, ...] = ()) -> Ended:
        monkeypatch.setattr(sys, "argv", ["summarizer", *before, *map(str, (*arguments, *after))])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code: Any = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        captured = capsysbinary.readouterr()
        assert b"Traceback" not in captured.err
        return Ended(int(code or 0), captured.out, captured.err.decode())

    return call
