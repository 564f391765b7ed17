"""The plots of a load report as inline SVG: the same run gives the same bytes, and the colours follow the page's.

matplotlib is imported when a plot is asked for, and never before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import StringIO
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


def over_time(view: LoadView, baseline: LoadView | None = None) -> dict[str, Drawn]:
    """Title → plot: the rate, the percentiles, the errors, second by second; empty when no seconds were recorded."""
    name = view.main
    if name is None:
        return {}
    seconds = thin(view.seconds[name])
    before = thin(baseline.seconds.get(name, ())) if baseline else []
    plots = {
        "Rate": _drawn("rate", lambda axes: _rate(axes, view, seconds, before)),
        "Latency, from the intended start": _drawn("latency", lambda axes: _latency(axes, seconds, before)),
    }
    if any(second.errors for second in seconds):
        plots["Errors"] = _drawn("errors", lambda axes: _errors(axes, seconds), height=1.5)
    return plots


def distribution(view: LoadView, baseline: LoadView | None = None) -> Drawn | None:
    """Latencies on an axis of percentiles, where each nine is as wide as the one before; None without histograms."""
    curves = [(row.name, curve) for row in view.rows[:6] if (curve := _curve(row.figures.response.histogram))]
    if not curves:
        return None
    before = baseline.row(curves[0][0]) if baseline else None
    reference = _curve(before.figures.response.histogram) if before else None
    return _drawn("distribution", lambda axes: _percentiles(axes, curves, reference), height=3.4)


def _drawn(name: str, draw: Any, *, height: float = 2.5) -> Drawn:
    import matplotlib
    from matplotlib.figure import Figure

    grey = ("axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color", "text.color")
    ours: Any = dict.fromkeys(grey, _SOFT) | {"grid.color": _LINE, "font.size": 9, "font.family": "sans-serif"}
    ours |= {"svg.hashsalt": f"offerproof-{name}", "svg.fonttype": "none"}
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # what a user set for his own plots has no say in ours
        matplotlib.rcParams.update(ours)
        figure = Figure(figsize=(9, height))
        figure.subplots_adjust(left=0.07, right=0.8, top=0.97, bottom=0.45 / height)  # alike, so that seconds line up
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
    return _inline(out.getvalue(), name)


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
    from math import log10

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
