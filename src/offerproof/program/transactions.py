"""Transactions: earning and redeeming on close, versions by modified_time, returns and voids, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from offerproof.program.customers import Customers
from offerproof.program.folding import Folding
from offerproof.program.model import (
    ZERO,
    Customer,
    Discount,
    Lot,
    Payment,
    Sent,
    Transaction,
    TransactionRecord,
    TransactionState,
    UserOffer,
    UserOfferState,
)
from offerproof.program.points import Points
from offerproof.program.pricing import Pricer, line_subtotal
from offerproof.program.refusal import Reason, Refused
from offerproof.program.setting_types import Base, Promotion, Split

Shares = tuple[tuple[Customer | None, Decimal], ...]
Earned = dict[Customer, tuple[Decimal, ...]]
_OURS = ("userofferid", "ttlcode")


class Transactions(Points, Customers, Pricer, Folding):
    """What tills send. Everything that can be refused is worked out before anything is changed."""

    def send_transaction(self, now: int, transaction: Transaction) -> Sent:
        """Take a transaction: earn and redeem when it is closed, or adjust what an earlier version did.

        Refused, and nothing changed: INVALID (amounts out of range), what a discount's user offer is refused for
        (UNKNOWN_USER_OFFER, REVOKED, REDEEMED, EXPIRED, LOCKED_BY_ANOTHER, NOT_LOCKED, WRONG_OWNER,
        DUPLICATE_DISCOUNT; the first bad discount counts), TRANSACTION_VOIDED, TRANSACTION_CLOSED (reopening),
        TRANSACTION_FOLDED; by setting TRANSACTION_STALE, UNKNOWN_PAYER.
        """
        record = self._transactions.get(transaction.transaction_id)
        modified_at = now if transaction.modified_at is None else transaction.modified_at
        wanted = self._state_wanted(transaction)
        if record is None:
            self._require_not_folded(now, transaction)
        elif self._is_stale(record, modified_at):
            return Sent(record.id, record.state, True, ())
        else:
            self._require_changeable(record, wanted)
        if wanted is TransactionState.VOIDED:
            return self._void(now, transaction, self._record(now, transaction, record), modified_at)
        redeemed = self._require_good_discounts(transaction) if transaction.discounts else []
        shares, earned = self._work_out_points(now, transaction, record, wanted)
        record = self._record(now, transaction, record)
        before = record.state
        record.state, record.modified_at = wanted, modified_at
        if wanted is TransactionState.CLOSED:
            self._redeem_all(now, record, redeemed)
        self._settle_points(now, transaction, record, earned)
        self._remember_shares(record, shares)
        if before is TransactionState.OPEN and wanted is TransactionState.CLOSED:
            self._note_closed(now, record)
        if self._on_event is not None:
            self._tell(now, f"transaction_{wanted.value}", "", record.id)
        return Sent(record.id, wanted, False, tuple(redeemed) if wanted is TransactionState.CLOSED else ())

    # Versions ---------------------------------------------------------------------------------------------------

    def _state_wanted(self, transaction: Transaction) -> TransactionState:
        if transaction.is_voided:
            return TransactionState.VOIDED
        closed = transaction.is_closed
        if closed is None:
            closed = self.settings.transactions.closed_by_default
        return TransactionState.CLOSED if closed else TransactionState.OPEN

    def _is_stale(self, record: TransactionRecord, modified_at: int) -> bool:
        """An older or equal version is ignored (or refused, by setting)."""
        if modified_at > record.modified_at:
            return False
        if self.settings.transactions.stale_refused:
            raise Refused(Reason.TRANSACTION_STALE, "a version with this or a newer modified_time is already there")
        return True

    def _require_changeable(self, record: TransactionRecord, wanted: TransactionState) -> None:
        if record.state is TransactionState.VOIDED:
            raise Refused(Reason.TRANSACTION_VOIDED, "the transaction is voided")
        if (
            record.state is TransactionState.CLOSED
            and wanted is TransactionState.OPEN
            and self.settings.transactions.reopening_refused
        ):
            raise Refused(Reason.TRANSACTION_CLOSED, "the transaction is closed and cannot be opened again")

    def _record(self, now: int, transaction: Transaction, record: TransactionRecord | None) -> TransactionRecord:
        """The record of the transaction; a new one is remembered, and folded away later if the settings say so."""
        if record is None:
            transaction_id = transaction.transaction_id
            record = TransactionRecord(transaction_id, TransactionState.OPEN, now, now)
            self._transactions[transaction_id] = record
            self._schedule_folding(record)
        return record

    # Discounts --------------------------------------------------------------------------------------------------

    def _require_good_discounts(self, transaction: Transaction) -> list[UserOffer]:
        """The locked user offers that the discounts carry. One that this transaction redeemed before is in order."""
        found: dict[str, UserOffer] = {}
        for discount in transaction.discounts:
            try:
                user_offer = self._good_discount(discount, transaction.transaction_id, found)
            except Refused:
                if self.settings.transactions.bad_discount_refused:
                    raise
            else:
                if user_offer is not None:
                    found[user_offer.id] = user_offer
        return [user_offer for user_offer in found.values() if user_offer.state is UserOfferState.LOCKED]

    def _good_discount(
        self, discount: Discount, transaction_id: str, found: Mapping[str, UserOffer]
    ) -> UserOffer | None:
        """The user offer of a discount that is in order; None for one of the till's own."""
        user_offer = self._discount_user_offer(discount)
        if user_offer is not None:
            self._require_good_discount(user_offer, discount, transaction_id)
            if user_offer.id in found:
                raise Refused(Reason.DUPLICATE_DISCOUNT, "a user offer stands in two discounts")
        return user_offer

    def _discount_user_offer(self, discount: Discount) -> UserOffer | None:
        """The user offer a discount stands for; None when it is one of the till's own."""
        reference, kind = discount.reference_id, discount.reference_id_type
        if kind is None:
            return None if reference is None else self._user_offers.get(reference.lower())
        kind = kind.lower()
        if kind not in _OURS:
            return None
        if reference is None:
            raise Refused(Reason.UNKNOWN_USER_OFFER, "a discount names no user offer")
        if kind == "ttlcode" and reference not in self._codes:
            return self._user_offer(reference)  # the lock's answer names the user offer itself
        return self._by_code(reference, kind)

    def _require_good_discount(self, user_offer: UserOffer, discount: Discount, transaction_id: str) -> None:
        hold = user_offer.hold
        mine = hold is not None and hold.transaction_id == transaction_id
        if not (mine and user_offer.state is UserOfferState.REDEEMED):
            self._require_not_gone(user_offer)
            if user_offer.state is not UserOfferState.LOCKED:
                raise Refused(Reason.NOT_LOCKED, "a discount's user offer was not locked")
            if not mine:
                raise Refused(Reason.LOCKED_BY_ANOTHER, "another transaction holds a discount's user offer")
        if discount.user_id is not None and discount.user_id.lower() != user_offer.customer.id:
            raise Refused(Reason.WRONG_OWNER, "a discount names another customer than the owner of its user offer")

    def _redeem_all(self, now: int, record: TransactionRecord, user_offers: list[UserOffer]) -> None:
        for user_offer in user_offers:
            hold = user_offer.hold
            assert hold is not None, "only locked user offers come here"
            self._redeem(now, user_offer, record.id, hold.pricing)
        if user_offers:
            record.user_offers += tuple(user_offers)

    # Payers -----------------------------------------------------------------------------------------------------

    def _shares(self, transaction: Transaction, record: TransactionRecord | None) -> Shares:
        """Who paid how much. A later version without payments keeps the earlier ones."""
        if transaction.payments:
            if len(transaction.payments) == 1:
                payment = transaction.payments[0]
                return ((self._payer(payment), payment.amount),)
            paid: dict[Customer | None, Decimal] = {}
            for payment in transaction.payments:
                payer = self._payer(payment)
                paid[payer] = paid.get(payer, ZERO) + payment.amount
            return tuple(paid.items())
        if record is None:
            return ()
        if record.shares is None and record.lots:
            return ((record.lots[0].customer, Decimal(1)),)
        return record.shares or ()

    def _payer(self, payment: Payment) -> Customer | None:
        """The customer who earns; None for a payer who is unknown or not in the program."""
        user_id = payment.user_id
        if not user_id:
            return None
        kind = payment.user_id_type
        if kind is None or kind.lower() == "sessionm_id":
            payer = self._customers.get(user_id) or self._customers.get(user_id.lower())
        else:
            payer = self._by_external_id.get(user_id) if kind.lower() == "external_id" else None
        if payer is None:
            if self.settings.transactions.unknown_payer_refused:
                raise Refused(Reason.UNKNOWN_PAYER, "a payment names a customer who is not there")
            return None
        if not self.settings.points.unenrolled_earn and not self._is_enrolled(payer):
            return None
        return payer

    def _remember_shares(self, record: TransactionRecord, shares: Shares) -> None:
        """Kept only when the lots alone do not tell: several payers, or one who has no points of it (yet)."""
        sole = len(shares) == 1 and shares[0][0] is not None and len(record.lots) > 0
        record.shares = None if sole or not shares else shares

    # Points -----------------------------------------------------------------------------------------------------

    def _work_out_points(
        self, now: int, transaction: Transaction, record: TransactionRecord | None, wanted: TransactionState
    ) -> tuple[Shares, Earned]:
        """Who pays, and what each payer should have from this transaction. Nothing while it is open."""
        try:
            shares = self._shares(transaction, record)
            if wanted is not TransactionState.CLOSED or not shares:
                return shares, {}
            loaded_at = now if record is None else record.loaded_at
            return shares, self._points_earned(loaded_at, transaction, shares)
        except ArithmeticError:
            raise Refused(Reason.INVALID, "the amounts of the transaction are out of range") from None

    def _points_earned(self, loaded_at: int, transaction: Transaction, shares: Shares) -> Earned:
        base = self._base(transaction)
        if base <= 0:
            return {}
        families = range(len(self.settings.families))
        points = tuple([self._family_points(loaded_at, transaction, base, family) for family in families])
        return self._split(points, shares)

    def _base(self, transaction: Transaction) -> Decimal:
        """The money that points are counted on."""
        kind = self.settings.points.base
        if kind is Base.PAYMENTS:
            return sum((payment.amount for payment in transaction.payments), ZERO)
        if kind is Base.SUBTOTAL and transaction.subtotal is not None:
            return transaction.subtotal
        total = self._basket_subtotal(transaction)
        if kind is Base.ITEMS_AFTER_DISCOUNTS:
            for discount in transaction.discounts:
                total -= discount.amount
        return total

    def _family_points(self, at: int, transaction: Transaction, base: Decimal, family: int) -> Decimal:
        """The points of one family, before the split and before rounding."""
        rate = self.settings.families[family].rate
        points = base * rate
        for promotion in self.settings.promotions:
            if family in promotion.families and self._promotion_applies(at, promotion, transaction, base):
                points += self._promotion_points(promotion, transaction, base) * rate + promotion.bonus
        return points

    def _promotion_applies(self, at: int, promotion: Promotion, transaction: Transaction, base: Decimal) -> bool:
        if promotion.starts_at is not None and at < promotion.starts_at:
            return False
        if promotion.ends_at is not None and at >= promotion.ends_at:
            return False
        if promotion.channels and (transaction.channel or "").lower() not in promotion.channels:
            return False
        if promotion.item_ids and not any(line.item_id in promotion.item_ids for line in transaction.items):
            return False
        return base >= promotion.minimum_base

    def _promotion_points(self, promotion: Promotion, transaction: Transaction, base: Decimal) -> Decimal:
        """The extra base of a multiplier. With items: the same part of the base as they are of the basket."""
        extra = promotion.multiplier - 1
        if not promotion.item_ids:
            return base * extra
        basket = self._basket_subtotal(transaction)
        part = sum((line_subtotal(line) for line in transaction.items if line.item_id in promotion.item_ids), ZERO)
        return base * part * extra / basket if basket > 0 else ZERO

    def _split(self, points: tuple[Decimal, ...], shares: Shares) -> Earned:
        """Each known payer's points, rounded. The part of an unknown payer is earned by nobody."""
        if len(shares) == 1 or self.settings.points.split is Split.FIRST:
            payer = next((customer for customer, _ in shares if customer is not None), None)
            return {} if payer is None else {payer: tuple([self._round_points(amount) for amount in points])}
        paid = sum((amount for _, amount in shares if amount > 0), ZERO)
        if not paid:
            return {}
        return {
            customer: tuple([self._round_points(amount * share / paid) for amount in points])
            for customer, share in shares
            if customer is not None
        }

    def _settle_points(
        self,
        now: int,
        transaction: Transaction,
        record: TransactionRecord,
        earned: Earned,
    ) -> None:
        """Make the lots of the transaction what they should be: lower them, or add new ones for what is more."""
        lots = self._lower_lots(now, record.lots, earned) if record.lots else []
        for customer, points in earned.items():
            lot = self._earn(now, customer, points, self._matures_at(now, transaction))
            if lot is not None:
                lots.append(lot)
        record.lots = tuple(lots)

    def _lower_lots(self, now: int, lots: tuple[Lot, ...], earned: Earned) -> list[Lot]:
        """Keep of each lot what is still earned, and leave in ``earned`` what goes beyond the lots."""
        remaining: list[Lot] = []
        for lot in lots:
            wanted = earned.get(lot.customer, self._no_points)
            if lot.matured and not self.settings.transactions.late_return_taken:
                kept = lot.points
            else:
                kept = tuple(map(min, lot.points, wanted))
                self._return_from_lot(now, lot, kept)
            if lot.customer in earned:
                earned[lot.customer] = tuple(max(want - had, ZERO) for want, had in zip(wanted, kept, strict=True))
            if any(kept):
                remaining.append(lot)
        return remaining

    def _matures_at(self, now: int, transaction: Transaction) -> int:
        points = self.settings.points
        start = now if points.starts_when_loaded or transaction.opened_at is None else transaction.opened_at
        return start + points.return_period

    # Void ------------------------------------------------------------------------------------------------------

    def _void(self, now: int, transaction: Transaction, record: TransactionRecord, modified_at: int) -> Sent:
        """Undo everything: points out, redeemed user offers back (by setting), its locks released."""
        before = record.state
        record.state, record.modified_at = TransactionState.VOIDED, modified_at
        self._settle_points(now, transaction, record, {})
        for user_offer in record.user_offers:
            if self.settings.transactions.void_reinstates:
                self._give_back(now, user_offer, record.id)
        for discount in transaction.discounts:
            found = None if discount.reference_id is None else self._user_offers.get(discount.reference_id.lower())
            if found is not None and found.state is UserOfferState.LOCKED and self._is_held_by(found, record.id):
                self._unlock(now, found)
        self._tell(now, "transaction_voided", "", record.id)
        if before is TransactionState.OPEN:
            self._note_closed(now, record)
        return Sent(record.id, TransactionState.VOIDED, False, ())

    def _is_held_by(self, user_offer: UserOffer, transaction_id: str) -> bool:
        return user_offer.hold is not None and user_offer.hold.transaction_id == transaction_id

    def _give_back(self, now: int, user_offer: UserOffer, transaction_id: str) -> None:
        """Reinstate what the transaction redeemed; what has ended meanwhile is expired."""
        if user_offer.state is not UserOfferState.REDEEMED or not self._is_held_by(user_offer, transaction_id):
            return
        if user_offer.id not in self._user_offers:
            return  # folded: it stays redeemed
        self._reinstate(now, user_offer)
        if user_offer.ends_at is not None and user_offer.ends_at <= now:
            self._expire(now, user_offer)
