"""The pages around a report: the form with what was made before, a job as it goes, and messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from summarizer.rendering.html.environment import environment, part
from summarizer.rendering.html.environment import policy as policy_of
from summarizer.report_files import FiledReport
from summarizer.serving.jobs import Job
from summarizer.serving.report_folder import Listing

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class Site:
    """What all pages of a server share. `token` tells its own forms; `reads_addresses`: whether it may fetch.

    `topic` is what claims are about, empty for anything; `sends_to` where articles go, empty if they stay here.
    """

    model: str
    token: str
    reads_addresses: bool
    topic: str = ""
    sends_to: str = ""


@dataclass(frozen=True)
class Given:
    """What was in the form when it was sent, and what is wrong with it."""

    text: str = ""
    address: str = ""
    problem: str = ""


def start_page(site: Site, listing: Listing, jobs: Sequence[Job], given: Given) -> str:
    """The form, the jobs that aren't finished, and the reports."""
    # As it was given, to the character: `shown` would leave some out, and it would be another text.
    text = _markup(escape(given.text))
    return _page("serve_start.html.j2", "", site, listing=listing, jobs=jobs, given=given, text=text)


def example() -> str:
    """An invented article to try the page with."""
    return part("serve_example.txt")


def job_page(site: Site, job: Job, claims: Sequence[str]) -> str:
    """A job as far as it is; `claims` are the fragments of those found. A script adds what happens then."""
    return _page("serve_job.html.j2", part("serve_job.js"), site, job=job, claims=[_markup(c) for c in claims])


def message_page(title: str, words: str) -> str:
    """A page that says one thing: what went wrong, mostly."""
    return _page("serve_message.html.j2", "", None, title=title, words=words)


def again_page(site: Site, path: str, filed: FiledReport) -> str:
    """Whether to make a report anew; `path` is the report's."""
    return _page("serve_again.html.j2", "", site, path=path, filed=filed)


def bar(path: str | None = None, formats: Sequence[str] = ()) -> Markup:
    """What stands above a page that is the same as a file's: the way back and, for the report of a path, the others."""
    return _markup(environment().get_template("serve_bar.html.j2").render(path=path, formats=formats))


@cache
def policy() -> str:
    """The Content-Security-Policy of these pages: their own style and script, and requests to this server."""
    return policy_of(_style(), part("serve_job.js"), connects=True, sends=True)


@cache
def _style() -> str:
    return "".join(map(part, ("base.css", "claim.css", "serve.css")))


def _page(template: str, script: str, site: Site | None, **values: Any) -> str:
    found = environment().get_template(template)
    shared = {"style": _markup(_style()), "script": _markup(script), "site": site}
    return found.render(**shared, **values)


def _markup(content: str) -> Markup:
    from markupsafe import Markup

    return Markup(content)
