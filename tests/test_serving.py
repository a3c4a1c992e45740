"""The local server: what it lets in, what becomes of an article, and how it ends."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai_server import Hang, OpenAIServer, Status
from openai_server.claims import claims, invented_article
from reports import german_report
from served import Pages, Served, served

from summarizer.archive import Archive
from summarizer.cli import main
from summarizer.correction_files import corrections_path
from summarizer.corrections import Correction, claim_key
from summarizer.llm.base import LanguageModel
from summarizer.models import Claim, Report
from summarizer.pipeline import Summarizer
from summarizer.rendering import report_page, to_json, to_markdown
from summarizer.serving.guarding import Names, refusal
from summarizer.serving.jobs import Event, Job
from summarizer.serving.jobs import Status as State

KEY = "sk-planted-0123456789"
TEXT = invented_article(1, sentences=7)


@pytest.fixture(scope="module")
def service() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


@pytest.fixture
def answering(service: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> OpenAIServer:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    service.reply_with(claims)
    service.requests.clear()
    return service


@pytest.fixture
def server(answering: OpenAIServer, tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "reports", answering.base_url) as running:
        yield running


@contextmanager
def held(service: OpenAIServer) -> Iterator[threading.Event]:
    """The service answers only once the event is set, at the latest at the end."""
    go = threading.Event()

    def play(request: Any) -> Any:
        go.wait(20)
        return claims(request)

    service.reply_with(play)
    try:
        yield go
    finally:
        go.set()


def wait_for(is_so: Any) -> None:
    until = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.01)


# Who is let in


@pytest.mark.parametrize(
    ("host", "here", "network"),
    [
        ("127.0.0.1:8765", True, True),
        ("localhost", True, True),
        ("LOCALHOST:80", True, True),
        ("[::1]:8765", True, True),
        ("127.8.9.1", True, True),
        ("192.168.1.7:8765", False, True),
        ("desk:8765", False, True),
        ("0.0.0.0:8765", False, True),
        ("example.org", False, False),
        ("localhost.example.org", False, False),
        ("127.0.0.1.example.org", False, False),
        ("localhost@example.org", False, False),
        ("127.0.0.1:8765, example.org", False, False),
        ("localhost:8765:80", False, False),
        ("[::1", False, False),
        ("", False, False),
    ],
)
def test_a_server_answers_to_its_own_names_only(host: str, here: bool, network: bool) -> None:
    assert Names().have(host) is here
    assert Names(frozenset({"localhost", "desk"}), open_to_network=True).have(host) is network


OWN = {"host": "127.0.0.1:8765", "origin": "http://127.0.0.1:8765", "sec-fetch-site": "same-origin"}


@pytest.mark.parametrize(
    ("method", "changes", "status"),
    [
        ("POST", {}, None),
        ("GET", {"origin": None}, None),
        ("GET", {"origin": None, "sec-fetch-site": "none"}, None),
        ("POST", {"sec-fetch-site": None}, None),
        ("POST", {"origin": None}, 403),
        ("DELETE", {"origin": None}, 403),
        ("POST", {"origin": "null"}, 403),
        ("POST", {"origin": "http://127.0.0.1:9000"}, 403),
        ("POST", {"origin": "https://127.0.0.1:8765"}, 403),
        ("POST", {"origin": "http://localhost:8765"}, 403),
        ("POST", {"origin": "https://example.org"}, 403),
        ("GET", {"origin": "https://example.org"}, 403),
        ("POST", {"sec-fetch-site": "same-site"}, 403),
        ("POST", {"sec-fetch-site": "cross-site"}, 403),
        ("GET", {"origin": None, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403),
        ("GET", {"origin": None, "sec-fetch-site": "same-site", "sec-fetch-mode": "navigate",
                 "sec-fetch-dest": "iframe"}, 403),
        ("GET", {"origin": None, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate",
                 "sec-fetch-dest": "document"}, None),
        ("POST", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}, 403),
        ("OPTIONS", {"origin": "https://example.org"}, 403),
        ("POST", {"host": "example.org", "origin": "http://example.org"}, 421),
        ("GET", {"host": None, "origin": None}, 421),
    ],
)  # fmt: skip
def test_only_the_servers_own_pages_may_ask(method: str, changes: dict[str, str | None], status: int | None) -> None:
    headers = {name: value for name, value in (OWN | changes).items() if value is not None}
    found = refusal(method, headers, Names())
    assert (found and found[0]) == status


def test_other_names_and_origins_are_refused(server: Served) -> None:
    assert server.client.get("/", headers={"Host": "example.org"}).status_code == 421
    for headers in ({"Origin": "https://example.org"}, {"Sec-Fetch-Site": "cross-site"}):
        refused = server.client.post("/jobs", files=server.form(text=TEXT), headers=headers)
        assert refused.status_code == 403
    preflight = server.client.options(
        "/jobs", headers={"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    )
    assert preflight.status_code == 403
    assert not any(name.startswith("access-control") for name in preflight.headers)
    assert not server.workshop.jobs


def test_a_form_without_this_servers_token_is_refused(server: Served) -> None:
    for token in ("", "x", "ü"):
        assert server.submit(TEXT, token=token).status_code == 403
    assert server.client.post("/jobs", data={"text": TEXT}).status_code == 403
    path = server.summarized(TEXT)
    assert server.client.post(f"{path}/again", data={"token": "x"}).status_code == 403
    assert len(server.workshop.jobs) == 1


def test_every_response_is_closed_to_others(server: Served) -> None:
    report = server.summarized(TEXT)
    job = f"/jobs/{next(iter(server.workshop.jobs))}"
    paths = ("/", "/nothing", report, f"{report}/export/json", job, f"{job}/events", "/jobs", f"{report}/again")
    for response in [*map(server.client.get, paths), server.client.get("/", headers={"Host": "x.example"})]:
        headers = response.headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy and "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["referrer-policy"] == "same-origin"
        assert "server" not in headers and not any(name.startswith("access-control") for name in headers)


def test_reading_changes_nothing(server: Served) -> None:
    path = server.summarized(TEXT)
    folder = server.workshop.reports.folder
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    job = f"/jobs/{next(iter(server.workshop.jobs))}"
    for address in ("/jobs", f"{job}/cancel", f"{path}/again", f"{path}/corrections", f"{path}/corrections/c1"):
        server.client.get(address)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert len(server.workshop.jobs) == 1


def test_a_report_is_found_by_its_name_in_the_folder_only(server: Served, tmp_path: Path) -> None:
    path = server.summarized(TEXT)
    (tmp_path / "secret.json").write_text(to_json(german_report()), encoding="utf-8")
    folder = server.workshop.reports.folder
    (folder / "inner").mkdir()
    (folder / "inner" / "deep.json").write_text(to_json(german_report()), encoding="utf-8")
    (folder / ".hidden.json").write_text(to_json(german_report()), encoding="utf-8")
    key = path.rpartition("/")[2]
    for name in (
        "../secret", "..%2Fsecret", "%2e%2e%2fsecret", "..%5Csecret", "inner%2Fdeep", ".hidden", f"{key}.json",
        "%2Fetc%2Fpasswd", f"{key}%00", "*", "", f"{key}.corrections", "%2e%2e%2freports%2f" + key,
    ):  # fmt: skip
        response = server.client.get(f"/reports/{name}")
        assert response.status_code == 404, name
        assert str(tmp_path) not in response.text


# An article's way


def test_a_text_becomes_a_report(server: Served) -> None:
    job = server.submit(TEXT).headers["location"]
    events = server.events(job)
    assert [int(event["id"]) for event in events] == list(range(1, len(events) + 1))
    kinds = [event["event"] for event in events]
    assert kinds[-1] == "end" and kinds.count("end") == 1 and kinds.count("claim") == 2
    end = events[-1]["data"]
    assert end["words"] == "Done: 2 claims." and end["status"] == "done"
    key = end["report"].rpartition("/")[2]
    report = Report.model_validate_json((server.workshop.reports.folder / f"{key}.json").read_bytes())
    assert report.article.id == key and report.article.text == TEXT and len(report.claims) == 2
    for claim, event in zip(report.claims, (e for e in events if e["event"] == "claim"), strict=True):
        assert claim.speakers[0].name in event["data"]["html"]
    done = server.client.get(job)
    assert done.status_code == 303 and done.headers["location"] == end["report"]
    page = server.client.get(end["report"]).text
    assert report.claims[0].statement in page and "/corrections" in page
    start = server.client.get("/").text
    assert report.article.title in start and end["report"] in start and "2 claims" in start


def test_how_much_of_the_model_is_there_is_told(answering: OpenAIServer, tmp_path: Path) -> None:
    class Fetching(Summarizer):
        """One that fetches before it opens its model."""

        def open(self) -> LanguageModel:
            if self._model is None and self._on_progress is not None:
                for done in (0, 10, 11, 500, 1000):
                    self._on_progress(done * 10**6, 1000 * 10**6)
            return super().open()

    with served(tmp_path / "reports", answering.base_url, summarizer=Fetching) as server:
        told = [event["data"] for event in server.events(server.submit(TEXT).headers["location"])]
    fetched = [(data["words"], data["share"]) for data in told if data.get("share") is not None]
    assert [share for _, share in fetched] == [0.0, 0.01, 0.5, 1.0]
    assert fetched[2][0] == "Fetching the embedded model, once: 50 % of 1,000 MB."


def test_who_comes_back_gets_what_was_missed(server: Served) -> None:
    job = server.submit(TEXT).headers["location"]
    events = server.events(job)
    for known in (0, 1, len(events) - 1):
        assert server.events(job, **{"Last-Event-ID": str(known)}) == events[known:]
        assert server.events(job) == events
    assert server.client.get(f"{job}/events?after={len(events) - 1}").text.count("event: ") == 1
    assert server.client.get(f"{job}/events", headers={"Last-Event-ID": "-3; x"}).text.count("event: ") == len(events)
    assert server.client.get("/jobs/unknown/events").status_code == 404


@given(st.data())
def test_each_event_is_told_once_and_in_order(data: st.DataObject) -> None:
    """Whoever begins to follow after whatever, and whenever events come."""
    count = data.draw(st.integers(0, 8))
    before = data.draw(st.integers(0, count))
    after = data.draw(st.integers(0, before))
    pauses = data.draw(st.lists(st.booleans(), min_size=count, max_size=count))

    async def run() -> list[Event]:
        job = Job("https://example.org/")
        for number in range(before):
            job.tell(State.READING, f"{number}")
        following = asyncio.create_task(_all(job, after))
        for number in range(before, count):
            if pauses[number]:
                await asyncio.sleep(0)
            job.tell(State.READING, f"{number}")
        job.tell(State.DONE, "done")
        return await following

    told = asyncio.run(run())
    assert [event.number for event in told] == list(range(after + 1, count + 2))
    assert [event.words for event in told] == [*(f"{n}" for n in range(after, count)), "done"]


async def _all(job: Job, after: int) -> list[Event]:
    return [event async for event in job.follow(after)]


def test_what_is_no_article_is_said_at_once_and_nothing_is_lost(server: Served) -> None:
    for fields, words in (
        ({}, "Nothing is there to summarize."),
        ({"text": " \n "}, "Nothing is there to summarize."),
        ({"text": TEXT, "address": "https://example.org/"}, "More than one article is there."),
        ({"address": "/etc/passwd"}, "That is no address of a page."),
        ({"address": "file:///etc/passwd"}, "That is no address of a page."),
        ({"file": ("a.txt", b"\xff\xfe\x00\x00\x01")}, "The file"),
    ):
        response = server.submit(**fields)  # type: ignore[arg-type]
        assert response.status_code == 400 and words in response.text, fields
    text = "Zu\u00adsage </textarea><script>alert(1)</script> &amp; " + "x" * 400_000
    page = server.submit(text).text
    assert "the limit is 400,000" in page
    assert "Zu\u00adsage &lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp;amp; xxx" in page
    assert not server.workshop.jobs


def test_a_file_is_read_as_what_it_is(server: Served) -> None:
    page = f"<html><body><article><p>{'</p><p>'.join(TEXT.split(chr(10) * 2))}</p></article></body></html>"
    job = server.submit(file=("../../article.html", io.BytesIO(page.encode()), "text/html")).headers["location"]
    assert server.events(job)[-1]["data"]["words"] == "Done: 2 claims."
    assert len(list(server.workshop.reports.folder.iterdir())) == 1


def test_addresses_of_this_machine_are_not_fetched(server: Served, answering: OpenAIServer) -> None:
    job = server.submit(address=f"{answering.base_url}/models").headers["location"]
    end = server.events(job)[-1]["data"]
    assert end["status"] == "failed" and end["report"] is None
    assert not answering.requests


def test_the_same_text_is_summarized_once_until_it_is_asked_for_again(server: Served, answering: OpenAIServer) -> None:
    with held(answering) as go:
        first, second = server.submit(TEXT), server.submit(TEXT.replace("\n", "\r\n"))
        assert first.headers["location"] == second.headers["location"]
        go.set()
        path = server.events(first.headers["location"])[-1]["data"]["report"]
    asked = len(answering.chats)
    assert server.submit(TEXT).headers["location"] == path
    assert len(answering.chats) == asked
    confirm = server.client.get(f"{path}/again")
    assert "Summarize again?" in confirm.text and len(server.workshop.jobs) == 1
    job = server.client.post(f"{path}/again", data={"token": server.token}).headers["location"]
    assert server.events(job)[-1]["data"]["report"] == path
    assert len(answering.chats) == 2 * asked
    assert len(list(server.workshop.reports.folder.iterdir())) == 1


def test_a_report_made_anew_keeps_the_name_of_its_file(server: Served) -> None:
    file = server.workshop.reports.folder / "my own name.json"
    file.write_text(to_json(german_report()), encoding="utf-8")
    path = "/reports/my%20own%20name"
    assert path in server.client.get("/").text
    job = server.client.post(f"{path}/again", data={"token": server.token}).headers["location"]
    assert server.events(job)[-1]["data"]["report"] == path
    assert [f.name for f in server.workshop.reports.folder.iterdir()] == [file.name]
    assert Report.model_validate_json(file.read_bytes()).run.model == "openai/stand-in"


def test_no_id_of_an_article_leads_out_of_the_folder(server: Served, tmp_path: Path) -> None:
    report = german_report()
    for odd in ("../outside", "/outside", "..", f"{tmp_path}/outside"):
        article = report.article.model_copy(update={"id": odd})
        server.workshop.reports.put(report.model_copy(update={"article": article}))
    assert [path.name for path in tmp_path.iterdir()] == ["reports"]
    assert {path.name for path in server.workshop.reports.folder.iterdir()} == {"outside.json", "...json"}


def test_jobs_wait_for_their_turn_and_can_be_cancelled(answering: OpenAIServer, tmp_path: Path) -> None:
    texts = [invented_article(n, sentences=4) for n in range(8)]
    with served(tmp_path / "reports", answering.base_url, most_waiting=3) as server, held(answering) as go:
        jobs = [server.submit(text).headers["location"] for text in texts[:4]]
        wait_for(lambda: len(answering.chats) == 4)
        jobs += [server.submit(text).headers["location"] for text in texts[4:7]]
        words = [server.workshop.jobs[job.rpartition("/")[2]].words for job in jobs]
        assert words[4:] == ["Queued at place 1.", "Queued at place 2.", "Queued at place 3."]
        full = server.submit(texts[7])
        assert full.status_code == 503 and "3 articles are waiting already" in full.text
        assert full.headers["retry-after"] == "60" and texts[7].split("\n")[0] in full.text
        for job in (jobs[4], jobs[0]):
            cancelled = server.client.post(f"{job}/cancel", data={"token": server.token})
            assert cancelled.headers["location"] == job
            page = server.client.get(job).text
            assert "Cancelled." in page and "Summarize another article" in page
        # The place of the one that was worked on is taken by the next.
        wait_for(lambda: len(answering.chats) == 5)
        assert server.workshop.jobs[jobs[6].rpartition("/")[2]].words == "Queued at place 1."
        assert server.client.post(f"{jobs[6]}/cancel", data={"token": "x"}).status_code == 403
        go.set()
        ends = [server.events(job)[-1]["data"]["status"] for job in jobs]
    assert ends == ["cancelled", "done", "done", "done", "cancelled", "done", "done"]
    assert len(list((tmp_path / "reports").iterdir())) == 5


def test_old_jobs_are_forgotten_and_their_reports_stay(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("summarizer.serving.working._KEPT_JOBS", 2)
    jobs = []
    for number in range(4):
        jobs.append(server.submit(invented_article(number, sentences=4)).headers["location"])
        assert server.events(jobs[-1])[-1]["data"]["status"] == "done"
    assert [server.client.get(job).status_code for job in jobs] == [404, 404, 303, 303]
    assert server.client.get("/").text.count("<time") == 4


def test_what_is_too_large_is_refused(server: Served) -> None:
    too_large = server.submit(file=("a.txt", b"a" * 12_000_000))
    assert too_large.status_code == 413 and "larger than" in too_large.text

    def pieces() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        for _ in range(13):
            yield b"a" * 1_000_000

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    response = server.client.post("/jobs", content=pieces(), headers=headers)
    assert response.status_code == 413
    assert not server.workshop.jobs


def test_who_leaves_while_sending_is_no_fault(server: Served) -> None:
    host, port = server.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as leaving:
        leaving.sendall(
            f"POST /jobs HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {server.origin}\r\nContent-Length: 999\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\n\r\n--x".encode()
        )
    assert server.client.get("/").status_code == 200
    assert not server.faults


def test_a_fault_of_the_program_is_told_in_its_terminal_only(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise KeyError("of /secret")

    monkeypatch.setattr(server.workshop.reports, "newest", broken)
    response = server.client.get("/")
    assert response.status_code == 500 and "secret" not in response.text
    # It is told once the answer is on its way.
    deadline = time.monotonic() + 10
    while not server.faults and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [type(fault) for fault in server.faults] == [KeyError]


def test_a_broken_form_is_refused(server: Served) -> None:
    field = b'--x\r\nContent-Disposition: form-data; name="token"\r\n\r\n%s\r\n--x--\r\n'
    for headers, content in (
        ({"Content-Type": "multipart/form-data"}, b"x"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"no form"),
        ({"Content-Type": "application/json"}, b"{}"),
        ({"Content-Type": "multipart/form-data; boundary=x; charset=unicode_escape"}, field % b"\\ud800"),
        ({"Content-Type": "multipart/form-data; boundary=x; charset=punycode"}, field % b"x-99999999"),
    ):
        response = server.client.post("/jobs", content=content, headers=headers)
        assert response.status_code in (400, 403), headers
    assert not server.faults


def test_whoever_has_never_seen_it_is_told_what_it_does(server: Served) -> None:
    start = server.client.get("/").text
    assert "who takes which position on security guarantees" in start
    assert "The text is sent to 127.0.0.1." in start
    with_example = server.client.get("/?example").text
    assert "Moldova" in with_example and "Try it with" not in with_example
    server.summarized(TEXT)
    assert "Try it with" in start and "Try it with" not in server.client.get("/").text


# What goes wrong


def test_errors_are_pages_for_people_and_data_for_scripts(server: Served) -> None:
    for path, headers in (("/reports/%3Cb%3Ex", {}), ("/%3Cb%3Ex", {}), ("/", {"Host": "<b>x"})):
        page = server.client.get(path, headers={"Accept": "text/html", **headers})
        assert page.status_code in (404, 421) and page.headers["content-type"].startswith("text/html")
        assert "<h1>" in page.text and "<b>" not in page.text
        assert server.client.get(path, headers=headers).json()["error"]["message"] in page.text.replace("&#39;", "'")


def test_what_the_service_says_is_shown_without_the_key(server: Served, answering: OpenAIServer) -> None:
    answering.reply_with(lambda request: Status(401, "Incorrect API key provided", "invalid_api_key", echo_key=True))
    job = server.submit(TEXT).headers["location"]
    events = server.events(job)
    assert events[-1]["data"]["status"] == "failed"
    page = server.client.get(job)
    assert page.status_code == 200 and "OPENAI_API_KEY" in page.text
    for text in (page.text, json.dumps(events), server.client.get("/").text):
        assert KEY not in text
    answering.reply_with(claims)
    assert server.events(server.submit(TEXT).headers["location"])[-1]["data"]["status"] == "done"


def test_a_report_that_cant_be_written_is_said_without_the_path(server: Served, tmp_path: Path) -> None:
    shutil.rmtree(server.workshop.reports.folder)
    end = server.events(server.submit(TEXT).headers["location"])[-1]["data"]
    assert end["status"] == "failed" and "The report can't be written." in end["words"]
    assert str(tmp_path) not in end["words"] and str(tmp_path) in str(server.faults[0])


def test_a_correction_that_cant_be_kept_is_said_without_the_path(server: Served, tmp_path: Path) -> None:
    path = server.summarized(TEXT)
    filed = server.workshop.reports.get(path.rpartition("/")[2])
    assert filed is not None and filed.path is not None
    corrections_path(filed.path).mkdir()
    given = correction(filed.report, filed.report.claims[0], wrong=True)
    response = server.client.post(f"{path}/corrections", json=given)
    assert response.status_code in (404, 500) and str(tmp_path) not in response.text


def test_files_that_are_no_reports_are_counted_and_not_shown(server: Served) -> None:
    folder = server.workshop.reports.folder
    server.summarized(TEXT)
    (folder / "broken.json").write_text("{", encoding="utf-8")
    (folder / "two.json").write_text(to_json(german_report()).replace("c1", "c2"), encoding="utf-8")
    (folder / "notes.txt").write_text("x", encoding="utf-8")
    page = server.client.get("/").text
    assert page.count("<time") + int(re.findall(r"(\d+) files? in the folder", page)[0]) == 3
    broken = server.client.get("/reports/broken")
    assert broken.status_code == 404 and str(folder) not in broken.text


# Corrections and other forms


def correction(report: Report, claim: Claim, **changes: Any) -> dict[str, Any]:
    made = Correction(
        article=report.article.id, claim=claim.id, claim_key=claim_key(claim), made_at=datetime.now(UTC), **changes
    )
    return made.model_dump(mode="json")


def test_corrections_are_saved_at_once_and_taken_back(server: Served) -> None:
    path = server.summarized(TEXT)
    folder, key = server.workshop.reports, path.rpartition("/")[2]
    filed = folder.get(key)
    assert filed is not None
    claim = filed.report.claims[0]
    given = correction(filed.report, claim, stance="refuses", note="</script>He refused.")
    assert server.client.post(f"{path}/corrections", json=given).status_code == 204
    corrected = folder.get(key)
    assert corrected is not None and corrected.corrections[0].note == given["note"]
    assert corrected.report == filed.report and corrected.corrected.claims[0].stance == "refuses"
    assert "</script>He" not in server.client.get(path).text
    assert "1 corrected" in server.client.get("/").text
    exported = server.client.get(f"{path}/export/json")
    assert exported.json()["claims"][0]["stance"] == "refuses"
    assert exported.headers["content-disposition"] == f'attachment; filename="{key}.json"'
    assert server.client.delete(f"{path}/corrections/{claim.id}").status_code == 204
    back = folder.get(key)
    assert back is not None and not back.corrections


def test_what_is_no_correction_is_refused(server: Served) -> None:
    path = server.summarized(TEXT)
    filed = server.workshop.reports.get(path.rpartition("/")[2])
    assert filed is not None
    good = correction(filed.report, filed.report.claims[0], wrong=True)
    send = f"{path}/corrections"
    assert server.client.post(send, content=json.dumps(good)).status_code == 415
    assert server.client.post(send, data=good, headers={"Content-Type": "text/plain"}).status_code == 415
    assert server.client.post(send, json=good | {"claim_key": "0" * 16}).status_code == 409
    for bad in ({}, [], good | {"article": "another"}, good | {"stance": "likes"}, good | {"more": 1}):
        assert server.client.post(send, json=bad).status_code == 400, bad
    assert server.client.post(send, json=good | {"note": "x" * 30_000}).status_code == 413
    assert server.client.post("/reports/unknown/corrections", json=good).status_code == 404
    assert server.client.post(send, json=good, headers={"Origin": "https://example.org"}).status_code == 403
    assert server.client.delete(f"{send}/c1", headers={"Origin": "https://example.org"}).status_code == 403
    assert [file.suffixes for file in server.workshop.reports.folder.iterdir()] == [[".json"]]


def test_a_report_is_given_in_other_formats(server: Served) -> None:
    path = server.summarized(TEXT)
    page = server.client.get(path).text
    for name, kind, opening in (
        ("json", "application/json", b"{"),
        ("csv", "text/csv; charset=utf-8", b"\xef\xbb\xbf"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
        ("markdown", "text/markdown; charset=utf-8", b"#"),
        ("html", "text/html; charset=utf-8", b"<!DOCTYPE html>"),
        ("jsonld", "application/ld+json", b"{"),
        ("bibtex", "application/x-bibtex; charset=utf-8", b"@"),
    ):
        assert f"{path}/export/{name}" in page
        response = server.client.get(f"{path}/export/{name}")
        assert response.headers["content-type"] == kind and response.content.startswith(opening)
        assert response.headers["content-disposition"].startswith("attachment; ")
    for name in ("exe", "table", "HTML"):
        assert server.client.get(f"{path}/export/{name}").status_code == 404


def test_what_is_saved_is_what_the_command_writes(server: Served) -> None:
    path = server.summarized(TEXT)
    key = path.rpartition("/")[2]
    filed = server.workshop.reports.get(key)
    assert filed is not None
    claim = filed.report.claims[0]
    given = correction(filed.report, claim, stance="refuses" if claim.stance != "refuses" else "open")
    assert server.client.post(f"{path}/corrections", json=given).status_code == 204
    filed = server.workshop.reports.get(key)
    assert filed is not None
    markdown = server.client.get(f"{path}/export/markdown").text
    assert markdown == to_markdown([filed]) != to_markdown([filed.corrected])
    page = server.client.get(f"{path}/export/html").text
    assert page == report_page(filed.report, corrections=filed.corrections)
    assert "All reports" not in page and "All reports" in server.client.get(path).text


def test_a_page_has_the_policy_that_its_header_has(server: Served) -> None:
    for path in (server.summarized(TEXT), "/digest"):
        response = server.client.get(path)
        (own,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', response.text)
        assert response.headers["content-security-policy"] == f"{unescape(own)}; frame-ancestors 'none'"


def test_the_digest_is_over_all_reports(server: Served) -> None:
    assert server.client.get("/digest").status_code == 404
    titles = [server.client.get(server.summarized(invented_article(n, sentences=4))).text for n in range(2)]
    (server.workshop.reports.folder / "broken.json").write_text("{", encoding="utf-8")
    page = server.client.get("/digest", params={"since": "2025-01-01"})
    assert page.status_code == 200 and "new since" in page.text and 'href="/"' in page.text
    assert all(re.findall(r"<title>(.+)</title>", title)[0] in page.text for title in titles)
    assert server.client.get("/digest", params={"since": ""}).status_code == 200
    assert server.client.get("/digest", params={"since": "<b>"}).status_code == 400


# The command


@contextmanager
def command(*arguments: str, env: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """`summarizer serve`, once it says where it is; the lines that it said."""
    process = subprocess.Popen(
        [sys.executable, "-m", "summarizer", "serve", *arguments], stderr=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, env=env,
    )  # fmt: skip
    said: list[str] = []
    try:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            if line.startswith("Open http"):
                break
        yield process, said
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()


@pytest.fixture
def environment(answering: OpenAIServer, tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI", "SUMMARIZER"))}
    return kept | {
        "OPENAI_API_KEY": KEY,
        "SUMMARIZER_REPORTS": str(tmp_path / "reports"),
        "SUMMARIZER_CACHE": str(tmp_path / "cache"),
        "COLUMNS": "300",
    }


def test_the_command_says_its_address_and_ends_in_order(
    answering: OpenAIServer, environment: dict[str, str], tmp_path: Path
) -> None:
    archive = tmp_path / "archive.sqlite"
    options = ("-m", "stand-in", "--base-url", answering.base_url, "--archive", str(archive))
    with command("--port", "0", *options, env=environment) as (process, said):
        text = "".join(said)
        assert "stand-in" in text and KEY not in text and "network" not in text
        url = said[-1].split()[1]
        with httpx.Client(base_url=url, headers={"Origin": url.rstrip("/")}, timeout=60) as client:
            page = Pages(url, client)
            path = page.summarized(TEXT)
            report = Report.model_validate(client.get(f"{path}/export/json").json())
            given = correction(report, report.claims[0], wrong=True)
            assert client.post(f"{path}/corrections", json=given).status_code == 204
            answering.reply_with(lambda request: Hang(60))
            job = page.submit(invented_article(2, sentences=4)).headers["location"]
            with client.stream("GET", f"{job}/events") as following:
                lines = following.iter_lines()
                assert any("Looking for claims" in line for line in lines)
                process.send_signal(signal.SIGTERM)
                assert any("The server was stopped before this was done." in line for line in lines)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and out == ""
    assert "Ended." in err and "Traceback" not in err
    assert len(list((tmp_path / "reports").glob("*.json"))) == 2
    with Archive.open(archive) as opened:
        (kept,) = opened.reports()
    assert len(kept.report.claims) == 2 and kept.corrections[0].wrong


def test_ctrl_c_ends_it_while_somebody_is_still_sending(environment: dict[str, str]) -> None:
    with command("--port", "0", "-m", "openai/stand-in", env=environment) as (process, said):
        host, port = said[-1].split()[1].removeprefix("http://").rstrip("/").split(":")
        head = f"POST /jobs HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: http://{host}:{port}\r\nContent-Length: 99\r\n"
        with socket.create_connection((host, int(port))) as gone:
            gone.sendall(f"{head}Content-Type: multipart/form-data; boundary=x\r\n\r\n--x".encode())
        with socket.create_connection((host, int(port))) as slow:
            slow.sendall(f"{head}Content-Type: multipart/form-data; boundary=x\r\n\r\n--x".encode())
            assert httpx.get(f"http://{host}:{port}/").status_code == 200
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
    assert process.returncode == 0 and err.strip() == "Ended."


@pytest.fixture
def here(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Runs the command in this process up to where it would serve; gives its exit code and what it said."""

    def call(*arguments: str) -> tuple[int, str]:
        for name in set(os.environ) - set(environment):
            monkeypatch.delenv(name)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("summarizer.serving.running.serve", lambda server, listening: None)
        monkeypatch.setattr(sys, "argv", ["summarizer", "serve", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), capsys.readouterr().err

    return call


def test_a_port_in_use_is_said(here: Callable[..., tuple[int, str]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, said = here("--port", port)
    assert code == 2 and f"Port {port} on 127.0.0.1 can't be had" in said


def test_a_host_that_lets_the_network_in_is_warned_of(here: Callable[..., tuple[int, str]]) -> None:
    warning = "Everybody on the network can use this server"
    assert warning in here("--host", "0.0.0.0", "--port", "0")[1]
    assert warning not in here("--port", "0")[1]


def test_without_the_models_file_and_without_a_connection_it_doesnt_start(
    here: Callable[..., tuple[int, str]],
) -> None:
    code, said = here("--offline", "--port", "0")
    assert code == 1 and "needs a connection" in said


def test_who_cant_translate_is_told_before_it_starts(here: Callable[..., tuple[int, str]]) -> None:
    for arguments in (("--offline",), ("-m", "openai/stand-in", "--profile", "sentence")):
        code, said = here("--port", "0", "--language", "en", *arguments)
        assert code == 2 and "can't translate" in said and "--language" in said
    code, said = here("--port", "0", "--language", "fr", "-m", "openai/stand-in")
    assert code == 2 and "fr" in said


def test_statements_can_be_in_another_language(answering: OpenAIServer, environment: dict[str, str]) -> None:
    german = "Anna Almgren sagte, dass Norwegen nach einer Waffenruhe 500 Soldaten in die Ukraine schicken werde."
    text = f"""Ministers weigh a guarantee force

Anna Almgren said that Norway would send 500 soldiers to Ukraine after a ceasefire.

{invented_article(3, sentences=2).partition(chr(10))[2]}"""

    def play(request: Any) -> Any:
        if not any(said.startswith("from: ") for said in request.texts):
            return claims(request)
        return {"statements": [{"id": "c1", "statement": german}]}

    answering.reply_with(play)
    options = ("-m", "stand-in", "--base-url", answering.base_url, "--language", "de")
    with command("--port", "0", *options, env=environment) as (_, said):
        url = said[-1].split()[1]
        with httpx.Client(base_url=url, headers={"Origin": url.rstrip("/")}, timeout=60) as client:
            path = Pages(url, client).summarized(text)
            report = Report.model_validate(client.get(f"{path}/export/json").json())
    assert report.run.language == "de" and report.claims[0].statement == german
    assert report.claims[0].evidence[0].text.startswith("Anna Almgren said")
