"""What happens at the till. Each workflow is a class with shares as arguments; scenarios in ``load/`` choose them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from offerproof.errors import Misuse
from offerproof.loadtest.client.bodies import CATALOGUE
from offerproof.loadtest.figures import kind_of
from offerproof.loadtest.generator.steps import StepFailed, Steps
from offerproof.loadtest.generator.supply import HeldOffer, Shopper, Stock
from offerproof.loadtest.plan.scenario import ScenarioFacts


class VisitSupply(Protocol):
    """How a workflow gets what it needs, waiting for the coordinator when the stock is empty at the moment."""

    stock: Stock

    def take_with_offer(self) -> tuple[Shopper, HeldOffer]:
        """Take a customer and one of the customer's unused offers; raises when there will be none."""

    def take(self) -> Shopper:
        """Take any customer; raises when there will be none."""

    def can(self, capability: str) -> bool:
        """Whether the target declares a capability."""

    def target_of_rush(self, steps: Steps, tries: int) -> tuple[Shopper, HeldOffer]:
        """Return the user offer that every user of every worker wants now; waits when this one has tried enough."""


class Workflow(Protocol):
    """One kind of visit. Subclass it; what it does not say of itself is taken on the safe side: it writes, it uses
    user offers."""

    name: ClassVar[str]
    """For figures and thresholds; never that of a call."""
    writes: ClassVar[bool] = True
    """Whether a visit may change anything at the target."""
    calls: ClassVar[float] = 4.0
    """Calls a visit makes on average, rounded up: a rate cap is held against it before anything is sent."""
    offers: ClassVar[float] = 1.0
    """User offers a visit uses up on average, rounded up; 0 when it takes customers only."""
    shared: ClassVar[bool] = False
    """Whether all workers fight for the same user offers (:meth:`VisitSupply.target_of_rush`)."""

    def serve(self, steps: Steps, supply: VisitSupply) -> None:
        """Serve one customer; raises :class:`StepFailed` when a step went wrong."""


@dataclass(frozen=True)
class Checkout(Workflow):
    """Lookup, Lock with a basket, sometimes another basket and a re-lock, then send_transaction, which redeems.

    Shares: ``relock`` changes the basket, ``abandon`` unlocks and leaves, ``returns`` brings a line back.
    """

    relock: float = 0.15
    abandon: float = 0.08
    returns: float = 0.04
    name: ClassVar[str] = "checkout"

    def serve(self, steps: Steps, supply: VisitSupply) -> None:
        """One customer with an offer."""
        customer, offer = supply.take_with_offer()
        unused: HeldOffer | None = None
        try:
            steps.lookup(customer, offer, supply.stock.used_of(customer))
            steps.think()
            purchase = steps.purchase()
            steps.lock(customer, offer, purchase)
            steps.think()
            if steps.rng.random() < self.relock:
                purchase.basket = steps.rng.choice(CATALOGUE)
                steps.lock(customer, offer, purchase)
            if steps.rng.random() < self.abandon and supply.can("unlock"):
                steps.unlock(customer, offer, purchase)
                unused = offer
                return
            steps.close(customer, purchase, offer)
            supply.stock.note_used(customer, offer)
            if steps.rng.random() < self.returns:
                steps.think()
                steps.bring_back(customer, purchase, offer)
        finally:
            supply.stock.give_back(customer, unused)


@dataclass(frozen=True)
class Stampede(Workflow):
    """Everyone wants the last one: all users fight for one user offer, then for the next.

    A user that gets the lock redeems, or (``gives_up``) unlocks so that another may have it. In a closed workload a
    user tries ``tries`` times in one rush, then waits for the next.
    """

    gives_up: float = 0.25
    tries: int = 3
    name: ClassVar[str] = "stampede"
    calls: ClassVar[float] = 1.5
    offers: ClassVar[float] = 0.0
    shared: ClassVar[bool] = True

    def serve(self, steps: Steps, supply: VisitSupply) -> None:
        """One user tries once."""
        customer, offer = supply.target_of_rush(steps, self.tries)
        purchase = steps.purchase()
        if not steps.lock(customer, offer, purchase, refusable=True):
            return
        if steps.rng.random() < self.gives_up and supply.can("unlock"):
            steps.unlock(customer, offer, purchase)
        else:
            steps.close(customer, purchase, offer)


@dataclass(frozen=True)
class Browse(Workflow):
    """Customer search with tiers and points, and Lookup: reading only."""

    name: ClassVar[str] = "browse"
    writes: ClassVar[bool] = False
    calls: ClassVar[float] = 2.0
    offers: ClassVar[float] = 0.0

    def serve(self, steps: Steps, supply: VisitSupply) -> None:
        """One customer looks at points and wallet."""
        customer = supply.take()
        try:
            if customer.searchable():
                steps.search(customer)
            steps.think()
            steps.lookup(customer)
        finally:
            supply.stock.put_back(customer)


@dataclass(frozen=True)
class Earn(Workflow):
    """A transaction without offers, which earns points; a share brings a line back."""

    returns: float = 0.05
    name: ClassVar[str] = "earn"
    calls: ClassVar[float] = 1.1
    offers: ClassVar[float] = 0.0

    def serve(self, steps: Steps, supply: VisitSupply) -> None:
        """One customer buys."""
        customer = supply.take()
        try:
            purchase = steps.purchase()
            steps.close(customer, purchase)
            if steps.rng.random() < self.returns:
                steps.think()
                steps.bring_back(customer, purchase)
        finally:
            supply.stock.put_back(customer)


class Mix:
    """Several workflows, each with its weight; every visit draws one."""

    def __init__(self, *weighted: tuple[Workflow, float]) -> None:
        self.workflows = [workflow for workflow, _ in weighted]
        self.weights = [weight for _, weight in weighted]
        for workflow in self.workflows:
            name = getattr(workflow, "name", None)
            if not isinstance(name, str) or not name or kind_of(name) != "workflow":
                told = f"the workflow {type(workflow).__name__} needs a name that no call has"
                raise Misuse(told, hint='name: ClassVar[str] = "my visit"')
        if not any(weight > 0 for weight in self.weights) or any(weight < 0 for weight in self.weights):
            raise Misuse("a Mix has workflows with weights above 0", hint="Mix((Checkout(), 70), (Browse(), 30))")
        self.name = "+".join(workflow.name for workflow in self.workflows)

    @property
    def facts(self) -> ScenarioFacts:
        """What its workflows say of themselves, by their weights."""
        total = sum(self.weights)

        def average(fact: str) -> float:
            values = (float(_fact(workflow, fact)) for workflow in self.workflows)
            return sum(value * weight for value, weight in zip(values, self.weights, strict=True)) / total

        return ScenarioFacts(
            workflows=tuple(workflow.name for workflow in self.workflows),
            writes=any(_fact(workflow, "writes") for workflow in self.workflows),
            calls=average("calls"),
            offers=average("offers"),
            shared=any(_fact(workflow, "shared") for workflow in self.workflows),
        )

    def draw(self, steps: Steps) -> Workflow:
        """Return the workflow of one visit."""
        if len(self.workflows) == 1:
            return self.workflows[0]
        return steps.rng.choices(self.workflows, self.weights)[0]


def _fact(workflow: Workflow, name: str) -> Any:
    return getattr(workflow, name, getattr(Workflow, name))


def known_workflows() -> frozenset[str]:
    """Return the names of the workflows that come with the package."""
    return frozenset(one.name for one in Workflow.__subclasses__() if one.__module__ == __name__)


def visit(steps: Steps, mix: Mix, supply: VisitSupply, clock: Callable[[], int], *, intended: int = 0) -> str:
    """Serve one visit and count it; returns the error's kind or nothing. Time is counted from ``intended`` if given."""
    workflow = mix.draw(steps)
    started = clock()
    steps.intended = intended
    error = ""
    try:
        workflow.serve(steps, supply)
    except StepFailed as failed:
        error = failed.kind
    steps.calls.count_workflow(workflow.name, intended or started, started, clock(), error)
    return error
