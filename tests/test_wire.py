"""Dateline, sign-off, metadata lines and title."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.wire import find_dateline, find_metadata_lines, find_sign_off, find_title

SEED = (Path(__file__).parents[1] / "seeds" / "2025-09-05-dpa-afx-paris.txt").read_text(encoding="utf-8")
BODY = "Die Minister haben am Freitag über Zusagen für die Ukraine beraten, teilte das Ministerium mit."


def test_seed() -> None:
    dateline = find_dateline(SEED)
    assert dateline is not None
    assert SEED[dateline.start : dateline.end] == "PARIS (dpa-AFX) - "
    assert SEED[dateline.end :].startswith("Die westlichen")
    assert (dateline.place, dateline.agency, dateline.day) == ("PARIS", "dpa-AFX", None)
    sign_off = find_sign_off(SEED)
    assert sign_off is not None
    assert SEED[slice(*sign_off)] == "/cmy/DP/stk"
    assert [SEED[a:b] for a, b in find_metadata_lines(SEED)] == [" date 2025-09-05 (Mehr Details)"]
    assert find_title(SEED) is None


@pytest.mark.parametrize(
    ("opening", "place", "agency", "day"),
    [
        ("PARIS (dpa-AFX) - ", "PARIS", "dpa-AFX", None),
        ("BERLIN/KIEW (dpa) - ", "BERLIN/KIEW", "dpa", None),
        ("Berlin (AFP) — ", "Berlin", "AFP", None),
        ("KYIV, Sept. 5 (Reuters) - ", "KYIV", "Reuters", None),
        ("PARIS, 5. September (Reuters) - ", "PARIS", "Reuters", None),
        ("NEW YORK, Sept 5, 2025 (AP) — ", "NEW YORK", "AP", date(2025, 9, 5)),
        ("Kyiv, 5 September 2025 - ", "Kyiv", None, date(2025, 9, 5)),
        ("WASHINGTON — ", "WASHINGTON", None, None),
        ("WASHINGTON, D.C. -- ", "WASHINGTON, D.C.", None, None),
        ("AUSTIN, Texas — ", "AUSTIN, Texas", None, None),
        ("Frankfurt am Main (dpa) – ", "Frankfurt am Main", "dpa", None),
        ("Berlin (dpa/AFP) - ", "Berlin", "dpa/AFP", None),
        ("Berlin (dpa/lby) - ", "Berlin", "dpa", None),
        ("Kiew (dpa). ", "Kiew", "dpa", None),
        ("BERLIN taz | ", "BERLIN", "taz", None),
        ("(Reuters) - ", None, "Reuters", None),
        ("**PARIS (dpa)** – ", "PARIS", "dpa", None),
    ],
)
@pytest.mark.parametrize("before", ["", "Minister beraten\n\n", "Minister beraten\nVon Eva Muster\n\n"])
def test_datelines(opening: str, place: str | None, agency: str | None, day: date | None, before: str) -> None:
    text = f"{before}{opening}{BODY}\n\nMehr dazu."
    found = find_dateline(text)
    assert found is not None
    assert text[found.start : found.end] == opening
    assert (found.place, found.agency, found.day) == (place, agency, day)


@pytest.mark.parametrize(
    "opening",
    [
        "NATO – das westliche Bündnis – berät. ",
        "NATO – Die Allianz berät. ",
        "Kanada – nicht die USA – stellt die Truppen. ",
        "Kanzler Merz (CDU) - er war zugeschaltet - lehnte ab. ",
        "Die Agentur (dpa) - Die meldet es. ",
        "Das sagte Rutte der Agentur Reuters (AP) - Nicht mehr. ",
        "Eine Zusage (vorerst) – So heißt es – fehlt. ",
        "Es gibt keine Zusagen. ",
        "(  ) - ",
    ],
)
def test_no_dateline_in_ordinary_sentences(opening: str) -> None:
    assert find_dateline(f"Minister beraten\n\n{opening}{BODY}\n") is None


def test_capitals_before_a_dash_in_a_headline_are_no_dateline() -> None:
    assert find_dateline(f"UKRAINE – Gipfel in Paris\n\n{BODY}") is None


@pytest.mark.parametrize(
    ("ending", "sign_off"),
    [
        ("/cmy/DP/stk", "/cmy/DP/stk"),
        ("\n\n© dpa-infocom, dpa:250905-930-1234/2", "© dpa-infocom, dpa:250905-930-1234/2"),
        (" © 2025 AFP\n", "© 2025 AFP"),
        (
            "\n\n(Reporting by Eva Muster and Jan Probe; editing by Ida Beispiel)\n",
            "(Reporting by Eva Muster and Jan Probe; editing by Ida Beispiel)",
        ),
        (
            "\n\n(Reporting by Eva Muster)\n\nOur Standards: The Principles.",
            "(Reporting by Eva Muster)\n\nOur Standards: The Principles.",
        ),
        (
            "\n\n(Bericht von Eva Muster, redigiert von Jan Probe.)",
            "(Bericht von Eva Muster, redigiert von Jan Probe.)",
        ),
        ("\n\nyb/cp", "yb/cp"),
        ("\n\ndpa eva yyzz n1", "dpa eva yyzz n1"),
        ("\n\nAFP eva/yy", "AFP eva/yy"),
        ("\n\nVon Eva Muster und Jan Probe", "Von Eva Muster und Jan Probe"),
        (
            "\n\nEva Muster in Kyiv contributed to this report.",
            "Eva Muster in Kyiv contributed to this report.",
        ),
        (" (dpa/AFP)", "(dpa/AFP)"),
        (" Das gilt für Heer und/oder Marine.", None),
        (" Er sprach (wie berichtet) in Prag.", None),
        (" 20 km/h", None),
        ("", None),
    ],
)
def test_sign_offs(ending: str, sign_off: str | None) -> None:
    text = BODY + ending
    found = find_sign_off(text)
    assert (text[slice(*found)] if found else None) == sign_off


@pytest.mark.parametrize(
    "line",
    [
        "Stand: 05.09.2025, 14:30 Uhr",
        "Veröffentlicht am 5. September 2025",
        "Friday, September 5, 2025",
        "Updated: Sept. 5, 2025 at 3:15 p.m. EST",
        "By Eva Muster and Jan Probe",
        "Von Eva Muster, Berlin",
        "Foto: Eva Muster/dpa",
        "https://example.org/artikel",
        "14:35 Uhr",
        "* * *",
        "3 min read",
    ],
)
def test_metadata_lines(line: str) -> None:
    text = f"Minister beraten\n\n{line}\n\n{BODY}"
    assert [text[a:b] for a, b in find_metadata_lines(text)] == [line]


@pytest.mark.parametrize(
    "line",
    [
        "Von der Leyen wirbt für Garantien",
        "By Friday, troops were gone",
        "Am 5. September 2025 trafen sich die Minister.",
        "Keine Pläne für Militäreinsatz",
    ],
)
def test_no_metadata(line: str) -> None:
    assert find_metadata_lines(f"Minister beraten\n\n{line}\n\n{BODY}") == []


def test_a_credit_in_the_middle_of_a_paragraph_is_body() -> None:
    assert find_metadata_lines(f"Titel\n\n{BODY}\nund das Konzept stammt\nVon Eva Muster\nund anderen.") == []


def test_front_matter_is_metadata() -> None:
    text = f"---\ntitle: X\ndate: 2025-09-05\n---\n\n# Minister beraten\n\n{BODY}"
    assert [text[a:b] for a, b in find_metadata_lines(text)] == ["---", "title: X", "date: 2025-09-05", "---"]
    title = find_title(text)
    assert title
    assert text[slice(*title)] == "Minister beraten"


@pytest.mark.parametrize(
    ("opening", "title"),
    [
        ("Minister beraten\n\n", "Minister beraten"),
        ("\n  Minister beraten über U.S.  \n\n", "Minister beraten über U.S."),
        ("# Minister beraten #\n", "Minister beraten"),
        ("## Minister beraten\n\n", "Minister beraten"),
        ("Minister beraten\n===\n", "Minister beraten"),
        ("Kommt der Einsatz?\n\n", "Kommt der Einsatz?"),
        ("Minister beraten\nVon Eva Muster\n\n", "Minister beraten"),
        ("Stand: 05.09.2025\n\nMinister beraten\n\n", "Minister beraten"),
        ("Minister beraten.\n\n", None),
        ("Er sagte: „Nein.“\n\n", None),
        ("Minister beraten\n", None),
        ("PARIS (dpa) - Minister beraten\n\n", None),
        (f"{'Minister ' * 30}\n\n", None),
    ],
)
def test_titles(opening: str, title: str | None) -> None:
    text = opening + BODY + "\n"
    found = find_title(text)
    assert (text[slice(*found)] if found else None) == title


def test_a_line_alone_is_no_title() -> None:
    assert find_title("Minister beraten\n\n") is None


PIECES = st.sampled_from(
    [
        "PARIS (dpa) - ",
        "Von Eva Muster",
        "\n",
        "\n\n",
        "/a/b",
        "© dpa",
        "5. September 2025",
        "---",
        "Er sagte.",
        "(",
        " - ",
        "# ",
    ]
)


@given(st.lists(PIECES | st.text(max_size=12), max_size=12).map("".join))
def test_spans_lie_in_the_text(text: str) -> None:
    spans = list(find_metadata_lines(text))
    spans += [span for span in (find_title(text), find_sign_off(text)) if span]
    if dateline := find_dateline(text):
        spans.append((dateline.start, dateline.end))
    for start, end in spans:
        assert 0 <= start < end <= len(text)
        assert text[start:end].strip()
