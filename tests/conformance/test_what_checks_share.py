"""Who gets what of what checks share follows from the plan; and what one check holds, no other uses meanwhile."""

from __future__ import annotations

import json
import threading
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from offerproof.client import Budget
from offerproof.conformance.allotment import EACH, Allotments, carriers_for
from offerproof.conformance.clause_plan import FoundCheck
from offerproof.conformance.marks import Consumption
from offerproof.conformance.schedule import Job, Schedule, run_checks
from offerproof.provisioning.pools import Pools
from offerproof.target import CustomerSource, Limits, OfferSource

TEN = "".join(
    f"""
@clause("LOCK-1", customers=1, offers=["any", "percent_check_discount"], requests={place})
def test_{name}(api, expect, given):
    expect.success(api.lookup(user_id="{name} has " + given.customer().user_id), kind=list)
    for kind in ("percent_check_discount", None):
        expect.success(api.lookup(user_id="{name} has " + given.user_offer(kind).user_offer_id), kind=list)
"""
    for place, name in enumerate("abcdefghij")  # side by side the last one begins first
)


def check(name: str, offers: int, requests: int = 4, **more: Any) -> FoundCheck:
    consumes = Consumption(user_offers={"any": offers}, requests=requests, together=more.pop("together", False))
    return FoundCheck(name, ("LOCK-1",), None, (), consumes=consumes, **more)


def test_what_a_check_holds_no_other_has_while_it_runs():
    guard, holding, met = threading.Lock(), Counter[str](), list[str]()
    others = threading.Barrier(2)  # breaks unless two that share nothing run at once

    def run(*things: str) -> None:
        with guard:
            holding.update(things)
            met.extend(thing for thing in things if holding[thing] > 1)
        if not things:
            others.wait(10)
        with guard:
            holding.subtract(things)

    jobs = [
        Job(f"check {place}", "any", 1, lambda things=things: run(*things), 1, frozenset(things))  # type: ignore[misc]
        for place, things in enumerate([*[("a",), ("a", "b"), ("b",)] * 20, (), ()])
    ]
    run_checks(jobs, Schedule(8, Budget(1000), lambda: None))
    assert met == []
    assert not others.broken


def test_an_interrupt_just_after_a_wake_up_was_taken_ends_the_checks_all_the_same(monkeypatch):
    waited_for = threading.Event()

    class Interrupted(threading.Semaphore):
        interrupts = 1

        def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
            waited_for.set()
            taken = super().acquire(blocking, timeout)
            if taken and self.interrupts:
                self.interrupts -= 1
                raise KeyboardInterrupt
            return taken

    def run() -> None:
        assert waited_for.wait(10)

    monkeypatch.setattr("offerproof.conformance.schedule.threading.Semaphore", Interrupted)
    jobs = [Job(f"check {place}", "any", 1, run, 1, frozenset()) for place in range(4)]
    with pytest.raises(KeyboardInterrupt):
        run_checks(jobs, Schedule(2, Budget(1000), lambda: None))


def test_a_carrier_carries_a_few_and_who_waits_long_shares_with_who_does_not(make_profile):
    checks = [check(f"waits {place}", 1, settles=True) for place in range(6)]
    checks += [check(f"quick {place}", 1) for place in range(42)]
    given = carriers_for(checks, make_profile("sandbox"))
    carries = Counter(carrier for carriers in given.values() for carrier in carriers)
    assert len(carries) == 6
    assert max(carries.values()) <= EACH
    assert len({given[f"waits {place}"] for place in range(6)}) == 6


def test_who_takes_longest_keeps_nobody_from_a_shared_customer(make_profile):
    checks = [check("long", 3, requests=1000), *(check(f"quick {place}", 1) for place in range(20))]
    given = carriers_for(checks, make_profile("sandbox"))
    assert "long" not in given
    assert len(given) == 20


def test_carriers_follow_from_the_checks_and_not_from_their_order(make_profile):
    checks = [check(f"check {place}", 1 + place % 3, requests=place) for place in range(30)]
    profile = make_profile("sandbox")
    assert carriers_for(checks, profile) == carriers_for(checks[::-1], profile)


@pytest.mark.parametrize(("environment", "offers", "together"), [("simulator", 1, False), ("sandbox", 3, True)])
def test_no_carrier_where_customers_are_free_or_one_customer_is_to_own_all(make_profile, environment, offers, together):
    assert carriers_for([check("one", offers, together=together)], make_profile(environment)) == {}


@pytest.fixture
def pools(tmp_path: Path) -> dict[str, Any]:
    def lines(name: str, rows: list[dict[str, str]]) -> Path:
        file = tmp_path / name
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return file

    kinds = ("manual_fulfillment", "percent_check_discount")
    offers = [
        {"user_id": f"owner-{place}", "user_offer_id": f"uo-{place}-{kind[0]}", "type": kind}
        for place in range(20)
        for kind in kinds
    ]
    return {
        "customers": CustomerSource("pool", lines("people.jsonl", [{"user_id": f"u-{n}"} for n in range(10)])),
        "offers": OfferSource("pool", lines("offers.jsonl", offers)),
    }


def test_who_gets_which_entry_of_a_pool_follows_from_the_check(bench, target, make_profile, pools):
    target.answers["/Lookup"] = 200, {"status": "success", "payload": []}
    seen = []
    for connections in (1, 8):
        run = bench.run(TEN, make_profile(limits=Limits(connections=connections), **pools)).run
        assert run.standings["LOCK-1"].verdict == "pass"
        asked = [body["request_payload"]["user_id"] for _, path, body in target.asked if path.endswith("/Lookup")]
        seen.append(sorted(one for one in asked if " has " in one))
        target.asked.clear()
        for ledger in (bench.folder / "runs").glob("used-*"):
            ledger.unlink()
    assert seen[0] == seen[1]
    assert len(seen[0]) == 30


def test_who_owns_a_spare_is_shared_with_nobody_until_its_check_ends(make_profile, pools, tmp_path):
    held = Pools(profile := make_profile(**pools), tmp_path)
    allotments = Allotments([check("one", 1), check("two", 1), check("three", 1)], profile, held)
    planned = {owner for name in ("one", "two", "three") for owner in allotments.of(name).holds}

    def owners(name: str, most: int, whose: str | None = None) -> list[str]:
        """Whose user offers a check gets that takes so many more."""
        assert held.user_offers is not None
        take = partial(held.user_offers.take, "run")
        return [entry["user_id"] for _ in range(most) if (entry := allotments.take_spare(name, whose, take))]

    first, second = owners("one", 3), owners("two", 3)
    assert len(set(first)) == len(set(second)) == 3  # each of somebody else, though each owner has two
    assert not set(first) & set(second)
    assert not {*first, *second} & planned
    assert owners("one", 9, first[0]) == [first[0]]
    allotments.end("one")
    rest = owners("three", 40)
    assert {first[1], first[2]} < set(rest)
    assert not set(rest) & set(second)
