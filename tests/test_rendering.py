"""Rendering for programs and documents: the contract, and that nothing in an article can act."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import subprocess
import sys
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from reports import (
    empty_report,
    english_report,
    german_article,
    german_claims,
    german_report,
    injected_report,
    person,
)

from summarizer.models import ArticleReference, ErrorInfo, FailedArticle, Report
from summarizer.rendering import (
    CSV_FILE_ENCODING,
    GroupBy,
    to_csv,
    to_json,
    to_jsonl_line,
    to_markdown,
    to_workbook,
)
from summarizer.rendering.csv_table import CSV_COLUMNS
from summarizer.rendering.markdown import escaped
from summarizer.rendering.visible import visible_line

REPORTS = [german_report(), english_report(), empty_report()]
HOSTILE = [
    "# Heading",
    "1. first\n- second",
    "[click](https://evil.example) ![x](https://evil.example/x.png)",
    "<script>alert(1)</script> <https://evil.example> &lt;b&gt;",
    "| a | b |\n| --- | --- |\n| c | d |",
    "```\ncode\n``` ~~~ `x` **b** _i_ ~~s~~",
    "Title\n===\n\nnext\n---\n",
    "> quote\n>> more",
    "    indented code",
    "\\",
    "ends with backslash \\",
    "[ref]: https://evil.example\n[^1]: note",
    "[bold red]markup[/] [link=https://evil.example]x[/link]",
    "Foo ##",
    "*",
]
text = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


class TestJson:
    @pytest.mark.parametrize("report", REPORTS)
    def test_round_trips(self, report: Report) -> None:
        assert Report.model_validate_json(to_json(report)) == report
        assert Report.model_validate_json(to_jsonl_line(report)) == report

    def test_is_the_contract(self) -> None:
        data = json.loads(to_json(german_report()))
        assert list(data) == [
            "schema_version",
            "article",
            "claims",
            "rejections",
            "uncovered",
            "positions",
            "summary",
            "run",
        ]
        assert list(data["article"]) == ["id", "title", "text", "language", "source", "published", "url"]
        claim = data["claims"][1]
        assert set(claim) == {
            *("id", "speakers", "statement", "attribution", "stance", "measure", "conditions", "evidence"),
            *("quote", "via", "said_on", "confidence"),
        }
        assert (claim["via"], claim["said_on"], claim["conditions"]) == (None, None, [])
        assert set(claim["evidence"][0]) == {"sentence", "start", "end", "text"}
        assert set(claim["quote"]) == {"start", "end", "text"}
        spans = [claim["quote"], *claim["evidence"], *data["uncovered"]]
        assert [s["text"] for s in spans] == [data["article"]["text"][s["start"] : s["end"]] for s in spans]
        assert data["run"]["usage"]["cost_usd"] == 0.0123
        assert json.loads(to_json(english_report()))["run"]["usage"]["cost_usd"] is None

    def test_is_indented_keeps_umlauts_and_ends_its_line(self) -> None:
        written = to_json(german_report())
        assert written.startswith('{\n  "schema_version": 1,\n')
        assert "Küstenrat" in written
        assert written.endswith("}\n")

    def test_failed_article(self) -> None:
        failed = FailedArticle(
            article=ArticleReference(source="a.txt"), error=ErrorInfo(type="input", message="Not text.")
        )
        assert json.loads(to_jsonl_line(failed)) == {
            "article": {"id": None, "source": "a.txt", "url": None},
            "error": {"type": "input", "message": "Not text."},
        }

    @given(text)
    @settings(max_examples=50)
    def test_line_is_one_line_for_every_reader(self, content: str) -> None:
        report = injected_report(content + "\u2028a\u2029b\x85c\x1dd\r\ne")
        line = to_jsonl_line(report)
        assert len(line.splitlines()) == 1
        assert line.endswith("}\n")
        assert Report.model_validate_json(line) == report

    def test_broken_answers_in_rejections_stay_json(self) -> None:
        report = german_report()
        broken = report.rejections[0].model_copy(update={"claim": {"x": float("nan"), "y": "\ud83d"}})
        report = report.model_copy(update={"rejections": [broken]})
        for written in (to_json(report), to_jsonl_line(report)):
            written.encode("utf-8")
            assert json.loads(written)["rejections"][0]["claim"] == {"x": None, "y": "\ud83d"}


def rows(written: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(written, newline="")))


def rows_without_limit(written: str) -> list[list[str]]:
    before = csv.field_size_limit(10_000_000)
    try:
        return list(csv.reader(io.StringIO(written, newline="")))
    finally:
        csv.field_size_limit(before)


def guarded(content: str) -> str:
    """The cell that a statement gives."""
    return rows(to_csv([injected_report(content)]))[0]["statement"]


def is_kept(content: str, cell: str) -> bool:
    """Whether a cell is the content, with nothing but apostrophes between."""
    left = iter(cell)
    return all(character in left for character in content) and cell.replace("'", "") == content.replace("'", "")


def parted_at_semicolons(written: str) -> list[str]:
    """The cells that a spreadsheet makes of a file where the list separator is the semicolon.

    Quotation marks hold a cell together only where it starts with one.
    """
    return list(itertools.chain(*csv.reader(io.StringIO(written, newline=""), delimiter=";"))) + re.split(
        r"[;\r\n]", written
    )


class TestCsv:
    def test_a_row_a_claim(self) -> None:
        table = rows(to_csv(REPORTS))
        assert [row["claim"] for row in table] == ["c1", "c2", "c3", "c4", "c5", "c6", "c1", "c2"]
        first, second = table[0], table[6]
        assert first["speakers"] == "Norvik; Dalmark"
        assert first["kinds"] == "government; government"
        assert first["roles"] == ""
        assert first["affiliations"] == "Norvik; Dalmark"
        assert (first["stance"], first["measure"], first["attribution"]) == ("commits", "naval", "narrated")
        assert (first["said_on"], first["confidence"], first["published"]) == (
            "2031-05-06",
            "0.93",
            "2031-05-07",
        )
        assert second["evidence_sentences"] == "3; 4"
        assert re.fullmatch(r"\d+\.\.\d+; \d+\.\.\d+", second["evidence_offsets"])
        assert second["quote"] == "We are open to it, but we do not act alone,"
        assert second["title"] == ""

    def test_offsets_select_the_evidence(self) -> None:
        report = german_report()
        for row in rows(to_csv([report])):
            start, end = map(int, row["evidence_offsets"].split(".."))
            assert report.article.text[start:end] == row["evidence"]

    def test_roles_keep_the_speakers_places(self) -> None:
        claim = german_claims(german_article())[0]
        speakers = [person("A"), person("B", "Ministerin"), person("C")]
        report = german_report().model_copy(update={"claims": [claim.model_copy(update={"speakers": speakers})]})
        assert rows(to_csv([report]))[0]["roles"] == "; Ministerin; "

    def test_line_ends_and_encoding(self) -> None:
        written = to_csv([])
        assert written == ",".join(CSV_COLUMNS) + "\r\n"
        assert to_csv(REPORTS).encode(CSV_FILE_ENCODING).startswith(b"\xef\xbb\xbf")

    @pytest.mark.parametrize(
        "start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", " =", "\u200b=", "'=", "\x00=", "\xad="]
    )
    def test_no_cell_is_a_formula(self, start: str) -> None:
        row = rows(to_csv([injected_report(f"{start}HYPERLINK(1)")]))[0]
        assert row["statement"] == f"'{start}HYPERLINK(1)"
        assert row["title"] == row["source"] == row["via"] == row["quote"] == row["conditions"] == row["statement"]

    @given(st.one_of(text, st.text(";\"'=-+@\t\r\n a", max_size=20)))
    def test_round_trips(self, content: str) -> None:
        (row,) = rows(to_csv([injected_report(content)]))
        cell = row["statement"]
        assert is_kept(content, cell)
        assert not re.match(r"[=+\-@\t\r＝＋－＠]", cell)
        assert len(row) == len(CSV_COLUMNS)

    @pytest.mark.parametrize(
        ("content", "cell"),
        [
            ("=1", "'=1"),
            ("'=1", "''=1"),
            (" =1", "' =1"),
            ("\t1", "'\t1"),
            ("\u200b＝1", "'\u200b＝1"),
            ("x;=1+1;y", "x;'=1+1;y"),
            ("x; =1+1;y", "x;' =1+1;y"),
            ("x;'=1", "x;''=1"),
            ("x\n=1+1\ny", "x\n'=1+1\ny"),
            ("x;\u200b＝1", "x;'\u200b＝1"),
            ('x";-1"', 'x";\'-1"'),
            ("a;;\t@b", "a;';'\t'@b"),
            (";=1;", "';'=1;"),
            (';"=1', ";'\"=1"),
            ("a = 1", "a = 1"),
            ("it's", "it's"),
        ],
    )
    def test_what_a_spreadsheet_would_run_gets_apostrophes_and_nothing_else(self, content: str, cell: str) -> None:
        assert guarded(content) == cell
        cells = parted_at_semicolons(to_csv([injected_report(content)]))
        assert not [part for part in cells if re.match(r"[\s\u200b]*[=+\-@＝＋－＠]", part)]

    @given(*[st.text(";'= \ta", max_size=6)] * 2)
    def test_taking_the_apostrophes_away_gives_the_original(self, one: str, other: str) -> None:
        assert (guarded(one) == guarded(other)) == (one == other)

    @given(st.text(";\"'=-+@\t\r\n a,", max_size=30))
    def test_however_it_is_parted_nothing_runs(self, content: str) -> None:
        for cell in parted_at_semicolons(to_csv([injected_report(content)])):
            assert not re.match(r"\s*[=+\-@]", cell)

    def test_words_with_semicolons_and_hyphens_stay_as_they_are(self) -> None:
        content = "Truppen; Panzer - und 20-30 Mann; A+B"
        assert rows(to_csv([injected_report(content)]))[0]["statement"] == content

    def test_guarding_takes_no_longer_for_longer_runs(self) -> None:
        claim = german_claims(german_article())[0].model_copy(update={"statement": "x" + "; " * 200_000 + "y"})
        report = german_report().model_copy(update={"claims": [claim]})
        assert rows_without_limit(to_csv([report]))[1][CSV_COLUMNS.index("statement")] == claim.statement


SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheet(workbook: bytes) -> list[list[str]]:
    """The cells of a workbook, row by row, as a spreadsheet reads them."""
    with ZipFile(io.BytesIO(workbook)) as archive:
        assert archive.testzip() is None
        parts = {name: ElementTree.fromstring(archive.read(name)) for name in archive.namelist()}
    table: list[list[str]] = []
    for number, row in enumerate(parts["xl/worksheets/sheet1.xml"].iter(f"{SHEET}row"), start=1):
        assert row.get("r") == str(number)
        table.append([""] * len(CSV_COLUMNS))
        for cell in row:
            place = re.fullmatch(r"([A-Z])(\d+)", cell.get("r", ""))
            assert place and place[2] == str(number)
            assert not list(cell.iter(f"{SHEET}f"))
            value = "".join(text.text or "" for text in cell.iter(f"{SHEET}{'t' if cell.get('t') else 'v'}"))
            decoded = re.sub("_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), value)
            table[-1][ord(place[1]) - ord("A")] = decoded
    return table


class TestWorkbook:
    def test_the_columns_and_rows_of_the_csv(self) -> None:
        table = sheet(to_workbook(REPORTS))
        assert table == list(csv.reader(io.StringIO(to_csv(REPORTS), newline="")))
        assert table[1][CSV_COLUMNS.index("confidence")] == "0.93"
        assert to_workbook(REPORTS) == to_workbook(REPORTS)

    @pytest.mark.parametrize("content", ["=1+1", "@x", "<b>&amp;", "_x0041_", "a\r\nb", " x ", "'x", "\U0001f600"])
    def test_any_text_is_text(self, content: str) -> None:
        row = sheet(to_workbook([injected_report(content)]))[1]
        assert row[CSV_COLUMNS.index("statement")] == content

    @given(st.text(max_size=60))
    @settings(max_examples=50)
    def test_round_trips(self, content: str) -> None:
        row = sheet(to_workbook([injected_report(content)]))[1]
        legal = re.sub("[\ud800-\udfff\ufffe\uffff]", "\ufffd", content)
        assert row[CSV_COLUMNS.index("statement")] == legal

    def test_a_cell_is_as_long_as_excel_allows(self) -> None:
        for letter in ("a", "\U0001f600"):
            cell = sheet(to_workbook([injected_report(letter * 40_000)]))[1][CSV_COLUMNS.index("statement")]
            assert cell.endswith(f"{letter}…") and 32_760 < len(cell.encode("utf-16-le")) // 2 <= 32_767
            assert set(cell) == {letter, "…"}
            assert sheet(to_workbook([injected_report(letter * 16_000)]))[1][10] == letter * 16_000


def tokens(markdown: str) -> list[str]:
    """The structure of a document: every token but the texts themselves."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    found = []
    for token in parser.parse(markdown):
        found.append(token.type)
        found += [child.type for child in token.children or () if child.type not in ("text", "text_special")]
    return found


def shown(inline: str) -> str:
    """What inline Markdown in a paragraph shows as text."""
    (_, token, _) = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(inline)
    return "".join(child.content for child in token.children or ())


class TestMarkdown:
    def test_summary_first_then_claims_with_their_evidence(self) -> None:
        written = to_markdown([german_report()])
        lines = written.splitlines()
        assert lines[0] == "# Küstenrat: Drei Staaten sagen Seepatrouillen zu"
        assert "nordpress · 2031-05-07 · de · openai/gpt-5-mini · <https://nordpress.example/kuestenrat>" in lines
        assert "Zehn Staaten schicken keine Soldaten. \\[c4\\]" in lines
        assert written.index("Zehn Staaten schicken") < written.index("## Claims by speaker")
        assert "### Norvik, Dalmark" in lines
        assert "### Alva Stenqvist\n\nMinisterpräsidentin, Norvik" in written
        assert "- **c2 · supports · naval**\\" in lines
        assert "„**Wir lassen Marvonien nicht allein, auch nicht auf See**.“" in written
        claim = german_report().claims[1].evidence[0]
        assert f"  > sentence 4, line 5, characters {claim.start} to {claim.end}" in lines
        assert "| Norvik | refuses \\[c3\\] |  | commits \\[c1\\]; supports \\[c2\\] |  |" in lines
        assert "## Uncovered (1)" in lines
        assert "## Rejected (2)" in lines
        assert "- Warning: The second chunk was halved: its answer was cut at the token limit." in lines

    def test_groups_by_measure(self) -> None:
        written = to_markdown([german_report()], group_by=GroupBy.MEASURE)
        assert re.findall("^### (.*)$", written, re.M) == ["naval", "troops", "treaty", "air"]
        assert "- **c2 · supports · Alva Stenqvist**\\" in written

    def test_no_claims(self) -> None:
        written = to_markdown([empty_report()])
        assert "No claims found. 1 uncovered sentence." in written
        assert "## Positions" not in written

    def test_several_reports(self) -> None:
        written = to_markdown(REPORTS)
        assert len(re.findall("^# ", written, re.M)) == 3
        assert written.count("\n---\n") == 2
        assert written.endswith("\n")

    def test_parses_as_meant(self) -> None:
        structure = tokens(to_markdown([german_report()]))
        assert structure.count("table_open") == 1
        assert structure.count("blockquote_open") == 6
        assert "html_block" not in structure
        assert "html_inline" not in structure

    @pytest.mark.parametrize("content", HOSTILE)
    @pytest.mark.parametrize("group_by", list(GroupBy))
    def test_content_never_acts(self, content: str, group_by: GroupBy) -> None:
        harmless = tokens(to_markdown([injected_report("word")], group_by=group_by))
        hostile = tokens(to_markdown([injected_report(content)], group_by=group_by))
        assert [t for t in hostile if t not in ("strong_open", "strong_close")] == [
            t for t in harmless if t not in ("strong_open", "strong_close")
        ]
        assert hostile.count("strong_open") in (1, 2)

    @given(st.one_of(text, st.text("#*_`[]()<>|~-+=1.:\\&!\n \"'a", max_size=30)))
    @settings(max_examples=60, deadline=None)
    def test_structure_does_not_depend_on_content(self, content: str) -> None:
        def structure(words: str) -> list[str]:
            found = tokens(to_markdown([injected_report(words)]))
            return [t for t in found if not t.startswith("strong_")]

        assert structure(f"a{content}") == structure("word")

    @given(st.one_of(text, st.text("#*_`[]()<>|~-+=1.:\\&!\n \"'a", max_size=30)))
    def test_escaped_text_shows_as_itself(self, content: str) -> None:
        line = visible_line(content)
        if not line:
            assert escaped(content) == ""
            return
        assert shown(escaped(content)).replace("\u2060", "") == line

    @pytest.mark.parametrize(
        ("content", "written"),
        [
            ("see https://evil.example", "see https\\://evil.example"),
            ("www.evil.example", "www\\.evil.example"),
            ("mail a@evil.example", "mail a@\u2060evil.example"),
            ("z. B. 20-30 Panzer (neu)", "z. B. 20-30 Panzer (neu)"),
            ("12. Mai", "12\\. Mai"),
        ],
    )
    def test_no_links_made_by_hosts_and_no_needless_escapes(self, content: str, written: str) -> None:
        assert escaped(content) == written

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "https://a.example/> <b>", "https://a.example/\nb"])
    def test_only_plain_web_addresses_are_links(self, url: str) -> None:
        article = german_article().model_copy(update={"url": url})
        structure = tokens(to_markdown([german_report().model_copy(update={"article": article})]))
        assert "link_open" not in structure


def test_importing_leaves_rich_alone() -> None:
    code = "import sys, summarizer.rendering; sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
