"""What a load run takes from a pool is gone for every later run, whatever its kind."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from offerproof.errors import Misuse
from offerproof.loadtest.generator.provision import Source, source_of
from offerproof.provisioning import UsedUp
from offerproof.provisioning.pools import ledgers
from offerproof.target import CustomerSource, OfferSource, Profile

OFFERS = [("u-1", "a-1"), ("u-1", "A-2"), ("u-2", "b-1"), ("u-3", "c-1")]


def profile(customers: CustomerSource, offers: OfferSource) -> Profile:
    return Profile(name="t", environment="staging", allow_writes=True, services={}, customers=customers, offers=offers)


@pytest.fixture
def pooled(tmp_path: Path) -> Any:
    """Make a profile with a pool of user offers, or of customers."""

    def make(kind: str = "offers") -> Any:
        file = tmp_path / "pool.jsonl"
        rows = [{"user_id": user, "user_offer_id": code} for user, code in OFFERS]
        if kind == "customers":
            rows = [{"user_id": user} for user in ("u-1", "u-2", "u-3")]
            file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
            return profile(CustomerSource("pool", file), OfferSource("issue"))
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        return profile(CustomerSource("create"), OfferSource("pool", file))

    return make


def source(profile: Profile, runs: Path, run_id: str = "load-1") -> Source:
    nothing_is_sent: Any = SimpleNamespace(pause=None, each=lambda items, do: [do(one) for one in items])
    return source_of(profile, nothing_is_sent, nonce="n", seed=1, runs=runs, run_id=run_id)


def codes(customers: list[Any]) -> list[list[str]]:
    return [[offer.user_offer_id for offer in customer.offers] for customer in customers]


def test_a_second_run_gets_what_the_first_left(pooled: Any, tmp_path: Path) -> None:
    assert codes(source(pooled(), tmp_path).more(2, 1)) == [["a-1", "A-2"], ["b-1"]]
    again = source(pooled(), tmp_path, "load-2")
    assert codes(again.more(2, 1)) == [["c-1"]]
    with pytest.raises(UsedUp):
        again.more(1, 1)
    assert ledgers(pooled(), tmp_path)[1].used() == {"a-1", "a-2", "b-1", "c-1"}


def test_what_another_command_used_is_not_given(pooled: Any, tmp_path: Path) -> None:
    ledgers(pooled(), tmp_path)[1].take(lambda used: "a-2", "certify")
    assert codes(source(pooled(), tmp_path).more(1, 1)) == [["a-1"]]


def test_customers_of_a_pool_are_written_down_too(pooled: Any, tmp_path: Path) -> None:
    profile = pooled("customers")
    assert [one.user_id for one in source(profile, tmp_path).more(2, 0)] == ["u-1", "u-2"]
    assert [one.user_id for one in source(profile, tmp_path).more(2, 0)] == ["u-3"]
    assert ledgers(profile, tmp_path)[0].used() == {"u-1", "u-2", "u-3"}


def test_a_pool_that_is_not_utf_8_is_misuse(pooled: Any, tmp_path: Path) -> None:
    profile = pooled()
    (tmp_path / "pool.jsonl").write_bytes(b'{"user_id": "\xe9"}\n')
    with pytest.raises(Misuse, match="line 1"):
        source(profile, tmp_path).more(1, 1)
