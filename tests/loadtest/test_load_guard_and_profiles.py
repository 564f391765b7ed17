"""Load goes only where it is allowed, and every profile that comes with the package says what it means."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from offerproof.errors import Misuse
from offerproof.loadtest.generator import coordinator, supplier
from offerproof.loadtest.generator.messages import Begin, HoldAll, ToWorker, encode, to_worker
from offerproof.loadtest.generator.process import refuse_taken_ports, told_of_listening
from offerproof.loadtest.generator.supply import HeldOffer, Shopper
from offerproof.loadtest.generator.worker import Worker
from offerproof.loadtest.generator.workflows import Browse, Checkout, Earn, Mix
from offerproof.loadtest.plan.load_plan import LoadPlan, SupplyPlan, read_plan, write_plan
from offerproof.loadtest.plan.options import GeneratorOptions
from offerproof.loadtest.plan.permission import check_allowed, visits_share
from offerproof.loadtest.plan.scenario import load_load_profile, profile_names, scenario_file, scenario_names
from offerproof.loadtest.plan.workload import steady
from offerproof.target import Profile, TargetService
from offerproof.target.values import CustomerSource, Limits, OfferSource

MIXES = {
    "checkout": Mix((Checkout(), 1)),
    "browse": Mix((Browse(), 1)),
    "earn": Mix((Earn(), 1)),
    "day": Mix((Checkout(), 50), (Browse(), 30), (Earn(), 20)),
}


def plan(rate: float = 10, scenario: str = "checkout") -> LoadPlan:
    facts = MIXES[scenario].facts
    return LoadPlan(scenario=scenario, facts=facts, run_id="r", nonce="n", workload=steady("open", rate, 10))


def profile(**members: Any) -> Profile:
    limits = Limits(**{"load": True, "load_rate": 100.0, "hosts": ("api.example.com",), **members.pop("limits", {})})
    service = TargetService("core", members.pop("url", "https://api.example.com"), None, None)
    standard: dict[str, Any] = {
        "environment": "staging",
        "allow_writes": True,
        "limits": limits,
        "services": {"core": service},
        "capabilities": dict.fromkeys(("create_customer", "create_offer", "issue"), True),
    }
    return Profile(name="t", **{**standard, **members})


def test_an_allowed_load_is_allowed():
    check_allowed(profile(), plan())
    pool = CustomerSource("pool", Path("customers.jsonl"))
    check_allowed(profile(allow_writes=False, customers=pool), plan(scenario="browse"))
    for here in ("http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9"):
        ours = profile(environment="simulator", url=here, limits={"load_rate": None, "hosts": ()})
        check_allowed(ours, plan(5000))
    check_allowed(profile(url="https://Prüfstand.example", limits={"hosts": ("prüfstand.EXAMPLE",)}), plan())
    check_allowed(profile(url="https://prüfstand.example", limits={"hosts": ("xn--prfstand-75a.example",)}), plan())


@pytest.mark.parametrize(
    ("members", "rate", "word"),
    [
        ({"environment": "production"}, 1, "never sent to production"),
        ({"limits": {"load": False}}, 1, "does not allow load"),
        ({"allow_writes": False}, 1, "does not allow writes"),
        ({"capabilities": {}}, 1, "customers cannot be created here"),
        ({"capabilities": {"create_customer": True, "create_offer": True}}, 1, "offers cannot be issued here"),
        ({"limits": {"hosts": ()}}, 1, "hosts"),
        ({"url": "https://other.example.com"}, 1, "not among"),
        ({"limits": {"load_rate": None}}, 1, "load_rate"),
        ({}, 26, "allows 100"),
        ({"environment": "simulator", "limits": {"hosts": ()}}, 1, "hosts"),
        ({"environment": "simulator", "limits": {"load_rate": None}}, 1, "load_rate"),
        ({"url": "https://a\u00adb\u0378.example"}, 1, "is no host name"),
    ],
)
def test_anything_else_is_misuse_and_says_why(members, rate, word):
    with pytest.raises(Misuse, match=word):
        check_allowed(profile(**members), plan(rate))


def test_the_rate_cap_holds_for_visits_and_the_issuing_beside_them_together():
    long = replace(plan(17.6), workload=steady("open", 17.6, 60))
    with pytest.raises(Misuse, match="with the issuing of their user offers are about 101 requests/s"):
        check_allowed(profile(), long)
    check_allowed(profile(offers=OfferSource("pool")), long)
    check_allowed(profile(), replace(plan(17.4), workload=steady("open", 17.4, 60)))


@pytest.mark.parametrize(
    ("model", "seconds", "scenario", "source", "share"),
    [
        ("open", 30, "checkout", "issue", 1.0),  # all of them are issued before
        ("open", 31, "checkout", "issue", 0.7),
        ("closed", 5, "day", "issue", 0.7),
        ("closed", 5, "checkout", "pool", 1.0),
        ("closed", 5, "earn", "issue", 1.0),
    ],
)
def test_visits_leave_a_share_of_the_cap_where_user_offers_are_issued_beside_them(
    model, seconds, scenario, source, share
):
    made = replace(plan(scenario=scenario), workload=steady(model, 5, seconds))
    assert visits_share(profile(offers=OfferSource(source)), made) == share


def test_the_coordinator_gives_the_visits_their_share_of_the_cap_and_keeps_the_rest(monkeypatch, tmp_path):
    class Source:
        def more(self, customers: int, offers_each: int) -> list[Shopper]:
            return [Shopper(0, "user") for _ in range(customers)]

    provisioning: list[Any] = []

    def source_of(profile: Profile, calls: Any, **_: Any) -> Source:
        provisioning.append(calls)
        return Source()

    monkeypatch.setattr(supplier, "source_of", source_of)
    services = {name: TargetService(name, "http://127.0.0.1:9", None, None) for name in ("core", "offers", "cloudpos")}
    made = replace(plan(), load_rate=100.0, supply=SupplyPlan(stock=1))
    told: list[ToWorker] = []
    one = coordinator.Coordinator(
        profile(services=services),
        replace(made, workload=steady("closed", 1, 60)),
        lambda message, worker: told.append(message),
    )
    one.prepare(["w"])
    one.progress.workers["w"].lost = "gone"
    one.end()
    assert one.over.wait(10)
    (sent,) = [message.plan for message in told if isinstance(message, Begin)]
    assert sent.load_rate == pytest.approx(70.0)
    assert provisioning[0].meter.gap_ns == pytest.approx(1e9 / 30)


def test_a_plan_travels_as_it_is(tmp_path):
    made = plan()
    write_plan(made, tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json") == made
    begin = Begin(made, 0, 1, 5, [Shopper(3, "user", offers=[HeldOffer(4, "offer")])], 1)
    assert to_worker(encode(begin)) == begin


def test_a_plan_that_is_none_is_misuse(tmp_path):
    (tmp_path / "plan.json").write_text('{"scenario": 5}')
    with pytest.raises(Misuse, match="cannot read the load plan"):
        read_plan(tmp_path / "plan.json")


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_of_the_package_can_be_run(name):
    found = load_load_profile(name)
    assert found.scenario in scenario_names()
    assert found.thresholds
    assert scenario_file(found.scenario).is_file()
    assert found.workload.duration > 0


def test_the_package_has_the_profiles_and_scenarios_it_names():
    assert {"smoke", "steady", "spike", "soak", "stress"} <= set(profile_names())
    assert {"checkout", "stampede", "browse", "earn", "day"} <= set(scenario_names())


@pytest.mark.parametrize(
    "text",
    [
        "speed = 5",
        "scenario = 3",
        "[workload]\nphases = []",
        "[workload",
        '[workload]\nphases=[{for="1s",at=1}]\n[x]',
    ],
)
def test_a_profile_that_is_none_is_misuse(tmp_path, text):
    path = tmp_path / "x.toml"
    path.write_text(text)
    with pytest.raises(Misuse):
        load_load_profile(str(path))


def test_unknown_names_are_misuse_and_the_known_ones_are_told():
    with pytest.raises(Misuse, match="no load profile") as raised:
        load_load_profile("brisk")
    assert "steady" in str(raised.value.hint)
    with pytest.raises(Misuse, match="no scenario"):
        scenario_file("theft")


@pytest.mark.parametrize("option", ["ui", "master"])
def test_a_port_that_is_taken_is_said_before_anything_starts(option):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        spread = GeneratorOptions(ui=port) if option == "ui" else GeneratorOptions(master=True, master_port=port)
        with pytest.raises(Misuse, match=rf"{port}: cannot listen on 127.0.0.1: Address already in use") as told:
            refuse_taken_ports(spread)
    assert told.value.exit_code == 2
    refuse_taken_ports(spread)


def test_where_a_run_can_be_seen_and_joined_is_said_with_the_trust_it_needs():
    assert told_of_listening(GeneratorOptions()) == []
    assert told_of_listening(GeneratorOptions(ui=8089)) == ["web UI: http://127.0.0.1:8089"]
    assert told_of_listening(GeneratorOptions(master=True)) == []
    (told,) = told_of_listening(GeneratorOptions(master=True, bind="0.0.0.0"))
    assert "whoever reaches port 5557 can join as a worker" in told


def test_a_hold_that_the_target_asks_of_one_process_is_kept_by_all(monkeypatch, tmp_path):
    told: list[tuple[str, Any]] = []
    services = {name: TargetService(name, "http://127.0.0.1:9", None, None) for name in ("core", "offers", "cloudpos")}
    target = profile(services=services)
    one = coordinator.Coordinator(target, plan(), lambda message, worker: told.append((worker, message)))
    one._workers = ["a", "b", "c"]

    def heard(message: Any) -> None:
        one.held(message.seconds, "a")

    first = Worker(target, MIXES["checkout"], heard)
    first.meter.hold("7")
    assert told == [("b", HoldAll(7.0)), ("c", HoldAll(7.0))]
    assert one._supplier.meter.hold_until >= first.meter.hold_until
    told.clear()
    first.meter.hold("7")
    assert told == [], "the same hold is told once"
    one._supplier.meter.hold("20")
    assert told == [("a", HoldAll(20.0)), ("b", HoldAll(20.0)), ("c", HoldAll(20.0))]
