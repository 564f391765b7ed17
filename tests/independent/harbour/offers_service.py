"""The offers service: flat JSON, ids in capitals, refusals mostly 422, listings oldest first and at most 20 long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from .house import RETAILER, House
from .offers import Offer, UserOffer, read_offer
from .plain import Json, Refusal, long_time, now, parse, read_flag, read_text, read_whole

PAGE, LARGEST_PAGE = 7, 20
STATES = {"issued": (1, "Issued"), "redeemed": (40, "Redeemed"), "revoked": (20, "Revoked"), "expired": (30, "Expired")}


def answer(house: House, method: str, path: str, body: bytes) -> Json:
    """One call's payload."""
    call = CALLS.get(path.rstrip("/"))
    if call is None:
        raise Refusal("not_found", "no such call", 404)
    if method != "POST":
        raise Refusal("not_available", "POST it", 405)
    asked = parse(body)
    if read_text(asked.get("retailer_id"), "retailer_id").upper() != RETAILER:
        raise Refusal("access_denied", "that retailer is not ours", 403)
    return call(house, asked)


def _create(house: House, asked: Json) -> Json:
    offer = house.add_offer(read_offer(asked))
    word = "published" if offer.published else "draft"
    return {
        "new_status": 1 if offer.published else 7,
        "state_transition": f"created_new-(unknown_status>{word})",
        "revisioned": False,
        "validation_errors": {},
        "root_offer_id": offer.id.upper(),
        "offer_id": offer.id,
    }


def _offer(house: House, asked: Json) -> Offer:
    offer = house.offers.get(read_text(asked.get("offer_id"), "offer_id").lower())
    if offer is None:
        raise Refusal("not_found", "no such offer")
    return offer


def _fetch(house: House, asked: Json) -> Json:
    offer = _offer(house, asked)
    text = offer.text(_culture(asked), exact=house.broken("cultures-match-exactly"))
    shown: Json = {
        "id": offer.id.upper(),
        "root_offer_id": offer.id.upper(),
        "retailer_id": RETAILER,
        "offer_type_id": offer.type,
        "title": text.title,
        "offer_text": [
            {
                "id": text.id.upper(),
                "offer_id": text.id if house.broken("texts-of-another-offer") else offer.id,
                "culture": text.culture,
                "title": text.title,
                "description": text.description,
                "terms": text.terms,
            }
        ],
        "status": 1 if offer.published else 7,
        "acquisition_start_date": long_time(offer.opens),
        "acquisition_end_date": long_time(offer.closes - timedelta(hours=int(house.broken("ends-in-another-zone")))),
        "start_date": long_time(offer.opens),
        "end_date": long_time(offer.closes),
        "valid_after_end_date": offer.outlives,
        "reward_store": offer.reward_store,
        "requires_extended_data": False,
        "all_items_eligible": True,
        "check_level": offer.type.endswith("_check_discount"),
        "parent_offer_ids": [],
        "offer_media": [],
        "custom_data": offer.custom_data,
        "berth": None,
    }
    if offer.validity:
        shown["validity_period"], shown["validity_unit"] = offer.validity
    return {"offer": shown}


def _culture(asked: Json) -> str:
    return read_text(asked.get("culture") or "en", "culture")


def _issue(house: House, asked: Json) -> Json:
    member = house.register.by_id(asked.get("user_id"), 422)
    offer = _offer(house, asked)
    quantity = read_whole(asked.get("quantity"), "quantity", 1)
    read_flag(asked.get("issue_exact_version"), "issue_exact_version", False)
    if not 1 <= quantity <= 50:
        raise Refusal("argument_error", "quantity is between 1 and 50")
    if not offer.published:
        raise Refusal("not_available", "a draft cannot be issued")
    if offer.closes < now() and not offer.outlives:
        raise Refusal("not_available", "that offer has ended")
    if house.broken("two-for-three"):
        quantity = min(quantity, 2)
    given = [house.give(member, offer) for _ in range(quantity)]
    return {
        "status_list": [
            {
                "user_offer_id": one.id.upper(),
                "user_id": member.id.upper(),
                "offer_id": offer.id.upper(),
                "root_offer_id": offer.id.upper(),
                "pending_extended_data": False,
            }
            for one in given
        ]
    }


def _revoke(house: House, asked: Json) -> Json:
    given = house.user_offers.get(read_text(asked.get("user_offer_id"), "user_offer_id").lower())
    if given is None:
        raise Refusal("not_found", "no such user offer")
    house.take_away(given)
    return {"gone": True}


def _window(asked: Json) -> tuple[int, int]:
    """skip and take: below nothing is nothing, and never more than the largest page."""
    skip, take = read_whole(asked.get("skip"), "skip", 0), read_whole(asked.get("take"), "take", PAGE)
    return max(0, skip), min(LARGEST_PAGE, max(0, take))


def _get_user_offers(house: House, asked: Json) -> Json:
    member = house.register.by_id(asked.get("user_id"), 422)
    skip, take = _window(asked)
    culture = _culture(asked)
    wallet = [one for one in house.wallets.get(member.id, []) if one.status() == "issued"]
    entries = [
        {
            "id": one.id.upper(),
            "offer_id": one.offer.id.upper(),
            "offer_type": one.offer.type,
            "name": one.offer.text(culture).title,
            "acquire_date": long_time(one.acquired),
        }
        for one in wallet[skip : skip + take]
    ]
    return {"user_offers": entries, "user_id": member.id.upper(), "total_records": len(wallet)}


def _history(house: House, asked: Json) -> Json:
    ids = asked.get("user_ids")
    if not isinstance(ids, list) or not ids:
        raise Refusal("missing_data", "user_ids is needed")
    members = {member.id: member for member in (house.register.by_id(one, 422) for one in ids)}
    read_whole(asked.get("rollback_option"), "rollback_option", 0)
    skip, take = _window(asked)
    told = [one for member_id in members for one in house.wallets.get(member_id, [])]
    if house.broken("history-forgets-the-revoked"):
        told = [one for one in told if one.state != "revoked"]
    if house.broken("history-of-the-first") and members:
        told = [one for one in told if one.owner == next(iter(members))]
    told.sort(key=lambda one: (one.acquired, one.id))
    if house.broken("pages-turn-around") and skip:
        told.reverse()
    codes = dict.fromkeys(STATES, 1) if house.broken("one-code-for-all") else {}
    page = [_entry(one, _culture(asked), skip, take) | _recoded(one, codes) for one in told[skip : skip + take]]
    return {"results": page, "total_records": len(told)}


def _recoded(given: UserOffer, codes: dict[str, int]) -> Json:
    return {"status": codes[given.status()]} if codes else {}


def _entry(given: UserOffer, culture: str, skip: int, take: int) -> Json:
    text, offer = given.offer.text(culture), given.offer
    code, words = STATES[given.status()]
    return {
        "user_offer_id": given.id.upper(),
        "offer_id": offer.id.upper(),
        "user_id": given.owner.upper(),
        "offer_type": offer.type,
        "title": text.title,
        "description": text.description,
        "terms": text.terms,
        "culture": text.culture,
        "acquire_date": long_time(given.acquired),
        "redemption_start_date": long_time(given.acquired.replace(hour=0, minute=0, second=0, microsecond=0)),
        "redemption_end_date": long_time(given.ends) if given.ends else None,
        "status": code,
        "status_description": words,
        "skip": skip,
        "take": take,
    }


CALLS: dict[str, Callable[[House, Json], Json]] = {
    "/api/2.0/offers/management/create": _create,
    "/api/2.0/offers/fetch_offer": _fetch,
    "/api/2.0/offers/acquisition/issue": _issue,
    "/api/2.0/offers/acquisition/revoke": _revoke,
    "/api/2.0/offers/get_user_offers": _get_user_offers,
    "/api/2.0/offers/user_offer_history": _history,
}
