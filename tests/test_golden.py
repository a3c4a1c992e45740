"""The golden format: what is annotated is resolved, and every error is told with its claim."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from summarizer.evaluation.annotation import SCHEMA_LINE, Annotation, Genre, Split, golden_schema
from summarizer.evaluation.golden import load_golden, load_golden_set, resolve
from summarizer.evaluation.resolving import GoldenError
from summarizer.models import Article, Attribution, SpeakerKind

ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "evals" / "golden"

ARTICLE = """Beraterin nennt Bedingungen für Truppen

BERLIN (dpa) - Die Niederlande sind zur Entsendung von Truppen bereit. Ministerin Anna Beispiel sagte am \
Mittwoch: „Wir schicken nach einem Waffenstillstand   tausend Soldaten.“ Das sei sicher.

Zweifel in London

„Das reicht nicht“, sagte ein Sprecher der britischen Regierung. Das sei zu wenig. Das gelte nach Angaben \
der Zeitung „Morgenblatt“ auch für Schiffe.
"""


def claim(**changes: Any) -> dict[str, Any]:
    return {
        "speakers": ["Anna Beispiel"],
        "statement": "Anna Beispiel will tausend Soldaten schicken.",
        "attribution": "direct",
        "stance": "commits",
        "measure": "troops",
        "conditions": ["nach einem Waffenstillstand"],
        "evidence": ["Ministerin Anna  Beispiel"],
        "quote": "Wir schicken nach einem Waffenstillstand tausend Soldaten",
        "said_on": "2025-09-03",
        **changes,
    }


def narrated(**changes: Any) -> dict[str, Any]:
    plain = {"attribution": "narrated", "conditions": [], "quote": None, "said_on": None}
    return claim(**{**plain, **changes})


def annotation(*claims: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "language": "de",
        "published": "2025-09-05",
        "split": "dev",
        "genre": "agency",
        "claims": list(claims),
        **changes,
    }


def write(folder: Path, content: dict[str, Any] | str, article: str = ARTICLE) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "article.txt").write_text(article, encoding="utf-8")
    text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True)
    (folder / "claims.yaml").write_text(text, encoding="utf-8")
    return folder


def problems(folder: Path) -> list[str]:
    with pytest.raises(GoldenError) as caught:
        load_golden(folder)
    file = str(folder / "claims.yaml")
    assert all(problem.startswith(f"{file}: ") for problem in caught.value.problems)
    assert all(problem in str(caught.value) for problem in caught.value.problems)
    return [problem.removeprefix(f"{file}: ") for problem in caught.value.problems]


def test_an_article_is_resolved(tmp_path: Path) -> None:
    joint = narrated(
        speakers=[
            "Niederlande",
            {"name": "Großbritannien", "role": "Gast"},
            {"name": "ein Sprecher", "kind": "unnamed"},
        ],
        evidence=["Die Niederlande", "Das sei zu"],
        optional=True,
    )
    content = annotation(claim(), joint, aliases={"Anna Beispiel": ["Ms Example"]})
    golden = load_golden(write(tmp_path / "anna", content))
    assert (golden.slug, golden.split, golden.genre) == ("anna", Split.DEV, Genre.AGENCY)
    assert golden.article.text == ARTICLE
    assert (golden.article.language, golden.article.published) == ("de", date(2025, 9, 5))
    assert golden.aliases == {"Anna Beispiel": ("Ms Example",)}
    first, second = golden.claims
    assert (first.optional, second.optional) == (False, True)
    assert first.claim.attribution is Attribution.DIRECT
    assert first.claim.said_on == date(2025, 9, 3)
    assert [e.text.split()[0] for e in first.claim.evidence] == ["Ministerin"]
    assert first.claim.quote is not None
    assert first.claim.quote.text == "Wir schicken nach einem Waffenstillstand   tausend Soldaten"
    for span in (*first.claim.evidence, *second.claim.evidence, first.claim.quote):
        assert ARTICLE[span.start : span.end] == span.text
    assert [s.kind for s in first.claim.speakers] == [SpeakerKind.PERSON]
    kinds = [SpeakerKind.GOVERNMENT, SpeakerKind.GOVERNMENT, SpeakerKind.UNNAMED]
    assert [s.kind for s in second.claim.speakers] == kinds
    numbers = [e.sentence for e in second.claim.evidence]
    assert [golden.sentences[n - 1].number for n in numbers] == numbers == sorted(numbers)


def test_an_article_without_claims_is_golden_too(tmp_path: Path) -> None:
    assert load_golden(write(tmp_path, annotation())).claims == ()


def test_a_quote_may_run_over_neighbouring_sentences(tmp_path: Path) -> None:
    text = "Titel einer Meldung\n\nAnna Beispiel sprach. „Wir gehen. Wir kommen wieder“, sagte sie.\n"
    content = annotation(
        claim(evidence=["Wir gehen", "Wir kommen"], quote="Wir gehen. Wir kommen wieder", conditions=[])
    )
    quote = load_golden(write(tmp_path, content, text)).claims[0].claim.quote
    assert quote is not None
    assert quote.text == "Wir gehen. Wir kommen wieder"


@pytest.mark.parametrize(
    ("annotated", "problem"),
    [
        (
            narrated(evidence=["Das steht nirgends"]),
            "claim 1: evidence: 'Das steht nirgends' begins no sentence",
        ),
        (narrated(evidence=["Das sei"]), r"claim 1: evidence: 'Das sei' begins several sentences: \d+, \d+"),
        (narrated(evidence=["Zweifel"]), "claim 1: evidence: 'Zweifel' begins a heading"),
        (narrated(evidence=["Die Niederl"]), "claim 1: evidence: 'Die Niederl' begins no sentence"),
        (narrated(evidence=["Das sei zu", "Das sei zu wenig"]), "claim 1: evidence: .* given already"),
        (claim(quote="Wir schicken zehn Soldaten"), "claim 1: quote: not verbatim"),
        (claim(quote="Das reicht nicht"), "claim 1: quote: not verbatim"),
        (claim(quote=None), "claim 1: quote: missing"),
        (claim(speakers=["Berta Unbekannt"]), "claim 1: speakers: 'Berta Unbekannt' is not named"),
        (claim(speakers=["Schweden"]), "claim 1: speakers: 'Schweden' is not named"),
        (claim(conditions=["nach dem Winter"]), "claim 1: conditions: not verbatim"),
        (claim(via="die Abendpost"), "claim 1: via: not verbatim"),
        (claim(said_on="2025-09-06"), "claim 1: said_on: 2025-09-06 is after"),
        (claim(stance="hopes"), "claim 1: stance: .*hopes"),
        (claim(measure="tanks"), "claim 1: measure: .*tanks"),
        (claim(speakers=[]), "claim 1: speakers: "),
        (claim(speakers=[{"name": "Anna Beispiel", "kind": "robot"}]), "claim 1: speakers.1.*kind: .*robot"),
        (claim(evidence=[]), "claim 1: evidence: "),
        (claim(evidence=[" "]), "claim 1: evidence.1: "),
        (claim(statment="Tippfehler"), "claim 1: statment: Extra inputs"),
    ],
)
def test_an_error_names_its_claim(tmp_path: Path, annotated: dict[str, Any], problem: str) -> None:
    found = problems(write(tmp_path / "a", annotation(annotated)))
    assert len(found) == 1
    assert re.match(problem, found[0]), found


def test_all_errors_are_told_at_once(tmp_path: Path) -> None:
    content = annotation(
        claim(),
        claim(quote="Nie gesagt", evidence=["Nirgends", "Ministerin"]),
        narrated(speakers=["Berta Unbekannt", "Carl Niemand"]),
        aliases={"Anna Beispiel": ["Anna"], "Anna Muster": ["anna"]},
    )
    found = problems(write(tmp_path / "a", content))
    assert [re.sub(r"(: .*?):? .*", r"\1", problem) for problem in found] == [
        "aliases: 'anna'",
        "claim 2: evidence",
        "claim 2: quote",
        "claim 3: speakers",
        "claim 3: speakers",
    ]


def test_all_wrong_values_are_told_at_once(tmp_path: Path) -> None:
    content = annotation(claim(stance="hopes", measure="tanks"), claim(statement=""), split="train", genre="novel")
    assert len(problems(write(tmp_path / "a", content))) == 5


def test_a_missing_field_is_told(tmp_path: Path) -> None:
    content = annotation(claim())
    del content["split"], content["claims"][0]["stance"]
    assert problems(write(tmp_path / "a", content)) == [
        "split: Field required",
        "claim 1: stance: Field required",
    ]


def test_an_optional_claim_may_have_a_speaker_who_is_not_named(tmp_path: Path) -> None:
    content = annotation(narrated(speakers=["die Beraterkreise"], evidence=["Das sei zu"], optional=True))
    assert load_golden(write(tmp_path, content)).claims[0].optional


@pytest.mark.parametrize("name", ["Ms Example", "die britische Regierung", "Downing Street"])
def test_a_speaker_is_named_by_an_alias_or_by_its_country(tmp_path: Path, name: str) -> None:
    content = annotation(claim(speakers=[name]), aliases={"Ms Example": ["Anna Beispiel"]})
    assert load_golden(write(tmp_path, content)).claims[0].claim.speakers[0].name == name


@pytest.mark.parametrize("content", ["", "claims: [", "just words", "- a\n- b\n"])
def test_what_is_no_annotation_at_all(tmp_path: Path, content: str) -> None:
    assert len(problems(write(tmp_path / "a", content))) == 1


def test_missing_files(tmp_path: Path) -> None:
    assert "can't be read" in problems(tmp_path)[0]
    (tmp_path / "claims.yaml").write_text(yaml.safe_dump(annotation()), encoding="utf-8")
    with pytest.raises(GoldenError, match=r"article\.txt: can't be read"):
        load_golden(tmp_path)


def test_a_set_tells_the_errors_of_all_its_articles(tmp_path: Path) -> None:
    write(tmp_path / "b", annotation(claim(quote="Nie gesagt")))
    write(tmp_path / "a", annotation(claim(stance="hopes")))
    write(tmp_path / "c", annotation(claim()))
    with pytest.raises(GoldenError) as caught:
        load_golden_set(tmp_path)
    slugs = [Path(problem.split(": claim")[0]).parent.name for problem in caught.value.problems]
    assert slugs == ["a", "b"]


def test_a_set_can_be_cut_to_one_split(tmp_path: Path) -> None:
    write(tmp_path / "b", annotation())
    write(tmp_path / "a", annotation(split="test"))
    assert [g.slug for g in load_golden_set(tmp_path)] == ["a", "b"]
    assert [g.slug for g in load_golden_set(tmp_path, Split.TEST)] == ["a"]


def test_an_empty_set_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GoldenError, match="no folder"):
        load_golden_set(tmp_path)


_words = st.sampled_from(["Truppen", "Polen", "hilft", "„Nein“", "sagt", "sie", "er", "1000"])
_sentences = st.lists(_words, min_size=2, max_size=6).map(lambda words: "Dann " + " ".join(words) + ".")


@given(st.lists(_sentences, min_size=1, max_size=8), st.data())
def test_the_whole_sentence_is_an_opening_that_finds_it(sentences: list[str], drawn: st.DataObject) -> None:
    article = Article.from_text("Anna Beispiel redet.\n\n" + "\n\n".join(sentences), language="de")
    wanted = drawn.draw(st.sampled_from(sentences))
    content = Annotation.model_validate(annotation(narrated(evidence=[wanted])))
    try:
        golden = resolve(content, article, slug="a", file="claims.yaml")
    except GoldenError as error:
        assert sum(s.startswith(wanted) for s in sentences) > 1, error
    else:
        assert [e.text for e in golden.claims[0].claim.evidence] == [wanted]


def test_the_checked_in_schema_is_up_to_date() -> None:
    assert json.loads((ROOT / "schemas" / "golden.json").read_text(encoding="utf-8")) == golden_schema()


@pytest.mark.parametrize("folder", sorted(p.parent for p in GOLDEN.glob("*/claims.yaml")), ids=lambda p: p.name)
def test_the_golden_set_is_valid(folder: Path) -> None:
    load_golden(folder)
    first_line = (folder / "claims.yaml").read_text(encoding="utf-8").partition("\n")[0]
    assert first_line == SCHEMA_LINE
