"""Whether two names mean the same speaker, as far as scoring is concerned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from summarizer.actors import actor_of, demonym_country
from summarizer.letters import without_marks
from summarizer.models import Speaker, SpeakerKind
from summarizer.people import bare_name
from summarizer.resources import data


class Identities:
    """Gives each speaker of one article an identity: equal for the same speaker under different names.

    In this order decide: the golden file's aliases; for anyone but a person the country or organisation that
    the name stands for; for persons the name without roles, where a part of the name from its end on
    ("Starmer") means the only person so called; else the name without case, diacritics and article.
    """

    def __init__(self, aliases: Mapping[str, Iterable[str]], speakers: Iterable[Speaker]) -> None:
        """`aliases` are other names by canonical name, `speakers` all that occur on either side."""
        self._groups: dict[tuple[str, ...], str] = {}
        for name, others in aliases.items():
            identity = self._actor(name) or f"alias:{' '.join(_words(name))}"
            for alias in (name, *others):
                self._groups.setdefault(_words(alias), identity)
        names = {_person_words(s.name) for s in speakers if s.kind is SpeakerKind.PERSON}
        full = {name for name in names | set(self._groups) if len(name) > 1}
        self._full_names = {f for f in full if not any(o != f and _ends_with(o, f) for o in full)}

    def of(self, speaker: Speaker) -> str:
        """The speaker's identity. A string that means something only within this object."""
        words = _words(speaker.name)
        if words in self._groups:
            return self._groups[words]
        if speaker.kind is SpeakerKind.PERSON:
            return self._person(_person_words(speaker.name))
        if code := self._actor(speaker.name, speaker.kind):
            return code
        return f"name:{' '.join(words)}"

    def _person(self, words: tuple[str, ...]) -> str:
        identities = {self._named(full) for full in self._full_names if _ends_with(full, words)}
        return identities.pop() if len(identities) == 1 else self._named(words)

    def _named(self, words: tuple[str, ...]) -> str:
        return self._groups.get(words) or f"name:{' '.join(words)}"

    @staticmethod
    def _actor(name: str, kind: SpeakerKind | None = None) -> str | None:
        code = actor_of(name)
        if code is None and kind is SpeakerKind.GOVERNMENT:
            code = demonym_country(name)
        return f"actor:{code}" if code else None


@cache
def _articles() -> frozenset[str]:
    return frozenset(data("actors.yaml")["articles"])


def _words(name: str) -> tuple[str, ...]:
    """The words of a name without case, diacritics, punctuation and a leading article."""
    kept = "".join(c if c.isalnum() else " " for c in without_marks(name))
    words = tuple(kept.split())
    return words[1:] if len(words) > 1 and words[0] in _articles() else words


def _person_words(name: str) -> tuple[str, ...]:
    return _words(bare_name(name))


def _ends_with(words: tuple[str, ...], ending: tuple[str, ...]) -> bool:
    return bool(ending) and words[-len(ending) :] == ending
