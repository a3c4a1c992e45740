"""Actors: one code for a government, whatever it is called; exact offsets."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.actors import (
    Mention,
    actor_of,
    countries_in,
    country_name,
    country_of,
    demonym_country,
    find_actors,
    kind_of,
)
from summarizer.resources import data

SEED = Path(__file__).parent.parent / "seeds" / "2025-09-05-dpa-afx-paris.txt"


def found(text: str, language: str) -> list[tuple[str, str, str]]:
    return [(text[m.start : m.end], m.code, m.kind) for m in find_actors(text, language)]


@pytest.mark.parametrize(
    "phrase",
    [
        "Großbritannien",
        "Grossbritanniens",
        "GROSSBRITANNIEN",
        "Vereinigtes Königreich",
        "das Vereinigte Königreich",
        "des Vereinigten Königreichs",
        "London",
        "Londons",
        "the UK",
        "U.K.",
        "Britain",
        "Britain’s",
        "Great Britain",
        "the United Kingdom",
        "Downing Street",
        "10 Downing Street",
        "die britische Regierung",
        "der britischen Regierung",
        "Die Regierung in London",
        "the British government",
        "the government of the United Kingdom",
        "UK Ministry of Defence",
        "Londoner Regierung",
        "Royaume-Uni",
        "Велика Британія",
        "イギリス",
        unicodedata.normalize("NFD", "Großbritannien"),
        unicodedata.normalize("NFD", "Vereinigtes Königreich"),
    ],
)
def test_one_government_under_all_its_names(phrase: str) -> None:
    assert country_of(phrase) == "GB"


@pytest.mark.parametrize(
    ("phrase", "code"),
    [
        ("die Niederlande", "NL"),
        ("den Niederlanden", "NL"),
        ("der Slowakei", "SK"),
        ("Dänemarks", "DK"),
        ("Poland's", "PL"),
        ("Polen", "PL"),
        ("die Bundesregierung", "DE"),
        ("der Kreml", "RU"),
        ("The Kremlin", "RU"),
        ("des Weißen Hauses", "US"),
        ("das Weiße Haus", "US"),
        ("den Vereinigten Staaten", "US"),
        ("US-Regierung", "US"),
        ("Élysée-Palast", "FR"),
        ("Ankara", "TR"),
        ("Türkiye", "TR"),
        ("Tschechien", "CZ"),
        ("Tschechische Republik", "CZ"),
        ("Russisches Außenministerium", "RU"),
        ("der Vereinigten Arabischen Emirate", "AE"),
        ("Republik Moldau", "MD"),
        ("Norway", "NO"),
        ("Saudi-Arabiens", "SA"),
        ("Bosnia and Herzegovina", "BA"),
        ("Niger", "NE"),
        ("Chad", "TD"),
        ("Mali", "ML"),
        ("Georgia", "GE"),
        ("Südkorea", "KR"),
        ("North Korea", "KP"),
        ("the Philippines", "PH"),
        ("Kosovo", "XK"),
        ("Vanuatu", "VU"),
        ("Ouagadougou", "BF"),
    ],
)
def test_countries(phrase: str, code: str) -> None:
    assert country_of(phrase) == code
    assert actor_of(phrase) == code


@pytest.mark.parametrize(
    "phrase",
    [
        "",
        "   ",
        "us",
        "Mark Rutte",
        "Russlands Präsident Wladimir Putin",
        "französischer Präsident",
        "der Niederländer",
        "Russian",
        "Pariser",
        "in Poland",
        "Ukraine und Russland",
        "die Regierung",
        "die Regierung von Anna Beispiel",
        "Northern Ireland",
        "Jordan Bardella",
        "Rosa Luxemburg",
        "turkey",
        "EU",
    ],
)
def test_no_country(phrase: str) -> None:
    assert country_of(phrase) is None


@pytest.mark.parametrize(
    ("phrase", "code"),
    [
        ("die EU", "EU"),
        ("der Europäischen Union", "EU"),
        ("the European Union", "EU"),
        ("Brüssel", "EU"),
        ("die EU-Kommission", "EU"),
        ("Nato", "NATO"),
        ("NATO", "NATO"),
        ("Vereinte Nationen", "UN"),
        ("the U.N.", "UN"),
        ("un", None),
    ],
)
def test_organisations(phrase: str, code: str | None) -> None:
    assert actor_of(phrase) == code
    assert country_of(phrase) is None


@pytest.mark.parametrize(
    ("phrase", "kind"),
    [
        ("Frankreich", "name"),
        ("die französische Regierung", "name"),
        ("日本", "name"),
        ("Paris", "seat"),
        ("der Kreml", "seat"),
        ("der Niederländer", "demonym"),
        ("the Dutch", "demonym"),
        ("the Russian", "demonym"),
        ("Frenchmen", "demonym"),
        ("Germans", "demonym"),
        ("Russian", "adjective"),
        ("russischen", "adjective"),
        ("Mark Rutte", None),
        ("Pariser", None),
        ("", None),
    ],
)
def test_kind_of(phrase: str, kind: str | None) -> None:
    assert kind_of(phrase) == kind


@pytest.mark.parametrize(
    ("phrase", "code"),
    [
        ("der Niederländer", "NL"),
        ("Der Niederländer", "NL"),
        ("the Dutchman", "NL"),
        ("the Dutch", "NL"),
        ("die Französin", "FR"),
        ("den Briten", "GB"),
        ("der Pole", "PL"),
        ("the Pole", "PL"),
        ("die Deutsche", "DE"),
        ("die Ungarin", "HU"),
        ("the Norwegian", "NO"),
        ("Kremlchef", "RU"),
        ("Russian", None),
        ("der niederländische", None),
        ("der Minister", None),
        ("Polen", None),
        ("der Niederländer Mark Rutte", None),
    ],
)
def test_demonym_country(phrase: str, code: str | None) -> None:
    assert demonym_country(phrase) == code


@pytest.mark.parametrize(
    ("phrase", "codes"),
    [
        ("Russlands Präsident Wladimir Putin", ["RU"]),
        ("US-Präsident Donald Trump", ["US"]),
        ("britischer Premier Keir Starmer", ["GB"]),
        ("the Dutchman Mark Rutte", ["NL"]),
        ("Kremlsprecher Dmitri Peskow", ["RU"]),
        ("deutsch-französische Initiative mit Deutschland", ["DE", "FR"]),
        ("der Präsident in Paris", []),
        ("Nato-Generalsekretär Mark Rutte", []),
    ],
)
def test_countries_in(phrase: str, codes: list[str]) -> None:
    assert countries_in(phrase) == codes


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("GB", "de", "Großbritannien"),
        ("GB", "en", "Britain"),
        ("US", "de", "USA"),
        ("CZ", "de", "Tschechien"),
        ("NO", "en", "Norway"),
        ("TR", "en", "Turkey"),
        ("NATO", "de", "Nato"),
        ("EU", "en", "EU"),
        ("DE", "fr", "Allemagne"),
        ("QQ", "de", "QQ"),
    ],
)
def test_country_name(code: str, language: str, name: str) -> None:
    assert country_name(code, language) == name


def test_every_country_is_known_by_its_own_name() -> None:
    for code in data("actors.yaml")["countries"]:
        for language in ("de", "en"):
            assert country_of(country_name(code, language)) == code


def test_german_text() -> None:
    text = (
        "Die Niederlande und Dänemarks Regierung lehnten ab. US-Präsident Beispiel sprach mit der Kiewer "
        "Führung, der Niederländer schwieg. Die Schweizer Armee und der Schweizer. Auf Island. Kiewer Nächte."
    )
    assert found(text, "de") == [
        ("Niederlande", "NL", "name"),
        ("Dänemarks", "DK", "name"),
        ("US", "US", "name"),
        ("Kiewer", "UA", "seat"),
        ("Niederländer", "NL", "demonym"),
        ("Schweizer", "CH", "adjective"),
        ("Schweizer", "CH", "demonym"),
        ("Island", "IS", "name"),
    ]


def test_english_text() -> None:
    text = (
        "Poland's minister told us the U.S. and the Dutch have met. The Dutch minister left South Korea. "
        "In Jordan, Jim Jordan met Chad Smith; the island said no. Northern Ireland and the South China Sea."
    )
    assert found(text, "en") == [
        ("Poland", "PL", "name"),
        ("U.S.", "US", "name"),
        ("Dutch", "NL", "demonym"),
        ("Dutch", "NL", "adjective"),
        ("South Korea", "KR", "name"),
        ("Jordan", "JO", "name"),
    ]


def test_a_name_may_run_over_a_line_but_not_over_a_paragraph() -> None:
    assert [m[1] for m in found("im Weißen\nHaus", "de")] == ["US"]
    assert found("im Weißen\n\nHaus", "de") == []


def test_the_seed_article() -> None:
    text = SEED.read_text(encoding="utf-8")
    mentions = found(text, "de")
    refusing = "Griechenland die Slowakei Italien Zypern Polen Österreich Rumänien Slowenien Kroatien Ungarn"
    start = text.index("Griechenland")
    names = [text[m.start : m.end] for m in find_actors(text, "de") if m.start >= start][:10]
    assert names == refusing.replace("die ", "").split()
    assert ("Weißen Haus", "US", "seat") in mentions
    assert ("Niederländer", "NL", "demonym") in mentions


_WORDS = [
    "Polen",
    "polnische",
    "US",
    "Weißen",
    "Haus",
    "Weiße",
    "Haus",
    "der",
    "Papua",
    "Guinea",
    "Neuguinea",
]
_WORDS += ["Jordan", "South", "Korea", "\u0301", "ß", "Niederländer", "-", "'s", ",", ".", "\n", "\U0001f600"]
_texts = st.one_of(
    st.text(), st.lists(st.sampled_from(_WORDS)).map(" ".join), st.lists(st.sampled_from(_WORDS)).map("".join)
)


@given(_texts, st.sampled_from(["de", "en"]))
def test_mentions_are_ordered_disjoint_and_mean_what_they_select(text: str, language: str) -> None:
    mentions = find_actors(text, language)
    ends = [0, *(m.end for m in mentions)]
    assert all(end <= m.start < m.end <= len(text) for end, m in zip(ends, mentions, strict=False))
    for mention in mentions:
        selected = text[mention.start : mention.end]
        assert mention.code in {m.code for m in find_actors(selected, language)} | {actor_of(selected)}


@given(_texts, _texts)
def test_text_in_front_only_shifts_offsets(before: str, text: str) -> None:
    shift = len(before) + 2
    alone = find_actors(text, "de")
    behind = [m for m in find_actors(f"{before}\n\n{text}", "de") if m.start >= shift]
    assert behind == [Mention(m.start + shift, m.end + shift, m.code, m.kind) for m in alone]


@given(st.text())
def test_any_phrase_can_be_asked_about(phrase: str) -> None:
    assert country_of(phrase) in {None, actor_of(phrase)}
    kind_of(phrase)
    demonym_country(phrase)
    assert len(countries_in(phrase)) == len(set(countries_in(phrase)))


def test_capitals_are_spelt_as_the_time_zones_of_cldr_spell_them() -> None:
    from babel import Locale
    from babel.core import get_global

    zones = {zone.rpartition("/")[2].replace("_", " "): zone for zone in get_global("zone_territories")}
    checked, unknown = 0, []
    for code, entry in data("actors.yaml")["countries"].items():
        for capital in entry.get("capital", ()):
            zone = zones.get(capital)
            if zone is None or get_global("zone_territories")[zone] != code:
                continue
            for language in ("de", "en"):
                city = Locale(language).time_zones.get(zone, {}).get("city", capital)
                checked += 1
                if actor_of(city) != code:
                    unknown.append((code, language, city))
    assert not unknown
    assert checked > 150
