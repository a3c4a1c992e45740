"""Where files are: `prompts/`, `schemas/` and data of the package, and the user's folders."""

from __future__ import annotations

import gzip
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """The folder `prompts` or `schemas`: inside an installed wheel, or beside the package in a checkout."""
    packaged = _PACKAGE / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name


def cache_folder() -> Path:
    """SUMMARIZER_CACHE, or the user's cache folder for the program."""
    from platformdirs import user_cache_path

    override = os.environ.get("SUMMARIZER_CACHE")
    return Path(override).expanduser() if override else user_cache_path("summarizer", appauthor=False)


def data_folder() -> Path:
    """The user's data folder for the program, for what is to stay."""
    from platformdirs import user_data_path

    return user_data_path("summarizer", appauthor=False)


def config_folder() -> Path:
    """SUMMARIZER_CONFIG, or the user's folder of settings for the program."""
    from platformdirs import user_config_path

    override = os.environ.get("SUMMARIZER_CONFIG")
    return Path(override).expanduser() if override else user_config_path("summarizer", appauthor=False)


def make_private_folder(path: Path) -> None:
    """Make a folder and those that it is in, if they are not there: nobody but the user may look into them.

    Raises:
        OSError: it can't be made.
    """
    if path.is_dir():
        return
    make_private_folder(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)


@cache
def data(name: str) -> Any:
    """A YAML or JSON file of `summarizer/data/`, parsed once."""
    text = (_PACKAGE / "data" / name).read_text(encoding="utf-8")
    if name.endswith(".json"):
        return json.loads(text)
    import yaml

    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def packed(name: str) -> str | None:
    """The text of a file of `summarizer/data/` that is there as `name.gz`, None if it isn't."""
    file = _PACKAGE / "data" / f"{name}.gz"
    return gzip.decompress(file.read_bytes()).decode() if file.is_file() else None
