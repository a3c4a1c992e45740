"""Makes `summarizer/data/probe.json.gz`: claim, stance and measure from the embedded model's vector of a sentence.

python evals/training/probe.py            # print figures on files left out, then write the weights
python evals/training/probe.py --no-write

Learns from the articles whose states `encode.py` has had read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import encode
import numpy as np
import train
from dataset import LANGUAGES, LabelledArticle, articles, write_packed
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from summarizer.llm import encoder

# By question, chosen on files left out.
REGULARISATION_C = {"claim": 0.03, "stance": 0.01, "measure": 0.01}
FOLDS = 5
CLAIM = "claim"
_DECIMALS = 4


@dataclass(frozen=True)
class Example:
    """A sentence: its file, its vector, and the right label for each question that it teaches."""

    group: str
    vector: NDArray[np.float32]
    labels: Mapping[str, str]


def vectors(labelled: LabelledArticle) -> dict[int, NDArray[np.float32]]:
    """The vectors of an article's sentences as the program would have them; empty where it wasn't read."""
    found = encode.stored(labelled) or {}
    return {number: as_numbers(both) for number, both in found.items()}


def as_numbers(both: NDArray[np.float32]) -> NDArray[np.float32]:
    """A vector's numbers, from the mean state and the last one."""
    return np.frombuffer(encoder.projection().of(both), dtype=np.int8).astype(np.float32) / np.float32(encoder.STEPS)


def examples(labelled: LabelledArticle) -> Iterator[Example]:
    """The sentences of an article."""
    found = vectors(labelled)
    for row in train.rows(labelled):
        if row["number"] in found:
            labels = {name: str(row[name]) for name in ("stance", "measure") if row[name] is not None}
            labels[CLAIM] = CLAIM if row["kind"] == CLAIM else "other"
            yield Example(labelled.group, found[row["number"]], labels)


def fitted(some: Sequence[Example], question: str) -> LogisticRegression:
    """A head."""
    chosen = [e for e in some if question in e.labels]
    model = LogisticRegression(C=REGULARISATION_C[question], max_iter=1000, class_weight="balanced")
    return model.fit(np.array([e.vector for e in chosen]), [e.labels[question] for e in chosen])


def left_out(some: Sequence[Example], question: str) -> float:
    """Accuracy on files that were left out; for claims the area under the ROC curve."""
    chosen = [e for e in some if question in e.labels]
    truth, given = [], []
    for rest, test in GroupKFold(FOLDS).split(chosen, groups=[e.group for e in chosen]):
        model = fitted([chosen[i] for i in rest], question)
        seen = np.array([chosen[i].vector for i in test])
        truth += [chosen[i].labels[question] for i in test]
        given += list(model.predict_proba(seen)[:, 0] if question == CLAIM else model.predict(seen))
    if question == CLAIM:
        return float(roc_auc_score([label == CLAIM for label in truth], given))
    return float(np.mean([a == b for a, b in zip(truth, given, strict=True)]))


def head(model: LogisticRegression) -> dict[str, Any]:
    """A head as it is written; one with two labels has a row for each of them, too."""
    weights, intercepts = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        weights, intercepts = np.vstack([-weights, weights]) / 2, np.concatenate([-intercepts, intercepts]) / 2
    return {
        "labels": list(model.classes_),
        "intercepts": [round(float(x), _DECIMALS) for x in intercepts],
        "weights": [[round(float(x), _DECIMALS) for x in row] for row in weights],
    }


def main() -> None:
    """Train every language."""
    content: dict[str, Any] = {"encoder": encoder.identity(), "languages": {}}
    for language in LANGUAGES:
        some = [e for labelled in articles(language) for e in examples(labelled)]
        for question in REGULARISATION_C:
            figure = "AUC" if question == CLAIM else "accuracy"
            print(f"{language} {question}: {len(some)} sentences, {figure} {left_out(some, question):.3f}", flush=True)
        content["languages"][language] = {question: head(fitted(some, question)) for question in REGULARISATION_C}
    if "--no-write" not in sys.argv[1:]:
        target = write_packed("probe.json", json.dumps(content, separators=(",", ":")))
        print(f"{target.name}: {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
