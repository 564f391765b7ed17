"""The clock of a target that can be set, and of one that cannot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from offerproof.client import transport_for
from offerproof.conformance import Clock
from offerproof.conformance.clock import ControlPanel
from offerproof.conformance.outcome import Inconclusive


@pytest.fixture
def make_clock(make_profile, control):
    def make(**changes: object) -> Clock:
        profile = make_profile(**({"control": control, "capabilities": {"clock": True}} | changes))
        return Clock(profile, ControlPanel(profile, transport_for(profile)))

    return make


def test_a_frozen_clock_shows_its_instant_and_is_advanced(target, make_clock):
    shown = {"now": "2018-09-07T16:00:00Z", "frozen": True}
    target.answers["/_control/clock"] = lambda body: (200, shown)
    clock = make_clock()
    assert clock.now() == datetime(2018, 9, 7, 16, tzinfo=UTC)
    shown["now"] = "2018-09-08T16:00:30Z"
    clock.advance(days=1, seconds=30)
    assert clock.now() == datetime(2018, 9, 8, 16, 0, 30, tzinfo=UTC)
    clock.set(datetime(2018, 12, 31, tzinfo=UTC))
    assert [body for _, _, body in target.asked] == [None, {"advance": 86430.0}, {"set": "2018-12-31T00:00:00Z"}]


def test_a_running_clock_keeps_its_distance(target, make_clock):
    target.answers["/_control/clock"] = 200, {"now": "2018-09-07T16:00:00Z", "frozen": False}
    distance = make_clock().now() - datetime(2018, 9, 7, 16, tzinfo=UTC)
    assert timedelta() <= distance < timedelta(minutes=1)


def test_a_clock_that_is_not_declared_shows_our_time_and_cannot_be_moved(target, make_clock):
    clock = make_clock(capabilities={})
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
    with pytest.raises(Inconclusive, match="cannot be set"):
        clock.advance(days=1)
    assert target.asked == []


@pytest.mark.parametrize(("answer", "says"), [((401, {}), "HTTP 401"), ((200, b"no"), "no JSON")])
def test_a_control_interface_that_does_not_work_is_inconclusive(target, make_clock, answer, says):
    target.answers["/_control/clock"] = answer
    clock = make_clock()
    assert target.asked == []
    with pytest.raises(Inconclusive, match=says):
        clock.now()
