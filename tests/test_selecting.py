"""Which articles and sentences give positions on the topic."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vectors import towards

from summarizer import resources
from summarizer.document import Document
from summarizer.extraction.interview import find_interview
from summarizer.extraction.selecting import Selection, before
from summarizer.extraction.speaking import Speaking
from summarizer.models import Article

ON = """Drei Staaten sagen Hilfe zu

Polen lehnt die Entsendung von Soldaten in die Ukraine ab. Paris kündigte zwei Fregatten für das Schwarze Meer an. \
Der Minister Jan Holm forderte die USA auf, die Soldaten in der Ukraine mit Flugzeugen abzusichern. Es regnete.
"""
OFF = """Streit über die Rente

Die Gewerkschaft lehnt die Rente mit 70 ab. Der Minister Jan Holm kündigte höhere Beiträge an. Die Arbeitgeber \
forderten die Regierung auf, die Reform zu verschieben. Es regnete.
"""


def selection(text, topic="security-guarantees", language="de", encoded=False):
    document = Document.of(Article.from_text(text, language=language))
    tagged = Speaking.of(document).tagged
    return document, Selection.of(document, topic, tagged, find_interview(document), encoded=encoded)


def taken(document, chosen):
    sentences = [s for s in document.sentences if not s.is_heading]
    return [chosen.takes(s) for s in sentences]


def test_the_sentences_of_an_article_on_the_topic():
    document, chosen = selection(ON)
    assert chosen.on_topic
    assert taken(document, chosen) == [True, True, True, False]


def test_a_position_is_likelier_than_the_weather():
    document, chosen = selection(ON)
    position, *_, weather = (chosen.claim[s.number] for s in document.sentences if not s.is_heading)
    assert 0 <= weather < position <= 1


@given(st.text("Ab.?\n ", max_size=60))
def test_the_sentence_before_is_the_last_of_its_paragraph(text):
    document = Document.of(Article.from_text(text, language="de"))
    for sentence in document.sentences:
        earlier = [s for s in document.paragraph(sentence) if s.number < sentence.number]
        assert before(document, sentence) == (document.text(earlier[-1]) if earlier else None)


def test_an_article_on_something_else_is_not_taken():
    assert not selection(OFF)[1].on_topic


def test_another_topic_goes_by_its_words():
    document, chosen = selection(OFF, topic="any")
    assert chosen.on_topic and not chosen.claim
    assert taken(document, chosen) == [True, True, True, False]
    # Nothing is known of claim or speaker.
    even = resources.data("selection.yaml")["confidence"]["words"]["bias"]
    assert chosen.confidence(document.sentences[1], 0.5) == pytest.approx(1 / (1 + math.exp(-even)))


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


def test_vectors_decide_with_the_words():
    document, chosen = selection(ON, encoded=True)
    plain = [s.number for s in document.sentences if not s.is_heading]
    chosen.read({n: towards("de", "claim", "claim", 30) for n in plain})
    for_claims = dict(chosen.claim)
    chosen.read({n: towards("de", "claim", "other", 30) for n in plain})
    assert set(for_claims) == set(chosen.claim) == set(plain)
    assert all(chosen.claim[n] < for_claims[n] for n in plain)
    assert all(for_claims[n] > 0.5 for n in plain[:3])


def test_sentences_are_judged_as_they_are_read():
    document, chosen = selection(ON, encoded=True)
    assert chosen.on_topic and not chosen.claim
    heading, first, second, *_ = (s.number for s in document.sentences)
    chosen.read({heading: towards("de", "claim", "claim", 30), first: towards("de", "claim", "claim", 30)})
    assert set(chosen.claim) == {first}
    chosen.read({second: towards("de", "claim", "claim", 30)})
    assert set(chosen.claim) == {first, second}


def test_without_vectors_the_words_decide_in_a_language_without_a_probe():
    _, chosen = selection(ON, language="fr", encoded=True)
    assert not chosen.encoded and chosen.on_topic


PROBABILITY = st.floats(0, 1)


@given(st.sampled_from([False, True]), PROBABILITY, PROBABILITY, PROBABILITY)
def test_confidence_grows_with_that_of_each_part(encoded, claim, lower, higher):
    document = Document.of(Article.from_text("Titel\n\nEin Satz. Noch einer.\n", language="de"))
    lower, higher = sorted((lower, higher))
    first, second = document.sentences[-2:]
    chosen = Selection(document, "any", {}, None, {}, encoded, {first.number: lower, second.number: higher})
    assert 0 <= chosen.confidence(first, claim) <= chosen.confidence(second, claim) <= 1
    assert chosen.confidence(first, lower) <= chosen.confidence(first, higher)
