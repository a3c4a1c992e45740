"""Keys that are stored: where, for whom, and who may read them."""

from __future__ import annotations

import json
import os
import pickle
import pty
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import command
import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kept_keyring import FILE_VARIABLE, Kept, Locked, Plain
from keyring.backends import fail, null
from openai_server import OpenAIServer
from pydantic import SecretStr

from summarizer import Summarizer
from summarizer.errors import ConfigurationError
from summarizer.llm.keys import KeyStore, Place, has_keyring, origin_of, service_origin
from summarizer.llm.selection import ModelChoice, choose_model
from summarizer.resources import data, make_private_folder

KEY = "sk-planted-Zq8xW1vB7nM4"
OTHER = "sk-other-Hy5tR3eK9pL2"
OPENAI = "https://api.openai.com"
PROVIDERS = data("providers.yaml")["providers"]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeyStore:
    monkeypatch.setenv("SUMMARIZER_CONFIG", str(tmp_path / "config" / "summarizer"))
    return KeyStore()


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "ring.json"))
    before, kept = keyring.get_keyring(), Kept()
    keyring.set_keyring(kept)
    yield kept
    keyring.set_keyring(before)


@pytest.fixture
def no_ring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> command.Call:
    for name in [name for name in os.environ if name.endswith("_API_KEY")]:
        monkeypatch.delenv(name)
    called = command.caller(monkeypatch, capsysbinary, "keys")

    def call(*arguments: object, stdin: bytes = b"") -> command.Ended:
        ended = called(*arguments, stdin=stdin)
        assert KEY not in ended.out + ended.err
        return ended

    return call


def value(store: KeyStore, url: str) -> str | None:
    found = store.find(url)
    return found.value.get_secret_value() if found else None


def choose(
    name: str | None, base_url: str | None = None, store: KeyStore | None = None, offline: bool = False, **env: str
) -> ModelChoice:
    return choose_model(name, base_url=base_url, env=env, stored=store, offline=offline)


def key_of(choice: ModelChoice) -> str | None:
    return choice.api_key.get_secret_value() if choice.api_key else None


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# Where and how they are stored


def test_a_key_in_the_file(store: KeyStore) -> None:
    before = os.umask(0)
    try:
        assert store.store(OPENAI, SecretStr(KEY), Place.FILE) is Place.FILE
    finally:
        os.umask(before)
    assert value(store, PROVIDERS["openai"]["base_url"]) == KEY
    assert mode(store.path) == 0o600 and mode(store.path.parent) == mode(store.path.parent.parent) == 0o700
    assert sorted(p.name for p in store.path.parent.iterdir()) == ["keys.json", "keys.json.lock"]
    assert KEY not in repr(store.find(OPENAI))
    store.store(OPENAI, SecretStr(OTHER), Place.FILE)
    assert value(store, OPENAI) == OTHER and KEY not in store.path.read_text()
    store.remove(OPENAI)
    assert value(store, OPENAI) is None and OTHER not in store.path.read_text()
    with pytest.raises(ConfigurationError, match="openai"):
        store.remove(OPENAI)


def test_no_moment_at_which_others_may_read_it(store: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    modes = []
    monkeypatch.setattr("os.fsync", lambda descriptor: modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode)))
    store.store(OPENAI, SecretStr(KEY), Place.FILE)
    store.path.chmod(0o600)
    store.store(OPENAI, SecretStr(OTHER), Place.FILE)
    assert modes == [0o600, 0o600]


def test_a_key_in_the_keyring(store: KeyStore, ring: Kept) -> None:
    assert store.store(OPENAI, SecretStr(KEY)) is Place.KEYRING
    assert ring.content() == {f"summarizer {OPENAI}": KEY}
    assert KEY not in store.path.read_text()
    found = store.find("https://api.openai.com/v1")
    assert found is not None and found.place == "the keyring" and found.value.get_secret_value() == KEY
    store.store(OPENAI, SecretStr(OTHER), Place.FILE)
    assert ring.content() == {} and value(store, OPENAI) == OTHER
    store.store(OPENAI, SecretStr(KEY), Place.KEYRING)
    assert OTHER not in store.path.read_text()
    store.remove(OPENAI)
    assert ring.content() == {} and store.places() == {}


@pytest.mark.parametrize("backend", [null.Keyring, fail.Keyring, Plain])
def test_a_keyring_that_keeps_no_secret_is_not_used(store: KeyStore, ring: Kept, backend: type) -> None:
    keyring.set_keyring(backend())
    assert not has_keyring()
    assert store.store(OPENAI, SecretStr(KEY)) is Place.FILE
    with pytest.raises(ConfigurationError, match="--in file"):
        store.store(OPENAI, SecretStr(KEY), Place.KEYRING)
    assert ring.content() == {} and value(store, OPENAI) == KEY


def test_of_several_keyrings_the_best_is_used(store: KeyStore, ring: Kept) -> None:
    from keyring.backends.chainer import ChainerBackend

    class Several(ChainerBackend):
        backends = (ring, Plain())

    keyring.set_keyring(Several())
    assert store.store(OPENAI, SecretStr(KEY)) is Place.KEYRING and ring.content()
    Several.backends = (Plain(),)
    assert not has_keyring()


def test_a_keyring_that_cant_be_used_is_said_and_repeats_nothing(store: KeyStore, ring: Kept) -> None:
    store.store(OPENAI, SecretStr(KEY))
    keyring.set_keyring(Locked())
    for attempt in (
        lambda: store.find(OPENAI),
        lambda: store.store(OPENAI, SecretStr(OTHER)),
        lambda: store.remove(OPENAI),
        lambda: choose(None, store=store),
    ):
        with pytest.raises(ConfigurationError, match=r"KeyringLocked.*--in file") as caught:
            attempt()
        assert OTHER not in str(caught.value) and caught.value.__suppress_context__
    assert choose("local", store=store).kind == choose(None, offline=True, store=store).kind == "local"
    keyring.set_keyring(ring)
    assert value(store, OPENAI) == KEY
    ring.delete_password("summarizer", OPENAI)
    with pytest.raises(ConfigurationError, match="no longer in the keyring"):
        store.find(OPENAI)


def test_without_the_package_the_file_is_used(store: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert store.store(OPENAI, SecretStr(KEY)) is Place.FILE
    with pytest.raises(ConfigurationError, match=r"summarizer\[keyring\]"):
        store.store(OPENAI, SecretStr(KEY), Place.KEYRING)


# Files that aren't trusted


@pytest.mark.parametrize("rights", [0o640, 0o604, 0o660, 0o620, 0o644, 0o610])
def test_a_file_that_others_may_read_is_refused(store: KeyStore, rights: int) -> None:
    store.store(OPENAI, SecretStr(KEY), Place.FILE)
    store.path.chmod(rights)
    for attempt in (lambda: store.find(OPENAI), store.places, lambda: choose("gpt-5", store=store)):
        with pytest.raises(ConfigurationError, match=f"chmod 600 {store.path}") as caught:
            attempt()
        assert KEY not in str(caught.value)
    assert key_of(choose("gpt-5", store=store, OPENAI_API_KEY=OTHER)) == OTHER


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user_is_refused(store: KeyStore) -> None:
    store.store(OPENAI, SecretStr(KEY), Place.FILE)
    os.chown(store.path, 65534, -1)
    with pytest.raises(ConfigurationError, match="belongs to another user"):
        store.find(OPENAI)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        json.dumps({"format": 2, "keys": {}}).encode(),
        json.dumps({"format": 1}).encode(),
        json.dumps({"format": 1, "keys": [KEY]}).encode(),
        json.dumps({"format": 1, "keys": {OPENAI: KEY}}).encode(),
        json.dumps({"format": 1, "keys": {OPENAI: {"in": "file"}}}).encode(),
        json.dumps({"format": 1, "keys": {OPENAI: {"in": "pocket", "key": KEY}}}).encode(),
        json.dumps({"format": 1, "keys": {OPENAI: {"in": "file", "key": f"{KEY} {KEY}"}}}).encode(),
        json.dumps({"format": 1, "keys": {f"{OPENAI}/v1": {"in": "file", "key": KEY}}}).encode(),
        json.dumps({"format": 1, "keys": {f"{OPENAI}@evil.example": {"in": "file", "key": KEY}}}).encode(),
        json.dumps({"format": 1, "keys": {OPENAI: {"in": "file", "key": KEY}}}).encode()[:-3],
        json.dumps({"format": 1, "keys": {OPENAI: {"in": "file", "key": KEY}}}).encode() + b" " * 2_000_000 + b"}",
    ],
)
def test_a_file_that_is_none_is_said_without_what_is_in_it(store: KeyStore, content: bytes) -> None:
    make_private_folder(store.path.parent)
    store.path.write_bytes(content)
    store.path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="no file of keys") as caught:
        store.find(OPENAI)
    assert KEY not in str(caught.value) and caught.value.__context__ is None


def test_a_pipe_or_a_folder_in_its_place_is_not_waited_for(store: KeyStore) -> None:
    make_private_folder(store.path.parent)
    os.mkfifo(store.path, 0o600)
    with pytest.raises(ConfigurationError, match="is no file of keys"):
        store.find(OPENAI)
    store.path.unlink()
    store.path.mkdir()
    with pytest.raises(ConfigurationError, match="is no file of keys"):
        store.find(OPENAI)


def test_a_folder_that_cant_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigurationError, match="SUMMARIZER_CONFIG"):
        KeyStore(tmp_path / "file" / "keys.json").store(OPENAI, SecretStr(KEY), Place.FILE)


def test_two_that_store_keys_at_once_lose_none(store: KeyStore) -> None:
    origins = [f"https://host{number}.example" for number in range(12)]
    threads = [threading.Thread(target=KeyStore().store, args=(o, SecretStr(KEY), Place.FILE)) for o in origins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(store.places()) == sorted(origins)


# Whom a key is for


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.openai.com/v1", OPENAI),
        ("HTTPS://API.OpenAI.com:443/v1/", OPENAI),
        (" https://api.openai.com ", OPENAI),
        ("https://api.openai.com:0443", OPENAI),
        ("https://api.openai.com?x#y", OPENAI),
        ("http://api.openai.com/v1", "http://api.openai.com"),
        ("https://api.openai.com:8443/v1", "https://api.openai.com:8443"),
        ("https://api.openai.com./v1", "https://api.openai.com."),
        ("https://evil.example/api.openai.com", "https://evil.example"),
        ("http://[::1]:8000/v1", "http://[::1]:8000"),
        ("https://api.openai.com@evil.example/v1", None),
        ("https://evil.example\\@api.openai.com/v1", None),
        ("https://evil.example\\.api.openai.com/v1", None),
        ("https://api.openai.com%2eevil.example/v1", None),
        ("https://api.openai.com\t.evil.example/v1", None),
        ("https://api.openai.com/v1\n", OPENAI),
        ("https://api.openai.com/v1\r\nHost: evil.example", None),
        ("https://api.openаi.com/v1", None),
        ("https://api.openai.com。evil.example/v1", None),
        ("https:///v1", None),
        ("//api.openai.com/v1", None),
        ("api.openai.com/v1", None),
        ("ftp://api.openai.com/v1", None),
        ("https://api.openai.com:99999999/v1", None),
        ("", None),
    ],
)
def test_an_address_is_known_by_its_origin(url: str, origin: str | None) -> None:
    assert origin_of(url) == origin


PARTS = st.sampled_from(
    ["api.openai.com", "evil.example", "@", ":", "443", "8443", "\\", "/", "?", "#", "[::1]", "%40"]
)


@given(st.lists(PARTS, max_size=6).map("".join), st.sampled_from(["https://", "http://", "HTTPS://"]))
def test_the_origin_is_where_the_client_connects_to(rest: str, scheme: str) -> None:
    import httpx

    origin = origin_of(scheme + rest)
    if origin is None:
        return
    try:
        url = httpx.URL(scheme + rest)
    except httpx.InvalidURL:
        return
    host = f"[{url.host}]" if ":" in url.host else url.host
    assert origin == f"{url.scheme}://{host}" + (f":{url.port}" if url.port else "")
    assert urlsplit(scheme + rest).hostname == url.host


def test_names_of_services() -> None:
    for provider, entry in PROVIDERS.items():
        origin = service_origin(provider)
        assert entry["base_url"].startswith(origin) and origin_of(origin) == origin
        if entry["key"]:
            assert service_origin(entry["key"]) == origin
    assert service_origin("https://my.host:8000/v1") == "https://my.host:8000"
    for wrong in ("", "acme", KEY, "https://user:pass@my.host/v1"):
        with pytest.raises(ConfigurationError) as caught:
            service_origin(wrong)
        assert not wrong or wrong not in str(caught.value)


def test_the_environment_comes_first_then_what_is_stored(store: KeyStore) -> None:
    assert choose(None, store=store).kind == "local"
    store.store(OPENAI, SecretStr(KEY), Place.FILE)
    choice = choose(None, store=store)
    assert choice.reason == f"openai/gpt-5-mini, since a key is stored in {store.path}" and key_of(choice) == KEY
    named = choose("gpt-5", store=store)
    assert named.reason == f"openai/gpt-5, as named by --model, with the key in {store.path}" and key_of(named) == KEY
    from_env = choose("gpt-5", store=store, OPENAI_API_KEY=OTHER)
    assert key_of(from_env) == OTHER and from_env.reason.endswith("with the key in OPENAI_API_KEY")
    assert key_of(choose(None, "https://api.openai.com/v1/", store=store, OPENAI_API_KEY=OTHER)) == OTHER


def test_the_reason_names_the_keyring(store: KeyStore, ring: Kept) -> None:
    store.store(OPENAI, SecretStr(KEY))
    assert choose(None, store=store).reason == "openai/gpt-5-mini, since a key is stored in the keyring"


@pytest.mark.parametrize("provider", sorted(name for name, entry in PROVIDERS.items() if entry["key"]))
def test_a_providers_key_goes_to_no_other_host(provider: str, store: KeyStore) -> None:
    store.store(service_origin(provider), SecretStr(KEY), Place.FILE)
    assert key_of(choose(f"{provider}/m", store=store)) == KEY
    elsewhere = [
        "https://evil.example/v1",
        "http://127.0.0.1:1/v1",
        PROVIDERS[provider]["base_url"].replace("https", "http"),
        service_origin(provider) + ":8443/v1",
        service_origin(provider) + "@evil.example/v1",
        service_origin(provider) + ".evil.example/v1",
        *(entry["base_url"] for name, entry in PROVIDERS.items() if name != provider),
    ]
    for url in elsewhere:
        assert key_of(choose(f"{provider}/m", url, store)) is None
        if provider == "openai":
            assert key_of(choose("m", store=store, OPENAI_BASE_URL=url)) is None
    for other in PROVIDERS.keys() - {provider}:
        url = PROVIDERS[provider]["base_url"]
        assert key_of(choose(f"{other}/m", url, store)) == KEY, "the same host, whatever it is called"


def test_a_key_that_is_stored_for_an_address_goes_before_the_variables(store: KeyStore) -> None:
    store.store("https://my.host", SecretStr(KEY), Place.FILE)
    assert key_of(choose("m", "https://my.host/v1", store, OPENAI_API_KEY=OTHER)) == KEY
    assert key_of(choose("groq/m", "https://my.host/v1", store, GROQ_API_KEY=OTHER)) == KEY
    assert key_of(choose("m", "https://my.host:1/v1", store, OPENAI_API_KEY=OTHER)) == OTHER
    # Both from the environment: they belong together.
    assert key_of(choose("m", None, store, OPENAI_API_KEY=OTHER, OPENAI_BASE_URL="https://my.host/v1")) == OTHER
    assert key_of(choose("m", None, store, OPENAI_BASE_URL="https://my.host/v1")) == KEY


def test_servers_without_a_variable_get_a_stored_key_for_their_address_only(store: KeyStore) -> None:
    store.store(service_origin("ollama"), SecretStr(KEY), Place.FILE)
    assert key_of(choose("ollama/m", store=store)) == KEY
    assert key_of(choose("ollama/m", store=store, OLLAMA_HOST="box")) is None
    assert key_of(choose("vllm/m", store=store)) is None


def test_a_stored_key_reaches_its_server(store: KeyStore) -> None:
    with OpenAIServer(models=("alpha",), key=KEY) as server, OpenAIServer(models=("alpha",)) as other:
        for running in (server, other):
            running.reply_with(lambda request: {"claims": []})
        store.store(str(origin_of(server.base_url)), SecretStr(KEY), Place.FILE)
        for running in (server, other):
            with Summarizer("alpha", base_url=running.base_url) as summarizer:
                summarizer.summarize("Macron sagte, Frankreich werde Truppen in die Ukraine entsenden.")
        assert {request.key for request in server.requests} == {KEY}
        assert {request.key for request in other.requests} == {"no-key"}
        with pytest.raises(ConfigurationError, match="alpha"):
            choose(None, server.base_url, store)


def test_a_choice_with_a_key_cant_be_pickled(store: KeyStore) -> None:
    choice = choose("gpt-5", store=store, OPENAI_API_KEY=KEY)
    assert KEY not in repr(choice) + str(choice)
    with pytest.raises(TypeError, match="choose it again"):
        pickle.dumps(choice)
    assert pickle.loads(pickle.dumps(choose("local", store=store))).kind == "local"


# The command


def test_keys_are_set_listed_and_removed(run: command.Call, store: KeyStore, no_ring: None) -> None:
    ended = run("set", "openai", "-", stdin=f" {KEY}\r\n".encode())
    assert ended.code == 0 and ended.out == "" and str(store.path) in ended.err
    assert run("set", "https://My.Host:443/v1", "-", "--in", "file", stdin=KEY.encode()).code == 0
    assert run("set", "GROQ_API_KEY", "-", stdin=KEY.encode()).code == 0
    assert run("list").out.splitlines() == [
        f"groq\t{store.path}",
        f"openai\t{store.path}",
        f"https://my.host\t{store.path}",
    ]
    assert run("rm", "OPENAI_API_KEY").code == 0
    assert run("rm", "https://my.host/other").code == 0
    assert run("list").out == f"groq\t{store.path}\n"
    assert run("rm", "openai").code == 2


def test_keys_of_the_environment_are_listed(
    run: command.Call, store: KeyStore, ring: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", KEY)
    assert run("set", "openai", "-", stdin=KEY.encode()).code == 0
    assert run("list").out == "mistral\tMISTRAL_API_KEY in the environment\nopenai\tthe keyring\n"


@pytest.mark.parametrize("stdin", [b"", b"\n", b"a b\n", b"k\xc3\xa4y\n", b"k\x00y\n", b"k" * 9000, b"k" * 2_000_000])
def test_what_is_no_key_is_not_stored(run: command.Call, store: KeyStore, no_ring: None, stdin: bytes) -> None:
    assert run("set", "openai", "-", stdin=stdin).code == 2
    assert not store.path.exists()


@pytest.mark.parametrize("arguments", [("openai", KEY), (KEY,), ("--", KEY, "-")])
def test_a_key_as_an_argument_is_refused_and_not_repeated(
    run: command.Call, store: KeyStore, arguments: tuple[str, ...]
) -> None:
    assert run("set", *arguments).code == 2
    assert not store.path.exists()


def test_without_a_terminal_it_says_how_to_pipe_the_key(run: command.Call, store: KeyStore) -> None:
    ended = run("set", "openai", stdin=KEY.encode())
    assert ended.code == 2 and "`-`" in ended.err


def test_over_http_it_warns(run: command.Call, store: KeyStore, no_ring: None) -> None:
    assert "without encryption" in run("set", "http://box:8000/v1", "-", stdin=KEY.encode()).err


def test_the_key_is_asked_for_without_echo(store: KeyStore) -> None:
    parent, child = pty.openpty()
    environment = {**os.environ, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    with subprocess.Popen(
        [sys.executable, "-m", "summarizer", "keys", "set", "openai"],
        stdin=child,
        stdout=child,
        stderr=child,
        env=environment,
        start_new_session=True,
    ) as asking:
        os.close(child)
        said = b""
        while b"not shown" not in said:
            said += os.read(parent, 1000)
        os.write(parent, f"{KEY}\n".encode())
        try:
            while piece := os.read(parent, 1000):
                said += piece
        except OSError:
            pass  # Linux says so when the other side has closed it.
    os.close(parent)
    assert asking.returncode == 0 and value(store, OPENAI) == KEY
    assert KEY not in said.decode()


def test_help_and_completion(run: command.Call, store: KeyStore, ring: Kept) -> None:
    assert "keys set openai" in run("set", "--help").out
    environment = {**os.environ, "_SUMMARIZER_COMPLETE": "complete_bash", "COMP_CWORD": "3"}
    words = {"set": "summarizer keys set open", "rm": "summarizer keys rm https://my"}
    assert run("set", "https://my.host/v1", "-", stdin=KEY.encode()).code == 0
    for word, expected in (("set", "openrouter"), ("rm", "https://my.host")):
        completed = subprocess.run(
            [sys.executable, "-c", "from summarizer.cli import app; app(prog_name='summarizer')"],
            env={**environment, "COMP_WORDS": words[word]},
            capture_output=True,
            text=True,
            check=False,
        )
        assert expected in completed.stdout, completed.stderr
