"""Ties an annotation to its article: evidence to sentences, quotes to offsets. What doesn't fit is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from summarizer import verbatim
from summarizer.actors import actor_of, country_of, find_actors
from summarizer.errors import InputError
from summarizer.evaluation.annotation import AnnotatedClaim, AnnotatedSpeaker, Annotation
from summarizer.models import Article, Attribution, Claim, Evidence, Sentence, Span, Speaker, SpeakerKind


class GoldenError(InputError):
    """Annotations that don't fit their article. `problems` has one line for each, with file and claim."""

    type = "golden"

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "The golden set has errors:\n" + "\n".join(f"  {problem}" for problem in self.problems) + "\n",
            "Correct the annotation; the article's text stays as it was given.",
        )


def alias_problems(aliases: dict[str, list[str]]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for name, others in aliases.items():
        for alias in (name, *others):
            owner = owners.setdefault(alias.casefold(), name)
            if owner != name:
                yield f"aliases: {alias!r} stands for both {owner!r} and {name!r}"


class Resolver:
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
    text = verbatim.normalised(sentence).lstrip("\"' ")
    words = verbatim.normalised(opening).strip().lstrip("\"' ")
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
