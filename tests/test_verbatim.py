"""Words looked for by an index stand where going through the text finds them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import verbatim
from summarizer.verbatim import Searched

MARKED = "e\u0301"
PIECES = ["a", "Ab", "\u00ad", "ß", "é", MARKED, "1", "_", " ", "  ", "\n", "\u00a0", '"', "„", "“", "…", ".", "-", "–"]

texts = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
words = st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join)


def places(words, text):
    """Where they stand, by looking everywhere."""
    found = [m.start() for m in re.finditer(f"(?={re.escape(words)})", text)]
    return [at for at in found if not goes_on(words, text, at)]


def goes_on(words, text, at):
    before, after = text[:at][-1:], text[at + len(words) :][:1]
    return (before.isalnum() and words[0].isalnum()) or (after.isalnum() and words[-1].isalnum())


@given(texts, words)
def test_words_are_found_where_they_stand(text, words):
    found = [at for at in Searched(text).places(words) if not goes_on(words, text, at)]
    assert found == places(words, text)


@given(texts, words)
def test_with_the_index_and_without_it_is_the_same(text, words):
    assert Searched(text).find(words) == verbatim.find(words, text)


@given(texts, words)
def test_what_is_found_is_alike(text, words):
    wanted = verbatim.normalised(words).strip().strip('"').strip()
    found = verbatim.find(words, text)
    if found is None:
        assert not wanted or not places(wanted, verbatim.normalised(text))
    else:
        assert verbatim.normalised(text[found[0] : found[1]]) == wanted or "…" in text


@given(texts)
def test_alike_stays_alike(text):
    once = verbatim.normalised(text)
    assert verbatim.normalised(once) == once
    assert "  " not in once
    assert not set(once) & set("„“–\u00ad\n\u00a0…")


@given(texts, st.integers(0, 30), st.integers(1, 12))
def test_a_copied_stretch_is_contained_in_any_case(text, start, length):
    copied = text[start : start + length].strip()
    if any(c.isalnum() for c in copied) and not goes_on(copied, text, text.find(copied, start)):
        searched = Searched(text)
        if searched.find(copied):
            assert searched.contains(copied.upper() if "ß" not in copied else copied)


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("Er sagte: „Wir  kommen\nnicht.“", '"wir kommen nicht."', None),
        ("Er sagte: „Wir  kommen\nnicht.“", '"Wir kommen nicht."', "Wir  kommen\nnicht."),
        ("das Verteidigungs\u00administerium", "Verteidigungsministerium", "Verteidigungs\u00administerium"),
        ("die Cafe\u0301s sind zu", "Cafés", "Cafe\u0301s"),
        ("Ministerium", "Minister", None),
        ("warten … und hoffen", "warten ... und", "warten … und"),
    ],
)
def test_find(text, words, found):
    span = verbatim.find(words, text)
    assert (span and text[span[0] : span[1]]) == found
