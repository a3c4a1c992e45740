"""The way through: article, sentences, extraction, verification, merging, coverage, summary, report."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Generator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from summarizer import __version__, prompting, summary
from summarizer.document import Document
from summarizer.errors import ModelError, SummarizerError
from summarizer.extraction import article as article_profile
from summarizer.extraction import sentence as sentence_profile
from summarizer.extraction import summarizing
from summarizer.extraction.drafts import ClaimDraft, ScoredDraft
from summarizer.llm.base import (
    CompletionModel,
    CompletionRequest,
    EncodingModel,
    EncodingRequest,
    LanguageModel,
    StructuredRequest,
)
from summarizer.llm.selection import choose_model, open_model
from summarizer.models import (
    Article,
    ArticleReference,
    Claim,
    ErrorInfo,
    FailedArticle,
    Rejection,
    Report,
    Run,
    Summary,
    Uncovered,
    Usage,
)
from summarizer.reading import read_text
from summarizer.verification import Verifier

Profile = Literal["article", "sentence"]
Request = StructuredRequest[Any] | CompletionRequest | EncodingRequest
_ARTICLE_CONTEXT_TOKENS = 8192
_SENTENCE_CONTEXT_TOKENS = 2048


@dataclass(frozen=True)
class Settings:
    """What decides a report, besides the article and the model."""

    profile: Profile
    topic: str = "security-guarantees"
    thorough: bool = False
    max_reasks: int = 2


@dataclass
class _Work:
    """What has been found so far."""

    document: Document
    verifier: Verifier
    settings: Settings
    on_claim: Callable[[Claim], None]
    claims: list[Claim] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    summary: Summary | None = None

    def take(self, item: ClaimDraft | Rejection) -> None:
        """Verify a draft, and keep it as a claim or as a rejection."""
        if isinstance(item, Rejection):
            self.rejections.append(item)
            return
        claim, reasons = self.verifier.check(item)
        if claim is not None and (repeated := self.verifier.accept(claim)):
            claim, reasons = None, [repeated]
        if claim is None:
            self.rejections.append(Rejection(claim=item.model_dump(mode="json"), reasons=reasons))
            return
        confidence = round(item.confidence, 2) if isinstance(item, ScoredDraft) else None
        numbered = claim.model_copy(update={"id": f"c{len(self.claims) + 1}", "confidence": confidence})
        self.claims.append(numbered)
        self.on_claim(numbered)

    def uncovered(self) -> list[Uncovered]:
        """Sentences on the topic with a reporting cue that no claim cites."""
        cited = {e.sentence for c in self.claims for e in c.evidence}
        pattern = prompting.topic(self.settings.topic)
        found = []
        for s in self.document.sentences:
            if s.is_heading or s.number in cited or not pattern.search(self.document.text(s)):
                continue
            cues = [c for c in self.document.cues(s) if not c.weak]
            if cues:
                found.append(
                    Uncovered(
                        sentence=s.number,
                        start=s.start,
                        end=s.end,
                        text=self.document.text(s),
                        cue=cues[0].text,
                    )
                )
        return found


class Summarizer:
    """Summarizes articles with one model. Use it as a context manager, or call `close`.

    Args:
        model: `provider/name`, `local`, `local/PATH.gguf`, or none to choose by the environment.
        base_url: an OpenAI-compatible service's address, ending in `/v1`.
        profile: `article` for capable models, `sentence` for small ones; by default `sentence` for local models.
        topic: a file of `prompts/topics/`.
        thorough: ask a second time about sentences with a reporting cue that no claim cites.
        offline: allow the embedded model only and connect to nothing.
        timeout_s: seconds that one request may take.
        on_claim: called with each claim as soon as it is verified.
        on_progress: called with bytes done and in total while the embedded model is fetched.
        on_message: called with lines for the user.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        base_url: str | None = None,
        profile: Profile | None = None,
        topic: str = "security-guarantees",
        thorough: bool = False,
        offline: bool = False,
        timeout_s: float = 120.0,
        language_model: LanguageModel | None = None,
        on_claim: Callable[[Claim], None] | None = None,
        on_progress: Callable[[int, int], None] | None = None,
        on_message: Callable[[str], None] | None = None,
    ) -> None:
        """Choose the model; it is opened at the first article.

        Raises:
            ConfigurationError: the model, topic or a combination of settings isn't possible.
        """
        import os

        prompting.topic(topic)
        self._offline, self._timeout_s = offline, timeout_s
        self._on_claim = on_claim or (lambda claim: None)
        self._on_progress, self._on_message = on_progress, on_message or (lambda line: None)
        self._model = language_model
        self.choice = None
        if language_model is None:
            self.choice = choose_model(model, base_url=base_url, env=os.environ, offline=offline)
        is_local = self.choice is not None and self.choice.kind == "local"
        self.settings = Settings(profile or ("sentence" if is_local else "article"), topic, thorough)

    def __enter__(self) -> Summarizer:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the model."""
        if self._model is not None:
            self._model.close()
            self._model = None

    def open(self) -> LanguageModel:
        """The model, opened: fetched and loaded when it is the embedded one.

        Raises:
            ModelError: the embedded model can't be had.
        """
        if self._model is None:
            assert self.choice is not None
            if self.choice.kind == "openai":
                self._model = open_model(self.choice, timeout_s=self._timeout_s)
            else:
                self._model = self._open_local()
        return self._model

    def _open_local(self) -> LanguageModel:
        from summarizer.llm import encoder, weights
        from summarizer.llm.local import LocalEncoder, LocalModel

        assert self.choice is not None
        path = weights.ensure(
            self.choice.model_id or None,
            offline=self._offline,
            on_progress=self._on_progress,
            on_message=self._on_message,
        )
        if self.settings.profile != "sentence":
            return LocalModel(self.choice.name, path, context_tokens=_ARTICLE_CONTEXT_TOKENS)
        kind = LocalEncoder if (self.choice.model_id or weights.default_name()) == encoder.model() else LocalModel
        return kind(self.choice.name, path, context_tokens=_SENTENCE_CONTEXT_TOKENS)

    def summarize(self, article: Article | str) -> Report:
        """The report on an article, or on a text.

        Raises:
            InputError: the text is empty or no text.
            ModelError: the model gave no usable answer.
        """
        steps = self._steps(_as_article(article))
        model = self.open()
        reply: object = None
        try:
            while True:
                request = _advance(steps, reply)
                try:
                    reply = _send(model, request)
                except ModelError as error:
                    reply = error
        except StopIteration as stop:
            report: Report = stop.value
            return report

    async def asummarize(self, article: Article | str) -> Report:
        """As `summarize`, without blocking the event loop."""
        import asyncio

        steps = self._steps(_as_article(article))
        model = await asyncio.to_thread(self.open)
        reply: object = None
        try:
            while True:
                request = _advance(steps, reply)
                try:
                    reply = await _asend(model, request)
                except ModelError as error:
                    reply = error
        except StopIteration as stop:
            report: Report = stop.value
            return report

    async def asummarize_many(
        self, articles: Iterable[Article | str], *, max_concurrency: int = 16
    ) -> AsyncIterator[Report | FailedArticle]:
        """Reports as they finish, in any order; an article that fails is a `FailedArticle`."""
        import asyncio

        waiting = iter(articles)
        running: set[asyncio.Task[Report | FailedArticle]] = set()
        await asyncio.to_thread(self.open)
        try:
            while True:
                while len(running) < max_concurrency and (item := next(waiting, None)) is not None:
                    running.add(asyncio.ensure_future(self._outcome(item)))
                if not running:
                    return
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
        finally:
            for task in running:
                task.cancel()

    async def _outcome(self, article: Article | str) -> Report | FailedArticle:
        try:
            return await self.asummarize(article)
        except SummarizerError as error:
            return failed(error, article if isinstance(article, Article) else None)

    def _steps(self, article: Article) -> Generator[Request, object, Report]:
        started_at, started = datetime.now(UTC), time.monotonic()
        document = Document.of(article)
        work = _Work(document, Verifier(document), self.settings, self._on_claim)
        usage = yield from _counted(self._extraction(work), work)
        report = Report(
            article=article,
            claims=work.claims,
            rejections=work.rejections,
            uncovered=work.uncovered(),
            positions=summary.positions(work.claims, article.language),
            summary=work.summary or summary.summarize_claims(work.claims, article.language),
            run=Run(
                model=self.open().name,
                prompt=self._prompt(article),
                profile=self.settings.profile,
                summarizer_version=__version__,
                started_at=started_at,
                duration_s=round(time.monotonic() - started, 3),
                warnings=work.warnings,
                usage=usage,
            ),
        )
        return report

    def _prompt(self, article: Article) -> str:
        if self.settings.profile == "sentence":
            return prompting.identity(f"sentence/speakers.{article.language}")
        return prompting.identity("article/extract")

    def _extraction(self, work: _Work) -> Generator[Any, object, None]:
        model = self.open()
        if self.settings.profile == "sentence":
            abilities = sentence_profile.Abilities(
                grammar=isinstance(model, CompletionModel), encoding=isinstance(model, EncodingModel)
            )
            if self.settings.thorough:
                work.warnings.append("--thorough has no effect in profile sentence, which asks about every sentence.")
            yield from sentence_profile.steps(work.document, topic=self.settings.topic, abilities=abilities)
            return
        yield from article_profile.steps(work.document, max_reasks=self.settings.max_reasks)
        if self.settings.thorough and (missed := frozenset(u.sentence for u in work.uncovered())):
            yield from article_profile.steps(work.document, max_reasks=self.settings.max_reasks, only=missed)
        if work.claims:
            try:
                work.summary = yield from summarizing.steps(work.claims, work.document.article.language)
            except ModelError as error:
                work.warnings.append(f"The summary was made without the model: {error.message}")


def _advance(steps: Generator[Request, object, Report], reply: object) -> Request:
    """The next request, after a reply or the error that came instead; None starts the steps."""
    return steps.throw(reply) if isinstance(reply, ModelError) else steps.send(reply)


def _counted(items: Generator[Any, object, None], work: _Work) -> Generator[Request, object, Usage]:
    """Pass requests on and replies back, take drafts, and add up what was spent."""
    usage = Usage()
    reply: object = None
    error: ModelError | None = None
    try:
        while True:
            item = items.throw(error) if error else items.send(reply)
            reply, error = None, None
            if isinstance(item, ClaimDraft | Rejection):
                work.take(item)
                continue
            try:
                reply = yield item
            except ModelError as failure:
                error = failure
                usage += failure.usage or Usage()
            else:
                usage += getattr(reply, "usage", Usage())
    except StopIteration:
        return usage


def _send(model: LanguageModel, request: Request) -> object:
    if isinstance(request, EncodingRequest):
        assert isinstance(model, EncodingModel)
        return model.encode(request)
    if isinstance(request, CompletionRequest):
        assert isinstance(model, CompletionModel)
        return model.complete(request)
    return model.ask(request)


async def _asend(model: LanguageModel, request: Request) -> object:
    if isinstance(request, EncodingRequest):
        assert isinstance(model, EncodingModel)
        return await model.aencode(request)
    if isinstance(request, CompletionRequest):
        assert isinstance(model, CompletionModel)
        return await model.acomplete(request)
    return await model.aask(request)


def _as_article(article: Article | str) -> Article:
    return read_text(article) if isinstance(article, str) else article


def failed(error: SummarizerError, article: Article | None = None, source: str | None = None) -> FailedArticle:
    """An article's failure, as it stands in JSON Lines."""
    reference = ArticleReference(
        id=article.id if article else None,
        source=source or (article.source if article else None),
        url=article.url if article else None,
    )
    return FailedArticle(article=reference, error=ErrorInfo(type=error.type, message=str(error)))


def summarize(article: Article | str, *, model: str | None = None, **settings: Any) -> Report:
    """The report on one article: the shortest form. `settings` are those of `Summarizer`.

    Raises:
        SummarizerError: the text can't be read, or the model gave no usable answer.
    """
    with Summarizer(model, **settings) as summarizer:
        return summarizer.summarize(article)
