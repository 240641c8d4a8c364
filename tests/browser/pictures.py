"""Draws the pictures of ``docs/service.md``: pages of a service with a made-up class, in Debian's Chromium.

    PYTHONPATH=tests python tests/browser/pictures.py

A Korean font has to be installed (Debian: fonts-nanum).
"""

import tempfile
from pathlib import Path

from conftest import ARGUMENTS, CHROMIUM
from playwright.sync_api import sync_playwright
from service_site import EXAMPLES, LiveSite, live_site

from harness.sandbox.runner import Sandbox
from harness.service.schema import worker

__all__ = ["PICTURES", "main"]

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
#: The page, its language, light or dark, and pixels: as high as what is to be seen.
PICTURES = {
    "service-write.png": ("assignment", "en", "light", (900, 900)),
    "service-report.png": ("report", "en", "light", (900, 1000)),
    "service-history.ko.png": ("history", "ko", "dark", (900, 520)),
    "service-class.png": ("class", "en", "light", (1000, 1000)),
    "service-webhooks.png": ("webhooks", "en", "light", (1000, 640)),
    "service-operator.png": ("service", "en", "light", (1000, 760)),
}


def main() -> None:
    """Draw all of them."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Sandbox() as sandbox,
        live_site(Path(folder), sandbox) as site,
        sync_playwright() as playwright,
    ):
        _as_on_any_day(site)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, (page, lang, scheme, (width, height)) in PICTURES.items():
            who, path = site.pages()[page]
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            context.add_cookies([{"name": "lang", "value": lang, "url": site.address}, site.session(who)])
            opened = context.new_page()
            opened.goto(site.address + path)
            opened.screenshot(path=FOLDER / name)
            context.close()
        browser.close()


def _as_on_any_day(site: LiveSite) -> None:
    """Have workers that were seen just now, and a learner who handed in once more."""
    with site.database.writing() as connection:
        connection.execute(worker.update().values(seen_at=site.database.clock))
    site.hand_in(site.people["learner"], (EXAMPLES / "swapped.py").read_bytes() + b"\n\n# Next: backward\n")


if __name__ == "__main__":
    main()
