"""What is compared: LangExtract, one plain Instructor call, and summarizer, each on a server of its own."""

from __future__ import annotations

import json
import logging
import time
import warnings
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import copied
from prompt import PROMPT, PublicClaims, prompt
from serving import ServedEngine

from summarizer import __version__
from summarizer.actors import country_of
from summarizer.document import Document
from summarizer.errors import SummarizerError
from summarizer.evaluation.runner import Pipeline, SystemDescription
from summarizer.llm.local import LocalEncoder
from summarizer.llm.recording import Recorded
from summarizer.models import (
    Article,
    Attribution,
    Claim,
    Measure,
    Report,
    Run,
    Speaker,
    SpeakerKind,
    Stance,
)
from summarizer.pipeline import Summarizer

if TYPE_CHECKING:
    import langextract as lx

MODEL = "local"
MAX_OUTPUT_TOKENS = 3072
CHUNK_MAX_OUTPUT_TOKENS = 1024


class PeerFailedError(SummarizerError):
    """A peer raised on an article."""


class _Encoder(LocalEncoder):
    """The embedded model with its engine in another process."""

    def __init__(self, url: str) -> None:
        self._name, self._identity, self._engine = MODEL, "", ServedEngine(url)


def ours(url: str) -> Pipeline:
    """summarizer, as it drives the embedded model."""
    return Pipeline(Summarizer(language_model=_Encoder(url), profile="sentence"))


class _Peer:
    """What the peers have in common: their claims are made into a report as favourably as can be."""

    name: str

    def __init__(self, url: str) -> None:
        self._url = f"{url}/v1"

    def describe(self) -> SystemDescription:
        """The served model, and the prompt."""
        return SystemDescription(
            model=MODEL, profile=self.name, prompt=PROMPT.read_text(encoding="utf-8"), schemas=(PublicClaims,)
        )

    def report(self, article: Article) -> tuple[Report, list[Recorded]]:
        """The peer's claims; what it raises is a `PeerFailedError`."""
        started_at, started = datetime.now(UTC), time.monotonic()
        try:
            claims = self._claims(Document.of(article))
        except Exception as error:
            raise PeerFailedError(type(error).__name__) from error
        run = Run(
            model=MODEL,
            prompt=PROMPT.name,
            profile=self.name,
            summarizer_version=__version__,
            started_at=started_at,
            duration_s=round(time.monotonic() - started, 3),
        )
        return Report(article=article, claims=claims, run=run), []

    def _claims(self, document: Document) -> list[Claim]:
        raise NotImplementedError


class PlainInstructor(_Peer):
    """One call an article."""

    name = "plain-instructor"

    def _claims(self, document: Document) -> list[Claim]:
        import instructor
        from openai import OpenAI

        client = instructor.from_openai(
            OpenAI(base_url=self._url, api_key="none", timeout=3600), mode=instructor.Mode.JSON_SCHEMA
        )
        told = prompt(document.article.language)
        messages = [{"role": "system", "content": told.task}]
        for example in told.examples:
            answer = json.dumps({"claims": example.claims}, ensure_ascii=False)
            messages += [{"role": "user", "content": example.text}, {"role": "assistant", "content": answer}]
        given: Any = client.chat.completions.create(
            model=MODEL,
            messages=[*messages, {"role": "user", "content": document.article.text}],  # type: ignore[list-item]
            response_model=PublicClaims,
            temperature=0.0,
            max_tokens=MAX_OUTPUT_TOKENS,
        )
        return [_public(document, claim, f"c{i}") for i, claim in enumerate(given.claims, start=1)]


class LangExtract(_Peer):
    """Spans with attributes, by chunks, with its settings for an OpenAI-compatible server."""

    name = "langextract"

    def _claims(self, document: Document) -> list[Claim]:
        import langextract as lx
        from langextract.factory import ModelConfig

        told = prompt(document.article.language)
        examples = [
            lx.data.ExampleData(
                text=example.text,
                extractions=[
                    lx.data.Extraction("claim", " ".join(claim["evidence"]), attributes=_attributes(claim))
                    for claim in example.claims
                ],
            )
            for example in told.examples
        ]
        logging.getLogger("absl").setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = lx.extract(
                document.article.text,
                prompt_description=told.task.replace("evidence:", "extraction_text:"),
                examples=examples,
                config=ModelConfig(
                    model_id=MODEL,
                    provider="openai",
                    provider_kwargs={
                        "api_key": "none",
                        "base_url": self._url,
                        "temperature": 0.0,
                        "max_workers": 4,
                        "max_output_tokens": CHUNK_MAX_OUTPUT_TOKENS,
                    },
                ),
                max_char_buffer=1000,
                batch_length=4,
                max_workers=4,
                show_progress=False,
                # Its check of the examples raises where one has nothing to extract.
                prompt_validation_level=lx.prompt_validation.PromptValidationLevel.OFF,
            )
        assert isinstance(result, lx.data.AnnotatedDocument)
        return [_extracted(document, e, f"c{i}") for i, e in enumerate(result.extractions or [], start=1)]


def _attributes(claim: dict[str, Any]) -> dict[str, Any]:
    return {
        "speakers": [speaker["name"] for speaker in claim["speakers"]],
        **{name: claim[name] for name in ("statement", "attribution", "stance", "measure")},
    }


def _extracted(document: Document, extraction: lx.data.Extraction, identifier: str) -> Claim:
    given = extraction.attributes or {}
    names = given.get("speakers") or ["?"]
    place = extraction.char_interval
    aligned = (place.start_pos, place.end_pos) if place and place.start_pos is not None else None
    return Claim(
        id=identifier,
        speakers=[
            Speaker(name=str(name), kind=SpeakerKind.GOVERNMENT if country_of(str(name)) else SpeakerKind.PERSON)
            for name in ([names] if isinstance(names, str) else names)
        ],
        statement=str(given.get("statement") or extraction.extraction_text),
        attribution=_label(given.get("attribution"), Attribution.NARRATED),
        stance=_label(given.get("stance"), Stance.ASSERTS),
        measure=_label(given.get("measure"), Measure.GENERAL),
        evidence=copied.evidence(document, document.sentences, extraction.extraction_text, aligned),
    )


def _label(given: object, default: Any) -> Any:
    """A label as given, or the one that says least where there is no such label."""
    try:
        return type(default)(str(given).strip().lower())
    except ValueError:
        return default


def _public(document: Document, given: Any, identifier: str) -> Claim:
    plain = given.model_dump(exclude={"evidence", "quote", "speakers"})
    return Claim(
        id=identifier,
        **plain,
        speakers=given.speakers or [Speaker(name="?", kind=SpeakerKind.PERSON)],
        evidence=[e for words in given.evidence for e in copied.evidence(document, document.sentences, words)],
        quote=copied.quote(document, given.quote),
    )
