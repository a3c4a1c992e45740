"""The digest for terminals: who stands where, what moved, what contradicts, who reports it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from summarizer.digest.models import Change, Contradiction, Digest, DigestClaim, Reported, Standing
from summarizer.rendering.digest_lookup import (
    CONTRADICTION_WORDS,
    Grid,
    Lookup,
    day_words,
    outlet_name,
    said,
)
from summarizer.rendering.figures import sentences
from summarizer.rendering.terminal import WIDEST, joined, packed, plain, print_lines, stance_word, wrapped
from summarizer.rendering.visible import visible_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_SHOWN_NEW_CLAIMS = 30


def write_digest_table(digest: Digest, console: Console) -> None:
    """Print the digest. Lines are at most as wide as the console, and never wider than 120 cells."""
    print_lines(_lines(Lookup(digest), min(console.width, WIDEST)), console)


def _lines(lookup: Lookup, width: int) -> Iterator[Text]:
    from rich.text import Text

    digest = lookup.digest
    yield from packed((plain(fact, "bold") for fact in lookup.facts()), width=width)
    if digest.since:
        yield from _titled(f"New since {digest.since.isoformat()}")
        yield from _new(lookup, width)
    for grid in lookup.grids:
        yield from _titled(f"Who stands where now {grid.name}")
        yield from _standings(lookup, grid, width)
    if digest.changes:
        yield from _titled("Who changed position")
        for change in digest.changes:
            yield from _change(lookup, change, width)
    if digest.contradictions:
        yield from _titled("Contradictions")
        for contradiction in digest.contradictions:
            yield from _contradiction(lookup, contradiction, width)
    if lookup.by_several:
        yield from _titled("Reported by several outlets")
        for reported in lookup.by_several:
            yield from _reported(lookup, reported, width)
    yield Text()
    if not digest.claims:
        yield Text("No claim in these articles.", style="dim")
        return
    alone = Text(f"{len(lookup.by_one):,} reported by one outlet only. ", style="dim")
    more = Text("-o digest.html has every claim with its words, and a timeline per actor.", style="dim")
    yield from wrapped(Text.assemble(alone, more), width=width, first=Text(), rest=Text())


def _titled(title: str) -> Iterator[Text]:
    from rich.text import Text

    yield Text()
    yield plain(title, "bold underline")


def _new(lookup: Lookup, width: int) -> Iterator[Text]:
    from rich.text import Text

    for change in lookup.new_changes:
        yield from _hanging(_moved(lookup, change), width)
    for contradiction in lookup.new_contradictions:
        yield from _hanging(_contradicted(lookup, contradiction), width)
    for actor, standings in lookup.newly_held.items():
        parts = [_held(lookup, lookup.about(one), one) for one in standings]
        name, is_new = plain(lookup.names([actor]), "bold"), Text("new position", style="dim")
        yield from _hanging([name, is_new, *parts], width)
    for claim in lookup.new_claims[:_SHOWN_NEW_CLAIMS]:
        head = joined(
            [
                plain(lookup.names(claim.actors) or lookup.who(claim), "bold"),
                plain(lookup.about(claim)),
                stance_word(claim.stance),
            ]
        )
        line = Text.assemble(head, "  ", plain(claim.statement, "dim"))
        yield from wrapped(line, width=width, first=Text("  "), rest=Text("    "))
    more = len(lookup.new_claims) - _SHOWN_NEW_CLAIMS
    if more > 0:
        yield Text(f"  and {more:,} more", style="dim")
    if not lookup.new_claims:
        yield Text("  No claim has been made since then.", style="dim")


def _hanging(parts: Sequence[Text], width: int) -> Iterator[Text]:
    """The parts in lines, all but the first farther in."""
    from rich.text import Text

    for number, line in enumerate(packed(parts, width=width - 6)):
        yield Text.assemble(" " * (6 if number else 2), line)


def _moved(lookup: Lookup, change: Change) -> list[Text]:
    from rich.text import Text

    before, after = lookup.claims([change.before, change.after])
    stances = Text.assemble(stance_word(before.stance), " → ", stance_word(after.stance))
    about = plain(lookup.about(change))
    when = Text(f"{change.day.isoformat()}, {change.kind.value}", style="dim")
    return [plain(lookup.names([change.actor]), "bold"), about, stances, when]


def _held(lookup: Lookup, about: str, standing: Standing) -> Text:
    from rich.text import Text

    since = f" since {standing.since.isoformat()}" if standing.since else ""
    disputed = " disputed" if lookup.dispute(standing) else ""
    return Text.assemble(plain(about), ": ", stance_word(standing.stance), (since, "dim"), (disputed, "bold"))


def _standings(lookup: Lookup, grid: Grid, width: int) -> Iterator[Text]:
    for actor in grid.actors:
        parts = [_held(lookup, one.measure.value, one) for one in grid.of(actor)]
        yield from _hanging([plain(actor.name, "bold"), *parts], width)


def _change(lookup: Lookup, change: Change, width: int) -> Iterator[Text]:
    yield from _hanging(_moved(lookup, change), width)
    for name, claim in zip(("before", "after"), lookup.claims([change.before, change.after]), strict=True):
        yield from _said(lookup, claim, name, width)


def _contradiction(lookup: Lookup, one: Contradiction, width: int) -> Iterator[Text]:
    sides = [lookup.claims(one.first), lookup.claims(one.second)]
    yield from _hanging(_contradicted(lookup, one), width)
    for name, claims in zip(("one", "other"), sides, strict=True):
        for claim in claims:
            yield from _said(lookup, claim, name, width)


def _contradicted(lookup: Lookup, one: Contradiction) -> list[Text]:
    from rich.text import Text

    first, second = (lookup.claims(side)[0].stance for side in (one.first, one.second))
    stances = Text.assemble(stance_word(first), " ≠ ", stance_word(second))
    kind = Text(CONTRADICTION_WORDS[one.kind], style="dim")
    return [plain(lookup.names([one.actor]), "bold"), plain(lookup.about(one)), stances, kind]


def _said(lookup: Lookup, claim: DigestClaim, side: str, width: int) -> Iterator[Text]:
    """The claim in the article's words beside a bar, then who says so and where."""
    from rich.text import Text

    first = Text.assemble("    ", (f"{side:<7}", "dim"), ("│ ", "dim"))
    rest = Text.assemble(" " * 11, ("│ ", "dim"))
    spoken = visible_line(said(claim))
    yield from wrapped(
        Text(f"“{spoken}”" if claim.quote else spoken, style="italic"), width=width, first=first, rest=rest
    )
    facts = [lookup.who(claim), outlet_name(lookup.article(claim)), day_words(claim), sentences(claim.evidence)]
    for line in packed((plain(fact, "dim") for fact in facts), width=width - rest.cell_len):
        yield Text.assemble(rest, line)


def _reported(lookup: Lookup, one: Reported, width: int) -> Iterator[Text]:
    from rich.text import Text

    claims: Sequence[DigestClaim] = lookup.claims(one.claims)
    subject = [plain(lookup.names(one.actors), "bold"), plain(lookup.about(one)), stance_word(one.stance)]
    yield from _hanging([*subject, plain(", ".join(lookup.outlets(one)), "dim")], width)
    yield from wrapped(plain(claims[0].statement), width=width, first=Text("    "), rest=Text("    "))
