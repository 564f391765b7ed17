"""The highest rate that still meets the thresholds, found by short runs: doubling, then halving the gap."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from offerproof.errors import Misuse
from offerproof.findings.load_records import AnyLoadRecord, Capacity, CapacityProbe
from offerproof.loadtest.figures import ALL_CALLS, kind_of, percentile
from offerproof.loadtest.generator.ledger import RunLedger
from offerproof.loadtest.generator.process import Distribution, Session, View, drive, prepare
from offerproof.loadtest.plan.load_plan import LoadPlan
from offerproof.loadtest.plan.thresholds import Threshold
from offerproof.loadtest.plan.workload import CapacitySearch, steady
from offerproof.loadtest.results.run_file import judge_figures

WARM_UP_S = 1.0
DEFAULT = (Threshold(ALL_CALLS, "p99_ms", 100.0), Threshold(ALL_CALLS, "error_rate", 0.001))
"""What a search holds a rate against when no thresholds are given."""


@dataclass
class Found:
    """What a search found."""

    search: CapacitySearch
    records: list[AnyLoadRecord] = field(default_factory=list)
    session: Session | None = None
    """The last probe that met the thresholds (or the last probe of all): its run is audited."""
    ledger: RunLedger | None = None


def find_capacity(
    plan: LoadPlan,
    target: Path,
    scenario: Path,
    folder: Path,
    view: View,
    *,
    start: float,
    ceiling: float,
    probe_seconds: float,
    distribution: Distribution,
) -> Found:
    """Search, one short open run after the other; each probe has its own folder below the run's."""
    if not plan.is_open:
        raise Misuse("a capacity is searched with an open workload", hint="use --rate, not --users")
    search = CapacitySearch(start, ceiling=ceiling)
    found = Found(search)
    thresholds = plan.thresholds or DEFAULT
    while (rate := search.next_rate()) is not None:
        number = len(search.tried) + 1
        view.status(f"probe {number}: {rate:.1f} visits/s")
        below = folder / f"probe-{number:02d}"
        below.mkdir(mode=0o700)
        workload = steady("open", rate, probe_seconds, warm_up=WARM_UP_S, spacing="poisson")
        probe = msgspec.structs.replace(
            plan,
            workload=workload,
            thresholds=thresholds,
            run_id=f"{plan.run_id}-{number}",
            nonce=f"{plan.nonce}{number:x}",
            slots=slots_for(rate),
        )
        session = prepare(probe, target, scenario, below, distribution)
        ledger = drive(session, view)
        met = _met(ledger, search, rate, found)
        if met or found.session is None or not search.knee:
            found.session, found.ledger = session, ledger
        if session.interrupted or (ledger.problem and met is None):
            found.session, found.ledger = session, ledger
            break
    found.records.append(Capacity(best=search.knee, broken=search.broken))
    return found


def _met(ledger: RunLedger, search: CapacitySearch, rate: float, found: Found) -> bool | None:
    judged = judge_figures(ledger)
    met: bool | None = all(one.met for one in judged.measured)
    if not met and judged.limit:
        met = None
    search.report(met)
    whole = judged.totals.get(ALL_CALLS)
    flows = sum(count for name, count in ledger.finished.items() if kind_of(name) == "workflow")
    found.records.append(
        CapacityProbe(
            rate=round(rate, 3),
            met=met,
            p99=round(percentile(whole.latency, 99.0), 3) if whole else None,
            reached=round(flows / judged.elapsed, 2) if judged.elapsed else None,
        )
    )
    return met


def slots_for(rate: float) -> int:
    """Return how many visits may go on at once for an open rate: a second's worth, within bounds."""
    return int(min(max(rate, 64), 2000))
