"""The wallet: who Lookup answers, what is in it, what it is priced at; and get_user_offers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal

from offerproof.defects import wire
from offerproof.defects.asked import Document, done, read
from offerproof.defects.rewrites import (
    LOOKUP,
    OTHER,
    WALLET,
    When,
    alike,
    ask,
    edit,
    honour,
    later,
    looked_up_as,
    numbers,
    on,
    only,
    put,
    refuse,
    revise,
    stays,
    turn,
    without_zeros,
    zeros_apart,
)
from offerproof.defects.wire import Flow, Rewrite
from offerproof.simulator.answers import Answer

ENTRY = f"{WALLET}.*"
LISTED = "payload.user_offers"


def priced(flow: Flow) -> bool:
    """Whether a Lookup has a basket."""
    return bool(flow.transaction)


def unpriced(flow: Flow) -> bool:
    """Whether a Lookup has no basket."""
    return not flow.transaction


def without_exponents(flow: Flow) -> Answer:
    """Let the server read numbers up to their exponents."""
    body = re.sub(rb"(: ?[0-9.]+)[eE][-+]?[0-9]+", rb"\1", flow.message.body)
    if flow.operation != LOOKUP or body == flow.message.body:
        return flow.send()
    return flow.wrong(flow.send(replace(flow.message, body=body)))


def by_external_id(flow: Flow) -> bool:
    """Whether a Lookup names the customer by an external id."""
    return flow.payload.get("external_customer_id") is not None


def amounts(change: Callable[[Flow, Document, Decimal], object], when: When = priced) -> Rewrite:
    """Change the discounts of a Lookup: ``change`` gets the flow, the discount and its amount."""
    return revise(LOOKUP, ENTRY, lambda flow, one: change(flow, one, Decimal(str(one["amount"]))), when)


def newest_if_by_id(flow: Flow) -> Document | None:
    """Name the customer created last to whom asks by user_id."""
    newest = flow.memory.newest(flow.memory.customers)
    return {"user_id": newest} if newest and flow.payload.get("user_id") is not None else None


def by_beginning(flow: Flow) -> Document | None:
    """Name the customer created last whose external id begins like the one asked for."""
    given = str(flow.payload.get("external_customer_id") or "")
    known = [str(one.get("external_id") or "") for one in flow.memory.customers.values()]
    return next(({"external_customer_id": one} for one in reversed(known) if given and one.startswith(given)), None)


def by_look(member: str, created: str, fits: Callable[[str, str], bool]) -> Rewrite:
    """Look up a customer by what only looks like the identifier that they were created with."""

    def own(flow: Flow) -> Document | None:
        known = [one.get(created) for one in flow.memory.customers.values()]
        found = alike(known, flow.payload.get(member), fits)
        return None if found is None else {member: found}

    return looked_up_as(own)


def nearly(flow: Flow) -> Document | None:
    """Name the customer whose id is the one asked for but for its last letter."""
    given = str(flow.payload.get("user_id") or "").lower()
    return next(({"user_id": one} for one in flow.memory.customers if given and one[:-1] == given[:-1]), None)


def with_redeemed(flow: Flow, listed: list[Document]) -> None:
    """List what was locked or redeemed as if it were issued still."""
    there = {str(one.get("user_offer_id") or one.get("id")).lower() for one in listed}
    mine = [code for code, one in flow.memory.issued.items() if one["user_id"] == flow.document["user_id"].lower()]
    listed += [
        {"user_offer_id": code, **flow.memory.issued[code]}
        for code in mine
        if code in flow.memory.held and code not in there
    ]


def with_redeemed_at_once(flow: Flow, listed: list[Document]) -> None:
    """List what was redeemed at once as if it were issued still."""
    user_id = flow.document["user_id"].lower()
    gone = [code for code in flow.memory.acted["redeem"] if flow.memory.did.get(code) == "redeem"]
    listed += [
        {"user_offer_id": code, "id": code, **one}
        for code in gone
        if (one := flow.memory.issued.get(code)) and one["user_id"] == user_id
    ]


def with_revoked(flow: Flow, listed: list[Document]) -> None:
    """List what was revoked as if it were issued still."""
    mine = [code for code, one in flow.memory.issued.items() if one["user_id"] == flow.document["user_id"].lower()]
    gone = [code for code in mine if code in flow.memory.acted["revoke_offer"]]
    listed += [{"user_offer_id": code, "id": code, **flow.memory.issued[code]} for code in gone]


def in_small_letters(payload: Document) -> None:
    """Ask for an external id in small letters."""
    payload["external_customer_id"] = str(payload["external_customer_id"]).lower()


def without_plus(payload: Document) -> None:
    """Ask for identifiers with a blank instead of each plus sign."""
    for name in ("external_customer_id", "email"):
        if isinstance(payload.get(name), str):
            payload[name] = payload[name].replace("+", " ")


def in_units(flow: Flow, one: Document, amount: Decimal) -> None:
    """Cut percentages to whole dollars."""
    if "percent" in flow.kind(one["reference_id"]):
        one["amount"] = int(amount.to_integral_value(ROUND_DOWN))


def each_line(flow: Flow, one: Document, amount: Decimal) -> None:
    """Take a fixed amount off each line."""
    if "fixed" in flow.kind(one["reference_id"]):
        one["amount"] = amount * len(one["discounted_line_ids"])


def worth(flow: Flow, one: Document, amount: Decimal) -> None:
    """Show what an offer is worth."""
    config = flow.created(one["reference_id"]).get("discount_config") or {}
    one["amount"] = Decimal(str(config.get("amount") or config.get("percent") or 0))


wire("customer-answered-twice", "wallet", "WALLET-1", "Lookup by external id answers the customer twice")(
    edit(LOOKUP, "payload", lambda customers: customers.extend(customers[:1]), by_external_id)
)
wire("lookup-by-phone-finds-nobody", "wallet", "WALLET-2", "Lookup by phone answers with no customer")(
    edit(LOOKUP, "payload", list.clear, lambda flow: flow.payload.get("phone") is not None)
)
wire("reference-is-an-account", "wallet", "WALLET-3", "user_reference_id is the id of a point account")(
    edit(
        LOOKUP,
        "payload.*",
        lambda customer: customer.update(user_reference_id=customer["accounts"][0]["PointAccountID"]),
        by_external_id,
    )
)
wire("lookup-shows-another-name", "wallet", "WALLET-4", "Lookup shows a last name that is not the customer's")(
    put(LOOKUP, "payload.*.last_name", "Another")
)
wire("offer-of-somebody", "wallet", "WALLET-5", "an offer of the wallet names another user_id")(
    put(LOOKUP, f"{ENTRY}.user_id", OTHER)
)
wire("offers-are-of-another-type", "wallet", "WALLET-6", "reference_id_type of an offer of the wallet is ttlcode")(
    put(LOOKUP, f"{ENTRY}.reference_id_type", "ttlcode")
)
wire("source-is-the-till", "wallet", "WALLET-36", "discount_source of an offer of the wallet is pos")(
    put(LOOKUP, f"{ENTRY}.discount_source", "pos")
)
wire("shown-as-locked", "wallet", "WALLET-7", "an offer nobody has locked is shown as LOCKED by external id")(
    put(LOOKUP, f"{ENTRY}.status", "LOCKED", by_external_id)
)
wire("priced-without-basket", "wallet", "WALLET-8", "Lookup without a transaction shows what an offer is worth")(
    amounts(worth, unpriced)
)
wire("wallet-forgets-oldest", "wallet", "WALLET-9", "Lookup leaves out the oldest of several offers")(
    edit(LOOKUP, WALLET, lambda offers: offers.pop() if len(offers) > 1 else None)
)
wire("wallet-stops-at-2", "volume", "WALLET-9", "Lookup shows no more than the two newest offers")(
    edit(LOOKUP, WALLET, only(2))
)
wire("wallet-ends-at-50", "wallet", "WALLET-9", "Lookup never shows more than 50 offers, and does not say so")(
    edit(LOOKUP, WALLET, only(50))
)
wire("named-as-the-first", "wallet", "WALLET-10", "all offers of a wallet bear the display_name of its first one")(
    edit(LOOKUP, WALLET, lambda offers: [one.update(display_name=offers[0]["display_name"]) for one in offers])
)
wire("offers-have-no-name", "wallet", "WALLET-10", "the display_name of an offer of the wallet is not its title")(
    put(LOOKUP, f"{ENTRY}.display_name", "An offer")
)
wire(
    "percent-taken-as-amount", "wallet", "WALLET-11", "a priced Lookup shows a discount of ten times the right amount"
)(amounts(lambda flow, one, amount: one.update(amount=amount * 10)))
wire("five-off-each-line", "wallet", "WALLET-11", "a priced Lookup takes a fixed amount off each line of the check")(
    amounts(each_line)
)
wire("percent-in-whole-dollars", "wallet", "WALLET-12", "a priced Lookup cuts percentages to whole dollars")(
    amounts(in_units)
)
wire("lines-count-from-zero", "wallet", "WALLET-13", "Lookup names the positions of lines, from 0, not their ids")(
    turn(LOOKUP, f"{ENTRY}.discounted_line_ids", lambda ids: [str(place) for place, _ in enumerate(ids)], priced)
)
wire("item-discount-halved", "wallet", "WALLET-14", "a priced Lookup shows half of a discount on an item")(
    amounts(
        lambda flow, one, amount: one.update(amount=amount / 2) if "item" in flow.kind(one["reference_id"]) else None
    )
)
wire("numbers-are-cents", "wallet", "WALLET-16", "Lookup takes whole numbers of a basket for cents")(
    amounts(lambda flow, one, amount: one.update(amount=amount / 100), numbers)
)
wire("redeemed-stays-in-wallet", "wallet", "WALLET-17", "Lookup goes on showing an offer a transaction has redeemed")(
    stays(lambda flow, user: flow.memory.acted["send_transaction"])
)
wire("nobody-is-the-newest", "wallet", "WALLET-18", "a Lookup for a customer nobody knows answers the newest one")(
    looked_up_as(newest_if_by_id)
)
wire("lookup-of-nobody", "wallet", "WALLET-19", "a Lookup that names no customer is a success with no customer")(
    honour(LOOKUP, [], lambda flow: not set(flow.payload) - {"transaction"})
)
wire("lookup-by-beginning", "wallet", "WALLET-20", "Lookup finds a customer by the beginning of the external id")(
    looked_up_as(by_beginning)
)
wire("lookup-by-nine-digits", "wallet", "WALLET-20", "of a phone number Lookup looks at the last nine digits")(
    by_look("phone", "mobile_number", lambda one, given: one[-9:] == given[-9:])
)
wire("lookup-external-id-is-a-number", "wallet", "WALLET-30", "Lookup finds an external id with fewer zeros")(
    by_look("external_customer_id", "external_id", zeros_apart)
)
wire("lookup-external-id-in-any-case", "wallet", "WALLET-30", "Lookup looks for external ids in small letters")(
    ask(LOOKUP, lambda asked: in_small_letters(asked["request_payload"]), by_external_id)
)
wire("lookup-tag-ignored", "wallet", "WALLET-30", "Lookup does not look at what follows a plus sign in an address")(
    by_look("email", "email", lambda one, given: "+" in one and one.split("+")[0] == given.split("@")[0])
)
wire("lookup-plus-is-a-blank", "wallet", "WALLET-30", "Lookup takes a plus sign in an identifier for a blank")(
    ask(LOOKUP, lambda asked: without_plus(asked["request_payload"]))
)
wire("exponents-are-cut", "wallet", "WALLET-16", "a Lookup does not read the exponents of the numbers in a basket")(
    without_exponents
)
wire("lookup-by-most-of-the-id", "wallet", "WALLET-18", "Lookup does not look at the last letter of a SessionM id")(
    looked_up_as(nearly)
)
wire("line-ids-are-numbers", "wallet", "WALLET-13", "Lookup names lines of digits without leading zeros")(
    turn(LOOKUP, f"{ENTRY}.discounted_line_ids", lambda ids: list(map(without_zeros, ids)), priced)
)
wire("list-keeps-revoked", "wallet", "WALLET-31", "get_user_offers goes on listing a revoked offer")(
    revise("get_user_offers", LISTED, with_revoked)
)
wire("list-counts-one-more", "wallet", "WALLET-21", "total_records of get_user_offers is one more than there are")(
    turn("get_user_offers", "payload.total_records", lambda total: total + 1)
)
wire("list-keeps-redeemed", "wallet", "WALLET-22", "get_user_offers goes on listing a redeemed offer")(
    revise("get_user_offers", LISTED, with_redeemed)
)
wire("list-keeps-redeemed-at-once", "wallet", "WALLET-22", "get_user_offers goes on listing what was redeemed at once")(
    revise("get_user_offers", LISTED, with_redeemed_at_once)
)
wire("lookup-forgets-the-newest", "wallet", "WALLET-23", "Lookup leaves out the newest of several offers")(
    edit(LOOKUP, WALLET, lambda offers: offers.pop(0) if len(offers) > 1 else None)
)
wire("lookup-id-case-sensitive", "wallet", "WALLET-24", "Lookup does not find a customer by the id in capitals")(
    refuse(LOOKUP, lambda flow: str(flow.payload.get("user_id", "")) != str(flow.payload.get("user_id", "")).lower())
)
wire("partial-response-as-text", "schema", "WALLET-28", "partial_response is a text")(
    put(LOOKUP, "payload.*.partial_response", "false")
)
wire("list-total-as-text", "schema", "WALLET-29", "total_records of get_user_offers is a text")(
    turn("get_user_offers", "payload.total_records", str)
)


@wire("looking-locks", "wallet", "WALLET-15", "a Lookup with a transaction locks the offers it prices")
@on(LOOKUP)
def _(flow: Flow) -> Answer:
    answer = flow.send()
    if flow.transaction and done(answer):
        for customer in read(answer.body)["payload"]:
            for one in customer["offers"]:
                flow.hit()
                code = {"offer_lookup_code": one["reference_id"], "offer_lookup_type": "userofferid"}
                flow.also("lock", **code, transaction=flow.transaction)
    return answer


def redeemed_too(flow: Flow, customer: Document) -> None:
    """Show for a basket what the customer has redeemed, as if it were eligible."""
    user_id = customer["user_reference_id"].lower()
    done_with = (code for code, did in flow.memory.did.items() if did in ("redeem", "send_transaction"))
    mine = [code for code in done_with if flow.memory.issued.get(code, {}).get("user_id") == user_id]
    customer["offers"] += [{**flow.entry(code), "amount": 1} for code in mine]


wire("redeemed-is-eligible", "wallet", "WALLET-32", "a Lookup with a basket shows redeemed offers as eligible")(
    revise(LOOKUP, "payload.*", redeemed_too, priced)
)
wire("lookup-shows-another-phone", "wallet", "WALLET-33", "Lookup shows a phone number that is one off")(
    turn(LOOKUP, "payload.*.phone", lambda phone: f"{phone[:-1]}{(int(phone[-1]) + 1) % 10}" if phone else phone)
)
wire("lookup-account-of-another", "wallet", "WALLET-33", "user_account_id is nobody's")(
    put(LOOKUP, "payload.*.user_account_id", OTHER)
)
wire("lookup-swaps-names", "wallet", "WALLET-35", "Lookup shows the first name as last name, and the other way round")(
    edit(
        LOOKUP,
        "payload.*",
        lambda one: one.update(first_name=one.get("last_name"), last_name=one.get("first_name")),
    )
)
wire("list-names-another-offer", "wallet", "WALLET-34", "entries of get_user_offers name an offer that theirs is not")(
    turn("get_user_offers", f"{LISTED}.*.offer_id", lambda offer: OTHER)
)
wire("list-ends-a-day-later", "wallet", "WALLET-34", "in get_user_offers redemption windows end a day later")(
    turn("get_user_offers", f"{LISTED}.*.redemption_end_date", lambda ends: later(ends, days=1))
)
