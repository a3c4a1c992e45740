"""Where the packaged files are: `prompts/` and `schemas/`, in a wheel or beside the package in a checkout."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """The folder `prompts` or `schemas`: inside an installed wheel, or beside the package in a checkout."""
    packaged = _PACKAGE / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name


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
