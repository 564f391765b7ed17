"""What a load run puts into its run file. This is the agreement with whoever renders it.

``Header.settings``: ``scenario``, ``model`` ("open" | "closed"), ``arrivals``, ``duration_s``, ``warm_up_s``, ``peak``,
``processes``, ``phases`` (list of ``{seconds, start, end, warm_up}``), ``thresholds`` (the SLO file's rows).

``Metric`` records (one number each; further figures are texts in ``labels``). ``kind`` is "call", "workflow" or "all";
``name`` (a label) is the operation id, the workflow's name, or "(all calls)":

- ``latency``: value = p99, unit ms; labels ``name, kind, measure`` ("response": from the intended start, what
  thresholds are about; "service": from when the request left), ``count, mean, max, p50, p75, p90, p95, p99, p99.9,
  p99.99`` (ms) and ``histogram`` (HdrHistogram, compressed V2, base64, microseconds).
- ``rate``: value per second over the judged time; unit "requests/s" or "workflows/s"; labels ``name, kind, count``.
- ``errors``: value = how many; unit count; labels ``name, kind, error`` (see ``checks.ERRORS``).
- ``second``: one second of the judged or warm-up time; value = finished a second; labels ``name, kind, second`` (since
  the run began), ``warm_up`` ("yes" | "no"), ``errors, p50, p95, p99, max`` (ms).
- ``level``: what the workload asked for at a second; labels ``second``; unit "arrivals/s" or "users".
- ``generator``: health; labels ``measure`` ("cpu_share" | "loop_lag_p99" | "loop_lag_max" | "late_arrivals" |
  "waiting_share" | "slots_exhausted"), ``worker``; unit share, ms or count.
- ``clock``: a worker's clock; value = its offset to the master's, unit ms; labels ``worker, bound`` (ms, how far an
  instant may be wrong), ``measurements``.
- ``part``: how many a worker contributed; labels ``worker, name``; unit count. Their sum is the whole.
- ``threshold``: value = what was measured; unit as in the row; labels ``name, measure, bound, met`` ("yes" | "no" |
  "not judged"), ``clause``.
- ``probe``: one rate of a capacity search; value = rate; unit "workflows/s"; labels ``met``, ``p99``, ``reached``.
- ``knee``: the highest rate that met the thresholds; labels ``broken`` (the lowest that did not, or "").

``Audit`` records: one for each question, ``clause`` LOAD-*; ``detail`` has counts (``customers, user_offers,
operations, sample_every``) and up to 20 ``examples`` (texts). ``Operation`` records: only those of user offers
and customers that an audit finding names (``key`` = the user offer's id); all others stay in ``operations-*.bin``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from offerproof.findings.model import Metric
from offerproof.loadtest import figures
from offerproof.loadtest.figures import Second, Series, kind_of
from offerproof.loadtest.generator.health import ClockOffset, WorkerHealth


def unit_of(name: str) -> str:
    """Return the unit of a series' rate."""
    return "workflows/s" if kind_of(name) == "workflow" else "requests/s"


def series_metrics(name: str, series: Series, elapsed: float, finished: int) -> Iterator[Metric]:
    """Yield the records of one series; ``finished`` of it ended within the judged time of ``elapsed`` seconds."""
    kind = kind_of(name)
    for measure, counts in (("response", series.latency), ("service", series.service)):
        values = figures.percentiles(counts, (*figures.PERCENTILES, 100.0))
        labels = {f"p{q:g}": _ms(value) for q, value in zip(figures.PERCENTILES, values, strict=False)}
        labels |= {"max": _ms(values[-1]), "mean": _ms(figures.mean(counts)), "count": str(series.count)}
        labels |= {"name": name, "kind": kind, "measure": measure, "histogram": figures.encode(counts)}
        yield Metric(name="latency", value=figures.percentile(counts, 99.0), unit="ms", labels=labels)
    rate = finished / elapsed if elapsed > 0 else 0.0
    count = {"name": name, "kind": kind, "count": str(series.count)}
    yield Metric(name="rate", value=round(rate, 3), unit=unit_of(name), labels=count)
    for error, number in sorted(series.errors.items()):
        yield Metric(name="errors", value=number, unit="count", labels={"name": name, "kind": kind, "error": error})


def second_metric(row: Second) -> Metric:
    """Return the record of one second of one series."""
    labels = {"name": row.name, "kind": kind_of(row.name), "second": str(row.second), "warm_up": "no"}
    labels |= {"errors": str(row.errors), "p50": _ms(row.p50), "p95": _ms(row.p95), "p99": _ms(row.p99)}
    labels["max"] = _ms(row.top)
    return Metric(name="second", value=row.count, unit=unit_of(row.name), labels=labels)


def health_metrics(health: Mapping[str, WorkerHealth]) -> Iterator[Metric]:
    """Yield the records of the generator's health, worker by worker."""
    for worker, one in health.items():
        for measure, value, unit in (
            ("cpu_share", round(one.cpu_share, 4), "share"),
            ("waiting_share", round(max(0.0, 1.0 - one.cpu_share), 4), "share"),
            ("loop_lag_p99", round(one.lag_p99_ms, 3), "ms"),
            ("loop_lag_max", round(one.lag_max_ms, 3), "ms"),
            ("late_arrivals", one.late, "count"),
            ("slots_exhausted", one.no_slot, "count"),
        ):
            yield Metric(name="generator", value=float(value), unit=unit, labels={"measure": measure, "worker": worker})


def clock_metrics(clocks: Mapping[str, ClockOffset]) -> Iterator[Metric]:
    """Yield the records of the workers' clocks."""
    for worker, clock in clocks.items():
        labels = {"worker": worker, "bound": f"{clock.bound / 1e6:.3f}", "measurements": str(clock.measurements)}
        yield Metric(name="clock", value=round(clock.offset / 1e6, 3), unit="ms", labels=labels)


def _ms(value: float) -> str:
    return f"{value:.3f}"
