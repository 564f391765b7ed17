"""What may vary is accepted, its nearest neighbour that may not is refused: ``expectations.toml``, row by row."""

from __future__ import annotations

import pytest


def test_every_literal_expectation_is_met(expected_of, tools):
    written = [each for each in tools.expectations() if each.reference == expected_of]
    surprising = [each.label for each in written if tools.accepts(expected_of, each.document) != each.accepted]
    assert surprising == []


def test_the_expectations_are_many_and_of_both_kinds(tools):
    written = tools.expectations()
    assert sum(each.accepted for each in written) > 300
    assert sum(not each.accepted for each in written) > 2000


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_json_is_never_judged(number, tools):
    with pytest.raises(ValueError, match="is not JSON"):
        tools.parse(f'{{"amount": {number}}}')


def test_numbers_stay_exact(tools):
    assert str(tools.parse("0.1000")) == "0.1000"
    assert str(tools.parse("12345678901234567890.12")) == "12345678901234567890.12"
