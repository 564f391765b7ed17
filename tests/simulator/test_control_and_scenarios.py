"""The control API, the clock, the event log, and the bad days of a till."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextvars import Context
from typing import TypeVarTuple

import pytest

from offerproof.errors import Misuse
from offerproof.simulator import scenarios

CORE = "/priv/v1/apps/test-api-key"
RETAILER = "2d5b5a08-becd-4837-a69a-2ab967c7773a"
Ts = TypeVarTuple("Ts")


def test_without_control_there_is_no_such_path(app, till):
    app.control = None
    assert till.control("GET", "clock")[0] == 404


@pytest.mark.parametrize("token", ["", "wrong", "test-token2"])
def test_the_token_is_asked_for(till, token):
    assert till.control("GET", "clock", token=token)[0] == 401


@pytest.mark.parametrize(
    ("method", "name", "document", "status"),
    [
        ("GET", "nothing", None, 404),
        ("GET", "reset", None, 405),
        ("POST", "clock", {"set": "2018-01-01T00:00:00Z"}, 400),
        ("POST", "clock", {"advance": -1}, 400),
        ("POST", "clock", {"advance": "NaN"}, 400),
        ("POST", "clock", {"forward": 1}, 400),
        ("POST", "reset", {"seed": "x"}, 400),
        ("POST", "load", {"customers": [{"email": "x"}]}, 409),
        ("POST", "load", {"user_offers": [{"user_id": "x"}]}, 400),
        ("POST", "defects", {"plant": ["lock-is-stolem"]}, 400),
        ("POST", "scenarios", {"operation": "lock", "kind": "explode"}, 400),
        ("GET", "events?take=x", None, 400),
        ("POST", "cash_out", {"user_id": "00000000-0000-4000-8000-00000000dead"}, 409),
    ],
)
def test_a_command_that_makes_no_sense_is_refused_clearly(till, method, name, document, status):
    found, answer = till.control(method, name, document)
    assert found == status
    assert answer["status"] == "error"
    assert answer["errors"]["message"]


def test_the_clock_is_set_and_advanced_and_what_is_due_happens(till, wallet):
    user, code = wallet
    assert till.control("GET", "clock")[1] == {"now": "2018-09-07T16:00:00Z", "frozen": True}
    assert till.control("POST", "clock", {"advance": "86400"})[1]["now"] == "2018-09-08T16:00:00Z"
    assert till.control("POST", "clock", {"set": "2019-03-31 23:58:59"})[1]["now"] == "2019-03-31T23:58:59Z"
    assert till.history(user) == {code: "Issued"}
    till.control("POST", "clock", {"advance": 61})
    assert till.history(user) == {code: "Expired"}


def test_what_is_due_happens_also_when_nobody_moves_the_clock_by_hand(app, till, wallet):
    user, code = wallet
    app.clock.set(app.clock.now() + 400 * 86_400_000_000)
    assert till.history(user) == {code: "Expired"}


def test_time_runs_on_when_unfrozen_and_stands_still_when_frozen(till):
    assert till.control("POST", "clock", {"frozen": False})[1]["frozen"] is False
    deadline = time.monotonic() + 5
    before = till.control("GET", "clock")[1]["now"]
    while till.control("GET", "clock")[1]["now"] == before:
        assert time.monotonic() < deadline
    now = till.control("POST", "clock", {"frozen": "true"})[1]["now"]
    assert till.control("GET", "clock")[1]["now"] == now


def test_loading_in_bulk_uses_given_ids_and_draws_the_others(till):
    user = "AAAAAAAA-0000-4000-8000-000000000001"
    offer = "aaaaaaaa-0000-4000-8000-000000000002"
    text = [{"title": "T", "culture": "en"}]
    status, answer = till.control(
        "POST",
        "load",
        {
            "offers": [{"id": offer, "offer_type": "manual_fulfillment", "publish": True, "text_config": text}],
            "customers": [{"id": user, "external_id": "x"}, {"email": "y@example.com", "opted_in": "false"}],
            "user_offers": [
                {"user_id": user, "offer_id": offer},
                {"user_id": user, "offer_id": offer, "state": "redeemed"},
            ],
        },
    )
    assert status == 200
    assert answer["offers"] == [offer]
    assert answer["customers"][0] == user.lower()
    assert sorted(till.history(user).values()) == ["Issued", "Redeemed"]
    assert set(till.history(user)) == set(answer["user_offers"])


def test_a_ttl_code_locks_and_cash_out_pays(till, wallet):
    user, code = wallet
    short = till.control("POST", "ttl_code", {"user_offer_id": code})[1]["code"]
    body = till.lock_body(short)
    body["request_payload"]["offer_lookup_type"] = "TTLCode"
    assert till.ok("POST", "/api/2.0/Lock", body)["payload"]["reference_id"] == code
    till.ok("POST", "/api/2.0/send_transaction", till.send_body(user, None, "t-8"))
    till.control("POST", "clock", {"advance": 31 * 86400})
    cards = till.control("POST", "cash_out", {"user_id": user})[1]["gift_cards"]
    assert [(card["points"], card["amount"]) for card in cards] == [(11, 0.11)]


def test_enrolment_is_a_command(till):
    user = till.customer()
    assert till.control("POST", "unenrol", {"user_id": user})[0] == 200
    assert till.ok("GET", f"{CORE}/users/{user}")["user"]["tier"] == "UNENROLLED"
    assert till.control("POST", "enrol", {"user_id": user})[0] == 200
    assert till.ok("GET", f"{CORE}/users/{user}")["user"]["tier"] == "BASE"


def test_reset_empties_the_world_may_go_back_and_takes_another_seed(till):
    first = till.customer()
    till.control("POST", "clock", {"advance": 86400})
    answer = till.control("POST", "reset", {"clock": "2018-09-07T16:00:00Z", "frozen": True, "seed": 9})[1]
    assert answer == {"now": "2018-09-07T16:00:00Z", "frozen": True}
    assert till.call("GET", f"{CORE}/users/{first}")[0] == 404
    assert till.customer() != first
    assert till.control("GET", "")[1]["seed"] == 9


def test_the_event_log_is_paged_bounded_and_holds_nothing_personal(till, wallet):
    till.lock(wallet[1])
    page = till.control("GET", "events?take=2")[1]
    assert [one["number"] for one in page["events"]] == [1, 2]
    rest = till.control("GET", "events?after=2&take=10000")[1]
    assert rest["events"][-1]["number"] == page["last"] == rest["last"]
    assert rest["events"][-1]["what"] == "lock"
    assert "example.com" not in json.dumps(rest)
    for _ in range(10_001):
        till.app.events.add(0, "noise")
    assert till.control("GET", "events?take=1")[1]["first_kept"] > 2


def test_unavailable_is_not_done_and_says_when_to_come_back(till, wallet):
    user, code = wallet
    till.control("POST", "scenarios", {"operation": "lock", "kind": "unavailable", "delay": 3, "count": 1})
    answer = till.raw("POST", "/api/2.0/Lock", json.dumps(till.lock_body(code)).encode())
    assert answer.status == 503
    assert b"retry-after: 3\r\n" in answer.headers
    assert till.history(user) == {code: "Issued"}
    assert till.lock(code)[0] == 200


@pytest.mark.parametrize(("kind", "done"), [("drop", True), ("refuse", False)])
def test_a_dropped_connection_may_hide_what_was_done(listening, app, till, wallet, request_bytes, kind, done):
    user, code = wallet
    running = listening(app)
    app.scenarios["lock"] = scenarios.parse(f"lock={kind},count=1", 1)
    body = till.lock_body(code)
    wire = running.wire()
    wire.send(request_bytes("/api/2.0/Lock", body))
    assert wire.at_end()
    assert till.history(user) == {code: "Locked" if done else "Issued"}
    again = running.wire()
    again.send(request_bytes("/api/2.0/Lock", body))
    assert again.answer()[0] == 200
    assert till.history(user) == {code: "Locked"}


def test_an_answer_may_come_twice(listening, app, till, wallet, request_bytes):
    app.scenarios["lookup"] = scenarios.parse("lookup=twice", 1)
    wire = listening(app).wire()
    wire.send(request_bytes("/api/2.0/Lookup", till.container({"user_id": wallet[0]})))
    assert wire.answer() == wire.answer()


class Hourglass(asyncio.SelectorEventLoop):
    """An event loop in which what should happen in a minute or later happens when the glass is turned."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[tuple[float, asyncio.TimerHandle, Callable[[], object]]] = []

    def call_later(
        self, delay: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        handle = super().call_later(delay, callback, *args, context=context)
        if delay >= 60:
            self.waiting.append((delay, handle, lambda: callback(*args)))
        return handle

    def turn(self) -> float:
        """Wait until something is to happen later, and let it happen now; returns how many seconds too early."""
        deadline = time.monotonic() + 10
        while not self.waiting:
            assert time.monotonic() < deadline
            time.sleep(0.001)
        delay, handle, callback = self.waiting.pop()
        self.call_soon_threadsafe(handle.cancel)
        self.call_soon_threadsafe(callback)
        return delay


def test_a_late_answer_holds_back_those_behind_it(listening, app, till, wallet, request_bytes):
    app.scenarios["lock"] = scenarios.parse("lock=late:90s", 1)
    hourglass = Hourglass()
    wire = listening(app, loop=hourglass).wire()
    lock = request_bytes("/api/2.0/Lock", till.lock_body(wallet[1]))
    wire.send(lock + request_bytes(f"{CORE}/users/search", method="GET"))
    assert hourglass.turn() == 90
    assert [wire.answer()[0], wire.answer()[0]] == [200, 400]


def test_a_delay_is_taken_in_milliseconds_too():
    assert scenarios.parse("lock=late:50ms", 1).delay == 0.05


def test_a_pending_request_is_refused_until_its_answer_has_left(listening, app, till, wallet, request_bytes):
    app.scenarios["lock"] = scenarios.parse("lock=pending:90s", 1)
    hourglass = Hourglass()
    running = listening(app, loop=hourglass)
    request = request_bytes("/api/2.0/Lock", till.lock_body(wallet[1]))
    first, second = running.wire(), running.wire()
    first.send(request)
    deadline = time.monotonic() + 10
    while not app.requests.pending:
        assert time.monotonic() < deadline
    second.send(request)
    status, _, body = second.answer()
    assert (status, json.loads(body)["errors"][0]["code"]) == (409, "request_pending")
    assert hourglass.turn() == 90
    done = first.answer()
    assert done[0] == 200
    second.send(request)
    assert second.answer() == done


def test_a_scenario_waits_counts_and_draws_from_its_seed():
    one = scenarios.parse("lock=drop,count=2,after=1", 1)
    assert [one.strikes() for _ in range(5)] == [False, True, True, False, False]
    drawn = [[scenarios.parse("lock=drop,probability=0.5", seed).strikes() for seed in range(50)] for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert 10 < sum(drawn[0]) < 40


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lock",
        "lock=explode",
        "unlockk=late",
        "lock=late:2h",
        "lock=late:9999s",
        "lock=drop,count=1.5",
        "lock=drop,probability=7",
    ],
)
def test_a_scenario_that_makes_no_sense_is_misuse_with_a_hint(text):
    with pytest.raises(Misuse) as refused:
        scenarios.parse(text, 1)
    assert refused.value.hint
