"""The service that benchmarks ask, in a process of its own, and the articles that they ask about."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent
TESTS = ROOT / "tests"
sys.path.insert(0, str(TESTS))

from openai_server.claims import invented_article  # noqa: E402

__all__ = ["Service", "invented_article", "machine", "service", "write_articles"]


class Service:
    """A running server: its address, its log and its counts."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes], port: int) -> None:
        self.folder, self.process = folder, process
        self.base_url = f"http://127.0.0.1:{port}/v1"

    def log(self) -> list[dict[str, object]]:
        """What was asked, in order: time, body's hash, fault, articles."""
        return [json.loads(line) for line in (self.folder / "log").read_text().splitlines()]

    def cpu_s(self) -> float:
        """Processor time that the server took."""
        ticks = (Path("/proc") / str(self.process.pid) / "stat").read_text().rsplit(")", 1)[1].split()
        return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def service(folder: Path, *options: str) -> Iterator[Service]:
    """The server with these options, logging into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    port_file = folder / "port"
    command = [sys.executable, "-m", "openai_server", "--play", "claims", "--port-file", str(port_file)]
    process = subprocess.Popen(
        [*command, "--log", str(folder / "log"), *options], env=os.environ | {"PYTHONPATH": str(TESTS)}
    )
    try:
        while not port_file.exists():
            if process.poll() is not None:
                sys.exit("the server did not start")
            time.sleep(0.05)
        yield Service(folder, process, int(port_file.read_text()))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def write_articles(path: Path, count: int, sentences: int = 18) -> None:
    """So many invented articles as JSON Lines; their ids are their markers."""
    with path.open("w") as file:
        for number in range(count):
            file.write(
                json.dumps({"id": f"A{number:05d}", "text": invented_article(number, sentences=sentences)}) + "\n"
            )


def machine() -> str:
    """What it ran on."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("summarizer", "openai", "instructor", "pydantic"))
    return (
        f"{date.today()}, Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores; {packages}"
    )
