"""A small invented golden set, and a service that answers about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from openai_server import Item, Request
from pydantic import SecretStr

from summarizer.evaluation.golden import GoldenArticle, load_golden_set
from summarizer.llm.client import OpenAIModel

TEXTS = {
    "oslo": "Oslo sagt Soldaten zu\n\nOSLO (dpa) - Norwegen sagte der Ukraine am Montag 200 Soldaten zu. "
    "Dänemark lehnte die Entsendung von Truppen ab.\n",
    "regen": "Regen im Norden\n\nKIEL (dpa) - In Kiel fiel am Montag viel Regen. Der Hafen blieb offen.\n",
    "riga": "Riga bietet Ausbildung an\n\nRIGA (dpa) - Lettland bot der Ukraine die Ausbildung von Soldaten an. "
    "Estland forderte von den Verbündeten mehr Truppen.\n",
}


def annotated(speaker: str, opening: str, stance: str, measure: str) -> dict[str, Any]:
    return {
        "speakers": [speaker],
        "statement": f"{speaker} hat eine Haltung dazu.",
        "attribution": "narrated",
        "stance": stance,
        "measure": measure,
        "evidence": [opening],
    }


CLAIMS = {
    "oslo": [
        annotated("Norwegen", "Norwegen sagte", "commits", "troops"),
        annotated("Dänemark", "Dänemark lehnte", "refuses", "troops"),
    ],
    "regen": [],
    "riga": [
        annotated("Lettland", "Lettland bot", "open", "training"),
        annotated("Estland", "Estland forderte", "demands", "troops"),
    ],
}


def golden_set(folder: Path) -> list[GoldenArticle]:
    """The set, written to a folder and loaded: oslo, regen, riga."""
    for slug, text in TEXTS.items():
        (folder / slug).mkdir(parents=True)
        (folder / slug / "article.txt").write_text(text, encoding="utf-8")
        annotation = {
            "language": "de",
            "published": "2025-09-05",
            "split": "dev",
            "genre": "agency",
            "claims": CLAIMS[slug],
        }
        content = yaml.safe_dump(annotation, allow_unicode=True)
        (folder / slug / "claims.yaml").write_text(content, encoding="utf-8")
    return load_golden_set(folder)


def given(speaker: str, sentence: int, stance: str, measure: str) -> dict[str, Any]:
    """A claim as a model gives it."""
    return {
        "evidence": [sentence],
        "speakers": [{"name": speaker, "kind": "government"}],
        "statement": f"{speaker} äußert sich dazu.",
        "attribution": "narrated",
        "stance": stance,
        "measure": measure,
    }


ANSWERS = {
    "oslo": [given("Norwegen", 2, "commits", "troops"), given("Dänemark", 3, "refuses", "troops")],
    "regen": [],
    "riga": [given("Lettland", 2, "open", "training"), given("Estland", 3, "demands", "arms")],
}


def slug_of(request: Request) -> str | None:
    """Which article a request is about; None for a request for the summary."""
    asked = " ".join(request.texts[1:])
    return next((slug for slug, text in TEXTS.items() if text.split("(dpa) - ")[1][:20] in asked), None)


def answer(request: Request) -> Item:
    """All right, except for one measure."""
    slug = slug_of(request)
    if slug is None:
        return json.dumps({"sentences": [{"text": "Es gibt Haltungen dazu.", "claims": ["c1"]}]})
    return json.dumps({"claims": ANSWERS[slug]})


def model_at(base_url: str, key: str = "sk-planted-0123456789", **options: Any) -> OpenAIModel:
    """The service's model, each request tried once."""
    return OpenAIModel(
        "openai/stand-in", model_id="stand-in", base_url=base_url, api_key=SecretStr(key), max_attempts=1, **options
    )
