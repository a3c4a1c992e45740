"""The server in a process of its own: `PYTHONPATH=tests python -m openai_server --port-file port --play claims`.

It serves until SIGTERM or SIGINT. On SIGUSR1, and at its end, it writes its counts.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
from pathlib import Path

from openai_server import ALL, FaultSchedule, OpenAIServer
from openai_server.claims import claims

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)


def main() -> None:
    """Serve."""
    options = _options().parse_args()
    # Blocked before the server's thread starts, so that they reach nobody but `sigwait`.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    server = OpenAIServer(tuple(options.model or ["stand-in"]), options.key, port=options.port, remember=False)
    server.delay_s = options.delay
    server.limit_in_flight = options.limit_in_flight
    server.limit_retry_after_s = options.retry_after
    if options.faults:
        server.faults = FaultSchedule(
            options.faults, options.seed, options.kinds, options.retry_after, options.hang, options.most_in_a_row
        )
    if options.log:
        server.log_to(options.log)
    if options.play:
        server.reply_with(claims)
    with server:
        if options.port_file:
            _write(options.port_file, f"{server.port}\n")
        else:
            print(server.base_url, flush=True)
        while signal.sigwait(_SIGNALS) == signal.SIGUSR1:
            _count(server, options.counts)
    _count(server, options.counts)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="openai_server", description="An OpenAI-compatible service on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--port-file", type=Path, help="where to write the port, once it serves")
    parser.add_argument("--model", action="append", help="a model to list; stand-in if none is named")
    parser.add_argument("--key", help="refuse every other key")
    parser.add_argument("--play", choices=["claims"], help="what to answer")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds that each reply takes")
    parser.add_argument("--limit-in-flight", type=int, help="how many chats may be in flight; more get a 429")
    parser.add_argument("--faults", type=float, default=0.0, help="the share of requests that fail")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", type=_kinds, default=ALL, help=f"of faults, with commas: {','.join(ALL)}")
    parser.add_argument("--most-in-a-row", type=int, help="how often in a row one body may fail")
    parser.add_argument("--retry-after", type=float, default=0.05, help="seconds, sent with each 429")
    parser.add_argument("--hang", type=float, default=60.0, help="seconds that a hang takes")
    parser.add_argument("--log", type=Path, help="where to append a line of JSON for each chat")
    parser.add_argument("--counts", type=Path, help="where to write the counts on SIGUSR1 and at the end")
    return parser


def _kinds(text: str) -> tuple[str, ...]:
    return tuple(kind.strip() for kind in text.split(",") if kind.strip())


def _count(server: OpenAIServer, path: Path | None) -> None:
    if path is not None:
        _write(path, json.dumps({**server.counts, "most_in_flight": server.most_in_flight}, indent=1) + "\n")


def _write(path: Path, text: str) -> None:
    """All at once: whoever waits for the file never reads half of it."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_text(text, encoding="utf-8")
    half.replace(path)


if __name__ == "__main__":
    main()
