"""The local server as it runs, in a thread, with a service that answers; and what talks to it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from summarizer.pipeline import Summarizer
from summarizer.serving.app import application
from summarizer.serving.report_folder import ReportFolder
from summarizer.serving.running import Server, address, listen, names
from summarizer.serving.working import Workshop

ASKING = """Ministers weigh a guarantee force

OSLO, Sept. 5 (dpa) - Norwegian Prime Minister Alva Stenqvist said that Norway would send 500 soldiers to Ukraine \
after a ceasefire.

The allies want to station troops in Ukraine, it was said in the hall. Danish Foreign Minister Jens Holm said that \
Denmark would not send ground troops to Ukraine.

The coalition of states promised soldiers for the force, it was said. Swedish Prime Minister Maria Lindqvist said \
that Sweden was ready to train Ukrainian soldiers.

The ministers of the region offered troops for Ukraine, it was said. Polish President Jan Nowak rejected sending \
troops to Ukraine.
"""
"""An invented article about which profile `sentence` asks more than once, with claims in between."""


@dataclass
class Pages:
    """A server as its own pages use it. `client` sends what they would send."""

    url: str
    client: httpx.Client

    @property
    def origin(self) -> str:
        return self.url.rstrip("/")

    @property
    def token(self) -> str:
        found = re.search(r'name="token" value="([^"]+)"', self.client.get("/").text)
        assert found is not None
        return found[1]

    def submit(self, text: str = "", **more: Any) -> httpx.Response:
        """Send the form; no redirect is followed."""
        return self.client.post("/jobs", files=self.form(text=text, **more))

    def form(self, **fields: Any) -> list[tuple[str, Any]]:
        """A multipart form with the token, unless another is given."""
        given: Mapping[str, Any] = {"token": self.token, "text": "", "address": ""} | fields
        return [(name, value if isinstance(value, tuple) else (None, value)) for name, value in given.items()]

    def summarized(self, text: str) -> str:
        """The path of a text's report, once it is there."""
        path = self.submit(text).headers["location"]
        end = self.events(path)[-1]
        assert end["event"] == "end" and end["data"]["report"], end
        return str(end["data"]["report"])

    def events(self, job: str, *, most: int | None = None, **headers: str) -> list[dict[str, Any]]:
        """The events of a job: all to the end of the stream, or the first ones."""
        found: list[dict[str, Any]] = []
        with self.client.stream("GET", f"{job}/events", headers=headers) as response:
            assert response.status_code == 200, response.status_code
            event: dict[str, Any] = {}
            for line in response.iter_lines():
                name, _, value = line.partition(": ")
                if line == "" and "data" in event:
                    found.append(event)
                    event = {}
                    if len(found) == most:
                        break
                elif name in ("id", "event", "data"):
                    event[name] = json.loads(value) if name == "data" else value
        return found


@dataclass
class Served(Pages):
    """A server in this process. `faults` are those that aren't told on its pages."""

    workshop: Workshop
    faults: list[BaseException] = field(default_factory=list)


@contextmanager
def served(
    folder: Path,
    base_url: str,
    *,
    profile: Any = "article",
    host: str = "127.0.0.1",
    summarizer: type[Summarizer] = Summarizer,
    **options: Any,
) -> Iterator[Served]:
    """The server, until the end of the block; `options` are those of `Workshop`."""
    faults: list[BaseException] = []
    workshop = Workshop(
        lambda progress: summarizer(
            "openai/stand-in", base_url=base_url, profile=profile, timeout_s=30, on_progress=progress
        ),
        ReportFolder(folder),
        on_fault=faults.append,
        **options,
    )
    listening = listen(host, 0)
    app = application(workshop, model="openai/stand-in", reads_addresses=True, names=names(host, listening))
    started = threading.Event()
    server = Server(app, workshop, on_started=started.set)
    url = address(listening)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        assert started.wait(20)
        with httpx.Client(base_url=url, headers={"Origin": url.rstrip("/")}, timeout=30) as client:
            yield Served(url, client, workshop, faults)
    finally:
        server.should_exit = True
        thread.join()
