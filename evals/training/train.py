"""Makes the classifier's weights, `summarizer/data/classifier.LANGUAGE.json.gz`, from the sentences beside this file.

python evals/training/train.py            # print cross-validated accuracies, then write the weights
python evals/training/train.py --no-write
python evals/training/train.py --quick    # write only
"""

from __future__ import annotations

import json
import math
import sys
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from dataset import LANGUAGES, LabelledArticle, articles, sentences, whole_numbers, write_packed
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from summarizer.extraction.ngrams import features
from summarizer.extraction.selecting import before

FOLDER = Path(__file__).parent
HEADS = ("stance", "measure", "kind")
MIN_SENTENCES = 3
REGULARISATION_C = 20.0
FOLDS = 4


class Vocabulary:
    """Features that occur in several sentences, with their idf."""

    def __init__(self, documents: Sequence[frozenset[str]]) -> None:
        counts = Counter(feature for document in documents for feature in document)
        kept = sorted(feature for feature, count in counts.items() if count >= MIN_SENTENCES)
        self.place = {feature: i for i, feature in enumerate(kept)}
        self.idf = [round(math.log((1 + len(documents)) / (1 + counts[feature])) + 1, 3) for feature in kept]

    def matrix(self, documents: Sequence[frozenset[str]]) -> csr_matrix:
        """A row of unit length for each document."""
        rows, columns, values = [], [], []
        for i, document in enumerate(documents):
            places = [place for feature in sorted(document) if (place := self.place.get(feature)) is not None]
            norm = math.sqrt(sum(self.idf[place] ** 2 for place in places)) or 1.0
            rows += [i] * len(places)
            columns += places
            values += [self.idf[place] / norm for place in places]
        return csr_matrix((values, (rows, columns)), shape=(len(documents), len(self.place)))


def read(language: str) -> tuple[list[dict[str, Any]], list[str]]:
    """The sentences of a language, of their own and of articles, and the file that each is from."""
    found = [(s.labels, s.group) for s in sentences(language)]
    found += [(row, labelled.group) for labelled in articles(language) for row in rows(labelled)]
    return [labels for labels, _ in found], [group for _, group in found]


def rows(labelled: LabelledArticle) -> Iterator[dict[str, Any]]:
    """An article's sentences. One that several positions share teaches no stance."""
    document = labelled.document
    carrying = labelled.carrying
    for sentence in document.sentences:
        if sentence.is_heading or sentence.number not in labelled.lines:
            continue
        claims = labelled.lines[sentence.number].claims
        stances, measures = {c.stance for c in claims}, {c.measure for c in claims}
        other = "other_topic" if labelled.said(sentence.number) else "narration"
        yield {
            "number": sentence.number,
            "text": document.text(sentence),
            "before": before(document, sentence),
            "kind": "claim" if sentence.number in carrying else other,
            "stance": stances.pop() if len(stances) == 1 else None,
            "measure": measures.pop() if len(measures) == 1 else None,
        }


def fitted(matrix: csr_matrix, labels: Sequence[str]) -> LogisticRegression:
    """A head."""
    return LogisticRegression(C=REGULARISATION_C, max_iter=3000, class_weight="balanced").fit(matrix, labels)


def accuracy(documents: Sequence[frozenset[str]], labels: Sequence[str], files: Sequence[str]) -> float:
    """On files that were left out: their writer's wordings are unknown then."""
    right = 0
    for train, test in GroupKFold(FOLDS).split(documents, labels, files):
        vocabulary = Vocabulary([documents[i] for i in train])
        model = fitted(vocabulary.matrix([documents[i] for i in train]), [labels[i] for i in train])
        right += int((model.predict(vocabulary.matrix([documents[i] for i in test])) == np.array(labels)[test]).sum())
    return right / len(labels)


def main() -> None:
    """Train every language."""
    for language in LANGUAGES:
        sentences, files = read(language)
        documents = [features(s["text"], s["before"], language) for s in sentences]
        vocabulary = Vocabulary(documents)
        matrix = vocabulary.matrix(documents)
        heads, columns = [], []
        for name in HEADS:
            chosen = [i for i, s in enumerate(sentences) if s[name] is not None]
            labels = [sentences[i][name] for i in chosen]
            if "--quick" not in sys.argv[1:]:
                found = accuracy([documents[i] for i in chosen], labels, [files[i] for i in chosen])
                print(f"{language} {name}: {len(chosen)} sentences, accuracy on files left out {found:.3f}")
            model = fitted(matrix[chosen], labels)
            whole, scales = whole_numbers(model.coef_)
            columns.append(whole)
            heads.append(
                {
                    "name": name,
                    "labels": list(model.classes_),
                    "intercepts": [round(float(x), 4) for x in model.intercept_],
                    "scales": scales,
                }
            )
        if "--no-write" not in sys.argv[1:]:
            write(language, heads, vocabulary, np.vstack(columns).T, len(sentences))


def write(language: str, heads: list[dict[str, Any]], vocabulary: Vocabulary, weights: Any, sentences: int) -> None:
    """Write the weights, without features that say nothing."""
    telling = np.flatnonzero(np.abs(weights).max(axis=1) > 1)
    names = list(vocabulary.place)
    content = {
        "sentences": sentences,
        "heads": heads,
        "features": [[names[i], vocabulary.idf[i]] for i in telling],
        "weights": b64encode(np.ascontiguousarray(weights[telling]).tobytes()).decode(),
    }
    target = write_packed(f"classifier.{language}.json", json.dumps(content, ensure_ascii=False, separators=(",", ":")))
    print(f"{target.name}: {len(telling)} features, {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
