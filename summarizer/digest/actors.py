"""Who is who across articles.

A person without a country in one article has the one that other articles give him, and a surname alone is the
full name where only one person of the articles is called so. Where articles disagree about his country, most
of them decide; where as many say one as the other, each keeps its own. Unnamed sources and groups ("Diplomaten",
"NATO officials") are someone else in each article: what they let out is not the position of the country or
body that they belong to, and nobody can be held to it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from summarizer.actors import country_name
from summarizer.actors.identity import is_description, name_key, speaks_for_himself, spoken_for
from summarizer.digest.models import Actor, DigestClaim
from summarizer.models import Report, Speaker, SpeakerKind

_APART = "@"


class Actors:
    """Gives each speaker of the reports his actor, in the digest's language."""

    def __init__(self, reports: Iterable[Report], language: str) -> None:
        """Learn names, countries and kinds from every speaker."""
        self._language = language
        self._codes: set[str] = set()
        seen = {(r.article.id, speaker) for r in reports for claim in r.claims for speaker in claim.speakers}
        self._full = _full_names({name_key(s.name) for _, s in seen if s.kind is SpeakerKind.PERSON})
        countries = {
            (article, self.key(speaker), code)
            for article, speaker in seen
            if speaker.kind is SpeakerKind.PERSON and (code := spoken_for(speaker))
        }
        self._countries = {
            key: votes
            for key, counted in _counted((k, c) for _, k, c in countries).items()
            if (votes := _most(counted))
        }
        self._kinds = {
            key: min(counted, key=lambda kind: (-counted[kind], kind))
            for key, counted in _counted((self.key(s), s.kind.value) for _, s in seen).items()
        }

    def key(self, speaker: Speaker) -> str:
        """What tells speakers of one actor apart: the folded name, a person's as full as the articles have it."""
        key = name_key(speaker.name)
        return self._full.get(key, key) if speaker.kind is SpeakerKind.PERSON else key

    def id(self, speaker: Speaker, article: str) -> str:
        """The id of the actor that a speaker of an article is."""
        key = self.key(speaker)
        code = spoken_for(speaker)
        if speaker.kind is SpeakerKind.PERSON and not speaks_for_himself(speaker):
            code = self._countries.get(key, code)
        if code:
            self._codes.add(code)
            return code
        apart = f"{_APART}{article}" if is_description(speaker) else ""
        return f"{self._kinds[key]}:{key}{apart}"

    def listed(self, claims: Iterable[DigestClaim], speakers: Mapping[str, Mapping[str, list[Speaker]]]) -> list[Actor]:
        """The actors of claims, given the newest first, those with most claims first.

        `speakers` are by the claim's id and the actor's.
        """
        of_actor: dict[str, list[str]] = defaultdict(list)
        names: dict[str, Counter[str]] = defaultdict(Counter)
        for claim in claims:
            for actor in claim.actors:
                of_actor[actor].append(claim.id)
                names[actor].update(dict.fromkeys((s.name for s in speakers[claim.id][actor]), 1))
        actors = [self._actor(actor, ids, names[actor]) for actor, ids in of_actor.items()]
        return sorted(actors, key=lambda a: (-len(a.claims), a.name.casefold(), a.id))

    def _actor(self, actor: str, claims: list[str], counted: Counter[str]) -> Actor:
        names = sorted(counted, key=lambda name: (-counted[name], -len(name), name))
        is_government = actor in self._codes
        name = country_name(actor, self._language) if is_government else names[0]
        return Actor(id=actor, name=name, is_government=is_government, names=names, claims=claims)


def _counted(pairs: Iterable[tuple[str, str]]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for key, value in pairs:
        found[key][value] += 1
    return found


def _most(counted: Counter[str]) -> str | None:
    """The most frequent, none where two are."""
    ranked = counted.most_common(2)
    return ranked[0][0] if len(ranked) == 1 or ranked[0][1] > ranked[1][1] else None


def _full_names(keys: set[str]) -> dict[str, str]:
    """The full name for each ending of names ("selenski") that only one full name has."""
    by_ending: dict[str, set[str]] = defaultdict(set)
    for key in keys:
        words = key.split()
        for first in range(1, len(words)):
            by_ending[" ".join(words[first:])].add(key)
    found: dict[str, str] = {}
    for key in keys:
        # "der leyen" stands for "von der leyen", and this for "ursula von der leyen".
        longest = {full for full in by_ending.get(key, ()) if full not in by_ending}
        if len(longest) == 1:
            found[key] = longest.pop()
    return found
