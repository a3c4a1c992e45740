"""The routes: a form, jobs and their events, reports with their corrections, and a digest over them."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from summarizer.corrections import Correction, claim_key
from summarizer.digest import digest
from summarizer.errors import InputError, SummarizerError
from summarizer.formats import ending
from summarizer.models import Article, Claim
from summarizer.reading import MAX_BYTES, MAX_CHARS, read_bytes, read_text
from summarizer.rendering.html.digest_page import digest_page, digest_policy
from summarizer.rendering.html.environment import shown
from summarizer.rendering.html.report_page import claim_fragment, report_page, report_policy
from summarizer.report_files import FiledReport
from summarizer.serving import exporting, pages
from summarizer.serving.guarding import Guard, Names
from summarizer.serving.jobs import Event, Job, Status
from summarizer.serving.pages import Given, Site
from summarizer.serving.report_folder import ReportFolder
from summarizer.serving.working import QueueFullError, Workshop

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Scope

    from summarizer.llm.selection import ModelChoice

_MOST_LISTED = 200
_FORM_ROOM_BYTES = 4 * MAX_CHARS + 100_000
_MOST_CORRECTION_BYTES = 20_000
_PING_S = 15
_GRACE_S = 2
_TITLES = {
    400: "That can’t be read",
    403: "Not allowed",
    404: "Not found",
    405: "Not allowed",
    409: "Made anew",
    413: "Too large",
    415: "Not JSON",
    421: "Another server’s name",
    503: "Too much to do",
}


class Pages:
    """What answers the requests. Files are read and articles taken apart in threads."""

    def __init__(self, workshop: Workshop, site: Site) -> None:
        self._workshop, self._site = workshop, site

    @property
    def _reports(self) -> ReportFolder:
        return self._workshop.reports

    def routes(self) -> list[Route]:
        """Each address, and who answers it."""
        return [
            Route("/", self.start),
            Route("/jobs", self.submit, methods=["POST"]),
            Route("/jobs/{job}", self.job),
            Route("/jobs/{job}/events", self.events),
            Route("/jobs/{job}/cancel", self.cancel, methods=["POST"]),
            Route("/digest", self.digest),
            Route("/reports/{key}", self.report),
            Route("/reports/{key}/again", self.ask_again),
            Route("/reports/{key}/again", self.again, methods=["POST"]),
            Route("/reports/{key}/export/{format}", self.export),
            Route("/reports/{key}/corrections", self.correct, methods=["POST"]),
            Route("/reports/{key}/corrections/{claim:path}", self.take_back, methods=["DELETE"]),
        ]

    async def start(self, request: Request) -> Response:
        """The form, with what is worked on and what was made; with an article to try it with, if asked for."""
        return await self._start(Given(pages.example() if "example" in request.query_params else ""))

    async def submit(self, request: Request) -> Response:
        """Take an article from the form, and lead to its job."""
        async with self._form(request, max_files=1, max_fields=4) as form:
            text, address = str(form.get("text") or ""), str(form.get("address") or "").strip()
            file = form.get("file")
            upload = file if isinstance(file, UploadFile) and file.filename else None
            try:
                source = await self._source(text, address, upload)
            except InputError as error:
                return await self._start(Given(text, address, str(error)), status=400)
        if isinstance(source, Article) and await asyncio.to_thread(self._reports.has, source.id):
            return _see(f"/reports/{source.id}")
        return await self._taken(Job(source), Given(text, address))

    async def job(self, request: Request) -> Response:
        """A job as far as it is; once it is done, its report."""
        job = self._job(request)
        if job.status is Status.DONE:
            return _see(f"/reports/{job.key}")
        return _page(pages.job_page(self._site, job, [self._fragment(job, claim) for claim in job.claims]))

    async def events(self, request: Request) -> Response:
        """What happens to a job, as Server-Sent Events; `Last-Event-ID`, else `after`, says what is known."""
        job = self._job(request)
        known = request.headers.get("last-event-id") or request.query_params.get("after", "0")
        after = int(known) if known.isdecimal() and len(known) < 10 else 0

        async def told() -> AsyncIterator[ServerSentEvent]:
            async for event in job.follow(after):
                data = json.dumps(self._data(job, event))
                yield ServerSentEvent(data, event=event.kind, id=str(event.number), retry=1000)

        # When the server ends, jobs end first, and that is told too.
        return EventSourceResponse(told(), ping=_PING_S, shutdown_grace_period=_GRACE_S)

    async def cancel(self, request: Request) -> Response:
        """End a job."""
        job = self._job(request)
        async with self._form(request):
            self._workshop.cancel(job)
        return _see(f"/jobs/{job.id}")

    async def report(self, request: Request) -> Response:
        """A report, as `-f html` writes it, with corrections that are saved here."""
        key, filed = await self._filed(request)
        page = await asyncio.to_thread(
            report_page,
            filed.report,
            corrections=filed.corrections,
            corrections_url=f"{_path(key)}/corrections",
            bar=pages.bar(_path(key), tuple(exporting.FORMATS)),
        )
        return _page(page, report_policy(connects=True))

    async def ask_again(self, request: Request) -> Response:
        """Whether to make a report anew."""
        key, filed = await self._filed(request)
        return _page(pages.again_page(self._site, _path(key), filed))

    async def again(self, request: Request) -> Response:
        """Make a report anew, from the text that it has."""
        key, filed = await self._filed(request)
        async with self._form(request):
            pass
        return await self._taken(Job(filed.report.article, again=True, key=key), Given())

    async def export(self, request: Request) -> Response:
        """A report in another format, to be saved."""
        key, filed = await self._filed(request)
        found = exporting.FORMATS.get(request.path_params["format"])
        if found is None:
            raise HTTPException(404, "Reports aren't given in that format.")
        chosen, media_type = found
        content = await asyncio.to_thread(exporting.exported, filed, chosen)
        name = re.sub(r"[^A-Za-z0-9_-]", "_", key)
        headers = {"Content-Disposition": f'attachment; filename="{name}.{ending(chosen)}"'}
        return Response(content, media_type=media_type, headers=headers)

    async def correct(self, request: Request) -> Response:
        """Keep what a reader says of a claim."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise HTTPException(415, "Corrections are JSON.")
        key, filed = await self._filed(request)
        body = await request.body()
        try:
            if len(body) > _MOST_CORRECTION_BYTES:
                raise HTTPException(413, "That is too long for a correction.")
            correction = Correction.model_validate_json(body)
        except ValidationError:
            raise HTTPException(400, "That is no correction.") from None
        if correction.article != filed.report.article.id:
            raise HTTPException(400, "That is about another article.")
        if correction.claim_key not in {claim_key(claim) for claim in filed.report.claims}:
            raise HTTPException(409, "The report was made anew, without this claim. Load the page again.")
        await asyncio.to_thread(self._reports.correct, key, correction)
        return Response(status_code=204)

    async def take_back(self, request: Request) -> Response:
        """Forget what was said of a claim."""
        key, filed = await self._filed(request)
        await asyncio.to_thread(self._reports.take_back, key, filed.report.article.id, request.path_params["claim"])
        return Response(status_code=204)

    async def digest(self, request: Request) -> Response:
        """The digest over all reports; `since` is the first day of what is new."""
        page = await asyncio.to_thread(self._digest_page, _day(request.query_params.get("since")))
        if page is None:
            raise HTTPException(404, "There is no report yet.")
        return _page(page, digest_policy())

    def _digest_page(self, since: date | None) -> str | None:
        reports = list(self._reports.all())
        return digest_page(digest(reports, since=since), bar=pages.bar()) if reports else None

    async def _start(self, given: Given, status: int = 200) -> Response:
        listing = await asyncio.to_thread(self._reports.newest, _MOST_LISTED)
        return _page(pages.start_page(self._site, listing, self._workshop.unfinished, given), status=status)

    async def _source(self, text: str, address: str, upload: UploadFile | None) -> Article | str:
        """The article, or its address. Raises `InputError`."""
        given = [bool(text.strip()), bool(address), upload is not None]
        if sum(given) != 1:
            what = "Nothing is there to summarize." if not any(given) else "More than one article is there."
            raise InputError(what, "Give a text, an address or a file.")
        if upload is not None:
            data = await upload.read()
            name = PurePath(upload.filename or "file")
            return await asyncio.to_thread(read_bytes, data, name="The file", suffix=name.suffix)
        if not address:
            return await asyncio.to_thread(read_text, text)
        # Nothing but an address may get through: `read_source` reads files as well.
        if not re.match(r"https?://", address, re.IGNORECASE):
            raise InputError("That is no address of a page.", "It starts with http:// or https://.")
        if not self._site.reads_addresses:
            raise InputError("This server fetches nothing.", "Paste the article's text.")
        return address

    async def _taken(self, job: Job, given: Given) -> Response:
        try:
            return _see(f"/jobs/{self._workshop.take(job).id}")
        except QueueFullError as error:
            response = await self._start(Given(given.text, given.address, str(error)), status=503)
            response.headers["Retry-After"] = "60"
            return response

    def _job(self, request: Request) -> Job:
        job = self._workshop.jobs.get(request.path_params["job"])
        if job is None:
            raise HTTPException(404, "This server doesn't know the article, or no longer.")
        return job

    async def _filed(self, request: Request) -> tuple[str, FiledReport]:
        key = request.path_params["key"]
        try:
            filed = await asyncio.to_thread(self._reports.get, key)
        except InputError:
            raise HTTPException(404, "The file is there, but can't be read as a report.") from None
        if filed is None:
            raise HTTPException(404, "There is no such report.")
        return key, filed

    @asynccontextmanager
    async def _form(self, request: Request, *, max_files: int = 0, max_fields: int = 2) -> AsyncIterator[FormData]:
        """What was sent from a form of this server's pages; anything else is refused."""
        async with AsyncExitStack() as stack:
            sent = request.form(max_files=max_files, max_fields=max_fields, max_part_size=_FORM_ROOM_BYTES)
            try:
                form = await stack.enter_async_context(sent)
            except UnicodeError:
                raise HTTPException(400, "That is no form of this server.") from None
            token = form.get("token")
            given = token.encode("utf-8", "replace") if isinstance(token, str) else b""
            if not hmac.compare_digest(given, self._site.token.encode()):
                raise HTTPException(403, "The page is older than the server. Load it again, then send it.")
            yield form

    def _fragment(self, job: Job, claim: Claim) -> str:
        assert job.article is not None
        return claim_fragment(claim, job.article)

    def _data(self, job: Job, event: Event) -> dict[str, Any]:
        if event.claim is not None:
            return {"html": self._fragment(job, event.claim)}
        data: dict[str, Any] = {"words": shown(event.words), "share": event.share, "title": shown(job.title)}
        if event.kind == "end":
            data |= {"status": job.status.value, "report": _path(job.key) if job.status is Status.DONE else None}
        return data


def application(
    workshop: Workshop, *, model: str, reads_addresses: bool, names: Names, token: str | None = None
) -> ASGIApp:
    """The whole application, with its guard. It begins and ends the workshop."""
    settings, choice = workshop.summarizer.settings, workshop.summarizer.choice
    site = Site(
        model,
        token or secrets.token_urlsafe(32),
        reads_addresses,
        topic=settings.topic.replace("-", " ") if settings.topic != "any" else "",
        sends_to=_service(choice) if choice and choice.kind != "local" else "",
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with workshop:
            yield

    async def failed(request: Request, error: Exception) -> Response:
        workshop.on_fault(error)
        return await _broken(request, error)

    handlers: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
        HTTPException: _refused,
        SummarizerError: failed,
        Exception: _broken,
    }
    app = Starlette(routes=Pages(workshop, site).routes(), exception_handlers=handlers, lifespan=lifespan)
    max_bytes = MAX_BYTES + _FORM_ROOM_BYTES
    return Guard(app, names, max_bytes=max_bytes, refused=_message, on_fault=workshop.on_fault)


def _service(choice: ModelChoice) -> str:
    """Where the model is: the address's host, or the provider by name."""
    from urllib.parse import urlsplit

    return (choice.base_url and urlsplit(choice.base_url).hostname) or choice.provider


def _message(scope: Scope, status: int, words: str) -> Response:
    """What went wrong: a page for who looks at pages, JSON for a script."""
    if "text/html" in Headers(scope=scope).get("accept", ""):
        return _page(pages.message_page(_TITLES.get(status, "That didn’t work"), words), status=status)
    return JSONResponse({"error": {"message": words}}, status)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = error.detail if error.status_code != 404 or error.detail != "Not Found" else "There is no such page."
    response = _message(request.scope, error.status_code, words)
    response.headers.update(error.headers or {})
    return response


async def _broken(request: Request, error: Exception) -> Response:
    return _message(request.scope, 500, "That didn't work. The terminal in which the server runs says more.")


def _page(content: str, policy: str | None = None, *, status: int = 200) -> Response:
    # A header can also say who may frame the page; what stands in the page itself can't.
    headers = {"Content-Security-Policy": f"{policy or pages.policy()}; frame-ancestors 'none'"}
    # Nothing that came in with half a surrogate pair may keep the page from being sent.
    return HTMLResponse(content.encode("utf-8", "replace"), status, headers)


def _path(key: str | None) -> str:
    from urllib.parse import quote

    return f"/reports/{quote(key or '', safe='')}"


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise HTTPException(400, "That is no day. Write it as 2025-09-01.") from None


def _see(path: str) -> Response:
    return RedirectResponse(path, 303)
