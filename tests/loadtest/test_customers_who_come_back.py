"""A recycling of customers: they come back with fresh user offers, and are read back before they do."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from typing import Any

import pytest

from offerproof.cli import main
from offerproof.contract import Outcome
from offerproof.errors import Misuse
from offerproof.loadtest.generator.recycling import Recycling, read_back
from offerproof.loadtest.generator.supply import HeldOffer, Register, Shopper, Stock, read_register
from offerproof.loadtest.plan.scenario import load_load_profile

LOOSE = "[thresholds.all]\nerror_rate = 0.001\np99_ms = 20000\n"


def customers_with(count: int, offers: int = 2) -> list[Shopper]:
    return [Shopper(0, f"user-{n}", offers=fresh(f"{n}", offers)) for n in range(count)]


def fresh(name: str, count: int) -> list[HeldOffer]:
    return [HeldOffer(0, f"Offer-{name}-{k}", "o", "manual_fulfillment") for k in range(count)]


@dataclass
class Answered:
    """A checked answer of user_offer_history."""

    payload: Any
    ok: bool = True
    error: str = ""
    outcome: Outcome = Outcome.ACCEPTED


@dataclass
class History:
    """Stands in for the calls: the rows of each customer, newest first."""

    rows: dict[str, list[tuple[str, str]]]
    fails: bool = False
    asked: list[tuple[list[str], int]] = field(default_factory=list)

    def call(self, operation: str, body: dict[str, Any]) -> Answered:
        assert operation == "user_offer_history"
        self.asked.append((body["user_ids"], body["skip"]))
        if self.fails:
            return Answered(None, ok=False, error="refused", outcome=Outcome.REFUSED)
        rows = [row for user in body["user_ids"] for row in self.rows.get(user, [])]
        page = rows[body["skip"] : body["skip"] + body["take"]]
        results = [{"user_offer_id": one, "status_description": words} for one, words in page]
        return Answered({"total_records": len(rows), "results": results})

    def pause(self, seconds: float) -> None:
        raise AssertionError("what was answered is not asked again")


def test_a_customer_without_unused_offers_goes_back_to_the_coordinator_once():
    stock = Stock()
    stock.recycling = True
    stock.add(customers_with(1))
    for expected in ([], [0]):
        taken = stock.take_with_offer()
        assert taken is not None
        stock.give_back(taken[0])
        assert stock.take_finished() == expected
    assert stock.take_finished() == []
    assert stock.take() is None


def test_who_comes_back_is_given_out_again_with_new_numbers_and_has_a_line_for_each_time(tmp_path):
    register = Register(tmp_path / "supply.jsonl")
    register.add(customers_with(2))
    register.recycle()
    assert [one.number for one in register.give("a", 5)] == [0, 1]
    assert register.held_by("a") == [(0, 1), (1, 2)]
    (back,) = register.back("a", [1])
    assert register.held_by("a") == [(0, 1)]
    back.offers = fresh("again", 2)
    register.add_again([back])
    (again,) = register.give("b", 5)
    assert (again.number, [offer.number for offer in again.offers]) == (1, [4, 5])
    assert register.held_by("b") == [(1, 2)]
    assert (register.customers, register.offers, register.offers_waiting) == (2, 6, 0)
    register.close()
    lines = [(one.number, [offer.number for offer in one.offers]) for one in read_register(tmp_path / "supply.jsonl")]
    assert lines == [(0, [0, 1]), (1, [2, 3]), (1, [4, 5])]


def test_what_history_says_is_written_down_before_a_customer_is_free(tmp_path):
    recycling = Recycling(tmp_path / "read-back.jsonl", settle_s=0.0)
    customers = customers_with(2)
    rows = {
        "user-0": [("rule-offer", "Issued"), ("OFFER-0-1", "Redeemed"), ("OFFER-0-0", "Redeemed")],
        "user-1": [("offer-1-1", "Redeemed"), ("offer-1-0", "Issued")],
    }
    recycling.back(customers, every=1)
    assert not recycling.free
    calls: Any = History(rows)
    assert recycling.read_some(calls)
    assert list(recycling.free) == customers
    assert not recycling.read_some(calls), "nobody is left"
    recycling.close()
    assert stat.S_IMODE((tmp_path / "read-back.jsonl").stat().st_mode) == 0o600
    assert dict(read_back(tmp_path)) == {
        "offer-0-0": "Redeemed",
        "offer-0-1": "Redeemed",
        "offer-1-0": "Issued",
        "offer-1-1": "Redeemed",
    }


def test_reading_back_stops_when_all_was_seen_and_goes_through_all_pages_when_not(tmp_path):
    long = [(f"old-{n}", "Redeemed") for n in range(250)]
    rows = {"user-0": [("offer-0-0", "Redeemed"), ("offer-0-1", "Redeemed"), *long], "user-1": long}
    recycling = Recycling(tmp_path / "read-back.jsonl", settle_s=0.0)
    seen, missing = customers_with(2)
    calls: Any = History(rows)
    recycling.back([seen], every=1)
    recycling.read_some(calls)
    assert calls.asked == [(["user-0"], 0)]
    recycling.back([missing], every=1)
    recycling.read_some(calls)
    assert calls.asked[1:] == [(["user-1"], 0), (["user-1"], 100), (["user-1"], 200)]
    recycling.close()


def test_an_effect_may_take_its_settle_time(tmp_path):
    recycling = Recycling(tmp_path / "read-back.jsonl", settle_s=3600.0)
    recycling.back(customers_with(1), every=1)
    calls: Any = History({})
    assert not recycling.read_some(calls)
    assert calls.asked == []
    recycling.close()


def test_who_is_not_in_the_sample_of_the_audit_is_not_read(tmp_path):
    recycling = Recycling(tmp_path / "read-back.jsonl", settle_s=0.0)
    first, second = customers_with(2)
    first.number, second.number = 2, 3
    recycling.back([first, second], every=2)
    assert list(recycling.free) == [second]
    recycling.close()


def test_a_history_that_cannot_be_read_is_said_and_the_customer_comes_again(tmp_path):
    recycling = Recycling(tmp_path / "read-back.jsonl", settle_s=0.0)
    recycling.back(customers_with(1), every=1)
    calls: Any = History({}, fails=True)
    assert recycling.read_some(calls)
    assert len(calls.asked) == 3
    assert len(recycling.free) == 1
    recycling.close()
    assert list(read_back(tmp_path)) == [("", "refused")]


def test_the_soak_profile_has_customers_who_come_back_and_others_have_none():
    assert load_load_profile("soak").customers == 600
    assert load_load_profile("steady").customers == 0


@pytest.mark.parametrize("value", ["-1", "true", '"many"', "1.5"])
def test_the_number_of_customers_who_come_back_is_whole(tmp_path, value):
    path = tmp_path / "bad.toml"
    path.write_text(
        f"customers = {value}\n[workload]\nmodel = 'open'\nphases = [{{ for = '1s', at = 1 }}]\n", encoding="utf-8"
    )
    with pytest.raises(Misuse, match="customers: "):
        load_load_profile(str(path))


@pytest.mark.slow
def test_too_few_customers_for_a_rate_are_said_before_anything_is_sent(load, simulator, tmp_path):
    slo = tmp_path / "slo.toml"
    slo.write_text(LOOSE)
    run = load("--target", str(simulator()), "--rate", "50", "--duration", "2s", "--customers", "20", "--slo", str(slo))
    assert run.code == 3, run.text
    assert "20 customers are too few to come back at this rate" in run.text


@pytest.mark.slow
def test_a_folding_target_is_audited_right_and_what_it_lost_is_found(load, simulator, tmp_path):
    """Customers come again, and the target forgets what they had before: the audit has read it in time."""
    slo = tmp_path / "slo.toml"
    slo.write_text(LOOSE)
    profile = simulator("--fold", "4", "--defect", "points-update-is-lost")
    arguments = ("--rate", "40", "--duration", "10s", "--warm-up", "0s", "--customers", "70", "--slo", str(slo))
    run = load("--target", str(profile), *arguments)
    assert run.failed == {"LOAD-9", "LOAD-11"}, run.text
    rounds = list(read_register(run.folder / "supply.jsonl"))
    assert len({one.number for one in rounds}) == 70
    assert len(rounds) > 90
    assert all(len(one.offers) == 3 for one in rounds)
    (told,) = run.of("audit", clause="LOAD-8")
    assert (told["verdict"], told["bad"]) == ("pass", 0)
    assert told["checked"] >= 300
    assert len(dict(read_back(run.folder))) >= 60


def test_misuse_of_customers(capsys, tmp_path):
    assert main(["load", "--out", str(tmp_path / "runs"), "--customers", "0"]) == 2
    assert "--customers" in capsys.readouterr().err
