"""Customers who carry user offers of several checks, so that a run asks a foreign target for fewer of them.

A check that takes a user offer, and names no customer for it, is about that user offer: whatever else its owner holds
is of no account (user offers of a pool have such owners too). Within one check no owner comes twice, and a customer of
``given.customer()`` is never a carrier. On a simulator customers cost nothing, so every check gets its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from offerproof.conformance.fixtures import Customer
from offerproof.findings import Needs
from offerproof.target import Profile

EACH: Final = 8
"""Most user offers one customer carries; far fewer than any page of a wallet holds."""
RETIRED_AFTER: Final = timedelta(hours=1)
"""By the target's clock: who has seen time pass (tiers, lots, expiry) carries nothing new."""


@dataclass
class _Carrier:
    customer: Customer
    since: datetime
    carries: int = 0


class Carriers:
    """The carriers of one run. ``make`` gives a fresh customer, ``now`` the target's time."""

    def __init__(self, make: Callable[[], Customer], now: Callable[[], datetime], each: int) -> None:
        self._make = make
        self._now = now
        self._each = each
        self._known: list[_Carrier] = []

    def take(self, besides: Collection[str]) -> Customer:
        """A customer for one more user offer: not one of ``besides`` (user ids the check has already)."""
        now = self._now()
        for one in self._known:
            if one.carries < self._each and one.customer.user_id not in besides and now - one.since < RETIRED_AFTER:
                break
        else:
            one = _Carrier(self._make(), now)
            self._known.append(one)
        one.carries += 1
        return one.customer


def carried_by_each(profile: Profile) -> int:
    """How many user offers one customer carries on this target."""
    return 1 if profile.environment == "simulator" else EACH


def customers_for(checks: Iterable[Needs], profile: Profile) -> int:
    """About how many customers a run takes: those the checks name, and those that carry user offers."""
    needs = list(checks)
    named = sum(one.customers for one in needs)
    if profile.offers.kind == "pool":
        return named
    each = carried_by_each(profile)
    offers = [sum(one.user_offers.values()) for one in needs]
    return named + max([-(-sum(offers) // each), *offers])
