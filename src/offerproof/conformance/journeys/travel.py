"""Long journeys: directed tours, then random ones, judged by the oracle; failures cut down, coverage counted.

``travel`` is what the checks of chapter JOURN call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from offerproof.client import Api, BudgetExhausted
from offerproof.conformance.journeys.commands import Broken, Command, Journey, Supply
from offerproof.conformance.journeys.machine import play_random
from offerproof.conformance.journeys.minimise import smallest
from offerproof.conformance.journeys.tours import TOURS
from offerproof.judgement.oracle import Cell
from offerproof.provisioning import CannotProvide
from offerproof.target import Profile

_ISOLATION = ("ISOL-1", "ISOL-2", "ISOL-3", "HIST-10", "HIST-11", "WALLET-3", "WALLET-5", "ISSUE-6")
_STAYS = ("WALLET-17", "REDEEM-13", "HIST-7", "LOCK-14", "REDEEM-14", "REDEEM-2", "REDEEM-12")
_AGREE = ("ISSUE-1", "ISSUE-2", "ISSUE-11", "LOCK-17", "LOCK-18", "LOCK-20", "REDEEM-3", "REDEEM-18", "REDEEM-20")
_CLAUSES = (
    ("JOURN-5", _ISOLATION),
    ("JOURN-4", ("ISOL-6", "LOYAL-21", "POINTS-")),
    ("JOURN-3", ("LOYAL-",)),
    ("JOURN-7", ("FETCH-", "CREATE-", "HIST-5")),
    ("JOURN-6", _STAYS),
    ("JOURN-2", (*_AGREE, "JOURN-2", "WALLET-", "HIST-")),
)


@dataclass(frozen=True)
class JourneyPlan:
    """How far to go: random journeys, steps of each, and what finding a smaller failure may cost (requests)."""

    journeys: int
    steps: int
    shrinking: int


SHORT = JourneyPlan(journeys=3, steps=15, shrinking=500)
LONG = JourneyPlan(journeys=30, steps=50, shrinking=1_500)


@dataclass
class Failure:
    """A failure, cut down: the commands that show it, and how the last replay ended."""

    clauses: tuple[str, ...]
    broken: Broken
    commands: tuple[Command, ...]
    played: int


@dataclass
class Travelled:
    """What the journeys exercised and found, at most one failure for each clause."""

    journeys: int = 0
    steps: int = 0
    cells: Counter[Cell] = field(default_factory=Counter)
    failures: dict[str, Failure] = field(default_factory=dict)
    stopped: str = ""
    """Why not all that was planned was played."""

    def missing(self, wanted: Iterable[Cell]) -> list[str]:
        """Name the wanted cells that were not exercised."""
        return [" · ".join(cell) for cell in wanted if not self.cells[cell]]


def clauses_of(broken: Broken) -> tuple[str, ...]:
    """The clauses of chapter JOURN that a broken step speaks of."""
    rule = broken.objection.clause
    first = next(
        (
            clause
            for clause, rules in _CLAUSES
            if any(rule == one or (one.endswith("-") and rule.startswith(one)) for one in rules)
        ),
        "JOURN-1",
    )
    return (first, "JOURN-8") if broken.invalid else (first,)


def wanted_cells(profile: Profile) -> tuple[Cell, ...]:
    """The (state · operation · outcome) cells that a run must have exercised to be a pass."""
    cells: list[Cell] = [
        ("issued", "lock", "accepted"),
        ("locked", "lock", "accepted"),
        ("locked", "lock", "refused"),
        ("redeemed", "lock", "refused"),
        ("locked", "send_transaction", "accepted"),
        ("issued", "lookup", "accepted"),
        ("issued", "user_offer_history", "accepted"),
        ("redeemed", "user_offer_history", "accepted"),
        ("-", "search_customers", "accepted"),
    ]
    if profile.can("unlock"):
        cells.append(("locked", "unlock", "accepted"))
    if profile.can("redeem"):
        cells += [("redeemed", "redeem", "refused")]
    if profile.can("reinstate"):
        cells += [("redeemed", "reinstate", "accepted")]
    if profile.can("redeem") and profile.can("reinstate"):
        cells += [("issued", "redeem", "accepted")]
    if profile.can("issue") and profile.can("revoke"):
        cells += [("issued", "revoke_offer", "accepted"), ("revoked", "lock", "refused")]
    return tuple(cells)


def travel(
    api: Api,
    supply: Supply,
    plan: JourneyPlan,
    *,
    forget: Callable[[], None] = lambda: None,
    report: Callable[[Failure], None] = lambda failure: None,
) -> Travelled:
    """Play the tours and the random journeys. ``forget`` is called before the last, shortest replay of a failure, and
    ``report`` right after it, while its exchanges are the latest.

    Each journey has customers of its own, so what one breaks does not disturb the next. A clause that failed once is
    not looked at again.
    """
    done = Travelled()
    try:
        desk = _Desk(api, supply, plan, done, forget, report)
        for steps in TOURS:
            if not api.profile.can("create_offer") and all(one.name == "create_offer" for one in steps):
                continue
            tour = Journey(api, supply)
            broken = play(tour, steps)
            _count(done, tour)
            if broken is not None:
                desk.shrink(steps[: tour.steps], broken)
        recorder = _Recorder(api, supply, done, plan.journeys)
        play_random(recorder, api.minter.seed, plan.journeys, plan.steps)
        recorder.end()
        for commands, broken in recorder.broken:
            desk.shrink(commands, broken)
        if recorder.stopped is not None:
            raise recorder.stopped
    except (BudgetExhausted, CannotProvide) as problem:
        done.stopped = str(problem)
    return done


def play(journey: Journey, commands: Iterable[Command]) -> Broken | None:
    """Play commands from the start; return how a step broke, None when all were legal."""
    try:
        journey.begin()
        for command in commands:
            journey.run(command)
    except Broken as broken:
        return broken
    return None


def _count(done: Travelled, journey: Journey) -> None:
    done.journeys += 1
    done.steps += journey.steps
    done.cells.update(journey.cells)


@dataclass
class _Desk:
    """Where failures are cut down and reported."""

    api: Api
    supply: Supply
    plan: JourneyPlan
    done: Travelled
    forget: Callable[[], None]
    report: Callable[[Failure], None]

    def shrink(self, commands: Sequence[Command], broken: Broken) -> None:
        """Cut one failure down, unless its clauses failed before."""
        clauses = tuple(clause for clause in clauses_of(broken) if clause not in self.done.failures)
        if not clauses:
            return

        def replay(tried: Sequence[Command]) -> Broken | None:
            return play(Journey(self.api, self.supply), tried)

        budget = self.api.wire.budget
        allowed = min(self.plan.shrinking, budget.spare)  # or a failure keeps others from being judged
        kept, last = smallest(commands, broken, replay, lambda: budget.used, allowed, self.forget)
        failure = Failure(clauses, last, tuple(kept), len(commands))
        self.done.failures.update(dict.fromkeys(clauses, failure))
        self.report(failure)


class _Recorder:
    """Plays random journeys and keeps the commands of those that broke."""

    def __init__(self, api: Api, supply: Supply, done: Travelled, journeys: int) -> None:
        self.broken: list[tuple[list[Command], Broken]] = []
        self.stopped: Exception | None = None
        self._api, self._supply, self._done, self._left = api, supply, done, journeys
        self._journey: Journey | None = None
        self._commands: list[Command] = []

    def begin(self) -> None:
        """Begin the next journey."""
        self.end()
        if self._left and self.stopped is None:
            self._left -= 1
            self._commands = []
            self._journey = Journey(self._api, self._supply)
            self._carefully(self._journey.begin)

    def play(self, command: Command) -> None:
        """Play one command, unless the journey is over."""
        journey = self._journey
        if journey is not None:
            self._commands.append(command)
            self._carefully(lambda: journey.run(command))

    def end(self) -> None:
        """Count the journey that ends."""
        if self._journey is not None:
            _count(self._done, self._journey)
            self._journey = None

    def _carefully(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Broken as broken:
            self.broken.append((self._commands, broken))
            self.end()
        except Exception as problem:  # raised again when Hypothesis is done: to it, every journey must look the same
            self.stopped = problem
            self.end()
