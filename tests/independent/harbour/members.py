"""Customers, their point accounts and their tiers: the "Harbour Club", a program with little in common with ACME's.

Six accounts, two tier systems, five quarters of a point for a dollar, no rounding; a member only with the first points.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from .plain import Json, Refusal, now, read_flag, read_text

RATE = Decimal("1.25")
NOUGHT = Decimal(0)


def fixed_id(name: str) -> str:
    """An id of the program, the same in every run."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://harbour.example/{name}"))


@dataclass(frozen=True)
class Kind:
    """One kind of point account."""

    key: str
    name: str
    label: str

    @property
    def id(self) -> str:
        return fixed_id(f"account/{self.key}")


KINDS = {
    one.key: one
    for one in (
        Kind("waiting_miles", "Sea Miles On Approach", ""),
        Kind("stamps", "Partner Stamps", "Tier"),
        Kind("miles", "Sea Miles", "Tier"),
        Kind("bonus_miles", "Sea Miles Bonus", "Tier"),
        Kind("waiting_coins", "Doubloons On Approach", ""),
        Kind("coins", "Doubloons", "Spend"),
    )
}


@dataclass(frozen=True)
class System:
    """A tier system: its ranks with the balance each needs, and the accounts that count."""

    key: str
    name: str
    counted: tuple[str, ...]
    ranks: tuple[tuple[str, int], ...]
    first_rank: int = 0

    @property
    def id(self) -> str:
        return fixed_id(f"system/{self.key}")

    def level_id(self, rank: int) -> str:
        return fixed_id(f"level/{self.key}/{rank}")


CLUB = System(
    "club", "Harbour Club", ("bonus_miles", "miles"), (("Ashore", 0), ("Deckhand", 5), ("Mate", 300), ("Captain", 900))
)
PARTNERS = System("partners", "Harbour Partners", ("stamps",), (("Friend", 0), ("Patron", 10)), first_rank=1)
SYSTEMS = (PARTNERS, CLUB)


@dataclass
class Account:
    """What a customer has of one kind."""

    id: str | None = None
    balance: Decimal = NOUGHT
    lifetime: Decimal = NOUGHT

    def add(self, amount: Decimal, *, earned: bool = True) -> None:
        """Put points in (or take them out); lifetime grows with what was earned and never shrinks."""
        if amount and self.id is None:
            self.id = str(uuid.uuid4())
        self.balance += amount
        if earned and amount > 0:
            self.lifetime += amount


@dataclass
class Standing:
    """Where a customer stands in one tier system."""

    id: str
    place: int
    since: datetime


@dataclass
class Member:
    """A customer."""

    id: str
    email: str
    external_id: str | None
    phone: str | None
    opted_in: bool
    described: Json
    since: datetime
    changed: datetime
    accounts: dict[str, Account] = field(default_factory=lambda: {key: Account() for key in KINDS})
    standings: dict[str, Standing] = field(default_factory=dict)
    earned: Decimal = NOUGHT
    rewarded: bool = False

    def counted(self, system: System) -> Decimal:
        return sum((self.accounts[key].balance for key in system.counted), NOUGHT)

    def climb(self, *, by_one: bool = False) -> None:
        """Move up in each tier system as far as the balance carries (``by_one``: by a rank at most); never down."""
        for system in SYSTEMS:
            standing = self.standings[system.key]
            reached = max(
                place for place, (_, need) in enumerate(system.ranks) if self.counted(system) >= need or not place
            )
            if reached > standing.place:
                standing.place, standing.since = standing.place + 1 if by_one else reached, now()

    def resets(self, system: System, lasts: timedelta) -> datetime | None:
        """When an upper tier ends; the first two do not."""
        standing = self.standings[system.key]
        return standing.since + lasts if standing.place > 1 else None

    def renew(self, lasts: timedelta) -> None:
        """Enter the rank anew that has ended: points do not expire here, so they still reach it."""
        for system in SYSTEMS:
            while (ends := self.resets(system, lasts)) is not None and ends <= now():
                self.standings[system.key].since = ends


class Register:
    """All customers, by everything that finds one."""

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.forgiving = False
        """A planted defect: the last digits of a phone number are enough."""
        self.rank_lasts = timedelta(days=365)
        self._by: dict[str, dict[str, Member]] = {"email": {}, "external_id": {}, "phone": {}}

    def renew_ranks(self) -> None:
        """Let the ranks end that are due."""
        for member in self.members.values():
            member.renew(self.rank_lasts)

    def enrol(self, asked: Json) -> Member:
        """A new customer; an e-mail address is a must here, and nothing may be somebody else's."""
        keys = {"email": read_text(asked.get("email"), "user.email")}
        if "@" not in keys["email"][1:-1]:
            raise Refusal("validation", "user.email is no address")
        if asked.get("external_id") is not None:
            keys["external_id"] = read_text(asked["external_id"], "user.external_id")
        if asked.get("mobile_number") is not None:
            keys["phone"] = digits(asked["mobile_number"])
        for name, value in keys.items():
            if value in self._by[name]:
                raise Refusal("validation", f"that {name} belongs to another customer")
        opted_in = read_flag(asked.get("opted_in"), "user.opted_in", False)
        described = {name: asked[name] for name in _DESCRIBED if isinstance(asked.get(name), str)}
        born = now()
        member = Member(
            str(uuid.uuid4()),
            keys["email"],
            keys.get("external_id"),
            keys.get("phone"),
            opted_in,
            described,
            born,
            born,
        )
        member.standings = {one.key: Standing(str(uuid.uuid4()), 0, born) for one in SYSTEMS}
        self.members[member.id] = member
        for name, value in keys.items():
            self._by[name][value] = member
        return member

    def find(self, name: str, value: Any) -> Member | None:
        """By ``id``, ``email``, ``external_id`` or ``phone``: exactly, but for the case of ids."""
        if not isinstance(value, str):
            raise Refusal("validation", f"{name} is no text")
        if name == "id":
            return self.members.get(value.lower())
        if name == "phone" and self.forgiving:
            return next((one for phone, one in self._by[name].items() if phone.endswith(digits(value)[-6:])), None)
        return self._by[name].get(digits(value) if name == "phone" else value)

    def by_id(self, value: Any, status: int = 404) -> Member:
        member = self.find("id", value)
        if member is None:
            raise Refusal("user_not_found", "nobody here goes by that id", status)
        return member


_DESCRIBED = (
    "first_name",
    "last_name",
    "gender",
    "dob",
    "locale",
    "address",
    "address2",
    "city",
    "zip",
    "state",
    "country",
)


def digits(value: Any) -> str:
    """A phone number's digits."""
    found = "".join(one for one in read_text(value, "the phone number") if one in "0123456789")
    if not 5 <= len(found) <= 20:
        raise Refusal("validation", "the phone number has too few or too many digits")
    return found
