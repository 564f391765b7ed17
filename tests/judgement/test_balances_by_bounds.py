"""A balance that is read while others earn and return lies between bounds, and is exact when nothing is under way."""

from __future__ import annotations

from decimal import Decimal

from offerproof.contract import Outcome
from offerproof.judgement.histories import Movement, Reading, check_balances

D = Decimal


def earned(amount: int, start: int, end: int | None, outcome: Outcome = Outcome.ACCEPTED) -> Movement:
    return Movement(D(amount), D(amount), start, end, outcome)


def breaches(movements: list[Movement], *readings: Reading, settle: int = 0) -> list[int]:
    return [one.reading.reference for one in check_balances(D(100), movements, readings, settle=settle)]


def test_a_reading_after_everything_is_exact():
    movements = [earned(10, 0, 5), earned(-3, 6, 8)]
    assert breaches(movements, Reading(D("107.0"), 10, 11, 1), Reading(D(110), 10, 11, 2)) == [2]


def test_a_reading_during_a_movement_may_show_it_or_not():
    movements = [earned(10, 0, 20)]
    readings = [Reading(D(value), 10, 11, value) for value in (99, 100, 105, 110, 111)]
    assert breaches(movements, *readings) == [99, 111]


def test_a_movement_that_has_not_begun_does_not_count():
    assert breaches([earned(10, 50, 60)], Reading(D(110), 10, 20, 1)) == [1]


def test_a_refused_movement_moves_nothing():
    assert breaches([earned(10, 0, 1, Outcome.REFUSED)], Reading(D(110), 5, 6, 1), Reading(D(100), 5, 6, 2)) == [1]


def test_a_movement_without_an_answer_may_count_for_ever():
    movements = [earned(10, 0, None, Outcome.UNKNOWN)]
    assert breaches(movements, Reading(D(100), 900, 901, 1), Reading(D(110), 900, 901, 2)) == []
    assert breaches(movements, Reading(D(120), 900, 901, 3)) == [3]


def test_a_lost_earning_and_a_double_earning_are_both_found():
    movements = [earned(10, number, number + 1) for number in range(0, 100, 2)]
    assert breaches(movements, Reading(D(590), 200, 201, 1), Reading(D(610), 200, 201, 2)) == [1, 2]
    assert breaches(movements, Reading(D(600), 200, 201, 3)) == []


def test_effects_may_follow_within_the_settle_time():
    reading = Reading(D(100), 10, 11, 1)
    assert breaches([earned(10, 0, 5)], reading, settle=20) == []
    assert breaches([earned(10, 0, 5)], reading, settle=2) == [1]


def test_a_breach_says_what_was_possible():
    (breach,) = check_balances(D(0), [Movement(D(9), D(10), 0, 1)], [Reading(D(12), 5, 6)])
    assert breach.reason == "the balance was read as 12, but what happened before allows between 9 and 10"
