"""PDFs: printed by a browser, and made to be hard to read."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, NumberObject, StreamObject

from summarizer.errors import InputError
from summarizer.models import Article
from summarizer.reading import items, pdf, read_bytes, read_source
from summarizer.reading.pdf import Line, paragraphs, read_pdf

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest_plugins = ["browser"]

TITLE = "Hellstadt will keine Soldaten schicken"
# No two alike, so that only what is printed on every page stands on several.
PARAGRAPHS = [
    text.format(name=name, place=place, thing=thing)
    for name, place, thing in [
        ("Ida Krull", "Hellstadt", "Luftüberwachung"),
        ("Jonathan Wesselbach", "Oberau", "Ausbildung"),
        ("Mira Tannhofer", "Sankt Vitus am See", "Minenräumung"),
        ("Otto Bär", "Lünz", "Aufklärung aus der Ferne"),
        ("Elena Vasquez-Lindt", "Kirchmoor", "Seenotrettung"),
        ("Piet Harms", "Düsterfeld an der Wupp", "Waffenhilfe"),
        ("Anneliese Quast", "Ems", "Beobachtung der Grenze"),
    ]
    for text in (
        "Ministerin {name} sagte am Mittwoch in {place}, über die Sicher\u00adheits\u00adgarantien für das "
        "Nach\u00adbar\u00adland werde noch beraten. Eine Entscheidung über {thing} falle erst, wenn "
        "sich {place} und alle Seiten an die Waffenruhe hielten, und dann nur mit Zustimmung des Parlaments "
        "in {place}.",
        "„Zur {thing} sind wir bereit“, erklärte der Präsident in {place}. Über die Nord-Süd-Verbindung und die "
        "Sicherheits- und Verteidigungs\u00adpolitik der beiden Länder wolle er im Herbst sprechen; größere Übungen "
        "seien möglich.",
        "Kurz fiel die Antwort der Opposition in {place} aus.",
        "Der Sprecher des Bündnisses nannte den Vorschlag „verfrüht, aber nützlich“. Man habe {name} die {thing} "
        "zugesagt, mehr nicht. Ob es dabei bleibe, hänge von der Lage ab, hieß es ergänzend aus Kreisen.",
    )
]
EXPECTED = [TITLE, *(paragraph.replace("\u00ad", "") for paragraph in PARAGRAPHS)]
Print = Callable[..., bytes]


@pytest.fixture(scope="module")
def printed(chromium: Browser) -> Print:
    """Prints an article as a PDF; the options are those of playwright's `pdf`."""

    def to_pdf(style: str = "", body: str | None = None, title: str = TITLE, **options: Any) -> bytes:
        page = chromium.new_page()
        text = body if body is not None else f"<h1>{TITLE}</h1>" + "".join(f"<p>{p}</p>" for p in PARAGRAPHS)
        page.set_content(
            f"<!doctype html><html lang='de'><head><meta charset='utf-8'><title>{title}</title>"
            f"<style>p {{ margin: 0 0 8pt }} {style}</style></head><body>{text}</body></html>"
        )
        margin = dict.fromkeys(("top", "bottom", "left", "right"), "20mm")
        data = page.pdf(**{"format": "A5", "margin": margin} | options)
        page.close()
        return data

    return to_pdf


def edge(text: str) -> str:
    return f"<div style='font-size: 8px; width: 100%; text-align: center'>{text}</div>"


def rewritten(data: bytes, change: Callable[[pypdf.PdfWriter], object]) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def with_content(content: bytes, *, pages: int = 1, packed: bool = False) -> bytes:
    """A PDF whose pages all have these drawing instructions."""
    writer = pypdf.PdfWriter()
    stream: StreamObject = DecodedStreamObject()
    stream.set_data(content)
    if packed:
        stream = stream.flate_encode()
    shared = writer._add_object(stream)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for _ in range(pages):
        page = writer.add_blank_page(400, 600)
        page[NameObject("/Contents")] = shared
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "style",
    [
        "",
        "body { text-align: justify; font: 11pt/1.5 sans-serif }",
        "p { margin: 0; text-indent: 1.5em }",
        "body { columns: 2; font-size: 9pt }",
        "body { font-size: 15pt; line-height: 2 }",
    ],
    ids=["gaps", "justified", "indents", "columns", "wide"],
)
def test_paragraphs_of_a_printed_page(printed: Print, style: str) -> None:
    data = printed(
        style,
        display_header_footer=True,
        header_template=edge("Hellstädter Bote – Politik"),
        footer_template=edge("Seite <span class=pageNumber></span> von <span class=totalPages></span>"),
    )
    assert len(pypdf.PdfReader(io.BytesIO(data)).pages) > 1
    found = read_pdf(data, name="x").text.split("\n\n")
    assert " ".join(found) == " ".join(EXPECTED)
    # Where a page ends with a sentence, the paragraph's end can only be guessed.
    assert sum(paragraph in EXPECTED for paragraph in found) >= (0.9 if style else 1.0) * len(EXPECTED)


def test_without_gaps_a_short_last_line_ends_a_paragraph(printed: Print) -> None:
    found = read_pdf(printed("p { margin: 0 }"), name="x").text.split("\n\n")
    assert " ".join(found) == " ".join(EXPECTED)
    assert sum(paragraph in EXPECTED for paragraph in found) > len(EXPECTED) / 3


def test_article(printed: Print, tmp_path: Path) -> None:
    data = printed()
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    for article in (read_source(path), read_bytes(data, name="x"), read_bytes(data, name="x", media_type="text/html")):
        assert article.text == "\n\n".join(EXPECTED)
        assert (article.title, article.language) == (TITLE, "de")
    (item,) = items([str(tmp_path)])
    assert isinstance(read := item.read(), Article) and read.text == "\n\n".join(EXPECTED)


def test_the_files_day_counts_only_where_the_text_has_none(printed: Print) -> None:
    data = rewritten(printed(), lambda w: w.add_metadata({"/CreationDate": "D:20310507233000-05'00'"}))
    future = datetime.now(UTC).year + 2
    assert read_pdf(data, name="x").published == (date(2031, 5, 7) if future > 2033 else None)
    past = rewritten(printed(), lambda w: w.add_metadata({"/CreationDate": "D:20210507233000-05'00'"}))
    assert read_bytes(past, name="x").published == date(2021, 5, 7)
    dated = printed(body=f"<h1>{TITLE}</h1><p>Stand: 5. September 2020</p><p>{PARAGRAPHS[0]}</p>")
    assert read_bytes(dated, name="x").published == date(2020, 9, 5)
    for wrong in ("D:29990101000000Z", "D:19010101000000Z", "gestern", ""):
        odd = rewritten(printed(), lambda w, wrong=wrong: w.add_metadata({"/CreationDate": wrong}))  # type: ignore[misc]
        assert read_bytes(odd, name="x").published is None


@pytest.mark.parametrize(
    "title", ["Microsoft Word - Entwurf 3.docx", "untitled", "a_b-17.indd", "about:blank", "Seite", " ", "x" * 300]
)
def test_titles_that_are_none(printed: Print, title: str) -> None:
    assert read_bytes(printed(title=title), name="x").title == TITLE


def test_two_pages_with_a_header_and_bare_numbers(printed: Print) -> None:
    body = f"<p>{PARAGRAPHS[0]}</p><p style='break-before: page'>{PARAGRAPHS[1]}</p>"
    data = printed(
        body=body,
        display_header_footer=True,
        header_template=edge(TITLE),
        footer_template=edge("<span class=pageNumber></span>"),
    )
    assert read_pdf(data, name="x").text.split("\n\n") == EXPECTED[1:3]


def page_of(*texts: str, size: float = 10.0) -> list[Line]:
    return [Line(text, 50, 700 - 12 * number, size) for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Die Sicherheits-", "garantien gelten"], "Die Sicherheitsgarantien gelten"),
        (["Die Nord-", "Süd-Verbindung"], "Die Nord-Süd-Verbindung"),
        (["Sicherheits-", "und Verteidigungspolitik"], "Sicherheits- und Verteidigungspolitik"),
        (["Die Sicherheits\u00ad", "garantien ge\u00adlten"], "Die Sicherheitsgarantien gelten"),
        (["von 2025-", "2027"], "von 2025-2027"),
        (["Das heißt –", "vielleicht"], "Das heißt – vielleicht"),
    ],
)
def test_words_across_lines(lines: list[str], expected: str) -> None:
    assert list(paragraphs([page_of(*lines)])) == [expected]
    # And across pages.
    assert list(paragraphs([page_of(lines[0]), page_of(lines[1])])) == [expected]


def test_a_heading_is_a_paragraph_of_its_own() -> None:
    page = [*page_of("Ein Satz.", "Und noch"), Line("Zwischentitel", 50, 664, 14), Line("Der Text", 50, 650, 10)]
    assert list(paragraphs([page])) == ["Ein Satz. Und noch", "Zwischentitel", "Der Text"]


@given(
    st.lists(
        st.lists(
            st.builds(
                Line,
                st.text(st.characters(exclude_categories=["Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=20),
                st.floats(-1000, 1000),
                st.floats(-1000, 1000),
                st.floats(0.1, 100),
            ),
            max_size=8,
        ),
        max_size=4,
    )
)
def test_any_lines_are_paragraphs_of_their_characters(pages: list[list[Line]]) -> None:
    kept = "".join(line.text for page in pages for line in page)
    found = "".join(paragraphs(pages))
    assert set(found) <= set(kept) | {" "}


def refusal(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        read_bytes(data, name="'a.pdf'")
    assert "'a.pdf'" in caught.value.message and caught.value.hint
    return str(caught.value)


def test_encrypted(printed: Print) -> None:
    data = printed()
    locked = rewritten(data, lambda w: w.encrypt("geheim", algorithm="RC4-128"))
    assert "encrypted" in refusal(locked) and "qpdf" in refusal(locked)
    # Encrypted only against changes.
    readable = rewritten(data, lambda w: w.encrypt("", "geheim", algorithm="RC4-128"))
    assert read_bytes(readable, name="x").text == "\n\n".join(EXPECTED)


def test_damaged(printed: Print, capfd: pytest.CaptureFixture[str]) -> None:
    data = printed()
    for broken in (b"%PDF-", b"%PDF-1.7 \xe2\xe3", data[:300], b"%PDF-1.7\n" + b"\0" * 3000):
        assert "damaged" in refusal(broken)
    for cut in range(1, 8):
        for broken in (
            data[: len(data) * cut // 8],
            data.replace(b"endobj", b"", cut),
            data[: 500 * cut] + data[-500:],
        ):
            try:
                assert read_bytes(broken, name="x").text
            except InputError as error:
                assert error.hint
    assert capfd.readouterr() == ("", "")


def test_scanned(printed: Print) -> None:
    assert "ocrmypdf" in refusal(printed(body="<svg width='90' height='90'><rect width='80' height='80'/></svg>"))
    assert "ocrmypdf" in refusal(with_content(b""))


def test_too_many_pages() -> None:
    assert f"limit is {pdf.MAX_PAGES}" in refusal(with_content(b"", pages=pdf.MAX_PAGES + 1))


def test_bombs(monkeypatch: pytest.MonkeyPatch) -> None:
    show = b"BT /F1 12 Tf 50 500 Td (Der Minister sagte, es sei noch nichts entschieden.) Tj ET\n"
    assert read_bytes(with_content(show, packed=True), name="x").text.startswith("Der Minister")
    large = with_content(b" " * 100_000_000, packed=True)
    assert len(large) < 1_000_000 and "too much" in refusal(large)
    many = with_content(b"q Q\n" * 3_000_000, packed=True)
    assert "too much" in refusal(many)
    twice = with_content(b"", packed=True).replace(b"/FlateDecode", b"/LZWDecode  ")
    with pytest.raises(InputError):
        read_bytes(twice, name="x")
    shown = b"(" + b"Der Minister sagte nichts dazu. " * 20 + b") Tj "
    words = with_content(b"BT /F1 12 Tf 50 500 Td " + shown * 1500 + b"ET", pages=3)
    assert "too much" in refusal(words)
    monkeypatch.setattr(pdf, "_MAX_SECONDS", -1.0)
    assert "takes too long" in refusal(with_content(show))


def test_a_form_that_draws_itself_ends() -> None:
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(400, 600)
    form = DecodedStreamObject()
    form.set_data(b"/X Do /X Do /X Do")
    form.update({NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Form")})
    form[NameObject("/BBox")] = ArrayObject([NumberObject(n) for n in (0, 0, 9, 9)])
    at = writer._add_object(form)
    resources = DictionaryObject({NameObject("/XObject"): DictionaryObject({NameObject("/X"): at})})
    form[NameObject("/Resources")] = resources
    page[NameObject("/Resources")] = resources
    page[NameObject("/Contents")] = at
    out = io.BytesIO()
    writer.write(out)
    refusal(out.getvalue())


@given(st.binary(max_size=400))
def test_anything_that_opens_like_a_pdf_is_an_input_error(data: bytes) -> None:
    refusal(b"%PDF-1.4\n" + data)
    refusal(b"%PDF-1.4\n1 0 obj<</Filter/FlateDecode/Length 9>>stream\n" + zlib.compress(data) + b"\nendstream endobj")
