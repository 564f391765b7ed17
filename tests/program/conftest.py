"""A small world to tell stories in: the ACME program with chosen settings, a clock, and short words for the till.

What changes behind a test's back (states, holdings) is handed out as Any, so that no type checker believes the last
assertion for ever.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from offerproof.program import Program, Reason, Refused, Settings
from offerproof.program.model import (
    CustomerAttributes,
    CustomerRecord,
    Discount,
    GiftCard,
    Hold,
    Line,
    OfferCommon,
    OfferDraft,
    OfferText,
    Payment,
    Pricing,
    Sent,
    Transaction,
    UserOfferRecord,
    UserOfferState,
)
from offerproof.simulator.program_file import checked
from offerproof.toml_file import Document, plain

ACME = Path(__file__).parents[2] / "src/offerproof/simulator/acme.toml"
DAY = 86_400_000_000
RULE_OFFER = "0f5d0ffe-0000-4000-8000-000000000200"


@cache
def _acme() -> dict[str, Any]:
    return tomllib.loads(ACME.read_text(encoding="utf-8"))


def read_settings(document: Any) -> Settings:
    """The settings of a program file that holds this document."""
    return checked(Document(plain(document), Path("program.toml")).checked("program")).settings


def _merged(document: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    for key, value in changes.items():
        if isinstance(value, Mapping) and isinstance(document.get(key), dict):
            _merged(document[key], value)
        else:
            document[key] = value
    return document


def micros(text: str) -> int:
    """An instant such as 2018-09-07T16:00:00 (UTC) in microseconds since the epoch."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


class World:
    """A program, and the instant it is at."""

    def __init__(self, changes: Mapping[str, Any]) -> None:
        self.settings = read_settings(_merged(copy.deepcopy(_acme()), changes))
        self._ids = 0
        self.events: list[tuple[int, str, str, str]] = []
        self.program = Program(self.settings, self.new_id, lambda *event: self.events.append(event))
        self.now = micros("2018-09-07T16:00:00")
        self._customers = 0
        self._transactions = 0

    def new_id(self) -> str:
        self._ids += 1
        return f"00000000-0000-4000-8000-{self._ids:012x}"

    def at(self, text: str) -> World:
        """Let time pass until an instant."""
        self.now = micros(text)
        self.program.advance(self.now)
        return self

    def days(self, count: float) -> World:
        """Let days pass."""
        self.now += int(count * DAY)
        self.program.advance(self.now)
        return self

    def customer(self, **profile: Any) -> Any:
        self._customers += 1
        return self.program.customers.create(
            self.now, CustomerAttributes(**{"external_id": f"ext-{self._customers}", **profile})
        )

    def offer(self, kind: str = "fixed_amount_check_discount", **draft: Any) -> str:
        """Create an offer that fits its kind and give its id."""
        config = {"fixed": {"amount": "5"}, "percent": {"percent": "10"}}.get(kind.split("_")[0])
        given = {"texts": [OfferText("en", "An offer")], "discount_config": config, **draft}
        return self.program.offers.create(self.now, self.draft(kind, **given)).offer.id

    def draft(self, offer_type: str, **members: Any) -> OfferDraft:
        """What create_offer is asked for, with the members of its common part named beside the others."""
        common = {name: members.pop(name) for name in list(members) if name in OfferCommon.__dataclass_fields__}
        return OfferDraft(offer_type=offer_type, common=OfferCommon(**common), **members)

    def issued(self, customer: CustomerRecord, offer_id: str | None = None) -> Any:
        """A fresh user offer in the wallet."""
        return self.program.wallets.issue(self.now, customer.id, offer_id or self.offer())[0]

    def put_in(self, user_offer: UserOfferRecord, state: UserOfferState) -> Any:
        """Bring a fresh user offer into a state by the program's own steps; locks are held by "till-1"."""
        basket = self.basket("till-1")
        if state is UserOfferState.LOCKED:
            self.program.redemption.lock(self.now, user_offer.id, "userofferid", basket)
        elif state is UserOfferState.REDEEMED:
            self.program.redemption.redeem(self.now, user_offer.id, "userofferid", basket)
        elif state is UserOfferState.REVOKED:
            self.program.wallets.revoke(self.now, user_offer.id, "test")
        elif state is UserOfferState.EXPIRED:
            assert user_offer.ends_at is not None
            self.now = user_offer.ends_at
            self.program.advance(self.now)
        assert user_offer.state is state
        return user_offer

    def basket(self, transaction_id: str | None = None, price: str = "20", **members: Any) -> Transaction:
        if transaction_id is None:
            self._transactions += 1
            transaction_id = f"tx-{self._transactions}"
        items = [Line("1", "2", Decimal(1), Decimal(price), Decimal(price))]
        return Transaction(transaction_id, **{"items": items, **members})

    def lock(self, user_offer: UserOfferRecord, transaction: Transaction) -> Pricing:
        locked = self.program.redemption.lock(self.now, user_offer.id, "userofferid", transaction)
        assert locked.hold is not None
        return locked.hold.pricing

    @staticmethod
    def state(user_offer: UserOfferRecord) -> UserOfferState:
        """The state as it is now (a call, so that a type checker expects it to change)."""
        return user_offer.state

    def hold(self, user_offer: UserOfferRecord) -> Hold:
        assert user_offer.hold is not None
        return user_offer.hold

    def spend(self, customer: CustomerRecord, money: str, transaction_id: str | None = None, **members: Any) -> Sent:
        """A closed transaction, paid by one customer, modified now (or one microsecond after it was sent before)."""
        self.now += 1
        return self.send(
            self.basket(
                transaction_id,
                money,
                **{"is_closed": True, "payments": [self.pays(customer, money)], "modified_at": self.now, **members},
            )
        )

    def send(self, transaction: Transaction) -> Sent:
        self.program.advance(self.now)
        return self.program.transactions.send(self.now, transaction)

    @staticmethod
    def pays(customer: CustomerRecord | str | None, money: str, kind: str = "SessionM_ID") -> Payment:
        user_id = customer.id if isinstance(customer, CustomerRecord) else customer
        return Payment(Decimal(money), user_id, kind)

    @staticmethod
    def discount(user_offer: UserOfferRecord, amount: str = "5", **members: Any) -> Discount:
        return Discount(
            **{
                "reference_id": user_offer.id,
                "amount": Decimal(amount),
                "reference_id_type": "userofferid",
                "user_id": user_offer.customer.id,
                **members,
            }
        )

    def balances(self, customer: CustomerRecord) -> tuple[int | Decimal, ...]:
        """spendable, its escrow, tier-qualifying, its escrow."""
        return tuple(0 if account is None else account.balance for _, account in self.program.accounts.of(customer))

    @staticmethod
    def cards(customer: CustomerRecord) -> list[GiftCard]:
        """The gift cards a customer was given so far."""
        return customer.gift_cards or []

    def wallet(self, customer: CustomerRecord) -> list[str]:
        return [one.id for one in self.program.wallets.page(customer.id).user_offers]

    def refused(self, call: Callable[[], object]) -> Reason:
        """Why a call is refused; it must be."""
        with pytest.raises(Refused) as caught:
            call()
        assert caught.value.detail
        return caught.value.reason


@pytest.fixture
def make_world() -> Callable[..., World]:
    """A world with settings changed, by table: ``make_world(points={"rounding": "up"})``."""

    def make(**changes: Any) -> World:
        return World(changes)

    return make


@pytest.fixture
def world() -> World:
    """The ACME program as it comes."""
    return World({})


@pytest.fixture
def settings_of() -> Callable[[Any], Settings]:
    """Turns a program file's document into settings."""
    return read_settings


@pytest.fixture
def acme() -> dict[str, Any]:
    """The default program file, decoded; change it as you like."""
    return copy.deepcopy(_acme())
