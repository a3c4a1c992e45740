"""The benchmark of the engine runs with a small model; its figures are for whoever runs it in earnest."""

import sys
from pathlib import Path

import pytest
from small_model import small_model

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import engine
import engine_try
import plots
import results

OURS = "summarizer, batch 384"


@pytest.fixture(scope="module")
def figures():
    return engine.measure(str(small_model()), None, rounds=1, questions=2, quick=True)


def test_the_same_is_asked_of_ours_and_of_a_plain_server(figures):
    (ours,), (plain,) = figures["tries"][OURS], figures["tries"]["xllamacpp, 2 slots"]
    for name in ("count", "cache_n", "prompt_n"):
        assert ours["questions"][name] == plain["questions"][name] > 0
    assert ours["questions"]["same"] == 2
    assert ours["prompt"]["prompt_n"] == plain["prompt"]["prompt_n"] > ours["prompt"]["predicted_n"] == 32
    assert ours["context_tokens"] == plain["context_tokens"]


def test_the_same_text_is_read_whatever_the_batch(figures):
    (ours,), (smaller,) = figures["tries"][OURS], figures["tries"]["summarizer, batch 128"]
    assert smaller["read"]["times"] > ours["read"]["times"]
    assert smaller["read"]["tokens"] >= ours["read"]["tokens"]


def test_the_first_claim_is_timed_from_both_beginnings(figures):
    (claims,) = figures["tries"]["claims"]
    assert 0 < claims["first_s"] <= claims["all_s"] and claims["claims"] and claims["from its start"] > 0


def test_a_kept_result_is_shown_and_drawn(figures, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    monkeypatch.setattr(plots, "DOCS", tmp_path)
    results.save(engine.NAME, figures, engine.PACKAGES)
    monkeypatch.setattr(sys, "argv", ["engine.py", "--show"])
    engine.main()
    shown = capsys.readouterr().out
    assert "no llama-server was found" in shown and "xllamacpp, as it comes, 8,192 tokens a slot" in shown
    monkeypatch.setattr(sys, "argv", ["engine.py", "--plot"])
    engine.main()
    assert not capsys.readouterr().out
    assert "<svg" in (tmp_path / "benchmark-engine.svg").read_text()


def test_a_program_finds_libraries_that_a_wheel_gave_other_names(tmp_path):
    beside, links = tmp_path / "bin", tmp_path / "links"
    beside.mkdir()
    links.mkdir()
    for name in ("libone.so.0.26.0", "libtwo.so"):
        (beside / name).touch()
    found = engine_try.with_libraries(beside / "llama-server", links)
    assert found["LD_LIBRARY_PATH"].split(":")[0] == str(links)
    assert {link.name for link in links.iterdir()} == {"libone.so.0.26.0", "libone.so.0", "libtwo.so"}
