"""The page of a digest, as a browser shows it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from digest_examples import LATER, SINCE, digest_claim, empty, example, hostile, later_claims
from hypothesis import given
from hypothesis import strategies as st
from pages import Links, assert_accessible, assert_blocked, links_with_targets, unfold, with_markup

from summarizer.digest.models import Change, ChangeKind, DigestClaim
from summarizer.models import Measure, Stance
from summarizer.rendering.addresses import web_address
from summarizer.rendering.html.digest_page import digest_page
from summarizer.rendering.html.digest_timeline import LANE, Scale, rows, scale
from summarizer.rendering.html.digest_view import address_of_words

if TYPE_CHECKING:
    from browser import Open
    from playwright.sync_api import Page

pytest_plugins = ["browser"]

HOSTILE = (
    "<script>document.title='taken'</script><img src=https://evil.example/x onerror=alert(1)> {{ 7 * 7 }} "
    "{% raw %} \"'&amp; </style></svg></details> javascript:alert(1) \u202eesrever\u202c \x1b[31m \ud800"
)
SECTIONS = ["new", "standings", "changes", "contradictions", "reported", "timelines"]
days = st.dates()


def dated(
    number: int, day: date | None, stance: Stance = Stance.OPEN, measure: Measure = Measure.TROOPS
) -> DigestClaim:
    claim = digest_claim(LATER, later_claims()[0], "NO")
    return claim.model_copy(update={"id": f"x{number}", "day": day, "stance": stance, "measure": measure})


class TestTimeline:
    def test_a_single_day_stands_in_the_middle(self) -> None:
        axis = Scale(date(2031, 5, 7), date(2031, 5, 7))
        assert axis.at(date(2031, 5, 7)) == 50
        assert [tick.label for tick in axis.ticks] == ["2031-05-07"]

    @pytest.mark.parametrize(
        ("last", "labels"),
        [
            (date(2031, 5, 9), ["2031-05-07", "2031-05-08", "2031-05-09"]),
            (date(2031, 5, 26), ["2031-05-12", "2031-05-19", "2031-05-26"]),
            (date(2031, 9, 1), ["2031-06", "2031-07", "2031-08", "2031-09"]),
            (date(2032, 6, 1), ["2031-07", "2031-10", "2032-01", "2032-04"]),
            (date(2035, 1, 1), ["2032", "2033", "2034", "2035"]),
        ],
    )
    def test_the_axis_has_round_days(self, last: date, labels: list[str]) -> None:
        assert [tick.label for tick in Scale(date(2031, 5, 7), last).ticks] == labels

    @given(days, days)
    def test_ticks_are_few_and_in_order_and_on_the_axis(self, one: date, other: date) -> None:
        axis = Scale(min(one, other), max(one, other))
        places = [tick.x for tick in axis.ticks]
        assert 1 <= len(places) <= 5
        assert places == sorted(places)
        assert all(0 <= x <= 100 for x in places)

    @given(st.lists(days, min_size=1, max_size=30))
    def test_no_mark_hides_another(self, given_days: list[date]) -> None:
        claims = [dated(number, day) for number, day in enumerate(given_days)]
        (row,) = rows(claims, [], scale(claims))
        assert {mark.claim.id for mark in row.marks} == {claim.id for claim in claims}
        for n, mark in enumerate(row.marks):
            assert 0 < mark.y < row.height
            assert all(abs(mark.x - other.x) > 4 or abs(mark.y - other.y) >= LANE for other in row.marks[n + 1 :])

    def test_earlier_claims_stand_farther_left(self) -> None:
        start = date(2031, 1, 1)
        claims = [dated(n, start + timedelta(days=50 * n)) for n in range(5)]
        (row,) = rows(claims[::-1], [], scale(claims))
        assert [mark.claim.id for mark in row.marks] == ["x0", "x1", "x2", "x3", "x4"]
        assert {mark.y for mark in row.marks} == {LANE // 2}

    def test_a_change_joins_its_two_claims(self) -> None:
        claims = [dated(1, date(2031, 5, 1), Stance.REFUSES), dated(2, date(2031, 6, 1), Stance.COMMITS)]
        change = Change(
            actor="NO",
            measure=Measure.TROOPS,
            kind=ChangeKind.REVERSED,
            before="x1",
            after="x2",
            day=date(2031, 6, 1),
            is_new=False,
        )
        (row,) = rows(claims, [change], scale(claims))
        assert [(join.x1, join.x2) for join in row.joins] == [(row.marks[0].x, row.marks[1].x)]

    def test_what_has_no_day_has_no_place_on_the_axis(self) -> None:
        claims = [dated(1, None), dated(2, date(2031, 6, 1))]
        (row,) = rows(claims, [], scale(claims))
        assert [claim.id for claim in row.undated] == ["x1"]
        assert scale([dated(1, None)]) is None
        (alone,) = rows([dated(1, None)], [], None)
        assert (len(alone.undated), alone.marks) == (1, ())

    def test_measures_have_rows_in_their_order(self) -> None:
        claims = [dated(1, SINCE, measure=Measure.TREATY), dated(2, SINCE, measure=Measure.AIR)]
        assert [row.first.measure for row in rows(claims, [], scale(claims))] == [Measure.AIR, Measure.TREATY]


class TestAddresses:
    @pytest.mark.parametrize(
        "url",
        [None, "", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//host/x", "https:", "ftp://a.example",
         "https://a.example/\nx", "https://a.example/ x", "https://[", "https://a.example/\u202ex", "https:///x", "https://:80/",
         "https://a.example/\xa0x", "https://a.example/\u200bx", "https://a.example/\ud800", "https://a.example/<b>",
         "https://a.example\\@b.example/", "xhttps://a.example/"],
    )  # fmt: skip
    def test_only_the_web_is_linked(self, url: str | None) -> None:
        assert web_address(url) is None
        assert address_of_words(url, "Some words.") is None

    @pytest.mark.parametrize(
        "url",
        ["https://a.example", "HTTP://A.example:80/x?y=1&z=[2]#oben", "https://münchen.example/ö", "http://[::1]/"],
    )
    def test_addresses_of_the_web_stay_as_they_are(self, url: str) -> None:
        assert web_address(url) == url

    def test_the_fragment_names_the_first_words(self) -> None:
        words = "„Ein Bataillon, ein Boot - und 5 % mehr“ sagte sie dann noch einmal."
        address = address_of_words("https://a.example/x?y=1#oben", words)
        assert address == (
            "https://a.example/x?y=1#oben:~:text=%E2%80%9EEin%20Bataillon%2C%20ein%20Boot%20%2D%20und%205%20%25"
        )

    def test_a_fragment_directive_is_replaced(self) -> None:
        assert (
            address_of_words("https://a.example/#:~:text=old", "New words") == "https://a.example/#:~:text=New%20words"
        )

    @given(st.text(min_size=1))
    def test_any_words_survive(self, sentence: str) -> None:
        address = address_of_words("https://a.example/", sentence)
        assert address is not None
        _, _, text = address.partition(":~:text=")
        assert re.fullmatch(r"(?:[A-Za-z0-9_.~]|%[0-9A-F]{2})*", text)
        assert unquote(text).split() == sentence.encode("utf-8", "replace").decode().split()[:8]


@pytest.mark.parametrize("since", [SINCE, None])
def test_every_link_has_its_target_on_the_page(since: date | None) -> None:
    links = links_with_targets(digest_page(example(since=since)))
    assert len(links.inside) > 40
    assert "" not in links.inside


def test_articles_are_linked_without_telling_them_who_links() -> None:
    links = Links(digest_page(example()))
    assert {link["rel"] for link in links.outside} == {"noopener noreferrer"}
    addresses = {link["href"] for link in links.outside}
    assert "https://nordpress.example/kuestenrat" in addresses
    assert "https://hafenblatt.example/norvik?seite=1#oben:~:text=Dalmark%20schickt%20keine%20Fregatten." in addresses


def test_the_page_asks_for_nothing_and_its_policy_lets_style_and_script_in(open_page: Open) -> None:
    opened = open_page(digest_page(example()))
    opened.page.wait_for_load_state("networkidle")
    assert (opened.requests, opened.complaints) == ([], [])
    assert opened.page.locator(".grid .stance-commits").first.evaluate("e => getComputedStyle(e).borderRadius") == "4px"
    assert opened.page.get_by_role("status").text_content() == "10 claims"


def test_markup_that_got_in_would_not_run_or_load(open_page: Open) -> None:
    assert_blocked(open_page(with_markup(digest_page(example()))), "Digest, 2031-05-06 to 2031-06-03")


def test_hostile_words_are_only_words(open_page: Open) -> None:
    opened = open_page(digest_page(hostile(HOSTILE)))
    opened.page.wait_for_load_state("networkidle")
    assert (opened.requests, opened.complaints) == ([], [])
    assert opened.page.locator("script").count() == 1
    assert opened.page.locator("img, iframe, main script").count() == 0
    assert opened.page.locator("a:not([href^='#'])").count() == 0
    everything = opened.page.locator("body").text_content() or ""
    assert "{{ 7 * 7 }} {% raw %}" in everything
    assert not re.search("[\u202e\x1b\ud800]", everything)
    assert "␛[31m" in everything
    words = opened.page.locator("#claim-1 blockquote").text_content() or ""
    assert "<script>document.title='taken'</script>" in words


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("scripts", [True, False])
def test_every_section_leads_to_claims_with_their_words(open_page: Open, section: str, scripts: bool) -> None:
    page = open_page(digest_page(example()), java_script_enabled=scripts, viewport={"width": 1200, "height": 500}).page
    links = page.locator(f"section[aria-labelledby='{section}'] a[href^='#claim-']")
    assert links.count() > 0
    links.first.click()
    target = page.locator(":target")
    box = target.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 500
    evidence = [one.text for claim in example().claims for one in claim.evidence]
    assert target.locator("blockquote").first.text_content() in evidence


def test_a_change_is_shown_with_the_words_on_both_sides(open_page: Open) -> None:
    change = open_page(digest_page(example())).page.locator("#change-1")
    heading = " ".join(change.get_by_role("heading").inner_text().split())
    assert heading == "Norvik · troops: refuses → to commits reversed, 2031-06-02 new"
    before, after = change.locator("blockquote").all()
    assert "Bodentruppen schloss sie aus." in before.inner_text()
    assert "nordpress, Küstenrat: Drei Staaten sagen Seepatrouillen zu · reported 2031-05-07" in before.inner_text()
    assert (after.locator("q").text_content() or "").startswith("Ein Bataillon steht im Herbst bereit")
    assert "Alva Stenqvist (Ministerpräsidentin) · Hafenblatt" in after.inner_text()
    assert "said 2031-06-02" in after.inner_text()


def test_both_sides_of_a_contradiction_have_their_words(open_page: Open) -> None:
    card = open_page(digest_page(example())).page.locator("section[aria-labelledby=contradictions] .card")
    assert "sources differ on what the same speaker holds" in card.inner_text()
    assert "je zwei Fregatten zu entsenden" in card.locator("blockquote").nth(0).inner_text()
    assert "Dalmark schickt keine Fregatten." in card.locator("blockquote").nth(1).inner_text()


def test_the_table_says_who_stands_where_and_tells_demands_apart(open_page: Open) -> None:
    page = open_page(digest_page(example())).page
    table = page.get_by_role("region", name="Standings of countries and alliances").locator("table")
    assert table.locator("thead").inner_text().split() == [
        "actor",
        "troops",
        "naval",
        "monitoring",
        "treaty",
        "general",
    ]
    assert table.get_by_role("row", name="Norvik").locator("td").nth(0).inner_text().split()[:4] == (
        ["commits", "new", "since", "2031-06-02"]
    )
    assert table.locator(".demand").inner_text().startswith("demands")
    assert table.locator(".standing:not(.demand)").count() == 5
    assert "Zehn Staaten" not in table.inner_text()


def test_countries_whose_security_it_is_are_told_apart(open_page: Open) -> None:
    page = open_page(digest_page(example(protects=("UA", "AM")))).page
    assert [h.inner_text() for h in page.locator("section[aria-labelledby=standings] h3").all()] == [
        "For Ukraine",
        "For Armenien",
    ]
    assert page.locator("#change-1 h3").inner_text().startswith("Norvik · troops for Ukraine:")
    page.get_by_label("Security of").select_option("Armenien")
    assert page.get_by_role("status").text_content() == "2 of 10 claims"
    assert "Security of" not in digest_page(example())


def test_what_is_new_comes_first_and_only_when_asked_for(open_page: Open) -> None:
    page = open_page(digest_page(example())).page
    new = page.locator("section[aria-labelledby=new]")
    assert page.locator("h2").first.inner_text() == "New since 2031-06-01"
    assert "Norvik · troops" in new.inner_text()
    assert "Dalmark" in new.locator(".columns").inner_text()
    assert new.locator("details li").count() == 2
    new.get_by_role("link", name="sources differ on what the same speaker holds").click()
    assert page.locator("#contradiction-1:target h3").inner_text().startswith("Dalmark · naval:")
    without = open_page(digest_page(example(since=None))).page
    assert without.locator("h2").first.inner_text() == "Who stands where now"
    assert without.locator(".badge").all_inner_texts() == ["disputed", "corrected"]
    assert without.get_by_label("only new").count() == 0


def shown_claims(page: Page) -> list[str]:
    return [claim.locator(".number").inner_text() for claim in page.locator("li.claim").all() if claim.is_visible()]


def test_filters_work_together(open_page: Open) -> None:
    page = open_page(digest_page(example())).page
    status = page.get_by_role("status")
    page.get_by_label("Actor").select_option("Norvik")
    assert status.text_content() == "4 of 10 claims"
    assert page.get_by_role("heading", name="Dalmark").count() == 0
    page.get_by_label("Measure").select_option("troops")
    assert shown_claims(page) == ["1", "5"]
    page.get_by_label("Stance").select_option("refuses")
    assert shown_claims(page) == ["5"]
    assert page.locator("#change-1").is_visible()
    marks = page.locator("[aria-label='Timeline of Norvik'] a.mark:visible")
    assert [mark.get_attribute("href") for mark in marks.all()] == ["#claim-5"]
    assert page.locator("section[aria-labelledby=reported] li:visible").count() == 0
    page.get_by_label("only new").check()
    assert status.text_content() == "0 of 10 claims"
    assert page.locator("section[aria-labelledby=claims] .nothing").is_visible()
    page.get_by_role("button", name="Reset").click()
    page.wait_for_function("document.querySelector('output').textContent === '10 claims'")
    assert len(shown_claims(page)) == 10
    assert not page.locator(".nothing").first.is_visible()


def test_a_link_shows_its_claim_whatever_the_filters_hide(open_page: Open) -> None:
    page = open_page(digest_page(example())).page
    page.get_by_label("Stance").select_option("commits")
    assert not page.locator("#claim-5").is_visible()
    page.locator("#change-1").get_by_role("link", name="claim 5").first.click()
    page.wait_for_function("document.querySelector('#claim-5').checkVisibility()")


def test_without_scripts_nothing_is_missing_but_the_filters(open_page: Open) -> None:
    page = open_page(digest_page(example()), java_script_enabled=False).page
    assert not page.locator("#filters").is_visible()
    assert len(shown_claims(page)) == 10
    assert page.locator("svg a.mark").count() == 10
    page.get_by_text("Reported by one outlet only (2)").focus()
    page.keyboard.press("Enter")
    assert page.get_by_text("Ohne Luftüberwachung ist").first.is_visible()


def test_each_mark_is_a_link_with_a_shape_of_its_stance(open_page: Open) -> None:
    page = open_page(digest_page(example())).page
    timeline = page.get_by_role("region", name="Timeline of Norvik")
    mark = timeline.get_by_role("link", name="Claim 5: refuses, reported 2031-05-07")
    assert mark.get_attribute("href") == "#claim-5"
    shape = mark.locator("use").get_attribute("href")
    assert shape == "#mark-refuses"
    assert page.locator(f"defs {shape}").count() == 1
    marks = page.locator("defs > g[id^=mark]").evaluate_all("all => all.map(one => one.innerHTML)")
    assert len(marks) == len(set(marks)) == len(Stance)
    assert timeline.locator(".join").count() == 1
    undated = page.locator("[aria-label='Timeline of Kestria'] td.undated a")
    assert "undated" in (undated.get_attribute("aria-label") or "")


def test_each_timeline_is_a_list_too(open_page: Open) -> None:
    page = open_page(digest_page(example())).page
    page.get_by_text("Norvik as a list").click()
    items = page.locator("section.actor").first.locator("ol li").all_inner_texts()
    assert len(items) == 4
    assert items[0].startswith("said 2031-06-02 · troops")


def test_a_digest_of_nothing_and_one_without_days_are_pages(open_page: Open) -> None:
    assert open_page(digest_page(empty())).complaints == []
    undated = example()
    claims = [claim.model_copy(update={"day": None, "is_day_said": False}) for claim in undated.claims]
    opened = open_page(digest_page(undated.model_copy(update={"claims": claims, "changes": []})))
    assert opened.complaints == []
    assert opened.page.locator("td.undated a.mark").count() == 10
    assert opened.page.title() == "Digest"


def test_the_keyboard_reaches_everything(open_page: Open) -> None:
    page = open_page(digest_page(example())).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to who stands where"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('section').getAttribute('aria-labelledby')") == "standings"
    page.locator("a.mark").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("li.claim:target").count() == 1


@pytest.mark.parametrize("content", [None, HOSTILE, "x" * 400])
def test_a_phone_scrolls_only_downwards(open_page: Open, content: str | None) -> None:
    page = open_page(
        digest_page(hostile(content) if content else example()), viewport={"width": 360, "height": 640}
    ).page
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_is_accessible(open_page: Open, scheme: str, width: int) -> None:
    """WCAG 2.2 AA as far as axe can tell, contrast included. Its script is let in for this only."""
    html = digest_page(example(protects=("UA", "AM")))
    page = open_page(html, color_scheme=scheme, bypass_csp=True, viewport={"width": width, "height": 800}).page
    unfold(page)
    assert_accessible(page, {"link-name", "select-name"})


def test_in_print_the_paper_is_white_and_nothing_is_cut_off(open_page: Open) -> None:
    page = open_page(digest_page(example()), color_scheme="dark", viewport={"width": 700, "height": 1000}).page
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator(".scrolls").first.evaluate("e => getComputedStyle(e).overflowX") == "visible"
    assert not page.locator("#filters").is_visible()
    assert (
        page.locator(".grid, .timeline").evaluate_all(
            "all => all.filter(one => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth).length"
        )
        == 0
    )
    assert page.pdf().startswith(b"%PDF")
