"""Where customers and user offers come from, what is used up, and what happens when it does not suffice."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from offerproof.conformance import Customer, Options, plan
from offerproof.conformance.supplies import Carriers
from offerproof.contract import SuiteFolders
from offerproof.errors import Misuse
from offerproof.findings import Verdict
from offerproof.provisioning import Ledger
from offerproof.provisioning.pools import CUSTOMER_KEYS, Pool
from offerproof.provisioning.values import set_up_failed
from offerproof.target import CustomerSource, OfferSource

TAKES_TWO = """
@clause("LOCK-1", customers=2)
def test_it(expect, given):
    one, other = given.customer(), given.customer()
    expect.that(one.user_id != other.user_id, what="two customers")
"""
TAKES_ONE_OF_A_KIND = """
@clause("LOCK-1", offers=["percent_check_discount"])
def test_it(expect, given):
    held = given.user_offer("percent_check_discount")
    expect.equal(held.user_offer_id, "uo-2", what="user offer")
    expect.equal(held.customer.user_id, "u-2", what="owner")
"""


def lines(path: Path, *entries: dict[str, str]) -> Path:
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return path


@pytest.fixture
def customers(tmp_path):
    people = [{"user_id": f"u-{n}", "email": f"person-{n}@example.com"} for n in range(1, 4)]
    return CustomerSource("pool", lines(tmp_path / "customers.jsonl", *people))


@pytest.fixture
def offers(tmp_path):
    held = [
        {"user_id": "u-1", "user_offer_id": "uo-1", "type": "manual_fulfillment"},
        {"user_id": "u-2", "user_offer_id": "uo-2", "type": "percent_check_discount"},
    ]
    return OfferSource("pool", lines(tmp_path / "offers.jsonl", *held))


def test_an_entry_of_a_pool_is_never_used_twice_not_even_by_another_run(bench, make_profile, customers):
    profile = make_profile(customers=customers)
    assert bench.run(TAKES_TWO, profile).run.standings["LOCK-1"].verdict is Verdict.PASS
    run = bench.run(TAKES_TWO, profile).run
    assert run.standings["LOCK-1"].verdict is Verdict.UNKNOWN
    reason = "the pool of customers is used up; 1 more is needed (used: used-customers-unit.jsonl)"
    assert run.standings["LOCK-1"].reason == reason
    assert int(run.outcome.exit_code) == 3


def test_the_ledger_is_private_and_names_the_run(bench, make_profile, customers):
    done = bench.run(TAKES_TWO, make_profile(customers=customers))
    ledger = bench.folder / "runs" / "used-customers-unit.jsonl"
    assert stat.S_IMODE(ledger.stat().st_mode) == 0o600
    used = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert used == [{"id": "u-1", "run": done.folder.name}, {"id": "u-2", "run": done.folder.name}]


def test_two_users_of_one_pool_never_get_the_same_entry(tmp_path, customers):
    assert customers.file is not None
    pools = [Pool(customers.file, CUSTOMER_KEYS, "user_id", Ledger(tmp_path / "used.jsonl")) for _ in range(2)]
    taken = [pools[0].take("a"), pools[1].take("b"), pools[0].take("a"), pools[1].take("b")]
    assert [entry and entry["user_id"] for entry in taken] == ["u-1", "u-2", "u-3", None]


def test_a_pooled_user_offer_comes_by_its_type_with_its_owner(bench, make_profile, customers, offers):
    run = bench.run(TAKES_ONE_OF_A_KIND, make_profile(customers=customers, offers=offers)).run
    assert run.standings["LOCK-1"].verdict is Verdict.PASS


def test_the_plan_tells_what_a_pool_lacks_and_sends_nothing(bench, make_profile, target, customers, offers):
    more = TAKES_TWO.replace("customers=2", 'customers=5, offers={"percent_check_discount": 3, "any": 1}, requests=7')
    contracts = bench.suite(more)
    profile = make_profile(customers=customers, offers=offers)
    planned = plan(Options(profile=profile, suite=SuiteFolders(contracts), out=bench.folder / "runs"))
    assert planned.shortfalls == (
        "2 customers more (of 5)",
        "2 user offers of type percent_check_discount more (of 3)",
    )
    assert (planned.plan.needs.customers, planned.plan.needs.requests, planned.checks) == (5, 7, 1)
    assert target.asked == []
    assert not (bench.folder / "runs").exists()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 1: not JSON"),
        ("[]", "line 1: not an object"),
        ('{"email": "a@example.com"}', "line 1: user_id is missing"),
        ('{"user_id": 7}', "line 1: user_id is missing or not a text"),
        ('{"user_id": "u", "mail": "x"}', "line 1: unknown member 'mail'"),
        ('{"user_id": "u"}\n{"user_id": "U"}', "line 2: this user_id stands there twice"),
    ],
)
def test_a_wrong_pool_is_misuse_and_names_the_line(tmp_path, line, says):
    (tmp_path / "pool.jsonl").write_text(line)
    with pytest.raises(Misuse, match=says):
        Pool(tmp_path / "pool.jsonl", CUSTOMER_KEYS, "user_id", Ledger(tmp_path / "used.jsonl"))


def test_a_line_ends_where_json_lines_say(tmp_path):
    (tmp_path / "pool.jsonl").write_text('{"user_id": "u", "external_id": "a\u2028b"}\r\n{"user_id": "v"}\n', "utf-8")
    pool = Pool(tmp_path / "pool.jsonl", CUSTOMER_KEYS, "user_id", Ledger(tmp_path / "used.jsonl"))
    assert list(pool.entries) == ["u", "v"]


def test_a_ledger_that_was_cut_short_is_misuse_and_says_what_to_do(tmp_path):
    (tmp_path / "used.jsonl").write_text('{"id": "u", "run": "r"}\n{"id": "v')
    with pytest.raises(Misuse, match="is damaged") as caught:
        Ledger(tmp_path / "used.jsonl").used()
    assert "remove the broken line" in (caught.value.hint or "")


def created(body):
    return 200, {"status": "ok", "user": {"id": f"u-of-{body['user']['external_id']}"}}


def test_customers_are_created_fresh(bench, target):
    target.answers["/users"] = created
    assert bench.run(TAKES_TWO).run.standings["LOCK-1"].verdict is Verdict.PASS
    made = [body["user"] for method, path, body in target.asked if path.endswith("/users")]
    assert len({user["email"] for user in made}) == 2
    assert all(user["email"].endswith("@example.com") and user["opted_in"] is True for user in made)


def test_a_refused_set_up_is_unknown_and_never_a_failure(bench, target):
    target.answers["/users"] = 500, {"status": "error", "errors": {"code": "internal_server_error"}}
    run = bench.run(TAKES_TWO).run
    assert run.standings["LOCK-1"].verdict is Verdict.UNKNOWN
    assert "set-up: create_customer was refused: HTTP 500" in str(run.standings["LOCK-1"].reason)
    assert set_up_failed("create_customer", 503, None).message == "set-up: create_customer was refused: HTTP 503"
    assert set_up_failed("create_offer", 422, None, "no number").message == (
        "set-up: create_offer was refused: HTTP 422: no number; "
        "is behaviour.discount_config of the profile as this target has it?"
    )


@pytest.mark.parametrize("body", ["given.customer()", "given.user_offer()", "given.user_offer('manual_fulfillment')"])
def test_taking_more_than_declared_is_our_error(bench, body):
    run = bench.run(f'@clause("LOCK-1")\ndef test_it(given):\n    {body}\n').run
    assert run.standings["LOCK-1"].verdict is Verdict.ERROR
    assert "declare one more" in str(run.standings["LOCK-1"].reason)


def test_user_offers_are_issued_from_one_shared_offer(bench, target):
    target.answers |= {
        "/users": created,
        "/management/create": (200, {"status": "ok", "payload": {"offer_id": "o-1"}}),
        "/acquisition/issue": lambda body: (
            200,
            {"status": "ok", "payload": {"status_list": [{"user_offer_id": f"uo-of-{body['user_id']}"}]}},
        ),
    }
    run = bench.run(
        '@clause("LOCK-1", offers=["any", "any"])\n'
        "def test_it(expect, given):\n"
        "    one, other = given.user_offer(), given.user_offer()\n"
        '    expect.equal(one.offer_id, "o-1", what="offer")\n'
        '    expect.that(one.user_offer_id != other.user_offer_id, what="two user offers")\n'
    ).run
    assert run.standings["LOCK-1"].verdict is Verdict.PASS
    assert sum(path.endswith("/create") for _, path, _ in target.asked) == 1
    setup = [exchange.setup for exchange in run.exchanges.values()]
    assert all(setup)


def test_an_earned_offer_is_waited_for(bench, target, make_profile):
    looks, asked = [], []

    def wallet(body):
        looks.append(body)
        offers = [{"reference_id": "uo-new"}] if len(looks) > 3 else []
        return 200, {"status": "success", "payload": [{"offers": offers}], "errors": None}

    def history(body):  # knows of it later still
        asked.append(body)
        rows = [{"user_offer_id": "UO-NEW", "status_description": "Issued"}] if len(asked) > 2 else []
        return 200, {"status": "ok", "payload": {"total_records": len(rows), "results": rows}, "errors": None}

    target.answers |= {"/users": created, "/send_transaction": (200, {"status": "OK", "payload": None, "errors": None})}
    target.answers["/Lookup"] = wallet
    target.answers["/user_offer_history"] = history
    earn = OfferSource("earn", type="fixed_amount_check_discount", spend=Decimal("200.00"))
    run = bench.run(
        '@clause("LOCK-1", offers=["any"])\n'
        "def test_it(expect, given):\n"
        '    expect.equal(given.user_offer().user_offer_id, "uo-new", what="user offer")\n',
        make_profile(offers=earn),
    ).run
    assert run.standings["LOCK-1"].verdict is Verdict.PASS
    assert asked, "the history was not waited for"
    sent = next(body for _, path, body in target.asked if path.endswith("/send_transaction"))
    assert sent["request_payload"]["is_closed"] is True
    assert sent["request_payload"]["subtotal"] == 200


def test_earning_gives_only_the_rules_type_and_the_rest_leaves_the_scope(bench, make_profile):
    earn = OfferSource("earn", type="fixed_amount_check_discount", spend=Decimal(200))
    run = bench.run(TAKES_ONE_OF_A_KIND, make_profile(offers=earn, customers=CustomerSource("create"))).run
    assert run.standings["LOCK-1"].verdict is Verdict.SKIP
    told = "no user offers of type percent_check_discount, the issue rule gives fixed_amount_check_discount only"
    assert run.outcome.scope == (f"{told} (1 clause)",)


CARRIED = """
@clause("LOCK-1", customers=1, offers={"any": 4})
def test_one(expect, given):
    fresh = given.customer()
    held = [given.user_offer() for _ in range(2)] + [given.user_offer(customer=fresh), given.user_offer()]
    owners = [one.customer.user_id for one in held]
    expect.equal(len({*owners}), 4, what="different owners")
    expect.equal(owners[2], fresh.user_id, what="owner that was asked for")

@clause("LOCK-2", offers={"any": 2})
def test_other(expect, given):
    expect.that(given.user_offer().customer.user_id != given.user_offer().customer.user_id, what="different owners")

@clause("LOCK-3", offers={"any": 2}, together=True)
def test_together(expect, given):
    owner = given.user_offer().customer
    expect.equal(given.user_offer(customer=owner).customer, owner, what="owner of both")
"""


@pytest.mark.parametrize(("environment", "customers"), [("sandbox", 5), ("simulator", 7)])
def test_checks_share_the_owners_of_user_offers_where_customers_are_dear(
    bench, target, make_profile, environment, customers
):
    target.answers |= {
        "/users": created,
        "/management/create": (200, {"status": "ok", "payload": {"offer_id": "o-1"}}),
        "/acquisition/issue": lambda body: (
            200,
            {"status": "ok", "payload": {"status_list": [{"user_offer_id": f"uo-{len(target.asked)}"}]}},
        ),
    }
    run = bench.run(CARRIED, make_profile(environment), ids=("LOCK-1", "LOCK-2", "LOCK-3")).run
    assert run.outcome.reasons == ()
    assert sum(path.endswith("/users") for _, path, _ in target.asked) == customers


def test_the_plan_counts_the_customers_who_carry_user_offers(bench, make_profile):
    contracts = bench.suite(TAKES_TWO.replace("customers=2", 'customers=2, offers={"any": 20}'))
    plans = [
        plan(Options(profile=make_profile(environment), suite=SuiteFolders(contracts))).customers
        for environment in ("sandbox", "simulator")
    ]
    assert plans == [22, 22]  # one check never gets one owner twice
    several = "".join(f'\n@clause("LOCK-1", offers=["any"])\ndef test_{number}(): pass\n' for number in range(20))
    contracts = bench.suite(several)
    plans = [
        plan(Options(profile=make_profile(environment), suite=SuiteFolders(contracts))).customers
        for environment in ("sandbox", "simulator")
    ]
    assert plans == [3, 20]


def test_who_has_seen_time_pass_carries_nothing_new():
    times = [datetime(2026, 1, 1, tzinfo=UTC)]
    made = iter([Customer("a"), Customer("b"), Customer("c")])
    carriers = Carriers(lambda number: next(made), lambda: times[-1])
    assert [carriers.take(number).user_id for number in (0, 0, 1)] == ["a", "a", "b"]
    times.append(times[0] + timedelta(hours=1))
    assert carriers.take(0).user_id == "c"
