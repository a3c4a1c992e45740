"""Stance, measure and kind of a sentence by the packaged weights."""

import json
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import resources
from summarizer.extraction.classifier import Rows, classifier
from summarizer.extraction.judging import stance_and_measure
from summarizer.extraction.labels import list_hits
from summarizer.extraction.ngrams import features
from summarizer.models import Measure, Stance

TRAINING = Path(__file__).parent.parent / "evals" / "training"
KINDS = {"claim", "other_topic", "narration", "fighting"}


def likeliest(language, sentence, head, before=None):
    found = classifier(language).probabilities(sentence, before)[head]
    return max(found, key=found.get)


@pytest.mark.parametrize(
    ("language", "sentence", "stance", "measure"),
    [
        ("de", "Polen lehnt die Entsendung von Soldaten in die Ukraine ab.", "refuses", "troops"),
        ("de", "Estland sagte zwei Minensucher für das Schwarze Meer zu.", "commits", "naval"),
        ("en", "Canada demanded that the allies pay more into the fund for Ukraine.", "demands", "funding"),
        ("en", "Greece ruled out sending troops to Ukraine.", "refuses", "troops"),
    ],
)
def test_plain_sentences(language, sentence, stance, measure):
    assert stance_and_measure(language, sentence) == (Stance(stance), Measure(measure))


def test_a_language_without_weights_goes_by_words():
    sentence = "Polen schließt die Entsendung von Truppen aus."
    assert stance_and_measure("fr", sentence) == (Stance.REFUSES, Measure.TROOPS)


def test_other_topics_are_no_claims():
    assert likeliest("de", "Die Gewerkschaft lehnt die Rente mit 70 ab.", "kind") != "claim"
    assert likeliest("en", "The union rejected the pension reform.", "kind") != "claim"


def test_the_sentence_before_counts():
    sentence = "Sie könne sich das vorstellen, sagte sie."
    alone = classifier("de").probabilities(sentence)["measure"]
    after = classifier("de").probabilities(sentence, "Die Fregatten sollen im Schwarzen Meer Minen räumen.")["measure"]
    assert after["naval"] > alone["naval"]


@pytest.mark.parametrize("language", ["de", "en"])
@given(sentence=st.text(max_size=80), before=st.none() | st.text(max_size=40))
def test_probabilities_of_any_text_add_up(language, sentence, before):
    found = classifier(language).probabilities(sentence, before)
    assert set(found) == {"stance", "measure", "kind"}
    assert set(found["stance"]) == {stance.value for stance in Stance}
    assert set(found["measure"]) == {measure.value for measure in Measure}
    assert set(found["kind"]) == KINDS
    for probabilities in found.values():
        assert math.isclose(sum(probabilities.values()), 1, abs_tol=1e-6)


@given(st.data())
def test_rows_are_added_up_in_every_column(data):
    columns = data.draw(st.integers(1, 5))
    rows = data.draw(st.lists(st.lists(st.integers(-128, 127), min_size=columns, max_size=columns), min_size=1))
    places = st.tuples(st.integers(0, len(rows) - 1), st.integers(0, 10**5))
    weighted = data.draw(st.lists(places, max_size=200))
    packed = Rows.of(bytes(number & 0xFF for row in rows for number in row), columns)
    assert packed.sums(weighted) == [sum(w * rows[row][i] for row, w in weighted) for i in range(columns)]


def sentences():
    for file in sorted(TRAINING.glob("*-1.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)["text"]


@pytest.mark.parametrize("case", [str, str.lower, str.upper, str.title])
def test_the_word_lists_hold_in_any_case(case):
    lists = resources.data("labels.yaml")
    found = set()
    for sentence in map(case, sentences()):
        hits = {
            f"{group}={label}"
            for group in ("stance", "measure")
            for label, words in lists[group].items()
            if re.search("|".join(words), sentence, re.IGNORECASE)
        }
        assert set(list_hits(sentence)) == hits
        found |= hits
    assert len(found) > 15


def test_a_language_without_weights_has_none():
    assert classifier("fr") is None


@given(st.text(max_size=60))
def test_features_do_not_depend_on_white_space(text):
    words = " ".join(text.split())
    assert features(words) == features(f"  {words}\n")


def test_training_sentences_follow_the_labels():
    texts = set()
    for file in sorted(TRAINING.glob("*.jsonl")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            given_ = json.loads(line)
            where = f"{file.name}:{number}"
            assert given_["kind"] in KINDS, where
            assert given_["language"] == file.stem.split("-")[0], where
            assert given_["text"] not in texts, where
            texts.add(given_["text"])
            if given_["kind"] == "claim":
                Stance(given_["stance"]), Measure(given_["measure"])
            else:
                assert given_["stance"] is None and given_["measure"] is None, where
