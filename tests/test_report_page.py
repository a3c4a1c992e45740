"""A report as a page: what stands on it, and what it does in a browser."""

from __future__ import annotations

import json
import re
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback import serving
from pages import assert_accessible, assert_blocked, links_with_targets, unfold, with_markup
from pydantic import ValidationError
from pypdf import PdfReader
from reports import (
    empty_report,
    english_report,
    german_article,
    german_report,
    injected_report,
    make_claim,
    make_run,
    person,
    span_of,
    state,
)

from summarizer.corrections import Correction, Corrections, claim_key, corrected
from summarizer.models import Article, Claim, Evidence, Measure, Report, Span, Stance
from summarizer.rendering import report_page, to_json
from summarizer.rendering.html.claim_view import claim_anchor
from summarizer.rendering.html.report_page import claim_fragment
from summarizer.rendering.html.report_text import article_text
from summarizer.rendering.html.report_view import report_view
from summarizer.summary import positions

if TYPE_CHECKING:
    from browser import Open
    from playwright.sync_api import Locator, Page

pytest_plugins = ["browser"]

HOSTILE = (
    "<script>document.title='taken'</script><img src=https://evil.example/x onerror=alert(1)> {{ 7 * 7 }} "
    "{% raw %} \"'&amp; </style></script></details><!-- javascript:alert(1) \u202eesrever\u202c \x1b[31m \ud800 "
    "\u2028 שלום ' onmouseover='alert(1)"
)
WIDE = {"width": 1280, "height": 700}
PHONE = {"width": 360, "height": 700}
MADE_AT = datetime(2031, 5, 8, 8, 0, tzinfo=UTC)


def correction_of(report: Report, claim_id: str, **said: Any) -> Correction:
    claim = next(c for c in report.claims if c.id == claim_id)
    said = {"made_at": MADE_AT, **said}
    return Correction(article=report.article.id, claim=claim_id, claim_key=claim_key(claim), **said)


def long_report() -> Report:
    """The German report with so much text in front that its claims are far down."""
    report = german_report()
    filler = "\n\n".join(f"Absatz {n} steht hier nur, damit der Text lang ist." for n in range(80)) + "\n\n"
    return moved(report, filler)


def moved(report: Report, filler: str) -> Report:
    by = len(filler)

    def shifted(span: Any, **more: Any) -> Any:
        return span.model_copy(update={"start": span.start + by, "end": span.end + by, **more})

    claims = [
        c.model_copy(
            update={
                "evidence": [shifted(e, sentence=e.sentence + 80) for e in c.evidence],
                "quote": shifted(c.quote) if c.quote else None,
            }
        )
        for c in report.claims
    ]
    article = report.article.model_copy(update={"text": filler + report.article.text, "title": None})
    uncovered = [shifted(u, sentence=u.sentence + 80) for u in report.uncovered]
    return report.model_copy(update={"article": article, "claims": claims, "uncovered": uncovered})


def all_stances_report() -> Report:
    """A sentence for each stance, and one that has three."""
    words = [f"Staat {n} sagt etwas zur Sache." for n in range(len(Stance))]
    article = Article.from_text("\n\n".join([*words, "Norvik redet viel."]), language="de", title="Acht")
    claims = [
        make_claim(article, n + 1, [state(f"Staat {n}")], words[n], [(n + 1, words[n])], stance=stance)
        for n, stance in enumerate(Stance)
    ]
    claims += [
        make_claim(article, 9 + n, [state("Norvik")], "Norvik redet.", [(9, "Norvik redet viel.")], stance=stance)
        for n, stance in enumerate((Stance.REFUSES, Stance.OPEN, Stance.DEMANDS))
    ]
    return Report(article=article, claims=claims, positions=positions(claims, "de"), run=make_run())


def hostile_report() -> Report:
    """Hostile words in every place, ids and language included."""
    report = injected_report(HOSTILE)
    article = report.article.model_copy(update={"id": HOSTILE})
    claim = report.claims[0].model_copy(update={"id": HOSTILE})
    summary = report.summary.sentences[0].model_copy(update={"claims": [HOSTILE, "c404"]})
    return report.model_copy(
        update={
            "article": article,
            "claims": [claim],
            "summary": report.summary.model_copy(update={"sentences": [summary]}),
            "positions": [p.model_copy(update={"claims": [HOSTILE]}) for p in report.positions],
        }
    )


# What stands on the page


def test_pieces_make_up_the_article_and_know_their_claims_and_quotes() -> None:
    report = german_report()
    found = [p for paragraph in article_text(report).paragraphs for p in paragraph.pieces]
    assert "".join(piece.text for piece in found) == report.article.text
    assert {p.number: p.claims for p in found if p.claims} == {
        3: ("c1",), 4: ("c2",), 5: ("c3",), 7: ("c4",), 8: ("c5",), 9: ("c6",)
    }  # fmt: skip
    quoted = [words for piece in found for words in piece.words if words.quoted_by]
    assert [(w.text, w.quoted_by) for w in quoted] == [
        ("Wir lassen Marvonien nicht allein, auch nicht auf See.", ("c2",))
    ]
    assert [p.number for p in found if p.is_uncovered] == [10]


def test_overlapping_quotes_are_cut_where_they_begin_and_end() -> None:
    words = "One two three four."
    article = Article.from_text(f"{words} Other.", language="en")
    quotes = ["One two three", "two three four", "three"]
    claims = [
        make_claim(article, n, [person("A")], "x", [(1, words)], quote=quote) for n, quote in enumerate(quotes, start=1)
    ]
    report = Report(article=article, claims=claims, run=make_run())
    piece = article_text(report).paragraphs[0].pieces[0]
    assert [(w.text, w.quoted_by) for w in piece.words] == [
        ("One ", ("c1",)),
        ("two ", ("c1", "c2")),
        ("three", ("c1", "c2", "c3")),
        (" four", ("c2",)),
        (".", ()),
    ]


@st.composite
def odd_reports(draw: st.DrawFn) -> Report:
    """Any text with evidence and quotes anywhere in it, whatever the splitter thinks of it."""
    text = draw(st.text(st.sampled_from("ab. \n\t„“\u200b\u202e<>&#"), max_size=60))
    places, numbers = st.integers(0, len(text)), st.integers(1, 3)

    def span() -> dict[str, Any]:
        start, end = sorted((draw(places), draw(places)))
        return {"start": start, "end": end, "text": text[start:end]}

    article = Article.from_text(text, language="de")
    base = english_report().claims[0]
    claims = [
        base.model_copy(
            update={
                "id": f"c{n}",
                "evidence": [Evidence(sentence=draw(numbers), **span()) for _ in range(draw(st.integers(0, 2)))],
                "quote": draw(st.sampled_from([None, Span(**span())])),
            }
        )
        for n in range(draw(st.integers(0, 3)))
    ]  # fmt: skip
    return Report(article=article, claims=claims, run=make_run())


@given(odd_reports())
def test_pieces_make_up_any_article(report: Report) -> None:
    found = [p for paragraph in article_text(report).paragraphs for p in paragraph.pieces]
    assert "".join(piece.text for piece in found) == report.article.text


@settings(max_examples=50)
@given(odd_reports())
def test_every_link_has_its_target_on_any_page(report: Report) -> None:
    links_with_targets(report_page(report))


@pytest.mark.parametrize("report", [german_report(), english_report(), empty_report(), all_stances_report()])
def test_every_link_has_its_target_on_the_page(report: Report) -> None:
    links_with_targets(report_page(report))


def test_evidence_that_is_only_white_space_is_a_place_to_lead_to() -> None:
    evidence = Evidence(start=0, end=1, text=" ", sentence=1)
    claim = english_report().claims[0].model_copy(update={"evidence": [evidence], "quote": None})
    report = Report(article=Article.from_text(" ", language="en"), claims=[claim], run=make_run())
    links_with_targets(report_page(report))


def test_claims_of_one_id_are_told_apart() -> None:
    report = german_report()
    same = [claim.model_copy(update={"id": "c1"}) for claim in report.claims[:3]]
    cited = report.summary.sentences[0].model_copy(update={"claims": ["c1"]})
    summary = report.summary.model_copy(update={"sentences": [cited]})
    report = report.model_copy(update={"claims": same, "positions": positions(same, "de"), "summary": summary})
    html = report_page(report, corrections=[correction_of(report, "c1", note="Only this one.")])
    links_with_targets(html)
    view = report_view(report)
    assert [c.id for c in view.claims] == ["c1", "c1 (2)", "c1 (3)"]
    tones = [view.tones(p) for paragraph in view.paragraphs for p in paragraph.pieces if p.claims]
    assert tones == ["stance-commits", "stance-supports", "stance-refuses"]
    assert html.count("Only this one.") == 2  # as a note, and in the claim's data


def test_a_report_has_no_endless_numbers() -> None:
    for value in ("NaN", "Infinity"):
        text = to_json(german_report()).replace("14.23", value)
        with pytest.raises(ValidationError, match="finite number"):
            Report.model_validate(json.loads(text))


def test_a_joint_claim_is_one_and_found_by_each_of_its_speakers() -> None:
    view = report_view(german_report())
    joint = view.by_id["c4"]
    assert [s.name for s in joint.speakers][:2] == ["Ostland", "Westland"]
    assert len([who for who in joint.who.split() if who.startswith("a")]) == 10
    assert {c.name for c in view.filters.actors} >= {"Ostland", "Heideland", "Norvik", "Marvonien"}
    # An actor for which others speak too stands there twice, one that only speaks for itself once.
    assert [(c.name, c.claims) for c in view.filters.speakers] == [
        ("Alva Stenqvist", 2),
        ("Ilja Toren", 1),
        ("Norvik", 1),
    ]


def test_positions_are_cells_with_stances_and_their_claims() -> None:
    heatmap = report_view(german_report()).heatmap
    assert [m.value for m in heatmap.measures] == ["troops", "air", "naval", "treaty"]
    norvik = next(row for row in heatmap.rows if row.actor == "Norvik")
    held = [[(h.stance.value, [c.id for c in h.claims]) for h in cell] for cell in norvik.cells]
    assert held == [[("refuses", ["c3"])], [], [("commits", ["c1"]), ("supports", ["c2"])], []]


def test_a_sentence_has_the_tones_of_two_stances_at_most() -> None:
    report = all_stances_report()
    view = report_view(report, [correction_of(report, "c9", wrong=True), correction_of(report, "c1", wrong=True)])
    tones = {p.number: view.tones(p) for paragraph in view.paragraphs for p in paragraph.pieces if p.claims}
    assert tones[2] == "stance-open"
    assert tones[1] == ""
    assert tones[9] == "stance-open also-demands"


def test_corrections_change_what_the_page_counts() -> None:
    report = german_report()
    corrections = [
        correction_of(report, "c4", wrong=True, note="Nur zitiert."),
        correction_of(report, "c5", stance=Stance.SUPPORTS, measure=Measure.GENERAL),
        correction_of(report, "c6", note="Fraglich."),
        correction_of(report, "c1", wrong=True).model_copy(update={"claim_key": "0" * 16}),
    ]
    view = report_view(report, corrections)
    assert view.outcome[0] == "5 claims, 1 marked wrong"
    assert view.by_id["c4"].is_wrong
    assert (view.by_id["c5"].given_stance, view.by_id["c5"].stance) == (Stance.DEMANDS, Stance.SUPPORTS)
    assert (view.by_id["c6"].note, view.by_id["c1"].correction) == ("Fraglich.", None)
    assert {row.actor for row in view.heatmap.rows if row.is_empty} >= {"Ostland", "Heideland"}
    assert all("c4" not in {c.id for c in sentence.claims} for sentence in view.summary)


def test_only_usual_ids_are_anchors_as_they_are() -> None:
    assert claim_anchor("c7") == "c7"
    for odd in ("s3", "claims", "c7 x", "c٣", "", "\ud800"):
        assert re.fullmatch(r"claim-[0-9a-f]{12}", claim_anchor(odd))


def test_only_web_addresses_are_links() -> None:
    for url in ("javascript:alert(1)", "data:text/html,x", "//evil.example", "https:"):
        report = german_report()
        article = report.article.model_copy(update={"url": url})
        assert report_view(report.model_copy(update={"article": article})).address == ""
    assert 'href="https://nordpress.example/kuestenrat" rel="noreferrer noopener"' in report_page(german_report())


def test_statements_have_the_language_of_the_run_and_quotes_that_of_the_article() -> None:
    report = german_report().model_copy(update={"run": make_run(language="en")})
    html = report_page(report)
    assert '<p class="statement" lang="en"' in html
    assert '<blockquote lang="de"' in html
    assert '<div class="text" lang="de">' in html


def test_a_fragment_is_the_card_of_the_page_without_its_links() -> None:
    report = german_report()
    fragment = claim_fragment(report.claims[1], report.article)
    assert "<mark>Wir lassen Marvonien nicht allein, auch nicht auf See.</mark>" in fragment
    assert "Alva Stenqvist" in fragment
    assert not re.search(r"<a |<button| id=", fragment)
    hostile = claim_fragment(hostile_report().claims[0], hostile_report().article)
    assert not re.search(r"<(?:script|img)", hostile)


def test_a_long_article_with_many_claims_is_a_page_in_a_moment() -> None:
    report = many_report(300)
    assert len(report.article.text.split()) > 50_000
    report_page(german_report())
    began = time.perf_counter()
    report_page(report)
    assert time.perf_counter() - began < 15


def many_report(number: int) -> Report:
    sentences = [f"Staat {n} sagte am Montag, dass er dem Land helfen und Geld schicken wolle." for n in range(4200)]
    article = Article.from_text("\n\n".join(sentences), language="de")
    claims = []
    position = 0
    for n in range(number):
        start = article.text.index(sentences[n * 10], position)
        position = start + len(sentences[n * 10])
        evidence = Evidence(start=start, end=position, text=sentences[n * 10], sentence=n * 10 + 1)
        base = make_claim(german_article(), n + 1, [state(f"Staat {n}")], sentences[n * 10], [])
        stance = list(Stance)[n % len(Stance)]
        claims.append(base.model_copy(update={"evidence": [evidence], "stance": stance}))
    return Report(article=article, claims=claims, positions=positions(claims, "de"), run=make_run())


# What it does in a browser


def in_view(locator: Locator) -> bool:
    box = locator.bounding_box()
    assert box is not None
    size = locator.page.viewport_size
    assert size is not None
    return box["y"] >= 0 and box["y"] + box["height"] <= size["height"]


def fits_of(page: Page) -> list[str]:
    return [e.get_attribute("id") or "" for e in page.locator(".claim:visible").all()]


def test_the_page_asks_for_nothing_and_says_nothing(open_page: Open) -> None:
    opened = open_page(report_page(german_report()))
    opened.page.wait_for_load_state("networkidle")
    assert (opened.requests, opened.complaints) == ([], [])
    # The policy lets style and script in: their hashes fit.
    assert opened.page.locator("#count").text_content() == "6 of 6 claims"
    assert opened.page.locator(".text p").first.evaluate("e => getComputedStyle(e).whiteSpaceCollapse") == "preserve"


def test_markup_that_got_in_would_not_run_or_load(open_page: Open) -> None:
    html = with_markup(report_page(german_report()))
    assert_blocked(open_page(html), "Küstenrat: Drei Staaten sagen Seepatrouillen zu")


def test_choosing_a_claim_scrolls_to_its_words_and_marks_the_quote(open_page: Open) -> None:
    page = open_page(report_page(long_report()), viewport=WIDE).page
    sentence = page.locator("#s84")
    assert not in_view(sentence)
    card = page.locator("#c2")
    card.locator(".statement").click()
    assert in_view(sentence)
    assert in_view(card)
    assert page.locator(".sentence.chosen").count() == 1
    assert page.locator("mark.chosen").all_text_contents() == ["Wir lassen Marvonien nicht allein, auch nicht auf See."]
    background = "e => getComputedStyle(e).backgroundColor"
    assert page.locator("mark.chosen").evaluate(background) != sentence.evaluate(background)
    assert card.get_attribute("aria-current") == "true"
    assert page.url.endswith("#c2")
    page.locator("#c5").get_by_role("link", name="sentence 88").click()
    assert page.locator("mark.chosen").count() == 0
    assert page.locator(".claim[aria-current]").get_attribute("id") == "c5"
    assert in_view(page.locator("#s88"))
    assert page.evaluate("document.activeElement.id") == "s88"


def test_choosing_a_sentence_shows_its_claims_one_after_the_other(open_page: Open) -> None:
    page = open_page(report_page(all_stances_report()), viewport={"width": 1280, "height": 400}).page
    sentence = page.locator("#s9")
    chips = sentence.locator(".chip")
    assert chips.all_text_contents() == [" refuses, claim c9", " open, claim c10", " demands, claim c11"]
    chips.nth(1).click()
    assert in_view(page.locator("#c10"))
    assert page.evaluate("document.activeElement.id") == "c10"
    for expected in ("c11", "c9", "c10"):
        sentence.click(position={"x": 40, "y": 10})
        assert page.locator(".claim.chosen").get_attribute("id") == expected
        assert in_view(page.locator(f"#{expected}"))


def test_an_address_with_a_claim_chooses_it_also_while_the_page_is_open(open_page: Open) -> None:
    page = open_page(report_page(long_report()), viewport=WIDE).page
    page.evaluate("location.hash = '#c5'")
    page.wait_for_selector("#c5.chosen")
    assert in_view(page.locator("#s88"))
    page.reload()
    assert page.locator(".claim.chosen").get_attribute("id") == "c5"
    assert in_view(page.locator("#s88"))
    assert in_view(page.locator("#c5"))


def test_a_sentence_that_is_asked_for_is_marked(open_page: Open) -> None:
    opened = open_page(report_page(long_report()), viewport=WIDE)
    page = opened.page
    page.locator("#c2 .statement").click()
    page.get_by_text("Uncovered sentences (1)").click()
    page.locator(".missed").get_by_role("link", name="sentence 90").click()
    assert page.locator(".chosen").evaluate_all("all => all.map(e => e.id)") == ["s90"]
    assert page.locator("[aria-current]").count() == 0
    assert page.locator("#s90").evaluate("e => getComputedStyle(e).outlineColor") == "rgb(11, 87, 196)"
    assert page.locator("#chosen").text_content() == "Sentence 90 marked in the article"
    page.reload()
    assert page.locator(".sentence.chosen").get_attribute("id") == "s90"
    assert in_view(page.locator("#s90"))
    page.locator("#c2 .statement").click()
    assert page.locator(".sentence.chosen").get_attribute("id") == "s84"
    assert opened.complaints == []


def test_back_leads_to_where_one_came_from_and_then_nothing_is_filtered_in_secret(open_page: Open) -> None:
    page = open_page(report_page(german_report()), viewport=WIDE).page
    page.goto("about:blank")
    page.go_back()
    page.get_by_label("Measure").first.select_option("naval")
    page.locator("#c1 .statement").click()
    page.locator("#c2 .statement").click()
    page.goto("about:blank#next")
    page.go_back()
    assert page.url.endswith("#c2")
    assert page.locator(".claim.chosen").get_attribute("id") == "c2"
    measure = page.get_by_label("Measure").first.input_value()
    assert (measure, page.locator("#count").text_content()) == ("", "6 of 6 claims")


def test_filters_work_together_and_the_text_follows(open_page: Open) -> None:
    page = open_page(report_page(german_report()), viewport=WIDE).page
    count, reset = page.locator("#count"), page.get_by_role("button", name="Reset")
    assert reset.is_disabled()
    page.get_by_label("Speaker").select_option(label="Norvik (3)")
    assert (fits_of(page), count.text_content()) == (["c1", "c2", "c3"], "3 of 6 claims")
    page.get_by_label("Measure").first.select_option("naval")
    assert (fits_of(page), count.text_content()) == (["c1", "c2"], "2 of 6 claims")
    page.get_by_label("Stance").first.select_option("supports")
    assert (fits_of(page), count.text_content()) == (["c2"], "1 of 6 claims")
    coloured = page.locator(".sentence[class*='stance-']")
    assert [e.get_attribute("id") for e in coloured.all()] == ["s4"]
    assert page.locator(".chip:visible").count() == 1
    page.get_by_label("Speaker").select_option(label="Marvonien (1)")
    assert (fits_of(page), count.text_content()) == ([], "0 of 6 claims")
    reset.click()
    assert (len(fits_of(page)), count.text_content()) == (6, "6 of 6 claims")
    assert coloured.count() == 6
    assert count.get_attribute("role") == "status"


def test_the_text_shows_the_stances_that_the_filter_leaves(open_page: Open) -> None:
    page = open_page(report_page(all_stances_report()), viewport=WIDE).page
    sentence = page.locator("#s9")
    assert "stance-refuses also-open" in (sentence.get_attribute("class") or "")
    page.get_by_label("Stance").first.select_option("demands")
    assert (sentence.get_attribute("class") or "").split()[-1] == "stance-demands"
    assert "also-" not in (sentence.get_attribute("class") or "")


def test_a_claim_that_is_filtered_out_can_be_chosen_from_the_summary(open_page: Open) -> None:
    page = open_page(report_page(german_report()), viewport=WIDE).page
    page.get_by_label("Measure").first.select_option("air")
    page.locator(".summary").get_by_role("link", name="c4").click()
    assert page.locator(".claim.chosen").get_attribute("id") == "c4"
    assert page.locator("#count").text_content() == "6 of 6 claims"
    assert in_view(page.locator("#s7"))


def test_a_cell_of_the_heat_map_filters_to_actor_and_measure(open_page: Open) -> None:
    page = open_page(report_page(german_report()), viewport=WIDE).page
    row = page.get_by_role("row", name="Norvik")
    row.get_by_role("link", name="supports").click()
    assert page.locator(".claim.chosen").get_attribute("id") == "c2"
    assert fits_of(page) == ["c1", "c2"]


def test_claims_are_chosen_by_keyboard(open_page: Open) -> None:
    page = open_page(report_page(long_report()), viewport=WIDE).page
    page.locator("#c1 a.id").focus()
    page.keyboard.press("Enter")
    assert page.locator(".claim.chosen").get_attribute("id") == "c1"
    page.keyboard.press("j")
    assert page.locator(".claim.chosen").get_attribute("id") == "c2"
    assert page.evaluate("document.activeElement.id") == "c2"
    assert in_view(page.locator("#s84"))
    page.keyboard.press("k")
    page.keyboard.press("k")
    assert page.locator(".claim.chosen").get_attribute("id") == "c1"
    page.locator("#c3 a.id").focus()
    page.keyboard.press(" ")
    assert page.locator(".claim.chosen").get_attribute("id") == "c3"
    # On goes the tab key, to what is in the claim.
    page.keyboard.press("Tab")
    assert page.locator("#c3 a", has_text="sentence").evaluate("e => e === document.activeElement")
    # Letters typed elsewhere are letters.
    page.locator("#c3 .correct").click()
    page.get_by_label("Note").press_sequentially("jk j")
    assert page.get_by_label("Note").input_value() == "jk j"
    assert page.locator(".claim.chosen").get_attribute("id") == "c3"
    page.keyboard.press("Escape")
    assert page.locator("#c3 .correct").evaluate("e => e === document.activeElement")


def test_a_citation_is_copied(open_page: Open) -> None:
    options = {"permissions": ["clipboard-read", "clipboard-write"]}
    page = open_page(report_page(german_report()), viewport=WIDE, **options).page
    page.get_by_role("button", name="Copy citation of c2").click()
    said = page.locator("#c2 .said")
    said.filter(has_text="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "Alva Stenqvist" in copied
    assert "„Wir lassen Marvonien nicht allein, auch nicht auf See.“" in copied
    assert "https://nordpress.example/kuestenrat" in copied


def test_without_scripts_anchors_lead_to_and_fro(open_page: Open) -> None:
    page = open_page(report_page(long_report()), java_script_enabled=False, viewport=WIDE).page
    assert not page.locator(".filters, .tools, #correction").first.is_visible()
    assert page.locator("button:visible, select:visible").count() == 0
    page.locator("#c2").get_by_role("link", name="sentence 84").click()
    sentence = page.locator(":target")
    assert sentence.get_attribute("id") == "s84"
    assert in_view(sentence)
    assert sentence.locator("mark").text_content() == "Wir lassen Marvonien nicht allein, auch nicht auf See."
    sentence.get_by_role("link").click()
    assert page.locator(":target").get_attribute("id") == "c2"
    assert in_view(page.locator("#c2"))
    assert page.locator(":target").evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    page.get_by_text("Uncovered sentences (1)").click()
    assert page.locator(".missed").get_by_text("Ein Sprecher wollte sich dazu äußern.").is_visible()


def test_rejections_uncovered_sentences_warnings_and_the_run_are_shown(open_page: Open) -> None:
    page = open_page(report_page(german_report()), viewport=WIDE).page
    assert page.get_by_text("The second chunk was halved: its answer was cut at the token limit.").is_visible()
    page.get_by_text("Rejected (2)").click()
    assert page.get_by_text("Refused by number_not_in_evidence.").is_visible()
    assert page.locator(".rejections pre").first.text_content() == json.dumps(
        {"statement": "Dalmark zahlt 60 Millionen Kronen.", "sentences": [3]}, ensure_ascii=False, indent=2
    )
    page.get_by_text("Uncovered sentences (1)").click()
    page.locator(".missed").get_by_role("link", name="sentence 10").click()
    assert in_view(page.locator("#s10"))
    page.get_by_text("How this came about").click()
    for fact in ("openai/gpt-5-mini", "extract.de@3f1a9c", "2031-05-07 09:30 UTC", "14.2 s", "$0.0123"):
        assert page.get_by_text(fact).first.is_visible()


def test_hostile_words_are_only_words(open_page: Open) -> None:
    report, note = hostile_report(), HOSTILE.replace("\ud800", "")
    opened = open_page(report_page(report, corrections=[correction_of(report, HOSTILE, note=note)]), viewport=WIDE)
    page = opened.page
    page.wait_for_load_state("networkidle")
    page.locator(".claim .statement").click()
    page.locator(".correct").click()
    page.get_by_role("button", name="Undo correction").click()
    page.get_by_label("Stance").first.select_option("open")
    assert page.locator(".claim.chosen").count() == 1
    assert (opened.requests, opened.complaints) == ([], [])
    assert page.locator("img, iframe").count() == 0
    assert page.locator("script").count() == 1
    assert page.title().startswith("<script>document.title='taken'</script><img")
    everything = page.locator("main").text_content() or ""
    assert "{{ 7 * 7 }} {% raw %}" in everything
    assert not re.search("[\u202e\x1b\ud800]", everything)
    assert "␛[31m" in everything
    assert "taken" in (page.locator(".text").text_content() or "")
    page.get_by_text("Rejected (1)").click()
    assert "onerror" in (page.locator(".rejections").text_content() or "")


@pytest.mark.parametrize(
    "report", [empty_report(), english_report(), moved(english_report(), "\u05e9\u05dc\u05d5\u05dd " * 60)]
)
def test_reports_without_claims_titles_or_dates_are_pages(open_page: Open, report: Report) -> None:
    opened = open_page(report_page(report), viewport=PHONE)
    assert opened.complaints == []
    assert opened.page.locator("h1").text_content()
    assert opened.page.get_by_text("No claims found.").count() == (0 if report.claims else 1)


@pytest.mark.parametrize("hostile", [False, True])
def test_a_phone_scrolls_only_downwards(open_page: Open, hostile: bool) -> None:
    report = hostile_report() if hostile else german_report()
    page = open_page(report_page(report), viewport=PHONE).page
    page.locator(".correct").first.click()
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    wide = page.evaluate(
        """[...document.querySelectorAll('body *')].filter(e => !e.closest('.scrolls, .unseen, .skip, option')
        && e.getBoundingClientRect().right > 361).map(e => e.outerHTML.slice(0, 80))"""
    )
    assert wide == []


def test_on_a_phone_a_chosen_claim_stays_and_its_link_leads_to_the_words(open_page: Open) -> None:
    page = open_page(report_page(long_report()), viewport=PHONE).page
    page.locator("#c2 .statement").click()
    assert in_view(page.locator("#c2 .statement"))
    page.locator("#c2").get_by_role("link", name="sentence 84").click()
    assert in_view(page.locator("#s84"))
    page.locator("#s84 .chip").click()
    assert in_view(page.locator("#c2 .statement"))


def full_report() -> Report:
    """The German report with each of the stances, two of them in one sentence."""
    report = german_report()
    given = {claim.stance for claim in report.claims}
    more = [
        claim.model_copy(update={"id": f"c{number}", "stance": stance})
        for number, (claim, stance) in enumerate(
            zip(report.claims, (s for s in Stance if s not in given), strict=False), start=7
        )
    ]
    claims = [*report.claims, *more]
    assert {claim.stance for claim in claims} == set(Stance)
    return report.model_copy(update={"claims": claims, "positions": positions(claims, "de")})


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])
def test_the_page_is_accessible(open_page: Open, scheme: str, width: int) -> None:
    """WCAG 2.2 AA as far as axe can tell, contrast included. Its script is let in for this only."""
    report = full_report()
    corrections = [correction_of(report, "c4", wrong=True, note="No."), correction_of(report, "c5", stance=Stance.OPEN)]
    html = report_page(report, corrections=corrections)
    page = open_page(html, color_scheme=scheme, bypass_csp=True, viewport={"width": width, "height": 800}).page
    unfold(page)
    page.locator("#c2 .statement").click()
    page.locator("#c3 .correct").click()
    assert_accessible(page, {"label"})


def test_in_print_all_is_there_on_white_paper_without_controls(open_page: Open) -> None:
    page = open_page(report_page(long_report()), color_scheme="dark", viewport=WIDE).page
    page.get_by_label("Measure").first.select_option("air")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("button:visible, select:visible, .skip:visible").count() == 0
    assert page.locator(".article").evaluate("e => getComputedStyle(e).overflowY") == "visible"
    assert page.locator(".held").first.evaluate("e => getComputedStyle(e).printColorAdjust") == "exact"
    assert page.locator(".chip:visible").count() == len(long_report().claims)
    words = "\n".join(p.extract_text() for p in PdfReader(BytesIO(page.pdf())).pages).split()
    text = unicodedata.normalize("NFKC", " ".join(words))
    for claim in long_report().claims:
        assert claim.statement in text
    for phrase in ("Absatz 0 steht", "Absatz 79 steht", "wollte sich dazu äußern", "Refused by speaker_not_named."):
        assert phrase in text


# Corrections


def test_corrections_are_shown_without_scripts(open_page: Open) -> None:
    report = german_report()
    corrections = [
        correction_of(report, "c4", wrong=True, note="Nur zitiert."),
        correction_of(report, "c5", stance=Stance.SUPPORTS, measure=Measure.GENERAL),
    ]
    page = open_page(report_page(report, corrections=corrections), java_script_enabled=False).page
    wrong, changed = page.locator("#c4"), page.locator("#c5")
    assert wrong.get_by_text("Marked wrong.").is_visible()
    assert wrong.get_by_text("Nur zitiert.").is_visible()
    assert "line-through" in wrong.locator(".statement").evaluate("e => getComputedStyle(e).textDecorationLine")
    assert changed.locator("del").all_text_contents() == ["demands", "treaty"]
    assert changed.locator("ins").all_text_contents() == ["supports", "general"]
    assert page.get_by_text("5 claims, 1 marked wrong").is_visible()
    assert page.get_by_role("row", name="Ostland").count() == 0


def correct(page: Page, claim: str, **said: str | bool) -> None:
    page.get_by_role("button", name=f"Correct {claim}", exact=True).click()
    form = page.get_by_role("form", name="Correction")
    for field, value in said.items():
        if field == "wrong":
            form.get_by_label("Wrong").set_checked(bool(value))
        elif field == "note":
            form.get_by_label("Note").fill(str(value))
        else:
            form.get_by_label(field.capitalize()).select_option(str(value))
    form.get_by_role("button", name="Keep").click()


def downloaded(page: Page) -> tuple[str, Corrections]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=re.compile("Download corrections")).click()
    path = Path(waiting.value.path())
    return waiting.value.suggested_filename, Corrections.model_validate_json(path.read_text(encoding="utf-8"))


def test_corrections_made_in_the_page_are_shown_kept_and_downloaded(open_page: Open) -> None:
    report = german_report()
    given_before = correction_of(report, "c6", note="Fraglich.")
    opened = open_page(report_page(report, corrections=[given_before]), viewport=WIDE)
    page = opened.page
    correct(page, "c4", wrong=True, note="  Nur zitiert.\n„So“ </script> ")
    correct(page, "c5", stance="supports", measure="general")
    assert page.locator("#count").text_content() == "5 of 5 claims, 1 marked wrong"
    assert page.locator("#c5 ins").all_text_contents() == ["supports", "general"]
    assert page.locator("#c4").get_by_text("Marked wrong.").is_visible()
    assert "stance-supports" in (page.locator("#s8").get_attribute("class") or "")
    assert "stance-" not in (page.locator("#s7").get_attribute("class") or "")
    name, corrections = downloaded(page)
    assert name == f"{report.article.id}.corrections.json"
    said = {c.claim: c for c in corrections.corrections}
    assert said["c4"].note == "Nur zitiert.\n„So“ </script>"
    assert said["c6"] == given_before
    # Applied to the report they give what the page shows.
    after = corrected(report, corrections.corrections)
    assert [c.id for c in after.claims] == ["c1", "c2", "c3", "c5", "c6"]
    assert (after.claims[3].stance, after.claims[3].measure) == (Stance.SUPPORTS, Measure.GENERAL)
    # Kept over a reload, undone at will.
    page.reload()
    assert page.locator("#count").text_content() == "5 of 5 claims, 1 marked wrong"
    page.get_by_role("button", name="Correct c4", exact=True).click()
    page.get_by_role("button", name="Undo correction").click()
    assert page.locator("#count").text_content() == "6 of 6 claims"
    assert not page.locator("#c4 .correction").is_visible()
    page.get_by_role("button", name="Correct c6", exact=True).click()
    page.get_by_role("button", name="Undo correction").click()
    _, corrections = downloaded(page)
    assert [(c.claim, c.says_nothing) for c in corrections.corrections] == [("c5", False), ("c6", True)]
    assert (opened.requests, opened.complaints) == ([], [])


def test_the_heat_map_and_the_summary_follow_corrections(open_page: Open) -> None:
    page = open_page(report_page(german_report()), viewport=WIDE).page
    before = cells(page)
    correct(page, "c3", stance="commits", measure="naval")
    correct(page, "c4", wrong=True)
    correct(page, "c5", measure="membership")
    assert cells(page) == {
        "": ["air", "naval", "membership"],
        "Norvik": ["", "commits c1 c3,supports", ""],
        "Dalmark": ["", "commits", ""],
        "Marvonien": ["", "", "demands"],
        "Militärkreise": ["asserts", "", ""],
    }
    outdated = page.locator(".summary .outdated")
    assert outdated.count() == 3
    assert "was corrected" in (outdated.first.text_content() or "")
    for claim in ("c3", "c4", "c5"):
        page.get_by_role("button", name=f"Correct {claim}", exact=True).click()
        page.get_by_role("button", name="Undo correction").click()
    assert cells(page) == before
    assert outdated.count() == 0


def test_who_corrects_under_a_filter_goes_on_with_the_next_claim(open_page: Open) -> None:
    page = open_page(report_page(german_report()), viewport=WIDE).page
    focused = "document.activeElement.id"
    page.get_by_label("Measure").first.select_option("naval")
    correct(page, "c1", measure="air")
    assert (fits_of(page), page.evaluate(focused)) == (["c2"], "c2")
    assert page.locator("#chosen").text_content() == "Claim c1 doesn't fit the filters any more"
    correct(page, "c2", measure="air")
    assert (fits_of(page), page.evaluate(focused)) == ([], "filter-who")


def test_what_is_kept_stays_whoever_else_keeps_something(open_page: Open) -> None:
    """Another tab, and another report on the same article."""
    report = german_report()
    first = open_page(report_page(report), viewport=WIDE).page
    second = first.context.new_page()
    second.goto(first.url)
    correct(first, "c4", wrong=True)
    correct(second, "c5", stance="supports")
    other = report.model_copy(update={"claims": report.claims[:3], "positions": []})
    Path(first.url.removeprefix("file://")).write_text(report_page(other), encoding="utf-8")
    second.reload()
    correct(second, "c1", note="Not sure.")
    Path(first.url.removeprefix("file://")).write_text(report_page(report), encoding="utf-8")
    first.reload()
    _, corrections = downloaded(first)
    assert [(c.claim, c.wrong, c.stance, c.note) for c in corrections.corrections] == [
        ("c1", False, None, "Not sure."),
        ("c4", True, None, None),
        ("c5", False, Stance.SUPPORTS, None),
    ]


def test_what_others_left_in_the_browser_is_no_correction(open_page: Open) -> None:
    report = german_report()
    opened = open_page(report_page(report), viewport=WIDE)
    page = opened.page
    key = f"summarizer corrections {report.article.id}"
    page.evaluate("location.hash = '#c2'")
    for junk in ('{"length": 1}', '"c4"', "[null, 1, {}]", "{", "null"):
        page.evaluate("([key, junk]) => { localStorage[key] = junk }", [key, junk])
        page.reload()
        assert page.locator(".claim.chosen").get_attribute("id") == "c2", junk
        assert page.locator("#count").text_content() == "6 of 6 claims"
    correct(page, "c4", wrong=True)
    page.reload()
    assert page.locator("#count").text_content() == "5 of 5 claims, 1 marked wrong"
    assert opened.complaints == []


def cells(page: Page) -> dict[str, list[str]]:
    """The rows that show, by what is in front of them; the head by nothing."""
    read = """rows => {
        const words = cell => [...cell.children].map(e => e.textContent.trim()).join() || cell.textContent
        return Object.fromEntries(rows.map(({ children: [first, ...rest] }) => [first.textContent, rest.map(words)]))
    }"""
    return cast("dict[str, list[str]]", page.locator(".heat tr:not([hidden])").evaluate_all(read))


def test_a_page_that_may_not_keep_anything_corrects_all_the_same(open_page: Open) -> None:
    script = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied') } })"
    opened = open_page("<p>first</p>", viewport=WIDE)
    page = opened.page
    page.context.add_init_script(script)
    file = page.url.removeprefix("file://")
    Path(file).write_text(report_page(german_report()), encoding="utf-8")
    page.reload()
    correct(page, "c4", wrong=True)
    assert page.locator("#count").text_content() == "5 of 5 claims, 1 marked wrong"
    assert opened.complaints == []


@contextmanager
def served(html: str, answers: dict[str, tuple[int, str]]) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """The page at `/`; what else is asked for is noted, and answered by its method."""
    seen: list[tuple[str, str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply(200, html)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            seen.append((self.command, self.path, self.rfile.read(length).decode()))
            self._reply(*answers[self.command])

        do_DELETE = do_POST

        def _reply(self, status: int, content: str) -> None:
            body = content.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with serving(Handler) as server:
        yield f"http://127.0.0.1:{server.server_port}/", seen


def test_with_a_server_corrections_are_sent_to_it_and_taken_back(open_page: Open) -> None:
    report = german_report()
    html = report_page(report, corrections_url="/reports/7/corrections")
    answers = {"POST": (500, "The disk is full."), "DELETE": (200, "")}
    with served(html, answers) as (address, seen):
        page = open_page("<p>first</p>", viewport=WIDE).page
        page.goto(address)
        correct(page, "c4", wrong=True, note="x")
        page.get_by_role("alert").get_by_text("Not kept: The disk is full.").wait_for()
        assert page.locator("#count").text_content() == "6 of 6 claims"
        answers["POST"] = (200, "{}")
        page.get_by_role("button", name="Keep").click()
        page.locator("#c4 .said", has_text="Correction kept.").wait_for()
        assert page.locator("#count").text_content() == "5 of 5 claims, 1 marked wrong"
        assert page.locator("#download").is_hidden()
        page.get_by_role("button", name="Correct c4", exact=True).click()
        page.get_by_role("button", name="Undo correction").click()
        page.locator("#c4 .said", has_text="Correction undone.").wait_for()
    assert [(method, path) for method, path, _ in seen] == [
        ("POST", "/reports/7/corrections"),
        ("POST", "/reports/7/corrections"),
        ("DELETE", "/reports/7/corrections/c4"),
    ]
    sent = Correction.model_validate_json(seen[1][2])
    assert (sent.claim, sent.wrong, sent.note, sent.stance) == ("c4", True, "x", None)
    assert sent.claim_key == claim_key(report.claims[3])


def test_only_a_page_with_a_server_may_talk_to_it() -> None:
    def policy(html: str) -> str:
        found = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
        assert found
        return found[1].replace("&#39;", "'")

    alone, beside = report_page(german_report()), report_page(german_report(), corrections_url="/c")
    assert policy(alone).startswith("default-src 'none'; style-src 'sha256-")
    assert "connect-src" not in policy(alone)
    assert "connect-src 'self'" in policy(beside)
    for html in (alone, beside):
        assert policy(html).endswith("base-uri 'none'; form-action 'none'")
        assert "unsafe" not in policy(html)


def test_the_server_that_is_gone_is_told(open_page: Open) -> None:
    with served(report_page(german_report(), corrections_url="/c"), {}) as (address, _):
        page = open_page("<p>first</p>", viewport=WIDE).page
        page.goto(address)
    correct(page, "c4", wrong=True)
    page.get_by_role("alert").get_by_text("Not kept: the server can't be reached.").wait_for()
    assert page.locator("#count").text_content() == "6 of 6 claims"


def test_a_claim_without_speakers_or_evidence_is_shown(open_page: Open) -> None:
    report = english_report()
    bare = report.claims[0].model_copy(update={"speakers": [], "evidence": [], "quote": None})
    opened = open_page(report_page(report.model_copy(update={"claims": [bare, report.claims[1]]})), viewport=WIDE)
    opened.page.locator("#c1 .statement").click()
    assert opened.page.locator("#c1.chosen").get_by_text("No speaker").is_visible()
    assert opened.complaints == []


def test_offsets_count_code_points(open_page: Open) -> None:
    text = "🙂🙂 said nothing. Ilja Toren said: “𝔞𝔟𝔠 for all.”"
    article = Article.from_text(text, language="en")
    words = "Ilja Toren said: “𝔞𝔟𝔠 for all.”"
    claim: Claim = make_claim(article, 1, [person("Ilja Toren")], "x", [(2, words)], quote="𝔞𝔟𝔠 for all")
    assert span_of(text, words).start == 17
    page = open_page(report_page(Report(article=article, claims=[claim], run=make_run())), viewport=WIDE).page
    page.locator("#c1 .statement").click()
    assert page.locator("mark.chosen").all_text_contents() == ["𝔞𝔟𝔠 for all"]
