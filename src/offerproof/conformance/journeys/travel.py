"""Long journeys: directed tours, then random ones, judged by the oracle; failures cut down, coverage counted.

``travel`` is what the checks of chapter JOURN call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from offerproof.client import Api, BudgetExhausted
from offerproof.client.lines import AHEAD
from offerproof.conformance.journeys.commands import Broken, Command, Journey, NoAnswer, Supply, refused
from offerproof.conformance.journeys.machine import play_random
from offerproof.conformance.journeys.minimise import smallest
from offerproof.conformance.journeys.tours import TOURS
from offerproof.judgement.oracle import Cell
from offerproof.judgement.shapes import claims_success
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


_ISSUED_BY_NOBODY = "ISSUE-6"
_ATTEMPTS = 4
"""Times that a journey is played whose steps have no answer; the last time that is ruled on."""

_A_STEP, _A_WAIT = 2.0, 200.0
"""About how many requests a step takes; and what a wait for effects counts: more than it lasts, so as to come early."""

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
    planned = [(f"tour-{number}", steps) for number, steps in enumerate(_tours(api.profile), 1)]
    drawn = _Drawn()
    play_random(drawn, api.minter.seed, plan.journeys, plan.steps)
    planned += [(f"journey-{number}", tuple(steps)) for number, steps in enumerate(drawn.journeys[: plan.journeys], 1)]
    played = api.wire.side_by_side([partial(_played, api, supply, name, steps) for name, steps in planned])
    gifts = 0
    if any(broken is not None and broken.objection.clause == _ISSUED_BY_NOBODY for _, broken, _ in played):
        gifts = _gifts(api, supply)  # asked only now: most programs give none, and a look at each customer costs
    if gifts:
        again = [partial(_played, api, supply, f"{name}, welcomed", steps, gifts) for name, steps in planned]
        played = api.wire.side_by_side(again)
    shrinker = _Shrinker(api, supply, plan, done, forget, report, gifts)
    try:
        for (_, steps), (journey, broken, _) in zip(planned, played, strict=True):
            done.journeys += 1
            done.steps += journey.steps
            done.cells.update(journey.cells)
            if broken is not None:
                shrinker.shrink(steps[: journey.steps], broken)
        for _, _, problem in played:
            if problem is not None:
                raise problem
    except (BudgetExhausted, CannotProvide) as problem:
        done.stopped = str(problem)
    return done


def _tours(profile: Profile) -> list[tuple[Command, ...]]:
    """The tours that have something to do on this target."""
    return [
        steps for steps in TOURS if profile.can("create_offer") or not all(one.name == "create_offer" for one in steps)
    ]


def _gifts(api: Api, supply: Supply) -> int:
    """How many user offers everybody gets who is new here; 0 also where that cannot be seen."""
    with api.minter.scope("newcomer"):
        try:
            return 0 if api.profile.customers.kind == "pool" else Journey(api, supply).newcomers.gifts_of_one()
        except (Broken, BudgetExhausted, CannotProvide):
            return 0


def _played(
    api: Api, supply: Supply, name: str, commands: Sequence[Command], gifts: int = 0
) -> tuple[Journey, Broken | None, Exception | None]:
    """Play a journey of its own name; how it broke, or what else ended it. Without an answer it is played again."""
    for attempt in range(1, _ATTEMPTS + 1):
        with api.minter.scope(name if attempt == 1 else f"{name}, attempt {attempt}"):
            journey = Journey(api, supply, patient=attempt < _ATTEMPTS, gifts=gifts)
            try:
                return journey, play(journey, commands), None
            except NoAnswer as problem:
                lost: Exception = problem
            except Exception as problem:
                return journey, None, problem
    return journey, None, lost


def play(journey: Journey, commands: Sequence[Command]) -> Broken | None:
    """Play commands from the start; return how a step broke, None when all were legal.

    Raises:
        CannotProvide: it could not be set up: a customer or its first offer was refused.
    """
    long = [_A_WAIT if command.name == "wait" else _A_STEP for command in commands]
    ahead = sum(long)
    AHEAD.set(ahead)
    try:
        journey.begin()
        for command, took in zip(commands, long, strict=True):
            journey.run(command)
            ahead -= took
            AHEAD.set(ahead)
    except Broken as broken:
        on = broken.exchange
        if not journey.steps and on.operation == "create_offer" and not claims_success(on.answer, on.status):
            raise refused(on) from broken
        return broken
    return None


@dataclass
class _Shrinker:
    """Where failures are cut down and reported."""

    api: Api
    supply: Supply
    plan: JourneyPlan
    done: Travelled
    forget: Callable[[], None]
    report: Callable[[Failure], None]
    gifts: int
    spent: int = 0
    """Requests of replays so far."""

    def shrink(self, commands: Sequence[Command], broken: Broken) -> None:
        """Cut one failure down, unless its clauses failed before."""
        clauses = tuple(clause for clause in clauses_of(broken) if clause not in self.done.failures)
        if not clauses:
            return
        allowed = min(self.plan.shrinking, self.api.wire.budget.spare)  # or a failure keeps others from being judged
        kept, last = smallest(commands, broken, self._replay, lambda: self.spent, allowed, self.forget)
        failure = Failure(clauses, last, tuple(kept), len(commands))
        self.done.failures.update(dict.fromkeys(clauses, failure))
        self.report(failure)

    def _replay(self, tried: Sequence[Command]) -> Broken | None:
        journey = Journey(self.api, self.supply, gifts=self.gifts)
        try:
            with self.api.minter.scope(self.api.minter.numbered("replay")):
                return play(journey, tried)
        finally:
            self.spent += journey.sent


class _Drawn:
    """Writes down the commands of random journeys; what Hypothesis draws depends on no answer."""

    def __init__(self) -> None:
        self.journeys: list[list[Command]] = []

    def begin(self) -> None:
        """Begin the next journey."""
        self.journeys.append([])

    def play(self, command: Command) -> None:
        """Add a command to it."""
        self.journeys[-1].append(command)
