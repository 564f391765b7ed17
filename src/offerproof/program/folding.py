"""Folding: what keeps the state bounded. Nothing of it happens unless the settings ask for it.

With ``folding.keep`` each customer keeps the newest so many closed transactions, and the newest so many user offers
that are gone (redeemed, expired, revoked). What is older is folded: balances, tiers, lots and issue rules have all of
it, the record itself is dropped, and of its id a mark of eight bytes is left, so that naming it again is refused
(``TRANSACTION_FOLDED``, ``USER_OFFER_FOLDED``) and never taken for something new.

``transactions.fold_after_days`` is the other way to forget: by age, after the return period, without a mark.
"""

from __future__ import annotations

from offerproof.program.calendar import next_midnight
from offerproof.program.model import CustomerRecord, Kept, Lot, Transaction, TransactionRecord, UserOfferRecord
from offerproof.program.refusal import Reason, Refused
from offerproof.program.state import State

_NOBODYS = 1000
"""Transactions kept that no customer earned by and that redeemed nothing: they are one list for all."""


class Folding:
    """Forgets what is over, beyond what the settings keep."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._nobodys: list[TransactionRecord] = []  # closed, and no customer's

    def require_not_folded(self, now: int, transaction: Transaction) -> None:
        """Refused: TRANSACTION_FOLDED. By age alone what was folded away cannot be told from what is new."""
        if self._state.marks is not None and transaction.transaction_id in self._state.marks:
            raise Refused(Reason.TRANSACTION_FOLDED, "the transaction was closed and has been folded away since")
        after = self._state.settings.transactions.fold_after
        if after is None or transaction.opened_at is None:
            return
        if transaction.opened_at <= now - self._state.settings.points.return_period - after:
            raise Refused(Reason.TRANSACTION_FOLDED, "the transaction is older than what is kept of transactions")

    def note_closed(self, now: int, record: TransactionRecord) -> None:
        """A transaction was closed or voided for the first time: keep it, and fold what is one too many."""
        keep = self._state.settings.folding.keep
        if keep is None:
            return
        customer = _whose(record)
        if customer is None:
            closed, keep = self._nobodys, _NOBODYS
        else:
            closed = self._kept(customer).closed
        closed.append(record)
        while len(closed) > keep:
            self._fold_transaction(now, closed.pop(0))

    def _fold_transaction(self, now: int, record: TransactionRecord) -> None:
        """Drop the record; what it earned and has not matured yet goes into the folded lot of its day."""
        assert self._state.marks is not None
        self._state.marks.add(record.id)
        self._state.transactions.pop(record.id, None)
        for lot in record.lots:
            if not lot.matured:
                self._fold_lot(lot)
        if (due := self._due(record)) is not None:
            self._state.agenda.drop(due, record)
        whose = _whose(record)
        self._state.tell(now, "transaction_folded", "" if whose is None else whose.id, record.id)

    def _fold_lot(self, lot: Lot) -> None:
        """Put a lot together with those of its customer that mature on the same day (UTC): all at its end."""
        kept = self._kept(lot.customer)
        day = next_midnight(lot.matures_at)
        whole = kept.lot
        if whole is None or whole.matures_at != day or whole.matured:
            whole = kept.lot = Lot(lot.customer, self._state.no_points, day)
            self._state.agenda.add(day, whole)
        whole.points = tuple(one + more for one, more in zip(whole.points, lot.points, strict=True))
        lot.matured = True  # nothing is left for it to do
        self._state.agenda.drop(lot.matures_at, lot)

    def schedule(self, record: TransactionRecord) -> None:
        """Have a new transaction forgotten when it is old enough, if the settings say so."""
        due = self._due(record)
        if due is not None:
            self._state.agenda.add(due, record)

    def _due(self, record: TransactionRecord) -> int | None:
        after = self._state.settings.transactions.fold_after
        return None if after is None else record.loaded_at + self._state.settings.points.return_period + after

    def fold_by_age(self, record: TransactionRecord) -> None:
        """Forget a transaction past its return period; one that earned again since waits for those points too."""
        last = max((lot.matures_at for lot in record.lots if not lot.matured), default=None)
        if last is not None:
            self._state.agenda.add(last + (self._state.settings.transactions.fold_after or 0), record)
        else:
            self._state.transactions.pop(record.id, None)

    def note_gone(self, at: int, user_offer: UserOfferRecord) -> None:
        """A user offer is gone: keep it, and fold what is one too many."""
        keep = self._state.settings.folding.keep
        if keep is None:
            return
        gone = self._kept(user_offer.customer).gone
        gone.append(user_offer)
        while len(gone) > keep:
            self._fold_user_offer(at, gone.pop(0))

    def note_back(self, user_offer: UserOfferRecord) -> None:
        """A user offer that was gone is in the wallet again."""
        self._kept(user_offer.customer).gone.remove(user_offer)

    def _fold_user_offer(self, at: int, user_offer: UserOfferRecord) -> None:
        assert self._state.marks is not None
        self._state.marks.add(user_offer.id)
        del self._state.user_offers[user_offer.id]
        history = user_offer.customer.history
        assert history is not None, "it was issued once"
        history.remove(user_offer)
        if user_offer.ends_at is not None:
            self._state.agenda.drop(user_offer.ends_at, user_offer)
        self._state.tell(at, "user_offer_folded", user_offer.customer.id, user_offer.id)

    def _kept(self, customer: CustomerRecord) -> Kept:
        if customer.kept is None:
            customer.kept = Kept()
        return customer.kept


def _whose(record: TransactionRecord) -> CustomerRecord | None:
    """The customer whose transaction it is: who earned, who paid, or whose user offer it redeemed."""
    if record.lots:
        return record.lots[0].customer
    for customer, _ in record.shares or ():
        if customer is not None:
            return customer
    return record.user_offers[0].customer if record.user_offers else None
