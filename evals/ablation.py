"""What each part of the profile `sentence` contributes, on the golden set, as Markdown tables.

python evals/ablation.py                 # split dev, with the model's replies from evals/recorded/pipeline-dev.jsonl
python evals/ablation.py --split test
python evals/ablation.py --run RUN       # with the replies of another run over that split

Stance and measure: right labels of firm golden claims, read from their last evidence sentence; claims that share
it with another are left out. Who speaks: pairs of (sentence, speaker) over the sentences that are the last
evidence of a firm claim, outside interviews; speakers of optional claims there count neither way; with the model's
names in the articles where it is asked for some. Which sentences
are claims: all but headings in articles with firm claims; those that only optional claims cite are left out.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from summarizer import resources
from summarizer.document import Document
from summarizer.errors import InputError, ModelError, SummarizerError
from summarizer.evaluation.extras import eval_extra
from summarizer.evaluation.golden import GoldenArticle, load_golden_set
from summarizer.evaluation.matching import Counts
from summarizer.evaluation.runs import RecordedRun, read_run
from summarizer.evaluation.speakers import Identities
from summarizer.evaluation.tables import number, plain_table
from summarizer.extraction import labels
from summarizer.extraction.classifier import Classifier, classifier
from summarizer.extraction.interview import Interview, find_interview, words_of
from summarizer.extraction.judging import stance_and_measure
from summarizer.extraction.probing import Probabilities, readings
from summarizer.extraction.selecting import Selection, before, judged
from summarizer.extraction.sentence import cleaned, speaker_request
from summarizer.extraction.speaking import Speaking
from summarizer.extraction.tagger import Tagged
from summarizer.llm.recording import ReplayEncodingModel
from summarizer.models import Claim, Measure, Sentence, Speaker, Stance
from summarizer.screening import screen

if TYPE_CHECKING:
    from rich.table import Table

HERE = Path(__file__).parent
SPLITS = ("dev", "test")
ALL = "all"
_Labels = tuple[Stance, Measure]
_Outcome = TypeVar("_Outcome")


@dataclass(frozen=True)
class Part:
    """A golden article as the pipeline reads it.

    By sentence, `named`: whom the model named, where it was asked; `vectors`: the model's vectors.
    """

    golden: GoldenArticle
    named: Mapping[int, Sequence[str]] = field(default_factory=dict)
    vectors: Mapping[int, bytes] = field(default_factory=dict)

    @property
    def language(self) -> str:
        """The article's language."""
        return self.golden.article.language

    @cached_property
    def document(self) -> Document:
        """The article with its sentences."""
        return Document.of(self.golden.article)

    @cached_property
    def sentences(self) -> list[Sentence]:
        """All but headings."""
        return [s for s in self.document.sentences if not s.is_heading]

    @cached_property
    def interview(self) -> Interview | None:
        """The interview that the article is, if it is one."""
        return find_interview(self.document)

    @cached_property
    def tagged(self) -> Mapping[int, Tagged]:
        """What the tagger finds in each sentence."""
        return Speaking.of(self.document).tagged

    @cached_property
    def selection(self) -> Selection:
        """Which sentences the pipeline takes for claims."""
        return self.selected(encoded=bool(self.vectors))

    def selected(self, *, encoded: bool) -> Selection:
        """Which sentences are taken for claims, with the model's vectors or without."""
        topic = resources.data("selection.yaml")["topic"]
        selection = Selection.of(self.document, topic, self.tagged, self.interview, encoded=encoded)
        if selection.encoded:
            selection.read(self.vectors)
        return selection

    def takes(self, sentence: Sentence) -> bool:
        """Whether the pipeline asks about a sentence."""
        return self.selection.on_topic and self.selection.takes(sentence)

    def cited(self, *, optional: bool) -> set[int]:
        """Numbers of the sentences that firm, or optional, claims cite."""
        return {e.sentence for g in self.golden.claims if g.optional == optional for e in g.claim.evidence}

    def spoken(self, *, optional: bool) -> dict[int, list[Speaker]]:
        """Speakers of firm, or optional, claims by their last evidence sentence."""
        found: dict[int, list[Speaker]] = defaultdict(list)
        for g in self.golden.claims:
            if g.optional == optional:
                found[g.claim.evidence[-1].sentence] += g.claim.speakers
        return dict(found)


def as_read(golden: GoldenArticle) -> GoldenArticle:
    """A golden article as the pipeline reads it: without what is kept from the model."""
    screened = screen(golden.article)
    if screened.is_plain:
        return golden
    numbers = {number: plain for plain, number in screened.numbers.items()}

    def renumbered(claim: Claim) -> Claim:
        evidence = [e.model_copy(update={"sentence": numbers[e.sentence]}) for e in claim.evidence]
        return claim.model_copy(update={"evidence": evidence})

    claims = tuple(replace(g, claim=renumbered(g.claim)) for g in golden.claims)
    return replace(golden, article=screened.plain, claims=claims)


def vectors_in(model: ReplayEncodingModel, part: Part) -> dict[int, bytes]:
    """The recorded vectors of an article's sentences; none for what the run didn't have read."""
    found: dict[int, bytes] = {}
    for request, sentences in readings(part.document):
        try:
            reply = model.encode(request)
        except ModelError:
            continue
        found |= {s.number: vector for s, vector in zip(sentences, reply.vectors, strict=True)}
    return found


def named_in(model: ReplayEncodingModel, part: Part) -> dict[int, Sequence[str]]:
    """Whom the model named in each sentence that the run asked about, to the request that is made now."""
    found: dict[int, Sequence[str]] = {}
    for sentence in part.sentences:
        try:
            reply = model.complete(speaker_request(part.language, part.document.text(sentence)))
        except ModelError:
            continue
        found[sentence.number] = cleaned(reply.text.split(";"))
    return found


# Stance and measure


def by_words(language: str, sentence: str, earlier: str | None, read: Probabilities | None) -> _Labels:
    """By the word lists alone."""
    return labels.stance_of(sentence), labels.measure_of(sentence) or Measure.GENERAL


def by_classifier(language: str, sentence: str, earlier: str | None, read: Probabilities | None) -> _Labels:
    """By the classifier alone."""
    likely = _judge(language).probabilities(sentence, earlier)
    return Stance(_likeliest(likely["stance"])), Measure(_likeliest(likely["measure"]))


def by_probe(language: str, sentence: str, earlier: str | None, read: Probabilities | None) -> _Labels:
    """By the model's vector alone."""
    if read is None:
        return Stance.ASSERTS, Measure.GENERAL
    return Stance(_likeliest(read["stance"])), Measure(_likeliest(read["measure"]))


def by_all(language: str, sentence: str, earlier: str | None, read: Probabilities | None) -> _Labels:
    """As the pipeline does it."""
    stance, measure = stance_and_measure(language, sentence, earlier, read)
    return stance, measure or Measure.GENERAL


def labels_table(parts: Sequence[Part]) -> Table:
    """Accuracy of stance and measure."""
    table = plain_table("stance and measure by", "language", "stance", "measure", "claims")
    ways = {"word lists": by_words, "classifier": by_classifier, "model's vectors": by_probe, "all": by_all}
    for name, way in ways.items():
        for language, some in _by_language(parts, partial(_labelled, way=way)):
            right = [outcome for outcomes in some for outcome in outcomes]
            shares = (_share([outcome[i] for outcome in right]) for i in range(2))
            table.add_row(name, language, *shares, str(len(right)))
    return table


def _labelled(
    part: Part, way: Callable[[str, str, str | None, Probabilities | None], _Labels]
) -> list[tuple[bool, bool]]:
    """Whether stance and measure are right, for each claim that has its last evidence sentence for itself."""
    cited = [{e.sentence for e in g.claim.evidence} for g in part.golden.claims]
    found = []
    for g in part.golden.claims:
        last = g.claim.evidence[-1].sentence
        if g.optional or sum(last in sentences for sentences in cited) > 1:
            continue
        sentence = part.document.sentence(last)
        text = words_of(part.document.text(sentence))
        stance, measure = way(part.language, text, before(part.document, sentence), part.selection.probed.get(last))
        found.append((stance is g.claim.stance, measure is g.claim.measure))
    return found


# Who speaks


def speakers_table(parts: Sequence[Part]) -> Table:
    """Precision, recall and F1 of who speaks."""
    table = plain_table("who speaks by", "language", "precision", "recall", "F1", "golden")
    told = [part for part in parts if part.interview is None]
    asked = [part for part in told if part.named]
    for name, chosen, tells in (("tagger", told, False), ("tagger, told the model's names", asked, True)):
        for language, some in _by_language(chosen, partial(_attributed, tells=tells)):
            total = Counts(*(sum(getattr(c, of) for c in some) for of in ("correct", "predicted", "gold")))
            values = map(number, (total.precision, total.recall, total.f1))
            table.add_row(name, language, *values, str(total.gold))
    return table


def _attributed(part: Part, tells: bool) -> Counts:
    """Speakers found, following the article as the pipeline does. `tells`: the tagger is told the model's names."""
    speaking = Speaking.of(part.document)
    golden, optional = part.spoken(optional=False), part.spoken(optional=True)
    predicted: dict[int, list[Speaker]] = {}
    for sentence in part.sentences:
        groups = speaking.speakers(sentence, part.named.get(sentence.number) if tells else None)
        found = [a for group in groups for a in group]
        if sentence.number in golden:
            predicted[sentence.number] = [Speaker(name=a.entity.name, kind=a.entity.kind) for a in found]
        cues = part.document.cues(sentence)
        if part.takes(sentence) or (any(a.mention for a in found) and any(not c.weak for c in cues)):
            speaking.heard(sentence, found)
    everybody = [s for side in (golden, optional, predicted) for some in side.values() for s in some]
    identities = Identities(part.golden.aliases, everybody)
    correct = given = gold = 0
    for n, speakers in golden.items():
        right = {identities.of(s) for s in speakers}
        tolerated = {identities.of(s) for s in optional.get(n, ())} - right
        said = {identities.of(s) for s in predicted.get(n, ())} - tolerated
        correct, given, gold = correct + len(right & said), given + len(said), gold + len(right)
    return Counts(correct, given, gold)


def _asked(parts: Sequence[Part]) -> str:
    """How many of the sentences of `speakers_table` the run asked about."""
    numbers = [(p, n) for p in parts if p.interview is None and p.named for n in p.spoken(optional=False)]
    return f"The model was asked about {sum(n in p.named for p, n in numbers)} of {len(numbers)} sentences."


# Which sentences are claims


def claims_table(parts: Sequence[Part]) -> Table:
    """Area under the ROC curve and F1 of which sentences are claims."""
    with eval_extra():
        from sklearn.metrics import f1_score, roc_auc_score
    least = resources.data("selection.yaml")["sentence_min"]["encoded"]
    table = plain_table("claims by", "language", "AUC", f"F1 from {least} on", "sentences")
    ways = {
        "own words": _by_own_words,
        "own words and place": _by_place,
        "model's vectors": _by_vectors,
        "all": _by_all,
    }
    for name, way in ways.items():
        for language, some in _by_language([p for p in parts if p.cited(optional=False)], partial(_claimed, way=way)):
            pairs = [pair for outcomes in some for pair in outcomes]
            truth, values = [claim for claim, _ in pairs], [value for _, value in pairs]
            area = float(roc_auc_score(truth, values)) if len(set(truth)) > 1 else None
            f1 = float(f1_score(truth, [value >= least for value in values], zero_division=0.0))
            table.add_row(name, language, number(area), number(f1), str(len(pairs)))
    return table


def _by_own_words(part: Part) -> Mapping[int, float]:
    found = judged(part.document, _judge(part.language))
    return {number: likely["kind"]["claim"] for number, likely in found.items()}


def _by_place(part: Part) -> Mapping[int, float]:
    return part.selected(encoded=False).claim


def _by_vectors(part: Part) -> Mapping[int, float]:
    return {number: read["claim"]["claim"] for number, read in part.selection.probed.items()}


def _by_all(part: Part) -> Mapping[int, float]:
    return part.selection.claim


def _claimed(part: Part, way: Callable[[Part], Mapping[int, float]]) -> list[tuple[bool, float]]:
    """Whether each sentence is a claim, and how likely it was said to be one."""
    firm, optional, likely = part.cited(optional=False), part.cited(optional=True), way(part)
    numbers = [s.number for s in part.sentences if s.number in firm or s.number not in optional]
    return [(number in firm, likely.get(number, 0.0)) for number in numbers]


def _judge(language: str) -> Classifier:
    found = classifier(language)
    if found is None:
        raise InputError(f"There is no classifier for the language {language}.", "Leave its articles out.")
    return found


def _by_language(parts: Sequence[Part], outcome: Callable[[Part], _Outcome]) -> Iterator[tuple[str, list[_Outcome]]]:
    """The outcomes of each language's articles, then of all."""
    found = [(part.language, outcome(part)) for part in parts]
    for language in sorted({language for language, _ in found}):
        yield language, [one for of, one in found if of == language]
    yield ALL, [one for _, one in found]


def _likeliest(likely: Mapping[str, float]) -> str:
    return max(sorted(likely), key=lambda label: likely[label])


def _share(right: Sequence[bool]) -> str:
    return number(sum(right) / len(right) if right else None)


def read(articles: Iterable[GoldenArticle], run: RecordedRun) -> list[Part]:
    """The articles with the model's replies.

    Raises:
        InputError: the run has no reply to any request that is made now.
    """
    found = []
    for golden in map(as_read, articles):
        stored = next((a for a in run.articles if a.slug == golden.slug), None)
        model = ReplayEncodingModel(run.header.model, stored.replies if stored else ())
        part = Part(golden)
        found.append(Part(golden, named_in(model, part), vectors_in(model, part)))
    if not any(part.named or part.vectors for part in found):
        raise InputError("The run answers no request that is made now.", "Record it again: summarizer eval -o RUN")
    return found


def main() -> None:
    """Print the tables."""
    from rich.console import Console

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--split", choices=SPLITS, default="dev")
    parser.add_argument("--run", type=Path, help="a run with the model's replies (default: the split's recorded one)")
    parser.add_argument("--golden", type=Path, default=HERE / "golden")
    options = parser.parse_args()
    path = options.run or HERE / "recorded" / f"pipeline-{options.split}.jsonl"
    try:
        articles = [a for a in load_golden_set(options.golden) if a.split.value == options.split]
        parts = read(articles, read_run(path))
        console = Console(highlight=False)
        console.print(labels_table(parts), speakers_table(parts), _asked(parts), claims_table(parts))
    except SummarizerError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
