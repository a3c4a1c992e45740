"""From texts, bytes, files and pages to articles."""

import gzip
import io
import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from summarizer.errors import InputError
from summarizer.reading import MAX_CHARS, detect_language, read_bytes, read_source, read_text
from summarizer.reading.encoding import decode

SEED = Path(__file__).parents[1] / "seeds" / "2025-09-05-dpa-afx-paris.txt"
GERMAN = "Der Minister sagte, die Zusagen für die Ukraine seien noch nicht beschlossen. Größere Übungen gebe es später."
ENGLISH = "The minister said that the pledges for Ukraine had not been decided yet, and that there would be more."
PAGE = """<!doctype html><html lang="de"><head><meta charset="{charset}">
<title>Minister: Keine Zusage | Blatt</title>
<meta property="og:site_name" content="Beispielblatt">
<meta property="article:published_time" content="2025-09-05T10:00:00+02:00">
<link rel="canonical" href="{canonical}"></head>
<body><nav><a href="/">Startseite</a> <a href="/p">Politik</a></nav>
<article><h1>Minister: Keine Zusage</h1>
<p>Der Minister sagte am <b>Mitt</b>woch, es gebe <a href="/x">keine Pläne</a> für
einen Einsatz.<br>Das gelte auch für später.</p>
<h2>Paris drängt weiter</h2>
<p>Frankreich drängt auf Zusagen, sagte die Präsidentin.
Sie sei bereit, Soldaten zu entsenden, sobald es ein Abkommen gibt.</p>
</article><footer>Impressum</footer></body></html>"""


def page(charset: str = "utf-8", canonical: str = "https://example.org/artikel") -> str:
    return PAGE.format(charset=charset, canonical=canonical)


def test_seed_is_left_untouched() -> None:
    article = read_source(SEED)
    assert article.text == SEED.read_text(encoding="utf-8")
    assert (article.title, article.language, article.source) == (None, "de", "dpa-AFX")
    assert article.published == date(2025, 9, 5)
    assert article.url is None
    assert article.id == read_text(article.text).id


def test_only_bom_and_newlines_change() -> None:
    text = "\ufeffMinister  beraten\r\n\r\n\u00a0Der Minister sagte, es sei e\u0301.\x85 \rDie\u2028Frage.\n"
    expected = "Minister  beraten\n\n\u00a0Der Minister sagte, es sei e\u0301.\x85 \nDie\u2028Frage.\n"
    article = read_text(text)
    assert article.text == expected
    assert article.title == "Minister  beraten"


def test_what_is_given_wins() -> None:
    text = f"Minister beraten\n\nPARIS, 5. September 2025 (dpa) - {GERMAN}"
    found = read_text(text)
    assert (found.title, found.source, found.published) == ("Minister beraten", "dpa", date(2025, 9, 5))
    given = read_text(
        text, title="T", source="S", published=date(2024, 1, 1), language="en-GB", url="https://example.org/"
    )
    assert (given.title, given.source, given.published, given.language) == ("T", "S", date(2024, 1, 1), "en")
    assert given.url == "https://example.org/"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("\ufeff", "empty"),
        ("Der \ud800 Minister", "surrogate"),
        ("Der \0 Minister", "NUL"),
        ("a" * (MAX_CHARS + 1), "limit"),
    ],
)
def test_unusable_texts(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read_text(text)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (GERMAN, "de"),
        (ENGLISH, "en"),
        ("Merz: Keine Pläne", "de"),
        ("No plans", "en"),
        ("Russland lehnt Truppen ab", "de"),
        ("Russia rejects troops", "en"),
        ("Er sei bereit.", "de"),
        ("2025", "en"),
        (f"{ENGLISH} „Wir sind nicht dabei“, sagte sie.", "en"),
    ],
)
def test_languages(text: str, language: str) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "Le ministre a dit que les garanties pour la paix ne sont pas dans le plan, et que ce plan est prêt.",
        "El ministro dijo que las garantías para la paz no están en el plan, pero que no es tarde.",
        "De minister zei dat het plan voor de vrede niet klaar is en dat er ook geen troepen zijn.",
        "Міністр заявив, що гарантії безпеки ще не погоджені.",
    ],
)
def test_other_languages_are_refused_unless_named(text: str) -> None:
    with pytest.raises(InputError, match="de and en"):
        read_text(text)
    assert read_text(text, language="en").language == "en"


def test_a_language_that_is_not_supported_cannot_be_named() -> None:
    with pytest.raises(InputError, match="de and en"):
        read_text(GERMAN, language="fr")


@given(
    st.text(alphabet=st.characters(), max_size=200)
    | st.text(st.sampled_from("der the \r\n\ufeff\0.# -()/"), max_size=80)
)
@example("\r\r\n\n")
@example("\ufeff\ufeffder")
def test_any_text_is_an_article_or_an_input_error(text: str) -> None:
    try:
        article = read_text(text)
    except InputError as error:
        assert error.hint
        return
    assert article.text == text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    assert "\r" not in article.text
    assert article.language in ("de", "en")
    assert article.title is None or article.title in article.text


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=100))
def test_utf_round_trips(text: str) -> None:
    assert decode(text.encode("utf-8-sig"), name="x") == text
    assert decode(text.encode("utf-16"), name="x") == text
    assert decode(b"\xfe\xff" + text.encode("utf-16-be"), name="x") == text
    # Without a mark the bytes themselves may open with one, or with the first bytes of a PDF.
    if not text.startswith("\ufeff"):
        assert decode((GERMAN + text).encode(), name="x") == GERMAN + text


@given(st.text(st.characters(codec="cp1252", exclude_categories=["Cc"]), max_size=80))
def test_cp1252_round_trip(text: str) -> None:
    whole = GERMAN + text
    assert decode(whole.encode("cp1252"), name="x") == whole
    assert decode(whole.encode("cp1252"), name="x", declared="latin-1") == whole


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark(encoding: str) -> None:
    assert read_bytes(GERMAN.encode(encoding), name="x").text == GERMAN


def test_a_declared_charset_is_used() -> None:
    text = "Der Minister sagte in Łódź, die Zusagen seien noch nicht beschlossen."
    data = text.encode("iso8859_2")
    assert read_bytes(data, name="x", media_type="text/plain; charset=ISO-8859-2").text == text
    assert read_bytes(text.encode(), name="x", media_type="text/plain; charset=nonsense").text == text
    assert read_bytes(b"abc", name="x", media_type="text/plain; charset=hex").text == "abc"


def test_bytes_that_western_windows_lacks_are_guessed() -> None:
    text = "Die Größe der Übung für die Brüder müsste früh geklärt sein, sagte der Minister über die Prüfung."
    assert read_bytes(text.encode("cp850"), name="x").text == text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%PDF-1.7 \xe2\xe3", "damaged PDF"),
        (b"<?xml version='1.0'?><note>Der Minister</note>", "XML"),
        (b"PK\x03\x04rest", "plain text"),
        (b"\x89PNG\r\n\x1a\n", "tesseract"),
        # Without the time: a test has to have the same name in each worker.
        (gzip.compress(b"Der Minister", mtime=0), "gunzip"),
        (b"{\\rtf1 Der Minister}", "plain text"),
        (b"Der Minister\0\0\0sagte", "binary"),
        (bytes(range(1, 256)) * 4, "binary"),
        ((GERMAN * 3).encode().replace(b"\xc3\xbc", b"\xc3", 1), "broken bytes"),
        (b"\xff\xfea", "UTF-16"),
        (b"", "empty"),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_bytes(data, name="x")


@given(st.binary(max_size=200))
def test_any_bytes_are_an_article_or_an_input_error(data: bytes) -> None:
    try:
        read_bytes(data, name="x", media_type="text/plain")
    except InputError as error:
        assert error.hint


def test_page() -> None:
    article = read_bytes(page().encode(), name="x")
    assert article.text.split("\n\n") == [
        "Minister: Keine Zusage",
        "Der Minister sagte am Mittwoch, es gebe keine Pläne für einen Einsatz. Das gelte auch für später.",
        "Paris drängt weiter",
        "Frankreich drängt auf Zusagen, sagte die Präsidentin. "
        "Sie sei bereit, Soldaten zu entsenden, sobald es ein Abkommen gibt.",
    ]
    assert (article.title, article.source, article.published) == (
        "Minister: Keine Zusage", "Beispielblatt", date(2025, 9, 5)
    )  # fmt: skip
    assert article.url == "https://example.org/artikel"


def test_agency_of_a_page_is_its_source() -> None:
    text = page().replace("<p>Der Minister", "<p>PARIS (dpa) - Der Minister")
    assert read_bytes(text.encode(), name="x").source == "dpa"


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "windows-1252"])
def test_page_in_its_declared_charset(charset: str) -> None:
    assert "keine Pläne" in read_bytes(page(charset).encode(charset), name="x").text


@pytest.mark.parametrize(
    ("canonical", "url"),
    [
        ("https://example.org/b", "https://example.org/b"),
        ("https://elsewhere.example/b", "https://example.org/a?x=1"),
        ("javascript:alert(1)", "https://example.org/a?x=1"),
    ],
)
def test_canonical_address(canonical: str, url: str) -> None:
    data = page(canonical=canonical).encode()
    assert read_bytes(data, name="x", media_type="text/html", url="https://example.org/a?x=1").url == url


@pytest.mark.parametrize("body", ["", "<script>var a = 'Der Minister'</script>", "<div>" * 5000])
def test_page_without_an_article(body: str) -> None:
    with pytest.raises(InputError, match="no article text"):
        read_bytes(f"<html><body>{body}</body></html>".encode(), name="x")


@pytest.mark.parametrize("name", ["a.html", "a.HTM", "a", "a.dat"])
def test_html_file_by_name_or_look(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("<?xml version='1.0' encoding='utf-8'?><!-- x -->\n" + page(), encoding="utf-8")
    assert read_source(tmp_path / name).title == "Minister: Keine Zusage"


def test_markdown_and_text_files_are_kept_as_they_are(tmp_path: Path) -> None:
    text = f"# Minister *beraten*\n\n{GERMAN}\n\n<html> ist ein Wort.\n"
    for name in ("a.md", "a.txt"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        article = read_source(str(tmp_path / name))
        assert article.text == text
        assert article.title == "Minister *beraten*"


def test_standard_input() -> None:
    assert read_source("-", stdin=io.BytesIO(GERMAN.encode("cp1252"))).text == GERMAN
    with pytest.raises(InputError, match="standard input is larger"):
        read_source("-", stdin=io.BytesIO(b"a" * 11), max_bytes=10)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        read_source(tmp_path / "missing.txt")
    with pytest.raises(InputError, match="folder"):
        read_source(tmp_path)
    with pytest.raises(InputError, match="can't be read"):
        read_source("a" * 5000)
    with pytest.raises(InputError, match="can't be read"):
        read_source("a\0b")
    with pytest.raises(InputError, match="ftp://"):
        read_source("ftp://example.org/a.txt")
    (tmp_path / "big.txt").write_bytes(b"a" * 101)
    with pytest.raises(InputError, match="larger than 100 bytes"):
        read_source(tmp_path / "big.txt", max_bytes=100)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(GERMAN, encoding="utf-8")
    path.chmod(0)
    with pytest.raises(InputError, match="permissions"):
        read_source(path)
