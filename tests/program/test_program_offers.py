"""Offers: what can be created, revisions, cultures, validity windows, and issuing."""

from datetime import UTC, datetime

import pytest

from offerproof.program import Reason, Refused
from offerproof.program.model import OfferCommon, OfferDraft, OfferMedia, OfferText, UserOfferDraft, UserOfferState

TEXT = [OfferText("en", "Title")]


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def test_the_documented_offer_can_be_created_and_fetched(world):
    created = world.program.offers.create(
        world.now,
        OfferDraft(
            offer_type="manual_fulfillment",
            texts=[OfferText("en", "Test Image URL", "Session M Test Offer - KY", "Subject to availability")],
            media=[OfferMedia("http://example.com/picture.png", "en")],
            common=OfferCommon(
                acquisition_start=at("2018-03-01T00:00:00"),
                acquisition_end=at("2019-03-31T23:59:00"),
                validity_unit="Years",
                validity_period=100,
                custom_data='{"CustomAttribute":"CustomValue"}',
            ),
            discount_config={},
            offer_config={"type": "manual_fulfillment"},
        ),
    )
    offer = created.offer
    assert (created.revisioned, created.state_transition) == (False, "created_new-(unknown_status>published)")
    assert (offer.id, offer.status) == (offer.root_id, 1)
    view = world.program.offers.fetch(offer.id.upper(), "en-us")
    assert view.offer is offer
    assert (view.text.title, view.text.terms) == ("Test Image URL", "Subject to availability")
    assert view.texts == offer.texts
    assert offer.texts[0].id != offer.media[0].id != ""
    custom = '{"CustomAttribute":"CustomValue"}'
    start, end = at("2018-03-01T00:00:00"), at("2019-03-31T23:59:00")
    assert offer.common == OfferCommon(start, end, validity_unit="years", validity_period=100, custom_data=custom)
    assert (offer.check_level, offer.all_items_eligible, offer.parent_ids) == (False, False, ())


@pytest.mark.parametrize(
    ("kind", "config", "check_level", "all_items"),
    [
        ("fixed_amount_check_discount", {"amount": 5}, True, False),
        ("percent_item_discount", {"percent": "5"}, False, True),
        ("percent_item_discount", {"percent": "5", "item_ids": ["1"]}, False, False),
    ],
)
def test_an_offer_tells_what_it_discounts(world, kind, config, check_level, all_items):
    offer = world.program.offers.fetch(world.offer(kind, discount_config=config)).offer
    assert (offer.check_level, offer.all_items_eligible) == (check_level, all_items)


@pytest.mark.parametrize(
    ("members", "wrong"),
    [
        ({"offer_type": "gift"}, ["offer_type"]),
        ({"offer_config": {"type": "percent_check_discount"}}, ["offer_config.type"]),
        ({"texts": []}, ["text_config"]),
        ({"texts": [OfferText("en", " ")]}, ["text_config[0].title"]),
        ({"texts": [OfferText("", "a")]}, ["text_config[0].culture"]),
        ({"texts": [OfferText("en", "a"), OfferText("EN", "b")]}, ["text_config[1].culture"]),
        ({"acquisition_start": 5, "acquisition_end": 5}, ["common_config.acquisition_end_date"]),
        ({"validity_unit": "decades", "validity_period": 1}, ["common_config.validity_unit"]),
        ({"validity_unit": "days"}, ["common_config.validity_period"]),
        ({"validity_unit": "days", "validity_period": 0}, ["common_config.validity_period"]),
        ({"validity_unit": "days", "validity_period": 10_001}, ["common_config.validity_period"]),
        ({"validity_period": 3}, ["common_config.validity_unit"]),
        ({"discount_config": None}, ["discount_config.amount"]),
        ({"discount_config": {"amount": "five"}}, ["discount_config.amount"]),
        ({"discount_config": {"amount": 0}}, ["discount_config.amount"]),
        ({"discount_config": {"amount": "-1"}}, ["discount_config.amount"]),
        ({"discount_config": {"amount": "NaN"}}, ["discount_config.amount"]),
        ({"discount_config": {"amount": True}}, ["discount_config.amount"]),
        ({"discount_config": {"amount": 0.5}}, ["discount_config.amount"]),
        ({"discount_config": {"amount": "1E+13"}}, ["discount_config.amount"]),
        ({"discount_config": {"amount": 1, "item_ids": []}}, ["discount_config.item_ids"]),
        ({"discount_config": {"amount": 1, "item_ids": "2"}}, ["discount_config.item_ids"]),
        ({"discount_config": {"amount": 1, "minimum_subtotal": []}}, ["discount_config.minimum_subtotal"]),
        ({"offer_type": "percent_item_discount", "discount_config": {"percent": 101}}, ["discount_config.percent"]),
        ({"offer_type": "percent_item_discount", "discount_config": {"amount": 1}}, ["discount_config.percent"]),
        ({"offer_type": "gift", "texts": []}, ["offer_type", "text_config"]),
    ],
)
def test_an_offer_that_cannot_be_is_refused_by_member(world, members, wrong):
    draft = {"offer_type": "fixed_amount_check_discount", "texts": TEXT, "discount_config": {"amount": 5}, **members}
    with pytest.raises(Refused) as caught:
        world.program.offers.create(world.now, world.draft(**draft))
    assert caught.value.reason is Reason.INVALID
    assert list(caught.value.errors) == wrong


@pytest.mark.parametrize("kind", ["buy_x_get_y_free", "BuyXGetYDiscount", "set_price_coupon"])
def test_documented_types_that_are_not_played_are_refused_as_such(world, kind):
    assert world.refused(lambda: world.offer(kind)) is Reason.UNSUPPORTED


def test_other_keys_may_hold_amount_and_percent_by_setting(make_world):
    world = make_world(offers={"amount_keys": ["amount", "value", "discount_amount"], "percent_keys": ["value"]})
    one = world.offer(discount_config={"discount_amount": "7"})
    two = world.offer("percent_check_discount", discount_config={"value": 30})
    assert world.program.offers.fetch(one).offer.discount.amount == 7
    assert world.program.offers.fetch(two).offer.discount.percent == 30


def test_a_revision_gets_a_new_id_and_keeps_its_root(world):
    first = world.offer()
    second = world.program.offers.create(
        world.now, OfferDraft("manual_fulfillment", [OfferText("en", "Second")], offer_id=first)
    )
    assert (second.revisioned, second.state_transition) == (True, "revisioned-(published>published)")
    assert (second.offer.root_id, second.offer.parent_ids) == (first, (first,))
    third = world.program.offers.create(
        world.now, OfferDraft("manual_fulfillment", [OfferText("en", "Third")], offer_id=first, publish=False)
    )
    assert third.state_transition == "revisioned-(published>unpublished)"
    assert third.offer.parent_ids == (first, second.offer.id), "whichever version is named, the newest is revised"
    assert third.offer.status == 0
    assert world.program.offers.fetch(first).text.title == "An offer"
    draft = OfferDraft("manual_fulfillment", TEXT, offer_id="nothing")
    assert world.refused(lambda: world.program.offers.create(world.now, draft)) is Reason.UNKNOWN_OFFER


def test_issuing_takes_the_newest_published_version_unless_the_exact_one_is_asked_for(world):
    customer = world.customer()
    first = world.offer()
    second = world.offer(offer_id=first)
    draft = world.offer(offer_id=second, publish=False)
    issue = world.program.wallets.issue
    assert issue(world.now, customer.id, first)[0].offer.id == second
    assert issue(world.now, customer.id, draft)[0].offer.id == second
    assert issue(world.now, customer.id, first, exact_version=True)[0].offer.id == first
    call = lambda: issue(world.now, customer.id, draft, exact_version=True)  # noqa: E731
    assert world.refused(call) is Reason.OFFER_NOT_PUBLISHED


def test_an_offer_id_can_be_chosen_once(world):
    chosen = world.offer(new_offer_id="AAAAAAAA-0000-4000-8000-000000000009")
    assert chosen == "aaaaaaaa-0000-4000-8000-000000000009"
    assert world.refused(lambda: world.offer(new_offer_id=chosen)) is Reason.IDENTIFIER_TAKEN


# Cultures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("culture", "title"),
    [
        ("en-us", "English"),
        ("EN_US", "English"),
        ("en", "English"),
        ("en-gb", "British"),
        ("fr-ca-x", "French"),
        ("de", "French"),
        ("", "French"),
        (None, "French"),
    ],
)
def test_words_fall_back_from_the_region_to_the_language_to_the_first_text(world, culture, title):
    texts = [OfferText("fr", "French"), OfferText("en", "English"), OfferText("en-GB", "British")]
    offer_id = world.offer(texts=texts)
    view = world.program.offers.fetch(offer_id, culture)
    assert view.text.title == title
    assert len(view.texts) == 3
    assert world.program.offers.text_of(view.offer, culture).title == title


def test_only_the_best_text_can_be_shown_and_the_last_fall_back_can_be_switched_off(make_world):
    world = make_world(offers={"fetch_texts": "best", "last_fall_back": "none"})
    offer_id = world.offer(texts=[OfferText("fr", "French"), OfferText("en", "English")])
    assert [text.title for text in world.program.offers.fetch(offer_id, "en-us").texts] == ["English"]
    with pytest.raises(Refused) as caught:
        world.program.offers.fetch(offer_id, "de")
    assert list(caught.value.errors) == ["culture"]
    assert world.program.offers.text_of(world.program.offers.fetch(offer_id).offer, "de").title == "French"
    assert world.refused(lambda: world.program.offers.fetch("nothing")) is Reason.UNKNOWN_OFFER


# Validity --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "issued", "ends"),
    [
        ({"validity_unit": "minutes", "validity_period": 1}, "2018-09-07T16:00:00", "2018-09-07T16:01:00"),
        ({"validity_unit": "days", "validity_period": 30}, "2018-12-15T08:00:00", "2019-01-14T08:00:00"),
        ({"validity_unit": "months", "validity_period": 1}, "2019-01-31T08:00:00", "2019-02-28T08:00:00"),
        ({"validity_unit": "years", "validity_period": 1}, "2020-02-29T00:00:00", "2021-02-28T00:00:00"),
        ({"validity_unit": "years", "validity_period": 10_000}, "2020-02-29T00:00:00", None),
        ({}, "2018-09-07T16:00:00", None),
        ({"acquisition_end": "2018-10-01T00:00:00"}, "2018-09-07T16:00:00", "2018-10-01T00:00:00"),
        ({"acquisition_end": "2018-10-01T00:00:00", "valid_after_end_date": True}, "2018-09-07T16:00:00", None),
        (
            {"acquisition_end": "2018-10-01T00:00:00", "validity_unit": "months", "validity_period": 6},
            "2018-09-07T16:00:00",
            "2018-10-01T00:00:00",
        ),
        (
            {"acquisition_end": "2018-10-01T00:00:00", "validity_unit": "weeks", "validity_period": 1},
            "2018-09-07T16:00:00",
            "2018-09-14T16:00:00",
        ),
        (
            {
                "acquisition_end": "2018-10-01T00:00:00",
                "validity_unit": "months",
                "validity_period": 6,
                "valid_after_end_date": True,
            },
            "2018-09-07T16:00:00",
            "2019-03-07T16:00:00",
        ),
        (
            {"does_not_expire": True, "validity_unit": "days", "acquisition_end": "2018-10-01T00:00:00"},
            "2018-09-07T16:00:00",
            None,
        ),
    ],
)
def test_a_user_offer_is_valid_as_long_as_its_offer_says(world, members, issued, ends):
    if "acquisition_end" in members:
        members = {**members, "acquisition_end": at(members["acquisition_end"])}
    customer = world.customer()
    offer_id = world.offer(**members)
    user_offer = world.at(issued).issued(customer, offer_id)
    assert (user_offer.acquired_at, user_offer.starts_at) == (at(issued), at(issued))
    assert user_offer.ends_at == (None if ends is None else at(ends))
    if ends is not None:
        world.program.advance(at(ends) - 1)
        assert world.state(user_offer) is UserOfferState.ISSUED
        world.program.advance(at(ends))
        assert world.state(user_offer) is UserOfferState.EXPIRED
        assert world.events[-1] == (at(ends), "user_offer_expired", customer.id, user_offer.id)


@pytest.mark.parametrize(
    ("start", "end", "now", "reason"),
    [
        ("2018-09-08T00:00:00", None, "2018-09-07T23:59:59", Reason.ACQUISITION_NOT_STARTED),
        ("2018-09-08T00:00:00", None, "2018-09-08T00:00:00", None),
        (None, "2018-09-09T00:00:00", "2018-09-08T23:59:59", None),
        (None, "2018-09-09T00:00:00", "2018-09-09T00:00:00", Reason.ACQUISITION_ENDED),
    ],
)
def test_offers_are_acquired_only_in_their_window(world, start, end, now, reason):
    window = {"acquisition_start": start and at(start), "acquisition_end": end and at(end)}
    customer, offer_id = world.customer(), world.offer(**window)
    world.at(now)
    if reason is None:
        assert world.issued(customer, offer_id).state is UserOfferState.ISSUED
    else:
        assert world.refused(lambda: world.issued(customer, offer_id)) is reason


def test_issuing_outside_the_window_or_unpublished_can_be_allowed(make_world):
    world = make_world(offers={"issue_outside_acquisition": "allow", "issue_unpublished": "allow"})
    customer = world.customer()
    opens = world.now + 86_400_000_000
    user_offer = world.issued(customer, world.offer(acquisition_start=opens, publish=False))
    assert (user_offer.acquired_at, user_offer.starts_at) == (world.now, opens)
    assert world.refused(lambda: world.lock(user_offer, world.basket())) is Reason.NOT_YET_VALID
    assert list(world.program.redemption.lookup(world.now, "user_id", customer.id, world.basket()).offers) == []
    world.days(1)
    assert world.lock(user_offer, world.basket()).amount == 5


@pytest.mark.parametrize("quantity", [0, -1, 1001])
def test_impossible_quantities_are_refused(world, quantity):
    customer, offer_id = world.customer(), world.offer()
    call = lambda: world.program.wallets.issue(world.now, customer.id, offer_id, quantity)  # noqa: E731
    assert world.refused(call) is Reason.INVALID
    assert customer.wallet is None


def test_issuing_to_nobody_or_of_nothing_is_refused(world):
    customer, offer_id = world.customer(), world.offer()
    issue = world.program.wallets.issue
    assert world.refused(lambda: issue(world.now, "nobody", "nothing")) is Reason.UNKNOWN_CUSTOMER
    assert world.refused(lambda: issue(world.now, customer.id, "nothing")) is Reason.UNKNOWN_OFFER
    assert [one.serial for one in issue(world.now, customer.id.upper(), offer_id.upper(), 3)] == [1, 2, 3]


# Loading ---------------------------------------------------------------------------------------------------------


def test_user_offers_are_loaded_in_any_state_but_locked(world):
    customer = world.customer()
    offer_id = world.offer(validity_unit="days", validity_period=2)
    ids = {state: f"{index}aaaaaaa-0000-4000-8000-000000000000" for index, state in enumerate(UserOfferState)}
    drafts = [
        UserOfferDraft(ids[state].upper(), customer.id, offer_id, state=state)
        for state in UserOfferState
        if state is not UserOfferState.LOCKED
    ]
    assert world.program.wallets.load(world.now, drafts) == 4
    assert world.wallet(customer) == [ids[UserOfferState.ISSUED]]
    assert world.program.wallets.history([customer.id]).total == 4
    assert world.refused(lambda: world.program.wallets.load(world.now, drafts[:1])) is Reason.IDENTIFIER_TAKEN
    locked = UserOfferDraft(ids[UserOfferState.LOCKED], customer.id, offer_id, state=UserOfferState.LOCKED)
    assert world.refused(lambda: world.program.wallets.load(world.now, [locked])) is Reason.INVALID
    world.program.redemption.reinstate(world.now, ids[UserOfferState.REDEEMED])
    world.days(2)
    assert world.wallet(customer) == []


def test_user_offers_are_loaded_with_dates_of_their_own(world):
    customer, offer_id = world.customer(), world.offer(validity_unit="days", validity_period=2)
    now = world.now
    drafts = [
        UserOfferDraft("1aaaaaaa-0000-4000-8000-000000000000", customer.id, offer_id, acquired_at=now - 5),
        UserOfferDraft("2aaaaaaa-0000-4000-8000-000000000000", customer.id, offer_id, starts_at=1, ends_at=now + 7),
        UserOfferDraft("3aaaaaaa-0000-4000-8000-000000000000", customer.id, offer_id, ends_at=now - 1),
    ]
    world.program.wallets.load(now, drafts)
    world.program.advance(now)
    three, two, one = world.program.wallets.history([customer.id]).user_offers
    two_days = 2 * 86_400_000_000
    assert (one.acquired_at, one.starts_at, one.ends_at) == (now - 5, now - 5, now - 5 + two_days)
    assert (two.acquired_at, two.starts_at, two.ends_at) == (now, 1, now + 7)
    assert three.state is UserOfferState.EXPIRED
