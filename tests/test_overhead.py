"""The benchmark of the pipeline's own time runs; its figures are for whoever runs it in earnest."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def overhead(*options):
    return subprocess.run(
        [sys.executable, BENCHMARKS / "overhead.py", *options],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_it_runs():
    done = overhead("--words", "300", "--rounds", "1")
    assert done.returncode == 0, done.stderr
    rows = [line.split("|")[1:-1] for line in done.stdout.splitlines() if line.startswith(("| German", "| English"))]
    assert len(rows) == 4
    for row in rows:
        assert all(float(cell) >= 0 for cell in row[1:])


def test_the_kept_result_is_shown_alike_each_time():
    first, second = overhead("--show"), overhead("--show")
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    assert "Goal for 5,000 words: 50 ms." in first.stdout


@pytest.mark.parametrize("language", ["de", "en"])
def test_joined_articles_have_their_claims_and_few_sentences_twice(language, monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    joined = importlib.import_module("joined").joined
    from summarizer.document import Document
    from summarizer.verification import Verifier

    article = joined(language, 6000)
    document = Document.of(article.article)
    sentences = [document.text(s) for s in document.sentences]
    assert 6000 <= article.words < 6200
    assert len(set(sentences)) > 0.8 * len(sentences)
    assert len(article.claims) > article.words / 50
    verifier = Verifier(document)
    holding = [claim for claim in article.claims if verifier.check(claim)[0]]
    assert len(holding) > 0.7 * len(article.claims)
