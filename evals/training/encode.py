"""Makes `summarizer/data/encoder.json.gz`: which directions of the embedded model's hidden states make a vector.

python evals/training/encode.py                # read what isn't in STATES yet, then make the projection
python evals/training/encode.py --states-only
python evals/training/encode.py --no-read      # make the projection from what is there

Reading all articles takes hours on two cores: the model reads about 60 tokens a second.
"""

from __future__ import annotations

import hashlib
import json
import sys
from base64 import b64encode
from pathlib import Path

import numpy as np
from dataset import LANGUAGES, LabelledArticle, articles, whole_numbers, write_packed
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from summarizer.extraction.probing import readings
from summarizer.llm import encoder, weights
from summarizer.llm.local import LocalEncoder
from summarizer.llm.weights.catalogue import default_name

# Not kept in the repository: 6 kB a sentence.
STATES = Path(__file__).parent / "states"
NUMBERS = 256


def file_of(labelled: LabelledArticle) -> Path:
    """Where an article's states are kept."""
    return STATES / f"{hashlib.sha256(labelled.article.text.encode()).hexdigest()[:16]}.npz"


def stored(labelled: LabelledArticle) -> dict[int, NDArray[np.float32]] | None:
    """Each sentence's mean and last state, joined, by its number; None where the article wasn't read."""
    file = file_of(labelled)
    if not file.is_file():
        return None
    with np.load(file) as content:
        return dict(zip(content["numbers"].tolist(), content["states"].astype(np.float32), strict=True))


def read(labelled: LabelledArticle, model: LocalEncoder) -> None:
    """Have the model read an article."""
    numbers, rows = [], []
    for request, sentences in readings(labelled.document):
        numbers += [s.number for s in sentences]
        rows += [encoder.pooled(states) for states in model.states(request)]
    part = file_of(labelled).with_suffix(".part.npz")
    np.savez(part, numbers=np.array(numbers), states=np.array(rows, dtype=np.float16))
    part.replace(file_of(labelled))


def main() -> None:
    """Read, and make the projection."""
    every = [a for language in LANGUAGES for a in articles(language)]
    # In an order that mixes files, so that what is there when it is stopped is of all kinds.
    every.sort(key=lambda a: file_of(a).name)
    missing = [a for a in every if not file_of(a).is_file()]
    if missing and "--no-read" not in sys.argv:
        STATES.mkdir(exist_ok=True)
        model = LocalEncoder("local", weights.ensure(None), context_tokens=2048)
        for i, labelled in enumerate(missing, start=1):
            read(labelled, model)
            print(f"{i} of {len(missing)}", flush=True)
    if "--states-only" not in sys.argv:
        write(np.array([row for a in every for row in (stored(a) or {}).values()]))


def write(rows: NDArray[np.float32]) -> None:
    """Write the projection on the first principal components of the standardised states."""
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    components = PCA(NUMBERS, random_state=0).fit((rows - mean) / scale)
    directions = components.components_ / np.sqrt(components.explained_variance_)[:, None]
    whole, scales = whole_numbers(directions)
    content = {
        "model": default_name(),
        "sentences": len(rows),
        "mean": b64encode(mean.astype(np.float32).tobytes()).decode(),
        "scale": b64encode(scale.astype(np.float32).tobytes()).decode(),
        "scales": scales,
        "components": b64encode(whole.tobytes()).decode(),
    }
    target = write_packed("encoder.json", json.dumps(content, separators=(",", ":")))
    print(f"{target.name}: {len(rows)} sentences, {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
