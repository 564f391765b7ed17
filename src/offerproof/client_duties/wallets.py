"""What the client was shown: which offers are free, whose they are, and by which ids customers are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from offerproof.client_duties.model import Came, ClientRequest, DutyLog, Remembered, breach, payments
from offerproof.judgement.oracle.calls import ident, rows


class ShownWallets:
    """Learns from answers what the client could know, and judges what it should have known."""

    def __init__(self, log: DutyLog) -> None:
        self.log = log
        self.free: Remembered[str, ClientRequest] = Remembered()
        """User offers that were seen free in the recording, with the answer that showed it."""
        self._taken: Remembered[str, ClientRequest] = Remembered()
        """Offers that the newest wallet of their owner showed as locked, or no longer showed."""
        self._wallets: Remembered[str, frozenset[str]] = Remembered()
        self._internal: Remembered[str, None] = Remembered()
        self._external: Remembered[str, None] = Remembered()

    def take(self, sent: ClientRequest) -> None:
        """Learn from an answer."""
        if sent.came is not Came.TAKEN:
            return
        if sent.operation == "lookup":
            self._lookup(sent)
        elif sent.operation == "search_customers" and isinstance(sent.call.payload, Mapping):
            self._known(sent.call.payload.get("id"), sent.call.payload.get("external_id"))
        elif sent.operation == "issue_offer":
            for offer in _issued(sent.call.payload):
                self.free[offer] = sent
        elif sent.operation in ("unlock", "reinstate") and sent.offer:
            self.free[sent.offer] = sent
            self._taken.pop(sent.offer, None)

    def _lookup(self, sent: ClientRequest) -> None:
        self._known(sent.asked.get("user_id"), sent.asked.get("external_customer_id"))
        whole = not sent.transaction  # with a transaction, only what fits it is shown
        for one in rows(sent.call.payload):
            owner = ident(one.get("user_reference_id"))
            self._known(owner, None)
            shown = {ident(offer.get("reference_id")): offer for offer in rows(one.get("offers"))}
            for offer, told in shown.items():
                if ident(told.get("status")) == "info":
                    self.free[offer] = sent
                    self._taken.pop(offer, None)
                else:
                    self.free.pop(offer, None)
                    self._taken[offer] = sent
            if whole and owner:
                for gone in self._wallets.get(owner, frozenset()) - set(shown):
                    self.free.pop(gone, None)
                    self._taken[gone] = sent
                self._wallets[owner] = frozenset(shown)

    def _known(self, internal: Any, external: Any) -> None:
        for value, known in ((internal, self._internal), (external, self._external)):
            if ident(value):
                known[ident(value)] = None

    def wanted(self, sent: ClientRequest, *, own: bool) -> None:
        """Judge a lock or redeem by the newest wallet. ``own``: the client itself holds the offer already."""
        if own or not sent.offer:
            return
        shown = self._taken.get(sent.offer)
        if shown is not None and shown.over_before(sent):
            told = "locked, or not in the wallet"
            breach(self.log, "TILL-20", "offer that is locked", "one that the wallet shows as free", told, shown, sent)
        elif sent.offer in self.free:
            self.log.hold(["TILL-20"], sent.exchange)

    def payers(self, sent: ClientRequest) -> None:
        """Judge the kind of the ids of payers."""
        for one in payments(sent.transaction):
            who, kind = ident(one.get("user_id")), ident(one.get("user_id_type"))
            if not who or kind not in ("sessionm_id", "external_id"):
                continue
            right, other = (
                (self._internal, self._external) if kind == "sessionm_id" else (self._external, self._internal)
            )
            if who in right:
                self.log.hold(["TILL-15"], sent.exchange)
            elif who in other:
                told = "the customer's other id"
                breach(self.log, "TILL-15", "user_id of a payment", f"an id of the kind {kind}", told, sent)


def _issued(payload: Any) -> Iterator[str]:
    if isinstance(payload, Mapping):
        for one in rows(payload.get("status_list")):
            if ident(one.get("user_offer_id")):
                yield ident(one.get("user_offer_id"))
