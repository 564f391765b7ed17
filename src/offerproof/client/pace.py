"""Bounds on what a run sends: how many requests in all, how many in a second."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from offerproof.contract import utc_now
from offerproof.errors import CannotJudge


class BudgetExhausted(CannotJudge):
    """The run may send no further request."""


class Budget:
    """Counts requests; the one after the last allowed raises ``BudgetExhausted``."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self.reserved = 0
        """What is set aside for what is still to come; who may do with less leaves it alone."""
        self._guard = threading.Lock()

    @property
    def spare(self) -> int:
        """Requests that nobody else needs."""
        return max(0, self.limit - self.used - self.reserved)

    def take(self) -> None:
        """Take one request."""
        with self._guard:
            if self.used >= self.limit:
                raise BudgetExhausted(
                    f"the budget of {self.limit} requests is used up",
                    hint="raise limits.requests in the profile, or choose a lower level",
                )
            self.used += 1


LATE_MAX_S: Final = 0.25
"""Where a busy machine sleeps longer than it was asked to, so much is made up for with the requests that wait."""


class Pace:
    """Spreads requests so that no second sees more than ``rate`` of them; None: as fast as they come."""

    def __init__(
        self,
        rate: float | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0
        self._left: deque[float] = deque(maxlen=max(1, int(rate or 1)))
        """When the newest requests left: as many as a second may see."""
        self._guard = threading.Lock()

    def wait(self) -> None:
        """Return when the next request may go."""
        if not self._gap:
            return
        came = self._clock()
        with self._guard:  # held while sleeping: what counts is when a request really leaves
            now = self._clock()
            due = max(self._next, came, now - LATE_MAX_S)
            full = len(self._left) == self._left.maxlen
            pause = max(due, self._left[0] + len(self._left) * self._gap if full else due) - now
            if pause > 0:
                self._sleep(pause)
            self._next = due + self._gap
            self._left.append(self._clock())


def asked_to_wait(retry_after: str, date: str = "") -> float:
    """Return the seconds that an answer asks to wait, by its ``Retry-After``; 1 where that says nothing.

    A date counts from the answer's own ``Date``, so that a target's clock may differ from ours."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        due = parsedate_to_datetime(text)
    except ValueError:
        return 1.0
    try:
        now = parsedate_to_datetime(date)
    except ValueError:
        now = utc_now()
    return max(0.0, (due.replace(tzinfo=UTC) - now.replace(tzinfo=UTC)).total_seconds())
