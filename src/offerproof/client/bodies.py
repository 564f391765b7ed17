"""Documented request bodies, as plain dicts to change at will. Amounts are exact (Decimal, sent as JSON numbers)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final

import msgspec

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class _LeftOut(Enum):
    LEFT_OUT = "left out"


LEFT_OUT: Final = _LeftOut.LEFT_OUT
"""A member set to this is left out of the body."""

OFFER_KINDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "manual_fulfillment": {},
    "fixed_amount_check_discount": {"amount": 5},
    "fixed_amount_item_discount": {"amount": 5},
    "percent_check_discount": {"percent": 10},
    "percent_item_discount": {"percent": 10},
}
"""Offer types and the discount_config we create them with: worth 5, or 10 percent."""


def encode(body: Any) -> bytes:
    """JSON bytes of a body; Decimals exactly as they are, members that are ``LEFT_OUT`` left out."""
    return _ENCODER.encode(_without_left_out(body))


def _without_left_out(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_left_out(inner) for name, inner in value.items() if inner is not LEFT_OUT}
    if isinstance(value, list | tuple):
        return [_without_left_out(inner) for inner in value]
    return value


def moment(instant: datetime) -> str:
    """An instant as CloudPOS writes it: ``2018-06-10 09:20:00.000`` (Offer Management, Step 5)."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.") + f"{instant.microsecond // 1000:03d}"


def items(*prices: str) -> list[dict[str, Any]]:
    """Basket lines, one unit each, at these prices; line and item ids count from 1."""
    return [
        {
            "line_id": str(number),
            "item_id": str(number),
            "quantity": 1,
            "unit_price": Decimal(price),
            "subtotal": Decimal(price),
        }
        for number, price in enumerate(prices, 1)
    ]


def transaction(
    transaction_id: str,
    payment_id: str,
    at: datetime,
    *,
    basket: Sequence[Mapping[str, Any]],
    user_id: str | None,
    discounts: Sequence[Mapping[str, Any]],
    changes: Mapping[str, Any],
) -> dict[str, Any]:
    """A transaction with the documented members (Offer Management, Steps 5 and 6).

    The subtotal is the sum of the basket without tax; one payment pays it, for ``user_id`` when given.
    """
    total = sum((Decimal(str(line.get("subtotal", 0))) for line in basket), Decimal())
    payment: dict[str, Any] = {
        "payment_id": payment_id,
        "amount": total,
        "type": "CREDIT",
        "payment_time": moment(at),
    }
    if user_id is not None:
        payment |= {"user_id": user_id, "user_id_type": "SessionM_ID"}
    body: dict[str, Any] = {
        "is_closed": False,
        "pos_employee_id": "1000",
        "table_id": "12",
        "channel": "STORE",
        "transaction_id": transaction_id,
        "guest_count": 1,
        "subtotal": total,
        "tax_total": Decimal(0),
        "open_time": moment(at),
        "modified_time": moment(at),
        "items": [dict(line) for line in basket],
        "payments": [payment],
        "discounts": [dict(discount) for discount in discounts],
    }
    return body | dict(changes)


def offer(
    kind: str,
    title: str,
    at: datetime,
    retailer: str,
    changes: Mapping[str, Any],
    keys: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A documented, published offer of a type, acquirable from yesterday for a year (Offer Management, Step 1).

    ``keys``: how the target spells ``amount`` and ``percent`` in discount_config; no source says it.
    ``changes`` replace members; those of ``common_config`` and ``discount_config`` are merged when given as a dict.
    """
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    body: dict[str, Any] = {
        "retailer_id": retailer,
        "offer_type": kind,
        "publish": True,
        "text_config": [
            {
                "title": title,
                "description": f"Description of {title}",
                "terms_and_conditions": f"Terms of {title}",
                "culture": "en",
            }
        ],
        "media_config": [],
        "common_config": {
            "acquisition_start_date": (day - timedelta(days=1)).strftime("%Y-%m-%d 00:00:00.0"),
            "acquisition_end_date": (day + timedelta(days=365)).strftime("%Y-%m-%d 23:59:00.0"),
            "does_not_expire": False,
            "valid_after_end_date": False,
            "reward_store": False,
            "validity_unit": "years",
            "validity_period": 1,
            "custom_data": '{"source":"offerproof"}',
        },
        "discount_config": {(keys or {}).get(key, key): worth for key, worth in OFFER_KINDS.get(kind, {}).items()},
        "offer_config": {"type": kind},
        "use_restrictions": [],
        "purchase_restrictions": [],
        "catalog_restrictions": [],
        "location_restrictions": [],
    }
    for name, value in changes.items():
        merge = name in ("common_config", "discount_config") and isinstance(value, Mapping)
        body[name] = {**body[name], **value} if merge else value
    return body
