"""Transactions: earning and redeeming on close, versions by modified_time, returns and voids, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping

from offerproof.program.earning import Earned, Earning, Shares
from offerproof.program.folding import Folding
from offerproof.program.life_cycle import LifeCycle
from offerproof.program.model import (
    ZERO,
    Discount,
    Lot,
    Sent,
    Transaction,
    TransactionRecord,
    TransactionState,
    UserOfferRecord,
    UserOfferState,
)
from offerproof.program.points import Points
from offerproof.program.redemption import Redemption
from offerproof.program.refusal import Reason, Refused
from offerproof.program.state import State

_OURS = ("userofferid", "ttlcode")


class Transactions:
    """What tills send. Everything that can be refused is worked out before anything is changed."""

    def __init__(
        self,
        state: State,
        redemption: Redemption,
        life_cycle: LifeCycle,
        earning: Earning,
        points: Points,
        folding: Folding,
    ) -> None:
        self._state = state
        self._redemption = redemption
        self._life_cycle = life_cycle
        self._earning = earning
        self._points = points
        self._folding = folding

    def send(self, now: int, transaction: Transaction) -> Sent:
        """Take a transaction: earn and redeem when it is closed, or adjust what an earlier version did.

        Refused, and nothing changed: INVALID (amounts out of range), what a discount's user offer is refused for
        (UNKNOWN_USER_OFFER, REVOKED, REDEEMED, EXPIRED, LOCKED_BY_ANOTHER, NOT_LOCKED, WRONG_OWNER,
        DUPLICATE_DISCOUNT; the first bad discount counts), TRANSACTION_VOIDED, TRANSACTION_CLOSED (reopening),
        TRANSACTION_FOLDED; by setting TRANSACTION_STALE, UNKNOWN_PAYER.
        """
        record = self._state.transactions.get(transaction.transaction_id)
        modified_at = now if transaction.modified_at is None else transaction.modified_at
        wanted = self._state_wanted(transaction)
        if record is None:
            self._folding.require_not_folded(now, transaction)
        elif self._is_stale(record, modified_at):
            return Sent(record.id, record.state, True, ())
        else:
            self._require_changeable(record, wanted)
        if wanted is TransactionState.VOIDED:
            return self._void(now, transaction, self._record(now, transaction, record), modified_at)
        redeemed = self._require_good_discounts(transaction) if transaction.discounts else []
        shares, earned = self._earning.work_out(now, transaction, record, wanted)
        record = self._record(now, transaction, record)
        before = record.state
        record.state, record.modified_at = wanted, modified_at
        if wanted is TransactionState.CLOSED:
            self._redeem_all(now, record, redeemed)
        self.settle_points(now, transaction, record, earned)
        self._remember_shares(record, shares)
        if before is TransactionState.OPEN and wanted is TransactionState.CLOSED:
            self._folding.note_closed(now, record)
        if self._state.on_event is not None:
            self._state.tell(now, f"transaction_{wanted.value}", "", record.id)
        return Sent(record.id, wanted, False, tuple(redeemed) if wanted is TransactionState.CLOSED else ())

    def _state_wanted(self, transaction: Transaction) -> TransactionState:
        if transaction.is_voided:
            return TransactionState.VOIDED
        closed = transaction.is_closed
        if closed is None:
            closed = self._state.settings.transactions.closed_by_default
        return TransactionState.CLOSED if closed else TransactionState.OPEN

    def _is_stale(self, record: TransactionRecord, modified_at: int) -> bool:
        """An older or equal version is ignored (or refused, by setting)."""
        if modified_at > record.modified_at:
            return False
        if self._state.settings.transactions.stale_refused:
            raise Refused(Reason.TRANSACTION_STALE, "a version with this or a newer modified_time is already there")
        return True

    def _require_changeable(self, record: TransactionRecord, wanted: TransactionState) -> None:
        if record.state is TransactionState.VOIDED:
            raise Refused(Reason.TRANSACTION_VOIDED, "the transaction is voided")
        if (
            record.state is TransactionState.CLOSED
            and wanted is TransactionState.OPEN
            and self._state.settings.transactions.reopening_refused
        ):
            raise Refused(Reason.TRANSACTION_CLOSED, "the transaction is closed and cannot be opened again")

    def _record(self, now: int, transaction: Transaction, record: TransactionRecord | None) -> TransactionRecord:
        """The record of the transaction; a new one is remembered, and folded away later if the settings say so."""
        if record is None:
            transaction_id = transaction.transaction_id
            record = TransactionRecord(transaction_id, TransactionState.OPEN, now, now)
            self._state.transactions[transaction_id] = record
            self._folding.schedule(record)
        return record

    def _require_good_discounts(self, transaction: Transaction) -> list[UserOfferRecord]:
        """The locked user offers that the discounts carry. One that this transaction redeemed before is in order."""
        found: dict[str, UserOfferRecord] = {}
        for discount in transaction.discounts:
            try:
                user_offer = self.good_discount(discount, transaction.transaction_id, found)
            except Refused:
                if self._state.settings.transactions.bad_discount_refused:
                    raise
            else:
                if user_offer is not None:
                    found[user_offer.id] = user_offer
        return [user_offer for user_offer in found.values() if user_offer.state is UserOfferState.LOCKED]

    def good_discount(
        self, discount: Discount, transaction_id: str, found: Mapping[str, UserOfferRecord]
    ) -> UserOfferRecord | None:
        """The user offer of a discount that is in order; None for one of the till's own."""
        user_offer = self.discount_user_offer(discount)
        if user_offer is not None:
            self.require_good_discount(user_offer, discount, transaction_id)
            if user_offer.id in found:
                raise Refused(Reason.DUPLICATE_DISCOUNT, "a user offer stands in two discounts")
        return user_offer

    def discount_user_offer(self, discount: Discount) -> UserOfferRecord | None:
        """The user offer a discount stands for; None when it is one of the till's own."""
        reference, kind = discount.reference_id, discount.reference_id_type
        if kind is None:
            return None if reference is None else self._state.user_offers.get(reference.lower())
        kind = kind.lower()
        if kind not in _OURS:
            return None
        if reference is None:
            raise Refused(Reason.UNKNOWN_USER_OFFER, "a discount names no user offer")
        if kind == "ttlcode" and reference not in self._state.codes:
            return self._state.user_offer(reference)  # the lock's answer names the user offer itself
        return self._redemption.by_code(reference, kind)

    def require_good_discount(self, user_offer: UserOfferRecord, discount: Discount, transaction_id: str) -> None:
        """Refused: REVOKED, REDEEMED, EXPIRED, NOT_LOCKED, LOCKED_BY_ANOTHER, WRONG_OWNER."""
        hold = user_offer.hold
        mine = hold is not None and hold.transaction_id == transaction_id
        if not (mine and user_offer.state is UserOfferState.REDEEMED):
            if user_offer.state is not UserOfferState.LOCKED:
                self._life_cycle.require_not_gone(user_offer)
                raise Refused(Reason.NOT_LOCKED, "a discount's user offer was not locked")
            if not mine:
                raise Refused(Reason.LOCKED_BY_ANOTHER, "another transaction holds a discount's user offer")
        if discount.user_id is not None and discount.user_id.lower() != user_offer.customer.id:
            raise Refused(Reason.WRONG_OWNER, "a discount names another customer than the owner of its user offer")

    def _redeem_all(self, now: int, record: TransactionRecord, user_offers: list[UserOfferRecord]) -> None:
        for user_offer in user_offers:
            hold = user_offer.hold
            assert hold is not None, "only locked user offers come here"
            self._life_cycle.redeem(now, user_offer, record.id, hold.pricing)
        if user_offers:
            record.user_offers += tuple(user_offers)

    def _remember_shares(self, record: TransactionRecord, shares: Shares) -> None:
        """Kept only when the lots alone do not tell: several payers, or one who has no points of it (yet)."""
        sole = len(shares) == 1 and shares[0][0] is not None and len(record.lots) > 0
        record.shares = None if sole or not shares else shares

    def settle_points(self, now: int, transaction: Transaction, record: TransactionRecord, earned: Earned) -> None:
        """Make the lots of the transaction what they should be: lower them, or add new ones for what is more."""
        lots = self._lower_lots(now, record.lots, earned) if record.lots else []
        for customer, points in earned.items():
            lot = self._points.earn(now, customer, points, self._matures_at(now, transaction))
            if lot is not None:
                lots.append(lot)
        record.lots = tuple(lots)

    def _lower_lots(self, now: int, lots: tuple[Lot, ...], earned: Earned) -> list[Lot]:
        """Keep of each lot what is still earned, and leave in ``earned`` what goes beyond the lots."""
        remaining: list[Lot] = []
        for lot in lots:
            wanted = earned.get(lot.customer, self._state.no_points)
            if lot.matured and not self._state.settings.transactions.late_return_taken:
                kept = lot.points
            else:
                kept = tuple(map(min, lot.points, wanted))
                self._points.return_from_lot(now, lot, kept)
            if lot.customer in earned:
                earned[lot.customer] = tuple(max(want - had, ZERO) for want, had in zip(wanted, kept, strict=True))
            if any(kept):
                remaining.append(lot)
        return remaining

    def _matures_at(self, now: int, transaction: Transaction) -> int:
        points = self._state.settings.points
        start = now if points.starts_when_loaded or transaction.opened_at is None else transaction.opened_at
        return start + points.return_period

    def _void(self, now: int, transaction: Transaction, record: TransactionRecord, modified_at: int) -> Sent:
        """Undo everything: points out, redeemed user offers back (by setting), its locks released."""
        before = record.state
        record.state, record.modified_at = TransactionState.VOIDED, modified_at
        self.settle_points(now, transaction, record, {})
        for user_offer in record.user_offers:
            if self._state.settings.transactions.void_reinstates:
                self._give_back(now, user_offer, record.id)
        for discount in transaction.discounts:
            reference = discount.reference_id
            found = None if reference is None else self._state.user_offers.get(reference.lower())
            if found is not None and found.state is UserOfferState.LOCKED and self._is_held_by(found, record.id):
                self._life_cycle.unlock(now, found)
        self._state.tell(now, "transaction_voided", "", record.id)
        if before is TransactionState.OPEN:
            self._folding.note_closed(now, record)
        return Sent(record.id, TransactionState.VOIDED, False, ())

    def _is_held_by(self, user_offer: UserOfferRecord, transaction_id: str) -> bool:
        return user_offer.hold is not None and user_offer.hold.transaction_id == transaction_id

    def _give_back(self, now: int, user_offer: UserOfferRecord, transaction_id: str) -> None:
        """Reinstate what the transaction redeemed; what has ended meanwhile is expired."""
        if user_offer.state is not UserOfferState.REDEEMED or not self._is_held_by(user_offer, transaction_id):
            return
        if user_offer.id not in self._state.user_offers:
            return  # folded: it stays redeemed
        self._life_cycle.reinstate(now, user_offer)
        if user_offer.ends_at is not None and user_offer.ends_at <= now:
            self._life_cycle.expire(now, user_offer)
