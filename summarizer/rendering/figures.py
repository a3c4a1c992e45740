"""What every view says in the same words: counts, seconds, tokens, cost, speakers, and where evidence stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby

from summarizer.models import Article, Evidence, Report, Run, Span, Speaker
from summarizer.rendering.visible import visible_line


def line_number(article: Article, offset: int) -> int:
    """The line of `article.text`, counted from 1, in which the code point at `offset` stands."""
    return article.text.count("\n", 0, offset) + 1


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """`1 claim`, `2 claims`, `1,234 claims`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def rejection_counts(report: Report) -> dict[str, int]:
    """How often each check refused a claim, the most frequent first; a claim can fail several checks."""
    counts = Counter(reason.check for rejection in report.rejections for reason in rejection.reasons)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def check_words(check: str) -> str:
    """The name of a check as words: `quote not verbatim`."""
    return check.replace("_", " ")


def outcome(report: Report) -> list[str]:
    """Claims, rejections with their reasons, uncovered sentences: one phrase each."""
    rejected = f"{len(report.rejections):,} rejected"
    reasons = ", ".join(f"{check_words(c)} {n}" for c, n in rejection_counts(report).items())
    return [
        counted(len(report.claims), "claim"),
        f"{rejected} ({reasons})" if reasons else rejected,
        counted(len(report.uncovered), "uncovered sentence"),
    ]


def effort(run: Run) -> list[str]:
    """Seconds, requests and, where they are known, tokens and cost: one phrase each."""
    usage = run.usage
    again = [
        counted(usage.reasks, "reask") if usage.reasks else "",
        counted(usage.transport_retries, "retry", "retries") if usage.transport_retries else "",
    ]
    requests = counted(usage.requests, "request")
    parts = [
        duration(run.duration_s),
        f"{requests} ({', '.join(filter(None, again))})" if any(again) else requests,
    ]
    if usage.input_tokens or usage.output_tokens:
        parts.append(f"{usage.input_tokens:,} input and {usage.output_tokens:,} output tokens")
    return parts if usage.cost_usd is None else [*parts, cost(usage.cost_usd)]


def duration(seconds: float) -> str:
    """`0.4 s`, `14.2 s`, `2 min 14 s`, `1 h 3 min`."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours:,} h {minutes} min"


def cost(dollars: float) -> str:
    """US dollars: cents from a dollar on, four decimals below, and never a rounded-down `$0.0000`."""
    if dollars == 0:
        return "$0"
    if dollars < 0.0001:
        return "<$0.0001"
    return f"${dollars:,.2f}" if dollars >= 0.99995 else f"${dollars:.4f}"


def speaker_details(speaker: Speaker, known: Collection[str] = ()) -> str:
    """Role and affiliation; an affiliation that only repeats the name, or one of what is known, is left out."""
    own = speaker.affiliation if speaker.affiliation not in (speaker.name, *known) else None
    return ", ".join(part for part in (speaker.role, own) if part)


def speaker_name(speaker: Speaker) -> str:
    """The name on one line."""
    return visible_line(speaker.name) or "Unnamed"


def speaker_words(speaker: Speaker, known: Collection[str] = ()) -> str:
    """`Name (role, affiliation)` on one line, with the details that `speaker_details` gives."""
    details = visible_line(speaker_details(speaker, known))
    return f"{speaker_name(speaker)} ({details})" if details else speaker_name(speaker)


def quoted_pieces(evidence: Span, quote: Span | None) -> tuple[str, str, str]:
    """The evidence's words before, within and after a quote; the latter two empty where it isn't quoted."""
    text, start = evidence.text, evidence.start
    if quote is None or quote.end <= start or quote.start >= evidence.end:
        return text, "", ""
    first, last = max(start, quote.start) - start, min(evidence.end, quote.end) - start
    return text[:first], text[first:last], text[last:]


def sentences(evidence: Iterable[Evidence]) -> str:
    """Where evidence stands: `sentence 12`, `sentences 3–5, 9`; nothing without evidence."""
    numbers = sorted({e.sentence for e in evidence})
    if not numbers:
        return ""
    return f"sentence{'s' if len(numbers) > 1 else ''} {', '.join(_ranges(numbers))}"


def _ranges(numbers: list[int]) -> Iterator[str]:
    """Runs of three and more as first–last."""
    for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        members = [number for _, number in run]
        if len(members) > 2:
            yield f"{members[0]}–{members[-1]}"
        else:
            yield from map(str, members)
