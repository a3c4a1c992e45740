"""An article as the models see it, and what they found in it as it stands in the article itself."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from summarizer import sentences as splitting
from summarizer.models import Article, Claim, Evidence, Rejection, Report, Sentence, Span, Uncovered
from summarizer.screening.finding import blanked, find_addresses, find_suspicions, spoken
from summarizer.screening.letters import Suspicion, Visible, visible
from summarizer.screening.telling import kept_from_model

S = TypeVar("S", bound=Span)
E = TypeVar("E", Evidence, Uncovered)


@dataclass(frozen=True)
class Screened:
    """An article and what of it is plain. `plain` has its own offsets; `restored` gives those of `article`."""

    article: Article
    plain: Article
    suspicions: Sequence[Suspicion]
    _visible: Visible

    @property
    def is_plain(self) -> bool:
        """Whether nothing had to be kept from the models."""
        return self.plain is self.article

    @cached_property
    def _sentences(self) -> list[Sentence]:
        return splitting.split(self.article.text)

    @cached_property
    def _starts(self) -> list[int]:
        return [s.start for s in self._sentences]

    def warnings(self) -> list[str]:
        """What was suspicious, a line each; some of each kind, and how many more."""
        found = [(s.kind, self._place(s), s.words) for s in self.suspicions]
        title = self.article.title or ""
        if title != self.plain.title and title not in self.article.text:
            found += [(s.kind, "the title", s.words) for s in find_suspicions(title)]
        return kept_from_model(found)

    def _place(self, suspicion: Suspicion) -> str:
        number = self._number(suspicion.start)
        return f"sentence {number}" if number else ""

    def _number(self, offset: int) -> int:
        """The sentence that has the character, or the one before it; 0 where there is none."""
        place = bisect_right(self._starts, offset) - 1
        return self._sentences[place].number if place >= 0 else 0

    def restored(self, report: Report) -> Report:
        """A report on the plain article as one on the article itself."""
        if self.is_plain:
            return report
        return report.model_copy(
            update={
                "article": self.article,
                "claims": [self.claim(claim) for claim in report.claims],
                "rejections": [self._rejection(rejection) for rejection in report.rejections],
                "uncovered": [self._sentence(uncovered) for uncovered in report.uncovered],
            }
        )

    def claim(self, claim: Claim) -> Claim:
        """A claim with the article's own offsets and words."""
        if self.is_plain:
            return claim
        return claim.model_copy(
            update={
                "evidence": [self._sentence(evidence) for evidence in claim.evidence],
                "quote": claim.quote and self._span(claim.quote),
            }
        )

    def _span(self, span: S) -> S:
        start, end = self._visible.span(span.start, span.end)
        return span.model_copy(update={"start": start, "end": end, "text": self.article.text[start:end]})

    def _sentence(self, found: E) -> E:
        start, end = self._visible.span(found.start, found.end)
        return found.model_copy(
            update={"sentence": self._number(start), "start": start, "end": end, "text": self.article.text[start:end]}
        )

    def _rejection(self, rejection: Rejection) -> Rejection:
        given = rejection.claim.get("evidence")
        if not isinstance(given, list):
            return rejection
        return Rejection(
            claim={**rejection.claim, "evidence": [self.numbers.get(n, n) for n in given]},
            reasons=rejection.reasons,
        )

    @cached_property
    def numbers(self) -> Mapping[int, int]:
        """The numbers that the plain article's sentences have in the article."""
        return {s.number: self._number(self._visible.span(s.start, s.end)[0]) for s in splitting.split(self.plain.text)}


def screen(article: Article) -> Screened:
    """Look through an article. One with nothing suspicious is its own plain article."""
    seen = visible(article.text)
    masked = find_addresses(seen.text)
    text = blanked(seen.text, masked)
    title = _plain_title(article.title)
    same = text == article.text and title == article.title
    return Screened(
        article,
        article if same else article.model_copy(update={"text": text, "title": title}),
        sorted([*seen.suspicions, *spoken(seen, masked)], key=lambda s: s.start),
        seen,
    )


def _plain_title(title: str | None) -> str | None:
    if not title:
        return title
    seen = visible(title).text
    return None if find_addresses(seen) else seen
