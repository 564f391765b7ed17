"""Redeem: by a closed transaction, at once, and undone by reinstate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from offerproof.client import Api
from offerproof.conformance import Expect, Given, NotOffered, Settle, UserOffer, clause
from offerproof.conformance.reading import (
    given_payload,
    history,
    in_wallet,
    is_success,
    later,
    record,
    state,
    tells,
)
from offerproof.target import Profile


def _redeemed(told: str) -> bool:
    return tells(told, "redeem")


@clause("REDEEM-1", "REDEEM-2", "REDEEM-21", offers=["any"], requests=9)
def test_a_closed_transaction_redeems_the_offer_it_hands_back(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    locked = given.locked()
    sent = api.send_transaction({**locked.transaction, "is_closed": "true", "discounts": [locked.discount]})
    payload = expect.success(sent, kind=None)
    expect.equal(payload, None, what="payload of send_transaction", on=sent)
    told = settle(lambda: state(api, expect, locked.user_offer), _redeemed)
    with expect.clause("REDEEM-2"):
        expect.that(_redeemed(told), what="the history says that the offer is redeemed", observed=told)
    if profile.can("reinstate"):
        with expect.clause("REDEEM-21"):
            if not _redeemed(told):
                expect.unknown("a transaction redeemed nothing")
            expect.success(api.reinstate(locked.user_offer.user_offer_id), kind=None)
            told = settle(lambda: state(api, expect, locked.user_offer), lambda said: said.lower() == "issued")
            expect.equal(told.lower(), "issued", what="what the history calls the reinstated offer")


@clause("REDEEM-3", "REDEEM-4", "REDEEM-9", offers=["any"], requests=14)
def test_open_does_not_redeem_closed_does_and_once(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    locked = given.locked()
    held = locked.user_offer
    opened = {**locked.transaction, "is_closed": "false", "discounts": [locked.discount]}
    expect.success(api.send_transaction(opened), kind=None)
    told = settle(lambda: state(api, expect, held), _redeemed)
    expect.that(not _redeemed(told), what="an open transaction does not redeem", observed=told)
    closed = {**later(opened, minutes=1), "is_closed": "true"}
    with expect.clause("REDEEM-4"):
        expect.success(api.send_transaction(closed), kind=None)
        told = settle(lambda: state(api, expect, held), _redeemed)
        expect.that(_redeemed(told), what="sent again, closed and newer, it redeems", observed=told)
    with expect.clause("REDEEM-9"):
        api.send_transaction(closed)
        api.send_transaction(later(closed, minutes=2))

        def records() -> Sequence[Any]:
            return [row for row in history(api, expect, held.customer) if held.is_it(row["user_offer_id"])]

        def settled(mine: Sequence[Any]) -> bool:  # not every view shows yet what one has shown
            return len(mine) == 1 and _redeemed(mine[0]["status_description"])

        mine = settle(records, settled)
        expect.equal(len(mine), 1, what="records of the user offer")
        told = mine[0]["status_description"]
        expect.that(_redeemed(told), what="it stays redeemed when sent again", observed=told)


@clause("REDEEM-30", offers=["any"], customers=1, requests=9)
def test_a_newer_version_is_accepted_open_or_closed(api: Api, given: Given, expect: Expect) -> None:
    locked = given.locked()
    opened = {**locked.transaction, "is_closed": "false", "discounts": [locked.discount]}
    expect.success(api.send_transaction(opened), kind=None)
    expect.success(api.send_transaction(later(opened, minutes=1)), kind=None)
    closed = {**api.transaction(user_id=given.customer().user_id), "is_closed": "true"}
    expect.success(api.send_transaction(closed), kind=None)
    expect.success(api.send_transaction(later(closed, minutes=1)), kind=None)


@clause("REDEEM-31", offers=["any"], requests=6)
def test_a_return_keeps_the_discount_it_was_redeemed_with(api: Api, given: Given, expect: Expect) -> None:
    redeemed = given.redeemed()
    closed = {**redeemed.transaction, "is_closed": "true", "discounts": [redeemed.discount]}
    kept = api.transaction(items=closed["items"][:1], user_id=redeemed.user_offer.customer.user_id)
    smaller = {name: kept[name] for name in ("items", "subtotal", "payments")}
    expect.success(api.send_transaction({**later(closed), **smaller}), kind=None)


@clause("REDEEM-5", "REDEEM-6", offers=["any"], requests=8)
def test_a_locked_offer_the_discounts_do_not_name_is_not_redeemed(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    locked = given.locked()
    with expect.clause("REDEEM-6"):
        sent = api.send_transaction({**locked.transaction, "is_closed": "true", "discounts": []})
        expect.success(sent, kind=None)
    told = settle(lambda: state(api, expect, locked.user_offer), _redeemed)
    expect.that(not _redeemed(told), what="an offer no discount names is not redeemed", observed=told)


@clause("REDEEM-29", offers=["any"], requests=6)
def test_a_transaction_spelled_as_documented_redeems(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    held = given.user_offer()
    now = f"{api.now():%Y-%m-%d %H:%M:%S}.000"  # within the window of the offer
    basket: dict[str, Any] = {
        "is_closed": "true",
        "pos_employee_id": "1",
        "channel": "Store",
        "transaction_id": f"24222-2-424242-{api.fresh_id()}",
        "guest_count": "1",
        "subtotal": "2703.00",
        "tax_total": "0.25",
        "open_time": now,
        "modified_time": now,
        "items": [
            {"line_id": "1", "item_id": "2", "quantity": "1", "unit_price": "2701.50", "subtotal": "2701.50"},
            {"line_id": "2", "item_id": "2", "quantity": "1", "unit_price": "1.50", "subtotal": "1.50"},
        ],
        "payments": [
            {
                "payment_id": api.fresh_id(),
                "amount": "2703.25",
                "type": "CREDIT",
                "payment_time": now,
                "user_id": held.customer.user_id,
                "user_id_type": "SessionM_ID",
            }
        ],
    }
    missing = "the offer could not be locked for the transaction"
    locked = given_payload(expect, api.lock(held.user_offer_id, {**basket, "is_closed": "false"}), missing)
    handed_back = {name: value for name, value in locked.items() if name != "discounted_line_id_quantities"}
    expect.success(api.send_transaction({**basket, "discounts": [handed_back]}), kind=None)
    told = _settled(api, expect, settle, held)
    expect.that(_redeemed(told), what="the history says that the offer is redeemed", observed=told)


@clause("REDEEM-7", offers=["any"], requests=7)
def test_numbers_and_flags_may_be_json_values(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    locked = given.locked()
    line = {"line_id": "1", "item_id": "11", "quantity": 2, "unit_price": 5.5, "subtotal": 11}
    values = {"items": [line], "subtotal": 11, "tax_total": 0, "guest_count": 1, "is_closed": True}
    sent = api.send_transaction({**locked.transaction, **values, "discounts": [locked.discount]})
    expect.success(sent, kind=None)
    told = settle(lambda: state(api, expect, locked.user_offer), _redeemed)
    expect.that(_redeemed(told), what="the history says that the offer is redeemed", observed=told)


@clause("REDEEM-8", offers=["any", "any"], together=True, requests=14)
def test_all_offers_handed_back_are_redeemed(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    first = given.user_offer()
    customer = first.customer
    held = [first, given.user_offer(customer=customer)]
    if profile.can("issue") and profile.offers.kind == "issue":  # four where they can be had, else two
        held += [given.issued(given.shared_offer(), customer) for _ in range(2)]
    basket = api.transaction(items=api.items(*["20.00"] * 5), user_id=customer.user_id)
    locks = [(one, api.lock(one.user_offer_id, basket)) for one in held]
    locked = [(one, lock) for one, lock in locks if is_success(lock) or (lock.status or 500) >= 500]
    if not locked:
        expect.unknown("the offers could not be locked")
    if len(locked) == 1:
        raise NotOffered("one transaction cannot lock two offers")  # LOCK-25 rules on that, and it is a should
    discounts = [given_payload(expect, lock, "the offers could not be locked") for _, lock in locked]
    expect.success(api.send_transaction({**basket, "is_closed": "true", "discounts": discounts}), kind=None)
    ids = {one.user_offer_id.lower() for one, _ in locked}

    def left() -> list[str]:
        told = {row["user_offer_id"].lower(): row["status_description"] for row in history(api, expect, customer)}
        return [now for now in (told.get(one, "absent") for one in ids) if not _redeemed(now)]

    expect.equal(settle(left, lambda there: not there), [], what="states of the transaction's offers not redeemed")


@clause("REDEEM-10", offers=["any"], requests=6)
def test_an_offer_never_locked_is_not_redeemed(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    held = given.user_offer()
    basket = api.transaction(user_id=held.customer.user_id)
    api.send_transaction({**basket, "is_closed": "true", "discounts": [_forged(held)]})
    told = _settled(api, expect, settle, held)
    expect.that(not _redeemed(told), what="an offer that was never locked is not redeemed", observed=told)


@clause("REDEEM-34", offers=["any"], requests=8)
def test_what_was_unlocked_before_the_sale_is_not_redeemed(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    locked = given.locked()
    if not is_success(api.unlock(locked.user_offer.user_offer_id)):
        expect.unknown("the offer could not be unlocked")
    api.send_transaction({**locked.transaction, "is_closed": "true", "discounts": [locked.discount]})
    told = _settled(api, expect, settle, locked.user_offer)
    expect.that(not _redeemed(told), what="an offer that was unlocked again is not redeemed", observed=told)


@clause("REDEEM-11", offers=["any"], requests=8)
def test_a_rivals_transaction_does_not_redeem(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    locked = given.locked()
    rival = api.transaction(user_id=locked.user_offer.customer.user_id)
    api.send_transaction({**rival, "is_closed": "true", "discounts": [locked.discount]})
    told = _settled(api, expect, settle, locked.user_offer)
    expect.that(not _redeemed(told), what="another transaction's lock is not redeemed", observed=told)


@clause("REDEEM-11", offers=["any", "any"], together=True, requests=12)
def test_a_rivals_lock_beside_an_own_one_is_not_redeemed(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    first = given.user_offer()
    rivals = given.user_offer(customer=first.customer)
    mine, other = (api.transaction(user_id=first.customer.user_id) for _ in range(2))
    missing = "the offers could not be locked"
    discounts = [
        given_payload(expect, api.lock(held.user_offer_id, basket), missing)
        for held, basket in ((first, mine), (rivals, other))
    ]
    api.send_transaction({**mine, "is_closed": "true", "discounts": discounts})
    told = _settled(api, expect, settle, rivals)
    expect.that(not _redeemed(told), what="another transaction's lock beside an own one is not redeemed", observed=told)


@clause("REDEEM-32", offers=["any", "any"], together=True, requests=14)
def test_two_transactions_redeem_each_its_own(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    first = given.user_offer()
    second = given.user_offer(customer=first.customer)
    baskets = [api.transaction(user_id=first.customer.user_id) for _ in range(2)]
    pair = list(zip((first, second), baskets, strict=True))
    locks = [given_payload(expect, api.lock(held.user_offer_id, one), "could not be locked") for held, one in pair]
    expect.success(api.send_transaction({**baskets[0], "is_closed": "true", "discounts": [locks[0]]}), kind=None)
    told = _settled(api, expect, settle, first)
    expect.that(_redeemed(told), what="the offer of the transaction that closed is redeemed", observed=told)
    told = state(api, expect, second)
    expect.that(not _redeemed(told), what="the offer that another transaction holds is not redeemed", observed=told)
    third = api.transaction(user_id=first.customer.user_id)
    expect.refusal(api.lock(second.user_offer_id, third), why="the other transaction holds it still")
    expect.success(api.send_transaction({**baskets[1], "is_closed": "true", "discounts": [locks[1]]}), kind=None)
    told = _settled(api, expect, settle, second)
    expect.that(_redeemed(told), what="the offer of the transaction that closed later is redeemed", observed=told)


@clause("REDEEM-12", "REDEEM-13", "REDEEM-14", "REDEEM-33", offers=["any"], requests=8)
def test_redeeming_at_once(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    held = given.user_offer()
    basket = api.transaction(user_id=held.customer.user_id)
    discount = expect.success(api.redeem(held.user_offer_id, basket), kind=None)
    with expect.clause("REDEEM-33"):
        _judge_discount(expect, held, discount)
    told = _settled(api, expect, settle, held)
    expect.that(_redeemed(told), what="the history says that the offer is redeemed", observed=told)
    with expect.clause("REDEEM-13"):
        shown = settle(lambda: in_wallet(api, expect, held), lambda offer: offer is None)
        expect.equal(shown, None, what="the redeemed offer in the wallet")
    with expect.clause("REDEEM-14"):
        expect.refusal(api.redeem(held.user_offer_id, api.transaction(user_id=held.customer.user_id)))


def _judge_discount(expect: Expect, held: UserOffer, discount: Any) -> None:
    """What redeem answers is left open; where it is a discount, it is that of the offer."""
    told = discount if isinstance(discount, Mapping) else {}
    for name, its in (("reference_id", held.user_offer_id), ("user_id", held.customer.user_id)):
        if told.get(name):
            expect.same_id(told[name], its, what=f"{name} of the discount that redeem answers")
    if told.get("status"):
        expect.that(
            str(told["status"]).upper() != "INFO",
            what="status of what was redeemed",
            expected="not INFO",
            observed="INFO",
        )
    expect.that(True, what="what redeem answers")


@clause("REDEEM-15", requests=1)
def test_an_unknown_user_offer_cannot_be_redeemed(api: Api, expect: Expect) -> None:
    expect.refusal(api.redeem(api.fresh_id(), api.transaction()))


@clause("REDEEM-16", offers=["any"], requests=5)
def test_a_revoked_offer_cannot_be_redeemed(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer()
    if not is_success(api.revoke_offer(held.user_offer_id, reason="contract check")):
        expect.unknown("the offer could not be revoked")
    expect.refusal(api.redeem(held.user_offer_id, api.transaction(user_id=held.customer.user_id)))


@clause("REDEEM-17", offers=["any"], requests=5)
def test_an_offer_a_rival_has_locked_cannot_be_redeemed_at_once(api: Api, given: Given, expect: Expect) -> None:
    held = given.locked().user_offer
    expect.refusal(api.redeem(held.user_offer_id, api.transaction(user_id=held.customer.user_id)))


@clause("REDEEM-18", "REDEEM-19", "REDEEM-20", offers=["any"], requests=10)
def test_a_reinstated_offer_is_as_before(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    held = given.user_offer()
    if not is_success(api.redeem(held.user_offer_id, api.transaction(user_id=held.customer.user_id))):
        expect.unknown("the offer could not be redeemed at once")
    expect.success(api.reinstate(held.user_offer_id), kind=None)
    shown = settle(lambda: in_wallet(api, expect, held), lambda offer: offer is not None)
    expect.that(shown is not None, what="the reinstated offer is in the wallet")
    expect.equal(shown and shown["status"].upper(), "INFO", what="status of the reinstated offer")
    with expect.clause("REDEEM-20"):
        told = settle(lambda: state(api, expect, held), lambda said: said.lower() == "issued")
        expect.equal(told.lower(), "issued", what="what the history calls the reinstated offer")
    with expect.clause("REDEEM-19"):
        basket = api.transaction(user_id=held.customer.user_id)
        discount = expect.success(api.lock(held.user_offer_id, basket))
        expect.equal(discount["status"].upper(), "LOCKED", what="status of the discount")


@clause("REDEEM-35", customers=1, requests=14, level="full")
def test_an_offer_without_an_end_takes_every_step(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    held = given.issued(given.offer(common_config={"does_not_expire": True}), given.customer())
    code, basket = held.user_offer_id, api.transaction(user_id=held.customer.user_id)
    if profile.can("lookup_transaction"):
        in_wallet(api, expect, held, basket)  # whether it is eligible is another question
    if profile.can("unlock"):
        expect.success(api.lock(code, basket))
        expect.success(api.unlock(code), kind=None)
    if profile.can("redeem") and profile.can("reinstate"):
        expect.success(api.redeem(code, basket), kind=None)
        expect.success(api.reinstate(code), kind=None)
    shown = settle(lambda: in_wallet(api, expect, held), lambda offer: offer is not None)
    expect.that(shown is not None, what="the offer is in the wallet again")
    sale = api.transaction(user_id=held.customer.user_id)
    discount = expect.success(api.lock(code, sale))
    expect.success(api.send_transaction({**sale, "is_closed": "true", "discounts": [discount]}), kind=None)
    told = settle(lambda: state(api, expect, held), _redeemed)
    expect.that(_redeemed(told), what="the history says that the offer is redeemed", observed=told)


@clause("REDEEM-22", requests=1)
def test_reinstating_an_unknown_user_offer_is_refused(api: Api, expect: Expect) -> None:
    expect.refusal(api.reinstate(api.fresh_id()))


@clause("REDEEM-23", offers=["any"], requests=7)
def test_a_voided_transaction_does_not_redeem(api: Api, given: Given, expect: Expect, settle: Settle) -> None:
    locked = given.locked()
    voided = {**locked.transaction, "is_voided": True, "is_closed": True, "discounts": [locked.discount]}
    api.send_transaction(voided)
    told = _settled(api, expect, settle, locked.user_offer)
    expect.that(not _redeemed(told), what="a voided transaction does not redeem", observed=told)


@clause("REDEEM-24", offers=["any"], requests=4)
def test_what_reinstating_an_issued_offer_answers(api: Api, given: Given, expect: Expect) -> None:
    asked = api.reinstate(given.user_offer().user_offer_id)
    expect.observe("reinstate of an offer never redeemed", "accepted" if is_success(asked) else "refused", on=asked)
    expect.that(True, what="an offer never redeemed was reinstated")


@clause("REDEEM-25", customers=1, requests=2)
def test_what_a_transaction_with_an_unknown_user_offer_answers(api: Api, given: Given, expect: Expect) -> None:
    basket = api.transaction(user_id=given.customer().user_id)
    unknown = {"reference_id": api.fresh_id(), "reference_id_type": "userofferid", "status": "LOCKED"}
    asked = api.send_transaction({**basket, "is_closed": "true", "discounts": [unknown]})
    expect.observe("transaction with an unknown user offer", "accepted" if is_success(asked) else "refused", on=asked)
    expect.that(True, what="a transaction with an unknown user offer was sent")


@clause("REDEEM-26", offers=["any"], requests=7)
def test_what_a_transaction_without_is_closed_does(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    locked = given.locked()
    sent = api.send_transaction({**locked.transaction, "is_closed": api.LEFT_OUT, "discounts": [locked.discount]})
    told = _settled(api, expect, settle, locked.user_offer)
    reading = ("redeems" if _redeemed(told) else "redeems nothing") if is_success(sent) else "refused"
    expect.observe("transaction without is_closed", reading, on=sent)
    expect.that(record(api, expect, locked.user_offer) is not None, what="the user offer has a record")


def _settled(api: Api, expect: Expect, settle: Settle, held: UserOffer) -> str:
    """What the history says of the user offer: at once when it is redeemed, else when the settle time is over."""
    return str(settle(lambda: state(api, expect, held), _redeemed))


def _forged(held: UserOffer) -> dict[str, Any]:
    """A discount object as a lock answers it, for an offer that no lock was asked for."""
    return {
        "reference_id": held.user_offer_id,
        "reference_id_type": "userofferid",
        "user_id": held.customer.user_id,
        "status": "LOCKED",
        "display_name": "never locked",
        "discounted_line_ids": ["1"],
        "discount_source": "sessionm",
        "amount": 1,
        "stack_order": 0,
        "applied_time": "2018-08-29T06:59:04.5326816Z",
    }
