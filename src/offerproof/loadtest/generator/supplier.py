"""The coordinator's supply: makes the first customers, hands them out, makes more, gives fresh offers to those back.

Plain Python: what waits, waits by the ``sleep`` it is handed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from offerproof.errors import Misuse, OfferproofError
from offerproof.loadtest.client.calls import Calls, Meter
from offerproof.loadtest.client.endpoints import endpoints_of
from offerproof.loadtest.client.side_by_side import SideBySide
from offerproof.loadtest.client.wait_budget import WaitBudget
from offerproof.loadtest.generator.provision import Source, source_of
from offerproof.loadtest.generator.recycling import FILE, Recycling
from offerproof.loadtest.generator.supply import Register, Shopper
from offerproof.loadtest.plan.load_plan import LoadPlan
from offerproof.loadtest.plan.permission import IN_ADVANCE_S, visits_share
from offerproof.provisioning import UsedUp
from offerproof.target import Profile

PROVISIONING_S = 120.0
"""So long provisioning may wait in vain before the run, all in all (see ``budget``)."""
RECYCLING_S = 5.0
"""What a recycling of customers must last for at least, beside the settle time: users must not wait for the reading."""
FIRST_CALLER = 0xFFE0
"""Of provisioning, in request ids."""
EACH_SHARED = 5
"""User offers all workers fight for, of one customer."""


class Supplier:
    """Customers and user offers of one run, from the profile's source to the workers."""

    def __init__(self, profile: Profile, plan: LoadPlan, sleep: Callable[[float], None]) -> None:
        self.profile = profile
        self.plan = plan
        folder = Path(plan.folder) if plan.folder else None
        self.register = Register(folder / "supply.jsonl" if folder else None)
        self.shared: list[Shopper] = []
        """Whose user offers all workers fight for."""
        self.dry = ""
        """Why there will be no more."""
        self.waiting: list[tuple[str, int]] = []
        """Workers who asked for more customers than there were, and for how many."""
        self._recycling_file = folder / FILE if folder else None
        self._recycling: Recycling | None = None
        self.meter = Meter(budget=WaitBudget(PROVISIONING_S, "the provisioning"))
        self._lines: SideBySide | None = None
        """For provisioning."""
        self._reading: Calls | None = None
        """For reading back, on connections of its own."""
        self.wanted = 0
        """Customers and user offers that are made before the run begins."""
        self._source: Source | None = None
        self._sleep = sleep

    def provision(self, workers: int) -> None:
        """Make what is needed before the run begins; raises what provisioning raises."""
        if self.plan.load_rate:
            self.meter.gap_ns = int(1e9 / self.plan.load_rate)
        endpoints = endpoints_of(self.profile, run_id=self.plan.run_id)
        lines = self._lines = SideBySide(endpoints, self.meter, FIRST_CALLER, sleep=self._sleep)
        self._reading = Calls(endpoints, self.meter, 0xFFFF, sleep=self._sleep)
        runs = Path(self.plan.supply.runs) if self.plan.supply.runs else None
        who = {"nonce": self.plan.nonce, "run_id": self.plan.run_id}
        source = self._source = source_of(self.profile, lines, **who, seed=self.plan.seed, runs=runs)
        customers, each = self._first_stock(workers)
        shared = -(-(self.plan.supply.shared_offers or self._rushes()) // EACH_SHARED) if self.plan.facts.shared else 0
        self.wanted = customers * (1 + each) + shared * (1 + EACH_SHARED)
        if shared:
            self.shared = source.more(shared, EACH_SHARED)
            self.register.add(self.shared)
            self.register.give("(shared)", len(self.shared))
        while customers > 0:
            try:
                made = source.more(min(customers, 500), each)
            except UsedUp as dry:
                if not self.register.waiting:
                    raise
                self.dry = dry.message  # begin with what there is; who wants more is told
                break
            self.register.add(made)
            customers -= len(made)
        if self.plan.supply.customers and each:
            self._recycling = Recycling(self._recycling_file, self.profile.settle_s)
            self.register.recycle()

    @property
    def made(self) -> int:
        """How many of what is ``wanted`` are there."""
        return self._source.made if self._source is not None else 0

    def begin(self) -> None:
        """The run begins, and ends by itself: nothing is waited for in vain any more, and visits have their share."""
        self.meter.budget = None
        share = visits_share(self.profile, self.plan)
        if self.plan.load_rate and share < 1:
            self.meter.gap_ns = int(1e9 / (self.plan.load_rate * (1.0 - share)))

    def _rushes(self) -> int:
        workload = self.plan.workload
        seconds = workload.duration if workload else 600.0
        return int(seconds / self.plan.rush_seconds) + 5

    def _first_stock(self, workers: int) -> tuple[int, int]:
        """Return how many customers, with how many offers each, are made before the run begins."""
        workload, offers, slots = self.plan.workload, self.plan.facts.offers, self.plan.slots
        if self.plan.facts.shared and not offers:
            return 0, 0
        each = self.plan.supply.offers_per_customer if offers else 0
        if self.plan.supply.customers:
            rest = RECYCLING_S + self.profile.settle_s
            fewest = int((workload.peak if workload else 0.0) * offers * rest / max(each, 1)) + 1
            if each and self.plan.supply.customers < fewest:
                raise Misuse(
                    f"{self.plan.supply.customers} customers are too few to come back at this rate",
                    hint=f"--customers {fewest} or more: each rests for about {rest:.0f} s between two rounds",
                )
            return self.plan.supply.customers, each
        if self.plan.supply.stock:
            return self.plan.supply.stock, each
        if workload is None:
            return 400, each
        if workload.model == "open":
            ahead = workload.area(0.0, min(workload.duration, IN_ADVANCE_S)) * 1.1 + 20 * workers
            if not offers:
                return int(min(max(slots * 2, workload.peak * 2), ahead) + 20), 0
            return int(ahead * offers / each + slots), each
        return int(workload.peak * (16 if offers else 4) + 300), each

    def give(self, worker: str, wanted: int) -> tuple[list[Shopper], str] | None:
        """Return customers for a worker, or why there will be none; nothing: the worker has to wait for them."""
        given = self.register.give(worker, wanted)
        dry = self.dry if not given else ""
        if given or dry:
            return given, dry
        self.waiting.append((worker, wanted))
        return None

    def back(self, worker: str, numbers: list[int], every: int) -> None:
        """Take customers back who used up their user offers; those of every so many-th are read back."""
        if self._recycling is not None and numbers:
            self._recycling.back(self.register.back(worker, numbers), every)

    def refill(self, rate: float, workers: int) -> bool:
        """Make more while there is too little for so many visits a second; false when nothing was to be done."""
        offers = self.plan.facts.offers
        if not offers or self.dry or self._source is None:
            return False
        rate = max(rate * offers, 5.0)
        if not self.waiting and not (self.register.offers_waiting < rate * 10 and self._still_needed(workers)):
            return False
        each = self.plan.supply.offers_per_customer
        if self._recycling is None:
            each = max(round(self.register.offers / max(self.register.customers, 1)), 1)
        asked = sum(wanted for _, wanted in self.waiting)
        try:
            self._more(self._source, max(int(rate * 4 / each), asked, 20), each)
        except OfferproofError as problem:
            self.dry = problem.message
        return True

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

    def _still_needed(self, workers: int) -> bool:
        workload = self.plan.workload
        if workload is None or workload.model != "open":
            return True
        return self.register.offers < workload.area() * 1.1 * self.plan.facts.offers + 50 * workers

    def read_back(self) -> bool:
        """Read back some customers of the recycling who used up their user offers; false when there were none."""
        return self._recycling is not None and self._reading is not None and self._recycling.read_some(self._reading)

    def close(self) -> None:
        """Finish the files."""
        self.register.close()
        if self._recycling is not None:
            self._recycling.close()

    def hang_up(self) -> None:
        """Close the connections."""
        for one in (self._lines, self._reading):
            if one is not None:
                one.close()
