"""What the visits of one process take from: its stock, and the coordinator when that runs low."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import gevent
from gevent.event import Event

from offerproof.loadtest.generator.health import Health
from offerproof.loadtest.generator.messages import Begin, Supplied, ToCoordinator, Wanted
from offerproof.loadtest.generator.steps import Steps
from offerproof.loadtest.generator.supply import HeldOffer, RanDry, Shopper, Stock
from offerproof.target import Profile

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
        self.stock.recycling = plan.customers > 0 and self._offers_a_visit > 0
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
