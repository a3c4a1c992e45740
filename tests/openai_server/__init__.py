"""A stand-in for an OpenAI-compatible service: a real HTTP server on loopback.

    with OpenAIServer() as server:
        server.reply_with({"answer": 42})              # played in order: answers, Replies and faults
        ... ask at server.base_url ...
        assert server.chats[0].body["model"] == "stand-in"

An answer (a dict, a pydantic model, or a text) is put where the request wants it: into the arguments of the
tool call when the request has tools, else into the content. `reply_with` also takes one function of the
request, for tests in which requests come in any order. `fail_first` puts faults before whatever would be
replied, `faults` takes a schedule of them. When nothing is left to play, the server replies with status 400,
which no client tries again. The same rules answer the lines of batches.

In a process of its own, for benchmarks: `python -m openai_server --help`, with this folder's parent in PYTHONPATH.
"""

from openai_server.faults import ALL, FaultSchedule
from openai_server.items import (
    Answer,
    Cut,
    Hang,
    Item,
    Play,
    Raw,
    Reply,
    Request,
    Status,
    completion,
    instant,
    redirect,
)
from openai_server.server import OpenAIServer

__all__ = [
    "ALL",
    "Answer",
    "Cut",
    "FaultSchedule",
    "Hang",
    "Item",
    "OpenAIServer",
    "Play",
    "Raw",
    "Reply",
    "Request",
    "Status",
    "completion",
    "instant",
    "redirect",
]
