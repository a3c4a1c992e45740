"""Small golden articles and reports over one invented text of eight sentences, and hypothesis strategies for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hypothesis import strategies as st

from summarizer.evaluation.annotation import Genre, Split
from summarizer.evaluation.golden import GoldenArticle, GoldenClaim
from summarizer.models import (
    Article,
    Attribution,
    Claim,
    Evidence,
    Measure,
    Rejection,
    RejectionReason,
    Report,
    Run,
    Sentence,
    Span,
    Speaker,
    SpeakerKind,
    Stance,
)

COUNT = 8
TEXT = " ".join(f"Satz {number}." for number in range(1, COUNT + 1))
ARTICLE = Article.from_text(TEXT, language="de")
SENTENCES = tuple(
    Sentence(number=n + 1, start=8 * n, end=8 * n + 7, paragraph=1, is_heading=False) for n in range(COUNT)
)
RUN = Run(
    model="none",
    prompt="none",
    profile="none",
    summarizer_version="0",
    started_at=datetime(2025, 9, 5),
    duration_s=0,
)
COUNTRIES = ("Polen", "Frankreich", "Großbritannien")


def speaker(name: str, kind: SpeakerKind | None = None) -> Speaker:
    """A country as a government, anyone else as a person."""
    return Speaker(name=name, kind=kind or (SpeakerKind.GOVERNMENT if name in COUNTRIES else SpeakerKind.PERSON))


def claim(
    speakers: Sequence[str | Speaker],
    evidence: Sequence[int],
    stance: Stance = Stance.COMMITS,
    measure: Measure = Measure.TROOPS,
    *,
    attribution: Attribution = Attribution.INDIRECT,
    statement: str = "Ein Satz.",
    quotes: bool = False,
) -> Claim:
    """A claim on sentences by their numbers; with `quotes` it quotes the first of them."""
    places = [SENTENCES[number - 1] for number in evidence]
    return Claim(
        id="c",
        speakers=[s if isinstance(s, Speaker) else speaker(s) for s in speakers],
        statement=statement,
        attribution=attribution,
        stance=stance,
        measure=measure,
        evidence=[Evidence(sentence=s.number, start=s.start, end=s.end, text=s.text(TEXT)) for s in places],
        quote=Span(start=places[0].start, end=places[0].end, text=places[0].text(TEXT)) if quotes else None,
    )


def golden(
    *claims: Claim,
    optional: Sequence[Claim] = (),
    aliases: dict[str, tuple[str, ...]] | None = None,
    slug: str = "a",
    genre: Genre = Genre.AGENCY,
    language: str = "de",
) -> GoldenArticle:
    """A golden article of firm and optional claims."""
    everything = [GoldenClaim(c, False) for c in claims] + [GoldenClaim(c, True) for c in optional]
    article = Article.from_text(TEXT, language=language)
    return GoldenArticle(slug, article, SENTENCES, Split.DEV, genre, aliases or {}, tuple(everything))


def report(*claims: Claim, rejected: int = 0) -> Report:
    """A report of claims, and of so many rejections."""
    refused = Rejection(claim={}, reasons=[RejectionReason(check="duplicate", message="Given before.")])
    return Report(article=ARTICLE, claims=list(claims), rejections=[refused] * rejected, run=RUN)


some_speaker = st.sampled_from(
    [
        *map(speaker, (*COUNTRIES, "Anna Muster", "Bert Muster", "Carla Beispiel")),
        *(speaker(name, SpeakerKind.GROUP) for name in COUNTRIES),
    ]
)
some_claim = st.builds(
    claim,
    st.lists(some_speaker, min_size=1, max_size=5, unique_by=lambda one: one.name),
    st.lists(st.integers(1, COUNT), min_size=1, max_size=3, unique=True).map(sorted),
    st.sampled_from(list(Stance)[:3]),
    st.sampled_from(list(Measure)[:3]),
    attribution=st.sampled_from(Attribution),
    statement=st.sampled_from(["Ein Satz.", "Noch einer."]),
    quotes=st.booleans(),
)
some_claims = st.lists(some_claim, max_size=6)
