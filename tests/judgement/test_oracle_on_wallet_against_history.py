"""Wallet and history must tell the same story; hard texts may be normalised, not changed."""

from __future__ import annotations

from typing import Any

import pytest

from offerproof.judgement.oracle import Call, WorldModel, disagreement
from offerproof.judgement.oracle.offers import _same_text

OWNER, OFFER = "user-1", "offer-1"


def read(operation: str, payload: Any) -> Call:
    answer = {"status": "OK", "payload": payload}
    return Call(operation=operation, request={}, answer=answer, status=200, started=1, ended=2)


def wallet(*shown: str) -> Call:
    offers = [{"reference_id": one, "status": "INFO"} for one in shown]
    return read("lookup", [{"user_reference_id": OWNER, "offers": offers}])


def history(told: str, owner: str = OWNER) -> Call:
    return read(
        "user_offer_history", {"results": [{"user_id": owner, "user_offer_id": OFFER, "status_description": told}]}
    )


@pytest.fixture
def world() -> WorldModel:
    made = WorldModel()
    made.known(OWNER)
    made.holds(OFFER, OWNER)
    return made


@pytest.mark.parametrize("told", ["Redeemed", "Revoked", "EXPIRED", "Offer Redeemed"])
def test_what_is_over_in_the_history_is_not_in_the_wallet(world: WorldModel, told: str) -> None:
    reason = disagreement(world, OWNER, wallet(OFFER.upper()), history(told))
    assert reason is not None
    assert reason.clause == "JOURN-2"
    assert disagreement(world, OWNER, wallet(), history(told)) is None


def test_what_the_history_calls_issued_is_in_the_wallet(world: WorldModel) -> None:
    reason = disagreement(world, OWNER, wallet(), history("Issued"))
    assert reason is not None
    assert reason.observed == "not in the wallet"
    assert disagreement(world, OWNER, wallet(OFFER), history("Issued")) is None


@pytest.mark.parametrize("told", ["Locked", "In use", "12"])
def test_words_that_tell_nothing_accuse_nobody(world: WorldModel, told: str) -> None:
    assert disagreement(world, OWNER, wallet(), history(told)) is None
    assert disagreement(world, OWNER, wallet(OFFER), history(told)) is None


def test_a_record_of_another_customer_says_nothing_of_this_wallet(world: WorldModel) -> None:
    assert disagreement(world, OWNER, wallet(OFFER), history("Revoked", owner="user-2")) is None


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        (" padded ", "padded"),
        ("line\nbreak", "line break"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("zero\u200bwidth", "zerowidth"),
        ("y" * 300, "y" * 255),
    ],
)
def test_hard_texts_may_come_back_in_another_form(wanted: str, shown: Any) -> None:
    assert _same_text(wanted, shown)


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ("Fish & chips", "Fish &amp; chips"),
        (" a & b ", "a &amp; b"),
        ("Free  coffee", "Free coffee"),
        ("Zo\u00eb", "Zo?"),
        ("y" * 300, ""),
        ("\U0001f600", "\ufffd"),
        ("Free coffee", None),
        ("x" * 200, "x" * 100),
    ],
)
def test_a_text_that_says_something_else_is_wrong(wanted: str, shown: Any) -> None:
    assert not _same_text(wanted, shown)
