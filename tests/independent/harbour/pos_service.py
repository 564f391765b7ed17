"""The CloudPOS service, under its documented long spellings; one request_id of one client is done once."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from .house import House, Receipt
from .members import KINDS, Member
from .offers import Discount, Line, UserOffer, price
from .plain import (
    Json,
    Refusal,
    long_time,
    now,
    parse,
    read_flag,
    read_list,
    read_number,
    read_object,
    read_text,
    read_time,
)

KEPT = 2000
"""Answers remembered by request_id."""


def answer(house: House, method: str, path: str, body: bytes) -> tuple[str, Any]:
    """One call: the success word and the payload."""
    call = CALLS.get(path.rstrip("/").lower())
    if call is None:
        raise Refusal("not_found", "no such call", 404)
    if method not in call[1]:
        raise Refusal("not_available", "not by this method", 405)
    asked = parse(body)
    for name in ("store_id", "client_id", "request_id"):
        read_text(asked.get(name), name)
    payload = read_object(asked.get("request_payload"), "request_payload")
    if house.broken("numbers-begin-with-a-digit") and b'": ".' in body.replace(b'":".', b'": ".'):
        raise Refusal("validation", "a number begins with a digit")
    known = (asked["client_id"], asked["request_id"], hashlib.sha256(body).hexdigest())
    if known not in house.answered or house.broken("request-ids-mean-nothing"):
        done = call[0](house, payload)
        if len(house.answered) >= KEPT:
            house.busy_until.pop(next(iter(house.answered)))
            house.answered.pop(next(iter(house.answered)))
        house.answered[known] = done
        house.busy_until[known] = time.monotonic() + house.busy_s
    elif time.monotonic() < house.busy_until[known]:
        raise Refusal("request_pending", "we are still at it", 409)
    word = "success" if "redemption" in path.lower() else "ok"
    return word, house.answered[known]


# Baskets


def _basket(transaction: Json) -> tuple[Line, ...]:
    if not isinstance(transaction.get("items"), list):
        raise Refusal("missing_data", "items are needed")
    lines = []
    for item in read_list(transaction["items"], "items"):
        line_id = item.get("line_id")
        line_id = str(line_id) if isinstance(line_id, Decimal) else read_text(line_id, "line_id")
        quantity = read_number(item.get("quantity", 1), "quantity")
        if item.get("subtotal") is not None:
            subtotal = read_number(item["subtotal"], "subtotal")
        else:
            subtotal = quantity * read_number(item.get("unit_price"), "unit_price")
        lines.append(Line(line_id, quantity, subtotal))
    if len({line.id for line in lines}) != len(lines):
        raise Refusal("validation", "two lines have the same line_id", 400)
    return tuple(lines)


def _transaction_id(transaction: Json) -> str:
    return read_text(transaction.get("transaction_id"), "transaction_id")


def _discount(given: UserOffer, word: str, discount: Discount | None, *, quantities: bool) -> Json:
    """The discount object; without a basket it has no amount and no lines."""
    shown: Json = {
        "reference_id": given.id,
        "reference_id_type": "userofferid",
        "user_id": given.owner.upper(),
        "display_name": given.offer.text("en").title,
        "status": word,
        "amount": discount.amount if discount else Decimal("0.00"),
        "discounted_line_ids": [line.id for line in discount.lines] if discount else [],
        "discount_source": "sessionm",
        "stack_order": 0,
        "image_url": f"https://images.example.com/{given.offer.id}.png",
        "applied_time": long_time(now()) if discount else None,
        "terms_read": False,
    }
    if quantities:
        lines = discount.lines if discount else ()
        shown["discounted_line_id_quantities"] = [{"line_id": one.id, "quantity": one.quantity} for one in lines]
    return shown


# Calls


def _lookup(house: House, asked: Json) -> Any:
    ways = {"user_id": "id", "external_customer_id": "external_id", "email": "email", "phone": "phone"}
    named = {way: asked[name] for name, way in ways.items() if asked.get(name) is not None}
    if not named:
        raise Refusal("missing_data", "say whose wallet", 400)
    found = [
        house.register.find(way, str(value) if isinstance(value, Decimal) else value) for way, value in named.items()
    ]
    basket = None
    if asked.get("transaction") is not None:
        transaction = read_object(asked["transaction"], "transaction")
        _transaction_id(transaction)
        basket = _basket(transaction)
    member = found[0]
    if member is None or any(one is not member for one in found):
        return []
    return [_wallet(house, member, basket)]


def _wallet(house: House, member: Member, basket: tuple[Line, ...] | None) -> Json:
    offers = []
    for given in reversed(house.wallets.get(member.id, [])):
        if given.status() != "issued" or given.held():
            continue
        if basket is None:
            offers.append(_discount(given, "Info", None, quantities=True))
            if house.broken("worth-without-a-basket"):
                offers[-1]["amount"] = given.offer.worth
        elif given.offer.worth and (discount := price(given.offer, basket)):
            offers.append(_discount(given, "Info", discount, quantities=True))
            if house.broken("looking-locks"):
                given.holder = "a glance"
    return {
        "user_reference_id": member.id.upper(),
        "user_account_id": member.id,
        "partial_response": False,
        "first_name": member.described.get("first_name"),
        "last_name": member.described.get("last_name"),
        "phone": member.phone,
        "email": member.email,
        "points": sum((one.balance for one in member.accounts.values()), Decimal("0.0")),
        "profile_fields": {"berth": "none"},
        "offers": offers,
        "accounts": [
            {
                "AccountName": kind.name,
                "UserPointAccountID": member.accounts[key].id or "",
                "PointAccountID": kind.id.upper(),
                "GroupingLabel": kind.label,
                "AvailableBalance": member.accounts[key].balance,
                "LifeTimeValue": member.accounts[key].lifetime,
            }
            for key, kind in reversed(KINDS.items())
        ],
    }


def _named(house: House, asked: Json) -> tuple[UserOffer, str, tuple[Line, ...]]:
    """What Lock and redeem name: the user offer, the transaction's id, the basket."""
    code = read_text(asked.get("offer_lookup_code"), "offer_lookup_code").lower()
    kind = read_text(asked.get("offer_lookup_type"), "offer_lookup_type").lower()
    if kind not in ("userofferid", "ttlcode"):
        raise Refusal("validation", "offer_lookup_type is none of ours", 400)
    transaction = read_object(asked.get("transaction"), "transaction")
    transaction_id, basket = _transaction_id(transaction), _basket(transaction)
    given = house.user_offers.get(code) if kind == "userofferid" else None
    if given is None:
        raise Refusal("not_found", "no such user offer", 404)
    return given, transaction_id, basket


def _priced(given: UserOffer, basket: tuple[Line, ...]) -> Discount:
    discount = price(given.offer, basket)
    if discount is None:
        raise Refusal("not_eligible", "nothing in the basket to discount")
    return discount


def _lock(house: House, asked: Json) -> Any:
    given, transaction_id, basket = _named(house, asked)
    house.must_be_free(given, transaction_id)
    if house.broken("holds-before-it-looks"):
        house.hold(given, transaction_id)
    if house.broken("one-lock-a-transaction"):
        for other in house.user_offers.values():
            other.holder = None if other.holder == transaction_id else other.holder
    discount = _priced(given, basket)
    if house.broken("first-price-stays") and given.holder == transaction_id:
        discount = given.first_price or discount
    if house.broken("locks-look-twice"):
        house.let_others_in()
        given.holder = None
    house.hold(given, transaction_id)
    given.first_price = discount
    return _discount(given, "Locked", discount, quantities=False)


def _redeem(house: House, asked: Json) -> Any:
    given, transaction_id, basket = _named(house, asked)
    house.must_be_free(given, transaction_id)
    discount = _priced(given, basket)
    house.use(given, transaction_id)
    return _discount(given, "Redeemed", discount, quantities=False)


def _user_offer(house: House, asked: Json) -> UserOffer:
    given = house.user_offers.get(read_text(asked.get("user_offer_id"), "user_offer_id").lower())
    if given is None:
        raise Refusal("not_found", "no such user offer", 404)
    return given


def _unlock(house: House, asked: Json) -> Any:
    house.free(_user_offer(house, asked))
    return {"free": True}


def _reinstate(house: House, asked: Json) -> Any:
    house.undo(_user_offer(house, asked))
    return None


def _send_transaction(house: House, asked: Json) -> Any:
    payers: dict[str, Member] = {}
    for payment in read_list(asked.get("payments"), "payments"):
        read_number(payment.get("amount", 0), "payment.amount")
        if payment.get("user_id") is None:
            continue
        if house.broken("cards-earn-nothing") and payment.get("user_id_type") == "External_ID":
            continue
        way = str(payment.get("user_id_type") or "SessionM_ID").lower()
        if way not in ("sessionm_id", "external_id"):
            raise Refusal("validation", "user_id_type is none of ours", 400)
        payer = house.register.find("id" if way == "sessionm_id" else "external_id", payment["user_id"])
        if payer is None:
            raise Refusal("user_not_found", "a payer is nobody we know", 200)
        payers[payer.id] = payer
    handed_back = []
    for discount in read_list(asked.get("discounts"), "discounts"):
        if str(discount.get("reference_id_type", "userofferid")).lower() == "userofferid":
            handed_back.append(read_text(discount.get("reference_id"), "discount.reference_id").lower())
    lines = _basket(asked)
    if read_flag(asked.get("is_voided"), "is_voided", False):
        lines = ()
        handed_back.clear()
    modified = asked.get("modified_time")
    house.ring_up(
        Receipt(
            _transaction_id(asked),
            now() if modified is None else read_time(modified, "modified_time"),
            bool(asked["is_closed"])
            if house.broken("false-is-a-text") and isinstance(asked.get("is_closed"), str)
            else read_flag(asked.get("is_closed"), "is_closed", True),
            lines,
            tuple(payers.values()),
            tuple(handed_back),
        )
    )
    return None


_Call = tuple[Callable[[House, Json], Any], tuple[str, ...]]
CALLS: dict[str, _Call] = {
    "/api/2.0/offers/get_user_offers": (_lookup, ("POST",)),
    "/api/2.0/offers/redemption/lock": (_lock, ("PATCH",)),
    "/api/2.0/offers/redemption/unlock": (_unlock, ("POST",)),
    "/api/2.0/offers/redemption/redeem": (_redeem, ("POST",)),
    "/api/2.0/offers/redemption/reinstate": (_reinstate, ("POST",)),
    "/api/2.0/offers/send_transaction": (_send_transaction, ("POST",)),
}
