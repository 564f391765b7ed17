"""The decorator that ties a check to its clauses and says what the check consumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from offerproof.contract import Level
from offerproof.findings import Needs

Consumption = Needs
"""What one check consumes on the target."""


def clause(
    *ids: str,
    customers: int = 0,
    offers: Sequence[str] | Mapping[str, int] = (),
    requests: int = 4,
    level: str | None = None,
    needs: Sequence[str] = (),
    period: str | None = None,
) -> pytest.MarkDecorator:
    """Mark a function as the check of one or several clauses.

    Args:
        ids: clause ids; the first one judges every expectation that stands outside ``with expect.clause(id):``.
        customers: customers it takes from ``given.customer()``, those of its user offers not counted.
        offers: the types of the user offers it takes, one entry each (``["manual_fulfillment"]``; ``"any"`` when the
            type does not matter), or a mapping from type to number. Each comes with a customer of its own.
        requests: about how many requests it sends; used by ``certify --plan`` only.
        level: the lowest level that runs it; that of its clauses when left out.
        needs: capabilities of the target it needs beyond those of its clauses.
        period: what has to end while it goes on (``contract.PERIODS``), where its clauses do not say so themselves.

    Taking more customers or user offers than declared is an error of the check: the plan would not be true.
    """
    by_type: dict[str, int] = {}
    for kind in offers:
        by_type[kind] = by_type.get(kind, 0) + (offers[kind] if isinstance(offers, Mapping) else 1)
    consumed = Needs(customers=customers, user_offers=by_type, requests=requests)
    return pytest.mark.clause(
        *ids, consumed=consumed, level=Level(level) if level else None, needs=tuple(needs), period=period
    )
