"""Create offer."""

from __future__ import annotations

from offerproof.defects import wire
from offerproof.defects.asked import table
from offerproof.defects.rewrites import (
    FETCH,
    OTHER,
    any_retailer,
    ask,
    created_offer,
    drop,
    put,
    refuse,
    refused,
    stored,
    turn,
)
from offerproof.defects.wire import Flow, Rewrite


def common(flow: Flow, member: str) -> str:
    """Return what a request to create an offer says of its dates; empty when it does not."""
    return str(table(flow.document.get("common_config")).get(member) or "")


def untrue(publish: object) -> Rewrite:
    """Take one spelling of true for false."""
    return ask(
        "create_offer", lambda offer: offer.update(publish=False), lambda flow: flow.document.get("publish") == publish
    )


wire("leap-day-refused", "offers", "CREATE-1", "an offer whose acquisition starts on a 29 February is refused")(
    refuse("create_offer", lambda flow: common(flow, "acquisition_start_date")[4:10] == "-02-29")
)
wire("created-offer-without-id", "offers", "CREATE-1", "the answer to creating an offer leaves out the offer_id")(
    drop("create_offer", "payload.offer_id")
)
wire("root-id-of-its-own", "offers", "CREATE-2", "a first version has a root_offer_id of its own")(
    put("create_offer", "payload.root_offer_id", OTHER)
)
wire("validation-warns", "offers", "CREATE-3", "an accepted offer comes with validation_errors")(
    put("create_offer", "payload.validation_errors", {"media_config": ["is empty"]})
)
wire("always-revisioned", "offers", "CREATE-4", "a first version is called a revision")(
    put("create_offer", "payload.revisioned", True)
)
wire("published-is-two", "offers", "CREATE-5", "new_status of a published offer is 2")(
    turn("create_offer", "payload.new_status", lambda status: status * 2)
)
wire("transition-to-draft", "offers", "CREATE-6", "state_transition says that a published offer is unpublished")(
    turn("create_offer", "payload.state_transition", lambda text: text.replace(">published", ">unpublished"))
)
wire("publish-text-ignored", "offers", "CREATE-7", "publish is understood as JSON value, not as text")(untrue("true"))
wire("publish-value-ignored", "offers", "CREATE-8", "publish is understood as text, not as JSON value")(untrue(True))
wire("same-offer-same-id", "offers", "CREATE-9", "an offer that was created before is not created again")(
    stored(
        "create_offer",
        lambda flow: (
            f"{flow.document['text_config']} {common(flow, 'acquisition_end_date')} {flow.document['offer_type']}"
        ),
    )
)
wire("no-percent-on-items", "offers", "CREATE-10", "an offer of a percentage on an item cannot be created")(
    refuse("create_offer", lambda flow: flow.document.get("offer_type") == "percent_item_discount")
)
wire("offer-without-text", "offers", "CREATE-12", "an offer without any text is created")(
    created_offer(lambda flow: "offer_type" in flow.document and not flow.document.get("text_config"), odd=True)
)
wire("ends-before-it-starts", "offers", "CREATE-13", "an offer whose acquisition ends before it starts is created")(
    created_offer(lambda flow: common(flow, "acquisition_end_date") < common(flow, "acquisition_start_date"))
)
wire(
    "offer-of-any-retailer",
    "offers",
    "CREATE-14",
    "an offer for a retailer nobody knows is created for the one there is",
)(any_retailer("create_offer", {"offer_id": OTHER}))
wire("draft-is-fetched-as-published", "offers", "CREATE-15", "an offer that is not published is fetched with status 1")(
    put(FETCH, "payload.offer.status", 1)
)
wire("draft-is-published", "offers", "CREATE-15", "an offer that is not published has new_status 1")(
    put("create_offer", "payload.new_status", 1)
)
wire("new-status-as-text", "schema", "CREATE-16", "new_status is a text")(
    turn("create_offer", "payload.new_status", str)
)
wire("validation-errors-as-text", "schema", "CREATE-16", "validation_errors is a text")(
    put("create_offer", "payload.validation_errors", "none")
)
wire("any-offer-type", "offers", "CREATE-11", "an offer type that does not exist becomes manual_fulfillment")(
    refused(
        "create_offer",
        lambda flow: flow.ask(lambda offer: offer.update(offer_type="manual_fulfillment", offer_config={})),
    )
)
