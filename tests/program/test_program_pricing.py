"""What each type of offer takes off which basket, in literal amounts; and what a Lookup with a basket shows."""

from decimal import Decimal

import pytest

from offerproof.program import Reason
from offerproof.program.model import Discount, Line, UserOfferState

# coffee 2 x 2.50, cake 1 x 12.00, tea 0.5 kg at 8.00: 21.00 in all
BASKET = [
    Line("0", "coffee", Decimal(2), Decimal("2.50"), Decimal(5)),
    Line("1", "cake", Decimal(1), Decimal(12), Decimal(12)),
    Line("2", "tea", Decimal("0.5"), Decimal(8)),
]
ALL = ("0", "1", "2")


@pytest.mark.parametrize(
    ("kind", "config", "amount", "lines"),
    [
        ("fixed_amount_check_discount", {"amount": 5}, "5.00", ALL),
        ("fixed_amount_check_discount", {"amount": "21.005"}, "21", ALL),
        ("fixed_amount_check_discount", {"amount": 100}, "21", ALL),
        ("fixed_amount_check_discount", {"amount": 5, "minimum_subtotal": "21"}, "5.00", ALL),
        ("fixed_amount_check_discount", {"amount": 5, "minimum_subtotal": "21.01"}, None, ()),
        ("fixed_amount_check_discount", {"amount": 5, "maximum_amount": "4"}, "4", ALL),
        ("percent_check_discount", {"percent": 10}, "2.10", ALL),
        ("percent_check_discount", {"percent": "12.5"}, "2.63", ALL),
        ("percent_check_discount", {"percent": 100}, "21.00", ALL),
        ("percent_check_discount", {"percent": 50, "maximum_amount": "3.33"}, "3.33", ALL),
        ("fixed_amount_item_discount", {"amount": 5}, "5.00", ("1",)),
        ("fixed_amount_item_discount", {"amount": 15}, "12.00", ("1",)),
        ("fixed_amount_item_discount", {"amount": 1, "item_ids": ["coffee"]}, "1.00", ("0",)),
        ("fixed_amount_item_discount", {"amount": 5, "item_ids": ["coffee"]}, "2.50", ("0",)),
        ("fixed_amount_item_discount", {"amount": 9, "item_ids": ["tea", "coffee"]}, "4.00", ("2",)),
        ("fixed_amount_item_discount", {"amount": 5, "item_ids": ["pie"]}, None, ()),
        ("percent_item_discount", {"percent": 50}, "6.00", ("1",)),
        ("percent_item_discount", {"percent": 10, "item_ids": ["coffee"]}, "0.25", ("0",)),
        ("percent_item_discount", {"percent": 100, "item_ids": ["tea"], "maximum_amount": 3}, "3", ("2",)),
        ("manual_fulfillment", None, "0", ()),
    ],
)
def test_each_type_takes_the_right_amount_from_the_right_lines(world, kind, config, amount, lines):
    user_offer = world.issued(world.customer(), world.offer(kind, discount_config=config))
    basket = world.basket("tx", items=BASKET)
    wallet = world.program.redemption.lookup(world.now, "external_id", "ext-1", basket)
    if amount is None:
        assert world.refused(lambda: world.lock(user_offer, basket)) is Reason.NOT_APPLICABLE
        assert user_offer.state is UserOfferState.ISSUED
        assert list(wallet.offers) == []
        assert list(wallet.pricings) == []
        return
    pricing = world.lock(user_offer, basket)
    assert (pricing.amount, pricing.line_ids) == (Decimal(amount), lines)
    assert list(wallet.pricings) == [pricing], "the Lookup promises what the lock then gives"


@pytest.mark.parametrize(
    ("kind", "config", "amount", "quantities"),
    [
        ("fixed_amount_item_discount", {"amount": 1}, "4.00", (("0", 2), ("1", 1), ("2", Decimal("0.5")))),
        ("fixed_amount_item_discount", {"amount": 3, "item_ids": ["coffee"]}, "5.00", (("0", 2),)),
        ("percent_item_discount", {"percent": 10, "item_ids": ["coffee", "cake"]}, "1.70", (("0", 2), ("1", 1))),
    ],
)
def test_an_item_discount_may_take_every_unit_by_setting(make_world, kind, config, amount, quantities):
    world = make_world(offers={"item_discount": "each"})
    user_offer = world.issued(world.customer(), world.offer(kind, discount_config=config))
    pricing = world.lock(user_offer, world.basket("tx", items=BASKET))
    assert (pricing.amount, pricing.line_quantities) == (Decimal(amount), quantities)


def test_the_discounted_quantities_are_told(world):
    customer = world.customer()
    check = world.issued(customer)
    item = world.issued(customer, world.offer("percent_item_discount", discount_config={"percent": 50}))
    weighed = world.issued(
        customer, world.offer("percent_item_discount", discount_config={"percent": 50, "item_ids": ["tea"]})
    )
    basket = world.basket("tx", items=BASKET)
    assert world.lock(check, basket).line_quantities == (("0", 2), ("1", 1), ("2", Decimal("0.5")))
    assert world.lock(item, basket).line_quantities == (("1", 1),)
    assert world.lock(weighed, basket).line_quantities == (("2", Decimal("0.5")),)


def test_what_other_discounts_took_cannot_be_taken_again(world):
    customer = world.customer()
    first, second, third = (world.issued(customer) for _ in range(3))
    basket = world.basket("tx", "8")
    assert world.lock(first, basket).amount == 5
    basket.discounts = [world.discount(first)]
    assert world.lock(second, basket).amount == 3
    basket.discounts = [world.discount(first), world.discount(second, "3")]
    assert world.refused(lambda: world.lock(third, basket)) is Reason.NOT_APPLICABLE
    assert world.lock(second, basket).amount == 3, "its own discount does not count against it"
    wallet = world.program.redemption.lookup(world.now, "external_id", "ext-1", basket)
    assert [(one.id, pricing.amount) for one, pricing in zip(wallet.offers, wallet.pricings, strict=True)] == [
        (second.id, 3),
        (first.id, 5),
    ]


@pytest.mark.parametrize(
    "items",
    [[], [Line("0", "a", Decimal(1), Decimal(0))], [Line("0", "a", Decimal(-1), Decimal(5))]],
    ids=["empty", "free", "negative"],
)
def test_a_basket_worth_nothing_has_nothing_to_discount(world, items):
    for kind in ("fixed_amount_check_discount", "percent_item_discount"):
        user_offer = world.issued(world.customer(), world.offer(kind))
        assert world.refused(lambda u=user_offer: world.lock(u, world.basket("tx", items=items))) is (
            Reason.NOT_APPLICABLE
        )


def test_negative_and_unpriced_lines_are_priced_by_their_subtotal(world):
    user_offer = world.issued(world.customer(), world.offer("fixed_amount_item_discount"))
    items = [
        Line("0", "a", Decimal(2), Decimal(0), Decimal(6)),
        Line("1", "b", Decimal(-1), Decimal(9), Decimal(-2)),
    ]
    assert world.lock(user_offer, world.basket("tx", items=items)).amount == 3, "one of two units worth 6"


def test_money_is_rounded_half_up_to_the_digits_of_the_settings(make_world):
    for digits, amount in ((2, "0.35"), (0, "0"), (3, "0.345")):
        world = make_world(offers={"money_digits": digits})
        user_offer = world.issued(world.customer(), world.offer("percent_check_discount"))
        assert world.lock(user_offer, world.basket("tx", "3.45")).amount == Decimal(amount)


def test_a_lookup_with_a_basket_shows_only_what_that_basket_could_lock(world):
    customer = world.customer()
    check, coffee, plain = (
        world.offer(),
        world.offer("fixed_amount_item_discount", discount_config={"amount": 1, "item_ids": ["coffee"]}),
        world.offer("manual_fulfillment"),
    )
    mine, theirs, free, unfit, gift = (
        world.issued(customer, offer_id) for offer_id in (check, check, check, coffee, plain)
    )
    world.lock(mine, world.basket("tx"))
    world.lock(theirs, world.basket("other"))
    wallet = world.program.redemption.lookup(world.now, "user_id", customer.id, world.basket("tx"))
    assert [one.id for one in wallet.offers] == [gift.id, free.id, mine.id]
    assert [pricing.amount for pricing in wallet.pricings] == [0, 5, 5]
    assert unfit.state is UserOfferState.ISSUED
    everything = world.program.redemption.lookup(world.now, "user_id", customer.id)
    assert len(everything.offers) == 5


def test_offers_without_a_discount_can_be_left_out_of_a_priced_lookup(make_world):
    world = make_world(user_offers={"plain_offers_eligible": False})
    customer = world.customer()
    world.issued(customer, world.offer("manual_fulfillment"))
    assert list(world.program.redemption.lookup(world.now, "user_id", customer.id, world.basket("tx")).offers) == []


def test_discounts_of_the_till_lower_what_is_left(world):
    user_offer = world.issued(world.customer(), world.offer("percent_check_discount"))
    basket = world.basket("tx", "20", discounts=[Discount(None, Decimal(5))])
    assert world.lock(user_offer, basket).amount == Decimal("1.50")
