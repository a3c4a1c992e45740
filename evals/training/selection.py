"""Makes `summarizer/data/selection.json`: whether a sentence of an article is a claim, by its words and its place.

What the other parts say of a sentence is had from ones trained without the sentence's file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import train
from dataset import LANGUAGES, LabelledArticle, articles
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score

from summarizer.extraction.entities import Discourse
from summarizer.extraction.interview import find_interview
from summarizer.extraction.ngrams import features
from summarizer.extraction.selecting import before, evidence
from summarizer.extraction.speaking import confirmed

TARGET = Path(__file__).parents[2] / "summarizer" / "data" / "selection.json"
TOPIC = "security-guarantees"
REGULARISATION_C = 0.3


@dataclass(frozen=True)
class Example:
    """A sentence of an article: what speaks for its being a claim, and whether it is one."""

    group: str
    evidence: dict[str, float]
    own: float
    is_claim: bool


def carrying(labelled: LabelledArticle) -> set[int]:
    """Numbers of the sentences that carry a claim."""
    return {n - back for n, line in labelled.lines.items() for c in line.claims for back in range(c.earlier + 1)}


def examples(language: str) -> Iterator[Example]:
    """The sentences of articles with claims; the classifier of words never saw their file."""
    rows, groups = train.read(language)
    documents = [features(r["text"], r["before"], language) for r in rows]
    every = articles(language)
    for group in sorted({a.group for a in every}):
        kept = [i for i, g in enumerate(groups) if g != group]
        vocabulary = train.Vocabulary([documents[i] for i in kept])
        model = train.fitted(vocabulary.matrix([documents[i] for i in kept]), [rows[i]["kind"] for i in kept])
        column = list(model.classes_).index("claim")
        for labelled in every:
            claims = carrying(labelled)
            if labelled.group != group or not claims:
                continue
            document = labelled.document
            plain = [s for s in document.sentences if not s.is_heading]
            seen = vocabulary.matrix([features(document.text(s), before(document, s), language) for s in plain])
            own = {s.number: float(p) for s, p in zip(plain, model.predict_proba(seen)[:, column], strict=True)}
            tagged = confirmed(Discourse(document))
            for number, values in evidence(document, own, tagged, find_interview(document), TOPIC).items():
                if number in labelled.lines:
                    yield Example(group, values, own[number], number in claims)


def fitted(matrix: NDArray[np.float64], labels: NDArray[np.bool_]) -> LogisticRegression:
    """The weights."""
    return LogisticRegression(C=REGULARISATION_C, max_iter=2000, fit_intercept=False).fit(matrix, labels)


def main() -> None:
    """Train on both languages together."""
    found = [e for language in LANGUAGES for e in examples(language)]
    names = sorted(found[0].evidence)
    matrix = np.array([[e.evidence[name] for name in names] for e in found])
    labels = np.array([e.is_claim for e in found])
    own = np.array([e.own for e in found])
    groups = np.array([e.group for e in found])
    placed = np.zeros(len(found))
    for group in sorted(set(groups)):
        rest = groups != group
        placed[~rest] = fitted(matrix[rest], labels[rest]).predict_proba(matrix[~rest])[:, 1]
    for language in LANGUAGES:
        chosen = np.array([group.startswith(language) for group in groups])
        print(f"{language}: {chosen.sum()} sentences of files left out")
        for name, values in (("own words", own), ("own words and place", placed)):
            area = roc_auc_score(labels[chosen], values[chosen])
            print(f"    {name}: AUC {area:.3f}, F1 {f1_score(labels[chosen], values[chosen] > 0.5):.3f}")
    weights = {name: round(float(w), 4) for name, w in zip(names, fitted(matrix, labels).coef_[0], strict=True)}
    if "--no-write" not in sys.argv:
        TARGET.write_text(json.dumps(weights, indent=0, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
