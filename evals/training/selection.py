"""Makes `summarizer/data/selection.json`: whether a sentence of an article is a claim, by its words and its place.

What the other parts say of a sentence is had from ones trained without the sentence's file. Two sets of weights:
`words`, and `encoded` for where the embedded model's vectors are there too; that one learns from the articles
whose states `encode.py` has had read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
import probe
import train
from dataset import LANGUAGES, LabelledArticle, articles
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import GroupKFold

from summarizer.extraction.entities import Discourse
from summarizer.extraction.interview import find_interview
from summarizer.extraction.ngrams import features
from summarizer.extraction.selecting import before, evidence
from summarizer.extraction.speaking import confirmed

TARGET = Path(__file__).parents[2] / "summarizer" / "data" / "selection.json"
TOPIC = "security-guarantees"
REGULARISATION_C = 0.3
FOLDS = 5
WAYS = ("words", "encoded")


@dataclass(frozen=True)
class Example:
    """A sentence of an article: what speaks for its being a claim, by way of judging, and whether it is one."""

    group: str
    article: str
    evidence: dict[str, dict[str, float]]
    own: float
    is_claim: bool


def examples(language: str) -> Iterator[Example]:
    """The sentences of a language's articles; the classifiers of words and vectors never saw their file."""
    rows, groups = train.read(language)
    documents = [features(r["text"], r["before"], language) for r in rows]
    every = articles(language)
    read = [e for labelled in every for e in probe.examples(labelled)]
    for _, test in GroupKFold(FOLDS).split(every, groups=[a.group for a in every]):
        out = {every[i].group for i in test}
        kept = [i for i, g in enumerate(groups) if g not in out]
        vocabulary = train.Vocabulary([documents[i] for i in kept])
        words = train.fitted(vocabulary.matrix([documents[i] for i in kept]), [rows[i]["kind"] for i in kept])
        vectors = probe.fitted([e for e in read if e.group not in out], probe.CLAIM)
        for i in test:
            yield from _of(every[i], vocabulary, words, vectors)


def _of(
    labelled: LabelledArticle, vocabulary: train.Vocabulary, words: LogisticRegression, vectors: LogisticRegression
) -> Iterator[Example]:
    document, claims = labelled.document, labelled.carrying
    plain = [s for s in document.sentences if not s.is_heading]
    seen = vocabulary.matrix(
        [features(document.text(s), before(document, s), labelled.article.language) for s in plain]
    )
    column = list(words.classes_).index(probe.CLAIM)
    own = {s.number: float(p) for s, p in zip(plain, words.predict_proba(seen)[:, column], strict=True)}
    tagged, interview = confirmed(Discourse(document)), find_interview(document)
    found = {"words": evidence(document, own, fmean(own.values()), tagged, interview, TOPIC)}
    by_vector = {n: v for n, v in probe.vectors(labelled).items() if n in own}
    if by_vector:
        column = list(vectors.classes_).index(probe.CLAIM)
        likely = vectors.predict_proba(np.array(list(by_vector.values())))[:, column]
        probed = dict(zip(by_vector, map(float, likely), strict=True))
        found["encoded"] = evidence(document, own, fmean(own.values()), tagged, interview, TOPIC, probed)
    for number, likely_by_words in own.items():
        if number in labelled.lines:
            values = {way: some[number] for way, some in found.items()}
            yield Example(labelled.group, labelled.article.source, values, likely_by_words, number in claims)


def fitted(matrix: NDArray[np.float64], labels: NDArray[np.bool_]) -> LogisticRegression:
    """The weights."""
    return LogisticRegression(C=REGULARISATION_C, max_iter=2000, fit_intercept=False).fit(matrix, labels)


def weights(found: Sequence[Example], way: str) -> dict[str, float]:
    """Train on both languages together, after printing figures on files left out."""
    names = sorted(found[0].evidence[way])
    matrix = np.array([[e.evidence[way][name] for name in names] for e in found])
    labels = np.array([e.is_claim for e in found])
    groups = np.array([e.group for e in found])
    placed = np.zeros(len(found))
    for group in sorted(set(groups)):
        rest = groups != group
        placed[~rest] = fitted(matrix[rest], labels[rest]).predict_proba(matrix[~rest])[:, 1]
    with_claims = {e.article for e in found if e.is_claim}
    silent = np.array([e.article not in with_claims for e in found])
    for language in LANGUAGES:
        chosen = np.array([group.startswith(language) for group in groups])
        print(f"{way}, {language}: {chosen.sum()} sentences of files left out")
        for name, values in (("own words", np.array([e.own for e in found])), ("all", placed)):
            area = roc_auc_score(labels[chosen], values[chosen])
            f1 = f1_score(labels[chosen], values[chosen] > 0.5)
            wrong = float((values[chosen & silent] > 0.5).mean())
            print(f"    {name}: AUC {area:.3f}, F1 {f1:.3f}; taken in articles without a claim {wrong:.3f}")
    return {name: round(float(w), 4) for name, w in zip(names, fitted(matrix, labels).coef_[0], strict=True)}


def main() -> None:
    """Train both ways."""
    found = [e for language in LANGUAGES for e in examples(language)]
    content = {way: weights([e for e in found if way in e.evidence], way) for way in WAYS}
    if "--no-write" not in sys.argv:
        TARGET.write_text(json.dumps(content, indent=0, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
