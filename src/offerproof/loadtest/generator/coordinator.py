"""The coordinator inside Locust's master (or only) process: provisions, starts and ends the run, adds up, writes down.

It talks to the workers in :mod:`offerproof.loadtest.generator.messages`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import gevent
import gevent.event
import msgspec

from offerproof.errors import OfferproofError
from offerproof.loadtest.generator.ledger import SO_FAR, write_ledger
from offerproof.loadtest.generator.messages import (
    Begin,
    EndVisits,
    GiveUp,
    HoldAll,
    Sample,
    Supplied,
    ToWorker,
    WorkerReport,
)
from offerproof.loadtest.generator.progress import Provisioned, RunProgress
from offerproof.loadtest.generator.supplier import Supplier
from offerproof.loadtest.plan import workload as pacing
from offerproof.loadtest.plan.load_plan import LoadPlan
from offerproof.loadtest.plan.permission import visits_share
from offerproof.loadtest.plan.thresholds import to_abort
from offerproof.target import Profile
from offerproof.traffic.operations import LogFile

SendTo = Callable[[ToWorker, str], None]

LOST_AFTER_S = 5.0
KEPT_S = 5
"""Between two ledgers of a run that goes on."""
LEAD_S = 0.7
"""From the moment the plan goes out to the first arrival: every worker must have it by then."""
BREAKER_S = 5
"""A run that only produced errors for so many seconds is ended."""
BREAKER_CALLS = 50


class Coordinator:
    """The master's side of one run."""

    def __init__(self, profile: Profile, plan: LoadPlan, send: SendTo) -> None:
        self.profile = profile
        self.plan = plan
        self.folder = Path(plan.folder) if plan.folder else None
        self.progress = RunProgress(plan)
        self.over = gevent.event.Event()
        self.begun = 0
        self.every = 1
        self._send = send
        self._logs: dict[str, LogFile] = {}
        self._workers: list[str] = []
        self._ending = False
        self._thinned_at = 0
        self._supplier = Supplier(profile, plan, gevent.sleep)
        self._supplier.meter.on_hold = self.held

    def prepare(self, workers: list[str]) -> None:
        """Provision the first stock, then tell every worker the plan and when to begin."""
        self._workers = list(workers)
        telling = gevent.spawn(self._tell_of_provisioning)
        try:
            self._supplier.provision(len(workers))
        except OfferproofError as problem:
            self.progress.ending.blame_us(problem.message, problem.hint or "")
            self._finish(f"provisioning failed: {problem.message}")
            return
        except Exception as problem:  # Locust would log it, and wait for ever for a run that never begins
            self.progress.ending.blame_us(_our_error(problem))
            self._finish(self.progress.ending.problem)
            return
        finally:
            telling.kill()
        self._supplier.begin()
        self.begun = time.monotonic_ns() + int(LEAD_S * 1e9)
        self.progress.begin(self.begun, self._workers)
        for index, worker in enumerate(self._workers):
            self._send_plan(worker, index)
        for work in (self._each_second, self._refill, self._read_back):
            gevent.spawn(self._guarded, work)

    def _send_plan(self, worker: str, index: int) -> None:
        plan, begin_ns = self.plan, self.begun + self.progress.offset_of(worker)
        if plan.load_rate:
            plan = msgspec.structs.replace(plan, load_rate=plan.load_rate * visits_share(self.profile, plan))
        self._send(Begin(plan, index, len(self._workers), begin_ns, self._supplier.shared, self.every), worker)
        self.hand_out(worker, -(-self._supplier.register.waiting // (len(self._workers) - index)))

    # What the workers say.

    def hand_out(self, worker: str, wanted: int) -> None:
        """A worker asks for more customers."""
        given = self._supplier.give(worker, wanted)
        if given is not None:
            self._send(Supplied(*given), worker)

    def held(self, seconds: float, by: str = "") -> None:
        """The target asked one process (a worker, or this one) to send nothing for so long: nobody sends."""
        for worker in self._workers:
            if worker != by:
                self._send(HoldAll(seconds), worker)
        if by:
            self._supplier.meter.hold_for(seconds)

    def ran_dry(self, reason: str) -> None:
        """A user found nothing unused any more: the run ends, and says so."""
        if not self._ending:
            self.end_by_us(f"the run ran dry: {reason}")

    def take_report(self, worker: str, report: WorkerReport) -> None:
        """Add a worker's second to the whole; its operations go to its own file."""
        self._guarded(partial(self._take_in, worker, report))

    def _take_in(self, worker: str, report: WorkerReport) -> None:
        self.progress.add(worker, report)
        if self.folder is not None and report.operations:
            log = self._logs.get(worker)
            if log is None:
                log = self._logs[worker] = LogFile(self.folder / f"operations-{len(self._logs)}.bin")
            log.write(report.operations)
        self._supplier.back(worker, report.finished, self.every)

    # The end.

    def end_by_us(self, problem: str) -> None:
        """End the run for a problem that is ours: nothing follows from it for the target."""
        self.progress.ending.blame_us(problem)
        self.end(problem)

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do what nobody else would notice the end of: a run without its coordinator would load the target for ever."""
        try:
            work()
        except Exception as problem:
            self.end_by_us(_our_error(problem))

    def end(self, reason: str = "") -> None:
        """Tell the workers to stop; the run is over when all of them reported, or have had their time."""
        if self._ending:
            return
        self._ending = True
        self.progress.ending.because = self.progress.ending.because or reason
        self.progress.end()
        for worker in self._workers:
            self._send(EndVisits(), worker)
        gevent.spawn(self._drain)

    def _drain(self) -> None:
        limit = time.monotonic() + self.plan.drain_seconds
        asked = False
        while True:
            open_ = self.progress.at_work()
            self.progress.notice_lost(LOST_AFTER_S)
            if not open_:
                break
            if time.monotonic() > limit:
                if asked:
                    for worker in open_:
                        self.progress.workers[worker].lost = "gave no last report"
                    break
                asked, limit = True, time.monotonic() + 3.0
                for worker in open_:
                    self._send(GiveUp(), worker)
            gevent.sleep(0.02)
        self._finish(self.progress.ending.because)

    def _finish(self, reason: str) -> None:
        self._ending = True
        self.progress.ending.because = reason
        try:
            self._write_down()
        except OSError as problem:
            hint = "is the disk full? --out names another place"
            sys.stderr.write(f"offerproof: the run cannot be written down: {problem.strerror}\n  hint: {hint}\n")
        finally:
            self._supplier.hang_up()
            self.over.set()

    def _write_down(self) -> None:
        for log in self._logs.values():
            log.close()
        self._supplier.close()
        ledger, register = self.progress.ledger(), self._supplier.register
        for worker, entry in ledger.workers.items():
            entry.log = self._logs[worker].path.name if worker in self._logs else ""
            entry.lost_customers = register.held_by(worker) if entry.lost else []
        ledger.customers, ledger.user_offers = register.customers, register.offers
        ledger.shared, ledger.operations, ledger.every = len(self._supplier.shared), self._operations(), self.every
        if self.folder is not None:
            self.progress.write_seconds(self.folder)
            write_ledger(ledger, self.folder)
            (self.folder / SO_FAR).unlink(missing_ok=True)

    def _operations(self) -> int:
        return sum(log.count for log in self._logs.values())

    # Greenlets.

    def _tell_of_provisioning(self) -> None:
        """Let whoever waits for the run see how far it is."""
        while True:
            gevent.sleep(0.5)
            self.progress.show(self.folder, Provisioned(self._supplier.made, self._supplier.wanted))

    def _each_second(self) -> None:
        workload: pacing.Workload | None = self.plan.workload
        while not self.over.is_set():
            gevent.sleep(0.25)
            now = (time.monotonic_ns() - self.begun) / 1e9
            self.progress.notice_lost(LOST_AFTER_S)
            if self.progress.tick(now) and self.folder is not None:
                self.progress.write_live(self.folder, now, self._supplier.register.offers_waiting)
                if int(now) % KEPT_S == 0:
                    write_ledger(self.progress.so_far(), self.folder, SO_FAR)
            if self._ending or now < 0:
                continue
            if workload is not None and now >= workload.duration:
                self.end()
            elif self.progress.only_errors(BREAKER_S, BREAKER_CALLS):
                self.progress.ending.problem = f"nothing but errors for {BREAKER_S} s: the run was broken off"
                self.end(self.progress.ending.problem)
            elif broken := to_abort(self.plan.thresholds, self.progress.figures.total):
                self.end(f"a threshold that ends the run was broken: {broken.sentence}")
            elif self._workers and all(entry.lost for entry in self.progress.workers.values()):
                self.end_by_us("all workers were lost")
            self._thin_out()

    def _thin_out(self) -> None:
        """Keep the operation log bounded: leave out every other customer from now on, and say so."""
        if self._operations() - self._thinned_at > self.plan.max_operations:
            self.every *= 2
            self._thinned_at = self._operations()
            for worker in self._workers:
                self._send(Sample(self.every), worker)

    def _refill(self) -> None:
        """Keep enough unused customers on hand while the run goes on."""
        while not self._ending and not self._supplier.dry:
            if self._supplier.refill(self.progress.recent_rate(), len(self._workers)):
                waiting, self._supplier.waiting = self._supplier.waiting, []
                for worker, wanted in waiting:
                    self.hand_out(worker, wanted)
            gevent.sleep(0.02)

    def _read_back(self) -> None:
        """Read back the customers who come again, while the run goes on."""
        while not self._ending:
            if not self._supplier.read_back():
                gevent.sleep(0.1)


def _our_error(problem: Exception) -> str:
    """Name an error of ours; of its text, which may hold anything, only what the system said."""
    told = problem.strerror if isinstance(problem, OSError) and problem.strerror else type(problem).__name__
    return f"our own error at the coordinator: {told}"
