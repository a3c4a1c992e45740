"""Drafts for the golden set: what is written loads, and has the report's claims as readers corrected them."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from reports import (
    empty_report,
    english_report,
    german_report,
    injected_report,
    make_claim,
    make_run,
    person,
    state,
)
from test_corrections import correction

from summarizer import resources
from summarizer.errors import InputError, OutputError
from summarizer.evaluation.annotation import Genre, Split
from summarizer.evaluation.drafting import DraftExistsError, draft, slug, write_draft
from summarizer.evaluation.golden import GoldenArticle, load_golden, load_golden_set
from summarizer.models import Article, Attribution, Claim, Evidence, Measure, Report, Span, Speaker, SpeakerKind, Stance
from summarizer.sentences import split as sentences_of


def loaded(folder: Path, report: Report, corrections=(), **options) -> GoldenArticle:
    return load_golden(write_draft(folder, report, corrections, **options))


def kept(claim: Claim) -> Claim:
    """What the golden format holds of a claim."""
    evidence = [e.model_copy(update={"sentence": 0}) for e in claim.evidence]
    return claim.model_copy(update={"id": "", "confidence": None, "evidence": evidence})


def claims_of(golden: GoldenArticle) -> list[Claim]:
    return [kept(one.claim) for one in golden.claims]


def report_on(text: str, *claims: Claim, published: date | None = None, language: str = "de") -> Report:
    article = Article.from_text(text, language=language, published=published)
    return Report(article=article, claims=list(claims), run=make_run())


def claim_of(text: str, *numbers: int, speaker: Speaker | None = None, **changes: object) -> Claim:
    """A claim on sentences of a text, by number."""
    sentences = {s.number: s for s in sentences_of(text)}
    claim = Claim(
        id="c1",
        speakers=[speaker or state("Norvik")],
        statement="Norvik lehnt ab.",
        attribution=Attribution.NARRATED,
        stance=Stance.REFUSES,
        measure=Measure.TROOPS,
        evidence=[
            Evidence(sentence=n, start=sentences[n].start, end=sentences[n].end, text=sentences[n].text(text))
            for n in numbers
        ],
    )
    return claim.model_copy(update=changes)


def comments(folder: Path, report: Report, corrections=()) -> str:
    text = draft(report, corrections).annotation
    write_draft(folder, report, corrections)
    return "\n".join(line.strip() for line in text.splitlines() if line.strip().startswith("#"))


@pytest.mark.parametrize("report", [german_report(), english_report(), empty_report()], ids=["de", "en", "empty"])
def test_a_draft_loads_with_the_reports_claims(tmp_path, report):
    golden = loaded(tmp_path, report)
    assert golden.article.text == report.article.text
    assert claims_of(golden) == [kept(claim) for claim in report.claims]
    assert not any(one.optional for one in golden.claims)
    assert (golden.split, golden.genre) == (Split.DEV, Genre.AGENCY)
    assert len(load_golden_set(tmp_path)) == 1


def test_corrected_claims_are_as_corrected_and_wrong_ones_are_only_told(tmp_path):
    report = german_report()
    corrections = [
        correction(report, "c1", stance=Stance.OPEN, note="If they can"),
        correction(report, "c2", measure=Measure.GENERAL),
        correction(report, "c4", wrong=True, note="Nobody said so"),
    ]
    golden = loaded(tmp_path, report, corrections)
    assert [(one.claim.stance, one.claim.measure) for one in golden.claims[:2]] == [
        (Stance.OPEN, Measure.NAVAL),
        (Stance.SUPPORTS, Measure.GENERAL),
    ]
    assert len(golden.claims) == 5
    told = comments(tmp_path, report, corrections)
    assert "# c1. Corrected by a reader: stance was commits. Note: If they can" in told
    assert "# c2. Corrected by a reader: measure was naval." in told
    assert re.search(r"#     c4\. Ostland, .*Note: Nobody said so", told)
    assert "with openai/gpt-5-mini (prompt extract.de@3f1a9c)" in told
    assert "3 of 6 claims corrected" in told
    assert "sentence 10 (äußern): Ein Sprecher wollte sich dazu äußern." in told


def test_corrections_that_fit_no_claim_are_left_out(tmp_path):
    report = german_report()
    lost = correction(report, "c1", wrong=True).model_copy(update={"claim_key": "0" * 16})
    assert len(loaded(tmp_path, report, [lost]).claims) == 6


def test_split_and_genre_are_the_callers(tmp_path):
    golden = loaded(tmp_path, german_report(), split=Split.TEST, genre=Genre.BRIEF)
    assert (golden.split, golden.genre) == (Split.TEST, Genre.BRIEF)


def test_the_draft_fits_the_schema_that_it_names():
    text = draft(german_report()).annotation
    schema = json.loads((resources.folder("schemas") / "golden.json").read_text(encoding="utf-8"))
    first = text.splitlines()[0]
    assert first == "# yaml-language-server: $schema=../../../schemas/golden.json"
    assert set(yaml.safe_load(text)) <= set(schema["properties"])
    assert set(schema["required"]) <= set(yaml.safe_load(text))


def test_a_draft_is_the_same_every_time():
    assert draft(german_report()) == draft(german_report())


def test_openings_are_the_fewest_words_that_tell_sentences_apart():
    text = (
        "Ein Titel steht hier\n\nNorvik lehnt Truppen ab, sagte der Minister. Norvik lehnt Truppen ab, sagte die "
        "Königin. „Norvik lehnt alles ab“, hieß es.\n"
    )
    claims = [claim_of(text, n, id=f"c{n}", stance=Stance.REFUSES) for n in (2, 3, 4)]
    openings = [c["evidence"] for c in yaml.safe_load(draft(report_on(text, *claims)).annotation)["claims"]]
    assert openings == [
        ["Norvik lehnt Truppen ab, sagte der"],
        ["Norvik lehnt Truppen ab, sagte die"],
        ["Norvik lehnt alles"],
    ]


def test_a_claim_on_a_sentence_that_stands_twice_is_a_comment(tmp_path):
    text = "Ein Titel steht hier\n\nNorvik lehnt ab. Dalmark sagt zu. Norvik lehnt ab.\n"
    report = report_on(text, claim_of(text, 2), claim_of(text, 3, id="c2", speaker=state("Dalmark")))
    golden = loaded(tmp_path, report)
    assert [one.claim.speakers[0].name for one in golden.claims] == ["Dalmark"]
    told = comments(tmp_path, report)
    assert "Only a comment, because it can't be loaded:" in told
    assert "begins several sentences: 2, 4" in told
    assert "#   statement: Norvik lehnt ab." in told


def test_a_sentence_that_is_the_beginning_of_another_is_a_comment_too(tmp_path):
    text = "Ein Titel steht hier\n\nNorvik lehnt ab! Norvik lehnt ab! „Wirklich“, sagte er.\n"
    golden = loaded(tmp_path, report_on(text, claim_of(text, 2)))
    assert golden.claims == ()


def test_where_every_claim_is_a_comment_the_list_is_empty(tmp_path):
    text = "Ein Titel steht hier\n\nNorvik lehnt ab. Norvik lehnt ab.\n"
    assert loaded(tmp_path, report_on(text, claim_of(text, 2))).claims == ()


def test_evidence_that_is_no_whole_sentence_becomes_one_and_is_told(tmp_path):
    text = "Ein Titel steht hier\n\nNorvik lehnt ab, und Dalmark sagt zu. Regen fiel.\n"
    half = Evidence(sentence=2, start=text.index("und"), end=text.index(" zu."), text="und Dalmark sagt")
    report = report_on(text, claim_of(text, 2, evidence=[half]))
    [one] = loaded(tmp_path, report).claims
    assert one.claim.evidence[0].text == "Norvik lehnt ab, und Dalmark sagt zu."
    assert "Not as in the report: its evidence" in comments(tmp_path, report)


def test_evidence_in_a_heading_can_not_be_loaded(tmp_path):
    text = "Norvik lehnt Truppen ab\n\nRegen fiel in Lindhaven. Sonst war nichts.\n"
    report = report_on(text, claim_of(text, 1))
    assert loaded(tmp_path, report).claims == ()
    assert "evidence: List should have at least 1 item" in comments(tmp_path, report)


def test_a_speaker_in_another_case_or_form_gets_an_alias(tmp_path):
    text = (
        "Ein Titel steht hier\n\nAus Militärkreisen hieß es, Luftabwehr sei nötig. Das norvische Außenministerium "
        "warnte davor.\n"
    )
    report = report_on(
        text,
        claim_of(text, 2, speaker=Speaker(name="Militärkreise", kind=SpeakerKind.UNNAMED)),
        claim_of(text, 3, id="c2", speaker=Speaker(name="Norvisches Außenministerium", kind=SpeakerKind.GOVERNMENT)),
    )
    golden = loaded(tmp_path, report)
    assert golden.aliases == {
        "Militärkreise": ("Militärkreisen",),
        "Norvisches Außenministerium": ("norvische Außenministerium",),
    }
    assert not any(one.optional for one in golden.claims)


def test_a_speaker_whom_the_article_does_not_name_makes_the_claim_optional(tmp_path):
    text = "Ein Titel steht hier\n\nNorvik lehnt ab. Regen fiel.\n"
    report = report_on(text, claim_of(text, 2, speaker=person("Alva Stenqvist")))
    [one] = loaded(tmp_path, report).claims
    assert one.optional
    assert "the article doesn't name Alva Stenqvist" in comments(tmp_path, report)


def test_what_is_not_in_the_articles_words_is_told_and_left_out(tmp_path):
    text = "Ein Titel steht hier\n\nNorvik lehnt ab, solange Krieg ist. Regen fiel.\n"
    claim = claim_of(
        text,
        2,
        conditions=["solange Krieg ist", "unless it rains"],
        via="the radio",
        said_on=date(2031, 5, 9),
    )
    report = report_on(text, claim, published=date(2031, 5, 7))
    [one] = loaded(tmp_path, report).claims
    assert (one.claim.conditions, one.claim.via, one.claim.said_on) == (["solange Krieg ist"], None, None)
    told = comments(tmp_path, report)
    assert "Condition, but not in the article's words: unless it rains" in told
    assert "Via, but not in the article's words: the radio" in told
    assert "Said on 2031-05-09, which is after the article's date" in told


def test_a_direct_claim_without_its_quote_is_a_comment(tmp_path):
    text = "Ein Titel steht hier\n\nNorvik lehnt ab. Regen fiel.\n"
    report = report_on(text, claim_of(text, 2, attribution=Attribution.DIRECT))
    assert loaded(tmp_path, report).claims == ()
    assert "quote: missing, although the attribution is direct" in comments(tmp_path, report)


def test_statements_in_another_language_are_told():
    report = german_report().model_copy(update={"run": make_run(language="en")})
    assert "word the statements in the article's language: they are in en" in draft(report).annotation


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Un titre\n\nIl pleut."),
        ("de", "Ein Titel\r\n\r\nEs regnet."),
        ("de", "\ufeffEs regnet."),
        ("de", "Es\0"),
    ],
)
def test_articles_that_the_set_can_not_hold_are_refused(tmp_path, language, text):
    with pytest.raises(InputError):
        write_draft(tmp_path, report_on(text, language=language))
    assert list(tmp_path.iterdir()) == []


HOSTILE = [
    "# no comment",
    "- no: list",
    "yes",
    "null",
    "2031-05-07",
    "{a: [b}",
    "!!python/object/apply:os.system ['true']",
    "*alias",
    "&anchor",
    "'\"",
    "%TAG",
    "--- ",
    "a\nb: c\n...",
    "x\x1b[2J\u202e\u2028y\x85z",
    "tab\there ",
    "\ue000😀\ufffe",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_words(tmp_path, words):
    text = "Ein Titel steht hier\n\nNorvik lehnt ab. Regen fiel.\n"
    speaker = state("Norvik").model_copy(update={"role": words, "affiliation": words})
    claim = claim_of(text, 2, speaker=speaker, statement=words)
    report = report_on(text, claim).model_copy(update={"run": make_run(model=words, prompt=words)})
    noted = [correction(report, "c1", note=words.replace("\ufffe", ""), measure=Measure.AIR)]
    [one] = loaded(tmp_path, report, noted).claims
    assert one.claim.statement == words
    assert one.claim.speakers == claim.speakers


def test_hostile_words_in_all_places_load(tmp_path):
    for number, words in enumerate(HOSTILE):
        try:
            write_draft(tmp_path, injected_report(f"{words} {number}"))
        except InputError:
            # NUL and the like, which no article has.
            continue
    assert load_golden_set(tmp_path)


_WORDS = st.lists(
    st.sampled_from(
        ["Norvik", "Dalmark", "lehnt", "sagt", "„Nie“", "zu", "#", ": ", "- ", "[", "'", "1.", "é", "e\u0301"]
    ),
    min_size=1,
    max_size=6,
).map(" ".join)


@settings(max_examples=25)
@given(st.data())
def test_any_report_gives_a_draft_that_loads(tmp_path_factory, data):
    body = data.draw(st.lists(_WORDS.map(lambda words: f"{words}."), min_size=1, max_size=8))
    breaks = data.draw(st.lists(st.sampled_from([" ", "\n\n", "\n"]), min_size=8, max_size=8))
    text = "Ein Titel\n\n" + "".join(sentence + gap for sentence, gap in zip(body, breaks, strict=False)) + "\n"
    found = sentences_of(text)
    hostile = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    claims = []
    for number in range(data.draw(st.integers(0, 4))):
        chosen = data.draw(st.lists(st.sampled_from(found), min_size=1, max_size=3, unique_by=lambda s: s.number))
        chosen.sort(key=lambda s: s.number)
        first = chosen[0]
        at = sorted(data.draw(st.lists(st.integers(first.start, first.end), min_size=2, max_size=2)))
        quote = Span(start=at[0], end=at[1], text=text[slice(*at)]) if at[0] < at[1] else None
        names = data.draw(
            st.lists(st.sampled_from(["Norvik", "Dalmark", "norvik", "X"]) | hostile, min_size=1, max_size=3)
        )
        claims.append(
            claim_of(
                text,
                *(s.number for s in chosen),
                id=f"c{number}",
                speakers=[person(name, data.draw(st.none() | hostile)) for name in names],
                statement=data.draw(hostile),
                attribution=data.draw(st.sampled_from(Attribution)),
                conditions=data.draw(st.lists(st.sampled_from(["lehnt", "sagt zu", ""]) | hostile, max_size=2)),
                via=data.draw(st.none() | hostile),
                quote=quote,
            )
        )
    report = report_on(text, *claims)
    golden = loaded(tmp_path_factory.mktemp("drafts"), report)
    left = iter(claims)
    for one in golden.claims:
        claim = next(c for c in left if c.statement == one.claim.statement and c.attribution == one.claim.attribution)
        assert [s.name for s in one.claim.speakers] == [s.name for s in claim.speakers]
        assert one.claim.conditions == [c for c in claim.conditions if c in one.claim.conditions]


@settings(max_examples=25)
@given(st.data())
def test_a_report_as_the_pipeline_makes_it_comes_back_whole(tmp_path_factory, data):
    names = ["Norvik", "Dalmark", "Ostland", "Alva Stenqvist"]
    count = data.draw(st.integers(1, 8))
    drawn = [data.draw(st.sampled_from(names)) for _ in range(count)]
    ends = data.draw(st.lists(st.sampled_from([".", " – #nie: [so]!", " (1), 'oh'.", "."]), min_size=8, max_size=8))
    # Sentences that begin alike, and differ in a word.
    body = [f"{name} lehnt Plan {n}a{n} ab, „und wie {n}“{ends[n]}" for n, name in enumerate(drawn)]
    text = "Ein Titel steht hier\n\n" + "\n\n".join(body) + "\n"
    article = Article.from_text(text, language="de", published=date(2031, 5, 7))
    claims = [
        make_claim(
            article,
            n,
            [state(name) if name != "Alva Stenqvist" else person(name, "Präsidentin: #1", "Norvik")],
            data.draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(str.strip)),
            [(n + 2, body[n])],
            stance=data.draw(st.sampled_from(Stance)),
            measure=data.draw(st.sampled_from(Measure)),
            quote=f"und wie {n}" if data.draw(st.booleans()) else None,
            conditions=[f"Plan {n}a{n}"],
            said_on=data.draw(st.none() | st.dates(max_value=date(2031, 5, 7))),
        )
        for n, name in enumerate(drawn)
    ]
    report = Report(article=article, claims=claims, run=make_run())
    golden = loaded(tmp_path_factory.mktemp("drafts"), report)
    assert claims_of(golden) == [kept(claim) for claim in claims]
    assert not any(one.optional for one in golden.claims)


@pytest.mark.parametrize(
    ("title", "published", "expected"),
    [
        ("Küstenrat: Drei Staaten sagen zu", date(2031, 5, 7), "2031-05-07-de-kuestenrat-drei-staaten"),
        ("Œuvre & Ñandú für Łódź", None, "undated-de-oeuvre-nandu-fuer"),
        ("../../etc/passwd", None, "undated-de-passwd"),
        ("Привет мир", None, "undated-de-cf4"),
    ],
)
def test_the_folders_name(title, published, expected):
    article = german_report().article.model_copy(update={"title": title, "published": published})
    assert slug(article).startswith(expected)
    assert re.fullmatch(r"[a-z0-9-]{1,60}", slug(article))


def test_an_article_without_title_is_named_by_its_first_sentence():
    article = Article.from_text("Norvik lehnt Truppen ab. Regen fiel.", language="de")
    assert slug(article) == "undated-de-norvik-lehnt-truppen"


def test_a_draft_that_somebody_worked_on_stays_unless_it_is_forced(tmp_path):
    report = german_report()
    path = write_draft(tmp_path, report)
    assert write_draft(tmp_path, report) == path
    edited = (path / "claims.yaml").read_text(encoding="utf-8").replace("genre: agency", "genre: brief")
    (path / "claims.yaml").write_text(edited, encoding="utf-8")
    with pytest.raises(DraftExistsError, match="is there already"):
        write_draft(tmp_path, report)
    assert load_golden(path).genre is Genre.BRIEF
    write_draft(tmp_path, report, force=True)
    assert load_golden(path).genre is Genre.AGENCY


def test_another_article_of_the_same_name_has_a_folder_of_its_own(tmp_path):
    report = german_report()
    article = report.article.model_copy(update={"text": f"{report.article.text}Mehr.\n", "id": "../x"})
    other = report.model_copy(update={"article": article})
    first, second = write_draft(tmp_path, report), write_draft(tmp_path, other)
    assert first != second
    assert second.parent == tmp_path
    assert write_draft(tmp_path, other, force=True) == second
    assert len(load_golden_set(tmp_path)) == 2


def test_a_folder_that_can_not_be_made_is_told(tmp_path):
    (tmp_path / "drafts").write_text("a file")
    with pytest.raises(OutputError, match="can't be written: Not a directory"):
        write_draft(tmp_path / "drafts", german_report())
