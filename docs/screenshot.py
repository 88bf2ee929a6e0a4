"""Take the picture of a review page that the user guide shows.

Needs playwright and a Chromium: ``python docs/screenshot.py review.html picture.png``,
where review.html is what `docs/examples/repair/plot_review_table.py` writes.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright


def take(page_path, picture):
    """Open the page, decide about two changes, and store what is seen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1180, "height": 760})
        page.goto(Path(page_path).resolve().as_uri())
        page.locator("#kind").select_option(label="typing error")
        for key in "aarjk":
            page.keyboard.press(key)
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    take(*sys.argv[1:])
