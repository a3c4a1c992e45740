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

from summarizer.actors import actor_of
from summarizer.extraction import labels
from summarizer.extraction.antecedents import Spoken, antecedent_features, mention_type
from summarizer.extraction.entities import Discourse, Entity
from summarizer.extraction.speaking import confirmed
from summarizer.people import looks_like_person

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
                entity = named(discourse, name, offset if mention else sentence.start)
                if entity not in heard:
                    heard.append(entity)
                refers = mention is None or (mention != name and not actor_of(mention) and not shares(mention, name))
                if not refers or id(entity) not in known:
                    continue
                candidates = antecedent_features(discourse, sentence, mention, offset, spoken)
                right = next((i for i, (e, _) in enumerate(candidates) if e is entity), None)
                if right is not None:
                    features = [f for _, f in candidates]
                    names = [e.name for e, _ in candidates]
                    yield Choice(labelled.group, mention_type(mention), features, right, text, names)
        if heard:
            spoken.append(Spoken(sentence, tuple(heard)))


def shares(mention: str, name: str) -> bool:
    """Whether a mention is part of the name."""
    return looks_like_person(name) and name.rsplit(maxsplit=1)[-1] in mention


def fitted(found: list[Choice]) -> dict[str, float]:
    """Weights that make the ones meant likeliest."""
    counts = Counter(f for c in found for candidate in c.candidates for f in candidate)
    place = {f: i for i, f in enumerate(sorted(f for f, n in counts.items() if n >= MIN_COUNT))}
    rows = [[np.array([place[f] for f in x if f in place]) for x in c.candidates] for c in found]

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = L2 * float(w @ w) / 2, L2 * w
        for row, choice in zip(rows, found, strict=True):
            scores = np.array([w[x].sum() for x in row])
            scores -= scores.max()
            p = np.exp(scores) / np.exp(scores).sum()
            value -= float(np.log(p[choice.right] + 1e-12))
            for x, share, is_right in zip(row, p, np.arange(len(row)) == choice.right, strict=True):
                np.add.at(gradient, x, share - is_right)
        return value, gradient

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
