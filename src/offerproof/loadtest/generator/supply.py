"""Customers and user offers for a run: numbered once, handed out without overlap, never used twice.

The coordinator (Locust's master, or the only process) holds the :class:`Register`; each worker holds a :class:`Stock`
and asks for more when it runs low. A number given out is given out for good: what a lost worker had is lost with it.
Running dry is said, never papered over by using a user offer again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from offerproof.errors import CannotJudge
from offerproof.traffic.operations import private_file


class RanDry(CannotJudge):
    """No unused customers or user offers are left for this run."""


class HeldOffer(msgspec.Struct, array_like=True):
    """One issued offer as the hot path needs it; ``number`` is its place in the run's register."""

    number: int
    user_offer_id: str
    offer_id: str = ""
    type: str = ""


class Shopper(msgspec.Struct, array_like=True):
    """A customer of the register, with the user offers not used yet. Personal data: never logged, never reported."""

    number: int
    user_id: str
    external_id: str = ""
    email: str = ""
    phone: str = ""
    offers: list[HeldOffer] = []

    def identifiers(self) -> list[tuple[str, str]]:
        """Return what Lookup may be asked by: member and value, those that are known."""
        known = []
        if self.external_id:
            known.append(("external_customer_id", self.external_id))
        if self.email:
            known.append(("email", self.email))
        if self.phone:
            known.append(("phone", self.phone))
        if self.user_id:
            known.append(("user_id", self.user_id))
        return known

    def searchable(self) -> list[tuple[str, str]]:
        """Return what the core service may be searched by, as ``identifiers``; an entry of a pool may have none."""
        pairs = [("external_id", self.external_id), ("email", self.email), ("mobile_number", self.phone)]
        return [(name, value) for name, value in pairs if value]


_ENCODE = msgspec.json.Encoder().encode
_CUSTOMER = msgspec.json.Decoder(Shopper)


class Register:
    """Numbers what was provisioned, writes it down (owner-only, for the audit) and hands each out once."""

    def __init__(self, path: Path | None) -> None:
        self._waiting: deque[Shopper] = deque()
        self._file = private_file(path) if path else None
        self.customers = 0
        self.offers = 0
        self.offers_waiting = 0
        self.given: dict[str, list[tuple[int, int]]] = {}
        """Worker → the customers it got, as ranges of numbers (first, one past the last)."""
        self._recycling: dict[int, Shopper] | None = None
        self._holding: dict[str, set[int]] = {}

    def recycle(self) -> None:
        """The customers are complete: from now on they come back, and are given out again with fresh user offers."""
        self._recycling = {customer.number: customer for customer in self._waiting}

    def back(self, worker: str, numbers: Iterable[int]) -> list[Shopper]:
        """Take back customers whose user offers are used up."""
        assert self._recycling is not None, "without a recycling nobody comes back"
        self._holding.get(worker, set()).difference_update(numbers)
        return [self._recycling[number] for number in numbers]

    def held_by(self, worker: str) -> list[tuple[int, int]]:
        """Return the customers whom a worker had, or (in a recycling) has now, as ranges of numbers."""
        if self._recycling is None:
            return self.given.get(worker, [])
        return [(number, number + 1) for number in sorted(self._holding.get(worker, ()))]

    def add(self, customers: Iterable[Shopper]) -> None:
        """Take in freshly provisioned customers; their numbers are given here."""
        fresh = list(customers)
        for number, customer in enumerate(fresh, self.customers):
            customer.number = number
        self.customers += len(fresh)
        self.add_again(fresh)

    def add_again(self, customers: Iterable[Shopper]) -> None:
        """Take in customers with fresh user offers, which are numbered here; a line for each, also when they return."""
        lines = []
        for customer in customers:
            for offer in customer.offers:
                offer.number = self.offers
                self.offers += 1
            self.offers_waiting += len(customer.offers)
            self._waiting.append(customer)
            lines.append(_ENCODE(customer))
        if self._file is not None and lines:
            self._file.write(b"\n".join(lines) + b"\n")
            self._file.flush()

    @property
    def waiting(self) -> int:
        """Customers not yet given out."""
        return len(self._waiting)

    def give(self, worker: str, count: int) -> list[Shopper]:
        """Hand out up to ``count`` customers to a worker, for good."""
        given = [self._waiting.popleft() for _ in range(min(count, len(self._waiting)))]
        self.offers_waiting -= sum(len(customer.offers) for customer in given)
        if self._recycling is not None:
            self._holding.setdefault(worker, set()).update(customer.number for customer in given)
            return given
        ranges = self.given.setdefault(worker, [])
        for customer in given:
            if ranges and ranges[-1][1] == customer.number:
                ranges[-1] = (ranges[-1][0], customer.number + 1)
            else:
                ranges.append((customer.number, customer.number + 1))
        return given

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self._file.close()


def read_register(path: Path) -> Iterator[Shopper]:
    """Yield the customers of a register file; a line that was cut off at the end is left out.

    A customer who came back has a line for each time, with the user offers of that time."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield _CUSTOMER.decode(line)


ROTATION = 5_000
"""Customers without unused offers that a worker keeps for visits that need none; the oldest leave first."""


class Stock:
    """What one worker holds. A customer is at one till at a time; user offers are taken once."""

    def __init__(self) -> None:
        self._with_offers: deque[Shopper] = deque()
        self._others: deque[Shopper] = deque(maxlen=ROTATION)
        self.offers = 0
        """Unused user offers on hand."""
        self.used = 0
        """User offers taken so far."""
        self.ever_customers = 0
        self.ever_offers = 0
        """How many came in, ever."""
        self.recycling = False
        """Whether customers without unused offers go back to the coordinator, for fresh ones."""
        self.finished: list[int] = []
        """Those who do, until the next report takes them along."""
        self.dry: str = ""
        """Why no more will come; empty while more may come."""
        self._used: dict[int, list[HeldOffer]] = {}

    def add(self, customers: Iterable[Shopper]) -> None:
        """Take in what the coordinator gave."""
        for customer in customers:
            self.offers += len(customer.offers)
            self.ever_customers += 1
            self.ever_offers += len(customer.offers)
            (self._with_offers if customer.offers else self._others).append(customer)

    @property
    def customers(self) -> int:
        """Customers on hand, with or without user offers."""
        return len(self._with_offers) + len(self._others)

    def take_with_offer(self) -> tuple[Shopper, HeldOffer] | None:
        """Take a customer and use up one of the customer's offers; nothing when there is none at the moment."""
        if not self._with_offers:
            return None
        customer = self._with_offers.popleft()
        offer = customer.offers.pop()
        self.offers -= 1
        self.used += 1
        return customer, offer

    def take(self) -> Shopper | None:
        """Take any customer, those without unused offers first."""
        if self._others:
            return self._others.popleft()
        if self._with_offers:
            customer = self._with_offers.popleft()
            self.offers -= len(customer.offers)
            return customer
        return None

    def give_back(self, customer: Shopper, unused: HeldOffer | None = None) -> None:
        """The customer leaves the till; ``unused`` is the offer that was not used after all."""
        if unused is not None:
            customer.offers.insert(0, unused)
            self.offers += 1
            self.used -= 1
        if self.recycling and not customer.offers:
            self.finished.append(customer.number)
        else:
            (self._with_offers if customer.offers else self._others).append(customer)

    def take_finished(self) -> list[int]:
        """Return the customers who are to go back to the coordinator, once."""
        taken, self.finished = self.finished, []
        return taken

    def put_back(self, customer: Shopper) -> None:
        """Give back a customer got from :meth:`take`: all offers are still there."""
        self.offers += len(customer.offers)
        (self._with_offers if customer.offers else self._others).append(customer)

    def note_used(self, customer: Shopper, offer: HeldOffer) -> None:
        """Remember an offer that was redeemed, while the customer still has others: a later Lookup must not show it."""
        if customer.offers:
            self._used.setdefault(customer.number, []).append(offer)
        else:
            self._used.pop(customer.number, None)

    def used_of(self, customer: Shopper) -> list[HeldOffer]:
        """Return what this customer redeemed in this run and may be looked up about."""
        return self._used.get(customer.number, [])
