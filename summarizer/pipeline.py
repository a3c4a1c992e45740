"""The way through: article, sentences, extraction, verification, merging, coverage, summary, report."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from summarizer import __version__, prompting, summary
from summarizer.document import Document
from summarizer.errors import (
    AuthenticationError,
    ConfigurationError,
    LimitReachedError,
    ModelError,
    ModelNotFoundError,
    QuotaError,
    SummarizerError,
    WeightsError,
)
from summarizer.extraction import article as article_profile
from summarizer.extraction import sentence as sentence_profile
from summarizer.extraction import summarizing, translating
from summarizer.extraction.drafts import ClaimDraft, ScoredDraft, Verified
from summarizer.extraction.sentence import SpeakerNames
from summarizer.llm.base import (
    CompletionModel,
    EncodingModel,
    IdentifiedModel,
    LanguageModel,
    Reply,
    Request,
    asend,
    send,
)
from summarizer.llm.caching import ReplyCache
from summarizer.llm.client import OpenAIModel
from summarizer.llm.metering import Limits, Meter
from summarizer.llm.prices import FREE, Price
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
from summarizer.pooling import pooled
from summarizer.reading import read_text
from summarizer.reading.language import language_name
from summarizer.screening import screen
from summarizer.verification import Verifier

if TYPE_CHECKING:
    from summarizer.llm.batching import BatchLog
    from summarizer.llm.pacing import Pacer

Profile = Literal["article", "sentence"]
Answers = tuple[Reply | ModelError, ...]
ANSWERS: tuple[type[BaseModel], ...] = (
    ClaimDraft,
    summarizing.SummaryDraft,
    translating.TranslationDraft,
    SpeakerNames,
)
"""The types that a model answers in."""
CERTAIN = (AuthenticationError, QuotaError, ModelNotFoundError, WeightsError, ConfigurationError, LimitReachedError)
"""Errors that every other article would meet too."""
_ARTICLE_CONTEXT_TOKENS = 8192
_SENTENCE_CONTEXT_TOKENS = 2048
_ARTICLES_IN_BATCHES = 1000


@dataclass(frozen=True)
class Settings:
    """What decides a report, besides the article and the model.

    `language` is the one of statements and summary, None for each article's own.
    """

    profile: Profile
    topic: str = "security-guarantees"
    thorough: bool = False
    max_reasks: int = 2
    chunk_chars: int = 6000
    language: str | None = None

    def translates(self, article: Article) -> bool:
        """Whether statements and summary are asked for in another language than the article's."""
        return self.language not in {None, article.language}

    def language_of(self, article: Article) -> str:
        """The language of an article's statements and summary."""
        return self.language or article.language


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

    def take(self, item: ClaimDraft | Verified | Rejection) -> None:
        """Verify a draft, unless that was done, and keep it as a claim or as a rejection."""
        if isinstance(item, Rejection):
            self.rejections.append(item)
            return
        draft = item.draft if isinstance(item, Verified) else item
        claim, reasons = (item.claim, []) if isinstance(item, Verified) else self.verifier.check(draft)
        if claim is not None and (repeated := self.verifier.accept(claim)):
            claim, reasons = None, [repeated]
        if claim is None:
            self.rejections.append(Rejection(claim=draft.model_dump(mode="json"), reasons=reasons))
            return
        confidence = round(draft.confidence, 2) if isinstance(draft, ScoredDraft) else None
        numbered = claim.model_copy(update={"id": f"c{len(self.claims) + 1}", "confidence": confidence})
        self.claims.append(numbered)
        self.on_claim(numbered)

    def uncovered(self) -> list[Uncovered]:
        """Sentences on the topic with a reporting cue that no claim cites."""
        cited = {e.sentence for c in self.claims for e in c.evidence}
        topic = prompting.topic(self.settings.topic)
        found = []
        for s in self.document.sentences:
            if s.is_heading or s.number in cited or not topic.is_in(self.document.text(s)):
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
        language: give statements and summary in `de` or `en`, whatever the article's language; quotes, evidence,
            conditions and names of speakers stay as they are. A claim is verified and given to `on_claim` as it
            stands in the article's language, and translated then. Needs a capable model, in profile `article`.
        thorough: ask a second time about sentences with a reporting cue that no claim cites.
        chunk_chars: how much of an article profile `article` shows in one request, in code points.
        offline: allow the embedded model only and connect to nothing.
        timeout_s: seconds that one request may take.
        poll_s: seconds between questions for a batch's state.
        cache: keep replies on disk, and take them from there when the same is asked of the same model again.
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
        language: str | None = None,
        thorough: bool = False,
        chunk_chars: int = 6000,
        offline: bool = False,
        timeout_s: float = 120.0,
        cache: bool = False,
        poll_s: float = 60.0,
        language_model: LanguageModel | None = None,
        on_claim: Callable[[Claim], None] | None = None,
        on_progress: Callable[[int, int], None] | None = None,
        on_message: Callable[[str], None] | None = None,
    ) -> None:
        """Choose the model; it is opened at the first article.

        Raises:
            ConfigurationError: the model, topic, language or a combination of settings isn't possible.
        """
        import os

        prompting.topic(topic)
        self._offline, self._timeout_s = offline, timeout_s
        self._on_claim = on_claim or (lambda claim: None)
        self._on_progress, self._on_message = on_progress, on_message or (lambda line: None)
        self._model = language_model
        self._wants_cache = cache
        self._cache: ReplyCache | None = None
        self._poll_s = poll_s
        self.meter = Meter()
        self.pacer: Pacer | None = None
        self.choice = None
        if language_model is None:
            self.choice = choose_model(model, base_url=base_url, env=os.environ, offline=offline)
        is_local = self.choice is not None and self.choice.kind == "local"
        self.settings = Settings(
            profile or ("sentence" if is_local else "article"),
            topic,
            thorough,
            chunk_chars=chunk_chars,
            language=translating.target_language(language) if language is not None else None,
        )

    def __enter__(self) -> Summarizer:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the model."""
        if self._model is not None:
            self._model.close()
            self._model = None
        if self._cache is not None:
            self._cache.close()
            self._cache = None

    def flush(self) -> None:
        """Write replies that are kept in the cache, but not on the disk yet."""
        if self._cache is not None:
            self._cache.flush()

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
        identity = weights.identity(self.choice.model_id or None)
        if self.settings.profile != "sentence":
            return LocalModel(self.choice.name, path, identity=identity, context_tokens=_ARTICLE_CONTEXT_TOKENS)
        kind = LocalEncoder if (self.choice.model_id or weights.default_name()) == encoder.model() else LocalModel
        return kind(self.choice.name, path, identity=identity, context_tokens=_SENTENCE_CONTEXT_TOKENS)

    @property
    def price(self) -> Price | None:
        """What the model's tokens cost, None where that isn't known; the embedded model's cost nothing."""
        model = self.open()
        return model.price if isinstance(model, OpenAIModel) else FREE

    @property
    def cached(self) -> int:
        """How many replies came from the cache."""
        return self._cache.hits if self._cache else 0

    def fingerprint(self) -> dict[str, str]:
        """What decides a report besides the article, by name: the model, the prompts, the schemas, each setting.

        A language that isn't asked for isn't named: what was finished before there was the choice stays so.

        Raises:
            ModelError: the embedded model can't be had.
        """
        settings = {name: str(value) for name, value in asdict(self.settings).items() if value is not None}
        return {
            "model": self._identity(),
            "prompt": prompting.files(
                self.settings.profile, self.settings.topic, translated=self.settings.language is not None
            ),
            "schema": schema_hash((*ANSWERS, Report))[:16],
            **settings,
            "summarizer": __version__,
        }

    @property
    def can_translate(self) -> bool:
        """Whether the model can give statements in another language than the article's."""
        return self.settings.profile == "article" and not self._is_embedded

    @property
    def _is_embedded(self) -> bool:
        choice = self.choice
        return choice is not None and choice.kind == "local" and not choice.model_id.lower().endswith(".gguf")

    def check_language(self, article: Article) -> None:
        """Raise where an article would have to be translated and the model can't.

        Raises:
            ConfigurationError: so it is.
        """
        if not self.settings.translates(article) or self.can_translate:
            return
        who = "The embedded model" if self._is_embedded else "Profile sentence"
        source, target = map(language_name, (article.language, self.settings.language_of(article)))
        title = f" ({article.title})" if article.title else ""
        raise ConfigurationError(
            f"{who} can't translate, and this article{title} is in {source}, not in {target}.",
            "Name a capable model with --model, or leave --language out."
            if self._is_embedded
            else "Use --profile article with a capable model, or leave --language out.",
        )

    def summarize(self, article: Article | str) -> Report:
        """The report on an article, or on a text.

        Raises:
            InputError: the text is empty or no text.
            ConfigurationError: it would have to be translated, and the model can't.
            ModelError: the model gave no usable answer.
        """
        read = _as_article(article)
        self.check_language(read)
        steps = self._steps(read)
        self.open()
        try:
            requests = next(steps)
            while True:
                requests = steps.send(tuple(map(self._answer, requests)))
        except StopIteration as stop:
            report: Report = stop.value
            return report

    async def asummarize(self, article: Article | str, *, on_claim: Callable[[Claim], None] | None = None) -> Report:
        """As `summarize`, without blocking the event loop. `on_claim` is called instead of the summarizer's."""
        import asyncio

        read = _as_article(article)
        self.check_language(read)
        steps = self._steps(read, on_claim)
        if self._model is None:
            await asyncio.to_thread(self.open)
        try:
            requests = next(steps)
            while True:
                requests = steps.send(await self._answers(requests))
        except StopIteration as stop:
            report: Report = stop.value
            return report

    async def asummarize_many(
        self, articles: Iterable[Article | str], *, max_concurrency: int = 16, limits: Limits | None = None
    ) -> AsyncGenerator[Report | FailedArticle, None]:
        """Reports as they finish, in any order; an article that fails is a `FailedArticle`.

        At most `max_concurrency` requests are in flight, fewer while the service answers with 429. Articles are
        taken from the iterable only as fast as they are worked on.

        Raises:
            LimitReachedError: one of `limits` was reached; what was finished before has been given.
            ModelError: every other article would fail too: a wrong key, a quota that is used up.
        """
        async with (
            self.many(max_concurrency, limits) as at_a_time,
            aclosing(pooled(articles, self._outcome, at_a_time)) as outcomes,
        ):
            async for outcome in outcomes:
                yield outcome

    @asynccontextmanager
    async def many(
        self, max_concurrency: int, limits: Limits | None = None, *, batch_log: BatchLog | None = None
    ) -> AsyncIterator[int]:
        """Within it, many articles may be summarized at a time: gives how many. The embedded model takes one.

        What is taken is counted anew in `meter`, against `limits`; `pacer` tells the requests in flight. With a
        `batch_log` requests go through the service's Batch API, those of a thousand articles together.

        Raises:
            ConfigurationError: the model has no Batch API, or `max_concurrency` is less than 1.
        """
        import asyncio

        if max_concurrency < 1:
            raise ConfigurationError(f"max_concurrency is {max_concurrency}.", "Give a number from 1.")
        model = await asyncio.to_thread(self.open)
        meter = self.meter = Meter(limits or Limits())
        try:
            if batch_log is not None:
                if not isinstance(model, OpenAIModel):
                    raise ConfigurationError(
                        f"{model.name} has no Batch API.", "Leave --batch out, or name a service's model."
                    )
                if limits and (limits.max_cost_usd is not None or limits.max_tokens is not None):
                    raise ConfigurationError(
                        "What a batch takes is known only when it has ended, so that cost and tokens have no limit.",
                        "Leave the limit out, or give smaller batches of articles.",
                    )
                async with model.batched(batch_log, self._on_message, poll_s=self._poll_s):
                    yield _ARTICLES_IN_BATCHES
            elif isinstance(model, OpenAIModel):
                # An article may have many requests at once.
                meter.turns = asyncio.Semaphore(max_concurrency)
                async with model.many(max_concurrency) as self.pacer:
                    yield max_concurrency
            else:
                yield 1 if isinstance(model, CompletionModel) else max_concurrency
        finally:
            # The limits were for this, and turns belong to the event loop.
            meter.limits, meter.turns = Limits(), None

    async def _outcome(self, article: Article | str) -> Report | FailedArticle:
        read = article if isinstance(article, Article) else None
        try:
            read = _as_article(article)
            return await self.asummarize(read)
        except CERTAIN:
            raise
        except SummarizerError as error:
            return failed(error, read)

    async def _answers(self, requests: tuple[Request, ...]) -> Answers:
        """The answers to requests at once. Where one may not be sent, those under way are waited for: they are paid."""
        import asyncio

        if len(requests) == 1:
            return (await self._aanswer(requests[0]),)
        answers: list[Reply | ModelError] = []
        for answer in await asyncio.gather(*map(self._aanswer, requests), return_exceptions=True):
            if isinstance(answer, BaseException) and not isinstance(answer, ModelError):
                raise answer
            answers.append(answer)
        return tuple(answers)

    def _answer(self, request: Request) -> Reply | ModelError:
        keep, kept = self._cached(request)
        if kept is not None:
            return kept
        try:
            with self.meter.request() as replies:
                reply = send(self.open(), request)
                replies.append(reply)
        except ModelError as error:
            return error
        keep(reply)
        return reply

    async def _aanswer(self, request: Request) -> Reply | ModelError:
        keep, kept = self._cached(request)
        if kept is not None:
            return kept
        try:
            async with self.meter.arequest() as replies:
                reply = await asend(self.open(), request)
                replies.append(reply)
        except ModelError as error:
            return error
        keep(reply)
        return reply

    def _cached(self, request: Request) -> tuple[Callable[[Reply], None], Reply | None]:
        """What keeps a reply to the request, and the reply that is kept already."""
        cache = self._opened_cache()
        if cache is None:
            return lambda reply: None, None
        key = cache.key(request)
        return partial(cache.put, key), cache.get(key, request)

    def _opened_cache(self) -> ReplyCache | None:
        if self._cache is None and self._wants_cache:
            self._cache = ReplyCache(self._identity(), on_message=self._on_message)
        return self._cache

    def _identity(self) -> str:
        model = self.open()
        return model.identity if isinstance(model, IdentifiedModel) else model.name

    def _steps(
        self, article: Article, on_claim: Callable[[Claim], None] | None = None
    ) -> Generator[tuple[Request, ...], Answers, Report]:
        started_at, started = datetime.now(UTC), time.monotonic()
        screened = screen(article)
        document = Document.of(screened.plain)
        tell = on_claim or self._on_claim
        work = _Work(
            document,
            Verifier(document),
            self.settings,
            lambda claim: tell(screened.claim(claim)),
            warnings=[*article.warnings, *screened.warnings()],
        )
        usage = yield from _counted(self._extraction(work), work)
        language = self.settings.language_of(article)
        translated = self.settings.translates(article)
        report = Report(
            article=screened.plain,
            claims=work.claims,
            rejections=work.rejections,
            uncovered=work.uncovered(),
            positions=summary.positions(work.claims, language),
            summary=work.summary
            or summary.summarize_claims(
                translating.named_in(work.claims, language) if translated else work.claims, language
            ),
            run=Run(
                model=self.open().name,
                prompt=self._prompt(article),
                profile=self.settings.profile,
                language=language if translated else None,
                summarizer_version=__version__,
                started_at=started_at,
                duration_s=round(time.monotonic() - started, 3),
                warnings=work.warnings,
                usage=usage,
            ),
        )
        return screened.restored(report)

    def _prompt(self, article: Article) -> str:
        if self.settings.profile == "sentence":
            return prompting.identity(f"sentence/speakers.{article.language}")
        names = ["article/extract", *(["article/translate"] if self.settings.translates(article) else [])]
        return ", ".join(map(prompting.identity, names))

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
        ask = partial(
            article_profile.steps,
            work.document,
            max_reasks=self.settings.max_reasks,
            chunk_chars=self.settings.chunk_chars,
        )
        yield from ask()
        if self.settings.thorough and (missed := frozenset(u.sentence for u in work.uncovered())):
            yield from ask(only=missed)
        if work.claims:
            article = work.document.article
            if self.settings.translates(article):
                yield from self._translation(work)
            try:
                work.summary = yield from summarizing.steps(
                    work.claims, self.settings.language_of(article), article.language
                )
            except CERTAIN:
                raise
            except ModelError as error:
                work.warnings.append(f"The summary was made without the model: {error.message}")

    def _translation(self, work: _Work) -> Generator[Any, Any, None]:
        """Put translations in the place of the statements; which stay as they are, and why, is in the warnings."""
        source, target = work.document.article.language, self.settings.language_of(work.document.article)
        found = yield from translating.steps(work.claims, source, target, max_reasks=self.settings.max_reasks)
        for error in found.errors:
            if isinstance(error, CERTAIN):
                raise error
        work.claims = [
            claim.model_copy(update={"statement": found.statements.get(claim.id, claim.statement)})
            for claim in work.claims
        ]
        name = language_name(source)
        work.warnings += [f"{claim} stays in {name}: {reason}" for claim, reason in found.reasons.items()]


def schema_hash(types: Iterable[type[BaseModel]]) -> str:
    """A hash over the JSON Schemas of types."""
    schemas = [one.model_json_schema() for one in types]
    return hashlib.sha256(json.dumps(schemas, sort_keys=True).encode()).hexdigest()


def _counted(items: Generator[Any, object, None], work: _Work) -> Generator[tuple[Request, ...], Answers, Usage]:
    """Pass requests on and replies back, take drafts, and add up what was spent.

    Who asks for one thing gets the reply or has the error raised; who asks for several at once gets them all.
    """
    usage = Usage()
    answer: object = None
    try:
        while True:
            item = items.throw(answer) if isinstance(answer, ModelError) else items.send(answer)
            answer = None
            if isinstance(item, ClaimDraft | Verified | Rejection):
                work.take(item)
                continue
            answers = yield item if isinstance(item, tuple) else (item,)
            usage = sum((each.usage or Usage() for each in answers), usage)
            answer = answers if isinstance(item, tuple) else answers[0]
    except StopIteration:
        return usage


def _as_article(article: Article | str) -> Article:
    return read_text(article) if isinstance(article, str) else article


def failed(error: Exception, article: Article | None = None, source: str | None = None) -> FailedArticle:
    """An article's failure, as it stands in JSON Lines.

    An error that isn't a `SummarizerError` is a fault in this program that one article brings out.
    """
    if not isinstance(error, SummarizerError):
        error = SummarizerError(f"It can't be worked on: {type(error).__name__}: {error}.", "Please report this.")
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
