"""Loads the prompt files and puts an article into them so that it can't break out of its place."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from summarizer import resources
from summarizer.document import Document
from summarizer.errors import ConfigurationError
from summarizer.llm.base import Message
from summarizer.models import Sentence

_LOOKALIKE_NUMBER = re.compile(r"\[(\d+)\]")
# What chat templates' tokens begin and end with: `<|im_start|>`, `</s>`, `<start_of_turn>`, `[INST]`.
_TOKEN_BEGINS = re.compile(r"<(?=[|｜/<\w])|\[(?=/?[A-Z_]+\])")
_TOKEN_ENDS = re.compile(r"(?<=[|｜])>")


@cache
def load(name: str) -> dict[str, Any]:
    """A prompt file of `prompts/`, such as `article/extract`."""
    import yaml

    content: dict[str, Any] = yaml.safe_load((resources.folder("prompts") / f"{name}.yaml").read_text("utf-8"))
    return content


@cache
def identity(name: str) -> str:
    """Name, version and hash of a prompt file, for reports."""
    raw = (resources.folder("prompts") / f"{name}.yaml").read_bytes()
    return f"{name}@{load(name)['version']}+{hashlib.sha256(raw).hexdigest()[:8]}"


def files(profile: str, topic: str, *, translated: bool = False) -> str:
    """Every file of `prompts/` that decides a profile's results on a topic, `translated` or not, with its hash."""
    folder = resources.folder("prompts")
    names = ["article/extract", "article/summary", *(["article/translate"] if translated else [])]
    if profile == "sentence":
        names = [f"sentence/{path.stem}" for path in sorted((folder / "sentence").glob("speakers.*.yaml"))]
    words = hashlib.sha256((folder / "topics" / f"{topic}.yaml").read_bytes()).hexdigest()[:8]
    return ", ".join([*map(identity, names), f"topics/{topic}+{words}"])


@dataclass(frozen=True)
class Topic:
    """Words, or beginnings of words, that tell a topic."""

    words: tuple[str, ...]

    def is_in(self, text: str) -> bool:
        """Whether the text has one of them, in whatever case."""
        # Ten times as fast as a pattern of all of them.
        lowered = text.lower()
        return any(word in lowered for word in self.words)


@cache
def topic(name: str) -> Topic:
    """What a paragraph on the topic speaks of.

    Raises:
        ConfigurationError: there is no such topic.
    """
    return Topic(tuple(word.lower() for word in [*_topic(name)["core"], *_topic(name)["related"]]))


@cache
def topic_core(name: str) -> Topic:
    """What an article on the topic must speak of at least once. Raises as `topic` does."""
    return Topic(tuple(word.lower() for word in _topic(name)["core"]))


def _topic(name: str) -> dict[str, Any]:
    folder = resources.folder("prompts") / "topics"
    known = sorted(p.stem for p in folder.glob("*.yaml"))
    if name not in known:
        raise ConfigurationError(f"There is no topic '{name}'.", f"Known topics: {', '.join(known)}.")
    return load(f"topics/{name}")


def harmless(text: str) -> str:
    """One line that holds no chat-template token and nothing that looks like a sentence number."""
    line = _TOKEN_ENDS.sub(" >", _TOKEN_BEGINS.sub(r"\g<0> ", " ".join(text.split())))
    return _LOOKALIKE_NUMBER.sub(r"(\1)", line)


def numbered(document: Document, sentences: Iterable[Sentence]) -> str:
    """Sentences as `[12] …`, one a line; headings are marked and carry no number."""
    return "\n".join(
        f"# {harmless(document.text(s))}" if s.is_heading else f"[{s.number}] {harmless(document.text(s))}"
        for s in sentences
    )


@cache
def speaker_turns(language: str) -> tuple[Message, ...]:
    """The fixed prefix of the question who speaks: the system prompt and the examples."""
    prompt = load(f"sentence/speakers.{language}")
    turns = [Message("system", prompt["system"].strip())]
    for example in prompt["examples"]:
        turns.append(Message("user", prompt["turn"].format(**example)))
        turns.append(Message("assistant", f"{prompt['opening']} {example['who']}\n{example['what']}"))
    return tuple(turns)


def speaker_question(language: str, sentence: str, previous: str | None) -> tuple[Message, ...]:
    """The question who speaks in a sentence, the answer's opening included."""
    prompt = load(f"sentence/speakers.{language}")
    asked = prompt["turn"].format(previous=harmless(previous or "-"), sentence=harmless(sentence))
    return (*speaker_turns(language), Message("user", asked), Message("assistant", prompt["opening"]))
