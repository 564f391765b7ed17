"""A minimal illegal history, drawn: one lane for each caller, one bar for each operation, from call to answer.

``detail["history"]`` of a finding holds the operations, each a mapping with ``operation``, ``started_us``,
``ended_us`` (None: the answer never came), ``outcome`` and, where known, ``caller``. Plain SVG text, drawn by hand:
no plotting library, so that a certificate without a history costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from offerproof.report.safety import Drawn, one_line
from offerproof.report.words import duration

WIDTH: Final = 900
LANE: Final = 46
LABEL: Final = 120
OPERATIONS: Final = 40
"""Operations drawn; a minimal history has far fewer."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One operation of a history; instants are integer microseconds on one clock."""

    operation: str
    outcome: str
    started_us: int
    ended_us: int | None
    caller: str | None = None


def timeline_of(detail: Mapping[str, Any]) -> Drawn | None:
    """The drawing of a finding's history, or None when its detail holds none that can be drawn."""
    history = detail.get("history")
    if not isinstance(history, Sequence) or isinstance(history, str):
        return None
    bars = [bar for entry in history if (bar := _bar(entry)) is not None]
    return draw(bars) if bars else None


def draw(bars: Sequence[Bar]) -> Drawn:
    """The bars as an inline SVG whose colours follow the page's; overlapping operations get lanes of their own."""
    kept = sorted(bars, key=lambda bar: (bar.started_us, bar.operation))[:OPERATIONS]
    first = min(bar.started_us for bar in kept)
    last = max(bar.ended_us if bar.ended_us is not None else bar.started_us for bar in kept)
    span = max(last - first, 1)
    lanes = _lanes(kept)
    height = LANE * len(lanes) + 40
    scale = (WIDTH - LABEL - 70) / span
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" font-family="inherit" font-size="13" fill="currentColor">',
        f"<title>{escape(_spoken(kept, first))}</title>",
    ]
    for row, (name, members) in enumerate(lanes):
        top = row * LANE + 8
        parts.append(f'<text x="0" y="{top + 22}">{escape(one_line(name, 16))}</text>')
        parts.append(f'<path d="M{LABEL} {top + 34}H{WIDTH}" stroke="currentColor" stroke-opacity=".18"/>')
        parts += [_drawn(bar, first, scale, top) for bar in members]
    parts.append(f'<text x="{LABEL}" y="{height - 8}" opacity=".7">0</text>')
    parts.append(
        f'<text x="{WIDTH - 70}" y="{height - 8}" text-anchor="end" opacity=".7">{duration(span)}</text></svg>'
    )
    return Drawn("".join(parts))  # every value above is a number or escaped


def _bar(entry: Any) -> Bar | None:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("started_us"), int):
        return None
    ended, caller = entry.get("ended_us"), entry.get("caller")
    return Bar(
        operation=str(entry.get("operation", "?")),
        outcome=str(entry.get("outcome", "?")),
        started_us=entry["started_us"],
        ended_us=ended if isinstance(ended, int) else None,
        caller=None if caller is None else str(caller),
    )


def _lanes(bars: Sequence[Bar]) -> list[tuple[str, list[Bar]]]:
    """A lane for each caller; operations without one fill the first lane that is free again."""
    named: dict[str, list[Bar]] = {}
    unnamed: list[list[Bar]] = []
    for bar in bars:
        if bar.caller is not None:
            named.setdefault(bar.caller, []).append(bar)
            continue
        for lane in unnamed:
            end = lane[-1].ended_us
            if end is not None and end < bar.started_us:
                lane.append(bar)
                break
        else:
            unnamed.append([bar])
    return [*named.items(), *((f"caller {number}", lane) for number, lane in enumerate(unnamed, 1))]


def _drawn(bar: Bar, first: int, scale: float, top: int) -> str:
    never = bar.ended_us is None
    left = LABEL + (bar.started_us - first) * scale
    width = 60.0 if bar.ended_us is None else max((bar.ended_us - bar.started_us) * scale, 6.0)
    label = escape(one_line(f"{bar.operation} → {bar.outcome}", 60))
    dash = ' stroke-dasharray="5 4"' if never else ""
    # A label that would leave the drawing on the right is set so that it ends there.
    place, anchor = (left + 4, "start") if left < WIDTH * 0.72 else (float(WIDTH - 4), "end")
    spoken = escape(_spoken([bar], first))
    return (
        f"<g><title>{spoken}</title>"
        f'<rect x="{left:.1f}" y="{top + 18}" width="{width:.1f}" height="13" rx="3" fill="currentColor"'
        f' fill-opacity=".22" stroke="currentColor"{dash}/>'
        f'<text x="{place:.1f}" y="{top + 12}" text-anchor="{anchor}">{label}</text></g>'
    )


def _spoken(bars: Sequence[Bar], first: int) -> str:
    """The drawing in words, for those who cannot see it."""
    told = []
    for bar in bars:
        came = "never answered" if bar.ended_us is None else f"answered after {duration(bar.ended_us - first)}"
        told.append(f"{bar.operation} called at {duration(bar.started_us - first)}, {came}: {bar.outcome}")
    return one_line("; ".join(told), 2_000)
