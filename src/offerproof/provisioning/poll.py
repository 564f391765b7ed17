"""Waiting for effects that may take a while: never longer than the profile says, never shorter than it takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import ClassVar, Final, TypeVar

from offerproof.client import Minter

T = TypeVar("T")

_FIRST_PAUSE_S: Final = 0.01
_LONGEST_PAUSE_S: Final = 0.5


class Poll:
    """``poll(probe, accept)``: probe until the value is accepted or the time is over; returns the last value."""

    unsettled: ClassVar[tuple[type[Exception], ...]] = ()
    """What a probe may raise while an effect is on its way; raised only when the time is over."""

    def __init__(
        self,
        seconds: float,
        *,
        minter: Minter | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._seconds = seconds
        self._minter = minter
        self._clock = clock
        self._sleep = sleep

    def __call__(self, probe: Callable[[], T], accept: Callable[[T], object]) -> T:
        """Return the first accepted value, or the last one seen when the time is over."""
        with self._apart():
            return self._probed(probe, accept)

    def _apart(self) -> AbstractContextManager[None]:
        """What probes draw must not depend on how many there are."""
        return self._minter.scope(self._minter.numbered("settle")) if self._minter else nullcontext()

    def _probed(self, probe: Callable[[], T], accept: Callable[[T], object]) -> T:
        deadline = self._clock() + self._seconds
        pause = _FIRST_PAUSE_S
        while True:
            over = self._clock() >= deadline
            try:
                value = probe()
                if over or accept(value):
                    return value
            except self.unsettled:
                if over:
                    raise
            self._sleep(min(pause, max(0.0, deadline - self._clock())))
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    def out(self, probe: Callable[[], T]) -> T:
        """Return what there is when the time is over: effects may come one after the other."""
        if self._seconds > 0:
            self._sleep(self._seconds)
        with self._apart():
            return probe()
