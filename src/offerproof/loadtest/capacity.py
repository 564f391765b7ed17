"""The highest rate that still meets the thresholds, found by short runs: doubling, then halving the gap."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from offerproof.errors import Misuse
from offerproof.findings.load_records import AnyLoadRecord, Capacity, CapacityProbe
from offerproof.loadtest.figures import ALL_CALLS, kind_of, percentile
from offerproof.loadtest.generator.ledger import RunLedger
from offerproof.loadtest.generator.process import Session, View, drive, prepare
from offerproof.loadtest.plan.options import slots_for
from offerproof.loadtest.plan.thresholds import Threshold
from offerproof.loadtest.plan.workload import CapacitySearch, seconds, steady
from offerproof.loadtest.results.judged import judge_figures

WARM_UP_S = 1.0
DEFAULT = (Threshold(ALL_CALLS, "p99_ms", 100.0), Threshold(ALL_CALLS, "error_rate", 0.001))
"""What a search holds a rate against when no thresholds are given."""


@dataclass
class Found:
    """What a search found."""

    search: CapacitySearch
    records: list[AnyLoadRecord]
    session: Session
    """The last probe that met the thresholds (or the last probe of all): its run is audited."""
    ledger: RunLedger


def find_capacity(session: Session, view: View) -> Found:
    """Search, one short open run after the other; each probe has its own folder below the session's."""
    plan, reached, workload = session.plan, session.options.reached, session.plan.workload
    if workload is None or not plan.is_open:
        raise Misuse("a capacity is searched with an open workload", hint="use --rate, not --users")
    start = session.options.sent.rate or workload.peak
    search = CapacitySearch(min(start, reached.ceiling), ceiling=reached.ceiling)
    records: list[AnyLoadRecord] = []
    kept: tuple[Session, RunLedger] | None = None
    while (rate := search.next_rate()) is not None:
        number = len(search.tried) + 1
        view.status(f"probe {number}: {rate:.1f} visits/s")
        below = session.folder / f"probe-{number:02d}"
        below.mkdir(mode=0o700)
        probe = msgspec.structs.replace(
            plan,
            workload=steady("open", rate, seconds(reached.probe), warm_up=WARM_UP_S, spacing="poisson"),
            thresholds=plan.thresholds or DEFAULT,
            run_id=f"{plan.run_id}-{number}",
            nonce=f"{plan.nonce}{number:x}",
            slots=slots_for(rate),
        )
        tried = prepare(probe, session.target, below, session.options)
        ledger = drive(tried, view)
        found = _probed(ledger, rate)
        records.append(found)
        search.report(found.met)
        over = bool(tried.interrupted or (ledger.ending.problem and found.met is None))
        if found.met or kept is None or not search.knee or over:
            kept = tried, ledger
        if over:
            break
    assert kept is not None, "a search tries one rate at least"
    records.append(Capacity(best=search.knee, broken=search.broken))
    return Found(search, records, *kept)


def _probed(ledger: RunLedger, rate: float) -> CapacityProbe:
    judged = judge_figures(ledger)
    met = all(one.met for one, _ in judged.measured)
    whole = judged.totals.get(ALL_CALLS)
    flows = sum(count for name, count in ledger.finished.items() if kind_of(name) == "workflow")
    return CapacityProbe(
        rate=round(rate, 3),
        met=None if judged.limit and not met else met,
        p99=round(percentile(whole.latency, 99.0), 3) if whole else None,
        reached=round(flows / judged.elapsed, 2) if judged.elapsed else None,
    )
