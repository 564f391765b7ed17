"""Hand-written traces: wallets, histories, customers, points and offers, as the oracle sees them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from offerproof.judgement.oracle.calls import number

ANN, BOB = "a0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000002"


def test_the_wallet_holds_every_issued_offer_once(trace):
    trace.issue("u2")
    assert trace.wallet("u1", "u2") == []
    assert trace.wallet("u2", "u1") == []
    assert trace.wallet("u1") == ["ISSUE-1"]
    assert trace.wallet("U1", "u2", "u2") == ["WALLET-9"]


@pytest.mark.parametrize("shown", [["u1"], ["u1!"], []])
def test_a_locked_offer_may_stay_or_leave(trace, shown):
    trace.lock("u1", "t1")
    assert trace.wallet(*shown) == []


def test_an_offer_that_is_free_is_not_shown_as_locked(trace):
    assert trace.wallet("u1!") == ["WALLET-7"]


def test_what_left_the_wallet_is_not_shown(trace):
    trace.issue("u2")
    trace.redeem("u1", "t1")
    assert trace.wallet("u1", "u2") == ["REDEEM-13"]
    trace.revoke("u2")
    assert trace.wallet("u2") == ["ISSUE-10?"]


def test_unlocked_and_reinstated_offers_are_back(trace):
    trace.lock("u1", "t1")
    trace.unlock("u1")
    assert trace.wallet() == ["LOCK-18"]
    trace.redeem("u1", "t1", "lost")
    assert trace.wallet("u1") == []


def test_nothing_of_another_customer_appears(trace):
    trace.issue("b1", owner=BOB)
    assert trace.wallet("u1", "b1") == ["ISOL-1"]
    assert trace.history("u1:Issued", "b1:Issued") == ["ISOL-2"]
    assert trace.listed("u1", "b1") == ["ISOL-3?"]
    assert trace.wallet("b1", owner=BOB) == []
    assert trace.history("u1:Issued", f"b1:Issued:{BOB}", owners=(ANN, BOB)) == []
    assert trace.history("u1:Issued", f"b1:Issued:{BOB}", owners=(ANN,)) == ["HIST-10"]


def test_an_offer_that_nobody_issued_is_wrong_until_something_can_bring_one(trace):
    assert trace.wallet("u1", "stray") == ["ISSUE-6"]
    trace.send("t1", payments=[{"user_id": ANN, "amount": "11.00"}])
    assert trace.wallet("u1", "earned") == []
    assert trace.lock("earned", "t2") == []


def test_a_lookup_names_its_customer(trace):
    assert trace.wallet("u1", user_reference_id=BOB) == ["WALLET-3"]
    assert trace.till("lookup", {"user_id": ANN}, [], "ok") == ["WALLET-1"]
    assert trace.till("lookup", {"user_id": ANN}, None, "no") == ["WALLET-2"]
    assert trace.till("lookup", {"email": "nobody@example.com"}, [], "ok") == []
    assert trace.till("lookup", {"email": "nobody@example.com"}, None, "no") == []
    assert trace.till("lookup", {"email": "nobody@example.com"}, [{"offers": []}], "ok") == ["WALLET-18"]
    assert trace.till("lookup", {}, [], "ok") == ["WALLET-19"]


def test_lookup_and_lock_name_one_price(trace):
    basket = trace.basket("t1")
    offer = {"reference_id": "u1", "user_id": ANN, "status": "INFO", "amount": 5, "discounted_line_ids": ["1"]}
    payload = [{"user_reference_id": ANN, "offers": [offer]}]
    assert trace.till("lookup", {"user_id": ANN, "transaction": basket}, payload, "ok") == []
    assert trace.lock("u1", "t1", basket=basket, amount=4) == ["LOCK-7"]
    strange = [{"user_reference_id": ANN, "offers": [offer | {"discounted_line_ids": ["9"]}]}]
    assert trace.till("lookup", {"user_id": ANN, "transaction": basket}, strange, "ok") == ["WALLET-13"]


def test_without_a_transaction_a_free_offer_has_no_amount(trace):
    offer = {"reference_id": "u1", "user_id": ANN, "status": "INFO", "amount": 5, "discounted_line_ids": []}
    assert trace.wallet(offers=[offer]) == ["WALLET-8"]


def test_a_page_smaller_than_asked_for_leaves_records_for_others(traces):
    trace = traces(whole_pages=False)
    assert trace.history(total_records=0) == []
    trace.issue("u1")
    assert trace.history("u1:Issued", total_records=7) == []
    assert trace.history("u1:Issued", total_records=0) == ["HIST-9"]
    assert trace.history(total_records=7) == ["HIST-9"]


def test_the_history_holds_everything_once(traces):
    trace = traces(whole_pages=True)
    trace.issue("u1")
    assert trace.history("u1:Issued") == []
    assert trace.history() == ["ISSUE-2"]
    assert trace.history("u1:Issued", "u1:Issued") == ["HIST-1"]
    assert trace.history("u1:Issued", total_records=7) == ["HIST-9"]


def test_issued_and_redeemed_do_not_share_a_code(trace):
    trace.redeem("u1", "t1")
    records = [{"user_offer_id": "u1", "user_id": ANN, "status": 1, "status_description": "Redeemed"}]
    assert trace.history(results=records, total_records=1) == ["HIST-13"]


def test_one_description_has_one_code(trace):
    trace.history("u1:Issued")
    records = [{"user_offer_id": "u1", "user_id": ANN, "status": 2, "status_description": "issued"}]
    assert trace.history(results=records, total_records=1) == ["HIST-2", "HIST-8"]


@pytest.mark.parametrize(("word", "clauses"), [("Redeemed", ["REDEEM-3"]), ("Revoked", ["ISSUE-11"]), ("Neu", [])])
def test_a_description_tells_the_state(trace, word, clauses):
    assert trace.history(f"u1:{word}") == clauses


def test_a_revoked_offer_is_not_called_issued(trace):
    trace.revoke("u1")
    assert trace.history("u1:Issued") == ["ISSUE-11"]


def test_a_page_holds_what_was_asked_for(trace):
    trace.issue("u2")
    record = {"user_id": ANN, "status": 1, "status_description": "Issued"}
    both = [record | {"user_offer_id": "u1"}, record | {"user_offer_id": "u2"}]
    request = {"user_ids": [ANN], "skip": 0, "take": 1}
    answer = {"status": "ok", "payload": {"total_records": 2, "results": both}}
    assert trace.call("user_offer_history", request, answer) == ["PAGE-1"]
    first = {"status": "ok", "payload": {"total_records": 2, "results": both[:1]}}
    assert trace.call("user_offer_history", request, first) == []


def test_the_history_of_nobody_we_know_holds_nothing_of_ours(trace):
    assert trace.history(owners=("c0000000-0000-4000-8000-00000000000c",)) == []
    record = {"user_offer_id": "u1", "user_id": ANN, "status": 1, "status_description": "Issued"}
    stranger = "c0000000-0000-4000-8000-00000000000c"
    assert trace.history(owners=(stranger,), results=[record], total_records=1) == ["HIST-11"]


def test_the_list_of_issued_offers_only_raises_doubts(trace):
    assert trace.listed("u1") == []
    trace.redeem("u1", "t1")
    assert trace.listed("u1") == ["WALLET-22?"]


# Customers


def found(trace: Any, request: dict[str, str], **user: Any) -> Any:
    answer = {"status": "ok", "user": {"id": ANN, "email": "ann@example.com"} | user}
    return trace.call("search_customers", request, answer)


def refused(trace: Any, request: dict[str, str]) -> Any:
    answer = {"status": "error", "errors": {"code": "user_not_found", "message": "x"}}
    return trace.call("search_customers", request, answer, 404)


def test_a_search_finds_its_customer_and_nobody_else(trace):
    assert found(trace, {"email": "ann@example.com"}) == []
    assert found(trace, {"external_id": "ann-1"}, id=ANN.upper()) == []
    assert found(trace, {"mobile_number": "5550001"}, id=BOB) == ["CUST-3"]
    assert refused(trace, {"external_id": "ann-1"}) == ["CUST-2"]
    assert found(trace, {"email": "nobody@example.com"}) == ["CUST-14"]
    assert refused(trace, {"email": "nobody@example.com"}) == []
    assert found(trace, {}) == ["CUST-15"]
    assert found(trace, {"email": "ann@example.com"}, email="else@example.com") == ["CUST-4"]


def test_a_search_in_another_spelling_may_find_or_not(trace):
    assert refused(trace, {"email": "ANN@example.com"}) == []
    assert found(trace, {"email": "ANN@example.com"}) == []


def test_flags_add_their_members_and_nothing_else_does(trace):
    email = {"email": "ann@example.com"}
    assert found(trace, email, identifiers=[]) == ["CUST-7"]
    assert found(trace, email, tier_details=None) == ["CUST-6"]
    assert found(trace, email, user_profile={}) == ["CUST-5"]
    assert found(trace, email | {"show_identifiers": "true"}) == ["CUST-10"]
    assert found(trace, email | {"user[user_profile]": "true"}, user_profile={}) == []


def test_a_created_customer_is_found(trace):
    created = "d0000000-0000-4000-8000-00000000000d"
    wanted = {"user": {"email": "new@example.com", "first_name": "Zoë"}}
    assert trace.call("create_customer", wanted, {"status": "ok", "user": {"id": created}}) == []
    assert found(trace, {"email": "new@example.com"}, id=created, email="new@example.com", first_name="Zoë") == []
    assert refused(trace, {"email": "new@example.com"}) == ["CUST-1"]
    assert found(trace, {"email": "new@example.com"}, id=created, email=None, first_name="Zo?") == ["CUST-22?"]


# Points


def test_sums_and_owners_are_judged(trace):
    assert trace.customer("10", "10") == []
    assert trace.customer("10", "10", available_points=10) == []
    assert trace.customer("10", "10", available_points=11) == ["LOYAL-5"]
    assert trace.customer("10", "10", tier_points=10) == ["LOYAL-3"]
    assert trace.customer("10", "10", id=ANN.upper()) == []


@pytest.mark.parametrize(
    ("rank", "shown", "clauses"), [(1, 0, []), (1, None, []), (1, 7, ["LOYAL-7"]), (2, 0, ["LOYAL-7"])]
)
def test_the_first_two_ranks_may_show_no_way_up(traces, rank, shown, clauses):
    trace = traces(tiers=True)
    node = {"query_result": 0, "rule_passed": False, "rule": {"target_balance": 2000}}
    overviews = {"tier_overview": {"name": "Low", "rank": rank}, "next_tier_overview": {"name": "Up", "rank": rank + 1}}
    level = {"user_id": ANN, **overviews, "tier_progress": [{"rules": [node]}]}
    accounts = [{"user_point_account_id": None, "available_balance": 0, "life_time_value": 0}]
    balances = {"user_id": ANN, "details": accounts, "summary": {"total_points": 0}}
    details = {"tier_levels": [level], "point_account_balances": balances}
    user = {"tier_points": 0, "tier_ends_value": shown, "tier_details": details}
    assert trace.customer(**user) == clauses
    accounts[0]["life_time_value"] = 3
    assert trace.customer(**user) == ["LOYAL-8", *clauses]


def test_the_label_says_nothing_where_there_are_several_tier_systems(trace):
    two = [{"user_id": ANN, "tier_overview": {"name": name}} for name in ("Silver", "Friend")]
    balances = {
        "user_id": ANN,
        "summary": {"total_points": 7, "life_time_points": 7},
        "details": [
            {
                "grouping_label": "Tier",
                "point_account_id": name,
                "user_point_account_id": f"of-{name}",
                "available_balance": amount,
                "life_time_value": amount,
            }
            for name, amount in (("miles", 4), ("stamps", 3))
        ],
    }
    whole = {"tier_levels": two, "point_account_balances": balances}
    assert trace.customer(tier_points=4, tier_details=whole) == []
    assert trace.customer(tier_points=4, tier_details=whole | {"tier_levels": two[:1]}) == ["LOYAL-3"]


def test_points_do_not_move_by_themselves(trace):
    trace.customer("10", "10")
    trace.send("t1", payments=[{"user_id": BOB}])
    assert trace.customer("12", "12") == ["ISOL-6", "ISOL-6"]


def test_a_transaction_earns_alike_in_both_families(trace, traces):
    for earn, clauses in ((True, ["POINTS-9?"]), (False, [])):
        trace = traces(earn=earn)
        trace.customer()
        trace.send("t1", payments=[{"user_id": ANN}])
        assert trace.customer("11", "10") == clauses


def test_a_full_return_takes_all_points_back(traces):
    for amount, clauses in (("0", []), ("3", ["POINTS-3"])):
        trace = traces(earn=True, empty_is_return=True)
        trace.customer()
        trace.send("t1", payments=[{"user_id": ANN}])
        assert trace.customer("11", "11") == []
        trace.send("t1", payments=[{"user_id": ANN}], items=[], modified_time="2026-01-01 11:00:00.000")
        assert trace.customer(amount, amount) == clauses


@pytest.mark.parametrize("payer", [ANN, "ann-1"])
def test_a_full_return_that_names_no_payments_may_take_points_from_who_paid(traces, payer):
    trace = traces(earn=True)
    trace.customer()
    trace.send("t1", payments=[{"user_id": payer}])
    assert trace.customer("11", "11") == []
    trace.send("t1", items=[], payments=[], modified_time="2026-01-01 11:00:00.000")
    assert trace.customer("0", "0") == []
    assert trace.customer("2", "2") == ["ISOL-6", "ISOL-6"]


def test_the_same_sent_again_earns_nothing_more(traces):
    for amount, clauses in (("11", []), ("22", ["ISOL-6", "ISOL-6"])):
        trace = traces(earn=True)
        trace.customer()
        trace.send("t1", payments=[{"user_id": ANN}])
        trace.customer("11", "11")
        trace.send("t1", payments=[{"user_id": ANN}])
        assert trace.customer(amount, amount) == clauses


def test_points_that_are_still_on_their_way_are_not_judged(traces):
    trace = traces(earn=True, settle=1_000)
    trace.customer()
    trace.send("t1", payments=[{"user_id": ANN}])
    assert trace.customer("11", "0") == []
    trace.now += 5_000
    assert trace.customer("11", "11") == []


def test_lookup_shows_the_same_points(trace):
    trace.customer("10", "10")
    names = ("Spendable", "Spendable Escrow", "Tier", "Tier Escrow")
    accounts = [{"PointAccountID": name, "AvailableBalance": 5} for name in names]
    assert trace.wallet("u1", accounts=accounts) == []
    accounts[0]["AvailableBalance"] = 6
    assert trace.wallet("u1", accounts=accounts) == ["LOYAL-21"]


# Offers

BODY: dict[str, Any] = {
    "retailer_id": "r",
    "offer_type": "manual_fulfillment",
    "publish": "true",
    "text_config": [{"title": "Free", "description": "Coffee", "terms_and_conditions": "None", "culture": "en"}],
    "common_config": {
        "acquisition_start_date": "2026-01-01 00:00:00.0",
        "acquisition_end_date": "2027-01-01 00:00:00.0",
        "validity_unit": "years",
        "validity_period": "1",
        "custom_data": '{"a": 1}',
    },
}


def created(
    trace: Any, offer_id: str = "o2", custom_data: str = BODY["common_config"]["custom_data"], **payload: Any
) -> Any:
    made = {"offer_id": offer_id, "root_offer_id": offer_id, "validation_errors": {}, "new_status": 1}
    answer = {"status": "ok", "payload": made | {"revisioned": False} | payload}
    common = BODY["common_config"] | {"custom_data": custom_data}
    return trace.call("create_offer", BODY | {"common_config": common}, answer)


def fetched(trace: Any, offer_id: str = "o2", **offer: Any) -> Any:
    shown = {
        "id": offer_id,
        "title": "Free",
        "offer_text": [{"description": "Coffee"}],
        "validity_period": 1,
        "validity_unit": "Years",
        "offer_type_id": "manual_fulfillment",
        "status": 1,
        "custom_data": '{"a":1}',
    }
    request = {"retailer_id": "r", "offer_id": offer_id, "culture": "en-us"}
    return trace.call("fetch_offer", request, {"status": "ok", "payload": {"offer": shown | offer}})


def test_a_created_offer_comes_back(trace):
    assert created(trace) == []
    assert fetched(trace) == []
    assert fetched(trace, title="Fre") == ["FETCH-2"]
    assert fetched(trace, custom_data='{"a":2}') == ["FETCH-6"]
    assert fetched(trace, validity_period=2) == ["FETCH-7"]
    assert fetched(trace, "made-up") == ["FETCH-17"]


@pytest.mark.parametrize("shown", [None, ""])
def test_an_empty_custom_data_may_come_back_empty_or_not_at_all(trace, shown):
    assert created(trace, custom_data="") == []
    assert fetched(trace, custom_data=shown) == []


def test_custom_data_that_is_no_json_may_be_refused(trace):
    body = BODY | {"common_config": BODY["common_config"] | {"custom_data": "not json"}}
    assert trace.call("create_offer", body, {"status": "error", "payload": None, "errors": {"code": "x"}}) == []
    assert trace.call("create_offer", BODY, {"status": "error", "payload": None, "errors": {"code": "x"}}) == [
        "CREATE-1"
    ]


def test_ids_in_another_case_may_be_known_or_not(trace):
    assert trace.lock("U1", "t1", "no") == []
    assert trace.till("lookup", {"user_id": ANN.upper()}, None, "no") == []
    assert trace.till("lookup", {"user_id": ANN.upper()}, [], "ok") == []
    assert trace.history(owners=(ANN.upper(),)) == []


def test_a_created_offer_is_new_and_published(trace):
    assert created(trace) == []
    assert created(trace) == ["CREATE-9"]
    assert created(trace, "o3", new_status=2) == ["CREATE-5"]
    assert created(trace, "o4", root_offer_id="o2") == ["CREATE-2"]


@pytest.mark.parametrize("text", [".77", "10", "10.0", "5.", " 2703.00 ", "-1.5e2", "+1"])
def test_a_number_may_stand_as_text(text):
    assert number(text) == Decimal(text.strip())


@pytest.mark.parametrize(
    "text", ["1_000", "1,000", "\u0661\u0662", "NaN", "Infinity", "0x10", "", ".", "1 0", True, None]
)
def test_what_only_python_would_read_is_no_number(text):
    assert number(text) is None
