"""Points: earning, rounding, promotions, payers, escrow and maturing, returns."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from offerproof.program import Reason
from offerproof.program.model import Line


def test_a_transaction_puts_points_into_both_escrow_accounts_and_they_roll_over(world):
    member = world.customer()
    accounts = world.program.accounts.of(member)
    assert [(setting.name, account) for setting, account in accounts] == [
        ("ACME Spendable Account", None),
        ("ACME Spendable Escrow Account", None),
        ("ACME Tier-Qualifying Account", None),
        ("ACME Tier-Qualifying Escrow Account", None),
    ]
    world.spend(member, "123.99")
    assert world.balances(member) == (0, 123, 0, 123)
    assert [account is None for _, account in world.program.accounts.of(member)] == [True, False, True, False]
    world.days(30)
    assert world.balances(member) == (123, 0, 123, 0)
    ids = [account.id for _, account in world.program.accounts.of(member)]
    assert len(set(ids)) == 4
    assert [event[:2] for event in world.events if event[1].startswith("points")] == [
        (world.now - 30 * 86_400_000_000, "points_earned"),
        (world.now, "points_matured"),
    ]


def test_each_lot_matures_at_its_own_instant_in_order(world):
    member = world.customer()
    world.spend(member, "10")
    world.days(1)
    world.spend(member, "20")
    world.days(29)
    assert world.balances(member) == (10, 20, 10, 20)
    world.days(1)
    assert world.balances(member) == (30, 0, 30, 0)


def test_one_advance_over_a_long_time_is_the_same_as_many_small_ones(make_world):
    histories = []
    for step in (400, 1, 7):
        world = make_world()
        member = world.customer()
        world.spend(member, "2100")
        world.spend(member, "10000")
        for _ in range(400 // step):
            world.days(step)
        histories.append(([event for event in world.events if event[0] < world.now - 86_400_000_000 * 8], step))
    assert histories[0][0] == histories[1][0] == histories[2][0]


@pytest.mark.parametrize(("word", "life_times"), [("keeps", (50, 50, 50, 50)), ("moves", (50, 0, 50, 0))])
def test_the_life_time_value_of_escrow_keeps_or_moves(make_world, word, life_times):
    world = make_world(points={"escrow_life_time": word})
    member = world.customer()
    world.spend(member, "50")
    world.days(30)
    assert tuple(account.life_time_value for _, account in world.program.accounts.of(member)) == life_times


@pytest.mark.parametrize(
    ("changes", "money", "points"),
    [
        ({}, "10.99", 10),
        ({"rounding": "half_up"}, "10.50", 11),
        ({"rounding": "half_up"}, "10.49", 10),
        ({"rounding": "up"}, "10.01", 11),
        ({"fraction_digits": 1}, "10.99", Decimal("10.9")),
        ({"fraction_digits": 2, "rounding": "half_up"}, "0.125", Decimal("0.13")),
    ],
)
def test_points_are_rounded_as_the_settings_say(make_world, changes, money, points):
    world = make_world(points=changes)
    member = world.customer()
    world.spend(member, money)
    assert world.balances(member) == (0, points, 0, points)


@pytest.mark.parametrize(
    ("base", "points"), [("items_after_discounts", 26), ("items", 30), ("subtotal", 33), ("payments", 28)]
)
def test_what_points_are_counted_on_is_a_setting(make_world, base, points):
    world = make_world(points={"base": base})
    member = world.customer()
    user_offer = world.issued(member, world.offer(discount_config={"amount": 4}))
    items = [
        Line("1", "2", Decimal(2), Decimal("12.50"), Decimal(25), Decimal(2)),
        Line("2", "3", Decimal(2), Decimal("2.50")),
    ]
    basket = world.basket("tx", items=items, subtotal=Decimal(33), payments=[world.pays(member, "28")])
    world.lock(user_offer, basket)
    basket.is_closed, basket.discounts = True, [world.discount(user_offer, "4")]
    world.send(basket)
    assert world.balances(member)[1] == points


def test_families_have_rates_of_their_own(make_world, acme):
    families = acme["families"]
    families[0]["rate"], families[1]["rate"] = "0.5", 3
    world = make_world(families=families)
    member = world.customer()
    world.spend(member, "11")
    assert world.balances(member) == (0, 5, 0, 33)


def test_a_discount_lowers_what_is_earned_to_nothing_but_not_below(world):
    member = world.customer()
    world.spend(member, "3", discounts=[])
    user_offer = world.issued(member)
    basket = world.basket("tx", "4", payments=[world.pays(member, "0")])
    world.lock(user_offer, basket)
    basket.is_closed, basket.discounts = True, [world.discount(user_offer, "4")]
    world.send(basket)
    assert world.balances(member) == (0, 3, 0, 3)


# Payers ----------------------------------------------------------------------------------------------------------


def test_points_are_split_by_share_of_payment_each_rounded(world):
    one, two = world.customer(), world.customer()
    payments = [world.pays(one, "5"), world.pays("ext-2", "10", "External_ID"), world.pays(one, "5")]
    world.send(world.basket("tx", "25", is_closed=True, payments=payments))
    assert (world.balances(one)[1], world.balances(two)[1]) == (12, 12)


def test_the_part_of_an_unknown_payer_is_earned_by_nobody(world):
    one = world.customer()
    for payer, kind in (("nobody", "SessionM_ID"), ("nobody", "External_ID"), (None, "SessionM_ID"), (one, "Other")):
        before = world.balances(one)[1]
        payments = [world.pays(one, "10"), world.pays(payer, "30", kind)]
        world.send(world.basket(None, "40", is_closed=True, payments=payments))
        assert world.balances(one)[1] - before == 10


def test_a_sole_unknown_payer_earns_nothing(world):
    world.send(world.basket("tx", "40", is_closed=True, payments=[world.pays("nobody", "40")]))
    assert "points_earned" not in [event[1] for event in world.events]


def test_an_unknown_payer_can_be_refused_by_setting(make_world):
    world = make_world(transactions={"unknown_payer": "refuse"})
    payments = [world.pays(world.customer(), "10"), world.pays("nobody", "30")]
    call = world.basket("tx", "40", is_closed=True, payments=payments)
    assert world.refused(lambda: world.send(call)) is Reason.UNKNOWN_PAYER
    world.send(world.basket("tx", "40", is_closed=True, payments=[world.pays(None, "40")]))


def test_the_first_known_payer_can_take_all_by_setting(make_world):
    world = make_world(points={"split": "first"})
    one, two = world.customer(), world.customer()
    payments = [world.pays("nobody", "1"), world.pays(one, "1"), world.pays(two, "38")]
    world.send(world.basket("tx", "40", is_closed=True, payments=payments))
    assert (world.balances(one)[1], world.balances(two)[1]) == (40, 0)


def test_refunds_among_the_payments_give_nobody_more_than_there_is(world):
    one, two = world.customer(), world.customer()
    payments = [world.pays(one, "50"), world.pays(two, "-10")]
    world.send(world.basket("tx", "40", is_closed=True, payments=payments))
    assert (world.balances(one)[1], world.balances(two)[1]) == (40, 0)
    world.send(world.basket("tx2", "40", is_closed=True, payments=[world.pays(one, "0"), world.pays(two, "-1")]))
    assert (world.balances(one)[1], world.balances(two)[1]) == (40, 0)


def test_who_is_not_enrolled_earns_only_by_setting(make_world):
    for earn, points in ((False, 0), (True, 40)):
        world = make_world(points={"unenrolled_earn": earn})
        outsider = world.customer(opted_in=False)
        world.spend(outsider, "40")
        assert world.balances(outsider)[1] == points
        world.days(30)
        assert world.program.tiers.standing(outsider).tier == "UNENROLLED"


# Promotions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("promotion", "expected"),
    [
        ({"multiplier": 2}, (80, 80)),
        ({"multiplier": "1.5", "families": ["spendable"]}, (60, 40)),
        ({"bonus": 50}, (90, 90)),
        ({"bonus": 50, "multiplier": 3}, (170, 170)),
        ({"multiplier": 2, "channels": ["store"]}, (80, 80)),
        ({"multiplier": 2, "channels": ["Web"]}, (40, 40)),
        ({"multiplier": 2, "item_ids": ["coffee"]}, (50, 50)),
        ({"bonus": 7, "item_ids": ["coffee", "tea"]}, (47, 47)),
        ({"bonus": 7, "item_ids": ["tea"]}, (40, 40)),
        ({"bonus": 7, "minimum_base": "40"}, (47, 47)),
        ({"bonus": 7, "minimum_base": "40.01"}, (40, 40)),
        ({"bonus": 7, "starts_at": "2018-09-07T16:00:00", "ends_at": "2018-09-08T00:00:00"}, (47, 47)),
        ({"bonus": 7, "starts_at": "2018-09-07T16:00:01"}, (40, 40)),
        ({"bonus": 7, "ends_at": "2018-09-07T16:00:00"}, (40, 40)),
    ],
)
def test_promotions_earn_more(make_world, promotion, expected):
    for key in ("starts_at", "ends_at"):
        if key in promotion:
            promotion = {**promotion, key: datetime.fromisoformat(promotion[key]).replace(tzinfo=UTC)}
    world = make_world(promotions=[{"name": "test", **promotion}])
    member = world.customer()
    items = [Line("1", "coffee", Decimal(4), Decimal("2.50")), Line("2", "cake", Decimal(1), Decimal(30))]
    payments = [world.pays(member, "40")]
    world.send(world.basket("tx", items=items, channel="STORE", is_closed=True, payments=payments))
    assert world.balances(member) == (0, expected[0], 0, expected[1])


def test_an_item_promotion_counts_on_the_discounted_part_of_the_basket(make_world):
    world = make_world(promotions=[{"name": "test", "multiplier": 2, "item_ids": ["coffee"]}])
    member = world.customer()
    user_offer = world.issued(member, world.offer(discount_config={"amount": 20}))
    items = [Line("1", "coffee", Decimal(1), Decimal(10)), Line("2", "cake", Decimal(1), Decimal(30))]
    basket = world.basket("tx", items=items, payments=[world.pays(member, "20")])
    world.lock(user_offer, basket)
    basket.is_closed, basket.discounts = True, [world.discount(user_offer, "20")]
    world.send(basket)
    assert world.balances(member)[1] == 25, "20 for the basket, 5 more for the coffee"


# Returns ---------------------------------------------------------------------------------------------------------


def test_a_return_inside_the_period_takes_points_out_of_both_escrows(world):
    member = world.customer()
    world.spend(member, "100", "tx")
    world.days(5)
    world.spend(member, "30", "tx")
    assert world.balances(member) == (0, 30, 0, 30)
    world.spend(member, "30", "tx", items=[])
    assert world.balances(member) == (0, 0, 0, 0)
    world.days(40)
    assert world.balances(member) == (0, 0, 0, 0)
    assert (member.holdings[0].earned, member.holdings[0].returned) == (100, 100)


def test_a_return_after_the_period_takes_from_the_final_account(world):
    member = world.customer()
    world.spend(member, "100", "tx")
    world.days(31)
    world.spend(member, "30", "tx")
    assert world.balances(member) == (30, 0, 30, 0)


def test_a_late_return_can_be_ignored_by_setting(make_world):
    world = make_world(transactions={"late_return": "ignore"})
    member = world.customer()
    world.spend(member, "100", "tx")
    world.days(31)
    world.spend(member, "30", "tx")
    assert world.balances(member) == (100, 0, 100, 0)
    world.spend(member, "130", "tx")
    assert world.balances(member) == (100, 30, 100, 30)


@pytest.mark.parametrize(("allowed", "balance", "returned"), [(False, 0, 0), (True, -70, 70)])
def test_a_late_return_after_a_cash_out_takes_what_is_there_or_goes_negative(make_world, allowed, balance, returned):
    world = make_world(points={"may_go_negative": allowed})
    member = world.customer()
    world.spend(member, "100", "tx")
    world.days(31)
    world.program.points.cash_out(world.now)
    world.spend(member, "30", "tx")
    assert world.balances(member)[0] == balance
    assert member.holdings[0].returned == returned
    assert world.balances(member)[2] == 30


def test_a_bigger_basket_earns_the_difference_with_a_period_of_its_own(world):
    member = world.customer()
    world.spend(member, "100", "tx")
    world.days(10)
    world.spend(member, "150", "tx")
    assert world.balances(member) == (0, 150, 0, 150)
    world.days(20)
    assert world.balances(member) == (100, 50, 100, 50)
    world.spend(member, "120", "tx")
    assert world.balances(member) == (100, 20, 100, 20), "the later lot is lowered, the first one is kept"
    world.spend(member, "60", "tx")
    assert world.balances(member) == (60, 0, 60, 0)


@pytest.mark.parametrize(
    "before",
    [
        [("40", False, True)],
        [("40", True, True), ("0", True, False)],
        [("0.40", True, True)],
    ],
    ids=["while it was open", "before all was returned", "when it was too cheap to earn"],
)
def test_who_paid_for_an_earlier_version_earns_on_a_later_one_without_payments(world, before):
    member = world.customer()
    for price, closed, paid in before:
        payments = [world.pays(member, price)] if paid else []
        world.spend(member, price, "tx", is_closed=closed, payments=payments)
    world.spend(member, "30", "tx", payments=[])
    assert world.balances(member)[1] == 30


def test_a_return_without_payments_keeps_the_payers(world):
    one, two = world.customer(), world.customer()
    payments = [world.pays(one, "30"), world.pays(two, "10")]
    world.send(world.basket("tx", "40", is_closed=True, payments=payments))
    world.now += 1
    world.send(world.basket("tx", "20", is_closed=True, modified_at=world.now))
    assert (world.balances(one)[1], world.balances(two)[1]) == (15, 5)
    world.spend(one, "40", "sole")
    world.now += 1
    world.send(world.basket("sole", "20", is_closed=True, modified_at=world.now))
    assert world.balances(one)[1] == 35


def test_points_move_when_another_customer_turns_out_to_have_paid(world):
    one, two = world.customer(), world.customer()
    world.spend(one, "40", "tx")
    world.spend(two, "40", "tx")
    assert (world.balances(one)[1], world.balances(two)[1]) == (0, 40)


def test_the_return_period_can_start_when_the_basket_was_opened_and_can_be_zero(make_world):
    world = make_world(points={"return_period_starts": "opened"})
    member = world.customer()
    world.spend(member, "40", opened_at=world.now - 20 * 86_400_000_000)
    world.days(9.9)
    assert world.balances(member) == (0, 40, 0, 40)
    world.days(0.1)
    assert world.balances(member) == (40, 0, 40, 0)
    at_once = make_world(points={"return_period_days": 0})
    member = at_once.customer()
    at_once.spend(member, "2000")
    assert at_once.balances(member) == (2000, 0, 2000, 0)
    assert at_once.program.tiers.standing(member).tier == "SILVER"
