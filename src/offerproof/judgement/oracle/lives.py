"""Rules on the calls that change one user offer: issue, revoke, lock, unlock, redeem, reinstate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from offerproof.judgement.histories import Kind
from offerproof.judgement.histories.rules import LOCKED, TAG_MASK
from offerproof.judgement.oracle.baskets import basket_key, lines, ordinary_transaction
from offerproof.judgement.oracle.calls import ident, number, rows
from offerproof.judgement.oracle.ruling import Judgement
from offerproof.judgement.oracle.world import Held

_LOOKUP_TYPES = ("userofferid", "ttlcode")


def issue(case: Judgement) -> None:
    """Issuing gives new user offers to a known customer, and nothing to nobody."""
    asked = case.call.asked
    owner, offer_id = ident(asked.get("user_id")), ident(asked.get("offer_id"))
    quantity = number(asked.get("quantity", 1))
    person = case.world.people.get(owner)
    if case.unanswered and person:
        case.world.people[owner] = replace(person, may_gain=True)
    if case.refused and quantity is not None and quantity <= 0:
        case.held.add("ISSUE-9")
    if not case.accepted:
        return
    listed = rows(case.call.payload.get("status_list")) if isinstance(case.call.payload, Mapping) else []
    given = [one for one in listed if ident(one.get("user_offer_id"))]
    if person is None:
        case.check(not given, "ISSUE-7", "issuing to a customer nobody knows", "no user offer", "a user offer")
        return
    if offer_id not in case.world.offers:
        case.check(not given, "ISSUE-8", "issuing an offer nobody knows", "no user offer", "a user offer")
    if quantity is not None and quantity <= 0:
        case.check(not given, "ISSUE-9", "issuing a quantity of zero or less", "no user offer", "a user offer")
    elif quantity is not None and given:
        case.check(len(given) == quantity, "ISSUE-5", "user offers issued", str(quantity), str(len(given)))
    for one in given:
        _gain(case, one, owner, offer_id)


def _gain(case: Judgement, entry: Mapping[str, Any], owner: str, offer_id: str) -> None:
    key = ident(entry.get("user_offer_id"))
    case.check(
        key not in case.world.held,
        "ISSUE-6",
        "id of a user offer that was just issued",
        "a new one",
        "a known one",
    )
    if entry.get("user_id") is not None:
        case.check(ident(entry["user_id"]) == owner, "ISSUE-4", "customer of the issue", owner, entry["user_id"])
    made = case.world.offers.get(offer_id)
    case.world.held[key] = Held(
        str(entry["user_offer_id"]), owner, offer_id, last=Kind.ISSUE, lasting=made is None or _lasts(made.body)
    )


def _lasts(body: Mapping[str, Any]) -> bool:
    """Tell whether an offer of this body cannot expire while a journey lasts (a day is not sure: zones)."""
    common = body.get("common_config")
    if not body:
        return True  # made elsewhere: a pool holds offers that last
    if not isinstance(common, Mapping):
        return False
    period = number(common.get("validity_period"))
    unit = str(common.get("validity_unit", "")).lower()
    return unit in ("weeks", "week", "months", "month", "years", "year") and period is not None and period > 0


def change(case: Judgement) -> None:
    """Revoke, lock, unlock, redeem and reinstate: what the user offer's state allows, and who it is."""
    operation, asked = case.call.operation, case.call.asked
    code = asked.get("offer_lookup_code") if operation in ("lock", "redeem") else asked.get("user_offer_id")
    key = ident(code)
    if not key:
        case.must_refuse(_FORMLESS[operation], f"{operation} that names no user offer")
        return
    ordinary = True
    transaction = 0
    if operation in ("lock", "redeem"):
        ordinary = _ordinary_till(case, asked, key)
        transaction = case.world.transaction(_transaction_id(asked))
    if key not in case.world.held:
        case.must_refuse(_NOBODY[operation], f"{operation} of a user offer nobody knows")
        return
    # Whether ids are compared without regard to case is good practice, not a must.
    ordinary = ordinary and code == case.world.held[key].user_offer_id
    repeated = len(case.objections)
    case.apply(key, _KINDS[operation], transaction, ordinary=ordinary)
    whole = isinstance(asked.get("transaction"), Mapping)
    if operation == "lock" and case.accepted and whole and len(case.objections) == repeated:
        _judge_discount(case, case.world.held[key], asked)


_KINDS = {
    "lock": Kind.LOCK,
    "redeem": Kind.REDEEM,
    "unlock": Kind.UNLOCK,
    "reinstate": Kind.REINSTATE,
    "revoke_offer": Kind.REVOKE,
}
_NOBODY = {
    "lock": "LOCK-16",
    "redeem": "REDEEM-15",
    "unlock": "LOCK-21",
    "reinstate": "REDEEM-22",
    "revoke_offer": "ISSUE-12",
}
_FORMLESS = {
    "lock": "LOCK-22",
    "redeem": "REDEEM-15",
    "unlock": "LOCK-21",
    "reinstate": "REDEEM-22",
    "revoke_offer": "ISSUE-12",
}


def _transaction_id(asked: Mapping[str, Any]) -> str:
    transaction = asked.get("transaction")
    return str(transaction.get("transaction_id", "")) if isinstance(transaction, Mapping) else ""


def _ordinary_till(case: Judgement, asked: Mapping[str, Any], key: str) -> bool:
    """Tell whether a lock or redeem is so plain that only the user offer's state can be a reason to refuse it."""
    kind = asked.get("offer_lookup_type")
    if not isinstance(kind, str) or kind.lower() not in _LOOKUP_TYPES:
        case.must_refuse("LOCK-22", "a lookup type that does not exist")
        return False
    if not isinstance(asked.get("transaction"), Mapping):
        case.must_refuse("LOCK-23", f"{case.call.operation} without a transaction")
        return False
    transaction = asked["transaction"]
    return kind == "userofferid" and ordinary_transaction(transaction) and not _used_up(transaction, key)


def _used_up(transaction: Mapping[str, Any], key: str) -> bool:
    """Tell whether the other discounts of a basket take all of it, so that there is nothing left to discount."""
    others = [one for one in rows(transaction.get("discounts")) if ident(one.get("reference_id")) != key]
    taken = sum(number(one.get("amount")) or 0 for one in others)
    return taken >= sum(number(one.get("subtotal")) or 0 for one in rows(transaction.get("items")))


def _judge_discount(case: Judgement, held: Held, asked: Mapping[str, Any]) -> None:
    """The lock's answer is the discount of this very user offer, on lines of this basket."""
    discount = case.call.payload
    if not isinstance(discount, Mapping):
        case.wrong("LOCK-1", "payload of a lock", "a discount object", type(discount).__name__)
        return
    status = str(discount.get("status", ""))
    case.check(status.upper() == "LOCKED", "LOCK-1", "status of a lock's discount", "LOCKED", status)
    reference = discount.get("reference_id")
    mine = ident(reference) == held.user_offer_id.lower()
    case.check(mine, "LOCK-2", "reference_id of a lock", held.user_offer_id, reference)
    if held.owner and discount.get("user_id") is not None:
        owner = ident(discount["user_id"])
        case.check(owner == held.owner, "LOCK-3", "user_id of a lock", held.owner, discount["user_id"])
    judge_price(case, held.user_offer_id, discount, asked["transaction"], "LOCK-6")


def judge_price(
    case: Judgement, user_offer_id: str, discount: Mapping[str, Any], transaction: Mapping[str, Any], clause: str
) -> None:
    """Discounted lines stand in the basket, and one basket has one price for one user offer."""
    known = lines(transaction)
    named = discount.get("discounted_line_ids")
    if isinstance(named, list):
        strange = [one for one in named if str(one) not in known]
        case.check(not strange, clause, "discounted lines of the answer", sorted(known), strange)
    amount = number(discount.get("amount"))
    if amount is None:
        return
    case.check(amount >= 0, "LOCK-7", "amount of a discount", "not negative", str(amount))
    if _shares_basket(case, user_offer_id):
        return
    key = (user_offer_id.lower(), basket_key(transaction))
    before = case.world.prices.setdefault(key, amount)
    case.check(before == amount, "LOCK-7", "amount of one user offer for one basket", str(before), str(amount))


def _shares_basket(case: Judgement, user_offer_id: str) -> bool:
    """Tell whether another user offer of the customer may be locked: whether it lowers this one's price is open."""
    own = case.world.held.get(user_offer_id.lower())
    return own is None or any(
        state & TAG_MASK == LOCKED
        for other in case.world.of([own.owner or ""])
        if other is not own
        for state in other.states
    )
