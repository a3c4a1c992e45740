"""Words in other letters, so that spellings of one word agree."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from reports import german_report

from summarizer.letters import spelled_out, without_marks
from summarizer.rendering import to_bibtex


@pytest.mark.parametrize(
    ("text", "plain", "spelled"),
    [
        ("Müller", "muller", "mueller"),
        ("Mu\u0308ller", "muller", "mueller"),
        ("STRASSE Straße", "strasse strasse", "strasse strasse"),
        ("Løkke Œuvre", "lokke oeuvre", "lokke oeuvre"),
        ("Łódź, Þór, Iğdır", "lodz, thor, igdir", "lodz, thor, igdir"),
        ("Привет 5 %", "привет 5 %", "привет 5 %"),
    ],
)
def test_letters_lose_case_and_marks(text: str, plain: str, spelled: str) -> None:
    assert (without_marks(text), spelled_out(text)) == (plain, spelled)


@example("℠")
@example("ǣ")
@given(st.text())
def test_what_is_without_marks_stays(text: str) -> None:
    assert without_marks(without_marks(text)) == without_marks(text)


def test_a_key_keeps_every_letter_of_a_name() -> None:
    report = german_report()
    claim = report.claims[0]
    speaker = claim.speakers[0].model_copy(update={"name": "Ida Œstergård"})
    named = report.model_copy(update={"claims": [claim.model_copy(update={"speakers": [speaker]})]})
    assert to_bibtex([named]).startswith("@article{oestergard2031-")
