"""What an offer takes off a basket."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from offerproof.program.model import ZERO, DiscountRule, Line, Pricing, Transaction, UserOfferRecord
from offerproof.program.refusal import Reason, Refused
from offerproof.program.state import State

ONE = Decimal(1)
_NOTHING = Pricing(ZERO, (), ())
_MOST_MONEY = Decimal(10) ** 12


def line_subtotal(line: Line) -> Decimal:
    """What a line costs without tax and before discounts."""
    return line.quantity * line.unit_price if line.subtotal is None else line.subtotal


def unit_value(line: Line) -> Decimal:
    """What one unit of a line (or the line, when it holds less than one) can be discounted by."""
    subtotal = line_subtotal(line)
    return min(line.unit_price, subtotal) if line.unit_price > 0 else subtotal / max(line.quantity, ONE)


def basket_subtotal(transaction: Transaction) -> Decimal:
    """What all lines of a basket cost without tax and before discounts."""
    total = ZERO
    for line in transaction.items:
        subtotal = line.subtotal
        total += line.quantity * line.unit_price if subtotal is None else subtotal
    return total


class Pricer:
    """Prices offers on baskets. Methods are small so that each rule has one place."""

    def __init__(self, state: State) -> None:
        self._state = state

    def price(self, user_offer: UserOfferRecord, transaction: Transaction) -> Pricing | None:
        """The discount, or None when nothing in the basket can be discounted. Plain offers price at 0."""
        rule = user_offer.offer.discount
        if rule is None:
            return _NOTHING
        subtotal = basket_subtotal(transaction)
        if subtotal > _MOST_MONEY:
            raise Refused(Reason.INVALID, "the amounts of the basket are out of range")
        if subtotal <= 0 or not self._minimum_reached(rule, subtotal):
            return None
        left = subtotal - self.other_discounts(user_offer, transaction)
        if left <= 0:
            return None
        if rule.check_level:
            return self._price_check(rule, transaction.items, left)
        return self._price_items(rule, transaction.items, left)

    def require_priced(self, user_offer: UserOfferRecord, transaction: Transaction) -> Pricing:
        try:
            pricing = self.price(user_offer, transaction)
        except ArithmeticError:
            raise Refused(Reason.INVALID, "the amounts of the basket are out of range") from None
        if pricing is None:
            raise Refused(Reason.NOT_APPLICABLE, "nothing in this basket can be discounted by the offer")
        return pricing

    def _minimum_reached(self, rule: DiscountRule, subtotal: Decimal) -> bool:
        return rule.minimum_subtotal is None or subtotal >= rule.minimum_subtotal

    def other_discounts(self, user_offer: UserOfferRecord, transaction: Transaction) -> Decimal:
        """What the basket's other discounts have already taken."""
        taken = ZERO
        for discount in transaction.discounts:
            if discount.reference_id is None or discount.reference_id.lower() != user_offer.id:
                taken += discount.amount
        return taken

    def _price_check(self, rule: DiscountRule, items: Sequence[Line], left: Decimal) -> Pricing:
        amount = self._round_money(self._amount_off(rule, left))
        return Pricing(
            min(self._capped(rule, amount), left),
            tuple([line.line_id for line in items]),
            tuple([(line.line_id, line.quantity) for line in items]),
        )

    def _price_items(self, rule: DiscountRule, items: Sequence[Line], left: Decimal) -> Pricing | None:
        lines = [line for line in items if self.is_eligible(rule, line)]
        if not lines:
            return None
        if not self._state.settings.offers.item_discount_each:
            lines = [max(lines, key=unit_value)]  # the first of the dearest
        amount = ZERO
        quantities = []
        for line in lines:
            quantity = line.quantity if self._state.settings.offers.item_discount_each else min(line.quantity, ONE)
            amount += min(self._amount_off(rule, unit_value(line)) * max(quantity, ONE), line_subtotal(line))
            quantities.append((line.line_id, quantity))
        amount = min(self._capped(rule, self._round_money(amount)), left)
        return Pricing(amount, tuple(line_id for line_id, _ in quantities), tuple(quantities))

    def is_eligible(self, rule: DiscountRule, line: Line) -> bool:
        return (not rule.item_ids or line.item_id in rule.item_ids) and line.quantity > 0 and line_subtotal(line) > 0

    def _amount_off(self, rule: DiscountRule, price: Decimal) -> Decimal:
        """A fixed amount (never more than the price) or a percentage of the price, not yet rounded."""
        if rule.amount is not None:
            return min(rule.amount, price)
        return price * (rule.percent or ZERO) / 100

    def _capped(self, rule: DiscountRule, amount: Decimal) -> Decimal:
        return amount if rule.maximum_amount is None else min(amount, rule.maximum_amount)

    def _round_money(self, amount: Decimal) -> Decimal:
        return amount.quantize(self._state.settings.offers.money_step, ROUND_HALF_UP)
