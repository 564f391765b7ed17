"""What each clause of this folder must find: rewrites of answers, which `offerproof selfcheck --clauses DIR` plants."""

from __future__ import annotations

from offerproof.defects import wire
from offerproof.defects.rewrites import WALLET, refuse, turn
from offerproof.defects.wire import Flow

wire("shop-long-names", "wallet", "SHOP-1", "the names of offers are followed by a word of advertisement")(
    turn("lookup", f"{WALLET}.*.display_name", lambda name: f"{name} – today and as long as there are any left")
)


def was_unlocked(flow: Flow) -> bool:
    """Whether a lock is of an offer that was unlocked before."""
    return flow.memory.did.get(flow.code.lower()) == "unlock"


wire("shop-no-second-lock", "lock", "SHOP-2", "an offer that was unlocked cannot be locked any more")(
    refuse("lock", was_unlocked)
)
