"""The day of publication, and the days that phrases mean."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.dates import calendar_days, find_days, published_in, resolve_day
from summarizer.wire import find_dateline

FRIDAY = date(2025, 9, 5)
SEED = (Path(__file__).parents[1] / "seeds" / "2025-09-05-dpa-afx-paris.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("phrase", "day"),
    [
        ("am Mittwoch", date(2025, 9, 3)),
        ("Mittwochabend", date(2025, 9, 3)),
        ("am Dienstagmorgen", date(2025, 9, 2)),
        ("in der Nacht zum Mittwoch", date(2025, 9, 3)),
        ("am Freitag", FRIDAY),
        ("am Samstag", date(2025, 8, 30)),
        ("am Sonnabend", date(2025, 8, 30)),
        ("vergangenen Freitag", date(2025, 8, 29)),
        ("vergangenen Mittwoch", date(2025, 9, 3)),
        ("heute", FRIDAY),
        ("gestern Abend", date(2025, 9, 4)),
        ("vorgestern", date(2025, 9, 3)),
        ("am 3. September", date(2025, 9, 3)),
        ("am Mittwoch, dem 3. September", date(2025, 9, 3)),
        ("am 3.9.2025", date(2025, 9, 3)),
        ("am 24. Februar 2022", date(2022, 2, 24)),
        ("am 28. Dezember", date(2025, 12, 28)),
        ("am Vorabend", None),
        ("kommenden Montag", None),
        ("am nächsten Freitag", None),
        ("bis Freitag", None),
        ("seit Montag", None),
        ("von Montag an", None),
        ("am Mittwoch vergangener Woche", None),
        ("am Freitag vor einer Woche", None),
        ("heute vor einem Jahr", None),
        ("vor zwei Wochen", None),
        ("vom 3. bis 5. September", None),
        ("3.-5. September", None),
        ("vom 3. September bis zum 5. September", None),
        ("von Montag bis Mittwoch", None),
        ("am Dienstag und Mittwoch", None),
        ("im September 2025", None),
        ("montags", None),
        ("am 31. September", None),
        ("", None),
    ],
)
def test_german_phrases(phrase: str, day: date | None) -> None:
    assert resolve_day(phrase, FRIDAY, "de") == day


@pytest.mark.parametrize(
    ("phrase", "day"),
    [
        ("on Wednesday", date(2025, 9, 3)),
        ("late on Wednesday", date(2025, 9, 3)),
        ("on Wednesday to reporters", date(2025, 9, 3)),
        ("last Friday", date(2025, 8, 29)),
        ("on Friday", FRIDAY),
        ("yesterday", date(2025, 9, 4)),
        ("the day before yesterday", date(2025, 9, 3)),
        ("this morning", FRIDAY),
        ("Sept. 3", date(2025, 9, 3)),
        ("September 3rd", date(2025, 9, 3)),
        ("3 September", date(2025, 9, 3)),
        ("September 3, 2024", date(2024, 9, 3)),
        ("Wednesday, Sept. 3", date(2025, 9, 3)),
        ("2025-09-03", date(2025, 9, 3)),
        ("next Friday", None),
        ("by Friday", None),
        ("Friday last week", None),
        ("a week ago", None),
        ("three months ago", None),
        ("Sept. 3-5", None),
        ("since Sept. 3", None),
        ("from Monday to Wednesday", None),
        ("May 20,000", None),
        ("in May 2025", None),
    ],
)
def test_english_phrases(phrase: str, day: date | None) -> None:
    assert resolve_day(phrase, FRIDAY, "en") == day


def test_without_a_day_of_publication_only_full_dates_are_known() -> None:
    assert resolve_day("am Mittwoch", None, "de") is None
    assert resolve_day("am 3. September", None, "de") is None
    assert resolve_day("am 3. September 2025", None, "de") == date(2025, 9, 3)


def test_the_year_is_the_nearest() -> None:
    assert resolve_day("am 30. Dezember", date(2026, 1, 2), "de") == date(2025, 12, 30)
    assert resolve_day("29. Februar", date(2025, 3, 1), "de") == date(2024, 2, 29)


def test_find_days_in_a_sentence() -> None:
    sentence = "Am Mittwoch forderte er das; am 24. Februar 2022 und gestern sagte er es nicht."
    found = [(sentence[a:b], day) for a, b, day in find_days(sentence, FRIDAY, "de")]
    assert found == [
        ("Mittwoch", date(2025, 9, 3)),
        ("24. Februar 2022", date(2022, 2, 24)),
        ("gestern", date(2025, 9, 4)),
    ]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        (SEED, FRIDAY),
        ("Minister beraten\n\nStand: 05.09.2025, 14:30 Uhr\n\nDas Treffen war am 3. März 2024.", FRIDAY),
        ("Ministers meet\nSeptember 5, 2025\n\nThe pact was signed on March 3, 2024.", FRIDAY),
        ("---\ndate: 2025-09-05T10:00:00Z\n---\n\nText.", FRIDAY),
        ("KYIV, Sept. 5, 2025 (Reuters) - The pact was signed on March 3, 2024, he said.", FRIDAY),
        ("KYIV, Sept. 5 (Reuters) - He said so.\n\n© 2025 Reuters", FRIDAY),
        ("KYIV, Sept. 5 (Reuters) - He said so in 2024.", None),
        ("The pact was signed on March 3, 2024, he said.", None),
        (f"Chronologie\n\n{'Die Lage in der Ukraine. ' * 10}\n\n3. März 2024\n\nA.\n\nB.\n\nC.", None),
        ("Es gibt keine Zusage.\n\n(Stand: 5. September 2025)", FRIDAY),
        ("Nothing.", None),
    ],
)
def test_published(text: str, day: date | None) -> None:
    assert published_in(text, find_dateline(text)) == day


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.sampled_from(["Montag", "Mittwoch", "Sonntag"]))
def test_a_weekday_is_among_the_seven_days_up_to_publication(published: date, weekday: str) -> None:
    day = resolve_day(f"am {weekday}", published, "de")
    assert day is not None
    assert published - timedelta(days=6) <= day <= published
    assert day.weekday() == {"Montag": 0, "Mittwoch": 2, "Sonntag": 6}[weekday]


@given(
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%B %d, %Y", "%d %b %Y"]),
)
def test_full_dates_round_trip(day: date, form: str) -> None:
    assert [found.date for found in calendar_days(f"({day.strftime(form)})")] == [day]


@given(st.text(max_size=60), st.dates(), st.sampled_from(["de", "en", "fr"]))
def test_spans_lie_in_the_text(text: str, published: date, language: str) -> None:
    for start, end, _ in find_days(text, published, language):
        assert 0 <= start < end <= len(text)
