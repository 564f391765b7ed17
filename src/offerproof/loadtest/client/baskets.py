"""Baskets: a small catalogue of what customers buy, written once as JSON so that the hot path only joins bytes.

Money is ``Decimal``; the bytes hold decimal numbers, never binary ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import msgspec

from offerproof.client.bodies import OFFER_KINDS

CENT = Decimal("0.01")


@dataclass(frozen=True)
class BasketLine:
    """One line: ``quantity`` pieces at ``unit_price``, before tax."""

    item_id: str
    quantity: int
    unit_price: Decimal

    @property
    def subtotal(self) -> Decimal:
        """Quantity times price."""
        return self.quantity * self.unit_price


@dataclass(frozen=True)
class Basket:
    """A basket of the catalogue; ``number`` is its index there."""

    number: int
    items: tuple[BasketLine, ...]

    @property
    def subtotal(self) -> Decimal:
        """The sum of the lines, without tax."""
        return sum((item.subtotal for item in self.items), Decimal(0))

    @property
    def tax(self) -> Decimal:
        """Seven per cent, to the cent."""
        return (self.subtotal * Decimal("0.07")).quantize(CENT)

    @property
    def items_json(self) -> bytes:
        """The lines as the ``items`` of a transaction."""
        rows = [
            {
                "line_id": str(line),
                "item_id": item.item_id,
                "quantity": item.quantity,
                "unit_price": item.unit_price,
                "subtotal": item.subtotal,
                "tax_included": Decimal(0),
                "modifies_line_id": "",
            }
            for line, item in enumerate(self.items, 1)
        ]
        return msgspec.json.Encoder(decimal_format="number").encode(rows)

    def without_last(self) -> Basket:
        """What stays when the last line comes back; its number is the first one's with the return bit."""
        return Basket(self.number | RETURNED, self.items[:-1])


RETURNED = 0x100
"""Marks, in a basket's number, that its last line was returned."""

_PRICES = ("1.50", "2.25", "3.99", "4.80", "6.49", "7.95", "9.99", "12.50", "14.75", "18.20", "24.99", "39.90")


def _catalogue() -> tuple[Basket, ...]:
    """Twelve baskets of two to five lines, from a small snack to the week's shopping, each worth 20 or more."""
    baskets = []
    for number in range(12):
        lines = 2 + number % 4
        chosen = [_PRICES[(number * 5 + line * 7) % len(_PRICES)] for line in range(lines)]
        items = [
            BasketLine(f"sku-{(number * 5 + line * 7) % 97:03d}", 1 + (number + line) % 2, Decimal(price))
            for line, price in enumerate(chosen)
        ]
        if sum(item.subtotal for item in items) < 20:
            items.insert(0, BasketLine("sku-200", 2, Decimal("11.30")))
        baskets.append(Basket(number, tuple(items)))
    return tuple(baskets)


CATALOGUE: tuple[Basket, ...] = _catalogue()
RETURNS: tuple[Basket, ...] = tuple(basket.without_last() for basket in CATALOGUE)


class EarningKind(NamedTuple):
    """What decides how many points a transaction earns; each kind that occurred is calibrated by one of it, alone."""

    basket: int
    """Its number, with :data:`RETURNED` when the last line was brought back."""
    offer_type: str
    """Of the user offer it redeems; empty for none."""

    @property
    def code(self) -> int:
        """The kind as it is recorded: 1 + basket in ten bits, offer type above them; never 0."""
        known = _OFFER_TYPES.index(self.offer_type) if self.offer_type in _OFFER_TYPES else len(_OFFER_TYPES)
        return (self.basket + 1) | known << 10

    @classmethod
    def of(cls, code: int) -> EarningKind:
        """Return the kind of a code."""
        known = code >> 10
        return cls((code & 0x3FF) - 1, _OFFER_TYPES[known] if known < len(_OFFER_TYPES) else "an unknown type")


_OFFER_TYPES = ("", *OFFER_KINDS)
