"""What a page hides from its readers: elements that are not displayed, have no size, or the colour behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_NEVER_SHOWN = frozenset({"template", "noscript", "noframes", "dialog"})
# Pages that hide these mostly show them again by a script.
_WHOLE = frozenset({"html", "body", "main", "article"})
_INNER = frozenset({"main", "article"})
_LEFT_OUT = frozenset({"head", "script", "style"})
_FAR_PX = -400.0
_TINY_PX = 1.0
_AT_BLOCK = re.compile(r"@[^{};]{0,200}\{(?:[^{}]|\{[^{}]*\})*\}")
_SELECTOR = re.compile(r"(?P<tag>[a-z][a-z0-9]*)?(?P<mark>[.#])(?P<name>[\w-]+)", re.IGNORECASE)
_LENGTH = re.compile(r"(-?\d*\.?\d+)\s*([a-z%]*)")
# The whole width is as far as it has to be; half of it is how things are put into the middle.
_PX = {"": 1.0, "px": 1.0, "pt": 1.33, "em": 16.0, "rem": 16.0, "ch": 8.0, "vw": 4.0, "vh": 4.0, "%": 4.0}
_NO_COLOUR = re.compile(r"transparent|rgba?\([^)]*[,/]\s*0*\.?0+%?\s*\)|#[0-9a-f]{6}00|#[0-9a-f]{3}0")
_WHITE = re.compile(
    r"white|#fff(?:fff)?|rgba?\(\s*255\s*,\s*255\s*,\s*255\s*(?:,\s*1(?:\.0*)?\s*)?\)|rgb\(255 255 255\)"
)


@dataclass(frozen=True)
class Shown:
    """A page without its hidden elements; `hidden` are the words of these, an element's each. Comments stay.

    `inside` are those of them that stand in the midst of the article.
    """

    html: str
    hidden: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()


@dataclass
class _Rules:
    """The classes and ids that a page's own style sheets hide, with the tag that they hide it on, if any."""

    names: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def hide(self, element: Any) -> bool:
        marks = [(".", name) for name in (element.get("class") or "").split()] + [("#", element.get("id") or "")]
        return any({"", element.tag} & self.names.get(mark, set()) for mark in marks)


def without_hidden(html: str) -> Shown:
    """The page as it is displayed, as far as its own attributes and style sheets tell. Scripts are not run."""
    import lxml.etree
    import lxml.html

    try:
        document = lxml.html.document_fromstring(html)
    except (lxml.etree.LxmlError, ValueError):
        return Shown(html)
    rules = _rules(document)
    doomed = [element for element in document.iter() if _is_element(element) and is_hidden(element, rules)]
    comments = tuple(" ".join((comment.text or "").split()) for comment in document.iter(lxml.etree.Comment))
    hidden, inside = [], []
    for element in doomed:
        above = [ancestor.tag for ancestor in element.iterancestors()]
        # One inside of another is gone already, and its words are told.
        if "html" not in above or not (words := " ".join(_text(element).split())):
            continue
        hidden.append(words)
        if not _INNER.isdisjoint(above):
            inside.append(words)
        element.drop_tree()
    if not hidden:
        return Shown(html, comments=comments)
    return Shown(lxml.html.tostring(document, encoding="unicode"), tuple(hidden), tuple(inside), comments)


def _is_element(element: Any) -> bool:
    return isinstance(element.tag, str)


def _text(element: Any) -> str:
    return " ".join(str(piece) for piece in element.itertext() if isinstance(piece, str))


def is_hidden(element: Any, rules: _Rules | None = None) -> bool:
    """Whether an element is not displayed, by what it is, its attributes, or the page's `rules`."""
    tag = element.tag
    if tag in _WHOLE or tag in _LEFT_OUT:
        return False
    if tag in _NEVER_SHOWN:
        return tag != "dialog" or element.get("open") is None
    if element.get("hidden") is not None:
        return True
    style = element.get("style")
    declared = _declared(style) if style else {}
    return (bool(declared) and (_hides(declared) or _is_unreadable(element, declared))) or (
        rules is not None and rules.hide(element)
    )


def _declared(style: str) -> dict[str, str]:
    pairs = (declaration.partition(":") for declaration in style.lower().split(";"))
    return {name.strip(): value.replace("!important", "").strip() for name, _, value in pairs if value.strip()}


def _hides(declared: Mapping[str, str]) -> bool:
    """Whether an element with such a style has no place on the page, or none that is seen."""
    return (
        declared.get("display") == "none"
        or declared.get("visibility") in {"hidden", "collapse"}
        or _px(declared.get("opacity")) == 0
        or _is_tiny(declared.get("font-size"))
        or _is_far(declared)
        or _is_cut_off(declared)
        or re.search(r"scale[xy]?\(\s*0(?:\.0+)?\s*[,)]", declared.get("transform", "")) is not None
        or re.search(r"opacity\(\s*0%?\s*\)", declared.get("filter", "")) is not None
    )


def _is_tiny(value: str | None) -> bool:
    px = _px(value)
    return px is not None and 0 <= px <= _TINY_PX


def _is_far(declared: Mapping[str, str]) -> bool:
    """Whether it stands beside the page."""
    moved = declared.get("position") in {"absolute", "fixed", "relative"}
    sides = ["text-indent", "margin-left", "margin-top"]
    places = [declared.get(side) for side in [*sides, *(["left", "top", "right", "bottom"] if moved else [])]]
    shifts = re.findall(r"translate[xy]?\(\s*(-[\d.]+[a-z]+)", declared.get("transform", ""))
    return any((px := _px(place)) is not None and px <= _FAR_PX for place in [*places, *shifts])


def _is_cut_off(declared: Mapping[str, str]) -> bool:
    """Whether nothing of it is let through."""
    clip = declared.get("clip", "")
    if re.match(r"rect\(\s*([01])(?:px)?[\s,]+\1?\d?(?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?\s*\)", clip):
        return True
    if re.match(r"(?:inset\(\s*(?:[5-9]\d|100)%|circle\(\s*0|polygon\(\s*0[^,]*\))", declared.get("clip-path", "")):
        return True
    hides_rest = "hidden" in declared.get("overflow", "") or "clip" in declared.get("overflow", "")
    sizes = [declared.get(name) for name in ("height", "width", "max-height", "max-width")]
    return hides_rest and any(map(_is_tiny, sizes))


def _is_unreadable(element: Any, declared: Mapping[str, str]) -> bool:
    """Whether its letters have no colour, or that of what is behind them; without one named, that is white."""
    colour = declared.get("color")
    if not colour:
        return False
    if _NO_COLOUR.fullmatch(colour):
        return True
    behind = next(_backgrounds(element, declared), None)
    if behind is None:
        return _WHITE.fullmatch(colour) is not None
    return colour == behind or bool(_WHITE.fullmatch(colour) and _WHITE.fullmatch(behind))


def _backgrounds(element: Any, declared: Mapping[str, str]) -> Iterator[str]:
    while element is not None:
        if found := declared.get("background-color") or declared.get("background") or element.get("bgcolor"):
            yield found
        element = element.getparent()
        declared = _declared(element.get("style") or "") if element is not None else {}


def _px(value: str | None) -> float | None:
    match = _LENGTH.match(value) if value else None
    return float(match[1]) * _PX.get(match[2], 1.0) if match else None


def _rules(document: Any) -> _Rules:
    """What style sheets in the page hide always: not those for some screens, and simple selectors only."""
    rules = _Rules()
    for sheet in document.iter("style"):
        if (sheet.get("media") or "all").lower() not in {"all", "screen"}:
            continue
        text = _AT_BLOCK.sub(" ", _without_comments(_text(sheet)))
        for rule in text.split("}"):
            selectors, _, style = rule.rpartition("{")
            if not _hides(_declared(style)):
                continue
            for selector in selectors.split(","):
                if found := _SELECTOR.fullmatch(selector.strip()):
                    rules.names.setdefault((found["mark"], found["name"]), set()).add((found["tag"] or "").lower())
    return rules


def _without_comments(sheet: str) -> str:
    first, *others = sheet.split("/*")
    return first + "".join(other.partition("*/")[2] for other in others)
