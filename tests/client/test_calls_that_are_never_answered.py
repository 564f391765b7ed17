"""One call that never has an answer beside others that have theirs; and a target, or a gateway, that loses anything."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import pytest

from offerproof.client.silence import ENOUGH, GIVEN_UP, Silence


@dataclass
class Sent:
    """As much of an exchange as is counted."""

    operation: str
    status: int | None
    service: str = "cloudpos"

    @property
    def unanswered(self) -> str | None:
        return "closed" if self.status is None else None


def told(*exchanges: Any) -> Silence:
    silence = Silence()
    for one in exchanges:
        silence.note(one)
    return silence


LOST = [Sent("lock", None)] * ENOUGH
BESIDE = [Sent("lookup", 200)] * 5


def test_a_call_without_any_answer_stands_alone_beside_calls_that_have_theirs():
    assert told(*LOST, *BESIDE).alone() == {"lock": ENOUGH}


@pytest.mark.parametrize(
    "exchanges",
    [
        [*LOST, *BESIDE, Sent("lock", 400)],
        [*LOST[1:], *BESIDE],
        [*LOST, *BESIDE[1:]],
        [*LOST, *BESIDE, Sent("lookup", None)],
        [*LOST, *[Sent("fetch_offer", 200, "offers")] * 20],
        [*LOST, *[Sent("raw", 200)] * 20],
    ],
    ids=["answered once", "not often enough", "few others", "others are lost", "another service", "what is no call"],
)
def test_it_does_not_where_chance_or_a_service_that_is_down_explains_it(exchanges):
    assert told(*exchanges).alone() == {}


def test_a_service_that_knows_who_has_no_credentials_and_hangs_up_on_us_answers_no_call():
    assert set(told(*LOST, *[Sent("lookup", None)] * ENOUGH, *[Sent("lock", 401)] * 5).alone()) == {"lock", "lookup"}


def test_after_three_times_as_many_it_is_asked_no_more():
    assert not told(*LOST, *BESIDE).given_up("lock")
    silence = told(*LOST * (GIVEN_UP // ENOUGH), *BESIDE)
    assert silence.given_up("lock")
    assert not silence.given_up("lookup")


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.7, 0.9])
def test_a_gateway_that_loses_requests_at_random_is_told_apart(share):
    calls = ["lookup", "lock", "unlock", "redeem", "reinstate", "send_transaction"]
    for seed in range(40):
        dice, sent = random.Random(seed), []
        for _ in range(400):
            sent.append(Sent(dice.choice(calls), None if dice.random() < share else 200))
        assert [number for number in range(0, 400, 7) if told(*sent[:number]).alone()] == []
