"""Which articles and sentences are asked about."""

from summarizer.cues import find_cues
from summarizer.document import Document
from summarizer.extraction.selecting import Selection
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
    return document, Selection.of(document, topic)


def asked(document, chosen):
    language = document.article.language
    sentences = [s for s in document.sentences if not s.is_heading]
    return [chosen.asks(s, find_cues(document.article.text, s, language)) for s in sentences]


def test_an_article_on_the_topic_is_asked_about():
    document, chosen = selection(ON)
    assert chosen.on_topic
    assert asked(document, chosen) == [True, True, True, False]


def test_an_article_on_something_else_is_not():
    assert not selection(OFF)[1].on_topic


def test_another_topic_goes_by_its_words():
    document, chosen = selection(OFF, topic="any")
    assert chosen.on_topic and chosen.claim is None
    assert asked(document, chosen) == [True, True, True, False]


def test_a_language_without_weights_goes_by_the_words_of_the_topic():
    assert selection(ON, language="fr")[1].on_topic
    assert not selection(OFF, language="fr")[1].on_topic


def test_an_article_without_sentences_is_not_on_topic():
    assert not selection("")[1].on_topic
