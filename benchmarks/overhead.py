"""What the pipeline takes besides the model: processor time an article and stage, by the article's length.

Asking is what lies around a request: prompts, and the parsing of replies by Instructor; in profile sentence all that
our own small models do. Total is from reading to JSON, the sum of timers within a run; whole is the same of another
run without timers within. The table for terminals and the page of HTML are other formats in the place of JSON.
"""

from __future__ import annotations

import argparse
import functools
import gc
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count, product
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parent))
import results

if TYPE_CHECKING:
    from joined import JoinedArticle
    from openai.types.chat import ChatCompletion

    from summarizer.llm.base import (
        Completion,
        CompletionRequest,
        Encoding,
        EncodingRequest,
        StructuredReply,
        StructuredRequest,
        T,
    )
    from summarizer.pipeline import Profile

P = ParamSpec("P")
R = TypeVar("R")
Stages = Mapping[str, float]
Caches = Sequence["functools._lru_cache_wrapper[Any]"]

NAME = "overhead"
PACKAGES = ("summarizer", "instructor", "pydantic")
WORDS = (500, 5_000, 50_000)
SMALL, LARGE = WORDS[1:]
PROFILES: tuple[Profile, ...] = ("article", "sentence")
LANGUAGES = {"de": "German", "en": "English"}
ROUNDS = 7
GOAL_WORDS, GOAL_MS = 5_000, 50
_MODEL = "model"
_ASKING = "asking"
STAGES = ("reading", "screening", "sentences", _ASKING, "verification", "coverage", "summary", "JSON")
"""Those that the total counts. A run renders once; other formats than JSON are shown apart."""
OTHER_FORMATS = ("table", "HTML")
_SUMMARY_SENTENCES = 8
_EXAMPLES = """\
python benchmarks/overhead.py                           measure, show, keep the result, draw the plot
python benchmarks/overhead.py --words 500 --rounds 1    a quick look, nothing kept
python benchmarks/overhead.py --show                    the kept result
python benchmarks/overhead.py --plot                    the kept result, drawn again

Articles are golden articles of the dev split, joined; claims are as annotated. The stand-in for the model answers at
once, in its last answer without the claims that were refused. What it takes itself is not counted. Caches that hold
something of an article are emptied before each try; word lists and patterns are there already.
"""


@dataclass
class Stopwatch:
    """Processor seconds by stage; of a stage within another, only the inner one's count."""

    seconds: defaultdict[str, float] = field(default_factory=partial(defaultdict, float))
    _open: list[str] = field(default_factory=list)
    _since: float = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what happens within as this stage's."""
        self._turn()
        self._open.append(name)
        try:
            yield
        finally:
            self._turn()
            self._open.pop()

    def timed(self, name: str, function: Callable[P, R]) -> Callable[P, R]:
        """The function, its calls counted as a stage's."""

        @functools.wraps(function)
        def wrapper(*arguments: P.args, **named: P.kwargs) -> R:
            with self.stage(name):
                return function(*arguments, **named)

        return wrapper

    def _turn(self) -> None:
        now = time.process_time()
        if self._open:
            self.seconds[self._open[-1]] += now - self._since
        self._since = now


class StandIn:
    """A model that has the answers to all that is asked about one article."""

    name = "stand-in"

    def __init__(self, joined: JoinedArticle) -> None:
        from summarizer import prompting
        from summarizer.document import Document
        from summarizer.verification import Verifier

        document = Document.of(joined.article)
        verifier = Verifier(document)
        self._claims = [
            (frozenset(draft.evidence), draft.model_dump(mode="json"), verifier.check(draft)[0] is not None)
            for draft in joined.claims
        ]
        self._vectors = joined.vectors
        self._unread = next(iter(joined.vectors.values()))
        language = joined.article.language
        self._speakers = {
            prompting.speaker_question(language, text, None)[-2].content: names
            for text, names in joined.speakers.items()
        }
        self.article = joined.article
        self.watch = Stopwatch()

    def ask(self, request: StructuredRequest[T]) -> StructuredReply[T]:
        """The claims of the sentences that are asked about, or a summary, parsed as a service's answer is."""
        from summarizer.llm.structured import StructuredCaller

        attempts = count()

        def create(**_: Any) -> ChatCompletion:
            with self.watch.stage(_MODEL):
                return _completion(self._answer(request, is_last=next(attempts) > 0))

        return StructuredCaller(create=create, mode="json_schema").ask(request)

    async def aask(self, request: StructuredRequest[T]) -> StructuredReply[T]:
        """As `ask`."""
        return self.ask(request)

    def encode(self, request: EncodingRequest) -> Encoding:
        """The recorded vectors; another's for the few sentences that are joined in another way."""
        from summarizer.llm.base import Encoding
        from summarizer.models import Usage

        with self.watch.stage(_MODEL):
            vectors = tuple(self._vectors.get(piece.strip(), self._unread) for piece in request.pieces)
            return Encoding(vectors, Usage())

    async def aencode(self, request: EncodingRequest) -> Encoding:
        """As `encode`."""
        return self.encode(request)

    def complete(self, request: CompletionRequest) -> Completion:
        """The recorded speakers, or nobody."""
        from summarizer.llm.base import Completion
        from summarizer.models import Usage

        with self.watch.stage(_MODEL):
            return Completion(self._speakers.get(request.messages[-2].content, ""), {}, Usage())

    async def acomplete(self, request: CompletionRequest) -> Completion:
        """As `complete`."""
        return self.complete(request)

    def close(self) -> None:
        """Nothing is open."""

    def _answer(self, request: StructuredRequest[Any], *, is_last: bool) -> dict[str, Any]:
        if request.schema is None:
            return self._summary()
        shown: Any = request.schema.content
        citable = frozenset(shown["$defs"]["ClaimDraft"]["properties"]["evidence"]["items"]["enum"])
        claims = [draft for evidence, draft, holds in self._claims if evidence <= citable and (holds or not is_last)]
        return {"claims": claims}

    def _summary(self) -> dict[str, Any]:
        held = [draft["statement"] for _, draft, holds in self._claims if holds]
        told = enumerate(held[:_SUMMARY_SENTENCES], start=1)
        return {"sentences": [{"text": statement, "claims": [f"c{number}"]} for number, statement in told]}


def _completion(answer: dict[str, Any]) -> ChatCompletion:
    import json

    from openai.types.chat import ChatCompletion

    message = {"role": "assistant", "content": json.dumps(answer, ensure_ascii=False)}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return ChatCompletion.model_validate(
        {"id": "", "object": "chat.completion", "created": 0, "model": "", "choices": [choice]}
    )


def measure(words: Sequence[int], rounds: int) -> dict[str, Any]:
    """Milliseconds by profile, language and words: of each stage, and of a whole run without timers within."""
    from joined import joined

    articles = {(language, size): joined(language, size) for language in LANGUAGES for size in words}
    models = {key: StandIn(article) for key, article in articles.items()}
    cases: list[tuple[Profile, tuple[str, int]]] = [(profile, key) for profile in PROFILES for key in articles]
    tries: dict[tuple[Profile, tuple[str, int]], list[Stages]] = {case: [] for case in cases}
    for profile, language in product(PROFILES, LANGUAGES):
        _try(models[language, min(words)], profile, [])
    caches = _caches_of_articles()
    # What the benchmark itself holds is no part of what is looked through for garbage.
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        for profile, key in cases:
            tries[profile, key].append(_try(models[key], profile, caches))
    found: dict[str, Any] = {profile: {language: {} for language in LANGUAGES} for profile in PROFILES}
    for (profile, (language, size)), measured in tries.items():
        article = articles[language, size]
        found[profile][language][str(size)] = {
            "words": article.words,
            "claims": len(article.claims),
            "ms": {name: round(1000 * median(one[name] for one in measured), 3) for name in measured[0]},
        }
    return {"rounds": rounds, "profiles": found}


def _try(model: StandIn, profile: Profile, caches: Caches) -> Stages:
    """Seconds by stage, their total, and `whole`: the total of another run, in which nothing within is timed."""
    watch = Stopwatch()
    with _watched(watch):
        _run(model, profile, watch, caches)
    whole = Stopwatch()
    _run(model, profile, whole, caches)
    return {
        **{name: watch.seconds[name] for name in (*STAGES, *OTHER_FORMATS)},
        "total": sum(watch.seconds[name] for name in STAGES),
        "whole": sum(whole.seconds[name] for name in STAGES),
    }


def _run(model: StandIn, profile: Profile, watch: Stopwatch, caches: Caches) -> None:
    """From the text to three formats, as the command line does it, with nothing known of the article."""
    from summarizer import Summarizer, read_text
    from summarizer.formats import table_text
    from summarizer.rendering import report_page, to_json, write_table

    article = model.article
    for cache in caches:
        cache.cache_clear()
    gc.collect()
    model.watch = watch
    with watch.stage("reading"):
        read = read_text(article.text, published=article.published)
    # Whatever has no timer of its own: prompts, the parsing of replies, the choice of sentences.
    with watch.stage(_ASKING):
        report = Summarizer(language_model=model, profile=profile).summarize(read)
    with watch.stage("JSON"):
        to_json(report)
    with watch.stage("table"):
        table_text(partial(write_table, [report]))
    with watch.stage("HTML"):
        report_page(report)


@contextmanager
def _watched(watch: Stopwatch) -> Iterator[None]:
    """Timers around what `Summarizer.summarize` calls."""
    from summarizer import pipeline, summary
    from summarizer.document import Document
    from summarizer.extraction import summarizing
    from summarizer.screening import Screened
    from summarizer.verification import Verifier

    stages: list[tuple[str, Any, str]] = [
        ("verification", Verifier, "check"),
        ("verification", Verifier, "accept"),
        ("coverage", pipeline._Work, "uncovered"),
        ("summary", summary, "positions"),
        ("summary", summary, "summarize_claims"),
        ("summary", summarizing, "_grounded"),
        ("screening", pipeline, "screen"),
        ("screening", Screened, "warnings"),
        ("screening", Screened, "claim"),
        ("screening", Screened, "restored"),
    ]
    with ExitStack() as patches:
        for stage, owner, name in stages:
            patches.enter_context(patch.object(owner, name, watch.timed(stage, getattr(owner, name))))
        patches.enter_context(patch.object(Document, "of", watch.timed("sentences", Document.of)))
        yield


def _caches_of_articles() -> Caches:
    """The caches of bounded size: those without bounds hold word lists and the like, and envelopes are by type."""
    return [
        one
        for one in gc.get_objects()
        if type(one) is functools._lru_cache_wrapper
        and one.__module__.startswith("summarizer.")
        and one.__module__ != "summarizer.llm.structured"
        and one.cache_parameters()["maxsize"] is not None
    ]


def show(figures: Mapping[str, Any]) -> None:
    """The figures as Markdown."""
    found = figures["profiles"]
    print(f"\nProfile article, ms of processor time, medians of {figures['rounds']} tries:\n")
    _print_stages(found["article"])
    measured = [
        f"{case['total']:.0f} ms in {name}, {case['total'] - case[_ASKING]:.0f} ms without asking"
        for language, name in LANGUAGES.items()
        for case in [found["article"][language][str(GOAL_WORDS)]["ms"]]
    ]
    print(f"\nGoal for {GOAL_WORDS:,} words: {GOAL_MS} ms. Measured: {'; '.join(measured)}.")
    print(f"\nThe time of {LARGE:,} words divided by that of {SMALL:,}, where linear growth gives 10:\n")
    _print_growth(found)
    print("\nProfile sentence, with the stand-in's vectors and speakers, ms:\n")
    _print_stages(found["sentence"])


def _print_stages(profile: Mapping[str, Any]) -> None:
    columns = (*STAGES, "total", "whole", *OTHER_FORMATS)
    rows = [
        [f"{LANGUAGES[language]}, {case['words']:,}", str(case["claims"]), *(f"{case['ms'][c]:.1f}" for c in columns)]
        for language, cases in profile.items()
        for case in cases.values()
    ]
    results.print_table(["words", "claims", *columns], rows)


def _print_growth(profiles: Mapping[str, Any]) -> None:
    columns = (*STAGES, "total", *OTHER_FORMATS)
    rows = []
    for profile, languages in profiles.items():
        for language, cases in languages.items():
            small, large = (cases[str(size)]["ms"] for size in (SMALL, LARGE))
            shown = [f"{large[c] / small[c]:.1f}" for c in columns]
            rows.append([f"{profile}, {LANGUAGES[language]}", *shown])
    results.print_table(["profile", *columns], rows)


def draw(figures: Mapping[str, Any]) -> None:
    """Time by length, both axes logarithmic, for both profiles."""
    from plots import OTHERS, OURS, plot

    found = figures["profiles"]
    with plot(f"benchmark-{NAME}", columns=len(PROFILES), height_in=3.8) as axes:
        for ax, (profile, languages) in zip(axes, found.items(), strict=True):
            for language, cases in languages.items():
                sizes = [case["words"] for case in cases.values()]
                for stage in STAGES:
                    ax.plot(sizes, [case["ms"][stage] for case in cases.values()], color=OTHERS, linewidth=0.8)
                    if language == "de":
                        last = list(cases.values())[-1]["ms"][stage]
                        ax.annotate(stage, (sizes[-1], last), xytext=(4, -3), textcoords="offset points", fontsize=7)
                totals = [case["ms"]["total"] for case in cases.values()]
                style = {"de": "o-", "en": "s--"}[language]
                ax.plot(sizes, totals, style, color=OURS, label=f"total, {LANGUAGES[language]}")
            ax.set(xscale="log", yscale="log", xlabel="words", ylabel="ms", title=f"profile {profile}")
            ax.set_xlim(right=3.2 * max(WORDS))
            ax.legend(loc="upper left", frameon=False)


def main() -> None:
    """Measure, or show what was measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--words", type=int, nargs="+", help="other lengths than 500, 5,000 and 50,000; nothing is kept"
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="tries of each case, in turn (default: %(default)s)")
    results.add_options(parser)
    options = parser.parse_args()
    if options.words:
        for profile, languages in measure(options.words, options.rounds)["profiles"].items():
            print(f"\nProfile {profile}, ms of processor time:\n")
            _print_stages(languages)
        return
    results.present(NAME, options, lambda: measure(WORDS, options.rounds), PACKAGES, show, draw)


if __name__ == "__main__":
    main()
