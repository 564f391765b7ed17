"""Calendar arithmetic at its edges: leap days, ends of months and years."""

from datetime import UTC, datetime

import pytest

from offerproof.program.calendar import (
    UNITS,
    end_of_following_year,
    instant,
    later,
    micros,
    next_of_dates,
    next_year_start,
    unit_of,
)


def at(text: str) -> int:
    return micros(datetime.fromisoformat(text).replace(tzinfo=UTC))


def test_instants_are_exact_to_the_microsecond():
    assert at("1970-01-01T00:00:00") == 0
    assert at("2018-09-07T16:29:11.299505") == 1536337751299505
    assert instant(1536337751299505).isoformat() == "2018-09-07T16:29:11.299505+00:00"
    assert instant(-1).isoformat() == "1969-12-31T23:59:59.999999+00:00"


@pytest.mark.parametrize(
    ("start", "unit", "period", "end"),
    [
        ("2018-09-07T16:00:00", "minutes", 90, "2018-09-07T17:30:00"),
        ("2018-12-31T23:00:00", "hours", 1, "2019-01-01T00:00:00"),
        ("2018-02-28T12:00:00", "days", 1, "2018-03-01T12:00:00"),
        ("2020-02-28T12:00:00", "days", 1, "2020-02-29T12:00:00"),
        ("2018-12-30T12:00:00", "weeks", 1, "2019-01-06T12:00:00"),
        ("2018-01-31T12:00:00", "months", 1, "2018-02-28T12:00:00"),
        ("2020-01-31T12:00:00", "months", 1, "2020-02-29T12:00:00"),
        ("2018-01-31T12:00:00", "months", 2, "2018-03-31T12:00:00"),
        ("2018-12-15T12:00:00.5", "months", 1, "2019-01-15T12:00:00.5"),
        ("2018-11-30T12:00:00", "months", 13, "2019-12-30T12:00:00"),
        ("2020-02-29T12:00:00", "years", 1, "2021-02-28T12:00:00"),
        ("2020-02-29T12:00:00", "years", 4, "2024-02-29T12:00:00"),
        ("1999-06-01T00:00:00", "years", 100, "2099-06-01T00:00:00"),
        ("2000-02-29T00:00:00", "years", 100, "2100-02-28T00:00:00"),
    ],
)
def test_a_validity_period_ends_on_the_right_day(start, unit, period, end):
    assert later(at(start), unit, period) == at(end)


@pytest.mark.parametrize(("unit", "period"), [("years", 9000), ("months", 120_000), ("weeks", 10_000_000)])
def test_a_period_past_the_last_year_means_never(unit, period):
    assert later(at("2018-09-07T16:00:00"), unit, period) is None


def test_units_are_taken_in_any_case_and_number():
    assert UNITS == ("minutes", "hours", "days", "weeks", "months", "years")
    assert [unit_of(text) for text in (" Day", "DAYS", "year", "Months ")] == ["days", "days", "years", "months"]
    assert [unit_of(text) for text in ("", "s", "decades", "dayss")] == [None] * 4


def test_a_tier_lasts_to_the_last_instant_of_the_following_year():
    end = at("2019-12-31T23:59:59.999999")
    assert end_of_following_year(at("2018-01-01T00:00:00")) == end
    assert end_of_following_year(at("2018-12-31T23:59:59.999999")) == end
    assert end_of_following_year(at("2019-01-01T00:00:00")) == at("2020-12-31T23:59:59.999999")


def test_the_next_year_starts_after_every_instant_of_this_one():
    assert next_year_start(at("2018-12-31T23:59:59.999999")) == at("2019-01-01T00:00:00")
    assert next_year_start(at("2019-01-01T00:00:00")) == at("2020-01-01T00:00:00")


def test_the_next_of_yearly_dates_is_strictly_later():
    dates = [(6, 30), (12, 31)]
    assert next_of_dates(at("2018-06-29T23:59:59"), dates) == at("2018-06-30T00:00:00")
    assert next_of_dates(at("2018-06-30T00:00:00"), dates) == at("2018-12-31T00:00:00")
    assert next_of_dates(at("2018-12-31T10:00:00"), dates) == at("2019-06-30T00:00:00")
