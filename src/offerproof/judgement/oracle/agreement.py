"""Wallet and history of one customer, read one after the other: do they tell the same story?"""

from __future__ import annotations

from offerproof.contract import Outcome
from offerproof.judgement.histories import Seen, seen_in_history
from offerproof.judgement.histories.rules import ISSUED
from offerproof.judgement.oracle.calls import Call, ident, outcome_of, rows
from offerproof.judgement.oracle.ruling import Objection
from offerproof.judgement.oracle.world import WorldModel

_OVER = (Seen.REDEEMED, Seen.EXPIRED, Seen.REVOKED)


def disagreement(world: WorldModel, user_id: str, wallet: Call, history: Call) -> Objection | None:
    """Return why a Lookup without a transaction and a history of the same customer do not fit together.

    What the history calls redeemed, expired or revoked is not in the wallet, whatever the states that ``world`` holds
    possible; what it calls issued is there, unless it may be locked (whether that shows is open). None: they fit, or
    one of them was not answered. The caller leaves time for effects that are still under way.
    """
    if any(outcome_of(one) is not Outcome.ACCEPTED for one in (wallet, history)):
        return None
    owner = ident(user_id)
    customers = [one for one in rows(wallet.payload) if ident(one.get("user_reference_id")) == owner]
    if len(customers) != 1:
        return None
    listed = {ident(one.get("reference_id")) for one in rows(customers[0].get("offers"))}
    page = history.payload if isinstance(history.payload, dict) else {}
    for record in rows(page.get("results")):
        if ident(record.get("user_id")) != owner:
            continue
        key, told = ident(record.get("user_offer_id")), str(record.get("status_description"))
        seen = seen_in_history(told)
        if seen in _OVER and key in listed:
            what = "an offer that the history says is over, in the wallet"
            return Objection("JOURN-2", what, f"not there: {told}", "in the wallet")
        held = world.held.get(key)
        known = held is not None and held.judged and held.lasting and held.tags == {ISSUED}
        if seen & Seen.ISSUED and seen not in _OVER and known and "issued" in told.lower() and key not in listed:
            return Objection("JOURN-2", "an offer that the history calls issued", "in the wallet", "not in the wallet")
    return None
