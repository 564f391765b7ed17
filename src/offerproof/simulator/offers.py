"""The Offers service: create, fetch, issue, revoke, the wallet and the history (Offer Management, steps 1 to 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offerproof.program import Program, Settings
from offerproof.program.model import (
    OfferCommon,
    OfferDraft,
    OfferMedia,
    OfferText,
    OfferVersion,
    UserOfferRecord,
    UserOfferState,
)
from offerproof.simulator import bodies
from offerproof.simulator.answers import Answer, encode
from offerproof.simulator.values import Malformed, flag, instant, sane, whole, zulu


class OffersCalls:
    """One method per call: takes the instant and the decoded request, returns the answer or raises ``Refused``."""

    def __init__(self, program: Program, settings: Settings, retailer: Callable[[str], str]) -> None:
        self._program = program
        self._settings = settings
        self._retailer = retailer

    def create_offer(self, now: int, request: bodies.CreateOffer) -> Answer:
        """Create an offer, or a new version of one."""
        created = self._program.offers.create(now, draft(request))
        payload = {
            "offer_id": created.offer.id,
            "root_offer_id": created.offer.root_id,
            "validation_errors": {},
            "revisioned": created.revisioned,
            "new_status": _status(created.offer),
            "state_transition": created.state_transition,
        }
        return _ok(payload)

    def fetch_offer(self, now: int, request: bodies.FetchOffer) -> Answer:
        """One version of an offer."""
        view = self._program.offers.fetch(request.offer_id.lower(), request.culture or None)
        offer = view.offer
        common = offer.common
        start = common.acquisition_start if common.acquisition_start is not None else offer.created_at
        end = None if common.acquisition_end is None else zulu(common.acquisition_end)
        shown = {
            "offer_type_id": offer.offer_type,
            "id": offer.id,
            "root_offer_id": offer.root_id,
            "retailer_id": self._retailer(request.retailer_id),
            "title": view.text.title,
            "status": _status(offer),
            "acquisition_start_date": zulu(start),
            "acquisition_end_date": end,
            "validity_period": common.validity_period,
            "validity_unit": common.validity_unit,
            "reward_store": common.reward_store,
            "custom_data": common.custom_data,
            "requires_extended_data": False,
            "all_items_eligible": offer.all_items_eligible,
            "parent_offer_ids": offer.parent_ids,
            "check_level": offer.check_level,
            "offer_text": [_text(offer, text) for text in view.texts],
            "offer_media": [{"id": one.id, "uri": one.uri, "culture": one.culture} for one in offer.media],
            "start_date": zulu(start),
            "end_date": end,
            "valid_after_end_date": common.valid_after_end_date,
        }
        return _ok({"offer": shown})

    def issue_offer(self, now: int, request: bodies.IssueOffer) -> Answer:
        """Give a customer an offer."""
        quantity = 1 if request.quantity is None else whole(request.quantity, "$.quantity", -(10**9))
        exact = (
            flag(request.issue_exact_version, "$.issue_exact_version")
            if request.issue_exact_version is not None
            else False
        )
        issued = self._program.wallets.issue(now, request.user_id.lower(), request.offer_id.lower(), quantity, exact)
        listed = [
            {
                "user_id": one.customer.id,
                "user_offer_id": one.id,
                "offer_id": one.offer.id,
                "root_offer_id": one.offer.root_id,
                "pending_extended_data": False,
                "fail_reason": None,
            }
            for one in issued
        ]
        return _ok({"status_list": listed})

    def revoke_offer(self, now: int, request: bodies.RevokeOffer) -> Answer:
        """Take a user offer back."""
        revoked = self._program.wallets.revoke(now, request.user_offer_id.lower(), request.reason)
        return _ok({"user_offer_id": revoked.id, "offer_id": revoked.offer.id, "user_id": revoked.customer.id})

    def get_user_offers(self, now: int, request: bodies.GetUserOffers) -> Answer:
        """The issued offers of a customer."""
        skip, take = _window(request.skip, request.take)
        if request.include_pending_extended_data is not None:
            flag(request.include_pending_extended_data, "$.include_pending_extended_data")
        page = self._program.wallets.page(request.user_id.lower(), skip, take)
        payload = {
            "user_id": request.user_id.lower(),
            "user_offers": [self._in_wallet(now, one, request.culture) for one in page.user_offers],
            "total_records": page.total,
            "skip": page.skip,
            "take": page.take,
        }
        return _ok(payload)

    def user_offer_history(self, now: int, request: bodies.UserOfferHistory) -> Answer:
        """Every user offer of some customers."""
        skip, take = _window(request.skip, request.take)
        if request.rollback_option is not None:
            whole(request.rollback_option, "$.rollback_option")
        users = [user.lower() for user in request.user_ids]
        page = self._program.wallets.history(users, skip, take)
        codes = self._settings.user_offers.states
        results = []
        for one in page.user_offers:
            offer = one.offer
            text = offer.texts[0]
            media = offer.media[0] if offer.media else None
            code = codes[one.state]
            results.append(
                {
                    "title": text.title,
                    "description": text.description,
                    "terms": text.terms,
                    "user_offer_id": one.id,
                    "offer_id": offer.id,
                    "offer_type": offer.offer_type,
                    "user_id": one.customer.id,
                    "acquire_date": zulu(one.acquired_at),
                    "redemption_start_date": zulu(one.starts_at),
                    "redemption_end_date": None if one.ends_at is None else zulu(one.ends_at),
                    "status": code.code,
                    "status_description": code.description,
                    "culture": text.culture,
                    "media_uri": media.uri if media else "",
                    "media_culture": media.culture if media else "",
                    "skip": page.skip,
                    "take": page.take,
                }
            )
        return _ok({"total_records": page.total, "results": results})

    def _in_wallet(self, now: int, one: UserOfferRecord, culture: str | None) -> dict[str, Any]:
        offer = one.offer
        text = self._program.offers.text_of(offer, culture)
        media = offer.media[0] if offer.media else None
        redeemable = (
            one.state is UserOfferState.ISSUED and one.starts_at <= now and (one.ends_at is None or now < one.ends_at)
        )
        return {
            "user_offer_id": one.id,
            "id": one.id,
            "offer_id": offer.id,
            "root_offer_id": offer.root_id,
            "user_id": one.customer.id,
            "offer_type": offer.offer_type,
            "name": text.title,
            "description": text.description,
            "terms": text.terms,
            "is_redeemable": redeemable,
            "acquire_date": zulu(one.acquired_at),
            "redemption_start_date": zulu(one.starts_at),
            "redemption_end_date": None if one.ends_at is None else zulu(one.ends_at),
            "culture": text.culture,
            "media_uri": media.uri if media else "",
            "media_culture": media.culture if media else "",
        }


def draft(request: bodies.CreateOffer, new_offer_id: str | None = None) -> OfferDraft:
    """Return what create_offer is asked for, every number, flag and instant in it checked."""
    common = request.common_config or bodies.CommonConfig()
    where = "$.common_config"
    period = common.validity_period
    asked = OfferDraft(
        offer_type=request.offer_type,
        texts=[
            OfferText(one.culture, one.title, one.description or "", one.terms_and_conditions or "")
            for one in request.text_config
        ],
        publish=False if request.publish is None else flag(request.publish, "$.publish"),
        offer_id=None if request.offer_id is None else request.offer_id.lower(),
        new_offer_id=new_offer_id,
        media=[_media(one) for one in request.media_config or ()],
        common=OfferCommon(
            _instant(common.acquisition_start_date, f"{where}.acquisition_start_date"),
            _instant(common.acquisition_end_date, f"{where}.acquisition_end_date"),
            _flag(common.does_not_expire, f"{where}.does_not_expire"),
            _flag(common.valid_after_end_date, f"{where}.valid_after_end_date"),
            _flag(common.reward_store, f"{where}.reward_store"),
            common.validity_unit or None,
            None if period is None else whole(period, f"{where}.validity_period", -(10**9)),
            common.custom_data,
        ),
        discount_config=sane(request.discount_config, "$.discount_config"),
        offer_config=sane(request.offer_config, "$.offer_config"),
    )
    for name in ("use_restrictions", "purchase_restrictions", "catalog_restrictions", "location_restrictions"):
        sane(getattr(request, name), f"$.{name}")
    return asked


def _media(one: dict[str, Any]) -> OfferMedia:
    uri = next((one[key] for key in ("uri", "media_uri", "url") if isinstance(one.get(key), str)), None)
    if not uri:
        raise Malformed("$.media_config[].uri", "a text")
    culture = one.get("culture") or one.get("media_culture") or ""
    if not isinstance(culture, str):
        raise Malformed("$.media_config[].culture", "a text")
    return OfferMedia(uri, culture)


def _window(skip: Any, take: Any) -> tuple[int, int | None]:
    """Return skip and take as whole numbers; what is out of range the program refuses."""
    first = 0 if skip is None else whole(skip, "$.skip", -(10**9))
    return first, None if take is None else whole(take, "$.take", -(10**9))


def _instant(value: str | None, where: str) -> int | None:
    return None if value is None else instant(value, where)


def _flag(value: Any, where: str) -> bool:
    return False if value is None else flag(value, where)


def _status(offer: OfferVersion) -> int:
    return 1 if offer.published else 0


def _text(offer: OfferVersion, text: OfferText) -> dict[str, Any]:
    return {
        "id": text.id,
        "offer_id": offer.id,
        "culture": text.culture,
        "title": text.title,
        "description": text.description,
        "terms": text.terms,
    }


def _ok(payload: dict[str, Any]) -> Answer:
    return Answer(200, encode({"status": "ok", "payload": payload}))
