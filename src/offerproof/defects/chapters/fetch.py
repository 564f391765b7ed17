"""Get offer details: created and fetched back otherwise than they were given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from offerproof.defects import wire
from offerproof.defects.asked import Document, read, table
from offerproof.defects.rewrites import (
    FETCH,
    OFFER,
    OTHER,
    When,
    any_retailer,
    edit,
    in_ascii,
    later,
    offer_words,
    put,
    refuse,
    refused,
    revise,
    turn,
)
from offerproof.defects.wire import Flow, Rewrite
from offerproof.simulator.answers import Answer, encode

TEXT = f"{OFFER}.offer_text.*"


def fetched(change: Callable[[Document], object], when: When = lambda flow: True) -> Rewrite:
    """Change the offer in place."""
    return edit(FETCH, OFFER, change, when)


def counted(unit: str, other: str, each: int) -> Rewrite:
    """Count a validity in another unit than it was created in."""

    def change(offer: Document) -> None:
        if offer["validity_unit"] == unit:
            offer["validity_unit"], offer["validity_period"] = other, offer["validity_period"] * each

    return fetched(change)


def of_the_first_culture(flow: Flow, offer: Document) -> None:
    """Give an offer the title that it was created with first."""
    created = flow.memory.offers.get(offer["id"].lower())
    if created is not None:
        offer["title"] = created["text_config"][0]["title"]


def turned_round(text: Any) -> Any:
    """Reverse the lists of an object that is written in JSON."""
    document = table(read(text.encode())) if isinstance(text, str) else {}
    turned = {name: value[::-1] if isinstance(value, list) else value for name, value in document.items()}
    return encode(turned).decode() if document else text


def newest_instead(when: When) -> Rewrite:
    """Fetch the newest offer where another request is refused."""

    def newest(flow: Flow) -> Answer | None:
        if not when(flow):
            return None
        offer_id = flow.memory.newest(flow.memory.offers)
        return flow.ask(lambda asked: asked.update(offer_id=offer_id)) if offer_id else flow.succeed({"offer": None})

    return refused(FETCH, newest, odd=True)


def numbers_as_texts(text: Any) -> Any:
    """Write the numbers of an object of JSON as texts, and what is neither true nor false likewise."""
    document = table(read(text.encode())) if isinstance(text, str) else {}
    plain = {name: value if isinstance(value, str | list | dict) else str(value) for name, value in document.items()}
    return encode(plain).decode() if document else text


wire("custom-data-numbers-are-texts", "offers", "FETCH-6", "numbers in custom_data come back as texts")(
    turn(FETCH, f"{OFFER}.custom_data", numbers_as_texts)
)
wire("id-of-the-text", "offers", "FETCH-1", "asked for in a culture, an offer's id is the id of its text")(
    fetched(lambda offer: offer.update(id=offer["offer_text"][0]["id"]), lambda flow: flow.document.get("culture"))
)


def in_another_zone(text: str) -> str:
    """The same instant, as a clock two hours ahead of UTC shows it."""
    ahead = timezone(timedelta(hours=2))
    return datetime.fromisoformat(text).astimezone(ahead).isoformat()


wire("title-cut", "offers", "FETCH-2", "the title ends at its first space")(
    turn(FETCH, f"{OFFER}.title", lambda title: title.split(" ")[0])
)
wire("description-is-terms", "offers", "FETCH-3", "the description shows the terms")(
    edit(FETCH, TEXT, lambda text: text.update(description=text["terms"]))
)
wire("description-cut-at-255", "offers", "FETCH-3", "of a description 255 characters are kept")(
    turn(FETCH, f"{TEXT}.description", lambda text: text[:255])
)
wire("terms-forgotten", "offers", "FETCH-4", "the terms come back empty")(put(FETCH, f"{TEXT}.terms", ""))
wire("end-date-a-day-late", "offers", "FETCH-5", "an offer's acquisition ends a day later than it was created with")(
    fetched(
        lambda offer: offer.update({name: later(offer[name], days=1) for name in ("acquisition_end_date", "end_date")})
    )
)
wire("start-date-a-day-early", "offers", "FETCH-5", "an offer's acquisition starts a day before it was created to")(
    fetched(
        lambda offer: offer.update(
            {name: later(offer[name], days=-1) for name in ("acquisition_start_date", "start_date")}
        )
    )
)
wire("custom-data-turned-round", "offers", "FETCH-6", "lists in custom_data come back in reverse order")(
    turn(FETCH, f"{OFFER}.custom_data", turned_round)
)
wire("custom-data-lost", "offers", "FETCH-6", "fetch_offer forgets custom_data")(
    put(FETCH, f"{OFFER}.custom_data", None)
)
wire("long-custom-data-dropped", "offers", "FETCH-6", "custom_data of more than a kilobyte is lost")(
    turn(FETCH, f"{OFFER}.custom_data", lambda text: "{}" if text and len(text.encode()) > 1024 else text)
)
wire("years-as-months", "offers", "FETCH-7", "a validity in years comes back in months")(counted("years", "months", 12))
wire("months-as-days", "offers", "FETCH-7", "a validity in months comes back in days, 30 to a month")(
    counted("months", "days", 30)
)
wire("reward-store-forgotten", "offers", "FETCH-8", "reward_store always comes back as false")(
    put(FETCH, f"{OFFER}.reward_store", False)
)
wire("reward-store-always", "offers", "FETCH-8", "reward_store always comes back as true")(
    put(FETCH, f"{OFFER}.reward_store", True)
)
wire("offer-type-shortened", "offers", "FETCH-9", "offer_type_id of manual_fulfillment is manual")(
    turn(FETCH, f"{OFFER}.offer_type_id", lambda kind: kind.removesuffix("_fulfillment"))
)
wire("retailer-of-nobody", "offers", "FETCH-10", "the offer's retailer_id is not the retailer's")(
    put(FETCH, f"{OFFER}.retailer_id", OTHER)
)
wire("root-id-lost", "offers", "FETCH-11", "fetched, the offer's root_offer_id is that of its first text")(
    fetched(lambda offer: offer.update(root_offer_id=offer["offer_text"][0]["id"]))
)
wire("published-shown-as-draft", "offers", "FETCH-12", "a published offer is fetched with status 0")(
    put(FETCH, f"{OFFER}.status", 0)
)
wire(
    "culture-not-widened", "offers", "FETCH-13", "the culture en-us does not find the text of en: fetch_offer refuses"
)(refuse(FETCH, lambda flow: "-" in str(flow.document.get("culture"))))
wire("ascii-only", "offers", "FETCH-14", "letters beyond ASCII come back as question marks")(offer_words(in_ascii))
wire("end-date-of-its-own", "offers", "FETCH-15", "end_date is a minute before the acquisition ends")(
    turn(FETCH, f"{OFFER}.end_date", lambda text: later(text, minutes=-1))
)
wire(
    "title-of-the-first-culture", "offers", "FETCH-16", "the title is that of the first culture, whichever is asked for"
)(revise(FETCH, OFFER, of_the_first_culture))
wire("unknown-offer-is-the-newest", "offers", "FETCH-17", "an offer id nobody knows fetches the newest offer")(
    newest_instead(lambda flow: flow.problem is None and flow.document["offer_id"].lower() not in flow.memory.offers)
)
wire("offer-id-case-sensitive", "offers", "FETCH-18", "an offer is not found under its id in capitals")(
    refuse(FETCH, lambda flow: str(flow.document.get("offer_id")) != str(flow.document.get("offer_id")).lower())
)
wire("offer-id-not-required", "offers", "FETCH-19", "a request without an offer_id fetches the newest offer")(
    newest_instead(
        lambda flow: flow.document.get("offer_id", "") == "" and isinstance(flow.document.get("retailer_id"), str)
    )
)
wire("offers-of-all-retailers", "offers", "FETCH-20", "an offer is fetched under the id of another retailer")(
    any_retailer(FETCH, {"offer": None})
)
wire("validity-as-text", "schema", "FETCH-22", "requires_extended_data is a text")(
    put(FETCH, f"{OFFER}.requires_extended_data", "false")
)
wire(
    "instants-with-an-offset", "schema", "FETCH-23", "the end of the acquisition window is written in a zone of its own"
)(turn(FETCH, f"{OFFER}.acquisition_end_date", in_another_zone))
wire("root-offer-id-is-a-number", "schema", "FETCH-24", "the root offer's id is a short number, as text")(
    put(FETCH, f"{OFFER}.root_offer_id", "1007")
)
