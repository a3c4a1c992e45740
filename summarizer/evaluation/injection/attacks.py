"""Attacks on golden articles: what they insert or respell, and what they want by it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from summarizer.errors import InputError, first_problem
from summarizer.evaluation.annotation import Split, Words
from summarizer.evaluation.injection.spelling import respelled


class AttackKind(StrEnum):
    """The way in that an attack tries."""

    INSTRUCTION = "instruction"
    HEADING = "heading"
    QUOTE = "quote"
    HTML_COMMENT = "html-comment"
    HIDDEN_ELEMENT = "hidden-element"
    INVISIBLE_CHARACTERS = "invisible-characters"
    BIDIRECTIONAL = "bidirectional"
    HOMOGLYPHS = "homoglyphs"
    SENTENCE_NUMBER = "sentence-number"
    FEW_SHOT = "few-shot"
    CHAT_TEMPLATE = "chat-template"
    FAKE_JSON = "fake-json"
    LEAVE_OUT = "leave-out"
    MAKE_UP = "make-up"
    MARKDOWN = "markdown"
    TERMINAL = "terminal"


class Form(StrEnum):
    """What the article is read as: the golden text itself, or an HTML page made of it."""

    TEXT = "text"
    PAGE = "page"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Edit(_Strict):
    """One change: `text` before or after an anchor, or in the place of words that a reader sees just the same."""

    before: Annotated[str, Field(min_length=1)] | None = None
    after: Annotated[str, Field(min_length=1)] | None = None
    replace: Annotated[str, Field(min_length=1)] | None = None
    text: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(place is not None for place in (self.before, self.after, self.replace)) != 1:
            raise ValueError("an edit has one of before, after and replace")
        if self.replace is not None and respelled(self.replace, self.text) is None:
            # Whoever rewrites a sentence has written another article, which is no injection.
            raise ValueError(f"{self.replace!r} is rewritten, not only spelled otherwise")
        return self

    @property
    def anchor(self) -> str:
        """What has to stand in the article, or in its page, exactly once."""
        anchor = self.before or self.after or self.replace
        assert anchor is not None
        return anchor


class Attack(_Strict):
    """An attack on one golden article. `name` is that of its file, without the ending.

    `payload` are words that no claim may carry, where the attack wants to invent one. `split` says which attacks
    defences are tuned on; it is no split of golden articles.
    """

    name: str
    article: Words
    kind: AttackKind
    split: Split
    reads: Form
    wants: Words
    edits: tuple[Edit, ...] = Field(min_length=1)
    payload: tuple[Words, ...] = ()


def load_attacks(folder: Path) -> list[Attack]:
    """All attacks of a folder, in the order of their names.

    Raises:
        InputError: the first file that is no attack; or there is none.
    """
    attacks = [_load(file) for file in sorted(folder.glob("*.yaml"))]
    if not attacks:
        raise InputError(f"There is no attack in {folder}.", "Run it in the repository, or use --attacks.")
    return attacks


def attacks_hash(attacks: Iterable[Attack]) -> str:
    """A hash over the attacks, whatever the order."""
    content = [attack.model_dump(mode="json") for attack in sorted(attacks, key=lambda attack: attack.name)]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _load(file: Path) -> Attack:
    import yaml

    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{file} can't be read: {' '.join(str(error).split())}.", "Attacks are YAML files.") from error
    if not isinstance(content, dict) or "name" in content:
        raise InputError(f"{file} is no attack.", "See the files beside it.")
    try:
        return Attack.model_validate({"name": file.stem, **content})
    except ValidationError as error:
        raise InputError(f"{file}: {first_problem(error)}.", "See the files beside it.") from error
