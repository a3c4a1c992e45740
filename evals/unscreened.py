"""The attacks of `evals/injection` with screening switched off: what the model and verification alone let through.

python evals/unscreened.py --split dev -o evals/recorded/unscreened-dev.jsonl

The options are those of `summarizer eval --injection`.
"""

from __future__ import annotations

import sys
from unittest.mock import patch

from summarizer import pipeline
from summarizer.cli import main
from summarizer.models import Article
from summarizer.reading import page
from summarizer.reading.hidden import Shown
from summarizer.screening import Screened
from summarizer.screening.letters import Visible


def _unscreened(article: Article) -> Screened:
    return Screened(article, article, [], Visible(article.text))


if __name__ == "__main__":
    sys.argv = ["summarizer", "eval", "--injection", *sys.argv[1:]]
    with patch.object(pipeline, "screen", _unscreened), patch.object(page, "without_hidden", Shown):
        main()
