"""Pictures of the samples as a browser shows them (``make screens``): they are looked at, no test compares them."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
COLOURS: Final = 160
"""Colours of a picture: enough for pages of few colours, and a third of the bytes."""

Act = Callable[[Any], None]


def _search(page: Any) -> None:
    page.get_by_role("searchbox").fill("lock refus")
    page.locator("#findings").scroll_into_view_if_needed()
    page.evaluate("document.getElementById('findings').scrollIntoView()")


def _point(page: Any) -> None:
    page.locator("figure.plot").nth(1).scroll_into_view_if_needed()
    page.locator("figure.plot .drawing").nth(1).hover()


def _situations(page: Any) -> None:
    page.evaluate("document.getElementById('situations').scrollIntoView()")


def _paper(page: Any) -> None:
    page.emulate_media(media="print")


SCREENS: Final[dict[str, tuple[str, tuple[int, int], str, Act | None]]] = {
    "desktop": ("failing/certificate.html", (1100, 900), "light", None),
    "search": ("failing/certificate.html", (1100, 900), "light", _search),
    "dark": ("failing/certificate.html", (1100, 900), "dark", None),
    "phone": ("failing/certificate.html", (390, 844), "light", None),
    "print": ("failing/certificate.html", (690, 976), "light", _paper),
    "till": ("till/certificate.html", (1100, 900), "light", _situations),
    "plot": ("load/with-baseline.html", (1100, 700), "light", _point),
}
"""Of each picture the report, the size in pixels, the colour scheme, and what is done first."""


def main() -> int:
    """Take every picture anew; the first is the README's as well."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        sys.stderr.write("no browser here: apt-get install chromium\n")
        return 2
    (HERE / "screens").mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for name, (report, (width, height), scheme, act) in SCREENS.items():
            how = {"viewport": {"width": width, "height": height}, "color_scheme": scheme, "reduced_motion": "reduce"}
            page = browser.new_page(**how)
            page.goto((HERE / report).as_uri())
            if act:
                act(page)
            drawn = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS)
            drawn.save(HERE / "screens" / f"{name}.png", optimize=True)
            if name == "desktop":
                drawn.crop((0, 0, width, 760)).save(HERE.parents[1] / "docs" / "certificate.png", optimize=True)
            page.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
