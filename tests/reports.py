"""Invented articles and their reports, with offsets that fit, for any test that needs one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from summarizer.models import (
    Article,
    Attribution,
    Claim,
    Evidence,
    Measure,
    Position,
    Rejection,
    RejectionReason,
    Report,
    Run,
    Span,
    Speaker,
    SpeakerKind,
    Stance,
    Summary,
    SummarySentence,
    Uncovered,
    Usage,
)

TEXT_DE = """Küstenrat: Drei Staaten sagen Seepatrouillen zu

LINDHAVEN (nordpress) - Die Staaten des Küstenrats haben am Dienstag über Garantien für Marvonien beraten. \
Norvik und Dalmark erklärten sich bereit, je zwei Fregatten zu entsenden, sobald ein Waffenstillstand gilt.

Norviks Ministerpräsidentin Alva Stenqvist sagte: „Wir lassen Marvonien nicht allein, auch nicht auf See.“ \
Bodentruppen schloss sie aus. Für die Ausbildung marvonischer Soldaten stellt Norvik nach den Worten von \
Stenqvist 40 Millionen Kronen bereit.

Ostland, Westland, Hochland, Tiefland, Kleinland, Großland, Seeland, Bergland, Waldland und Heideland \
lehnten es ab, Soldaten nach Marvonien zu schicken.

Marvoniens Präsident Ilja Toren forderte laut der Zeitung „Hafenblatt“ eine schriftliche Beistandspflicht. \
In Militärkreisen hieß es, ohne Luftüberwachung sei jede Zusage wertlos. Ein Sprecher wollte sich dazu äußern.
"""

TEXT_EN = """Harbour talks end with cautious offers

LINDHAVEN (Coastwire) - The Republic of Tessaly could join a monitoring mission if its parliament agrees, \
Defence Minister Ruth Amsel said on Monday. "We are open to it, but we do not act alone," she added.

Kestria's government said it would decide after a ceasefire.
"""

JOINT_STATES = (
    "Ostland",
    "Westland",
    "Hochland",
    "Tiefland",
    "Kleinland",
    "Großland",
    "Seeland",
    "Bergland",
    "Waldland",
    "Heideland",
)


def span_of(text: str, words: str) -> Span:
    """The only place where `words` stand in `text`."""
    if text.count(words) != 1:
        raise ValueError(f"{words!r} must occur exactly once")
    start = text.index(words)
    return Span(start=start, end=start + len(words), text=words)


def make_claim(
    article: Article,
    number: int,
    speakers: Sequence[Speaker],
    statement: str,
    evidence: Sequence[tuple[int, str]],
    *,
    stance: Stance = Stance.ASSERTS,
    measure: Measure = Measure.GENERAL,
    quote: str | None = None,
    attribution: Attribution | None = None,
    conditions: Sequence[str] = (),
    via: str | None = None,
    said_on: date | None = None,
    confidence: float | None = None,
) -> Claim:
    """A claim whose evidence (sentence number and words) and quote are found in the article."""
    return Claim(
        id=f"c{number}",
        speakers=list(speakers),
        statement=statement,
        attribution=attribution or (Attribution.DIRECT if quote else Attribution.INDIRECT),
        stance=stance,
        measure=measure,
        conditions=list(conditions),
        evidence=[Evidence(sentence=n, **span_of(article.text, words).model_dump()) for n, words in evidence],
        quote=span_of(article.text, quote) if quote else None,
        via=via,
        said_on=said_on,
        confidence=confidence,
    )


def make_run(**changes: object) -> Run:
    """How the example came about; `changes` replace fields."""
    run = Run(
        model="openai/gpt-5-mini",
        prompt="extract.de@3f1a9c",
        profile="article",
        summarizer_version="0.1.0",
        started_at=datetime(2031, 5, 7, 9, 30, tzinfo=UTC),
        duration_s=14.23,
        usage=Usage(requests=4, reasks=1, input_tokens=12345, output_tokens=1678, cost_usd=0.0123),
    )
    return run.model_copy(update=changes)


def person(name: str, role: str | None = None, affiliation: str | None = None) -> Speaker:
    """A speaker of kind person."""
    return Speaker(name=name, kind=SpeakerKind.PERSON, role=role, affiliation=affiliation)


def state(name: str) -> Speaker:
    """A country that speaks for itself."""
    return Speaker(name=name, kind=SpeakerKind.GOVERNMENT, affiliation=name)


def german_article() -> Article:
    """The invented German article."""
    return Article.from_text(
        TEXT_DE,
        language="de",
        title="Küstenrat: Drei Staaten sagen Seepatrouillen zu",
        source="nordpress",
        published=date(2031, 5, 7),
        url="https://nordpress.example/kuestenrat",
    )


def german_claims(article: Article) -> list[Claim]:
    """Its claims: joint, direct, second-hand, unnamed, and one of ten speakers."""
    stenqvist = person("Alva Stenqvist", "Ministerpräsidentin", "Norvik")
    return [
        make_claim(
            article,
            1,
            [state("Norvik"), state("Dalmark")],
            "Norvik und Dalmark sind bereit, je zwei Fregatten zu entsenden.",
            [
                (
                    3,
                    "Norvik und Dalmark erklärten sich bereit, je zwei Fregatten zu entsenden, "
                    "sobald ein Waffenstillstand gilt.",
                )
            ],
            stance=Stance.COMMITS,
            measure=Measure.NAVAL,
            attribution=Attribution.NARRATED,
            conditions=["sobald ein Waffenstillstand gilt"],
            said_on=date(2031, 5, 6),
            confidence=0.93,
        ),
        make_claim(
            article,
            2,
            [stenqvist],
            "Norvik lässt Marvonien auch auf See nicht allein.",
            [
                (
                    4,
                    "Norviks Ministerpräsidentin Alva Stenqvist sagte: „Wir lassen Marvonien nicht allein, "
                    "auch nicht auf See.“",
                )
            ],
            stance=Stance.SUPPORTS,
            measure=Measure.NAVAL,
            quote="Wir lassen Marvonien nicht allein, auch nicht auf See.",
            confidence=0.88,
        ),
        make_claim(
            article,
            3,
            [stenqvist],
            "Norvik schickt keine Bodentruppen nach Marvonien.",
            [(5, "Bodentruppen schloss sie aus.")],
            stance=Stance.REFUSES,
            measure=Measure.TROOPS,
            attribution=Attribution.NARRATED,
        ),
        make_claim(
            article,
            4,
            [state(name) for name in JOINT_STATES],
            "Zehn Staaten lehnen es ab, Soldaten nach Marvonien zu schicken.",
            [
                (
                    7,
                    "Ostland, Westland, Hochland, Tiefland, Kleinland, Großland, Seeland, Bergland, Waldland "
                    "und Heideland lehnten es ab, Soldaten nach Marvonien zu schicken.",
                )
            ],
            stance=Stance.REFUSES,
            measure=Measure.TROOPS,
            attribution=Attribution.NARRATED,
        ),
        make_claim(
            article,
            5,
            [person("Ilja Toren", "Präsident", "Marvonien")],
            "Ilja Toren fordert eine schriftliche Beistandspflicht.",
            [
                (
                    8,
                    "Marvoniens Präsident Ilja Toren forderte laut der Zeitung „Hafenblatt“ eine "
                    "schriftliche Beistandspflicht.",
                )
            ],
            stance=Stance.DEMANDS,
            measure=Measure.TREATY,
            attribution=Attribution.NARRATED,
            via="laut der Zeitung „Hafenblatt“",
        ),
        make_claim(
            article,
            6,
            [Speaker(name="Militärkreise", kind=SpeakerKind.UNNAMED)],
            "Ohne Luftüberwachung ist nach Angaben aus Militärkreisen jede Zusage wertlos.",
            [(9, "In Militärkreisen hieß es, ohne Luftüberwachung sei jede Zusage wertlos.")],
            stance=Stance.ASSERTS,
            measure=Measure.AIR,
        ),
    ]


def german_report() -> Report:
    """A full report: claims of every kind, rejections, an uncovered sentence, positions, a summary."""
    article = german_article()
    return Report(
        article=article,
        claims=german_claims(article),
        rejections=[
            _rejected("Dalmark zahlt 60 Millionen Kronen.", "number_not_in_evidence", "speaker_not_named"),
            _rejected("Toren dankt den Staaten.", "speaker_not_named"),
        ],
        uncovered=[
            Uncovered(
                sentence=10,
                cue="äußern",
                **span_of(article.text, "Ein Sprecher wollte sich dazu äußern.").model_dump(),
            )
        ],
        positions=[
            *(_position(a, Measure.NAVAL, Stance.COMMITS, "c1") for a in ("Norvik", "Dalmark")),
            _position("Norvik", Measure.NAVAL, Stance.SUPPORTS, "c2"),
            _position("Norvik", Measure.TROOPS, Stance.REFUSES, "c3"),
            *(_position(a, Measure.TROOPS, Stance.REFUSES, "c4") for a in JOINT_STATES),
            _position("Marvonien", Measure.TREATY, Stance.DEMANDS, "c5"),
            _position("Militärkreise", Measure.AIR, Stance.ASSERTS, "c6"),
        ],
        summary=Summary(
            sentences=[
                SummarySentence(
                    text="Norvik und Dalmark wollen nach einem Waffenstillstand je zwei Fregatten entsenden; "
                    "Bodentruppen schließt Norviks Ministerpräsidentin Alva Stenqvist aus.",
                    claims=["c1", "c3"],
                ),
                SummarySentence(text="Zehn Staaten schicken keine Soldaten.", claims=["c4"]),
                SummarySentence(text="Marvonien verlangt eine schriftliche Beistandspflicht.", claims=["c5"]),
            ]
        ),
        run=make_run(warnings=["The second chunk was halved: its answer was cut at the token limit."]),
    )


def english_report() -> Report:
    """A small report without title, cost or summary."""
    article = Article.from_text(TEXT_EN, language="en", source="Coastwire")
    first = (
        "The Republic of Tessaly could join a monitoring mission if its parliament agrees, "
        "Defence Minister Ruth Amsel said on Monday."
    )
    claims = [
        make_claim(
            article,
            1,
            [person("Ruth Amsel", "Defence Minister", "Republic of Tessaly")],
            "The Republic of Tessaly could join a monitoring mission if its parliament agrees.",
            [(3, first), (4, '"We are open to it, but we do not act alone," she added.')],
            stance=Stance.OPEN,
            measure=Measure.MONITORING,
            conditions=["if its parliament agrees"],
            quote="We are open to it, but we do not act alone,",
        ),
        make_claim(
            article,
            2,
            [state("Kestria")],
            "Kestria will decide after a ceasefire.",
            [(5, "Kestria's government said it would decide after a ceasefire.")],
            stance=Stance.UNDECIDED,
            conditions=["after a ceasefire"],
        ),
    ]
    return Report(
        article=article,
        claims=claims,
        positions=[
            _position("Republic of Tessaly", Measure.MONITORING, Stance.OPEN, "c1"),
            _position("Kestria", Measure.GENERAL, Stance.UNDECIDED, "c2"),
        ],
        run=make_run(model="local/qwen", profile="sentence", duration_s=134.0, usage=Usage(requests=9)),
    )


def empty_report() -> Report:
    """An article without claims and one sentence left uncovered."""
    text = "Hafenfest eröffnet\n\nDer Bürgermeister sagte, das Wetter werde halten.\n"
    article = Article.from_text(text, language="de", title="Hafenfest eröffnet")
    sentence = span_of(article.text, "Der Bürgermeister sagte, das Wetter werde halten.")
    uncovered = [Uncovered(sentence=2, cue="sagte", **sentence.model_dump())]
    return Report(article=article, claims=[], uncovered=uncovered, run=make_run())


def injected_report(content: str) -> Report:
    """A report with `content` in every place that an article or a model fills."""
    article = Article.from_text(f"{content}\n\n«{content}»", language="de", title=content, source=content, url=content)
    start = len(content) + 2
    whole = Span(start=start, end=len(article.text), text=article.text[start:])
    quote = Span(start=start + 1, end=len(article.text) - 1, text=content)
    speaker = Speaker(name=content, kind=SpeakerKind.PERSON, role=content, affiliation=content + "!")
    claim = Claim(
        id="c1",
        speakers=[speaker, state("Norvik")],
        statement=content,
        attribution=Attribution.DIRECT,
        stance=Stance.OPEN,
        measure=Measure.AIR,
        conditions=[content],
        evidence=[Evidence(sentence=2, **whole.model_dump())],
        quote=quote,
        via=content,
    )
    return Report(
        article=article,
        claims=[claim],
        rejections=[_rejected(content, "duplicate")],
        uncovered=[Uncovered(sentence=2, cue=content, **whole.model_dump())],
        positions=[_position(content, Measure.AIR, Stance.OPEN, "c1")],
        summary=Summary(sentences=[SummarySentence(text=content, claims=["c1"])]),
        run=make_run(model=content, warnings=[content]),
    )


def _position(actor: str, measure: Measure, stance: Stance, *claims: str) -> Position:
    return Position(actor=actor, measure=measure, stance=stance, claims=list(claims))


def _rejected(statement: str, *checks: str) -> Rejection:
    reasons = [RejectionReason(check=check, message=f"Refused by {check}.") for check in checks]
    return Rejection(claim={"statement": statement, "sentences": [3]}, reasons=reasons)
