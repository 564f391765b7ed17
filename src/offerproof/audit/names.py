"""Whom and what a call names, in its request and in its answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from offerproof.judgement.oracle import Call
from offerproof.judgement.oracle.calls import ident, rows

_SEARCHED: Final = {"email": "email", "external_id": "external_id", "mobile_number": "phone"}
_LOOKED_UP: Final = {"external_customer_id": "external_id", "email": "email", "phone": "phone"}


@dataclass
class Names:
    """Ids as they are compared. ``owners``: of user offers that an answer shows, whose they are."""

    people: set[str] = field(default_factory=set)
    user_offers: set[str] = field(default_factory=set)
    transactions: set[str] = field(default_factory=set)
    offers: set[str] = field(default_factory=set)
    identifiers: set[tuple[str, str]] = field(default_factory=set)
    """Kind (email, external_id, phone) and value, as asked for."""
    owners: dict[str, str] = field(default_factory=dict)
    created: set[str] = field(default_factory=set)
    """Customers that this call made."""

    def tokens(self) -> Iterator[str]:
        """What links calls that must be judged together."""
        yield from (f"u:{one}" for one in self.people)
        yield from (f"o:{one}" for one in self.user_offers)
        yield from (f"t:{one}" for one in self.transactions)

    def clean(self) -> Names:
        """Drop what is empty."""
        for one in (self.people, self.user_offers, self.transactions, self.offers):
            one.discard("")
        return self


def names_of(call: Call) -> Names:
    """Collect the names of a call."""
    found = Names()
    asked = call.asked
    _asked(found, call, asked)
    _answered(found, call)
    return found.clean()


def _asked(found: Names, call: Call, asked: Mapping[str, Any]) -> None:
    operation = call.operation
    if operation in ("search_customers", "get_customer", "get_customer_by_external_id"):
        found.identifiers |= {(kind, ident(asked[name])) for name, kind in _SEARCHED.items() if asked.get(name)}
        found.people.add(ident(asked.get("user_id")))
    elif operation == "lookup":
        found.identifiers |= {(kind, ident(str(asked[name]))) for name, kind in _LOOKED_UP.items() if asked.get(name)}
        found.people.add(ident(asked.get("user_id")))
        _transaction(found, asked.get("transaction"), named=False)
    elif operation in ("lock", "redeem"):
        found.user_offers.add(ident(asked.get("offer_lookup_code")))
        _transaction(found, asked.get("transaction"))
    elif operation == "send_transaction":
        _transaction(found, asked)
    else:
        found.people.add(ident(asked.get("user_id")))
        found.user_offers.add(ident(asked.get("user_offer_id")))
        found.offers.add(ident(asked.get("offer_id")))
        ids = asked.get("user_ids")
        found.people |= {ident(one) for one in ids} if isinstance(ids, list) else set()


def _transaction(found: Names, value: Any, *, named: bool = True) -> None:
    if not isinstance(value, Mapping):
        return
    if named:
        found.transactions.add(ident(value.get("transaction_id")))
    for one in rows(value.get("discounts")):
        found.user_offers.add(ident(one.get("reference_id")))
        found.people.add(ident(one.get("user_id")))
    for one in rows(value.get("payments")):
        found.people.add(ident(one.get("user_id")))


def _answered(found: Names, call: Call) -> None:
    payload, operation = call.payload, call.operation
    if operation == "lookup":
        for customer in rows(payload):
            owner = ident(customer.get("user_reference_id"))
            found.people.add(owner)
            _owned(found, owner, customer.get("offers"), "reference_id")
        return
    if not isinstance(payload, Mapping):
        return
    if operation == "create_customer":
        found.people.add(ident(payload.get("id")))
        found.created.add(ident(payload.get("id")))
    elif operation in ("search_customers", "get_customer", "get_customer_by_external_id"):
        found.people.add(ident(payload.get("id")))
    elif operation == "create_offer":
        found.offers.add(ident(payload.get("offer_id")))
    elif operation == "issue_offer":
        _owned(found, ident(call.asked.get("user_id")), payload.get("status_list"), "user_offer_id")
    elif operation == "get_user_offers":
        _owned(found, ident(call.asked.get("user_id")), payload.get("user_offers"), "user_offer_id", "id")
    elif operation == "user_offer_history":
        for record in rows(payload.get("results")):
            _owned(found, ident(record.get("user_id")), [record], "user_offer_id")


def _owned(found: Names, owner: str, listed: Any, *names: str) -> None:
    for one in rows(listed):
        key = ident(next((one[name] for name in names if one.get(name)), None))
        found.user_offers.add(key)
        if owner:
            found.owners.setdefault(key, owner)
    found.people.add(owner)
