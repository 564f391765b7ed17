"""What points bring: offers by issue rules, gift cards by cash-out, and the sums that are shown."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from offerproof.program import Reason

# Issue rules -----------------------------------------------------------------------------------------------------


def test_two_hundred_earned_points_bring_a_five_dollar_offer_each_time_anew(world):
    member = world.customer()
    world.spend(member, "199.99")
    assert world.wallet(member) == []
    world.spend(member, "1")
    assert len(world.wallet(member)) == 1
    (issued,) = world.program.wallets.page(member.id).user_offers
    assert (issued.offer.title, issued.offer.discount.amount) == ("$5 off Check", 5)
    world.spend(member, "550")
    assert len(world.wallet(member)) == 3
    world.spend(member, "50")
    assert len(world.wallet(member)) == 4


def test_returned_points_do_not_count_and_no_threshold_counts_twice(world):
    member = world.customer()
    world.spend(member, "150", "a")
    world.spend(member, "50", "a")
    world.spend(member, "100", "b")
    assert world.wallet(member) == [], "150 net"
    world.spend(member, "50", "c")
    assert len(world.wallet(member)) == 1
    world.spend(member, "0", "c", items=[])
    world.spend(member, "60", "d")
    assert len(world.wallet(member)) == 1, "the first 200 were rewarded already"


def test_a_rule_can_fire_only_once_and_never_more_than_a_bound_at_once(make_world, acme):
    rule = acme["issue_rules"][0]
    world = make_world(issue_rules=[{**rule, "repeats": False}])
    member = world.customer()
    world.spend(member, "1000")
    world.spend(member, "1000")
    assert len(world.wallet(member)) == 1
    bounded = make_world(issue_rules=[{**rule, "most_at_once": 3}])
    member = bounded.customer()
    bounded.spend(member, "100000000")
    assert len(bounded.wallet(member)) == 3
    bounded.spend(member, "200")
    assert len(bounded.wallet(member)) == 4


def test_a_rule_whose_offer_has_ended_gives_nothing(make_world, acme):
    prepared = acme["offers"]["prepared"]
    prepared[0]["acquisition_end"] = datetime(2018, 9, 1, tzinfo=UTC)
    world = make_world(offers={"prepared": prepared})
    member = world.customer()
    world.spend(member, "500")
    assert world.wallet(member) == []


# Cash-out --------------------------------------------------------------------------------------------------------


def test_cash_out_turns_the_spendable_balance_into_a_gift_card(world):
    member, poor = world.customer(), world.customer()
    world.spend(member, "250")
    world.days(30)
    world.spend(member, "70")
    (card,) = world.program.points.cash_out(world.now)
    assert (card.points, card.amount, card.issued_at) == (250, Decimal("2.50"), world.now)
    assert member.gift_cards == [card]
    assert poor.gift_cards is None
    assert world.balances(member) == (0, 70, 250, 70), "neither escrow nor tier-qualifying points are touched"
    assert (member.holdings[0].earned, member.holdings[0].cashed_out, member.holdings[1].cashed_out) == (320, 250, 0)
    assert world.program.points.cash_out(world.now, member.id) == []
    assert world.refused(lambda: world.program.points.cash_out(world.now, "nobody")) is Reason.UNKNOWN_CUSTOMER


def test_cash_out_takes_whole_steps_from_a_minimum_on(make_world):
    world = make_world(cash_out={"minimum_points": 200, "step_points": 100, "value_per_point": "0.05"})
    member = world.customer()
    world.spend(member, "199")
    world.days(30)
    assert world.program.points.cash_out(world.now, member.id) == []
    world.spend(member, "151")
    world.days(30)
    (card,) = world.program.points.cash_out(world.now, member.id)
    assert (card.points, card.amount, world.balances(member)[0]) == (300, 15, 50)


def test_cash_out_happens_by_itself_on_its_dates(make_world):
    world = make_world(cash_out={"dates": ["12-31", "06-30"], "step_points": 100})
    member = world.customer()
    world.spend(member, "250")
    world.at("2018-12-30T23:59:59")
    assert world.cards(member) == []
    world.at("2018-12-31T00:00:00")
    assert [card.points for card in world.cards(member)] == [200]
    world.spend(member, "60")
    world.at("2019-06-30T00:00:00")
    assert [(card.points, card.issued_at) for card in world.cards(member)][1:] == [(100, world.now)]
    assert world.balances(member) == (10, 0, 310, 0)


@pytest.mark.parametrize(("word", "points"), [("available", 100), ("total", 280), ("life_time", 480)])
def test_what_lookup_shows_as_points_is_a_setting(make_world, word, points):
    world = make_world(points={"lookup_points": word})
    member = world.customer()
    assert world.program.accounts.lookup_points(member) == 0
    world.spend(member, "100")
    world.days(30)
    world.spend(member, "40")
    assert world.program.accounts.lookup_points(member) == points


def test_available_points_can_include_escrow_by_setting(make_world):
    for word, points in (("spendable", 0), ("spendable_and_escrow", 40)):
        world = make_world(points={"available_points": word})
        member = world.customer()
        assert world.program.accounts.available_points(member) == 0
        world.spend(member, "40")
        assert world.program.accounts.available_points(member) == points
        world.days(30)
        assert world.program.accounts.available_points(member) == 40
