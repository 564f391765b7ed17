"""What a transaction earns: on which money, by which promotions, and which payer gets how much of it."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal

from offerproof.program.model import ZERO, CustomerRecord, Payment, Transaction, TransactionRecord, TransactionState
from offerproof.program.pricing import basket_subtotal, line_subtotal
from offerproof.program.refusal import Reason, Refused
from offerproof.program.setting_types import Base, Promotion, Rounding, Split
from offerproof.program.state import State
from offerproof.program.tiers import Tiers

Shares = tuple[tuple[CustomerRecord | None, Decimal], ...]
"""Who paid how much; None: somebody who earns nothing."""
Earned = dict[CustomerRecord, tuple[Decimal, ...]]
"""Each payer's points by family."""
_ROUNDINGS = {Rounding.DOWN: ROUND_DOWN, Rounding.HALF_UP: ROUND_HALF_UP, Rounding.UP: ROUND_UP}
_MOST_POINTS = Decimal(10) ** 12


class Earning:
    """Works out points and changes nothing."""

    def __init__(self, state: State, tiers: Tiers) -> None:
        self._state = state
        self._tiers = tiers

    def work_out(
        self, now: int, transaction: Transaction, record: TransactionRecord | None, wanted: TransactionState
    ) -> tuple[Shares, Earned]:
        """Who pays, and what each payer should have from this transaction. Nothing while it is open."""
        try:
            shares = self.shares(transaction, record)
            if wanted is not TransactionState.CLOSED or not shares:
                return shares, {}
            loaded_at = now if record is None else record.loaded_at
            return shares, self._points_earned(loaded_at, transaction, shares)
        except ArithmeticError:
            raise Refused(Reason.INVALID, "the amounts of the transaction are out of range") from None

    def shares(self, transaction: Transaction, record: TransactionRecord | None) -> Shares:
        """Who paid how much. A later version without payments keeps the earlier ones."""
        if transaction.payments:
            if len(transaction.payments) == 1:
                payment = transaction.payments[0]
                return ((self.payer(payment), payment.amount),)
            paid: dict[CustomerRecord | None, Decimal] = {}
            for payment in transaction.payments:
                payer = self.payer(payment)
                paid[payer] = paid.get(payer, ZERO) + payment.amount
            return tuple(paid.items())
        if record is None:
            return ()
        if record.shares is None and record.lots:
            return ((record.lots[0].customer, Decimal(1)),)
        return record.shares or ()

    def payer(self, payment: Payment) -> CustomerRecord | None:
        """The customer who earns; None for a payer who is unknown or not in the program."""
        user_id = payment.user_id
        if not user_id:
            return None
        kind = payment.user_id_type
        if kind is None or kind.lower() == "sessionm_id":
            payer = self._state.customers.get(user_id) or self._state.customers.get(user_id.lower())
        else:
            payer = self._state.by_external_id.get(user_id) if kind.lower() == "external_id" else None
        if payer is None:
            if self._state.settings.transactions.unknown_payer_refused:
                raise Refused(Reason.UNKNOWN_PAYER, "a payment names a customer who is not there")
            return None
        if not self._state.settings.points.unenrolled_earn and not self._tiers.is_enrolled(payer):
            return None
        return payer

    def _points_earned(self, loaded_at: int, transaction: Transaction, shares: Shares) -> Earned:
        base = self._base(transaction)
        if base <= 0:
            return {}
        families = range(len(self._state.settings.families))
        points = tuple([self.family_points(loaded_at, transaction, base, family) for family in families])
        return self._split(points, shares)

    def _base(self, transaction: Transaction) -> Decimal:
        """The money that points are counted on."""
        kind = self._state.settings.points.base
        if kind is Base.PAYMENTS:
            return sum((payment.amount for payment in transaction.payments), ZERO)
        if kind is Base.SUBTOTAL and transaction.subtotal is not None:
            return transaction.subtotal
        total = basket_subtotal(transaction)
        if kind is Base.ITEMS_AFTER_DISCOUNTS:
            for discount in transaction.discounts:
                total -= discount.amount
        return total

    def family_points(self, at: int, transaction: Transaction, base: Decimal, family: int) -> Decimal:
        """The points of one family, before the split and before rounding."""
        rate = self._state.settings.families[family].rate
        points = base * rate
        for promotion in self._state.settings.promotions:
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
        basket = basket_subtotal(transaction)
        part = sum((line_subtotal(line) for line in transaction.items if line.item_id in promotion.item_ids), ZERO)
        return base * part * extra / basket if basket > 0 else ZERO

    def _split(self, points: tuple[Decimal, ...], shares: Shares) -> Earned:
        """Each known payer's points, rounded. The part of an unknown payer is earned by nobody."""
        if len(shares) == 1 or self._state.settings.points.split is Split.FIRST:
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

    def _round_points(self, points: Decimal) -> Decimal:
        """Round as the settings say; never below 0. Refused: INVALID when there are absurdly many."""
        if points <= 0:
            return ZERO
        if points > _MOST_POINTS:
            raise Refused(Reason.INVALID, "the amounts of the transaction are out of range")
        return points.quantize(self._state.settings.points.step, _ROUNDINGS[self._state.settings.points.rounding])
