"""Pool mode against the real simulator: prepared customers and user offers, a ledger, and nothing used twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from offerproof.client import Minter, connect
from offerproof.conformance import Options, certify, plan
from offerproof.contract import Level
from offerproof.errors import Misuse
from offerproof.findings import Verdict
from offerproof.target import CustomerSource, OfferSource, Profile, load_profile

KINDS = ("fixed_amount_check_discount",) * 4 + ("percent_check_discount",) * 2
DECLARED = {"create_customer": False, "create_offer": False, "issue": False, "revoke": False}


@pytest.fixture
def pooled(simulate: Callable[..., AbstractContextManager[Path]], tmp_path: Path) -> Iterator[Profile]:
    """Five customers, and six user offers of two kinds with six more, prepared by calls of the API."""
    with simulate() as file:
        profile = load_profile(file)
        api = connect(profile, Minter(1, "pool"))
        customers, held = [], []
        for number in range(11):
            user = {"email": api.fresh_email(), "external_id": f"pooled-{number}", "mobile_number": api.fresh_phone()}
            found = api.create_customer(user).answer["user"]
            known = {"email": user["email"], "external_id": user["external_id"], "phone": user["mobile_number"]}
            customers.append({"user_id": found["id"], **known})
        offers = {kind: api.create_offer(api.offer(kind)).answer["payload"]["offer_id"] for kind in set(KINDS)}
        for kind, owner in zip(KINDS, customers[5:], strict=True):
            row = api.issue_offer(owner["user_id"], offers[kind]).answer["payload"]["status_list"][0]
            held.append(
                {
                    "user_id": owner["user_id"],
                    "user_offer_id": row["user_offer_id"],
                    "offer_id": offers[kind],
                    "type": kind,
                }
            )
        for name, entries in (("customers", customers[:5]), ("offers", held)):
            (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries))
        yield replace(
            profile,
            customers=CustomerSource("pool", tmp_path / "customers.jsonl"),
            offers=OfferSource("pool", tmp_path / "offers.jsonl"),
            capabilities={**profile.capabilities, **DECLARED},
        )


def options(profile: Profile, tmp_path: Path, *only: str) -> Options:
    return Options(profile=profile, level=Level.GATE, only=only, out=tmp_path / "runs")


def used(tmp_path: Path, what: str) -> list[str]:
    ledger = tmp_path / "runs" / f"used-{what}-simulator.jsonl"
    return [json.loads(line)["id"] for line in ledger.read_text().splitlines()]


@pytest.mark.slow
def test_two_runs_use_different_entries_and_a_third_says_what_is_missing(pooled, tmp_path):
    for run in range(1, 4):
        done = certify(options(pooled, tmp_path, "LOCK-12", "LOCK-14", "CUST-1")).run
        assert int(done.outcome.exit_code) == 0, done.outcome.reasons
        assert len(used(tmp_path, "user-offers")) == 2 * run
        assert len(set(used(tmp_path, "user-offers"))) == 2 * run
        assert len(set(used(tmp_path, "customers"))) == run
    sent = {exchange.operation for exchange in done.exchanges.values()}
    assert not sent & {"create_customer", "create_offer", "issue_offer"}
    with pytest.raises(Misuse, match=r"offers\.file: each user offer of the pool offers\.jsonl \(6\) was used"):
        certify(options(pooled, tmp_path, "LOCK-12", "LOCK-14", "CUST-1"))
    assert int(certify(options(pooled, tmp_path, "CUST-1")).run.outcome.exit_code) == 0


def test_the_plan_names_the_missing_number(pooled, tmp_path):
    planned = plan(options(pooled, tmp_path, "CUST", "LOCK"))
    customers, offers = planned.plan.needs.customers, planned.plan.needs.user_offers
    assert planned.shortfalls == (
        f"{customers - 5} customers more (of {customers})",
        f"{offers['any'] - 6} user offers of type any more (of {offers['any']})",
        f"{offers['percent_check_discount'] - 2} user offers of type percent_check_discount more "
        f"(of {offers['percent_check_discount']})",
    )
    assert not (tmp_path / "runs").exists()


def test_no_entry_of_a_pool_is_in_a_report(pooled, tmp_path):
    done = certify(options(pooled, tmp_path, "CUST-1"))
    text = (done.folder / "run.jsonl").read_text()
    for line in (tmp_path / "customers.jsonl").read_text().splitlines():
        assert json.loads(line)["email"] not in text


def test_a_customer_of_whom_only_the_id_is_known_is_not_searched_for_and_accuses_nobody(pooled, tmp_path):
    entry = json.loads(pooled.customers.file.read_text("utf-8").splitlines()[0])
    # As an editor on Windows leaves it: a mark at the beginning, and two characters at the end of a line.
    file = tmp_path / "bare.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps({"user_id": entry["user_id"]}).encode() + b"\r\n\r\n")
    bare = replace(pooled, customers=CustomerSource("pool", file))
    run = certify(options(bare, tmp_path, "SMOKE-1")).run
    assert run.standings["SMOKE-1"].verdict is Verdict.UNKNOWN
    assert run.standings["SMOKE-1"].reason == (
        "no e-mail address, external id or phone of this customer is known to search by"
    )
    assert "search_customers" not in {exchange.operation for exchange in run.exchanges.values() if not exchange.setup}
