"""Three months of invented reporting by seven outlets in two languages, with the claims that a careful reader finds.

Nothing here was ever said by anyone. What a digest of it ought to say is in `test_digest_story.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from reports import make_claim, make_run, person, state

from summarizer.models import Article, Measure, Report, Speaker, SpeakerKind, Stance

Said = tuple[Sequence[Speaker], Stance, Measure, str, Sequence[int], dict[str, object]]

MACRON = person("Emmanuel Macron", "Präsident", "Frankreich")
TUSK = person("Donald Tusk", "Ministerpräsident", "Polen")
ZELENSKYY = person("Volodymyr Zelenskyy", "President", "Ukraine")
CARNEY = person("Mark Carney", "Prime Minister", "Canada")
ORBAN = person("Viktor Orbán", "Ministerpräsident", "Ungarn")

DPA = [
    "PARIS (dpa) - Frankreichs Präsident Emmanuel Macron hat der Ukraine für die Zeit nach einem Waffenstillstand "
    "2000 Soldaten zugesagt.",
    "„Wir lassen niemanden allein und schicken 2000 Soldaten“, sagte Macron am Montag in Paris.",
    "Der polnische Ministerpräsident Donald Tusk schloss eine Beteiligung an der Truppe aus.",
    "„Polnische Soldaten wird es in der Ukraine nicht geben“, sagte Tusk am Rande des Treffens.",
    "Der ukrainische Präsident Wolodymyr Selenskyj forderte eine schriftliche Beistandsklausel.",
    "Italien will nach den Worten von Verteidigungsminister Guido Crosetto erst nach dem Gipfel über Soldaten "
    "entscheiden.",
]


def article(
    title: str, sentences: Sequence[str], language: str, source: str, day: str | None, *claims: Said, id: str
) -> Report:
    """A report with the claims; their numbers of sentences are from 1 and don't count the title."""
    made = Article.from_text(
        "\n\n".join([title, " ".join(sentences)]),
        language=language,
        title=title,
        source=source,
        published=date.fromisoformat(day) if day else None,
        id=id,
    )
    found = [
        make_claim(
            made,
            number,
            speakers,
            statement,
            [(place + 1, sentences[place - 1]) for place in places],
            stance=stance,
            measure=measure,
            **details,  # type: ignore[arg-type]
        )
        for number, (speakers, stance, measure, statement, places, details) in enumerate(claims, start=1)
    ]
    return Report(article=made, claims=found, run=make_run())


def said(
    speakers: Speaker | Sequence[Speaker],
    stance: Stance,
    measure: Measure,
    statement: str,
    *places: int,
    **details: object,
) -> Said:
    """A claim before its article."""
    return [speakers] if isinstance(speakers, Speaker) else speakers, stance, measure, statement, places, details


def _of_dpa() -> list[Said]:
    return [
        said(
            MACRON,
            Stance.COMMITS,
            Measure.TROOPS,
            "Frankreich schickt der Ukraine nach einem Waffenstillstand 2000 Soldaten.",
            1,
            2,
            quote="Wir lassen niemanden allein und schicken 2000 Soldaten",
            conditions=["nach einem Waffenstillstand"],
            said_on=date(2026, 3, 2),
        ),
        said(
            TUSK,
            Stance.REFUSES,
            Measure.TROOPS,
            "Polen beteiligt sich nicht mit Soldaten an der Truppe in der Ukraine.",
            3,
            4,
            quote="Polnische Soldaten wird es in der Ukraine nicht geben",
        ),
        said(
            person("Wolodymyr Selenskyj", "Präsident", "Ukraine"),
            Stance.DEMANDS,
            Measure.TREATY,
            "Die Ukraine fordert eine schriftliche Beistandsklausel.",
            5,
        ),
        said(
            person("Guido Crosetto", "Verteidigungsminister", "Italien"),
            Stance.UNDECIDED,
            Measure.TROOPS,
            "Italien entscheidet erst nach dem Gipfel über Soldaten.",
            6,
            conditions=["erst nach dem Gipfel"],
        ),
    ]


def march() -> list[Report]:
    """An agency's report and its reprints, the same promise in English, a government of two minds."""
    return [
        article("Paris sagt Truppen zu", DPA, "de", "dpa", "2026-03-02", *_of_dpa(), id="agency"),
        article("Frankreich will 2000 Soldaten schicken", DPA, "de", "Kurier", "2026-03-03", *_of_dpa(), id="kurier"),
        article(
            "Macron verspricht Soldaten",
            [*DPA[:5], "Das Treffen dauerte bis in den Abend."],
            "de",
            "Abendpost",
            "2026-03-03",
            *_of_dpa()[:3],
            id="abendpost",
        ),
        article(
            "France pledges soldiers",
            [
                "PARIS - The French president said on Monday that his country would send 2,000 soldiers to Ukraine "
                "once a ceasefire holds.",
                "Volodymyr Zelenskyy demanded a written mutual-defence clause.",
                "Canada will train 4,000 recruits a year, Prime Minister Mark Carney said.",
            ],
            "en",
            "The Ledger",
            "2026-03-03",
            said(
                person("French president"),
                Stance.COMMITS,
                Measure.TROOPS,
                "France will send 2,000 soldiers to Ukraine once a ceasefire holds.",
                1,
                conditions=["once a ceasefire holds"],
                said_on=date(2026, 3, 2),
            ),
            said(ZELENSKYY, Stance.DEMANDS, Measure.TREATY, "Ukraine demands a written mutual-defence clause.", 2),
            said(CARNEY, Stance.COMMITS, Measure.TRAINING, "Canada will train 4,000 Ukrainian recruits a year.", 3),
            id="ledger-march",
        ),
        article(
            "Paris to contribute to Ukraine force",
            [
                "PARIS (Reuters) - Paris will contribute 2,000 soldiers to a force in Ukraine after a ceasefire.",
                "Warsaw will not take part, its government said.",
            ],
            "en",
            "Reuters",
            "2026-03-03",
            said(
                state("Paris"),
                Stance.COMMITS,
                Measure.TROOPS,
                "Paris will contribute 2,000 soldiers to a force in Ukraine after a ceasefire.",
                1,
                conditions=["after a ceasefire"],
            ),
            said(state("Warsaw"), Stance.REFUSES, Measure.TROOPS, "Warsaw will not take part in the force.", 2),
            id="reuters-march",
        ),
        article(
            "Berlin uneins über Ukraine-Truppe",
            [
                "Bundeskanzler Friedrich Merz sagte der Ukraine am Freitag eine deutsche Brigade zu.",
                "Außenminister Johann Wadephul schloss deutsche Soldaten in der Ukraine am selben Tag aus.",
                "Estland, Lettland und Litauen erklärten sich bereit, gemeinsam den Luftraum zu überwachen.",
                "Schweden könnte sich daran mit vier Flugzeugen beteiligen, sagte Ministerpräsident Ulf Kristersson.",
                "Spanien will nach Angaben von Diplomaten 500 Ausbilder schicken.",
                "Die Abgeordnete Jana Kortmann nannte die Brigade überfällig.",
            ],
            "de",
            "Hafenblatt",
            "2026-03-20",
            said(
                person("Friedrich Merz", "Bundeskanzler", "Deutschland"),
                Stance.COMMITS,
                Measure.TROOPS,
                "Deutschland stellt eine Brigade.",
                1,
                said_on=date(2026, 3, 20),
            ),
            said(
                person("Johann Wadephul", "Außenminister", "Deutschland"),
                Stance.REFUSES,
                Measure.TROOPS,
                "Deutschland schickt keine Soldaten in die Ukraine.",
                2,
                said_on=date(2026, 3, 20),
            ),
            said(
                [state("Estland"), state("Lettland"), state("Litauen")],
                Stance.COMMITS,
                Measure.AIR,
                "Estland, Lettland und Litauen überwachen gemeinsam den Luftraum.",
                3,
            ),
            said(
                person("Ulf Kristersson", "Ministerpräsident", "Schweden"),
                Stance.OPEN,
                Measure.AIR,
                "Schweden könnte sich mit vier Flugzeugen beteiligen.",
                4,
            ),
            said(
                state("Spanien"),
                Stance.COMMITS,
                Measure.TRAINING,
                "Spanien will 500 Ausbilder schicken.",
                5,
                via="nach Angaben von Diplomaten",
            ),
            said(
                person("Jana Kortmann", "Abgeordnete", "Deutschland"),
                Stance.SUPPORTS,
                Measure.TROOPS,
                "Jana Kortmann hält die Brigade für überfällig.",
                6,
            ),
            id="hafenblatt",
        ),
    ]


def april() -> list[Report]:
    """Poland turns round and Sweden firms up; an article without a date."""
    return [
        article(
            "Tusk reverses course on Ukraine",
            [
                'WARSAW (Reuters) - "We will send 500 engineers to Ukraine after all," Polish Prime Minister Donald '
                "Tusk told reporters on Friday.",
                "Tusk, who had ruled out soldiers in March, now speaks of a duty.",
                "Swedish Prime Minister Ulf Kristersson promised four aircraft for air patrols.",
                "French officials said the force was ready to deploy within days.",
            ],
            "en",
            "Reuters",
            "2026-04-10",
            said(
                person("Donald Tusk", "Prime Minister", "Poland"),
                Stance.COMMITS,
                Measure.TROOPS,
                "Poland will send 500 engineers to Ukraine.",
                1,
                2,
                quote="We will send 500 engineers to Ukraine after all,",
                said_on=date(2026, 4, 10),
            ),
            said(
                person("Ulf Kristersson", "Prime Minister", "Sweden"),
                Stance.COMMITS,
                Measure.AIR,
                "Sweden will provide four aircraft for air patrols.",
                3,
            ),
            said(
                Speaker(name="French officials", kind=SpeakerKind.UNNAMED, affiliation="France"),
                Stance.ASSERTS,
                Measure.TROOPS,
                "The force is ready to deploy within days.",
                4,
            ),
            id="reuters-april",
        ),
        article(
            "What Warsaw can give",
            [
                "Warsaw is ready to join an air patrol over western Ukraine.",
                "Poland won't put soldiers into Ukraine.",
            ],
            "en",
            "The Ledger",
            None,
            said(state("Warsaw"), Stance.COMMITS, Measure.AIR, "Warsaw is ready to join an air patrol.", 1),
            said(state("Poland"), Stance.REFUSES, Measure.TROOPS, "Poland won't put soldiers into Ukraine.", 2),
            id="ledger-undated",
        ),
    ]


def may() -> list[Report]:
    """Canada softens, Italy decides, Spain denies what diplomats said, and two papers hear Orbán differently."""
    return [
        article(
            "Carney less certain about training",
            [
                "OTTAWA (AFP) - Canada could train Ukrainian recruits if parliament finds the money, Prime Minister "
                "Mark Carney said on Wednesday.",
                "Spanish Prime Minister Pedro Sánchez ruled out sending instructors.",
                "Zelensky called for long-range missiles.",
            ],
            "en",
            "AFP",
            "2026-05-06",
            said(
                CARNEY,
                Stance.OPEN,
                Measure.TRAINING,
                "Canada could train recruits if parliament finds the money.",
                1,
                conditions=["if parliament finds the money"],
                said_on=date(2026, 5, 6),
            ),
            said(
                person("Pedro Sánchez", "Prime Minister", "Spain"),
                Stance.REFUSES,
                Measure.TRAINING,
                "Spain won't send instructors.",
                2,
            ),
            said(person("Zelensky"), Stance.DEMANDS, Measure.ARMS, "Ukraine calls for long-range missiles.", 3),
            id="afp-carney",
        ),
        article(
            "Rom sagt Nein, Paris bleibt dabei",
            [
                "Frankreich hält an seiner Zusage von 2000 Soldaten fest, wie die Regierung am Donnerstag mitteilte.",
                "„Italien schickt keine Soldaten“, sagte Verteidigungsminister Guido Crosetto.",
                "Ungarn zahlt nichts in den Fonds für die Ukraine ein, sagte Ministerpräsident Viktor Orbán am "
                "Donnerstag.",
            ],
            "de",
            "Abendpost",
            "2026-05-28",
            said(
                state("Frankreich"),
                Stance.COMMITS,
                Measure.TROOPS,
                "Frankreich hält an seiner Zusage von 2000 Soldaten fest.",
                1,
                said_on=date(2026, 5, 28),
            ),
            said(
                person("Guido Crosetto", "Verteidigungsminister", "Italien"),
                Stance.REFUSES,
                Measure.TROOPS,
                "Italien schickt keine Soldaten.",
                2,
                quote="Italien schickt keine Soldaten",
            ),
            said(
                ORBAN,
                Stance.REFUSES,
                Measure.FUNDING,
                "Ungarn zahlt nichts in den Fonds ein.",
                3,
                said_on=date(2026, 5, 28),
            ),
            id="abendpost-may",
        ),
        article(
            "Hungary may pay after all",
            [
                "BUDAPEST (AFP) - Hungary could pay into the Ukraine fund, Prime Minister Viktor Orban said on "
                "Thursday.",
            ],
            "en",
            "AFP",
            "2026-05-28",
            said(
                person("Viktor Orban", "Prime Minister", "Hungary"),
                Stance.OPEN,
                Measure.FUNDING,
                "Hungary could pay into the Ukraine fund.",
                1,
                said_on=date(2026, 5, 28),
            ),
            id="afp-orban",
        ),
    ]


def story() -> list[Report]:
    """All of it."""
    return [*march(), *april(), *may()]
