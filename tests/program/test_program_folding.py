"""Folding: what is over is forgotten beyond a number, and nothing that still counts changes by it."""

import random
from decimal import Decimal

import pytest

from offerproof.errors import Misuse
from offerproof.program import Reason
from offerproof.program.agenda import Agenda
from offerproof.program.model import UserOfferState
from offerproof.program.state import Marks

KEEP_TWO = {"folding": {"keep": 2}}
RULE_OFFER = "0f5d0ffe-0000-4000-8000-000000000200"


def test_a_customer_keeps_the_newest_closed_transactions_and_all_points(make_world):
    world = make_world(**KEEP_TWO)
    member, other = world.customer(), world.customer()
    for number in range(5):
        world.spend(member, "100", f"tx{number}")
    world.spend(other, "100", "other")
    assert list(world.program.state.transactions) == ["tx3", "tx4", "other"]
    assert world.balances(member) == (0, 500, 0, 500)
    told = [subject for _, what, _, subject in world.events if what == "transaction_folded"]
    assert told == ["tx0", "tx1", "tx2"]


def test_a_folded_transaction_is_refused_whatever_its_new_version_says(make_world):
    world = make_world(**KEEP_TWO)
    member = world.customer()
    for number in range(3):
        world.spend(member, "100", f"tx{number}")
    assert world.refused(lambda: world.spend(member, "50", "tx0")) is Reason.TRANSACTION_FOLDED
    assert world.refused(lambda: world.spend(member, "0", "tx0", is_voided=True)) is Reason.TRANSACTION_FOLDED
    assert world.refused(lambda: world.spend(member, "9", "tx0", is_closed=False)) is Reason.TRANSACTION_FOLDED
    assert world.balances(member) == (0, 300, 0, 300)


def test_a_transaction_that_is_kept_can_be_returned_and_voided(make_world):
    world = make_world(**KEEP_TWO)
    member = world.customer()
    for number in range(3):
        world.spend(member, "100", f"tx{number}")
    world.spend(member, "60", "tx1")
    world.spend(member, "100", "tx2", is_voided=True)
    assert world.balances(member) == (0, 160, 0, 160)
    assert list(world.program.state.transactions) == ["tx1", "tx2"], "sending again makes nothing newer"


def test_points_of_folded_transactions_mature_together_at_the_end_of_their_day(make_world):
    world = make_world(**KEEP_TWO)
    member = world.customer()
    for number in range(4):
        world.spend(member, "100", f"tx{number}")
    world.days(30)
    assert world.balances(member) == (200, 200, 200, 200), "16:00: the two that are kept"
    world.days(7 / 24)
    assert world.balances(member) == (200, 200, 200, 200)
    world.days(1 / 24)
    assert world.balances(member) == (400, 0, 400, 0), "midnight: the two that were folded"


def test_what_nobody_earned_by_is_folded_apart_from_all_customers(make_world):
    world = make_world(**KEEP_TWO)
    member = world.customer()
    world.spend(member, "100", "mine")
    for number in range(1003):
        world.send(world.basket(f"cash{number}", is_closed=True))
    assert "mine" in world.program.state.transactions
    assert "cash2" not in world.program.state.transactions
    assert "cash3" in world.program.state.transactions
    assert world.refused(lambda: world.send(world.basket("cash2"))) is Reason.TRANSACTION_FOLDED


def test_user_offers_that_are_used_up_leave_history_and_are_refused(make_world):
    world = make_world(**KEEP_TWO)
    member = world.customer()
    offer = world.offer()
    mine = [world.issued(member, offer) for _ in range(5)]
    for one, state in zip(
        mine,
        [UserOfferState.REDEEMED, UserOfferState.REVOKED, UserOfferState.REDEEMED, UserOfferState.REDEEMED],
        strict=False,
    ):
        world.put_in(one, state)
    history = world.program.wallets.history([member.id])
    assert [one.id for one in history.user_offers] == [one.id for one in reversed(mine[2:])]
    assert history.total == 3
    for call in (
        lambda: world.program.redemption.reinstate(world.now, mine[0].id),
        lambda: world.program.redemption.unlock(world.now, mine[0].id),
        lambda: world.program.wallets.revoke(world.now, mine[1].id),
        lambda: world.program.redemption.lock(world.now, mine[0].id, "userofferid", world.basket()),
        lambda: world.send(world.basket(is_closed=True, discounts=[world.discount(mine[0])])),
    ):
        assert world.refused(call) is Reason.USER_OFFER_FOLDED
    assert world.wallet(member) == [mine[4].id]


def test_a_reinstated_user_offer_is_gone_no_more(make_world):
    world = make_world(**KEEP_TWO)
    member = world.customer()
    offer = world.offer()
    mine = [world.issued(member, offer) for _ in range(3)]
    world.put_in(mine[0], UserOfferState.REDEEMED)
    world.program.redemption.reinstate(world.now, mine[0].id)
    world.put_in(mine[1], UserOfferState.REDEEMED)
    world.put_in(mine[2], UserOfferState.REDEEMED)
    assert world.program.wallets.history([member.id]).total == 3


def test_a_void_leaves_redeemed_what_was_folded(make_world):
    world = make_world(folding={"keep": 1})
    member = world.customer()
    offer = world.offer()
    mine = [world.issued(member, offer) for _ in range(2)]
    basket = world.basket("tx", is_closed=True, discounts=[world.discount(one) for one in mine])
    for one in mine:
        world.lock(one, basket)
    world.send(basket)
    world.now += 1
    world.send(world.basket("tx", is_voided=True, modified_at=world.now))
    assert [world.state(one) for one in mine] == [UserOfferState.REDEEMED, UserOfferState.ISSUED]
    assert world.wallet(member) == [mine[1].id]


def test_an_issue_rule_gives_nothing_while_so_many_of_its_offers_wait(make_world):
    world = make_world(**KEEP_TWO)
    member = world.customer()
    for number in range(5):
        world.spend(member, "200", f"tx{number}")
    assert [one.offer.id for one in member.history] == [RULE_OFFER] * 2
    world.program.redemption.redeem(world.now, world.wallet(member)[0], "userofferid", world.basket())
    world.spend(member, "200", "tx5")
    assert len(world.wallet(member)) == 2


def test_many_lives_later_the_state_is_as_small_as_after_a_few(make_world):
    world = make_world(**KEEP_TWO)
    member = world.customer()
    offer = world.offer(validity_unit="days", validity_period=9)

    def live() -> int:
        agenda = world.program.state.agenda
        due = [one for there in agenda._at.values() for one in (there if isinstance(there, list) else [there])]
        sizes = [len(world.program.state.transactions), len(world.program.state.user_offers), len(member.history)]
        return sum(sizes) + len(due) + len(agenda._instants)

    def visits(count: int) -> None:
        for _ in range(count):
            world.now += 1_000_000
            world.program.advance(world.now)
            basket = world.basket(price="7", is_closed=True, payments=[world.pays(member, "7")])
            one = world.issued(member, offer)
            world.lock(one, basket)
            basket.discounts = [world.discount(one)]
            world.send(basket)

    visits(300)
    before = live()
    visits(3000)
    assert live() <= before + 70, "the heap of instants may hold a few that nothing is due at any more"
    assert world.program.state.marks is not None
    assert len(world.program.state.marks) == 2 * 3300 - 4


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_balances_and_tiers_end_as_they_do_without_folding(make_world, seed):
    worlds = make_world(), make_world(folding={"keep": 3})
    members = [[world.customer() for _ in range(2)] for world in worlds]
    rng = random.Random(seed)
    story = [(rng.randrange(2), str(rng.randrange(5, 900)), rng.random() < 0.2, rng.random() * 2) for _ in range(120)]
    for number, (who, money, returns, days) in enumerate(story):
        for world, people in zip(worlds, members, strict=True):
            world.spend(people[who], money, f"tx{number}")
            if returns:
                world.spend(people[who], "3", f"tx{number}")
            world.days(days)
    for world in worlds:
        world.days(31)
    for plain, folded in zip(*members, strict=True):
        assert worlds[0].balances(plain) == worlds[1].balances(folded)
        assert worlds[0].program.tiers.standing(plain).tier == worlds[1].program.tiers.standing(folded).tier
        assert worlds[0].balances(plain)[0] > Decimal(1000)
    assert len(worlds[1].program.state.transactions) == 6


def test_marks_know_what_they_were_given_and_nothing_else():
    marks = Marks()
    for number in range(5000):
        marks.add(f"tx-{number}")
        marks.add(f"tx-{number}")
    assert len(marks) == 5000
    assert all(f"tx-{number}" in marks for number in range(5000))
    assert not any(f"other-{number}" in marks for number in range(5000))


def test_an_agenda_drops_what_shares_an_instant_and_what_stands_alone():
    gone: set[str] = set()
    agenda: Agenda[str] = Agenda(lambda one: one not in gone)
    places = [(5, f"shared{number}") for number in range(1000)]
    places += [(10 + number, f"alone{number}") for number in range(1000)]
    for at, entry in places:
        agenda.add(at, entry)
    for at, entry in places:
        if not entry.endswith("999"):
            gone.add(entry)
            agenda.drop(at, entry)
    assert sum(len(there) if isinstance(there, list) else 1 for there in agenda._at.values()) <= 3
    assert len(agenda._instants) <= 70
    assert [entry for _, entry in agenda.take_due(10_000) if entry not in gone] == ["shared999", "alone999"]
    assert agenda.next is None


@pytest.mark.parametrize("value", [0, -1, "20", True])
def test_how_much_is_kept_must_be_a_whole_number(make_world, value):
    with pytest.raises(Misuse, match=r"folding\.keep"):
        make_world(folding={"keep": value})
