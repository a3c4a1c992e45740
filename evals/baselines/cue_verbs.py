"""Baseline without a model: each sentence with a reporting cue is a claim of the name nearest to the cue."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

from command import main

from summarizer import __version__, prompting
from summarizer.actors import country_name, find_actors
from summarizer.cues import Cue, find_cues
from summarizer.document import Document
from summarizer.evaluation.runner import SystemDescription
from summarizer.extraction import labels
from summarizer.llm.recording import Recorded
from summarizer.models import Article, Claim, Evidence, Measure, Report, Run, Sentence, Speaker, SpeakerKind
from summarizer.people import bare_name, looks_like_person

TOPIC = "security-guarantees"
_CAPITALISED = re.compile(r"[A-ZÄÖÜ][\w'’-]+(?: [A-ZÄÖÜ][\w'’-]+){1,3}")


class CueVerbs:
    """Cue lists, name patterns and label words, and nothing that understands a sentence."""

    name = "cue-verbs"

    def describe(self) -> SystemDescription:
        """No model."""
        return SystemDescription(model="none", topic=TOPIC)

    def report(self, article: Article) -> tuple[Report, list[Recorded]]:
        """A claim for each sentence on the topic that has a strong cue and a name."""
        started_at, started = datetime.now(UTC), time.monotonic()
        document = Document.of(article)
        claims: list[Claim] = []
        for sentence in document.sentences if prompting.topic_core(TOPIC).is_in(article.text) else ():
            claim = _claim(document, sentence, f"c{len(claims) + 1}")
            if claim is not None:
                claims.append(claim)
        run = Run(
            model="none",
            prompt=f"topics/{TOPIC}",
            profile="cue-verbs",
            summarizer_version=__version__,
            started_at=started_at,
            duration_s=round(time.monotonic() - started, 3),
        )
        return Report(article=article, claims=claims, run=run), []


def _claim(document: Document, sentence: Sentence, identifier: str) -> Claim | None:
    article, text = document.article, document.text(sentence)
    paragraph = " ".join(document.text(s) for s in document.paragraph(sentence))
    cues = [c for c in find_cues(article.text, sentence, article.language) if not c.weak]
    if sentence.is_heading or not cues or not prompting.topic(TOPIC).is_in(paragraph):
        return None
    speaker = _nearest(article, sentence, cues[0])
    if speaker is None:
        return None
    return Claim(
        id=identifier,
        speakers=[speaker],
        statement=" ".join(text.split()),
        attribution=labels.attribution_of(text, cues, labels.quote_of(text, cues)),
        stance=labels.stance_of(text),
        measure=labels.measure_of(text) or Measure.GENERAL,
        evidence=[Evidence(sentence=sentence.number, start=sentence.start, end=sentence.end, text=text)],
    )


def _nearest(article: Article, sentence: Sentence, cue: Cue) -> Speaker | None:
    text = article.text[sentence.start : sentence.end]
    found: list[tuple[int, Speaker]] = []
    for mention in find_actors(text, article.language):
        if mention.kind in {"name", "seat"}:
            name = country_name(mention.code, article.language) or text[mention.start : mention.end]
            speaker = Speaker(name=name, kind=SpeakerKind.GOVERNMENT, affiliation=name)
            found.append((_distance(sentence.start + mention.start, sentence.start + mention.end, cue), speaker))
    for match in _CAPITALISED.finditer(text):
        name = bare_name(match[0])
        if looks_like_person(name):
            start = sentence.start + match.end() - len(name)
            found.append((_distance(start, sentence.start + match.end(), cue), _person(name)))
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _person(name: str) -> Speaker:
    return Speaker(name=name, kind=SpeakerKind.PERSON)


def _distance(start: int, end: int, cue: Cue) -> int:
    return max(start - cue.end, cue.start - end, 0)


if __name__ == "__main__":
    main(CueVerbs, "Cue verbs and the nearest name, no model.")
