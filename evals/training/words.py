"""Makes `summarizer/data/common.LANGUAGE.txt.gz`: words that are no part of a person's name.

Every writer of a training file invents persons of their own, so a word with a capital that occurs in several files,
or one that also occurs without, is a common one.
"""

from __future__ import annotations

import re
from collections import defaultdict

from dataset import LANGUAGES, articles, sentences, write_packed

from summarizer.people import bare_name, is_role, looks_like_person

MIN_FILES = 4
_WORD = re.compile(r"[^\W\d_][\w'’-]*")


def _names(speakers: list[str]) -> set[str]:
    """The words of persons' names."""
    return {word for speaker in speakers if looks_like_person(speaker) for word in bare_name(speaker).split()}


def _after_office(text: str) -> set[str]:
    """Two words with capitals after an office: "Finance Minister Anna Muster"."""
    words = _WORD.findall(text)
    found: set[str] = set()
    for office, first, last in zip(words, words[1:], words[2:], strict=False):
        if is_role(office) and office[0].isupper() and first[0].isupper() and last[0].isupper():
            found |= {w for w in (first, last) if not is_role(w)}
    return found


def main() -> None:
    """Write both lists."""
    for language in LANGUAGES:
        files: dict[str, set[str]] = defaultdict(set)
        names: set[str] = set()
        for labelled in sentences(language):
            for word in _WORD.findall(f"{labelled.labels['before'] or ''} {labelled.labels['text']}"):
                files[word].add(labelled.group)
            names |= _names([labelled.labels["speaker"] or ""]) | _after_office(labelled.labels["text"])
        for article in articles(language):
            for word in _WORD.findall(article.document.article.text):
                files[word].add(article.group)
            names |= _after_office(article.document.article.text)
            names |= _names([n for line in article.lines.values() for said in line.said for n in said.speakers])
        small = {w for w, found in files.items() if w[0].islower() and len(found) > 1}
        common = small | {
            w for w, found in files.items() if len(found) >= MIN_FILES and w not in names and w.lower() not in small
        }
        target = write_packed(f"common.{language}.txt", "\n".join(sorted(common)))
        print(f"{target.name}: {len(common)} words, {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
