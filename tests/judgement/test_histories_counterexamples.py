"""An illegal history is cut down to what makes it illegal."""

from __future__ import annotations

from offerproof.contract import Outcome
from offerproof.judgement.histories import Counterexample, History, Kind, check


def _found(history: History) -> Counterexample:
    made = check(history).findings[0].counterexample
    assert made is not None
    return made


def test_only_the_two_locks_are_left(written):
    noise = "\n".join(f"N read - {10 * number}-{10 * number + 3} ok issued locked" for number in range(40))
    made = _found(written(noise + "\nA lock t1 400-410 ok\nC lock t3 420-430 no\nB lock t2 440-450 ok"))
    assert [(one.kind, one.transaction) for one in made.operations] == [(Kind.LOCK, "t1"), (Kind.LOCK, "t2")]
    assert made.left_out == 41
    assert made.initial == "any state"
    assert made.failed == 1
    assert made.reason == "lock by t2 was accepted, but in every legal order the user offer was then locked by t1"


def test_an_operation_that_explains_is_never_left_out_to_make_a_case(written):
    """Without the unlock the two locks would look wrong; the real fault is the forgotten redemption."""
    made = _found(
        written("""
        A lock t1 0-1 ok
        A unlock - 2-3 ok
        B lock t2 4-5 ok
        B send t2 6-7 ok
        C read - 8-9 ok issued locked""")
    )
    assert [one.kind for one in made.operations] == [Kind.LOCK, Kind.SEND, Kind.READ]
    assert [one.transaction for one in made.operations] == ["t2", "t2", None]


def test_a_counterexample_is_illegal_on_its_own(written):
    made = _found(
        written("""
        A redeem t1 0-9 ok
        B redeem t2 3-12 ok
        C redeem t3 4-10 no
        D lock t4 5-8 no""")
    )
    assert len(made.operations) == 2
    assert check(History.of(made.operations)).illegal == 1


def test_the_data_of_a_counterexample_is_plain(written):
    data = _found(written("A redeem t1 0-9 ok\nB redeem t2 20-30 ok")).as_data()
    assert data["key"] == "U1"
    assert data["operations"] == [
        {
            "operation": "redeem",
            "transaction": "t1",
            "caller": "A",
            "started_us": 0,
            "ended_us": 9,
            "outcome": "accepted",
            "seen": None,
            "reference": None,
            "failed": False,
        },
        {
            "operation": "redeem",
            "transaction": "t2",
            "caller": "B",
            "started_us": 20,
            "ended_us": 30,
            "outcome": "accepted",
            "seen": None,
            "reference": None,
            "failed": True,
        },
    ]


def test_a_refusal_can_be_the_operation_that_nothing_explains(written):
    made = _found(written("A lock t1 0-1 ok\nA unlock - 2-3 ok\nB lock t2 40-50 no"))
    assert made.operations[made.failed].outcome is Outcome.REFUSED
    assert made.reason.startswith("lock by t2 was refused")
