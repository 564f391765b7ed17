"""Histories as text (``till kind transaction start-end outcome [seen|key…]``), and traces of calls for the oracle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from offerproof.contract import Outcome
from offerproof.judgement.histories import History, HistoryOperation, Kind, Seen
from offerproof.judgement.oracle import Call, Choices, Ruling, WorldModel, step

_OUTCOMES = {
    "ok": Outcome.ACCEPTED,
    "no": Outcome.REFUSED,
    "?": Outcome.UNKNOWN,
    "busy": Outcome.TURNED_AWAY,
}


def _operation(line: str) -> HistoryOperation:
    till, kind, transaction, times, outcome, *more = line.split()
    start, _, end = times.partition("-")
    seen = Seen(63)
    keys: tuple[str, ...] = ("U1",)
    if kind == "read":
        seen = Seen(0)
        for word in more:
            seen |= Seen[word.upper()]
    elif more:
        keys = tuple(more)
    return HistoryOperation(
        keys=keys,
        kind=Kind[kind.upper()],
        start=int(start),
        end=int(end) if end else None,
        outcome=_OUTCOMES[outcome],
        transaction=None if transaction == "-" else transaction,
        process=till,
        seen=seen,
    )


@pytest.fixture
def written() -> Callable[[str], History]:
    """Parse a written history."""

    def parse(text: str) -> History:
        return History.of(_operation(line) for line in text.strip().splitlines())

    return parse


# Traces for the oracle: each method makes one call with a right answer, judges it and returns the clauses it breaks.

ANN, BOB = "a0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000002"
ERRORS = {"code": "refused", "message": "refused", "type": "refused"}


class Trace:
    """A target that answers what the test says, and the oracle that watches."""

    def __init__(self, **choices: Any) -> None:
        self.world = WorldModel(choices=Choices(**choices))
        self.world.known(ANN, email="ann@example.com", external_id="ann-1", phone="5550001")
        self.world.known(BOB, email="bob@example.com", external_id="bob-1", phone="5550002")
        self.world.offered("o1")
        self.now = 0
        self.ruling: Ruling | None = None
        self.requests = 0

    def call(self, operation: str, request: dict[str, Any], answer: Any, status: int | None = 200) -> list[str]:
        """Judge one call; the clauses broken, doubts with a question mark."""
        started, self.now = self.now, self.now + 10
        ended = None if status is None else started + 5
        self.ruling = step(self.world, Call(operation, request, answer, status, started, ended))
        self.world = self.ruling.world
        return [one.clause + ("" if one.must else "?") for one in self.ruling.objections]

    def till(self, operation: str, asked: dict[str, Any], payload: Any, how: str, **members: Any) -> list[str]:
        """Judge one CloudPOS call: ``how`` is ok, no (refused), pending, lost or broken."""
        self.requests += 1
        request = {"store_id": "s", "client_id": "c", "request_id": f"r{self.requests}", "request_payload": asked}
        answers: dict[str, tuple[Any, int | None]] = {
            "ok": ({"status": "OK", "payload": payload, "errors": None}, 200),
            "no": ({"status": "error", "payload": None, "errors": ERRORS}, 400),
            "pending": ({"status": "error", "payload": None, "errors": [{"code": "request_pending"}]}, 409),
            "lost": (None, None),
            "broken": ({"status": "error"}, 500),
        }
        answer, status = answers[how]
        return self.call(operation, request | members, answer, status)

    def issue(self, key: str, owner: str = ANN, **entry: Any) -> list[str]:
        request = {"retailer_id": "r", "user_id": owner, "offer_id": "o1", "quantity": 1}
        listed = [{"user_id": owner, "user_offer_id": key, "offer_id": "o1"} | entry]
        return self.call("issue_offer", request, {"status": "ok", "payload": {"status_list": listed}})

    def basket(self, transaction: str, *prices: str, **changes: Any) -> dict[str, Any]:
        """A plain open basket."""
        items = [
            {"line_id": str(at), "item_id": str(at), "quantity": 1, "unit_price": price, "subtotal": price}
            for at, price in enumerate(prices or ("10.00", "1.00"), 1)
        ]
        total = str(sum(Decimal(str(one["unit_price"])) for one in items))
        plain = {
            "transaction_id": transaction,
            "is_closed": False,
            "subtotal": total,
            "items": items,
            "modified_time": "2026-01-01 10:00:00.000",
        }
        return plain | changes

    def lock(self, key: str, transaction: str, how: str = "ok", basket: Any = None, **discount: Any) -> list[str]:
        payload = {"reference_id": key, "reference_id_type": "userofferid", "status": "LOCKED", "amount": 5}
        payload |= {"user_id": self.world.held[key.lower()].owner if key.lower() in self.world.held else ANN}
        payload |= {"discounted_line_ids": ["1", "2"]} | discount
        asked = {"offer_lookup_code": key, "offer_lookup_type": "userofferid"}
        return self.till("lock", asked | {"transaction": basket or self.basket(transaction)}, payload, how)

    def redeem(self, key: str, transaction: str, how: str = "ok") -> list[str]:
        asked = {"offer_lookup_code": key, "offer_lookup_type": "userofferid", "transaction": self.basket(transaction)}
        return self.till("redeem", asked, {}, how)

    def unlock(self, key: str, how: str = "ok") -> list[str]:
        return self.till("unlock", {"user_offer_id": key, "employee_id": "1"}, None, how)

    def reinstate(self, key: str, how: str = "ok") -> list[str]:
        return self.till("reinstate", {"user_offer_id": key, "employee_id": "1"}, None, how)

    def revoke(self, key: str, how: str = "ok") -> list[str]:
        answer = {"status": "ok", "payload": {}} if how == "ok" else {"status": "error", "errors": ERRORS}
        return self.call("revoke_offer", {"user_offer_id": key, "reason": "test"}, answer, 200 if how == "ok" else 404)

    def send(self, transaction: str, *keys: str, how: str = "ok", payload: Any = None, **changes: Any) -> list[str]:
        discounts = [{"reference_id": key, "reference_id_type": "userofferid", "amount": 5} for key in keys]
        asked = self.basket(transaction, discounts=discounts, is_closed=True) | changes
        return self.till("send_transaction", asked, payload, how)

    def wallet(self, *keys: str, owner: str = ANN, lost: bool = False, **members: Any) -> list[str]:
        """A Lookup that shows these user offers; ``key!`` shows it with the status LOCKED."""
        offers: list[dict[str, Any]] = [
            {
                "reference_id": key.rstrip("!"),
                "user_id": owner,
                "status": "LOCKED" if key.endswith("!") else "INFO",
                "amount": 0,
                "discounted_line_ids": [],
            }
            for key in keys
        ]
        payload = [{"user_reference_id": owner, "offers": offers, "accounts": []} | members]
        return self.till("lookup", {"user_id": owner}, payload, "lost" if lost else "ok")

    def history(self, *records: str, owners: Sequence[str] = (ANN,), **members: Any) -> list[str]:
        """A history of ``key:Word`` or ``key:Word:owner`` records."""
        results = []
        for record in records:
            key, word, *owner = record.split(":")
            code = {"Issued": 1, "Redeemed": 2, "Expired": 3, "Revoked": 4}.get(word, 9)
            holder = owner[0] if owner else owners[0]
            results.append({"user_offer_id": key, "user_id": holder, "status": code, "status_description": word})
        payload = {"total_records": len(results), "results": results} | members
        request = {"user_ids": list(owners), "rollback_option": 0, "skip": 0, "take": 100}
        return self.call("user_offer_history", request, {"status": "ok", "payload": payload})

    def listed(self, *keys: str, owner: str = ANN) -> list[str]:
        payload = {
            "user_id": owner,
            "user_offers": [{"user_offer_id": key} for key in keys],
            "total_records": len(keys),
        }
        request = {"user_id": owner, "skip": 0, "take": 100}
        return self.call("get_user_offers", request, {"status": "ok", "payload": payload})

    def customer(self, spend: str = "0", tier: str = "0", *, owner: str = ANN, **members: Any) -> list[str]:
        """A search with expand_incentives; the amounts stand in both escrows' families, spendable and tier."""
        details = [
            {
                "account_name": name,
                "point_account_id": name,
                "user_point_account_id": f"{owner}-{name}",
                "grouping_label": label,
                "available_balance": Decimal(amount),
                "life_time_value": Decimal(1000),
            }
            for name, label, amount in (
                ("Spendable", "Spend", "0"),
                ("Spendable Escrow", "", spend),
                ("Tier", "Tier", "0"),
                ("Tier Escrow", "", tier),
            )
        ]
        total = Decimal(spend) + Decimal(tier)
        balances = {
            "user_id": owner,
            "summary": {"total_points": total, "life_time_points": 4000},
            "details": details,
        }
        user = {"id": owner, "available_points": 0, "tier_points": 0}
        user |= {"tier_details": {"tier_levels": [], "point_account_balances": balances}} | members
        email = {ANN: "ann@example.com", BOB: "bob@example.com"}[owner]
        request = {"email": email, "expand_incentives": "true"}
        return self.call("search_customers", request, {"status": "ok", "user": user})


@pytest.fixture
def trace() -> Trace:
    """A trace with one issued user offer u1 of the first customer."""
    made = Trace()
    assert made.issue("u1") == []
    return made


@pytest.fixture
def traces() -> type[Trace]:
    """Traces with choices of the target: ``traces(settle=100)``."""
    return Trace
