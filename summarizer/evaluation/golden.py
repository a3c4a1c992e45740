"""The golden set: articles with the claims that annotators agreed on, one folder an article.

`article.txt` is the article, `claims.yaml` the annotation. Evidence is annotated by a sentence's opening
words and resolved to sentences here; whatever doesn't resolve is an error with its file and claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from summarizer.errors import InputError
from summarizer.evaluation.annotation import Annotation, Genre, Split
from summarizer.evaluation.resolving import GoldenError, Resolver, alias_problems
from summarizer.models import Article, Claim, Sentence

ARTICLE_FILE = "article.txt"
CLAIMS_FILE = "claims.yaml"


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


def load_golden_set(folder: Path, split: Split | None = None) -> list[GoldenArticle]:
    """All articles below a folder in the order of their slugs, or those of one split.

    Raises:
        GoldenError: all errors of all articles; or there is no article.
    """
    files = [(file, file.parent) for file in sorted(folder.glob(f"*/{CLAIMS_FILE}"))]
    articles = _load_all(files, f"{folder}: no folder with a {CLAIMS_FILE} in it")
    return [article for article in articles if split is None or article.split == split]


def load_passes(folder: Path, golden: Path) -> list[GoldenArticle]:
    """One annotator's pass, `SLUG.yaml` files, over articles of a golden set.

    Raises:
        GoldenError: all errors of all annotations; an article isn't in the golden set; or there is no annotation.
    """
    files = [(file, golden / file.stem) for file in sorted(folder.glob("*.yaml"))]
    return _load_all(files, f"{folder}: no SLUG.yaml in it")


def load_golden(folder: Path) -> GoldenArticle:
    """One article of the golden set.

    Raises:
        GoldenError: every error found in it, with file and claim number.
    """
    return _load(folder / CLAIMS_FILE, folder)


def _load_all(files: Iterable[tuple[Path, Path]], if_none: str) -> list[GoldenArticle]:
    """Annotations with their articles' folders, all errors told together; none at all is the error `if_none`."""
    problems: list[str] = []
    articles: list[GoldenArticle] = []
    for file, folder in files:
        try:
            articles.append(_load(file, folder))
        except GoldenError as error:
            problems += error.problems
    if not articles and not problems:
        problems.append(if_none)
    if problems:
        raise GoldenError(problems)
    return articles


def _load(file: Path, folder: Path) -> GoldenArticle:
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
    problems = [f"{file}: {problem}" for problem in alias_problems(annotation.aliases)]
    claims: list[GoldenClaim] = []
    for number, annotated in enumerate(annotation.claims, start=1):
        resolver = Resolver(annotation, article, sentences, annotated)
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
