"""A draft for the golden set, made of a report and what readers corrected in it.

What is written loads with `load_golden`. What the golden format can't hold, and what a person still has to do,
stands in its comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from summarizer import verbatim
from summarizer.corrections import Correction, applicable, corrected
from summarizer.errors import InputError, OutputError
from summarizer.evaluation.annotation import Annotation, Genre, Split
from summarizer.evaluation.draft_text import DraftLine, annotation_text, heading
from summarizer.evaluation.golden import ARTICLE_FILE, CLAIMS_FILE
from summarizer.evaluation.resolving import Resolver, alias_problems
from summarizer.letters import spelled_out
from summarizer.models import Article, Claim, Report, Sentence, Speaker
from summarizer.whole_files import written_whole

_OPENING_WORDS = 3
_STEM_CHARS = 5
_SLUG_WORDS = 3
_SLUG_WORD_CHARS = 4
_SLUG_CHARS = 60
_MARKS = "\"'„“”‟«»‹›‘’‚‛` \t\n\u00a0"


class GoldenDraft(NamedTuple):
    """The content of `article.txt` and of `claims.yaml`."""

    article: str
    annotation: str


class DraftExistsError(OutputError):
    """There is a draft of this article already, which somebody may have worked on."""


def draft(
    report: Report,
    corrections: Iterable[Correction] = (),
    *,
    split: Split = Split.DEV,
    genre: Genre = Genre.AGENCY,
) -> GoldenDraft:
    """The report's claims as readers corrected them, as a golden article that a person has to go over.

    Wrong claims are left out, and named in a comment. A claim that the format can't hold, such as one whose
    sentence stands twice in the article, is a comment too.

    Raises:
        InputError: the golden set can't hold the article: its language, or characters that reading would change.
    """
    by_claim = applicable(report, corrections)
    drafting = _Drafting(_as_read(report.article), split, genre)
    before = {claim.id: claim for claim in report.claims}
    lines = [
        drafting.line(claim, _remarks(claim, before[claim.id], by_claim.get(claim.id)))
        for claim in corrected(report, by_claim.values()).claims
    ]
    wrong = [(c, by_claim[c.id].note) for c in report.claims if c.id in by_claim and by_claim[c.id].wrong]
    head: dict[str, Any] = {"language": report.article.language}
    if report.article.published:
        head["published"] = report.article.published
    head |= {"split": split.value, "genre": genre.value, "aliases": drafting.aliases}
    text = annotation_text([*heading(report, by_claim, wrong)], head, lines)
    return GoldenDraft(report.article.text, text)


def slug(article: Article) -> str:
    """The folder's name: day, language and words of the title, or of the article where it has none."""
    from summarizer.sentences import split as sentences_of

    day = article.published.isoformat() if article.published else "undated"
    first = next((s.text(article.text) for s in sentences_of(article.text)), "")
    words = _slug_words(article.title or first) or _slug_words(article.id, 1)
    return "-".join([day, *_slug_words(article.language, 1), *(words or ["article"])])[:_SLUG_CHARS].rstrip("-")


def write_draft(
    folder: Path,
    report: Report,
    corrections: Iterable[Correction] = (),
    *,
    split: Split = Split.DEV,
    genre: Genre = Genre.AGENCY,
    force: bool = False,
) -> Path:
    """Write a draft into a folder of its own below `folder`, and give that. `force` replaces one on this article.

    Raises:
        DraftExistsError: there is another draft of the article.
        InputError: as `draft` says.
        OutputError: it can't be written.
    """
    made = draft(report, corrections, split=split, genre=genre)
    path = _folder(folder, report.article)
    files = {path / ARTICLE_FILE: made.article, path / CLAIMS_FILE: made.annotation}
    try:
        known = _content(path / CLAIMS_FILE)
        if known not in (None, made.annotation.encode()) and not force:
            raise DraftExistsError(f"{path} is there already.", "Give --force to write it anew; edits in it are lost.")
        # The annotation last: where it is, the article is too.
        for file, text in files.items():
            with written_whole(file) as stream:
                stream.write(text.encode())
    except OSError as error:
        raise OutputError(f"{path} can't be written: {error.strerror}.", "Give another folder.") from error
    return path


class _Drafting:
    """Turns claims into annotations of one article, and collects the aliases that they need."""

    def __init__(self, article: Article, split: Split, genre: Genre) -> None:
        from summarizer.sentences import split as sentences_of

        self.aliases: dict[str, list[str]] = {}
        self._names: dict[str, bool] = {}
        self._article = article
        self._sentences = tuple(sentences_of(article.text))
        self._openings = {s.number: _normal(s.text(article.text)) for s in self._sentences if not s.is_heading}
        self._split, self._genre = split, genre

    def line(self, claim: Claim, remarks: list[str]) -> DraftLine:
        """A claim as it is written. Every annotation is resolved as loading does it."""
        remarks = list(remarks)
        annotated = self._annotated(claim, remarks)
        try:
            problems, found = self._resolved(annotated)
        except ValidationError as error:
            problems, found = [_first_problem(error)], None
        if found is not None and not problems:
            remarks += [f"Not as in the report: {name}." for name in _differences(claim, found)]
            return DraftLine(remarks, annotated, is_comment=False)
        remarks.append("Only a comment, because it can't be loaded:")
        return DraftLine([*remarks, *problems], annotated, is_comment=True)

    def _resolved(self, annotated: dict[str, Any]) -> tuple[list[str], Claim]:
        annotation = Annotation.model_validate(
            {
                "language": self._article.language,
                "published": self._article.published,
                "split": self._split,
                "genre": self._genre,
                "aliases": self.aliases,
                "claims": [annotated],
            }
        )
        resolver = Resolver(annotation, self._article, self._sentences, annotation.claims[0])
        found = resolver.claim("")
        return resolver.problems, found

    def _annotated(self, claim: Claim, remarks: list[str]) -> dict[str, Any]:
        text, published = self._article.text, self._article.published
        fields: dict[str, Any] = {
            "speakers": [_speaker(s) for s in claim.speakers],
            "statement": claim.statement,
            "attribution": claim.attribution.value,
            "stance": claim.stance.value,
            "measure": claim.measure.value,
        }
        conditions = [c for c in claim.conditions if verbatim.find(c, text)]
        remarks += [f"Condition, but not in the article's words: {c}" for c in claim.conditions if c not in conditions]
        if conditions:
            fields["conditions"] = conditions
        fields["evidence"] = [self._opening(s) for s in self._cited(claim)]
        if claim.quote:
            fields["quote"] = claim.quote.text
        if claim.via and verbatim.find(claim.via, text):
            fields["via"] = claim.via
        elif claim.via:
            remarks.append(f"Via, but not in the article's words: {claim.via}")
        if claim.said_on and published and claim.said_on > published:
            remarks.append(f"Said on {claim.said_on}, which is after the article's date.")
        elif claim.said_on:
            fields["said_on"] = claim.said_on
        self._name(claim.speakers, fields, remarks)
        return fields

    def _cited(self, claim: Claim) -> list[Sentence]:
        """The sentences that the evidence lies in, as the article is split today."""
        return [
            s
            for s in self._sentences
            if not s.is_heading and any(e.start < s.end and s.start < e.end for e in claim.evidence)
        ]

    def _opening(self, sentence: Sentence) -> str:
        """The fewest opening words that no other sentence begins with; all of them, where others do all the same."""
        words = sentence.text(self._article.text).lstrip(_MARKS).split()
        others = [text for number, text in self._openings.items() if number != sentence.number]
        for count in range(min(_OPENING_WORDS, len(words)), len(words)):
            opening = " ".join(words[:count]).rstrip(",;:–—- ")
            if opening and not any(_begins(other, _normal(opening)) for other in others):
                return opening
        return " ".join(words)

    def _name(self, speakers: Sequence[Speaker], fields: dict[str, Any], remarks: list[str]) -> None:
        """See to it that loading finds every speaker named in the article, by an alias if need be."""
        for name in dict.fromkeys(speaker.name for speaker in speakers):
            if name not in self._names:
                form = _other_form(name, self._article.text)
                self._names[name] = self._is_named(name) or (form is not None and self._is_named(name, alias=form))
            if self._names[name]:
                continue
            remarks.append(f"Optional for now, because the article doesn't name {name} in these words.")
            fields["optional"] = True

    def _is_named(self, name: str, alias: str | None = None) -> bool:
        """Whether loading finds the name; with an alias whether it does by that, which is kept if so."""
        before = self.aliases
        if alias is not None:
            self.aliases = {**before, name: [*before.get(name, []), alias]}
        asked = {
            "speakers": [{"name": name}],
            "statement": "-",
            "attribution": "narrated",
            "stance": "asserts",
            "measure": "general",
            "evidence": ["-"],
        }
        try:
            problems, _ = self._resolved(asked)
        except ValidationError as error:
            problems = [f"speakers: {_first_problem(error)}"]
        problems = [p for p in problems if p.startswith("speakers:")] + [*alias_problems(self.aliases)]
        if problems:
            self.aliases = before
        return not problems


def _as_read(article: Article) -> Article:
    """The article as loading reads it."""
    from summarizer.reading import read_text

    if article.language not in ("de", "en"):
        raise InputError(f"The article's language is {article.language}.", "The golden set is German and English.")
    read = read_text(article.text, language=article.language, published=article.published)
    if read.text != article.text:
        raise InputError(
            "The article's text has line ends or a mark at its beginning that reading it again would change.",
            "Make the report anew from the article's file.",
        )
    return read


def _speaker(speaker: Speaker) -> dict[str, Any]:
    given = speaker.model_dump(mode="json")
    return {name: value for name, value in given.items() if name == "name" or (value or "").strip()}


def _other_form(name: str, text: str) -> str | None:
    """The name as the article has it, in another case or with other endings."""
    words = [
        re.escape(w if len(w) < _STEM_CHARS else w[:-2]) + (r"\w{0,4}" if len(w) > 2 else "") for w in name.split()
    ]
    pattern = r"\s+".join(words)
    found = re.search(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE) if words else None
    return " ".join(found[0].split()) if found else None


def _normal(text: str) -> str:
    """As loading compares openings: marks in front don't count."""
    return verbatim.normalised(text).strip().lstrip("\"' ")


def _begins(sentence: str, opening: str) -> bool:
    following = sentence[len(opening) : len(opening) + 1]
    return sentence.startswith(opening) and not (opening[-1:].isalnum() and following.isalnum())


def _differences(claim: Claim, found: Claim) -> Iterator[str]:
    if [(e.start, e.end) for e in claim.evidence] != [(e.start, e.end) for e in found.evidence]:
        yield "its evidence, which is whole sentences here"
    if (claim.quote and (claim.quote.start, claim.quote.end)) != (found.quote and (found.quote.start, found.quote.end)):
        yield "its quote, which is another stretch of the article here"


def _remarks(claim: Claim, before: Claim, correction: Correction | None) -> list[str]:
    changes = [
        f"{name} was {old.value}"
        for name, old, new in (
            ("stance", before.stance, claim.stance),
            ("measure", before.measure, claim.measure),
        )
        if old != new
    ]
    said = f" Corrected by a reader: {', '.join(changes)}." if changes else ""
    note = f" Note: {correction.note}" if correction and correction.note else ""
    return [f"{claim.id}.{said}{note}"]


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    # The place begins with the list of claims and the number of the only one.
    return f"{'.'.join(map(str, problem['loc'][2:]))}: {problem['msg']}"


def _slug_words(text: str, least_chars: int = _SLUG_WORD_CHARS) -> list[str]:
    words = re.findall(r"[a-z0-9]+", spelled_out(text))
    return [word for word in words if len(word) >= least_chars][:_SLUG_WORDS]


def _folder(folder: Path, article: Article) -> Path:
    """The article's folder; where another article has it, one with the article's id in its name."""
    name = slug(article)
    if _content(folder / name / ARTICLE_FILE) in (None, article.text.encode()):
        return folder / name
    return folder / f"{name}-{sha256(article.id.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _content(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None
