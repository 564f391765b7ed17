"""Races: released together, timed from outside, judged as one history."""

from __future__ import annotations

import threading
from functools import partial
from random import Random
from typing import Any

import pytest

from offerproof.conformance.races import free_race, judged, race, recorded, timed, together
from offerproof.contract import Outcome
from offerproof.judgement.histories import Kind, Legality, Rules
from offerproof.provisioning import Customer, UserOffer


def offers_of(api: Any, count: int) -> list[UserOffer]:
    user = api.create_customer({"email": api.minter.email(), "opted_in": True}).answer["user"]
    offer_id = api.create_offer(api.offer()).answer["payload"]["offer_id"]
    customer = Customer(user["id"])
    issued = [api.issue_offer(user["id"], offer_id).answer["payload"]["status_list"][0] for _ in range(count)]
    return [UserOffer(one["user_offer_id"], offer_id, "any", customer) for one in issued]


def test_jobs_are_released_together_and_answer_in_order(target):
    meeting = threading.Barrier(5)

    def job(number: int) -> int:
        meeting.wait(10)  # breaks unless all five are at work at once
        return number

    assert together(target.api(1), [partial(job, number) for number in range(5)]) == [0, 1, 2, 3, 4]


def test_what_a_job_raises_is_raised(target):
    def fails() -> None:
        raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        together(target.api(1), [lambda: None, fails])


def test_what_a_terminal_draws_does_not_depend_on_who_is_faster(target):
    def drawn(first: int) -> list[list[str]]:
        api, turns = target.api(1), [threading.Event() for _ in range(3)]
        turns[first].set()

        def job(place: int) -> list[str]:
            assert turns[place].wait(10)
            ids = [api.fresh_id(), api.fresh_id(), api.fresh_email()]
            turns[(place + 1) % 3].set()
            return ids

        races = [together(api, [partial(job, place) for place in range(3)]) for _ in range(2)]
        return [*races[0], *races[1], [api.fresh_id()]]

    assert drawn(0) == drawn(1) == drawn(2)
    assert len({one for ids in drawn(0) for one in ids}) == 19


def test_one_of_racing_locks_wins(target):
    api = target.api(1)
    (held,) = offers_of(api, 1)
    baskets = [api.transaction() for _ in range(6)]
    raced = race(api, [partial(api.lock, held.user_offer_id, basket) for basket in baskets])
    assert sorted(one.outcome for one in raced) == [Outcome.ACCEPTED] + [Outcome.REFUSED] * 5


def test_what_a_short_page_does_not_show_says_nothing(target):
    def short(status: int, document: Any) -> tuple[int, Any]:
        if isinstance(document.get("payload"), dict) and "results" in document["payload"]:
            del document["payload"]["results"][1:]
        return status, document

    api = target.api(1, rewrite=short)
    tills = free_race(api, offers_of(api, 3), Random(1), terminals=5, calls=15)
    report, _ = judged(tills, Rules.of(target.profile))
    assert (report.verdict, report.findings) == (Legality.LEGAL, [])


@pytest.mark.parametrize("seed", range(4))
def test_a_free_race_on_a_right_target_has_a_legal_order(target, seed):
    api = target.api(seed)
    tills = free_race(api, offers_of(api, 3), Random(seed), terminals=5, calls=15)
    report, exchanges = judged(tills, Rules.of(target.profile))
    assert (report.verdict, report.findings) == (Legality.LEGAL, [])
    assert report.rows >= 75
    kinds = {row.kind for rows in tills for row in rows}
    assert {Kind.LOCK, Kind.UNLOCK, Kind.SEND, Kind.READ} <= kinds
    assert len(exchanges) <= report.rows


@pytest.mark.parametrize("defect", ["lock-is-stolen", "redeemed-offer-locks"])
def test_a_free_race_on_a_wrong_target_has_none(target, defect):
    for seed in range(12):  # how threads interleave is not ours to say; one race in a few shows it
        api = target.api(seed, defect)
        tills = free_race(api, offers_of(api, 2), Random(seed), terminals=5, calls=25)
        report, exchanges = judged(tills, Rules.of(target.profile))
        if report.verdict is Legality.ILLEGAL:
            break
    assert target.app.planting.hits[defect] > 0
    made = report.findings[0].counterexample
    assert made is not None
    assert len(made.operations) <= 6
    assert made.operations[made.failed].reference in exchanges


def test_a_call_without_an_answer_or_with_a_server_error_is_unknown(target):
    api = target.api(1, rewrite=lambda status, document: (500, document))
    seen = timed(lambda: api.unlock(api.fresh_id()))
    assert seen.outcome is Outcome.UNKNOWN
    history, _ = recorded([[]])
    assert len(history) == 0
