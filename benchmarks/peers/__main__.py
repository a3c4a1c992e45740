"""Summarizer beside what a user would pick instead: one model, one engine, one scorer.

python benchmarks/peers                          all articles of the golden split test; resumes what was broken off
python benchmarks/peers --split dev --only SLUG --to /tmp/peers
python benchmarks/peers --show                   the kept result as Markdown
python benchmarks/peers --plot                   its plot, drawn again

Compared are LangExtract, one plain Instructor call an article, cue verbs without a model, and summarizer. The
embedded model is behind a server of its own for each of them, which counts tokens. Each article is read by all of
them in turn.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "evals" / "baselines")]

from results import RESULTS, ROOT, add_options, load, save  # noqa: E402
from showing import NO_MODEL, OURS, draw, print_systems, show  # noqa: E402

NAME = "peers"
SYSTEMS = (OURS, "langextract", "plain-instructor", NO_MODEL)
PACKAGES = ("summarizer", "langextract", "instructor", "openai", "xllamacpp")
PEER_CONTEXT_TOKENS = 16384
OUR_CONTEXT_TOKENS = 2048


def main() -> None:
    """Measure, or show what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    parser.add_argument("--split", choices=["dev", "test"], default="test")
    parser.add_argument("--only", metavar="SLUG", action="append", help="this article only; can be repeated")
    parser.add_argument("--system", choices=SYSTEMS, action="append", help="this system only; can be repeated")
    parser.add_argument("--model", type=Path, metavar="GGUF", help="another model than the embedded one")
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="keep runs there, and the result nowhere else")
    options = parser.parse_args()
    if options.show:
        show(load(NAME))
    elif options.plot:
        draw(load(NAME))
    else:
        measure(options)


def measure(options: argparse.Namespace) -> None:
    """Run the systems, sum up, and keep the result if it is of the whole split test."""
    from summarizer.evaluation.annotation import Split
    from summarizer.evaluation.golden import load_golden_set
    from summarizer.evaluation.runner import recorded

    everything = load_golden_set(ROOT / "evals" / "golden", Split(options.split))
    chosen = [one for one in everything if not options.only or one.slug in options.only]
    # By language, which the prompts' common beginning depends on: what a prefix cache can save, it shall.
    chosen.sort(key=lambda one: (one.article.language, one.slug))
    folder = options.to or RESULTS / NAME
    folder.mkdir(parents=True, exist_ok=True)
    names = [name for name in SYSTEMS if not options.system or name in options.system]
    runs = _run(chosen, names, folder, options.model)
    from comparing import read_counts, summed_up

    found = {name: summed_up(recorded(run, chosen), read_counts(_counts(folder, name))) for name, run in runs.items()}
    if options.to or options.only or options.system or options.model or options.split != "test":
        print_systems(found)
        return
    save(NAME, {"split": options.split, "model": _model_name(), "systems": found}, PACKAGES)
    result = load(NAME)
    show(result)
    draw(result)


def _run(golden: Sequence[Any], names: Sequence[str], folder: Path, model: Path | None) -> Mapping[str, Any]:
    from comparing import Counted, append_count
    from cue_verbs import CueVerbs
    from serving import Count, Served, served
    from systems import LangExtract, PlainInstructor, ours

    from summarizer.evaluation.figures import ArticleResult
    from summarizer.evaluation.runner import System, run_side_by_side
    from summarizer.llm import weights

    asking: dict[str, Callable[[str], System]] = {
        OURS: ours,
        LangExtract.name: LangExtract,
        PlainInstructor.name: PlainInstructor,
    }
    path = model or (weights.ensure(None) if asking.keys() & names else Path())
    servers: dict[str, Served] = {}

    def opened(name: str) -> System:
        if name not in asking:
            return CueVerbs()
        context_tokens = OUR_CONTEXT_TOKENS if name == OURS else PEER_CONTEXT_TOKENS
        server = served(path, context_tokens=context_tokens, states=name == OURS)
        servers[name] = stack.enter_context(server)
        return asking[name](servers[name].url)

    def keep(run: Path, result: ArticleResult) -> None:
        name, slug = run.stem, result.golden.slug
        count = servers[name].take() if name in servers else Count()
        append_count(_counts(folder, name), Counted(slug, count, result.duration_s))
        outcome = "crashed" if result.matching is None else "done"
        print(f"{slug}: {name} {outcome}, {result.duration_s:.1f} s, {count.evaluated} tokens", file=sys.stderr)

    with ExitStack() as stack:
        systems = {folder / f"{name}.jsonl": opened(name) for name in names}
        runs = run_side_by_side(golden, systems, on_result=keep)
    return dict(zip(names, runs, strict=True))


def _counts(folder: Path, name: str) -> Path:
    return folder / f"{name}.counts.jsonl"


def _model_name() -> str:
    from summarizer.llm import weights

    return weights.default_name()


if __name__ == "__main__":
    main()
