"""Unlocking, reading back and judging come to an end, whatever the target makes them wait for."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from offerproof.contract import Outcome
from offerproof.errors import ExitCode
from offerproof.judgement.histories import Kind
from offerproof.loadtest.audit.final_state import FinalState, Reader
from offerproof.loadtest.client.calls import Meter
from offerproof.loadtest.client.endpoints import endpoints_of
from offerproof.loadtest.client.wait_budget import WaitBudget, allowance
from offerproof.loadtest.finish import audit, finish
from offerproof.loadtest.generator.ledger import RunLedger, WorkerEntry
from offerproof.loadtest.generator.process import Session
from offerproof.loadtest.generator.supply import HeldOffer, Register, Shopper
from offerproof.loadtest.generator.workflows import Checkout, Mix
from offerproof.loadtest.plan.load_plan import LoadPlan
from offerproof.target import Profile, TargetService
from offerproof.target.values import Limits, Timing
from offerproof.traffic.operations import LogFile, OperationLog

BODY = b'{"status":"success","payload":{"total_records":0,"results":[]}}'
NOTHING = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
LATER = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 999999\r\nContent-Length: 2\r\n\r\n{}"
BROKEN = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}"


class Target:
    """A server that says what ``answer`` makes of a request's number (1, 2, …); remembers the paths asked for."""

    def __init__(self, serve: Any, request_reader: Any, answer: Callable[[int], bytes]) -> None:
        self.paths: list[str] = []
        lock = threading.Lock()

        def script(conn: Any, number: int) -> None:
            while request := request_reader(conn, bytearray()):
                with lock:
                    self.paths.append(request.split(b" ", 2)[1].decode().rpartition("/")[2])
                    count = len(self.paths)
                conn.sendall(answer(count))

        self.url = serve(script).url

    @property
    def profile(self) -> Profile:
        services = {name: TargetService(name, self.url, None, None) for name in ("core", "offers", "cloudpos")}
        return Profile(
            "test",
            "simulator",
            services,
            capabilities={"unlock": True, "earn": True, "create_customer": True},
            timing=Timing(settle_ms=0, request_timeout_ms=3000),
            limits=Limits(load=True),
            allow_writes=True,
        )

    def reader(self, budget: WaitBudget, max_hold_s: float) -> Reader:
        return Reader(endpoints_of(self.profile, run_id="run"), budget=budget, max_hold_s=max_hold_s)


@pytest.fixture
def target(serve, request_reader):
    return lambda answer: Target(serve, request_reader, answer)


def customers(count: int) -> list[Shopper]:
    return [Shopper(number, f"user-{number}", email=f"c{number}@example.com") for number in range(count)]


def test_a_target_that_says_429_for_ever_is_given_up_and_the_reason_is_told(target):
    asked = target(lambda number: LATER)
    reader, found = asked.reader(WaitBudget(0.2), 0.05), FinalState()
    reader.histories(customers(200), found)
    reader.balances(customers(200), found)
    reader.close()
    assert len(asked.paths) <= 12
    assert len(found.failed) == 10 + 200
    assert found.failed[0].endswith(
        "the target kept the end of the run waiting (429 with Retry-After, or no right answers): 0.2 s are allowed"
    )


def test_a_target_that_is_broken_for_ever_is_given_up(target):
    asked = target(lambda number: BROKEN)
    reader, found = asked.reader(WaitBudget(0.2), 60.0), FinalState()
    reader.balances(customers(200), found)
    reader.close()
    assert len(asked.paths) <= 12
    assert len(found.failed) == 200


def test_a_target_that_limits_its_rate_is_read_to_the_end_although_all_its_waits_exceed_the_allowance(target):
    asked = target(lambda number: LATER if number % 5 == 0 else NOTHING)
    reader, found = asked.reader(WaitBudget(1.0), 0.02), FinalState()
    reader.histories(customers(1000), found)
    reader.close()
    assert found.failed == []
    assert len(asked.paths) == 62  # 50 calls, and every fifth of them was asked to come again


def page(*user_offers: str, total: int) -> bytes:
    """An answer of user_offer_history that holds these, and claims so many."""
    rows = [
        {
            "title": "T",
            "user_offer_id": one,
            "offer_id": one,
            "offer_type": "manual_fulfillment",
            "user_id": one,
            "acquire_date": "2018-09-07T16:00:00Z",
            "status": 3,
            "status_description": "Redeemed",
            "skip": 0,
            "take": 100,
        }
        for one in user_offers
    ]
    body = json.dumps({"status": "ok", "payload": {"total_records": total, "results": rows}}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def test_a_history_that_repeats_its_page_for_ever_is_read_twice_and_said_to_have_no_end(target):
    asked = target(lambda number: page("23a7711a-8133-4876-b7eb-dcd9e87a1613", total=10**9))
    reader, found = asked.reader(WaitBudget(10.0), 60.0), FinalState()
    reader.histories(customers(1), found)
    reader.close()
    assert len(asked.paths) == 2
    assert list(found.states) == ["23a7711a-8133-4876-b7eb-dcd9e87a1613"]
    assert found.failed == ["user_offer_history: its pages do not end"]


def test_a_history_that_always_has_more_is_read_up_to_a_bound(target, monkeypatch):
    monkeypatch.setattr("offerproof.loadtest.generator.recycling.MOST_PAGES", 5)
    asked = target(lambda number: page(f"23a7711a-8133-4876-b7eb-{number:012x}", total=10**9))
    reader, found = asked.reader(WaitBudget(10.0), 60.0), FinalState()
    reader.histories(customers(1), found)
    reader.close()
    assert len(asked.paths) == 5
    assert len(found.states) == 5
    assert found.failed == ["user_offer_history: its pages do not end"]


def test_two_readers_that_wait_for_one_instant_pay_once():
    budget, meter = WaitBudget(10.0), Meter(max_hold_s=6.0)
    meter.hold("999999")
    assert [budget.holds_until(meter.hold_until) for _ in range(3)] == [True, True, True]
    assert not budget.holds_until(meter.hold_until + 6_000_000_000)
    for _ in range(7):
        budget.answered()
    assert budget.holds_until(meter.hold_until + 6_000_000_000)


@pytest.mark.parametrize(("run", "allowed"), [(10.0, 120.0), (300.0, 300.0), (86_400.0, 600.0)])
def test_the_allowance_follows_the_length_of_the_run(run, allowed):
    assert allowance(run) == allowed


def test_stopping_ends_a_hold_at_once(target):
    budget = WaitBudget(1000.0)

    def answer(number: int) -> bytes:
        if number == 1:
            threading.Timer(0.05, budget.stop).start()
        return LATER

    asked = target(answer)
    reader, found = asked.reader(budget, 600.0), FinalState()
    reader.histories(customers(60), found)
    reader.close()
    assert found.failed[0] == "user_offer_history: stopped by the user"
    assert len(asked.paths) <= 3


class View:
    """Shows nothing; may be interrupted when it is told something."""

    def __init__(self, interrupted_at: str = "never") -> None:
        self._at = interrupted_at

    def status(self, text: str) -> None:
        if text.startswith(self._at):
            raise KeyboardInterrupt

    def counted(self, what: str, done: int, total: int) -> None:
        pass

    def live(self, line: Any, total_s: float) -> None:
        raise AssertionError("nothing is live any more")


def run_of(folder: Path, profile: Profile) -> tuple[Session, RunLedger]:
    """A run that redeemed the first customer's user offer, and left those of the other seven locked."""
    register = Register(folder / "supply.jsonl")
    register.add(Shopper(0, f"user-{n}", offers=[HeldOffer(0, f"offer-{n}", "o", "kind")]) for n in range(8))
    register.close()
    log = OperationLog()
    for number in range(8):
        log.record(Kind.LOCK, Outcome.ACCEPTED, 0, number, number, 1, number + 1, 10 * number, 5, 0)
    log.record(Kind.SEND, Outcome.ACCEPTED, 0, 0, 0, 1, 1, 200, 5, 1)
    file = LogFile(folder / "operations-0.bin")
    file.write(log.take())
    file.close()
    facts = Mix((Checkout(), 1)).facts
    plan = LoadPlan(scenario="checkout", facts=facts, run_id="run", nonce="nonce", folder=str(folder))
    worker = WorkerEntry(log="operations-0.bin", requests=9)
    ledger = RunLedger(plan=plan, duration=1.0, workers={"w": worker}, customers=8, user_offers=8, operations=9)
    return Session(plan, folder / "target.toml", profile, Path("checkout.py"), folder), ledger


@pytest.mark.slow
def test_what_could_not_be_read_is_not_judged_and_what_was_recorded_is(target, tmp_path):
    asked = target(lambda number: LATER)
    session, ledger = run_of(tmp_path, asked.profile)
    audited = audit(session, ledger, View(), budget=WaitBudget(1.6), max_hold_s=0.6)
    verdicts = {one.clause: one.verdict.value for one in audited.answers}
    assert verdicts == {
        **{"LOAD-5": "pass", "LOAD-6": "pass", "LOAD-7": "pass"},
        **{"LOAD-8": "unknown", "LOAD-9": "unknown", "LOAD-10": "unknown", "LOAD-11": "unknown"},
    }
    told = next(one.observed for one in audited.answers if one.clause == "LOAD-8")
    assert "1 could not be read (user_offer_history: the target kept the end of the run waiting" in told
    left = (tmp_path / "leftovers.txt").read_text("utf-8").split()
    assert left == [f"offer-{number}" for number in range(1, 8)]
    assert asked.paths[:2] == ["unlock", "unlock"]
    assert 1 <= asked.paths.count("user_offer_history") <= 4  # unlocking leaves half of the allowance to the reading


def test_an_audit_that_is_interrupted_is_not_judged_and_leaves_a_run_file(target, tmp_path):
    asked = target(lambda number: LATER)
    session, ledger = run_of(tmp_path, asked.profile)
    run = finish(session, ledger, View("audit: reading what"))
    assert run.outcome.exit_code == ExitCode.NOT_JUDGED
    records = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text("utf-8").splitlines()]
    assert [one["reason"] for one in records if one["record"] == "interrupted"] == [
        "stopped by the user, during the audit"
    ]
    assert records[-1]["record"] == "footer"
