"""From what the coordinator wrote down to the records of a run file (:mod:`offerproof.findings.load_records`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from offerproof.findings import distribution
from offerproof.findings.load_records import ClockFigures, Latency, SeriesFigures, WorkerFigures
from offerproof.loadtest.figures import PERCENTILES, Series, kind_of
from offerproof.loadtest.generator.health import ClockOffset
from offerproof.loadtest.generator.ledger import RunLedger


def series_figures(name: str, series: Series, elapsed: float, finished: int) -> SeriesFigures:
    """Return the record of one series; ``finished`` of it ended within the judged time of ``elapsed`` seconds."""
    return SeriesFigures(
        name=name,
        kind=kind_of(name),
        count=series.count,
        rate=round(finished / elapsed, 3) if elapsed > 0 else 0.0,
        errors=dict(sorted(series.errors.items())),
        response=_latency(series.latency),
        service=_latency(series.service),
    )


def _latency(counts: Mapping[int, int]) -> Latency:
    found = zip(PERCENTILES, distribution.percentiles(counts, PERCENTILES), strict=True)
    return Latency(
        mean=round(distribution.mean(counts), 3),
        max=distribution.longest(counts),
        percentiles={f"p{q:g}": value for q, value in found if value is not None},
        histogram=distribution.encode(counts),
    )


def worker_figures(ledger: RunLedger) -> Iterator[WorkerFigures]:
    """Yield the record of each worker."""
    for worker, entry in ledger.workers.items():
        health, clock = entry.health, entry.clock
        yield WorkerFigures(
            name=worker,
            cpu_share=round(health.cpu_share, 4),
            loop_lag_p50=round(health.lag_p50_ms, 3),
            loop_lag_p99=round(health.lag_p99_ms, 3),
            loop_lag_max=round(health.lag_max_ms, 3),
            late_arrivals=health.late,
            slots_exhausted=health.no_slot,
            clock=None if clock is None else _clock(clock),
            parts=entry.parts,
        )


def _clock(clock: ClockOffset) -> ClockFigures:
    return ClockFigures(
        offset=round(clock.offset / 1e6, 3), bound=round(clock.bound / 1e6, 3), measurements=clock.measurements
    )
