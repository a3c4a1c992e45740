"""One actor under many names: countries and bodies, and people in different spellings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.actors.identity import (
    actor_id,
    holds_office,
    is_description,
    leads,
    name_key,
    named_ids,
    speaks_for_himself,
)
from summarizer.models import Speaker, SpeakerKind
from summarizer.summary import actor_name


def speaker(name, kind="person", role=None, affiliation=None):
    return Speaker(name=name, kind=SpeakerKind(kind), role=role, affiliation=affiliation)


SAME_NAMES = [
    ("Selenskyj", "Zelensky", "Zelenskyy", "Zelenskiy", "Selenski"),
    ("Wolodymyr Selenskyj", "Volodymyr Zelensky", "Wladimir Selenski"),
    ("Lawrow", "Lavrov"),
    ("Sergej Lawrow", "Sergei Lavrov", "Sergey Lavrov"),
    ("Sybiha", "Sybiga"),
    ("Schoigu", "Shoigu", "Shoygu"),
    ("Jermak", "Yermak", "Ermak"),
    ("Erdoğan", "Erdogan"),
    ("Löfven", "Loefven", "Lofven"),
    ("Sacharowa", "Zakharova"),
    ("Saluschnyj", "Zaluzhny", "Zaluzhnyi"),
    ("Kusnezow", "Kuznetsov"),
    ("Gorbatschow", "Gorbachev", "Gorbachyov"),
    ("Medwedew", "Medvedev"),
    ("Solowjow", "Soloviev", "Solovyov"),
    ("Klitschko", "Klitchko"),
    ("Schmyhal", "Shmyhal"),
    ("Paschinjan", "Pashinyan"),
    ("Alijew", "Aliyev"),
    ("Nebensja", "Nebenzya", "Nebenzia"),
    ("Dr. Johann Wadephul", "Johann Wadephul"),
    ("Detlef Grunow (AfD)", "Detlef Grunow"),
    ("Kyrylo Budanow", "Kyrylo Budanov", "Kirill Budanow"),
    ("Radosław Sikorski", "Radek Sikorski", "Polish Foreign Minister Radoslaw Sikorski"),
    ("Donald Trump", "Donald J. Trump", "US-Präsident Donald Trump", "President Donald Trump"),
    ("J. D. Vance", "J.D. Vance", "JD Vance"),
    ("Friedrich Merz", "Bundeskanzler Friedrich Merz"),
    ("Mark Rutte", "Nato-Generalsekretär Mark Rutte"),
    ("Ursula von der Leyen", "EU-Kommissionspräsidentin Ursula von der Leyen"),
    ("Pedro Sánchez", "Pedro Sanchez"),
    ("Lars Løkke Rasmussen", "Lars Loekke Rasmussen"),
    ("Serhij Kyslyzja", "Serhii Kyslytsya", "Sergiy Kyslytsya"),
    ("Wjatscheslaw Wolodin", "Vyacheslav Volodin"),
    ("Kęstutis Budrys", "Kestutis Budrys"),
]
DIFFERENT_NAMES = [
    "Merz",
    "März",
    "Merkel",
    "Meyer",
    "Meier",
    "Mayer",
    "Maier",
    "Schulz",
    "Schultz",
    "Schulze",
    "Scholz",
    "Hofmann",
    "Hoffmann",
    "Schmidt",
    "Schmitt",
    "Schmid",
    "Rutte",
    "Rubio",
    "Macron",
    "Marcon",
    "Starmer",
    "Stubb",
    "Orbán",
    "Urban",
    "Tusk",
    "Trump",
    "Duda",
    "Fico",
    "Fiala",
    "Meloni",
    "Melnyk",
    "Putin",
    "Pistorius",
    "Baerbock",
    "Vance",
    "Weber",
    "Klein",
    "Kline",
    "Riemer",
    "Remer",
    "Petrow",
    "Petrova",
    "Iwanow",
    "Ivanova",
    "Peskow",
    "Petkow",
    "Sandu",
    "Sánchez",
    "Kallas",
    "Kellogg",
    "Costa",
    "Chosta",
    "Umjerow",
    "Jermolenko",
    "Poroschenko",
    "Tymoschenko",
]


@pytest.mark.parametrize("names", SAME_NAMES, ids=lambda names: names[0])
def test_spellings_of_a_name_agree(names):
    assert len({name_key(name) for name in names}) == 1


def test_different_people_stay_apart():
    keys = {}
    for name in DIFFERENT_NAMES:
        keys.setdefault(name_key(name), []).append(name)
    assert [names for names in keys.values() if len(names) > 1] == []


@given(st.text(max_size=30))
def test_any_name_has_a_key_that_white_space_does_not_change(name):
    assert name_key(f" {name}\n") == name_key(name)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (speaker("Emmanuel Macron", role="Präsident", affiliation="Frankreich"), "FR"),
        (speaker("French president"), "FR"),
        (speaker("französischer Präsident", "unnamed"), "FR"),
        (speaker("Paris", "government"), "FR"),
        (speaker("European Commission", "organisation"), "EU"),
        (speaker("Brüssel", "government"), "EU"),
        (speaker("Mark Rutte", role="Nato-Generalsekretär"), "NATO"),
        (speaker("Maria Sacharowa", role="Sprecherin", affiliation="Russisches Außenministerium"), "RU"),
        (speaker("Ministerpräsidentin aus Rom", "organisation"), "IT"),
        (speaker("spokeswoman for the government in Stockholm", "unnamed"), "SE"),
        (speaker("Dutch", "government"), "NL"),
        (speaker("Dutch", "organisation"), "NL"),
        (speaker("the British", "organisation"), "GB"),
        (speaker("Americans", "organisation"), "US"),
        (speaker("Franzosen", "organisation"), "FR"),
    ],
    ids=lambda value: value.name if isinstance(value, Speaker) else "",
)
def test_who_speaks_for_a_country_or_body_is_it(who, expected):
    assert actor_id(who) == expected
    assert not is_description(who)


@pytest.mark.parametrize(
    "who",
    [
        speaker("Svenja Rabe", role="Grünen-Abgeordnete", affiliation="Deutschland"),
        speaker("Wade Carmody", role="Senator", affiliation="USA"),
        speaker("Eckart Brühl", role="pensionierter General", affiliation="Deutschland"),
        speaker("Maren Tiedtke", role="Politologin", affiliation="Deutschland"),
    ],
    ids=lambda who: who.name,
)
def test_parliament_science_and_former_officials_speak_for_themselves(who):
    assert actor_id(who).startswith("person:")
    assert speaks_for_himself(who)
    assert not holds_office(who)


@pytest.mark.parametrize(
    "who",
    [
        speaker("senior American official", "unnamed", affiliation="United States"),
        speaker("NATO officials", "group", affiliation="NATO"),
        speaker("Berater des französischen Präsidenten", "unnamed", affiliation="Frankreich"),
        speaker("Militärkreise", "unnamed"),
        speaker("ranghoher Nato-Vertreter", "organisation"),
    ],
    ids=lambda who: who.name,
)
def test_unnamed_officials_bind_nobody(who):
    assert actor_id(who).startswith(who.kind.value)
    assert is_description(who)


@pytest.mark.parametrize("name", ["Ukrainerin", "Schweizer", "American", "Franzose"])
def test_one_of_a_nation_is_not_the_nation(name):
    assert actor_id(speaker(name, "organisation")).startswith("organisation:")


@pytest.mark.parametrize("name", ["Minister of Defence", "Präsidentin der Kommission", "Präsident"])
def test_an_office_alone_is_no_title(name):
    assert len(name_key(name).split()) == len(name.split())


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (speaker("Paris", "government"), True),
        (speaker("Donald Tusk", role="Ministerpräsident", affiliation="Polen"), True),
        (speaker("Keir Starmer", role="Prime Minister", affiliation="UK"), True),
        (speaker("French president", "unnamed"), True),
        (speaker("Johann Wadephul", role="Außenminister", affiliation="Deutschland"), False),
        (speaker("JD Vance", role="vice president", affiliation="USA"), False),
        (speaker("Lars Klingbeil", role="Vizekanzler", affiliation="Deutschland"), False),
        (speaker("Dmitri Peskow", role="Sprecher des Präsidenten", affiliation="Russland"), False),
        (speaker("Julia Klöckner", role="Bundestagspräsidentin", affiliation="Deutschland"), False),
        (speaker("Angela Merkel", role="former chancellor", affiliation="Germany"), False),
    ],
    ids=lambda value: value.name if isinstance(value, Speaker) else "",
)
def test_who_leads_a_government(who, expected):
    assert leads(who) is expected


def test_an_ambassador_to_a_body_is_not_the_body():
    assert actor_id(speaker("Zoltán Kerekes", role="Botschafter", affiliation="Nato")) == "person:soltan kerekes"


def test_positions_in_a_report_go_by_the_affiliation_alone():
    assert actor_name(speaker("Emmanuel Macron", role="Präsident", affiliation="France"), "de") == "Frankreich"
    assert actor_name(speaker("Svenja Rabe", role="Abgeordnete", affiliation="Deutschland"), "de") == "Deutschland"
    assert actor_name(speaker("Svenja Rabe", role="Abgeordnete"), "de") == "Svenja Rabe"


@pytest.mark.parametrize(
    ("phrase", "ids"),
    [
        ("Polen", {"PL"}),
        ("Poland", {"PL"}),
        ("Warschau", {"PL"}),
        ("PL", {"PL"}),
        ("nato", {"NATO"}),
        ("polen", {"PL"}),
        ("NATO", {"NATO"}),
        ("Kreml", {"RU"}),
        ("the French president", {"FR"}),
        ("Baltikum", {"EE", "LV", "LT"}),
        ("Selenskyj", set()),
        ("", set()),
    ],
)
def test_what_a_user_means_with_an_actor(phrase, ids):
    assert named_ids(phrase) == ids
