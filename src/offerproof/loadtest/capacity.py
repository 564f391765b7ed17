"""The highest rate that still meets the thresholds, found by short runs: doubling, then halving the gap."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import msgspec

from offerproof.errors import Misuse
from offerproof.findings.distribution import percentile
from offerproof.findings.load_records import ALL_CALLS, AnyLoadRecord, Capacity, CapacityProbe
from offerproof.loadtest.figures import kind_of
from offerproof.loadtest.generator.ledger import RunLedger
from offerproof.loadtest.generator.process import Session, View, drive, prepare
from offerproof.loadtest.plan.options import answerable, slots_for
from offerproof.loadtest.plan.thresholds import Threshold
from offerproof.loadtest.plan.workload import seconds, steady
from offerproof.loadtest.results.judged import judge_figures
from offerproof.loadtest.results.run_file import write_figures_so_far

WARM_UP_S = 1.0
PRECISION = 0.1
"""A share of the rate: a gap as small as that is not halved any more."""
DEFAULT = (Threshold(ALL_CALLS, "p99_ms", 100.0), Threshold(ALL_CALLS, "error_rate", 0.001))
"""What a search holds a rate against when no thresholds are given."""


class CapacitySearch:
    """Find the highest rate that still meets the thresholds: double until it breaks, then halve the gap.

    Measure :attr:`rate`, tell :meth:`report`; ends when the gap is within a tenth of the rate, the ceiling holds, the
    generator is the limit, or ``probes`` are used up.
    """

    def __init__(self, start: float, *, ceiling: float, probes: int = 14) -> None:
        if not 0 < start <= ceiling:
            raise Misuse("a search starts above 0 and not above its ceiling")
        self.rate: float | None = start
        """The next rate to try; None: the search is over."""
        self.best: float | None = None
        """The highest rate that met the thresholds."""
        self.broken: float | None = None
        """The lowest rate that did not."""
        self._ceiling = ceiling
        self._left = probes

    def report(self, met: bool | None) -> None:
        """Tell how the rate went; ``None``: the generator was the limit, so nothing above can be learned."""
        assert self.rate is not None
        if met:
            self.best = max(self.rate, self.best or 0.0)
        elif met is False:
            self.broken = min(self.rate, self.broken or math.inf)
        self._left -= 1
        low, high = self.best or 0.0, self.broken
        if high is None:
            self.rate = min(low * 2, self._ceiling) if low < self._ceiling else None
        else:
            self.rate = (low + high) / 2 if high - low > PRECISION * high and high >= 1e-3 else None
        if met is None or not self._left:
            self.rate = None


@dataclass
class Found:
    """What a search found."""

    search: CapacitySearch
    records: list[AnyLoadRecord]
    session: Session
    """The last probe that met the thresholds (or the last probe of all): its run is audited."""
    ledger: RunLedger
    unjudged: str = ""
    """Why the search ended before it found a rate that does not meet the thresholds, if it did."""


def find_capacity(session: Session, view: View, *, own_simulator: bool) -> Found:
    """Search, one short open run after the other; each probe has its own folder below the session's."""
    plan, reached, workload = session.plan, session.options.reached, session.plan.workload
    if workload is None or not plan.is_open:
        raise Misuse("a capacity is searched with an open workload", hint="use --rate, not --users")
    start = session.options.sent.rate or workload.peak
    search = CapacitySearch(min(start, reached.ceiling), ceiling=reached.ceiling)
    records: list[AnyLoadRecord] = []
    kept: tuple[Session, RunLedger] | None = None
    while (rate := search.rate) is not None:
        number = len(records) + 1
        view.status(f"probe {number}: {rate:.1f} visits/s")
        below = session.folder / f"probe-{number:02d}"
        below.mkdir(mode=0o700)
        load = steady("open", rate, seconds(reached.probe), warm_up=WARM_UP_S, spacing="poisson")
        asked = plan.thresholds or DEFAULT
        probe = msgspec.structs.replace(
            plan,
            workload=load,
            thresholds=asked if reached.slo else answerable(asked, plan.facts, load),
            run_id=f"{plan.run_id}-{number}",
            nonce=f"{plan.nonce}{number:x}",
            slots=slots_for(rate),
        )
        tried = prepare(probe, session.target, below, session.options)
        keep = partial(write_figures_so_far, tried, folder=session.folder, own_simulator=own_simulator)
        ledger = drive(tried, view, keep)
        found, unjudged = _probed(ledger, rate)
        records.append(found)
        search.report(found.met)
        over = bool(tried.interrupted or (ledger.ending.problem and found.met is None))
        if found.met or kept is None or not search.best or over:
            kept = tried, ledger
        if over:
            break
    assert kept is not None, "a search tries one rate at least"
    records.append(Capacity(best=search.best, broken=search.broken))
    return Found(search, records, *kept, unjudged)


def _probed(ledger: RunLedger, rate: float) -> tuple[CapacityProbe, str]:
    """Return what a probe showed, and why it is not judged, if it is not."""
    judged = judge_figures(ledger)
    verdicts = {one.met for one in judged.measured}
    met = False if False in verdicts else None if None in verdicts else True
    whole = judged.totals.get(ALL_CALLS)
    flows = sum(count for name, count in ledger.finished.items() if kind_of(name) == "workflow")
    if judged.limit and not met:
        met = None
    too_few = next((one.observed for one in judged.measured if one.met is None), "")
    probe = CapacityProbe(
        rate=round(rate, 3),
        met=met,
        p99=percentile(whole.latency, 99.0) if whole else None,
        reached=round(flows / judged.elapsed, 2) if judged.elapsed else None,
    )
    return probe, (judged.limit or too_few) if met is None else ""
