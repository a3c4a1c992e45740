"""What is fuzzed: functions that take any bytes and raise when something that must always hold doesn't."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from itertools import pairwise
from typing import TypeVar
from xml.etree import ElementTree

from rich.console import Console

from summarizer import rendering
from summarizer.digest import digest
from summarizer.document import Document
from summarizer.errors import InputError
from summarizer.extraction.drafts import ClaimDraft, SpeakerDraft
from summarizer.formats import Format, Group, pieces, table_text
from summarizer.models import (
    Article,
    Attribution,
    Claim,
    Evidence,
    Measure,
    Position,
    Rejection,
    RejectionReason,
    Report,
    Run,
    Span,
    Speaker,
    SpeakerKind,
    Stance,
    Summary,
    SummarySentence,
    Uncovered,
)
from summarizer.reading import MAX_CHARS, feed, json_lines, read_bytes
from summarizer.reading.pdf import read_pdf
from summarizer.report_files import FiledReport
from summarizer.screening import screen
from summarizer.sentences import chunk, split
from summarizer.verification import Verifier

Target = Callable[[bytes], None]
_Any = TypeVar("_Any")

_SUFFIXES = (None, ".txt", ".md", ".html", ".xml", ".pdf", ".jsonl", ".XHTML", "")
_TYPES = (
    None,
    "text/plain",
    "text/html; charset=utf-16",
    "text/html;charset=utf-7",
    "application/xhtml+xml; charset=unicode_escape",
    "text/plain; charset=punycode",
    "text/plain; charset=hex",
    "application/pdf",
    "application/rss+xml; charset=idna",
    "text/html; charset=iso-8859-1",
)
# What formats give a meaning, mixed with words that the checks know.
_PIECES = (
    "<script>alert(1)</script>",
    "<img src=x onerror=y>",
    "]]>",
    "<!--",
    "-->",
    "&amp;",
    "&#x1b;",
    "\x1b[31m",
    "\x1b]0;x\x07",
    "\x9b2J",
    "\r",
    "\n",
    "\n\n",
    "\t",
    "\u2028",
    "\x85",
    "\0",
    "\ud800",
    "\udfff",
    "\ufeff",
    "\u202e",
    "\u2066",
    "\u200b",
    "\u00ad",
    "\U000e0041",
    "\ufffe",
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    ";=1",
    '"',
    "'",
    "„",
    "“",
    "»",
    "«",
    "`",
    "```",
    "{",
    "}",
    "\\",
    "{{ 6*7 }}",
    "{% x %}",
    "[x](javascript:alert(1))",
    "http://a.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "[bold]x[/bold]",
    "[/]",
    "|",
    "---",
    "# ",
    "- ",
    "* ",
    "1. ",
    "[^1]",
    "$x$",
    "\u0301",
    "ﬁ",
    "界",
    "👩‍👩‍👧",
    "Norvik",
    "Deutschland",
    "Ukraine",
    "Friedrich Merz",
    "sagte",
    "said",
    "Soldaten",
    "40",
    "5. September 2025",
    "der",
    "the",
    ". ",
    "! ",
    ", ",
    " ",
    "ein",
    "nicht",
    "İ",
    "ß",
    "%",
    "~",
    "^",
    "_",
    "&",
    "#",
    "§",
    "</style>",
    "</template>",
)


class Drawn:
    """Values made from bytes: the same bytes give the same values, and any bytes give some."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, below: int) -> int:
        """A number from 0, below a bound of at most 65,536; 0 when the bytes are used up."""
        taken = self._data[self._at : self._at + (1 if below <= 256 else 2)]
        self._at += len(taken)
        return int.from_bytes(taken, "big") % below

    def of(self, choices: Sequence[_Any]) -> _Any:
        """One of them."""
        return choices[self.number(len(choices))]

    def rest(self) -> bytes:
        """All bytes that are left."""
        taken, self._at = self._data[self._at :], len(self._data)
        return taken

    def text(self) -> str:
        """Pieces of markup, words, and characters of any kind."""
        found: list[str] = []
        for _ in range(self.number(8)):
            kind = self.number(4)
            if kind:
                found.append(self.of(_PIECES))
            else:
                found.append(chr(self.number(0x10000)))
        # No decoder gives the two halves of one character apart.
        return "".join(found).encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")

    def maybe(self) -> str | None:
        """A text, or none."""
        return self.text() if self.number(2) else None

    def day(self) -> date | None:
        """A day, or none."""
        number = self.number(65536)
        return date.fromordinal(1 + number * 55) if number else None


def reading(data: bytes) -> None:
    """Any bytes of any kind are an article, or an `InputError`."""
    drawn = Drawn(data)
    suffix, media_type = drawn.of(_SUFFIXES), drawn.of(_TYPES)
    try:
        article = read_bytes(drawn.rest(), name="it", suffix=suffix, media_type=media_type)
    except InputError:
        return
    assert article.text.strip() and len(article.text) <= MAX_CHARS
    assert "\0" not in article.text and "\r" not in article.text
    article.model_dump_json()


def page(data: bytes) -> None:
    """A page with an article in it."""
    words = b"<p>Der Minister sagte am Montag, die Zusagen seien noch nicht beschlossen.</p>"
    reading(b"\x03\x00<html><body><article>" + words + data + words)


def feeds(data: bytes) -> None:
    """Any bytes are a feed's entries, whose words are texts, or an `InputError`."""
    feed.looks_like_feed(data)
    try:
        for entry in feed.entries(data, name="it", url="http://feed.example/"):
            assert entry.guid.isprintable() and (entry.link is None or entry.link.startswith(("http://", "https://")))
            feed.text_of(entry.content)
    except InputError:
        return


def feed_entry(data: bytes) -> None:
    """An entry of a feed."""
    opening = b"<rss><channel><item><link>http://a.example/</link><description>"
    feeds(opening + data + b"</description></item></channel></rss>")
    feed.text_of(Drawn(data).text() + data.decode("utf-8", "surrogateescape"))


def lines(data: bytes) -> None:
    """Any bytes are lines of JSON, each an article or an `InputError`."""
    for row in json_lines.rows(io.BytesIO(data), max_bytes=1000):
        try:
            article = json_lines.parsed(row.data or b"").article(None)
        except InputError:
            continue
        article.model_dump_json()


def pdf(data: bytes) -> None:
    """Any bytes are a PDF's text, or an `InputError`."""
    try:
        found = read_pdf(b"%PDF-" + data, name="it")
    except InputError:
        return
    assert found.text.strip() and "\0" not in found.text


def sentences(data: bytes) -> None:
    """Sentences lie in the text in order, without overlap, white space around them or a lost letter."""
    text = _text(data)
    found = split(text)
    assert [s.number for s in found] == list(range(1, len(found) + 1))
    for sentence in found:
        words = sentence.text(text)
        assert 0 <= sentence.start < sentence.end <= len(text)
        assert words == words.strip() and words
    for one, other in pairwise(found):
        assert one.end <= other.start and one.paragraph <= other.paragraph
    chunks = chunk(found, text, max_chars=50)
    assert [s for part in chunks for s in part.sentences] == found
    document = Document(Article.from_text(text, language="de"), tuple(found))
    for sentence in found:
        for cue in document.cues(sentence):
            assert sentence.start <= cue.start < cue.end and text[cue.start : cue.end] == cue.text


def screening(data: bytes) -> None:
    """What a model is shown leads back to the article, and what it isn't shown is told."""
    article = Article.from_text(_text(data), language="de")
    screened = screen(article)
    assert len(screened.plain.text) <= len(article.text)
    assert screened.plain.text.count("\n") == article.text.count("\n")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e]", screened.plain.text)
    assert all(line.isprintable() for line in screened.warnings())
    assert screen(screened.plain).plain.text.split() == screened.plain.text.split()
    plain = split(screened.plain.text)
    evidence = [
        Evidence(sentence=s.number, start=s.start, end=s.end, text=s.text(screened.plain.text)) for s in plain[:5]
    ]
    claim = Claim(
        id="c1",
        speakers=[Speaker(name="X", kind=SpeakerKind.PERSON)],
        statement="x",
        attribution=Attribution.INDIRECT,
        stance=Stance.ASSERTS,
        measure=Measure.GENERAL,
        evidence=evidence,
    )
    for found in screened.claim(claim).evidence:
        assert article.text[found.start : found.end] == found.text


def verification(data: bytes) -> None:
    """Whatever a model answers, a claim that passes is in the article's own words."""
    drawn = Drawn(data)
    words = [drawn.text() or "x" for _ in range(4)]
    text = (
        f"{drawn.text()}\n\nLINDHAVEN (dpa) - {words[0]} sagte: „{words[1]}“. {words[2]} {words[3]}.\n\n{drawn.text()}"
    )
    document = Document.of(Article.from_text(text, language=drawn.of(("de", "en")), published=drawn.day()))
    verifier = Verifier(document)
    for _ in range(2):
        draft = ClaimDraft.model_construct(
            evidence=[drawn.number(8) - 1 for _ in range(drawn.number(3))],
            speakers=[
                SpeakerDraft.model_construct(
                    name=drawn.of([*words, drawn.text()]),
                    kind=drawn.of(list(SpeakerKind)),
                    role=drawn.maybe(),
                    affiliation=drawn.maybe(),
                )
                for _ in range(drawn.number(3))
            ],
            statement=drawn.of([*words, drawn.text()]),
            attribution=drawn.of(list(Attribution)),
            stance=drawn.of(list(Stance)),
            measure=drawn.of(list(Measure)),
            conditions=[drawn.text() for _ in range(drawn.number(2))],
            quote=drawn.of([None, *words, drawn.text()]),
            via=drawn.maybe(),
            said_on=drawn.maybe(),
        )
        claim, reasons = verifier.check(draft)
        assert (claim is None) == bool(reasons) or not draft.speakers
        for reason in reasons:
            assert len(reason.message) < 400
        if claim is None:
            continue
        for span in (*claim.evidence, *([claim.quote] if claim.quote else [])):
            assert text[span.start : span.end] == span.text and span.start < span.end
        if claim.quote:
            assert any(e.start <= claim.quote.start and claim.quote.start < e.end for e in claim.evidence)
        verifier.accept(claim)


def terminal(data: bytes) -> None:
    """On a terminal nothing of an article or a model acts: no control character, nothing that reorders."""
    report = report_of(data)
    filed = [FiledReport(report, None)]
    for group in Group:
        _has_no_controls(b"".join(pieces(Format.TABLE, filed, group)).decode())
    _has_no_controls(b"".join(pieces(Format.CITATIONS, filed, Group.SPEAKER)).decode())
    for claim in report.claims:
        _has_no_controls(rendering.claim_line(claim, width=70).plain)
    _has_no_controls(table_text(lambda console: rendering.write_digest_table(_digest(report), console)))
    out = io.StringIO()
    rendering.write_table(filed, Console(file=out, width=60, force_terminal=True, color_system="standard"))
    # What is left of rich's own colours.
    _has_no_controls(re.sub(r"\x1b\[[\d;]*m", "", out.getvalue()))


def html(data: bytes) -> None:
    """A page has no element, attribute or address but its own."""
    report = report_of(data)
    for text in (_rendered(report, Format.HTML), rendering.digest_page(_digest(report))):
        parser = _Elements()
        parser.feed(text)
        parser.close()
        assert parser.found <= _ELEMENTS, parser.found - _ELEMENTS
        assert all(re.match(r"(?:#|https?://|data:,\Z)", address) for address in parser.addresses)
        _has_no_controls(text)


def table(data: bytes) -> None:
    """No cell of a table is a formula, and the workbook is well-formed."""
    report = report_of(data)
    text = _rendered(report, Format.CSV).removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == len(report.claims) + 1 and len({len(row) for row in rows}) == 1
    for row in rows:
        for cell in row:
            assert not re.match(r"[\s\x00-\x1f]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]", cell), cell
    with zipfile.ZipFile(io.BytesIO(rendering.to_workbook([report]))) as book:
        for name in book.namelist():
            root = ElementTree.fromstring(book.read(name))
            assert not [e for e in root.iter() if e.tag.endswith("}f") or e.tag.endswith("}hyperlink")]


def data_formats(data: bytes) -> None:
    """JSON comes back as it was, a line of JSON Lines is one line, JSON-LD ends no script, BibTeX's braces pair."""
    report = report_of(data)
    assert Report.model_validate(json.loads(_rendered(report, Format.JSON))) == report
    line = _rendered(report, Format.JSONL)
    assert len(line.splitlines()) == 1 and Report.model_validate(json.loads(line)) == report
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", _rendered(report, Format.JSON) + line)
    linked = _rendered(report, Format.JSONLD)
    assert json.loads(linked) and not re.search("[<>&\x7f-\x9f\u2028-\u202e\u2066-\u2069]", linked)
    entries = _rendered(report, Format.BIBTEX)
    depth = 0
    for character in entries:
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0 and len(re.findall(r"^@article\{", entries, re.MULTILINE)) == len(report.claims)
    _has_no_controls(entries)


def markdown(data: bytes) -> None:
    """Markdown has no raw element, link, code or image of an article's."""
    report = report_of(data)
    for text in (_rendered(report, Format.MARKDOWN), rendering.digest_to_markdown(_digest(report))):
        _has_no_controls(text)
        bare = re.sub(r"\\[\\`*_\[\]~$&<>|#!{}()+.:=-]", "", text)
        assert not re.search(r"<(?!https?://[^\s<>]+>)|`|\]\(|!\[", bare), bare


def report_of(data: bytes) -> Report:
    """A report with texts of others in every place that an article or a model fills."""
    drawn = Drawn(data)
    text = drawn.text() + drawn.text() or "x"

    def span() -> Span:
        start = drawn.number(len(text))
        end = start + 1 + drawn.number(len(text) - start)
        return Span(start=start, end=end, text=text[start:end])

    claims = [
        Claim(
            id=drawn.text() or f"c{number}",
            speakers=[
                Speaker(
                    name=drawn.text(), kind=drawn.of(list(SpeakerKind)), role=drawn.maybe(), affiliation=drawn.maybe()
                )
                for _ in range(drawn.number(3))
            ],
            statement=drawn.text(),
            attribution=drawn.of(list(Attribution)),
            stance=drawn.of(list(Stance)),
            measure=drawn.of(list(Measure)),
            conditions=[drawn.text() for _ in range(drawn.number(2))],
            evidence=[Evidence(sentence=drawn.number(9), **span().model_dump()) for _ in range(1 + drawn.number(2))],
            quote=span() if drawn.number(2) else None,
            via=drawn.maybe(),
            said_on=drawn.day(),
            confidence=drawn.number(101) / 100,
        )
        for number in range(drawn.number(3))
    ]
    ids = [claim.id for claim in claims]
    return Report(
        article=Article.from_text(
            text,
            language=drawn.of(("de", "en")),
            title=drawn.maybe(),
            source=drawn.maybe(),
            url=drawn.maybe(),
            published=drawn.day(),
            id=drawn.maybe() or None,
        ),
        claims=claims,
        rejections=[
            Rejection(
                # In a key pydantic replaces half a surrogate pair.
                claim={_SURROGATES.sub("?", drawn.text()): drawn.text(), "statement": drawn.text()},
                reasons=[RejectionReason(check=drawn.text(), message=drawn.text())],
            )
            for _ in range(drawn.number(2))
        ],
        uncovered=[
            Uncovered(sentence=drawn.number(9), cue=drawn.text(), **span().model_dump()) for _ in range(drawn.number(2))
        ],
        positions=[
            Position(actor=drawn.text(), measure=drawn.of(list(Measure)), stance=drawn.of(list(Stance)), claims=ids)
            for _ in range(drawn.number(2))
        ],
        summary=Summary(
            sentences=[SummarySentence(text=drawn.text(), claims=[*ids, drawn.text()]) for _ in range(drawn.number(2))]
        ),
        run=Run(
            model=drawn.text(),
            prompt=drawn.text(),
            profile=drawn.text(),
            summarizer_version="0",
            started_at=datetime(2031, 5, 7, tzinfo=UTC),
            duration_s=1.0,
            warnings=[drawn.text() for _ in range(drawn.number(2))],
        ),
    )


class _Elements(HTMLParser):
    """The elements of a page with their attributes, and the addresses in it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[tuple[str, str]] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add((tag, ""))
        self.found.update((tag, name) for name, _ in attrs if not name.startswith("data-"))
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action")]


def _own_elements() -> set[tuple[str, str]]:
    """What the templates themselves say, whatever is in a report."""
    from importlib.resources import files

    found = set()
    for file in files("summarizer.rendering.html").iterdir():
        if file.name.endswith(".j2"):
            template = re.sub(r"\{[#%].*?[#%]\}|\{\{.*?\}\}", " ", file.read_text(encoding="utf-8"), flags=re.DOTALL)
            parser = _Elements()
            parser.feed(template)
            found |= parser.found
    # The templates of the web pages that are served are no part of a report's.
    return found - {("script", "src")}


_ELEMENTS = _own_elements()
_SURROGATES = re.compile("[\ud800-\udfff]")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _has_no_controls(text: str) -> None:
    bad = [c for c in text if (c not in "\n" and unicodedata.category(c) in ("Cc", "Cs")) or c in _BIDI]
    assert not bad, bad


def _rendered(report: Report, chosen: Format) -> str:
    return b"".join(pieces(chosen, [FiledReport(report, None)], Group.SPEAKER)).decode()


def _digest(report: Report):  # type: ignore[no-untyped-def]
    later = report.model_copy(update={"article": report.article.model_copy(update={"id": report.article.id + "'"})})
    return digest([report, later], since=date(2000, 1, 1))


def _text(data: bytes) -> str:
    drawn = Drawn(data)
    if drawn.number(2):
        return drawn.rest().decode("utf-8", "replace").replace("\r", "\n")
    return "".join(drawn.text() for _ in range(1 + drawn.number(12)))


TARGETS: dict[str, Target] = {
    target.__name__: target
    for target in (
        reading,
        page,
        feeds,
        feed_entry,
        lines,
        pdf,
        sentences,
        screening,
        verification,
        terminal,
        html,
        table,
        data_formats,
        markdown,
    )
}
