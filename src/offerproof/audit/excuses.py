"""Reasons that a right target may have for an answer, and that a recording does not show.

A suite chooses what it asks, so that only the state of a user offer can be a reason. Whoever was recorded may have
chosen otherwise: offers for some stores, baskets that do not qualify, listings of a part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from offerproof.judgement.oracle import Call, WorldModel
from offerproof.judgement.oracle.calls import moment, truth
from offerproof.judgement.oracle.world import Made
from offerproof.recording.source import instant

NO_CALLER: Final = "a refusal: the recording shows no success for this retailer, store or client"
SENT_TWICE: Final = "a refusal: the recorder's client may have sent the request twice"
OF_THE_OFFER: Final = "a refusal: what the offer asks of a basket is not known"
A_PART: Final = "something is missing from a listing: the request may ask for a part, or the offer be for some only"

_RESTRICTED: Final = ("use_restrictions", "purchase_restrictions", "catalog_restrictions", "location_restrictions")
_ANY_BASKET: Final = frozenset({"manual_fulfillment", "fixed_amount_check_discount", "percent_check_discount"})
_COMMON: Final = frozenset(
    {"acquisition_start_date", "acquisition_end_date", "does_not_expire", "valid_after_end_date", "reward_store"}
    | {"validity_unit", "validity_period", "custom_data"}
)
_WHOLE: Final[Mapping[str, frozenset[str]]] = {
    "user_offer_history": frozenset({"retailer_id", "user_ids", "rollback_option", "skip", "take"}),
    "get_user_offers": frozenset({"retailer_id", "user_id", "skip", "take", "culture"}),
    "lookup": frozenset({"external_customer_id", "email", "phone", "user_id", "transaction"}),
}
"""Members of requests that ask for all there is."""


def of_refusal(call: Call, keys: Iterable[str], world: WorldModel) -> str | None:
    """Why a lock, redeem or transaction may be refused although the user offers' states allow it."""
    if call.operation not in ("lock", "redeem", "send_transaction"):
        return None
    known = all(_for_any_basket(_made(key, world), call.started) for key in keys)
    return None if known else OF_THE_OFFER


def of_absence(call: Call, owners: Iterable[str], world: WorldModel, offers: Mapping[str, Made]) -> str | None:
    """Why user offers may be missing from a listing although they are issued."""
    whole = _WHOLE.get(call.operation)
    if whole is None or not call.asked.keys() <= whole:
        return A_PART
    own = [offers.get(held.offer_id or "") for held in world.of(owners)]
    return None if all(_for_everybody(made, call.started) for made in own) else A_PART


def _made(key: str, world: WorldModel) -> Made | None:
    held = world.held.get(key)
    return world.offers.get(held.offer_id or "") if held else None


def _for_any_basket(made: Made | None, at: int) -> bool:
    return made is not None and made.body.get("offer_type") in _ANY_BASKET and _for_everybody(made, at)


def _for_everybody(made: Made | None, at: int) -> bool:
    """Whether an offer that the recording shows made is for every customer, store and time."""
    if made is None or not made.plain or any(made.body.get(name) for name in _RESTRICTED):
        return False
    common: Any = made.body.get("common_config")
    if not isinstance(common, Mapping) or not common.keys() <= _COMMON or truth(common.get("reward_store")):
        return False
    begin, end = (_microseconds(common.get(f"acquisition_{edge}_date")) for edge in ("start", "end"))
    return begin is not None and end is not None and begin <= at <= end


def _microseconds(value: Any) -> int | None:
    return instant(value) if isinstance(value, str) and moment(value) is not None else None
