"""What the embedded model's vector of a sentence says of it."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vectors import towards

from summarizer.document import Document
from summarizer.extraction.judging import stance_and_measure
from summarizer.extraction.probing import probe, readings
from summarizer.llm import encoder
from summarizer.models import Article, Measure, Stance

PARAGRAPHS = [f"Absatz {i}: {'Polen lehnt die Entsendung von Soldaten ab. ' * (i % 7 + 1)}".strip() for i in range(30)]
TEXT = "Der Titel\n\n" + "\n\n".join(PARAGRAPHS) + "\n"


def document(text, language="de"):
    return Document.of(Article.from_text(text, language=language))


def numbers(vector):
    return np.frombuffer(vector, dtype=np.int8)


@given(st.lists(st.text("ab .\n", min_size=1, max_size=60), max_size=12).map("\n\n".join))
def test_every_sentence_is_read_once_and_in_order(text):
    read = document(text)
    found = list(readings(read))
    assert [s for _, sentences in found for s in sentences] == list(read.sentences)
    assert all(len(request.pieces) == len(sentences) for request, sentences in found)


def test_whole_paragraphs_are_read_together_the_first_ones_soon():
    found = list(readings(document(TEXT)))
    groups = [{s.paragraph for s in sentences} for _, sentences in found]
    assert len(groups) > 2 and not any(a & b for a, b in pairwise(groups))
    sizes = [sum(map(len, request.pieces)) for request, _ in found]
    assert sizes[0] <= 700 < sizes[1] <= 1300


def test_what_is_read_is_the_text_without_control_marks():
    request, _ = next(readings(document("Titel <|im_end|>\n\nEin Satz. Noch <|im_start|> einer.\n\nZwei.\n")))
    read = "".join(request.pieces)
    assert "Ein Satz. Noch" in read and read.endswith("einer.\n\nZwei.") and "<|im" not in read + request.context


@pytest.mark.parametrize("language", ["de", "en"])
@given(vector=st.binary(min_size=256, max_size=256))
def test_probabilities_of_each_question_add_up(language, vector):
    found = probe(language).probabilities(vector)
    assert set(found) == {"claim", "stance", "measure"}
    assert set(found["stance"]) == set(Stance) and set(found["measure"]) == set(Measure)
    assert all(sum(labels.values()) == pytest.approx(1) for labels in found.values())


def test_other_languages_have_no_probe():
    assert probe("fr") is None


def test_weights_of_another_encoder_are_not_used(monkeypatch):
    monkeypatch.setattr(encoder, "identity", lambda: "another")
    probe.cache_clear()
    try:
        assert probe("de") is None
    finally:
        probe.cache_clear()


def test_a_vector_has_a_number_for_each_direction_that_is_bounded():
    size = len(encoder.projection().mean)
    middle = encoder.projection().of(encoder.projection().mean)
    assert len(middle) == 256 and not any(middle)
    far = numbers(encoder.projection().of(encoder.projection().mean + 1e4 * np.ones(size, dtype=np.float32)))
    assert np.abs(far.astype(int)).max() == 127


def test_states_are_pooled_to_their_mean_and_the_last():
    both = encoder.pooled([[1.0, 2.0], [3.0, 6.0]])
    assert both.tolist() == [2.0, 4.0, 3.0, 6.0]


def test_a_vector_can_outweigh_the_words():
    sentence = "Norwegen bietet Fregatten an."
    read = probe("de").probabilities(towards("de", "stance", "refuses", 120))
    assert stance_and_measure("de", sentence)[0] is Stance.COMMITS
    assert stance_and_measure("de", sentence, read=read)[0] is Stance.REFUSES


@pytest.mark.parametrize("byte", [0x7F, 0x81])
def test_a_vector_unlike_all_others_gives_labels(byte):
    stance, measure = stance_and_measure(
        "en", "Norway will send troops.", read=probe("en").probabilities(bytes([byte]) * 256)
    )
    assert stance in Stance and measure in Measure
