"""How long the end of a run may wait in vain: one allowance for unlocking, reading back and calibration together.
Provisioning, before a run, has one of its own.

Each hold a target asks for has its own limit, and so has each answer; without a limit to their sum, a target that only
says ``429`` would keep an audit of thousands of customers waiting for days. What counts is time without an answer of
the contract: holds, failed calls, pauses before a repetition. A target that is slow or limits its rate answers in
between; each answer gives a second back, so its audit is complete, however long it takes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LEAST_S = 120.0
MOST_S = 600.0
AN_ANSWER_S = 1.0
"""What an answer of the contract gives back of the allowance, which never grows above its first size."""

GIVEN_UP = "given_up"
"""The failure of a request that was not sent because the allowance is used up."""


def allowance(run_s: float) -> float:
    """Return how many seconds the end of a run of ``run_s`` seconds may wait in vain: as long, within bounds."""
    return min(max(run_s, LEAST_S), MOST_S)


class WaitBudget:
    """An allowance of ``seconds`` that several threads use together."""

    def __init__(self, seconds: float, what: str = "the end of the run") -> None:
        self.seconds = seconds
        self.what = what
        """What it is that waits, in words."""
        self._reserve = 0.0
        self._left = seconds
        self._paid_until = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    @property
    def reason(self) -> str:
        """Why nothing more was asked, in words."""
        if self._stopped.is_set():
            return "stopped by the user"
        return (
            f"the target kept {self.what} waiting (429 with Retry-After, or no right answers): "
            f"{self.seconds:g} s are allowed"
        )

    @contextmanager
    def sparing_half(self) -> Iterator[None]:
        """Leave half of the allowance for later: what writes may not use up what the reading needs."""
        self._reserve = self.seconds / 2
        try:
            yield
        finally:
            self._reserve = 0.0

    def holds_until(self, instant: int) -> bool:
        """Pay for waiting until an instant (``monotonic_ns``), once for all threads; false when it is too long."""
        with self._lock:
            if self._stopped.is_set() or self._left <= self._reserve:
                return False
            now = time.monotonic_ns()
            if instant - max(self._paid_until, now) > (self._left - self._reserve) * 1e9:
                return False
            self._pay(now, instant)
            return True

    def lost(self, start: int, end: int) -> None:
        """Count the time between two instants (``monotonic_ns``), which brought no answer."""
        with self._lock:
            self._pay(start, end)

    def _pay(self, start: int, end: int) -> None:
        """Take a time off the allowance; what several wait for together counts once."""
        start = max(start, self._paid_until)
        if end > start:
            self._left -= (end - start) / 1e9
            self._paid_until = end

    def answered(self) -> None:
        """Count an answer of the contract."""
        with self._lock:
            self._left = min(self._left + AN_ANSWER_S, self.seconds)

    def sleep(self, seconds: float) -> None:
        """Sleep, unless it is stopped."""
        self._stopped.wait(seconds)

    def stop(self) -> None:
        """Let nobody wait or ask any more: the user wants an end."""
        self._stopped.set()
