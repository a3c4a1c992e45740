"""From a text, a file, standard input or an address to an `Article`; from many of them to a stream of items."""

from summarizer.reading.files import MAX_BYTES, read_bytes, read_source
from summarizer.reading.items import Item, items
from summarizer.reading.items import count as count_items
from summarizer.reading.language import detect_language, supported_languages
from summarizer.reading.text import MAX_CHARS, read_text

__all__ = [
    "MAX_BYTES",
    "MAX_CHARS",
    "Item",
    "count_items",
    "detect_language",
    "items",
    "read_bytes",
    "read_source",
    "read_text",
    "supported_languages",
]
