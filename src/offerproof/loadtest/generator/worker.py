"""The worker's side inside Locust: arrivals for the users, the stock, and a report to the coordinator every second.

The only module besides ``coordinator``, ``locust_plugin`` and ``user`` that needs gevent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import gevent
from gevent.event import Event
from gevent.queue import Queue

from offerproof.loadtest.client.calls import Calls, Channel, Meter
from offerproof.loadtest.client.connection import HttpConnection
from offerproof.loadtest.client.endpoints import Endpoints, endpoints_of
from offerproof.loadtest.figures import Series, pack_all
from offerproof.loadtest.generator.health import Health
from offerproof.loadtest.generator.messages import Begin, Dry, Supplied, ToCoordinator, Wanted, WorkerReport
from offerproof.loadtest.generator.steps import Steps
from offerproof.loadtest.generator.supply import HeldOffer, RanDry, Shopper, Stock
from offerproof.loadtest.generator.workflows import Mix, visit
from offerproof.loadtest.plan.load_plan import LoadPlan
from offerproof.loadtest.plan.workload import Think, Workload
from offerproof.target import Profile
from offerproof.traffic.operations import OperationLog

T = TypeVar("T")
Send = Callable[[ToCoordinator], None]

LATE_NS = 10_000_000
"""An arrival that its own pacer starts later than this (10 ms) is the generator's fault."""
LAST_WORDS_S = 1.0
"""So long users may take to write down that their calls were given up; who only thinks or waits is not waited for."""
STARVED_S = 20.0
"""So long a user waits for customers before the run counts as dry."""


class Worker:
    """All users of one process."""

    def __init__(self, profile: Profile, mix: Mix, send: Send) -> None:
        self.profile = profile
        self.mix = mix
        self.stock = Stock()
        self.meter = Meter()
        self.log = OperationLog()
        self.health = Health()
        self.ended = False
        self.statistics: Callable[[dict[str, Series]], None] | None = None
        """Told what is new, once a second: Locust's own statistics."""
        self._send = send
        self._shown: dict[str, Series] = {}
        """What Locust's statistics have been told already, and the coordinator has not."""
        self._more = Event()
        self._ready = Event()
        self._queue: Queue[int | None] = Queue()
        self._asked = 0.0
        self._least = 20.0
        self._offers_a_visit = mix.facts.offers
        self._open = self._begun = False
        self._recent_use = 0.0
        self._used_before = 0
        self._shared: list[tuple[Shopper, HeldOffer]] = []
        self._users = 0
        self._calls: list[Calls] = []
        """Of all users."""
        self._idle = 0
        self._busy = 0
        self._greenlets: list[gevent.Greenlet] = []
        self.plan: LoadPlan | None = None
        self.index = 0
        self.count = 1
        self.epoch = 0
        self._endpoints: Endpoints | None = None

    # What the coordinator says.

    def begin(self, told: Begin) -> None:
        """Take the plan, and wait for the beginning."""
        plan, count = told.plan, told.count
        self.plan, self.index, self.count, self.epoch = plan, told.index, count, told.begin_ns
        self._endpoints = endpoints_of(self.profile, run_id=plan.run_id)
        self.log.every = told.every
        self.stock.recycling = plan.customers > 0 and self._offers_a_visit > 0
        self._shared = [(customer, offer) for customer in told.shared for offer in customer.offers]
        workload = plan.workload
        self.meter.warm_until = self.epoch + int((workload.warm_up if workload else 0.0) * 1e9)
        self.meter.gap_ns = int(count * 1e9 / plan.load_rate) if plan.load_rate else 0
        self._open = plan.is_open
        self._begun = False
        level = (workload.peak if workload else 50.0) / count
        self._least = max(20.0, level * (5.0 if self._open or workload is None else 4.0))
        self.ended = False
        self._greenlets = [gevent.spawn(self._report_each_second), gevent.spawn(self.health.watch, gevent.sleep)]
        if workload is not None and self._open:
            self._greenlets.append(gevent.spawn(self._pace, workload, plan.seed))
        self._ready.set()

    def take_in(self, given: Supplied) -> None:
        """Take what the coordinator gave."""
        self.stock.add(given.customers)
        self.stock.dry = given.dry or self.stock.dry
        self._asked = 0.0
        self._more.set()

    def end(self) -> None:
        """No new visits; when the running ones are done the last report goes out."""
        if not self.ended:
            self.ended = True
            for _ in range(self._users + 1):
                self._queue.put(None)
            self._more.set()
            self._ready.set()

    # What the users ask.

    def steps(self, connect: Callable[..., Channel] = HttpConnection) -> Steps:
        """Return the steps of another user, whose requests go over what ``connect`` makes."""
        self._ready.wait()
        plan, endpoints = self.plan, self._endpoints
        assert plan is not None
        assert endpoints is not None
        self._users += 1
        number = self._users * self.count + self.index
        calls = Calls(endpoints, self.meter, number, sleep=gevent.sleep, connect=connect)
        self._calls.append(calls)
        return Steps(
            calls,
            self.log,
            epoch_ns=self.epoch,
            nonce=plan.nonce,
            seed=plan.seed * 1_000_003 + number,
            think=Think(plan.think),
            sleep=gevent.sleep,
        )

    def serve_next(self, steps: Steps) -> bool:
        """Serve the next arrival (open) or the next visit (closed); false when there are no more."""
        intended = 0
        if not self._begun:
            gevent.sleep(max(self.epoch - time.monotonic_ns(), 0) / 1e9)
            self._begun = True
        if self._open:
            self._idle += 1
            arrival = self._queue.get()
            self._idle -= 1
            if arrival is None:
                return False
            intended = arrival
        elif self.ended:
            return False
        self._busy += 1
        try:
            visit(steps, self.mix, self, time.monotonic_ns, intended=intended)
        except RanDry as dry:
            self._send(Dry(dry.message))
            return False
        finally:
            self._busy -= 1
        return True

    def take_with_offer(self) -> tuple[Shopper, HeldOffer]:
        """Take a customer with an unused offer, waiting for the coordinator if need be."""
        return self._take(self.stock.take_with_offer, "user offers")

    def take(self) -> Shopper:
        """Take any customer, waiting for the coordinator if need be."""
        return self._take(self.stock.take, "customers")

    def can(self, capability: str) -> bool:
        """Whether the target declares a capability."""
        return self.profile.can(capability)

    def target_of_rush(self, steps: Steps, tries: int) -> tuple[Shopper, HeldOffer]:
        """Return the user offer everyone wants now; each is wanted for one rush only."""
        assert self.plan is not None
        length = int(self.plan.rush_seconds * 1e9)
        rush = max(0, ((steps.intended or time.monotonic_ns()) - self.epoch) // length)
        if rush != steps.rush:
            steps.rush, steps.tried = rush, 0
        elif not steps.intended and steps.tried >= tries:
            rush = steps.rush = rush + 1
            steps.tried = 0
            gevent.sleep(max(self.epoch + rush * length - time.monotonic_ns(), 0) / 1e9)
        steps.tried += 1
        if rush >= len(self._shared):
            raise RanDry(
                f"the {len(self._shared)} user offers of the stampede are used up",
                hint="a longer run needs more of them: --shared-offers",
            )
        return self._shared[rush]

    # Greenlets.

    def _take(self, take: Callable[[], T | None], what: str) -> T:
        begun = 0.0
        while True:
            taken = take()
            self._ask()
            if taken is not None:
                return taken
            now = time.monotonic()
            begun = begun or now
            if self.stock.dry or self.ended or now - begun > STARVED_S:
                reason = self.stock.dry or f"waited {STARVED_S:.0f} s for {what}: provisioning cannot keep up"
                if self.stock.recycling:
                    reason += ", or so few customers (--customers) are not enough"
                raise RanDry(f"no unused {what} are left: {reason}")
            self.health.starved += 1
            self._more.clear()
            self._more.wait(0.05)

    def _ask(self) -> None:
        """Ask the coordinator for more customers before they run out, one request at a time."""
        low = max(self._least, self._recent_use * 3.0)
        wanted = self.stock.offers if self._offers_a_visit > 0 else self.stock.customers * 4
        if wanted < low and not self._asked and not self.stock.dry:
            self._asked = time.monotonic()
            each = max(self.stock.ever_offers / max(self.stock.ever_customers, 1), 1.0)
            self._send(Wanted(int(low * 2 * max(self._offers_a_visit, 0.25) / each) + 10))

    def _pace(self, workload: Workload, seed: int) -> None:
        arrivals: Iterator[float] = workload.arrivals(part=self.index, parts=self.count, seed=seed)
        put, clock, epoch = self._queue.put, time.monotonic_ns, self.epoch
        for at in arrivals:
            due = epoch + int(at * 1e9)
            late = clock() - due
            if late < 0:
                gevent.sleep(-late / 1e9)
                late = clock() - due
            elif late > LATE_NS:
                gevent.sleep(0)  # let the users work while we catch up
            if self.ended:
                break
            self.health.arrivals += 1
            if late > LATE_NS:
                self.health.late += 1
            if not self._idle:
                self.health.no_slot += 1
            put(due)

    def _report_each_second(self) -> None:
        second = 0
        while True:
            due = self.epoch + (second + 1) * 1_000_000_000
            left = (due - time.monotonic_ns()) / 1e9
            gevent.sleep(max(left, 0.0) if not self.ended else min(max(left, 0.0), 0.05))
            over = self.ended and self._busy == 0 and (self._queue.empty() or self._only_sentinels())
            if over or time.monotonic_ns() >= due:
                self._report(second, final=over)
                second += 1
            if over:
                return

    def flush(self) -> None:
        """Bring Locust's statistics up to date: it prints them before the coordinator's last report is due."""
        if self.plan is not None and self.plan.workload is None and self.statistics is not None:
            taken = self.meter.recorder.take()
            self.statistics(taken)
            for name, series in taken.items():
                self._shown.setdefault(name, Series()).merge(series)

    def _only_sentinels(self) -> bool:
        return all(item is None for item in list(self._queue.queue))

    def give_up(self) -> None:
        """The coordinator waits no longer: count what was not served or answered, and report; nothing disappears."""
        unfinished = []
        while not self._queue.empty():
            item = self._queue.get_nowait()
            if item is not None:
                unfinished.append(item)
        for _ in range(self._users):
            self._queue.put(None)
        for calls in self._calls:
            calls.give_up()
        limit = time.monotonic() + LAST_WORDS_S
        while self._busy and time.monotonic() < limit:
            gevent.sleep(0.01)
        now = time.monotonic_ns()
        for intended in unfinished:
            self.meter.recorder.record_workflow(self.mix.name, now - intended, now - intended, "unfinished")
        gevent.killall(self._greenlets, block=False)
        self._report(int((now - self.epoch) / 1e9), final=True)

    def _report(self, second: int, *, final: bool) -> None:
        taken, warm_up = self.meter.recorder.take(), self.meter.warm_up.take()
        if self.statistics is not None:
            self.statistics(taken)
            self.statistics(warm_up)
        shown, self._shown = self._shown, {}
        for name, series in shown.items():
            taken.setdefault(name, Series()).merge(series)
        self._recent_use = max(self.stock.used - self._used_before, self._recent_use * 0.5)
        self._used_before = self.stock.used
        self._send(
            WorkerReport(
                second=second,
                final=final,
                figures=pack_all(taken),
                warm_up=pack_all(warm_up),
                operations=self.log.take(),
                finished=self.stock.take_finished(),
                health=self.health.take(),
                sent=self.meter.sent,
                busy=self._busy,
                offers=self.stock.offers,
                queued=self._queue.qsize(),
            )
        )
