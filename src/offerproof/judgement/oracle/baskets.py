"""Baskets as the oracle reads them: are they plain, which lines do they have, when are two of them the same."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from offerproof.judgement.oracle.calls import number, rows, truth

# A basket of these is plain: no target has a reason to refuse it for its form. What lies outside may be refused or not.
_PLAIN_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{1,7})?(?:Z|[+-]00:00)?")
_DEAREST = Decimal(100_000)
_CENT = Decimal("0.01")
_MOST_LINES = 50
_KNOWN = frozenset(
    {"transaction_id", "items", "discounts", "subtotal", "is_closed", "is_voided", "open_time", "modified_time"}
)


def plain_id(value: Any) -> bool:
    """Tell whether an id is of ordinary characters and length."""
    return isinstance(value, str) and _PLAIN_ID.fullmatch(value) is not None


def plain_money(value: Any) -> bool:
    """Tell whether a value is an amount of ordinary size in whole cents, as a number or as text."""
    amount = number(value)
    if amount is None or isinstance(value, float):
        return False
    return 0 <= amount <= _DEAREST and amount == amount.quantize(_CENT)


def ordinary_transaction(transaction: Mapping[str, Any]) -> bool:
    """Tell whether a transaction is documented and plain: positive amounts, sums that agree, ordinary ids."""
    items = transaction.get("items")
    if not all(_plain_member(name, value) for name, value in transaction.items()):
        return False
    if not plain_id(transaction.get("transaction_id")) or not isinstance(items, list) or not items:
        return False
    if len(items) > _MOST_LINES or len({str(one.get("line_id")) for one in rows(items)}) != len(items):
        return False
    if not all(_ordinary_line(one) for one in rows(items)):
        return False
    total = transaction.get("subtotal")
    if total is not None and number(total) != sum(number(one.get("subtotal")) or 0 for one in rows(items)):
        return False
    flags = (transaction.get("is_closed"), transaction.get("is_voided"))
    if any(flag is not None and truth(flag) is None for flag in flags) or truth(flags[1]):
        return False
    times = (transaction.get("open_time"), transaction.get("modified_time"))
    return all(one is None or (isinstance(one, str) and _INSTANT.fullmatch(one) is not None) for one in times)


def _plain_member(name: str, value: Any) -> bool:
    if name in ("pos_employee_id", "table_id", "channel"):
        return plain_id(value)
    if name in ("tax_total", "TaxTotal"):
        return plain_money(value)
    if name == "guest_count":
        guests = number(value)
        return guests is not None and guests == guests.to_integral_value() and 0 < guests <= 100
    if name == "payments":
        return isinstance(value, list) and all(plain_money(one.get("amount")) for one in rows(value))
    return name in _KNOWN


def _ordinary_line(line: Mapping[str, Any]) -> bool:
    quantity, price, subtotal = (number(line.get(name)) for name in ("quantity", "unit_price", "subtotal"))
    if quantity is None or price is None or subtotal is None:
        return False
    return (
        plain_id(line.get("line_id"))
        and plain_id(line.get("item_id"))
        and 0 < quantity <= 100
        and quantity == quantity.to_integral_value()
        and plain_money(line.get("unit_price"))
        and plain_money(line.get("subtotal"))
        and quantity * price == subtotal > 0  # nothing to discount is a reason to refuse
    )


def lines(transaction: Mapping[str, Any]) -> set[str]:
    """Return the line ids of a basket."""
    return {str(one.get("line_id")) for one in rows(transaction.get("items"))}


def basket_key(transaction: Mapping[str, Any]) -> str:
    """Return a text that two baskets share when they hold the same lines at the same prices, in any spelling."""
    items = [
        [
            str(one.get("line_id")),
            str(one.get("item_id")),
            *(_spelled(one.get(name)) for name in ("quantity", "unit_price", "subtotal")),
        ]
        for one in rows(transaction.get("items"))
    ]
    rest = {
        name: _spelled(transaction.get(name)) for name in ("subtotal", "tax_total", "TaxTotal") if name in transaction
    }
    others = [
        [str(one.get("reference_id")).lower(), _spelled(one.get("amount"))]
        for one in rows(transaction.get("discounts"))
    ]
    return json.dumps([sorted(items), rest, sorted(others)])


def _spelled(value: Any) -> str:
    amount = number(value)
    return str(value) if amount is None else format(amount.normalize(), "f")
