"""Customers: creating them, finding exactly one, enrolment."""

import pytest

from offerproof.program import Reason, Refused
from offerproof.program.model import CustomerAttributes, CustomerTexts, Identifier, Key


def test_a_customer_is_found_by_each_identifier(world):
    made = world.customer(external_id="Ext-1", email=" Some.One@example.com ", mobile_number="+1 (508) 995-9991")
    find = world.program.customers.find
    assert find(Key.USER_ID, made.id.upper()) is made
    assert find(Key.EXTERNAL_ID, "Ext-1") is made
    assert find(Key.EMAIL, "some.one@EXAMPLE.com") is made
    assert find(Key.MOBILE_NUMBER, "15089959991") is made
    assert find(Key.MOBILE_NUMBER, "1-508-995-9991") is made
    assert made.profile.email == "Some.One@example.com"
    assert made.profile.mobile_number == "15089959991"
    assert made.profile.phone_numbers == ("15089959991",)
    assert made.profile.identifiers == (Identifier("Ext-1", ""),)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (Key.USER_ID, "11111111-1111-4111-8111-111111111111"),
        (Key.EXTERNAL_ID, "EXT-1"),
        (Key.EMAIL, "other@example.com"),
        (Key.MOBILE_NUMBER, "5089959992"),
        (Key.MOBILE_NUMBER, "none"),
    ],
)
def test_who_is_not_there_is_not_found(world, key, value):
    world.customer(external_id="ext-1", email="one@example.com", mobile_number="5089959991")
    assert world.refused(lambda: world.program.customers.find(key, value)) is Reason.UNKNOWN_CUSTOMER


def test_several_identifiers_all_lead_to_the_customer(world):
    made = world.program.customers.create(
        world.now,
        CustomerAttributes(
            external_id="b",
            external_id_type="card",
            identifiers=(Identifier("a", "app"), Identifier("b", "ignored")),
            phone_numbers=("111 111", "222 222", "111-111"),
        ),
    )
    assert made.profile.identifiers == (Identifier("b", "card"), Identifier("a", "app"))
    assert made.profile.phone_numbers == ("111111", "222222")
    assert made.profile.mobile_number == "111111"
    assert world.program.customers.find(Key.EXTERNAL_ID, "a") is made
    assert world.program.customers.find(Key.MOBILE_NUMBER, "222222") is made


def test_the_first_identifier_becomes_the_external_id(world):
    made = world.program.customers.create(world.now, CustomerAttributes(identifiers=(Identifier("card-1", "card"),)))
    assert (made.profile.external_id, made.profile.external_id_type) == ("card-1", "card")


def test_a_shared_mobile_number_is_ambiguous_or_means_the_newest(make_world):
    for word, expected in (("refuse", Reason.AMBIGUOUS_CUSTOMER), ("newest", 2)):
        world = make_world(customers={"shared_mobile_number": word})
        made = [world.customer(mobile_number="5089959991") for _ in range(3)]
        if isinstance(expected, Reason):
            assert world.refused(lambda w=world: w.program.customers.find(Key.MOBILE_NUMBER, "5089959991")) is expected
        else:
            assert world.program.customers.find(Key.MOBILE_NUMBER, "5089959991") is made[expected]
        assert world.program.customers.find(Key.EXTERNAL_ID, "ext-1") is made[0]


@pytest.mark.parametrize(
    ("profile", "members"),
    [
        ({}, ["user"]),
        ({"texts": CustomerTexts(first_name="First")}, ["user"]),
        ({"email": "nobody"}, ["user.email"]),
        ({"email": "a b@example.com"}, ["user.email"]),
        ({"email": "@example.com"}, ["user.email"]),
        ({"mobile_number": "1234"}, ["user.mobile_number"]),
        ({"phone_numbers": ("1" * 16,)}, ["user.phone_numbers"]),
        ({"external_id": "a", "texts": CustomerTexts(dob="1999-02-30")}, ["user.dob"]),
        ({"external_id": "a", "texts": CustomerTexts(dob="19990701")}, ["user.dob"]),
        ({"email": "x", "texts": CustomerTexts(dob="?")}, ["user.email", "user.dob"]),
    ],
)
def test_a_customer_that_cannot_be_is_refused_by_member(world, profile, members):
    with pytest.raises(Refused) as caught:
        world.program.customers.create(world.now, CustomerAttributes(**profile))
    assert caught.value.reason is Reason.INVALID
    assert list(caught.value.errors) == members


def test_more_members_can_be_required(make_world):
    world = make_world(customers={"required": ["email", "first_name"]})
    with pytest.raises(Refused) as caught:
        world.program.customers.create(world.now, CustomerAttributes(external_id="a"))
    assert caught.value.errors == {"user.email": ["is missing"], "user.first_name": ["is missing"]}
    world.program.customers.create(
        world.now, CustomerAttributes(email="a@example.com", texts=CustomerTexts(first_name="First"))
    )


@pytest.mark.parametrize(
    ("second", "user_id", "member"),
    [
        ({"external_id": "other"}, "AAAAAAAA-0000-4000-8000-000000000001", "user.user_id"),
        ({"external_id": "ext"}, None, "user.external_id"),
        ({"external_id": "x", "identifiers": (Identifier("ext", "card"),)}, None, "user.external_id"),
        ({"email": "ONE@example.com"}, None, "user.email"),
    ],
)
def test_nobody_gets_the_identifiers_of_another(world, second, user_id, member):
    first = CustomerAttributes(external_id="ext", email="one@example.com")
    world.program.customers.create(world.now, first, "aaaaaaaa-0000-4000-8000-000000000001")
    with pytest.raises(Refused) as caught:
        world.program.customers.create(world.now, CustomerAttributes(**second), user_id)
    assert caught.value.reason is Reason.IDENTIFIER_TAKEN
    assert list(caught.value.errors) == [member]


def test_many_are_loaded_until_one_is_refused(world):
    program = world.program
    assert program.customers.load(world.now, [(None, CustomerAttributes(external_id=f"l{n}")) for n in range(20)]) == 20
    again = [
        (None, CustomerAttributes(external_id="new")),
        (None, CustomerAttributes(external_id="l3")),
        (None, CustomerAttributes(external_id="no")),
    ]
    assert world.refused(lambda: program.customers.load(world.now, again)) is Reason.IDENTIFIER_TAKEN
    assert program.customers.find(Key.EXTERNAL_ID, "new").created_at == world.now
    assert world.refused(lambda: program.customers.find(Key.EXTERNAL_ID, "no")) is Reason.UNKNOWN_CUSTOMER


@pytest.mark.parametrize(
    ("enrolled", "opted_in", "default", "tier"),
    [
        ("opted_in", True, False, "BASE"),
        ("opted_in", False, True, "UNENROLLED"),
        ("opted_in", None, True, "BASE"),
        ("opted_in", None, False, "UNENROLLED"),
        ("always", False, True, "BASE"),
        ("never", True, True, "UNENROLLED"),
    ],
)
def test_who_starts_in_the_program(make_world, enrolled, opted_in, default, tier):
    world = make_world(customers={"enrolled": enrolled, "opted_in_by_default": default})
    made = world.customer(opted_in=opted_in)
    assert world.program.tiers.standing(made).tier == tier
    assert made.profile.opted_in is (default if opted_in is None else opted_in)


def test_enrolling_later_and_leaving_again(world):
    made = world.customer(opted_in=False)
    world.days(1)
    world.program.tiers.enrol(world.now, made.id)
    standing = world.program.tiers.standing(made)
    assert (standing.tier, standing.tier_entered_at, made.profile.opted_in) == ("BASE", world.now, True)
    world.program.tiers.enrol(world.now + 5, made.id)
    assert world.program.tiers.standing(made).tier_entered_at == world.now, "enrolling twice changes nothing"
    world.program.tiers.unenrol(world.now, made.id)
    assert (world.program.tiers.standing(made).tier, made.profile.opted_in) == ("UNENROLLED", False)
    world.program.tiers.unenrol(world.now + 5, made.id)
    assert world.program.tiers.standing(made).tier_entered_at == world.now
    for call in (world.program.tiers.enrol, world.program.tiers.unenrol):
        assert world.refused(lambda call=call: call(world.now, "nobody")) is Reason.UNKNOWN_CUSTOMER
