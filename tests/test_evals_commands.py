"""The commands beside the golden set: what each part contributes, and whether confidences are calibrated."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from completions import CompletionsOnly
from golden_claims import claim, golden, report
from hypothesis import given
from hypothesis import strategies as st
from invented import TEXTS, golden_set

from summarizer import Summarizer
from summarizer.document import Document
from summarizer.evaluation.figures import score_article
from summarizer.evaluation.runner import Pipeline, run
from summarizer.evaluation.runs import read_run
from summarizer.extraction.sentence import speaker_request
from summarizer.llm.base import Completion
from summarizer.llm.recording import request_key
from summarizer.models import ErrorInfo, Usage

EVALS = Path(__file__).parent.parent / "evals"
sys.path.append(str(EVALS))

import ablation  # noqa: E402
import calibration  # noqa: E402
from calibration import Prediction, calibration_error, error_interval, predictions  # noqa: E402

COUNTRIES = ("Norwegen", "Dänemark", "Lettland", "Estland")
TOPIC_SENTENCES = "\n\n".join(
    f"{country} bietet der Ukraine Sicherheitsgarantien an und sagt Soldaten für eine Friedenstruppe zu."
    for country in COUNTRIES
)
# The tagger is not sure of these, so that the model is asked.
UNSURE = "Über Truppen für die Ukraine werde Norwegen erst nach einem Waffenstillstand entscheiden."


class NamesModel(CompletionsOnly):
    """Names the country that a sentence begins with."""

    name = "local/names"

    def __init__(self, articles):
        texts = [(a.article.language, t) for a in articles for t in sentences(a)]
        named = {t: next((c for c in COUNTRIES if c in t), "") for _, t in texts}
        self.replies = {request_key(speaker_request(lang, t)): named[t] for lang, t in texts}

    def complete(self, request):
        return Completion(f" {self.replies[request_key(request)]}\n", {}, Usage())


def sentences(article):
    document = Document.of(article.article)
    return [document.text(s) for s in document.sentences]


@pytest.fixture
def articles(tmp_path, monkeypatch):
    """The invented set, its articles clearly on the topic."""
    monkeypatch.setitem(TEXTS, "oslo", f"{TEXTS['oslo']}\n{TOPIC_SENTENCES}\n\n{UNSURE}\n")
    return golden_set(tmp_path / "golden")


def recorded_run(tmp_path, articles):
    path = tmp_path / "run.jsonl"
    run(articles, Pipeline(Summarizer(language_model=NamesModel(articles), profile="sentence")), path)
    return path


def command(name, *arguments):
    words = [sys.executable, str(EVALS / name), *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, encoding="utf-8", check=False)


def rows(text):
    """The cells of each row of Markdown tables by its first cells that aren't numbers."""
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return {(row[0], row[1]): row[2:] for row in cells}


def test_the_ablation_prints_each_part_for_each_language(tmp_path, articles):
    path = recorded_run(tmp_path, articles)
    done = command("ablation.py", "--golden", tmp_path / "golden", "--run", path)
    assert done.returncode == 0, done.stderr
    found = rows(done.stdout)
    for part in ("word lists", "classifier", "model's vectors", "all"):
        assert found[part, "de"] == found[part, "all"]
    assert found["word lists", "de"][-1] == "4"
    assert found["tagger", "de"][-1] == "4"
    assert found["own words", "de"][-1] == found["own words and place", "de"][-1]


def test_the_models_names_are_those_of_the_run(tmp_path, articles):
    parts = ablation.read(articles, read_run(recorded_run(tmp_path, articles)))
    oslo = next(p for p in parts if p.golden.slug == "oslo")
    asked = {number: list(names) for number, names in oslo.named.items()}
    assert asked
    for number, names in asked.items():
        assert names == [next(c for c in COUNTRIES if c in oslo.document.text(oslo.document.sentence(number)))]


def test_a_run_of_other_requests_is_refused(tmp_path, articles):
    path = recorded_run(tmp_path, articles)
    text = path.read_text(encoding="utf-8")
    other = tmp_path / "other.jsonl"
    unsealed = text[: text.rindex('{"kind":"seal"')]
    other.write_text(unsealed.replace('"key":"', '"key":"0'), encoding="utf-8")
    done = command("ablation.py", "--golden", tmp_path / "golden", "--run", other)
    assert done.returncode == 1
    assert "Record it again" in done.stderr


def test_a_sentence_of_two_claims_says_nothing_of_labels():
    shared = golden(claim(["Polen"], [2]), claim(["Frankreich"], [2]), claim(["Polen"], [4]))
    assert len(ablation._labelled(ablation.Part(shared), ablation.by_words)) == 1
    with_optional = golden(claim(["Polen"], [2]), optional=[claim(["Frankreich"], [2])])
    assert not ablation._labelled(ablation.Part(with_optional), ablation.by_words)
    apart = golden(claim(["Polen"], [2]), optional=[claim(["Frankreich"], [4])])
    assert len(ablation._labelled(ablation.Part(apart), ablation.by_words)) == 1


def test_sentences_of_optional_claims_are_left_out():
    part = ablation.Part(golden(claim(["Polen"], [2]), optional=[claim(["Polen"], [2, 3])]))
    claimed = ablation._claimed(part, lambda part: {2: 0.9})
    assert claimed.count((True, 0.9)) == 1
    assert len(claimed) == len(part.sentences) - 1


def test_the_calibration_error_is_the_weighted_distance_of_each_bin():
    some = [Prediction(0.95, True)] * 3 + [Prediction(0.95, False)] + [Prediction(0.25, False)] * 4
    assert calibration_error(some) == pytest.approx((4 * 0.2 + 4 * 0.25) / 8)
    assert calibration_error([]) is None
    assert [Prediction(c, True).bin for c in (0.0, 0.09, 0.1, 0.7, 0.99, 1.0)] == [0, 0, 1, 7, 9, 9]


some_predictions = st.lists(st.builds(Prediction, st.floats(0, 1), st.booleans()), max_size=8)


@given(st.dictionaries(st.sampled_from("abcdef"), some_predictions))
def test_the_interval_is_that_of_articles_in_any_order(by_article):
    found = error_interval(by_article, resamples=50)
    assert found == error_interval(dict(reversed(by_article.items())), resamples=50)
    if sum(map(bool, by_article.values())) < 2:
        assert found is None
    else:
        assert 0 <= found.low <= found.high <= 1
        repeated = error_interval({slug: some * 3 for slug, some in by_article.items()}, resamples=50)
        assert (repeated.low, repeated.high) == pytest.approx((found.low, found.high))


def sure(one, confidence):
    return one.model_copy(update={"confidence": confidence})


def test_optional_claims_and_those_without_confidence_are_not_predictions():
    right, wrong, tolerated = claim(["Polen"], [1]), claim(["Frankreich"], [2]), claim(["Polen"], [5])
    unsure = claim(["Großbritannien"], [7])
    gold = golden(right, optional=[tolerated], slug="a")
    given_claims = report(sure(right, 0.9), sure(wrong, 0.4), sure(tolerated, 0.8), unsure)
    failed = score_article(golden(right, slug="b"), ErrorInfo(type="service", message="The service failed."))
    found = predictions([score_article(gold, given_claims), failed, score_article(gold, given_claims, repeat=2)])
    assert list(found) == ["a"]
    assert sorted(found["a"], key=lambda p: p.confidence) == [Prediction(0.4, False)] * 2 + [Prediction(0.9, True)] * 2


def test_the_calibration_of_a_run_is_printed_with_its_bins(tmp_path, articles):
    path = recorded_run(tmp_path, articles)
    done = command("calibration.py", path, "--golden", tmp_path / "golden")
    assert done.returncode == 0, done.stderr
    found = rows(done.stdout)
    total = next(int(count) for name, count in found if name == "run" and count.isdigit())
    in_bins = [int(count) for name, count in found if " to " in name]
    assert len(in_bins) == calibration.BINS
    assert sum(in_bins) == total > 0


def test_a_missing_run_is_told(tmp_path, articles):
    done = command("calibration.py", "nowhere.jsonl", "--golden", tmp_path / "golden")
    assert done.returncode == 1
    assert "nowhere.jsonl can't be read" in done.stderr
