"""The steps of a visit: the calls of the hot path with their expectations, each one written into the operation log.

Free of Locust: scenarios (``workflows``) are written against this, Locust's user (``user``) only decides when they run.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from offerproof.judgement.histories import Kind, Seen
from offerproof.loadtest.client.bodies import CATALOGUE, RETURNS, Basket, EarningKind, Purchase
from offerproof.loadtest.client.calls import Calls
from offerproof.loadtest.client.checks import ACCEPTED, REFUSED, UNKNOWN, Checked
from offerproof.loadtest.generator.supply import HeldOffer, Shopper
from offerproof.loadtest.plan.workload import Think
from offerproof.traffic.operations import NO_END, NOBODY, OperationLog

PLAIN = 0
"""Basket code of an operation that moves no points."""

# As plain numbers: looking a member up in its enum costs more than the rest of such a line.
_LOCK, _UNLOCK, _SEND, _RETURN, _READ = (
    int(kind) for kind in (Kind.LOCK, Kind.UNLOCK, Kind.SEND, Kind.RETURN, Kind.READ)
)
_IN_WALLET = int(Seen.ISSUED | Seen.LOCKED)
_LOCKED = int(Seen.LOCKED)
_GONE = int(~Seen.ISSUED & 63)


class StepFailed(Exception):
    """A step of a workflow did not go as it had to; ``kind`` is the error's kind."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Steps:
    """One user at work: its calls, its randomness, its number in the log."""

    def __init__(
        self,
        calls: Calls,
        log: OperationLog,
        *,
        epoch_ns: int,
        nonce: str,
        seed: int,
        think: Think | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.calls = calls
        self.rng = random.Random(seed)
        self.intended = 0
        """Intended start (``monotonic_ns``) of the arrival at hand; consumed by its first call."""
        self.rush = -1
        self.tried = 0
        """How often this user tried in the rush at hand."""
        self._log = log
        self._epoch = epoch_ns
        self._nonce = nonce
        self._think = think or Think()
        self._sleep = sleep
        self._sequence = calls.caller << 24

    def think(self) -> None:
        """Let the customer, or the cashier, think."""
        pause = self._think.draw(self.rng)
        if pause > 0:
            self._sleep(pause)

    def purchase(self, basket: Basket | None = None) -> Purchase:
        """Begin a transaction with a basket of the catalogue."""
        self._sequence += 1
        return Purchase(self._sequence, self._nonce, basket or CATALOGUE[int(self.rng.random() * len(CATALOGUE))])

    def search(self, customer: Shopper) -> Checked:
        """Search the customer at the core service by one of the identifiers; the answer must be that customer.

        Not for who is known by the id alone (``searchable`` is empty)."""
        by, value = self.rng.choice(customer.searchable())
        user_id = customer.user_id
        checked = self.calls.search_customers(
            by, value, intended=self._first(), expect=lambda user: _same(user.get("id"), user_id)
        )
        return self._needed(checked)

    def lookup(
        self, customer: Shopper, present: HeldOffer | None = None, used: list[HeldOffer] | None = None
    ) -> Checked:
        """Look the wallet up by one of the four identifiers; ``present`` must be in it."""
        known = customer.identifiers()
        by, value = known[int(self.rng.random() * len(known))]
        wanted = present.user_offer_id if present else ""

        def fits(payload: Any) -> bool:
            if len(payload) != 1 or not _same(payload[0]["user_reference_id"], customer.user_id):
                return False
            for offer in payload[0]["offers"] if wanted else ():  # any() would cost more than what it looks at
                if _same(offer["reference_id"], wanted):
                    break
            else:
                return not wanted
            return True

        checked = self.calls.lookup(by, value, intended=self._first(), expect=fits)
        if present is not None:
            self._read(checked, customer, present)
        for offer in used or ():
            self._read(checked, customer, offer)
        return self._needed(checked)

    def lock(self, customer: Shopper, offer: HeldOffer, purchase: Purchase, *, refusable: bool = False) -> bool:
        """Lock an offer for a purchase; true when it is locked. The discount goes into the purchase."""
        wanted = offer.user_offer_id
        checked = self.calls.lock(
            wanted,
            purchase.body(closed=False),
            intended=self._first(),
            refusable=refusable,
            expect=lambda discount: _same(discount["reference_id"], wanted),
        )
        self._write(_LOCK, checked, offer.number, customer.number, purchase.number)
        if checked.outcome is ACCEPTED:
            purchase.locked(checked.payload, Decimal(0) if checked.error else Decimal(checked.payload["amount"]))
        self._needed(checked, refusable=refusable)
        return checked.outcome is ACCEPTED

    def unlock(self, customer: Shopper, offer: HeldOffer, purchase: Purchase) -> None:
        """Give a locked offer back."""
        checked = self.calls.unlock(offer.user_offer_id)
        self._write(_UNLOCK, checked, offer.number, customer.number, purchase.number)
        self._needed(checked)

    def close(self, customer: Shopper, purchase: Purchase, offer: HeldOffer | None = None) -> None:
        """Send the closed transaction: it earns, and redeems the offer it holds locked."""
        self._send(_SEND, customer, purchase, offer)

    def bring_back(self, customer: Shopper, purchase: Purchase, offer: HeldOffer | None = None) -> None:
        """Return the last line: the same transaction again, newer, without it."""
        purchase.basket = RETURNS[purchase.basket.number]
        self._send(_RETURN, customer, purchase, offer)

    def _send(self, kind: int, customer: Shopper, purchase: Purchase, offer: HeldOffer | None) -> None:
        checked = self.calls.send_transaction(
            purchase.body(closed=True, user_id=customer.user_id), intended=self._first()
        )
        key, offer_type = (offer.number, offer.type) if offer else (NOBODY, "")
        code = EarningKind(purchase.basket.number, offer_type).code
        self._write(kind, checked, key, customer.number, purchase.number, code)
        self._needed(checked)

    def _first(self) -> int:
        intended, self.intended = self.intended, 0
        return intended

    def _needed(self, checked: Checked, *, refusable: bool = False) -> Checked:
        """Go on, or end the workflow: what went wrong, or a refusal of what was to succeed."""
        if checked.error and not (refusable and checked.outcome is REFUSED and checked.error == "refused"):
            raise StepFailed(checked.error)
        return checked

    def _write(self, kind: int, checked: Checked, key: int, customer: int, number: int, basket: int = PLAIN) -> None:
        answer = checked.answer
        start = (answer.started - self._epoch) // 1000
        outcome = checked.outcome
        duration = NO_END if outcome is UNKNOWN else -(-(answer.ended - answer.started) // 1000)
        self._log.record(kind, outcome, 0, key, customer, self.calls.caller, number, start, duration, basket)

    def _read(self, checked: Checked, customer: Shopper, offer: HeldOffer) -> None:
        if checked.outcome is not ACCEPTED or checked.error not in {"", "wrong"}:
            return
        seen = _GONE
        payload = checked.payload
        for shown in payload[0]["offers"] if payload else ():
            if _same(shown["reference_id"], offer.user_offer_id):
                seen = _LOCKED if str(shown.get("status")).upper() == "LOCKED" else _IN_WALLET
        answer = checked.answer
        start, duration = (answer.started - self._epoch) // 1000, -(-(answer.ended - answer.started) // 1000)
        self._log.record(_READ, ACCEPTED, seen, offer.number, customer.number, self.calls.caller, 0, start, duration)


def _same(one: Any, other: str) -> bool:
    return one == other or (isinstance(one, str) and one.lower() == other.lower())
