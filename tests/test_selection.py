"""Which model is chosen, and why."""

from __future__ import annotations

import pytest
from openai_server import OpenAIServer
from pydantic import BaseModel

from summarizer.errors import ConfigurationError
from summarizer.llm.base import Message, StructuredRequest
from summarizer.llm.prices import price_of
from summarizer.llm.selection import ModelChoice, choose_model, open_model
from summarizer.llm.structured import MODES
from summarizer.resources import data

KEY = "sk-planted-4f9aQ7zW1xY8"
PROVIDERS = data("providers.yaml")["providers"]


def choose(name: str | None = None, base_url: str | None = None, offline: bool = False, **env: str) -> ModelChoice:
    return choose_model(name, base_url=base_url, env=env, offline=offline)


def refused(name: str | None = None, base_url: str | None = None, offline: bool = False, **env: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        choose(name, base_url, offline, **env)
    assert caught.value.hint
    assert KEY not in str(caught.value)
    return str(caught.value)


def test_nothing_is_set() -> None:
    choice = choose()
    assert (choice.kind, choice.name, choice.model_id) == ("local", "local", "")
    assert "OPENAI_API_KEY is not set" in choice.reason


@pytest.mark.parametrize("empty", ["", " "])
def test_empty_variables_count_as_unset(empty: str) -> None:
    assert choose("", empty, OPENAI_API_KEY=empty, SUMMARIZER_MODEL=empty, OPENAI_BASE_URL=empty).kind == "local"


def test_the_key_alone() -> None:
    choice = choose(OPENAI_API_KEY=KEY)
    assert (choice.kind, choice.name) == ("openai", "openai/gpt-5-mini")
    assert choice.reason == "openai/gpt-5-mini, since OPENAI_API_KEY is set"
    assert choice.api_key is not None
    assert choice.api_key.get_secret_value() == KEY
    assert KEY not in repr(choice)


@pytest.mark.parametrize(
    ("name", "model_id"),
    [("local", ""), ("local/tiny", "tiny"), ("local//models/a/b.gguf", "/models/a/b.gguf")],
)
def test_local_by_name(name: str, model_id: str) -> None:
    by_flag = choose(name, OPENAI_API_KEY=KEY, OPENAI_BASE_URL="http://localhost:9/v1", SUMMARIZER_MODEL="groq/x")
    by_variable = choose(SUMMARIZER_MODEL=name)
    assert (by_flag.kind, by_flag.model_id) == (by_variable.kind, by_variable.model_id) == ("local", model_id)
    assert by_flag.api_key is None
    assert by_flag.reason.endswith("--model")
    assert by_variable.reason.endswith("SUMMARIZER_MODEL")


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_every_provider(provider: str) -> None:
    entry = PROVIDERS[provider]
    env = {entry["key"]: KEY} if entry["key"] else {"OPENAI_API_KEY": KEY}
    choice = choose(f"{provider}/vendor/model-1", **env)
    assert (choice.provider, choice.model_id, choice.name) == (
        provider,
        "vendor/model-1",
        f"{provider}/vendor/model-1",
    )
    assert choice.base_url == entry["base_url"]
    assert choice.mode in MODES
    assert (choice.api_key is None) == (entry["key"] is None)
    model = open_model(choice)
    assert model.name == choice.name
    model.close()
    if entry["key"]:
        assert entry["key"] in refused(f"{provider}/m")


def test_the_flag_wins_over_the_variable() -> None:
    choice = choose("groq/a", SUMMARIZER_MODEL="mistral/b", GROQ_API_KEY=KEY)
    assert choice.reason == "groq/a, as named by --model, with the key in GROQ_API_KEY"


@pytest.mark.parametrize("name", ["gpt-5", "openai/gpt-5"])
def test_bare_names_are_openais(name: str) -> None:
    assert choose(name, OPENAI_API_KEY=KEY).name == "openai/gpt-5"
    assert "OPENAI_API_KEY" in refused(name)


def test_unknown_provider() -> None:
    words = refused("acme/model", OPENAI_API_KEY=KEY)
    assert "acme" in words
    assert all(provider in words for provider in PROVIDERS)


def test_a_provider_without_a_model() -> None:
    assert "ollama/" in refused("ollama")


def test_a_base_url_takes_any_name() -> None:
    choice = choose("acme/model", "http://box:8000/v1/")
    assert (choice.name, choice.model_id) == ("openai/acme/model", "acme/model")
    assert choice.base_url == "http://box:8000/v1"
    assert choice.api_key is None
    assert choice.reason == "openai/acme/model, as named by --model, at box:8000"


def test_the_base_urls_flag_wins_over_the_variable() -> None:
    env = {"OPENAI_BASE_URL": "http://box:1/v1"}
    assert choose("m", "http://box:2/v1", **env).base_url == "http://box:2/v1"
    assert choose("m", **env).base_url == "http://box:1/v1"
    assert choose("groq/m", GROQ_API_KEY=KEY, **env).base_url == PROVIDERS["groq"]["base_url"]
    assert choose("groq/m", "http://box:2/v1", GROQ_API_KEY=KEY, **env).base_url == "http://box:2/v1"


@pytest.mark.parametrize("by_variable", [False, True])
def test_a_base_url_without_a_model(by_variable: bool) -> None:
    with OpenAIServer(models=("alpha", "beta"), key=KEY) as server:
        url = server.base_url
        env = {"OPENAI_BASE_URL": url} if by_variable else {}
        words = refused(None, None if by_variable else url, OPENAI_API_KEY=KEY, **env)
        assert "alpha, beta" in words
        assert server.requests[0].key == KEY
        assert "refused the key" in refused(None, url)
    assert "does not answer" in refused(None, url)


def test_openais_own_address_needs_no_model() -> None:
    env = {"OPENAI_BASE_URL": "https://api.openai.com/v1/"}
    assert choose(OPENAI_API_KEY=KEY, **env).name == "openai/gpt-5-mini"
    assert "OPENAI_API_KEY" in refused(**env)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("box", "http://box:11434/v1"),
        ("box:9", "http://box:9/v1"),
        (":9", "http://localhost:9/v1"),
        ("0.0.0.0", "http://localhost:11434/v1"),
        ("https://box:443/", "https://box:443/v1"),
        ("http://[::1]:9/v1", "http://[::1]:9/v1"),
    ],
)
def test_ollama_host(host: str, url: str) -> None:
    assert choose("ollama/m", OLLAMA_HOST=host).base_url == url
    assert choose("ollama/m", "http://other:1/v1", OLLAMA_HOST=host).base_url == "http://other:1/v1"


def test_ollama_host_that_is_none() -> None:
    assert "OLLAMA_HOST" in refused("ollama/m", OLLAMA_HOST="box:port")


def test_offline() -> None:
    assert choose(None, offline=True, OPENAI_API_KEY=KEY, OPENAI_BASE_URL="http://box:1/v1").kind == "local"
    assert choose("local/a.gguf", offline=True).model_id == "a.gguf"
    assert "--model" in refused("ollama/m", offline=True)
    assert "SUMMARIZER_MODEL" in refused(offline=True, SUMMARIZER_MODEL="gpt-5")
    assert "--base-url" in refused(None, "http://127.0.0.1:9/v1", offline=True)


def test_local_with_a_base_url() -> None:
    assert "--base-url" in refused("local", "http://box:1/v1")


def test_the_mode_can_be_set() -> None:
    assert choose("m", "http://box:1/v1", SUMMARIZER_MODE="md_json").mode == "md_json"
    assert "md_json" in refused("m", "http://box:1/v1", SUMMARIZER_MODE="xml")


def test_a_chosen_model_answers() -> None:
    class Answer(BaseModel):
        text: str

    with OpenAIServer(models=("vendor/model",), key=KEY) as server:
        server.reply_with({"text": "Ja."})
        choice = choose("openai/vendor/model", server.base_url, OPENAI_API_KEY=KEY)
        model = open_model(choice, timeout_s=10.0)
        reply = model.ask(StructuredRequest((Message("user", "Ja?"),), Answer))
        model.close()
    assert reply.value.text == "Ja."
    assert model.name == "openai/vendor/model"


def test_a_price_holds_only_at_the_providers_own_address() -> None:
    assert price_of("openai", PROVIDERS["openai"]["default_model"]) is not None
    with OpenAIServer(models=("gpt-5",)) as server:
        server.reply_with('{"text": "a"}')

        class Answer(BaseModel):
            text: str

        model = open_model(choose("gpt-5", server.base_url))
        assert model.ask(StructuredRequest((Message("user", "?"),), Answer)).usage.cost_usd is None
        model.close()


def test_prices_are_complete() -> None:
    for provider, listed in data("prices.yaml")["providers"].items():
        assert provider in PROVIDERS
        for model_id in listed["models"]:
            price = price_of(provider, model_id)
            assert price is not None
            assert 0 < price.input_usd < price.output_usd
            assert price.as_of
            assert price.source.startswith("https://")
