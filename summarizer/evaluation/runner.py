"""Runs a system over the golden set, and scores what was recorded of it again."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel

from summarizer import prompting
from summarizer.errors import ConfigurationError, InputError, SummarizerError
from summarizer.evaluation import provenance
from summarizer.evaluation.extras import eval_extra
from summarizer.evaluation.figures import FIGURES, ArticleResult, figures, score_article
from summarizer.evaluation.golden import GoldenArticle
from summarizer.evaluation.runs import RecordedRun, RunArticle, RunHeader, RunWriter, golden_hash
from summarizer.llm.base import LanguageModel
from summarizer.llm.recording import NotRecordedError, Recorded, RecordingModel, record, replay_of, storable
from summarizer.models import Article, ErrorInfo, Report
from summarizer.pipeline import ANSWERS, Profile, Summarizer, schema_hash

PIPELINE = "pipeline"
_SEPARATOR = r"[/\\]"


@dataclass(frozen=True)
class SystemDescription:
    """What decides a system's results. `schemas` are the types that its model answers in."""

    model: str
    profile: str | None = None
    topic: str | None = None
    prompt: str | None = None
    thorough: bool = False
    schemas: tuple[type[BaseModel], ...] = ()


class System(Protocol):
    """What is evaluated: it makes reports of articles."""

    @property
    def name(self) -> str:
        """How run files name it."""

    def describe(self) -> SystemDescription:
        """What decides its results. Raises `SummarizerError` where it can't be used at all."""

    def report(self, article: Article) -> tuple[Report, list[Recorded]]:
        """An article's report, and the replies that it came from.

        Raises:
            ArticleFailedError: the article failed after these replies.
            SummarizerError: the article failed.
        """


class ArticleFailedError(SummarizerError):
    """An article failed with `error`, after `replies`."""

    def __init__(self, error: SummarizerError, replies: list[Recorded]) -> None:
        super().__init__(error.message, error.hint)
        self.error, self.replies = error, replies


class Pipeline:
    """The summarizer itself, with its model's replies recorded. The summarizer stays the caller's to close."""

    name = PIPELINE

    def __init__(self, summarizer: Summarizer) -> None:
        self._source = summarizer
        self._settings = summarizer.settings
        self._opened: tuple[RecordingModel, Summarizer] | None = None

    def describe(self) -> SystemDescription:
        """What decides its results; the model is opened for that.

        Raises:
            ModelError: the embedded model can't be had.
        """
        model, _ = self._open()
        settings = self._settings
        return SystemDescription(
            model=model.name,
            profile=settings.profile,
            topic=settings.topic,
            prompt=prompting.files(settings.profile, settings.topic),
            thorough=settings.thorough,
            schemas=ANSWERS,
        )

    def report(self, article: Article) -> tuple[Report, list[Recorded]]:
        """An article's report. Raises `ArticleFailedError`, or `ConfigurationError`."""
        model, summarizer = self._open()
        model.take()
        try:
            report = summarizer.summarize(article)
        except ConfigurationError:
            raise
        except SummarizerError as error:
            raise ArticleFailedError(error, model.take()) from error
        return report, model.take()

    def _open(self) -> tuple[RecordingModel, Summarizer]:
        if self._opened is None:
            opened = self._source.open()
            model = record(opened, _without_folder(opened.name))
            self._opened = (
                model,
                _summarizer(model, self._settings.profile, self._settings.topic, self._settings.thorough),
            )
        return self._opened


def run(
    golden: Sequence[GoldenArticle],
    system: System,
    path: Path | None,
    *,
    repeats: int = 1,
    resume: bool = False,
    on_start: Callable[[GoldenArticle, int], None] = lambda golden, repeat: None,
    on_result: Callable[[ArticleResult, int, int], None] = lambda result, done, total: None,
) -> RecordedRun:
    """Run a system over articles, the whole set `repeats` times, and write the run to `path`, if that is given.

    An article that fails is a line with its error. Whatever stops the run, the file can be resumed; articles that
    failed for the service's sake are then tried again. `on_start` is called with each article and its repeat,
    `on_result` with each result, the number of finished articles and that of all.

    Raises:
        ConfigurationError: the system, or the file, can't be used; or scipy or sacrebleu is not installed.
        ModelError: the system's model can't be opened.
        InputError: there is no article, or the file can't be read or written.
    """
    if not golden:
        raise InputError("There is no article to run.", "Choose other slugs or another split.")
    with eval_extra():
        import sacrebleu  # noqa: F401
        import scipy.optimize  # noqa: F401
    with RunWriter(path, _header(golden, system, repeats), resume=resume) as writer:
        done = {article.key for article in writer.done}
        total = len(golden) * repeats
        for repeat in range(1, repeats + 1):
            for one in golden:
                if (one.slug, repeat) in done:
                    continue
                on_start(one, repeat)
                article = _attempt(system, one, repeat)
                writer.append(article)
                done.add(article.key)
                on_result(_scored(one, article), len(done), total)
        return _sealed(writer, golden)


def run_side_by_side(
    golden: Sequence[GoldenArticle],
    systems: Mapping[Path, System],
    *,
    on_result: Callable[[Path, ArticleResult], None] = lambda path, result: None,
) -> list[RecordedRun]:
    """Run several systems, each article by all of them in turn, so that whatever slows the machine slows them alike.

    Each run is written to its path, and gone on with where the file is there already. The systems take turns in
    being the first. `on_result` is called with the run's path and each result.

    Raises:
        ConfigurationError: a system, or a file, can't be used; or scipy or sacrebleu is not installed.
        ModelError: a system's model can't be opened.
        InputError: a file can't be read or written.
    """
    with ExitStack() as stack:
        writers = {
            path: stack.enter_context(RunWriter(path, _header(golden, system, 1), resume=True))
            for path, system in systems.items()
        }
        done = {path: {article.key for article in writer.done} for path, writer in writers.items()}
        paths = list(systems)
        for number, one in enumerate(golden):
            first = number % len(paths)
            for path in paths[first:] + paths[:first]:
                if (one.slug, 1) not in done[path]:
                    article = _attempt(systems[path], one, 1)
                    writers[path].append(article)
                    on_result(path, _scored(one, article))
        return [_sealed(writer, golden) for writer in writers.values()]


def recorded(run: RecordedRun, golden: Iterable[GoldenArticle]) -> list[ArticleResult]:
    """The stored reports, scored.

    Raises:
        InputError: the golden set lacks an article of the run, or has another text.
        ConfigurationError: scipy is not installed.
    """
    by_slug = _by_slug(run, golden)
    return [_scored(by_slug[article.slug], article) for article in run.articles]


def replay(run: RecordedRun, golden: Iterable[GoldenArticle]) -> list[ArticleResult]:
    """The pipeline run again over the recorded replies, asking nobody, and scored; of other systems as `recorded`.

    Verification, merging and labels are those of now. A summary whose claims have changed is made without the model.

    Raises:
        NotRecordedError: the pipeline of now makes other requests.
        InputError: the golden set lacks an article of the run, or has another text.
        ConfigurationError: scipy is not installed, or the run's topic is no more.
    """
    by_slug = _by_slug(run, golden)
    return [_scored(by_slug[article.slug], article) for article in _outcomes_of_now(run, by_slug)]


def rescore(run: RecordedRun, golden: Sequence[GoldenArticle], path: Path) -> RecordedRun:
    """Write a run anew, with the outcomes of `replay` and the golden set of now; what it was made with stays.

    Raises:
        ConfigurationError: the file is there already; else as `replay`.
        InputError: the file can't be written; else as `replay`.
    """
    by_slug = _by_slug(run, golden)
    commit = provenance.commit()
    update = {
        "golden_sha256": golden_hash(by_slug[slug] for slug in run.header.slugs),
        "rescored_at": datetime.now(UTC),
        "rescored_commit": commit.sha if commit else None,
    }
    with RunWriter(path, run.header.model_copy(update=update)) as writer:
        for article in _outcomes_of_now(run, by_slug):
            writer.append(article)
        return _sealed(writer, golden)


def failing(results: Iterable[ArticleResult]) -> list[str]:
    """Slugs of articles that failed, or missed or added a claim, in any repeat."""
    return list(
        dict.fromkeys(
            result.golden.slug
            for result in results
            if result.matching is None or result.matching.missed or result.matching.spurious
        )
    )


def _sealed(writer: RunWriter, golden: Iterable[GoldenArticle]) -> RecordedRun:
    found = figures(recorded(writer.so_far, golden))
    return writer.seal({name: found.value(name) for name in FIGURES})


def _outcomes_of_now(run: RecordedRun, by_slug: Mapping[str, GoldenArticle]) -> Iterator[RunArticle]:
    """The run's articles, those of the pipeline made again from their replies."""
    if run.header.system != PIPELINE:
        yield from run.articles
        return
    kinds = {reply.kind for article in run.articles for reply in article.replies}
    for article in run.articles:
        yield _replayed(run.header, article, by_slug[article.slug].article, kinds)


def _attempt(system: System, golden: GoldenArticle, repeat: int) -> RunArticle:
    report: Report | None = None
    error: ErrorInfo | None = None
    started = time.monotonic()
    try:
        report, replies = system.report(golden.article)
    except ConfigurationError:
        raise
    except ArticleFailedError as failure:
        error, replies = _info(failure.error), failure.replies
    except SummarizerError as failure:
        error, replies = _info(failure), []
    duration_s = round(time.monotonic() - started, 3)
    return RunArticle(
        slug=golden.slug, repeat=repeat, report=report, error=error, replies=replies, duration_s=duration_s
    )


def _replayed(header: RunHeader, stored: RunArticle, article: Article, kinds: Container[str]) -> RunArticle:
    """A stored article with the outcome of now; when it was made, and how long that took, stay as they were.

    `kinds` are those of the run's replies: they tell what its model could be asked.
    """
    profile: Profile = "sentence" if header.profile == "sentence" else "article"
    model = replay_of(header.model, stored.replies, completes="completion" in kinds, encodes="encoding" in kinds)
    try:
        report = _summarizer(model, profile, header.topic or "", header.thorough).summarize(article)
    except NotRecordedError as error:
        raise NotRecordedError(f"{stored.slug}: {error.message}", error.hint) from error
    except ConfigurationError:
        raise
    except SummarizerError as error:
        return stored.model_copy(update={"report": None, "error": _info(error)})
    if stored.report is not None:
        was = stored.report.run
        made = report.run.model_copy(update={"started_at": was.started_at, "duration_s": was.duration_s})
        report = report.model_copy(update={"run": made})
    return stored.model_copy(update={"report": report, "error": None})


def _summarizer(model: LanguageModel, profile: Profile, topic: str, thorough: bool) -> Summarizer:
    return Summarizer(language_model=model, profile=profile, topic=topic, thorough=thorough)


def _scored(golden: GoldenArticle, article: RunArticle) -> ArticleResult:
    return score_article(golden, article.outcome, repeat=article.repeat, duration_s=article.duration_s)


def _info(error: SummarizerError) -> ErrorInfo:
    return ErrorInfo(type=error.type, message=storable(str(error)))


def _header(golden: Sequence[GoldenArticle], system: System, repeats: int) -> RunHeader:
    description = system.describe()
    commit = provenance.commit()
    splits = {one.split.value for one in golden}
    return RunHeader(
        system=system.name,
        model=description.model,
        profile=description.profile,
        topic=description.topic,
        thorough=description.thorough,
        prompt=description.prompt,
        schema_sha256=schema_hash((*description.schemas, Report)),
        golden_sha256=golden_hash(golden),
        split=splits.pop() if len(splits) == 1 else None,
        slugs=[one.slug for one in golden],
        repeats=repeats,
        git_commit=commit.sha if commit else None,
        git_dirty=commit.dirty if commit else None,
        versions=provenance.versions(),
        machine=provenance.machine(),
        started_at=datetime.now(UTC),
    )


def _without_folder(name: str) -> str:
    """A model's name as it is, or `local/FILE` for a file somewhere on this machine."""
    provider, _, path = name.partition("/")
    return f"local/{re.split(_SEPARATOR, path)[-1]}" if provider == "local" and path else name


def _by_slug(run: RecordedRun, golden: Iterable[GoldenArticle]) -> dict[str, GoldenArticle]:
    by_slug = {one.slug: one for one in golden}
    missing = sorted({article.slug for article in run.articles} - by_slug.keys())
    if missing:
        raise InputError(
            f"The golden set lacks articles of the run: {', '.join(missing)}.", "Give the golden set that it was over."
        )
    return by_slug
