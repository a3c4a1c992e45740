"""Which addresses may become links."""

from __future__ import annotations

from urllib.parse import urlsplit

# No address has these: some end a link in one format or another, and a backslash browsers take for a slash.
_NEVER = frozenset('<>"{}|\\^`')


def web_address(url: str | None) -> str | None:
    """The address if it may become a link: http or https, a host, and nothing but printed characters. Otherwise none.

    White space of any kind, control characters and what turns the direction of writing aren't printed.
    """
    if url is None or " " in url or not url.isprintable() or not _NEVER.isdisjoint(url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and host else None
