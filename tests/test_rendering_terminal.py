"""The terminal view: what it shows, that it fits, and that nothing in an article can act."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reports import (
    JOINT_STATES,
    empty_report,
    english_report,
    german_article,
    german_claims,
    german_report,
    injected_report,
    make_run,
    person,
)
from rich.cells import cell_len
from rich.console import Console

from summarizer.models import Claim, Measure, Report, Usage
from summarizer.rendering import (
    GroupBy,
    claim_line,
    write_table,
)
from summarizer.rendering.figures import cost, duration, effort, line_number, outcome, quoted_pieces
from summarizer.rendering.grouping import by_measure, by_speaker, position_grid
from summarizer.rendering.visible import visible

REPORTS = [german_report(), english_report(), empty_report()]
CLAIMS = [*german_claims(german_article()), *injected_report("界\x1b\n").claims]
text = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


def printed(*reports: Report, width: int = 100, group_by: GroupBy = GroupBy.SPEAKER, colour: bool = False) -> str:
    out = io.StringIO()
    system = "truecolor" if colour else None
    console = Console(file=out, width=width, force_terminal=colour, color_system=system, no_color=False)
    write_table(reports, console, group_by=group_by)
    return out.getvalue()


class TestTable:
    @pytest.mark.parametrize("width", [80, 120])
    def test_says_everything(self, width: int) -> None:
        written = printed(german_report(), width=width)
        lines = written.splitlines()
        assert lines[0] == "Küstenrat: Drei Staaten sagen Seepatrouillen zu"
        assert lines[1] == "nordpress · 2031-05-07 · de · openai/gpt-5-mini"
        assert "Zehn Staaten schicken keine Soldaten. [c4]" in lines
        assert written.index("[c4]") < written.index("Norvik, Dalmark")
        assert "Alva Stenqvist  Ministerpräsidentin, Norvik" in lines
        assert "condition: sobald ein Waffenstillstand gilt · said on 2031-05-06" in written
        assert "via: laut der Zeitung „Hafenblatt“" in written
        assert "│ Bodentruppen schloss sie aus." in written
        assert "s5 · line 5" in written
        assert "10 speakers" in written
        assert "14.2 s · 4 requests (1 reask) · 12,345 input and 1,678 output tokens · $0.0123" in lines
        assert "6 claims · 2 rejected (speaker not named 2, number not in evidence 1)" in written
        assert "1 uncovered sentence" in written
        assert lines[-1].startswith("warning: The second chunk")

    def test_wide_puts_labels_beside_and_narrow_above(self) -> None:
        assert re.search(r"^  c3  refuses +troops +Norvik schickt", printed(german_report(), width=120), re.M)
        assert "  c3  refuses · troops\n      Norvik schickt" in printed(german_report(), width=80)

    @pytest.mark.parametrize("width", [24, 44, 80, 100, 120, 200])
    @pytest.mark.parametrize("group_by", list(GroupBy))
    def test_no_line_is_too_wide(self, width: int, group_by: GroupBy) -> None:
        written = printed(*REPORTS, injected_report("東京" * 90), width=width, group_by=group_by)
        assert max(map(cell_len, written.splitlines())) <= min(width, 120)

    def test_grid_shows_each_stance_in_its_column(self) -> None:
        lines = printed(german_report(), width=80).splitlines()
        start = lines.index("Positions")
        assert lines[start + 1].split() == ["troops", "air", "naval", "treaty"]
        naval = lines[start + 1].index("naval")
        norvik, second = lines[start + 2 : start + 4]
        assert norvik.split() == ["Norvik", "refuses", "commits"]
        assert (norvik[naval : naval + 7], second[naval : naval + 8]) == ("commits", "supports")

    def test_list_where_the_grid_does_not_fit(self) -> None:
        assert "  Norvik  troops refuses · naval commits, supports\n" in printed(german_report(), width=50)
        below = "  Norvik\n    troops refuses\n    naval commits, supports\n  Dalmark  naval commits\n"
        assert below in printed(german_report(), width=36)

    def test_no_claims(self) -> None:
        assert "No claims found. 1 uncovered sentence." in printed(empty_report())

    def test_untitled_article_goes_by_its_source(self) -> None:
        assert printed(english_report()).splitlines()[:2] == ["Coastwire", "en · local/qwen"]

    def test_rule_between_reports(self) -> None:
        assert printed(*REPORTS, width=80).splitlines().count("─" * 80) == 2

    def test_measure_groups_name_the_speakers(self) -> None:
        lines = printed(german_report(), width=80, group_by=GroupBy.MEASURE).splitlines()
        start = lines.index("treaty")
        assert lines[start + 1 : start + 3] == ["  c5  demands", "      Ilja Toren"]

    def test_stances_are_coloured_words_and_the_quote_stands_out(self) -> None:
        written = printed(german_report(), width=120, colour=True)
        assert "\x1b[1;31mrefuses" in written
        assert "\x1b[2m · \x1b[0mnaval" in printed(german_report(), width=80, colour=True)
        assert "Zehn Staaten schicken keine Soldaten. \x1b[36m[c4]" in written
        assert "\x1b[3mWir lassen Marvonien nicht allein," in written
        assert "\x1b" not in printed(german_report(), width=120)

    def test_content_is_neither_markup_nor_escape(self) -> None:
        attack = "[bold red]x[/] :smile: \x1b[2J\x1b]8;;https://evil.example\x07 \x9b31m \u202eabc\u2066"
        attack += " a\u200bb\rZ"
        written = printed(injected_report(attack), width=120)
        assert "[bold red]x[/] :smile: ␛[2J␛]8;;https://evil.example␇ �31m �abc� ab Z" in written
        coloured = printed(injected_report(attack), width=120, colour=True)
        assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == written
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]", written)

    @given(text)
    @settings(max_examples=40, deadline=None)
    def test_any_content_prints(self, content: str) -> None:
        written = printed(injected_report(content), width=80)
        assert all(c == "\n" or c.isprintable() or not c.isascii() for c in written)

    def test_claim_line(self) -> None:
        claims = german_report().claims
        line = claim_line(claims[1], width=140)
        assert re.fullmatch(
            r"  c2   Alva Stenqvist +supports · naval +"
            r'"Wir lassen Marvonien nicht allein, auch nicht auf See\."',
            line.plain,
        )
        assert "Ostland, Westland and 8 more" in claim_line(claims[3], width=120).plain
        assert "Norvik schickt keine" in claim_line(claims[2], width=80).plain

    @given(st.integers(1, 200), st.sampled_from(CLAIMS))
    def test_claim_line_fits(self, width: int, claim: Claim) -> None:
        line = claim_line(claim, width=width)
        assert line.cell_len <= width
        assert "\n" not in line.plain
        assert "\x1b" not in line.plain


class TestGrouping:
    def test_joint_claims_stand_once_under_all_their_speakers(self) -> None:
        groups = by_speaker(german_report().claims)
        assert [[s.name for s in group.speakers] for group in groups] == [
            ["Norvik", "Dalmark"],
            ["Alva Stenqvist"],
            list(JOINT_STATES),
            ["Ilja Toren"],
            ["Militärkreise"],
        ]
        assert [[c.id for c in group.claims] for group in groups] == [
            ["c1"],
            ["c2", "c3"],
            ["c4"],
            ["c5"],
            ["c6"],
        ]

    def test_order_of_speakers_does_not_matter_and_descriptions_are_completed(self) -> None:
        claims = german_claims(german_article())
        first = claims[0].model_copy(update={"speakers": [person("A"), person("B", "Ministerin")]})
        later = claims[4].model_copy(update={"speakers": [person("B"), person("A", affiliation="Norvik")]})
        (group,) = by_speaker([later, first])
        assert [c.id for c in group.claims] == ["c1", "c5"]
        assert [(s.name, s.role, s.affiliation) for s in group.speakers] == [
            ("A", None, "Norvik"),
            ("B", "Ministerin", None),
        ]

    @given(st.permutations(german_report().claims))
    def test_no_claim_is_lost_and_text_order_rules(self, claims: list[Claim]) -> None:
        for groups in (by_speaker(claims), by_measure(claims)):
            starts = [[c.evidence[0].start for c in group.claims] for group in groups]
            assert sorted(c.id for group in groups for c in group.claims) == sorted(c.id for c in claims)
            assert all(group == sorted(group) for group in starts)
            assert [group[0] for group in starts] == sorted(group[0] for group in starts)

    def test_position_grid(self) -> None:
        grid = position_grid(german_report().positions)
        assert grid.measures == (Measure.TROOPS, Measure.AIR, Measure.NAVAL, Measure.TREATY)
        assert grid.actors == ("Norvik", "Dalmark", *JOINT_STATES, "Marvonien", "Militärkreise")
        assert [p.stance.value for p in grid.cells["Norvik", Measure.NAVAL]] == ["commits", "supports"]


class TestFigures:
    @pytest.mark.parametrize(
        ("seconds", "words"),
        [
            (0.04, "0.0 s"),
            (14.23, "14.2 s"),
            (59.94, "59.9 s"),
            (59.96, "1 min 0 s"),
            (134, "2 min 14 s"),
            (3599.7, "1 h 0 min"),
            (7500, "2 h 5 min"),
        ],
    )
    def test_duration(self, seconds: float, words: str) -> None:
        assert duration(seconds) == words

    @pytest.mark.parametrize(
        ("dollars", "words"),
        [
            (0, "$0"),
            (0.00001, "<$0.0001"),
            (0.0123, "$0.0123"),
            (0.99996, "$1.00"),
            (1234.5, "$1,234.50"),
        ],
    )
    def test_cost(self, dollars: float, words: str) -> None:
        assert cost(dollars) == words

    def test_effort(self) -> None:
        usage = Usage(requests=1, reasks=2, transport_retries=1, input_tokens=1000, output_tokens=5)
        assert effort(make_run(usage=usage, duration_s=1)) == [
            "1.0 s",
            "1 request (2 reasks, 1 retry)",
            "1,000 input and 5 output tokens",
        ]
        assert effort(make_run(usage=Usage(requests=2, transport_retries=2), duration_s=1)) == [
            "1.0 s",
            "2 requests (2 retries)",
        ]

    def test_outcome(self) -> None:
        assert outcome(empty_report()) == ["0 claims", "0 rejected", "1 uncovered sentence"]

    def test_line_number(self) -> None:
        article = german_article()
        lines = article.text.split("\n")
        for claim in german_report().claims:
            first_words = claim.evidence[0].text[:20]
            assert first_words in lines[line_number(article, claim.evidence[0].start) - 1]

    def test_quote_within_and_across_evidence(self) -> None:
        claim = german_report().claims[1]
        before, quote, after = quoted_pieces(claim.evidence[0], claim.quote)
        assert claim.quote is not None
        assert (before[-1], quote, after) == ("„", claim.quote.text, "“")
        other = german_report().claims[2].evidence[0]
        assert quoted_pieces(other, claim.quote) == (other.text, "", "")


class TestVisible:
    @given(st.text(max_size=80))
    def test_never_holds_anything_that_acts_and_is_stable(self, content: str) -> None:
        line = visible(content)
        assert not re.search("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", line)
        assert visible(line) == line
        assert "  " not in line

    @given(st.text("ab \n\u200b„", max_size=20), st.text("ab \n\u200b„", max_size=20))
    def test_pieces_join_to_the_whole(self, left: str, right: str) -> None:
        assert re.sub(" +", " ", visible(left) + visible(right)) == visible(left + right)
