"""The worker's side inside Locust: supply and arrivals for the users, a report to the coordinator every second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import gevent
from gevent.event import Event
from gevent.queue import Queue

from offerproof.loadtest.client.calls import Calls, Channel, Meter
from offerproof.loadtest.client.connection import HttpConnection
from offerproof.loadtest.client.endpoints import Endpoints, endpoints_of
from offerproof.loadtest.figures import Series
from offerproof.loadtest.generator.health import Health
from offerproof.loadtest.generator.messages import Begin, Dry, HoldAsked, Supplied, ToCoordinator, Wanted, WorkerReport
from offerproof.loadtest.generator.steps import Steps
from offerproof.loadtest.generator.supply import HeldOffer, RanDry, Shopper, Stock
from offerproof.loadtest.generator.workflows import Mix, visit
from offerproof.loadtest.plan.workload import Think
from offerproof.target import Profile
from offerproof.traffic.operations import OperationLog

# A worker's share of the supply
T = TypeVar("T")

STARVED_S = 20.0
"""So long a user waits for customers before the run counts as dry."""


class WorkerSupply:
    """The :class:`~offerproof.loadtest.generator.workflows.VisitSupply` of a worker."""

    def __init__(
        self, profile: Profile, offers_a_visit: float, send: Callable[[ToCoordinator], None], health: Health
    ) -> None:
        self.stock = Stock()
        self.over = False
        """Whether nobody waits any longer."""
        self._profile = profile
        self._offers_a_visit = offers_a_visit
        self._send = send
        self._health = health
        self._more = Event()
        self._asked = False
        self._least = 20.0
        self._recent_use = self._used_before = 0.0
        self._shared: list[tuple[Shopper, HeldOffer]] = []
        self._begin_ns = self._rush_ns = 0

    def begin(self, told: Begin) -> None:
        """Take what the plan says of the supply."""
        plan, workload = told.plan, told.plan.workload
        self.over = False
        self.stock.recycling = plan.supply.customers > 0 and self._offers_a_visit > 0
        self._shared = [(customer, offer) for customer in told.shared for offer in customer.offers]
        self._begin_ns, self._rush_ns = told.begin_ns, int(plan.rush_seconds * 1e9)
        level = (workload.peak if workload else 50.0) / told.count
        self._least = max(20.0, level * (5.0 if plan.is_open or workload is None else 4.0))

    def take_in(self, given: Supplied) -> None:
        """Take what the coordinator gave."""
        self.stock.add(given.customers)
        self.stock.dry = given.dry or self.stock.dry
        self._asked = False
        self._more.set()

    def end(self) -> None:
        """Let nobody wait any longer."""
        self.over = True
        self._more.set()

    def note_second(self) -> None:
        """Another second is over: what it used says when to ask for more."""
        self._recent_use = max(self.stock.used - self._used_before, self._recent_use * 0.5)
        self._used_before = self.stock.used

    def take_with_offer(self) -> tuple[Shopper, HeldOffer]:
        """Take a customer with an unused offer, waiting for the coordinator if need be."""
        return self._take(self.stock.take_with_offer, "user offers")

    def take(self) -> Shopper:
        """Take any customer, waiting for the coordinator if need be."""
        return self._take(self.stock.take, "customers")

    def can(self, capability: str) -> bool:
        """Whether the target declares a capability."""
        return self._profile.can(capability)

    def target_of_rush(self, steps: Steps, tries: int) -> tuple[Shopper, HeldOffer]:
        """Return the user offer everyone wants now; each is wanted for one rush only."""
        rush = max(0, ((steps.intended or time.monotonic_ns()) - self._begin_ns) // self._rush_ns)
        if rush != steps.rush:
            steps.rush, steps.tried = rush, 0
        elif not steps.intended and steps.tried >= tries:
            rush = steps.rush = rush + 1
            steps.tried = 0
            gevent.sleep(max(self._begin_ns + rush * self._rush_ns - time.monotonic_ns(), 0) / 1e9)
        steps.tried += 1
        if rush >= len(self._shared):
            raise RanDry(
                f"the {len(self._shared)} user offers of the stampede are used up",
                hint="a longer run needs more of them: --shared-offers",
            )
        return self._shared[rush]

    def _take(self, take: Callable[[], T | None], what: str) -> T:
        begun = 0.0
        while True:
            taken = take()
            self._ask()
            if taken is not None:
                return taken
            now = time.monotonic()
            begun = begun or now
            if self.stock.dry or self.over or now - begun > STARVED_S:
                reason = self.stock.dry or f"waited {STARVED_S:.0f} s for {what}: provisioning cannot keep up"
                if self.stock.recycling:
                    reason += ", or so few customers (--customers) are not enough"
                raise RanDry(f"no unused {what} are left: {reason}")
            self._health.starved += 1
            self._more.clear()
            self._more.wait(0.05)

    def _ask(self) -> None:
        """Ask the coordinator for more customers before they run out, one request at a time."""
        low = max(self._least, self._recent_use * 3.0)
        on_hand = self.stock.offers if self._offers_a_visit > 0 else self.stock.customers * 4
        if on_hand < low and not self._asked and not self.stock.dry:
            self._asked = True
            each = max(self.stock.ever_offers / max(self.stock.ever_customers, 1), 1.0)
            self._send(Wanted(int(low * 2 * max(self._offers_a_visit, 0.25) / each) + 10))


LATE_NS = 10_000_000
"""An arrival that its own pacer starts later than this (10 ms) is the generator's fault."""
LAST_WORDS_S = 1.0
"""So long users may take to write down that their calls were given up; who only thinks or waits is not waited for."""


class Arrivals:
    """The arrivals of an open workload, each at its instant; users who are free wait for the next."""

    def __init__(self, health: Health) -> None:
        self.idle = 0
        self._health = health
        self._queue: Queue[int | None] = Queue()

    def pace(self, told: Begin, over: Callable[[], bool]) -> None:
        """Let them come, until they are over."""
        assert told.plan.workload is not None
        put, clock, health = self._queue.put, time.monotonic_ns, self._health
        for at in told.plan.workload.arrivals(part=told.index, parts=told.count, seed=told.plan.seed):
            due = told.begin_ns + int(at * 1e9)
            late = clock() - due
            if late < 0:
                gevent.sleep(-late / 1e9)
                late = clock() - due
            elif late > LATE_NS:
                gevent.sleep(0)  # let the users work while we catch up
            if over():
                break
            health.arrivals += 1
            if late > LATE_NS:
                health.late += 1
            if not self.idle:
                health.no_slot += 1
            put(due)

    def next(self) -> int | None:
        """Wait for the next one; returns when it was meant to be, or None when there are no more."""
        self.idle += 1
        intended: int | None = self._queue.get()
        self.idle -= 1
        return intended

    @property
    def waiting(self) -> int:
        """How many wait for a user."""
        return int(self._queue.qsize())

    def is_served(self) -> bool:
        """Whether none waits any more."""
        return all(item is None for item in list(self._queue.queue))

    def end(self, users: int) -> None:
        """Tell so many users that there are no more."""
        for _ in range(users):
            self._queue.put(None)

    def drop(self) -> list[int]:
        """Return those that nobody served, and forget them."""
        dropped = [self._queue.get_nowait() for _ in range(self._queue.qsize())]
        return [intended for intended in dropped if intended is not None]


class ShownFigures:
    """Figures that Locust's own statistics have been told, and the coordinator not yet. ``show`` tells Locust."""

    def __init__(self, show: Callable[[dict[str, Series]], None]) -> None:
        self.show = show
        self._waiting: dict[str, Series] = {}

    def add(self, new: dict[str, Series]) -> None:
        """Show new figures, and keep them for the next report."""
        self.show(new)
        for name, series in new.items():
            self._waiting.setdefault(name, Series()).merge(series)

    def take(self, new: dict[str, Series]) -> dict[str, Series]:
        """Show new figures; return them with what waits for a report."""
        self.add(new)
        taken, self._waiting = self._waiting, {}
        return taken


class Worker:
    """All users of one process."""

    def __init__(
        self,
        profile: Profile,
        mix: Mix,
        send: Callable[[ToCoordinator], None],
        statistics: Callable[[dict[str, Series]], None] = lambda new: None,
    ) -> None:
        self.mix = mix
        self.health = Health()
        self.supply = WorkerSupply(profile, mix.facts.offers, send, self.health)
        self.arrivals = Arrivals(self.health)
        self.meter = Meter(on_hold=lambda seconds: send(HoldAsked(seconds)))
        self.log = OperationLog()
        self.told: Begin | None = None
        """The plan, and this worker's part of it."""
        self._profile = profile
        self._send = send
        self.shown = ShownFigures(statistics)
        self._ready = Event()
        self._endpoints: Endpoints | None = None
        self._calls: list[Calls] = []
        """Of all users."""
        self._busy = 0
        self._greenlets: list[gevent.Greenlet] = []

    # What the coordinator says.

    def begin(self, told: Begin) -> None:
        """Take the plan, and wait for the beginning."""
        self.told, plan = told, told.plan
        workload = plan.workload
        self._endpoints = endpoints_of(self._profile, run_id=plan.run_id)
        self.supply.begin(told)
        self.log.every = told.every
        self.meter.warm_until = told.begin_ns + int((workload.warm_up if workload else 0.0) * 1e9)
        self.meter.gap_ns = int(told.count * 1e9 / plan.load_rate) if plan.load_rate else 0
        self._greenlets = [
            gevent.spawn(self._report_each_second, told.begin_ns),
            gevent.spawn(self.health.watch, gevent.sleep),
        ]
        if plan.is_open:
            self._greenlets.append(gevent.spawn(self.arrivals.pace, told, lambda: self.supply.over))
        self._ready.set()

    def end(self) -> None:
        """No new visits; when the running ones are done the last report goes out."""
        if not self.supply.over:
            self.supply.end()
            self.arrivals.end(len(self._calls) + 1)
            self._ready.set()

    # What the users ask.

    def steps(self, connect: Callable[..., Channel] = HttpConnection) -> Steps:
        """Return the steps of another user, whose requests go over what ``connect`` makes; waits for the beginning."""
        self._ready.wait()
        assert self.told is not None
        assert self._endpoints is not None
        told, plan = self.told, self.told.plan
        number = (len(self._calls) + 1) * told.count + told.index
        calls = Calls(self._endpoints, self.meter, number, sleep=gevent.sleep, connect=connect)
        self._calls.append(calls)
        seed, think = plan.seed * 1_000_003 + number, Think(plan.think)
        steps = Steps(
            calls, self.log, epoch_ns=told.begin_ns, nonce=plan.nonce, seed=seed, think=think, sleep=gevent.sleep
        )
        gevent.sleep(max(told.begin_ns - time.monotonic_ns(), 0) / 1e9)
        return steps

    def serve_next(self, steps: Steps) -> bool:
        """Serve the next arrival (open) or the next visit (closed); false when there are no more."""
        intended: int | None = 0
        if self.told is not None and self.told.plan.is_open:
            intended = self.arrivals.next()
        if intended is None or (not intended and self.supply.over):
            return False
        self._busy += 1
        try:
            visit(steps, self.mix, self.supply, time.monotonic_ns, intended=intended)
        except RanDry as dry:
            self._send(Dry(dry.message))
            return False
        finally:
            self._busy -= 1
        return True

    # The reports.

    def _report_each_second(self, begin_ns: int) -> None:
        second = 0
        while True:
            due = begin_ns + (second + 1) * 1_000_000_000
            left = (due - time.monotonic_ns()) / 1e9
            gevent.sleep(max(left, 0.0) if not self.supply.over else min(max(left, 0.0), 0.05))
            over = self.supply.over and self._busy == 0 and self.arrivals.is_served()
            if over or time.monotonic_ns() >= due:
                self._report(second, final=over)
                second += 1
            if over:
                return

    def flush(self) -> None:
        """Bring Locust's statistics up to date: it prints them before the coordinator's last report is due."""
        if self.told is not None and self.told.plan.workload is None:
            self.shown.add(self.meter.recorder.take())

    def give_up(self) -> None:
        """The coordinator waits no longer: count what was not served or answered, and report; nothing disappears."""
        assert self.told is not None
        unserved = self.arrivals.drop()
        self.arrivals.end(len(self._calls))
        for calls in self._calls:
            calls.give_up()
        limit = time.monotonic() + LAST_WORDS_S
        while self._busy and time.monotonic() < limit:
            gevent.sleep(0.01)
        now = time.monotonic_ns()
        for intended in unserved:
            self.meter.recorder.record(self.mix.name, now - intended, now - intended, "unfinished")
        gevent.killall(self._greenlets, block=False)
        self._report(int((now - self.told.begin_ns) / 1e9), final=True)

    def _report(self, second: int, *, final: bool) -> None:
        taken, warm_up = self.shown.take(self.meter.recorder.take()), self.meter.warm_up.take()
        self.shown.show(warm_up)
        self.supply.note_second()
        self._send(
            WorkerReport(
                second=second,
                final=final,
                figures=taken,
                warm_up=warm_up,
                operations=self.log.take(),
                finished=self.supply.stock.take_finished(),
                health=self.health.take(),
                sent=self.meter.sent,
                busy=self._busy,
                offers=self.supply.stock.offers,
                queued=self.arrivals.waiting,
            )
        )
