"""Whose words an interview's answers are."""

from summarizer.document import Document
from summarizer.extraction.interview import find_interview, words_of
from summarizer.models import Article

LABELLED = """A talk

Ruth Amsel, Tessaly's defence minister, receives us at noon.

Q: Will you send soldiers?

A: No. We will train them instead.

Q: Jan Holm says that you must.

A: He may say so.

Q: And the ships?

A: Two of them.
"""
ALTERNATING = """Ein Gespräch

Generalleutnant Alva Stenqvist leitet den Stab.

Schicken Sie Soldaten?

Nein. Wir bilden aus.

Reden wir über das Geld.

Davon ist genug da.

Wer zahlt?

Alle. Warum fragen Sie?

Und die Schiffe?

Zwei Fregatten.
"""
REPORT = """Ministers meet

Defence Minister Ruth Amsel asked: "Who will pay?"

Nobody answered. Will they? Nobody knows.
"""


def interview(text, language):
    document = Document.of(Article.from_text(text, language=language))
    found = find_interview(document)
    answers = [document.text(s) for s in document.sentences if found and s.number in found.answers]
    return found, answers


def test_labelled_turns():
    found, answers = interview(LABELLED, "en")
    assert found.person.name == "Ruth Amsel"
    assert answers == ["A: No.", "We will train them instead.", "A: He may say so.", "A: Two of them."]


def test_paragraphs_in_turn():
    found, answers = interview(ALTERNATING, "de")
    assert found.person.name == "Alva Stenqvist"
    assert answers == [
        "Nein.",
        "Wir bilden aus.",
        "Davon ist genug da.",
        "Alle.",
        "Warum fragen Sie?",
        "Zwei Fregatten.",
    ]


def test_a_report_with_questions_is_no_interview():
    assert interview(REPORT, "en")[0] is None


def test_the_label_is_not_among_the_words():
    assert words_of("A: No, never.") == "No, never."
    assert words_of("Antwort: Nein.") == "Nein."
    assert words_of("A plan: nothing.") == "A plan: nothing."
