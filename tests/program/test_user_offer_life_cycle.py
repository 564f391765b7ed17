"""The life of a user offer as one table: state × operation → new state, or the reason of the refusal."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from offerproof.program import Reason, Refused
from offerproof.program.model import UserOfferState

I, L, R, E, V = UserOfferState  # noqa: E741  # issued, locked, redeemed, expired, revoked

# What each operation does to a user offer in each state. Locks and redemptions are those of the transaction "till-1".
TABLE: dict[str, dict[UserOfferState, Any]] = {
    "lock by till-1": {I: L, L: L, R: Reason.REDEEMED, E: Reason.EXPIRED, V: Reason.REVOKED},
    "lock by till-2": {I: L, L: Reason.LOCKED_BY_ANOTHER, R: Reason.REDEEMED, E: Reason.EXPIRED, V: Reason.REVOKED},
    "unlock": {I: Reason.NOT_LOCKED, L: I, R: Reason.REDEEMED, E: Reason.EXPIRED, V: Reason.REVOKED},
    "redeem by till-1": {I: R, L: R, R: Reason.REDEEMED, E: Reason.EXPIRED, V: Reason.REVOKED},
    "redeem by till-2": {I: R, L: Reason.LOCKED_BY_ANOTHER, R: Reason.REDEEMED, E: Reason.EXPIRED, V: Reason.REVOKED},
    "reinstate": {I: Reason.NOT_REDEEMED, L: Reason.NOT_REDEEMED, R: I, E: Reason.EXPIRED, V: Reason.REVOKED},
    "revoke": {I: V, L: V, R: Reason.REDEEMED, E: Reason.EXPIRED, V: Reason.REVOKED},
    "close till-1": {I: Reason.NOT_LOCKED, L: R, R: R, E: Reason.EXPIRED, V: Reason.REVOKED},
    "close till-2": {
        I: Reason.NOT_LOCKED,
        L: Reason.LOCKED_BY_ANOTHER,
        R: Reason.REDEEMED,
        E: Reason.EXPIRED,
        V: Reason.REVOKED,
    },
    "leave till-1 open": {I: Reason.NOT_LOCKED, L: L, R: R, E: Reason.EXPIRED, V: Reason.REVOKED},
    "void till-1": {I: I, L: I, R: R, E: E, V: V},
    "the end of its validity": {I: E, L: E, R: R, E: E, V: V},
}


def operation(world: Any, name: str, user_offer: Any) -> Callable[[], object]:
    verb, _, till = name.partition(" ")
    till = till.split()[-1] if "till" in till else ""
    program, now = world.program, world.now
    if name == "the end of its validity":
        return lambda: program.advance(user_offer.ends_at)
    if verb in ("lock", "redeem"):
        till = till.removeprefix("by ")
        return lambda: getattr(program.redemption, verb)(now, user_offer.id, "userofferid", world.basket(till))
    if verb in ("unlock", "reinstate"):
        return lambda: getattr(program.redemption, verb)(now, user_offer.id)
    if verb == "revoke":
        return lambda: program.wallets.revoke(now, user_offer.id, "a reason")
    members = {"is_closed": verb == "close", "is_voided": verb == "void", "modified_at": now + 1}
    till = "till-1" if "till-1" in name else "till-2"
    discounts = [world.discount(user_offer)]
    return lambda: program.transactions.send(now, world.basket(till, discounts=discounts, **members))


@pytest.mark.parametrize("state", list(UserOfferState), ids=lambda state: state.value)
@pytest.mark.parametrize("name", list(TABLE))
def test_each_state_allows_or_refuses_each_operation(world, name, state):
    customer = world.customer()
    offer_id = world.offer(validity_unit="days", validity_period=10)
    user_offer = world.put_in(world.issued(customer, offer_id), state)
    expected = TABLE[name][state]
    hold = user_offer.hold
    call = operation(world, name, user_offer)
    if isinstance(expected, Reason):
        assert world.refused(call) is expected
        assert (user_offer.state, user_offer.hold) == (state, hold), "a refusal changes nothing"
    else:
        call()
        assert world.state(user_offer) is expected


@pytest.mark.parametrize("state", list(UserOfferState), ids=lambda state: state.value)
def test_the_listings_agree_with_the_state(world, state):
    customer = world.customer()
    user_offer = world.put_in(world.issued(customer, world.offer(validity_unit="days", validity_period=10)), state)
    lookup = world.program.redemption.lookup(world.now, "external_id", "ext-1")
    assert [one.id for one in lookup.offers] == ([user_offer.id] if state in (I, L) else [])
    assert lookup.pricings is None
    assert world.wallet(customer) == ([user_offer.id] if state is I else [])
    history = world.program.wallets.history([customer.id.upper()])
    assert [(one.id, one.state) for one in history.user_offers] == [(user_offer.id, state)]
    assert history.total == 1


@pytest.mark.parametrize(
    ("setting", "word", "state", "call", "outcome"),
    [
        ("unlock_unlocked", "ignore", I, "unlock", I),
        ("unlock_unlocked", "ignore", R, "unlock", Reason.REDEEMED),
        ("revoke_revoked", "ignore", V, "revoke", V),
        ("revoke_revoked", "ignore", E, "revoke", Reason.EXPIRED),
        ("revoke_locked", "refuse", L, "revoke", Reason.LOCKED),
        ("revoke_locked", "refuse", I, "revoke", V),
        ("reinstate_issued", "ignore", I, "reinstate", I),
        ("reinstate_issued", "ignore", L, "reinstate", Reason.NOT_REDEEMED),
    ],
)
def test_open_questions_are_read_as_the_settings_say(make_world, setting, word, state, call, outcome):
    world = make_world(user_offers={setting: word})
    offer_id = world.offer(validity_unit="days", validity_period=10)
    user_offer = world.put_in(world.issued(world.customer(), offer_id), state)
    if isinstance(outcome, Reason):
        assert world.refused(operation(world, call, user_offer)) is outcome
    else:
        operation(world, call, user_offer)()
        assert world.state(user_offer) is outcome


def test_locking_again_with_the_same_transaction_prices_the_new_basket(world):
    user_offer = world.issued(world.customer())
    assert world.lock(user_offer, world.basket("till-1", "3")).amount == Decimal("3.00")
    world.now += 60
    assert world.lock(user_offer, world.basket("till-1", "30")).amount == 5
    assert world.hold(user_offer).at == world.now
    assert world.hold(user_offer).transaction_id == "till-1"


def test_a_lock_ends_by_itself_after_its_life(make_world):
    world = make_world(user_offers={"lock_seconds": 60})
    user_offer = world.put_in(world.issued(world.customer()), UserOfferState.LOCKED)
    world.now += 59_999_999
    world.program.advance(world.now)
    assert world.state(user_offer) is UserOfferState.LOCKED
    world.program.advance(world.now + 1)
    assert world.state(user_offer) is UserOfferState.ISSUED
    assert user_offer.hold is None


def test_locking_again_renews_the_life_of_the_lock(make_world):
    world = make_world(user_offers={"lock_seconds": 60})
    user_offer = world.put_in(world.issued(world.customer()), UserOfferState.LOCKED)
    world.now += 40_000_000
    world.lock(user_offer, world.basket("till-1"))
    world.program.advance(world.now + 59_000_000)
    assert world.state(user_offer) is UserOfferState.LOCKED
    world.program.advance(world.now + 60_000_000)
    assert world.state(user_offer) is UserOfferState.ISSUED


def test_a_lock_may_outlive_the_validity_by_setting(make_world):
    world = make_world(user_offers={"lock_outlives_validity": True})
    offer_id = world.offer(validity_unit="days", validity_period=1)
    kept, given_up = (world.put_in(world.issued(world.customer(), offer_id), UserOfferState.LOCKED) for _ in range(2))
    world.days(2)
    assert world.state(kept) is UserOfferState.LOCKED
    world.send(world.basket("till-1", is_closed=True, discounts=[world.discount(kept)]))
    assert world.state(kept) is UserOfferState.REDEEMED
    world.program.redemption.unlock(world.now, given_up.id)
    assert world.state(given_up) is UserOfferState.EXPIRED
    assert world.wallet(given_up.customer) == []


def test_a_redemption_can_be_undone_only_while_the_offer_is_valid(world):
    user_offer = world.issued(world.customer(), world.offer(validity_unit="hours", validity_period=1))
    world.put_in(user_offer, UserOfferState.REDEEMED)
    world.now = user_offer.ends_at - 1
    world.program.advance(world.now)
    world.program.redemption.reinstate(world.now, user_offer.id)
    world.put_in(user_offer, UserOfferState.REDEEMED)
    world.now += 1
    world.program.advance(world.now)
    assert world.state(user_offer) is UserOfferState.REDEEMED
    assert world.refused(lambda: world.program.redemption.reinstate(world.now, user_offer.id)) is Reason.EXPIRED


def test_a_reinstated_user_offer_still_expires_in_time(world):
    user_offer = world.put_in(
        world.issued(world.customer(), world.offer(validity_unit="days", validity_period=3)), UserOfferState.REDEEMED
    )
    world.program.redemption.reinstate(world.now, user_offer.id)
    world.days(3)
    assert world.state(user_offer) is UserOfferState.EXPIRED


def test_a_reinstated_user_offer_comes_back_to_its_place_in_the_wallet(world):
    customer, offer_id = world.customer(), world.offer()
    first, second, third = (world.issued(customer, offer_id) for _ in range(3))
    world.put_in(first, UserOfferState.REDEEMED)
    world.program.redemption.reinstate(world.now, first.id)
    assert world.wallet(customer) == [third.id, second.id, first.id]
    for one in (first, second, third):
        world.put_in(one, UserOfferState.REDEEMED)
    for one in (second, third, first):
        world.program.redemption.reinstate(world.now, one.id)
    assert world.wallet(customer) == [third.id, second.id, first.id]


def test_unknown_user_offers_are_refused_by_every_call(world):
    nobody = "11111111-1111-4111-8111-111111111111"
    program, now = world.program, world.now
    for call in (
        lambda: program.redemption.lock(now, nobody, "userofferid", world.basket()),
        lambda: program.redemption.redeem(now, nobody, "USEROFFERID", world.basket()),
        lambda: program.redemption.unlock(now, nobody),
        lambda: program.redemption.reinstate(now, nobody),
        lambda: program.wallets.revoke(now, nobody),
        lambda: program.redemption.make_ttl_code(now, nobody),
        lambda: program.redemption.lock(now, "no-code", "ttlcode", world.basket()),
    ):
        assert world.refused(call) is Reason.UNKNOWN_USER_OFFER


def test_ids_and_kinds_of_codes_are_taken_in_any_case(world):
    user_offer = world.issued(world.customer())
    world.program.redemption.lock(world.now, user_offer.id.upper(), "UserOfferId", world.basket("till-1"))
    assert world.state(user_offer) is UserOfferState.LOCKED
    assert world.refused(
        lambda: world.program.redemption.lock(world.now, user_offer.id, "barcode", world.basket())
    ) is (Reason.INVALID)


def test_a_short_lived_code_stands_for_its_user_offer_until_its_time_is_over(world):
    user_offer = world.issued(world.customer())
    code = world.program.redemption.make_ttl_code(world.now, user_offer.id)
    assert world.program.redemption.make_ttl_code(world.now, user_offer.id, "4711") == "4711"
    assert world.refused(lambda: world.program.redemption.make_ttl_code(world.now, user_offer.id, "4711")) is (
        Reason.IDENTIFIER_TAKEN
    )
    world.now += 299_999_999
    world.program.advance(world.now)
    world.program.redemption.lock(world.now, code, "TTLcode", world.basket("till-1"))
    assert world.state(user_offer) is UserOfferState.LOCKED
    world.now += 1
    world.program.advance(world.now)
    refusal = world.refused(lambda: world.program.redemption.lock(world.now, "4711", "ttlcode", world.basket("till-1")))
    assert refusal is Reason.UNKNOWN_USER_OFFER
    ttl = world.discount(user_offer, reference_id_type="ttlcode")
    world.send(world.basket("till-1", is_closed=True, discounts=[ttl]))
    assert world.state(user_offer) is UserOfferState.REDEEMED
    assert world.refused(lambda: world.program.redemption.make_ttl_code(world.now, user_offer.id)) is Reason.REDEEMED


def test_codes_live_for_ever_by_setting(make_world):
    world = make_world(user_offers={"ttl_code_seconds": 0})
    user_offer = world.issued(world.customer())
    code = world.program.redemption.make_ttl_code(world.now, user_offer.id)
    world.days(300)
    world.program.redemption.redeem(world.now, code, "ttlcode", world.basket("till-1"))
    assert world.state(user_offer) is UserOfferState.REDEEMED


def test_revoking_keeps_the_reason_and_takes_it_from_the_wallet(world):
    user_offer = world.issued(world.customer())
    world.program.wallets.revoke(world.now, user_offer.id, "printed by mistake")
    assert (user_offer.state, user_offer.note) == (UserOfferState.REVOKED, "printed by mistake")
    assert world.wallet(user_offer.customer) == []


def test_listings_are_paged_newest_first(world):
    customer, offer_id = world.customer(), world.offer()
    ids = [one.id for one in world.program.wallets.issue(world.now, customer.id, offer_id, quantity=5)]
    page = world.program.wallets.page(customer.id, 1, 2)
    assert [one.id for one in page.user_offers] == [ids[3], ids[2]]
    assert (page.total, page.skip, page.take) == (5, 1, 2)
    history = world.program.wallets.history([customer.id], 3, 10)
    assert [one.id for one in history.user_offers] == [ids[1], ids[0]]
    assert world.program.wallets.history([customer.id], 5, 10).user_offers == []
    assert world.program.wallets.history([customer.id], 7, 10).user_offers == []


def test_a_history_of_several_customers_is_merged_by_time(world):
    one, two, offer_id = world.customer(), world.customer(), world.offer()
    a, b, c = world.issued(one, offer_id), world.issued(two, offer_id), world.issued(one, offer_id)
    page = world.program.wallets.history([one.id, two.id, one.id.upper()], 0, 2)
    assert [found.id for found in page.user_offers] == [c.id, b.id]
    assert page.total == 3
    assert [found.id for found in world.program.wallets.history([two.id, one.id], 2, 2).user_offers] == [a.id]


@pytest.mark.parametrize(
    ("skip", "take", "member"), [(-1, 1, "skip"), (0, 0, "take"), (0, -3, "take")], ids=["skip -1", "take 0", "take -3"]
)
def test_impossible_pages_are_refused(world, skip, take, member):
    customer = world.customer()
    for call in (world.program.wallets.page, lambda *a: world.program.wallets.history([customer.id], *a[1:])):
        with pytest.raises(Refused, match=member) as caught:
            call(customer.id, skip, take)
        assert caught.value.reason is Reason.INVALID
        assert list(caught.value.errors) == [member]


def test_a_page_above_the_maximum_is_capped_or_refused(make_world):
    world = make_world(paging={"max_take": 3, "default_take": 2})
    customer = world.customer()
    world.program.wallets.issue(world.now, customer.id, world.offer(), quantity=5)
    assert len(world.program.wallets.page(customer.id, 0, 4).user_offers) == 3
    assert len(world.program.wallets.page(customer.id).user_offers) == 2
    strict = make_world(paging={"max_take": 3, "default_take": 2, "above_max": "refuse"})
    assert strict.refused(lambda: strict.program.wallets.page("nobody", 0, 4)) is Reason.INVALID


def test_unknown_customers_have_empty_listings_or_are_refused_by_setting(make_world):
    world = make_world()
    assert world.program.wallets.page("nobody").total == 0
    assert world.program.wallets.history(["nobody"]).user_offers == []
    reason = world.refused(lambda: world.program.redemption.lookup(world.now, "external_id", "nobody"))
    assert reason is Reason.UNKNOWN_CUSTOMER
    strict = make_world(
        user_offers={
            "unknown_customer_lookup": "empty",
            "unknown_customer_history": "refuse",
            "unknown_customer_get_user_offers": "refuse",
        }
    )
    assert strict.refused(lambda: strict.program.wallets.page("nobody")) is Reason.UNKNOWN_CUSTOMER
    assert strict.refused(lambda: strict.program.wallets.history(["nobody"])) is Reason.UNKNOWN_CUSTOMER
    assert strict.program.redemption.lookup(strict.now, "external_id", "nobody") is None


def test_where_a_locked_user_offer_shows_is_a_setting(make_world):
    world = make_world(user_offers={"locked_in_lookup": "leaves", "locked_in_get_user_offers": "stays"})
    customer = world.customer()
    user_offer = world.put_in(world.issued(customer), UserOfferState.LOCKED)
    assert list(world.program.redemption.lookup(world.now, "external_id", "ext-1").offers) == []
    assert world.wallet(customer) == [user_offer.id]
