"""A recording may be longer than offers last: the Date of answers tells what has expired, and nothing else does."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from benchmarks.recorded_walk import RecordedSimulator
from offerproof.client import bodies
from offerproof.findings import Verdict
from offerproof.simulator.answers import Service


def eight_days(simulator: RecordedSimulator, *, shown: bool) -> None:
    """Two offers that last a week; one is used at once, the other one tried when the week is over."""
    user, _, _ = simulator.customer()
    lasts = {"common_config": {"validity_unit": "weeks", "validity_period": 1}}
    body = bodies.offer(
        "fixed_amount_check_discount", "Five off", simulator.at, simulator.app.settings.retailer_id, lasts
    )
    made = simulator.call(Service.OFFERS, "POST", "/api/2.0/offers/management/create", body)
    first, second = (simulator.issue(user, made["payload"]["offer_id"]) for _ in range(2))
    simulator.till("Lookup", {"user_id": user})
    if shown:
        simulator.offers("get_user_offers", user_id=user, skip=0, take=20)
    simulator.lock(first, simulator.basket(user))
    simulator.till("unlock", {"user_offer_id": first, "employee_id": "1000"})
    simulator.at += timedelta(days=8)
    simulator.app.clock.set(round(simulator.at.timestamp() * 1_000_000))
    simulator.lock(second, simulator.basket(user))
    simulator.till("Lookup", {"user_id": user})
    simulator.history(user)


def recorded(defect: str | None = None, *, shown: bool = True, dated: bool = True, slow_s: float = 0.0) -> Any:
    simulator = RecordedSimulator(0, defect)
    eight_days(simulator, shown=shown)
    for entry in simulator.entries:
        at = datetime.fromisoformat(entry["startedDateTime"])
        entry["startedDateTime"] = (at - timedelta(seconds=slow_s)).isoformat()
        if dated:
            entry["response"]["headers"].append({"name": "Date", "value": at.strftime("%a, %d %b %Y %H:%M:%S GMT")})
    return simulator.entries


@pytest.mark.parametrize("complete", [None, True])
@pytest.mark.parametrize("slow_s", [0.0, 90.0])
@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("shown", [True, False])
def test_nobody_is_accused_of_offers_that_expired(shown, dated, slow_s, complete, desk):
    run = desk.audit(recorded(shown=shown, dated=dated, slow_s=slow_s), complete=complete).run
    assert [(one.clause, one.summary) for one in run.failures] == []
    assert (run.standings["TIME-10"].verdict is Verdict.PASS) == (shown and dated)


@pytest.mark.parametrize(
    ("defect", "clause"), [("expired-offer-locks", "TIME-10"), ("expired-stays-in-wallet", "TIME-9")]
)
def test_what_expired_and_is_still_used_is_told_by_the_date_of_answers(defect, clause, desk):
    told = {one.clause for one in desk.audit(recorded(defect)).run.failures}
    assert told - {"JOURN-2"} == {clause}  # JOURN-2: wallet and history then disagree as well


def test_without_a_date_nothing_is_sure(desk):
    assert desk.audit(recorded("expired-offer-locks", dated=False)).run.failures == []
