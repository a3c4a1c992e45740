"""Citations and BibTeX: who said what and where, on one line or as an entry that every reader parses."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reports import (
    JOINT_STATES,
    english_report,
    german_article,
    german_report,
    injected_report,
    make_claim,
    person,
    state,
)

from summarizer.models import Article, Claim, Evidence, Report
from summarizer.rendering import plain_citation, to_bibtex, to_citations
from summarizer.rendering.figures import sentences
from summarizer.rendering.visible import visible_line

SOURCE = 'nordpress, "Küstenrat: Drei Staaten sagen Seepatrouillen zu", 7 May 2031'
ADDRESS = "https://nordpress.example/kuestenrat"
special = st.text(st.sampled_from("\\{}~^%&_#$\"@,=\n ab'ü"), max_size=30)
anything = st.one_of(st.text(max_size=40), special)


def cited(number: int) -> str:
    report = german_report()
    return plain_citation(report, report.claims[number])


class TestPlain:
    def test_a_quote_in_the_articles_quotation_marks(self) -> None:
        assert cited(1) == (
            "Alva Stenqvist (Ministerpräsidentin, Norvik): „Wir lassen Marvonien nicht allein, auch nicht auf See.“, "
            f"cited in: {SOURCE}, sentence 4, {ADDRESS}"
        )
        report = english_report()
        assert plain_citation(report, report.claims[0]) == (
            "Ruth Amsel (Defence Minister, Republic of Tessaly): “We are open to it, but we do not act alone”, "
            "cited in: Coastwire, no date, sentences 3, 4"
        )

    def test_a_claim_without_a_quote_is_a_paraphrase(self) -> None:
        assert cited(0) == (
            "Norvik, Dalmark, 6 May 2031: Norvik und Dalmark sind bereit, je zwei Fregatten zu entsenden, "
            f"paraphrased from: {SOURCE}, sentence 3, {ADDRESS}"
        )

    def test_who_passes_it_on_and_who_is_many(self) -> None:
        assert "(laut der Zeitung „Hafenblatt“), paraphrased from: nordpress" in cited(4)
        assert cited(3).startswith("Ostland, Westland, Hochland and 7 others: Zehn Staaten")
        assert cited(5).startswith("Militärkreise: Ohne Luftüberwachung")

    def test_a_statement_that_opens_with_the_speaker_says_so_once(self) -> None:
        claim = german_report().claims[2].model_copy(update={"statement": "Alva Stenqvist: Keine Truppen."})
        assert plain_citation(german_report(), claim).startswith(
            "Alva Stenqvist (Ministerpräsidentin, Norvik): Keine Truppen, paraphrased"
        )

    @pytest.mark.parametrize(
        ("article", "source"),
        [
            (Article.from_text("x", language="de", id="a7"), "article a7, no date"),
            (Article.from_text("x", language="de", title="T"), '"T", no date'),
            (Article.from_text("x", language="de", source="S", published=date(987, 1, 2)), "S, 2 January 987"),
        ],
    )
    def test_what_is_not_known_is_left_out(self, article: Article, source: str) -> None:
        claim = german_report().claims[0].model_copy(update={"evidence": [], "speakers": [], "said_on": None})
        report = german_report().model_copy(update={"article": article})
        assert plain_citation(report, claim) == (
            f"Unnamed: Norvik und Dalmark sind bereit, je zwei Fregatten zu entsenden, paraphrased from: {source}"
        )

    @pytest.mark.parametrize(
        ("numbers", "words"),
        [([], ""), ([12], "sentence 12"), ([4, 3, 4], "sentences 3, 4"), ([3, 4, 5, 9], "sentences 3–5, 9")],
    )
    def test_sentences(self, numbers: list[int], words: str) -> None:
        assert sentences(Evidence(sentence=number, start=0, end=1, text="x") for number in numbers) == words

    def test_a_line_a_claim(self) -> None:
        lines = to_citations([german_report(), english_report()]).splitlines()
        assert lines[:6] == [cited(number) for number in range(6)] and len(lines) == 8
        assert to_citations([]) == ""

    @given(anything)
    def test_any_text_is_one_visible_line(self, content: str) -> None:
        (line,) = to_citations([injected_report(content)]).splitlines()
        assert visible_line(line) == line
        assert visible_line(content).rstrip(",") in line


def parsed(written: str) -> list[tuple[str, dict[str, str]]]:
    """The entries as BibTeX reads them: it counts every brace, and a field ends where they are even again."""
    found = []
    position = 0
    while (start := written.find("@", position)) >= 0:
        assert not written[position:start].strip()
        head = re.compile(r"@article\{([a-z0-9-]+),\n").match(written, start)
        assert head
        key, position, fields = head[1], head.end(), {}
        while field := re.compile(r"  ([a-z]+) = (?:\{|([a-z]{3}),\n)").match(written, position):
            if field[2]:
                # A word without braces is one that every style has.
                fields[field[1]], position = f"{field[2]} (a style's word)", field.end()
                continue
            depth, end = 1, field.end()
            while depth:
                depth += {"{": 1, "}": -1}.get(written[end], 0)
                end += 1
            assert written[end : end + 2] == ",\n" and field[1] not in fields
            fields[field[1]] = written[field.end() : end - 1]
            position = end + 2
        assert written[position : position + 2] == "}\n"
        position += 2
        found.append((key, fields))
    assert not written[position:].strip()
    return found


def unescaped(value: str) -> str:
    """What LaTeX sets: the few commands that escaping uses, and any other is a failure."""
    words = {"backslash": "\\", "braceleft": "{", "braceright": "}", "asciitilde": "~", "asciicircum": "^"}
    return re.sub(r"\\(?:text([a-z]+)\{\}|([%&_#$]))|[\\{}~^%&_#$]", lambda m: words[m[1]] if m[1] else m[2], value)


class TestBibtex:
    def test_an_entry_a_claim(self) -> None:
        entries = parsed(to_bibtex([german_report(), english_report()]))
        keys = [key for key, _ in entries]
        assert len(set(keys)) == len(keys) == 8
        assert [re.sub(r"-[0-9a-f]{6}-", "-", key) for key in keys[1:4]] == [
            "stenqvist2031-c2",
            "stenqvist2031-c3",
            "ostland2031-c4",
        ]
        fields = entries[1][1]
        assert fields == {
            "title": "{Küstenrat: Drei Staaten sagen Seepatrouillen zu}",
            "journal": "nordpress",
            "entrysubtype": "newspaper",
            "date": "2031-05-07",
            "year": "2031",
            "month": "may (a style's word)",
            "url": ADDRESS,
            "langid": "ngerman",
            "note": "Alva Stenqvist (Ministerpräsidentin, Norvik): "
            "„Wir lassen Marvonien nicht allein, auch nicht auf See.“ (sentence 4)",
            "keywords": "supports, naval",
        }
        assert entries[0][1]["note"].startswith("Norvik, Dalmark, 6 May 2031: ")
        assert entries[4][1]["note"].endswith("(laut der Zeitung „Hafenblatt“; sentence 8)")

    def test_what_is_not_known_is_left_out(self) -> None:
        fields = parsed(to_bibtex([english_report()]))[0][1]
        assert fields["title"] == "{Untitled article}"
        assert set(fields) == {"title", "journal", "entrysubtype", "langid", "note", "keywords"}

    def test_keys_are_the_same_every_time_and_of_the_same_report_twice_unique(self) -> None:
        once = [key for key, _ in parsed(to_bibtex([german_report()]))]
        twice = [key for key, _ in parsed(to_bibtex([german_report(), german_report(), german_report()]))]
        assert twice == [*once, *(f"{key}-2" for key in once), *(f"{key}-3" for key in once)]

    @pytest.mark.parametrize(("name", "key"), [("Özgür Łęski", "leski"), ("Владимир Путин", "claim"), ("", "claim")])
    def test_keys_of_any_name(self, name: str, key: str) -> None:
        article = german_article()
        claim = make_claim(article, 1, [person(name)], "X.", [(5, "Bodentruppen schloss sie aus.")])
        ((found, _),) = parsed(to_bibtex([german_report().model_copy(update={"claims": [claim]})]))
        assert found.startswith(f"{key}2031-")

    @given(anything)
    @settings(max_examples=200)
    def test_any_text_stays_itself_and_in_its_field(self, content: str) -> None:
        ((_, fields),) = parsed(to_bibtex([injected_report(content)]))
        assert unescaped(fields["title"][1:-1]) == (visible_line(content) or "Untitled article")
        assert unescaped(fields.get("journal", "")) == visible_line(content)
        assert visible_line(content).rstrip(",") in unescaped(fields["note"])

    @pytest.mark.parametrize(
        ("url", "written"),
        [
            ("https://a.example/x_y?a=1&b=%C3%BC#z", "https://a.example/x_y?a=1&b=%C3%BC#z"),
            ("https://a.example/ü~x", "https://a.example/%C3%BC~x"),
            ("https://a.example/ü}\\input{x}", None),
            ("javascript:alert(1)", None),
            ("https://a.example/ x", None),
        ],
    )
    def test_an_address_is_verbatim_and_ends_no_field(self, url: str, written: str | None) -> None:
        article = german_article().model_copy(update={"url": url})
        fields = parsed(to_bibtex([german_report().model_copy(update={"article": article})]))[0][1]
        assert fields.get("url") == written


def test_names_of_four_are_all_there() -> None:
    def named(count: int) -> str:
        claim = (
            german_report().claims[3].model_copy(update={"speakers": [state(name) for name in JOINT_STATES[:count]]})
        )
        return plain_citation(german_report(), claim).partition(":")[0]

    assert named(4) == "Ostland, Westland, Hochland, Tiefland"
    assert named(5) == "Ostland, Westland, Hochland and 2 others"


def test_the_citation_of_a_report_needs_only_report_and_claim() -> None:
    report: Report = english_report()
    claim: Claim = report.claims[1]
    assert plain_citation(report, claim) == (
        "Kestria: Kestria will decide after a ceasefire, paraphrased from: Coastwire, no date, sentence 5"
    )
