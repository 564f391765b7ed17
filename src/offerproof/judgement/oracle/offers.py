"""Rules on offers: what was created comes back, and nothing comes back for an id nobody made."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from typing import Any

from offerproof.judgement.oracle.calls import ident, number, rows, truth
from offerproof.judgement.oracle.ruling import Judgement
from offerproof.judgement.oracle.world import Made

_KNOWN_TYPES = frozenset(
    {
        "manual_fulfillment",
        "fixed_amount_check_discount",
        "fixed_amount_item_discount",
        "percent_check_discount",
        "percent_item_discount",
    }
)
_UNITS = frozenset({"days", "weeks", "months", "years"})
_TEXT_MAX = 200


def create(case: Judgement) -> None:
    """Creating gives a new id, a published first version and no validation errors."""
    body = case.call.request
    plain = _plain(body)
    if plain:
        case.must_accept("CREATE-1", "creating a plain, documented offer")
    if not case.accepted or not isinstance(case.call.payload, Mapping):
        return
    payload = case.call.payload
    if payload.get("validation_errors") and not plain:
        return  # kept as a draft at most: another way to refuse it
    key = ident(payload.get("offer_id"))
    if not case.check(bool(key), "CREATE-1", "offer_id of a created offer", "an id", payload.get("offer_id")):
        return
    case.check(key not in case.world.offers, "CREATE-9", "offer_id of a created offer", "a new one", "a known one")
    root = payload.get("root_offer_id")
    case.check(ident(root) == key, "CREATE-2", "root_offer_id of a first version", payload.get("offer_id"), root)
    errors = payload.get("validation_errors")
    case.check(not errors, "CREATE-3", "validation_errors of an accepted offer", "none", errors)
    case.check(payload.get("revisioned") in (False, None), "CREATE-4", "revisioned", False, payload.get("revisioned"))
    if truth(body.get("publish")):
        status = payload.get("new_status")
        case.check(number(status) == 1, "CREATE-5", "new_status of a published offer", 1, status)
    case.world.offers[key] = Made(str(payload["offer_id"]), dict(body), ident(root) or None, plain)


def _plain(body: Mapping[str, Any]) -> bool:
    """Tell whether every target must take this offer: a known type, published, short texts, a lasting window."""
    texts, common = rows(body.get("text_config")), body.get("common_config")
    if str(body.get("offer_type")) not in _KNOWN_TYPES or truth(body.get("publish")) is not True or len(texts) != 1:
        return False
    if not isinstance(common, Mapping) or str(common.get("validity_unit")) not in _UNITS:
        return False
    period = number(common.get("validity_period"))
    short = all(
        isinstance(text, str) and 0 < len(text) <= _TEXT_MAX and text == text.strip() and text.isprintable()
        for text in (texts[0].get(name) for name in ("title", "description", "terms_and_conditions"))
    )
    start, end = str(common.get("acquisition_start_date")), str(common.get("acquisition_end_date"))
    if isinstance(_json(common.get("custom_data", "{}")), str):  # no JSON text
        return False
    return short and texts[0].get("culture") == "en" and period is not None and 1 <= period <= 100 and start < end


def fetch(case: Judgement) -> None:
    """Fetching answers with the offer asked for, as it was created; a made-up id is refused."""
    asked = case.call.request
    key = ident(asked.get("offer_id"))
    if not key:
        case.must_refuse("FETCH-19", "fetching without an offer_id")
        return
    made = case.world.offers.get(key)
    if made is None:
        case.must_refuse("FETCH-17", "fetching an offer id nobody knows")
        return
    english = str(asked.get("culture") or "en").lower().startswith("en")
    exact = asked.get("offer_id") == made.offer_id and asked.get("retailer_id") == made.body.get("retailer_id")
    if exact and english:
        case.must_accept("FETCH-1", "fetching an offer that was created")
    if not case.accepted or not isinstance(case.call.payload, Mapping):
        return
    offer = case.call.payload.get("offer")
    if not isinstance(offer, Mapping):
        case.wrong("FETCH-1", "payload.offer of fetch_offer", "an object", type(offer).__name__)
        return
    case.check(ident(offer.get("id")) == key, "FETCH-1", "id of the fetched offer", made.offer_id, offer.get("id"))
    if english:
        _texts_come_back(case, made.body, offer)
    if made.plain and english:
        _comes_back(case, made.body, offer)


def _texts_come_back(case: Judgement, body: Mapping[str, Any], offer: Mapping[str, Any]) -> None:
    """Whatever texts were accepted come back; of hard ones, in another normal form, trimmed or cut at most."""
    texts = rows(body.get("text_config"))
    if len(texts) != 1 or texts[0].get("culture") != "en":
        return
    wanted, shown = texts[0].get("title"), offer.get("title")
    if isinstance(wanted, str) and wanted.strip():
        case.check(_same_text(wanted, shown), "FETCH-2", "title of the fetched offer", wanted, shown)
    wanted = texts[0].get("description")
    described = [one.get("description") for one in rows(offer.get("offer_text"))]
    if isinstance(wanted, str) and wanted.strip():
        same = any(_same_text(wanted, one) for one in described)
        case.check(same, "FETCH-3", "description of the fetched offer", wanted, described)


def _same_text(wanted: str, shown: Any) -> bool:
    if not isinstance(shown, str):
        return False
    if wanted == shown:
        return True
    if wanted.isascii() and wanted.isprintable() and wanted == wanted.strip() and len(wanted) <= _TEXT_MAX:
        return False
    before, after = _folded(wanted), _folded(shown)
    return before == after or (len(wanted) > _TEXT_MAX and bool(after) and before.startswith(after))


def _folded(text: str) -> str:
    """Return a text without what a store may change: normal form, white space, signs that show nothing."""
    seen = (sign for sign in unicodedata.normalize("NFC", text) if unicodedata.category(sign) != "Cf")
    return " ".join("".join(seen).split())


def _comes_back(case: Judgement, body: Mapping[str, Any], offer: Mapping[str, Any]) -> None:
    common = body["common_config"]
    period = offer.get("validity_period")
    case.check(
        number(period) == number(common["validity_period"]),
        "FETCH-7",
        "validity_period of the fetched offer",
        common["validity_period"],
        period,
    )
    unit = offer.get("validity_unit")
    case.check(str(unit).lower() == common["validity_unit"], "FETCH-7", "validity_unit", common["validity_unit"], unit)
    case.check(
        offer.get("offer_type_id") == body["offer_type"],
        "FETCH-9",
        "offer_type_id of the fetched offer",
        body["offer_type"],
        offer.get("offer_type_id"),
    )
    case.check(number(offer.get("status")) == 1, "FETCH-12", "status of a published offer", 1, offer.get("status"))
    data, back = _json(common.get("custom_data")), _json(offer.get("custom_data"))
    if data is not None:
        case.check(back == data, "FETCH-6", "custom_data of the fetched offer", data, back)


def _json(text: Any) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return text
