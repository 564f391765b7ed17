"""Transactions: versions, closing, voiding, discounts, all or nothing, folding."""

from decimal import Decimal

import pytest

from offerproof.program import Reason
from offerproof.program.model import Discount, Line, TransactionState, UserOfferState


def test_an_open_transaction_earns_and_redeems_nothing_until_it_is_closed(world):
    member = world.customer()
    user_offer = world.issued(member)
    basket = world.basket("tx", payments=[world.pays(member, "15")], modified_at=1)
    world.lock(user_offer, basket)
    basket.discounts = [world.discount(user_offer)]
    opened = world.send(basket)
    assert (opened.state, opened.ignored, opened.redeemed) == (TransactionState.OPEN, False, ())
    assert (user_offer.state, world.balances(member)) == (UserOfferState.LOCKED, (0, 0, 0, 0))
    basket.is_closed, basket.modified_at = True, 2
    closed = world.send(basket)
    assert (closed.state, closed.ignored, closed.redeemed) == (TransactionState.CLOSED, False, (user_offer,))
    assert (user_offer.state, world.balances(member)) == (UserOfferState.REDEEMED, (0, 15, 0, 15))
    assert world.hold(user_offer).transaction_id == "tx"
    assert world.hold(user_offer).pricing.amount == 5


@pytest.mark.parametrize("modified_at", [9, 10], ids=["older", "equal"])
def test_an_older_or_equal_version_is_ignored_or_refused_by_setting(make_world, modified_at):
    for word in ("ignore", "refuse"):
        world = make_world(transactions={"stale": word})
        member = world.customer()
        world.spend(member, "100", "tx", modified_at=10)
        stale = world.basket("tx", "1", is_closed=True, modified_at=modified_at, payments=[world.pays(member, "1")])
        stale.discounts = [Discount("no-such-offer", Decimal(1), "userofferid")]
        if word == "refuse":
            assert world.refused(lambda w=world, b=stale: w.send(b)) is Reason.TRANSACTION_STALE
        else:
            sent = world.send(stale)
            assert (sent.ignored, sent.state) == (True, TransactionState.CLOSED)
        assert world.balances(member)[1] == 100


def test_without_modified_time_the_instant_of_arrival_counts(world):
    member = world.customer()
    payments = [world.pays(member, "10")]
    world.send(world.basket("tx", "10", is_closed=True, payments=payments))
    assert world.send(world.basket("tx", "20", is_closed=True, payments=payments)).ignored
    world.now += 1
    assert not world.send(world.basket("tx", "20", is_closed=True, payments=payments)).ignored
    assert world.balances(member)[1] == 20


def test_a_closed_transaction_cannot_be_opened_again_unless_the_settings_allow_it(make_world):
    for word, balance in (("refuse", 100), ("allow", 0)):
        world = make_world(transactions={"reopening": word})
        member = world.customer()
        world.spend(member, "100", "tx", modified_at=1)
        again = world.basket("tx", "100", modified_at=2, payments=[world.pays(member, "100")])
        if word == "refuse":
            assert world.refused(lambda w=world, b=again: w.send(b)) is Reason.TRANSACTION_CLOSED
        else:
            assert world.send(again).state is TransactionState.OPEN
        assert world.balances(member)[1] == balance


def test_what_a_missing_is_closed_means_is_a_setting(make_world):
    for word, state in (("open", TransactionState.OPEN), ("closed", TransactionState.CLOSED)):
        assert make_world(transactions={"is_closed_missing": word}).send(
            make_world().basket("tx", is_closed=None)
        ).state is (state)


def test_a_void_takes_the_points_out_and_gives_the_offers_back(make_world):
    for reinstates, state in ((True, UserOfferState.ISSUED), (False, UserOfferState.REDEEMED)):
        world = make_world(transactions={"void_reinstates": reinstates})
        member = world.customer()
        redeemed, locked = world.issued(member), world.issued(member)
        basket = world.basket("tx", payments=[world.pays(member, "15")], modified_at=1)
        world.lock(redeemed, basket)
        basket.is_closed, basket.discounts = True, [world.discount(redeemed)]
        world.send(basket)
        world.lock(locked, basket)
        discounts = [world.discount(redeemed), world.discount(locked), Discount(None, Decimal(1))]
        void = world.basket("tx", is_voided=True, is_closed=True, modified_at=2, discounts=discounts)
        assert world.send(void).state is TransactionState.VOIDED
        assert (redeemed.state, locked.state) == (state, UserOfferState.ISSUED)
        assert world.balances(member) == (0, 0, 0, 0)
        assert world.refused(lambda w=world: w.spend(w.customer(), "5", "tx")) is Reason.TRANSACTION_VOIDED


def test_a_void_gives_back_only_what_is_still_its_own(world):
    member = world.customer()
    offer_id = world.offer(validity_unit="days", validity_period=2)
    again, ended = world.issued(member, offer_id), world.issued(member, offer_id)
    basket = world.basket("tx", "50", modified_at=1)
    for one in (again, ended):
        world.lock(one, basket)
    basket.is_closed, basket.discounts = True, [world.discount(again), world.discount(ended)]
    world.send(basket)
    world.program.redemption.reinstate(world.now, again.id)
    world.program.redemption.redeem(world.now, again.id, "userofferid", world.basket("other"))
    world.days(3)
    world.send(world.basket("tx", is_voided=True, modified_at=2))
    assert again.state is UserOfferState.REDEEMED
    assert world.hold(again).transaction_id == "other"
    assert ended.state is UserOfferState.EXPIRED
    assert world.wallet(member) == []


def test_a_void_of_an_unknown_transaction_is_remembered(world):
    world.send(world.basket("tx", is_voided=True))
    world.now += 1
    assert world.refused(lambda: world.send(world.basket("tx", is_closed=True))) is Reason.TRANSACTION_VOIDED


# Discounts -------------------------------------------------------------------------------------------------------


def test_one_bad_discount_refuses_the_whole_transaction(world):
    member = world.customer()
    good, bad = world.issued(member), world.issued(member)
    basket = world.basket("tx", "50", payments=[world.pays(member, "40")])
    world.lock(good, basket)
    basket.is_closed, basket.discounts = True, [world.discount(good), world.discount(bad)]
    assert world.refused(lambda: world.send(basket)) is Reason.NOT_LOCKED
    assert (good.state, bad.state) == (UserOfferState.LOCKED, UserOfferState.ISSUED)
    assert world.balances(member) == (0, 0, 0, 0)
    world.lock(bad, basket)
    assert world.send(basket).redeemed == (good, bad), "the refused one left no trace"
    assert world.balances(member)[1] == 40


def test_a_bad_discount_can_be_ignored_by_setting(make_world):
    world = make_world(transactions={"bad_discount": "ignore"})
    member = world.customer()
    good, bad = world.issued(member), world.issued(member)
    basket = world.basket("tx", "50", payments=[world.pays(member, "40")])
    world.lock(good, basket)
    basket.is_closed, basket.discounts = True, [world.discount(bad), world.discount(good), world.discount(good)]
    assert world.send(basket).redeemed == (good,)
    assert (good.state, bad.state, world.balances(member)[1]) == (UserOfferState.REDEEMED, UserOfferState.ISSUED, 35)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"reference_id": "22222222-2222-4222-8222-222222222222"}, Reason.UNKNOWN_USER_OFFER),
        ({"reference_id": "no-code", "reference_id_type": "TTLCODE"}, Reason.UNKNOWN_USER_OFFER),
        ({"reference_id": None}, Reason.UNKNOWN_USER_OFFER),
        ({"user_id": "22222222-2222-4222-8222-222222222222"}, Reason.WRONG_OWNER),
    ],
)
def test_a_discount_that_names_the_wrong_thing_is_refused(world, members, reason):
    member = world.customer()
    user_offer = world.issued(member)
    basket = world.basket("tx")
    world.lock(user_offer, basket)
    basket.is_closed, basket.discounts = True, [world.discount(user_offer, **members)]
    assert world.refused(lambda: world.send(basket)) is reason
    assert user_offer.state is UserOfferState.LOCKED


def test_a_user_offer_cannot_stand_in_two_discounts(world):
    user_offer = world.issued(world.customer())
    basket = world.basket("tx")
    world.lock(user_offer, basket)
    twice = world.discount(user_offer, reference_id=user_offer.id.upper(), reference_id_type=None, user_id=None)
    basket.is_closed, basket.discounts = True, [world.discount(user_offer), twice]
    assert world.refused(lambda: world.send(basket)) is Reason.DUPLICATE_DISCOUNT
    basket.discounts = [twice]
    assert world.send(basket).redeemed == (user_offer,)


def test_discounts_of_the_till_itself_only_lower_what_is_earned(world):
    member = world.customer()
    own = [Discount("staff", Decimal(4), "till"), Discount(None, Decimal(1)), Discount("coupon", Decimal(1))]
    world.spend(member, "20", discounts=own)
    assert world.balances(member)[1] == 14


def test_a_later_version_may_carry_what_the_transaction_redeemed_before(world):
    member = world.customer()
    user_offer = world.issued(member)
    basket = world.basket("tx", "50", payments=[world.pays(member, "45")], modified_at=1)
    world.lock(user_offer, basket)
    basket.is_closed, basket.discounts = True, [world.discount(user_offer)]
    world.send(basket)
    smaller = world.basket("tx", "20", payments=[world.pays(member, "15")], modified_at=2, is_closed=True)
    smaller.discounts = [world.discount(user_offer)]
    assert world.send(smaller).redeemed == ()
    assert (user_offer.state, world.balances(member)[1]) == (UserOfferState.REDEEMED, 15)


def test_redeem_at_once_and_then_sending_the_transaction_agree(world):
    user_offer = world.issued(world.customer())
    basket = world.basket("tx")
    world.program.redemption.redeem(world.now, user_offer.id, "userofferid", basket)
    basket.is_closed, basket.discounts = True, [world.discount(user_offer)]
    assert world.send(basket).redeemed == ()
    assert user_offer.state is UserOfferState.REDEEMED


# Numbers out of this world ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["1E+999999", "1E+30", "NaN", "Infinity", "sNaN"])
def test_absurd_amounts_are_refused_and_change_nothing(world, number):
    member = world.customer()
    user_offer = world.issued(member)
    items = [Line("1", "2", Decimal(number), Decimal(10))]
    basket = world.basket("tx", items=items, is_closed=True, payments=[world.pays(member, "10")])
    assert world.refused(lambda: world.send(basket)) is Reason.INVALID
    assert world.refused(lambda: world.lock(user_offer, basket)) is Reason.INVALID
    assert (user_offer.state, world.balances(member)) == (UserOfferState.ISSUED, (0, 0, 0, 0))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "sNaN"])
def test_absurd_payments_are_refused(world, number):
    payments = [world.pays(world.customer(), number), world.pays(world.customer(), "10")]
    basket = world.basket("tx", is_closed=True, payments=payments)
    assert world.refused(lambda: world.send(basket)) is Reason.INVALID


def test_a_lookup_with_absurd_amounts_is_refused(world):
    member = world.customer()
    world.issued(member)
    basket = world.basket("tx", items=[Line("1", "2", Decimal("NaN"), Decimal(10))])
    reason = world.refused(lambda: world.program.redemption.lookup(world.now, "user_id", member.id, basket))
    assert reason is Reason.INVALID


# Bounded state ---------------------------------------------------------------------------------------------------


def test_transactions_can_be_folded_away_after_their_return_period(make_world):
    world = make_world(transactions={"fold_after_days": 5})
    member = world.customer()
    opened = world.now
    world.spend(member, "100", "tx", opened_at=opened)
    world.days(34)
    world.spend(member, "90", "tx", opened_at=opened)
    assert world.balances(member) == (90, 0, 90, 0)
    world.days(2)
    assert world.program.state.transactions == {}
    assert world.balances(member) == (90, 0, 90, 0), "balances stay"
    again = world.refused(lambda: world.spend(member, "50", "tx", opened_at=opened))
    assert again is Reason.TRANSACTION_FOLDED
    world.spend(member, "50", "tx2", opened_at=world.now)
    world.spend(member, "50", "tx3")
    assert world.balances(member) == (90, 100, 90, 100)


def test_a_transaction_that_earned_again_is_folded_only_after_those_points_matured(make_world):
    world = make_world(transactions={"fold_after_days": 0})
    member = world.customer()
    world.spend(member, "100", "tx")
    world.days(20)
    world.spend(member, "150", "tx")
    world.days(11)
    assert list(world.program.state.transactions) == ["tx"]
    assert world.balances(member) == (100, 50, 100, 50)
    world.days(20)
    assert world.program.state.transactions == {}


def test_transactions_are_kept_by_default(world):
    world.spend(world.customer(), "100", "tx")
    world.days(4000)
    assert list(world.program.state.transactions) == ["tx"]
