"""The article in a PDF: its lines, put together again as paragraphs.

A PDF has no paragraphs, only pieces of text at places on a page. Gaps, indents, sizes and short last lines
tell where one ends; what stands at the same place on several pages is no part of the article.
"""

from __future__ import annotations

import io
import logging
import math
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import chain, pairwise, takewhile
from typing import TYPE_CHECKING, Any

from summarizer.errors import InputError

if TYPE_CHECKING:
    from pypdf import PdfReader

OPENING = b"%PDF-"
"""The first bytes of every PDF."""

MAX_PAGES = 300
"""The longest PDF that is read as one article, in pages."""

_MAX_SECONDS = 60.0
_MAX_UNPACKED_BYTES = 20_000_000
_MAX_OPERATIONS = 1_000_000
# Enough for any page; the article's own limit is checked when the text is read.
_MAX_CHARS = 1_000_000
_MAX_TITLE_CHARS = 200

# In parts of a font's size.
_SAME_LINE = 0.3
_INDENT = 0.6
_OTHER_SIZE = 0.15
# In parts of the usual distance of lines, and of the usual length of one.
_GAP = 1.2
_SHORT = 0.8
_EDGE_LINES = 3
_RUNNING_SHARE = 0.4

_ENDS_SENTENCE = re.compile(r"[.!?:…][\"'”“’‘«»›‹)\]]*$")
_SUSPENDED = re.compile(r"(?:und|oder|bzw\.|sowie|bis|and|or|to)\b")
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\u2010": "-", "\0": ""}
)
_SOFT_HYPHEN = ("\u00ad", b"\xfe\xff\x00\xad")
_NO_TITLE = re.compile(
    r"^(?:microsoft (?:word|powerpoint)\b|untitled|unbenannt|ohne titel|about:|https?:|file:|www\.)"
    r"|\.\w{2,5}$|^[\w.-]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Pdf:
    """What a PDF's article consists of. Paragraphs and headings of `text` are separated by blank lines."""

    text: str
    title: str | None
    published: date | None


@dataclass(frozen=True)
class Line:
    """A line on a page. `x` and `y` are where it starts, `size` is its font's, all in points; `y` grows upwards."""

    text: str
    x: float
    y: float
    size: float


def read_pdf(data: bytes, *, name: str) -> Pdf:
    """Take the article out of a PDF. `name` is for messages.

    `published` is the day the file was made: what the text itself says should go before it.
    Raises `InputError` for one that is encrypted, damaged, scanned, too long, or takes too long.
    """
    import pypdf
    from pypdf.errors import DependencyError, LimitReachedError

    logging.getLogger("pypdf").addHandler(logging.NullHandler())
    limits = pypdf.get_configuration().with_overwrites(
        zlib_maximum_output_length=_MAX_UNPACKED_BYTES,
        lzw_maximum_output_length=_MAX_UNPACKED_BYTES,
        run_length_maximum_output_length=_MAX_UNPACKED_BYTES,
        array_based_stream_maximum_output_length=_MAX_UNPACKED_BYTES,
        stream_decoding_work_maximum_length=3 * _MAX_UNPACKED_BYTES,
        stream_parsing_work_maximum_count=_MAX_OPERATIONS,
        disable_legacy_handling=True,
    )
    try:
        with pypdf.apply_configuration(limits):
            reader = pypdf.PdfReader(io.BytesIO(data))
            _unlock(reader, name)
            pages = _pages(reader, name)
            title, made = _about(reader)
    except InputError:
        raise
    except (LimitReachedError, TimeoutError):
        raise _too_much(name) from None
    except DependencyError:
        raise _locked(name) from None
    except Exception:
        # Whatever is wrong in a file, pypdf raises: its own errors, and any that Python has.
        raise InputError(f"{name} is a damaged PDF.", "Print it to a new PDF, or pass its text.") from None
    text = "\n\n".join(paragraphs(pages))
    if not text.strip():
        raise InputError(
            f"{name} is a PDF. There is no text in it; it may be scanned.",
            "Read the text out of it first, for instance with ocrmypdf.",
        )
    return Pdf(text, title, made)


def paragraphs(pages: Sequence[Sequence[Line]]) -> Iterator[str]:
    """The paragraphs of lines as they stand on pages, without running headers, footers and page numbers."""
    kept = list(_without_running_lines(pages))
    leading = _leading(kept)
    full = _full_line(kept)
    paragraph: list[str] = []
    before: Line | None = None
    page_before = 0
    for number, page in enumerate(kept):
        for at, line in enumerate(page):
            after = page[at + 1] if at + 1 < len(page) else None
            if before is not None:
                moved = number != page_before or line.y > before.y + before.size
                ended = _parts_across(before, line) if moved else _parts(before, line, after, leading, full)
                if ended:
                    yield _joined(paragraph)
                    paragraph = []
            paragraph.append(line.text)
            before, page_before = line, number
    if paragraph:
        yield _joined(paragraph)


def _unlock(reader: PdfReader, name: str) -> None:
    """Many PDFs are encrypted only against changes, with an empty password to read them."""
    from pypdf import PasswordType

    if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
        raise _locked(name)


def _pages(reader: PdfReader, name: str) -> list[list[Line]]:
    if len(reader.pages) > MAX_PAGES:
        raise InputError(
            f"{name} has {len(reader.pages):,} pages; the limit is {MAX_PAGES}.",
            "Pass the pages of one article, for instance cut out with qpdf.",
        )
    deadline = time.monotonic() + _MAX_SECONDS
    pages = []
    chars = 0
    for page in reader.pages:
        collected = _Collected(deadline)
        page.extract_text(visitor_text=collected.add, visitor_operand_before=collected.before)
        # pypdf swallows what is raised inside of a form on a page.
        if collected.late or (chars := chars + collected.chars) > _MAX_CHARS:
            raise _too_much(name)
        pages.append(list(collected.lines()))
    return pages


@dataclass
class _Collected:
    """The pieces of text on a page, as they come."""

    deadline: float
    chars: int = 0
    late: bool = False
    hidden: bool = False
    rows: list[list[Line]] = field(default_factory=lambda: [[]])

    def before(self, operator: bytes, operands: list[Any], *_: object) -> None:
        """Called for each drawing instruction: stops when there are too many, and hides soft hyphens.

        Browsers draw those as spaces, and say beside it what they are.
        """
        if operator == b"BDC":
            about = operands[1] if len(operands) > 1 else None
            self.hidden = isinstance(about, dict) and about.get("/ActualText") in _SOFT_HYPHEN
        elif operator == b"EMC":
            self.hidden = False
        elif operator in (b"Tj", b"TJ") and self.hidden and operands:
            operands[0] = type(operands[0])()
        if self.chars > _MAX_CHARS or time.monotonic() > self.deadline:
            self.late = True
            raise TimeoutError

    def add(self, text: str, outer: Sequence[float], inner: Sequence[float], _: Any, size: float) -> None:
        """A piece of text, with the matrices that lead from its own space to the page's."""
        self.chars += len(text)
        a, b, c, d, e, f = outer
        x, y = inner[4] * a + inner[5] * c + e, inner[4] * b + inner[5] * d + f
        scale = math.sqrt(abs((inner[0] * inner[3] - inner[1] * inner[2]) * (a * d - b * c)))
        for number, words in enumerate(text.split("\n")):
            if number:
                self.rows.append([])
            if words:
                self.rows[-1].append(Line(words, x, y, abs(size) * scale or 1.0))

    def lines(self) -> Iterator[Line]:
        before: Line | None = None
        for row in self.rows:
            words = " ".join("".join(piece.text for piece in row).translate(_LIGATURES).split())
            if not words:
                continue
            first = next(piece for piece in row if piece.text.strip())
            size = max(row, key=lambda piece: len(piece.text.strip())).size
            if before and abs(first.y - before.y) < _SAME_LINE * size and first.x > before.x:
                before = Line(f"{before.text} {words}", before.x, before.y, before.size)
                continue
            if before:
                yield before
            before = Line(words, first.x, first.y, size)
        if before:
            yield before


def _without_running_lines(pages: Sequence[Sequence[Line]]) -> Iterator[list[Line]]:
    """Running lines stand outermost, at the same height, with the same words but for the numbers in them."""
    seen = Counter(chain.from_iterable({_running(line) for line in _edges(page)} for page in pages))
    often = max(2.0, _RUNNING_SHARE * len(pages))
    running = {key for key, pages_with_it in seen.items() if pages_with_it >= often}
    for page in pages:
        by_height = sorted(page, key=lambda line: line.y)
        outer = [
            line
            for side in (by_height[:_EDGE_LINES], by_height[: -_EDGE_LINES - 1 : -1])
            for line in takewhile(lambda line: _running(line) in running, side)
        ]
        yield [line for line in page if line not in outer]


def _edges(page: Sequence[Line]) -> list[Line]:
    by_height = sorted(page, key=lambda line: line.y)
    return by_height[:_EDGE_LINES] + by_height[-_EDGE_LINES:]


def _running(line: Line) -> tuple[int, str]:
    return round(line.y), re.sub(r"\d+", "#", line.text)


def _leading(pages: Sequence[Sequence[Line]]) -> float:
    """The usual distance of lines, in parts of their size: the smallest that is frequent."""
    distances = Counter(
        round((before.y - line.y) / line.size, 1)
        for page in pages
        for before, line in pairwise(page)
        if line.y < before.y and not _differ(before, line)
    )
    frequent = [d for d, count in distances.items() if count >= 0.15 * distances.total() and d >= 0.8]
    return min(frequent, default=1.2)


def _full_line(pages: Sequence[Sequence[Line]]) -> float:
    """How long a full line is, in code points: as nine in ten are, or shorter."""
    lengths = sorted(len(line.text) for page in pages for line in page)
    return lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0.0


def _differ(one: Line, other: Line) -> bool:
    return abs(one.size - other.size) > _OTHER_SIZE * max(one.size, other.size)


def _parts(before: Line, line: Line, after: Line | None, leading: float, full: float) -> bool:
    """Whether a paragraph ends between two lines that follow each other on a page."""
    if _differ(before, line) or before.y - line.y > _GAP * leading * line.size:
        return True
    indent = _INDENT * line.size
    goes_back = after is None or line.x - after.x > indent or not _ENDS_SENTENCE.search(line.text)
    if line.x - before.x > indent and goes_back and _ENDS_SENTENCE.search(before.text):
        return True
    # The next word would have fitted, so the line was ended on purpose.
    room = _SHORT * full - len(before.text) - 1
    return bool(_ENDS_SENTENCE.search(before.text)) and len(line.text.split(maxsplit=1)[0]) < room


def _parts_across(before: Line, line: Line) -> bool:
    """Whether a paragraph ends where a page or a column does."""
    return _differ(before, line) or bool(_ENDS_SENTENCE.search(before.text) and not line.text[:1].islower())


def _joined(lines: Sequence[str]) -> str:
    text = lines[0]
    for line in lines[1:]:
        if re.search(r"[^\W\d_]\u00ad$", text):
            text = text[:-1] + line
        elif re.search(r"\w-$", text) and not _SUSPENDED.match(line):
            text = (text[:-1] if line[:1].islower() and text[-2:-1].isalpha() else text) + line
        else:
            text = f"{text} {line}"
    return text.replace("\u00ad", "")


def _about(reader: PdfReader) -> tuple[str | None, date | None]:
    """Title and day from the file's own description, where they make sense."""
    try:
        found = reader.metadata
        title = " ".join((found.title or "").split()) if found else ""
        made = found.creation_date if found else None
    except Exception:
        # The description is no part of the article: without it there is still the text.
        return None, None
    sensible = title and len(title) <= _MAX_TITLE_CHARS and title.isprintable() and not _NO_TITLE.search(title)
    day = made.date() if made else None
    if day and not date(1990, 1, 1) <= day <= (datetime.now(UTC) + timedelta(days=1)).date():
        day = None
    return title if sensible else None, day


def _locked(name: str) -> InputError:
    return InputError(
        f"{name} is an encrypted PDF.", "Save it without the encryption first, for instance with qpdf --decrypt."
    )


def _too_much(name: str) -> InputError:
    return InputError(
        f"{name} is a PDF that unpacks to too much, or takes too long to read.",
        "Print it to a new PDF, or pass its text.",
    )
