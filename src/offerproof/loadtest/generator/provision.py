"""Where customers and user offers come from, as the profile says: created and issued, in bulk, or from pool files.

Runs inside Locust as well as outside it (only the wire client's sockets are used).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Protocol

import msgspec

from offerproof.errors import CannotJudge, Misuse
from offerproof.loadtest.client.calls import Calls
from offerproof.loadtest.generator.bulk import Bulk
from offerproof.loadtest.generator.supply import Customer, RanDry, UserOffer
from offerproof.loadtest.generator.synthetic_customers import needed, offers_of, person
from offerproof.target import Ledger, Profile, ledgers


class Source(Protocol):
    """Gives customers who have never been used before."""

    def more(self, customers: int, offers_each: int) -> list[Customer]:
        """Return up to so many customers with their user offers; raises :class:`RanDry` when there are no more."""
        ...

    def again(self, customers: list[Customer], offers_each: int) -> None:
        """Give customers who used up their user offers so many fresh ones; raises :class:`RanDry` if it cannot."""
        ...


def source_of(
    profile: Profile, calls: Calls, *, nonce: str, seed: int, runs: Path | None = None, run_id: str = ""
) -> Source:
    """Choose the source the profile names. ``runs``: where the ledgers are that say what is used up of pools."""
    customers, user_offers = (None, None) if runs is None else ledgers(profile, runs)
    if profile.offers.kind == "pool":
        if profile.offers.file is None:
            raise Misuse("offers.from is 'pool' but offers.file names no file")
        known = {row.user_id: row for row in _pool_customers(profile.customers.file)} if profile.customers.file else {}
        return Pool(_Unused(_with_offers(known, profile.offers.file), user_offers, run_id))
    if profile.customers.kind == "pool":
        if profile.customers.file is None:
            raise Misuse("customers.from is 'pool' but customers.file names no file")
        pool = _Unused(_pool_customers(profile.customers.file), customers, run_id)
        return Issued(calls, profile, nonce=nonce, seed=seed, pool=pool)
    if profile.control is not None:
        return Bulk(profile, calls, nonce=nonce, seed=seed)
    return Issued(calls, profile, nonce=nonce, seed=seed)


class _Unused:
    """The customers of a pool that no run has used; each is written down before it is given, for good."""

    def __init__(self, customers: Iterable[Customer], ledger: Ledger | None, run_id: str) -> None:
        self._customers = iter(customers)
        self._ledger = ledger
        self._run_id = run_id

    def take(self, count: int) -> list[Customer]:
        """Return the next ones, with those of their user offers that nobody used; fewer when the pool is used up."""
        given: list[Customer] = []
        while batch := list(islice(self._customers, count - len(given))):
            given += batch if self._ledger is None else self._written_down(self._ledger, batch)
        return given

    def _written_down(self, ledger: Ledger, batch: list[Customer]) -> list[Customer]:
        mine = ledger.take_all((name for customer in batch for name in _names(customer)), self._run_id)
        kept = [customer for customer in batch if not mine.isdisjoint(_names(customer))]
        for customer in kept:
            customer.offers = [offer for offer in customer.offers if offer.user_offer_id.lower() in mine]
        return kept


def _names(customer: Customer) -> list[str]:
    """What a ledger knows a pooled customer by: his user offers, or himself where they are issued to him."""
    return [offer.user_offer_id.lower() for offer in customer.offers] or [customer.user_id.lower()]


class Issued:
    """Customers created (or taken from a pool) and offers issued to them, one call each."""

    def __init__(
        self,
        calls: Calls,
        profile: Profile,
        *,
        nonce: str,
        seed: int,
        pool: _Unused | None = None,
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
        for customer in self._customers(customers):
            customer.offers = [self._issue(customer.user_id) for _ in range(offers_each)]
            made.append(customer)
        if customers and not made:
            raise RanDry("the pool of customers is used up", hint="a longer pool file, or a shorter run")
        return made

    def again(self, customers: list[Customer], offers_each: int) -> None:
        """Issue further offers to customers."""
        for customer in customers:
            customer.offers = [self._issue(customer.user_id) for _ in range(offers_each)]

    def _customers(self, count: int) -> Iterable[Customer]:
        return (self._created() for _ in range(count)) if self._pool is None else self._pool.take(count)

    def _created(self) -> Customer:
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

    def __init__(self, unused: _Unused) -> None:
        self._unused = unused

    def more(self, customers: int, offers_each: int) -> list[Customer]:
        """Return the next customers of the pool with the user offers it has for them."""
        made = self._unused.take(customers)
        if not made:
            hint = "a longer pool file, or a shorter or slower run; used-*.jsonl says what is gone"
            raise RanDry("the pool of user offers is used up", hint=hint)
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
