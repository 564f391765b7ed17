"""Sales: a transaction from its first lock to the last time it is sent."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import Any, Final

from offerproof.client_duties.claims import Claims
from offerproof.client_duties.model import (
    SECOND,
    Came,
    ClientRequest,
    DutyLog,
    Remembered,
    Sale,
    basket,
    breach,
    claimed,
    items,
    payments,
)
from offerproof.client_duties.wallets import ShownWallets
from offerproof.judgement.oracle.calls import ident, moment, number, truth

RESEND_US: Final = 24 * 3600 * SECOND
"""So long a sale that was not taken may wait to be sent again."""
_DAY_US: Final = 12 * 3600 * SECOND
_CENT: Final = Decimal("0.01")


class Sales:
    """Judges what is sent of each sale, and in the end what is left of it. ``whole``: the recorder loses no call."""

    def __init__(self, log: DutyLog, wallets: ShownWallets, *, whole: bool, timed: bool) -> None:
        self.log = log
        self.wallets = wallets
        self.whole = whole
        self.timed = timed
        self.sales: Remembered[str, Sale] = Remembered()
        self._of_offer: Remembered[str, list[Sale]] = Remembered()
        """The sales for which an offer was locked or redeemed."""
        self.claims = Claims(log, wallets, whole=whole, timed=timed)
        self.closed = 0
        """Sales that were seen closed."""
        self._unsettled: dict[str, Sale] = {}
        self._paid: Remembered[tuple[Hashable, ...], ClientRequest] = Remembered()
        self._bought: Remembered[str, set[str]] = Remembered()
        self._unclaimed: list[tuple[Sale, str, int]] = []

    def take(self, sent: ClientRequest) -> None:
        """Judge one request."""
        self._later(sent.start)
        if not sent.request_known:
            return
        if sent.operation in ("lock", "redeem"):
            if sent.transaction_id and sent.offer:
                self._held(self._sale(sent.transaction_id), sent)
        elif sent.operation in ("unlock", "reinstate"):
            self.claims.given_back(sent, self._of_offer.get(sent.offer, ()))
        elif sent.operation == "send_transaction" and sent.transaction_id:
            self._sent(sent)

    def _sale(self, name: str) -> Sale:
        known = self.sales.get(name) or self._unsettled.get(name)
        if known is None:
            known = self.sales[name] = Sale(name)
        return known

    def _held(self, sale: Sale, sent: ClientRequest) -> None:
        offer = sent.offer
        self.wallets.wanted(sent, own=offer in sale.locks or offer in sale.redeemed or offer in sale.lost)
        payload = sent.call.payload
        if sent.came is Came.TAKEN and isinstance(payload, Mapping):
            offer = ident(payload.get("reference_id")) or offer
        known = self._of_offer.get(offer, [])
        self._of_offer[offer] = known if sale in known else [*known, sale]
        kept = sale.locks if sent.operation == "lock" else sale.redeemed
        if sent.came is Came.TAKEN:
            kept[offer] = sent
            if sent.operation == "redeem":
                self.claims.redeemed_again(offer)
            for other in (sale.refused, sale.lost, sale.released):
                other.pop(offer, None)
            self.wallets.free.pop(offer, None)
        elif sent.came is Came.REFUSED:
            if offer not in kept:
                sale.refused[offer] = sent
                sale.lost.pop(offer, None)
        elif sent.came is not Came.TURNED_AWAY:
            sale.lost[offer] = sent

    def _sent(self, sent: ClientRequest) -> None:
        known = self.sales.get(sent.transaction_id)
        if known is not None and self._another(known, sent):
            del self.sales[sent.transaction_id]
        sale = self._sale(sent.transaction_id)
        if sale.last is None:
            self._twice(sale, sent)
            self._return_as_sale(sent)
        else:
            self._again(sale, sale.last, sent)
        self.wallets.payers(sent)
        self._payment_ids(sent)
        if sent.closes:
            if sale.closing is None:
                self._closing(sale, sent)
            elif len(items(sent.transaction)) < len(items(sale.closing.transaction)):
                self.log.hold(["TILL-9"], sent.exchange)
        self._outcome(sale, sent)

    def _closing(self, sale: Sale, sent: ClientRequest) -> None:
        sale.closing = sent
        self.closed += 1
        self.log.hold(["TILL-8"] if self.closed > 1 else [], sent.exchange)
        left = self.claims.judge(sale, sent)
        self._unclaimed += [(sale, offer, (sent.end or sent.start) + 60 * SECOND) for offer in left]
        self._paid_enough(sent)
        for one in payments(sent.transaction):
            if ident(one.get("user_id")):
                bought = self._bought.setdefault(ident(one.get("user_id")), set())
                bought.update(item for item, _, _ in basket(sent.transaction))

    def _outcome(self, sale: Sale, sent: ClientRequest) -> None:
        if sale.last is not None and sale.owed and sent.came is Came.TAKEN and sale.last.over_before(sent):
            self.log.hold(["TILL-13"], sent.exchange)
        sale.owed = sent.came in (Came.UNDECIDED, Came.PENDING, Came.TURNED_AWAY)
        sale.last = sent
        if sale.owed:
            self._unsettled[sale.transaction_id] = sale
        else:
            self._unsettled.pop(sale.transaction_id, None)

    # One sale under two names, two sales under one

    def _twice(self, sale: Sale, sent: ClientRequest) -> None:
        """Whether this sale was sent before, under another id, and nobody knew what came of it."""
        offers, paid = set(claimed(sent.transaction)), _payment_keys(sent)
        for other in list(self._unsettled.values()):
            before = other.last
            if other is sale or before is None or not before.open or before.sender != sent.sender:
                continue
            if before.over_before(sent) and (offers & set(claimed(before.transaction)) or paid & _payment_keys(before)):
                told = "under another transaction_id"
                breach(
                    self.log,
                    "TILL-1",
                    "a sale that got no decisive answer",
                    "sent again as it was",
                    told,
                    before,
                    sent,
                )
                del self._unsettled[other.transaction_id]
                other.owed = False

    def _another(self, sale: Sale, sent: ClientRequest) -> bool:
        """Whether another sale took this transaction_id."""
        before = sale.closing
        if before is None or not sent.closes or before.sender != sent.sender or not before.over_before(sent):
            return False
        opened = [moment(one.transaction.get("open_time")) for one in (before, sent)]
        lines = [{str(line.get("item_id")).lower() for line in items(one.transaction)} for one in (before, sent)]
        if None in opened or opened[0] == opened[1] or not all(lines) or lines[0] & lines[1]:
            return False
        breach(
            self.log, "TILL-8", "transaction_id of a sale", "one of its own", "that of an earlier sale", before, sent
        )
        return True

    def _again(self, sale: Sale, before: ClientRequest, sent: ClientRequest) -> None:
        """Judge a transaction that is sent again."""
        if not before.over_before(sent):
            return
        if before.open:
            self.log.hold(["TILL-1"], sent.exchange)
        if sent.request_id != before.request_id and sent.value != before.value:
            self._newer(before, sent)
        flag = truth(sent.transaction.get("is_closed"))
        if sale.closing is not None and sale.closing.over_before(sent):
            if flag is False:
                breach(self.log, "TILL-17", "is_closed of a closed sale", "true", "false", sale.closing, sent)
            else:
                self.log.hold(["TILL-17"], sent.exchange)

    def _newer(self, before: ClientRequest, sent: ClientRequest) -> None:
        was, now = moment(before.transaction.get("modified_time")), moment(sent.transaction.get("modified_time"))
        if was is None or now is None:
            self.log.undecided("TILL-10", "modified_time is not in a documented spelling")
        elif now > was:
            self.log.hold(["TILL-10"], sent.exchange)
        else:
            doubt = "a clock that is cut to the second" if now == was else None
            told = "the same" if now == was else "older"
            what = "modified_time of a changed transaction"
            breach(self.log, "TILL-10", what, "newer than before", told, before, sent, doubtful=doubt)

    def _return_as_sale(self, sent: ClientRequest) -> None:
        prices = [number(line.get("subtotal")) or Decimal() for line in items(sent.transaction)]
        if not prices or max(prices) >= 0:
            return
        returned = {str(line.get("item_id")).lower() for line in items(sent.transaction)}
        payers = [ident(one.get("user_id")) for one in payments(sent.transaction)]
        if any(returned & self._bought.get(payer, set()) for payer in payers if payer):
            told = "a new transaction of negative amounts"
            breach(self.log, "TILL-9", "a return", "the original transaction, without what came back", told, sent)

    # Money

    def _payment_ids(self, sent: ClientRequest) -> None:
        ids = [str(one.get("payment_id")) for one in payments(sent.transaction) if one.get("payment_id")]
        if len(ids) != len(set(ids)):
            breach(self.log, "TILL-35", "payment ids of a transaction", "each once", "one twice", sent)
        for name in set(ids):
            key = (sent.sender, name)
            before = self._paid.get(key)
            if before is None or before.transaction_id == sent.transaction_id:
                self.log.hold(["TILL-35"], sent.exchange)
            elif sent.start - before.start < _DAY_US and not before.open:
                told = "that of another transaction"
                breach(self.log, "TILL-35", "payment_id of a payment", "one of its own", told, before, sent)
            self._paid[key] = sent

    def _paid_enough(self, sent: ClientRequest) -> None:
        paid = [number(one.get("amount")) for one in payments(sent.transaction)]
        priced = [number(line.get("subtotal")) for line in items(sent.transaction)]
        if not paid or not priced or None in paid or None in priced:
            return
        whole = sum((one for one in priced if one is not None), Decimal())
        less = sum((number(one.get("amount")) or Decimal() for one in claimed(sent.transaction).values()), Decimal())
        owed = max(Decimal(), min(whole, number(sent.transaction.get("subtotal")) or whole) - less)
        given = sum((one for one in paid if one is not None), Decimal())
        if whole < 0 or given < 0:
            return  # money goes back: who pays whom is no matter of this clause
        if given < owed - _CENT * (len(priced) + 1):
            breach(self.log, "TILL-32", "payments of a closed transaction", f"at least {owed}", given, sent)
        else:
            self.log.hold(["TILL-32"], sent.exchange)

    # What is left

    def _later(self, now: int) -> None:
        """Judge what has waited too long, though nobody said that the session is over."""
        if not (self.whole and self.timed):
            return
        for sale, offer, _ in [one for one in self._unclaimed if one[2] < now]:
            self.claims.left_behind(sale, offer)
        self._unclaimed = [one for one in self._unclaimed if one[2] >= now]
        for name, sale in list(self._unsettled.items()):
            if sale.last is not None and (sale.last.end or sale.last.start) + RESEND_US < now:
                self._never_taken(sale)
                del self._unsettled[name]

    def _never_taken(self, sale: Sale) -> None:
        if sale.last is not None:
            told = f"{sale.last.came}, and it was not sent again"
            breach(self.log, "TILL-13", "a transaction that was not taken", "sent until it is", told, sale.last)

    def finish(self, *, complete: bool) -> None:
        """Judge what is left. ``complete``: nothing was to come any more."""
        for sale in self._unsettled.values():
            if complete:
                self._never_taken(sale)
            else:
                self.log.undecided("TILL-13", "sales are still owed, and nobody says that the session is over")
        for sale in self.sales.values():
            self.claims.left(sale, complete=complete)
        self.claims.finish()


def _payment_keys(sent: ClientRequest) -> set[tuple[str, Any]]:
    """The payments of a sale by id and amount: equal ones are one payment."""
    return {
        (str(one.get("payment_id")), number(one.get("amount")))
        for one in payments(sent.transaction)
        if one.get("payment_id")
    }
