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

from offerproof.errors import Misuse, OfferproofError
from offerproof.loadtest.client.calls import Calls, Meter
from offerproof.loadtest.client.endpoints import endpoints_of
from offerproof.loadtest.client.wait_budget import WaitBudget
from offerproof.loadtest.generator.ledger import RunProgress
from offerproof.loadtest.generator.messages import Begin, EndVisits, GiveUp, Sample, Supplied, ToWorker, WorkerReport
from offerproof.loadtest.generator.provision import Source, source_of
from offerproof.loadtest.generator.recycling import FILE, Recycling
from offerproof.loadtest.generator.supply import Register, Shopper
from offerproof.loadtest.plan import workload as pacing
from offerproof.loadtest.plan.load_plan import LoadPlan
from offerproof.loadtest.plan.permission import IN_ADVANCE_S, visits_share
from offerproof.loadtest.plan.thresholds import to_abort
from offerproof.provisioning import UsedUp
from offerproof.target import Profile
from offerproof.traffic.operations import LogFile

SendTo = Callable[[ToWorker, str], None]

PROVISIONING_S = 120.0
"""So long provisioning may wait in vain before the run, all in all (see ``budget``)."""
LOST_AFTER_S = 5.0
LEAD_S = 0.7
"""From the moment the plan goes out to the first arrival: every worker must have it by then."""
BREAKER_S = 5
"""A run that only produced errors for so many seconds is ended."""
BREAKER_CALLS = 50
RECYCLING_S = 5.0
"""What a recycling of customers must last for at least, beside the settle time: users must not wait for the reading."""


class Coordinator:
    """The master's side of one run."""

    def __init__(self, profile: Profile, plan: LoadPlan, send: SendTo) -> None:
        self.profile = profile
        self.plan = plan
        self.folder = Path(plan.folder) if plan.folder else None
        self.progress = RunProgress(plan)
        self.register = Register(self.folder / "supply.jsonl" if self.folder else None)
        self.over = gevent.event.Event()
        self.begun = 0
        self.every = 1
        self.visits_rate = plan.load_rate
        """What of the rate cap the workers may use together; the rest is the coordinator's."""
        self._send = send
        self._logs: dict[str, LogFile] = {}
        self._workers: list[str] = []
        self._dry = ""
        self._ending = False
        self._source: Source | None = None
        self._greenlets: list[gevent.Greenlet] = []
        self._shared: list[Shopper] = []
        self._recycling: Recycling | None = None
        self._reading: Calls | None = None
        self._calls: list[Calls] = []
        """For provisioning and for reading back, each on connections of its own."""

    # Before the run.

    def prepare(self, workers: list[str]) -> None:
        """Provision the first stock, then tell every worker the plan and when to begin."""
        self._workers = list(workers)
        meter = Meter(budget=WaitBudget(PROVISIONING_S, "the provisioning"))
        try:
            self._provision_first(meter)
        except OfferproofError as problem:
            self.blame_us(problem.message)
            self.progress.hint = problem.hint or ""
            self._dry = problem.message
            self._finish(f"provisioning failed: {problem.message}")
            return
        except Exception as problem:  # Locust would log it, and wait for ever for a run that never begins
            self.blame_us(_our_error(problem))
            self._finish(self.progress.problem)
            return
        meter.budget = None  # from now on the run ends by itself
        visits = visits_share(self.profile, self.plan)
        if self.plan.load_rate:
            self.visits_rate = self.plan.load_rate * visits
            meter.gap_ns = int(1e9 / (self.plan.load_rate * (1.0 - visits))) if visits < 1 else meter.gap_ns
        self.begun = time.monotonic_ns() + int(LEAD_S * 1e9)
        self.progress.begin(self.begun)
        for index, worker in enumerate(self._workers):
            self._send_plan(worker, index)
        works = (self._each_second, self._refill, self._read_back)
        self._greenlets = [gevent.spawn(self._guarded, work) for work in works]

    def _send_plan(self, worker: str, index: int) -> None:
        plan = msgspec.structs.replace(self.plan, load_rate=self.visits_rate)
        begin_ns = self.begun + self.progress.offset_of(worker)
        self._send(Begin(plan, index, len(self._workers), begin_ns, self._shared, self.every), worker)
        share = -(-self.register.waiting // (len(self._workers) - index))
        self._hand_out(worker, share)

    def _provision_first(self, meter: Meter) -> None:
        if self.plan.load_rate:
            meter.gap_ns = int(1e9 / self.plan.load_rate)
        endpoints = endpoints_of(self.profile, run_id=self.plan.run_id)
        calls = Calls(endpoints, meter, 0xFFFF, sleep=gevent.sleep)
        self._reading = Calls(endpoints, meter, 0xFFFE, sleep=gevent.sleep)
        self._calls = [calls, self._reading]
        runs = Path(self.plan.runs) if self.plan.runs else None
        who = {"nonce": self.plan.nonce, "run_id": self.plan.run_id}
        self._source = source_of(self.profile, calls, **who, seed=self.plan.seed, runs=runs)
        if self.plan.facts.shared:
            count = self.plan.shared_offers or self._rushes()
            each = 5
            self._shared = self._source.more(-(-count // each), each)
            self.register.add(self._shared)
            self.register.give("(shared)", len(self._shared))
        customers, each = self._first_stock()
        while customers > 0:
            try:
                made = self._source.more(min(customers, 500), each)
            except UsedUp as dry:
                if not self.register.waiting:
                    raise
                self._dry = dry.message  # begin with what there is; who wants more is told
                break
            self.register.add(made)
            customers -= len(made)
        if self.plan.customers and each:
            self._recycling = Recycling(self.folder / FILE if self.folder else None, self.profile.settle_s)
            self.register.close_circle()

    def _rushes(self) -> int:
        workload = self.plan.workload
        seconds = workload.duration if workload else 600.0
        return int(seconds / self.plan.rush_seconds) + 5

    def _first_stock(self) -> tuple[int, int]:
        """Return how many customers, with how many offers each, are made before the run begins."""
        workload, offers, slots = self.plan.workload, self.plan.facts.offers, self.plan.slots
        if self.plan.facts.shared and not offers:
            return 0, 0
        each = self.plan.offers_per_customer if offers else 0
        if self.plan.customers:
            rest = RECYCLING_S + self.profile.settle_s
            fewest = int((workload.peak if workload else 0.0) * offers * rest / max(each, 1)) + 1
            if each and self.plan.customers < fewest:
                raise Misuse(
                    f"{self.plan.customers} customers are too few to come back at this rate",
                    hint=f"--customers {fewest} or more: each rests for about {rest:.0f} s between two rounds",
                )
            return self.plan.customers, each
        if self.plan.stock:
            return self.plan.stock, each
        if workload is None:
            return 400, each
        if workload.model == "open":
            ahead = workload.area(0.0, min(workload.duration, IN_ADVANCE_S)) * 1.1 + 20 * len(self._workers)
            if not offers:
                return int(min(max(slots * 2, workload.peak * 2), ahead) + 20), 0
            return int(ahead * offers / each + slots), each
        return int(workload.peak * (16 if offers else 4) + 300), each

    # What the workers say.

    def hand_out(self, worker: str, wanted: int) -> None:
        """A worker asks for more customers."""
        self._hand_out(worker, wanted)

    def _hand_out(self, worker: str, wanted: int) -> None:
        given = self.register.give(worker, wanted)
        self.progress.used += sum(len(customer.offers) for customer in given)
        dry = self._dry if not given else ""
        if given or dry:
            self._send(Supplied(given, dry), worker)
        else:
            self.progress.waiting.append((worker, wanted))

    def ran_dry(self, reason: str) -> None:
        """A user found nothing unused any more: the run ends, and says so."""
        if not self._ending:
            self.blame_us(f"the run ran dry: {reason}")
            self.end(self.progress.problem)

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
        self.progress.operations = sum(log.count for log in self._logs.values())
        if self._recycling is not None and report.finished:
            self._recycling.back(self.register.back(worker, report.finished), self.every)

    # The end.

    def blame_us(self, problem: str) -> None:
        """Note a problem that is ours: nothing follows from it for the target."""
        self.progress.problem, self.progress.our_fault = problem, True

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do what nobody else would notice the end of: a run without its coordinator would load the target for ever."""
        try:
            work()
        except Exception as problem:
            self.blame_us(_our_error(problem))
            self.end(self.progress.problem)

    def end(self, reason: str = "") -> None:
        """Tell the workers to stop; the run is over when all of them reported, or have had their time."""
        if self._ending:
            return
        self._ending = True
        self.progress.ended_because = self.progress.ended_because or reason
        self.progress.end()
        for worker in self._workers:
            self._send(EndVisits(), worker)
        gevent.spawn(self._drain)

    def _drain(self) -> None:
        limit = time.monotonic() + self.plan.drain_seconds
        asked = False
        while True:
            open_ = [w for w in self._workers if w not in self.progress.final and w not in self.progress.lost]
            self._notice_lost()
            if not open_:
                break
            if time.monotonic() > limit:
                if asked:
                    self.progress.lost.update(dict.fromkeys(open_, "gave no last report"))
                    break
                asked, limit = True, time.monotonic() + 3.0
                for worker in open_:
                    self._send(GiveUp(), worker)
            gevent.sleep(0.02)
        self._finish(self.progress.ended_because)

    def _finish(self, reason: str) -> None:
        self._ending = True
        self.progress.ended_because = reason
        try:
            self._write_down()
        except OSError as problem:
            hint = "is the disk full? --out names another place"
            sys.stderr.write(f"offerproof: the run cannot be written down: {problem.strerror}\n  hint: {hint}\n")
        finally:
            for calls in self._calls:
                calls.close()
            self.over.set()

    def _write_down(self) -> None:
        for log in self._logs.values():
            log.close()
        self.register.close()
        if self._recycling is not None:
            self._recycling.close()
        self.progress.register = (self.register.customers, self.register.offers)
        self.progress.given = self.register.times_given()
        self.progress.lost_customers = {worker: self.register.held_by(worker) for worker in self.progress.lost}
        self.progress.every = self.every
        if self.folder is not None:
            self.progress.write(self.folder, self._log_names())

    def _log_names(self) -> list[tuple[str, str]]:
        return [(worker, f"operations-{number}.bin") for number, worker in enumerate(self._logs)]

    # Greenlets.

    def _each_second(self) -> None:
        workload: pacing.Workload | None = self.plan.workload
        while not self.over.is_set():
            gevent.sleep(0.25)
            now = (time.monotonic_ns() - self.begun) / 1e9
            self._notice_lost()
            if self.progress.tick(now) and self.folder is not None:
                self.progress.write_live(self.folder, now, self.register.offers_waiting)
            if self._ending or now < 0:
                continue
            if workload is not None and now >= workload.duration:
                self.end()
            elif self.progress.only_errors(BREAKER_S, BREAKER_CALLS):
                self.progress.problem = f"nothing but errors for {BREAKER_S} s: the run was broken off"
                self.end(self.progress.problem)
            elif broken := to_abort(self.plan.thresholds, self.progress.figures.total):
                self.end(f"a threshold that ends the run was broken: {broken.sentence}")
            elif self._workers and all(worker in self.progress.lost for worker in self._workers):
                self.blame_us("all workers were lost")
                self.end(self.progress.problem)
            self._thin_out()

    def _notice_lost(self) -> None:
        now = time.monotonic()
        for worker in self._workers:
            heard = self.progress.heard.get(worker, self.begun / 1e9 + LEAD_S)
            if now - heard > LOST_AFTER_S and worker not in self.progress.final and worker not in self.progress.lost:
                self.progress.lost[worker] = f"not heard of for {LOST_AFTER_S:.0f} s"

    def _thin_out(self) -> None:
        """Keep the operation log bounded: leave out every other customer from now on, and say so."""
        if self.progress.operations - self.progress.operations_before > self.plan.max_operations:
            self.every *= 2
            self.progress.operations_before = self.progress.operations
            for worker in self._workers:
                self._send(Sample(self.every), worker)

    def _refill(self) -> None:
        """Keep enough unused customers on hand while the run goes on."""
        each = self.plan.offers_per_customer if self.plan.facts.offers else 0
        while not self._ending and not self._dry and each and self._source is not None:
            rate = max(self.progress.recent_rate() * self.plan.facts.offers, 5.0)
            if (self.register.offers_waiting < rate * 10 and self._still_needed()) or self.progress.waiting:
                if self._recycling is None:
                    each = max(round(self.register.offers / max(self.register.customers, 1)), 1)
                asked = sum(wanted for _, wanted in self.progress.waiting)
                try:
                    self._more(self._source, max(int(rate * 4 / each), asked, 20), each)
                except OfferproofError as problem:
                    self._dry = problem.message
                self._serve_waiting()
                if self._dry:
                    return
            gevent.sleep(0.02)

    def _more(self, source: Source, customers: int, each: int) -> None:
        """Make customers, or give fresh user offers to those of the recycling who are free."""
        if self._recycling is None:
            self.register.add(source.more(customers, each))
            return
        free = self._recycling.free
        again = [free.popleft() for _ in range(min(customers, len(free)))]
        if again:
            source.again(again, each)
            self.register.add_again(again)

    def _read_back(self) -> None:
        """Read back the customers of the recycling who used up their user offers, while the run goes on."""
        while not self._ending and self._recycling is not None and self._reading is not None:
            if not self._recycling.read_some(self._reading):
                gevent.sleep(0.1)

    def _still_needed(self) -> bool:
        workload = self.plan.workload
        if workload is None or workload.model != "open":
            return True
        left = workload.area() * 1.1 * self.plan.facts.offers + 50 * len(self._workers)
        return self.register.offers < left

    def _serve_waiting(self) -> None:
        waiting, self.progress.waiting = self.progress.waiting, []
        for worker, wanted in waiting:
            self._hand_out(worker, wanted)


def _our_error(problem: Exception) -> str:
    """Name an error of ours; of its text, which may hold anything, only what the system said."""
    told = problem.strerror if isinstance(problem, OSError) and problem.strerror else type(problem).__name__
    return f"our own error at the coordinator: {told}"
