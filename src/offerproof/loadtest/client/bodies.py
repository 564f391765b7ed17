"""Request bodies of the hot path: msgspec structs, and a small catalogue of baskets whose lines are encoded once.

Money is ``Decimal``; the bytes hold decimal numbers, never binary ones.
"""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from offerproof.client.bodies import OFFER_KINDS
from offerproof.contract import utc_us
from offerproof.traffic.operations import transaction_id

encode = msgspec.json.Encoder(decimal_format="number").encode


class PaymentBody(msgspec.Struct):
    """How a transaction is paid, and by whom."""

    payment_id: str
    amount: Decimal
    type: str
    payment_time: str
    user_id: str
    user_id_type: str = "SessionM_ID"


class TransactionBody(msgspec.Struct):
    """A basket at the till. ``items`` is encoded already; ``discounts`` holds what Lock answered, unchanged."""

    is_closed: bool
    pos_employee_id: str
    channel: str
    transaction_id: str
    guest_count: int
    subtotal: Decimal
    tax_total: Decimal
    open_time: str
    modified_time: str
    items: msgspec.Raw
    payments: list[PaymentBody]
    discounts: list[Any]


class LockBody(msgspec.Struct):
    """What Lock and redeem ask for."""

    offer_lookup_code: str
    transaction: TransactionBody
    offer_lookup_type: str = "userofferid"


class UnlockBody(msgspec.Struct):
    """What unlock and reinstate ask for."""

    user_offer_id: str
    employee_id: str = "1"


class Envelope(msgspec.Struct):
    """What wraps every CloudPOS request."""

    store_id: str
    client_id: str
    request_id: str
    request_payload: Any


class BasketLine(msgspec.Struct, frozen=True):
    """One line of a basket as it is sent."""

    line_id: str
    item_id: str
    quantity: int
    unit_price: Decimal
    subtotal: Decimal
    tax_included: Decimal = Decimal(0)
    modifies_line_id: str = ""


NOTHING = Decimal(0)
RETURNED = 0x100
"""Marks, in a basket's number, that its last line was brought back."""


class Basket:
    """A basket of the catalogue; ``number`` is its index there."""

    __slots__ = ("lines", "number", "raw", "subtotal", "tax", "total")

    def __init__(self, number: int, lines: tuple[BasketLine, ...]) -> None:
        self.number = number
        self.lines = lines
        self.subtotal = sum((line.subtotal for line in lines), Decimal(0))
        self.tax = (self.subtotal * Decimal("0.07")).quantize(Decimal("0.01"))
        self.total = self.subtotal + self.tax
        self.raw = msgspec.Raw(encode(lines))

    def without_last(self) -> Basket:
        """What stays when the last line comes back."""
        return Basket(self.number | RETURNED, self.lines[:-1])


_PRICES = ("1.50", "2.25", "3.99", "4.80", "6.49", "7.95", "9.99", "12.50", "14.75", "18.20", "24.99", "39.90")


def _catalogue() -> tuple[Basket, ...]:
    """Twelve baskets of two to five lines, from a small snack to the week's shopping, each worth 20 or more."""
    baskets = []
    for number in range(12):
        places = [number * 5 + line * 7 for line in range(2 + number % 4)]
        bought = [
            (f"sku-{place % 97:03d}", 1 + (number + line) % 2, Decimal(_PRICES[place % len(_PRICES)]))
            for line, place in enumerate(places)
        ]
        if sum(quantity * price for _, quantity, price in bought) < 20:
            bought.insert(0, ("sku-200", 2, Decimal("11.30")))
        lines = [BasketLine(str(line), *one, subtotal=one[1] * one[2]) for line, one in enumerate(bought, 1)]
        baskets.append(Basket(number, tuple(lines)))
    return tuple(baskets)


CATALOGUE = _catalogue()
RETURNS = tuple(basket.without_last() for basket in CATALOGUE)


class EarningKind(NamedTuple):
    """What decides how many points a transaction earns; each kind that occurred is calibrated by one of it, alone."""

    basket: int
    """Its number, with :data:`RETURNED` when the last line was brought back."""
    offer_type: str
    """Of the user offer it redeems; empty for none."""

    @property
    def code(self) -> int:
        """The kind as it is recorded: 1 + basket in ten bits, offer type above them; never 0."""
        known = _OFFER_TYPES.index(self.offer_type) if self.offer_type in _OFFER_TYPES else len(_OFFER_TYPES)
        return (self.basket + 1) | known << 10

    @classmethod
    def of(cls, code: int) -> EarningKind:
        """Return the kind of a code."""
        known = code >> 10
        return cls((code & 0x3FF) - 1, _OFFER_TYPES[known] if known < len(_OFFER_TYPES) else "an unknown type")


_OFFER_TYPES = ("", *OFFER_KINDS)


class Purchase:
    """One transaction at the till: its number in the run, its id on the wire, what is in the basket."""

    __slots__ = ("basket", "discount", "discounts", "id", "number", "opened")

    def __init__(self, number: int, nonce: str, basket: Basket) -> None:
        self.number = number
        self.id = transaction_id(nonce, number)
        self.basket = basket
        self.opened = wall_clock()
        self.discounts: list[Any] = []
        self.discount = NOTHING

    def locked(self, discount: Any, amount: Decimal) -> None:
        """Take what Lock answered: it goes into the closed transaction, and off what is paid."""
        self.discounts, self.discount = [discount], amount

    def body(self, *, closed: bool, user_id: str = "") -> TransactionBody:
        """Build what is sent; a closed transaction is paid by ``user_id`` with what is left after the discount."""
        now, basket = wall_clock(), self.basket
        total = max(basket.total - self.discount, NOTHING)
        payments = [PaymentBody(f"{self.id}-p", total, "CREDIT", now, user_id)] if user_id else []
        return TransactionBody(
            closed,
            "1000",
            "STORE",
            self.id,
            1,
            basket.subtotal,
            basket.tax,
            self.opened,
            now,
            basket.raw,
            payments,
            self.discounts,
        )


_second_us = 0
_prefix = ""


def wall_clock() -> str:
    """Return the present instant as the clients write it: ``2018-09-01 10:20:00.000000``, UTC."""
    global _second_us, _prefix
    now = utc_us()
    micro = now - _second_us
    if not 0 <= micro < 1_000_000:
        micro = now % 1_000_000
        _second_us, _prefix = now - micro, time.strftime("%Y-%m-%d %H:%M:%S.", time.gmtime(now // 1_000_000))
    return f"{_prefix}{micro:06d}"
