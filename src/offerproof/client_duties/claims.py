"""Offers that are locked or redeemed for a sale: what the closed transaction says of them, and what is left behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from offerproof.client_duties.model import (
    SECOND,
    Came,
    ClientRequest,
    DutyLog,
    Remembered,
    Sale,
    basket,
    breach,
    canonical,
    claimed,
    items,
    payments,
    told_basket,
)
from offerproof.client_duties.wallets import ShownWallets
from offerproof.judgement.oracle.calls import ident

HANDED_BACK: Final = (
    "reference_id",
    "reference_id_type",
    "user_id",
    "amount",
    "discounted_line_ids",
    "discount_source",
)
"""Members of the discount that come back as they were answered; others are the client's to spell."""
_SOON_US: Final = 15 * 60 * SECOND
_NOT_OVER: Final = "nobody says that the session is over"


class Claims:
    """Judges discounts. ``whole``: the recorder loses no call, so that what is missing was not sent."""

    def __init__(self, log: DutyLog, wallets: ShownWallets, *, whole: bool, timed: bool) -> None:
        self.log = log
        self.wallets = wallets
        self.whole = whole
        self.timed = timed
        self._reinstated: Remembered[str, ClientRequest] = Remembered()
        self._used: dict[str, ClientRequest] = {}
        """By spelling, a lock that was answered so, and used or given back."""
        self._unused: list[ClientRequest] = []
        """Locks that were left behind."""

    def judge(self, sale: Sale, sent: ClientRequest) -> list[str]:
        """Judge the first closed transaction of a sale; returns the offers that stay locked for it."""
        claims = claimed(sent.transaction)
        for offer, discount in claims.items():
            self._claim(sale, offer, discount, sent)
        for offer in sale.refused.keys() - claims.keys():
            self.log.hold(["TILL-7"], sale.refused[offer].exchange)
        for redeemed in sale.redeemed.values():
            if redeemed.over_before(sent):
                self._same_basket("TILL-14", redeemed, sent)
        return [offer for offer, lock in sale.locks.items() if offer not in claims and lock.over_before(sent)]

    def _claim(self, sale: Sale, offer: str, discount: Mapping[str, Any], sent: ClientRequest) -> None:
        lock, redeemed = sale.locks.get(offer), sale.redeemed.get(offer)
        held = lock or redeemed
        if offer in sale.lost or (held is not None and not held.over_before(sent)):
            for clause in ("TILL-4", "TILL-5", "TILL-7"):
                self.log.undecided(clause, "it is not known what came of the lock")
        elif offer in sale.refused:
            refused = sale.refused[offer]
            what = f"a discount whose {refused.operation} was refused"
            breach(self.log, "TILL-7", what, "not in the transaction", "claimed", refused, sent)
        elif lock is not None:
            self.log.hold(["TILL-4"], sent.exchange)
            self._locked(lock, discount, sent)
        elif redeemed is not None:
            self.log.hold(["TILL-4"], sent.exchange)
        elif offer in sale.released:
            told = "given back before"
            breach(self.log, "TILL-4", "a claimed discount", "locked for this sale", told, sale.released[offer], sent)
        elif self.whole and offer in self.wallets.free and self.wallets.free[offer].over_before(sent):
            shown = self.wallets.free[offer]
            breach(self.log, "TILL-4", "a claimed discount", "locked for this sale", "never locked for it", shown, sent)
        else:
            self.log.undecided("TILL-4", "the offer may have been locked outside the recording")

    def _locked(self, lock: ClientRequest, discount: Mapping[str, Any], sent: ClientRequest) -> None:
        answered = lock.call.payload
        if isinstance(answered, Mapping):
            for name in HANDED_BACK:
                was, now = _plain(answered.get(name)), _plain(discount.get(name))
                if was != now:
                    what = f"{name} of the discount that is handed back"
                    breach(self.log, "TILL-5", what, answered.get(name), discount.get(name), lock, sent)
                    break
            else:
                self.log.hold(["TILL-5"], sent.exchange)
        self._same_basket("TILL-6", lock, sent)
        self._same_lines(lock, sent)
        if lock.sender != sent.sender:
            what = "store_id and client_id of the sale"
            breach(self.log, "TILL-18", what, "those of its lock", "others", lock, sent)
        else:
            self.log.hold(["TILL-18"], sent.exchange)
        if self.timed and sent.start - lock.start > _SOON_US:
            told = f"{(sent.start - lock.start) // (60 * SECOND)} minutes before"
            breach(self.log, "TILL-37", "lock of a sale", "right before the payment", told, lock, sent)
        elif self.timed:
            self.log.hold(["TILL-37"], sent.exchange)
        payers = {ident(one.get("user_id")) for one in payments(sent.transaction)}
        if ident(discount.get("user_id")) not in payers:
            breach(self.log, "TILL-36", "the customer of a discount", "one of the payers", "no payer", lock, sent)

    def _same_basket(self, clause: str, held: ClientRequest, sent: ClientRequest) -> None:
        was, now = basket(held.transaction), basket(sent.transaction)
        if not items(held.transaction):
            self.log.undecided(clause, "it was locked without a basket")
        elif was != now:
            what = f"basket of the closed transaction, beside that of {held.operation}"
            breach(self.log, clause, what, told_basket(held.transaction), told_basket(sent.transaction), held, sent)
        else:
            self.log.hold([clause], sent.exchange)

    def _same_lines(self, lock: ClientRequest, sent: ClientRequest) -> None:
        """Whether each line id still means the same item."""
        meant = {str(line.get("line_id")): str(line.get("item_id")) for line in items(lock.transaction)}
        for line in items(sent.transaction):
            name, item = str(line.get("line_id")), str(line.get("item_id"))
            if meant.get(name, item) != item:
                doubt = "the basket is the same" if basket(lock.transaction) == basket(sent.transaction) else None
                told = f"item {item}"
                breach(self.log, "TILL-30", f"line {name}", f"item {meant[name]}", told, lock, sent, doubtful=doubt)
                return

    def given_back(self, sent: ClientRequest, sales: Iterable[Sale]) -> None:
        """Judge an unlock or a reinstate, and note what it frees."""
        if not sent.asked.get("employee_id"):
            breach(self.log, "TILL-21", f"{sent.operation} of an offer", "with employee_id", "without", sent)
        elif sent.operation == "reinstate" and self._twice(sent):
            before = self._reinstated[sent.offer]
            breach(self.log, "TILL-21", "reinstate of an offer", "once", "a second time", before, sent)
        else:
            self.log.hold(["TILL-21"], sent.exchange)
        if sent.operation == "reinstate" and sent.came is Came.TAKEN:
            self._reinstated.setdefault(sent.offer, sent)
        for sale in sales:
            if sent.came is Came.REFUSED or not {sent.offer} & {*sale.locks, *sale.redeemed, *sale.lost}:
                continue
            if sent.offer in sale.locks:
                self._understood(sale.locks[sent.offer])
            for held in (sale.locks, sale.redeemed, sale.lost):
                held.pop(sent.offer, None)
            sale.released[sent.offer] = sent

    def _twice(self, sent: ClientRequest) -> bool:
        """Whether the offer was reinstated by another request already, and not redeemed since."""
        before = self._reinstated.get(sent.offer)
        return before is not None and before.over_before(sent) and before.request_id != sent.request_id

    def redeemed_again(self, offer: str) -> None:
        """Note that an offer was used, and so may be reinstated once more."""
        self._reinstated.pop(offer, None)

    def left_behind(self, sale: Sale, offer: str) -> None:
        """Judge a lock that its closed sale did not claim, some time after; once."""
        lock = sale.locks.pop(offer, None)
        if lock is not None and sale.closing is not None:
            self._unused.append(lock)
            told = "neither claimed nor unlocked"
            breach(self.log, "TILL-12", "a lock of a closed sale", "claimed or unlocked", told, lock, sale.closing)

    def left(self, sale: Sale, *, complete: bool) -> None:
        """Judge what a sale leaves behind when the recording ends."""
        claims = claimed(sale.closing.transaction) if sale.closing else {}
        for freed in sale.released.values():
            self.log.hold(["TILL-12"], freed.exchange)
        if sale.closing is not None:
            for offer, lock in list(sale.locks.items()):
                if offer in claims:
                    self._understood(lock)
                    self.log.hold(["TILL-12", "TILL-11"], lock.exchange)
                elif complete:
                    self.left_behind(sale, offer)
            return
        held = [*sale.locks.values(), *sale.redeemed.values()]
        if not complete:
            for clause in ("TILL-11", "TILL-12") if held else ():
                self.log.undecided(clause, _NOT_OVER)
        elif sale.last is not None and held:
            what = "a sale with a locked offer"
            breach(self.log, "TILL-11", what, "is_closed true at last", "never closed", held[-1], sale.last)
        else:
            for one in sale.redeemed.values():
                breach(self.log, "TILL-14", "a redeemed offer", "its closed transaction", "none", one)
            for one in sale.locks.values():
                self._unused.append(one)
                breach(self.log, "TILL-12", "a lock", "claimed or unlocked", "neither", one)
            for one in sale.lost.values():
                doubt = "perhaps it was no lock"
                what = f"a {one.operation} without an answer"
                breach(self.log, "TILL-12", what, "repeated or unlocked", "neither", one, doubtful=doubt)

    def _understood(self, lock: ClientRequest) -> None:
        """Note that the client took the answer of a lock for a success."""
        self._used.setdefault(_word(lock), lock)
        if len(self._used) > 1:
            self.log.hold(["TILL-43"], lock.exchange)

    def finish(self) -> None:
        """Judge locks that were left behind, where the client used none that was answered in the same word."""
        for lock in self._unused:
            if self._used and _word(lock) not in self._used:
                used = next(iter(self._used.values()))
                what, told = f"a lock that was answered by status {_word(lock)}", "neither"
                breach(self.log, "TILL-43", what, f"claimed or unlocked, as with {_word(used)}", told, used, lock)


def _word(lock: ClientRequest) -> str:
    """The word by which a lock's answer says success, as it is written."""
    answer = lock.call.answer
    return str(answer.get("status")) if isinstance(answer, Mapping) else ""


def _plain(value: Any) -> Any:
    """A member of a discount by its value; of lists, in any order."""
    return frozenset(canonical(one) for one in value) if isinstance(value, list) else canonical(value)
