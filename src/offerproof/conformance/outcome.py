"""How a check ends early: an expectation did not hold, or nothing could be observed; and how it waits before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from offerproof.errors import CannotJudge
from offerproof.exchange import Exchange
from offerproof.provisioning import Poll

UNSEEN: Final = object()
"""In place of what was observed: the answer that decided shows it."""


class ExpectationFailed(Exception):
    """The target did not do what a clause says. ``what`` names what was looked at, without values."""

    def __init__(
        self,
        what: str,
        *,
        expected: Any,
        observed: Any,
        on: Exchange | None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.expected = expected
        self.unseen = observed is UNSEEN
        self.observed = observed if not self.unseen else on.described if on else "it does not"
        self.on = on
        self.detail = detail or {}


class Inconclusive(CannotJudge):
    """Nothing can be said: the clause stays unknown."""


class Settle(Poll):
    """``settle(probe, accept)``: probe until the value is accepted or the settle time is over; returns the last value.

    A probe whose own expectations fail is asked again while there is time: an effect on its way can look wrong.
    """

    unsettled = (ExpectationFailed,)


class Undeclared(RuntimeError):
    """A check took more than its decorator declares: the plan would not be true."""
