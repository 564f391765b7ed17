"""Points earned, returned and conserved."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from offerproof.defects import program, wire
from offerproof.defects.asked import Document, closed, done, objects
from offerproof.defects.patches import replace
from offerproof.defects.rewrites import (
    BALANCES,
    SEARCH,
    SEND,
    balances,
    earns_again,
    edit,
    no_number,
    on,
    only,
    sent,
    without_zeros,
)
from offerproof.defects.wire import Flow
from offerproof.simulator.answers import Answer

if TYPE_CHECKING:
    from offerproof.simulator.app import App
    from offerproof.simulator.planting import Hit


def for_tiers(account: Document) -> bool:
    """Whether an account counts for tiers."""
    return "tier" in f"{account['grouping_label']} {account['account_name']}".lower()


def emptied(account: Document) -> None:
    """Let an account that counts for tiers be empty."""
    if for_tiers(account):
        account |= {"available_balance": 0, "life_time_value": 0}


def twice(account: Document) -> None:
    """Let an account that counts for tiers hold each point twice."""
    if for_tiers(account):
        account |= {name: account[name] * 2 for name in ("available_balance", "life_time_value")}


def with_escrow(shown: Document) -> None:
    """Let the spendable account hold what is in its escrow."""
    spendable = [one for one in shown["details"] if not for_tiers(one)]
    for account in spendable[:1]:
        more = sum(one["available_balance"] for one in spendable if not one["grouping_label"])
        account["available_balance"] += more
        shown["summary"]["total_points"] += more


def without_external(flow: Flow, payload: Document) -> None:
    """Leave out the payers who are named by an external id."""
    payments = payload.get("payments") or []
    payload["payments"] = [one for one in payments if str(one.get("user_id_type")).lower() != "external_id"]


def priced(payload: Document, change: Callable[[Decimal], Decimal]) -> None:
    """Change what everything in a basket costs, and what is paid for it."""
    for line in payload["items"]:
        line |= {
            name: str(change(Decimal(str(line[name]))))
            for name in ("unit_price", "subtotal")
            if line.get(name) is not None
        }
    for payment in payload.get("payments") or ():
        payment["amount"] = str(change(Decimal(str(payment["amount"]))))


def free(flow: Flow) -> bool:
    """Whether nothing in a basket costs anything."""
    return all(Decimal(str(line.get("subtotal") or 0)) == 0 for line in flow.payload["items"])


def has_bought(flow: Flow) -> bool:
    """Whether a payer has bought before."""
    payers = {str(one.get("user_id")) for one in flow.payload.get("payments") or ()}
    earlier = [versions[0] for name, versions in flow.memory.sent.items() if name != flow.transaction_id]
    return any(str(one.get("user_id")) in payers for before in earlier for one in before.get("payments") or ())


def fewer(flow: Flow) -> bool:
    """Whether a version of a transaction has fewer lines than the first one."""
    versions = flow.memory.sent.get(flow.transaction_id)
    return bool(versions) and len(flow.payload["items"]) < len(versions[0]["items"]) if versions else False


def otherwise(payload: Document, change: Callable[[Any], Any]) -> None:
    """Read the prices of a basket otherwise, and what is paid for it."""
    read_so = [
        {name: change(line[name]) for name in ("unit_price", "subtotal") if line.get(name) is not None}
        for line in payload["items"]
    ]
    if any(line[name] != new[name] for new, line in zip(read_so, payload["items"], strict=True) for name in new):
        for new, line in zip(read_so, payload["items"], strict=True):
            line |= new
        paid_in_full(payload)


def paid_in_full(payload: Document) -> None:
    """Let a basket's one payer pay what its lines cost."""
    paid = sum(Decimal(str(line.get("subtotal") or 0)) for line in payload["items"])
    for payment in (payload.get("payments") or [])[:1]:
        payment["amount"] = str(paid)


def no_fraction(value: Any) -> Any:
    """Read a text that begins with its point as nothing."""
    return "0" if isinstance(value, str) and value.startswith(".") else value


def no_zero_at_the_end(value: Any) -> Any:
    """Take a text with one decimal for tenths: 29.5 for 29.05."""
    whole, point, rest = value.partition(".") if isinstance(value, str) else ("", "", "")
    return f"{whole}.0{rest}" if point and len(rest) == 1 else value


def numbers_in_cents(value: Any) -> Any:
    """Take a JSON number for cents."""
    return value if isinstance(value, str) else str(Decimal(str(value)) / 100)


def one_of_each(flow: Flow, payload: Document) -> None:
    """Count one of each line, however many were bought."""
    for line in payload["items"]:
        quantity = Decimal(str(line.get("quantity") or 1))
        if quantity > 1:
            line |= {"quantity": "1", "subtotal": str(Decimal(str(line["subtotal"])) / quantity)}
            paid_in_full(payload)


def third_as_the_second(flow: Flow, payload: Document) -> None:
    """Put what was bought back to what the second version of the transaction says."""
    payload |= {name: flow.memory.sent[flow.transaction_id][1].get(name) for name in ("items", "payments", "subtotal")}


def three_digits(value: Any) -> Any:
    """Read three digits, and no more, before the point of a text."""
    whole, point, rest = value.partition(".") if isinstance(value, str) else ("", "", "")
    return f"{whole[:3]}{point}{rest}" if len(whole) > 3 else value


def last_of_each(flow: Flow, payload: Document) -> None:
    """Keep one line of each item, and let it be all that was bought."""
    kept = list({str(line.get("item_id")): line for line in payload["items"]}.values())
    if len(kept) < len(payload["items"]):
        payload["items"] = kept
        paid_in_full(payload)


def has_numbers(flow: Flow) -> bool:
    """Whether the first price is a JSON number."""
    return any(line.get("subtotal") is not None and not isinstance(line["subtotal"], str) for line in flow.items)


def several(flow: Flow) -> bool:
    """Whether several pay."""
    return len(flow.payload.get("payments") or ()) > 1


def first_part(flow: Flow, payload: Document) -> None:
    """Let the part that the first payer paid be all there is."""
    first = payload["payments"][0]
    line = {"line_id": "1", "item_id": "1", "quantity": "1", "unit_price": first["amount"], "subtotal": first["amount"]}
    payload |= {"payments": [first], "items": [line], "subtotal": first["amount"]}


def _pay_alone(alone: Document, document: Document) -> None:
    document["request_payload"] |= alone


def all_to_each(flow: Flow) -> Answer:
    """Send a transaction with several payers once for each of them, who then pays all of it."""
    payers = objects(flow.payload.get("payments"))
    if len(payers) < 2 or no_number(flow):
        return flow.send()
    total = str(sum(Decimal(str(one.get("amount") or 0)) for one in payers))
    for place, payer in enumerate(payers[1:]):
        alone = {"transaction_id": f"{flow.transaction_id} {place}", "payments": [{**payer, "amount": total}]}
        flow.again(partial(_pay_alone, {**alone, "discounts": []}))
    first = {**payers[0], "amount": total}
    return flow.ask(lambda document: document["request_payload"].update(payments=[first]))


def cut_to_cents(flow: Flow, payload: Document) -> None:
    """Count a line by its quantity and what two decimals of its price say."""
    for line in payload["items"]:
        price, quantity = Decimal(str(line.get("unit_price") or 0)), Decimal(str(line.get("quantity") or 1))
        cut = price.quantize(Decimal("0.01"), ROUND_DOWN)
        if cut != price:
            line |= {"unit_price": str(cut), "subtotal": str(cut * quantity)}
            paid_in_full(payload)


def older_by_its_text(flow: Flow) -> bool:
    """Whether a version's modified_time stands before the newest one's in the order of texts."""
    versions = flow.memory.sent.get(flow.transaction_id)
    newest = str(versions[-1].get("modified_time")) if versions else ""
    return str(flow.payload.get("modified_time") or "") < newest


def without_modifiers(flow: Flow, payload: Document) -> None:
    """Leave out the lines that modify others, where any stays."""
    kept = [line for line in payload["items"] if not line.get("modifies_line_id")]
    if kept and len(kept) < len(payload["items"]):
        payload["items"] = kept
        paid_in_full(payload)


def zeros_dropped(payload: Document) -> None:
    """Leave leading zeros out of external ids of payers."""
    for one in payload.get("payments") or ():
        if str(one.get("user_id_type")).lower() == "external_id":
            one["user_id"] = without_zeros(one["user_id"])


def stand_still(shown: Document) -> None:
    """Let all lifetime values be 0."""
    shown["summary"]["life_time_points"] = 0
    for account in shown["details"]:
        account["life_time_value"] = 0


wire("no-tier-points", "points", "POINTS-1", "a purchase earns into the spendable family only")(balances(emptied))
wire("escrow-and-account", "points", "POINTS-2", "a purchase fills the spendable account as well as its escrow")(
    edit(SEARCH, BALANCES, with_escrow)
)
wire("same-again-earns-again", "points", "POINTS-5", "a transaction sent again as it was earns again")(
    earns_again(lambda flow, before: before.get("modified_time") == flow.payload.get("modified_time"))
)
wire("newer-version-adds", "points", "POINTS-6", "a newer version with more lines earns on top of the one before")(
    earns_again(lambda flow, before: len(flow.payload["items"]) > len(before["items"]))
)
wire("third-version-is-lost", "points", "POINTS-29", "a closed transaction is replaced once, and no more")(
    sent(third_as_the_second, lambda flow: len(flow.memory.sent.get(flow.transaction_id, ())) > 1)
)
wire("nothing-is-worth-ten", "points", "POINTS-7", "a transaction of nothing earns what ten would")(
    sent(lambda flow, payload: priced(payload, lambda price: Decimal("10.00")), free)
)
wire("second-purchase-counts-double", "points", "POINTS-8", "the second purchase of a customer earns twice as much")(
    sent(lambda flow, payload: priced(payload, lambda price: price * 2), has_bought)
)
wire("tier-points-count-double", "points", "POINTS-9", "each point stands twice in the tier-qualifying accounts")(
    balances(twice)
)
wire("life-time-stands-still", "points", "POINTS-10", "lifetime values stay at 0, whatever is earned")(
    edit(SEARCH, BALANCES, stand_still)
)
wire("open-transaction-earns", "points", "POINTS-11", "a transaction earns as soon as it is sent open")(
    sent(lambda flow, payload: payload.update(is_closed=True), lambda flow: not flow.named and not flow.closes)
)
wire("void-keeps-points", "points", "POINTS-12", "a voided transaction keeps what it has earned")(
    on(SEND)(lambda flow: flow.succeed() if flow.voids else flow.send())
)
wire("external-payer-earns-nothing", "points", "POINTS-17", "a payer who is named by an external id earns nothing")(
    sent(without_external)
)
wire("ten-lines-earn", "points", "POINTS-18", "of a purchase the first ten lines earn")(
    sent(lambda flow, payload: only(10)(payload["items"]))
)
wire("one-line-of-an-item-earns", "points", "POINTS-18", "of several lines of one item the last one earns")(
    sent(last_of_each)
)
wire("purchases-are-numbered", "points", "POINTS-19", "leading zeros of a transaction_id are not looked at")(
    sent(lambda flow, payload: payload.update(transaction_id=without_zeros(payload["transaction_id"])))
)
wire("long-purchases-are-one", "points", "POINTS-19", "of a transaction_id the first forty letters are looked at")(
    sent(lambda flow, payload: payload.update(transaction_id=str(payload["transaction_id"])[:40]))
)
wire("payer-without-zeros", "points", "POINTS-17", "an external id of a payer is looked for without leading zeros")(
    sent(lambda flow, payload: zeros_dropped(payload))
)
wire("point-first-is-nothing", "points", "POINTS-20", "a price written as .50 is read as nothing")(
    sent(lambda flow, payload: otherwise(payload, no_fraction))
)
wire("one-decimal-is-cents", "points", "POINTS-20", "a price written as 29.5 is read as 29.05")(
    sent(lambda flow, payload: otherwise(payload, no_zero_at_the_end))
)
wire("prices-in-numbers-are-cents", "points", "POINTS-20", "a price written as a JSON number is read as cents")(
    sent(lambda flow, payload: otherwise(payload, numbers_in_cents), has_numbers)
)
wire("three-earn-as-one", "points", "POINTS-21", "three of an item earn what one of it earns")(sent(one_of_each))
wire(
    "thousands-cut-in-texts",
    "points",
    "POINTS-21",
    "of a price in a text the first three digits before the point count",
)(sent(lambda flow, payload: otherwise(payload, three_digits)))
wire("points-end-at-thousand", "points", "POINTS-21", "what a line costs beyond 999.99 earns nothing")(
    sent(lambda flow, payload: otherwise(payload, lambda value: "999.99" if Decimal(str(value)) > 1000 else value))
)
wire("first-payer-alone-for-part", "points", "POINTS-22", "of several payers the first alone earns, for what it paid")(
    sent(first_part, several)
)
wire("every-payer-earns-all", "points", "POINTS-24", "each of several payers earns what the whole purchase is worth")(
    on(SEND)(all_to_each)
)
wire("prices-end-with-cents", "points", "POINTS-23", "of a price two decimals are read, whatever the line costs")(
    sent(cut_to_cents)
)
wire("newer-by-its-text", "points", "POINTS-25", "a version is newer when the text of its modified_time is")(
    on(SEND)(lambda flow: flow.succeed() if older_by_its_text(flow) else flow.send())
)
wire("modifiers-earn-nothing", "points", "POINTS-26", "lines that modify others earn nothing")(sent(without_modifiers))
wire("balances-of-two-bytes", "points", "POINTS-27", "no account holds more than 32767 points")(
    balances(lambda account: account.update(available_balance=min(account["available_balance"], 32767)))
)
wire("return-keeps-points", "points", "POINTS-3", "a transaction sent again without returned items changes no points")(
    on(SEND)(lambda flow: flow.succeed() if fewer(flow) else flow.send())
)


@wire("open-and-closed-both-earn", "points", "POINTS-30", "a purchase sent open and then closed earns twice")
@on(SEND)
def _(flow: Flow) -> Answer:
    answer, versions = flow.send(), flow.memory.sent.get(flow.transaction_id, [])
    if done(answer) and len(versions) == 2 and flow.closes and not closed(versions[0]) and not flow.named:
        flow.also(SEND, **{**flow.payload, "transaction_id": f"{flow.transaction_id} open"})
        flow.hit()
    return answer


@program("return-lowers-the-tier", "points", "POINTS-4", "a return inside the return period moves the tier down")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def back(at: int, lot: Any, kept: Any) -> None:
            less = kept != lot.points
            original(at, lot, kept)
            membership = lot.customer.memberships[0]
            if less and membership.level.rank > 0:
                hit()
                app.program.tiers.enter_level(at, membership, membership.system.levels[membership.level.rank - 1])

        return back

    replace(app, app.program.points, "return_from_lot", make)


@program("life-time-of-one-purchase", "points", "POINTS-10", "lifetime values count a customer's first purchase only")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def put_into_escrow(customer: Any, family: int, amount: Decimal) -> None:
            escrow = app.program.accounts.holding(customer, family).escrow
            before = escrow.life_time_value if escrow is not None else Decimal(0)
            original(customer, family, amount)
            if escrow is not None and before:
                hit()
                escrow.life_time_value = before

        return put_into_escrow

    replace(app, app.program.points, "put_into_escrow", make)


@program("returning-renews-the-tier", "points", "POINTS-28", "a return counts as joining the tier once more")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def return_from_lot(at: int, lot: Any, kept: Any) -> None:
            original(at, lot, kept)
            for membership in lot.customer.memberships:
                hit()
                membership.joined_at = max(at, membership.joined_at + 1_000_000)

        return return_from_lot

    replace(app, app.program.points, "return_from_lot", make)
