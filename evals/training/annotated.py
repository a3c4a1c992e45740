"""Training articles: invented articles with each sentence on a line of its own, and whose words it has.

    = de agency 2026-03-04 Titel des Artikels      an article begins
    (blank line)                                   a paragraph begins
    ## Heading
    A sentence of the article.
    > Anna Muster [die Ministerin] | refuses | troops | indirect
    > Norwegen; Island | commits | naval | narrated | +1
    ~ Anna Muster [sie]

`>`: a claim of the sentence above: speakers under their fullest name in the article, with the words that stand for
them in the sentence in brackets if they differ ([-]: none), stance, measure, attribution, and how many sentences
before it carry the claim as well. `~`: somebody says or holds something there that is no claim.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from summarizer.models import Attribution, Measure, Stance

FOLDER = Path(__file__).parent / "articles"
_SPEAKER = re.compile(r"^(?P<name>[^\[\]]+?)\s*(?:\[(?P<mention>[^\[\]]+)\])?$")
_GENRES = {"agency", "interview", "analysis", "brief", "liveblog", "webpage"}


@dataclass
class Said:
    """A position, or other words of somebody. `mentions`: the words in the sentence, None where there are none."""

    speakers: list[str]
    mentions: list[str | None]
    stance: Stance | None = None
    measure: Measure | None = None
    attribution: Attribution | None = None
    earlier: int = 0


@dataclass
class Line:
    """A sentence, or a heading."""

    text: str
    paragraph: int
    heading: bool = False
    said: list[Said] = field(default_factory=list)

    @property
    def claims(self) -> list[Said]:
        """What of it is a claim."""
        return [s for s in self.said if s.stance is not None]


@dataclass
class TrainingArticle:
    """One article. `source`: file and line."""

    source: str
    language: str
    genre: str
    published: str
    title: str
    lines: list[Line] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The article as it is read: paragraphs with a blank line between them."""
        paragraphs: dict[int, list[str]] = {}
        for line in self.lines:
            paragraphs.setdefault(line.paragraph, []).append(line.text)
        return "\n\n".join([self.title, *(" ".join(p) for p in paragraphs.values())]) + "\n"


class AnnotationError(ValueError):
    """A line that can't be read."""


def read(path: Path) -> Iterator[TrainingArticle]:
    """The articles of a file.

    Raises:
        AnnotationError: with the place and the reason.
    """
    article: TrainingArticle | None = None
    paragraph = 0
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line, place = raw.strip(), f"{path.name}:{number}"
        if line.startswith("= "):
            if article is not None:
                yield article
            article = _header(line, place)
        elif article is None:
            if line:
                raise AnnotationError(f"{place}: text before the first article")
        elif not line:
            paragraph += 1
        elif line.startswith("## "):
            paragraph += 1
            article.lines.append(Line(line[3:], paragraph, heading=True))
            paragraph += 1
        elif line[:2] in {"> ", "~ "}:
            if not article.lines or article.lines[-1].heading:
                raise AnnotationError(f"{place}: a claim without a sentence")
            article.lines[-1].said.append(_said(line, article, place))
        else:
            article.lines.append(Line(line, paragraph))
    if article is not None:
        yield article


def all_articles(folder: Path = FOLDER) -> list[TrainingArticle]:
    """Every article, by file name."""
    return [article for path in sorted(folder.glob("*.txt")) for article in read(path)]


def _header(line: str, place: str) -> TrainingArticle:
    words = line.split(maxsplit=4)
    if len(words) < 5 or words[1] not in {"de", "en"} or words[2] not in _GENRES:
        raise AnnotationError(f"{place}: expected '= de|en genre YYYY-MM-DD title'")
    return TrainingArticle(place, words[1], words[2], words[3], words[4])


def _said(line: str, article: TrainingArticle, place: str) -> Said:
    fields = [part.strip() for part in line[2:].split("|")]
    names: list[str] = []
    mentions: list[str | None] = []
    text = article.lines[-1].text
    for part in fields[0].split(";"):
        match = _SPEAKER.match(part.strip())
        if match is None:
            raise AnnotationError(f"{place}: no speaker in {part!r}")
        mention = match["name"] if match["mention"] is None else match["mention"]
        mention = None if mention == "-" else mention
        if mention is not None and mention not in text:
            raise AnnotationError(f"{place}: {mention!r} is not in the sentence; give its words in [brackets], or [-]")
        names.append(match["name"])
        mentions.append(mention)
    if line.startswith("~"):
        if len(fields) > 1:
            raise AnnotationError(f"{place}: '~' takes a name only")
        return Said(names, mentions)
    if len(fields) not in {4, 5}:
        raise AnnotationError(f"{place}: expected '> speakers | stance | measure | attribution [| +1]'")
    try:
        labels = Stance(fields[1]), Measure(fields[2]), Attribution(fields[3])
        earlier = int(fields[4]) if len(fields) == 5 else 0
    except ValueError as error:
        raise AnnotationError(f"{place}: {error}") from error
    return Said(names, mentions, *labels, earlier)


def main() -> int:
    """Check files, and count what they hold."""
    articles = [a for name in sys.argv[1:] for a in read(Path(name))] if sys.argv[1:] else all_articles()
    lines = [line for a in articles for line in a.lines if not line.heading]
    claims = [c for line in lines for c in line.claims]
    print(f"{len(articles)} articles, {sum(len(x.text.split()) for x in lines)} words, {len(lines)} sentences")
    print(f"{len(claims)} claims, {sum(len(c.speakers) for c in claims)} pairs")
    print("other speech:", sum(len(line.said) - len(line.claims) for line in lines))
    for labels in ([c.stance for c in claims], [c.measure for c in claims], [c.attribution for c in claims]):
        print(
            *(f"{label} {n}" for label, n in Counter(x.value for x in labels if x is not None).most_common()), sep=", "
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
