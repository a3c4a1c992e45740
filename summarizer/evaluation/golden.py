"""The golden set: articles with the claims that two annotators agreed on, one folder an article.

`article.txt` is the article, `claims.yaml` the annotation. Evidence is annotated by a sentence's opening
words and resolved to sentences here; whatever doesn't resolve is an error with its file and claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from summarizer import verbatim
from summarizer.actors import actor_of, country_of, find_actors
from summarizer.errors import InputError
from summarizer.models import (
    Article,
    Attribution,
    Claim,
    Evidence,
    Measure,
    Sentence,
    Span,
    Speaker,
    SpeakerKind,
    Stance,
)

ARTICLE_FILE = "article.txt"
CLAIMS_FILE = "claims.yaml"
SCHEMA_LINE = "# yaml-language-server: $schema=../../../schemas/golden.json"


class GoldenError(InputError):
    """Annotations that don't fit their article. `problems` has one line for each, with file and claim."""

    type = "golden"

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "The golden set has errors:\n" + "\n".join(f"  {problem}" for problem in self.problems) + "\n",
            "Correct the annotation; the article's text stays as it was given.",
        )


class Split(StrEnum):
    """What an article is for: tuning (`dev`), or only the final figures (`test`)."""

    DEV = "dev"
    TEST = "test"


class Genre(StrEnum):
    """The kind of text."""

    AGENCY = "agency"
    INTERVIEW = "interview"
    ANALYSIS = "analysis"
    BRIEF = "brief"
    LIVEBLOG = "liveblog"
    WEBPAGE = "webpage"


Words = Annotated[str, Field(min_length=1, pattern=r"\S")]


class _Annotation(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AnnotatedSpeaker(_Annotation):
    """A speaker, written out."""

    name: Words = Field(description="The fullest form in the article.")
    kind: SpeakerKind | None = Field(
        default=None,
        description="If missing: government for a country, organisation for EU, Nato, UN, else person.",
    )
    role: Words | None = Field(default=None, description="Office or function, as worded.")
    affiliation: Words | None = Field(default=None, description="The country or organisation spoken for.")


def _speaker_form(value: object) -> str:
    return "name" if isinstance(value, str) else "speaker"


class AnnotatedClaim(_Annotation):
    """A claim as it is written in `claims.yaml`."""

    speakers: list[
        Annotated[
            Annotated[Words, Tag("name")] | Annotated[AnnotatedSpeaker, Tag("speaker")],
            Discriminator(_speaker_form),
        ]
    ] = Field(min_length=1, description="Names, or speakers written out; several for a joint statement.")
    statement: Words = Field(description="One sentence that can be understood without the article.")
    attribution: Attribution
    stance: Stance
    measure: Measure
    conditions: list[Words] = Field(default_factory=list, description="What must happen first, as worded.")
    evidence: list[Words] = Field(min_length=1, description="The opening words of each sentence that carries it.")
    quote: Words | None = Field(default=None, description="Direct speech, verbatim, without the marks.")
    via: Words | None = Field(default=None, description="Who passes it on, when second-hand.")
    said_on: date | None = Field(default=None, description="The day it was said, where the text gives one.")
    optional: bool = Field(default=False, description="Reasonable annotators could differ; not scored.")


class Annotation(_Annotation):
    """The content of `claims.yaml`."""

    language: Literal["de", "en"]
    published: date | None = None
    split: Split
    genre: Genre
    aliases: dict[Words, list[Words]] = Field(
        default_factory=dict,
        description="Other names under which a speaker counts as the same, in any language.",
    )
    claims: list[AnnotatedClaim] = Field(description="Empty for an article without claims.")


@dataclass(frozen=True)
class GoldenClaim:
    """A claim with its evidence resolved; `claim.id` is `g` and the claim's number in the file."""

    claim: Claim
    optional: bool


@dataclass(frozen=True)
class GoldenArticle:
    """An article of the golden set with its claims. `slug` is the folder's name."""

    slug: str
    article: Article
    sentences: tuple[Sentence, ...]
    split: Split
    genre: Genre
    aliases: dict[str, tuple[str, ...]]
    claims: tuple[GoldenClaim, ...]


def golden_schema() -> dict[str, Any]:
    """The JSON Schema of `claims.yaml`, for editors."""
    schema = Annotation.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Golden claims"}


def load_golden_set(folder: Path, split: Split | None = None) -> list[GoldenArticle]:
    """All articles below a folder in the order of their slugs, or those of one split.

    Raises:
        GoldenError: all errors of all articles; or there is no article.
    """
    problems: list[str] = []
    articles: list[GoldenArticle] = []
    for claims_file in sorted(folder.glob(f"*/{CLAIMS_FILE}")):
        try:
            articles.append(load_golden(claims_file.parent))
        except GoldenError as error:
            problems += error.problems
    if not articles and not problems:
        problems.append(f"{folder}: no folder with a {CLAIMS_FILE} in it")
    if problems:
        raise GoldenError(problems)
    return [article for article in articles if split is None or article.split == split]


def load_passes(folder: Path, golden: Path) -> list[GoldenArticle]:
    """One annotator's pass, `SLUG.yaml` files, over articles of a golden set.

    Raises:
        GoldenError: all errors of all annotations; an article isn't in the golden set; or there is no annotation.
    """
    problems: list[str] = []
    articles: list[GoldenArticle] = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            annotation = _read_annotation(file)
            article = _read_article(golden / file.stem / ARTICLE_FILE, annotation)
            articles.append(resolve(annotation, article, slug=file.stem, file=str(file)))
        except GoldenError as error:
            problems += error.problems
    if not articles and not problems:
        problems.append(f"{folder}: no SLUG.yaml in it")
    if problems:
        raise GoldenError(problems)
    return articles


def load_golden(folder: Path) -> GoldenArticle:
    """One article of the golden set.

    Raises:
        GoldenError: every error found in it, with file and claim number.
    """
    file = folder / CLAIMS_FILE
    annotation = _read_annotation(file)
    article = _read_article(folder / ARTICLE_FILE, annotation)
    return resolve(annotation, article, slug=folder.name, file=str(file))


def resolve(annotation: Annotation, article: Article, *, slug: str, file: str) -> GoldenArticle:
    """Tie an annotation to its article's sentences. `file` is how errors name the annotation.

    Raises:
        GoldenError: every error found.
    """
    from summarizer.sentences import split

    sentences = tuple(split(article.text))
    problems = [f"{file}: {problem}" for problem in _alias_problems(annotation.aliases)]
    claims: list[GoldenClaim] = []
    for number, annotated in enumerate(annotation.claims, start=1):
        resolver = _Resolver(annotation, article, sentences, annotated)
        claims.append(GoldenClaim(resolver.claim(f"g{number}"), annotated.optional))
        problems += [f"{file}: claim {number}: {problem}" for problem in resolver.problems]
    if problems:
        raise GoldenError(problems)
    aliases = {name: tuple(others) for name, others in annotation.aliases.items()}
    return GoldenArticle(slug, article, sentences, annotation.split, annotation.genre, aliases, tuple(claims))


def _read_annotation(file: Path) -> Annotation:
    import yaml

    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise GoldenError([f"{file}: can't be read: {error.strerror}"]) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise GoldenError([f"{file}: not YAML in UTF-8: {' '.join(str(error).split())}"]) from error
    try:
        return Annotation.model_validate(content)
    except ValidationError as error:
        raise GoldenError(f"{file}: {problem}" for problem in _schema_problems(error)) from error


def _schema_problems(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False, include_context=False):
        path = [part for part in problem["loc"] if part not in {"name", "speaker"} or part == problem["loc"][-1]]
        where = ""
        if len(path) > 1 and path[0] == "claims" and isinstance(path[1], int):
            where, path = f"claim {path[1] + 1}: ", path[2:]
        name = ".".join(str(part + 1) if isinstance(part, int) else part for part in path) or "content"
        given = "" if problem["type"] == "missing" else f" (given: {problem['input']!r:.80})"
        yield f"{where}{name}: {problem['msg']}{given}"


def _read_article(file: Path, annotation: Annotation) -> Article:
    from summarizer.reading import read_text

    try:
        text = file.read_text(encoding="utf-8")
        return read_text(text, language=annotation.language, published=annotation.published)
    except OSError as error:
        raise GoldenError([f"{file}: can't be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise GoldenError([f"{file}: not UTF-8"]) from error
    except InputError as error:
        raise GoldenError([f"{file}: {error.message}"]) from error


def _alias_problems(aliases: dict[str, list[str]]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for name, others in aliases.items():
        for alias in (name, *others):
            owner = owners.setdefault(alias.casefold(), name)
            if owner != name:
                yield f"aliases: {alias!r} stands for both {owner!r} and {name!r}"


class _Resolver:
    """Turns one annotated claim into a claim with offsets, and collects what doesn't fit."""

    def __init__(
        self,
        annotation: Annotation,
        article: Article,
        sentences: tuple[Sentence, ...],
        annotated: AnnotatedClaim,
    ) -> None:
        self._aliases = annotation.aliases
        self._article = article
        self._sentences = sentences
        self._annotated = annotated
        self.problems: list[str] = []

    def claim(self, identifier: str) -> Claim:
        """The claim; its evidence and quote are missing where `problems` says so."""
        annotated = self._annotated
        evidence = self._evidence()
        self._check_wording()
        return Claim(
            id=identifier,
            speakers=[self._speaker(given) for given in annotated.speakers],
            statement=annotated.statement,
            attribution=annotated.attribution,
            stance=annotated.stance,
            measure=annotated.measure,
            conditions=annotated.conditions,
            evidence=evidence,
            quote=self._quote(evidence),
            via=annotated.via,
            said_on=annotated.said_on,
        )

    def _speaker(self, given: str | AnnotatedSpeaker) -> Speaker:
        speaker = AnnotatedSpeaker(name=given) if isinstance(given, str) else given
        if not self._annotated.optional and not self._is_named(speaker.name):
            self.problems.append(f"speakers: {speaker.name!r} is not named in the article, nor is an alias")
        kind = speaker.kind or _likely_kind(speaker.name)
        return Speaker(name=speaker.name, kind=kind, role=speaker.role, affiliation=speaker.affiliation)

    def _is_named(self, name: str) -> bool:
        text = self._article.text
        names = [name, *self._aliases.get(name, ())]
        if any(verbatim.find(form, text) for other in names for form in (other, f"{other}s")):
            return True
        code = actor_of(name)
        return code is not None and any(m.code == code for m in find_actors(text, self._article.language))

    def _evidence(self) -> list[Evidence]:
        found: dict[int, Sentence] = {}
        for opening in self._annotated.evidence:
            sentence = self._sentence(opening)
            if sentence is None:
                continue
            if sentence.number in found:
                self.problems.append(f"evidence: {opening!r} is a sentence that is given already")
            found[sentence.number] = sentence
        text = self._article.text
        return [
            Evidence(sentence=s.number, start=s.start, end=s.end, text=s.text(text))
            for s in sorted(found.values(), key=lambda s: s.number)
        ]

    def _sentence(self, opening: str) -> Sentence | None:
        starting = [s for s in self._sentences if _starts_with(s.text(self._article.text), opening)]
        fitting = [s for s in starting if not s.is_heading]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            numbers = ", ".join(str(s.number) for s in fitting)
            self.problems.append(f"evidence: {opening!r} begins several sentences: {numbers}; give more words")
        elif starting:
            self.problems.append(f"evidence: {opening!r} begins a heading, which is never evidence")
        else:
            self.problems.append(f"evidence: {opening!r} begins no sentence")
        return None

    def _quote(self, evidence: list[Evidence]) -> Span | None:
        quote, text = self._annotated.quote, self._article.text
        if quote is None:
            if self._annotated.attribution is Attribution.DIRECT:
                self.problems.append("quote: missing, although the attribution is direct")
            return None
        for start, end in _runs(evidence):
            if found := verbatim.find(quote, text, start, end):
                return Span(start=found[0], end=found[1], text=text[slice(*found)])
        self.problems.append(f"quote: not verbatim in the evidence: {quote!r}")
        return None

    def _check_wording(self) -> None:
        annotated, text = self._annotated, self._article.text
        for condition in annotated.conditions:
            if not verbatim.find(condition, text):
                self.problems.append(f"conditions: not verbatim in the article: {condition!r}")
        if annotated.via and not verbatim.find(annotated.via, text):
            self.problems.append(f"via: not verbatim in the article: {annotated.via!r}")
        published = self._article.published
        if annotated.said_on and published and annotated.said_on > published:
            self.problems.append(f"said_on: {annotated.said_on} is after the article's date, {published}")


def _likely_kind(name: str) -> SpeakerKind:
    if country_of(name):
        return SpeakerKind.GOVERNMENT
    return SpeakerKind.ORGANISATION if actor_of(name) else SpeakerKind.PERSON


def _starts_with(sentence: str, opening: str) -> bool:
    """Whether a sentence opens with these whole words; quotation marks in front don't count."""
    text = verbatim.normalised(sentence)[0].lstrip("\"' ")
    words = verbatim.normalised(opening)[0].strip().lstrip("\"' ")
    if not words or not text.startswith(words):
        return False
    following = text[len(words) : len(words) + 1]
    return not (words[-1].isalnum() and following.isalnum())


def _runs(evidence: list[Evidence]) -> Iterator[tuple[int, int]]:
    """The stretches of text that neighbouring sentences make up."""
    start = 0
    for index, sentence in enumerate(evidence):
        following = evidence[index + 1] if index + 1 < len(evidence) else None
        if following is None or following.sentence != sentence.sentence + 1:
            yield evidence[start].start, sentence.end
            start = index + 1
