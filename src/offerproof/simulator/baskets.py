"""Baskets: from the wire's structures to the program's values."""

from __future__ import annotations

from decimal import Decimal

from offerproof.program.model import Discount, Line, Payment, Transaction
from offerproof.simulator import bodies
from offerproof.simulator.values import Malformed, flag, instant, number, whole

_MOST_LINES = 10_000


def text(value: str | int | None) -> str | None:
    """Return an id of the caller's own choosing as text; None and "" mean that there is none."""
    if value is None or value == "":
        return None
    return value if type(value) is str else str(value)


def transaction(given: bodies.TransactionIn, where: str) -> Transaction:
    """Return the basket, every number and instant in it checked; ``where`` is its place in the body."""
    if len(given.items) > _MOST_LINES:
        raise Malformed(f"{where}.items", f"at most {_MOST_LINES} lines")
    if given.guest_count is not None:
        whole(given.guest_count, f"{where}.guest_count")
    tax = given.tax_total if given.tax_total is not None else given.TaxTotal
    return Transaction(
        str(given.transaction_id),
        [_line(item, where) for item in given.items],
        None if given.is_closed is None else flag(given.is_closed, f"{where}.is_closed"),
        False if given.is_voided is None else flag(given.is_voided, f"{where}.is_voided"),
        [_payment(payment, where) for payment in given.payments] if given.payments else (),
        [_discount(discount, where) for discount in given.discounts] if given.discounts else (),
        given.channel,
        None if given.open_time is None else instant(given.open_time, f"{where}.open_time"),
        None if given.modified_time is None else instant(given.modified_time, f"{where}.modified_time"),
        None if given.subtotal is None else number(given.subtotal, f"{where}.subtotal"),
        None if tax is None else number(tax, f"{where}.tax_total"),
        text(given.from_transaction_id),
    )


def _line(item: bodies.Item, where: str) -> Line:
    quantity = number(item.quantity, f"{where}.items[].quantity")
    subtotal = None if item.subtotal is None else number(item.subtotal, f"{where}.items[].subtotal")
    if item.unit_price is not None:
        unit_price = number(item.unit_price, f"{where}.items[].unit_price")
    elif subtotal is not None:
        unit_price = subtotal / quantity if quantity else subtotal
    else:
        raise Malformed(f"{where}.items[]", "unit_price or subtotal")
    tax = item.tax_included
    return Line(
        str(item.line_id),
        str(item.item_id),
        quantity,
        unit_price,
        subtotal,
        None if tax is None or tax == "" else number(tax, f"{where}.items[].tax_included"),
        text(item.modifies_line_id),
    )


def _payment(payment: bodies.PaymentIn, where: str) -> Payment:
    if payment.payment_time is not None:
        instant(payment.payment_time, f"{where}.payments[].payment_time")
    return Payment(
        number(payment.amount, f"{where}.payments[].amount"),
        payment.user_id or None,
        payment.user_id_type or None,
        text(payment.payment_id),
    )


def _discount(discount: bodies.DiscountIn, where: str) -> Discount:
    if discount.applied_time is not None:
        instant(discount.applied_time, f"{where}.discounts[].applied_time")
    amount = discount.amount
    return Discount(
        discount.reference_id or None,
        Decimal(0) if amount is None else number(amount, f"{where}.discounts[].amount"),
        discount.reference_id_type or None,
        discount.user_id or None,
        discount.status,
    )
