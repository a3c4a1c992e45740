"""The splitter on hard cases, headings and paragraphs; offsets and chunks as properties."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summarizer import wire
from summarizer.errors import ConfigurationError
from summarizer.models import Sentence
from summarizer.sentences import Chunk, chunk, context_of, halve, split

SEED = Path(__file__).parent.parent / "seeds" / "2025-09-05-dpa-afx-paris.txt"

# `¦` stands where a sentence ends.
HARD_CASES = """
Er nannte z. B. Polen und u. a. Litauen. ¦ Danach ging er.
Er nannte z.B. Polen, d. h. einen Nachbarn. ¦ Das war alles.
Dr. Anna Weber und Prof. Dr. med. Karl Huber kamen. ¦ Beide schwiegen.
Der General a. D. Hans Kluge warnte. ¦ Niemand hörte zu.
Er ist Botschafter a. D. ¦ Seine Meinung zählt.
Nach Art. 5 Abs. 2 des Vertrags gilt das. ¦ Mehr steht dort nicht.
Das steht in Artikel 5. ¦ Mehr steht dort nicht.
Im 19. Jh. war das üblich. ¦ Im 20. Jh. nicht mehr.
Das stammt aus dem 19. Jh. ¦ Die Kirche ist älter.
Der Trainer des F.C. Altenau geht. ¦ Wohin, ist offen.
J.P. Morgan und J. Müller kauften. ¦ C. S. Lewis schrieb.
Anna B. Weber sprach mit Karl T. Huber. ¦ Er nickte.
They met on Sept. 5 in Kyiv. ¦ Nothing came of it.
It was decided in Sept. ¦ The vote was close.
Am 5. September reiste er ab. ¦ Am 6. September kam er zurück.
Er reist am 5. ¦ Danach kommt er zurück.
Die 2. Panzerbrigade bleibt. ¦ Heimische 3. Liga gibt es selten.
Fahrzeuge neuerer 4. Regimenter fehlen. ¦ Stäbe alter 1. Bataillone auch.
Das 16. Sanktionspaket und der 3. und 4. Gipfel folgen. ¦ Mehr nicht.
Es starben 35. ¦ Macron sprach von Mord.
Es geschah 2025. ¦ Macron sprach von Mord.
Der Saal ist voll. ¦ 35 Staaten helfen.
Er geht am 5. 9. 2025 nach Rom. ¦ Dann ruht er.
Karl III. empfing ihn. ¦ Das freute Karl III. ¦ Er blieb.
The U.S. Army is ready. ¦ So is the U.N. envoy.
He flew to the U.S. ¦ The talks failed.
They met at 5 p.m. Monday. ¦ They left at 6 p.m. ¦ Macron stayed.
They met at 5 p.m. (1500 GMT) in Rome. ¦ Nobody came.
Die Nr. 3 kam. ¦ No. 10 said no. ¦ Macron said yes. ¦ It is a fine art. ¦ Indeed.
Gen. Smith met Sen. Jones and Lt. Col. Brown. ¦ They agreed.
Rund 3.500 Soldaten und ca. 500 Helfer kamen. ¦ Das kostet 2.5 billion euros.
Polen bzw. Litauen zahlen 3 Mio. Euro. ¦ Das sind 3 Mio. ¦ Die Summe steigt.
Der US-Präs. Miller und Außenmin. Klein reden. ¦ Mehr nicht.
Acme Inc. and Bolt Co. Ltd. sued. ¦ They lost to Acme Inc. ¦ The end.
Das St. Galler Treffen mit Frau Dr. Weber begann. ¦ Es endete.
Der Preis, die Kosten usw. ¦ Das alles stieg.
"Wir kommen bald", sagte er. ¦ Dann ging er.
„Wir kommen.“ sagte er leise. ¦ Dann ging er.
"We will." he said. ¦ Then he left.
Er sagte: „Wir kommen.“ ¦ Dann ging er.
He said: “We will.” ¦ Then he left.
„Wir kommen. ¦ Wir bleiben“, sagte er. ¦ Dann ging er.
„Kommen sie?“, fragte er. ¦ „Nein!“, rief sie.
»Kommen sie?« fragte er. ¦ »Nein!« rief sie.
"Will they come?" Macron asked on Friday. ¦ Nobody knew.
“Never!” President Anna Weber said. ¦ Nobody knew.
Er fragte: „Kommen sie?“ ¦ Merz schwieg.
Nein! ¦ Doch? ¦ Vielleicht.
Er zögerte ... und ging. ¦ Er kam … ¦ Dann ging er.
„Wir werden (...) Hilfe leisten“, sagte er. ¦ Das […] Ende kam.
Siehe https://example.org/a.b?C=d.E und www.example.com. ¦ Dort steht es.
Schreiben Sie an a.Weber@example.org. ¦ Danke.
Booking.Com und Node.Js wachsen. ¦ Das freut sie.
Er kam (das war 2024). ¦ Dann ging er (wie immer.) ¦ Sie blieb.
Der Plan (sic!) Macrons steht. ¦ Er gilt.
Das sagt die Studie.[1] ¦ Danach war Ruhe.[2]
Nein. ¦ – Doch.
Er kam vor 5 Min. nach Hause. ¦ Dann schlief er.
Alle warteten auf Do. ¦ Niemals kam er.
Er lobte „Die Tat I“. ¦ Sie schwieg.
Ja. "
... Danach war Ruhe. ¦ Gut.
""".strip().splitlines()


def words(text: str) -> list[str]:
    return [sentence.text(text) for sentence in split(text)]


@pytest.mark.parametrize("case", HARD_CASES)
def test_hard_cases(case: str) -> None:
    expected = [part.strip() for part in case.split("¦")]
    assert words(" ".join(expected)) == expected


def test_a_forgotten_space_joins_no_sentences() -> None:
    assert words("Alles war fertig.Danach ging er.") == ["Alles war fertig.", "Danach ging er."]
    assert words("Kommt er?Niemand weiß es.") == ["Kommt er?", "Niemand weiß es."]
    assert words("Dr.Weber bzw.Herr Klein kam.") == ["Dr.Weber bzw.Herr Klein kam."]


def test_a_dateline_is_no_part_of_the_first_sentence() -> None:
    text = "KIEW (dpa) - Die Lage ist ruhig. Das sagte ein Sprecher."
    assert words(text) == ["Die Lage ist ruhig.", "Das sagte ein Sprecher."]


def test_an_agency_in_brackets_ends_no_sentence() -> None:
    assert words("Er ging. Das schrieb eine Agentur (dpa) – Quellen nennt sie nicht.") == [
        "Er ging.",
        "Das schrieb eine Agentur (dpa) – Quellen nennt sie nicht.",
    ]


def test_seed() -> None:
    text = SEED.read_text(encoding="utf-8")
    sentences = split(text)
    assert len(sentences) == 46
    assert [s.number for s in sentences] == list(range(1, 47))
    assert sentences[0].text(text).startswith("Die westlichen Unterstützer")
    assert sentences[-1].text(text).endswith("zu entscheiden.")
    assert [s.text(text) for s in sentences if s.is_heading] == [
        "Macron: Konzept für Sicherheitsgarantien steht",
        "Zusagen aus Washington lassen auf sich warten",
        "Keine Pläne für Militäreinsatz in Deutschland",
        "Putin bleibt bei alten Forderungen",
    ]


HEADINGS = [
    ("Weber: Das Konzept steht", True),
    ("## Weber: Das Konzept steht ##", True),
    ("# Das Konzept steht.", True),
    ("„Das Konzept steht“", True),
    ("Das Konzept steht.", False),
    ("„Wir sind bereit.“", False),
    ("Sie sagte dies:", False),
    ("- Polen und Litauen", False),
    ("3. Polen und Litauen", False),
    ("und " * 40, False),
]


@pytest.mark.parametrize(("line", "expected"), HEADINGS)
def test_headings(line: str, expected: bool) -> None:
    text = f"Ein Absatz steht hier.\n\n{line}\n\nNoch ein Absatz steht hier."
    assert [s.is_heading for s in split(text)] == [False, expected, False]


def test_the_marks_of_a_heading_lie_outside() -> None:
    assert words("Ein Satz.\n\n## Der Plan ##\nNoch ein Satz.") == ["Ein Satz.", "Der Plan", "Noch ein Satz."]


def test_the_title_is_a_heading_and_a_text_alone_is_none() -> None:
    text = "Was plant Weber?\n\nWeber plant nichts."
    assert [s.is_heading for s in split(text)] == [True, False]
    assert [s.is_heading for s in split("Weber sagt Hilfe zu")] == [False]


PARAGRAPHS = [
    ("Ein Absatz.\nZweiter Absatz.\nDritter Absatz.", [1, 2, 3]),
    ("Ein Absatz.\n \t\nZweiter Absatz. Mit zwei Sätzen.", [1, 2, 2]),
    ("- Polen\n- Litauen\n- Estland hilft. Lettland nicht.", [1, 2, 3, 3]),
    ("1. Polen liefert Waffen.\n2. Litauen liefert nichts.", [1, 2]),
    ("* Polen liefert\n  neue Waffen.\n* Litauen nicht.", [1, 2]),
    ("Er sagte heute,\nman helfe gern.", [1]),
    (
        "Die Ministerin sagte am Freitag in einer langen Rede vor den Gästen\n"
        "Hilfe zu und erklärte, dass ihr Land Soldaten schicken werde. Am\n"
        "5. September beginne das. Die Gäste klatschten laut und lange, und\n"
        "- so hieß es - sie standen dabei auf. Danach gab es für alle Gäste\n"
        "Suppe.",
        [1, 1, 1, 1],
    ),
    (
        "Die Ministerin sagte am Freitag in einer langen Rede vor Gästen viel.\n"
        "Der Minister schwieg am Samstag in einem kurzen Gespräch ganz allein.\n"
        "Am Sonntag ruhten sich dann alle Gäste und alle Minister lange aus.",
        [1, 2, 3],
    ),
    (
        "Ministerin sagt am Freitag in langer Rede viele neue Panzer zu\n"
        "Minister schweigt am Samstag im kurzen Gespräch zu den Panzern",
        [1, 2],
    ),
]


@pytest.mark.parametrize(("text", "expected"), PARAGRAPHS)
def test_paragraphs(text: str, expected: list[int]) -> None:
    assert [s.paragraph for s in split(text)] == expected


def test_metadata_lines_and_sign_off_lie_in_no_sentence() -> None:
    text = "date 2025-09-05\n\nBERLIN (dpa) - Er kam. Sie ging.\n\nEr blieb./abc/DP/xyz"
    assert words(text)[-1] == "Er blieb."
    assert "date" not in " ".join(words(text))


ALPHABET = st.sampled_from(
    [
        *"aZ5.!?…\n \t\"'„“”»«()-–,:/#*é\u00a0\u2028\U0001f600",
        "\n\n",
        "Die ",
        "z. B. ",
        "sagte er. ",
        "(dpa) - ",
    ]
)
TEXTS = st.one_of(st.text(max_size=300), st.lists(ALPHABET, max_size=120).map("".join))


@given(TEXTS)
def test_offsets_are_exact_ordered_and_stripped(text: str) -> None:
    sentences = split(text)
    assert [s.number for s in sentences] == list(range(1, len(sentences) + 1))
    end = paragraph = 0
    for sentence in sentences:
        assert end <= sentence.start < sentence.end <= len(text)
        assert sentence.text(text) == sentence.text(text).strip()
        assert paragraph <= sentence.paragraph <= paragraph + 1
        assert "\n\n" not in sentence.text(text)
        end, paragraph = sentence.end, sentence.paragraph


@given(TEXTS)
def test_every_letter_lies_in_a_sentence(text: str) -> None:
    dateline, sign_off = wire.find_dateline(text), wire.find_sign_off(text)
    outside = [(dateline.start, dateline.end)] if dateline else []
    outside += [sign_off] if sign_off else []
    outside += wire.find_metadata_lines(text)
    covered = {i for s in split(text) for i in range(s.start, s.end)}
    excepted = {i for start, end in outside for i in range(start, end)}
    missing = [i for i, c in enumerate(text) if not c.isspace() and c != "#" and i not in covered and i not in excepted]
    assert not [i for i in missing if text[i].isalnum()]
    assert outside or not missing


@given(TEXTS.filter(lambda text: wire.find_sign_off(text) is None), st.sampled_from(["Ja.", "Er kam. Sie ging."]))
def test_an_appended_paragraph_changes_nothing_before(text: str, more: str) -> None:
    before, after = split(text), split(f"{text}\n\n{more}")
    if wire.find_title(text) == wire.find_title(f"{text}\n\n{more}") and len({s.paragraph for s in before}) > 1:
        assert after[: len(before)] == before
    assert [(s.start, s.end) for s in after[: len(before)]] == [(s.start, s.end) for s in before]


def test_long_runs_are_read_once() -> None:
    for unit in ("!", '"', ".", "[1]", "z. B. ", "5. ", "( ", "Aa.Bb"):
        assert split(unit * 20_000 + " Schluss.")


def test_chunks_of_the_seed() -> None:
    text = SEED.read_text(encoding="utf-8")
    sentences = split(text)
    chunks = chunk(sentences, text, max_chars=1500)
    assert len(chunks) > 3
    for part in chunks:
        assert part.sentences[-1].end - part.sentences[0].start <= 1500
        assert not part.sentences[-1].is_heading
    whole = chunk(sentences, text, max_chars=100_000)
    assert whole == [Chunk((), tuple(sentences))]
    assert chunk([], "", max_chars=10) == []


def test_context_has_the_sentences_before_and_the_nearest_heading() -> None:
    text = "Der Plan\n\nEins. Zwei. Drei. Vier. Fünf.\n\nDie Antwort\n\nSechs. Sieben."
    sentences = split(text)

    def context(index: int, count: int = 3) -> list[str]:
        return [s.text(text) for s in context_of(sentences, index, count=count)]

    assert context(5) == ["Der Plan", "Zwei.", "Drei.", "Vier."]
    assert context(8, 2) == ["Fünf.", "Die Antwort", "Sechs."]
    assert context(6, 2) == ["Vier.", "Fünf."]
    assert context(5, 0) == context(0) == []
    second = chunk(sentences, text, max_chars=20)[1]
    assert second.context[0].text(text) == "Der Plan"


def test_settings_that_make_no_chunks_are_refused() -> None:
    sentences = split("Ein Satz.")
    for arguments in ({"max_chars": 0}, {"max_chars": 5, "context_sentences": -1}):
        with pytest.raises(ConfigurationError) as caught:
            chunk(sentences, "Ein Satz.", **arguments)
        assert caught.value.hint
    with pytest.raises(ConfigurationError):
        chunk(sentences, "", max_chars=5)


def made(sizes: list[tuple[int, bool, bool]]) -> tuple[list[Sentence], str]:
    sentences: list[Sentence] = []
    position = paragraph = 0
    for size, new, heading in sizes:
        paragraph += new or not sentences or heading or sentences[-1].is_heading
        sentences.append(
            Sentence(
                number=len(sentences) + 1,
                start=position,
                end=position + size,
                paragraph=paragraph,
                is_heading=heading,
            )
        )
        position += size + 1
    return sentences, "x" * position


@given(
    st.lists(st.tuples(st.integers(1, 40), st.booleans(), st.booleans()), max_size=40),
    st.integers(1, 200),
    st.integers(0, 4),
)
def test_chunks_are_a_partition(sizes: list[tuple[int, bool, bool]], max_chars: int, count: int) -> None:
    sentences, text = made(sizes)
    chunks = chunk(sentences, text, max_chars=max_chars, context_sentences=count)
    assert [s for part in chunks for s in part.sentences] == sentences
    for part in chunks:
        assert part.sentences
        size = part.sentences[-1].end - part.sentences[0].start
        assert size <= max_chars or len(part.sentences) == 1
        check_context(part, count)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(1, 40), st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_halving_ends_with_single_sentences(sizes: list[tuple[int, bool, bool]]) -> None:
    sentences, _ = made(sizes)
    waiting, single = [Chunk((), tuple(sentences))], []
    while waiting:
        part = waiting.pop()
        halves = halve(part)
        if halves is None:
            single.append(part)
            continue
        assert halves[0].context == part.context
        assert halves[0].sentences + halves[1].sentences == part.sentences
        check_context(halves[1], 3)
        assert halves[1].context or halves[0].sentences[-1].is_heading
        waiting += halves
    assert sorted((s for part in single for s in part.sentences), key=lambda s: s.number) == sentences
    assert all(len(part.sentences) == 1 for part in single)


def check_context(part: Chunk, count: int) -> None:
    assert sum(not s.is_heading for s in part.context) <= count
    assert sum(s.is_heading for s in part.context) <= 1
    assert list(part.context) == sorted(part.context, key=lambda s: s.number)
    assert all(s.end <= part.sentences[0].start for s in part.context)


def test_a_half_ends_between_paragraphs_where_it_can() -> None:
    text = "Eins ist lang. Zwei auch.\n\nDrei ist kurz. Vier ist es auch. Fünf."
    halves = halve(chunk(split(text), text, max_chars=1000)[0])
    assert halves is not None
    assert [s.text(text) for s in halves[0].sentences] == ["Eins ist lang.", "Zwei auch."]
    assert [s.text(text) for s in halves[1].context] == ["Eins ist lang.", "Zwei auch."]


def test_a_separator_line_is_no_sentence() -> None:
    text = "Ein Absatz steht hier.\n\n***\n\nNoch ein Absatz steht hier."
    assert [s.text(text) for s in split(text)] == ["Ein Absatz steht hier.", "Noch ein Absatz steht hier."]
