"""Which articles and sentences give positions on the topic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.document import Document
from summarizer.extraction.interview import find_interview
from summarizer.extraction.selecting import Selection, confidence
from summarizer.extraction.speaking import Speaking
from summarizer.models import Article

ON = """Drei Staaten sagen Hilfe zu

Polen lehnt die Entsendung von Soldaten in die Ukraine ab. Paris kündigte zwei Fregatten für das Schwarze Meer an. \
Der Minister Jan Holm forderte die USA auf, die Friedenstruppe abzusichern. Es regnete.
"""
OFF = """Streit über die Rente

Die Gewerkschaft lehnt die Rente mit 70 ab. Der Minister Jan Holm kündigte höhere Beiträge an. Die Arbeitgeber \
forderten die Regierung auf, die Reform zu verschieben. Es regnete.
"""


def selection(text, topic="security-guarantees", language="de"):
    document = Document.of(Article.from_text(text, language=language))
    tagged = Speaking.of(document).tagged
    return document, Selection.of(document, topic, tagged, find_interview(document))


def taken(document, chosen):
    sentences = [s for s in document.sentences if not s.is_heading]
    return [chosen.takes(s) for s in sentences]


def test_the_sentences_of_an_article_on_the_topic():
    document, chosen = selection(ON)
    assert chosen.on_topic
    assert taken(document, chosen) == [True, True, True, False]


def test_a_position_is_likelier_than_the_weather():
    document, chosen = selection(ON)
    position, *_, weather = (chosen.probability(s) for s in document.sentences if not s.is_heading)
    assert 0 <= weather < position <= 1


def test_an_article_on_something_else_is_not_taken():
    assert not selection(OFF)[1].on_topic


def test_another_topic_goes_by_its_words():
    document, chosen = selection(OFF, topic="any")
    assert chosen.on_topic and chosen.claim is None
    assert taken(document, chosen) == [True, True, True, False]
    assert chosen.probability(document.sentences[1]) == 0.5


def test_a_language_without_weights_goes_by_the_words_of_the_topic():
    assert selection(ON, language="fr")[1].on_topic
    assert not selection(OFF, language="fr")[1].on_topic


def test_an_article_without_sentences_is_not_on_topic():
    assert not selection("")[1].on_topic


@pytest.mark.parametrize("topic", ["security-guarantees", "any"])
def test_marks_alone_give_no_position(topic):
    document, chosen = selection(ON + '\n\n—\n\n„\n\n"\n\n12.\n', topic)
    marks = [i for i, s in enumerate(document.sentences[1:]) if not any(map(str.isalpha, document.text(s)))]
    found = taken(document, chosen)
    assert marks and not any(found[i] for i in marks)


def test_headings_have_no_probability():
    document, chosen = selection(ON)
    assert set(chosen.claim) == {s.number for s in document.sentences if not s.is_heading}


PROBABILITY = st.floats(0, 1)


@given(PROBABILITY, PROBABILITY, PROBABILITY)
def test_confidence_grows_with_that_of_each_part(claim, lower, higher):
    lower, higher = sorted((lower, higher))
    assert 0 <= confidence(claim, lower) <= confidence(claim, higher) <= 1
    assert confidence(lower, claim) <= confidence(higher, claim)
