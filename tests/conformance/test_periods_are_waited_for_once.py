"""Checks that wait for a period to end all plant first, wait together, and then look: however many run at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import cast

import pytest

from offerproof.client import Budget
from offerproof.conformance import Clock
from offerproof.conformance.outcome import Inconclusive
from offerproof.conformance.schedule import Job, Schedule, run_checks
from offerproof.conformance.waiting import PutOff, WaitPolicy
from offerproof.findings import Event, Waiting


@pytest.mark.parametrize("at_once", [1, 8])
def test_all_of_them_wait_at_the_same_time(at_once: int) -> None:
    met, ran = Barrier(12, timeout=20), list[str]()

    def check(name: str, *, waits: bool) -> Callable[[], None]:
        def run() -> None:
            if waits:
                met.wait()
            ran.append(name)

        return run

    waiting = [Job(f"w{n}", "waits", 1, check(f"w{n}", waits=True), 1, frozenset()) for n in range(12)]
    others = [Job(f"o{n}", "any", 1, check(f"o{n}", waits=False), 1, frozenset()) for n in range(3)]
    run_checks([*waiting, *others], Schedule(at_once, Budget(100), lambda: None))
    assert sorted(ran[:3]) == ["o0", "o1", "o2"]
    assert len(ran) == 15


class _Still:
    """A target's clock that nobody can set, and that goes on as far as somebody sleeps."""

    settable = False

    def __init__(self) -> None:
        self.shown = datetime(2026, 3, 1, tzinfo=UTC)

    def target_now(self) -> datetime:
        return self.shown

    def sleep(self, seconds: float) -> None:
        self.shown += timedelta(seconds=seconds)


def wait_policy(clock: _Still, events: list[Event], *, sittings: bool = False, stopped: bool = False) -> WaitPolicy:
    return WaitPolicy(cast("Clock", clock), 120, sittings, events.append, lambda: stopped, clock.sleep)


def test_it_sleeps_until_then_and_says_so_once() -> None:
    clock, events = _Still(), list[Event]()
    waits = wait_policy(clock, events)
    then = clock.shown + timedelta(seconds=30)
    waits.until(then, "points roll over")
    assert clock.shown >= then
    clock.shown = then - timedelta(seconds=30)  # another check, which planted at the same time
    waits.until(then, "the tier moves")
    assert [event.reason for event in events if isinstance(event, Waiting)] == ["until points roll over"]


def test_nobody_waits_longer_than_the_profile_says() -> None:
    clock = _Still()
    with pytest.raises(Inconclusive, match="200 s away"):
        wait_policy(clock, []).until(clock.shown + timedelta(seconds=200), "a lock ends")
    with pytest.raises(PutOff):
        wait_policy(clock, [], sittings=True).until(clock.shown + timedelta(seconds=200), "a lock ends")
    with pytest.raises(Inconclusive, match="stopped"):
        wait_policy(clock, [], stopped=True).until(clock.shown + timedelta(seconds=20), "a lock ends")
