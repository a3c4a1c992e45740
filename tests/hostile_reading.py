"""A process that reads what it is told to, with little memory: `python hostile_reading.py FOLDER`, a line a file.

Each line is JSON: the file's name, `article`, `articles` or the error's class, how many sentences, and the message.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from summarizer.document import Document
from summarizer.errors import InputError
from summarizer.models import Article
from summarizer.reading import items
from summarizer.sentences import chunk

MOST_MEMORY = 2_000_000_000


def told(path: Path) -> dict[str, object]:
    """What reading, splitting and looking for cues give."""
    sentences = 0
    kind = "article"
    try:
        for item in items([str(path)]):
            found = item.read()
            if isinstance(found, list):
                kind = "articles"
                found = found[0].read() if found[0].digest else []
            if isinstance(found, Article):
                document = Document.of(found)
                chunk(document.sentences, found.text, max_chars=6000)
                sentences += len(document.sentences)
                for sentence in document.sentences:
                    document.cues(sentence)
    except InputError as error:
        return {"name": path.name, "kind": type(error).__name__, "sentences": 0, "message": str(error)}
    return {"name": path.name, "kind": kind, "sentences": sentences, "message": ""}


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    for file in sorted(Path(sys.argv[1]).iterdir()):
        print(json.dumps(told(file)), flush=True)
