"""Where the packaged files are: `prompts/` and `schemas/`, in a wheel or beside the package in a checkout."""

from __future__ import annotations

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
    """A YAML file of `summarizer/data/`, parsed once."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load((_PACKAGE / "data" / name).read_text(encoding="utf-8"), Loader=loader)
