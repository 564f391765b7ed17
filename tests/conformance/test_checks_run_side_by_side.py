"""Checks run side by side as far as the target takes that: the same verdicts, the same requests of each check."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from typing import Any

import pytest

from offerproof.target import Limits

OK = {"status": "success", "payload": []}
TEN = "".join(
    f"""
@clause("LOCK-1", requests={number + 1})
def test_{name}(api, expect, settle):
    for _ in range({number + 1}):
        settle(lambda: expect.success(api.lookup(user_id=api.fresh_id()), kind=list), lambda seen: True)
"""
    for number, name in enumerate("abcdefghij")
)


def per_check(asked: Any) -> dict[str, list[str]]:
    """What each check sent, in order; every id in a request follows from the check alone."""
    sent: dict[str, list[str]] = defaultdict(list)
    for _, path, body in asked:
        if path.endswith("/Lookup") and body["request_payload"]["user_id"] != "nobody":
            sent[body["request_payload"]["user_id"]].append(body["request_id"])
    return dict(sent)


def test_what_a_check_sends_follows_from_its_name_and_not_from_who_else_runs(bench, target, make_profile):
    target.answers["/Lookup"] = 200, OK
    seen = []
    for connections in (1, 8):
        target.asked.clear()
        run = bench.run(TEN, make_profile(limits=Limits(connections=connections)), nonce="0a0a0a0a").run
        assert run.standings["LOCK-1"].verdict == "pass"
        seen.append(per_check(target.asked))
    assert seen[0] == seen[1]
    assert len(seen[0]) >= sum(range(1, 11))


def test_one_check_alone_sends_what_it_sends_among_all(bench, target, make_profile):
    target.answers["/Lookup"] = 200, OK
    profile = make_profile(limits=Limits(connections=8))
    bench.run(TEN, profile, nonce="0a0a0a0a")
    among_all = per_check(target.asked)
    target.asked.clear()
    bench.run(TEN, profile, nonce="0a0a0a0a", check="test_50_unit.py::test_j")
    alone = per_check(target.asked)
    assert len(alone) >= 10
    assert alone.items() <= among_all.items()


def test_several_are_under_way_at_once_and_never_more_than_the_profile_allows(bench, target, make_profile):
    changed, now, most = threading.Condition(), [0], [0]

    def answer(body):
        with changed:
            now[0] += 1
            most[0] = max(most[0], now[0])
            changed.notify_all()
            changed.wait_for(lambda: most[0] >= 3, 0.5)  # who comes alone (the first question) goes on after a moment
            now[0] -= 1
        return 200, OK

    target.answers["/Lookup"] = answer
    bench.run(TEN, make_profile(limits=Limits(connections=3)))
    assert most[0] == 3


def test_rate_and_requests_are_kept_exactly_by_all_together(bench, target, make_profile):
    came: list[float] = []

    def answer(body):
        came.append(time.monotonic())
        return 200, OK

    target.answers["/Lookup"] = answer
    begun = time.monotonic()
    greedy = TEN.replace("requests=", "requests=0*")  # they tell of none, and send 55
    run = bench.run(greedy, make_profile(limits=Limits(connections=8, rate=100, requests=30))).run
    assert run.footer.requests == 30
    assert len(target.asked) == 30
    assert max(came) - begun >= 29 / 100
    assert run.standings["LOCK-1"].verdict == "unknown"


def test_where_the_profile_allows_too_few_requests_checks_run_one_by_one_in_order(bench, target, make_profile):
    target.answers["/Lookup"] = 200, OK
    bench.run(TEN, make_profile(limits=Limits(connections=8, requests=20)))
    begun = [event.check for event in bench.events if type(event).__name__ == "CheckStarted"]
    ended = [event.check for event in bench.events if type(event).__name__ == "CheckFinished"]
    assert begun == ended == [f"test_50_unit.py::test_{name}" for name in "abcdefghij"]


@pytest.mark.parametrize("turn", ["first", "last", "alone"])
def test_some_checks_wait_for_their_turn(bench, target, make_profile, turn):
    target.answers["/Lookup"] = 200, OK
    checks = TEN.replace("requests=5)", f'requests=5, turn="{turn}")')
    bench.run(checks, make_profile(limits=Limits(connections=8)))
    events = [(type(event).__name__, event.check) for event in bench.events if hasattr(event, "check")]
    mine = "test_50_unit.py::test_e"
    place = events.index(("CheckStarted", mine)), events.index(("CheckFinished", mine))
    if turn == "first":
        assert place == (0, 1)
    else:
        assert place == (len(events) - 2, len(events) - 1)


def test_a_race_with_one_connection_is_unknown(bench, target, make_profile):
    target.answers["/Lookup"] = 200, OK
    checks = """
    from offerproof.conformance.races import race
    @clause("LOCK-1")
    def test_it(api, expect):
        race(api, [lambda: api.lookup(user_id="u")] * 2)
    """
    run = bench.run(checks, make_profile(limits=Limits(connections=1))).run
    assert run.standings["LOCK-1"].verdict == "unknown"
