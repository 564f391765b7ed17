"""A run as a badge: one line of SVG for a README or a dashboard, which asks for nothing from anywhere."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape

from offerproof.findings import Run, Verdict
from offerproof.report.formats import Format
from offerproof.report.summary import summarize

_COLOURS: Final = {Verdict.PASS: "#1a7f37", Verdict.FAIL: "#c1272d", Verdict.UNKNOWN: "#57606a"}
_LEFT: Final = "offerproof"
_SIGN_PX: Final = 6.6
_SVG: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{left}: {right}">
<title>{left}: {right}</title>
<rect width="{split}" height="20" fill="#24292f"/>
<rect x="{split}" width="{rest}" height="20" fill="{colour}"/>
<g fill="#ffffff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="6" y="14" textLength="{left_px}">{left}</text>
<text x="{start}" y="14" textLength="{right_px}">{right}</text>
</g>
</svg>
"""


def render(run: Run) -> str:
    """Verdict and level; nothing of the target is in it."""
    s = summarize(run)
    level = "" if run.header.kind in ("load", "audit") else f" · {run.header.level.value}"
    right = s.headline.lower() + level
    left_px, right_px = round(len(_LEFT) * _SIGN_PX), round(len(right) * _SIGN_PX)
    split, rest = left_px + 12, right_px + 12
    return _SVG.format(
        width=split + rest,
        split=split,
        rest=rest,
        start=split + 6,
        left=_LEFT,
        right=escape(right),
        left_px=left_px,
        right_px=right_px,
        colour=_COLOURS[s.tone],
    )


FORMAT: Final = Format(
    name="badge",
    suffix="svg",
    media_type="image/svg+xml",
    about="a badge for a README or a dashboard: verdict and level",
    run=render,
)
