"""What the profile declares where the documents leave a choice: here it is done otherwise than it is declared."""

from __future__ import annotations

import dataclasses
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from offerproof.defects import program, wire
from offerproof.defects.asked import Document, done, objects, table
from offerproof.defects.patches import counted, plays, replace
from offerproof.defects.rewrites import (
    BALANCES,
    FETCH,
    HISTORY,
    LOOKUP,
    OFFER,
    OTHER,
    ROW,
    SEARCH,
    SEND,
    USERS,
    ask,
    broken,
    created_offer,
    drop,
    edit,
    given_as_asked,
    hidden,
    honour,
    later,
    looked_up_as,
    of_the_same_time,
    on,
    put,
    refuse,
    refused,
    revise,
    sent,
    turn,
)
from offerproof.defects.wire import Flow
from offerproof.program.model import Key
from offerproof.program.refusal import Reason, Refused
from offerproof.program.setting_types import Rounding
from offerproof.simulator.answers import Answer

if TYPE_CHECKING:
    from offerproof.simulator.app import App
    from offerproof.simulator.planting import Hit


def store_of_the_first(flow: Flow) -> str:
    """Return the store that a client's request_id was sent from first."""
    name = (flow.document["client_id"], flow.document["request_id"])
    return str(flow.memory.notes["stores"].setdefault(name, flow.document["store_id"]))


def asked_user(flow: Flow) -> Document:
    """Return the customer who is to be created; empty when none is."""
    return table(flow.document.get("user"))


def other_words(flow: Flow, shown: Document) -> bool:
    """Whether an offer has no words in the language that is asked for."""
    language = str(flow.document.get("culture") or "").lower().partition("-")[0]
    texts = shown["payload"]["offer"]["offer_text"]
    return bool(language) and all(text["culture"].lower().partition("-")[0] != language for text in texts)


def common(flow: Flow, row: Document) -> Document:
    """Return the dates and the validity that a record's offer was created with."""
    return table(flow.created(row["user_offer_id"]).get("common_config"))


def forty_days(flow: Flow, row: Document) -> None:
    """Let a validity in months last ten days longer for each month."""
    validity = common(flow, row)
    if validity.get("validity_unit") == "months":
        row["redemption_end_date"] = later(row["redemption_end_date"], days=10 * int(validity["validity_period"]))


def ends(flow: Flow, row: Document) -> None:
    """Let an offer end that does not expire."""
    if common(flow, row).get("does_not_expire"):
        row["redemption_end_date"] = later(row["redemption_start_date"], days=365)


def newest_with_number(flow: Flow) -> Document | None:
    """Name the newest of several customers with the number that is asked for."""
    phone = str(flow.payload.get("phone") or "")
    mine = [user_id for user_id, user in flow.memory.customers.items() if phone and user.get("mobile_number") == phone]
    return {"user_id": mine[-1]} if len(mine) > 1 else None


def without_discounts(flow: Flow, payload: Document) -> None:
    """Let the items cost what they would have cost before their discounts."""
    more = sum(Decimal(str(one.get("amount") or 0)) for one in payload["discounts"])
    for line in payload["items"][:1]:
        line["subtotal"] = str(Decimal(str(line.get("subtotal") or 0)) + more)


def first_pays(flow: Flow, payload: Document) -> None:
    """Let the first of several payers pay all."""
    payments = payload["payments"]
    payload["payments"] = [{**payments[0], "amount": str(sum(Decimal(str(one["amount"] or 0)) for one in payments))}]


def with_escrow(user: Document) -> None:
    """Count the escrow of the spendable points in."""
    accounts = user.get("tier_details", {}).get("point_account_balances", {}).get("details", ())
    escrow = [one for one in accounts if not one["grouping_label"] and "tier" not in one["account_name"].lower()]
    user["available_points"] += sum(one["available_balance"] for one in escrow)


def without_escrow(shown: Document) -> None:
    """Let what is in escrow count in no lifetime value."""
    for account in shown["details"]:
        if not account["grouping_label"]:
            account["life_time_value"] = 0
    shown["summary"]["life_time_points"] = sum(account["life_time_value"] for account in shown["details"])


def by_capitals(payment: Document) -> bool:
    """Whether a payer is named by an id in capitals."""
    named = str(payment.get("user_id") or "")
    return named != named.lower()


def odd_offer(flow: Flow) -> bool:
    """Whether the cultures of an offer are blank or repeated, or half of its validity is missing."""
    cultures = [str(text.get("culture")).strip().lower() for text in flow.document.get("text_config") or ()]
    return not all(cultures) or len(set(cultures)) < len(cultures) or half_valid(flow)


def half_valid(flow: Flow) -> bool:
    """Whether a validity has a unit and no good period."""
    validity = table(flow.document.get("common_config"))
    period = validity.get("validity_period")
    return bool(validity.get("validity_unit")) and (type(period) is not int or period < 1)


def of_body(asked: Document) -> int:
    """Return a number that follows from what is asked, whatever its request_id."""
    return hash(repr(asked["request_payload"]))


def without_offsets(config: Document) -> None:
    """Take the offset away from each date of an offer."""
    for name in ("acquisition_start_date", "acquisition_end_date"):
        if isinstance(config.get(name), str):
            config[name] = re.sub(r"[+-][0-9]{2}:?[0-9]{2}$", "", config[name])


def odd_items(flow: Flow) -> bool:
    """Whether the items of a discount are no list of ids."""
    config = table(flow.document.get("discount_config"))
    return any(name not in ("amount", "percent") for name in config)


wire("wallet-oldest-first", "wallet", "DECL-1", "get_user_offers lists the oldest first, and newest first is declared")(
    edit("get_user_offers", "payload.user_offers", list.reverse)
)
wire("entry-without-declared-member", "wallet", "DECL-2", "entries of get_user_offers lack a declared member")(
    drop("get_user_offers", "payload.user_offers.*.is_redeemable")
)
wire("no-last-fall-back", "offers", "DECL-3", "a culture without words is refused, and the first text is declared")(
    hidden(FETCH, other_words)
)
wire("months-of-forty-days", "offers", "DECL-4", "a validity in months lasts ten days longer for each month")(
    revise(HISTORY, ROW, forty_days)
)
wire("everlasting-offer-ends", "offers", "DECL-5", "an offer that does not expire ends after a year")(
    revise(HISTORY, ROW, ends)
)
wire("phone-alone-is-refused", "search", "DECL-6", "a customer with nothing but a phone number is refused")(
    refuse(
        "create_customer", lambda flow: not asked_user(flow).get("email") and not asked_user(flow).get("external_id")
    )
)
wire("everybody-is-enrolled", "points", "DECL-7", "who is not opted in is enrolled too, against what is declared")(
    ask("create_customer", lambda asked: asked["user"].update(opted_in=True))
)
wire("shared-number-finds-one", "search", "DECL-9", "a number that two customers share finds the newest of them")(
    looked_up_as(newest_with_number)
)
wire("issued-before-its-time", "offers", "DECL-10", "an offer is issued outside its acquisition window")(
    given_as_asked(lambda flow: flow.document["offer_id"].lower() in flow.memory.offers)
)
wire("points-on-the-full-price", "points", "DECL-11", "points are counted on the items without their discounts")(
    sent(without_discounts, lambda flow: flow.named)
)
wire("first-payer-takes-all", "points", "DECL-12", "of several payers the first gets all points")(
    sent(first_pays, lambda flow: flow.payload.get("payments"))
)
wire(
    "available-with-escrow", "identities", "DECL-14", "available_points holds the escrow too, against what is declared"
)(edit(USERS, "user", with_escrow))
wire(
    "lookup-shows-the-total", "identities", "DECL-15", "Lookup shows all points as its points, not the available ones"
)(
    edit(
        LOOKUP,
        "payload.*",
        lambda customer: customer.update(points=sum(one["AvailableBalance"] for one in customer["accounts"])),
    )
)
wire("request-ids-of-all-stores", "idempotency", "DECL-18", "the request_id of another store counts as a repeat")(
    refuse("lock", lambda flow: store_of_the_first(flow) != flow.document["store_id"])
)
wire("escrow-has-no-lifetime", "points", "DECL-20", "what is earned into escrow does not count in lifetime values")(
    edit(SEARCH, BALANCES, without_escrow)
)
wire("second-discount-takes-it-all", "lock", "DECL-21", "a second discount takes no notice of the first")(
    ask(f"lock {LOOKUP}", lambda asked: table(asked["request_payload"].get("transaction")).pop("discounts", None))
)
wire("item-discount-on-any-item", "lock", "DECL-22", "an item discount takes items that are not its own")(
    ask(
        "create_offer",
        lambda offer: [
            offer["discount_config"].pop(name)
            for name, value in list(table(offer.get("discount_config")).items())
            if isinstance(value, list)
        ],
    )
)
wire("phone-decoration-counts", "search", "DECL-24", "a phone number with blanks and brackets is refused")(
    refuse("create_customer", lambda flow: not str(asked_user(flow).get("mobile_number") or "0").isdigit())
)
wire("any-customer-will-do", "search", "DECL-25", "a customer with a malformed e-mail address is created")(
    honour("create_customer", {"id": OTHER})
)
wire("any-offer-will-do", "offers", "DECL-26", "an offer with blank cultures and half a validity is created")(
    created_offer(odd_offer)
)
wire("validity-is-required", "offers", "DECL-27", "an offer without a validity is refused, which may be left out")(
    refuse("create_offer", lambda flow: not table(flow.document.get("common_config")).get("validity_unit"))
)
wire("payers-are-forgotten", "points", "DECL-29", "a newer version without payments takes the points away")(
    sent(
        lambda flow, payload: payload.update(payments=[{"payment_id": "nobody's", "amount": "0.01"}]),
        lambda flow: not flow.payload.get("payments") and flow.transaction_id in flow.memory.sent,
    )
)
wire("capitals-are-others", "search", "DECL-30", "a payer named by an id in capitals is not known")(
    sent(
        lambda flow, payload: payload.update(
            payments=[one for one in payload.get("payments") or () if not by_capitals(one)]
        )
    )
)
wire("charset-is-refused", "robustness", "DECL-31", "JSON that names its charset is refused")(
    refuse("*", lambda flow: b"charset" in flow.message.headers.get(b"content-type", b"").lower())
)
wire("user-without-registered-at", "schema", "DECL-32", "the user object lacks a member that is declared")(
    drop(SEARCH, "user.registered_at")
)
wire("any-items-will-do", "offers", "DECL-33", "an item discount is created with items that are no ids")(
    created_offer(odd_items)
)
wire("two-are-one", "offers", "DECL-34", "issuing a quantity of two gives one user offer")(
    ask(
        "issue_offer",
        lambda asked: asked.update(quantity=1),
        lambda flow: flow.document.get("quantity") not in (None, 1),
    )
)
wire("identifiers-lose-their-type", "search", "DECL-35", "the type of an external id is forgotten")(
    put(SEARCH, "user.identifiers.*.external_id_type", "")
)
wire("missing-words-are-invented", "offers", "DECL-36", "an offer without a description gets one")(
    turn(FETCH, f"{OFFER}.offer_text.*.description", lambda text: text or "An offer for you")
)
program("the-unenrolled-earn", "points", "DECL-8", "who is not enrolled earns points, against what is declared")(
    plays(SEND, "points", unenrolled_earn=True)
)
program("late-return-is-ignored", "points", "DECL-16", "a return after the return period takes no points")(
    plays(SEND, "transactions", late_return_taken=False)
)
program("each-unit-is-discounted", "lock", "DECL-37", "an item discount takes each unit, and the dearest is declared")(
    plays("lock", "offers", item_discount_each=True)
)


@wire("void-keeps-offers", "redeem", "DECL-17", "a voided transaction does not give back what it redeemed")
@on(SEND)
def _(flow: Flow) -> Answer:
    answer = flow.send()
    if done(answer) and flow.voids:
        basket = {"transaction_id": f"{flow.transaction_id} void", "items": flow.transaction.get("items")}
        for code in flow.named:
            if flow.memory.acted[SEND][code]:
                flow.also("redeem", offer_lookup_code=code, offer_lookup_type="userofferid", transaction=basket)
                flow.hit()
    return answer


@wire("shared-path-means-the-list", "wallet", "DECL-19", "on the shared path a Lookup is taken for get_user_offers")
@on(LOOKUP)
def _(flow: Flow) -> Answer:
    answer = flow.send()
    if not done(answer) or not flow.message.target.lower().endswith(b"/get_user_offers"):
        return answer
    return flow.succeed({"user_offers": [], "total_records": 0, "skip": 0, "take": 0})


@wire("one-spelling-only", "robustness", "DECL-23", "the redemption paths of the documents are not served")
def _(flow: Flow) -> Answer:
    other = b"/offers/redemption/" in flow.message.target.lower()
    return flow.refuse(404, "not_found", "there is no such call") if other else flow.send()


@wire("discount-counts-twice", "redeem", "DECL-28", "a user offer may stand in two discounts of one transaction")
@on(SEND)
def _(flow: Flow) -> Answer:
    answer = flow.send()
    if done(answer) or len(set(flow.named)) == len(flow.named):
        return answer
    each = {str(one.get("reference_id")).lower(): one for one in flow.payload["discounts"]}
    return flow.wrong(flow.again(lambda asked: asked["request_payload"].update(discounts=list(each.values()))))


@program("issue-rule-fires-once", "points", "DECL-13", "the issue rule gives its offer the first time only")
def _(app: App, hit: Hit) -> None:
    declared = app.program.state.settings
    once = tuple(dataclasses.replace(rule, repeats=False) for rule in declared.issue_rules)
    app.program.state.settings = dataclasses.replace(declared, issue_rules=once)
    app.planting.undo.append(lambda: setattr(app.program.state, "settings", declared))
    counted(app, hit, SEND)


def not_eligible_either(flow: Flow, customer: Document) -> None:
    """Show for a basket each issued offer of the customer, whatever items it is for."""
    user_id, there = customer["user_reference_id"].lower(), {one["reference_id"].lower() for one in customer["offers"]}
    for code, issued in flow.memory.issued.items():
        if issued["user_id"] == user_id and code not in there and code not in flow.memory.did:
            customer["offers"].append(flow.entry(code))


wire("items-do-not-matter-to-lookup", "wallet", "DECL-38", "a Lookup with a basket shows offers for items it has not")(
    revise(LOOKUP, "payload.*", not_eligible_either, lambda flow: flow.transaction)
)
wire("offer-without-stack-order", "schema", "DECL-39", "the offers of a Lookup lack a member that is declared")(
    drop(LOOKUP, "payload.*.offers.*.stack_order")
)
wire("times-of-payments-are-not-read", "robustness", "DECL-40", "a payment may have any text as its time")(
    ask(
        SEND, lambda asked: [one.pop("payment_time", None) for one in objects(asked["request_payload"].get("payments"))]
    )
)
wire("payments-need-their-time", "robustness", "DECL-41", "a payment without a time is refused, which may be left out")(
    refuse(SEND, lambda flow: any(not one.get("payment_time") for one in objects(flow.payload.get("payments"))))
)
wire("referrer-is-forgotten", "search", "DECL-42", "the code of who referred a customer does not come back")(
    put(SEARCH, "user.referrer_code", None)
)
wire("request-ids-of-each-body", "idempotency", "DECL-43", "another body under a known request_id is processed anew")(
    ask("lock", lambda asked: asked.update(request_id=f"{asked['request_id']} {of_body(asked)}"))
)
wire("locked-looks-free-for-a-basket", "wallet", "DECL-44", "a Lookup with a basket shows a locked offer as unlocked")(
    put(LOOKUP, "payload.*.offers.*.status", "INFO", lambda flow: flow.transaction)
)
wire("page-of-nothing-holds-one", "wallet", "DECL-45", "a page of the history of take 0 holds a record")(
    ask(HISTORY, lambda asked: asked.update(take=1), lambda flow: flow.document.get("take") == 0)
)
wire("history-shows-no-media", "wallet", "DECL-46", "a record of the history does not show the offer's media")(
    put(HISTORY, f"{ROW}.media_uri", "")
)


def silent_below(user: Document) -> None:
    """Show nothing of the next tier on the first two ranks."""
    levels = objects(table(user.get("tier_details")).get("tier_levels"))
    if levels and levels[0]["tier_overview"]["rank"] <= 1:
        user["tier_ends_value"] = user["next_tier_points"] = None


def odd_size(flow: Flow) -> bool:
    """Whether the size of a discount is no number that can be taken off."""
    sizes = [size for size in table(flow.document.get("discount_config")).values() if not isinstance(size, list)]
    kind = str(flow.document.get("offer_type"))
    sound = all(type(size) is int and size > 0 and ("percent" not in kind or size <= 100) for size in sizes)
    return kind.endswith("discount") and not (sizes and sound)


def large_payments(flow: Flow, payload: Document) -> None:
    """Leave out payments of 1.00 or less, beside larger ones."""
    large = [one for one in payload.get("payments") or () if Decimal(str(one.get("amount") or 0)) > 1]
    payload["payments"] = large or payload.get("payments")


def endless(flow: Flow) -> bool:
    """Whether a transaction is voided whose offer does not expire."""
    commons = [table(flow.created(code).get("common_config")) for code in flow.named]
    return flow.voids and any(one.get("does_not_expire") for one in commons)


program("unlock-of-a-free-offer", "lock", "DECL-47", "unlocking what is not locked is a success, and is to be refused")(
    plays("unlock", "user_offers", unlock_unlocked_refused=False)
)
program(
    "reinstates-the-unused", "redeem", "DECL-48", "what was never redeemed can be reinstated, against what is declared"
)(plays("reinstate", "user_offers", reinstate_issued_refused=False))
program(
    "locked-cannot-be-revoked", "wallet", "DECL-49", "a locked offer is not revoked, which is declared to be allowed"
)(plays("revoke_offer", "user_offers", revoke_locked_refused=True))
program("revokes-again-and-again", "wallet", "DECL-50", "a second revoke is a success, and is declared to be refused")(
    plays("revoke_offer", "user_offers", revoke_revoked_refused=False)
)
program("plain-is-not-eligible", "wallet", "DECL-51", "a Lookup with a basket leaves out what is fulfilled by hand")(
    plays(LOOKUP, "user_offers", plain_eligible=False)
)
program("one-text-alone", "offers", "DECL-52", "offer_text holds the best text alone, and all are declared")(
    plays(FETCH, "offers", fetch_all_texts=False)
)
wire("base-shows-no-target", "identities", "DECL-53", "the first two ranks show no target, which is declared")(
    edit(USERS, "user", silent_below)
)
program("hidden-offers-are-issued", "offers", "DECL-54", "an offer that is not published is issued")(
    plays("issue_offer", "offers", issue_unpublished=True)
)
wire("last-sent-is-newest", "points", "DECL-55", "an older version of a transaction replaces a newer one")(
    sent(
        lambda flow, payload: payload.update(modified_time=later("2099-01-01T00:00:00Z", seconds=flow.memory.requests)),
        lambda flow: not of_the_same_time(flow),
    )
)
wire(
    "of-one-time-the-last-counts", "points", "DECL-66", "another content replaces a version of the same modified_time"
)(
    sent(
        lambda flow, payload: payload.update(modified_time=later("2099-01-01T00:00:00Z", seconds=flow.memory.requests)),
        of_the_same_time,
    )
)
program("unknown-payers-are-refused", "points", "DECL-56", "a purchase that somebody unknown pays is refused")(
    plays(SEND, "transactions", unknown_payer_refused=True)
)
program("closed-unless-said", "points", "DECL-57", "a transaction without is_closed earns, and open is declared")(
    plays(SEND, "transactions", closed_by_default=True)
)
program("opens-again", "points", "DECL-58", "a closed transaction is opened again, and its points are taken back")(
    plays(SEND, "transactions", reopening_refused=False)
)
program("half-a-point-is-one", "points", "DECL-59", "half a point is rounded up, and down is declared")(
    plays(SEND, "points", rounding=Rounding.HALF_UP)
)
wire("any-size-will-do", "offers", "DECL-60", "an offer is created whose discount is no number")(
    created_offer(odd_size)
)
wire("tiers-end-too-early", "points", "DECL-61", "a tier ends half a year before what is declared")(
    turn(USERS, "user.tier_resets_at", lambda ends: str(later(ends, days=-182)).replace("T", " ") if ends else ends)
)
program("matures-from-the-opening", "points", "DECL-62", "the return period starts when a purchase is opened")(
    plays(SEND, "points", starts_when_loaded=False)
)
wire("revisions-are-new-offers", "offers", "DECL-63", "a new version of an offer is an offer of its own")(
    ask("create_offer", lambda asked: asked.pop("offer_id", None), lambda flow: flow.document.get("offer_id"))
)
wire("named-version-is-issued", "offers", "DECL-64", "the version named is issued, and the newest one is declared")(
    ask("issue_offer", lambda asked: asked.update(issue_exact_version=True))
)
program("bad-discounts-are-ignored", "redeem", "DECL-65", "a discount that cannot be redeemed is ignored")(
    plays(SEND, "transactions", bad_discount_refused=False)
)
wire("least-basket-is-any", "offers", "DECL-69", "a discount is taken off a basket of less than it needs")(
    ask("create_offer", lambda asked: table(asked.get("discount_config")).pop("minimum_subtotal", None))
)
wire("next-tier-percentage-is-none", "identities", "DECL-72", "next_tier_percentage is 0 whatever the tier points are")(
    put(USERS, "user.next_tier_percentage", 0)
)
wire("stack-order-is-one", "schema", "DECL-73", "the offers of a Lookup have another stack_order than is declared")(
    put(LOOKUP, "payload.*.offers.*.stack_order", 1)
)
wire("offsets-are-not-read", "offers", "DECL-74", "an instant with an offset is taken for one in UTC")(
    ask("create_offer", lambda asked: without_offsets(table(asked.get("common_config"))))
)
wire(
    "hidden-offers-look-published",
    "offers",
    "DECL-75",
    "a new offer that is not published has the words of one that is",
)(turn("create_offer", "payload.state_transition", lambda words: words.replace(">unpublished", ">published")))
wire("small-payments-are-dropped", "points", "DECL-12", "of several payments those of 1.00 and less do not count")(
    sent(large_payments, lambda flow: len(flow.payload.get("payments") or ()) > 1)
)
wire("void-needs-an-end", "redeem", "DECL-17", "voiding the redemption of an offer without an end is a server error")(
    broken(SEND, endless)
)


@program("first-payer-keeps-all", "points", "DECL-29", "a version without payments gives all points to the first payer")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def shares(transaction: Any, record: Any) -> Any:
            if transaction.payments or record is None or len(record.lots) < 2:
                return original(transaction, record)
            hit()
            return ((record.lots[0].customer, Decimal(1)),)

        return shares

    replace(app, app.program.earning, "shares", make)


@program("returned-points-count-for-rules", "points", "DECL-67", "points that were returned count for the issue rule")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def take_back(lot: Any, family: int, amount: Decimal) -> None:
            original(lot, family, amount)
            app.program.accounts.holding(lot.customer, family).returned -= amount
            hit()

        return take_back

    replace(app, app.program.points, "take_back", make)


@program(
    "who-is-there-is-created", "search", "DECL-68", "creating a customer whose identifier is taken answers that one"
)
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def create(now: int, profile: Any, user_id: str | None = None) -> Any:
            try:
                return original(now, profile, user_id)
            except Refused as problem:
                if problem.reason is not Reason.IDENTIFIER_TAKEN:
                    raise
            hit()
            external_ids = app.program.state.by_external_id
            there = [external_ids[one.external_id] for one in profile.identifiers if one.external_id in external_ids]
            return there[0] if there else app.program.customers.find(Key.EMAIL, profile.email)

        return create

    replace(app, app.program.customers, "create", make)


@program("tiers-are-always-renewed", "points", "DECL-70", "a tier is entered anew at its end whatever the points are")
def _(app: App, hit: Hit) -> None:
    tiers = app.program.tiers

    def make(original: Any) -> Any:
        def expire_level(at: int, membership: Any) -> None:
            if membership.expires_at == at and tiers.level_reached(membership).rank < membership.level.rank:
                hit()
                tiers.enter_level(at, membership, membership.level)
            else:
                original(at, membership)

        return expire_level

    replace(app, tiers, "expire_level", make)


@program(
    "life-time-stays-behind", "points", "DECL-71", "points that roll over are not in the lifetime value they come to"
)
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def roll_over(at: int, customer: Any, family: int, amount: Decimal) -> None:
            original(at, customer, family, amount)
            account = app.program.accounts.holding(customer, family).account
            if account is not None:
                account.life_time_value -= amount
                hit()

        return roll_over

    replace(app, app.program.points, "roll_over", make)


def held_elsewhere(flow: Flow, customer: Document) -> None:
    """Show for a basket what is locked for other ones too."""
    there = {one["reference_id"].lower() for one in customer["offers"]}
    for code in flow.memory.held:
        mine = flow.memory.issued.get(code, {}).get("user_id") == customer["user_reference_id"].lower()
        if mine and code not in there and flow.memory.did.get(code) == "lock":
            customer["offers"].append(flow.entry(code) | {"status": "LOCKED"})


wire("rivals-lock-is-shown", "wallet", "DECL-76", "a Lookup with a basket shows what another transaction has locked")(
    revise(LOOKUP, "payload.*", held_elsewhere, lambda flow: flow.transaction)
)
wire("wallet-knows-one-language", "wallet", "DECL-77", "get_user_offers names offers in their first culture")(
    ask("get_user_offers", lambda asked: asked.pop("culture", None))
)
wire("no-weeks", "offers", "DECL-78", "a validity in weeks is refused, and weeks are declared")(
    refuse("create_offer", lambda flow: table(flow.document.get("common_config")).get("validity_unit") == "weeks")
)
wire("a-thousand-at-most", "offers", "DECL-79", "fewer user offers are issued at once than is declared")(
    refuse("issue_offer", lambda flow: str(flow.document.get("quantity")) == "1000")
)
wire("locked-is-a-bad-request", "lock", "DECL-80", "a lock that another transaction holds is refused with HTTP 400")(
    refused("lock", lambda flow: flow.refuse(400, "locked_by_another"))
)
