"""Which model to use: from `--model`, `--base-url` and the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from summarizer.errors import ConfigurationError, ModelError
from summarizer.llm.client import OPENAI_URL, OpenAIModel, offer, offered_models
from summarizer.llm.prices import price_of
from summarizer.llm.structured import MODES
from summarizer.llm.transport import host_of
from summarizer.resources import data

MODEL_VARIABLE = "SUMMARIZER_MODEL"
MODE_VARIABLE = "SUMMARIZER_MODE"
_KEY_VARIABLE = "OPENAI_API_KEY"
_URL_VARIABLE = "OPENAI_BASE_URL"


@dataclass(frozen=True)
class ModelChoice:
    """A chosen model. `model_id` of a local one is a path, a catalogue name, or empty for the default one.

    `reason` is one line for the user, such as `openai/gpt-5-mini, since OPENAI_API_KEY is set`.
    """

    kind: Literal["local", "openai"]
    provider: str
    model_id: str
    base_url: str | None
    api_key: SecretStr | None
    mode: str
    reason: str

    @property
    def name(self) -> str:
        """The model as the user would name it with `--model`."""
        return f"{self.provider}/{self.model_id}" if self.model_id else self.provider


@dataclass(frozen=True)
class _Settings:
    """What was said, and where: environment variables that are empty count as unset."""

    name: str
    named_by: str
    flag_url: str
    env: Mapping[str, str]

    def variable(self, name: str | None) -> str:
        return self.env.get(name, "").strip() if name else ""

    @property
    def openai_url(self) -> str:
        return self.flag_url or self.variable(_URL_VARIABLE)

    def key(self, variable: str | None) -> SecretStr | None:
        text = self.variable(variable)
        return SecretStr(text) if text else None


def choose_model(
    name: str | None, *, base_url: str | None, env: Mapping[str, str], offline: bool = False
) -> ModelChoice:
    """Choose by `--model` (`name`), else SUMMARIZER_MODEL, else the key that is set, else the embedded model.

    `base_url` wins over OPENAI_BASE_URL, which is for provider `openai` and bare names only. Connects to
    nothing, except to list the models at a base URL for which no model was named.

    Raises:
        ConfigurationError: no such provider, no model named, no key, or `offline` with a remote model.
    """
    named = (name or "").strip()
    from_env = env.get(MODEL_VARIABLE, "").strip()
    settings = _Settings(named or from_env, "--model" if named else MODEL_VARIABLE, (base_url or "").strip(), env)
    if _is_local(settings.name):
        return _named_local(settings)
    if offline:
        return _offline(settings)
    if settings.name:
        return _named(settings)
    return _unnamed(settings)


def open_model(choice: ModelChoice, **options: Any) -> OpenAIModel:
    """The model of a choice of kind `openai`. `options` go to `OpenAIModel`, e.g. `timeout_s`.

    Raises:
        ConfigurationError: the address or the key can't be used.
    """
    provider = _providers().get(choice.provider, {})
    own = choice.base_url == provider.get("base_url")
    arguments: dict[str, Any] = {
        "model_id": choice.model_id,
        "api_key": choice.api_key,
        "base_url": choice.base_url,
        "mode": choice.mode,
        "key_variable": provider.get("key") or _KEY_VARIABLE,
        "token_parameter": provider.get("token_parameter") if own else None,
        "schema_in_prompt": provider.get("schema_in_prompt", not own),
        "price": price_of(choice.provider, choice.model_id) if own else None,
    }
    return OpenAIModel(choice.name, **(arguments | options))


def _is_local(name: str) -> bool:
    return name == "local" or name.startswith("local/")


def _named_local(settings: _Settings) -> ModelChoice:
    if settings.flag_url:
        raise ConfigurationError(
            f"{settings.name} runs in this process, but a base URL is given too.",
            "Leave --base-url out, or name a model that is served there.",
        )
    return _local(settings.name.partition("/")[2], f"{settings.name}, as named by {settings.named_by}")


def _local(model_id: str, reason: str) -> ModelChoice:
    return ModelChoice("local", "local", model_id, None, None, "json_schema", reason)


def _offline(settings: _Settings) -> ModelChoice:
    if settings.name:
        raise ConfigurationError(
            f"{settings.name}, as named by {settings.named_by}, can't be used offline.",
            "Use --model local, or leave --offline out.",
        )
    if settings.flag_url:
        raise ConfigurationError("--base-url can't be used offline.", "Leave one of the two out.")
    return _local("", "local, since --offline is given")


def _unnamed(settings: _Settings) -> ModelChoice:
    url = settings.openai_url
    if url and not _is_openai(url):
        raise ConfigurationError(
            f"No model is named for {host_of(url) or url}.", _what_is_there(url, settings.key(_KEY_VARIABLE))
        )
    if not settings.key(_KEY_VARIABLE):
        if url:
            raise _key_missing("openai", _KEY_VARIABLE)
        return _local("", f"local, since no model is named and {_KEY_VARIABLE} is not set")
    model_id = _providers()["openai"]["default_model"]
    return _remote("openai", model_id, settings, f"openai/{model_id}, since {_KEY_VARIABLE} is set")


def _what_is_there(url: str, key: SecretStr | None) -> str:
    try:
        return f"Name one with --model. {offer(offered_models(url, key))}"
    except ModelError as error:
        return f"Name one with --model. {error.message}"


def _named(settings: _Settings) -> ModelChoice:
    provider, slash, model_id = settings.name.partition("/")
    known = _providers()
    if provider in known:
        if not model_id:
            raise ConfigurationError(
                f"{settings.name} names a provider without a model.", f"Name one, as in {provider}/MODEL."
            )
    elif slash and not settings.openai_url:
        raise ConfigurationError(
            f"There is no provider {provider!r}.",
            f"Known are: local, {', '.join(sorted(known))}. For another service give its --base-url.",
        )
    else:
        provider, model_id = data("providers.yaml")["default"], settings.name
    reason = f"{provider}/{model_id}, as named by {settings.named_by}"
    return _remote(provider, model_id, settings, reason)


def _remote(provider: str, model_id: str, settings: _Settings, reason: str) -> ModelChoice:
    entry = _providers()[provider]
    own_url = _ollama_url(settings) if provider == "ollama" else None
    given = settings.openai_url if provider == "openai" else settings.flag_url
    url = (given or own_url or entry["base_url"]).rstrip("/")
    key = settings.key(entry["key"] or (_KEY_VARIABLE if given else None))
    if entry["key"] and key is None and url == entry["base_url"]:
        raise _key_missing(provider, entry["key"])
    mode = settings.variable(MODE_VARIABLE) or entry["mode"]
    if mode not in MODES:
        raise ConfigurationError(f"{MODE_VARIABLE} is {mode!r}.", f"Use one of: {', '.join(MODES)}.")
    if given and url != entry["base_url"]:
        reason = f"{reason}, at {host_of(url) or url}"
    return ModelChoice("openai", provider, model_id, url, key, mode, reason)


def _ollama_url(settings: _Settings) -> str | None:
    """OLLAMA_HOST as an address. It may lack the scheme or the port, and may be where a server listens."""
    host = settings.variable("OLLAMA_HOST").rstrip("/")
    if not host:
        return None
    if "://" not in host:
        host = f"http://{host.removeprefix(':') if host.count(':') > 1 else host}"
    try:
        parts = urlsplit(host)
        port = parts.port or 11434
    except ValueError as error:
        raise ConfigurationError("OLLAMA_HOST is no address.", "Set it as in localhost:11434.") from error
    name = parts.hostname or "localhost"
    name = "localhost" if name in ("0.0.0.0", "::") else name
    shown = f"[{name}]" if ":" in name else name
    return f"{parts.scheme}://{shown}:{port}{parts.path.removesuffix('/v1')}/v1"


def _key_missing(provider: str, variable: str) -> ConfigurationError:
    return ConfigurationError(
        f"{provider} needs a key, and {variable} is not set.", f"Set {variable}, or use --model local."
    )


def _is_openai(url: str) -> bool:
    return urlsplit(url).hostname == urlsplit(OPENAI_URL).hostname


def _providers() -> dict[str, dict[str, Any]]:
    providers: dict[str, dict[str, Any]] = data("providers.yaml")["providers"]
    return providers
