"""How a check ends early: an expectation did not hold, or nothing could be observed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from offerproof.errors import CannotJudge
from offerproof.exchange import Exchange


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
        self.observed = observed
        self.on = on
        self.detail = detail or {}


class Inconclusive(CannotJudge):
    """Nothing can be said: the clause stays unknown."""


class CannotProvide(Inconclusive):
    """The check could not be given what it needs; the message says what is missing."""


class NotOffered(CannotProvide):
    """The target does not have this, and need not: the clause leaves the scope instead of staying unknown."""


class Undeclared(RuntimeError):
    """A check took more than its decorator declares: the plan would not be true."""
