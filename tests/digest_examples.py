"""Invented digests, made by hand, so that what shows them is tested apart from what computes them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from reports import english_report, german_report, injected_report, make_claim, person, state

from summarizer.digest.models import (
    Actor,
    Change,
    ChangeKind,
    Contradiction,
    ContradictionKind,
    Digest,
    DigestArticle,
    DigestClaim,
    Reported,
    Standing,
)
from summarizer.models import Article, Claim, Measure, Stance

MADE_AT = datetime(2031, 7, 1, 6, 0, tzinfo=UTC)
SINCE = date(2031, 6, 1)
LATER = Article.from_text(
    "Norvik rückt von seinem Nein ab\n\nLINDHAVEN - Norvik schickt nun doch Soldaten nach Marvonien. "
    "„Ein Bataillon steht im Herbst bereit, und es bleibt - so lange es nötig ist“, sagte Ministerpräsidentin "
    "Alva Stenqvist am Montag. Dalmark schickt keine Fregatten.\n",
    language="de",
    title="Norvik rückt von seinem Nein ab",
    source="Hafenblatt",
    published=date(2031, 6, 3),
    url="https://hafenblatt.example/norvik?seite=1#oben",
)


def later_claims() -> list[Claim]:
    """Norvik's new position with a quote, and Dalmark's that contradicts its old one."""
    stenqvist = person("Alva Stenqvist", "Ministerpräsidentin", "Norvik")
    return [
        make_claim(
            LATER,
            1,
            [stenqvist],
            "Norvik stellt im Herbst ein Bataillon.",
            [
                (
                    2,
                    "„Ein Bataillon steht im Herbst bereit, und es bleibt - so lange es nötig ist“, sagte "
                    "Ministerpräsidentin Alva Stenqvist am Montag.",
                )
            ],
            stance=Stance.COMMITS,
            measure=Measure.TROOPS,
            quote="Ein Bataillon steht im Herbst bereit, und es bleibt - so lange es nötig ist",
            said_on=date(2031, 6, 2),
        ),
        make_claim(
            LATER,
            2,
            [state("Dalmark")],
            "Dalmark schickt keine Fregatten.",
            [(3, "Dalmark schickt keine Fregatten.")],
            stance=Stance.REFUSES,
            measure=Measure.NAVAL,
        ),
    ]


def digest_article(article: Article, claims: int, outlet: str | None = None) -> DigestArticle:
    """An article of a digest; without another outlet its source is one."""
    return DigestArticle(
        id=article.id,
        title=article.title,
        source=article.source,
        published=article.published,
        url=article.url,
        language=article.language,
        outlet=outlet or article.source or article.id,
        claims=claims,
    )


def digest_claim(article: Article, claim: Claim, *actors: str, protects: str | None = None) -> DigestClaim:
    """A claim of a digest, with the id `ARTICLE.CLAIM`."""
    day = claim.said_on or article.published
    return DigestClaim(
        id=f"{article.id}.{claim.id}",
        article=article.id,
        claim=claim.id,
        actors=list(actors),
        speakers=claim.speakers,
        statement=claim.statement,
        attribution=claim.attribution,
        stance=claim.stance,
        measure=claim.measure,
        protects=protects,
        conditions=claim.conditions,
        evidence=claim.evidence,
        quote=claim.quote,
        via=claim.via,
        day=day,
        is_day_said=claim.said_on is not None,
        is_corrected=False,
        is_new=day is not None and day >= SINCE,
    )


def standing(claims: list[DigestClaim], actor: str, *, since: bool = True) -> Standing:
    """The standing that claims, the newest first, give."""
    return Standing(
        actor=actor,
        measure=claims[0].measure,
        stance=claims[0].stance,
        protects=claims[0].protects,
        since=claims[-1].day if since else None,
        claims=[claim.id for claim in claims],
        is_new=claims[-1].is_new,
    )


def example(*, since: date | None = SINCE, protects: tuple[str | None, str | None] = (None, None)) -> Digest:
    """Three articles, one of them undated: Norvik has moved, Dalmark contradicts itself, Marvonien demands.

    `protects` are the countries whose security the German articles and the English one are about.
    """
    german, english = german_report(), english_report()
    of_german = [
        digest_claim(german.article, claim, *actors, protects=protects[0])
        for claim, actors in zip(
            german.claims,
            [("NO", "DK"), ("NO",), ("NO",), ("joint",), ("marvonien",), ()],
            strict=True,
        )
    ]
    naval, _, refused, joint, demand, circles = of_german
    troops, no_ships = (
        digest_claim(LATER, claim, actor, protects=protects[0])
        for claim, actor in zip(later_claims(), ("NO", "DK"), strict=True)
    )
    monitoring, undecided = (
        digest_claim(english.article, claim, actor, protects=protects[1])
        for claim, actor in zip(english.claims, ("tessaly", "kestria"), strict=True)
    )
    undecided = undecided.model_copy(update={"is_corrected": True})
    claims = [troops, no_ships, *of_german, monitoring, undecided]
    names = {
        "NO": ("Norvik", True, ["Norvik", "Alva Stenqvist"]),
        "DK": ("Dalmark", True, ["Dalmark"]),
        "joint": ("Zehn Staaten", False, ["Zehn Staaten"]),
        "marvonien": ("Marvonien", True, ["Ilja Toren"]),
        "tessaly": ("Republic of Tessaly", True, ["Ruth Amsel"]),
        "kestria": ("Kestria", True, ["Kestria"]),
    }
    return Digest(
        made_at=MADE_AT,
        language="de",
        since=since,
        articles=[
            digest_article(LATER, 2),
            digest_article(german.article, len(german.claims)),
            digest_article(english.article, len(english.claims)),
        ],
        actors=[
            Actor(
                id=actor,
                name=name,
                is_government=is_government,
                names=wordings,
                claims=[claim.id for claim in claims if actor in claim.actors],
            )
            for actor, (name, is_government, wordings) in names.items()
        ],
        claims=claims,
        standings=[
            standing([troops], "NO"),
            standing([naval], "NO"),
            standing([no_ships], "DK"),
            standing([joint], "joint"),
            standing([demand], "marvonien"),
            standing([monitoring], "tessaly", since=False),
            standing([undecided], "kestria", since=False),
        ],
        changes=[
            Change(
                actor="NO",
                measure=Measure.TROOPS,
                protects=protects[0],
                kind=ChangeKind.REVERSED,
                before=refused.id,
                after=troops.id,
                day=date(2031, 6, 2),
                is_new=True,
            )
        ],
        reported=[
            Reported(
                actors=["NO", "DK"],
                measure=Measure.NAVAL,
                stance=Stance.COMMITS,
                protects=protects[0],
                claims=[naval.id],
                outlets=["nordpress", "Küstenfunk"],
                is_new=False,
            ),
            *(
                Reported(
                    actors=claim.actors,
                    measure=claim.measure,
                    stance=claim.stance,
                    protects=claim.protects,
                    claims=[claim.id],
                    outlets=["nordpress"],
                    is_new=claim.is_new,
                )
                for claim in (circles, no_ships)
            ),
        ],
        contradictions=[
            Contradiction(
                actor="DK",
                measure=Measure.NAVAL,
                protects=protects[0],
                kind=ContradictionKind.SOURCES,
                first=[naval.id],
                second=[no_ships.id],
                is_new=True,
            )
        ],
    )


def hostile(content: str) -> Digest:
    """A digest with `content` in every place that an article, a model or a user fills."""
    report = injected_report(content)
    article = report.article.model_copy(update={"id": content})
    before = digest_claim(article, report.claims[0], content, protects=content)
    after = before.model_copy(update={"id": content, "stance": Stance.REFUSES, "day": date(2031, 6, 2), "is_new": True})
    before = before.model_copy(update={"day": date(2031, 5, 2)})
    shared = {"actor": content, "measure": Measure.AIR, "protects": content, "is_new": True}
    claims = [before.id, after.id]
    return Digest(
        made_at=MADE_AT,
        language="de",
        since=SINCE,
        articles=[digest_article(article, 2, outlet=content)],
        actors=[Actor(id=content, name=content, is_government=False, names=[content, content + "!"], claims=claims)],
        claims=[after, before],
        standings=[standing([after], content)],
        changes=[
            Change(kind=ChangeKind.SOFTER, before=before.id, after=after.id, day=date(2031, 6, 2), **shared),
        ],
        reported=[
            Reported(
                actors=[content],
                measure=Measure.AIR,
                stance=Stance.OPEN,
                protects=content,
                claims=claims,
                outlets=outlets,
                is_new=True,
            )
            for outlets in ([content], [content, "other"])
        ],
        contradictions=[
            Contradiction(kind=ContradictionKind.ITSELF, first=[before.id], second=[after.id], **shared),
        ],
    )


def empty() -> Digest:
    """A digest of nothing."""
    return Digest(
        made_at=MADE_AT,
        language="en",
        since=None,
        articles=[],
        actors=[],
        claims=[],
        standings=[],
        changes=[],
        reported=[],
        contradictions=[],
    )
