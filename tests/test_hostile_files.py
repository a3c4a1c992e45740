"""Files that mean harm: each is read in bounded time and memory, or refused with a reason that says what to do."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from command import caller
from reports import german_report, injected_report

from summarizer.errors import InputError
from summarizer.models import Rejection, RejectionReason
from summarizer.reading import feed, items, read_bytes, read_text
from summarizer.rendering import to_json, to_jsonl_line, to_markdown
from summarizer.report_files import load_reports

# Far more than any of them takes, and far less than the hours that some took.
PATIENCE_S = 60.0
LARGE = 9_900_000
WORDS = "Der Minister sagte am Montag, die Zusagen seien noch nicht beschlossen."
PARAGRAPH = f"<p>{WORDS}</p>"
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
CONNECTS_TO_NOBODY = ("-m", "openai/x", "--base-url", "http://127.0.0.1:9/v1")

Made = Mapping[str, bytes | Callable[[], bytes]]


def outcomes(folder: Path, files: Made) -> dict[str, dict[str, object]]:
    """What a process of its own, with two gigabytes of memory, says of the files."""
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data() if callable(data) else data)
    script = Path(__file__).with_name("hostile_reading.py")
    ended = subprocess.run(
        [sys.executable, script, folder], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    told = [json.loads(line) for line in ended.stdout.splitlines()]
    assert {one["name"] for one in told} == set(files)
    return {one["name"]: one for one in told}


def page(body: str, head: str = "") -> bytes:
    article = f"<article>{PARAGRAPH}{body}{PARAGRAPH}</article>"
    return f"<!doctype html><html><head>{head}</head><body>{article}</body></html>".encode()


def rss(inner: str) -> bytes:
    item = f"<item><guid>g</guid><description>{WORDS}</description></item>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{item}{inner}</channel></rss>'.encode()


def filled(unit: str, size: int) -> str:
    return (unit * (size // len(unit) + 1))[:size]


LINES_OF_ONE_THING = {
    "letters": "a",
    "capitals": "A",
    "digits": "7",
    "dots": ".",
    "quotation-marks": '"',
    "opening-marks": "„",
    "brackets": "(",
    "soft-hyphens": "\u00ad",
    "combining-marks": "\u0301",
    "bidi": "\u202e",
    "spaces": "x ",
    "line-ends": "x\n",
}


def test_ten_megabytes_in_one_line(tmp_path: Path) -> None:
    """A file of 9.9 MB of one character."""
    found = outcomes(
        tmp_path / "files", {f"{n}.txt": filled(u, LARGE).encode()[:LARGE] for n, u in LINES_OF_ONE_THING.items()}
    )
    assert {one["kind"] for one in found.values()} == {"InputError"}
    assert all(re.search("limit is 400,000|broken bytes", str(one["message"])) for one in found.values())


@pytest.mark.parametrize("way", ["file", "stdin", "jsonl", "page"])
def test_fifty_megabytes_in_one_line(tmp_path: Path, way: str) -> None:
    """A line of 50 MB."""
    huge = b"a" * 50_000_000
    if way == "stdin":
        (item,) = items(["-"], stdin=io.BytesIO(huge))
    else:
        path = tmp_path / f"x.{'txt' if way == 'file' else 'html' if way == 'page' else way}"
        path.write_bytes(huge)
        (item,) = items([str(path)])
    with pytest.raises(InputError, match="10,000,000 bytes"):
        item.read()


SENTENCES = {
    "stops-alone": ". ",
    "shouts-alone": "! ",
    "quoted": '"A b. ',
    "german-quotes": "„A b.“ ",
    "guillemets": "«A» b. ",
    "quotes-in-sentences": '"Ab cd" Ab. ',
    "datelines": "KYIV (dpa) - ",
}


def test_a_hundred_thousand_sentences(tmp_path: Path) -> None:
    """An article of very many sentences, stops or quotations."""
    texts = {name: filled(unit, 50_000) for name, unit in SENTENCES.items()}
    texts |= {"sentences": "A. " * 100_000, "paragraphs": "a\n\n" * 10_000}
    found = outcomes(tmp_path / "files", {f"{name}.txt": text.encode() for name, text in texts.items()})
    assert {one["kind"] for one in found.values()} == {"article"}, found
    assert found["sentences.txt"]["sentences"] == 99_999
    assert found["paragraphs.txt"]["sentences"] == 10_000


PAGES: dict[str, Callable[[], bytes]] = {
    "div": lambda: page("<div>" * 14_000 + WORDS),
    "b": lambda: page("<b>" * 14_000 + WORDS),
    "blockquote": lambda: page("<blockquote>" * 14_000 + WORDS),
    "div-deeper": lambda: page("<div>" * 100_000 + WORDS),
    "span-beside": lambda: page("<p>" + "<span>der</span> " * 100_000),
    "link-beside": lambda: page("<p>" + "<a href=x>der</a> " * 100_000),
    "paragraph-beside": lambda: page("<div><p>x</p></div>" * 100_000),
    "closed-unopened": lambda: page("x</p>" * 100_000),
    "comments": lambda: page("<!--x-->" * 100_000),
    "attributes": lambda: page("<p " + " ".join(f"a{n}=1" for n in range(1_000_000)) + ">x"),
    "attributes-slashed": lambda: page('<p x=">" ' + "/".join(f"a{n}" for n in range(200_000)) + ">x"),
    "attribute": lambda: page(f'<p class="{filled("a ", 1_000_000)}">{WORDS}</p>'),
    "comment": lambda: page(f"<!--{filled('-', 1_000_000)}-->"),
    "script": lambda: page(f"<script>{filled('<a b ', 1_000_000)}</script>"),
    "json-ld": lambda: page("", f'<script type="application/ld+json">{"[" * 200_000}</script>'),
    "laughs": lambda: page("&lol9;").replace(
        b"<!doctype html>",
        b"<!DOCTYPE html [<!ENTITY lol0 'lol'>"
        + b"".join(f"<!ENTITY lol{n} '{f'&lol{n - 1};' * 10}'>".encode() for n in range(1, 10))
        + b"]>",
    ),
    "surrogates": lambda: page("<p>&#xd800; &#xdfff; &#1114112; &#0;</p>"),
}
READ_PAGES = {"div", "b", "blockquote", "attribute", "comment", "json-ld", "laughs", "surrogates"}


def test_overgrown_pages(tmp_path: Path) -> None:
    """A page of far too many elements, attributes or entities."""
    found = outcomes(tmp_path / "files", {f"{name}.html": make for name, make in PAGES.items()})
    kinds = {name: found[f"{name}.html"]["kind"] for name in PAGES}
    assert {name for name, kind in kinds.items() if kind == "article"} == READ_PAGES, found
    assert all(re.search("elements|attributes", str(found[f"{n}.html"]["message"])) for n in PAGES.keys() - READ_PAGES)


FEEDS: dict[str, Callable[[], bytes]] = {
    "elements": lambda: rss("<a>" * 400_000),
    "items": lambda: rss("<item>" * 300_000),
    "attributes": lambda: rss("<item " + " ".join(f'a{n}="1"' for n in range(200_000)) + "/>"),
    "malformed": lambda: rss("</x>" + "<item><title>a</title>" * 90_000),
    "comments": lambda: rss("<item><description>" + "&lt;!--" * 280_000 + "</description></item>"),
    "tags": lambda: rss("<item><description>" + "&lt;a " * 330_000 + "</description></item>"),
    "quotes": lambda: rss("<item><description>" + '&lt;a b="' * 220_000 + "</description></item>"),
    "marked": lambda: rss("<item><description><![CDATA[<![<![x]]></description></item>"),
    "entities": lambda: b'<!DOCTYPE rss [<!ENTITY a "aaa"><!ENTITY b "&a;&a;">]>' + rss("&b;"),
    "external": lambda: b'<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + rss("&a;"),
}


def test_overgrown_feeds(tmp_path: Path) -> None:
    """A feed that grows without bound, or breaks its parsers."""
    found = outcomes(tmp_path / "files", {f"{name}.xml": make for name, make in FEEDS.items()})
    kinds = {name: found[f"{name}.xml"]["kind"] for name in FEEDS}
    assert {n for n, kind in kinds.items() if kind == "articles"} == {"comments", "tags", "quotes", "marked"}, found


@pytest.mark.parametrize(
    "content",
    [
        "<![<![",
        "<!" * 40,
        "<![CDATA[x",
        "<?",
        "</",
        "&#xd800;",
        "\ud800",
        "a\0b",
        "<a <a <a",
        "<p " + " ".join(f"a{n}" for n in range(5000)),
    ],
    ids=range(10),
)
def test_entries_that_break_parsers(content: str) -> None:
    """A feed's entry that is no HTML."""
    try:
        assert not CONTROLS.search(feed.text_of(content))
    except InputError as error:
        assert error.hint


@pytest.mark.parametrize(
    "codec",
    [
        "utf-7",
        "unicode_escape",
        "raw_unicode_escape",
        "punycode",
        "idna",
        "hex",
        "zlib",
        "rot13",
        "base64",
        "undefined",
        "x" * 3000,
        "..",
        "utf-8-sig",
    ],
)
@pytest.mark.parametrize("kind", ["text/plain", "text/html"])
def test_declared_charsets(codec: str, kind: str) -> None:
    """A charset that is none of a text."""
    words = PARAGRAPH.encode() + rb"<p>Er sagte \ud800\x1b +2AA- und " + "Größe</p>".encode("cp1252")
    data = b"<html><body><article>" + words * 3 + b"</article></body></html>" if kind == "text/html" else words
    article = read_bytes(data, name="it", media_type=f"{kind}; charset={codec}")
    assert "Größe" in article.text
    assert not CONTROLS.search(article.text)


@pytest.mark.parametrize(
    "data",
    [
        b"\xc0\xaf" * 20,
        b"\xed\xa0\x80" * 20,
        b"\xf8\x88\x80\x80\x80",
        WORDS.encode("utf-16-le")[:-1],
        b"\xff\xfe\x00\xd8",
        codecs.BOM_UTF32_LE + b"\xff" * 8,
        WORDS.encode() + b"\0",
        b"\0" * 1000,
        WORDS.encode("utf-16-le") + WORDS.encode() * 9,
        codecs.BOM_UTF8 * 3,
        b"\x1b" * 500,
    ],
    ids=range(11),
)
def test_broken_encodings(data: bytes) -> None:
    """Bytes that are no text, or of two encodings."""
    try:
        article = read_bytes(data, name="it")
    except InputError as error:
        assert error.hint
    else:
        assert "\0" not in article.text and article.model_dump_json()


@pytest.mark.parametrize("text", ["a\ud800b", "\udfff", "a\0b", "\ud800\udfff"])
def test_half_characters(text: str) -> None:
    """Half a surrogate pair, or NUL, in a text."""
    with pytest.raises(InputError, match=r"surrogate pair|NUL"):
        read_text(text)


def bombs() -> dict[str, bytes]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"a" * 20_000_000)
    zipped = packed.getvalue()
    return {
        "bomb.gz": gzip.compress(b"a" * 20_000_000),
        "bomb.txt": gzip.compress(b"a" * 20_000_000),
        "bomb.zip": zipped,
        "bomb.docx": zipped,
        "bomb.html": zipped,
        "bomb.xml": zipped,
    }


@pytest.mark.parametrize("name", list(bombs()))
def test_packed_files(tmp_path: Path, name: str) -> None:
    """An archive that unpacks to very much."""
    (tmp_path / name).write_bytes(bombs()[name])
    (item,) = items([str(tmp_path / name)])
    with pytest.raises(InputError, match=r"archive|gzip"):
        item.read()


LINES = [
    '{"text": "\\ud800"}',
    '{"text": "a", "title": "\\udfff"}',
    '{"text": 1e308}',
    '{"text": NaN}',
    '{"text": "a", "id": 1' + "0" * 5000 + "}",
    '{"text": "a", "x": ' + "[" * 100_000,
    '{"text": "a", "x": ' + "9" * 100_000 + "}",
    '{"text": "a", "published": "2025-13-45"}',
    '{"text": "a", "url": "javascript:x"}',
    '{"text": "a", "id": "\\u001b[31m"}',
    '{"text": {"$gt": ""}}',
    '[{"text": "a"}]',
    '"' * 1000,
    '{"text": "a\\u0000"}',
    '{"text": "a", "language": "' + "x" * 100_000 + '"}',
    '{"text": "a", "published": "9999999999-01-01"}',
]


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_lines_that_are_no_articles(tmp_path: Path, line: str) -> None:
    """A line of JSON with wrong, huge or deep values."""
    path = tmp_path / "x.jsonl"
    path.write_text(line + "\n" + json.dumps({"text": WORDS}) + "\n", encoding="utf-8")
    bad, good = items([str(path)])
    with pytest.raises(InputError) as caught:
        bad.read()
    assert caught.value.hint and len(str(caught.value)) < 1000 and not CONTROLS.search(str(caught.value))
    assert not isinstance(good.read(), list)


@pytest.mark.parametrize(
    "content",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        "9" * 100_000,
        "NaN",
        '{"schema_version": 1e308}',
        "\ud800",
        "\0",
        '{"article": {"text": "\\ud800"}}',
    ],
    ids=range(8),
)
@pytest.mark.parametrize("ending", [".json", ".jsonl", ".corrections.json"])
def test_reports_that_are_none(tmp_path: Path, content: str, ending: str) -> None:
    """A report, or corrections, of deep, huge or broken JSON."""
    report = tmp_path / "x.json"
    report.write_text(to_json(german_report()), encoding="utf-8")
    path = tmp_path / f"x{ending}"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(InputError) as caught:
        list(load_reports([report if ending == ".corrections.json" else path]))
    assert caught.value.hint and len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    "name",
    [
        b"\x1b[31mred.txt",
        b"two\nlines.txt",
        b"not\xff\xfeutf8.txt",
        b"e" * 251 + b".txt",
        "turned\u202e.txt".encode(),
        b"c1\x9b2J.txt",
        "c1\x9b2J.txt".encode(),
        b"[bold]b[.txt",
        b"-f.txt",
        b"CON.txt",
        b"x\x07\x08.jsonl",
        b" .txt",
    ],
    ids=range(12),
)
def test_absurd_file_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], name: bytes
) -> None:
    """A file's name that acts on a terminal."""
    (tmp_path / "in").mkdir()
    Path(os.fsdecode(os.path.join(os.fsencode(tmp_path / "in"), name))).write_bytes(b"")  # noqa: PTH118
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    call = caller(monkeypatch, capsysbinary)
    for shape in ("table", "jsonl"):
        ended = call(tmp_path / "in", *CONNECTS_TO_NOBODY, "-f", shape)
        assert ended.code == 1
        assert not CONTROLS.search(ended.err.replace("\r", ""))
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", ended.out)


@pytest.mark.parametrize("kind", ["pipe", "device", "loop", "loop-of-folders"])
def test_files_that_never_end(tmp_path: Path, kind: str) -> None:
    """A pipe, a device or a loop of links in a folder or a pattern."""
    (tmp_path / "a.txt").write_text(WORDS, encoding="utf-8")
    odd = tmp_path / "b.txt"
    if kind == "pipe":
        os.mkfifo(odd)
    elif kind == "loop-of-folders":
        (tmp_path / "c").symlink_to(tmp_path)
    else:
        odd.symlink_to("/dev/zero" if kind == "device" else odd)
    sources = [str(tmp_path), str(tmp_path / "*.txt"), str(tmp_path / "*" / "*" / "a.txt")]
    code = f"""
from summarizer.errors import InputError
from summarizer.reading import items
for item in items({sources if kind == "loop-of-folders" else sources[:2]!r}):
    try:
        item.read()
        print("read")
    except InputError as error:
        print(type(error).__name__)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    assert "read" in ended.stdout.split() and len(ended.stdout.split()) <= 3


def test_a_file_that_vanishes(tmp_path: Path) -> None:
    """A folder whose files vanish while it is read."""
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text(WORDS, encoding="utf-8")
    walked = items([str(tmp_path)])
    next(walked).read()
    for number in range(1, 5):
        (tmp_path / f"{number}.txt").unlink()
    left = list(walked)
    assert left
    for item in left:
        with pytest.raises(InputError, match="There is no file"):
            item.read()


@pytest.mark.parametrize(
    "content", ["<script>alert(1)</script>", "[x](javascript:y)", "\x1b[31m", "\x9b2J", "```\ud800"]
)
def test_reports_of_others(content: str) -> None:
    """A report of somebody else, with markup and escapes even where a check is named."""
    report = injected_report(content)
    reasons = [RejectionReason(check=content, message=content)]
    report = report.model_copy(update={"rejections": [Rejection(claim={}, reasons=reasons)]})
    shown = to_markdown([report])
    assert content not in shown and not CONTROLS.search(shown)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", to_json(report) + to_jsonl_line(report))
