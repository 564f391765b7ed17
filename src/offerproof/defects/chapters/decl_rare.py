"""What the profile declares, done otherwise than it is declared where a request is rare."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime
from typing import TYPE_CHECKING, Any

from offerproof.defects import program, wire
from offerproof.defects.asked import Document, done, objects, read, table
from offerproof.defects.patches import replace
from offerproof.defects.rewrites import (
    FETCH,
    HISTORY,
    LOOKUP,
    OFFER,
    ROW,
    SEARCH,
    SEND,
    ask,
    created_offer,
    hidden,
    on,
    refuse,
    refused,
    revise,
    sent,
)
from offerproof.defects.wire import Flow
from offerproof.errors import Misuse
from offerproof.simulator.answers import Answer
from offerproof.simulator.bodies import NotJson

if TYPE_CHECKING:
    from offerproof.simulator.app import App
    from offerproof.simulator.planting import Hit


def to_the_end_of_its_month(flow: Flow, row: Document) -> None:
    """Let a validity in months last to the end of the last one."""
    validity = table(flow.created(row["user_offer_id"]).get("common_config"))
    if validity.get("validity_unit") == "months" and row["redemption_end_date"]:
        ends = datetime.fromisoformat(row["redemption_end_date"])
        last = ends.replace(day=monthrange(ends.year, ends.month)[1])
        row["redemption_end_date"] = last.isoformat().replace("+00:00", "Z")


def reinstated_first(flow: Flow, listed: list[Document]) -> None:
    """Let what was reinstated stand before what was not."""
    listed.sort(key=lambda one: flow.memory.did.get(str(one["user_offer_id"]).lower()) != "reinstate")


def a_dollar_each(basket: Document) -> None:
    """Let each discount that names no amount take a dollar."""
    for one in objects(basket.get("discounts")):
        if one.get("amount") is None:
            one["amount"] = "1.00"


def lacks_subtotals(flow: Flow) -> bool:
    """Whether a basket for an item discount has a line without its subtotal."""
    bare = any(line.get("subtotal") is None for line in flow.items)
    return bare and flow.kind(flow.code).endswith("item_discount")


def without_unit(flow: Flow) -> bool:
    """Whether a validity has a period and no unit."""
    validity = table(flow.document.get("common_config"))
    return bool(validity.get("validity_period")) and not validity.get("validity_unit")


wire("reinstated-is-newest", "wallet", "DECL-1", "get_user_offers lists what was reinstated before what is newer")(
    revise("get_user_offers", "payload.user_offers", reinstated_first)
)
wire("months-end-with-the-month", "offers", "DECL-4", "a validity in months lasts to the last day of the last one")(
    revise(HISTORY, ROW, to_the_end_of_its_month)
)
wire(
    "no-amount-lowers-points", "points", "DECL-11", "a discount without an amount takes a dollar from the points' base"
)(sent(lambda flow, payload: a_dollar_each(payload), lambda flow: flow.closes))
wire("no-amount-is-a-dollar", "lock", "DECL-21", "a discount without an amount leaves a dollar less for the next one")(
    ask("lock", lambda asked: a_dollar_each(table(asked["request_payload"].get("transaction"))))
)
wire("items-need-subtotals", "lock", "DECL-41", "an item discount is refused for lines without their subtotals")(
    refuse("lock", lacks_subtotals)
)
wire(
    "widgets-are-not-supported", "robustness", "DECL-80", "an unknown offer type is refused by a syllable of its name"
)(
    refused(
        "create_offer",
        lambda flow: flow.refuse(400, "unsupported") if "get" in str(flow.document.get("offer_type")) else None,
    )
)
wire("shape-before-syntax", "robustness", "DECL-80", "what is no JSON is called a wrong shape when it shows one first")(
    refused(
        LOOKUP,
        lambda flow: (
            flow.refuse(400, "invalid_request")
            if isinstance(flow.problem, NotJson) and b"{}," in flow.message.body
            else None
        ),
        odd=True,
    )
)
wire("periods-need-no-unit", "offers", "DECL-26", "an offer is created whose validity has a period and no unit")(
    created_offer(without_unit)
)


def last_words(flow: Flow, offer: Document) -> None:
    """Give an offer its last title where it has no words in the language that is asked for."""
    language = str(flow.document.get("culture") or "").lower().partition("-")[0]
    texts = objects(flow.memory.offers.get(str(offer["id"]).lower(), {}).get("text_config"))
    if language and texts and all(str(text["culture"]).lower().partition("-")[0] != language for text in texts):
        offer["title"] = texts[-1]["title"]


wire("last-text-for-strangers", "offers", "DECL-3", "a culture without words gets the last text instead of the first")(
    revise(FETCH, OFFER, last_words)
)
wire("nine-is-decoration", "search", "DECL-24", "a customer is not found by a number with brackets and a nine in it")(
    hidden(SEARCH, lambda flow, shown: "(" in (number := flow.query.get("mobile_number", "")) and "9" in number)
)


@wire("void-undoes-every-redemption", "redeem", "DECL-17", "a void gives back what another sale has redeemed since")
@on(SEND)
def _(flow: Flow) -> Answer:
    answer = flow.send()
    if done(answer) and flow.voids:
        for code in flow.named:
            if flow.memory.held.get(code, {}).get("transaction_id") not in (None, flow.transaction_id):
                flow.also("reinstate", user_offer_id=code, employee_id="1")
                flow.hit()
    return answer


@program("time-goes-by-days-only", "volume", "DECL-81", "the clock can be set, but by a hundred days at once at most")
def _(app: App, hit: Hit) -> None:
    def by_days(original: Any) -> Any:
        def perform(verb: str, body: bytes) -> Any:
            asked = read(body) if verb == "clock" else {}
            if float(asked.get("advance", 0)) > 100 * 86_400 or str(asked.get("set", "1"))[:4] > this_year(app):
                hit()
                raise Misuse("that is too far", hint="go by days")
            return original(verb, body)

        return perform

    replace(app, app.world, "perform", by_days)


def this_year(app: App) -> str:
    """The year of the simulator's present instant."""
    now: str = app.world.shown_clock(app.clock.now())["now"]
    return now[:4]
