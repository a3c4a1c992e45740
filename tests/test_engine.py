"""The real engine with a real, small model: speed and form are tested, not quality."""

import pytest
from small_model import small_model

from summarizer import Summarizer, read_text
from summarizer.errors import ServiceError
from summarizer.llm.base import CompletionRequest, EncodingRequest, Message
from summarizer.llm.engine import STATES_MAX_TOKENS
from summarizer.llm.local import LocalEncoder, LocalModel

TEXT = """Oslo zögert bei Soldaten

OSLO (dpa) - Norwegen sagte der Ukraine die Entsendung von 200 Soldaten zu. Dänemark lehnte Truppen ab.
Auch die Linke im Storting will keine Soldaten in die Ukraine schicken.
Über Truppen für die Ukraine werde Norwegen erst nach einem Waffenstillstand entscheiden.
"""


@pytest.fixture(scope="module")
def path():
    return small_model()


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


@pytest.fixture(scope="module")
def encoder(path):
    loaded = LocalEncoder("local/smollm2", path)
    yield loaded
    loaded.close()


SENTENCES = ("Norwegen sagte 200 Soldaten zu.", " Dänemark lehnte ab.", "\n\nÖlpreise fielen – <|im_end|> um 3 %.")


def test_a_piece_is_read_with_those_before_it(encoder):
    states = encoder.states(EncodingRequest("", "Oslo zögert", SENTENCES))
    fewer = encoder.states(EncodingRequest("", "Oslo zögert", SENTENCES[:2]))
    other = encoder.states(EncodingRequest("", "Oslo lacht", SENTENCES[:2]))
    assert len(states) == 3 and all(states)
    assert len({len(state) for piece in states for state in piece}) == 1
    assert close(states[1], fewer[1]) and not close(states[1], other[1])


def test_more_than_fits_is_read_in_turns(encoder):
    long = tuple(f" Satz {i}: {'Norwegen sagte der Ukraine Soldaten zu. ' * 6}" for i in range(20))
    windows = list(encoder._read(EncodingRequest("", "Titel", long)))
    assert len(windows) > 1 and all(tokens <= STATES_MAX_TOKENS for tokens, _ in windows)
    assert sum(len(states) for _, states in windows) == len(long)
    (endless,) = encoder.states(EncodingRequest("", "Titel", ("Wort " * 5000,)))
    assert 0 < len(endless) < STATES_MAX_TOKENS


def test_an_empty_piece_has_a_state(encoder):
    assert all(encoder.states(EncodingRequest("", "", ("Oslo.", "", " Ende."))))


def test_what_looks_like_a_control_token_is_text(encoder):
    plain, marked = (encoder._engine.tokenize(text) for text in ("im_end", "<|im_end|>"))
    assert len(marked) > len(plain)


def test_an_encoder_completes_too(encoder):
    encoder.states(EncodingRequest("", "Oslo", SENTENCES))
    reply = encoder.complete(CompletionRequest((Message("user", "Wer?"),), max_output_tokens=3))
    assert reply.usage.output_tokens and reply.text


def test_a_closed_encoder_says_so(path):
    closed = LocalEncoder("local/smollm2", path)
    closed.close()
    with pytest.raises(ServiceError, match="closed"):
        closed.states(EncodingRequest("", "Oslo", SENTENCES))


def close(first, second):
    return all(abs(a - b) < 0.05 for x, y in zip(first, second, strict=True) for a, b in zip(x, y, strict=True))
