"""Makes `summarizer/data/antecedents.json`: whom a pronoun, an office or an unattributed sentence means.

A ranking by a conditional logit over the entities mentioned before (Denis and Baldridge 2007, "A ranking approach
to pronoun resolution").
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from dataset import LANGUAGES, LabelledArticle, articles
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from summarizer.actors import actor_of
from summarizer.extraction import labels
from summarizer.extraction.antecedents import Spoken, antecedent_features, crossed, mention_type
from summarizer.extraction.entities import Discourse, Entity
from summarizer.extraction.speaking import confirmed
from summarizer.people import is_pronoun, looks_like_person

TARGET = Path(__file__).parents[2] / "summarizer" / "data" / "antecedents.json"
L2 = 0.5
MIN_COUNT = 3


@dataclass(frozen=True)
class Choice:
    """One reference: the features of each candidate, and which is meant."""

    group: str
    kind: str
    candidates: list[list[str]]
    right: int
    text: str
    names: list[str]


def named(discourse: Discourse, name: str, offset: int) -> Entity:
    """The entity of an annotated name."""
    if code := actor_of(name):
        return discourse.actor(code)
    if looks_like_person(name) and (person := discourse.person(name)):
        person.confirmed = True
        return person
    return discourse.described(name, offset, labels.kind_of_description(name))


def choices(labelled: LabelledArticle) -> Iterator[Choice]:
    """The references of an article."""
    document = labelled.document
    discourse = Discourse(document)
    confirmed(discourse)
    spoken: list[Spoken] = []
    for sentence in document.sentences:
        text = document.text(sentence)
        heard: list[Entity] = []
        for said in labelled.said(sentence.number):
            for name, mention in zip(said.speakers, said.mentions, strict=True):
                offset = sentence.start + text.index(mention) if mention else sentence.start
                known = {id(e) for e in discourse.before(offset)}
                entity = named(discourse, name, offset)
                if entity not in heard:
                    heard.append(entity)
                if mention is not None and (actor_of(mention) or looks_like_person(mention) or shares(mention, name)):
                    continue
                if id(entity) not in known and (mention is None or is_pronoun(mention)):
                    continue
                candidates = antecedent_features(discourse, sentence, mention, offset, spoken)
                meant = entity if id(entity) in known else None
                right = next((i for i, (e, _) in enumerate(candidates) if e is meant), None)
                if right is not None:
                    kind = mention_type(mention)
                    features = [[*own, *(crossed(kind, f) for f in own)] for _, own in candidates]
                    names = [e.name if e else "new" for e, _ in candidates]
                    yield Choice(labelled.group, kind, features, right, text, names)
        if heard:
            spoken.append(Spoken(sentence, tuple(heard)))


def shares(mention: str, name: str) -> bool:
    """Whether a mention is part of the name."""
    return looks_like_person(name) and name.rsplit(maxsplit=1)[-1] in mention


def fitted(found: list[Choice]) -> dict[str, float]:
    """Weights that make the ones meant likeliest."""
    counts = Counter(f for c in found for candidate in c.candidates for f in candidate)
    place = {f: i for i, f in enumerate(sorted(f for f, n in counts.items() if n >= MIN_COUNT))}
    rows = [[place[f] for f in x if f in place] for c in found for x in c.candidates]
    ends = np.cumsum([len(row) for row in rows])
    matrix = csr_matrix(
        (np.ones(ends[-1]), np.concatenate([np.array(row, dtype=int) for row in rows]), np.r_[0, ends]),
        shape=(len(rows), len(place)),
    )
    sizes = np.array([len(c.candidates) for c in found])
    firsts = np.r_[0, np.cumsum(sizes)[:-1]]
    meant = np.zeros(len(rows))
    meant[firsts + np.array([c.right for c in found])] = 1.0

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        scores = matrix @ w
        scores -= np.repeat(np.maximum.reduceat(scores, firsts), sizes)
        powers = np.exp(scores)
        p = powers / np.repeat(np.add.reduceat(powers, firsts), sizes)
        value = L2 * float(w @ w) / 2 - float(np.log(p[meant > 0] + 1e-12).sum())
        return value, L2 * w + matrix.T @ (p - meant)

    best = minimize(loss, np.zeros(len(place)), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return {f: round(float(best.x[i]), 3) for f, i in place.items() if abs(best.x[i]) > 0.002}


def right(weights: dict[str, float], choice: Choice) -> bool:
    """Whether the one meant is ranked first."""
    scores = [sum(weights.get(f, 0.0) for f in candidate) for candidate in choice.candidates]
    return max(range(len(scores)), key=lambda i: scores[i]) == choice.right


def main() -> None:
    """Train on both languages together: how a text takes up a speaker is much the same in them."""
    found = [c for language in LANGUAGES for labelled in articles(language) for c in choices(labelled)]
    hits: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for group in sorted({c.group for c in found}):
        weights = fitted([c for c in found if c.group != group])
        for choice in (c for c in found if c.group == group):
            counts[choice.kind] += 1
            ok = right(weights, choice)
            hits[choice.kind] += ok
            if not ok and "-v" in sys.argv:
                print(choice.kind, "|", choice.text, "|", choice.names[choice.right], "| of", len(choice.names))
    print(f"{len(found)} references, {sum(hits.values()) / max(1, len(found)):.3f} right on files left out:", end=" ")
    print(*(f"{kind} {hits[kind]}/{n}" for kind, n in counts.most_common()), sep=", ")
    weights = fitted(found)
    TARGET.write_text(json.dumps(weights, ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
