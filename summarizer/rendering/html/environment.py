"""What all pages share: the template environment, their look, and the policy that lets nothing in or out."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from summarizer.rendering.visible import visible

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def environment() -> Environment:
    """Templates as `part` finds them: every value is escaped, and every character of it shows."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    def harmless(value: object) -> object:
        return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    return Environment(
        loader=FunctionLoader(part),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=harmless,
    )


@cache
def part(name: str) -> str:
    """A template, a style sheet or a script: a file of this folder, or by its path in the package."""
    folder = files("summarizer") if "/" in name else files("summarizer.rendering.html")
    return folder.joinpath(name).read_text(encoding="utf-8")


def policy(style: str, script: str = "", *, connects: bool = False, sends: bool = False) -> str:
    """The Content-Security-Policy of a page with this inline style and script, and nothing else.

    With `connects` the script may also talk to where the page came from, with `sends` its forms go there.
    """
    directives = ["default-src 'none'", f"style-src '{source_hash(style)}'"]
    directives += [f"script-src '{source_hash(script)}'"] if script else []
    directives += ["connect-src 'self'"] if connects else []
    return "; ".join([*directives, "img-src data:", "base-uri 'none'", f"form-action '{'self' if sends else 'none'}'"])


def source_hash(content: str) -> str:
    """What a Content-Security-Policy calls an inline style or script that it allows."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def shown(text: str) -> str:
    """Every character visible, as in `rendering.visible`, but spaces and line ends stay as they are."""
    if text.isprintable():
        return text
    return re.sub(r"[^ \n]+", lambda piece: visible(piece.group()), text)
