"""The plots of a load report as inline SVG: the same run gives the same bytes, and the colours follow the page's.

matplotlib is imported when a plot is asked for, and never before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from math import isnan, log10
from typing import Any, Final

from offerproof.findings.distribution import decode, percentiles
from offerproof.findings.load_records import ALL_CALLS, SeriesSecond
from offerproof.report.loadview import LoadView, thin
from offerproof.report.safety import Drawn, one_line

# Colours that stand for variables of the style sheet, so that one drawing fits light, dark and paper.
_INK, _SOFT, _LINE = "#000001", "#000002", "#000003"
_SERIES: Final = ("#000011", "#000012", "#000013", "#000014", "#000015", "#000016")
_VARIABLES: Final[Mapping[str, str]] = {
    _INK: "var(--ink)",
    _SOFT: "var(--soft)",
    _LINE: "var(--line)",
    **{colour: f"var(--s{place})" for place, colour in enumerate(_SERIES, 1)},
}
_TICKS: Final = (
    (0.0, "0"),
    (50.0, "50"),
    (90.0, "90"),
    (99.0, "99"),
    (99.9, "99.9"),
    (99.99, "99.99"),
    (99.999, "99.999"),
)


_ACROSS: Final = (0.07, 0.8)
"""Where the axis of a drawing begins and ends, as shares of its width; alike, so that seconds line up."""
POINTS: Final = 600
"""Points of a line whose values can be asked for."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing, and its values for who points at it.

    ``points`` is a JSON object: ``across`` (of the drawing's width) and ``range`` of the axis, its ``scale``
    (``seconds``, or ``nines`` of per cent), ``reach`` (how far from the pointer a value still is one), ``unit``, and
    ``series`` of name, colour and points.
    """

    drawing: Drawn
    points: str


def over_time(view: LoadView, baseline: LoadView | None = None) -> dict[str, Plot]:
    """Title → plot: the rate, the percentiles, the errors, second by second; empty when no seconds were recorded."""
    name = view.main
    if name is None:
        return {}
    seconds = thin(view.seconds[name])
    before = thin(baseline.seconds.get(name, ())) if baseline else []
    plots = {
        "Rate": _drawn("rate", lambda axes: _rate(axes, view, seconds, before)),
        "Latency, from the intended start": _drawn("latency", lambda axes: _latency(axes, seconds, before), unit=" ms"),
    }
    if any(second.errors for second in seconds):
        plots["Errors"] = _drawn("errors", lambda axes: _errors(axes, seconds), height=1.5)
    return plots


def distribution(view: LoadView, baseline: LoadView | None = None) -> Plot | None:
    """Latencies on an axis of percentiles, where each nine is as wide as the one before; None without histograms."""
    curves = [(row.name, curve) for row in view.rows[:6] if (curve := _curve(row.figures.response.histogram))]
    if not curves:
        return None
    before = baseline.row(curves[0][0]) if baseline else None
    reference = _curve(before.figures.response.histogram) if before else None
    return _drawn(
        "distribution", lambda axes: _percentiles(axes, curves, reference), height=3.4, unit=" ms", scale="nines"
    )


def _drawn(name: str, draw: Any, *, height: float = 2.5, unit: str = "", scale: str = "seconds") -> Plot:
    import matplotlib
    from matplotlib.figure import Figure

    grey = ("axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color", "text.color")
    ours: Any = dict.fromkeys(grey, _SOFT) | {"grid.color": _LINE, "font.size": 9, "font.family": "sans-serif"}
    ours |= {"svg.hashsalt": f"offerproof-{name}", "svg.fonttype": "none"}
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # what a user set for his own plots has no say in ours
        matplotlib.rcParams.update(ours)
        figure = Figure(figsize=(9, height))
        figure.subplots_adjust(left=_ACROSS[0], right=_ACROSS[1], top=0.97, bottom=0.45 / height)
        figure.patch.set_alpha(0)
        axes = figure.add_subplot()
        axes.patch.set_alpha(0)
        axes.set_prop_cycle(color=list(_SERIES))
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(visible=True, axis="y", linewidth=0.6)
        draw(axes)
        handles, _ = axes.get_legend_handles_labels()
        if len(handles) > 1:
            axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=8)
        out = StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
        points = _points(axes, unit, scale)
    return Plot(_inline(out.getvalue(), name), points)


def _points(axes: Any, unit: str, scale: str) -> str:
    """What was drawn, as values."""
    lines = [
        (line.get_label(), line.get_color(), list(zip(line.get_xdata(), line.get_ydata(), strict=True)))
        for line in axes.get_lines()
    ]
    for bars in axes.containers:
        drawn = [(bar.get_x(), bar.get_height()) for bar in bars]
        lines.append(("errors", _SERIES[2], drawn))
    first, last = map(float, axes.get_xlim())
    series = [
        {
            "name": name,
            "colour": _VARIABLES[colour],
            "points": [
                [float(f"{x:.6g}"), float(f"{y:.4g}")]
                for x, y in points[:: -(-len(points) // POINTS)]
                if y is not None and not isnan(y)
            ],
        }
        for name, colour, points in lines
    ]
    shown = [one for one in series if one["points"]]
    reach = (last - first) / 40
    values = {"across": _ACROSS, "range": [first, last], "scale": scale, "reach": reach, "unit": unit, "series": shown}
    return json.dumps(values, separators=(",", ":"))


def _inline(svg: str, name: str) -> Drawn:
    """The drawing as an element of a page: no prologue, no metadata, ids of its own, our variables as colours."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(?<= )(width|height)="[0-9.]+pt"', "", svg, count=2)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{name}" ', 1)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, variable)
    return Drawn(svg)  # drawn by matplotlib, which escapes the texts we give it


def _time_axis(axes: Any, seconds: Sequence[SeriesSecond]) -> None:
    axes.set_xlim(seconds[0].second, max(seconds[-1].second + 1, seconds[0].second + 2))
    axes.set_ylim(bottom=0)
    axes.set_xlabel("seconds")


def _rate(axes: Any, view: LoadView, seconds: Sequence[SeriesSecond], before: Sequence[SeriesSecond]) -> None:
    axes.plot([s.second for s in seconds], [s.count for s in seconds], label="requests/s", linewidth=1.4)
    workflows: dict[int, int] = {}
    names = {row.name for row in view.rows if row.figures.kind == "workflow"}
    for name in names:
        for second in view.seconds.get(name, ()):
            workflows[second.second] = workflows.get(second.second, 0) + second.count
    if workflows:
        times = sorted(workflows)
        axes.plot(times, [workflows[t] for t in times], label="workflows/s", linewidth=1.2)
    if before:
        axes.plot(
            [s.second for s in before], [s.count for s in before], "--", color=_SOFT, label="baseline", linewidth=1
        )
    if view.levels:
        times, levels = [t for t, _ in view.levels], [v for _, v in view.levels]
        label = "asked for (arrivals/s)" if view.settings.model == "open" else "asked for (users)"
        axes.step(times, levels, where="post", color=_INK, linestyle=":", linewidth=1, label=label)
    _time_axis(axes, seconds)


def _latency(axes: Any, seconds: Sequence[SeriesSecond], before: Sequence[SeriesSecond]) -> None:
    times = [s.second for s in seconds]
    for label in ("p50", "p95", "p99", "max"):
        width = 0.7 if label == "max" else 1.4
        axes.plot(times, [getattr(s, label) for s in seconds], label=label, linewidth=width)
    if before:
        axes.plot(
            [s.second for s in before], [s.p99 for s in before], "--", color=_SOFT, label="baseline p99", linewidth=1
        )
    axes.set_ylabel("ms")
    _time_axis(axes, seconds)


def _errors(axes: Any, seconds: Sequence[SeriesSecond]) -> None:
    wide = seconds[1].second - seconds[0].second if len(seconds) > 1 else 1
    axes.bar([s.second for s in seconds], [s.errors for s in seconds], width=wide, align="edge", color=_SERIES[2])
    axes.set_ylabel("errors/s")
    _time_axis(axes, seconds)
    axes.set_ylim(0, 1.1 * max(s.errors for s in seconds))


Curve = Sequence[tuple[float, float]]


def _percentiles(axes: Any, curves: Sequence[tuple[str, Curve]], reference: Curve | None) -> None:
    for name, curve in curves:
        width = 2.0 if name == ALL_CALLS else 1.1
        axes.plot([_nines(p) for p, _ in curve], [ms for _, ms in curve], label=one_line(name, 40), linewidth=width)
    if reference:
        xs, ys = [_nines(p) for p, _ in reference], [ms for _, ms in reference]
        axes.plot(xs, ys, "--", color=_SOFT, label="baseline", linewidth=1.2)
    furthest = max(_nines(p) for _, curve in curves for p, _ in curve)
    ticks = [(_nines(p), label) for p, label in _TICKS if _nines(p) <= furthest + 0.01]
    axes.set_xticks([x for x, _ in ticks], [label for _, label in ticks])
    axes.set_xlim(0, furthest)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("per cent of answers")
    axes.set_ylabel("ms")


def _nines(percentile: float) -> float:
    """Where a percentile stands on the axis: 90 at 1, 99 at 2, 99.9 at 3."""
    return -log10(max(1.0 - percentile / 100.0, 1e-7))


def _curve(encoded: str) -> Curve | None:
    """The points (percentile, milliseconds) of an encoded histogram in microseconds; None when it cannot be read."""
    if not encoded:
        return None
    try:
        counts = decode(encoded)
    except Exception:  # whatever the decoder stumbles over: a report without a curve beats no report
        return None
    total = sum(counts.values())
    if total < 2:
        return None
    last = _nines(100.0 * (1.0 - 1.0 / total))
    steps = [place * last / 160 for place in range(161)]
    wanted = [100.0 * (1.0 - 10.0**-step) for step in steps]
    found = zip(wanted, percentiles(counts, wanted), strict=True)
    return [(p, max(ms, 0.001)) for p, ms in found if ms is not None]
