"""Every answer is judged; every call is counted, with what was expected of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import cast

import pytest

from offerproof.client.bodies import OFFER_KINDS
from offerproof.contract import OPERATIONS, Outcome
from offerproof.findings.load_records import ALL_CALLS
from offerproof.loadtest.client.bodies import CATALOGUE, RETURNED, RETURNS, EarningKind, Purchase, TransactionBody
from offerproof.loadtest.client.calls import Calls, Meter
from offerproof.loadtest.client.checks import Checker
from offerproof.loadtest.client.connection import Endpoint, HttpAnswer
from offerproof.loadtest.client.endpoints import Endpoints, ServiceEndpoint
from offerproof.loadtest.generator.steps import StepFailed, Steps
from offerproof.loadtest.generator.supply import HeldOffer, Shopper, Stock
from offerproof.loadtest.generator.workflows import Browse, VisitSupply
from offerproof.target import Ids, NotAllowed, Profile
from offerproof.traffic.operations import RECORD, OperationLog

USER = "7a5d1ba6-b1e3-11e8-842b-88002c64166c"
OFFER = "757144c2-6693-4a29-9f2c-f1d3aa2fa24f"
LOCKED = (
    b'{"status":"OK","payload":{"reference_id":"757144C2-6693-4A29-9F2C-F1D3AA2FA24F","user_id":"%b",'
    b'"reference_id_type":"userofferid","pos_discount_id":null,"status":"LOCKED","display_name":"x","image_url":null,'
    b'"discounted_line_ids":["1"],"discount_source":"x","amount":5.50,"stack_order":0,'
    b'"applied_time":"2018-09-07T16:29:11.299505Z"},"errors":null}' % USER.encode()
)
DONE = b'{"status":"OK","payload":null,"errors":null}'
REFUSED = b'{"status":"error","payload":null,"errors":[{"code":"locked","message":"no"}]}'


def answer(status: int, body: bytes = b"", failure: str = "", retry_after: str = "") -> HttpAnswer:
    return HttpAnswer(status, body, failure, 1_000_000, 3_000_000, retry_after)


@pytest.mark.parametrize(
    ("given", "outcome", "error"),
    [
        (answer(200, DONE), Outcome.ACCEPTED, ""),
        (answer(200, DONE.replace(b"OK", b"sUcCess")), Outcome.ACCEPTED, ""),
        (answer(200, REFUSED), Outcome.REFUSED, ""),
        (answer(409, REFUSED), Outcome.REFUSED, ""),
        (answer(200, DONE.replace(b"null,", b'{"x":1},', 1)), Outcome.ACCEPTED, "schema"),
        (answer(400, b'{"status":"error","errors":{"stack_trace":"at line 1"}}'), Outcome.REFUSED, "schema"),
        (answer(200, b'{"status":"perhaps"}'), Outcome.UNKNOWN, "status_word"),
        (answer(400, DONE), Outcome.UNKNOWN, "status_word"),
        (answer(200, b"[]"), Outcome.UNKNOWN, "status_word"),
        (answer(200, b"<html>"), Outcome.UNKNOWN, "not_json"),
        (answer(200, b""), Outcome.UNKNOWN, "not_json"),
        (answer(200, b"[" * 200_000), Outcome.UNKNOWN, "not_json"),
        (answer(200, b'{"n": 1e99999999999999999999}'), Outcome.UNKNOWN, "not_json"),
        (answer(503, DONE), Outcome.UNKNOWN, "http_5xx"),
        (answer(500, b"<html>"), Outcome.UNKNOWN, "http_5xx"),
        (answer(502, b"<html>Bad Gateway</html>"), Outcome.UNKNOWN, "gateway_502"),
        (answer(504, b""), Outcome.UNKNOWN, "gateway_504"),
        (answer(401, REFUSED), Outcome.TURNED_AWAY, "unauthorized"),
        (answer(429, REFUSED), Outcome.TURNED_AWAY, "throttled"),
        (answer(0, failure="timeout"), Outcome.UNKNOWN, "timeout"),
        (answer(0, failure="connect_timeout"), Outcome.TURNED_AWAY, "connect"),
    ],
)
def test_an_answer_means_one_thing(given, outcome, error):
    checked = Checker("send_transaction").check(given)
    assert (checked.outcome, checked.error) == (outcome, error)


def test_money_in_an_answer_is_exact():
    assert Checker("lock").check(answer(200, LOCKED)).payload["amount"] == Decimal("5.50")


def test_a_schema_sees_what_the_status_word_does_not():
    assert Checker("lock").check(answer(200, LOCKED.replace(b"5.50", b'"5.50"'))).error == "schema"
    assert Checker("lock").check(answer(200, LOCKED)).error == ""


@pytest.mark.parametrize(
    ("printed", "written"),
    [
        (b"757144C2-6693-4A29-9F2C-F1D3AA2FA24F", b"offer-1000432"),
        (b"2018-09-07T16:29:11.299505Z", b"2018-09-07T18:29:11.299505+02:00"),
        (b'"stack_order":0', b'"stack_order":0.0'),
    ],
)
def test_a_form_that_certify_reads_all_the_same_is_no_error_under_load(printed, written):
    assert Checker("lock").check(answer(200, LOCKED.replace(printed, written))).error == ""


@pytest.mark.parametrize(
    ("printed", "wrong"),
    [(b"757144C2-6693-4A29-9F2C-F1D3AA2FA24F", b""), (b"11.299505Z", b"11.299505"), (b":0,", b":0.5,")],
)
def test_what_is_no_form_of_it_stays_an_error_under_load(printed, wrong):
    assert Checker("lock").check(answer(200, LOCKED.replace(printed, wrong))).error == "schema"


class _Wire:
    """Answers what it is told, and remembers what it was sent."""

    def __init__(self, *answers: HttpAnswer) -> None:
        self.answers = list(answers)
        self.sent: list[bytes] = []

    def exchange(self, request: bytes, *, repeatable: bool = False) -> HttpAnswer:
        self.sent.append(request)
        return self.answers.pop(0)

    def give_up(self) -> None:
        pass

    def close(self) -> None:
        pass


def endpoints() -> Endpoints:
    service = ServiceEndpoint.of(Endpoint.from_url("http://127.0.0.1:1/base"), "key", "secret")
    lines = {name: (one.method, one.path) for name, one in OPERATIONS.items()}
    return Endpoints(dict.fromkeys(("core", "offers", "cloudpos"), service), Ids(), "test-key", lines, run_id="run-1")


def calls_over(wire: _Wire, meter: Meter | None = None, sleeps: list[float] | None = None) -> Calls:
    return Calls(
        endpoints(),
        meter or Meter(),
        3,
        connect=lambda *_, **__: wire,
        sleep=(sleeps if sleeps is not None else []).append,
    )


def test_a_call_that_the_profile_does_not_declare_is_never_sent() -> None:
    profile = Profile("t", "sandbox", {}, allow_writes=True, capabilities={"create_offer": True})
    barred = replace(endpoints(), barred=profile.barred)
    wire = _Wire()
    calls = Calls(barred, Meter(), 1, connect=lambda endpoint, timeout: wire)
    with pytest.raises(NotAllowed, match="issue_offer is never sent to a target that does not declare it"):
        calls.call("issue_offer", {"user_id": "u"})
    assert wire.sent == []


def purchase_body() -> TransactionBody:
    return Purchase(1, "t", CATALOGUE[0]).body(closed=False)


def test_a_call_carries_who_we_are_and_the_documented_container():
    wire = _Wire(answer(200, LOCKED))
    calls_over(wire).lock(OFFER, purchase_body())
    head, _, body = wire.sent[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /base/api/2.0/Lock HTTP/1.1\r\n")
    assert b"Authorization: Basic a2V5OnNlY3JldA==" in head
    assert b"User-Agent: offerproof/" in head
    assert b"X-Offerproof-Run: run-1" in head
    assert b"traceparent: 00-" in head
    assert b"Content-Length: %d" % len(body) in head
    assert b'"offer_lookup_code":"757144c2' in body
    assert b'"subtotal":26.50' in body
    assert b'"request_id":"run-1-3-0"' in body


def test_a_search_puts_the_identifier_into_the_query_and_the_key_into_the_path():
    wire = _Wire(answer(200, b'{"status":"ok"}'))
    calls_over(wire).search_customers("email", "a+b@example.com")
    assert wire.sent[0].startswith(
        b"GET /base/priv/v1/apps/test-key/users/search?email=a%2Bb%40example.com&expand_incentives=true HTTP/1.1\r\n"
    )


def test_a_call_is_counted_with_its_error_and_from_its_intended_start():
    meter = Meter(warm_until=-(10**12))
    calls = calls_over(_Wire(answer(200, LOCKED), answer(503), answer(200, REFUSED)), meter)
    calls.lock(OFFER, purchase_body(), intended=-7_000_000)
    calls.lock(OFFER, purchase_body())
    calls.lock(OFFER, purchase_body())
    taken = meter.recorder.take()
    assert taken["lock"].latency == {10_000: 1, 2000: 2}
    assert taken["lock"].service == {2000: 3}
    assert taken["lock"].errors == {"gateway_503": 1, "refused": 1}
    assert taken[ALL_CALLS].count == 3


def test_a_refusal_that_was_to_be_expected_is_no_error():
    meter = Meter()
    checked = calls_over(_Wire(answer(409, REFUSED)), meter).lock(OFFER, purchase_body(), refusable=True)
    assert (checked.outcome, checked.error) == (Outcome.REFUSED, "")
    assert meter.recorder.take()["lock"].errors == {}


def test_a_success_that_contradicts_the_request_is_wrong():
    meter = Meter()
    steps = Steps(calls_over(_Wire(answer(200, LOCKED)), meter), OperationLog(), epoch_ns=0, nonce="n", seed=1)
    other = HeldOffer(1, "00000000-0000-4000-8000-000000000000")
    with pytest.raises(StepFailed, match="wrong"):
        steps.lock(Shopper(0, USER), other, steps.purchase())
    assert meter.recorder.take()["lock"].errors == {"wrong": 1}


def test_a_customer_of_whom_only_the_id_is_known_is_looked_up_and_not_searched_for():
    wire, stock = _Wire(answer(200, DONE)), Stock()
    stock.add([Shopper(0, USER)])
    steps = Steps(calls_over(wire), OperationLog(), epoch_ns=0, nonce="n", seed=1)
    with pytest.raises(StepFailed):  # the answer above shows no wallet
        Browse().serve(steps, cast(VisitSupply, SimpleNamespace(stock=stock, take=stock.take)))
    assert [b"/api/2.0/Lookup" in request for request in wire.sent] == [True]


def test_what_starts_in_the_warm_up_is_counted_there():
    meter = Meter(warm_until=1_000_001)
    calls_over(_Wire(answer(200, LOCKED)), meter).lock(OFFER, purchase_body())
    assert meter.recorder.take() == {}
    assert meter.warm_up.take()["lock"].count == 1


@pytest.fixture
def _time_stands_still(monkeypatch):
    monkeypatch.setattr("offerproof.loadtest.client.calls.time", SimpleNamespace(monotonic_ns=lambda: 7_000_000_000))


@pytest.mark.usefixtures("_time_stands_still")
def test_429_is_obeyed_before_the_next_request():
    meter, sleeps = Meter(), list[float]()
    calls = calls_over(_Wire(answer(429, b"{}", retry_after="3"), answer(200, LOCKED)), meter, sleeps)
    calls.lock(OFFER, purchase_body())
    calls.lock(OFFER, purchase_body())
    assert sleeps == [3.0]
    assert meter.recorder.take()["lock"].errors == {"throttled": 1}


@pytest.mark.usefixtures("_time_stands_still")
def test_the_rate_cap_spaces_requests_out():
    meter, sleeps = Meter(gap_ns=500_000_000), list[float]()
    calls = calls_over(_Wire(*[answer(200, LOCKED)] * 3), meter, sleeps)
    for _ in range(3):
        calls.lock(OFFER, purchase_body())
    assert sleeps == [0.5, 1.0]


def test_what_a_till_did_is_in_the_log():
    log = OperationLog()
    wire = _Wire(answer(200, LOCKED), answer(200, DONE), answer(0, failure="timeout"))
    steps = Steps(calls_over(wire), log, epoch_ns=0, nonce="n", seed=1)
    customer, offer = Shopper(4, USER), HeldOffer(9, OFFER, "", "percent_check_discount")
    purchase = steps.purchase()
    assert steps.lock(customer, offer, purchase)
    steps.close(customer, purchase, offer)
    with pytest.raises(StepFailed, match="timeout"):
        steps.unlock(customer, offer, purchase)
    rows = [(row[0], row[1], row[4], row[5], row[10]) for row in RECORD.iter_unpack(log.take())]
    code = EarningKind(purchase.basket.number, "percent_check_discount").code
    assert rows == [(0, 0, 9, 4, 0), (3, 0, 9, 4, code), (1, 2, 9, 4, 0)]
    assert b'"discounts":[{"reference_id":"757144C2' in wire.sent[1]
    assert b'"amount":5.50' in wire.sent[1]


def test_every_kind_of_basket_has_a_code_of_its_own():
    kinds = [EarningKind(basket.number, kind) for basket in (*CATALOGUE, *RETURNS) for kind in ("", *OFFER_KINDS)]
    codes = {kind.code for kind in kinds}
    assert len(codes) == 2 * len(CATALOGUE) * 6
    assert [EarningKind.of(kind.code) for kind in kinds] == kinds
    assert EarningKind.of(EarningKind(3, "something else").code) == (3, "an unknown type")
    assert max(codes) < 2**16
    assert 0 not in codes


def test_a_returned_basket_is_the_same_without_its_last_line():
    for whole, rest in zip(CATALOGUE, RETURNS, strict=True):
        assert rest.lines == whole.lines[:-1]
        assert rest.number == whole.number | RETURNED
        assert whole.subtotal == rest.subtotal + whole.lines[-1].subtotal
        assert whole.subtotal >= 20


@pytest.mark.usefixtures("_time_stands_still")
@pytest.mark.parametrize("told", ["\u00b2", "-1", "soon", ""])
def test_an_odd_retry_after_holds_for_a_second(told):
    meter = Meter()
    meter.hold(told)
    assert meter.hold_until == 8_000_000_000


@pytest.mark.usefixtures("_time_stands_still")
@pytest.mark.parametrize(
    ("told", "date"),
    [
        ("Mon, 30 Nov 2026 10:00:09 GMT", "Mon, 30 Nov 2026 10:00:05 GMT"),
        ("Monday, 30-Nov-26 10:00:09 GMT", "Mon, 30 Nov 2026 10:00:05 GMT"),
        ("4", "Mon, 30 Nov 2026 10:00:05 GMT"),
    ],
)
def test_a_date_to_come_back_at_counts_from_the_target_s_own_date(told, date):
    meter = Meter()
    meter.hold(told, date)
    assert meter.hold_until == 11_000_000_000


@pytest.mark.usefixtures("_time_stands_still")
def test_a_date_that_is_over_holds_nobody():
    meter = Meter()
    meter.hold("Mon, 30 Nov 2009 10:00:09 GMT")
    assert meter.hold_until == 7_000_000_000
