"""A run as OpenMetrics text: what a dashboard follows from run to run, in a file that is collected or pushed."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.openmetrics.exposition import generate_latest

from offerproof.findings import Run, RunVerdict
from offerproof.report.formats import Format
from offerproof.report.safety import one_line
from offerproof.report.summary import TALLY, summarize
from offerproof.report.words import took_us


def render(run: Run) -> str:
    """Verdict, clauses by chapter and verdict, findings, requests; of a load run rates, errors and percentiles."""
    s, registry, header = summarize(run), CollectorRegistry(), run.header

    def gauge(name: str, about: str, *labels: str) -> Gauge:
        return Gauge(f"offerproof_{name}", about, labels, registry=registry)

    about_run = gauge("run", "What was judged; always 1", "kind", "target", "environment", "level", "run", "suite")
    target = one_line(header.target.name), one_line(header.target.environment)
    about_run.labels(header.kind, *target, header.level.value, header.run_id, header.suite_version).set(1)
    verdicts = gauge("verdict", "1 for the verdict of the run, 0 for the others", "verdict")
    for verdict in RunVerdict:
        verdicts.labels(verdict.value).set(s.verdict is verdict)
    gauge("exit_code", "0 conforms, 1 does not, 3 not judged, 4 conforms so far").set(s.exit_code)
    clauses = gauge("clauses", "Clauses by chapter and verdict", "chapter", "verdict")
    for chapter in s.chapters:
        for word in TALLY:
            clauses.labels(one_line(chapter.id), word.value).set(chapter.counts.get(word, 0))
    gauge("findings", "Findings against the target").set(len(s.broken))
    gauge("causes", "Findings to repair: the others are probably of the same fault").set(len(s.causes))
    if run.footer:
        gauge("requests", "Requests that were sent").set(run.footer.requests)
        took = gauge("duration_seconds", "How long the run took")
        took.set(took_us(header.started, run.footer.finished) / 1_000_000)
    if header.load:
        rate = gauge("load_rate", "Served a second", "name", "kind")
        errors = gauge("load_errors", "Gone wrong", "name", "kind", "error")
        latency = gauge("load_latency_seconds", "From the intended start", "name", "kind", "percentile")
        for series in run.load.series:
            name = one_line(series.name), series.kind
            rate.labels(*name).set(series.rate)
            for error, count in series.errors.items():
                errors.labels(*name, one_line(error)).set(count)
            for percentile, milliseconds in series.response.percentiles.items():
                latency.labels(*name, percentile.removeprefix("p")).set(round(milliseconds / 1_000, 9))
    page: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]  # the library has no types here
    return page.decode("utf-8")


FORMAT: Final = Format(
    name="openmetrics",
    suffix="metrics.txt",
    media_type="application/openmetrics-text",
    about="dashboards that follow figures from run to run",
    run=render,
)
