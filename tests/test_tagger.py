"""Which words stand for a speaker."""

import math
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from summarizer.document import Document
from summarizer.extraction.entities import Discourse
from summarizer.extraction.tagger import Tagger, load, mentions, spans
from summarizer.extraction.tokens import token_features, tokens_of
from summarizer.models import Article

WORDS = {
    "de": "Polen Jan Holm Ministerin Sprecher er sie man sagte lehnte erklärte habe werde ab laut Soldaten die der und",
    "en": "Poland Jan Holm minister spokeswoman he she they said refused announced would to troops the of according",
}
MARKS = [",", ";", ":", '"', "„", "“", "”", "(", ")", "–", "...", "7", "D'Arc", "G7-Staaten", "_", "´", "😀", "e\u0301"]


def document_of(text, language):
    return Document.of(Article.from_text(text, language=language))


@st.composite
def documents(draw):
    """A few made-up sentences."""
    language = draw(st.sampled_from(sorted(WORDS)))
    words = st.sampled_from([*WORDS[language].split(), *MARKS]) | st.text(max_size=6)
    sentence = st.lists(words, max_size=14).map(lambda found: " ".join(found) + ".")
    return document_of(" ".join(draw(st.lists(sentence, min_size=1, max_size=4))), language)


NAMES = st.none() | st.lists(
    st.sampled_from(["Polen", "Poland", "Jan Holm", "er", "he", "", "(", "Atlantis"]), max_size=3
)


@given(documents(), NAMES)
@example(document_of("", "de"), None)
@example(document_of('"', "en"), ["Poland"])
def test_mentions_lie_in_their_sentence_and_are_its_words(document, named):
    discourse, text = Discourse(document), document.article.text
    for sentence in document.sentences:
        end = sentence.start
        for mention in mentions(discourse, sentence, 0.05, named).mentions:
            assert end <= mention.start < mention.end <= sentence.end
            assert mention.text == text[mention.start : mention.end]
            assert 0.05 <= mention.probability <= 1
            end = mention.end


@given(documents(), NAMES)
def test_each_words_tags_add_up(document, named):
    discourse = Discourse(document)
    tagger = load(document.article.language)
    for sentence in document.sentences:
        tokens = tokens_of(document.article.text, sentence)
        marginals, none = tagger.read(token_features(discourse, sentence, tokens, named))
        assert len(marginals) == len(tokens)
        assert all(math.isclose(sum(row), 1, abs_tol=1e-6) and min(row) >= 0 for row in marginals)
        assert 0 <= none <= 1
        assert none <= min((row[0] for row in marginals), default=1) + 1e-6


ROWS = st.tuples(*[st.floats(-5, 5)] * 3)


@given(st.lists(ROWS, max_size=4), st.tuples(ROWS, ROWS, ROWS))
def test_marginals_are_those_of_all_taggings(scores, transitions):
    """Against the sum over every tagging, one by one."""
    tagger = Tagger({str(i): row for i, row in enumerate(scores)}, transitions)
    marginals, none = tagger.read([[str(i), "unknown"] for i in range(len(scores))])
    weights = {}
    for number in range(3 ** len(scores)):
        tags = [number // 3**i % 3 for i in range(len(scores))]
        into = sum(transitions[a][b] for a, b in pairwise(tags))
        weights[tuple(tags)] = math.exp(sum(row[t] for row, t in zip(scores, tags, strict=True)) + into)
    whole = sum(weights.values())
    for i, row in enumerate(marginals):
        for tag in range(3):
            assert math.isclose(row[tag], sum(w for t, w in weights.items() if t[i] == tag) / whole, abs_tol=1e-6)
    assert math.isclose(none, weights[(0,) * len(scores)] / whole, abs_tol=1e-6)


HARD_ROWS = st.tuples(*[st.floats(-150, 150)] * 3)


@given(st.lists(HARD_ROWS, min_size=1, max_size=30), st.tuples(ROWS, ROWS, ROWS))
def test_far_apart_scores_give_probabilities_too(scores, transitions):
    tagger = Tagger({str(i): row for i, row in enumerate(scores)}, transitions)
    marginals, none = tagger.read([[str(i)] for i in range(len(scores))])
    assert all(math.isclose(sum(row), 1, abs_tol=1e-6) and min(row) >= 0 for row in marginals)
    assert 0 <= none <= 1


def test_spans_begin_above_the_threshold_and_go_on_inside():
    out, begins, weak, inside = (0.9, 0.1, 0.0), (0.1, 0.9, 0.0), (0.7, 0.3, 0.0), (0.1, 0.1, 0.8)
    assert spans([out, begins, inside, inside, out, weak, inside], 0.5) == [(1, 4, 0.9)]
    assert spans([begins, begins, weak, inside], 0.2) == [(0, 1, 0.9), (1, 2, 0.9), (2, 4, 0.3)]
    assert spans([inside, out], 0.5) == []


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("de", "Polen lehnt die Entsendung von Soldaten in die Ukraine ab.", ["Polen"]),
        ("de", "Verteidigungsminister Jan Holm sagte, er sei gegen Truppen.", ["Jan Holm"]),
        ("en", "Greece ruled out sending troops to Ukraine.", ["Greece"]),
        ("en", "Defence Minister Ruth Amsel said that the risk was too great.", ["Ruth Amsel"]),
    ],
)
def test_plain_sentences(language, text, words):
    document = document_of(text, language)
    found = mentions(Discourse(document), document.sentences[0], 0.5)
    assert [m.text for m in found.mentions] == words
    assert found.none < 0.5


@pytest.mark.parametrize(("language", "text"), [("de", "Es regnete am Morgen."), ("en", "It rained in the morning.")])
def test_nobody_speaks(language, text):
    document = document_of(text, language)
    found = mentions(Discourse(document), document.sentences[0], 0.5)
    assert found.mentions == [] and found.none > 0.5


def test_a_language_without_weights_takes_the_models_names():
    document = document_of("Selon Jan Holm, la Pologne refuse.", "fr")
    sentence = document.sentences[0]
    assert load("fr") is None
    found = mentions(Discourse(document), sentence, 0.5, ["la Pologne", "Jan Holm", "l'Espagne"])
    assert [m.text for m in found.mentions] == ["Jan Holm", "la Pologne"] and found.none == 0
    assert mentions(Discourse(document), sentence, 0.5).none == 1


def test_features_tell_what_the_model_named():
    document = document_of("Polen und Estland lehnen das ab.", "de")
    sentence = document.sentences[0]
    tokens = tokens_of(document.article.text, sentence)

    def named(names):
        rows = token_features(Discourse(document), sentence, tokens, names)
        return [next(f for f in row if f.startswith("llm3=")).split("|")[0].removeprefix("llm3=") for row in rows]

    assert named(None) == ["?"] * len(tokens)
    assert named(["Estland"]) == ["in" if t.text == "Estland" else "out" for t in tokens]
    assert named(["stland", "Malta"]) == ["out"] * len(tokens)
