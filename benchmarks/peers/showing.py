"""The comparison as Markdown tables, and as a plot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from results import made_with, print_table

OURS = "summarizer"
NO_MODEL = "cue-verbs"
_BARS = (
    ("loose F1", "loose_f1"),
    ("strict F1", "strict_f1"),
    ("tokens for a claim found", "tokens_per_loose"),
    ("seconds an article", "seconds"),
)


def show(result: Mapping[str, Any]) -> None:
    """The line of what it was made with, and the tables."""
    figures = result["figures"]
    print(f"Golden split {figures['split']}, model {figures['model']}. {made_with(result)}\n")
    print_systems(figures["systems"])
    print()
    _goals(figures["systems"])


def print_systems(systems: Mapping[str, Mapping[str, Any]]) -> None:
    """The systems side by side."""
    rows = {
        "articles": "articles",
        "crashed articles": "crashed",
        "loose F1": "loose_f1",
        "strict F1": "strict_f1",
        "strict F1, crashed as empty": "strict_f1_crashed_as_empty",
        "claims in an article without any": "claims_per_negative",
        "claims with verbatim evidence": "evidence_verbatim",
        "speakers not in the article": "speakers_not_in_article",
        "tokens in, an article": "input_tokens",
        "tokens out, an article": "output_tokens",
        "tokens evaluated, an article": "evaluated_tokens",
        "tokens evaluated for each claim found (loose)": "tokens_per_loose",
        "tokens evaluated for each claim right (strict)": "tokens_per_strict",
        "requests, an article": "requests",
        "seconds, an article": "seconds",
    }
    print_table(
        ["", *systems],
        ([label, *(_cell(figure, system) for system in systems.values())] for label, figure in rows.items()),
    )


def _cell(figure: str, system: Mapping[str, Any]) -> str:
    value = system[figure]
    if value is None:
        return "–"
    if figure in {"evidence_verbatim", "speakers_not_in_article"}:
        return f"{100 * value:.1f} %"
    if "f1" in figure:
        bounds = system.get(f"{figure}_interval")
        return f"{value:.3f}" + (f" ({bounds[0]:.3f}–{bounds[1]:.3f})" if bounds else "")
    if isinstance(value, int):
        return str(value)
    return f"{value:,.0f}" if value >= 100 or not value else f"{value:.1f}"


def _goals(systems: Mapping[str, Mapping[str, Any]]) -> None:
    """Each goal with what was reached. The best peer is the best in that figure, of those with the same model."""
    own, peers = systems[OURS], {n: s for n, s in systems.items() if n not in {OURS, NO_MODEL}}
    lang = systems["langextract"]
    strict = max(peer["strict_f1"] or 0.0 for peer in peers.values())
    best = max(peers.values(), key=lambda peer: peer["strict_f1"] or 0.0)
    fastest = min(peer["seconds"] for peer in peers.values())
    shares = [
        ("strict F1, times the best peer's", own["strict_f1"], strict, "≥ 2"),
        ("tokens for each claim found, share of LangExtract's", *_both("tokens_per_loose", own, lang), "≤ 1/3"),
        ("tokens for each claim right, share of LangExtract's", *_both("tokens_per_strict", own, lang), "≤ 1/3"),
        ("seconds an article, share of the most accurate peer's", *_both("seconds", own, best), "≤ 1/2"),
        ("seconds an article, share of the quickest peer's", own["seconds"], fastest, "≤ 1/2"),
    ]
    rows = [(label, _ratio(value, base), wanted) for label, value, base, wanted in shares]
    rows.append(("claims with verbatim evidence", _cell("evidence_verbatim", own), "100 %"))
    rows.append(("speakers in the article", f"{100 * (1 - own['speakers_not_in_article']):.1f} %", "100 %"))
    print_table(["goal", "reached", "wanted"], rows)


def _both(figure: str, own: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[float | None, float | None]:
    return own[figure], other[figure]


def _ratio(value: float | None, base: float | None) -> str:
    if not base:
        return "∞" if value else "–"
    return "–" if value is None else f"{value / base:.2f}"


def draw(result: Mapping[str, Any]) -> None:
    """Bars: F1 with its intervals, tokens for each claim found, and seconds."""
    import plots

    systems = result["figures"]["systems"]
    names = list(systems)[::-1]
    colours = [plots.OURS if name == OURS else plots.OTHERS for name in names]
    with plots.plot("benchmark-peers", columns=len(_BARS), width_in=11, height_in=2.4) as axes:
        for axis, (title, figure) in zip(axes, _BARS, strict=True):
            values = [systems[name][figure] or 0.0 for name in names]
            ranges = [systems[name].get(f"{figure}_interval") or (v, v) for name, v in zip(names, values, strict=True)]
            off = [[v - low for v, (low, _) in zip(values, ranges, strict=True)]]
            off.append([high - v for v, (_, high) in zip(values, ranges, strict=True)])
            axis.barh(names, values, color=colours, xerr=off, ecolor="#46505a", capsize=2)
            for y, (name, (_, high)) in enumerate(zip(names, ranges, strict=True)):
                label = _cell(figure, systems[name]).partition(" ")[0]
                axis.annotate(label, (high, y), (5, 0), textcoords="offset points", va="center", fontsize=8)
            axis.set_title(title, fontsize=10)
            axis.set_xlim(0, 1.3 * max(high for _, high in ranges) or 1)
            axis.grid(axis="y", visible=False)
        for axis in axes[1:]:
            axis.set_yticklabels([])
