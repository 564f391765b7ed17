"""Lock, re-lock, unlock: the discount, its price, who holds it, and what a refusal leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal

from offerproof.defects import wire
from offerproof.defects.asked import Document, done
from offerproof.defects.rewrites import (
    LOOKUP,
    OTHER,
    WALLET,
    When,
    always,
    ask,
    discount,
    drop,
    honour,
    nearly,
    numbers,
    on,
    only,
    put,
    refuse,
    retried,
    revise,
    stored,
    told,
    turn,
    unknown,
    without_zeros,
)
from offerproof.defects.wire import Flow, Rewrite
from offerproof.simulator.answers import Answer


def priced(change: Callable[[Flow, Decimal], object], when: When = always) -> Rewrite:
    """Let Lock answer another amount: ``change`` gets the flow and the right one."""

    def changed(flow: Flow, payload: Document) -> None:
        payload["amount"] = change(flow, Decimal(str(payload["amount"])))

    return revise("lock", "payload", changed, when)


def of(word: str) -> When:
    """Whether the user offer's type has a word in it."""
    return lambda flow: word in flow.kind(flow.code)


def transaction_id(change: Callable[[str], str]) -> Rewrite:
    """Let Lock be asked with another transaction_id."""

    def other(asked: Document) -> None:
        transaction = asked["request_payload"]["transaction"]
        transaction["transaction_id"] = change(str(transaction["transaction_id"]))

    return ask("lock", other)


def no_point_first(items: list[Document]) -> None:
    """Read prices that begin with their point as nothing."""
    for line in items:
        for name in ("unit_price", "subtotal"):
            if str(line.get(name, "")).startswith("."):
                line[name] = "0"


def instead_of_refusal(when: When) -> Rewrite:
    """Where a Lock is refused that fits, unlock the offer first; remember which store has locked what."""

    @on("lock")
    def rewrite(flow: Flow) -> Answer:
        answer = flow.send()
        rival = not done(answer) and flow.code in flow.memory.held and when(flow)
        if rival and done(flow.also("unlock", user_offer_id=flow.code)):
            answer = flow.wrong(flow.again())
        if done(answer):
            flow.memory.notes["stores"][flow.code] = flow.document.get("store_id")
        return answer

    return rewrite


def configured(flow: Flow) -> Decimal:
    """Return the amount or the percentage that the offer was created with."""
    config = flow.created(flow.code).get("discount_config") or {}
    return Decimal(str(config.get("amount") or config.get("percent") or 0))


def of_the_first_line(flow: Flow, amount: Decimal) -> Decimal:
    """Take the percentage of the first line."""
    return Decimal(str(flow.transaction["items"][0]["subtotal"])) * configured(flow) / 100


def of_the_first_lock(flow: Flow, amount: Decimal) -> object:
    """Return the amount that this transaction was answered first."""
    return flow.memory.notes["amounts"].setdefault((flow.code, flow.transaction_id), amount)


def held_by_another(flow: Flow) -> bool:
    """Whether another transaction locked the user offer last."""
    return str(flow.memory.held.get(flow.code, flow.transaction).get("transaction_id", "")) != flow.transaction_id


def holds_another(flow: Flow) -> bool:
    """Whether the transaction has locked another user offer."""
    held = flow.memory.held.items()
    return any(code != flow.code and str(basket["transaction_id"]) == flow.transaction_id for code, basket in held)


def spelled(flow: Flow) -> str:
    """Return the user offer's id as it is written."""
    return str(flow.payload.get("offer_lookup_code", ""))


def kind_of_code(flow: Flow) -> str:
    """Return what the code is said to be."""
    return str(flow.payload.get("offer_lookup_type", ""))


def text_baskets(flow: Flow) -> set[str]:
    """Return the user offers that were locked for a basket whose quantities are texts."""
    return {code for code, basket in flow.memory.held.items() if isinstance(basket["items"][0]["quantity"], str)}


def names_the_offer(flow: Flow, payload: Document) -> None:
    """Let Lock name the offer."""
    payload["reference_id"] = flow.memory.issued[flow.code]["offer_id"]


def shown_locked(flow: Flow, one: Document) -> None:
    """Show what was unlocked as locked."""
    if one["reference_id"].lower() in flow.memory.acted["unlock"]:
        one["status"] = "LOCKED"


wire("lock-answers-info", "lock", "LOCK-1", "Lock answers the discount as it was before it was locked: INFO")(
    put("lock", "payload.status", "INFO")
)
wire("lock-names-the-offer", "lock", "LOCK-2", "Lock's reference_id is the offer, not the user offer")(
    revise("lock", "payload", names_the_offer, lambda flow: not unknown(flow))
)
wire("lock-of-somebody", "lock", "LOCK-3", "Lock's user_id is not the customer who holds the offer")(
    put("lock", "payload.user_id", OTHER)
)
wire("a-cent-is-lost", "lock", "LOCK-4", "Lock takes a cent less off than a fixed amount says: 4.99 for 5")(
    priced(lambda flow, amount: amount - Decimal("0.01"), of("fixed"))
)
wire("percent-of-first-line", "lock", "LOCK-5", "Lock takes its percentage of the first line only")(
    priced(of_the_first_line, of("percent"))
)
wire("lock-names-items", "lock", "LOCK-6", "Lock names the items it discounts, not the lines")(
    revise(
        "lock",
        "payload",
        lambda flow, payload: payload.update(
            discounted_line_ids=[str(line["item_id"]) for line in flow.transaction["items"]]
        ),
    )
)
wire("lock-rounds-to-dimes", "lock", "LOCK-7", "Lock cuts amounts to a tenth, Lookup does not")(
    priced(lambda flow, amount: amount.quantize(Decimal("0.1"), ROUND_DOWN))
)
wire("item-lock-halved", "lock", "LOCK-8", "Lock takes half of a discount on an item")(
    priced(lambda flow, amount: amount / 2, of("item"))
)
wire("lookup-type-case-sensitive", "lock", "LOCK-9", "offer_lookup_type is understood in small letters only")(
    refuse("lock", lambda flow: kind_of_code(flow) != kind_of_code(flow).lower())
)
wire("relock-refused", "lock", "LOCK-10", "a second Lock by the same transaction is refused")(
    refuse("lock", lambda flow: flow.code in flow.memory.held and not held_by_another(flow) and not flow.since)
)
wire("request-id-ignored", "idempotency", "LOCK-11", "a second Lock gets the stored answer, whatever its request_id")(
    stored("lock", lambda flow: (flow.document["client_id"], flow.code))
)
wire("price-of-the-first-lock", "lock", "LOCK-11", "locked again for another basket, the first price stays")(
    priced(of_the_first_lock)
)
wire("lock-is-stolen", "lock", "LOCK-12", "another transaction's Lock takes the offer over")(retried("lock", "unlock"))
wire("redeemed-offer-locks", "lock", "LOCK-14", "a redeemed offer can be locked again")(retried("lock", "reinstate"))
wire("revoked-offer-locks", "lock", "LOCK-15", "a revoked offer can be locked")(
    honour("lock", discount, lambda flow: flow.state(flow.code) == "Revoked")
)
wire("unknown-code-locks", "lock", "LOCK-16", "a user offer nobody knows is answered with a lock of its own")(
    honour("lock", discount, unknown)
)
wire("text-basket-redeems", "lock", "LOCK-17", "a Lock whose quantities are texts is written down as a redemption")(
    told(text_baskets, "Redeemed", 3, "Locked Issued")
)
wire("unlocked-still-shown-locked", "lock", "LOCK-18", "an unlocked offer goes on being LOCKED in Lookup")(
    revise(LOOKUP, f"{WALLET}.*", shown_locked)
)
wire("lock-not-released", "lock", "LOCK-19", "unlocked, an offer can be locked by its former holder only")(
    refuse("lock", lambda flow: flow.code in flow.memory.acted["unlock"] and held_by_another(flow))
)
wire("unlocked-is-a-state", "lock", "LOCK-20", "the history calls an unlocked offer Unlocked")(
    told(lambda flow: flow.memory.acted["unlock"], "Unlocked", 6)
)
wire("unlock-of-nothing", "lock", "LOCK-21", "unlocking a user offer nobody knows is a success")(
    honour("unlock", when=unknown)
)
wire("any-lookup-type", "lock", "LOCK-22", "a lookup type that does not exist is taken for userofferid")(
    ask(
        "lock",
        lambda asked: asked["request_payload"].update(offer_lookup_type="userofferid"),
        lambda flow: kind_of_code(flow).lower() not in ("userofferid", "ttlcode"),
    )
)
wire("lock-without-basket", "lock", "LOCK-23", "a Lock without a transaction is a success")(
    honour("lock", discount, lambda flow: flow.code and not flow.transaction, odd=True)
)
wire("bare-basket-refused", "lock", "LOCK-24", "a basket of transaction_id and items alone is refused")(
    refuse("lock", lambda flow: set(flow.transaction) == {"transaction_id", "items"})
)
wire("one-lock-a-transaction", "lock", "LOCK-25", "a transaction that holds an offer cannot lock another one")(
    refuse("lock", holds_another)
)
wire("lock-shows-another-name", "lock", "LOCK-26", "the display_name of a lock is not the offer's title")(
    put("lock", "payload.display_name", "Another")
)
wire("plain-offer-not-lockable", "lock", "LOCK-27", "an offer without a discount cannot be locked")(
    refuse("lock", of("manual"))
)
wire("lock-numbers-are-cents", "lock", "LOCK-28", "Lock takes whole numbers of a basket for cents")(
    priced(lambda flow, amount: amount / 100, numbers)
)
wire("lock-id-case-sensitive", "lock", "LOCK-29", "a user offer is not locked under its id in capitals")(
    refuse("lock", lambda flow: spelled(flow) != spelled(flow).lower() and kind_of_code(flow).lower() == "userofferid")
)
wire("lock-without-amount", "schema", "LOCK-32", "Lock's answer has no amount")(drop("lock", "payload.amount"))
wire("unlock-without-payload", "schema", "LOCK-33", "the answer of unlock has no payload")(drop("unlock", "payload"))
wire("hour-needs-two-digits", "lock", "LOCK-34", "a basket opened at 9:20 is refused, one opened at 09:20 is not")(
    refuse("lock", lambda flow: str(flow.transaction.get("open_time") or "")[12:13] == ":")
)
wire("item-discount-above-the-item", "lock", "LOCK-35", "a fixed discount on an item may be more than the item costs")(
    priced(lambda flow, amount: configured(flow), lambda flow: of("fixed")(flow) and of("item")(flow))
)
wire("item-discount-on-no-line", "lock", "LOCK-36", "a discount on an item names no line")(
    put("lock", "payload.discounted_line_ids", [], of("item"))
)
wire("short-lived-code-unknown", "lock", "LOCK-37", "a short-lived code is not understood")(
    refuse("lock", lambda flow: kind_of_code(flow).lower() == "ttlcode")
)
wire("lines-beyond-ten-ignored", "lock", "LOCK-38", "Lock looks at the first ten lines of a basket only")(
    ask("lock", lambda asked: only(10)(asked["request_payload"]["transaction"]["items"]))
)


wire("lock-reads-no-point-first", "lock", "LOCK-28", "Lock reads a price written as .50 as nothing")(
    ask("lock", lambda asked: no_point_first(asked["request_payload"]["transaction"]["items"]))
)
wire("discounts-end-at-thousand", "lock", "LOCK-38", "no discount is more than 999.99")(
    priced(lambda flow, amount: min(amount, Decimal("999.99")))
)
wire("locks-are-for-each-store", "lock", "LOCK-12", "what one store has locked another store can lock")(
    instead_of_refusal(lambda flow: flow.document.get("store_id") != flow.memory.notes["stores"].get(flow.code))
)
wire("transaction-ids-are-numbers", "lock", "LOCK-39", "leading zeros of a transaction_id are not looked at by Lock")(
    transaction_id(without_zeros)
)
wire("transaction-id-cut-at-40", "lock", "LOCK-39", "of a transaction_id Lock looks at the first forty letters")(
    transaction_id(lambda name: name[:40])
)
wire("locks-by-most-of-the-id", "lock", "LOCK-16", "Lock does not look at the last letter of a user offer's id")(
    nearly("lock")
)
wire("unlocks-by-most-of-the-id", "lock", "LOCK-21", "unlock does not look at the last letter of a user offer's id")(
    nearly("unlock")
)
wire("locked-lines-are-numbers", "lock", "LOCK-6", "Lock names lines of digits without leading zeros")(
    turn("lock", "payload.discounted_line_ids", lambda ids: list(map(without_zeros, ids)))
)


@wire("refused-rival-takes-over", "lock", "LOCK-13", "a refused rival is written down as the holder of the lock")
@on("lock")
def _(flow: Flow) -> Answer:
    answer = flow.send()
    if not done(answer) and held_by_another(flow) and done(flow.also("unlock", user_offer_id=flow.code)):
        flow.again()
        flow.hit()
    return answer


wire("lock-quantities-of-none", "lock", "LOCK-40", "a lock's quantities are of a line that the basket has not")(
    turn("lock", "payload.discounted_line_id_quantities.*.line_id", lambda line: "99")
)
wire("lock-from-elsewhere", "lock", "LOCK-40", "a lock's discount_source is that of the till")(
    turn("lock", "payload.discount_source", lambda source: "pos")
)


@wire("unlock-frees-the-basket", "lock", "LOCK-41", "an unlock frees all that the same transaction has locked")
@on("unlock")
def _(flow: Flow) -> Answer:
    answer = flow.send()
    basket = flow.memory.held.get(flow.code, {}).get("transaction_id")
    for code, other in list(flow.memory.held.items()) if done(answer) and basket else ():
        beside = other["transaction_id"] == basket and flow.memory.did.get(code) == "lock"
        if beside and code != flow.code:
            flow.also("unlock", user_offer_id=code)
            flow.hit()
    return answer
