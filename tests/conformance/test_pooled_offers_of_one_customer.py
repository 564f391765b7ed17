"""User offers of a pool: apart when customers are to differ, together when a check wants several of one customer."""

from __future__ import annotations

import json
from pathlib import Path

from offerproof.provisioning import Ledger
from offerproof.provisioning.pools import USER_OFFER_KEYS, Pool


def pool(folder: Path, *owners: str) -> Pool:
    """One user offer for each name, in that order."""
    lines = [
        json.dumps({"user_id": owner, "user_offer_id": f"{owner}-{number}", "type": "manual_fulfillment"})
        for number, owner in enumerate(owners)
    ]
    file = folder / "offers.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    return Pool(file, USER_OFFER_KEYS, "user_offer_id", Ledger(folder / "used.jsonl"))


def owners_taken(from_pool: Pool, *together: int) -> list[str | None]:
    taken = [from_pool.take_apart("run", lambda entry: True, count) for count in together]
    return [entry["user_id"] if entry else None for entry in taken]


def test_single_takes_come_from_owners_nothing_was_taken_of(tmp_path: Path) -> None:
    assert owners_taken(pool(tmp_path, "a", "a", "b", "c"), 1, 1, 1) == ["b", "c", "a"]


def test_when_everybody_was_taken_of_somebody_is_taken_of_again(tmp_path: Path) -> None:
    assert owners_taken(pool(tmp_path, "a", "a"), 1, 1, 1) == ["a", "a", None]


def test_a_take_for_several_picks_who_has_just_enough(tmp_path: Path) -> None:
    assert owners_taken(pool(tmp_path, "a", "b", "b", "c", "c", "c"), 2, 3, 4) == ["b", "c", None]


def test_what_is_taken_together_is_left_for_that_customer(tmp_path: Path) -> None:
    offers = pool(tmp_path, "a", "b", "b")
    first = offers.take_apart("run", lambda entry: True, 2)
    assert first is not None
    second = offers.take("run", lambda entry: entry["user_id"] == first["user_id"])
    assert second is not None
    assert {first["user_offer_id"], second["user_offer_id"]} == {"b-1", "b-2"}
