"""Directed journeys: they reach every state and every text, so that coverage does not depend on luck."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from offerproof.conformance.journeys.commands import Command
from offerproof.conformance.journeys.values import INVALID, TEXTS

_Steps = tuple[tuple[str, Mapping[str, Any]], ...]
_LOOK: tuple[str, Mapping[str, Any]] = ("look", {"customer": 0})

_STATES: _Steps = (
    ("look", {"customer": 0}),
    ("fetch", {"offer": 0}),
    ("search", {"customer": 0, "by": "email", "flags": ("user_profile", "expand_incentives", "show_identifiers")}),
    ("search", {"customer": 1, "by": "external_id"}),
    ("lookup", {"customer": 0, "by": "email", "slot": 0}),
    ("list", {"customer": 0}),
    ("lock", {"held": 0, "slot": 0}),
    ("lock", {"held": 0, "slot": 0, "basket": 1}),
    ("lock", {"held": 0, "slot": 1}),
    ("lock", {"held": 0, "slot": 0}),
    ("look", {"customer": 0}),
    *(("invalid", {"kind": kind, "held": 1}) for kind in INVALID),
    ("look", {"customer": 0}),
    ("look", {"customer": 1}),
    ("unlock", {"held": 0}),
    ("look", {"customer": 0}),
    ("lock", {"held": 0, "slot": 1}),
    ("send", {"held": 0, "slot": 1, "closed": False}),
    ("look", {"customer": 0}),
    ("send", {"held": 0, "slot": 1}),
    ("repeat", {}),
    ("wait", {"customer": 0}),
    ("look", {"customer": 0}),
    ("lock", {"held": 0, "slot": 0}),
    ("redeem", {"held": 0, "slot": 0}),
    ("unlock", {"held": 0}),
    ("look", {"customer": 0}),
    ("reinstate", {"held": 0}),
    ("look", {"customer": 0}),
    ("redeem", {"held": 0, "slot": 0}),
    ("look", {"customer": 1}),
    ("stranger", {"operation": "lock"}),
    ("stranger", {"operation": "fetch_offer"}),
    ("issue", {"customer": 0, "offer": 0, "quantity": 2}),
    ("lock", {"held": 2, "slot": 0}),
    ("send", {"held": 2, "slot": 0, "discounts": "none"}),
    ("resend", {"held": 2, "slot": 0, "how": "same"}),
    ("look", {"customer": 0}),
    ("resend", {"held": 2, "slot": 0, "how": "return"}),
    ("look", {"customer": 0}),
    ("revoke", {"held": 3}),
    ("lock", {"held": 3, "slot": 1}),
    ("redeem", {"held": 3, "slot": 1}),
    ("look", {"customer": 0}),
    ("history", {"customers": (0, 1), "skip": 0, "take": 2}),
    ("history", {"customers": (0,), "skip": 0, "take": 100}),
    ("history", {"customers": (1,), "skip": 0, "take": 100}),
    ("reinstate", {"held": 1}),
    ("lock", {"held": 1, "slot": 0}),
    ("send", {"held": 1, "slot": 0}),
    ("wait", {"customer": 1}),
    ("lock", {"held": 1, "slot": 1}),
    ("look", {"customer": 1}),
)

# One customer has several user offers in different states; what is done to one leaves the others alone.
_NEIGHBOURS: _Steps = (
    ("issue", {"customer": 0, "offer": 0, "quantity": 2}),
    ("lock", {"held": 0, "slot": 0}),
    ("send", {"held": 0, "slot": 0}),
    ("redeem", {"held": 2, "slot": 1}),
    _LOOK,
    ("lock", {"held": 3, "slot": 0}),
    _LOOK,
    ("unlock", {"held": 3}),
    _LOOK,
    ("lock", {"held": 3, "slot": 0}),
    ("revoke", {"held": 3}),
    _LOOK,
    ("lock", {"held": 3, "slot": 0}),
    ("reinstate", {"held": 2}),
    _LOOK,
    ("history", {"customers": (0, 1), "skip": 1, "take": 2}),
)

# A closed transaction that earned comes again: newer with the same lines, the very same, as a return.
_AGAIN: _Steps = (
    _LOOK,
    ("lock", {"held": 0, "slot": 0}),
    ("send", {"held": 0, "slot": 0}),
    _LOOK,
    ("resend", {"held": 0, "slot": 0, "how": "newer"}),
    _LOOK,
    ("resend", {"held": 0, "slot": 0, "how": "same"}),
    _LOOK,
    ("resend", {"held": 0, "slot": 0, "how": "newer"}),
    _LOOK,
    ("resend", {"held": 0, "slot": 0, "how": "return"}),
    _LOOK,
)

# Each offer is fetched right after it was created.
_HARD_TEXTS: _Steps = tuple(
    ("create_offer", {"kind": "manual_fulfillment", "title": text, "description": text}) for text in TEXTS
)


def _tour(steps: _Steps) -> tuple[Command, ...]:
    return tuple(Command(name, arguments) for name, arguments in steps)


TOURS = tuple(_tour(steps) for steps in (_STATES, _NEIGHBOURS, _AGAIN, _HARD_TEXTS))
"""Each is a journey of its own, on fresh customers."""
