"""A reset, a time-out, a gateway's page: availability, counted and warned of, never a breach of another clause; and no
way to hide for who never answers one request while its neighbours are answered."""

from __future__ import annotations

import random
from typing import Any

import pytest

from offerproof.target import Limits

OK = {"status": "success", "payload": []}
PAGE = b"<html><body>502 Bad Gateway</body></html>"
AVAILABILITY = """
[[clauses]]
id = "LOCK-9"
sentence = "Every request has an answer."
source = "good practice"
section = "availability"
strength = "should"
shapes = ["unanswered"]
"""
CHECK = """
@clause("LOCK-1")
def test_it(api, expect):
    expect.success(api.issue_offer("u", "o"))
    expect.success(api.lookup(user_id="u"), kind=list)
"""
ISSUED = {"status": "ok", "payload": {"status_list": []}}


class Gateway:
    """Answers 502 for the target at the given turns (from 1) of a call."""

    def __init__(self, answer: Any, *turns: int) -> None:
        self.answer, self.turns, self.count = answer, turns, 0

    def __call__(self, body: Any) -> tuple[int, Any]:
        self.count += 1
        return (502, PAGE) if self.count in self.turns else (200, self.answer)


def ran(bench: Any, target: Any, make_profile: Any, issue: Any = (), lookup: Any = (), connections: int = 1) -> Any:
    target.answers["/issue"] = Gateway(ISSUED, *issue)
    target.answers["/Lookup"] = Gateway(OK, *lookup)
    profile = make_profile(limits=Limits(connections=connections))
    return bench.run(CHECK, profile, more=AVAILABILITY).run


def preflight_lookups(bench: Any, target: Any, make_profile: Any) -> int:
    """How many Lookups come before those of the check."""
    ran(bench, target, make_profile)
    return int(target.answers["/Lookup"].count) - 1


def test_all_answered_is_a_pass_of_both(bench, target, make_profile):
    run = ran(bench, target, make_profile)
    assert (run.standings["LOCK-1"].verdict, run.standings["LOCK-9"].verdict) == ("pass", "pass")


def test_a_read_without_an_answer_is_sent_again(bench, target, make_profile):
    first = preflight_lookups(bench, target, make_profile) + 1
    run = ran(bench, target, make_profile, lookup=(first,))
    assert (run.standings["LOCK-1"].verdict, run.standings["LOCK-9"].verdict) == ("pass", "warn")
    (warning,) = [finding for finding in run.findings if finding.clause == "LOCK-9"]
    assert "1 of" in warning.summary
    assert "lookup 1 × a gateway's 502" in warning.summary
    assert int(run.outcome.exit_code) == 0


def test_a_write_without_an_answer_is_not_sent_again_but_its_check_is_run_again(bench, target, make_profile):
    run = ran(bench, target, make_profile, issue=(1,))
    assert (run.standings["LOCK-1"].verdict, run.standings["LOCK-9"].verdict) == ("pass", "warn")
    asked = [body for _, path, body in target.asked if path.endswith("/issue")]
    assert len(asked) == 2


def test_no_answer_in_two_runs_at_different_requests_is_unknown(bench, target, make_profile):
    before = preflight_lookups(bench, target, make_profile)
    run = ran(bench, target, make_profile, issue=(1,), lookup=(before + 1, before + 2))
    assert run.standings["LOCK-1"].verdict == "unknown"
    assert run.standings["LOCK-9"].verdict == "warn"


def test_what_held_or_is_unknown_for_another_reason_keeps_its_verdict_beside_a_lost_answer(bench, target, make_profile):
    check = """
    from offerproof.provisioning import CannotProvide

    @clause("LOCK-1", "LOCK-2", "LOCK-3", "LOCK-4")
    def test_it(api, expect):
        with expect.clause("LOCK-2"):
            expect.success(api.lookup(user_id="u"), kind=list)
        with expect.clause("LOCK-3"):
            raise CannotProvide("the secret is too short to be told")
        with expect.clause("LOCK-1"):
            expect.success(api.issue_offer("u", "o"))
            expect.success(api.issue_offer("u", "o"))
        with expect.clause("LOCK-4"):
            expect.success(api.lookup(user_id="u"), kind=list)
    """
    ids = ("LOCK-1", "LOCK-2", "LOCK-3", "LOCK-4")
    target.answers["/Lookup"] = 200, OK
    target.answers["/issue"] = Gateway(ISSUED, 1, 3)
    run = bench.run(check, make_profile(limits=Limits(connections=1)), ids=ids, more=AVAILABILITY).run
    verdicts = {name: run.standings[name].verdict for name in ids}
    assert verdicts == {"LOCK-1": "unknown", "LOCK-2": "pass", "LOCK-3": "unknown", "LOCK-4": "pass"}
    reasons = {finding.clause: finding.summary for finding in run.findings if finding.verdict == "unknown"}
    assert reasons["LOCK-1"] == "no answer to issue_offer, nor when the check was run again"
    assert reasons["LOCK-3"] == "the secret is too short to be told"


@pytest.mark.parametrize("connections", [1, 8])
def test_who_never_answers_one_request_while_its_neighbours_are_answered_fails(
    bench, target, make_profile, connections
):
    first = preflight_lookups(bench, target, make_profile) + 1
    later = tuple(range(first, first + 20))
    run = ran(bench, target, make_profile, lookup=later, connections=connections)
    assert run.standings["LOCK-1"].verdict == "fail"


def test_of_many_requests_some_that_are_lost_twice_by_chance_are_no_breach(bench, target, make_profile):
    check = """
    @clause("LOCK-1")
    def test_it(api, expect):
        for sent in [api.issue_offer("u", "o") for _ in range(4)]:
            expect.success(sent)
    """
    target.answers["/Lookup"] = 200, OK
    target.answers["/issue"] = Gateway(ISSUED, 1, 2, 6, 7, 11, 12)  # first and second; second and third; third, fourth
    run = bench.run(check, make_profile(limits=Limits(connections=1)), more=AVAILABILITY).run
    assert run.standings["LOCK-1"].verdict == "unknown"


def test_a_raw_request_without_an_answer_is_no_breach_either(bench, target, make_profile):
    check = """
    @clause("LOCK-1")
    def test_it(api, expect):
        expect.success(api.raw("cloudpos", "POST", "/api/2.0/Lookup", body=b'{"request_payload": {}}'), kind=list)
    """
    before = preflight_lookups(bench, target, make_profile)
    target.answers["/Lookup"] = Gateway(OK, before + 1)
    run = bench.run(check, make_profile(limits=Limits(connections=1)), more=AVAILABILITY).run
    assert run.standings["LOCK-1"].verdict == "pass"


def test_a_server_error_that_the_target_says_itself_is_a_breach_at_once(bench, target, make_profile):
    refused = {"status": "error", "payload": None, "errors": {"code": "oops", "message": "no"}}
    target.answers["/issue"] = 503, refused
    target.answers["/Lookup"] = 200, OK
    run = bench.run(CHECK, make_profile(limits=Limits(connections=1)), more=AVAILABILITY).run
    assert (run.standings["LOCK-1"].verdict, run.standings["LOCK-9"].verdict) == ("fail", "pass")


CALLS = """
[[clauses]]
id = "LOCK-9"
sentence = "Every call has answers."
source = "Offer Management"
section = "Step 5"
strength = "must"
shapes = ["never answered"]
"""
PREPARED = """
@clause("LOCK-1", customers=1, requests=20)
def test_it(api, given, expect):
    for _ in range(5):
        api.search_customers(email="nobody@example.com")
        api.user_offer_history(["u"])
    expect.success(api.lookup(user_id=given.customer().user_id), kind=list)
"""
BUSY = """
@clause("LOCK-1", requests=60)
def test_it(api, given, expect):
    for _ in range(12):
        api.issue_offer("u", "o")
        expect.success(api.user_offer_history(["u"]), kind=dict)
        api.get_user_offers("u")
"""
HISTORY = {"status": "ok", "payload": {"total_results": 0, "results": []}}


class Dead:
    """Answers nothing but a gateway's page, with this share of requests that get through."""

    def __init__(self, share: float = 0.0) -> None:
        self.share, self.dice = share, random.Random(7)

    def __call__(self, body: Any) -> tuple[int, Any]:
        return (200, HISTORY) if self.dice.random() < self.share else (502, PAGE)


def judged(bench: Any, make_profile: Any, check: str) -> Any:
    return bench.run(check, make_profile(limits=Limits(connections=1)), more=CALLS).run


def test_a_call_that_every_check_needs_and_that_is_never_answered_is_a_breach_of_its_own(bench, target, make_profile):
    target.answers["/users"] = Dead()
    target.answers["/Lookup"] = 200, OK
    run = judged(bench, make_profile, "".join(PREPARED.replace("test_it", f"test_{number}") for number in range(4)))
    (found,) = [one for one in run.findings if one.clause == "LOCK-9"]
    assert (found.verdict, found.summary) == ("fail", "create_customer is never answered")
    assert found.operation == "create_customer"
    assert int(run.outcome.exit_code) == 1


def test_a_read_of_the_first_look_that_is_never_answered_is_judged_where_its_service_is_there(
    bench, target, make_profile
):
    target.answers |= {"/fetch_offer": Dead(), "/history": (200, HISTORY), "/user_offer_history": (200, HISTORY)}
    check = BUSY.replace("api.get_user_offers", "api.fetch_offer")
    run = judged(bench, make_profile, check)
    (found,) = [one for one in run.findings if one.clause == "LOCK-9"]
    assert (found.verdict, found.summary) == ("fail", "fetch_offer is never answered")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6])
def test_a_service_that_is_down_or_loses_whatever_comes_is_not_accused(bench, target, make_profile, share):
    target.answers["/fetch_offer"] = (
        404,
        {"status": "error", "payload": None, "errors": {"code": "no", "message": "no"}},
    )
    target.answers |= dict.fromkeys(("/issue", "/user_offer_history", "/get_user_offers"), Dead(share))
    run = judged(bench, make_profile, BUSY)
    assert run.standings["LOCK-9"].verdict in ("pass", "unknown")
