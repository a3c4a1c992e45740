"""Which model to use: from `--model`, `--base-url`, the environment, and the keys that are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, SupportsIndex
from urllib.parse import urlsplit

from pydantic import SecretStr

from summarizer.errors import ConfigurationError, ModelError
from summarizer.llm.client import OPENAI_URL, OpenAIModel, offer, offered_models
from summarizer.llm.keys import Key, KeyStore, origin_of
from summarizer.llm.prices import price_of
from summarizer.llm.secrecy import keep_secret
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

    `reason` is one line for the user, such as `openai/gpt-5-mini, since OPENAI_API_KEY is set`. With a key it can't
    be pickled: what is pickled goes to files and to other machines.
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

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        if self.api_key is not None:
            raise TypeError("A chosen model holds its key, and can't be pickled: choose it again where it is used.")
        return super().__reduce_ex__(protocol)


@dataclass(frozen=True)
class _Settings:
    """What was said, and where: environment variables that are empty count as unset."""

    name: str
    named_by: str
    flag_url: str
    env: Mapping[str, str]
    stored: KeyStore

    def variable(self, name: str | None) -> str:
        return self.env.get(name, "").strip() if name else ""

    @property
    def openai_url(self) -> str:
        return self.flag_url or self.variable(_URL_VARIABLE)

    def key(self, variable: str | None, url: str, own_url: str) -> Key | None:
        """The key of the variable, or else the one that is stored for the address.

        Where `--base-url` names another address than the provider's own one, what is stored for it comes first: the
        variable's key is most likely the provider's.
        """
        text = self.variable(variable)
        found = Key(SecretStr(text), variable) if text and variable else None
        if self.flag_url and origin_of(url) != origin_of(own_url):
            found = self.stored.find(url) or found
        found = found or self.stored.find(url)
        if found is not None:
            keep_secret(found.value)
        return found


def choose_model(
    name: str | None,
    *,
    base_url: str | None,
    env: Mapping[str, str],
    offline: bool = False,
    stored: KeyStore | None = None,
) -> ModelChoice:
    """Choose by `--model` (`name`), else SUMMARIZER_MODEL, else the key that there is, else the embedded model.

    `base_url` wins over OPENAI_BASE_URL, which is for provider `openai` and bare names only. A key is the
    environment's, or else the one that is `stored` (by the user, if not given) for the address that is asked.
    Connects to nothing, except to list the models at a base URL for which no model was named.

    Raises:
        ConfigurationError: no such provider, no model named, no key, or one that can't be read, or `offline` with a
            remote model.
    """
    named = (name or "").strip()
    from_env = env.get(MODEL_VARIABLE, "").strip()
    settings = _Settings(
        named or from_env,
        "--model" if named else MODEL_VARIABLE,
        (base_url or "").strip(),
        env,
        stored or KeyStore(),
    )
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
    key = settings.key(_KEY_VARIABLE, url or OPENAI_URL, OPENAI_URL)
    if url and not _is_openai(url):
        raise ConfigurationError(
            f"No model is named for {host_of(url) or url}.", _what_is_there(url, key.value if key else None)
        )
    if key is None:
        if url:
            raise _key_missing("openai", _KEY_VARIABLE)
        return _local("", f"local, since no model is named and {_KEY_VARIABLE} is not set")
    model_id = _providers()["openai"]["default_model"]
    why = f"{_KEY_VARIABLE} is set" if key.place == _KEY_VARIABLE else f"a key is stored in {key.place}"
    return _remote("openai", model_id, settings, f"openai/{model_id}, since {why}")


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
    return _remote(provider, model_id, settings, None)


def _remote(provider: str, model_id: str, settings: _Settings, reason: str | None) -> ModelChoice:
    """The choice. Without a `reason` the user has named it."""
    entry = _providers()[provider]
    own_url = _ollama_url(settings) if provider == "ollama" else None
    given = settings.openai_url if provider == "openai" else settings.flag_url
    url = (given or own_url or entry["base_url"]).rstrip("/")
    key = settings.key(entry["key"] or (_KEY_VARIABLE if given else None), url, entry["base_url"])
    if entry["key"] and key is None and url == entry["base_url"]:
        raise _key_missing(provider, entry["key"])
    mode = settings.variable(MODE_VARIABLE) or entry["mode"]
    if mode not in MODES:
        raise ConfigurationError(f"{MODE_VARIABLE} is {mode!r}.", f"Use one of: {', '.join(MODES)}.")
    if reason is None:
        there = f", at {host_of(url) or url}" if given and url != entry["base_url"] else ""
        with_key = f", with the key in {key.place}" if key else ""
        reason = f"{provider}/{model_id}, as named by {settings.named_by}{there}{with_key}"
    return ModelChoice("openai", provider, model_id, url, key.value if key else None, mode, reason)


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
        f"{provider} needs a key, and {variable} is not set.",
        f"Set {variable}, store a key with `summarizer keys set {provider}`, or use --model local.",
    )


def _is_openai(url: str) -> bool:
    return urlsplit(url).hostname == urlsplit(OPENAI_URL).hostname


def _providers() -> dict[str, dict[str, Any]]:
    providers: dict[str, dict[str, Any]] = data("providers.yaml")["providers"]
    return providers
