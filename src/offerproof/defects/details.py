"""Defects of offers: created and fetched back otherwise than they were given."""

from __future__ import annotations

import json
from dataclasses import replace as copied
from typing import TYPE_CHECKING, Any

from offerproof.defects import defect
from offerproof.defects._tools import Document, around, instead_of, replace, rewrite
from offerproof.program.refusal import Reason, Refused
from offerproof.simulator.answers import Answer
from offerproof.simulator.bodies import FetchOffer
from offerproof.simulator.planting import Hit
from offerproof.simulator.values import Malformed

if TYPE_CHECKING:
    from offerproof.simulator.app import App, Call

_OTHER = "00000000-0000-4000-8000-000000000001"


def _created(app: App, hit: Hit, change: Any) -> None:
    rewrite(app, hit, "create_offer", lambda document: change(document["payload"]))


def _fetched(app: App, hit: Hit, change: Any, when: Any = None) -> None:
    rewrite(app, hit, "fetch_offer", lambda document: change(document["payload"]["offer"]), when=when)


def _newest(app: App) -> str:
    return next(reversed(app.program.state.offers), "")


@defect("leap-day-refused", "offers", "CREATE-1", "an offer whose acquisition starts on a 29 February is refused")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            start = getattr(request.common_config, "acquisition_start_date", None) or ""
            if start[4:10] == "-02-29":
                hit()
                raise Refused(Reason.INVALID, "acquisition_start_date is no date")
            return original(now, request)

        return call

    around(app, "create_offer", make)


@defect("root-id-of-its-own", "offers", "CREATE-2", "a first version has a root_offer_id of its own")
def _(app: App, hit: Hit) -> None:
    _created(app, hit, lambda payload: payload.update(root_offer_id=_OTHER))


@defect("validation-warns", "offers", "CREATE-3", "an accepted offer comes with validation_errors")
def _(app: App, hit: Hit) -> None:
    _created(app, hit, lambda payload: payload.update(validation_errors={"media_config": ["is empty"]}))


@defect("always-revisioned", "offers", "CREATE-4", "a first version is called a revision")
def _(app: App, hit: Hit) -> None:
    _created(app, hit, lambda payload: payload.update(revisioned=True))


@defect("published-is-two", "offers", "CREATE-5", "new_status of a published offer is 2")
def _(app: App, hit: Hit) -> None:
    _created(app, hit, lambda payload: payload.update(new_status=payload["new_status"] * 2))


@defect("transition-to-draft", "offers", "CREATE-6", "state_transition says that a published offer is unpublished")
def _(app: App, hit: Hit) -> None:
    def change(payload: Document) -> None:
        payload["state_transition"] = payload["state_transition"].replace(">published", ">unpublished")

    _created(app, hit, change)


@defect("publish-text-ignored", "offers", "CREATE-7", "publish is understood as JSON value, not as text")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            if request.publish == "true":
                hit()
                request.publish = False
            return original(now, request)

        return call

    around(app, "create_offer", make)


@defect("same-offer-same-id", "offers", "CREATE-9", "an offer that was created before is not created again")
def _(app: App, hit: Hit) -> None:
    made: dict[str, Answer] = {}

    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            common = request.common_config
            key = f"{request.text_config} {common and common.acquisition_end_date} {request.offer_type}"
            if key in made:
                hit()
                return made[key]
            made[key] = original(now, request)
            return made[key]

        return call

    around(app, "create_offer", make)


@defect("any-offer-type", "offers", "CREATE-11", "an offer type that does not exist becomes manual_fulfillment")
def _(app: App, hit: Hit) -> None:
    def act(original: Any, now: int, draft: Any) -> Any:
        return original(now, copied(draft, offer_type="manual_fulfillment", offer_config={}))

    instead_of(app, hit, app.program.offers, "create", {Reason.INVALID}, act)


@defect("new-status-as-text", "schema", "CREATE-16", "new_status is a text")
def _(app: App, hit: Hit) -> None:
    _created(app, hit, lambda payload: payload.update(new_status=str(payload["new_status"])))


@defect("newest-offer-not-fetched", "offers", "SMOKE-2", "the newest offer cannot be fetched yet")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            answer = original(now, request)
            if request.offer_id.lower() == _newest(app):
                hit()
                raise Refused(Reason.UNKNOWN_OFFER, "there is no such offer")
            return answer

        return call

    around(app, "fetch_offer", make)


@defect("id-of-the-text", "offers", "FETCH-1", "asked for in a culture, an offer's id is the id of its text")
def _(app: App, hit: Hit) -> None:
    def change(offer: Document) -> None:
        offer["id"] = offer["offer_text"][0]["id"]

    _fetched(app, hit, change, lambda request: request.culture is not None)


@defect("title-cut", "offers", "FETCH-2", "the title ends at its first space")
def _(app: App, hit: Hit) -> None:
    _fetched(app, hit, lambda offer: offer.update(title=offer["title"].split(" ")[0]))


@defect("description-is-terms", "offers", "FETCH-3", "the description shows the terms")
def _(app: App, hit: Hit) -> None:
    def change(offer: Document) -> None:
        for text in offer["offer_text"]:
            text["description"] = text["terms"]

    _fetched(app, hit, change)


@defect("years-as-months", "offers", "FETCH-7", "a validity in years comes back in months")
def _(app: App, hit: Hit) -> None:
    def change(offer: Document) -> None:
        if offer["validity_unit"] == "years":
            offer["validity_unit"], offer["validity_period"] = "months", offer["validity_period"] * 12

    _fetched(app, hit, change)


@defect("reward-store-forgotten", "offers", "FETCH-8", "reward_store always comes back as false")
def _(app: App, hit: Hit) -> None:
    _fetched(app, hit, lambda offer: offer.update(reward_store=False))


@defect("offer-type-shortened", "offers", "FETCH-9", "offer_type_id of manual_fulfillment is manual")
def _(app: App, hit: Hit) -> None:
    def change(offer: Document) -> None:
        offer["offer_type_id"] = offer["offer_type_id"].removesuffix("_fulfillment")

    _fetched(app, hit, change)


@defect("retailer-of-nobody", "offers", "FETCH-10", "the offer's retailer_id is not the retailer's")
def _(app: App, hit: Hit) -> None:
    _fetched(app, hit, lambda offer: offer.update(retailer_id=_OTHER))


@defect("root-id-lost", "offers", "FETCH-11", "fetched, the offer's root_offer_id is that of its first text")
def _(app: App, hit: Hit) -> None:
    _fetched(app, hit, lambda offer: offer.update(root_offer_id=offer["offer_text"][0]["id"]))


@defect("published-shown-as-draft", "offers", "FETCH-12", "a published offer is fetched with status 0")
def _(app: App, hit: Hit) -> None:
    _fetched(app, hit, lambda offer: offer.update(status=0))


@defect("ascii-only", "offers", "FETCH-14", "letters beyond ASCII come back as question marks")
def _(app: App, hit: Hit) -> None:
    def plain(text: str) -> str:
        return text.encode("ascii", "replace").decode()

    def change(offer: Document) -> None:
        offer["title"] = plain(offer["title"])
        for text in offer["offer_text"]:
            text["title"], text["description"] = plain(text["title"]), plain(text["description"])

    _fetched(app, hit, change)


@defect("unknown-offer-is-the-newest", "offers", "FETCH-17", "an offer id nobody knows fetches the newest offer")
def _(app: App, hit: Hit) -> None:
    def act(original: Any, offer_id: str, culture: str | None = None) -> Any:
        return original(_newest(app), culture)

    instead_of(app, hit, app.program.offers, "fetch", {Reason.UNKNOWN_OFFER}, act)


@defect("offer-id-not-required", "offers", "FETCH-19", "a request without an offer_id fetches the newest offer")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def decode(operation: Any, match: Any, body: bytes) -> Any:
            try:
                return original(operation, match, body)
            except Malformed:
                given = json.loads(body) if operation.name == "fetch_offer" else None
                if not isinstance(given, dict) or given.get("offer_id") or "retailer_id" not in given:
                    raise
                if not isinstance(given["retailer_id"], str) or given.get("offer_id", "") != "":
                    raise
                hit()
                return FetchOffer(given["retailer_id"], _newest(app))

        return decode

    replace(app, app, "decode", make)


@defect("validity-as-text", "schema", "FETCH-22", "requires_extended_data is a text")
def _(app: App, hit: Hit) -> None:
    _fetched(app, hit, lambda offer: offer.update(requires_extended_data="false"))
