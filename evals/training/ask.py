"""Asks the embedded model who speaks in the claims of the training articles: `named.json`, from which taggers learn.

python evals/training/ask.py     # only what isn't there yet; about a second each on two cores
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from annotated import all_articles

from summarizer.extraction.sentence import cleaned, speaker_request
from summarizer.llm import weights
from summarizer.llm.local import LocalModel
from summarizer.llm.weights.catalogue import default_name

FILE = Path(__file__).parent / "named.json"
_SAVE_EVERY = 100


def key(sentence: str) -> str:
    """A sentence's name in the file."""
    return hashlib.sha256(sentence.encode()).hexdigest()[:12]


def recorded() -> dict[str, list[str]]:
    """The answers so far, by `key`."""
    return dict(json.loads(FILE.read_text(encoding="utf-8"))["named"]) if FILE.is_file() else {}


def main() -> None:
    """Ask."""
    named = recorded()
    asked = [(a.language, x.text) for a in all_articles() for x in a.lines if x.claims and key(x.text) not in named]
    model = LocalModel("local", weights.ensure(None), context_tokens=2048) if asked else None
    # The prefix of a language's prompt is evaluated once.
    for i, (language, text) in enumerate(sorted(asked), start=1):
        assert model is not None
        named[key(text)] = cleaned(model.complete(speaker_request(language, text)).text.split(";"))
        if i % _SAVE_EVERY == 0 or i == len(asked):
            write(named)
            print(f"{i} of {len(asked)}", flush=True)


def write(named: dict[str, list[str]]) -> None:
    """Write the answers, and which model gave them."""
    content = {
        "model": default_name(),
        "written": datetime.now(UTC).date().isoformat(),
        "named": dict(sorted(named.items())),
    }
    part = FILE.with_suffix(".part")
    part.write_text(json.dumps(content, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    part.replace(FILE)


if __name__ == "__main__":
    main()
