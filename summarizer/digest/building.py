"""The digest of many reports: pure, and the same whatever the order of the reports."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from summarizer.actors.identity import holds_office, leads
from summarizer.digest.actors import Actors
from summarizer.digest.contradictions import contradictions
from summarizer.digest.entries import Entry, day_of, says_little
from summarizer.digest.models import Actor, Digest, DigestArticle, DigestClaim, Standing
from summarizer.digest.outlets import Sources
from summarizer.digest.positions import by_subject, changes, standings
from summarizer.digest.protection import protected
from summarizer.digest.same_claims import reported
from summarizer.models import Article, Claim, Measure, Report, Speaker, SpeakerKind, Stance
from summarizer.report_files import FiledReport


def digest(
    reports: Iterable[FiledReport | Report],
    *,
    since: date | None = None,
    language: str | None = None,
    now: datetime | None = None,
) -> Digest:
    """What reports say together.

    Readers' corrections count: a claim marked wrong is not there. Of several reports about an article the
    newest run counts. A claim is new where its day is not before `since`; without `since`, nothing is new.

    Args:
        reports: with the corrections beside them (`FiledReport`) or bare, in any order.
        since: the first day of what is new.
        language: of the actors' names, ISO 639-1; that of most articles if not given.
        now: when the digest is made; the present if not given.
    """
    filed = _newest_runs(reports)
    articles = [one.report.article for one in filed]
    language = language or _usual_language(articles)
    actors = Actors([one.report for one in filed], language)
    sources = Sources(articles)
    drafts = _with_ids([(one, claim) for one in filed for claim in one.report.claims])
    entries = []
    speakers: dict[str, dict[str, list[Speaker]]] = {}
    for claim_id, one, claim in drafts:
        speakers[claim_id] = by_actor = _by_actor(claim, one.report.article, actors)
        day = day_of(one.report.article, claim, sources.published(one.report.article, claim))
        digest_claim = _claim(claim_id, one, claim, list(by_actor), day, since)
        entries.append(_entry(digest_claim, claim, by_actor, sources.outlets[one.report.article.id], actors))
    entries.sort(key=lambda entry: _newest_first(entry.claim))
    claims = [entry.claim for entry in entries]
    subjects = by_subject(entries)
    listed = actors.listed(claims, speakers)
    return Digest(
        made_at=now or datetime.now(UTC),
        language=language,
        since=since,
        articles=[_article(one.report, sources.outlets[one.report.article.id]) for one in filed],
        actors=listed,
        claims=claims,
        standings=_ordered(standings(subjects, since), listed),
        changes=changes(subjects, since),
        reported=reported(entries, {one.report.article.id: _statements_language(one.report) for one in filed}),
        contradictions=contradictions(subjects, since),
    )


@dataclass(frozen=True, slots=True)
class _Filed:
    """A report after its corrections, and which of its claims they changed."""

    report: Report
    changed: frozenset[str]
    protects: str | None


def _newest_runs(reports: Iterable[FiledReport | Report]) -> list[_Filed]:
    """The newest report of each article, the newest articles first."""
    newest: dict[str, FiledReport] = {}
    for one in reports:
        filed = one if isinstance(one, FiledReport) else FiledReport(one, None)
        known = newest.get(filed.report.article.id)
        if known is None or _run_order(known) < _run_order(filed):
            newest[filed.report.article.id] = filed
    found = [_filed(filed) for filed in newest.values()]
    return sorted(
        found, key=lambda one: (-(one.report.article.published or date.min).toordinal(), one.report.article.id)
    )


def _run_order(filed: FiledReport) -> tuple[float, int, str]:
    """Later runs, then those with more corrections, then, so that the order of reports is of no account, any."""
    started = filed.report.run.started_at
    since_epoch = (started if started.tzinfo else started.replace(tzinfo=UTC)).timestamp()
    # Not pydantic's own JSON: a rejection may have half a surrogate pair, which it can't write.
    return since_epoch, len(filed.corrections), json.dumps(filed.report.model_dump(mode="json"))


def _filed(filed: FiledReport) -> _Filed:
    changed = frozenset(c.claim for c in filed.corrections if c.changes_claim)
    return _Filed(filed.corrected, changed, protected(filed.report.article.text))


def _usual_language(articles: Sequence[Article]) -> str:
    counted = Counter(article.language for article in articles)
    return min(counted, key=lambda language: (-counted[language], language), default="en")


def _statements_language(report: Report) -> str:
    return report.run.language or report.article.language


def _with_ids(pairs: Sequence[tuple[_Filed, Claim]]) -> list[tuple[str, _Filed, Claim]]:
    """Each claim with an id of its own, made from the article's id and the claim's."""
    used: set[str] = set()
    found = []
    for one, claim in pairs:
        wanted = claim_id = f"{one.report.article.id}.{claim.id}"
        number = 1
        while claim_id in used:
            number += 1
            claim_id = f"{wanted}~{number}"
        used.add(claim_id)
        found.append((claim_id, one, claim))
    return found


def _by_actor(claim: Claim, article: Article, actors: Actors) -> dict[str, list[Speaker]]:
    found: dict[str, list[Speaker]] = defaultdict(list)
    for speaker in claim.speakers:
        found[actors.id(speaker, article.id)].append(speaker)
    return dict(found)


def _claim(
    claim_id: str,
    one: _Filed,
    claim: Claim,
    actors: list[str],
    dated: tuple[date | None, bool],
    since: date | None,
) -> DigestClaim:
    day, is_day_said = dated
    return DigestClaim(
        id=claim_id,
        article=one.report.article.id,
        claim=claim.id,
        actors=actors,
        speakers=claim.speakers,
        statement=claim.statement,
        attribution=claim.attribution,
        stance=claim.stance,
        measure=claim.measure,
        protects=one.protects,
        conditions=claim.conditions,
        evidence=claim.evidence,
        quote=claim.quote,
        via=claim.via,
        day=day,
        is_day_said=is_day_said,
        is_corrected=claim.id in one.changed,
        is_new=since is not None and day is not None and day >= since,
    )


def _entry(
    digest_claim: DigestClaim, claim: Claim, by_actor: Mapping[str, list[Speaker]], outlet: str, actors: Actors
) -> Entry:
    speakers = {
        actor: frozenset(actors.key(s) if s.kind is SpeakerKind.PERSON else actor for s in members)
        for actor, members in by_actor.items()
    }
    # Readers are sure of what they correct.
    confidence = None if digest_claim.is_corrected else claim.confidence
    return Entry(
        claim=digest_claim,
        outlet=outlet,
        confidence=confidence,
        speakers=speakers,
        is_official=all(map(holds_office, claim.speakers)),
        is_led=all(map(leads, claim.speakers)),
        says_little=says_little(claim, confidence),
    )


def _newest_first(claim: DigestClaim) -> tuple[object, ...]:
    start = min((evidence.start for evidence in claim.evidence), default=0)
    return (-(claim.day or date.min).toordinal(), claim.article, start, claim.id)


def _article(report: Report, outlet: str) -> DigestArticle:
    article = report.article
    return DigestArticle(
        id=article.id,
        title=article.title,
        source=article.source,
        published=article.published,
        url=article.url,
        language=article.language,
        outlet=outlet,
        claims=len(report.claims),
    )


def _ordered(found: list[Standing], actors: list[Actor]) -> list[Standing]:
    places = {actor.id: place for place, actor in enumerate(actors)}
    measures, stances = list(Measure), list(Stance)
    return sorted(
        found,
        key=lambda s: (places[s.actor], measures.index(s.measure), s.protects or "", stances.index(s.stance)),
    )
