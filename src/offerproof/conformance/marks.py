"""The decorator that ties a check to its clauses and says what the check consumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, get_args

import pytest

from offerproof.contract import Level
from offerproof.findings import Needs

Turn = Literal["first", "any", "waits", "last", "alone"]
TURNS: Final[tuple[Turn, ...]] = get_args(Turn)
"""In the order in which they come."""


class Consumption(Needs, frozen=True, kw_only=True):
    """What one check consumes on the target."""

    together: bool = False
    """Whether its user offers are all of one customer."""


def clause(
    *ids: str,
    customers: int = 0,
    offers: Sequence[str] | Mapping[str, int] = (),
    together: bool = False,
    requests: int = 4,
    level: str | None = None,
    needs: Sequence[str] = (),
    period: str | None = None,
    turn: Turn = "any",
) -> pytest.MarkDecorator:
    """Mark a function as the check of one or several clauses.

    Args:
        ids: clause ids; the first one judges every expectation that stands outside ``with expect.clause(id):``.
        customers: customers it takes from ``given.customer()``, those of its user offers not counted.
        offers: the types of the user offers it takes, one entry each (``["manual_fulfillment"]``; ``"any"`` when the
            type does not matter), or a mapping from type to number. Each comes with a customer of its own.
        together: they come with one customer instead, who owns them all.
        requests: about how many requests it sends; used by ``certify --plan`` only.
        level: the lowest level that runs it; that of its clauses when left out.
        needs: capabilities of the target it needs beyond those of its clauses.
        period: what has to end while it goes on (``contract.PERIODS``), where its clauses do not say so themselves.
        turn: ``first`` before all others, ``last`` after them, ``alone`` at the very end with nothing beside it, as
            every check does that moves the clock.

    Taking more customers or user offers than declared is an error of the check: the plan would not be true.
    """
    by_type: dict[str, int] = {}
    for kind in offers:
        by_type[kind] = by_type.get(kind, 0) + (offers[kind] if isinstance(offers, Mapping) else 1)
    consumed = Consumption(customers=customers, user_offers=by_type, requests=requests, together=together)
    lowest = Level(level) if level else None
    return pytest.mark.clause(*ids, consumed=consumed, level=lowest, needs=tuple(needs), period=period, turn=turn)
