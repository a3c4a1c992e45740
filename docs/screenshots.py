"""The README's pictures: the seed's report, and the digest of twelve golden articles.

python docs/screenshots.py           # writes docs/report.png and docs/digest.png
python docs/screenshots.py FOLDER    # writes them there, with the pages that they show

The reports are those of the recorded run `evals/recorded/pipeline-dev.jsonl`, by the embedded model. Needs
Chromium, and the package playwright (extra `dev`).
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from summarizer.digest import digest
from summarizer.evaluation.runs import read_run
from summarizer.models import Report
from summarizer.rendering import digest_page, report_page
from summarizer.report_files import FiledReport

ROOT = Path(__file__).parents[1]
RUN = ROOT / "evals" / "recorded" / "pipeline-dev.jsonl"
SEED = "2025-09-05-dpa-afx-paris"
DIGESTED = (
    SEED,
    "2025-11-12-en-nato-officials",
    "2025-11-27-de-schwarzmeer-absprache",
    "2025-12-04-de-bruessel-luftabwehr",
    "2026-02-18-de-telefonkonferenz-laender",
    "2026-02-19-en-lisbon-summit",
    "2026-03-21-de-general-interview",
    "2026-04-22-de-schwarzmeer-liveblog",
    "2026-04-25-de-podium-den-haag",
    "2026-06-14-en-ylikoski-interview",
    "2026-09-17-en-black-sea-watch",
    "2026-09-24-de-bundestag-truppen",
)
WIDTH, HEIGHT = 1360, 860


def recorded_reports() -> dict[str, Report]:
    """The reports of the recorded run, by slug."""
    return {article.slug: article.report for article in read_run(RUN).articles if article.report}


def pages(reports: dict[str, Report]) -> dict[str, tuple[str, str]]:
    """The pages by name, each with the anchor of what its picture shows chosen."""
    chosen = [FiledReport(reports[slug], None) for slug in DIGESTED]
    return {
        "report": (report_page(reports[SEED]), "#c22"),
        "digest": (digest_page(digest(chosen, language="en")), ""),
    }


def take(browser: Browser, html: Path, anchor: str, picture: Path) -> None:
    """A picture of the top of a page."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
    page.goto(f"{html.as_uri()}{anchor}")
    page.screenshot(path=picture)
    page.close()


def main() -> None:
    """Write the pictures."""
    folder = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
    executable = shutil.which("chromium")
    if executable is None:
        sys.exit("Chromium is missing. On Debian, as root: apt-get install -y --no-install-recommends chromium")
    target = folder or ROOT / "docs"
    target.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        for name, (html, anchor) in pages(recorded_reports()).items():
            file = target / f"{name}.html"
            file.write_text(html, encoding="utf-8")
            take(browser, file, anchor, target / f"{name}.png")
            if folder is None:
                file.unlink()
        browser.close()


if __name__ == "__main__":
    main()
