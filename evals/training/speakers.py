"""Makes the speaker tagger's weights, `summarizer/data/tagger.LANGUAGE.json.gz`.

python evals/training/speakers.py            # print accuracies on files left out, then write the weights
python evals/training/speakers.py --no-write
python evals/training/speakers.py --quick    # write only
"""

from __future__ import annotations

import json
import random
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

import pycrfsuite
from ask import key, recorded
from dataset import LANGUAGES, LabelledSentence, articles, occurrences, sentences, write_packed

from summarizer.document import Document
from summarizer.extraction.entities import Discourse
from summarizer.extraction.tagger import TAGS, Tagger, spans
from summarizer.extraction.tokens import Token, token_features, tokens_of
from summarizer.models import Article, Sentence
from summarizer.people import bare_name, looks_like_person

PARAMETERS = {"c1": 0.02, "c2": 0.2, "max_iterations": 120, "feature.possible_transitions": True}
THRESHOLD = 0.4
SURNAME_SHARE = 0.6
_SEPARATOR = re.compile(r", | und | sowie | and |; ")
_DETERMINER = re.compile(r"^(?:und|sowie|and|die|der|das|dem|den|the|an?|eine?|einer)\s+", re.IGNORECASE)
_PRONOUN = re.compile(r"\b(?:er|sie|he|she|they)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Example:
    """A tagged sentence. `weight` times it counts."""

    group: str
    features: list[list[str]]
    tags: list[str]
    words: list[str]
    in_article: bool
    asked: bool = False


def tagged(text: str, tokens: list[Token], places: list[tuple[int, int]]) -> list[str]:
    """B, I, O for each token."""
    tags = ["O"] * len(tokens)
    for start, end in places:
        inside = [i for i, t in enumerate(tokens) if start <= t.start < end]
        for k, i in enumerate(inside):
            tags[i] = "I" if k else "B"
    return tags


def core(words: str) -> str:
    """The words without an article, and of a person without the office."""
    words = _DETERMINER.sub("", words)
    return bare_name(words) if looks_like_person(words) else words


def places_in(words: str, text: str, offset: int) -> list[tuple[int, int]] | None:
    """Where the parts of a joint speaker stand; None if one is not there."""
    parts = [words] if words in text and " und " not in words and " and " not in words else _SEPARATOR.split(words)
    found = []
    for part in parts:
        bare = core(part.strip())
        where = occurrences(bare, text)
        if not where:
            surname = bare.split()[-1] if bare else ""
            where = occurrences(surname, text) if surname[:1].isupper() else []
            bare = surname
        if not where:
            return None
        found.append((offset + where[0], offset + where[0] + len(bare)))
    return found


def example(
    group: str,
    discourse: Discourse,
    sentence: Sentence,
    places: list[tuple[int, int]],
    within: bool,
    named: list[str] | None = None,
) -> Example:
    """One example."""
    text = discourse.document.article.text
    tokens = tokens_of(text, sentence)
    return Example(
        group,
        token_features(discourse, sentence, tokens, named),
        tagged(text, tokens, places),
        [t.text for t in tokens],
        within,
        named is not None,
    )


def of_sentence(labelled: LabelledSentence, chance: random.Random) -> Iterator[Example]:
    """From a sentence of its own: as it stands, and often once more with the surname alone."""
    labels = labelled.labels
    if labels["kind"] != "claim" or labelled.placed is None:
        return
    document, sentence = labelled.placed
    text = document.text(sentence)
    speaker = labels["speaker"]
    places = places_in(speaker, text, sentence.start) if speaker else None
    if places is None:
        # Somebody named in the sentence before: by the only pronoun here, or by nothing.
        pronouns = [(sentence.start + m.start(), sentence.start + m.end()) for m in _PRONOUN.finditer(text)]
        if not speaker or len(pronouns) > 1 or not labels["before"]:
            return
        places = pronouns
    yield example(labelled.group, Discourse(document), sentence, places, within=False)
    name = core(speaker)
    if looks_like_person(name) and name in text and chance.random() < SURNAME_SHARE:
        yield from _by_surname(labelled, document, sentence, name)


def _by_surname(labelled: LabelledSentence, document: Document, sentence: Sentence, name: str) -> Iterator[Example]:
    """The sentence as it would stand later in an article, where only the surname is used."""
    surname = name.rsplit(maxsplit=1)[-1]
    article = Article.from_text(document.article.text.replace(name, surname), language=document.article.language)
    again = Document.of(article)
    for found in (s for s in again.sentences if s.start == sentence.start):
        for at in occurrences(surname, again.text(found))[:1]:
            place = (found.start + at, found.start + at + len(surname))
            yield example(labelled.group, Discourse(again), found, [place], within=False)


def of_articles(language: str) -> Iterator[Example]:
    """From the sentences of articles: without the model's answer, and where it was asked also with it."""
    answers = recorded()
    for labelled in articles(language):
        discourse = Discourse(labelled.document)
        for sentence in labelled.document.sentences:
            if sentence.is_heading or sentence.number not in labelled.lines:
                continue
            text = labelled.document.text(sentence)
            places: list[tuple[int, int]] = []
            for said in labelled.said(sentence.number):
                for mention in said.mentions:
                    where = places_in(mention, text, sentence.start) if mention else []
                    places += [p for p in where or [] if p not in places]
            if not labelled.said(sentence.number):
                continue
            yield example(labelled.group, discourse, sentence, places, within=True)
            if (named := answers.get(key(text))) is not None:
                yield example(labelled.group, discourse, sentence, places, True, named)


def trained(examples: list[Example]) -> Tagger:
    """A tagger."""
    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params(PARAMETERS)
    for e in examples:
        trainer.append(e.features, e.tags)
    with tempfile.NamedTemporaryFile(suffix=".crf") as file:
        trainer.train(file.name)
        model = pycrfsuite.Tagger()
        model.open(file.name)
        info = model.info()
    rows: dict[str, list[float]] = {}
    for (feature, tag), weight in info.state_features.items():
        rows.setdefault(feature, [0.0] * len(TAGS))[TAGS.index(tag)] = round(weight, 3)
    transitions = tuple(tuple(round(info.transitions.get((a, b), 0.0), 3) for b in TAGS) for a in TAGS)
    return Tagger({f: tuple(row) for f, row in rows.items() if any(row)}, transitions)


def gold_spans(tags: list[str]) -> set[tuple[int, int]]:
    """The spans of a tag sequence."""
    begins = [i for i, t in enumerate(tags) if t == "B"]
    found = set()
    for i in begins:
        end = i + 1
        while end < len(tags) and tags[end] == "I":
            end += 1
        found.add((i, end))
    return found


def score(tagger: Tagger, examples: list[Example]) -> str:
    """Spans found, by overlap, and sentences with all right."""
    right = given = wanted = whole = 0
    for e in examples:
        gold = gold_spans(e.tags)
        got = {(a, b) for a, b, _ in spans(tagger.read(e.features)[0], THRESHOLD)}
        hit = sum(any(a < d and c < b for c, d in got) for a, b in gold)
        right, given, wanted = right + hit, given + len(got), wanted + len(gold)
        whole += hit == len(gold) == len(got)
    precision, recall = right / max(given, 1), right / max(wanted, 1)
    return f"precision {precision:.3f}, recall {recall:.3f}, sentences right {whole / max(len(examples), 1):.3f}"


def main() -> None:
    """Train every language."""
    for language in LANGUAGES:
        chance = random.Random(1)
        examples = [e for s in sentences(language) for e in of_sentence(s, chance)] + list(of_articles(language))
        rest: dict[bool, list[tuple[Tagger, Example]]] = {True: [], False: []}
        for group in sorted({e.group for e in examples if e.in_article}) if "--quick" not in sys.argv else ():
            tagger = trained([e for e in examples if e.group != group])
            for e in examples:
                if e.group == group:
                    rest[e.asked].append((tagger, e))
        for asked, pairs in rest.items():
            taggers = {id(t): t for t, _ in pairs}
            print(
                language, "with the model's answer" if asked else "without", len(pairs), "sentences of files left out:"
            )
            for tagger in taggers.values():
                print("   ", score(tagger, [e for t, e in pairs if t is tagger]))
        if "--no-write" not in sys.argv[1:]:
            write(language, trained(examples))


def write(language: str, tagger: Tagger) -> None:
    """Write the weights."""
    content = {"features": {f: tagger.features[f] for f in sorted(tagger.features)}, "transitions": tagger.transitions}
    target = write_packed(f"tagger.{language}.json", json.dumps(content, ensure_ascii=False, separators=(",", ":")))
    print(f"{target.name}: {len(tagger.features)} features, {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
