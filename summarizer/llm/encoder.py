"""Sentence vectors from the embedded model's hidden states, by a projection made for that model.

A sentence's mean state and its last one, standardised, projected on their principal components, which are scaled to
unit variance. Made by `evals/training/encode.py` from the sentences of the training articles.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from summarizer import resources

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# A vector's bytes are this many to a standard deviation.
STEPS = 24
_FURTHEST = 127
_FILE = "encoder.json"


@dataclass(frozen=True)
class Projection:
    """`components` has a row for each number of a vector."""

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    components: NDArray[np.float32]

    def vector(self, states: Sequence[Sequence[float]]) -> bytes:
        """The vector of a sentence, from the states at its tokens."""
        return self.of(pooled(states))

    def of(self, both: NDArray[np.float32]) -> bytes:
        """The vector of a sentence, from its mean state and the last one, joined."""
        import numpy as np

        steps = np.rint(self.components @ ((both - self.mean) / self.scale) * STEPS)
        vector: bytes = np.clip(steps, -_FURTHEST, _FURTHEST).astype(np.int8).tobytes()
        return vector


def pooled(states: Sequence[Sequence[float]]) -> NDArray[np.float32]:
    """The mean state and the last one, joined."""
    import numpy as np

    every = np.asarray(states, dtype=np.float32)
    return np.concatenate([every.mean(axis=0), every[-1]])


@cache
def projection() -> Projection:
    """The projection."""
    import numpy as np

    content = _content()
    rows = np.frombuffer(b64decode(content["components"]), dtype=np.int8).reshape(len(content["scales"]), -1)
    components = rows.astype(np.float32) * np.array(content["scales"], dtype=np.float32)[:, None]
    mean, scale = (np.frombuffer(b64decode(content[name]), dtype=np.float32) for name in ("mean", "scale"))
    return Projection(mean, scale, components)


def model() -> str | None:
    """The model that the projection was made for, None without one."""
    return _content().get("model")


@cache
def identity() -> str:
    """A short hash of the projection: vectors of another one mean something else."""
    return hashlib.sha256(_text().encode()).hexdigest()[:12]


@cache
def _content() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(_text() or "{}")
    return content


def _text() -> str:
    return resources.packed(_FILE) or ""
