"""Which part of the program a point account plays: spendable or tier-qualifying, final or still in escrow.

The labels "Spend" and "Tier" tell the final accounts (Core Loyalty Data, Tier Level and Point Data for the Point
Account Balances Object). Escrow accounts have no label, and names are the program's own: one that says escrow is
believed; where none does, an account without a label belongs to the labelled ones that it shares most words of its
name with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

Part = Literal["spendable", "spendable_escrow", "tier", "tier_escrow", "other"]

_BY_LABEL: Mapping[str, Part] = {"spend": "spendable", "tier": "tier"}


def parts_of(details: Sequence[Mapping[str, Any]]) -> list[Part]:
    """Return the part of each account, in the order given."""
    named = any("escrow" in _name(account) for account in details)
    return [_by_name(account) if named else _by_kinship(account, details) for account in details]


def _name(account: Mapping[str, Any]) -> str:
    return str(account.get("account_name") or "").lower()


def _label(account: Mapping[str, Any]) -> str:
    return str(account.get("grouping_label") or "").lower()


def _by_name(account: Mapping[str, Any]) -> Part:
    if "escrow" in _name(account):
        return "tier_escrow" if "tier" in _name(account) else "spendable_escrow"
    return _BY_LABEL.get(_label(account), "other")


def _by_kinship(account: Mapping[str, Any], details: Sequence[Mapping[str, Any]]) -> Part:
    if _label(account):
        return _BY_LABEL.get(_label(account), "other")
    spend, tier = (
        max((_shared(account, one) for one in details if _label(one) == label), default=0) for label in _BY_LABEL
    )
    return "other" if spend == tier else "spendable_escrow" if spend > tier else "tier_escrow"


def _shared(one: Mapping[str, Any], other: Mapping[str, Any]) -> int:
    words, others = (set(re.findall(r"\w+", _name(account))) for account in (one, other))
    return len(words & others)
