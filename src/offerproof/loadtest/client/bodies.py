"""Request bodies of the hot path: msgspec structs, the parts that never change encoded once."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import msgspec

from offerproof.loadtest.client.baskets import Basket

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


_second = 0
_prefix = ""


def wall_clock(offset_us: int = 0) -> str:
    """Return the present instant as the clients write it: ``2018-09-01 10:20:00.000000``, UTC."""
    global _second, _prefix
    now = time.time_ns() // 1000 + offset_us
    second, micro = divmod(now, 1_000_000)
    if second != _second:
        _second, _prefix = second, time.strftime("%Y-%m-%d %H:%M:%S.", time.gmtime(second))
    return f"{_prefix}{micro:06d}"


class Items:
    """A basket of the catalogue with its lines encoded."""

    __slots__ = ("basket", "raw", "subtotal", "tax")

    def __init__(self, basket: Basket) -> None:
        self.basket = basket
        self.raw = msgspec.Raw(basket.items_json)
        self.subtotal = basket.subtotal
        self.tax = basket.tax


def transaction(
    transaction_id: str,
    items: Items,
    *,
    opened: str,
    closed: bool,
    user_id: str = "",
    discounts: list[Any] | None = None,
    discount: Decimal = Decimal(0),
) -> TransactionBody:
    """Build a transaction; a closed one is paid by ``user_id`` with what is left after the discount."""
    now = wall_clock()
    total = max(items.subtotal + items.tax - discount, Decimal(0))
    payments = [PaymentBody(f"{transaction_id}-p", total, "CREDIT", now, user_id)] if user_id else []
    return TransactionBody(
        closed,
        "1000",
        "STORE",
        transaction_id,
        1,
        items.subtotal,
        items.tax,
        opened,
        now,
        items.raw,
        payments,
        discounts or [],
    )
