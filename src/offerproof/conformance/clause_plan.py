"""What a level may use, and which clauses a run requires of this target; why the others are outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from offerproof.conformance.marks import Consumption, Turn
from offerproof.contract import ANY, IN_PRODUCTION, OPERATIONS, PERIODS, Clause, Contract, Level
from offerproof.findings import PlannedClause
from offerproof.target import Profile

_SETTLING: Final = 300
"""Requests that the settle times of a check that waits for effects are about as long as: at most three in a row."""
_A_PERIOD: Final = 10_000
"""The same of a period that ends: who waits for one begins first, so that the wait is one for all."""


@dataclass(frozen=True)
class Allowance:
    """Upper bounds of a level; ``seconds`` holds for our own simulator, a foreign target has its rate instead."""

    requests: int
    seconds: int
    customers: int
    user_offers: int
    must_floor: int
    """Must-clauses a whole run has to exercise; fewer are too little to certify anything. Reads in production are
    about 80 at gate (11 fewer without wrong_credentials), so only a run that skipped what it planned, or a profile
    that switches all off, falls below."""


ALLOWANCES: Final = {
    Level.SMOKE: Allowance(requests=30, seconds=5, customers=1, user_offers=1, must_floor=3),
    Level.GATE: Allowance(requests=2_000, seconds=30, customers=20, user_offers=60, must_floor=60),
    Level.FULL: Allowance(requests=50_000, seconds=600, customers=100, user_offers=500, must_floor=60),
}


@dataclass(frozen=True)
class Check:
    """A check as the plan sees it: its name, its clauses, its level and what it needs."""

    name: str
    clauses: tuple[str, ...]
    level: Level | None
    needs: tuple[str, ...]
    period: str | None = None
    """What has to end while it goes on, beyond what its clauses say of themselves."""


@dataclass(frozen=True)
class FoundCheck(Check):
    """A check as pytest found it."""

    consumes: Consumption = field(default_factory=Consumption)
    turn: Turn = "any"
    settles: bool = False
    """Whether it waits for effects, and so may take as long as the target's settle time."""
    sees_an_end: bool = False
    """Whether it waits for a period to end, if need be by moving the target's clock."""

    @property
    def weight(self) -> int:
        """About how long it takes, among its like."""
        return self.consumes.requests + _SETTLING * self.settles + _A_PERIOD * self.sees_an_end

    def turn_at(self, profile: Profile) -> Turn:
        """When it runs at a target: whoever moves its clock is alone, and who cannot waits together with others."""
        if not self.sees_an_end:
            return self.turn
        return "alone" if profile.can("clock") else "waits"


def plan_clauses(
    contract: Contract,
    checks: Collection[Check],
    profile: Profile,
    level: Level,
    selected: frozenset[str],
    *,
    sittings: bool = False,
) -> tuple[PlannedClause, ...]:
    """Take every clause as this run has to: required, or outside the required set for a reason that is said.

    ``sittings``: another sitting sees the end of what does not end in this one.
    """
    by_clause: dict[str, list[Check]] = {}
    for check in checks:
        for name in check.clauses:
            by_clause.setdefault(name, []).append(check)
    return tuple(
        _planned(clause, by_clause.get(clause.id, []), profile, level, clause.id in selected, sittings)
        for clause in contract.clauses.values()
    )


def _planned(
    clause: Clause, checks: Sequence[Check], profile: Profile, level: Level, selected: bool, sittings: bool
) -> PlannedClause:
    names = tuple(check.name for check in checks)

    def outside(reason: str, *, scope: bool = False) -> PlannedClause:
        return PlannedClause(clause=clause, required=False, outside=reason, scope=scope, checks=names)

    if not selected:
        return outside("not selected", scope=True)
    if clause.unchecked and not checks and not clause.shapes:
        return outside(f"no check: {clause.unchecked}")
    lowest = min((check.level or clause.level for check in checks), key=list(Level).index, default=clause.level)
    if not level.includes(lowest):
        return outside(f"level {lowest}")
    missing = out_of_scope(clause, profile, sittings=sittings)
    if missing is None and checks and not clause.shapes:
        reasons = [
            missing_capability(check.needs, profile) or endless(check.period, profile, sittings=sittings)
            for check in checks
        ]
        missing = reasons[0] if all(reasons) else None
    if missing:
        return outside(missing, scope=True)
    return PlannedClause(clause=clause, required=True, checks=names)


def out_of_scope(clause: Clause, profile: Profile, *, sittings: bool) -> str | None:
    """Why a clause does not concern this target, as a line of the scope; None where it does."""
    return (
        missing_capability(clause.needs, profile)
        or _forbidden(clause, profile)
        or _undeclared(clause.declares, profile)
        or endless(clause.period, profile, sittings=sittings and not clause.moment)
    )


def missing_capability(needs: Sequence[str], profile: Profile) -> str | None:
    """``no clock``: the first capability that is needed and not declared, as a line of the scope."""
    return next((f"no {need}" for need in needs if not profile.can(need)), None)


def endless(period: str | None, profile: Profile, *, sittings: bool) -> str | None:
    """Why nobody sees a period end: the clock cannot be set, it is not short enough to be waited for (or nobody says
    how long it is), and there is no second sitting. None where somebody does."""
    if period is None or sittings or profile.sees_end_of(period):
        return None
    return f"no end of the {PERIODS[period]}"


def _undeclared(declares: Mapping[str, Sequence[str]], profile: Profile) -> str | None:
    """Why a clause that holds a target to its word is out: the profile leaves open what it asks, or answers in words
    that the clause cannot judge."""
    for question, answers in declares.items():
        answer = profile.behaviour(question)
        if answer is None or not (ANY in answers or answer in answers):
            return "behaviour not declared"
    return None


def _forbidden(clause: Clause, profile: Profile) -> str | None:
    """Why a read-only target takes a clause out: its operations write, or are not read in production."""
    if profile.environment == "production" and not clause.asked_within(IN_PRODUCTION.__contains__):
        return "production: reads only"
    if profile.read_only and not clause.asked_within(lambda name: not OPERATIONS[name].writes):
        return "no writes"
    return None
