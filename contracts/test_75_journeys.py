"""Long journeys in any order of steps, valid and invalid mixed: every answer is ruled on by the oracle."""

from __future__ import annotations

from offerproof.client import Api
from offerproof.conformance import Customer, Expect, Given, NotOffered, UserOffer, clause
from offerproof.conformance.journeys.travel import LONG, SHORT, Failure, JourneyPlan, travel, wanted_cells
from offerproof.provisioning import CannotProvide
from offerproof.target import Profile

CLAUSES = ("JOURN-1", "JOURN-2", "JOURN-3", "JOURN-4", "JOURN-5", "JOURN-6", "JOURN-7", "JOURN-8")
NAMED = 3
"""Cells of the state table that were not reached and are named; more are counted."""


@clause(*CLAUSES, level="gate", customers=14, offers={"any": 14}, requests=600)
def test_short_journeys(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    _travel(api, _Supplies(given, customers=14, offers=14), expect, profile, SHORT)


@clause(*CLAUSES, level="full", customers=68, offers={"any": 68}, requests=7_500)
def test_long_journeys(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    _travel(api, _Supplies(given, customers=68, offers=68), expect, profile, LONG)


class _Supplies:
    """What a pool gives to journeys, two of a kind to each, and no more; they make their own where they can."""

    def __init__(self, given: Given, customers: int, offers: int) -> None:
        self._given = given
        self._customers, self._offers = customers, offers

    def customer(self) -> Customer:
        if not self._customers:
            raise CannotProvide("the customers set aside for journeys are used up")
        self._customers -= 1
        return self._given.customer()

    def user_offer(self, customer: Customer | None) -> UserOffer:
        if not self._offers:
            raise CannotProvide("the user offers set aside for journeys are used up")
        self._offers -= 1
        return self._given.user_offer(customer=customer)


def _travel(api: Api, supplies: _Supplies, expect: Expect, profile: Profile, plan: JourneyPlan) -> None:
    if profile.read_only:
        raise NotOffered("journeys write, and this target is only read")
    failed: set[str] = set()

    def report(failure: Failure) -> None:
        reason, steps = failure.broken.objection, "; ".join(str(command) for command in failure.commands)
        for name in failure.clauses:
            failed.add(name)
            with expect.clause(name):
                expect.that(
                    False,
                    what=f"{reason.what} ({reason.clause}), in a journey",
                    expected=reason.expected,
                    observed={"observed": reason.observed, "steps": steps or "the set-up"},
                    on=failure.broken.exchange,
                )

    done = travel(api, supplies, plan, forget=expect.forget, report=report)
    wanted = wanted_cells(profile)
    missing = done.missing(wanted)
    exercised = f"{len(done.cells)} cells in {done.steps} steps of {done.journeys} journeys"
    expect.observe("state × operation × outcome", f"{exercised}; {len(wanted) - len(missing)} of {len(wanted)} wanted")
    for name in CLAUSES:
        if name in failed:
            continue
        with expect.clause(name):
            if missing:
                reached = f"{len(wanted) - len(missing)} of {len(wanted)} wanted cells of the state table were reached"
                more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
                expect.unknown(f"{reached}, not {', '.join(missing[:NAMED])}{more} {done.stopped}".strip())
            expect.that(done.steps > 0, what="every step of the journeys was legal")
