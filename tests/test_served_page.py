"""The local page, as a browser shows it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from loopback import serving
from openai_server import OpenAIServer, Request, Status
from openai_server.claims import claims, invented_article
from playwright.sync_api import Page, expect
from reports import german_report
from served import ASKING, Served, served

from summarizer.rendering import to_json

if TYPE_CHECKING:
    from browser import Open, Opened

pytest_plugins = ["browser"]

# The model's client is imported with the first article, which takes a loaded machine a while.
expect.set_options(timeout=60_000)
TEXT = invented_article(1, sentences=7)
HOSTILE = (
    "<script>document.title='taken'</script><img src=https://evil.example/x onerror=alert(1)> {{ 7 * 7 }}\n\n"
    "OSLO, Sept. 5 (dpa) - Anna <b>Almgren</b> met journalists. Anna Almgren said that Norway would send 300 soldiers "
    "to Ukraine </li></ol><script>document.title='taken'</script>. "
    "Carl Brodin said that Denmark would send 200 soldiers to Ukraine.\n"
)


@pytest.fixture(scope="module")
def service() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


@pytest.fixture
def answering(service: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> OpenAIServer:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-0123456789")
    service.reply_with(claims)
    return service


@pytest.fixture
def server(answering: OpenAIServer, tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "reports", answering.base_url) as running:
        yield running


class Steps:
    """A service for profile `sentence` that answers one question for each `let`."""

    def __init__(self) -> None:
        self._turns = threading.Semaphore(0)

    def let(self, questions: int = 1) -> None:
        self._turns.release(questions)

    def __call__(self, request: Request) -> Any:
        if not self._turns.acquire(timeout=60):
            return Status(500, "nobody let this through")
        return {"names": []}


@pytest.fixture
def stepping(answering: OpenAIServer, tmp_path: Path) -> Iterator[tuple[Served, Steps]]:
    """A server whose model answers step by step."""
    steps = Steps()
    answering.reply_with(steps)
    with served(tmp_path / "reports", answering.base_url, profile="sentence") as running:
        yield running, steps
        steps.let(100)


def send(page: Page, text: str) -> None:
    page.get_by_label("The article’s text").fill(text)
    page.get_by_role("button", name="Summarize").click()


def check(opened: Opened) -> None:
    """Nothing in the console, nothing from elsewhere, nothing that axe finds."""
    results = Axe().run(opened.page)
    assert results.violations_count == 0, results.generate_report()
    assert opened.complaints == [] and opened.requests == []
    width = opened.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0


def test_claims_appear_one_by_one_and_then_the_report(stepping: tuple[Served, Steps], open_address: Open) -> None:
    server, steps = stepping
    opened = open_address(server.url)
    page = opened.page
    check(opened)
    send(page, ASKING)
    expect(page.locator("#status")).to_have_text("Looking for claims.")
    found = page.locator("#claims > li")
    expect(found).to_have_count(0)
    counts = []
    for _ in range(2):
        steps.let()
        expect(found).not_to_have_count(counts[-1] if counts else 0)
        counts.append(found.count())
        expect(page.locator("#count")).to_have_text(str(found.count()))
    assert 0 < counts[0] < counts[1]
    expect(found.first).to_contain_text("Norway would send 500 soldiers")
    check(opened)
    # Loaded again it shows what there was.
    page.reload()
    expect(found).to_have_count(counts[1])
    steps.let(100)
    page.wait_for_url("**/reports/*")
    expect(page.locator("ol.claims > li")).to_have_count(7)
    check(opened)


def test_the_report_is_that_of_a_file_with_corrections_that_are_kept(server: Served, open_address: Open) -> None:
    opened = open_address(server.url)
    page = opened.page
    send(page, TEXT)
    page.wait_for_url("**/reports/*")
    card = page.locator(".claim").first
    page.locator(".sentence .chip").first.click()
    expect(card).to_have_attribute("aria-current", "true")
    card.get_by_role("button", name="Correct").click()
    page.locator("#correction select[name=stance]").select_option("refuses")
    page.locator("#correction textarea[name=note]").fill("He <b>refused</b>.")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(card).to_contain_text("Correction kept.")
    page.reload()
    expect(card).to_contain_text("refuses")
    expect(card).to_contain_text("He <b>refused</b>.")
    assert opened.complaints == [] and opened.requests == []
    page.get_by_role("link", name="All reports").click()
    expect(page.locator(".reports")).to_contain_text("1 corrected")
    check(opened)
    page.locator(".reports a").click()
    card.get_by_role("button", name="Correct").click()
    page.get_by_role("button", name="Undo correction").click()
    expect(card).to_contain_text("Correction undone.")
    page.reload()
    expect(card).not_to_contain_text("refuses")
    check(opened)


def test_hostile_text_is_shown_as_text(server: Served, open_address: Open) -> None:
    opened = open_address(server.url)
    page = opened.page
    send(page, HOSTILE)
    page.wait_for_url("**/reports/*")
    expect(page.locator("h1")).to_contain_text("<script>document.title='taken'</script>")
    page.get_by_role("link", name="All reports").click()
    expect(page.locator(".reports")).to_contain_text("onerror=alert(1)> {{ 7 * 7 }}")
    page.get_by_label("The article’s text").fill("x </textarea><script>document.title='taken'</script>")
    page.get_by_label("or its address").fill("https://example.org/")
    page.get_by_role("button", name="Summarize").click()
    expect(page.get_by_role("alert")).to_contain_text("More than one article is there.")
    expect(page.get_by_label("The article’s text")).to_have_value(
        "x </textarea><script>document.title='taken'</script>"
    )
    assert page.title() == "summarizer"
    # A response of 400 is an error in the console; nothing else is.
    assert all("400" in complaint for complaint in opened.complaints) and opened.requests == []


def test_hostile_claims_are_text_while_they_come_in(
    server: Served, answering: OpenAIServer, open_address: Open
) -> None:
    go = threading.Event()

    def play(request: Request) -> Any:
        answer: Any = claims(request)
        if "claims" not in answer:
            # The summary, when all claims were told.
            go.wait(60)
        for claim in answer.get("claims", []):
            claim["statement"] += " </li></ol><script>document.title='taken'</script><img src=x onerror=alert()>"
        return answer

    answering.reply_with(play)
    opened = open_address(server.url)
    try:
        send(opened.page, TEXT)
        expect(opened.page.locator("#claims > li")).to_have_count(2)
        expect(opened.page.locator("#claims > li").first).to_contain_text("<img src=x onerror=alert()>")
        assert "taken" not in opened.page.title()
        check(opened)
    finally:
        go.set()
    opened.page.wait_for_url("**/reports/*")
    check(opened)


def test_many_open_pages_leave_room_for_one_more(stepping: tuple[Served, Steps], open_address: Open) -> None:
    """Browsers keep six connections to a server. Those pages that nobody looks at give theirs back."""
    server, steps = stepping
    opened = open_address(server.url)
    first = opened.page
    send(first, ASKING)
    expect(first.locator("#status")).to_have_text("Looking for claims.")
    look = """hidden => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true })
        document.dispatchEvent(new Event("visibilitychange"))
    }"""
    others = [first.context.new_page() for _ in range(6)]
    for page in [first, *others]:
        if page is not first:
            page.goto(first.url)
        page.evaluate(look, True)
    others[-1].goto(server.url, timeout=20_000)
    steps.let(2)
    expect(others[-1].locator("h1")).to_have_text("Summarize an article")
    assert first.locator("#claims > li").count() == 0
    first.evaluate(look, False)
    expect(first.locator("#claims > li").first).to_contain_text("Norway would send 500 soldiers")
    first.evaluate(look, True)
    steps.let(100)
    first.evaluate(look, False)
    first.wait_for_url("**/reports/*")
    expect(first.locator("ol.claims > li")).to_have_count(7)
    assert opened.complaints == []


def test_it_can_be_tried_without_an_article_at_hand(server: Served, open_address: Open) -> None:
    opened = open_address(server.url)
    page = opened.page
    page.get_by_role("link", name="Try it with an invented article.").click()
    check(opened)
    page.get_by_role("button", name="Summarize").click()
    page.wait_for_url("**/reports/*")
    expect(page.locator("h1")).to_have_text("Harbour states weigh guarantees for Moldova")


def test_it_works_without_javascript(stepping: tuple[Served, Steps], open_address: Open) -> None:
    server, steps = stepping
    opened = open_address(server.url, java_script_enabled=False)
    page = opened.page
    send(page, ASKING)
    page.wait_for_url("**/jobs/*")
    steps.let(2)
    expect(page.locator("#claims > li").first).to_contain_text("Norway would send 500 soldiers")
    steps.let(100)
    page.wait_for_url("**/reports/*")
    expect(page.locator("ol.claims > li")).to_have_count(7)
    assert opened.complaints == [] and opened.requests == []


@pytest.mark.parametrize("options", [{"viewport": {"width": 360, "height": 740}}, {"color_scheme": "dark"}])
def test_it_fits_a_phone_and_the_dark(server: Served, open_address: Open, options: dict[str, Any]) -> None:
    folder = server.workshop.reports.folder
    report = german_report()
    long = report.article.model_copy(update={"title": f"{'Küstenrat' * 20} sagt Seepatrouillen zu"})
    for name, article in (("a", report.article), ("b", long)):
        (folder / f"{name}.json").write_text(to_json(report.model_copy(update={"article": article})), encoding="utf-8")
    opened = open_address(server.url, **options)
    page = opened.page
    expect(page.locator(".reports > li")).to_have_count(2)
    check(opened)
    page.goto(f"{server.url}reports/a/again")
    check(opened)
    page.goto(f"{server.url}reports/a")
    check(opened)
    page.get_by_role("link", name="All reports").click()
    page.get_by_role("button", name="Digest of all reports").click()
    page.get_by_role("link", name="All reports").click()
    send(page, TEXT)
    page.wait_for_url("**/reports/*")
    check(opened)


def test_a_job_can_be_cancelled(stepping: tuple[Served, Steps], open_address: Open) -> None:
    server, _ = stepping
    opened = open_address(server.url)
    page = opened.page
    send(page, ASKING)
    expect(page.locator("#status")).to_have_text("Looking for claims.")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#status")).to_have_text("Cancelled.")
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    check(opened)
    page.get_by_role("link", name="Summarize another article").click()
    expect(page.locator(".jobs")).to_have_count(0)


def test_a_failure_is_shown_where_the_claims_were_awaited(
    server: Served, answering: OpenAIServer, open_address: Open
) -> None:
    go = threading.Event()

    def play(request: Request) -> Any:
        go.wait(60)
        return Status(401, "Incorrect API key provided", "invalid_api_key")

    answering.reply_with(play)
    opened = open_address(server.url)
    try:
        send(opened.page, TEXT)
        expect(opened.page.locator("#status")).to_have_text("Looking for claims.")
    finally:
        go.set()
    expect(opened.page.locator("#status.failure")).to_contain_text("OPENAI_API_KEY")
    check(opened)


def test_a_page_of_another_origin_gets_nothing(server: Served, open_address: Open) -> None:
    path = server.summarized(TEXT)
    jobs = len(server.workshop.jobs)
    page_of_others = f"""<!DOCTYPE html><title>other</title>
<form id="form" method="post" action="{server.url}jobs" enctype="multipart/form-data" target="_self">
<input name="text" value="An article."><input name="token" value="x"></form>
<iframe src="{server.origin}{path}"></iframe><img src="{server.url}"><script src="{server.origin}{path}"></script>"""

    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page_of_others.encode())

        def log_message(self, *_: Any) -> None:
            pass

    attempts = """async ([url, path]) => {
      const tried = [];
      const attempt = async (where, options) => {
        try {
          const response = await fetch(where, options);
          tried.push(response.type === "opaque" ? "opaque" : `read ${response.status}`);
        } catch { tried.push("refused"); }
      };
      await attempt(url, {});
      await attempt(url + path, { credentials: "include" });
      await attempt(`${url}jobs`, { method: "POST", body: new FormData(document.getElementById("form")) });
      await attempt(`${url}jobs`, { method: "POST", mode: "no-cors", body: new URLSearchParams({ text: "x" }) });
      await attempt(`${url}${path}/corrections`, { method: "POST", body: "{}",
        headers: { "Content-Type": "application/json" } });
      await attempt(`${url}${path}/corrections/c1`, { method: "DELETE" });
      await new Promise((done) => {
        const events = new EventSource(`${url}jobs/any/events`);
        events.onerror = () => { tried.push("refused"); events.close(); done(); };
        events.onmessage = () => { tried.push("read"); events.close(); done(); };
      });
      return tried;
    }"""
    with serving(Other) as other:
        opened = open_address(f"http://127.0.0.1:{other.server_address[1]}/")
        page = opened.page
        tried = page.evaluate(attempts, [server.url, path.removeprefix("/")])
        assert not [one for one in tried if one.startswith("read")] and len(tried) == 7
        frame = page.frames[1]
        assert "Claims" not in frame.content()
        with page.expect_navigation():
            page.evaluate("document.getElementById('form').submit()")
        expect(page.locator("h1")).to_have_text("Not allowed")
    assert len(server.workshop.jobs) == jobs
    assert len(list(server.workshop.reports.folder.iterdir())) == 1
