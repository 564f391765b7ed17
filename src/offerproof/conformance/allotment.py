"""Who gets what of the customers and pooled things that checks share: laid down before the first check runs.

It follows from the plan and not from which check is faster, so it is the same however many run at once. Two checks that
hold the same customer never run at the same time.

A check that takes a user offer, and names no customer for it, is about that user offer: whatever else its owner holds
is of no account (user offers of a pool have such owners too). So one customer *carries* user offers of several checks,
one after the other, and a run asks a foreign target for fewer of them. Within one check no owner comes twice, and a
customer of ``given.customer()`` is never a carrier. On a simulator customers cost nothing, so every check gets its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from offerproof.conformance.clause_plan import FoundCheck
from offerproof.provisioning.pools import Entry, Pool, Pools
from offerproof.target import Profile

EACH: Final = 8
"""Most user offers one customer carries, far fewer than any page of a wallet holds; who takes more shares none."""


LONGEST: Final = 500
"""Who sends so many requests shares no customer: others would wait for it to the end."""

Fits = Callable[[Mapping[str, str]], bool]
"""Whether an entry of a pool may be taken."""


@dataclass(frozen=True)
class Allotment:
    """What of the shared things is there for one check."""

    carriers: tuple[int, ...] = ()
    """Numbers of the carriers of its user offers, in the order in which it takes them."""
    customers: tuple[str, ...] = ()
    """Ids of entries of the pool of customers."""
    user_offers: tuple[tuple[str, str], ...] = ()
    """Types it asks for, each with the id of an entry of the pool of user offers."""
    holds: frozenset[str] = frozenset()
    """Whom it shares with other checks: only one of them runs at a time."""


def carriers_for(checks: Sequence[FoundCheck], profile: Profile) -> dict[str, tuple[int, ...]]:
    """The carriers of each check that takes some: checks that take long share one with checks that do not, and those
    that take longest share none."""
    if profile.environment == "simulator" or profile.offers.kind != "issue":
        return {}
    takes = [(check, sum(check.consumes.user_offers.values())) for check in checks if not check.consumes.together]
    takes = [(one, count) for one, count in takes if 0 < count <= EACH and one.consumes.requests < LONGEST]
    if not takes:
        return {}
    counts = [count for _, count in takes]
    carries = dict.fromkeys(range(max(-(-sum(counts) // EACH), *counts)), 0)
    busy, given = dict(carries), dict[str, tuple[int, ...]]()
    for check, count in sorted(takes, key=lambda one: (-one[0].weight, one[0].name)):
        free = sorted(carries, key=lambda carrier: (carries[carrier] >= EACH, busy[carrier], carrier))
        given[check.name] = tuple(free[:count])
        for carrier in given[check.name]:
            carries[carrier] += 1
            busy[carrier] += check.weight
    return given


def customers_for(checks: Sequence[FoundCheck], profile: Profile) -> int:
    """About how many customers a run takes: those the checks name, and the owners of user offers."""
    named = sum(check.consumes.customers for check in checks)
    if profile.offers.kind == "pool":
        return named
    carriers = carriers_for(checks, profile)
    own = [check.consumes for check in checks if check.name not in carriers]
    owners = sum(bool(needs.user_offers) if needs.together else sum(needs.user_offers.values()) for needs in own)
    return named + owners + len({carrier for numbers in carriers.values() for carrier in numbers})


class Allotments:
    """What is there for whom in one run; safe to use from several threads."""

    def __init__(self, checks: Sequence[FoundCheck], profile: Profile, pools: Pools) -> None:
        self._guard = threading.Lock()
        carriers = carriers_for(checks, profile)
        taken = {check.name: check.consumes.customers for check in checks}
        taken |= {carrier_name(number): 1 for numbers in carriers.values() for number in numbers}
        customers = _customers(taken, pools.customers)
        user_offers = _user_offers(checks, pools.user_offers)
        self._open = {
            name: Allotment(
                carriers.get(name, ()),
                tuple(one["user_id"].lower() for one in customers.get(name, ())),
                tuple((kind, one["user_offer_id"].lower()) for kind, one in user_offers.get(name, ())),
                frozenset(map(carrier_name, carriers.get(name, ())))
                | {one["user_id"].lower() for one in customers.get(name, ())}
                | {one["user_id"].lower() for _, one in user_offers.get(name, ())},
            )
            for name in taken
        }

    def of(self, check: str) -> Allotment:
        """What is there for a check."""
        with self._guard:
            return self._open.get(check, Allotment())

    def end(self, check: str) -> None:
        """A check has ended: what it did not take is there for others, who may need more than the plan says."""
        with self._guard:
            self._open.pop(check, None)

    def take_spare(self, check: str, owner: str | None, take: Callable[[Fits], Entry | None]) -> Entry | None:
        """What ``take`` takes of a pool for a check that needs more than the plan says; None where it finds nothing.

        ``take`` is told which entries fit: those that are there for no other check, and whose owner no other check has,
        by plan or as a spare: of ``owner``, or of somebody whom this check does not have either. From now on the owner
        is this check's until it ends.
        """
        with self._guard:
            taken = frozenset[str]().union(*(one.holds for name, one in self._open.items() if name != check))
            mine = self._open.get(check, Allotment())

            def fits(entry: Mapping[str, str]) -> bool:
                whose = entry["user_id"].lower()
                return whose not in taken and (whose not in mine.holds if owner is None else whose == owner.lower())

            entry = take(fits)
            if entry is not None:
                self._open[check] = replace(mine, holds=mine.holds | {entry["user_id"].lower()})
            return entry


def carrier_name(number: int) -> str:
    """What a carrier is called, beside the names of checks."""
    return f"carrier {number}"


def _customers(taken: Mapping[str, int], pool: Pool | None) -> dict[str, list[Entry]]:
    if pool is None:
        return {}
    used = pool.ledger.used()
    free = (entry for name, entry in pool.entries.items() if name not in used)
    return {name: list(islice(free, count)) for name, count in taken.items()}


def _user_offers(checks: Sequence[FoundCheck], pool: Pool | None) -> dict[str, list[tuple[str, Entry]]]:
    if pool is None:
        return {}
    used, given = set(pool.ledger.used()), dict[str, list[tuple[str, Entry]]]()
    for check in checks:
        kinds = [kind for kind, count in check.consumes.user_offers.items() for _ in range(count)]
        owner, mine = "", given.setdefault(check.name, [])
        for place, kind in enumerate(kinds):
            others = {one["user_id"].lower() for _, one in mine} - {owner}

            def fits(entry: Mapping[str, str], kind: str = kind, owner: str = owner, others: set[str] = others) -> bool:
                whose = entry["user_id"].lower()
                return kind in ("any", entry.get("type")) and owner in ("", whose) and whose not in others

            name = pool.apart(used, fits, len(kinds) - place if check.consumes.together else 1)
            if name is None:
                continue
            used.add(name)
            mine.append((kind, pool.entries[name]))
            owner = pool.entries[name]["user_id"].lower() if check.consumes.together else ""
    return given
