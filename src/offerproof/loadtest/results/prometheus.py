"""Figures as Prometheus text, in a file that node_exporter's textfile collector (or a person) can read."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from offerproof.files import cannot_write
from offerproof.findings.model import RunVerdict
from offerproof.findings.run import Run
from offerproof.loadtest.generator.process import View
from offerproof.loadtest.generator.progress import Live


class PrometheusView:
    """Passes everything on to another view, and rewrites the file every second.

    Raises:
        Misuse: the file cannot be written; said before the run. During the run, that does not end it.
    """

    def __init__(self, path: Path, inner: View) -> None:
        self._path = path
        self._inner = inner
        self._registry = CollectorRegistry()
        self._gauges = {
            name: Gauge(f"offerproof_load_{name}", text, registry=self._registry)
            for name, text in (
                ("calls_per_second", "Calls finished in the last second"),
                ("visits_per_second", "Visits finished in the last second"),
                ("calls_total", "Calls finished since the warm-up"),
                ("errors_total", "Calls that went wrong since the warm-up"),
                ("busy_tills", "Visits going on"),
                ("waiting_arrivals", "Arrivals that wait for a user"),
                ("generator_cpu_share", "Share of a core the busiest worker used"),
                ("workers_lost", "Workers not heard of any more"),
            )
        }
        self._latency = Gauge(
            "offerproof_load_latency_seconds",
            "Latency of all calls in the last second, from the intended start",
            ["quantile"],
            registry=self._registry,
        )
        try:
            write_to_textfile(str(path), self._registry)
        except OSError as problem:
            raise cannot_write(path, problem, "choose another --prometheus") from problem

    def status(self, text: str) -> None:
        """Pass on what is being done."""
        self._inner.status(text)

    def counted(self, what: str, done: int, total: int) -> None:
        """Pass on how far something is."""
        self._inner.counted(what, done, total)

    def live(self, line: Live, total_s: float) -> None:
        """Show the last second, and write it."""
        self._inner.live(line, total_s)
        values = (line.rate, line.workflows, line.total, line.total_errors, line.busy, line.queued, line.cpu, line.lost)
        for gauge, value in zip(self._gauges.values(), values, strict=True):
            gauge.set(value)
        for quantile, milliseconds in (("0.5", line.p50), ("0.95", line.p95), ("0.99", line.p99)):
            self._latency.labels(quantile).set(math.nan if milliseconds is None else milliseconds / 1000)
        with suppress(OSError):
            write_to_textfile(str(self._path), self._registry)


def write_run(run: Run, path: Path) -> None:
    """Write the figures of a finished run."""
    registry = CollectorRegistry()
    latency = Gauge(
        "offerproof_load_run_latency_seconds",
        "Latency over the judged time, from the intended start",
        ["name", "kind", "quantile"],
        registry=registry,
    )
    rate = Gauge("offerproof_load_run_rate", "Finished a second", ["name", "kind"], registry=registry)
    errors = Gauge("offerproof_load_run_errors", "Gone wrong", ["name", "kind", "error"], registry=registry)
    verdict = Gauge("offerproof_load_run_conforms", "1 conforms, 0 fails, -1 not judged", registry=registry)
    for series in run.load.series:
        for q in ("p50", "p90", "p95", "p99", "p99.9"):
            share = f"{float(q[1:]) / 100:g}"
            if q in series.response.percentiles:
                latency.labels(series.name, series.kind, share).set(series.response.percentiles[q] / 1000)
        rate.labels(series.name, series.kind).set(series.rate)
        for error, count in series.errors.items():
            errors.labels(series.name, series.kind, error).set(count)
    values = {RunVerdict.CONFORMS: 1.0, RunVerdict.FAILS: 0.0}
    verdict.set(values.get(run.outcome.verdict, -1.0))
    write_to_textfile(str(path), registry)
