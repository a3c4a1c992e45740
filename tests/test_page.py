"""The page of an eval run, as a browser shows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import assert_accessible, assert_blocked, links_with_targets, unfold, with_markup
from reports import english_report, german_report, injected_report, person

from summarizer.evaluation.annotation import Genre, Split
from summarizer.evaluation.figures import ArticleResult, score_article
from summarizer.evaluation.golden import GoldenArticle, GoldenClaim
from summarizer.evaluation.page import figure_table, heatmap, page
from summarizer.evaluation.page_article import article_view
from summarizer.evaluation.runs import RunHeader
from summarizer.llm.recording import Recorded, RecordedError
from summarizer.models import Article, Claim, ErrorInfo, Stance, Usage
from summarizer.sentences import split

if TYPE_CHECKING:
    from browser import Open

pytest_plugins = ["browser"]

HOSTILE = (
    "<script>document.title='taken'</script><img src=https://evil.example/x onerror=alert(1)> {{ 7 * 7 }} "
    "{% raw %} \"'&amp; </style></pre></details> javascript:alert(1) \u202eesrever\u202c \x1b[31m \ud800"
)
HEADER = RunHeader(
    system="pipeline",
    model="openai/gpt-5-mini",
    profile="article",
    topic="security-guarantees",
    prompt="extract.de@3f1a9c",
    schema_sha256="5c" * 32,
    golden_sha256="9e" * 32,
    split="dev",
    slugs=["hafen", "talks", "failed"],
    git_commit="0123abcd",
    git_dirty=True,
    versions={"python": "3.13.1", "summarizer": "0.1.0"},
    machine={"cpu": "Example CPU", "cores": 2},
    started_at=datetime(2031, 5, 7, 9, 30, tzinfo=UTC),
)
REPLIES = [
    Recorded(key="k1", kind="structured", text='{"claims": [\n  {"statement": "x"}\n]}', usage=Usage(reasks=1)),
    Recorded(key="k2", kind="completion", text="open", first_token={"open": 0.9, "supports": 0.1}, usage=Usage()),
    Recorded(
        key="k3",
        kind="structured",
        usage=Usage(),
        error=RecordedError(type="truncated", message="Cut off.", hint="Ask for less."),
    ),
]


def golden_of(article: Article, claims: Sequence[Claim], slug: str, *, optional: Sequence[Claim] = ()) -> GoldenArticle:
    everything = [GoldenClaim(c, False) for c in claims] + [GoldenClaim(c, True) for c in optional]
    return GoldenArticle(slug, article, tuple(split(article.text)), Split.DEV, Genre.AGENCY, {}, tuple(everything))


def german_result() -> ArticleResult:
    """Six golden claims: one matched, one with another stance, one optional, the rest missed; one spurious."""
    report = german_report()
    right, other_stance, spurious, joint, optional, _ = report.claims
    golden = golden_of(
        report.article,
        [right, other_stance.model_copy(update={"stance": Stance.COMMITS}), joint],
        "hafen",
        optional=[optional],
    )
    predicted = [right, other_stance, spurious, optional]
    return score_article(golden, report.model_copy(update={"claims": predicted}), duration_s=3.5)


def english_result() -> ArticleResult:
    report = english_report()
    return score_article(golden_of(report.article, report.claims, "talks"), report)


def failed_result() -> ArticleResult:
    golden = golden_of(english_report().article, english_report().claims, "failed")
    return score_article(golden, ErrorInfo(type="timeout", message="No answer in 60 s."))


def hostile_result() -> ArticleResult:
    report = injected_report(HOSTILE)
    missed = report.claims[0].model_copy(update={"speakers": [person(f"{HOSTILE} 2")]})
    return score_article(golden_of(report.article, [missed], f"slug {HOSTILE}"), report)


def a_page() -> str:
    results = [english_result(), german_result(), failed_result()]
    return page(HEADER, results, {("hafen", 1): REPLIES, ("failed", 1): REPLIES[2:]})


def a_hostile_page() -> str:
    header = HEADER.model_copy(update={"model": HOSTILE, "prompt": HOSTILE, "versions": {HOSTILE: HOSTILE}})
    result = hostile_result()
    replies = [
        Recorded(
            key="k",
            kind="structured",
            text=HOSTILE,
            first_token={HOSTILE: 1},
            usage=Usage(),
            error=RecordedError(type=HOSTILE, message=HOSTILE, hint=HOSTILE),
        )
    ]
    return page(header, [result], {(result.golden.slug, 1): replies})


def group(result: ArticleResult, outcome: str) -> list[str]:
    groups = article_view(result, 1).groups
    return [c.statement.golden for g in groups if g.outcome == outcome for c in g.claims]


def test_claims_stand_in_the_group_of_their_outcome() -> None:
    view = article_view(german_result(), 1, REPLIES)
    assert {g.outcome.value: g.pairs for g in view.groups} == {
        "matched": 3,
        "missed": 10,
        "spurious": 1,
        "optional": 1,
    }
    assert group(german_result(), "missed") == ["Zehn Staaten lehnen es ab, Soldaten nach Marvonien zu schicken."]
    assert group(german_result(), "spurious") == ["Norvik schickt keine Bodentruppen nach Marvonien."]


def test_a_joint_statement_is_one_claim_with_the_speakers_that_share_the_outcome() -> None:
    """A prediction that names nine of the ten speakers leaves one of them missed."""
    report = german_report()
    joint = report.claims[3]
    predicted = joint.model_copy(update={"speakers": joint.speakers[:-1]})
    result = score_article(
        golden_of(report.article, [joint], "joint"), report.model_copy(update={"claims": [predicted]})
    )
    matched, missed, spurious = article_view(result, 1).groups
    assert (matched.pairs, len(matched.claims)) == (9, 1)
    assert [c.fields[0].golden for c in missed.claims] == ["Heideland"]
    assert spurious.claims == ()


def test_a_difference_in_a_scored_field_is_wrong_and_one_in_words_is_not() -> None:
    matched = article_view(german_result(), 1).groups[0].claims
    wrong = {f.name: (f.golden, f.predicted) for claim in matched for f in claim.fields if f.is_wrong}
    assert wrong == {"stance": ("commits", "supports")}

    report = english_report()
    renamed = report.claims[0].model_copy(update={"statement": "Something else.", "via": "a paper"})
    result = score_article(
        golden_of(report.article, report.claims[:1], "a"), report.model_copy(update={"claims": [renamed]})
    )
    (claim,) = article_view(result, 1).groups[0].claims
    assert claim.statement.differs
    assert {f.name for f in claim.fields if f.differs} == {"via"}
    assert not any(f.is_wrong for f in claim.fields)


def test_evidence_that_only_one_side_has_is_told_apart() -> None:
    report = english_report()
    claim = report.claims[0]
    shorter = claim.model_copy(update={"evidence": claim.evidence[:1], "quote": None})
    result = score_article(golden_of(report.article, [claim], "a"), report.model_copy(update={"claims": [shorter]}))
    (view,) = article_view(result, 1).groups[0].claims
    assert [(link.sentence, link.side) for link in view.evidence] == [(2, ""), (3, "golden only")]


def test_pieces_make_up_the_article_and_know_their_claims() -> None:
    result = german_result()
    pieces = article_view(result, 1).pieces
    assert "".join(piece.text for piece in pieces) == result.golden.article.text
    outcomes = {piece.number: piece.outcome for piece in pieces if piece.claims}
    assert outcomes == {3: "matched", 4: "matched", 5: "spurious", 7: "missed", 8: "optional"}


@given(st.text(st.sampled_from("ab. \n\t„“\u200b\u202e<>&"), max_size=60))
def test_pieces_make_up_any_article(text: str) -> None:
    golden = golden_of(Article.from_text(text, language="de"), [], "a")
    pieces = article_view(score_article(golden, ErrorInfo(type="x", message="y")), 1).pieces
    assert "".join(piece.text for piece in pieces) == text


def test_the_worst_article_comes_first() -> None:
    """Failed, then by strict F1; a negative without claims is as right as can be."""
    article = Article.from_text("Nothing was promised.", language="en")
    empty = english_report().model_copy(update={"article": article, "claims": []})
    negative = score_article(golden_of(article, [], "negative"), empty)
    html = page(HEADER, [negative, english_result(), german_result(), failed_result()])
    names = re.findall(r'<h2 id="article-\d+">(.+?)</h2>', html)
    assert names[:2] == ["failed", "hafen"]
    assert set(names[2:]) == {"negative", "talks"}


def test_repeats_are_told_apart_with_their_own_replies() -> None:
    first, second = english_result(), english_result()
    second = ArticleResult(second.golden, second.outcome, second.matching, repeat=2)
    header = HEADER.model_copy(update={"repeats": 2})
    html = page(header, [first, second], {("talks", 2): REPLIES})
    assert re.findall(r'<h2 id="article-\d+">(.+?)</h2>', html) == ["talks, repeat 1", "talks, repeat 2"]
    assert html.index("talks, repeat 2</h2>") < html.index("Replies of the model (3)")


def test_the_table_has_every_figure_for_every_group() -> None:
    table = figure_table([german_result(), english_result(), failed_result()])
    assert [(g.name, g.columns) for g in table.groups][:2] == [("language", ("de", "en")), ("genre", ("agency",))]
    width = sum(len(g.columns) for g in table.groups)
    assert {len(row.values) for row in table.rows} == {width}
    rows = {row.name: row for row in table.rows}
    assert rows["articles"].total == "3"
    assert rows["failed"].total == "1"
    # Two pairs of each language's own article: German 3 right of 13 golden and 4 predicted, English 2 of 2.
    assert rows["loose F1"].total == f"{2 * 5 / (15 + 6):.3f}"
    assert rows["loose F1"].values[:2] == (f"{2 * 3 / (13 + 4):.3f}", "1.000")
    assert rows["loose F1"].interval
    assert rows["rejected share"].direction == "lower"


def test_a_heatmap_shows_golden_rows_and_predicted_columns() -> None:
    found = heatmap([german_result()], "stance")
    assert found.labels == ("commits", "supports")
    cells = {
        (label, predicted): cell for label, row in found.rows for predicted, cell in zip(found.labels, row, strict=True)
    }
    assert cells["commits", "supports"].count == 1
    assert not cells["commits", "supports"].is_right
    assert cells["commits", "commits"].is_right
    assert cells["commits", "commits"].heat > cells["commits", "supports"].heat > 0
    assert cells["supports", "supports"].heat == 0


def test_a_page_without_results_is_a_page() -> None:
    assert "<h1>" in page(HEADER, [])


def test_every_link_has_its_target_on_the_page() -> None:
    links = links_with_targets(a_page())
    assert len(links.inside) > 20
    assert (links.outside, "" in links.inside) == ([], False)


def test_the_browser_would_notice_a_request_and_a_complaint(open_page: Open) -> None:
    opened = open_page("<img src='http://127.0.0.1:9/x.png'><script>console.error('bad'); none()</script>")
    assert opened.requests == ["http://127.0.0.1:9/x.png"]
    assert any("bad" in complaint for complaint in opened.complaints)
    assert any("none is not defined" in complaint for complaint in opened.complaints)


def test_the_page_asks_for_nothing_and_has_its_style(open_page: Open) -> None:
    opened = open_page(a_page())
    opened.page.wait_for_load_state("networkidle")
    assert (opened.requests, opened.complaints) == ([], [])
    # The policy lets the style in: its hash fits.
    assert opened.page.locator(".text").first.evaluate("e => getComputedStyle(e).whiteSpaceCollapse") == "preserve"


def test_markup_that_got_in_would_not_run_or_load(open_page: Open) -> None:
    assert_blocked(open_page(with_markup(a_page())), "Eval of pipeline with openai/gpt-5-mini")


def test_hostile_words_are_only_words(open_page: Open) -> None:
    opened = open_page(a_hostile_page())
    opened.page.wait_for_load_state("networkidle")
    assert (opened.requests, opened.complaints) == ([], [])
    assert opened.page.locator("script, img, iframe").count() == 0
    assert opened.page.title().startswith("Eval of pipeline with <script>document.title='taken'</script><img")
    everything = opened.page.locator("body").text_content() or ""
    assert "{{ 7 * 7 }} {% raw %}" in everything
    assert not re.search("[\u202e\x1b\ud800]", everything)
    assert "␛[31m" in everything
    assert "taken" in (opened.page.locator(".text").text_content() or "")


def test_evidence_leads_to_its_sentence_and_back_without_scripts(open_page: Open) -> None:
    page_ = open_page(a_page(), java_script_enabled=False, viewport={"width": 1200, "height": 500}).page
    claim = page_.locator("li.claim.spurious").first
    claim.get_by_role("link", name="sentence 5").click()
    sentence = page_.locator(":target")
    assert sentence.text_content() == "5Bodentruppen schloss sie aus. spurious ✗1"
    assert sentence.is_visible()
    box = sentence.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 500
    sentence.get_by_role("link").click()
    assert "Norvik schickt keine Bodentruppen" in (page_.locator(":target").text_content() or "")


def test_replies_and_rejections_unfold_by_keyboard_without_scripts(open_page: Open) -> None:
    page_ = open_page(a_page(), java_script_enabled=False).page
    reply = page_.get_by_text('"statement": "x"')
    assert not reply.is_visible()
    page_.get_by_text("Replies of the model (3)").focus()
    page_.keyboard.press("Enter")
    assert reply.is_visible()
    assert reply.text_content() == '{"claims": [\n  {"statement": "x"}\n]}'
    page_.get_by_text("Rejections (2)").focus()
    page_.keyboard.press("Enter")
    assert page_.get_by_text("Refused by number_not_in_evidence.").is_visible()


def test_a_failed_article_says_why(open_page: Open) -> None:
    page_ = open_page(a_page()).page
    failed = page_.get_by_role("article", name="failed")
    assert failed.get_by_text("Failed (timeout): No answer in 60 s.").is_visible()
    assert failed.get_by_text("Harbour talks end").is_visible()
    assert page_.get_by_role("row", name="failed: timeout").is_visible()


def test_the_outcome_is_told_by_more_than_colour(open_page: Open) -> None:
    page_ = open_page(a_page()).page
    article = page_.get_by_role("article", name="hafen")
    for outcome, sign in {"matched": "✓", "missed": "○", "spurious": "✗", "optional": "~"}.items():
        sentence = article.locator(f".sentence.{outcome}").first
        assert sign in (sentence.text_content() or "")
        colour = sentence.evaluate("e => getComputedStyle(e).backgroundColor")
        assert colour not in {"rgba(0, 0, 0, 0)", "rgb(255, 255, 255)"}


@pytest.mark.parametrize("hostile", [False, True])
def test_a_phone_scrolls_only_downwards(open_page: Open, hostile: bool) -> None:
    html = a_hostile_page() if hostile else a_page()
    page_ = open_page(html, viewport={"width": 320, "height": 640}).page
    page_.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
    assert page_.evaluate("document.documentElement.scrollWidth") <= 320
    # What is wider, the tables, scrolls within itself.
    wide = page_.evaluate(
        """[...document.querySelectorAll('main *')].filter(e => !e.closest('.scrolls, .unseen')
        && e.getBoundingClientRect().right > 321).map(e => e.outerHTML.slice(0, 80))"""
    )
    assert wide == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_is_accessible(open_page: Open, scheme: str, width: int) -> None:
    """WCAG 2.2 AA as far as axe can tell, contrast included. Its script is let in for this only."""
    viewport = {"width": width, "height": 800}
    page_ = open_page(a_page(), color_scheme=scheme, bypass_csp=True, viewport=viewport).page
    unfold(page_)
    assert_accessible(page_)


def test_in_print_the_paper_is_white_and_nothing_is_cut_off(open_page: Open) -> None:
    page_ = open_page(a_page(), color_scheme="dark", viewport={"width": 700, "height": 1000}).page
    page_.emulate_media(media="print", color_scheme="dark")
    assert page_.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert page_.locator(".scrolls").first.evaluate("e => getComputedStyle(e).overflowX") == "visible"
    assert page_.pdf().startswith(b"%PDF")
