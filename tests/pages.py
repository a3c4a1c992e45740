"""What holds for every page: links have targets, nothing that got in acts, axe finds nothing."""

from __future__ import annotations

import re
from collections.abc import Collection
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from browser import Opened
    from playwright.sync_api import Page

# Without a word of its own in the page each of these would show in the title or as a request.
_MARKUP = (
    "<script>document.title = 'taken'</script><p style='color: red'></p><b onclick='1'></b>"
    "<img src='http://127.0.0.1:9/x.png'><iframe src='http://127.0.0.1:9/'></iframe><base href='http://127.0.0.1:9/'>"
)
_RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]


class Links(HTMLParser):
    """The ids of a page, the links to places on it, and the attributes of those that lead elsewhere."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.inside: list[str] = []
        self.outside: list[dict[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.ids += [values["id"] or ""] if "id" in values else []
        if tag in ("a", "use") and (values["href"] or "").startswith("#"):
            self.inside.append((values["href"] or "").removeprefix("#"))
        elif tag == "a":
            self.outside.append(values)


def links_with_targets(html: str) -> Links:
    """The links, after a check that every id is there once and every link to the page has its target."""
    found = Links(html)
    assert len(found.ids) == len(set(found.ids))
    assert set(found.inside) - {""} <= set(found.ids)
    return found


def with_markup(html: str) -> str:
    """The page with markup that would run, load or show if nothing kept it from that."""
    return html.replace("</main>", f"{_MARKUP}</main>")


def assert_blocked(opened: Opened, title: str) -> None:
    """The page `with_markup` stays as it is, and the browser says what it blocked."""
    opened.page.wait_for_load_state("networkidle")
    assert opened.page.title() == title
    blocked = "\n".join(opened.complaints)
    for kind in ("inline script", "inline style", "image", "[Ff]raming"):
        assert re.search(rf"{kind}.*violates the following Content Security Policy", blocked), blocked


def assert_accessible(page: Page, checked: Collection[str] = ()) -> None:
    """WCAG 2.2 AA as far as axe can tell, contrast included; `checked` are rules that must have applied."""
    found = Axe().run(page, options={"runOnly": _RULES})
    assert found.violations_count == 0, found.generate_report()
    assert {"color-contrast", "heading-order", "region", *checked} <= {rule["id"] for rule in found.response["passes"]}


def unfold(page: Page) -> None:
    """Open everything that is folded."""
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
