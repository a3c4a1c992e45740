"""Names are found by an index where going through the text finds them."""

from hypothesis import given
from hypothesis import strategies as st

from summarizer.people import Person, find_person, mentions
from summarizer.verbatim import Searched

PIECES = ["Merz", "Anna", "a", "Merz a Merz", "-", "_", "'", "s", " ", ".", "\n", "é", "e\u0301"]
texts = st.lists(st.sampled_from(PIECES), max_size=20).map("".join)
names = st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join)


def scanned(name, text):
    """Where a name stands as words of its own, one place after the other."""
    start = text.find(name)
    while start >= 0:
        before, after = text[:start][-1:], text[start + len(name) :][:1]
        whole = not (before.isalnum() or before == "_" or after.isalnum() or after in tuple("_-"))
        if whole:
            yield start, start + len(name)
        start = text.find(name, start + (len(name) if whole else 1))


@given(texts, names)
def test_mentions(text, name):
    assert list(mentions(name, Searched(text))) == list(scanned(name, text))


def test_the_fullest_name_and_the_first_role():
    text = "Merz reist. Der finnische Präsident Antti Salo bleibt. Kanzler Friedrich Merz sagt, Merz-Leute seien da."
    searched = Searched(text)
    assert find_person("Merz", searched, "de") == Person("Friedrich Merz", "Kanzler", None)
    assert find_person("Salos", searched, "de") == Person("Antti Salo", "Präsident", "Finnland")
    assert find_person("Leutez", searched, "de") is None
