"""A digest as Markdown and on a terminal: everything is said, and nothing in an article can act."""

from __future__ import annotations

import io
import re

import pytest
from digest_examples import empty, example, hostile
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len
from rich.console import Console

from summarizer.digest.models import Digest
from summarizer.rendering import digest_to_markdown, write_digest_table
from summarizer.rendering.digest_lookup import Lookup
from summarizer.rendering.figures import quoted_pieces

HOSTILE = [
    "# Heading",
    "1. first\n- second",
    "[click](https://evil.example) ![x](https://evil.example/x.png)",
    "<script>alert(1)</script> <https://evil.example>",
    "[ref]: https://evil.example\n[^1]: note",
    "`code` **b** | a | \x1b[31m \u202e",
    "[bold red]markup[/] [link=https://evil.example]x[/link]",
]
text = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40)


def table(digest: Digest, width: int = 100) -> str:
    buffer = io.StringIO()
    write_digest_table(digest, Console(file=buffer, width=width, force_terminal=False))
    return buffer.getvalue()


class TestLookup:
    def test_claims_are_numbered_as_the_newest_articles_have_them(self) -> None:
        lookup = Lookup(example())
        assert [article.source for article in lookup.articles] == ["Hafenblatt", "nordpress", "Coastwire"]
        numbered = {lookup.number(claim): claim.statement for claim in example().claims}
        assert sorted(numbered) == list(range(1, 11))
        assert numbered[1] == "Norvik stellt im Herbst ein Bataillon."
        assert numbered[10] == "Kestria will decide after a ceasefire."

    def test_words_are_the_evidence_and_the_quote_within_it(self) -> None:
        for claim in example().claims:
            pieces = [quoted_pieces(evidence, claim.quote) for evidence in claim.evidence]
            assert ["".join(one) for one in pieces] == [evidence.text for evidence in claim.evidence]
            quoted = "".join(quote for _, quote, _ in pieces)
            assert quoted == (claim.quote.text if claim.quote else "")

    def test_what_a_change_tells_is_no_new_position_too(self) -> None:
        lookup = Lookup(example())
        assert [(one.actor, one.measure.value) for one in lookup.new_standings] == [("DK", "naval")]
        without = Lookup(example(since=None))
        assert (without.new_standings, without.new_changes, without.new_claims) == ([], [], [])

    def test_a_country_is_named_only_where_there_are_several(self) -> None:
        assert Lookup(example(protects=("UA", "UA"))).protected == {}
        several = Lookup(example(protects=("UA", "AM")))
        assert several.protected == {"UA": "Ukraine", "AM": "Armenien"}
        assert [grid.name for grid in several.grids] == ["for Ukraine", "for Armenien"]


class TestMarkdown:
    def test_it_has_every_section(self) -> None:
        found = re.findall(r"^## (.*)$", digest_to_markdown(example()), re.MULTILINE)
        assert found == [
            "New since 2031-06-01",
            "Who stands where now",
            "Who changed position",
            "Contradictions",
            "Reported by several outlets",
            "Reported by one outlet only",
            "Timelines",
            "Claims by article",
        ]

    def test_a_change_has_both_quotes_and_where_they_are_from(self) -> None:
        lines = digest_to_markdown(example()).splitlines()
        at = lines.index("- **Norvik** · troops: refuses → commits (reversed, 2031-06-02)")
        assert lines[at + 1] == (
            "  - before: Bodentruppen schloss sie aus. — Alva Stenqvist (Ministerpräsidentin), "
            "nordpress, reported 2031-05-07 [^5]"
        )
        assert lines[at + 2].startswith("  - after: “Ein Bataillon steht im Herbst bereit, und es bleibt - so lange")
        assert lines[at + 2].endswith("Hafenblatt, said 2031-06-02 [^1]")

    def test_demands_come_after_an_actors_own_positions(self) -> None:
        assert "- **Norvik** · troops: commits (since 2031-06-02) [^1]; naval: commits" in digest_to_markdown(example())

    @pytest.mark.parametrize("digest", [example(), example(since=None), example(protects=("UA", "AM"))])
    def test_every_citation_has_a_footnote_with_the_words(self, digest: Digest) -> None:
        found = digest_to_markdown(digest)
        notes = dict(re.findall(r"^\[\^(\d+)\]: (.*)$", found, re.MULTILINE))
        assert set(re.findall(r"\[\^(\d+)\](?!:)", found)) == set(notes)
        lookup = Lookup(digest)
        for claim in digest.claims:
            note = notes[str(lookup.number(claim))].replace("**", "").replace("\\", "")
            assert all(evidence.text in note for evidence in claim.evidence)
            assert f"sentence{'s' if len(claim.evidence) > 1 else ''} {claim.evidence[0].sentence}" in note

    @pytest.mark.parametrize("content", HOSTILE)
    def test_nothing_of_an_article_acts_as_markdown(self, content: str) -> None:
        tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(digest_to_markdown(hostile(content)))
        inline = [child for token in tokens for child in token.children or ()]
        kinds = {token.type for token in [*tokens, *inline]}
        assert not kinds & {"link_open", "image", "html_block", "html_inline", "code_inline", "fence", "table_open"}
        assert {token.type for token in tokens} <= {
            "heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "bullet_list_open",
            "bullet_list_close", "list_item_open", "list_item_close",
        }  # fmt: skip

    def test_nothing_is_said_of_nothing(self) -> None:
        told = digest_to_markdown(empty())
        assert "Nobody takes a position." in told
        assert "These articles make no change certain." in told
        assert table(empty()).endswith("No claim in these articles.\n")


class TestTable:
    def test_it_says_who_stands_where_what_moved_and_what_contradicts(self) -> None:
        found = table(example())
        assert "3 articles · 3 outlets · 10 claims · 6 actors · 2031-05-06 to 2031-06-03" in found
        assert "Norvik · troops: commits since 2031-06-02 · naval: commits since 2031-05-06" in found
        assert "Dalmark · naval: refuses since 2031-06-03 disputed" in found
        assert "Norvik · troops · refuses → commits · 2031-06-02, reversed" in found
        assert "before │ Bodentruppen schloss sie aus." in found
        assert "after  │ “Ein Bataillon steht im Herbst bereit" in found
        assert "Dalmark · naval · commits ≠ refuses · sources differ on what the same speaker holds" in found
        assert "2 reported by one outlet only." in found

    @settings(max_examples=30)
    @given(st.one_of(st.sampled_from(HOSTILE), text), st.integers(min_value=40, max_value=160))
    def test_lines_fit_and_nothing_moves_the_cursor(self, content: str, width: int) -> None:
        found = table(hostile(content), width)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", found)
        assert all(cell_len(line) <= min(width, 120) for line in found.split("\n"))
