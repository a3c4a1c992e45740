"""Invented articles, and a model that answers summarizer's own requests about them.

    server.reply_with(claims)
    report = Summarizer("openai/stand-in", base_url=server.base_url).summarize(invented_article(17))

Both are the same in every process, so that whatever a benchmark gets can be told to be right or wrong.
"""

from __future__ import annotations

import random
import re
import threading
from functools import cache
from typing import Any

from openai_server.items import Hang, Item, Request, Status, instant

SENTENCES = 18
"""How many sentences an article has: about 350 words."""

CLAIM = re.compile(
    r"^(?P<name>[A-Z][\w'’-]+ [A-Z][\w'’-]+) said that (?P<country>(?:the )?[A-Z][\w ]*?) would (?P<act>[^.]+)\.$"
)
_NUMBERED = re.compile(r"^\[(\d+)\] (.*)$", re.MULTILINE)
_ARTICLE = re.compile(r"^article \(\w+\):$", re.MULTILINE)
_ONLY = re.compile(r"they were overlooked: ([\d, ]+)\.$")
_LISTED = re.compile(r"^(c\d+): ", re.MULTILINE)
_SUMMARY = "Several speakers said what their countries would do."

_FIRST = "Anna Bela Carl Dora Emil Freya Gustav Hedda Ivo Jana Klara Leif Marta Nils Olga Pavel Rosa Sven Tilda Viktor"
_LAST = "Almgren Brodin Castell Dorval Ekdahl Fabricek Gravin Holmdal Isaksen Jelinek Kolbrand Lundmark Morvan Nordahl"
_COUNTRIES = "Norway Denmark Sweden Finland Poland Estonia Latvia Lithuania Portugal Spain Canada Belgium"
_HOMES = "OSLO COPENHAGEN STOCKHOLM HELSINKI WARSAW TALLINN RIGA VILNIUS LISBON MADRID OTTAWA"
_ACTS = (
    "send {n} soldiers to Ukraine after a ceasefire",
    "station a battalion of {n} troops in Moldova next year",
    "keep {n} peacekeepers ready for the mission at sea",
    "join the ground force with {n} troops and two field hospitals",
    "provide {n} soldiers for the guarantee force along the river",
    "deploy a brigade of {n} soldiers once a peace deal holds",
)
_NEUTRAL = (
    "The meeting in the old harbour hall lasted {n} minutes and ended with a short walk to the waiting buses.",
    "Outside the building the traffic came to a halt for most of the morning because of heavy rain and wind.",
    "The delegations had arrived the evening before and spent the night in {n} rooms of a hotel near the lake.",
    "Lunch was served in the garden, where a small band of pupils from the local school played for the guests.",
    "The town has about {n} thousand inhabitants and lives mainly from fishing, timber and summer visitors.",
    "A draft of the paper had been passed round in spring and was changed {n} times before it was printed.",
    "The next round of the series will be in the autumn, again in a town that can be reached by train.",
    "The hall was built in the nineteenth century and has been used as a theatre, a market and a school.",
    "Journalists from {n} papers followed the event from a tent that had been put up beside the main gate.",
)
_HEADLINES = (
    "Ministers weigh a guarantee force at {place} meeting",
    "New pledges of troops after long talks in {place}",
    "Allies count their soldiers in {place}",
    "Talks on security guarantees go on in {place}",
)


@instant
def claims(request: Request) -> Item:
    """The right answer to a request of profile `article`, also when it's asked again.

    A sentence is a claim when it has the form "<First Last> said that <country> would <do something>.", as in
    "Anna Almgren said that Norway would send 300 soldiers to Ukraine.": a promise of troops by the one named, for
    that country. A request for the summary is answered with one sentence that cites all the claims listed.
    """
    for message in reversed(request.body["messages"]):
        content = message.get("content")
        if message.get("role") != "user" or not isinstance(content, str):
            continue
        if opening := _ARTICLE.search(content):
            return {"claims": _found(content[opening.end() :])}
        if listed := _LISTED.findall(content):
            return {"sentences": [{"text": _SUMMARY, "claims": listed}]}
    return Status(400, "this is no request of profile article")


def invented_article(number: int, *, sentences: int = SENTENCES) -> str:
    """The article of a number from 0 to 99999: in English, with a headline and a dateline.

    Every third sentence has the form of a claim. The marker, `A00017` for number 17, stands in the opening
    sentence and in the first claim, so that it's in the requests for the claims and in that for the summary.
    """
    if not 0 <= number <= 99_999:
        raise ValueError(f"no number of an article: {number}")
    drawn = random.Random(number)
    marker = f"A{number:05d}"
    place = drawn.choice(_HOMES.split())
    day = drawn.randint(1, 28)
    told = [f"Envoys of several countries met on Friday to go through the plan with the file number {marker}."]
    people = _people()
    first = drawn.randrange(len(people))
    while len(told) < sentences:
        if len(told) % 3 == 1:
            # Neighbours in the list share no name, so that no two people of an article are taken for one.
            name = people[(first + len(told)) % len(people)]
            act = drawn.choice(_ACTS).format(n=_some(drawn)) + (f" under {marker}" if len(told) == 1 else "")
            told.append(f"{name} said that {drawn.choice(_COUNTRIES.split())} would {act}.")
        else:
            told.append(_NEUTRAL[(first + len(told)) % len(_NEUTRAL)].format(n=drawn.randint(11, 89)))
    paragraphs = [" ".join(told[at : at + 3]) for at in range(0, len(told), 3)]
    headline = drawn.choice(_HEADLINES).format(place=place.title())
    return f"{headline}\n\n{place}, Sept. {day} (dpa) - " + "\n\n".join(paragraphs) + "\n"


def expected(article: str) -> list[tuple[str, str]]:
    """Name and sentence of every claim of an invented article, in its order."""
    sentences = re.split(r"(?<=[a-z0-9]\.)\s+|\n\n| - ", article)
    return [(match["name"], match[0]) for s in sentences if (match := CLAIM.match(s))]


def _found(numbered: str) -> list[dict[str, Any]]:
    only = _ONLY.search(numbered.rstrip())
    citable = {int(n) for n in only[1].split(",")} if only else None
    return [
        _claim(int(number), match)
        for number, sentence in _NUMBERED.findall(numbered)
        if (match := CLAIM.match(sentence)) and (citable is None or int(number) in citable)
    ]


def _claim(number: int, match: re.Match[str]) -> dict[str, Any]:
    return {
        "evidence": [number],
        "speakers": [{"name": match["name"], "kind": "person", "affiliation": match["country"]}],
        "statement": match[0],
        "attribution": "indirect",
        "stance": "commits",
        "measure": "troops",
        "conditions": [],
    }


@cache
def _people() -> tuple[str, ...]:
    first, last = _FIRST.split(), _LAST.split()
    count = len(first) * len(last)
    return tuple(f"{first[i % len(first)]} {last[(i + i // 140) % len(last)]}" for i in range(count))


def _some(drawn: random.Random) -> int:
    return 50 * drawn.randint(2, 40)


class Gate:
    """Answers so many requests, and leaves all others without an answer."""

    instant = True

    def __init__(self, most: int) -> None:
        self.left = most
        self.reached = threading.Event()

    def __call__(self, request: Request) -> Any:
        self.left -= 1
        if self.left >= 0:
            return claims(request)
        self.reached.set()
        return Hang(60)
