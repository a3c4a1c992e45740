"""Reporting cues on invented sentences and on the seed; offsets as properties."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import resources
from summarizer.cues import Cue, find_cues
from summarizer.models import Sentence
from summarizer.sentences import split

SEED = Path(__file__).parent.parent / "seeds" / "2025-09-05-dpa-afx-paris.txt"

# A cue that must be among those found, and the sentence.
GERMAN = """
sagte | Das sagte die Ministerin am Abend.
erklärten | Norwegen und Island erklärten sich zur Entsendung bereit.
lehnt | Ungarn lehnt jede Beteiligung an einer solchen Truppe ab.
lehnt | Ungarn lehnt ab und will nicht mehr verhandeln.
kündigte | Oslo kündigte am Freitag weitere Lieferungen an, ohne Zahlen zu nennen.
angekündigt | Oslo hat weitere Lieferungen angekündigt.
anzukündigen | Oslo hatte vor, weitere Lieferungen anzukündigen.
erteilten | Eine Absage erteilten auch Malta und Zypern.
zeigte | Belgien zeigte sich bereit, Minensucher zu stellen.
äußerte | Rumänien äußerte sich zurückhaltend.
forderte | Sie forderte die Verbündeten auf, mehr zu tun.
will | Über Soldaten will Berlin erst später entscheiden.
hält | Prag hält eine Debatte für verfrüht.
deuteten | Zwei Länder deuteten an, dass sie helfen könnten.
hat | Für Madrid hat die Luftabwehr Priorität.
gab | Eine Zusage gab es auch aus Helsinki.
stellte | Der Sprecher stellte klar, dass es dabei bleibe.
machte | Sie machte deutlich, was sie erwartet.
klargestellt | Der Kanzler hat das klargestellt.
schlug | Weber schlug eine neue Runde in Wien vor.
räumte | Die Regierung räumte Lücken ein.
wies | Moskau wies den Vorwurf als haltlos zurück.
zugesagt | Drei Staaten haben Geld zugesagt.
wurde | Die Stationierung wurde mehrfach genannt.
gefordert | Von allen Seiten wird mehr Tempo gefordert.
bekräftigt | Der Minister hat seine Haltung bekräftigt.
abwartende Haltung | Viele haben bisher eine abwartende Haltung.
besteht | Kiew besteht darauf, mitzureden.
setzt | Paris setzt sich dafür ein, schneller zu handeln.
stellte | Washington stellte Hilfe in Aussicht.
ist | Warschau ist nicht bereit, Truppen zu schicken.
bleibt | Moskau bleibt bei seinem Nein.
sei | Das Land sei bereit.
müsse | Das Konzept müsse gebilligt werden.
lehne | Russland, so hieß es, lehne das ab.
habe | Er habe davon nichts gewusst.
nach Angaben | Die Truppe umfasst nach Angaben der Armee 500 Leute.
laut | Die Truppe umfasst laut Armee 500 Leute.
zufolge | Dem Bericht zufolge sind es 500 Leute.
Demnach | Demnach geht es nicht um Kampftruppen.
aus Militärkreisen | Die Zahl stammt aus Militärkreisen.
Nach Polizeiangaben | Nach Polizeiangaben kamen 500 Leute.
so | Das reicht nicht, so die Botschafterin.
Das reicht nicht | »Das reicht nicht«, hieß es.
nur ein erster Schritt | Das Papier ist ‚nur ein erster Schritt‘ auf dem Weg.
""".strip().splitlines()

ENGLISH = """
said | The minister said troops were needed.
ruled | Poland ruled that option out on Monday.
pledged | Norway pledged five hundred soldiers.
vowed to | Britain has vowed to stand firm.
is | Sweden is ready to patrol the skies.
called on | Kyiv called on its allies to do more.
rejected | The plan was rejected in Moscow.
would not | Italy would not send soldiers.
insisted | Vienna insisted on its neutrality.
urged | She urged patience.
according to | The force is small, according to officers.
According to | According to officers the force is small.
made | Rome made it clear that it has doubts.
denied | The Kremlin denied everything.
remains | Madrid remains reluctant.
won't | Madrid won't take part.
pushed back | Madrid pushed back against the idea.
we have done enough | “we have done enough”, the envoy told them.
no more than a start | It is ‘no more than a start’ in Kyiv.
sources | Two sources confirmed the figure.
committed | Finland committed two ships.
""".strip().splitlines()

WITHOUT_GERMAN = """
An dem Treffen nahm der Kanzler per Video teil.
Die Gäste trafen am Donnerstag in Wien ein.
Vor Ort war auch die Präsidentin mit ihrem Mann.
In das Treffen sind die USA nun eingebunden.
Der Gipfel beginnt am Montag um neun Uhr.
Es ist das dritte Treffen in diesem Jahr.
Im Anschluss reisten die Minister nach Rom weiter.
Außerdem geht es um neue Zusagen für den Fall eines Angriffs.
Der laute Lärm dauerte bis zum Abend an.
Die Koalition hat dreißig Mitglieder.
Der Saal war mit Blumen geschmückt.
Der Zug hielt an jeder Station.
""".strip().splitlines()

WITHOUT_ENGLISH = """
The summit starts in Rome on Monday.
Thirty leaders attended, some by video link.
The president arrived on Thursday with his wife.
It is the third meeting this year.
The hall's doors opened at nine o'clock.
Ministers flew to Oslo after lunch.
""".strip().splitlines()


def cues(text: str, language: str) -> list[Cue]:
    return find_cues(text, Sentence(number=1, start=0, end=len(text), paragraph=1), language)


@pytest.mark.parametrize(("row", "language"), [*((row, "de") for row in GERMAN), *((row, "en") for row in ENGLISH)])
def test_sentences_with_a_cue(row: str, language: str) -> None:
    expected, text = row.split(" | ")
    assert expected in [cue.text for cue in cues(text, language) if not cue.weak]


@pytest.mark.parametrize(
    ("text", "language"),
    [*((row, "de") for row in WITHOUT_GERMAN), *((row, "en") for row in WITHOUT_ENGLISH)],
)
def test_sentences_without_a_cue(text: str, language: str) -> None:
    assert cues(text, language) == []


def kinds(text: str, language: str = "de") -> set[tuple[str, str, bool]]:
    return {(cue.text, cue.kind, cue.weak) for cue in cues(text, language)}


def test_kinds() -> None:
    assert kinds("„Wir kommen gern“, sagte sie laut Bericht, man sei bereit.") == {
        ("Wir kommen gern", "quotation", False),
        ("sagte", "verb", False),
        ("laut", "source", False),
        ("sei", "subjunctive", False),
        ("sei", "verb", False),
    }


def test_weak_cues() -> None:
    assert kinds("Das würden alle tun, und es soll bald sein.") == {
        ("würden", "subjunctive", True),
        ("soll", "verb", True),
    }
    assert kinds("Die „Allianz der Mutigen“ wuchs.") == {("Allianz der Mutigen", "quotation", True)}
    assert kinds("Allies could act.", "en") == {("could", "subjunctive", True)}


def test_ich_is_no_reported_subject() -> None:
    assert kinds("Ich habe Hunger.") == set()
    assert kinds("Davon habe ich nichts.") == set()
    assert ("habe", "subjunctive", False) in kinds("Davon habe man nichts.")


def test_a_particle_counts_at_the_end_of_a_clause_only() -> None:
    assert kinds("Er lehnt die Leiter an die Wand ab jetzt allein.") == set()
    assert kinds("Sie lehnt das ab.") == {("lehnt", "verb", False)}


def test_a_noun_is_no_verb() -> None:
    assert kinds("Das Sagen hatten andere.") == set()
    assert ("Sagt", "verb", False) in kinds("Sagt sie das?")


QUOTATIONS = [
    ("Er rief „kommt alle her“ laut.", "kommt alle her"),
    ("Er rief „kommt alle her” laut.", "kommt alle her"),
    ("Er rief “kommt alle her” laut.", "kommt alle her"),
    ("Er rief »kommt alle her« laut.", "kommt alle her"),
    ("Er rief « kommt alle her » laut.", None),
    ("Er rief «kommt alle her» laut.", "kommt alle her"),
    ('Er rief "kommt alle her" laut.', "kommt alle her"),
    ("Er rief ‚kommt alle her‘ laut.", "kommt alle her"),
    ("Er rief ‘kommt alle her’ laut.", "kommt alle her"),
    ("Er rief ‹kommt alle her› laut.", "kommt alle her"),
    ("Er rief ›kommt alle her‹ laut.", "kommt alle her"),
    ("The soldiers’ pay and the minister’s car aren’t here.", None),
    ("They said ‘we don’t mind’ again.", "we don’t mind"),
    ("Der „Plan“ steht.", None),
    ("Er ist 5' 10\" groß und 6' breit.", None),
]


@pytest.mark.parametrize(("text", "expected"), QUOTATIONS)
def test_quotation_marks(text: str, expected: str | None) -> None:
    found = [cue.text for cue in cues(text, "de") if cue.kind == "quotation"]
    assert found == ([] if expected is None else [expected])


def test_a_quotation_over_several_sentences_is_in_each() -> None:
    text = "Er kam. „Wir gehen jetzt. Alle gehen mit. Dann ruhen wir“, rief er. Er ging.\n\n„Wo ist er?"
    found = [[c.text for c in find_cues(text, s, "de") if c.kind == "quotation"] for s in split(text)]
    assert found == [[], ["Wir gehen jetzt."], ["Alle gehen mit."], ["Dann ruhen wir"], [], ["Wo ist er?"]]


def test_another_language_is_tried_as_both() -> None:
    assert {"said", "sagte"} <= {cue.text for cue in cues("He said, er sagte.", "fr")}


def test_the_seed_has_cues_where_it_has_claims() -> None:
    text = SEED.read_text(encoding="utf-8")
    without = [
        s.number for s in split(text) if not s.is_heading and not find_cues(text, s, "de")
    ]  # who came, what it is about, what is open
    assert without == [1, 2, 3, 4, 6, 20, 31, 37]
    weak = [s.number for s in split(text) if (found := find_cues(text, s, "de")) and all(c.weak for c in found)]
    assert weak == [16, 18]


def test_word_lists_hold_what_can_be_found() -> None:
    for language, lists in resources.data("cues.yaml").items():
        for pair in lists["pairs"]:
            for word in (*pair["head"], *pair["with"]):
                assert isinstance(word, str), (language, word)
                assert " " not in word, (language, word)
        for name in ("past_only", "no_plain", "doubled"):
            assert set(lists.get(name, ())) <= set(lists["regular"]) | set(lists["irregular"]), (
                language,
                name,
            )


PIECES = st.sampled_from(
    [
        *"„“”»«\"'‚‘’‹›.,!? \n()",
        "\n\n",
        "sagte ",
        "sei ",
        "lehnt ",
        " ab.",
        "nach Angaben ",
        "said ",
        "ruled ",
        "out",
    ]
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join))


@given(TEXTS, st.sampled_from(["de", "en", "fr"]))
def test_offsets_are_exact_and_inside_the_sentence(text: str, language: str) -> None:
    for sentence in split(text):
        found = find_cues(text, sentence, language)
        for cue in found:
            assert sentence.start <= cue.start < cue.end <= sentence.end
            assert text[cue.start : cue.end] == cue.text == cue.text.strip()
        assert [cue.start for cue in found] == sorted(cue.start for cue in found)
        assert len({(cue.start, cue.end, cue.kind) for cue in found}) == len(found)
