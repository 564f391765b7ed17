"""With the clock at the documents' date, their own (repaired) requests get the answers they print.

Where the documents contradict themselves the expectation says which reading is taken: the $20 coupon of amount 12 on a
basket of 11.00 is 11 here, because a discount never exceeds its basket.
"""

from __future__ import annotations


def _without(document: dict[str, object], *names: str) -> dict[str, object]:
    return {key: value for key, value in document.items() if key not in names}


def test_create_offer_answers_as_printed_but_for_the_new_id(world, printed):
    answer = world.ask("/api/2.0/offers/management/create", printed("create-offer-request"), pair="offers:simulated")
    documented = printed("create-offer-answer")
    assert answer["payload"]["offer_id"] == answer["payload"]["root_offer_id"]
    assert _without(answer["payload"], "offer_id", "root_offer_id") == _without(
        documented["payload"], "offer_id", "root_offer_id"
    )
    assert answer["status"] == documented["status"] == "ok"


def test_fetch_offer_answers_as_printed_but_for_the_id_of_the_text(world, printed):
    answer = world.ask("/api/2.0/offers/fetch_offer", printed("fetch-offer-request"), pair="offers:simulated")
    documented = printed("fetch-offer-answer")
    (text,), (documented_text,) = (
        answer["payload"]["offer"].pop("offer_text"),
        documented["payload"]["offer"].pop("offer_text"),
    )
    assert answer == documented
    assert _without(text, "id") == _without(documented_text, "id")


def test_lookup_answers_every_member_printed(world, printed):
    answer = world.ask("/api/2.0/Lookup", printed("lookup-request"), pair="pos:simulated")
    documented = printed("lookup-answer")
    (customer,), (documented_customer,) = answer["payload"], documented["payload"]
    assert set(documented_customer) <= set(customer)
    unlike = ("email", "accounts", "offers")  # the address is not repeated, the accounts are ACME's, images are not set
    assert _without(customer, *unlike) == _without(documented_customer, *unlike)
    assert _without(customer["offers"][0], "image_url") == _without(documented_customer["offers"][0], "image_url")
    assert set(customer["accounts"][0]) == set(documented_customer["accounts"][0])
    assert (answer["status"], answer["errors"]) == ("success", None)


def test_history_answers_as_printed_to_the_microsecond(world, printed):
    answer = world.ask(
        "/api/2.0/offers/user_offer_history", printed("user-offer-history-request"), pair="offers:simulated"
    )
    documented = printed("user-offer-history-answer")
    (row,), (documented_row,) = answer["payload"]["results"], documented["payload"]["results"]
    unlike = ("acquire_date", "redemption_end_date", "user_id", "terms")
    assert _without(row, *unlike) == _without(documented_row, *unlike)
    assert row["user_id"] == documented_row["user_id"].lower()
    assert row["acquire_date"] == "2018-09-04T19:47:28.347581Z"  # printed with a seventh digit
    assert row["redemption_end_date"] == "2019-09-04T21:55:54.772346Z"


def test_lock_answers_as_printed_with_the_whole_basket_as_amount(world, printed):
    answer = world.ask("/api/2.0/Lock", printed("lock-request"), pair="pos:simulated")
    documented = printed("lock-answer")
    assert set(documented["payload"]) <= set(answer["payload"])
    assert _without(answer["payload"], "amount", "applied_time", "discounted_line_id_quantities") == _without(
        documented["payload"], "amount", "applied_time"
    )
    assert answer["payload"]["amount"] == 11
    assert answer["payload"]["applied_time"] == "2018-09-07T16:00:00Z"
    assert (answer["status"], answer["errors"]) == ("OK", None)


def test_send_transaction_redeems_what_its_transaction_has_locked(world, printed):
    sent = printed("send-transaction-request")
    lock = printed("lock-request")
    lock["request_id"] = "lock-for-the-sample"
    (discount,) = sent["request_payload"]["discounts"]
    lock["request_payload"]["offer_lookup_code"] = discount["reference_id"]
    lock["request_payload"]["transaction"] = {**sent["request_payload"], "is_closed": "false", "discounts": []}
    assert world.ask("/api/2.0/Lock", lock, pair="pos:simulated")["payload"]["amount"] == 10
    assert world.ask("/api/2.0/send_transaction", sent, pair="pos:simulated") == printed("send-transaction-answer")
    history = {**printed("user-offer-history-request"), "user_ids": [discount["user_id"]]}
    answer = world.ask("/api/2.0/offers/user_offer_history", history, pair="offers:simulated")
    assert [row["status_description"] for row in answer["payload"]["results"]] == ["Redeemed"]
