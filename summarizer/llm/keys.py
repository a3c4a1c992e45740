"""Keys of services that the user has stored: in the system's keyring, or in a file that nobody else can read.

A key is stored for the origin of a service's address (scheme, host and port), and given out for no other.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from summarizer.errors import ConfigurationError
from summarizer.locking import exclusive
from summarizer.resources import config_folder, data, make_private_folder
from summarizer.whole_files import written_whole

SERVICE = "summarizer"
"""What the keys are called in the keyring; the name of each is its origin."""
_FORMAT = 1
_LONGEST_KEY = 8192
_LARGEST_FILE = 1_000_000
_DEFAULT_PORTS = {"http": "80", "https": "443"}
# Nothing that two libraries could read as two hosts: no credentials, backslash, escape, or character beyond ASCII.
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?(?:[/?#][!-~]*)?", re.I
)
_OTHER_WAYS = "Set the key's environment variable, or store it with `summarizer keys set NAME --in file`."


class Place(StrEnum):
    """Where a key is stored."""

    KEYRING = "keyring"
    FILE = "file"


@dataclass(frozen=True)
class Key:
    """A key, and where it comes from in words that follow "in"."""

    value: SecretStr
    place: str


@dataclass(frozen=True)
class _Stored:
    place: Place
    value: SecretStr | None = None


class KeyStore:
    """The keys that the user has stored. One file says where each is, and holds those that no keyring does."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or config_folder() / "keys.json"

    def find(self, url: str) -> Key | None:
        """The key that is stored for a service's address.

        Raises:
            ConfigurationError: the file or the keyring can't be read, or others may read the file.
        """
        origin = origin_of(url)
        stored = self._read().get(origin) if origin is not None else None
        if origin is None or stored is None:
            return None
        if stored.value is not None:
            return Key(stored.value, str(self.path))
        value = _from_keyring(origin)
        if value is None:
            raise ConfigurationError(
                f"The key for {name_of(origin)} is no longer in the keyring.",
                f"Store it again with `summarizer keys set {name_of(origin)}`.",
            )
        return Key(checked_key(value), "the keyring")

    def places(self) -> dict[str, Place]:
        """Where the keys are, by origin. Raises as `find` does."""
        return {origin: stored.place for origin, stored in sorted(self._read().items())}

    def store(self, origin: str, value: SecretStr, place: Place | None = None) -> Place:
        """Store a key in place of an earlier one; without a `place` in the keyring, or in the file if there is none.

        Raises:
            ConfigurationError: it can't be stored there.
        """
        with self._changed() as keys:
            if place is None:
                place = Place.KEYRING if has_keyring() else Place.FILE
            before = keys.get(origin)
            if place is Place.KEYRING:
                _into_keyring(origin, value)
            keys[origin] = _Stored(place, value if place is Place.FILE else None)
            if before is not None and before.place is Place.KEYRING and place is Place.FILE:
                _out_of_keyring(origin)
        return place

    def remove(self, origin: str) -> None:
        """Forget a key.

        Raises:
            ConfigurationError: none is stored for this origin, or it can't be removed.
        """
        with self._changed() as keys:
            stored = keys.pop(origin, None)
            if stored is None:
                raise ConfigurationError(f"No key is stored for {name_of(origin)}.", "See `summarizer keys list`.")
            if stored.place is Place.KEYRING:
                _out_of_keyring(origin)

    @contextmanager
    def _changed(self) -> Iterator[dict[str, _Stored]]:
        """The keys to be changed, by one process at a time; they are written when the block ends."""
        try:
            make_private_folder(self.path.parent)
            with exclusive(self.path.with_name(f"{self.path.name}.lock"), lambda: None):
                keys = self._read()
                yield keys
                content = {origin: _as_json(stored) for origin, stored in keys.items()}
                with written_whole(self.path, private=True) as file:
                    file.write(json.dumps({"format": _FORMAT, "keys": content}, indent=1).encode())
        except OSError as error:
            raise ConfigurationError(
                f"{self.path} can't be written: {error.strerror or error}.",
                "Set the key's environment variable, or SUMMARIZER_CONFIG to a folder of your own.",
            ) from None

    def _read(self) -> dict[str, _Stored]:
        try:
            # A named pipe must not be waited for.
            descriptor = os.open(self.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._unreadable(f"can't be read: {error.strerror or error}") from None
        try:
            self._check_private(os.fstat(descriptor))
            try:
                return _parsed(os.read(descriptor, _LARGEST_FILE))
            except (ConfigurationError, ValueError, TypeError, AttributeError, KeyError, OSError, RecursionError):
                # Without the cause: an error of the parser holds the whole text.
                problem = self._unreadable("is no file of keys, or one of another version")
        finally:
            os.close(descriptor)
        raise problem

    def _check_private(self, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST_FILE:
            raise self._unreadable("is no file of keys")
        if os.name != "posix":
            return
        if status.st_uid != os.geteuid():
            raise ConfigurationError(
                f"{self.path} belongs to another user, and so isn't read.",
                f"Remove it and store the keys again. {_OTHER_WAYS}",
            )
        if status.st_mode & 0o077:
            raise ConfigurationError(
                f"Others on this machine may read {self.path}, and so it isn't used.",
                f"chmod 600 {self.path}; if others can have read the keys, get new ones.",
            )

    def _unreadable(self, problem: str) -> ConfigurationError:
        return ConfigurationError(f"{self.path} {problem}.", f"Remove it and store the keys again. {_OTHER_WAYS}")


def _parsed(text: bytes) -> dict[str, _Stored]:
    content = json.loads(text)
    if content["format"] != _FORMAT:
        raise ValueError
    keys = {}
    for origin, entry in content["keys"].items():
        if origin_of(origin) != origin:
            raise ValueError
        place = Place(entry["in"])
        keys[origin] = _Stored(place, checked_key(entry["key"]) if place is Place.FILE else None)
    return keys


def _as_json(stored: _Stored) -> dict[str, str]:
    if stored.value is None:
        return {"in": stored.place.value}
    return {"in": stored.place.value, "key": stored.value.get_secret_value()}


def checked_key(text: object) -> SecretStr:
    """The key without spaces around it.

    Raises:
        ConfigurationError: it is none.
    """
    key = text.strip() if isinstance(text, str) else ""
    if not key or len(key) > _LONGEST_KEY or not re.fullmatch(r"[!-~]+", key):
        raise ConfigurationError(
            "That is no key: it is empty, too long, or has spaces or characters that no key has.", "Copy it again."
        )
    return SecretStr(key)


def origin_of(url: str) -> str | None:
    """Scheme, host and port of an address, in one spelling; None where the host isn't beyond doubt."""
    match = _ADDRESS.fullmatch(url.strip())
    if match is None:
        return None
    scheme, host, port = match["scheme"].lower(), match["host"].lower(), match["port"]
    number = port.lstrip("0") if port else ""
    return f"{scheme}://{host}" + (f":{number}" if number and number != _DEFAULT_PORTS[scheme] else "")


def service_origin(name: str) -> str:
    """The origin that a provider, its key's variable, or an address stands for.

    Raises:
        ConfigurationError: it is none of these.
    """
    providers = data("providers.yaml")["providers"]
    for provider, entry in providers.items():
        if name in (provider, entry["key"]):
            return str(origin_of(entry["base_url"]))
    origin = origin_of(name)
    if origin is None:
        # Not what was given: it may be the key.
        raise ConfigurationError(
            "That is no service whose key could be stored.",
            f"Name a provider ({', '.join(sorted(providers))}), the variable of its key, or an address "
            "(https://my.host/v1). The key itself is asked for, or read from stdin with `-`; one that was given as "
            "an argument is in the shell's history now.",
        )
    return origin


def name_of(origin: str) -> str:
    """The provider at an origin, or the origin itself."""
    providers = data("providers.yaml")["providers"]
    return next((name for name, entry in providers.items() if origin_of(entry["base_url"]) == origin), origin)


def has_keyring() -> bool:
    """Whether there is a keyring that keeps secrets."""
    with suppress(ConfigurationError):
        return _keyring() is not None
    return False


def _keyring() -> Any:
    """The keyring.

    Raises:
        ConfigurationError: there is none, or one that keeps no secret.
    """
    try:
        import keyring
    except ImportError:
        raise ConfigurationError(
            "The package keyring is not installed.", f"pip install 'summarizer[keyring]'. {_OTHER_WAYS}"
        ) from None
    try:
        chosen = keyring.get_keyring()
        # Several at once are tried in turn, and the last one may be a plain file.
        chosen = next(iter(getattr(chosen, "backends", [])), chosen)
        # What keyring doesn't recommend has less than 1: none at all, and files without or with a poor encryption.
        usable = chosen.priority >= 1
    except Exception as error:
        raise _keyring_failed(error) from None
    if not usable:
        raise ConfigurationError("There is no keyring here that keeps secrets.", _OTHER_WAYS)
    return chosen


def _keyring_failed(error: Exception) -> ConfigurationError:
    # Not its words: they are another program's, which was handed the key.
    return ConfigurationError(f"The keyring can't be used ({type(error).__name__}).", f"Unlock it. {_OTHER_WAYS}")


def _from_keyring(origin: str) -> str | None:
    chosen = _keyring()
    try:
        value: str | None = chosen.get_password(SERVICE, origin)
    except Exception as error:
        raise _keyring_failed(error) from None
    return value


def _into_keyring(origin: str, value: SecretStr) -> None:
    chosen = _keyring()
    try:
        chosen.set_password(SERVICE, origin, value.get_secret_value())
    except Exception as error:
        raise _keyring_failed(error) from None


def _out_of_keyring(origin: str) -> None:
    chosen = _keyring()
    try:
        # One that was removed by other means is gone, too.
        if chosen.get_password(SERVICE, origin) is not None:
            chosen.delete_password(SERVICE, origin)
    except Exception as error:
        raise _keyring_failed(error) from None
