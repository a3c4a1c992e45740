"""The text of a golden draft's `claims.yaml`: the claims as YAML, and in comments what a person has to know."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from summarizer.corrections import Correction
from summarizer.evaluation.annotation import SCHEMA_LINE
from summarizer.models import Claim, Report, Uncovered
from summarizer.rendering.visible import visible_line

# YAML reads these nowhere, not even in a comment.
_NOT_IN_YAML = re.compile("[^\t\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class DraftLine(NamedTuple):
    """A claim as it is written: what is told above it, and whether only in comments."""

    remarks: list[str]
    annotated: dict[str, Any]
    is_comment: bool


def annotation_text(heading: Iterable[str], head: Mapping[str, Any], lines: Sequence[DraftLine]) -> str:
    """The whole file: comments, what is said of the article, and the claims."""
    return "".join(
        [
            f"{SCHEMA_LINE}\n",
            *(f"# {_plain(line)}\n" for line in heading),
            _yaml(dict(head)),
            "claims:\n" if any(not line.is_comment for line in lines) else "claims: []\n",
            *(_written(line) for line in lines),
        ]
    )


def heading(
    report: Report, corrections: dict[str, Correction], wrong: Sequence[tuple[Claim, str | None]]
) -> Iterator[str]:
    """What stands above the claims: where they come from, what is still to do, and what was left out."""
    run, article = report.run, report.article
    yield (
        f"A draft, made by summarizer {run.summarizer_version} with {run.model} (prompt {run.prompt}) on "
        f"{run.started_at.date()}, {len(corrections)} of {len(report.claims)} claims corrected by a reader."
    )
    origin = [part for part in (article.source, article.url, f"id {article.id}") if part]
    yield f"Article: {', '.join(origin)}. It may be somebody's property: ask before it is given to others."
    yield "What a person has still to do:"
    yield "- set split (dev or test) and genre;"
    yield "- check every claim, those without a correction too: nobody has confirmed them;"
    yield "- give aliases, other names under which a speaker counts as the same;"
    yield "- mark claims over which annotators could differ with `optional: true`;"
    if run.language and run.language != article.language:
        yield f"- word the statements in the article's language: they are in {run.language};"
    yield "- add claims that were missed" + (
        ". Sentences with a word of reporting that no claim cites:" if report.uncovered else ";"
    )
    yield from (f"    {_told(sentence)}" for sentence in report.uncovered)
    yield "- delete these comments."
    if wrong:
        yield "Left out, because a reader marked them as wrong:"
        for claim, note in wrong:
            names = ", ".join(speaker.name for speaker in claim.speakers)
            yield f"    {claim.id}. {names}: {claim.statement}" + (f" Note: {note}" if note else "")


def _told(sentence: Uncovered) -> str:
    return f"sentence {sentence.sentence} ({sentence.cue}): {sentence.text}"


def _written(line: DraftLine) -> str:
    body = textwrap.indent(_yaml([line.annotated]), "  ")
    if line.is_comment:
        body = "".join(f"  # {text[2:]}\n" for text in body.splitlines())
    return "".join(f"  # {_plain(remark)}\n" for remark in line.remarks) + body


def _plain(text: str) -> str:
    """One line that is a comment in YAML, whatever is in it. Space in front stays."""
    space = text[: len(text) - len(text.lstrip(" "))]
    return space + _NOT_IN_YAML.sub("\ufffd", visible_line(text))


def _yaml(value: object) -> str:
    import yaml

    return yaml.dump(
        value, Dumper=_dumper(), allow_unicode=True, sort_keys=False, default_flow_style=None, width=float("inf")
    )


@cache
def _dumper() -> type[Any]:
    """Writes YAML as the set has it: lists indented, every string on one line."""
    import yaml

    class Dumper(yaml.SafeDumper):
        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, False)

    def string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        style = None if text.isprintable() else '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, string)
    return Dumper
