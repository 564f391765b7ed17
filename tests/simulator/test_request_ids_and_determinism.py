"""A request is processed once; the same seed and the same requests give the same bytes."""

from __future__ import annotations

import json
from typing import Any

CORE = "/priv/v1/apps/test-api-key"


def test_a_repeat_gets_the_stored_answer_byte_for_byte(till, wallet):
    _, code = wallet
    body = json.dumps(till.lock_body(code)).encode()
    first = till.raw("POST", "/api/2.0/Lock", body)
    till.ok("POST", "/api/2.0/unlock", till.container({"user_offer_id": code}))
    till.control("POST", "clock", {"advance": 60})
    assert till.raw("POST", "/api/2.0/Lock", body).body == first.body
    assert till.history(wallet[0]) == {code: "Issued"}


def test_a_repeat_of_a_refusal_gets_the_refusal_again(till, wallet):
    _, code = wallet
    till.lock(code, "t-1")
    body = json.dumps(till.lock_body(code, "t-2")).encode()
    first = till.raw("POST", "/api/2.0/Lock", body)
    till.ok("POST", "/api/2.0/unlock", till.container({"user_offer_id": code}))
    assert first.status == 409
    assert till.raw("POST", "/api/2.0/Lock", body).body == first.body


def test_the_same_id_with_another_body_is_refused(till, wallet):
    _, code = wallet
    till.ok("POST", "/api/2.0/Lock", till.lock_body(code, "t-1", "same"))
    status, answer = till.call("POST", "/api/2.0/Lock", till.lock_body(code, "t-2", "same"))
    assert (status, answer["errors"][0]["code"]) == (409, "request_id_reused")


def test_ids_are_apart_by_store_client_and_call_and_reads_do_not_count(till, wallet):
    _, code = wallet
    document = till.lock_body(code, "t-1", "1")
    till.ok("POST", "/api/2.0/Lock", document)
    for member in ("store_id", "client_id"):
        till.ok("POST", "/api/2.0/Lock", {**document, member: "another"})
    till.ok("POST", "/api/2.0/unlock", till.container({"user_offer_id": code}, "1"))
    for name in ("external_customer_id", "email"):
        value = {"external_customer_id": "x-first", "email": "first@example.com"}[name]
        till.ok("POST", "/api/2.0/Lookup", till.container({name: value}, "1"))
    assert till.call("POST", "/api/2.0/Lock", {**document, "store_id": "STORE-1"})[0] == 409, "ids compare in any case"


def test_a_malformed_request_does_not_use_its_id_up(till, wallet):
    _, code = wallet
    document = till.lock_body(code, "t-1", "again")
    broken = json.loads(json.dumps(document))
    broken["request_payload"]["transaction"]["items"][0]["quantity"] = "x"
    assert till.call("POST", "/api/2.0/Lock", broken)[0] == 400
    till.ok("POST", "/api/2.0/Lock", document)


def test_the_oldest_id_leaves_the_ring_first(make_app, make_till, program_with):
    till = make_till(make_app(program=program_with(("kept = 100000", "kept = 2"))))
    user = till.customer()
    code = till.issue(user, till.offer())
    for number in ("1", "2", "3"):
        till.ok("POST", "/api/2.0/Lock", till.lock_body(code, "t-1", number))
    assert len(till.app.requests) == 2
    assert (
        till.call("POST", "/api/2.0/Lock", till.lock_body(code, "t-9", "3"))[1]["errors"][0]["code"]
        == "request_id_reused"
    )
    assert (
        till.call("POST", "/api/2.0/Lock", till.lock_body(code, "t-9", "1"))[1]["errors"][0]["code"]
        == "locked_by_another"
    )


def test_request_ids_can_be_switched_off(make_app, make_till, program_with):
    till = make_till(make_app(program=program_with(("enabled = true", "enabled = false"))))
    user = till.customer()
    code = till.issue(user, till.offer())
    till.ok("POST", "/api/2.0/Lock", till.lock_body(code, "t-1", "same"))
    assert (
        till.call("POST", "/api/2.0/Lock", till.lock_body(code, "t-2", "same"))[1]["errors"][0]["code"]
        == "locked_by_another"
    )


def _story(till: Any) -> list[bytes]:
    user = till.customer()
    code = till.issue(user, till.offer())
    discount = till.lock(code)[1]["payload"]
    answers = [till.raw("POST", "/api/2.0/send_transaction", json.dumps(till.send_body(user, discount)).encode())]
    answers.append(till.raw("GET", f"{CORE}/users/{user}?expand_incentives=true"))
    lookup = json.dumps(till.container({"user_id": user})).encode()
    return [answer.body for answer in (*answers, till.raw("POST", "/api/2.0/Lookup", lookup))]


def test_same_seed_and_same_requests_give_the_same_bytes_and_reads_take_no_ids(make_app, make_till):
    plain = _story(make_till(make_app(seed=5)))
    noisy = make_till(make_app(seed=5))
    for _ in range(3):
        noisy.call("GET", f"{CORE}/users/search?email=nobody")
        noisy.call("POST", "/api/2.0/Lookup", noisy.container({"phone": "1"}, "r0"))
    noisy._count = 0
    assert _story(noisy) == plain
    assert _story(make_till(make_app(seed=6))) != plain


def test_reset_starts_the_same_world_again(till):
    first = _story(till)
    assert till.control("POST", "reset", {})[0] == 200
    till._count = 0
    assert _story(till) == first
