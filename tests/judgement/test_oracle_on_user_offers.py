"""Hand-written traces: what the oracle accepts and rejects in the life of a user offer."""

from __future__ import annotations

import pytest

ANN, BOB = "a0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000002"


def test_a_whole_life_is_legal(trace):
    assert trace.wallet("u1") == []
    assert trace.lock("u1", "t1") == []
    assert trace.lock("u1", "t1", basket=trace.basket("t1", "20.00"), discounted_line_ids=["1"]) == []
    assert trace.lock("u1", "t2", "no") == []
    assert trace.unlock("u1") == []
    assert trace.wallet("u1") == []
    assert trace.lock("u1", "t2") == []
    assert trace.history("u1:Locked") == []
    assert trace.send("t2", "u1") == []
    assert trace.history("u1:Redeemed") == []
    assert trace.wallet() == []
    assert trace.lock("u1", "t3", "no") == []
    assert trace.reinstate("u1") == []
    assert trace.history("u1:Issued") == []
    assert trace.revoke("u1") == []
    assert trace.history("u1:Revoked") == []


def test_a_second_lock_is_illegal(trace):
    trace.lock("u1", "t1")
    assert trace.lock("u1", "t2") == ["LOCK-12"]
    reason = trace.ruling.breaches[0]
    assert (reason.expected, reason.observed) == ("a refusal: the user offer is locked by t1", "a success")


@pytest.mark.parametrize(
    ("steps", "last", "clause"),
    [
        ([("send", "t1")], ("lock", "t2", "ok"), "LOCK-14"),
        ([("revoke",)], ("lock", "t2", "ok"), "LOCK-15"),
        ([("redeem", "t1")], ("redeem", "t1", "ok"), "REDEEM-14"),
        ([("redeem", "t1")], ("redeem", "t2", "ok"), "REDEEM-14"),
        ([("revoke",)], ("redeem", "t1", "ok"), "REDEEM-16"),
        ([], ("lock", "t1", "no"), "LOCK-1"),
        ([("lock", "t1")], ("lock", "t1", "no"), "LOCK-10"),
        ([], ("redeem", "t1", "no"), "REDEEM-12"),
        ([("lock", "t1")], ("redeem", "t1", "no"), "REDEEM-12"),
        ([("lock", "t1")], ("unlock", "no"), "LOCK-18"),
        ([("redeem", "t1")], ("reinstate", "no"), "REDEEM-21"),
    ],
)
def test_an_answer_that_no_state_explains_names_its_clause(trace, steps, last, clause):
    for name, *rest in steps:
        if name == "send":
            trace.lock("u1", *rest)
            assert trace.send(*rest, "u1") == []
        else:
            assert getattr(trace, name)("u1", *rest) == []
    assert getattr(trace, last[0])("u1", *last[1:]) == [clause]


@pytest.mark.parametrize("how", ["ok", "no"])
@pytest.mark.parametrize("steps", [["unlock"], ["revoke", "revoke"], ["reinstate"], ["lock", "revoke"]])
def test_choices_that_the_sources_leave_open_are_legal_either_way(trace, steps, how):
    for name in steps[:-1]:
        getattr(trace, name)("u1", *(["t1"] if name == "lock" else []))
    assert getattr(trace, steps[-1])("u1", how) == []


def test_a_choice_once_seen_binds(trace):
    trace.lock("u1", "t1")
    trace.revoke("u1", "no")
    assert trace.history("u1:Revoked") == ["ISSUE-11"]


def test_user_offers_nobody_knows_are_refused(trace):
    assert trace.lock("nobody", "t1") == ["LOCK-16"]
    assert trace.redeem("nobody", "t1") == ["REDEEM-15"]
    assert trace.unlock("nobody") == ["LOCK-21"]
    assert trace.reinstate("nobody") == ["REDEEM-22"]
    assert trace.revoke("nobody") == ["ISSUE-12?"]
    assert trace.lock("nobody", "t1", "no") == []


def test_a_lock_without_a_code_or_with_an_unknown_type_is_refused(trace):
    basket = trace.basket("t1")
    assert trace.till("lock", {"offer_lookup_type": "userofferid", "transaction": basket}, {}, "ok") == ["LOCK-22"]
    asked = {"offer_lookup_code": "u1", "offer_lookup_type": "nonsense", "transaction": basket}
    assert "LOCK-22" in trace.till("lock", asked, {}, "ok")
    assert trace.till("lock", asked, {}, "no") == []


def test_a_lock_that_is_taken_without_a_transaction_is_judged(trace):
    asked = {"offer_lookup_code": "u1", "offer_lookup_type": "userofferid"}
    discount = {"reference_id": "u1", "status": "LOCKED", "amount": 5}
    assert trace.till("lock", asked, discount, "ok") == ["LOCK-23?"]
    assert trace.lock("u1", "t1") == ["LOCK-12"]


def test_an_odd_basket_may_be_refused_or_taken(trace):
    odd = trace.basket("t1", "-5.00")
    assert trace.lock("u1", "t1", "no", basket=odd) == []
    assert trace.lock("u1", "t1", basket=odd, discounted_line_ids=["1"]) == []
    assert trace.lock("u1", "t2") == ["LOCK-12"]


def test_the_discount_of_a_lock_is_judged(trace):
    assert trace.lock("u1", "t1", status="locked", user_id=ANN.upper(), reference_id="U1") == []
    assert trace.lock("u1", "t1", status="INFO") == ["LOCK-1"]
    assert trace.lock("u1", "t1", reference_id="u2") == ["LOCK-2"]
    assert trace.lock("u1", "t1", user_id=BOB) == ["LOCK-3"]
    assert trace.lock("u1", "t1", discounted_line_ids=["7"]) == ["LOCK-6"]
    assert trace.lock("u1", "t1", amount=6) == ["LOCK-7"]
    assert trace.lock("u1", "t1", basket=trace.basket("t1", "30.00"), amount=6, discounted_line_ids=["1"]) == []


def test_issue_gives_new_user_offers(trace):
    assert trace.issue("u1") == ["ISSUE-6"]
    assert trace.issue("u3", user_id=BOB) == ["ISSUE-4?"]
    assert trace.issue("u4", owner="c0000000-0000-4000-8000-00000000000c") == ["ISSUE-7?"]


# Transactions


def test_an_open_transaction_redeems_nothing(trace):
    trace.lock("u1", "t1")
    assert trace.send("t1", "u1", is_closed=False) == []
    assert trace.history("u1:Redeemed") == ["REDEEM-3"]


def test_a_closed_transaction_redeems(trace):
    trace.lock("u1", "t1")
    assert trace.send("t1", "u1", is_closed="true") == []
    assert trace.history("u1:Issued") == ["REDEEM-2"]


def test_a_plain_closed_transaction_must_be_taken_and_its_payload_is_null(trace):
    trace.lock("u1", "t1")
    assert trace.send("t1", "u1", how="no") == ["REDEEM-1"]
    assert trace.send("t2", how="no") == ["REDEEM-6"]
    assert trace.send("t3", payload={}) == ["REDEEM-1"]


def test_a_locked_offer_that_the_discounts_do_not_name_stays(trace):
    trace.lock("u1", "t1")
    trace.send("t1")
    assert trace.history("u1:Redeemed") == ["LOCK-17"]


def test_a_foreign_discount_is_open_unless_the_target_says_that_it_refuses(traces):
    for refuses in (False, True):
        trace = traces(bad_discounts_refused=refuses)
        trace.issue("u1")
        trace.lock("u1", "t1")
        assert trace.send("t2", "u1", how="no") == []
        assert trace.send("t2", "u1") == (["REDEEM-11"] if refuses else [])


@pytest.mark.parametrize(
    ("sent_again", "broken"),
    [("2026-01-01 09:59:00.000", []), ("2026-01-01 10:01:00.000", ["REDEEM-11"])],
)
def test_an_older_sending_may_be_ignored_with_the_discounts_it_names(traces, sent_again, broken):
    trace = traces(bad_discounts_refused=True)
    trace.issue("u1")
    trace.lock("u1", "t1")
    assert trace.send("t1", "u1") == []
    assert trace.reinstate("u1") == []
    assert trace.send("t1", "u1", modified_time=sent_again) == broken


@pytest.mark.parametrize(
    ("taken", "by", "broken"),
    [("11.00", "u2", []), ("10.99", "u2", ["LOCK-1"]), ("11.00", "u1", ["LOCK-1"])],
)
def test_a_basket_that_other_discounts_use_up_may_be_refused(trace, taken, by, broken):
    basket = trace.basket("t1", discounts=[{"reference_id": by, "amount": taken}])
    assert trace.lock("u1", "t1", "no", basket=basket) == broken


def test_a_return_may_or_may_not_bring_the_offer_back(trace):
    trace.lock("u1", "t1")
    trace.send("t1", "u1")
    assert trace.send("t1", modified_time="2026-01-01 11:00:00.000") == []
    assert trace.history("u1:Issued") == []
    assert trace.lock("u1", "t2") == []


def test_sending_again_leaves_one_redemption(trace):
    trace.lock("u1", "t1")
    trace.send("t1", "u1")
    assert trace.send("t1", "u1") == []
    assert trace.history("u1:Redeemed") == []
    assert trace.history("u1:Redeemed", "u1:Redeemed") == ["HIST-1"]


def test_effects_may_follow_within_the_settle_time_and_not_later(traces):
    trace = traces(settle=100)
    trace.issue("u1")
    trace.lock("u1", "t1")
    trace.send("t1", "u1")
    assert trace.history("u1:Locked") == []
    assert trace.wallet("u1!") == []
    trace.now += 200
    assert trace.history("u1:Locked") == ["REDEEM-2"]


def test_an_effect_that_was_seen_does_not_go_away(traces):
    trace = traces(settle=100)
    trace.issue("u1")
    trace.lock("u1", "t1")
    trace.send("t1", "u1")
    assert trace.history("u1:Redeemed") == []
    assert trace.history("u1:Issued") == ["REDEEM-2"]


def test_each_read_may_show_an_effect_in_its_own_time_until_it_is_due(traces):
    trace = traces(settle=100)
    trace.issue("u1")
    trace.lock("u1", "t1")
    trace.send("t1", "u1")
    assert trace.history("u1:Redeemed") == []
    assert trace.wallet("u1!") == []
    assert trace.history("u1:Redeemed") == []
    trace.now += 200
    assert trace.wallet("u1!") == ["WALLET-17"]


def test_a_refusal_while_an_effect_is_on_its_way_tells_nothing(traces):
    trace = traces(settle=100)
    trace.issue("u1")
    trace.lock("u1", "t1")
    trace.send("t1", "u1")
    assert trace.unlock("u1", "no") == []
    assert trace.history("u1:Issued") == []
    trace.now += 200
    assert trace.history("u1:Redeemed") == []
    assert trace.reinstate("u1", "no") == ["REDEEM-21"]


# Calls without an answer


def test_a_lock_without_an_answer_may_have_happened(trace):
    trace.lock("u1", "t1", "lost")
    assert trace.lock("u1", "t2", "no") == []
    assert trace.lock("u1", "t1") == []


def test_a_lock_without_an_answer_may_not_have_happened(trace):
    trace.lock("u1", "t1", "lost")
    assert trace.lock("u1", "t2") == []
    assert trace.lock("u1", "t3") == ["LOCK-12"]


def test_a_redemption_without_an_answer_is_settled_by_what_is_seen(trace):
    trace.redeem("u1", "t1", "lost")
    assert trace.wallet("u1") == []
    assert trace.history("u1:Redeemed") == []
    assert trace.wallet("u1") == ["REDEEM-13"]


def test_a_server_error_is_never_right_and_may_have_had_its_effect(trace):
    assert trace.lock("u1", "t1", "broken") == ["SURF-1"]
    assert trace.lock("u1", "t2", "no") == []


def test_a_refusal_says_what_is_wrong(trace):
    answer = {"status": "error", "payload": None, "errors": None}
    request = {"store_id": "s", "request_id": "x", "request_payload": {"user_offer_id": "nobody"}}
    assert trace.call("unlock", request, answer, 400) == ["REFUSE-10"]


@pytest.mark.parametrize(
    ("answer", "status", "clauses"),
    [
        ({"status": "ok", "payload": None, "errors": {"code": "x"}}, 200, ["SURF-2"]),
        ("text", 200, ["SURF-2"]),
        ({"status": "SUCCESS", "payload": None}, 200, []),
        ({"status": "error", "errors": {"code": "x"}}, 200, []),
        ({"status": "error", "errors": {"code": "x"}}, 422, []),
        (None, 429, []),
    ],
)
def test_an_answer_is_a_success_or_a_refusal(trace, answer, status, clauses):
    request = {"request_payload": {"user_offer_id": "u1"}, "request_id": "x"}
    assert trace.call("unlock", request, answer, status) == clauses


def test_a_lock_that_is_old_may_have_ended_by_itself(traces):
    trace = traces(lock_lifetime=1_000)
    trace.issue("u1")
    trace.lock("u1", "t1")
    assert trace.lock("u1", "t2") == ["LOCK-12"]
    trace.now += 2_000
    assert trace.lock("u1", "t3") == []


# Repeated requests


def test_a_repeated_request_gets_the_stored_answer(traces):
    trace = traces(idempotency=True)
    trace.issue("u1")
    trace.lock("u1", "t1")
    asked = {"user_offer_id": "u1", "employee_id": "1"}
    assert trace.till("unlock", asked, None, "ok", request_id="x") == []
    assert trace.lock("u1", "t2") == []
    assert trace.till("unlock", asked, None, "ok", request_id="x") == []
    assert trace.lock("u1", "t3") == ["LOCK-12"]
    assert trace.till("unlock", asked, None, "no", request_id="x") == ["IDEM-1"]
    assert trace.till("unlock", asked, {"new": 1}, "ok", request_id="x") == ["IDEM-1"]


UNLOCK = {"user_offer_id": "u1", "employee_id": "1"}


@pytest.mark.parametrize(("idempotency", "told"), [(True, "IDEM-1"), (False, "LOCK-18")])
def test_a_repeat_may_be_refused_as_pending_until_the_first_one_is_surely_done(traces, idempotency, told):
    trace = traces(idempotency=idempotency, pending=20)
    trace.issue("u1")
    trace.lock("u1", "t1")
    assert trace.till("unlock", UNLOCK, None, "ok", request_id="x") == []
    assert trace.lock("u1", "t2") == []
    assert trace.till("unlock", UNLOCK, None, "pending", request_id="x") == []
    assert trace.lock("u1", "t3") == ["LOCK-12"]  # what is known stands all the same
    assert trace.till("unlock", UNLOCK, None, "pending", request_id="x") == [told]


def test_only_a_repeat_may_be_refused_as_pending(traces):
    trace = traces(idempotency=True)
    trace.issue("u1")
    trace.lock("u1", "t1")
    assert trace.till("unlock", UNLOCK, None, "pending", request_id="x") == ["LOCK-18"]
    assert trace.till("unlock", UNLOCK, None, "lost", request_id="y") == []
    assert trace.till("unlock", UNLOCK, None, "pending", request_id="y") == []  # what was lost may be under way


def test_what_was_refused_first_and_processed_later_is_stored(traces):
    trace = traces(idempotency=True)
    trace.issue("u1")
    assert trace.till("unlock", UNLOCK, None, "no", request_id="x") == []
    trace.lock("u1", "t1")
    assert trace.till("unlock", UNLOCK, None, "ok", request_id="x") == []
    trace.lock("u1", "t2")
    assert trace.till("unlock", UNLOCK, None, "ok", request_id="x") == []
    assert trace.lock("u1", "t3") == ["LOCK-12"]


def test_a_target_without_idempotency_processes_a_repeat_anew(trace):
    trace.lock("u1", "t1")
    asked = {"user_offer_id": "u1", "employee_id": "1"}
    trace.till("unlock", asked, None, "ok", request_id="x")
    trace.lock("u1", "t2")
    trace.till("unlock", asked, None, "ok", request_id="x")
    assert trace.lock("u1", "t3") == []


def test_what_was_exercised_is_named(trace):
    trace.lock("u1", "t1")
    assert trace.ruling.cells == {("issued", "lock", "accepted")}
    trace.lock("u1", "t2", "no")
    assert trace.ruling.cells == {("locked", "lock", "refused")}
    trace.customer()
    assert trace.ruling.cells == {("-", "search_customers", "accepted")}


def test_a_step_leaves_its_world_as_it_was(trace):
    before = trace.world
    trace.lock("u1", "t1")
    assert before.held["u1"].states != trace.world.held["u1"].states
