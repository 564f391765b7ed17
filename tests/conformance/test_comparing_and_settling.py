"""What counts as the same, and how long an effect is waited for."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from offerproof.conformance.comparing import in_any_order, same_id, ticks
from offerproof.conformance.outcome import ExpectationFailed, Settle
from offerproof.conformance.reading import as_instant, instant, shows_a_trace
from offerproof.judgement.oracle.calls import number


@pytest.mark.parametrize(
    ("value", "is_number"),
    [
        (7, Decimal(7)),
        (Decimal("7.00"), Decimal(7)),
        ("7.00", Decimal(7)),
        (".77", Decimal("0.77")),
        (True, None),
        (None, None),
        ("seven", None),
        ("NaN", None),
        ([7], None),
    ],
)
def test_numbers_in_any_documented_spelling(value, is_number):
    assert number(value) == is_number


@pytest.mark.parametrize(
    "spelled",
    [
        "2018-06-10 9:20:00.000",
        "2018-06-10 09:20:00",
        "2018-06-10T09:20:00Z",
        "2018-06-10T09:20:00.0000000Z",
        "2018-06-10T11:20:00+02:00",
        "2018-06-10T04:20:00-0500",
        datetime(2018, 6, 10, 9, 20, tzinfo=UTC),
    ],
)
def test_instants_in_any_documented_spelling(spelled):
    assert ticks(spelled) == ticks("2018-06-10T09:20:00Z")


def test_seven_digits_of_a_second_are_told_apart():
    one, other = ticks("2018-09-04T19:47:28.3475814Z"), ticks("2018-09-04T19:47:28.3475815Z")
    assert one is not None
    assert other is not None
    assert other - one == 1


@pytest.mark.parametrize("wrong", ["2018-13-01", "yesterday", "", None, 7, "2018-06-10T25:00:00Z"])
def test_what_is_no_instant(wrong):
    assert ticks(wrong) is None


def test_ids_are_the_same_in_any_case():
    assert same_id("2D5B5A08-BECD", "2d5b5a08-becd")
    assert not same_id("a", "b")
    assert not same_id(None, None)


class Time:
    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def time():
    return Time()


def test_an_accepted_value_is_not_waited_for(time):
    assert Settle(5, clock=lambda: time.now, sleep=time.sleep)(lambda: 7, lambda value: value == 7) == 7
    assert time.pauses == []


def test_an_effect_is_waited_for_and_the_time_is_bounded(time):
    settle = Settle(5, clock=lambda: time.now, sleep=time.sleep)
    assert settle(lambda: time.now >= 3, bool) is True
    assert time.now < 4
    time.now = 0.0
    assert settle(lambda: "never", lambda value: value == "ever") == "never"
    assert time.now == 5


def test_without_a_settle_time_one_look_is_all(time):
    looks = []
    Settle(0, clock=lambda: time.now, sleep=time.sleep)(lambda: looks.append(1), lambda value: False)
    assert looks == [1]


def test_an_expectation_inside_is_asked_again_and_fails_in_the_end(time):
    def probe():
        if time.now < 2:
            raise ExpectationFailed("not yet", expected=1, observed=0, on=None)
        return "there"

    assert Settle(5, clock=lambda: time.now, sleep=time.sleep)(probe, bool) == "there"
    time.now = 0.0
    with pytest.raises(ExpectationFailed):
        Settle(1, clock=lambda: time.now, sleep=time.sleep)(probe, bool)


@pytest.mark.parametrize(("settle_s", "waited"), [(5, 5), (0, 0)])
def test_effects_that_come_one_by_one_are_waited_for_until_the_time_is_over(time, settle_s, waited):
    before = time.now
    assert Settle(settle_s, clock=lambda: time.now, sleep=time.sleep).out(lambda: time.now) == before + waited


def test_lists_are_the_same_in_any_order_and_nothing_else_is():
    one = {"ids": ["b", "a"], "rows": [{"n": 1, "of": [2, 1]}, {"n": 0, "of": []}]}
    other = {"ids": ["a", "b"], "rows": [{"n": 0, "of": []}, {"of": [1, 2], "n": 1}]}
    assert in_any_order(one) == in_any_order(other)
    assert in_any_order(one) != in_any_order(other | {"ids": ["a", "b", "b"]})


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"errors":{"stack_trace":"","stackTrace":null,"StackTrace":[]}}', False),
        ('{"errors":{"message":"see line 7 of the basket"}}', False),
        ('{"errors":{"stackTrace":"at Till.Lock(Till.cs:12)"}}', True),
        ('{"stack_trace":["a"]}', True),
        ('{"message":"Traceback (most recent call last)"}', True),
        ('{"message":"in /srv/Lock.java:31"}', True),
        (r'{"message":"File \"/srv/lock.py\", line 3"}', True),
        ('{"message":"System.NullReferenceException"}', True),
    ],
)
def test_a_stack_trace_is_told_from_a_member_that_could_hold_one(text, shown):
    assert shows_a_trace(text) is shown


@pytest.mark.parametrize(
    "told", ["2018-06-10T09:20:00Z", "2018-06-10 9:20:00.000", "2018-06-10T11:20:00.0000000+02:00"]
)
def test_an_instant_is_read_as_the_documents_and_targets_write_it(told):
    assert instant(told) == datetime(2018, 6, 10, 9, 20, tzinfo=UTC)


@pytest.mark.parametrize("told", [None, "", "soon", 20180610, "2018-06-31"])
def test_what_a_target_tells_for_an_instant_and_is_none_is_a_finding_and_no_error_of_ours(told):
    assert as_instant(told) is None
    with pytest.raises(ExpectationFailed, match="an instant"):
        instant(told)
