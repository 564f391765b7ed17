"""What time does: points that mature, tiers that move, offers that end; too early, too late or not at all."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from offerproof.defects import program, wire
from offerproof.defects.asked import Document, done, read, table
from offerproof.defects.patches import replace
from offerproof.defects.rewrites import (
    HISTORY,
    LEVEL,
    SEARCH,
    USERS,
    discount,
    edit,
    honour,
    keep,
    on,
    put,
    stays,
    turn,
)
from offerproof.defects.wire import Flow
from offerproof.program.model import UserOfferState
from offerproof.simulator.answers import Answer

if TYPE_CHECKING:
    from offerproof.defects import Patch
    from offerproof.simulator.app import App
    from offerproof.simulator.planting import Hit

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
SPENDABLE, TIER = 0, 1


def early(ahead: int) -> Patch:
    """Let what is due happen too early, by so many microseconds."""

    def patch(app: App, hit: Hit) -> None:
        def make(original: Any) -> Any:
            def advance(now: int) -> None:
                due = app.program.next_due
                if due is not None and now < due <= now + ahead:
                    hit()
                original(now + ahead)

            return advance

        replace(app, app.program, "advance", make)

    return patch


def stuck(family: int) -> Patch:
    """Let points of one family never leave their escrow."""

    def patch(app: App, hit: Hit) -> None:
        def make(original: Any) -> Any:
            def roll_over(at: int, customer: Any, which: int, amount: Decimal) -> None:
                if which == family:
                    hit()
                else:
                    original(at, customer, which, amount)

            return roll_over

        replace(app, app.program.points, "roll_over", make)

    return patch


def top_has_a_target(user: Document) -> None:
    """Show the threshold of the top tier as the next one."""
    if user["tier_ends_value"] == 0:
        user["tier_ends_value"] = user["tier_starts_value"]


def another_end_below_the_top(user: Document) -> None:
    """Show another end of a tier that ends and has one above."""
    if user.get("tier_resets_at") and user.get("tier_ends_value"):
        user["tier_resets_at"] = "2028-01-01 00:00:00"


def named_as_the_present_one(level: Document) -> None:
    """Give the next tier, where there is one, the name of the tier that the customer is in."""
    if level.get("next_tier_overview"):
        level["next_tier_overview"]["name"] = level["tier_overview"]["name"]


program("spendable-never-matures", "points", "TIME-1", "points stay in the spendable escrow for ever")(stuck(SPENDABLE))
program("tier-points-never-mature", "points", "TIME-2", "points stay in the tier-qualifying escrow for ever")(
    stuck(TIER)
)
program("escrow-matures-a-day-early", "points", "TIME-3", "points leave escrow a day before the return period ends")(
    early(DAY)
)
program("escrow-matures-seconds-early", "points", "TIME-3", "points leave escrow three seconds before they may")(
    early(3 * SECOND)
)
wire("top-tier-has-a-target", "points", "TIME-6", "at the top tier tier_ends_value is the threshold of that tier")(
    edit(SEARCH, "user", top_has_a_target)
)
wire("top-tier-lacks-points", "points", "TIME-6", "at the top tier next_tier_points are still missing")(
    turn(SEARCH, "user.next_tier_points", lambda points: points or 5)
)
wire("next-tier-has-this-name", "points", "TIME-17", "next_tier_overview bears the name of the present tier")(
    edit(USERS, LEVEL, named_as_the_present_one)
)
wire("tier-ends-another-day", "points", "TIME-7", "tier_resets_at is not the day on which the tier ends")(
    put(USERS, "user.tier_resets_at", "2028-01-01 00:00:00")
)
wire("silver-ends-another-day", "points", "TIME-7", "tier_resets_at of a tier below the top is not the day of its end")(
    edit(USERS, "user", another_end_below_the_top)
)
wire("expired-stays-in-wallet", "points", "TIME-9", "Lookup goes on showing an offer whose window is over")(
    stays(
        lambda flow, user: [
            row["user_offer_id"].lower() for row in flow.history(user) if row["status_description"] == "Expired"
        ]
    )
)
wire("expired-offer-locks", "points", "TIME-10", "an offer whose window is over can be locked")(
    honour("lock", discount, lambda flow: flow.state(flow.code) == "Expired")
)
wire("expired-is-forgotten", "points", "TIME-11", "expired offers leave the history")(
    keep(HISTORY, "payload.results", lambda row: row["status_description"] != "Expired")
)


@program("tier-waits-for-a-job", "points", "TIME-4", "points that roll over do not move the tier")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def move(at: int, customer: Any) -> None:
            membership = customer.memberships[0]
            if app.program.tiers.level_reached(membership).rank > membership.level.rank:
                hit()

        return move

    replace(app, app.program.tiers, "move", make)


@program("sum-refreshed-nightly", "points", "TIME-5", "total_points lack what has rolled over until the next night")
def _(app: App, hit: Hit) -> None:
    matured: dict[str, tuple[int, Decimal]] = {}

    def mature(original: Any) -> Any:
        def mature_lot(at: int, lot: Any) -> None:
            original(at, lot)
            matured[lot.customer.id] = (at, sum(lot.points, Decimal(0)))

        return mature_lot

    def show(original: Any) -> Any:
        def tier_details(customer: Any) -> Any:
            details = original(customer)
            now = app.clock.now()
            at, points = matured.get(customer.id, (now - DAY, Decimal(0)))
            if now - at < DAY // 2 and points:
                hit()
                details["point_account_balances"]["summary"]["total_points"] -= points
            return details

        return tier_details

    replace(app, app.program.points, "mature_lot", mature)
    replace(app, app.core, "tier_details", show)


@program(
    "offers-end-in-local-time", "points", "TIME-12", "an offer ends when the server's clock says so, an hour early"
)
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def advance(now: int) -> None:
            original(now)
            for one in list(app.program.state.user_offers.values()):
                if one.state is UserOfferState.ISSUED and one.ends_at is not None and one.ends_at <= now + HOUR:
                    hit()
                    app.program.life_cycle.expire(now, one)

        return advance

    replace(app, app.program, "advance", make)


@program("return-undoes-the-promotion", "points", "TIME-18", "a return puts who was promoted back into the first tier")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def back(at: int, lot: Any, kept: Any) -> None:
            less = kept != lot.points
            original(at, lot, kept)
            membership = lot.customer.memberships[0]
            if less and membership.level.rank > 1:
                hit()
                app.program.tiers.enter_level(at, membership, membership.system.levels[1])

        return back

    replace(app, app.program.points, "return_from_lot", make)


@program("lowest-tier-lapses", "points", "TIME-19", "after a year the lowest tier, which names no end, is lost")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def advance(now: int) -> None:
            original(now)
            for customer in app.program.state.customers.values():
                membership = customer.memberships[0]
                if membership.level.rank == 1 and now - membership.joined_at > 365 * DAY:
                    hit()
                    app.program.tiers.enter_level(now, membership, membership.system.levels[0])

        return advance

    replace(app, app.program, "advance", make)


@program(
    "promoted-since-joining", "points", "TIME-20", "tier_entered_at stays when points that roll over move the tier"
)
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def enter_level(at: int, membership: Any, level: Any) -> None:
            since = membership.joined_at
            original(at, membership, level)
            if level.rank > 1:
                hit()
                membership.joined_at = since

        return enter_level

    replace(app, app.program.tiers, "enter_level", make)


@program("third-of-an-instant-stays", "points", "TIME-9", "of offers that end at one instant only two leave the wallet")
def _(app: App, hit: Hit) -> None:
    ended: Counter[int] = Counter()

    def make(original: Any) -> Any:
        def end_validity(at: int, user_offer: Any) -> None:
            ended[at] += user_offer.state is UserOfferState.ISSUED
            if ended[at] > 2:
                hit()
            else:
                original(at, user_offer)

        return end_validity

    replace(app, app.program.life_cycle, "end_validity", make)


@program(
    "ended-offers-are-reinstated", "points", "TIME-21", "a redemption is undone after its redemption window is over"
)
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def require_reinstatable(now: int, user_offer: Any) -> None:
            if user_offer.state is UserOfferState.REDEEMED and user_offer.ends_at and user_offer.ends_at <= now:
                hit()
            else:
                original(now, user_offer)

        return require_reinstatable

    replace(app, app.program.life_cycle, "require_reinstatable", make)


@program("one-tier-at-a-time", "points", "TIME-4", "points for the top tier move a customer up by one tier only")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def level_reached(membership: Any) -> Any:
            reached, above = original(membership), membership.level.rank + 1
            if reached.rank <= above:
                return reached
            hit()
            return membership.system.levels[above]

        return level_reached

    replace(app, app.program.tiers, "level_reached", make)


@program("second-purchase-waits", "points", "TIME-22", "tier-qualifying points of a second purchase stay in escrow")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def roll_over(at: int, customer: Any, family: int, amount: Decimal) -> None:
            if family == TIER and app.program.accounts.holding(customer, family).account is not None:
                hit()
            else:
                original(at, customer, family, amount)

        return roll_over

    replace(app, app.program.points, "roll_over", make)


@wire("path-has-not-rolled-over", "points", "TIME-23", "a customer under an id in the path has the balances of before")
@on("get_customer")
def _(flow: Flow) -> Answer:
    """What adds up to the same total is answered as it was at first."""
    answer = flow.send()
    shown = table(table(read(answer.body)).get("user")).get("tier_details")
    if not done(answer) or not shown:
        return answer
    total = shown["point_account_balances"]["summary"]["total_points"]
    first = flow.memory.notes["shown"].setdefault((flow.message.target, total), answer)
    return answer if first.body == answer.body else flow.wrong(first)


@program("returned-points-mature", "points", "TIME-22", "what was returned of a purchase rolls over all the same")
def _(app: App, hit: Hit) -> None:
    returned: dict[int, Decimal] = {}

    def back(original: Any) -> Any:
        def return_from_lot(at: int, lot: Any, kept: tuple[Decimal, ...]) -> None:
            returned[id(lot)] = returned.get(id(lot), Decimal(0)) + lot.points[SPENDABLE] - kept[SPENDABLE]
            original(at, lot, kept)

        return return_from_lot

    def mature(original: Any) -> Any:
        def mature_lot(at: int, lot: Any) -> None:
            original(at, lot)
            account = app.program.accounts.holding(lot.customer, SPENDABLE).account
            if account is not None and returned.get(id(lot)):
                hit()
                account.balance += returned.pop(id(lot))

        return mature_lot

    replace(app, app.program.points, "return_from_lot", back)
    replace(app, app.program.points, "mature_lot", mature)


@program("redeemed-ends-as-expired", "wallet", "TIME-24", "what was redeemed expires with its redemption window")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def end_validity(at: int, user_offer: Any) -> None:
            if user_offer.state is UserOfferState.REDEEMED:
                hit()
                app.program.life_cycle.expire(at, user_offer)
            else:
                original(at, user_offer)

        return end_validity

    replace(app, app.program.life_cycle, "end_validity", make)
