"""The digest as Markdown, for a note or a terminal: every line cites claims, and a footnote has a claim's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from summarizer.digest.models import (
    Actor,
    Change,
    Contradiction,
    Digest,
    DigestArticle,
    DigestClaim,
    Reported,
    Standing,
)
from summarizer.models import Stance
from summarizer.rendering.digest_lookup import (
    CONTRADICTION_WORDS,
    Lookup,
    article_name,
    day_words,
    outlet_name,
    said,
)
from summarizer.rendering.figures import quoted_pieces, sentences
from summarizer.rendering.markdown import address, escaped, with_quote


def digest_to_markdown(digest: Digest) -> str:
    """The digest as GitHub-flavoured Markdown. Claims are footnotes: the article, the sentence and its words."""
    return "\n\n".join(_blocks(Lookup(digest))) + "\n"


def _blocks(lookup: Lookup) -> Iterator[str]:
    digest = lookup.digest
    yield "# Who stands where on security guarantees"
    since = [f"new since {digest.since.isoformat()}"] if digest.since else []
    yield " · ".join([*lookup.facts(), *since])
    if digest.since:
        yield f"## New since {digest.since.isoformat()}"
        yield from _new(lookup)
    yield "## Who stands where now"
    yield from _standings(lookup)
    yield "## Who changed position"
    yield _listed((_change(lookup, one) for one in digest.changes), "These articles make no change certain.")
    yield "## Contradictions"
    yield _listed(
        (_contradiction(lookup, one) for one in digest.contradictions), "These articles make no contradiction certain."
    )
    yield "## Reported by several outlets"
    if lookup.by_several:
        yield "Several articles of one outlet, and reprints of one report, count once."
    yield _listed((_reported(lookup, one) for one in lookup.by_several), "No claim is in more than one outlet.")
    if lookup.by_one:
        yield "## Reported by one outlet only"
        yield _listed((_reported(lookup, one) for one in lookup.by_one), "")
    yield "## Timelines"
    for actor in digest.actors:
        if actor.claims:
            yield f"### {escaped(actor.name)}"
            yield _listed((_dated(lookup, claim) for claim in reversed(lookup.claims(actor.claims))), "")
    yield "## Claims by article"
    for article in lookup.articles:
        yield f"### {escaped(article_name(article))}"
        yield _article(article)
        yield _listed((_claim(lookup, claim) for claim in lookup.claims_of(article)), "No claims.")
    yield from (_footnote(lookup, claim) for article in lookup.articles for claim in lookup.claims_of(article))


def _listed(lines: Iterable[str], nothing: str) -> str:
    return "\n".join(f"- {line}" for line in lines) or nothing


def _cited(lookup: Lookup, claims: Iterable[DigestClaim]) -> str:
    return "".join(f"[^{lookup.number(claim)}]" for claim in claims)


def _bold(name: str) -> str:
    return with_quote("", name, "")


def _subject(lookup: Lookup, actors: Iterable[str], item: Change | Contradiction | DigestClaim | Reported) -> str:
    names = lookup.names(actors)
    return f"{_bold(names)} · {escaped(lookup.about(item))}" if names else escaped(lookup.about(item))


def _new(lookup: Lookup) -> Iterator[str]:
    if lookup.new_changes:
        yield "### Changed positions"
        yield _listed((_moved(lookup, change) for change in lookup.new_changes), "")
    if lookup.new_contradictions:
        yield "### New contradictions"
        yield _listed((_contradicted(lookup, one) for one in lookup.new_contradictions), "")
    if lookup.newly_held:
        yield "### New positions"
        yield _listed((_taken(lookup, actor, held) for actor, held in lookup.newly_held.items()), "")
    if lookup.new_claims:
        yield "### New claims"
    yield _listed((_claim(lookup, claim) for claim in lookup.new_claims), "No claim has been made since then.")


def _moved(lookup: Lookup, change: Change) -> str:
    before, after = lookup.claims([change.before, change.after])
    moved = f"{before.stance.value} → {after.stance.value} ({change.kind.value}, {change.day.isoformat()})"
    return f"{_subject(lookup, [change.actor], change)}: {moved} {_cited(lookup, [before, after])}"


def _standings(lookup: Lookup) -> Iterator[str]:
    for grid in lookup.grids:
        if grid.name:
            yield f"### {escaped(grid.name[:1].upper() + grid.name[1:])}"
        yield _listed((_actor(lookup, actor, grid.of(actor)) for actor in grid.actors), "")
    if not lookup.grids:
        yield "Nobody takes a position."


def _actor(lookup: Lookup, actor: Actor, standings: list[Standing]) -> str:
    told_apart = sorted(standings, key=lambda one: one.stance is Stance.DEMANDS)
    return f"{_bold(actor.name)} · {'; '.join(_standing(lookup, one, one.measure.value) for one in told_apart)}"


def _standing(lookup: Lookup, standing: Standing, about: str) -> str:
    facts = [f"since {standing.since.isoformat()}"] if standing.since else []
    facts += ["disputed"] if lookup.dispute(standing) else []
    details = f" ({', '.join(facts)})" if facts else ""
    cited = _cited(lookup, lookup.claims(standing.claims))
    return f"{escaped(about)}: {standing.stance.value}{details} {cited}"


def _taken(lookup: Lookup, actor: str, standings: Iterable[Standing]) -> str:
    held = "; ".join(_standing(lookup, one, lookup.about(one)) for one in standings)
    return f"{_bold(lookup.names([actor]))} · {held}"


def _change(lookup: Lookup, change: Change) -> str:
    before, after = lookup.claims([change.before, change.after])
    head = f"{_subject(lookup, [change.actor], change)}: {before.stance.value} → {after.stance.value}"
    sides = [("before", [before]), ("after", [after])]
    return _with_sides(lookup, f"{head} ({change.kind.value}, {change.day.isoformat()})", sides)


def _contradiction(lookup: Lookup, one: Contradiction) -> str:
    sides = [("one side", lookup.claims(one.first)), ("the other", lookup.claims(one.second))]
    return _with_sides(lookup, _contradicted(lookup, one, cited=False), sides)


def _contradicted(lookup: Lookup, one: Contradiction, *, cited: bool = True) -> str:
    first, second = lookup.claims(one.first), lookup.claims(one.second)
    head = f"{_subject(lookup, [one.actor], one)}: {first[0].stance.value} ≠ {second[0].stance.value}"
    numbers = f" {_cited(lookup, [*first, *second])}" if cited else ""
    return f"{head} ({CONTRADICTION_WORDS[one.kind]}){numbers}"


def _with_sides(lookup: Lookup, head: str, sides: list[tuple[str, list[DigestClaim]]]) -> str:
    return "\n".join([head, *(f"  - {name}: {_said(lookup, claim)}" for name, claims in sides for claim in claims)])


def _said(lookup: Lookup, claim: DigestClaim) -> str:
    """The claim in the article's words, with who says so and where."""
    spoken = escaped(f"“{said(claim)}”" if claim.quote else said(claim))
    source = ", ".join([escaped(outlet_name(lookup.article(claim))), day_words(claim)])
    return f"{spoken} — {escaped(lookup.who(claim))}, {source} {_cited(lookup, [claim])}"


def _reported(lookup: Lookup, one: Reported) -> str:
    claims = lookup.claims(one.claims)
    statement = escaped(claims[0].statement)
    outlets = ", ".join(map(escaped, lookup.outlets(one)))
    return f"{_subject(lookup, one.actors, one)} · {one.stance.value}: {statement} ({outlets}) {_cited(lookup, claims)}"


def _dated(lookup: Lookup, claim: DigestClaim) -> str:
    what = f"{escaped(lookup.about(claim))} · {claim.stance.value}: {escaped(claim.statement)}"
    return f"{claim.day.isoformat() if claim.day else 'undated'} · {what} {_cited(lookup, [claim])}"


def _article(article: DigestArticle) -> str:
    facts = [
        escaped(outlet_name(article)),
        article.published.isoformat() if article.published else "no date",
        escaped(article.language),
        address(article.url),
    ]
    return " · ".join(fact for fact in facts if fact)


def _claim(lookup: Lookup, claim: DigestClaim) -> str:
    corrected = " (corrected by a reader)" if claim.is_corrected else ""
    subject = _subject(lookup, claim.actors, claim)
    return f"{subject} · {claim.stance.value}{corrected}: {escaped(claim.statement)} {_cited(lookup, [claim])}"


def _footnote(lookup: Lookup, claim: DigestClaim) -> str:
    article = lookup.article(claim)
    named = outlet_name(article)
    title = article_name(article)
    source = escaped(named) if title == named else f"{escaped(named)}, “{escaped(title)}”"
    details = [
        escaped(lookup.who(claim)),
        day_words(claim),
        *(f"condition: {escaped(condition)}" for condition in claim.conditions),
        f"via: {escaped(claim.via)}" if claim.via else "",
        source,
        sentences(claim.evidence),
    ]
    evidence = " … ".join(with_quote(*quoted_pieces(one, claim.quote)) for one in claim.evidence)
    return f"[^{lookup.number(claim)}]: {', '.join(filter(None, details))}: {evidence}"
