"""Every text of the HTML reports can be read: WCAG 2 contrast of 4.5 to 1, in the light, in the dark and on paper."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

STYLE = (files("offerproof.report") / "templates" / "style.css").read_text(encoding="utf-8")
VERDICTS = ("pass", "fail", "warn", "waived", "skip", "unknown", "error")


def palettes() -> list[dict[str, str]]:
    """The variables of each ``:root`` block: light, dark, paper; what a later one leaves out it has from the first."""
    blocks = [
        dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{3,6});", b))
        for b in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    ]
    return [blocks[0] | block for block in blocks]


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_itself() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert len(palettes()) == 3


@pytest.mark.parametrize("palette", palettes(), ids=("light", "dark", "paper"))
def test_texts_stand_out_from_what_they_stand_on(palette: dict[str, str]) -> None:
    pairs = [(verdict, f"{verdict}-bg") for verdict in VERDICTS]
    pairs += [("ink", f"{verdict}-bg") for verdict in VERDICTS]
    pairs += [(text, ground) for text in ("ink", "soft", "link") for ground in ("page", "sheet", "raised")]
    pairs += [("ink", ground) for ground in ("want", "want-soft", "got", "got-soft")]
    faint = {pair: round(found, 2) for pair in pairs if (found := contrast(palette[pair[0]], palette[pair[1]])) < 4.5}
    assert faint == {}


@pytest.mark.parametrize("palette", palettes(), ids=("light", "dark", "paper"))
def test_lines_of_plots_stand_out_from_the_page(palette: dict[str, str]) -> None:
    faint = {name for name in ("s1", "s2", "s3", "s4", "s5", "s6") if contrast(palette[name], palette["sheet"]) < 3}
    assert faint == set()
