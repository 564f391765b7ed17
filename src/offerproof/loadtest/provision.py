"""Where customers and user offers come from, as the profile says: created and issued, in bulk, or from pool files.

Runs inside Locust as well as outside it (only the wire client's sockets are used).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from offerproof.errors import CannotJudge, Misuse
from offerproof.loadtest.bulk import Bulk
from offerproof.loadtest.calls import Calls
from offerproof.loadtest.people import needed, offers_of, person
from offerproof.loadtest.supply import Customer, RanDry, UserOffer
from offerproof.target import Profile


class Source(Protocol):
    """Gives customers who have never been used before."""

    def more(self, customers: int, offers_each: int) -> list[Customer]:
        """Return up to so many customers with their user offers; raises :class:`RanDry` when there are no more."""
        ...

    def again(self, customers: list[Customer], offers_each: int) -> None:
        """Give customers who used up their user offers so many fresh ones; raises :class:`RanDry` if it cannot."""
        ...


def source_of(profile: Profile, calls: Calls, *, nonce: str, seed: int) -> Source:
    """Choose the source the profile names."""
    if profile.offers.kind == "pool":
        if profile.offers.file is None:
            raise Misuse("offers.from is 'pool' but offers.file names no file")
        return Pool(profile.customers.file, profile.offers.file)
    if profile.customers.kind == "pool":
        if profile.customers.file is None:
            raise Misuse("customers.from is 'pool' but customers.file names no file")
        return Issued(calls, profile, nonce=nonce, seed=seed, pool=_pool_customers(profile.customers.file))
    if profile.control is not None:
        return Bulk(profile, calls, nonce=nonce, seed=seed)
    return Issued(calls, profile, nonce=nonce, seed=seed)


class Issued:
    """Customers created (or taken from a pool) and offers issued to them, one call each."""

    def __init__(
        self,
        calls: Calls,
        profile: Profile,
        *,
        nonce: str,
        seed: int,
        pool: Iterator[Customer] | None = None,
    ) -> None:
        self._calls = calls
        self._profile = profile
        self._rng = random.Random(f"{seed}-{nonce}-people")
        self._pool = pool
        self._offers: list[tuple[str, str]] = []
        self._issued = 0

    def more(self, customers: int, offers_each: int) -> list[Customer]:
        """Create customers and issue offers to them."""
        if offers_each and not self._offers:
            self._offers = offers_of(self._profile, self._calls)
        made: list[Customer] = []
        for _ in range(customers):
            customer = self._customer()
            if customer is None:
                if made:
                    break
                raise RanDry("the pool of customers is used up", hint="a longer pool file, or a shorter run")
            customer.offers = [self._issue(customer.user_id) for _ in range(offers_each)]
            made.append(customer)
        return made

    def again(self, customers: list[Customer], offers_each: int) -> None:
        """Issue further offers to customers."""
        for customer in customers:
            customer.offers = [self._issue(customer.user_id) for _ in range(offers_each)]

    def _customer(self) -> Customer | None:
        if self._pool is not None:
            return next(self._pool, None)
        external_id, email, phone = person(self._rng)
        who = {"external_id": external_id, "email": email, "mobile_number": phone, "opted_in": True}
        body: dict[str, object] = {"user": who}
        checked = needed("create_customer", lambda: self._calls.core("create_customer", body))
        return Customer(0, str(checked.payload["id"]), external_id, email, phone)

    def _issue(self, user_id: str) -> UserOffer:
        kind, offer_id = self._offers[self._issued % len(self._offers)]
        self._issued += 1
        body: dict[str, object] = {"user_id": user_id, "offer_id": offer_id, "quantity": 1}
        checked = needed("issue_offer", lambda: self._calls.offers("issue_offer", body))
        row = checked.payload["status_list"][0]
        if not row.get("user_offer_id"):
            raise CannotJudge("the target did not issue the offer", hint="see the run's provisioning errors")
        return UserOffer(0, str(row["user_offer_id"]), offer_id, kind)


class Pool:
    """User offers from a pool file (JSON Lines), with customers from another; each line is used once."""

    def __init__(self, customers: Path | None, offers: Path) -> None:
        known = {row.user_id: row for row in _pool_customers(customers)} if customers else {}
        self._customers = iter(_with_offers(known, offers))

    def more(self, customers: int, offers_each: int) -> list[Customer]:
        """Return the next customers of the pool with the user offers it has for them."""
        made = [customer for customer, _ in zip(self._customers, range(customers), strict=False)]
        if not made:
            raise RanDry("the pool of user offers is used up", hint="a longer pool file, or a shorter or slower run")
        return made

    def again(self, customers: list[Customer], offers_each: int) -> None:
        """Nobody can issue what is in a pool."""
        raise RanDry("a pool of user offers has no further ones for the same customers", hint="leave out --customers")


class _PoolRow(msgspec.Struct):
    user_id: str
    external_id: str | None = None
    email: str | None = None
    phone: str | None = None
    user_offer_id: str = ""
    offer_id: str | None = None
    type: str | None = None


def _rows(file: Path) -> Iterator[_PoolRow]:
    decoder = msgspec.json.Decoder(_PoolRow)
    try:
        lines = file.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines()
    except OSError as problem:
        raise Misuse(f"cannot read the pool {file}: {problem.strerror}") from problem
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as problem:
                raise Misuse(f"{file}, line {number}: {problem}") from problem


def _pool_customers(file: Path) -> Iterator[Customer]:
    for row in _rows(file):
        yield Customer(0, row.user_id, row.external_id or "", row.email or "", row.phone or "")


def _with_offers(known: dict[str, Customer], file: Path) -> list[Customer]:
    customers: dict[str, Customer] = {}
    seen: set[str] = set()
    for row in _rows(file):
        if not row.user_offer_id:
            raise Misuse(f"{file}: a user offer of the pool has no user_offer_id")
        if row.user_offer_id in seen:
            raise Misuse(f"{file}: the user offer {row.user_offer_id} stands there twice")
        seen.add(row.user_offer_id)
        customer = customers.get(row.user_id) or known.get(row.user_id) or Customer(0, row.user_id)
        customers[row.user_id] = customer
        customer.offers.append(UserOffer(0, row.user_offer_id, row.offer_id or "", row.type or ""))
    return list(customers.values())
