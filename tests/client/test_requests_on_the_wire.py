"""What each call sends, byte for byte where it matters, and what is never sent."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import cycle
from typing import Any

import pytest

from offerproof.client import LEFT_OUT, BudgetExhausted, Draft, HttpResponse, Minter, TransportFailed, TurnedAway
from offerproof.client.pace import Pace
from offerproof.exchange import NOT_JSON
from offerproof.target import NotAllowed, Timing


def body_of(bench: Any, number: int = -1) -> Any:
    return json.loads(bench.transport.sent[number].body)


def test_a_search_puts_the_api_key_in_the_path_and_the_flags_in_the_query(make_bench):
    bench = make_bench()
    bench.api.search_customers(email="a+b@example.com", user_profile=True, expand_incentives=True)
    sent = bench.transport.sent[0]
    assert sent.method == "GET"
    assert sent.url == (
        "http://127.0.0.1:1/core/priv/v1/apps/test-api-key/users/search"
        "?email=a%2Bb%40example.com&user%5Buser_profile%5D=true&expand_incentives=true"
    )
    assert sent.body == b""
    assert "Content-Type" not in sent.headers


def test_every_request_names_us_the_run_and_a_trace(make_bench):
    bench = make_bench()
    bench.api.fetch_offer("o")
    headers = bench.transport.sent[0].headers
    assert headers["User-Agent"].startswith("offerproof/")
    assert headers["X-Offerproof-Run"] == "run-1"
    version, trace, span, flags = headers["traceparent"].split("-")
    assert (version, len(trace), len(span), flags) == ("00", 32, 16, "01")
    bench.api.fetch_offer("o")
    again = bench.transport.sent[1].headers["traceparent"].split("-")
    assert again[1] == trace
    assert again[2] != span


def test_each_service_has_its_own_pair(make_bench):
    bench = make_bench()
    bench.api.search_customers(email="a@example.com")
    bench.api.fetch_offer("o")
    bench.api.lookup(user_id="u")
    pairs = [base64.b64decode(sent.headers["Authorization"][6:]).decode() for sent in bench.transport.sent]
    assert pairs == [f"{name}-test-key:{name}-test-secret" for name in ("core", "offers", "cloudpos")]


def test_a_lock_is_the_documented_container(make_bench):
    bench = make_bench()
    basket = bench.api.transaction(user_id="u-1")
    bench.api.lock("uo-1", basket)
    sent = bench.transport.sent[0]
    assert sent.url.endswith("/cloudpos/api/2.0/Lock")
    body = body_of(bench)
    assert sorted(body) == ["client_id", "request_id", "request_payload", "store_id"]
    payload = body["request_payload"]
    assert payload["offer_lookup_code"] == "uo-1"
    assert payload["offer_lookup_type"] == "userofferid"
    assert [line["line_id"] for line in payload["transaction"]["items"]] == ["1", "2"]
    assert payload["transaction"]["payments"][0]["user_id_type"] == "SessionM_ID"
    assert b'"subtotal":11.00' in sent.body


def test_amounts_are_sent_exactly(make_bench):
    bench = make_bench()
    bench.api.send_transaction(bench.api.transaction(items=bench.api.items("0.10", "2701.50")))
    assert b'"unit_price":0.10' in bench.transport.sent[0].body
    assert b'"subtotal":2701.60' in bench.transport.sent[0].body


def test_request_ids_are_fresh_for_each_request_and_the_given_one_is_kept(make_bench):
    bench = make_bench()
    bench.api.lookup(user_id="u")
    bench.api.lookup(user_id="u")
    bench.api.lookup(user_id="u", request_id="1")
    ids = [body_of(bench, number)["request_id"] for number in range(3)]
    assert ids[0] != ids[1]
    assert ids[2] == "1"


def test_ids_follow_from_seed_and_nonce():
    def made(seed: int, nonce: str) -> list[str]:
        minter = Minter(seed, nonce)
        return [minter.uuid("id"), minter.uuid("id"), minter.email(), minter.digits(), minter.word("offer")]

    assert made(1, "a") == made(1, "a")
    assert not set(made(1, "a")) & set(made(2, "a"))
    assert not set(made(1, "a")) & set(made(1, "b"))
    assert len(set(made(1, "a"))) == 5


def test_a_member_can_be_left_out_and_configs_are_merged(make_bench):
    bench = make_bench()
    bench.api.create_offer(
        bench.api.offer("manual_fulfillment", publish=LEFT_OUT, common_config={"reward_store": LEFT_OUT})
    )
    body = body_of(bench)
    assert "publish" not in body
    assert "reward_store" not in body["common_config"]
    assert body["common_config"]["validity_unit"] == "years"


def test_documented_bodies_carry_the_targets_time(make_bench):
    bench = make_bench()
    bench.api.now = lambda: datetime(2018, 9, 7, 16, 29, 11, 299505, tzinfo=UTC)
    assert bench.api.transaction()["open_time"] == "2018-09-07 16:29:11.299"
    assert bench.api.offer()["common_config"]["acquisition_start_date"] == "2018-09-06 00:00:00.0"


@pytest.mark.parametrize(("credentials", "pair"), [("wrong", "core-test-key:not-the-secret"), ("none", None)])
def test_credentials_can_be_wrong_or_missing(make_bench, credentials, pair):
    bench = make_bench()
    bench.api.send("search_customers", {"email": "a@example.com"}, credentials=credentials)
    header = bench.transport.sent[0].headers.get("Authorization")
    assert (base64.b64decode(header[6:]).decode() if header else None) == pair


def test_another_services_pair_can_be_sent(make_bench):
    bench = make_bench()
    bench.api.send("fetch_offer", {}, credentials="cloudpos")
    assert (
        base64.b64decode(bench.transport.sent[0].headers["Authorization"][6:])
        == b"cloudpos-test-key:cloudpos-test-secret"
    )


def test_the_profiles_spelling_is_called(make_bench, make_profile):
    bench = make_bench(profile=make_profile(paths={"lock": "PATCH /api/2.0/offers/redemption/lock"}))
    bench.api.lock("c", {})
    assert bench.transport.sent[0].method == "PATCH"
    assert bench.transport.sent[0].url.endswith("/api/2.0/offers/redemption/lock")
    bench.api.lock("c", {}, method="POST")
    assert bench.transport.sent[1].method == "POST"


def test_raw_bytes_go_out_as_they_are(make_bench):
    bench = make_bench()
    exchange = bench.api.raw(
        "offers", "PUT", "/api/2.0/%2e%2e/x", body=b"{\xff", headers={"content-type": "text/plain"}
    )
    sent = bench.transport.sent[0]
    assert (sent.method, sent.body) == ("PUT", b"{\xff")
    assert sent.url == "http://127.0.0.1:1/offers/api/2.0/%2e%2e/x"
    assert [value for name, value in sent.headers.items() if name.lower() == "content-type"] == ["text/plain"]
    assert not exchange.documented


def test_answers_are_parsed_exactly(make_bench):
    exchange = make_bench(HttpResponse(200, {}, b'{"amount": 1.10, "points": 7}')).api.fetch_offer("o")
    assert exchange.answer == {"amount": Decimal("1.10"), "points": 7}
    assert isinstance(exchange.answer["points"], int)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a": NaN}', b'{"a": Infinity}', b"\xff\xfe", b'{"a":1}x'])
def test_what_is_no_json_is_marked_so(make_bench, body):
    assert make_bench(HttpResponse(200, {}, body)).api.fetch_offer("o").answer is NOT_JSON


def test_a_transport_failure_is_an_exchange_without_an_answer(make_bench):
    exchange = make_bench("timeout").api.fetch_offer("o")
    assert (exchange.failure, exchange.status, exchange.answer) == ("timeout", None, NOT_JSON)


UNSENT = TransportFailed("unreachable", sent=False)
PAGE = HttpResponse(502, {}, b"<html>502 Bad Gateway</html>")
PROCESSED_ONCE = {"idempotency": True}


@pytest.mark.parametrize(
    ("call", "first", "declared", "times"),
    [
        (lambda api: api.fetch_offer("o"), "closed", {}, 2),
        (lambda api: api.fetch_offer("o"), PAGE, {}, 2),
        (lambda api: api.issue_offer("u", "o"), "closed", {}, 1),
        (lambda api: api.issue_offer("u", "o"), PAGE, PROCESSED_ONCE, 1),
        (lambda api: api.issue_offer("u", "o"), UNSENT, {}, 2),
        (lambda api: api.unlock("uo"), "closed", {}, 1),
        (lambda api: api.unlock("uo"), "closed", PROCESSED_ONCE, 2),
        (lambda api: api.raw("cloudpos", "POST", "/api/2.0/unlock"), "closed", PROCESSED_ONCE, 1),
    ],
)
def test_only_what_is_safe_to_repeat_is_sent_again_and_then_byte_for_byte(
    make_bench, make_profile, call, first, declared, times
):
    profile = make_profile()
    profile = replace(profile, capabilities={**profile.capabilities, **declared})
    bench = make_bench(first, HttpResponse(200, {}, b'{"status":"ok"}'), profile=profile)
    lost: list[Any] = []
    bench.api.wire.silence.on_no_answer = lost.append
    exchange = call(bench.api)
    assert len({sent.body for sent in bench.transport.sent}) == 1
    assert (len(bench.transport.sent), bool(exchange.unanswered)) == (times, times == 1)
    assert len(lost) == times - 1


def test_429_is_waited_out_and_asked_again_with_a_fresh_request_id(make_bench):
    bench = make_bench(HttpResponse(429, {"retry-after": "2"}, b""), HttpResponse(200, {}, b'{"status":"OK"}'))
    exchange = bench.api.lookup(user_id="u")
    assert exchange.status == 200
    assert bench.slept == [2.0]
    assert body_of(bench, 0)["request_id"] != body_of(bench, 1)["request_id"]


@pytest.mark.slow
def test_what_one_request_is_asked_to_wait_all_wait(make_bench):
    bench = make_bench(HttpResponse(429, {"retry-after": "1"}, b""), HttpResponse(200, {}, b'{"status":"OK"}'))
    took = []

    def meanwhile(seconds: float) -> None:
        begun = time.monotonic()
        bench.api.fetch_offer("o")
        took.append(time.monotonic() - begun)

    bench.api.wire._sleep = meanwhile
    bench.api.lookup(user_id="u")
    assert took[0] >= 0.9


def test_429_to_the_last_judges_nothing(make_bench):
    bench = make_bench(HttpResponse(429, {}, b""))
    with pytest.raises(TurnedAway):
        bench.api.lookup(user_id="u")
    assert len(bench.transport.sent) == 5
    assert len(bench.slept) == 4


def test_a_wait_longer_than_a_minute_is_not_waited(make_bench):
    bench = make_bench(HttpResponse(429, {"retry-after": "3600"}, b""))
    with pytest.raises(TurnedAway):
        bench.api.lookup(user_id="u")
    assert bench.slept == []


def test_the_budget_ends_the_run_before_the_request_goes_out(make_bench):
    bench = make_bench(budget=2)
    bench.api.fetch_offer("o")
    bench.api.fetch_offer("o")
    with pytest.raises(BudgetExhausted, match="2 requests"):
        bench.api.fetch_offer("o")
    assert len(bench.transport.sent) == 2


def test_the_rate_spreads_requests(make_bench):
    bench = make_bench(rate=4)
    for _ in range(3):
        bench.api.fetch_offer("o")
    assert bench.slept == [0.25, 0.25]


def test_a_machine_that_sleeps_too_long_keeps_the_rate_and_sends_no_more_in_any_second():
    now = [0.0]
    lag = cycle([0.0, 0.045, 0.02, 0.03])

    def oversleep(seconds: float) -> None:
        now[0] += seconds + next(lag)

    pace, left = Pace(20, clock=lambda: now[0], sleep=oversleep), []
    for number in range(400):
        now[0] += 3.0 if number == 200 else 0.0  # nothing is saved up while nobody asks
        pace.wait()
        left.append(now[0])
    assert left[-1] <= (399 / 20 + 3.0) * 1.05
    assert min(later - earlier for earlier, later in zip(left, left[20:], strict=False)) >= 1.0 - 1e-9
    assert left[203] - left[200] >= 0.1 - 1e-9


READS = {"search_customers", "fetch_offer", "user_offer_history", "lookup"}
ALL = (
    *("search_customers", "get_customer", "get_customer_by_external_id", "create_customer", "create_offer"),
    *("fetch_offer", "issue_offer", "revoke_offer", "get_user_offers", "user_offer_history", "lookup", "lock"),
    *("unlock", "redeem", "reinstate", "send_transaction"),
)


@pytest.mark.parametrize("operation", ALL)
def test_production_sees_the_four_documented_reads_and_nothing_else(make_bench, make_profile, operation):
    bench = make_bench(profile=make_profile("production"))
    example = bench.api.example(operation)
    if operation in READS:
        assert bench.api.send(operation, example).status == 200
    else:
        with pytest.raises(NotAllowed, match="never sent to production"):
            bench.api.send(operation, example)
        assert bench.transport.sent == []


def test_production_gets_no_raw_request(make_bench, make_profile):
    bench = make_bench(profile=make_profile("production"))
    with pytest.raises(NotAllowed):
        bench.api.raw("core", "GET", "/")
    assert bench.transport.sent == []


def test_a_target_without_allow_writes_gets_no_write(make_bench, make_profile):
    bench = make_bench(profile=make_profile(writes=False))
    with pytest.raises(NotAllowed):
        bench.api.lock("c", {})
    with pytest.raises(NotAllowed):
        bench.api.raw("cloudpos", "POST", "/api/2.0/Lock")
    assert bench.api.get_user_offers("u").status == 200
    assert len(bench.transport.sent) == 1


@pytest.mark.parametrize(("operation", "capability"), [("issue_offer", "issue"), ("get_customer", "get_customer")])
def test_a_call_that_the_profile_does_not_declare_is_never_sent(make_bench, make_profile, operation, capability):
    bench = make_bench(profile=make_profile(capabilities={"create_offer": True, capability: False}))
    with pytest.raises(NotAllowed, match=f"{operation} is never sent to a target that does not declare it") as barred:
        bench.api.send(operation, bench.api.example(operation))
    assert barred.value.scope == f"no {capability}"
    aimed = Draft("raw", "offers", "POST", "/anywhere", {}, {}, b"{", "own", False, operation)
    with pytest.raises(NotAllowed):
        bench.api.wire.send(lambda: aimed)
    assert bench.transport.sent == []
    bench.api.wire.send(lambda: replace(aimed, aimed_at="create_offer"))
    assert len(bench.transport.sent) == 1


@pytest.mark.parametrize("operation", ALL)
def test_there_is_an_example_of_every_operation(make_bench, operation):
    bench = make_bench()
    bench.api.send(operation, bench.api.example(operation))
    assert bench.transport.sent[0].url.count("{") == 0


@pytest.mark.parametrize("credentials", ["none", "wrong", "cut", "longer", "empty", "offers"])
def test_wrong_credentials_are_not_sent_where_the_profile_does_not_allow_them(make_bench, make_profile, credentials):
    bench = make_bench(profile=make_profile("production"))
    with pytest.raises(NotAllowed, match="wrong or missing credentials are not tried") as barred:
        bench.api.send("lookup", bench.api.example("lookup"), credentials=credentials)
    assert barred.value.scope == "no wrong_credentials"
    assert "limits.wrong_credentials" in str(barred.value.hint)
    assert bench.transport.sent == []


def test_a_header_or_an_api_key_of_somebody_else_is_a_wrong_credential_too(make_bench, make_profile):
    bench = make_bench(profile=make_profile("production"))
    search = {"email": bench.api.fresh_email()}
    for wrong in ({"headers": {"authorization": "Basic eDp5"}}, {"path_values": {"api_key": "another"}}):
        with pytest.raises(NotAllowed):
            bench.api.send("search_customers", search, **wrong)
    assert bench.transport.sent == []


@pytest.mark.parametrize("profile", [{"environment": "production"}, {"writes": False}])
def test_another_method_or_path_is_a_probe_and_not_sent_where_nothing_may_be_written(make_bench, make_profile, profile):
    bench = make_bench(profile=make_profile(**profile))
    with pytest.raises(NotAllowed):
        bench.api.send("search_customers", None, query={"email": "a@example.com"}, method="DELETE")
    with pytest.raises(NotAllowed):
        bench.api.raw("core", "GET", "/priv/v1/apps/{api_key}/no_such_call")
    assert bench.transport.sent == []


PENDING = HttpResponse(409, {}, b'{"status":"error","payload":null,"errors":[{"code":"pending"}]}')
TAKEN = HttpResponse(200, {}, b'{"status":"ok","payload":{},"errors":null}')


@pytest.fixture
def processes_once(make_bench, make_profile):
    """A bench whose target processes a request_id once, and that waits only where it is told to."""

    def make(*answers: Any, settle_ms: int = 5_000, wait: bool = False, idempotency: bool = True) -> Any:
        declared = {**make_profile().capabilities, "idempotency": idempotency}
        bench = make_bench(*answers, profile=make_profile(capabilities=declared, timing=Timing(settle_ms=settle_ms)))
        if not wait:
            bench.api.wire.stopped.wait = lambda seconds: False
        return bench

    return make


def locked_twice(bench: Any) -> list[int | None]:
    """The status of each of two equal requests."""
    basket = {"transaction_id": "t"}
    return [bench.api.lock("u", basket, request_id="x").status for _ in range(2)]


def test_a_repeat_that_is_pending_is_asked_for_again_byte_for_byte(processes_once):
    bench = processes_once(TAKEN, PENDING, PENDING, TAKEN)
    assert locked_twice(bench) == [200, 200]
    assert len({sent.body for sent in bench.transport.sent}) == 1
    assert len(bench.transport.sent) == 4


def test_a_repeat_that_stays_pending_is_told_when_the_settle_time_is_over(processes_once):
    bench = processes_once(TAKEN, PENDING, settle_ms=50, wait=True)
    began = time.monotonic()
    assert locked_twice(bench) == [200, 409]
    assert time.monotonic() - began >= 0.05
    assert len(bench.transport.sent) <= 6


def test_a_first_request_that_is_pending_is_told_at_once(processes_once):
    bench = processes_once(PENDING)
    assert bench.api.lock("u", {"transaction_id": "t"}, request_id="x").status == 409
    assert len(bench.transport.sent) == 1


def test_what_had_no_answer_may_be_pending_when_it_is_sent_again(processes_once):
    bench = processes_once("timeout", PENDING, TAKEN)
    assert bench.api.lock("u", {"transaction_id": "t"}).status == 200
    assert len({sent.body for sent in bench.transport.sent}) == 1


def test_without_idempotency_nobody_waits_for_what_is_pending(processes_once):
    bench = processes_once(TAKEN, PENDING, idempotency=False)
    assert locked_twice(bench) == [200, 409]
    assert len(bench.transport.sent) == 2
